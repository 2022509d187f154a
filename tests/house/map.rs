//! The map in the documentation of `src/lib.rs`: its arrows are those that are held here.

use std::fmt::Write;
use std::fs;
use std::path::Path;

use crate::ARROWS;

const BEGIN: &str = "//! Who may use whom:\n//!\n//! ```text\n";
const END: &str = "//! ```\n";

#[test]
fn the_map_of_the_library_shows_the_arrows() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/lib.rs");
    let text = fs::read_to_string(&path).unwrap();
    let (before, rest) = text.split_once(BEGIN).expect("the map is there");
    let (shown, after) = rest.split_once(END).expect("the map ends");
    let map = map();
    if std::env::var_os("MQTTX_RS_BLESS").is_some() {
        fs::write(&path, [before, BEGIN, &map, END, after].concat()).unwrap();
    } else {
        assert!(shown == map, "run MQTTX_RS_BLESS=1 cargo test --test house: the map of src/lib.rs is to be\n{map}");
    }
    for (module, _) in ARROWS.iter().filter(|(module, _)| *module != "main") {
        assert!(before.contains(&format!("\n//! {module:<10}")), "src/lib.rs does not say what `{module}` is for");
    }
}

fn map() -> String {
    let mut map = String::new();
    for (module, used) in ARROWS {
        let used = if used.is_empty() { "nothing of ours".to_owned() } else { used.join(", ") };
        writeln!(map, "//! {module:<10}-> {used}").unwrap();
    }
    map
}

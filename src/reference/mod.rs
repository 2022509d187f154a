//! The reference in `docs/`: written from the tables that the program itself uses, and compared with them by a test.
//!
//! `MQTTX_RS_BLESS=1 cargo test --lib reference` writes the pages anew. `tests/readme.rs` runs the examples in them.

#![expect(clippy::unwrap_used, reason = "all of it is a test")]

mod bench;
mod broker;
mod commands;
mod messages;
mod page;
mod profiles;

use std::path::Path;

use page::{Page, table};

#[test]
fn the_reference_is_up_to_date() {
    let pages = [
        commands::options(),
        commands::environment(),
        commands::exit_codes(),
        profiles::profile_keys(),
        messages::placeholders(),
        messages::output_format(),
        messages::jsonl(),
        bench::scenario_keys(),
        bench::metrics(),
        broker::faults(),
    ];
    let rows: Vec<_> =
        pages.iter().map(|page| vec![format!("[{}]({})", page.title, page.file), page.about.to_owned()]).collect();
    let others = others(&pages).into_iter().map(|(file, title)| vec![format!("[{title}]({file})")]);
    let index = format!(
        "# Reference\n\nThe pages of this table are written from the tables that the program uses itself; their examples run in a \
         test.\n`mqttx-rs help` shows most of it on the terminal.\n\n{}\nOther pages:\n\n{}",
        table(&["page", "what it lists"], rows),
        table(&["page"], others.collect()),
    );
    let mut stale = Vec::new();
    compare("README.md", &index, &mut stale);
    for page in &pages {
        let text = format!(
            "# {}\n\n{}.\n\n<!-- Written by `MQTTX_RS_BLESS=1 cargo test --lib reference`. -->\n\n{}",
            page.title, page.about, page.text
        );
        compare(page.file, &text, &mut stale);
    }
    assert!(stale.is_empty(), "run MQTTX_RS_BLESS=1 cargo test --lib reference: docs differ: {}", stale.join(", "));
}

fn is_page(name: &str) -> bool {
    Path::new(name).extension().is_some_and(|extension| extension == "md")
}

/// The pages that people write, and their titles.
fn others(pages: &[Page]) -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs");
    let names = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let is_other =
        |name: &String| is_page(name) && name != "README.md" && !pages.iter().any(|page| page.file == name.as_str());
    let mut names: Vec<_> = names.filter(is_other).collect();
    names.sort();
    let title = |name: &String| {
        let text = std::fs::read_to_string(folder.join(name)).unwrap();
        text.lines().next().unwrap_or_default().trim_start_matches("# ").to_owned()
    };
    names.iter().map(|name| (name.clone(), title(name))).collect()
}

fn compare(file: &str, text: &str, stale: &mut Vec<String>) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs").join(file);
    let text = format!("{}\n", text.trim_end());
    if std::env::var_os("MQTTX_RS_BLESS").is_some() {
        std::fs::write(&path, &text).unwrap();
    } else if std::fs::read_to_string(&path).unwrap_or_default() != text {
        stale.push(file.to_owned());
    }
}

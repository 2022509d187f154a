//! No file uses one that uses it, directly or over others.

use crate::files::{Files, circles};

#[test]
fn no_file_uses_one_that_uses_it() {
    let files = Files::read();
    let arrows = files.arrows();
    let mut wrong = Vec::new();
    for circle in circles(&arrows) {
        wrong.push(format!("a circle of files: {circle:?}"));
        for file in &circle {
            let used: Vec<_> = arrows[file].intersection(&circle).copied().collect();
            wrong.push(format!("    {file} uses {}", used.join(", ")));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

//! Lets the linker make a program that starts quickly. Nothing depends on it: a linker that does not take an argument is
//! left alone.
//!
//! The functions that short runs execute are put beside one another (`packaging/order` lists them). Otherwise `pub` has
//! twice the memory, of code that happens to lie around what it executes.
//!
//! What unwinds the stack comes into the program. As a shared library, which also asks the processor for its features when
//! it is loaded, it takes a twentieth of a short run.

use std::collections::HashSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::{env, fs};

const LIST: &str = "packaging/order.txt";
/// Part of every GCC, also where another compiler calls the linker.
const UNWINDER: &str = "static:-bundle=gcc_eh";

fn main() {
    println!("cargo::rerun-if-changed={LIST}");
    println!("cargo::rerun-if-changed=build.rs");
    let of = |name: &str| env::var(name).unwrap_or_default();
    if of("PROFILE") != "release" || of("CARGO_CFG_TARGET_OS") != "linux" {
        return;
    }
    let (Ok(list), Some(folder)) = (fs::read_to_string(LIST), env::var_os("OUT_DIR")) else { return };
    let folder = PathBuf::from(folder);
    let path = folder.join("order.ld");
    let argument = format!("-Wl,-T,{}", path.display());
    if fs::write(&path, script(&list)).is_ok() && is_taken(&["-C", &format!("link-arg={argument}")], &folder) {
        println!("cargo::rustc-link-arg-bins={argument}");
    }
    if of("CARGO_CFG_TARGET_ENV") == "gnu" && is_taken(&["-l", UNWINDER], &folder) {
        println!("cargo::rustc-link-lib={UNWINDER}");
    }
}

/// A linker script that adds to the linker's own: an output section before `.text`.
fn script(list: &str) -> String {
    let (mut exact, mut patterns, mut wide_patterns) = (Vec::new(), Vec::new(), Vec::new());
    for line in list.lines() {
        // Marked: other functions have the same name but for the hash.
        let (name, patterns) = match line.strip_prefix("? ") {
            Some(name) => (name, &mut wide_patterns),
            None => (line, &mut patterns),
        };
        exact.push(name.to_owned());
        patterns.push(without_hashes(name));
    }
    let mut seen = HashSet::new();
    let mut script = String::from("SECTIONS\n{\n  .text.start :\n  {\n");
    // As in the build that made the list, then whatever the hashes are, then with others that are not needed.
    for name in exact.into_iter().chain(patterns).chain(wide_patterns) {
        if seen.insert(name.clone()) {
            // The second is where LLVM puts what is marked as cold.
            let _ = writeln!(script, "    *(.text.{name} .text.unlikely.{name})");
        }
    }
    script.push_str("  }\n}\nINSERT BEFORE .text;\n");
    script
}

/// A mangled name as a pattern for the same function in another build.
fn without_hashes(name: &str) -> String {
    // A number that LLVM added.
    let name = match name.rsplit_once('.') {
        Some((before, number)) if number.bytes().all(|byte| byte.is_ascii_digit()) => before,
        _ => name,
    };
    // Legacy: `17h` and sixteen digits at the end.
    if let Some((path, _)) = name.rsplit_once("17h") {
        return format!("{path}17h*");
    }
    // v0: `Cs`, the number of a crate, `_`.
    let mut pattern = String::new();
    let mut rest = name;
    while let Some((before, after)) = rest.split_once("Cs") {
        pattern.push_str(before);
        rest = match after.split_once('_') {
            Some((number, after)) if number.bytes().all(|byte| byte.is_ascii_alphanumeric()) => {
                pattern.push_str("Cs*_");
                after
            }
            _ => {
                pattern.push_str("Cs");
                after
            }
        };
    }
    pattern + rest + "*"
}

/// Whether the linker of this build takes what these arguments of rustc ask for: it links a program that does nothing.
fn is_taken(arguments: &[&str], folder: &Path) -> bool {
    let source = folder.join("nothing.rs");
    if fs::write(&source, "fn main() {}\n").is_err() {
        return false;
    }
    let variable = |name: &str| env::var(name).unwrap_or_default();
    let mut rustc = Command::new(env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()));
    rustc.arg("--target").arg(variable("TARGET")).arg("--out-dir").arg(folder).arg(source);
    rustc.args(arguments);
    if let Some(linker) = env::var_os("RUSTC_LINKER") {
        rustc.arg("-C").arg(format!("linker={}", linker.display()));
    }
    rustc.args(variable("CARGO_ENCODED_RUSTFLAGS").split('\u{1f}').filter(|flag| !flag.is_empty()));
    rustc.stdout(Stdio::null()).stderr(Stdio::null());
    rustc.status().is_ok_and(|status| status.success())
}

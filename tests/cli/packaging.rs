//! What `packaging/` makes: the Debian package is built and installed below a folder of its own, and the metadata for
//! other tools names the same files. Without dpkg the first is skipped, with a note.

use std::collections::BTreeSet;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Runs it to its end; it must succeed.
fn run(command: &mut Command) -> Output {
    let ended = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(
        ended.status.success(),
        "{command:?}: {}{}",
        String::from_utf8_lossy(&ended.stdout),
        String::from_utf8_lossy(&ended.stderr)
    );
    ended
}

fn text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap()
}

fn is_installed(program: &str) -> bool {
    Command::new(program).arg("--version").output().is_ok_and(|ended| ended.status.success())
}

/// The package with the program under test in it, not compressed: what is tested is what is where.
fn debian_package(out: &Path) -> PathBuf {
    let ended = run(Command::new(root().join("packaging/deb"))
        .args(["--binary", env!("CARGO_BIN_EXE_mqttx-rs"), "--out"])
        .arg(out)
        .env("MQTTX_RS_DEB_COMPRESSION", "none")
        .env("SOURCE_DATE_EPOCH", "1700000000"));
    PathBuf::from(text(ended.stdout).trim())
}

/// Installs it below `target` as dpkg does, if we are root; otherwise unpacks it there.
fn install(package: &Path, target: &Path) {
    if !rustix::process::geteuid().is_root() {
        run(Command::new("dpkg").arg("-x").args([package, target]));
        return;
    }
    for folder in ["var/lib/dpkg/info", "var/lib/dpkg/updates"] {
        fs::create_dir_all(target.join(folder)).unwrap();
    }
    for file in ["var/lib/dpkg/status", "var/lib/dpkg/available"] {
        fs::write(target.join(file), "").unwrap();
    }
    // The packages that it depends on are not below that folder.
    run(Command::new("dpkg")
        .arg(format!("--root={}", target.display()))
        .args(["--force-depends", "--log=/dev/null", "--install"])
        .arg(package));
}

fn unzipped(path: &Path) -> String {
    text(run(Command::new("gzip").arg("-dc").arg(path)).stdout)
}

#[test]
fn the_debian_package_installs_the_program_its_man_pages_and_completions() {
    if !is_installed("dpkg-deb") || !is_installed("dpkg") {
        let _ = writeln!(std::io::stderr(), "skipped: dpkg is not installed");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let package = debian_package(&folder.path().join("out"));
    let field = |name: &str| {
        text(run(Command::new("dpkg-deb").arg("--field").arg(&package).arg(name)).stdout).trim().to_owned()
    };
    assert_eq!(field("Package"), "mqttx-rs");
    assert_eq!(field("Version"), format!("{}-1", env!("CARGO_PKG_VERSION")));
    assert!(field("Depends").contains("libc6 (>= 2."), "{}", field("Depends"));

    let target = folder.path().join("root");
    fs::create_dir(&target).unwrap();
    install(&package, &target);
    let program = target.join("usr/bin/mqttx-rs");
    let version = text(run(Command::new(&program).arg("--version")).stdout);
    assert!(version.contains(env!("CARGO_PKG_VERSION")), "{version}");
    let page = text(fs::read(root().join("man/mqttx-rs-pub.1")).unwrap());
    assert_eq!(unzipped(&target.join("usr/share/man/man1/mqttx-rs-pub.1.gz")), page);
    for (installed, source) in [
        ("bash-completion/completions/mqttx-rs", "mqttx-rs.bash"),
        ("zsh/vendor-completions/_mqttx-rs", "_mqttx-rs"),
        ("fish/vendor_completions.d/mqttx-rs.fish", "mqttx-rs.fish"),
    ] {
        let installed = fs::read(target.join("usr/share").join(installed)).unwrap();
        assert!(installed == fs::read(root().join("completions").join(source)).unwrap(), "{source}");
    }
    let published = run(Command::new(&program)
        .args(["--no-profile", "broker", "--port", "0", "--", "sh", "-c"])
        .arg(format!("{0} pub -t a -r -m on --quiet && {0} sub -t a -C 1 --quiet --output-mode raw", program.display()))
        .env("HOME", folder.path()));
    assert_eq!(text(published.stdout), "on\n");
}

#[test]
fn the_debian_package_depends_on_the_sources_alone() {
    if !is_installed("dpkg-deb") {
        let _ = writeln!(std::io::stderr(), "skipped: dpkg-deb is not installed");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let build = |name: &str| fs::read(debian_package(&folder.path().join(name))).unwrap();
    assert!(build("first") == build("second"), "two builds of the package differ");
}

#[test]
fn cargo_deb_would_install_what_the_script_installs() {
    let manifest = fs::read_to_string(root().join("Cargo.toml")).unwrap();
    let manifest: toml_edit::DocumentMut = manifest.parse().unwrap();
    let metadata = &manifest["package"]["metadata"]["deb"];
    let script = fs::read_to_string(root().join("packaging/deb")).unwrap();
    for asset in metadata["assets"].as_array().unwrap() {
        let [source, target] = [0, 1].map(|at| asset.as_array().unwrap().get(at).unwrap().as_str().unwrap());
        let name = target.rsplit('/').next().filter(|name| !name.is_empty());
        let target = format!("{}{}", target.trim_end_matches(name.unwrap_or_default()), name.unwrap_or_default());
        assert!(script.contains(target.trim_end_matches('/').trim_start_matches("usr/share/doc/mqttx-rs")), "{target}");
        let is_there = source.starts_with("target/") || source.contains('*') || root().join(source).is_file();
        assert!(is_there, "{source} does not exist");
    }
    for key in ["extended-description-file", "changelog"] {
        assert!(root().join(metadata[key].as_str().unwrap()).is_file(), "{key}");
    }
    assert!(manifest["package"].get("repository").is_none(), "there is a repository: check pkg-url of binstall");
}

#[test]
fn the_image_is_empty_but_for_the_program_and_runs_it_as_a_user_without_rights() {
    let file = fs::read_to_string(root().join("Dockerfile")).unwrap();
    let (build, image) = file.split_once("\nFROM scratch\n").expect("the image begins with nothing");
    assert!(image.contains("\nUSER 65532:65532\n"), "{image}");
    assert!(image.contains("\nENTRYPOINT [\"mqttx-rs\"]"), "{image}");
    let sent = fs::read_to_string(root().join(".dockerignore")).unwrap();
    for copied in build.lines().filter_map(|line| line.strip_prefix("COPY ")) {
        for source in copied.split(' ').rev().skip(1) {
            assert!(root().join(source).exists(), "{source} does not exist");
            assert!(sent.lines().any(|line| line == format!("!{source}")), "{source} is not sent to the builder");
        }
    }
    // What the manifest names must be there, or cargo refuses it.
    let manifest = fs::read_to_string(root().join("Cargo.toml")).unwrap();
    assert!(manifest.contains("[[bench]]") == build.contains("\nCOPY benches"), "benches are copied if they are named");
}

#[test]
fn the_bill_of_materials_lists_the_crates_of_the_lock_file() {
    let needs = ["python3", "cargo", "rustc"];
    if !needs.iter().all(|program| is_installed(program)) {
        let _ = writeln!(std::io::stderr(), "skipped: one of {needs:?} is not installed");
        return;
    }
    let mut command = Command::new(root().join("packaging/sbom"));
    command.env("SOURCE_DATE_EPOCH", "1700000000").env("CARGO_NET_OFFLINE", "true").stdin(Stdio::null());
    let ended = command.output().unwrap();
    let errors = text(ended.stderr);
    if errors.contains("No module named 'tomllib'") {
        let _ = writeln!(std::io::stderr(), "skipped: Python is older than 3.11");
        return;
    }
    assert!(ended.status.success(), "{errors}");
    let bill: serde_json::Value = serde_json::from_slice(&ended.stdout).unwrap();
    assert_eq!(bill["bomFormat"], "CycloneDX");
    assert_eq!(bill["metadata"]["component"]["version"], env!("CARGO_PKG_VERSION"));
    let components = bill["components"].as_array().unwrap();
    let named: BTreeSet<&str> = components.iter().map(|component| component["name"].as_str().unwrap()).collect();
    for present in ["tokio", "rustls", "clap", "redb"] {
        assert!(named.contains(present), "{present} is missing");
    }
    for absent in ["proptest", "vt100", "tempfile"] {
        assert!(!named.contains(absent), "{absent} is of the tests");
    }
    for component in components {
        assert!(component["hashes"][0]["content"].is_string(), "no checksum: {component}");
        assert!(component["licenses"][0]["expression"].is_string(), "no licence: {component}");
    }
}

/// Runs `packaging/image` with a builder that keeps what it is given below `kept`.
#[cfg(unix)]
fn image(binary: &Path, kept: &Path) -> Output {
    use std::os::unix::fs::PermissionsExt;

    let builder = kept.with_extension("builder");
    fs::write(&builder, "#!/bin/sh\nfor last; do :; done\ncp -rp \"$last\" \"$KEPT\"\n").unwrap();
    fs::set_permissions(&builder, fs::Permissions::from_mode(0o755)).unwrap();
    Command::new(root().join("packaging/image"))
        .arg("--binary")
        .arg(binary)
        .env("MQTTX_RS_IMAGE_BUILDER", &builder)
        .env("KEPT", kept)
        .output()
        .unwrap()
}

#[test]
#[cfg(unix)]
fn the_image_has_the_program_alone_and_a_user_who_is_not_root() {
    use std::os::unix::fs::PermissionsExt;

    let folder = tempfile::tempdir().unwrap();
    let (program, kept) = (folder.path().join("program"), folder.path().join("kept"));
    // What a static program is to the script: an executable that names no loader.
    fs::write(&program, "#!/bin/sh\n").unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    let ended = image(&program, &kept);
    assert!(ended.status.success(), "{}", text(ended.stderr));
    let lines = fs::read_to_string(kept.join("Dockerfile")).unwrap();
    for line in ["FROM scratch", "USER 65532:65532", "WORKDIR /home/mqttx", "ENTRYPOINT [\"mqttx-rs\"]"] {
        assert!(lines.lines().any(|found| found == line), "{line} is not in {lines}");
    }
    assert!(!lines.contains("--from="), "nothing comes from another stage: {lines}");
    assert_eq!(fs::read(kept.join("system/usr/bin/mqttx-rs")).unwrap(), b"#!/bin/sh\n");
    assert!(kept.join("home/mqttx").is_dir());
}

#[test]
#[cfg(all(target_os = "linux", target_env = "gnu"))]
fn a_program_that_needs_a_c_library_is_not_put_into_an_empty_image() {
    let folder = tempfile::tempdir().unwrap();
    let ended = image(Path::new(env!("CARGO_BIN_EXE_mqttx-rs")), &folder.path().join("kept"));
    assert!(!ended.status.success());
    let said = text(ended.stderr);
    assert!(said.contains("is linked dynamically: build it with --target x86_64-unknown-linux-musl"), "{said}");
}

/// The names in a mangled path of ours, with the crate before them.
fn path_of(symbol: &str) -> Option<Vec<&str>> {
    let mut rest = symbol.strip_prefix("_ZN8mqttx_rs")?;
    let mut names = Vec::new();
    while let Some(digits) = rest.find(|letter: char| !letter.is_ascii_digit()).filter(|digits| *digits > 0) {
        let (length, after) = rest.split_at(digits);
        let (name, after) = after.split_at_checked(length.parse().ok()?)?;
        names.push(name);
        rest = after;
    }
    Some(names)
}

#[test]
fn the_functions_that_lie_together_are_of_modules_that_exist() {
    let list = fs::read_to_string(root().join("packaging/order.txt")).unwrap();
    let lines: Vec<_> = list.lines().map(|line| line.trim_start_matches("? ")).collect();
    assert_eq!(lines.iter().collect::<BTreeSet<_>>().len(), lines.len(), "a function is listed twice");
    let of_ours: Vec<_> = lines.iter().filter_map(|line| path_of(line)).filter(|path| path.len() > 2).collect();
    let is_there = |path: &&Vec<&str>| {
        let module = root().join("src").join(path[0]);
        module.is_dir() || module.with_extension("rs").is_file()
    };
    let found = of_ours.iter().filter(is_there).count();
    assert!(of_ours.len() > 100, "{} functions of ours", of_ours.len());
    assert!(found * 10 >= of_ours.len() * 9, "{found} of {}: run packaging/order", of_ours.len());
}

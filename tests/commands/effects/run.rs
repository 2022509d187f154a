//! One run, and all that can be seen of it.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{LazyLock, mpsc};
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::world::{AUTHORITY, Surroundings, World};
use crate::support::{Ended, Home, Program};

/// What a run did, without what differs from run to run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Observed {
    code: i32,
    stdout: String,
    stderr: String,
    /// What servers received.
    received: Vec<String>,
    /// In the folder that is home and working directory.
    files: BTreeMap<String, String>,
}

impl std::fmt::Display for Observed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { code, stdout, stderr, received, files } = self;
        let files: Vec<_> = files.keys().collect();
        write!(
            f,
            "  exit code {code}, files {files:?}\n  stdout {stdout:?}\n  stderr {stderr:?}\n  received {received:?}"
        )
    }
}

/// Runs a command line, in which `{port}`, `{dir}` and so on are replaced by the actual values.
pub(super) fn run(line: &str, world: World) -> Observed {
    let surroundings = Surroundings::new(world);
    let home = Home::new();
    prepare(&home, world);
    let folder = home.path().to_string_lossy().into_owned();
    // `bench` refuses a second host.
    let to = if line.contains(" -h ") { "-p {port}" } else { "-h 127.0.0.1 -p {port}" };
    let line = line.replace("{to}", to).replace("{port}", &surroundings.port().to_string()).replace("{dir}", &folder);
    let program = Program::new(words(&line)).home(home.path()).directory(home.path());
    let program = program.env("SECRET", "open sesame").env("NO_PROXY", "");
    // A command line that is refused draws nothing.
    let is_drawn = line.starts_with("watch ") && !line.contains("--nonsense");
    let ended = if is_drawn { on_screen(program) } else { within_limit(program) };
    let ports = surroundings.ports();
    let loads = ["bench conn ", "bench pub ", "bench sub ", "bench e2e ", "bench run ", "simulate "];
    let is_load = loads.iter().any(|load| line.starts_with(load));
    let tidy = |text: &str| normalised(text, &folder, &ports);
    let figures = |text: &str| if is_load { without_figures(text) } else { text.to_owned() };
    let mut files = BTreeMap::new();
    collect(home.path(), home.path(), &mut files);
    let files = files.into_iter().map(|(name, text)| {
        let text = if is_load && text.len() > 1000 { "a result".to_owned() } else { figures(&tidy(&text)) };
        (name, text)
    });
    Observed {
        code: ended.code,
        stdout: without_times(&figures(&tidy(&String::from_utf8_lossy(&ended.stdout)))),
        stderr: without_times(&if is_load { without_blame(&tidy(&ended.stderr)) } else { tidy(&ended.stderr) }),
        files: files.collect(),
        received: surroundings.received().iter().map(|text| tidy(text)).collect(),
    }
}

/// Long enough to distinguish a run without an option that ends it from one with it.
const LIMIT: Duration = Duration::from_secs(6);

/// Runs on a terminal until there is a picture, and leaves it; what is on the screen then is taken for stdout.
fn on_screen(program: Program) -> Ended {
    let mut screen = program.on_screen(200, 200);
    if screen.shows_within(LIMIT, "q quit") {
        screen.type_keys("q");
    } else {
        // If the program has ended already, nothing receives it.
        screen.signal(Signal::SIGTERM);
    }
    let code = screen.wait_for_end();
    let attributes = if screen.has_attributes() { "colored" } else { "plain" };
    Ended { code, stdout: format!("{attributes}\n{}", screen.contents()).into_bytes(), stderr: String::new() }
}

/// Runs to the end, or as long as [`LIMIT`].
fn within_limit(program: Program) -> Ended {
    let running = program.start_with_stdin();
    let pid = Pid::from_raw(running.id().try_into().expect("a pid fits"));
    let (done, is_done) = mpsc::channel::<()>();
    let watch = std::thread::spawn(move || {
        if is_done.recv_timeout(LIMIT) == Err(mpsc::RecvTimeoutError::Timeout) {
            _ = kill(pid, Signal::SIGTERM);
        }
    });
    let ended = running.wait();
    drop(done);
    watch.join().unwrap();
    ended
}

/// The words of a line; `'` holds blanks together.
fn words(line: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut is_quoted = false;
    for character in line.chars() {
        match character {
            '\'' => is_quoted = !is_quoted,
            ' ' if !is_quoted => words.push(String::new()),
            _ => words.last_mut().unwrap().push(character),
        }
    }
    words.retain(|word| !word.is_empty());
    words.iter().map(|word| word.replace("{empty}", "")).collect()
}

/// Files that options name.
fn prepare(home: &Home, world: World) {
    home.write(
        ".config/mqttx-rs/profiles/p.toml",
        "[connection]\nusername = \"of-the-profile\"\npassword = \"x\"\nport = 1\n",
    );
    if world == World::Selected {
        home.run("profile use p").expect_code(0);
    }
    home.write("payload", "of a file");
    home.write("recorded", "{\"topic\":\"r\",\"payload\":\"of a recording\"}\n");
    home.write("template.json", "{\"n\":%s}");
    home.write("rules.toml", "[[rules]]\nfilter = \"a/#\"\nanswer = \"x\"\ntopic = \"answers\"\n");
    home.write("m.proto", "syntax = \"proto3\"; message M { int32 n = 1; }");
    home.write("m.avsc", "\"int\"");
    home.write("password", "open sesame\n");
    home.write("phrase", "sesame\n");
    home.write("devices.csv", "client_id,username\nof-a-row,row\nof-a-row-2,row\n");
    let recorded = |payload: &str, second: u32| {
        let topic = if second == 0 { "a/1" } else { "a/2" };
        format!(
            "{{\"topic\":\"{topic}\",\"payload\":\"{payload}\",\"qos\":1,\"received_at\":\"2026-01-01T00:00:{second:02}Z\"}}\n"
        )
    };
    home.write("recorded.jsonl", &(recorded("x", 0) + &recorded("y", 1)));
    home.write("slow.jsonl", &(recorded("x", 0) + &recorded("y", 1)));
    home.write("users", "somebody:secret\n");
    home.write("rights", "topic write b\n");
    let said = r#"{"username":"of-a-file","password":"x","hostname":"127.0.0.1"}"#;
    let sections = ["conn", "pub", "sub", "benchConn", "benchPub", "benchSub"].map(|name| format!("\"{name}\":{said}"));
    home.write("options.json", &format!("{{{}}}", sections.join(",")));
    home.write("script", "pub a x -q 1\npub no -q 1\npub a y -q 1\n");
    home.write("three", "pub a x -q 1 --repeat 3 --timeout 0.5\n");
    home.write("exactly", "pub a x -q 2\n");
    let member = |name: &str| format!("connect -i {name} as {name}\nsub $share/g/s\n");
    let messages = "pub s 1 -q 1\npub s 2 -q 1\npub s 3 -q 1\npub s 4 -q 1\nwait s\nwait s\nwait s\nwait s\n";
    home.write("shared", &format!("{}{}{messages}", member("one"), member("two")));
    let publishers = "[[groups]]\nrole = \"pub\"\ntopic = \"b\"\nlimit = 2\nrate = \"200/s\"\npayload_size = \"40\"\n";
    let scenario = format!("{publishers}[[groups]]\nrole = \"sub\"\ntopic = \"b\"\n");
    home.write("scenario.toml", &scenario);
    home.write("report.json", &REPORT);
    let client = AUTHORITY.certify(&["client"]);
    home.write("ca.pem", &std::fs::read_to_string(AUTHORITY.ca()).unwrap());
    home.write("client.crt", &client.certificate);
    home.write("client.key", &client.key);
    let keys = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/keys");
    home.write("encrypted.key", &std::fs::read_to_string(keys.join("ec-encrypted.pem")).unwrap());
    home.write("encrypted.crt", &ENCRYPTED);
}

/// Files that no run changes, too long to be shown.
const LARGE: &[&str] = &["ca.pem", "client.crt", "client.key", "encrypted.crt", "encrypted.key", "report.json"];

/// A certificate for the key of the fixtures.
static ENCRYPTED: LazyLock<String> = LazyLock::new(|| {
    let keys = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/keys");
    let key = rcgen::KeyPair::from_pem(&std::fs::read_to_string(keys.join("ec-pkcs8.pem")).unwrap()).unwrap();
    AUTHORITY.certify_key(&["client"], crate::support::net::authority::Valid::Now, &key).certificate
});

/// A report for `bench merge` and `bench compare`.
static REPORT: LazyLock<String> = LazyLock::new(|| {
    let surroundings = Surroundings::new(World::Plain);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("report.json");
    let arguments = ["bench", "conn", "-c", "2", "-i", "0", "--duration", "0.1", "--shard", "1/2", "--report"];
    Program::new(arguments).arg(&path).port(surroundings.port()).run().expect_code(0);
    std::fs::read_to_string(path).unwrap()
});

fn collect(root: &Path, folder: &Path, files: &mut BTreeMap<String, String>) {
    for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let path = entry.path();
        if path.is_dir() {
            collect(root, &path, files);
        } else {
            let name = path.strip_prefix(root).unwrap().to_string_lossy().into_owned();
            let bytes = std::fs::read(&path).unwrap_or_default();
            if !LARGE.contains(&name.as_str()) {
                files.insert(name, without_times(&String::from_utf8_lossy(&bytes)));
            }
        }
    }
}

/// Without folders, ports, and numbers drawn at random.
fn normalised(text: &str, folder: &str, ports: &[u16]) -> String {
    let mut text = text.replace(folder, "DIR");
    for port in ports {
        text = text.replace(&port.to_string(), "PORT");
    }
    // The servers of TLS draw their keys.
    // Eight bytes of Correlation Data are those that `request` draws.
    let correlation = regex_lite::Regex::new(r"\(9, Binary\(\[(\d+, ){7}\d+\]\)\)").unwrap();
    let text = correlation.replace_all(&text, "(9, DRAWN)").into_owned();
    let pieces = text.split("sha256//").enumerate().map(|(number, rest)| match number {
        0 => rest,
        _ => rest.trim_start_matches(|character: char| character.is_ascii_alphanumeric() || "+/=".contains(character)),
    });
    let text = pieces.collect::<Vec<_>>().join("sha256//PIN");
    let mut out = String::new();
    for piece in text.split_inclusive(|character: char| !character.is_ascii_alphanumeric()) {
        let word = piece.trim_end_matches(|character: char| !character.is_ascii_alphanumeric());
        let is_drawn = word.len() == 8 && word.bytes().all(|byte| b"0123456789abcdef".contains(&byte));
        out += if is_drawn { "DRAWN" } else { word };
        out += &piece[word.len()..];
    }
    out
}

/// Without numbers that have a fraction: times, nothing else here.
fn without_times(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(start) = rest.find(|character: char| character.is_ascii_digit()) {
        let number: String = rest[start..].chars().take_while(|c| c.is_ascii_digit() || *c == '.').collect();
        out += &rest[..start];
        let dots = number.matches('.').count();
        let fraction = number.split('.').nth(1).map_or(0, str::len);
        let is_time = dots == 1 && (fraction > 1 || rest[start + number.len()..].starts_with(" ms"));
        out += if is_time { "TIME" } else { &number };
        rest = &rest[start + number.len()..];
    }
    out + rest
}

/// Without what `bench` says of a machine that had other work.
fn without_blame(text: &str) -> String {
    let blames = |line: &str| {
        ["not a measurement of the broker", "nothing about the broker"].iter().any(|blame| line.contains(blame))
    };
    text.split_inclusive('\n').filter(|line| !blames(line)).collect()
}

/// The words of a report of bench, of which the figures are never the same, without those that depend on them.
fn without_figures(text: &str) -> String {
    let units = ["us", "ms", "ns", "s", "B", "KB"];
    let words = |line: &str| {
        let words = line.split_whitespace().filter(|word| word.chars().all(|c| c.is_alphabetic() || c == '-'));
        words.filter(|word| !units.contains(word)).collect::<Vec<_>>().join(" ")
    };
    // Sections whose lines come and go with the figures.
    let changes = |line: &str| {
        let begins = ["Counts", "Distribution", "Verdict"].iter().any(|title| line.starts_with(title));
        begins || line.ends_with(" over time")
    };
    let mut is_left_out = false;
    let lines = text.lines().filter(|line| {
        is_left_out = if is_left_out { !line.is_empty() } else { changes(line) };
        // Measured only where this machine let it wait.
        let is_of_the_machine = line.contains(" a core ");
        !is_left_out && !is_of_the_machine && !line.is_empty() && !line.contains("rate:")
    });
    lines.map(words).collect::<Vec<_>>().join("\n")
}

//! The program under the names of mosquitto's clients: the same command lines, what they print and how they exit.
//! Where mosquitto's own are installed, they are asked what is right.

use std::path::Path;
use std::process::{Command, Stdio};

use super::support::{Home, Mosquitto, Program};

/// What a run came to.
#[derive(Debug, PartialEq, Eq)]
struct Outcome {
    stdout: String,
    code: Option<i32>,
}

/// A folder with links to the program, by the names of mosquitto's clients.
struct Links(Home);

impl Links {
    fn new() -> Self {
        let home = Home::new();
        for name in ["mosquitto_pub", "mosquitto_sub", "mosquitto_rr"] {
            std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_mqttx-rs"), home.path().join(name)).unwrap();
        }
        Self(home)
    }

    /// Runs a link; what it says on stderr comes too.
    fn run(&self, line: &str, stdin: &[u8]) -> (Outcome, String) {
        let (name, arguments) = line.split_once(' ').unwrap();
        run(&self.0.path().join(name), arguments, stdin, self.0.path())
    }
}

/// Words of `arguments` are between blanks; `~` is a blank in a word, and `''` an empty one.
fn run(program: &Path, arguments: &str, stdin: &[u8], home: &Path) -> (Outcome, String) {
    let words = arguments.split_whitespace().map(|word| word.replace('~', " ").replace("''", ""));
    let mut child = Command::new(program)
        .args(words)
        .env("HOME", home)
        .env_remove("XDG_CONFIG_HOME")
        .env("MQTTX_USERNAME", "nobody-asked")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // One that fails at once reads nothing.
    let _ = std::io::Write::write_all(&mut child.stdin.take().unwrap(), stdin);
    let ended = child.wait_with_output().unwrap();
    let stdout = String::from_utf8(ended.stdout).unwrap();
    (Outcome { stdout, code: ended.status.code() }, String::from_utf8_lossy(&ended.stderr).into_owned())
}

#[test]
fn the_same_lines_do_the_same_as_mosquittos_own() {
    let links = Links::new();
    let Some(mosquitto) = Mosquitto::start("") else { return };
    let Some(strict) = Mosquitto::start("allow_anonymous false") else { return };
    let (port, strict, nobody) = (mosquitto.port(), strict.port(), 1);
    links.0.write("lines", "two\nlines\n");
    let file = links.0.path().join("lines");
    let file = file.display();
    for (line, stdin) in [
        // Retained messages, each of which the next `sub` shows.
        (format!("mosquitto_pub -p {port} -t a/1 -m on -r"), ""),
        (format!("mosquitto_pub -p {port} -t nothing -t a/2 -m off -r -q 1 -V mqttv5"), ""),
        (format!("mosquitto_pub -p {port} -t a/3 -f {file} -r -q 2 -i me -k 10"), ""),
        (format!("mosquitto_pub -p {port} -t a/4 -s -r --quiet"), "all\nof it"),
        (format!("mosquitto_pub -p {port} -t a/5 -l -r -q 1"), "first\nlast\n"),
        (format!("mosquitto_pub -L mqtt://127.0.0.1:{port}/a/6 -m url -r"), ""),
        (
            format!("mosquitto_pub -p {port} -t a/7 -m p -r -D publish user-property k v -D publish content-type t/x"),
            "",
        ),
        (format!("mosquitto_sub -p {port} -t a/# -C 7"), ""),
        (format!("mosquitto_sub -p {port} -t a/# -C 7 -v"), ""),
        (format!("mosquitto_sub -p {port} -t a/1 -C 1 -N"), ""),
        (format!("mosquitto_sub -p {port} -t a/+ -T a/1 -C 6 -F %t~%q~%r~%l~%p"), ""),
        (format!("mosquitto_sub -p {port} -t a/7 -V 5 -C 1 -F %C|%P|%x"), ""),
        (format!("mosquitto_sub -p {port} -t a/1 -t a/2 -q 1 -C 2 --retained-only"), ""),
        (format!("mosquitto_sub -p {port} -t a/# -R -W 1"), ""),
        (format!("mosquitto_sub -p {port} -t a/# -E"), ""),
        (format!("mosquitto_pub -p {port} -t a/1 -n -r"), ""),
        (format!("mosquitto_sub -p {port} -t a/1 -W 1"), ""),
        (format!("mosquitto_rr -p {port} -t ask -e answer -m x -W 1"), ""),
        // What goes wrong.
        (format!("mosquitto_pub -p {nobody} -t a -m x"), ""),
        (format!("mosquitto_sub -p {nobody} -t a -C 1"), ""),
        (format!("mosquitto_pub -p {strict} -t a -m x"), ""),
        (format!("mosquitto_pub -p {strict} -t a -m x -V mqttv5"), ""),
        (format!("mosquitto_sub -p {strict} -t a -C 1"), ""),
        (format!("mosquitto_rr -p {strict} -t a -e b -m x"), ""),
        (format!("mosquitto_pub -p {port} -t a/# -m x"), ""),
        (format!("mosquitto_pub -p {port} -t a -m x -q 3"), ""),
        (format!("mosquitto_pub -p {port} -t a -f /nowhere/file"), ""),
        (format!("mosquitto_pub -p {port} -t a -m x --cafile /nowhere/ca"), ""),
        (format!("mosquitto_sub -p {port} -t a/#b -C 1"), ""),
        ("mosquitto_pub --nothing".to_owned(), ""),
        // Nothing is published that nobody wrote.
        (format!("mosquitto_pub -p {port} -t a"), ""),
        (format!("mosquitto_pub -p {port} -m x"), ""),
        (format!("mosquitto_rr -p {port} -t a -e b"), ""),
        (format!("mosquitto_sub -p {port}"), ""),
        (format!("mosquitto_sub -p {port} -t a -c"), ""),
    ] {
        let (name, arguments) = line.split_once(' ').unwrap();
        let (theirs, _) = run(Path::new(name), arguments, stdin.as_bytes(), links.0.path());
        let (ours, stderr) = links.run(&line, stdin.as_bytes());
        // Help goes to their stdout where a line is wrong.
        let theirs = if theirs.code == Some(1) { Outcome { stdout: String::new(), ..theirs } } else { theirs };
        assert_eq!(ours, theirs, "{line}\n{stderr}");
    }
}

#[test]
fn a_request_gets_its_reply() {
    let links = Links::new();
    let Some(mosquitto) = Mosquitto::start("") else { return };
    let port = mosquitto.port();
    let mut reply = Program::new(["reply", "ask", "-m", "answer", "-C", "1"]).port(port).start();
    reply.wait_for_stderr("Subscribed");
    let (ours, stderr) = links.run(&format!("mosquitto_rr -p {port} -t ask -e mine -m x -v"), b"");
    assert_eq!(ours, Outcome { stdout: "mine answer\n".to_owned(), code: Some(0) }, "{stderr}");
    reply.wait().expect_code(0);
}

#[test]
fn every_option_of_their_manuals_is_taken_or_refused_with_a_reason() {
    let links = Links::new();
    let nobody = 1;
    for (name, common) in [
        ("mosquitto_pub", "-M 5 --repeat 2 --repeat-delay 0.1 -m x -r -t a"),
        ("mosquitto_sub", "-C 1 -T b -U c -R -v -N -W 5 -t a"),
        ("mosquitto_rr", "-e b -R -v -N -W 5 -m x -t a"),
    ] {
        let line = format!(
            "{name} -h 127.0.0.1 -p {nobody} -A 127.0.0.1 -c -i me -k 10 -u user -P secret -q 1 -V mqttv5 -x -1 --nodelay \
             --quiet --will-topic w --will-payload gone --will-qos 1 --will-retain -D connect user-property k v \
             -D connect receive-maximum 5 -D will content-type t {common}"
        );
        let (ours, stderr) = links.run(&line, b"");
        // The missing listener is reported only if everything else is right.
        assert_eq!(ours.code, Some(1), "{line}\n{stderr}");
        assert!(stderr.contains(&format!("127.0.0.1:{nobody}")), "{line}\n{stderr}");
        for refused in ["--psk 00", "--psk-identity me", "--ciphers AES", "--tls-engine x", "--keyform engine"] {
            let (ours, stderr) = links.run(&format!("{name} {refused} -t a"), b"");
            let option = refused.split(' ').next().unwrap();
            assert!(ours.code == Some(1) && stderr.contains(option), "{refused}: {stderr}");
        }
        let (help, stderr) = links.run(&format!("{name} --help"), b"");
        assert!(help.code == Some(0) && help.stdout.contains("--cafile"), "{}{stderr}", help.stdout);
    }
}

#[test]
fn a_file_of_options_is_read_first() {
    let links = Links::new();
    let Some(mosquitto) = Mosquitto::start("") else { return };
    let port = mosquitto.port();
    links.0.write(".config/mosquitto_pub", &format!("# mine\n-p {port}\n-r\n-t a\n"));
    links.0.write(".config/mosquitto_sub", &format!("-p {port}\n-F %t is %p\n"));
    let (published, stderr) = links.run("mosquitto_pub -m x", b"");
    assert_eq!(published.code, Some(0), "{stderr}");
    let (received, stderr) = links.run("mosquitto_sub -t a -C 1", b"");
    assert_eq!(received.stdout, "a is x\n", "{stderr}");
    links.0.write(".config/mosquitto_pub", "--nothing\n");
    let (refused, stderr) = links.run("mosquitto_pub -m x", b"");
    assert!(
        refused.code == Some(1) && stderr.contains(".config/mosquitto_pub: unknown option `--nothing`"),
        "{stderr}"
    );
}

#[test]
fn errors_name_no_option_that_their_command_line_lacks() {
    let links = Links::new();
    let nobody = 1;
    for (line, expected) in [
        (
            "mosquitto_pub -t a".to_owned(),
            "error: a message is needed: -m TEXT, -f FILE, -n (empty), -s (all of stdin) or -l (each line, mosquitto_pub)\n\
             hint: mosquitto_pub --help lists its options\n"
                .to_owned(),
        ),
        (
            "mosquitto_sub -t a -c".to_owned(),
            "error: -c needs -i: a session under a random id can never be resumed\n\
             hint: mosquitto_sub --help lists its options\n"
                .to_owned(),
        ),
        (
            format!("mosquitto_pub -h 127.0.0.1 -p {nobody} -t a -m x"),
            format!("error: cannot connect to 127.0.0.1:{nobody}: connection refused\n"),
        ),
    ] {
        let (ours, stderr) = links.run(&line, b"");
        assert_eq!((ours.code, stderr), (Some(1), expected), "{line}");
    }
}

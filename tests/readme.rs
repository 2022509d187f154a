//! Runs every command of README.md, and of the pages in `docs/` named in [`PAGES`], and compares what it prints with what
//! the page says it prints. A page in Chinese has the same commands as the English one.
//!
//! A fence ```` ```console ```` is one terminal's transcript: a line `$ COMMAND`, behind it the output, stdout and
//! stderr together. `...` matches any lines, `[..]` any text within a line. The words after `console` say how:
//!
//! - none: run to its end, the exit code does not matter (show it with `echo $?`);
//! - `background`: started and left running; its output is compared, and it is stopped, after the next fence that is not
//!   in the background too;
//! - `elsewhere`: not run here; the test checks that `.ci/run` contains the commands.
//!
//! A fence ```` ```yaml NAME ````, `toml` or `jinja`, is a file of that name, there before the first command.
//!
//! All run in one folder, empty but for those, with `mqttx-rs` on the PATH and `MQTTX_PORT` pointing at an embedded broker.

#![cfg(all(unix, feature = "broker"))]

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;

/// How long any one command may take before the test says so.
const PATIENCE: Duration = Duration::from_mins(1);

#[derive(Debug)]
struct Fence {
    /// Line of the page, for messages.
    line: usize,
    manner: String,
    commands: Vec<Step>,
}

#[derive(Debug)]
struct Step {
    command: String,
    expected: Vec<String>,
}

/// Pages whose commands are run, with the page of the same content in Chinese.
const PAGES: &[(&str, &str)] = &[("README.md", "README.zh-CN.md"), ("docs/java-team.md", "docs/java-team.zh-CN.md")];

#[test]
fn every_readme_command_prints_what_the_readme_says() {
    run("README.md");
}

#[test]
fn every_command_of_the_guide_prints_what_it_says() {
    run("docs/guide.md");
}

#[test]
fn every_command_of_the_page_for_java_teams_prints_what_it_says() {
    run("docs/java-team.md");
}

#[test]
fn the_pages_in_chinese_have_the_same_headings_and_the_same_fences() {
    for (english, chinese) in PAGES {
        assert_eq!(
            levels(&page(english)),
            levels(&page(chinese)),
            "{chinese}: headings of other levels than {english}"
        );
        let (of_english, of_chinese) = (all_fences(&page(english)), all_fences(&page(chinese)));
        for (here, there) in of_english.iter().zip(&of_chinese) {
            assert_eq!(here, there, "{chinese}: a fence differs from {english}");
        }
        assert_eq!(of_english.len(), of_chinese.len(), "{chinese}: a fence is missing");
    }
}

/// The levels of the headings, in their order.
fn levels(page: &str) -> Vec<usize> {
    let mut is_text = true;
    let mut found = Vec::new();
    for line in page.lines() {
        is_text ^= line.starts_with("```");
        if is_text && line.starts_with('#') {
            found.push(line.len() - line.trim_start_matches('#').len());
        }
    }
    found
}

/// What fences contain, without comments, which are in the language of the page.
fn all_fences(page: &str) -> Vec<String> {
    let inside = page.split("\n```").skip(1).step_by(2);
    let without_comment = |line: &str| line.split_once(" # ").map_or(line, |(code, _)| code).trim_end().to_owned();
    inside.map(|fence| fence.lines().map(without_comment).collect::<Vec<_>>().join("\n")).collect()
}

/// Runs all commands of a page.
fn run(name: &str) {
    let fences = fences(name);
    assert!(fences.len() >= 5, "{name}: the transcripts were not found");
    let folder = tempfile::tempdir().unwrap();
    for (file, text) in files(name) {
        fs::write(folder.path().join(file), text).unwrap();
    }
    let broker = Running::start(folder.path(), "mqttx-rs broker --port 0", &[]);
    let address = broker.line();
    let port = address.rsplit(':').next().unwrap().trim().to_owned();
    let environment = [("MQTTX_PORT", port.as_str())];

    let mut background: Vec<(Running, Fence)> = Vec::new();
    for fence in fences {
        match fence.manner.as_str() {
            "elsewhere" => {
                let checks = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(".ci/run")).unwrap();
                for step in &fence.commands {
                    assert!(checks.contains(&step.command), ".ci/run does not run `{}`", step.command);
                }
            }
            "background" => {
                assert_eq!(fence.commands.len(), 1, "{name} line {}: one command in the background", fence.line);
                let running = Running::start(folder.path(), &fence.commands[0].command, &environment);
                running.wait_until_subscribed();
                background.push((running, fence));
            }
            "" => {
                for step in &fence.commands {
                    let output = Running::start(folder.path(), &step.command, &environment).output();
                    compare(name, &fence, step, &output);
                }
                for (running, fence) in background.drain(..) {
                    let step = &fence.commands[0];
                    running.wait_for_lines(step.expected.len());
                    compare(name, &fence, step, &running.stop());
                }
            }
            manner => panic!("{name} line {}: `console {manner}` is not known", fence.line),
        }
    }
}

#[test]
fn every_shell_fence_of_the_readme_is_a_transcript() {
    let names = PAGES.iter().map(|(name, _)| *name).chain(["docs/guide.md"]);
    for line in names.flat_map(|name| page(name).lines().map(str::to_owned).collect::<Vec<_>>()) {
        let fence = line.trim_start();
        assert!(!fence.starts_with("```sh") && !fence.starts_with("```bash"), "not run by a test: {line}");
    }
}

fn page(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Files that commands read: a fence ```` ```yaml NAME ````.
fn files(name: &str) -> Vec<(String, String)> {
    let page = page(name);
    let is_file = |fence: &&str| ["yaml ", "toml ", "jinja "].iter().any(|kind| fence.starts_with(kind));
    let fences = page.split("\n```").filter(is_file).filter_map(|fence| fence.split_once(' ')?.1.split_once('\n'));
    fences.map(|(name, text)| (name.to_owned(), format!("{text}\n"))).collect()
}

fn fences(name: &str) -> Vec<Fence> {
    let (mut found, mut open) = (Vec::new(), None::<Fence>);
    for (index, line) in page(name).lines().enumerate() {
        match &mut open {
            None => {
                if let Some(manner) = line.strip_prefix("```console") {
                    open = Some(Fence { line: index + 1, manner: manner.trim().to_owned(), commands: Vec::new() });
                }
            }
            Some(_) if line == "```" => found.extend(open.take()),
            Some(fence) => match (line.strip_prefix("$ "), fence.commands.last_mut()) {
                (Some(command), _) => {
                    fence.commands.push(Step { command: command.to_owned(), expected: Vec::new() });
                }
                (None, Some(step)) if step.command.ends_with('\\') => {
                    step.command.push('\n');
                    step.command.push_str(line);
                }
                (None, Some(step)) => step.expected.push(line.to_owned()),
                (None, None) => panic!("{name} line {}: output before a command", index + 1),
            },
        }
    }
    found
}

fn compare(name: &str, fence: &Fence, step: &Step, output: &[String]) {
    let lines: Vec<&str> = output.iter().map(String::as_str).collect();
    let expected: Vec<&str> = step.expected.iter().map(String::as_str).collect();
    assert!(
        lines_match(&expected, &lines),
        "{name} line {}: `{}`\n--- the page says\n{}\n--- it prints\n{}",
        fence.line,
        step.command,
        step.expected.join("\n"),
        output.join("\n"),
    );
}

fn lines_match(expected: &[&str], lines: &[&str]) -> bool {
    match (expected, lines) {
        ([], []) => true,
        (["...", rest @ ..], _) => (0..=lines.len()).any(|skip| lines_match(rest, &lines[skip..])),
        ([first, rest @ ..], [line, lines @ ..]) => line_matches(first, line) && lines_match(rest, lines),
        _ => false,
    }
}

/// The line with `N` for each number of milliseconds.
fn without_times(line: &str) -> String {
    let parts: Vec<&str> = line.split(" ms").collect();
    let (last, timed) = parts.split_last().expect("a split has at least one part");
    let masked = timed.iter().map(|part| part.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.').to_owned());
    masked.map(|part| part + "N ms").chain([(*last).to_owned()]).collect()
}

/// Whether a line is the expected one; times of receipt and milliseconds are all alike.
fn line_matches(expected: &str, line: &str) -> bool {
    const TIME: &str = r#""received_at":""#;
    if let (Some((before, after)), Some((line_before, line_after))) = (expected.split_once(TIME), line.split_once(TIME))
    {
        let rest = |text: &str| text.split_once('"').map(|(_, rest)| rest.to_owned());
        return before == line_before && rest(after) == rest(line_after);
    }
    match expected.split_once("[..]") {
        None => without_times(expected) == without_times(line),
        Some((before, after)) => line.strip_prefix(before).is_some_and(|rest| {
            rest.char_indices().map(|(at, _)| at).chain([rest.len()]).any(|at| line_matches(after, &rest[at..]))
        }),
    }
}

/// A command under `sh` in a process group of its own, which ends with this value.
struct Running {
    child: Child,
    lines: Receiver<String>,
    seen: std::cell::RefCell<Vec<String>>,
}

impl Running {
    fn start(folder: &Path, command: &str, environment: &[(&str, &str)]) -> Self {
        use std::os::unix::process::CommandExt;

        let program = Path::new(env!("CARGO_BIN_EXE_mqttx-rs"));
        // The way a person with only a checkout runs it.
        let command = command.replace("cargo run --locked --", "mqttx-rs");
        let path = format!("{}:{}", program.parent().unwrap().display(), std::env::var("PATH").unwrap());
        let mut child = Command::new("sh")
            .args(["-c", &format!("exec 2>&1; {command}")])
            .current_dir(folder)
            .env("PATH", path)
            .env("HOME", folder)
            .env("LC_ALL", "C.UTF-8")
            .envs(environment.iter().copied())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .process_group(0)
            .spawn()
            .unwrap();
        let (sender, lines) = channel();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        thread::spawn(move || forward(stdout, |line| sender.send(line).is_ok()));
        Self { child, lines, seen: Vec::new().into() }
    }

    /// The next line, within [`PATIENCE`].
    fn line(&self) -> String {
        match self.lines.recv_timeout(PATIENCE) {
            Ok(line) => {
                self.seen.borrow_mut().push(line.clone());
                line
            }
            Err(error) => panic!("no further line ({error}); so far: {:#?}", self.seen.borrow()),
        }
    }

    fn wait_until_subscribed(&self) {
        while !self.line().contains("Subscribed to") {}
    }

    fn wait_for_lines(&self, count: usize) {
        while self.seen.borrow().len() < count {
            self.line();
        }
    }

    /// All it prints until it ends.
    fn output(mut self) -> Vec<String> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            match self.lines.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
                Ok(line) => self.seen.borrow_mut().push(line),
                Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) => panic!("it did not end; so far: {:#?}", self.seen.borrow()),
            }
        }
        self.child.wait().unwrap();
        self.seen.take()
    }

    /// Ends it as Ctrl-C does and returns all that it printed.
    fn stop(self) -> Vec<String> {
        self.signal(Signal::SIGINT);
        self.output()
    }

    fn signal(&self, signal: Signal) {
        if let Ok(group) = i32::try_from(self.child.id()) {
            // It may have ended already.
            let _ = killpg(Pid::from_raw(group), signal);
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if self.child.try_wait().ok().flatten().is_none() {
            self.signal(Signal::SIGKILL);
            let _ = self.child.wait();
        }
    }
}

/// Passes on each line until the last one or until there is no receiver.
fn forward(from: impl Read, mut to: impl FnMut(String) -> bool) {
    for line in BufReader::new(from).lines().map_while(Result::ok) {
        if !to(line) {
            return;
        }
    }
}

#[test]
fn placeholders_stand_for_text_and_lines() {
    assert!(line_matches("took [..] ms", "took 12.5 ms"));
    assert!(!line_matches("took [..] s", "took 12.5 ms"));
    assert!(lines_match(&["a", "...", "d"], &["a", "b", "c", "d"]));
    assert!(!lines_match(&["a", "..."], &["b"]));
}

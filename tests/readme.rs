//! Runs every command of README.md and of the pages in docs/, and compares what it prints with what they say it prints. A
//! page in Chinese has the same headings and commands as the English one.
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
//! All of a page run in one folder, empty but for those, with `mqttx-rs` on the PATH and `MQTTX_PORT` pointing at an embedded broker.

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
    /// Page and line, for messages.
    place: String,
    manner: String,
    commands: Vec<Step>,
}

#[derive(Debug)]
struct Step {
    command: String,
    expected: Vec<String>,
}

#[test]
fn every_readme_command_prints_what_the_readme_says() {
    let page = Page::read("README.md");
    assert!(page.fences().len() >= 5, "the README's transcripts were not found");
    page.run();
}

#[test]
fn every_command_of_the_reference_prints_what_the_page_says() {
    let pages: Vec<_> = Page::all().into_iter().filter(|page| page.path != "README.md").collect();
    assert!(pages.len() > 10, "the pages were not found");
    let with_transcripts = pages.iter().filter(|page| !page.fences().is_empty());
    assert!(with_transcripts.map(Page::run).count() > 5, "the transcripts were not found");
}

#[test]
fn the_pages_in_chinese_have_the_same_headings_and_the_same_fences() {
    let pages = [("README.md", "README.zh-CN.md"), ("docs/java-team.md", "docs/java-team.zh-CN.md")];
    for (english, chinese) in pages.map(|(english, chinese)| (Page::read(english), Page::read(chinese))) {
        assert_eq!(english.levels(), chinese.levels(), "{}: headings of other levels", chinese.path);
        let (here, there) = (english.code(), chinese.code());
        for (here, there) in here.iter().zip(&there) {
            assert_eq!(here, there, "{}: a fence differs from {}", chinese.path, english.path);
        }
        assert_eq!(here.len(), there.len(), "{}: a fence is missing", chinese.path);
    }
}

#[test]
fn the_table_of_speed_is_what_the_script_prints_and_the_only_place_with_such_figures() {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/compare.sh");
    let list = Command::new("bash").arg(script).arg("--list").output().unwrap();
    assert!(list.status.success(), "{}", String::from_utf8_lossy(&list.stderr));
    let list = String::from_utf8(list.stdout).unwrap();
    let listed = |kind: &str| list.lines().filter_map(|line| line.strip_prefix(kind)).collect::<Vec<_>>();
    let (columns, rows) = (listed("column "), listed("row "));
    assert!(columns.len() > 5 && rows.len() > 10, "{list}");

    let pages = [Page::read("README.md"), Page::read("README.zh-CN.md")];
    let [english, chinese] = pages.each_ref().map(|page| page.split_at_speed().1);
    assert_eq!(english, chinese, "the tables differ; benches/compare.sh --update README.md README.zh-CN.md");
    let mut lines = english.lines().filter(|line| line.starts_with('|')).map(cells);
    let head = lines.next().expect("a table");
    assert_eq!(head[0], "");
    for title in &head[1..] {
        assert!(columns.iter().any(|name| title.starts_with(name)), "no column of the script: {title}");
    }
    assert!(head[1].starts_with("mqttx-rs ") && head.len() > 3, "this program and others: {head:?}");
    let body: Vec<_> = lines.skip(1).collect();
    assert_eq!(body.iter().map(|cells| cells[0].as_str()).collect::<Vec<_>>(), rows);
    assert!(body.iter().all(|cells| cells.len() == head.len()), "{body:?}");

    for page in &pages {
        let (before, _, after) = page.split_at_speed();
        for line in before.lines().chain(after.lines()) {
            assert!(!names_a_speed(line), "{}: a figure that the script does not print: {line}", page.path);
        }
    }
    assert!(names_a_speed("takes 8 ms") && names_a_speed("40,000/s") && names_a_speed("twice as fast"));
}

/// Whether the line has a time, a rate or a comparison.
fn names_a_speed(line: &str) -> bool {
    let units = [" us", " µs", " ms", "/s", " 微秒", " 毫秒"];
    let words: Vec<&str> = line.split(|c: char| c.is_whitespace() || "|,;.()`".contains(c)).collect();
    let is_number = |text: &str| text.ends_with(|c: char| c.is_ascii_digit());
    let has_unit = units.iter().any(|unit| {
        line.match_indices(unit).any(|(at, _)| {
            let ends = line[at + unit.len()..].chars().next().is_none_or(|next| !next.is_ascii_alphanumeric());
            ends && is_number(&line[..at])
        })
    });
    has_unit || words.iter().any(|word| ["faster", "fastest", "slower"].contains(word)) || line.contains(" as fast")
}

fn cells(row: &str) -> Vec<String> {
    row.trim_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect()
}

#[test]
fn every_shell_fence_of_a_page_is_a_transcript() {
    for page in Page::all() {
        for line in page.text.lines() {
            let fence = line.trim_start();
            let is_shell = fence.starts_with("```sh") || fence.starts_with("```bash");
            assert!(!is_shell, "{}: not run by a test: {line}", page.path);
        }
    }
}

/// A page with commands.
struct Page {
    /// Below the folder of the package.
    path: String,
    text: String,
}

impl Page {
    fn read(path: &str) -> Self {
        let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap();
        Self { path: path.to_owned(), text }
    }

    /// The README and what is in docs/.
    fn all() -> Vec<Self> {
        let folder = fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs")).unwrap();
        let names = folder.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let mut paths: Vec<_> = names
            .filter(|name| Path::new(name).extension().is_some_and(|end| end == "md"))
            .map(|name| format!("docs/{name}"))
            .collect();
        paths.push("README.md".to_owned());
        paths.sort();
        paths.iter().map(|path| Self::read(path)).collect()
    }

    /// Runs its commands in a folder and against a broker of their own.
    fn run(&self) {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in self.files() {
            fs::write(folder.path().join(name), text).unwrap();
        }
        let broker = Running::start(folder.path(), "mqttx-rs broker --port 0", &[]);
        let address = broker.line();
        let port = address.rsplit(':').next().unwrap().trim().to_owned();
        let environment = [("MQTTX_PORT", port.as_str())];

        let mut background: Vec<(Running, Fence)> = Vec::new();
        for fence in self.fences() {
            match fence.manner.as_str() {
                "elsewhere" => {
                    let checks = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(".ci/run")).unwrap();
                    for step in &fence.commands {
                        assert!(checks.contains(&step.command), ".ci/run does not run `{}`", step.command);
                    }
                }
                "background" => {
                    assert_eq!(fence.commands.len(), 1, "{}: one command in the background", fence.place);
                    let running = Running::start(folder.path(), &fence.commands[0].command, &environment);
                    running.wait_until_subscribed();
                    background.push((running, fence));
                }
                "" => {
                    for step in &fence.commands {
                        let output = Running::start(folder.path(), &step.command, &environment).output();
                        compare(&fence, step, &output);
                    }
                    for (running, fence) in background.drain(..) {
                        let step = &fence.commands[0];
                        running.wait_for_lines(step.expected.len());
                        compare(&fence, step, &running.stop());
                    }
                }
                manner => panic!("{}: `console {manner}` is not known", fence.place),
            }
        }
    }

    /// What is before the table of speed, the table with what is said about it, and what follows.
    fn split_at_speed(&self) -> (&str, &str, &str) {
        let (before, rest) = self.text.split_once("<!-- compare.sh: begin -->\n").expect("where the table begins");
        let (table, after) = rest.split_once("<!-- compare.sh: end -->\n").expect("where the table ends");
        (before, table, after)
    }

    /// The levels of the headings, in their order.
    fn levels(&self) -> Vec<usize> {
        let mut is_text = true;
        let mut found = Vec::new();
        for line in self.text.lines() {
            is_text ^= line.starts_with("```");
            if is_text && line.starts_with('#') {
                found.push(line.len() - line.trim_start_matches('#').len());
            }
        }
        found
    }

    /// What the fences contain, without comments, which are in the language of the page.
    fn code(&self) -> Vec<String> {
        let inside = self.text.split("\n```").skip(1).step_by(2);
        let without_comment = |line: &str| line.split_once(" # ").map_or(line, |(code, _)| code).trim_end().to_owned();
        inside.map(|fence| fence.lines().map(without_comment).collect::<Vec<_>>().join("\n")).collect()
    }

    /// Files that commands read: a fence ```` ```yaml NAME ````.
    fn files(&self) -> Vec<(String, String)> {
        let is_file = |fence: &&str| ["yaml ", "toml ", "jinja "].iter().any(|kind| fence.starts_with(kind));
        let fences = self.text.split("\n```").filter(is_file);
        let fences = fences.filter_map(|fence| fence.split_once(' ')?.1.split_once('\n'));
        fences.map(|(name, text)| (name.to_owned(), format!("{text}\n"))).collect()
    }

    fn fences(&self) -> Vec<Fence> {
        let (mut found, mut open) = (Vec::new(), None::<Fence>);
        for (index, line) in self.text.lines().enumerate() {
            match &mut open {
                None => {
                    if let Some(manner) = line.strip_prefix("```console") {
                        let place = format!("{} line {}", self.path, index + 1);
                        open = Some(Fence { place, manner: manner.trim().to_owned(), commands: Vec::new() });
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
                    (None, None) => panic!("{} line {}: output before a command", self.path, index + 1),
                },
            }
        }
        found
    }
}

fn compare(fence: &Fence, step: &Step, output: &[String]) {
    // It depends on what else the machine does, and no page is about that.
    let is_busy = |line: &&str| line.starts_with("warning: this machine was busy with other work");
    let lines: Vec<&str> = output.iter().map(String::as_str).filter(|line| !is_busy(line)).collect();
    let expected: Vec<&str> = step.expected.iter().map(String::as_str).collect();
    assert!(
        lines_match(&expected, &lines),
        "{}: `{}`\n--- the page says\n{}\n--- it prints\n{}",
        fence.place,
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

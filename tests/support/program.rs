//! The program itself, as a user or a script runs it.

use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::time::Instant;

use super::DEADLINE;

/// A folder that is not there and that nobody, not even root, can make.
const NOWHERE: &str = "/dev/null/nowhere";

/// A run of `mqttx-rs` that has not begun.
///
/// ```ignore
/// let ended = Program::new(["pub", "-t", "a", "-m", "hi"]).port(broker.port()).run();
/// assert_eq!(ended.code, 0, "{ended:?}");
/// ```
#[derive(Debug)]
pub struct Program {
    command: Command,
    stdin: Vec<u8>,
    output: Output,
}

/// Where stdout and stderr go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Output {
    /// A pipe each.
    Pipes,
    /// stdout: a pipe without a reader; stderr: a pipe.
    NoReader,
    /// stdout: a pipe of which one line is read, as `head -1` does; stderr: a pipe.
    OneLine,
    /// stdout: a pipe that is not read before [`Running::read_stdout`]; stderr: a pipe.
    Unread,
    /// Both to one terminal.
    #[cfg(unix)]
    Terminal,
}

/// A run that is going on; killed when dropped.
#[derive(Debug)]
pub struct Running {
    child: Child,
    stdin: Option<ChildStdin>,
    stdout: Stream,
    stderr: Stream,
    unread: Option<ChildStdout>,
}

/// How a run ended.
#[derive(Debug)]
pub struct Ended {
    /// The exit code; 128 + the number of the signal that killed it.
    pub code: i32,
    /// All of stdout.
    pub stdout: Vec<u8>,
    /// All of stderr.
    pub stderr: String,
}

impl Program {
    /// With arguments; the environment has nothing of `MQTTX_*`, nothing about colour and no profiles.
    pub fn new<I: IntoIterator<Item: AsRef<OsStr>>>(arguments: I) -> Self {
        #[cfg(unix)]
        super::signals::stop_ignoring();
        let mut command = Command::new(env!("CARGO_BIN_EXE_mqttx-rs"));
        command.args(arguments);
        for (name, _) in std::env::vars_os() {
            let text = name.to_string_lossy();
            if text.starts_with("MQTTX_") || text == "NO_COLOR" || text.starts_with("CLICOLOR") {
                command.env_remove(&name);
            }
        }
        command.env("XDG_CONFIG_HOME", "/nowhere").env("XDG_STATE_HOME", NOWHERE);
        Self { command, stdin: Vec::new(), output: Output::Pipes }
    }

    /// Adds an argument.
    pub fn arg(mut self, argument: impl AsRef<OsStr>) -> Self {
        self.command.arg(argument);
        self
    }

    /// Adds arguments.
    pub fn arg_all(mut self, arguments: &[&str]) -> Self {
        self.command.args(arguments);
        self
    }

    /// Adds `-p` with a port.
    pub fn port(self, port: u16) -> Self {
        self.arg("-p").arg(port.to_string())
    }

    /// Sets a variable of the environment.
    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.command.env(name, value);
        self
    }

    /// A home folder of its own, and nothing else that says where profiles and histories are.
    pub fn home(mut self, path: impl AsRef<std::path::Path>) -> Self {
        self.command.env_remove("XDG_CONFIG_HOME").env_remove("XDG_STATE_HOME").env("HOME", path.as_ref());
        self
    }

    /// Sets the working directory.
    pub fn directory(mut self, path: impl AsRef<std::path::Path>) -> Self {
        self.command.current_dir(path);
        self
    }

    /// What [`Program::run`] writes to stdin before it closes it.
    pub fn stdin(mut self, bytes: impl AsRef<[u8]>) -> Self {
        self.stdin = bytes.as_ref().into();
        self
    }

    /// Gives it a stdout without a reader, as with a `head` that has ended.
    pub fn without_reader(mut self) -> Self {
        self.output = Output::NoReader;
        self
    }

    /// Gives it a stdout of which one line is read.
    pub fn through_head(mut self) -> Self {
        self.output = Output::OneLine;
        self
    }

    /// Starts it as `nohup` does, with SIGHUP ignored.
    #[cfg(unix)]
    pub fn ignoring_hangup(self) -> Self {
        self.through_shell("trap '' HUP; exec \"$@\"")
    }

    /// Starts it in a process group of its own, which no key of a terminal reaches.
    #[cfg(unix)]
    pub fn in_own_group(mut self) -> Self {
        std::os::unix::process::CommandExt::process_group(&mut self.command, 0);
        self
    }

    /// Starts it by a line of the shell, which has the program and its arguments as `"$@"`.
    #[cfg(unix)]
    pub fn through_shell(mut self, line: &str) -> Self {
        let mut shell = Command::new("sh");
        shell.args(["-c", line, "sh"]).arg(self.command.get_program()).args(self.command.get_args());
        for (name, value) in self.command.get_envs() {
            match value {
                Some(value) => _ = shell.env(name, value),
                None => _ = shell.env_remove(name),
            }
        }
        self.command = shell;
        self
    }

    /// Gives it a stdout that is not read until [`Running::read_stdout`], as with `less`.
    pub fn without_reading(mut self) -> Self {
        self.output = Output::Unread;
        self
    }

    /// Gives it a terminal of 80 columns in a UTF-8 locale; what a person would see is in [`Ended::stdout`] then.
    #[cfg(unix)]
    pub fn on_terminal(mut self) -> Self {
        self.output = Output::Terminal;
        self.env("TERM", "xterm-256color").env("LC_ALL", "C.UTF-8")
    }

    /// Starts it in a terminal of its own, of which stdin is the keyboard, in a UTF-8 locale.
    #[cfg(unix)]
    pub fn on_screen(self, rows: u16, columns: u16) -> super::Screen {
        self.on_screen_named("xterm-256color", rows, columns)
    }

    /// The same on a terminal of another kind.
    #[cfg(unix)]
    pub fn on_screen_named(self, terminal: &str, rows: u16, columns: u16) -> super::Screen {
        let program = self.env("TERM", terminal).env("LC_ALL", "C.UTF-8");
        super::Screen::start(program.command, rows, columns)
    }

    /// Runs to the end.
    pub fn run(mut self) -> Ended {
        let bytes = std::mem::take(&mut self.stdin);
        let mut running = self.start();
        let stdin = running.stdin.take();
        // A thread, since the program may write more than a pipe holds before it reads all.
        let writer = std::thread::spawn(move || {
            if let Some(mut stdin) = stdin {
                // A program that ends without reading its stdin closes the pipe.
                _ = stdin.write_all(&bytes);
            }
        });
        let ended = running.wait();
        _ = writer.join();
        ended
    }

    /// Starts with what [`Program::stdin`] said, which has to fit into a pipe, and closes it.
    pub fn start_with_stdin(mut self) -> Running {
        let bytes = std::mem::take(&mut self.stdin);
        let mut running = self.start();
        running.write(bytes);
        running.close_stdin();
        running
    }

    /// Starts and goes on; stdin stays open, for [`Running::write`] and [`Running::close_stdin`].
    pub fn start(mut self) -> Running {
        self.command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        #[cfg(unix)]
        if self.output == Output::Terminal {
            return self.start_on_terminal();
        }
        let mut child = self.command.spawn().expect("the program can be run");
        let mut unread = None;
        let stdout = match child.stdout.take() {
            Some(stdout) if self.output == Output::Pipes => Stream::of(stdout),
            Some(stdout) if self.output == Output::OneLine => Stream::of_one_line(stdout),
            Some(stdout) if self.output == Output::Unread => {
                unread = Some(stdout);
                Stream::of(std::io::empty())
            }
            // Dropped: the pipe has no reader.
            _ => Stream::of(std::io::empty()),
        };
        let stderr = Stream::of(child.stderr.take().expect("stderr is piped"));
        Running { stdin: child.stdin.take(), stdout, stderr, unread, child }
    }

    #[cfg(unix)]
    fn start_on_terminal(mut self) -> Running {
        let size = nix::pty::Winsize { ws_row: 24, ws_col: 80, ws_xpixel: 0, ws_ypixel: 0 };
        let terminal = nix::pty::openpty(Some(&size), None).expect("a terminal can be opened");
        let again = terminal.slave.try_clone().expect("a descriptor can be duplicated");
        let mut child = self.command.stdout(terminal.slave).stderr(again).spawn().expect("the program can be run");
        let (stdout, stderr) = (Stream::of(std::fs::File::from(terminal.master)), Stream::of(std::io::empty()));
        // With `self` go our descriptors of the terminal, so that it ends with the program.
        Running { stdin: child.stdin.take(), stdout, stderr, unread: None, child }
    }
}

impl Running {
    /// The next line of stdout that contains this; those before it are passed over.
    #[track_caller]
    pub fn wait_for_stdout(&mut self, part: &str) -> String {
        match self.stdout.wait_for(part) {
            Some(line) => line,
            None => self.fail("stdout", part),
        }
    }

    /// The next line of stderr that contains this; those before it are passed over.
    #[track_caller]
    pub fn wait_for_stderr(&mut self, part: &str) -> String {
        match self.stderr.wait_for(part) {
            Some(line) => line,
            None => self.fail("stderr", part),
        }
    }

    /// Begins to read a stdout that was not read before.
    pub fn read_stdout(&mut self) {
        self.stdout = Stream::of(self.unread.take().expect("stdout was not read"));
    }

    /// Writes to stdin.
    pub fn write(&mut self, bytes: impl AsRef<[u8]>) {
        let stdin = self.stdin.as_mut().expect("stdin is open");
        stdin.write_all(bytes.as_ref()).and_then(|()| stdin.flush()).expect("the program reads its stdin");
    }

    /// Writes to stdin, if the program still reads it.
    pub fn try_write(&mut self, bytes: impl AsRef<[u8]>) -> bool {
        let stdin = self.stdin.as_mut().expect("stdin is open");
        stdin.write_all(bytes.as_ref()).and_then(|()| stdin.flush()).is_ok()
    }

    /// Ends stdin.
    pub fn close_stdin(&mut self) {
        self.stdin = None;
    }

    /// The process's number.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Sends a signal.
    #[cfg(unix)]
    pub fn signal(&self, signal: nix::sys::signal::Signal) {
        let pid = nix::unistd::Pid::from_raw(self.child.id().try_into().expect("a pid fits"));
        nix::sys::signal::kill(pid, signal).expect("the program runs");
    }

    /// Waits for the end.
    #[track_caller]
    pub fn wait(mut self) -> Ended {
        self.stdin = None;
        // Both streams end with the program, so that their end is waited for and not the process.
        let ended = self.stdout.read_to_end() && self.stderr.read_to_end();
        if !ended {
            self.fail("both streams", "the end");
        }
        let status = self.child.wait().expect("the program can be waited for");
        #[cfg(unix)]
        let signal = std::os::unix::process::ExitStatusExt::signal(&status);
        #[cfg(not(unix))]
        let signal: Option<i32> = None;
        let code = status.code().unwrap_or_else(|| 128 + signal.unwrap_or_default());
        let stderr = String::from_utf8_lossy(&self.stderr.seen).into_owned();
        Ended { code, stdout: std::mem::take(&mut self.stdout.seen), stderr }
    }

    #[track_caller]
    fn fail(&mut self, stream: &str, part: &str) -> ! {
        self.stdout.drain();
        self.stderr.drain();
        let stdout = String::from_utf8_lossy(&self.stdout.seen);
        let stderr = String::from_utf8_lossy(&self.stderr.seen);
        panic!("\n  expected on {stream}: {part}\n  within {DEADLINE:?}\n  stdout: {stdout}\n  stderr: {stderr}");
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        _ = self.child.kill();
        _ = self.child.wait();
    }
}

impl Ended {
    /// stdout as text.
    #[track_caller]
    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.stdout).expect("stdout is UTF-8")
    }

    /// The same run, which ended with this code.
    #[track_caller]
    pub fn expect_code(self, code: i32) -> Self {
        assert_eq!(self.code, code, "stderr: {}\nstdout: {}", self.stderr, String::from_utf8_lossy(&self.stdout));
        self
    }
}

/// One stream of the program, read by a thread line by line, so that no pipe ever fills.
#[derive(Debug)]
struct Stream {
    lines: Receiver<Vec<u8>>,
    /// Everything received so far.
    seen: Vec<u8>,
}

impl Stream {
    fn of(stream: impl Read + Send + 'static) -> Self {
        Self::of_lines(stream, usize::MAX)
    }

    /// The first line; then the stream is closed.
    fn of_one_line(stream: impl Read + Send + 'static) -> Self {
        Self::of_lines(stream, 1)
    }

    fn of_lines(stream: impl Read + Send + 'static, maximum: usize) -> Self {
        let (sender, lines) = mpsc::channel();
        std::thread::spawn(move || {
            let mut reader = BufReader::new(stream);
            for _ in 0..maximum {
                let mut line = Vec::new();
                match reader.read_until(b'\n', &mut line) {
                    Ok(0) | Err(_) => return,
                    Ok(_) => _ = sender.send(line),
                }
            }
        });
        Self { lines, seen: Vec::new() }
    }

    fn wait_for(&mut self, part: &str) -> Option<String> {
        let deadline = Instant::now() + DEADLINE;
        loop {
            let line = self.lines.recv_timeout(deadline.saturating_duration_since(Instant::now())).ok()?;
            self.seen.extend_from_slice(&line);
            let line = String::from_utf8_lossy(&line);
            if line.contains(part) {
                return Some(line.trim_end_matches(['\r', '\n']).into());
            }
        }
    }

    /// Whether the end came before the deadline.
    fn read_to_end(&mut self) -> bool {
        // Longer than for a line: a run may move hundreds of thousands of messages in a debug build.
        let deadline = Instant::now() + 6 * DEADLINE;
        loop {
            match self.lines.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
                Ok(line) => self.seen.extend_from_slice(&line),
                Err(RecvTimeoutError::Disconnected) => return true,
                Err(RecvTimeoutError::Timeout) => return false,
            }
        }
    }

    fn drain(&mut self) {
        while let Ok(line) = self.lines.try_recv() {
            self.seen.extend_from_slice(&line);
        }
    }
}

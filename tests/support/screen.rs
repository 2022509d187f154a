//! The program in a terminal of its own, and what a person sees there.
//!
//! The terminal is a real one (a pseudo-terminal that controls the program's process group), so that Ctrl-C is a
//! signal and a password prompt can switch the echo off; a terminal emulator makes the screen of what is written.

use std::fs::File;
use std::io::{Read, Write};
use std::num::NonZeroU16;
use std::os::fd::AsFd;
use std::process::{Child, Command};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use nix::sys::termios::{LocalFlags, tcgetattr};
use pty_process::Size;
use pty_process::blocking::{Pty, open};

use super::DEADLINE;

/// What keys send.
pub mod key {
    /// Ends a line.
    pub const ENTER: &str = "\r";
    /// Completes.
    pub const TAB: &str = "\t";
    /// The line before.
    pub const UP: &str = "\x1b[A";
    /// The line behind.
    pub const DOWN: &str = "\x1b[B";
    /// A character to the right, or what is suggested.
    pub const RIGHT: &str = "\x1b[C";
    /// Stops the program.
    pub const CTRL_Z: &str = "\x1a";
    /// A character to the left.
    pub const LEFT: &str = "\x1b[D";
    /// Interrupts.
    pub const CTRL_C: &str = "\x03";
    /// Draws the screen again.
    pub const CTRL_L: &str = "\x0c";
    /// Ends the input.
    pub const CTRL_D: &str = "\x04";
    /// Searches backwards.
    pub const CTRL_R: &str = "\x12";
}

/// How often to poll what sends no notification.
const LOOK: Duration = Duration::from_millis(5);

/// Lines above the screen that are kept.
const SCROLLBACK: usize = 100_000;

/// A run of the program on a terminal; killed when dropped.
pub struct Screen {
    child: Child,
    pty: Pty,
    output: Receiver<Vec<u8>>,
    parser: vt100::Parser,
    transcript: Vec<u8>,
}

impl Screen {
    pub(super) fn start(command: Command, rows: u16, columns: u16) -> Self {
        let (pty, pts) = open().expect("a terminal can be opened");
        pty.resize(Size::new(rows, columns)).expect("a terminal has a size");
        let mut reader = File::from(pty.as_fd().try_clone_to_owned().expect("a descriptor can be duplicated"));
        let child = pty_process::blocking::Command::from(command).spawn(pts).expect("the program can be run");
        let (sender, output) = mpsc::channel();
        std::thread::spawn(move || {
            let mut buffer = vec![0; 64 * 1024];
            // Once the program has ended, reading a terminal is an error and not the end.
            while let Ok(length @ 1..) = reader.read(&mut buffer) {
                if sender.send(buffer[..length].into()).is_err() {
                    return;
                }
            }
        });
        let parser = vt100::Parser::new(size(rows), size(columns), SCROLLBACK);
        Self { child, pty, output, parser, transcript: Vec::new() }
    }

    /// Types a text; [`key`] has keys that are not characters.
    pub fn type_keys(&mut self, keys: impl AsRef<str>) {
        (&self.pty).write_all(keys.as_ref().as_bytes()).expect("the terminal takes keys");
    }

    /// Sends a signal to the program.
    pub fn signal(&self, signal: nix::sys::signal::Signal) {
        let id = nix::unistd::Pid::from_raw(self.child.id().try_into().expect("a process id is an i32"));
        nix::sys::signal::kill(id, signal).expect("the program takes a signal");
    }

    /// Types a line and Enter.
    pub fn enter(&mut self, line: &str) {
        self.type_keys(format!("{line}{}", key::ENTER));
    }

    /// Gives the terminal another size, as a person who pulls at the window's corner.
    pub fn resize(&mut self, rows: u16, columns: u16) {
        // First what was written for the old size.
        self.take_what_is_there();
        self.parser.set_size(size(rows), size(columns));
        self.pty.resize(Size::new(rows, columns)).expect("a terminal has a size");
    }

    /// Waits until this text is on the screen.
    #[track_caller]
    pub fn wait_for(&mut self, text: &str) {
        self.wait_until(text, |screen| screen.contents().contains(text));
    }

    /// Waits until this line, without blanks at its end, is on the screen.
    #[track_caller]
    pub fn wait_for_line(&mut self, line: &str) {
        self.wait_until(&format!("the line `{line}`"), |screen| screen.lines().iter().any(|seen| seen == line));
    }

    /// Waits until the line of the cursor is this one, without trailing spaces.
    #[track_caller]
    pub fn wait_for_cursor_line(&mut self, line: &str) {
        self.wait_until(&format!("the cursor in the line `{line}`"), |screen| screen.cursor_line() == line);
    }

    /// Waits until what is seen is as wanted.
    #[track_caller]
    pub fn wait_until(&mut self, wanted: &str, is_so: impl Fn(&Self) -> bool) {
        let deadline = Instant::now() + DEADLINE;
        self.take_what_is_there();
        while !is_so(self) {
            match self.output.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
                Ok(bytes) => self.take(&bytes),
                Err(RecvTimeoutError::Timeout) => self.fail(wanted, &format!("within {DEADLINE:?}")),
                Err(RecvTimeoutError::Disconnected) => self.fail(wanted, "before the program ended"),
            }
        }
    }

    /// Whether this is on the screen within a time, before the program ends.
    pub fn shows_within(&mut self, time: Duration, text: &str) -> bool {
        let deadline = Instant::now() + time;
        self.take_what_is_there();
        while !self.contents().contains(text) {
            match self.output.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
                Ok(bytes) => self.take(&bytes),
                Err(_) => return false,
            }
        }
        true
    }

    /// Waits until the terminal no longer shows what is typed: only then a password may be.
    #[track_caller]
    pub fn wait_for_hidden_input(&mut self) {
        self.wait_for_input_shown(false);
    }

    /// Waits until the terminal shows what is typed, and makes signals of keys: a command runs.
    #[track_caller]
    pub fn wait_for_shown_input(&mut self) {
        self.wait_for_input_shown(true);
    }

    #[track_caller]
    fn wait_for_input_shown(&mut self, is_shown: bool) {
        let deadline = Instant::now() + DEADLINE;
        while self.shows_input() != is_shown {
            if Instant::now() > deadline {
                let wanted = if is_shown { "input that is shown" } else { "input that is not shown" };
                self.fail(wanted, &format!("within {DEADLINE:?}"));
            }
            std::thread::sleep(LOOK);
        }
    }

    /// Whether the terminal itself shows what is typed.
    pub fn shows_input(&self) -> bool {
        tcgetattr(self.pty.as_fd()).expect("a terminal has modes").local_flags.contains(LocalFlags::ECHO)
    }

    /// Waits for the program's end: its exit code, or 128 + the number of the signal that killed it.
    #[track_caller]
    pub fn wait_for_end(&mut self) -> i32 {
        let deadline = Instant::now() + DEADLINE;
        loop {
            match self.output.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
                Ok(bytes) => self.take(&bytes),
                Err(RecvTimeoutError::Timeout) => self.fail("the end", &format!("within {DEADLINE:?}")),
                Err(RecvTimeoutError::Disconnected) => break,
            }
        }
        let status = self.child.wait().expect("the program can be waited for");
        let signal = std::os::unix::process::ExitStatusExt::signal(&status);
        status.code().unwrap_or_else(|| 128 + signal.unwrap_or_default())
    }

    /// What is on the screen; a line that the terminal wrapped is one line.
    pub fn contents(&self) -> String {
        self.parser.screen().contents()
    }

    /// The rows of the screen, without blanks at their ends.
    pub fn lines(&self) -> Vec<String> {
        let (_, columns) = self.parser.screen().size();
        self.parser.screen().rows(0, columns.get()).map(|row| row.trim_end().to_owned()).collect()
    }

    /// The row of the cursor, without trailing spaces.
    pub fn cursor_line(&self) -> String {
        let (row, _) = self.parser.screen().cursor_position();
        self.lines().swap_remove(row.into())
    }

    /// The row and the column of the cursor, from 0.
    pub fn cursor(&self) -> (u16, u16) {
        self.parser.screen().cursor_position()
    }

    /// How many rows have left the screen at its top.
    pub fn scrolled(&self) -> usize {
        self.parser.screen().scrollback_len()
    }

    /// Everything that the program has written, as it wrote it.
    pub fn transcript(&self) -> String {
        String::from_utf8_lossy(&self.transcript).into_owned()
    }

    /// Whether anything on the screen has a colour or another attribute.
    pub fn has_attributes(&self) -> bool {
        let screen = self.parser.screen();
        let (rows, columns) = screen.size();
        (0..rows.get()).any(|row| {
            (0..columns.get()).filter_map(|column| screen.cell(row, column)).any(|cell| {
                cell.fgcolor() != vt100::Color::Default
                    || cell.bgcolor() != vt100::Color::Default
                    || cell.bold()
                    || cell.dim()
                    || cell.inverse()
            })
        })
    }

    /// The process's number.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    fn take(&mut self, bytes: &[u8]) {
        self.transcript.extend_from_slice(bytes);
        self.parser.process(bytes);
    }

    fn take_what_is_there(&mut self) {
        while let Ok(bytes) = self.output.try_recv() {
            self.take(&bytes);
        }
    }

    #[track_caller]
    fn fail(&mut self, wanted: &str, when: &str) -> ! {
        self.take_what_is_there();
        let (row, column) = self.cursor();
        let rows = self.lines().join("\n  | ");
        panic!("\n  expected on the screen: {wanted}\n  {when}; the cursor is at {row}, {column} of\n  | {rows}");
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        _ = self.child.kill();
        _ = self.child.wait();
    }
}

fn size(length: u16) -> NonZeroU16 {
    NonZeroU16::new(length).expect("a terminal is not empty")
}

//! The signals that end a broker, or that a command around which it runs is to have.

use std::io;

use crate::error::Error;

pub(super) use platform::Signals;

#[cfg(unix)]
mod platform {
    use std::fs::File;

    use rustix::process::{Pid, Signal, getpgrp, kill_process};
    use rustix::termios::tcgetpgrp;
    use tokio::signal::unix::{self, SignalKind};

    use super::{Error, not_watched};

    /// SIGINT, SIGTERM and SIGHUP, watched for as long as this lives.
    #[derive(Debug)]
    pub(in super::super) struct Signals {
        interrupt: unix::Signal,
        terminate: unix::Signal,
        hangup: unix::Signal,
    }

    impl Signals {
        pub(in super::super) fn new() -> Result<Self, Error> {
            let watch = |kind| unix::signal(kind).map_err(|error| not_watched(&error));
            Ok(Self {
                interrupt: watch(SignalKind::interrupt())?,
                terminate: watch(SignalKind::terminate())?,
                hangup: watch(SignalKind::hangup())?,
            })
        }

        /// The next signal.
        pub(in super::super) async fn next(&mut self) -> Signal {
            tokio::select! {
                _ = self.interrupt.recv() => Signal::INT,
                _ = self.terminate.recv() => Signal::TERM,
                _ = self.hangup.recv() => Signal::HUP,
            }
        }

        /// Sends a signal on to a child, unless it has it already: a terminal gives Ctrl-C to its whole foreground.
        pub(in super::super) fn forward(signal: Signal, child: &tokio::process::Child) {
            if signal != Signal::TERM && in_the_foreground_of_a_terminal() {
                return;
            }
            // None once it has been waited for, so that the number is never another process's.
            let id = child.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw);
            if let Some(id) = id {
                // Fails only if it has just ended.
                _ = kill_process(id, signal);
            }
        }
    }

    fn in_the_foreground_of_a_terminal() -> bool {
        let Ok(terminal) = File::open("/dev/tty") else { return false };
        tcgetpgrp(&terminal) == Ok(getpgrp())
    }
}

#[cfg(not(unix))]
mod platform {
    use super::{Error, not_watched};

    /// Ctrl-C.
    #[derive(Debug, Clone, Copy)]
    pub(in super::super) struct Signal;

    /// Ctrl-C, watched for as long as this lives.
    #[derive(Debug)]
    pub(in super::super) struct Signals {
        interrupt: tokio::signal::windows::CtrlC,
    }

    impl Signals {
        pub(in super::super) fn new() -> Result<Self, Error> {
            Ok(Self { interrupt: tokio::signal::windows::ctrl_c().map_err(|error| not_watched(&error))? })
        }

        /// The next signal.
        pub(in super::super) async fn next(&mut self) -> Signal {
            self.interrupt.recv().await;
            Signal
        }

        /// Nothing: the console gives Ctrl-C to all its processes.
        pub(in super::super) fn forward(_: Signal, _: &tokio::process::Child) {}
    }
}

fn not_watched(error: &io::Error) -> Error {
    Error::local(format!("signals cannot be watched: {error}"))
}

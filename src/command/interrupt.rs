#[cfg(unix)]
use std::fs::File;
#[cfg(unix)]
use std::io::Read;

use crate::error::Error;

/// Signals that ask the program to end: Ctrl-C, SIGTERM, and SIGHUP, which is sent when the terminal window is closed.
///
/// From its creation on they no longer end the process themselves, so that DISCONNECT can be sent and no will
/// is published. A SIGHUP that is ignored, as with `nohup`, stays ignored.
#[derive(Debug)]
pub(crate) struct Interrupt {
    #[cfg(unix)]
    from_keyboard: tokio::signal::unix::Signal,
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
    #[cfg(unix)]
    hangup: Option<tokio::signal::unix::Signal>,
    /// Never waited for: while it is listened for, a write over `ulimit -f` fails instead of ending the process.
    #[cfg(unix)]
    _file_size: tokio::signal::unix::Signal,
}

/// Signal numbers as a shell reports them, 128 more.
#[cfg(unix)]
const SIGHUP: u8 = 1;
const SIGINT: u8 = 2;
#[cfg(unix)]
const SIGTERM: u8 = 15;

impl Interrupt {
    /// Starts listening.
    pub(crate) fn listen() -> Result<Self, Error> {
        #[cfg(unix)]
        {
            use tokio::signal::unix::{SignalKind, signal};

            let listen =
                |kind| signal(kind).map_err(|error| Error::local(format!("cannot listen for signals: {error}")));
            Ok(Self {
                from_keyboard: listen(SignalKind::interrupt())?,
                terminate: listen(SignalKind::terminate())?,
                _file_size: listen(SignalKind::from_raw(rustix::process::Signal::XFSZ.as_raw()))?,
                hangup: if is_hangup_ignored() { None } else { Some(listen(SignalKind::hangup())?) },
            })
        }
        #[cfg(not(unix))]
        Ok(Self {})
    }

    /// The number of the next signal.
    #[cfg(unix)]
    pub(crate) async fn received(&mut self) -> u8 {
        let Self { from_keyboard, terminate, hangup, .. } = self;
        let hangup = async {
            match hangup {
                Some(hangup) => hangup.recv().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            _ = from_keyboard.recv() => SIGINT,
            _ = terminate.recv() => SIGTERM,
            _ = hangup => SIGHUP,
        }
    }

    /// The number of the next signal.
    #[cfg(not(unix))]
    pub(crate) async fn received(&mut self) -> u8 {
        match tokio::signal::ctrl_c().await {
            Ok(()) => SIGINT,
            // There is no console to send one.
            Err(_) => std::future::pending().await,
        }
    }
}

/// Whether SIGHUP was ignored when the program began: `nohup` does so, and listening would undo it.
///
/// Linux shows it as a file. Elsewhere no safe call does: there SIGHUP is not touched.
#[cfg(unix)]
fn is_hangup_ignored() -> bool {
    // With room for all of it: the system does not say how long it is, and to find out would take eight reads.
    let mut status = String::with_capacity(4096);
    let read = File::open("/proc/self/status").and_then(|mut file| file.read_to_string(&mut status));
    read.is_err() || ignores(&status, SIGHUP)
}

/// Whether a process ignores a signal, by its `/proc/PID/status`.
#[cfg(unix)]
fn ignores(status: &str, signal: u8) -> bool {
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    mask.is_none_or(|mask| mask >> (signal - 1) & 1 == 1)
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn reads_what_a_process_ignores() {
        let status =
            |mask| format!("Name:\tx\nSigBlk:\tffffffffffffffff\nSigIgn:\t{mask}\nSigCgt:\t0000000000000001\n");
        assert!(!ignores(&status("0000000000001000"), SIGHUP), "SIGPIPE alone, as every Rust program");
        assert!(ignores(&status("0000000000001001"), SIGHUP));
        assert!(ignores(&status("0000000000004000"), SIGTERM));
        assert!(ignores("", SIGHUP), "unknown is left as it is");
    }
}

//! What the matrices are made of, and how their cases are run beside each other.

use std::fmt;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::support::net::cutting_link::{Cut, Ending, Place, Towards};
use crate::support::{DEADLINE, Ended, Running};

/// How many cases run at a time: most of the time each waits for another process.
const THREADS: usize = 6;

/// How many failures are shown in full.
const SHOWN: usize = 3;

/// The session that the program is to use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Session {
    /// No option.
    Default,
    /// `--no-clean -i ID`.
    Kept,
}

/// Where the link is cut, without the packet's number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Step(pub(crate) Towards, pub(crate) &'static str);

pub(crate) const CONNECT: Step = Step(Towards::Broker, "CONNECT");
pub(crate) const CONNACK: Step = Step(Towards::Client, "CONNACK");
pub(crate) const DISCONNECT: Step = Step(Towards::Broker, "DISCONNECT");

impl Step {
    /// A cut at each side of the packet with this number and in its middle, by RST and by FIN.
    pub(crate) fn cuts(self, number: usize) -> Vec<Cut> {
        let Self(towards, packet) = self;
        let mut cuts = Vec::new();
        for place in [Place::Before, Place::Within, Place::After] {
            for ending in [Ending::Reset, Ending::Finish] {
                cuts.push(Cut { towards, packet, number, place, ending });
            }
        }
        cuts
    }
}

/// A number that no other case of this process has, for topics and client identifiers.
pub(crate) fn unique() -> usize {
    static NEXT: AtomicUsize = AtomicUsize::new(1);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

/// Runs all cases, some at a time, and fails with what every one has to say that failed.
#[track_caller]
pub(crate) fn run_all<Case: fmt::Debug + Sync>(cases: &[Case], run: impl Fn(&Case) -> Result<(), String> + Sync) {
    let (next, failures) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                while let Some(case) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| run(case)));
                    let failure = match outcome {
                        Ok(Ok(())) => continue,
                        Ok(Err(failure)) => failure,
                        Err(panic) => format!("panicked: {}", text_of(panic.as_ref())),
                    };
                    failures.lock().expect("nobody panics with it").push((format!("{case:?}"), failure));
                }
            });
        }
    });
    let mut failures = failures.into_inner().expect("nobody panics with it");
    if failures.is_empty() {
        return;
    }
    failures.sort();
    let names: Vec<String> = failures
        .iter()
        .map(|(name, failure)| format!("  {name}\n      {}", failure.lines().next().unwrap_or_default()))
        .collect();
    let full: Vec<String> =
        failures.iter().take(SHOWN).map(|(name, failure)| format!("\n=== {name}\n{failure}")).collect();
    panic!("{} of {} cases fail:\n{}\n{}", failures.len(), cases.len(), names.join("\n"), full.join("\n"));
}

fn text_of(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().cloned();
    text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned())).unwrap_or_default()
}

/// Waits for the end of a run; one that does not end is killed, which its code 137 then says.
pub(crate) fn finish(running: Running) -> Ended {
    let pid = Pid::from_raw(running.id().try_into().expect("a pid fits"));
    let (done, is_done) = mpsc::channel::<()>();
    let watch = std::thread::spawn(move || {
        if is_done.recv_timeout(DEADLINE) == Err(mpsc::RecvTimeoutError::Timeout) {
            // Not waited for yet, so that the number is still its own.
            _ = kill(pid, Signal::SIGKILL);
        }
    });
    let ended = running.wait();
    drop(done);
    _ = watch.join();
    ended
}

/// An error unless the condition holds.
pub(crate) fn ensure(holds: bool, what: impl FnOnce() -> String) -> Result<(), String> {
    if holds { Ok(()) } else { Err(what()) }
}

//! A run from outside: its options, and what can be observed of it.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use super::preflight::Shortage;
use super::report::Row;
use super::series::{Buckets, GroupCounts};
use super::threshold::Threshold;
use super::{Counts, Identity, Measure, Parameter, Report, Taps};
use crate::mqtt::TopicError;
use crate::transport::DialError;

/// Why a run did not begin.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RunError {
    /// A broker's name could not be looked up.
    #[error("{0}")]
    Dial(Box<DialError>),
    /// A topic or filter that is not valid once its placeholders are filled.
    #[error("a topic of the run, with its placeholders filled: {0}")]
    Topic(#[from] TopicError),
    /// The system does not allow as many connections.
    #[error(transparent)]
    Shortage(#[from] Shortage),
    /// A thread or its runtime could not be started.
    #[error("cannot start a worker: {0}")]
    Worker(String),
}

/// How a run is judged, besides what it does.
#[derive(Debug, Clone, Default)]
pub(crate) struct RunOptions {
    /// What makes it a failure.
    pub thresholds: Vec<Threshold>,
    /// End when one of them has failed.
    pub abort_on_fail: bool,
    /// When to begin publishing, so that several machines do it together.
    pub start_at: Option<SystemTime>,
    /// The broker is in this process too, and takes descriptors of it.
    pub broker_inside: bool,
    /// For the report.
    pub parameters: Vec<Parameter>,
    /// Which run it is, and what it was asked for: parts of one run have both in common.
    pub identity: Identity,
    /// Results are written while it goes on.
    pub keeps_results: bool,
    /// Who sees the bytes on the wire.
    pub taps: Option<Taps>,
}

/// The stage of a run within its phase.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stage {
    /// Clients connect, subscribe or leave.
    Connecting,
    /// The load is on.
    Running,
    /// Outstanding messages are waited for.
    Draining,
}

/// A run as it is now.
#[derive(Debug, Clone)]
pub(crate) struct Snapshot {
    /// Which phase, from 0.
    pub phase: usize,
    /// Where it is within the phase.
    pub stage: Stage,
    /// Since the first connect.
    pub elapsed: Duration,
    /// Since the stage began.
    pub in_stage: Duration,
    /// How long the phase lasts; `None` where that is not said.
    pub lasts: Option<Duration>,
    /// Until the load begins, where all parts of a run wait for one time.
    pub starts_in: Option<Duration>,
    /// How many seconds after `--start-at` it is while the load has not begun.
    pub late: Option<f64>,
    /// Clients of this process.
    pub clients: u64,
    /// Connected clients.
    pub ready: u64,
    /// Clients that are connected, away by plan, or have failed for good.
    pub settled: u64,
    /// Messages sent.
    pub sent: u64,
    /// Messages received.
    pub delivered: u64,
    /// Messages scheduled and not finished.
    pub outstanding: u64,
    /// What happened up to the last whole second.
    pub counts: Counts,
    /// The same by group.
    pub groups: Arc<[GroupCounts]>,
    /// The last whole second; `None` before there is one.
    pub last: Option<Row>,
    /// What `last` and `buckets` are of.
    pub measure: Measure,
    /// Latencies up to now, warm-up included.
    pub buckets: Buckets,
}

/// An observer of a run.
pub(crate) trait Observer {
    /// All clients are connected or have failed; how long it took.
    fn connected(&mut self, snapshot: &Snapshot);
    /// A second is over.
    fn second(&mut self, snapshot: &Snapshot);
    /// Ten times a second.
    fn moment(&mut self, snapshot: &Snapshot);
    /// A signal has ended the load; outstanding messages are waited for, at most for `drain`.
    fn stopping(&mut self, snapshot: &Snapshot, drain: Duration);
    /// A signal has ended the wait for outstanding messages.
    fn cut_short(&mut self, snapshot: &Snapshot);
    /// What is measured so far, every few seconds where results are kept.
    fn interim(&mut self, report: &Report);
}

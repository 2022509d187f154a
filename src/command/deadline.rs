//! The end of a wait.

use std::time::Duration;

use tokio::time::{Instant, sleep_until};

/// Waits until a time, or forever without one.
pub(crate) async fn at(deadline: Option<Instant>) {
    match deadline {
        Some(deadline) => sleep_until(deadline).await,
        None => std::future::pending().await,
    }
}

/// When the work is given up, if at all, and how long that was.
#[derive(Debug, Clone, Copy)]
pub(super) struct Deadline(Option<(Instant, Duration)>);

impl Deadline {
    /// After this time, or never.
    pub(super) fn after(time: Option<Duration>) -> Self {
        Self(time.map(|time| (Instant::now() + time, time)))
    }

    /// Waits until the time is up: how long it was.
    pub(super) async fn expiry(self) -> Duration {
        at(self.0.map(|(at, _)| at)).await;
        self.0.map_or(Duration::MAX, |(_, time)| time)
    }
}

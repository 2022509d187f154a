//! Waits finer than tokio's timer, whose millisecond would be most of a broker's latency.

use std::task::{Context, Poll};
use std::time::{Duration, Instant};

/// The finest wait: what is due within it goes out together, so that 50,000 messages a second do not cost 50,000
/// wake-ups.
pub(super) const GRAIN: Duration = Duration::from_micros(50);

/// An alarm clock.
#[derive(Debug)]
pub(super) struct Pacer {
    inner: inner::Timer,
    set_for: Option<Instant>,
}

impl Pacer {
    /// Within a runtime.
    pub(super) fn new() -> std::io::Result<Self> {
        Ok(Self { inner: inner::Timer::new()?, set_for: None })
    }

    /// Ready when `deadline` is reached; until then the task is woken at it.
    pub(super) fn poll(&mut self, deadline: Instant, now: Instant, cx: &mut Context<'_>) -> Poll<()> {
        if deadline <= now {
            return Poll::Ready(());
        }
        // One microsecond off is the same alarm: no system call.
        let is_set = self.set_for.is_some_and(|set| {
            let (earlier, later) = (set.min(deadline), set.max(deadline));
            later - earlier < Duration::from_micros(1)
        });
        if !is_set {
            self.inner.set((deadline - now).max(GRAIN));
            self.set_for = Some(deadline);
            // What an earlier setting has left would ring at once, and cost a turn for nothing.
            let _ = self.inner.poll(cx);
        }
        let rang = self.inner.poll(cx);
        if rang.is_ready() {
            self.set_for = None;
        }
        rang
    }
}

#[cfg(target_os = "linux")]
mod inner {
    use std::os::fd::OwnedFd;
    use std::task::{Context, Poll};
    use std::time::Duration;

    use rustix::time::{Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec};
    use tokio::io::unix::AsyncFd;

    /// A timerfd: high-resolution, without the slack of other waits.
    #[derive(Debug)]
    pub(super) struct Timer(AsyncFd<OwnedFd>);

    impl Timer {
        #[expect(deprecated, reason = "sound with an OwnedFd, and what replaces it is unsafe to call")]
        pub(super) fn new() -> std::io::Result<Self> {
            let flags = TimerfdFlags::NONBLOCK | TimerfdFlags::CLOEXEC;
            let fd = rustix::time::timerfd_create(TimerfdClockId::Monotonic, flags)?;
            Ok(Self(AsyncFd::with_interest(fd, tokio::io::Interest::READABLE)?))
        }

        pub(super) fn set(&self, wait: Duration) {
            let zero = Timespec { tv_sec: 0, tv_nsec: 0 };
            let value = Timespec {
                tv_sec: i64::try_from(wait.as_secs()).unwrap_or(i64::MAX),
                tv_nsec: i64::from(wait.subsec_nanos()),
            };
            let setting = Itimerspec { it_interval: zero, it_value: value };
            // Fails only for times that are none.
            let _ = rustix::time::timerfd_settime(self.0.get_ref(), TimerfdTimerFlags::empty(), &setting);
        }

        pub(super) fn poll(&self, cx: &mut Context<'_>) -> Poll<()> {
            match self.0.poll_read_ready(cx) {
                Poll::Ready(Ok(mut guard)) => {
                    // Setting it again clears the expiry: there is nothing to read.
                    guard.clear_ready();
                    Poll::Ready(())
                }
                Poll::Ready(Err(_)) => Poll::Ready(()),
                Poll::Pending => Poll::Pending,
            }
        }
    }
}

#[cfg(not(target_os = "linux"))]
mod inner {
    use std::future::Future;
    use std::pin::Pin;
    use std::task::{Context, Poll};
    use std::time::Duration;

    use tokio::time::{Instant, Sleep, sleep};

    /// tokio's timer for all but the last millisecond, which is spent awake.
    #[derive(Debug)]
    pub(super) struct Timer {
        sleep: Pin<Box<Sleep>>,
        until: Instant,
    }

    impl Timer {
        pub(super) fn new() -> std::io::Result<Self> {
            Ok(Self { sleep: Box::pin(sleep(Duration::ZERO)), until: Instant::now() })
        }

        pub(super) fn set(&mut self, wait: Duration) {
            self.until = Instant::now() + wait;
            self.sleep.as_mut().reset(self.until.checked_sub(Duration::from_millis(1)).unwrap_or(self.until));
        }

        pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
            if self.sleep.as_mut().poll(cx).is_pending() {
                return Poll::Pending;
            }
            if Instant::now() < self.until {
                cx.waker().wake_by_ref();
                return Poll::Pending;
            }
            Poll::Ready(())
        }
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;

    use super::*;

    #[tokio::test]
    async fn rings_at_its_time_again_and_again() {
        let mut pacer = Pacer::new().unwrap();
        for _ in 0..5 {
            let deadline = Instant::now() + Duration::from_millis(2);
            poll_fn(|cx| {
                while pacer.poll(deadline, Instant::now(), cx).is_ready() {
                    if Instant::now() >= deadline {
                        return Poll::Ready(());
                    }
                }
                Poll::Pending
            })
            .await;
            assert!(Instant::now() >= deadline);
        }
    }

    #[tokio::test]
    async fn an_alarm_can_be_set_earlier() {
        let mut pacer = Pacer::new().unwrap();
        let far = Instant::now() + Duration::from_hours(1);
        poll_fn(|cx| {
            assert!(pacer.poll(far, Instant::now(), cx).is_pending());
            Poll::Ready(())
        })
        .await;
        let near = Instant::now() + Duration::from_millis(1);
        poll_fn(|cx| pacer.poll(near, Instant::now(), cx)).await;
    }
}

//! `pub`: publishes each message of its source and tracks its outcome.
//!
//! A message is done as its QoS requires: written to the socket at QoS 0, PUBACK at QoS 1, PUBCOMP at QoS 2.

use std::cell::RefCell;
use std::pin::pin;
use std::time::Duration;

use tokio::time::{Instant, sleep, sleep_until};

use super::interrupt::Interrupt;
use super::source::{Next, Source};
use super::status;
use super::tally::Tally;
use crate::client::{Client, Declined, Event, Pending};
use crate::error::{Error, ErrorKind, ExitStatus};
use crate::output::Talk;
use crate::session::Acknowledge;
use crate::settings::{PubSettings, Publication};

/// Why the work was cut short.
pub(super) enum Cut {
    Signal(u8),
    Timeout(Duration),
}

/// When the work is given up, if at all, and how long that was.
#[derive(Clone, Copy)]
pub(super) struct Deadline(Option<(Instant, Duration)>);

impl Deadline {
    pub(super) fn of(publication: &Publication) -> Self {
        Self(publication.timeout.map(|time| (Instant::now() + time, time)))
    }

    /// Waits until the time is up: how long it was.
    pub(super) async fn expiry(self) -> Duration {
        match self.0 {
            Some((at, time)) => {
                sleep_until(at).await;
                time
            }
            None => std::future::pending().await,
        }
    }
}

/// Publishes everything.
pub(crate) async fn run(settings: &PubSettings, talk: Talk) -> Result<ExitStatus, Error> {
    for warning in &settings.warnings {
        talk.warning(warning);
    }
    let deadline = Deadline::of(&settings.publication);
    let source = Source::open(&settings.publication)?;
    // Only now: before, Ctrl-C should end a read of stdin at once.
    let mut interrupt = Interrupt::listen()?;
    let (client, mut events) = super::connect(&settings.connect, Acknowledge::OnReceipt, talk)?;

    let tally = RefCell::new(Tally::new(&settings.publication.topics, talk));
    let mut producing = pin!(produce(source, settings.publication.repeat_delay, &client, &tally));
    let mut is_produced = false;
    let mut unread = None;
    let mut cut = None;
    let closed = 'client: loop {
        tokio::select! {
            biased;
            signal = interrupt.received(), if cut.is_none() => {
                cut = Some(Cut::Signal(signal));
                client.disconnect(Pending::Abandon);
            }
            time = deadline.expiry(), if cut.is_none() => {
                cut = Some(Cut::Timeout(time));
                client.disconnect(Pending::Abandon);
            }
            event = events.next() => {
                let mut next = event;
                if next.is_none() {
                    break Ok(());
                }
                // All that are there: looking at the signals between each two would cost more than the events.
                while let Some(event) = next {
                    if let Event::Closed(result) = event {
                        break 'client result;
                    }
                    status::tell(talk, &settings.connect, &event);
                    tally.borrow_mut().take(event);
                    next = events.try_next();
                }
            }
            end = &mut producing, if !is_produced => {
                is_produced = true;
                unread = end.err();
                client.disconnect(Pending::Finish);
            }
        }
    };

    let tally = tally.borrow();
    match (closed, cut) {
        // A connection lost after the last acknowledgement does not matter; never having had one does.
        (closed, _)
            if is_produced && unread.is_none() && tally.is_complete() && (closed.is_ok() || !tally.is_empty()) =>
        {
            Ok(tally.report())
        }
        (_, Some(Cut::Signal(signal))) => {
            talk.failure(format_args!("Interrupted: {}", tally.progress()));
            Ok(tally.failure().map_or(ExitStatus::Interrupted(signal), ExitStatus::Partly))
        }
        (_, Some(Cut::Timeout(time))) => {
            let message = format!("not finished within --timeout of {} s: {}", time.as_secs_f64(), tally.progress());
            tally.refused_before(Error::new(ErrorKind::TimedOut, message))
        }
        (Err(error), None) => {
            let error = Error::from(*error);
            tally.refused_before(if tally.is_about_several() { error.with_detail(tally.progress()) } else { error })
        }
        (Ok(()), None) => match unread {
            Some(error) => Err(error.with_detail(tally.progress())),
            None => Ok(tally.report()),
        },
    }
}

/// Hands message after message to the client, as fast as it accepts them. The error is from stdin.
async fn produce(
    mut source: Source<'_>,
    delay: Duration,
    client: &Client,
    tally: &RefCell<Tally>,
) -> Result<(), Error> {
    loop {
        let message = match source.next().await? {
            Next::Message(message) => message,
            Next::Bad(error) => {
                tally.borrow_mut().bad(&error);
                continue;
            }
            Next::End => return Ok(()),
        };
        let topic = message.topic.clone();
        match client.publish(message).await {
            Ok(_) => tally.borrow_mut().accepted(),
            // Its last event has the reason.
            Err(Declined::Closed(_)) => return Ok(()),
            Err(Declined::Rejected(error)) => tally.borrow_mut().declined(&topic, &error),
        }
        if !delay.is_zero() && source.is_between_rounds() {
            sleep(delay).await;
        }
    }
}

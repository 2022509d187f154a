//! Handing messages to the client until each has its outcome, or something ends the work early: the loop of `pub`,
//! `pub --queue` and `replay`.

use std::cell::RefCell;
use std::pin::Pin;
use std::time::Duration;

use super::deadline::Deadline;
use super::interrupt::Interrupt;
use super::status;
use super::tally::Tally;
use crate::client::{Client, ClientError, Declined, Event, Events, Pending};
use crate::error::{Error, ErrorKind, ExitStatus};
use crate::mqtt::Message;
use crate::output::Talk;
use crate::settings::ConnectSettings;

/// Why the work was cut short.
#[derive(Debug, Clone, Copy)]
pub(super) enum Cut {
    /// By this signal.
    Signal(u8),
    /// After this time.
    Timeout(Duration),
}

/// The work, and what may end it.
#[derive(Debug)]
pub(super) struct Delivery<'a> {
    pub(super) client: &'a Client,
    pub(super) connect: &'a ConnectSettings,
    pub(super) talk: Talk,
    pub(super) deadline: Deadline,
    /// Only a signal ends it: the first is not a failure, and what was handed over is still delivered; a second does not
    /// wait.
    pub(super) is_endless: bool,
}

/// How the work ended.
#[derive(Debug)]
pub(super) struct Delivered {
    /// Of the connection.
    pub(super) closed: Result<(), Box<ClientError>>,
    /// What came first.
    pub(super) cut: Option<Cut>,
    /// All was handed over; the error is the source's.
    pub(super) is_produced: bool,
    pub(super) failed: Option<Error>,
}

impl Delivery<'_> {
    /// Drives `producing` until it ends, and the client until it is closed, which `finish` asks of it when all has been
    /// handed over.
    pub(super) async fn run(
        self,
        interrupt: &mut Interrupt,
        events: &mut Events,
        mut producing: Pin<&mut impl Future<Output = Result<(), Error>>>,
        mut take: impl FnMut(Event),
        finish: impl Fn(),
    ) -> Delivered {
        let (mut cut, mut is_abandoned) = (None, false);
        let (mut is_produced, mut failed) = (false, None);
        let closed = 'client: loop {
            tokio::select! {
                biased;
                signal = interrupt.received(), if !is_abandoned => {
                    if self.is_endless && cut.is_none() {
                        is_produced = true;
                        finish();
                    } else {
                        is_abandoned = true;
                        self.client.disconnect(Pending::Abandon);
                    }
                    cut.get_or_insert(Cut::Signal(signal));
                }
                time = self.deadline.expiry(), if !is_abandoned => {
                    is_abandoned = true;
                    cut.get_or_insert(Cut::Timeout(time));
                    self.client.disconnect(Pending::Abandon);
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
                        status::tell(self.talk, self.connect, &event);
                        take(event);
                        next = events.try_next();
                    }
                }
                end = &mut producing, if !is_produced => {
                    is_produced = true;
                    failed = end.err();
                    finish();
                }
            }
        };
        Delivered { closed, cut, is_produced, failed }
    }
}

impl Delivered {
    /// Reports the outcome of what was handed over, and returns the status. `left` says what is left for another run.
    pub(super) fn conclude(self, tally: &Tally, left: Option<&str>, talk: Talk) -> Result<ExitStatus, Error> {
        let progress = || match left {
            Some(left) => format!("{}, {left}", tally.progress()),
            None => tally.progress(),
        };
        let is_done = self.is_produced && tally.is_complete() && left.is_none();
        match (self.closed, self.failed, self.cut) {
            // A connection lost after the last acknowledgement does not matter; never having had one does.
            (closed, None, _) if is_done && (closed.is_ok() || !tally.is_empty()) => Ok(tally.report()),
            (_, Some(error), _) => tally.refused_before(error.with_detail(progress())),
            (_, None, Some(Cut::Signal(signal))) => {
                talk.failure(format_args!("Interrupted: {}", progress()));
                Ok(tally.failure().map_or(ExitStatus::Interrupted(signal), ExitStatus::Partly))
            }
            (_, None, Some(Cut::Timeout(time))) => {
                let message = format!("not finished within --timeout of {} s: {}", time.as_secs_f64(), progress());
                tally.refused_before(Error::new(ErrorKind::TimedOut, message))
            }
            (Err(error), None, None) => {
                let error = Error::from(*error);
                let tells_more = tally.is_about_several() || left.is_some();
                tally.refused_before(if tells_more { error.with_detail(progress()) } else { error })
            }
            (Ok(()), None, None) => Ok(tally.report()),
        }
    }
}

/// What became of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Handed {
    /// The client has it, and its outcome will be an event.
    Over,
    /// The client does not take it, which has been counted and reported.
    Declined,
    /// The client has ended; its last event has the reason.
    Closed,
}

/// Hands a message to the client as soon as that has room.
pub(super) async fn hand_over(client: &Client, message: Message, tally: &RefCell<Tally>) -> Handed {
    let topic = message.topic.clone();
    match client.publish(message).await {
        Ok(_) => {
            tally.borrow_mut().accepted();
            Handed::Over
        }
        Err(Declined::Closed(_)) => Handed::Closed,
        Err(Declined::Rejected(error)) => {
            tally.borrow_mut().declined(&topic, &error);
            Handed::Declined
        }
    }
}

//! How `sub` ends: what it still waits for, and the status.

use std::time::Duration;

use tokio::time::Instant;

use super::{End, SAID_AFTER, Subscriber};
use crate::client::{ClientError, Event, Events, Pending};
use crate::command::deadline::at;
use crate::command::interrupt::Interrupt;
use crate::command::removal;
use crate::error::{Error, ErrorKind, ExitStatus};
use crate::output::WriteError;
use crate::payload::plural;
use crate::settings::Retained;

/// What ends the wait for the broker early.
enum Cut {
    Signal(u8),
    Timeout,
    Idle,
    Lost(Box<ClientError>),
}

impl Subscriber<'_> {
    /// Closes the connection properly and returns how it ended.
    pub(super) async fn end(
        mut self,
        end: End,
        events: &mut Events,
        interrupt: &mut Interrupt,
        deadline: Option<Instant>,
    ) -> Result<ExitStatus, Error> {
        let end = self.end_removals(end, events, interrupt).await;
        let end = self.end_work(end, events, interrupt).await;
        if matches!(end, End::Done) && self.receipts.is_some() {
            let settled = self.settle(events, interrupt, deadline).await;
            if !matches!(settled, Ok(ExitStatus::Done)) {
                return self.refused_before(settled);
            }
        } else {
            // What was acknowledged is still sent; a SUBACK that never comes is not waited for.
            self.client.disconnect(Pending::Abandon);
            while events.next().await.is_some() {}
        }
        let status = self.failure.map_or(ExitStatus::Done, ExitStatus::Partly);
        let result = match (end, self.settings.count) {
            (End::Done | End::Refused | End::Failed | End::Unwritable(WriteError::Closed), _)
            | (End::Idle | End::Signal(_), None) => Ok(status),
            (End::Unwritable(WriteError::Failed(error)), _) => Err(error),
            (End::Lost(error), _) => Err(Error::from(*error)),
            (End::Signal(signal), Some(_)) => Ok(ExitStatus::Interrupted(signal)),
            (End::Idle, Some(count)) => {
                let time = self.idle_timeout.unwrap_or_default().as_secs_f64();
                let message = format!("no message for {time} s: {} of {count} received", self.count);
                Err(Error::new(ErrorKind::TimedOut, message))
            }
            (End::Timeout, count) => {
                let time = self.settings.timeout.unwrap_or_default().as_secs_f64();
                let messages = match count {
                    Some(count) => format!("{} of {}", self.count, plural(count, "message")),
                    None => plural(self.count, "message"),
                };
                let message = match (self.is_subscribed, self.removals.under_way()) {
                    (false, _) => format!("no SUBACK within --timeout of {time} s"),
                    (true, 0) => format!("--timeout of {time} s expired: {messages} received"),
                    (true, removals) => {
                        let removals = plural(removals, "removal");
                        format!("--timeout of {time} s expired: the broker has not acknowledged {removals}")
                    }
                };
                Err(Error::new(ErrorKind::TimedOut, message))
            }
        };
        self.refused_before(result)
    }

    /// Ends once the broker can forget what was printed, so that no other client gets it too; over another connection if
    /// necessary.
    async fn settle(
        &mut self,
        events: &mut Events,
        interrupt: &mut Interrupt,
        deadline: Option<Instant>,
    ) -> Result<ExitStatus, Error> {
        self.client.disconnect(Pending::Settle);
        let mut news = Some(Instant::now() + SAID_AFTER);
        let mut idle = self.idle_timeout.map(|time| Instant::now() + time);
        let cut = loop {
            let event = tokio::select! {
                biased;
                signal = interrupt.received() => break Cut::Signal(signal),
                () = at(deadline) => break Cut::Timeout,
                () = at(idle) => break Cut::Idle,
                () = at(news) => {
                    news = None;
                    self.talk.progress("Waiting until the broker has received all acknowledgements");
                    continue;
                }
                event = events.next() => event,
            };
            idle = self.idle_timeout.map(|time| Instant::now() + time);
            match event {
                Some(Event::Message(received)) => {
                    if let (Some(receipts), Some(token)) = (&self.receipts, received.token)
                        && receipts.has(&received)
                    {
                        self.client.acknowledge(token);
                    }
                }
                Some(Event::Closed(Ok(()))) | None => return Ok(ExitStatus::Done),
                Some(Event::Closed(Err(error))) => break Cut::Lost(error),
                Some(event) => self.tell(&event),
            }
        };
        self.client.disconnect(Pending::Abandon);
        while events.next().await.is_some() {}
        let seconds = |time: Option<Duration>| time.unwrap_or_default().as_secs_f64();
        let why = match &cut {
            Cut::Signal(_) => "interrupted".to_owned(),
            Cut::Timeout => format!("--timeout of {} s expired", seconds(self.settings.timeout)),
            Cut::Idle => format!("no message for {} s", seconds(self.idle_timeout)),
            Cut::Lost(error) => error.to_string(),
        };
        let message = format!("{why}: the broker may lack acknowledgements and send printed messages again");
        match cut {
            Cut::Signal(signal) => {
                self.talk.warning(message);
                Ok(ExitStatus::Interrupted(signal))
            }
            _ => Err(Error::new(ErrorKind::ConnectionLost, message)),
        }
    }

    /// A refusal during the run determines the exit code, unless the end of the run has a smaller one.
    fn refused_before(&self, result: Result<ExitStatus, Error>) -> Result<ExitStatus, Error> {
        match (self.failure, result) {
            (Some(failure), Err(error)) if failure.code() < error.kind().code() => {
                self.talk.warning(&error);
                Ok(ExitStatus::Partly(failure))
            }
            (Some(failure), Ok(ExitStatus::Interrupted(_))) => Ok(ExitStatus::Partly(failure)),
            (_, result) => result,
        }
    }

    /// With `--remove-retained`: waits for pending removals, so that what is removed is printed, and reports what was
    /// done.
    async fn end_removals(&mut self, mut end: End, events: &mut Events, interrupt: &mut Interrupt) -> End {
        if !matches!(self.settings.retained, Retained::Remove { .. }) {
            return end;
        }
        self.removals.close();
        let deadline = Some(Instant::now() + removal::GRACE);
        while self.removals.are_under_way() && !matches!(end, End::Lost(_) | End::Unwritable(_)) {
            let ended = tokio::select! {
                biased;
                signal = interrupt.received() => {
                    end = End::Signal(signal);
                    break;
                }
                () = at(deadline) => break,
                written = self.printer.writable(), if self.printer.is_blocked() => self.write_on(written),
                event = events.next(), if !self.printer.is_blocked() => match event {
                    Some(event) => self.take_all(event, events),
                    None => break,
                },
            };
            if let Some(ended @ (End::Lost(_) | End::Unwritable(_))) = ended {
                end = ended;
            }
        }
        self.removals.report(self.talk);
        end
    }
}

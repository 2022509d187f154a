//! `sub`: subscribes, prints what arrives or has it worked on, and acknowledges what it has done with.
//!
//! A message at QoS 1 or 2 is acknowledged when its bytes have left the program, not when it arrived: what was
//! not printed is delivered again in the next run of a persistent session, and `--count N` takes exactly N from it.
//!
//! If stdout accepts no more, for example with a `less` that is not scrolled, nothing more is taken from the client, which
//! then stops reading; the keep alive continues.

mod backlog;
mod ending;
mod work;
mod worker;

use std::pin::pin;
use std::time::Duration;

use jiff::Timestamp;
use tokio::time::Instant;

use crate::client::{Client, ClientError, Event, Events};
use crate::command::deadline::at;
use crate::command::granted::granted_one;
use crate::command::interrupt::Interrupt;
use crate::command::pace::Pace;
use crate::command::receipts::Receipts;
use crate::command::refusal::{not_subscribed, refused};
use crate::command::removal::{self, Removals};
use crate::command::status;
use crate::error::{Error, ErrorKind, ExitStatus};
use crate::mqtt::{QoS, ReasonCode, SubscriptionOptions};
use crate::output::{
    MessagePrinter, PatientStdout, PrinterOptions, Stdout, Talk, Terminal, WriteError, stdout_unreadable,
};
use crate::payload::Record;
use crate::session::{AckToken, Acknowledge, Received, RequestError, SubAck, UnsubscribeRequest};
use crate::settings::{Retained, SubSettings};
use worker::{Worker, news_of};

/// The silence after which all retained messages are assumed to have arrived, as the protocol does not mark the end.
const RETAINED_ARE_OVER: Duration = Duration::from_secs(1);

/// A wait at the end is reported after this time.
const SAID_AFTER: Duration = Duration::from_secs(2);

/// Subscribes, and prints until the work is done.
pub(crate) async fn run(settings: &SubSettings, terminal: Terminal, talk: Talk) -> Result<ExitStatus, Error> {
    for warning in &settings.warnings {
        talk.warning(warning);
    }
    let printer = printer(settings, terminal, talk)?;
    let mut interrupt = Interrupt::listen()?;
    let deadline = settings.timeout.map(|time| Instant::now() + time);
    let (client, mut events) = crate::command::connect(&settings.connect, Acknowledge::Manual, talk)?;
    let mut subscriber = Subscriber::new(settings, client, printer, talk);
    if settings.subscribe.filters.is_empty() {
        // Only `--unsubscribe`: prints messages of the remaining subscriptions of the session.
        subscriber.after_subscribing();
    } else {
        let request = subscriber.client.subscribe(settings.subscribe.clone());
        request.map_err(|error| Error::usage(error.to_string()))?;
    }
    let mut unreadable = pin!(stdout_unreadable());
    loop {
        let ended = tokio::select! {
            biased;
            signal = interrupt.received() => Some(End::Signal(signal)),
            () = at(deadline) => Some(End::Timeout),
            written = subscriber.printer.writable(), if subscriber.printer.is_blocked() => {
                subscriber.write_on(written)
            }
            sent = subscriber.removals.send(&subscriber.client), if subscriber.removals.are_waiting() => {
                sent.err().and_then(|error| subscriber.not_removed(&error))
            }
            // While no messages are taken, silence means nothing.
            () = at(subscriber.idle_deadline), if !subscriber.is_busy() => Some(End::Idle),
            news = news_of(&mut subscriber.worker), if subscriber.may_have_news() => subscriber.hear(news),
            event = events.next(), if subscriber.has_room() => match event {
                Some(event) => subscriber.take_all(event, &mut events),
                None => Some(End::Done),
            },
            // Last, so that it costs nothing while messages arrive: then a write detects it anyway.
            () = &mut unreadable, if subscriber.is_to_be_read() => Some(End::Unwritable(WriteError::Closed)),
        };
        if let Some(end) = ended {
            return subscriber.end(end, &mut events, &mut interrupt, deadline).await;
        }
    }
}

/// Why the work ends.
enum End {
    /// `--count` messages, or SUBACK with `--exit-after-suback`.
    Done,
    /// The broker refused all filters, or one with `--strict`.
    Refused,
    /// Silence, or the first live message with `--retained-only`.
    Idle,
    /// `--timeout`.
    Timeout,
    /// Ctrl-C, SIGTERM or SIGHUP.
    Signal(u8),
    /// What was printed could not be written.
    Unwritable(WriteError),
    /// The work on a message failed, with `--on-failure stop`, or its reader is gone; that has been said.
    Failed,
    /// The connection is lost for good.
    Lost(Box<ClientError>),
}

struct Subscriber<'a> {
    settings: &'a SubSettings,
    client: Client,
    printer: MessagePrinter<PatientStdout>,
    talk: Talk,
    /// Tokens of messages that were printed or skipped since the last flush.
    tokens: Vec<AckToken>,
    /// With `--exec` or `--ack-on-read`.
    worker: Option<Worker>,
    /// With `--count` in a persistent session.
    receipts: Option<Receipts>,
    pace: Pace,
    /// How many were printed.
    count: u64,
    is_subscribed: bool,
    /// Silence until then ends the work; it begins with SUBACK.
    idle_deadline: Option<Instant>,
    idle_timeout: Option<Duration>,
    /// The work is done, except for what stdout had no room for.
    end_when_written: Option<End>,
    /// Something arrived since the last flush, which ends a silence.
    is_heard: bool,
    /// With `--remove-retained`.
    removals: Removals,
    /// Something was refused, and the run continued: the kind with the smallest exit code.
    failure: Option<ErrorKind>,
}

impl<'a> Subscriber<'a> {
    fn new(settings: &'a SubSettings, client: Client, printer: MessagePrinter<PatientStdout>, talk: Talk) -> Self {
        let ends_with_retained = matches!(settings.retained, Retained::Only | Retained::Remove { .. });
        let dry_run = matches!(settings.retained, Retained::Remove { dry_run: true });
        Self {
            settings,
            client,
            printer,
            talk,
            tokens: Vec::new(),
            worker: settings.work.as_ref().map(|work| Worker::new(work, &settings.codec)),
            receipts: is_counted_from_kept(settings).then(Receipts::default),
            pace: Pace::new(),
            count: 0,
            is_subscribed: false,
            idle_deadline: None,
            idle_timeout: settings.idle_timeout.or(ends_with_retained.then_some(RETAINED_ARE_OVER)),
            end_when_written: None,
            is_heard: false,
            removals: Removals::new(dry_run),
            failure: None,
        }
    }

    /// Takes an event and all that follow it, as long as stdout accepts the output; then writes and acknowledges it.
    fn take_all(&mut self, first: Event, events: &mut Events) -> Option<End> {
        let mut next = Some(first);
        let mut end = None;
        let mut messages = 0;
        while let Some(event) = next {
            messages += usize::from(matches!(event, Event::Message(_)));
            end = self.take(event).unwrap_or_else(|error| Some(End::Unwritable(error)));
            if end.is_some() || !self.has_room() {
                break;
            }
            next = events.try_next();
        }
        let is_unacknowledged = self.tokens.is_empty();
        let end = self.write(end);
        if is_unacknowledged
            && end.is_none()
            && !self.printer.is_blocked()
            && let Some(nap) = self.pace.nap_after(messages, Instant::now())
        {
            // The thread, not the task: while a task sleeps, the runtime is still woken by each message.
            std::thread::sleep(nap);
        }
        end
    }

    /// Continues with what stdout had no room for.
    fn write_on(&mut self, has_room: Result<(), WriteError>) -> Option<End> {
        match has_room {
            Ok(()) => {
                let end = self.end_when_written.take();
                self.write(end)
            }
            Err(error) => Some(End::Unwritable(error)),
        }
    }

    /// Writes what was printed, and acknowledges it. The rest delays the acknowledgements and
    /// the end.
    fn write(&mut self, end: Option<End>) -> Option<End> {
        match self.printer.flush() {
            Err(error) => return Some(End::Unwritable(error)),
            Ok(false) => {
                self.end_when_written = end;
                return None;
            }
            Ok(true) => {}
        }
        for token in self.tokens.drain(..) {
            let is_in_time = self.client.acknowledge(token);
            if let Some(worker) = &mut self.worker {
                worker.backlog.acknowledged(token, is_in_time);
            }
        }
        if std::mem::take(&mut self.is_heard) && self.idle_deadline.is_some() {
            self.listen_on();
        }
        end
    }

    /// Whether only printing is left. Before that, errors of connecting and refusals must be reported.
    fn is_to_be_read(&self) -> bool {
        self.is_subscribed && !self.settings.exit_after_suback
    }

    /// Whether there is more to do than listening, so that silence means nothing.
    fn is_busy(&self) -> bool {
        self.printer.is_blocked()
            || self.removals.are_waiting()
            || self.removals.are_under_way()
            || self.worker.as_ref().is_some_and(Worker::is_busy)
    }

    fn take(&mut self, event: Event) -> Result<Option<End>, WriteError> {
        if let Event::Message(received) = event {
            return self.message(received);
        }
        self.is_heard = true;
        match event {
            Event::Published { id, outcome } => {
                return match self.removals.ended(id, &outcome) {
                    Some(Ok(received)) => self.print(received),
                    Some(Err(error)) => Ok(self.not_removed(&error)),
                    None => Ok(None),
                };
            }
            Event::Subscribed { ack, .. } => {
                let filters = &self.settings.subscribe.filters;
                return Ok(self.subscribed(filters, &ack).or_else(|| self.after_subscribing()));
            }
            Event::Resubscribed(again) => {
                return Ok(match &again.answer {
                    Ok(ack) => self.subscribed(&again.request.filters, ack),
                    Err(error) => Some(self.rejected(error)),
                });
            }
            Event::RequestRejected { error, .. } => return Ok(Some(self.rejected(&error))),
            Event::Unsubscribed { ack, .. } => {
                self.unsubscribed(&ack);
                return Ok(self.settings.exit_after_suback.then_some(End::Done));
            }
            Event::Closed(Err(error)) => return Ok(Some(End::Lost(error))),
            event => {
                self.tell(&event);
                if let (Event::Connected(connected), Some(worker)) = (event, &mut self.worker) {
                    worker.backlog.reconnected(connected.session_loss.is_some());
                    self.begin_work()?;
                }
            }
        }
        Ok(None)
    }

    /// Handles events of the connection.
    fn tell(&self, event: &Event) {
        status::tell(self.talk, &self.settings.connect, event);
        let is_promised = || self.settings.subscribe.filters.iter().any(|options| options.qos > QoS::AtMostOnce);
        if let Event::Connected(connected) = event
            && let Some(loss) = connected.session_loss
            && is_promised()
        {
            status::messages_missing(self.talk, &self.settings.connect, loss);
        }
    }

    fn message(&mut self, received: Received) -> Result<Option<End>, WriteError> {
        let message = &received.message;
        let is_wanted = match self.settings.retained {
            Retained::Skip => !message.retain,
            Retained::Only if !message.retain => return Ok(Some(End::Idle)),
            Retained::Both | Retained::Only => true,
            Retained::Remove { .. } => removal::is_kept(message),
        };
        // Live messages must not delay the end when waiting for the last retained message.
        self.is_heard |= is_wanted || !matches!(self.settings.retained, Retained::Remove { .. });
        let topic = message.topic.as_str();
        let is_wanted = is_wanted
            && !self.settings.filter_out.iter().any(|filter| filter.matches(topic))
            && self.settings.condition.fits(&message.payload);
        if !is_wanted {
            self.pass_over(received);
            let fault = self.settings.condition.fault().map(|fault| Error::local(format!("--json: {fault}")));
            return fault.map_or(Ok(None), |error| Err(WriteError::Failed(error)));
        }
        if !matches!(self.settings.retained, Retained::Remove { .. }) {
            return self.print(received);
        }
        match self.removals.take(received, self.settings.count) {
            Some(received) => self.print(received),
            None => Ok(None),
        }
    }

    fn print(&mut self, received: Received) -> Result<Option<End>, WriteError> {
        if let Some(receipts) = &mut self.receipts {
            receipts.note(&received);
        }
        if let Some(worker) = &mut self.worker {
            worker.backlog.take(received);
            return self.begin_work().map(|()| None);
        }
        self.tokens.extend(received.token);
        self.show(received)?;
        Ok(self.counted())
    }

    fn show(&mut self, received: Received) -> Result<(), WriteError> {
        self.printer.print(&Record {
            packet_id: (received.packet_id != 0).then_some(received.packet_id),
            dup: received.dup,
            received_at: self.printer.wants_time().then(Timestamp::now),
            message: received.message,
        })
    }

    fn not_removed(&mut self, error: &Error) -> Option<End> {
        self.fail(error);
        self.counted()
    }

    /// One more of `--count`.
    fn counted(&mut self) -> Option<End> {
        self.count += 1;
        (Some(self.count) == self.settings.count).then_some(End::Done)
    }

    /// Reports what SUBACK granted.
    fn subscribed(&mut self, filters: &[SubscriptionOptions], ack: &SubAck) -> Option<End> {
        let (mut refusals, version) = (0, self.settings.connect.client.connect.version);
        for (wanted, &reason) in filters.iter().zip(&ack.reasons) {
            if let Err(error) = granted_one(self.talk, version, wanted, reason, &ack.details) {
                refusals += 1;
                self.fail(&error);
            }
        }
        (refusals == filters.len() || (refusals > 0 && self.settings.strict)).then_some(End::Refused)
    }

    fn after_subscribing(&mut self) -> Option<End> {
        self.is_subscribed = true;
        self.listen_on();
        if self.settings.unsubscribe.is_empty() {
            return self.settings.exit_after_suback.then_some(End::Done);
        }
        let request = UnsubscribeRequest { filters: self.settings.unsubscribe.clone(), ..Default::default() };
        let Err(error) = self.client.unsubscribe(request) else { return None };
        self.fail(&Error::new(ErrorKind::SubscribeRefused, format!("cannot unsubscribe: {error}")));
        Some(End::Refused)
    }

    fn unsubscribed(&mut self, ack: &SubAck) {
        for (filter, &reason) in self.settings.unsubscribe.iter().zip(&ack.reasons) {
            if reason.is_failure() {
                let what = format!("to end the subscription to `{filter}`");
                self.fail(&refused(ErrorKind::SubscribeRefused, &what, reason, Some(&ack.details)));
            } else if reason == ReasonCode::NoSubscriptionExisted {
                self.talk.warning(format_args!("there was no subscription to `{filter}`"));
            } else {
                self.talk.success(format_args!("Unsubscribed from {filter}"));
            }
        }
    }

    fn rejected(&mut self, error: &RequestError) -> End {
        self.fail(&not_subscribed(error));
        End::Refused
    }

    fn fail(&mut self, error: &Error) {
        let kind = error.kind();
        self.failure = self.failure.filter(|failure| failure.code() < kind.code()).or(Some(kind));
        self.talk.error(error);
    }

    /// Silence counts from now.
    fn listen_on(&mut self) {
        self.idle_deadline = self.idle_timeout.map(|time| Instant::now() + time);
    }
}

/// Whether an exact number of messages is to be taken from a session that keeps the others.
fn is_counted_from_kept(settings: &SubSettings) -> bool {
    settings.count.is_some() && !settings.connect.client.connect.clean_start
}

fn printer(settings: &SubSettings, terminal: Terminal, talk: Talk) -> Result<MessagePrinter<PatientStdout>, Error> {
    let file = crate::command::message_file(settings.file.as_ref())?;
    let options = PrinterOptions {
        shape: settings.shape.clone(),
        codec: settings.codec.clone(),
        verbose: settings.verbose,
        delimiter: settings.delimiter.clone(),
        file,
    };
    Ok(MessagePrinter::new(options, Stdout::patient(terminal.stdout), talk))
}

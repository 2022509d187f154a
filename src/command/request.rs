//! `request`: publishes one message and waits for what answers it.
//!
//! The subscription to the replies comes first, so that no reply can be missed.

use std::time::Duration;

use jiff::Timestamp;
use tokio::time::{Instant, timeout};

use super::deadline::at;
use super::interrupt::Interrupt;
use super::refusal::{hung_up, not_subscribed, refused, subscription_refused, unpublishable};
use super::source::{Next, Source};
use super::status;
use crate::client::{Client, Declined, Event, Events, Pending};
use crate::error::{Error, ErrorKind, ExitStatus};
use crate::mqtt::{QoS, ReasonCode, SubscriptionOptions};
use crate::output::{MessagePrinter, PrinterOptions, Stdout, Talk, Terminal, WriteError};
use crate::payload::Record;
use crate::session::{Acknowledge, PublishOutcome, Received, SubAck, SubscribeRequest};
use crate::settings::RequestSettings;

/// How long to wait for the acknowledgement of a request that was answered.
const GRACE: Duration = Duration::from_secs(2);

/// Sends the request, and prints replies until there are enough.
pub(crate) async fn run(settings: &RequestSettings, terminal: Terminal, talk: Talk) -> Result<ExitStatus, Error> {
    for warning in &settings.warnings {
        talk.warning(warning);
    }
    let deadline = settings.timeout.map(|time| Instant::now() + time);
    let source = Source::open(&settings.publication)?;
    let options = PrinterOptions {
        shape: settings.shape.clone(),
        codec: settings.publication.codec.clone(),
        verbose: settings.verbose,
        delimiter: settings.delimiter.clone(),
        file: super::message_file(settings.file.as_ref())?,
    };
    let printer = MessagePrinter::new(options, Stdout::new(terminal.stdout), talk);
    let mut interrupt = Interrupt::listen()?;
    let (client, mut events) = super::connect(&settings.connect, Acknowledge::OnReceipt, talk)?;
    let filter = SubscriptionOptions::new(settings.reply_filter.clone(), QoS::ExactlyOnce);
    let request = SubscribeRequest { filters: vec![filter], ..SubscribeRequest::default() };
    client.subscribe(request).map_err(|error| Error::usage(error.to_string()))?;
    let mut requester = Requester { settings, client, talk, printer, sent: None, count: 0, is_unheard: false };
    let mut source = Some(source);
    let result = loop {
        let event = tokio::select! {
            biased;
            signal = interrupt.received() => break Ok(ExitStatus::Interrupted(signal)),
            () = at(deadline) => break Err(requester.timed_out()),
            event = events.next() => event,
        };
        let Some(event) = event else { break Ok(ExitStatus::Done) };
        match requester.take(event, &mut source).await {
            Ok(None) => {}
            Ok(Some(status)) => break Ok(status),
            Err(error) => break Err(error),
        }
    };
    // A reply can overtake the acknowledgement of the request.
    let pending = if matches!(result, Ok(ExitStatus::Done)) { Pending::Finish } else { Pending::Abandon };
    _ = timeout(GRACE, close(&requester.client, &mut events, pending)).await;
    result
}

struct Requester<'a> {
    settings: &'a RequestSettings,
    client: Client,
    talk: Talk,
    printer: MessagePrinter<std::io::Stdout>,
    /// When the request was handed over.
    sent: Option<Instant>,
    count: u64,
    /// The broker reported that no client subscribes to the topic.
    is_unheard: bool,
}

impl Requester<'_> {
    async fn take(&mut self, event: Event, source: &mut Option<Source<'_>>) -> Result<Option<ExitStatus>, Error> {
        match event {
            Event::Message(received) => return self.message(received),
            Event::Subscribed { ack, .. } => {
                self.subscribed(&ack)?;
                if let Some(source) = source.take() {
                    self.send(source).await?;
                }
            }
            Event::Published { outcome, .. } => self.published(&outcome)?,
            Event::Resubscribed(again) => match &again.answer {
                Ok(ack) => self.subscribed(ack)?,
                Err(error) => return Err(not_subscribed(error)),
            },
            Event::RequestRejected { error, .. } => return Err(not_subscribed(&error)),
            Event::Closed(Err(error)) => return Err(Error::from(*error)),
            Event::Closed(Ok(())) => return Ok(Some(ExitStatus::Done)),
            event => status::tell(self.talk, &self.settings.connect, &event),
        }
        Ok(None)
    }

    fn subscribed(&self, ack: &SubAck) -> Result<(), Error> {
        let (version, filter) = (self.settings.connect.client.connect.version, &self.settings.reply_filter);
        match ack.reasons.iter().find(|reason| reason.is_failure()) {
            Some(&reason) => Err(subscription_refused(version, filter.as_str(), reason, &ack.details)),
            None => Ok(()),
        }
    }

    /// One message for each topic, so the client has room for all at once.
    async fn send(&mut self, mut source: Source<'_>) -> Result<(), Error> {
        self.sent = Some(Instant::now());
        loop {
            let message = match source.next().await? {
                Next::Message(message) => message,
                Next::Bad(error) => return Err(error),
                Next::End => break,
            };
            let topic = message.topic.clone();
            match self.client.publish(message).await {
                // Its last event has the reason.
                Ok(_) | Err(Declined::Closed(_)) => {}
                Err(Declined::Rejected(error)) => return Err(unpublishable(Some(&topic), &error)),
            }
        }
        self.talk.success(format_args!("Request sent, waiting for replies on {}", self.settings.reply_filter.as_str()));
        Ok(())
    }

    fn published(&mut self, outcome: &PublishOutcome) -> Result<(), Error> {
        match outcome {
            PublishOutcome::Acknowledged(ack) => {
                self.is_unheard = ack.reason == ReasonCode::NoMatchingSubscribers;
                Ok(())
            }
            PublishOutcome::Refused(ack) => {
                Err(refused(ErrorKind::PublishRefused, "the request", ack.reason, ack.details.as_deref()))
            }
            PublishOutcome::Rejected(error) => Err(unpublishable(self.settings.publication.topics.first(), error)),
            PublishOutcome::HungUp(message) => Err(hung_up(message)),
            PublishOutcome::Uncertain | PublishOutcome::Lost | PublishOutcome::Unsent => Err(Error::new(
                ErrorKind::ConnectionLost,
                "the connection was lost before the request was acknowledged",
            )),
        }
    }

    fn message(&mut self, received: Received) -> Result<Option<ExitStatus>, Error> {
        let Some(sent) = self.sent else { return Ok(None) };
        let message = &received.message;
        let theirs = message.properties.as_ref().and_then(|properties| properties.correlation_data.as_ref());
        let is_reply = self.settings.correlation_data.as_ref().is_none_or(|ours| theirs == Some(ours));
        // A retained message was there before the request.
        if message.retain || !is_reply {
            self.talk.debug(format_args!("ignored a message on {} that is not a reply", message.topic));
            return Ok(None);
        }
        self.count += 1;
        let record = Record {
            packet_id: (received.packet_id != 0).then_some(received.packet_id),
            dup: received.dup,
            received_at: self.printer.wants_time().then(Timestamp::now),
            message: received.message,
        };
        match self.printer.print(&record).and_then(|()| self.printer.flush()) {
            Ok(_) => {}
            Err(WriteError::Closed) => return Ok(Some(ExitStatus::Done)),
            Err(WriteError::Failed(error)) => return Err(error),
        }
        let (count, wanted) = (self.count, self.settings.count);
        let milliseconds = sent.elapsed().as_secs_f64() * 1e3;
        self.talk.success(format_args!("Reply {count} of {wanted} after {milliseconds:.1} ms"));
        Ok((count == wanted).then_some(ExitStatus::Done))
    }

    fn timed_out(&self) -> Error {
        let seconds = self.settings.timeout.unwrap_or_default().as_secs_f64();
        let (count, wanted) = (self.count, self.settings.count);
        let message = match (self.sent, count) {
            (None, _) => format!("the request was not sent within {seconds} s"),
            (Some(_), 0) => format!("no reply on {} within {seconds} s", self.settings.reply_filter.as_str()),
            (Some(_), _) => format!("only {count} of {wanted} replies within {seconds} s"),
        };
        let error = Error::new(ErrorKind::TimedOut, message);
        if self.is_unheard { error.with_hint("no client is subscribed to the topic of the request") } else { error }
    }
}

/// DISCONNECT, after the acknowledgements that are still to be sent.
async fn close(client: &Client, events: &mut Events, pending: Pending) {
    client.disconnect(pending);
    while events.next().await.is_some() {}
}

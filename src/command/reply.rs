//! `reply`: answers requests, one after another.
//!
//! A request is acknowledged when its answer is handed to the client, so that one that came at QoS 1 or 2 and was not
//! answered comes again in a session that is kept.

use super::interrupt::Interrupt;
use super::refusal::{hung_up, refused, unpublishable};
use super::respond::Responder;
use super::status;
use crate::client::{Client, Event, Events, Pending};
use crate::error::{Error, ErrorKind, ExitStatus};
use crate::output::Talk;
use crate::session::{Acknowledge, PublishOutcome, SubAck, SubscribeRequest};
use crate::settings::ReplySettings;

/// Answers until Ctrl-C, or until there are enough answers.
pub(crate) async fn run(settings: &ReplySettings, talk: Talk) -> Result<ExitStatus, Error> {
    for warning in &settings.warnings {
        talk.warning(warning);
    }
    let mut interrupt = Interrupt::listen()?;
    let (client, mut events) = super::connect(&settings.connect, Acknowledge::Manual, talk)?;
    let request = SubscribeRequest {
        filters: settings.filters.clone(),
        subscription_identifier: None,
        user_properties: Vec::new(),
    };
    client.subscribe(request).map_err(|error| Error::usage(error.to_string()))?;
    let is_v5 = settings.connect.client.connect.version.is_v5();
    let responder = Responder::new(settings.answering.clone(), is_v5, talk);
    let mut replier = Replier { settings, responder, client, talk, count: 0 };
    let result = loop {
        let event = tokio::select! {
            biased;
            signal = interrupt.received() => break Ok(replier.interrupted(signal)),
            event = events.next() => event,
        };
        let Some(event) = event else { break Ok(ExitStatus::Done) };
        let taken = tokio::select! {
            biased;
            signal = interrupt.received() => break Ok(replier.interrupted(signal)),
            taken = replier.take(event) => taken,
        };
        match taken {
            Ok(None) => {}
            Ok(Some(status)) => break Ok(status),
            Err(error) => break Err(error),
        }
    };
    let pending = if matches!(result, Ok(ExitStatus::Done)) { Pending::Finish } else { Pending::Abandon };
    close(&replier.client, &mut events, pending).await.and(result)
}

struct Replier<'a> {
    settings: &'a ReplySettings,
    responder: Responder,
    client: Client,
    talk: Talk,
    count: u64,
}

impl Replier<'_> {
    async fn take(&mut self, event: Event) -> Result<Option<ExitStatus>, Error> {
        match event {
            Event::Message(received) => {
                let is_answered = self.responder.respond(&self.client, &received.message).await?;
                if let Some(token) = received.token {
                    self.client.acknowledge(token);
                }
                self.count += u64::from(is_answered);
                return Ok((is_answered && Some(self.count) == self.settings.count).then_some(ExitStatus::Done));
            }
            Event::Subscribed { ack, .. } => self.subscribed(&ack)?,
            Event::Published { outcome, .. } => published(&outcome)?,
            Event::RequestRejected { error, .. } => {
                return Err(Error::new(ErrorKind::SubscribeRefused, format!("cannot subscribe: {error}")));
            }
            Event::Closed(Err(error)) => return Err(Error::from(*error)),
            event => status::tell(self.talk, &self.settings.connect, &event),
        }
        Ok(None)
    }

    fn subscribed(&self, ack: &SubAck) -> Result<(), Error> {
        for (options, &reason) in self.settings.filters.iter().zip(&ack.reasons) {
            let filter = options.filter.as_str();
            if reason.is_failure() {
                let what = format!("the subscription to `{filter}`");
                return Err(refused(ErrorKind::SubscribeRefused, &what, reason, Some(&ack.details)));
            }
            self.talk.success(format_args!("Subscribed to {filter}"));
        }
        Ok(())
    }

    fn interrupted(&self, signal: u8) -> ExitStatus {
        if self.settings.count.is_none() { ExitStatus::Done } else { ExitStatus::Interrupted(signal) }
    }
}

fn published(outcome: &PublishOutcome) -> Result<(), Error> {
    match outcome {
        PublishOutcome::Refused(ack) => {
            Err(refused(ErrorKind::PublishRefused, "an answer", ack.reason, ack.details.as_deref()))
        }
        PublishOutcome::Rejected(error) => Err(unpublishable(None, error)),
        PublishOutcome::HungUp(message) => Err(hung_up(message)),
        _ => Ok(()),
    }
}

/// DISCONNECT, behind the answers that have no outcome yet if they are to be waited for.
async fn close(client: &Client, events: &mut Events, pending: Pending) -> Result<(), Error> {
    client.disconnect(pending);
    let mut refusal = Ok(());
    while let Some(event) = events.next().await {
        match event {
            Event::Published { outcome, .. } => refusal = refusal.and(published(&outcome)),
            Event::Closed(_) => break,
            _ => {}
        }
    }
    refusal
}

//! `clean-retained`: finds retained messages, asks for confirmation, and removes them.

use std::collections::HashMap;

use tokio::time::Instant;

use super::deadline::at;
use super::granted::{granted, granted_again};
use super::interrupt::Interrupt;
use super::question::is_agreed;
use super::refusal::not_subscribed;
use super::removal::{self, Removals};
use super::status;
use crate::client::{Client, Event, Events, Pending};
use crate::error::{Error, ErrorKind, ExitStatus};
use crate::mqtt::{Message, TopicName};
use crate::output::{Stdout, Talk, Terminal, WriteError};
use crate::payload::plural;
use crate::session::{Acknowledge, Received, SubscribeRequest};
use crate::settings::{CleanRetainedSettings, Consent};

/// How many topics are shown before the question.
const SHOWN: usize = 20;

/// Finds and removes retained messages.
pub(crate) async fn run(settings: &CleanRetainedSettings, terminal: Terminal, talk: Talk) -> Result<ExitStatus, Error> {
    for warning in &settings.warnings {
        talk.warning(warning);
    }
    let mut interrupt = Interrupt::listen()?;
    let (client, mut events) = super::connect(&settings.connect, Acknowledge::OnReceipt, talk)?;
    let request = SubscribeRequest { filters: settings.filters.clone(), ..SubscribeRequest::default() };
    client.subscribe(request).map_err(|error| Error::usage(error.to_string()))?;
    let mut cleaner = Cleaner {
        settings,
        client,
        talk,
        stdout: Stdout::new(terminal.stdout),
        found: HashMap::new(),
        order: Vec::new(),
        removals: Removals::new(false),
        failure: None,
    };
    let result = tokio::select! {
        biased;
        signal = interrupt.received() => Ok(ExitStatus::Interrupted(signal)),
        result = cleaner.work(&mut events) => result,
    };
    if cleaner.removals.have_begun() || (settings.consent == Consent::Given && result.is_ok()) {
        cleaner.removals.report(talk);
    }
    cleaner.client.disconnect(Pending::Abandon);
    while events.next().await.is_some() {}
    result
}

struct Cleaner<'a> {
    settings: &'a CleanRetainedSettings,
    client: Client,
    talk: Talk,
    stdout: Stdout,
    found: HashMap<TopicName, Received>,
    /// Their topics, in the order in which the broker sent them.
    order: Vec<TopicName>,
    removals: Removals,
    failure: Option<ErrorKind>,
}

impl Cleaner<'_> {
    async fn work(&mut self, events: &mut Events) -> Result<ExitStatus, Error> {
        self.find(events).await?;
        let count = plural(self.order.len() as u64, "retained message");
        if self.settings.consent == Consent::Withheld {
            for topic in std::mem::take(&mut self.order) {
                if self.print(&topic)?.is_some() {
                    return Ok(ExitStatus::Done);
                }
            }
            self.talk.success(format_args!("{count} would be removed"));
            return Ok(ExitStatus::Done);
        }
        if !self.order.is_empty() && self.settings.consent == Consent::Asked {
            for topic in self.order.iter().take(SHOWN) {
                self.talk.plain(topic.as_str());
            }
            if let Some(more) = self.order.len().checked_sub(SHOWN).filter(|more| *more > 0) {
                self.talk.plain(&format!("and {more} more"));
            }
            let endpoint = &self.settings.connect.client.endpoint;
            if !self.ask(events, format!("Remove {count} from {endpoint}?")).await? {
                self.talk.success("nothing removed");
                return Ok(ExitStatus::Done);
            }
        }
        self.remove(events).await
    }

    /// Takes retained messages until the broker is silent.
    async fn find(&mut self, events: &mut Events) -> Result<(), Error> {
        let mut deadline = None;
        loop {
            let event = tokio::select! {
                biased;
                event = events.next() => event,
                () = at(deadline) => return Ok(()),
            };
            let is_subscribed = matches!(event, Some(Event::Subscribed { .. }));
            let is_retained = matches!(&event, Some(Event::Message(received)) if removal::is_kept(&received.message));
            self.take(event)?;
            if is_subscribed || is_retained {
                deadline = Some(Instant::now() + self.settings.idle_timeout);
            }
        }
    }

    fn take(&mut self, event: Option<Event>) -> Result<(), Error> {
        let version = self.settings.connect.client.connect.version;
        match event {
            Some(Event::Message(mut received)) if removal::is_kept(&received.message) => {
                let topic = received.message.topic.clone();
                // There may be millions: only their topics are needed.
                received.message = Message::new(topic.clone(), "");
                let is_left_out = topic.as_str().starts_with("$SYS/")
                    || self.settings.filter_out.iter().any(|filter| filter.matches(topic.as_str()));
                if !is_left_out && self.found.insert(topic.clone(), received).is_none() {
                    self.order.push(topic);
                }
                Ok(())
            }
            Some(Event::Message(_)) => Ok(()),
            Some(Event::Subscribed { ack, .. }) => granted(self.talk, version, &self.settings.filters, &ack),
            Some(Event::Resubscribed(again)) => granted_again(self.talk, version, &again),
            Some(Event::RequestRejected { error, .. }) => Err(not_subscribed(&error)),
            Some(Event::Closed(Err(error))) => Err(Error::from(*error)),
            Some(Event::Closed(Ok(()))) | None => {
                Err(Error::new(ErrorKind::ConnectionLost, "the connection was closed"))
            }
            Some(event) => {
                status::tell(self.talk, &self.settings.connect, &event);
                Ok(())
            }
        }
    }

    /// Keeps the connection served while the user thinks.
    async fn ask(&mut self, events: &mut Events, question: String) -> Result<bool, Error> {
        let talk = self.talk;
        let mut answer = tokio::task::spawn_blocking(move || is_agreed(talk, &question));
        loop {
            tokio::select! {
                biased;
                answer = &mut answer => {
                    return answer.map_err(|error| Error::local(format!("cannot ask: {error}")))?;
                }
                event = events.next() => match event {
                    // Only messages that were shown are removed.
                    Some(Event::Message(_)) => {}
                    event => self.take(event)?,
                },
            }
        }
    }

    async fn remove(&mut self, events: &mut Events) -> Result<ExitStatus, Error> {
        for topic in std::mem::take(&mut self.order) {
            if let Some(received) = self.found.remove(&topic) {
                self.removals.take(received, None);
            }
        }
        while self.removals.are_waiting() || self.removals.are_under_way() {
            let event = tokio::select! {
                biased;
                event = events.next() => event,
                sent = self.removals.send(&self.client), if self.removals.are_waiting() => {
                    if let Err(error) = sent {
                        self.fail(&error);
                    }
                    continue;
                }
            };
            match event {
                Some(Event::Published { id, outcome }) => match self.removals.ended(id, &outcome) {
                    Some(Ok(received)) => {
                        // A reader of stdout that went away still wants them removed.
                        self.print(&received.message.topic)?;
                    }
                    Some(Err(error)) => self.fail(&error),
                    None => {}
                },
                // Our own removals among them.
                Some(Event::Message(_)) => {}
                event => self.take(event)?,
            }
        }
        Ok(self.failure.map_or(ExitStatus::Done, ExitStatus::Partly))
    }

    fn fail(&mut self, error: &Error) {
        self.failure.get_or_insert(error.kind());
        self.talk.error(error);
    }

    /// Prints a topic; `Some` if stdout is closed.
    fn print(&mut self, topic: &TopicName) -> Result<Option<()>, Error> {
        match self.stdout.line(topic.as_str()).and_then(|()| self.stdout.flush()) {
            Ok(()) => Ok(None),
            Err(WriteError::Closed) => Ok(Some(())),
            Err(WriteError::Failed(error)) => Err(error),
        }
    }
}

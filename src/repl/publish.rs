//! `pub`: done when each message has what its QoS promises.

use std::collections::BTreeMap;
use std::pin::pin;

use tokio::time::{Instant, sleep_until, timeout_at};

use super::connection::State;
use super::opening::closed_meanwhile;
use super::shell::{Occurrence, Shell, Stop};
use crate::cli::repl::PublishLine;
use crate::client::{Client, Declined, Event};
use crate::command::source::{Next, Source};
use crate::command::tally::Tally;
use crate::config::Origins;
use crate::error::{Error, ErrorKind, ExitStatus};
use crate::mqtt::{Message, QoS, TopicName};
use crate::output::Talk;
use crate::payload::plural;
use crate::session::{DeliveryId, PublishError};
use crate::settings::Publication;

impl Shell<'_> {
    /// `pub`.
    pub(super) async fn publish(&mut self, line: &PublishLine, origins: &Origins) -> Result<(), Stop> {
        let publication = self.publication(line, origins)?;
        // Nobody waits for the line of a job: only what fails is shown.
        let talk = if self.runs_before.is_some() { self.talk.hushed() } else { self.talk };
        self.publish_all(&publication, talk).await
    }

    /// What a line publishes.
    pub(super) fn publication(&self, line: &PublishLine, origins: &Origins) -> Result<Publication, Error> {
        let connect = &self.current()?.settings.client.connect;
        let (mut publication, warnings) = Publication::of_line(line, connect, origins)?;
        for warning in warnings {
            self.talk.warning(warning);
        }
        if let Some(qos) = self.preferences.qos.filter(|_| !origins.given("qos")) {
            publication.qos = qos;
        }
        Ok(publication)
    }

    /// Publishes all of it, and reports what became of each message.
    pub(super) async fn publish_all(&mut self, publication: &Publication, talk: Talk) -> Result<(), Stop> {
        let (id, client) = self.client()?;
        let mut source = Source::open(publication)?;
        source.count_from(self.runs_before.unwrap_or_default().saturating_mul(publication.repeat));
        let mut tally = Tally::new(&publication.topics, talk);
        let mut outstanding = BTreeMap::new();
        let end = publication.timeout.map(|timeout| Instant::now() + timeout);
        let mut handed_over = 0_u32;
        loop {
            handed_over = handed_over.wrapping_add(1);
            if handed_over.is_multiple_of(64) {
                self.breathe().await?;
            }
            let message = match source.next().await? {
                Next::Message(message) => message,
                Next::Bad(error) => {
                    tally.bad(&error);
                    continue;
                }
                Next::End => break,
            };
            let topic = message.topic.clone();
            match self.hand_over(id, &client, message, &mut tally, &mut outstanding).await? {
                Ok(delivery) => {
                    outstanding.insert(delivery, topic);
                    tally.accepted();
                }
                Err(Declined::Closed(_)) => return Err(self.client().err().unwrap_or_else(closed_meanwhile).into()),
                Err(Declined::Rejected(error)) => tally.declined(&topic, &error),
            }
            if !publication.repeat_delay.is_zero() && source.is_between_rounds() {
                let end = Instant::now() + publication.repeat_delay;
                while let Ok(occurrence) = timeout_at(end, self.next()).await {
                    let occurrence = occurrence?;
                    self.count(id, occurrence, publication.qos, &mut tally, &mut outstanding)?;
                }
            }
        }
        while !outstanding.is_empty() {
            if self.screen.is_some()
                && let Some(connection) = self.by_id(id).filter(|connection| connection.state != State::Connected)
            {
                let count = outstanding.len() as u64;
                for (delivery, topic) in outstanding {
                    connection.queued.add(delivery, topic, publication.qos);
                }
                match count {
                    1 => talk.progress("Will be sent when connected"),
                    count => talk.progress(format_args!("{} will be sent when connected", plural(count, "message"))),
                }
                return Ok(());
            }
            let occurrence = tokio::select! {
                occurrence = self.next() => occurrence?,
                () = at(end) => {
                    let time = publication.timeout.unwrap_or_default().as_secs_f64();
                    let message = format!("not finished within --timeout of {time} s: {}", tally.progress());
                    return Err(Error::new(ErrorKind::TimedOut, message).into());
                }
            };
            self.count(id, occurrence, publication.qos, &mut tally, &mut outstanding)?;
        }
        match tally.report() {
            ExitStatus::Partly(kind) => Err(Stop::Told(kind)),
            _ => Ok(()),
        }
    }

    /// Publishes messages that are not a line's, and knows that each arrived.
    pub(super) async fn publish_each(&mut self, messages: Vec<Message>) -> Result<(), Stop> {
        let (id, client) = self.client()?;
        let mut tally = Tally::new(&[], self.talk.hushed());
        let mut outstanding = BTreeMap::new();
        let mut qos = QoS::AtMostOnce;
        for message in messages {
            qos = message.qos;
            let topic = message.topic.clone();
            match self.hand_over(id, &client, message, &mut tally, &mut outstanding).await? {
                Ok(delivery) => {
                    outstanding.insert(delivery, topic);
                    tally.accepted();
                }
                Err(Declined::Closed(_)) => return Err(self.client().err().unwrap_or_else(closed_meanwhile).into()),
                Err(Declined::Rejected(error)) => tally.declined(&topic, &error),
            }
        }
        while !outstanding.is_empty() {
            let occurrence = self.next().await?;
            self.count(id, occurrence, qos, &mut tally, &mut outstanding)?;
        }
        match tally.report() {
            ExitStatus::Partly(kind) => Err(Stop::Told(kind)),
            _ => Ok(()),
        }
    }

    /// Gives a message to the client, which may have to wait for room.
    async fn hand_over(
        &mut self,
        id: u64,
        client: &Client,
        message: Message,
        tally: &mut Tally,
        outstanding: &mut BTreeMap<DeliveryId, TopicName>,
    ) -> Result<Result<DeliveryId, Declined<PublishError>>, Stop> {
        let qos = message.qos;
        let mut publishing = pin!(client.publish(message));
        loop {
            let occurrence = tokio::select! {
                biased;
                accepted = &mut publishing => return Ok(accepted),
                occurrence = self.next() => occurrence?,
            };
            self.count(id, occurrence, qos, tally, outstanding)?;
        }
    }

    /// Counts what became of messages of a command.
    fn count(
        &mut self,
        id: u64,
        occurrence: Occurrence,
        qos: QoS,
        tally: &mut Tally,
        outstanding: &mut BTreeMap<DeliveryId, TopicName>,
    ) -> Result<(), Stop> {
        match occurrence {
            Occurrence::Publish(connection, Event::Published { id: delivery, outcome })
                if connection == id && outstanding.remove(&delivery).is_some() =>
            {
                tally.take(Event::Published { id: delivery, outcome });
            }
            Occurrence::Publish(connection, Event::Flushed { through, .. })
                if connection == id && qos == QoS::AtMostOnce =>
            {
                let left = outstanding.split_off(&through);
                let is_last_flushed = left.contains_key(&through);
                let count = outstanding.len() + usize::from(is_last_flushed);
                *outstanding = left;
                outstanding.remove(&through);
                tally.take(Event::Flushed { through, count });
            }
            Occurrence::Closed(closed, error) if closed == id => {
                return Err(error.unwrap_or_else(closed_meanwhile).into());
            }
            occurrence => self.background(occurrence),
        }
        Ok(())
    }
}

async fn at(deadline: Option<Instant>) {
    match deadline {
        Some(deadline) => sleep_until(deadline).await,
        None => std::future::pending().await,
    }
}

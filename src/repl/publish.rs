//! `pub` and `request`: done when each message has what its QoS promises.

use std::collections::BTreeSet;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tokio::time::{Instant, sleep_until, timeout_at};

use super::connection::State;
use super::journal::Entry;
use super::opening::closed_meanwhile;
use super::shell::{Occurrence, Shell, Stop};
use crate::cli::repl::PublishLine;
use crate::client::{Client, Declined, Event};
use crate::command::source::{Next, Source};
use crate::command::tally::Tally;
use crate::config::Origins;
use crate::error::{Error, ErrorKind, ExitStatus};
use crate::mqtt::{Message, QoS, TopicFilter};
use crate::session::{DeliveryId, PublishError};
use crate::settings::Publication;

/// How long a reply is waited for, unless `--timeout` says otherwise.
const REPLY: Duration = Duration::from_secs(10);

impl Shell<'_> {
    /// `pub`.
    pub(super) async fn publish(&mut self, line: &PublishLine, origins: &Origins) -> Result<(), Stop> {
        let publication = self.publication(line, origins)?;
        self.publish_all(&publication).await
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

    /// Publishes all of it, and knows what became of each message.
    pub(super) async fn publish_all(&mut self, publication: &Publication) -> Result<(), Stop> {
        let (id, client) = self.client()?;
        let mut source = Source::open(publication)?;
        let mut tally = Tally::new(&publication.topics, self.talk);
        let mut outstanding = BTreeSet::new();
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
                    outstanding.insert(delivery);
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
            if self.screen.is_some() && self.by_id(id).is_some_and(|connection| connection.state != State::Connected) {
                self.talk.progress("Will be sent when connected");
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
        let mut outstanding = BTreeSet::new();
        let mut qos = QoS::AtMostOnce;
        for message in messages {
            qos = message.qos;
            let topic = message.topic.clone();
            match self.hand_over(id, &client, message, &mut tally, &mut outstanding).await? {
                Ok(delivery) => {
                    outstanding.insert(delivery);
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

    /// `request`: publishes, and waits for the reply.
    pub(super) async fn request(&mut self, line: &PublishLine, origins: &Origins) -> Result<(), Stop> {
        let (id, client) = self.client()?;
        if !self.current()?.settings.client.connect.version.is_v5() {
            return Err(Error::usage("`request` needs MQTT 5.0: earlier versions have no Response Topic").into());
        }
        let mut publication = self.publication(line, origins)?;
        // 0 means no limit; without the option there is one.
        let timeout = publication.timeout.take().or((!origins.given("timeout")).then_some(REPLY));
        let properties = Arc::make_mut(publication.properties.get_or_insert_default());
        let own = format!("mqttx-rs/reply/{:016x}", fastrand::u64(..));
        let reply_to = properties.response_topic.get_or_insert(own).clone();
        let data =
            properties.correlation_data.get_or_insert_with(|| Bytes::copy_from_slice(&fastrand::u64(..).to_be_bytes()));
        let data = data.clone();
        let filter = TopicFilter::parse(reply_to.clone())
            .map_err(|error| Error::topic("--response-topic", &reply_to, &error))?;
        let is_new = !self.current()?.subscriptions.iter().any(|active| active.options.filter == filter);
        if is_new {
            self.listen(id, &client, &filter).await?;
        }
        let began = Instant::now();
        self.publish_all(&publication).await?;
        let is_reply = |entry: &Entry| {
            let message = &entry.record.message;
            let theirs = message.properties.as_ref().and_then(|properties| properties.correlation_data.as_ref());
            message.topic.as_str() == reply_to && theirs.is_none_or(|theirs| *theirs == data)
        };
        let reply = self.first(timeout, is_reply).await;
        if is_new {
            self.unsubscribe(vec![filter], false).await?;
        }
        if reply?.is_none() {
            let message = format!("no reply on {reply_to} within {} s", timeout.unwrap_or_default().as_secs_f64());
            return Err(Error::new(ErrorKind::TimedOut, message).into());
        }
        self.talk.success(format_args!("Reply after {:.1} ms", began.elapsed().as_secs_f64() * 1e3));
        Ok(())
    }

    /// Gives a message to the client, which may have to wait for room.
    async fn hand_over(
        &mut self,
        id: u64,
        client: &Client,
        message: Message,
        tally: &mut Tally,
        outstanding: &mut BTreeSet<DeliveryId>,
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
        outstanding: &mut BTreeSet<DeliveryId>,
    ) -> Result<(), Stop> {
        match occurrence {
            Occurrence::Publish(connection, Event::Published { id: delivery, outcome })
                if connection == id && outstanding.remove(&delivery) =>
            {
                tally.take(Event::Published { id: delivery, outcome });
            }
            Occurrence::Publish(connection, Event::Flushed { through, .. })
                if connection == id && qos == QoS::AtMostOnce =>
            {
                let left = outstanding.split_off(&through);
                let is_last_flushed = left.contains(&through);
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

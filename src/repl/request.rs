//! `request`: publishes a message, and waits for the reply to it.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tokio::time::Instant;

use super::awaited::Awaited;
use super::connection::{Active, Connection};
use super::journal::Entry;
use super::service::{Kind, Service};
use super::shell::{Shell, Stop};
use crate::cli::repl::PublishLine;
use crate::client::Client;
use crate::config::Origins;
use crate::error::{Error, ErrorKind};
use crate::mqtt::{QoS, SubscriptionOptions, TopicFilter};
use crate::session::{SubscribeRequest, UnsubscribeRequest};
use crate::settings::Publication;

/// How long a reply is waited for, unless `--timeout` says otherwise.
const REPLY: Duration = Duration::from_secs(10);

impl Shell<'_> {
    /// `request`.
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
        // A broker that delivers a message once for each filter that matches would deliver the reply twice.
        let has_own_subscription = !self.by_id(id).is_some_and(|connection| is_subscribed_to(connection, &filter));
        let awaited = Awaited { connection: id, filter: filter.clone(), data, has_own_subscription };
        self.awaited.push(awaited.clone());
        if has_own_subscription && let Err(stop) = self.listen(id, &client, &filter).await {
            self.stop_awaiting(id, &filter);
            return Err(stop);
        }
        let ended = self.reply_to(&publication, &awaited, timeout).await;
        if has_own_subscription {
            self.stop_listening(id, &client, filter);
        } else {
            self.stop_awaiting(id, &filter);
        }
        ended
    }

    /// Publishes the request, and waits for the reply.
    async fn reply_to(
        &mut self,
        publication: &Publication,
        awaited: &Awaited,
        timeout: Option<Duration>,
    ) -> Result<(), Stop> {
        let began = Instant::now();
        self.publish_all(publication, self.talk.hushed()).await?;
        let is_reply = |entry: &Entry| {
            let message = &entry.record.message;
            awaited.filter.matches(message.topic.as_str()) && awaited.is_answered_by(message)
        };
        if self.first(timeout, is_reply).await?.is_none() {
            let (topic, seconds) = (awaited.filter.as_str(), timeout.unwrap_or_default().as_secs_f64());
            let error = Error::new(ErrorKind::TimedOut, format!("no reply on {topic} within {seconds} s"));
            return Err(match self.own_responder(publication, awaited.connection) {
                Some(number) => error.with_hint(format!(
                    "job {number} does not answer requests of its own connection: `connect -h HOST as NAME` opens another"
                )),
                None => error,
            }
            .into());
        }
        self.talk.success(format_args!("Reply after {:.1} ms", began.elapsed().as_secs_f64() * 1e3));
        Ok(())
    }

    /// The job of `reply` that would answer a request if it came from another connection.
    fn own_responder(&self, publication: &Publication, id: u64) -> Option<u64> {
        let name = &self.connections.iter().find(|connection| connection.id == id)?.name;
        let answers = |service: &&Service| {
            matches!(&service.kind, Kind::Reply { connection, .. } if connection == name)
                && publication.topics.iter().any(|topic| service.wants(topic.as_str()))
        };
        self.services.iter().find(answers).map(|service| service.number)
    }

    /// Subscribes to the topic of replies, and waits for SUBACK.
    async fn listen(&mut self, id: u64, client: &Client, filter: &TopicFilter) -> Result<(), Stop> {
        let options = SubscriptionOptions::new(filter.clone(), QoS::AtLeastOnce);
        let request = SubscribeRequest { filters: vec![options], ..SubscribeRequest::default() };
        let request = client.subscribe(request).map_err(|error| Error::usage(error.to_string()))?;
        self.asked(id, request, vec![filter.clone()]);
        self.answered_by(id, request).await
    }

    /// Ends that subscription. Nobody waits for UNSUBACK.
    fn stop_listening(&mut self, id: u64, client: &Client, filter: TopicFilter) {
        let request = UnsubscribeRequest { filters: vec![filter.clone()], ..UnsubscribeRequest::default() };
        // A client that has ended has no subscriptions.
        if let Ok(request) = client.unsubscribe(request) {
            self.asked(id, request, vec![filter]);
        }
    }

    /// Forgets a topic of replies.
    pub(super) fn stop_awaiting(&mut self, id: u64, filter: &TopicFilter) {
        self.awaited.retain(|awaited| awaited.connection != id || awaited.filter != *filter);
    }

    /// Whether the session made a subscription itself: its SUBACK and UNSUBACK are shown only with --debug.
    pub(super) fn is_own_subscription(&self, index: usize, filter: &TopicFilter) -> bool {
        let id = self.connections[index].id;
        self.awaited.iter().any(|awaited| awaited.is_subscription(id, filter))
    }
}

/// Whether a reply arrives by a subscription that is there: granted, of this client alone, and with its own messages (a
/// job of this session may answer). One of the same filter must stay as it is.
fn is_subscribed_to(connection: &Connection, topic: &TopicFilter) -> bool {
    let brings = |active: &Active| {
        let SubscriptionOptions { filter, no_local, .. } = &active.options;
        active.is_granted && !no_local && !filter.is_shared() && active.shows(topic.as_str(), false)
    };
    connection.matching(topic.as_str()).any(|active| active.options.filter == *topic || brings(active))
}

//! A connection of `probe`, whose methods wait for each answer.

use std::collections::VecDeque;
use std::pin::pin;
use std::time::Duration;

use tokio::time::timeout;

use super::finding::{Why, accepted, granted, no};
use crate::client::{Client, ClientError, Connected, Declined, Event, Events, Pending};
use crate::mqtt::{Message, QoS, ReasonCode, SubscriptionOptions, TopicFilter};
use crate::output::Talk;
use crate::session::{Acknowledge, PublishOutcome, Received, SubscribeRequest};
use crate::settings::ConnectSettings;

/// How long to wait for messages that may arrive after a marker.
const GRACE: Duration = Duration::from_millis(300);

/// A connection.
#[derive(Debug)]
pub(super) struct Peer {
    client: Client,
    events: Events,
    /// Messages that arrived during other steps.
    inbox: VecDeque<Received>,
    pub(super) connected: Box<Connected>,
}

impl Peer {
    /// Connects, once.
    pub(super) async fn connect(settings: &ConnectSettings, talk: Talk) -> Result<Self, Failure> {
        let (client, mut events) = crate::command::connect(settings, Acknowledge::OnReceipt, talk)
            .map_err(|error| Failure::Options(error.to_string()))?;
        loop {
            match events.next().await {
                Some(Event::Connected(connected)) => {
                    return Ok(Self { client, events, inbox: VecDeque::new(), connected });
                }
                Some(Event::Closed(Err(error))) => return Err(Failure::Client(error)),
                Some(Event::Closed(Ok(()))) | None => return Err(Failure::Options("the client was closed".to_owned())),
                Some(_) => {}
            }
        }
    }

    /// Subscribes to one filter; an error unless it is granted at this QoS.
    pub(super) async fn subscribe(&mut self, filter: &str, qos: QoS) -> Result<(), Why> {
        let options = SubscriptionOptions::new(parsed(filter)?, qos);
        let reason = self.subscribe_with(options, None).await?;
        granted(reason, qos.number())
    }

    /// Subscribes, and returns the reason code of SUBACK.
    pub(super) async fn subscribe_with(
        &mut self,
        options: SubscriptionOptions,
        identifier: Option<u32>,
    ) -> Result<ReasonCode, Why> {
        let request = SubscribeRequest {
            filters: vec![options],
            subscription_identifier: identifier,
            user_properties: Vec::new(),
        };
        self.client.subscribe(request).map_err(|error| Why(error.to_string()))?;
        loop {
            match self.step().await? {
                Some(Event::Subscribed { ack, .. }) => {
                    return ack.reasons.first().copied().ok_or_else(|| Why("SUBACK without a reason".to_owned()));
                }
                Some(Event::RequestRejected { error, .. }) => return no(error.to_string()),
                _ => {}
            }
        }
    }

    /// Publishes, and waits until the delivery is complete for its QoS.
    pub(super) async fn publish(&mut self, message: Message) -> Result<(), Why> {
        self.publish_all(vec![message]).await
    }

    /// Publishes messages of one QoS as fast as possible, and waits until all deliveries are complete.
    pub(super) async fn publish_all(&mut self, messages: Vec<Message>) -> Result<(), Why> {
        let mut left = messages.len();
        for message in messages {
            let mut sending = pin!(self.client.publish(message));
            let sent = loop {
                tokio::select! {
                    biased;
                    sent = &mut sending => break sent,
                    event = self.events.next() => {
                        left -= done(taken(event, &mut self.inbox)?.as_ref())?;
                    }
                }
            };
            match sent {
                Ok(_) => {}
                Err(Declined::Rejected(error)) => return no(error.to_string()),
                // Its last event says why.
                Err(Declined::Closed(_)) => break,
            }
        }
        while left > 0 {
            left -= done(self.step().await?.as_ref())?;
        }
        Ok(())
    }

    /// The next message.
    pub(super) async fn receive(&mut self) -> Result<Received, Why> {
        loop {
            if let Some(received) = self.inbox.pop_front() {
                return Ok(received);
            }
            self.step().await?;
        }
    }

    /// All messages before the one with this payload. If they are fewer than `wanted`, waits a little longer: a broker need
    /// not keep the order across topics.
    pub(super) async fn receive_until(&mut self, marker: &str, wanted: usize) -> Result<Vec<Received>, Why> {
        let mut all = Vec::new();
        loop {
            let received = self.receive().await?;
            if received.message.payload == marker.as_bytes() {
                break;
            }
            all.push(received);
        }
        let more = self.receive_late(wanted.saturating_sub(all.len())).await?;
        all.extend(more);
        Ok(all)
    }

    /// Up to this many messages that arrive soon.
    pub(super) async fn receive_late(&mut self, wanted: usize) -> Result<Vec<Received>, Why> {
        let mut all = Vec::new();
        while all.len() < wanted {
            let Ok(received) = timeout(GRACE, self.receive()).await else { break };
            all.push(received?);
        }
        Ok(all)
    }

    /// Disconnects.
    pub(super) async fn close(mut self) {
        self.client.disconnect(Pending::Finish);
        while self.step().await.is_ok() {}
    }

    /// The next event; `None` for a message, which goes to the inbox.
    async fn step(&mut self) -> Result<Option<Event>, Why> {
        taken(self.events.next().await, &mut self.inbox)
    }
}

/// Why there is no connection.
#[derive(Debug)]
pub(super) enum Failure {
    Client(Box<ClientError>),
    /// The options cannot be sent.
    Options(String),
}

impl From<Failure> for Why {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Client(error) => Self::from(*error),
            Failure::Options(message) => Self(message),
        }
    }
}

/// Parses a filter of the probe.
pub(super) fn parsed(filter: &str) -> Result<TopicFilter, Why> {
    TopicFilter::parse(filter.to_owned()).map_err(|error| Why(error.to_string()))
}

/// Puts a message into the inbox; returns any other event.
fn taken(event: Option<Event>, inbox: &mut VecDeque<Received>) -> Result<Option<Event>, Why> {
    match event {
        Some(Event::Message(received)) => {
            inbox.push_back(received);
            Ok(None)
        }
        Some(Event::Closed(Err(error))) => Err(Why::from(*error)),
        Some(Event::Closed(Ok(()))) | None => no("the connection was closed"),
        Some(event) => Ok(Some(event)),
    }
}

/// How many publishes an event completes.
fn done(event: Option<&Event>) -> Result<usize, Why> {
    match event {
        Some(Event::Flushed { count, .. }) => Ok(*count),
        Some(Event::Published { outcome, .. }) => {
            accepted(outcome)?;
            Ok(usize::from(!matches!(outcome, PublishOutcome::Unsent)))
        }
        _ => Ok(0),
    }
}

//! How a connection ends, and a session, and what happens to the will.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::BytesMut;

use super::client::NEVER;
use super::link::Stage;
use super::notice::Notice;
use super::publish::group_of;
use super::state::Core;
use super::timers::Timer;
use super::types::LinkId;
use crate::broker::id::SessionId;
use crate::mqtt::{Message, PublishProperties, ReasonCode, Will};
use crate::session::server::Delivery;
use crate::session::{Disconnect, Violation};

/// What happens to the will at the end of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Farewell {
    /// The client sent DISCONNECT, so there is no will [MQTT-3.1.2-10].
    Orderly,
    /// The will is published, after its delay.
    WithWill,
}

impl Core {
    /// The client's DISCONNECT.
    pub(super) fn handle_disconnect(&mut self, link: LinkId, disconnect: &Disconnect, now: Instant) {
        let Some(id) = self.links.get(link.0).and_then(super::link::Link::session) else { return };
        let Some(client) = self.clients.get_mut(id.0) else { return };
        if let Some(expiry) = disconnect.properties.session_expiry_interval {
            // [MQTT-3.14.2-2].
            if client.expiry == 0 && expiry != 0 {
                let fault = "DISCONNECT with a Session Expiry Interval, though CONNECT had none";
                self.blame(link, &Violation { reason: ReasonCode::ProtocolError, fault: fault.into() }, now);
                return;
            }
            client.expiry = expiry.min(self.settings.limits.session_expiry_maximum.unwrap_or(NEVER));
        }
        let (farewell, why) = match disconnect.reason {
            ReasonCode::Success => (Farewell::Orderly, String::new()),
            reason => (Farewell::WithWill, reason.to_string()),
        };
        self.close(link, BytesMut::new());
        self.leave(id, farewell, why, now);
    }

    /// A fault of the client, which ends its connection [MQTT-4.13.1-1].
    pub(super) fn blame(&mut self, link: LinkId, violation: &Violation, now: Instant) {
        self.disconnect(link, violation.reason, &violation.fault, now);
    }

    /// Ends a connection from this side, with DISCONNECT if the version has it.
    pub(super) fn disconnect(&mut self, link: LinkId, reason: ReasonCode, why: &str, now: Instant) {
        let Some(open) = self.links.get_mut(link.0) else { return };
        let mut output = BytesMut::new();
        let mut client = None;
        match &mut open.stage {
            Stage::Connected(id, connection) => {
                connection.write_disconnect(reason, why);
                connection.drain(&mut output);
                client = Some(*id);
            }
            Stage::Open | Stage::Authenticating(_) => {
                let address = open.peer.address.clone();
                self.notices.push_back(Notice::Refused { address, reason: None, why: why.to_owned() });
            }
            Stage::Closing(_) => return,
        }
        self.close(link, output);
        if let Some(id) = client {
            self.leave(id, Farewell::WithWill, format!("{reason}: {why}"), now);
        }
    }

    /// From now on the link is only drained.
    fn close(&mut self, link: LinkId, output: BytesMut) {
        let Some(open) = self.links.get_mut(link.0) else { return };
        open.stage = Stage::Closing(output);
        self.timers.set(Timer::Silence(link), &mut open.silence, None);
        self.touch(link);
    }

    /// A client no longer has a connection.
    pub(super) fn leave(&mut self, id: SessionId, farewell: Farewell, why: String, now: Instant) {
        let Some(client) = self.clients.get_mut(id.0) else { return };
        if client.link.take().is_none() {
            return;
        }
        self.connected -= 1;
        self.notices.push_back(Notice::Disconnected { client_id: client.id.clone(), why });
        client.session.end_connection();
        if farewell == Farewell::Orderly {
            client.will = None;
        }
        let expiry = client.expiry;
        let delay = client.will.as_ref().map(|will| will.properties.will_delay_interval.unwrap_or(0).min(expiry));
        self.subscriptions.set_online(id, false);
        if expiry > 0 {
            self.pass_shared_on(id, now);
        }
        match delay {
            // Not if the session ends now, which also publishes it.
            Some(0) if expiry > 0 => self.publish_will(id, now),
            Some(delay) if expiry > 0 => {
                let time = now + Duration::from_secs(delay.into());
                if let Some(client) = self.clients.get_mut(id.0) {
                    self.timers.set(Timer::Will(id), &mut client.will_at, Some(time));
                }
            }
            _ => {}
        }
        match expiry {
            0 => self.end_session(id, now),
            NEVER => {}
            seconds => {
                let time = now + Duration::from_secs(seconds.into());
                if let Some(client) = self.clients.get_mut(id.0) {
                    self.timers.set(Timer::SessionEnd(id), &mut client.ends_at, Some(time));
                }
            }
        }
    }

    /// Connected members of its shared subscriptions get what an absent client leaves behind.
    fn pass_shared_on(&mut self, id: SessionId, now: Instant) {
        let Some(client) = self.clients.get_mut(id.0) else { return };
        let subscriptions = &self.subscriptions;
        let has_another = |group| group_of(group).is_some_and(|group| subscriptions.has_online_member(group));
        for delivery in client.session.take_shared(has_another) {
            self.deliver_to_another(id, delivery, now);
        }
    }

    /// A session ends: its pending will is published [MQTT-3.1.2-8], and other members of its shared subscriptions
    /// get what it leaves.
    pub(super) fn end_session(&mut self, id: SessionId, now: Instant) {
        self.publish_will(id, now);
        let Some(mut client) = self.clients.remove(id.0) else { return };
        self.by_client.remove(&client.id);
        self.timers.set(Timer::SessionEnd(id), &mut client.ends_at, None);
        self.timers.set(Timer::Will(id), &mut client.will_at, None);
        self.subscriptions.remove_session(id);
        for delivery in client.session.into_shared() {
            self.deliver_to_another(id, delivery, now);
        }
    }

    /// Publishes the will of a client that is away, if it has one.
    pub(super) fn publish_will(&mut self, id: SessionId, now: Instant) {
        let Some(client) = self.clients.get_mut(id.0) else { return };
        self.timers.set(Timer::Will(id), &mut client.will_at, None);
        let Some(will) = client.will.take() else { return };
        let client_id = client.id.clone();
        // There is no one to answer.
        let _ = self.accept(Some(id), &client_id, message_of(*will), now);
    }

    fn deliver_to_another(&mut self, except: SessionId, delivery: Delivery, now: Instant) {
        let group = group_of(delivery.group);
        let Some(recipient) = group.and_then(|group| self.subscriptions.another_member(group, except)) else { return };
        let Delivery { publication, .. } = delivery;
        self.deliver(&publication, recipient, now);
    }
}

fn message_of(will: Will) -> Message {
    let Will { topic, payload, qos, retain, properties } = will;
    let properties = PublishProperties {
        payload_format_indicator: properties.payload_format_indicator,
        message_expiry_interval: properties.message_expiry_interval,
        topic_alias: None,
        response_topic: properties.response_topic,
        correlation_data: properties.correlation_data,
        user_properties: properties.user_properties,
        subscription_identifiers: Vec::new(),
        content_type: properties.content_type,
    };
    let properties = (properties != PublishProperties::default()).then(|| Arc::new(properties));
    Message { topic, payload, qos, retain, marked_duplicate: false, properties }
}

//! How a session handles each packet from the server.

use std::time::Instant;

use bytes::Bytes;
use bytestring::ByteString;

use super::caution::Conclusion;
use super::codec::{self, AckKind, FromServer, Subscription};
use super::connection::Control;
use super::incoming::{Arrival, Release};
use super::keep_alive::KeepAlive;
use super::send::drop_stale_alias;
use super::window::{Finished, Mismatch, Unfinished};
use super::{
    Acknowledge, Auth, AuthenticationFault, ConnAck, Details, Disconnect, DisconnectProperties, Disconnected, Event,
    Granted, OnSessionLoss, PublishOutcome, Received, Session, State, Violation,
};
use crate::mqtt::{ConnAckProperties, Message, QoS, ReasonCode, Version};

/// How many answers may wait to be sent.
const MAXIMUM_ANSWERS: usize = 2 * u16::MAX as usize;

impl Session {
    pub(super) fn handle_packet(&mut self, incoming: FromServer, now: Instant) -> Result<(), Violation> {
        if self.state == State::Connecting {
            return match incoming {
                FromServer::ConnAck(ack) => self.handle_connack(ack, now),
                FromServer::Auth(auth) => self.handle_auth(*auth),
                FromServer::Disconnect(disconnect) => {
                    let fault = format!("DISCONNECT before CONNACK, with the reason {}", disconnect.reason);
                    Err(Violation::new(ReasonCode::ProtocolError, fault))
                }
                other => {
                    let fault = format!("{} before CONNACK", other.name());
                    Err(Violation::new(ReasonCode::ProtocolError, fault))
                }
            };
        }
        match incoming {
            FromServer::Publish(publish) => self.handle_publish(publish),
            FromServer::Ack(ack) => self.handle_ack(ack),
            FromServer::PingResp => {
                // One that was not asked for does not answer anything.
                self.connection.pings_answered = (self.connection.pings_answered + 1).min(self.connection.pings);
                if let Some(keep_alive) = &mut self.connection.keep_alive {
                    keep_alive.ping_answered();
                }
                Ok(())
            }
            FromServer::SubAck(answer) => self.handle_answer(answer, true),
            FromServer::UnsubAck(answer) => self.handle_answer(answer, false),
            FromServer::Disconnect(disconnect) => {
                self.end(if self.connection.reauthenticating && disconnect.reason == ReasonCode::NotAuthorized {
                    let DisconnectProperties { reason_string, user_properties, .. } = disconnect.properties;
                    let details = Details { reason_string, user_properties };
                    Disconnected::NotReauthenticated(Box::new(Auth { reason: disconnect.reason, data: None, details }))
                } else {
                    Disconnected::ByServer(disconnect)
                });
                Ok(())
            }
            FromServer::Auth(auth) => self.handle_auth(*auth),
            FromServer::ConnAck(_) => Err(Violation::new(ReasonCode::ProtocolError, "a second CONNACK")),
        }
    }

    /// Each packet id of the server can have one answer waiting, and each of ours one PUBREL. Without a limit, a server
    /// that makes us queue more than that without reading could exhaust our memory.
    pub(super) fn check_answers(&self) -> Result<(), Violation> {
        if self.connection.control.len() <= MAXIMUM_ANSWERS {
            return Ok(());
        }
        let fault = "more packets to answer than there are packet ids, while it takes no answer";
        Err(Violation::new(ReasonCode::QuotaExceeded, fault))
    }

    fn handle_connack(&mut self, ack: Box<ConnAck>, now: Instant) -> Result<(), Violation> {
        if self.connection.connect_is_due() {
            return Err(Violation::new(ReasonCode::ProtocolError, "CONNACK before CONNECT"));
        }
        if ack.reason.is_failure() {
            self.over();
            self.events.push_back(Event::Refused(ack));
            return Ok(());
        }
        self.check_connack(&ack)?;
        if ack.properties.response_information.is_some()
            && self.options.properties.request_response_information != Some(true)
        {
            self.tolerate("CONNACK with Response Information, though CONNECT had not asked for it");
        }
        self.finish_authentication(ack.properties.authentication_data.as_deref())?;
        self.granted = Granted::by(&ack, &self.options);
        if self.options.client_id.is_empty()
            && let Some(assigned) = &ack.properties.assigned_client_identifier
        {
            self.options.client_id = ByteString::from(assigned.as_str());
        }
        self.connected_before = true;
        self.last_unchecked = self.last_delivery;
        self.state = State::Connected;
        self.connection.keep_alive = Some(KeepAlive::new(self.granted.keep_alive, now));
        let resumed = match self.options.version {
            Version::V3_1 => !self.connection.clean_start,
            _ => ack.session_present,
        };
        self.events.push_back(Event::Connected(ack));
        if resumed {
            for packet_id in self.window.resume() {
                self.connection.control.push_back(Control::PubRel { packet_id, not_found: false });
            }
            return Ok(());
        }
        self.incoming.forget();
        self.begin_anew();
        Ok(())
    }

    /// The server has no session: publishes again what may arrive twice, ahead of what is queued.
    fn begin_anew(&mut self) {
        let mut anew = Vec::new();
        for Unfinished { id, qos, message } in self.window.forget() {
            let is_repeated = match self.options.on_session_loss {
                OnSessionLoss::Report => false,
                OnSessionLoss::RepublishAtLeastOnce => qos == QoS::AtLeastOnce,
                OnSessionLoss::RepublishAll => true,
            };
            match message.filter(|_| is_repeated) {
                Some(mut message) => {
                    drop_stale_alias(&mut message, self.granted.topic_alias_maximum);
                    if let Some(journal) = &mut self.journal {
                        journal.requeued(id);
                    }
                    anew.push((id, message));
                }
                None => self.conclude_publish(id, PublishOutcome::Uncertain),
            }
        }
        for publish in anew.into_iter().rev() {
            self.queue.push_front(publish);
        }
    }

    fn check_connack(&self, ack: &ConnAck) -> Result<(), Violation> {
        let asked = &self.options.properties;
        let fault = if ack.session_present && self.connection.clean_start {
            "CONNACK with Session Present, though CONNECT had asked for a clean start"
        } else if ack.properties.authentication_method != asked.authentication_method
            && (asked.authentication_method.is_none() || ack.properties.authentication_method.is_some())
        {
            "CONNACK with another Authentication Method than CONNECT"
        } else {
            return Ok(());
        };
        Err(Violation::new(ReasonCode::ProtocolError, fault))
    }

    fn handle_auth(&mut self, received: codec::NamedAuth) -> Result<(), Violation> {
        let codec::NamedAuth { auth, method } = received;
        let violation = |fault: &'static str| Err(Violation::new(ReasonCode::ProtocolError, fault));
        let Some(ours) = &self.options.properties.authentication_method else {
            return violation("AUTH, though CONNECT named no Authentication Method");
        };
        let success = auth.reason == ReasonCode::Success;
        match &method {
            Some(method) if method != ours => return violation("AUTH with another Authentication Method than CONNECT"),
            None if !success => return violation("AUTH without an Authentication Method"),
            _ => {}
        }
        match self.state {
            State::Connecting if success => return violation("AUTH with Success before CONNACK"),
            State::Connecting => {}
            _ if !self.connection.reauthenticating => return violation("AUTH while no authentication was under way"),
            _ => self.connection.reauthenticating = !success,
        }
        if success {
            self.finish_authentication(auth.data.as_deref())?;
        } else if let Some(authenticator) = &mut self.authenticator {
            let answer = authenticator.answer(auth.data.as_deref().unwrap_or_default());
            return self.answer_auth(auth, answer);
        }
        self.events.push_back(Event::Auth(Box::new(auth)));
        Ok(())
    }

    fn answer_auth(&mut self, asked: Auth, answer: Result<Bytes, AuthenticationFault>) -> Result<(), Violation> {
        match answer {
            Ok(data) => {
                let data = Some(data).filter(|data| !data.is_empty());
                let auth = Auth { reason: ReasonCode::ContinueAuthentication, data, details: Details::default() };
                self.connection.control.push_back(Control::Auth(Box::new(auth)));
            }
            // The same as a refusing CONNACK, which would come next if we continued.
            Err(AuthenticationFault::Refused) if self.state == State::Connecting => {
                let properties = ConnAckProperties {
                    reason_string: asked.details.reason_string,
                    authentication_data: asked.data,
                    ..ConnAckProperties::default()
                };
                self.over();
                let ack = ConnAck { session_present: false, reason: ReasonCode::NotAuthorized, properties };
                self.events.push_back(Event::Refused(Box::new(ack)));
            }
            Err(AuthenticationFault::Refused) => {
                let refusal = Auth { reason: ReasonCode::NotAuthorized, ..asked };
                self.end_with(Disconnected::NotReauthenticated(Box::new(refusal)), ReasonCode::UnspecifiedError);
            }
            Err(fault) => return Err(authentication_violation(fault)),
        }
        Ok(())
    }

    fn finish_authentication(&mut self, data: Option<&[u8]>) -> Result<(), Violation> {
        let Some(authenticator) = &mut self.authenticator else { return Ok(()) };
        authenticator.finish(data).map_err(authentication_violation)
    }

    fn handle_publish(&mut self, publish: codec::Publish) -> Result<(), Violation> {
        let codec::Publish { topic, payload, qos, retain, dup, packet_id, properties } = publish;
        let topic = match (topic, properties.as_ref().and_then(|properties| properties.topic_alias)) {
            (topic, Some(alias)) => {
                let maximum = self.options.properties.topic_alias_maximum.unwrap_or(0);
                self.connection.incoming_aliases().resolve(alias, topic, maximum, "CONNECT")?
            }
            (Some(topic), None) => topic,
            (None, None) => {
                return Err(Violation::new(ReasonCode::ProtocolError, "PUBLISH with neither topic nor topic alias"));
            }
        };
        let manual = self.options.acknowledge == Acknowledge::Manual;
        let mut token = None;
        let mut control = None;
        if qos != QoS::AtMostOnce {
            let (arrival, its_token) = self.incoming.arrive(packet_id, qos, manual);
            self.check_receive_maximum()?;
            match arrival {
                Arrival::New if manual => token = Some(its_token),
                Arrival::New if qos == QoS::AtLeastOnce => control = Some(Control::PubAck { packet_id }),
                Arrival::New => {
                    self.incoming.record(packet_id);
                    control = Some(Control::PubRec { packet_id });
                }
                Arrival::Again { recorded } => {
                    if recorded {
                        self.connection.control.push_back(Control::PubRec { packet_id });
                    }
                    return Ok(());
                }
                Arrival::IdInUse => {
                    let fault = format!("PUBLISH with the packet id {packet_id}, which another message still has");
                    return Err(Violation::new(ReasonCode::ProtocolError, fault));
                }
            }
        }
        let message = Message { topic, payload, qos, retain, marked_duplicate: false, properties };
        self.events.push_back(Event::Message(Received { message, dup, packet_id, token }));
        self.connection.control.extend(control);
        Ok(())
    }

    fn check_receive_maximum(&mut self) -> Result<(), Violation> {
        let maximum = self.options.properties.receive_maximum.unwrap_or(u16::MAX);
        if !self.options.version.is_v5() || self.incoming.unfinished() <= u32::from(maximum) {
            return Ok(());
        }
        if self.options.tolerates_excess {
            if !std::mem::replace(&mut self.tolerates_excess, true) {
                self.tolerate("more unacknowledged PUBLISHes at a time than the Receive Maximum of CONNECT");
            }
            return Ok(());
        }
        let fault = format!("more unacknowledged PUBLISHes at a time than the Receive Maximum of CONNECT, {maximum}");
        Err(Violation::new(ReasonCode::ReceiveMaximumExceeded, fault))
    }

    fn handle_ack(&mut self, ack: codec::Ack) -> Result<(), Violation> {
        let codec::Ack { kind, packet_id, mut acknowledgement } = ack;
        let refused = acknowledgement.reason.is_failure();
        let settled = match kind {
            AckKind::PubAck => match self.window.settle(packet_id, QoS::AtLeastOnce) {
                Err(Mismatch::ExactlyOnce) => {
                    self.tolerate_puback();
                    self.window.settle(packet_id, QoS::ExactlyOnce)
                }
                settled => settled,
            }
            .map(|(id, size)| {
                self.caution.acknowledged(size);
                Some(id)
            }),
            AckKind::PubRec if refused => self.window.settle(packet_id, QoS::ExactlyOnce).map(|(id, _)| {
                self.caution.acknowledged(0);
                Some(id)
            }),
            AckKind::PubRec => {
                let unmatched = acknowledgement.reason == ReasonCode::NoMatchingSubscribers;
                let released = self.window.release(packet_id, unmatched);
                // An unknown one is released too, or the server would wait forever.
                if matches!(released, Ok(_) | Err(Mismatch::Unknown)) {
                    self.connection.control.push_back(Control::PubRel { packet_id, not_found: released.is_err() });
                }
                released.map(|first| {
                    if let Some((id, size)) = first {
                        self.caution.acknowledged(size);
                        if let Some(journal) = &mut self.journal {
                            journal.released(id);
                        }
                    }
                    None
                })
            }
            AckKind::PubRel => return self.handle_pubrel(packet_id),
            AckKind::PubComp => self.window.finish(packet_id).map(|Finished { id, resumed, unmatched }| {
                self.caution.acknowledged(0);
                // "This is not an error during recovery": the server had completed it before.
                if !refused || resumed {
                    acknowledgement.reason =
                        if unmatched { ReasonCode::NoMatchingSubscribers } else { ReasonCode::Success };
                }
                Some(id)
            }),
        };
        match settled {
            Ok(Some(id)) => {
                let outcome = if acknowledgement.reason.is_failure() {
                    PublishOutcome::Refused(acknowledgement)
                } else {
                    PublishOutcome::Acknowledged(acknowledgement)
                };
                self.conclude_publish(id, outcome);
                Ok(())
            }
            Ok(None) => Ok(()),
            Err(mismatch) => self.mismatch(kind.name(), packet_id, mismatch),
        }
    }

    /// As `RabbitMQ` 3.10 does, which does not support QoS 2: the message has arrived, if perhaps more than once.
    fn tolerate_puback(&mut self) {
        if !std::mem::replace(&mut self.tolerates_puback, true) {
            self.tolerate("PUBACK for a publish at QoS 2 [MQTT-4.3.3-1], which counts as acknowledged at QoS 1");
        }
    }

    /// A fault that leaves every message accounted for.
    fn tolerate(&mut self, fault: &'static str) {
        let violation = Violation::new(ReasonCode::ProtocolError, fault);
        self.events.push_back(Event::Tolerated(Box::new(violation)));
    }

    fn handle_pubrel(&mut self, packet_id: u16) -> Result<(), Violation> {
        let control = match self.incoming.release(packet_id) {
            Release::Complete { counted } => Control::PubComp { packet_id, not_found: false, counted },
            Release::Unknown => Control::PubComp { packet_id, not_found: true, counted: false },
            Release::TooEarly => {
                let fault = format!("PUBREL for the packet id {packet_id}, which has had no PUBREC");
                return Err(Violation::new(ReasonCode::ProtocolError, fault));
            }
        };
        self.connection.control.push_back(control);
        Ok(())
    }

    fn handle_answer(&mut self, answer: codec::Answer, subscribe: bool) -> Result<(), Violation> {
        let codec::Answer { packet_id, mut ack } = answer;
        let name = if subscribe { "SUBACK" } else { "UNSUBACK" };
        let request = match self.window.answer(packet_id, subscribe) {
            Ok(request) => request,
            Err(mismatch) => return self.mismatch(name, packet_id, mismatch),
        };
        let filters = match &request.subscription {
            Subscription::Subscribe(request) => request.filters.len(),
            Subscription::Unsubscribe(request) => request.filters.len(),
        };
        if !subscribe && !self.options.version.is_v5() {
            ack.reasons = vec![ReasonCode::Success; filters];
        }
        if ack.reasons.len() != filters {
            // Treated as unanswered: it is sent again on the next connection.
            self.requests.push_front(request);
            let (count, s) = (ack.reasons.len(), if ack.reasons.len() == 1 { "" } else { "s" });
            let fault =
                format!("{name} with {count} reason{s} for {filters} filter{}", if filters == 1 { "" } else { "s" });
            return Err(Violation::new(ReasonCode::ProtocolError, fault));
        }
        let id = request.id;
        self.events.push_back(if subscribe { Event::Subscribed { id, ack } } else { Event::Unsubscribed { id, ack } });
        Ok(())
    }

    /// An answer to nothing is counted; an answer of the wrong kind is a violation.
    fn mismatch(&mut self, name: &str, packet_id: u16, mismatch: Mismatch) -> Result<(), Violation> {
        match mismatch {
            Mismatch::Unknown => {
                self.unsolicited += 1;
                Ok(())
            }
            Mismatch::ExactlyOnce => {
                self.mismatch(name, packet_id, Mismatch::Other("a publish at QoS 2 before PUBREC"))
            }
            Mismatch::Other(what) => {
                let fault = format!("{name} for the packet id {packet_id}, which is that of {what}");
                Err(Violation::new(ReasonCode::ProtocolError, fault))
            }
        }
    }

    /// Ends the connection because of a fault of the server [MQTT-4.13.1].
    pub(super) fn blame(&mut self, violation: Violation) {
        let reason = violation.reason;
        self.end_with(Disconnected::Violation(Box::new(violation)), reason);
    }

    /// Ends the connection with DISCONNECT, which says why.
    fn end_with(&mut self, how: Disconnected, reason: ReasonCode) {
        self.end(how);
        if self.options.version.is_v5() {
            let properties = DisconnectProperties::default();
            self.connection.control.push_back(Control::Disconnect(Box::new(Disconnect { reason, properties })));
        }
    }

    pub(super) fn end(&mut self, how: Disconnected) {
        let conclusion = if self.state == State::Connected { self.conclude(&how) } else { Conclusion::default() };
        self.over();
        self.events.push_back(Event::Disconnected(how));
        self.draw(conclusion);
    }

    /// Nothing more is sent on this connection.
    fn over(&mut self) {
        self.state = State::Closing;
        self.connection.by_client = false;
        self.connection.keep_alive = None;
        self.connection.control.clear();
    }
}

fn authentication_violation(fault: AuthenticationFault) -> Violation {
    let fault = match fault {
        AuthenticationFault::Wrong(fault) => fault,
        AuthenticationFault::Refused => "an authentication that goes on or succeeds, though its data refuses us",
    };
    Violation::new(ReasonCode::ProtocolError, fault)
}

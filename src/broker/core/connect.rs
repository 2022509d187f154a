//! CONNECT: which clients are accepted, with which limits, and with which session.

use std::time::Instant;

use bytes::{Bytes, BytesMut};
use bytestring::ByteString;

use super::client::{Client, Denied, NEVER};
use super::link::{Authenticated, Stage};
use super::notice::Notice;
use super::refusal::Refusal;
use super::scram::Method;
use super::state::Core;
use super::timers::Timer;
use super::types::LinkId;
use crate::broker::id::SessionId;
use crate::mqtt::{ConnAckProperties, QoS, ReasonCode, Version};
use crate::session::ConnAck;
use crate::session::server::{Connect, Connection, Opening, Terms, write_connack};

impl Core {
    pub(super) fn handle_opening(&mut self, link: LinkId, opening: Opening, now: Instant) {
        match opening {
            // [MQTT-3.1.2-2]: a client of a later version understands the later CONNACK.
            Opening::Unsupported { level } => {
                let version = if level > Version::V5.level() { Version::V5 } else { Version::V3_1_1 };
                let why = format!("protocol level {level}; 3 (3.1), 4 (3.1.1) and 5 (5.0) are supported");
                self.refuse(link, version, u32::MAX, &Refusal::new(ReasonCode::UnsupportedProtocolVersion, why));
            }
            Opening::Faulty(violation) => {
                self.refuse(link, Version::V5, u32::MAX, &Refusal::new(violation.reason, violation.fault));
            }
            Opening::Connect(connect) => {
                let (version, maximum) = (connect.version, connect.maximum_packet_size());
                if let Err(refusal) = self.handle_connect(link, *connect, now) {
                    self.refuse(link, version, maximum, &refusal);
                }
            }
        }
    }

    fn handle_connect(&mut self, link: LinkId, connect: Connect, now: Instant) -> Result<(), Refusal> {
        self.check_client_id(&connect)?;
        self.check_will(&connect)?;
        let known = self.by_client.get(&connect.client_id).and_then(|id| self.clients.get(id.0));
        let takes_over = known.is_some_and(|client| client.link.is_some());
        if self.connected >= self.settings.limits.max_connections && !takes_over {
            let why = format!("the limit of {} connected clients is reached", self.connected);
            return Err(Refusal::new(ReasonCode::QuotaExceeded, why));
        }
        if connect.properties.authentication_method.is_some() {
            return self.begin_authentication(link, connect, now);
        }
        self.check_password(&connect)?;
        self.check_rights(&connect)?;
        self.admit(link, connect, None, now)
    }

    /// Accepts a client with a valid CONNECT that has been authenticated.
    pub(super) fn admit(
        &mut self,
        link: LinkId,
        mut connect: Connect,
        authenticated: Option<(Method, Bytes)>,
        now: Instant,
    ) -> Result<(), Refusal> {
        let version = connect.version;
        let assigned = connect.client_id.is_empty().then(|| self.new_client_id());
        if let Some(assigned) = &assigned {
            connect.client_id = assigned.clone();
        }
        let expiry = self.expiry_of(&connect);
        let properties = if version.is_v5() {
            let mut properties = self.announcement(&connect, expiry);
            properties.assigned_client_identifier = assigned.map(String::from);
            // [MQTT-4.12.0-5]: CONNACK names the method, and carries the broker's proof.
            if let Some((method, data)) = &authenticated {
                properties.authentication_method = Some(method.name().to_owned());
                properties.authentication_data = Some(data.clone());
            }
            properties
        } else {
            ConnAckProperties::default()
        };
        let mut connack = ConnAck { session_present: false, reason: ReasonCode::Success, properties };
        // Without CONNACK there is no connection, and one that is too large must not be sent [MQTT-3.1.2-24].
        if write_connack(version, &connack, connect.maximum_packet_size(), &mut BytesMut::new()).is_err() {
            let why = "no CONNACK is as small as the client's Maximum Packet Size";
            return Err(Refusal::new(ReasonCode::PacketTooLarge, why));
        }
        let (id, resumed) = self.take_up(&connect, now);
        let mut connection = Box::new(Connection::accept(self.terms_of(&connect), now));
        // MQTT 3.1 has no such flag.
        connack.session_present = resumed && version != Version::V3_1;
        connection.write_connack(&connack);

        let Some(client) = self.clients.get_mut(id.0) else { return Ok(()) };
        client.session.begin(&mut connection);
        client.link = Some(link);
        client.expiry = expiry;
        client.will = connect.will.take();
        client.user_name = connect.user_name.take();
        client.denied = Denied::default();
        client.rights = self.settings.rights(client.user_name.as_deref(), &client.id);
        self.timers.set(Timer::SessionEnd(id), &mut client.ends_at, None);
        self.timers.set(Timer::Will(id), &mut client.will_at, None);
        self.subscriptions.set_online(id, true);
        self.connected += 1;
        self.statistics.counters.connections += 1;
        let deadline = connection.keep_alive_deadline();
        let Some(open) = self.links.get_mut(link.0) else { return Ok(()) };
        self.timers.set(Timer::Silence(link), &mut open.silence, deadline);
        let (address, listener) = (open.peer.address.clone(), open.peer.listener);
        open.stage = Stage::Connected(id, connection);
        open.authenticated = authenticated.map(|(method, _)| Box::new(Authenticated::new(method)));
        self.touch(link);
        self.notices.push_back(Notice::Connected { client_id: connect.client_id, address, listener, version, resumed });
        Ok(())
    }

    /// The session of a client, and whether it is resumed [MQTT-3.1.2-4] to [MQTT-3.1.2-6].
    fn take_up(&mut self, connect: &Connect, now: Instant) -> (SessionId, bool) {
        if let Some(&id) = self.by_client.get(&connect.client_id) {
            self.take_over(id, now);
            if connect.clean_start {
                self.end_session(id, now);
            }
        }
        // A session that ended with its connection is already gone.
        if let Some(&id) = self.by_client.get(&connect.client_id) {
            return (id, true);
        }
        let id = SessionId(self.clients.insert(Client::new(connect.client_id.clone())));
        self.by_client.insert(connect.client_id.clone(), id);
        (id, false)
    }

    /// Closes the connection that a client still has [MQTT-3.1.4-3].
    fn take_over(&mut self, id: SessionId, now: Instant) {
        let Some(link) = self.clients.get(id.0).and_then(|client| client.link) else { return };
        self.disconnect(
            link,
            ReasonCode::SessionTakenOver,
            "another client connected with this client identifier",
            now,
        );
    }

    fn check_client_id(&self, connect: &Connect) -> Result<(), Refusal> {
        if !connect.client_id.is_empty() {
            return Ok(());
        }
        let refused = |why| Err(Refusal::new(ReasonCode::ClientIdentifierNotValid, why));
        match connect.version {
            Version::V3_1 => refused("MQTT 3.1 requires a client identifier"),
            // [MQTT-3.1.3-8].
            Version::V3_1_1 if !connect.clean_start => refused("Clean Session 0 needs a client identifier"),
            _ if !self.settings.limits.assigned_client_id => refused("the broker assigns no client identifiers"),
            _ => Ok(()),
        }
    }

    fn check_will(&self, connect: &Connect) -> Result<(), Refusal> {
        let Some(will) = &connect.will else { return Ok(()) };
        let limits = &self.settings.limits;
        if will.qos > limits.maximum_qos {
            let why = format!("a will at QoS {}, above the Maximum QoS {}", will.qos, limits.maximum_qos);
            return Err(Refusal::new(ReasonCode::QoSNotSupported, why));
        }
        if will.retain && !limits.retain_available {
            return Err(Refusal::new(ReasonCode::RetainNotSupported, "a retained will, though Retain Available is 0"));
        }
        if will.topic.as_str().starts_with("$SYS/") {
            return Err(Refusal::new(ReasonCode::NotAuthorized, "a will to $SYS, which is reserved for the broker"));
        }
        Ok(())
    }

    /// Whether the client may publish its will.
    pub(super) fn check_rights(&self, connect: &Connect) -> Result<(), Refusal> {
        let Some(will) = &connect.will else { return Ok(()) };
        let rights = self.settings.rights(connect.user_name.as_deref(), &connect.client_id);
        if rights.may_publish(&will.topic) {
            return Ok(());
        }
        let why = format!("not allowed to publish a will to `{}`", will.topic);
        Err(Refusal::new(ReasonCode::NotAuthorized, why))
    }

    /// Answers CONNECT with an error, after which the connection closes [MQTT-3.2.2-7]. The answer is no larger than the
    /// client's Maximum Packet Size [MQTT-3.1.2-24].
    pub(super) fn refuse(&mut self, link: LinkId, version: Version, maximum: u32, refusal: &Refusal) {
        let Refusal { reason, why } = refusal;
        let reason_string = version.is_v5().then(|| why.to_string());
        let properties = ConnAckProperties { reason_string, ..ConnAckProperties::default() };
        let shown = if version.is_v5() { *reason } else { before_v5(*reason) };
        let connack = ConnAck { session_present: false, reason: shown, properties };
        let mut output = BytesMut::new();
        // Silently, if there is none [MQTT-3.2.2-6] (3.1.1) or it is too large.
        let _ = write_connack(version, &connack, maximum, &mut output);
        let Some(open) = self.links.get_mut(link.0) else { return };
        let address = open.peer.address.clone();
        open.stage = Stage::Closing(output);
        self.timers.set(Timer::Silence(link), &mut open.silence, None);
        self.touch(link);
        self.notices.push_back(Notice::Refused { address, reason: Some(*reason), why: why.to_string() });
    }

    fn expiry_of(&self, connect: &Connect) -> u32 {
        let wanted = if connect.version.is_v5() {
            connect.properties.session_expiry_interval.unwrap_or(0)
        } else if connect.clean_start {
            0
        } else {
            NEVER
        };
        wanted.min(self.settings.limits.session_expiry_maximum.unwrap_or(NEVER))
    }

    fn terms_of(&self, connect: &Connect) -> Terms {
        let limits = &self.settings.limits;
        let properties = &connect.properties;
        let is_v5 = connect.version.is_v5();
        Terms {
            version: connect.version,
            // Before 5.0 the client cannot be told about another one.
            keep_alive: limits.server_keep_alive.filter(|_| is_v5).unwrap_or(connect.keep_alive),
            receive_maximum: properties.receive_maximum.unwrap_or(u16::MAX),
            maximum_packet_size: connect.maximum_packet_size(),
            topic_alias_maximum: properties.topic_alias_maximum.unwrap_or(0).min(limits.topic_alias_maximum),
            // Before 5.0 a client may have as many outstanding as there are ids.
            problem_information: properties.request_problem_information != Some(false),
            own_receive_maximum: if is_v5 { limits.receive_maximum } else { u16::MAX },
            own_maximum_packet_size: limits.maximum_packet_size,
            own_topic_alias_maximum: limits.topic_alias_maximum,
        }
    }

    /// The limits of the broker in CONNACK [MQTT-3.2.2.3].
    fn announcement(&self, connect: &Connect, expiry: u32) -> ConnAckProperties {
        let limits = &self.settings.limits;
        let asked = &connect.properties;
        let unavailable = |available: bool| (!available).then_some(false);
        let response = asked.request_response_information == Some(true);
        ConnAckProperties {
            session_expiry_interval: (expiry != asked.session_expiry_interval.unwrap_or(0)).then_some(expiry),
            receive_maximum: (limits.receive_maximum < u16::MAX).then_some(limits.receive_maximum),
            maximum_qos: (limits.maximum_qos < QoS::ExactlyOnce).then_some(limits.maximum_qos),
            retain_available: unavailable(limits.retain_available),
            maximum_packet_size: Some(limits.maximum_packet_size),
            topic_alias_maximum: (limits.topic_alias_maximum > 0).then_some(limits.topic_alias_maximum),
            wildcard_subscription_available: unavailable(limits.wildcard_subscription_available),
            subscription_identifiers_available: unavailable(limits.subscription_identifiers_available),
            shared_subscription_available: unavailable(limits.shared_subscription_available),
            server_keep_alive: limits.server_keep_alive,
            response_information: response.then(|| format!("response/{}", connect.client_id)),
            ..ConnAckProperties::default()
        }
    }

    /// An identifier that no client has [MQTT-3.1.3-6].
    fn new_client_id(&mut self) -> ByteString {
        loop {
            let client_id = ByteString::from(format!("auto-{:016x}", self.random.u64(..)));
            if !self.by_client.contains_key(&client_id) {
                return client_id;
            }
        }
    }
}

/// The closest return code of 3.1.1.
fn before_v5(reason: ReasonCode) -> ReasonCode {
    match reason {
        ReasonCode::UnsupportedProtocolVersion
        | ReasonCode::ClientIdentifierNotValid
        | ReasonCode::BadUserNameOrPassword
        | ReasonCode::NotAuthorized => reason,
        ReasonCode::QoSNotSupported | ReasonCode::RetainNotSupported | ReasonCode::Banned => ReasonCode::NotAuthorized,
        _ => ReasonCode::ServerUnavailable,
    }
}

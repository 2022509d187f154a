//! Who a client is: user name and password, or an exchange of SCRAM [MQTT-4.12].

use std::time::Instant;

use bytes::{Bytes, BytesMut};
use bytestring::ByteString;

use super::link::{Pending, Stage};
use super::notice::Notice;
use super::refusal::Refusal;
use super::scram::{Answer, Exchange, Method};
use super::state::Core;
use super::types::LinkId;
use crate::broker::id::SessionId;
use crate::mqtt::{ReasonCode, Version};
use crate::session::server::{Connect, Hello, NamedAuth, read_hello, write_auth};
use crate::session::{Auth, Details, Violation};

impl Core {
    /// Checks user name and password.
    pub(super) fn check_password(&self, connect: &Connect) -> Result<(), Refusal> {
        let users = &self.settings.users;
        match &connect.user_name {
            None if users.is_empty() && !self.settings.no_anonymous => Ok(()),
            None => Err(Refusal::new(ReasonCode::NotAuthorized, "a user name is required")),
            Some(_) if users.is_empty() => Ok(()),
            Some(name) if users.check(name, connect.password.as_deref().unwrap_or_default()) => Ok(()),
            Some(_) => Err(Refusal::new(ReasonCode::BadUserNameOrPassword, "wrong user name or password")),
        }
    }

    /// CONNECT with an Authentication Method: the exchange begins with its data.
    pub(super) fn begin_authentication(&mut self, link: LinkId, connect: Connect, now: Instant) -> Result<(), Refusal> {
        let name = connect.properties.authentication_method.as_deref().unwrap_or_default();
        let Some(method) = Method::of(name).filter(|_| !self.settings.users.is_empty()) else {
            let why = format!("the Authentication Method `{name}` is not available");
            return Err(Refusal::new(ReasonCode::BadAuthenticationMethod, why));
        };
        let data = connect.properties.authentication_data.clone();
        let pending = Pending { connect, exchange: Exchange::new(method), output: BytesMut::new() };
        if let Some(open) = self.links.get_mut(link.0) {
            open.stage = Stage::Authenticating(Box::new(pending));
        }
        match data {
            Some(data) => self.go_on(link, &data, now),
            // The client waits for the broker to begin.
            None => self.challenge(link, Vec::new()),
        }
        Ok(())
    }

    /// What a client sends between CONNECT and CONNACK.
    pub(super) fn handle_hello(&mut self, link: LinkId, input: &mut BytesMut, now: Instant) -> Result<bool, Violation> {
        let Some(hello) = read_hello(input, self.settings.limits.maximum_packet_size)? else { return Ok(false) };
        match hello {
            Hello::Disconnect => {
                self.disconnect(link, ReasonCode::Success, "the client gave up its authentication", now);
            }
            Hello::Auth(named) => {
                let same = self.links.get(link.0).is_some_and(|open| match &open.stage {
                    Stage::Authenticating(pending) => named.method.as_deref() == Some(pending.exchange.method().name()),
                    _ => false,
                });
                // [MQTT-4.12.0-5] and 4.12: only the exchange is allowed.
                if !same || named.auth.reason != ReasonCode::ContinueAuthentication {
                    let fault = "AUTH that does not continue the authentication of CONNECT";
                    return Err(Violation { reason: ReasonCode::ProtocolError, fault: fault.into() });
                }
                let data = named.auth.data.unwrap_or_default();
                self.go_on(link, &data, now);
            }
        }
        Ok(true)
    }

    /// The next step of an exchange before CONNACK.
    fn go_on(&mut self, link: LinkId, data: &[u8], now: Instant) {
        let Some(open) = self.links.get_mut(link.0) else { return };
        let Stage::Authenticating(pending) = &mut open.stage else { return };
        let users = &self.settings.users;
        let mut hashed = None;
        let answer = pending.exchange.answer(data, &mut self.scram, |name| {
            hashed = users.is_hashed(name).then(|| name.to_owned());
            users.plain(name)
        });
        if let Some(user_name) = hashed {
            self.notices.push_back(Notice::HashForScram { user_name, address: open.peer.address.clone() });
        }
        match answer {
            Ok(Answer::Continue(data)) => self.challenge(link, data),
            Ok(Answer::Success { user_name, data }) => {
                let Stage::Authenticating(pending) = std::mem::replace(&mut open.stage, Stage::Open) else { return };
                let method = pending.exchange.method();
                let mut connect = pending.connect;
                connect.user_name = Some(ByteString::from(user_name));
                let maximum = connect.maximum_packet_size();
                let admitted = self
                    .check_rights(&connect)
                    .and_then(|()| self.admit(link, connect, Some((method, data.into())), now));
                if let Err(refusal) = admitted {
                    self.refuse(link, Version::V5, maximum, &refusal);
                }
            }
            Err(_) => {
                let maximum = pending.connect.maximum_packet_size();
                let why = "the authentication failed";
                self.refuse(link, Version::V5, maximum, &Refusal::new(ReasonCode::NotAuthorized, why));
            }
        }
    }

    /// Sends AUTH that continues the exchange.
    fn challenge(&mut self, link: LinkId, data: Vec<u8>) {
        let Some(open) = self.links.get_mut(link.0) else { return };
        if let Stage::Authenticating(pending) = &mut open.stage {
            let maximum = pending.connect.maximum_packet_size();
            let auth = auth(ReasonCode::ContinueAuthentication, data);
            write_auth(&auth, pending.exchange.method().name(), maximum, &mut pending.output);
        }
        self.touch(link);
    }

    /// AUTH of a connected client, which authenticates itself again [MQTT-4.12.1-1].
    pub(super) fn handle_auth(&mut self, link: LinkId, id: SessionId, named: NamedAuth, now: Instant) {
        let fault = |fault: &'static str| Violation { reason: ReasonCode::ProtocolError, fault: fault.into() };
        let Some(open) = self.links.get_mut(link.0) else { return };
        let Stage::Connected(_, connection) = &mut open.stage else { return };
        let Some(authenticated) = &mut open.authenticated else {
            // [MQTT-4.12.0-6].
            self.blame(link, &fault("AUTH, though CONNECT had no Authentication Method"), now);
            return;
        };
        let NamedAuth { auth: Auth { reason, data, .. }, method } = named;
        let name = authenticated.method.name();
        if method.as_deref() != Some(name) {
            self.blame(link, &fault("AUTH with another Authentication Method than CONNECT had"), now);
            return;
        }
        let mut exchange = match (reason, authenticated.exchange.take()) {
            (ReasonCode::ReAuthenticate, _) => Exchange::new(authenticated.method),
            (ReasonCode::ContinueAuthentication, Some(exchange)) => exchange,
            _ => {
                self.blame(link, &fault("AUTH that neither begins nor continues an authentication"), now);
                return;
            }
        };
        let users = &self.settings.users;
        let user_name = self.clients.get(id.0).and_then(|client| client.user_name.clone());
        let data = data.unwrap_or_default();
        match exchange.answer(&data, &mut self.scram, |name| users.plain(name)) {
            Ok(Answer::Continue(data)) => {
                connection.write_auth(&auth(ReasonCode::ContinueAuthentication, data), name);
                authenticated.exchange = Some(exchange);
            }
            // Another user is not the same client.
            Ok(Answer::Success { user_name: again, data }) if user_name.as_deref() == Some(&again) => {
                connection.write_auth(&auth(ReasonCode::Success, data), name);
            }
            // [MQTT-4.12.1-2].
            _ => self.disconnect(link, ReasonCode::NotAuthorized, "the re-authentication failed", now),
        }
    }
}

fn auth(reason: ReasonCode, data: Vec<u8>) -> Auth {
    Auth { reason, data: Some(Bytes::from(data)), details: Details::default() }
}

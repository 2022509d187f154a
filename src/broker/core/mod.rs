//! The heart of the broker, sans-I/O: all sessions and what passes between them, behind one owner.
//!
//! A listener [`open`](Core::open)s a link for each stream and hands in what arrives
//! ([`handle_input`](Core::handle_input)) until the stream ends ([`handle_closed`](Core::handle_closed)). After each
//! `handle_*` it asks [`poll_ready`](Core::poll_ready) for the links that have something to send, each of which it
//! drains by [`poll_transmit`](Core::poll_transmit), and [`poll_timeout`](Core::poll_timeout) for the time at which
//! [`handle_timeout`](Core::handle_timeout) is due.

mod authenticate;
mod client;
mod connect;
mod ending;
mod limits;
mod link;
mod notice;
mod publish;
mod refusal;
mod scram;
mod settings;
mod slab;
mod state;
mod statistics;
mod stored;
mod subscribe;
#[cfg(test)]
mod tests;
mod timers;
mod types;

use std::time::Instant;

use bytes::BytesMut;

use self::ending::Farewell;
use self::link::{Link, Stage};
use self::timers::Timer;
use super::id::SessionId;
use crate::mqtt::{QoS, ReasonCode};
use crate::session::Violation;
use crate::session::server::{self, Connection, Request, ServerSession};
pub use limits::Limits;
pub(crate) use notice::Notice;
pub(super) use settings::Settings;
pub(super) use state::Core;
pub(super) use types::{CONTROL_TOPIC, LinkId, Peer, Transmit};

impl Core {
    /// A stream has been accepted.
    pub(super) fn open(&mut self, peer: Peer, now: Instant) -> LinkId {
        self.statistics.counters.sockets += 1;
        let link = LinkId(self.links.insert(Link::new(peer)));
        let deadline = now.checked_add(self.settings.limits.connect_timeout);
        if let Some(open) = self.links.get_mut(link.0) {
            self.timers.set(Timer::Silence(link), &mut open.silence, deadline);
        }
        link
    }

    /// Takes whole packets from the front of `input`; what is left is the beginning of one more.
    pub(super) fn handle_input(&mut self, link: LinkId, input: &mut BytesMut, now: Instant) {
        while let Some(open) = self.links.get_mut(link.0) {
            match &mut open.stage {
                Stage::Open => match server::read_connect(input, self.settings.limits.maximum_packet_size) {
                    Ok(Some(opening)) => self.handle_opening(link, opening, now),
                    Ok(None) => return,
                    Err(violation) => self.blame(link, &explained(violation, input), now),
                },
                Stage::Connected(id, connection) => {
                    let id = *id;
                    connection.heard(now);
                    let Some(client) = self.clients.get_mut(id.0) else { return };
                    let received = client.session.receive(connection, input);
                    self.statistics.add(connection.take_traffic());
                    match received {
                        Ok(Some(request)) => self.handle_request(link, id, request, now),
                        Ok(None) => {
                            self.touch(link);
                            return;
                        }
                        Err(violation) => self.blame(link, &violation, now),
                    }
                }
                Stage::Authenticating(_) => match self.handle_hello(link, input, now) {
                    Ok(true) => {}
                    Ok(false) => return,
                    Err(violation) => self.blame(link, &violation, now),
                },
                // Nothing more is read from it.
                Stage::Closing(_) => {
                    input.clear();
                    return;
                }
            }
        }
    }

    fn handle_request(&mut self, link: LinkId, id: SessionId, request: Request, now: Instant) {
        match request {
            Request::Publish(arrival) => match self.handle_publish(id, arrival, now) {
                Ok((packet_id, qos, reason, why)) => {
                    if qos > QoS::AtMostOnce
                        && let Some((session, connection)) = self.both(link, id)
                    {
                        session.acknowledge(connection, packet_id, qos, reason, why);
                    }
                }
                Err(violation) => self.blame(link, &violation, now),
            },
            Request::Subscribe(subscribe) => {
                let packet_id = subscribe.packet_id;
                let is_v5 = self.both(link, id).is_some_and(|(_, connection)| connection.version().is_v5());
                let (reasons, why) = self.handle_subscribe(id, *subscribe, is_v5, now);
                if let Some((_, connection)) = self.both(link, id) {
                    connection.write_suback(packet_id, reasons, why);
                }
            }
            Request::Unsubscribe(unsubscribe) => {
                let packet_id = unsubscribe.packet_id;
                let reasons = self.handle_unsubscribe(id, *unsubscribe);
                if let Some((_, connection)) = self.both(link, id) {
                    connection.write_unsuback(packet_id, reasons);
                }
            }
            Request::Disconnect(disconnect) => self.handle_disconnect(link, &disconnect, now),
            Request::Auth(auth) => self.handle_auth(link, id, *auth, now),
        }
    }

    fn both(&mut self, link: LinkId, id: SessionId) -> Option<(&mut ServerSession, &mut Connection)> {
        match &mut self.links.get_mut(link.0)?.stage {
            Stage::Connected(session, connection) if *session == id => {
                Some((&mut self.clients.get_mut(id.0)?.session, connection))
            }
            _ => None,
        }
    }

    /// Whether to read from the link: not while too much output is waiting.
    pub(super) fn wants_input(&self, link: LinkId) -> bool {
        match self.links.get(link.0).map(|open| &open.stage) {
            Some(Stage::Connected(_, connection)) => connection.wants_input(),
            Some(Stage::Open | Stage::Authenticating(_)) => true,
            Some(Stage::Closing(_)) | None => false,
        }
    }

    /// The stream has ended, whoever ended it. Once for each [`open`](Self::open).
    pub(super) fn handle_closed(&mut self, link: LinkId, now: Instant) {
        self.handle_cut(link, "connection lost".to_owned(), now);
    }

    /// The same, with a known reason.
    pub(super) fn handle_cut(&mut self, link: LinkId, why: String, now: Instant) {
        let Some(mut open) = self.links.remove(link.0) else { return };
        self.timers.set(Timer::Silence(link), &mut open.silence, None);
        if let Some(id) = open.session() {
            self.leave(id, Farewell::WithWill, why, now);
        }
    }

    /// Handles what is due.
    pub(super) fn handle_timeout(&mut self, now: Instant) {
        while let Some(timer) = self.timers.pop(now) {
            match timer {
                Timer::Silence(link) => self.handle_silence(link, now),
                Timer::Will(id) => self.publish_will(id, now),
                Timer::SessionEnd(id) => {
                    self.statistics.counters.clients_expired += 1;
                    self.end_session(id, now);
                }
                Timer::Statistics => self.publish_statistics(now),
            }
        }
        self.publish_delayed(now);
    }

    fn handle_silence(&mut self, link: LinkId, now: Instant) {
        let Some(open) = self.links.get_mut(link.0) else { return };
        open.silence = None;
        match &open.stage {
            Stage::Open | Stage::Authenticating(_) => {
                let seconds = self.settings.limits.connect_timeout.as_secs();
                let why = match &open.stage {
                    Stage::Open => format!("no CONNECT within {seconds} s"),
                    _ => format!("the authentication did not finish within {seconds} s"),
                };
                self.disconnect(link, ReasonCode::MaximumConnectTime, &why, now);
            }
            Stage::Connected(_, connection) => match connection.keep_alive_deadline() {
                // Something arrived since the timer was set: setting it for each packet would cost more.
                Some(deadline) if deadline > now => {
                    self.timers.set(Timer::Silence(link), &mut open.silence, Some(deadline));
                }
                _ => {
                    let why = "silent for one and a half times its Keep Alive";
                    self.disconnect(link, ReasonCode::KeepAliveTimeout, why, now);
                }
            },
            Stage::Closing(_) => {}
        }
    }

    /// When [`handle_timeout`](Self::handle_timeout) is due.
    pub(super) fn poll_timeout(&self) -> Option<Instant> {
        self.timers.next().into_iter().chain(self.delayed.poll_timeout()).min()
    }

    /// Appends packets to `buffer` until there are no more or the buffer holds some 64 KiB.
    pub(super) fn poll_transmit(&mut self, link: LinkId, buffer: &mut BytesMut, now: Instant) -> Transmit {
        let Some(open) = self.links.get_mut(link.0) else { return Transmit::Close };
        match &mut open.stage {
            Stage::Open => Transmit::Idle,
            Stage::Authenticating(pending) => {
                pending.drain(buffer);
                Transmit::Idle
            }
            Stage::Connected(id, connection) => {
                let Some(client) = self.clients.get_mut(id.0) else { return Transmit::Idle };
                let more = client.session.transmit(connection, buffer, now);
                self.statistics.add(connection.take_traffic());
                if let Some(topic) = connection.take_too_large() {
                    let client_id = client.id.clone();
                    self.notices.push_back(Notice::TooLarge { client_id, topic: topic.to_string() });
                }
                if more { Transmit::More } else { Transmit::Idle }
            }
            Stage::Closing(output) => {
                buffer.extend_from_slice(output);
                *output = BytesMut::new();
                Transmit::Close
            }
        }
    }

    /// A link that has something to send or is to be closed; each is named once until it is asked.
    pub(super) fn poll_ready(&mut self) -> Option<LinkId> {
        while let Some(link) = self.ready.pop_front() {
            // It may have closed meanwhile.
            if let Some(open) = self.links.get_mut(link.0)
                && std::mem::replace(&mut open.is_ready, false)
            {
                return Some(link);
            }
        }
        None
    }

    /// A line for the log.
    pub(super) fn poll_notice(&mut self) -> Option<Notice> {
        self.notices.pop_front()
    }

    /// The broker ends: DISCONNECT with 0x8B to all of 5.0, and each link closes.
    pub(super) fn shut_down(&mut self, now: Instant) {
        for link in self.links.numbers() {
            self.disconnect(LinkId(link), ReasonCode::ServerShuttingDown, "the broker is shutting down", now);
        }
    }
}

/// The fault in the first bytes of a link, and what they look like if they are not MQTT.
fn explained(violation: Violation, input: &[u8]) -> Violation {
    let is_http =
        [&b"GET "[..], b"POST ", b"PUT ", b"HEAD ", b"OPTIONS "].iter().any(|method| input.starts_with(method));
    let hint = if is_http {
        "it looks like HTTP: WebSocket uses another port"
    } else if input.starts_with(&[0x16, 3]) {
        "it looks like TLS, which uses another port"
    } else {
        return violation;
    };
    Violation { fault: format!("{}; {hint}", violation.fault).into(), ..violation }
}

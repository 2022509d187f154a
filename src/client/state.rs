use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Context, Waker};
use std::time::Instant;

use tokio::sync::Notify;

use crate::mqtt::{Message, QoS, ReasonCode};
use crate::session::{
    self, AckToken, Auth, AuthenticateError, ConnAck, DeliveryId, Details, DisconnectProperties, Disconnected,
    PublishError, PublishOutcome, RequestError, RequestId, Session, SubAck, SubscribeRequest, UnsubscribeRequest,
};
use crate::transport::DialTimings;

use super::ledger::Ledger;
use super::queue::EventQueue;
use super::settlement::Settlement;
use super::subscriptions::{Subscriptions, Unanswered};
use super::{ClientError, Closed, Connected, Declined, Event, Pending, Resubscribed, SessionLoss};

/// Publishes accepted and not yet sent, above which [`Client::publish`](super::Client::publish) waits.
const MAXIMUM_QUEUED: usize = 1024;
/// Bytes of unfinished publishes above which it waits too. One message of any size is accepted below it.
const MAXIMUM_UNFINISHED_BYTES: usize = 4 * 1024 * 1024;

/// The state shared by the handles and the task of the driver.
#[derive(Debug)]
pub(super) struct Shared {
    state: Mutex<State>,
    /// Notified when waiting publishes may look again.
    pub(super) room: Notify,
}

/// The session and the state around it.
#[derive(Debug)]
#[expect(clippy::struct_excessive_bools, reason = "facts that do not depend on one another")]
pub(super) struct State {
    pub(super) session: Session,
    ledger: Ledger,
    subscriptions: Subscriptions,
    pub(super) events: EventQueue,
    /// Wakes the driver; taken when it is, so that many calls wake it once.
    driver: Option<Waker>,
    /// A publish is waiting for room.
    is_room_wanted: bool,
    closing: Option<Box<Closing>>,
    /// The connection under way is to end, and another to take up its session.
    is_to_reconnect: bool,
    was_connected: bool,
    /// The Session Expiry Interval of DISCONNECT, unless the caller sets it: 0 if the session is only meant to outlive
    /// lost connections.
    expiry_at_end: Option<u32>,
    /// The reason if the broker turns out to have no session at the next connection.
    session_loss: SessionLoss,
    /// Something has arrived on this connection that shows progress.
    has_progressed: bool,
    settlement: Settlement,
    /// Messages that are acknowledged, since the driver last asked.
    deliveries: u32,
    /// Why the journal of the session cannot be written.
    journal_error: Option<String>,
    /// When CONNACK accepted the current connection, or the last one.
    connected_since: Option<Instant>,
    /// State of the current connection, as reported by the session.
    link: LinkState,
}

/// State of the current connection.
#[derive(Debug)]
pub(super) enum LinkState {
    /// No CONNACK yet. Boxed, as it is large and soon over.
    Connecting(Box<Begun>),
    /// CONNACK accepted it.
    Connected,
    /// It is over, or none was begun.
    Ended(LinkEnd),
}

/// A connection from the dial to CONNACK.
#[derive(Debug)]
pub(super) struct Begun {
    /// Who answered the dial.
    peer: Option<SocketAddr>,
    /// How long its steps took.
    timings: DialTimings,
    /// When CONNECT was handed out.
    since: Instant,
}

/// Why a connection is over, as seen by the session.
#[derive(Debug)]
pub(super) enum LinkEnd {
    /// CONNACK refused it.
    Refused(Box<ConnAck>),
    /// Any other way.
    Disconnected(Disconnected),
}

/// How [`Client::disconnect`](super::Client::disconnect) was called.
#[derive(Debug)]
pub(super) struct Closing {
    pub(super) pending: Pending,
    pub(super) reason: ReasonCode,
    pub(super) properties: DisconnectProperties,
}

impl Shared {
    pub(super) fn new(session: Session, expiry_at_end: Option<u32>) -> Self {
        let state = State {
            session,
            ledger: Ledger::default(),
            subscriptions: Subscriptions::default(),
            events: EventQueue::default(),
            driver: None,
            is_room_wanted: false,
            closing: None,
            is_to_reconnect: false,
            was_connected: false,
            expiry_at_end,
            session_loss: SessionLoss::Ended,
            has_progressed: false,
            settlement: Settlement::default(),
            deliveries: 0,
            journal_error: None,
            connected_since: None,
            link: LinkState::Ended(LinkEnd::Disconnected(Disconnected::Lost)),
        };
        Self { state: Mutex::new(state), room: Notify::new() }
    }

    /// No call below panics while it holds the lock; if one did, the others could still close the client.
    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// For the handles.
impl State {
    pub(super) fn has_room(&self) -> bool {
        self.is_closing() || (self.session.queued() < MAXIMUM_QUEUED && self.ledger.bytes() < MAXIMUM_UNFINISHED_BYTES)
    }

    pub(super) fn want_room(&mut self) {
        self.is_room_wanted = true;
        // Perhaps nothing is in progress that would signal room later.
        self.wake_driver();
    }

    pub(super) fn publish(&mut self, message: Message) -> Result<DeliveryId, Declined<PublishError>> {
        self.check_open()?;
        let (qos, size) = (message.qos, Ledger::size_of(&message));
        let id = self.session.publish(message).map_err(Declined::Rejected)?;
        self.ledger.add(id, qos, size);
        self.wake_driver();
        Ok(id)
    }

    /// A publish that the session has from an earlier process.
    pub(super) fn restore(&mut self, id: DeliveryId, message: &Message) {
        self.ledger.add(id, message.qos, Ledger::size_of(message));
    }

    pub(super) fn subscribe(&mut self, request: SubscribeRequest) -> Result<RequestId, Declined<RequestError>> {
        self.check_open()?;
        let id = self.session.subscribe(request.clone()).map_err(Declined::Rejected)?;
        self.subscriptions.ask(id, Unanswered::Subscribe(request));
        self.wake_driver();
        Ok(id)
    }

    pub(super) fn unsubscribe(&mut self, request: UnsubscribeRequest) -> Result<RequestId, Declined<RequestError>> {
        self.check_open()?;
        let id = self.session.unsubscribe(request.clone()).map_err(Declined::Rejected)?;
        self.subscriptions.ask(id, Unanswered::Unsubscribe(request));
        self.wake_driver();
        Ok(id)
    }

    /// Allowed while closing: what was received may be acknowledged until DISCONNECT is sent.
    pub(super) fn acknowledge(&mut self, token: AckToken) -> bool {
        let is_fresh = self.session.acknowledge(token);
        self.settlement.acknowledged(token);
        self.wake_driver();
        is_fresh
    }

    pub(super) fn authenticate(&mut self, auth: Auth) -> Result<(), Declined<AuthenticateError>> {
        if self.events.is_closed() {
            return Err(Closed.into());
        }
        self.session.authenticate(auth).map_err(Declined::Rejected)?;
        self.wake_driver();
        Ok(())
    }

    pub(super) fn begin_closing(&mut self, mut closing: Closing) {
        let is_more = match &self.closing {
            None => true,
            Some(begun) => begun.pending != Pending::Abandon && closing.pending == Pending::Abandon,
        };
        if is_more && !self.events.is_closed() {
            let expiry = closing.properties.session_expiry_interval.or(self.expiry_at_end);
            closing.properties.session_expiry_interval = expiry;
            self.closing = Some(Box::new(closing));
            self.wake_driver();
        }
    }

    pub(super) fn begin_reconnect(&mut self) {
        if self.session.state() == session::State::Connected && !self.is_closing() {
            self.is_to_reconnect = true;
            self.wake_driver();
        }
    }

    pub(super) fn take_events(&mut self, batch: &mut VecDeque<Event>) {
        let was_full = self.events.is_full();
        self.events.take(batch);
        if was_full {
            self.wake_driver();
        }
    }

    pub(super) fn discard_events(&mut self) {
        self.events.discard();
        self.wake_driver();
    }

    fn is_closing(&self) -> bool {
        self.events.is_closed() || self.closing.is_some()
    }

    fn check_open(&self) -> Result<(), Closed> {
        if self.is_closing() { Err(Closed) } else { Ok(()) }
    }

    fn wake_driver(&mut self) {
        if let Some(waker) = self.driver.take() {
            waker.wake();
        }
    }
}

/// For the driver.
impl State {
    /// Wakes the driver at the next call of a handle that gives it something to do.
    pub(super) fn wake_at_call(&mut self, cx: &Context<'_>) {
        self.driver = Some(cx.waker().clone());
    }

    /// Whether a caller wants the client to end and nothing is left to be done. As long as it has never been connected,
    /// something is: a script wants to know whether it can connect.
    pub(super) fn may_end(&mut self, now: Instant) -> bool {
        let Some(closing) = &self.closing else { return false };
        let is_finished = self.was_connected && self.ledger.is_empty() && self.subscriptions.is_settled();
        match closing.pending {
            Pending::Abandon => true,
            Pending::Finish => is_finished,
            Pending::Settle => {
                is_finished && self.session.unreleased() == 0 && self.settlement.is_asked(&mut self.session, now)
            }
        }
    }

    /// When a connection resumed for [`Pending::Settle`] stops waiting.
    pub(super) fn settled_at(&self) -> Option<Instant> {
        self.settlement.deadline()
    }

    /// The connection has ended by our DISCONNECT; `false`: another one is needed, see [`Settlement::ended`].
    pub(super) fn ends_with(&mut self, is_orderly: bool) -> bool {
        let is_settled = self.settlement.ended(is_orderly);
        is_settled || !matches!(&self.closing, Some(closing) if closing.pending == Pending::Settle)
    }

    /// The connection has ended by our DISCONNECT; whether that was only to come back.
    pub(super) fn is_to_reconnect(&mut self) -> bool {
        std::mem::take(&mut self.is_to_reconnect) && self.closing.is_none()
    }

    /// Passes a disconnect that is due to the session; returns whether it did.
    pub(super) fn disconnect_if_due(&mut self, now: Instant) -> bool {
        if self.may_end(now)
            && self.session.state() != session::State::Closing
            && let Some(closing) = &mut self.closing
        {
            // Not taken: with `Settle` there may be another.
            let properties = closing.properties.clone();
            self.session.disconnect(closing.reason, properties);
            return true;
        }
        if self.is_to_reconnect && self.session.state() == session::State::Connected {
            self.session.disconnect(ReasonCode::Success, DisconnectProperties::default());
            return true;
        }
        false
    }

    /// Writes the session's journal; `false`: it cannot be, and nothing may be sent any more.
    pub(super) fn commit_journal(&mut self) -> bool {
        if let Err(error) = self.session.commit_journal() {
            self.journal_error.get_or_insert(error);
        }
        self.journal_error.is_none()
    }

    /// How many messages that are acknowledged have come since the last call.
    pub(super) fn take_deliveries(&mut self) -> u32 {
        std::mem::take(&mut self.deliveries)
    }

    /// Why the journal of the session cannot be written.
    pub(super) fn journal_error(&self) -> Option<String> {
        self.journal_error.clone()
    }

    /// Begins a re-authentication, unless one is in progress.
    pub(super) fn reauthenticate(&mut self) {
        let auth = Auth { reason: ReasonCode::ReAuthenticate, data: None, details: Details::default() };
        _ = self.session.authenticate(auth);
    }

    /// A stream is open, and the session is about to send CONNECT on it.
    pub(super) fn begin_link(&mut self, peer: Option<SocketAddr>, timings: DialTimings, now: Instant) {
        self.link = LinkState::Connecting(Box::new(Begun { peer, timings, since: now }));
        self.connected_since = None;
        self.has_progressed = false;
        self.is_to_reconnect = false;
        self.session_loss = if self.is_session_kept() { SessionLoss::Forgotten } else { SessionLoss::Ended };
        self.session.connect(now);
    }

    /// Moves the events of the session to where they belong.
    pub(super) fn take_session_events(&mut self, now: Instant) {
        while let Some(event) = self.session.poll_event() {
            match event {
                session::Event::Message(received) => {
                    // Retained messages arrive with every subscription, and resent ones are not new.
                    self.has_progressed |= !received.dup && !received.message.retain;
                    self.settlement.received(&received);
                    self.deliveries += u32::from(received.message.qos > QoS::AtMostOnce);
                    self.events.push(Event::Message(received));
                }
                session::Event::Published { id, outcome } => {
                    self.has_progressed = true;
                    self.ledger.finish(id);
                    self.events.push(Event::Published { id, outcome });
                }
                session::Event::Subscribed { id, ack } => match self.subscriptions.subscribed(id, &ack) {
                    Some(request) => self.push_resubscribed(request, Ok(*ack)),
                    None => self.events.push(Event::Subscribed { id, ack }),
                },
                session::Event::Unsubscribed { id, ack } => {
                    self.subscriptions.unsubscribed(id, &ack);
                    self.events.push(Event::Unsubscribed { id, ack });
                }
                session::Event::RequestRejected { id, error } => match self.subscriptions.rejected(id) {
                    Some(request) => self.push_resubscribed(request, Err(*error)),
                    None => self.events.push(Event::RequestRejected { id, error }),
                },
                session::Event::Tolerated(violation) => self.events.push(Event::Tolerated(violation)),
                session::Event::Narrowed(window) => self.events.push(Event::Narrowed(window)),
                session::Event::Auth(auth) => self.events.push(Event::Auth(auth)),
                session::Event::Connected(ack) => self.accepted(*ack, now),
                session::Event::Refused(ack) => self.link = LinkState::Ended(LinkEnd::Refused(ack)),
                session::Event::Disconnected(how) => self.link = LinkState::Ended(LinkEnd::Disconnected(how)),
            }
        }
    }

    fn accepted(&mut self, ack: ConnAck, now: Instant) {
        let is_session_lost = self.was_connected && !ack.session_present;
        self.was_connected = true;
        if let LinkState::Connecting(begun) = std::mem::replace(&mut self.link, LinkState::Connected) {
            let Begun { peer, timings, since } = *begun;
            let handshake = now.saturating_duration_since(since);
            let session_loss = is_session_lost.then_some(self.session_loss);
            self.events.push(Event::Connected(Box::new(Connected { ack, peer, timings, handshake, session_loss })));
        }
        self.connected_since = Some(now);
        self.settlement.connected(is_session_lost, now);
        if is_session_lost {
            for request in self.subscriptions.take_standing() {
                match self.session.subscribe(request.clone()) {
                    Ok(id) => self.subscriptions.ask(id, Unanswered::Resubscribe(request)),
                    Err(error) => self.push_resubscribed(request, Err(error)),
                }
            }
        }
    }

    /// Why the connection is over, once the session knows that it is.
    pub(super) fn end_link(&mut self) -> LinkEnd {
        let over = LinkState::Ended(LinkEnd::Disconnected(Disconnected::Lost));
        match std::mem::replace(&mut self.link, over) {
            LinkState::Ended(end) => end,
            LinkState::Connecting(_) | LinkState::Connected => LinkEnd::Disconnected(Disconnected::Lost),
        }
    }

    /// What was handed out up to `through` has been written.
    pub(super) fn flushed(&mut self, through: DeliveryId) {
        self.session.handle_flushed();
        let mut count = self.ledger.flush(through);
        if count == 0 {
            return;
        }
        // One event covers all flushes before the consumer looks.
        if let Some(Event::Flushed { through: last, count: more }) = self.events.last_mut() {
            *last = through;
            count += *more;
            *more = count;
        } else {
            self.events.push(Event::Flushed { through, count });
        }
    }

    /// What was handed out up to `through` and not written is lost with its connection.
    pub(super) fn lose_unflushed(&mut self, through: DeliveryId) {
        while let Some(id) = self.ledger.take_unflushed(through) {
            self.events.push(Event::Published { id, outcome: PublishOutcome::Lost });
        }
    }

    /// Lets waiting publishes continue once there is room for many of them.
    pub(super) fn is_room_news(&mut self) -> bool {
        let is_half_empty =
            self.session.queued() <= MAXIMUM_QUEUED / 2 && self.ledger.bytes() <= MAXIMUM_UNFINISHED_BYTES / 2;
        (is_half_empty || self.is_closing()) && std::mem::take(&mut self.is_room_wanted)
    }

    pub(super) fn was_connected(&self) -> bool {
        self.was_connected
    }

    /// Whether the connection that has ended made progress.
    pub(super) fn has_progressed(&self) -> bool {
        self.has_progressed || self.session.has_progressed()
    }

    /// Whether nothing of ours is waiting for the broker.
    pub(super) fn is_idle(&self) -> bool {
        self.ledger.is_empty() && self.subscriptions.is_settled()
    }

    /// Whether the broker keeps the session without a connection.
    pub(super) fn is_session_kept(&self) -> bool {
        self.session.granted().session_expiry_interval > 0
    }

    /// When CONNACK accepted the current connection.
    pub(super) fn connected_since(&self) -> Option<Instant> {
        self.connected_since
    }

    /// The last event, after an outcome for everything that has none.
    pub(super) fn close(&mut self, result: Result<(), Box<ClientError>>) {
        let sent = self.session.transmitted();
        for id in self.ledger.take_all() {
            let outcome = if Some(id) > sent { PublishOutcome::Unsent } else { PublishOutcome::Lost };
            self.events.push(Event::Published { id, outcome });
        }
        self.events.push(Event::Closed(result));
    }

    fn push_resubscribed(&mut self, request: SubscribeRequest, answer: Result<SubAck, RequestError>) {
        self.events.push(Event::Resubscribed(Box::new(Resubscribed { request, answer })));
    }
}

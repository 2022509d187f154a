use std::collections::VecDeque;
use std::time::Instant;

use bytes::BytesMut;

use super::caution::Caution;
use super::codec::{self, Subscription};
use super::connection::{Connection, Control};
use super::incoming::{IncomingIds, Use};
use super::keep_alive::Due;
use super::options::{check_binary, check_text, check_user_properties};
use super::window::{Request, Window};
use super::{
    AckToken, Auth, AuthenticateError, Authenticator, ConnectOptions, DeliveryId, Disconnect, DisconnectProperties,
    Disconnected, Event, Granted, InvalidOptions, Journal, OnSessionLoss, PublishError, PublishOutcome, RequestError,
    RequestId, Restored, SubscribeRequest, UnsubscribeRequest, request,
};
use crate::mqtt::{Message, QoS, ReasonCode};

/// One MQTT session, over any number of network connections, without I/O.
///
/// # States
///
/// ```text
///                  connect                    CONNACK, success
///   Disconnected ───────────► Connecting ──────────────────────► Connected
///        ▲                        │                                  │
///        │                        │ CONNACK, refusal                 │ DISCONNECT either way, violation,
///        │                        │ DISCONNECT, violation            │ no PINGRESP
///        │                        ▼                                  ▼
///        │  handle_closed      ┌────────────────────────────────────────┐
///        ├─────────────────────┤                Closing                 │ (at most DISCONNECT is still to be sent)
///        │                     └────────────────────────────────────────┘
///        └──────── handle_closed in Connecting or Connected: Disconnected::Lost ───────
/// ```
///
/// A connection begins with [`connect`](Self::connect) and ends with [`handle_closed`](Self::handle_closed). In
/// between comes exactly one of [`Event::Refused`] and [`Event::Disconnected`], at the latest at `handle_closed`.
///
/// # Driving order
///
/// With a stream open, call `connect`, and then after *every* call of any method that is not a query:
///
/// 1. [`poll_event`](Self::poll_event) until `None`;
/// 2. [`poll_transmit`](Self::poll_transmit) into a buffer, write the buffer to the stream; again as long as it
///    returns [`Transmit::Bytes`]. On [`Transmit::Close`] flush, shut down the sending half, drain the input for
///    a moment, and call `handle_closed`;
/// 3. wait for the first of: bytes ([`handle_input`](Self::handle_input)), the end of the stream
///    (`handle_closed`), the time of [`poll_timeout`](Self::poll_timeout)
///    ([`handle_timeout`](Self::handle_timeout)), the application.
///
/// Reading and writing need not wait for one another: `handle_input` may be called while an earlier buffer is still
/// being written, and must be, to avoid a deadlock with the peer. `now` never goes backwards; it may stay the same.
///
/// Publishes and requests may be queued in any state; they are sent once a connection is open.
///
/// # What is kept across connections
///
/// | | session present | not present |
/// |---|---|---|
/// | queued, never sent | sent | sent |
/// | sent at QoS 1, unacknowledged | PUBLISH again with DUP, same packet id | published again, see [`OnSessionLoss`] |
/// | sent at QoS 2, no PUBREC | PUBLISH again with DUP, same packet id | [`PublishOutcome::Uncertain`] |
/// | PUBREC seen | PUBREL again | [`PublishOutcome::Uncertain`] |
/// | SUBSCRIBE or UNSUBSCRIBE unanswered | sent again | sent again |
/// | packet ids of incoming QoS 2 | kept: no second delivery | forgotten |
/// | topic aliases, either way | forgotten | forgotten |
///
/// MQTT 3.1 cannot say whether the session is present; without Clean Session it is taken to be.
///
/// [`PublishOutcome::Uncertain`]: super::PublishOutcome::Uncertain
#[derive(Debug)]
pub struct Session {
    pub(super) options: Box<ConnectOptions>,
    pub(super) authenticator: Option<Box<dyn Authenticator>>,
    pub(super) journal: Option<Box<dyn Journal>>,
    pub(super) granted: Granted,
    pub(super) state: State,
    /// There has been a connection before.
    pub(super) connected_before: bool,
    pub(super) connection: Connection,
    /// SUBSCRIBE and UNSUBSCRIBE not yet sent.
    pub(super) requests: VecDeque<Box<Request>>,
    /// PUBLISH not yet sent.
    pub(super) queue: VecDeque<(DeliveryId, Message)>,
    pub(super) window: Window,
    pub(super) caution: Caution,
    /// PUBACK for a publish at QoS 2 has been reported.
    pub(super) tolerates_puback: bool,
    /// More messages than our Receive Maximum have been reported.
    pub(super) tolerates_excess: bool,
    pub(super) incoming: IncomingIds,
    pub(super) events: VecDeque<Event>,
    pub(super) last_delivery: u64,
    /// Queued messages up to this one have not been checked against the limits of this connection.
    pub(super) last_unchecked: u64,
    pub(super) last_transmitted: u64,
    last_request: u64,
    pub(super) unsolicited: u64,
}

/// State of the network connection; see the diagram at [`Session`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// No network connection.
    Disconnected,
    /// CONNECT is sent or about to be; no CONNACK yet.
    Connecting,
    /// CONNACK accepted the connection.
    Connected,
    /// Over, except for what is still to be sent and for closing the stream.
    Closing,
}

/// What [`Session::poll_transmit`] did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub enum Transmit {
    /// It appended bytes to the buffer: write them and ask again.
    Bytes,
    /// Nothing to send.
    Nothing,
    /// Nothing more to send on this connection: flush, shut down, call `handle_closed`.
    Close,
}

/// An idle session keeps room for this many events.
const EVENTS_KEPT: usize = 64;

impl Session {
    /// A session that has never been connected.
    pub fn new(options: ConnectOptions) -> Result<Self, InvalidOptions> {
        options.check()?;
        let window = Window::new(options.first_packet_id, options.on_session_loss == OnSessionLoss::RepublishAll);
        Ok(Self {
            granted: Granted::assumed(&options),
            connection: Connection::new(&options, options.clean_start),
            options: Box::new(options),
            authenticator: None,
            journal: None,
            state: State::Disconnected,
            connected_before: false,
            requests: VecDeque::new(),
            queue: VecDeque::new(),
            window,
            caution: Caution::default(),
            tolerates_puback: false,
            tolerates_excess: false,
            incoming: IncomingIds::new(),
            events: VecDeque::new(),
            last_delivery: 0,
            last_unchecked: 0,
            last_transmitted: 0,
            last_request: 0,
            unsolicited: 0,
        })
    }

    /// Options for the next `connect`, such as a renewed password. Best made from [`options`](Self::options), which
    /// hold the client identifier that the server assigned.
    pub fn set_options(&mut self, options: ConnectOptions) -> Result<(), InvalidOptions> {
        options.check()?;
        *self.options = options;
        Ok(())
    }

    /// Leaves enhanced authentication to this authenticator, from the next `connect` on: it decides on method and data, and
    /// an AUTH that requires an answer is not an event.
    pub fn set_authenticator(&mut self, mut authenticator: Box<dyn Authenticator>) -> Result<(), InvalidOptions> {
        check_binary("Authentication Data", &authenticator.begin())?;
        self.options.properties.authentication_method = Some(authenticator.method().to_owned());
        self.authenticator = Some(authenticator);
        Ok(())
    }

    /// Reports to a journal from now on, and goes on with what an earlier process of the session sent and did not
    /// complete, in the order of its steps. To be called before anything else. Returns the names of those publishes.
    pub fn restore(&mut self, mut journal: Box<dyn Journal>, publishes: Vec<Restored>) -> Vec<DeliveryId> {
        let mut named = Vec::with_capacity(publishes.len());
        for Restored { packet_id, is_released, message } in publishes {
            self.last_delivery += 1;
            let id = DeliveryId(self.last_delivery);
            journal.accepted(id);
            named.push((id, packet_id, is_released, message));
        }
        self.last_transmitted = self.last_delivery;
        let ids = named.iter().map(|(id, ..)| *id).collect();
        self.window.restore(named);
        self.journal = Some(journal);
        ids
    }

    /// Makes what was reported to the journal last: before what was transmitted is written, and after input.
    pub fn commit_journal(&mut self) -> Result<(), String> {
        self.journal.as_mut().map_or(Ok(()), |journal| journal.commit())
    }

    /// A publish has its outcome.
    pub(super) fn conclude_publish(&mut self, id: DeliveryId, outcome: PublishOutcome) {
        if let Some(journal) = &mut self.journal {
            journal.finished(id);
        }
        self.events.push_back(Event::Published { id, outcome });
    }

    /// Begins a network connection: the next transmit is CONNECT.
    pub fn connect(&mut self, now: Instant) {
        self.handle_closed(now);
        if let Some(authenticator) = &mut self.authenticator {
            self.options.properties.authentication_data = Some(authenticator.begin());
        }
        let resumes = self.options.version.is_v5() && self.connected_before && self.granted.session_expiry_interval > 0;
        self.connection = Connection::new(&self.options, self.options.clean_start && !resumes);
        self.connection.control.push_back(Control::Connect);
        self.incoming.begin_connection();
        self.caution.begin_connection();
        self.state = State::Connecting;
    }

    /// Takes whole packets from the front of `input` and leaves an incomplete one.
    ///
    /// It never allocates more memory than has arrived: the length in a header reserves nothing. When the connection is
    /// over, it discards the input.
    pub fn handle_input(&mut self, input: &mut BytesMut, now: Instant) {
        if let Some(keep_alive) = &mut self.connection.keep_alive
            && !input.is_empty()
        {
            keep_alive.heard(now);
        }
        while matches!(self.state, State::Connecting | State::Connected) {
            let handled = match codec::read_from_server(input, self.connection.rules) {
                Ok(None) => return,
                Ok(Some(incoming)) => self.handle_packet(incoming, now).and_then(|()| self.check_answers()),
                Err(violation) => Err(violation),
            };
            if let Err(violation) = handled {
                self.blame(violation);
            }
        }
        input.clear();
    }

    /// The stream has ended in any way, also in `Closing`.
    pub fn handle_closed(&mut self, _now: Instant) {
        match self.state {
            State::Disconnected => return,
            State::Connecting | State::Connected => self.end(Disconnected::Lost),
            State::Closing if self.connection.by_client => {
                self.events.push_back(Event::Disconnected(Disconnected::ByClient));
            }
            State::Closing => {}
        }
        self.state = State::Disconnected;
        self.connection.control.clear();
        self.window.end_connection(&mut self.requests);
    }

    /// The time of `poll_timeout` has been reached; calling it too early does no harm.
    pub fn handle_timeout(&mut self, now: Instant) {
        if self.state != State::Connected {
            return;
        }
        match self.connection.keep_alive.as_mut().map_or(Due::Nothing, |keep_alive| keep_alive.due(now)) {
            Due::Nothing => {}
            Due::Ping => self.queue_ping(),
            // Without DISCONNECT: no one is there to read it, and the will should be published.
            Due::GiveUp => self.end(Disconnected::KeepAliveTimeout),
        }
    }

    /// Sends PINGREQ after everything that is queued; `None` unless connected. [`pings_answered`](Self::pings_answered) reaches
    /// the number once the server has read everything up to it.
    pub fn ping(&mut self, now: Instant) -> Option<u32> {
        if self.state != State::Connected {
            return None;
        }
        self.queue_ping();
        if let Some(keep_alive) = &mut self.connection.keep_alive {
            keep_alive.pinged(now);
        }
        Some(self.connection.pings)
    }

    /// How many PINGREQs the server has answered on this connection.
    pub fn pings_answered(&self) -> u32 {
        self.connection.pings_answered
    }

    /// Sets whether the driver reads. While it does not, because its consumer is slow, PINGRESP may be waiting
    /// unread, so its absence proves nothing; the wait for it starts again when reading continues.
    pub fn set_reading(&mut self, reading: bool, now: Instant) {
        if let Some(keep_alive) = &mut self.connection.keep_alive {
            keep_alive.set_reading(reading, now);
        }
    }

    /// The stream has taken all that `poll_transmit` returned. Without this, no publish is ever given up because of how
    /// the server reacts to it.
    pub fn handle_flushed(&mut self) {
        // Not CONNECT alone.
        if self.state == State::Connected && self.window.in_flight() > 0 {
            self.caution.flushed();
        }
    }

    /// The stream has taken a part of a buffer, and the rest has to wait: so the peer is alive. On a slow line a large
    /// packet can take longer than the limit for PINGRESP, and PINGREQ is queued behind it.
    pub fn handle_progress(&mut self, now: Instant) {
        if let Some(keep_alive) = &mut self.connection.keep_alive {
            keep_alive.heard(now);
        }
    }

    /// Queues an application message.
    ///
    /// Publishes are sent in the order of these calls, also QoS 0 between QoS 1 and 2, so a full window holds up all of them.
    /// The queue is not bounded: watch [`queued`](Self::queued).
    ///
    /// # Errors
    ///
    /// The message cannot be encoded, or exceeds the limits of the server. Without a connection these are
    /// not known; then the result is [`PublishOutcome::Rejected`].
    pub fn publish(&mut self, message: Message) -> Result<DeliveryId, PublishError> {
        if self.options.version.is_v5()
            && let Some(properties) = &message.properties
        {
            request::check_publish_properties(properties)?;
        }
        if self.state == State::Connected {
            self.granted.admit(self.options.version, &message)?;
        }
        self.last_delivery += 1;
        let id = DeliveryId(self.last_delivery);
        if let Some(journal) = &mut self.journal {
            journal.accepted(id);
        }
        self.queue.push_back((id, message));
        Ok(id)
    }

    /// Every publish at QoS 0 up to this id has been handed to `poll_transmit`, or had its event. It is sent when
    /// the driver has written that buffer.
    pub fn transmitted(&self) -> Option<DeliveryId> {
        (self.last_transmitted > 0).then_some(DeliveryId(self.last_transmitted))
    }

    /// Queues SUBSCRIBE, ahead of queued publishes.
    ///
    /// # Errors
    ///
    /// As for [`publish`](Self::publish); if the limits of the server are not known yet, the result is
    /// [`Event::RequestRejected`].
    pub fn subscribe(&mut self, request: SubscribeRequest) -> Result<RequestId, RequestError> {
        request::check_subscribe(&request, self.options.version)?;
        self.request(Subscription::Subscribe(request))
    }

    /// Queues UNSUBSCRIBE, ahead of queued publishes.
    ///
    /// # Errors
    ///
    /// As for [`subscribe`](Self::subscribe).
    pub fn unsubscribe(&mut self, request: UnsubscribeRequest) -> Result<RequestId, RequestError> {
        request::check_unsubscribe(&request)?;
        self.request(Subscription::Unsubscribe(request))
    }

    /// Acknowledges a message received with [`Acknowledge::Manual`](super::Acknowledge::Manual). `false`: the token is stale or was used
    /// before.
    pub fn acknowledge(&mut self, token: AckToken) -> bool {
        let AckToken { packet_id, exactly_once, .. } = token;
        let connected = self.state == State::Connected;
        if !exactly_once && !connected {
            return false;
        }
        match self.incoming.acknowledge(token) {
            Use::Stale => return false,
            Use::Answer if connected => {
                let exactly_once = exactly_once.then_some(Control::PubRec { packet_id });
                self.connection.control.push_back(exactly_once.unwrap_or(Control::PubAck { packet_id }));
            }
            Use::Answer | Use::Noted => {}
        }
        true
    }

    /// Queues AUTH: `ContinueAuthentication` answers [`Event::Auth`], `ReAuthenticate` begins an exchange on an
    /// open connection.
    ///
    /// # Errors
    ///
    /// CONNECT named no method, no exchange is under way, or the data is too long.
    pub fn authenticate(&mut self, mut auth: Auth) -> Result<(), AuthenticateError> {
        if self.options.properties.authentication_method.is_none() || !self.options.version.is_v5() {
            return Err(AuthenticateError::NoMethod);
        }
        check_binary("Authentication Data", auth.data.as_deref().unwrap_or_default())?;
        check_text("Reason String", auth.details.reason_string.as_deref().unwrap_or_default())?;
        check_user_properties(&auth.details.user_properties)?;
        match (self.state, auth.reason) {
            (State::Connecting, ReasonCode::ContinueAuthentication) if !self.connection.connect_is_due() => {}
            (State::Connected, ReasonCode::ContinueAuthentication) if self.connection.reauthenticating => {}
            (State::Connected, ReasonCode::ReAuthenticate) if !self.connection.reauthenticating => {
                self.connection.reauthenticating = true;
                if let Some(authenticator) = &mut self.authenticator {
                    auth.data = Some(authenticator.begin());
                }
            }
            _ => return Err(AuthenticateError::NotExpected),
        }
        self.connection.control.push_back(Control::Auth(Box::new(auth)));
        Ok(())
    }

    /// Ends the connection properly: acknowledgements already queued, then DISCONNECT, then [`Transmit::Close`].
    ///
    /// Publishes that are still queued stay queued, so poll until [`queued`](Self::queued) is 0 first. Before 5.0,
    /// `DisconnectWithWillMessage` sends no DISCONNECT, which has that meaning there.
    pub fn disconnect(&mut self, reason: ReasonCode, mut properties: DisconnectProperties) {
        if !matches!(self.state, State::Connecting | State::Connected) {
            return;
        }
        self.state = State::Closing;
        self.connection.keep_alive = None;
        self.connection.by_client = true;
        let silent = !self.options.version.is_v5() && reason == ReasonCode::DisconnectWithWillMessage;
        if self.connection.connect_is_due() {
            self.connection.control.clear();
            return;
        }
        if silent {
            return;
        }
        if self.options.properties.session_expiry_interval.unwrap_or(0) == 0 {
            properties.session_expiry_interval = None;
        }
        self.connection.control.push_back(Control::Disconnect(Box::new(Disconnect { reason, properties })));
    }

    /// The next event.
    pub fn poll_event(&mut self) -> Option<Event> {
        let event = self.events.pop_front();
        // A burst of small messages takes many times its bytes here; an idle session must not keep that.
        if event.is_none() && self.events.capacity() > EVENTS_KEPT {
            self.events = VecDeque::new();
        }
        event
    }

    /// Gives back the memory of queues that are empty. For a connection that will be idle: the next packet takes it again.
    pub(crate) fn release_buffers(&mut self) {
        fn release<T>(queue: &mut VecDeque<T>) {
            if queue.is_empty() {
                *queue = VecDeque::new();
            }
        }
        release(&mut self.events);
        release(&mut self.queue);
        release(&mut self.requests);
        release(&mut self.connection.control);
    }

    /// When to call `handle_timeout`; changes with every other call.
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.connection.keep_alive.as_ref()?.deadline()
    }

    /// State of the network connection.
    pub fn state(&self) -> State {
        self.state
    }

    /// Options in force, with the client identifier that the server assigned.
    pub fn options(&self) -> &ConnectOptions {
        &self.options
    }

    /// What the server granted last.
    pub fn granted(&self) -> &Granted {
        &self.granted
    }

    /// Publishes at QoS 1 and 2 sent and not completed.
    pub fn outstanding(&self) -> usize {
        self.window.publishes()
    }

    /// How many more publishes of this QoS (1 or 2) can be queued and sent at once; 0 unless connected.
    pub fn window_space(&self, qos: QoS) -> usize {
        if self.state != State::Connected {
            return 0;
        }
        self.limits().of(qos).saturating_sub(self.window.publishes() + self.queue.len())
    }

    /// How many publishes of this QoS (1 or 2) may be in flight on the current connection.
    pub fn window(&self, qos: QoS) -> usize {
        self.limits().of(qos)
    }

    /// The window, if the next publish in the queue waits for room in it.
    pub fn held_up(&self) -> Option<usize> {
        let (_, next) = self.queue.front()?;
        let limits = self.limits();
        let is_waiting = self.state == State::Connected && next.qos > QoS::AtMostOnce;
        (is_waiting && self.is_held_up(next.qos, limits)).then(|| limits.of(next.qos))
    }

    /// Whether the current connection, or the last one, made progress: something was acknowledged, or the window was
    /// narrowed.
    pub fn has_progressed(&self) -> bool {
        self.caution.has_progressed()
    }

    /// Bytes of the payload, if the last connection ended with a publish in flight that was larger than any acknowledged
    /// before.
    pub fn oversized(&self) -> Option<usize> {
        self.caution.oversized()
    }

    /// Messages received at QoS 2 that have been acknowledged and that the server has not released yet: until then,
    /// it may send them again to another process.
    pub fn unreleased(&self) -> usize {
        self.incoming.unreleased()
    }

    /// Publishes not yet sent, of any QoS.
    pub fn queued(&self) -> usize {
        self.queue.len()
    }

    /// Answers to packets that were never sent, since the session began: unusual, but harmless.
    pub fn unsolicited(&self) -> u64 {
        self.unsolicited
    }

    fn queue_ping(&mut self) {
        self.connection.pings += 1;
        self.connection.control.push_back(Control::PingReq);
    }

    fn request(&mut self, subscription: Subscription) -> Result<RequestId, RequestError> {
        if self.state == State::Connected {
            self.granted.admit_request(self.options.version, &subscription)?;
        }
        self.last_request += 1;
        let id = RequestId(self.last_request);
        self.requests.push_back(Box::new(Request { id, subscription }));
        Ok(id)
    }
}

use std::time::Instant;

use bytes::BytesMut;

use super::{
    AckToken, Auth, AuthenticateError, ConnectOptions, DeliveryId, DisconnectProperties, Event, Granted,
    InvalidOptions, PublishError, RequestError, RequestId, SubscribeRequest, UnsubscribeRequest,
};
use crate::mqtt::{Message, ReasonCode};

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
///    says [`Transmit::Bytes`]. At [`Transmit::Close`] flush, shut down the sending half, drain what still comes
///    for a moment, and call `handle_closed`;
/// 3. wait for the first of: bytes ([`handle_input`](Self::handle_input)), the end of the stream
///    (`handle_closed`), the time of [`poll_timeout`](Self::poll_timeout)
///    ([`handle_timeout`](Self::handle_timeout)), the application.
///
/// Reading and writing need not wait for one another: `handle_input` may be called while an earlier buffer is still
/// being written, and must be, if the peer is not to be dead-locked. `now` never goes backwards; it may stand still.
///
/// Publishes and requests may be queued in any state; they go out once a connection stands.
///
/// # What is kept over connections
///
/// | | session present | not present |
/// |---|---|---|
/// | queued, never sent | sent | sent |
/// | sent at QoS 1 or 2, unacknowledged | PUBLISH again with DUP, same packet id | [`PublishOutcome::Lost`] |
/// | PUBREC seen | PUBREL again | [`PublishOutcome::Lost`] |
/// | SUBSCRIBE or UNSUBSCRIBE unanswered | sent anew | sent anew |
/// | packet ids of incoming QoS 2 | kept: no second delivery | forgotten |
/// | topic aliases, either way | forgotten | forgotten |
///
/// MQTT 3.1 cannot say whether the session is present; without Clean Session it is taken to be.
///
/// [`PublishOutcome::Lost`]: super::PublishOutcome::Lost
#[derive(Debug)]
pub struct Session {
    options: Box<ConnectOptions>,
}

/// Where the network connection stands; see the diagram at [`Session`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// No network connection.
    Disconnected,
    /// CONNECT is sent or about to be; no CONNACK yet.
    Connecting,
    /// CONNACK accepted the connection.
    Connected,
    /// Over, but for what is still to be sent and for closing the stream.
    Closing,
}

/// What [`Session::poll_transmit`] did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub enum Transmit {
    /// It appended bytes to the buffer: write them and ask again.
    Bytes,
    /// There is nothing to send.
    Nothing,
    /// There is nothing to send any more on this connection: flush, shut down, call `handle_closed`.
    Close,
}

impl Session {
    /// A session that has never been connected.
    pub fn new(options: ConnectOptions) -> Result<Self, InvalidOptions> {
        options.check()?;
        Ok(Self { options: Box::new(options) })
    }

    /// Options for the next `connect`, such as a renewed password.
    ///
    /// The client identifier that the server assigned is in [`options`](Self::options) already.
    pub fn set_options(&mut self, options: ConnectOptions) -> Result<(), InvalidOptions> {
        options.check()?;
        *self.options = options;
        Ok(())
    }

    /// Begins a network connection: the next transmit is CONNECT.
    pub fn connect(&mut self, _now: Instant) {
        unimplemented!()
    }

    /// Takes whole packets from the front of `input` and leaves the part of one that is not whole yet.
    ///
    /// It never asks for more memory than has arrived: a header's promise reserves nothing. When the connection is
    /// over it discards the input.
    pub fn handle_input(&mut self, _input: &mut BytesMut, _now: Instant) {
        unimplemented!()
    }

    /// The stream has ended, in whichever way. In `Closing` too.
    pub fn handle_closed(&mut self, _now: Instant) {
        unimplemented!()
    }

    /// The time of `poll_timeout` has come; too early does no harm.
    pub fn handle_timeout(&mut self, _now: Instant) {
        unimplemented!()
    }

    /// Tells whether the driver reads. While it does not, since its consumer is slow, PINGRESP may be waiting
    /// unread, so its absence proves nothing; the wait for it begins anew when reading goes on.
    pub fn set_reading(&mut self, _reading: bool, _now: Instant) {
        unimplemented!()
    }

    /// Queues an application message.
    ///
    /// Publishes are sent in the order of these calls, QoS 0 among QoS 1 and 2, so a full window holds them all.
    /// The queue has no bound of its own: watch [`queued`](Self::queued).
    pub fn publish(&mut self, _message: Message) -> Result<DeliveryId, PublishError> {
        unimplemented!()
    }

    /// Every publish at QoS 0 up to this id has been handed to `poll_transmit`, or had its event. It is sent when
    /// the driver has written that buffer.
    pub fn transmitted(&self) -> Option<DeliveryId> {
        unimplemented!()
    }

    /// Queues SUBSCRIBE, ahead of queued publishes.
    pub fn subscribe(&mut self, _request: SubscribeRequest) -> Result<RequestId, RequestError> {
        unimplemented!()
    }

    /// Queues UNSUBSCRIBE, ahead of queued publishes.
    pub fn unsubscribe(&mut self, _request: UnsubscribeRequest) -> Result<RequestId, RequestError> {
        unimplemented!()
    }

    /// Acknowledges a message received with [`Acknowledge::Manual`](super::Acknowledge::Manual). `false`: the token
    /// is stale or was used before.
    pub fn acknowledge(&mut self, _token: AckToken) -> bool {
        unimplemented!()
    }

    /// Queues AUTH: `ContinueAuthentication` answers [`Event::Auth`], `ReAuthenticate` begins an exchange on a
    /// connection that stands.
    pub fn authenticate(&mut self, _auth: Auth) -> Result<(), AuthenticateError> {
        unimplemented!()
    }

    /// Ends the connection in order: acknowledgements already queued, then DISCONNECT, then [`Transmit::Close`].
    ///
    /// Publishes that are still queued stay queued, so poll until [`queued`](Self::queued) is 0 before. With
    /// `DisconnectWithWillMessage` before 5.0 no DISCONNECT is sent, which there has that meaning.
    pub fn disconnect(&mut self, _reason: ReasonCode, _properties: DisconnectProperties) {
        unimplemented!()
    }

    /// Appends packets to `buffer` until there are no more or the buffer holds 64 KiB.
    pub fn poll_transmit(&mut self, _buffer: &mut BytesMut, _now: Instant) -> Transmit {
        unimplemented!()
    }

    /// The next event.
    pub fn poll_event(&mut self) -> Option<Event> {
        unimplemented!()
    }

    /// When to call `handle_timeout`; changes with every other call.
    pub fn poll_timeout(&self) -> Option<Instant> {
        unimplemented!()
    }

    /// Where the network connection stands.
    pub fn state(&self) -> State {
        unimplemented!()
    }

    /// Options in force, with the client identifier that the server assigned.
    pub fn options(&self) -> &ConnectOptions {
        &self.options
    }

    /// What the server granted last.
    pub fn granted(&self) -> &Granted {
        unimplemented!()
    }

    /// Publishes at QoS 1 and 2 sent and not completed.
    pub fn outstanding(&self) -> usize {
        unimplemented!()
    }

    /// How many more publishes at QoS 1 and 2 may be sent now; 0 unless connected.
    pub fn window_space(&self) -> usize {
        unimplemented!()
    }

    /// Publishes not yet sent, of any QoS.
    pub fn queued(&self) -> usize {
        unimplemented!()
    }

    /// Acknowledgements for what was never sent, since the session began: odd, and harmless.
    pub fn unsolicited(&self) -> u64 {
        unimplemented!()
    }
}

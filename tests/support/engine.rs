//! The engine under test: a [`mqttx_rs::client`] that runs on a thread of its own, so that a test can play the broker
//! and the application in one row of blocking calls.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use mqttx_rs::client::{Cause, Client, ClientOptions, Declined, Event, Events, Pending, Reconnect};
use mqttx_rs::mqtt::{Message, QoS, ReasonCode, SubscriptionOptions, Version};
use mqttx_rs::session::{
    Acknowledgement, Auth, ConnAck, ConnectOptions, DeliveryId, PublishError, PublishOutcome, RequestError, RequestId,
    SubAck, SubscribeRequest,
};
use mqttx_rs::transport::Endpoint;
use tokio::sync::{mpsc as async_mpsc, oneshot};

use super::{DEADLINE, ScriptedBroker};

/// The versions that every case is tried in, unless it exists in one of them only.
pub const VERSIONS: [Version; 2] = [Version::V3_1_1, Version::V5];

/// How often an [`Engine`] tries to reconnect in a row.
pub const RECONNECTS: u32 = 10;

/// A client whose session ends with the connection.
pub fn clean(version: Version) -> ConnectOptions {
    ConnectOptions::new(version, "engine")
}

/// A client whose session outlives the connection.
pub fn persistent(version: Version) -> ConnectOptions {
    let mut options = clean(version);
    options.clean_start = false;
    if version.is_v5() {
        options.properties.session_expiry_interval = Some(3600);
    }
    options
}

/// What [`Client::publish`] says at once.
type Accepted = Result<DeliveryId, Declined<PublishError>>;

/// A running client; dropping it ends it.
#[derive(Debug)]
pub struct Engine {
    client: Client,
    publishes: async_mpsc::UnboundedSender<(Message, Sender<Accepted>)>,
    board: Arc<Board>,
    events: Receiver<Event>,
    /// Dropping it ends the thread.
    alive: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

/// A publish under way.
#[derive(Debug)]
pub struct Delivery {
    qos: QoS,
    accepted: Receiver<Accepted>,
    board: Arc<Board>,
}

/// A SUBSCRIBE under way.
#[derive(Debug)]
pub struct Request {
    id: RequestId,
    board: Arc<Board>,
}

impl Engine {
    /// Connects to a scripted broker and reconnects at once when the link is lost.
    pub fn start(broker: &ScriptedBroker, options: ConnectOptions) -> Self {
        Self::connect(broker.address(), options)
    }

    /// Connects to a scripted broker and ends with the first link.
    pub fn once(broker: &ScriptedBroker, options: ConnectOptions) -> Self {
        Self::run(ClientOptions { reconnect: Reconnect::off(), ..options_for(broker.address(), options) })
    }

    /// Connects to a scripted broker and reconnects at once, however often the link is lost.
    pub fn steadfast(broker: &ScriptedBroker, options: ConnectOptions) -> Self {
        let mut options = options_for(broker.address(), options);
        options.reconnect.first_delay = Duration::from_millis(1);
        options.reconnect.stable_after = Duration::ZERO;
        Self::run(options)
    }

    /// Connects to any broker and reconnects at once when the link is lost.
    pub fn connect(address: SocketAddr, options: ConnectOptions) -> Self {
        let reconnect = Reconnect {
            first_delay: Duration::from_millis(1),
            maximum_delay: Duration::from_millis(1),
            maximum_attempts: RECONNECTS,
            ..Reconnect::default()
        };
        Self::run(ClientOptions { reconnect, ..options_for(address, options) })
    }

    fn run(options: ClientOptions) -> Self {
        let board = Arc::new(Board::default());
        let (publishes, mut to_publish) = async_mpsc::unbounded_channel::<(Message, Sender<_>)>();
        let (teller, events) = mpsc::channel();
        let (alive, ended) = oneshot::channel();
        let (client_sender, client_receiver) = mpsc::channel();
        let events_board = board.clone();
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
            runtime.block_on(async {
                let (client, events) = mqttx_rs::client::connect(options).expect("the options are valid");
                client_sender.send(client.clone()).expect("the test waits for it");
                // One task publishes, so that publishes keep their order however long one has to wait.
                let publishing = async {
                    while let Some((message, accepted)) = to_publish.recv().await {
                        _ = accepted.send(client.publish(message).await);
                    }
                };
                tokio::select! {
                    _ = ended => {}
                    () = async { tokio::join!(publishing, collect(events, &events_board, &teller)); } => {}
                }
            });
        });
        let client = client_receiver.recv_timeout(DEADLINE).expect("the client starts");
        Self { client, publishes, board, events, alive: Some(alive), thread: Some(thread) }
    }

    /// Publishes; whatever has to wait waits behind this call.
    pub fn publish(&self, topic: &str, payload: impl AsRef<[u8]>, qos: u8) -> Delivery {
        let topic = topic.parse().expect("a valid topic");
        let qos = QoS::try_from(qos).expect("a valid QoS");
        self.publish_message(Message::new(topic, payload.as_ref().to_vec()).with_qos(qos))
    }

    /// Publishes a message of the test's own.
    pub fn publish_message(&self, message: Message) -> Delivery {
        let (qos, (sender, accepted)) = (message.qos, mpsc::channel());
        self.publishes.send((message, sender)).expect("the engine runs");
        Delivery { qos, accepted, board: self.board.clone() }
    }

    /// Subscribes to one filter.
    pub fn subscribe(&self, filter: &str, qos: u8) -> Request {
        let qos = QoS::try_from(qos).expect("a valid QoS");
        let options = SubscriptionOptions::new(filter.parse().expect("a valid filter"), qos);
        let request = SubscribeRequest { filters: vec![options], ..SubscribeRequest::default() };
        let id = self.client.subscribe(request).expect("the request is accepted");
        Request { id, board: self.board.clone() }
    }

    /// Sends AUTH.
    pub fn authenticate(&self, auth: Auth) {
        self.client.authenticate(auth).expect("AUTH has its place here");
    }

    /// Ends in order and waits until that is done.
    pub fn disconnect(mut self) {
        self.client.disconnect(Pending::Finish);
        while !matches!(self.next(), Event::Closed(Ok(()))) {}
    }

    /// The next event other than the outcomes of publishes and requests.
    #[track_caller]
    pub fn next(&mut self) -> Event {
        self.events.recv_timeout(DEADLINE).expect("the engine reports something within the deadline")
    }

    /// The next message; connections that come and go before it are passed over.
    #[track_caller]
    pub fn expect_message(&mut self) -> Message {
        loop {
            match self.next() {
                Event::Message(received) => return received.message,
                Event::Connected(_) | Event::Reconnecting(_) | Event::Resubscribed { .. } | Event::Narrowed(_) => {}
                other => panic!("\n  expected: a message\n  received: {other:?}"),
            }
        }
    }

    /// The payload of the next message.
    #[track_caller]
    pub fn expect_text(&mut self) -> String {
        String::from_utf8(self.expect_message().payload.into()).expect("the payload is text")
    }

    /// The next event, which is CONNACK.
    #[track_caller]
    pub fn expect_connected(&mut self) -> ConnAck {
        match self.next() {
            Event::Connected(connected) => connected.ack,
            other => panic!("\n  expected: a connection\n  received: {other:?}"),
        }
    }

    /// The end of the client, by its own choice, and what caused it.
    #[track_caller]
    pub fn expect_given_up(&mut self) -> Cause {
        loop {
            match self.next() {
                Event::Closed(Err(error)) => return error.cause,
                Event::Connected(_) | Event::Reconnecting(_) | Event::Message(_) => {}
                other => panic!("\n  expected: the end\n  received: {other:?}"),
            }
        }
    }

    /// The end of the client for a refused CONNECT.
    #[track_caller]
    pub fn expect_refusal(&mut self) -> ConnAck {
        match self.expect_given_up() {
            Cause::Refused(ack) => *ack,
            other => panic!("\n  expected: a refusal\n  received: {other:?}"),
        }
    }

    /// The end of the client because of a fault of the broker, with the reason sent to it.
    #[track_caller]
    pub fn expect_violation(&mut self) -> ReasonCode {
        match self.expect_given_up() {
            Cause::Violation(violation) => violation.reason,
            other => panic!("\n  expected: a violation\n  received: {other:?}"),
        }
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        self.alive = None;
        if let Some(thread) = self.thread.take() {
            _ = thread.join();
        }
    }
}

impl Delivery {
    /// The same, once the client has it.
    #[track_caller]
    pub fn queued(self) -> Self {
        let accepted = self.accepted();
        let (sender, receiver) = mpsc::channel();
        _ = sender.send(accepted);
        Self { accepted: receiver, ..self }
    }

    /// What became of it; a publish at `QoS` 0 that was written counts as acknowledged.
    #[track_caller]
    pub fn outcome(self) -> PublishOutcome {
        match self.accepted() {
            Ok(id) => self.board.wait_for(|state| state.outcome(id, self.qos)),
            Err(Declined::Rejected(error)) => PublishOutcome::Rejected(Box::new(error)),
            Err(Declined::Closed(closed)) => panic!("the publish is not accepted: {closed}"),
        }
    }

    /// The reason with which the broker took it.
    #[track_caller]
    pub fn acknowledged(self) -> ReasonCode {
        match self.outcome() {
            PublishOutcome::Acknowledged(acknowledgement) => acknowledgement.reason,
            other => panic!("\n  expected: an acknowledged publish\n  received: {other:?}"),
        }
    }

    /// What the broker said as it refused it.
    #[track_caller]
    pub fn refused(self) -> Acknowledgement {
        match self.outcome() {
            PublishOutcome::Refused(acknowledgement) => acknowledgement,
            other => panic!("\n  expected: a refused publish\n  received: {other:?}"),
        }
    }

    /// Why the engine itself declined it.
    #[track_caller]
    pub fn error(self) -> PublishError {
        match self.outcome() {
            PublishOutcome::Rejected(error) => *error,
            other => panic!("\n  expected: a rejected publish\n  received: {other:?}"),
        }
    }

    /// Waits until it is given up, as the broker hangs up at it; its payload.
    #[track_caller]
    pub fn hung_up(self) -> String {
        match self.outcome() {
            PublishOutcome::HungUp(message) => String::from_utf8(message.payload.into()).expect("the payload is text"),
            other => panic!("\n  expected: a publish that is given up\n  received: {other:?}"),
        }
    }

    /// Waits until it is known that its fate is not.
    #[track_caller]
    pub fn lost(self) {
        match self.outcome() {
            PublishOutcome::Uncertain | PublishOutcome::Lost => {}
            other => panic!("\n  expected: a lost publish\n  received: {other:?}"),
        }
    }

    #[track_caller]
    fn accepted(&self) -> Accepted {
        self.accepted.recv_timeout(DEADLINE).expect("the publish is accepted or declined within the deadline")
    }
}

impl Request {
    /// The reason for its only filter.
    #[track_caller]
    pub fn reason(self) -> ReasonCode {
        let answer = self.board.wait_for(|state| state.answers.remove(&self.id));
        let ack = answer.expect("the request is answered");
        assert_eq!(ack.reasons.len(), 1, "{ack:?}");
        ack.reasons[0]
    }
}

fn options_for(address: SocketAddr, connect: ConnectOptions) -> ClientOptions {
    ClientOptions::new(connect, Endpoint::tcp(address.ip().to_string(), address.port()))
}

/// Where the outcomes of publishes and requests wait for those who ask.
#[derive(Debug, Default)]
struct Board {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    outcomes: HashMap<DeliveryId, PublishOutcome>,
    flushed: Option<DeliveryId>,
    answers: HashMap<RequestId, Result<SubAck, RequestError>>,
}

impl Board {
    #[track_caller]
    fn wait_for<T>(&self, mut take: impl FnMut(&mut State) -> Option<T>) -> T {
        let deadline = Instant::now() + DEADLINE;
        let mut state = self.lock();
        loop {
            if let Some(taken) = take(&mut state) {
                return taken;
            }
            let left = deadline.saturating_duration_since(Instant::now());
            assert!(!left.is_zero(), "there is no outcome within {DEADLINE:?}");
            state = self.changed.wait_timeout(state, left).expect("no test thread panics with the lock").0;
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("no test thread panics with the lock")
    }
}

impl State {
    fn outcome(&mut self, id: DeliveryId, qos: QoS) -> Option<PublishOutcome> {
        self.outcomes.remove(&id).or_else(|| {
            let flushed = qos == QoS::AtMostOnce && self.flushed.is_some_and(|through| id <= through);
            let acknowledgement = Acknowledgement { reason: ReasonCode::Success, details: None };
            flushed.then_some(PublishOutcome::Acknowledged(acknowledgement))
        })
    }
}

/// Sorts events: outcomes to the board, the rest to the test.
async fn collect(mut events: Events, board: &Board, sender: &Sender<Event>) {
    while let Some(event) = events.next().await {
        let mut state = board.lock();
        match event {
            Event::Published { id, outcome } => {
                let before = state.outcomes.insert(id, outcome);
                assert!(before.is_none(), "a publish has two outcomes, the first was {before:?}");
            }
            Event::Flushed { through, .. } => state.flushed = Some(through),
            Event::Subscribed { id, ack } | Event::Unsubscribed { id, ack } => _ = state.answers.insert(id, Ok(*ack)),
            Event::RequestRejected { id, error } => _ = state.answers.insert(id, Err(*error)),
            other => _ = sender.send(other),
        }
        board.changed.notify_all();
    }
}

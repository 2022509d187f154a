use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::num::NonZeroU16;
use std::sync::mpsc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use rmqtt::context::ServerContext;
use rmqtt::delayed::DefaultDelayedSender;
use rmqtt::hook::Type;
use rmqtt::net::{Builder, Listener};
use rmqtt::server::MqttServer;
use rmqtt::shared::DefaultShared;
use tokio::runtime;
use tokio::sync::oneshot;

use super::authentication::Authentication;
use super::delayed::Delayed;
use super::expiry::ExpiryCheck;
use super::publishing::PublishCheck;
use super::retained::{Replay, RetainedStore};
use super::router::SubscriptionRouter;
use super::subscribing::{SharedSubscriptionsAvailable, SubscribeHooks};
use super::subscriptions::Subscriptions;
use super::takeover::Sessions;
use super::will::Wills;
use super::{BrokerError, BrokerOptions};

/// Threads for the broker's tasks: it is company for a client or for a script, not a server.
const WORKERS: usize = 2;

/// How long a stop waits for tasks that are just running; those that wait for something end at once.
const STOP_TIMEOUT: Duration = Duration::from_secs(1);

/// Largest packet, bytes: a payload of tens of megabytes passes, and a WebSocket message may be as long.
const MAXIMUM_PACKET_SIZE: u32 = 64 << 20;

/// Unacknowledged messages a connection may have, either way: what a client may count on that has no Receive Maximum,
/// as any of 3.1.1. rmqtt closes the connection of one that has more.
const RECEIVE_MAXIMUM: NonZeroU16 = NonZeroU16::MAX;

/// Messages that wait for a slow or absent subscriber before any is dropped: room for a pipe of a million lines.
const MAXIMUM_QUEUED_MESSAGES: usize = 2_000_000;

/// Topic aliases of a connection, either way.
const TOPIC_ALIAS_MAXIMUM: u16 = 32;

/// A running broker. Dropping it stops it.
#[derive(Debug)]
pub struct Broker {
    addresses: Addresses,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

/// Where a broker listens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Addresses {
    /// For MQTT over TCP.
    pub mqtt: SocketAddr,
    /// For MQTT over WebSocket.
    pub websocket: Option<SocketAddr>,
}

impl Broker {
    /// Starts a broker; when this returns, which takes about a millisecond, it accepts connections.
    ///
    /// # Errors
    ///
    /// Says which address is taken, or why it cannot be listened on.
    pub fn start(options: BrokerOptions) -> Result<Self, BrokerError> {
        let (started, addresses) = mpsc::sync_channel(1);
        let (stop, stopped) = oneshot::channel();
        // A thread of its own, so that it can be started and stopped in the midst of another runtime.
        let thread = thread::Builder::new()
            .name("broker".into())
            .spawn(move || run(options, &started, stopped))
            .map_err(BrokerError::Start)?;
        let addresses = addresses
            .recv()
            .unwrap_or_else(|_| Err(BrokerError::Start(io::Error::other("its thread ended before it had begun"))))?;
        Ok(Self { addresses, stop: Some(stop), thread: Some(thread) })
    }

    /// Where it listens, with the ports that were picked.
    pub fn addresses(&self) -> Addresses {
        self.addresses
    }

    /// Stops it and waits until its connections are closed and its threads are gone, which takes milliseconds.
    pub fn stop(self) {
        drop(self);
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        // Dropping the sender is the signal.
        self.stop = None;
        if let Some(thread) = self.thread.take() {
            // A panic in there has been reported by its thread; there is nothing to add.
            let _ = thread.join();
        }
    }
}

impl fmt::Display for Addresses {
    /// One URL a line.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "mqtt://{}", self.mqtt)?;
        match self.websocket {
            Some(websocket) => write!(f, "\nws://{websocket}/mqtt"),
            None => Ok(()),
        }
    }
}

/// The broker's thread, from its start to its end.
fn run(
    options: BrokerOptions,
    started: &mpsc::SyncSender<Result<Addresses, BrokerError>>,
    stopped: oneshot::Receiver<()>,
) {
    let runtime = match runtime::Builder::new_multi_thread()
        .worker_threads(WORKERS)
        .thread_name("broker-worker")
        .enable_all()
        .build()
    {
        Ok(runtime) => runtime,
        Err(error) => {
            let _ = started.send(Err(BrokerError::Start(error)));
            return;
        }
    };
    let context = runtime.block_on(async {
        let context = ServerContext::new().busy_check_enable(false).task_exec_workers(1000).build().await;
        match listen(&context, &options) {
            Ok((server, addresses)) => {
                install(&context, options).await;
                // Nobody waits for the answer if the starting thread is gone; then `stopped` is ready as well.
                let _ = started.send(Ok(addresses));
                tokio::select! {
                    _ = server.run() => {}
                    _ = stopped => {}
                }
            }
            Err(error) => {
                let _ = started.send(Err(error));
            }
        }
        context
    });
    // rmqtt's sessions spawn a task when they are dropped, and spawning outside a runtime panics.
    let handle = runtime.handle().clone();
    let _inside = handle.enter();
    runtime.shutdown_timeout(STOP_TIMEOUT);
    dismantle(&context);
}

fn listen(context: &ServerContext, options: &BrokerOptions) -> Result<(MqttServer, Addresses), BrokerError> {
    let address = SocketAddr::new(options.bind, options.port);
    let (listener, mqtt) = bind(options, address)?;
    let mut server = MqttServer::new(context.clone()).listener_by_id(listener, 1);
    let mut websocket = None;
    if let Some(port) = options.websocket_port {
        let address = SocketAddr::new(options.bind, port);
        let (listener, bound) = bind(options, address)?;
        let listener = listener.ws().map_err(|error| listen_error(address, error))?;
        server = server.listener_by_id(listener, 2);
        websocket = Some(bound);
    }
    Ok((server.build(), Addresses { mqtt, websocket }))
}

fn bind(options: &BrokerOptions, address: SocketAddr) -> Result<(Listener, SocketAddr), BrokerError> {
    let listener = Builder::new()
        .name("embedded")
        .laddr(address)
        .backlog(4096)
        // Elsewhere than on Unix it would let two brokers share a port.
        .reuseaddr(cfg!(unix).then_some(true))
        .nodelay(true)
        .allow_anonymous(options.users.is_empty())
        .max_packet_size(MAXIMUM_PACKET_SIZE)
        .max_inflight(RECEIVE_MAXIMUM)
        .max_mqueue_len(MAXIMUM_QUEUED_MESSAGES)
        .max_topic_aliases(TOPIC_ALIAS_MAXIMUM)
        // `$exclusive/`.
        .limit_subscription(true)
        // By default it would add an expiry of five minutes to each message.
        .message_expiry_interval(Duration::ZERO)
        // [MQTT-4.4.0-1]: messages are sent again when a client returns, at no other time.
        .message_retry_interval(Duration::ZERO)
        // A 3.1.1 session that is kept lives as long as this broker.
        .session_expiry_interval(Duration::from_secs(u32::MAX.into()))
        // A subscriber that stops to read, in a pager for instance, is waited for.
        .send_timeout(Duration::from_hours(1))
        .bind()
        .map_err(|error| listen_error(address, error))?;
    let bound = listener.local_addr().map_err(|error| listen_error(address, error))?;
    Ok((listener, bound))
}

fn listen_error(address: SocketAddr, error: rmqtt::Error) -> BrokerError {
    BrokerError::listen(address, error.downcast::<io::Error>().unwrap_or_else(io::Error::other))
}

/// Puts in what rmqtt leaves to its embedder.
async fn install(context: &ServerContext, options: BrokerOptions) {
    let subscriptions = Subscriptions::new(options.shared_strategy);
    let retained = RetainedStore::default();
    let extensions = &context.extends;
    *extensions.shared_mut().await = Box::new(Sessions(DefaultShared::new(Some(context.clone()))));
    *extensions.router_mut().await = Box::new(SubscriptionRouter::new(subscriptions.clone(), context.node.id()));
    *extensions.shared_subscription_mut().await = Box::new(SharedSubscriptionsAvailable);
    *extensions.retain_mut().await = Box::new(retained.clone());
    *extensions.delayed_sender_mut().await = Box::new(Delayed::new(context.clone()));

    let subscribe_hooks = || Box::new(SubscribeHooks::new(subscriptions.clone()));
    let wills = Wills::default();
    let hooks = extensions.hook_mgr().register();
    hooks.add(Type::ClientAuthenticate, Box::new(Authentication::new(options.users))).await;
    hooks.add(Type::ClientConnected, subscribe_hooks()).await;
    hooks.add(Type::ClientDisconnected, subscribe_hooks()).await;
    hooks.add(Type::ClientConnected, Box::new(wills.clone())).await;
    hooks.add(Type::ClientDisconnected, Box::new(wills.clone())).await;
    hooks.add(Type::MessagePublish, Box::new(wills)).await;
    hooks.add(Type::MessageExpiryCheck, Box::new(ExpiryCheck)).await;
    hooks.add(Type::ClientSubscribe, subscribe_hooks()).await;
    hooks.add(Type::ClientSubscribeCheckAcl, subscribe_hooks()).await;
    hooks.add(Type::ClientUnsubscribe, subscribe_hooks()).await;
    hooks.add(Type::SessionSubscribed, Box::new(Replay::new(subscriptions.clone(), retained))).await;
    hooks.add(Type::MessagePublishCheckAcl, Box::new(PublishCheck::new(subscriptions.clone()))).await;
    hooks.start().await;
}

/// Takes out what holds the context, which holds it in turn: a stopped broker gives its memory back. Not before its
/// tasks have ended, which count on it.
fn dismantle(context: &ServerContext) {
    let extensions = &context.extends;
    if let Ok(mut shared) = extensions.shared.try_write() {
        *shared = Box::new(DefaultShared::new(None));
    }
    if let Ok(mut delayed_sender) = extensions.delayed_sender.try_write() {
        *delayed_sender = Box::new(DefaultDelayedSender);
    }
}

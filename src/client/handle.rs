use std::pin::pin;
use std::sync::Arc;

use crate::mqtt::{Message, ReasonCode};
use crate::session::{
    AckToken, Auth, AuthenticateError, DeliveryId, DisconnectProperties, Granted, PublishError, RequestError,
    RequestId, SubscribeRequest, UnsubscribeRequest,
};

use super::state::{Closing, Shared};
use super::{Declined, Pending};

/// A handle to a client; clones are handles to the same one.
#[derive(Debug, Clone)]
pub struct Client {
    handle: Arc<Handle>,
}

/// Ends the client when the last of `Client` and `Events` is dropped.
#[derive(Debug)]
pub(super) struct Handle {
    pub(super) shared: Arc<Shared>,
}

impl Client {
    pub(super) fn new(handle: Arc<Handle>) -> Self {
        Self { handle }
    }

    /// Publishes a message. Waits while too much is unfinished, and returns once it is accepted; its outcome is an event.
    ///
    /// While it waits, [`Events`](super::Events) must be taken, or the acknowledgements that make room are not read.
    pub async fn publish(&self, message: Message) -> Result<DeliveryId, Declined<PublishError>> {
        let shared = &self.handle.shared;
        {
            let mut state = shared.lock();
            if state.has_room() {
                return state.publish(message);
            }
        }
        loop {
            let mut room = pin!(shared.room.notified());
            // Registered before looking again, so that a notification in between is not missed.
            room.as_mut().enable();
            {
                let mut state = shared.lock();
                if state.has_room() {
                    return state.publish(message);
                }
                state.want_room();
            }
            room.await;
        }
    }

    /// Subscribes; the answer is [`Event::Subscribed`](super::Event::Subscribed). Subscriptions that were granted are
    /// made again when a reconnect finds that the broker has lost the session.
    pub fn subscribe(&self, request: SubscribeRequest) -> Result<RequestId, Declined<RequestError>> {
        self.handle.shared.lock().subscribe(request)
    }

    /// Unsubscribes; the answer is [`Event::Unsubscribed`](super::Event::Unsubscribed).
    pub fn unsubscribe(&self, request: UnsubscribeRequest) -> Result<RequestId, Declined<RequestError>> {
        self.handle.shared.lock().unsubscribe(request)
    }

    /// Acknowledges a message received with [`Acknowledge::Manual`](crate::session::Acknowledge::Manual). `false`: it
    /// is too late; the broker will send the message again.
    pub fn acknowledge(&self, token: AckToken) -> bool {
        self.handle.shared.lock().acknowledge(token)
    }

    /// Sends AUTH: an answer to [`Event::Auth`](super::Event::Auth), or the beginning of a re-authentication.
    pub fn authenticate(&self, auth: Auth) -> Result<(), Declined<AuthenticateError>> {
        self.handle.shared.lock().authenticate(auth)
    }

    /// Ends the client properly: DISCONNECT, so that no will is published, and a half-close, so that nothing sent
    /// before is lost. It does not wait: [`Event::Closed`](super::Event::Closed) follows when it is done. Nothing is
    /// accepted from here on, except another call that turns `Finish` into `Abandon`.
    pub fn disconnect(&self, pending: Pending) {
        self.disconnect_with(pending, ReasonCode::Success, DisconnectProperties::default());
    }

    /// The same with a reason, such as `DisconnectWithWillMessage`, and properties.
    pub fn disconnect_with(&self, pending: Pending, reason: ReasonCode, properties: DisconnectProperties) {
        self.handle.shared.lock().begin_closing(Closing { pending, reason, properties });
    }

    /// Ends the connection in order and comes back to the same session, so that the broker sends again what has not
    /// been acknowledged. Nothing where there is no connection: coming back is under way then.
    pub fn reconnect(&self) {
        self.handle.shared.lock().begin_reconnect();
    }

    /// What the broker granted in its last CONNACK.
    pub fn granted(&self) -> Granted {
        *self.handle.shared.lock().session.granted()
    }

    /// The client identifier in use: the one requested, or the one that the broker assigned.
    pub fn client_id(&self) -> String {
        self.handle.shared.lock().session.options().client_id.to_string()
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.shared.lock().begin_closing(Closing {
            pending: Pending::Abandon,
            reason: ReasonCode::Success,
            properties: DisconnectProperties::default(),
        });
    }
}

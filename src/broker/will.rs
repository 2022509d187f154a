use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use rmqtt::codec::v5::DisconnectReasonCode;
use rmqtt::hook::{Handler, HookResult, Parameter, ReturnType};
use rmqtt::session::{Session, SessionState};
use rmqtt::types::{ClientId, Disconnect, From, FromType, Publish};
use tokio::sync::oneshot;
use tokio::time;

use super::delayed;

/// Publishes the will of a client that says goodbye with reason 0x04, which rmqtt takes for a plain goodbye, and makes
/// any will a message like others, as one to `$delayed/`. Clones share the wills that wait.
#[derive(Clone, Default)]
pub(super) struct Wills {
    waiting: Arc<Mutex<HashMap<ClientId, oneshot::Sender<Return>>>>,
}

/// How a client came back whose will waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Return {
    /// To its session, which takes the will back [MQTT-3.1.3-9].
    Resumed,
    /// To a new one; the earlier ended with that, and its will waits no longer.
    Anew,
}

impl Wills {
    /// A client has gone.
    async fn disconnected(&self, session: &Session) -> Option<()> {
        let disconnect = session.disconnect().await.ok()??;
        let Disconnect::V5(disconnect) = disconnect else { return None };
        if disconnect.reason_code != DisconnectReasonCode::DisconnectWithWillMessage {
            return None;
        }
        let connect = session.connect_info().await.ok()?;
        let will = connect.last_will()?;
        let delay = will.will_delay_interval().unwrap_or_default();
        let publish = delayed::prepare(Publish::try_from(will).ok()?);
        // The will waits no longer than the session lives [MQTT-3.1.3.2.2].
        let delay = delay.min(session.fitter.session_expiry_interval(Some(&Disconnect::V5(disconnect))));
        if delay.is_zero() {
            forward(session, publish).await;
            return Some(());
        }
        let (came_back, back) = oneshot::channel();
        self.waiting().insert(session.id.client_id.clone(), came_back);
        let (wills, session) = (self.clone(), session.clone());
        // Ends with the runtime at the latest.
        tokio::spawn(async move {
            match time::timeout(delay, back).await {
                Ok(Ok(Return::Resumed) | Err(_)) => {}
                Ok(Ok(Return::Anew)) => forward(&session, publish).await,
                Err(_) => {
                    wills.forget(&session.id.client_id);
                    forward(&session, publish).await;
                }
            }
        });
        Some(())
    }

    /// A client has come, perhaps back.
    async fn connected(&self, session: &Session) {
        let waiting = self.waiting().remove(&session.id.client_id);
        if let Some(waiting) = waiting {
            let anew = session.connect_info().await.is_ok_and(|connect| connect.clean_start());
            // Fails if the time of the will has just come.
            let _ = waiting.send(if anew { Return::Anew } else { Return::Resumed });
        }
    }

    /// Takes a client's entry out whose will is over; a later will of the same client stays.
    fn forget(&self, client_id: &ClientId) {
        if let Entry::Occupied(entry) = self.waiting().entry(client_id.clone())
            && entry.get().is_closed()
        {
            entry.remove();
        }
    }

    fn waiting(&self) -> MutexGuard<'_, HashMap<ClientId, oneshot::Sender<Return>>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Handler for Wills {
    async fn hook(&self, parameter: &Parameter, result: Option<HookResult>) -> ReturnType {
        match parameter {
            Parameter::ClientConnected(session) => self.connected(session).await,
            Parameter::ClientDisconnected(session, _) => {
                self.disconnected(session).await;
            }
            // What a client publishes has been prepared before this.
            Parameter::MessagePublish(_, from, publish) if matches!(from.typ(), FromType::LastWill) => {
                return (true, Some(HookResult::Publish(delayed::prepare((*publish).clone()))));
            }
            _ => {}
        }
        (true, result)
    }
}

async fn forward(session: &Session, publish: Publish) {
    let from = From::from_lastwill(session.id.clone());
    // Fails for single subscribers only, which rmqtt tells its own hooks.
    let _ = SessionState::forwards(&session.scx, from, publish, false, None).await;
}

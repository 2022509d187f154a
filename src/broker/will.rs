use async_trait::async_trait;
use rmqtt::codec::v5::DisconnectReasonCode;
use rmqtt::hook::{Handler, HookResult, Parameter, ReturnType};
use rmqtt::session::{Session, SessionState};
use rmqtt::types::{Disconnect, From, Publish};

/// Publishes the will of a client that says goodbye with reason 0x04; rmqtt takes any DISCONNECT for a plain one.
pub(super) struct WillOnDisconnect;

impl WillOnDisconnect {
    async fn publish(session: &Session) -> Option<()> {
        let disconnect = session.disconnect().await.ok()??;
        let Disconnect::V5(disconnect) = disconnect else { return None };
        if disconnect.reason_code != DisconnectReasonCode::DisconnectWithWillMessage {
            return None;
        }
        let connect = session.connect_info().await.ok()?;
        let will = connect.last_will()?;
        let delay = will.will_delay_interval().unwrap_or_default();
        let publish = Publish::try_from(will).ok()?;
        // The will waits no longer than the session lives [MQTT-3.1.3.2.2].
        let delay = delay.min(session.fitter.session_expiry_interval(Some(&Disconnect::V5(disconnect))));
        let session = session.clone();
        tokio::spawn(async move {
            tokio::time::sleep(delay).await;
            let context = &session.scx;
            let successor = context.extends.shared().await.entry(session.id.clone()).id_same() == Some(false);
            // A client that is back in time takes its will back [MQTT-3.1.3-9].
            if delay.is_zero() || !successor {
                // Fails for single subscribers only, which rmqtt tells its own hooks.
                let from = From::from_lastwill(session.id.clone());
                let _ = SessionState::forwards(context, from, publish, false, None).await;
            }
        });
        Some(())
    }
}

#[async_trait]
impl Handler for WillOnDisconnect {
    async fn hook(&self, parameter: &Parameter, result: Option<HookResult>) -> ReturnType {
        if let Parameter::ClientDisconnected(session, _) = parameter {
            Self::publish(session).await;
        }
        (true, result)
    }
}

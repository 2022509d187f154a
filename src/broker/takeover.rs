use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use rmqtt::session::Session;
use rmqtt::shared::{DefaultShared, Entry, RetainLoadCallback, Shared};
use rmqtt::types::{
    ConnectInfo, ForwardedCount, ForwardedRecipients, From, Id, IsAdmin, MsgID, NodeId, OfflineSession, Publish,
    Reason, SessionStatus, SubRelations, SubRelationsMap, SubsSearchParams, SubsSearchResult, Subscribe,
    SubscribeReturn, To, TopicFilter, Tx, Unsubscribe,
};

/// How often a session that is just ending is looked at again, and how long between.
const ATTEMPTS: u32 = 200;
const INTERVAL: Duration = Duration::from_millis(5);

/// rmqtt's sessions, with a take-over that minds how the earlier session ends.
///
/// One that ends with its connection is not resumed [MQTT-3.1.2-6], though it may still be there. One that is just
/// ending is waited for: rmqtt refuses a CONNECT with 0x88 (server unavailable) if the session ends by itself while it is asked to: a client that comes back at once, as one whose link broke or a script that runs `pub -i me` twice,
/// would see it now and then.
pub(super) struct Sessions(pub(super) DefaultShared);

/// One client's place among the sessions.
struct Place(Box<dyn Entry>);

impl Place {
    fn boxed(entry: Box<dyn Entry>) -> Box<dyn Entry> {
        Box::new(Self(entry))
    }

    /// Whether there is a session that is not to be resumed: Clean Session was 1, or Session Expiry Interval is 0.
    async fn ends_with_its_connection(&self) -> bool {
        let Some(session) = self.0.session() else { return false };
        match session.connect_info().await.as_deref() {
            Ok(ConnectInfo::V3(_, connect)) => connect.clean_session,
            Ok(ConnectInfo::V5(..)) => {
                let disconnect = session.disconnect().await.ok().flatten();
                session.fitter.session_expiry_interval(disconnect.as_ref()).is_zero()
            }
            Err(_) => false,
        }
    }
}

#[async_trait]
impl Entry for Place {
    async fn kick(&mut self, clean: bool, unsubscribe: bool, by_admin: IsAdmin) -> rmqtt::Result<OfflineSession> {
        let mut attempts = 1..ATTEMPTS;
        loop {
            let over = self.ends_with_its_connection().await;
            match self.0.kick(clean || over, unsubscribe || over, by_admin).await {
                Err(_) if attempts.next().is_some() => tokio::time::sleep(INTERVAL).await,
                taken => return taken,
            }
        }
    }

    async fn try_lock(&self) -> rmqtt::Result<Box<dyn Entry>> {
        // Held while another connection of the same client takes over.
        let mut attempts = 1..ATTEMPTS;
        loop {
            match self.0.try_lock().await {
                Err(_) if attempts.next().is_some() => tokio::time::sleep(INTERVAL).await,
                locked => return locked.map(Self::boxed),
            }
        }
    }

    // The rest as it is.

    fn id(&self) -> Id {
        self.0.id()
    }

    fn id_same(&self) -> Option<bool> {
        self.0.id_same()
    }

    async fn set(&mut self, session: Session, tx: Tx) -> rmqtt::Result<()> {
        self.0.set(session, tx).await
    }

    async fn remove(&mut self) -> rmqtt::Result<Option<(Session, Tx)>> {
        self.0.remove().await
    }

    async fn remove_with(&mut self, id: &Id) -> rmqtt::Result<Option<(Session, Tx)>> {
        self.0.remove_with(id).await
    }

    async fn online(&self) -> bool {
        self.0.online().await
    }

    async fn is_connected(&self) -> bool {
        self.0.is_connected().await
    }

    fn session(&self) -> Option<Session> {
        self.0.session()
    }

    fn exist(&self) -> bool {
        self.0.exist()
    }

    fn tx(&self) -> Option<Tx> {
        self.0.tx()
    }

    async fn subscribe(&self, subscribe: &Subscribe) -> rmqtt::Result<SubscribeReturn> {
        self.0.subscribe(subscribe).await
    }

    async fn unsubscribe(&self, unsubscribe: &Unsubscribe) -> rmqtt::Result<bool> {
        self.0.unsubscribe(unsubscribe).await
    }

    async fn publish(&self, from: From, publish: Publish) -> Result<(), (From, Publish, Reason)> {
        self.0.publish(from, publish).await
    }

    async fn subscriptions(&self) -> Option<Vec<SubsSearchResult>> {
        self.0.subscriptions().await
    }
}

#[async_trait]
impl Shared for Sessions {
    fn entry(&self, id: Id) -> Box<dyn Entry> {
        Place::boxed(self.0.entry(id))
    }

    // The rest as it is.

    fn exist(&self, client_id: &str) -> bool {
        self.0.exist(client_id)
    }

    async fn forwards(
        &self,
        message: Option<MsgID>,
        from: From,
        publish: Publish,
    ) -> Result<ForwardedCount, (ForwardedCount, Vec<(To, From, Publish, Reason)>)> {
        self.0.forwards(message, from, publish).await
    }

    async fn forwards_and_get_shareds(
        &self,
        from: From,
        publish: Publish,
    ) -> Result<(SubRelationsMap, ForwardedRecipients), (ForwardedRecipients, Vec<(To, From, Publish, Reason)>)> {
        self.0.forwards_and_get_shareds(from, publish).await
    }

    async fn forwards_to(
        &self,
        from: From,
        publish: &Publish,
        relations: SubRelations,
        message: Option<MsgID>,
    ) -> Result<ForwardedRecipients, (ForwardedRecipients, Vec<(To, From, Publish, Reason)>)> {
        self.0.forwards_to(from, publish, relations, message).await
    }

    fn iter(&self) -> Box<dyn Iterator<Item = Box<dyn Entry>> + Sync + Send + '_> {
        self.0.iter()
    }

    fn random_session(&self) -> Option<Session> {
        self.0.random_session()
    }

    async fn session_status(&self, client_id: &str) -> Option<SessionStatus> {
        self.0.session_status(client_id).await
    }

    async fn client_states_count(&self) -> usize {
        self.0.client_states_count().await
    }

    fn sessions_count(&self) -> usize {
        self.0.sessions_count()
    }

    async fn query_subscriptions(&self, parameters: &SubsSearchParams) -> Vec<SubsSearchResult> {
        self.0.query_subscriptions(parameters).await
    }

    async fn subscriptions_count(&self) -> usize {
        self.0.subscriptions_count().await
    }

    async fn retain_load_with(
        &self,
        filter: &TopicFilter,
        callback: Arc<dyn RetainLoadCallback>,
    ) -> rmqtt::Result<Vec<(NodeId, MsgID)>> {
        self.0.retain_load_with(filter, callback).await
    }
}

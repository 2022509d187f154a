use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard};
use std::time::Duration;

use async_trait::async_trait;
use rmqtt::codec::v5::RetainHandling;
use rmqtt::hook::{Handler, HookResult, Parameter, ReturnType};
use rmqtt::retain::RetainStorage;
use rmqtt::session::Session;
use rmqtt::types::{Retain, Subscribe, TopicFilter, TopicName};

use super::subscriptions::Subscriptions;
use crate::mqtt;

/// The last retained message of each topic. Clones share the same store.
#[derive(Clone, Default)]
pub(super) struct RetainedStore {
    messages: Arc<RwLock<BTreeMap<TopicName, Retain>>>,
}

/// Sends retained messages to a client that subscribes.
pub(super) struct Replay {
    subscriptions: Subscriptions,
    store: RetainedStore,
}

impl RetainedStore {
    /// The messages that a filter matches, ordered by topic.
    fn matching(&self, filter: &mqtt::TopicFilter) -> Vec<Retain> {
        let messages = self.read();
        if filter.has_wildcards() {
            let matching = messages.iter().filter(|(topic, _)| filter.matches(topic));
            matching.map(|(_, message)| message.clone()).collect()
        } else {
            messages.get(filter.body()).cloned().into_iter().collect()
        }
    }

    fn read(&self) -> RwLockReadGuard<'_, BTreeMap<TopicName, Retain>> {
        self.messages.read().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl RetainStorage for RetainedStore {
    fn enable(&self) -> bool {
        true
    }

    /// Keeps a message or, with an empty one, forgets that of its topic [MQTT-3.3.1-6]. Whether it has expired is
    /// seen when it is delivered.
    async fn set(&self, topic: &TopicName, message: Retain, _: Option<Duration>) -> rmqtt::Result<()> {
        let mut messages = self.messages.write().unwrap_or_else(PoisonError::into_inner);
        if message.publish.payload.is_empty() {
            messages.remove(topic);
        } else {
            messages.insert(topic.clone(), message);
        }
        Ok(())
    }

    /// Nothing: rmqtt asks from a task that races with live messages. [`Replay`] sends them in order.
    async fn get(&self, _: &TopicFilter) -> rmqtt::Result<Vec<(TopicName, Retain)>> {
        Ok(Vec::new())
    }

    async fn count(&self) -> isize {
        isize::try_from(self.read().len()).unwrap_or(isize::MAX)
    }

    async fn max(&self) -> isize {
        self.count().await
    }
}

impl Replay {
    pub(super) fn new(subscriptions: Subscriptions, store: RetainedStore) -> Self {
        Self { subscriptions, store }
    }

    async fn replay(&self, session: &Session, subscribe: &Subscribe) {
        let Ok(filter) = mqtt::TopicFilter::parse(subscribe.topic_filter.clone()) else { return };
        let wanted = match subscribe.opts.retain_handling() {
            // 3.1.1: at each SUBSCRIBE [MQTT-3.8.4-3].
            None | Some(RetainHandling::AtSubscribe) => true,
            Some(RetainHandling::AtSubscribeNew) => !self.subscriptions.is_renewed(&filter, &session.id.client_id),
            Some(RetainHandling::NoAtSubscribe) => false,
        };
        if !wanted || filter.is_shared() {
            return;
        }
        for Retain { from, mut publish, .. } in self.store.matching(&filter) {
            if subscribe.opts.no_local() == Some(true) && from.client_id == session.id.client_id {
                continue;
            }
            publish.dup = false;
            publish.retain = true;
            publish.packet_id = None;
            publish.qos = publish.qos.less_value(subscribe.opts.qos());
            if let Some(properties) = &mut publish.properties {
                properties.subscription_ids = subscribe.opts.subscription_identifier().into_iter().collect();
            }
            // Fails only if the session has ended meanwhile.
            let _ = session.scx.extends.shared().await.entry(session.id.clone()).publish(from, publish).await;
        }
    }
}

#[async_trait]
impl Handler for Replay {
    async fn hook(&self, parameter: &Parameter, result: Option<HookResult>) -> ReturnType {
        if let Parameter::SessionSubscribed(session, subscribe) = parameter {
            self.replay(session, subscribe).await;
        }
        (true, result)
    }
}

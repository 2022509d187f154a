use async_trait::async_trait;
use rmqtt::codec::v5::SubscribeAckReason;
use rmqtt::hook::{Handler, HookResult, Parameter, ReturnType};
use rmqtt::subscribe::SharedSubscription;
use rmqtt::types::{Subscribe, SubscribeAclResult, TopicFilter, Unsubscribe};

use super::subscriptions::Subscriptions;
use super::tree::MAXIMUM_LEVELS;
use crate::mqtt;

/// Sees clients come, subscribe, unsubscribe and go.
pub(super) struct SubscribeHooks {
    subscriptions: Subscriptions,
}

/// Tells clients that there are shared subscriptions; [`Subscriptions`] chooses the member.
pub(super) struct SharedSubscriptionsAvailable;

impl SubscribeHooks {
    pub(super) fn new(subscriptions: Subscriptions) -> Self {
        Self { subscriptions }
    }
}

impl SubscribeHooks {
    /// The filter as the client wrote it. rmqtt takes `$share/{group}/` and `$exclusive/` off, and a client's
    /// subscriptions with and without would become one.
    fn subscribed(subscribe: &Subscribe) -> Option<TopicFilter> {
        let text = &subscribe.topic_filter;
        match (subscribe.opts.shared_group(), subscribe.opts.limit_subs()) {
            (Some(group), _) => Some(format!("$share/{group}/{text}").into()),
            (None, Some(_)) => Some(format!("$exclusive/{text}").into()),
            (None, None) => None,
        }
    }

    /// The same for one that it gives up; of `$exclusive/` rmqtt does not tell.
    fn unsubscribed(&self, client_id: &str, unsubscribe: &Unsubscribe) -> Option<TopicFilter> {
        let text = &unsubscribe.topic_filter;
        if let Some(group) = &unsubscribe.shared_group {
            return Some(format!("$share/{group}/{text}").into());
        }
        let has = |text: &str| {
            mqtt::TopicFilter::parse(text.to_owned()).is_ok_and(|filter| self.subscriptions.has(&filter, client_id))
        };
        let exclusive = format!("$exclusive/{text}");
        (!has(text) && has(&exclusive)).then(|| exclusive.into())
    }

    /// Why a subscription is refused; `None` if it is not.
    fn refusal(&self, client_id: &str, subscribe: &Subscribe) -> Option<SubscribeAckReason> {
        // `$limit/{count}/`, which comes with rmqtt's `$exclusive/` and means nothing here. With a count of 1 they are
        // one and the same.
        if subscribe.opts.limit_subs().is_some_and(|count| count != 1) {
            return Some(SubscribeAckReason::TopicFilterInvalid);
        }
        match mqtt::TopicFilter::parse(subscribe.topic_filter.clone()) {
            Ok(filter) if self.subscriptions.is_taken(&filter, client_id) => Some(SubscribeAckReason::QuotaExceeded),
            Ok(filter) if filter.body().split('/').count() <= MAXIMUM_LEVELS => None,
            _ => Some(SubscribeAckReason::TopicFilterInvalid),
        }
    }
}

#[async_trait]
impl Handler for SubscribeHooks {
    async fn hook(&self, parameter: &Parameter, result: Option<HookResult>) -> ReturnType {
        let own = match parameter {
            Parameter::ClientSubscribe(_, subscribe) => {
                Self::subscribed(subscribe).map(|filter| HookResult::TopicFilter(Some(filter)))
            }
            Parameter::ClientUnsubscribe(session, unsubscribe) => {
                let filter = self.unsubscribed(&session.id.client_id, unsubscribe);
                filter.map(|filter| HookResult::TopicFilter(Some(filter)))
            }
            Parameter::ClientSubscribeCheckAcl(session, subscribe) => {
                let refusal = self.refusal(&session.id.client_id, subscribe);
                refusal.map(|reason| HookResult::SubscribeAclResult(SubscribeAclResult::new_failure(reason)))
            }
            Parameter::ClientConnected(session) => {
                self.subscriptions.connected(&session.id);
                None
            }
            Parameter::ClientDisconnected(session, _) => {
                self.subscriptions.disconnected(&session.id);
                None
            }
            _ => None,
        };
        (true, own.or(result))
    }
}

impl SharedSubscription for SharedSubscriptionsAvailable {
    fn is_supported(&self) -> bool {
        true
    }
}

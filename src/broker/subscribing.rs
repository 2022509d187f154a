use async_trait::async_trait;
use rmqtt::codec::v5::SubscribeAckReason;
use rmqtt::hook::{Handler, HookResult, Parameter, ReturnType};
use rmqtt::subscribe::SharedSubscription;
use rmqtt::types::SubscribeAclResult;

use super::subscriptions::Subscriptions;
use super::tree::MAXIMUM_LEVELS;
use crate::mqtt::TopicFilter;

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

#[async_trait]
impl Handler for SubscribeHooks {
    async fn hook(&self, parameter: &Parameter, result: Option<HookResult>) -> ReturnType {
        let result = match parameter {
            // rmqtt takes `$share/{group}/` off and so would mix a client's subscriptions up: it goes on again.
            Parameter::ClientSubscribe(_, subscribe) => subscribe
                .opts
                .shared_group()
                .map(|group| HookResult::TopicFilter(Some(with_share(group, &subscribe.topic_filter)))),
            Parameter::ClientUnsubscribe(_, unsubscribe) => unsubscribe
                .shared_group
                .as_ref()
                .map(|group| HookResult::TopicFilter(Some(with_share(group, &unsubscribe.topic_filter)))),
            Parameter::ClientSubscribeCheckAcl(_, subscribe) => {
                let valid = TopicFilter::parse(subscribe.topic_filter.clone())
                    .is_ok_and(|filter| filter.body().split('/').count() <= MAXIMUM_LEVELS);
                let refused = || SubscribeAclResult::new_failure(SubscribeAckReason::TopicFilterInvalid);
                (!valid).then(|| HookResult::SubscribeAclResult(refused()))
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
        }
        .or(result);
        (true, result)
    }
}

impl SharedSubscription for SharedSubscriptionsAvailable {
    fn is_supported(&self) -> bool {
        true
    }
}

fn with_share(group: &str, filter: &str) -> rmqtt::types::TopicFilter {
    format!("$share/{group}/{filter}").into()
}

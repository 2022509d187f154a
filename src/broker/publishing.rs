use async_trait::async_trait;
use rmqtt::codec::v5::PublishAckReason;
use rmqtt::hook::{Handler, HookResult, Parameter, ReturnType};
use rmqtt::types::{Publish, PublishAclResult, PublishResult, QoS};

use super::delayed;
use super::subscriptions::Subscriptions;

/// Judges a message before it goes anywhere: bad topics are refused, and a publisher learns when nobody listens.
pub(super) struct PublishCheck {
    subscriptions: Subscriptions,
}

impl PublishCheck {
    pub(super) fn new(subscriptions: Subscriptions) -> Self {
        Self { subscriptions }
    }

    /// The answer to a message that goes nowhere; `None` for one that goes on.
    fn judge(&self, publisher: &str, publish: &Publish) -> Option<PublishResult> {
        if let Err(error) = delayed::judge(publish) {
            let reason = PublishAckReason::TopicNameInvalid;
            return Some(PublishResult::reason_code(reason, Some(error.to_string().into()), false));
        }
        // A retained or delayed message has its subscribers later.
        let now = publish.qos != QoS::AtMostOnce && !publish.retain && publish.delay_interval.is_none();
        let unheard = now && !self.subscriptions.has_recipient(publisher, &publish.topic);
        unheard.then(|| PublishResult::reason_code(PublishAckReason::NoMatchingSubscribers, None, false))
    }
}

#[async_trait]
impl Handler for PublishCheck {
    async fn hook(&self, parameter: &Parameter, result: Option<HookResult>) -> ReturnType {
        if let Parameter::MessagePublishCheckAcl(session, publish) = parameter
            && let Some(answer) = self.judge(&session.id.client_id, publish)
        {
            return (false, Some(HookResult::PublishAclResult(PublishAclResult(answer))));
        }
        (true, result)
    }
}

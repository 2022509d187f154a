//! SUBSCRIBE and UNSUBSCRIBE.

use std::num::NonZeroU32;
use std::time::Instant;

use super::notice::Notice;
use super::publish::count_denied;
use super::state::Core;
use crate::broker::id::SessionId;
use crate::broker::routing::{Inserted, Subscription};
use crate::mqtt::{QoS, ReasonCode, RetainHandling, SubscriptionOptions, TopicFilter};
use crate::session::server::{Delivery, Subscribe, Unsubscribe};

/// A filter whose retained messages are due.
struct Replay {
    filter: TopicFilter,
    qos: QoS,
    /// Leave out the client's own.
    no_local: bool,
}

impl Core {
    /// A reason for each filter, in their order [MQTT-3.8.4-6]. The retained messages are queued, so they follow
    /// SUBACK.
    pub(super) fn handle_subscribe(
        &mut self,
        id: SessionId,
        subscribe: Subscribe,
        is_v5: bool,
        now: Instant,
    ) -> (Vec<ReasonCode>, &'static str) {
        let identifier = subscribe.subscription_identifier.and_then(NonZeroU32::new);
        let mut replays = Vec::new();
        let mut why = "";
        let mut reasons = Vec::with_capacity(subscribe.filters.len());
        for options in subscribe.filters {
            let (filter, reason) = match options {
                Ok(options) => (options.filter.to_string(), self.subscribe(id, options, identifier, &mut replays)),
                Err(text) => (text.to_string(), ReasonCode::TopicFilterInvalid),
            };
            if reason.is_failure() {
                let own = why_not(reason);
                self.deny_subscription(id, filter, reason, own);
                // SUBACK has one string for all of them.
                why = if why.is_empty() { own } else { why };
            }
            // 3.1.1 has one failure code, and 3.1 has none.
            reasons.push(if reason.is_failure() && !is_v5 { ReasonCode::UnspecifiedError } else { reason });
        }
        for replay in replays {
            self.replay(id, &replay, identifier, now);
        }
        (reasons, why)
    }

    fn deny_subscription(&mut self, id: SessionId, topic: String, reason: ReasonCode, why: &'static str) {
        let Some(client) = self.clients.get_mut(id.0) else { return };
        if let Some(is_last) = count_denied(&mut client.denied.subscriptions) {
            let (client_id, what) = (client.id.clone(), "subscription to");
            self.notices.push_back(Notice::Denied { client_id, what, topic, reason, why, is_last });
        }
    }

    fn subscribe(
        &mut self,
        id: SessionId,
        options: SubscriptionOptions,
        identifier: Option<NonZeroU32>,
        replays: &mut Vec<Replay>,
    ) -> ReasonCode {
        let limits = &self.settings.limits;
        let SubscriptionOptions { filter, qos, no_local, retain_as_published, retain_handling } = options;
        if filter.is_shared() && !limits.shared_subscription_available {
            return ReasonCode::SharedSubscriptionsNotSupported;
        }
        if filter.has_wildcards() && !limits.wildcard_subscription_available {
            return ReasonCode::WildcardSubscriptionsNotSupported;
        }
        if identifier.is_some() && !limits.subscription_identifiers_available {
            return ReasonCode::SubscriptionIdentifiersNotSupported;
        }
        if !self.clients.get(id.0).is_some_and(|client| client.rights.may_subscribe(&filter)) {
            return ReasonCode::NotAuthorized;
        }
        let qos = qos.min(limits.maximum_qos);
        let subscription = Subscription { qos, no_local, retain_as_published, identifier };
        let is_new = match self.subscriptions.insert(id, &filter, subscription) {
            Inserted::New => true,
            Inserted::Renewed => false,
            // `$exclusive/` of another client: the reason that EMQX sends.
            Inserted::Taken => return ReasonCode::QuotaExceeded,
            Inserted::TooDeep => return ReasonCode::TopicFilterInvalid,
        };
        let replays_now = match retain_handling {
            RetainHandling::SendAtSubscribe => true,
            RetainHandling::SendIfNew => is_new,
            RetainHandling::DoNotSend => false,
        };
        if replays_now && !filter.is_shared() {
            replays.push(Replay { filter, qos, no_local });
        }
        match qos {
            QoS::AtMostOnce => ReasonCode::Success,
            QoS::AtLeastOnce => ReasonCode::GrantedQoS1,
            QoS::ExactlyOnce => ReasonCode::GrantedQoS2,
        }
    }

    /// Queues the retained messages of a filter [MQTT-3.3.1-9], with retain set [MQTT-3.3.1-8].
    fn replay(&mut self, id: SessionId, replay: &Replay, identifier: Option<NonZeroU32>, now: Instant) {
        let own = self.clients.get(id.0).filter(|_| replay.no_local).map(|client| &client.id);
        let kept = self.retained.matching(&replay.filter, now).into_iter().map(|kept| &kept.message);
        let kept = kept.filter(|kept| own != Some(&kept.publisher));
        let publications: Vec<_> = kept.map(|kept| kept.publication.clone()).collect();
        for publication in publications {
            let qos = replay.qos.min(publication.message.qos);
            let identifier = identifier.map_or(0, NonZeroU32::get);
            let delivery = Delivery { publication, qos, retain: true, identifier, identifiers: None, group: 0 };
            self.enqueue(id, delivery, now);
        }
    }

    /// A reason for each filter, in their order [MQTT-3.11.3-1].
    pub(super) fn handle_unsubscribe(&mut self, id: SessionId, unsubscribe: Unsubscribe) -> Vec<ReasonCode> {
        let filters = unsubscribe.filters.into_iter();
        let reasons = filters.map(|filter| match filter {
            Ok(filter) if self.subscriptions.remove(id, &filter) => ReasonCode::Success,
            Ok(_) => ReasonCode::NoSubscriptionExisted,
            Err(_) => ReasonCode::TopicFilterInvalid,
        });
        reasons.collect()
    }
}

/// Why a filter is refused.
fn why_not(reason: ReasonCode) -> &'static str {
    match reason {
        ReasonCode::NotAuthorized => "the ACL file does not allow it",
        ReasonCode::TopicFilterInvalid => "not a valid filter",
        ReasonCode::QuotaExceeded => "another client has this exclusive subscription",
        _ => "a limit of the broker does not allow it",
    }
}

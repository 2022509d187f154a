use std::collections::BTreeMap;

use crate::mqtt::TopicFilter;
use crate::session::{RequestId, SubAck, SubscribeRequest, UnsubscribeRequest};

/// The active subscriptions, so that they can be made again, and the requests without an answer.
#[derive(Debug, Default)]
pub(super) struct Subscriptions {
    /// As requested, without the filters that were refused, replaced or unsubscribed.
    standing: Vec<SubscribeRequest>,
    unanswered: BTreeMap<RequestId, Unanswered>,
}

#[derive(Debug)]
pub(super) enum Unanswered {
    /// By the caller.
    Subscribe(SubscribeRequest),
    /// By the client itself, after the broker had lost the session.
    Resubscribe(SubscribeRequest),
    /// By the caller.
    Unsubscribe(UnsubscribeRequest),
}

impl Subscriptions {
    pub(super) fn ask(&mut self, id: RequestId, request: Unanswered) {
        self.unanswered.insert(id, request);
    }

    /// Notes what SUBACK granted; returns the request if the client had made it itself.
    pub(super) fn subscribed(&mut self, id: RequestId, ack: &SubAck) -> Option<SubscribeRequest> {
        let (mut granted, asked_again) = match self.unanswered.remove(&id)? {
            Unanswered::Subscribe(request) => (request, None),
            Unanswered::Resubscribe(request) => (request.clone(), Some(request)),
            Unanswered::Unsubscribe(_) => return None,
        };
        // A new subscription replaces one of the same filter; a refused one leaves it unchanged [MQTT-3.8.4-3].
        let mut reasons = ack.reasons.iter();
        granted.filters.retain(|_| reasons.next().is_some_and(|reason| !reason.is_failure()));
        for options in &granted.filters {
            self.forget(&options.filter);
        }
        if !granted.filters.is_empty() {
            self.standing.push(granted);
        }
        asked_again
    }

    /// Notes what UNSUBACK ended.
    pub(super) fn unsubscribed(&mut self, id: RequestId, ack: &SubAck) {
        let Some(Unanswered::Unsubscribe(request)) = self.unanswered.remove(&id) else { return };
        for (filter, reason) in request.filters.iter().zip(&ack.reasons) {
            if !reason.is_failure() {
                self.forget(filter);
            }
        }
    }

    /// Notes that a request will have no answer; returns it if the client had made it itself.
    pub(super) fn rejected(&mut self, id: RequestId) -> Option<SubscribeRequest> {
        match self.unanswered.remove(&id)? {
            Unanswered::Resubscribe(request) => Some(request),
            Unanswered::Subscribe(_) | Unanswered::Unsubscribe(_) => None,
        }
    }

    /// What to subscribe to again when the broker has lost the session. It is active again once it is granted.
    pub(super) fn take_standing(&mut self) -> Vec<SubscribeRequest> {
        std::mem::take(&mut self.standing)
    }

    /// Whether every request has its answer.
    pub(super) fn is_settled(&self) -> bool {
        self.unanswered.is_empty()
    }

    fn forget(&mut self, filter: &TopicFilter) {
        for request in &mut self.standing {
            request.filters.retain(|options| options.filter != *filter);
        }
        self.standing.retain(|request| !request.filters.is_empty());
    }
}

use super::refusal::{not_subscribed, subscription_refused};
use crate::client::Resubscribed;
use crate::error::Error;
use crate::mqtt::{ReasonCode, SubscriptionOptions, Version};
use crate::output::Talk;
use crate::session::{Details, SubAck};

/// Reports what SUBACK granted, for commands that need every filter: one refused filter is an error.
pub(super) fn granted(
    talk: Talk,
    version: Version,
    filters: &[SubscriptionOptions],
    ack: &SubAck,
) -> Result<(), Error> {
    let mut answers = filters.iter().zip(&ack.reasons);
    answers.try_for_each(|(wanted, &reason)| granted_one(talk, version, wanted, reason, &ack.details))
}

/// The same for subscriptions that were made again, as the broker no longer had the session.
pub(super) fn granted_again(talk: Talk, version: Version, again: &Resubscribed) -> Result<(), Error> {
    match &again.answer {
        Ok(ack) => granted(talk, version, &again.request.filters, ack),
        Err(error) => Err(not_subscribed(error)),
    }
}

/// Reports the answer to one filter; a refusal is an error.
pub(super) fn granted_one(
    talk: Talk,
    version: Version,
    wanted: &SubscriptionOptions,
    reason: ReasonCode,
    details: &Details,
) -> Result<(), Error> {
    let filter = wanted.filter.as_str();
    if reason.is_failure() {
        return Err(subscription_refused(version, filter, reason, details));
    }
    talk.success(format_args!("Subscribed to {filter}"));
    if reason.number() < wanted.qos.number() {
        let (granted, wanted) = (reason.number(), wanted.qos);
        talk.warning(format_args!("`{filter}`: the broker granted QoS {granted}, not {wanted}"));
    }
    Ok(())
}

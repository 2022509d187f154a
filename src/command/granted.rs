use super::refusal::refused;
use crate::error::{Error, ErrorKind};
use crate::mqtt::SubscriptionOptions;
use crate::output::Talk;
use crate::session::SubAck;

/// Reports what SUBACK granted, for commands that need every filter: one refused filter is an error.
pub(super) fn granted(talk: Talk, filters: &[SubscriptionOptions], ack: &SubAck) -> Result<(), Error> {
    for (wanted, &reason) in filters.iter().zip(&ack.reasons) {
        let filter = wanted.filter.as_str();
        if reason.is_failure() {
            let what = format!("the subscription to `{filter}`");
            return Err(refused(ErrorKind::SubscribeRefused, &what, reason, Some(&ack.details)));
        }
        talk.success(format_args!("Subscribed to {filter}"));
        if reason.number() < wanted.qos.number() {
            let (granted, wanted) = (reason.number(), wanted.qos);
            talk.warning(format_args!("`{filter}`: the broker grants QoS {granted}, not {wanted}"));
        }
    }
    Ok(())
}

use std::borrow::Cow;

use crate::mqtt::ReasonCode;

/// Why a client is refused.
pub(super) struct Refusal {
    pub(super) reason: ReasonCode,
    pub(super) why: Cow<'static, str>,
}

impl Refusal {
    pub(super) fn new(reason: ReasonCode, why: impl Into<Cow<'static, str>>) -> Self {
        Self { reason, why: why.into() }
    }
}

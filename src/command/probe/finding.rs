//! The result of a check.

use serde_json::Value;

use crate::client::ClientError;
use crate::mqtt::ReasonCode;
use crate::session::PublishOutcome;

/// How well a broker supports a feature.
#[derive(Debug)]
pub(super) struct Finding {
    pub(super) detail: String,
    /// What was measured, for programs.
    pub(super) value: Option<Value>,
}

/// Why a broker does not support a feature.
#[derive(Debug)]
pub(super) struct Why(pub(super) String);

/// The result of a check: a feature that works in part counts as missing.
pub(super) type Checked = Result<Finding, Why>;

/// The feature works.
pub(super) fn yes(detail: impl Into<String>) -> Finding {
    Finding { detail: detail.into(), value: None }
}

/// The feature does not work.
pub(super) fn no<T>(detail: impl Into<String>) -> Result<T, Why> {
    Err(Why(detail.into()))
}

impl Finding {
    pub(super) fn with(self, value: impl Into<Value>) -> Self {
        Self { value: Some(value.into()), ..self }
    }
}

impl From<ClientError> for Why {
    fn from(error: ClientError) -> Self {
        Self(error.cause.to_string())
    }
}

/// Whether the broker accepted a message.
pub(super) fn accepted(outcome: &PublishOutcome) -> Result<(), Why> {
    match outcome {
        PublishOutcome::Acknowledged(_) => Ok(()),
        PublishOutcome::Refused(ack) => no(format!("the broker refused the message: {}", ack.reason)),
        PublishOutcome::Rejected(error) => no(error.to_string()),
        PublishOutcome::HungUp(_) | PublishOutcome::Uncertain | PublishOutcome::Lost | PublishOutcome::Unsent => {
            no("the broker closed the connection")
        }
    }
}

/// Whether a subscription was granted, at the QoS that was asked for.
pub(super) fn granted(reason: ReasonCode, qos: u8) -> Result<(), Why> {
    match reason {
        reason if reason.is_failure() => no(format!("the broker refused the subscription: {reason}")),
        reason if reason.number() < qos => no(format!("the broker grants only QoS {}", reason.number())),
        _ => Ok(()),
    }
}

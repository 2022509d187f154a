//! What a check finds out.

use serde_json::Value;

use crate::client::ClientError;
use crate::mqtt::ReasonCode;
use crate::session::PublishOutcome;

/// How well a broker can do something.
#[derive(Debug)]
pub(super) struct Finding {
    pub(super) detail: String,
    /// What was measured, for programs.
    pub(super) value: Option<Value>,
}

/// Why a broker cannot do it.
#[derive(Debug)]
pub(super) struct Why(pub(super) String);

/// What each check comes to: a broker that cannot do a part of it cannot do it.
pub(super) type Checked = Result<Finding, Why>;

/// It can.
pub(super) fn yes(detail: impl Into<String>) -> Finding {
    Finding { detail: detail.into(), value: None }
}

/// It cannot.
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

/// Whether the broker has a message.
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
        reason if reason.number() < qos => no(format!("the broker grants QoS {}", reason.number())),
        _ => Ok(()),
    }
}

//! Replaces Protobuf in a build without the feature `protobuf`.

use std::path::Path;

use super::schema_error::SchemaError;
use crate::payload::PayloadError;

const ABSENT: &str = "this build does not support Protobuf: it was built without the feature `protobuf`";

/// Never exists in such a build.
#[derive(Debug, Clone)]
pub(super) enum MessageType {}

impl MessageType {
    pub(super) fn load(_: &Path, _: &str) -> Result<Self, SchemaError> {
        Err(SchemaError::NotBuiltIn(ABSENT.to_owned()))
    }

    pub(super) fn encode(&self, _: &[u8]) -> Result<Vec<u8>, PayloadError> {
        match *self {}
    }

    pub(super) fn decode(&self, _: &[u8], _: &mut Vec<u8>) -> Result<(), PayloadError> {
        match *self {}
    }
}

pub(super) fn sparkplug() -> Result<&'static MessageType, String> {
    Err(ABSENT.to_owned())
}

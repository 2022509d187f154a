//! What a run was asked for, as the banner and the report name it.

use serde::{Deserialize, Serialize};

/// A name and its value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Parameter {
    /// As in the banner.
    pub name: String,
    /// With its unit.
    pub value: String,
}

impl Parameter {
    /// The name of the one that says which part of a run it is; what is merged is of all.
    pub(crate) const SHARD: &str = "shard";
    /// The name of the one that says when the load begins.
    pub(crate) const START_AT: &str = "start at";
}

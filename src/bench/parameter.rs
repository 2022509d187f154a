//! The parameters of a run, as named in the banner and the report.

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
    /// The name of the parameter for the part of a run; merged reports do not have it.
    pub(crate) const SHARD: &str = "shard";
    /// The name of the parameter for the start of the load.
    pub(crate) const START_AT: &str = "start at";
}

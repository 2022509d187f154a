//! The clients of mosquitto, by the names that the program is called by.

use std::ffi::OsString;
use std::path::Path;

/// A client of mosquitto.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tool {
    /// `mosquitto_pub`.
    Pub,
    /// `mosquitto_sub`.
    Sub,
    /// `mosquitto_rr`.
    Request,
}

impl Tool {
    /// The one whose name the program is called by.
    pub(crate) fn called(program: Option<&OsString>) -> Option<Self> {
        let name = Path::new(program?).file_stem()?.to_str()?;
        [Self::Pub, Self::Sub, Self::Request].into_iter().find(|tool| tool.name() == name)
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Pub => "mosquitto_pub",
            Self::Sub => "mosquitto_sub",
            Self::Request => "mosquitto_rr",
        }
    }

    /// The command that does the same here.
    pub(super) fn command(self) -> &'static str {
        match self {
            Self::Pub => "pub",
            Self::Sub => "sub",
            Self::Request => "request",
        }
    }
}

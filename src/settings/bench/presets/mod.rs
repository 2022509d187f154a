//! Built-in scenarios: as files, so that they are examples too.

use crate::error::{Error, nearest};

/// A built-in scenario.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Preset {
    /// Its name for `bench run`.
    pub name: &'static str,
    /// Its file.
    pub text: &'static str,
}

/// All, in the order of the list.
pub(crate) const PRESETS: &[Preset] = &[
    Preset { name: "p2p", text: include_str!("p2p.toml") },
    Preset { name: "fan-out", text: include_str!("fan-out.toml") },
    Preset { name: "shared-fan-in", text: include_str!("shared-fan-in.toml") },
    Preset { name: "devices", text: include_str!("devices.toml") },
    Preset { name: "steps", text: include_str!("steps.toml") },
    Preset { name: "churn", text: include_str!("churn.toml") },
    Preset { name: "reconnect-storm", text: include_str!("reconnect-storm.toml") },
    Preset { name: "retained-flood", text: include_str!("retained-flood.toml") },
    Preset { name: "session-resume", text: include_str!("session-resume.toml") },
];

impl Preset {
    /// By its name.
    pub(crate) fn find(name: &str) -> Option<&'static Self> {
        PRESETS.iter().find(|preset| preset.name == name)
    }

    /// What it measures, in one line from its file.
    pub(crate) fn measures(&self) -> &'static str {
        let line = self.text.lines().find_map(|line| line.strip_prefix("measures = \""));
        line.and_then(|line| line.strip_suffix('"')).unwrap_or_default()
    }

    /// The error for an unknown name.
    pub(crate) fn unknown(name: &str) -> Error {
        let error = Error::usage(format!("unknown preset `{name}`"));
        match nearest(name, PRESETS.iter().map(|preset| preset.name)) {
            Some(similar) => error.with_hint(format!("did you mean `{similar}`?")),
            None => {
                error.with_hint("`mqttx-rs bench presets` lists them; the name of a file must contain a `.` or `/`")
            }
        }
    }
}

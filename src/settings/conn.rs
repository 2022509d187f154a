use super::ConnectSettings;
use super::connect::Resolved;
use crate::cli::conn::{ConnCommand, ConnOutputMode};
use crate::config::origin::Origins;
use crate::error::Error;

/// What `conn` does.
#[derive(Debug, Clone)]
pub struct ConnSettings {
    /// The session that it opens.
    pub connect: ConnectSettings,
    /// How long to stay, and what to report.
    pub mode: ConnMode,
    /// Report each connection as a JSON object on stdout.
    pub json: bool,
    /// What the user should know before it begins.
    pub warnings: Vec<String>,
}

/// How long a connection of `conn` lasts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ConnMode {
    /// Until a signal.
    #[default]
    Stay,
    /// Until it is open and the announcements of the broker have been printed.
    Check,
}

impl ConnSettings {
    /// Settles every option of `conn`.
    pub fn resolve(arguments: &ConnCommand, origins: &Origins) -> Result<Self, Error> {
        let Resolved { settings: connect, warnings, .. } = ConnectSettings::resolve(&arguments.connect, origins)?;
        Ok(Self {
            connect,
            mode: if arguments.report.check { ConnMode::Check } else { ConnMode::Stay },
            json: arguments.report.output_mode == ConnOutputMode::Jsonl,
            warnings,
        })
    }
}

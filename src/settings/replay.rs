use std::path::PathBuf;

use super::connect::{ConnectSettings, Resolved};
use super::support::without_effect;
use crate::cli::replay::ReplayCommand;
use crate::config::origin::Origins;
use crate::error::Error;
use crate::mqtt::{QoS, TopicFilter, TopicMapping};

pub(crate) use crate::cli::value::Speed;

/// What `replay` does.
#[derive(Debug, Clone)]
pub(crate) struct ReplaySettings {
    /// The connection and its session.
    pub(crate) connect: ConnectSettings,
    /// The recordings, in the order to play them.
    pub(crate) files: Vec<PathBuf>,
    /// The playing speed.
    pub(crate) speed: Speed,
    /// How many times to play; `None` until a signal.
    pub(crate) rounds: Option<u64>,
    /// How to rename topics.
    pub(crate) map: Vec<TopicMapping>,
    /// Topics to play; all if empty.
    pub(crate) only: Vec<TopicFilter>,
    /// QoS instead of the recorded one.
    pub(crate) qos: Option<QoS>,
    /// Retain flag instead of the recorded one.
    pub(crate) retain: Option<bool>,
    /// What to warn the user about before the start.
    pub(crate) warnings: Vec<String>,
}

impl ReplaySettings {
    /// Resolves every option of `replay`.
    pub(crate) fn resolve(arguments: ReplayCommand, origins: &Origins) -> Result<Self, Error> {
        let ReplayCommand { files, replay: given, delivery, connect } = arguments;
        let Resolved { settings: mut connect, mut warnings, .. } = ConnectSettings::resolve(&connect, origins)?;
        connect.deliver(&delivery);
        if given.qos != Some(QoS::AtMostOnce) {
            connect.keep_session();
        }
        warnings.extend(without_effect(
            origins,
            &[
                ("inflight", given.qos == Some(QoS::AtMostOnce), "at QoS 0"),
                ("resend_uncertain", given.qos.is_some_and(|qos| qos < QoS::ExactlyOnce), "below QoS 2"),
            ],
        ));
        Ok(Self {
            connect,
            files,
            speed: given.speed,
            rounds: match given.rounds {
                None => Some(1),
                Some(0) => None,
                rounds => rounds,
            },
            map: given.map,
            only: given.only,
            qos: given.qos,
            retain: given.retain,
            warnings,
        })
    }
}

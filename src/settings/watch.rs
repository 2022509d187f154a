use super::connect::{ConnectSettings, Resolved};
use super::repl::ProfileChoice;
use super::subscribe::doubts;
use crate::cli::watch::WatchCommand;
use crate::config::origin::Origins;
use crate::error::Error;
use crate::mqtt::{QoS, SubscriptionOptions, TopicFilter};

/// What `watch` does.
#[derive(Debug, Clone)]
pub(crate) struct WatchSettings {
    /// The session.
    pub(crate) connect: ConnectSettings,
    /// The profile of the run.
    pub(crate) profile: ProfileChoice,
    /// What to subscribe to: at least one filter.
    pub(crate) filters: Vec<SubscriptionOptions>,
    /// What the user should know before it begins.
    pub(crate) warnings: Vec<String>,
}

impl WatchSettings {
    /// Settles every option of `watch`, which needs a terminal.
    pub(crate) fn resolve(
        arguments: WatchCommand,
        origins: &Origins,
        is_terminal: bool,
        variable: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, Error> {
        let draws = variable("TERM").is_none_or(|name| !name.eq_ignore_ascii_case("dumb"));
        if !is_terminal || !draws {
            let why = if is_terminal { "TERM=dumb cannot be drawn on" } else { "stdin and stdout must be a terminal" };
            let error = Error::usage(format!("watch needs the full screen: {why}"));
            return Err(error.with_hint("`mqttx-rs sub -t '#'` prints messages as lines"));
        }
        let WatchCommand { filters, watched, connect } = arguments;
        let Resolved { settings: mut connect, topic: of_url, mut warnings } =
            ConnectSettings::resolve(&connect, origins)?;
        let mut filters = [watched.topic, filters].concat();
        if filters.is_empty() {
            let text = of_url.unwrap_or_else(|| "#".to_owned());
            let filter = TopicFilter::parse(text.clone());
            filters.push(filter.map_err(|error| Error::topic(&origins.name("url"), &text, &error))?);
        }
        if watched.qos > QoS::AtMostOnce {
            connect.keep_session();
        }
        let filters: Vec<_> = filters.into_iter().map(|filter| SubscriptionOptions::new(filter, watched.qos)).collect();
        warnings.extend(doubts(&filters));
        Ok(Self { connect, profile: ProfileChoice::of(origins), filters, warnings })
    }
}

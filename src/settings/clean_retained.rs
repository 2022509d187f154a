use std::time::Duration;

use super::connect::{ConnectSettings, Resolved};
use super::subscribe::doubts;
use crate::cli::clean_retained::CleanRetainedCommand;
use crate::config::origin::Origins;
use crate::error::Error;
use crate::mqtt::{QoS, SubscriptionOptions, TopicFilter};

/// What `clean-retained` does.
#[derive(Debug, Clone)]
pub(crate) struct CleanRetainedSettings {
    /// The connection and its session.
    pub(crate) connect: ConnectSettings,
    /// Where to look for retained messages.
    pub(crate) filters: Vec<SubscriptionOptions>,
    /// Topics to leave out.
    pub(crate) filter_out: Vec<TopicFilter>,
    /// Whether to remove what is found.
    pub(crate) consent: Consent,
    /// After this long without a message the broker has sent everything.
    pub(crate) idle_timeout: Duration,
    /// What to warn the user about before the start.
    pub(crate) warnings: Vec<String>,
}

/// Whether retained messages may be removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Consent {
    /// `--dry-run`: only list them.
    Withheld,
    /// `--yes`.
    Given,
    /// The user on the terminal is asked.
    Asked,
}

impl CleanRetainedSettings {
    /// Resolves every option of `clean-retained`; `is_terminal` says whether the user can be asked.
    pub(crate) fn resolve(
        arguments: CleanRetainedCommand,
        origins: &Origins,
        is_terminal: bool,
    ) -> Result<Self, Error> {
        let CleanRetainedCommand { filters, clean: given, connect } = arguments;
        let Resolved { settings: mut connect, topic: of_url, mut warnings } =
            ConnectSettings::resolve(&connect, origins)?;
        connect.keep_session();
        let mut filters = [given.topic, filters].concat();
        if let Some(text) = of_url.filter(|_| filters.is_empty()) {
            let filter = TopicFilter::parse(text.clone());
            filters.push(filter.map_err(|error| Error::topic(&origins.name("url"), &text, &error))?);
        }
        if filters.is_empty() {
            let error = Error::usage("FILTER is missing");
            return Err(error.with_hint("for example mqttx-rs clean-retained 'car/#' --dry-run"));
        }
        for filter in &filters {
            let text = filter.as_str();
            if text == "$SYS" || text.starts_with("$SYS/") {
                return Err(Error::usage(format!("`{text}`: topics below $SYS belong to the broker")));
            }
            if filter.is_shared() {
                let error = Error::usage(format!("`{text}`: a shared subscription does not receive retained messages"));
                return Err(error.with_hint(format!("use `{}`", filter.body())));
            }
        }
        let consent = match (given.dry_run, given.yes) {
            (true, _) => Consent::Withheld,
            (false, true) => Consent::Given,
            (false, false) if is_terminal => Consent::Asked,
            (false, false) => {
                let error = Error::usage("cannot prompt: stdin is not a terminal");
                return Err(error.with_hint("--yes removes without asking, --dry-run only lists"));
            }
        };
        let filters: Vec<_> =
            filters.into_iter().map(|filter| SubscriptionOptions::new(filter, QoS::AtMostOnce)).collect();
        warnings.extend(doubts(&filters));
        Ok(Self { connect, filters, filter_out: given.filter_out, consent, idle_timeout: given.idle_timeout, warnings })
    }
}

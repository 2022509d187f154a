use std::path::PathBuf;
use std::time::Duration;

use super::connect::{ConnectSettings, NEEDS_CLIENT_ID, Resolved};
use super::subscribe::doubts;
use crate::cli::record::RecordCommand;
use crate::cli::value::Rotate;
use crate::config::origin::Origins;
use crate::error::Error;
use crate::mqtt::{QoS, RetainHandling, SubscriptionOptions, TopicFilter};
use crate::payload::Compression;

/// What `record` does.
#[derive(Debug, Clone)]
pub(crate) struct RecordSettings {
    /// The connection and its session.
    pub(crate) connect: ConnectSettings,
    /// The subscriptions.
    pub(crate) filters: Vec<SubscriptionOptions>,
    /// Topics to leave out.
    pub(crate) filter_out: Vec<TopicFilter>,
    /// Drop messages with the retain flag; for MQTT 3.1.1, where no option of SUBSCRIBE keeps the broker from sending them.
    pub(crate) skips_retained: bool,
    /// End after this many messages.
    pub(crate) count: Option<u64>,
    /// End after this time.
    pub(crate) duration: Option<Duration>,
    /// End after this long without a message.
    pub(crate) idle_timeout: Option<Duration>,
    /// The file.
    pub(crate) path: PathBuf,
    /// Append to the file if it exists.
    pub(crate) resume: bool,
    /// Start a new file at this size in bytes.
    pub(crate) rotate_size: Option<u64>,
    /// Start a new file when the first message of this one is this old.
    pub(crate) rotate_period: Option<Duration>,
    /// How many full files to keep.
    pub(crate) keep: Option<u64>,
    /// What to warn the user about before the start.
    pub(crate) warnings: Vec<String>,
}

impl RecordSettings {
    /// Resolves every option of `record`.
    pub(crate) fn resolve(arguments: RecordCommand, origins: &Origins) -> Result<Self, Error> {
        let RecordCommand { file, record: given, connect } = arguments;
        let Resolved { settings: mut connect, topic: of_url, mut warnings } =
            ConnectSettings::resolve(&connect, origins)?;
        if !connect.client.connect.clean_start && !origins.given("client_id") {
            let message = format!("{} {NEEDS_CLIENT_ID}", origins.name("no_clean"));
            return Err(Error::usage(message).with_hint("for example -i recorder --no-clean"));
        }
        let mut filters = given.topic;
        if let Some(text) = of_url.filter(|_| filters.is_empty()) {
            let filter = TopicFilter::parse(text.clone());
            filters.push(filter.map_err(|error| Error::topic(&origins.name("url"), &text, &error))?);
        }
        if filters.is_empty() {
            let error = Error::usage("--topic is missing");
            return Err(error.with_hint("for example mqttx-rs record car.jsonl -t 'car/#'"));
        }
        if file.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("zst")) {
            Compression::check_built_in().map_err(|why| Error::usage(format!("`{}`: {why}", file.display())))?;
        }
        if given.qos > QoS::AtMostOnce {
            connect.keep_session();
        }
        let is_v5 = connect.client.connect.version.is_v5();
        let options = |filter: TopicFilter| SubscriptionOptions {
            // As it was published, so that a replay can publish it the same way.
            retain_as_published: is_v5,
            retain_handling: match (is_v5, given.skip_retained) {
                (false, _) => RetainHandling::SendAtSubscribe,
                (true, true) => RetainHandling::DoNotSend,
                // In a persistent session, not again at each start.
                (true, false) => RetainHandling::SendIfNew,
            },
            ..SubscriptionOptions::new(filter, given.qos)
        };
        let filters: Vec<_> = filters.into_iter().map(options).collect();
        warnings.extend(doubts(&filters));
        let (mut rotate_size, mut rotate_period) = (None, None);
        for rotate in given.rotate {
            let is_second = match rotate {
                Rotate::Size(size) => rotate_size.replace(size).is_some(),
                Rotate::Age(age) => rotate_period.replace(age).is_some(),
            };
            if is_second {
                return Err(Error::usage("--rotate takes one size and one age"));
            }
        }
        Ok(Self {
            connect,
            filters,
            filter_out: given.filter_out,
            skips_retained: given.skip_retained && !is_v5,
            count: given.count,
            duration: given.duration,
            idle_timeout: given.idle_timeout.filter(|time| !time.is_zero()),
            path: file_of(file)?,
            resume: given.resume,
            rotate_size,
            rotate_period,
            keep: given.keep,
            warnings,
        })
    }
}

/// The file to record to; `-` would be a file of that name.
fn file_of(path: PathBuf) -> Result<PathBuf, Error> {
    if path.as_os_str() == "-" {
        let error = Error::usage("`-` is not a file: record needs one that it can continue and cut");
        return Err(error.with_hint("`mqttx-rs sub --output-mode jsonl` prints the same lines"));
    }
    Ok(path)
}

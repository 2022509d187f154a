use std::path::PathBuf;
use std::time::Duration;

use bytes::Bytes;

use super::ConnectSettings;
use super::codec::decoder;
use super::connect::{NEEDS_CLIENT_ID, Resolved};
use super::support::without_effect;
use super::{Work, WorkerKind, secret};
use crate::cli::subscribe::{OutputArgs, SelectionArgs, SubscribeCommand, SubscriptionArgs};
use crate::cli::value::MessageShape;
use crate::config::origin::Origins;
use crate::error::Error;
use crate::mqtt::{QoS, SubscriptionOptions, TopicFilter};
use crate::payload::{Codec, Condition, plural};
use crate::session::SubscribeRequest;

/// What `sub` does.
#[derive(Debug, Clone)]
pub struct SubSettings {
    /// The session.
    pub connect: ConnectSettings,
    /// What SUBSCRIBE asks for: at least one filter.
    pub subscribe: SubscribeRequest,
    /// What to unsubscribe from after subscribing.
    pub unsubscribe: Vec<TopicFilter>,
    /// Topics that are left out.
    pub filter_out: Vec<TopicFilter>,
    /// Which messages count, by their payload.
    pub condition: Condition,
    /// Which messages count, by their retain flag.
    pub retained: Retained,
    /// End after this many; `None` does not end.
    pub count: Option<u64>,
    /// End after this time.
    pub timeout: Option<Duration>,
    /// End when nothing has arrived for this time.
    pub idle_timeout: Option<Duration>,
    /// End at SUBACK.
    pub exit_after_suback: bool,
    /// End when any filter is refused.
    pub strict: bool,
    /// What is done with each message besides, or instead of, printing it.
    pub work: Option<Work>,
    /// Shape of the output.
    pub shape: MessageShape,
    /// All fields of each packet.
    pub verbose: bool,
    /// How payloads are shown.
    pub codec: Codec,
    /// Where payloads are written besides stdout.
    pub file: Option<FileTarget>,
    /// What follows a payload in raw output, a template line and a file.
    pub delimiter: Bytes,
    /// What the user should know before it begins.
    pub warnings: Vec<String>,
}

/// Which messages count, by their retain flag.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Retained {
    /// Retained or not.
    #[default]
    Both,
    /// `--skip-retained`.
    Skip,
    /// `--retained-only`.
    Only,
    /// `--remove-retained`: publish an empty retained message to each topic that has one.
    Remove {
        /// Only report what would be removed.
        dry_run: bool,
    },
}

/// Where payloads are written besides stdout.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FileTarget {
    /// `--file-write`: all of them into one file.
    Append(PathBuf),
    /// `--file-save`: each into its own numbered file.
    Numbered(PathBuf),
}

impl SubSettings {
    /// Settles every option of `sub`.
    pub fn resolve(arguments: &SubscribeCommand, origins: &Origins) -> Result<Self, Error> {
        if arguments.work.ack_on_read && secret::is_on_stdin(&arguments.connect.connection, origins) {
            let message = "--password - and the answers of --ack-on-read cannot both come from stdin";
            return Err(Error::usage(message).with_hint("use --password-file or --password-env"));
        }
        let Resolved { settings: mut connect, topic: of_url, mut warnings } =
            ConnectSettings::resolve(&arguments.connect, origins)?;
        if !connect.client.connect.clean_start && !origins.given("client_id") {
            let message = format!("{} {NEEDS_CLIENT_ID}", origins.name("no_clean"));
            return Err(Error::usage(message).with_hint("for example mqttx-rs sub --no-clean -i my-desk -t car/#"));
        }
        let subscribe = &arguments.subscribe;
        let selection = &subscribe.selection;
        let output = &subscribe.output;
        let filters = subscriptions(&subscribe.subscription, of_url, origins)?;
        let is_acknowledged = filters.iter().any(|options| options.qos > QoS::AtMostOnce);
        if is_acknowledged {
            connect.keep_session();
        }
        warnings.extend(doubts(&filters));
        let work = Work::resolve(&arguments.work, &mut connect.client, origins)?;
        // What a member of a shared subscription leaves goes to the others, at most brokers.
        if filters.iter().any(|options| options.qos > QoS::AtMostOnce && !options.filter.is_shared()) {
            warnings.extend(work.as_ref().and_then(|work| work.doubt(&connect.client)));
        }
        if work.is_none() {
            connect.let_packets_gather();
        }
        let is_executed = matches!(&work, Some(Work { worker: WorkerKind::Command(_), .. }));
        if work.is_some() && selection.remove_retained {
            let name = if is_executed { "--exec" } else { "--ack-on-read" };
            return Err(Error::exclude_one_another(name, "--remove-retained"));
        }
        let ends_nothing = output.template.is_none()
            && output.output_mode != MessageShape::Raw
            && output.file_write.is_none()
            && output.file_save.is_none();
        warnings.extend(without_effect(
            origins,
            &[
                ("ack", !is_acknowledged, "at QoS 0"),
                ("verbose", output.template.is_some(), "with --template"),
                ("delimiter", ends_nothing, "without --output-mode raw, --template or a file"),
                ("output_mode", is_executed, "with --exec"),
                ("template", is_executed, "with --exec"),
                ("file_write", is_executed, "with --exec"),
                ("file_save", is_executed, "with --exec"),
            ],
        ));
        Ok(Self {
            connect,
            subscribe: SubscribeRequest {
                filters,
                subscription_identifier: subscribe.subscription.subscription_identifier,
                user_properties: subscribe.subscription.user_properties.clone(),
            },
            unsubscribe: subscribe.subscription.unsubscribe.clone(),
            filter_out: selection.filter_out.clone(),
            condition: Condition::default(),
            retained: match selection {
                SelectionArgs { remove_retained: true, dry_run, .. } => Retained::Remove { dry_run: *dry_run },
                SelectionArgs { retained_only: true, .. } => Retained::Only,
                SelectionArgs { skip_retained: true, .. } => Retained::Skip,
                _ => Retained::Both,
            },
            count: selection.count,
            timeout: selection.timeout.filter(|time| !time.is_zero()),
            idle_timeout: selection.idle_timeout.filter(|time| !time.is_zero()),
            exit_after_suback: selection.exit_after_suback,
            strict: selection.strict,
            shape: shape(output)?,
            verbose: output.verbose,
            codec: decoder(&subscribe.payload, &subscribe.decompress, !is_executed && is_for_people(output), origins)?,
            work,
            file: target(output),
            delimiter: output.delimiter.clone(),
            warnings,
        })
    }
}

pub(super) fn shape(output: &OutputArgs) -> Result<MessageShape, Error> {
    output.template.as_deref().map_or_else(|| Ok(output.output_mode.clone()), MessageShape::template)
}

/// Whether payloads are shown to a person, and not written unchanged to a file or another program.
pub(super) fn is_for_people(output: &OutputArgs) -> bool {
    let shape = matches!(output.output_mode, MessageShape::Default | MessageShape::Clean | MessageShape::JsonLines);
    shape && output.template.is_none() && target(output).is_none()
}

pub(super) fn target(output: &OutputArgs) -> Option<FileTarget> {
    match (&output.file_write, &output.file_save) {
        (Some(path), _) => Some(FileTarget::Append(path.clone())),
        (None, Some(path)) => Some(FileTarget::Numbered(path.clone())),
        (None, None) => None,
    }
}

/// The filters with their options, paired by position.
pub(super) fn subscriptions(
    given: &SubscriptionArgs,
    of_url: Option<String>,
    origins: &Origins,
) -> Result<Vec<SubscriptionOptions>, Error> {
    let mut filters = given.topic.clone();
    let mut given = given.clone();
    if let Some(text) = of_url.filter(|_| filters.is_empty() || origins.is_stronger("url", "topic")) {
        let filter = TopicFilter::parse(text.clone());
        filters = vec![filter.map_err(|error| Error::topic(&origins.name("url"), &text, &error))?];
        // Options that pair with the filters of a profile apply only to those.
        given.qos.truncate(1);
        given.no_local.truncate(1);
        given.retain_as_published.truncate(1);
        given.retain_handling.truncate(1);
    }
    if filters.is_empty() && !given.unsubscribe.is_empty() {
        return Ok(Vec::new());
    }
    if filters.is_empty() {
        return Err(Error::usage("--topic is missing").with_hint("for example mqttx-rs sub -t car/+/speed"));
    }
    for (option, values) in [
        ("qos", given.qos.len()),
        ("no_local", given.no_local.len()),
        ("retain_as_published", given.retain_as_published.len()),
        ("retain_handling", given.retain_handling.len()),
    ] {
        if values > filters.len() {
            let (name, filters) = (origins.name(option), filters.len());
            let filters = plural(filters as u64, "topic filter");
            let message = format!("{name} has {values} values for {filters}");
            return Err(Error::usage(message).with_hint("give one value for each filter, or one for all"));
        }
    }
    let mut subscriptions = Vec::with_capacity(filters.len());
    for (index, filter) in filters.into_iter().enumerate() {
        let no_local = paired(&given.no_local, index);
        if no_local && filter.is_shared() {
            let message = format!("--no-local cannot be used with the shared subscription `{}`", filter.as_str());
            return Err(Error::usage(message).with_hint("it is a protocol error [MQTT-3.8.3-4]"));
        }
        let options = SubscriptionOptions {
            filter,
            qos: paired(&given.qos, index),
            no_local,
            retain_as_published: paired(&given.retain_as_published, index),
            retain_handling: paired(&given.retain_handling, index),
        };
        // A repeated filter replaces the first [MQTT-3.8.4-3], and some brokers answer both with one reason.
        match subscriptions.iter_mut().find(|other: &&mut SubscriptionOptions| other.filter == options.filter) {
            Some(first) => *first = options,
            None => subscriptions.push(options),
        }
    }
    Ok(subscriptions)
}

/// Warnings about filters that are valid but probably not intended.
pub(super) fn doubts(subscriptions: &[SubscriptionOptions]) -> Vec<String> {
    subscriptions.iter().filter_map(|subscription| doubt(&subscription.filter)).collect()
}

fn doubt(filter: &TopicFilter) -> Option<String> {
    let text = filter.as_str();
    if filter.body().split('/').any(|level| level.ends_with('*')) {
        return Some(format!(
            "`{text}` matches a literal `*`: MQTT's wildcards are `+` (one level) and `#` (all levels below)"
        ));
    }
    if let Some((first, rest)) = text.split_once(',') {
        return Some(format!("`{text}` is a single filter that contains a comma: write several as -t {first} {rest}"));
    }
    filter.body().starts_with("$delayed/").then(|| {
        format!(
            "`{text}` matches almost nothing: a delayed message arrives under its own topic, without `$delayed/...`"
        )
    })
}

/// The value at the filter's place; without one the first, as in MQTTX; without any, the default.
fn paired<T: Copy + Default>(values: &[T], index: usize) -> T {
    values.get(index).or(values.first()).copied().unwrap_or_default()
}

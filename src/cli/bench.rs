//! `mqttx-rs bench`: load a broker and measure it.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand, ValueEnum};

use super::conn::user_properties_of_connect;
use super::group::{CompressArgs, ConnectArgs, MessageArgs, PayloadArgs};
use super::value;
use crate::mqtt::{QoS, RetainHandling, TopicName, UserProperty};
use crate::payload::PayloadSize;

/// `mqttx-rs bench`.
#[derive(Debug, Clone, Args)]
pub struct BenchArgs {
    /// Which load.
    #[command(subcommand)]
    pub command: BenchCommand,
}

/// Which load.
#[derive(Debug, Clone, Subcommand)]
pub enum BenchCommand {
    /// Open connections and hold them
    #[command(name = "conn")]
    Connect(Box<BenchConnectArgs>),
    /// Publish from many clients
    #[command(name = "pub")]
    Publish(Box<BenchPublishArgs>),
    /// Subscribe with many clients and count what arrives
    #[command(name = "sub")]
    Subscribe(Box<BenchSubscribeArgs>),
    /// Publish and subscribe in one process: latency from end to end, losses, duplicates
    #[command(name = "e2e")]
    EndToEnd(Box<BenchEndToEndArgs>),
    /// Run a scenario of several groups and phases: a preset, or a TOML file
    #[command(name = "run")]
    Run(Box<BenchRunArgs>),
    /// List the presets of `bench run`, or print one to copy and edit
    #[command(name = "presets")]
    Presets(BenchPresetsArgs),
    /// Put the reports of several machines together, exactly
    #[command(name = "merge")]
    Merge(BenchMergeArgs),
    /// Set two reports side by side
    #[command(name = "compare")]
    Compare(BenchCompareArgs),
    /// Print a job for Kubernetes or Slurm that runs a scenario on several machines and merges the reports
    #[command(name = "manifest")]
    Manifest(BenchManifestArgs),
}

/// `-I`: in `bench` the interval has the `-i`, as in MQTTX.
fn id_short(argument: clap::Arg) -> clap::Arg {
    argument.short('I')
}

/// `mqttx-rs bench conn`.
#[derive(Debug, Clone, Args)]
#[command(mut_arg("client_id", id_short), mut_arg("conn_user_properties", user_properties_of_connect))]
pub struct BenchConnectArgs {
    /// How many, how fast, how long.
    #[command(flatten)]
    pub clients: ClientsArgs,
    /// What is kept of the results.
    #[command(flatten)]
    pub results: ResultsArgs,
    /// Where to.
    #[command(flatten)]
    pub connect: ConnectArgs,
}

/// `mqttx-rs bench pub`.
#[derive(Debug, Clone, Args)]
#[command(mut_arg("client_id", id_short))]
pub struct BenchPublishArgs {
    /// How many, how fast, how long.
    #[command(flatten)]
    pub clients: ClientsArgs,
    /// How much.
    #[command(flatten)]
    pub load: LoadArgs,
    /// What every message has.
    #[command(flatten)]
    pub message: MessageArgs,
    /// How its payload is written.
    #[command(flatten)]
    pub payload: PayloadArgs,
    /// How it is compressed.
    #[command(flatten)]
    pub compress: CompressArgs,
    /// What is kept of the results.
    #[command(flatten)]
    pub results: ResultsArgs,
    /// Where to.
    #[command(flatten)]
    pub connect: ConnectArgs,
}

/// `mqttx-rs bench sub`.
#[derive(Debug, Clone, Args)]
#[command(mut_arg("client_id", id_short))]
pub struct BenchSubscribeArgs {
    /// How many, how fast, how long.
    #[command(flatten)]
    pub clients: ClientsArgs,
    /// What they subscribe to.
    #[command(flatten)]
    pub subscription: BenchSubscriptionArgs,
    /// What is kept of the results.
    #[command(flatten)]
    pub results: ResultsArgs,
    /// Where to.
    #[command(flatten)]
    pub connect: ConnectArgs,
}

/// `mqttx-rs bench run`.
#[derive(Debug, Clone, Args)]
#[command(mut_arg("client_id", id_short))]
pub struct BenchRunArgs {
    /// A preset of `bench presets`, or a TOML file (with a `.` or `/` in its name)
    #[arg(value_name = "SCENARIO", required_unless_present = "preset")]
    pub scenario: Option<String>,
    /// The same as SCENARIO
    #[arg(long, value_name = "PRESET", conflicts_with = "scenario")]
    pub preset: Option<String>,
    /// All counts of clients, rates and limits times this, as in 0.01
    #[arg(long, value_name = "FACTOR", default_value = "1", value_parser = value::factor)]
    pub scale: f64,
    /// How fast, how long; for --duration, that each phase with a duration takes so long.
    #[command(flatten)]
    pub timing: TimingArgs,
    /// What is kept of the results.
    #[command(flatten)]
    pub results: ResultsArgs,
    /// Where to.
    #[command(flatten)]
    pub connect: ConnectArgs,
}

/// `mqttx-rs bench presets`.
#[derive(Debug, Clone, Args)]
pub struct BenchPresetsArgs {
    /// Print this one
    #[arg(value_name = "PRESET")]
    pub name: Option<String>,
}

/// `mqttx-rs bench e2e`.
#[derive(Debug, Clone, Args)]
#[command(mut_arg("client_id", id_short))]
pub struct BenchEndToEndArgs {
    /// Who sends to whom.
    #[command(flatten)]
    pub shape: ShapeArgs,
    /// How many, how fast, how long.
    #[command(flatten)]
    pub clients: ClientsArgs,
    /// How much.
    #[command(flatten)]
    pub load: LoadArgs,
    /// Topic; the rest of a message is as in `bench pub`
    #[arg(short, long, value_name = "TOPIC", value_parser = value::topic_name, help_heading = "Message")]
    pub topic: Option<TopicName>,
    /// Quality of Service: 0, 1 or 2
    #[arg(short, long, value_name = "QOS", default_value = "0", help_heading = "Message")]
    pub qos: QoS,
    /// What is kept of the results.
    #[command(flatten)]
    pub results: ResultsArgs,
    /// Where to.
    #[command(flatten)]
    pub connect: ConnectArgs,
}

/// Who sends to whom.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Shape")]
pub struct ShapeArgs {
    /// Who sends to whom
    #[arg(long, value_name = "SHAPE", default_value = "one-to-one")]
    pub shape: Shape,
    /// Publishers [default: -c; with fan-out 1]
    #[arg(long, value_name = "N", value_parser = value::count)]
    pub publishers: Option<u64>,
    /// Subscribers [default: -c; with fan-in 1]
    #[arg(long, value_name = "N", value_parser = value::count)]
    pub subscribers: Option<u64>,
}

/// Who sends to whom.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum Shape {
    /// Each publisher to a subscriber of its own
    #[default]
    OneToOne,
    /// Every publisher to every subscriber
    FanOut,
    /// Every publisher, each on a topic of its own, to few subscribers
    FanIn,
    /// Every publisher to a group whose members share the messages
    Shared,
}

/// How many clients, how fast they connect, how long it takes.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Clients and time")]
pub struct ClientsArgs {
    /// Clients
    #[arg(short, long, value_name = "N", default_value = "1000", value_parser = value::count)]
    pub count: u64,
    /// How fast, how long.
    #[command(flatten)]
    pub timing: TimingArgs,
}

/// How fast clients connect, and how long it takes.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Clients and time")]
pub struct TimingArgs {
    /// Wait between two connects, milliseconds or a duration
    #[arg(short, long, value_name = "DURATION", default_value = "10", value_parser = value::milliseconds)]
    pub interval: Duration,
    /// Connects a second, instead of --interval; `max` for as fast as --handshakes allows
    #[arg(long, value_name = "RATE", conflicts_with = "interval")]
    pub ramp: Option<String>,
    /// Connects that may be under way at a time, at least one for each of --workers
    #[arg(long, value_name = "N", default_value = "256", value_parser = value::count)]
    pub handshakes: u64,
    /// End after so long, seconds or a duration
    #[arg(long, value_name = "DURATION", value_parser = value::seconds)]
    pub duration: Option<Duration>,
    /// Beginning that latencies and rates leave out, seconds or a duration
    #[arg(long, value_name = "DURATION", default_value = "0", value_parser = value::seconds)]
    pub warmup: Duration,
    /// How long to wait for what is on its way when nothing comes, seconds or a duration; ten times as long at most
    /// while something comes, and behind a signal once
    #[arg(long, value_name = "DURATION", default_value = "5", value_parser = value::seconds)]
    pub drain: Duration,
    /// Connect again when the connection is lost (-rp and --maximum-reconnect-times say how)
    #[arg(long)]
    pub reconnect: bool,
    /// Threads [default: one a core]
    #[arg(long, value_name = "N", value_parser = value::count)]
    pub workers: Option<u64>,
    /// Local addresses to connect from, in turn: more ports; repeat it, or give 10.0.0.1-10.0.0.9
    #[arg(long, value_name = "ADDRESS", num_args = 1.., value_parser = value::addresses)]
    pub source_ip: Vec<Vec<IpAddr>>,
    /// A row for each client: a CSV file whose first line names the columns. `client_id`, username, password, cert, key and
    /// topic set the options of the same names; any other is a placeholder, for example {site}
    #[arg(long, value_name = "FILE")]
    pub clients_csv: Option<PathBuf>,
    /// Which client has which row
    #[arg(long, value_name = "ORDER", default_value = "in-order", requires = "clients_csv")]
    pub rows: RowOrder,
    /// Part of a run over several machines, for example 2/5; /5 takes the number from Kubernetes, Slurm, Nomad or GNU
    /// parallel, and auto from Slurm how many there are, too
    #[arg(long, value_name = "I/N")]
    pub shard: Option<String>,
    /// Name that all parts of a run have in common, so that `bench merge` takes no other for one of them
    /// [default: from --start-at and what is asked]
    #[arg(long, value_name = "NAME")]
    pub run_id: Option<String>,
    /// When to begin, so that several machines do it together, as in 2026-11-22T12:00:00Z
    #[arg(long, value_name = "TIME")]
    pub start_at: Option<jiff::Timestamp>,
    /// Offer the figures to Prometheus while it runs, as in 127.0.0.1:9464
    #[arg(long, value_name = "ADDRESS:PORT", help_heading = "Results")]
    pub prometheus: Option<SocketAddr>,
}

/// Which client has which row of `--clients-csv`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum RowOrder {
    /// The first client has the first row; there are as many clients as rows, or fewer
    #[default]
    InOrder,
    /// The same, and from the first row again where there are more clients
    Wrap,
    /// A random row each, and each row once before any again
    Shuffle,
}

/// How much is published.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Load")]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own on the command line")]
pub struct LoadArgs {
    /// -im: wait between two messages of a client, milliseconds or a duration
    #[arg(long, value_name = "DURATION", default_value = "1000", value_parser = value::milliseconds)]
    pub message_interval: Duration,
    /// Messages of all clients together, as in 50000/s
    #[arg(long, value_name = "RATE", conflicts_with_all = ["message_interval", "rate_per_client", "unpaced"])]
    pub rate: Option<String>,
    /// Messages of each client, as in 0.5/s
    #[arg(long, value_name = "RATE", conflicts_with_all = ["message_interval", "unpaced"])]
    pub rate_per_client: Option<String>,
    /// Random gaps, as from many independent senders
    #[arg(long, conflicts_with = "unpaced")]
    pub poisson: bool,
    /// As fast as the window and the socket allow
    #[arg(long, conflicts_with = "message_interval")]
    pub unpaced: bool,
    /// With --unpaced: measure latency all the same, at the cost of speed
    #[arg(long, requires = "unpaced")]
    pub latency: bool,
    /// Search the highest rate at which all of this holds, for example 'p99<50ms'; begins with --rate, and each step
    /// takes --duration [default: 5s]
    #[arg(long, value_name = "CONDITIONS", conflicts_with_all = ["unpaced", "limit"])]
    pub find_max: Option<String>,
    /// With --find-max: how often the answer has to hold
    #[arg(long, value_name = "N", default_value = "3", requires = "find_max", value_parser = value::positive_u32)]
    pub confirm: u32,
    /// With --find-max: end after so long with the best rate so far, seconds or a duration
    #[arg(long, value_name = "DURATION", default_value = "10m", requires = "find_max", value_parser = value::seconds)]
    pub max_time: Duration,
    /// Messages of a client in flight [default: what the broker announces, else 100, at QoS 2 20]
    #[arg(long, value_name = "N", value_parser = value::positive_u16)]
    pub inflight: Option<u16>,
    /// Messages of all clients together
    #[arg(short = 'L', long, value_name = "N", value_parser = value::count)]
    pub limit: Option<u64>,
    /// Topics of each client in turn, numbered by %s
    #[arg(long, value_name = "N", value_parser = value::count)]
    pub topics: Option<u64>,
    /// Payload [default: "Hello From MQTTX CLI"; in e2e 64 bytes]
    #[arg(short = 'm', long = "message", value_name = "TEXT", allow_hyphen_values = true, help_heading = "Message")]
    pub text: Option<String>,
    /// Placeholders in the payload of -m or --file-read too: %i %c %u %s {random:1-100}
    #[arg(long, help_heading = "Message")]
    pub template: bool,
    /// A file is the payload
    #[arg(long, value_name = "PATH", conflicts_with = "text", help_heading = "Message")]
    pub file_read: Option<PathBuf>,
    /// Split the payload where this matches, a regular expression such as ',' [default: '\n']; each client sends each
    /// part once, or goes round until --limit or --duration
    #[arg(long, value_name = "SEPARATOR", num_args = 0..=1, default_missing_value = "\n", help_heading = "Message")]
    pub split: Option<String>,
    /// Random payload of a size, as in 1KB; from 32 bytes on it carries number and time
    #[arg(short = 'S', long, value_name = "SIZE", conflicts_with_all = ["text", "file_read", "split", "template"], help_heading = "Message")]
    pub payload_size: Option<PayloadSize>,
    /// Accepted for MQTTX's sake
    #[arg(short, long, hide = true)]
    pub verbose: bool,
}

/// What the clients subscribe to.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Subscription")]
pub struct BenchSubscriptionArgs {
    /// Topic filters with %i %c %u, as in car/%i/#
    #[arg(short, long, value_name = "FILTER", num_args = 1.., required = true)]
    pub topic: Vec<String>,
    /// Highest QoS, one for each filter or one for all
    #[arg(short, long, value_name = "QOS", num_args = 1.., default_value = "0")]
    pub qos: Vec<QoS>,
    /// -nl: not the messages of the client itself (5.0)
    #[arg(long, alias = "no_local", value_name = "BOOL", num_args = 0.., default_missing_value = "true")]
    pub no_local: Vec<bool>,
    /// -rap: keep the retain flag as published (5.0)
    #[arg(long, value_name = "BOOL", num_args = 0.., default_missing_value = "true")]
    pub retain_as_published: Vec<bool>,
    /// -rh: retained messages: 0 send, 1 if the subscription is new, 2 never (5.0)
    #[arg(long, value_name = "N", num_args = 1.., value_parser = value::retain_handling)]
    pub retain_handling: Vec<RetainHandling>,
    /// -si: number that comes back with each message (5.0)
    #[arg(long, value_name = "N", value_parser = value::subscription_identifier)]
    pub subscription_identifier: Option<u32>,
    /// -up: user properties, as in "site: plant-7" (5.0)
    #[arg(long, value_name = "PAIR", num_args = 1.., value_parser = value::key_value, hide = true)]
    pub user_properties: Vec<UserProperty>,
    /// End after so many messages of all clients together
    #[arg(short = 'L', long, value_name = "N", value_parser = value::count)]
    pub limit: Option<u64>,
    /// Measure one-way latency of messages that other machines stamped: true as far as their clocks agree
    #[arg(long)]
    pub trust_foreign_clocks: bool,
    /// Accepted for MQTTX's sake
    #[arg(short, long, hide = true)]
    pub verbose: bool,
}

/// What is kept of the results, and what makes the run a failure.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Results")]
pub struct ResultsArgs {
    /// Fail (exit code 99) when it holds, as in 'e2e.p99>100ms', 'loss>0' or 'rate<0.99'; repeat it for several
    #[arg(long, value_name = "CONDITION")]
    pub fail: Vec<String>,
    /// End as soon as a --fail holds
    #[arg(long, requires = "fail")]
    pub abort_on_fail: bool,
    /// Write everything as JSON, every few seconds while the run goes on; `-` is stdout
    #[arg(long, value_name = "PATH")]
    pub report: Option<PathBuf>,
    /// Write a line a second
    #[arg(long, value_name = "PATH")]
    pub csv: Option<PathBuf>,
    /// Write a page with plots
    #[arg(long, value_name = "PATH")]
    pub html: Option<PathBuf>,
    /// Write the histograms in `HdrHistogram`'s interval log format
    #[arg(long, value_name = "PATH")]
    pub hdr_log: Option<PathBuf>,
    /// Write the result for CI, for example json or junit:results.xml; without a path, or with `-`, to stdout
    #[arg(long, value_name = "FORMAT[:PATH]", value_parser = summary_target)]
    pub summary: Option<SummaryTarget>,
}

/// `--summary`: in which form, and where to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SummaryTarget {
    /// In which form.
    pub format: SummaryFormat,
    /// Where to; `-` is stdout.
    pub path: PathBuf,
}

/// A form of results for CI.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SummaryFormat {
    /// One JSON object without histograms.
    Json,
    /// A test suite in JUnit's XML: a test for each threshold, and one for the run.
    Junit,
}

fn summary_target(text: &str) -> Result<SummaryTarget, String> {
    let (format, path) = text.split_once(':').unwrap_or((text, "-"));
    let format = match format {
        "json" => SummaryFormat::Json,
        "junit" => SummaryFormat::Junit,
        _ => return Err("it is json or junit, with a path behind a colon, for example junit:results.xml".to_owned()),
    };
    if path.is_empty() {
        return Err("the path behind the colon is empty; leave the colon out for stdout".to_owned());
    }
    Ok(SummaryTarget { format, path: path.into() })
}

/// `mqttx-rs bench merge`.
#[derive(Debug, Clone, Args)]
#[command(mut_arg("abort_on_fail", |argument| argument.hide(true)))]
pub struct BenchMergeArgs {
    /// Reports of --report
    #[arg(value_name = "REPORT", required = true, num_args = 1..)]
    pub reports: Vec<PathBuf>,
    /// Merge what is there though parts of the run are missing
    #[arg(long)]
    pub partial: bool,
    /// Wait so long until each report is there and its run is over, seconds or a duration
    #[arg(long, value_name = "DURATION", value_parser = value::seconds)]
    pub wait: Option<Duration>,
    /// What is kept of the merged results.
    #[command(flatten)]
    pub results: ResultsArgs,
}

/// `mqttx-rs bench compare`.
#[derive(Debug, Clone, Args)]
pub struct BenchCompareArgs {
    /// The report to compare with
    #[arg(value_name = "BASELINE")]
    pub before: PathBuf,
    /// The report that is compared; of several runs the median counts
    #[arg(value_name = "CANDIDATE", required = true, num_args = 1..)]
    pub after: Vec<PathBuf>,
    /// Fail (exit code 99) when a measure of the candidate differs from the baseline's by more, for example
    /// 'ack.p99>+10%', 'throughput<-5%' or 'lost>+0'; repeat it for several
    #[arg(long, value_name = "CHANGE")]
    pub fail: Vec<String>,
    /// Write a page with the figures and the plots of all of them over one another
    #[arg(long, value_name = "PATH")]
    pub html: Option<PathBuf>,
}

/// `mqttx-rs bench manifest`.
#[derive(Debug, Clone, Args)]
#[command(after_help = "\
The job is complete and commented: a barrier far enough ahead for the ramp, resources by the figures of docs/scale.md, a
folder a run, and the merge with the exit code of the whole.

Examples:
  mqttx-rs bench manifest kubernetes fan-out --shards 4 --image registry.example/mqttx-rs -- -h broker.example > load.yaml
  mqttx-rs bench manifest slurm mine.toml --shards 8 --fail 'e2e.p99>50ms' -- -h broker.example --ramp 2000/s > load.sh")]
pub struct BenchManifestArgs {
    /// For whom
    #[arg(value_name = "SCHEDULER")]
    pub scheduler: SchedulerName,
    /// As for `bench run`: a preset, or a TOML file
    #[arg(value_name = "SCENARIO")]
    pub scenario: String,
    /// Parts of the run, a process each
    #[arg(long, value_name = "N", value_parser = value::count)]
    pub shards: u64,
    /// Container image that has mqttx-rs (Kubernetes)
    #[arg(long, value_name = "NAME", default_value = "registry.example/mqttx-rs")]
    pub image: String,
    /// Fail (exit code 99) when it holds for the whole run, as in `bench run`; repeat it for several
    #[arg(long, value_name = "CONDITION")]
    pub fail: Vec<String>,
    /// Options of `bench run` for every part, for example -h broker.example --scale 10
    #[arg(value_name = "OPTIONS", last = true, allow_hyphen_values = true)]
    pub options: Vec<String>,
}

/// For whom a job is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum SchedulerName {
    /// Two Jobs, to be applied with kubectl
    Kubernetes,
    /// A batch script, to be submitted with sbatch
    Slurm,
}

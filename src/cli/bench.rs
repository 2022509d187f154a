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
    /// The load to run.
    #[command(subcommand)]
    pub command: BenchCommand,
}

/// The kinds of load, and what can be done with their reports.
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
    /// Publish and subscribe in one process: end-to-end latency, losses, duplicates
    #[command(name = "e2e")]
    EndToEnd(Box<BenchEndToEndArgs>),
    /// Run a scenario of several groups and phases: a preset or a TOML file
    #[command(name = "run")]
    Run(Box<BenchRunArgs>),
    /// List the presets of `bench run`, or print one to copy and edit
    #[command(name = "presets")]
    Presets(BenchPresetsArgs),
    /// Merge the reports of several machines, with exact histograms
    #[command(name = "merge")]
    Merge(BenchMergeArgs),
    /// Compare two reports
    #[command(name = "compare")]
    Compare(BenchCompareArgs),
    /// Print a job for Kubernetes or Slurm that runs a scenario on several machines and merges the reports
    #[command(name = "manifest")]
    Manifest(BenchManifestArgs),
}

fn topic_help(option: clap::Arg) -> clap::Arg {
    option.help("Topic to publish to; %i, %c and other placeholders, or --topics, make several of one")
}

/// `-I`: in `bench`, `-i` is the interval, as it is in MQTTX.
pub(super) fn id_short(argument: clap::Arg) -> clap::Arg {
    argument.short('I')
}

/// `mqttx-rs bench conn`.
#[derive(Debug, Clone, Args)]
#[command(mut_arg("client_id", id_short), mut_arg("conn_user_properties", user_properties_of_connect))]
pub struct BenchConnectArgs {
    /// Number of clients, pace and duration.
    #[command(flatten)]
    pub clients: ClientsArgs,
    /// Where results are written.
    #[command(flatten)]
    pub results: ResultsArgs,
    /// The connection.
    #[command(flatten)]
    pub connect: ConnectArgs,
}

/// `mqttx-rs bench pub`.
#[derive(Debug, Clone, Args)]
#[command(
    override_usage = "mqttx-rs bench pub -t <TOPIC> [OPTIONS]",
    mut_arg("client_id", id_short),
    mut_arg("topic", topic_help)
)]
pub struct BenchPublishArgs {
    /// Number of clients, pace and duration.
    #[command(flatten)]
    pub clients: ClientsArgs,
    /// The load.
    #[command(flatten)]
    pub load: LoadArgs,
    /// How exactly times are kept.
    #[command(flatten)]
    pub precision: PrecisionArgs,
    /// The payload.
    #[command(flatten)]
    pub content: ContentArgs,
    /// The fields of every message.
    #[command(flatten)]
    pub message: MessageArgs,
    /// How its payload is written.
    #[command(flatten)]
    pub payload: PayloadArgs,
    /// How it is compressed.
    #[command(flatten)]
    pub compress: CompressArgs,
    /// Where results are written.
    #[command(flatten)]
    pub results: ResultsArgs,
    /// The connection.
    #[command(flatten)]
    pub connect: ConnectArgs,
}

/// `mqttx-rs bench sub`.
#[derive(Debug, Clone, Args)]
#[command(mut_arg("client_id", id_short))]
pub struct BenchSubscribeArgs {
    /// Number of clients, pace and duration.
    #[command(flatten)]
    pub clients: ClientsArgs,
    /// What they subscribe to.
    #[command(flatten)]
    pub subscription: BenchSubscriptionArgs,
    /// How exactly times are kept.
    #[command(flatten)]
    pub precision: PrecisionArgs,
    /// Where results are written.
    #[command(flatten)]
    pub results: ResultsArgs,
    /// The connection.
    #[command(flatten)]
    pub connect: ConnectArgs,
}

/// `mqttx-rs bench run`.
#[derive(Debug, Clone, Args)]
#[command(mut_arg("client_id", id_short))]
pub struct BenchRunArgs {
    /// A preset that `bench presets` lists, or a TOML file (with a `.` or `/` in its name)
    #[arg(value_name = "SCENARIO", required_unless_present = "preset")]
    pub scenario: Option<String>,
    /// Preset to run, like SCENARIO
    #[arg(long, value_name = "PRESET", conflicts_with = "scenario")]
    pub preset: Option<String>,
    /// Multiply all client counts, rates and limits by this factor, for example 0.01
    #[arg(long, value_name = "FACTOR", default_value = "1", value_parser = value::factor)]
    pub scale: f64,
    /// Seed of the random values in payloads and topics, which are then the same in each run
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,
    /// How fast and how long; --duration replaces the duration of each phase that has one.
    #[command(flatten)]
    pub timing: TimingArgs,
    /// How exactly times are kept.
    #[command(flatten)]
    pub precision: PrecisionArgs,
    /// Where results are written.
    #[command(flatten)]
    pub results: ResultsArgs,
    /// The connection.
    #[command(flatten)]
    pub connect: ConnectArgs,
}

/// `mqttx-rs bench presets`.
#[derive(Debug, Clone, Args)]
pub struct BenchPresetsArgs {
    /// Preset to print
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
    /// Number of clients, pace and duration.
    #[command(flatten)]
    pub clients: ClientsArgs,
    /// The load.
    #[command(flatten)]
    pub load: LoadArgs,
    /// How exactly times are kept.
    #[command(flatten)]
    pub precision: PrecisionArgs,
    /// The payload.
    #[command(flatten)]
    pub content: ContentArgs,
    /// Topic; the other fields of a message are as in `bench pub`
    #[arg(short, long, value_name = "TOPIC", value_parser = value::topic_name, help_heading = "Message")]
    pub topic: Option<TopicName>,
    /// Quality of Service: 0, 1 or 2
    #[arg(short, long, value_name = "QOS", default_value = "0", help_heading = "Message")]
    pub qos: QoS,
    /// How its payload is written.
    #[command(flatten)]
    pub payload: PayloadArgs,
    /// How it is compressed.
    #[command(flatten)]
    pub compress: CompressArgs,
    /// Where results are written.
    #[command(flatten)]
    pub results: ResultsArgs,
    /// The connection.
    #[command(flatten)]
    pub connect: ConnectArgs,
}

/// Who sends to whom.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Shape")]
pub struct ShapeArgs {
    /// Which publisher sends to which subscriber
    #[arg(long, value_name = "SHAPE", default_value = "one-to-one")]
    pub shape: Shape,
    /// Number of publishers [default: -c; with fan-out 1]
    #[arg(long, value_name = "N", value_parser = value::count)]
    pub publishers: Option<u64>,
    /// Number of subscribers [default: -c; with fan-in 1]
    #[arg(long, value_name = "N", value_parser = value::count)]
    pub subscribers: Option<u64>,
}

/// Who sends to whom.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum Shape {
    /// Each publisher to its own subscriber
    #[default]
    OneToOne,
    /// Every publisher to every subscriber
    FanOut,
    /// Every publisher, each on its own topic, to few subscribers
    FanIn,
    /// Every publisher to a group whose members share the messages
    Shared,
}

/// How many clients, how fast they connect, how long it takes.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Clients and time")]
pub struct ClientsArgs {
    /// Number of clients
    #[arg(short, long, value_name = "N", default_value = "1000", value_parser = value::count)]
    pub count: u64,
    /// Pace and duration.
    #[command(flatten)]
    pub timing: TimingArgs,
}

/// How fast clients connect, and how long it takes.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Clients and time")]
pub struct TimingArgs {
    /// Delay between two connects, in milliseconds or with a unit
    #[arg(short, long, value_name = "DURATION", default_value = "10", value_parser = value::milliseconds)]
    pub interval: Duration,
    /// Connects per second instead of --interval, for example 200/s; `max` is as fast as --handshakes allows
    #[arg(long, value_name = "RATE", conflicts_with = "interval")]
    pub ramp: Option<String>,
    /// Connects in progress at a time, at least one per worker
    #[arg(long, value_name = "N", default_value = "256", value_parser = value::count)]
    pub handshakes: u64,
    /// End after this time, in seconds or with a unit
    #[arg(long, value_name = "DURATION", value_parser = value::seconds)]
    pub duration: Option<Duration>,
    /// Exclude the first part of the run from latencies and rates, in seconds or with a unit
    #[arg(long, value_name = "DURATION", default_value = "0", value_parser = value::seconds)]
    pub warmup: Duration,
    /// How long to wait for outstanding messages at the end while nothing arrives, in seconds or with a unit; up to ten
    /// times as long in total while messages arrive, or just this time after a signal
    #[arg(long, value_name = "DURATION", default_value = "5", value_parser = value::seconds)]
    pub drain: Duration,
    /// Reconnect when the connection is lost (see -rp and --maximum-reconnect-times)
    #[arg(long)]
    pub reconnect: bool,
    /// Number of threads [default: 1 for a light load, otherwise one per core]
    #[arg(long, value_name = "N", value_parser = value::count)]
    pub workers: Option<u64>,
    /// Local addresses to connect from in turn, for more ports; repeatable, or a range such as 10.0.0.1-10.0.0.9
    #[arg(long, value_name = "ADDRESS", num_args = 1.., value_parser = value::addresses)]
    pub source_ip: Vec<Vec<IpAddr>>,
    /// CSV file with a row for each client; the first line names the columns. `client_id`, username, password, cert, key
    /// and topic set the options of those names; every column is a placeholder too, for example {site}
    #[arg(long, value_name = "FILE")]
    pub clients_csv: Option<PathBuf>,
    /// How rows are assigned to clients
    #[arg(long, value_name = "ORDER", default_value = "in-order", requires = "clients_csv")]
    pub rows: RowOrder,
    /// Part of a run on several machines, for example 2/5; /5 takes the number of the part from Kubernetes, Slurm, Nomad
    /// or GNU parallel, auto takes the number of parts from Slurm too
    #[arg(long, value_name = "I/N")]
    pub shard: Option<String>,
    /// Name shared by all parts of a run, by which `bench merge` recognises them
    /// [default: derived from --start-at and the options]
    #[arg(long, value_name = "NAME")]
    pub run_id: Option<String>,
    /// When to begin, so that several machines start together, for example 2026-11-22T12:00:00Z
    #[arg(long, value_name = "TIME")]
    pub start_at: Option<jiff::Timestamp>,
    /// Serve metrics for Prometheus during the run, for example on 127.0.0.1:9464
    #[arg(long, value_name = "ADDRESS:PORT", help_heading = "Results")]
    pub prometheus: Option<SocketAddr>,
}

/// How the rows of `--clients-csv` are assigned to clients.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum RowOrder {
    /// In the order of the file; there are at most as many clients as rows
    #[default]
    InOrder,
    /// In the order of the file, starting again at the first row if there are more clients
    Wrap,
    /// At random, each row once before any is used again
    Shuffle,
}

/// How much is published.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Load")]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own on the command line")]
pub struct LoadArgs {
    /// Delay between two messages of a client, in milliseconds or with a unit
    #[arg(long, value_name = "DURATION", default_value = "1000", value_parser = value::milliseconds)]
    pub message_interval: Duration,
    /// Messages of all clients together, for example 50000/s
    #[arg(long, value_name = "RATE", conflicts_with_all = ["message_interval", "rate_per_client", "unpaced"])]
    pub rate: Option<String>,
    /// Messages of each client, for example 0.5/s
    #[arg(long, value_name = "RATE", conflicts_with_all = ["message_interval", "unpaced"])]
    pub rate_per_client: Option<String>,
    /// Random gaps between messages, as with many independent senders
    #[arg(long, conflicts_with = "unpaced")]
    pub poisson: bool,
    /// Send this many messages of all clients at a time, at the same rate on average
    #[arg(long, value_name = "N", default_value = "1", value_parser = value::count, conflicts_with_all = ["poisson", "unpaced"])]
    pub burst: u64,
    /// Rates from a CSV file: rows of SECONDS,RATE for example 60,2000/s, each from its second on; the last row is the end
    #[arg(long, value_name = "FILE", conflicts_with_all = ["message_interval", "rate", "rate_per_client", "poisson", "unpaced", "burst", "find_max"])]
    pub rate_trace: Option<PathBuf>,
    /// Send as fast as the window and the socket allow
    #[arg(long, conflicts_with = "message_interval")]
    pub unpaced: bool,
    /// With --unpaced: measure latency anyway, at the cost of speed
    #[arg(long, requires = "unpaced")]
    pub latency: bool,
    /// Search for the highest rate that meets all these conditions, for example 'p99<50ms'; starts at --rate, and each
    /// step takes --duration [default: 5s]
    #[arg(long, value_name = "CONDITIONS", conflicts_with_all = ["unpaced", "limit"])]
    pub find_max: Option<String>,
    /// With --find-max: how many runs have to confirm the result
    #[arg(long, value_name = "N", default_value = "3", requires = "find_max", value_parser = value::positive_u32)]
    pub confirm: u32,
    /// With --find-max: end after this time with the best rate so far, in seconds or with a unit
    #[arg(long, value_name = "DURATION", default_value = "10m", requires = "find_max", value_parser = value::seconds)]
    pub max_time: Duration,
    /// Messages in flight per client [default: as many as the broker announces, otherwise 100, or 20 at QoS 2]
    #[arg(long, value_name = "N", value_parser = value::positive_u16)]
    pub inflight: Option<u16>,
    /// End after N messages of all clients together
    #[arg(short = 'L', long, value_name = "N", value_parser = value::count)]
    pub limit: Option<u64>,
    /// Number of messages of each client
    #[arg(long, value_name = "N", value_parser = value::count, conflicts_with_all = ["limit", "poisson", "find_max"])]
    pub limit_per_client: Option<u64>,
    /// Number of topics each client uses in turn; %s in the topic is their number
    #[arg(long, value_name = "N", value_parser = value::count)]
    pub topics: Option<u64>,
    /// Seed of the random values in the payload and topic, which are then the same in each run
    #[arg(long, value_name = "N", help_heading = "Message")]
    pub seed: Option<u64>,
    /// Where each message carries its number and its time: payload (32 bytes in front), property (5.0), or a field of
    /// JSON, for example `json:/t` [default: payload with -S of 32 or more, else none]
    #[arg(long, value_name = "PLACE", help_heading = "Message")]
    pub stamp: Option<String>,
    /// Accepted for compatibility with MQTTX
    #[arg(short, long, hide = true)]
    pub verbose: bool,
}

/// How exactly a load keeps its planned times.
#[derive(Debug, Clone, Copy, Args)]
#[command(next_help_heading = "Load")]
pub struct PrecisionArgs {
    /// How exactly planned times are kept and arrivals noted; coarser takes less CPU
    /// [default: 50us while idle, up to 1ms under load]
    #[arg(long, value_name = "TIME")]
    pub precision: Option<PrecisionName>,
}

/// How exactly a load keeps its planned times.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum PrecisionName {
    /// Each message and each answer wakes a worker
    #[value(name = "50us")]
    Fine,
    /// A worker looks every 160 us
    #[value(name = "200us")]
    Medium,
    /// A worker looks every 800 us
    #[value(name = "1ms")]
    Coarse,
}

/// The payload of a load.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Message")]
pub struct ContentArgs {
    /// Payload [default: "Hello From MQTTX CLI"; in e2e 64 bytes]
    #[arg(short = 'm', long = "message", value_name = "TEXT", allow_hyphen_values = true)]
    pub text: Option<String>,
    /// Fill placeholders in the payload of -m, --file-read or --payloads too, for example %i {time} {walk:20..30}
    #[arg(long)]
    pub template: bool,
    /// Read the payload from a file
    #[arg(long, value_name = "PATH", conflicts_with = "text")]
    pub file_read: Option<PathBuf>,
    /// Recorded payloads in turn: a folder (each file is one, by name), or JSON lines of `sub --output-mode jsonl`; each
    /// client sends each once, or all of them repeatedly until --limit or --duration
    #[arg(long, value_name = "PATH", conflicts_with_all = ["text", "file_read", "split"])]
    pub payloads: Option<PathBuf>,
    /// Split the payload at this regular expression, for example ',' [default: '\n']; each client sends each part once,
    /// or all of them repeatedly until --limit or --duration
    #[arg(long, value_name = "SEPARATOR", num_args = 0..=1, default_missing_value = "\n")]
    pub split: Option<String>,
    /// Random payload of this size, for example 1KB; with 32 bytes or more it carries a number and a time
    #[arg(short = 'S', long, value_name = "SIZE", conflicts_with_all = ["text", "file_read", "payloads", "split", "template"])]
    pub payload_size: Option<PayloadSize>,
}

/// What the clients subscribe to.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Subscription")]
pub struct BenchSubscriptionArgs {
    /// Topic filters with %i %c %u, for example car/%i/#
    #[arg(short, long, value_name = "FILTER", num_args = 1.., required = true)]
    pub topic: Vec<String>,
    /// Highest QoS, one for each filter or one for all
    #[arg(short, long, value_name = "QOS", num_args = 1.., default_value = "0")]
    pub qos: Vec<QoS>,
    /// Leave out the client's own messages (5.0)
    #[arg(long, alias = "no_local", value_name = "BOOL", num_args = 0.., default_missing_value = "true")]
    pub no_local: Vec<bool>,
    /// Keep the retain flag as published (5.0)
    #[arg(long, value_name = "BOOL", num_args = 0.., default_missing_value = "true")]
    pub retain_as_published: Vec<bool>,
    /// Retained messages: 0 send, 1 send if the subscription is new, 2 do not send (5.0)
    #[arg(long, value_name = "N", num_args = 1.., value_parser = value::retain_handling)]
    pub retain_handling: Vec<RetainHandling>,
    /// Identifier the broker returns with each match (5.0)
    #[arg(long, value_name = "N", value_parser = value::subscription_identifier)]
    pub subscription_identifier: Option<u32>,
    /// User properties, for example "site: plant-7" (5.0)
    #[arg(long, value_name = "PAIR", num_args = 1.., value_parser = value::key_value, hide = true)]
    pub user_properties: Vec<UserProperty>,
    /// End after N messages of all clients together
    #[arg(short = 'L', long, value_name = "N", value_parser = value::count)]
    pub limit: Option<u64>,
    /// Where messages carry their number and time, as in `bench pub --stamp` [default: payload]
    #[arg(long, value_name = "PLACE")]
    pub stamp: Option<String>,
    /// Measure one-way latency of messages stamped by other machines, as accurate as their clocks agree
    #[arg(long)]
    pub trust_foreign_clocks: bool,
    /// Accepted for compatibility with MQTTX
    #[arg(short, long, hide = true)]
    pub verbose: bool,
}

/// Where results are written, and what makes the run a failure.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Results")]
pub struct ResultsArgs {
    /// Fail (exit code 99) if this holds, for example 'p99>100ms', 'loss>0' or 'rate<0.99'; repeatable
    #[arg(long, value_name = "CONDITION")]
    pub fail: Vec<String>,
    /// End as soon as a --fail condition holds
    #[arg(long, requires = "fail")]
    pub abort_on_fail: bool,
    /// Write everything as JSON, updated every few seconds during the run; `-` is stdout
    #[arg(long, value_name = "PATH")]
    pub report: Option<PathBuf>,
    /// Write one CSV line per second
    #[arg(long, value_name = "PATH")]
    pub csv: Option<PathBuf>,
    /// Write an HTML page with plots
    #[arg(long, value_name = "PATH")]
    pub html: Option<PathBuf>,
    /// Write the histograms in the interval log format of `HdrHistogram`
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
    /// A test suite in the XML format of `JUnit`: a test for each threshold, and one for the run.
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
    /// Reports written by --report
    #[arg(value_name = "REPORT", required = true, num_args = 1..)]
    pub reports: Vec<PathBuf>,
    /// Merge the reports given even if parts of the run are missing
    #[arg(long)]
    pub partial: bool,
    /// Wait up to this time for all reports and the end of their runs, in seconds or with a unit
    #[arg(long, value_name = "DURATION", value_parser = value::seconds)]
    pub wait: Option<Duration>,
    /// What is kept of the merged results.
    #[command(flatten)]
    pub results: ResultsArgs,
}

/// `mqttx-rs bench compare`.
#[derive(Debug, Clone, Args)]
pub struct BenchCompareArgs {
    /// Report to compare with
    #[arg(value_name = "BASELINE")]
    pub before: PathBuf,
    /// Report to compare; of several runs the median counts
    #[arg(value_name = "CANDIDATE", required = true, num_args = 1..)]
    pub after: Vec<PathBuf>,
    /// Fail (exit code 99) if a measure of the candidate differs from the baseline by more than this, for example
    /// 'ack.p99>+10%', 'throughput<-5%' or 'lost>+0'; repeatable
    #[arg(long, value_name = "CHANGE")]
    pub fail: Vec<String>,
    /// Write a page with the figures and the plots of all of them over one another
    #[arg(long, value_name = "PATH")]
    pub html: Option<PathBuf>,
}

/// `mqttx-rs bench manifest`.
#[derive(Debug, Clone, Args)]
#[command(after_help = "\
The job is complete and commented: a start time that leaves enough time to connect, resources by the figures of
docs/scale.md, a folder per run, and the merge, with the exit code of the whole run.

Examples:
  mqttx-rs bench manifest kubernetes fan-out --shards 4 --image registry.example/mqttx-rs -- -h broker.example > load.yaml
  mqttx-rs bench manifest slurm mine.toml --shards 8 --fail 'e2e.p99>50ms' -- -h broker.example --ramp 2000/s > load.sh")]
pub struct BenchManifestArgs {
    /// Scheduler to print the job for
    #[arg(value_name = "SCHEDULER")]
    pub scheduler: SchedulerName,
    /// Scenario, as for `bench run`: a preset or a TOML file
    #[arg(value_name = "SCENARIO")]
    pub scenario: String,
    /// Number of parts of the run, one process each
    #[arg(long, value_name = "N", value_parser = value::count)]
    pub shards: u64,
    /// Container image that has mqttx-rs (Kubernetes)
    #[arg(long, value_name = "NAME", default_value = "registry.example/mqttx-rs")]
    pub image: String,
    /// Fail (exit code 99) if this holds for the whole run, as in `bench run`; repeatable
    #[arg(long, value_name = "CONDITION")]
    pub fail: Vec<String>,
    /// Options of `bench run` for every part, for example -h broker.example --scale 10
    #[arg(value_name = "OPTIONS", last = true, allow_hyphen_values = true)]
    pub options: Vec<String>,
}

/// The scheduler of a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum SchedulerName {
    /// Two Jobs to apply with kubectl
    Kubernetes,
    /// A batch script to submit with sbatch
    Slurm,
}

//! Options about the clients of a load: how many, how fast they connect, how long it takes.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};

use crate::cli::value;

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
    /// Number before that of the first client: with 100, {client} and %i begin at 101
    #[arg(long, value_name = "N", default_value = "0", alias = "startnumber")]
    pub start_number: u64,
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

/// `-I`: in `bench`, `-i` is the interval, as it is in MQTTX.
pub(crate) fn id_short(argument: clap::Arg) -> clap::Arg {
    argument.short('I')
}

//! `mqttx-rs probe`: test what a broker supports.

use std::time::Duration;

use clap::Args;

use super::group::ConnectArgs;
use super::value::{self, Feature};
use crate::mqtt::TopicName;

const EXAMPLES: &str = "\
Each row is tested, not only queried: a message is sent and received back, a connection is cut and the will arrives.
Names for --require and --only: mqtt5.0, mqtt3.1.1, mqtt3.1, qos0, qos1, qos2, retain, wildcards, shared, queue, delayed, exclusive,
will, session, inflight, payload, topic-length, topic-levels, client-id-length, assigned-client-id, properties,
subscription-ids, topic-alias, no-local, request-response, tls, websocket, wss.
All topics are below PREFIX and a random level. Retained messages and sessions of the probe are removed at the end, also
after Ctrl-C. Credentials are never sent over a connection that is less secure than the one given.
Exit code 0: the broker was probed and supports everything that --require names; 1: it does not.

Examples:
  mqttx-rs probe -h broker.example
  mqttx-rs probe --require shared,qos2,retain,delayed
  mqttx-rs probe --json | jq '.checks[] | select(.ok | not)'
  mqttx-rs probe --embedded";

/// `mqttx-rs probe`.
#[derive(Debug, Clone, Args)]
#[command(override_usage = "mqttx-rs probe [OPTIONS]", after_help = EXAMPLES, mut_arg("save_options", |option| option.hide(true)), mut_arg("load_options", |option| option.hide(true)))]
pub struct ProbeCommand {
    /// What to test.
    #[command(flatten)]
    pub probe: ProbeArgs,
    /// The broker.
    #[command(flatten)]
    pub connect: ConnectArgs,
}

/// What to test, and how to print it.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Probe")]
pub struct ProbeArgs {
    /// Exit 1 unless the broker supports these; separated by commas
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    pub require: Vec<Feature>,
    /// Test only these, and those of --require
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    pub only: Vec<Feature>,
    /// Print one JSON object at the end instead of a table
    #[arg(long)]
    pub json: bool,
    /// Topic below which the test topics are, each run under a random level
    #[arg(long, value_name = "TOPIC", default_value = "mqttx-rs-probe", value_parser = value::topic_name)]
    pub prefix: TopicName,
    /// Time limit for each row
    #[arg(long, value_name = "SEC", default_value = "10", value_parser = value::seconds)]
    pub timeout: Duration,
    /// Port for TLS [default: 8883]
    #[arg(long, value_name = "PORT", value_parser = value::port)]
    pub tls_port: Option<u16>,
    /// Port for WebSocket [default: 8083]
    #[arg(long, value_name = "PORT", value_parser = value::port)]
    pub ws_port: Option<u16>,
    /// Port for WebSocket over TLS [default: 8084]
    #[arg(long, value_name = "PORT", value_parser = value::port)]
    pub wss_port: Option<u16>,
}

//! Brokers of other makes, where they are installed: `RabbitMQ`, ejabberd and aedes.

use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::net::{Ipv4Addr, SocketAddr};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use tempfile::TempDir;

use mqttx_rs::mqtt::Version;

use crate::broker::Broker;
use crate::support::mosquitto::free_port;

/// Makes the absence of one of them a failure instead of a skipped test.
const REQUIRE: &str = "MQTTX_RS_REQUIRE_BROKERS";

/// How long a broker may take to start: `RabbitMQ` takes ten seconds on an idle machine.
const START: Duration = Duration::from_secs(90);

/// A broker's processes with a directory of their own; ended when it is dropped.
#[derive(Debug)]
pub struct Process {
    address: SocketAddr,
    children: Vec<Child>,
    _directory: TempDir,
}

impl Process {
    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        for child in &mut self.children {
            // The group, since some have helpers.
            _ = killpg(Pid::from_raw(child.id().try_into().expect("a pid fits")), Signal::SIGKILL);
            _ = child.wait();
        }
    }
}

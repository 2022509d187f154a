//! `docs/scale.md`: what many connections take, by the figures that `bench manifest` calculates with and the hints that a
//! run gives beforehand.

use std::fmt::Write as _;

use super::advice;
use super::scale::{CONNECT, DELIVERY, HANDSHAKE, IDLE, KERNEL, MESSAGE, PROCESS, PUBLISHER, TLS};

/// A machine that the page calculates with.
const CORES: u64 = 16;
const MEMORY: u64 = 64_000_000_000;
/// Connections that one machine is given at most: more is more than one wants to lose with it.
const MOST: u64 = 1_000_000;

fn number(value: u64) -> String {
    let digits = value.to_string();
    let groups: Vec<&str> =
        digits.as_bytes().rchunks(3).rev().filter_map(|group| std::str::from_utf8(group).ok()).collect();
    groups.join(",")
}

fn gigabytes(bytes: u64) -> String {
    format!("{}.{} GB", number(bytes / 1_000_000_000), bytes / 100_000_000 % 10)
}

/// A row of the table: connections in all.
fn row(connections: u64) -> String {
    let machines = |each: u64| {
        // Each sends a message a minute; half of each core is left free.
        let cores = (connections / 60 * MESSAGE).div_ceil(500_000_000);
        (connections * each).div_ceil(MEMORY / 2).max(cores.div_ceil(CORES)).max(connections.div_ceil(MOST))
    };
    let plain = PUBLISHER + KERNEL;
    // All in ten minutes.
    let connecting = |each: u64| (connections / 600 * each).div_ceil(500_000_000);
    format!(
        "| {} | {} | {} | {} | {} | {} | {} | {} | {} |\n",
        number(connections),
        gigabytes(connections * plain),
        gigabytes(connections * (plain + TLS)),
        number(connecting(CONNECT)),
        number(connecting(CONNECT + HANDSHAKE)),
        number((connections / 60 * MESSAGE).div_ceil(500_000_000)),
        number(machines(plain)),
        number(machines(plain + TLS)),
        number(connections.min(MOST).div_ceil(advice::PORTS)),
    )
}

fn page() -> String {
    let files = advice::open_files(MOST + 200);
    let micros = |nanos: u64| format!("{} us", nanos / 1000);
    let mut page = format!(
        "# Resources for many connections\n\n\
         Generated from the figures that `bench manifest` calculates with; do not edit it by hand. They were measured with\n\
         `benches/generator_cost.sh` and like it, with a release build on two busy cores of a shared virtual machine, which\n\
         makes the CPU figures high. Measure on your machines before you rely on them.\n\n\
         | | takes |\n|---|---|\n\
         | a process | {} MB |\n\
         | an idle connection | {} bytes in mqttx-rs, about {} in the kernel |\n\
         | a connection that publishes | {} bytes of ours |\n\
         | TLS | {} bytes more a connection |\n\
         | a connect | {} of CPU, with TLS {} |\n\
         | a message sent and acknowledged alone | {} of CPU, kernel included; a twentieth where many go out in one write |\n\
         | a message received alone | {} of CPU |\n\n\
         ## 1, 10 and 100 million\n\n\
         Connections that each publish a message a minute at QoS 1, connect within ten minutes, and leave half of each core\n\
         free. Machines have {CORES} cores and {} GB, half of it for connections, and {} connections at most.\n\n\
         | connections | memory | with TLS | cores to connect | with TLS | cores to publish | machines | with TLS | \
         addresses a machine |\n|--:|--:|--:|--:|--:|--:|--:|--:|--:|\n",
        PROCESS / 1_000_000,
        number(IDLE),
        number(KERNEL),
        number(PUBLISHER),
        number(TLS),
        micros(CONNECT),
        micros(CONNECT + HANDSHAKE),
        micros(MESSAGE),
        micros(DELIVERY),
        MEMORY / 1_000_000_000,
        number(MOST),
    );
    for connections in [1_000_000, 10_000_000, 100_000_000] {
        page.push_str(&row(connections));
    }
    write!(
        page,
        "\nThe broker needs as much of the kernel, and its own. \"Addresses a machine\" are source addresses (`--source-ip\n\
         10.0.0.1-10.0.0.16`) or addresses of the broker (`-h a,b`): each pair of them has {} local ports. A run in parts\n\
         (`--shard`, `bench manifest`) has as many parts as machines.\n\n\
         ## Settings\n\n\
         A run checks the first two before it connects, and gives the same advice.\n\n\
         | | why | command |\n|---|---|---|\n\
         | open files | each connection is one; a run raises its own limit as far as the hard limit goes | `{files}` |\n\
         | local ports | the usual range has 28,232 for each pair of addresses | `{}` |\n\
         | connection tracking | a firewall that tracks connections drops what its table does not hold | \
         `sudo sysctl -w net.netfilter.nf_conntrack_max={}`, or no tracking of the broker's port |\n\
         | waiting ports | a port that was closed by us is not free for a minute, unless | \
         `sudo sysctl -w net.ipv4.tcp_tw_reuse=1` |\n\
         | TCP memory | of all sockets together, in pages of 4 KiB; buffers of what is on its way | \
         `sudo sysctl -w net.ipv4.tcp_mem='1000000 2000000 4000000'` |\n\
         | backlog, on the broker's machine | connects that come faster than the broker accepts them | \
         `sudo sysctl -w net.core.somaxconn=65535 net.ipv4.tcp_max_syn_backlog=65535` |\n\n\
         In a container the limits of open files and local ports are its own; `bench manifest kubernetes` sets the range of\n\
         ports, and gives each part the cores and the memory that follow from the figures above.\n",
        number(advice::PORTS),
        advice::PORT_RANGE,
        2 * MOST,
    )
    .unwrap();
    page
}

#[test]
fn the_page_on_scale_is_the_checked_in_one() {
    super::threshold_page::compare("docs/scale.md", &page());
}

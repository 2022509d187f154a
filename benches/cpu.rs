//! CPU seconds of the session, codec included, per million messages: the figures that the goals are set in.
//!
//! `cargo bench --no-default-features --bench cpu`. A message has 100 bytes of payload and a topic of 35.

#![expect(clippy::print_stdout, reason = "its table is what it is run for")]

mod peer;

use std::time::Duration;

use mqttx_rs::mqtt::{QoS, Version};
use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike;

use peer::{Peer, message, publishes};

const MILLION: usize = 1_000_000;

fn main() {
    println!("CPU seconds per million messages, least of five\n");
    println!("| | 3.1.1 | 5.0 | goal |\n|---|---|---|---|");
    for (qos, window, goal) in [
        (QoS::AtMostOnce, 100, "0.15"),
        (QoS::AtLeastOnce, 100, "0.30"),
        (QoS::AtLeastOnce, 1, "-"),
        (QoS::ExactlyOnce, 100, "0.30"),
    ] {
        let [v3, v5] = [Version::V3_1_1, Version::V5].map(|version| {
            let (mut peer, message) = (Peer::connected(version), message(qos));
            least(|| peer.publish(&message, MILLION, window))
        });
        println!("| publish at QoS {qos}, {window} at a time | {v3:.3} | {v5:.3} | {goal} |");
    }
    for qos in [QoS::AtMostOnce, QoS::AtLeastOnce, QoS::ExactlyOnce] {
        let [v3, v5] = [Version::V3_1_1, Version::V5].map(|version| {
            let (mut peer, burst) = (Peer::connected(version), publishes(version, qos, 400));
            least(|| (0..MILLION / 400).for_each(|_| peer.receive(&burst, 400)))
        });
        println!("| receive at QoS {qos}, 400 at a time | {v3:.3} | {v5:.3} | - |");
    }
}

/// CPU time of the quickest of five runs: the others were disturbed.
fn least(mut run: impl FnMut()) -> f64 {
    let times = (0..5).map(|_| {
        let before = cpu();
        run();
        cpu().saturating_sub(before)
    });
    times.min().unwrap_or_default().as_secs_f64()
}

fn cpu() -> Duration {
    let usage = getrusage(UsageWho::RUSAGE_SELF).expect("getrusage");
    let spent = usage.user_time().num_microseconds() + usage.system_time().num_microseconds();
    Duration::from_micros(spent.unsigned_abs())
}

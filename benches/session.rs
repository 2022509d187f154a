//! Time of one message through the session, of one packet through the codec, and of one topic against one filter.
//!
//! `cargo bench --no-default-features --bench session`; the CPU time per million that the goals are set in is what
//! the bench `cpu` prints.

#![expect(clippy::print_stdout, reason = "its table is what it is run for")]

mod peer;

use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

use mqttx_rs::mqtt::{PublishProperties, QoS, TopicFilter, Version};

use peer::{Peer, message, publishes};

const BATCH: u16 = 100;
const EVERY_QOS: [QoS; 3] = [QoS::AtMostOnce, QoS::AtLeastOnce, QoS::ExactlyOnce];

fn topic_matching() {
    let topic = message(QoS::AtMostOnce).topic;
    for text in ["factory/line-4/robot-17/temperature", "factory/+/robot-17/+", "factory/#", "office/#"] {
        let filter = TopicFilter::parse(text).expect("a filter");
        measure(&format!("topic matching, {text}"), 1, || black_box(&filter).matches(black_box(topic.as_str())));
    }
}

/// The hand-shakes whole: publish, transmit, the broker's answers, the event.
fn publish() {
    for version in [Version::V3_1_1, Version::V5] {
        for qos in EVERY_QOS {
            let (mut peer, message) = (Peer::connected(version), message(qos));
            let name = format!("publish, MQTT {version}, QoS {qos}");
            measure(&name, BATCH, || peer.publish(&message, BATCH.into(), BATCH.into()));
        }
    }
}

/// Encoding by itself is a publish at QoS 0: what differs is the packet.
fn encode() {
    let mut rich = message(QoS::AtMostOnce);
    rich.properties = Some(Arc::new(PublishProperties {
        content_type: Some("application/json".into()),
        response_topic: Some("factory/answers".into()),
        correlation_data: Some(vec![7; 16].into()),
        user_properties: vec![("shift".into(), "night".into()), ("unit".into(), "K".into())],
        ..PublishProperties::default()
    }));
    let mut large = message(QoS::AtMostOnce);
    large.payload = vec![b'x'; 16 << 10].into();
    for (name, message) in [("with properties", rich), ("16 KiB", large)] {
        let mut peer = Peer::connected(Version::V5);
        let name = format!("encode PUBLISH, {name}");
        measure(&name, BATCH, || peer.publish(&message, BATCH.into(), BATCH.into()));
    }
}

/// Decoding is receiving: the packet checked and understood, the event, the acknowledgements.
fn receive() {
    for version in [Version::V3_1_1, Version::V5] {
        for qos in EVERY_QOS {
            let (mut peer, burst) = (Peer::connected(version), publishes(version, qos, BATCH));
            let name = format!("receive, MQTT {version}, QoS {qos}");
            measure(&name, BATCH, || peer.receive(&burst, BATCH.into()));
        }
    }
}

/// Runs a step, which does so many things, in rounds of a tenth of a second, and prints what one of them took in the
/// quickest round: the others were disturbed.
fn measure<T>(name: &str, things: u16, mut step: impl FnMut() -> T) {
    const ROUND: Duration = Duration::from_millis(100);
    let rounds = (0..10).map(|_| {
        let (begin, mut steps) = (Instant::now(), 0_u32);
        while begin.elapsed() < ROUND {
            // Few enough that a round is not overrun, and enough that the clock costs nothing.
            for _ in 0..16 {
                black_box(step());
            }
            steps += 16;
        }
        begin.elapsed().as_secs_f64() / f64::from(steps) / f64::from(things)
    });
    println!("{name:<60} {:>8.1} ns", rounds.fold(f64::INFINITY, f64::min) * 1e9);
}

fn main() {
    topic_matching();
    publish();
    encode();
    receive();
}

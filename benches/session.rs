//! Time of one message through the session, of one packet through the codec, and of one topic against one filter.
//!
//! `cargo bench --no-default-features --bench session`; the CPU time per million that the goals are set in is what
//! the bench `cpu` prints.

mod peer;

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use mqttx_rs::mqtt::{PublishProperties, QoS, TopicFilter, Version};

use peer::{Peer, message, publishes};

const BATCH: u16 = 100;
const EVERY_QOS: [QoS; 3] = [QoS::AtMostOnce, QoS::AtLeastOnce, QoS::ExactlyOnce];

fn topic_matching(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("topic matching");
    let topic = message(QoS::AtMostOnce).topic;
    for text in ["factory/line-4/robot-17/temperature", "factory/+/robot-17/+", "factory/#", "office/#"] {
        let filter = TopicFilter::parse(text).expect("a filter");
        group.bench_function(text, |bencher| bencher.iter(|| black_box(&filter).matches(black_box(topic.as_str()))));
    }
}

/// The hand-shakes whole: publish, transmit, the broker's answers, the event.
fn publish(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("publish");
    group.throughput(Throughput::Elements(BATCH.into()));
    for version in [Version::V3_1_1, Version::V5] {
        for qos in EVERY_QOS {
            let (mut peer, message) = (Peer::connected(version), message(qos));
            group.bench_function(format!("MQTT {version}, QoS {qos}"), |bencher| {
                bencher.iter(|| peer.publish(&message, BATCH.into(), BATCH.into()));
            });
        }
    }
}

/// Encoding by itself is a publish at QoS 0: what differs is the packet.
fn encode(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("encode PUBLISH");
    group.throughput(Throughput::Elements(BATCH.into()));
    let mut rich = message(QoS::AtMostOnce);
    rich.properties = Some(Box::new(PublishProperties {
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
        group.bench_function(name, |bencher| {
            bencher.iter(|| peer.publish(&message, BATCH.into(), BATCH.into()));
        });
    }
}

/// Decoding is receiving: the packet checked and understood, the event, the acknowledgements.
fn receive(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("receive");
    group.throughput(Throughput::Elements(BATCH.into()));
    for version in [Version::V3_1_1, Version::V5] {
        for qos in EVERY_QOS {
            let (mut peer, burst) = (Peer::connected(version), publishes(version, qos, BATCH));
            group.bench_function(format!("MQTT {version}, QoS {qos}"), |bencher| {
                bencher.iter(|| peer.receive(&burst, BATCH.into()));
            });
        }
    }
}

criterion_group!(benches, topic_matching, publish, encode, receive);
criterion_main!(benches);

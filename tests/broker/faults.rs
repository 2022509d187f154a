//! Faults on request, each seen from a client.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use mqttx_rs::internals::{Broker, BrokerOptions};
use mqttx_rs::mqtt::Version;

use crate::support::wire::{self, Packet, publish};
use crate::support::{DEADLINE, Program, RawClient};

fn start(faults: &[&str]) -> (Broker, SocketAddr) {
    let faults = faults.iter().map(ToString::to_string).collect();
    let broker = Broker::start(BrokerOptions { faults, seed: Some(7), ..BrokerOptions::default() }).unwrap();
    let address = broker.addresses().mqtt;
    (broker, address)
}

/// A client to which a fault is done.
fn client(address: SocketAddr) -> RawClient {
    RawClient::connect(address, Version::V5, "victim")
}

#[test]
fn a_dropped_puback_does_not_come_and_the_message_has_arrived() {
    let (_broker, address) = start(&["drop puback first 1"]);
    let mut victim = client(address);
    victim.subscribe("a", 0);
    victim.link.send(publish("a", "x").qos(1).id(10));
    victim.expect_text("a", "x");
    victim.expect_quiet();
    victim.link.send(publish("a", "x").qos(1).id(10).dup());
    loop {
        match victim.link.receive() {
            Packet::Ack(ack) => return assert_eq!((ack.id, ack.reason), (10, 0)),
            Packet::Publish(again) => assert_eq!(again.text(), "x"),
            other => panic!("not PUBACK: {other:?}"),
        }
    }
}

#[test]
fn a_dropped_publish_never_reaches_the_broker() {
    let (_broker, address) = start(&["drop publish first 1 from client"]);
    let mut victim = client(address);
    victim.subscribe("a", 0);
    victim.publish("a", "lost", 0);
    victim.publish("a", "second", 0);
    victim.expect_text("a", "second");
}

#[test]
fn a_duplicate_comes_as_one_that_was_sent_again() {
    let (_broker, address) = start(&["duplicate publish to client"]);
    let mut victim = client(address);
    victim.subscribe("a", 1);
    RawClient::connect(address, Version::V5, "publisher").publish("a", "x", 1);
    let (first, second) = (victim.link.expect_publish(), victim.link.expect_publish());
    assert_eq!((first.id, first.dup), (second.id, false));
    assert!(second.dup && second.text() == "x");
}

#[test]
fn a_delayed_connack_comes_late() {
    let (_broker, address) = start(&["delay connack 200ms"]);
    let begin = Instant::now();
    let mut victim = client(address);
    assert!(begin.elapsed() >= Duration::from_millis(200));
    victim.expect_quiet();
}

#[test]
fn reordered_messages_all_come() {
    let (_broker, address) = start(&["reorder publish 5 to client"]);
    let mut victim = client(address);
    victim.subscribe("a", 0);
    let mut publisher = RawClient::connect(address, Version::V5, "publisher");
    let sent: Vec<String> = (1..=5).map(|number| number.to_string()).collect();
    for text in &sent {
        publisher.publish("a", text, 0);
    }
    let mut received: Vec<String> = (1..=5).map(|_| victim.expect_message().text().to_owned()).collect();
    assert_ne!(received, sent);
    received.sort();
    assert_eq!(received, sent);
}

#[test]
fn a_corrupted_packet_differs_in_one_bit() {
    let (_broker, address) = start(&["corrupt publish to client"]);
    let mut victim = client(address);
    victim.subscribe("a", 0);
    let payload = "x".repeat(10_000);
    victim.publish("a", &payload, 0);
    let received = victim.link.expect_publish().payload;
    let flipped: u32 = payload.bytes().zip(&received).map(|(sent, received)| (sent ^ received).count_ones()).sum();
    assert_eq!((received.len(), flipped), (payload.len(), 1));
}

#[test]
fn a_refused_publish_is_answered_and_not_passed_on() {
    let (_broker, address) = start(&["refuse publish 0x97 first 2"]);
    let mut victim = client(address);
    victim.subscribe("#", 0);
    for qos in [1, 2] {
        victim.link.send(publish("a", "refused").qos(qos).id(9));
        match victim.link.receive() {
            Packet::Ack(ack) => assert_eq!((ack.id, ack.reason), (9, 0x97)),
            other => panic!("not refused: {other:?}"),
        }
    }
    victim.publish("a", "accepted", 0);
    victim.expect_text("a", "accepted");

    let mut old = RawClient::connect(start(&["refuse publish 0x97"]).1, Version::V3_1_1, "old");
    old.link.send(publish("a", "refused").qos(1).id(9));
    old.link.expect_end();
}

#[test]
fn connect_and_subscribe_are_refused_in_every_version() {
    for version in [Version::V3_1, Version::V3_1_1, Version::V5] {
        let (_broker, address) = start(&["refuse connect 0x87 first 1", "refuse subscribe 0x97"]);
        let mut refused = RawClient::open(address, version);
        refused.link.send(wire::connect(version, "victim"));
        assert_eq!(refused.link.expect_connack().code, if version.is_v5() { 0x87 } else { 5 });
        refused.link.expect_end();
        let mut victim = RawClient::connect(address, version, "victim");
        victim.link.send(wire::subscribe(3, "a", 0).and("b", 1));
        let suback = victim.link.expect_suback();
        let reason = if version.is_v5() { 0x97 } else { 0x80 };
        assert_eq!((suback.id, suback.reasons), (3, vec![reason; 2]));
        victim.expect_quiet();
    }
}

#[test]
fn the_link_is_cut_behind_a_packet() {
    let (_broker, address) = start(&["close after publish 2 from client"]);
    let mut witness = RawClient::connect(address, Version::V5, "witness");
    witness.subscribe("#", 0);
    let mut victim = client(address);
    victim.publish("a", "first", 1);
    victim.link.send(publish("a", "second"));
    assert_eq!(victim.link.receive_until_end(), []);
    witness.expect_text("a", "first");
    witness.expect_text("a", "second");
}

#[test]
fn a_stall_holds_everything_back_for_a_while() {
    let (_broker, address) = start(&["stall 300ms every 600ms"]);
    let mut victim = client(address);
    let begin = Instant::now();
    // The first pause begins 600 ms after the link was opened; a thread that gets no core may sleep through one.
    loop {
        let asked = Instant::now();
        victim.expect_quiet();
        if asked.elapsed() >= Duration::from_millis(250) {
            return;
        }
        assert!(begin.elapsed() < DEADLINE, "nothing was held back");
    }
}

#[test]
fn fragments_are_put_together_again() {
    let (_broker, address) = start(&["fragment 1"]);
    let mut victim = client(address);
    victim.subscribe("a", 1);
    let payload = "x".repeat(1000);
    victim.link.send(publish("a", &payload).qos(0));
    victim.expect_text("a", &payload);
}

#[test]
fn a_rule_is_for_the_clients_that_it_names() {
    let (_broker, address) = start(&["drop puback for sensor-*"]);
    RawClient::connect(address, Version::V5, "other").publish("a", "x", 1);
    let mut victim = RawClient::connect(address, Version::V5, "sensor-1");
    victim.link.send(publish("a", "x").qos(1).id(1));
    victim.expect_quiet();
}

#[test]
fn the_same_seed_has_the_same_luck() {
    let lost = |seed| {
        let faults = vec!["drop publish 50% from client".to_owned()];
        let options = BrokerOptions { faults, seed: Some(seed), ..BrokerOptions::default() };
        let broker = Broker::start(options).unwrap();
        let mut victim = client(broker.addresses().mqtt);
        victim.subscribe("a", 0);
        for number in 0..64 {
            victim.publish("a", number.to_string(), 0);
        }
        victim.link.send(Packet::Pingreq);
        let mut received = Vec::new();
        while let Packet::Publish(publish) = victim.link.receive() {
            received.push(publish.text().to_owned());
        }
        received
    };
    let first = lost(1);
    assert!(!first.is_empty() && first.len() < 64, "{first:?}");
    assert_eq!(lost(1), first);
    assert_ne!(lost(2), first);
}

#[test]
fn faults_come_and_go_by_a_message_where_control_is_given() {
    let broker = Broker::start(BrokerOptions { control: true, ..BrokerOptions::default() }).unwrap();
    let address = broker.addresses().mqtt;
    let mut driver = RawClient::connect(address, Version::V5, "driver");
    let mut victim = client(address);
    victim.publish("a", "x", 1);
    driver.publish("$control/faults", "# for now\ndrop puback for victim", 1);
    victim.link.send(publish("a", "x").qos(1).id(9));
    victim.expect_quiet();

    // What is wrong is said, and what held holds.
    driver.link.send(publish("$control/faults", "drop everything").qos(1).id(77));
    match driver.link.receive() {
        Packet::Ack(ack) => {
            assert_eq!((ack.id, ack.reason), (77, 0x99));
            assert!(ack.properties.text(0x1F).unwrap().contains("drop everything"), "{ack:?}");
        }
        other => panic!("not refused: {other:?}"),
    }
    victim.link.send(publish("a", "x").qos(1).id(10));
    victim.expect_quiet();

    driver.publish("$control/faults", "", 1);
    victim.publish("a", "x", 1);
}

#[test]
fn answers_come_in_the_order_of_what_they_answer() {
    let (_broker, address) = start(&["refuse publish 0x97 every 2nd", "refuse subscribe 0x97 every 2nd"]);
    let mut victim = client(address);
    for qos in [1, 2] {
        let packets = (1..=12).map(|id| Packet::from(publish("a", "x").qos(qos).id(id)).encode(Version::V5));
        victim.link.send_bytes(&packets.collect::<Vec<_>>().concat());
        let answers: Vec<u16> = (1..=12).map(|_| id_of(victim.link.receive())).collect();
        assert_eq!(answers, (1..=12).collect::<Vec<_>>(), "QoS {qos}");
    }
    let packets = (1..=6).map(|id| Packet::from(wire::subscribe(id, "b", 0)).encode(Version::V5));
    victim.link.send_bytes(&packets.collect::<Vec<_>>().concat());
    let answers: Vec<u16> = (1..=6).map(|_| victim.link.expect_suback().id).collect();
    assert_eq!(answers, (1..=6).collect::<Vec<_>>());
}

fn id_of(packet: Packet) -> u16 {
    match packet {
        Packet::Ack(ack) => ack.id,
        other => panic!("not an acknowledgement: {other:?}"),
    }
}

fn controlled() -> (Broker, SocketAddr) {
    let broker = Broker::start(BrokerOptions { control: true, ..BrokerOptions::default() }).unwrap();
    let address = broker.addresses().mqtt;
    (broker, address)
}

#[test]
fn no_fault_is_done_to_the_message_that_sets_it() {
    for (qos, rule) in [(1, "drop puback first 1"), (2, "drop pubrec first 1"), (2, "drop pubcomp first 1")] {
        let (_broker, address) = controlled();
        let mut victim = client(address);
        victim.publish("$control/faults", rule, qos);
        // The rule is there for the next one.
        victim.link.send(publish("a", "x").qos(qos).id(9));
        if rule.contains("pubcomp") {
            assert_eq!(id_of(victim.link.receive()), 9);
            victim.link.send(wire::pubrel(9));
        }
        victim.expect_quiet();
    }
}

#[test]
fn every_fault_can_be_taken_back_by_the_client_that_it_is_done_to() {
    for rule in [
        "refuse publish 0x97",
        "drop publish from client",
        "corrupt publish from client",
        "delay publish 60m from client",
        "delay puback 60m",
        "drop puback",
        "close after publish",
        "reorder puback 9",
    ] {
        let (_broker, address) = controlled();
        let mut victim = client(address);
        victim.publish("$control/faults", rule, 1);
        victim.publish("$control/faults", "", 1);
        victim.publish("a", "x", 1);
    }
}

#[test]
fn a_message_that_sets_faults_is_answered_as_one_that_was_heard_and_is_not_retained() {
    let (_broker, address) = controlled();
    let mut victim = client(address);
    victim.link.send(publish("$control/faults", "drop pingresp for nobody").qos(1).id(9).retain());
    match victim.link.receive() {
        Packet::Ack(ack) => assert_eq!((ack.id, ack.reason), (9, 0)),
        other => panic!("not PUBACK: {other:?}"),
    }
    victim.subscribe("$control/#", 0);
    victim.expect_quiet();
}

#[test]
fn what_a_fault_did_is_in_the_log() {
    let faults = ["drop puback first 1", "close after publish 2 from client", "refuse connect 0x97 for banned"];
    let arguments = faults.iter().flat_map(|rule| ["--fault", *rule]);
    let mut broker = Program::new(["broker", "-p", "0"].into_iter().chain(arguments)).start();
    let url = broker.wait_for_stdout("mqtt://");
    let address: SocketAddr = url.trim_start_matches("mqtt://").trim().parse().unwrap();
    let mut victim = client(address);
    victim.link.send(publish("a", "x").qos(1).id(7));
    broker.wait_for_stderr("fault `drop puback first 1`: PUBACK 7 to client `victim` dropped");
    victim.link.send(publish("a", "x"));
    broker.wait_for_stderr("fault `close after publish 2 from client`: PUBLISH from client `victim`");
    broker.wait_for_stderr("client `victim` disconnected: fault `close after publish 2 from client`");
    RawClient::open(address, Version::V5).link.send(wire::connect(Version::V5, "banned"));
    broker.wait_for_stderr("CONNECT from client `banned` refused: Quota exceeded");
}

#[test]
fn without_control_a_message_sets_no_faults() {
    let (_broker, address) = start(&[]);
    let mut victim = client(address);
    victim.link.send(publish("$control/faults", "drop pingresp"));
    victim.expect_quiet();
}

#[test]
fn a_rule_that_is_none_is_a_usage_error() {
    let ended = Program::new(["broker", "-p", "0", "--fault", "lose puback"]).run().expect_code(2);
    assert!(ended.stderr.contains("--fault: `lose puback`"), "{}", ended.stderr);
    assert!(ended.stderr.contains("hint: ") && ended.stderr.contains("drop puback 10%"), "{}", ended.stderr);
}

//! Subscriptions that come and go, and subscribers that are slow.

use super::flows::scenario;
use super::*;
use crate::support::wire::{publish, unsuback};

#[test]
fn subscriptions_come_and_go_by_plan_and_each_step_is_counted_and_timed() {
    let Some(broker) = Mosquitto::start("") else { return };
    let (folder, path) = report_file();
    // What they receive is not among what the others are expected to receive.
    let text = "fail = [\"loss>0\", \"duplicates>0\", \"subscriptions_missed>0\", \"unsuback.p99>60s\"]\n\
                [[groups]]\nname = \"constant\"\nrole = \"sub\"\ntopic = \"p/#\"\n\
                [[groups]]\nname = \"passing\"\nrole = \"sub\"\ncount = 4\ntopic = [\"p/%i\", \"q/#\"]\nrate = \"40/s\"\n\
                stay = \"10ms\"\n\
                [[groups]]\nrole = \"pub\"\ncount = 4\ntopic = \"p/%i\"\nrate = \"400/s\"\n\
                [[phases]]\nduration = \"1s\"\n";
    bench("run --workers 1", broker.port(), &path).arg(scenario(&folder, text)).run().expect_code(0);
    let report = read(&path);
    let (counts, passing) = (&report.counts, &report.groups[1]);
    assert_eq!((counts.expected, counts.delivered, counts.sent), (400, 400, 400));
    // 40 times two filters.
    assert_eq!((passing.counts.subscriptions_attempted, passing.counts.subscribed), (80, 80));
    assert_eq!((passing.counts.unsubscriptions_attempted, passing.counts.unsubscribed), (80, 80));
    // What is sent when the measured time is over is not measured.
    assert_eq!(passing.measure, Measure::Suback);
    assert!((1..=40).contains(&passing.latency.as_ref().unwrap().count()));
    assert!((1..=40).contains(&report.latencies[&Measure::Unsuback].count()));
    assert!(passing.counts.received_in_passing > 0 && passing.counts.delivered == 0, "{:?}", passing.counts);
}

#[test]
fn a_subscription_that_cannot_begin_is_missed_and_one_that_is_refused_is_counted() {
    let broker = ScriptedBroker::start();
    let (folder, path) = report_file();
    let text = "drain = \"100ms\"\n[[groups]]\nrole = \"sub\"\ntopic = \"p\"\nrate = \"10/s\"\nstay = 0\n\
                [[phases]]\nduration = \"2s\"\n";
    let program = bench("run", broker.port(), &path).arg(scenario(&folder, text)).start();
    let (mut link, _) = broker.accept_session(connack());
    let first = link.expect_subscribe();
    link.send(suback(first.id, [0x87]));
    let second = link.expect_subscribe();
    link.send(suback(second.id, [0]));
    let third = link.expect_unsubscribe();
    link.send(unsuback(third.id, [0]));
    // The third is never answered, and the others wait for it.
    link.expect_subscribe();
    link.expect_disconnect();
    link.close();
    program.wait();
    let counts = read(&path).counts;
    assert_eq!((counts.subscriptions_attempted, counts.subscribed, counts.subscriptions_refused), (3, 1, 1));
    assert_eq!((counts.unsubscribed, counts.subscriptions_missed), (1, 17));
}

#[test]
fn a_slow_subscriber_acknowledges_one_message_after_another_and_reads_nothing_meanwhile() {
    let broker = ScriptedBroker::start();
    let (folder, path) = report_file();
    let text = "[[groups]]\nrole = \"sub\"\ntopic = \"p\"\nqos = 1\nprocessing_time = \"100ms\"\n\
                [[phases]]\nduration = \"4s\"\n";
    let program = bench("run", broker.port(), &path).arg(scenario(&folder, text)).start();
    let (mut link, _) = broker.accept_session(connack());
    let subscribe = link.expect_subscribe();
    link.send(suback(subscribe.id, [1]));
    let begin = Instant::now();
    link.send_together((1..=3).map(|id| publish("p", "x").qos(1).id(id).into()));
    for id in 1..=3 {
        link.expect(puback(id));
        // Never sooner, however busy this machine is.
        assert!(begin.elapsed().as_millis() >= 100 * u128::from(id), "{id}: {:?}", begin.elapsed());
    }
    link.expect_disconnect();
    link.close();
    program.wait().expect_code(0);
    assert_eq!(read(&path).counts.delivered, 3);
}

#[test]
fn a_slow_subscriber_stays_though_it_does_not_see_pingresp_in_time() {
    let broker = ScriptedBroker::start();
    let (folder, path) = report_file();
    let text = "[[groups]]\nrole = \"sub\"\ntopic = \"p\"\nqos = 1\nprocessing_time = \"4s\"\n\
                [[phases]]\nduration = \"6s\"\n";
    let program = bench("run -k 1", broker.port(), &path).arg(scenario(&folder, text)).start();
    let (mut link, _) = broker.accept_session(connack());
    let subscribe = link.expect_subscribe();
    link.send(suback(subscribe.id, [1]));
    link.send(publish("p", "x").qos(1).id(7));
    let mut pings = 0;
    while link.receive() == Packet::Pingreq {
        pings += 1;
        link.send(Packet::Pingresp);
    }
    // The packet that is no PINGREQ was PUBACK, or the connection would have ended before it.
    loop {
        match link.receive() {
            Packet::Pingreq => link.send(Packet::Pingresp),
            Packet::Disconnect(_) => break,
            other => panic!("{other:?}"),
        }
    }
    link.close();
    program.wait().expect_code(0);
    let counts = read(&path).counts;
    assert!(pings >= 2, "it asks once each keep alive while it reads nothing: {pings}");
    assert_eq!((counts.connections_lost, counts.connected, counts.delivered), (0, 1, 1));
}

#[test]
fn a_slow_subscriber_fills_the_broker_s_socket() {
    let broker = ScriptedBroker::start();
    let (folder, path) = report_file();
    let text = "[[groups]]\nrole = \"sub\"\ntopic = \"p\"\nprocessing_time = \"1h\"\n[[phases]]\nduration = \"8s\"\n";
    let program = bench("run", broker.port(), &path).arg(scenario(&folder, text)).start();
    let (mut link, _) = broker.accept_session(connack());
    link.shrink_buffers();
    let subscribe = link.expect_subscribe();
    link.send(suback(subscribe.id, [0]));
    let mut message = vec![0x30, 0x84, 0x80, 0x04, 0, 1, b'p', 0];
    message.resize(4 + 65540, 0);
    assert!(link.send_until_stuck(&message, 2000) < 2000, "it does not read on");
    program.wait();
    assert!(read(&path).counts.delivered < 2000);
}

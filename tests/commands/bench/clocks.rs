//! Messages that came before they were sent, by clocks that disagree: said and counted, and never a latency of nothing.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::*;
use mqttx_rs::internals::Stamp;

/// Moves the planned time of a message ahead.
fn later(payload: &mut [u8], by: Duration) {
    let mut stamp = Stamp::read(payload).unwrap();
    stamp.planned += u64::try_from(by.as_nanos()).unwrap();
    assert!(stamp.write(payload));
}

#[test]
fn a_clock_that_was_set_between_two_programs_of_one_machine() {
    let broker = ScriptedBroker::start();
    let (_folder, path) = report_file();
    let line = "e2e -c 1 -i 0 --workers 1 --handshakes 1 --rate 1000/s -L 2 --drain 3";
    let program = bench(line, broker.port(), &path).start();
    let (mut subscriber, mut publisher) = accept_pair(&broker);
    let mut messages: Vec<_> = (0..2).map(|_| publisher.expect_publish()).collect();
    later(&mut messages[1].payload, Duration::from_hours(1));
    for message in messages {
        subscriber.send(message);
    }
    for mut link in [subscriber, publisher] {
        link.expect_disconnect();
        link.close();
    }
    let ended = program.wait().expect_code(0);
    assert!(ended.stderr.contains("1 message arrived before being sent"), "{}", ended.stderr);
    let report = read(&path);
    assert_eq!((report.counts.clock_skewed, report.counts.lost), (1, 0), "{:?}", report.counts);
    assert_eq!(report.latencies[&Measure::E2e].count(), 1, "a latency of nothing is not measured");
    assert!(report.latencies[&Measure::E2e].max() > 0);
}

#[test]
fn a_clock_of_another_machine_that_is_trusted() {
    let broker = ScriptedBroker::start();
    let (_folder, path) = report_file();
    let line = "sub -c 1 -i 0 -t b --workers 1 -L 2 --trust-foreign-clocks";
    let program = bench(line, broker.port(), &path).start();
    let (mut subscriber, _) = broker.accept_session(connack());
    let subscribe = subscriber.expect_subscribe();
    subscriber.send(suback(subscribe.id, [0]));
    let planned = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let planned = u64::try_from(planned.as_nanos()).unwrap();
    for (sequence, ahead) in [(0, 0), (1, 3_600_000_000_000)] {
        let stamp = Stamp { clock: 7, run: 1, publisher: 0, sequence, delay_micros: 0, planned: planned + ahead };
        let mut payload = [0; Stamp::SIZE];
        assert!(stamp.write(&mut payload));
        subscriber.send(crate::support::wire::publish("b", payload));
    }
    subscriber.expect_disconnect();
    subscriber.close();
    program.wait().expect_code(0);
    let report = read(&path);
    assert_eq!((report.counts.delivered, report.counts.clock_skewed), (2, 1), "{:?}", report.counts);
    // The other one may have been planned before the measured time began.
    let is_left_out = report.latencies.get(&Measure::E2e).is_none_or(|latency| latency.count() <= 1);
    assert!(is_left_out, "{:?}", report.latencies);
}

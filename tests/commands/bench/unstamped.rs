//! Payloads without number and time: losses are only counted.

use super::*;

#[test]
fn what_arrives_without_a_stamp_is_not_lost() {
    let Some(broker) = Mosquitto::start("") else { return };
    for payload in ["-m hello", "-S 16B"] {
        let (_folder, path) = report_file();
        let line = format!("e2e -c 1 -q 1 --rate 2000/s -L 100 {payload} --fail loss>0");
        let ended = bench(&line, broker.port(), &path).run().expect_code(0);
        assert!(ended.stderr.contains("losses are only counted"), "{}", ended.stderr);
        let report = read(&path);
        let counts = report.counts;
        assert_eq!((counts.expected, counts.delivered, counts.lost, counts.foreign), (100, 100, 0, 0), "{payload}");
        assert!(!report.latencies.contains_key(&Measure::E2e), "{payload}");
    }
}

#[test]
fn what_does_not_arrive_is_lost_all_the_same() {
    let broker = ScriptedBroker::start();
    let (_folder, path) = report_file();
    let line = "e2e -c 1 -i 0 --workers 1 --handshakes 1 --rate 1000/s -L 3 --drain 3 -m hello";
    let program = bench(line, broker.port(), &path).start();
    let (mut subscriber, mut publisher) = accept_pair(&broker);
    let messages: Vec<_> = (0..3).map(|_| publisher.expect_publish()).collect();
    subscriber.send(messages[0].clone());
    subscriber.send(messages[2].clone());
    subscriber.expect_disconnect();
    publisher.expect_disconnect();
    subscriber.close();
    publisher.close();
    program.wait().expect_code(0);
    let counts = read(&path).counts;
    assert_eq!((counts.expected, counts.delivered, counts.lost, counts.foreign), (3, 2, 1, 0));
}

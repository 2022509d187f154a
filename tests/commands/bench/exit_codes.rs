//! How a run ends, and with which exit code.

use super::*;

#[test]
fn a_run_that_a_threshold_cuts_off_fails() {
    let broker = ScriptedBroker::start();
    let (_folder, path) = report_file();
    let line = "pub -c 1 -t b -q 1 --rate 50/s --fail refused>0 --abort-on-fail";
    let program = bench(line, broker.port(), &path).start();
    let (mut link, _) = broker.accept_session(connack());
    let id = link.expect_publish().id;
    link.send(puback(id).reason(0x97));
    while let Packet::Publish(publish) = link.receive() {
        link.send(puback(publish.id));
    }
    link.close();
    program.wait().expect_code(99);
    assert_eq!(read(&path).ended, Ended::Aborted);
}

#[test]
fn a_warm_up_does_not_cut_a_run_off() {
    let broker = ScriptedBroker::start();
    let (_folder, path) = report_file();
    let line = "pub -c 1 -t b -q 1 --rate 20/s --warmup 4 --duration 6 --fail ack.max>2500ms --abort-on-fail";
    let program = bench(line, broker.port(), &path).start();
    let (mut link, _) = broker.accept_session(connack());
    let mut link_of_first = Vec::new();
    // What was planned in the warm-up takes long: more than two and a half seconds for the first of these.
    while link_of_first.len() < 60 {
        link_of_first.push(link.expect_publish().id);
    }
    for id in link_of_first {
        link.send(puback(id));
    }
    while let Packet::Publish(publish) = link.receive() {
        link.send(puback(publish.id));
    }
    link.close();
    program.wait().expect_code(0);
    let report = read(&path);
    assert_eq!(report.ended, Ended::Done);
    assert!(report.series.iter().any(|row| row.max > Some(2_500_000_000)), "seen, and not judged: {:?}", report.series);
}

#[test]
fn what_is_judged_only_at_the_end_is_said() {
    let broker = ScriptedBroker::start();
    let (_folder, path) = report_file();
    let line = "pub -c 1 -t b -q 1 --rate 50/s -L 1 --fail send_delay.p99>1h --abort-on-fail";
    let ended = bench(&line.replace("1h", "3600s"), broker.port(), &path).start();
    count_publishes(broker.accept_session(connack()).0);
    let ended = ended.wait().expect_code(0);
    assert!(ended.stderr.contains("`send_delay.p99>3600s` is judged only at the end"), "{}", ended.stderr);
}

#[test]
fn a_connection_that_came_back_is_no_failure() {
    let broker = ScriptedBroker::start();
    let (_folder, path) = report_file();
    let program = bench("conn -c 1 --reconnect -rp 10 --duration 6", broker.port(), &path).start();
    broker.accept_session(connack()).0.cut();
    let mut link = broker.accept();
    link.expect_connect();
    link.send(connack().refusing(0x88));
    let (mut link, _) = broker.accept_session(connack());
    link.expect_disconnect();
    link.close();
    program.wait().expect_code(0);
    let report = read(&path);
    assert_eq!((report.counts.connections_lost, report.counts.connections_refused), (1, 1));
    assert_eq!((report.clients.connected, report.clients.missing), (1, 0));
}

#[test]
fn a_broker_that_breaks_the_protocol_is_told_so() {
    let broker = ScriptedBroker::start();
    let (_folder, path) = report_file();
    let program = bench("pub -c 1 -t b -q 1 --rate 100/s", broker.port(), &path).start();
    let (mut link, _) = broker.accept_session(connack());
    link.expect_publish();
    // PUBLISH at QoS 3.
    link.send_bytes(b"\x36\x05\0\x01a\0\x01");
    link.receive_until_end();
    let ended = program.wait().expect_code(9);
    assert!(ended.stderr.contains("the broker broke the protocol"), "{}", ended.stderr);

    let program = bench("conn -c 1", broker.port(), &path).start();
    let mut link = broker.accept();
    link.expect_connect();
    link.send(puback(1));
    link.receive_until_end();
    program.wait().expect_code(9);
}

#[test]
fn a_cause_is_of_the_same_kind_as_what_it_caused() {
    let broker = ScriptedBroker::start();
    let (_folder, path) = report_file();
    let line = "pub -c 2 -i 0 --workers 1 --handshakes 1 -t b -q 1 --rate 100/s -L 20";
    let program = bench(line, broker.port(), &path).start();
    let mut refused = broker.accept();
    refused.expect_connect();
    refused.send(connack().refusing(0x87));
    let (mut link, _) = broker.accept_session(connack());
    while let Packet::Publish(publish) = link.receive() {
        link.send(puback(publish.id).reason(0x97));
    }
    link.close();
    let ended = program.wait().expect_code(4);
    assert!(ended.stderr.contains("1 of 2 connects failed: Not authorized"), "{}", ended.stderr);
    assert_eq!(read(&path).clients.missing, 1);
}

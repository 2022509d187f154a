//! How a run ends, and with which exit code.

use super::*;
use crate::support::wire::property::topic_alias;
use crate::support::wire::{publish, unsuback};

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

/// How a broker breaks the protocol after CONNECT, and does nothing else.
type Breaks = fn(&mut Link);

/// Accepts the client, reads its SUBSCRIBE, and answers it.
fn granted(link: &mut Link, answer: impl FnOnce(u16) -> Vec<Packet>) {
    link.send(connack());
    let id = link.expect_subscribe().id;
    link.send_together(answer(id));
}

/// Accepts the client, reads its message, and answers it.
fn answered(link: &mut Link, answer: impl FnOnce(u16) -> Vec<Packet>) {
    link.send(connack());
    let id = link.expect_publish().id;
    link.send_together(answer(id));
}

#[test]
fn each_way_to_break_the_protocol_ends_with_9_and_is_named() {
    let (sub, one, two) = ("sub -c 1 -t a --connect-timeout 1", "-q 1", "-q 2");
    let cases: [(&str, Breaks, &str); 12] = [
        ("conn -c 1", |link| link.send(publish("a", "x")), "before CONNACK"),
        ("conn -c 1", |link| link.send_together([connack().into(), connack().into()]), "a second CONNACK"),
        (
            sub,
            |link| granted(link, |id| vec![suback(id, [0]).into(), publish("a", "x").with(topic_alias(1)).into()]),
            "opic",
        ),
        (sub, |link| granted(link, |id| vec![suback(id, [0, 0]).into()]), "SUBACK with 2 reasons for 1 filter"),
        (
            sub,
            |link| granted(link, |id| vec![suback(id + 1, [0]).into()]),
            "1 acknowledgement for a packet id that is not in use",
        ),
        (sub, |link| granted(link, |id| vec![unsuback(id, [0]).into()]), "which is that of a SUBSCRIBE"),
        (one, |link| answered(link, |id| vec![puback(id + 1).into()]), "1 acknowledgement for a packet id"),
        (one, |link| answered(link, |id| vec![pubrec(id).into()]), "which is that of a publish at QoS 1"),
        (one, |link| answered(link, |id| vec![pubcomp(id).into()]), "which is that of a publish at QoS 1"),
        (two, |link| answered(link, |id| vec![pubrec(id + 1).into()]), "1 acknowledgement for a packet id"),
        (
            two,
            |link| answered(link, |id| vec![pubcomp(id).into()]),
            "which is that of a publish at QoS 2 before PUBREC",
        ),
        (two, |link| answered(link, |id| vec![pubrec(id).into(), pubcomp(id + 1).into()]), "1 acknowledgement for"),
    ];
    for (line, breaks, said) in cases {
        let broker = ScriptedBroker::start();
        let (_folder, path) = report_file();
        let publishes = format!("pub -c 1 -t b {line} --rate 100/s -L 1 --drain 0.2");
        let line = if line.starts_with('-') { &publishes } else { line };
        let program = bench(line, broker.port(), &path).start();
        let mut link = broker.accept();
        link.expect_connect();
        breaks(&mut link);
        link.receive_until_end();
        let ended = program.wait().expect_code(9);
        let is_named = ended.stderr.contains("the broker broke the protocol") && ended.stderr.contains(said);
        assert!(is_named, "{line}, {said}: {}", ended.stderr);
    }
}

#[test]
fn an_answer_that_does_not_come_ends_with_8() {
    let (_folder, path) = report_file();
    let broker = ScriptedBroker::start();
    let program = bench("conn -c 1 --connect-timeout 0.2", broker.port(), &path).start();
    broker.accept().swallow();
    let ended = program.wait().expect_code(8);
    assert!(ended.stderr.contains("no CONNACK in time"), "{}", ended.stderr);

    let program = bench("sub -c 1 -t a --connect-timeout 1", broker.port(), &path).start();
    broker.accept_session(connack()).0.swallow();
    let ended = program.wait().expect_code(8);
    assert!(ended.stderr.contains("no SUBACK in time"), "{}", ended.stderr);
}

#[test]
fn an_answer_to_nothing_does_no_harm_where_all_is_answered() {
    let broker = ScriptedBroker::start();
    let (_folder, path) = report_file();
    let program = bench("pub -c 1 -t b -q 1 --rate 100/s -L 1", broker.port(), &path).start();
    let mut link = broker.accept();
    link.expect_connect();
    answered(&mut link, |id| vec![puback(id + 1).into(), puback(id).into()]);
    link.expect_disconnect();
    link.close();
    program.wait().expect_code(0);
}

#[test]
fn how_many_refused_messages_are_too_many_is_decided_by_their_condition() {
    for (condition, code, said) in [
        ("", 5, "error: 2 messages were refused: Quota exceeded"),
        ("--fail unacknowledged>0", 5, "error: 2 messages were refused"),
        ("--fail refused>24%", 99, "error: --fail `refused>24%` is met: measured 25.0 %"),
        ("--fail refused>25%", 0, "warning: 2 messages were refused: Quota exceeded"),
        ("--fail refused>2", 0, "warning: 2 messages were refused"),
    ] {
        let broker = ScriptedBroker::start();
        let (_folder, path) = report_file();
        let line = format!("pub -c 1 -t b -q 1 --rate 100/s -L 8 {condition}");
        let program = bench(line.trim_end(), broker.port(), &path).start();
        let (mut link, _) = broker.accept_session(connack());
        for number in 0..8 {
            let id = link.expect_publish().id;
            let reason = if number % 4 == 3 { 0x97 } else { 0 };
            link.send(puback(id).reason(reason));
        }
        link.expect_disconnect();
        link.close();
        let ended = program.wait().expect_code(code);
        assert!(ended.stderr.contains(said), "{condition}: {}", ended.stderr);
        assert!(code != 0 || !ended.stderr.contains("error"), "{condition}: {}", ended.stderr);
        let report = read(&path);
        assert_eq!((report.counts.acknowledged, report.counts.refused), (6, 2));
        assert!(report.verdict.unwrap().reasons.iter().any(|why| why.contains("refused")), "{condition}");
    }
}

#[test]
fn a_refusal_that_is_allowed_does_not_explain_a_missing_answer() {
    let broker = ScriptedBroker::start();
    let (_folder, path) = report_file();
    let line = "pub -c 1 -t b -q 1 --rate 100/s -L 2 --drain 0.2 --fail refused>1";
    let program = bench(line, broker.port(), &path).start();
    let mut link = broker.accept();
    link.expect_connect();
    answered(&mut link, |id| vec![puback(id).reason(0x97).into()]);
    link.receive_until_end();
    let ended = program.wait().expect_code(8);
    assert!(ended.stderr.contains("warning: 1 message was refused: Quota exceeded"), "{}", ended.stderr);
    assert!(ended.stderr.contains("error: 1 message was not acknowledged\n"), "{}", ended.stderr);
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

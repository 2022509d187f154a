//! Numbers and times in messages of any kind: in front of the payload, beside it, and in a field of JSON.

use super::*;
use crate::support::wire::Publish;

/// The two messages that one client publishes.
fn two(line: &str) -> [Publish; 2] {
    let broker = ScriptedBroker::start();
    let (_folder, path) = report_file();
    let program = bench(&format!("pub -c 1 -i 0 -t b -im 1 -L 2 {line}"), broker.port(), &path).start();
    let (mut link, _) = broker.accept_session(connack());
    let messages = [(); 2].map(|()| link.expect_publish());
    link.expect_disconnect();
    link.close();
    program.wait().expect_code(0);
    messages
}

fn text(publish: &Publish) -> String {
    String::from_utf8_lossy(&publish.payload).into_owned()
}

#[test]
fn a_stamp_of_json_is_a_field_of_its_own() {
    for (line, before, after) in [
        ("-m {\"v\":1} --stamp json:/t", "{\"t\":\"", "\",\"v\":1}"),
        ("-m {\"a\":{\"t\":0},\"v\":1} --stamp json:/a/t", "{\"a\":{\"t\":\"", "\"},\"v\":1}"),
        ("-m {\"v\":%i} --template --stamp json:/t", "{\"t\":\"", "\",\"v\":1}"),
        ("-m {\"v\":1} -f json --stamp json:/t", "{\"t\":\"", "\",\"v\":1}"),
    ] {
        let [first, second] = two(line).map(|publish| text(&publish));
        assert!(first.starts_with(before) && first.ends_with(after), "{line}: {first}");
        assert_eq!(first.len(), before.len() + 43 + after.len(), "{line}: {first}");
        assert_ne!(first, second, "each has a number of its own");
    }
}

#[test]
fn a_stamp_in_front_leaves_the_payload_whole() {
    for (line, payload) in [
        ("-m hello --stamp payload", &b"hello"[..]),
        ("-m %i --template --stamp payload", b"1"),
        ("-m 4142 -f hex --stamp payload", b"AB"),
        ("-m {random:1-1} -f cbor --template --stamp payload", &[1]),
    ] {
        let [first, second] = two(line).map(|publish| publish.payload);
        assert_eq!((&first[32..], &second[32..]), (payload, payload), "{line}");
        assert_ne!(first, second);
    }
}

#[test]
fn a_stamp_beside_the_payload_comes_behind_the_properties_that_are_asked_for() {
    let messages = two("-m hello --stamp property -up site=north -ct text/plain");
    let shown = messages.clone().map(|publish| format!("{:?}", publish.properties));
    for (publish, shown) in messages.iter().zip(&shown) {
        assert_eq!(text(publish), "hello");
        assert!(shown.contains("mqttx-stamp") && shown.contains("north") && shown.contains("text/plain"), "{shown}");
    }
    assert_ne!(shown[0], shown[1]);
}

#[test]
fn latency_loss_and_order_of_own_payloads_are_measured_by_each_kind() {
    let Some(broker) = Mosquitto::start("") else { return };
    for line in [
        "-q 1 -m hello --stamp payload",
        "-q 1 -m hello --stamp property",
        "-q 0 -m hello --stamp property",
        "-q 1 -m {\"v\":1} --stamp json:/t",
        "-q 2 -m {\"v\":%s,\"by\":\"%c\"} --template --stamp json:/t",
        "-q 1 --stamp json:/t",
        "-q 1 -S 8 --stamp property",
        "-q 1 -m {\"v\":1} -f msgpack --stamp payload",
    ] {
        let (_folder, path) = report_file();
        let line = format!("e2e -c 2 -i 0 --rate 2000/s -L 100 {line} --fail loss>0 --fail duplicated>0");
        let ended = bench(&line, broker.port(), &path).run().expect_code(0);
        assert!(!ended.stderr.contains("by count alone"), "{line}: {}", ended.stderr);
        let report = read(&path);
        let counts = report.counts;
        assert_eq!((counts.expected, counts.delivered, counts.lost, counts.foreign), (100, 100, 0, 0), "{line}");
        assert!(report.latencies.contains_key(&Measure::E2e), "{line}");
    }
}

#[test]
fn a_subscriber_of_its_own_reads_the_kind_that_it_is_told() {
    let broker = ScriptedBroker::start();
    for (stamp, foreign) in [("json:/t", 0), ("property", 2)] {
        let messages = two("-m {} --stamp json:/t");
        let (_folder, path) = report_file();
        let line = format!("sub -c 1 -i 0 -t b -L 2 --stamp {stamp}");
        let program = bench(&line, broker.port(), &path).start();
        let (mut link, _) = broker.accept_session(connack());
        let subscribe = link.expect_subscribe();
        link.send(suback(subscribe.id, [0]));
        for message in messages {
            link.send(message);
        }
        link.expect_disconnect();
        link.close();
        program.wait().expect_code(0);
        let report = read(&path);
        assert_eq!((report.counts.delivered, report.counts.foreign), (2, foreign), "{stamp}");
    }
}

#[test]
fn groups_of_a_scenario_are_stamped_each_in_its_way() {
    let Some(broker) = Mosquitto::start("") else { return };
    let (folder, path) = report_file();
    let publishers = |name: &str, rest: &str| {
        format!(
            "[[groups]]\nname = \"{name}\"\nrole = \"pub\"\ntopic = \"b/{name}\"\nqos = 1\nrate = \"500/s\"\nlimit = 20\n{rest}\n"
        )
    };
    std::fs::write(folder.path().join("m.proto"), "syntax = \"proto3\"; message M { int32 n = 1; }").unwrap();
    let text = format!(
        "{}{}{}[[groups]]\nrole = \"sub\"\ntopic = \"b/#\"\nqos = 1\n",
        publishers("json", "message = '{\"v\":%i}'\ntemplate = true\nstamp = \"json:/t\""),
        publishers("beside", "message = \"x\"\nstamp = \"property\""),
        publishers(
            "proto",
            "message = '{\"n\":%i}'\ntemplate = true\nschema = [\"b/#=m.proto:M\"]\nstamp = \"payload\""
        ),
    );
    let scenario = folder.path().join("scenario.toml");
    std::fs::write(&scenario, text).unwrap();
    let ended = bench("run --fail loss>0", broker.port(), &path).arg(&scenario).run().expect_code(0);
    assert!(!ended.stderr.contains("by count alone"), "{}", ended.stderr);
    let report = read(&path);
    let counts = report.counts;
    assert_eq!((counts.expected, counts.delivered, counts.lost, counts.foreign), (60, 60, 0, 0));
    assert_eq!(report.latencies[&Measure::E2e].count(), 60);
}

#[test]
fn a_payload_that_has_no_place_for_the_stamp_is_refused_before_anything_is_sent() {
    let (folder, path) = report_file();
    for (line, fault) in [
        ("pub -t b -m hello --stamp json:/t", "--stamp: json:/t has no place: the payload is not JSON: hello"),
        ("pub -t b -m hello%i --template --stamp json:/t", "--stamp: json:/t has no place: the payload is not JSON"),
        (
            "pub -t b -m {\"a\":1} --stamp json:/m/t",
            "--stamp: json:/m/t has no place: the payload has no object for it",
        ),
        ("pub -t b -m {\"a\":1} -f cbor --stamp json:/t", "the payload is not JSON"),
        ("pub -t b -S 64 --stamp json:/t", "a random payload is not JSON"),
        ("pub -t b -S 31 --stamp payload", "--stamp payload needs a --payload-size of 32 or more"),
        ("pub -t b -V 3.1.1 --stamp property", "--stamp property needs MQTT 5.0, and this is 3.1.1"),
        ("e2e --stamp topic", "`topic` is not a place for a stamp: use payload, property, or json:/POINTER"),
        ("sub -t b --stamp json:t", "`json:t` is not a place for a stamp"),
    ] {
        let ended = bench(line, 1, &path).run().expect_code(2);
        assert!(ended.stderr.contains(fault), "{line}: {}", ended.stderr);
    }
    let scenario = folder.path().join("scenario.toml");
    let text = "[[groups]]\nrole = \"pub\"\ntopic = \"b\"\nmessage = \"x\"\nstamp = \"json:/t\"\n";
    std::fs::write(&scenario, text).unwrap();
    let ended = bench("run", 1, &path).arg(&scenario).run().expect_code(2);
    assert!(ended.stderr.contains("line 5: stamp: json:/t has no place"), "{}", ended.stderr);
}

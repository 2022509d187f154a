//! Requests and their responses: by correlation data, by a number in the topic, and by their order.

use super::flows::scenario;
use super::*;
use crate::support::wire::property::{CORRELATION_DATA, RESPONSE_TOPIC, correlation_data};
use crate::support::wire::{Publish, Value, publish};

/// A group that asks four times, with these lines.
fn asks(lines: &str) -> String {
    format!("[[groups]]\nrole = \"request\"\nrate = \"200/s\"\nlimit = 4\n{lines}")
}

/// Plays the broker up to and with SUBACK, and shows the filter.
fn subscribed(broker: &ScriptedBroker) -> (Link, String) {
    let (mut link, _) = broker.accept_session(connack());
    let subscribe = link.expect_subscribe();
    let [(filter, _)] = subscribe.filters.as_slice() else { panic!("one filter, not {:?}", subscribe.filters) };
    let filter = filter.clone();
    link.send(suback(subscribe.id, [0]));
    (link, filter)
}

/// What a responder sends for a request.
fn response(request: &Publish, text: &str) -> Publish {
    let topic = request.properties.text(RESPONSE_TOPIC).unwrap();
    let Some(Value::Binary(data)) = request.properties.get(CORRELATION_DATA) else { panic!("{request:?}") };
    publish(topic, text).with(correlation_data(data))
}

#[test]
fn a_response_is_found_by_its_correlation_data_in_whichever_order_it_comes() {
    let broker = ScriptedBroker::start();
    let (folder, path) = report_file();
    let text = asks("topic = \"ask\"\nresponse_topic = \"answers/{client_id}\"\n[[phases]]\nname = \"x\"\n");
    let csv = folder.path().join("series.csv");
    let program = bench("run --fail response.p99>30s --fail responses_timed_out>0", broker.port(), &path)
        .arg("--csv")
        .arg(&csv)
        .arg(scenario(&folder, &text))
        .start();
    let (mut link, filter) = subscribed(&broker);
    let requests: Vec<_> = (0..4).map(|_| link.expect_publish()).collect();
    for request in &requests {
        assert_eq!((request.topic.as_str(), request.properties.text(RESPONSE_TOPIC)), ("ask", Some(filter.as_str())));
    }
    // Before the last response, since the run ends with that: one again, and one that nobody asked for.
    link.send(response(&requests[3], "yes"));
    link.send(response(&requests[3], "yes"));
    link.send(publish(&filter, "hello"));
    for request in &requests[..3] {
        link.send(response(request, "yes"));
    }
    link.expect_disconnect();
    link.close();
    let ended = program.wait().expect_code(0);
    let report = read(&path);
    let counts = &report.counts;
    assert_eq!((counts.requests, counts.responses, counts.responses_timed_out), (4, 4, 0));
    assert_eq!((counts.responses_late, counts.responses_foreign), (1, 1));
    assert_eq!((counts.sent, counts.delivered, counts.foreign), (4, 0, 0), "responses are counted apart");
    assert_eq!(report.latencies[&Measure::Response].count(), 4);
    assert!(ended.text().contains("scheduled to response"), "{}", ended.text());
    assert!(std::fs::read_to_string(csv).unwrap().contains('4'));
}

#[test]
fn a_request_without_a_response_in_time_is_counted_and_a_late_response_is_not_one() {
    let broker = ScriptedBroker::start();
    let (folder, path) = report_file();
    let lines = "topic = \"ask\"\nresponse_topic = \"answers\"\nresponse_timeout = \"20ms\"\n";
    let phases = "[[phases]]\nname = \"one\"\n[[phases]]\nname = \"two\"\nconnect = [\"later\"]\ngroups = []\n";
    let text = format!("{}[[groups]]\nname = \"later\"\nrole = \"conn\"\n{phases}", asks(lines));
    let program = bench("run --fail responses_timed_out>0", broker.port(), &path).arg(scenario(&folder, &text)).start();
    let (mut link, _) = subscribed(&broker);
    let requests: Vec<_> = (0..4).map(|_| link.expect_publish()).collect();
    // The second phase begins when nothing is waited for any more, and does not end before its client is connected.
    let mut other = broker.accept();
    other.expect_connect();
    link.send(response(&requests[0], "too late"));
    // Its answer shows that what was sent before it has been read.
    link.send(publish("answers", "hello").qos(1).id(9));
    link.expect(puback(9));
    other.send(connack());
    link.expect_disconnect();
    other.expect_disconnect();
    link.close();
    other.close();
    program.wait().expect_code(99);
    let counts = read(&path).counts;
    assert_eq!((counts.requests, counts.responses, counts.responses_timed_out), (4, 0, 4));
    assert_eq!((counts.responses_late, counts.responses_foreign), (1, 1));
}

#[test]
fn in_3_1_1_the_number_in_the_topic_says_which_request_is_answered() {
    let broker = ScriptedBroker::start();
    let (folder, path) = report_file();
    let lines = "mqtt_version = \"3.1.1\"\ntopic = \"ask/{client}/{sequence}\"\n\
                 response_topic = \"answers/{client}/{sequence}\"\n";
    let program = bench("run", broker.port(), &path).arg(scenario(&folder, &asks(lines))).start();
    let (mut link, filter) = subscribed(&broker);
    assert_eq!(filter, "answers/1/+");
    let topics: Vec<_> = (0..4).map(|_| link.expect_publish().topic).collect();
    assert_eq!(topics, ["ask/1/0", "ask/1/1", "ask/1/2", "ask/1/3"]);
    for number in ["3", "x", "1", "0", "2"] {
        link.send(publish(&format!("answers/1/{number}"), "yes"));
    }
    link.expect_disconnect();
    link.close();
    program.wait().expect_code(0);
    let counts = read(&path).counts;
    assert_eq!((counts.requests, counts.responses, counts.responses_foreign), (4, 4, 1));
}

#[test]
fn in_3_1_1_without_a_number_a_response_answers_the_first_request_that_has_none() {
    let broker = ScriptedBroker::start();
    let (folder, path) = report_file();
    let lines = "mqtt_version = \"3.1.1\"\ntopic = \"ask\"\nresponse_topic = \"answers/{client}\"\n";
    let program = bench("run", broker.port(), &path).arg(scenario(&folder, &asks(lines))).start();
    let (mut link, _) = subscribed(&broker);
    (0..4).for_each(|_| _ = link.expect_publish());
    (0..4).for_each(|_| link.send(publish("answers/1", "yes")));
    link.expect_disconnect();
    link.close();
    program.wait().expect_code(0);
    let counts = read(&path).counts;
    assert_eq!((counts.requests, counts.responses), (4, 4));
}

#[test]
fn without_a_number_a_response_that_is_late_is_not_credited_to_the_next_request() {
    let broker = ScriptedBroker::start();
    let (folder, path) = report_file();
    let lines = "topic = \"ask\"\nresponse_topic = \"answers\"\nresponse_timeout = \"4s\"\nmqtt_version = \"3.1.1\"\n";
    // The second phase begins when the first request is not waited for any more.
    let text =
        asks(lines).replace("limit = 4", "limit = 1") + "[[phases]]\nname = \"one\"\n[[phases]]\nname = \"two\"\n";
    let program = bench("run", broker.port(), &path).arg(scenario(&folder, &text)).start();
    let (mut link, _) = subscribed(&broker);
    (0..2).for_each(|_| _ = link.expect_publish());
    link.send(publish("answers", "to the first"));
    link.send(publish("answers", "to the second"));
    link.send(publish("answers", "to nobody").qos(1).id(9));
    link.expect(puback(9));
    link.expect_disconnect();
    link.close();
    let ended = program.wait().expect_code(0);
    let report = read(&path);
    let counts = &report.counts;
    assert_eq!((counts.requests, counts.responses, counts.responses_timed_out), (2, 1, 1));
    assert_eq!((counts.responses_late, counts.responses_foreign), (1, 1));
    assert_eq!(report.latencies[&Measure::Response].count(), 1);
    assert!(ended.text().contains("1 x response: too late, by the order of responses"), "{}", ended.text());
}

#[test]
fn requesters_and_responders_meet_at_a_real_broker_with_both_versions() {
    let Some(broker) = Mosquitto::start("") else { return };
    for version in ["5.0", "3.1.1"] {
        let (folder, path) = report_file();
        let text = "fail = [\"responses<300\", \"responses_timed_out>0\", \"responses_foreign>0\", \"loss>0\", \"p99>60s\"]\n\
             [[groups]]\nrole = \"reply\"\ncount = 2\ntopic = \"ask/%i/+/+\"\nqos = 1\nresponse_topic = \"res/+/+\"\n\
             message = \"ok\"\n\
             [[groups]]\nrole = \"request\"\ncount = 10\ntopic = \"ask/{choice:1|2}/{client}/{sequence}\"\nqos = 1\n\
             rate = \"600/s\"\nlimit = 300\nresponse_topic = \"res/{client}/{sequence}\"\nresponse_timeout = \"50s\"\n";
        let text = if version == "5.0" {
            text.replace("\"res/{client}/{sequence}\"", "\"own/{client}\"")
        } else {
            text.to_owned()
        };
        let line = format!("run -V {version} --workers 2 --drain 30");
        bench(&line, broker.port(), &path).arg(scenario(&folder, &text)).run().expect_code(0);
        let report = read(&path);
        let counts = &report.counts;
        assert_eq!((counts.requests, counts.replied, counts.responses), (300, 300, 300), "{version}");
        assert_eq!((counts.expected, counts.delivered), (300, 300), "{version}");
        let groups: Vec<_> = report.groups.iter().map(|group| (group.name.as_str(), group.measure)).collect();
        assert_eq!(groups, [("responders", Measure::E2e), ("requesters", Measure::Response)]);
        assert_eq!(report.groups[1].latency.as_ref().unwrap().count(), 300);
    }
}

#[test]
fn one_flow_of_several_may_be_one_of_requests() {
    let Some(broker) = Mosquitto::start("") else { return };
    let (folder, path) = report_file();
    let text = "[[groups]]\nrole = \"reply\"\ntopic = \"$share/s/ask\"\ncount = 2\n\
                [[groups]]\nname = \"devices\"\nrole = \"pub\"\ncount = 3\nrate = \"300/s\"\n\
                [[groups.publish]]\nname = \"telemetry\"\ntopic = \"t/%i\"\nlimit = 90\n\
                [[groups.publish]]\nname = \"asks\"\ntopic = \"ask\"\nlimit = 60\nresponse_topic = \"a/{client}\"\n\
                response_timeout = \"50s\"\n";
    bench("run --drain 30", broker.port(), &path).arg(scenario(&folder, text)).run().expect_code(0);
    let report = read(&path);
    let of = |place: usize| &report.groups[place].counts;
    assert_eq!(report.groups[3].name, "devices/asks");
    assert_eq!((of(2).sent, of(2).requests), (90, 0));
    assert_eq!((of(3).sent, of(3).requests, of(3).responses), (60, 60, 60));
}

#[test]
fn what_cannot_be_a_request_is_told_with_its_line() {
    let (folder, path) = report_file();
    for (text, fault) in [
        ("[[groups]]\nrole = \"request\"\ntopic = \"a\"", "a request needs a response_topic"),
        (
            "[[groups]]\nrole = \"request\"\ntopic = \"a\"\ncount = 2\nmqtt_version = \"3.1.1\"\nresponse_topic = \"b\"",
            "line 6: response_topic: `b` is the same for all clients",
        ),
        (
            "[[groups]]\nrole = \"reply\"\ntopic = \"a/+\"\nresponse_topic = \"b/+/+\"",
            "line 4: response_topic: `b/+/+` has more wildcards than the topic",
        ),
        ("fail = [\"response.p99>1s\"]\n[[groups]]\nrole = \"sub\"\ntopic = \"a\"", "no requests are made in this run"),
        ("[[groups]]\nrole = \"sub\"\ntopic = \"a\"\nrate = \"1/s\"", "line 4: rate: `rate` needs `stay` too"),
        ("fail = [\"unsuback.p99>1s\"]\n[[groups]]\nrole = \"sub\"\ntopic = \"a\"", "no subscriptions come and go"),
    ] {
        let ended = bench("run", 1, &path).arg(scenario(&folder, text)).run().expect_code(2);
        assert!(ended.stderr.contains(fault), "{text}: {}", ended.stderr);
    }
}

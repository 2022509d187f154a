//! What people know from emqtt-bench and MQTTX does the same here: the rows "same" of `docs/from-emqtt-bench.md`, and the
//! placeholders of both programs.

use super::flows::scenario;
use super::*;

#[test]
fn what_is_the_same_as_in_emqtt_bench_pub_has_its_effect() {
    let broker = ScriptedBroker::start();
    let (_folder, path) = report_file();
    let line =
        "pub -h 127.0.0.1 -c 2 --startnumber 100 -i 1 -u me -P secret -k 77 -t bench/%i/%c/%u -m on -q 1 -L 4 -im 20";
    let program = bench(line, broker.port(), &path).start();
    let sessions = [(); 2].map(|()| broker.accept_session(connack()));
    let mut numbers = Vec::new();
    for (mut link, connect) in sessions {
        assert_eq!((connect.keep_alive, connect.user_name.as_deref()), (77, Some("me")));
        assert_eq!(connect.password.as_deref(), Some(&b"secret"[..]));
        let number = connect.client_id.rsplit('_').next().unwrap().to_owned();
        for _ in 0..2 {
            let message = link.expect_publish();
            assert_eq!(message.topic, format!("bench/{number}/{}/me", connect.client_id));
            assert_eq!((message.qos, message.text()), (1, "on"));
            link.send(puback(message.id));
        }
        numbers.push((number, link));
    }
    for (_, link) in &mut numbers {
        link.expect_disconnect();
    }
    let mut numbers: Vec<_> = numbers.into_iter().map(|(number, link)| (number, link.close()).0).collect();
    numbers.sort();
    assert_eq!(numbers, ["101", "102"]);
    program.wait().expect_code(0);
    assert_eq!(read(&path).counts.acknowledged, 4);
}

#[test]
fn what_is_the_same_as_in_emqtt_bench_sub_has_its_effect() {
    let broker = ScriptedBroker::start();
    let (_folder, path) = report_file();
    let program = bench("sub -c 1 --start-number 6 -u me -t bench/%i/%u -q 1 -L 1", broker.port(), &path).start();
    let (mut link, _) = broker.accept_session(connack());
    let subscribe = link.expect_subscribe();
    let [(filter, options)] = subscribe.filters.as_slice() else { panic!("{subscribe:?}") };
    assert_eq!((filter.as_str(), options & 3), ("bench/7/me", 1));
    link.send(suback(subscribe.id, [1]));
    link.send(crate::support::wire::publish("bench/7/me", "x"));
    link.expect_disconnect();
    link.close();
    program.wait().expect_code(0);
}

#[test]
fn placeholders_of_payloads_have_their_equivalents() {
    let broker = ScriptedBroker::start();
    let (_folder, path) = report_file();
    let line =
        "pub -c 1 -t t/{counter} -q 0 -L 2 -im 10 --template -m {time:unix}/{time:ms}/{time:us}/{uuid}/{string:5}";
    let program = bench(line, broker.port(), &path).start();
    let (mut link, _) = broker.accept_session(connack());
    let messages = [(); 2].map(|()| link.expect_publish());
    link.expect_disconnect();
    link.close();
    program.wait().expect_code(0);
    let lengths = |text: &str| text.split('/').map(str::len).collect::<Vec<_>>();
    for (message, topic) in messages.iter().zip(["t/1", "t/2"]) {
        assert_eq!((message.topic.as_str(), lengths(message.text())), (topic, vec![10, 13, 16, 36, 5]));
    }
    let unique = |place: usize| messages[place].text().split('/').nth(3).unwrap().to_owned();
    assert_ne!(unique(0), unique(1));
}

#[test]
fn the_scenario_that_replaces_topics_payload_runs_as_the_page_shows_it() {
    let Some(broker) = Mosquitto::start("") else { return };
    let page = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/from-emqtt-bench.md")).unwrap();
    let (_, text) = page.split_once("```toml\n").unwrap();
    let (text, _) = text.split_once("```").unwrap();
    let (folder, path) = report_file();
    bench("run --duration 2", broker.port(), &path).arg(scenario(&folder, text)).run().expect_code(0);
    let report = read(&path);
    let of = |name: &str| report.groups.iter().find(|group| group.name.ends_with(name)).unwrap().counts.sent;
    assert!(of("/state") > 100, "two a second of each client: {}", of("/state"));
    assert!(of("/alarms") <= 100, "{}", of("/alarms"));
}

//! `record` and `replay`: what is in the file is what was published, whatever happens to the recorder or its link.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::Path;

use data_encoding::BASE64;
use nix::sys::signal::Signal;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::net::CuttingLink;
use crate::support::net::cutting_link::{Cut, Ending, Place, Towards};
use crate::support::wire::property::user_property;
use crate::support::wire::{connack, puback, pubcomp, publish, pubrec, pubrel, suback};
use crate::support::{Link, Mosquitto, Program, Running, ScriptedBroker};

/// A broker that queues everything, until it is dropped.
#[expect(dead_code, reason = "held for their drop")]
enum Alive {
    Mosquitto(Mosquitto),
    Embedded(Running),
}

fn brokers() -> Vec<(SocketAddr, Alive)> {
    let mut brokers = Vec::new();
    #[cfg(feature = "broker")]
    {
        let mut running = Program::new(["broker", "-p", "0"]).start();
        let url = running.wait_for_stdout("mqtt://");
        let address = url.trim().trim_start_matches("mqtt://").parse().expect("an address");
        brokers.push((address, Alive::Embedded(running)));
    }
    if let Some(mosquitto) = Mosquitto::start("max_queued_messages 100000\nset_tcp_nodelay true") {
        brokers.push((mosquitto.address(), Alive::Mosquitto(mosquitto)));
    }
    brokers
}

/// Lines for `pub --jsonl`: all kinds of payloads, each another, at QoS 1 and 2 by turns.
fn lines(count: usize) -> String {
    let line = |number: usize| {
        let (payload, encoding) = match number % 3 {
            0 => (json!(format!("text {number}\n")), "utf8"),
            1 => (json!({"n": number, "list": [1.5, null]}), "json"),
            _ => (json!(BASE64.encode(&[&[0, 0xff], &number.to_be_bytes()[..]].concat())), "base64"),
        };
        let properties = json!({
            "message_expiry_interval": 86400, "content_type": "x", "correlation_data": "/w==",
            "correlation_data_encoding": "base64", "user_properties": [["number", number.to_string()], ["number", "twice"]],
        });
        let qos = 1 + number % 2;
        let topic = format!("rec/{}", number % 5);
        let line = json!({"topic": topic, "payload": payload, "payload_encoding": encoding, "qos": qos, "properties": properties});
        format!("{line}\n")
    };
    (0..count).map(line).collect()
}

/// What was published, of a message that was recorded or printed; without what belongs to the way it came.
fn essence(line: &Value, renamed: (&str, &str)) -> (String, Value) {
    let mut line = line.clone();
    let object = line.as_object_mut().unwrap();
    for name in ["dup", "packet_id", "received_at", "retain"] {
        object.remove(name);
    }
    // Counts down while a message waits.
    object.get_mut("properties").unwrap().as_object_mut().unwrap().remove("message_expiry_interval");
    let topic = object["topic"].as_str().unwrap().replacen(renamed.0, renamed.1, 1);
    object["topic"] = json!(topic);
    // The order holds for each topic and QoS.
    (format!("{topic} {}", object["qos"]), line)
}

fn by_topic(text: &str, renamed: (&str, &str)) -> BTreeMap<String, Vec<Value>> {
    let mut all: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for line in text.lines() {
        let (key, value) = essence(&serde_json::from_str(line).unwrap_or_else(|_| panic!("{line}")), renamed);
        all.entry(key).or_default().push(value);
    }
    all
}

/// Which of the messages that [`lines`] made it is.
fn number(message: &Value) -> usize {
    message["properties"]["user_properties"][0][1].as_str().unwrap().parse().unwrap()
}

/// Each message that was sent is there, once. The order is the broker's, and mosquitto's is not that of sending for what it
/// sends again.
#[track_caller]
fn assert_all_once(recorded: &str, sent: &str) {
    let flat = |text: &str| {
        let mut all: Vec<_> = by_topic(text, ("", "")).into_values().flatten().collect();
        all.sort_by_key(number);
        all
    };
    let (recorded, sent) = (flat(recorded), flat(sent));
    let different = recorded.iter().zip(&sent).find(|(recorded, sent)| recorded != sent);
    assert!(different.is_none(), "{} of {}: {different:?}", recorded.len(), sent.len());
    assert_eq!(recorded.len(), sent.len());
}

fn read(path: &Path) -> String {
    String::from_utf8(std::fs::read(path).unwrap_or_default()).unwrap()
}

fn publish_all(port: u16, text: String) -> std::thread::JoinHandle<()> {
    std::thread::spawn(move || {
        Program::new(["pub", "--jsonl"]).port(port).stdin(text).run().expect_code(0);
    })
}

#[test]
fn a_recorder_that_is_killed_again_and_again_misses_nothing_doubles_nothing_and_is_replayed_message_by_message() {
    const MESSAGES: usize = 600;
    const KILLS: usize = 6;
    for (address, alive) in brokers() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("rec.jsonl");
        let link = CuttingLink::to(address);
        let record = || {
            let arguments = ["-t", "rec/#", "-i", "recorder", "--no-clean", "--resume"];
            Program::new(["record"]).arg(&path).arg_all(&arguments).port(link.port())
        };
        let mut running = record().start();
        running.wait_for_stderr("Subscribed to rec/#");
        let sent = lines(MESSAGES);
        let publishing = publish_all(address.port(), sent.clone());
        for kill in 0..KILLS {
            // At another step of a handshake each time.
            link.wait_for_count(["PUBACK", "PUBREC", "PUBCOMP"][kill % 3], 20 + 30 * kill);
            running.signal(Signal::SIGKILL);
            running.wait();
            if kill % 2 == 0 {
                // What a crash of the whole system leaves.
                let mut file = std::fs::File::options().append(true).open(&path).unwrap();
                std::io::Write::write_all(&mut file, br#"{"topic":"rec/1","payl"#).unwrap();
            }
            running = record().start();
            running.wait_for_stderr("Connected");
        }
        running.signal(Signal::SIGKILL);
        running.wait();
        publishing.join().unwrap();
        // Its last bytes may be torn, which is not a line.
        let missing = MESSAGES - read(&path).matches('\n').count();
        if missing > 0 {
            let ended = record().arg_all(&["-C", &missing.to_string()]).run().expect_code(0);
            let said = format!("{missing} message{} recorded to", if missing == 1 { "" } else { "s" });
            assert!(ended.stderr.contains(&said), "{}", ended.stderr);
        }
        let recorded = read(&path);
        assert_all_once(&recorded, &sent);

        let arguments = ["-t", "again/#", "-q", "2", "-C", &MESSAGES.to_string(), "--output-mode", "jsonl"];
        let mut subscriber = Program::new(["sub"]).port(address.port()).arg_all(&arguments).start();
        subscriber.wait_for_stderr("Subscribed to");
        let arguments = ["--map", "rec/#=again/#", "--speed", "max"];
        let ended = Program::new(["replay"]).arg(&path).port(address.port()).arg_all(&arguments).run().expect_code(0);
        assert!(ended.stderr.contains("600 messages published, 600 acknowledged"), "{}", ended.stderr);
        let ended = subscriber.wait().expect_code(0);
        let (mut came, mut recorded) = (by_topic(ended.text(), ("", "")), by_topic(&recorded, ("rec/", "again/")));
        if matches!(alive, Alive::Mosquitto(_)) {
            // mosquitto 2.0 delivers messages of QoS 1 and 2 on one topic in another order now and then, although both are
            // published in order.
            came.values_mut().chain(recorded.values_mut()).for_each(|messages| messages.sort_by_key(number));
        }
        assert!(came.keys().eq(recorded.keys()));
        for (key, messages) in &recorded {
            let different = came[key].iter().zip(messages).find(|(came, recorded)| came != recorded);
            assert!(different.is_none() && came[key].len() == messages.len(), "{key}: {different:?}");
        }
    }
}

#[test]
fn a_link_that_is_cut_at_every_step_misses_nothing_and_doubles_nothing() {
    const MESSAGES: usize = 200;
    for (address, alive) in brokers() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("rec.jsonl");
        let link = CuttingLink::to(address);
        let steps = [
            (Towards::Broker, "PUBACK", Place::Before),
            (Towards::Broker, "PUBREC", Place::Before),
            (Towards::Client, "PUBREL", Place::Before),
            (Towards::Broker, "PUBCOMP", Place::Before),
            (Towards::Client, "PUBLISH", Place::Within),
            (Towards::Broker, "PUBREC", Place::After),
            (Towards::Broker, "PUBACK", Place::Within),
        ];
        for (towards, packet, place) in steps {
            link.cut(Cut { towards, packet, number: 5, place, ending: Ending::Reset });
        }
        let count = MESSAGES.to_string();
        let arguments = ["-t", "rec/#", "-C", &count, "-rp", "10"];
        // A few at a time, so that each step comes again and again; mosquitto sends more than it may then.
        let window = if matches!(alive, Alive::Mosquitto(_)) { "65535" } else { "4" };
        let mut running = Program::new(["record", "--receive-maximum", window])
            .arg(&path)
            .arg_all(&arguments)
            .port(link.port())
            .start();
        running.wait_for_stderr("Subscribed to rec/#");
        let sent = lines(MESSAGES);
        publish_all(address.port(), sent.clone()).join().unwrap();
        running.wait().expect_code(0);
        let is_ours = matches!(alive, Alive::Embedded(_));
        assert!(if is_ours { link.cuts() == steps.len() } else { link.cuts() > 0 }, "{} cuts", link.cuts());
        assert_all_once(&read(&path), &sent);
    }
}

#[test]
fn a_signal_ends_the_reading_of_a_recording_that_is_continued() {
    let folder = tempfile::tempdir().unwrap();
    // A part that never ends stands for a long one.
    let part = folder.path().join("a-000001.jsonl");
    nix::unistd::mkfifo(&part, nix::sys::stat::Mode::S_IRWXU).unwrap();
    let path = folder.path().join("a.jsonl");
    let running = Program::new(["record", path.to_str().unwrap(), "--resume", "-t", "a"]).port(1).start();
    // Opens when the program has opened it.
    let endless = std::fs::File::options().write(true).open(&part).unwrap();
    running.signal(Signal::SIGTERM);
    running.wait().expect_code(143);
    drop(endless);
}

/// Starts `record` against a scripted broker, up to SUBACK.
fn recording(path: &Path, arguments: &[&str]) -> (ScriptedBroker, Link, Running) {
    let broker = ScriptedBroker::start();
    let running = Program::new(["record"]).arg(path).arg_all(arguments).port(broker.port()).start();
    let (mut link, _) = broker.accept_session(connack());
    let subscribe = link.expect_subscribe();
    link.send(suback(subscribe.id, vec![2; subscribe.filters.len()]));
    (broker, link, running)
}

#[test]
fn a_message_is_acknowledged_when_it_is_in_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.jsonl");
    let (_broker, mut link, running) = recording(&path, &["-t", "a/#", "-T", "a/no", "-C", "3"]);
    link.send(publish("a/1", b"\xff").qos(1).id(1).with(user_property("k", "v")));
    link.expect_puback(1);
    assert!(read(&path).starts_with(r#"{"topic":"a/1","payload":"/w==","payload_encoding":"base64","qos":1,"#));
    // What is left out is acknowledged too.
    link.send(publish("a/no", "x").qos(1).id(2));
    link.expect_puback(2);
    link.send(publish("a/2", "x").qos(2).id(3).retain());
    link.expect_pubrec(3);
    link.send(pubrel(3));
    link.expect_pubcomp(3);
    link.send(publish("a/3", "x"));
    link.expect_goodbye();
    link.close();
    let ended = running.wait().expect_code(0);
    assert!(ended.stderr.contains("3 messages recorded to "), "{}", ended.stderr);
    let lines = read(&path);
    assert!(lines.contains(r#""user_properties":[["k","v"]]"#), "{lines}");
    assert!(lines.contains(r#""qos":2,"retain":true"#), "{lines}");
    // To the nanosecond.
    let times = lines.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()["received_at"].clone());
    times.for_each(|time| assert_eq!(time.as_str().unwrap().len(), "2026-11-22T22:17:54.890538335Z".len()));
}

#[test]
fn what_comes_again_after_a_crash_is_acknowledged_and_left_out() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.jsonl");
    let (_broker, mut link, running) = recording(&path, &["-t", "a"]);
    link.send(publish("a", "one").qos(2).id(7));
    link.expect_pubrec(7);
    running.signal(Signal::SIGKILL);
    running.wait();
    let (_broker, mut link, running) = recording(&path, &["-t", "a", "--resume", "-C", "1"]);
    link.send(publish("a", "one").qos(2).id(7).dup());
    link.expect_pubrec(7);
    link.send(pubrel(7));
    link.expect_pubcomp(7);
    // With another packet id it is another message.
    link.send(publish("a", "one").qos(1).id(8).dup());
    link.expect_puback(8);
    link.expect_goodbye();
    link.close();
    let ended = running.wait().expect_code(0);
    assert!(ended.stderr.contains("1 message recorded to "), "{}", ended.stderr);
    assert!(ended.stderr.contains("(1 before, 1 received again and left out)"), "{}", ended.stderr);
    assert_eq!(read(&path).lines().count(), 2);
}

#[test]
fn a_file_is_never_replaced_and_other_files_are_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("notes");
    std::fs::write(&path, "mine").unwrap();
    for (arguments, message) in [
        (&["-t", "a"][..], "already exists\nhint: --resume appends to it"),
        (&["-t", "a", "--resume"], "is not a recorded message"),
    ] {
        let ended = Program::new(["record"]).arg(&path).arg_all(arguments).port(1).run().expect_code(1);
        assert!(ended.stderr.contains(message), "{}", ended.stderr);
        assert_eq!(read(&path), "mine");
    }
    for (arguments, message) in [
        (&[][..], "--topic is missing"),
        (&["-t", "a", "--keep", "2"], "--rotate"),
        (&["-t", "a", "--rotate", "100"], "`100` is not a size or an age"),
        (&["-t", "a", "--rotate", "1h", "--rotate", "2h"], "--rotate takes one size and one age"),
        (&["-t", "a", "--no-clean"], "--no-clean needs --client-id"),
    ] {
        let ended = Program::new(["record"]).arg(folder.path().join("x")).arg_all(arguments).run().expect_code(2);
        assert!(ended.stderr.contains(message), "{}", ended.stderr);
    }
}

#[test]
fn what_is_no_file_or_no_number_of_rounds_is_a_usage_error() {
    let ended = Program::new(["record", "-", "-t", "a"]).run().expect_code(2);
    assert!(ended.stderr.contains("`-` is not a file"), "{}", ended.stderr);
    let ended = Program::new(["replay", "a.jsonl", "--loop", "0"]).run().expect_code(2);
    assert!(ended.stderr.contains("`0` is not a number of rounds: use 1 or more"), "{}", ended.stderr);
}

#[test]
fn rotation_loses_nothing_and_keeps_the_newest() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.jsonl");
    let (_broker, mut link, running) = recording(&path, &["-t", "a", "-C", "9", "--rotate", "300B", "--keep", "3"]);
    for number in 0..9 {
        link.send(publish("a", format!("message {number}")));
    }
    link.expect_goodbye();
    link.close();
    let ended = running.wait().expect_code(0);
    assert!(ended.stderr.contains("9 messages recorded to "), "{}", ended.stderr);
    let mut names: Vec<_> = std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().path()).collect();
    names.sort();
    assert_eq!(names.len(), 4, "{names:?}");
    let all: String = names.iter().map(|name| read(name)).collect();
    let payloads: Vec<_> = (0..9).filter(|number| all.contains(&format!("message {number}"))).collect();
    assert_eq!(payloads.last(), Some(&8));
    assert!(payloads.windows(2).all(|pair| pair[1] == pair[0] + 1), "{payloads:?}");
    assert_eq!(all.lines().count(), payloads.len());
}

#[test]
fn a_count_that_is_not_reached_exits_8_and_a_refusal_6() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.jsonl");
    let (_broker, mut link, running) = recording(&path, &["-t", "a", "-C", "2", "--idle-timeout", "0.3"]);
    link.send(publish("a", "x"));
    link.expect_goodbye();
    link.close();
    let ended = running.wait().expect_code(8);
    assert!(ended.stderr.contains("no message for 0.3 s: 1 of 2 messages recorded"), "{}", ended.stderr);

    let broker = ScriptedBroker::start();
    let arguments = ["-t", "a", "b", "--resume"];
    let running = Program::new(["record"]).arg(&path).arg_all(&arguments).port(broker.port()).start();
    let (mut link, _) = broker.accept_session(connack());
    let id = link.expect_subscribe().id;
    link.send(suback(id, [2, 0x87]));
    link.expect_goodbye();
    link.close();
    running.wait().expect_code(6);
}

const RECORDED: &str = r#"{"topic":"car/1/speed","payload":"a","qos":1,"retain":true,"received_at":"2026-11-29T10:00:00.000Z"}
{"topic":"car/2/speed","payload":"b","qos":0,"received_at":"2026-11-29T10:00:00.010Z"}
{"topic":"$SYS/uptime","payload":"1 s","received_at":"2026-11-29T10:00:00.011Z"}
{"topic":"plant/x","payload":"c","qos":2,"received_at":"2026-11-29T10:00:00.012Z"}
"#;

/// Starts `replay` of a text against a scripted broker.
fn replaying(text: &str, arguments: &[&str]) -> (Link, Running, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.jsonl");
    std::fs::write(&path, text).unwrap();
    let broker = ScriptedBroker::start();
    let running = Program::new(["replay"]).arg(&path).arg_all(arguments).port(broker.port()).start();
    let (link, _) = broker.accept_session(connack());
    (link, running, folder)
}

#[test]
fn messages_are_published_as_they_were_recorded() {
    let (mut link, running, _folder) = replaying(RECORDED, &[]);
    link.expect(publish("car/1/speed", "a").qos(1).id(1).retain());
    link.send(puback(1));
    link.expect(publish("car/2/speed", "b"));
    let last = link.expect_publish();
    assert_eq!((last.topic.as_str(), last.text(), last.qos), ("plant/x", "c", 2));
    link.send(pubrec(last.id));
    link.expect_pubrel(last.id);
    link.send(pubcomp(last.id));
    link.expect_goodbye();
    link.close();
    let ended = running.wait().expect_code(0);
    assert!(ended.stderr.contains("3 messages published: 1 at QoS 0, 2 acknowledged"), "{}", ended.stderr);
    assert!(ended.stderr.contains("warning: left out 1 message below $SYS"), "{}", ended.stderr);
}

#[test]
fn topics_are_chosen_and_renamed_and_qos_and_retain_replaced() {
    let arguments = ["--map", "car/+/#=x/+/#", "--map", "$SYS/+=sys/+", "--only", "car/#", "--only", "$SYS/#"];
    let (mut link, running, _folder) = replaying(RECORDED, &[&arguments[..], &["-q", "0", "--retain=false"]].concat());
    link.expect(publish("x/1/speed", "a"));
    link.expect(publish("x/2/speed", "b"));
    link.expect(publish("sys/uptime", "1 s"));
    link.expect_goodbye();
    link.close();
    let ended = running.wait().expect_code(0);
    assert!(ended.stderr.contains("1 message left out by --only"), "{}", ended.stderr);
    assert!(ended.stderr.contains("3 messages published"), "{}", ended.stderr);
}

#[test]
fn rounds_follow_one_another_and_without_a_number_until_a_signal() {
    let (mut link, running, _folder) = replaying(RECORDED, &["--loop", "3", "--only", "car/2/#", "--speed", "max"]);
    for _ in 0..3 {
        link.expect(publish("car/2/speed", "b"));
    }
    link.expect_goodbye();
    link.close();
    running.wait().expect_code(0);

    let (mut link, running, _folder) = replaying(RECORDED, &["--loop", "--only", "car/1/#", "--retain=false"]);
    for _ in 0..5 {
        let id = link.expect_publish().id;
        link.send(puback(id));
    }
    running.signal(Signal::SIGINT);
    // What is under way is finished.
    loop {
        match link.receive() {
            crate::support::wire::Packet::Publish(publish) => link.send(puback(publish.id)),
            crate::support::wire::Packet::Disconnect(_) => break,
            other => panic!("{other:?}"),
        }
    }
    link.close();
    let ended = running.wait().expect_code(0);
    assert!(ended.stderr.contains("published"), "{}", ended.stderr);
}

#[test]
fn a_torn_last_line_is_left_out_and_any_other_bad_line_is_an_error() {
    let torn = format!("{RECORDED}{{\"topic\":\"car/1/sp");
    let (mut link, running, _folder) = replaying(&torn, &["-q", "0", "--only", "car/#"]);
    link.expect(publish("car/1/speed", "a").retain());
    link.expect(publish("car/2/speed", "b"));
    link.expect_goodbye();
    link.close();
    let ended = running.wait().expect_code(0);
    assert!(ended.stderr.contains("ends in the middle of a message, which is left out"), "{}", ended.stderr);

    let bad = format!("nonsense\n{RECORDED}more nonsense\n");
    let (mut link, running, _folder) = replaying(&bad, &["-q", "0", "--only", "car/2/#"]);
    link.expect(publish("car/2/speed", "b"));
    link.expect_goodbye();
    link.close();
    let ended = running.wait().expect_code(1);
    assert!(ended.stderr.contains("line 1 of `"), "{}", ended.stderr);
    assert!(ended.stderr.contains("line 6 of `"), "{}", ended.stderr);
    assert!(ended.stderr.contains("1 of 3 messages done"), "{}", ended.stderr);
}

#[test]
fn what_cannot_be_replayed_is_known_before_anything_is_sent() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.jsonl");
    std::fs::write(&path, RECORDED).unwrap();
    let none = folder.path().join("none.jsonl");
    let ended = Program::new(["replay"]).arg(&path).arg(&none).port(1).run().expect_code(1);
    assert!(ended.stderr.contains("cannot read `"), "{}", ended.stderr);
    for (arguments, message) in [
        (&["--map", "a/#"][..], "--map: `a/#` is not a mapping"),
        (&["--map", "a=b/+"], "--map: `b/+` has more wildcards than `a`"),
        (&["--speed", "fast"], "--speed: `fast` is not a speed"),
        (&["--loop", "x"], "--loop: `x` is not a number of rounds"),
    ] {
        let ended = Program::new(["replay"]).arg(&path).arg_all(arguments).run().expect_code(2);
        assert!(ended.stderr.contains(message), "{}", ended.stderr);
    }
}

#[test]
#[cfg(feature = "compression")]
fn a_compressed_recording_is_resumed_and_replayed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.jsonl.zst");
    let (_broker, mut link, running) = recording(&path, &["-t", "a", "-C", "2"]);
    link.send(publish("a", "one"));
    link.send(publish("a", "two").qos(1).id(1));
    link.expect_puback(1);
    link.expect_goodbye();
    link.close();
    running.wait().expect_code(0);
    assert!(std::fs::read(&path).unwrap().starts_with(&[0x28, 0xb5, 0x2f, 0xfd]));
    // A frame that a crash has torn.
    let mut file = std::fs::File::options().append(true).open(&path).unwrap();
    std::io::Write::write_all(&mut file, &[0x28, 0xb5, 0x2f, 0xfd, 0]).unwrap();
    let (_broker, mut link, running) = recording(&path, &["-t", "a", "-C", "1", "--resume"]);
    link.send(publish("a", "three"));
    link.expect_goodbye();
    link.close();
    let ended = running.wait().expect_code(0);
    assert!(ended.stderr.contains("ended in the middle of a message: cut off 5 bytes"), "{}", ended.stderr);
    assert!(ended.stderr.contains("(2 before)"), "{}", ended.stderr);

    let broker = ScriptedBroker::start();
    let running = Program::new(["replay", "--speed", "max", "-q", "0"]).arg(&path).port(broker.port()).start();
    let (mut link, _) = broker.accept_session(connack());
    for payload in ["one", "two", "three"] {
        link.expect(publish("a", payload));
    }
    link.expect_goodbye();
    link.close();
    running.wait().expect_code(0);
}

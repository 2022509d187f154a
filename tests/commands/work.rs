//! `sub --exec` and `sub --ack-on-read`: messages that are worked on, and when they are acknowledged.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use nix::sys::signal::Signal;
use tempfile::TempDir;

use crate::support::wire::property::{content_type, receive_maximum, user_property};
use crate::support::wire::{Packet, connack, puback, publish, pubrec, pubrel, suback};
use crate::support::{DEADLINE, Link, Mosquitto, Program, RawClient, Running, ScriptedBroker};

/// A `sub` in a folder of its own against a scripted broker, up to SUBACK.
struct Case {
    broker: ScriptedBroker,
    folder: TempDir,
    running: Running,
    link: Link,
}

fn start(arguments: &[&str]) -> Case {
    let broker = ScriptedBroker::start();
    let folder = tempfile::tempdir().unwrap();
    let program = Program::new(["sub", "-t", "job/#"]).port(broker.port()).arg_all(arguments);
    let running = program.directory(folder.path()).start();
    let (mut link, connect) = broker.accept_session(connack());
    if connect.version.is_v5() && !arguments.contains(&"--receive-maximum") {
        let jobs = arguments.iter().position(|argument| *argument == "--jobs");
        let jobs = jobs.map_or(1, |at| arguments[at + 1].parse().unwrap());
        assert!(connect.properties.0.contains(&receive_maximum(jobs)), "{:?}", connect.properties);
    }
    let subscribe = link.expect_subscribe();
    link.send(suback(subscribe.id, vec![2]));
    Case { broker, folder, running, link }
}

/// The file, once it is there.
fn wait_for(path: &Path) {
    let deadline = std::time::Instant::now() + DEADLINE;
    while !path.exists() {
        assert!(std::time::Instant::now() < deadline, "{} does not come", path.display());
        std::thread::yield_now();
    }
}

#[test]
fn a_command_gets_the_payload_and_what_is_known_of_the_message() {
    let script =
        r#"printf '%s|' "$MQTT_TOPIC" $MQTT_QOS $MQTT_RETAIN "$MQTT_CONTENT_TYPE" "$MQTT_USER_PROPERTIES"; cat; echo"#;
    let mut case = start(&["-q", "1", "--exec", script, "-C", "2"]);
    let first = publish("job/1", "one\0two").qos(1).id(1).retain();
    case.link.send(first.with(content_type("text/x")).with(user_property("a", "b\nc: d")));
    case.link.expect_puback(1);
    case.link.send(publish("job/2", "").qos(0));
    case.link.expect_goodbye();
    case.link.close();
    assert_eq!(case.running.wait().expect_code(0).text(), "job/1|1|1|text/x|a: b\\nc: d|one\0two\njob/2|0|0|||\n");
}

#[test]
fn acknowledgements_leave_in_the_order_of_arrival_in_whatever_order_commands_end() {
    for version in ["5.0", "3.1.1"] {
        let script = "p=$(cat); if [ $p = first ]; then while [ ! -e go ]; do sleep 0.01; done; fi; touch done-$p";
        let mut case = start(&["-q", "1", "-V", version, "--exec", script, "--ack", "after", "--jobs", "3", "-C", "3"]);
        for (id, payload) in [(1, "first"), (2, "second"), (3, "third")] {
            case.link.send(publish("job/1", payload).qos(1).id(id));
        }
        for payload in ["second", "third"] {
            wait_for(&case.folder.path().join(format!("done-{payload}")));
        }
        fs::write(case.folder.path().join("go"), "").unwrap();
        for id in 1..=3 {
            assert_eq!(case.link.receive(), puback(id).into(), "{version}");
        }
        case.link.expect_goodbye();
        case.link.close();
        case.running.wait().expect_code(0);
    }
}

#[test]
fn as_many_commands_run_at_a_time_as_jobs_says_and_no_more() {
    // The first two wait for one another, so that two do run; the log shows whether there were ever three.
    let script = "echo begin >>log; : >begun-$(cat); while [ $(ls begun-* | wc -l) -lt 2 ]; do sleep 0.01; done; \
                  sleep 0.02; echo end >>log";
    let case = &mut start(&["-q", "0", "-V", "3.1.1", "--exec", script, "--jobs", "2", "-C", "8"]);
    case.link.send_together((0..8).map(|number| publish("job/1", number.to_string()).into()));
    case.link.expect_goodbye();
    let log = fs::read_to_string(case.folder.path().join("log")).unwrap();
    let mut running = 0;
    let most = log.lines().map(|line| {
        running = if line == "begin" { running + 1 } else { running - 1 };
        running
    });
    assert_eq!(most.max(), Some(2), "{log}");
    assert_eq!(log.lines().count(), 16, "{log}");
}

#[test]
fn at_qos_2_pubrec_waits_for_its_command_and_for_those_before_it() {
    let script = "p=$(cat); if [ $p = first ]; then while [ ! -e go ]; do sleep 0.01; done; fi; touch done-$p";
    let mut case = start(&["-q", "2", "--exec", script, "--ack", "after", "--jobs", "2", "-C", "2"]);
    case.link.send(publish("job/1", "first").qos(2).id(7));
    case.link.send(publish("job/1", "second").qos(2).id(8));
    wait_for(&case.folder.path().join("done-second"));
    fs::write(case.folder.path().join("go"), "").unwrap();
    assert_eq!(case.link.receive(), pubrec(7).into());
    assert_eq!(case.link.receive(), pubrec(8).into());
    case.link.expect_goodbye();
    case.link.close();
    case.running.wait().expect_code(0);
}

#[test]
fn a_failure_is_ignored_or_stops_the_work() {
    let mut ignoring =
        start(&["-q", "1", "--exec", "read x && exit $x", "--ack", "after", "--on-failure", "ignore", "-C", "2"]);
    ignoring.link.send(publish("job/1", "3\n").qos(1).id(1));
    ignoring.link.expect_puback(1);
    ignoring.link.send(publish("job/1", "0\n").qos(1).id(2));
    ignoring.link.expect_puback(2);
    ignoring.link.expect_goodbye();
    ignoring.link.close();
    let ended = ignoring.running.wait().expect_code(1);
    let message = "error: the message on job/1: `read x && exit $x` ended with exit status: 3";
    assert!(ended.stderr.contains(message), "{}", ended.stderr);

    let mut stopping = start(&["-q", "1", "--exec", "read x && exit $x", "--ack", "after"]);
    stopping.link.send(publish("job/1", "0\n").qos(1).id(1));
    stopping.link.expect_puback(1);
    stopping.link.send(publish("job/1", "3\n").qos(1).id(2));
    let rest = stopping.link.receive_until_end();
    assert!(!rest.contains(&puback(2).into()), "{rest:?}");
    let ended = stopping.running.wait().expect_code(1);
    assert!(ended.stderr.contains("exit status: 3; it is not acknowledged"), "{}", ended.stderr);
}

#[test]
fn redeliver_comes_back_to_the_session_for_what_failed_and_for_nothing_else() {
    // The first run of each fails; the job `slow` runs over the reconnection and is not begun again.
    let script = "p=$(cat); echo $p >>log; if [ $p = slow ]; then while [ ! -e go ]; do sleep 0.01; done; exit 0; fi; \
                  [ -e failed ] || { touch failed; exit 1; }";
    let arguments =
        ["-q", "1", "--exec", script, "--ack", "after", "--on-failure", "redeliver", "--jobs", "2", "-C", "2"];
    let mut case = start(&[&arguments[..], &["-rp", "1"]].concat());
    case.link.send(publish("job/1", "slow").qos(1).id(1));
    case.link.send(publish("job/1", "quick").qos(1).id(2));
    let first = case.link.receive_until_end();
    assert!(matches!(first.as_slice(), [Packet::Disconnect(_)]), "{first:?}");
    case.link.close();
    let (mut link, connect) = case.broker.accept_session(connack().session_present());
    assert!(!connect.clean);
    link.send(publish("job/1", "slow").qos(1).id(1).dup());
    link.send(publish("job/1", "quick").qos(1).id(2).dup());
    fs::write(case.folder.path().join("go"), "").unwrap();
    link.expect_puback(1);
    link.expect_puback(2);
    link.expect_goodbye();
    link.close();
    let ended = case.running.wait().expect_code(0);
    assert!(ended.stderr.contains("ended with exit status: 1; it is to come again"), "{}", ended.stderr);
    let log = fs::read_to_string(case.folder.path().join("log")).unwrap();
    let mut begun: Vec<_> = log.lines().collect();
    begun.sort_unstable();
    assert_eq!(begun, ["quick", "quick", "slow"]);
}

#[test]
fn at_qos_2_a_failed_command_runs_again_and_is_acknowledged_once() {
    let script = "[ -e failed ] || { touch failed; exit 1; }";
    let arguments = ["-q", "2", "--exec", script, "--ack", "after", "--on-failure", "redeliver", "-C", "1", "-rp", "1"];
    // A session that ends with the run may end before the broker sends the message again.
    let mut case = start(&[&arguments[..], &["-i", "me", "--no-clean"]].concat());
    case.link.send(publish("job/1", "x").qos(2).id(5));
    case.link.receive_until_end();
    case.link.close();
    let (mut link, _) = case.broker.accept_session(connack().session_present());
    link.send(publish("job/1", "x").qos(2).id(5).dup());
    link.expect_pubrec(5);
    link.send(pubrel(5));
    link.expect_pubcomp(5);
    link.expect_goodbye();
    link.close();
    case.running.wait().expect_code(0);
}

#[test]
fn ctrl_c_waits_for_the_commands_that_run_and_begins_none() {
    let script = "echo $(cat) >>log; touch begun; while [ ! -e go ]; do sleep 0.01; done";
    let mut case = start(&["-q", "1", "--exec", script, "--ack", "after", "-V", "3.1.1"]);
    case.link.send(publish("job/1", "first").qos(1).id(1));
    case.link.send(publish("job/1", "second").qos(1).id(2));
    wait_for(&case.folder.path().join("begun"));
    case.running.signal(Signal::SIGINT);
    case.running.wait_for_stderr("Waiting for the commands that run");
    fs::write(case.folder.path().join("go"), "").unwrap();
    case.link.expect_puback(1);
    case.link.expect_goodbye();
    case.link.close();
    case.running.wait().expect_code(0);
    assert_eq!(fs::read_to_string(case.folder.path().join("log")).unwrap(), "first\n");
}

#[test]
fn a_second_ctrl_c_ends_the_commands_and_what_they_started() {
    let script = "sh -c 'trap \"touch ended; exit 1\" TERM; touch begun; while :; do sleep 0.01; done'; exit 0";
    let mut case = start(&["-q", "1", "--exec", script, "--ack", "after"]);
    case.link.send(publish("job/1", "x").qos(1).id(1));
    wait_for(&case.folder.path().join("begun"));
    case.running.signal(Signal::SIGINT);
    case.running.wait_for_stderr("Waiting for the commands that run");
    case.running.signal(Signal::SIGTERM);
    let rest = case.link.receive_until_end();
    assert!(!rest.contains(&puback(1).into()), "{rest:?}");
    case.link.close();
    case.running.wait().expect_code(0);
    wait_for(&case.folder.path().join("ended"));
}

#[test]
fn a_reader_acknowledges_what_it_has_answered() {
    let mut case = start(&["-q", "1", "--ack-on-read", "--jobs", "3", "--output-mode", "raw"]);
    for id in 1..=3 {
        case.link.send(publish("job/1", id.to_string()).qos(1).id(id));
        case.running.wait_for_stdout(&id.to_string());
    }
    case.running.write("2\n");
    case.link.expect_puback(1);
    case.link.expect_puback(2);
    case.running.write("ok\n");
    case.link.expect_puback(3);
    case.link.send(publish("job/1", "4").qos(1).id(4));
    case.running.wait_for_stdout("4");
    case.running.write("\n");
    case.link.expect_puback(4);
    case.link.send(publish("job/1", "5").qos(1).id(5));
    case.running.wait_for_stdout("5");
    case.running.write("fail\n");
    let rest = case.link.receive_until_end();
    assert!(!rest.contains(&puback(5).into()), "{rest:?}");
    case.link.close();
    let ended = case.running.wait().expect_code(1);
    assert!(ended.stderr.contains("its reader answered `fail`; it is not acknowledged"), "{}", ended.stderr);
}

#[test]
fn a_reader_that_dies_leaves_its_message_unacknowledged() {
    let mut case = start(&["-q", "1", "--ack-on-read", "--output-mode", "raw"]);
    case.link.send(publish("job/1", "x").qos(1).id(1));
    case.running.wait_for_stdout("x");
    case.running.close_stdin();
    let rest = case.link.receive_until_end();
    assert!(!rest.contains(&puback(1).into()), "{rest:?}");
    case.link.close();
    let ended = case.running.wait().expect_code(1);
    let message = "1 printed message has no answer and is not acknowledged: the reader is gone";
    assert!(ended.stderr.contains(message), "{}", ended.stderr);
}

#[test]
fn without_a_reader_that_is_an_error() {
    let mut case = start(&["-q", "1", "--ack-on-read"]);
    case.running.close_stdin();
    case.link.receive_until_end();
    case.link.close();
    let ended = case.running.wait().expect_code(1);
    assert!(ended.stderr.contains("error: stdin ended before any answer\nhint: "), "{}", ended.stderr);
}

#[test]
fn an_answer_that_is_none_is_an_error() {
    for (answer, message) in [
        ("yes\n", "`yes` on stdin is not an answer: expected `ok`, `fail` or a number of messages"),
        ("2\n", "the answer 2 on stdin is for more messages than the 1 without one"),
        ("ok\nok\n", "the answer `ok` on stdin is for no message"),
    ] {
        let mut case = start(&["-q", "1", "--ack-on-read", "--output-mode", "raw"]);
        case.link.send(publish("job/1", "x").qos(1).id(1));
        case.running.wait_for_stdout("x");
        case.running.write(answer);
        case.link.receive_until_end();
        case.link.close();
        let ended = case.running.wait().expect_code(1);
        assert!(ended.stderr.contains(message), "{}", ended.stderr);
    }
}

#[test]
fn what_does_not_go_together_is_a_usage_error() {
    for (arguments, message) in [
        (&["--jobs", "2"][..], "--jobs needs --exec or --ack-on-read"),
        (&["--exec", "cat", "--on-failure", "redeliver"], "--on-failure redeliver needs --ack after"),
        (
            &["--exec", "cat", "--ack", "after", "--on-failure", "redeliver"],
            "--on-failure redeliver needs --qos 1 or 2 and a session that outlives a connection",
        ),
        (
            &["--exec", "cat", "--ack", "after", "--on-failure", "redeliver", "-q", "1", "-V", "3.1.1"],
            "--on-failure redeliver needs --qos 1 or 2 and a session that outlives a connection",
        ),
        (
            &["--exec", "cat", "--ack", "after", "--on-failure", "redeliver", "-q", "1", "-rp", "0"],
            "--on-failure redeliver reconnects, which --reconnect-period forbids",
        ),
        (&["--exec", "cat", "--remove-retained"], "--exec and --remove-retained cannot be used together"),
        (&["--ack-on-read", "-P", "-"], "--password - and the answers of --ack-on-read cannot both come from stdin"),
    ] {
        let ended = Program::new(["sub", "-t", "a"]).arg_all(arguments).stdin("x\n").run().expect_code(2);
        assert!(ended.stderr.contains(message), "{}", ended.stderr);
    }
}

#[test]
fn what_a_kill_would_lose_is_a_warning_unless_the_session_outlives_the_program() {
    for (arguments, option) in [
        (&["--exec", "true", "--ack", "after"][..], Some("--ack after")),
        (&["--ack-on-read"], Some("--ack-on-read")),
        (&["--exec", "true", "--ack", "after", "-V", "3.1.1"], Some("--ack after")),
        (&["--exec", "true", "--ack", "after", "-i", "me", "--no-clean"], None),
        (&["--exec", "true"], None),
    ] {
        let mut case = start(&[&["-q", "1", "-E"], arguments].concat());
        case.link.expect_goodbye();
        case.link.close();
        let stderr = case.running.wait().expect_code(0).stderr;
        let warning = option.map(|option| format!("warning: {option}: the session ends with this process"));
        assert_eq!(
            warning.as_ref().map_or_else(|| stderr.contains("the session ends"), |text| stderr.contains(text)),
            warning.is_some(),
            "{arguments:?}: {stderr}"
        );
    }
    // What a member of a group leaves goes to the others.
    let broker = ScriptedBroker::start();
    let arguments = ["sub", "-t", "$share/workers/job", "-q", "1", "-E", "--exec", "true", "--ack", "after"];
    let running = Program::new(arguments).port(broker.port()).start();
    let (mut link, _) = broker.accept_session(connack());
    let id = link.expect_subscribe().id;
    link.send(suback(id, [1]));
    link.expect_goodbye();
    link.close();
    let stderr = running.wait().expect_code(0).stderr;
    assert!(!stderr.contains("the session ends"), "{stderr}");
}

/// How often each number was worked on, by the file that the workers write.
fn worked_on(folder: &Path) -> BTreeMap<u32, usize> {
    let log = fs::read_to_string(folder.join("log")).unwrap_or_default();
    log.lines().fold(BTreeMap::new(), |mut times, line| {
        *times.entry(line.parse().unwrap()).or_default() += 1;
        times
    })
}

/// Two workers share numbers, one is killed again and again with commands running; `kept` sessions are taken up by the
/// next process.
fn kill_workers(port: u16, kept: bool) {
    const MESSAGES: u32 = 120;
    const KILLS: u32 = 5;
    let folder = tempfile::tempdir().unwrap();
    let worker = |id: &str| {
        let arguments = ["sub", "-t", "$share/workers/job", "-q", "1", "--jobs", "3", "--ack", "after", "-i", id];
        let arguments = [&arguments[..], if kept { &["--no-clean"] } else { &[] }].concat();
        let program = Program::new(arguments).port(port).directory(folder.path());
        program.arg_all(&["--exec", "read n && sleep 0.01 && echo $n >>log"]).start()
    };
    let mut steady = worker("steady");
    steady.wait_for_stderr("Subscribed to");
    let mut killed = worker("killed");
    killed.wait_for_stderr("Subscribed to");
    let mut publisher = RawClient::connect(([127, 0, 0, 1], port).into(), mqttx_rs::mqtt::Version::V5, "publisher");
    for number in 1..=MESSAGES {
        publisher.publish("job", format!("{number}\n"), 1);
        if number % (MESSAGES / KILLS) == 0 {
            killed.signal(Signal::SIGKILL);
            killed.wait();
            killed = worker("killed");
            killed.wait_for_stderr("Subscribed to");
        }
    }
    let deadline = std::time::Instant::now() + DEADLINE;
    while worked_on(folder.path()).len() < MESSAGES as usize {
        assert!(std::time::Instant::now() < deadline, "{:?}", worked_on(folder.path()));
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    for worker in [steady, killed] {
        worker.signal(Signal::SIGINT);
        worker.wait().expect_code(0);
    }
    let times = worked_on(folder.path());
    let twice: usize = times.values().map(|times| times - 1).sum();
    // At most what was under way at each kill.
    assert!(twice <= (KILLS * 3) as usize, "{times:?}");
}

#[test]
#[cfg(feature = "broker")]
fn a_shared_subscription_loses_nothing_when_workers_are_killed() {
    for kept in [false, true] {
        let mut broker = Program::new(["broker", "-p", "0"]).start();
        let line = broker.wait_for_stdout("mqtt://127.0.0.1:");
        kill_workers(line.trim().rsplit(':').next().unwrap().parse().unwrap(), kept);
    }
}

#[test]
fn a_shared_subscription_of_mosquitto_loses_nothing_with_kept_sessions() {
    let Some(mosquitto) = Mosquitto::start("") else { return };
    kill_workers(mosquitto.port(), true);
}

//! Links that fail in the middle of everything: each message is accounted for, and it ends.

use crate::support::net::faulty_link::FaultyLink;
use crate::support::wire::{connack, puback, pubcomp, publish, pubrec, pubrel, suback};
use crate::support::{Mosquitto, Program, ScriptedBroker};
use nix::sys::signal::Signal;

/// Quick to come back, in a session that is kept.
const RESUMING: &[&str] = &["-rp", "1", "--no-clean", "-i", "me", "-q"];

#[test]
fn a_publish_survives_a_cut_at_each_step_of_its_handshake() {
    for (qos, has_pubrec) in [("1", false), ("2", false), ("2", true)] {
        let broker = ScriptedBroker::start();
        let program = Program::new(["pub", "-t", "a", "-m", "x"]).port(broker.port()).arg_all(RESUMING);
        let running = program.arg(qos).start();
        let (mut link, _) = broker.accept_session(connack());
        let id = link.expect_publish().id;
        if has_pubrec {
            link.send(pubrec(id));
            link.expect_pubrel(id);
        }
        link.cut();
        let (mut link, connect) = broker.accept_session(connack().session_present());
        assert!(!connect.clean);
        if !has_pubrec {
            let again = link.expect_publish();
            assert_eq!((again.id, again.dup, again.text()), (id, true, "x"));
        }
        if qos == "1" {
            link.send(puback(id));
        } else {
            if !has_pubrec {
                link.send(pubrec(id));
            }
            link.expect_pubrel(id);
            link.send(pubcomp(id));
        }
        link.expect_goodbye();
        link.close();
        let ended = running.wait().expect_code(0);
        assert!(ended.stderr.ends_with("✔ Message published\n"), "QoS {qos}: {}", ended.stderr);
    }
}

#[test]
fn a_puback_that_is_followed_by_a_cut_counts() {
    let broker = ScriptedBroker::start();
    let arguments = ["pub", "-t", "a", "-lm"];
    let mut running = Program::new(arguments).port(broker.port()).arg_all(RESUMING).arg("1").start();
    running.write("1\n2\n");
    let (mut link, _) = broker.accept_session(connack());
    let first = link.expect_publish().id;
    let second = link.expect_publish().id;
    link.send(puback(first));
    // Everything that was sent arrives, and then the end: there is no next read in which more could come.
    drop(link);
    let (mut link, _) = broker.accept_session(connack().session_present());
    let again = link.expect_publish();
    assert_eq!((again.id, again.dup, again.text()), (second, true, "2"));
    link.send(puback(second));
    running.close_stdin();
    link.expect_goodbye();
    link.close();
    let ended = running.wait().expect_code(0);
    assert!(ended.stderr.ends_with("✔ 2 messages published, 2 acknowledged\n"), "{}", ended.stderr);
}

#[test]
fn a_message_received_at_qos_2_is_printed_once_whatever_step_is_cut() {
    let broker = ScriptedBroker::start();
    let running =
        Program::new(["sub", "-t", "a", "--output-mode", "raw"]).port(broker.port()).arg_all(RESUMING).arg("2").start();
    let (mut link, _) = broker.accept_session(connack());
    let id = link.expect_subscribe().id;
    link.send(suback(id, [2]));
    link.send(publish("a", "once").qos(2).id(9));
    link.expect_pubrec(9);
    link.cut();
    // PUBREC was lost on its way, as far as the broker knows.
    let (mut link, _) = broker.accept_session(connack().session_present());
    link.send(publish("a", "once").qos(2).id(9).dup());
    link.expect_pubrec(9);
    link.send(pubrel(9));
    link.expect_pubcomp(9);
    link.cut();
    // So was PUBCOMP.
    let (mut link, _) = broker.accept_session(connack().session_present());
    link.send(pubrel(9));
    assert_eq!(link.receive(), pubcomp(9).reason(0x92).into());
    link.send(publish("a", "next").qos(1).id(1));
    link.expect_puback(1);
    running.signal(Signal::SIGINT);
    link.expect_goodbye();
    link.close();
    assert_eq!(running.wait().expect_code(0).text(), "once\nnext\n");
}

#[test]
fn a_broker_that_is_busy_for_a_while_is_waited_for_and_resubscribed_once() {
    let broker = ScriptedBroker::start();
    let mut running = Program::new(["sub", "-t", "a", "-rp", "1"]).port(broker.port()).start();
    let (mut link, _) = broker.accept_session(connack());
    let id = link.expect_subscribe().id;
    link.send(suback(id, [0]));
    running.wait_for_stderr("Subscribed to a");
    link.cut();
    for reason in [0x88, 0x89, 0x88] {
        broker.accept_session(connack().refusing(reason)).0.expect_end();
    }
    let (mut link, _) = broker.accept_session(connack());
    let id = link.expect_subscribe().id;
    link.send(suback(id, [0]));
    link.expect_quiet();
    running.wait_for_stderr("[4/10]");
    running.signal(Signal::SIGTERM);
    link.expect_goodbye();
    link.close();
    running.wait().expect_code(0);
}

#[test]
fn a_peer_that_says_nothing_more_is_noticed_by_keep_alive() {
    let Some(mosquitto) = Mosquitto::start("") else { return };
    let link = FaultyLink::to(mosquitto.address());
    let mut running = Program::new(["sub", "-t", "a", "-k", "1", "-rp", "1"]).port(link.port()).start();
    running.wait_for_stderr("Subscribed to a");
    link.swallow();
    running.wait_for_stderr("no answer to PINGREQ");
    link.heal();
    running.wait_for_stderr("Subscribed to a");
    running.signal(Signal::SIGINT);
    running.wait().expect_code(0);
}

#[test]
fn a_link_that_flaps_for_ever_is_given_up_with_every_message_accounted_for() {
    let broker = ScriptedBroker::start();
    let arguments = ["pub", "-t", "a", "-lm", "-q", "1", "-rp", "1", "--maximum-reconnect-times", "3", "--no-clean"];
    let mut running = Program::new(arguments).port(broker.port()).arg_all(&["-i", "me"]).start();
    running.write("1\n2\n3\n");
    running.close_stdin();
    let (mut link, _) = broker.accept_session(connack());
    let id = link.expect_publish().id;
    link.send(puback(id));
    link.expect_publish();
    link.cut();
    for _ in 0..3 {
        let mut link = broker.accept();
        link.expect_connect();
        link.cut();
    }
    let ended = running.wait().expect_code(7);
    assert!(ended.stderr.contains("gave up after 3 attempts"), "{}", ended.stderr);
    assert!(ended.stderr.contains("of 3 messages acknowledged"), "{}", ended.stderr);
}

#[test]
fn a_broker_that_ends_and_is_started_again_loses_nothing_that_was_promised() {
    const MESSAGES: usize = 20;
    // As root it would become a user that cannot write to its directory here.
    let configuration = "persistence true\nset_tcp_nodelay true\nuser root";
    let Some(mut mosquitto) = Mosquitto::start(configuration) else { return };
    let session = ["-t", "a", "-q", "2", "-rp", "50", "--no-clean", "--output-mode", "raw", "-i"];
    let mut subscriber = Program::new(["sub"]).port(mosquitto.port()).arg_all(&session).arg("reader").start();
    subscriber.wait_for_stderr("Subscribed to a");
    let publisher = ["pub", "-t", "a", "-q", "2", "-M", "-rp", "50", "--no-clean", "-i", "writer"];
    let mut publisher = Program::new(publisher).port(mosquitto.port()).start();
    for number in 0..MESSAGES {
        if number == MESSAGES / 2 {
            subscriber.wait_for_stdout(&format!("{}", number - 1));
            mosquitto.restart();
            publisher.wait_for_stderr("reconnecting [1/10]");
        }
        publisher.write(format!("{number}\n"));
    }
    publisher.close_stdin();
    let ended = publisher.wait().expect_code(0);
    assert!(ended.stderr.ends_with("20 messages published, 20 acknowledged\n"), "{}", ended.stderr);
    subscriber.wait_for_stdout(&format!("{}", MESSAGES - 1));
    subscriber.signal(Signal::SIGINT);
    let all = (0..MESSAGES).fold(String::new(), |all, number| all + &number.to_string() + "\n");
    assert_eq!(subscriber.wait().expect_code(0).text(), all);
}

//! What QoS 1 and 2 promise with default options, packet by packet: over lost connections, with brokers that forget,
//! hang up, or answer as they should not.

use mqttx_rs::mqtt::Version;
use nix::sys::signal::Signal;

use crate::support::wire::property::{SESSION_EXPIRY_INTERVAL, receive_maximum, session_expiry_interval};
use crate::support::wire::{Packet, connack, disconnect, puback, pubcomp, publish, pubrec, pubrel, suback, unsuback};
use crate::support::{Link, Program, Running, ScriptedBroker};

/// Every command line here comes back at once.
fn program(arguments: &str, broker: &ScriptedBroker) -> Program {
    Program::new(arguments.split(' ')).port(broker.port()).arg_all(&["-rp", "1"])
}

/// 10 attempts with 1, 2, 4, ... 512 ms between them, 10 s each, and twice the Keep Alive of 30 s.
const COVERED: u32 = 162;

#[test]
fn the_session_outlives_the_connection_and_ends_with_the_program() {
    for arguments in ["pub -t a -m x -q 1", "pub -t a -m x -q 2", "sub -t a -q 1 -E", "sub -t a b -q 0 2 -E"] {
        let broker = ScriptedBroker::start();
        let running = program(arguments, &broker).start();
        let (mut link, connect) = broker.accept_session(connack());
        assert!(connect.clean, "{arguments}");
        assert_eq!(connect.properties.number(SESSION_EXPIRY_INTERVAL), Some(COVERED), "{arguments}");
        answer(&mut link, arguments);
        link.expect(disconnect(0).with(session_expiry_interval(0)));
        link.close();
        running.wait().expect_code(0);
    }
}

/// Answers the one packet that such a command line sends.
fn answer(link: &mut Link, arguments: &str) {
    if arguments.starts_with("sub") {
        let subscribe = link.expect_subscribe();
        link.send(suback(subscribe.id, vec![1; subscribe.filters.len()]));
        return;
    }
    let publish = link.expect_publish();
    if publish.qos == 1 {
        link.send(puback(publish.id));
    } else {
        link.send(pubrec(publish.id));
        link.expect_pubrel(publish.id);
        link.send(pubcomp(publish.id));
    }
}

#[test]
fn what_needs_no_session_or_says_so_itself_asks_for_none_of_ours() {
    for (arguments, expected) in [
        ("pub -t a -m x", None),
        ("sub -t a -E", None),
        ("pub -t a -m x -q 1 -se 60", Some(60)),
        ("pub -t a -m x -q 1 -se 0", Some(0)),
        ("pub -t a -m x -q 1 --maximum-reconnect-times 0", None),
        ("pub -t a -m x -q 1 --no-clean -i me", Some(u32::MAX)),
        ("pub -t a -m x -q 1 -V 3.1.1", None),
    ] {
        let broker = ScriptedBroker::start();
        let _running = program(arguments, &broker).start();
        let connect = broker.accept().expect_connect();
        assert_eq!(connect.properties.number(SESSION_EXPIRY_INTERVAL), expected, "{arguments}");
    }
}

#[test]
fn a_resumed_session_goes_on_with_dup_and_pubrel_by_default() {
    let broker = ScriptedBroker::start();
    let mut running = program("pub -t a -q 2 -lm", &broker).start();
    running.write("1\n2\n");
    let (mut link, _) = broker.accept_session(connack());
    let ids = [link.expect_publish().id, link.expect_publish().id];
    link.send(pubrec(ids[0]));
    link.expect_pubrel(ids[0]);
    link.cut();
    let (mut link, connect) = broker.accept_session(connack().session_present());
    assert!(!connect.clean);
    link.expect(pubrel(ids[0]));
    let again = link.expect_publish();
    assert_eq!((again.id, again.dup, again.text()), (ids[1], true, "2"));
    link.send(pubcomp(ids[0]));
    // stdin is read on.
    running.write("3\n");
    running.close_stdin();
    link.send(pubrec(ids[1]));
    link.expect_eventually(pubrel(ids[1]));
    link.send(pubcomp(ids[1]));
    let third = link.expect_publish();
    assert_eq!((third.dup, third.text()), (false, "3"));
    link.send(pubrec(third.id));
    link.expect_pubrel(third.id);
    link.send(pubcomp(third.id));
    link.expect_goodbye();
    link.close();
    let ended = running.wait().expect_code(0);
    assert!(ended.stderr.ends_with("✔ 3 messages published, 3 acknowledged\n"), "{}", ended.stderr);
}

#[test]
fn qos_1_is_published_anew_in_order_where_the_session_is_gone() {
    for version in ["3.1.1", "5.0"] {
        let broker = ScriptedBroker::start();
        let mut running = program(&format!("pub -t a -q 1 -lm -V {version}"), &broker).start();
        running.write("1\n2\n3\n");
        let (mut link, _) = broker.accept_session(connack());
        let first = link.expect_publish().id;
        link.expect_publish();
        link.expect_publish();
        link.send(puback(first));
        link.close();
        let (mut link, connect) = broker.accept_session(connack());
        assert_eq!(connect.clean, version == "3.1.1", "a session of 5.0 is asked for");
        running.write("4\n");
        running.close_stdin();
        for text in ["2", "3", "4"] {
            let publish = link.expect_publish();
            assert_eq!((publish.text(), publish.dup), (text, false), "{version}");
            link.send(puback(publish.id));
        }
        link.expect_goodbye();
        link.close();
        let ended = running.wait().expect_code(0);
        assert!(ended.stderr.ends_with("✔ 4 messages published, 4 acknowledged\n"), "{}", ended.stderr);
    }
}

/// Publishes at QoS 2 and loses the connection after `1` was released and `2` was published; then the last link.
fn lose_qos_2(broker: &ScriptedBroker, running: &mut Running) -> Link {
    running.write("1\n2\n");
    let (mut link, _) = broker.accept_session(connack());
    let first = link.expect_publish().id;
    link.expect_publish();
    link.send(pubrec(first));
    link.expect_pubrel(first);
    link.cut();
    broker.accept_session(connack()).0
}

fn take_qos_2(link: &mut Link, text: &str) {
    let publish = link.expect_publish();
    assert_eq!((publish.text(), publish.dup), (text, false));
    link.send(pubrec(publish.id));
    link.expect_eventually(pubrel(publish.id));
    link.send(pubcomp(publish.id));
}

#[test]
fn qos_2_is_neither_repeated_nor_counted_where_the_session_is_gone() {
    for (version, why, hint) in [
        (
            "3.1.1",
            "the session ended with the lost connection",
            "hint: -i ID --no-clean keeps the session, as MQTT 5.0 does",
        ),
        ("5.0", "the broker no longer has the session", "--resend-uncertain"),
    ] {
        let broker = ScriptedBroker::start();
        let mut running = program(&format!("pub -t a -q 2 -lm -V {version}"), &broker).start();
        let mut link = lose_qos_2(&broker, &mut running);
        running.write("3\n");
        running.close_stdin();
        take_qos_2(&mut link, "3");
        link.expect_goodbye();
        link.close();
        let ended = running.wait().expect_code(7);
        let expected = format!("2 messages at QoS 2 are uncertain (delivered once or not at all): {why}\n");
        assert!(ended.stderr.contains(&expected), "{}", ended.stderr);
        assert!(ended.stderr.contains(hint), "{}", ended.stderr);
        assert!(ended.stderr.ends_with("✖ 1 of 3 messages acknowledged, 2 uncertain\n"), "{}", ended.stderr);
    }
}

#[test]
fn who_prefers_doubles_to_gaps_has_them_published_again() {
    let broker = ScriptedBroker::start();
    let mut running = program("pub -t a -q 2 -lm -V 3.1.1 --resend-uncertain", &broker).start();
    let mut link = lose_qos_2(&broker, &mut running);
    running.close_stdin();
    for text in ["1", "2"] {
        take_qos_2(&mut link, text);
    }
    link.expect_goodbye();
    link.close();
    let ended = running.wait().expect_code(0);
    assert!(ended.stderr.ends_with("✔ 2 messages published, 2 acknowledged\n"), "{}", ended.stderr);
}

#[test]
fn as_many_are_in_flight_as_brokers_take_that_announce_nothing() {
    let lines = (0..3000).fold(String::new(), |all, number| all + &number.to_string() + "\n");
    for (arguments, announced, expected) in [
        ("-q 2 -V 3.1.1", None, 20),
        ("-q 1 -V 3.1.1", None, 100),
        ("-q 2", None, 20),
        ("-q 1", None, 100),
        ("-q 2", Some(50), 50),
        ("-q 2", Some(u16::MAX), 1024),
        ("-q 2 --inflight 7", None, 7),
        ("-q 1 --inflight 2000", Some(500), 500),
        ("-q 2 -V 3.1.1 --inflight 2000", None, 2000),
    ] {
        let broker = ScriptedBroker::start();
        let _running = program(&format!("pub -t a -lm {arguments}"), &broker).stdin(&lines).start_with_stdin();
        let accepted = announced.map_or(connack(), |maximum| connack().with(receive_maximum(maximum)));
        let (mut link, _) = broker.accept_session(accepted);
        for number in 0..expected {
            assert_eq!(link.expect_publish().text(), number.to_string(), "{arguments}");
        }
        // What could still be on its way would come before an answer.
        (0..10).for_each(|_| link.expect_quiet());
    }
}

#[test]
fn a_connection_that_ends_with_a_full_window_is_followed_by_half_of_it() {
    let broker = ScriptedBroker::start();
    let mut running = program("pub -t a -q 1 -lm -V 3.1.1 --inflight 4 -i me --no-clean", &broker).start();
    running.write("1\n2\n3\n4\n5\n6\n");
    running.close_stdin();
    let (mut link, _) = broker.accept_session(connack());
    for _ in 0..4 {
        link.expect_publish();
    }
    link.close();
    let (mut link, _) = broker.accept_session(connack().session_present());
    let ids = [link.expect_publish().id, link.expect_publish().id];
    link.expect_quiet();
    for id in ids {
        link.send(puback(id));
    }
    for _ in 0..4 {
        let id = link.expect_publish().id;
        link.send(puback(id));
    }
    link.expect_goodbye();
    link.close();
    let ended = running.wait().expect_code(0);
    assert_eq!(
        ended.stderr.matches("continuing with at most 2 (--inflight 2 starts with that)").count(),
        1,
        "{}",
        ended.stderr
    );
}

#[test]
fn a_message_at_which_the_broker_hangs_up_is_named_and_the_others_are_published() {
    let broker = ScriptedBroker::start();
    let mut running = program("pub -t secret/x -q 1 -lm -V 3.1.1", &broker).start();
    running.write("poison\nnext\n");
    running.close_stdin();
    for _ in 0..3 {
        let (mut link, _) = broker.accept_session(connack());
        assert_eq!(link.expect_publish().text(), "poison");
        link.close();
    }
    let (mut link, _) = broker.accept_session(connack());
    let next = link.expect_publish();
    assert_eq!(next.text(), "next");
    link.send(puback(next.id));
    link.expect_goodbye();
    link.close();
    let ended = running.wait().expect_code(5);
    let named = "error: the broker closed the connection three times on the message to `secret/x` (6 bytes)\nhint: ";
    assert!(ended.stderr.contains(named), "{}", ended.stderr);
    assert!(ended.stderr.ends_with("✖ 1 of 2 messages acknowledged, 1 refused\n"), "{}", ended.stderr);
}

#[test]
fn attempts_count_one_outage_that_an_acknowledgement_ends() {
    let broker = ScriptedBroker::start();
    let program = program("pub -t a -q 1 -lm --maximum-reconnect-times 2", &broker);
    let mut running = program.start();
    let (mut link, _) = broker.accept_session(connack());
    for number in 0..8 {
        running.write(format!("{number}\n"));
        let id = link.expect_publish().id;
        link.cut();
        link = broker.accept_session(connack().session_present()).0;
        assert_eq!(link.expect_publish().id, id);
        link.send(puback(id));
    }
    running.close_stdin();
    link.expect_goodbye();
    link.close();
    let ended = running.wait().expect_code(0);
    assert_eq!(ended.stderr.matches("reconnecting [1/2]").count(), 8, "{}", ended.stderr);
}

#[test]
fn a_large_message_in_flight_hints_at_the_brokers_limit() {
    let broker = ScriptedBroker::start();
    let arguments = "pub -t a -q 1 -S 20KB --maximum-reconnect-times 1 -V 3.1.1";
    let running = program(arguments, &broker).start();
    let (mut link, _) = broker.accept_session(connack());
    link.expect_publish();
    link.close();
    let (mut link, _) = broker.accept_session(connack());
    link.expect_publish();
    link.close();
    let ended = running.wait().expect_code(7);
    let hint =
        "a message of 20480 bytes was in flight, larger than any acknowledged before: is it above the broker's limit?";
    assert!(ended.stderr.contains(&format!("warning: {hint}")), "{}", ended.stderr);
    assert!(ended.stderr.contains(&format!("hint: {hint}")), "{}", ended.stderr);
}

#[test]
fn puback_for_qos_2_is_a_warning_and_counts() {
    let broker = ScriptedBroker::start();
    let mut running = program("pub -t a -q 2 -lm -V 3.1.1", &broker).start();
    running.write("1\n2\n");
    running.close_stdin();
    let (mut link, _) = broker.accept_session(connack());
    for _ in 0..2 {
        let id = link.expect_publish().id;
        link.send(puback(id));
    }
    link.expect_goodbye();
    link.close();
    let ended = running.wait().expect_code(0);
    assert_eq!(ended.stderr.matches("PUBACK for a publish at QoS 2 [MQTT-4.3.3-1]").count(), 1, "{}", ended.stderr);
    assert!(ended.stderr.ends_with("✔ 2 messages published, 2 acknowledged\n"), "{}", ended.stderr);
}

#[test]
fn an_empty_stdin_connects_all_the_same() {
    for _ in 0..5 {
        Program::new(["pub", "-t", "a", "-lm"]).port(1).stdin("").run().expect_code(3);
        let broker = ScriptedBroker::start();
        let running = program("pub -t a -lm", &broker).stdin("").start_with_stdin();
        broker.accept_session(connack().refusing(0x87));
        running.wait().expect_code(4);
        let running = program("pub -t a -lm", &broker).stdin("").start_with_stdin();
        let (mut link, _) = broker.accept_session(connack());
        link.expect_goodbye();
        link.close();
        running.wait().expect_code(0);
    }
}

#[test]
fn dup_is_set_where_it_is_asked_for() {
    let broker = ScriptedBroker::start();
    let running = program("pub -t a -m x -q 1 -d", &broker).start();
    let (mut link, _) = broker.accept_session(connack());
    let publish = link.expect_publish();
    assert!(publish.dup);
    link.send(puback(publish.id));
    link.expect_goodbye();
    link.close();
    running.wait().expect_code(0);
}

#[test]
fn what_was_published_in_the_gap_arrives_and_a_lost_session_is_said() {
    let broker = ScriptedBroker::start();
    let mut running = program("sub -t a -q 1 --output-mode raw", &broker).start();
    let (mut link, _) = broker.accept_session(connack());
    let id = link.expect_subscribe().id;
    link.send(suback(id, [1]));
    link.cut();
    let (mut link, connect) = broker.accept_session(connack().session_present());
    assert!(!connect.clean);
    link.send(publish("a", "from the gap").qos(1).id(1));
    link.expect_puback(1);
    running.wait_for_stdout("from the gap");
    link.cut();
    let (mut link, _) = broker.accept_session(connack());
    let id = link.expect_subscribe().id;
    link.send(suback(id, [1]));
    running.wait_for_stderr("warning: messages may be missing: the broker no longer has the session");
    running.signal(Signal::SIGINT);
    link.expect_goodbye();
    link.close();
    running.wait().expect_code(0);
}

#[test]
fn quiet_does_not_hide_the_loss_of_a_connection_whose_session_is_not_kept() {
    for (arguments, is_said) in
        [("sub -t a -V 3.1.1 -q 1 --quiet", true), ("sub -t a --quiet", true), ("sub -t a -q 1 --quiet", false)]
    {
        let broker = ScriptedBroker::start();
        let running = program(arguments, &broker).start();
        let (mut link, _) = broker.accept_session(connack());
        let id = link.expect_subscribe().id;
        link.send(suback(id, [1]));
        link.cut();
        let accepted = if is_said { connack() } else { connack().session_present() };
        let (mut link, _) = broker.accept_session(accepted);
        if is_said {
            let id = link.expect_subscribe().id;
            link.send(suback(id, [1]));
        }
        link.expect_quiet();
        running.signal(Signal::SIGINT);
        link.expect_goodbye();
        link.close();
        let ended = running.wait().expect_code(0);
        assert_eq!(ended.stderr.contains("warning: connection lost"), is_said, "{arguments}: {}", ended.stderr);
    }
}

#[test]
fn a_filter_that_is_given_twice_is_sent_once() {
    let broker = ScriptedBroker::start();
    let running = program("sub -t dd -t other -t dd -q 0 0 1 -E", &broker).start();
    let (mut link, _) = broker.accept_session(connack());
    let subscribe = link.expect_subscribe();
    assert_eq!(subscribe.filters, [("dd".to_owned(), 1), ("other".to_owned(), 0)]);
    link.send(suback(subscribe.id, [1, 0]));
    link.expect_goodbye();
    link.close();
    running.wait().expect_code(0);
}

#[test]
fn two_clients_that_throw_each_other_out_are_pointed_to_their_identifier() {
    let broker = ScriptedBroker::start();
    let mut running = program("sub -t a -V 3.1.1 -i shared", &broker).start();
    for _ in 0..3 {
        thrown_out(&broker);
    }
    running.wait_for_stderr(
        "does another client use this --client-id? Two clients with the same one disconnect each other",
    );
    running.signal(Signal::SIGKILL);
}

/// A subscriber whose connection is closed without a reason.
fn thrown_out(broker: &ScriptedBroker) {
    let (mut link, _) = broker.accept_session(connack());
    let id = link.expect_subscribe().id;
    link.send(suback(id, [0]));
    link.expect_quiet();
    link.close();
}

#[test]
fn a_broker_that_is_restarted_again_and_again_is_not_taken_for_another_client() {
    // In MQTT 5.0 a broker says that another client has taken over.
    for (version, times) in [("3.1.1", 2), ("5.0", 4)] {
        let broker = ScriptedBroker::start();
        let running = program(&format!("sub -t a -V {version} -i mine -rp 20"), &broker).start();
        for _ in 0..times {
            thrown_out(&broker);
        }
        let (link, _) = broker.accept_session(connack());
        running.signal(Signal::SIGKILL);
        let ended = running.wait();
        assert!(!ended.stderr.contains("another client"), "{version}: {}", ended.stderr);
        drop(link);
    }
}

/// `sub --count 2` of a kept session, subscribed.
fn counting(version: Version, qos: u8, more: &[&str]) -> (ScriptedBroker, Running, Link) {
    let broker = ScriptedBroker::start();
    let arguments = format!("sub -t a -q {qos} -C 2 -V {version} -i desk --no-clean --output-mode raw");
    let running = program(&arguments, &broker).arg_all(more).start();
    let (mut link, _) = broker.accept_session(connack());
    let id = link.expect_subscribe().id;
    link.send(suback(id, [qos]));
    (broker, running, link)
}

const VERSIONS: [Version; 2] = [Version::V3_1_1, Version::V5];

#[test]
fn count_waits_for_the_release_of_what_it_printed() {
    for version in VERSIONS {
        let (_broker, running, mut link) = counting(version, 2, &[]);
        for id in [1, 2] {
            link.send(publish("a", id.to_string()).qos(2).id(id));
            link.expect_pubrec(id);
        }
        for id in [1, 2] {
            link.send(pubrel(id));
            link.expect_pubcomp(id);
        }
        link.expect_goodbye();
        link.close();
        assert_eq!(running.wait().expect_code(0).text(), "1\n2\n");
    }
}

#[test]
fn a_link_cut_behind_pubrec_is_taken_up_and_nothing_is_printed_twice() {
    for version in VERSIONS {
        let (broker, running, mut link) = counting(version, 2, &[]);
        for id in [1, 2] {
            link.send(publish("a", id.to_string()).qos(2).id(id));
            link.expect_pubrec(id);
        }
        link.cut();
        // The broker has seen the first PUBREC, and not the second.
        let (mut link, _) = broker.accept_session(connack().session_present());
        link.send(pubrel(1));
        link.expect_pubcomp(1);
        link.send(publish("a", "2").qos(2).id(2).dup());
        link.expect_pubrec(2);
        link.send(pubrel(2));
        link.expect_pubcomp(2);
        link.expect_goodbye();
        link.close();
        assert_eq!(running.wait().expect_code(0).text(), "1\n2\n");
    }
}

#[test]
fn a_link_cut_behind_puback_is_taken_up_and_what_comes_again_is_acknowledged_unprinted() {
    for version in VERSIONS {
        let (broker, running, mut link) = counting(version, 1, &[]);
        for id in [1, 2] {
            link.send(publish("a", id.to_string()).qos(1).id(id));
            link.expect_puback(id);
        }
        link.cut();
        let (mut link, _) = broker.accept_session(connack().session_present());
        // A third is for whoever comes next.
        link.send(publish("a", "3").qos(1).id(3));
        link.send(publish("a", "2").qos(1).id(2).dup());
        link.expect_puback(2);
        answer_ping(&mut link);
        link.expect_goodbye();
        link.close();
        assert_eq!(running.wait().expect_code(0).text(), "1\n2\n");
    }
}

fn answer_ping(link: &mut Link) {
    link.expect(Packet::Pingreq);
    link.send(Packet::Pingresp);
}

#[test]
fn at_qos_1_the_broker_is_asked_whether_it_has_the_acknowledgements() {
    for version in VERSIONS {
        let (broker, running, mut link) = counting(version, 1, &[]);
        for id in [1, 2] {
            link.send(publish("a", id.to_string()).qos(1).id(id));
            link.expect_puback(id);
        }
        link.expect(Packet::Pingreq);
        // An end without an answer proves nothing, however orderly it looks.
        link.close();
        let (mut link, _) = broker.accept_session(connack().session_present());
        answer_ping(&mut link);
        link.expect_goodbye();
        link.close();
        assert_eq!(running.wait().expect_code(0).text(), "1\n2\n");
    }
}

#[test]
fn a_broker_that_answers_no_ping_has_to_close_in_order() {
    let (broker, running, mut link) = counting(Version::V5, 1, &[]);
    for id in [1, 2] {
        link.send(publish("a", id.to_string()).qos(1).id(id));
        link.expect_puback(id);
    }
    link.expect(Packet::Pingreq);
    link.expect_goodbye();
    link.cut();
    let (mut link, _) = broker.accept_session(connack().session_present());
    link.expect(Packet::Pingreq);
    link.expect_goodbye();
    link.close();
    let ended = running.wait().expect_code(0);
    assert_eq!(ended.text(), "1\n2\n");
    assert!(
        ended.stderr.contains("the broker did not confirm that it received the acknowledgements"),
        "{}",
        ended.stderr
    );
}

#[test]
fn count_that_cannot_be_settled_says_why_and_ends_all_the_same() {
    for (arguments, why, code) in [
        ("--timeout 6", "error: --timeout of 6 s expired: the broker may lack acknowledgements", 7),
        ("--idle-timeout 3", "error: no message for 3 s: the broker may lack acknowledgements", 7),
        ("--quiet", "warning: interrupted: the broker may lack acknowledgements", 143),
    ] {
        let (_broker, mut running, mut link) = counting(Version::V5, 2, &arguments.split(' ').collect::<Vec<_>>());
        for id in [1, 2] {
            link.send(publish("a", id.to_string()).qos(2).id(id));
            link.expect_pubrec(id);
        }
        running.wait_for_stdout("2");
        if code == 143 {
            running.signal(Signal::SIGTERM);
        }
        link.expect_goodbye();
        link.close();
        let ended = running.wait().expect_code(code);
        assert_eq!(ended.text(), "1\n2\n");
        assert!(ended.stderr.contains(why), "{}", ended.stderr);
    }
}

#[test]
fn what_was_never_sent_is_told_apart_from_what_may_be_lost() {
    let broker = ScriptedBroker::start();
    let mut running = program("pub -t a -q 1 -lm -V 3.1.1 --inflight 2", &broker).start();
    running.write("1\n2\n3\n4\n5\n");
    let (mut link, _) = broker.accept_session(connack());
    link.expect_publish();
    link.expect_publish();
    link.expect_quiet();
    running.signal(Signal::SIGINT);
    link.expect_goodbye();
    link.close();
    let ended = running.wait().expect_code(130);
    assert!(
        ended.stderr.contains("Interrupted: 0 of 5 messages acknowledged, 2 possibly lost, 3 not sent"),
        "{}",
        ended.stderr
    );
}

#[test]
fn who_chose_no_identifier_is_not_suspected_of_sharing_it() {
    let broker = ScriptedBroker::start();
    let running = program("conn --maximum-reconnect-times 2", &broker).start();
    for _ in 0..3 {
        broker.accept_session(connack()).0.close();
    }
    let ended = running.wait().expect_code(7);
    assert!(!ended.stderr.contains("--client-id"), "{}", ended.stderr);
}

#[test]
fn the_last_message_that_is_given_up_ends_the_run_without_another_connection() {
    let broker = ScriptedBroker::start();
    let running = program("pub -t a -m x -q 1 -V 3.1.1", &broker).start();
    for _ in 0..3 {
        let (mut link, _) = broker.accept_session(connack());
        link.expect_publish();
        link.close();
    }
    let ended = running.wait().expect_code(5);
    assert_eq!(ended.stderr.matches("reconnecting").count(), 2, "{}", ended.stderr);
    assert!(ended.stderr.contains("three times on the message to `a` (1 byte)\n"), "{}", ended.stderr);
}

#[test]
fn a_link_that_flaps_while_it_receives_is_not_given_up() {
    let broker = ScriptedBroker::start();
    let program = program("sub -t a -q 1 -C 8 --output-mode raw --maximum-reconnect-times 2", &broker);
    let running = program.start();
    let (mut link, _) = broker.accept_session(connack());
    let id = link.expect_subscribe().id;
    link.send(suback(id, [1]));
    for id in 1..8 {
        link.send(publish("a", id.to_string()).qos(1).id(id));
        link.expect_puback(id);
        link.cut();
        link = broker.accept_session(connack().session_present()).0;
    }
    link.send(publish("a", "8").qos(1).id(8));
    link.expect_puback(8);
    link.expect_goodbye();
    link.close();
    running.wait().expect_code(0);
}

#[test]
fn unsubscribe_alone_ends_subscriptions_of_a_kept_session_and_prints_what_is_left() {
    let broker = ScriptedBroker::start();
    let running = program("sub -U old/# -i desk --no-clean -C 1 --output-mode raw", &broker).start();
    let (mut link, _) = broker.accept_session(connack().session_present());
    let unsubscribe = link.expect_unsubscribe();
    assert_eq!(unsubscribe.filters, ["old/#"]);
    link.send(unsuback(unsubscribe.id, [0]));
    link.send(publish("kept", "still here"));
    link.expect_goodbye();
    link.close();
    let ended = running.wait().expect_code(0);
    assert_eq!(ended.text(), "still here\n");
    assert!(ended.stderr.contains("✔ Unsubscribed from old/#"), "{}", ended.stderr);
}

#[test]
fn a_refusal_is_the_exit_code_whatever_ends_the_run() {
    for (arguments, code) in [("--timeout 4", 5), ("--timeout 30", 5), ("--timeout 0", 5)] {
        let broker = ScriptedBroker::start();
        let mut running = program(&format!("pub -t a -q 1 -lm {arguments}"), &broker).start();
        running.write("1\n2\n");
        let (mut link, _) = broker.accept_session(connack());
        let first = link.expect_publish().id;
        let second = link.expect_publish().id;
        link.send(puback(first).reason(0x87));
        running.wait_for_stderr("Not authorized (0x87)");
        match arguments {
            "--timeout 4" => {}
            "--timeout 30" => running.signal(Signal::SIGINT),
            _ => {
                link.send(puback(second));
                running.close_stdin();
            }
        }
        link.expect_goodbye();
        link.close();
        running.wait().expect_code(code);
    }
}

#[test]
fn flags_that_change_nothing_beside_others_say_so() {
    for (arguments, warning) in [
        ("pub -t a -m x --inflight 5", "--inflight has no effect at QoS 0"),
        ("pub -t a -m x --resend-uncertain", "--resend-uncertain has no effect below QoS 2"),
        ("pub -t a -m x --repeat-delay 1", "--repeat-delay has no effect without --repeat"),
        ("sub -t a -E -v -F %t", "--verbose has no effect with --template"),
        ("sub -t a -E --delimiter ;", "--delimiter has no effect without --output-mode raw, --template or a file"),
    ] {
        let ended = Program::new(arguments.split(' ')).port(1).run().expect_code(3);
        assert!(ended.stderr.starts_with(&format!("warning: {warning}\n")), "{arguments}: {}", ended.stderr);
    }
}

#[test]
fn a_suback_that_does_not_come_in_time_is_what_is_missing() {
    let broker = ScriptedBroker::start();
    let running = program("sub -t a -E --timeout 4", &broker).start();
    let (mut link, _) = broker.accept_session(connack());
    link.expect_subscribe();
    link.expect_goodbye();
    link.close();
    let ended = running.wait().expect_code(8);
    assert!(ended.stderr.ends_with("error: no SUBACK within --timeout of 4 s\n"), "{}", ended.stderr);
}

#[test]
fn the_one_error_of_a_script_has_the_code_that_it_exits_with() {
    let broker = ScriptedBroker::start();
    let arguments = "sub -t secret ok --timeout 4 --error-format json";
    let running = program(arguments, &broker).start();
    let (mut link, _) = broker.accept_session(connack());
    let id = link.expect_subscribe().id;
    link.send(suback(id, [0x87, 0]));
    link.expect_goodbye();
    link.close();
    let ended = running.wait().expect_code(6);
    let errors: Vec<_> = ended.stderr.lines().filter(|line| line.contains("\"level\":\"error\"")).collect();
    assert!(matches!(errors[..], [error] if error.contains("\"code\":6")), "{}", ended.stderr);
}

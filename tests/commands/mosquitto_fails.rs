//! A mosquitto that stops in the middle of everything, and one that is killed.

use crate::support::{Mosquitto, Program, Running};
use nix::sys::signal::Signal;

/// A session of its own that is kept, quick to come back, and quick to notice that there is no answer.
const SESSION: &[&str] = &["-t", "a", "--no-clean", "-k", "1", "--connect-timeout", "1", "-rp", "20"];
/// More than a slow machine needs.
const PATIENT: &[&str] = &["--maximum-reconnect-times", "1000"];

fn start(command: &str, mosquitto: &Mosquitto, arguments: &[&str]) -> Running {
    Program::new([command]).port(mosquitto.port()).arg_all(SESSION).arg_all(PATIENT).arg_all(arguments).start()
}

fn subscriber(mosquitto: &Mosquitto, qos: &str) -> Running {
    start("sub", mosquitto, &["-i", "reader", "--trace", "--output-mode", "raw", "-q", qos])
}

/// Publishes each line that it is given.
fn publisher(mosquitto: &Mosquitto, qos: &str) -> Running {
    start("pub", mosquitto, &["-i", "writer", "-lm", "--trace", "-q", qos])
}

/// Ends both in order: what was published and what was printed.
fn finish(publisher: Running, mut subscriber: Running, last: &str) -> (String, String) {
    let published = publisher.wait().expect_code(0).stderr;
    subscriber.wait_for_stdout(last);
    subscriber.signal(Signal::SIGINT);
    (published, subscriber.wait().expect_code(0).text().to_owned())
}

#[test]
fn a_broker_that_is_stopped_is_noticed_and_nothing_is_lost_or_doubled_when_it_goes_on() {
    let Some(mosquitto) = Mosquitto::start("set_tcp_nodelay true") else { return };
    let mut subscriber = subscriber(&mosquitto, "2");
    subscriber.wait_for_stderr("Subscribed to a");
    let mut publisher = publisher(&mosquitto, "2");
    publisher.write("1\n2\n3\n");
    subscriber.wait_for_stdout("3");
    // Behind PUBCOMP: mosquitto 2.0 sends a message whose PUBCOMP it has not read as a new one, once two connections of
    // the client have come and gone.
    subscriber.wait_for_stderr("PUBCOMP 4 bytes packet_id=3");
    subscriber.wait_for_stderr("<- PINGRESP");

    mosquitto.signal(Signal::SIGSTOP);
    // Its system accepts them, and nothing answers.
    publisher.write("4\n5\n");
    publisher.wait_for_stderr("no answer to PINGREQ");
    subscriber.wait_for_stderr("no answer to PINGREQ");
    publisher.write("6\n");
    // Connecting succeeds even now, but that is not an MQTT connection.
    publisher.wait_for_stderr("no CONNACK within 1 s");
    subscriber.wait_for_stderr("no CONNACK within 1 s");

    mosquitto.signal(Signal::SIGCONT);
    subscriber.wait_for_stderr("✔ Connected, session resumed");
    publisher.write("7\n");
    publisher.close_stdin();
    let (published, printed) = finish(publisher, subscriber, "7");
    assert!(published.ends_with("✔ 7 messages published, 7 acknowledged\n"), "{published}");
    assert_eq!(printed, "1\n2\n3\n4\n5\n6\n7\n");
}

#[test]
fn a_broker_that_is_killed_and_comes_back_with_what_it_had_saved_is_found_again() {
    // As root it would become a user that cannot write to its directory here.
    let configuration = "persistence true\nset_tcp_nodelay true\nuser root";
    let Some(mut mosquitto) = Mosquitto::start(configuration) else { return };
    // A session that the broker has saved, so that it is there whoever comes back first.
    start("sub", &mosquitto, &["-i", "reader", "-q", "1", "-E"]).wait().expect_code(0);
    mosquitto.restart();

    let mut subscriber = subscriber(&mosquitto, "1");
    subscriber.wait_for_stderr("Subscribed to a");
    let mut publisher = publisher(&mosquitto, "1");
    publisher.write("1\n2\n");
    publisher.wait_for_stderr("<- PUBACK");
    publisher.wait_for_stderr("<- PUBACK");
    subscriber.wait_for_stdout("2");

    mosquitto.kill();
    // Sent before, it could have been on its way to a broker that forgot the publisher's session: lost, as it says.
    publisher.wait_for_stderr("connection refused");
    publisher.write("3\n");
    subscriber.wait_for_stderr("connection refused");
    mosquitto.start_again();
    subscriber.wait_for_stderr("✔ Connected, session resumed");
    publisher.write("4\n");
    publisher.close_stdin();
    let (published, printed) = finish(publisher, subscriber, "4");
    assert!(published.ends_with("✔ 4 messages published, 4 acknowledged\n"), "{published}");
    assert_eq!(printed, "1\n2\n3\n4\n");
}

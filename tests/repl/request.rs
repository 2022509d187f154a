//! `request`: a person sees the reply, and nothing of what it takes to get it.

use crate::person::{Person, enter, is_waiting, subscribe};
use crate::support::wire::property::{correlation_data, response_topic};
use crate::support::wire::{Publish, publish, suback, unsuback};
use crate::support::{Mosquitto, Program};

/// The answer to a request.
fn reply(request: &Publish, payload: &str) -> Publish {
    let topic = request.properties.text(8).expect("a Response Topic").to_owned();
    let mut reply = publish(&topic, payload);
    reply.properties = request.properties.clone();
    reply.properties.0.retain(|property| *property != response_topic(&topic));
    reply
}

#[test]
fn the_reply_is_shown_once_and_its_subscription_is_not() {
    let person = Person::new();
    let (mut screen, mut link) = person.sits_down();
    enter(&mut screen, "request car/get speed");
    let listening = link.expect_subscribe();
    link.send(suback(listening.id, [1]));
    let request = link.expect_publish();
    let topic = &listening.filters[0].0;
    link.send(publish(topic, "another's").with(correlation_data(b"other")));
    link.send(publish(topic, "an old one").retain());
    link.send(reply(&request, "52"));
    let ending = link.expect_unsubscribe();
    assert_eq!(&ending.filters[0], topic);
    link.send(unsuback(ending.id, [0]));
    screen.wait_for(": 52");
    screen.wait_for("✔ Reply after");
    screen.wait_until("a prompt", is_waiting);
    enter(&mut screen, "subs");
    screen.wait_for("No subscriptions");
    screen.wait_until("a prompt", is_waiting);
    enter(&mut screen, "count");
    screen.wait_for_line("1");
    let transcript = screen.transcript();
    for plumbing in ["ubscribed", "Message published", "another's", "an old one"] {
        assert!(!transcript.contains(plumbing), "{plumbing}: {transcript}");
    }
}

#[test]
fn a_subscription_that_is_there_brings_the_reply_even_if_its_topic_is_muted() {
    let person = Person::new();
    let (mut screen, mut link) = person.sits_down();
    subscribe(&mut screen, &mut link, "#");
    enter(&mut screen, "mute #");
    screen.wait_until("a prompt", is_waiting);
    enter(&mut screen, "request car/get speed");
    // Neither SUBSCRIBE before it nor UNSUBSCRIBE behind it.
    let request = link.expect_publish();
    link.send(reply(&request, "52"));
    screen.wait_for(": 52");
    screen.wait_for("✔ Reply after");
    screen.wait_until("a prompt", is_waiting);
    enter(&mut screen, "pub car/set 7");
    assert_eq!(link.expect_publish().text(), "7");
}

/// Lines of a client that subscribes to everything and asks another one, whatever a broker does with subscriptions that
/// overlap.
fn overlapping(connect: &str) -> String {
    format!(
        "reply lamp/+/get -m on\n{connect} -i two as two\nsub #\nrequest lamp/7/get state\npub end 1 -q 1\nwait end\n\
         count --on mqttx-rs/reply/+\n"
    )
}

#[test]
fn mosquitto_s_copies_for_each_filter_do_not_show_a_reply_twice() {
    let Some(mosquitto) = Mosquitto::start("") else { return };
    let lines = overlapping(&format!("connect -h 127.0.0.1 -p {}", mosquitto.port()));
    let ended = Program::new(["repl"]).port(mosquitto.port()).stdin(lines).run().expect_code(0);
    assert_eq!(ended.text().lines().last(), Some("1"), "{}", ended.text());
    assert!(!ended.stderr.contains("ubscribed to mqttx-rs"), "{}", ended.stderr);
}

#[cfg(feature = "broker")]
#[test]
fn nor_does_the_broker_of_this_program() {
    let ended = Program::new(["repl", "--embedded"]).stdin(overlapping("connect --embedded")).run().expect_code(0);
    assert_eq!(ended.text().lines().last(), Some("1"), "{}", ended.text());
    assert!(!ended.stderr.contains("ubscribed to mqttx-rs"), "{}", ended.stderr);
}

#[cfg(feature = "broker")]
#[test]
fn a_job_that_answers_only_other_connections_says_so() {
    let lines = "reply lamp/+/get -m on\nrequest lamp/7/get state --timeout 0.2\n";
    let ended = Program::new(["repl", "--embedded"]).stdin(lines).run().expect_code(8);
    assert!(ended.stderr.contains("hint: job 1 does not answer requests of its own connection"), "{}", ended.stderr);
}

#[cfg(feature = "broker")]
#[test]
fn debug_shows_the_subscription_of_a_request() {
    let lines = "reply lamp/+/get -m on\nconnect --embedded -i two as two\nrequest lamp/7/get state\n";
    let ended = Program::new(["repl", "--embedded", "--debug"]).stdin(lines).run().expect_code(0);
    assert!(ended.stderr.contains("debug: subscribed to mqttx-rs/reply/"), "{}", ended.stderr);
}

//! Engine case 13: the right PINGREQs, and an error in time when the answer does not come.
//!
//! The session gets its time as an argument, so that minutes pass at once; one test waits on a real connection.

use std::time::Duration;

use mqttx_rs::client::Cause;
use mqttx_rs::mqtt::Version;
use mqttx_rs::session::{ConnectOptions, Disconnected, Event};

use crate::support::engine::{Engine, VERSIONS};
use crate::support::wire::{self, Packet, connack, property};
use crate::support::{Direct, ScriptedBroker};

fn with_keep_alive(version: Version, keep_alive: u16) -> ConnectOptions {
    ConnectOptions { keep_alive, ..ConnectOptions::new(version, "me") }
}

const fn seconds(number: u64) -> Duration {
    Duration::from_secs(number)
}

#[test]
fn silence_of_one_keep_alive_is_broken_by_pingreq() {
    for version in VERSIONS {
        let mut direct = Direct::connected(with_keep_alive(version, 10), connack());
        for round in 1..=3 {
            assert_eq!(direct.run_to_deadline(), [Packet::Pingreq]);
            // Not later than the Keep Alive [MQTT-3.1.2-20], and not much earlier.
            assert!(direct.elapsed() <= seconds(10) * round, "{:?}", direct.elapsed());
            assert!(direct.elapsed() >= seconds(5) * round, "{:?}", direct.elapsed());
            direct.receive(Packet::Pingresp);
            assert!(direct.sent().is_empty());
        }
    }
}

#[test]
fn keep_alive_0_never_pings_and_never_gives_up() {
    for version in VERSIONS {
        let direct = Direct::connected(with_keep_alive(version, 0), connack());
        assert_eq!(direct.session.poll_timeout(), None);
    }
}

#[test]
fn server_keep_alive_0_turns_ours_off() {
    let direct = Direct::connected(with_keep_alive(Version::V5, 10), connack().with(property::server_keep_alive(0)));
    assert_eq!(direct.session.poll_timeout(), None);
}

#[test]
fn server_keep_alive_overrides_ours_in_either_direction() {
    for (ours, servers) in [(0, 1), (60, 1), (1, 60)] {
        let mut direct =
            Direct::connected(with_keep_alive(Version::V5, ours), connack().with(property::server_keep_alive(servers)));
        assert_eq!(direct.run_to_deadline(), [Packet::Pingreq]);
        assert!(direct.elapsed() <= seconds(servers.into()), "{:?}", direct.elapsed());
        assert!(direct.elapsed() >= seconds(servers.into()) / 2, "{:?}", direct.elapsed());
    }
}

#[test]
fn what_we_send_puts_off_pingreq_and_what_we_receive_does_not() {
    // [MQTT-3.1.2-20] counts what the client sends. A subscriber that only receives must ping.
    for version in VERSIONS {
        let mut direct = Direct::connected(with_keep_alive(version, 10), connack());
        for _ in 0..4 {
            direct.pass(seconds(2));
            direct.receive(wire::publish("a", "x"));
            assert!(direct.sent().is_empty());
        }
        assert_eq!(direct.run_to_deadline(), [Packet::Pingreq]);
        assert!(direct.elapsed() <= seconds(10), "{:?}", direct.elapsed());
    }
}

#[test]
fn a_missing_pingresp_is_an_error_within_two_keep_alives() {
    for version in VERSIONS {
        for keep_alive in [1, 10, 60] {
            let mut direct = Direct::connected(with_keep_alive(version, keep_alive), connack());
            assert_eq!(direct.run_to_deadline(), [Packet::Pingreq]);
            loop {
                direct.run_to_deadline();
                if let Some(event) = direct.session.poll_event() {
                    assert_eq!(event, Event::Disconnected(Disconnected::KeepAliveTimeout));
                    break;
                }
            }
            let (elapsed, keep_alive) = (direct.elapsed(), seconds(keep_alive.into()));
            assert!(elapsed >= keep_alive * 3 / 2 && elapsed <= keep_alive * 2, "{elapsed:?} of {keep_alive:?}");
        }
    }
}

#[test]
fn a_dead_broker_is_noticed_while_we_go_on_publishing() {
    // Sending puts off PINGREQ, so a client that publishes all the time into a dead connection must not wait for ever.
    for version in VERSIONS {
        let mut direct = Direct::connected(with_keep_alive(version, 10), connack());
        let lost = (0..100).any(|_| {
            direct.pass(seconds(1));
            direct.publish("a", "x", 0);
            direct.sent();
            direct.look_at_the_clock();
            direct.session.poll_event() == Some(Event::Disconnected(Disconnected::KeepAliveTimeout))
        });
        assert!(lost, "after {:?} without a byte from the broker", direct.elapsed());
        assert!(direct.elapsed() <= seconds(30), "{:?}", direct.elapsed());
    }
}

#[test]
fn a_slow_upload_is_not_taken_for_a_dead_broker() {
    // One large message on its way for minutes: PINGREQ waits behind it, and so does the broker's PINGRESP.
    for version in VERSIONS {
        let mut direct = Direct::connected(with_keep_alive(version, 10), connack());
        direct.publish("a", &"x".repeat(1_000_000), 0);
        assert_eq!(direct.sent().len(), 1);
        for _ in 0..20 {
            direct.pass(seconds(6));
            direct.progress();
            direct.look_at_the_clock();
            assert!(direct.events().is_empty(), "after {:?}", direct.elapsed());
        }
        // Now it is through, PINGREQ goes, and the wait for its answer begins.
        assert_eq!(direct.sent(), [Packet::Pingreq]);
        direct.pass(seconds(7));
        direct.look_at_the_clock();
        assert!(direct.events().is_empty());
        direct.pass(seconds(1));
        direct.look_at_the_clock();
        assert_eq!(direct.events(), [Event::Disconnected(Disconnected::KeepAliveTimeout)]);
    }
}

#[test]
fn a_real_connection_without_pingresp_ends_and_says_why() {
    let broker = ScriptedBroker::start();
    let mut engine = Engine::once(&broker, ConnectOptions::new(Version::V5, "me"));
    let (mut link, _) = broker.accept_session(connack().with(property::server_keep_alive(1)));
    link.expect(Packet::Pingreq);
    link.send(Packet::Pingresp);
    link.expect(Packet::Pingreq);
    link.receive_until_end();
    assert_eq!(engine.expect_given_up(), Cause::KeepAliveTimeout);
}

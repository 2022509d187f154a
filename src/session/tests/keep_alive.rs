//! PINGREQ, PINGRESP and their absence.

use super::*;

fn wire(keep_alive: u16) -> Wire {
    let mut options = options(Version::V5);
    options.keep_alive = keep_alive;
    Wire::connected(options, ACCEPTED_V5)
}

/// Waits for the next deadline, and returns how many milliseconds that took.
fn wait(wire: &mut Wire) -> u128 {
    let deadline = wire.session.poll_timeout().expect("a deadline");
    let waited = deadline.saturating_duration_since(wire.now);
    wire.now = wire.now.max(deadline);
    wire.session.handle_timeout(wire.now);
    waited.as_millis()
}

#[test]
fn an_idle_client_pings_once_a_keep_alive() {
    let mut wire = wire(10);
    for _ in 0..3 {
        assert_eq!((wait(&mut wire), wire.sent()), (10_000, hex("c0 00")));
        wire.receive("d0 00");
    }
}

#[test]
fn keep_alive_0_means_never() {
    let mut off = wire(0);
    assert_eq!(off.session.poll_timeout(), None);
    off.pass(1_000_000);
    off.session.handle_timeout(off.now);
    assert_eq!((off.sent(), off.events()), (vec![], vec![]));
}

#[test]
fn server_keep_alive_overrides_ours() {
    let mut one = options(Version::V5);
    one.keep_alive = 60;
    let mut wire = Wire::connected(one.clone(), "20 06 00 00 03 13 0001");
    assert_eq!((wait(&mut wire), wire.sent()), (1_000, hex("c0 00")));
    let wire = Wire::connected(one, "20 06 00 00 03 13 0000");
    assert_eq!(wire.session.poll_timeout(), None);
}

#[test]
fn a_missing_pingresp_ends_the_connection_within_twice_the_keep_alive() {
    let mut wire = wire(10);
    wait(&mut wire);
    assert_eq!(wire.sent(), hex("c0 00"));
    assert_eq!(wait(&mut wire), 7_500);
    assert_eq!(wire.event(), Event::Disconnected(Disconnected::KeepAliveTimeout));
    assert_eq!((wire.sent(), wire.closes(), wire.session.poll_timeout()), (vec![], true, None));
    wire.session.handle_closed(wire.now);
    assert_eq!(wire.events(), []);
}

#[test]
fn traffic_both_ways_needs_no_ping() {
    let mut wire = wire(10);
    for _ in 0..10 {
        wire.pass(6_000);
        wire.session.handle_timeout(wire.now);
        wire.publish("a", "", QoS::AtMostOnce);
        assert_eq!(wire.sent(), hex("30 04 0001 'a' 00"));
        wire.receive("30 04 0001 'a' 00");
    }
}

#[test]
fn publishing_into_the_void_is_noticed() {
    let mut wire = wire(10);
    let mut pinged = false;
    for _ in 0..30 {
        wire.pass(1_000);
        wire.session.handle_timeout(wire.now);
        wire.publish("a", "x", QoS::AtMostOnce);
        pinged |= wire.sent().starts_with(&[0xC0]);
    }
    assert!(pinged);
    assert_eq!(wire.event(), Event::Disconnected(Disconnected::KeepAliveTimeout));
}

#[test]
fn bytes_of_a_packet_that_is_still_coming_are_a_sign_of_life() {
    let mut wire = wire(10);
    wait(&mut wire);
    let mut input = BytesMut::from(&hex("30 83ade204 0001 'a'")[..]);
    for _ in 0..5 {
        wire.pass(7_000);
        input.extend_from_slice(&[0; 100]);
        wire.session.handle_input(&mut input, wire.now);
        wire.session.handle_timeout(wire.now);
    }
    assert_eq!((wire.events(), wire.session.state()), (vec![], State::Connected));
}

#[test]
fn while_nobody_reads_a_missing_pingresp_proves_nothing() {
    let mut wire = wire(10);
    wire.session.set_reading(false, wire.now);
    for _ in 0..5 {
        assert_eq!((wait(&mut wire), wire.sent()), (10_000, hex("c0 00")), "the server hears of us all the same");
    }
    assert_eq!(wire.events(), []);
    wire.session.set_reading(true, wire.now);
    assert_eq!(wait(&mut wire), 7_500);
    assert_eq!(wire.event(), Event::Disconnected(Disconnected::KeepAliveTimeout));
}

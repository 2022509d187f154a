//! Engine cases 6, 9 and 12: packet identifiers, windows, and full buffers on both sides.

use mqttx_rs::mqtt::{QoS, ReasonCode, SubscriptionOptions, Version};
use mqttx_rs::session::{ConnectOptions, Event, PublishOutcome, SubscribeRequest};

use crate::support::engine::{Engine, VERSIONS, clean, persistent};
use crate::support::wire::{self, Packet, connack, property, puback, publish, suback};
use crate::support::{Direct, ScriptedBroker};

// Case 6.

#[test]
fn requests_never_take_the_id_of_an_outstanding_publish() {
    for version in VERSIONS {
        let broker = ScriptedBroker::start();
        let engine = Engine::start(&broker, clean(version));
        let (mut link, _) = broker.accept_session(connack().with(property::receive_maximum(3)));
        let delivery = engine.publish("a", "x", 1);
        let mut ids = vec![link.expect_publish().id];
        let requests = ["a", "b", "c"].map(|filter| engine.subscribe(filter, 1));
        ids.extend((0..3).map(|_| link.expect_subscribe().id));
        let mut distinct = ids.clone();
        distinct.sort_unstable();
        distinct.dedup();
        assert_eq!(distinct.len(), 4, "{ids:?}");
        // Answered in another order, each finds its own.
        for (id, reason) in [(ids[3], 0), (ids[1], 1), (ids[2], 0x80)] {
            link.send(suback(id, [reason]));
        }
        assert_eq!(requests.map(|request| request.reason().number()), [1, 0x80, 0]);
        link.send(puback(ids[0]));
        assert_eq!(delivery.acknowledged(), ReasonCode::Success);
    }
}

#[test]
fn when_all_ids_are_in_use_the_next_one_waits() {
    for version in VERSIONS {
        let options = ConnectOptions { inflight: Some(u16::MAX), ..clean(version) };
        let mut direct = Direct::connected(options, connack());
        for _ in 0..=65_535 {
            direct.publish("a", "", 1);
        }
        let mut ids: Vec<u16> = direct.sent().into_iter().map(id_of_publish).collect();
        ids.sort_unstable();
        assert!(ids.into_iter().eq(1..=65_535), "each id is used once");
        direct.receive(puback(40_000));
        assert_eq!(direct.sent().into_iter().map(id_of_publish).collect::<Vec<_>>(), [40_000]);

        // A request needs an id too.
        let filters = vec![SubscriptionOptions::new("a".parse().unwrap(), QoS::AtMostOnce)];
        direct.session.subscribe(SubscribeRequest { filters, ..SubscribeRequest::default() }).unwrap();
        assert!(direct.sent().is_empty());
        direct.receive(puback(3));
        assert_eq!(direct.sent(), [wire::subscribe(3, "a", 0).into()]);
        direct.receive(suback(3, [0]));
        for id in (1..=65_535).filter(|id| *id != 3) {
            direct.receive(puback(id));
        }
        let is_done =
            |event: &Event| matches!(event, Event::Published { outcome: PublishOutcome::Acknowledged(_), .. });
        assert_eq!(direct.events().iter().filter(|event| is_done(event)).count(), 65_536);
        assert_eq!((direct.session.outstanding(), direct.session.queued()), (0, 0));
    }
}

fn id_of_publish(packet: Packet) -> u16 {
    let Packet::Publish(publish) = packet else { panic!("{packet:?}") };
    publish.id
}

// Case 9.

#[test]
fn after_a_reconnect_the_smaller_receive_maximum_counts_what_is_resent() {
    let broker = ScriptedBroker::start();
    let engine = Engine::start(&broker, persistent(Version::V5));
    let (mut link, _) = broker.accept_session(connack().with(property::receive_maximum(10)));
    let deliveries: Vec<_> = (0..12).map(|number| engine.publish("a", number.to_string(), 1)).collect();
    for number in 0..10 {
        assert_eq!(link.expect_publish().text(), number.to_string());
    }
    link.expect_quiet();
    link.cut();

    let (mut link, _) = broker.accept_session(connack().session_present().with(property::receive_maximum(3)));
    let mut outstanding: Vec<_> = (0..3).map(|_| link.expect_publish()).collect();
    for number in 3..12 {
        link.expect_quiet();
        let oldest = outstanding.remove(0);
        assert_eq!((oldest.text(), oldest.dup), ((number - 3).to_string().as_str(), number - 3 < 10));
        link.send(puback(oldest.id));
        outstanding.push(link.expect_publish());
    }
    for publish in outstanding {
        link.send(puback(publish.id));
    }
    for delivery in deliveries {
        assert_eq!(delivery.acknowledged(), ReasonCode::Success);
    }
}

#[test]
fn a_message_past_our_receive_maximum_ends_the_connection() {
    let broker = ScriptedBroker::start();
    let mut options = clean(Version::V5);
    options.properties.receive_maximum = Some(2);
    let mut engine = Engine::once(&broker, options);
    let (mut link, connect) = broker.accept_session(connack());
    assert_eq!(connect.properties.number(property::RECEIVE_MAXIMUM), Some(2));
    link.send_together([1, 2, 3].map(|id| publish("a", "x").qos(2).id(id).into()));
    let last = link.receive_until_end().pop();
    assert_eq!(last, Some(wire::disconnect(0x93).into()));
    assert_eq!(engine.expect_violation().number(), 0x93);
}

// Case 12.

#[test]
fn two_full_pipes_do_not_lock_each_other() {
    const COUNT: usize = 64;
    const SIZE: usize = 128 * 1024;
    for version in VERSIONS {
        let broker = ScriptedBroker::start();
        let mut engine = Engine::start(&broker, clean(version));
        let (mut link, _) = broker.accept_session(connack());
        link.shrink_buffers();
        let deliveries: Vec<_> = (0..COUNT).map(|_| engine.publish("up", vec![0; SIZE], 1)).collect();
        // The broker writes all of its 8 MB before it reads a byte of the client's 8 MB.
        for number in 0..COUNT {
            link.send(publish("down", vec![u8::try_from(number).unwrap(); SIZE]));
        }
        for number in 0..COUNT {
            let message = engine.expect_message();
            assert_eq!((message.payload.len(), usize::from(message.payload[0])), (SIZE, number));
        }
        for _ in 0..COUNT {
            let id = link.expect_publish().id;
            link.send(puback(id));
        }
        for delivery in deliveries {
            assert_eq!(delivery.acknowledged(), ReasonCode::Success);
        }
    }
}

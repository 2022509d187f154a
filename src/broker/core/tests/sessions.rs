use super::*;

#[test]
fn a_kept_session_collects_messages_in_order_in_every_version() {
    for version in VERSIONS {
        let mut world = World::new();
        let subscriber = world.connected(lasting(version, "subscriber"));
        world.subscribe(subscriber, "#", QoS::ExactlyOnce);
        world.cut(subscriber);
        let publisher = world.connected(options(version, "publisher"));
        for (number, qos) in [QoS::AtLeastOnce, QoS::ExactlyOnce, QoS::AtMostOnce, QoS::AtLeastOnce].iter().enumerate()
        {
            world.publish(publisher, message("a", number.to_string(), *qos));
        }
        world.connect(subscriber);
        // Messages at QoS 0 are not kept for absent clients.
        assert_eq!(world.texts(subscriber), ["0", "1", "3"]);
    }
}

#[test]
fn what_was_not_acknowledged_comes_again_in_its_order_with_dup_and_the_same_id() {
    for version in VERSIONS {
        let mut world = World::new();
        let mut subscriber = lasting(version, "subscriber");
        subscriber.acknowledge = crate::session::Acknowledge::Manual;
        let subscriber = world.connected(subscriber);
        world.subscribe(subscriber, "a", QoS::AtLeastOnce);
        let publisher = world.connected(options(version, "publisher"));
        for number in 0..20 {
            world.publish(publisher, message("a", number.to_string(), QoS::AtLeastOnce));
        }
        let received = |world: &mut World| -> Vec<(u16, bool, Bytes)> {
            let events = std::mem::take(&mut world.clients[subscriber].events);
            let messages = events.into_iter().filter_map(|event| match event {
                Event::Message(received) => Some((received.packet_id, received.dup, received.message.payload)),
                _ => None,
            });
            messages.collect()
        };
        let first = received(&mut world);
        world.cut(subscriber);
        world.publish(publisher, message("a", "20", QoS::AtLeastOnce));
        world.connect(subscriber);
        let second = received(&mut world);
        assert_eq!((first.len(), second.len()), (20, 21));
        for (before, after) in first.iter().zip(&second) {
            assert_eq!((after.0, after.1, &after.2), (before.0, true, &before.2));
        }
        assert_eq!((second[20].1, &second[20].2[..]), (false, &b"20"[..]));
    }
}

#[test]
fn a_take_over_closes_the_former_connection_and_moves_what_is_in_flight() {
    let mut world = World::new();
    let mut slow = lasting(Version::V5, "client");
    slow.acknowledge = crate::session::Acknowledge::Manual;
    let first = world.connected(slow);
    world.subscribe(first, "a", QoS::ExactlyOnce);
    let publisher = world.connected(options(Version::V5, "publisher"));
    for number in 0..5 {
        world.publish(publisher, message("a", number.to_string(), QoS::AtLeastOnce));
    }
    let second = world.connected(lasting(Version::V5, "client"));
    assert_eq!(world.reason_of_end(first), ReasonCode::SessionTakenOver);
    assert_eq!(world.texts(second), ["0", "1", "2", "3", "4"]);
    assert_eq!(world.core.connected, 2);
}

#[test]
fn a_message_at_qos_2_that_comes_again_after_a_cut_is_passed_on_once() {
    let mut world = World::new();
    let subscriber = world.connected(options(Version::V5, "subscriber"));
    world.subscribe(subscriber, "a", QoS::ExactlyOnce);
    // CONNECT of 3.1.1 with Clean Session 0, PUBLISH at QoS 2 with id 7.
    let connect = b"\x10\x0d\x00\x04MQTT\x04\x00\x00\x00\x00\x01p";
    let publish = b"\x34\x06\x00\x01a\x00\x07x";
    let link = world.raw(connect);
    world.core.handle_input(link, &mut BytesMut::from(&publish[..]), world.now);
    let (answer, _) = world.answer(link);
    assert_eq!(answer, b"\x20\x02\x00\x00\x50\x02\x00\x07");
    world.core.handle_closed(link, world.now);

    let link = world.raw(connect);
    world.core.handle_input(link, &mut BytesMut::from(&b"\x3c\x06\x00\x01a\x00\x07x"[..]), world.now);
    world.core.handle_input(link, &mut BytesMut::from(&b"\x62\x02\x00\x07"[..]), world.now);
    assert_eq!(world.answer(link).0, b"\x20\x02\x01\x00\x50\x02\x00\x07\x70\x02\x00\x07");
    world.settle();
    assert_eq!(world.texts(subscriber), ["x"]);
    // Released, so the id is new.
    world.core.handle_input(link, &mut BytesMut::from(&publish[..]), world.now);
    world.settle();
    assert_eq!(world.texts(subscriber), ["x"]);
}

#[test]
fn session_present_says_whether_there_was_one_and_never_in_3_1() {
    for version in VERSIONS {
        let mut world = World::new();
        let present = |world: &mut World, options| {
            let client = world.connected(options);
            let connack = world.clients[client].events.iter().find_map(|event| match event {
                Event::Connected(connack) => Some(connack.session_present),
                _ => None,
            });
            world.cut(client);
            connack.unwrap()
        };
        assert!(!present(&mut world, lasting(version, "client")));
        assert_eq!(present(&mut world, lasting(version, "client")), version != Version::V3_1);
        assert!(!present(&mut world, options(version, "client")));
        assert!(!present(&mut world, lasting(version, "client")));
        // The byte itself, as our session hides it in 3.1.
        if version == Version::V3_1 {
            let link = world.raw(b"\x10\x14\x00\x06MQIsdp\x03\x00\x00\x00\x00\x06client");
            assert_eq!(world.answer(link).0, b"\x20\x02\x00\x00");
        }
    }
}

#[test]
fn a_session_expires() {
    let mut world = World::new();
    let client = world.connected(lasting(Version::V5, "client"));
    world.cut(client);
    assert_eq!(world.core.poll_timeout(), Some(world.now + seconds(3600)));
    world.pass(seconds(3599));
    assert_eq!(world.core.clients.len(), 1);
    world.pass(seconds(1));
    assert_eq!(world.core.clients.len(), 0);
    assert_eq!(world.core.poll_timeout(), None);
}

#[test]
fn before_5_0_a_kept_session_stays() {
    let mut world = World::new();
    let client = world.connected(lasting(Version::V3_1_1, "client"));
    world.cut(client);
    assert_eq!((world.core.poll_timeout(), world.core.clients.len()), (None, 1));
}

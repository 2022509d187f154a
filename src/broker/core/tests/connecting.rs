use super::*;

/// What CONNACK answers, and whether the link closes.
fn answer_to(limits: Limits, connect: &[u8]) -> (Vec<u8>, bool) {
    let mut world = World::with(limits);
    let link = world.raw(connect);
    world.answer(link)
}

#[test]
fn client_identifiers_are_assigned_or_refused_by_version() {
    let limits = Limits::default;
    // 3.1: it must be there.
    let (sent, closes) = answer_to(limits(), b"\x10\x0e\x00\x06MQIsdp\x03\x02\x00\x00\x00\x00");
    assert_eq!((&sent[..], closes), (&b"\x20\x02\x00\x02"[..], true));
    // 3.1.1: with Clean Session 1 alone [MQTT-3.1.3-8].
    let (sent, closes) = answer_to(limits(), b"\x10\x0c\x00\x04MQTT\x04\x00\x00\x00\x00\x00");
    assert_eq!((&sent[..], closes), (&b"\x20\x02\x00\x02"[..], true));
    let (sent, closes) = answer_to(limits(), b"\x10\x0c\x00\x04MQTT\x04\x02\x00\x00\x00\x00");
    assert_eq!((&sent[..], closes), (&b"\x20\x02\x00\x00"[..], false));
    // 5.0: an identifier is assigned, whatever Clean Start [MQTT-3.1.3-6].
    for clean_start in [0, 2] {
        let connect = [b"\x10\x0d\x00\x04MQTT\x05", &[clean_start][..], b"\x00\x00\x00\x00\x00"].concat();
        let (sent, closes) = answer_to(limits(), &connect);
        assert_eq!((&sent[..1], &sent[2..4], closes), (&b"\x20"[..], &b"\x00\x00"[..], false));
        assert!(sent.windows(5).any(|bytes| bytes == b"auto-"), "{sent:02x?}");
        let (sent, closes) = answer_to(Limits { assigned_client_id: false, ..limits() }, &connect);
        assert_eq!((sent[3], closes), (0x85, true));
    }
}

#[test]
fn an_assigned_identifier_can_be_used_again() {
    let mut world = World::new();
    let client = world.connected(lasting(Version::V5, ""));
    world.cut(client);
    world.clients[client].events.clear();
    world.connect(client);
    let connack = world.clients[client].events.iter().find_map(|event| match event {
        Event::Connected(connack) => Some(connack.session_present),
        _ => None,
    });
    assert_eq!(connack, Some(true));
}

#[test]
fn versions_that_there_are_not_are_refused_in_the_nearest() {
    let (sent, closes) = answer_to(Limits::default(), b"\x10\x0c\x00\x04MQTT\x06\x02\x00\x00\x00\x00");
    assert_eq!((sent[0], sent[3], closes), (0x20, 0x84, true));
    let (sent, closes) = answer_to(Limits::default(), b"\x10\x0c\x00\x04MQTT\x02\x02\x00\x00\x00\x00");
    assert_eq!((&sent[..], closes), (&b"\x20\x02\x00\x01"[..], true));
}

#[test]
fn no_connack_is_larger_than_the_client_takes() {
    // Clean Start, Maximum Packet Size, no client identifier.
    let connect = |maximum: u8| {
        [&b"\x10\x12\x00\x04MQTT\x05\x02\x00\x00\x05\x27\x00\x00\x00"[..], &[maximum], b"\x00\x00"].concat()
    };
    // An assigned identifier and the broker's own limits have to be in it: refused, with the reason as long as that fits.
    assert_eq!(answer_to(Limits::default(), &connect(20)), (b"\x20\x03\x00\x95\x00".to_vec(), true));
    assert_eq!(answer_to(Limits::default(), &connect(5)), (b"\x20\x03\x00\x95\x00".to_vec(), true));
    assert_eq!(answer_to(Limits::default(), &connect(4)), (Vec::new(), true));
    // So is every other refusal: its words are left out, and then it is left out itself.
    let limits = || Limits { assigned_client_id: false, ..Limits::default() };
    assert_eq!(answer_to(limits(), &connect(5)), (b"\x20\x03\x00\x85\x00".to_vec(), true));
    assert_eq!(answer_to(limits(), &connect(4)), (Vec::new(), true));
    let (sent, closes) = answer_to(Limits::default(), &connect(99));
    assert_eq!((sent[3], closes), (0, false));
}

#[test]
fn an_empty_will_topic_closes() {
    // [MQTT-4.7.3-1].
    let (_, closes) = answer_to(Limits::default(), b"\x10\x12\x00\x04MQTT\x04\x06\x00\x00\x00\x01p\x00\x00\x00\x01x");
    assert!(closes);
}

#[test]
fn a_link_without_connect_closes() {
    let mut world = World::with(Limits { connect_timeout: seconds(10), ..Limits::default() });
    let link = world.raw(b"\x10");
    world.pass(Duration::from_millis(9_999));
    assert_eq!(world.answer(link), (Vec::new(), false));
    world.now += Duration::from_millis(1);
    world.core.handle_timeout(world.now);
    assert_eq!(world.core.poll_ready(), Some(link));
    assert_eq!(world.answer(link), (Vec::new(), true));
    let link = world.raw(b"\xc0\x00");
    assert!(world.answer(link).1, "PINGREQ before CONNECT");
}

#[test]
fn a_silent_client_is_given_up_after_one_and_a_half_keep_alives() {
    let mut world = World::new();
    // Keep Alive 10.
    let link = world.raw(b"\x10\x0e\x00\x04MQTT\x05\x02\x00\x0a\x00\x00\x01p");
    world.answer(link);
    world.pass(seconds(14));
    world.core.handle_input(link, &mut BytesMut::from(&b"\xc0\x00"[..]), world.now);
    assert_eq!(world.answer(link), (b"\xd0\x00".to_vec(), false));
    world.pass(seconds(14));
    assert_eq!(world.answer(link), (Vec::new(), false));
    world.now += seconds(1);
    world.core.handle_timeout(world.now);
    let (sent, closes) = world.answer(link);
    assert_eq!((sent[0], sent[2], closes), (0xE0, 0x8D, true));
}

#[test]
fn no_more_clients_than_the_limit() {
    let mut world = World::with(Limits { max_connections: 1, ..Limits::default() });
    world.connected(options(Version::V5, "one"));
    let two = world.client(options(Version::V5, "two"));
    world.dial(two);
    world.settle();
    assert!(
        matches!(&world.clients[two].events[..], [Event::Refused(ack), ..] if ack.reason == ReasonCode::QuotaExceeded)
    );
    // A take-over makes no more of them.
    world.connected(options(Version::V5, "one"));
}

#[test]
fn response_information_is_given_to_who_asks() {
    let mut world = World::new();
    for (asked, given) in [(None, None), (Some(true), Some("response/client".to_owned()))] {
        let mut options = options(Version::V5, "client");
        options.properties.request_response_information = asked;
        let client = world.connected(options);
        let information = world.clients[client].events.iter().find_map(|event| match event {
            Event::Connected(connack) => Some(connack.properties.response_information.clone()),
            _ => None,
        });
        assert_eq!(information, Some(given));
    }
}

#[test]
fn the_end_of_the_broker_is_announced() {
    let mut world = World::new();
    let client = world.connected(options(Version::V5, "client"));
    world.core.shut_down(world.now);
    world.settle();
    assert_eq!(world.reason_of_end(client), ReasonCode::ServerShuttingDown);
}

use super::*;

#[test]
fn rights_hold_for_publishing_subscribing_receiving_and_wills() {
    let list = "topic readwrite open/#\ntopic read secret/a\npattern readwrite own/%c/#\n";
    let access_list = Some(AccessList::parse("acl", list).unwrap());
    let mut world = World::start(Settings { access_list, ..Settings::default() });
    let client = world.connected(options(Version::V5, "client"));
    let reason = |world: &mut World, filter| world.subscribe_with(client, options_of(filter, QoS::AtLeastOnce), None);
    assert_eq!(reason(&mut world, "closed/#"), ReasonCode::NotAuthorized);
    assert_eq!(reason(&mut world, "#"), ReasonCode::GrantedQoS1);
    for (topic, reason) in [
        ("open/a", ReasonCode::Success),
        ("own/client/a", ReasonCode::Success),
        ("own/other/a", ReasonCode::NotAuthorized),
        ("secret/a", ReasonCode::NotAuthorized),
        ("$delayed/1/secret/a", ReasonCode::NotAuthorized),
    ] {
        world.publish(client, message(topic, topic, QoS::AtLeastOnce));
        assert_eq!(world.outcome(client), reason, "{topic}");
    }
    let other = world.connected(options(Version::V5, "other"));
    world.publish(other, message("own/other/a", "not for the client", QoS::AtLeastOnce));
    assert_eq!(world.texts(client), ["open/a", "own/client/a"]);

    let mut options = options(Version::V5, "gloomy");
    options.will = Some(will("secret/a", "gone", None));
    let gloomy = world.client(options);
    world.dial(gloomy);
    world.settle();
    assert!(
        matches!(&world.clients[gloomy].events[..], [Event::Refused(ack), ..] if ack.reason == ReasonCode::NotAuthorized)
    );
}

#[test]
fn what_is_refused_is_in_the_log_with_the_reason_and_does_not_flood_it() {
    for version in [Version::V3_1_1, Version::V5] {
        let access_list = Some(AccessList::parse("acl", "topic readwrite open/#\n").unwrap());
        let mut world = World::start(Settings { access_list, ..Settings::default() });
        let client = world.connected(options(version, "client"));
        world.subscribe_with(client, options_of("closed/#", QoS::AtLeastOnce), None);
        for _ in 0..30 {
            world.publish(client, message("closed/a", "x", QoS::AtLeastOnce));
        }
        world.publish(client, message("$SYS/a", "x", QoS::AtMostOnce));
        let lines: Vec<String> = world.notices.iter().map(ToString::to_string).collect();
        let said = |part: &str| lines.iter().filter(|line| line.contains(part)).count();
        assert_eq!(said("subscription to `closed/#` of client `client` refused"), 1, "{lines:?}");
        assert_eq!(said("message on `closed/a` of client `client` refused: Not authorized"), 10, "{lines:?}");
        assert_eq!(said("not logged"), 1, "{lines:?}");
        let reason_strings = world.clients[client].events.iter().filter(|event| match event {
            Event::Published { outcome: PublishOutcome::Refused(ack), .. } => ack.details.is_some(),
            Event::Subscribed { ack, .. } => ack.details.reason_string.is_some(),
            _ => false,
        });
        assert_eq!(reason_strings.count(), if version.is_v5() { 31 } else { 0 });
    }
}

#[test]
fn a_user_with_a_hash_for_a_password_cannot_have_scram_and_the_log_says_why() {
    let hash = "bob:$6$Vg7dYvbAzUJh1e5k$BH5Xp3utoaNVwRO+r7Xp8Oc1aHnr1p08x/LLdcg7RWWBubyIrTpgdwsjPFLJLj5jCbbrgvxpFP9K6xDWYqhQcA==";
    let mut users = crate::broker::access::Users::default();
    users.add_file("users", hash).unwrap();
    let mut world = World::start(Settings { users, ..Settings::default() });
    let mut options = options(Version::V5, "client");
    options.properties.authentication_method = Some("SCRAM-SHA-256".to_owned());
    options.properties.authentication_data = Some("n,,n=bob,r=nonce".into());
    let client = world.client(options);
    world.dial(client);
    world.settle();
    let said = world.notices.iter().map(ToString::to_string).find(|line| line.contains("only a hash")).unwrap();
    assert!(said.contains("user `bob`"), "{said}");
}

#[test]
fn clients_without_a_name_can_be_kept_out_where_there_are_no_users() {
    let mut world = World::start(Settings { no_anonymous: true, ..Settings::default() });
    let nameless = world.client(options(Version::V5, "nameless"));
    world.dial(nameless);
    world.settle();
    let event = &world.clients[nameless].events[0];
    assert!(matches!(event, Event::Refused(ack) if ack.reason == ReasonCode::NotAuthorized));
    let mut named = options(Version::V5, "named");
    named.user_name = Some("anybody".into());
    world.connected(named);
}

#[test]
fn what_the_broker_says_of_itself_is_retained_and_kept_up() {
    let interval = Some(seconds(10));
    let mut world = World::start(Settings { statistics_interval: interval, ..Settings::default() });
    let client = world.connected(options(Version::V5, "client"));
    world.pass(seconds(0));
    world.subscribe(client, "$SYS/broker/clients/connected", QoS::AtMostOnce);
    assert_eq!(world.texts(client), ["1"]);
    world.connected(options(Version::V5, "other"));
    world.pass(seconds(10));
    assert_eq!(world.texts(client), ["2"]);
}

#[test]
fn traffic_is_counted() {
    let mut world = World::new();
    let client = world.connected(options(Version::V5, "client"));
    world.subscribe(client, "a", QoS::AtLeastOnce);
    world.publish(client, message("a", "12345", QoS::AtLeastOnce));
    let (counters, gauges) = world.core.figures(world.now);
    // SUBSCRIBE, PUBLISH and PUBACK; CONNACK, SUBACK, PUBACK and PUBLISH.
    assert_eq!((counters.messages_received, counters.messages_sent), (3, 4));
    assert_eq!((counters.publish_received, counters.publish_sent), (1, 1));
    assert_eq!((counters.publish_bytes_received, counters.publish_bytes_sent), (5, 5));
    assert_eq!((gauges.clients_connected, gauges.subscriptions), (1, 1));
}

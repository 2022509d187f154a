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
    let (counters, gauges) = world.core.figures();
    // SUBSCRIBE, PUBLISH and PUBACK; CONNACK, SUBACK, PUBACK and PUBLISH.
    assert_eq!((counters.messages_received, counters.messages_sent), (3, 4));
    assert_eq!((counters.publish_received, counters.publish_sent), (1, 1));
    assert_eq!((counters.publish_bytes_received, counters.publish_bytes_sent), (5, 5));
    assert_eq!((gauges.clients_connected, gauges.subscriptions), (1, 1));
}

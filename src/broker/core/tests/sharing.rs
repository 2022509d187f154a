use super::*;

fn group_of_two(strategy: SharedStrategy) -> (World, usize, [usize; 2]) {
    let mut world = World::start(Settings { shared_strategy: strategy, ..Settings::default() });
    let publisher = world.connected(options(Version::V5, "publisher"));
    let members = ["one", "two"].map(|name| {
        let mut options = options(Version::V5, name);
        options.acknowledge = crate::session::Acknowledge::Manual;
        let member = world.connected(options);
        world.subscribe(member, "$share/group/a", QoS::ExactlyOnce);
        member
    });
    (world, publisher, members)
}

#[test]
fn each_message_goes_to_one_member() {
    let (mut world, publisher, [one, two]) = group_of_two(SharedStrategy::RoundRobin);
    for text in ["1", "2", "3", "4"] {
        world.publish(publisher, message("a", text, QoS::AtMostOnce));
    }
    assert_eq!((world.texts(one), world.texts(two)), (vec!["1".into(), "3".into()], vec!["2".into(), "4".into()]));
}

#[test]
fn what_a_dead_member_had_not_acknowledged_goes_to_another_in_order() {
    let (mut world, publisher, [one, two]) = group_of_two(SharedStrategy::RoundRobin);
    let numbers: Vec<String> = (0..30).map(|number| number.to_string()).collect();
    for number in &numbers {
        world.publish(publisher, message("a", number.clone(), QoS::AtLeastOnce));
    }
    let (first, second) = (world.texts(one), world.texts(two));
    assert_eq!((first.len(), second.len()), (15, 15));
    world.cut(one);
    world.settle();
    assert_eq!(world.texts(two), first);
}

#[test]
fn what_was_sent_at_qos_2_goes_to_nobody_else() {
    // [MQTT-4.8.2-5].
    let (mut world, publisher, [one, two]) = group_of_two(SharedStrategy::RoundRobin);
    for text in ["1", "2"] {
        world.publish(publisher, message("a", text, QoS::ExactlyOnce));
    }
    assert_eq!((world.texts(one).len(), world.texts(two).len()), (1, 1));
    world.cut(one);
    world.settle();
    assert_eq!(world.texts(two), Vec::<String>::new());
}

#[test]
fn a_queue_is_shared_by_all_and_an_exclusive_subscription_by_nobody() {
    let mut world = World::new();
    let one = world.connected(options(Version::V5, "one"));
    let two = world.connected(options(Version::V5, "two"));
    for client in [one, two] {
        world.subscribe(client, "$queue/a", QoS::AtMostOnce);
    }
    world.publish(one, message("a", "x", QoS::AtMostOnce));
    assert_eq!(world.texts(one).len() + world.texts(two).len(), 1);

    let exclusive = || options_of("$exclusive/b", QoS::AtMostOnce);
    assert_eq!(world.subscribe_with(one, exclusive(), None), ReasonCode::Success);
    assert_eq!(world.subscribe_with(two, exclusive(), None), ReasonCode::QuotaExceeded);
    world.cut(one);
    assert_eq!(world.subscribe_with(two, exclusive(), None), ReasonCode::Success);
}

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
fn what_a_member_leaves_that_is_to_come_back_goes_to_another_at_once() {
    let mut world = World::start(Settings { shared_strategy: SharedStrategy::RoundRobin, ..Settings::default() });
    let publisher = world.connected(options(Version::V5, "publisher"));
    let [one, two] = ["one", "two"].map(|name| {
        let mut options = lasting(Version::V5, name);
        options.acknowledge = crate::session::Acknowledge::Manual;
        // So that some of its messages are sent, and others wait.
        options.properties.receive_maximum = Some(3);
        let member = world.connected(options);
        world.subscribe(member, "$share/group/a", QoS::AtLeastOnce);
        member
    });
    for number in 0..20 {
        world.publish(publisher, message("a", number.to_string(), QoS::AtLeastOnce));
    }
    // Sent and not acknowledged; seven more wait.
    assert_eq!(world.texts(one), ["0", "2", "4"]);
    world.cut(one);
    world.settle();
    let mut all = world.texts(two);
    world.cut(two);
    // No other member is there: they stay with the one that had them, complete and in order.
    world.connect(two);
    loop {
        let tokens: Vec<_> = world.clients[two]
            .events
            .iter()
            .filter_map(|event| if let Event::Message(received) = event { received.token } else { None })
            .collect();
        let texts = world.texts(two);
        if texts.is_empty() {
            break;
        }
        all.extend(texts);
        for token in tokens {
            world.clients[two].session.acknowledge(token);
        }
        world.settle();
    }
    all.sort_unstable();
    all.dedup();
    assert_eq!(all.len(), 20, "{all:?}");
    world.connect(one);
    assert_eq!(world.texts(one), Vec::<String>::new());
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

use super::*;
use crate::session::DisconnectProperties;

/// A witness to wills, and a client that has one.
fn scene(delay: Option<u32>, expiry: Option<u32>) -> (World, usize, usize) {
    let mut world = World::new();
    let witness = world.connected(options(Version::V5, "witness"));
    world.subscribe(witness, "#", QoS::AtLeastOnce);
    let mut options = options(Version::V5, "client");
    options.clean_start = false;
    options.properties.session_expiry_interval = expiry;
    options.will = Some(will("will", "gone", delay));
    let client = world.connected(options);
    (world, witness, client)
}

fn leave(world: &mut World, client: usize, reason: ReasonCode, expiry: Option<u32>) {
    let properties = DisconnectProperties { session_expiry_interval: expiry, ..DisconnectProperties::default() };
    world.clients[client].session.disconnect(reason, properties);
    world.settle();
}

const NONE: [String; 0] = [];

#[test]
fn a_will_goes_out_when_the_link_breaks() {
    let (mut world, witness, client) = scene(None, None);
    world.cut(client);
    world.settle();
    assert_eq!(world.texts(witness), ["gone"]);
}

#[test]
fn disconnect_discards_the_will_and_0x04_publishes_it() {
    let (mut world, witness, client) = scene(None, None);
    leave(&mut world, client, ReasonCode::Success, None);
    assert_eq!(world.texts(witness), NONE);

    let (mut world, witness, client) = scene(None, None);
    leave(&mut world, client, ReasonCode::DisconnectWithWillMessage, None);
    assert_eq!(world.texts(witness), ["gone"]);
    assert_eq!(world.clients[client].link, None);
}

#[test]
fn a_will_waits_for_its_delay_or_for_the_end_of_the_session() {
    for (delay, expiry, due) in [(3, 30, 3), (30, 3, 3), (3, 3, 3)] {
        let (mut world, witness, client) = scene(Some(delay), Some(expiry));
        world.cut(client);
        world.pass(Duration::from_millis(due * 1000 - 1));
        assert_eq!(world.texts(witness), NONE);
        world.pass(Duration::from_millis(1));
        assert_eq!(world.texts(witness), ["gone"]);
        world.pass(seconds(60));
        assert_eq!(world.texts(witness), NONE);
    }
}

#[test]
fn a_client_that_resumes_in_time_takes_its_will_back() {
    let (mut world, witness, client) = scene(Some(3), Some(30));
    world.cut(client);
    world.pass(seconds(2));
    world.connect(client);
    world.pass(seconds(10));
    assert_eq!(world.texts(witness), NONE);
}

#[test]
fn a_client_that_begins_anew_ends_the_session_and_so_the_wait() {
    let (mut world, witness, client) = scene(Some(3), Some(30));
    world.cut(client);
    world.connected(options(Version::V5, "client"));
    assert_eq!(world.texts(witness), ["gone"]);
}

#[test]
fn a_take_over_publishes_a_will_without_delay() {
    let (mut world, witness, client) = scene(None, Some(30));
    let mut again = lasting(Version::V5, "client");
    again.will = None;
    world.connected(again);
    assert_eq!(world.reason_of_end(client), ReasonCode::SessionTakenOver);
    assert_eq!(world.texts(witness), ["gone"]);
}

#[test]
fn a_will_can_be_delayed_by_its_topic() {
    let mut world = World::new();
    let witness = world.connected(options(Version::V5, "witness"));
    world.subscribe(witness, "#", QoS::AtLeastOnce);
    let mut options = options(Version::V3_1_1, "client");
    options.will = Some(will("$delayed/5/will", "gone", None));
    let client = world.connected(options);
    world.cut(client);
    world.pass(seconds(4));
    assert_eq!(world.texts(witness), NONE);
    world.pass(seconds(1));
    assert_eq!(world.texts(witness), ["gone"]);
}

#[test]
fn disconnect_can_end_the_session_and_cannot_make_it_last() {
    let (mut world, witness, client) = scene(Some(20), Some(30));
    leave(&mut world, client, ReasonCode::DisconnectWithWillMessage, Some(0));
    assert_eq!(world.texts(witness), ["gone"]);
    assert_eq!(world.core.clients.len(), 1);
}

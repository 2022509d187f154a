//! Shared subscriptions of 5.0: section 4.8.2.

use super::*;
use crate::support::wire::publish;

/// A member of the group, whose session is kept.
fn member(address: SocketAddr, client_id: &str, qos: u8) -> RawClient {
    let (mut member, _) = resume(address, Version::V5, client_id);
    member.subscribe("$share/group/a/#", qos);
    member
}

/// What a member has, by the answer to PINGREQ.
fn drain(member: &mut RawClient) -> Vec<wire::Publish> {
    member.link.send(Packet::Pingreq);
    let mut messages = Vec::new();
    loop {
        match member.link.receive() {
            Packet::Publish(publish) => messages.push(publish),
            Packet::Pingresp => return messages,
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn a_share_name_is_not_empty_and_has_no_wildcards() {
    // mosquitto 2.0 accepts some of these.
    ours(|address| {
        for filter in ["$share//a", "$share/g", "$share/g/", "$share/g+/a", "$share/#/a", "$share/+/a"] {
            let mut client = RawClient::connect(address, Version::V5, "client");
            client.link.send(wire::subscribe(1, filter, 0));
            match client.link.receive_or_end() {
                Some(Packet::Suback(suback)) => assert!(suback.reasons[0] >= 0x80, "{filter}: {suback:?}"),
                Some(Packet::Disconnect(disconnect)) => assert!(disconnect.reason >= 0x80),
                None => {}
                other => panic!("{other:?}"),
            }
        }
        still_serves(address);
    });
}

#[test]
fn no_local_on_a_shared_subscription_ends_the_connection() {
    // mosquitto 2.0 accepts it.
    ours(|address| {
        let wrong = wire::subscribe(1, "$share/g/a", 0x04);
        breaks(address, Version::V5, &Packet::from(wrong).encode(Version::V5));
        still_serves(address);
    });
}

#[test]
fn each_message_goes_to_one_member_at_the_qos_granted_to_it() {
    each(|address| {
        let (mut first, mut second) = (member(address, "first", 0), member(address, "second", 1));
        let mut plain = RawClient::connect(address, Version::V5, "plain");
        plain.subscribe("a/#", 2);
        let mut publisher = RawClient::connect(address, Version::V5, "publisher");
        for number in 0..20 {
            publisher.publish("a/b", number.to_string(), 2);
            plain.expect_text("a/b", &number.to_string());
        }
        let (to_first, to_second) = (drain(&mut first), drain(&mut second));
        assert!(to_first.iter().all(|message| message.qos == 0), "{to_first:?}");
        assert!(to_second.iter().all(|message| message.qos == 1), "{to_second:?}");
        let mut numbers: Vec<u32> =
            to_first.iter().chain(&to_second).map(|message| message.text().parse().unwrap()).collect();
        numbers.sort_unstable();
        assert!(numbers.iter().copied().eq(0..20), "{numbers:?}");
    });
}

#[test]
fn retained_messages_are_not_sent_to_a_shared_subscription() {
    // mosquitto 2.0 sends them.
    ours(|address| {
        let mut client = RawClient::connect(address, Version::V5, "client");
        client.send_publish(publish("a", "x").qos(1).retain());
        client.subscribe("$share/group/a", 1);
        client.expect_quiet();
    });
}

#[test]
fn a_message_at_qos_2_that_was_sent_to_a_member_is_completed_by_it_alone() {
    each(|address| {
        let mut first = member(address, "first", 2);
        RawClient::connect(address, Version::V5, "publisher").publish("a", "x", 2);
        let message = first.link.expect_publish();
        let mut second = member(address, "second", 2);
        first.link.cut();
        second.expect_quiet();
        let (mut first, present) = resume(address, Version::V5, "first");
        assert!(present);
        assert_eq!(first.link.expect_publish(), message.clone().dup());
        first.link.cut();
        // Nor has another a right to it when the session ends.
        RawClient::connect(address, Version::V5, "first").disconnect();
        second.expect_quiet();
    });
}

#[test]
fn a_message_that_a_member_refuses_goes_to_nobody_else() {
    each(|address| {
        let (mut first, mut second) = (member(address, "first", 1), member(address, "second", 1));
        let mut publisher = RawClient::connect(address, Version::V5, "publisher");
        for number in 0..4 {
            publisher.publish("a", number.to_string(), 1);
        }
        let mut total = 0;
        for member in [&mut first, &mut second] {
            for message in drain(member) {
                total += 1;
                member.link.send(wire::puback(message.id).reason(0x80));
            }
        }
        assert_eq!(total, 4);
        first.expect_quiet();
        second.expect_quiet();
    });
}

#[test]
fn a_message_that_a_dead_member_had_at_qos_1_goes_to_another() {
    // mosquitto keeps it for the member's return.
    ours(|address| {
        let mut first = RawClient::connect(address, Version::V5, "first");
        first.subscribe("$share/group/a/#", 1);
        let mut publisher = RawClient::connect(address, Version::V5, "publisher");
        for number in 0..30 {
            publisher.publish("a", number.to_string(), 1);
        }
        let mut second = RawClient::connect(address, Version::V5, "second");
        second.subscribe("$share/group/a/#", 1);
        first.link.cut();
        for number in 0..30 {
            second.expect_text("a", &number.to_string());
        }
    });
}

#[test]
fn each_group_has_its_own_copy_and_unsubscribe_leaves_a_group() {
    each(|address| {
        let mut first = member(address, "first", 0);
        let mut second = RawClient::connect(address, Version::V5, "second");
        second.subscribe("$share/other/a/#", 0);
        second.publish("a", "x", 0);
        first.expect_text("a", "x");
        second.expect_text("a", "x");
        first.link.send(wire::unsubscribe(9, "$share/group/a/#"));
        assert_eq!(first.link.expect_unsuback().reasons, [0]);
        second.publish("a", "y", 0);
        second.expect_text("a", "y");
        first.expect_quiet();
    });
}

//! Limits of the server: a local error that names the limit, never a dropped connection.

use std::sync::Arc;

use super::*;
use crate::mqtt::{PublishProperties, SubscriptionOptions};

/// Maximum QoS 1, no retain, 20 bytes a packet, two topic aliases; no wildcards, identifiers, shared subscriptions.
const LIMITED: &str = "20 15 00 00 12 24 01 25 00 27 00000014 22 0002 28 00 29 00 2a 00";

fn limited() -> Wire {
    Wire::connected(options(Version::V5), LIMITED)
}

fn too_large() -> Message {
    message("a", "fifteen bytes..", QoS::AtLeastOnce)
}

fn retained() -> Message {
    Message { retain: true, ..message("a", "", QoS::AtMostOnce) }
}

fn aliased(alias: u16) -> Message {
    let properties = PublishProperties { topic_alias: Some(alias), ..Default::default() };
    Message { properties: Some(Arc::new(properties)), ..message("a", "", QoS::AtMostOnce) }
}

fn subscribe(text: &str) -> SubscribeRequest {
    let filters = vec![SubscriptionOptions::new(filter(text), QoS::AtMostOnce)];
    SubscribeRequest { filters, ..Default::default() }
}

#[test]
fn a_message_beyond_the_limits_is_refused_with_the_limit() {
    let mut wire = limited();
    for (message, error) in [
        (too_large(), PublishError::PacketTooLarge { size: 23, maximum: 20 }),
        (
            message("a", "", QoS::ExactlyOnce),
            PublishError::QoSNotSupported { qos: QoS::ExactlyOnce, maximum: QoS::AtLeastOnce },
        ),
        (retained(), PublishError::RetainNotSupported),
        (aliased(3), PublishError::TopicAliasInvalid { alias: 3, maximum: 2 }),
    ] {
        assert_eq!(wire.session.publish(message).unwrap_err(), error);
    }
    assert_eq!((wire.sent(), wire.session.queued()), (vec![], 0));
    // Twenty bytes exactly are within.
    wire.session.publish(message("a", "twelve bytes", QoS::AtLeastOnce)).unwrap();
    assert_eq!(wire.sent().len(), 20);
}

#[test]
fn what_was_queued_before_the_limits_were_known_has_its_outcome_later() {
    let mut wire = Wire::new(options(Version::V5));
    let ids = [too_large(), retained(), message("a", "", QoS::ExactlyOnce), message("a", "", QoS::AtMostOnce)]
        .map(|message| wire.session.publish(message).unwrap());
    let request = wire.session.subscribe(subscribe("#")).unwrap();
    assert_eq!(wire.reconnect(LIMITED), hex("30 04 0001 'a' 00"));
    let rejected = |event: &Event| match event {
        Event::Published { id, outcome: PublishOutcome::Rejected(_) } => Some(*id),
        _ => None,
    };
    let events = wire.events();
    assert_eq!(events.iter().filter_map(rejected).collect::<Vec<_>>(), ids[..3]);
    let error = Box::new(RequestError::WildcardsNotSupported(filter("#")));
    assert!(events.contains(&Event::RequestRejected { id: request, error }));
    assert_eq!(wire.session.transmitted(), Some(ids[3]));
}

#[test]
fn a_request_beyond_the_limits_is_refused_with_the_filter() {
    let mut wire = limited();
    let mut identified = subscribe("a");
    identified.subscription_identifier = Some(1);
    for (request, error) in [
        (subscribe("a/#"), RequestError::WildcardsNotSupported(filter("a/#"))),
        (subscribe("$share/g/a"), RequestError::SharedNotSupported(filter("$share/g/a"))),
        (identified, RequestError::IdentifiersNotSupported),
        (subscribe("a/long/filter"), RequestError::PacketTooLarge { size: 21, maximum: 20 }),
        (SubscribeRequest::default(), RequestError::NoFilter),
    ] {
        assert_eq!(wire.session.subscribe(request).unwrap_err(), error);
    }
    assert_eq!(wire.session.unsubscribe(UnsubscribeRequest::default()).unwrap_err(), RequestError::NoFilter);
    assert!(wire.sent().is_empty());
}

#[test]
fn no_local_on_a_shared_subscription_is_refused() {
    let mut request = subscribe("$share/g/a");
    request.filters[0].no_local = true;
    let error = Wire::v5().session.subscribe(request).unwrap_err();
    assert_eq!(error, RequestError::NoLocalOnShared(filter("$share/g/a")));
}

#[test]
fn properties_that_cannot_be_encoded_are_refused_by_name() {
    fn field(change: impl FnOnce(&mut PublishProperties)) -> &'static str {
        let mut message = aliased(1);
        change(message.properties.as_mut().map(Arc::make_mut).unwrap());
        match Wire::v5().session.publish(message).unwrap_err() {
            PublishError::Invalid(InvalidOptions { field, .. }) => field,
            other => panic!("{other}"),
        }
    }
    let long = "x".repeat(65_536);
    assert_eq!(field(|p| p.topic_alias = Some(0)), "Topic Alias");
    assert_eq!(field(|p| p.payload_format_indicator = Some(2)), "Payload Format Indicator");
    assert_eq!(field(|p| p.response_topic = Some("a/#".into())), "Response Topic");
    assert_eq!(field(|p| p.content_type = Some("a\0".into())), "Content Type");
    assert_eq!(field(|p| p.correlation_data = Some(long.clone().into())), "Correlation Data");
    assert_eq!(field(|p| p.user_properties = vec![("k".into(), long)]), "User Property");
}

#[test]
fn a_packet_that_no_remaining_length_can_express_is_refused() {
    let huge = bytes::Bytes::from(vec![0; 268_435_455]);
    let message = Message { payload: huge, ..message("a", "", QoS::AtMostOnce) };
    let error = Wire::v3().session.publish(message).unwrap_err();
    assert!(matches!(error, PublishError::PacketTooLarge { maximum: 268_435_460, .. }), "{error}");
}

#[test]
fn a_messages_own_alias_is_set_once_and_then_stands_for_the_topic() {
    let mut wire = Wire::connected(options(Version::V5), "20 06 00 00 03 22 0002");
    for _ in 0..2 {
        wire.session.publish(aliased(2)).unwrap();
    }
    wire.publish("a", "", QoS::AtMostOnce);
    assert_eq!(wire.sent(), hex("30 07 0001 'a' 03 23 0002 30 06 0000 03 23 0002 30 04 0001 'a' 00"));
    wire.lose();
    wire.session.publish(aliased(2)).unwrap();
    assert_eq!(wire.reconnect("20 06 00 00 03 22 0002"), hex("30 07 0001 'a' 03 23 0002"));
}

#[test]
fn automatic_aliases_stay_within_the_servers_maximum() {
    let mut automatic = options(Version::V5);
    automatic.automatic_topic_aliases = true;
    let mut wire = Wire::connected(automatic.clone(), "20 06 00 00 03 22 0001");
    for topic in ["a", "b", "a", "b"] {
        wire.publish(topic, "", QoS::AtMostOnce);
    }
    let sent = "30 07 0001 'a' 03 23 0001 30 04 0001 'b' 00 30 06 0000 03 23 0001 30 04 0001 'b' 00";
    assert_eq!(wire.sent(), hex(sent));
    let mut wire = Wire::connected(automatic, ACCEPTED_V5);
    wire.publish("a", "", QoS::AtMostOnce);
    assert_eq!(wire.sent(), hex("30 04 0001 'a' 00"));
}

#[test]
fn a_resend_takes_the_alias_of_the_new_connection_or_none() {
    let mut lasting = options(Version::V5);
    lasting.clean_start = false;
    let mut wire = Wire::connected(lasting, "20 06 00 00 03 22 0002");
    for _ in 0..2 {
        wire.session.publish(aliased(2).with_qos(QoS::AtLeastOnce)).unwrap();
    }
    assert_eq!(wire.sent(), hex("32 09 0001 'a' 0001 03 23 0002 32 08 0000 0002 03 23 0002"));
    wire.lose();
    assert_eq!(wire.reconnect("20 03 01 00 00"), hex("3a 06 0001 'a' 0001 00 3a 06 0001 'a' 0002 00"));
}

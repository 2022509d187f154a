//! SUBSCRIBE and UNSUBSCRIBE with their answers.

use super::*;
use crate::mqtt::{RetainHandling, SubscriptionOptions};

fn request() -> SubscribeRequest {
    let mut full = SubscriptionOptions::new(filter("a/#"), QoS::ExactlyOnce);
    (full.no_local, full.retain_as_published, full.retain_handling) = (true, true, RetainHandling::DoNotSend);
    SubscribeRequest {
        filters: vec![full, SubscriptionOptions::new(filter("b"), QoS::AtLeastOnce)],
        subscription_identifier: Some(200),
        user_properties: vec![("k".into(), "v".into())],
    }
}

#[test]
fn subscribe_carries_the_options_that_its_version_has() {
    for (mut wire, sent) in [
        (Wire::v3(), "82 0c 0001 0003 'a/#' 02 0001 'b' 01"),
        (Wire::v5(), "82 17 0001 0a 0b c801 26 0001 'k' 0001 'v' 0003 'a/#' 2e 0001 'b' 01"),
    ] {
        wire.session.subscribe(request()).unwrap();
        assert_eq!(wire.sent(), hex(sent));
    }
}

#[test]
fn suback_has_a_reason_for_each_filter() {
    let mut wire = Wire::v5();
    let id = wire.session.subscribe(request()).unwrap();
    wire.sent();
    wire.receive("90 0b 0001 06 1f 0003 'why' 01 87");
    let ack = SubAck {
        reasons: vec![ReasonCode::GrantedQoS1, ReasonCode::NotAuthorized],
        details: Details { reason_string: Some("why".into()), user_properties: vec![] },
    };
    assert_eq!(wire.event(), Event::Subscribed { id, ack: Box::new(ack) });

    let mut wire = Wire::v3();
    let id = wire.session.subscribe(request()).unwrap();
    wire.sent();
    wire.receive("90 04 0001 02 80");
    let reasons = vec![ReasonCode::GrantedQoS2, ReasonCode::UnspecifiedError];
    let ack = SubAck { reasons, details: Details::default() };
    assert_eq!(wire.event(), Event::Subscribed { id, ack: Box::new(ack) });
}

#[test]
fn unsuback_has_a_reason_for_each_filter_before_5_too() {
    for (mut wire, sent, answer, second) in [
        (Wire::v3(), "a2 08 0001 0001 'x' 0001 'y'", "b0 02 0001", ReasonCode::Success),
        (Wire::v5(), "a2 09 0001 00 0001 'x' 0001 'y'", "b0 05 0001 00 00 11", ReasonCode::NoSubscriptionExisted),
    ] {
        let filters = vec![filter("x"), filter("y")];
        let id = wire.session.unsubscribe(UnsubscribeRequest { filters, ..Default::default() }).unwrap();
        assert_eq!(wire.sent(), hex(sent));
        wire.receive(answer);
        let ack = SubAck { reasons: vec![ReasonCode::Success, second], details: Details::default() };
        assert_eq!(wire.event(), Event::Unsubscribed { id, ack: Box::new(ack) });
    }
}

#[test]
fn a_suback_with_too_few_or_too_many_reasons_is_a_violation() {
    for suback in ["90 04 0001 00 00", "90 06 0001 00 00 00 00", "90 03 0001 00"] {
        let mut wire = Wire::v5();
        wire.session.subscribe(request()).unwrap();
        wire.sent();
        wire.receive(suback);
        wire.assert_blamed(ReasonCode::ProtocolError);
    }
}

#[test]
fn an_answer_of_the_other_kind_is_a_violation() {
    let mut wire = Wire::v5();
    wire.session.subscribe(request()).unwrap();
    wire.sent();
    wire.receive("b0 05 0001 00 00 00");
    let fault = wire.assert_blamed(ReasonCode::ProtocolError);
    assert_eq!(fault, "UNSUBACK for the packet id 1, which is that of a SUBSCRIBE");
}

#[test]
fn a_request_goes_ahead_of_publishes_that_wait() {
    let mut wire = Wire::v3();
    wire.publish("a", "", QoS::AtMostOnce);
    let filters = vec![filter("x")];
    wire.session.unsubscribe(UnsubscribeRequest { filters, ..Default::default() }).unwrap();
    assert_eq!(wire.sent(), hex("a2 05 0001 0001 'x' 30 03 0001 'a'"));
}

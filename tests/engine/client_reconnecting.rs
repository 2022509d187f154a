//! How a client comes back: how often, when not, and with which subscriptions.

use std::time::Duration;

use crate::support::wire::{connack, disconnect, suback};
use crate::support::{DEADLINE, ScriptedBroker};
use mqttx_rs::client::{self, Cause, Client, ClientError, ClientOptions, Event, Events, Pending, Reconnect};
use mqttx_rs::mqtt::{QoS, ReasonCode, SubscriptionOptions, Version};
use mqttx_rs::session::{ConnectOptions, SubscribeRequest};
use mqttx_rs::transport::Endpoint;
use tokio::time::timeout;

/// A client that is quick to come back, three times, and whose connections are good ones after `stable_after`.
fn start(broker: &ScriptedBroker, stable_after: Duration) -> (Client, Events) {
    let connect = ConnectOptions::new(Version::V5, "client");
    let reconnect =
        Reconnect { first_delay: Duration::from_millis(10), maximum_attempts: 3, stable_after, ..Reconnect::default() };
    let endpoint = Endpoint::tcp("127.0.0.1", broker.port());
    client::connect(ClientOptions { reconnect, ..ClientOptions::new(connect, endpoint) }).unwrap()
}

async fn next(events: &mut Events) -> Event {
    timeout(DEADLINE, events.next()).await.expect("an event within the deadline").expect("the client goes on")
}

/// The attempts that a client announced until it ended, and how it did.
async fn attempts(events: &mut Events) -> (Vec<u32>, Result<(), Box<ClientError>>) {
    let mut attempts = Vec::new();
    loop {
        match next(events).await {
            Event::Reconnecting(reconnecting) => {
                assert_eq!(reconnecting.maximum_attempts, 3);
                attempts.push(reconnecting.attempt);
            }
            Event::Closed(result) => return (attempts, result),
            _ => {}
        }
    }
}

fn subscription(filter: &str) -> SubscribeRequest {
    let options = SubscriptionOptions::new(filter.parse().unwrap(), QoS::AtLeastOnce);
    SubscribeRequest { filters: vec![options], ..SubscribeRequest::default() }
}

#[tokio::test]
async fn a_lost_broker_is_tried_as_often_as_asked_and_then_given_up() {
    let broker = ScriptedBroker::start();
    let (_client, mut events) = start(&broker, Duration::from_mins(1));
    // Accepted once; then nothing listens any more.
    let played = tokio::task::spawn_blocking(move || drop(broker.accept_session(connack())));
    let (attempts, result) = attempts(&mut events).await;
    played.await.unwrap();
    assert_eq!(attempts, [1, 2, 3]);
    let error = result.unwrap_err();
    assert!(error.was_connected && matches!(error.cause, Cause::Dial(_)), "{error:?}");
    assert_eq!(error.attempts, 3);
}

#[tokio::test]
async fn a_link_that_flaps_is_given_up_in_the_end() {
    let broker = ScriptedBroker::start();
    let (_client, mut events) = start(&broker, Duration::from_mins(1));
    let played = tokio::task::spawn_blocking(move || {
        for _ in 0..4 {
            broker.accept_session(connack()).0.cut();
        }
        broker
    });
    let (attempts, result) = attempts(&mut events).await;
    played.await.unwrap();
    assert_eq!(attempts, [1, 2, 3]);
    assert!(matches!(result.unwrap_err().cause, Cause::Lost(_)));
}

#[tokio::test]
async fn after_a_stable_connection_attempts_count_from_one_again() {
    let broker = ScriptedBroker::start();
    let (client, mut events) = start(&broker, Duration::ZERO);
    let played = tokio::task::spawn_blocking(move || {
        for _ in 0..5 {
            broker.accept_session(connack()).0.cut();
        }
        let (mut link, _) = broker.accept_session(connack());
        link.expect_disconnect();
    });
    for _ in 0..5 {
        assert!(matches!(next(&mut events).await, Event::Connected(_)));
        let Event::Reconnecting(reconnecting) = next(&mut events).await else { panic!("the link was cut") };
        assert_eq!(reconnecting.attempt, 1);
    }
    assert!(matches!(next(&mut events).await, Event::Connected(_)));
    client.disconnect(Pending::Finish);
    assert_eq!(next(&mut events).await, Event::Closed(Ok(())));
    played.await.unwrap();
}

#[tokio::test]
async fn a_disconnect_of_the_broker_decides_by_its_reason() {
    for (reason, is_retried) in [(0x8B, true), (0x89, true), (0x8E, false), (0x98, false), (0x87, false), (0x9D, false)]
    {
        let broker = ScriptedBroker::start();
        let (_client, mut events) = start(&broker, Duration::from_mins(1));
        let played = tokio::task::spawn_blocking(move || {
            let (mut link, _) = broker.accept_session(connack());
            link.send(disconnect(reason));
            link.expect_end();
        });
        let (attempts, result) = attempts(&mut events).await;
        played.await.unwrap();
        assert_eq!(!attempts.is_empty(), is_retried, "0x{reason:02X}");
        if !is_retried {
            let Cause::Disconnected(disconnect) = result.unwrap_err().cause else { panic!("0x{reason:02X}") };
            assert_eq!(disconnect.reason.number(), reason);
        }
    }
}

#[tokio::test]
async fn a_refusal_while_coming_back_is_final() {
    let broker = ScriptedBroker::start();
    let (_client, mut events) = start(&broker, Duration::from_mins(1));
    let played = tokio::task::spawn_blocking(move || {
        broker.accept_session(connack()).0.cut();
        broker.accept_session(connack().refusing(0x8A)).0.expect_end();
    });
    let (attempts, result) = attempts(&mut events).await;
    played.await.unwrap();
    assert_eq!(attempts, [1]);
    let error = *result.unwrap_err();
    let Cause::Refused(ack) = &error.cause else { panic!("{error:?}") };
    assert_eq!(ack.reason, ReasonCode::Banned);
    assert_eq!(error.to_string(), "the broker refused the connection: Banned (0x8A)");
}

#[tokio::test]
async fn only_granted_subscriptions_are_made_anew_and_their_answer_is_told() {
    let broker = ScriptedBroker::start();
    let (client, mut events) = start(&broker, Duration::ZERO);
    let played = tokio::task::spawn_blocking(move || {
        let (mut link, _) = broker.accept_session(connack());
        for reason in [1, 0x87] {
            let id = link.expect_subscribe().id;
            link.send(suback(id, [reason]));
        }
        link.cut();
        let (mut link, _) = broker.accept_session(connack());
        let subscribe = link.expect_subscribe();
        link.send(suback(subscribe.id, [0x97]));
        link.cut();
        // Refused then: it is not tried a third time.
        let (mut link, _) = broker.accept_session(connack());
        link.expect_quiet();
        (subscribe, link)
    });
    assert!(matches!(next(&mut events).await, Event::Connected(_)));
    for filter in ["granted/#", "refused/#"] {
        let asked = client.subscribe(subscription(filter)).unwrap();
        let Event::Subscribed { id, .. } = next(&mut events).await else { panic!("no SUBACK for {filter}") };
        assert_eq!(id, asked);
    }
    assert!(matches!(next(&mut events).await, Event::Reconnecting(_)));
    assert!(matches!(next(&mut events).await, Event::Connected(_)));
    let Event::Resubscribed(again) = next(&mut events).await else { panic!("no answer") };
    assert_eq!(again.request, subscription("granted/#"));
    assert_eq!(again.answer.unwrap().reasons, [ReasonCode::QuotaExceeded]);
    let (subscribe, _link) = played.await.unwrap();
    assert_eq!(subscribe.filters, [("granted/#".to_owned(), 1)]);
}

#[tokio::test]
async fn waiting_for_the_next_attempt_ends_with_disconnect() {
    let broker = ScriptedBroker::start();
    let connect = ConnectOptions::new(Version::V5, "client");
    let reconnect = Reconnect { first_delay: DEADLINE * 10, ..Reconnect::default() };
    let endpoint = Endpoint::tcp("127.0.0.1", broker.port());
    let options = ClientOptions { reconnect, ..ClientOptions::new(connect, endpoint) };
    let (client, mut events) = client::connect(options).unwrap();
    let played = tokio::task::spawn_blocking(move || broker.accept_session(connack()).0.cut());
    assert!(matches!(next(&mut events).await, Event::Connected(_)));
    assert!(matches!(next(&mut events).await, Event::Reconnecting(_)));
    client.disconnect(Pending::Finish);
    assert_eq!(next(&mut events).await, Event::Closed(Ok(())));
    played.await.unwrap();
}

//! How a client's first connection fails, and what it says then.

use std::time::Duration;

use crate::support::wire::connack;
use crate::support::wire::property::reason_string;
use crate::support::{DEADLINE, Link, Nobody, ScriptedBroker};
use mqttx_rs::client::{self, Cause, ClientError, ClientOptions, Event, Foreign, LinkLoss, Reconnect};
use mqttx_rs::mqtt::{ReasonCode, Version};
use mqttx_rs::session::ConnectOptions;
use mqttx_rs::transport::{DialCause, Dialer, Endpoint};
use tokio::time::timeout;

/// Options for a client that is quick to come back.
fn options(port: u16) -> ClientOptions {
    let connect = ConnectOptions::new(Version::V5, "client");
    let reconnect = Reconnect { first_delay: Duration::from_millis(10), maximum_attempts: 3, ..Reconnect::default() };
    ClientOptions { reconnect, ..ClientOptions::new(connect, Endpoint::tcp("127.0.0.1", port)) }
}

/// All events of a client up to the last one, which reports its end.
async fn events(options: ClientOptions) -> (Vec<Event>, Result<(), Box<ClientError>>) {
    let (_client, mut events) = client::connect(options).unwrap();
    let mut all = Vec::new();
    loop {
        match timeout(DEADLINE, events.next()).await.expect("an event within the deadline") {
            Some(Event::Closed(result)) => {
                assert_eq!(events.next().await, None, "Closed is the last event");
                return (all, result);
            }
            Some(event) => all.push(event),
            None => panic!("the events ended without Closed, after {all:?}"),
        }
    }
}

/// The error of a client that meets what `script` plays, and never gets a connection.
async fn error_when(script: impl FnOnce(&mut Link) + Send + 'static) -> ClientError {
    let broker = ScriptedBroker::start();
    let options = options(broker.port());
    let played = tokio::task::spawn_blocking(move || {
        let mut link = broker.accept();
        link.expect_connect();
        script(&mut link);
        drop(link);
        broker
    });
    let (all, result) = events(options).await;
    assert_eq!(all, [], "the first connect is not tried again");
    played.await.unwrap();
    let error = *result.unwrap_err();
    assert!(!error.was_connected && error.attempts == 0, "{error:?}");
    error
}

#[tokio::test]
async fn nothing_listens_and_the_client_ends_at_once() {
    let nobody = Nobody::new();
    let port = nobody.port();
    let (all, result) = events(options(port)).await;
    assert_eq!(all, []);
    let error = result.unwrap_err();
    assert!(matches!(&error.cause, Cause::Dial(error) if error.cause == DialCause::Refused), "{error:?}");
    assert_eq!(error.to_string(), format!("cannot connect to 127.0.0.1:{port}: connection refused"));
}

#[tokio::test]
async fn nothing_listens_and_the_client_was_asked_to_wait_for_it() {
    let nobody = Nobody::new();
    let port = nobody.port();
    let mut options = options(port);
    options.reconnect.also_first = true;
    let (all, result) = events(options).await;
    let attempts: Vec<_> = all
        .iter()
        .map(|event| match event {
            Event::Reconnecting(reconnecting) => (reconnecting.attempt, reconnecting.maximum_attempts),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(attempts, [(1, 3), (2, 3), (3, 3)]);
    let error = result.unwrap_err();
    assert_eq!((error.attempts, error.was_connected), (3, false));
    let refused = format!("cannot connect to 127.0.0.1:{port}: connection refused");
    assert_eq!(error.to_string(), format!("gave up after 3 attempts to reconnect: {refused}"));
}

#[tokio::test]
async fn a_broker_that_says_nothing_is_left_when_the_time_is_over() {
    let broker = ScriptedBroker::start();
    let time = Duration::from_millis(50);
    let dialer = Dialer { timeout: time, ..Dialer::default() };
    let (_, result) = events(ClientOptions { dialer, ..options(broker.port()) }).await;
    assert_eq!(result.unwrap_err().cause, Cause::NoConnAck(time));
}

#[tokio::test]
async fn a_broker_that_hangs_up_before_connack_is_told_apart_from_a_lost_connection() {
    let error = error_when(|_| {}).await;
    assert_eq!(error.cause, Cause::ClosedEarly(LinkLoss::EndOfStream));
}

#[tokio::test]
async fn a_port_that_speaks_tls_is_recognised_by_its_alert() {
    let error = error_when(|link| link.send_bytes(&[0x15, 0x03, 0x01, 0x00, 0x02, 0x02, 0x46])).await;
    assert_eq!(error.cause, Cause::NotMqtt(Foreign::Tls));
}

#[tokio::test]
async fn a_port_that_speaks_http_is_recognised_by_its_answer() {
    let error = error_when(|link| link.send_bytes(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n")).await;
    assert_eq!(error.cause, Cause::NotMqtt(Foreign::Http));
}

#[tokio::test]
async fn bytes_that_are_no_mqtt_are_the_brokers_fault() {
    let error = error_when(|link| link.send_bytes(b"SSH-2.0-OpenSSH_9.6\r\n")).await;
    assert!(matches!(error.cause, Cause::Violation(_)), "{error:?}");
}

#[tokio::test]
async fn a_refusal_has_its_reason_and_is_final() {
    let error = error_when(|link| link.send(connack().refusing(0x86).with(reason_string("who are you?")))).await;
    let Cause::Refused(ack) = &error.cause else { panic!("{error:?}") };
    assert_eq!(ack.reason, ReasonCode::BadUserNameOrPassword);
    assert!(error.to_string().ends_with("Bad User Name or Password (0x86): who are you?"), "{error}");
}

#[tokio::test]
async fn a_broker_that_knows_no_mqtt_5_may_say_so_in_the_form_of_3_1_1() {
    let error = error_when(|link| link.send_bytes(&[0x20, 0x02, 0x00, 0x01])).await;
    let Cause::Refused(ack) = &error.cause else { panic!("{error:?}") };
    assert_eq!(ack.reason, ReasonCode::UnsupportedProtocolVersion);
}

#[tokio::test]
async fn a_timeout_that_no_clock_can_count_is_none() {
    let broker = ScriptedBroker::start();
    let dialer = Dialer { timeout: Duration::MAX, ..Dialer::default() };
    let options = ClientOptions { dialer, ..options(broker.port()) };
    let (_client, mut events) = client::connect(options).unwrap();
    let played = tokio::task::spawn_blocking(move || broker.accept_session(connack()));
    assert!(matches!(timeout(DEADLINE, events.next()).await, Ok(Some(Event::Connected(_)))));
    played.await.unwrap();
}

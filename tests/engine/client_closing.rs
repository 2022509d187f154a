//! How a client ends: what is finished, what is given up, and that nothing sent before is lost on the way.

use std::time::Duration;

use crate::support::wire::{self, Packet, connack, puback, publish};
use crate::support::{DEADLINE, ScriptedBroker};
use mqttx_rs::client::{self, Cause, Client, ClientOptions, Declined, Event, Events, Pending, Reconnect};
use mqttx_rs::mqtt::{Message, QoS, ReasonCode, Version};
use mqttx_rs::session::{Acknowledge, ConnectOptions, DisconnectProperties, PublishOutcome};
use mqttx_rs::transport::Endpoint;
use tokio::time::timeout;

fn start(broker: &ScriptedBroker, version: Version) -> (Client, Events) {
    start_with(broker, ConnectOptions::new(version, "client"))
}

fn start_with(broker: &ScriptedBroker, connect: ConnectOptions) -> (Client, Events) {
    let reconnect = Reconnect { first_delay: Duration::from_millis(10), ..Reconnect::default() };
    let endpoint = Endpoint::tcp("127.0.0.1", broker.port());
    client::connect(ClientOptions { reconnect, ..ClientOptions::new(connect, endpoint) }).unwrap()
}

async fn next(events: &mut Events) -> Event {
    timeout(DEADLINE, events.next()).await.expect("an event within the deadline").expect("the client goes on")
}

fn message(qos: QoS) -> Message {
    Message::new("a".parse().unwrap(), "x").with_qos(qos)
}

#[tokio::test]
async fn finish_waits_for_what_is_under_way_before_disconnect() {
    for version in [Version::V3_1_1, Version::V5] {
        let broker = ScriptedBroker::start();
        let (client, mut events) = start(&broker, version);
        let id = client.publish(message(QoS::AtLeastOnce)).await.unwrap();
        client.disconnect(Pending::Finish);
        let refused = client.publish(message(QoS::AtMostOnce)).await;
        assert!(matches!(refused, Err(Declined::Closed(_))), "nothing more is accepted");
        let played = tokio::task::spawn_blocking(move || {
            let (mut link, _) = broker.accept_session(connack());
            let id = link.expect_publish().id;
            link.expect_quiet();
            link.send(puback(id));
            assert_eq!(link.expect_disconnect(), wire::disconnect(0));
            link.expect_end();
        });
        assert!(matches!(next(&mut events).await, Event::Connected(_)));
        let Event::Message(_) = next(&mut events).await else { panic!("the probe") };
        let Event::Published { id: of, outcome } = next(&mut events).await else { panic!("no outcome") };
        assert!(of == id && matches!(outcome, PublishOutcome::Acknowledged(_)), "{outcome:?}");
        assert_eq!(next(&mut events).await, Event::Closed(Ok(())));
        assert_eq!(events.next().await, None);
        played.await.unwrap();
    }
}

#[tokio::test]
async fn finish_goes_on_over_a_lost_link() {
    let broker = ScriptedBroker::start();
    let mut connect = ConnectOptions::new(Version::V5, "client");
    connect.properties.session_expiry_interval = Some(60);
    let (client, mut events) = start_with(&broker, connect);
    client.publish(message(QoS::AtLeastOnce)).await.unwrap();
    client.disconnect(Pending::Finish);
    let played = tokio::task::spawn_blocking(move || {
        let (mut link, _) = broker.accept_session(connack());
        link.expect_publish();
        link.cut();
        let (mut link, _) = broker.accept_session(connack().session_present());
        let id = link.expect_publish().id;
        link.send(puback(id));
        link.expect_disconnect();
    });
    let mut outcomes = 0;
    loop {
        match next(&mut events).await {
            Event::Published { outcome, .. } => {
                assert!(matches!(outcome, PublishOutcome::Acknowledged(_)), "{outcome:?}");
                outcomes += 1;
            }
            Event::Closed(result) => break assert_eq!(result, Ok(())),
            _ => {}
        }
    }
    assert_eq!(outcomes, 1);
    played.await.unwrap();
}

#[tokio::test]
async fn abandon_gives_every_open_publish_an_outcome() {
    let broker = ScriptedBroker::start();
    let (client, mut events) = start(&broker, Version::V5);
    let played = tokio::task::spawn_blocking(move || {
        let (mut link, _) = broker.accept_session(connack().with(wire::property::receive_maximum(2)));
        link.expect_publish();
        link.expect_publish();
        link.expect_disconnect();
    });
    assert!(matches!(next(&mut events).await, Event::Connected(_)));
    let mut ids = Vec::new();
    for _ in 0..5 {
        ids.push(client.publish(message(QoS::AtLeastOnce)).await.unwrap());
    }
    // One turn for the driver, which sends what the window allows.
    tokio::task::yield_now().await;
    client.disconnect(Pending::Finish);
    client.disconnect(Pending::Abandon);
    for (number, id) in ids.into_iter().enumerate() {
        let outcome = if number < 2 { PublishOutcome::Lost } else { PublishOutcome::Unsent };
        assert_eq!(next(&mut events).await, Event::Published { id, outcome });
    }
    assert_eq!(next(&mut events).await, Event::Closed(Ok(())));
    played.await.unwrap();
}

#[tokio::test]
async fn an_acknowledgement_reaches_a_broker_that_is_still_sending() {
    let broker = ScriptedBroker::start();
    let connect = ConnectOptions { acknowledge: Acknowledge::Manual, ..ConnectOptions::new(Version::V5, "client") };
    let (client, mut events) = start_with(&broker, connect);
    let played = tokio::task::spawn_blocking(move || {
        let (mut link, _) = broker.accept_session(connack());
        link.send(publish("a", "first").qos(1).id(1));
        let flood = publish("a", vec![0; 64 * 1024]).qos(1);
        // More than the sockets hold: the client has to read on while it closes, or the rest becomes a reset.
        for id in 2..200 {
            link.send(flood.clone().id(id));
        }
        link.expect_puback(1);
        link.expect_disconnect();
        link.expect_end();
    });
    assert!(matches!(next(&mut events).await, Event::Connected(_)));
    let Event::Message(first) = next(&mut events).await else { panic!("no message") };
    assert!(client.acknowledge(first.token.unwrap()));
    client.disconnect(Pending::Finish);
    while !matches!(next(&mut events).await, Event::Closed(Ok(()))) {}
    played.await.unwrap();
}

#[tokio::test]
async fn dropping_every_handle_disconnects_so_that_no_will_is_published() {
    let broker = ScriptedBroker::start();
    let (client, mut events) = start(&broker, Version::V5);
    let played = tokio::task::spawn_blocking(move || {
        let (mut link, _) = broker.accept_session(connack());
        link.expect_disconnect();
        link.expect_end();
    });
    assert!(matches!(next(&mut events).await, Event::Connected(_)));
    drop((client, events));
    played.await.unwrap();
}

#[tokio::test]
async fn a_disconnect_can_ask_for_the_will() {
    let broker = ScriptedBroker::start();
    let (client, mut events) = start(&broker, Version::V5);
    let played = tokio::task::spawn_blocking(move || {
        let (mut link, _) = broker.accept_session(connack());
        assert_eq!(link.expect_disconnect().reason, 0x04);
    });
    assert!(matches!(next(&mut events).await, Event::Connected(_)));
    let reason = ReasonCode::DisconnectWithWillMessage;
    client.disconnect_with(Pending::Finish, reason, DisconnectProperties::default());
    assert_eq!(next(&mut events).await, Event::Closed(Ok(())));
    played.await.unwrap();
}

#[tokio::test]
async fn qos_0_that_was_not_written_is_lost_and_not_called_flushed() {
    let broker = ScriptedBroker::start();
    let (client, mut events) = start(&broker, Version::V5);
    let (stop, stopped) = std::sync::mpsc::channel::<()>();
    let played = tokio::task::spawn_blocking(move || {
        let (link, _) = broker.accept_session(connack());
        link.shrink_buffers();
        stopped.recv().unwrap();
        link.cut();
        let (mut link, _) = broker.accept_session(connack());
        let arrived = link.receive_until_end();
        assert!(matches!(arrived.last(), Some(Packet::Disconnect(_))), "{arrived:?}");
        arrived.len() - 1
    });
    assert!(matches!(next(&mut events).await, Event::Connected(_)));
    // More than the sockets take.
    let payload = vec![0; 1024 * 1024];
    let mut accepted = Vec::new();
    for _ in 0..64 {
        let message = Message::new("a".parse().unwrap(), payload.clone());
        match timeout(Duration::from_millis(100), client.publish(message)).await {
            Ok(id) => accepted.push(id.unwrap()),
            Err(_) => break,
        }
    }
    stop.send(()).unwrap();
    client.disconnect(Pending::Finish);
    let (mut flushed, mut lost, mut lost_ids) = (0, 0, Vec::new());
    loop {
        match next(&mut events).await {
            Event::Flushed { count, .. } => flushed += count,
            Event::Published { id, outcome: PublishOutcome::Lost } => {
                lost += 1;
                lost_ids.push(id);
            }
            Event::Closed(result) => break assert_eq!(result, Ok(())),
            _ => {}
        }
    }
    let arrived_later = played.await.unwrap();
    assert_eq!(flushed + lost, accepted.len(), "each has one outcome");
    assert!(lost >= 1, "what was being written as the link was cut is lost");
    assert!(lost_ids.iter().all(|id| accepted.contains(id)));
    assert!(arrived_later <= flushed);
}

#[tokio::test]
async fn why_the_broker_left_is_told_although_our_writing_broke() {
    let broker = ScriptedBroker::start();
    let connect = ConnectOptions::new(Version::V5, "client");
    let endpoint = Endpoint::tcp("127.0.0.1", broker.port());
    let options = ClientOptions { reconnect: Reconnect::off(), ..ClientOptions::new(connect, endpoint) };
    let (client, mut events) = client::connect(options).unwrap();
    let played = tokio::task::spawn_blocking(move || {
        let (mut link, _) = broker.accept_session(connack());
        link.expect_publish();
        // Says why and closes with much unread, so that a reset follows.
        link.send(wire::disconnect(0x96).with(wire::property::reason_string("too much")));
        link.cut();
    });
    assert!(matches!(next(&mut events).await, Event::Connected(_)));
    let payload = vec![0; 512 * 1024];
    let closed = loop {
        tokio::select! {
            biased;
            event = next(&mut events) => if let Event::Closed(result) = event { break result },
            _ = client.publish(Message::new("a".parse().unwrap(), payload.clone())) => {}
        }
    };
    let Cause::Disconnected(disconnect) = closed.unwrap_err().cause else { panic!("another cause") };
    assert_eq!(disconnect.reason, ReasonCode::MessageRateTooHigh);
    assert_eq!(disconnect.properties.reason_string.as_deref(), Some("too much"));
    played.await.unwrap();
}

//! Versions, wills and sessions.

use super::super::finding::{Checked, Why, no, yes};
use super::super::lab::Lab;
use super::super::peer::Peer;
use crate::mqtt::{ConnectProperties, QoS, TopicName, Version, Will, WillProperties};
use crate::output::Talk;
use crate::settings::ConnectSettings;

/// Messages queued for the subscriber.
const QUEUED: usize = 20;
/// Session Expiry Interval in seconds, in case the probe cannot end the session.
const KEPT: u32 = 60;
const END: &str = "end";

/// A version is accepted.
pub(super) async fn version(lab: &Lab<'_>, version: Version) -> Checked {
    let mut settings = lab.connection("v");
    settings.client.connect.version = version;
    if version != Version::V5 {
        settings.client.connect.properties = ConnectProperties::default();
    }
    let peer = lab.open(&settings).await?;
    let milliseconds = peer.connected.handshake.as_secs_f64() * 1e3;
    peer.close().await;
    Ok(yes(format!("CONNACK after {milliseconds:.1} ms")).with(milliseconds))
}

/// The will of a client whose connection is lost arrives.
pub(super) async fn will(lab: &Lab<'_>) -> Checked {
    let topic = lab.topic("will");
    let mut heir = lab.peer("heir").await?;
    heir.subscribe(&topic, lab.qos()).await?;
    let mut settings = lab.connection("will");
    settings.client.connect.will = Some(Box::new(Will {
        topic: TopicName::parse(topic).map_err(|error| Why(error.to_string()))?,
        payload: "last".into(),
        qos: lab.qos(),
        retain: false,
        properties: WillProperties::default(),
    }));
    let talk = lab.talk();
    let lost = tokio::task::spawn_blocking(move || connect_and_vanish(&settings, talk)).await;
    lost.map_err(|error| Why(error.to_string()))??;
    let began = tokio::time::Instant::now();
    let received = heir.receive().await?;
    let milliseconds = began.elapsed().as_secs_f64() * 1e3;
    heir.close().await;
    if received.message.payload == "last" {
        Ok(yes(format!("{milliseconds:.1} ms after the connection was lost")).with(milliseconds))
    } else {
        no("received another message")
    }
}

/// Connects, and closes the socket without DISCONNECT: dropping the runtime drops the client's task.
fn connect_and_vanish(settings: &ConnectSettings, talk: Talk) -> Result<(), Why> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| Why(format!("cannot start the runtime: {error}")))?;
    let peer = runtime.block_on(Peer::connect(settings, talk))?;
    drop(runtime);
    drop(peer);
    Ok(())
}

/// A subscriber that comes back receives in order what was published meanwhile.
pub(super) async fn resumed(lab: &Lab<'_>) -> Checked {
    if lab.qos() == QoS::AtMostOnce {
        return no("the broker does not support QoS 1 or 2");
    }
    let topic = lab.topic("session");
    let mut settings = lab.connection("kept");
    let connect = &mut settings.client.connect;
    connect.clean_start = false;
    if lab.version.is_v5() {
        connect.properties.session_expiry_interval = Some(KEPT);
    }
    lab.leaves_session(&connect.client_id);
    let mut subscriber = lab.open(&settings).await?;
    subscriber.subscribe(&topic, lab.qos()).await?;
    subscriber.close().await;
    let mut publisher = lab.peer("publisher").await?;
    for number in 0..QUEUED {
        publisher.publish(lab.message(&topic, number.to_string())?).await?;
    }
    let mut subscriber = lab.open(&settings).await?;
    if !subscriber.connected.ack.session_present && lab.version != Version::V3_1 {
        return no("the session was lost before the next connection");
    }
    publisher.publish(lab.message(&topic, END)?).await?;
    let came = subscriber.receive_until(END, 0).await?;
    subscriber.close().await;
    publisher.close().await;
    let came: Vec<_> =
        came.iter().map(|received| String::from_utf8_lossy(&received.message.payload).into_owned()).collect();
    let sent: Vec<_> = (0..QUEUED).map(|number| number.to_string()).collect();
    if came == sent {
        return Ok(yes(format!("{QUEUED} queued messages, in order")).with(QUEUED));
    }
    let mut sorted = came.clone();
    sorted.sort_by_key(|text| text.parse::<usize>().ok());
    if sorted == sent {
        no(format!("{QUEUED} queued messages were delivered in another order"))
    } else {
        no(format!("{} of {QUEUED} queued messages were delivered", came.len()))
    }
}

/// The broker accepts a client without a client id.
pub(super) async fn assigned_client_id(lab: &Lab<'_>) -> Checked {
    if lab.version == Version::V3_1 {
        return no("not part of MQTT 3.1");
    }
    let mut settings = lab.connection("");
    settings.client.connect.client_id = "".into();
    let peer = lab.open(&settings).await?;
    let assigned = peer.connected.ack.properties.assigned_client_identifier.clone();
    peer.close().await;
    match assigned {
        Some(id) => Ok(yes(format!("for example {id}")).with(id)),
        None if lab.version.is_v5() => no("CONNACK does not contain the assigned client id"),
        None => Ok(yes("an empty one is accepted")),
    }
}

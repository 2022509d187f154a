//! Limits of a broker.

use super::super::finding::{Checked, Why, no, yes};
use super::super::lab::Lab;
use crate::mqtt::QoS;
use crate::payload::plural;

/// The most concurrent publishes to try.
const MOST: u16 = 500;
const PAYLOADS: [usize; 6] = [1 << 10, 16 << 10, 64 << 10, 256 << 10, 1 << 20, 4 << 20];
const TOPIC_BYTES: [usize; 6] = [128, 512, 1024, 4096, 16_384, 65_535];
const TOPIC_LEVELS: [usize; 6] = [8, 32, 128, 200, 512, 4096];
const CLIENT_ID_BYTES: [usize; 6] = [23, 64, 256, 1024, 16_384, 65_535];
const END: &str = "end";

/// As many concurrent publishes as the broker announces are acknowledged and delivered.
pub(super) async fn inflight(lab: &Lab<'_>) -> Checked {
    let qos = lab.qos();
    if qos == QoS::AtMostOnce {
        return no("the broker does not support QoS 1 or 2");
    }
    let topic = lab.topic("inflight");
    let mut subscriber = lab.peer("subscriber").await?;
    subscriber.subscribe(&topic, qos).await?;
    let announced = subscriber.connected.ack.properties.receive_maximum;
    let window = announced.unwrap_or(MOST).min(MOST);
    let mut settings = lab.connection("publisher");
    settings.client.connect.inflight = Some(window);
    let mut publisher = lab.open(&settings).await?;
    let messages = (0..window).map(|number| lab.message(&topic, number.to_string()));
    publisher.publish_all(messages.collect::<Result<_, _>>()?).await?;
    publisher.publish(lab.message(&topic, END)?).await?;
    let came = subscriber.receive_until(END, 0).await?.len();
    publisher.close().await;
    subscriber.close().await;
    if came != usize::from(window) {
        return no(format!("{came} of {} at the same time were delivered", plural(window.into(), "publish")));
    }
    let words = announced.map_or_else(|| "nothing".to_owned(), |maximum| format!("Receive Maximum {maximum}"));
    Ok(yes(format!("{window} at the same time delivered; announced: {words}")).with(announced.unwrap_or(window)))
}

/// The largest payload.
pub(super) async fn payload(lab: &Lab<'_>) -> Checked {
    largest(&PAYLOADS, |size| async move {
        let topic = lab.topic("payload");
        let mut peer = lab.peer("payload").await?;
        peer.subscribe(&topic, lab.qos()).await?;
        peer.publish(lab.message(&topic, vec![b'x'; size])?).await?;
        let received = peer.receive().await?;
        peer.close().await;
        if received.message.payload.len() == size { Ok(()) } else { no("received another payload") }
    })
    .await
}

/// The longest topic.
pub(super) async fn topic_length(lab: &Lab<'_>) -> Checked {
    largest(&TOPIC_BYTES, |size| async move {
        let mut topic = lab.topic("long/");
        topic.extend(std::iter::repeat_n('x', size.saturating_sub(topic.len())));
        to_topic(lab, &topic).await
    })
    .await
}

/// The most levels of a topic.
pub(super) async fn topic_levels(lab: &Lab<'_>) -> Checked {
    largest(&TOPIC_LEVELS, |levels| async move {
        let mut topic = lab.topic("deep");
        let more = levels.saturating_sub(topic.split('/').count());
        topic.extend(std::iter::repeat_n("/x", more));
        to_topic(lab, &topic).await
    })
    .await
}

async fn to_topic(lab: &Lab<'_>, topic: &str) -> Result<(), Why> {
    let mut peer = lab.peer("topic").await?;
    peer.subscribe(topic, lab.qos()).await?;
    peer.publish(lab.message(topic, "payload")?).await?;
    let received = peer.receive().await?;
    peer.close().await;
    if received.message.topic.as_str() == topic { Ok(()) } else { no("it was received on another topic") }
}

/// The longest client identifier.
pub(super) async fn client_id_length(lab: &Lab<'_>) -> Checked {
    largest(&CLIENT_ID_BYTES, |size| async move {
        let mut settings = lab.connection("id");
        let mut client_id = settings.client.connect.client_id.to_string();
        client_id.extend(std::iter::repeat_n('x', size.saturating_sub(client_id.len())));
        settings.client.connect.client_id = client_id.into();
        lab.open(&settings).await?.close().await;
        Ok(())
    })
    .await
}

/// The largest of these sizes that works, and why the next one does not.
async fn largest<F: Future<Output = Result<(), Why>>>(sizes: &[usize], works: impl Fn(usize) -> F) -> Checked {
    let mut largest = None;
    for &size in sizes {
        match (Box::pin(works(size)).await, largest) {
            (Ok(()), _) => largest = Some(size),
            (Err(why), None) => return Err(why),
            (Err(Why(why)), Some(works)) => return Ok(yes(format!("{works}; not {size}: {why}")).with(works)),
        }
    }
    let largest = largest.unwrap_or_default();
    Ok(yes(format!("{largest} or more")).with(largest))
}

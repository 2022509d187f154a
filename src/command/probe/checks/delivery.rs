//! Delivery of messages.

use tokio::time::Instant;

use super::super::finding::{Checked, no, yes};
use super::super::lab::Lab;
use crate::mqtt::{Message, QoS};

const END: &str = "end";

/// A message is received back once, at the QoS it was sent with.
pub(super) async fn round_trip(lab: &Lab<'_>, qos: QoS) -> Checked {
    let topic = lab.topic(&format!("qos{qos}"));
    let mut peer = lab.peer("qos").await?;
    peer.subscribe(&topic, qos).await?;
    let began = Instant::now();
    peer.publish(lab.message(&topic, "payload")?.with_qos(qos)).await?;
    let received = peer.receive().await?;
    let milliseconds = began.elapsed().as_secs_f64() * 1e3;
    peer.publish(lab.message(&topic, END)?.with_qos(qos)).await?;
    let more = peer.receive_until(END, 0).await?;
    peer.close().await;
    if received.message.qos != qos {
        return no(format!("it was received at QoS {}", received.message.qos));
    }
    if received.message.payload != "payload" || !more.is_empty() {
        return no(format!("it was received {} times", more.len() + 1));
    }
    Ok(yes(format!("round trip {milliseconds:.1} ms")).with(milliseconds))
}

/// A later subscriber receives a retained message, and an empty one removes it.
pub(super) async fn retained(lab: &Lab<'_>) -> Checked {
    let message = Message { retain: true, ..lab.message(&lab.topic("retain"), "kept")? };
    let topic = message.topic.as_str();
    lab.leaves_retained(&message.topic);
    let mut publisher = lab.peer("retain").await?;
    publisher.publish(message.clone()).await?;
    for is_kept in [true, false] {
        let mut subscriber = lab.peer("later").await?;
        subscriber.subscribe(topic, lab.qos()).await?;
        publisher.publish(lab.message(topic, END)?).await?;
        let came = subscriber.receive_until(END, usize::from(is_kept)).await?;
        subscriber.close().await;
        match (is_kept, &came[..]) {
            (true, [received]) if received.message.retain => {
                publisher.publish(Message { payload: bytes::Bytes::new(), ..message.clone() }).await?;
            }
            (true, [_]) => return no("it was delivered without the retain flag"),
            (true, []) => return no("a later subscriber did not receive it"),
            (false, []) => {}
            (true, more) => return no(format!("it was received {} times", more.len())),
            (false, _) => return no("an empty message did not remove it"),
        }
    }
    publisher.close().await;
    Ok(yes("sent to a later subscriber, removed by an empty message"))
}

/// Both wildcards match the right topics, and nothing else.
pub(super) async fn wildcards(lab: &Lab<'_>) -> Checked {
    let mut peer = lab.peer("wild").await?;
    let base = lab.topic("wild");
    for filter in [format!("{base}/one/+/x"), format!("{base}/all/#"), format!("{base}/end")] {
        peer.subscribe(&filter, lab.qos()).await?;
    }
    let topics = ["one/1/x", "one//x", "all", "all/1/2", "one/x", "one/1/2/x", "none"];
    for topic in topics {
        peer.publish(lab.message(&format!("{base}/{topic}"), "payload")?).await?;
    }
    peer.publish(lab.message(&format!("{base}/end"), END)?).await?;
    let came = peer.receive_until(END, 4).await?;
    peer.close().await;
    let mut came: Vec<_> =
        came.iter().filter_map(|received| received.message.topic.as_str().strip_prefix(&base)).collect();
    came.sort_unstable();
    if came != ["/all", "/all/1/2", "/one//x", "/one/1/x"] {
        return no(format!("wrong topics received: {}", came.join(", ")));
    }
    Ok(yes("+ and # match the right topics"))
}

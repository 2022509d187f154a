//! What MQTT 5.0 added.

use std::sync::Arc;

use bytes::Bytes;
use tokio::time::Instant;

use super::super::finding::{Checked, Why, granted, no, yes};
use super::super::lab::Lab;
use super::super::peer::parsed;
use crate::mqtt::{Message, PublishProperties, SubscriptionOptions, TopicName};

const END: &str = "end";

fn needs_v5(lab: &Lab<'_>) -> Result<(), Why> {
    if lab.version.is_v5() { Ok(()) } else { no("needs MQTT 5.0") }
}

/// All properties of a message are delivered unchanged, User Properties in order.
pub(super) async fn through(lab: &Lab<'_>) -> Checked {
    needs_v5(lab)?;
    let topic = lab.topic("properties");
    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let sent = PublishProperties {
        payload_format_indicator: Some(1),
        message_expiry_interval: Some(60),
        response_topic: Some(lab.topic("answers")),
        correlation_data: Some(Bytes::from_static(&[0, 0xff])),
        user_properties: vec![pair("b", "1"), pair("a", "2"), pair("b", "3")],
        content_type: Some("text/plain".to_owned()),
        ..PublishProperties::default()
    };
    let mut peer = lab.peer("properties").await?;
    peer.subscribe(&topic, lab.qos()).await?;
    peer.publish(Message { properties: Some(Arc::new(sent.clone())), ..lab.message(&topic, "payload")? }).await?;
    let received = peer.receive().await?;
    peer.close().await;
    let came = received.message.properties.map(Arc::unwrap_or_clone).unwrap_or_default();
    let changed = [
        ("Payload Format Indicator", came.payload_format_indicator == sent.payload_format_indicator),
        // It counts down.
        ("Message Expiry Interval", came.message_expiry_interval.is_some_and(|seconds| (50..=60).contains(&seconds))),
        ("Response Topic", came.response_topic == sent.response_topic),
        ("Correlation Data", came.correlation_data == sent.correlation_data),
        ("User Properties", came.user_properties == sent.user_properties),
        ("Content Type", came.content_type == sent.content_type),
    ];
    let changed: Vec<_> = changed.iter().filter(|(_, is_same)| !is_same).map(|(name, _)| *name).collect();
    if changed.is_empty() { Ok(yes("all delivered unchanged")) } else { no(format!("changed: {}", changed.join(", "))) }
}

/// The messages of a subscription carry its identifier.
pub(super) async fn subscription_ids(lab: &Lab<'_>) -> Checked {
    needs_v5(lab)?;
    let topic = lab.topic("identifier");
    let mut peer = lab.peer("identifier").await?;
    let reason = peer.subscribe_with(SubscriptionOptions::new(parsed(&topic)?, lab.qos()), Some(7)).await?;
    granted(reason, lab.qos().number())?;
    peer.publish(lab.message(&topic, "payload")?).await?;
    let received = peer.receive().await?;
    peer.close().await;
    let identifiers = received.message.properties.map(|properties| properties.subscription_identifiers.clone());
    if identifiers.as_deref() == Some(&[7]) {
        Ok(yes("delivered with messages"))
    } else {
        no("the message was delivered without it")
    }
}

/// A message with an alias instead of a topic arrives.
pub(super) async fn topic_alias(lab: &Lab<'_>) -> Checked {
    needs_v5(lab)?;
    let topic = lab.topic("alias");
    let mut settings = lab.connection("alias");
    settings.client.connect.automatic_topic_aliases = true;
    let mut peer = lab.open(&settings).await?;
    let maximum = peer.connected.ack.properties.topic_alias_maximum.unwrap_or(0);
    if maximum == 0 {
        return no("the broker announces no Topic Alias Maximum");
    }
    peer.subscribe(&topic, lab.qos()).await?;
    for payload in ["one", "two", END] {
        peer.publish(lab.message(&topic, payload)?).await?;
    }
    let came = peer.receive_until(END, 2).await?;
    peer.close().await;
    if came.len() != 2 || came.iter().any(|received| received.message.topic.as_str() != topic) {
        return no("messages with an alias are not delivered on their topic");
    }
    Ok(yes(format!("Topic Alias Maximum {maximum}")).with(maximum))
}

/// A client does not receive its own messages with No Local.
pub(super) async fn no_local(lab: &Lab<'_>) -> Checked {
    needs_v5(lab)?;
    let (topic, end) = (lab.topic("local"), lab.topic("local-end"));
    let mut peer = lab.peer("local").await?;
    let options = SubscriptionOptions { no_local: true, ..SubscriptionOptions::new(parsed(&topic)?, lab.qos()) };
    granted(peer.subscribe_with(options, None).await?, lab.qos().number())?;
    peer.subscribe(&end, lab.qos()).await?;
    let mut other = lab.peer("other").await?;
    peer.publish(lab.message(&topic, "own")?).await?;
    other.publish(lab.message(&topic, "other")?).await?;
    other.publish(lab.message(&end, END)?).await?;
    let came = peer.receive_until(END, 1).await?;
    peer.close().await;
    other.close().await;
    match &came[..] {
        [received] if received.message.payload == "other" => Ok(yes("only messages of other clients delivered")),
        [] => no("the message of another client is not delivered"),
        _ => no("its own messages are delivered too"),
    }
}

/// A response reaches the requester.
pub(super) async fn request_response(lab: &Lab<'_>) -> Checked {
    needs_v5(lab)?;
    let (topic, answers) = (lab.topic("request"), lab.topic("response"));
    let mut responder = lab.peer("responder").await?;
    responder.subscribe(&topic, lab.qos()).await?;
    let mut requester = lab.peer("requester").await?;
    requester.subscribe(&answers, lab.qos()).await?;
    let with = |properties| Some(Arc::new(properties));
    let correlation_data = Some(Bytes::from_static(b"\0probe"));
    let properties = PublishProperties {
        response_topic: Some(answers),
        correlation_data: correlation_data.clone(),
        ..PublishProperties::default()
    };
    let began = Instant::now();
    requester.publish(Message { properties: with(properties), ..lab.message(&topic, "ask")? }).await?;
    let asked = responder.receive().await?.message.properties.unwrap_or_default();
    let Some(Ok(answer_to)) = asked.response_topic.as_deref().map(TopicName::parse) else {
        return no("the request was delivered without its Response Topic");
    };
    let properties =
        PublishProperties { correlation_data: asked.correlation_data.clone(), ..PublishProperties::default() };
    let answer = Message { topic: answer_to, properties: with(properties), ..lab.message(&topic, "answer")? };
    responder.publish(answer).await?;
    let answer = requester.receive().await?.message.properties.unwrap_or_default();
    let milliseconds = began.elapsed().as_secs_f64() * 1e3;
    responder.close().await;
    requester.close().await;
    if answer.correlation_data != correlation_data {
        return no("the response was delivered without its Correlation Data");
    }
    Ok(yes(format!("answered after {milliseconds:.1} ms")).with(milliseconds))
}

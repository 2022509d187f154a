//! Topic prefixes with a special meaning.

use std::collections::BTreeSet;
use std::time::Duration;

use tokio::time::{Instant, timeout};

use super::super::finding::{Checked, Why, no, yes};
use super::super::lab::Lab;
use super::super::peer::{Peer, parsed};
use crate::mqtt::SubscriptionOptions;

const END: &str = "end";
/// Messages for two members.
const MESSAGES: usize = 100;
/// The delay to test.
const DELAY: Duration = Duration::from_secs(1);
/// How late a delayed message may be.
const PATIENCE: Duration = Duration::from_secs(2);

/// Two members of a group share the messages; measures how evenly.
pub(super) async fn divided(lab: &Lab<'_>, prefix: &str, name: &str) -> Checked {
    let (topic, end) = (lab.topic(name), lab.topic(&format!("{name}-end")));
    let mut one = member(lab, "one", &format!("{prefix}{topic}"), &end).await?;
    let mut two = member(lab, "two", &format!("{prefix}{topic}"), &end).await?;
    let mut publisher = lab.peer("publisher").await?;
    for number in 0..MESSAGES {
        publisher.publish(lab.message(&topic, number.to_string())?).await?;
    }
    publisher.publish(lab.message(&end, END)?).await?;
    let first = one.receive_until(END, 0).await?;
    let rest = MESSAGES.saturating_sub(first.len());
    let second = two.receive_until(END, rest).await?;
    // Messages that the first member received meanwhile.
    let late = one.receive_late(MESSAGES.saturating_sub(first.len() + second.len())).await?;
    for peer in [one, two, publisher] {
        peer.close().await;
    }
    let counts = [first.len() + late.len(), second.len()];
    let total = counts[0] + counts[1];
    let all = first.iter().chain(&late).chain(&second).map(|received| received.message.payload.clone());
    let distinct = all.collect::<BTreeSet<_>>().len();
    match total {
        0 => no("neither of two members receives anything"),
        _ if total == 2 * distinct && distinct == MESSAGES => no("each of two members receives all messages"),
        _ if total != MESSAGES || distinct != MESSAGES => {
            no(format!("{total} of {MESSAGES} messages received, {distinct} of them different"))
        }
        _ => {
            let [one, two] = counts;
            Ok(yes(format!("{MESSAGES} messages shared by two members: {one} and {two}")).with(counts.to_vec()))
        }
    }
}

async fn member(lab: &Lab<'_>, name: &str, filter: &str, end: &str) -> Result<Peer, Why> {
    let mut peer = lab.peer(name).await?;
    peer.subscribe(filter, lab.qos()).await?;
    peer.subscribe(end, lab.qos()).await?;
    Ok(peer)
}

/// A message arrives after its delay; measures how accurately.
pub(super) async fn delayed(lab: &Lab<'_>) -> Checked {
    let topic = lab.topic("delayed");
    let mut peer = lab.peer("delayed").await?;
    peer.subscribe(&topic, lab.qos()).await?;
    let began = Instant::now();
    peer.publish(lab.message(&format!("$delayed/{}/{topic}", DELAY.as_secs()), "payload")?).await?;
    let Ok(received) = timeout(DELAY + PATIENCE, peer.receive()).await else {
        return no(format!("no message {} s after it was due", PATIENCE.as_secs()));
    };
    let waited = began.elapsed();
    received?;
    peer.close().await;
    let late = (waited.as_secs_f64() - DELAY.as_secs_f64()) * 1e3;
    if waited < DELAY / 2 {
        return no("it was delivered without delay");
    }
    let words = if late < 0.0 { format!("{:.0} ms early", -late) } else { format!("{late:.0} ms late") };
    Ok(yes(format!("after 1 s, {words}")).with(late.round()))
}

/// Only one client can subscribe.
pub(super) async fn exclusive(lab: &Lab<'_>) -> Checked {
    let topic = lab.topic("exclusive");
    let filter = format!("$exclusive/{topic}");
    let mut one = lab.peer("one").await?;
    one.subscribe(&filter, lab.qos()).await?;
    let mut two = lab.peer("two").await?;
    let second = two.subscribe_with(SubscriptionOptions::new(parsed(&filter)?, lab.qos()), None).await?;
    if !second.is_failure() {
        return no("a second subscriber is accepted");
    }
    one.subscribe(&lab.topic("exclusive-end"), lab.qos()).await?;
    two.publish(lab.message(&topic, "payload")?).await?;
    two.publish(lab.message(&lab.topic("exclusive-end"), END)?).await?;
    let came = one.receive_until(END, 1).await?;
    one.close().await;
    two.close().await;
    if came.len() == 1 {
        Ok(yes(format!("a second subscriber is refused: {second}")))
    } else {
        no("the subscriber receives nothing")
    }
}

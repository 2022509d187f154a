//! `sub --remove-retained`: an empty retained message to each topic that has one.

use std::pin::pin;

use super::interrupt::Interrupt;
use super::refusal::{hung_up, refused, unpublishable};
use crate::client::{Client, Declined, Event, Events};
use crate::error::{Error, ErrorKind};
use crate::mqtt::{Message, QoS, TopicName};
use crate::output::Talk;
use crate::session::PublishOutcome;

/// Says what would be removed.
pub(super) fn describe(topics: &[TopicName], talk: Talk) {
    for topic in topics {
        talk.success(format_args!("Would remove the retained message of {topic}"));
    }
}

/// Removes them, at QoS 1 so that each removal is known to be done. Returns the kind of the first refusal.
pub(super) async fn run(
    topics: &[TopicName],
    client: &Client,
    events: &mut Events,
    interrupt: &mut Interrupt,
    talk: Talk,
) -> Result<Option<ErrorKind>, Error> {
    let mut failure = None;
    let mut fail = |error: &Error| {
        failure.get_or_insert(error.kind());
        talk.error(error);
    };
    let mut publishing = pin!(publish(topics, client));
    let mut sent = None;
    let mut answered = 0;
    while sent != Some(answered) {
        tokio::select! {
            biased;
            _ = interrupt.received() => {
                let message = format!("interrupted: {answered} of {} retained messages removed", topics.len());
                return Err(Error::local(message));
            }
            event = events.next() => match event {
                Some(Event::Published { outcome, .. }) => {
                    answered += 1;
                    match outcome {
                        PublishOutcome::Acknowledged(_) => {}
                        PublishOutcome::Refused(ack) => {
                            let what = "the removal of a retained message";
                            fail(&refused(ErrorKind::PublishRefused, what, ack.reason, ack.details.as_deref()));
                        }
                        PublishOutcome::Rejected(error) => fail(&unpublishable(None, &error)),
                        PublishOutcome::HungUp(message) => fail(&hung_up(&message)),
                        PublishOutcome::Uncertain | PublishOutcome::Lost => {
                            let message = "the connection was lost before the broker acknowledged a removal";
                            fail(&Error::new(ErrorKind::ConnectionLost, message));
                        }
                    }
                }
                Some(Event::Closed(Err(error))) => return Err(Error::from(*error)),
                Some(Event::Closed(Ok(()))) | None => return Ok(failure),
                Some(_) => {}
            },
            published = &mut publishing, if sent.is_none() => sent = Some(published?),
        }
    }
    if failure.is_none() {
        talk.success(format_args!("{answered} retained messages removed"));
    }
    Ok(failure)
}

/// How many were accepted.
async fn publish(topics: &[TopicName], client: &Client) -> Result<usize, Error> {
    let mut sent = 0;
    for topic in topics {
        let message = Message { retain: true, ..Message::new(topic.clone(), "").with_qos(QoS::AtLeastOnce) };
        match client.publish(message).await {
            Ok(_) => sent += 1,
            Err(Declined::Closed(_)) => break,
            Err(Declined::Rejected(error)) => return Err(unpublishable(Some(topic), &error)),
        }
    }
    Ok(sent)
}

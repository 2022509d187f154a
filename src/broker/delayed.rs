use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use async_trait::async_trait;
use rmqtt::context::ServerContext;
use rmqtt::delayed::DelayedSender;
use rmqtt::session::SessionState;
use rmqtt::types::{From, Publish};

use super::expiry;
use crate::mqtt::{Delay, MAXIMUM_DELAY_SECONDS, TopicError, TopicName};

/// Holds the messages to `$delayed/{seconds}/{topic}` back until their time.
pub(super) struct Delayed {
    context: ServerContext,
    waiting: Arc<AtomicUsize>,
}

impl Delayed {
    pub(super) fn new(context: ServerContext) -> Self {
        Self { context, waiting: Arc::default() }
    }
}

#[async_trait]
impl DelayedSender for Delayed {
    fn enable(&self) -> bool {
        true
    }

    /// Every message that a client publishes comes through here first.
    fn parse(&self, publish: Publish) -> rmqtt::Result<Publish> {
        Ok(prepare(publish))
    }

    async fn delay_publish(
        &self,
        from: From,
        mut publish: Publish,
        message_storage_available: bool,
        message_expiry_interval: Option<Duration>,
    ) -> rmqtt::Result<Option<(From, Publish)>> {
        let delay = Duration::from_secs(publish.delay_interval.take().unwrap_or(0).into());
        let (context, waiting) = (self.context.clone(), self.waiting.clone());
        waiting.fetch_add(1, Ordering::Relaxed);
        // Ends with the runtime at the latest.
        tokio::spawn(async move {
            tokio::time::sleep(delay).await;
            waiting.fetch_sub(1, Ordering::Relaxed);
            // Fails for single subscribers only, which rmqtt tells its own hooks.
            let _ = SessionState::forwards(&context, from, publish, message_storage_available, message_expiry_interval)
                .await;
        });
        Ok(None)
    }

    async fn len(&self) -> usize {
        self.waiting.load(Ordering::Relaxed)
    }
}

/// Makes a message ready to be forwarded: dates its expiry and takes `$delayed/{seconds}/` off its topic.
pub(super) fn prepare(mut publish: Publish) -> Publish {
    // Without any, as from 3.1.1, rmqtt would lose Subscription Identifier and Topic Alias on the way to 5.0.
    publish.properties.get_or_insert_default();
    expiry::round_up(&mut publish);
    // A bad `$delayed/` stays as it is, to be refused by the publish check.
    let parsed = TopicName::parse(publish.topic.clone()).ok();
    let delayed = parsed.as_ref().and_then(TopicName::delayed);
    if let Some((delayed, seconds)) = delayed.and_then(|delayed| Some((delayed, seconds_until(delayed.delay)?))) {
        publish.delay_interval = Some(seconds);
        publish.topic = delayed.topic.into();
    }
    publish
}

/// Refuses what no message can be published to; a good `$delayed/` is no longer there when this is asked.
pub(super) fn judge(publish: &Publish) -> Result<(), TopicError> {
    TopicName::parse(publish.topic.clone())?.check_delay(now())
}

/// Seconds from now on, 0 if the time is over, as EMQX has it; `None` if it is too far away.
fn seconds_until(delay: Delay) -> Option<u32> {
    match delay {
        Delay::After(seconds) => Some(seconds),
        Delay::At(unix_time) => {
            let seconds = u32::try_from(unix_time.saturating_sub(now())).ok();
            seconds.filter(|seconds| *seconds <= MAXIMUM_DELAY_SECONDS)
        }
    }
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}

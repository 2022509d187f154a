//! `retained`: the messages that a broker keeps, listed or removed.
//!
//! They are asked for by a subscription that ends with the command. A broker does not say which message is the last one:
//! that is taken for all of them after which nothing comes for a while.

use std::time::Duration;

use tokio::time::timeout;

use super::collected::{Collected, Found};
use super::shell::{Shell, Stop};
use crate::cli::repl::RetainedLine;
use crate::error::Error;
use crate::mqtt::{Message, QoS, RetainHandling, SubscriptionOptions, TopicFilter};
use crate::output::Columns;
use crate::payload::plural;
use crate::session::{SubscribeRequest, UnsubscribeRequest};

impl Shell<'_> {
    /// `retained`.
    pub(super) async fn retained(&mut self, line: &RetainedLine) -> Result<(), Stop> {
        let filter = |text: &str| TopicFilter::parse(text).map_err(|error| Error::topic("FILTER", text, &error));
        let (clears, filter) = match line.words.as_slice() {
            [] => (false, filter("#")?),
            [word] if word == "clear" => {
                let error = Error::usage("retained clear: FILTER is missing");
                return Err(error.with_hint("`retained clear '#'` removes all").into());
            }
            [text] => (false, filter(text)?),
            [word, text] if word == "clear" => (true, filter(text)?),
            words => {
                let message = format!("retained: `{}` is not a filter, or `clear` and a filter", words.join(" "));
                return Err(Error::usage(message).with_hint("for example retained clear car/#").into());
            }
        };
        if filter.is_shared() {
            let message = format!("retained: a shared subscription as `{filter}` gets no retained messages");
            return Err(Error::usage(message).into());
        }
        if !clears && (line.dry_run || line.yes) {
            return Err(Error::usage("retained: --dry-run and --yes need `retained clear FILTER`").into());
        }
        let mut collected = self.collect(filter, line.idle_timeout).await?;
        collected.found.sort_by(|one, other| one.topic.as_str().cmp(other.topic.as_str()));
        if collected.found.is_empty() {
            self.talk.plain(&format!("No retained messages on {}", collected.filter.as_str()));
            return Ok(());
        }
        if collected.more > 0 {
            let more = plural(collected.more, "more message");
            self.talk.warning(format_args!("{more} not taken: use a narrower filter"));
        }
        let count = plural(collected.found.len() as u64, "retained message");
        if clears && !line.yes && !line.dry_run && self.screen.is_none() {
            let error = Error::usage(format!("retained clear: would remove {count}, and cannot ask here"));
            return Err(error.with_hint("--yes removes them, --dry-run lists them").into());
        }
        if !clears || !line.yes {
            let mut rows = Columns::default();
            for Found { topic, size, head } in &collected.found {
                rows.row([topic.as_str().to_owned(), plural(*size as u64, "byte"), head.clone()]);
            }
            self.print_rows(&rows)?;
        }
        if !clears {
            return Ok(());
        }
        if line.dry_run {
            self.talk.success(format_args!("Would remove {count}"));
            return Ok(());
        }
        if !line.yes && !self.is_agreed(&format!("Remove {count}?")).await? {
            self.talk.plain("Nothing is removed");
            return Ok(());
        }
        let removal =
            |found: Found| Message { retain: true, ..Message::new(found.topic, "").with_qos(QoS::AtLeastOnce) };
        self.publish_each(collected.found.into_iter().map(removal).collect()).await?;
        self.talk.success(format_args!("{count} removed"));
        Ok(())
    }

    /// Subscribes, takes what is retained, and ends the subscription unless there was one before.
    async fn collect(&mut self, filter: TopicFilter, idle: Duration) -> Result<Collected, Stop> {
        let (id, client) = self.client()?;
        let before = self.current()?.subscriptions.iter().find(|active| active.options.filter == filter);
        let options = before.map_or_else(
            || SubscriptionOptions::new(filter.clone(), QoS::AtMostOnce),
            |active| SubscriptionOptions { retain_handling: RetainHandling::SendAtSubscribe, ..active.options.clone() },
        );
        let is_new = before.is_none();
        let subscription_identifier = before.and_then(|active| active.subscription_identifier);
        let request = SubscribeRequest { filters: vec![options], subscription_identifier, ..Default::default() };
        self.collected = Some(Collected::new(filter.clone()));
        let was_hushed = std::mem::replace(&mut self.is_hushed, true);
        let ended = async {
            let request = client.subscribe(request).map_err(|error| Error::usage(error.to_string()))?;
            self.asked(id, request, vec![filter.clone()]);
            self.answered_by(id, request).await?;
            self.collect_until_idle(idle).await?;
            if is_new {
                let request = UnsubscribeRequest { filters: vec![filter.clone()], ..Default::default() };
                let request = client.unsubscribe(request).map_err(|error| Error::usage(error.to_string()))?;
                self.asked(id, request, vec![filter]);
                self.answered_by(id, request).await?;
            }
            Ok(())
        };
        let ended = ended.await;
        self.is_hushed = was_hushed;
        let collected = self.collected.take();
        ended.and_then(|()| collected.ok_or_else(|| Error::local("what was retained is gone").into()))
    }

    async fn collect_until_idle(&mut self, idle: Duration) -> Result<(), Stop> {
        loop {
            let before = self.collected.as_ref().map_or(0, Collected::count);
            let until = tokio::time::Instant::now() + idle;
            while let Ok(occurrence) =
                timeout(until.saturating_duration_since(tokio::time::Instant::now()), self.next()).await
            {
                let occurrence = occurrence?;
                self.background(occurrence);
            }
            let now = self.collected.as_ref().map_or(0, Collected::count);
            if now == before {
                return Ok(());
            }
        }
    }
}

//! `wait` and `expect`: what makes a script a test of a broker.
//!
//! Each message answers one of them at most, the oldest first. `wait` takes the oldest that matches and leaves the
//! others; `expect` takes the oldest on its filter and judges it.

use std::time::Duration;

use tokio::time::{Instant, timeout_at};

use super::journal::Entry;
use super::property::Property;
use super::selection::check;
use super::shell::{Occurrence, Shell, Stop};
use crate::cli::repl::{AssertLine, ExpectLine, WaitLine, WaitedForArgs};
use crate::config::Origins;
use crate::error::{Error, ErrorKind};
use crate::mqtt::TopicFilter;
use crate::payload::{Codec, Condition, plural};
use crate::settings::judge;

/// What a payload has to be.
#[derive(Debug, Default)]
struct Wanted {
    whole: Option<String>,
    condition: Condition,
    properties: Vec<Property>,
    /// By which a payload is decoded before it is judged.
    codec: Option<Codec>,
}

impl Wanted {
    fn new(whole: Option<&str>, given: &WaitedForArgs, origins: &Origins) -> Result<Self, Error> {
        let condition = Condition { pattern: given.pattern.clone(), json: given.json.clone() };
        let property = |text: &String| text.parse().map_err(|error| Error::usage(format!("--property: {error}")));
        let properties = given.property.iter().map(property).collect::<Result<_, _>>()?;
        let codec = judge(&given.payload, origins)?;
        Ok(Self { whole: whole.map(Into::into), condition, properties, codec })
    }

    fn is_met_by(&self, kept: &Entry) -> bool {
        let message = &kept.record.message;
        let is_met = match &self.codec {
            None => self.matches(&message.payload),
            Some(codec) => {
                let mut decoded = Vec::new();
                // A payload that does not decode is another message than the one that is wanted.
                codec.decode(message.topic.as_str(), &message.payload, &mut decoded).is_ok() && self.matches(&decoded)
            }
        };
        is_met && self.properties.iter().all(|property| property.is_of(message))
    }

    fn matches(&self, payload: &[u8]) -> bool {
        self.whole.as_ref().is_none_or(|whole| whole.as_bytes() == payload) && self.condition.fits(payload)
    }

    /// For example `a match of ^on and /level=3`, with backticks; empty if any message will do.
    fn description(&self) -> String {
        let whole = self.whole.iter().map(|text| format!("`{text}`"));
        let pattern = self.condition.pattern.iter().map(|pattern| format!("a match of `{pattern}`"));
        let json = self.condition.json.iter().map(ToString::to_string);
        let properties = self.properties.iter().map(ToString::to_string);
        let codec = self.codec.iter().map(|codec| format!("a payload of format {}", codec.format()));
        whole.chain(pattern).chain(json).chain(properties).chain(codec).collect::<Vec<_>>().join(" and ")
    }
}

impl Shell<'_> {
    /// Takes the oldest message that matches, and waits for it if need be.
    pub(super) async fn wait(&mut self, line: &WaitLine, origins: &Origins) -> Result<(), Stop> {
        let wanted = Wanted::new(None, &line.waited_for, origins)?;
        let filter = &line.filter;
        let matches = |kept: &Entry| is_on(filter, kept) && wanted.is_met_by(kept);
        let timeout = (!line.timeout.is_zero()).then_some(line.timeout);
        if let Some(found) = self.first(timeout, matches).await? {
            self.tell_found(&found);
            return Ok(());
        }
        check(&wanted.condition)?;
        let what = match wanted.description() {
            any if any.is_empty() => format!("no message on {}", filter.as_str()),
            wanted => format!("no message on {} with {wanted}", filter.as_str()),
        };
        Err(timed_out(&what, line.timeout).into())
    }

    /// Judges the oldest message on a filter, and waits for it if need be.
    pub(super) async fn expect(&mut self, line: &ExpectLine, origins: &Origins) -> Result<(), Stop> {
        let wanted = Wanted::new(line.payload.as_deref(), &line.waited_for, origins)?;
        let filter = &line.filter;
        let found = self.first(Some(line.timeout), |kept| is_on(filter, kept)).await?;
        let name = filter.as_str();
        match found {
            None if line.none => Ok(()),
            None => Err(timed_out(&format!("no message on {name}"), line.timeout).into()),
            Some(kept) if line.none => {
                let topic = kept.record.message.topic.as_str();
                Err(Error::local(format!("expected no message, got one on {topic}")).with_detail(shown(&kept)).into())
            }
            Some(kept) if wanted.is_met_by(&kept) => {
                self.tell_found(&kept);
                Ok(())
            }
            Some(kept) => {
                check(&wanted.condition)?;
                let topic = kept.record.message.topic.as_str();
                let (wanted, got) = (wanted.description(), shown(&kept));
                // A short payload fits into the sentence.
                Err(if got.len() <= 40 && !got.contains('\n') {
                    Error::local(format!("expected {wanted} on {topic}, got `{got}`")).into()
                } else {
                    Error::local(format!("expected {wanted} on {topic}, got another message")).with_detail(got).into()
                })
            }
        }
    }

    /// Judges what was received so far, and leaves it for others.
    pub(super) async fn assert(&mut self, line: &AssertLine, origins: &Origins) -> Result<(), Stop> {
        let wanted = Wanted::new(line.payload.as_deref(), &line.waited_for, origins)?;
        // What has come and was not looked at yet counts.
        while let Ok(occurrence) = timeout_at(Instant::now(), self.next()).await {
            let occurrence = occurrence?;
            self.background(occurrence);
        }
        let on: Vec<_> = self.messages.journal.entries().filter(|kept| is_on(&line.filter, kept)).collect();
        let count = on.iter().filter(|kept| wanted.is_met_by(kept)).count() as u64;
        if line.count.map_or(count > 0, |wanted| wanted == count) {
            return Ok(());
        }
        check(&wanted.condition)?;
        let expected = line.count.map_or_else(|| "at least 1".to_owned(), |count| count.to_string());
        let description = match wanted.description() {
            any if any.is_empty() => any,
            wanted => format!(" with {wanted}"),
        };
        let (found, filter) = (plural(count, "message"), line.filter.as_str());
        let error = Error::local(format!("expected {expected} on {filter}{description}, got {found}"));
        Err(match on.last() {
            Some(last) if count == 0 => {
                error.with_detail(format!("{}: {}", last.record.message.topic.as_str(), shown(last)))
            }
            _ => error,
        }
        .into())
    }

    /// Reports to the user that a message was found, which may have arrived long before.
    fn tell_found(&self, found: &Entry) {
        if self.screen.is_some() {
            self.talk.success(format_args!("Message {} on {}", found.id, found.record.message.topic.as_str()));
        }
    }

    /// Does nothing but take what arrives.
    pub(super) async fn sleep(&mut self, time: Duration) -> Result<(), Stop> {
        let end = Instant::now() + time;
        while let Ok(occurrence) = timeout_at(end, self.next()).await {
            let occurrence = occurrence?;
            self.background(occurrence);
        }
        Ok(())
    }

    /// The oldest message that matches and that nothing has taken, waited for if need be.
    pub(super) async fn first(
        &mut self,
        timeout: Option<Duration>,
        matches: impl Fn(&Entry) -> bool,
    ) -> Result<Option<Entry>, Stop> {
        let end = timeout.map(|timeout| Instant::now() + timeout);
        if let Some(kept) = self.messages.take_first(&matches) {
            return Ok(Some(kept));
        }
        loop {
            let occurrence = match end {
                None => self.next().await?,
                Some(end) => match timeout_at(end, self.next()).await {
                    Ok(occurrence) => occurrence?,
                    Err(_) => return Ok(None),
                },
            };
            match occurrence {
                Occurrence::Message(id) => {
                    if let Some(kept) = self.messages.take(id, &matches) {
                        return Ok(Some(kept));
                    }
                }
                // Nothing can come any more.
                Occurrence::Closed(_, Some(error)) if self.connections.iter().all(|other| other.client.is_none()) => {
                    return Err(error.into());
                }
                occurrence => self.background(occurrence),
            }
        }
    }
}

fn is_on(filter: &TopicFilter, kept: &Entry) -> bool {
    filter.matches(kept.record.message.topic.as_str())
}

/// The payload, its first lines.
fn shown(kept: &Entry) -> String {
    String::from_utf8_lossy(&kept.record.message.payload).lines().take(10).collect::<Vec<_>>().join("\n")
}

fn timed_out(what: &str, time: Duration) -> Error {
    Error::new(ErrorKind::TimedOut, format!("{what} within {} s", time.as_secs_f64()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted(whole: Option<&str>, pattern: Option<&str>, json: &[&str]) -> Wanted {
        let json = json.iter().map(|text| text.parse().unwrap()).collect();
        let condition = Condition { pattern: pattern.map(|text| text.parse().unwrap()), json };
        Wanted { whole: whole.map(Into::into), condition, ..Wanted::default() }
    }

    #[test]
    fn a_payload_is_wanted_whole_in_part_or_by_its_json() {
        assert!(wanted(None, None, &[]).matches(b"\xff"));
        assert!(wanted(Some("on"), None, &[]).matches(b"on") && !wanted(Some("on"), None, &[]).matches(b"on!"));
        assert!(wanted(None, Some("n o"), &[]).matches(b"\xffon or off"));
        let switch = wanted(None, Some("^o(n|ff)$"), &[]);
        assert!(switch.matches(b"off") && !switch.matches(b"offer"));
        let state = wanted(None, None, &["/state/on=true", "/name=ac", "/n=1.5"]);
        assert!(state.matches(br#"{"n": 1.5, "name": "ac", "state": {"on": true}}"#));
        assert!(!state.matches(br#"{"n": 1.5, "name": "ac", "state": {"on": false}}"#));
        assert!(!state.matches(b"on"));
    }
}

//! What a filter means, in words.

use std::io::Write;

use super::{Columns, Stdout, WriteError};
use crate::mqtt::{Delay, Share, TopicFilter, TopicName};

/// Prints a filter part by part, each with its meaning, and what it surprisingly does not match.
pub(crate) fn topic_explanation<W: Write>(filter: &TopicFilter, stdout: &mut Stdout<W>) -> Result<(), WriteError> {
    let mut columns = Columns::default();
    if let Some((prefix, meaning)) = prefix(filter) {
        columns.row([prefix, meaning]);
    }
    let body = filter.body();
    let delayed = TopicName::parse(body).ok().and_then(|topic| {
        let delayed = topic.delayed()?;
        Some((
            body.strip_suffix(delayed.topic)?.trim_end_matches('/').to_owned(),
            delayed.delay,
            delayed.topic.to_owned(),
        ))
    });
    let levels = match &delayed {
        Some((prefix, delay, topic)) => {
            columns.row([prefix.clone(), delay_in_words(*delay)]);
            topic
        }
        None => body,
    };
    let count = levels.split('/').count();
    for (index, level) in levels.split('/').enumerate() {
        columns.row([shown(level).to_owned(), meaning(level, index, count)]);
    }
    for line in columns.lines(stdout.stream()) {
        stdout.line(&line)?;
    }
    for note in notes(filter, delayed.is_some()) {
        stdout.line(&note)?;
    }
    Ok(())
}

/// The effect of the prefix on the broker.
fn prefix(filter: &TopicFilter) -> Option<(String, String)> {
    let prefix = filter.as_str().strip_suffix(filter.body())?.trim_end_matches('/').to_owned();
    let meaning = match filter.share() {
        Share::All => return None,
        Share::Group(group) => format!("shared: one subscriber of the group `{group}` gets each message"),
        Share::Queue => "shared (EMQX): one of all subscribers with $queue gets each message".to_owned(),
        Share::Exclusive => "exclusive (EMQX): only one client can have this subscription".to_owned(),
    };
    Some((prefix, meaning))
}

fn delay_in_words(delay: Delay) -> String {
    match delay {
        Delay::After(seconds) => format!("delayed (EMQX): the broker holds the message back for {seconds} s"),
        Delay::At(time) => format!("delayed (EMQX): the broker holds the message back until Unix time {time}"),
    }
}

fn shown(level: &str) -> &str {
    if level.is_empty() { "(empty)" } else { level }
}

fn meaning(level: &str, index: usize, count: usize) -> String {
    match level {
        "#" if count == 1 => "all topics".to_owned(),
        "#" => "any number of levels below, and the topic before it too".to_owned(),
        "+" => "any one level, an empty one too".to_owned(),
        "" if index == 0 => "an empty level: the topic begins with `/`".to_owned(),
        "" if index + 1 == count => "an empty level: the topic ends with `/`".to_owned(),
        "" => "an empty level between two `/`".to_owned(),
        "$SYS" if index == 0 => "the statistics of the broker".to_owned(),
        _ if index == 0 && level.starts_with('$') => {
            "exactly this level, in a topic that the broker reserves".to_owned()
        }
        _ if level.contains('*') => "exactly this level: `*` is not a wildcard in MQTT, `+` and `#` are".to_owned(),
        _ => "exactly this level, in the same upper and lower case".to_owned(),
    }
}

fn notes(filter: &TopicFilter, is_delayed: bool) -> Vec<String> {
    let body = filter.body();
    let mut notes = Vec::new();
    if body.starts_with(['+', '#']) {
        notes.push(
            "Does not match topics that begin with `$`, for example $SYS/broker/uptime [MQTT-4.7.2-1].".to_owned(),
        );
    }
    if filter.is_shared() {
        notes.push("Retained messages are not sent to a shared subscription.".to_owned());
    }
    if filter.share() != Share::All {
        notes.push("The prefix is for subscriptions only: messages are published without it.".to_owned());
    }
    if is_delayed {
        notes.push("It is a topic to publish to: the message arrives under the topic after the prefix.".to_owned());
    } else if body == "$SYS" || body.starts_with("$SYS/") {
        notes.push("Only the broker publishes here; `#` and `+/...` do not include it.".to_owned());
    }
    if !filter.has_wildcards() && !is_delayed {
        notes.push("No wildcards: it matches exactly one topic.".to_owned());
    }
    notes
}

//! `topic`: what filters mean and match. It needs no broker.

use std::io;

use super::lines::Lines;
use crate::error::{Error, ErrorKind, ExitStatus};
use crate::mqtt::{TopicFilter, TopicName};
use crate::output::{Stdout, Talk, Terminal, WriteError, topic_explanation};
use crate::settings::TopicJob;

/// Runs the command.
pub(crate) async fn run(job: TopicJob, terminal: Terminal, talk: Talk) -> Result<ExitStatus, Error> {
    let mut stdout = Stdout::new(terminal.stdout);
    let done = match job {
        TopicJob::Match { filter, topics: Some(topics) } => match_given(&filter, &topics, &mut stdout),
        TopicJob::Match { filter, topics: None } => match_lines(&filter, &mut stdout, talk).await,
        TopicJob::Explain(filter) => topic_explanation(&filter, &mut stdout).map(|()| ExitStatus::Done),
    };
    match done.and_then(|status| stdout.flush().map(|()| status)) {
        Ok(status) => Ok(status),
        // `| head`: the reader has what it wanted.
        Err(WriteError::Closed) => Ok(ExitStatus::Done),
        Err(WriteError::Failed(error)) => Err(error),
    }
}

fn match_given(filter: &TopicFilter, topics: &[TopicName], stdout: &mut Stdout) -> Result<ExitStatus, WriteError> {
    let mut matched = false;
    for topic in topics.iter().filter(|topic| is_matched(filter, topic)) {
        matched = true;
        stdout.line(topic.as_str())?;
    }
    Ok(status(matched))
}

/// A line that is not a topic is reported, and the lines after it are still read.
async fn match_lines(filter: &TopicFilter, stdout: &mut Stdout, talk: Talk) -> Result<ExitStatus, WriteError> {
    let mut lines = Lines::new(io::stdin());
    let mut matched = false;
    let mut is_refused = false;
    let mut number = 0;
    while let Some(line) = lines.next().await {
        number += 1;
        let line = line.map_err(|error| WriteError::Failed(Error::local(format!("cannot read stdin: {error}"))))?;
        let text = String::from_utf8_lossy(&line).into_owned();
        match TopicName::parse(text.clone()) {
            Ok(topic) if is_matched(filter, &topic) => {
                matched = true;
                stdout.line(topic.as_str())?;
                // A reader of a pipe that never ends waits for each match.
                stdout.flush()?;
            }
            Ok(_) => {}
            Err(error) => {
                is_refused = true;
                talk.error(&Error::topic(&format!("line {number}"), &text, &error));
            }
        }
    }
    Ok(if is_refused { ExitStatus::Partly(ErrorKind::Usage) } else { status(matched) })
}

/// Whether subscribers of the filter get a message that is published to the topic.
fn is_matched(filter: &TopicFilter, topic: &TopicName) -> bool {
    filter.matches(topic.delayed().map_or(topic.as_str(), |delayed| delayed.topic))
}

/// Like `grep`: 1 if nothing matched, without an error.
fn status(matched: bool) -> ExitStatus {
    if matched { ExitStatus::Done } else { ExitStatus::Partly(ErrorKind::Local) }
}

//! `record`: writes messages to a file, and acknowledges a message only when it is in the file.
//!
//! In a persistent session the broker sends a message at QoS 1 or 2 again if a crash kept it from the file. A message that
//! is in the file and arrives again, because its acknowledgement was lost, is acknowledged and left out.

mod repeats;

use std::time::Duration;

use jiff::Timestamp;
use repeats::Repeats;
use tokio::time::Instant;

use super::deadline::at;
use super::granted::{granted, granted_again};
use super::interrupt::Interrupt;
use super::refusal::not_subscribed;
use super::status;
use crate::client::{Client, ClientError, Event, Events, Pending};
use crate::error::{Error, ErrorKind, ExitStatus};
use crate::mqtt::{QoS, Version};
use crate::output::{Recording, RecordingOptions, Talk};
use crate::payload::{Record, plural};
use crate::session::{AckToken, Acknowledge, Received, SubscribeRequest};
use crate::settings::RecordSettings;

/// How long messages at QoS 0 wait for others, to be compressed together.
const GATHERING: Duration = Duration::from_secs(1);

/// Why the recording ends.
enum End {
    Count,
    Duration,
    Idle,
    Signal(u8),
    Lost(Box<ClientError>),
    Failed(Error),
}

/// Records until an option, a signal or an error ends it.
pub(crate) async fn run(settings: &RecordSettings, talk: Talk) -> Result<ExitStatus, Error> {
    for warning in &settings.warnings {
        talk.warning(warning);
    }
    let (recording, repeats) = open(settings, talk)?;
    // Only now: before, a signal should end the reading of a long file at once.
    let mut interrupt = Interrupt::listen()?;
    let deadline = settings.duration.map(|time| Instant::now() + time);
    let (client, mut events) = super::connect(&settings.connect, Acknowledge::Manual, talk)?;
    let request = SubscribeRequest { filters: settings.filters.clone(), ..SubscribeRequest::default() };
    client.subscribe(request).map_err(|error| Error::usage(error.to_string()))?;
    let tokens = Vec::new();
    let mut recorder =
        Recorder { settings, client, talk, recording, repeats, tokens, count: 0, idle: None, flush_at: None };
    let end = loop {
        let end = tokio::select! {
            biased;
            signal = interrupt.received() => Some(End::Signal(signal)),
            () = at(deadline) => Some(End::Duration),
            () = at(recorder.idle) => Some(End::Idle),
            () = at(recorder.flush_at) => recorder.flush(),
            event = events.next() => match event {
                Some(event) => recorder.take_all(event, &mut events),
                None => Some(End::Count),
            },
        };
        if let Some(end) = end {
            break end;
        }
    };
    recorder.end(end, &mut events).await
}

/// Opens the file, and reads from it which messages the broker may send again.
fn open(settings: &RecordSettings, talk: Talk) -> Result<(Recording, Repeats), Error> {
    let options = RecordingOptions {
        path: settings.path.clone(),
        resume: settings.resume,
        rotate_size: settings.rotate_size,
        rotate_period: settings.rotate_period,
        keep: settings.keep,
    };
    let mut repeats = Repeats::default();
    let recording = Recording::open(options, &mut |number, record| repeats.earlier(number, &record))?;
    repeats.keep_up_to(recording.earlier());
    if recording.cut() > 0 {
        let (bytes, path) = (plural(recording.cut(), "byte"), recording.path().display());
        talk.warning(format_args!("`{path}` ended in the middle of a message: cut off {bytes}"));
    }
    Ok((recording, repeats))
}

struct Recorder<'a> {
    settings: &'a RecordSettings,
    client: Client,
    talk: Talk,
    recording: Recording,
    repeats: Repeats,
    /// Tokens of the messages that are not in the file yet.
    tokens: Vec<AckToken>,
    /// How many messages were recorded.
    count: u64,
    /// When to end if no message arrives; counted from SUBACK on.
    idle: Option<Instant>,
    /// When to write the waiting messages at the latest.
    flush_at: Option<Instant>,
}

impl Recorder<'_> {
    /// Takes an event and all that are queued behind it, then writes the messages and acknowledges them.
    fn take_all(&mut self, first: Event, events: &mut Events) -> Option<End> {
        let mut next = Some(first);
        let mut end = None;
        while let Some(event) = next {
            end = self.take(event).unwrap_or_else(|error| Some(self.failed(error)));
            if end.is_some() {
                break;
            }
            next = events.try_next();
        }
        // No acknowledgement is due, and larger frames compress better.
        if end.is_none() && self.recording.gains_by_waiting() && self.tokens.is_empty() {
            if self.recording.is_waiting() && self.flush_at.is_none() {
                self.flush_at = Some(Instant::now() + GATHERING);
            }
            return None;
        }
        match (self.flush(), end) {
            (Some(failed), None | Some(End::Count)) => Some(failed),
            (_, end) => end,
        }
    }

    fn flush(&mut self) -> Option<End> {
        self.flush_at = None;
        if let Err(error) = self.recording.flush() {
            return Some(self.failed(error));
        }
        for token in self.tokens.drain(..) {
            self.client.acknowledge(token);
        }
        None
    }

    /// What is not in the file is not acknowledged; the broker sends it again to a session that goes on.
    fn failed(&mut self, error: Error) -> End {
        self.tokens.clear();
        End::Failed(error)
    }

    fn take(&mut self, event: Event) -> Result<Option<End>, Error> {
        match event {
            Event::Message(received) => return self.message(received),
            Event::Subscribed { ack, .. } => {
                granted(self.talk, self.version(), &self.settings.filters, &ack)?;
                self.listen_on();
            }
            Event::Resubscribed(again) => granted_again(self.talk, self.version(), &again)?,
            Event::RequestRejected { error, .. } => return Err(not_subscribed(&error)),
            Event::Closed(Err(error)) => return Ok(Some(End::Lost(error))),
            event => {
                status::tell(self.talk, &self.settings.connect, &event);
                let is_promised = self.settings.filters.iter().any(|options| options.qos > QoS::AtMostOnce);
                if let Event::Connected(connected) = &event
                    && let Some(loss) = connected.session_loss
                    && is_promised
                {
                    status::messages_missing(self.talk, &self.settings.connect, loss);
                }
            }
        }
        Ok(None)
    }

    fn version(&self) -> Version {
        self.settings.connect.client.connect.version
    }

    fn message(&mut self, received: Received) -> Result<Option<End>, Error> {
        self.listen_on();
        let topic = received.message.topic.as_str();
        let is_unwanted = (self.settings.skips_retained && received.message.retain)
            || self.settings.filter_out.iter().any(|filter| filter.matches(topic));
        let Received { message, dup, packet_id, token } = received;
        self.tokens.extend(token);
        let record = Record {
            packet_id: (packet_id != 0).then_some(packet_id),
            dup,
            received_at: Some(Timestamp::now()),
            message,
        };
        if is_unwanted || self.repeats.is_one(&record) {
            return Ok(None);
        }
        self.repeats.note(&record);
        self.recording.push(&record)?;
        self.count += 1;
        Ok((Some(self.count) == self.settings.count).then_some(End::Count))
    }

    fn listen_on(&mut self) {
        self.idle = self.settings.idle_timeout.map(|time| Instant::now() + time);
    }

    /// Writes the rest, disconnects, and reports how it ended.
    async fn end(mut self, end: End, events: &mut Events) -> Result<ExitStatus, Error> {
        let end = match self.flush() {
            Some(failed) if !matches!(end, End::Failed(_)) => failed,
            _ => end,
        };
        let end = match self.recording.finish() {
            Err(error) if !matches!(end, End::Failed(_)) => End::Failed(error),
            _ => end,
        };
        // Acknowledgements that are under way are still sent.
        self.client.disconnect(Pending::Abandon);
        while events.next().await.is_some() {}
        self.report(&end);
        let count = self.settings.count;
        let missing = |why: String| {
            let message = format!("{why}: {} of {} recorded", self.count, plural(count.unwrap_or(0), "message"));
            Err(Error::new(ErrorKind::TimedOut, message))
        };
        let seconds = |time: Option<Duration>| time.unwrap_or_default().as_secs_f64();
        match end {
            End::Count => Ok(ExitStatus::Done),
            End::Duration | End::Idle | End::Signal(_) if count.is_none() => Ok(ExitStatus::Done),
            End::Duration => missing(format!("--duration of {} s expired", seconds(self.settings.duration))),
            End::Idle => missing(format!("no message for {} s", seconds(self.settings.idle_timeout))),
            End::Signal(signal) => Ok(ExitStatus::Interrupted(signal)),
            End::Lost(error) => Err(Error::from(*error)),
            End::Failed(error) => Err(error),
        }
    }

    fn report(&self, end: &End) {
        let written = plural(self.recording.written(), "message");
        let mut line = format!("{written} recorded to {}", self.recording.path().display());
        let mut more = Vec::new();
        if self.recording.earlier() > 0 {
            more.push(format!("{} before", self.recording.earlier()));
        }
        if self.repeats.left_out() > 0 {
            more.push(format!("{} received again and left out", self.repeats.left_out()));
        }
        if !more.is_empty() {
            line = format!("{line} ({})", more.join(", "));
        }
        if matches!(end, End::Lost(_) | End::Failed(_)) { self.talk.failure(line) } else { self.talk.success(line) }
    }
}

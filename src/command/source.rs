//! The messages of `pub`, one after another, from any source.

use std::fs::File;
use std::io;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use bytes::Bytes;

use super::lines::Lines;
use crate::error::Error;
use crate::mqtt::{Message, TopicName};
use crate::payload::placeholder::{Drawer, Name, Template};
use crate::payload::{Codec, LARGEST_PACKET, PayloadError, read_at_most, read_json_line};
use crate::settings::{MessageSource, Publication, Templates, unix_now};

/// Creates the messages of `pub`. What can be read and encoded beforehand is, so that errors there are reported before
/// connecting.
#[derive(Debug)]
pub(crate) struct Source<'a> {
    settings: &'a Publication,
    payloads: Payloads,
    filler: Filler,
    /// The current payload and the next topic for it.
    current: Option<(Encoded, usize)>,
}

#[derive(Debug)]
enum Payloads {
    /// One payload, this many times more.
    Repeated { payload: Encoded, left: u64 },
    /// One template, this many times more.
    Filled { template: Template, left: u64 },
    /// Each line is one.
    Lines { lines: Lines, number: u64 },
    /// Each line is a whole message.
    JsonLines { lines: Lines, number: u64 },
}

/// A payload for each of the topics.
#[derive(Debug, Clone)]
enum Encoded {
    /// The same for all.
    Same(Bytes),
    /// Depending on the schema of a topic.
    Each(Vec<Bytes>),
}

impl Encoded {
    /// Encodes a text for each topic; all topics share one payload unless the codec distinguishes them.
    fn of(text: Bytes, codec: &Codec, topics: &[TopicName]) -> Result<Self, PayloadError> {
        if codec.depends_on_topic() {
            let payloads = topics.iter().map(|topic| codec.encode(topic.as_str(), text.clone()));
            return payloads.collect::<Result<_, _>>().map(Self::Each);
        }
        codec.encode(topics.first().map_or("", TopicName::as_str), text).map(Self::Same)
    }

    fn get(&self, index: usize) -> Bytes {
        match self {
            Self::Same(payload) => payload.clone(),
            Self::Each(payloads) => payloads.get(index).cloned().unwrap_or_default(),
        }
    }
}

/// What comes next.
#[derive(Debug)]
pub(crate) enum Next {
    /// A message.
    Message(Message),
    /// An invalid line: its number and the error. The lines after it are not affected.
    Bad(Error),
    /// Nothing more.
    End,
}

impl<'a> Source<'a> {
    /// Reads and encodes what there is to read beforehand.
    pub(crate) fn open(settings: &'a Publication) -> Result<Self, Error> {
        Self::open_with(settings, || Lines::new(io::stdin()))
    }

    /// The same; lines of stdin are read when they are needed, and none once `stop` is set.
    pub(crate) fn open_on_demand(settings: &'a Publication, stop: Arc<AtomicBool>) -> Result<Self, Error> {
        Self::open_with(settings, || Lines::on_demand(io::stdin(), stop))
    }

    /// Whether it takes lines from stdin, which are nowhere else once they have been read.
    pub(crate) fn reads_lines(&self) -> bool {
        matches!(self.payloads, Payloads::Lines { .. } | Payloads::JsonLines { .. })
    }

    /// Whether the next message can be made from what has been read.
    pub(crate) fn is_at_hand(&self) -> bool {
        let is_for_more_topics = self.current.as_ref().is_some_and(|(_, next)| *next < self.settings.topics.len());
        is_for_more_topics
            || match &self.payloads {
                Payloads::Lines { lines, .. } | Payloads::JsonLines { lines, .. } => lines.is_at_hand(),
                Payloads::Repeated { .. } | Payloads::Filled { .. } => true,
            }
    }

    fn open_with(settings: &'a Publication, lines: impl FnOnce() -> Lines) -> Result<Self, Error> {
        let filled = |read: &dyn Fn(&Templates) -> Result<Template, Error>| match &settings.templates {
            Some(templates) => {
                let template = read(templates)?;
                // With other values than those that are sent: a payload that cannot be encoded is known beforehand.
                let sample = Filler::default().fill(&template, settings)?;
                let mut topics = settings.topics.iter().enumerate();
                topics.try_for_each(|(index, topic)| refuse_too_large(&sample.get(index), topic))?;
                Ok(Some(Payloads::Filled { template, left: settings.repeat }))
            }
            None => Ok::<_, Error>(None),
        };
        let once = |text: Bytes| match Encoded::of(text, &settings.codec, &settings.topics) {
            Ok(payload) => {
                let mut topics = settings.topics.iter().enumerate();
                topics.try_for_each(|(index, topic)| refuse_too_large(&payload.get(index), topic))?;
                Ok(Payloads::Repeated { payload, left: settings.repeat })
            }
            Err(error) => {
                let refused = Error::local(format!("the payload is {error}"));
                Err(match error.caret() {
                    Some(place) => refused.with_detail(place.to_owned()),
                    None => refused,
                })
            }
        };
        let payloads = match &settings.source {
            MessageSource::Text(text) => match filled(&|templates| templates.read("--message", text))? {
                Some(payloads) => payloads,
                None => once(text.clone())?,
            },
            MessageSource::Null => Payloads::Repeated { payload: Encoded::Same(Bytes::new()), left: settings.repeat },
            MessageSource::Random(size) => {
                let payload = size.random_payload(&mut fastrand::Rng::new());
                settings.topics.iter().try_for_each(|topic| refuse_too_large(&payload, topic))?;
                Payloads::Repeated { payload: Encoded::Same(payload), left: settings.repeat }
            }
            MessageSource::File(path) => {
                let name = format!("--file-read {}", path.display());
                let text = File::open(path).and_then(|file| read_at_most(file, most(&settings.codec)));
                let text = text.map_err(|error| Error::local(format!("{name}: {error}")))?;
                let text: Bytes = text.ok_or_else(|| too_large(&name))?.into();
                match filled(&|templates| templates.read_file(&name, path, &text))? {
                    Some(payloads) => payloads,
                    None => once(text)?,
                }
            }
            MessageSource::Stdin => {
                let text = read_at_most(io::stdin().lock(), most(&settings.codec));
                let text = text.map_err(|error| stdin_error(&error))?;
                let text: Bytes = text.ok_or_else(|| too_large("stdin"))?.into();
                match filled(&|templates| templates.read("stdin", &text))? {
                    Some(payloads) => payloads,
                    None => once(text)?,
                }
            }
            MessageSource::Lines => Payloads::Lines { lines: lines(), number: 0 },
            MessageSource::JsonLines => Payloads::JsonLines { lines: lines(), number: 0 },
        };
        let filler = Filler::new(settings.templates.as_ref());
        Ok(Self { settings, payloads, filler, current: None })
    }

    /// The next message. Dropping the future loses nothing.
    ///
    /// # Errors
    ///
    /// stdin cannot be read any further.
    pub(crate) async fn next(&mut self) -> Result<Next, Error> {
        loop {
            if let Some((payload, next)) = &mut self.current {
                if let Some(topic) = self.settings.topics.get(*next) {
                    let payload = payload.get(*next);
                    *next += 1;
                    return Ok(Next::Message(message(self.settings, topic.clone(), payload)));
                }
                self.current = None;
            }
            match &mut self.payloads {
                Payloads::Repeated { left: 0, .. } | Payloads::Filled { left: 0, .. } => return Ok(Next::End),
                Payloads::Repeated { payload, left } => {
                    *left -= 1;
                    self.current = Some((payload.clone(), 0));
                }
                Payloads::Filled { template, left } => {
                    *left -= 1;
                    match self.filler.fill(template, self.settings) {
                        Ok(payload) => self.current = Some((payload, 0)),
                        Err(error) => return Ok(Next::Bad(error)),
                    }
                }
                Payloads::Lines { lines, number } => {
                    let Some(line) = next_line(lines, number).await? else { return Ok(Next::End) };
                    if let Some(templates) = &self.settings.templates {
                        let template = templates.read(&format!("line {number}"), &line);
                        match template.and_then(|template| self.filler.fill(&template, self.settings)) {
                            Ok(payload) => self.current = Some((payload, 0)),
                            Err(error) => return Ok(Next::Bad(error)),
                        }
                        continue;
                    }
                    match Encoded::of(line, &self.settings.codec, &self.settings.topics) {
                        Ok(payload) => self.current = Some((payload, 0)),
                        Err(error) => return Ok(Next::Bad(Error::local(format!("line {number} is {error}")))),
                    }
                }
                Payloads::JsonLines { lines, number } => {
                    let Some(line) = next_line(lines, number).await? else { return Ok(Next::End) };
                    return Ok(match read_json_line(&line, None) {
                        Ok(record) => match record.message.topic.check_delay(unix_now()) {
                            Ok(()) => Next::Message(record.into_message()),
                            Err(error) => Next::Bad(Error::local(format!("line {number}: topic: {error}"))),
                        },
                        Err(error) => Next::Bad(Error::local(format!("line {number}: {error}"))),
                    });
                }
            }
        }
    }

    /// Counts messages from this number on in templates, because others of the same kind were published before.
    pub(crate) fn count_from(&mut self, number: u64) {
        self.filler.number = number;
    }

    /// Whether the next message begins another round of `--repeat`, which `--repeat-delay` precedes.
    pub(crate) fn is_between_rounds(&self) -> bool {
        let sent_all = self.current.as_ref().is_none_or(|(_, next)| *next >= self.settings.topics.len());
        let (Payloads::Repeated { left, .. } | Payloads::Filled { left, .. }) = self.payloads else { return false };
        left > 0 && left < self.settings.repeat && sent_all
    }
}

/// Fills templates, and counts the messages.
#[derive(Debug, Default)]
struct Filler {
    drawer: Drawer,
    number: u64,
}

impl Filler {
    fn new(templates: Option<&Templates>) -> Self {
        Self { drawer: templates.map(Templates::drawer).unwrap_or_default(), number: 0 }
    }

    /// The next payload, for each topic: each shows its own name.
    fn fill(&mut self, template: &Template, settings: &Publication) -> Result<Encoded, Error> {
        let number = self.number;
        self.number += 1;
        self.drawer.begin(number);
        let mut payloads = Vec::with_capacity(settings.topics.len());
        for topic in &settings.topics {
            let mut text = String::with_capacity(template.as_str().len() + 16);
            template.fill(&mut self.drawer, &mut text, |name, out| match name {
                Name::Topic => out.push_str(topic.as_str()),
                Name::Sequence => out.push_str(&number.to_string()),
                // Bound when the template was read.
                _ => {}
            });
            if let Some(why) = self.drawer.take_fault() {
                return Err(Error::local(format!("the payload cannot be filled in: {why}")));
            }
            payloads.push(settings.codec.encode(topic.as_str(), text.into()).map_err(|error| {
                let refused = Error::local(format!("the payload is {error}"));
                match error.caret() {
                    Some(place) => refused.with_detail(place.to_owned()),
                    None => refused,
                }
            })?);
        }
        Ok(Encoded::Each(payloads))
    }
}

async fn next_line(lines: &mut Lines, number: &mut u64) -> Result<Option<Bytes>, Error> {
    let line = lines.next().await;
    // Only now, so that dropping the future changes nothing.
    *number += 1;
    line.transpose().map_err(|error| stdin_error(&error))
}

/// How many bytes of a payload are read: as much as a packet holds, or a few times that for digits and white space.
fn most(codec: &Codec) -> u64 {
    let packet = u64::from(LARGEST_PACKET);
    if codec.is_verbatim() { packet } else { 3 * packet }
}

/// Refuses what MQTT itself cannot carry, whatever the broker.
fn refuse_too_large(payload: &Bytes, topic: &TopicName) -> Result<(), Error> {
    // The topic's length and the topic come before the payload.
    let room = (LARGEST_PACKET as usize).saturating_sub(2 + topic.as_str().len());
    if payload.len() <= room {
        return Ok(());
    }
    let bytes = payload.len();
    Err(Error::local(format!("the payload has {bytes} bytes: {TOO_LARGE}")))
}

fn too_large(name: &str) -> Error {
    Error::local(format!("{name}: {TOO_LARGE}"))
}

const TOO_LARGE: &str = "an MQTT packet holds at most 268435455 bytes, including the topic";

fn stdin_error(error: &io::Error) -> Error {
    Error::local(format!("cannot read stdin: {error}"))
}

fn message(settings: &Publication, topic: TopicName, payload: Bytes) -> Message {
    let properties = settings.properties.clone();
    Message { topic, payload, qos: settings.qos, retain: settings.retain, marked_duplicate: settings.dup, properties }
}

//! The messages of recordings, file after file and round after round.

use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::path::Path;

use jiff::Timestamp;

use crate::command::lines::Lines;
use crate::error::Error;
use crate::mqtt::Message;
use crate::output::{Talk, is_zstd};
use crate::payload::{ZstdFrames, plural, read_json_line};
use crate::settings::{ReplaySettings, unix_now};

/// Reads the messages to publish.
pub(super) struct Reader<'a> {
    settings: &'a ReplaySettings,
    talk: Talk,
    /// The open file, and the index of its path.
    lines: Option<Lines>,
    file: usize,
    line: u64,
    /// The open file does not end with a newline.
    is_torn: bool,
    /// A line that is not a message: an error, unless it is an incomplete last line.
    doubtful: Option<Error>,
    /// The message after an error.
    waiting: Option<(Message, Option<Timestamp>)>,
    /// Completed rounds.
    round: u64,
    /// Messages of this round: a round without any is the last.
    of_round: u64,
    not_wanted: u64,
    of_broker: u64,
}

/// The next item.
pub(super) enum Next {
    /// A message, and when it was recorded.
    Message(Message, Option<Timestamp>),
    /// A line that is not a message.
    Bad(Error),
    /// The end.
    End,
}

impl<'a> Reader<'a> {
    /// Checks that every file can be opened.
    pub(super) fn open(settings: &'a ReplaySettings, talk: Talk) -> Result<Self, Error> {
        for path in &settings.files {
            open(path)?;
        }
        Ok(Self {
            settings,
            talk,
            lines: None,
            file: 0,
            line: 0,
            is_torn: false,
            doubtful: None,
            waiting: None,
            round: 0,
            of_round: 0,
            not_wanted: 0,
            of_broker: 0,
        })
    }

    /// The next message.
    ///
    /// # Errors
    ///
    /// A file cannot be read any further.
    pub(super) async fn next(&mut self) -> Result<Next, Error> {
        loop {
            if let Some((message, at)) = self.waiting.take() {
                self.of_round += 1;
                return Ok(Next::Message(message, at));
            }
            let Some(path) = self.settings.files.get(self.file) else {
                self.round += 1;
                if self.of_round == 0 || self.settings.rounds.is_some_and(|rounds| self.round >= rounds) {
                    return Ok(Next::End);
                }
                (self.file, self.of_round) = (0, 0);
                continue;
            };
            let lines = if let Some(lines) = &mut self.lines {
                lines
            } else {
                let (file, is_torn) = open(path)?;
                (self.line, self.is_torn) = (0, is_torn);
                self.lines.insert(Lines::new(file))
            };
            let line = match lines.next().await {
                Some(Ok(line)) => line,
                Some(Err(error)) if error.kind() != io::ErrorKind::UnexpectedEof => {
                    return Err(cannot_read(path, &error));
                }
                ended => {
                    self.lines = None;
                    self.file += 1;
                    match self.doubtful.take() {
                        Some(error) if !self.is_torn => return Ok(Next::Bad(error)),
                        None if ended.is_none() => {}
                        _ => {
                            let path = path.display();
                            self.talk
                                .warning(format_args!("`{path}` ends in the middle of a message, which is left out"));
                        }
                    }
                    continue;
                }
            };
            self.line += 1;
            // The doubtful line was not the last.
            let bad = self.doubtful.take();
            let read = read_json_line(&line, None).map_err(|error| error.to_string());
            let read = read.and_then(|record| {
                let at = record.received_at;
                Ok(self.chosen(record.into_message())?.map(|message| (message, at)))
            });
            match read {
                Ok(chosen) => self.waiting = chosen,
                Err(error) => {
                    self.doubtful = Some(Error::local(format!("line {} of `{}`: {error}", self.line, path.display())));
                }
            }
            if let Some(error) = bad {
                return Ok(Next::Bad(error));
            }
        }
    }

    /// The message as it is to be published; `None` if it is left out.
    fn chosen(&mut self, mut message: Message) -> Result<Option<Message>, String> {
        let settings = self.settings;
        let topic = message.topic.as_str();
        if !settings.only.is_empty() && !settings.only.iter().any(|filter| filter.matches(topic)) {
            self.not_wanted += 1;
            return Ok(None);
        }
        if let Some(mapped) = settings.map.iter().find_map(|mapping| mapping.apply(topic)) {
            message.topic = mapped.map_err(|error| format!("topic `{topic}` by --map: {error}"))?;
        }
        if message.topic.as_str().starts_with("$SYS/") {
            self.of_broker += 1;
            return Ok(None);
        }
        message.topic.check_delay(unix_now()).map_err(|error| format!("topic: {error}"))?;
        message.qos = settings.qos.unwrap_or(message.qos);
        message.retain = settings.retain.unwrap_or(message.retain);
        Ok(Some(message))
    }

    /// Reports what was left out.
    pub(super) fn report(&self) {
        if self.not_wanted > 0 {
            self.talk.success(format_args!("{} left out by --only", plural(self.not_wanted, "message")));
        }
        if self.of_broker > 0 {
            let count = plural(self.of_broker, "message");
            self.talk.warning(format_args!(
                "left out {count} below $SYS, where only a broker publishes (--map renames them)"
            ));
        }
    }
}

/// A file, and whether its last line lacks a newline.
fn open(path: &Path) -> Result<(Box<dyn Read + Send>, bool), Error> {
    let mut file = File::open(path).map_err(|error| cannot_read(path, &error))?;
    if is_zstd(path) {
        return Ok((Box::new(ZstdFrames::new(BufReader::new(file))), false));
    }
    let mut last = [b'\n'];
    // A pipe, for example, cannot be checked and counts as complete.
    let is_torn = file.seek(SeekFrom::End(-1)).and_then(|_| file.read_exact(&mut last)).is_ok() && last != [b'\n'];
    _ = file.rewind();
    Ok((Box::new(file), is_torn))
}

fn cannot_read(path: &Path, error: &io::Error) -> Error {
    Error::local(format!("cannot read `{}`: {error}", path.display()))
}

//! What is published: texts, files, folders and recordings, as they are or as templates, encoded, and with room for stamps.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;

use super::words::Words;
use crate::bench::{Payload, StampPlace, Stampable, Text};
use crate::cli::bench::{ContentArgs, LoadArgs};
use crate::error::Error;
use crate::mqtt::{TopicName, Version};
use crate::payload::placeholder::{Place, Template};
use crate::payload::{Codec, LARGEST_PACKET, PayloadError, PayloadSize, read_at_most, read_json_line};

/// MQTTX's payload.
const DEFAULT_TEXT: &str = "Hello From MQTTX CLI";

/// What is published.
pub(super) struct Content {
    pub(super) payload: Payload,
    pub(super) stamp: Option<StampPlace>,
    /// What encodes filled templates.
    pub(super) codec: Option<Arc<Codec>>,
    /// How many messages of one client go once through it; `None`: the payload is one and has no end.
    pub(super) parts: Option<u64>,
}

/// With what it is read.
#[derive(Clone, Copy)]
pub(super) struct Reading<'a> {
    pub(super) words: &'a Words,
    pub(super) codec: &'a Codec,
    /// What the option that asks for the codec is called.
    pub(super) codec_option: &'a str,
    /// As it is written; topics have no schemas of their own by their number.
    pub(super) topic: &'a str,
    pub(super) version: Version,
    /// Bytes of a random payload where none is named.
    pub(super) random_by_default: Option<usize>,
}

/// What was given.
enum Raw {
    Random(Bytes),
    Texts { origin: &'static str, texts: Vec<Source>, in_turn: bool },
}

/// A text, and whether it is of Jinja as a template.
#[derive(Clone)]
struct Source {
    text: Bytes,
    is_jinja: bool,
}

impl Content {
    /// Reads, encodes and lays out what options say.
    pub(super) fn read(given: &ContentArgs, load: &LoadArgs, reading: Reading<'_>) -> Result<Self, Error> {
        let stamp = stamp_place(load, reading.version)?;
        match raw(given, load, reading)? {
            Raw::Random(bytes) => random(bytes, stamp, reading),
            Raw::Texts { origin, texts, in_turn } => {
                let parts = in_turn.then_some(texts.len() as u64);
                if given.template {
                    let read = |source: &Source| template(origin, source, stamp.as_ref(), reading);
                    let payload = Payload::Template(texts.iter().map(read).collect::<Result<_, _>>()?);
                    let codec = (!reading.codec.is_verbatim()).then(|| Arc::new(reading.codec.clone()));
                    return Ok(Self { payload, stamp, codec, parts });
                }
                let encode = |source: Source| {
                    reading.codec.encode(reading.topic, source.text).map_err(|error| unencodable(&error))
                };
                let texts = texts.into_iter().map(encode).collect::<Result<Vec<_>, _>>()?;
                let payload = match &stamp {
                    None => Payload::Fixed(texts),
                    Some(place) => laid_out(place, texts)?,
                };
                Ok(Self { payload, stamp, codec: None, parts })
            }
        }
    }

    /// One template that is sent as it is filled, except for its stamp.
    pub(super) fn of_template(text: Text, load: &LoadArgs, reading: Reading<'_>) -> Result<Self, Error> {
        let stamp = stamp_place(load, reading.version)?;
        try_out(&text, stamp.as_ref(), reading)?;
        Ok(Self { payload: Payload::Template(vec![text]), stamp, codec: None, parts: None })
    }
}

fn stamp_place(load: &LoadArgs, version: Version) -> Result<Option<StampPlace>, Error> {
    let stamp = load.stamp.as_deref().map(str::parse::<StampPlace>).transpose();
    let stamp = stamp.map_err(|error| Error::usage(format!("--stamp: {error}")))?;
    if stamp == Some(StampPlace::Property) && !version.is_v5() {
        let error = Error::usage(format!("--stamp property needs MQTT 5.0, and this is {version}"));
        return Err(error.with_hint("--stamp payload puts it in front of the payload"));
    }
    Ok(stamp)
}

fn random(bytes: Bytes, stamp: Option<StampPlace>, reading: Reading<'_>) -> Result<Content, Error> {
    if !reading.codec.is_verbatim() {
        return Err(Error::exclude_one_another(reading.codec_option, "--payload-size"));
    }
    let content = |payload, stamp| Ok(Content { payload, stamp, codec: None, parts: None });
    let stampable = || Stampable::random(bytes.clone());
    match (stamp, stampable()) {
        (None | Some(StampPlace::Payload), Some(stampable)) => {
            content(Payload::Stamped(vec![stampable]), Some(StampPlace::Payload))
        }
        (Some(StampPlace::Payload), None) => Err(Error::usage("--stamp payload needs a --payload-size of 32 or more")),
        (Some(StampPlace::Json(_)), _) => {
            let error = Error::usage("--stamp: a random payload is not JSON");
            Err(error.with_hint("give one by -m or --file-read, or use --stamp property"))
        }
        (stamp @ (None | Some(StampPlace::Property)), _) => content(Payload::Fixed(vec![bytes]), stamp),
    }
}

/// A text with placeholders.
fn template(origin: &str, source: &Source, stamp: Option<&StampPlace>, reading: Reading<'_>) -> Result<Text, Error> {
    let Ok(text) = std::str::from_utf8(&source.text) else {
        return Err(Error::usage(format!("{origin}: --template needs a text payload")));
    };
    let text = if source.is_jinja {
        reading.words.jinja(origin, text, Place::PAYLOAD)?
    } else {
        reading.words.read(origin, text, Place::PAYLOAD)?
    };
    try_out(&text, stamp, reading)?;
    Ok(text)
}

/// Fills a template once, so that what cannot be encoded or stamped is known before the run.
fn try_out(text: &Text, stamp: Option<&StampPlace>, reading: Reading<'_>) -> Result<(), Error> {
    if stamp.is_some() || !reading.codec.is_verbatim() {
        let sample = Bytes::from(reading.words.sample(text));
        let encoded = reading.codec.encode(reading.topic, sample).map_err(|error| unencodable(&error))?;
        if let Some(place) = stamp {
            place.lay_out(&encoded).map_err(|error| unstampable(place, &error, &encoded))?;
        }
    }
    Ok(())
}

/// Payloads with room for their stamps.
fn laid_out(place: &StampPlace, texts: Vec<Bytes>) -> Result<Payload, Error> {
    let lay_out = |text: &Bytes| place.lay_out(text).map_err(|error| unstampable(place, &error, text));
    let stampable = texts.iter().map(lay_out).collect::<Result<Option<Vec<Stampable>>, _>>()?;
    Ok(stampable.map_or(Payload::Fixed(texts), Payload::Stamped))
}

fn unencodable(error: &PayloadError) -> Error {
    let refused = Error::local(format!("the payload is {error}"));
    match error.caret() {
        Some(place) => refused.with_detail(place.to_owned()),
        None => refused,
    }
}

fn unstampable(place: &StampPlace, error: &dyn std::fmt::Display, payload: &[u8]) -> Error {
    const SHOWN: usize = 60;
    let text = String::from_utf8_lossy(&payload[..payload.len().min(SHOWN)]).into_owned();
    let text: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let error = Error::usage(format!("--stamp: {place} has no place: {error}: {text}"));
    error.with_hint("--stamp payload goes in front of any payload, and --stamp property beside it (MQTT 5.0)")
}

fn raw(given: &ContentArgs, load: &LoadArgs, reading: Reading<'_>) -> Result<Raw, Error> {
    let random = |size: usize| {
        let mut bytes = vec![0; size];
        load.seed.map_or_else(fastrand::Rng::new, fastrand::Rng::with_seed).fill(&mut bytes);
        Ok(Raw::Random(bytes.into()))
    };
    if let Some(size) = given.payload_size {
        return random(PayloadSize::bytes(size) as usize);
    }
    let (origin, whole) = match (&given.payloads, &given.file_read, &given.text) {
        (Some(path), _, _) => {
            return Ok(Raw::Texts { origin: "--payloads", texts: recorded(path)?, in_turn: true });
        }
        (_, Some(path), _) => ("--file-read", read_file("--file-read", path)?),
        (_, _, Some(text)) => ("--message", Bytes::from(text.clone())),
        _ => match reading.random_by_default {
            Some(_) if given.split.is_some() => {
                return Err(Error::usage("--split needs a text payload").with_hint("use --file-read, or -m"));
            }
            Some(size) if !matches!(load.stamp.as_deref(), Some(stamp) if stamp.starts_with("json:")) => {
                return random(size);
            }
            // Nothing but the stamp.
            Some(_) => ("--message", Bytes::from_static(b"{}")),
            None => ("--message", Bytes::from_static(DEFAULT_TEXT.as_bytes())),
        },
    };
    let texts = match given.split.as_deref() {
        Some(separator) => split(separator, &whole)?,
        None => vec![whole],
    };
    let is_jinja = given.file_read.as_deref().is_some_and(Template::is_jinja);
    let texts = texts.into_iter().map(|text| Source { text, is_jinja }).collect();
    Ok(Raw::Texts { origin, texts, in_turn: given.split.is_some() })
}

/// The payloads of a folder, a file each in the order of their names, or those of a recording, a message a line.
fn recorded(path: &Path) -> Result<Vec<Source>, Error> {
    let unreadable = |path: &Path, error: &dyn std::fmt::Display| {
        Error::local(format!("--payloads: cannot read {}: {error}", path.display()))
    };
    if !path.is_dir() {
        return recording(path).map_err(|error| unreadable(path, &error));
    }
    let entries = std::fs::read_dir(path).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    let is_shown = |path: &PathBuf| {
        path.is_file() && !path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'))
    };
    let entries = entries.map_err(|error| unreadable(path, &error))?;
    let mut files: Vec<_> = entries.into_iter().map(|entry| entry.path()).filter(is_shown).collect();
    files.sort();
    if files.is_empty() {
        return Err(Error::local(format!("--payloads: there is no file in {}", path.display())));
    }
    let read =
        |file: &PathBuf| read_file("--payloads", file).map(|text| Source { text, is_jinja: Template::is_jinja(file) });
    files.iter().map(read).collect()
}

fn recording(path: &Path) -> Result<Vec<Source>, String> {
    let file = File::open(path).map_err(|error| error.to_string())?;
    let (anywhere, mut payloads) = (TopicName::parse("a").ok(), Vec::new());
    for (number, line) in BufReader::new(file).split(b'\n').enumerate() {
        let line = line.map_err(|error| error.to_string())?;
        if line.trim_ascii().is_empty() {
            continue;
        }
        let record = read_json_line(&line, anywhere.as_ref()).map_err(|error| {
            format!(
                "line {}: {error}; it is a folder of payloads, or JSON lines as of `sub --output-mode jsonl`",
                number + 1
            )
        })?;
        payloads.push(Source { text: record.message.payload, is_jinja: false });
    }
    if payloads.is_empty() { Err("there is no message in it".to_owned()) } else { Ok(payloads) }
}

fn read_file(option: &str, path: &Path) -> Result<Bytes, Error> {
    let read = File::open(path).and_then(|file| read_at_most(file, LARGEST_PACKET.into()));
    let read = read.map_err(|error| Error::local(format!("cannot read {}: {error}", path.display())))?;
    let too_large = || format!("{option} {}: an MQTT packet holds at most 268435455 bytes", path.display());
    Ok(Bytes::from(read.ok_or_else(|| Error::local(too_large()))?))
}

/// The parts of a text between matches of a regular expression, like MQTTX. A separator at the end, such
/// as the line end of the last line, does not begin another part.
fn split(separator: &str, whole: &Bytes) -> Result<Vec<Bytes>, Error> {
    let Ok(text) = std::str::from_utf8(whole) else {
        return Err(Error::usage("--split needs a text payload"));
    };
    let hint = "a separator is a regular expression: '\\n', ',' or '\\r?\\n'; write '\\|' for a `|`";
    let regex = regex_lite::Regex::new(separator).map_err(|error| {
        let why = error.to_string();
        let why = why.lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned();
        Error::usage(format!("--split: `{separator}` is not a regular expression: {why}")).with_hint(hint)
    })?;
    if regex.is_match("") {
        return Err(Error::usage(format!("--split: `{separator}` matches the empty text")).with_hint(hint));
    }
    let mut parts: Vec<_> = regex.split(text).map(|part| whole.slice_ref(part.as_bytes())).collect();
    parts.pop_if(|last| last.is_empty());
    if parts.iter().all(Bytes::is_empty) {
        return Err(Error::usage(format!("--split: the payload consists only of `{separator}`")));
    }
    Ok(parts)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(separator: &str, text: &str) -> Result<Vec<String>, String> {
        let parts = split(separator, &Bytes::from(text.to_owned())).map_err(|error| error.message().to_owned())?;
        Ok(parts.iter().map(|part| String::from_utf8_lossy(part).into_owned()).collect())
    }

    #[test]
    fn a_separator_is_a_regular_expression_and_the_last_one_ends_the_text() {
        for (separator, text, expected) in [
            ("\n", "a\nb\n", vec!["a", "b"]),
            ("\n", "a\n\nb", vec!["a", "", "b"]),
            ("\\n", "a\nb", vec!["a", "b"]),
            (",", "a,b", vec!["a", "b"]),
            ("\\r?\\n", "a\r\nb\nc\r\n", vec!["a", "b", "c"]),
            ("[;|]+", "a;|b", vec!["a", "b"]),
        ] {
            assert_eq!(parts(separator, text), Ok(expected.iter().map(ToString::to_string).collect()), "{separator}");
        }
    }

    #[test]
    fn a_separator_that_separates_nothing_is_refused() {
        for (separator, why) in [
            ("(", "is not a regular expression: found open group"),
            ("|", "matches the empty text"),
            ("", "matches the empty text"),
            (".", "the payload consists only of"),
        ] {
            let error = parts(separator, "abc").unwrap_err();
            assert!(error.contains(why), "{separator}: {error}");
        }
    }
}

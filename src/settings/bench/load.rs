//! What is published, and when.

use std::fs::File;
use std::path::Path;

use bytes::Bytes;

use super::words::Words;
use crate::bench::{Load, Payload, Rate};
use crate::cli::bench::{ContentArgs, LoadArgs};
use crate::config::origin::Origins;
use crate::error::Error;
use crate::payload::placeholder::{Place, Template};
use crate::payload::{Codec, LARGEST_PACKET, PayloadSize, read_at_most};

/// MQTTX's payload.
const DEFAULT_TEXT: &str = "Hello From MQTTX CLI";

pub(super) fn rate(flag: &str, text: &str) -> Result<Rate, Error> {
    text.parse().map_err(|error| Error::usage(format!("{flag}: {error}")))
}

pub(super) fn load(given: &LoadArgs, clients: u64) -> Result<Load, Error> {
    if given.unpaced {
        return Ok(Load::Unpaced { latency: given.latency });
    }
    let rate = match (&given.rate, &given.rate_per_client) {
        (Some(text), _) => rate("--rate", text)?,
        (_, Some(text)) => rate("--rate-per-client", text)?.times(clients),
        // `-im 0` means "without a delay".
        _ if given.message_interval.is_zero() => return Ok(Load::Unpaced { latency: given.latency }),
        _ => match Rate::every(given.message_interval) {
            Some(rate) => rate.times(clients),
            None => return Err(Error::usage("--message-interval is too long")),
        },
    };
    Ok(if given.poisson { Load::Poisson(rate) } else { Load::Even(rate) })
}

/// The payloads of `bench pub`, encoded once: schemas do not depend on the number in a topic.
pub(super) fn encoded(payload: Payload, codec: &Codec, topic: &str, origins: &Origins) -> Result<Payload, Error> {
    if codec.is_verbatim() {
        return Ok(payload);
    }
    let asked = ["format", "compress", "schema", "protobuf_path", "avsc_path"].into_iter();
    let option = asked.filter(|option| origins.given(option)).map(|option| origins.name(option)).next();
    let option = option.unwrap_or_default();
    match payload {
        Payload::Fixed(texts) => {
            let encode = |text: Bytes| {
                codec.encode(topic, text).map_err(|error| {
                    let refused = Error::local(format!("the payload is {error}"));
                    match error.caret() {
                        Some(place) => refused.with_detail(place.to_owned()),
                        None => refused,
                    }
                })
            };
            Ok(Payload::Fixed(texts.into_iter().map(encode).collect::<Result<_, _>>()?))
        }
        Payload::Template(_) => Err(Error::exclude_one_another(&option, "--template")),
        Payload::Stamped(_) => Err(Error::exclude_one_another(&option, "--payload-size")),
    }
}

/// What is published: the payload, and how many messages a client sends of it if a file was split.
pub(super) struct Content {
    pub(super) payload: Payload,
    /// Messages per client for one pass; `None`: a single payload, without an end.
    pub(super) parts: Option<u64>,
}

pub(super) fn payload(
    given: &ContentArgs,
    seed: Option<u64>,
    words: &Words,
    stamped_by_default: Option<usize>,
) -> Result<Content, Error> {
    let random = |size: usize| {
        let mut bytes = vec![0; size];
        seed.map_or_else(fastrand::Rng::new, fastrand::Rng::with_seed).fill(&mut bytes);
        Content { payload: Payload::Stamped(bytes.into()), parts: None }
    };
    if let Some(size) = given.payload_size {
        return Ok(random(PayloadSize::bytes(size) as usize));
    }
    let (origin, whole) = match (&given.file_read, &given.text) {
        (Some(path), _) => ("--file-read", read_file(path)?),
        (_, Some(text)) => ("--message", Bytes::from(text.clone())),
        _ => match stamped_by_default {
            Some(_) if given.split.is_some() => {
                return Err(Error::usage("--split needs a text payload").with_hint("use --file-read, or -m"));
            }
            Some(size) => return Ok(random(size)),
            None => ("--message", Bytes::from_static(DEFAULT_TEXT.as_bytes())),
        },
    };
    let pieces = match given.split.as_deref() {
        Some(separator) => split(separator, &whole)?,
        None => vec![whole],
    };
    let parts = given.split.as_ref().map(|_| pieces.len() as u64);
    let payload = if given.template {
        let template = |piece: &Bytes| {
            let Ok(text) = std::str::from_utf8(piece) else {
                return Err(Error::usage(format!("{origin}: --template needs a text payload")));
            };
            if given.file_read.as_deref().is_some_and(Template::is_jinja) {
                return words.jinja(origin, text, Place::PAYLOAD);
            }
            words.read(origin, text, Place::PAYLOAD)
        };
        Payload::Template(pieces.iter().map(template).collect::<Result<_, _>>()?)
    } else {
        Payload::Fixed(pieces)
    };
    Ok(Content { payload, parts })
}

fn read_file(path: &Path) -> Result<Bytes, Error> {
    let read = File::open(path).and_then(|file| read_at_most(file, LARGEST_PACKET.into()));
    let read = read.map_err(|error| Error::local(format!("cannot read {}: {error}", path.display())))?;
    let too_large = || format!("--file-read {}: an MQTT packet holds at most 268435455 bytes", path.display());
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

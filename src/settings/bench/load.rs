//! What is published, and when.

use std::fs::File;

use bytes::Bytes;

use crate::bench::{Load, Payload, Rate};
use crate::cli::bench::LoadArgs;
use crate::config::origin::Origins;
use crate::error::Error;
use crate::payload::placeholder::Place;
use crate::payload::{Codec, LARGEST_PACKET, PayloadSize, read_at_most};
use crate::settings::pattern::Facts;

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
        // `-im 0` means "without a wait".
        _ if given.message_interval.is_zero() => return Ok(Load::Unpaced { latency: given.latency }),
        _ => match Rate::every(given.message_interval) {
            Some(rate) => rate.times(clients),
            None => return Err(Error::usage("--message-interval is longer than centuries")),
        },
    };
    Ok(if given.poisson { Load::Poisson(rate) } else { Load::Even(rate) })
}

/// The payloads of `bench pub`, written in a format once: topics have no schemas of their own by their number.
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

pub(super) fn payload(given: &LoadArgs, facts: &Facts, stamped_by_default: Option<usize>) -> Result<Payload, Error> {
    let random = |size: usize| {
        let mut bytes = vec![0; size];
        fastrand::fill(&mut bytes);
        Payload::Stamped(bytes.into())
    };
    if let Some(size) = given.payload_size {
        return Ok(random(PayloadSize::bytes(size) as usize));
    }
    let text = match (&given.file_read, &given.text) {
        (Some(path), _) => {
            let read = File::open(path).and_then(|file| read_at_most(file, LARGEST_PACKET.into()));
            let read = read.map_err(|error| Error::local(format!("cannot read {}: {error}", path.display())))?;
            let too_large = || format!("--file-read {}: MQTT carries at most 268435455 bytes", path.display());
            Bytes::from(read.ok_or_else(|| Error::local(too_large()))?)
        }
        (_, Some(text)) if given.template => {
            return Ok(Payload::Template(facts.read("--message", text, Place::PAYLOAD)?));
        }
        (_, Some(text)) => Bytes::from(text.clone()),
        _ => match stamped_by_default {
            Some(size) => return Ok(random(size)),
            None => Bytes::from_static(DEFAULT_TEXT.as_bytes()),
        },
    };
    let Some(separator) = given.split.as_deref().filter(|separator| !separator.is_empty()) else {
        return Ok(Payload::Fixed(vec![text]));
    };
    let Ok(whole) = std::str::from_utf8(&text) else {
        return Err(Error::usage("--split needs a payload of text"));
    };
    Ok(Payload::Fixed(whole.split(separator).map(|part| text.slice_ref(part.as_bytes())).collect()))
}

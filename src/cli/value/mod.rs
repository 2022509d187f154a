//! Parsers of single values. Their errors name the value and say what to write instead; [`crate::config`] puts the
//! flag's name before them: "--qos: `5` is not a QoS: use 0, 1 or 2".

mod choice;
mod duration;
mod feature;
mod key_value;
mod recording;
mod schema;
mod secret;

use std::fmt;
use std::net::{IpAddr, Ipv4Addr};
use std::ops::RangeInclusive;
use std::str::FromStr;
use std::time::{SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use regex_lite::Regex;

use crate::mqtt::{RetainHandling, TopicError, TopicFilter, TopicName};
use crate::payload::{
    self, Compression, Decompression, EscapeError, InvalidCompression, InvalidJsonPlace, InvalidPayloadFormat,
    JsonPlace, PayloadFormat,
};

pub(crate) use crate::output::{MessageShape, TraceFormat};
pub(crate) use duration::{delay_seconds, milliseconds, seconds, whole_seconds_u16, whole_seconds_u32};
pub(crate) use feature::Feature;
pub(crate) use key_value::key_value;
pub(crate) use recording::{Rotate, Speed, rotate, rounds, speed, topic_mapping};
pub(crate) use schema::{SchemaRule, schema_rule};
pub(crate) use secret::Secret;

/// Why a value is refused and what to write instead.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(crate) struct ValueError(String);

impl ValueError {
    fn new(message: impl Into<String>) -> Self {
        Self(message.into())
    }
}

/// A port to connect to, 1 to 65,535.
pub(crate) fn port(text: &str) -> Result<u16, ValueError> {
    number(text, 1..=u16::MAX)
}

/// Two bytes.
pub(crate) fn any_u16(text: &str) -> Result<u16, ValueError> {
    number(text, 0..=u16::MAX)
}

/// Two bytes where the specification forbids 0.
pub(crate) fn positive_u16(text: &str) -> Result<u16, ValueError> {
    number(text, 1..=u16::MAX)
}

/// Four bytes.
pub(crate) fn any_u32(text: &str) -> Result<u32, ValueError> {
    number(text, 0..=u32::MAX)
}

/// Four bytes where the specification forbids 0.
pub(crate) fn positive_u32(text: &str) -> Result<u32, ValueError> {
    number(text, 1..=u32::MAX)
}

/// A count of at least one.
pub(crate) fn count(text: &str) -> Result<u64, ValueError> {
    let count = text.parse().ok().filter(|count| *count > 0);
    count.ok_or_else(|| ValueError::new(format!("`{text}` is not a whole number of at least 1")))
}

/// A number above 0.
pub(crate) fn factor(text: &str) -> Result<f64, ValueError> {
    let factor = text.parse::<f64>().ok().filter(|factor| factor.is_finite() && *factor > 0.0);
    factor.ok_or_else(|| ValueError::new(format!("`{text}` is not a number above 0")))
}

/// A Subscription Identifier: a Variable Byte Integer other than 0 [MQTT-3.8.2.1.2].
pub(crate) fn subscription_identifier(text: &str) -> Result<u32, ValueError> {
    number(text, 1..=268_435_455)
}

/// 0, 1 or 2: when retained messages are sent.
pub(crate) fn retain_handling(text: &str) -> Result<RetainHandling, ValueError> {
    match text {
        "0" => Ok(RetainHandling::SendAtSubscribe),
        "1" => Ok(RetainHandling::SendIfNew),
        "2" => Ok(RetainHandling::DoNotSend),
        _ => Err(ValueError::new(format!(
            "`{text}` is not a retain handling: use 0 (send), 1 (send if the subscription is new) or 2 (never send)"
        ))),
    }
}

/// A name and a value, which may be a secret.
pub(crate) fn header(text: &str) -> Result<(String, Secret), ValueError> {
    // The error does not repeat the text, which may hold a secret.
    let split = text.split_once(':').or_else(|| text.split_once('='));
    let (name, value) = split
        .filter(|(name, _)| !name.is_empty())
        .ok_or_else(|| ValueError::new("a header must be written `name: value`"))?;
    Ok((name.to_owned(), Secret::new(value.strip_prefix(' ').unwrap_or(value))))
}

/// A topic to publish to.
pub(crate) fn topic_name(text: &str) -> Result<TopicName, TopicError> {
    let name = TopicName::parse(text)?;
    name.check_delay(unix_now())?;
    Ok(name)
}

/// Seconds since 1970.
pub(crate) fn unix_now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}

/// A filter to subscribe to.
pub(crate) fn topic_filter(text: &str) -> Result<TopicFilter, TopicError> {
    TopicFilter::parse(text)
}

/// The bytes of a delimiter, which may be empty.
pub(crate) fn delimiter(text: &str) -> Result<Bytes, EscapeError> {
    payload::parse_escapes(text).map(Bytes::from)
}

/// An address, or a range of IPv4 addresses.
pub(crate) fn addresses(text: &str) -> Result<Vec<IpAddr>, ValueError> {
    const MOST: u32 = 65_536;
    let refused = || ValueError::new(format!("`{text}` is not an IP address or a range such as 10.0.0.1-10.0.0.9"));
    let Some((first, last)) = text.split_once('-') else { return Ok(vec![text.parse().map_err(|_| refused())?]) };
    let parse = |text: &str| text.trim().parse::<Ipv4Addr>().map(u32::from).map_err(|_| refused());
    let (first, last) = (parse(first)?, parse(last)?);
    if last < first || last - first >= MOST {
        return Err(refused());
    }
    Ok((first..=last).map(|address| Ipv4Addr::from(address).into()).collect())
}

/// A regular expression, in the syntax of the crate regex.
pub(crate) fn pattern(text: &str) -> Result<Regex, ValueError> {
    Regex::new(text).map_err(|error| ValueError::new(format!("`{text}` is not a regular expression: {error}")))
}

/// A JSON pointer, and perhaps the value there.
pub(crate) fn json_place(text: &str) -> Result<JsonPlace, InvalidJsonPlace> {
    text.parse()
}

/// A payload format, its names known to help and completions.
pub(crate) fn payload_format() -> impl TypedValueParser<Value = PayloadFormat> {
    PossibleValuesParser::new(PayloadFormat::ALL.map(PayloadFormat::name))
        .try_map(|name| name.parse::<PayloadFormat>().map_err(|error: InvalidPayloadFormat| error))
}

/// A compression, its names known to help and completions.
pub(crate) fn compression() -> impl TypedValueParser<Value = Compression> {
    PossibleValuesParser::new(Compression::ALL.map(Compression::name))
        .try_map(|name| name.parse::<Compression>().map_err(|error: InvalidCompression| error))
}

/// What is decompressed, likewise.
pub(crate) fn decompression() -> impl TypedValueParser<Value = Decompression> {
    PossibleValuesParser::new(Decompression::NAMES)
        .try_map(|name| name.parse::<Decompression>().map_err(|error: InvalidCompression| error))
}

fn number<T>(text: &str, range: RangeInclusive<T>) -> Result<T, ValueError>
where
    T: FromStr + PartialOrd + fmt::Display,
{
    match text.parse::<T>() {
        Ok(number) if range.contains(&number) => Ok(number),
        _ => Err(ValueError::new(format!(
            "`{text}` is not a whole number between {} and {}",
            range.start(),
            range.end()
        ))),
    }
}

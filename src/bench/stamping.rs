//! Where messages carry their stamps: in front of the payload, in a user property, or in a field of JSON.
//!
//! What can be worked out before a run is: a payload that is the same each time is laid out once with a hole for the stamp.
//! One that differs from message to message is written first and searched for the place then.

use std::collections::VecDeque;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use serde::de::IgnoredAny;

use super::Stamp;
use crate::mqtt::{Message, PublishProperties};
use crate::payload::{JsonPointer, NoSpot, Spot};

/// Where a message carries its stamp.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum StampPlace {
    /// The first bytes of the payload.
    Payload,
    /// A user property of this name, MQTT 5.0 only: [`PROPERTY`].
    Property,
    /// A string in JSON.
    Json(JsonPointer),
}

/// Name of the user property.
pub(crate) const PROPERTY: &str = "mqttx-stamp";

/// A text that is not a place.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a place for a stamp: use payload, property, or json:/POINTER as in json:/t")]
pub(crate) struct InvalidStampPlace(String);

/// A payload with room for a stamp.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Stampable {
    bytes: Bytes,
    at: usize,
    is_text: bool,
}

impl StampPlace {
    /// The stamp of a message that carries one here.
    pub(super) fn read(&self, message: &Message) -> Option<Stamp> {
        match self {
            Self::Payload => Stamp::read(&message.payload),
            Self::Property => {
                let properties = message.properties.as_deref()?;
                let (_, value) = properties.user_properties.iter().rev().find(|(name, _)| name == PROPERTY)?;
                Stamp::read_text(value.as_bytes())
            }
            Self::Json(pointer) => match pointer.find(&message.payload) {
                Ok(Spot::Value(range)) => {
                    let text = message.payload.get(range)?.strip_prefix(b"\"")?.strip_suffix(b"\"")?;
                    Stamp::read_text(text)
                }
                _ => None,
            },
        }
    }

    /// A payload that is the same each time, laid out; `None`: the stamp is beside it.
    pub(crate) fn lay_out(&self, payload: &[u8]) -> Result<Option<Stampable>, NoSpot> {
        let mut bytes = BytesMut::with_capacity(payload.len() + Stamp::TEXT_SIZE + 32);
        match self {
            Self::Property => Ok(None),
            Self::Payload => {
                bytes.resize(Stamp::SIZE, 0);
                bytes.extend_from_slice(payload);
                Ok(Some(Stampable { bytes: bytes.freeze(), at: 0, is_text: false }))
            }
            Self::Json(pointer) => {
                serde_json::from_slice::<IgnoredAny>(payload).map_err(|_| NoSpot::NotJson)?;
                let at = with_room(pointer, payload, &mut bytes)?;
                Ok(Some(Stampable { bytes: bytes.freeze(), at, is_text: true }))
            }
        }
    }

    /// Appends a payload of one message, stamped where the stamp belongs in it.
    pub(super) fn write(&self, payload: &[u8], stamp: &Stamp, out: &mut BytesMut) -> Result<(), NoSpot> {
        match self {
            Self::Property => out.extend_from_slice(payload),
            Self::Payload => {
                out.extend_from_slice(&[0; Stamp::SIZE]);
                stamp.write(out);
                out.extend_from_slice(payload);
            }
            Self::Json(pointer) => {
                let at = with_room(pointer, payload, out)?;
                stamp.write_text(&mut out[at..]);
            }
        }
        Ok(())
    }
}

/// Appends a payload with room for a stamp at a place of its JSON to an empty buffer: where the stamp begins.
fn with_room(pointer: &JsonPointer, payload: &[u8], out: &mut BytesMut) -> Result<usize, NoSpot> {
    let (before, behind, name, comma) = match pointer.find(payload)? {
        Spot::Value(range) => (range.start, range.end, None, false),
        Spot::Member { at, is_only } => (at, at, Some(pointer.name()), !is_only),
    };
    out.extend_from_slice(&payload[..before]);
    if let Some(name) = name {
        out.extend_from_slice(name.as_bytes());
        out.extend_from_slice(b":");
    }
    out.extend_from_slice(b"\"");
    let at = out.len();
    out.extend_from_slice(&[b'-'; Stamp::TEXT_SIZE]);
    out.extend_from_slice(if comma { b"\"," } else { b"\"" });
    out.extend_from_slice(&payload[behind..]);
    Ok(at)
}

impl Stampable {
    /// One that is random, stamped over its first bytes; `None` when it is too short.
    pub(crate) fn random(bytes: Bytes) -> Option<Self> {
        (bytes.len() >= Stamp::SIZE).then_some(Self { bytes, at: 0, is_text: false })
    }

    /// Its bytes, the stamp's included.
    pub(crate) fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Appends it with a stamp to an empty buffer.
    pub(super) fn write(&self, stamp: &Stamp, out: &mut BytesMut) {
        out.extend_from_slice(&self.bytes);
        let place = &mut out[self.at..];
        if self.is_text {
            stamp.write_text(place)
        } else {
            stamp.write(place)
        };
    }
}

/// The properties of messages that carry a stamp or Correlation Data in them. Each is used again when its message is done
/// with: in the end none is made anew.
#[derive(Debug, Default)]
pub(super) struct ReusedProperties {
    used: VecDeque<Arc<PublishProperties>>,
}

impl ReusedProperties {
    /// More than any window: one that is still in use is left to its message then.
    const MOST: usize = 1 << 16;

    /// `common` with a stamp, or with Correlation Data, or with both: the same for all of them.
    pub(super) fn next(
        &mut self,
        common: Option<&PublishProperties>,
        stamp: Option<&Stamp>,
        correlation: Option<Bytes>,
    ) -> Arc<PublishProperties> {
        let is_free = self.used.front_mut().is_some_and(|oldest| Arc::get_mut(oldest).is_some());
        let oldest = if is_free || self.used.len() >= Self::MOST { self.used.pop_front() } else { None };
        let mut properties = oldest.filter(|_| is_free).unwrap_or_else(|| {
            let mut properties = common.cloned().unwrap_or_default();
            if stamp.is_some() {
                properties.user_properties.push((PROPERTY.to_owned(), String::with_capacity(Stamp::TEXT_SIZE)));
            }
            Arc::new(properties)
        });
        if let Some(own) = Arc::get_mut(&mut properties) {
            if let (Some(stamp), Some((_, value))) = (stamp, own.user_properties.last_mut()) {
                let mut text = [0; Stamp::TEXT_SIZE];
                stamp.write_text(&mut text);
                value.clear();
                value.push_str(std::str::from_utf8(&text).unwrap_or_default());
            }
            if correlation.is_some() {
                own.correlation_data = correlation;
            }
        }
        self.used.push_back(properties.clone());
        properties
    }
}

impl FromStr for StampPlace {
    type Err = InvalidStampPlace;

    fn from_str(text: &str) -> Result<Self, InvalidStampPlace> {
        let invalid = || InvalidStampPlace(text.to_owned());
        match text {
            "payload" => Ok(Self::Payload),
            "property" => Ok(Self::Property),
            _ => {
                let pointer = text.strip_prefix("json:").ok_or_else(invalid)?;
                pointer.parse().map(Self::Json).map_err(|_| invalid())
            }
        }
    }
}

impl fmt::Display for StampPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Payload => f.write_str("payload"),
            Self::Property => f.write_str("property"),
            Self::Json(pointer) => write!(f, "json:{pointer}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stamp(sequence: u32) -> Stamp {
        Stamp { clock: 1, run: 2, publisher: 3, sequence, delay_micros: 5, planned: 6 }
    }

    fn message(payload: impl Into<Bytes>) -> Message {
        Message::new("a".parse().unwrap(), payload)
    }

    #[test]
    fn what_is_laid_out_and_what_is_written_anew_are_the_same_and_read() {
        for (place, payload, shown) in [
            ("payload", "x", None),
            ("json:/t", "{}", Some("{\"t\":\"S\"}")),
            ("json:/t", "{ \"a\" : 1 }", Some("{\"t\":\"S\", \"a\" : 1 }")),
            ("json:/m/t", "{\"m\":{\"t\":0},\"b\":[]}", Some("{\"m\":{\"t\":\"S\"},\"b\":[]}")),
            ("json:/1", "[1,{\"a\":2},3]", Some("[1,\"S\",3]")),
        ] {
            let place: StampPlace = place.parse().unwrap();
            let (mut laid_out, mut anew) = (BytesMut::new(), BytesMut::new());
            place.lay_out(payload.as_bytes()).unwrap().unwrap().write(&stamp(4), &mut laid_out);
            place.write(payload.as_bytes(), &stamp(4), &mut anew).unwrap();
            assert_eq!(laid_out, anew, "{place}");
            assert_eq!(place.read(&message(laid_out.clone())), Some(stamp(4)), "{place}");
            if let Some(shown) = shown {
                let mut text = [0; Stamp::TEXT_SIZE];
                stamp(4).write_text(&mut text);
                let expected = shown.replace('S', std::str::from_utf8(&text).unwrap());
                assert_eq!(std::str::from_utf8(&laid_out).unwrap(), expected);
            }
        }
    }

    #[test]
    fn properties_are_used_again_when_their_message_is_gone() {
        let mut properties = ReusedProperties::default();
        let common = PublishProperties { content_type: Some("x".into()), ..PublishProperties::default() };
        let first = properties.next(Some(&common), Some(&stamp(1)), None);
        let place = Arc::as_ptr(&first);
        let second = properties.next(Some(&common), Some(&stamp(2)), None);
        assert_ne!(Arc::as_ptr(&second), place, "the first is in use");
        let sent = Message { properties: Some(second), ..message("") };
        assert_eq!(StampPlace::Property.read(&sent), Some(stamp(2)));
        drop(first);
        let third = properties.next(Some(&common), Some(&stamp(3)), None);
        assert_eq!(Arc::as_ptr(&third), place);
        assert_eq!((third.user_properties.len(), third.content_type.as_deref()), (1, Some("x")));
        assert_eq!(StampPlace::Property.read(&Message { properties: Some(third), ..message("") }), Some(stamp(3)));
    }

    #[test]
    fn a_place_is_shown_as_it_is_written() {
        for text in ["payload", "property", "json:/a/b~1c"] {
            assert_eq!(text.parse::<StampPlace>().unwrap().to_string(), text);
        }
        for text in ["", "json", "json:", "json:t", "Payload"] {
            assert!(text.parse::<StampPlace>().is_err(), "{text}");
        }
    }
}

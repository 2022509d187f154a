use std::cell::LazyCell;

use jiff::fmt::strtime::{BrokenDownTime, Config, PosixCustom};
use jiff::{Timestamp, Zoned};

use super::{Field, Piece, Template, json};
use crate::mqtt::PublishProperties;
use crate::output::{Stream, safe};
use crate::payload::{PayloadError, Record, push_decimal};

impl Template {
    /// Appends a message; what comes with it is made safe for `stream`.
    ///
    /// An error says that a payload is not the JSON that `%J` shows; it has been shown as a string then.
    pub(in crate::output) fn render(
        &self,
        record: &Record,
        received_at: Option<Timestamp>,
        stream: Stream,
        out: &mut Vec<u8>,
    ) -> Result<(), PayloadError> {
        let timestamp = LazyCell::new(|| received_at.unwrap_or_else(Timestamp::now));
        let local = LazyCell::new(|| timestamp.to_zoned(self.zone.clone()));
        let mut outcome = Ok(());
        for piece in &self.pieces {
            match piece {
                Piece::Literal(bytes) => out.extend_from_slice(bytes),
                Piece::Time(conversion) => push_time(conversion, &local, out),
                Piece::Field(field, fit) => {
                    let start = out.len();
                    match field {
                        Field::IsoTime => push_time(b"%Y-%m-%dT%H:%M:%S%z", &local, out),
                        Field::UnixTime => push_unix_time(*timestamp, out),
                        Field::Json { inline } => {
                            let shown = json::push(record, &local, *inline, out);
                            outcome = outcome.and(shown);
                        }
                        field => push_field(*field, record, stream, out),
                    }
                    fit.apply(out, start);
                }
            }
        }
        outcome
    }
}

fn push_field(field: Field, record: &Record, stream: Stream, out: &mut Vec<u8>) {
    let message = &record.message;
    let properties = message.properties.as_deref();
    let text = |text: Option<&[u8]>, out: &mut Vec<u8>| safe::push_word(text.unwrap_or_default(), stream, out);
    let number = |number: Option<u64>, out: &mut Vec<u8>| {
        if let Some(number) = number {
            push_decimal(number, out);
        }
    };
    match field {
        Field::TopicAlias => number(properties.and_then(|of| of.topic_alias).map(Into::into), out),
        Field::ContentType => text(properties.and_then(|of| of.content_type.as_deref()).map(str::as_bytes), out),
        Field::CorrelationData => text(properties.and_then(|of| of.correlation_data.as_deref()), out),
        Field::MessageExpiryInterval => {
            number(properties.and_then(|of| of.message_expiry_interval).map(Into::into), out);
        }
        Field::PayloadFormatIndicator => {
            number(properties.and_then(|of| of.payload_format_indicator).map(Into::into), out);
        }
        Field::PayloadLength => push_decimal(message.payload.len() as u64, out),
        Field::PacketId => push_decimal(record.packet_id.unwrap_or_default().into(), out),
        Field::UserProperties => push_user_properties(properties, stream, out),
        Field::Payload => safe::push_text(&message.payload, stream, out),
        Field::QoS => push_decimal(message.qos.number().into(), out),
        Field::ResponseTopic => text(properties.and_then(|of| of.response_topic.as_deref()).map(str::as_bytes), out),
        Field::Retain => push_decimal(message.retain.into(), out),
        Field::SubscriptionIdentifier => {
            number(properties.and_then(|of| of.subscription_identifiers.first()).map(|first| (*first).into()), out);
        }
        Field::Topic => text(Some(message.topic.as_str().as_bytes()), out),
        Field::Hex { upper } => push_hex(&message.payload, upper, out),
        Field::IsoTime | Field::UnixTime | Field::Json { .. } => {}
    }
}

fn push_user_properties(properties: Option<&PublishProperties>, stream: Stream, out: &mut Vec<u8>) {
    let user_properties = properties.map(|of| of.user_properties.as_slice()).unwrap_or_default();
    for (index, (name, value)) in user_properties.iter().enumerate() {
        if index > 0 {
            out.push(b' ');
        }
        safe::push_word(name.as_bytes(), stream, out);
        out.push(b':');
        safe::push_word(value.as_bytes(), stream, out);
    }
}

fn push_hex(bytes: &[u8], upper: bool, out: &mut Vec<u8>) {
    let digits: &[u8; 16] = if upper { b"0123456789ABCDEF" } else { b"0123456789abcdef" };
    out.extend(bytes.iter().flat_map(|byte| [digits[usize::from(byte >> 4)], digits[usize::from(byte & 0xf)]]));
}

/// Seconds since 1970 with nanoseconds.
fn push_unix_time(timestamp: Timestamp, out: &mut Vec<u8>) {
    // A clock before 1970 has negative seconds and nanoseconds; mosquitto does not print it better.
    push_decimal(timestamp.as_second().unsigned_abs(), out);
    out.push(b'.');
    let start = out.len();
    push_decimal(timestamp.subsec_nanosecond().unsigned_abs().into(), out);
    super::Fit { zero: true, width: 9, ..super::Fit::default() }.apply(out, start);
}

/// Appends a time in the C locale's conversions.
pub(super) fn push_time(conversions: &[u8], local: &Zoned, out: &mut Vec<u8>) {
    let start = out.len();
    let config = Config::new().custom(PosixCustom::new());
    // The only times that it cannot show are beyond two-digit years (`@y` after 2068): those are left out.
    if BrokenDownTime::from(local).format_with_config(&config, conversions, &mut *out).is_err() {
        out.truncate(start);
    }
}

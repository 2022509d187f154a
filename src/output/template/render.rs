use std::cell::LazyCell;
use std::io::Write;

use jiff::Timestamp;

use super::time::push_time;
use super::{Field, Fit, FloatWidth, Groups, Piece, Template, json};
use crate::mqtt::PublishProperties;
use crate::output::{Stream, safe};
use crate::payload::{Record, push_decimal};

impl Template {
    /// Appends a message; its text is made safe for `stream`.
    ///
    /// The error means that a payload is not the JSON or the number that a field needs; it has been shown unchanged then.
    pub(in crate::output) fn render(
        &self,
        record: &Record,
        received_at: Option<Timestamp>,
        stream: Stream,
        out: &mut Vec<u8>,
    ) -> Result<(), String> {
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
                            outcome = outcome.and(shown.map_err(|error| error.to_string()));
                        }
                        Field::Float(width) => {
                            if let Some(number) = float(&record.message.payload, *width) {
                                push_float(number, *fit, out);
                                continue;
                            }
                            safe::push_text(&record.message.payload, stream, out);
                            let (bytes, length) = (width.bytes(), record.message.payload.len());
                            outcome = outcome.and(Err(format!("not a number of {bytes} bytes: it has {length}")));
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
        Field::Hex { upper, groups } => push_hex(&message.payload, upper, groups, out),
        Field::IsoTime | Field::UnixTime | Field::Json { .. } | Field::Float(_) => {}
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

fn push_hex(bytes: &[u8], upper: bool, groups: Option<Groups>, out: &mut Vec<u8>) {
    let digits: &[u8; 16] = if upper { b"0123456789ABCDEF" } else { b"0123456789abcdef" };
    let shown = bytes.iter().flat_map(|byte| [digits[usize::from(byte >> 4)], digits[usize::from(byte & 0xf)]]);
    match groups.filter(|groups| groups.digits > 0) {
        None => out.extend(shown),
        Some(groups) => {
            for (index, digit) in shown.enumerate() {
                if index > 0 && index % groups.digits == 0 {
                    out.push(groups.separator);
                }
                out.push(digit);
            }
        }
    }
}

fn float(payload: &[u8], width: FloatWidth) -> Option<f64> {
    match width {
        FloatWidth::Single => payload.try_into().ok().map(|bytes| f32::from_ne_bytes(bytes).into()),
        FloatWidth::Double => payload.try_into().ok().map(f64::from_ne_bytes),
    }
}

/// Appends a number as printf's `%f`.
fn push_float(number: f64, fit: Fit, out: &mut Vec<u8>) {
    let (width, precision) = (fit.width, fit.precision.unwrap_or(6));
    // Writing to a vector does not fail.
    let _ = match fit {
        Fit { left: true, .. } => write!(out, "{number:<width$.precision$}"),
        Fit { zero: true, .. } => write!(out, "{number:0width$.precision$}"),
        _ => write!(out, "{number:width$.precision$}"),
    };
}

impl FloatWidth {
    fn bytes(self) -> usize {
        match self {
            Self::Single => size_of::<f32>(),
            Self::Double => size_of::<f64>(),
        }
    }
}

/// Seconds since 1970 with nanoseconds.
fn push_unix_time(timestamp: Timestamp, out: &mut Vec<u8>) {
    // A clock before 1970 has negative seconds and nanoseconds; mosquitto prints it no better.
    push_decimal(timestamp.as_second().unsigned_abs(), out);
    out.push(b'.');
    let start = out.len();
    push_decimal(timestamp.subsec_nanosecond().unsigned_abs().into(), out);
    Fit { zero: true, width: 9, ..Fit::default() }.apply(out, start);
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use bytes::Bytes;
    use jiff::tz::TimeZone;

    use super::*;
    use crate::mqtt::{Message, QoS, TopicName};

    fn record() -> Record {
        let topic = TopicName::parse("house/汽车").unwrap();
        Record {
            message: Message {
                qos: QoS::AtLeastOnce,
                retain: true,
                properties: Some(Arc::new(PublishProperties {
                    payload_format_indicator: Some(1),
                    message_expiry_interval: Some(60),
                    topic_alias: Some(3),
                    response_topic: Some("r".into()),
                    correlation_data: Some(Bytes::from_static(b"c")),
                    user_properties: vec![("a".into(), "1".into()), ("b".into(), "2".into()), ("a".into(), "3".into())],
                    subscription_identifiers: vec![9, 10],
                    content_type: Some("text/plain".into()),
                })),
                ..Message::new(topic, "{\"n\": 1.10}")
            },
            dup: false,
            packet_id: Some(7),
            received_at: None,
        }
    }

    fn rendered(template: &str, record: &Record) -> String {
        let template = Template::parse(template, || TimeZone::posix("EST5EDT,M3.2.0,M11.1.0").unwrap()).unwrap();
        let received_at = "2026-11-02T03:04:05.000067Z".parse().unwrap();
        let mut out = Vec::new();
        template.render(record, Some(received_at), Stream::PIPE, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn shows_every_field() {
        for (template, shown) in [
            ("%A %C %D %E %F", "3 text/plain c 60 1"),
            ("%l %m %P", "11 7 a:1 b:2 a:3"),
            ("%p %q %R %r %S %t", "{\"n\": 1.10} 1 r 1 9 house/汽车"),
            ("%x", "7b226e223a20312e31307d"),
            ("%X", "7B226E223A20312E31307D"),
            ("%.2:x", "7b:22:6e:22:3a:20:31:2e:31:30:7d"),
            ("%.1x", "7 b 2 2 6 e 2 2 3 a 2 0 3 1 2 e 3 1 3 0 7 d"),
            ("%.2X", "7B 22 6E 22 3A 20 31 2E 31 30 7D"),
            ("%.x|%.0X", "7b226e223a20312e31307d|7B226E223A20312E31307D"),
            ("%.4 X", "7B22 6E22 3A20 312E 3130 7D"),
            ("%%@@\\t\\x41", "%@\tA"),
        ] {
            assert_eq!(rendered(template, &record()), shown, "{template}");
        }
    }

    #[test]
    fn what_a_message_lacks_is_empty() {
        let bare = Record::new(Message::new(TopicName::parse("t").unwrap(), ""));
        assert_eq!(rendered("[%A|%C|%D|%E|%F|%l|%m|%P|%p|%q|%R|%r|%S|%x]", &bare), "[|||||0|0|||0||0||]");
        assert_eq!(rendered("[%3A|%03A|%-3C]", &bare), "[   |000|   ]");
    }

    #[test]
    fn fits_fields_into_columns() {
        assert_eq!(
            rendered("[%12t|%-12t|%.8t|%05l|%20p]", &record()),
            "[  house/汽车|house/汽车  |house/汽|00011|         {\"n\": 1.10}]"
        );
        assert_eq!(rendered("[%3p]", &record()), "[{\"n\": 1.10}]", "a width never cuts");
    }

    #[test]
    fn shows_the_time_of_receipt_where_the_user_is() {
        for (template, shown) in [
            ("%I", "2026-11-01T22:04:05-0500"),
            ("%U", "1793588645.000067000"),
            ("@Y-@m-@d @H:@M:@S.@N", "2026-11-01 22:04:05.000067000"),
            ("@a @A @b @B @C @e @h @j @k @l @p @P", "Sun Sunday Nov November 20  1 Nov 305 22 10 PM pm"),
            (
                "@c|@x|@X|@r|@D|@F|@R|@T",
                "Sun Nov  1 22:04:05 2026|11/01/26|22:04:05|10:04:05 PM|11/01/26|2026-11-01|22:04|22:04:05",
            ),
            ("@s @u @w @U @V @W @g @G @y @I", "1793588645 7 0 44 44 43 26 2026 26 10"),
            ("@z @Z @n@t", "-0500 EST \n\t"),
        ] {
            assert_eq!(rendered(template, &record()), shown, "{template}");
        }
    }

    #[test]
    fn mosquitto_s_json_keeps_the_order_of_user_properties_and_digits() {
        assert_eq!(
            rendered("%J", &record()),
            "{\"tst\":\"2026-11-01T22:04:05.000067-0500\",\"topic\":\"house/汽车\",\"qos\":1,\"retain\":1,\
             \"payloadlen\":11,\"mid\":7,\"properties\":{\"payload-format-indicator\":1,\
             \"message-expiry-interval\":60,\"content-type\":\"text/plain\",\"response-topic\":\"r\",\
             \"correlation-data\":\"c\",\"subscription-identifier\":9,\"topic-alias\":3,\
             \"user-properties\":[{\"a\":\"1\"},{\"b\":\"2\"},{\"a\":\"3\"}]},\"payload\":{\"n\":1.10}}"
        );
        assert!(rendered("%j", &record()).ends_with(r#","payload":"{\"n\": 1.10}"}"#));
    }

    #[test]
    fn shows_numbers_of_the_machine() {
        let record = |payload: &[u8]| Record::new(Message::new(TopicName::parse("t").unwrap(), payload.to_vec()));
        assert_eq!(
            rendered("%f|%.1f|%8.2f|%-8.2f|%08.2f", &record(&(-1.5_f32).to_ne_bytes())),
            "-1.500000|-1.5|   -1.50|-1.50   |-0001.50"
        );
        assert_eq!(rendered("%d", &record(&0.1_f64.to_ne_bytes())), "0.100000");
    }

    #[test]
    fn a_payload_that_is_no_number_is_shown_as_it_is() {
        let template: Template = "%f".parse().unwrap();
        let mut out = Vec::new();
        let record = Record::new(Message::new(TopicName::parse("t").unwrap(), "12345"));
        let outcome = template.render(&record, None, Stream::PIPE, &mut out);
        assert_eq!(outcome, Err("not a number of 4 bytes: it has 5".into()));
        assert_eq!(out, b"12345");
    }

    #[test]
    fn no_payload_is_lost_in_json() {
        let template: Template = "%J|%j".parse().unwrap();
        let mut out = Vec::new();
        let record = Record::new(Message::new(TopicName::parse("t").unwrap(), &b"\x00\xff\x01"[..]));
        let outcome = template.render(&record, None, Stream::PIPE, &mut out);
        assert!(outcome.unwrap_err().starts_with("not json at character 2: "));
        let shown = String::from_utf8(out).unwrap();
        assert_eq!(shown.matches(r#""payload":"AP8B","payload_encoding":"base64"}"#).count(), 2, "{shown}");
    }
}

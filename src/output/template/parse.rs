use super::{Field, Fit, FloatWidth, Groups, Piece, TemplateError};
use crate::payload::{EscapeError, parse_escape};

/// The conversions of strftime that mean something in the C locale (glibc's, of one letter).
pub(super) const TIME_CONVERSIONS: &str = "aAbBcCdDeFgGhHIjklmMnNpPrRsStTuUVwWxXyYzZ";

/// The allowed separators between groups of hexadecimal digits.
const SEPARATORS: &[u8] = b":;,._-/ ";

/// The maximum width in columns, as a width costs memory for each message.
const MAXIMUM_WIDTH: usize = 65_535;

/// The letters of fields, and their meanings for help and the reference.
pub(super) const LETTERS: &[(char, Field, &str)] = &[
    ('t', Field::Topic, "topic"),
    ('p', Field::Payload, "payload, shown as --format says"),
    ('x', Field::Hex { upper: false, groups: None }, "payload in hexadecimal digits; %.2:x groups them: 01:fe"),
    ('X', Field::Hex { upper: true, groups: None }, "the same in upper case"),
    ('f', Field::Float(FloatWidth::Single), "payload of 4 bytes as a floating-point number"),
    ('d', Field::Float(FloatWidth::Double), "payload of 8 bytes as a floating-point number"),
    ('l', Field::PayloadLength, "length of the payload in bytes"),
    ('q', Field::QoS, "QoS: 0, 1 or 2"),
    ('r', Field::Retain, "retain flag: 0 or 1"),
    ('m', Field::PacketId, "packet identifier; 0 at QoS 0"),
    ('I', Field::IsoTime, "time of receipt in ISO 8601, local time"),
    ('U', Field::UnixTime, "time of receipt in seconds since 1970, with nanoseconds"),
    ('j', Field::Json { inline: false }, "the message as mosquitto's JSON, the payload as text"),
    ('J', Field::Json { inline: true }, "the same with the payload, which must be JSON, as JSON"),
    ('A', Field::TopicAlias, "topic alias (MQTT 5.0)"),
    ('C', Field::ContentType, "content type (MQTT 5.0)"),
    ('D', Field::CorrelationData, "correlation data (MQTT 5.0)"),
    ('E', Field::MessageExpiryInterval, "message expiry interval in seconds (MQTT 5.0)"),
    ('F', Field::PayloadFormatIndicator, "payload format indicator: 1 if marked as UTF-8 (MQTT 5.0)"),
    ('P', Field::UserProperties, "user properties, name:value each (MQTT 5.0)"),
    ('R', Field::ResponseTopic, "response topic (MQTT 5.0)"),
    ('S', Field::SubscriptionIdentifier, "subscription identifiers (MQTT 5.0)"),
];

pub(super) fn pieces(text: &str) -> Result<Vec<Piece>, TemplateError> {
    let mut pieces = Vec::new();
    let mut literal = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.bytes().next() {
        let at = text.len() - rest.len();
        let error = |what| TemplateError::at(text, at, what);
        let (piece, length) = match first {
            b'%' => field(rest).map_err(error)?,
            b'@' => time(rest).map_err(error)?,
            b'\\' => {
                let (byte, length) = parse_escape(rest).ok_or_else(|| error(EscapeError::new(rest, at).to_string()))?;
                (Piece::Literal(vec![byte]), length)
            }
            _ => {
                let length = rest.find(['%', '@', '\\']).unwrap_or(rest.len());
                (Piece::Literal(rest[..length].into()), length)
            }
        };
        rest = &rest[length..];
        match piece {
            Piece::Literal(bytes) => literal.extend(bytes),
            piece => {
                if !literal.is_empty() {
                    pieces.push(Piece::Literal(std::mem::take(&mut literal)));
                }
                pieces.push(piece);
            }
        }
    }
    if !literal.is_empty() {
        pieces.push(Piece::Literal(literal));
    }
    Ok(pieces)
}

/// `%`, then `-` and `0`, a width, `.` and a precision, and the letter: the piece and its length.
fn field(text: &str) -> Result<(Piece, usize), String> {
    let mut rest = &text[1..];
    let mut fit = Fit::default();
    while let Some(flag) = rest.bytes().next().filter(|flag| b"-0".contains(flag)) {
        fit.left |= flag == b'-';
        fit.zero |= flag == b'0';
        rest = &rest[1..];
    }
    (fit.width, rest) = number(rest)?;
    if let Some(after_point) = rest.strip_prefix('.') {
        let (precision, after) = number(after_point)?;
        fit.precision = Some(precision);
        rest = after;
    }
    let separator = rest.bytes().next().filter(|byte| SEPARATORS.contains(byte));
    rest = &rest[usize::from(separator.is_some())..];
    let Some(letter) = rest.chars().next() else {
        return Err(format!("`{text}` ends before the letter of its field"));
    };
    let length = text.len() - rest.len() + letter.len_utf8();
    if letter == '%' {
        return Ok((Piece::Literal(b"%".into()), length));
    }
    let Some(mut field) = field_of(letter) else {
        return Err(format!(
            "`%{letter}` is not a field: use one of A C D E F I J P R S U X d f j l m p q r t x, or %% for a percent sign"
        ));
    };
    match (&mut field, separator) {
        (Field::Hex { groups, .. }, separator) => {
            let separator = separator.unwrap_or(b' ');
            *groups = fit.precision.take().map(|digits| Groups { digits, separator });
        }
        (_, Some(_)) => {
            return Err(format!("`{}` has a separator, which is only possible with %x and %X", &text[..length]));
        }
        (_, None) => {}
    }
    // Zeros before text would look like part of it; after a number they would change it.
    fit.zero &= !fit.left && !field.is_text();
    // A truncated number is a different number.
    fit.precision = fit.precision.filter(|_| !field.is_number());
    Ok((Piece::Field(field, fit), length))
}

fn number(text: &str) -> Result<(usize, &str), String> {
    let (digits, rest) = text.split_at(text.find(|character: char| !character.is_ascii_digit()).unwrap_or(text.len()));
    if digits.is_empty() {
        return Ok((0, rest));
    }
    match digits.parse() {
        Ok(number) if number <= MAXIMUM_WIDTH => Ok((number, rest)),
        _ => Err(format!("the width {digits} is over the maximum of {MAXIMUM_WIDTH}")),
    }
}

fn field_of(letter: char) -> Option<Field> {
    LETTERS.iter().find(|(known, ..)| *known == letter).map(|(_, field, _)| *field)
}

/// `@` and a conversion of strftime.
fn time(text: &str) -> Result<(Piece, usize), String> {
    match text[1..].chars().next() {
        Some('@') => Ok((Piece::Literal(b"@".into()), 2)),
        Some('%') => Ok((Piece::Literal(b"%".into()), 2)),
        // Only ASCII letters are in the list.
        Some(letter) if TIME_CONVERSIONS.contains(letter) => Ok((Piece::Time([b'%', letter as u8]), 2)),
        Some(letter) => Err(format!(
            "`@{letter}` is not a conversion of strftime: use a letter of {TIME_CONVERSIONS}, or @@ for an at sign"
        )),
        None => Err("`@` ends before its letter; write @@ for an at sign".into()),
    }
}

impl Field {
    fn is_number(self) -> bool {
        matches!(
            self,
            Self::TopicAlias
                | Self::MessageExpiryInterval
                | Self::PayloadFormatIndicator
                | Self::PayloadLength
                | Self::PacketId
                | Self::QoS
                | Self::Retain
                | Self::SubscriptionIdentifier
        )
    }

    /// Neither a number nor a payload, which mosquitto pads with zeros too.
    fn is_text(self) -> bool {
        !self.is_number() && !matches!(self, Self::Payload | Self::Hex { .. } | Self::Float(_))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbouring_literals_are_one_piece() {
        assert_eq!(pieces(r"a%%b@@\n%%").unwrap(), [Piece::Literal(b"a%b@\n%".into())]);
        assert_eq!(pieces("").unwrap(), []);
    }

    #[test]
    fn reads_flags_width_and_precision() {
        let fit = |text| match field(text) {
            Ok((Piece::Field(_, fit), _)) => Some(fit),
            _ => None,
        };
        let plain = Fit::default();
        assert_eq!(fit("%-10.5t"), Some(Fit { left: true, width: 10, precision: Some(5), ..plain }));
        assert_eq!(fit("%05l"), Some(Fit { zero: true, width: 5, ..plain }));
        assert_eq!(fit("%-05l"), Some(Fit { left: true, width: 5, ..plain }), "zeros go to the left only");
        assert_eq!(fit("%05t"), Some(Fit { width: 5, ..plain }), "text is padded with blanks");
        assert_eq!(fit("%.1l"), Some(plain), "a number is never cut");
        assert_eq!(fit("%.t"), Some(Fit { precision: Some(0), ..plain }));
    }

    #[test]
    fn says_what_is_wrong_and_where() {
        for (text, what, caret) in [
            ("%t %k", "`%k` is not a field", "%t %k\n   ^"),
            ("汽车 %", "`%` ends before the letter", "汽车 %\n     ^"),
            ("%-05.2", "`%-05.2` ends before the letter", "%-05.2\n^"),
            ("%99999t", "the width 99999 is over the maximum", "%99999t\n^"),
            ("%99999999999999999999999t", "is over the maximum", "%99999999999999999999999t\n^"),
            ("%.2:p", "`%.2:p` has a separator", "%.2:p\n^"),
            ("%é", "`%é` is not a field", "%é\n^"),
            ("@H:@Q", "`@Q` is not a conversion of strftime", "@H:@Q\n   ^"),
            ("x@", "`@` ends before its letter", "x@\n ^"),
            (r"a\q", r"`\q` is not an escape", "a\\q\n ^"),
            (r"a\", r"`\` is not an escape", "a\\\n ^"),
        ] {
            let error = pieces(text).unwrap_err();
            assert!(error.to_string().contains(what), "{text}: {error}");
            assert_eq!(error.caret(), caret);
        }
    }
}

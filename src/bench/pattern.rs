//! Client identifiers, topics and payloads with placeholders.

use std::fmt::Write as _;
use std::str::FromStr;

/// A text with places that differ from client to client, or from message to message.
///
/// `%i` number of the client, from 1; `%c` its identifier; `%u` its user name; `%s` number of the message, from 0,
/// or of the topic with `--topics`; `{random:4-10}` a number, `{random:8}` so many hexadecimal digits; `%%` a `%`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Pattern {
    text: String,
    pieces: Vec<Piece>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Text(String),
    Number,
    ClientId,
    UserName,
    Sequence,
    RandomNumber(u64, u64),
    RandomDigits(usize),
}

/// What a pattern is filled with.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Filling<'a> {
    /// From 1.
    pub number: u64,
    /// Identifier of the client.
    pub client_id: &'a str,
    /// User name of the client.
    pub user_name: &'a str,
    /// Number of the message or the topic.
    pub sequence: u64,
}

/// Why a text is no pattern.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no placeholder: use {{random:1-100}} for a number or {{random:8}} for hexadecimal digits")]
pub(crate) struct InvalidPattern(pub String);

impl Pattern {
    /// A text without placeholders, whatever it holds.
    pub(crate) fn verbatim(text: impl Into<String>) -> Self {
        let text = text.into();
        Self { pieces: vec![Piece::Text(text.clone())], text }
    }

    /// Whether every client has its own text by its number.
    pub(crate) fn has_number(&self) -> bool {
        self.pieces.iter().any(|piece| matches!(piece, Piece::Number | Piece::ClientId))
    }

    /// Whether every message has a text of its own.
    pub(crate) fn differs_by_message(&self) -> bool {
        let differs =
            |piece: &Piece| matches!(piece, Piece::Sequence | Piece::RandomNumber(..) | Piece::RandomDigits(_));
        self.pieces.iter().any(differs)
    }

    /// As it was written.
    pub(crate) fn as_str(&self) -> &str {
        &self.text
    }

    /// The same pattern with a text behind it.
    #[must_use]
    pub(crate) fn with_suffix(mut self, suffix: &str) -> Self {
        self.text.push_str(suffix);
        self.text.parse().unwrap_or(self)
    }

    /// The text for one client and message.
    pub(crate) fn fill(&self, filling: Filling<'_>, random: &mut fastrand::Rng) -> String {
        let mut text = String::with_capacity(self.text.len() + 16);
        for piece in &self.pieces {
            // Writing into a string does not fail.
            let _ = match piece {
                Piece::Text(part) => text.write_str(part),
                Piece::Number => write!(text, "{}", filling.number),
                Piece::ClientId => text.write_str(filling.client_id),
                Piece::UserName => text.write_str(filling.user_name),
                Piece::Sequence => write!(text, "{}", filling.sequence),
                Piece::RandomNumber(low, high) => write!(text, "{}", random.u64(*low..=*high)),
                Piece::RandomDigits(count) => {
                    text.extend((0..*count).map(|_| random.digit(16)));
                    Ok(())
                }
            };
        }
        text
    }
}

impl FromStr for Pattern {
    type Err = InvalidPattern;

    fn from_str(text: &str) -> Result<Self, InvalidPattern> {
        const RANDOM: &str = "{random:";
        let (mut pieces, mut plain) = (Vec::new(), String::new());
        let mut rest = text;
        while let Some(character) = rest.chars().next() {
            let mut length = character.len_utf8();
            let piece = if character == '%' {
                length = 2;
                match rest.as_bytes().get(1) {
                    Some(b'i') => Some(Piece::Number),
                    Some(b'c') => Some(Piece::ClientId),
                    Some(b'u') => Some(Piece::UserName),
                    Some(b's') => Some(Piece::Sequence),
                    Some(b'%') => Some(Piece::Text("%".into())),
                    _ => {
                        length = 1;
                        None
                    }
                }
            } else if let Some(inner) = rest.strip_prefix(RANDOM) {
                let Some((range, _)) = inner.split_once('}') else { return Err(InvalidPattern(rest.into())) };
                length = RANDOM.len() + range.len() + 1;
                Some(random_piece(range).ok_or_else(|| InvalidPattern(rest[..length].into()))?)
            } else {
                None
            };
            match piece {
                Some(piece) => {
                    if !plain.is_empty() {
                        pieces.push(Piece::Text(std::mem::take(&mut plain)));
                    }
                    pieces.push(piece);
                }
                None => plain.push_str(&rest[..length]),
            }
            rest = &rest[length..];
        }
        if !plain.is_empty() {
            pieces.push(Piece::Text(plain));
        }
        Ok(Self { text: text.to_owned(), pieces })
    }
}

fn random_piece(range: &str) -> Option<Piece> {
    match range.split_once('-') {
        Some((low, high)) => {
            let (low, high) = (low.trim().parse().ok()?, high.trim().parse().ok()?);
            (low <= high).then_some(Piece::RandomNumber(low, high))
        }
        None => range.trim().parse().ok().filter(|count| (1..=4096).contains(count)).map(Piece::RandomDigits),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(text: &str) -> String {
        let filling = Filling { number: 7, client_id: "me_7", user_name: "ann", sequence: 42 };
        text.parse::<Pattern>().unwrap().fill(filling, &mut fastrand::Rng::with_seed(1))
    }

    #[test]
    fn placeholders_are_filled_and_the_rest_stays() {
        assert_eq!(filled("a/%i/%c/%u/%s"), "a/7/me_7/ann/42");
        assert_eq!(filled("100%%, 5% 汽车 {x} %"), "100%, 5% 汽车 {x} %");
        assert_eq!(filled(""), "");
        assert_eq!(filled("{random:8}").len(), 8);
        assert!((4..=10).contains(&filled("{random:4-10}").parse::<u64>().unwrap()));
    }

    #[test]
    fn what_differs_is_known_beforehand() {
        let pattern = |text: &str| text.parse::<Pattern>().unwrap();
        assert!(pattern("a/%i").has_number() && !pattern("a/%i").differs_by_message());
        assert!(pattern("a/%s").differs_by_message() && pattern("{random:2}").differs_by_message());
    }

    #[test]
    fn a_random_without_a_range_is_refused() {
        for text in ["{random:}", "{random:x}", "{random:5-1}", "{random:0}", "{random:3"] {
            assert!(text.parse::<Pattern>().is_err(), "{text}");
        }
    }
}

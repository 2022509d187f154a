//! The one language of placeholders: client identifiers, and topics, filters and payloads of a benchmark.
//!
//! ```text
//! {name}              the value of the name
//! {name:arguments}    for example {random:1000..9999} or {hex:8}
//! %i %c %u %s %sc     short forms of MQTTX, in bench; %% is a percent sign there
//! {{name}}            the text {name}
//! ```
//!
//! A name has two or more lower-case letters, digits and underscores. Payloads hold JSON, so in topics and payloads a
//! brace that does not begin a placeholder is text; in a client identifier, where it is a mistake, it must be doubled. The names
//! are rows of `Entry::ALL`, which the README lists; each place of use is a [`Place`], which defines what it offers.
//!
//! A text is parsed once, the values known by then are bound, and only what differs from client to client or from message
//! to message is left for [`Pattern::fill`].

mod error;
mod parse;
mod piece;
mod table;

pub(crate) use error::PlaceholderError;
pub(crate) use table::{Name, Place};

use piece::{Part, Piece};

/// A text with placeholders, parsed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Pattern {
    text: String,
    parts: Vec<Part>,
}

impl Pattern {
    /// Parses a text by what its place of use offers.
    pub(crate) fn parse(text: &str, place: Place) -> Result<Self, PlaceholderError> {
        parse::parts(text, place).map(Self::of)
    }

    fn of(parts: Vec<Part>) -> Self {
        Self { text: parts.iter().map(|part| part.source.as_str()).collect(), parts }
    }

    /// The same pattern with the known values bound.
    #[must_use]
    pub(crate) fn bind(self, value: impl Fn(Name) -> Option<String>) -> Self {
        let bound = self.parts.into_iter().map(|part| match part.piece {
            Piece::Value(name) => value(name).map_or(part, Part::text),
            _ => part,
        });
        Self::of(bound.collect())
    }

    /// The same pattern with its random parts drawn, once for all uses.
    #[must_use]
    pub(crate) fn draw(self, random: &mut fastrand::Rng) -> Self {
        let drawn = self.parts.into_iter().map(|part| {
            if !part.piece.is_random() {
                return part;
            }
            let mut text = String::new();
            part.piece.write(random, &mut text, |_, _| ());
            Part::text(text)
        });
        Self::of(drawn.collect())
    }

    /// The same pattern with a text and the number of the client behind it.
    #[must_use]
    pub(crate) fn numbered(mut self, before: &str) -> Self {
        self = self.with_suffix(before);
        let source = "%i".to_owned();
        self.text.push_str(&source);
        self.parts.push(Part { source, piece: Piece::Value(Name::Client) });
        self
    }

    /// The same pattern with a text behind it.
    #[must_use]
    pub(crate) fn with_suffix(mut self, suffix: &str) -> Self {
        self.text.push_str(suffix);
        self.parts.push(Part::text(suffix.to_owned()));
        self
    }

    /// Whether every client has its own text by its number.
    pub(crate) fn has_number(&self) -> bool {
        self.parts.iter().any(|part| matches!(part.piece, Piece::Value(Name::Client | Name::ClientId)))
    }

    /// Whether every message has a text of its own.
    pub(crate) fn differs_by_message(&self) -> bool {
        self.parts.iter().any(|part| part.piece.is_random() || part.piece == Piece::Value(Name::Sequence))
    }

    /// As written, with the bound values in place.
    pub(crate) fn as_str(&self) -> &str {
        &self.text
    }

    /// The text of a pattern of which everything is known.
    pub(crate) fn text(&self) -> String {
        let mut text = String::with_capacity(self.text.len());
        self.fill(&mut fastrand::Rng::new(), &mut text, |_, _| ());
        text
    }

    /// Appends the text; `value` writes the value of a name.
    pub(crate) fn fill(&self, random: &mut fastrand::Rng, out: &mut String, mut value: impl FnMut(Name, &mut String)) {
        for part in &self.parts {
            part.piece.write(random, out, &mut value);
        }
    }
}

/// A text in which the braces are text, for a place where braces must be doubled.
pub(crate) fn literal(text: &str) -> String {
    text.replace('{', "{{").replace('}', "}}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(text: &str, place: Place) -> Result<String, String> {
        let pattern = Pattern::parse(text, place).map_err(|error| error.to_string())?;
        let mut out = String::new();
        pattern.fill(&mut fastrand::Rng::with_seed(1), &mut out, |name, out| {
            out.push_str(match name {
                Name::Client => "7",
                Name::ClientId => "me_7",
                Name::Username => "ann",
                Name::Sequence => "42",
                Name::Hostname => "box",
                Name::User => "me",
                Name::Profile => "task",
                Name::Pid => "99",
                Name::Run => "0000abcd",
                Name::Scenario => "storm",
                Name::Random | Name::Hex => "",
            });
        });
        Ok(out)
    }

    #[test]
    fn every_placeholder_of_a_client_id_is_filled_in() {
        for (template, text) in [
            ("plain", "plain"),
            ("", ""),
            ("monitor.task.{random:7..7}", "monitor.task.7"),
            ("{hostname}-{pid}-{user}-{profile}", "box-99-me-task"),
            ("{{pid}}{{{{}}", "{pid}{{}"),
            ("汽车{pid}", "汽车99"),
            ("100%i", "100%i"),
        ] {
            assert_eq!(filled(template, Place::CLIENT_ID), Ok(text.to_owned()));
        }
        assert_eq!(filled("{hex:8}", Place::CLIENT_ID).unwrap().len(), 8);
    }

    #[test]
    fn placeholders_of_a_benchmark_are_filled_and_the_rest_stays() {
        for (template, text) in [
            ("a/%i/%c/%u/%s", "a/7/me_7/ann/42"),
            ("a/{client}/{client_id}/{username}/{sequence}/{run}", "a/7/me_7/ann/42/0000abcd"),
            ("100%%, 5% 汽车 {x} %", "100%, 5% 汽车 {x} %"),
            ("{\"a\":{\"b\":%i}}", "{\"a\":{\"b\":7}}"),
            ("{\"a\":{\"b\":{random:5-5}}}", "{\"a\":{\"b\":5}}"),
            ("{{run}} {{random:8}} {{", "{run} {random:8} {{"),
            ("%sc", "42c"),
            ("", ""),
        ] {
            assert_eq!(filled(template, Place::PAYLOAD), Ok(text.to_owned()));
        }
        assert_eq!(filled("%sc{scenario}%s", Place::PAYLOAD.of_scenario()), Ok("stormstorm42".into()));
        assert_eq!(filled("{random:8}", Place::PAYLOAD).unwrap().len(), 8);
    }

    #[test]
    fn both_spellings_of_a_range_are_the_same_numbers() {
        for place in [Place::CLIENT_ID, Place::TOPIC] {
            let number = filled("{random:1000..9999}", place).unwrap();
            assert_eq!(filled("{random:1000-9999}", place), Ok(number.clone()));
            assert!((1000..=9999).contains(&number.parse::<u32>().unwrap()));
        }
    }

    #[test]
    fn plain_data_holds_what_it_likes() {
        let text = "{run} {{x}} {nothing} {hostname} %i %%";
        assert_eq!(filled(text, Place::DATA), Ok("0000abcd {{x}} {nothing} {hostname} %i %%".into()));
    }

    #[test]
    fn what_differs_is_known_beforehand() {
        let pattern = |text: &str| Pattern::parse(text, Place::TOPIC).unwrap();
        assert!(pattern("a/%i").has_number() && !pattern("a/{client}").differs_by_message());
        assert!(pattern("a/{sequence}").differs_by_message() && pattern("{random:2}").differs_by_message());
    }

    #[test]
    fn what_is_bound_is_text_whatever_it_holds() {
        let pattern = Pattern::parse("{hostname}/{run}/%i", Place::TOPIC).unwrap();
        let bound = pattern.bind(|name| (name == Name::Hostname).then(|| "{pid}%i".to_owned())).with_suffix("%s");
        assert_eq!(bound.as_str(), "{pid}%i/{run}/%i%s");
        let mut out = String::new();
        bound.fill(&mut fastrand::Rng::new(), &mut out, |_, out| out.push('1'));
        assert_eq!(out, "{pid}%i/1/1%s");
    }

    #[test]
    fn what_is_drawn_is_the_same_for_all() {
        let pattern = Pattern::parse("{hex:16}_%i", Place::BENCH_CLIENT_ID).unwrap();
        let drawn = pattern.draw(&mut fastrand::Rng::with_seed(3));
        assert!(!drawn.differs_by_message() && drawn.has_number() && drawn.as_str().ends_with("_%i"));
        assert_eq!(drawn.as_str().len(), 19);
    }

    #[test]
    fn braces_of_a_literal_are_text() {
        assert_eq!(filled(&literal("{a}{{pid}}"), Place::CLIENT_ID), Ok("{a}{{pid}}".into()));
    }
}

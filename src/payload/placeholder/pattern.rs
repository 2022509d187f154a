//! A text with placeholders, parsed, and how it is filled in.

use super::drawer::Drawer;
use super::error::PlaceholderError;
use super::parse;
use super::piece::{Part, Piece};
use super::read::{self, Files};
use super::table::{Name, Place};

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

    /// The same pattern with its files and variables read; to be done before anything is bound, so that an error
    /// shows the place in the text as it was written.
    pub(crate) fn read(
        self,
        place: Place,
        files: &mut Files,
        variable: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, PlaceholderError> {
        let (mut at, mut parts) = (0, Vec::with_capacity(self.parts.len()));
        for part in self.parts {
            let read = read::read(&part, files, &variable);
            let read = read.map_err(|fault| PlaceholderError::at(&self.text, at, place, fault))?;
            at += part.source.len();
            parts.push(read.unwrap_or(part));
        }
        Ok(Self::of(parts))
    }

    fn of(parts: Vec<Part>) -> Self {
        Self { text: parts.iter().map(|part| part.source.as_str()).collect(), parts }
    }

    /// The same pattern with what is known already in the place of its name.
    #[must_use]
    pub(crate) fn bind(self, value: impl Fn(Name) -> Option<String>) -> Self {
        let bound = self.parts.into_iter().map(|part| match part.piece {
            Piece::Value(name) => value(name).map_or(part, Part::text),
            Piece::Padded(name, digits) => value(name).map_or(part, |text| Part::text(format!("{text:0>digits$}"))),
            _ => part,
        });
        Self::of(bound.collect())
    }

    /// The same pattern with its random parts drawn, once for all who fill it.
    #[must_use]
    pub(crate) fn draw(self, drawer: &mut Drawer) -> Self {
        let drawn = self.parts.into_iter().map(|part| {
            if !part.piece.is_random() {
                return part;
            }
            let mut text = String::new();
            part.piece.write(drawer, &mut text, &mut |_, _| ());
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
        let is_number = |piece: &Piece| {
            matches!(piece, Piece::Value(Name::Client | Name::ClientId) | Piece::Padded(Name::Client, _))
        };
        self.parts.iter().any(|part| is_number(&part.piece))
    }

    /// Whether the text differs between messages.
    pub(crate) fn differs_by_message(&self) -> bool {
        self.parts.iter().any(|part| part.piece.differs_by_message())
    }

    /// Whether it uses a name.
    pub(crate) fn asks_for(&self, name: Name) -> bool {
        self.parts.iter().any(|part| part.piece == Piece::Value(name))
    }

    /// As it was written, with what is bound in its place.
    pub(crate) fn as_str(&self) -> &str {
        &self.text
    }

    /// The text of a pattern of which everything is known.
    pub(crate) fn text(&self) -> String {
        let mut text = String::with_capacity(self.text.len());
        self.fill(&mut Drawer::default(), &mut text, |_, _| ());
        text
    }

    /// Appends the text; `value` writes the value of a name.
    pub(crate) fn fill(&self, drawer: &mut Drawer, out: &mut String, mut value: impl FnMut(Name, &mut String)) {
        for part in &self.parts {
            part.piece.write(drawer, out, &mut value);
        }
    }
}

/// A text in which the braces are text, for a place where each of them must be doubled.
pub(crate) fn literal(text: &str) -> String {
    text.replace('{', "{{").replace('}', "}}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(text: &str, place: Place) -> Result<String, String> {
        let pattern = Pattern::parse(text, place).map_err(|error| error.to_string())?;
        let mut out = String::new();
        pattern.fill(&mut Drawer::seeded(1), &mut out, |name, out| {
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
                Name::Topic => "a/b",
                Name::Payload => "ping",
                _ => "",
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

    /// `count` texts in a row, of one client.
    fn messages(text: &str, place: Place, drawer: &mut Drawer, count: u64) -> Vec<String> {
        let pattern = Pattern::parse(text, place).unwrap();
        let fill = |number| {
            let mut out = String::new();
            drawer.begin(number);
            pattern.fill(drawer, &mut out, |_, out| out.push_str(&number.to_string()));
            out
        };
        (0..count).map(fill).collect()
    }

    #[test]
    fn what_is_counted_goes_on_with_each_message() {
        let drawer = &mut Drawer::seeded(1);
        assert_eq!(
            messages("{counter} {counter:10:-5} {sequence:3}", Place::PAYLOAD, drawer, 3),
            ["1 10 000", "2 5 001", "3 0 002"]
        );
    }

    #[test]
    fn a_seed_makes_values_repeatable_and_once_is_the_same_for_a_client() {
        let text =
            "{once:choice:S|3|X|Y}{once:uuid} {random:-9..9} {float:0..1:0.001} {string:3..9} {walk:20..30} {hex:4}";
        let of = |seed| messages(text, Place::PAYLOAD, &mut Drawer::seeded(seed), 50);
        assert_eq!(of(7), of(7));
        assert_ne!(of(7), of(8));
        let constants: std::collections::BTreeSet<_> =
            of(7).iter().map(|text| text.split(' ').next().unwrap().to_owned()).collect();
        assert_eq!(constants.len(), 1);
        let others: std::collections::BTreeSet<_> = of(7).into_iter().collect();
        assert_eq!(others.len(), 50);
    }

    #[test]
    fn an_answer_has_places_of_the_request() {
        let pattern = Pattern::parse("{topic} {/a/b} {/list/1} {{/a}} {payload}", Place::ANSWER).unwrap();
        let mut drawer = Drawer::seeded(1);
        let mut fill = |request: &str| {
            let mut out = String::new();
            drawer.begin_answer(0, request.as_bytes());
            pattern.fill(&mut drawer, &mut out, |name, out| {
                out.push_str(if name == Name::Topic { "t" } else { request });
            });
            drawer.take_fault().map_or(Ok(out), Err)
        };
        assert_eq!(
            fill(r#"{"a":{"b":"x"},"list":[1,2.5]}"#).unwrap(),
            r#"t x 2.5 {/a} {"a":{"b":"x"},"list":[1,2.5]}"#
        );
        assert_eq!(fill(r#"{"a":{"b":1}}"#).unwrap_err(), "its payload has no /list/1");
        assert_eq!(fill("ping").unwrap_err(), "its payload has no /a/b");
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
        assert!(pattern("{walk:1..2}").differs_by_message() && pattern("{counter}").differs_by_message());
        assert!(!pattern("{once:hex:8}").differs_by_message() && pattern("{client:4}").has_number());
    }

    #[test]
    fn what_is_bound_is_text_whatever_it_holds() {
        let pattern = Pattern::parse("{hostname}/{run}/%i", Place::TOPIC).unwrap();
        let bound = pattern.bind(|name| (name == Name::Hostname).then(|| "{pid}%i".to_owned())).with_suffix("%s");
        assert_eq!(bound.as_str(), "{pid}%i/{run}/%i%s");
        let mut out = String::new();
        bound.fill(&mut Drawer::default(), &mut out, |_, out| out.push('1'));
        assert_eq!(out, "{pid}%i/1/1%s");
    }

    #[test]
    fn what_is_drawn_is_the_same_for_all() {
        let pattern = Pattern::parse("{hex:16}_%i", Place::BENCH_CLIENT_ID).unwrap();
        let drawn = pattern.draw(&mut Drawer::seeded(3));
        assert!(!drawn.differs_by_message() && drawn.has_number() && drawn.as_str().ends_with("_%i"));
        assert_eq!(drawn.as_str().len(), 19);
    }

    #[test]
    fn braces_of_a_literal_are_text() {
        assert_eq!(filled(&literal("{a}{{pid}}"), Place::CLIENT_ID), Ok("{a}{{pid}}".into()));
    }
}

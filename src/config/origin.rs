//! Which layer an option comes from. Pure: the layers are arguments.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::options_file::field_of;
use super::profile;
use super::table::{Choice, Note, is_noted, noted};

/// Where the value of an option comes from, from strongest to weakest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Origin {
    /// The command line.
    Flag,
    /// This environment variable.
    Environment(&'static str),
    /// The file of options that the command line names (`--load-options`), in place of a profile: by its index in
    /// [`Origins::files`].
    OptionsFile(usize),
    /// The profile.
    Profile(Place),
    /// The project file.
    Project(Place),
    /// The built-in default.
    Default,
}

/// A key of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Place {
    /// For example `connection.host`.
    pub key: &'static str,
    /// Its index in [`Origins::files`].
    pub file: usize,
}

/// Options of one layer below the command line: the option's id, and its values as they would follow the flag.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Layer {
    /// Keyed by the id of the option, for example `client_id`.
    pub options: Options,
}

/// Options by their ids.
pub(crate) type Options = BTreeMap<String, LayerValue>;

/// The value of an option in a layer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LayerValue {
    /// Its exact origin.
    pub origin: Origin,
    /// Values as text; a flag that takes none has `true` or `false`.
    pub values: Vec<String>,
    /// The values to use if another layer sets the topic filters, if these values pair with the filters of this layer.
    pub alone: Option<Vec<String>>,
}

/// The origin of each option that has a value other than the program's own.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Origins {
    options: BTreeMap<String, Origin>,
    /// The names of the files of each [`Place`].
    pub files: Vec<String>,
    /// The name of the profile, for `{profile}` in a client id.
    pub profile: Option<String>,
    /// The profile options of the command line.
    pub(crate) profile_choice: profile::Choice,
}

impl Origin {
    fn rank(self) -> u8 {
        match self {
            Self::Flag => 0,
            Self::Environment(_) => 1,
            Self::OptionsFile(_) => 2,
            Self::Profile(_) => 3,
            Self::Project(_) => 4,
            Self::Default => 5,
        }
    }

    /// Greater is stronger.
    pub fn compare(self, other: Self) -> Ordering {
        other.rank().cmp(&self.rank())
    }
}

impl fmt::Display for Origins {
    /// Which options are given and where, without the values, which may be secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("options given: ")?;
        if self.options.is_empty() {
            return f.write_str("none");
        }
        for (index, (option, origin)) in self.options.iter().enumerate() {
            let comma = if index == 0 { "" } else { ", " };
            write!(f, "{comma}{option} ({})", self.describe(*origin))?;
        }
        Ok(())
    }
}

impl Origins {
    /// All of them from the command line.
    pub(crate) fn flags(options: impl IntoIterator<Item = impl Into<String>>) -> Self {
        let options = options.into_iter().map(|option| (option.into(), Origin::Flag)).collect();
        Self { options, ..Self::default() }
    }

    /// Adds the options taken from lower layers.
    pub(crate) fn extend(&mut self, taken: &Options) {
        self.options.extend(taken.iter().map(|(option, value)| (option.clone(), value.origin)));
    }

    /// Where an option's value comes from.
    pub fn of(&self, option: &str) -> Origin {
        self.options.get(option).copied().unwrap_or(Origin::Default)
    }

    /// Whether the command line itself has any options.
    pub fn has_flags(&self) -> bool {
        self.options.values().any(|origin| *origin == Origin::Flag)
    }

    /// Whether the option was given.
    pub fn given(&self, option: &str) -> bool {
        self.options.contains_key(option)
    }

    /// Whether one option comes from a stronger layer than another.
    pub fn is_stronger(&self, option: &str, other: &str) -> bool {
        self.of(option).compare(self.of(other)) == Ordering::Greater
    }

    /// How a user knows the option: its flag, or the variable or key that it came from.
    pub fn name(&self, option: &str) -> String {
        match self.of(option) {
            Origin::Flag | Origin::Default => format!("--{}", option.replace('_', "-")),
            origin @ Origin::OptionsFile(_) => format!("{} of {}", field_of("", option), self.describe(origin)),
            origin => self.describe(origin),
        }
    }

    /// The name of a file.
    pub(crate) fn file(&self, index: usize) -> &str {
        self.files.get(index).map_or("a file", String::as_str)
    }

    /// An origin in words.
    pub fn describe(&self, origin: Origin) -> String {
        match origin {
            Origin::Flag => "command line".to_owned(),
            Origin::Environment(variable) => variable.to_owned(),
            Origin::OptionsFile(file) => self.file(file).to_owned(),
            Origin::Profile(place) | Origin::Project(place) => format!("{} of {}", place.key, self.file(place.file)),
            Origin::Default => "default".to_owned(),
        }
    }
}

/// Options that name the broker.
pub(crate) fn names_broker() -> impl Iterator<Item = &'static str> {
    noted(Note::Broker).chain(noted(Note::WholeBroker))
}

/// The options that lower layers add to the command line: for each option, the complete value of the first layer that
/// has it. Lists of two layers are not merged.
pub(crate) fn inherit<'a>(given: &BTreeSet<String>, layers: impl IntoIterator<Item = &'a Layer>) -> Options {
    let mut taken = Options::new();
    for layer in layers {
        let said = |option: &str| given.contains(option) || taken.contains_key(option);
        let outweighed = |option: &str| said(option) || alternatives(option).any(said);
        let topic_is_said = said("topic") || said("filters");
        let mut added = Vec::new();
        for (option, value) in layer.options.iter().filter(|(option, _)| !outweighed(option)) {
            match &value.alone {
                Some(alone) if topic_is_said && alone.is_empty() => {}
                Some(alone) if topic_is_said => {
                    added.push((option.clone(), LayerValue { values: alone.clone(), ..value.clone() }));
                }
                _ => added.push((option.clone(), value.clone())),
            }
        }
        taken.extend(added);
    }
    taken
}

/// The options of which one is chosen, that one among them.
fn alternatives(option: &str) -> impl Iterator<Item = &'static str> {
    let chosen = Choice::ALL.map(Note::Alternative).into_iter().filter(move |note| is_noted(option, *note));
    chosen.flat_map(noted)
}

/// A variable that overrides a profile or a project file: the variable, and the key.
pub(crate) fn overridden(taken: &Options, layers: &[Layer]) -> Vec<(&'static str, Origin)> {
    let mut found = Vec::new();
    for (option, value) in taken {
        let Origin::Environment(variable) = value.origin else { continue };
        let is_of_broker = |option: &str| names_broker().any(|other| other == option);
        let weaker = |is_meant: &dyn Fn(&str) -> bool| {
            layers.iter().flat_map(|layer| &layer.options).find(|(other, below)| {
                matches!(below.origin, Origin::OptionsFile(_) | Origin::Profile(_) | Origin::Project(_))
                    && is_meant(other)
            })
        };
        // Its own key, or else another that names the broker: MQTTX_PORT takes the place of a part of `url`.
        let below =
            weaker(&|other| other == option).or_else(|| is_of_broker(option).then(|| weaker(&is_of_broker)).flatten());
        found.extend(below.map(|(_, below)| (variable, below.origin)));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layer(origin: Origin, options: &[(&'static str, &str)]) -> Layer {
        let values =
            |text: &str| LayerValue { origin, values: text.split(',').map(String::from).collect(), alone: None };
        Layer { options: options.iter().map(|(option, text)| ((*option).to_owned(), values(text))).collect() }
    }

    type Said<'a> = &'a [(&'static str, &'a str)];
    type Taken<'a> = &'a [(&'a str, &'a str, Origin)];

    #[test]
    fn each_option_comes_whole_from_the_first_layer_that_has_it() {
        let first = Origin::Environment("FIRST");
        let second = Origin::Environment("SECOND");
        // Given on the command line; first layer; second layer; result.
        let table: &[(&[&str], Said<'_>, Said<'_>, Taken<'_>)] = &[
            (&[], &[], &[], &[]),
            (&["port"], &[("port", "1")], &[("port", "2")], &[]),
            (&[], &[("port", "1")], &[("port", "2")], &[("port", "1", first)]),
            (&[], &[], &[("port", "2")], &[("port", "2", second)]),
            (&["port"], &[("host", "a")], &[("host", "b"), ("port", "2")], &[("host", "a", first)]),
            (&[], &[("alpn", "x")], &[("alpn", "y,z"), ("user", "u")], &[("alpn", "x", first), ("user", "u", second)]),
            (&[], &[("alpn", "x,y")], &[], &[("alpn", "x,y", first)]),
        ];
        for (given, above, below, expected) in table {
            let given = given.iter().map(|option| (*option).to_owned()).collect();
            let taken = inherit(&given, &[layer(first, above), layer(second, below)]);
            let taken: Vec<_> =
                taken.iter().map(|(option, value)| (option.as_str(), value.values.join(","), value.origin)).collect();
            let expected: Vec<_> =
                expected.iter().map(|(option, values, origin)| (*option, (*values).to_owned(), *origin)).collect();
            assert_eq!(taken, expected, "given {given:?}, above {above:?}, below {below:?}");
        }
    }

    #[test]
    fn the_layers_have_their_rank() {
        let place = Place { key: "connection.port", file: 0 };
        let ranked = [
            Origin::Flag,
            Origin::Environment("MQTTX_PORT"),
            Origin::OptionsFile(0),
            Origin::Profile(place),
            Origin::Project(place),
            Origin::Default,
        ];
        for (index, origin) in ranked.iter().enumerate() {
            for weaker in &ranked[index + 1..] {
                assert_eq!(origin.compare(*weaker), Ordering::Greater, "{origin:?} {weaker:?}");
            }
        }
    }

    #[test]
    fn an_alternative_of_a_stronger_layer_drops_those_of_a_weaker() {
        let given = BTreeSet::from(["template".to_owned()]);
        let below = layer(Origin::Default, &[("output_mode", "jsonl"), ("verbose", "true")]);
        assert_eq!(inherit(&given, &[below]).into_keys().collect::<Vec<_>>(), ["verbose"]);
    }

    #[test]
    fn options_that_pair_with_filters_go_with_them() {
        let mut below = layer(Origin::Default, &[("topic", "a,b"), ("qos", "1,2")]);
        let qos = |below: &Layer, given: &[&str]| {
            let given = given.iter().map(|option| (*option).to_owned()).collect();
            inherit(&given, [below]).get("qos").map(|value| value.values.join(","))
        };
        for (alone, expected) in [(None, Some("1,2")), (Some(vec![]), None), (Some(vec!["1".to_owned()]), Some("1"))] {
            below.options.get_mut("qos").unwrap().alone = alone;
            assert_eq!(qos(&below, &["topic"]).as_deref(), expected);
            assert_eq!(qos(&below, &[]).as_deref(), Some("1,2"));
        }
    }

    #[test]
    fn a_variable_over_a_profile_is_told_also_when_it_names_another_part_of_the_broker() {
        let place = Place { key: "connection.url", file: 0 };
        let layers = [
            layer(Origin::Environment("MQTTX_PORT"), &[("port", "1")]),
            layer(Origin::Profile(place), &[("url", "mqtt://h"), ("username", "u")]),
        ];
        let taken = inherit(&BTreeSet::new(), &layers);
        assert_eq!(overridden(&taken, &layers), [("MQTTX_PORT", Origin::Profile(place))]);
        let taken = inherit(&BTreeSet::from(["port".to_owned()]), &layers);
        assert_eq!(overridden(&taken, &layers), []);
        // The key of the same option is named, whichever comes first.
        let own = Place { key: "connection.port", file: 0 };
        let host = Place { key: "connection.hostname", file: 0 };
        let profile = [
            layer(Origin::Environment("MQTTX_PORT"), &[("port", "1")]),
            layer(Origin::Profile(host), &[("hostname", "h")]),
            layer(Origin::Profile(own), &[("port", "2")]),
        ];
        let taken = inherit(&BTreeSet::new(), &profile);
        assert_eq!(overridden(&taken, &profile), [("MQTTX_PORT", Origin::Profile(own))]);
    }

    #[test]
    fn an_origin_names_what_the_user_wrote() {
        let mut origins = Origins::flags(["client_id"]);
        let taken = layer(Origin::Environment("MQTTX_PORT"), &[("port", "1")]).options;
        origins.extend(&taken);
        assert_eq!(origins.name("client_id"), "--client-id");
        assert_eq!(origins.name("port"), "MQTTX_PORT");
        assert_eq!(origins.of("username"), Origin::Default);
        assert_eq!(origins.of("client_id").compare(origins.of("port")), Ordering::Greater);
        assert_eq!(origins.of("username").compare(origins.of("port")), Ordering::Less);
    }
}

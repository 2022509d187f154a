//! Which layer an option comes from. Pure: the layers are arguments.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// Where the value of an option comes from, strongest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Origin {
    /// The command line.
    Flag,
    /// This environment variable.
    Environment(&'static str),
    /// The program.
    Default,
}

/// Options of one layer below the command line: the option's id, and its values as they would stand behind the flag.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Layer {
    /// Keyed by the option's id, as `client_id`.
    pub options: BTreeMap<&'static str, LayerValue>,
}

/// What a layer says about an option.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct LayerValue {
    /// Where exactly it is said.
    pub origin: Origin,
    /// Values as text; a flag that takes none has `true` or `false`.
    pub values: Vec<String>,
}

/// The origin of each option that has a value other than the program's own.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Origins(BTreeMap<String, Origin>);

impl Origin {
    fn rank(self) -> u8 {
        match self {
            Self::Flag => 0,
            Self::Environment(_) => 1,
            Self::Default => 2,
        }
    }

    /// Greater is stronger.
    pub fn compare(self, other: Self) -> Ordering {
        other.rank().cmp(&self.rank())
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag => f.write_str("command line"),
            Self::Environment(variable) => f.write_str(variable),
            Self::Default => f.write_str("default"),
        }
    }
}

impl fmt::Display for Origins {
    /// Which options are given and where, without their values, which may be secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("options given: ")?;
        if self.0.is_empty() {
            return f.write_str("none");
        }
        for (index, (option, origin)) in self.0.iter().enumerate() {
            let comma = if index == 0 { "" } else { ", " };
            write!(f, "{comma}{option} ({origin})")?;
        }
        Ok(())
    }
}

impl Origins {
    /// All of them from the command line.
    pub(super) fn flags(options: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self(options.into_iter().map(|option| (option.into(), Origin::Flag)).collect())
    }

    /// Adds what is taken from lower layers.
    pub(super) fn extend(&mut self, taken: &BTreeMap<&'static str, LayerValue>) {
        self.0.extend(taken.iter().map(|(option, value)| ((*option).to_owned(), value.origin)));
    }

    /// Where an option's value comes from.
    pub fn of(&self, option: &str) -> Origin {
        self.0.get(option).copied().unwrap_or(Origin::Default)
    }

    /// Whether anybody gave the option.
    pub fn given(&self, option: &str) -> bool {
        self.0.contains_key(option)
    }

    /// How a user knows the option: its flag, or the variable that it came from.
    pub fn name(&self, option: &str) -> String {
        match self.of(option) {
            Origin::Environment(variable) => variable.to_owned(),
            Origin::Flag | Origin::Default => format!("--{}", option.replace('_', "-")),
        }
    }
}

/// What lower layers add to the options on the command line: for each option, the whole of what the first layer that
/// has it says. Lists of two layers are not mixed.
pub(super) fn inherit(
    given: &BTreeSet<String>,
    layers: impl IntoIterator<Item = Layer>,
) -> BTreeMap<&'static str, LayerValue> {
    let mut taken = BTreeMap::new();
    for layer in layers {
        for (option, value) in layer.options {
            if !given.contains(option) {
                taken.entry(option).or_insert(value);
            }
        }
    }
    taken
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layer(origin: Origin, options: &[(&'static str, &str)]) -> Layer {
        let values = |text: &str| LayerValue { origin, values: text.split(',').map(String::from).collect() };
        Layer { options: options.iter().map(|(option, text)| (*option, values(text))).collect() }
    }

    type Options<'a> = &'a [(&'static str, &'a str)];
    type Taken<'a> = &'a [(&'a str, &'a str, Origin)];

    #[test]
    fn each_option_comes_whole_from_the_first_layer_that_has_it() {
        let first = Origin::Environment("FIRST");
        let second = Origin::Environment("SECOND");
        // Given on the command line; first layer; second layer; what is taken.
        let table: &[(&[&str], Options<'_>, Options<'_>, Taken<'_>)] = &[
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
            let taken = inherit(&given, [layer(first, above), layer(second, below)]);
            let taken: Vec<_> =
                taken.iter().map(|(option, value)| (*option, value.values.join(","), value.origin)).collect();
            let expected: Vec<_> =
                expected.iter().map(|(option, values, origin)| (*option, (*values).to_owned(), *origin)).collect();
            assert_eq!(taken, expected, "given {given:?}, above {above:?}, below {below:?}");
        }
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

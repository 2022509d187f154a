//! Turns a chain of files into a layer of options for one command.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::document::{FilterEntry, Profile, Value};
use crate::config::origin::{Layer, LayerValue, Origin, Place};
use crate::config::table::{Key, Kind, exclude_one_another, filter_options, keys};

/// Which sections a command reads, besides those about the connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scope {
    /// `pub`.
    Publish,
    /// `sub`.
    Subscribe,
    /// `bench` and its commands.
    Bench,
    /// A command that only connects.
    Connect,
}

/// A file that a value comes from.
#[derive(Debug, Clone)]
pub(crate) struct Origination {
    /// "profile `task`", or the path.
    pub(super) name: String,
    /// The folder that relative paths are relative to.
    pub(super) folder: PathBuf,
}

/// The merged values of a profile and those it extends, with the file of each.
#[derive(Debug, Default)]
pub(super) struct Chain {
    values: BTreeMap<&'static str, (Value, usize)>,
}

impl Scope {
    /// By the names of the command, the outermost first.
    pub(crate) fn of(path: &[&str]) -> Self {
        match path {
            ["pub" | "request"] => Self::Publish,
            ["sub"] => Self::Subscribe,
            ["bench", ..] | ["simulate"] => Self::Bench,
            _ => Self::Connect,
        }
    }

    pub(crate) fn includes(self, section: &str) -> bool {
        match section {
            "publish" => self == Self::Publish,
            "subscribe" | "output" => self == Self::Subscribe,
            "bench" => self == Self::Bench,
            _ => true,
        }
    }
}

impl Chain {
    /// Adds the values of a file that are not set yet; a file comes before the one that it extends.
    pub(super) fn extend(&mut self, profile: Profile, file: usize) {
        let said: Vec<_> = self.values.keys().copied().collect();
        let outweighed = |path: &str| said.iter().any(|other| exclude_one_another(path, other));
        for (path, value) in profile.values {
            if !outweighed(path) {
                self.values.entry(path).or_insert((value, file));
            }
        }
    }

    /// The options that a command takes from here.
    pub(super) fn layer(
        &self,
        scope: Scope,
        files: &[Origination],
        home: Option<&Path>,
        origin: fn(Place) -> Origin,
    ) -> Layer {
        let mut layer = Layer::default();
        for key in keys().filter(|key| scope.includes(key.section())) {
            let Some((value, file)) = self.values.get(key.path) else { continue };
            let origin = origin(Place { key: key.path, file: *file });
            match value {
                Value::Texts(texts) => {
                    let folder = files.get(*file).map_or(Path::new(""), |file| &file.folder);
                    let values = texts.iter().map(|text| as_option(key.kind, text, folder, home)).collect();
                    // A filter's own options have already been added; this applies to the other filters.
                    layer.options.entry(key.option.to_owned()).or_insert(LayerValue { origin, values, alone: None });
                }
                Value::Filters(filters) => self.add_filters(filters, origin, &mut layer),
            }
        }
        layer
    }

    /// The same as one profile, with absolute paths except for `~/`.
    pub(super) fn flatten(&self, files: &[Origination]) -> Profile {
        let mut profile = Profile::default();
        for (path, (value, file)) in &self.values {
            let folder = files.get(*file).map_or(Path::new(""), |file| &file.folder);
            let kind = Key::find(path).map_or(Kind::Text, |key| key.kind);
            let value = match value {
                Value::Texts(texts) if matches!(kind, Kind::Path | Kind::Schemas | Kind::Secret) => {
                    Value::Texts(texts.iter().map(|text| as_option(kind, text, folder, None)).collect())
                }
                value => value.clone(),
            };
            profile.values.insert(path, value);
        }
        profile
    }

    /// Filters, and the options that pair with them by position.
    fn add_filters(&self, filters: &[FilterEntry], origin: Origin, layer: &mut Layer) {
        let values = filters.iter().map(|entry| entry.filter.clone()).collect();
        layer.options.insert("topic".to_owned(), LayerValue { origin, values, alone: None });
        for option in filter_options() {
            if filters.iter().all(|entry| !entry.options.contains_key(option)) {
                continue;
            }
            let for_all = match self.values.get(format!("subscribe.{option}").as_str()) {
                Some((Value::Texts(texts), _)) => texts.first().cloned(),
                _ => None,
            };
            let built_in = if option.starts_with("retain_as") || option == "no_local" { "false" } else { "0" };
            let own = |entry: &FilterEntry| entry.options.get(option).or(for_all.as_ref()).cloned();
            let values = filters.iter().map(|entry| own(entry).unwrap_or_else(|| built_in.to_owned())).collect();
            let alone = Some(for_all.clone().into_iter().collect());
            layer.options.insert(option.to_owned(), LayerValue { origin, values, alone });
        }
    }

    /// Secrets in plain text in a file: the key and the file.
    pub(super) fn plain_secrets(&self) -> impl Iterator<Item = (&'static str, usize)> {
        self.values.iter().filter_map(|(path, (value, file))| {
            let key = Key::find(path)?;
            let Value::Texts(texts) = value else { return None };
            texts.iter().any(|text| key.is_plain_secret(text)).then_some((*path, *file))
        })
    }
}

/// The value as it would follow the flag.
pub(super) fn as_option(kind: Kind, text: &str, folder: &Path, home: Option<&Path>) -> String {
    let placed = |path: &str| match (path.strip_prefix("~/"), home) {
        (Some(rest), Some(home)) => home.join(rest).to_string_lossy().into_owned(),
        (Some(_), None) => path.to_owned(),
        _ => folder.join(path).to_string_lossy().into_owned(),
    };
    match (kind, text) {
        (Kind::Path, path) => placed(path),
        (Kind::Schemas, text) => match text.split_once('=') {
            Some((filter, file)) => format!("{filter}={}", placed(file)),
            None => text.to_owned(),
        },
        (Kind::Secret, text) => match text.strip_prefix("file:") {
            Some(path) => format!("file:{}", placed(path)),
            None => text.to_owned(),
        },
        (Kind::SwitchOff, "true") => "false".to_owned(),
        (Kind::SwitchOff, "false") => "true".to_owned(),
        _ => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layer(texts: &[&str], scope: Scope) -> BTreeMap<String, String> {
        let mut chain = Chain::default();
        for (file, text) in texts.iter().enumerate() {
            chain.extend(Profile::parse("x", text).unwrap(), file);
        }
        let file = |_| Origination { name: "x".into(), folder: "/etc/x".into() };
        let files: Vec<_> = texts.iter().map(file).collect();
        let layer = chain.layer(scope, &files, Some(Path::new("/home/u")), Origin::Profile);
        layer.options.into_iter().map(|(option, value)| (option, value.values.join("|"))).collect()
    }

    #[test]
    fn a_command_reads_its_own_sections_and_those_of_the_connection() {
        let text = "[connection]\nhost = \"h\"\nclean_start = false\n[publish]\ntopic = \"p\"\nqos = 2\n\
                    [subscribe]\nfilters = \"s/#\"\nqos = 1\n[output]\nmode = \"raw\"\n[bench]\ncount = 5";
        let options = |scope| {
            let layer = layer(&[text], scope);
            layer.iter().map(|(option, text)| format!("{option}={text}")).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(options(Scope::Publish), "hostname=h no_clean=true qos=2 topic=p");
        assert_eq!(options(Scope::Subscribe), "hostname=h no_clean=true output_mode=raw qos=1 topic=s/#");
        assert_eq!(options(Scope::Bench), "count=5 hostname=h no_clean=true");
        assert_eq!(options(Scope::Connect), "hostname=h no_clean=true");
    }

    #[test]
    fn filters_have_options_of_their_own_or_those_of_the_section() {
        let text = "[subscribe]\nqos = 1\nfilters = [\"a\", { filter = \"$queue/b\", qos = 2, no_local = true }]";
        let options = layer(&[text], Scope::Subscribe);
        assert_eq!((&*options["topic"], &*options["qos"], &*options["no_local"]), ("a|$queue/b", "1|2", "false|true"));
    }

    #[test]
    fn the_file_that_extends_wins_and_its_broker_replaces_the_other_whole() {
        let child = "[connection]\nhost = \"child\"";
        let base = "[connection]\nurl = \"mqtts://base:1\"\nkeep_alive = 9";
        let options = layer(&[child, base], Scope::Connect);
        assert_eq!(options.keys().collect::<Vec<_>>(), ["hostname", "keepalive"]);
        let options = layer(&[base, child], Scope::Connect);
        assert_eq!(options.keys().collect::<Vec<_>>(), ["keepalive", "url"]);
    }

    #[test]
    fn paths_are_relative_to_their_file_or_to_the_home_folder() {
        let text = "[connection]\npassword = \"file:p\"\n[tls]\nca = \"ca.pem\"\ncert = \"~/c.pem\"\nkey = \"/k.pem\"";
        let options = layer(&[text], Scope::Connect);
        assert_eq!(options["password"], "file:/etc/x/p");
        assert_eq!(
            [&*options["ca"], &*options["cert"], &*options["key"]],
            ["/etc/x/ca.pem", "/home/u/c.pem", "/k.pem"]
        );
        let text = "[output]\nschema = [\"a/#=b.proto:M\", \"+=~/c.avsc\", \"d=/d.avsc\"]";
        let options = layer(&[text], Scope::Subscribe);
        assert_eq!(options["schema"], "a/#=/etc/x/b.proto:M|+=/home/u/c.avsc|d=/d.avsc");
    }
}

//! The text of a profile: TOML to checked keys and back, keeping comments.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use toml_edit::{Array, Document, DocumentMut, InlineTable, Item, TableLike};

use super::fault::Source;
use crate::cli::value::key_value;
use crate::config::table::{Key, Kind, exclude_one_another, filter_options, is_whole_broker, keys};
use crate::error::{Error, nearest};

/// The content of one file. Values are text, as they would follow the flag.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Profile {
    /// The profile that provides all other values.
    pub extends: Option<String>,
    /// By the path of the key.
    pub values: BTreeMap<&'static str, Value>,
}

/// The value of a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Value {
    /// One text, or several of a list.
    Texts(Vec<String>),
    /// Topic filters.
    Filters(Vec<FilterEntry>),
}

/// A topic filter, with its own options where they differ from those of the section.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct FilterEntry {
    /// The filter, `$share` and `$queue` included.
    pub filter: String,
    /// By name: `qos`, `no_local`, `retain_as_published`, `retain_handling`.
    pub options: BTreeMap<&'static str, String>,
}

impl Value {
    /// One text.
    pub(crate) fn text(text: impl Into<String>) -> Self {
        Self::Texts(vec![text.into()])
    }
}

impl FilterEntry {
    /// A filter without its own options.
    pub(crate) fn new(filter: impl Into<String>) -> Self {
        Self { filter: filter.into(), options: BTreeMap::new() }
    }
}

impl Profile {
    /// Reads a file's text; `name` is its name in errors, for example "profile `task`".
    ///
    /// # Errors
    ///
    /// Invalid TOML, an unknown key or a value of the wrong kind: with the line and a caret.
    pub(crate) fn parse(name: &str, text: &str) -> Result<Self, Error> {
        let source = Source { name, text };
        let document = Document::parse(text).map_err(|error| source.fault(error.span(), syntax(error.message())))?;
        let mut profile = Self::default();
        for (section, item) in document.iter() {
            let span = key_span(document.as_table(), section);
            if section == "extends" {
                let Some(base) = item.as_str() else {
                    return Err(source.fault(item.span(), "extends must be a string, the name of a profile"));
                };
                profile.extends = Some(base.to_owned());
                continue;
            }
            let Some(table) = item.as_table_like().filter(|_| is_section(section)) else {
                return Err(unknown_section(source, section, item, span));
            };
            for (name, item) in table.iter() {
                let Some(key) = Key::find(&format!("{section}.{name}")) else {
                    return Err(unknown_key(source, section, name, key_span(table, name)));
                };
                profile.values.insert(key.path, read(source, key, item)?);
            }
        }
        let said: Vec<_> = keys().map(|key| key.path).filter(|path| profile.values.contains_key(path)).collect();
        for one in said.iter().filter(|path| is_whole_broker(path)) {
            let Some(other) = said.iter().find(|other| exclude_one_another(one, other)) else { continue };
            let table = document.get("connection").and_then(Item::as_table_like);
            let name = other.trim_start_matches("connection.");
            let span = table.and_then(|table| key_span(table, name));
            return Err(source.fault(span, format_args!("{one} and {other} cannot be used together")));
        }
        Ok(profile)
    }

    /// The text of a new file.
    pub(crate) fn to_toml(&self) -> String {
        let mut document = DocumentMut::new();
        if let Some(base) = &self.extends {
            document["extends"] = toml_edit::value(base);
        }
        for key in keys() {
            if let Some(value) = self.values.get(key.path) {
                put(&mut document, key, value);
            }
        }
        document.to_string()
    }
}

/// Sets keys in a text that [`Profile::parse`] accepts, or removes them; everything else stays, including comments.
///
/// # Errors
///
/// The text is not valid TOML.
pub(crate) fn edit(text: &str, changes: &[(&'static Key, Option<Value>)]) -> Result<String, Error> {
    let mut document: DocumentMut =
        text.parse().map_err(|error: toml_edit::TomlError| Error::usage(syntax(error.message())))?;
    for (key, value) in changes {
        match value {
            Some(value) => put(&mut document, key, value),
            None => {
                if let Some(table) = document.get_mut(key.section()).and_then(Item::as_table_like_mut) {
                    table.remove(key.name());
                }
            }
        }
    }
    Ok(document.to_string())
}

/// A value as written after `--set KEY=`: TOML, or else the text itself.
pub(crate) fn value_of_text(key: &'static Key, text: &str) -> Result<Value, Error> {
    let assignment = |value: &str| format!("[{}]\n{} = {value}\n", key.section(), key.name());
    let source = format!("--set {}", key.path);
    let parsed = match Profile::parse(&source, &assignment(text)) {
        Ok(profile) => Ok(profile),
        Err(error) => {
            Profile::parse(&source, &assignment(&toml_edit::Value::from(text).to_string())).map_err(|_| error)
        }
    };
    let mut values = parsed?.values;
    values.remove(key.path).ok_or_else(|| Error::usage(format!("{source}: no value")))
}

fn is_section(name: &str) -> bool {
    Key::sections().contains(name)
}

/// The message of `toml_edit` on one line.
pub(crate) fn syntax(message: &str) -> String {
    format!("this is not TOML: {}", message.lines().next().unwrap_or_default())
}

pub(crate) fn key_span(table: &dyn TableLike, name: &str) -> Option<Range<usize>> {
    table.key(name).and_then(toml_edit::Key::span)
}

fn unknown_section(source: Source<'_>, name: &str, item: &Item, span: Option<Range<usize>>) -> Error {
    if is_section(name) {
        return source.fault(span, format_args!("`{name}` is a section: write [{name}] with its keys below"));
    }
    let home = keys().find(|key| key.name() == name && !item.is_table_like());
    let error = source.fault(span, format_args!("unknown key `{name}`"));
    match (home, nearest(name, Key::sections().into_iter().chain(["extends"]))) {
        (Some(key), _) => error.with_hint(format!("`{name}` belongs in the section [{}]", key.section())),
        (None, Some("extends")) => error.with_hint("did you mean `extends`?"),
        (None, Some(section)) => error.with_hint(format!("did you mean [{section}]?")),
        (None, None) => {
            let known: Vec<_> = Key::sections().into_iter().collect();
            error.with_hint(format!("the sections are {}", known.join(", ")))
        }
    }
}

fn unknown_key(source: Source<'_>, section: &str, name: &str, span: Option<Range<usize>>) -> Error {
    let error = source.fault(span, format_args!("unknown key `{name}` in [{section}]"));
    let siblings = keys().filter(|key| key.section() == section).map(Key::name);
    let elsewhere = keys().find(|key| key.name() == name);
    let flag = keys().find(|key| key.section() == section && key.option == name);
    match (flag.map(Key::name).or_else(|| nearest(name, siblings)), elsewhere) {
        (None, Some(key)) => error.with_hint(format!("`{name}` belongs in the section [{}]", key.section())),
        (Some(similar), _) => error.with_hint(format!("did you mean `{similar}`?")),
        (None, None) => error.with_hint("`mqttx-rs profile edit` shows every key in its template"),
    }
}

/// A key's value, of the kind that the key has.
pub(crate) fn read(source: Source<'_>, key: &'static Key, item: &Item) -> Result<Value, Error> {
    let refused = |form: &str| source.fault(item.span(), format_args!("{} must be {form}", key.path));
    match key.kind {
        Kind::Text | Kind::Url | Kind::Path | Kind::Secret => {
            item.as_str().map(Value::text).ok_or_else(|| refused("a string"))
        }
        Kind::Number | Kind::Seconds | Kind::Milliseconds => {
            number(item).map(Value::text).ok_or_else(|| refused("a number, or a string such as \"15m\""))
        }
        Kind::Switch | Kind::SwitchOff => {
            item.as_bool().map(|on| Value::text(on.to_string())).ok_or_else(|| refused("true or false"))
        }
        Kind::List | Kind::Schemas => {
            list(item).map(Value::Texts).ok_or_else(|| refused("a string or a list of strings"))
        }
        Kind::Pairs => pairs(item)
            .map(Value::Texts)
            .ok_or_else(|| refused("a table of names and strings, or a list of \"name: value\"")),
        Kind::Filters => filters(source, key, item).map(Value::Filters),
    }
}

fn number(item: &Item) -> Option<String> {
    match (item.as_str(), item.as_integer(), item.as_float()) {
        (Some(text), ..) => Some(text.to_owned()),
        (None, Some(number), _) => Some(number.to_string()),
        (None, None, Some(number)) => Some(format!("{number:?}")),
        _ => None,
    }
}

fn list(item: &Item) -> Option<Vec<String>> {
    match (item.as_str(), item.as_array()) {
        (Some(text), _) => Some(vec![text.to_owned()]),
        (None, Some(array)) => array.iter().map(|value| value.as_str().map(ToOwned::to_owned)).collect(),
        (None, None) => None,
    }
}

fn pairs(item: &Item) -> Option<Vec<String>> {
    if let Some(array) = item.as_array() {
        let texts = array.iter().map(|value| value.as_str().filter(|text| key_value(text).is_ok()));
        return texts.map(|text| text.map(ToOwned::to_owned)).collect();
    }
    let pair = |(name, value): (&str, &Item)| {
        let text = format!("{name}: {}", value.as_str()?);
        // A name such as `a=b` would be split.
        let (read, _) = key_value(&text).ok()?;
        (read == name).then_some(text)
    };
    item.as_table_like()?.iter().map(pair).collect()
}

fn filters(source: Source<'_>, key: &Key, item: &Item) -> Result<Vec<FilterEntry>, Error> {
    if let Some(filter) = item.as_str() {
        return Ok(vec![FilterEntry::new(filter)]);
    }
    let form = format!("{} must be a list of filters, each \"a/#\" or {{ filter = \"a/#\", qos = 1 }}", key.path);
    if let Some(tables) = item.as_array_of_tables() {
        return tables.iter().map(|table| filter_table(source, table, table.span())).collect();
    }
    let Some(array) = item.as_array() else { return Err(source.fault(item.span(), form)) };
    let entry = |value: &toml_edit::Value| match (value.as_str(), value.as_inline_table()) {
        (Some(filter), _) => Ok(FilterEntry::new(filter)),
        (None, Some(table)) => filter_table(source, table, value.span()),
        (None, None) => Err(source.fault(value.span(), &form)),
    };
    array.iter().map(entry).collect()
}

fn filter_table(source: Source<'_>, table: &dyn TableLike, span: Option<Range<usize>>) -> Result<FilterEntry, Error> {
    let mut filter = None;
    let mut options = BTreeMap::new();
    for (name, item) in table.iter() {
        if name == "filter" {
            filter = item.as_str().map(ToOwned::to_owned);
        } else if let Some(option) = filter_options().find(|option| *option == name) {
            let text = item.as_bool().map(|on| on.to_string()).or_else(|| number(item));
            let text =
                text.ok_or_else(|| source.fault(item.span(), format_args!("{name} must be a number or a boolean")))?;
            options.insert(option, text);
        } else {
            let error = source.fault(key_span(table, name), format_args!("unknown key `{name}` in a filter"));
            let known = filter_options().chain(["filter"]);
            return Err(match nearest(name, known) {
                Some(similar) => error.with_hint(format!("did you mean `{similar}`?")),
                None => error,
            });
        }
    }
    let filter = filter.ok_or_else(|| source.fault(span, "this entry needs `filter`, a string"))?;
    Ok(FilterEntry { filter, options })
}

/// Writes a key into its section, which is created if necessary.
fn put(document: &mut DocumentMut, key: &Key, value: &Value) {
    let section = document.entry(key.section()).or_insert_with(toml_edit::table);
    let Some(table) = section.as_table_like_mut() else { return };
    let mut value = toml_value(key, value);
    // The comment after the old value stays.
    if let Some(old) = table.get(key.name()).and_then(Item::as_value) {
        *value.decor_mut() = old.decor().clone();
    }
    table.insert(key.name(), Item::Value(value));
}

fn toml_value(key: &Key, value: &Value) -> toml_edit::Value {
    let texts = match value {
        Value::Texts(texts) => texts,
        Value::Filters(filters) => return filters_value(filters),
    };
    match (key.kind, texts.as_slice()) {
        (Kind::Pairs, _) => pairs_value(texts),
        (Kind::Number | Kind::Seconds | Kind::Milliseconds, [text]) => number_value(text),
        (Kind::Switch | Kind::SwitchOff, [text]) => text.parse::<bool>().map_or_else(|_| text.into(), Into::into),
        (_, [text]) => text.into(),
        _ => texts.iter().collect::<Array>().into(),
    }
}

fn number_value(text: &str) -> toml_edit::Value {
    match text.parse::<i64>() {
        Ok(number) if number.to_string() == text => number.into(),
        _ => text.into(),
    }
}

/// A table, or a list if a name occurs twice or has another form.
fn pairs_value(texts: &[String]) -> toml_edit::Value {
    let pairs: Vec<_> = texts.iter().filter_map(|text| key_value(text).ok()).collect();
    let names: BTreeSet<_> = pairs.iter().map(|(name, _)| name).collect();
    let is_plain = pairs.iter().zip(texts).all(|((name, value), text)| format!("{name}: {value}") == *text);
    if pairs.len() != texts.len() || names.len() != pairs.len() || !is_plain {
        return texts.iter().collect::<Array>().into();
    }
    pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect::<InlineTable>().into()
}

fn filters_value(filters: &[FilterEntry]) -> toml_edit::Value {
    let entry = |entry: &FilterEntry| -> toml_edit::Value {
        if entry.options.is_empty() {
            return entry.filter.as_str().into();
        }
        let mut table = InlineTable::new();
        table.insert("filter", entry.filter.as_str().into());
        for (name, text) in &entry.options {
            let value = text.parse::<bool>().map_or_else(|_| number_value(text), Into::into);
            table.insert(*name, value);
        }
        table.into()
    };
    filters.iter().map(entry).collect::<Array>().into()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn refusal(text: &str) -> (String, String, Option<String>) {
        let error = Profile::parse("profile `x`", text).unwrap_err();
        let detail = error.detail().unwrap_or_default().to_owned();
        (error.message().to_owned(), detail, error.hint().map(ToOwned::to_owned))
    }

    #[test]
    fn an_unknown_key_is_shown_with_its_line_a_caret_and_the_nearest() {
        for (text, message, detail, hint) in [
            (
                "[connection]\nhost = \"h\"\nkeep_alvie = 10\n",
                "profile `x`, line 3: unknown key `keep_alvie` in [connection]",
                "keep_alvie = 10\n^^^^^^^^^^",
                "did you mean `keep_alive`?",
            ),
            (
                "[conection]\n",
                "profile `x`, line 1: unknown key `conection`",
                "[conection]\n ^^^^^^^^^",
                "did you mean [connection]?",
            ),
            (
                "username = \"u\"\n",
                "profile `x`, line 1: unknown key `username`",
                "username = \"u\"\n^^^^^^^^",
                "`username` belongs in the section [connection]",
            ),
            (
                "[connection]\nhostname = \"h\"\n",
                "profile `x`, line 2: unknown key `hostname` in [connection]",
                "hostname = \"h\"\n^^^^^^^^",
                "did you mean `host`?",
            ),
            (
                "[subscribe]\nfilters = [{ filter = \"a\", qso = 1 }]\n",
                "profile `x`, line 2: unknown key `qso` in a filter",
                "filters = [{ filter = \"a\", qso = 1 }]\n                           ^^^",
                "did you mean `qos`?",
            ),
        ] {
            assert_eq!(refusal(text), (message.into(), detail.into(), Some(hint.into())));
        }
    }

    #[test]
    fn a_value_of_another_kind_says_what_is_expected() {
        for (text, message) in [
            ("[connection]\nhost = 1\n", "profile `x`, line 2: connection.host must be a string"),
            ("[connection]\nclean_start = 1\n", "profile `x`, line 2: connection.clean_start must be true or false"),
            (
                "[connection]\nport = true\n",
                "profile `x`, line 2: connection.port must be a number, or a string such as \"15m\"",
            ),
            ("[tls]\nalpn = [1]\n", "profile `x`, line 2: tls.alpn must be a string or a list of strings"),
            ("extends = 1\n", "profile `x`, line 1: extends must be a string, the name of a profile"),
            (
                "connection = 1\n",
                "profile `x`, line 1: `connection` is a section: write [connection] with its keys below",
            ),
            (
                "[connection]\nurl = \"mqtt://h\"\nport = 1\n",
                "profile `x`, line 3: connection.url and connection.port cannot be used together",
            ),
        ] {
            assert_eq!(refusal(text).0, message);
        }
        assert!(refusal("[connection\n").0.starts_with("profile `x`, line 1: this is not TOML: "));
    }

    #[test]
    fn comments_stay_when_a_key_changes() {
        let text = "# ours\n[connection]\nhost = \"a\" # the old one\n\n[publish]\n# how sure\nqos = 1\n";
        let changes = [
            (Key::find("connection.host").unwrap(), Some(Value::text("b"))),
            (Key::find("publish.qos").unwrap(), None),
            (Key::find("tls.insecure").unwrap(), Some(Value::text("true"))),
        ];
        let edited = edit(text, &changes).unwrap();
        assert!(edited.starts_with("# ours\n[connection]\nhost = \"b\" # the old one\n\n[publish]\n"), "{edited}");
        assert!(edited.ends_with("[tls]\ninsecure = true\n"), "{edited}");
    }

    #[test]
    fn the_values_of_set_are_toml_or_plain_text() {
        let value = |path: &str, text: &str| value_of_text(Key::find(path).unwrap(), text);
        assert_eq!(value("connection.host", "h"), Ok(Value::text("h")));
        assert_eq!(value("connection.port", "1883"), Ok(Value::text("1883")));
        assert_eq!(value("connection.keep_alive", "15m"), Ok(Value::text("15m")));
        assert_eq!(value("publish.topic", "a/b"), Ok(Value::text("a/b")));
        assert_eq!(value("publish.topic", r#"["a", "b"]"#), Ok(Value::Texts(vec!["a".into(), "b".into()])));
        assert_eq!(value("subscribe.filters", "$queue/a/#"), Ok(Value::Filters(vec![FilterEntry::new("$queue/a/#")])));
        assert!(value("connection.clean_start", "perhaps").is_err());
    }

    fn any_value(kind: Kind) -> BoxedStrategy<Value> {
        let text = "\\PC{0,12}|[a-z\\\\\"'\n\t#=]{0,8}";
        match kind {
            Kind::Text | Kind::Url | Kind::Path | Kind::Secret => text.prop_map(Value::text).boxed(),
            Kind::Number | Kind::Seconds | Kind::Milliseconds => {
                prop_oneof![any::<i32>().prop_map(|n| Value::text(n.to_string())), text.prop_map(Value::text)].boxed()
            }
            Kind::Switch | Kind::SwitchOff => any::<bool>().prop_map(|on| Value::text(on.to_string())).boxed(),
            Kind::List | Kind::Schemas => proptest::collection::vec(text, 0..3).prop_map(Value::Texts).boxed(),
            Kind::Pairs => {
                proptest::collection::vec("[a-z汽]{1,3}(: |=)\\PC{0,6}", 0..4).prop_map(Value::Texts).boxed()
            }
            Kind::Filters => {
                let options = proptest::collection::btree_map(
                    proptest::sample::select(filter_options().collect::<Vec<_>>()),
                    "[012]|true|false",
                    0..3,
                );
                let entry = (text, options).prop_map(|(filter, options)| FilterEntry { filter, options });
                proptest::collection::vec(entry, 0..4).prop_map(Value::Filters).boxed()
            }
        }
    }

    fn any_profile() -> impl Strategy<Value = Profile> {
        let keys = proptest::sample::subsequence(keys().collect::<Vec<_>>(), 0..8);
        let values = keys.prop_flat_map(|keys| {
            let keys: Vec<_> =
                keys.into_iter().filter(|key| !["connection.url", "connection.unix"].contains(&key.path)).collect();
            keys.into_iter().map(|key| any_value(key.kind).prop_map(move |value| (key.path, value))).collect::<Vec<_>>()
        });
        (proptest::option::of("[a-z]{1,5}"), values)
            .prop_map(|(extends, values)| Profile { extends, values: values.into_iter().collect() })
    }

    proptest! {
        #[test]
        fn a_profile_comes_back_from_its_file_as_it_was(profile in any_profile()) {
            let text = profile.to_toml();
            prop_assert_eq!(Profile::parse("x", &text).unwrap(), profile, "{}", text);
        }

        #[test]
        fn no_text_makes_the_reader_panic(text in "(\\[connection\\]\n)?\\PC{0,40}\n\\PC{0,40}") {
            let _ = Profile::parse("x", &text);
        }
    }
}

//! Which topics have which schema.

use std::path::PathBuf;

use super::ValueError;
use crate::mqtt::TopicFilter;

/// A value of `--schema`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SchemaRule {
    /// The topics that have this schema.
    pub filter: TopicFilter,
    /// The file of the schema.
    pub path: PathBuf,
    /// The message type; a Protobuf file can have several, an Avro file has one type.
    pub message: Option<String>,
}

/// `FILTER=FILE.avsc` or `FILTER=FILE:MESSAGE`.
pub(crate) fn schema_rule(text: &str) -> Result<SchemaRule, ValueError> {
    let refused =
        |why: &str| Err(ValueError::new(format!("`{text}` {why}: use FILTER=FILE.avsc or FILTER=FILE.proto:MESSAGE")));
    let Some((filter, file)) = text.split_once('=').filter(|(_, file)| !file.is_empty()) else {
        return refused("has no `=` before a file");
    };
    let filter = match TopicFilter::parse(filter) {
        Ok(filter) => filter,
        Err(error) => return refused(&format!("has no valid filter ({error})")),
    };
    if file.to_ascii_lowercase().ends_with(".avsc") {
        return Ok(SchemaRule { filter, path: file.into(), message: None });
    }
    match file.rsplit_once(':') {
        Some((path, message)) if !path.is_empty() && !message.is_empty() => {
            Ok(SchemaRule { filter, path: path.into(), message: Some(message.to_owned()) })
        }
        _ => refused("names no message"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_has_a_filter_a_file_and_a_message_unless_it_is_avro() {
        let rule = |text: &str| {
            schema_rule(text).map(|rule| (rule.filter.as_str().to_owned(), rule.path, rule.message)).unwrap()
        };
        assert_eq!(rule("a/#=b/c.proto:n.M"), ("a/#".into(), "b/c.proto".into(), Some("n.M".into())));
        assert_eq!(rule("+=b.avsc"), ("+".into(), "b.avsc".into(), None));
        assert_eq!(rule("a=c:/b.desc:M"), ("a".into(), "c:/b.desc".into(), Some("M".into())));
    }

    #[test]
    fn what_is_missing_is_named() {
        for (text, why) in [
            ("a.proto:M", "has no `=` before a file"),
            ("a=", "has no `=` before a file"),
            ("a=b.proto", "names no message"),
            ("a=b.proto:", "names no message"),
            ("a/#/b=b.avsc", "has no valid filter"),
        ] {
            let error = schema_rule(text).unwrap_err().to_string();
            assert!(error.starts_with(&format!("`{text}` {why}")), "{error}");
        }
    }
}

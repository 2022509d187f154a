use std::borrow::Cow;
use std::collections::BTreeMap;

/// Names defined by the user, and the text of each.
pub(crate) type Aliases = BTreeMap<String, String>;

/// Puts an alias's text in the place of the first word. Once: an alias may have the name of the command that it begins
/// with.
pub(crate) fn expand_alias<'a>(text: &'a str, aliases: &Aliases) -> Cow<'a, str> {
    let trimmed = text.trim_start();
    let length = trimmed.find(|c: char| c.is_whitespace() || c == '|').unwrap_or(trimmed.len());
    match aliases.get(&trimmed[..length]) {
        Some(replacement) => Cow::Owned(format!("{replacement}{}", &trimmed[length..])),
        None => Cow::Borrowed(text),
    }
}

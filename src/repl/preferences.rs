//! What a person has chosen: `set`, `alias`, `var`, `mute`.

use std::cell::RefCell;
use std::rc::Rc;

use clap::ValueEnum;

use super::chosen::{Preferences, codec};
use super::line::{check_name, quote};
use super::shell::{SHOWN_LINES, Shell, Stop};
use crate::cli::repl::Preference;
use crate::error::Error;
use crate::mqtt::{QoS, TopicFilter};
use crate::output::{Columns, MessageShape};
use crate::payload::PayloadFormat;
use crate::settings::Display;

impl Shell<'_> {
    /// `set`: without a value back to what holds at first.
    pub(super) fn set(&mut self, name: Option<Preference>, value: Option<&str>) -> Result<(), Stop> {
        let Some(name) = name else { return self.list_preferences() };
        let refused = |wanted: &str| {
            let value = value.unwrap_or_default();
            Error::usage(format!("set: `{value}` is not {wanted}"))
        };
        match name {
            Preference::Mode => {
                let shape = match value {
                    None | Some("line") => None,
                    Some(mode) => Some(
                        MessageShape::from_str(mode, false)
                            .map_err(|_| refused("a mode: use line, default, clean, jsonl or raw"))?,
                    ),
                };
                self.reshape(shape)?;
                self.preferences.shape = value.map(Into::into);
            }
            Preference::Template => {
                self.reshape(value.map(MessageShape::template).transpose()?)?;
                self.preferences.shape = value.map(|text| format!("template {text}"));
            }
            Preference::Format => {
                let format = value.map_or(Ok(PayloadFormat::default()), str::parse::<PayloadFormat>);
                let format = format.map_err(|error| Error::usage(format!("set: {error}")))?;
                let codec = codec("set", format)?;
                self.preferences.format_is_chosen = value.is_some();
                self.style.codec = if value.is_none() { codec.knowing_sparkplug_topics() } else { codec };
            }
            Preference::Qos => {
                let qos = value.map(str::parse::<QoS>).transpose();
                self.preferences.qos = qos.map_err(|_| refused("a QoS: use 0, 1 or 2"))?;
            }
            Preference::Changes => {
                self.preferences.changes = match value {
                    Some("on") => true,
                    None | Some("off") => false,
                    Some(_) => return Err(refused("valid: use on or off").into()),
                }
            }
            Preference::Timestamps => {
                self.style.timestamps = match value {
                    Some("on") => true,
                    None | Some("off") => false,
                    Some(_) => return Err(refused("valid: use on or off").into()),
                }
            }
            Preference::Keys => {
                self.preferences.has_vi_keys = match value {
                    Some("vi") => true,
                    None | Some("emacs") => false,
                    Some(_) => return Err(refused("a set of keys: use emacs or vi").into()),
                }
            }
            Preference::Prompt => {
                if let Some(unknown) = value.and_then(unknown_placeholder) {
                    let error = Error::usage(format!("set: unknown placeholder `{unknown}` in the prompt"));
                    return Err(error.with_hint("{name} and {client_id} are those of the connection").into());
                }
                self.preferences.prompt = value.map(Into::into);
            }
            Preference::MaxLines => {
                let lines = value.map(str::parse).transpose();
                let first = if self.screen.is_some() { SHOWN_LINES } else { 0 };
                self.style.maximum_lines =
                    lines.map_err(|_| refused("a number of lines: use 0 to show all"))?.unwrap_or(first);
            }
        }
        Ok(())
    }

    fn reshape(&mut self, shape: Option<MessageShape>) -> Result<(), Error> {
        let codec = self.style.codec.clone();
        let display = shape.map(|shape| Display { shape: Some(shape), codec, ..Display::default() });
        self.preferences.printer = match &display {
            Some(display) => Some(Rc::new(RefCell::new(self.message_printer(display)?))),
            None => None,
        };
        self.preferences.display = display;
        Ok(())
    }

    fn list_preferences(&mut self) -> Result<(), Stop> {
        let Preferences { qos, shape, .. } = &self.preferences;
        let mut rows = Columns::default();
        rows.row(["mode", shape.as_deref().unwrap_or("line")]);
        rows.row(["format", self.style.codec.format().name()]);
        rows.row(["qos", &qos.unwrap_or_default().to_string()]);
        rows.row(["timestamps", if self.style.timestamps { "on" } else { "off" }]);
        rows.row(["changes", if self.preferences.changes { "on" } else { "off" }]);
        rows.row(["keys", if self.preferences.has_vi_keys { "vi" } else { "emacs" }]);
        rows.row(["prompt", self.preferences.prompt.as_deref().unwrap_or("{name}> ")]);
        rows.row(["max-lines", &self.style.maximum_lines.to_string()]);
        self.print_rows(&rows)
    }

    /// What was chosen, as lines that choose it again.
    pub(super) fn preference_lines(&self) -> Vec<String> {
        let Preferences { qos, shape, changes, .. } = &self.preferences;
        let mut lines = Vec::new();
        match shape.as_deref().map(|shape| (shape, shape.strip_prefix("template "))) {
            Some((_, Some(template))) => lines.push(format!("set template {}", quote(template))),
            Some((mode, None)) => lines.push(format!("set mode {mode}")),
            None => {}
        }
        if self.preferences.format_is_chosen {
            lines.push(format!("set format {}", self.style.codec.format().name()));
        }
        lines.extend(qos.map(|qos| format!("set qos {qos}")));
        if self.style.timestamps {
            lines.push("set timestamps on".to_owned());
        }
        if *changes {
            lines.push("set changes on".to_owned());
        }
        let first = if self.screen.is_some() { SHOWN_LINES } else { 0 };
        if self.style.maximum_lines != first {
            lines.push(format!("set max-lines {}", self.style.maximum_lines));
        }
        if self.preferences.has_vi_keys {
            lines.push("set keys vi".to_owned());
        }
        lines.extend(self.preferences.prompt.iter().map(|text| format!("set prompt {}", quote(text))));
        lines.extend(self.preferences.muted.iter().map(|filter| format!("mute {}", quote(filter.as_str()))));
        lines
    }

    /// `mute`: messages are kept, and not shown.
    pub(super) fn mute(&mut self, filters: Vec<TopicFilter>) -> Result<(), Stop> {
        if filters.is_empty() {
            let mut rows = Columns::default();
            if self.preferences.muted.is_empty() {
                self.talk.plain("Nothing is muted");
            }
            self.preferences.muted.iter().for_each(|filter| rows.row([filter.as_str()]));
            return self.print_rows(&rows);
        }
        for filter in filters {
            if !self.preferences.muted.contains(&filter) {
                self.preferences.muted.push(filter);
            }
        }
        Ok(())
    }

    /// `unmute`: all, unless some are named.
    pub(super) fn unmute(&mut self, filters: &[TopicFilter]) -> Result<(), Stop> {
        if let Some(unknown) = filters.iter().find(|filter| !self.preferences.muted.contains(filter)) {
            let error = Error::usage(format!("`{}` is not muted", unknown.as_str()));
            return Err(error.with_hint("`mute` lists the muted filters").into());
        }
        self.preferences.muted.retain(|muted| !filters.is_empty() && !filters.contains(muted));
        Ok(())
    }

    /// `var`.
    pub(super) fn variable(&mut self, name: Option<String>, value: Option<String>) -> Result<(), Stop> {
        let Some(name) = name else {
            let mut rows = Columns::default();
            if self.variables.is_empty() {
                self.talk.plain("No variables: `var NAME VALUE` sets one");
            }
            self.variables.iter().for_each(|(name, value)| rows.row([name, value]));
            return self.print_rows(&rows);
        };
        check_name(&name).map_err(|error| Error::usage(error.to_string()))?;
        match value {
            Some(value) => _ = self.variables.insert(name, value),
            None => _ = self.variables.remove(&name),
        }
        Ok(())
    }

    /// `alias`.
    pub(super) fn alias(&mut self, name: Option<String>, command: Option<String>) -> Result<(), Stop> {
        let Some(name) = name else {
            let mut rows = Columns::default();
            if self.aliases.is_empty() {
                self.talk.plain("No aliases: `alias NAME COMMAND` makes one");
            }
            self.aliases.iter().for_each(|(name, command)| rows.row([name, command]));
            return self.print_rows(&rows);
        };
        // `alias on=..` would otherwise be the removal of an alias of that name.
        if name.is_empty() || name.contains(|c: char| c.is_whitespace() || "='\"\\|$".contains(c)) {
            let error = Error::usage(format!("`{name}` cannot name an alias"));
            return Err(error.with_hint("write for example alias on 'pub car/ac on'").into());
        }
        match command {
            Some(command) => _ = self.aliases.insert(name, command),
            None => _ = self.aliases.remove(&name),
        }
        Ok(())
    }
}

/// The first `{word}` of a prompt that is not a placeholder.
fn unknown_placeholder(prompt: &str) -> Option<&str> {
    let mut rest = prompt;
    while let Some((_, after)) = rest.split_once('{') {
        let word = after.find(|c: char| !c.is_ascii_alphabetic() && c != '_').unwrap_or(after.len());
        let is_placeholder = word > 0 && after[word..].starts_with('}');
        if is_placeholder && !["name", "client_id"].contains(&&after[..word]) {
            let start = prompt.len() - after.len() - 1;
            return Some(&prompt[start..=start + word + 1]);
        }
        rest = after;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::unknown_placeholder;

    #[test]
    fn a_placeholder_of_the_prompt_that_is_not_known_is_found() {
        for known in ["{name}> ", "{client_id}@{name}", "{} {1} { name } {", "plain"] {
            assert_eq!(unknown_placeholder(known), None, "{known}");
        }
        assert_eq!(unknown_placeholder("{name} {state}> "), Some("{state}"));
    }
}

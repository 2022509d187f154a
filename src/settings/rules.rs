//! Which requests `reply` answers with what: the rules of a file.

use std::path::Path;
use std::time::Duration;

use bytes::Bytes;
use regex_lite::Regex;
use toml_edit::{Item, TableLike};

use super::template::Templates;
use crate::cli::value;
use crate::config::profile::{Source, key_span, syntax};
use crate::error::{Error, nearest};
use crate::mqtt::{QoS, TopicFilter, TopicName};
use crate::payload::Condition;
use crate::payload::placeholder::Template;

/// What is answered to which requests.
#[derive(Debug)]
pub(crate) struct Rule {
    /// The topics of the requests; none: all that come.
    pub(crate) filter: Option<TopicFilter>,
    /// What their payloads have to be.
    pub(crate) condition: Condition,
    /// What is answered.
    pub(crate) answer: Answer,
    /// Where to, if the request does not say.
    pub(crate) topic: Option<AnswerTopic>,
    /// QoS of the answer.
    pub(crate) qos: QoS,
    /// The broker keeps the answer, unless it goes to a Response Topic.
    pub(crate) retain: bool,
    /// How long after the request.
    pub(crate) delay: Duration,
}

/// What is answered.
#[derive(Debug, Clone)]
pub(crate) enum Answer {
    /// Always the same.
    Text(Bytes),
    /// Filled in for each request.
    Template(Template),
    /// The payload of the request.
    Echo,
    /// What a command prints.
    Command(String),
}

/// Where answers go.
#[derive(Debug, Clone)]
pub(crate) enum AnswerTopic {
    /// Always there.
    Name(TopicName),
    /// Filled in for each request.
    Template(Template),
}

impl Rule {
    /// Whether it answers a request.
    pub(crate) fn fits(&self, topic: &TopicName, payload: &[u8]) -> bool {
        self.filter.as_ref().is_none_or(|filter| filter.matches(topic.as_str())) && self.condition.fits(payload)
    }
}

const KEYS: [&str; 11] =
    ["filter", "match", "json", "answer", "file", "echo", "exec", "topic", "qos", "retain", "delay"];

/// Reads the rules of a file; `qos` is that of those that say nothing of it.
pub(super) fn read_rules(path: &Path, qos: QoS, templates: &Templates) -> Result<Vec<Rule>, Error> {
    let text = std::fs::read_to_string(path)
        .map_err(|error| Error::local(format!("--rules: cannot read {}: {error}", path.display())))?;
    let name = path.display().to_string();
    let source = Source { name: &name, text: &text };
    let document = toml_edit::Document::parse(text.as_str())
        .map_err(|error| source.fault(error.span(), syntax(error.message())))?;
    if let Some((key, _)) = document.iter().find(|(key, _)| *key != "rules") {
        let place = key_span(document.as_table(), key);
        return Err(source.fault(place, format_args!("unknown key `{key}`: each rule begins with [[rules]]")));
    }
    let tables: Vec<&dyn TableLike> = match document.get("rules") {
        Some(Item::ArrayOfTables(tables)) => tables.iter().map(|table| table as &dyn TableLike).collect(),
        _ => Vec::new(),
    };
    if tables.is_empty() {
        let error = source.fault(None, "it has no [[rules]]");
        return Err(error.with_hint("for example [[rules]] with filter = \"lamp/+/get\" and answer = \"on\""));
    }
    let folder = path.parent().unwrap_or(Path::new(""));
    tables.into_iter().map(|table| Reader { source, table, folder, templates }.rule(qos)).collect()
}

/// Reads one table.
struct Reader<'a> {
    source: Source<'a>,
    table: &'a dyn TableLike,
    folder: &'a Path,
    templates: &'a Templates,
}

impl Reader<'_> {
    fn rule(&self, qos: QoS) -> Result<Rule, Error> {
        for (key, _) in self.table.iter() {
            if !KEYS.contains(&key) {
                let error = self.fault(key, format!("unknown key `{key}` in a rule"));
                return Err(match nearest(key, KEYS) {
                    Some(similar) => error.with_hint(format!("did you mean `{similar}`?")),
                    None => error.with_hint(format!("available: {}", KEYS.join(", "))),
                });
            }
        }
        let filter = self.parsed("filter", value::topic_filter)?;
        let filter = filter.ok_or_else(|| {
            let place = self.table.iter().next().map(|(key, _)| key).unwrap_or_default();
            self.fault(place, "this rule has no filter".to_owned()).with_hint("for example filter = \"lamp/+/get\"")
        })?;
        let pattern = self.parsed("match", |text| {
            Regex::new(text).map_err(|error| error.to_string().lines().last().unwrap_or_default().trim().to_owned())
        })?;
        let mut json = Vec::new();
        for text in self.texts("json")? {
            json.push(text.parse().map_err(|error| self.fault("json", format!("json: {error}")))?);
        }
        let topic = self.text("topic")?.map(|text| self.templates.read("topic", text.as_bytes()));
        let topic = topic.transpose().map_err(|error| self.within("topic", &error))?.map(AnswerTopic::Template);
        let number = |item: &Item| item.as_integer().map(|number| number.to_string());
        let own_qos = match self.table.get("qos") {
            Some(item) => {
                let text = number(item).unwrap_or_default();
                Some(text.parse().map_err(|_| self.fault("qos", "qos must be 0, 1 or 2".to_owned()))?)
            }
            None => None,
        };
        let delay = match self.table.get("delay").and_then(number) {
            Some(seconds) => Some(seconds),
            None => self.text("delay")?,
        };
        let delay = delay.map(|text| value::seconds(&text)).transpose();
        let delay = delay.map_err(|error| self.fault("delay", format!("delay: {error}")))?.unwrap_or_default();
        let condition = Condition { pattern, json };
        let (qos, retain) = (own_qos.unwrap_or(qos), self.switch("retain")?);
        Ok(Rule { filter: Some(filter), condition, answer: self.answer()?, topic, qos, retain, delay })
    }

    fn answer(&self) -> Result<Answer, Error> {
        let text = self.text("answer")?.map(|text| {
            let template = self.templates.read("answer", text.as_bytes());
            template.map(Answer::Template).map_err(|error| self.within("answer", &error))
        });
        let file = self.text("file")?.map(|name| {
            let path = self.folder.join(&name);
            let text = std::fs::read(&path)
                .map_err(|error| self.fault("file", format!("cannot read {}: {error}", path.display())))?;
            self.templates.read_file(&path.display().to_string(), &path, &text).map(Answer::Template)
        });
        let echo = self.switch("echo")?.then_some(Ok(Answer::Echo));
        let command = self.text("exec")?.map(|command| Ok(Answer::Command(command)));
        let mut answers = [text, file, echo, command].into_iter().flatten();
        match (answers.next(), answers.next()) {
            (Some(answer), None) => answer,
            (None, _) => {
                let error = self.fault("filter", "this rule has no answer".to_owned());
                Err(error.with_hint("give one of answer, file, echo = true and exec"))
            }
            (Some(_), Some(_)) => {
                Err(self.fault("filter", "this rule has more than one of answer, file, echo and exec".to_owned()))
            }
        }
    }

    fn fault(&self, key: &str, what: String) -> Error {
        self.source.fault(key_span(self.table, key), what)
    }

    /// An error of a value, at its place.
    fn within(&self, key: &str, error: &Error) -> Error {
        let placed = self.fault(key, error.message().to_owned());
        let detail = error.detail().map(ToOwned::to_owned);
        let placed = match error.hint() {
            Some(hint) => placed.with_hint(hint),
            None => placed,
        };
        match detail {
            Some(detail) => placed.with_detail(detail),
            None => placed,
        }
    }

    fn text(&self, key: &str) -> Result<Option<String>, Error> {
        match self.table.get(key) {
            None => Ok(None),
            Some(item) => match item.as_str() {
                Some(text) => Ok(Some(text.to_owned())),
                None => Err(self.fault(key, format!("{key} must be a string"))),
            },
        }
    }

    fn texts(&self, key: &str) -> Result<Vec<String>, Error> {
        let Some(list) = self.table.get(key).and_then(Item::as_array) else {
            return Ok(self.text(key)?.into_iter().collect());
        };
        let text = |value: &toml_edit::Value| {
            value
                .as_str()
                .map(ToOwned::to_owned)
                .ok_or_else(|| self.fault(key, format!("{key} must be a list of strings")))
        };
        list.iter().map(text).collect()
    }

    fn switch(&self, key: &str) -> Result<bool, Error> {
        match self.table.get(key) {
            None => Ok(false),
            Some(item) => item.as_bool().ok_or_else(|| self.fault(key, format!("{key} must be true or false"))),
        }
    }

    fn parsed<T, E: std::fmt::Display>(
        &self,
        key: &str,
        parse: impl Fn(&str) -> Result<T, E>,
    ) -> Result<Option<T>, Error> {
        let text = self.text(key)?;
        let parsed = text.map(|text| parse(&text).map_err(|error| self.fault(key, format!("{key}: {error}"))));
        parsed.transpose()
    }
}

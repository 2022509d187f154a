//! A Spring `application.yml` in which an MQTT client has its properties:
//!
//! ```yaml
//! mqtt:
//!   client: { serverURI: "tcp://host:1883", clientId: "task.${random.int[1000,9999]}", username: u, password: p }
//!   producer: { defaultTopic: a/b, defaultQos: 2 }
//!   consumer: { consumerTopics: "$queue/a/#,$share/g/b" }
//! ```
//!
//! The three may be below any prefix, or several; names are compared with Spring's relaxed binding. A document that
//! applies only to a Spring profile becomes a profile that extends the first one.

mod placeholder;
mod property;

use std::collections::BTreeSet;

use super::draft::Draft;
use crate::config::options_file::Remark;
use crate::config::profile::FilterEntry;
use crate::config::table::{Key, Kind, Note, rows, variables};
use crate::config::tree::{Content, Node};
use crate::payload::placeholder::literal;
use crate::transport::{Address, BrokerUrl, Protocol, redact};
use placeholder::{Part, resolve};
use property::{Document, Property};

/// The properties by which the properties of a client are found.
const SERVERS: [&str; 2] = ["client.serveruri", "client.serveruris"];

/// The key of a property, by its name below the prefix.
fn key_of(name: &str) -> Option<&'static Key> {
    let is_called_so = |note: &Note| matches!(note, Note::Spring(names) if names.contains(&name));
    rows().find(|row| row.notes.iter().any(is_called_so)).and_then(|row| row.key.as_ref())
}

pub(super) fn is_one(documents: &[Node]) -> bool {
    !prefixes(&Document::all(documents)).is_empty()
}

pub(super) fn read(documents: &[Node], remarks: &mut Vec<Remark>) -> Vec<Draft> {
    let documents = Document::all(documents);
    let prefixes = prefixes(&documents);
    let mut drafts = Vec::new();
    for prefix in &prefixes {
        let mut main: Option<Draft> = None;
        for document in &documents {
            let mut reader = Reader { documents: &documents, remarks, draft: Draft::default() };
            let properties: Vec<_> = document.below(prefix).collect();
            if properties.is_empty() {
                continue;
            }
            reader.properties(&properties);
            let draft = reader.draft;
            match (&document.profile, &mut main) {
                // Documents without a profile are merged; the last one takes precedence.
                (None, Some(main)) => {
                    main.profile.values.extend(draft.profile.values);
                    main.password = draft.password.or(main.password.take());
                }
                (None, None) => main = Some(draft),
                (Some(name), _) => {
                    let extends_main = main.is_some() && prefixes.len() == 1;
                    drafts.push(Draft { extends_main, ..draft }.labelled(&labels(&prefixes, prefix, Some(name))));
                }
            }
        }
        if let Some(mut main) = main {
            subscribe_as_published(&mut main, &documents, prefix, remarks);
            let label = labels(&prefixes, prefix, None);
            let at = drafts.iter().position(|draft| draft.extends_main).unwrap_or(drafts.len());
            main.is_main = label.is_empty();
            drafts.insert(at, if label.is_empty() { main } else { main.labelled(&label) });
        }
    }
    let application = application_name(&documents);
    for draft in &mut drafts {
        draft.name.clone_from(&application);
    }
    about_the_rest(&documents, &prefixes, remarks);
    drafts
}

/// The prefixes of the properties of clients: what comes before `client.serverURI`.
fn prefixes(documents: &[Document]) -> BTreeSet<Vec<String>> {
    let all = documents.iter().flat_map(|document| &document.properties);
    all.filter_map(|property| SERVERS.iter().find_map(|name| property.prefix_of(name))).collect()
}

/// What distinguishes a profile from the others of the file.
fn labels(prefixes: &BTreeSet<Vec<String>>, prefix: &[String], profile: Option<&str>) -> String {
    let of_prefix = prefix.last().filter(|_| prefixes.len() > 1).map(String::as_str);
    of_prefix.into_iter().chain(profile).collect::<Vec<_>>().join("-")
}

fn application_name(documents: &[Document]) -> Option<String> {
    let all = documents.iter().flat_map(|document| &document.properties);
    let name = all.filter(|property| property.canonical == ["spring", "application", "name"]).find_map(|p| p.text());
    name.filter(|name| !name.contains("${")).map(ToOwned::to_owned)
}

/// A consumer without a QoS gets that of the producer, the only one in the file.
fn subscribe_as_published(draft: &mut Draft, documents: &[Document], prefix: &[String], remarks: &mut Vec<Remark>) {
    let values = &mut draft.profile.values;
    if !values.contains_key("subscribe.filters") || values.contains_key("subscribe.qos") {
        return;
    }
    let Some(qos) = values.get("publish.qos").cloned() else { return };
    values.insert("subscribe.qos", qos);
    let mut properties = documents.iter().flat_map(|document| document.below(prefix));
    if let Some((_, property)) = properties.find(|(name, _)| key_of(name).is_some_and(|key| key.path == "publish.qos"))
    {
        let message = "also used for the consumer, which does not set a QoS: subscribe.qos".to_owned();
        remarks.push(Remark { line: property.line, key: property.path.join("."), message });
    }
}

/// What is not about MQTT is reported once per section.
fn about_the_rest(documents: &[Document], prefixes: &BTreeSet<Vec<String>>, remarks: &mut Vec<Remark>) {
    let is_ours = |property: &Property| prefixes.iter().any(|prefix| property.canonical.starts_with(prefix));
    for document in documents {
        let mut told: Vec<(&str, usize, usize)> = Vec::new();
        for property in document.properties.iter().filter(|property| !is_ours(property)) {
            let section = property.path.first().map_or("", String::as_str);
            match told.iter_mut().find(|(name, ..)| *name == section) {
                Some((_, _, count)) => *count += 1,
                None => told.push((section, property.line, 1)),
            }
        }
        for (section, line, count) in told {
            let noun = if count == 1 { "property" } else { "properties" };
            let message = format!("left out, {count} {noun}: not part of the MQTT client");
            remarks.push(Remark { line, key: section.to_owned(), message });
        }
    }
}

struct Reader<'a> {
    documents: &'a [Document],
    remarks: &'a mut Vec<Remark>,
    draft: Draft,
}

impl Reader<'_> {
    fn properties(&mut self, properties: &[(String, &Property)]) {
        for (name, property) in properties {
            if property.node.is_empty() {
                continue;
            }
            match name.as_str() {
                name if SERVERS.contains(&name) => self.server(property),
                "client.clientid" => self.client_id(property),
                "client.password" => self.password(property),
                "client.automaticreconnect" => {
                    if self.switch(property) == Some(false) {
                        self.draft.set("connection.reconnect_period", "0");
                    }
                }
                "client.mqttversion" => self.version(property),
                "consumer.consumertopics" | "consumer.topics" | "consumer.topic" => self.filters(property),
                name => match key_of(name) {
                    Some(Key { path, kind: Kind::Switch | Kind::SwitchOff, .. }) => {
                        if let Some(on) = self.switch(property) {
                            self.draft.set(path, on.to_string());
                        }
                    }
                    Some(Key { path, .. }) => {
                        if let Some(text) = self.plain(property, path) {
                            if matches!(*path, "publish.topic" | "will.topic") {
                                self.warn_of_white_space(property, &text);
                            }
                            self.draft.set(path, text);
                        }
                    }
                    None => self.remark(property, "left out: profiles have no equivalent"),
                },
            }
        }
    }

    /// `tcp://host:1883`, or several separated by commas, of which one is used.
    fn server(&mut self, property: &Property) {
        let texts = self.texts(property, "connection.host");
        let mut uris = texts.iter().flat_map(|text| text.split(',')).map(str::trim).filter(|uri| !uri.is_empty());
        let Some(uri) = uris.next() else { return };
        for other in uris {
            let other = redact(other);
            self.remark(property, &format!("`{other}` is left out: a profile has one broker"));
        }
        let (url, path) = match BrokerUrl::parse(uri) {
            Ok(url) => {
                let path = url.path.clone();
                (url, path)
            }
            Err(error) => return self.remark(property, &format!("left out: {error}")),
        };
        let Address::Host { host, port } = &url.endpoint.address else {
            return self.remark(property, "left out: this is not the address of a host");
        };
        let (protocol, port_of_paho) = match url.endpoint.protocol {
            Protocol::Mqtts => ("mqtts", 8883),
            Protocol::Ws => ("ws", 80),
            Protocol::Wss => ("wss", 443),
            _ => ("mqtt", 1883),
        };
        let authority = uri.split_once("://").map_or("", |(_, rest)| rest.split(['/', '?']).next().unwrap_or_default());
        let has_port = authority.rsplit_once(':').is_some_and(|(_, port)| port.bytes().all(|b| b.is_ascii_digit()));
        // The default ports of the Java client, which for WebSocket differ from those of MQTT brokers.
        let port = if has_port { *port } else { port_of_paho };
        self.draft.set("connection.host", host.clone());
        self.draft.set("connection.port", port.to_string());
        self.draft.set("connection.protocol", protocol);
        if let Some(path) = path {
            self.draft.set("websocket.path", path);
        }
        if let Some(topic) = url.topic {
            self.remark(property, &format!("`/{topic}` after the port is left out"));
        }
        if let Some(user) = url.username {
            self.draft.set("connection.username", user);
        }
        if let Some(password) = url.password {
            self.draft.password.get_or_insert(password);
        }
    }

    /// Random numbers are drawn for each run, as in Spring.
    fn client_id(&mut self, property: &Property) {
        let Some(text) = property.text() else { return self.remark(property, NO_TEXT) };
        let mut template = String::new();
        for part in resolve(text, self.documents) {
            let piece = match part {
                Part::Text(text) => literal(&text),
                Part::Random(low, high) => format!("{{random:{low}..{high}}}"),
                Part::Hex(digits) => format!("{{hex:{digits}}}"),
                Part::Variable { name, .. } if name == "HOSTNAME" => "{hostname}".to_owned(),
                Part::Variable { name, .. } if name == "USER" || name == "USERNAME" => "{user}".to_owned(),
                Part::Variable { name, default: Some(default) } => {
                    self.took_default(property, &name, &default, "connection.client_id");
                    literal(&default)
                }
                Part::Variable { name, default: None } | Part::Unknown(name) => {
                    return self.unknown(property, &name, "connection.client_id");
                }
            };
            template.push_str(&piece);
        }
        self.draft.set("connection.client_id", template);
    }

    fn password(&mut self, property: &Property) {
        let Some(text) = property.text() else { return self.remark(property, NO_TEXT) };
        if text.starts_with("ENC(") {
            return self.remark(property, "left out: it is encrypted, and only the service can decrypt it");
        }
        match resolve(text, self.documents).as_slice() {
            [Part::Variable { name, default }] => {
                self.draft.password = None;
                self.draft.set("connection.password", format!("env:{name}"));
                if default.is_some() {
                    self.remark(property, &format!("the default of {name} is left out: set the variable"));
                }
            }
            parts if parts.iter().all(|part| matches!(part, Part::Text(_))) => {
                let text = parts.iter().map(|part| if let Part::Text(text) = part { text.as_str() } else { "" });
                self.draft.profile.values.remove("connection.password");
                self.draft.password = Some(text.collect());
            }
            _ => self.remark(property, "left out: it is composed of variables, which a profile cannot do"),
        }
    }

    fn version(&mut self, property: &Property) {
        let version = match self.plain(property, "connection.version").as_deref() {
            Some("3") => "3.1",
            Some("4") => "3.1.1",
            Some("5") => "5.0",
            Some(_) => return self.remark(property, "left out: both programs choose a version themselves"),
            None => return,
        };
        self.draft.set("connection.version", version);
    }

    /// YAML takes the whole line: what looks like a comment after a topic is a part of it.
    fn warn_of_white_space(&mut self, property: &Property, topic: &str) {
        if topic.contains(char::is_whitespace) {
            let message =
                format!("`{topic}` contains white space and is used unchanged: a comment must begin with ` #`");
            self.remark(property, &message);
        }
    }

    /// A text with commas, a list of texts, or a list of maps with `topic` and `qos`.
    fn filters(&mut self, property: &Property) {
        let mut filters = Vec::new();
        let items = match &property.node.content {
            Content::List(items) => items.as_slice(),
            _ => std::slice::from_ref(&property.node),
        };
        for item in items {
            let topic = item.get("topic").or_else(|| item.get("filter")).unwrap_or(item);
            let Some(text) = topic.text() else {
                self.remark(property, "an entry is left out: it has no topic");
                continue;
            };
            let Some(text) = self.joined(property, text, "subscribe.filters") else { continue };
            for filter in text.split(',').map(str::trim).filter(|filter| !filter.is_empty()) {
                self.warn_of_white_space(property, filter);
                let mut entry = FilterEntry::new(filter);
                if let Some(qos) = item.get("qos").and_then(Node::text) {
                    entry.options.insert("qos", qos.to_owned());
                }
                filters.push(entry);
            }
        }
        if !filters.is_empty() {
            self.draft.set_filters(filters);
        }
    }

    fn switch(&mut self, property: &Property) -> Option<bool> {
        match self.plain(property, "")?.to_lowercase().as_str() {
            "true" | "yes" | "on" | "1" => Some(true),
            "false" | "no" | "off" | "0" => Some(false),
            _ => {
                self.remark(property, "left out: it is neither true nor false");
                None
            }
        }
    }

    /// A single text without placeholders that are left.
    fn plain(&mut self, property: &Property, key: &str) -> Option<String> {
        let text = property.text();
        if text.is_none() {
            self.remark(property, NO_TEXT);
        }
        self.joined(property, text?, key)
    }

    fn texts(&mut self, property: &Property, key: &str) -> Vec<String> {
        let texts: Vec<_> = match &property.node.content {
            Content::List(items) => items.iter().filter_map(Node::text).collect(),
            _ => property.text().into_iter().collect(),
        };
        texts.into_iter().filter_map(|text| self.joined(property, text, key)).collect()
    }

    /// The text with its placeholders filled in, where that is possible once and for all.
    fn joined(&mut self, property: &Property, text: &str, key: &str) -> Option<String> {
        let mut joined = String::new();
        for part in resolve(text, self.documents) {
            match part {
                Part::Text(text) => joined.push_str(&text),
                Part::Variable { name, default: Some(default) } => {
                    self.took_default(property, &name, &default, key);
                    joined.push_str(&default);
                }
                Part::Variable { name, default: None } | Part::Unknown(name) => {
                    self.unknown(property, &name, key);
                    return None;
                }
                Part::Random(..) | Part::Hex(_) => {
                    self.remark(property, "left out: random values are possible only in the client id");
                    return None;
                }
            }
        }
        Some(joined)
    }

    fn took_default(&mut self, property: &Property, name: &str, default: &str, key: &str) {
        let default = if default.contains("://") { redact(default) } else { default.to_owned() };
        let message = format!("`{default}`, the default of {name}, is used{}", or_variable(key));
        self.remark(property, &message);
    }

    fn unknown(&mut self, property: &Property, name: &str, key: &str) {
        let message = format!("left out: `{name}` is not defined here{}", or_variable(key));
        self.remark(property, &message);
    }

    fn remark(&mut self, property: &Property, message: &str) {
        let key = property.path.join(".");
        self.remarks.push(Remark { line: property.line, key, message: message.to_owned() });
    }
}

const NO_TEXT: &str = "left out: a single text is expected";

/// The variable that can set it for a run.
fn or_variable(key: &str) -> String {
    let option = Key::find(key).map(|key| key.option);
    match variables().find(|(_, id)| Some(*id) == option) {
        Some((variable, _)) => format!("; set {variable} to override it"),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests;

//! Connections that MQTTX, the desktop application, exported as JSON: one, or a list.

use super::draft::Draft;
use crate::config::options_file::{Remark, pairs};
use crate::config::profile::FilterEntry;
use crate::config::table::{Desktop as Part, Key, Note, rows};
use crate::config::tree::{Content, Node};
use crate::payload::placeholder::literal;
use crate::payload::plural;

pub(super) fn is_one(document: &Node) -> bool {
    connections(document).iter().any(|node| node.get("host").is_some() && node.get("clientId").is_some())
}

pub(super) fn read(document: &Node, remarks: &mut Vec<Remark>) -> Vec<Draft> {
    connections(document).into_iter().map(|node| Reader::new(node, remarks).read()).collect()
}

/// Every connection, including those in folders.
fn connections(node: &Node) -> Vec<&Node> {
    match &node.content {
        Content::List(items) => items.iter().flat_map(connections).collect(),
        Content::Map(_) => match node.get("children") {
            Some(children) => connections(children),
            None => vec![node],
        },
        Content::Null | Content::Text(_) => Vec::new(),
    }
}

/// The key of a field whose value is used unchanged.
fn key_of(part: Part, field: &str) -> Option<&'static Key> {
    let is_called_so = |note: &Note| matches!(note, Note::Desktop(of, name) if *of == part && *name == field);
    rows().find(|row| row.notes.iter().any(is_called_so)).and_then(|row| row.key.as_ref())
}

/// Internal fields of the application: numbers, times, colours, order.
const BOOKKEEPING: &[&str] = &[
    "id",
    "unreadMessageCount",
    "createAt",
    "updateAt",
    "client",
    "orderId",
    "parentId",
    "parent",
    "isCollection",
    "color",
    "connectionId",
];

struct Reader<'a> {
    node: &'a Node,
    name: &'a str,
    draft: Draft,
    remarks: &'a mut Vec<Remark>,
}

impl<'a> Reader<'a> {
    fn new(node: &'a Node, remarks: &'a mut Vec<Remark>) -> Self {
        let name = node.get("name").and_then(Node::text).unwrap_or_default();
        let draft = Draft { name: (!name.is_empty()).then(|| name.to_owned()), ..Draft::default() };
        Self { node, name, draft, remarks }
    }

    fn read(mut self) -> Draft {
        let mut bookkeeping = Vec::new();
        let is_tls = self.is_on("ssl") || matches!(self.text("protocol"), Some("mqtts" | "wss"));
        self.protocol(is_tls);
        for (field, node) in self.node.entries() {
            if BOOKKEEPING.contains(&field.as_str()) {
                bookkeeping.push(field.as_str());
                continue;
            }
            if !node.is_empty() {
                self.field(field, node, is_tls);
            }
        }
        if let (Some(first), Some(line)) = (bookkeeping.first(), self.line_of(&bookkeeping)) {
            let key = if bookkeeping.len() == 1 { (*first).to_owned() } else { bookkeeping.join(", ") };
            self.remark(line, &key, "left out: MQTTX's own bookkeeping");
        }
        self.draft
    }

    fn field(&mut self, field: &str, node: &Node, is_tls: bool) {
        match field {
            // Handled with other fields.
            "name" | "protocol" | "ssl" | "certType" | "clientIdWithTime" => {}
            "clientId" => self.client_id(node),
            "password" => self.draft.password = node.text().map(ToOwned::to_owned),
            "reconnect" => {
                if node.text() == Some("false") {
                    self.draft.set("connection.reconnect_period", "0");
                }
            }
            "reconnectPeriod" => {
                if self.text("reconnect") != Some("false") {
                    self.draft.set("connection.reconnect_period", node.text().unwrap_or_default());
                }
            }
            "ca" | "cert" | "key" if is_tls && self.text("certType") != Some("server") => self.file(field, node),
            // Left over from when they were in use.
            "ca" | "cert" | "key" => self.remark(node.line, field, "left out: this connection does not use it"),
            "rejectUnauthorized" => {
                if is_tls && node.text() == Some("false") {
                    self.draft.set("tls.insecure", "true");
                }
            }
            "ALPNProtocols" if !is_tls => self.remark(node.line, field, "left out: this connection does not use it"),
            "ALPNProtocols" => {
                let protocols = node.text().unwrap_or_default().split(',').map(|name| name.trim().to_owned());
                self.draft.set_all("tls.alpn", protocols.collect());
            }
            "will" => self.will(node),
            "properties" => self.group(node, "properties", Part::Connection),
            "pushProps" => self.group(node, "pushProps", Part::Publish),
            "subscriptions" => self.subscriptions(node),
            "messages" => {
                let count = match &node.content {
                    Content::List(items) => items.len(),
                    _ => 1,
                };
                self.remark(
                    node.line,
                    field,
                    &format!("left out: {} from the history", plural(count as u64, "message")),
                );
            }
            _ => self.one_of(field, field, node, Part::Connection),
        }
    }

    fn protocol(&mut self, is_tls: bool) {
        let protocol = match (self.text("protocol").unwrap_or("mqtt"), is_tls) {
            // Exports of older versions.
            ("mqtt", true) => "mqtts",
            ("ws", true) => "wss",
            (protocol, _) => protocol,
        };
        self.draft.set("connection.protocol", protocol.to_owned());
    }

    fn client_id(&mut self, node: &Node) {
        let key = self.key("clientId");
        let text = node.text().unwrap_or_default();
        if self.is_on("clientIdWithTime") {
            let id = literal(text) + "_{hex:12}";
            self.draft.set("connection.client_id", id);
            self.remark(node.line, "clientIdWithTime", "random digits follow the client id instead of the time");
            return;
        }
        self.draft.set_client_id(text, node.line, &key, self.remarks);
    }

    fn file(&mut self, field: &str, node: &Node) {
        let path = match field {
            "ca" => "tls.ca",
            "cert" => "tls.cert",
            _ => "tls.key",
        };
        self.draft.set(path, node.text().unwrap_or_default());
    }

    fn will(&mut self, node: &Node) {
        if node.get("lastWillTopic").is_none_or(Node::is_empty) {
            return;
        }
        for (field, node) in node.entries().iter().filter(|(_, node)| !node.is_empty()) {
            match field.as_str() {
                "id" => {}
                "properties" => self.group(node, "will.properties", Part::Will),
                _ => self.one_of(&format!("will.{field}"), field, node, Part::Will),
            }
        }
    }

    fn group(&mut self, node: &Node, name: &str, part: Part) {
        // Older exports have the object as JSON text.
        let parsed = node.text().and_then(|text| Node::documents(text).ok()?.pop());
        for (field, node) in parsed.as_ref().unwrap_or(node).entries().iter().filter(|(_, node)| !node.is_empty()) {
            self.one_of(&format!("{name}.{field}"), field, node, part);
        }
    }

    fn one_of(&mut self, key: &str, field: &str, node: &Node, part: Part) {
        let Some(path) = key_of(part, field).map(|key| key.path) else {
            return self.remark(node.line, key, "left out: profiles have no equivalent");
        };
        if field == "userProperties" {
            let parsed = node.text().and_then(|text| Node::documents(text).ok()?.pop());
            match pairs(parsed.as_ref().unwrap_or(node)) {
                Some(texts) => self.draft.set_all(path, texts),
                None => self.remark(node.line, key, "left out: these are not names with texts"),
            }
            return;
        }
        match node.text() {
            Some(text) => self.draft.set(path, text),
            None => self.remark(node.line, key, "left out: this form of the value is not supported"),
        }
    }

    fn subscriptions(&mut self, node: &Node) {
        let Content::List(items) = &node.content else {
            return self.remark(node.line, "subscriptions", "left out: this is not a list");
        };
        let (mut filters, mut identifiers) = (Vec::new(), Vec::new());
        for (index, item) in items.iter().enumerate() {
            let key = |field: &str| format!("subscriptions[{index}].{field}");
            let Some(topic) = item.get("topic").and_then(Node::text) else {
                self.remark(item.line, &key("topic"), "left out: this subscription has no topic");
                continue;
            };
            if item.get("disabled").and_then(Node::text) == Some("true") {
                self.remark(item.line, &key("topic"), &format!("`{topic}` is left out: it is disabled"));
                continue;
            }
            let mut entry = FilterEntry::new(topic);
            for (field, node) in item.entries().iter().filter(|(_, node)| !node.is_empty()) {
                let option = key_of(Part::Filter, field).map(|key| key.option);
                match (field.as_str(), option, node.text()) {
                    (_, Some(option), Some(text)) => _ = entry.options.insert(option, text.to_owned()),
                    ("subscriptionIdentifier", _, Some(text)) => identifiers.push((text.to_owned(), node.line)),
                    // Older versions have the flag of messages here.
                    ("topic" | "disabled" | "retain", ..) => {}
                    (field, ..) if BOOKKEEPING.contains(&field) => {}
                    _ => self.remark(node.line, &key(field), "left out: profiles have no equivalent"),
                }
            }
            filters.push(entry);
        }
        if let Some((first, line)) = identifiers.first().cloned() {
            if identifiers.len() == filters.len() && identifiers.iter().all(|(other, _)| *other == first) {
                self.draft.set("subscribe.subscription_identifier", first);
            } else {
                self.remark(
                    line,
                    "subscriptions",
                    "subscription identifiers are left out: a profile has one for all subscriptions",
                );
            }
        }
        if !filters.is_empty() {
            self.draft.set_filters(filters);
        }
    }

    fn text(&self, field: &str) -> Option<&'a str> {
        self.node.get(field).and_then(Node::text)
    }

    fn is_on(&self, field: &str) -> bool {
        self.text(field) == Some("true")
    }

    fn line_of(&self, fields: &[&str]) -> Option<usize> {
        fields.iter().filter_map(|field| self.node.get(field)).map(|node| node.line).min()
    }

    fn key(&self, field: &str) -> String {
        if self.name.is_empty() { field.to_owned() } else { format!("{}: {field}", self.name) }
    }

    fn remark(&mut self, line: usize, field: &str, message: &str) {
        let key = self.key(field);
        self.remarks.push(Remark { line, key, message: message.to_owned() });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As exported by MQTTX 1.13, with the messages shortened.
    const EXPORT: &str = r##"[
  {
    "clientId": "plant{7}",
    "name": "Plant 7",
    "clean": false,
    "protocol": "wss",
    "host": "broker.example",
    "keepalive": 60,
    "connectTimeout": 10,
    "reconnect": true,
    "reconnectPeriod": 4000,
    "username": "me",
    "password": "hunter2",
    "path": "/mqtt",
    "port": 8084,
    "ssl": true,
    "certType": "self",
    "rejectUnauthorized": false,
    "ca": "/home/me/ca.pem",
    "cert": "",
    "key": "",
    "mqttVersion": "5.0",
    "subscriptions": [
      {"id": "1", "topic": "car/#", "qos": 1, "nl": true, "rap": false, "rh": 2, "color": "#aaa", "alias": "cars",
       "disabled": false, "createAt": "2024", "subscriptionIdentifier": null},
      {"topic": "off/#", "qos": 0, "disabled": true}
    ],
    "messages": [{"topic": "car/1"}, {"topic": "car/2"}],
    "unreadMessageCount": 2,
    "id": "6c4f",
    "createAt": "2024-01-01",
    "updateAt": "2024-01-02",
    "ALPNProtocols": "mqtt, x",
    "authenticationMethod": "SCRAM-SHA-256",
    "authenticationData": "x",
    "will": {
      "lastWillTopic": "gone", "lastWillPayload": "7", "lastWillQos": 1, "lastWillRetain": true,
      "properties": {"willDelayInterval": 5, "userProperties": {"a": "b"}}
    },
    "properties": {"sessionExpiryInterval": 3600, "userProperties": "{\"site\": \"7\"}"},
    "pushProps": {"contentType": "text/plain", "subscriptionIdentifier": 3}
  }
]"##;

    #[test]
    fn every_field_of_an_export_is_mapped_or_told() {
        let mut remarks = Vec::new();
        let drafts = read(&Node::documents(EXPORT).unwrap()[0], &mut remarks);
        assert_eq!((drafts.len(), drafts[0].password.as_deref()), (1, Some("hunter2")));
        let expected = r#"[connection]
host = "broker.example"
port = 8084
protocol = "wss"
client_id = "plant{{7}}"
username = "me"
version = "5.0"
clean_start = false
keep_alive = 60
connect_timeout = 10
reconnect_period = 4000

[connect_properties]
session_expiry_interval = 3600
user_properties = { site = "7" }

[auth]
method = "SCRAM-SHA-256"

[tls]
ca = "/home/me/ca.pem"
insecure = true
alpn = ["mqtt", "x"]

[websocket]
path = "/mqtt"

[will]
topic = "gone"
message = "7"
qos = 1
retain = true
delay_interval = 5
user_properties = { a = "b" }

[publish]
content_type = "text/plain"

[subscribe]
filters = [{ filter = "car/#", no_local = true, qos = 1, retain_as_published = false, retain_handling = 2 }]
"#;
        assert_eq!(drafts[0].profile.to_toml(), expected);
        let mut remarks: Vec<_> = remarks.iter().map(ToString::to_string).collect();
        remarks.sort();
        assert_eq!(
            remarks,
            [
                "line 24: Plant 7: subscriptions[0].alias: left out: profiles have no equivalent",
                "line 26: Plant 7: subscriptions[1].topic: `off/#` is left out: it is disabled",
                "line 28: Plant 7: messages: left out: 2 messages from the history",
                "line 29: Plant 7: unreadMessageCount, id, createAt, updateAt: left out: MQTTX's own bookkeeping",
                "line 35: Plant 7: authenticationData: left out: profiles have no equivalent",
                "line 41: Plant 7: pushProps.subscriptionIdentifier: left out: profiles have no equivalent",
            ]
        );
    }

    #[test]
    fn older_exports_and_folders_are_read_too() {
        let text = r#"[{"name": "folder", "isCollection": true, "children": [
            {"name": "a", "clientId": "mqttx_0a1b2c3d", "host": "h", "protocol": "mqtt", "ssl": true,
             "certType": "server", "ca": "old.pem", "reconnect": false}]}]"#;
        let mut remarks = Vec::new();
        let drafts = read(&Node::documents(text).unwrap()[0], &mut remarks);
        let expected = "[connection]\nhost = \"h\"\nprotocol = \"mqtts\"\nreconnect_period = 0\n";
        assert_eq!(drafts[0].profile.to_toml(), expected);
        let remarks: Vec<_> = remarks.iter().map(ToString::to_string).collect();
        assert_eq!(
            remarks,
            [
                "line 2: a: clientId: left out: it is random, and each run here chooses a random one too",
                "line 3: a: ca: left out: this connection does not use it",
            ]
        );
    }
}

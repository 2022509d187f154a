//! The content of each control packet as fields, with the names of the specification.

use serde_json::{Map, Value, json};

use super::excerpt::{HIDDEN, insert_bytes};
use crate::mqtt::{ReasonCode, Version};
use crate::session::codec::{
    Ack, Answer, Connect, FromClient, FromServer, NamedAuth, Properties, Property, Publish, Subscribe, Unsubscribe,
    Value as PropertyValue,
};
use crate::session::{ConnAck, Disconnect};

/// A client's packet.
pub(super) fn of_client(packet: &FromClient, version: Version) -> Map<String, Value> {
    let mut fields = Fields { map: Map::new(), version };
    match packet {
        FromClient::Connect(connect) => fields.connect(connect),
        FromClient::UnsupportedConnect { level } => fields.add("version", *level),
        FromClient::Publish(publish) => fields.publish(publish),
        FromClient::Ack(ack) => fields.ack(ack),
        FromClient::Subscribe(subscribe) => fields.subscribe(subscribe),
        FromClient::Unsubscribe(unsubscribe) => fields.unsubscribe(unsubscribe),
        FromClient::PingReq => {}
        FromClient::Disconnect(disconnect) => fields.disconnect(disconnect),
        FromClient::Auth(auth) => fields.auth(auth),
    }
    fields.map
}

/// A server's packet.
pub(super) fn of_server(packet: &FromServer, version: Version) -> Map<String, Value> {
    let mut fields = Fields { map: Map::new(), version };
    match packet {
        FromServer::ConnAck(ack) => fields.connack(ack),
        FromServer::Publish(publish) => fields.publish(publish),
        FromServer::Ack(ack) => fields.ack(ack),
        FromServer::SubAck(answer) if version.is_v5() => fields.answer(answer, granted_text),
        FromServer::SubAck(answer) => fields.answer(answer, return_code_text),
        FromServer::UnsubAck(answer) => fields.answer(answer, |reason| reason.to_string()),
        FromServer::PingResp => {}
        FromServer::Disconnect(disconnect) => fields.disconnect(disconnect),
        FromServer::Auth(auth) => fields.auth(auth),
    }
    fields.map
}

struct Fields {
    map: Map<String, Value>,
    version: Version,
}

impl Fields {
    fn connect(&mut self, connect: &Connect) {
        let is_v5 = connect.version.is_v5();
        self.add("version", connect.version.to_string());
        self.add(if is_v5 { "clean_start" } else { "clean_session" }, connect.clean_start);
        self.add("keep_alive", connect.keep_alive);
        self.properties(&connect.properties);
        self.add("client_id", &connect.client_id[..]);
        if let Some(will) = &connect.will {
            let mut fields = Fields { map: Map::new(), version: connect.version };
            fields.properties(&will.properties);
            fields.add("topic", will.topic.as_str());
            fields.add("qos", will.qos.number());
            fields.add("retain", will.retain);
            insert_bytes(&mut fields.map, "payload", &will.payload);
            self.add("will", fields.map);
        }
        if let Some(user_name) = &connect.user_name {
            self.add("user_name", &user_name[..]);
        }
        if connect.password.is_some() {
            self.add("password", HIDDEN);
        }
    }

    fn connack(&mut self, ack: &ConnAck) {
        self.add("session_present", ack.session_present);
        let return_code = ack.reason.connect_return_code().filter(|_| !self.version.is_v5());
        self.add("reason_code", return_code.unwrap_or(ack.reason.number()));
        self.add("reason", ack.reason.name());
        self.properties(&ack.properties);
    }

    fn publish(&mut self, publish: &Publish) {
        if publish.packet_id > 0 {
            self.add("packet_id", publish.packet_id);
        }
        self.add("qos", publish.qos.number());
        self.add("dup", publish.dup);
        self.add("retain", publish.retain);
        self.add("topic", publish.topic.as_ref().map_or("", |topic| topic.as_str()));
        if let Some(properties) = &publish.properties {
            self.properties(&**properties);
        }
        self.add("payload_size", publish.payload.len());
        insert_bytes(&mut self.map, "payload", &publish.payload);
    }

    fn ack(&mut self, ack: &Ack) {
        self.add("packet_id", ack.packet_id);
        self.reason(ack.acknowledgement.reason);
        if let Some(details) = &ack.acknowledgement.details {
            self.properties(&**details);
        }
    }

    fn subscribe(&mut self, subscribe: &Subscribe) {
        self.add("packet_id", subscribe.packet_id);
        if let Some(identifier) = subscribe.subscription_identifier {
            self.property(Property::SubscriptionIdentifier, PropertyValue::Number(identifier));
        }
        self.user_properties(&subscribe.user_properties);
        let filters = subscribe.filters.iter().map(|filter| match filter {
            Ok(options) => {
                let mut fields = json!({"filter": options.filter.as_str(), "qos": options.qos.number()});
                if self.version.is_v5() {
                    fields["no_local"] = options.no_local.into();
                    fields["retain_as_published"] = options.retain_as_published.into();
                    fields["retain_handling"] = (options.retain_handling as u8).into();
                }
                fields
            }
            Err(text) => json!({"filter": text[..], "invalid": true}),
        });
        let filters: Vec<Value> = filters.collect();
        self.add("filters", filters);
    }

    fn unsubscribe(&mut self, unsubscribe: &Unsubscribe) {
        self.add("packet_id", unsubscribe.packet_id);
        self.user_properties(&unsubscribe.user_properties);
        let filters = unsubscribe.filters.iter().map(|filter| match filter {
            Ok(filter) => filter.as_str().into(),
            Err(text) => text[..].into(),
        });
        let filters: Vec<Value> = filters.collect();
        self.add("filters", filters);
    }

    fn answer(&mut self, answer: &Answer, text: impl Fn(ReasonCode) -> String) {
        self.add("packet_id", answer.packet_id);
        self.properties(&answer.ack.details);
        if !answer.ack.reasons.is_empty() {
            let reasons: Vec<Value> = answer.ack.reasons.iter().map(|reason| text(*reason).into()).collect();
            self.add("reasons", reasons);
        }
    }

    fn disconnect(&mut self, disconnect: &Disconnect) {
        self.reason(disconnect.reason);
        self.properties(&disconnect.properties);
    }

    fn auth(&mut self, auth: &NamedAuth) {
        self.reason(auth.auth.reason);
        if let Some(method) = &auth.method {
            self.property(Property::AuthenticationMethod, PropertyValue::Text(method));
        }
        if let Some(data) = &auth.auth.data {
            self.property(Property::AuthenticationData, PropertyValue::Binary(data));
        }
        self.properties(&auth.auth.details);
    }

    /// Before 5.0 these packets have no reason.
    fn reason(&mut self, reason: ReasonCode) {
        if self.version.is_v5() {
            self.add("reason_code", reason.number());
            self.add("reason", reason.name());
        }
    }

    fn properties(&mut self, properties: &dyn Properties) {
        properties.for_each(&mut |property, value| self.property(property, value));
    }

    fn user_properties(&mut self, pairs: &[(String, String)]) {
        for (name, value) in pairs {
            self.property(Property::UserProperty, PropertyValue::Pair(name, value));
        }
    }

    fn property(&mut self, property: Property, value: PropertyValue<'_>) {
        let name = property.name().to_lowercase().replace(' ', "_");
        match value {
            PropertyValue::Binary(_) if property == Property::AuthenticationData => self.add(&name, HIDDEN),
            PropertyValue::Binary(bytes) => insert_bytes(&mut self.map, &name, bytes),
            PropertyValue::Text(text) => self.add(&name, text),
            PropertyValue::Pair(name, value) => {
                let pairs = self.map.entry("user_properties").or_insert_with(|| Value::Array(Vec::new()));
                pairs.as_array_mut().into_iter().for_each(|pairs| pairs.push(json!([name, value])));
            }
            // A repeated number, as only Subscription Identifiers are, becomes a list.
            PropertyValue::Number(number) => match self.map.get_mut(&name) {
                None => self.add(&name, number),
                Some(Value::Array(numbers)) => numbers.push(number.into()),
                Some(first) => *first = json!([first.take(), number]),
            },
        }
    }

    fn add(&mut self, name: &str, value: impl Into<Value>) {
        self.map.insert(name.to_owned(), value.into());
    }
}

/// The Return Codes of SUBACK before MQTT 5.0: 0x80 is Failure.
fn return_code_text(reason: ReasonCode) -> String {
    if reason == ReasonCode::UnspecifiedError { "Failure (0x80)".to_owned() } else { granted_text(reason) }
}

/// In SUBACK, the name of 0x00 differs from that in other packets.
fn granted_text(reason: ReasonCode) -> String {
    if reason == ReasonCode::Success { "Granted QoS 0 (0x00)".to_owned() } else { reason.to_string() }
}

//! What each control packet says, as fields.

use serde_json::{Map, Value, json};

use super::excerpt::{HIDDEN, hex, insert_bytes};
use super::property;
use super::reader::Reader;
use crate::mqtt::ReasonCode;

/// Bytes of a packet that cannot be understood that are shown.
const SHOWN_OF_MALFORMED: usize = 64;

const NAMES: [&str; 15] = [
    "CONNECT",
    "CONNACK",
    "PUBLISH",
    "PUBACK",
    "PUBREC",
    "PUBREL",
    "PUBCOMP",
    "SUBSCRIBE",
    "SUBACK",
    "UNSUBSCRIBE",
    "UNSUBACK",
    "PINGREQ",
    "PINGRESP",
    "DISCONNECT",
    "AUTH",
];

/// What stands at the front of some bytes.
pub(super) enum Frame {
    Whole { name: &'static str, header: usize, size: usize },
    Broken,
}

/// The packet at the front; `None` if it is not whole yet.
pub(super) fn frame(bytes: &[u8]) -> Option<Frame> {
    let (first, rest) = bytes.split_first()?;
    let Some(name) = usize::from(first >> 4).checked_sub(1).and_then(|at| NAMES.get(at)) else {
        return Some(Frame::Broken);
    };
    let mut reader = Reader(rest);
    let Some(remaining) = reader.variable() else {
        return (rest.len() >= 4).then_some(Frame::Broken);
    };
    let header = bytes.len() - reader.0.len();
    let size = header + remaining as usize;
    (bytes.len() >= size).then_some(Frame::Whole { name, header, size })
}

/// Whether it is a CONNECT of 5.0, or one of an older version.
pub(super) fn version_of_connect(first_byte: u8, body: &[u8]) -> Option<bool> {
    let mut reader = Reader(body);
    (first_byte >> 4 == 1).then(|| reader.binary().and_then(|_| reader.byte())).flatten().map(|level| level == 5)
}

/// What a packet says; its first bytes if it cannot be understood.
pub(super) fn fields(first_byte: u8, body: &[u8], is_v5: bool) -> Map<String, Value> {
    let mut fields = Fields { map: Map::new(), reader: Reader(body), is_v5 };
    if fields.read(first_byte).is_none() {
        let hex = hex(&body[..body.len().min(SHOWN_OF_MALFORMED)]);
        fields.map.insert("malformed".to_owned(), hex.into());
    }
    fields.map
}

struct Fields<'a> {
    map: Map<String, Value>,
    reader: Reader<'a>,
    is_v5: bool,
}

impl Fields<'_> {
    fn read(&mut self, first_byte: u8) -> Option<()> {
        match first_byte >> 4 {
            1 => self.connect(),
            2 => {
                let flags = self.reader.byte()?;
                self.add("session_present", flags & 1 == 1);
                let code = self.reader.byte()?;
                let reason =
                    if self.is_v5 { ReasonCode::from_number(code) } else { ReasonCode::from_connect_return_code(code) };
                self.reason(code, reason);
                self.properties()
            }
            3 => self.publish(first_byte),
            4..=7 => {
                let packet_id = self.reader.two_byte()?;
                self.add("packet_id", packet_id);
                self.short_reason()
            }
            8 => {
                let packet_id = self.reader.two_byte()?;
                self.add("packet_id", packet_id);
                self.properties()?;
                let mut filters = Vec::new();
                while !self.reader.0.is_empty() {
                    let filter = self.reader.text()?;
                    let options = self.reader.byte()?;
                    let mut subscription = json!({"filter": filter, "qos": options & 0b11});
                    if self.is_v5 {
                        subscription["no_local"] = (options & 0b100 != 0).into();
                        subscription["retain_as_published"] = (options & 0b1000 != 0).into();
                        subscription["retain_handling"] = (options >> 4 & 0b11).into();
                    }
                    filters.push(subscription);
                }
                self.add("filters", filters);
                Some(())
            }
            9 | 11 => {
                let packet_id = self.reader.two_byte()?;
                self.add("packet_id", packet_id);
                self.properties()?;
                let is_suback = first_byte >> 4 == 9;
                let text = |code: &u8| if is_suback { granted_text(*code) } else { reason_text(*code) };
                let reasons: Vec<Value> = self.reader.0.iter().map(|code| text(code).into()).collect();
                if !reasons.is_empty() {
                    self.add("reasons", reasons);
                }
                Some(())
            }
            10 => {
                let packet_id = self.reader.two_byte()?;
                self.add("packet_id", packet_id);
                self.properties()?;
                let mut filters = Vec::new();
                while !self.reader.0.is_empty() {
                    filters.push(self.reader.text()?);
                }
                self.add("filters", filters);
                Some(())
            }
            12 | 13 => self.reader.0.is_empty().then_some(()),
            14 | 15 => self.short_reason(),
            _ => None,
        }
    }

    fn connect(&mut self) -> Option<()> {
        let name = self.reader.text()?;
        let level = self.reader.byte()?;
        let version = match (name.as_str(), level) {
            ("MQIsdp", 3) => "3.1".to_owned(),
            ("MQTT", 4) => "3.1.1".to_owned(),
            ("MQTT", 5) => "5.0".to_owned(),
            _ => format!("{name} {level}"),
        };
        self.add("version", version);
        let flags = self.reader.byte()?;
        self.add(if self.is_v5 { "clean_start" } else { "clean_session" }, flags & 0b10 != 0);
        let keep_alive = self.reader.two_byte()?;
        self.add("keep_alive", keep_alive);
        self.properties()?;
        let client_id = self.reader.text()?;
        self.add("client_id", client_id);
        if flags & 0b100 != 0 {
            let mut will = Map::new();
            if self.is_v5 {
                property::read(&mut self.reader, &mut will)?;
            }
            will.insert("topic".to_owned(), self.reader.text()?.into());
            will.insert("qos".to_owned(), (flags >> 3 & 0b11).into());
            will.insert("retain".to_owned(), (flags & 0b10_0000 != 0).into());
            insert_bytes(&mut will, "payload", self.reader.binary()?);
            self.add("will", will);
        }
        if flags & 0b1000_0000 != 0 {
            let user_name = self.reader.text()?;
            self.add("user_name", user_name);
        }
        if flags & 0b0100_0000 != 0 {
            self.reader.binary()?;
            self.add("password", HIDDEN);
        }
        Some(())
    }

    fn publish(&mut self, first_byte: u8) -> Option<()> {
        let topic = self.reader.text()?;
        let qos = first_byte >> 1 & 0b11;
        if qos > 0 {
            let packet_id = self.reader.two_byte()?;
            self.add("packet_id", packet_id);
        }
        self.add("qos", qos);
        self.add("dup", first_byte & 0b1000 != 0);
        self.add("retain", first_byte & 1 != 0);
        self.add("topic", topic);
        self.properties()?;
        let payload = self.reader.0;
        self.add("payload_size", payload.len());
        insert_bytes(&mut self.map, "payload", payload);
        Some(())
    }

    /// A reason and properties, which may be left out.
    fn short_reason(&mut self) -> Option<()> {
        if !self.is_v5 {
            return Some(());
        }
        let code = if self.reader.0.is_empty() { 0 } else { self.reader.byte()? };
        self.reason(code, ReasonCode::from_number(code));
        if self.reader.0.is_empty() { Some(()) } else { self.properties() }
    }

    fn properties(&mut self) -> Option<()> {
        if self.is_v5 { property::read(&mut self.reader, &mut self.map) } else { Some(()) }
    }

    fn reason(&mut self, code: u8, reason: Option<ReasonCode>) {
        self.add("reason_code", code);
        self.add("reason", reason.map_or("(not defined)", ReasonCode::name));
    }

    fn add(&mut self, name: &str, value: impl Into<Value>) {
        self.map.insert(name.to_owned(), value.into());
    }
}

fn reason_text(code: u8) -> String {
    ReasonCode::from_number(code).map_or_else(|| format!("0x{code:02X}"), |reason| reason.to_string())
}

/// SUBACK's name for 0x00 is not the one that other packets have for it.
fn granted_text(code: u8) -> String {
    if code == 0 { "Granted QoS 0 (0x00)".to_owned() } else { reason_text(code) }
}

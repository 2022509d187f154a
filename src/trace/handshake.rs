//! Which step of a delivery at QoS 1 or 2 a packet represents.

use std::collections::HashMap;
use std::time::Instant;

use serde_json::{Map, Value};

use super::direction::Direction;

/// Deliveries in progress: the sender, the packet id, and when it was first seen.
#[derive(Debug, Default)]
pub(super) struct Handshakes {
    open: HashMap<(Direction, u64), Open>,
}

/// A delivery.
#[derive(Debug, Clone, Copy)]
struct Open {
    qos: u64,
    begin: Instant,
}

impl Handshakes {
    /// What a packet means for its delivery; `None` if it belongs to none.
    pub(super) fn step(
        &mut self,
        direction: Direction,
        name: &str,
        fields: &Map<String, Value>,
        now: Instant,
    ) -> Option<String> {
        let packet_id = fields.get("packet_id")?.as_u64()?;
        let refused = fields.get("reason_code").and_then(Value::as_u64).is_some_and(|code| code >= 0x80);
        // Who sends PUBLISH and PUBREL has the message; the other side answers.
        let owner = match (name, direction) {
            ("PUBLISH" | "PUBREL", owner) => owner,
            (_, Direction::Sent) => Direction::Received,
            (_, Direction::Received) => Direction::Sent,
        };
        let key = (owner, packet_id);
        match name {
            "PUBLISH" => {
                let is_again = self.open.contains_key(&key);
                let qos = fields["qos"].as_u64().unwrap_or_default();
                self.open.entry(key).or_insert(Open { qos, begin: now }).qos = qos;
                let (steps, next) = if qos == 1 { (2, "PUBACK") } else { (4, "PUBREC") };
                let again = if is_again { "again, " } else { "" };
                Some(format!("1/{steps} {again}waits for {next}"))
            }
            "PUBACK" if self.has_qos(key, 2) => {
                self.open.remove(&key);
                Some("breaks the protocol: QoS 2 is answered with PUBREC".to_owned())
            }
            "PUBREC" | "PUBCOMP" if self.has_qos(key, 1) => {
                self.open.remove(&key);
                Some("breaks the protocol: QoS 1 is answered with PUBACK".to_owned())
            }
            "PUBACK" => Some(self.end("2/2", key, refused, now)),
            "PUBREC" if refused => Some(self.end("2/4", key, refused, now)),
            "PUBREC" => Some("2/4 waits for PUBREL".to_owned()),
            "PUBREL" => Some("3/4 waits for PUBCOMP".to_owned()),
            "PUBCOMP" => Some(self.end("4/4", key, refused, now)),
            _ => None,
        }
    }

    fn has_qos(&self, key: (Direction, u64), qos: u64) -> bool {
        self.open.get(&key).is_some_and(|open| open.qos == qos)
    }

    fn end(&mut self, step: &str, key: (Direction, u64), refused: bool, now: Instant) -> String {
        let verb = if refused { "refused" } else { "done" };
        match self.open.remove(&key) {
            Some(Open { begin, .. }) => {
                let milliseconds = now.saturating_duration_since(begin).as_secs_f64() * 1e3;
                format!("{step} {verb} after {milliseconds:.1} ms")
            }
            None => format!("{step} {verb}, PUBLISH not seen"),
        }
    }
}

use std::fmt::Write;

use serde_json::{Map, Value};

use super::{Stream, safe};
use crate::trace::{Direction, TracedPacket};

/// The format of `--trace`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TraceFormat {
    /// `+0.4 ms <- PUBACK 4 bytes packet_id=1 ... [2/2 done after 0.4 ms]`.
    #[default]
    Text,
    /// The same as one JSON object.
    Json,
}

/// One line with its line end; `client` names the client of the packet, if there are several.
pub(super) fn line(client: Option<&str>, packet: &TracedPacket, format: TraceFormat, stream: Stream) -> Vec<u8> {
    let mut out = Vec::new();
    match format {
        TraceFormat::Text => {
            let whose = client.map_or(String::new(), |client| format!("[{client}] "));
            safe::push_word((whose + &text(packet)).as_bytes(), stream, &mut out);
        }
        TraceFormat::Json => out = json(client, packet),
    }
    out.push(b'\n');
    out
}

fn text(packet: &TracedPacket) -> String {
    let arrow = match packet.direction {
        Direction::Sent => "->",
        Direction::Received => "<-",
    };
    let milliseconds = packet.since_previous.as_secs_f64() * 1e3;
    let mut line = format!("+{milliseconds:.1} ms {arrow} {} {} bytes", packet.name, packet.size);
    for (name, value) in &packet.fields {
        // Switches that are off are left out; writing to a String does not fail.
        if *value != Value::Bool(false) {
            _ = write!(line, " {name}={value}");
        }
    }
    if let Some(handshake) = &packet.handshake {
        _ = write!(line, " [{handshake}]");
    }
    line
}

fn json(client: Option<&str>, packet: &TracedPacket) -> Vec<u8> {
    let mut object = Map::new();
    object.extend(client.map(|client| ("client".to_owned(), client.into())));
    let direction = match packet.direction {
        Direction::Sent => "sent",
        Direction::Received => "received",
    };
    let microseconds = (packet.since_previous.as_secs_f64() * 1e6).round();
    object.insert("direction".to_owned(), direction.into());
    object.insert("since_previous_ms".to_owned(), (microseconds / 1e3).into());
    object.insert("packet".to_owned(), packet.name.into());
    object.insert("size".to_owned(), packet.size.into());
    object.extend(packet.fields.clone());
    object.insert("handshake".to_owned(), packet.handshake.clone().into());
    super::json::ascii_where_unsafe(&Value::Object(object).to_string()).into_bytes()
}

use std::net::SocketAddr;
use std::time::Duration;

use serde::Serialize;

use super::json::ascii_where_unsafe;
use super::{Columns, Stdout, WriteError};
use crate::mqtt::{ConnAckProperties, QoS, Version};
use crate::payload::plural;

/// A connection as reported by `conn`: the endpoint, how long it took, what the broker announced.
#[derive(Debug, Clone)]
pub(crate) struct ConnectionReport {
    /// The endpoint, as a URL.
    pub broker: String,
    /// The address that answered; `None` for a Unix socket.
    pub peer: Option<SocketAddr>,
    /// The version of the protocol.
    pub version: Version,
    /// The identifier in use.
    pub client_id: String,
    /// Whether the broker resumed a session.
    pub session_present: bool,
    /// As requested by CONNECT, in seconds.
    pub keep_alive: u16,
    /// As requested by CONNECT, in seconds.
    pub session_expiry_interval: u32,
    /// The properties of CONNACK.
    pub announced: ConnAckProperties,
    /// The certificates that the broker presented, its own first; none without TLS.
    pub certificates: Vec<ReportedCertificate>,
    /// The steps of the connection and their time, in their order.
    pub steps: Vec<(&'static str, Duration)>,
}

/// A certificate of the broker's chain.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct ReportedCertificate {
    /// Its subject.
    pub subject: String,
    /// Its issuer.
    pub issuer: String,
    /// RFC 3339.
    pub not_before: Option<String>,
    /// RFC 3339.
    pub not_after: Option<String>,
    /// Its public key, as `--pin-sha256` takes it.
    pub pin_sha256: String,
}

/// The effective values on the connection: as announced, or else the defaults of the specification.
#[derive(Debug, Serialize)]
#[expect(clippy::struct_excessive_bools, reason = "the specification has them")]
struct Limits {
    keep_alive: u16,
    session_expiry_interval: u32,
    receive_maximum: u16,
    maximum_qos: u8,
    /// `None`: no limit.
    maximum_packet_size: Option<u32>,
    topic_alias_maximum: u16,
    retain_available: bool,
    wildcard_subscription_available: bool,
    subscription_identifiers_available: bool,
    shared_subscription_available: bool,
}

/// The object of [`ConnectionReport::json`]. Fields are added, never renamed nor removed.
#[derive(Debug, Serialize)]
struct Object<'a> {
    broker: &'a str,
    peer: Option<String>,
    mqtt_version: String,
    session_present: bool,
    client_id: &'a str,
    client_id_assigned: bool,
    /// For each step, by its name in lower case.
    milliseconds: serde_json::Map<String, serde_json::Value>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    certificates: &'a [ReportedCertificate],
    /// Left out before 5.0, whose brokers announce nothing.
    #[serde(flatten)]
    limits: Option<Limits>,
    response_information: Option<&'a str>,
    reason_string: Option<&'a str>,
    server_reference: Option<&'a str>,
    user_properties: &'a [(String, String)],
}

impl ConnectionReport {
    /// One line for each item of interest.
    pub(crate) fn text(&self, out: &mut Stdout) -> Result<(), WriteError> {
        let mut rows = Columns::default();
        let mut row = |name: &str, value: String| rows.row([name.to_owned(), value]);
        row("broker", self.broker.clone());
        if let Some(peer) = self.peer {
            row("address", peer.to_string());
        }
        row("version", format!("MQTT {}", self.version));
        row("session", if self.session_present { "resumed" } else { "new" }.to_owned());
        let assigned = if self.is_id_assigned() { ", assigned by the broker" } else { "" };
        row("client id", format!("{}{assigned}", self.client_id));
        let steps = self.steps.iter().map(|(step, time)| format!("{step} {}", milliseconds_text(*time)));
        let total = self.steps.iter().map(|(_, time)| *time).sum();
        row("time", format!("{}, in all {}", steps.collect::<Vec<_>>().join(", "), milliseconds_text(total)));
        for (index, certificate) in self.certificates.iter().enumerate() {
            let ReportedCertificate { subject, issuer, not_after, pin_sha256, .. } = certificate;
            let until = not_after.as_ref().map(|date| format!(", until {date}")).unwrap_or_default();
            row(&format!("certificate {}", index + 1), format!("{subject}, issued by {issuer}{until}"));
            row("pin", pin_sha256.clone());
        }
        if let Some(limits) = self.limits() {
            limits.rows(&mut row);
        }
        let announced = &self.announced;
        for (name, text) in [
            ("response information", &announced.response_information),
            ("reason string", &announced.reason_string),
            ("server reference", &announced.server_reference),
        ] {
            if let Some(text) = text {
                row(name, text.clone());
            }
        }
        for (name, value) in &announced.user_properties {
            row("user property", format!("{name}: {value}"));
        }
        for line in rows.lines(out.stream()) {
            out.line(&line)?;
        }
        out.flush()
    }

    /// One JSON object on a line.
    pub(crate) fn json(&self, out: &mut Stdout) -> Result<(), WriteError> {
        let announced = &self.announced;
        let object = Object {
            broker: &self.broker,
            peer: self.peer.map(|peer| peer.to_string()),
            mqtt_version: self.version.to_string(),
            session_present: self.session_present,
            client_id: &self.client_id,
            client_id_assigned: self.is_id_assigned(),
            milliseconds: self
                .steps
                .iter()
                .map(|(step, time)| (step.to_lowercase(), serde_json::Value::from(milliseconds(*time))))
                .collect(),
            certificates: &self.certificates,
            limits: self.limits(),
            response_information: announced.response_information.as_deref(),
            reason_string: announced.reason_string.as_deref(),
            server_reference: announced.server_reference.as_deref(),
            user_properties: &announced.user_properties,
        };
        // It holds only text and numbers, so this cannot fail.
        let object = serde_json::to_string(&object).unwrap_or_default();
        out.text(&(ascii_where_unsafe(&object) + "\n"))
    }

    fn is_id_assigned(&self) -> bool {
        self.announced.assigned_client_identifier.as_deref() == Some(&self.client_id)
    }

    fn limits(&self) -> Option<Limits> {
        let announced = &self.announced;
        self.version.is_v5().then(|| Limits {
            keep_alive: announced.server_keep_alive.unwrap_or(self.keep_alive),
            session_expiry_interval: announced.session_expiry_interval.unwrap_or(self.session_expiry_interval),
            receive_maximum: announced.receive_maximum.unwrap_or(u16::MAX),
            maximum_qos: announced.maximum_qos.unwrap_or(QoS::ExactlyOnce).number(),
            maximum_packet_size: announced.maximum_packet_size,
            topic_alias_maximum: announced.topic_alias_maximum.unwrap_or(0),
            retain_available: announced.retain_available.unwrap_or(true),
            wildcard_subscription_available: announced.wildcard_subscription_available.unwrap_or(true),
            subscription_identifiers_available: announced.subscription_identifiers_available.unwrap_or(true),
            shared_subscription_available: announced.shared_subscription_available.unwrap_or(true),
        })
    }
}

impl Limits {
    fn rows(&self, row: &mut impl FnMut(&str, String)) {
        row("keep alive", if self.keep_alive == 0 { "off".to_owned() } else { format!("{} s", self.keep_alive) });
        row(
            "session expiry",
            match self.session_expiry_interval {
                0 => "with the connection".to_owned(),
                u32::MAX => "never".to_owned(),
                seconds => format!("{seconds} s"),
            },
        );
        row("receive maximum", self.receive_maximum.to_string());
        row("maximum QoS", self.maximum_qos.to_string());
        row(
            "maximum packet size",
            self.maximum_packet_size.map_or("no limit".to_owned(), |bytes| plural(bytes.into(), "byte")),
        );
        row("topic alias maximum", self.topic_alias_maximum.to_string());
        for (name, is_available) in [
            ("retained messages", self.retain_available),
            ("wildcards", self.wildcard_subscription_available),
            ("subscription ids", self.subscription_identifiers_available),
            ("shared subscriptions", self.shared_subscription_available),
        ] {
            row(name, if is_available { "yes" } else { "no" }.to_owned());
        }
    }
}

/// Rounded to a microsecond.
fn milliseconds(time: Duration) -> f64 {
    (time.as_secs_f64() * 1e6).round() / 1e3
}

fn milliseconds_text(time: Duration) -> String {
    format!("{:.1} ms", time.as_secs_f64() * 1e3)
}

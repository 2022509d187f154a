//! Histograms of bounded memory, and what is measured with them.

use std::fmt;

use data_encoding::BASE64;
use hdrhistogram::Histogram;
use hdrhistogram::serialization::{Deserializer, Serializer, V2DeflateSerializer};
use serde::{Deserialize, Serialize};

/// What has a histogram.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Measure {
    /// Connecting the socket.
    Connect,
    /// The TLS handshake.
    Tls,
    /// The WebSocket upgrade.
    #[serde(rename = "websocket")]
    WebSocket,
    /// From CONNECT to CONNACK.
    Connack,
    /// From SUBSCRIBE to SUBACK.
    Suback,
    /// From UNSUBSCRIBE to UNSUBACK.
    Unsuback,
    /// From the planned time of a connect, or from the cut of its connection, until the client is connected (again).
    Online,
    /// From the planned time to PUBACK or PUBCOMP.
    Ack,
    /// From the time of sending to PUBACK or PUBCOMP.
    AckUncorrected,
    /// From the planned time of a request to its response; from that of sending in an unpaced run.
    Response,
    /// From the planned time to the delivery at a subscriber.
    E2e,
    /// From the time of sending to the delivery at a subscriber.
    E2eUncorrected,
    /// From CONNECT of the subscriber to the delivery of what had waited for it: retained messages, a kept session's.
    Backlog,
    /// From the planned time to that of sending: how late the generator itself is.
    SendDelay,
    /// From the time for which a worker's thread had set its alarm to the one at which it ran: not given a core.
    CoreDelay,
}

impl Measure {
    /// All, in the order of a message's path.
    pub const ALL: [Self; 15] = [
        Self::Connect,
        Self::Tls,
        Self::WebSocket,
        Self::Connack,
        Self::Suback,
        Self::Unsuback,
        Self::Online,
        Self::CoreDelay,
        Self::SendDelay,
        Self::Ack,
        Self::AckUncorrected,
        Self::Response,
        Self::E2e,
        Self::E2eUncorrected,
        Self::Backlog,
    ];

    /// As thresholds and reports name it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Connect => "connect",
            Self::Tls => "tls",
            Self::WebSocket => "websocket",
            Self::Connack => "connack",
            Self::Suback => "suback",
            Self::Unsuback => "unsuback",
            Self::Response => "response",
            Self::Online => "online",
            Self::Backlog => "backlog",
            Self::Ack => "ack",
            Self::AckUncorrected => "ack_uncorrected",
            Self::E2e => "e2e",
            Self::E2eUncorrected => "e2e_uncorrected",
            Self::SendDelay => "send_delay",
            Self::CoreDelay => "core_delay",
        }
    }

    /// From when to when it is measured, for help and the reference.
    pub(crate) const fn meaning(self) -> &'static str {
        match self {
            Self::Connect => "opening the socket",
            Self::Tls => "TLS handshake",
            Self::WebSocket => "WebSocket upgrade",
            Self::Connack => "CONNECT to CONNACK",
            Self::Suback => "SUBSCRIBE to SUBACK",
            Self::Unsuback => "UNSUBSCRIBE to UNSUBACK",
            Self::Response => "planned time of a request, or of its sending in an unpaced run, to its response",
            Self::Online => "planned time of a connect, or loss of the connection, to connected",
            Self::Backlog => "CONNECT of a subscriber to the delivery of what was stored for it",
            Self::Ack => "planned time of a message to PUBACK or PUBCOMP",
            Self::AckUncorrected => "time of sending to PUBACK or PUBCOMP",
            Self::E2e => "planned time of a message to its delivery at a subscriber",
            Self::E2eUncorrected => "time of sending to the delivery at a subscriber",
            Self::SendDelay => "planned time to time of sending: how late mqttx-rs itself is",
            Self::CoreDelay => "how long a worker waited for a processor core",
        }
    }
}

/// A histogram of durations from 0.1 us to an hour, to three significant digits. Longer ones count as an hour.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[cfg_attr(test, schemars(with = "LatencyJson"))]
#[serde(into = "LatencyJson", try_from = "LatencyJson")]
pub struct Latency(Histogram<u64>);

const LOWEST: u64 = 100;
const HIGHEST: u64 = 3_600_000_000_000;

impl Latency {
    /// To three significant digits: 16 KB, which grow with the magnitude of the longest duration, to 120 KB for a second and
    /// 220 KB for an hour.
    pub fn new() -> Self {
        Self::with_digits(3)
    }

    /// To two significant digits and a tenth of the memory, for one second of a series.
    pub fn coarse() -> Self {
        Self::with_digits(2)
    }

    #[expect(clippy::expect_used, reason = "the bounds are constants, which the tests construct")]
    fn with_digits(digits: u8) -> Self {
        let mut histogram = Histogram::new_with_bounds(LOWEST, 2 * LOWEST, digits).expect("1 <= LOWEST");
        histogram.auto(true);
        Self(histogram)
    }

    /// Takes one duration in nanoseconds.
    pub fn record(&mut self, nanos: u64) {
        // Fails only where an hour has no place in `usize`.
        let _ = self.0.record(nanos.min(HIGHEST));
    }

    /// Adds all of another one, exactly.
    pub fn add(&mut self, other: &Self) {
        // Fails only where an hour has no place in `usize`.
        let _ = self.0.add(&other.0);
    }

    /// What has been added since an earlier state.
    #[must_use]
    pub fn since(&self, earlier: &Self) -> Self {
        let mut rest = self.clone();
        // Fails only where the other holds more.
        let _ = rest.0.subtract(&earlier.0);
        rest
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        self.0.clear();
    }

    /// How many.
    pub fn count(&self) -> u64 {
        self.0.len()
    }

    /// The value that this percentage does not exceed, in nanoseconds.
    pub fn percentile(&self, percent: f64) -> u64 {
        self.0.value_at_percentile(percent).min(self.0.max())
    }

    /// The lowest value that the histogram cannot distinguish from this one.
    pub fn lowest_like(&self, nanos: u64) -> u64 {
        self.0.lowest_equivalent(nanos)
    }

    /// The smallest, nanoseconds.
    pub fn min(&self) -> u64 {
        self.0.min()
    }

    /// The largest, nanoseconds.
    pub fn max(&self) -> u64 {
        self.0.max()
    }

    /// The arithmetic mean, nanoseconds.
    pub fn mean(&self) -> f64 {
        self.0.mean()
    }

    /// The standard deviation, nanoseconds.
    pub fn deviation(&self) -> f64 {
        self.0.stdev()
    }

    /// How many are not above `limit`, nanoseconds. Values that the histogram cannot distinguish from the limit are not.
    pub fn count_up_to(&self, limit: u64) -> u64 {
        self.0.count_between(0, limit)
    }

    /// `HdrHistogram`'s own compressed form (V2, deflate) as Base64: what its tools read.
    pub fn encode(&self) -> String {
        let mut bytes = Vec::new();
        // Writing into memory does not fail.
        let _ = V2DeflateSerializer::new().serialize(&self.0, &mut bytes);
        BASE64.encode(&bytes)
    }

    /// Reads what [`Self::encode`] wrote.
    pub fn decode(text: &str) -> Option<Self> {
        let bytes = BASE64.decode(text.as_bytes()).ok()?;
        let read: Histogram<u64> = Deserializer::new().deserialize(&mut bytes.as_slice()).ok()?;
        // Into one of our own, which has all of its kind's bounds.
        let mut latency = Self::with_digits(read.sigfig().clamp(1, 3));
        if read.max() > read.highest_equivalent(HIGHEST) {
            return None;
        }
        latency.0.add(read).ok()?;
        Some(latency)
    }
}

impl fmt::Debug for Latency {
    /// Without its thousands of counters.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let figures = (self.count(), self.min(), self.percentile(50.0), self.max());
        f.debug_tuple("Latency").field(&figures).finish()
    }
}

impl Default for Latency {
    fn default() -> Self {
        Self::new()
    }
}

/// One histogram per measure, each created at its first value.
#[derive(Debug, Clone, Default)]
pub(crate) struct Latencies([Option<Box<Latency>>; Measure::ALL.len()]);

impl Latencies {
    /// Takes one duration in nanoseconds.
    pub(crate) fn record(&mut self, measure: Measure, nanos: u64) {
        self.0[measure as usize].get_or_insert_with(Box::default).record(nanos);
    }

    /// The histogram of a measure, if it has any value.
    pub(crate) fn get(&self, measure: Measure) -> Option<&Latency> {
        self.0[measure as usize].as_deref()
    }

    /// Adds all of another one.
    pub(crate) fn add(&mut self, other: &Self) {
        for (own, other) in self.0.iter_mut().zip(&other.0) {
            if let Some(other) = other {
                own.get_or_insert_with(Box::default).add(other);
            }
        }
    }
}

/// A histogram as JSON: the usual figures for people, and the complete histogram for programs.
#[derive(Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
struct LatencyJson {
    /// How many were measured.
    count: u64,
    /// Nanoseconds, as all of these.
    min: u64,
    mean: f64,
    /// Standard deviation.
    deviation: f64,
    p50: u64,
    p90: u64,
    p99: u64,
    p99_9: u64,
    p99_99: u64,
    max: u64,
    /// The whole histogram: `HdrHistogram` V2, deflate, Base64.
    histogram: String,
}

impl From<Latency> for LatencyJson {
    fn from(latency: Latency) -> Self {
        Self {
            count: latency.count(),
            min: latency.min(),
            mean: latency.mean(),
            deviation: latency.deviation(),
            p50: latency.percentile(50.0),
            p90: latency.percentile(90.0),
            p99: latency.percentile(99.0),
            p99_9: latency.percentile(99.9),
            p99_99: latency.percentile(99.99),
            max: latency.max(),
            histogram: latency.encode(),
        }
    }
}

impl TryFrom<LatencyJson> for Latency {
    type Error = &'static str;

    fn try_from(json: LatencyJson) -> Result<Self, Self::Error> {
        Self::decode(&json.histogram).ok_or("`histogram` is not an HdrHistogram")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_come_back_to_three_digits() {
        let mut latency = Latency::new();
        for nanos in [150, 33_000, 5_000_000, 2_000_000_000] {
            latency.record(nanos);
            let got = latency.max();
            assert!(got.abs_diff(nanos) * 500 <= nanos.max(50_000), "{nanos} became {got}");
        }
        latency.record(u64::MAX);
        assert!(latency.max() >= HIGHEST, "beyond the bound is counted, not lost");
        assert_eq!(latency.count(), 5);
    }

    #[test]
    fn adding_and_encoding_lose_nothing() {
        let mut random = fastrand::Rng::with_seed(3);
        let (mut first, mut second, mut both) = (Latency::new(), Latency::new(), Latency::new());
        for index in 0..10_000 {
            let nanos = random.u64(100..1_000_000_000);
            both.record(nanos);
            if index % 3 == 0 { first.record(nanos) } else { second.record(nanos) }
        }
        let mut merged = Latency::decode(&first.encode()).unwrap();
        merged.add(&Latency::decode(&second.encode()).unwrap());
        assert_eq!(merged, both);
    }

    #[test]
    fn memory_grows_with_the_longest_duration_and_no_further_than_an_hour() {
        let mut latency = Latency::new();
        let mut at = |nanos| {
            latency.record(nanos);
            latency.0.distinct_values() * size_of::<u64>()
        };
        assert_eq!(at(100_000), 16 << 10);
        let second = at(1_000_000_000);
        assert!((100_000..130_000).contains(&second), "{second}");
        assert_eq!(at(999_000_000), second);
        let hour = at(HIGHEST);
        assert!(hour < 230_000, "{hour}");
        assert_eq!(at(u64::MAX), hour);
    }

    #[test]
    fn what_is_added_to_and_taken_from_a_shorter_one_is_exact() {
        let (mut short, mut long) = (Latency::new(), Latency::new());
        short.record(1000);
        for nanos in [200, 77_777, 123_456_789, HIGHEST] {
            long.record(nanos);
        }
        let mut both = long.clone();
        both.add(&short);
        assert_eq!((&short, 4), (&both.since(&long), both.since(&short).count()));
        short.add(&long);
        assert_eq!(short, both);
        assert_eq!((short.min(), short.max()), (long.min(), long.max()));
    }

    #[test]
    fn a_histogram_beyond_an_hour_is_refused() {
        let mut other: Histogram<u64> = Histogram::new(3).unwrap();
        other.record(2 * HIGHEST).unwrap();
        assert_eq!(Latency::decode(&Latency(other).encode()), None);
    }

    #[test]
    fn what_is_no_histogram_is_refused() {
        for text in ["", "!", "AAAA"] {
            assert_eq!(Latency::decode(text), None, "{text}");
        }
    }

    #[test]
    fn every_measure_has_its_place() {
        for measure in Measure::ALL {
            let mut latencies = Latencies::default();
            latencies.record(measure, 1000);
            assert_eq!(latencies.get(measure).map(Latency::count), Some(1));
            let json = serde_json::to_string(&measure).unwrap();
            assert_eq!(json, format!("\"{}\"", measure.name()));
        }
    }
}

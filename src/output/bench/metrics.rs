//! The metrics of a run for Prometheus.

use std::borrow::Cow;
use std::sync::atomic::AtomicU64;

use prometheus_client::encoding::text::encode;
use prometheus_client::encoding::{EncodeMetric, MetricEncoder, NoLabelSet};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

use crate::bench::{BUCKETS, Buckets, Counts, Snapshot};

type Seconds = Gauge<f64, AtomicU64>;

/// The page that is scraped, in the text format of `OpenMetrics`.
pub(crate) fn bench_metrics(snapshot: &Snapshot) -> String {
    let mut registry = Registry::with_prefix("mqttx_bench");
    for (name, meaning) in Counts::NAMES.iter().zip(Counts::MEANINGS) {
        let family = Family::<[(&'static str, String); 1], Counter>::default();
        for group in snapshot.groups.iter() {
            let counter = family.get_or_create(&[("group", group.name.clone())]);
            counter.inc_by(group.counts.get(name).unwrap_or_default());
        }
        registry.register(*name, meaning.trim().trim_end_matches('.'), family);
    }
    for (name, help, value) in [
        ("clients", "Clients of this process", snapshot.clients),
        ("clients_connected", "Connected clients", snapshot.ready),
        ("in_flight", "Messages scheduled and not finished", snapshot.outstanding),
        ("phase", "Phase of the run, from 0", snapshot.phase as u64),
    ] {
        let gauge = Gauge::<i64>::default();
        gauge.set(i64::try_from(value).unwrap_or(i64::MAX));
        registry.register(name, help, gauge);
    }
    let elapsed = Seconds::default();
    elapsed.set(snapshot.elapsed.as_secs_f64());
    registry.register("elapsed_seconds", "Time since the first connect", elapsed);
    if snapshot.buckets.count > 0 {
        let label = (Cow::Borrowed("measure"), Cow::Borrowed(snapshot.measure.name()));
        let help = "Latencies of the run so far, from the planned time unless called uncorrected";
        registry.sub_registry_with_label(label).register("latency_seconds", help, Latencies(snapshot.buckets));
    }
    let mut page = String::new();
    // Writing into a string does not fail.
    let _ = encode(&mut page, &registry);
    page
}

/// A histogram that was counted elsewhere.
#[derive(Debug)]
struct Latencies(Buckets);

impl EncodeMetric for Latencies {
    #[expect(clippy::cast_precision_loss, reason = "seconds for display")]
    fn encode(&self, mut encoder: MetricEncoder<'_>) -> std::fmt::Result {
        let Buckets { up_to, count, sum } = self.0;
        // Each bucket counts what is not in the one before; the encoder adds them up.
        let mut before = 0;
        let mut buckets: Vec<(f64, u64)> = Vec::with_capacity(BUCKETS.len() + 1);
        for (limit, all) in BUCKETS.into_iter().zip(up_to) {
            buckets.push((limit as f64 / 1e9, all.saturating_sub(before)));
            before = before.max(all);
        }
        buckets.push((f64::INFINITY, count.saturating_sub(before)));
        encoder.encode_histogram::<NoLabelSet>(sum, count, &buckets, None)
    }

    fn metric_type(&self) -> MetricType {
        MetricType::Histogram
    }
}

//! A run's figures for Prometheus.

use std::sync::atomic::AtomicU64;

use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

use crate::bench::{Counts, Snapshot};

type Labels = Vec<(&'static str, String)>;
type Seconds = Gauge<f64, AtomicU64>;

/// The page that is scraped, in the text format of `OpenMetrics`.
#[expect(clippy::cast_precision_loss, reason = "seconds for display")]
pub(crate) fn bench_metrics(snapshot: &Snapshot) -> String {
    let mut registry = Registry::with_prefix("mqttx_bench");
    for name in Counts::NAMES {
        let counter = Counter::<u64>::default();
        counter.inc_by(snapshot.counts.get(name).unwrap_or_default());
        registry.register(*name, "Count of the report, up to the last whole second", counter);
    }
    for (name, help, value) in [
        ("clients", "Clients of this process", snapshot.clients),
        ("clients_standing", "Clients that stand", snapshot.standing),
        ("in_flight", "Messages scheduled and not done with", snapshot.outstanding),
        ("phase", "Phase of the run, from 0", snapshot.phase as u64),
    ] {
        let gauge = Gauge::<i64>::default();
        gauge.set(i64::try_from(value).unwrap_or(i64::MAX));
        registry.register(name, help, gauge);
    }
    let elapsed = Seconds::default();
    elapsed.set(snapshot.elapsed.as_secs_f64());
    registry.register("elapsed_seconds", "Since the first connect", elapsed);
    if let Some(quantiles) = snapshot.quantiles {
        let latency = Family::<Labels, Seconds>::default();
        for (quantile, nanos) in [
            ("0.5", quantiles.p50),
            ("0.9", quantiles.p90),
            ("0.99", quantiles.p99),
            ("0.999", quantiles.p99_9),
            ("1", quantiles.max),
        ] {
            let labels = vec![("measure", snapshot.measure.name().to_owned()), ("quantile", quantile.to_owned())];
            latency.get_or_create(&labels).set(nanos as f64 / 1e9);
        }
        registry.register("latency_seconds", "Latencies of the run up to now", latency);
    }
    let mut page = String::new();
    // Writing into a string does not fail.
    let _ = encode(&mut page, &registry);
    page
}

//! The metrics of a broker for Prometheus.

use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

/// A metric: its name, its help, its value, and whether it is a counter.
pub(super) type Figure = (&'static str, &'static str, u64, bool);

/// The page that is scraped, in the text format of `OpenMetrics`.
pub(crate) fn broker_metrics(figures: &[Figure]) -> String {
    let mut registry = Registry::with_prefix("mqttx_broker");
    for (name, help, value, only_grows) in figures {
        if *only_grows {
            let counter = Counter::<u64>::default();
            counter.inc_by(*value);
            registry.register(*name, *help, counter);
        } else {
            let gauge = Gauge::<i64>::default();
            gauge.set(i64::try_from(*value).unwrap_or(i64::MAX));
            registry.register(*name, *help, gauge);
        }
    }
    let mut page = String::new();
    // Writing into a string does not fail.
    let _ = encode(&mut page, &registry);
    page
}

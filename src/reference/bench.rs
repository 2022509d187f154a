//! Scenarios and metrics of load tests. Thresholds have a page of their own making, `bench::threshold_page`.

use super::page::{Page, code, table};
use crate::bench::Counts;
use crate::broker::metrics as of_broker;
use crate::settings::scenario_places;

pub(super) fn scenario_keys() -> Page {
    let mut text = "A scenario is a TOML file for `bench run`: groups of clients, and phases that it runs through. `bench presets NAME` \
                    prints one to\ncopy and edit. Keys with an option mean what it means, as `mqttx-rs help bench run` and so \
                    on describe it.\n"
        .to_owned();
    for (place, keys) in scenario_places() {
        let rows = keys.into_iter().map(|key| {
            let option = option_of(key.option);
            // What is not an option of a command has an example.
            let (option, example) =
                if key.example.is_empty() { (code(option), String::new()) } else { (String::new(), code(key.example)) };
            vec![code(key.name()), key.kind.meaning().to_owned(), example, option]
        });
        let head = ["key", "value", "example", "option"];
        text.extend([format!("\n## {place}\n\n{}", table(&head, rows.collect()))]);
    }
    text.push_str(
        "\n## Example\n\n```console\n$ mqttx-rs bench presets > presets.txt; echo \"exit code $?\"\nexit code 0\n```\n",
    );
    Page { file: "scenario-keys.md", title: "Keys of scenarios", about: "All keys of a file for `bench run`", text }
}

/// The long form of an option of `bench`, by its name in the table.
fn option_of(name: &str) -> String {
    let bench = crate::cli::command().find_subcommand("bench").cloned().unwrap_or_default();
    let mut options = bench.get_subcommands().flat_map(clap::Command::get_arguments);
    let long = options.find(|option| option.get_id() == name).and_then(clap::Arg::get_long).map(ToOwned::to_owned);
    format!("--{}", long.unwrap_or_else(|| name.replace('_', "-")))
}

fn counts(prefix: &str) -> Vec<Vec<String>> {
    let meanings = Counts::NAMES.iter().zip(Counts::MEANINGS);
    meanings.map(|(name, meaning)| vec![code(format!("{prefix}{name}")), meaning.trim().to_owned()]).collect()
}

pub(super) fn metrics() -> Page {
    let source = include_str!("../output/bench/metrics.rs");
    let gauges = [
        ("clients", "clients of this process"),
        ("clients_connected", "connected clients"),
        ("in_flight", "messages scheduled and not finished"),
        ("phase", "phase of the run, from 0"),
        ("elapsed_seconds", "time since the first connect"),
        ("latency_seconds", "histogram of latencies of the run so far; the label `measure` says which"),
    ];
    let gauges = gauges.map(|(name, meaning)| {
        assert!(source.contains(&format!("\"{name}\", ")), "the program has no metric {name}");
        vec![code(format!("mqttx_bench_{name}")), meaning.to_owned()]
    });
    let broker = of_broker().into_iter().map(|(name, help, _, only_grows)| {
        let end = if only_grows { "_total" } else { "" };
        vec![code(format!("mqttx_broker_{name}{end}")), help.to_owned()]
    });
    let with_total = counts("mqttx_bench_").into_iter().map(|mut row| {
        row[0] = format!("{}_total`", row[0].trim_end_matches('`'));
        row
    });
    let text = format!(
        "`bench --prometheus ADDRESS:PORT` and `broker --prometheus ADDRESS:PORT` serve these in the text format of \
         OpenMetrics. The\nnames are an interface: they change only with a major version.\n\n\
         ## Of `bench`: counters\n\n{}\n## Of `bench`: gauges and histograms\n\n{}\n## Of `broker`\n\n{}",
        table(&["metric", "meaning"], with_total.collect()),
        table(&["metric", "meaning"], gauges.to_vec()),
        table(&["metric", "meaning"], broker.collect()),
    );
    Page { file: "metrics.md", title: "Metrics", about: "The names of the metrics for Prometheus", text }
}

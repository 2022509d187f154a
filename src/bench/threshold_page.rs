//! `docs/thresholds.md`: everything that `--fail`, `--find-max` and `compare --fail` can ask, from the tables that they are
//! read by.

use std::fmt::Write as _;

use super::{Counts, Measure, Threshold};

/// Compares a generated page with the one that is checked in, or writes it.
pub(super) fn compare(path: &str, page: &str) {
    let file = format!("{}/{path}", env!("CARGO_MANIFEST_DIR"));
    if std::env::var_os("MQTTX_RS_BLESS").is_some() {
        std::fs::write(&file, page).unwrap();
    }
    let checked_in = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(page == checked_in, "{path} is out of date: run this test with MQTTX_RS_BLESS=1");
}

const HEAD: &str = "# Thresholds

Generated from the tables that the program reads them by; do not edit it by hand.

`--fail CONDITION` makes a run of `bench` a failure (exit code 99) when the condition holds, `bench merge --fail` the whole of
several parts, and `--find-max CONDITIONS` (with commas between them) searches the highest rate at which all hold. What was
not measured fails. `--abort-on-fail` ends a run as soon as a condition holds that can only get worse.

A run with refused messages ends with exit code 5 and one with lost connections with 7, as a message of `pub` would. A
condition with `>` or `>=` about such a count decides instead: with `--fail 'refused>25%'` the exit code is 0 up to a quarter
and 99 above it. This holds for `refused` (5), `unacknowledged` (8, or 7 where a connection was lost), `connections_failed` (3),
`connections_refused` (4), `connections_lost` (7) and `subscriptions_refused` (6). Lost and repeated deliveries are warnings
unless a condition makes them a failure: `loss>0`, `duplicates>0`.

    condition = [group ':'] metric operator value
    operator  = > | >= | < | <= | = | !=
    value     = a number, with a unit where one fits: ns us ms s for times, % for parts

With the name of a group of a scenario in front, a condition is of its clients alone, and with `GROUP/FLOW` of one of its
flows: `meters/alarms: ack.p99>100ms`. Such a condition takes counts, and the latency that the report shows of the group.

`bench compare BASELINE CANDIDATE --fail CHANGE` takes the same metrics: `ack.p99>+10%` (by more than a tenth of the
baseline), `throughput<-5%`, `lost>+0`, `e2e.max>+5ms`.

## Latencies

`MEASURE.STATISTIC`, for example `e2e.p99>50ms`; the statistic is `min`, `mean` (or `avg`), `max` or `p` with a percentage
(`p50`, `p99.9`). Without a measure it is the end-to-end latency if the run receives messages, otherwise the time to the
acknowledgement.

| measure | is |
|---|---|
";

fn page() -> String {
    let mut page = HEAD.to_owned();
    for measure in Measure::ALL {
        writeln!(page, "| `{}` | {} |", measure.name(), measure.meaning()).unwrap();
    }
    page.push_str("\n## Rates\n\n| metric | is | example |\n|---|---|---|\n");
    for (metric, meaning, example) in Threshold::RATES {
        assert!(example.parse::<Threshold>().is_ok() && example.starts_with(metric), "{metric}");
        writeln!(page, "| `{metric}` | {meaning} | `{example}` |").unwrap();
    }
    page.push_str(
        "\n## Counts\n\nOver the whole run, warm-up and drain included. `loss` and `duplicates` are other names of `lost` and \
         `duplicated`.\nSome can be given in percent of another count: `loss>0.1%`, `refused>25%`.\n\n\
         | metric | counts | with `%`, of |\n|---|---|---|\n",
    );
    for (name, meaning) in Counts::NAMES.iter().zip(Counts::MEANINGS) {
        assert!(format!("{name}>0").parse::<Threshold>().is_ok(), "{name}");
        let whole = Threshold::PARTS.iter().find(|(part, _)| part == name);
        let whole = whole.map_or_else(String::new, |(_, whole)| format!("`{whole}`"));
        writeln!(page, "| `{name}` | {} | {whole} |", meaning.trim().trim_end_matches('.')).unwrap();
    }
    page
}

#[test]
fn the_page_of_thresholds_is_the_checked_in_one() {
    compare("docs/thresholds.md", &page());
}

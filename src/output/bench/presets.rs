//! The lists of presets and of scenarios.

use crate::output::{Columns, Stream};

/// Each scenario of `simulate` with what it plays.
pub(crate) fn simulations<'a>(scenarios: impl Iterator<Item = (&'a str, &'a str)>, stream: Stream) -> String {
    let mut columns = Columns::default();
    columns.row(["NAME", "DESCRIPTION"]);
    for (name, plays) in scenarios {
        columns.row([name, plays]);
    }
    columns.lines(stream).map(|line| line + "\n").collect()
}

/// Each name with what it measures, and what to do next; one below the other if the terminal is narrow.
pub(crate) fn bench_presets<'a>(presets: impl Iterator<Item = (&'a str, &'a str)>, stream: Stream) -> String {
    let mut columns = Columns::default();
    for (name, measures) in presets {
        columns.row([name, measures]);
    }
    let mut text: String = columns.lines(stream).map(|line| line + "\n").collect();
    if stream.terminal {
        text +=
            "\nRun one:          mqttx-rs bench run p2p\nMake it your own: mqttx-rs bench presets p2p > mine.toml\n";
    }
    text
}

//! `bench`: runs a load, merges and compares reports, and prints presets.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::find_max::find_max;
use super::interrupt::Interrupt;
use super::load::{conclude, display, not_begun, show, taps, watched};
use super::metrics::Metrics;
use super::results::Keeping;
use crate::bench::{ALL_WATCHED, Ended, LATE_START, Report, ReportError};
use crate::error::{Error, ErrorKind, ExitStatus};
use crate::output::{Talk, Terminal, bench_comparison, bench_comparison_html, bench_manifest, bench_presets};
use crate::settings::{BenchSettings, CompareSettings, ManifestSettings, MergeSettings, PRESETS, Preset};

/// How often a merge that waits looks for reports.
const LOOK: Duration = Duration::from_millis(500);

/// Runs a load to its end.
pub(crate) async fn run(mut settings: BenchSettings, terminal: Terminal, talk: Talk) -> Result<ExitStatus, Error> {
    if let Some(format) = settings.connect.trace {
        if settings.scenario.own_clients() > ALL_WATCHED {
            talk.progress("Tracing the first client of each group");
        }
        settings.options.taps = Some(taps(format, talk));
    }
    for warning in &settings.warnings {
        talk.warning(warning);
    }
    settings.results.prepare()?;
    settings.options.keeps_results = settings.results.any() && settings.find_max.conditions.is_empty();
    let mut signals = Interrupt::listen()?;
    let metrics = match settings.prometheus {
        Some(address) => Some(Metrics::listen(address).await?),
        None => None,
    };
    if let Some(metrics) = &metrics {
        talk.progress(format_args!("Metrics at {}", metrics.url()));
    }
    if !settings.find_max.conditions.is_empty() {
        return find_max(&settings, metrics.as_ref(), &mut signals, terminal, talk).await;
    }
    let mut display = display(&settings, terminal, talk);
    display.begin(&settings.options.parameters);
    let interrupt = async || signals.received().await;
    let mut keeping = Keeping { observer: &mut display, results: &settings.results };
    let (report, signal) = watched(settings.scenario, &settings.options, &mut keeping, metrics.as_ref(), interrupt)
        .await
        .map_err(not_begun)?;
    display.end(&report);
    conclude(&report, &settings.results, terminal, talk, signal)
}

/// Merges reports, judges the result, and writes and shows it.
pub(crate) fn merge(settings: &MergeSettings, terminal: Terminal, talk: Talk) -> Result<ExitStatus, Error> {
    wait_for(&settings.reports, settings.wait);
    let reports = settings.reports.iter().map(|path| read(path)).collect::<Result<Vec<_>, _>>()?;
    let mut report = Report::merge(reports, settings.partial).map_err(|error| {
        let missing = matches!(error, ReportError::Missing(..));
        let error = Error::local(error.to_string());
        if missing { error.with_hint("use --partial to merge the reports given") } else { error }
    })?;
    report.judge(&settings.thresholds);
    let status = conclude(&report, &settings.results, terminal, talk, None)?;
    let faults = faulty_parts(&report);
    for fault in &faults {
        talk.error(&Error::local(fault.clone()));
    }
    // The thresholds come first.
    if status == ExitStatus::Done && !faults.is_empty() { Ok(ExitStatus::Partly(ErrorKind::Local)) } else { Ok(status) }
}

/// Waits until all reports are there and their runs over, for at most `at_most`. A report still missing is an error.
fn wait_for(reports: &[PathBuf], at_most: Duration) {
    let begun = Instant::now();
    let is_over = |path: &PathBuf| read(path).is_ok_and(|report| report.ended != Ended::Unfinished);
    // Those that are over stay so: each is read until then, and not again.
    let mut open: Vec<&PathBuf> = reports.iter().collect();
    while begun.elapsed() < at_most {
        open.retain(|path| !is_over(path));
        if open.is_empty() {
            return;
        }
        std::thread::sleep(LOOK.min(at_most.saturating_sub(begun.elapsed())));
    }
}

/// Warnings about parts that did not run as planned, so that the totals are lower than expected.
fn faulty_parts(report: &Report) -> Vec<String> {
    let mut faults = Vec::new();
    for part in &report.parts {
        let shard = part.shard.map_or_else(String::new, |(index, count)| format!("shard {} of {count}", index + 1));
        match part.ended {
            Ended::Done | Ended::Interrupted => {}
            Ended::InterruptedEarly => faults.push(format!("{shard} was interrupted before it was complete")),
            Ended::Unfinished => {
                faults.push(format!("{shard} was killed or is still running: its report is not complete"));
            }
            _ => faults.push(format!("{shard} ended early")),
        }
        if let Some(late) = part.late_start.filter(|late| *late > LATE_START) {
            faults.push(format!("{shard} began {late:.1} s after --start-at"));
        }
    }
    faults
}

/// Lists the presets, or prints one.
pub(crate) fn presets(name: Option<&str>, terminal: Terminal) -> Result<ExitStatus, Error> {
    let text = match name {
        Some(name) => Preset::find(name).ok_or_else(|| Preset::unknown(name))?.text.to_owned(),
        None => bench_presets(PRESETS.iter().map(|preset| (preset.name, preset.measures())), terminal.stdout),
    };
    show(&text, terminal)?;
    Ok(ExitStatus::Done)
}

/// Prints a job that runs a scenario on several machines.
pub(crate) fn manifest(settings: &ManifestSettings, terminal: Terminal, talk: Talk) -> Result<ExitStatus, Error> {
    for warning in &settings.warnings {
        talk.warning(warning);
    }
    show(&bench_manifest(&settings.manifest), terminal)?;
    Ok(ExitStatus::Done)
}

/// Prints the help of what `bench manifest` would have the machines do.
pub(crate) fn help(text: &str, terminal: Terminal) -> Result<(), Error> {
    show(text, terminal)
}

/// Compares reports, and judges the changes.
pub(crate) fn compare(settings: &CompareSettings, terminal: Terminal, talk: Talk) -> Result<ExitStatus, Error> {
    let before = read(&settings.baseline)?;
    let after = settings.candidates.iter().map(|path| read(path)).collect::<Result<Vec<_>, _>>()?;
    let changed: Vec<_> = settings.changes.iter().map(|change| change.judge(&before, &after)).collect();
    show(&bench_comparison(&before, &after, &changed, terminal.stdout), terminal)?;
    if let Some(path) = &settings.html {
        let names = settings.candidates.iter().map(|path| path.display().to_string());
        let baseline = settings.baseline.display().to_string();
        let page = bench_comparison_html((&baseline, &before), &names.zip(after).collect::<Vec<_>>(), &changed);
        std::fs::write(path, page)
            .map_err(|error| Error::local(format!("cannot write {}: {error}", path.display())))?;
    }
    for change in changed.iter().filter(|changed| changed.failed) {
        talk.error(&Error::new(ErrorKind::Threshold, format!("--fail `{}` is met: {}", change.change, change.shown)));
    }
    let failed = changed.iter().any(|changed| changed.failed);
    Ok(if failed { ExitStatus::Partly(ErrorKind::Threshold) } else { ExitStatus::Done })
}

fn read(path: &Path) -> Result<Report, Error> {
    let text = std::fs::read_to_string(path)
        .map_err(|error| Error::local(format!("cannot read {}: {error}", path.display())))?;
    Report::from_json(&text).map_err(|error| {
        let refused = Error::local(format!("{}: {error}", path.display()));
        match error {
            ReportError::Version(..) => refused.with_hint(
                "names of fields change between versions: read it with the version of mqttx-rs that wrote it (`program` in \
                 the file), or repeat the run",
            ),
            _ => refused,
        }
    })
}

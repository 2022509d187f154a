//! Merges the reports of the parts of one run, and refuses anything else.

use super::identity::is_own;
use super::report::{Ended, GroupReport, Part, PhaseReport, Row};
use super::verdict::LimitedBy;
use super::{Held, Parameter, Report, ReportError};

impl Report {
    /// Puts the reports of parts of one run together: counts and histograms add up exactly. `partial` takes it that
    /// parts are missing.
    pub fn merge(reports: Vec<Self>, partial: bool) -> Result<Self, ReportError> {
        let begins = reports.iter().map(Self::begin).collect::<Result<Vec<_>, _>>()?;
        // One alone may be whole: then it is only judged and shown again.
        if reports.len() > 1 || reports.iter().any(|report| report.shard.is_some()) {
            check_shards(&reports, partial)?;
            check_run(&reports, &begins)?;
        }
        let mut parts: Vec<Part> = reports.iter().map(Self::part).collect();
        parts.sort_by_key(|part| part.shard);
        let first = begins.iter().min().copied().ok_or(ReportError::Empty)?;
        let mut merged: Option<Self> = None;
        for (mut report, begun) in reports.into_iter().zip(begins) {
            report.shift(begun.duration_since(first));
            report.verdict = report.verdict.take().map(|verdict| verdict.of_part(report.shard));
            match &mut merged {
                Some(merged) => {
                    merged.add(&report);
                    for row in &mut merged.series {
                        (row.p50, row.p99) = (None, None);
                    }
                }
                None => merged = Some(report),
            }
        }
        let mut merged = merged.ok_or(ReportError::Empty)?;
        merged.shard = None;
        merged.parameters.retain(|parameter| parameter.name != Parameter::SHARD);
        merged.thresholds.clear();
        merged.parts = if parts.len() > 1 { parts } else { Vec::new() };
        Ok(merged)
    }

    /// In short, for the table of parts.
    fn part(&self) -> Part {
        Part {
            shard: self.shard,
            started_at: self.started_at.clone(),
            ended: self.ended,
            late_start: self.seconds.late_start,
            clients: self.clients,
            counts: self.counts,
            limited_by: self.verdict.as_ref().map(|verdict| verdict.limited_by),
        }
    }

    /// From its beginning to its end, seconds.
    fn lasted(&self) -> f64 {
        let seconds = &self.seconds;
        let phases = seconds.connecting + seconds.waiting + seconds.warmup + seconds.measured + seconds.draining;
        #[expect(clippy::cast_precision_loss, reason = "seconds of a run")]
        let series = self.series.len().saturating_sub(1) as f64;
        phases.max(series)
    }

    fn begin(&self) -> Result<jiff::Timestamp, ReportError> {
        self.started_at
            .parse()
            .map_err(|_| ReportError::Malformed(format!("`begun` is not a time: {}", self.started_at)))
    }

    /// Begins the series so much earlier, since second 0 of a part is when its own process began.
    fn shift(&mut self, by: jiff::SignedDuration) {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "within the run of another part")]
        let seconds = by.as_secs_f64().round().clamp(0.0, 1e6) as usize;
        self.series.splice(0..0, std::iter::repeat_n(Row::default(), seconds));
        for (second, row) in self.series.iter_mut().enumerate() {
            row.second = second as u64;
        }
    }

    fn add(&mut self, other: &Self) {
        self.started_at = self.started_at.clone().min(other.started_at.clone());
        self.ended = self.ended.max(other.ended);
        self.counts += &other.counts;
        self.reasons += &other.reasons;
        for (measure, latency) in &other.latencies {
            self.latencies.entry(*measure).or_default().add(latency);
        }
        let (own, others) = (&mut self.seconds, &other.seconds);
        own.connecting = own.connecting.max(others.connecting);
        own.ramp = own.ramp.zip(others.ramp).map(|(own, others)| own.max(others));
        own.waiting = own.waiting.max(others.waiting);
        own.late_start = match (own.late_start, others.late_start) {
            (Some(own), Some(others)) => Some(own.max(others)),
            (own, others) => own.or(others),
        };
        own.warmup = own.warmup.max(others.warmup);
        own.measured = own.measured.max(others.measured);
        own.draining = own.draining.max(others.draining);
        self.clients.count += other.clients.count;
        self.clients.connected += other.clients.connected;
        self.clients.failed += other.clients.failed;
        self.clients.missing += other.clients.missing;
        let planned = self.rates.planned.zip(other.rates.planned);
        self.rates.planned = planned.map(|(own, others)| own + others);
        self.rates.sent += other.rates.sent;
        self.rates.delivered += other.rates.delivered;
        for (place, phase) in other.phases.iter().enumerate() {
            // A part that ended early lacks the later ones.
            match self.phases.get_mut(place) {
                Some(own) => own.add(phase),
                None => self.phases.push(phase.clone()),
            }
        }
        for (own, others) in self.groups.iter_mut().zip(&other.groups) {
            own.add(others);
        }
        for (second, row) in other.series.iter().enumerate() {
            if self.series.len() <= second {
                self.series.push(Row { second: second as u64, ..Row::default() });
            }
            self.series[second].add(row);
        }
        let cpu_seconds = self.generator.cpu_seconds.zip(other.generator.cpu_seconds);
        self.generator.cpu_seconds = cpu_seconds.map(|(own, others)| own + others);
        self.generator.worker_busy.extend(&other.generator.worker_busy);
        self.generator.worker_waiting.extend(&other.generator.worker_waiting);
        self.generator.precision = Held::both(self.generator.precision, other.generator.precision);
        self.generator.peak_memory = self.generator.peak_memory.max(other.generator.peak_memory);
        self.verdict = match (self.verdict.take(), &other.verdict) {
            (Some(own), Some(others)) => Some(own.merge(others)),
            (own, others) => own.or_else(|| others.clone()),
        };
    }
}

/// Whether they are the parts of one run, each once.
fn check_shards(reports: &[Report], partial: bool) -> Result<(), ReportError> {
    let mut shards = std::collections::BTreeSet::new();
    for report in reports {
        let (index, count) = report.shard.ok_or(ReportError::Whole)?;
        if !shards.insert((index, count)) {
            return Err(ReportError::TwiceTheSame(index, count));
        }
    }
    let Some((_, count)) = shards.first().copied() else { return Ok(()) };
    if let Some((_, other)) = shards.iter().find(|(_, other)| *other != count) {
        return Err(ReportError::DividedDifferently(count, *other));
    }
    // The first gap is within as many as there are.
    match (0..count).zip(0..=shards.len()).find(|(index, _)| !shards.contains(&(*index, count))) {
        Some((index, _)) if !partial => Err(ReportError::Missing(index, count)),
        _ => Ok(()),
    }
}

/// Whether they have the same parameters and times.
fn check_run(reports: &[Report], begins: &[jiff::Timestamp]) -> Result<(), ReportError> {
    let place = |report: &Report| report.shard.map_or(0, |(index, _)| index);
    let Some((first, rest)) = reports.split_first() else { return Ok(()) };
    for other in rest {
        let differences = if first.run.parameters_digest == other.run.parameters_digest {
            Vec::new()
        } else {
            differences(first, other)
        };
        if !differences.is_empty() {
            return Err(ReportError::Different(place(first), place(other), differences.join("; ")));
        }
        if first.run != other.run {
            let name = |report: &Report| shown(report.run.id.as_slice());
            let ids = format!("run id {} and {}", name(first), name(other));
            return Err(ReportError::Different(place(first), place(other), ids));
        }
    }
    // One that was cut off may have been over when the last one began; how it ended shows that.
    let whole = |report: &Report| matches!(report.ended, Ended::Done | Ended::Interrupted);
    let ends = reports.iter().zip(begins).filter(|(report, _)| whole(report)).map(|(report, begun)| {
        let lasted = jiff::SignedDuration::from_secs_f64(report.lasted().clamp(0.0, 1e9));
        (report, begun.saturating_add(lasted).unwrap_or(*begun))
    });
    let earliest_end = ends.min_by_key(|(_, end)| *end);
    let latest_begin = reports.iter().zip(begins).max_by_key(|(_, begun)| **begun);
    match (earliest_end, latest_begin) {
        (Some((one, end)), Some((other, begun))) if end < *begun => {
            Err(ReportError::Apart(place(one), place(other), begun.duration_since(end).as_secs_f64()))
        }
        _ => Ok(()),
    }
}

/// Parameters that two reports do not have in common, each with both values.
pub(crate) fn differences(one: &Report, other: &Report) -> Vec<String> {
    let of = |report: &Report| -> Vec<(String, String)> {
        let shared = report.parameters.iter().filter(|parameter| !is_own(parameter));
        shared.map(|parameter| (parameter.name.clone(), parameter.value.clone())).collect()
    };
    let (ones, others) = (of(one), of(other));
    let mut names: Vec<&String> = Vec::new();
    for (name, _) in ones.iter().chain(&others) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    let values = |of: &[(String, String)], name: &String| -> Vec<String> {
        of.iter().filter(|(known, _)| known == name).map(|(_, value)| value.clone()).collect()
    };
    let different = names.into_iter().filter_map(|name| {
        let (one, other) = (values(&ones, name), values(&others, name));
        (one != other).then(|| format!("{name} {} and {}", shown(&one), shown(&other)))
    });
    different.collect()
}

/// The values of a parameter; a run may have it never, once or several times.
fn shown(values: &[String]) -> String {
    if values.is_empty() { "not set".to_owned() } else { format!("`{}`", values.join(", ")) }
}

/// How many of the parts were limited by what, and which: for the verdict of the whole.
pub(crate) fn limits(parts: &[Part]) -> Vec<(LimitedBy, Vec<u64>)> {
    let mut limits: Vec<(LimitedBy, Vec<u64>)> = Vec::new();
    for part in parts {
        let (Some(limited_by), Some((index, _))) = (part.limited_by, part.shard) else { continue };
        match limits.iter_mut().find(|(known, _)| *known == limited_by) {
            Some((_, shards)) => shards.push(index + 1),
            None => limits.push((limited_by, vec![index + 1])),
        }
    }
    limits.sort_by_key(|(limited_by, _)| std::cmp::Reverse(*limited_by));
    limits
}

impl PhaseReport {
    fn add(&mut self, other: &Self) {
        self.connecting = self.connecting.max(other.connecting);
        self.running = self.running.max(other.running);
        self.counts += &other.counts;
        if let Some(latency) = &other.latency {
            self.latency.get_or_insert_default().add(latency);
        }
    }
}

impl GroupReport {
    fn add(&mut self, other: &Self) {
        self.clients += other.clients;
        self.counts += &other.counts;
        self.latency = match (self.latency.take(), &other.latency) {
            (Some(mut own), Some(others)) => {
                own.add(others);
                Some(own)
            }
            (own, others) => own.or_else(|| others.clone()),
        };
    }
}

impl Row {
    fn add(&mut self, other: &Self) {
        self.connected += other.connected;
        self.errors += other.errors;
        self.sent += other.sent;
        self.acknowledged += other.acknowledged;
        self.delivered += other.delivered;
        self.max = self.max.max(other.max);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::{Counts, Identity, Measure};

    #[test]
    fn merged_shards_are_the_sum_of_their_counts_and_histograms() {
        let merged = Report::merge(vec![Report::example((0, 2), 300), Report::example((1, 2), 200)], false).unwrap();
        assert_eq!((merged.counts.sent, merged.rates.planned), (500, Some(500)));
        assert_eq!(merged.latencies[&Measure::Ack].count(), 500);
        assert_eq!(merged.latencies[&Measure::Ack].percentile(100.0) / 10_000, 399);
        assert_eq!((merged.series[1].sent, merged.series[1].p50), (500, None));
        assert_eq!(merged.shard, None);
        let mut merged = merged;
        merged.judge(&["acknowledged<500".parse().unwrap(), "acknowledged<501".parse().unwrap()]);
        assert_eq!(merged.thresholds.iter().map(|finding| finding.failed).collect::<Vec<_>>(), [false, true]);
    }

    #[test]
    fn seconds_of_parts_that_began_apart_are_not_added() {
        let late = Report { started_at: "2026-11-22T10:00:02.700Z".into(), ..Report::example((0, 2), 200) };
        let merged = Report::merge(vec![late, Report::example((1, 2), 300)], false).unwrap();
        let sent: Vec<_> = merged.series.iter().map(|row| (row.second, row.sent)).collect();
        assert_eq!(sent, [(0, 0), (1, 300), (2, 0), (3, 0), (4, 200)]);
        assert_eq!(merged.started_at, "2026-11-22T10:00:00Z");
        let no_time = Report { started_at: "yesterday".into(), ..Report::example((0, 1), 1) };
        assert!(matches!(Report::merge(vec![no_time], false), Err(ReportError::Malformed(_))));
    }

    #[test]
    fn what_only_a_later_part_has_is_kept_and_what_only_parts_have_is_not() {
        let phase = |name: &str| PhaseReport {
            name: name.into(),
            connecting: 1.0,
            running: 1.0,
            counts: Counts::default(),
            latency: None,
        };
        let shard = Parameter { name: Parameter::SHARD.into(), value: "1 of 2".into() };
        let ended_early = Report { phases: vec![phase("fill")], ..Report::example((0, 2), 1) };
        let whole = Report { phases: vec![phase("fill"), phase("flood")], ..Report::example((1, 2), 1) };
        let merged = Report::merge(vec![Report { parameters: vec![shard], ..ended_early }, whole], false).unwrap();
        assert_eq!(merged.phases.iter().map(|phase| phase.name.as_str()).collect::<Vec<_>>(), ["fill", "flood"]);
        assert_eq!(merged.parameters, []);
    }

    #[test]
    fn a_report_of_another_time_is_of_another_run() {
        // The example lasts 10.6 s.
        let begun = |time: &str| Report { started_at: time.into(), ..Report::example((0, 2), 1) };
        for (time, apart) in [("2026-11-22T09:58:13Z", 96.4), ("2026-11-22T10:00:12Z", 1.4)] {
            let merged = Report::merge(vec![begun(time), Report::example((1, 2), 1)], false);
            let Err(ReportError::Apart(_, _, seconds)) = merged else { panic!("{time}: {merged:?}") };
            assert!((seconds - apart).abs() < 0.01, "{seconds}");
        }
        // One that was cut off was over earlier; how it ended shows that.
        let cut = Report { ended: Ended::InterruptedEarly, ..begun("2026-11-22T09:59:40Z") };
        let merged = Report::merge(vec![cut, Report::example((1, 2), 1)], false).unwrap();
        assert_eq!(merged.ended, Ended::InterruptedEarly);
    }

    #[test]
    fn a_report_of_another_run_is_refused_with_what_differs() {
        let other = |parameter: Parameter, asked: &str| Report {
            parameters: vec![parameter],
            run: Identity { id: None, parameters_digest: asked.into() },
            ..Report::example((1, 2), 1)
        };
        let parameter = |name: &str, value: &str| Parameter { name: name.into(), value: value.into() };
        let merge = |other| Report::merge(vec![Report::example((0, 2), 1), other], false).unwrap_err().to_string();
        assert_eq!(
            merge(other(parameter("QoS", "2"), "other")),
            "the reports of shards 1 and 2 belong to different runs: QoS `1` and `2`"
        );
        assert_eq!(
            merge(other(parameter("rate", "5/s"), "other")),
            "the reports of shards 1 and 2 belong to different runs: QoS `1` and not set; rate not set and `5/s`"
        );
        let named =
            Report { run: Identity { id: Some("b".into()), ..Identity::default() }, ..Report::example((1, 2), 1) };
        assert!(merge(named).contains("run id not set and `b`"));
    }

    #[test]
    fn each_part_is_in_the_table_with_how_it_ended() {
        let cut = Report { ended: Ended::InterruptedEarly, ..Report::example((1, 2), 1) };
        let merged = Report::merge(vec![cut, Report::example((0, 2), 2)], false).unwrap();
        let parts: Vec<_> = merged.parts.iter().map(|part| (part.shard, part.ended, part.counts.sent)).collect();
        assert_eq!(parts, [(Some((0, 2)), Ended::Done, 2), (Some((1, 2)), Ended::InterruptedEarly, 1)]);
    }

    #[test]
    fn reports_that_do_not_belong_together_are_refused() {
        let merge = |shards: &[(u64, u64)]| {
            Report::merge(shards.iter().map(|shard| Report::example(*shard, 1)).collect(), false).map(|_| ())
        };
        assert_eq!(merge(&[(0, 2), (0, 2)]), Err(ReportError::TwiceTheSame(0, 2)));
        assert_eq!(ReportError::TwiceTheSame(0, 2).to_string(), "two reports are for shard 1 of 2");
        assert_eq!(merge(&[(0, 2), (1, 3)]), Err(ReportError::DividedDifferently(2, 3)));
        assert_eq!(merge(&[(0, 3), (1, 3)]), Err(ReportError::Missing(2, 3)));
        assert_eq!(merge(&[(1, u64::MAX), (2, u64::MAX)]), Err(ReportError::Missing(0, u64::MAX)));
        assert_eq!(merge(&[]), Err(ReportError::Empty));
        let whole = || Report { shard: None, ..Report::example((0, 1), 1) };
        assert_eq!(Report::merge(vec![whole(), whole()], false), Err(ReportError::Whole));
        let parts = vec![Report::example((0, 3), 1), Report::example((1, 3), 1)];
        assert_eq!(Report::merge(parts, true).map(|merged| merged.counts.sent), Ok(2));
    }
}

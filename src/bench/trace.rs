//! Rates that change with time, as they were recorded: rows of seconds and messages a second.

use super::rate::Rate;

/// Rates from certain times on; the last row is the end.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Trace {
    steps: Vec<Step>,
    /// Seconds until the end.
    seconds: f64,
    /// Messages until the end.
    messages: f64,
}

#[derive(Debug, Clone, Copy, PartialEq)]
struct Step {
    /// Seconds since the beginning.
    at: f64,
    per_second: f64,
    /// Messages before it.
    before: f64,
}

/// What is wrong with a text of rows.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {what}")]
pub(crate) struct InvalidTrace {
    line: usize,
    what: String,
}

impl Trace {
    /// Reads rows of seconds since the beginning and a rate; a first line of names is passed over.
    pub(crate) fn parse(text: &str) -> Result<Self, InvalidTrace> {
        let mut rows: Vec<(f64, f64)> = Vec::new();
        for (number, line) in text.lines().enumerate() {
            let line_of = |what: String| InvalidTrace { line: number + 1, what };
            if line.trim().is_empty() || (number == 0 && line.trim_start().starts_with(char::is_alphabetic)) {
                continue;
            }
            let row = line.split_once(',').and_then(|(at, rate)| {
                let at = at.trim().parse::<f64>().ok().filter(|at| at.is_finite() && *at >= 0.0)?;
                let rate = rate.trim();
                let rate = if rate.parse() == Ok(0.0) { 0.0 } else { rate.parse::<Rate>().ok()?.per_second() };
                Some((at, rate))
            });
            let Some(row) = row else {
                return Err(line_of(format!("`{line}` is not SECONDS,RATE, for example 60,2000/s")));
            };
            match rows.last() {
                None if row.0 > 0.0 => return Err(line_of("the first row is of second 0".to_owned())),
                Some((before, _)) if row.0 <= *before => {
                    return Err(line_of(format!("second {} does not come after {before}", row.0)));
                }
                _ => rows.push(row),
            }
        }
        let mut trace = Self { steps: Vec::new(), seconds: 0.0, messages: 0.0 };
        for pair in rows.windows(2) {
            let ((at, per_second), (end, _)) = (pair[0], pair[1]);
            trace.steps.push(Step { at, per_second, before: trace.messages });
            trace.messages += per_second * (end - at);
            trace.seconds = end;
        }
        if trace.messages <= 0.0 {
            let what = "two rows at least, the last of which is the end, and a rate above 0".to_owned();
            return Err(InvalidTrace { line: text.lines().count().max(1), what });
        }
        Ok(trace)
    }

    /// Seconds until the end.
    pub(crate) const fn seconds(&self) -> f64 {
        self.seconds
    }

    /// Messages a second on average.
    pub(crate) fn per_second(&self) -> f64 {
        self.messages / self.seconds
    }

    /// When a message is planned, seconds since the beginning, where all rates are `factor` times as high; `from` is where
    /// the search begins, and moves on. `None`: behind the end.
    pub(super) fn planned(&self, index: f64, factor: f64, from: &mut usize) -> Option<f64> {
        let index = index / factor;
        if index >= self.messages {
            return None;
        }
        while self.steps.get(*from + 1).is_some_and(|next| next.before <= index) {
            *from += 1;
        }
        let step = self.steps.get(*from)?;
        Some(step.at + (index - step.before) / step.per_second)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_planned_by_the_rate_of_their_time() {
        let trace = Trace::parse("seconds,rate\n0,2/s\n1,0\n3,60/m\n5,0\n").unwrap();
        let mut from = 0;
        let planned: Vec<_> = (0..5).map(|index| trace.planned(f64::from(index), 1.0, &mut from)).collect();
        assert_eq!(planned, [Some(0.0), Some(0.5), Some(3.0), Some(4.0), None]);
        assert_eq!((trace.seconds(), trace.per_second()), (5.0, 0.8));
        assert_eq!(trace.planned(2.0, 2.0, &mut 0), Some(0.5), "twice as many");
    }

    #[test]
    fn what_is_not_a_trace_is_told_with_its_line() {
        for (text, fault) in [
            ("", "line 1: two rows at least"),
            ("0,1/s", "line 1: two rows at least"),
            ("0,0\n1,0", "line 2: two rows at least"),
            ("1,5\n2,5", "line 1: the first row is of second 0"),
            ("0,5\n0,6", "line 2: second 0 does not come after 0"),
            ("0,5\nx,6", "line 2: `x,6` is not SECONDS,RATE"),
            ("0,-5\n1,6", "line 1: `0,-5` is not SECONDS,RATE"),
        ] {
            let error = Trace::parse(text).unwrap_err().to_string();
            assert!(error.starts_with(fault), "{text}: {error}");
        }
    }
}

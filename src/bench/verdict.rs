//! Who was the bottleneck: the generator must not blame the broker for itself.

use serde::{Deserialize, Serialize};

use super::recorder::Share;
use crate::payload::plural;

/// A judgement and its grounds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Verdict {
    /// Who.
    pub limited_by: LimitedBy,
    /// Why, a sentence each.
    pub why: Vec<String>,
}

/// Who was the bottleneck.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum LimitedBy {
    /// The load was carried as planned.
    Nothing,
    /// The broker, or the network to it.
    Broker,
    /// It cannot be told.
    Unclear,
    /// This program or its machine: the figures say nothing about the broker.
    Generator,
}

/// What is known of a run.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Signs {
    /// Messages sent as a part of those planned; `None` without a plan.
    pub(super) rate: Option<f64>,
    /// What the busiest worker did with its time; `None` where that was not measured.
    pub(super) busiest: Option<Share>,
    /// 99 per cent of the messages were sent at most so long after their planned time, nanoseconds.
    pub(super) send_delay_p99: Option<u64>,
    /// The 99th percentile of the way through the broker, nanoseconds.
    pub(super) latency_p99: Option<u64>,
    /// Scheduled messages that waited for the window or the socket at the end, or were given up.
    pub(super) held_back: u64,
    /// Messages sent more than 10 ms late.
    pub(super) late: u64,
    /// Messages sent.
    pub(super) sent: u64,
}

/// A thread this busy has no time left when it matters.
const BUSY: f64 = 0.9;
/// A thread less busy than this is not what anybody waits for.
const IDLE: f64 = 0.7;

impl Verdict {
    pub(super) fn of(signs: Signs) -> Self {
        let mut why = Vec::new();
        // A thread that waits for a core has no time left either.
        let needed = signs.busiest.map(|share| share.busy + share.waited);
        let by_own_time = |otherwise: LimitedBy| match needed {
            Some(needed) if needed >= BUSY => LimitedBy::Generator,
            Some(needed) if needed < IDLE => otherwise,
            _ => LimitedBy::Unclear,
        };
        let own = match signs.busiest {
            Some(share) => format!("the busiest worker used {:.0} % of its core", share.busy * 100.0),
            None => "what the workers used of their cores was not measured".to_owned(),
        };
        let crowded = signs
            .busiest
            .filter(|share| share.waited >= 0.1)
            .map(|share| format!("it waited {:.0} % of the time for a core that others had", share.waited * 100.0));
        let Some(rate) = signs.rate else {
            why.extend(["unpaced: something always is the limit".to_owned(), own]);
            why.extend(crowded);
            return Self { limited_by: by_own_time(LimitedBy::Broker), why };
        };
        why.extend([format!("{:.2} % of the planned messages were sent within the measured time", rate * 100.0), own]);
        why.extend(crowded);
        if let Some(delay) = signs.send_delay_p99 {
            why.push(format!("send-delay p99 {}", micros(delay)));
        }
        // Late sends without a busy thread are those that waited for the broker: a full window, a full socket.
        let much_is_late = signs.late * 100 > signs.sent;
        let hurts = rate < 0.99 || signs.held_back > 0 || much_is_late;
        let limited_by = match by_own_time(LimitedBy::Broker) {
            LimitedBy::Generator => LimitedBy::Generator,
            _ if !hurts => LimitedBy::Nothing,
            limited_by => limited_by,
        };
        if limited_by == LimitedBy::Broker {
            why.push(format!(
                "{} waited for the window or the socket until the end",
                plural(signs.held_back, "message")
            ));
        }
        if limited_by == LimitedBy::Nothing
            && let (Some(delay), Some(latency)) = (signs.send_delay_p99, signs.latency_p99)
            && delay * 2 > latency
        {
            why.push("much of the latency is the generator's own send delay".into());
            return Self { limited_by: LimitedBy::Unclear, why };
        }
        Self { limited_by, why }
    }

    /// With each of its grounds by the part that has them.
    #[must_use]
    pub(super) fn of_part(mut self, shard: Option<(u64, u64)>) -> Self {
        if let Some((index, _)) = shard {
            self.why.iter_mut().for_each(|why| *why = format!("shard {}: {why}", index + 1));
        }
        self
    }

    /// The worse one of two, with the grounds of both.
    #[must_use]
    pub(super) fn merge(mut self, other: &Self) -> Self {
        self.limited_by = self.limited_by.max(other.limited_by);
        self.why.extend(other.why.iter().cloned());
        self
    }
}

impl LimitedBy {
    /// In a word or two.
    pub const fn short(self) -> &'static str {
        match self {
            Self::Nothing => "nothing",
            Self::Broker => "the broker",
            Self::Unclear => "unclear",
            Self::Generator => "the generator",
        }
    }

    /// In words.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Nothing => "nothing: the load was carried as planned",
            Self::Broker => "the broker (or the network to it)",
            Self::Unclear => "unclear",
            Self::Generator => "the generator: the figures say nothing about the broker",
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "for display")]
fn micros(nanos: u64) -> String {
    format!("{:.0} us", nanos as f64 / 1e3)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(signs: Signs) -> LimitedBy {
        Verdict::of(signs).limited_by
    }

    const fn busy(busy: f64) -> Share {
        Share { busy, waited: 0.0 }
    }

    #[test]
    fn a_generator_that_has_no_core_does_not_blame_the_broker() {
        let signs = Signs { rate: Some(0.8), busiest: Some(Share { busy: 0.3, waited: 0.65 }), ..Signs::default() };
        assert_eq!(verdict(signs), LimitedBy::Generator);
        let why = Verdict::of(signs).why.join("; ");
        assert!(why.contains("30 % of its core; it waited 65 % of the time"), "{why}");
    }

    #[test]
    fn nobody_is_blamed_without_a_measurement() {
        let signs = Signs { rate: None, sent: 100_000, ..Signs::default() };
        assert_eq!(verdict(signs), LimitedBy::Unclear);
        assert_eq!(verdict(Signs { rate: Some(0.5), ..signs }), LimitedBy::Unclear);
        assert_eq!(verdict(Signs { rate: Some(1.0), ..signs }), LimitedBy::Nothing);
    }

    #[test]
    fn a_busy_generator_blames_itself() {
        let signs = Signs { rate: Some(0.8), busiest: Some(busy(0.97)), held_back: 100, ..Signs::default() };
        assert_eq!(verdict(signs), LimitedBy::Generator);
        assert_eq!(verdict(Signs { rate: None, busiest: Some(busy(0.97)), ..Signs::default() }), LimitedBy::Generator);
    }

    #[test]
    fn an_idle_generator_that_waits_blames_the_broker() {
        let signs = Signs { rate: Some(0.8), busiest: Some(busy(0.2)), held_back: 100, ..Signs::default() };
        assert_eq!(verdict(signs), LimitedBy::Broker);
        let late = Signs { rate: Some(1.0), busiest: Some(busy(0.1)), late: 50, sent: 1000, ..Signs::default() };
        assert_eq!(verdict(late), LimitedBy::Broker);
    }

    #[test]
    fn a_load_that_was_carried_has_no_limit() {
        let signs = Signs {
            rate: Some(1.0),
            busiest: Some(busy(0.3)),
            send_delay_p99: Some(100_000),
            latency_p99: Some(1_000_000),
            sent: 1000,
            ..Signs::default()
        };
        assert_eq!(verdict(signs), LimitedBy::Nothing);
        let own_delay = Signs { latency_p99: Some(150_000), ..signs };
        assert_eq!(verdict(own_delay), LimitedBy::Unclear);
    }

    #[test]
    fn in_between_it_is_unclear() {
        assert_eq!(
            verdict(Signs { rate: Some(0.9), busiest: Some(busy(0.8)), ..Signs::default() }),
            LimitedBy::Unclear
        );
    }
}

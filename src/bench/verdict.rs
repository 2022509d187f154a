//! The bottleneck: the generator must not blame the broker for itself or for other work on its machine.
//!
//! It follows from what each late or missing message waited for longest, which the workers note when it is sent.

use serde::{Deserialize, Serialize};

use super::Counts;
use super::metric::time;
use super::recorder::Share;
use crate::payload::plural;

/// A verdict and its reasons.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Verdict {
    /// Who.
    pub limited_by: LimitedBy,
    /// Why, a sentence each.
    pub reasons: Vec<String>,
}

/// The bottleneck, ordered by how much it invalidates the figures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum LimitedBy {
    /// The load ran as planned.
    Nothing,
    /// The number of messages in flight, as the broker answers as quickly as before.
    Window,
    /// The broker, or the network to it.
    Broker,
    /// It is unclear.
    Unclear,
    /// This program: the figures say nothing about the broker.
    Generator,
    /// What else ran on this machine: the figures say nothing about the broker.
    Machine,
}

/// What is known about a run.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Signs {
    /// Messages sent as a part of those planned; `None` without a plan.
    pub(super) rate: Option<f64>,
    /// What the busiest worker did with its time; `None` where that was not measured.
    pub(super) busiest: Option<Share>,
    /// 99 per cent of the messages were sent at most this long after their planned time, nanoseconds.
    pub(super) send_delay_p99: Option<u64>,
    /// The coarsest precision of planned times, nanoseconds.
    pub(super) precision: Option<u64>,
    /// 99 per cent of the workers' alarms were followed at most this much later, nanoseconds.
    pub(super) core_delay_p99: Option<u64>,
    /// The 99th percentile of the way through the broker, nanoseconds.
    pub(super) latency_p99: Option<u64>,
    /// Of the time for which windows were full, the part that the quickest answers would have taken.
    pub(super) window_in_use: Option<f64>,
    /// What was counted.
    pub(super) counts: Counts,
}

/// A thread this busy has no time left when it matters.
const BUSY: f64 = 0.9;
/// A thread less busy than this does not hold up anything.
const IDLE: f64 = 0.7;
/// A window that is turned over this quickly, compared with the quickest answers, is what limits.
const TURNED_OVER: f64 = 0.3;
/// Below, a delay of our own is not visible in a latency.
const VISIBLE: u64 = 1_000_000;

impl Verdict {
    pub(super) fn of(signs: &Signs) -> Self {
        let mut why = faults(&signs.counts);
        let is_faulty = !why.is_empty();
        why.push(match signs.rate {
            Some(rate) => {
                format!("{:.2} % of the planned messages were sent within the measured time", rate * 100.0)
            }
            None => "unpaced run: there is always a bottleneck".to_owned(),
        });
        why.extend(causes(&signs.counts));
        why.extend(signs.own());
        let carried = signs.rate.is_some() && !signs.hurts();
        let limited_by = match signs.by_own_time() {
            Some(own) => own,
            None if carried => signs.though_carried(&mut why),
            None if signs.rate.is_none() => match signs.busiest {
                Some(share) if share.busy + share.waited < IDLE => signs.broker_or_window(),
                _ => LimitedBy::Unclear,
            },
            None => signs.by_causes(),
        };
        if limited_by == LimitedBy::Window {
            why.push("the broker answered as quickly as before while messages waited for a place in the window".into());
        }
        // What is lost or refused was not carried, however punctually it was sent.
        let limited_by = if is_faulty { limited_by.max(LimitedBy::Broker) } else { limited_by };
        Self { limited_by, reasons: why }
    }

    /// With each of its grounds by the part that has them.
    #[must_use]
    pub(super) fn of_part(mut self, shard: Option<(u64, u64)>) -> Self {
        if let Some((index, _)) = shard {
            self.reasons.iter_mut().for_each(|why| *why = format!("shard {}: {why}", index + 1));
        }
        self
    }

    /// The worse one of two, with the grounds of both.
    #[must_use]
    pub(super) fn merge(mut self, other: &Self) -> Self {
        self.limited_by = self.limited_by.max(other.limited_by);
        self.reasons.extend(other.reasons.iter().cloned());
        self
    }
}

impl Signs {
    /// Whether messages were late or missing, more than a few.
    fn hurts(&self) -> bool {
        let counts = &self.counts;
        let held_back = counts.unsent + counts.dropped;
        self.rate.is_some_and(|rate| rate < 0.99) || held_back > 0 || counts.late * 100 > counts.sent
    }

    /// A thread without time left, or one that is not given any.
    fn by_own_time(&self) -> Option<LimitedBy> {
        let share = self.busiest?;
        if share.busy + share.waited < BUSY {
            return None;
        }
        Some(if share.waited > share.busy { LimitedBy::Machine } else { LimitedBy::Generator })
    }

    /// Carried as planned. Whether the latencies are the broker's all the same, or our own delays.
    fn though_carried(&self, why: &mut Vec<String>) -> LimitedBy {
        let Some(latency) = self.latency_p99 else { return LimitedBy::Nothing };
        let covers = |delay: Option<u64>| delay.is_some_and(|delay| delay * 2 > latency);
        if covers(self.core_delay_p99) && self.core_delay_p99 >= Some(VISIBLE) {
            why.push("much of the latency is the generator's own wait for a core".into());
            LimitedBy::Machine
        } else if covers(self.send_delay_p99) && self.send_delay_p99 <= self.precision {
            let precision = in_words(self.precision.unwrap_or_default());
            why.push(format!("latencies include the load's own precision, {precision}: --precision 50us is finer"));
            LimitedBy::Nothing
        } else if covers(self.send_delay_p99) {
            why.push("much of the latency is the generator's own send delay".into());
            LimitedBy::Unclear
        } else {
            LimitedBy::Nothing
        }
    }

    /// What most of the late and missing messages waited for.
    fn by_causes(&self) -> LimitedBy {
        let counts = &self.counts;
        let own = counts.late_due_to_core + counts.late_due_to_work;
        let others = counts.late_due_to_window + counts.late_due_to_socket + counts.late_due_to_connection;
        match (own, others) {
            (0, 0) => match self.busiest {
                Some(share) if share.busy + share.waited < IDLE => LimitedBy::Broker,
                _ => LimitedBy::Unclear,
            },
            (own, others) if own > others => {
                if counts.late_due_to_core >= counts.late_due_to_work {
                    LimitedBy::Machine
                } else {
                    LimitedBy::Generator
                }
            }
            _ if counts.late_due_to_window >= counts.late_due_to_socket.max(counts.late_due_to_connection) => {
                self.broker_or_window()
            }
            _ => LimitedBy::Broker,
        }
    }

    /// Places in the window were missing: because there are few of them, or because the broker is slow to give them back.
    fn broker_or_window(&self) -> LimitedBy {
        match self.window_in_use {
            Some(part) if part >= TURNED_OVER => LimitedBy::Window,
            _ => LimitedBy::Broker,
        }
    }

    /// What the generator and its machine did.
    fn own(&self) -> Vec<String> {
        let mut why = vec![match self.busiest {
            Some(share) => format!("the busiest worker used {:.0} % of its core", share.busy * 100.0),
            None => "the CPU use of the workers was not measured".to_owned(),
        }];
        why.extend(self.busiest.filter(|share| share.waited >= 0.1).map(|share| {
            format!("it waited {:.0} % of the time for a core used by other programs", share.waited * 100.0)
        }));
        if let Some(delay) = self.send_delay_p99 {
            why.push(format!("send-delay p99 {}", in_words(delay)));
        }
        if let Some(delay) = self.core_delay_p99.filter(|delay| *delay >= VISIBLE) {
            why.push(format!("wait for a core p99 {}", in_words(delay)));
        }
        why
    }
}

/// What went wrong with messages, whatever the bottleneck was.
#[expect(clippy::cast_precision_loss, reason = "a percentage")]
fn faults(counts: &Counts) -> Vec<String> {
    let mut faults = Vec::new();
    if counts.lost > 0 {
        let percent = counts.lost as f64 * 100.0 / counts.expected.max(1) as f64;
        faults.push(format!("{} lost, {percent:.2} % of those expected", plural(counts.lost, "message")));
    }
    for (count, noun, what) in [
        (counts.refused, "message", "refused by the broker"),
        (counts.unacknowledged, "message", "never acknowledged"),
        (counts.connections_lost, "connection", "lost"),
        (counts.subscriptions_refused, "subscription", "refused"),
    ] {
        if count > 0 {
            faults.push(format!("{} {what}", plural(count, noun)));
        }
    }
    if counts.duplicated > 0 {
        faults.push(format!("{} delivered twice", plural(counts.duplicated, "message")));
    }
    faults
}

/// What late and missing messages waited for.
fn causes(counts: &Counts) -> Vec<String> {
    let list = [
        (counts.late_due_to_core, "a core for this program"),
        (counts.late_due_to_work, "this program's own work"),
        (counts.late_due_to_window, "a place in the window"),
        (counts.late_due_to_socket, "the socket to accept more"),
        (counts.late_due_to_connection, "a connection"),
    ];
    let shown = list.into_iter().filter(|(count, _)| *count > 0);
    shown.map(|(count, what)| format!("{} late or not sent, waiting for {what}", plural(count, "message"))).collect()
}

impl LimitedBy {
    /// In a word or two.
    pub const fn short(self) -> &'static str {
        match self {
            Self::Nothing => "nothing",
            Self::Window => "the window",
            Self::Broker => "the broker",
            Self::Unclear => "unclear",
            Self::Generator => "the generator",
            Self::Machine => "this machine",
        }
    }

    /// In words.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Nothing => "nothing: the load ran as planned",
            Self::Window => "the window (raise --inflight)",
            Self::Broker => "the broker (or the network to it)",
            Self::Unclear => "unclear",
            Self::Generator => "the generator: the figures say nothing about the broker",
            Self::Machine => "this machine, which was busy with other work: not a measurement of the broker",
        }
    }

    /// In a sentence.
    pub fn sentence(self) -> String {
        match self {
            Self::Unclear => "the limit is unclear".to_owned(),
            Self::Machine => "this machine was busy with other work: not a measurement of the broker".to_owned(),
            known => format!("limited by {}", known.words()),
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "for display")]
fn in_words(nanos: u64) -> String {
    time(nanos as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(signs: &Signs) -> LimitedBy {
        Verdict::of(signs).limited_by
    }

    const fn busy(busy: f64) -> Share {
        Share { busy, waited: 0.0 }
    }

    /// Half of a thousand messages late, by what `counts` says.
    fn late(counts: &Counts) -> Signs {
        let counts = Counts { sent: 1000, late: 500, ..*counts };
        Signs { rate: Some(1.0), busiest: Some(busy(0.1)), counts, ..Signs::default() }
    }

    #[test]
    fn late_messages_are_blamed_on_what_they_waited_for() {
        for (counts, limited_by) in [
            (Counts { late_due_to_core: 400, late_due_to_window: 100, ..Counts::default() }, LimitedBy::Machine),
            (Counts { late_due_to_work: 400, late_due_to_core: 100, ..Counts::default() }, LimitedBy::Generator),
            (Counts { late_due_to_window: 400, late_due_to_core: 100, ..Counts::default() }, LimitedBy::Broker),
            (Counts { late_due_to_socket: 500, ..Counts::default() }, LimitedBy::Broker),
            (Counts { late_due_to_connection: 500, ..Counts::default() }, LimitedBy::Broker),
        ] {
            assert_eq!(verdict(&late(&counts)), limited_by, "{counts:?}");
        }
    }

    #[test]
    fn a_window_that_the_broker_turns_over_as_quickly_as_it_can_is_too_small() {
        let counts = Counts { late_due_to_window: 500, ..Counts::default() };
        assert_eq!(verdict(&Signs { window_in_use: Some(0.8), ..late(&counts) }), LimitedBy::Window);
        assert_eq!(verdict(&Signs { window_in_use: Some(0.05), ..late(&counts) }), LimitedBy::Broker);
        let unpaced = Signs { rate: None, busiest: Some(busy(0.1)), window_in_use: Some(0.8), ..Signs::default() };
        assert_eq!(verdict(&unpaced), LimitedBy::Window);
    }

    #[test]
    fn what_was_lost_or_refused_was_not_carried() {
        let signs = |counts| Signs { rate: Some(1.0), busiest: Some(busy(0.1)), counts, ..Signs::default() };
        for (counts, why) in [
            (Counts { expected: 100, lost: 10, ..Counts::default() }, "10 messages lost, 10.00 %"),
            (Counts { refused: 25, ..Counts::default() }, "25 messages refused"),
            (Counts { duplicated: 1, ..Counts::default() }, "1 message delivered twice"),
        ] {
            let verdict = Verdict::of(&signs(counts));
            assert_eq!(verdict.limited_by, LimitedBy::Broker);
            assert!(verdict.reasons[0].contains(why), "{:?}", verdict.reasons);
        }
        // A reader that has no time loses what the broker drops for it.
        let starved =
            Signs { busiest: Some(busy(0.95)), ..signs(Counts { expected: 9, lost: 1, ..Counts::default() }) };
        assert_eq!(verdict(&starved), LimitedBy::Generator);
    }

    #[test]
    fn a_generator_that_has_no_core_does_not_blame_the_broker() {
        let signs = Signs { rate: Some(0.8), busiest: Some(Share { busy: 0.3, waited: 0.65 }), ..Signs::default() };
        assert_eq!(verdict(&signs), LimitedBy::Machine);
        let why = Verdict::of(&signs).reasons.join("; ");
        assert!(why.contains("30 % of its core; it waited 65 % of the time"), "{why}");
    }

    #[test]
    fn nobody_is_blamed_without_a_measurement() {
        let signs = Signs { rate: None, ..Signs::default() };
        assert_eq!(verdict(&signs), LimitedBy::Unclear);
        assert_eq!(verdict(&Signs { rate: Some(0.5), ..signs }), LimitedBy::Unclear);
        assert_eq!(verdict(&Signs { rate: Some(1.0), ..signs }), LimitedBy::Nothing);
    }

    #[test]
    fn a_busy_generator_blames_itself() {
        let signs = Signs { rate: Some(0.8), busiest: Some(busy(0.97)), ..Signs::default() };
        assert_eq!(verdict(&signs), LimitedBy::Generator);
        assert_eq!(verdict(&Signs { rate: None, ..signs }), LimitedBy::Generator);
    }

    #[test]
    fn a_load_that_was_carried_has_no_limit() {
        let signs = Signs {
            rate: Some(1.0),
            busiest: Some(busy(0.3)),
            send_delay_p99: Some(100_000),
            core_delay_p99: Some(80_000),
            latency_p99: Some(1_000_000),
            ..Signs::default()
        };
        assert_eq!(verdict(&signs), LimitedBy::Nothing);
        let own_delay = Signs { latency_p99: Some(150_000), ..signs };
        assert_eq!(verdict(&own_delay), LimitedBy::Unclear);
        let no_core = Signs { core_delay_p99: Some(7_000_000), latency_p99: Some(9_000_000), ..signs };
        assert_eq!(verdict(&no_core), LimitedBy::Machine);
    }

    #[test]
    fn a_send_delay_within_the_precision_is_said_and_blames_nobody() {
        let signs = Signs {
            rate: Some(1.0),
            busiest: Some(busy(0.3)),
            send_delay_p99: Some(850_000),
            latency_p99: Some(1_400_000),
            precision: Some(1_000_000),
            ..Signs::default()
        };
        assert_eq!(verdict(&signs), LimitedBy::Nothing);
        assert!(Verdict::of(&signs).reasons.iter().any(|why| why.contains("precision, 1.00 ms: --precision 50us")));
        assert_eq!(verdict(&Signs { send_delay_p99: Some(1_200_000), ..signs }), LimitedBy::Unclear);
        assert_eq!(verdict(&Signs { precision: None, ..signs }), LimitedBy::Unclear);
    }

    #[test]
    fn in_between_it_is_unclear() {
        assert_eq!(
            verdict(&Signs { rate: Some(0.9), busiest: Some(busy(0.8)), ..Signs::default() }),
            LimitedBy::Unclear
        );
    }
}

//! What of a scenario its thresholds can judge, and which latency they mean.

use super::group::Group;
use super::publish::Load;
use super::scenario::Scenario;
use super::{Measure, Needs, Threshold};
use crate::mqtt::QoS;

impl Scenario {
    /// Why a threshold cannot be judged by what this run measures.
    pub(crate) fn cannot_judge(&self, threshold: &Threshold) -> Option<&'static str> {
        if let Some(name) = threshold.group() {
            return match self.groups.iter().find(|group| group.name == name) {
                _ if self.groups.len() < 2 => Some("the run has no groups"),
                Some(group) => threshold.cannot_be_of_group(group.measure()),
                None => Some("the run has no group of this name"),
            };
        }
        let paced = self.planned_per_second().is_some();
        let acknowledged = self.publishers().any(|(_, publish)| publish.qos > QoS::AtMostOnce);
        let numbered = !self.publishes() || self.stamps();
        match threshold.needs() {
            Needs::Plan if !self.publishes() => Some("nothing is published in this run"),
            Needs::Plan if !paced => Some("an unpaced run has no planned times"),
            Needs::Publishers | Needs::Acknowledgements if !self.publishes() => {
                Some("nothing is published in this run")
            }
            Needs::Acknowledgements if !acknowledged => Some("QoS 0 is not acknowledged"),
            Needs::Subscribers | Needs::Losses | Needs::Numbers if !self.subscribes() => {
                Some("nothing is received in this run")
            }
            Needs::Losses if !self.publishes() && self.shares_subscriptions() => {
                Some("a member of a shared subscription does not know what the others receive")
            }
            Needs::Numbers if !numbered => {
                Some("the payload carries no number: use --stamp, or --payload-size of 32 or more")
            }
            Needs::Requests if !self.makes_requests() => Some("no requests are made in this run"),
            Needs::Passing if !self.has_passing_subscriptions() => Some("no subscriptions come and go in this run"),
            Needs::Ramp if self.connect_interval.is_zero() => Some("no rate of connects is asked for"),
            Needs::Latency(measure) => self.cannot_measure(measure, paced, acknowledged),
            _ => None,
        }
    }

    fn cannot_measure(&self, measure: Measure, paced: bool, acknowledged: bool) -> Option<&'static str> {
        let times_acknowledgements =
            !self.publishers().any(|(_, publish)| publish.load == Load::Unpaced { latency: false });
        match measure {
            Measure::E2e | Measure::E2eUncorrected if !self.subscribes() => Some("nothing is received in this run"),
            Measure::E2e | Measure::E2eUncorrected if self.publishes() && !self.stamps() => {
                Some("the payload carries no time: use --stamp, or --payload-size of 32 or more")
            }
            Measure::Ack | Measure::AckUncorrected | Measure::SendDelay if !self.publishes() => {
                Some("nothing is published in this run")
            }
            Measure::Ack if !paced => Some("an unpaced run has no corrected latency: use ack_uncorrected"),
            Measure::Ack | Measure::AckUncorrected if !acknowledged => Some("QoS 0 is not acknowledged"),
            Measure::AckUncorrected if !times_acknowledgements => {
                Some("an unpaced run measures no latency without --latency")
            }
            Measure::CoreDelay if !self.publishes() => Some("nothing is published in this run"),
            Measure::SendDelay if !paced => Some("without planned times nothing is delayed"),
            Measure::Online if !self.plans_connects() => Some("no connect of this run has a planned time"),
            Measure::Backlog if self.phases.len() < 2 || !self.subscribes() => {
                Some("no messages are queued at the broker in this run")
            }
            Measure::Suback if !self.subscribes() && !self.makes_requests() && !self.has_passing_subscriptions() => {
                Some("no client subscribes in this run")
            }
            Measure::Unsuback if !self.has_passing_subscriptions() => Some("no subscriptions come and go in this run"),
            Measure::Response if !self.makes_requests() => Some("no requests are made in this run"),
            _ => None,
        }
    }

    /// The latency that the series shows: the longest way that is measured.
    pub(crate) fn series_measure(&self) -> Measure {
        match (self.publishes(), self.subscribes()) {
            _ if self.makes_requests() => Measure::Response,
            (_, true) => Measure::E2e,
            (true, false) => {
                let paced = self.publishers().any(|(_, publish)| !matches!(publish.load, Load::Unpaced { .. }));
                if paced { Measure::Ack } else { Measure::AckUncorrected }
            }
            (false, false) if self.plans_connects() => Measure::Online,
            (false, false) if self.has_passing_subscriptions() => Measure::Suback,
            (false, false) => Measure::Connack,
        }
    }

    /// The latency that a threshold means where it names none: of the longest way that is measured, of its group or of the
    /// whole run.
    pub(crate) fn way_of(&self, threshold: &Threshold) -> Measure {
        let group = self.groups.iter().find(|group| Some(group.name.as_str()) == threshold.group());
        group.map_or_else(|| self.way(), Group::measure)
    }

    /// The same, of the whole run.
    fn way(&self) -> Measure {
        let acknowledged = self.publishers().any(|(_, publish)| publish.qos > QoS::AtMostOnce);
        match (self.subscribes(), acknowledged) {
            _ if self.makes_requests() => Measure::Response,
            (true, _) => Measure::E2e,
            (false, true) => Measure::Ack,
            (false, false) if self.publishes() => Measure::SendDelay,
            (false, false) if self.has_passing_subscriptions() => Measure::Suback,
            (false, false) => Measure::Connack,
        }
    }

    /// Whether a threshold may end this run before its time: by a count that only grows, or by the latency that the
    /// series shows.
    pub(crate) fn can_judge_early(&self, threshold: &Threshold) -> bool {
        threshold.may_be_judged_early()
            && !matches!(threshold.needs(), Needs::Latency(measure) if measure != self.series_measure())
    }
}

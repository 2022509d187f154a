//! What a worker does when the conductor orders something: the changes before a phase, its beginning, its end.

use std::cmp::Reverse;

use super::connection::Served;
use super::stage::Stage;
use super::tools::CLOSING;
use super::{GroupPart, Mode, Worker};
use crate::bench::clock::nanos;
use crate::bench::control::Order;
use crate::bench::{Act, Change, Load, Role, Schedule};
use crate::mqtt::QoS;

impl Worker {
    /// Follows the conductor; `true` when it is over.
    pub(super) fn obey(&mut self) -> bool {
        if self.assignment.control.is_aborted() {
            return true;
        }
        if self.obeyed < self.assignment.control.given() {
            while let Some(order) = self.assignment.control.order(self.obeyed) {
                match order {
                    Order::Change { phase } => self.change(phase),
                    Order::Begin { phase, at } => self.upcoming.push_back((phase, at)),
                    Order::Stop => self.stop(),
                }
                self.obeyed += 1;
            }
            self.tell();
        }
        while let Some((phase, at)) = self.upcoming.front().copied().filter(|(_, at)| *at <= self.tools.now) {
            self.upcoming.pop_front();
            self.begin(phase, at);
        }
        if let Mode::Closing { until } = self.mode {
            return self.tools.now >= until || self.tools.stages[Stage::Closing as usize] == 0;
        }
        if self.assignment.control.is_finished() {
            self.close();
        }
        false
    }

    /// Carries out the changes before a phase.
    fn change(&mut self, phase: usize) {
        let plan = self.tools.plan.clone();
        let now = self.tools.now;
        let interval = nanos(plan.scenario.connect_interval);
        self.mode = Mode::Changing;
        self.tools.phase = phase;
        self.tools.recorder.enter_phase(phase);
        self.tools.recorder.to = u64::MAX;
        let returns = |(group, change): &(usize, Change)| {
            *change == Change::Connect && plan.scenario.groups[*group].kept_session.is_some()
        };
        if plan.scenario.phases[phase].changes.iter().any(returns) {
            self.tools.waiting = 0;
        }
        let retained = self.tools.retained.iter().flatten().map(|topic| plan.retained_fan_out(phase, topic));
        self.tools.recorder.counts.expected += retained.sum::<u64>();
        let mut before = 0;
        for (group, change) in &plan.scenario.phases[phase].changes {
            for index in self.members(*group) {
                let connection = &mut self.connections[index as usize];
                let dial = match change {
                    Change::Connect => connection.return_by_plan(&mut self.tools).then(|| {
                        let place = before + connection.client.number;
                        // The first connects are planned from the run's beginning, not from when we heard of them.
                        (if phase == 0 { 0 } else { now }).saturating_add(place.saturating_mul(interval))
                    }),
                    Change::Drop => connection.cut(&mut self.tools).then_some(now),
                    Change::Disconnect => {
                        if connection.leave(&mut self.tools) == Served::Ended {
                            self.ended(index);
                        }
                        None
                    }
                };
                self.planned_dials.extend(dial.map(|at| Reverse((at, index))));
            }
            before += plan.scenario.groups[*group].clients;
        }
    }

    /// Begins a phase whose time has been reached.
    fn begin(&mut self, phase: usize, at: u64) {
        // What the one before planned for its last moment.
        self.publish_due();
        let plan = self.tools.plan.clone();
        let settings = &plan.scenario.phases[phase];
        let end = settings.until.elapsed.map(nanos);
        let is_last = phase + 1 == plan.scenario.phases.len();
        let recorder = &mut self.tools.recorder;
        recorder.enter_phase(phase);
        if recorder.from == u64::MAX {
            recorder.from = at.saturating_add(nanos(plan.scenario.warmup));
        }
        recorder.to = end.filter(|_| is_last).map_or(u64::MAX, |end| at.saturating_add(end));
        self.mode = Mode::Running { begin: at };
        self.tools.phase = phase;
        self.tools.running = true;
        self.tools.began = Some(self.tools.now);
        // At the worker's own clock too, so that a short run is measured.
        self.next_look = 0;
        let mut per_second = 0.0;
        for group in 0..self.groups.len() {
            let act = settings.acts.iter().find(|act| act.group == group);
            self.groups[group].schedule = act.and_then(|act| self.schedule_of(act, end));
            per_second += self.groups[group].schedule.as_ref().map_or(0.0, Schedule::per_second);
            for index in self.members(group) {
                let connection = &mut self.connections[index as usize];
                connection.begin(group, act.is_some(), &mut self.tools);
                // An unpaced client gets its first push here.
                if connection.is_eager() {
                    self.again.push(index);
                }
            }
        }
        let answers = if plan.highest_qos() == QoS::AtMostOnce { 1.0 } else { 2.0 };
        self.ticker.begin(per_second * answers, self.tools.now);
    }

    fn schedule_of(&mut self, act: &Act, end: Option<u64>) -> Option<Schedule> {
        let plan = self.tools.plan.clone();
        let slice = plan.slice(act.group).part(self.assignment.index, self.assignment.workers);
        #[expect(clippy::float_cmp, reason = "as they were written")]
        let is_ramp = act.from != act.to;
        let (limit, load) = match &plan.scenario.groups[act.group].role {
            Role::Publish(publish) => {
                if let (Some(trace), Load::Even(average)) = (&publish.trace, publish.load) {
                    let factor = average.scaled(act.from).per_second() / trace.per_second();
                    return Some(Schedule::traced(slice, trace.clone(), factor, publish.limit, end));
                }
                if let (2.., Load::Even(rate)) = (publish.burst, publish.load) {
                    return Some(Schedule::bursts(slice, rate.scaled(act.from), publish.burst, publish.limit, end));
                }
                (publish.limit, publish.load)
            }
            Role::Churn(churn) => (None, Load::Even(churn.rate)),
            Role::Subscribe(subscribe) => (None, Load::Even(subscribe.churn?.rate)),
            Role::Idle => return None,
        };
        match (load, end) {
            (Load::Even(rate), Some(end)) if is_ramp => {
                Some(Schedule::ramp(slice, (rate.scaled(act.from), rate.scaled(act.to)), limit, end))
            }
            (Load::Even(rate), _) => Some(Schedule::even(slice, rate.scaled(act.from), limit, end)),
            (Load::Poisson(rate), _) => {
                let random = self.tools.random.fork();
                Some(Schedule::poisson(slice, rate.scaled(act.from), limit, end, random))
            }
            (Load::Unpaced { .. }, _) => None,
        }
    }

    /// Nothing new is begun.
    fn stop(&mut self) {
        self.look_at_cpu();
        self.upcoming.clear();
        self.tools.running = false;
        self.groups.iter_mut().for_each(|group| group.schedule = None);
        self.connections.iter_mut().for_each(|connection| connection.stop(&mut self.tools));
        self.tools.recorder.to = self.tools.recorder.to.min(self.tools.now);
    }

    /// Disconnects from the broker.
    fn close(&mut self) {
        self.mode = Mode::Closing { until: self.tools.now + CLOSING };
        self.settle();
        self.dials.abort_all();
        self.planned_dials.clear();
        self.tools.departures.clear();
        for index in 0..self.connections.len() {
            if self.connections[index].disconnect(&mut self.tools) == Served::Ended {
                self.connections[index].enter(Stage::Gone, &mut self.tools);
            }
        }
    }

    /// The connections of a group.
    fn members(&self, group: usize) -> std::ops::Range<u32> {
        let GroupPart { first, count, .. } = self.groups[group];
        let end = first + count;
        // As many as `new` has numbered.
        let number = |place: usize| u32::try_from(place).unwrap_or(u32::MAX);
        number(first)..number(end)
    }
}

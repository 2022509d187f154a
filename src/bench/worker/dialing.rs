//! Which connection is dialled when, and what happens to one that has ended.

use std::cmp::Reverse;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll};

use super::connection::Served;
use super::stage::Stage;
use super::{Mode, Worker};
use crate::bench::clock::nanos;
use crate::transport::{DialError, Dialed, Dialer};

impl Worker {
    /// A connection has ended: it is dialled again, away by plan, or gone.
    pub(super) fn ended(&mut self, index: u32) {
        let connection = &mut self.connections[index as usize];
        if matches!(self.mode, Mode::Closing { .. }) {
            connection.give_up(&mut self.tools);
        } else if connection.is_away() {
            let planned = connection.away(&mut self.tools);
            self.planned_dials.extend(planned.map(|planned| Reverse((planned, index))));
        } else if let Some(delay) = connection.retry_after(&mut self.tools) {
            connection.enter(Stage::Waiting, &mut self.tools);
            self.planned_dials.push(Reverse((self.tools.now.saturating_add(nanos(delay)), index)));
        } else {
            connection.give_up(&mut self.tools);
        }
        if self.is_left_alone() {
            self.tell();
        }
    }

    /// Whether nobody is connected any more, or nobody will be, which the conductor does not know yet. Each connection that
    /// ends asks, and the answer to the conductor is a look at all of them.
    fn is_left_alone(&self) -> bool {
        let progress = &self.assignment.handle.progress;
        let is_news =
            |stage: Stage, known: u64, count: u64| self.tools.stages[stage as usize] == count && known != count;
        let all = self.connections.len() as u64;
        !matches!(self.mode, Mode::Closing { .. })
            && (is_news(Stage::Ready, progress.ready.load(Ordering::Relaxed), 0)
                || is_news(Stage::Gone, all - progress.hopeful.load(Ordering::Relaxed), all))
    }

    /// Lets those go that have stayed for long enough.
    pub(super) fn depart(&mut self) {
        while let Some(Reverse((at, index))) = self.tools.departures.peek().copied() {
            if at > self.tools.now {
                break;
            }
            self.tools.departures.pop();
            let connection = &mut self.connections[index as usize];
            // Not if the connection that was to leave is lost, and this is another.
            if connection.has_stayed(at) && connection.leave(&mut self.tools) == Served::Ended {
                self.ended(index);
            }
        }
    }

    pub(super) fn under_way(&self) -> usize {
        let stages = [Stage::Dialing, Stage::Connecting, Stage::Subscribing];
        let count: u64 = stages.iter().map(|stage| self.tools.stages[*stage as usize]).sum();
        usize::try_from(count).unwrap_or(usize::MAX)
    }

    /// How many connects this worker may have under way.
    pub(super) fn handshakes(&self) -> usize {
        let workers = usize::try_from(self.assignment.workers).unwrap_or(usize::MAX);
        (self.tools.plan.scenario.handshakes / workers).max(1)
    }

    pub(super) fn dial(&mut self, cx: &mut Context<'_>) {
        let handshakes = self.handshakes();
        while self.under_way() < handshakes {
            let Some(Reverse((_, index))) =
                self.planned_dials.peek().copied().filter(|dial| dial.0.0 <= self.tools.now)
            else {
                break;
            };
            self.planned_dials.pop();
            let connection = &mut self.connections[index as usize];
            if connection.stage != Stage::Waiting {
                // It was to leave meanwhile.
                continue;
            }
            self.tools.recorder.at_group(connection.client.group);
            connection.enter(Stage::Dialing, &mut self.tools);
            self.tools.recorder.counts.connections_attempted += 1;
            let (plan, client) = (self.tools.plan.clone(), connection.client);
            let (dialer, endpoint) = plan.way(client);
            let own = plan.certificate(client).map(|identity| {
                let dialer = &plan.scenario.dialers[dialer];
                dialer.tls.with_identity(&identity).map(|tls| Dialer { tls, ..dialer.clone() })
            });
            let own = own.transpose().map_err(|error| error.to_string()).and_then(|own| {
                let Some(headers) = plan.headers(client) else { return Ok(own) };
                let dialer = own.unwrap_or_else(|| plan.scenario.dialers[dialer].clone());
                let websocket = dialer.websocket.with_headers(headers).map_err(|error| error.to_string())?;
                Ok(Some(Dialer { websocket, ..dialer }))
            });
            let own = match own {
                Ok(own) => own,
                Err(error) => {
                    self.tools.recorder.counts.connections_failed += 1;
                    self.tools.recorder.reasons.note(format!("connect: {error}"));
                    self.ended(index);
                    continue;
                }
            };
            if let (None, Some(resolved)) = (&own, plan.resolved[dialer][endpoint].as_deref())
                && let Some(opening) = plan.scenario.dialers[dialer].open(&plan.scenario.endpoints[endpoint], resolved)
            {
                connection.opens(opening);
                self.go_on_opening(index);
                continue;
            }
            self.dials.spawn(async move {
                let resolved = plan.resolved[dialer][endpoint].as_deref();
                let scenario = &plan.scenario;
                let dialer = own.as_ref().unwrap_or(&scenario.dialers[dialer]);
                let endpoint = &scenario.endpoints[endpoint];
                match resolved {
                    Some(resolved) => (index, dialer.dial_resolved(endpoint, resolved).await),
                    // All that clients reach are looked up beforehand.
                    None => (index, dialer.dial(endpoint).await),
                }
            });
        }
        while let Poll::Ready(Some(dialed)) = self.dials.poll_join_next(cx) {
            // An aborted dial means that the run is over.
            let Ok((index, dialed)) = dialed else { continue };
            self.dialed(index, dialed);
        }
    }

    /// A connection that opens its stream without a task goes on.
    pub(super) fn go_on_opening(&mut self, index: u32) {
        if let Some(dialed) = self.connections[index as usize].poll_open(&self.tools) {
            self.dialed(index, dialed);
        }
    }

    fn dialed(&mut self, index: u32, dialed: Result<Dialed, DialError>) {
        self.tools.take_time();
        let connection = &mut self.connections[index as usize];
        let served = match dialed {
            Ok(dialed) => connection.open(dialed, &mut self.tools),
            Err(error) => {
                self.tools.recorder.at_group(connection.client.group);
                self.tools.recorder.counts.connections_failed += 1;
                self.tools.recorder.reasons.note(format!("connect: {error}"));
                Served::Ended
            }
        };
        match served {
            Served::Waits => {}
            Served::HasMore => self.again.push(index),
            Served::Ended => self.ended(index),
        }
    }
}

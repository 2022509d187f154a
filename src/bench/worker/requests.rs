//! Requests of one flow: which wait for their response, and how long each took.
//!
//! Where nothing but their order distinguishes responses (MQTT 3.1.1 without the number in the topic), a response answers the
//! oldest request that has none, one that has timed out included: the response is late then, and the next request is not
//! credited with it. A response that is not there after twice the time is taken as lost, and its request no longer waits for one.

use std::collections::VecDeque;

use bytes::{BufMut, Bytes, BytesMut};

use super::tools::Tools;
use crate::bench::clock::nanos;
use crate::bench::plan::ClientNumber;
use crate::bench::{Correlation, Measure, Request};
use crate::mqtt::{Message, TopicFilter};

/// Requests of one flow of a client.
#[derive(Debug)]
pub(super) struct Requests {
    correlation: Correlation,
    /// How long a response may take, nanoseconds.
    timeout: u64,
    /// Where responses come.
    filter: Option<TopicFilter>,
    /// Those without a response yet, in the order of their numbers. Some are answered out of turn.
    waiting: VecDeque<Waiting>,
    /// How many of them have no response.
    open: u64,
    /// When those were sent that have timed out and whose response is still the next in order.
    owed: VecDeque<u64>,
}

#[derive(Debug)]
struct Waiting {
    sequence: u64,
    /// When it was due; in an unpaced run when it was sent.
    begin: u64,
    sent: u64,
    is_answered: bool,
}

/// What a message on a response topic is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Found {
    /// The response to the waiting request at this place.
    Response(usize),
    /// One of a request that does not wait any more.
    Late,
    /// One that was asked for by nobody here.
    Foreign,
}

/// What is said of a late response that is known by the order alone.
const LATE_IN_ORDER: &str = "response: too late, by the order of responses; Correlation Data or {sequence} in response_topic would say whose it is";

/// Bytes of Correlation Data: run, publisher, number.
const CORRELATION: usize = 16;

impl Requests {
    pub(super) fn new(request: &Request) -> Self {
        let (correlation, timeout) = (request.correlation, nanos(request.timeout));
        Self { correlation, timeout, filter: None, waiting: VecDeque::new(), open: 0, owed: VecDeque::new() }
    }

    /// Where responses come from now on.
    pub(super) fn listen(&mut self, filter: &TopicFilter) {
        self.filter = Some(filter.clone());
    }

    /// Correlation Data of a request, where it is told apart by that.
    pub(super) fn correlation(&self, client: ClientNumber, sequence: u64, tools: &mut Tools) -> Option<Bytes> {
        (self.correlation == Correlation::Data).then(|| {
            let (run, publisher) = (tools.plan.scenario.run, tools.plan.publisher(client));
            tools.make_room(CORRELATION);
            write_correlation(run, publisher, sequence, &mut tools.arena);
            tools.arena.split().freeze()
        })
    }

    /// A request was handed over for sending.
    pub(super) fn begin(&mut self, sequence: u64, planned: u64, is_paced: bool, tools: &mut Tools) {
        tools.recorder.counts.requests += 1;
        let begin = if is_paced { planned } else { tools.now };
        self.waiting.push_back(Waiting { sequence, begin, sent: tools.now, is_answered: false });
        self.open += 1;
    }

    /// A message has arrived; `false`: it is not on the topic where responses come.
    pub(super) fn receive(&mut self, client: ClientNumber, message: &Message, tools: &mut Tools) -> bool {
        if !self.filter.as_ref().is_some_and(|filter| filter.matches(message.topic.as_str())) {
            return false;
        }
        self.expire(tools);
        let found = self.find(client, message, tools);
        // One of several flows that listen to the same topic.
        if found == Found::Foreign && self.correlation == Correlation::Data {
            return false;
        }
        tools.recorder.last_activity = tools.now;
        match found {
            Found::Response(place) => {
                let waiting = &mut self.waiting[place];
                waiting.is_answered = true;
                let begin = waiting.begin;
                self.open -= 1;
                tools.recorder.counts.responses += 1;
                tools.recorder.measure(Measure::Response, begin, tools.now.saturating_sub(begin));
                self.forget();
            }
            Found::Late => {
                tools.recorder.counts.responses_late += 1;
                if self.owed.pop_front().is_some() {
                    tools.recorder.reasons.note(LATE_IN_ORDER.to_owned());
                }
            }
            Found::Foreign => tools.recorder.counts.responses_foreign += 1,
        }
        true
    }

    fn find(&self, client: ClientNumber, message: &Message, tools: &Tools) -> Found {
        let sequence = match self.correlation {
            Correlation::Data => {
                let data = message.properties.as_ref().and_then(|properties| properties.correlation_data.as_deref());
                match data.and_then(read_correlation) {
                    Some((run, publisher, sequence))
                        if run == tools.plan.scenario.run && publisher == tools.plan.publisher(client) =>
                    {
                        Some(sequence)
                    }
                    _ => None,
                }
            }
            Correlation::Level(level) => {
                message.topic.as_str().split('/').nth(level).and_then(|text| text.parse().ok())
            }
            Correlation::Order => return self.next_in_order(),
        };
        let Some(sequence) = sequence else { return Found::Foreign };
        match self.waiting.binary_search_by_key(&sequence, |waiting| waiting.sequence) {
            Ok(place) if !self.waiting[place].is_answered => Found::Response(place),
            _ => Found::Late,
        }
    }

    /// Which request the next response answers where it says nothing itself.
    fn next_in_order(&self) -> Found {
        match (self.owed.is_empty(), self.waiting.is_empty()) {
            (false, _) => Found::Late,
            (true, false) => Found::Response(0),
            (true, true) => Found::Foreign,
        }
    }

    /// Gives up those whose time is over.
    pub(super) fn expire(&mut self, tools: &mut Tools) {
        tools.recorder.counts.responses_timed_out += self.time_out(tools.now);
    }

    /// Gives up those whose time is over; how many had no response.
    fn time_out(&mut self, now: u64) -> u64 {
        let mut count = 0;
        while let Some(first) = self.waiting.front()
            && now.saturating_sub(first.sent) > self.timeout
        {
            let is_open = u64::from(!first.is_answered);
            count += is_open;
            self.open -= is_open;
            if self.correlation == Correlation::Order {
                self.owed.push_back(first.sent);
            }
            self.waiting.pop_front();
            self.forget();
        }
        while self.owed.front().is_some_and(|sent| now.saturating_sub(*sent) / 2 > self.timeout) {
            self.owed.pop_front();
        }
        count
    }

    /// No more responses are waited for.
    pub(super) fn give_up(&mut self, tools: &mut Tools) {
        tools.recorder.counts.responses_timed_out += std::mem::take(&mut self.open);
        self.waiting.clear();
        self.owed.clear();
    }

    /// How many requests wait for their response.
    pub(super) fn open(&self) -> u64 {
        self.open
    }

    fn forget(&mut self) {
        while self.waiting.front().is_some_and(|waiting| waiting.is_answered) {
            self.waiting.pop_front();
        }
    }
}

fn write_correlation(run: u32, publisher: u32, sequence: u64, out: &mut BytesMut) {
    out.put_u32(run);
    out.put_u32(publisher);
    out.put_u64(sequence);
}

fn read_correlation(data: &[u8]) -> Option<(u32, u32, u64)> {
    let (run, rest) = data.split_first_chunk()?;
    let (publisher, rest) = rest.split_first_chunk()?;
    let sequence = rest.try_into().ok()?;
    Some((u32::from_be_bytes(*run), u32::from_be_bytes(*publisher), u64::from_be_bytes(sequence)))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Requests of a flow in which only the order says which response is whose, sent at these times.
    fn in_order(timeout: u64, sent: &[u64]) -> Requests {
        let waiting = |(number, sent): (usize, &u64)| Waiting {
            sequence: number as u64,
            begin: *sent,
            sent: *sent,
            is_answered: false,
        };
        Requests {
            correlation: Correlation::Order,
            timeout,
            filter: None,
            waiting: sent.iter().enumerate().map(waiting).collect(),
            open: sent.len() as u64,
            owed: VecDeque::new(),
        }
    }

    #[test]
    fn the_response_to_a_request_that_has_timed_out_is_not_credited_to_the_next_one() {
        let mut requests = in_order(100, &[0, 10, 90]);
        assert_eq!((requests.time_out(100), requests.next_in_order()), (0, Found::Response(0)));
        assert_eq!((requests.time_out(111), requests.open), (2, 1));
        for _ in 0..2 {
            assert_eq!(requests.next_in_order(), Found::Late);
            requests.owed.pop_front();
        }
        assert_eq!(requests.next_in_order(), Found::Response(0), "in order again");
    }

    #[test]
    fn a_response_that_is_not_there_after_twice_the_time_is_not_waited_for() {
        let mut requests = in_order(100, &[0, 150]);
        assert_eq!((requests.time_out(101), requests.next_in_order()), (1, Found::Late));
        assert_eq!((requests.time_out(202), requests.next_in_order()), (0, Found::Response(0)));
        assert_eq!((requests.time_out(251), requests.time_out(352), requests.next_in_order()), (1, 0, Found::Foreign));
    }

    #[test]
    fn correlation_data_is_read_as_it_was_written_and_nothing_else_is() {
        let mut bytes = BytesMut::new();
        write_correlation(7, u32::MAX, 1 << 40, &mut bytes);
        assert_eq!(bytes.len(), CORRELATION);
        assert_eq!(read_correlation(&bytes), Some((7, u32::MAX, 1 << 40)));
        for other in [&b""[..], b"17", &[0; CORRELATION + 1]] {
            assert_eq!(read_correlation(other), None);
        }
    }
}

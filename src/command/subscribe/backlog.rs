//! What was taken to be worked on and is not acknowledged yet, without I/O.
//!
//! Work on messages ends in any order; acknowledgements leave in the order in which the messages came [MQTT-4.6.0-2].
//!
//! A lost connection makes the tokens of QoS 1 stale, and the broker sends again what it has no acknowledgement for, with
//! DUP and the packet id that it had [MQTT-4.4.0-1]. An id stays in use until it is acknowledged, so a message with DUP,
//! such an id and the same content is the one that is being worked on: it is not begun a second time.

use std::collections::{HashMap, VecDeque};

use crate::mqtt::{QoS, TopicName};
use crate::session::{AckToken, Received};

/// Messages that wait above which no more are taken.
const MOST_WAITING: usize = 1024;
/// Bytes of their payloads, the same.
const MOST_WAITING_BYTES: usize = 1024 * 1024;

/// Messages in the order of their coming.
#[derive(Debug, Default)]
pub(super) struct Backlog {
    entries: VecDeque<Entry>,
    /// At QoS 1, begun on a connection that is gone, by packet id: the broker sends them again.
    orphans: HashMap<u16, Entry>,
    /// Done and about to be acknowledged.
    given: HashMap<AckToken, Entry>,
    last: u64,
    waiting: usize,
    waiting_bytes: usize,
}

#[derive(Debug)]
struct Entry {
    number: u64,
    received: Received,
    state: State,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Nobody has begun.
    Waiting,
    /// Somebody works on it.
    Begun,
    /// It is to come again.
    Failed,
    /// It may be acknowledged.
    Done,
}

impl Backlog {
    /// Takes a message in.
    pub(super) fn take(&mut self, received: Received) {
        if let Some(mut orphan) = self.orphans.remove(&received.packet_id) {
            if is_sent_again(&received, &orphan.received) {
                orphan.received = received;
                self.entries.push_back(orphan);
                return;
            }
            // The broker has the id for another message: nothing is left to acknowledge.
            orphan.received.token = None;
            self.entries.push_back(orphan);
        }
        self.last += 1;
        self.waiting += 1;
        self.waiting_bytes += received.message.payload.len();
        self.entries.push_back(Entry { number: self.last, received, state: State::Waiting });
    }

    /// A message on which there is nothing to work, and whose acknowledgement waits for those before it.
    pub(super) fn pass_over(&mut self, received: Received) {
        if received.token.is_some() {
            self.last += 1;
            self.entries.push_back(Entry { number: self.last, received, state: State::Done });
        }
    }

    /// The first that waits, which begins now, by its number. With `acknowledge` its token is used up here.
    pub(super) fn begin(&mut self, acknowledge: bool) -> Option<(u64, Received)> {
        if self.waiting == 0 {
            return None;
        }
        let entry = self.entries.iter_mut().find(|entry| entry.state == State::Waiting)?;
        self.waiting -= 1;
        self.waiting_bytes -= entry.received.message.payload.len();
        entry.state = State::Begun;
        let received = entry.received.clone();
        if acknowledge {
            entry.received.token = None;
        }
        Some((entry.number, received))
    }

    /// The oldest that somebody works on.
    pub(super) fn oldest_begun(&self) -> Option<u64> {
        let begun = self.entries.iter().chain(self.orphans.values()).filter(|entry| entry.state == State::Begun);
        begun.map(|entry| entry.number).min()
    }

    /// The work on it has ended well, or as well as it will.
    pub(super) fn done(&mut self, number: u64) {
        if let Some(entry) = self.find(number) {
            entry.state = State::Done;
        }
    }

    /// It is to come again. `false`: nobody will send it again.
    pub(super) fn failed(&mut self, number: u64) -> bool {
        match self.find(number) {
            Some(entry) if entry.received.token.is_some() => {
                entry.state = State::Failed;
                true
            }
            _ => false,
        }
    }

    /// The next to acknowledge, as all before it are done or have nothing to be acknowledged by.
    pub(super) fn next_token(&mut self) -> Option<AckToken> {
        let mut at = 0;
        while let Some(entry) = self.entries.get(at) {
            match entry.state {
                State::Done => {
                    let entry = self.entries.remove(at)?;
                    if let Some(token) = entry.received.token {
                        self.given.insert(token, entry);
                        return Some(token);
                    }
                }
                State::Begun if entry.received.token.is_none() => at += 1,
                _ => return None,
            }
        }
        None
    }

    /// The token was used. `false`: its connection was gone by then, so the broker sends the message again, and then it is
    /// acknowledged without being begun again.
    pub(super) fn acknowledged(&mut self, token: AckToken, is_in_time: bool) {
        let Some(entry) = self.given.remove(&token) else { return };
        if !is_in_time && entry.received.message.qos == QoS::AtLeastOnce {
            self.orphans.insert(entry.received.packet_id, entry);
        }
    }

    /// Where a message was published; `None` if nothing is known of it any more.
    pub(super) fn topic_of(&self, number: u64) -> Option<&TopicName> {
        let mut all = self.entries.iter().chain(self.orphans.values());
        all.find(|entry| entry.number == number).map(|entry| &entry.received.message.topic)
    }

    /// There is another connection. Without the session nothing comes again, and what has not been done is done here.
    pub(super) fn reconnected(&mut self, is_session_lost: bool) {
        let entries = std::mem::take(&mut self.entries);
        if is_session_lost {
            let mut all: Vec<_> = self.orphans.drain().map(|(_, entry)| entry).chain(entries).collect();
            all.sort_by_key(|entry| entry.number);
            for entry in &mut all {
                // Of a session that is gone.
                entry.received.token = None;
            }
            self.entries = all.into();
        } else {
            for entry in entries {
                let is_sent_again = entry.received.message.qos == QoS::AtLeastOnce && entry.received.token.is_some();
                match entry.state {
                    State::Begun | State::Done if is_sent_again => {
                        self.orphans.insert(entry.received.packet_id, entry);
                    }
                    State::Waiting | State::Failed if is_sent_again => {}
                    _ => self.entries.push_back(entry),
                }
            }
        }
        // At QoS 2 the session keeps to itself what the broker sends again, as it has come already.
        for entry in &mut self.entries {
            if entry.state == State::Failed {
                entry.state = State::Waiting;
            }
        }
        let waiting = self.entries.iter().filter(|entry| entry.state == State::Waiting);
        (self.waiting, self.waiting_bytes) =
            waiting.fold((0, 0), |(count, bytes), entry| (count + 1, bytes + entry.received.message.payload.len()));
    }

    /// Whether enough waits.
    pub(super) fn is_full(&self) -> bool {
        self.waiting >= MOST_WAITING || self.waiting_bytes >= MOST_WAITING_BYTES
    }

    /// How many are not done.
    pub(super) fn unfinished(&self) -> usize {
        let all = self.entries.iter().chain(self.orphans.values());
        all.filter(|entry| entry.state != State::Done).count()
    }

    /// How many are begun and not done.
    pub(super) fn begun(&self) -> usize {
        let all = self.entries.iter().chain(self.orphans.values());
        all.filter(|entry| entry.state == State::Begun).count()
    }

    fn find(&mut self, number: u64) -> Option<&mut Entry> {
        // Adopted ones are not in the order of their numbers.
        self.entries.iter_mut().chain(self.orphans.values_mut()).find(|entry| entry.number == number)
    }
}

/// Whether a message is one that had come on an earlier connection and was not acknowledged.
fn is_sent_again(received: &Received, before: &Received) -> bool {
    received.dup
        && received.message.qos == QoS::AtLeastOnce
        && received.message.topic == before.message.topic
        && received.message.payload == before.message.payload
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use bytes::BytesMut;
    use proptest::prelude::*;

    use super::*;
    use crate::mqtt::Version;
    use crate::session::{Acknowledge, ConnectOptions, Event, Session};

    /// Messages as a session delivers them: the first byte of PUBLISH, the packet id and the payload of each.
    fn received(session: &mut Session, messages: &[(u8, u16, u8)]) -> Vec<Received> {
        let mut input = BytesMut::new();
        for &(first, packet_id, payload) in messages {
            let [high, low] = packet_id.to_be_bytes();
            input.extend_from_slice(&[first, 7, 0, 1, b'a', high, low, 0, payload]);
        }
        session.handle_input(&mut input, Instant::now());
        std::iter::from_fn(|| session.poll_event())
            .filter_map(|event| if let Event::Message(received) = event { Some(received) } else { None })
            .collect()
    }

    /// A session on a new connection.
    fn connect(session: &mut Session, is_present: bool) {
        let mut output = BytesMut::new();
        session.connect(Instant::now());
        _ = session.poll_transmit(&mut output, Instant::now());
        let connack = [0x20, 3, u8::from(is_present), 0, 0];
        session.handle_input(&mut BytesMut::from(&connack[..]), Instant::now());
    }

    fn session() -> Session {
        let options = ConnectOptions {
            acknowledge: Acknowledge::Manual,
            clean_start: false,
            ..ConnectOptions::new(Version::V5, "x")
        };
        let mut session = Session::new(options).unwrap();
        connect(&mut session, false);
        session
    }

    const QOS_1: u8 = 0x32;
    const QOS_1_DUP: u8 = 0x3A;
    const QOS_2: u8 = 0x34;

    #[test]
    fn what_is_sent_again_while_it_is_worked_on_is_not_begun_twice() {
        let mut session = session();
        let mut backlog = Backlog::default();
        for message in received(&mut session, &[(QOS_1, 1, b'x'), (QOS_1, 2, b'y'), (QOS_1, 3, b'z')]) {
            backlog.take(message);
        }
        let first = backlog.begin(false).unwrap().0;
        let second = backlog.begin(false).unwrap().0;
        backlog.done(second);
        assert_eq!(backlog.next_token(), None, "the first is not done");
        session.handle_closed(Instant::now());
        connect(&mut session, true);
        backlog.reconnected(false);
        let again = received(&mut session, &[(QOS_1_DUP, 1, b'x'), (QOS_1_DUP, 2, b'y'), (QOS_1_DUP, 3, b'z')]);
        let tokens: Vec<_> = again.iter().map(|received| received.token.unwrap()).collect();
        for message in again {
            backlog.take(message);
        }
        let (third, message) = backlog.begin(false).unwrap();
        assert_eq!(&message.message.payload[..], b"z");
        assert_eq!(backlog.begin(false), None);
        backlog.done(third);
        backlog.done(first);
        let acknowledged: Vec<_> = std::iter::from_fn(|| backlog.next_token()).collect();
        assert_eq!(acknowledged, tokens);
        assert!(acknowledged.into_iter().all(|token| session.acknowledge(token)));
    }

    #[test]
    fn what_was_done_too_late_to_be_acknowledged_is_not_begun_again() {
        let mut session = session();
        let mut backlog = Backlog::default();
        for message in received(&mut session, &[(QOS_1, 1, b'x')]) {
            backlog.take(message);
        }
        let (number, _) = backlog.begin(false).unwrap();
        session.handle_closed(Instant::now());
        connect(&mut session, true);
        // The end of the work is heard of before the new connection.
        backlog.done(number);
        let token = backlog.next_token().unwrap();
        let is_in_time = session.acknowledge(token);
        assert!(!is_in_time);
        backlog.acknowledged(token, is_in_time);
        backlog.reconnected(false);
        for message in received(&mut session, &[(QOS_1_DUP, 1, b'x')]) {
            backlog.take(message);
        }
        assert_eq!(backlog.begin(false), None);
        let token = backlog.next_token().unwrap();
        assert!(session.acknowledge(token));
    }

    #[test]
    fn another_message_under_the_same_packet_id_is_begun() {
        for (again, is_begun) in [
            ((QOS_1_DUP, 1, b'x'), false),
            ((QOS_1, 1, b'x'), true),
            ((QOS_1_DUP, 1, b'y'), true),
            ((QOS_1_DUP, 2, b'x'), true),
        ] {
            let mut session = session();
            let mut backlog = Backlog::default();
            for message in received(&mut session, &[(QOS_1, 1, b'x')]) {
                backlog.take(message);
            }
            backlog.begin(false).unwrap();
            session.handle_closed(Instant::now());
            connect(&mut session, true);
            backlog.reconnected(false);
            for message in received(&mut session, &[again]) {
                backlog.take(message);
            }
            assert_eq!(backlog.begin(false).is_some(), is_begun, "{again:?}");
        }
    }

    #[test]
    fn what_failed_is_begun_again_when_the_connection_is_back() {
        for (first_byte, is_lost) in [(QOS_1, false), (QOS_1, true), (QOS_2, false), (QOS_2, true)] {
            let mut session = session();
            let mut backlog = Backlog::default();
            for message in received(&mut session, &[(first_byte, 1, b'x')]) {
                backlog.take(message);
            }
            let (number, _) = backlog.begin(false).unwrap();
            assert!(backlog.failed(number));
            assert_eq!(backlog.begin(false), None);
            session.handle_closed(Instant::now());
            connect(&mut session, !is_lost);
            backlog.reconnected(is_lost);
            if !is_lost {
                let again = received(&mut session, &[(first_byte | 8, 1, b'x')]);
                for message in again {
                    backlog.take(message);
                }
            }
            let (number, _) = backlog.begin(false).expect("it is begun again");
            backlog.done(number);
            assert_eq!(backlog.next_token().is_some(), !is_lost, "{first_byte:#x} {is_lost}");
            assert_eq!(backlog.unfinished(), 0);
        }
    }

    proptest! {
        #[test]
        fn acknowledgements_leave_in_the_order_of_arrival_and_none_before_its_work_is_done(
            count in 1u16..40,
            order in prop::collection::vec(any::<prop::sample::Index>(), 40),
        ) {
            let mut session = session();
            let mut backlog = Backlog::default();
            let messages: Vec<_> = (1..=count).map(|id| (if id % 3 == 0 { QOS_2 } else { QOS_1 }, id, b'x')).collect();
            let messages = received(&mut session, &messages);
            let expected: Vec<_> = messages.iter().filter_map(|received| received.token).collect();
            for (index, message) in messages.into_iter().enumerate() {
                if index % 5 == 4 { backlog.pass_over(message) } else { backlog.take(message) }
            }
            let mut open: Vec<u64> = std::iter::from_fn(|| backlog.begin(false)).map(|(number, _)| number).collect();
            let mut acknowledged = Vec::new();
            for index in order {
                if open.is_empty() { break }
                let number = open.swap_remove(index.index(open.len()));
                backlog.done(number);
                while let Some(token) = backlog.next_token() {
                    acknowledged.push(token);
                }
                let first_open = open.iter().min().map_or(usize::from(count), |first| usize::try_from(*first).unwrap() - 1);
                prop_assert_eq!(acknowledged.len(), first_open);
            }
            prop_assert_eq!(acknowledged, expected);
        }
    }
}

use std::collections::BTreeSet;

use super::*;
use crate::broker::faults::lane::REORDER_WAIT;

const FROM: Direction = Direction::FromClient;
const TO: Direction = Direction::ToClient;

/// A link of a client under rules, with its own clock.
struct Link {
    faults: Faults,
    own: LinkFaults,
    now: Instant,
}

impl Link {
    fn under(rules: &str) -> Self {
        Self::seeded(rules, 1)
    }

    fn seeded(rules: &str, seed: u64) -> Self {
        let mut faults = Faults::new(Vec::new(), seed);
        faults.replace(rules).unwrap();
        let now = Instant::now();
        let link = LinkFaults::new(&mut faults, now);
        Self { faults, own: link, now }
    }

    fn give(&mut self, direction: Direction, frame: &[u8]) {
        self.own.handle_frame(&mut self.faults, direction, Bytes::copy_from_slice(frame), self.now);
    }

    fn take(&mut self, direction: Direction) -> Vec<Bytes> {
        std::iter::from_fn(|| self.own.poll_frame(&self.faults, direction, self.now)).collect()
    }

    /// What comes out when one packet goes in.
    fn pass(&mut self, direction: Direction, frame: &[u8]) -> Vec<Bytes> {
        self.give(direction, frame);
        self.take(direction)
    }

    /// Of 100 PUBACKs to the client, the numbers of those that arrive.
    fn arrive(&mut self) -> Vec<u8> {
        (0..100).flat_map(|number| self.pass(TO, &puback(number))).map(|frame| frame[3]).collect()
    }

    fn timeout(&self) -> Option<Duration> {
        self.own.poll_timeout(&self.faults, self.now).map(|at| at.saturating_duration_since(self.now))
    }
}

fn puback(number: u8) -> [u8; 4] {
    [0x40, 2, 0, number]
}

/// At QoS 1 with topic `t`.
fn publish(number: u8) -> [u8; 7] {
    [0x32, 5, 0, 1, b't', 0, number]
}

fn connect(client_id: &str) -> Vec<u8> {
    let mut frame = b"\x10\x00\0\x04MQTT\x04\x02\0\x3c\0".to_vec();
    frame.push(u8::try_from(client_id.len()).unwrap());
    frame.extend(client_id.as_bytes());
    frame[1] = u8::try_from(frame.len() - 2).unwrap();
    frame
}

#[test]
fn without_rules_everything_passes_in_order() {
    let mut link = Link::under("");
    assert_eq!(link.arrive(), (0..100).collect::<Vec<_>>());
    assert_eq!(link.pass(FROM, &[0x00, 0]), [&[0x00, 0][..]]);
    assert_eq!((link.timeout(), link.own.poll_closed(), link.own.fragment(&link.faults)), (None, false, None));
}

#[test]
fn a_dropped_packet_does_not_arrive_and_others_do() {
    let mut link = Link::under("drop puback");
    assert!(link.pass(TO, &puback(1)).is_empty());
    assert_eq!(link.pass(TO, &publish(1)).len(), 1);
    // A PUBACK of the client's own is another matter.
    assert_eq!(link.pass(FROM, &puback(1)).len(), 1);
}

#[test]
fn counts_choose_packets() {
    assert_eq!(Link::under("drop puback every 3rd").arrive()[..5], [0, 1, 3, 4, 6]);
    assert_eq!(Link::under("drop puback first 98").arrive(), [98, 99]);
    assert_eq!(Link::under("drop puback after 2").arrive(), [0, 1]);
    assert_eq!(Link::under("drop puback after 2 first 99").arrive(), [0, 1, 99]);
}

#[test]
fn chance_is_the_same_for_the_same_seed_and_another_for_each_link() {
    let arrived = |seed| Link::seeded("drop puback 50%", seed).arrive();
    assert_eq!(arrived(1), arrived(1));
    assert_ne!(arrived(1), arrived(2));
    assert!((20..80).contains(&arrived(1).len()));
    let mut link = Link::under("drop puback 50%");
    let first = link.arrive();
    link.own = LinkFaults::new(&mut link.faults, link.now);
    assert_ne!(link.arrive(), first);
}

#[test]
fn counts_of_a_rule_go_on_over_links_except_where_a_link_is_closed() {
    let mut link = Link::under("drop puback first 3\nclose after publish 2");
    assert!(link.pass(TO, &puback(1)).is_empty());
    for _ in 0..2 {
        link.own = LinkFaults::new(&mut link.faults, link.now);
        assert!(link.pass(TO, &puback(1)).is_empty());
        assert_eq!(link.pass(FROM, &publish(1)).len(), 1);
        assert!(!link.own.poll_closed());
        assert_eq!(link.pass(FROM, &publish(2)).len(), 1);
        assert!(link.own.poll_closed());
    }
    link.own = LinkFaults::new(&mut link.faults, link.now);
    assert_eq!(link.pass(TO, &puback(1)).len(), 1);
}

#[test]
fn a_duplicate_is_a_resent_packet() {
    let mut link = Link::under("duplicate publish\nduplicate puback");
    let mut again = publish(1);
    again[0] |= 0b1000;
    assert_eq!(link.pass(TO, &publish(1)), [&publish(1)[..], &again[..]]);
    // DUP is 0 at QoS 0 [MQTT-3.3.1-2].
    assert_eq!(link.pass(TO, &[0x30, 3, 0, 1, b't']), [&[0x30, 3, 0, 1, b't'][..]; 2]);
    assert_eq!(link.pass(TO, &puback(1)), [&puback(1)[..]; 2]);
}

#[test]
fn a_corrupt_packet_has_one_bit_flipped_behind_its_header() {
    let mut link = Link::under("corrupt publish");
    for _ in 0..50 {
        let arrived = link.pass(TO, &publish(1)).remove(0);
        let flipped: u32 = arrived.iter().zip(publish(1)).map(|(one, other)| (one ^ other).count_ones()).sum();
        assert_eq!((arrived.len(), &arrived[..2], flipped), (7, &publish(1)[..2], 1));
    }
}

#[test]
fn a_delayed_packet_comes_later_and_keeps_its_place_among_its_kind() {
    let mut link = Link::under("delay puback 500ms every 2nd");
    assert_eq!(link.pass(TO, &puback(1)).len(), 1);
    for number in 2..4 {
        assert!(link.pass(TO, &puback(number)).is_empty());
    }
    assert_eq!(link.pass(TO, &publish(1)), [&publish(1)[..]]);
    assert_eq!(link.timeout(), Some(Duration::from_millis(500)));
    link.now += Duration::from_millis(499);
    assert!(link.take(TO).is_empty());
    link.now += Duration::from_millis(1);
    assert_eq!(link.take(TO), [&puback(2)[..], &puback(3)[..]]);
    assert_eq!(link.timeout(), None);
}

#[test]
fn nothing_comes_before_a_delayed_connack() {
    let mut link = Link::under("delay connack 500ms");
    assert!(link.pass(TO, &[0x20, 2, 0, 0]).is_empty());
    assert!(link.pass(TO, &publish(1)).is_empty());
    assert_eq!(link.pass(FROM, &publish(1)).len(), 1);
    link.now += Duration::from_millis(500);
    let arrived: Vec<u8> = link.take(TO).iter().map(|frame| frame[0]).collect();
    assert_eq!(arrived, [0x20, 0x32]);
}

#[test]
fn reordered_packets_come_all_and_in_another_order() {
    for seed in 0..20 {
        let mut link = Link::seeded("reorder publish 5", seed);
        for number in 0..4 {
            assert!(link.pass(TO, &publish(number)).is_empty());
        }
        assert_eq!(link.pass(TO, &puback(1)), [&puback(1)[..]]);
        let arrived: Vec<u8> = link.pass(TO, &publish(4)).iter().map(|frame| frame[6]).collect();
        assert!(!arrived.is_sorted(), "{arrived:?}");
        assert_eq!(arrived.into_iter().collect::<BTreeSet<_>>(), (0..5).collect());
    }
}

#[test]
fn packets_to_be_reordered_do_not_wait_for_ever() {
    let mut link = Link::under("reorder publish 5");
    for number in 0..2 {
        assert!(link.pass(TO, &publish(number)).is_empty());
    }
    assert_eq!(link.timeout(), Some(REORDER_WAIT));
    link.now += REORDER_WAIT;
    assert_eq!(link.take(TO), [&publish(1)[..], &publish(0)[..]]);
}

#[test]
fn a_closed_link_passes_the_packet_and_nothing_behind_it() {
    let mut link = Link::under("close after publish 2");
    for number in 1..4 {
        link.give(TO, &publish(number));
    }
    assert!(!link.own.poll_closed());
    assert_eq!(link.take(TO), [&publish(1)[..], &publish(2)[..]]);
    assert!(link.own.poll_closed());
    assert!(link.pass(FROM, &puback(1)).is_empty());
    assert_eq!(link.timeout(), None);
}

#[test]
fn a_packet_that_is_dropped_closes_too() {
    let mut link = Link::under("close after puback\ndrop puback");
    assert!(link.pass(TO, &puback(1)).is_empty());
    assert!(link.own.poll_closed());
}

#[test]
fn a_stall_holds_everything_back_for_its_time() {
    let mut link = Link::under("stall 2s every 10s");
    let second = Duration::from_secs(1);
    assert_eq!(link.pass(TO, &puback(1)).len(), 1);
    for _ in 0..2 {
        link.now += 10 * second;
        assert!(link.pass(TO, &puback(2)).is_empty() && link.pass(FROM, &publish(1)).is_empty());
        assert_eq!(link.timeout(), Some(2 * second));
        link.now += 2 * second;
        assert_eq!((link.take(TO).len(), link.take(FROM).len()), (1, 1));
        link.now = link.now.checked_sub(2 * second).unwrap();
    }
}

#[test]
fn a_refusal_has_its_reason_and_its_chance() {
    let mut link = Link::under("refuse publish 0x97 every 2nd\nrefuse connect 0x88 for a*");
    let Link { faults, own: link, .. } = &mut link;
    let refusals = [Packet::Publish; 4].map(|packet| link.refusal(faults, packet));
    assert_eq!(refusals, [None, Some(ReasonCode::QuotaExceeded), None, Some(ReasonCode::QuotaExceeded)]);
    assert_eq!(link.refusal(faults, Packet::Connect), None);
    link.set_client("abc");
    assert_eq!(link.refusal(faults, Packet::Connect), Some(ReasonCode::ServerUnavailable));
    assert_eq!(link.refusal(faults, Packet::Subscribe), None);
}

#[test]
fn a_rule_for_a_client_is_for_that_client() {
    for (client_id, arrives) in [("sensor-1", 0), ("other", 1)] {
        let mut link = Link::under("drop puback for sensor-*\nfragment 3 for sensor-*\ndrop connect for sensor-2");
        assert_eq!(link.pass(FROM, &connect(client_id)).len(), 1);
        assert_eq!(link.pass(TO, &puback(1)).len(), arrives);
        assert_eq!(link.own.fragment(&link.faults).is_some(), arrives == 0);
    }
}

#[test]
fn rules_are_replaced_while_a_link_is_open_and_stay_if_the_new_ones_are_wrong() {
    let mut link = Link::under("delay puback 1s");
    assert!(link.pass(TO, &puback(1)).is_empty());
    assert!(link.faults.replace("drop publish\ndrip publish").is_err());
    assert!(link.pass(TO, &puback(2)).is_empty());
    link.faults.replace("").unwrap();
    assert!(link.faults.is_empty());
    // What waits comes as planned, and the rest behind it.
    assert!(link.pass(TO, &puback(3)).is_empty());
    link.now += Duration::from_secs(1);
    assert_eq!(link.take(TO).len(), 3);
}

#[test]
fn bytes_that_are_not_a_packet_never_panic() {
    let mut link = Link::under("corrupt connect\nduplicate publish\ncorrupt pingreq\ncorrupt publish");
    let mut random = fastrand::Rng::with_seed(1);
    for length in (0..12).cycle().take(20_000) {
        let frame: Vec<u8> = std::iter::repeat_with(|| random.u8(..)).take(length).collect();
        for direction in [FROM, TO] {
            link.pass(direction, &frame);
        }
    }
}

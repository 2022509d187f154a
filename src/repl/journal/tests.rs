use std::time::Duration;

use proptest::prelude::*;

use super::*;
use crate::mqtt::{Message, TopicFilter};

const SECOND: Duration = Duration::from_secs(1);
const SMALL: Limits = Limits { messages: 3, bytes: 1 << 20, topics: 2, topic_bytes: 1_000 };

struct Given {
    journal: Journal,
    start: Instant,
    connection: Arc<str>,
}

impl Given {
    fn new(limits: Limits) -> Self {
        let start = Instant::now();
        Self { journal: Journal::new(limits, start), start, connection: "a".into() }
    }

    fn push(&mut self, topic: &str, payload: impl Into<Bytes>, after: Duration) -> u64 {
        let record = Record::new(Message::new(TopicName::parse(topic).unwrap(), payload));
        self.journal.push(&self.connection, record, self.start + after)
    }

    fn ids(&self) -> Vec<u64> {
        self.journal.entries().map(|entry| entry.id).collect()
    }
}

#[test]
fn the_last_messages_are_kept_by_number() {
    let mut given = Given::new(SMALL);
    let ids: Vec<u64> = (0..5).map(|number| given.push("a", vec![number], SECOND)).collect();
    assert_eq!((ids, given.ids()), (vec![1, 2, 3, 4, 5], vec![3, 4, 5]));
    assert_eq!(given.journal.get(4).unwrap().record.message.payload, [3][..]);
    assert_eq!((given.journal.get(0), given.journal.get(2), given.journal.get(6)), (None, None, None));
    assert_eq!((given.journal.oldest(), given.journal.received()), (Some(3), 5));
}

#[test]
fn bytes_are_bounded_but_the_newest_message_is_kept() {
    let mut given = Given::new(Limits { messages: 100, bytes: 10_000, ..SMALL });
    for _ in 0..20 {
        given.push("a", vec![0; 1_000], SECOND);
    }
    assert!((6..=9).contains(&given.ids().len()), "{:?}", given.ids());
    given.push("a", vec![0; 50_000], SECOND);
    assert_eq!(given.ids(), [21]);
}

#[test]
fn a_topic_beyond_the_limit_takes_the_place_of_the_rarest_and_its_count() {
    let mut given = Given::new(SMALL);
    for topic in ["a", "a", "a", "b", "c"] {
        given.push(topic, "x", SECOND);
    }
    let topics = given.journal.topics();
    assert_eq!((topics.len(), topics.evicted(), topics.others()), (2, 1, 0));
    let now = given.start + SECOND;
    let counts: Vec<_> = topics.busiest(9, now).iter().map(|all| (&**all.topic, all.messages, all.inherited)).collect();
    assert_eq!(counts, [("a", 3, 0), ("c", 2, 1)]);
    assert!(topics.get("b", now).is_none());
    let mut given = Given::new(SMALL);
    given.push(&"x".repeat(1_001), "x", SECOND);
    assert_eq!((given.journal.topics().len(), given.journal.topics().others()), (0, 1));
}

#[test]
fn heavy_hitters_are_found_however_many_rare_topics_come_before_and_between() {
    let mut given = Given::new(Limits { topics: 50, topic_bytes: 1 << 20, ..SMALL });
    for number in 0..5_000 {
        given.push(&format!("rare/{number}"), "x", SECOND);
        if number > 2_000 && number % 2 == 0 {
            given.push("heavy/1", "x", SECOND);
            given.push("heavy/2", "x", SECOND);
        }
    }
    let topics = given.journal.topics();
    let busiest = topics.busiest(2, given.start + SECOND);
    let names: std::collections::BTreeSet<_> = busiest.iter().map(|report| &**report.topic).collect();
    assert_eq!(names, ["heavy/1", "heavy/2"].into());
    for report in &busiest {
        assert!((report.messages - report.inherited..=report.messages).contains(&1_499), "{report:?}");
    }
    assert_eq!(topics.len(), 50);
}

#[test]
fn the_tree_counts_levels_and_folds_what_is_too_deep() {
    let mut given = Given::new(Limits::default());
    for topic in ["car/1/speed", "car/1/speed", "car", "car-b", "car/1/gear", "/x"] {
        given.push(topic, "x", SECOND);
    }
    let topics = given.journal.topics();
    let lines = |depth| -> Vec<(usize, String, u64, u64, usize, usize)> {
        let lines = topics.tree(None, depth);
        lines.iter().map(|l| (l.depth, l.path.to_owned(), l.messages, l.total, l.topics, l.folded)).collect()
    };
    let line =
        |depth, path: &str, messages, total, topics, folded| (depth, path.to_owned(), messages, total, topics, folded);
    assert_eq!(
        lines(9),
        [
            line(0, "", 0, 1, 1, 0),
            line(1, "/x", 1, 1, 1, 0),
            line(0, "car", 1, 4, 3, 0),
            line(1, "car/1", 0, 3, 2, 0),
            line(2, "car/1/gear", 1, 1, 1, 0),
            line(2, "car/1/speed", 2, 2, 1, 0),
            line(0, "car-b", 1, 1, 1, 0),
        ]
    );
    assert_eq!(lines(1), [line(0, "", 0, 1, 1, 1), line(0, "car", 1, 4, 3, 2), line(0, "car-b", 1, 1, 1, 0)]);
    let filter = TopicFilter::parse("car/+/gear").unwrap();
    assert_eq!(topics.tree(Some(&filter), 9).len(), 3);
}

#[test]
fn a_topic_of_very_many_levels_is_survived() {
    let mut given = Given::new(Limits::default());
    given.push(&"/".repeat(65_535), "x", SECOND);
    assert_eq!(given.journal.topics().tree(None, usize::MAX).len(), 65_536);
    assert_eq!(given.journal.topics().tree(None, 3).len(), 3);
}

#[test]
fn rates_are_those_of_the_last_ten_seconds() {
    let mut given = Given::new(Limits::default());
    for message in 0..200_u32 {
        given.push("fast", vec![0; 10], message * SECOND / 10);
    }
    given.push("slow", "x", 19 * SECOND);
    let at = |seconds| given.start + seconds * SECOND;
    let topics = given.journal.topics();
    let busiest = topics.busiest(5, at(20));
    assert_eq!(busiest.iter().map(|report| &**report.topic).collect::<Vec<_>>(), ["fast", "slow"]);
    let rate = busiest[0].rate;
    assert!((9.0..=11.0).contains(&rate.messages) && (90.0..=110.0).contains(&rate.bytes), "{rate:?}");
    assert_eq!(topics.rate(at(60)), Rate::default());
    assert_eq!(topics.busiest(1, at(60))[0].topic.as_ref(), "fast", "by the sum when nothing comes");
}

#[test]
fn the_latest_value_of_a_topic_is_kept_even_when_its_message_is_dropped() {
    let mut given = Given::new(Limits { topic_bytes: 10_000, ..SMALL });
    given.push("a", "old", SECOND);
    given.push("a", vec![b'x'; 5_000], SECOND);
    for _ in 0..5 {
        given.push("b", "1", SECOND);
    }
    let latest = given.journal.topics().get("a", given.start).unwrap().latest;
    assert_eq!((latest.id, latest.head.len(), latest.size), (2, 1_024, 5_000));
    assert_eq!(given.journal.get(2), None);
}

#[test]
fn many_messages_of_a_second_are_counted_too() {
    let mut given = Given::new(Limits { messages: 1, ..SMALL });
    for _ in 0..70_000 {
        given.push("a", "12", SECOND);
    }
    given.push("a", "12", 3 * SECOND);
    let rate = given.journal.topics().busiest(1, given.start + 5 * SECOND)[0].rate;
    assert!((rate.messages * 5.0 - 70_001.0).abs() < 1e-6 && (rate.bytes * 5.0 - 140_002.0).abs() < 1e-6, "{rate:?}");
}

proptest! {
    /// Against a model that holds everything.
    #[test]
    fn the_journal_agrees_with_a_list_of_everything(
        limits in (1_usize..6, 300_usize..3_000, 0_usize..4),
        messages in prop::collection::vec((prop::sample::select(vec!["a", "a/b", "b//", "a-b", "汽"]), 0_usize..900), 0..40),
    ) {
        let limits = Limits { messages: limits.0, bytes: limits.1, topics: limits.2, topic_bytes: 1 << 20 };
        let mut given = Given::new(limits);
        for (index, (topic, size)) in messages.iter().enumerate() {
            let id = given.push(topic, vec![0; *size], SECOND);
            prop_assert_eq!(id, index as u64 + 1);
            prop_assert!(given.ids().len() <= limits.messages);
            prop_assert!(given.journal.bytes <= limits.bytes || given.ids().len() == 1);
            prop_assert_eq!(given.journal.bytes, given.journal.entries().map(|entry| entry.bytes).sum::<usize>());
            for id in given.ids() {
                let entry = given.journal.get(id).unwrap();
                let (topic, size) = messages[usize::try_from(id).unwrap() - 1];
                prop_assert_eq!((entry.record.message.topic.as_str(), entry.record.message.payload.len()), (topic, size));
            }
        }
        let topics = given.journal.topics();
        let known: u64 = topics.busiest(usize::MAX, given.start).iter().map(|report| report.messages).sum();
        prop_assert_eq!(known + topics.others(), messages.len() as u64);
        prop_assert!(topics.len() <= limits.topics.max(1));
    }

    #[test]
    fn each_total_of_the_tree_is_its_messages_and_its_childrens_totals(
        topics in prop::collection::vec("[ab/-]{1,6}", 0..30),
        depth in 1_usize..5,
    ) {
        let mut given = Given::new(Limits::default());
        for topic in &topics {
            given.push(topic, "", SECOND);
        }
        let lines = given.journal.topics().tree(None, depth);
        let roots: u64 = lines.iter().filter(|line| line.depth == 0).map(|line| line.total).sum();
        prop_assert_eq!(roots, topics.len() as u64);
        for (index, line) in lines.iter().enumerate() {
            let below = lines[index + 1..].iter().take_while(|below| below.depth > line.depth);
            let children: u64 = below.filter(|below| below.depth == line.depth + 1).map(|below| below.total).sum();
            prop_assert!(line.folded > 0 || line.total == line.messages + children);
            prop_assert!(line.path.ends_with(line.level) && line.depth < depth);
        }
    }

    #[test]
    fn a_window_agrees_with_counting(times in prop::collection::vec(0_u64..40_000, 0..60), look in 0_u64..45_000) {
        let mut times = times;
        times.sort_unstable();
        times.retain(|time| *time <= look);
        let start = Instant::now();
        let (clock, mut window) = (rate::Clock(start), rate::Window::new());
        for time in &times {
            window.push(3, clock, start + Duration::from_millis(*time));
        }
        let rate = window.rate(clock, start + Duration::from_millis(look));
        let first = (look / 1_000 + 1).saturating_sub(10) * 1_000;
        let seconds = Duration::from_millis(look - first).as_secs_f64();
        let expected: f64 = times.iter().filter(|time| **time >= first).map(|_| 1.0 / seconds.max(1.0)).sum();
        prop_assert!((rate.messages - expected).abs() < 1e-9, "{} {}", rate.messages, expected);
        prop_assert!((rate.bytes - 3.0 * expected).abs() < 1e-9);
    }
}

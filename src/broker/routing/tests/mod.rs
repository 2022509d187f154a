use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroU32;

use proptest::prelude::*;

use super::*;
use crate::mqtt::QoS;

const NOBODY: Publisher<'static> = Publisher { session: None, client_id: "" };

fn filter(text: &str) -> TopicFilter {
    TopicFilter::parse(text).unwrap()
}

fn at(qos: QoS, identifier: u32) -> Subscription {
    Subscription { qos, identifier: NonZeroU32::new(identifier), ..Subscription::default() }
}

fn subscriptions() -> Subscriptions {
    Subscriptions::new(SharedStrategy::RoundRobin, 1)
}

fn recipients(subscriptions: &mut Subscriptions, topic: &str) -> Vec<Recipient> {
    // What an earlier message has left behind does not show.
    let mut recipients = vec![Subscription::default().recipient(SessionId(99), None)];
    subscriptions.recipients(topic, NOBODY, &mut recipients);
    recipients
}

fn sessions(subscriptions: &mut Subscriptions, topic: &str) -> Vec<u32> {
    recipients(subscriptions, topic).into_iter().map(|recipient| recipient.session.0).collect()
}

#[test]
fn overlapping_subscriptions_are_one_copy_at_the_highest_qos_with_all_identifiers() {
    let mut all = subscriptions();
    let session = SessionId(1);
    all.insert(session, &filter("a/+"), at(QoS::AtMostOnce, 7));
    all.insert(session, &filter("a/#"), at(QoS::ExactlyOnce, 8));
    all.insert(session, &filter("a/b"), Subscription { retain_as_published: true, ..at(QoS::AtLeastOnce, 7) });
    all.insert(session, &filter("b"), at(QoS::AtLeastOnce, 9));
    let found = recipients(&mut all, "a/b");
    assert_eq!(found.len(), 1);
    assert_eq!((found[0].qos, found[0].retain_as_published, found[0].group), (QoS::ExactlyOnce, true, None));
    let mut identifiers = found[0].identifiers.as_slice().to_vec();
    identifiers.sort_unstable();
    assert_eq!(identifiers, [7, 7, 8]);
}

#[test]
fn a_subscription_is_new_once_and_renewed_with_its_new_options() {
    let mut all = subscriptions();
    for (text, number) in [("x", 1), ("$share/g/x", 2), ("$exclusive/x", 3)] {
        assert_eq!(all.insert(SessionId(1), &filter(text), at(QoS::AtMostOnce, 1)), Inserted::New);
        assert_eq!(all.insert(SessionId(1), &filter(text), at(QoS::AtLeastOnce, 2)), Inserted::Renewed);
        assert_eq!(all.count(), number);
    }
    let found = recipients(&mut all, "x");
    assert_eq!(found.len(), 3);
    for recipient in found {
        assert_eq!((recipient.qos, recipient.identifiers.as_slice()), (QoS::AtLeastOnce, [2].as_slice()));
    }
    let filters: BTreeSet<&str> = all.filters(SessionId(1)).map(TopicFilter::as_str).collect();
    assert_eq!(filters, BTreeSet::from(["x", "$share/g/x", "$exclusive/x"]));
}

#[test]
fn no_local_keeps_the_own_messages_from_that_subscription_alone() {
    let mut all = subscriptions();
    let (own, other) = (SessionId(1), SessionId(2));
    all.insert(own, &filter("x"), Subscription { no_local: true, ..at(QoS::ExactlyOnce, 1) });
    all.insert(own, &filter("+"), at(QoS::AtMostOnce, 2));
    all.insert(other, &filter("x"), Subscription { no_local: true, ..at(QoS::ExactlyOnce, 3) });
    let mut found = Vec::new();
    all.recipients("x", Publisher { session: Some(own), client_id: "own" }, &mut found);
    let found: BTreeMap<u32, Vec<u32>> =
        found.iter().map(|one| (one.session.0, one.identifiers.as_slice().to_vec())).collect();
    assert_eq!(found, BTreeMap::from([(1, vec![2]), (2, vec![3])]));
}

#[test]
fn a_group_takes_one_copy_and_each_of_its_members_may_have_ordinary_ones() {
    let mut all = subscriptions();
    for session in [1, 2] {
        all.insert(SessionId(session), &filter("$share/g/x"), Subscription::default());
        all.insert(SessionId(session), &filter("$queue/x"), Subscription::default());
    }
    all.insert(SessionId(1), &filter("x"), Subscription::default());
    // The ordinary one, then the group and the queue by turns.
    assert_eq!(sessions(&mut all, "x"), [1, 1, 1]);
    assert_eq!(sessions(&mut all, "x"), [1, 2, 2]);
}

#[test]
fn a_group_is_its_name_and_its_filter() {
    let mut all = subscriptions();
    all.insert(SessionId(1), &filter("$share/g/a/+"), Subscription::default());
    all.insert(SessionId(2), &filter("$share/g/a/b"), Subscription::default());
    all.insert(SessionId(3), &filter("$share/h/a/b"), Subscription::default());
    let mut found = sessions(&mut all, "a/b");
    found.sort_unstable();
    assert_eq!(found, [1, 2, 3]);
}

#[test]
fn those_who_are_away_get_nothing_of_a_group_that_has_others() {
    let mut all = subscriptions();
    all.set_online(SessionId(1), false);
    all.insert(SessionId(1), &filter("$queue/x"), Subscription::default());
    all.insert(SessionId(2), &filter("$queue/x"), Subscription::default());
    assert_eq!([sessions(&mut all, "x"), sessions(&mut all, "x")].concat(), [2, 2]);
    all.set_online(SessionId(1), true);
    all.set_online(SessionId(2), false);
    assert_eq!(sessions(&mut all, "x"), [1]);
    assert!(all.is_online(SessionId(1)) && !all.is_online(SessionId(2)) && !all.is_online(SessionId(3)));
}

#[test]
fn a_message_goes_to_another_member_when_the_first_is_gone() {
    let mut all = subscriptions();
    for session in [1, 2] {
        all.insert(SessionId(session), &filter("$share/g/x"), at(QoS::AtLeastOnce, session));
    }
    let first = recipients(&mut all, "x").remove(0);
    let group = first.group.unwrap();
    all.remove_session(first.session);
    let second = all.another_member(group, first.session).unwrap();
    assert_eq!((second.session.0, second.identifiers.as_slice()), (2, [2].as_slice()));
    all.remove_session(second.session);
    assert_eq!(all.another_member(group, second.session), None);
    // A group of the same name that comes later is another one.
    all.insert(SessionId(3), &filter("$share/g/x"), Subscription::default());
    assert_eq!(all.another_member(group, second.session), None);
}

#[test]
fn an_exclusive_subscription_is_free_again_when_its_session_goes() {
    let mut all = subscriptions();
    let exclusive = filter("$exclusive/x");
    assert_eq!(all.insert(SessionId(1), &exclusive, Subscription::default()), Inserted::New);
    assert_eq!(all.insert(SessionId(2), &exclusive, Subscription::default()), Inserted::Taken);
    assert_eq!(all.insert(SessionId(2), &filter("x"), Subscription::default()), Inserted::New);
    assert!(!all.remove(SessionId(2), &exclusive));
    assert_eq!(recipients(&mut all, "x").iter().filter(|one| one.group.is_none()).count(), 2);
    all.remove_session(SessionId(1));
    assert_eq!(all.insert(SessionId(2), &exclusive, Subscription::default()), Inserted::New);
}

#[test]
fn a_filter_of_too_many_levels_is_refused() {
    let mut all = subscriptions();
    let deepest = vec!["+"; MAXIMUM_LEVELS].join("/");
    assert_eq!(all.insert(SessionId(1), &filter(&deepest), Subscription::default()), Inserted::New);
    let deeper = filter(&format!("{deepest}/#"));
    assert_eq!(all.insert(SessionId(1), &deeper, Subscription::default()), Inserted::TooDeep);
}

#[test]
fn finding_recipients_allocates_nothing() {
    let mut all = subscriptions();
    for session in 0..500 {
        all.insert(SessionId(session), &filter("a/b/c"), at(QoS::AtLeastOnce, session));
        all.insert(SessionId(session), &filter("a/+/#"), at(QoS::AtLeastOnce, 0));
        all.insert(SessionId(session), &filter("$share/g/#"), at(QoS::AtLeastOnce, session));
    }
    let mut found = Vec::new();
    all.recipients("a/b/c", NOBODY, &mut found);
    let cost = allocation_counter::measure(|| all.recipients("a/b/c", NOBODY, &mut found));
    assert_eq!((found.len(), cost.count_total), (501, 0));
}

/// What can happen to a few sessions.
#[derive(Debug, Clone)]
enum Step {
    Subscribe(u32, String, u8, bool, u32),
    Unsubscribe(u32, String),
    Remove(u32),
    Publish(String, u32),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let filter = || "(\\$share/[gh]/|\\$queue/)?((\\$a|[ab+])(/[ab+]){0,2}(/#)?|#)";
    let step = prop_oneof![
        6 => (0..4_u32, filter(), 0..3_u8, any::<bool>(), 0..4_u32).prop_map(|(session, filter, qos, no_local, identifier)| {
            Step::Subscribe(session, filter, qos, no_local, identifier)
        }),
        3 => (0..4_u32, filter()).prop_map(|(session, filter)| Step::Unsubscribe(session, filter)),
        1 => (0..4_u32).prop_map(Step::Remove),
        6 => ("\\$?[ab](/[ab]){0,2}", 0..4_u32).prop_map(|(topic, publisher)| Step::Publish(topic, publisher)),
    ];
    prop::collection::vec(step, 1..80)
}

proptest! {
    #[test]
    fn recipients_are_those_of_a_naive_list(steps in steps()) {
        let mut all = subscriptions();
        let mut naive: BTreeMap<(u32, String), Subscription> = BTreeMap::new();
        for step in steps {
            match step {
                Step::Subscribe(session, text, qos, no_local, identifier) => {
                    let subscription = Subscription { no_local, ..at(QoS::try_from(qos).unwrap(), identifier) };
                    let known = naive.insert((session, text.clone()), subscription);
                    let inserted = all.insert(SessionId(session), &filter(&text), subscription);
                    prop_assert_eq!(inserted, if known.is_some() { Inserted::Renewed } else { Inserted::New });
                }
                Step::Unsubscribe(session, text) => {
                    let known = naive.remove(&(session, text.clone()));
                    prop_assert_eq!(all.remove(SessionId(session), &filter(&text)), known.is_some());
                }
                Step::Remove(session) => {
                    naive.retain(|(other, _), _| *other != session);
                    all.remove_session(SessionId(session));
                }
                Step::Publish(topic, publisher) => {
                    let mut found = Vec::new();
                    all.recipients(&topic, Publisher { session: Some(SessionId(publisher)), client_id: "" }, &mut found);
                    let mut plain: BTreeMap<u32, (u8, Vec<u32>)> = BTreeMap::new();
                    let mut groups: BTreeMap<&str, BTreeSet<u32>> = BTreeMap::new();
                    for ((session, text), subscription) in &naive {
                        let filter = filter(text);
                        if filter.matches(&topic) && filter.share() == Share::All {
                            if subscription.no_local && *session == publisher {
                                continue;
                            }
                            let (qos, identifiers) = plain.entry(*session).or_default();
                            *qos = (*qos).max(subscription.qos.number());
                            identifiers.extend(subscription.identifier.map(NonZeroU32::get));
                            identifiers.sort_unstable();
                        } else if filter.matches(&topic) {
                            groups.entry(text).or_default().insert(*session);
                        }
                    }
                    let (shared, ordinary): (Vec<_>, Vec<_>) = found.iter().partition(|one| one.group.is_some());
                    prop_assert_eq!(ordinary.len(), plain.len());
                    for one in ordinary {
                        let mut identifiers = one.identifiers.as_slice().to_vec();
                        identifiers.sort_unstable();
                        prop_assert_eq!(Some(&(one.qos.number(), identifiers)), plain.get(&one.session.0));
                    }
                    prop_assert_eq!(shared.len(), groups.len());
                    let members: BTreeSet<u32> = groups.values().flatten().copied().collect();
                    prop_assert!(shared.iter().all(|one| members.contains(&one.session.0)));
                }
            }
            prop_assert_eq!(all.count(), naive.len());
        }
    }
}

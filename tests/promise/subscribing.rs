//! `sub` over a link that is cut at each step of each `QoS`.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use nix::sys::signal::Signal;

use crate::account::{Account, numbers};
use crate::broker::Broker;
use crate::cases::{self, DISCONNECT, Session, Step, ensure, unique};
use crate::support::net::CuttingLink;
use crate::support::net::cutting_link::{Cut, Ending, Passed, Towards};
use crate::support::wire::{AckKind, Packet, property};
use crate::support::{Ended, Program};

const SUBSCRIBE: Step = Step(Towards::Broker, "SUBSCRIBE");
const SUBACK: Step = Step(Towards::Client, "SUBACK");

/// The steps of a message.
const QOS_1: &[Step] = &[Step(Towards::Client, "PUBLISH"), Step(Towards::Broker, "PUBACK")];
const QOS_2: &[Step] = &[
    Step(Towards::Client, "PUBLISH"),
    Step(Towards::Broker, "PUBREC"),
    Step(Towards::Client, "PUBREL"),
    Step(Towards::Broker, "PUBCOMP"),
];

/// Messages of a case.
const MESSAGES: usize = 40;

/// One run of `sub`.
struct Case {
    version: &'static str,
    session: Session,
    qos: u8,
    cut: Cut,
}

impl fmt::Debug for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { version, session, qos, cut } = self;
        write!(f, "{version} {session:?} QoS {qos}, cut {cut:?}")
    }
}

impl Case {
    /// `sub` with this case's options.
    fn program(&self, topic: &str, id: &str, port: u16) -> Program {
        let qos = self.qos.to_string();
        let arguments = ["sub", "-t", topic, "-q", &qos, "-V", self.version, "-rp", "20", "--output-mode", "raw"];
        let program = Program::new(arguments).port(port);
        if self.session == Session::Kept { program.arg_all(&["--no-clean", "-i", id]) } else { program }
    }

    /// Whether the broker keeps the session over the cut.
    fn is_resumed(&self) -> bool {
        self.session == Session::Kept || self.version == "5.0"
    }
}

fn explain(wrong: &str, ended: &Ended, printed: &Account, sent: &[String], link: &CuttingLink) -> String {
    let Ended { code, stderr, .. } = ended;
    let account = printed.against(sent);
    format!("{wrong}\n{account}\nexit code {code}, stderr:\n{stderr}\ntrace:\n{}", link.trace())
}

/// What is published while the link breaks and comes back is printed.
fn check(case: &Case, broker: &Broker) -> Result<(), String> {
    let number = unique();
    let (topic, id) = (format!("subscribed/{number}"), format!("subscriber-{number}"));
    let link = CuttingLink::to(broker.address());
    link.cut(case.cut);
    let mut running = case.program(&topic, &id, link.port()).start();
    running.wait_for_stderr("Subscribed to");
    let is_subscribed_before = !matches!(case.cut.packet, "SUBSCRIBE" | "SUBACK");
    if !case.is_resumed() && !is_subscribed_before {
        link.wait_for_packet("SUBACK", 2);
    }
    let mut publisher = broker.client(&format!("publisher-to-{id}"));
    let mut sent = numbers(MESSAGES);
    for payload in &sent {
        publisher.publish(&topic, payload, case.qos);
    }
    link.wait_for_cuts(1);
    // Not before the new subscription, or where a message of the gap may be lost not in the gap, since the last one has
    // to come.
    if !case.is_resumed() {
        link.wait_for_packet("SUBACK", 2);
    } else if broker.fault.is_some() {
        link.wait_for_packet("CONNACK", 2);
    }
    publisher.publish(&topic, "last", case.qos);
    sent.push("last".to_owned());
    running.wait_for_stdout("last");
    running.signal(Signal::SIGINT);
    let ended = cases::finish(running);
    let printed = Account::of_lines(&ended.stdout);
    let judge = || {
        ensure(ended.code == 0, || format!("expected exit code 0, got {}", ended.code))?;
        if case.session == Session::Default && case.version == "5.0" {
            ends_its_session(&link.passed())?;
        }
        is_true_to_what_came(&link.passed(), &printed)?;
        match (case.is_resumed(), case.qos) {
            (true, _) if broker.fault.is_some() => Ok(()),
            (true, 2) => printed.is_exactly(&sent),
            (true, _) => printed.is_at_least(&sent),
            (false, _) if !is_subscribed_before => printed.is_at_least(&sent),
            (false, qos) => {
                if qos == 2 {
                    printed.is_at_most(&sent)?;
                }
                let says = ended.stderr.contains("missing") || ended.stderr.contains("missed");
                ensure(says, || "stderr does not say that messages may be missing".to_owned())
            }
        }
    };
    judge().map_err(|wrong| explain(&wrong, &ended, &printed, &sent, &link))
}

/// `-C` ends when the broker will not send again what was printed: a second run with that session prints the rest.
fn check_count(case: &Case, broker: &Broker) -> Result<(), String> {
    const COUNT: usize = 10;
    const REST: usize = 5;
    let number = unique();
    let (topic, id) = (format!("counted/{number}"), format!("subscriber-{number}"));
    let link = CuttingLink::to(broker.address());
    link.cut(case.cut);
    let mut running = case.program(&topic, &id, link.port()).arg("-C").arg(COUNT.to_string()).start();
    running.wait_for_stderr("Subscribed to");
    let mut publisher = broker.client(&format!("publisher-to-{id}"));
    let sent = numbers(COUNT + REST);
    for payload in &sent {
        publisher.publish(&topic, payload, case.qos);
    }
    let ended = cases::finish(running);
    let first = Account::of_lines(&ended.stdout);
    let mut running = case.program(&topic, &id, broker.port()).start();
    running.wait_for_stderr("Subscribed to");
    publisher.publish(&topic, "last", case.qos);
    running.wait_for_stdout("last");
    running.signal(Signal::SIGINT);
    let rest = Account::of_lines(&cases::finish(running).stdout);
    let judge = || {
        ensure(link.cuts() == 1, || "the cut was not made".to_owned())?;
        ensure(ended.code == 0, || format!("expected exit code 0, got {}", ended.code))?;
        ensure(first.count() == COUNT, || format!("{} lines and not {COUNT}", first.count()))?;
        let again: Vec<&String> = rest.payloads().iter().filter(|payload| first.payloads().contains(payload)).collect();
        ensure(again.is_empty(), || format!("the next run prints again: {again:?}"))?;
        is_true_to_what_came(&link.passed(), &first)?;
        if broker.fault.is_some() {
            return Ok(());
        }
        if case.qos == 2 {
            first.is_exactly(&sent[..COUNT])?;
        }
        let mut both = [first.payloads(), rest.payloads()].concat();
        ensure(both.pop().as_deref() == Some("last"), || format!("the next run prints {:?}", rest.payloads()))?;
        let both = Account::new(both);
        if case.qos == 2 { both.is_exactly(&sent) } else { both.is_at_least(&sent) }
    };
    judge().map_err(|wrong| explain(&wrong, &ended, &first, &sent, &link))
}

/// `-C` where no other run takes up the session: it ends with what it was asked for.
fn check_count_alone(case: &Case, broker: &Broker) -> Result<(), String> {
    const COUNT: usize = 10;
    let number = unique();
    let (topic, id) = (format!("alone/{number}"), format!("subscriber-{number}"));
    let link = CuttingLink::to(broker.address());
    link.cut(case.cut);
    let mut running = case.program(&topic, &id, link.port()).arg("-C").arg(COUNT.to_string()).start();
    running.wait_for_stderr("Subscribed to");
    let mut publisher = broker.client(&format!("publisher-to-{id}"));
    let sent = numbers(COUNT);
    for payload in &sent {
        publisher.publish(&topic, payload, case.qos);
    }
    let ended = cases::finish(running);
    let printed = Account::of_lines(&ended.stdout);
    let judge = || {
        ensure(ended.code == 0, || format!("expected exit code 0, got {}", ended.code))?;
        ensure(printed.count() == COUNT, || format!("{} lines and not {COUNT}", printed.count()))?;
        is_true_to_what_came(&link.passed(), &printed)?;
        if case.qos == 2 { printed.is_exactly(&sent) } else { Ok(()) }
    };
    judge().map_err(|wrong| explain(&wrong, &ended, &printed, &sent, &link))
}

/// 5.0 by default: the session outlives a connection, and not the run.
fn ends_its_session(passed: &[Passed]) -> Result<(), String> {
    const EXPIRY: u8 = property::SESSION_EXPIRY_INTERVAL;
    for Passed { packet, .. } in passed {
        match packet {
            Packet::Connect(connect) => {
                let expiry = connect.properties.number(EXPIRY);
                ensure(expiry.is_some_and(|expiry| expiry > 0), || format!("no expiry in {connect:?}"))?;
            }
            Packet::Disconnect(disconnect) => {
                let expiry = disconnect.properties.number(EXPIRY);
                ensure(expiry == Some(0), || format!("no expiry of 0 in {disconnect:?}"))?;
            }
            _ => {}
        }
    }
    let is_ended = passed.iter().any(|passed| passed.packet.name() == "DISCONNECT");
    ensure(is_ended, || "no DISCONNECT".to_owned())
}

/// What was acknowledged is printed, and nothing more often than it came: a PUBLISH at `QoS` 2 before its PUBREL is the
/// one that came before.
fn is_true_to_what_came(passed: &[Passed], printed: &Account) -> Result<(), String> {
    let mut sent: BTreeMap<u16, &str> = BTreeMap::new();
    let mut unreleased: BTreeSet<u16> = BTreeSet::new();
    let mut came: BTreeMap<&str, usize> = BTreeMap::new();
    let mut acknowledged: BTreeSet<&str> = BTreeSet::new();
    for Passed { packet, is_forwarded, .. } in passed {
        match packet {
            Packet::Connack(connack) if !connack.session_present => unreleased.clear(),
            // Some brokers give an identifier to another message before PUBREL: to the receiver it is the same.
            Packet::Publish(publish) if *is_forwarded && (publish.qos < 2 || unreleased.insert(publish.id)) => {
                sent.insert(publish.id, publish.text());
                *came.entry(publish.text()).or_default() += 1;
            }
            Packet::Ack(ack) => match ack.kind {
                AckKind::Puback | AckKind::Pubrec => acknowledged.extend(sent.get(&ack.id)),
                AckKind::Pubrel if *is_forwarded => _ = unreleased.remove(&ack.id),
                AckKind::Pubrel | AckKind::Pubcomp => {}
            },
            _ => {}
        }
    }
    let count = |payload: &str| printed.payloads().iter().filter(|printed| *printed == payload).count();
    let unprinted: Vec<&&str> = acknowledged.iter().filter(|payload| count(payload) == 0).collect();
    ensure(unprinted.is_empty(), || format!("acknowledged and not printed: {unprinted:?}"))?;
    let more: Vec<&str> =
        came.iter().filter(|(payload, times)| count(payload) > **times).map(|(payload, _)| *payload).collect();
    ensure(more.is_empty(), || format!("printed more often than they came: {more:?}"))
}

fn matrix(version: &'static str, session: Session, qos: u8) -> Vec<Case> {
    let steps = if qos == 1 { QOS_1 } else { QOS_2 };
    let subscribing = [SUBSCRIBE.cuts(1), SUBACK.cuts(1)].concat();
    let messages = steps.iter().flat_map(|step| [step.cuts(1), step.cuts(7)].concat());
    subscribing.into_iter().chain(messages).map(|cut| Case { version, session, qos, cut }).collect()
}

fn counted(version: &'static str, qos: u8) -> Vec<Case> {
    let steps = if qos == 1 { QOS_1 } else { QOS_2 };
    let mut cuts: Vec<Cut> = steps.iter().flat_map(|step| [step.cuts(3), step.cuts(10)].concat()).collect();
    cuts.extend(DISCONNECT.cuts(1));
    cuts.into_iter().map(|cut| Case { version, session: Session::Kept, qos, cut }).collect()
}

/// Whether the end may look like the broker's answer to DISCONNECT although PUBACK was lost: a FIN when all is printed.
fn is_invisible(case: &Case) -> bool {
    let is_late = case.cut.packet == "PUBACK" || case.cut.number == 10;
    case.qos == 1 && is_late && case.cut.ending == Ending::Finish
}

fn check_counts(broker: &Broker, version: &'static str, qos: u8) {
    let mut cases = counted(version, qos);
    cases.retain(|case| !is_invisible(case));
    cases::run_all(&cases, |case| check_count(case, broker));
}

macro_rules! matrices {
    ($broker:expr) => {
        use super::*;

        matrices! {
            $broker;
            qos_1_of_5_0_by_default: "5.0" Default 1,
            qos_2_of_5_0_by_default: "5.0" Default 2,
            qos_1_of_5_0_kept: "5.0" Kept 1,
            qos_2_of_5_0_kept: "5.0" Kept 2,
            qos_1_of_3_1_1_by_default: "3.1.1" Default 1,
            qos_2_of_3_1_1_by_default: "3.1.1" Default 2,
            qos_1_of_3_1_1_kept: "3.1.1" Kept 1,
            qos_2_of_3_1_1_kept: "3.1.1" Kept 2,
        }

        counts! {
            $broker;
            count_at_qos_1_of_5_0: "5.0" 1,
            count_at_qos_2_of_5_0: "5.0" 2,
            count_at_qos_1_of_3_1_1: "3.1.1" 1,
            count_at_qos_2_of_3_1_1: "3.1.1" 2,
        }
    };
    ($broker:expr; $($name:ident: $version:literal $session:ident $qos:literal),+ $(,)?) => {
        $(#[test]
        fn $name() {
            let Some(broker) = $broker else { return };
            cases::run_all(&matrix($version, Session::$session, $qos), |case| check(case, &broker));
        })+
    };
}

macro_rules! counts {
    ($broker:expr; $($name:ident: $version:literal $qos:literal),+ $(,)?) => {
        $(#[test]
        fn $name() {
            let Some(broker) = $broker else { return };
            check_counts(&broker, $version, $qos);
        })+
    };
}

mod mosquitto {
    matrices!(Broker::mosquitto(""));

    #[test]
    fn count_in_a_session_of_its_own() {
        let Some(broker) = Broker::mosquitto("") else { return };
        for qos in [1, 2] {
            let mut cases = counted("5.0", qos);
            for case in &mut cases {
                case.session = Session::Default;
            }
            cases::run_all(&cases, |case| check_count_alone(case, &broker));
        }
    }

    #[test]
    fn count_at_qos_1_behind_a_fin_that_the_broker_did_not_send() {
        let Some(broker) = Broker::mosquitto("") else { return };
        for version in ["3.1.1", "5.0"] {
            let mut cases = counted(version, 1);
            cases.retain(is_invisible);
            cases::run_all(&cases, |case| check_count(case, &broker));
        }
    }
}

#[cfg(feature = "broker")]
mod embedded {
    matrices!(Some(Broker::embedded()));
}

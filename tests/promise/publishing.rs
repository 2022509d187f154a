//! `pub` over a link that is cut at each step of each `QoS`.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use crate::account::{Account, numbers};
use crate::broker::Broker;
use crate::cases::{self, CONNACK, CONNECT, DISCONNECT, Session, Step, ensure, unique};
use crate::receiver::Receiver;
use crate::support::net::CuttingLink;
use crate::support::net::cutting_link::{Cut, Ending, Passed, Place, Towards};
use crate::support::wire::{AckKind, Packet, property};
use crate::support::{Ended, Program};

/// The steps of a message.
const QOS_1: &[Step] = &[Step(Towards::Broker, "PUBLISH"), Step(Towards::Client, "PUBACK")];
const QOS_2: &[Step] = &[
    Step(Towards::Broker, "PUBLISH"),
    Step(Towards::Client, "PUBREC"),
    Step(Towards::Broker, "PUBREL"),
    Step(Towards::Client, "PUBCOMP"),
];

/// More `QoS` 2 messages than this have no business in flight where the broker announces nothing.
const UNANNOUNCED_WINDOW: usize = 20;

/// Where the payloads come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Source {
    /// `-m`.
    Message,
    /// `-lm`.
    Lines,
    /// `--repeat`.
    Repeat,
    /// `--jsonl`.
    Objects,
}

/// One run of `pub`.
#[derive(Clone)]
pub(crate) struct Case {
    pub(crate) version: &'static str,
    pub(crate) session: Session,
    pub(crate) qos: u8,
    pub(crate) source: Source,
    /// Where the link is cut, one after the other.
    pub(crate) cuts: Vec<Cut>,
    /// `--resend-uncertain`.
    pub(crate) resends: bool,
}

impl fmt::Debug for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { version, session, qos, source, cuts, .. } = self;
        write!(f, "{version} {session:?} QoS {qos} {source:?}, cut {cuts:?}")
    }
}

impl Source {
    fn payloads(self) -> Vec<String> {
        match self {
            Self::Message => numbers(1),
            Self::Lines => numbers(150),
            Self::Repeat => vec!["again".to_owned(); 40],
            Self::Objects => numbers(40),
        }
    }

    /// The options, and what stdin has.
    fn options(self, topic: &str, qos: u8) -> (Vec<String>, String) {
        let (payloads, qos) = (self.payloads(), qos.to_string());
        let topic_and = |options: &[&str]| [&["-t", topic], options].concat().into_iter().map(str::to_owned).collect();
        match self {
            Self::Message => (topic_and(&["-m", "1", "-q", &qos]), String::new()),
            Self::Lines => (topic_and(&["-lm", "-q", &qos]), payloads.join("\n") + "\n"),
            Self::Repeat => (topic_and(&["-m", &payloads[0], "--repeat", "40", "-q", &qos]), String::new()),
            Self::Objects => {
                let object = |payload| format!(r#"{{"topic":"{topic}","payload":"{payload}","qos":{qos}}}"#) + "\n";
                (vec!["--jsonl".to_owned()], payloads.iter().map(object).collect())
            }
        }
    }
}

/// How the program went, and what the witness and the link saw of it.
pub(crate) struct Seen {
    pub(crate) sent: Vec<String>,
    pub(crate) ended: Ended,
    pub(crate) arrived: Account,
    pub(crate) link: CuttingLink,
}

impl Seen {
    /// Of one run.
    pub(crate) fn of(case: &Case, broker: &Broker) -> Self {
        let number = unique();
        let topic = format!("published/{number}");
        let receiver = Receiver::start(broker, &topic, broker.receiving_qos());
        let link = CuttingLink::to(broker.address());
        case.cuts.iter().for_each(|cut| link.cut(*cut));
        let (options, stdin) = case.source.options(&topic, case.qos);
        let mut program = Program::new(["pub", "-rp", "20", "-V", case.version])
            .port(link.port())
            .arg_all(&broker.options())
            .stdin(stdin);
        for option in &options {
            program = program.arg(option);
        }
        if case.session == Session::Kept {
            program = program.arg("--no-clean").arg("-i").arg(format!("publisher-{number}"));
        }
        if case.resends {
            program = program.arg("--resend-uncertain");
        }
        let ended = cases::finish(program.start_with_stdin());
        Self { sent: case.source.payloads(), ended, arrived: receiver.finish(broker), link }
    }

    /// Adds what was seen to what is wrong.
    pub(crate) fn explain(&self, wrong: &str) -> String {
        let account = self.arrived.against(&self.sent);
        let Ended { code, stderr, .. } = &self.ended;
        format!("{wrong}\n{account}\nexit code {code}, stderr:\n{stderr}\ntrace:\n{}", self.link.trace())
    }

    /// How many messages the program calls acknowledged.
    fn acknowledged(&self) -> usize {
        let line = self.ended.stderr.lines().rev().find_map(|line| line.split_once(" of ").zip(Some(line)));
        match line {
            _ if self.ended.code == 0 => self.sent.len(),
            Some(((before, _), line)) if line.contains("acknowledged") => {
                before.split_whitespace().last().and_then(|count| count.parse().ok()).unwrap_or(usize::MAX)
            }
            _ => 0,
        }
    }
}

/// Runs the case and holds it against the promise.
pub(crate) fn check(case: &Case, broker: &Broker) -> Result<(), String> {
    let seen = Seen::of(case, broker);
    judge(case, &seen, broker).map_err(|wrong| seen.explain(&wrong))
}

fn judge(case: &Case, seen: &Seen, broker: &Broker) -> Result<(), String> {
    let Seen { sent, ended, arrived, link } = seen;
    ensure(link.cuts() == case.cuts.len(), || format!("{} of {} cuts were made", link.cuts(), case.cuts.len()))?;
    let is_resumed = case.session == Session::Kept || case.version == "5.0";
    if case.qos == 2 && !is_resumed && !case.resends {
        return judge_uncertain(seen);
    }
    ensure(ended.code == 0, || format!("expected exit code 0, got {}", ended.code))?;
    let is_exact = case.qos == 2 && is_resumed && broker.fault.is_none();
    if is_exact {
        arrived.is_exactly(sent)?;
    } else {
        arrived.is_at_least(sent)?;
    }
    let passed = link.passed();
    takes_up_what_is_there(&passed, is_resumed)?;
    if case.session == Session::Default && case.version == "5.0" {
        keeps_its_session_no_longer_than_it_runs(&passed, link.is_cut_at_last())?;
    }
    Ok(())
}

/// `QoS` 2 where the session is gone: nothing twice, nothing claimed that did not arrive, and what is unknown is said.
fn judge_uncertain(seen: &Seen) -> Result<(), String> {
    let Seen { sent, ended, arrived, link } = seen;
    arrived.is_at_most(sent)?;
    let acknowledged = seen.acknowledged();
    ensure(acknowledged <= arrived.count(), || format!("{acknowledged} acknowledged, {} arrived", arrived.count()))?;
    let uncertain = sent.len() - acknowledged.min(sent.len());
    // Each connection that is lost leaves a window of them at most.
    let most = UNANNOUNCED_WINDOW * link.cuts();
    ensure(uncertain <= most, || format!("{uncertain} uncertain, which are more than {most}"))?;
    let code = if uncertain == 0 { 0 } else { 7 };
    ensure(ended.code == code, || format!("expected exit code {code} for {uncertain} uncertain, got {}", ended.code))?;
    let says = ended.stderr.contains("uncertain");
    ensure(says == (uncertain > 0), || format!("{uncertain} uncertain; stderr calls some so: {says}"))?;
    let is_repeated = |(payload, seen): (&String, &Vec<usize>)| payload != "again" && seen.len() > 1;
    ensure(!connections_of(&link.passed()).iter().any(is_repeated), || "an uncertain message was repeated".to_owned())?;
    let blames = ended.stderr.contains("broker lost the session");
    ensure(!blames, || "the broker is blamed for the clean session that we asked for".to_owned())
}

/// Which connections each payload was published on.
fn connections_of(passed: &[Passed]) -> BTreeMap<String, Vec<usize>> {
    let mut connections: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for Passed { connection, packet, .. } in passed {
        if let Packet::Publish(publish) = packet {
            connections.entry(publish.text().to_owned()).or_default().push(*connection);
        }
    }
    connections
}

/// Asks for its session again if it has one; what it sends again has its identifier and DUP where the session is there,
/// and neither where it is gone.
fn takes_up_what_is_there(passed: &[Passed], is_kept: bool) -> Result<(), String> {
    let mut is_accepted = false;
    let mut is_new = true;
    // By packet identifier: the payload, and whether PUBREL has been sent.
    let mut in_flight: BTreeMap<u16, (&[u8], bool)> = BTreeMap::new();
    for Passed { connection, packet, is_forwarded, .. } in passed {
        match packet {
            Packet::Connect(connect) if is_kept => {
                ensure(!(is_accepted && connect.clean), || format!("connection {connection} begins a new session"))?;
            }
            Packet::Connack(connack) => {
                is_accepted |= *is_forwarded;
                is_new = !connack.session_present;
                if is_new {
                    in_flight.clear();
                }
            }
            Packet::Publish(publish) => {
                let again = in_flight.insert(publish.id, (&publish.payload, false));
                ensure(!(is_new && publish.dup), || format!("DUP in a new session: {publish:?}"))?;
                if let Some((payload, is_released)) = again {
                    ensure(payload == publish.payload, || format!("the identifier of another message: {publish:?}"))?;
                    ensure(publish.dup, || format!("sent again without DUP: {publish:?}"))?;
                    ensure(!is_released, || format!("sent again after its PUBREL: {publish:?}"))?;
                }
            }
            Packet::Ack(ack) => match ack.kind {
                AckKind::Pubrel => _ = in_flight.entry(ack.id).and_modify(|(_, is_released)| *is_released = true),
                AckKind::Puback | AckKind::Pubcomp if *is_forwarded => _ = in_flight.remove(&ack.id),
                _ => {}
            },
            _ => {}
        }
    }
    Ok(())
}

/// 5.0 by default: each CONNECT has a Session Expiry Interval, and an orderly DISCONNECT, unless the link was cut with
/// everything acknowledged, takes it back.
fn keeps_its_session_no_longer_than_it_runs(passed: &[Passed], is_cut: bool) -> Result<(), String> {
    const EXPIRY: u8 = property::SESSION_EXPIRY_INTERVAL;
    let mut ids = BTreeSet::new();
    let mut last = None;
    for Passed { packet, .. } in passed {
        match packet {
            Packet::Connect(connect) => {
                let expiry = connect.properties.number(EXPIRY).unwrap_or(0);
                ensure(expiry > 0, || format!("no Session Expiry Interval in {connect:?}"))?;
                ids.insert(connect.client_id.clone());
            }
            Packet::Disconnect(disconnect) => last = Some(disconnect.properties.number(EXPIRY)),
            _ => {}
        }
    }
    ensure(ids.len() == 1, || format!("several client identifiers: {ids:?}"))?;
    let is_ended = last.map_or(is_cut, |expiry| expiry == Some(0));
    ensure(is_ended, || format!("the last DISCONNECT has the Session Expiry Interval {last:?} and not 0"))
}

/// Every cut of every step of a message, for every source, and of the steps around.
fn matrix(version: &'static str, session: Session, qos: u8) -> Vec<Case> {
    let mut cases = Vec::new();
    let mut add = |source, cuts: Vec<Cut>| {
        for cut in cuts {
            cases.push(Case { version, session, qos, source, cuts: vec![cut], resends: false });
        }
    };
    for step in if qos == 1 { QOS_1 } else { QOS_2 } {
        add(Source::Message, step.cuts(1));
        add(Source::Lines, step.cuts(7));
        add(Source::Lines, step.cuts(150));
        add(Source::Repeat, step.cuts(7));
        add(Source::Objects, step.cuts(7));
    }
    add(Source::Lines, DISCONNECT.cuts(1));
    // The connection that takes up what the first one left is lost too.
    let first =
        Cut { towards: Towards::Broker, packet: "PUBLISH", number: 7, place: Place::After, ending: Ending::Reset };
    for second in [CONNECT.cuts(1), CONNACK.cuts(1)].concat() {
        cases.push(Case { version, session, qos, source: Source::Lines, cuts: vec![first, second], resends: false });
    }
    cases
}

/// The same step cut again at the next connection; where acknowledgements pass, several times.
fn repeated(version: &'static str, session: Session, qos: u8) -> Vec<Case> {
    let mut cases = Vec::new();
    for step in if qos == 1 { QOS_1 } else { QOS_2 } {
        for cut in step.cuts(2) {
            // A third time without an acknowledgement, it would be a message at which the broker hangs up.
            let times = if matches!(cut.packet, "PUBACK" | "PUBCOMP") { 5 } else { 2 };
            cases.push(Case { version, session, qos, source: Source::Lines, cuts: vec![cut; times], resends: false });
        }
    }
    cases
}

fn all(version: &'static str, session: Session, qos: u8) -> Vec<Case> {
    let mut cases = matrix(version, session, qos);
    cases.extend(repeated(version, session, qos));
    cases
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
    };
    ($broker:expr; $($name:ident: $version:literal $session:ident $qos:literal),+ $(,)?) => {
        $(#[test]
        fn $name() {
            let Some(broker) = $broker else { return };
            cases::run_all(&all($version, Session::$session, $qos), |case| check(case, &broker));
        })+
    };
}

mod mosquitto {
    matrices!(Broker::mosquitto(""));

    #[test]
    fn qos_2_of_3_1_1_resent_on_request() {
        let Some(broker) = Broker::mosquitto("") else { return };
        let cases: Vec<Case> =
            all("3.1.1", Session::Default, 2).into_iter().map(|case| Case { resends: true, ..case }).collect();
        cases::run_all(&cases, |case| check(case, &broker));
    }
}

#[cfg(feature = "broker")]
mod embedded {
    matrices!(Some(Broker::embedded()));
}

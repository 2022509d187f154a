//! One thread of the load generator: a current-thread runtime, and one task that drives all of its connections.
//!
//! A turn of that task looks at the connections that the network woke, hands out what the schedule says is due,
//! writes, and sleeps until the next of both. Nothing is spawned, sent or locked for a message; buffers are the
//! worker's own and belong to a connection only while they hold its bytes.

mod churner;
mod connection;
mod contents;
mod dialing;
mod flow;
mod gathering;
mod lag;
mod pacer;
mod phases;
mod progress;
mod publisher;
mod ready;
mod requests;
mod responder;
mod sleep;
mod stage;
mod subscriber;
mod subscriptions;
mod ticker;
mod tools;
mod work;

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashSet, VecDeque};
use std::future::poll_fn;
use std::sync::Arc;
use std::sync::mpsc::Sender;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::BytesMut;
use tokio::task::JoinSet;

use super::clock::{Clock, nanos};
use super::control::{Control, WorkerHandle};
use super::plan::{ClientNumber, Plan};
use super::recorder::{CpuUse, Recorder, Second, WorkerResult};
use super::{Group, Measure, Schedule};
use crate::transport::{DialError, Dialed};

use connection::{Connection, Served};
use gathering::{Gathering, Harvest};
use lag::Lag;
use pacer::Pacer;
pub(super) use ready::ReadyList;
use stage::Stage;
use ticker::Ticker;
use tools::{BUFFER, Times, Tools};

/// How often the worker looks at keep alives, closes seconds and reports its progress.
const LOOK: u64 = 50_000_000;
/// In how many looks all connections have been looked at.
const LOOKS_FOR_ALL: usize = 10;

/// Everything that a worker needs to begin.
#[derive(Debug)]
pub(super) struct Assignment {
    pub(super) index: u64,
    pub(super) workers: u64,
    pub(super) plan: Arc<Plan>,
    pub(super) clock: Clock,
    pub(super) control: Arc<Control>,
    pub(super) handle: WorkerHandle,
    pub(super) seconds: Sender<Second>,
    pub(super) series_measure: Measure,
}

struct Worker {
    assignment: Assignment,
    tools: Tools,
    connections: Vec<Connection>,
    groups: Vec<GroupPart>,
    /// When which connection is to be dialled.
    planned_dials: Times,
    dials: JoinSet<(u32, Result<Dialed, DialError>)>,
    pacer: Pacer,
    ready: Vec<u32>,
    /// Those that have more to do than they were given time for.
    again: Vec<u32>,
    next_look: u64,
    looked_at: usize,
    mode: Mode,
    /// How many of the conductor's orders are carried out.
    obeyed: usize,
    /// How many of its questions are answered.
    answered: usize,
    /// Phases that begin at a time to come.
    upcoming: VecDeque<(usize, u64)>,
    gathering: Gathering,
    ticker: Ticker,
    cpu: CpuUse,
}

/// The part of a group that this worker has.
#[derive(Debug)]
struct GroupPart {
    /// Its first connection, or that of the group whose flow it is, and how many there are.
    first: usize,
    count: usize,
    schedule: Option<Schedule>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    /// Clients connect or leave; nothing is published.
    Changing,
    /// A phase is on, or over and what is on its way is waited for.
    Running { begin: u64 },
    /// DISCONNECT is sent.
    Closing { until: u64 },
}

/// What a turn asks for.
enum Next {
    Again,
    Gather(Duration),
    End,
}

impl Assignment {
    /// Works until the conductor says that it is over.
    pub(super) fn run(self) -> std::io::Result<WorkerResult> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(async {
            // A separate task: waking it from its own thread costs no system call, other than waking `block_on`.
            let worker = Worker::new(self)?;
            let work = tokio::spawn(tokio::task::unconstrained(worker.work()));
            work.await.map_err(std::io::Error::other)
        })
    }
}

impl Worker {
    fn new(assignment: Assignment) -> std::io::Result<Self> {
        let plan = assignment.plan.clone();
        let gathering = Gathering::of(&plan);
        let mut tools = Tools {
            clock: assignment.clock,
            recorder: Recorder::new(
                assignment.series_measure,
                plan.scenario.groups.iter().map(Group::measure).collect(),
                assignment.seconds.clone(),
            ),
            random: fastrand::Rng::with_seed(u64::from(plan.scenario.run) << 32 | assignment.index),
            input: BytesMut::new(),
            output: BytesMut::with_capacity(2 * BUFFER),
            arena: BytesMut::new(),
            text: String::new(),
            now: 0,
            stages: [0; Stage::COUNT],
            answer_timeout: nanos(plan.scenario.dialers.first().map_or(Duration::ZERO, |dialer| dialer.timeout)),
            running: false,
            measure_acks: !matches!(gathering, Gathering::Acknowledgements(_)),
            round_trip: u64::MAX,
            began: None,
            quickest: None,
            expects: plan.knows_what_to_expect(),
            distinct: 0,
            waiting: 0,
            abandoned: 0,
            finished: 0,
            reads: 0,
            completed: 0,
            window: plan
                .scenario
                .publishers()
                .map(|(_, publish)| publish.window.map_or(u64::MAX, u64::from))
                .min()
                .unwrap_or(u64::MAX),
            phase: 0,
            retained: (plan.scenario.phases.len() > 1).then(HashSet::new),
            departures: BinaryHeap::new(),
            alarms: BinaryHeap::new(),
            lag: Lag::default(),
            plan: plan.clone(),
        };
        let slices: Vec<_> = (0..plan.scenario.groups.len())
            .map(|group| plan.slice(group).part(assignment.index, assignment.workers))
            .collect();
        let own_clients = |group: usize| plan.scenario.groups[group].flow_of.is_none();
        let count = slices
            .iter()
            .enumerate()
            .filter(|(group, _)| own_clients(*group))
            .map(|(_, slice)| slice.len())
            .sum::<u64>();
        // At once, as growing leaves pieces behind that nothing else fits in.
        let mut connections = Vec::with_capacity(usize::try_from(count).map_err(std::io::Error::other)?);
        let mut groups = Vec::with_capacity(slices.len());
        for (group, slice) in slices.into_iter().enumerate() {
            let count = usize::try_from(slice.len()).map_err(std::io::Error::other)?;
            if let Some(own) = plan.scenario.groups[group].flow_of {
                let first = groups.get(own).map_or(0, |own: &GroupPart| own.first);
                groups.push(GroupPart { first, count, schedule: None });
                continue;
            }
            groups.push(GroupPart { first: connections.len(), count, schedule: None });
            for place in 0..slice.len() {
                let client = ClientNumber { group, number: slice.number(place) };
                let index = u32::try_from(connections.len()).map_err(std::io::Error::other)?;
                connections.push(Connection::new(client, index, &assignment.handle.ready, &mut tools));
            }
        }
        Ok(Self {
            tools,
            connections,
            groups,
            planned_dials: BinaryHeap::new(),
            dials: JoinSet::new(),
            pacer: Pacer::new()?,
            ready: Vec::new(),
            again: Vec::new(),
            next_look: 0,
            looked_at: 0,
            mode: Mode::Changing,
            obeyed: 0,
            answered: 0,
            upcoming: VecDeque::new(),
            gathering,
            ticker: Ticker::of(&plan),
            cpu: CpuUse::default(),
            assignment,
        })
    }

    async fn work(mut self) -> WorkerResult {
        loop {
            match poll_fn(|cx| self.turn(cx)).await {
                Next::Again => tokio::task::yield_now().await,
                Next::Gather(wait) => {
                    std::thread::sleep(wait);
                    tokio::task::yield_now().await;
                }
                Next::End => return self.end(),
            }
        }
    }

    fn turn(&mut self, cx: &mut Context<'_>) -> Poll<Next> {
        self.tools.take_time();
        if let Some((alarm, late)) = self.tools.lag.runs(self.tools.now)
            && self.tools.running
        {
            self.tools.recorder.measure(Measure::CoreDelay, alarm, late);
        }
        if self.obey() {
            return Poll::Ready(Next::End);
        }
        self.dial(cx);
        self.depart();
        self.ring();
        let before = (self.tools.completed, self.tools.reads);
        self.assignment.handle.ready.take(&mut self.ready, cx.waker());
        self.ready.append(&mut self.again);
        let mut ready = std::mem::take(&mut self.ready);
        for index in ready.drain(..) {
            self.serve(index);
        }
        // With its space, for the next turn.
        self.ready = ready;
        let due = self.publish_due();
        if self.tools.now >= self.next_look || self.has_news() {
            self.look();
            self.next_look = self.tools.now + LOOK;
        }
        if !self.again.is_empty() {
            return Poll::Ready(Next::Again);
        }
        let harvest = Harvest {
            reads: self.tools.reads - before.1,
            completed: self.tools.completed - before.0,
            quickest: self.tools.quickest.take(),
        };
        if let Some(wait) = self.gather(harvest) {
            return Poll::Ready(Next::Gather(wait));
        }
        if let Some(wait) = self.rest_of_tick(due + harvest.reads) {
            return Poll::Ready(Next::Gather(wait));
        }
        self.wait(cx)
    }

    /// Hands out what is due; how many messages that is.
    fn publish_due(&mut self) -> u64 {
        let Mode::Running { begin } = self.mode else { return 0 };
        let Some(since_begin) = self.tools.now.checked_sub(begin) else { return 0 };
        let mut count = 0;
        let mut first = self.ready.len();
        for (place, group) in self.groups.iter_mut().enumerate() {
            let Some(schedule) = &mut group.schedule else { continue };
            while let Some(due) = schedule.take(since_begin) {
                count += 1;
                let index = group.first + due.client;
                let connection = &mut self.connections[index];
                let index = u32::try_from(index).unwrap_or(u32::MAX);
                match connection.schedule(place, begin + due.planned, &mut self.tools) {
                    Some(dial) => self.planned_dials.push(Reverse((dial, index))),
                    None => self.ready.push(index),
                }
            }
        }
        if self.ready.len() - first > 1 {
            // Several messages of one client go out in one write.
            self.ready[first..].sort_unstable();
            self.ready.dedup();
        }
        while first < self.ready.len() {
            self.serve(self.ready[first]);
            first += 1;
        }
        self.ready.clear();
        count
    }

    /// Has those looked at again that have something to do now.
    fn ring(&mut self) {
        while let Some(Reverse((at, index))) = self.tools.alarms.peek().copied()
            && at <= self.tools.now
        {
            self.tools.alarms.pop();
            self.again.push(index);
        }
    }

    fn serve(&mut self, index: u32) {
        let connection = &mut self.connections[index as usize];
        if connection.stage == Stage::Dialing {
            return self.go_on_opening(index);
        }
        match connection.serve(&mut self.tools) {
            Served::Waits => {}
            Served::HasMore => self.again.push(index),
            Served::Ended => self.ended(index),
        }
    }
}

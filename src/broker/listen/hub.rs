use std::cell::{Cell, RefCell, RefMut};
use std::task::Waker;
use std::time::Instant;

use bytes::BytesMut;
use tokio::sync::Notify;

use super::figures::{Figure, figures};
use crate::broker::core::{Core, LinkId, Notice, Peer, Transmit};
use crate::broker::faults::{Done, Faults};
use crate::transport::Tap;

/// The size of a read.
const READ_BUFFER: usize = 64 * 1024;
/// A buffer that grew beyond this for one large packet is given back.
const LARGEST_KEPT: usize = 1024 * 1024;

/// Receives what the broker reports.
pub(crate) trait Watch: Send {
    /// A line for the log.
    fn notice(&mut self, notice: &Notice);

    /// The tap for the bytes of a connection, if any.
    fn tap(&mut self, address: &str) -> Option<Box<dyn Tap>>;

    /// A rule has done something.
    fn fault(&mut self, done: &Done);

    /// A message sets other faults, or cannot, with the reason.
    fn faults(&mut self, failure: Option<&str>);
}

/// The faults.
pub(in crate::broker) struct Mischief {
    pub(in crate::broker) faults: Faults,
    /// Messages to `$control/faults` set other ones.
    pub(in crate::broker) control: bool,
}

/// The core with what all links share: the timer, their wakers and their buffers.
pub(in crate::broker) struct Hub {
    core: RefCell<Core>,
    watch: RefCell<Option<Box<dyn Watch>>>,
    /// By [`LinkId::index`].
    wakers: RefCell<Vec<Option<Waker>>>,
    links: Cell<usize>,
    without_links: Notify,
    stopping: Cell<bool>,
    /// What the timer waits for.
    armed: Cell<Option<Instant>>,
    rearm: Notify,
    pub(super) faults: RefCell<Faults>,
    control: bool,
    maximum_packet_size: usize,
    pub(super) input: Cell<Vec<u8>>,
    pub(super) output: Cell<BytesMut>,
    pub(super) frames: Cell<BytesMut>,
}

impl Hub {
    pub(in crate::broker) fn new(
        core: Core,
        mischief: Mischief,
        maximum_packet_size: u32,
        watch: Option<Box<dyn Watch>>,
    ) -> Self {
        Self {
            faults: RefCell::new(mischief.faults),
            control: mischief.control,
            maximum_packet_size: maximum_packet_size as usize,
            core: RefCell::new(core),
            watch: RefCell::new(watch),
            wakers: RefCell::default(),
            links: Cell::new(0),
            without_links: Notify::new(),
            stopping: Cell::new(false),
            armed: Cell::new(None),
            rearm: Notify::new(),
            input: Cell::new(vec![0; READ_BUFFER]),
            output: Cell::default(),
            frames: Cell::default(),
        }
    }

    /// Handles what is due, until it is dropped.
    pub(in crate::broker) async fn keep_time(&self) {
        loop {
            let due = self.core.borrow().poll_timeout();
            self.armed.set(due);
            match due {
                None => self.rearm.notified().await,
                Some(due) => tokio::select! {
                    () = tokio::time::sleep_until(due.into()) => {
                        let mut core = self.core.borrow_mut();
                        core.handle_timeout(Instant::now());
                        self.settle(core, None);
                        // If something is due again at once, the links still get their turn.
                    }
                    () = self.rearm.notified() => {}
                },
            }
            tokio::task::yield_now().await;
        }
    }

    /// The metrics.
    pub(in crate::broker) fn figures(&self) -> Vec<Figure> {
        let (counters, gauges) = self.core.borrow().figures(Instant::now());
        figures(&counters, &gauges)
    }

    /// Disconnects all clients, and waits until they are gone.
    pub(in crate::broker) async fn shut_down(&self) {
        self.stopping.set(true);
        self.say_good_bye();
        while self.links.get() > 0 {
            self.without_links.notified().await;
        }
    }

    fn say_good_bye(&self) {
        let mut core = self.core.borrow_mut();
        core.shut_down(Instant::now());
        self.settle(core, None);
    }

    pub(super) fn is_stopping(&self) -> bool {
        self.stopping.get()
    }

    pub(super) fn open(&self, peer: Peer) -> (LinkId, Option<Box<dyn Tap>>) {
        let tap = self.watch.borrow_mut().as_mut().and_then(|watch| watch.tap(&peer.address));
        let mut core = self.core.borrow_mut();
        let id = core.open(peer, Instant::now());
        self.links.set(self.links.get() + 1);
        self.settle(core, None);
        (id, tap)
    }

    /// Whether a link has to look at its packets.
    pub(super) fn is_faulty(&self) -> bool {
        self.control || !self.faults.borrow().is_empty()
    }

    pub(super) fn has_control(&self) -> bool {
        self.control
    }

    pub(super) fn maximum_packet_size(&self) -> usize {
        self.maximum_packet_size
    }

    /// Sets other faults; the error is why it cannot, and the old ones stay.
    pub(super) fn replace_faults(&self, text: &str) -> Result<(), String> {
        let replaced = self.faults.borrow_mut().replace(text).map_err(|error| error.to_string());
        if let Some(watch) = self.watch.borrow_mut().as_mut() {
            watch.faults(replaced.as_ref().err().map(String::as_str));
        }
        replaced
    }

    /// Whether the client of a link may set faults.
    pub(super) fn may_control(&self, id: LinkId) -> bool {
        self.core.borrow().may_control(id)
    }

    /// A rule has done something.
    pub(super) fn fault(&self, done: &Done) {
        if let Some(watch) = self.watch.borrow_mut().as_mut() {
            watch.fault(done);
        }
    }

    /// Registers a link to be woken when there is something for it.
    pub(super) fn register(&self, id: LinkId, waker: &Waker) {
        let mut wakers = self.wakers.borrow_mut();
        if wakers.len() <= id.index() {
            wakers.resize(id.index() + 1, None);
        }
        match &mut wakers[id.index()] {
            Some(known) => known.clone_from(waker),
            unknown => *unknown = Some(waker.clone()),
        }
    }

    pub(super) fn handle_input(&self, id: LinkId, input: &mut BytesMut) {
        let mut core = self.core.borrow_mut();
        core.handle_input(id, input, Instant::now());
        self.settle(core, Some(id));
    }

    pub(super) fn wants_input(&self, id: LinkId) -> bool {
        self.core.borrow().wants_input(id)
    }

    pub(super) fn transmit(&self, id: LinkId, buffer: &mut BytesMut) -> Transmit {
        let mut core = self.core.borrow_mut();
        let transmit = core.poll_transmit(id, buffer, Instant::now());
        self.settle(core, None);
        transmit
    }

    /// `why`: for the log, if more is known than that the stream has ended.
    pub(super) fn close(&self, id: LinkId, why: Option<String>) {
        if let Some(waker) = self.wakers.borrow_mut().get_mut(id.index()) {
            *waker = None;
        }
        // Borrowed only if a panic in the core brought us here.
        if let Ok(mut core) = self.core.try_borrow_mut() {
            match why {
                Some(why) => core.handle_cut(id, why, Instant::now()),
                None => core.handle_closed(id, Instant::now()),
            }
            self.settle(core, None);
        }
        self.links.set(self.links.get() - 1);
        if self.links.get() == 0 {
            self.without_links.notify_one();
        }
    }

    pub(super) fn notice(&self, notice: &Notice) {
        if let Some(watch) = self.watch.borrow_mut().as_mut() {
            watch.notice(notice);
        }
    }

    /// Returns a buffer.
    pub(super) fn put(cell: &Cell<BytesMut>, mut buffer: BytesMut) {
        buffer.clear();
        if buffer.capacity() <= LARGEST_KEPT {
            cell.set(buffer);
        }
    }

    /// Follows up on a call of the core: wakes links, except the one that sends anyway, arms the timer, and passes on log
    /// lines.
    fn settle(&self, mut core: RefMut<'_, Core>, but: Option<LinkId>) {
        let wakers = self.wakers.borrow();
        while let Some(id) = core.poll_ready() {
            if but != Some(id)
                && let Some(Some(waker)) = wakers.get(id.index())
            {
                waker.wake_by_ref();
            }
        }
        drop(wakers);
        let due = core.poll_timeout();
        if due.is_some_and(|due| self.armed.get().is_none_or(|armed| due < armed)) {
            self.armed.set(due);
            self.rearm.notify_one();
        }
        while let Some(notice) = core.poll_notice() {
            self.notice(&notice);
        }
    }
}

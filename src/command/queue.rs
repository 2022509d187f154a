//! `pub --queue DIR`: messages are on disk before they count as read, and leave it when they are delivered.
//!
//! Three things go on at a time: what is read is stored, what is stored is handed to the client in its order, and the
//! client's events are counted. The client's session reports to the queue what it sends and releases, so that the next
//! process goes on where this one was killed.

use std::cell::{Cell, RefCell};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::Notify;
use tokio::time::sleep;

use super::deadline::Deadline;
use super::delivery::{Delivery, Handed, hand_over};
use super::interrupt::Interrupt;
use super::source::{Next, Source};
use super::tally::Tally;
use crate::client::{Client, Event, Pending};
use crate::error::{Error, ExitStatus};
use crate::mqtt::{Message, ReasonCode};
use crate::outbox::{Outbox, OutboxError};
use crate::output::Talk;
use crate::payload::plural;
use crate::session::{DisconnectProperties, Restored};
use crate::settings::{ConnectSettings, PubSettings, QueueSettings};

/// What is stored in one go at most where it is not read from lines: messages, and bytes of payload.
const BATCH: (usize, usize) = (1024, 1024 * 1024);

/// Stores and publishes everything, and what was left before.
pub(crate) async fn run(settings: &PubSettings, queue: &QueueSettings, talk: Talk) -> Result<ExitStatus, Error> {
    for warning in &settings.warnings {
        talk.warning(warning);
    }
    let deadline = Deadline::after(settings.publication.timeout);
    let stop = Arc::new(AtomicBool::new(false));
    let outbox = Outbox::open(&queue.folder).map_err(|error| unusable(queue, &error))?;
    let source =
        if queue.only_drains { None } else { Some(Source::open_on_demand(&settings.publication, stop.clone())?) };
    let mut connect = settings.connect.clone();
    let unfinished = identify(&outbox, queue, &mut connect)?;
    if source.is_none() && outbox.len() == 0 {
        talk.success(format_args!("Nothing waits in {}", queue.folder.display()));
        return Ok(ExitStatus::Done);
    }
    let mut interrupt = Interrupt::listen()?;
    let tally = RefCell::new(Tally::new(if source.is_some() { &settings.publication.topics } else { &[] }, talk));
    for _ in &unfinished {
        tally.borrow_mut().accepted();
    }
    let (client, mut events) = super::connect_recorded(&connect, talk, (outbox.journal(), unfinished))?;
    let work = Work {
        settings,
        queue,
        outbox: &outbox,
        client: &client,
        tally: &tally,
        talk,
        stored: Notify::new(),
        left: Notify::new(),
        is_read: Cell::new(false),
        stop,
        stopped: Notify::new(),
        is_broken: Cell::new(false),
    };
    let mut working = pin!(work.run(source));
    let delivery = Delivery { client: &client, connect: &connect, talk, deadline, is_endless: false };
    let take = |event| {
        // What the client gives up is still in the queue.
        let is_left = matches!(&event, Event::Published { id, .. } if outbox.has(*id));
        if !is_left {
            tally.borrow_mut().take(event);
            work.left.notify_one();
        }
    };
    let mut delivered = delivery.run(&mut interrupt, &mut events, working.as_mut(), take, || work.finish()).await;
    if delivered.cut.is_some() && !delivered.is_produced {
        // What has been read is nowhere else.
        work.stop_reading();
        delivered.failed = working.as_mut().await.err();
    }
    match outbox.commit() {
        // The first error says more than those that follow from it.
        Err(error) if !work.is_broken.get() => return Err(unusable(queue, &error)),
        _ => outbox.tidy(),
    }
    delivered.conclude(&tally.borrow(), waiting(&outbox, queue).as_deref(), talk)
}

/// Takes up the session of the queue: its client identifier, and what was sent in it and not completed.
fn identify(outbox: &Outbox, queue: &QueueSettings, connect: &mut ConnectSettings) -> Result<Vec<Restored>, Error> {
    let unusable = |error: OutboxError| unusable(queue, &error);
    let known = outbox.client_id().map_err(unusable)?;
    let unfinished = outbox.unfinished().map_err(unusable)?;
    let options = &mut connect.client.connect;
    let wanted = queue.is_client_id_chosen.then(|| options.client_id.to_string());
    let id = match (known, wanted) {
        (Some(known), Some(wanted)) if known != wanted && !unfinished.is_empty() => {
            let count = plural(unfinished.len() as u64, "message");
            let message =
                format!("{count} in {} were sent as client `{known}`, not `{wanted}`", queue.folder.display());
            let hint = format!("-i {known} goes on with them; without -i that is the default");
            return Err(Error::usage(message).with_hint(hint));
        }
        (Some(known), None) => known,
        // Drawn with the settings, where nobody chose it.
        (_, wanted) => {
            let id = wanted.unwrap_or_else(|| options.client_id.to_string());
            outbox.set_client_id(&id).map_err(unusable)?;
            id
        }
    };
    options.client_id = id.into();
    Ok(unfinished)
}

/// Reading, storing and handing over.
struct Work<'a> {
    settings: &'a PubSettings,
    queue: &'a QueueSettings,
    outbox: &'a Outbox,
    client: &'a Client,
    tally: &'a RefCell<Tally>,
    talk: Talk,
    /// There may be more in the queue.
    stored: Notify,
    /// There may be less in it.
    left: Notify,
    /// All that there is to read has been read and stored.
    is_read: Cell<bool>,
    /// Nothing more is to be read; what has been read is stored, even if the queue is full.
    stop: Arc<AtomicBool>,
    stopped: Notify,
    /// The queue cannot be written.
    is_broken: Cell<bool>,
}

impl Work<'_> {
    /// Until all is stored and handed to the client.
    async fn run(&self, source: Option<Source<'_>>) -> Result<(), Error> {
        let reading = async {
            let read = match source {
                Some(source) => self.read(source).await,
                None => Ok(()),
            };
            self.is_read.set(true);
            self.stored.notify_one();
            read
        };
        let (mut reading, mut handing_over) = (pin!(reading), pin!(self.hand_over()));
        tokio::select! {
            biased;
            read = &mut reading => {
                // What is stored waits for another run; a broker that is away is not waited for.
                if self.is_broken.get() {
                    return read;
                }
                handing_over.await.and(read)
            }
            handed_over = &mut handing_over => handed_over.and(reading.await),
        }
    }

    fn stop_reading(&self) {
        self.stop.store(true, Ordering::Relaxed);
        self.stopped.notify_one();
        self.left.notify_one();
    }

    fn is_stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    /// Stores what is read, before more is read. Where the queue is full, nothing is read; the lines of the last read are
    /// stored even then, as they are nowhere else.
    async fn read(&self, mut source: Source<'_>) -> Result<(), Error> {
        let delay = self.settings.publication.repeat_delay;
        loop {
            if self.is_stopped() && !source.reads_lines() {
                return Ok(());
            }
            while self.outbox.len() >= self.queue.maximum && !self.is_stopped() {
                if !self.queue.is_patient {
                    let message = format!("{} is full: {} wait", self.queue.folder.display(), self.outbox.len());
                    return Err(Error::local(message).with_hint("--queue-max makes room for more"));
                }
                self.left.notified().await;
            }
            let room = self.queue.maximum.saturating_sub(self.outbox.len());
            let room = usize::try_from(room).unwrap_or(BATCH.0).min(BATCH.0);
            let (mut batch, mut bytes) = (Vec::new(), 0);
            let end = loop {
                let next = if batch.is_empty() {
                    tokio::select! {
                        biased;
                        next = source.next() => next,
                        () = self.stopped.notified() => break Some(Ok(())),
                    }
                } else if source.is_at_hand() {
                    source.next().await
                } else {
                    break None;
                };
                match next {
                    Ok(Next::Message(message)) => {
                        bytes += message.payload.len();
                        batch.push(message);
                    }
                    Ok(Next::Bad(error)) => self.tally.borrow_mut().bad(&error),
                    Ok(Next::End) => break Some(Ok(())),
                    Err(error) => break Some(Err(error)),
                }
                let is_full = !source.reads_lines() && (batch.len() >= room || bytes >= BATCH.1);
                if is_full || (!delay.is_zero() && source.is_between_rounds()) {
                    break None;
                }
            };
            self.store(&batch)?;
            if let Some(end) = end {
                return end;
            }
            if !delay.is_zero() && source.is_between_rounds() {
                tokio::select! {
                    () = sleep(delay) => {}
                    () = self.stopped.notified() => return Ok(()),
                }
            }
        }
    }

    fn store(&self, batch: &[Message]) -> Result<(), Error> {
        if batch.is_empty() {
            return Ok(());
        }
        if let Err(error) = self.outbox.push(batch) {
            self.is_broken.set(true);
            return Err(unusable(self.queue, &error));
        }
        self.stored.notify_one();
        let (count, all) = (plural(batch.len() as u64, "message"), self.outbox.len());
        self.talk.debug(format_args!("{count} stored, {all} in the queue"));
        Ok(())
    }

    /// Hands message after message to the client, as fast as it takes them.
    async fn hand_over(&self) -> Result<(), Error> {
        loop {
            let messages = self.outbox.read_on().map_err(|error| unusable(self.queue, &error))?;
            if messages.is_empty() {
                if self.is_read.get() {
                    return Ok(());
                }
                self.stored.notified().await;
            }
            for (number, message) in messages {
                self.outbox.expect(number);
                match hand_over(self.client, message, self.tally).await {
                    Handed::Over => {}
                    Handed::Declined => self.outbox.decline(number),
                    Handed::Closed => return Ok(()),
                }
            }
        }
    }

    /// Ends the client when all has its outcome. A session that is the queue's own ends then too.
    fn finish(&self) {
        if self.is_broken.get() {
            return self.client.disconnect(Pending::Abandon);
        }
        let ends_session = !self.queue.is_client_id_chosen && self.settings.connect.client.connect.version.is_v5();
        let session_expiry_interval = ends_session.then_some(0);
        let properties = DisconnectProperties { session_expiry_interval, ..Default::default() };
        self.client.disconnect_with(Pending::Finish, ReasonCode::Success, properties);
    }
}

/// What is left, and how it goes on.
fn waiting(outbox: &Outbox, queue: &QueueSettings) -> Option<String> {
    let count = outbox.len();
    let verb = if count == 1 { "waits" } else { "wait" };
    (count > 0).then(|| format!("{} {verb} in {}", plural(count, "message"), queue.folder.display()))
}

fn unusable(queue: &QueueSettings, error: &OutboxError) -> Error {
    let folder = queue.folder.display();
    let is_in_use = matches!(error, OutboxError::InUse);
    let error = Error::local(format!("--queue {folder}: {error}"));
    if is_in_use { error.with_hint("one process at a time can have a queue") } else { error }
}

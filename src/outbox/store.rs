use std::collections::{BTreeSet, HashMap, VecDeque};
use std::fs;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use redb::{Database, ReadableDatabase, ReadableTable, ReadableTableMetadata, TableDefinition, WriteTransaction};

use super::error::OutboxError;
use super::form;
use crate::mqtt::Message;
use crate::session::{DeliveryId, Restored};

const MESSAGES: TableDefinition<'_, u64, &[u8]> = TableDefinition::new("messages");
const SENT: TableDefinition<'_, u64, (u16, u64, bool)> = TableDefinition::new("sent");
const NAMES: TableDefinition<'_, &str, &str> = TableDefinition::new("names");

/// The file in the folder of a queue.
const FILE: &str = "queue.redb";
/// The name under which the client identifier is kept.
const CLIENT_ID: &str = "client_id";
/// How much of the file is kept in memory, bytes.
const CACHE: usize = 8 * 1024 * 1024;
/// What one look for messages returns at most: their number, and bytes after which there are no more.
const AT_ONCE: (usize, usize) = (256, 1024 * 1024);

/// A queue of messages on disk, which this process alone has.
#[derive(Debug)]
pub(crate) struct Outbox {
    pub(super) shared: Arc<Shared>,
}

#[derive(Debug)]
pub(super) struct Shared {
    state: Mutex<State>,
}

#[derive(Debug)]
pub(super) struct State {
    database: Database,
    /// Steps that are not on disk yet.
    steps: Vec<(u64, Step)>,
    /// The numbers of messages that the session has.
    numbers: HashMap<DeliveryId, u64>,
    /// The numbers of those that it gets next.
    expected: VecDeque<u64>,
    /// Up to this one messages were read, besides those that had been sent before.
    cursor: u64,
    /// What an earlier process had sent.
    sent_before: BTreeSet<u64>,
    /// The last number in use.
    last: u64,
    /// The order of steps.
    order: u64,
    /// How many messages there are.
    count: u64,
    /// Why the file can no longer be written. All that follows is refused with "previous I/O error", which does not say
    /// that the disk is full.
    broken: Option<OutboxError>,
}

/// What has become of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// Under this packet id.
    Sent(u16),
    /// PUBREC has come.
    Released,
    /// To be published anew.
    Requeued,
    /// It leaves the queue.
    Finished,
}

impl Outbox {
    /// Opens the queue in a folder, which is made if it is not there.
    pub(crate) fn open(folder: &Path) -> Result<Self, OutboxError> {
        create(folder)?;
        let database = Database::builder().set_cache_size(CACHE).create(folder.join(FILE))?;
        sync_folder(folder)?;
        Self::of(database)
    }

    pub(super) fn of(database: Database) -> Result<Self, OutboxError> {
        let transaction = database.begin_write()?;
        let (last, count);
        let (mut order, mut sent_before) = (0, BTreeSet::new());
        {
            let messages = transaction.open_table(MESSAGES)?;
            last = messages.last()?.map_or(0, |(number, _)| number.value());
            count = messages.len()?;
            for entry in transaction.open_table(SENT)?.iter()? {
                let (number, sent) = entry?;
                order = order.max(sent.value().1);
                sent_before.insert(number.value());
            }
            transaction.open_table(NAMES)?;
        }
        transaction.commit()?;
        let state = State {
            database,
            steps: Vec::new(),
            numbers: HashMap::new(),
            expected: VecDeque::new(),
            cursor: 0,
            sent_before,
            last,
            order,
            count,
            broken: None,
        };
        Ok(Self { shared: Arc::new(Shared { state: Mutex::new(state) }) })
    }

    /// The client identifier of the session in which messages were sent, if there is one.
    pub(crate) fn client_id(&self) -> Result<Option<String>, OutboxError> {
        let transaction = self.lock().database.begin_read()?;
        let name = transaction.open_table(NAMES)?.get(CLIENT_ID)?.map(|name| name.value().to_owned());
        Ok(name)
    }

    /// Notes the client identifier of the session.
    pub(crate) fn set_client_id(&self, id: &str) -> Result<(), OutboxError> {
        let transaction = self.lock().database.begin_write()?;
        transaction.open_table(NAMES)?.insert(CLIENT_ID, id)?;
        transaction.commit()?;
        Ok(())
    }

    /// What an earlier process sent and did not complete, in the order in which the session has to go on with it.
    pub(crate) fn unfinished(&self) -> Result<Vec<Restored>, OutboxError> {
        let mut state = self.lock();
        let transaction = state.database.begin_read()?;
        let (messages, sent) = (transaction.open_table(MESSAGES)?, transaction.open_table(SENT)?);
        let mut found = Vec::new();
        for entry in sent.iter()? {
            let (number, sent) = entry?;
            let number = number.value();
            let (packet_id, order, is_released) = sent.value();
            let message = messages.get(number)?.and_then(|bytes| form::to_message(bytes.value()));
            let message = message.ok_or(OutboxError::Damaged(number))?;
            found.push((order, number, Restored { packet_id, is_released, message }));
        }
        found.sort_by_key(|(order, ..)| *order);
        state.expected.extend(found.iter().map(|(_, number, _)| *number));
        Ok(found.into_iter().map(|(.., unfinished)| unfinished).collect())
    }

    /// Stores messages. They are on disk when it returns.
    pub(crate) fn push(&self, messages: &[Message]) -> Result<(), OutboxError> {
        self.lock().keeping_the_first_error(|state| state.push(messages))
    }

    /// The next messages that were never sent, with their numbers; none if there are no more for now.
    pub(crate) fn read_on(&self) -> Result<Vec<(u64, Message)>, OutboxError> {
        self.lock().keeping_the_first_error(State::read_on)
    }

    /// The message of this number is what the session gets next.
    pub(crate) fn expect(&self, number: u64) {
        self.lock().expected.push_back(number);
    }

    /// The session has not taken the message that it was to get next: it leaves the queue.
    pub(crate) fn decline(&self, number: u64) {
        let mut state = self.lock();
        state.expected.retain(|expected| *expected != number);
        state.steps.push((number, Step::Finished));
    }

    /// Whether the session still has it to do.
    pub(crate) fn has(&self, id: DeliveryId) -> bool {
        self.lock().numbers.contains_key(&id)
    }

    /// How many messages are in the queue.
    pub(crate) fn len(&self) -> u64 {
        let state = self.lock();
        state.count - state.steps.iter().filter(|(_, step)| *step == Step::Finished).count() as u64
    }

    /// Writes down what is not on disk yet.
    pub(crate) fn commit(&self) -> Result<(), OutboxError> {
        self.lock().commit()
    }

    /// Gives the disk back what an empty queue does not need.
    pub(crate) fn tidy(&self) {
        let mut state = self.lock();
        if state.count == 0 && state.steps.is_empty() {
            // A file that stays large is still a good one.
            _ = state.database.compact();
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.shared.lock()
    }
}

impl Shared {
    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// The session has taken the message that was expected.
    pub(super) fn accepted(&mut self, id: DeliveryId) {
        if let Some(number) = self.expected.pop_front() {
            self.numbers.insert(id, number);
        }
    }

    /// A step of the session, to be written at the next commit.
    pub(super) fn note(&mut self, id: DeliveryId, step: Step) {
        let number = if step == Step::Finished { self.numbers.remove(&id) } else { self.numbers.get(&id).copied() };
        self.steps.extend(number.map(|number| (number, step)));
    }

    /// The file cannot be written: what came first is reported from then on.
    fn keeping_the_first_error<T>(
        &mut self,
        work: impl FnOnce(&mut Self) -> Result<T, OutboxError>,
    ) -> Result<T, OutboxError> {
        work(self).map_err(|error| match error {
            OutboxError::Database(_) => self.broken.get_or_insert(error).clone(),
            error => error,
        })
    }

    fn push(&mut self, messages: &[Message]) -> Result<(), OutboxError> {
        let transaction = self.database.begin_write()?;
        let mut last = self.last;
        {
            let mut table = transaction.open_table(MESSAGES)?;
            for message in messages {
                last += 1;
                // What no packet can hold was refused when the message was made.
                let bytes = form::to_bytes(message).ok_or(OutboxError::Damaged(last))?;
                table.insert(last, &*bytes)?;
            }
        }
        self.write_steps(&transaction)?;
        transaction.commit()?;
        self.has_written();
        self.count += messages.len() as u64;
        self.last = last;
        Ok(())
    }

    fn read_on(&mut self) -> Result<Vec<(u64, Message)>, OutboxError> {
        let transaction = self.database.begin_read()?;
        let table = transaction.open_table(MESSAGES)?;
        let (mut found, mut bytes) = (Vec::new(), 0);
        for entry in table.range(self.cursor + 1..)? {
            let (number, stored) = entry?;
            let number = number.value();
            self.cursor = number;
            if self.sent_before.contains(&number) {
                continue;
            }
            bytes += stored.value().len();
            found.push((number, form::to_message(stored.value()).ok_or(OutboxError::Damaged(number))?));
            if found.len() >= AT_ONCE.0 || bytes >= AT_ONCE.1 {
                break;
            }
        }
        Ok(found)
    }

    pub(super) fn commit(&mut self) -> Result<(), OutboxError> {
        self.keeping_the_first_error(Self::commit_steps)
    }

    fn commit_steps(&mut self) -> Result<(), OutboxError> {
        if self.steps.is_empty() {
            return Ok(());
        }
        let transaction = self.database.begin_write()?;
        self.write_steps(&transaction)?;
        transaction.commit()?;
        self.has_written();
        Ok(())
    }

    fn write_steps(&mut self, transaction: &WriteTransaction) -> Result<(), OutboxError> {
        if self.steps.is_empty() {
            return Ok(());
        }
        let (mut messages, mut sent) = (transaction.open_table(MESSAGES)?, transaction.open_table(SENT)?);
        for &(number, step) in &self.steps {
            self.order += 1;
            match step {
                Step::Sent(packet_id) => _ = sent.insert(number, (packet_id, self.order, false))?,
                Step::Released => {
                    let packet_id = sent.get(number)?.map(|sent| sent.value().0);
                    if let Some(packet_id) = packet_id {
                        sent.insert(number, (packet_id, self.order, true))?;
                    }
                }
                Step::Requeued => _ = sent.remove(number)?,
                Step::Finished => {
                    messages.remove(number)?;
                    sent.remove(number)?;
                }
            }
        }
        Ok(())
    }

    /// The steps are on disk.
    fn has_written(&mut self) {
        let finished = self.steps.drain(..).filter(|(_, step)| *step == Step::Finished).count();
        self.count = self.count.saturating_sub(finished as u64);
    }
}

/// Makes the folder for its owner alone: payloads may be nobody else's business.
fn create(folder: &Path) -> Result<(), OutboxError> {
    if folder.is_dir() {
        return Ok(());
    }
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    Ok(builder.create(folder)?)
}

/// Makes a new file's name last as well.
fn sync_folder(folder: &Path) -> Result<(), OutboxError> {
    if cfg!(unix) {
        fs::File::open(folder)?.sync_all()?;
    }
    Ok(())
}

//! The queue on a disk that loses its power.

use std::io;
use std::sync::{Arc, Mutex};

use proptest::prelude::*;
use redb::{Database, StorageBackend};

use super::Outbox;
use crate::mqtt::{Message, QoS, Version};
use crate::session::{ConnectOptions, DeliveryId, Restored, Session};

/// A disk: what is synced lasts, what is only written may or may not, in parts.
#[derive(Debug, Default)]
struct Disk {
    synced: Vec<u8>,
    current: Vec<u8>,
    /// Since the last sync.
    writes: Vec<(usize, Vec<u8>)>,
    /// So many writes and syncs until the power is cut.
    left: Option<usize>,
}

impl Disk {
    fn work(&mut self) -> io::Result<()> {
        match &mut self.left {
            Some(0) => Err(io::Error::other("the power is cut")),
            Some(left) => {
                *left -= 1;
                Ok(())
            }
            None => Ok(()),
        }
    }
}

#[derive(Debug, Clone, Default)]
struct Handle(Arc<Mutex<Disk>>);

/// What a disk writes whole.
const SECTOR: usize = 512;

impl Handle {
    /// The disk after a power cut: of the sectors that were not synced some are written, by the bits of `chance`.
    fn after_power_cut(&self, chance: &mut fastrand::Rng) -> Self {
        let disk = self.0.lock().unwrap();
        let mut image = disk.synced.clone();
        for (offset, data) in &disk.writes {
            for (index, sector) in data.chunks(SECTOR).enumerate() {
                let at = offset + index * SECTOR;
                if chance.bool() {
                    image.resize(image.len().max(at + sector.len()), 0);
                    image[at..at + sector.len()].copy_from_slice(sector);
                }
            }
        }
        // The length of a file is changed at once or not at all.
        let length = if chance.bool() { disk.current.len() } else { disk.synced.len() };
        image.resize(length.max(disk.synced.len()), 0);
        Self(Arc::new(Mutex::new(Disk { synced: image.clone(), current: image, ..Disk::default() })))
    }

    fn open(&self) -> Outbox {
        Outbox::of(Database::builder().create_with_backend(self.clone()).unwrap()).unwrap()
    }
}

impl StorageBackend for Handle {
    fn len(&self) -> io::Result<u64> {
        Ok(self.0.lock().unwrap().current.len() as u64)
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let disk = self.0.lock().unwrap();
        let at = usize::try_from(offset).unwrap();
        let bytes = disk.current.get(at..at + out.len()).ok_or(io::ErrorKind::UnexpectedEof)?;
        out.copy_from_slice(bytes);
        Ok(())
    }

    fn set_len(&self, length: u64) -> io::Result<()> {
        self.0.lock().unwrap().current.resize(usize::try_from(length).unwrap(), 0);
        Ok(())
    }

    fn sync_data(&self) -> io::Result<()> {
        let mut disk = self.0.lock().unwrap();
        disk.work()?;
        disk.synced = disk.current.clone();
        disk.writes.clear();
        Ok(())
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        let mut disk = self.0.lock().unwrap();
        disk.work()?;
        let at = usize::try_from(offset).unwrap();
        disk.current[at..at + data.len()].copy_from_slice(data);
        disk.writes.push((at, data.to_vec()));
        Ok(())
    }
}

fn message(number: usize) -> Message {
    let qos = [QoS::AtLeastOnce, QoS::ExactlyOnce][number % 2];
    Message::new("a".parse().unwrap(), number.to_string()).with_qos(qos)
}

fn number_of(message: &Message) -> usize {
    std::str::from_utf8(&message.payload).unwrap().parse().unwrap()
}

/// Names of publishes, as a session gives them.
fn ids(count: usize) -> Vec<DeliveryId> {
    let mut session = Session::new(ConnectOptions::new(Version::V5, "")).unwrap();
    (0..count).map(|number| session.publish(message(number)).unwrap()).collect()
}

/// All that is in a queue: what was sent, and what was not.
fn contents(outbox: &Outbox) -> (Vec<Restored>, Vec<usize>) {
    let sent = outbox.unfinished().unwrap();
    let mut left = Vec::new();
    loop {
        let more = outbox.read_on().unwrap();
        if more.is_empty() {
            return (sent, left);
        }
        left.extend(more.iter().map(|(_, message)| number_of(message)));
    }
}

#[test]
fn another_process_goes_on_in_the_order_of_the_steps() {
    let folder = tempfile::tempdir().unwrap();
    let ids = ids(6);
    {
        let outbox = Outbox::open(&folder.path().join("new/queue")).unwrap();
        outbox.push(&(0..6).map(message).collect::<Vec<_>>()).unwrap();
        outbox.set_client_id("x").unwrap();
        let mut journal = outbox.journal();
        for (number, _) in outbox.read_on().unwrap() {
            outbox.expect(number);
        }
        for (id, packet_id) in ids.iter().zip([10, 11, 12, 13]) {
            journal.accepted(*id);
            journal.sending(*id, packet_id);
        }
        journal.released(ids[3]);
        journal.released(ids[1]);
        journal.finished(ids[0]);
        journal.requeued(ids[2]);
        journal.commit().unwrap();
        assert_eq!(outbox.len(), 5);
        // Never committed.
        journal.finished(ids[1]);
    }
    let outbox = Outbox::open(&folder.path().join("new/queue")).unwrap();
    assert_eq!((outbox.len(), outbox.client_id().unwrap().as_deref()), (5, Some("x")));
    let (sent, left) = contents(&outbox);
    let sent: Vec<_> = sent.iter().map(|one| (number_of(&one.message), one.packet_id, one.is_released)).collect();
    assert_eq!(sent, [(3, 13, true), (1, 11, true)]);
    assert_eq!(left, [2, 4, 5]);
}

#[test]
fn an_empty_queue_gives_the_disk_back_what_it_took() {
    let folder = tempfile::tempdir().unwrap();
    let size = || std::fs::metadata(folder.path().join("queue.redb")).unwrap().len();
    let outbox = Outbox::open(folder.path()).unwrap();
    let large = Message::new("a".parse().unwrap(), vec![0; 100_000]).with_qos(QoS::AtLeastOnce);
    outbox.push(&vec![large; 100]).unwrap();
    let full = size();
    let mut journal = outbox.journal();
    for (id, (number, _)) in ids(100).into_iter().zip(std::iter::from_fn(|| outbox.read_on().ok()).take(20).flatten()) {
        outbox.expect(number);
        journal.accepted(id);
        journal.finished(id);
    }
    outbox.commit().unwrap();
    outbox.tidy();
    assert_eq!(outbox.len(), 0);
    assert!(size() < full / 2, "{} of {full}", size());
}

#[test]
fn what_broke_the_queue_is_what_every_later_error_says() {
    let disk = Handle::default();
    let outbox = disk.open();
    outbox.push(&[message(0)]).unwrap();
    disk.0.lock().unwrap().left = Some(0);
    let first = outbox.push(&[message(1)]).unwrap_err().to_string();
    assert!(first.contains("the power is cut"), "{first}");
    // Even a disk with room again is not written to any more.
    disk.0.lock().unwrap().left = None;
    assert_eq!(outbox.push(&[message(1)]).unwrap_err().to_string(), first);
    outbox.decline(1);
    assert_eq!(outbox.journal().commit().unwrap_err(), first);
}

#[test]
fn a_second_opening_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let _first = Outbox::open(folder.path()).unwrap();
    let error = Outbox::open(folder.path()).unwrap_err();
    assert_eq!(error.to_string(), "another process is using it");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// In the middle of a commit, and whatever of its writes reached the disk: each step that was committed before
    /// counts, and of the one under way all or nothing.
    #[test]
    fn a_power_cut_loses_nothing_that_was_stored_and_brings_nothing_back(
        steps in prop::collection::vec((0u8..4, 1usize..6), 1..30),
        cut_after in 0usize..120,
        seed in any::<u64>(),
    ) {
        let mut chance = fastrand::Rng::with_seed(seed);
        let ids = ids(200);
        let disk = Handle::default();
        let outbox = disk.open();
        let mut journal = outbox.journal();
        disk.0.lock().unwrap().left = Some(cut_after);
        // How many are stored, sent and finished: now, and by the last commit.
        let (mut stored, mut handed, mut done) = (0, 0, 0);
        let mut committed = (0, 0, 0);
        for (step, count) in steps {
            let is_cut = match step {
                0 => {
                    let messages: Vec<_> = (stored..stored + count).map(message).collect();
                    stored += count;
                    outbox.push(&messages).is_err()
                }
                1 => {
                    let Ok(messages) = outbox.read_on() else { break };
                    for (number, _) in messages {
                        outbox.expect(number);
                        journal.accepted(ids[handed]);
                        journal.sending(ids[handed], u16::try_from(handed).unwrap() + 1);
                        handed += 1;
                    }
                    continue;
                }
                2 => {
                    let until = (done + count).min(handed);
                    ids[done..until].iter().for_each(|id| journal.finished(*id));
                    done = until;
                    continue;
                }
                _ => journal.commit().is_err(),
            };
            if is_cut {
                break;
            }
            committed = (stored, handed, done);
        }
        let after = disk.after_power_cut(&mut chance).open();
        let (sent, left) = contents(&after);
        let sent: Vec<_> = sent.iter().map(|one| (number_of(&one.message), usize::from(one.packet_id))).collect();
        let expected = |(stored, handed, done): (usize, usize, usize)| {
            let sent: Vec<_> = (done..handed).map(|number| (number, number + 1)).collect();
            (sent, (handed..stored).collect::<Vec<_>>(), (stored - done) as u64)
        };
        let found = (sent, left, after.len());
        let possible = [expected(committed), expected((stored, handed, done))];
        prop_assert!(possible.contains(&found), "found {:?}, expected one of {:?}", found, possible);
    }
}

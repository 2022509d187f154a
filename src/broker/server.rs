use std::fmt;
use std::io;
use std::path::Path;
use std::rc::Rc;
use std::sync::mpsc;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant, SystemTime};

use tokio::runtime;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::oneshot;
use tokio::task::{LocalSet, spawn_local};
use tokio::time::timeout;

use super::access::{AccessList, Users};
use super::core::{Core, Settings};
use super::faults::{FaultError, Faults};
use super::listen::{Addresses, Figure, Hub, Listeners, Mischief, Watch, accept};
use super::statistics::INTERVAL;
use super::{BrokerError, BrokerOptions};

/// How long a stop waits for clients to take what is on its way to them.
const STOP_TIMEOUT: Duration = Duration::from_millis(500);

/// A running broker. Dropping it stops it.
pub struct Broker {
    addresses: Addresses,
    ask: UnboundedSender<mpsc::SyncSender<Vec<Figure>>>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Broker {
    /// Starts a broker; when this returns, which takes about a millisecond, it accepts connections.
    ///
    /// # Errors
    ///
    /// Says which address is taken, or why it cannot be listened on.
    pub fn start(options: BrokerOptions) -> Result<Self, BrokerError> {
        Self::start_watched(options, None)
    }

    /// Starts a broker that somebody watches.
    pub(crate) fn start_watched(options: BrokerOptions, watch: Option<Box<dyn Watch>>) -> Result<Self, BrokerError> {
        let plan = Plan::new(&options)?;
        let (started, addresses) = mpsc::sync_channel(1);
        let (stop, stopped) = oneshot::channel();
        let (ask, questions) = unbounded_channel();
        // Its own thread, so that it can be started and stopped in the midst of another runtime.
        let thread = thread::Builder::new()
            .name("broker".into())
            .spawn(move || run(&options, plan, watch, &started, (stopped, questions)))
            .map_err(BrokerError::Start)?;
        let addresses = addresses
            .recv()
            .unwrap_or_else(|_| Err(BrokerError::Start(io::Error::other("its thread ended before it had begun"))))?;
        Ok(Self { addresses, ask, stop: Some(stop), thread: Some(thread) })
    }

    /// Where it listens, with the ports that were picked.
    pub fn addresses(&self) -> &Addresses {
        &self.addresses
    }

    /// What it counts; `None` if it does not answer in time.
    pub(crate) fn figures(&self) -> Option<Vec<Figure>> {
        let (answer, answered) = mpsc::sync_channel(1);
        self.ask.send(answer).ok()?;
        answered.recv_timeout(STOP_TIMEOUT).ok()
    }

    /// Stops it and waits until its connections are closed and its thread is gone, which takes milliseconds.
    pub fn stop(self) {
        drop(self);
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        // Dropping the sender is the signal.
        self.stop = None;
        if let Some(thread) = self.thread.take() {
            // A panic in there has been reported by its thread; there is nothing to add.
            let _ = thread.join();
        }
    }
}

impl fmt::Debug for Broker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Broker").field("addresses", &self.addresses).finish_non_exhaustive()
    }
}

/// The broker's thread, from its start to its end.
fn run(
    options: &BrokerOptions,
    plan: Plan,
    watch: Option<Box<dyn Watch>>,
    started: &mpsc::SyncSender<Result<Addresses, BrokerError>>,
    (stopped, mut questions): (oneshot::Receiver<()>, UnboundedReceiver<mpsc::SyncSender<Vec<Figure>>>),
) {
    let runtime = match runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            let _ = started.send(Err(BrokerError::Start(error)));
            return;
        }
    };
    let tasks = LocalSet::new();
    tasks.block_on(&runtime, async {
        // Kept to the end: it takes its files with it.
        let mut bound = match Listeners::bind(options) {
            Ok(bound) => bound,
            Err(error) => {
                let _ = started.send(Err(error));
                return;
            }
        };
        let Plan { settings, mischief, seed } = plan;
        let core = Core::new(settings, (Instant::now(), SystemTime::now()), seed);
        let hub = Rc::new(Hub::new(core, mischief, options.limits.maximum_packet_size, watch));
        let accepting: Vec<_> =
            bound.sockets.drain(..).map(|listener| spawn_local(accept(hub.clone(), listener))).collect();
        // Nobody waits for the answer if the starting thread is gone; then `stopped` is ready as well.
        let _ = started.send(Ok(bound.addresses.clone()));
        let answers = async {
            while let Some(answer) = questions.recv().await {
                // The asker has given up.
                let _ = answer.send(hub.figures());
            }
        };
        tokio::select! {
            () = hub.keep_time() => {}
            _ = stopped => {}
            // It is dropped.
            () = answers => {}
        }
        for task in accepting {
            task.abort();
        }
        // Clients that take nothing are left.
        let _ = timeout(STOP_TIMEOUT, hub.shut_down()).await;
    });
}

/// What the options say, read and checked.
struct Plan {
    settings: Settings,
    mischief: Mischief,
    seed: u64,
}

impl Plan {
    fn new(options: &BrokerOptions) -> Result<Self, BrokerError> {
        let seed = options.seed.unwrap_or_else(|| fastrand::u64(..));
        let rules = options.faults.iter().map(|rule| rule.parse()).collect::<Result<_, FaultError>>();
        let rules =
            rules.map_err(|error| BrokerError::Fault { problem: error.to_string(), hint: FaultError::hint() })?;
        Ok(Self {
            settings: Settings {
                limits: options.limits.clone(),
                shared_strategy: options.shared_strategy,
                users: users(options)?,
                no_anonymous: !options.anonymous,
                access_list: access_list(options)?,
                control: options.control,
                statistics_interval: Some(INTERVAL),
            },
            mischief: Mischief { faults: Faults::new(rules, seed), control: options.control },
            seed,
        })
    }
}

fn users(options: &BrokerOptions) -> Result<Users, BrokerError> {
    let mut users = Users::default();
    if let Some(path) = &options.user_file {
        let added = users.add_file(&path.display().to_string(), &file("--user-file", path)?);
        added.map_err(|error| BrokerError::Access { flag: "--user-file", problem: error.to_string() })?;
    }
    // A user of the command line goes before one of the file.
    for (name, password) in &options.users {
        users.add(name, password);
    }
    Ok(users)
}

fn access_list(options: &BrokerOptions) -> Result<Option<AccessList>, BrokerError> {
    let Some(path) = &options.acl_file else { return Ok(None) };
    let list = AccessList::parse(&path.display().to_string(), &file("--acl-file", path)?);
    list.map(Some).map_err(|error| BrokerError::Access { flag: "--acl-file", problem: error.to_string() })
}

fn file(flag: &'static str, path: &Path) -> Result<String, BrokerError> {
    let read = std::fs::read_to_string(path);
    read.map_err(|error| BrokerError::Access { flag, problem: format!("cannot read {}: {error}", path.display()) })
}

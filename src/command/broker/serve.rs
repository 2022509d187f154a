use std::io::Write;

use super::child;
use crate::broker::{Addresses, Broker, BrokerOptions, Done, Limits, Notice, Watch};
use crate::command::interrupt::Interrupt;
use crate::command::metrics::MetricsPage;
use crate::command::trace::Tracer;
use crate::error::{Error, ExitStatus};
use crate::output::{Stdout, Talk, TraceFormat, WriteError, broker_metrics};
use crate::settings::{BrokerSettings, ConnectSettings, LimitSettings, ListenSettings};
use crate::transport::Tap;

/// A broker that runs as long as this is kept.
#[derive(Debug)]
pub(crate) struct Embedded {
    broker: Broker,
}

impl Embedded {
    /// Its port on 127.0.0.1.
    pub(crate) fn port(&self) -> u16 {
        self.broker.addresses().mqtt.port()
    }
}

/// Starts the broker of `--embedded`, if the settings request it, and reports its address.
///
/// # Errors
///
/// The port is in use.
pub(crate) fn embed(settings: &ConnectSettings, talk: Talk) -> Result<Option<Embedded>, Error> {
    if !settings.embedded {
        return Ok(None);
    }
    let port = settings.client.endpoint.address.port().unwrap_or_default();
    let broker = Broker::start(BrokerOptions { port, ..BrokerOptions::default() })?;
    talk.success(format_args!("Broker on mqtt://{}", broker.addresses().mqtt));
    Ok(Some(Embedded { broker }))
}

/// Runs a broker until SIGINT, SIGTERM or SIGHUP, with its addresses on stdout, one URL per line; or for the time of a
/// command, which has stdout to itself, with its exit code. Warns about one that is open to the network.
///
/// # Errors
///
/// The broker does not start, or the command.
pub(crate) async fn run<W: Write>(
    settings: BrokerSettings,
    stdout: &mut Stdout<W>,
    talk: Talk,
) -> Result<ExitStatus, Error> {
    allow_many_connections();
    // Before anyone knows that it runs and may want to end it.
    let mut interrupt = Interrupt::listen()?;
    let is_open = settings.users.is_empty()
        && settings.user_file.is_none()
        && !settings.no_anonymous
        && !settings.listen.bind.to_canonical().is_loopback();
    let BrokerSettings { command, trace, prometheus, .. } = settings.clone();
    // With a command, stderr is shared with it.
    let heard = if command.is_some() { talk.hushed() } else { talk };
    let broker = Broker::start_watched(options(settings), Some(Box::new(Watcher { talk: heard, trace })))?;
    // After the broker, so that an error about a duplicate port names this option.
    let page = match prometheus {
        Some(address) => Some(MetricsPage::listen(address).await?),
        None => None,
    };
    if is_open {
        talk.warning("anyone on the network can connect to this broker: define users with --user, or leave out --bind");
    }
    if let Some(page) = &page {
        heard.progress(format_args!("Metrics at {}", page.url()));
    }
    let scrapes = async {
        match &page {
            Some(page) => page.serve(|| broker.figures().map(|figures| broker_metrics(&figures))).await,
            None => std::future::pending().await,
        }
    };
    let work = async {
        if let Some((name, arguments)) = command {
            return child::run(&name, &arguments, broker.addresses().mqtt, &mut interrupt).await;
        }
        print_addresses(broker.addresses(), stdout)?;
        interrupt.received().await;
        Ok(ExitStatus::Done)
    };
    tokio::select! {
        status = work => status,
        never = scrapes => match never {},
    }
}

/// As many connections as the system allows this process; the usual default is 1,024.
#[cfg(unix)]
fn allow_many_connections() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

    let limit = getrlimit(Resource::Nofile);
    // It works with fewer too.
    _ = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit });
}

#[cfg(not(unix))]
fn allow_many_connections() {}

/// One URL per line, and the file of the generated authority.
fn print_addresses<W: Write>(addresses: &Addresses, stdout: &mut Stdout<W>) -> Result<(), Error> {
    for line in addresses.to_string().lines() {
        print(stdout.line(line))?;
    }
    if let Some(path) = &addresses.authority {
        print(stdout.line(&format!("ca: {}", path.display())))?;
    }
    print(stdout.flush())
}

/// A closed stdout does not end the broker.
fn print(written: Result<(), WriteError>) -> Result<(), Error> {
    match written {
        Ok(()) | Err(WriteError::Closed) => Ok(()),
        Err(WriteError::Failed(error)) => Err(error),
    }
}

fn options(settings: BrokerSettings) -> BrokerOptions {
    let BrokerSettings {
        listen,
        users,
        user_file,
        acl_file,
        no_anonymous,
        limits,
        shared_strategy,
        faults,
        seed,
        control,
        ..
    } = settings;
    let ListenSettings {
        bind,
        port,
        tls_port,
        websocket_port,
        secure_websocket_port,
        websocket_path,
        unix,
        certificate,
        client_ca,
    } = listen;
    let users = users.into_iter().map(|user| (user.name, user.password.expose().to_owned())).collect();
    BrokerOptions {
        bind,
        port,
        tls_port,
        websocket_port,
        secure_websocket_port,
        websocket_path,
        unix,
        certificate,
        client_ca,
        users,
        user_file,
        acl_file,
        anonymous: !no_anonymous,
        shared_strategy,
        limits: limits_of(&limits),
        seed,
        faults,
        control,
    }
}

fn limits_of(settings: &LimitSettings) -> Limits {
    let own = Limits::default();
    Limits {
        maximum_qos: settings.maximum_qos,
        retain_available: settings.retain,
        receive_maximum: settings.receive_maximum.unwrap_or(own.receive_maximum),
        maximum_packet_size: settings.maximum_packet_size.unwrap_or(own.maximum_packet_size),
        topic_alias_maximum: settings.topic_alias_maximum.unwrap_or(own.topic_alias_maximum),
        server_keep_alive: settings.server_keep_alive,
        max_connections: settings.max_connections.unwrap_or(own.max_connections),
        session_expiry_maximum: settings.session_expiry_maximum,
        wildcard_subscription_available: settings.wildcard,
        shared_subscription_available: settings.shared,
        subscription_identifiers_available: settings.subscription_identifiers,
        assigned_client_id: settings.assigned_client_id,
        max_queued: settings.max_queued.unwrap_or(own.max_queued),
        max_queued_bytes: settings.max_queued_bytes.unwrap_or(own.max_queued_bytes),
        max_delayed: settings.max_delayed.unwrap_or(own.max_delayed),
        ..own
    }
}

/// Logs on stderr what the broker does.
struct Watcher {
    talk: Talk,
    trace: Option<TraceFormat>,
}

impl Watch for Watcher {
    fn notice(&mut self, notice: &Notice) {
        match notice {
            Notice::Connected { .. } => self.talk.success(notice),
            Notice::Disconnected { .. } => self.talk.progress(notice),
            Notice::Refused { .. } => self.talk.failure(notice),
            Notice::Dropped { .. }
            | Notice::NotKept { .. }
            | Notice::Denied { .. }
            | Notice::HashForScram { .. }
            | Notice::TooLarge { .. } => self.talk.warning(notice),
        }
    }

    fn tap(&mut self, address: &str) -> Option<Box<dyn Tap>> {
        let tracer = Tracer::new(self.trace?, self.talk).of_client(address).of_broker();
        Some(Box::new(tracer))
    }

    fn fault(&mut self, done: &Done) {
        // There may be millions: the first of a rule on a connection is always logged, the others only with `--debug`.
        if done.is_first {
            self.talk.progress(&done.text);
        } else {
            let talk = if self.trace.is_some() { self.talk.with_debug(true) } else { self.talk };
            talk.debug(&done.text);
        }
    }

    fn faults(&mut self, failure: Option<&str>) {
        match failure {
            None => self.talk.success("faults replaced by a message to $control/faults"),
            Some(why) => self.talk.warning(format_args!("message to $control/faults rejected: {why}")),
        }
    }
}

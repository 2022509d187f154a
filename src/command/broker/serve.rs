use std::io::Write;

use super::child;
use crate::broker::{Broker, BrokerOptions};
use crate::command::interrupt::Interrupt;
use crate::error::{Error, ExitStatus};
use crate::output::{Stdout, Talk, WriteError};
use crate::settings::{BrokerSettings, ConnectSettings};

/// A broker that runs for as long as this is kept.
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

/// Starts the broker of `--embedded`, if settings ask for it, and says where it is.
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

/// Runs a broker until SIGINT, SIGTERM or SIGHUP, with its addresses on stdout, a URL a line; or around a command, which has
/// stdout to itself, with its exit code. Warns of one that is open to the network.
///
/// # Errors
///
/// The broker does not start, or the command.
pub(crate) async fn run<W: Write>(
    settings: BrokerSettings,
    stdout: &mut Stdout<W>,
    talk: Talk,
) -> Result<ExitStatus, Error> {
    // Before anybody learns that it runs and may want to end it.
    let mut interrupt = Interrupt::listen()?;
    let command = settings.command.clone();
    let open = settings.users.is_empty() && !settings.bind.to_canonical().is_loopback();
    let broker = Broker::start(settings.into())?;
    if open {
        talk.warning(
            "anybody on the network may connect to this broker: name its users with --user, or leave --bind out",
        );
    }
    if let Some((name, arguments)) = command {
        return child::run(&name, &arguments, broker.addresses().mqtt, &mut interrupt).await;
    }
    for url in broker.addresses().to_string().lines() {
        print(stdout.line(url))?;
    }
    print(stdout.flush())?;
    interrupt.received().await;
    Ok(ExitStatus::Done)
}

/// That nobody wants to read the addresses does not end the broker.
fn print(written: Result<(), WriteError>) -> Result<(), Error> {
    match written {
        Ok(()) | Err(WriteError::Closed) => Ok(()),
        Err(WriteError::Failed(error)) => Err(error),
    }
}

impl From<BrokerSettings> for BrokerOptions {
    fn from(settings: BrokerSettings) -> Self {
        let BrokerSettings { bind, port, websocket_port, users, shared_strategy, command: _ } = settings;
        let users = users.into_iter().map(|user| (user.name, user.password.expose().to_owned())).collect();
        Self { bind, port, websocket_port, users, shared_strategy }
    }
}

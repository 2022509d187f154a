//! Connections: opened, opened again, closed.

use tokio::sync::mpsc::Sender;

use super::connection::{Connection, State, place};
use super::queued::Queued;
use super::shell::{BATCH, Batch, Occurrence, Shell, Stop};
use crate::cli::repl::ConnectLine;
use crate::client::{Client, Events, Pending};
use crate::config::Origins;
use crate::error::{Error, ErrorKind};
use crate::session::{Acknowledge, SubscribeRequest};
use crate::settings::{ConnectSettings, NewConnection};
use crate::transport::Address;

impl Shell<'_> {
    /// `connect`, which waits for CONNACK: only then it is clear which connection is the current one. A person who cannot
    /// wait has Ctrl-C.
    pub(super) async fn connect(&mut self, line: ConnectLine, origins: Origins) -> Result<(), Stop> {
        let profile = self.profile.clone();
        // It may ask for a password, which blocks; the other connections go on meanwhile.
        let resolved = tokio::task::spawn_blocking(move || NewConnection::resolve(&line, &origins, &profile)).await;
        let new = resolved.map_err(|_| Error::local("the options could not be read"))??;
        let id = self.open(new)?;
        let ended = self.connected(id).await;
        if matches!(ended, Err(Stop::Interrupted(_)))
            && let Some(index) = self.connections.iter().position(|connection| connection.id == id)
        {
            self.close(index).await?;
            self.go_back(index);
        }
        ended
    }

    /// Waits for the first CONNACK.
    pub(super) async fn connected(&mut self, id: u64) -> Result<(), Stop> {
        loop {
            match self.next().await? {
                Occurrence::Connected(connected) if connected == id => return Ok(()),
                Occurrence::Closed(closed, error) if closed == id => {
                    return Err(error.unwrap_or_else(closed_meanwhile).into());
                }
                occurrence => self.background(occurrence),
            }
        }
    }

    /// Opens a connection; it is the current one from now on.
    pub(super) fn open(&mut self, new: NewConnection) -> Result<u64, Stop> {
        for warning in &new.warnings {
            self.talk.warning(warning);
        }
        if let Some(index) = self.current.filter(|_| new.says_nothing) {
            return self.reopen(index);
        }
        let mut settings = new.connect;
        if settings.embedded {
            self.embed(&mut settings)?;
        }
        let name = self.name_for(new.name, &settings)?;
        let (id, client) = self.start(&settings)?;
        let connection = Connection {
            id,
            name,
            settings,
            profile: new.profile,
            client: Some(client),
            state: State::Connecting,
            was_connected: false,
            before: self.current().ok().map(|current| current.id),
            subscriptions: Vec::new(),
            last_identifier: 0,
            lost: None,
            cause: None,
            queued: Queued::default(),
        };
        // The name is free, or that of one that is offline.
        self.connections.retain(|other| other.name != connection.name);
        self.connections.push(connection);
        self.current = Some(self.connections.len() - 1);
        Ok(id)
    }

    /// Opens a connection again, with its subscriptions.
    pub(super) fn reopen(&mut self, index: usize) -> Result<u64, Stop> {
        let connection = &self.connections[index];
        if connection.client.is_some() {
            let message = format!("`{}` is already open", connection.name);
            return Err(Error::usage(message).with_hint("`connect -h HOST as NAME` opens another connection").into());
        }
        let (id, client) = self.start(&self.connections[index].settings.clone())?;
        let connection = &mut self.connections[index];
        (connection.id, connection.client, connection.state) = (id, Some(client.clone()), State::Connecting);
        for active in connection.subscriptions.clone() {
            let request = SubscribeRequest {
                filters: vec![active.options.clone()],
                subscription_identifier: active.subscription_identifier,
                user_properties: Vec::new(),
            };
            let filters = vec![active.options.filter.clone()];
            if let Ok(request) = client.subscribe(request) {
                self.asked(id, request, filters);
            }
        }
        Ok(id)
    }

    fn start(&mut self, settings: &ConnectSettings) -> Result<(u64, Client), Error> {
        let (client, events) =
            crate::command::connect_switched(settings, Acknowledge::OnReceipt, self.talk, &self.trace)?;
        self.next_id += 1;
        tokio::spawn(forward(self.next_id, events, self.batches.0.clone()));
        Ok((self.next_id, client))
    }

    /// Starts the broker of `--embedded`, or takes the one that runs.
    fn embed(&mut self, settings: &mut ConnectSettings) -> Result<(), Error> {
        if self.embedded.is_none() {
            self.embedded = crate::command::broker::embed(settings, self.talk)?;
        }
        if let (Some(broker), Address::Host { port, .. }) = (&self.embedded, &mut settings.client.endpoint.address) {
            *port = broker.port();
        }
        Ok(())
    }

    fn name_for(&self, asked: Option<String>, settings: &ConnectSettings) -> Result<String, Error> {
        let is_taken = |name: &str| self.connections.iter().any(|other| other.name == name && other.client.is_some());
        match asked {
            Some(name) if is_taken(&name) => {
                Err(Error::usage(format!("a connection `{name}` already exists")).with_hint("`connections` lists them"))
            }
            Some(name) => Ok(name),
            None => {
                let place = place(&settings.client.endpoint);
                let numbered = (2..).map(|number| format!("{place}#{number}"));
                let mut free = std::iter::once(place.clone()).chain(numbered).filter(|name| !is_taken(name));
                // The numbers do not end.
                Ok(free.next().unwrap_or(place))
            }
        }
    }

    /// Closes a connection in order: what is under way is finished first, unless somebody cannot wait.
    pub(super) async fn close(&mut self, index: usize) -> Result<(), Stop> {
        let connection = &self.connections[index];
        let Some(client) = connection.client.clone() else { return Ok(()) };
        let id = connection.id;
        let pending = match connection.state {
            // What was shown is not to come again from a session that stays.
            State::Connected if !connection.settings.client.connect.clean_start => Pending::Settle,
            State::Connected => Pending::Finish,
            // Without a connection nothing can be finished.
            _ => Pending::Abandon,
        };
        client.disconnect(pending);
        let mut stopped = None;
        loop {
            match self.next().await {
                Ok(Occurrence::Closed(closed, error)) if closed == id => {
                    let unsettled = error.filter(|_| pending == Pending::Settle && stopped.is_none());
                    stopped = stopped.or(unsettled.map(Stop::from));
                    break;
                }
                Ok(occurrence) => self.background(occurrence),
                Err(stop) => {
                    if stopped.replace(stop).is_some() {
                        break;
                    }
                    client.disconnect(Pending::Abandon);
                }
            }
        }
        if let Some(connection) = self.by_id(id) {
            (connection.state, connection.client, connection.lost) = (State::Offline, None, None);
        }
        stopped.map_or(Ok(()), Err)
    }

    /// `forget`: closes a connection, and takes it off the list.
    pub(super) async fn forget_connection(&mut self, name: &str) -> Result<(), Stop> {
        let index = self.find(name)?;
        self.close(index).await?;
        let current = self.current.and_then(|index| self.connections.get(index)).map(|current| current.id);
        self.connections.remove(index);
        let current = self.connections.iter().position(|connection| Some(connection.id) == current);
        self.current = current.or(self.connections.len().checked_sub(1));
        self.talk.success(format_args!("Forgot {name}"));
        Ok(())
    }

    /// `rename`.
    pub(super) fn rename_connection(&mut self, name: &str, new: String) -> Result<(), Stop> {
        let index = self.find(name)?;
        if self.connections.iter().any(|other| other.name == new) {
            let error = Error::usage(format!("a connection `{new}` already exists"));
            return Err(error.with_hint("`connections` lists them").into());
        }
        self.rename_service(name, &new);
        self.connections[index].name = new;
        Ok(())
    }

    /// Closes all connections in order.
    pub(super) async fn close_all(&mut self) -> Result<(), Stop> {
        let mut result = Ok(());
        for index in 0..self.connections.len() {
            result = result.and(self.close(index).await);
        }
        self.flush()?;
        result
    }
}

/// The connection was closed by another line while something waited.
pub(super) fn closed_meanwhile() -> Error {
    Error::new(ErrorKind::ConnectionLost, "the connection is closed")
}

/// Hands the events of a client on, a batch at a time, until it ends or there is no receiver.
async fn forward(connection: u64, mut events: Events, to: Sender<Batch>) {
    while let Some(event) = events.next().await {
        let mut batch = vec![event];
        while batch.len() < BATCH
            && let Some(event) = events.try_next()
        {
            batch.push(event);
        }
        if to.send((connection, batch)).await.is_err() {
            return;
        }
    }
}

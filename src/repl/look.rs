//! What can be looked at: connections, subscriptions, one message.

use super::connection::State;
use super::journal::Entry;
use super::shell::{Shell, Stop};
use crate::error::Error;
use crate::output::Columns;
use crate::payload::plural;

impl Shell<'_> {
    /// `connections`.
    pub(super) fn list_connections(&mut self) -> Result<(), Stop> {
        let mut rows = Columns::default();
        for (index, connection) in self.connections.iter().enumerate() {
            let current = if self.current == Some(index) { "*" } else { " " };
            let state = match connection.state {
                State::Connecting => "connecting".to_owned(),
                State::Connected => "connected".to_owned(),
                State::Reconnecting { attempt, maximum } => format!("reconnecting {attempt}/{maximum}"),
                State::Offline => "offline".to_owned(),
            };
            let state = match connection.queued.len() {
                0 => state,
                count => format!("{state}, {count} queued"),
            };
            let settings = &connection.settings.client;
            let client_id = connection.client_id();
            let filters = connection.subscriptions.len();
            let filters = format!("{filters} {}", if filters == 1 { "filter" } else { "filters" });
            rows.row([
                current.to_owned(),
                connection.name.clone(),
                state,
                settings.endpoint.to_string(),
                client_id,
                filters,
            ]);
        }
        if self.connections.is_empty() {
            self.talk.plain("No connections: `connect -h HOST` opens one");
        }
        self.print_rows(&rows)
    }

    /// `subs`.
    pub(super) fn list_subscriptions(&mut self) -> Result<(), Stop> {
        let mut rows = Columns::default();
        for connection in &self.connections {
            for active in &connection.subscriptions {
                let state = if active.is_granted { "" } else { "waiting for SUBACK" };
                let qos = format!("qos {}", active.options.qos);
                rows.row([active.options.filter.as_str().to_owned(), qos, connection.name.clone(), state.to_owned()]);
            }
        }
        if self.connections.iter().all(|connection| connection.subscriptions.is_empty()) {
            self.talk.plain("No subscriptions: `sub FILTER` subscribes");
        }
        self.print_rows(&rows)
    }

    pub(super) fn print_rows(&mut self, rows: &Columns) -> Result<(), Stop> {
        let stream = self.printer.stream();
        for line in rows.lines_within(self.columns(), stream) {
            self.printer.line(&line)?;
        }
        Ok(())
    }

    /// Columns of the window that the output goes to.
    pub(super) fn columns(&self) -> usize {
        let is_seen = self.printer.stream().terminal;
        self.screen.as_ref().filter(|_| is_seen).map_or(usize::MAX, |screen| screen.columns)
    }

    pub(super) fn kept(&self, id: u64) -> Result<&Entry, Error> {
        let kept = self.messages.journal.get(id);
        kept.ok_or_else(|| Error::usage(format!("no message {id}")).with_hint("`last` lists the messages kept"))
    }

    /// `show`: a message in full, the newest unless another one is named.
    pub(super) async fn show(&mut self, id: Option<u64>) -> Result<(), Stop> {
        let newest = self.messages.journal.entries().next_back().map(|entry| entry.id);
        let Some(id) = id.or(newest) else {
            return Err(Error::usage("no message was received yet").with_hint("`sub FILTER` subscribes").into());
        };
        let entry = self.kept(id)?;
        let (record, connection) = (entry.record.clone(), entry.connection.clone());
        let columns = self.columns();
        let details = self.printer.details(id, &connection, &record, columns);
        self.show_pages(&details).await
    }

    /// `save`.
    pub(super) fn save(&self, id: u64, file: &std::path::Path) -> Result<(), Stop> {
        let payload = &self.kept(id)?.record.message.payload;
        let written = std::fs::write(file, payload);
        written.map_err(|error| Error::local(format!("{} cannot be written: {error}", file.display())))?;
        self.talk.success(format_args!("{} saved to {}", plural(payload.len() as u64, "byte"), file.display()));
        Ok(())
    }
}

//! What can be looked at: connections, subscriptions, messages, topics.

use std::time::{Duration, Instant};

use super::connection::State;
use super::journal::{Entry, Rate};
use super::messages::in_groups;
use super::shell::{Shell, Stop};
use crate::error::Error;
use crate::mqtt::TopicFilter;
use crate::output::{Columns, LiveTable};
use crate::payload::plural;

/// Rows of `stats` and `watch` where no screen says how many there is room for.
const ROWS: usize = 20;

/// How often `watch` draws at most.
const REDRAW: Duration = Duration::from_millis(250);

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
                let state = if active.is_granted { "" } else { "waits for SUBACK" };
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
        let lines: Vec<_> = rows.lines(self.printer.stream()).collect();
        for line in lines {
            self.printer.line(&line)?;
        }
        Ok(())
    }

    /// `last`.
    pub(super) fn last(&mut self, count: u64, on: Option<&TopicFilter>) -> Result<(), Stop> {
        for entry in self.messages.latest(usize::try_from(count).unwrap_or(usize::MAX), on) {
            self.show_line(entry.id, &entry.connection, &entry.record, self.style)?;
        }
        Ok(())
    }

    pub(super) fn kept(&self, id: u64) -> Result<&Entry, Error> {
        let kept = self.messages.journal.get(id);
        kept.ok_or_else(|| {
            Error::usage(format!("there is no message {id}")).with_hint("`last` shows those that are kept")
        })
    }

    /// `show`: a message in full.
    pub(super) async fn show(&mut self, id: u64) -> Result<(), Stop> {
        let entry = self.kept(id)?;
        let (record, connection) = (entry.record.clone(), entry.connection.clone());
        let details = self.printer.details(id, &connection, &record);
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

    /// `stats`: how much comes, and from which topics most.
    pub(super) fn stats(&mut self, count: Option<u64>) -> Result<(), Stop> {
        let now = Instant::now();
        let journal = &self.messages.journal;
        let topics = journal.topics();
        let mut rows = Columns::default();
        rows.row(["messages", "a second", "bytes a second", "topic"].map(String::from));
        let all = if topics.others() > 0 { "all, those of topics beyond the first 10,000 too" } else { "all" };
        rows.row(row(journal.received(), topics.rate(now), all));
        for report in topics.busiest(count.map_or(ROWS, |count| usize::try_from(count).unwrap_or(ROWS)), now) {
            rows.row(row(report.messages, report.rate, report.topic));
        }
        self.print_rows(&rows)
    }

    /// `topics`: a tree of what was seen.
    pub(super) fn topics(&mut self, on: Option<&TopicFilter>, depth: u64) -> Result<(), Stop> {
        let depth = usize::try_from(depth).unwrap_or(usize::MAX);
        let lines = self.messages.journal.topics().tree(on, depth);
        let lines: Vec<_> = lines
            .iter()
            .map(|line| {
                let level = if line.level.is_empty() { "(empty)" } else { line.level };
                let folded = if line.folded > 0 {
                    let ending = if line.folded == 1 { "" } else { "s" };
                    format!(", {} topic{ending} below", in_groups(line.folded as u64))
                } else {
                    String::new()
                };
                format!("{:indent$}{level}  {}{folded}", "", in_groups(line.total), indent = 2 * line.depth.min(40))
            })
            .collect();
        for line in lines {
            self.printer.line(&line)?;
        }
        Ok(())
    }

    /// `watch`: the latest value a topic; on a terminal drawn anew as they come, until Ctrl-C.
    pub(super) async fn watch(&mut self, filter: &TopicFilter) -> Result<(), Stop> {
        let Some(screen) = &self.screen else {
            let rows = self.latest_values(filter, usize::MAX);
            return self.print_rows(&rows);
        };
        let (columns, most) = (screen.columns, screen.rows.saturating_sub(2).max(1));
        self.is_watching = true;
        let mut table = LiveTable::default();
        let ended = loop {
            let rows = self.latest_values(filter, most);
            if let Err(error) = self.printer.redraw(&mut table, &rows, columns) {
                break Err(error.into());
            }
            let until = tokio::time::Instant::now() + REDRAW;
            let stopped = loop {
                match tokio::time::timeout_at(until, self.next()).await {
                    Ok(Ok(occurrence)) => self.background(occurrence),
                    Ok(Err(stop)) => break Some(stop),
                    Err(_) => break None,
                }
            };
            match stopped {
                Some(Stop::Interrupted(2)) => break Ok(()),
                Some(stop) => break Err(stop),
                None => {}
            }
        };
        self.is_watching = false;
        ended
    }

    fn latest_values(&self, filter: &TopicFilter, most: usize) -> Columns {
        let mut rows = Columns::default();
        for report in self.messages.journal.topics().matching(filter, Instant::now()).take(most) {
            let head = String::from_utf8_lossy(&report.latest.head);
            let first = head.lines().next().unwrap_or_default().to_owned();
            let more = if report.latest.size > first.len() { " ..." } else { "" };
            let age = report.latest.at.elapsed().as_secs();
            rows.row([report.topic.to_owned(), format!("{age} s ago"), format!("{first}{more}")]);
        }
        rows
    }
}

fn row(messages: u64, rate: Rate, topic: &str) -> [String; 4] {
    [in_groups(messages), format!("{:.1}", rate.messages), format!("{:.0}", rate.bytes), topic.to_owned()]
}

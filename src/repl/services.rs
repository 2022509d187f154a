//! `reply` and `record`: what is done with messages as they come, until `stop`.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::sync::mpsc::channel;

use super::line::quote;
use super::service::{Kind, Service};
use super::shell::{Shell, Stop};
use crate::cli::repl::{RecordLine, ReplyLine};
use crate::client::Client;
use crate::command::respond::Responder;
use crate::error::Error;
use crate::mqtt::{Message, TopicFilter};
use crate::payload::{Record, plural, write_json_line};
use crate::session::UnsubscribeRequest;
use crate::settings::Answering;

/// Requests that may wait for their answers.
const WAITING: usize = 1_000;

impl Shell<'_> {
    /// `reply`.
    pub(super) async fn reply(&mut self, line: ReplyLine) -> Result<(), Stop> {
        let ReplyLine { filters, answer } = line;
        let answering = Answering::resolve(answer)?;
        let current = self.current()?;
        let (connection, is_v5) = (current.name.clone(), current.settings.client.connect.version.is_v5());
        let is_new =
            |filter: &TopicFilter| !current.subscriptions.iter().any(|active| active.options.filter == *filter);
        let own: Vec<_> = filters.iter().filter(|filter| is_new(filter)).cloned().collect();
        let options: Vec<_> = own.iter().map(|filter| answering.options(filter.clone(), is_v5)).collect();
        let text = filters.iter().map(|filter| quote(filter.as_str())).collect::<Vec<_>>().join(" ");
        let answered = Arc::new(AtomicU64::new(0));
        let (requests, mut waiting) = channel::<(Client, Message)>(WAITING);
        let (talk, count) = (self.talk, answered.clone());
        let responder = Responder::new(answering, is_v5, talk);
        // It ends with the sender, when the service is stopped.
        tokio::spawn(async move {
            while let Some((client, request)) = waiting.recv().await {
                match responder.respond(&client, &request).await {
                    Ok(true) => _ = count.fetch_add(1, Ordering::Relaxed),
                    Ok(false) => {}
                    Err(error) => talk.error(&error.with_context("reply")),
                }
            }
        });
        let number = self.jobs.next_number();
        let kind = Kind::Reply { connection, own, requests, answered };
        self.services.push(Service { number, line: format!("reply {text}"), filters, kind });
        if !options.is_empty()
            && let Err(stop) = self.subscribe_to(options).await
        {
            self.services.retain(|service| service.number != number);
            return Err(stop);
        }
        self.talk.success(format_args!("Job {number}: `stop {number}` ends it"));
        Ok(())
    }

    /// `record`.
    pub(super) fn record(&mut self, line: RecordLine) -> Result<(), Stop> {
        let RecordLine { file: path, filters } = line;
        let file = File::create_new(&path)
            .map_err(|error| Error::local(format!("`{}` cannot be written: {error}", path.display())))?;
        let words = std::iter::once(path.display().to_string());
        let words = words.chain(filters.iter().map(|filter| filter.as_str().to_owned()));
        let text = words.map(|word| quote(&word)).collect::<Vec<_>>().join(" ");
        let number = self.jobs.next_number();
        let kind = Kind::Record { path, file: BufWriter::new(file), count: 0, has_failed: false };
        self.services.push(Service { number, line: format!("record {text}"), filters, kind });
        self.talk.success(format_args!("Job {number}: `stop {number}` ends it"));
        Ok(())
    }

    /// Gives a message to those that want it.
    pub(super) fn serve(&mut self, index: usize, record: &Record) {
        let connection = &self.connections[index];
        let topic = record.message.topic.as_str();
        for service in self.services.iter_mut().filter(|service| service.wants(topic)) {
            match &mut service.kind {
                Kind::Reply { connection: name, requests, .. } => {
                    let Some(client) = connection.client.clone().filter(|_| connection.name == *name) else { continue };
                    if requests.try_send((client, record.message.clone())).is_err() {
                        self.talk.warning(format_args!("the request on {topic} is not answered: too many are waiting"));
                    }
                }
                Kind::Record { has_failed: true, .. } => {}
                Kind::Record { path, file, count, has_failed } => {
                    let mut text = Vec::new();
                    write_json_line(record, &mut text);
                    *count += 1;
                    if let Err(error) = file.write_all(&text) {
                        *has_failed = true;
                        self.talk.warning(format_args!("record: {} cannot be written: {error}", path.display()));
                    }
                }
            }
        }
    }

    /// A connection has another name.
    pub(super) fn rename_service(&mut self, before: &str, now: &str) {
        for service in &mut self.services {
            if let Kind::Reply { connection, .. } = &mut service.kind
                && connection == before
            {
                now.clone_into(connection);
            }
        }
    }

    /// Writes what was recorded.
    pub(super) fn flush_services(&mut self) {
        for service in &mut self.services {
            if let Kind::Record { path, file, has_failed: has_failed @ false, .. } = &mut service.kind
                && let Err(error) = file.flush()
            {
                *has_failed = true;
                self.talk.warning(format_args!("record: {} cannot be written: {error}", path.display()));
            }
        }
    }

    /// Ends one, or all; whether there was one.
    pub(super) fn stop_services(&mut self, number: Option<u64>) -> Result<bool, Stop> {
        let is_meant = |service: &Service| number.is_none_or(|number| number == service.number);
        self.flush_services();
        let (ended, kept): (Vec<_>, Vec<_>) = std::mem::take(&mut self.services).into_iter().partition(is_meant);
        self.services = kept;
        for service in &ended {
            match &service.kind {
                Kind::Record { path, count, .. } => {
                    let count = plural(*count, "message");
                    self.talk.success(format_args!("{count} recorded in {}", path.display()));
                }
                Kind::Reply { connection, own, .. } => self.unsubscribe_from(connection, own)?,
            }
        }
        Ok(!ended.is_empty())
    }

    /// Ends subscriptions of a connection, as far as it is open; the answer is told when it comes.
    fn unsubscribe_from(&mut self, name: &str, filters: &[TopicFilter]) -> Result<(), Stop> {
        let Some(connection) = self.connections.iter().find(|connection| connection.name == name) else {
            return Ok(());
        };
        let (Some(client), id) = (connection.client.clone(), connection.id) else { return Ok(()) };
        if filters.is_empty() {
            return Ok(());
        }
        let request = UnsubscribeRequest { filters: filters.to_vec(), ..Default::default() };
        let request = client.unsubscribe(request).map_err(|error| Error::usage(error.to_string()))?;
        self.asked(id, request, filters.to_vec());
        Ok(())
    }
}

//! `reply` and `record`: what is done with messages as they come, until `stop`.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::sync::mpsc::{Receiver, channel};

use super::line::quote;
use super::recall::cannot_write;
use super::service::{Kind, Service};
use super::shell::{Shell, Stop};
use crate::cli::repl::{RecordLine, ReplyLine};
use crate::client::{Client, Declined};
use crate::command::refusal::unpublishable;
use crate::command::respond::Responder;
use crate::config::Origins;
use crate::error::Error;
use crate::mqtt::{Message, SubscriptionOptions, TopicFilter};
use crate::output::Talk;
use crate::payload::{Record, plural, write_json_line};
use crate::session::UnsubscribeRequest;
use crate::settings::Answering;

/// Requests that may wait for their answers.
const WAITING: usize = 1_000;

impl Shell<'_> {
    /// `reply`.
    pub(super) async fn reply(&mut self, line: ReplyLine, origins: &Origins) -> Result<(), Stop> {
        let ReplyLine { filters, answer } = line;
        if answer.count.is_some() {
            let error = Error::usage("reply: --count cannot be used here");
            return Err(error.with_hint("`stop N` ends a job, `jobs` counts its answers").into());
        }
        let current = self.current()?;
        let connect = &current.settings.client.connect;
        let Answering { filters, rules } = Answering::resolve(filters, &answer, None, connect, origins)?;
        let (connection, is_v5) = (current.name.clone(), connect.version.is_v5());
        let is_new =
            |filter: &TopicFilter| !current.subscriptions.iter().any(|active| active.options.filter == *filter);
        let own: Vec<_> = filters.iter().filter(|options| is_new(&options.filter)).cloned().collect();
        let names = |options: &[SubscriptionOptions]| -> Vec<TopicFilter> {
            options.iter().map(|options| options.filter.clone()).collect()
        };
        let text = filters.iter().map(|options| quote(options.filter.as_str())).collect::<Vec<_>>().join(" ");
        let answered = Arc::new(AtomicU64::new(0));
        let (requests, waiting) = channel::<(Client, Message)>(WAITING);
        let responder = Responder::new(rules, is_v5, self.talk);
        // It ends with the sender, when the service is stopped.
        tokio::spawn(respond(responder, waiting, self.talk, answered.clone()));
        let number = self.jobs.next_number();
        let kind = Kind::Reply { connection, own: names(&own), requests, answered };
        self.services.push(Service { number, line: format!("reply {text}"), filters: names(&filters), kind });
        if !own.is_empty()
            && let Err(stop) = self.subscribe_to(own).await
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
        let file = File::create_new(&path).map_err(|error| cannot_write(&path, &error))?;
        let words = std::iter::once(path.display().to_string());
        let words = words.chain(filters.iter().map(|filter| filter.as_str().to_owned()));
        let text = words.map(|word| quote(&word)).collect::<Vec<_>>().join(" ");
        let number = self.jobs.next_number();
        let kind = Kind::Record { path, file: BufWriter::new(file), count: 0, has_failed: false };
        self.services.push(Service { number, line: format!("record {text}"), filters, kind });
        self.talk.success(format_args!("Job {number}: `stop {number}` ends it"));
        Ok(())
    }

    /// Gives a message to those that want it; `filters` are those that it came by.
    pub(super) fn serve(&mut self, index: usize, record: &Record, filters: &[TopicFilter]) {
        let connection = &self.connections[index];
        let topic = record.message.topic.as_str();
        for service in self.services.iter_mut().filter(|service| service.wants(topic)) {
            match &mut service.kind {
                Kind::Reply { connection: name, requests, .. } => {
                    // A copy for another filter is not another request.
                    if !filters.is_empty() && !filters.iter().any(|filter| service.filters.contains(filter)) {
                        continue;
                    }
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
                Kind::Reply { connection, own, answered, .. } => {
                    let answers = plural(answered.load(Ordering::Relaxed), "answer");
                    self.talk.success(format_args!("Job {} ended after {answers}: {}", service.number, service.line));
                    self.unsubscribe_from(connection, own)?;
                }
            }
        }
        Ok(!ended.is_empty())
    }

    /// Ends subscriptions of a connection, as far as it is open; the answer is reported when it comes.
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

/// Answers requests, one after another.
async fn respond(
    mut responder: Responder,
    mut waiting: Receiver<(Client, Message)>,
    talk: Talk,
    answered: Arc<AtomicU64>,
) {
    while let Some((client, request)) = waiting.recv().await {
        let Some((delay, answer)) = responder.answer_to(&request).await else { continue };
        let count = answered.clone();
        let publish = async move {
            tokio::time::sleep(delay).await;
            let topic = answer.topic.clone();
            match client.publish(answer).await {
                Ok(_) => {
                    count.fetch_add(1, Ordering::Relaxed);
                    talk.success(format_args!("Answered the request on {} on {topic}", request.topic));
                }
                // Why has been reported.
                Err(Declined::Closed(_)) => {}
                Err(Declined::Rejected(error)) => talk.error(&unpublishable(Some(&topic), &error)),
            }
        };
        if delay.is_zero() {
            publish.await;
        } else {
            // Those behind it are not to wait.
            tokio::spawn(publish);
        }
    }
}

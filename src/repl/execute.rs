//! What each command does.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::pin::pin;
use std::rc::Rc;

use clap::builder::StyledStr;
use tokio::time::{Instant, sleep_until, timeout_at};

use super::connection::{Active, State};
use super::journal::Entry;
use super::line::{CommandLine, Line, check_name, expand_alias};
use super::shell::{Occurrence, Shell, Stop};
use crate::cli::repl::{ConnectLine, PublishLine, ReplCommand, SubscribeLine, line_command};
use crate::client::{Client, Declined, Event};
use crate::command::source::{Next, Source};
use crate::command::tally::Tally;
use crate::config::{Display, NewConnection, Origins, OutputShape, Publication, ReplRequest, Subscription, read_line};
use crate::error::{Error, ErrorKind};
use crate::mqtt::{Message, QoS, TopicFilter};
use crate::output::{Columns, Console, MessagePrinter, MessageShape, PrinterOptions, Stdout, Template};
use crate::session::{DeliveryId, RequestId, UnsubscribeRequest};

impl Shell<'_> {
    /// Runs one line.
    pub(super) async fn run(&mut self, text: &str) -> Result<(), Stop> {
        let text = expand_alias(text, &self.aliases);
        let parsed = Line::parse(&text, &self.variables)
            .map_err(|error| Error::usage(error.to_string()).with_detail(error.caret()))?;
        match parsed {
            Line::Empty => Ok(()),
            Line::Shell(_) => Err(Error::usage("`!` is not supported by this version yet").into()),
            Line::Command(CommandLine { tail: Some(_), .. }) => {
                Err(Error::usage("`|` is not supported by this version yet").into())
            }
            Line::Command(CommandLine { words, tail: None }) => self.execute(&words).await,
        }
    }

    async fn execute(&mut self, words: &[String]) -> Result<(), Stop> {
        let profile = self.current().map_or(&self.profile, |connection| &connection.profile);
        let (command, origins) = match read_line(words, profile, self.variable)? {
            ReplRequest::Run { command, origins, warnings } => {
                for warning in warnings {
                    self.talk.warning(warning);
                }
                (command, origins)
            }
            ReplRequest::Print(help) => return Ok(self.printer.text(&help)?),
        };
        match *command {
            ReplCommand::Connect(line) => self.connect(&line, &origins).await,
            ReplCommand::Disconnect { name } => {
                let index = match name {
                    Some(name) => self.find(&name)?,
                    None => self.current().and_then(|current| self.find(&current.name))?,
                };
                self.close(index).await
            }
            ReplCommand::Switch { name } => {
                self.current = Some(self.find(&name)?);
                Ok(())
            }
            ReplCommand::Connections => self.list_connections(),
            ReplCommand::Publish(line) => self.publish(&line, &origins).await,
            ReplCommand::Subscribe(line) => self.subscribe(&line, &origins).await,
            ReplCommand::Unsubscribe { filters, all } => self.unsubscribe(filters, all).await,
            ReplCommand::Subscriptions => self.list_subscriptions(),
            ReplCommand::Wait(line) => self.wait(&line).await,
            ReplCommand::Expect(line) => self.expect(&line).await,
            ReplCommand::Sleep { time } => self.sleep(time).await,
            ReplCommand::Last { count, on } => {
                for entry in self.messages.latest(usize::try_from(count).unwrap_or(usize::MAX), on.as_ref()) {
                    self.show_line(entry.id, &entry.connection, &entry.record, self.style)?;
                }
                Ok(())
            }
            ReplCommand::Show { id } => self.show(id),
            ReplCommand::Save { id, file } => {
                let payload = self.kept(id)?.record.message.payload.clone();
                let written = std::fs::write(&file, &payload);
                written.map_err(|error| Error::local(format!("{} cannot be written: {error}", file.display())))?;
                self.talk.success(format_args!("{} bytes saved to {}", payload.len(), file.display()));
                Ok(())
            }
            ReplCommand::Variable { name, value } => self.variable(name, value),
            ReplCommand::Alias { name, command } => self.alias(name, command),
            ReplCommand::Help { command } => {
                let help = help(command.as_deref())?;
                Ok(self.printer.text(&help)?)
            }
            ReplCommand::Exit => Err(Stop::Exit),
        }
    }

    fn kept(&self, id: u64) -> Result<&Entry, Error> {
        let kept = self.messages.journal.get(id);
        kept.ok_or_else(|| {
            Error::usage(format!("there is no message {id}")).with_hint("`last` shows those that are kept")
        })
    }

    fn show(&mut self, id: u64) -> Result<(), Stop> {
        let record = self.kept(id)?.record.clone();
        let display = Display { shape: Some(OutputShape::Default), verbose: true, ..Display::default() };
        let mut printer = self.message_printer(&display)?;
        self.printer.flush()?;
        printer.print(&record)?;
        printer.flush()?;
        Ok(())
    }

    fn variable(&mut self, name: Option<String>, value: Option<String>) -> Result<(), Stop> {
        let Some(name) = name else {
            let mut rows = Columns::default();
            self.variables.iter().for_each(|(name, value)| rows.row([name, value]));
            return self.print_rows(&rows);
        };
        check_name(&name).map_err(|error| Error::usage(error.to_string()))?;
        match value {
            Some(value) => _ = self.variables.insert(name, value),
            None => _ = self.variables.remove(&name),
        }
        Ok(())
    }

    fn alias(&mut self, name: Option<String>, command: Option<String>) -> Result<(), Stop> {
        let Some(name) = name else {
            let mut rows = Columns::default();
            self.aliases.iter().for_each(|(name, command)| rows.row([name, command]));
            return self.print_rows(&rows);
        };
        match command {
            Some(command) => _ = self.aliases.insert(name, command),
            None => _ = self.aliases.remove(&name),
        }
        Ok(())
    }

    async fn connect(&mut self, line: &ConnectLine, origins: &Origins) -> Result<(), Stop> {
        let profile = self.profile.clone();
        let new = NewConnection::resolve(line, origins, &profile)?;
        let id = self.open(new)?;
        if self.screen.is_some() { Ok(()) } else { self.connected(id).await }
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

    fn list_connections(&mut self) -> Result<(), Stop> {
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
        self.print_rows(&rows)
    }

    fn list_subscriptions(&mut self) -> Result<(), Stop> {
        let mut rows = Columns::default();
        for connection in &self.connections {
            for active in &connection.subscriptions {
                let state = if active.is_granted { "" } else { "waits for SUBACK" };
                let qos = format!("qos {}", active.options.qos);
                rows.row([active.options.filter.as_str().to_owned(), qos, connection.name.clone(), state.to_owned()]);
            }
        }
        self.print_rows(&rows)
    }

    fn print_rows(&mut self, rows: &Columns) -> Result<(), Stop> {
        let lines: Vec<_> = rows.lines(self.printer.stream()).collect();
        for line in lines {
            self.printer.line(&line)?;
        }
        Ok(())
    }

    async fn publish(&mut self, line: &PublishLine, origins: &Origins) -> Result<(), Stop> {
        let (id, client) = self.client()?;
        let version = self.current()?.settings.client.connect.version;
        let (publication, warnings) = Publication::of_line(line, version, origins)?;
        for warning in warnings {
            self.talk.warning(warning);
        }
        let mut source = Source::open(&publication)?;
        let mut tally = Tally::new(&publication.topics, self.talk);
        let mut outstanding = BTreeSet::new();
        let end = publication.timeout.map(|timeout| Instant::now() + timeout);
        loop {
            let message = match source.next().await? {
                Next::Message(message) => message,
                Next::Bad(error) => {
                    tally.bad(&error);
                    continue;
                }
                Next::End => break,
            };
            let topic = message.topic.clone();
            match self.hand_over(id, &client, message, &mut tally, &mut outstanding).await? {
                Ok(delivery) => {
                    outstanding.insert(delivery);
                    tally.accepted();
                }
                Err(Declined::Closed(_)) => return Err(self.client().err().unwrap_or_else(closed_meanwhile).into()),
                Err(Declined::Rejected(error)) => tally.declined(&topic, &error),
            }
            if !publication.repeat_delay.is_zero() && source.is_between_rounds() {
                let end = Instant::now() + publication.repeat_delay;
                while let Ok(occurrence) = timeout_at(end, self.next()).await {
                    let occurrence = occurrence?;
                    self.count(id, occurrence, publication.qos, &mut tally, &mut outstanding)?;
                }
            }
        }
        while !outstanding.is_empty() {
            if self.screen.is_some() && self.by_id(id).is_some_and(|connection| connection.state != State::Connected) {
                self.talk.progress("Waits for the connection, and is sent then");
                return Ok(());
            }
            let occurrence = tokio::select! {
                occurrence = self.next() => occurrence?,
                () = at(end) => {
                    let time = publication.timeout.unwrap_or_default().as_secs_f64();
                    let message = format!("not done within --timeout of {time} s: {}", tally.progress());
                    return Err(Error::new(ErrorKind::TimedOut, message).into());
                }
            };
            self.count(id, occurrence, publication.qos, &mut tally, &mut outstanding)?;
        }
        match tally.report() {
            crate::error::ExitStatus::Partly(kind) => Err(Stop::Told(kind)),
            _ => Ok(()),
        }
    }

    /// Gives a message to the client, which may have to wait for room.
    async fn hand_over(
        &mut self,
        id: u64,
        client: &Client,
        message: Message,
        tally: &mut Tally,
        outstanding: &mut BTreeSet<DeliveryId>,
    ) -> Result<Result<DeliveryId, Declined<crate::session::PublishError>>, Stop> {
        let qos = message.qos;
        let mut publishing = pin!(client.publish(message));
        loop {
            let occurrence = tokio::select! {
                biased;
                accepted = &mut publishing => return Ok(accepted),
                occurrence = self.next() => occurrence?,
            };
            self.count(id, occurrence, qos, tally, outstanding)?;
        }
    }

    /// Counts what became of messages of a command.
    fn count(
        &mut self,
        id: u64,
        occurrence: Occurrence,
        qos: QoS,
        tally: &mut Tally,
        outstanding: &mut BTreeSet<DeliveryId>,
    ) -> Result<(), Stop> {
        match occurrence {
            Occurrence::Publish(connection, Event::Published { id: delivery, outcome })
                if connection == id && outstanding.remove(&delivery) =>
            {
                tally.take(Event::Published { id: delivery, outcome });
            }
            Occurrence::Publish(connection, Event::Flushed { through, .. })
                if connection == id && qos == QoS::AtMostOnce =>
            {
                let left = outstanding.split_off(&through);
                let is_last_flushed = left.contains(&through);
                let count = outstanding.len() + usize::from(is_last_flushed);
                *outstanding = left;
                outstanding.remove(&through);
                tally.take(Event::Flushed { through, count });
            }
            Occurrence::Closed(closed, error) if closed == id => {
                return Err(error.unwrap_or_else(closed_meanwhile).into());
            }
            occurrence => self.background(occurrence),
        }
        Ok(())
    }

    async fn subscribe(&mut self, line: &SubscribeLine, origins: &Origins) -> Result<(), Stop> {
        let (id, client) = self.client()?;
        let version = self.current()?.settings.client.connect.version;
        let (subscription, warnings) = Subscription::of_line(line, version, origins)?;
        for warning in warnings {
            self.talk.warning(warning);
        }
        let printer = match &subscription.display {
            Some(display) => Some(Rc::new(RefCell::new(self.message_printer(display)?))),
            None => None,
        };
        let filters: Vec<_> = subscription.request.filters.iter().map(|options| options.filter.clone()).collect();
        let request = client.subscribe(subscription.request.clone());
        let request = request.map_err(|error| Error::usage(error.to_string()))?;
        for options in subscription.request.filters {
            let active = Active {
                options,
                subscription_identifier: subscription.request.subscription_identifier,
                is_granted: false,
                number: self.filters,
                filter_out: subscription.filter_out.clone(),
                retained: subscription.retained,
                printer: printer.clone(),
            };
            self.filters += 1;
            if let Some(connection) = self.by_id(id) {
                // A filter that is subscribed to again has the new options.
                connection.subscriptions.retain(|other| other.options.filter != active.options.filter);
                connection.subscriptions.push(active);
            }
        }
        self.asked(id, request, filters);
        self.answer(id, request).await
    }

    async fn unsubscribe(&mut self, filters: Vec<TopicFilter>, all: bool) -> Result<(), Stop> {
        let (id, client) = self.client()?;
        let subscriptions = &self.current()?.subscriptions;
        let all = all.then(|| subscriptions.iter().map(|active| active.options.filter.clone()).collect());
        let filters = all.unwrap_or(filters);
        if filters.is_empty() {
            return Ok(());
        }
        let request = client.unsubscribe(UnsubscribeRequest { filters: filters.clone(), ..Default::default() });
        let request = request.map_err(|error| Error::usage(error.to_string()))?;
        self.asked(id, request, filters);
        self.answer(id, request).await
    }

    /// Waits for SUBACK or UNSUBACK.
    async fn answer(&mut self, id: u64, request: RequestId) -> Result<(), Stop> {
        // A person need not wait: the answer is told when it comes.
        if self.screen.is_some() {
            return Ok(());
        }
        loop {
            match self.next().await? {
                Occurrence::Answered(answered, failure) if answered == request => {
                    return failure.map_or(Ok(()), |error| Err(error.into()));
                }
                Occurrence::Closed(closed, error) if closed == id => {
                    return Err(error.unwrap_or_else(closed_meanwhile).into());
                }
                occurrence => self.background(occurrence),
            }
        }
    }

    /// A printer of messages in a shape of their own.
    fn message_printer(&self, display: &Display) -> Result<MessagePrinter<Console>, Error> {
        let shape = match &display.shape {
            None | Some(OutputShape::Default) => MessageShape::Default,
            Some(OutputShape::Clean) => MessageShape::Clean,
            Some(OutputShape::JsonLines) => MessageShape::JsonLines,
            Some(OutputShape::Raw) => MessageShape::Raw,
            Some(OutputShape::Template(text)) => {
                let template = text.parse::<Template>();
                MessageShape::Template(template.map_err(|error| {
                    Error::usage(format!("--template: {error}")).with_detail(error.caret().to_owned())
                })?)
            }
        };
        let options = PrinterOptions {
            shape,
            format: display.format,
            verbose: display.verbose,
            delimiter: display.delimiter.clone(),
            file: crate::command::message_file(display.file.as_ref())?,
        };
        Ok(MessagePrinter::new(options, Stdout::with_writer(self.console, self.printer.stream()), self.talk))
    }
}

/// All commands, or one with its examples.
fn help(name: Option<&str>) -> Result<StyledStr, Error> {
    let mut definition = line_command();
    definition.build();
    let Some(name) = name else { return Ok(definition.render_help()) };
    match definition.find_subcommand_mut(name) {
        Some(command) => Ok(command.render_help()),
        None => Err(Error::usage(format!("there is no command `{name}`")).with_hint("`help` lists the commands")),
    }
}

/// The connection was closed by another line while something waited.
fn closed_meanwhile() -> Error {
    Error::new(ErrorKind::ConnectionLost, "the connection is closed")
}

async fn at(deadline: Option<Instant>) {
    match deadline {
        Some(deadline) => sleep_until(deadline).await,
        None => std::future::pending().await,
    }
}

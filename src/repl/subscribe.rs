//! `sub` and `unsub`, and what the broker answers.

use std::cell::RefCell;
use std::rc::Rc;

use super::connection::{Active, Connection, Printer};
use super::opening::closed_meanwhile;
use super::shell::{Occurrence, Shell, Stop};
use crate::cli::repl::SubscribeLine;
use crate::command::refusal::{refused, subscription_refused};
use crate::config::Origins;
use crate::error::{Error, ErrorKind};
use crate::mqtt::{ReasonCode, SubscriptionOptions, TopicFilter};
use crate::output::{Console, MessagePrinter, MessageShape, PrinterOptions, Stdout, Stream};
use crate::session::{RequestId, SubAck, SubscribeRequest, UnsubscribeRequest};
use crate::settings::{Display, Subscription};

impl Shell<'_> {
    /// `sub`.
    pub(super) async fn subscribe(&mut self, line: &SubscribeLine, origins: &Origins) -> Result<(), Stop> {
        let (id, client) = self.client()?;
        let version = self.current()?.settings.client.connect.version;
        let (mut subscription, warnings) = Subscription::of_line(line, version, origins)?;
        for warning in warnings {
            self.talk.warning(warning);
        }
        if let Some(qos) = self.preferences.qos.filter(|_| !origins.given("qos")) {
            subscription.request.filters.iter_mut().for_each(|options| options.qos = qos);
        }
        let (printer, file) = match &subscription.display {
            Some(display) => self.outputs(display)?,
            None => (None, None),
        };
        let filters: Vec<_> = subscription.request.filters.iter().map(|options| options.filter.clone()).collect();
        if subscription.request.subscription_identifier.is_none() {
            subscription.request.subscription_identifier = self.by_id(id).and_then(Connection::own_identifier);
        }
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
                file: file.clone(),
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

    /// Subscribes to filters without further options, and waits until that is granted.
    pub(super) async fn subscribe_to(&mut self, filters: Vec<SubscriptionOptions>) -> Result<(), Stop> {
        let (id, client) = self.client()?;
        // The view has nothing to tell apart, and is there for floods.
        let is_needed = !self.is_watching;
        let subscription_identifier = self.by_id(id).filter(|_| is_needed).and_then(Connection::own_identifier);
        let request =
            SubscribeRequest { filters: filters.clone(), subscription_identifier, ..SubscribeRequest::default() };
        let request = client.subscribe(request).map_err(|error| Error::usage(error.to_string()))?;
        let names = filters.iter().map(|options| options.filter.clone()).collect();
        for options in filters {
            let active = Active { subscription_identifier, ..Active::new(options, self.filters) };
            self.filters += 1;
            self.by_id(id).into_iter().for_each(|connection| connection.subscriptions.push(active.clone()));
        }
        self.asked(id, request, names);
        self.answered_by(id, request).await
    }

    /// `unsub`.
    pub(super) async fn unsubscribe(&mut self, filters: Vec<TopicFilter>, all: bool) -> Result<(), Stop> {
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

    /// Waits for SUBACK or UNSUBACK, unless at a terminal, where the answer is printed when it arrives.
    async fn answer(&mut self, id: u64, request: RequestId) -> Result<(), Stop> {
        if self.screen.is_some() { Ok(()) } else { self.answered_by(id, request).await }
    }

    pub(super) async fn answered_by(&mut self, id: u64, request: RequestId) -> Result<(), Stop> {
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

    pub(super) fn subscribed(&mut self, index: usize, id: RequestId, ack: &SubAck) -> Option<Error> {
        let filters = self.answered(index, id);
        self.granted(index, &filters, ack)
    }

    /// Reports what SUBACK granted; the error is about the first filter that it did not.
    pub(super) fn granted(&mut self, index: usize, filters: &[TopicFilter], ack: &SubAck) -> Option<Error> {
        let mut failure = None;
        for (filter, &reason) in filters.iter().zip(&ack.reasons) {
            let name = filter.as_str();
            if reason.is_failure() {
                self.forget(index, std::slice::from_ref(filter));
                let version = self.connections[index].settings.client.connect.version;
                let error = subscription_refused(version, name, reason, &ack.details);
                // The first is the error of the command; the others are printed here.
                match failure {
                    None => failure = Some(error),
                    Some(_) => self.talk.error(&error),
                }
                continue;
            }
            if self.is_hushed || self.is_own_subscription(index, filter) {
                self.talk.debug(format_args!("subscribed to {name}"));
            } else {
                self.talk.success(format_args!("Subscribed to {name}"));
            }
            let active = self.connections[index].subscriptions.iter_mut();
            for active in active.filter(|active| active.options.filter == *filter) {
                active.is_granted = true;
                let wanted = active.options.qos;
                if reason.number() < wanted.number() {
                    let granted = reason.number();
                    self.talk.warning(format_args!("`{name}`: the broker granted QoS {granted}, not {wanted}"));
                }
            }
        }
        failure
    }

    pub(super) fn unsubscribed(&mut self, index: usize, id: RequestId, ack: &SubAck) -> Option<Error> {
        let filters = self.answered(index, id);
        let mut failure = None;
        for (filter, &reason) in filters.iter().zip(&ack.reasons) {
            let name = filter.as_str();
            if reason.is_failure() {
                let what = format!("to end the subscription to `{name}`");
                failure.get_or_insert(refused(ErrorKind::SubscribeRefused, &what, reason, Some(&ack.details)));
                continue;
            }
            self.forget(index, std::slice::from_ref(filter));
            if self.is_hushed || self.is_own_subscription(index, filter) {
                self.talk.debug(format_args!("unsubscribed from {name}"));
                self.stop_awaiting(self.connections[index].id, filter);
            } else if reason == ReasonCode::NoSubscriptionExisted {
                self.talk.warning(format_args!("there was no subscription to `{name}`"));
            } else {
                self.talk.success(format_args!("Unsubscribed from {name}"));
            }
        }
        failure
    }

    pub(super) fn forget(&mut self, index: usize, filters: &[TopicFilter]) {
        self.connections[index].subscriptions.retain(|active| !filters.contains(&active.options.filter));
    }

    /// How messages are shown, if not as all are, and the file that they go to: each message goes there, shown or not.
    fn outputs(&self, display: &Display) -> Result<(Option<Printer>, Option<Printer>), Error> {
        let shown = Display { file: None, ..display.clone() };
        let usual = Display { delimiter: shown.delimiter.clone(), ..Display::default() };
        let printer = if shown == usual { None } else { Some(Rc::new(RefCell::new(self.message_printer(&shown)?))) };
        let Some(target) = &display.file else { return Ok((printer, None)) };
        let options = PrinterOptions {
            shape: MessageShape::Raw,
            codec: display.codec.clone(),
            verbose: false,
            delimiter: display.delimiter.clone(),
            file: crate::command::message_file(Some(target))?,
        };
        let file = MessagePrinter::new(options, Stdout::with_writer(Console::nowhere(), Stream::PIPE), self.talk);
        Ok((printer, Some(Rc::new(RefCell::new(file)))))
    }

    /// What a printer of such messages needs to know.
    pub(super) fn printer_options(display: &Display) -> Result<PrinterOptions, Error> {
        Ok(PrinterOptions {
            shape: display.shape.clone().unwrap_or_default(),
            codec: display.codec.clone(),
            verbose: display.verbose,
            delimiter: display.delimiter.clone(),
            file: crate::command::message_file(display.file.as_ref())?,
        })
    }

    /// A printer of messages in a separate shape.
    pub(super) fn message_printer(&self, display: &Display) -> Result<MessagePrinter<Console>, Error> {
        let options = Self::printer_options(display)?;
        Ok(MessagePrinter::new(options, Stdout::with_writer(self.console, self.printer.stream()), self.talk))
    }
}

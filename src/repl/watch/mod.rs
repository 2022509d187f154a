//! `watch` and `plot`: the state of a broker on the whole screen, redrawn at most four times a second.
//!
//! It has the screen and the keyboard to itself ([`crate::output::FullScreen`]); what is said meanwhile waits until it
//! leaves. What is chosen is in [`state`], which knows no screen; what is seen of the journal in [`rows`].

mod draw;
mod program;
mod rows;
mod state;

use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::tz::TimeZone;
use ratatui::layout::Rect;
use tokio::time::timeout_at;

use super::connection::State as Link;
use super::journal::Journal;
use super::keys::{Key, Keys};
use super::line::printable;
use super::recall::age;
use super::shell::{Shell, Stop};
use crate::error::Error;
use crate::mqtt::{Message, QoS, TopicFilter, TopicName};
use crate::output::{Columns, FullScreen, RawKeyboard};
use draw::{Areas, Scene, draw};
pub(crate) use program::run;
use rows::{Detail, Row, blocks, number, sparks};
use state::{Action, Pane, Publish, State};

/// How often it is drawn at most.
const REDRAW: Duration = Duration::from_millis(250);

impl Shell<'_> {
    /// `watch`: the latest value of each topic. Without a terminal, once.
    pub(super) async fn watch(&mut self, filters: Vec<TopicFilter>) -> Result<(), Stop> {
        let state = State::new(filters);
        if !self.can_draw() {
            let rows = self.latest_values(&state);
            return self.print_rows(&rows);
        }
        self.view(state).await
    }

    /// `plot`: the numbers of a topic. Without a terminal, one line of them.
    pub(super) async fn plot(&mut self, topic: &TopicName, pointer: Option<String>) -> Result<(), Stop> {
        if !self.can_draw() {
            let on = self.messages.journal.entries().filter(|entry| entry.record.message.topic == *topic);
            let numbers: Vec<f64> =
                on.filter_map(|entry| number(&entry.record.message.payload, pointer.as_deref())).collect();
            if numbers.is_empty() {
                let place = pointer.map_or_else(String::new, |pointer| format!(" at {pointer}"));
                self.talk.plain(&format!("No numbers{place} on {}", printable(topic.as_str())));
                return Ok(());
            }
            return Ok(self.printer.line(&blocks(&numbers))?);
        }
        let filter = TopicFilter::parse(topic.as_str());
        let filter = filter.map_err(|error| Error::topic("TOPIC", topic.as_str(), &error))?;
        let mut state = State::new(vec![filter]);
        state.chosen = Some(topic.as_str().to_owned());
        (state.pane, state.pointer) = (Pane::Plot, pointer);
        self.view(state).await
    }

    /// Asks a person at the terminal, who answers by a key; what comes meanwhile waits.
    pub(super) async fn is_agreed(&mut self, question: &str) -> Result<bool, Stop> {
        self.flush()?;
        self.talk.question(&format!("{question} [y/N]"));
        self.console.hold(true);
        let answer = self.key().await;
        self.console.hold(false);
        self.printer.line(if matches!(answer, Ok(true)) { "y" } else { "n" })?;
        answer
    }

    async fn key(&mut self) -> Result<bool, Stop> {
        let _keyboard = RawKeyboard::take()?;
        let mut keys = Keys::listen();
        loop {
            let occurrence = tokio::select! {
                biased;
                key = keys.next() => match key {
                    Key::Resized => continue,
                    key => return Ok(matches!(key, Key::Character('y' | 'Y'))),
                },
                occurrence = self.next() => occurrence?,
            };
            self.background(occurrence);
        }
    }

    fn can_draw(&self) -> bool {
        self.screen.as_ref().is_some_and(|screen| screen.draws) && self.printer.stream().terminal
    }

    async fn view(&mut self, state: State) -> Result<(), Stop> {
        self.flush()?;
        self.console.hold(true);
        let was_watching = std::mem::replace(&mut self.is_watching, true);
        let ended = self.view_on(state).await;
        self.is_watching = was_watching;
        self.console.hold(false);
        ended
    }

    async fn view_on(&mut self, mut state: State) -> Result<(), Stop> {
        let mut screen = FullScreen::enter()?;
        let mut keys = Keys::listen();
        let zone = TimeZone::system();
        let mut paused: Option<(Vec<Row>, u64)> = None;
        loop {
            self.paint(&mut screen, &mut state, paused.as_ref(), &zone)?;
            let until = tokio::time::Instant::now() + REDRAW;
            let key = loop {
                let next = async {
                    tokio::select! {
                        biased;
                        key = keys.next() => Ok(Some(key)),
                        occurrence = self.next() => occurrence.map(|occurrence| {
                            self.background(occurrence);
                            None
                        }),
                    }
                };
                match timeout_at(until, next).await {
                    Ok(Ok(Some(key))) => break Some(key),
                    Ok(Ok(None)) => {}
                    Ok(Err(Stop::Interrupted(2))) => return Ok(()),
                    Ok(Err(stop)) => return Err(stop),
                    Err(_) => break None,
                }
            };
            let Some(key) = key else { continue };
            let rows = paused.as_ref().map_or_else(
                || self.all_topics(&state),
                |(rows, _)| rows.iter().map(|row| row.topic.clone()).filter(|topic| state.takes(topic)).collect(),
            );
            let topics: Vec<&str> = rows.iter().map(|topic| &**topic).collect();
            let was_paused = state.is_paused;
            match state.take(key, &topics, Self::list_rows(&state)) {
                Action::None => {}
                Action::Leave => return Ok(()),
                Action::Connect => state.note = self.connect_from_view(),
                Action::Publish(publish) => state.note = self.publish_from_view(&publish).await,
            }
            if was_paused != state.is_paused {
                paused = state.is_paused.then(|| (self.all_rows(&state), self.messages.journal.received()));
            }
        }
    }

    fn paint(
        &mut self,
        screen: &mut FullScreen,
        state: &mut State,
        paused: Option<&(Vec<Row>, u64)>,
        zone: &TimeZone,
    ) -> Result<(), Stop> {
        let now = Instant::now();
        let journal = &self.messages.journal;
        let topics = journal.topics();
        let color = self.printer.stream().color;
        let connection = self.current().ok();
        let name = connection.map_or("offline", |connection| &connection.name);
        let trouble = connection.and_then(|connection| match connection.state {
            Link::Connected => None,
            Link::Connecting => Some("connecting".to_owned()),
            Link::Reconnecting { attempt, maximum } => Some(format!("LOST, attempt {attempt} of {maximum}")),
            Link::Offline => Some("OFFLINE, c connects".to_owned()),
        });
        let until = paused.map_or(u64::MAX, |(_, until)| *until);
        screen.draw(|frame| {
            let areas = Areas::new(frame.area(), state);
            let detail = Self::detail(journal, state, &areas, until, zone);
            let rows = usize::from(areas.list.height);
            let (count, mut shown) = if let Some((all, _)) = paused {
                let taken: Vec<&Row> = all.iter().filter(|row| state.takes(&row.topic)).collect();
                let at = state.chosen.as_deref().and_then(|topic| taken.iter().position(|row| *row.topic == *topic));
                keep_in_window(state, at, taken.len(), rows);
                let window = taken.iter().skip(state.scrolled).take(rows);
                (taken.len(), window.map(|row| (*row).clone()).collect::<Vec<_>>())
            } else {
                let places = topics.order(|topic| state.takes(topic), state.is_by_recency);
                let at = state.chosen.as_deref().and_then(|chosen| topics.position(&places, chosen));
                keep_in_window(state, at, places.len(), rows);
                let window = places.iter().skip(state.scrolled).take(rows);
                (places.len(), window.map(|place| Row::new(&topics.at(*place, now))).collect())
            };
            if areas.has_sparks() {
                sparks(journal, &mut shown, until, state.pointer.as_deref());
            }
            let scene = Scene {
                state,
                rows: &shown,
                count,
                messages_a_second: topics.rate(now).messages,
                connection: name,
                trouble: trouble.as_deref(),
                detail: detail.as_ref(),
                now,
                color,
            };
            draw(frame, &areas, &scene);
        })?;
        Ok(())
    }

    /// The chosen topic in full, and what of it is in sight.
    fn detail(journal: &Journal, state: &mut State, areas: &Areas, until: u64, zone: &TimeZone) -> Option<Detail> {
        let [payload, history] = areas.details()?;
        let topic = state.chosen.as_deref()?;
        let detail = Detail::new(journal, topic, until, state.pointer.as_deref(), zone, payload.width.into())?;
        state.payload.fit(detail.payload.len(), payload.height.into());
        state.history.fit(detail.history.len(), history.height.into());
        Some(detail)
    }

    /// Rows of the list in the window.
    fn list_rows(state: &State) -> usize {
        let (columns, rows) = super::window::window();
        let area = Rect::new(0, 0, u16::try_from(columns).unwrap_or(80), u16::try_from(rows).unwrap_or(24));
        Areas::new(area, state).list.height.into()
    }

    fn all_topics(&self, state: &State) -> Vec<Arc<str>> {
        let (topics, now) = (self.messages.journal.topics(), Instant::now());
        let places = topics.order(|topic| state.takes(topic), state.is_by_recency);
        places.iter().map(|place| topics.at(*place, now).topic.clone()).collect()
    }

    fn all_rows(&self, state: &State) -> Vec<Row> {
        let (topics, now) = (self.messages.journal.topics(), Instant::now());
        let places = topics.order(|topic| state.is_watched(topic), state.is_by_recency);
        places.iter().map(|place| Row::new(&topics.at(*place, now))).collect()
    }

    /// Opens the current connection again, if it is closed.
    fn connect_from_view(&mut self) -> String {
        let Some(index) = self.current else { return "there is no connection".to_owned() };
        match self.reopen(index) {
            Ok(_) => "Connecting".to_owned(),
            Err(Stop::Failed(error)) => error.to_string(),
            Err(_) => String::new(),
        }
    }

    /// Publishes, and reports it; refusals of the broker are reported when the view has left.
    async fn publish_from_view(&mut self, publish: &Publish) -> String {
        let qos = self.preferences.qos.unwrap_or(QoS::AtMostOnce);
        let published = async {
            let (id, client) = self.client()?;
            let topic = TopicName::parse(publish.topic.as_str())
                .map_err(|error| Error::topic("topic", &publish.topic, &error))?;
            let mut message = Message::new(topic.clone(), publish.payload.clone());
            (message.retain, message.qos) = (publish.clears, qos);
            // Only if there is room at once, as no events are taken meanwhile.
            tokio::select! {
                biased;
                accepted = client.publish(message) => match accepted {
                    Ok(delivery) => Ok((id, delivery, topic)),
                    Err(_) => Err(Error::local("it cannot be published")),
                },
                () = std::future::ready(()) => Err(Error::local("too many operations are pending: try again")),
            }
        };
        let (id, delivery, topic) = match published.await {
            Ok(accepted) => accepted,
            Err(error) => return error.to_string(),
        };
        match self.by_id(id) {
            Some(connection) if connection.state != Link::Connected => {
                connection.queued.add(delivery, topic, qos);
                "Will be sent when connected".to_owned()
            }
            _ if publish.clears => format!("Removed the retained message on {}", publish.topic),
            _ => format!("Published to {}", publish.topic),
        }
    }

    fn latest_values(&self, state: &State) -> Columns {
        let mut rows = Columns::default();
        let (topics, now) = (self.messages.journal.topics(), Instant::now());
        for place in topics.order(|topic| state.takes(topic), false) {
            let report = topics.at(place, now);
            let row = Row::new(&report);
            rows.row([report.topic.to_string(), age(now.saturating_duration_since(row.at)), row.value()]);
        }
        rows
    }
}

/// The chosen row stays in sight, and the window ends with the list.
fn keep_in_window(state: &mut State, chosen: Option<usize>, count: usize, rows: usize) {
    state.scrolled = state.scrolled.min(count.saturating_sub(rows));
    if let Some(chosen) = chosen {
        state.follow(chosen, rows);
    }
}

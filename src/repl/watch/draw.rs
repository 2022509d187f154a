//! The view on the screen.

use std::fmt::Write;
use std::time::{Duration, Instant};

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Color, Modifier, Style};
use ratatui::symbols::Marker;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Axis, Block, Borders, Chart, Dataset, GraphType, Paragraph};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use super::rows::{Detail, Row, SPARKS, blocks};
use super::state::{Asking, Focus, Pane, State};
use crate::payload::plural;
use crate::repl::line::printable;
use crate::repl::recall::age;

/// How long a changed value is marked.
const FRESH: Duration = Duration::from_secs(2);

/// From so many columns on each row has a line of its latest numbers.
const WIDE: u16 = 100;

/// From so many columns on the payload and the history of a topic are side by side.
const SIDE_BY_SIDE: u16 = 60;

/// What there is to draw.
pub(super) struct Scene<'a> {
    pub(super) state: &'a State,
    /// Those in the window.
    pub(super) rows: &'a [Row],
    /// How many there are.
    pub(super) count: usize,
    pub(super) messages_a_second: f64,
    pub(super) connection: &'a str,
    /// What is wrong with it.
    pub(super) trouble: Option<&'a str>,
    pub(super) detail: Option<&'a Detail>,
    pub(super) now: Instant,
    pub(super) color: bool,
}

/// Where things are.
pub(super) struct Areas {
    head: Rect,
    pub(super) list: Rect,
    detail: Option<Rect>,
    foot: Rect,
    focus: Focus,
}

impl Areas {
    pub(super) fn new(area: Rect, state: &State) -> Self {
        let has_pane = state.pane != Pane::Closed;
        let half = if has_pane { area.height / 2 } else { 0 };
        let parts = [Constraint::Length(1), Constraint::Min(1), Constraint::Length(half), Constraint::Length(1)];
        let [head, list, detail, foot] = Layout::vertical(parts).areas(area);
        Self { head, list, detail: has_pane.then_some(detail), foot, focus: state.focus() }
    }

    /// Where the payload and the history of a topic are, below the line with its name.
    pub(super) fn details(&self) -> Option<[Rect; 2]> {
        let inner = Block::new().borders(Borders::TOP).inner(self.detail?);
        let half = [Constraint::Percentage(50), Constraint::Percentage(50)];
        let parts = match self.focus {
            // A gap, so that the one does not run into the other.
            _ if inner.width >= SIDE_BY_SIDE => Layout::horizontal(half).spacing(1),
            Focus::List => Layout::vertical(half),
            // One above the other, there is room for one that is read.
            Focus::Payload => Layout::vertical([Constraint::Percentage(100), Constraint::Length(0)]),
            Focus::History => Layout::vertical([Constraint::Length(0), Constraint::Percentage(100)]),
        };
        Some(parts.areas(inner))
    }

    /// Whether rows have room for numbers that were.
    pub(super) fn has_sparks(&self) -> bool {
        self.list.width >= WIDE
    }
}

pub(super) fn draw(frame: &mut Frame<'_>, areas: &Areas, scene: &Scene<'_>) {
    let strong = Style::new().add_modifier(Modifier::REVERSED);
    frame.render_widget(Paragraph::new(head(scene)).style(strong), areas.head);
    frame.render_widget(Paragraph::new(list(scene, areas.list)), areas.list);
    if let (Some(area), Some(parts)) = (areas.detail, areas.details()) {
        detail(frame, area, parts, scene);
    }
    frame.render_widget(
        Paragraph::new(foot(scene.state, areas.foot.width.into())).style(Style::new().add_modifier(Modifier::DIM)),
        areas.foot,
    );
}

fn head(scene: &Scene<'_>) -> String {
    let state = scene.state;
    let filters: Vec<_> = state.filters.iter().map(|filter| printable(filter.as_str())).collect();
    let mut parts = vec![format!(" {} ", filters.join(" ")), plural(scene.count as u64, "topic")];
    // In front of all that a narrow window cuts off.
    if let Some(trouble) = scene.trouble {
        parts.insert(0, format!(" {trouble}"));
    }
    parts.push(format!("{:.1} messages/s", scene.messages_a_second));
    parts.push(if state.is_by_recency { "newest first" } else { "by name" }.to_owned());
    if !state.part.is_empty() {
        parts.push(format!("with `{}`", printable(&state.part)));
    }
    if state.is_paused {
        parts.push("PAUSED".to_owned());
    }
    parts.push(printable(scene.connection));
    parts.join("  ")
}

/// What keys do, the most useful first: as many as there is room for.
const KEYS: [&str; 9] = [
    "q quit",
    "Enter details",
    "/ filter",
    "s sort",
    "p publish",
    "x clear retained",
    "g plot",
    "space pause",
    "c connect",
];

/// The same while details are shown.
const DETAIL_KEYS: [&str; 9] = [
    "q quit",
    "Tab scroll",
    "Enter close",
    "g plot",
    "/ filter",
    "p publish",
    "x clear retained",
    "space pause",
    "s sort",
];

fn foot(state: &State, columns: usize) -> String {
    match &state.asking {
        Asking::Part => format!("filter: {}_", printable(&state.part)),
        Asking::Payload { topic, text } => format!("publish to {}: {}_", printable(topic), printable(text)),
        Asking::Confirm(publish) if publish.clears => {
            format!("remove the retained message on {}? y or n", printable(&publish.topic))
        }
        Asking::Confirm(publish) => {
            format!("publish `{}` to {}? y or n", printable(&publish.payload), printable(&publish.topic))
        }
        Asking::Nothing if !state.note.is_empty() => state.note.clone(),
        Asking::Nothing => {
            let mut text = String::new();
            let keys = if state.pane == Pane::Details { DETAIL_KEYS } else { KEYS };
            for key in keys {
                let gap = if text.is_empty() { "" } else { "  " };
                if text.width() + gap.len() + key.width() > columns {
                    break;
                }
                text += gap;
                text += key;
            }
            text
        }
    }
}

fn list<'a>(scene: &Scene<'a>, area: Rect) -> Vec<Line<'a>> {
    let columns = usize::from(area.width);
    if scene.rows.is_empty() {
        let hint = if scene.state.is_program { "" } else { ": is there a subscription? `subs` lists them" };
        return vec![Line::from(format!("nothing received yet{hint}"))];
    }
    // A narrow window has no room for numbers.
    let numbers = if columns >= 60 { 17 } else { 0 };
    let sparks = if area.width >= WIDE { SPARKS + 1 } else { 0 };
    let longest = scene.rows.iter().map(|row| printable(&row.topic).width()).max().unwrap_or_default();
    let topic_columns = longest.min(columns.saturating_sub(numbers) / 2).max(8);
    let value_columns = columns.saturating_sub(topic_columns + numbers + sparks + 4);
    let mut lines = Vec::new();
    for row in scene.rows {
        let is_fresh = scene.now.saturating_duration_since(row.changed) < FRESH;
        let mut text =
            format!("{} {} ", if is_fresh { "*" } else { " " }, fitted(&printable(&row.topic), topic_columns));
        if numbers > 0 {
            let time = age(scene.now.saturating_duration_since(row.at));
            // Writing to a String does not fail.
            _ = write!(text, "{time:>7} {:>6.1}/s ", row.rate);
        }
        if sparks > 0 {
            // One number is not a line.
            let line = if row.numbers.len() > 1 { blocks(&row.numbers) } else { String::new() };
            _ = write!(text, "{line:SPARKS$} ");
        }
        let value = fitted(&row.value(), value_columns);
        let is_chosen = scene.state.chosen.as_deref() == Some(&*row.topic);
        let mut style = Style::new();
        if is_chosen {
            style = style.add_modifier(Modifier::REVERSED);
        }
        let mut of_value = style;
        if is_fresh {
            of_value = of_value.add_modifier(Modifier::BOLD);
            if scene.color {
                of_value = of_value.fg(Color::Yellow);
            }
        }
        lines.push(Line::from(vec![Span::styled(text, style), Span::styled(value, of_value)]));
    }
    lines
}

fn detail(frame: &mut Frame<'_>, area: Rect, parts: [Rect; 2], scene: &Scene<'_>) {
    let Some(detail) = scene.detail else {
        let empty = Paragraph::new("choose a topic with the arrows").block(Block::new().borders(Borders::TOP));
        return frame.render_widget(empty, area);
    };
    let state = scene.state;
    let is_plot = state.pane == Pane::Plot;
    let place = if is_plot { String::new() } else { place(state) };
    let room = usize::from(area.width).saturating_sub(place.width() + 2);
    let title = shortened(&printable(&detail.title), room);
    let block = Block::new().borders(Borders::TOP).title(format!(" {title} "));
    let strong = Style::new().add_modifier(Modifier::REVERSED);
    let style = if state.focus() == Focus::List { Style::new() } else { strong };
    let block = block.title(Line::from(Span::styled(place, style)).right_aligned());
    let inner = block.inner(area);
    frame.render_widget(block, area);
    if is_plot {
        return plot(frame, inner, detail, scene.color);
    }
    let [payload, history] = parts;
    let seen = detail.payload.iter().skip(state.payload.above).take(payload.height.into());
    let lines: Vec<_> = seen.map(|line| Line::from(line.as_str())).collect();
    frame.render_widget(Paragraph::new(lines), payload);
    let seen = detail.history.iter().skip(state.history.above).take(history.height.into());
    let lines: Vec<_> = seen.map(|line| Line::from(printable(line))).collect();
    frame.render_widget(Paragraph::new(lines), history);
}

/// What the arrows scroll, and which lines of it are in sight.
fn place(state: &State) -> String {
    let (name, scroll) = match state.focus() {
        Focus::List | Focus::Payload => ("payload", &state.payload),
        Focus::History => ("history", &state.history),
    };
    match (scroll.position(), state.focus()) {
        (Some(position), _) => format!(" {name} {position} "),
        (None, Focus::List) => String::new(),
        (None, _) => format!(" {name} "),
    }
}

fn plot(frame: &mut Frame<'_>, area: Rect, detail: &Detail, color: bool) {
    let points = &detail.points;
    let (Some(first), Some(last)) = (points.first(), points.last()) else {
        return frame.render_widget(Paragraph::new("no numbers on this topic yet"), area);
    };
    let (mut low, mut high) =
        points.iter().fold((f64::MAX, f64::MIN), |(low, high), (_, value)| (low.min(*value), high.max(*value)));
    let label = |value: f64| Span::raw(format!("{value:.2}"));
    let labels = [label(low), label(high)];
    if high <= low {
        // A line in the middle.
        (low, high) = (low - 1.0, high + 1.0);
    }
    let style = if color { Style::new().fg(Color::Cyan) } else { Style::new() };
    let data = Dataset::default().marker(Marker::Braille).graph_type(GraphType::Line).style(style).data(points);
    let ends = [Span::raw(format!("{:.0} s ago", -first.0)), Span::raw(format!("{:.0} s ago", -last.0))];
    let chart = Chart::new(vec![data])
        .x_axis(Axis::default().bounds([first.0, last.0.max(first.0 + 0.001)]).labels(ends))
        .y_axis(Axis::default().bounds([low, high]).labels(labels));
    frame.render_widget(chart, area);
}

/// A text in at most this many columns, whose cut is marked.
fn shortened(text: &str, columns: usize) -> String {
    if text.width() <= columns {
        return text.to_owned();
    }
    let kept = fitted(text, columns.saturating_sub(1));
    format!("{}~", kept.trim_end())
}

/// A text in exactly this many columns.
fn fitted(text: &str, columns: usize) -> String {
    let mut fitted = String::new();
    let mut width = 0;
    for character in text.chars() {
        let wide = character.width().unwrap_or_default();
        if width + wide > columns {
            break;
        }
        fitted.push(character);
        width += wide;
    }
    fitted.extend(std::iter::repeat_n(' ', columns - width));
    fitted
}

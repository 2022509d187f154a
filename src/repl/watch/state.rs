//! What the view shows, and what keys make of it. No drawing and no I/O.

use crate::mqtt::TopicFilter;
use crate::repl::keys::Key;

/// What a person has chosen to see.
#[derive(Debug)]
pub(super) struct State {
    pub(super) filters: Vec<TopicFilter>,
    /// It is the whole program, and no command of a session.
    pub(super) is_program: bool,
    /// A part of the topic, as it is typed.
    pub(super) part: String,
    pub(super) is_by_recency: bool,
    /// The topic that is chosen; while it is there it stays chosen, wherever its row goes.
    pub(super) chosen: Option<String>,
    /// Rows of the list that are above the window.
    pub(super) scrolled: usize,
    pub(super) is_paused: bool,
    /// What is shown of the chosen topic.
    pub(super) pane: Pane,
    /// What the arrows move in.
    pub(super) focus: Focus,
    /// The payload of the chosen topic in its window, and its history.
    pub(super) payload: Scroll,
    pub(super) history: Scroll,
    /// The place in JSON that is plotted; `None`: the first number.
    pub(super) pointer: Option<String>,
    /// What the bottom line asks.
    pub(super) asking: Asking,
    /// What was done last, on the bottom line.
    pub(super) note: String,
}

/// What is below the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pane {
    /// Nothing.
    Closed,
    /// The payload and the history of the chosen topic.
    Details,
    /// Its numbers.
    Plot,
}

/// What the arrows move in, while details are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Focus {
    List,
    Payload,
    History,
}

/// Which of some lines are in their window.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Scroll {
    /// Lines above the window.
    pub(super) above: usize,
    /// Lines in all.
    pub(super) count: usize,
    /// Rows of the window.
    pub(super) rows: usize,
}

/// What is typed or asked on the bottom line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Asking {
    Nothing,
    /// A part of topics.
    Part,
    /// A payload to publish to a topic.
    Payload {
        topic: String,
        text: String,
    },
    /// Whether to publish.
    Confirm(Publish),
}

/// What is to be published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Publish {
    pub(super) topic: String,
    pub(super) payload: String,
    /// Empty and retained: what is retained is removed.
    pub(super) clears: bool,
}

/// What a key asks for beyond the view.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Action {
    None,
    Leave,
    Publish(Publish),
    /// Open the connection again.
    Connect,
}

impl Scroll {
    /// There are so many lines now, and the window has so many rows: it ends with the last line.
    pub(super) fn fit(&mut self, count: usize, rows: usize) {
        (self.count, self.rows) = (count, rows);
        self.above = self.above.min(count.saturating_sub(rows));
    }

    /// For example `12-30 of 80`; `None` if all is in sight.
    pub(super) fn position(&self) -> Option<String> {
        let Self { above, count, rows } = *self;
        (count > rows).then(|| format!("{}-{} of {count}", above + 1, (above + rows).min(count)))
    }

    /// Whether the key is one that scrolls.
    fn take(&mut self, key: Key) -> bool {
        let page = self.rows.max(1);
        let above = match key {
            Key::Up | Key::Character('k') => self.above.saturating_sub(1),
            Key::Down | Key::Character('j') => self.above + 1,
            Key::PageUp => self.above.saturating_sub(page),
            Key::PageDown => self.above + page,
            Key::Home => 0,
            Key::End => self.count,
            _ => return false,
        };
        self.above = above.min(self.count.saturating_sub(self.rows));
        true
    }
}

impl State {
    pub(super) fn new(filters: Vec<TopicFilter>) -> Self {
        Self {
            filters,
            is_program: false,
            part: String::new(),
            is_by_recency: false,
            chosen: None,
            scrolled: 0,
            is_paused: false,
            pane: Pane::Closed,
            focus: Focus::List,
            payload: Scroll::default(),
            history: Scroll::default(),
            pointer: None,
            asking: Asking::Nothing,
            note: String::new(),
        }
    }

    /// Whether a topic has a row.
    pub(super) fn takes(&self, topic: &str) -> bool {
        self.is_watched(topic) && (self.part.is_empty() || topic.to_lowercase().contains(&self.part.to_lowercase()))
    }

    /// Whether a topic is one of those that the view is about.
    pub(super) fn is_watched(&self, topic: &str) -> bool {
        self.filters.iter().any(|filter| filter.matches(topic))
    }

    /// Takes a key; `topics` are those with a row, in their order, of which `rows` are in the window.
    pub(super) fn take(&mut self, key: Key, topics: &[&str], rows: usize) -> Action {
        if key == Key::Interrupt {
            return Action::Leave;
        }
        match std::mem::replace(&mut self.asking, Asking::Nothing) {
            Asking::Nothing => self.command(key, topics, rows),
            Asking::Part => {
                match key {
                    Key::Character(character) => self.part.push(character),
                    Key::Backspace => _ = self.part.pop(),
                    Key::Escape => self.part.clear(),
                    _ => {}
                }
                if !matches!(key, Key::Enter | Key::Escape) {
                    self.asking = Asking::Part;
                }
                self.scrolled = 0;
                Action::None
            }
            Asking::Payload { topic, mut text } => {
                match key {
                    Key::Enter => {
                        self.asking = Asking::Confirm(Publish { topic, payload: text, clears: false });
                        return Action::None;
                    }
                    Key::Escape => return Action::None,
                    Key::Character(character) => text.push(character),
                    Key::Backspace => _ = text.pop(),
                    _ => {}
                }
                self.asking = Asking::Payload { topic, text };
                Action::None
            }
            Asking::Confirm(publish) => match key {
                Key::Character('y') => Action::Publish(publish),
                Key::Resized => {
                    self.asking = Asking::Confirm(publish);
                    Action::None
                }
                _ => {
                    "Not published".clone_into(&mut self.note);
                    Action::None
                }
            },
        }
    }

    fn command(&mut self, key: Key, topics: &[&str], rows: usize) -> Action {
        self.note.clear();
        let is_scrolled = match self.focus() {
            Focus::List => false,
            Focus::Payload => self.payload.take(key),
            Focus::History => self.history.take(key),
        };
        if is_scrolled {
            return Action::None;
        }
        let at = self.position(topics);
        let last = topics.len().saturating_sub(1);
        let chosen = match key {
            Key::Up | Key::Character('k') => at.map(|at| at.saturating_sub(1)),
            Key::Down | Key::Character('j') => Some(at.map_or(0, |at| at + 1)),
            Key::PageUp => at.map(|at| at.saturating_sub(rows)),
            Key::PageDown => Some(at.map_or(0, |at| at + rows)),
            Key::Home => Some(0),
            Key::End => Some(last),
            _ => None,
        };
        if let Some(chosen) = chosen {
            self.choose(topics, chosen.min(last), rows);
            return Action::None;
        }
        match key {
            Key::Escape if self.focus() != Focus::List => self.focus = Focus::List,
            Key::Escape if self.pane != Pane::Closed => self.pane = Pane::Closed,
            Key::Character('q') | Key::Escape => return Action::Leave,
            Key::Enter => {
                if at.is_none() {
                    self.choose(topics, 0, rows);
                }
                self.pane = if self.pane == Pane::Closed { Pane::Details } else { Pane::Closed };
                self.focus = Focus::List;
            }
            Key::Tab if self.pane == Pane::Details => {
                self.focus = match self.focus {
                    Focus::List => Focus::Payload,
                    Focus::Payload => Focus::History,
                    Focus::History => Focus::List,
                };
            }
            Key::Character('c') => return Action::Connect,
            Key::Character('/') => self.asking = Asking::Part,
            Key::Character('s') => self.is_by_recency = !self.is_by_recency,
            Key::Character(' ') => self.is_paused = !self.is_paused,
            Key::Character('g') => {
                self.pane = if self.pane == Pane::Plot { Pane::Details } else { Pane::Plot };
            }
            Key::Character('p') => {
                if let Some(topic) = self.chosen.clone() {
                    self.asking = Asking::Payload { topic, text: String::new() };
                }
            }
            Key::Character('x') => {
                if let Some(topic) = self.chosen.clone() {
                    self.asking = Asking::Confirm(Publish { topic, payload: String::new(), clears: true });
                }
            }
            _ => {}
        }
        Action::None
    }

    /// Where the chosen topic is.
    pub(super) fn position(&self, topics: &[&str]) -> Option<usize> {
        let chosen = self.chosen.as_deref()?;
        topics.iter().position(|topic| *topic == chosen)
    }

    /// What the arrows move in: only details can be scrolled.
    pub(super) fn focus(&self) -> Focus {
        if self.pane == Pane::Details { self.focus } else { Focus::List }
    }

    fn choose(&mut self, topics: &[&str], at: usize, rows: usize) {
        let Some(topic) = topics.get(at) else { return };
        if self.chosen.as_deref() != Some(*topic) {
            (self.payload, self.history) = (Scroll::default(), Scroll::default());
        }
        self.chosen = Some((*topic).to_owned());
        self.follow(at, rows);
    }

    /// Scrolls so that a row is in the window.
    pub(super) fn follow(&mut self, at: usize, rows: usize) {
        self.scrolled = self.scrolled.clamp((at + 1).saturating_sub(rows.max(1)), at);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state() -> State {
        State::new(vec!["#".parse().unwrap()])
    }

    #[test]
    fn the_chosen_topic_stays_chosen_wherever_its_row_goes() {
        let mut state = state();
        state.take(Key::Down, &["a", "b", "c"], 2);
        state.take(Key::End, &["a", "b", "c"], 2);
        assert_eq!((state.chosen.as_deref(), state.scrolled), (Some("c"), 1));
        assert_eq!(state.position(&["c", "a", "b"]), Some(0));
        state.take(Key::Up, &["a", "c"], 2);
        assert_eq!(state.chosen.as_deref(), Some("a"));
    }

    #[test]
    fn a_part_is_typed_and_escape_forgets_it() {
        let mut state = state();
        for key in [Key::Character('/'), Key::Character('Q'), Key::Enter] {
            assert_eq!(state.take(key, &[], 9), Action::None);
        }
        assert!(state.takes("a/q") && !state.takes("a"));
        state.take(Key::Character('/'), &[], 9);
        state.take(Key::Escape, &[], 9);
        assert!(state.takes("a"));
        assert_eq!(state.take(Key::Character('q'), &[], 9), Action::Leave);
    }

    #[test]
    fn arrows_scroll_the_part_of_the_details_that_has_the_focus() {
        let mut state = state();
        state.take(Key::Enter, &["a", "b"], 9);
        state.payload.fit(30, 10);
        state.history.fit(5, 10);
        for key in [Key::Tab, Key::PageDown, Key::Down] {
            state.take(key, &["a", "b"], 9);
        }
        assert_eq!((state.chosen.as_deref(), state.payload.position().as_deref()), (Some("a"), Some("12-21 of 30")));
        state.take(Key::End, &["a", "b"], 9);
        assert_eq!(state.payload.position().as_deref(), Some("21-30 of 30"));
        state.payload.fit(12, 10);
        assert_eq!(state.payload.above, 2);
        for key in [Key::Tab, Key::Down] {
            state.take(key, &["a", "b"], 9);
        }
        assert_eq!((state.history.above, state.history.position()), (0, None));
        // Back in the list, arrows choose another topic, whose details begin at their top.
        for key in [Key::Escape, Key::Down] {
            state.take(key, &["a", "b"], 9);
        }
        assert_eq!((state.chosen.as_deref(), state.payload.above), (Some("b"), 0));
    }

    #[test]
    fn nothing_is_published_unless_it_is_confirmed() {
        let mut state = state();
        state.take(Key::Down, &["a"], 9);
        for key in [Key::Character('p'), Key::Character('o'), Key::Character('n'), Key::Enter, Key::Character('n')] {
            assert_eq!(state.take(key, &["a"], 9), Action::None);
        }
        state.take(Key::Character('x'), &["a"], 9);
        let cleared = Publish { topic: "a".into(), payload: String::new(), clears: true };
        assert_eq!(state.take(Key::Character('y'), &["a"], 9), Action::Publish(cleared));
    }
}

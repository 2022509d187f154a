use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::line;
use super::live::Live;
use crate::bench::{LATE_START, Observer, Parameter, Report, Snapshot, Stage};
use crate::output::{Columns, Stdout, Talk, Terminal};
use crate::payload::plural;

/// Shows a run: on a terminal a banner and progress lines, elsewhere the lines of MQTTX, once a second.
#[derive(Debug)]
pub(crate) struct BenchDisplay {
    terminal: Terminal,
    talk: Talk,
    title: String,
    /// Names of the phases.
    phases: Vec<String>,
    bar: ProgressBar,
    /// What the moving lines say.
    live: Live,
    lines: Stdout,
    /// Stdout is only for the results.
    keeps_stdout: bool,
}

impl BenchDisplay {
    /// `title` as in MQTTX: `publish benchmark`; `phases` are the names; `moves`: with a progress
    /// line.
    pub(crate) fn new(terminal: Terminal, talk: Talk, title: &str, phases: Vec<String>, moves: bool) -> Self {
        let target = if moves && terminal.stderr.terminal && !talk.is_quiet() {
            line::target()
        } else {
            ProgressDrawTarget::hidden()
        };
        let bar = ProgressBar::with_draw_target(None, target);
        if let Ok(style) = ProgressStyle::with_template("{spinner} {msg}") {
            bar.set_style(style);
        }
        Self {
            terminal,
            talk,
            title: title.to_owned(),
            phases,
            bar,
            live: Live::default(),
            lines: Stdout::new(terminal.stdout),
            keeps_stdout: false,
        }
    }

    /// Leaves stdout to the results.
    #[must_use]
    pub(crate) fn keeping_stdout(mut self, keeps: bool) -> Self {
        self.keeps_stdout = keeps;
        self
    }

    /// The banner.
    pub(crate) fn begin(&mut self, parameters: &[Parameter]) {
        self.talk.progress(format_args!("Starting {}", self.title));
        let mut table = Columns::default();
        for parameter in parameters.iter().skip(1) {
            table.row([format!("  {}", parameter.name), parameter.value.clone()]);
        }
        for line in table.lines(self.terminal.stderr) {
            self.talk.plain(&line);
        }
    }

    /// Removes the progress line.
    pub(crate) fn end(&mut self, _report: &Report) {
        self.bar.finish_and_clear();
    }

    /// A line for programs; a closed pipe is not a reason to end the run.
    fn line(&mut self, text: &str) {
        if !self.terminal.stdout.terminal && !self.talk.is_quiet() && !self.keeps_stdout {
            let _ = self.lines.line(text).and_then(|()| self.lines.flush());
        }
    }
}

impl Observer for BenchDisplay {
    fn connected(&mut self, snapshot: &Snapshot) {
        self.bar.suspend(|| {
            let seconds = snapshot.in_stage.as_secs_f64();
            let connections = plural(snapshot.ready, "connection");
            match self.phases.get(snapshot.phase).filter(|_| snapshot.phase > 0) {
                Some(phase) => {
                    self.talk.success(format_args!("{phase}: {connections} open after {seconds:.3}s"));
                }
                None => self.talk.success(format_args!("Created {connections} in {seconds:.3}s")),
            }
            if let Some(late) = snapshot.late.filter(|late| *late > LATE_START) {
                self.talk.warning(format_args!("the load begins {late:.1} s after --start-at"));
            }
        });
    }

    fn second(&mut self, snapshot: &Snapshot) {
        let Some(last) = snapshot.last else { return };
        self.live.second(snapshot);
        let counts = &snapshot.counts;
        match snapshot.stage {
            Stage::Connecting => {
                self.line(&format!("Connected total: {}, rate: {}/s", counts.connected, last.connected));
            }
            _ if counts.sent > 0 && counts.delivered == 0 => {
                self.line(&format!("Published total: {}, message rate: {}/s", counts.sent, last.sent));
            }
            _ if counts.sent > 0 => self.line(&format!(
                "Published total: {}, message rate: {}/s, received total: {}, rate: {}/s",
                counts.sent, last.sent, counts.delivered, last.delivered
            )),
            _ if counts.subscribed > 0 => {
                self.line(&format!("Received total: {}, rate: {}/s", counts.delivered, last.delivered));
            }
            _ => self.line(&format!("Connected total: {}, rate: {}/s", counts.connected, last.connected)),
        }
    }

    fn moment(&mut self, snapshot: &Snapshot) {
        if self.bar.is_hidden() {
            return;
        }
        let phase = self.phases.get(snapshot.phase).filter(|_| self.phases.len() > 1);
        let lines = self.live.lines(snapshot, phase.map(String::as_str), line::size(), self.terminal.stderr.unicode);
        self.bar.set_message(lines.join("\n"));
        self.bar.tick();
    }

    fn stopping(&mut self, _snapshot: &Snapshot, drain: Duration) {
        let (talk, seconds) = (self.talk, drain.as_secs_f64());
        let text = format!("Stopping: waiting up to {seconds} s for outstanding messages; press again to end at once");
        self.bar.suspend(|| talk.progress(text));
    }

    fn cut_short(&mut self, snapshot: &Snapshot) {
        let (talk, messages) = (self.talk, plural(snapshot.outstanding, "message"));
        self.bar.suspend(|| talk.warning(format_args!("ended with {messages} outstanding")));
    }

    fn interim(&mut self, _report: &Report) {}
}

//! `probe`: what the broker of the current connection supports, tested while the session goes on.

use tokio::sync::mpsc::unbounded_channel;
use tokio::sync::oneshot;

use super::shell::{Shell, Stop};
use crate::cli::repl::ProbeLine;
use crate::command::probe::run_with;
use crate::error::ExitStatus;
use crate::mqtt::TopicFilter;
use crate::settings::ProbeSettings;

impl Shell<'_> {
    /// `probe`. Ctrl-C ends it, and what it left on the broker is removed then too.
    pub(super) async fn probe(&mut self, line: ProbeLine) -> Result<(), Stop> {
        let settings = ProbeSettings::of_connection(line.probe, &self.current()?.settings)?;
        self.hide_probe(&settings.prefix);
        let (to_print, mut printed) = unbounded_channel::<String>();
        let (interrupt, interrupted) = oneshot::channel();
        let mut interrupt = Some(interrupt);
        let interrupted = async {
            // It is not dropped before the end.
            interrupted.await.unwrap_or_default()
        };
        let mut print = |text: &str| {
            // Received below, as long as this runs.
            _ = to_print.send(text.to_owned());
            Ok(())
        };
        let stream = self.printer.stream();
        let mut probing = Box::pin(run_with(&settings, stream, self.talk, interrupted, &mut print));
        let ended = loop {
            let occurrence = tokio::select! {
                biased;
                Some(text) = printed.recv() => {
                    self.printer.bytes(text.as_bytes())?;
                    self.flush()?;
                    continue;
                }
                ended = &mut probing => break ended,
                occurrence = self.next() => occurrence,
            };
            match occurrence {
                Ok(occurrence) => self.background(occurrence),
                Err(Stop::Interrupted(signal)) => {
                    // Only the first counts: what is left behind is being removed already.
                    _ = interrupt.take().map(|interrupt| interrupt.send(signal));
                }
                Err(stop) => return Err(stop),
            }
        };
        while let Ok(text) = printed.try_recv() {
            self.printer.bytes(text.as_bytes())?;
        }
        match ended? {
            ExitStatus::Interrupted(signal) => Err(Stop::Interrupted(signal)),
            _ => Ok(()),
        }
    }

    /// A person who has subscribed to everything is not shown the messages of the probe, unless that is what the
    /// subscription is about. It holds until the next command, as they may arrive behind the end.
    fn hide_probe(&mut self, prefix: &str) {
        let mut active = self.connections.iter().flat_map(|connection| &connection.subscriptions);
        let is_asked_for = active.any(|active| active.options.filter.as_str().starts_with(prefix));
        if self.screen.is_some() && !is_asked_for {
            self.hidden = TopicFilter::parse(format!("{prefix}/#")).ok();
        }
    }
}

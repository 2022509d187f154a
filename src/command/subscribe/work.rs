//! `sub --exec` and `sub --ack-on-read`: what follows from the work on messages.

use tokio::time::Instant;

use super::worker::{Consequence, News, Worker, news_of};
use super::{End, SAID_AFTER, Subscriber};
use crate::client::Events;
use crate::command::deadline::at;
use crate::command::interrupt::Interrupt;
use crate::error::Error;
use crate::output::WriteError;
use crate::session::Received;

impl Subscriber<'_> {
    /// Whether more events may be taken.
    pub(super) fn has_room(&self) -> bool {
        !self.printer.is_blocked() && self.worker.as_ref().is_none_or(|worker| !worker.backlog.is_full())
    }

    pub(super) fn may_have_news(&self) -> bool {
        !self.printer.is_blocked() && self.worker.as_ref().is_some_and(Worker::may_have_news)
    }

    /// Begins what waits, as far as there is room.
    pub(super) fn begin_work(&mut self) -> Result<(), WriteError> {
        loop {
            self.gather_tokens();
            let Some(worker) = self.worker.as_mut().filter(|_| !self.printer.is_blocked()) else { return Ok(()) };
            let Some(begun) = worker.begin(self.settings.count) else { return Ok(()) };
            self.tokens.extend(begun.token);
            if let Some(received) = begun.printed {
                self.show(received)?;
            }
        }
    }

    /// A message that is not wanted.
    pub(super) fn pass_over(&mut self, received: Received) {
        match &mut self.worker {
            Some(worker) => {
                worker.backlog.pass_over(received);
                self.gather_tokens();
            }
            None => self.tokens.extend(received.token),
        }
    }

    /// What the worker has to say; then what was waiting for it.
    pub(super) fn hear(&mut self, news: News) -> Option<End> {
        let end = match news {
            News::Ended(number, result) => self.work_ended(number, result),
            News::Read(count) => {
                let worker = self.worker.as_mut()?;
                for _ in 0..count {
                    let Some(oldest) = worker.backlog.oldest_begun() else { break };
                    worker.succeeded(oldest);
                }
                None
            }
            News::Gone => Some(End::Unwritable(WriteError::Closed)),
            News::Nonsense(error) => {
                self.fail(&error);
                Some(End::Failed)
            }
        };
        self.is_heard = true;
        let begun = self.begin_work();
        self.count = self.worker.as_ref().map_or(0, |worker| worker.done);
        let end = match begun {
            Err(error) => Some(End::Unwritable(error)),
            Ok(()) => end.or((Some(self.count) == self.settings.count).then_some(End::Done)),
        };
        self.write(end)
    }

    fn work_ended(&mut self, number: u64, result: Result<(), String>) -> Option<End> {
        let worker = self.worker.as_mut()?;
        let Err(why) = result else {
            worker.succeeded(number);
            return None;
        };
        let what = match worker.backlog.topic_of(number) {
            Some(topic) => format!("the message on {topic}: {why}"),
            None => format!("a message: {why}"),
        };
        match worker.failed(number) {
            Consequence::Ignored => {
                self.fail(&Error::local(what));
                None
            }
            Consequence::Stopped => {
                self.fail(&Error::local(format!("{what}; it is not acknowledged")));
                Some(End::Failed)
            }
            Consequence::Redelivered => {
                self.talk.warning(format_args!("{what}; it is to come again"));
                self.client.reconnect();
                None
            }
        }
    }

    fn gather_tokens(&mut self) {
        if let Some(worker) = &mut self.worker {
            self.tokens.extend(std::iter::from_fn(|| worker.backlog.next_token()));
        }
    }

    /// Begins nothing more, and waits for the commands that run; a signal ends them.
    pub(super) async fn end_work(&mut self, mut end: End, events: &mut Events, interrupt: &mut Interrupt) -> End {
        let Some(worker) = &mut self.worker else { return end };
        worker.close();
        if let (End::Unwritable(WriteError::Closed), Some(error)) = (&end, worker.unanswered()) {
            self.fail(&error);
        }
        let mut news = Some(Instant::now() + SAID_AFTER);
        let mut is_open = true;
        while self.worker.as_ref().is_some_and(Worker::is_running) {
            tokio::select! {
                biased;
                signal = interrupt.received() => {
                    if let Some(worker) = &mut self.worker {
                        worker.kill().await;
                    }
                    end = End::Signal(signal);
                }
                () = at(news) => {
                    news = None;
                    self.talk.progress("Waiting for the commands that run (Ctrl-C ends them)");
                }
                news = news_of(&mut self.worker) => {
                    self.hear(news);
                }
                event = events.next(), if is_open && self.has_room() => match event {
                    Some(event) => {
                        self.take_all(event, events);
                    }
                    None => is_open = false,
                },
            }
        }
        end
    }
}

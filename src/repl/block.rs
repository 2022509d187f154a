//! Blocks run: `repeat` and `if`.

use super::line::{Block, Body, commands};
use super::shell::{Shell, Stop};
use crate::error::Error;

/// The variable that counts the rounds of a `repeat`.
const ROUND: &str = "round";

impl Shell<'_> {
    /// Runs a block. What fails in it says at which of its lines, by [`Shell::failed_line`].
    pub(super) async fn run_block(&mut self, block: Block) -> Result<(), Stop> {
        match block {
            Block::Repeat { count, body } => {
                let rounds: u64 = count.parse().map_err(|_| {
                    let error = Error::usage(format!("repeat: `{count}` is not a number of rounds"));
                    error.with_hint("for example repeat 3 { pub car/ac on }")
                })?;
                let before = self.variables.get(ROUND).cloned();
                let mut ended = Ok(());
                for round in 1..=rounds {
                    self.variables.insert(ROUND.to_owned(), round.to_string());
                    // A body that never waits can be interrupted too.
                    ended = match self.breathe().await {
                        Ok(()) => self.run_body(&body).await,
                        stop => stop,
                    };
                    if ended.is_err() {
                        break;
                    }
                }
                match before {
                    Some(value) => _ = self.variables.insert(ROUND.to_owned(), value),
                    None => _ = self.variables.remove(ROUND),
                }
                ended
            }
            Block::If { condition, then, otherwise } => match Box::pin(self.run(&condition)).await {
                Ok(()) => self.run_body(&then).await,
                Err(Stop::Failed(error)) if error.kind() != crate::error::ErrorKind::Usage => {
                    self.talk.debug(format_args!("if: {error}"));
                    self.run_body(&otherwise.unwrap_or_default()).await
                }
                Err(Stop::Told(_)) => self.run_body(&otherwise.unwrap_or_default()).await,
                Err(stop) => Err(stop),
            },
        }
    }

    async fn run_body(&mut self, body: &Body) -> Result<(), Stop> {
        for (number, command) in commands(&body.text) {
            let ended = Box::pin(self.run(&command)).await;
            if matches!(ended, Err(Stop::Failed(_) | Stop::Told(_))) {
                self.failed_line += body.line + number - 1;
            }
            ended?;
        }
        Ok(())
    }
}

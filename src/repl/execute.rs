//! From a line to the command that it asks for.

use std::sync::atomic::Ordering;

use clap::builder::StyledStr;

use super::line::{Block, CommandLine, Line, expand_alias};
use super::shell::{Shell, Stop};
use crate::cli::repl::{GROUPS, ReplCommand, Switch};
use crate::config::Origins;
use crate::error::Error;
use crate::help;
use crate::output::columns;
use crate::settings::{ReplRequest, line_command, read_line};

impl Shell<'_> {
    /// Runs one line.
    pub(super) async fn run(&mut self, text: &str) -> Result<(), Stop> {
        let text = expand_alias(text, &self.aliases);
        let block = Block::parse(&text, &self.variables)
            .map_err(|error| Error::usage(error.to_string()).with_detail(error.caret()))?;
        if let Some(block) = block {
            return Box::pin(self.run_block(block)).await;
        }
        let parsed = Line::parse(&text, &self.variables)
            .map_err(|error| Error::usage(error.to_string()).with_detail(error.caret()))?;
        match parsed {
            Line::Empty => Ok(()),
            Line::Shell(command) => self.run_outside(&command).await,
            Line::Command(CommandLine { words, tail, torn }) => {
                if let Some(torn) = torn {
                    self.talk.warning(format_args!("{torn} loses its double quotes here: write '{torn}'"));
                }
                let Some(tail) = tail else { return self.run_words(&words).await };
                self.flush()?;
                self.printer.capture();
                let ended = self.run_words(&words).await;
                let printed = self.printer.captured();
                // What was printed before an error is worth seeing too.
                let piped = self.pipe_into(&tail, &printed).await;
                ended.and(piped)
            }
        }
    }

    async fn run_words(&mut self, words: &[String]) -> Result<(), Stop> {
        let profile = match (words.first().map(String::as_str), self.current()) {
            (Some("connect" | "con"), _) | (_, Err(_)) => &self.profile,
            (_, Ok(connection)) => &connection.profile,
        };
        match read_line(words, profile, self.variable)? {
            ReplRequest::Run { command, origins, warnings } => {
                for warning in warnings {
                    self.talk.warning(warning);
                }
                self.execute(*command, origins).await
            }
            ReplRequest::Print(text) => self.page_text(&text).await,
            ReplRequest::Help(request) => {
                let help = help(request.path.first().map(String::as_str))?;
                self.page_text(&help).await
            }
        }
    }

    /// Shows help, by a pager if it is longer than the window.
    async fn page_text(&mut self, text: &StyledStr) -> Result<(), Stop> {
        let shown = if self.printer.stream().color { text.ansi().to_string() } else { text.to_string() };
        self.show_pages(shown.as_bytes()).await
    }

    /// Shows a text that is safe for the terminal, by a pager if it is longer than the window.
    pub(super) async fn show_pages(&mut self, text: &[u8]) -> Result<(), Stop> {
        let rows = memchr::memchr_iter(b'\n', text).count();
        match &self.screen {
            Some(screen) if self.printer.stream().terminal && rows >= screen.rows => self.page(text).await,
            _ => Ok(self.printer.bytes(text)?),
        }
    }

    async fn execute(&mut self, command: ReplCommand, origins: Origins) -> Result<(), Stop> {
        self.hidden = None;
        match command {
            ReplCommand::Connect(line) => self.connect(*line, origins).await,
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
            ReplCommand::Request(line) => self.request(&line, &origins).await,
            ReplCommand::Probe(line) => self.probe(line).await,
            ReplCommand::Wait(line) => self.wait(&line, &origins).await,
            ReplCommand::Expect(line) => self.expect(&line, &origins).await,
            ReplCommand::Assert(line) => self.assert(&line, &origins).await,
            ReplCommand::Sleep { time } => self.sleep(time).await,
            ReplCommand::Last(line) => self.last(&line),
            ReplCommand::Count { selection } => self.count_messages(&selection),
            ReplCommand::Export { file, selection } => self.export(&file, &selection),
            ReplCommand::Diff(line) => self.diff(&line.first, line.second),
            ReplCommand::Show { id } => self.show(id).await,
            ReplCommand::Save { id, file } => self.save(id, &file),
            ReplCommand::Mute { filters } => self.mute(filters),
            ReplCommand::Unmute { filters } => self.unmute(&filters),
            ReplCommand::Stats { count } => self.stats(count),
            ReplCommand::Topics(line) => self.topics(&line).await,
            ReplCommand::Watch(line) => self.watch(line.filters).await,
            ReplCommand::Plot(line) => self.plot(&line.topic, line.json).await,
            ReplCommand::Retained(line) => self.retained(&line).await,
            ReplCommand::Note(line) => self.note(&line).await,
            ReplCommand::Tee(line) => self.tee(&line.file),
            ReplCommand::SaveSettings => self.save_settings(),
            ReplCommand::Every(line) => self.every(line.time, &line.command),
            ReplCommand::Reply(line) => self.reply(*line, &origins).await,
            ReplCommand::Record(line) => self.record(line),
            ReplCommand::Jobs => self.list_jobs(),
            ReplCommand::Stop { number, .. } => self.stop_job(number),
            // Only the help of them comes here: a block is read before the words of a line are.
            ReplCommand::Repeat(_) | ReplCommand::If(_) => Err(Error::usage("a block cannot be run here").into()),
            ReplCommand::Set(line) => self.set(line.name, line.value.as_deref()),
            ReplCommand::Variable { name, value } => self.variable(name, value),
            ReplCommand::Alias(line) => self.alias(line.name, line.command),
            ReplCommand::Source { file } => self.source(&file).await,
            ReplCommand::Edit => self.edit().await,
            ReplCommand::Trace { switch } => {
                self.trace.store(switch == Switch::On, Ordering::Relaxed);
                Ok(())
            }
            ReplCommand::Clear => Ok(self.printer.clear()?),
            ReplCommand::Help { command } => {
                let help = help(command.as_deref())?;
                self.page_text(&help).await
            }
            ReplCommand::Forget { name } => self.forget_connection(&name).await,
            ReplCommand::Rename { name, new } => self.rename_connection(&name, new),
            ReplCommand::Exit { code } => Err(Stop::Exit(code.unwrap_or(0))),
        }
    }
}

/// All commands, or one with its examples.
fn help(name: Option<&str>) -> Result<StyledStr, Error> {
    let mut definition = line_command();
    definition.build();
    let Some(name) = name else { return Ok(help::list_of_definition(&definition, GROUPS, columns())) };
    match definition.find_subcommand_mut(name) {
        Some(command) => Ok(help::of_definition(command, columns())),
        None => Err(Error::usage(format!("unknown command `{name}`")).with_hint("`help` lists the commands")),
    }
}

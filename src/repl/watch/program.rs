//! `mqttx-rs watch`: the view as a program of its own.

use super::State;
use crate::error::{Error, ExitStatus};
use crate::mqtt::SubscriptionOptions;
use crate::output::{Console, Talk, Terminal};
use crate::repl::editor::Aside;
use crate::repl::shell::{Shell, Stop};
use crate::repl::window::Cooked;
use crate::settings::{NewConnection, WatchSettings};

/// Connects, subscribes and shows what comes until a person leaves.
///
/// # Errors
///
/// It cannot connect, or the broker refuses a filter. Once there is a picture, a connection that is lost for good is told
/// when the person leaves, with its exit code.
pub(crate) async fn run(
    settings: WatchSettings,
    terminal: Terminal,
    talk: Talk,
    variable: &dyn Fn(&str) -> Option<String>,
) -> Result<ExitStatus, Error> {
    for warning in &settings.warnings {
        talk.warning(warning);
    }
    let cooked = Cooked::remember();
    let aside = Aside::default();
    // What goes to a file is never in the way.
    let console = if terminal.stderr.terminal { Console::above(aside.above()) } else { Console::default() };
    let talk = talk.with_console(console);
    let mut shell = Shell::new(console, terminal.stdout, talk, settings.profile.clone(), variable)?;
    let ended = attend(settings, &mut shell).await;
    drop(cooked);
    Console::settle(&aside.left());
    let lost = shell.current().ok().and_then(|connection| connection.lost.as_ref()).map(Error::kind);
    let closed = shell.close_all().await;
    match ended.and(closed) {
        Err(Stop::Failed(error)) => Err(error),
        Err(Stop::Told(kind)) => Ok(ExitStatus::Partly(kind)),
        // Any signal is a way to leave.
        _ => Ok(lost.map_or(ExitStatus::Done, ExitStatus::Partly)),
    }
}

async fn attend(settings: WatchSettings, shell: &mut Shell<'_>) -> Result<(), Stop> {
    let WatchSettings { connect, profile, filters, .. } = settings;
    let new = NewConnection { name: None, connect, says_nothing: false, profile, warnings: Vec::new() };
    let id = shell.open(new)?;
    shell.connected(id).await?;
    let names = filters.iter().map(|SubscriptionOptions { filter, .. }| filter.clone()).collect();
    // What is retained comes right behind SUBACK, and is for the view.
    shell.is_watching = true;
    shell.subscribe_to(filters).await?;
    let mut state = State::new(names);
    state.is_program = true;
    shell.be_watched();
    shell.view(state).await
}

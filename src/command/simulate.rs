//! `simulate --show`, `ls -sc` and `check`: what MQTTX prints about itself.

use super::load::show as print;
use crate::error::{Error, ExitStatus};
use crate::output::{Talk, Terminal, simulations};
use crate::settings::{SIMULATIONS, Simulation};

/// Prints the template of a scenario.
pub(crate) fn show(name: &str, terminal: Terminal) -> Result<ExitStatus, Error> {
    print(Simulation::find(name)?.text, terminal)?;
    Ok(ExitStatus::Done)
}

/// Lists the scenarios.
pub(crate) fn list(terminal: Terminal) -> Result<ExitStatus, Error> {
    let rows = SIMULATIONS.iter().map(|simulation| (simulation.name, simulation.plays));
    print(&simulations(rows, terminal.stdout), terminal)?;
    Ok(ExitStatus::Done)
}

/// Prints the version, and says what it does not do.
pub(crate) fn check(terminal: Terminal, talk: Talk) -> Result<ExitStatus, Error> {
    print(&format!("mqttx-rs {}\n", env!("CARGO_PKG_VERSION")), terminal)?;
    talk.progress(
        "No newer version was asked for: mqttx-rs connects to the brokers that you name, and to nothing else",
    );
    Ok(ExitStatus::Done)
}

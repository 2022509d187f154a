//! Whether the commands would accept a profile.

use std::ffi::OsString;

use super::connect::client_id;
use super::endpoint::Target;
use super::misplaced;
use super::pattern::Facts;
use crate::cli;
use crate::config::profile::Choice;
use crate::config::read::{CommandLine, read_with};
use crate::error::Error;
use crate::payload::placeholder::Place;

/// Whether every command would accept the values of a profile, ignoring the environment. Secrets are not looked up.
///
/// # Errors
///
/// The profile is missing or broken, or has a value that its option refuses.
pub(crate) fn check_profile(name: &str, variable: impl Fn(&str) -> Option<String>) -> Result<(), Error> {
    let of_folders =
        |wanted: &str| variable(wanted).filter(|_| ["HOME", "XDG_CONFIG_HOME", "APPDATA"].contains(&wanted));
    for command in [&["pub"][..], &["sub"], &["bench", "pub"], &["bench", "conn"], &["bench", "e2e"]] {
        let line = [&["mqttx-rs", "--profile", name], command].concat().into_iter().map(OsString::from);
        let choice = Choice { without_project: true, ..Choice::default() };
        if let CommandLine::Run(invocation) = read_with(&choice, line, of_folders)?
            && let cli::Command::Publish(command) = &invocation.cli.command
        {
            let (arguments, origins) = (&command.connect, &invocation.origins);
            let target = Target::resolve(arguments, origins)?;
            misplaced::refuse_or_warn(arguments, &target, origins)?;
            client_id(arguments, origins, &Facts::default(), Place::CLIENT_ID)?;
        }
    }
    Ok(())
}

//! Texts with placeholders: their origin, the values known here, and their errors.

use std::sync::{Arc, Mutex, PoisonError};

use crate::config::origin::Origins;
use crate::error::{Error, nearest};
use crate::payload::placeholder::{Drawer, Files, Jinja, Name, Pattern, Place, PlaceholderError};

/// The values of placeholders that do not change during a run.
#[derive(Debug, Clone, Default)]
pub(super) struct Facts {
    hostname: String,
    user: String,
    profile: String,
    pid: u32,
    /// Only in a benchmark.
    run: Option<u32>,
    /// Only in `bench run`.
    scenario: Option<String>,
    /// Of a command with one client: its identifier and its user name.
    client: Option<(String, String)>,
    /// What `{line:FILE}` and `{csv:FILE:COLUMN}` have read so far, for all who know the same facts.
    files: Arc<Mutex<Files>>,
}

impl Facts {
    /// Those of this process.
    pub(super) fn gather(origins: &Origins) -> Self {
        let variable = |names: &[&str]| names.iter().find_map(|name| std::env::var(name).ok()).unwrap_or_default();
        #[cfg(unix)]
        let hostname = rustix::system::uname().nodename().to_string_lossy().into_owned();
        #[cfg(not(unix))]
        let hostname = variable(&["COMPUTERNAME"]);
        let user = variable(&["USER", "LOGNAME", "USERNAME"]);
        let profile = origins.profile.clone().unwrap_or_default();
        Self { hostname, user, profile, pid: std::process::id(), ..Self::default() }
    }

    /// With those of a benchmark.
    #[must_use]
    pub(super) fn of_bench(self, run: u32, scenario: Option<&str>) -> Self {
        Self { run: Some(run), scenario: scenario.map(ToOwned::to_owned), ..self }
    }

    /// With those of the only client.
    #[must_use]
    pub(super) fn of_client(self, client_id: &str, user_name: Option<&str>) -> Self {
        Self { client: Some((client_id.to_owned(), user_name.unwrap_or_default().to_owned())), ..self }
    }

    /// Compiles a template of Jinja, and tries it where it does not depend on a request.
    pub(super) fn jinja(&self, option: &str, text: &str, place: Place) -> Result<Arc<Jinja>, Error> {
        let place = if self.scenario.is_some() { place.of_scenario() } else { place };
        let variable = |name: &str| std::env::var(name).ok();
        let jinja = Jinja::compile(text, place, |name| self.value(name), self.files.clone(), variable);
        let jinja = jinja.map_err(|why| Error::local(format!("{option}: {why}")))?;
        if place != Place::ANSWER {
            let mut drawer = Drawer::default();
            jinja.fill(&mut drawer, &mut String::new(), |name, out| {
                out.push_str(if matches!(name, Name::Client | Name::Sequence) { "1" } else { "" });
            });
            if let Some(why) = drawer.take_fault() {
                return Err(Error::local(format!("{option}: {why}")));
            }
        }
        Ok(Arc::new(jinja))
    }

    /// Parses a text and binds what is known; `option` is named in its error.
    pub(super) fn read(&self, option: &str, text: &str, place: Place) -> Result<Pattern, Error> {
        let place = if self.scenario.is_some() { place.of_scenario() } else { place };
        let pattern = Pattern::parse(text, place).and_then(|pattern| {
            let mut files = self.files.lock().unwrap_or_else(PoisonError::into_inner);
            pattern.read(place, &mut files, |name| std::env::var(name).ok())
        });
        Ok(pattern.map_err(|error| refused(option, &error))?.bind(|name| self.value(name)))
    }

    fn value(&self, name: Name) -> Option<String> {
        match name {
            Name::Hostname => Some(self.hostname.clone()),
            Name::User => Some(user(&self.user)),
            Name::Profile => Some(self.profile.clone()),
            Name::Pid => Some(self.pid.to_string()),
            Name::Run => self.run.map(|run| format!("{run:08x}")),
            Name::Scenario => self.scenario.clone(),
            Name::Client => self.client.as_ref().map(|_| "1".to_owned()),
            Name::ClientId => self.client.as_ref().map(|(client_id, _)| client_id.clone()),
            Name::Username => self.client.as_ref().map(|(_, user_name)| user_name.clone()),
            _ => None,
        }
    }
}

/// The one form of errors about placeholders.
fn refused(option: &str, error: &PlaceholderError) -> Error {
    let similar = error.unknown().and_then(|name| nearest(name, error.offered()));
    let similar = similar.map(|name| format!("did you mean {{{name}}}? ")).unwrap_or_default();
    if error.is_local() {
        return Error::local(format!("{option}: {error}")).with_detail(error.caret());
    }
    let refused = Error::usage(format!("{option}: {error}")).with_detail(error.caret());
    refused.with_hint(similar + &error.reference())
}

/// The user of this process; a service or a container often has no variable with it.
#[cfg(unix)]
fn user(of_environment: &str) -> String {
    if !of_environment.is_empty() {
        return of_environment.to_owned();
    }
    let id = nix::unistd::getuid();
    match nix::unistd::User::from_uid(id) {
        Ok(Some(user)) => user.name,
        // A number that has no name, as in many containers.
        Ok(None) | Err(_) => id.to_string(),
    }
}

/// Windows always has the variable.
#[cfg(not(unix))]
fn user(of_environment: &str) -> String {
    of_environment.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts() -> Facts {
        let (hostname, user, profile) = ("box".into(), "me".into(), "task".into());
        Facts { hostname, user, profile, pid: 7, ..Facts::default() }
    }

    #[test]
    fn what_is_known_is_filled_in() {
        let text = |text: &str| facts().read("-i", text, Place::CLIENT_ID).unwrap().as_str().to_owned();
        assert_eq!(text("{hostname}-{pid}-{user}-{profile}"), "box-7-me-task");
        let of_bench = facts().of_bench(0xabc, Some("storm"));
        let read = of_bench.read("-t", "{run}/{scenario}/%sc/%i", Place::TOPIC).unwrap();
        assert_eq!(read.as_str(), "00000abc/storm/storm/%i");
    }

    #[test]
    fn an_error_names_the_option_the_place_and_what_there_is() {
        let error = facts().read("--client-id", "a{hostnam}", Place::CLIENT_ID).unwrap_err();
        assert_eq!(error.message(), "--client-id: `{hostnam}` is not a placeholder");
        assert_eq!(error.detail(), Some("a{hostnam}\n ^"));
        let hint = error.hint().unwrap();
        assert!(hint.starts_with("did you mean {hostname}? available: {random:1000..9999}, {hex:8}, "), "{hint}");
        assert!(hint.ends_with("; {{hostnam}} is the text {hostnam}"), "{hint}");
    }
}

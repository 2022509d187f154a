//! What stays from one session to the next: the start-up file, `save-settings`, `tee`.

use std::io;
use std::path::{Path, PathBuf};

use super::history::holds_secret;
use super::line::{commands, quote};
use super::shell::{Shell, Stop};
use crate::config::profile::{Store, write_private};
use crate::error::Error;
use crate::payload::plural;

/// What `save-settings` writes, and what is run before the person's own file.
const SAVED: &str = "repl-settings";

/// The person's own file.
const START_UP: &str = "replrc";

impl Shell<'_> {
    /// The folder of the program's configuration.
    pub(super) fn configuration(&self) -> Result<PathBuf, Error> {
        let profiles = Store::locate(self.variable).profiles()?;
        Ok(profiles.parent().map_or(profiles.clone(), Path::to_owned))
    }

    /// Runs what was saved and the start-up file, as far as they are there. A line that fails is reported, and the others run.
    pub(super) async fn start_up(&mut self) -> Result<(), Stop> {
        let Ok(folder) = self.configuration() else { return Ok(()) };
        for name in [SAVED, START_UP] {
            let path = folder.join(name);
            let text = match std::fs::read_to_string(&path) {
                Ok(text) => text,
                Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
                    continue;
                }
                Err(error) => {
                    self.talk.warning(format_args!("{} cannot be read: {error}", path.display()));
                    continue;
                }
            };
            for (number, command) in commands(text.strip_prefix('\u{feff}').unwrap_or(&text)) {
                match Box::pin(self.run(&command)).await {
                    Err(Stop::Failed(error)) => {
                        self.talk.error(&error.with_context(&format!("{}:{number}", path.display())));
                    }
                    Ok(()) | Err(Stop::Told(_)) => {}
                    Err(stop) => return Err(stop),
                }
            }
        }
        Ok(())
    }

    /// `save-settings`.
    pub(super) fn save_settings(&mut self) -> Result<(), Stop> {
        let mut lines = self.preference_lines();
        let line =
            |command: &str, (name, value): (&String, &String)| format!("{command} {} {}", quote(name), quote(value));
        lines.extend(self.aliases.iter().map(|pair| line("alias", pair)));
        lines.extend(self.variables.iter().map(|pair| line("var", pair)));
        if let Some(notes) = &self.notes {
            lines.push(format!("note file {}", quote(&notes.display().to_string())));
        }
        let (secret, kept): (Vec<_>, Vec<_>) = lines.into_iter().partition(|line| holds_secret(line));
        let path = self.configuration()?.join(SAVED);
        let head = format!("# Written by `save-settings`; put your own lines into {START_UP} in this folder.\n");
        let text = kept.iter().fold(head, |text, line| text + line + "\n");
        if let Some(folder) = path.parent() {
            // That it fails shows when the file is written.
            _ = std::fs::create_dir_all(folder);
        }
        write_private(&path, &text)?;
        for line in &secret {
            let name = line.split_whitespace().take(2).collect::<Vec<_>>().join(" ");
            self.talk.warning(format_args!("`{name}` is not saved: it looks like a secret"));
        }
        let count = plural(kept.len() as u64, "line");
        self.talk.success(format_args!("{count} saved to {}", path.display()));
        Ok(())
    }

    /// `tee`.
    pub(super) fn tee(&mut self, path: &Path) -> Result<(), Stop> {
        if path.as_os_str() == "off" {
            // Closing fails never.
            _ = self.console.tee(None);
            return Ok(());
        }
        let opened = self.console.tee(Some(path));
        opened.map_err(|error| Error::local(format!("{} cannot be opened: {error}", path.display())))?;
        self.talk.success(format_args!("Logging to {}; `tee off` ends it", path.display()));
        Ok(())
    }
}

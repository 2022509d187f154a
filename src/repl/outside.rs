//! What lies outside: the shell's commands, files of lines, the person's own editor.

use std::io::Write;
use std::path::Path;
use std::process::Stdio;

use tokio::io::AsyncWriteExt;
use tokio::process::Command;

use super::line::commands;
use super::script::echo;
use super::shell::{Shell, Stop};
use crate::error::Error;

/// So deep may files of lines name one another.
pub(super) const DEEPEST: usize = 16;

impl Shell<'_> {
    /// `!cmd`.
    pub(super) async fn run_outside(&mut self, command: &str) -> Result<(), Stop> {
        self.flush()?;
        let mut outside = shell(command);
        if self.screen.is_none() {
            // Its stdin may be the script.
            outside.stdin(Stdio::null());
        }
        let ended = outside.status().await;
        judge(command, ended)
    }

    /// `| cmd`: gives it what was printed.
    pub(super) async fn pipe_into(&mut self, command: &str, text: &[u8]) -> Result<(), Stop> {
        self.flush()?;
        let mut child = shell(command).stdin(Stdio::piped()).spawn().map_err(|error| cannot_run(command, &error))?;
        if let Some(mut stdin) = child.stdin.take() {
            // A command may take less than all, as `head` does.
            _ = stdin.write_all(text).await;
        }
        let ended = child.wait().await;
        judge(command, ended)
    }

    /// Shows a text page by page where a person looks and it is longer than the window: by $PAGER, or `less`, which
    /// colours and leaves the screen as it was. Without either there is a simple pager.
    pub(super) async fn page(&mut self, text: &[u8]) -> Result<(), Stop> {
        let pager = (self.variable)("PAGER").filter(|text| !text.trim().is_empty());
        let command = pager.unwrap_or_else(|| "less".to_owned());
        self.flush()?;
        let mut pager = shell(&format!("{command} 2>/dev/null"));
        if (self.variable)("LESS").is_none() {
            // R: colours. K: Ctrl-C leaves, as q does.
            pager.env("LESS", "RK");
        }
        let Ok(mut child) = pager.stdin(Stdio::piped()).spawn() else { return self.page_simply(text).await };
        let reading = async {
            if let Some(mut stdin) = child.stdin.take() {
                // A pager takes what does not fit the pipe when the person gets there, who may leave before the end.
                _ = stdin.write_all(text).await;
            }
            child.wait().await
        };
        let ended = self.meanwhile(reading).await?;
        // 127: the program does not exist.
        if ended.is_ok_and(|status| status.code() == Some(127)) {
            return self.page_simply(text).await;
        }
        Ok(())
    }

    /// Takes what arrives while another program has the screen, and shows none of it until that has ended. Ctrl-C is that
    /// program's.
    async fn meanwhile<T>(&mut self, program: impl Future<Output = T>) -> Result<T, Stop> {
        let mut program = std::pin::pin!(program);
        self.console.hold(true);
        let was_watching = std::mem::replace(&mut self.is_watching, true);
        let ended = loop {
            let occurrence = tokio::select! {
                biased;
                ended = &mut program => break Ok(ended),
                occurrence = self.next() => occurrence,
            };
            match occurrence {
                Ok(occurrence) => self.background(occurrence),
                Err(Stop::Interrupted(2)) => {}
                Err(stop) => break Err(stop),
            }
        };
        self.is_watching = was_watching;
        self.console.hold(false);
        ended
    }

    /// `source`: the lines of a file.
    pub(super) async fn source(&mut self, path: &Path) -> Result<(), Stop> {
        if self.depth >= DEEPEST {
            return Err(
                Error::usage(format!("{} includes itself (directly or through other files)", path.display())).into()
            );
        }
        let text = std::fs::read_to_string(path);
        let text = text.map_err(|error| Error::local(format!("{}: {error}", path.display())))?;
        let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
        self.depth += 1;
        let ended = self.run_all(text, &path.display().to_string()).await;
        self.depth -= 1;
        ended
    }

    async fn run_all(&mut self, text: &str, name: &str) -> Result<(), Stop> {
        for (number, command) in commands(text) {
            self.failed_line = 0;
            match Box::pin(self.run(&command)).await {
                Err(Stop::Failed(error)) => {
                    let number = number + std::mem::take(&mut self.failed_line);
                    return Err(error.with_context(&format!("{name}:{number}")).into());
                }
                other => other?,
            }
        }
        Ok(())
    }

    /// `edit`: what the editor leaves is run.
    pub(super) async fn edit(&mut self) -> Result<(), Stop> {
        if self.screen.is_none() {
            return Err(Error::usage("`edit` needs a terminal").into());
        }
        let set = |name: &str| (self.variable)(name).filter(|text| !text.trim().is_empty());
        let fallback = if cfg!(windows) { "notepad" } else { "vi" };
        let editor = set("VISUAL").or_else(|| set("EDITOR")).unwrap_or_else(|| fallback.to_owned());
        let mut words = editor.split_whitespace();
        let program = words.next().unwrap_or(fallback);
        let draft = std::env::temp_dir().join(format!("mqttx-rs-{:016x}.mqtt", fastrand::u64(..)));
        write_draft(&draft, &self.previous)?;
        let ended = Command::new(program).args(words).arg(&draft).status().await;
        let text = std::fs::read_to_string(&draft);
        _ = std::fs::remove_file(&draft);
        judge(&editor, ended)?;
        let text = text.map_err(|error| Error::local(format!("cannot read the edited text: {error}")))?;
        if text.trim_end() == self.previous.trim_end() {
            // To leave an editor without saving is how to change one's mind.
            self.talk.plain("Nothing was changed, and nothing is run");
            return Ok(());
        }
        for (_, command) in commands(&text) {
            echo(self.talk, &command);
        }
        self.run_all(&text, "edit").await
    }
}

/// A file that only its owner can read: a line may say anything.
fn write_draft(path: &Path, text: &str) -> Result<(), Error> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let written = options.open(path).and_then(|mut file| file.write_all(text.as_bytes()));
    written.map_err(|error| Error::local(format!("{} cannot be written: {error}", path.display())))
}

fn shell(command: &str) -> Command {
    let (program, flag) = if cfg!(windows) { ("cmd", "/C") } else { ("sh", "-c") };
    let mut shell = Command::new(program);
    shell.arg(flag).arg(command).kill_on_drop(true);
    shell
}

fn judge(command: &str, ended: std::io::Result<std::process::ExitStatus>) -> Result<(), Stop> {
    let status = ended.map_err(|error| cannot_run(command, &error))?;
    if status.success() { Ok(()) } else { Err(Error::local(format!("`{command}` ended with {status}")).into()) }
}

fn cannot_run(command: &str, error: &std::io::Error) -> Error {
    Error::local(format!("`{command}` cannot be run: {error}"))
}

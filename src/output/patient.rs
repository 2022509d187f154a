use std::fs::File;
use std::io::{self, Write};

/// The stdout of the process in a form that can be waited for: with `less`, or on a stopped terminal, a write would block
/// the whole thread and with it the keep alive, and the broker would close the connection.
///
/// A pipe or terminal is opened again on Linux, which gives us our own file description: making the inherited one
/// non-blocking would affect the shell and every other program that has it. What cannot be opened again (a
/// socket, a pipe whose reader has gone), and what is never full (a file), is written to as usual.
#[derive(Debug)]
pub struct PatientStdout {
    own: Option<File>,
    inherited: io::Stdout,
}

impl PatientStdout {
    /// Stdout as it is now.
    pub fn open() -> Self {
        Self { own: open_anew(), inherited: io::stdout() }
    }

    /// Waits until there may be room. It is watched only here, as a pipe with a fast reader
    /// would otherwise wake the program each time.
    pub(super) async fn writable(&self) -> io::Result<()> {
        #[cfg(target_os = "linux")]
        if let Some(own) = &self.own {
            // Of pipes it has the name, and the checks that are left out here: it watches a terminal as well.
            tokio::net::unix::pipe::Sender::from_file_unchecked(own.try_clone()?)?.writable().await?;
        }
        Ok(())
    }
}

impl Write for PatientStdout {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match &mut self.own {
            Some(own) => own.write(bytes),
            // Another program may have made it non-blocking: then there is nothing to wait for.
            None => match self.inherited.write_all(bytes) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => Err(io::Error::other(error)),
                written => written.map(|()| bytes.len()),
            },
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match &mut self.own {
            Some(own) => own.flush(),
            None => self.inherited.flush(),
        }
    }
}

#[cfg(target_os = "linux")]
fn open_anew() -> Option<File> {
    use std::io::IsTerminal;
    use std::os::unix::fs::{FileTypeExt, OpenOptionsExt};

    use rustix::fs::OFlags;

    const STDOUT: &str = "/proc/self/fd/1";
    let can_be_full = io::stdout().is_terminal() || std::fs::metadata(STDOUT).ok()?.file_type().is_fifo();
    let flags = (OFlags::NONBLOCK | OFlags::NOCTTY).bits().cast_signed();
    can_be_full.then(|| File::options().write(true).custom_flags(flags).open(STDOUT).ok()).flatten()
}

#[cfg(not(target_os = "linux"))]
fn open_anew() -> Option<File> {
    None
}

//! The terminal's window and its mode.

/// Columns and rows of the window.
pub(super) fn window() -> (usize, usize) {
    #[cfg(unix)]
    if let Ok(size) = rustix::termios::tcgetwinsize(std::io::stdin())
        && size.ws_col > 0
    {
        return (size.ws_col.into(), size.ws_row.into());
    }
    (80, 24)
}

/// The terminal's mode before it was edited on, put back when this is dropped.
pub(super) struct Cooked {
    #[cfg(unix)]
    mode: Option<rustix::termios::Termios>,
}

impl Cooked {
    pub(super) fn remember() -> Self {
        Self {
            #[cfg(unix)]
            mode: rustix::termios::tcgetattr(std::io::stdin()).ok(),
        }
    }
}

impl Cooked {
    pub(super) fn restore(&self) {
        #[cfg(unix)]
        if let Some(mode) = &self.mode {
            // Nothing is left to be done about it.
            _ = rustix::termios::tcsetattr(std::io::stdin(), rustix::termios::OptionalActions::Now, mode);
        }
    }
}

impl Drop for Cooked {
    fn drop(&mut self) {
        self.restore();
    }
}

/// Whether the window was closed: nothing can be asked of its terminal any more.
pub(super) fn is_gone() -> bool {
    #[cfg(unix)]
    return rustix::termios::tcgetattr(std::io::stdin()).is_err();
    #[cfg(not(unix))]
    return false;
}

/// Gives the terminal back the mode in which lines are edited, as rustyline sets it: a shell that stopped this program
/// has taken it away.
#[cfg(unix)]
pub(super) fn make_raw() {
    use rustix::termios::{
        ControlModes, InputModes, LocalModes, OptionalActions, SpecialCodeIndex, tcgetattr, tcsetattr,
    };

    let Ok(mut mode) = tcgetattr(std::io::stdin()) else { return };
    mode.input_modes &=
        !(InputModes::BRKINT | InputModes::ICRNL | InputModes::INPCK | InputModes::ISTRIP | InputModes::IXON);
    mode.control_modes |= ControlModes::CS8;
    mode.local_modes &= !(LocalModes::ECHO | LocalModes::ICANON | LocalModes::IEXTEN | LocalModes::ISIG);
    mode.special_codes[SpecialCodeIndex::VMIN] = 1;
    mode.special_codes[SpecialCodeIndex::VTIME] = 0;
    _ = tcsetattr(std::io::stdin(), OptionalActions::Now, &mode);
}

/// Keeps Ctrl-Z's signal from this thread and those that it starts, until this is dropped.
///
/// The editor's thread gives the terminal back, stops the program, and takes the terminal again. Any thread may take the
/// signal, and if another one did, the terminal would be taken again before the program stops, and be left so to the
/// shell.
#[derive(Debug)]
pub(super) struct NeverStopped {
    #[cfg(unix)]
    signals: nix::sys::signal::SigSet,
}

impl NeverStopped {
    pub(super) fn begin() -> Self {
        Self {
            #[cfg(unix)]
            signals: {
                let signals = ctrl_z();
                _ = signals.thread_block();
                signals
            },
        }
    }
}

impl Drop for NeverStopped {
    fn drop(&mut self) {
        #[cfg(unix)]
        {
            _ = self.signals.thread_unblock();
        }
    }
}

/// Makes this thread the one that Ctrl-Z's signal stops, and all others with it.
pub(super) fn be_stopped() {
    #[cfg(unix)]
    {
        _ = ctrl_z().thread_unblock();
    }
}

#[cfg(unix)]
fn ctrl_z() -> nix::sys::signal::SigSet {
    let mut signals = nix::sys::signal::SigSet::empty();
    signals.add(nix::sys::signal::Signal::SIGTSTP);
    signals
}

/// The program goes on after it was stopped, as by Ctrl-Z and `fg`.
#[derive(Debug)]
pub(super) struct Continued {
    #[cfg(unix)]
    signal: Option<tokio::signal::unix::Signal>,
}

impl Continued {
    pub(super) fn listen() -> Self {
        Self {
            #[cfg(unix)]
            signal: {
                let number = rustix::process::Signal::CONT.as_raw();
                tokio::signal::unix::signal(tokio::signal::unix::SignalKind::from_raw(number)).ok()
            },
        }
    }

    /// The next time. Dropping the future loses nothing.
    pub(super) async fn received(&mut self) {
        #[cfg(unix)]
        if let Some(signal) = &mut self.signal
            && signal.recv().await.is_some()
        {
            return;
        }
        std::future::pending::<()>().await;
    }
}

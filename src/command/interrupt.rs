use crate::error::Error;

/// Signals that ask the program to end: Ctrl-C and SIGTERM.
///
/// From its creation on they no longer end the process by themselves, so that DISCONNECT can be sent and no will
/// is published.
#[derive(Debug)]
pub(crate) struct Interrupt {
    #[cfg(unix)]
    signals: [tokio::signal::unix::Signal; 2],
}

/// Signal numbers as a shell reports them, 128 more.
const SIGINT: u8 = 2;
#[cfg(unix)]
const SIGTERM: u8 = 15;

impl Interrupt {
    /// Begins to listen.
    pub(crate) fn listen() -> Result<Self, Error> {
        #[cfg(unix)]
        {
            use tokio::signal::unix::{SignalKind, signal};

            let failed = |error| Error::local(format!("cannot listen for signals: {error}"));
            let interrupt = signal(SignalKind::interrupt()).map_err(failed)?;
            let terminate = signal(SignalKind::terminate()).map_err(failed)?;
            Ok(Self { signals: [interrupt, terminate] })
        }
        #[cfg(not(unix))]
        Ok(Self {})
    }

    /// The number of the next signal.
    #[cfg(unix)]
    pub(crate) async fn received(&mut self) -> u8 {
        let [interrupt, terminate] = &mut self.signals;
        tokio::select! {
            _ = interrupt.recv() => SIGINT,
            _ = terminate.recv() => SIGTERM,
        }
    }

    /// The number of the next signal.
    #[cfg(not(unix))]
    pub(crate) async fn received(&mut self) -> u8 {
        match tokio::signal::ctrl_c().await {
            Ok(()) => SIGINT,
            // There is no console to send one.
            Err(_) => std::future::pending().await,
        }
    }
}

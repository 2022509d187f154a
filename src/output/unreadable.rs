//! Whether stdout can still be read: with `| head -1`, a program that waits for its next message would otherwise
//! learn that its reader has gone only when it writes that message.

/// Waits until stdout can no longer be read: a pipe whose reader has ended, or a closed socket. Never returns for
/// anything else.
///
/// On Linux the kernel reports it, and nothing else wakes the program; elsewhere it checks once a second.
pub(crate) async fn stdout_unreadable() {
    #[cfg(unix)]
    unix::wait().await;
    #[cfg(not(unix))]
    std::future::pending::<()>().await;
}

#[cfg(unix)]
mod unix {
    use std::io;
    use std::os::fd::{AsFd, OwnedFd};

    use rustix::fs::{FileType, fstat};

    pub(super) async fn wait() {
        let stdout = io::stdout();
        let kind = fstat(&stdout).map(|status| FileType::from_raw_mode(status.st_mode));
        let can_lose_its_reader = kind.is_ok_and(|kind| matches!(kind, FileType::Fifo | FileType::Socket));
        let watched = match stdout.as_fd().try_clone_to_owned() {
            Ok(stdout) if can_lose_its_reader => watch(stdout).await.is_ok(),
            _ => false,
        };
        if !watched {
            std::future::pending::<()>().await;
        }
    }

    #[cfg(any(target_os = "linux", target_os = "android"))]
    async fn watch(stdout: OwnedFd) -> io::Result<()> {
        use tokio::io::Interest;
        use tokio::io::unix::AsyncFd;

        // To be notified of errors, one has to register for something: for reading, as a stream for writing reports nothing of
        // that, while room in a pipe would wake the program whenever its reader reads.
        #[expect(deprecated, reason = "it is sound for a descriptor that it owns, and its heir is `unsafe` for all")]
        let stdout = AsyncFd::with_interest(stdout, Interest::READABLE)?;
        // Waits for POLLERR and POLLHUP, without more: writability is not registered for, and what the other end of a
        // socket sends, or that it sends no more, is not waited for.
        stdout.ready(Interest::WRITABLE | Interest::ERROR).await.map(drop)
    }

    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    async fn watch(stdout: OwnedFd) -> io::Result<()> {
        use rustix::event::{PollFd, PollFlags, Timespec, poll};

        loop {
            let mut polled = [PollFd::new(&stdout, PollFlags::empty())];
            poll(&mut polled, Some(&Timespec { tv_sec: 0, tv_nsec: 0 }))?;
            if polled[0].revents().intersects(PollFlags::ERR | PollFlags::HUP) {
                return Ok(());
            }
            tokio::time::sleep(std::time::Duration::from_secs(1)).await;
        }
    }
}

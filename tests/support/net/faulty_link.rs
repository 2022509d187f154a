//! A link that fails on purpose.

use std::io::ErrorKind;
use std::net::SocketAddr;
use std::time::Duration;

use socket2::SockRef;
use tokio::net::TcpStream;
use tokio::sync::watch;

use super::Served;

/// Stands between a client and a server and does to the bytes what bad networks do.
///
/// It begins as a good link; each method changes what happens from then on, to the connections that are open and to
/// new ones.
#[derive(Debug)]
pub struct FaultyLink {
    served: Served,
    state: watch::Sender<State>,
}

#[derive(Debug, Clone, Copy, Default)]
struct State {
    is_bytewise: bool,
    delay: Duration,
    is_black_hole: bool,
    /// Connections of generations before this one are reset.
    generation: u32,
    is_refusing: bool,
    /// Reset the connection when so many bytes of the client's have passed.
    cut_after: Option<usize>,
}

impl FaultyLink {
    /// A link to a server.
    pub fn to(target: SocketAddr) -> Self {
        let (state, changes) = watch::channel(State::default());
        let served = Served::start(move |client| connection(client, target, changes.clone()));
        Self { served, state }
    }

    /// Where the client connects to.
    pub fn address(&self) -> SocketAddr {
        self.served.address()
    }

    /// The port, as `-p` wants it.
    pub fn port(&self) -> u16 {
        self.address().port()
    }

    /// Every byte goes in a segment of its own.
    pub fn send_bytewise(&self) {
        self.change(|state| state.is_bytewise = true);
    }

    /// Every piece is held back so long.
    pub fn delay(&self, delay: Duration) {
        self.change(|state| state.delay = delay);
    }

    /// Nothing passes any more in either direction, without notice: like a pulled cable.
    pub fn swallow(&self) {
        self.change(|state| state.is_black_hole = true);
    }

    /// A good link again, for what is sent from now on.
    pub fn heal(&self) {
        self.change(|state| *state = State { generation: state.generation, ..State::default() });
    }

    /// Resets all open connections.
    pub fn reset(&self) {
        self.change(|state| state.generation += 1);
    }

    /// Resets all open connections and each new one, until healed.
    pub fn refuse(&self) {
        self.change(|state| {
            state.generation += 1;
            state.is_refusing = true;
        });
    }

    /// Resets each connection once so many bytes of the client's have passed, counted from its beginning.
    pub fn cut_after(&self, bytes: usize) {
        self.change(|state| state.cut_after = Some(bytes));
    }

    fn change(&self, change: impl FnOnce(&mut State)) {
        self.state.send_modify(change);
    }
}

/// The connection is to end by RST.
struct Reset;

async fn connection(client: TcpStream, target: SocketAddr, changes: watch::Receiver<State>) {
    let State { generation, is_refusing, .. } = *changes.borrow();
    let server = if is_refusing { None } else { TcpStream::connect(target).await.ok() };
    let Some(server) = server else { return close_by_reset(&client) };
    server.set_nodelay(true).expect("the socket takes options");
    let mut resets = changes.clone();
    let is_reset = tokio::select! {
        ended = async { tokio::try_join!(upwards(&client, &server, &changes), downwards(&server, &client, &changes)) } => {
            ended.is_err()
        }
        _ = resets.wait_for(|state| state.generation > generation) => true,
    };
    if is_reset {
        close_by_reset(&client);
        close_by_reset(&server);
    }
}

async fn upwards(client: &TcpStream, server: &TcpStream, state: &watch::Receiver<State>) -> Result<(), Reset> {
    let mut passed = 0;
    pass(client, server, state, |state, length| {
        let left = state.cut_after.map_or(length, |limit| limit.saturating_sub(passed).min(length));
        passed += left;
        (left, state.cut_after.is_some_and(|limit| passed >= limit))
    })
    .await
}

async fn downwards(server: &TcpStream, client: &TcpStream, state: &watch::Receiver<State>) -> Result<(), Reset> {
    pass(server, client, state, |_, length| (length, false)).await
}

/// Passes bytes one way until their end. `cut` says how many of the bytes that came go on, and whether the connection
/// is reset behind them.
async fn pass(
    from: &TcpStream,
    to: &TcpStream,
    state: &watch::Receiver<State>,
    mut cut: impl FnMut(&State, usize) -> (usize, bool),
) -> Result<(), Reset> {
    let mut buffer = vec![0; 16 * 1024];
    loop {
        let length = read(from, &mut buffer).await?;
        let state = *state.borrow();
        tokio::time::sleep(state.delay).await;
        if state.is_black_hole && length == 0 {
            // Not even the end passes.
            return std::future::pending().await;
        }
        if state.is_black_hole {
            continue;
        }
        if length == 0 {
            _ = SockRef::from(to).shutdown(std::net::Shutdown::Write);
            return Ok(());
        }
        let (length, is_cut) = cut(&state, length);
        for piece in buffer[..length].chunks(if state.is_bytewise { 1 } else { buffer.len() }) {
            write(to, piece).await?;
            // The peer has its turn, so that it sees the pieces apart.
            tokio::task::yield_now().await;
        }
        if is_cut {
            return Err(Reset);
        }
    }
}

async fn read(stream: &TcpStream, buffer: &mut [u8]) -> Result<usize, Reset> {
    loop {
        stream.readable().await.map_err(|_| Reset)?;
        match stream.try_read(buffer) {
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            read => return read.map_err(|_| Reset),
        }
    }
}

async fn write(stream: &TcpStream, mut bytes: &[u8]) -> Result<(), Reset> {
    while !bytes.is_empty() {
        stream.writable().await.map_err(|_| Reset)?;
        match stream.try_write(bytes) {
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            written => bytes = &bytes[written.map_err(|_| Reset)?..],
        }
    }
    Ok(())
}

fn close_by_reset(stream: &TcpStream) {
    SockRef::from(stream).set_linger(Some(Duration::ZERO)).expect("the socket takes options");
}

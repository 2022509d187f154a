//! Connecting to the first of several addresses that answers (RFC 8305, "happy eyeballs").

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use tokio::net::{TcpSocket, TcpStream};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};

/// The delay before the next attempt starts, as RFC 8305 recommends.
const ATTEMPT_DELAY: Duration = Duration::from_millis(250);

/// An address and why it did not answer.
pub(super) type Attempt = (SocketAddr, io::Error);

/// Starts an attempt at each address in turn, the next when the one before fails or has had its delay, and takes the
/// first stream that opens. `failed` collects the others, so that they survive if the caller stops waiting.
pub(super) async fn connect(
    addresses: &[SocketAddr],
    local: Option<IpAddr>,
    failed: &mut Vec<Attempt>,
) -> Option<(TcpStream, SocketAddr)> {
    if let [address] = *addresses {
        // The usual case, also in a benchmark: no task, no timer.
        return match attempt(address, local).await {
            Ok(stream) => Some((stream, address)),
            Err(error) => {
                failed.push((address, error));
                None
            }
        };
    }
    let mut waiting = addresses.iter().copied();
    let mut running = JoinSet::new();
    let mut next_start = Instant::now();
    loop {
        tokio::select! {
            biased;
            Some(ended) = running.join_next() => match ended {
                Ok((address, Ok(stream))) => return Some((stream, address)),
                Ok((address, Err(error))) => {
                    failed.push((address, error));
                    next_start = Instant::now();
                }
                // An attempt is neither aborted nor can it panic while the set is polled.
                Err(_) => next_start = Instant::now(),
            },
            () = sleep_until(next_start), if waiting.len() > 0 => {
                if let Some(address) = waiting.next() {
                    running.spawn(async move { (address, attempt(address, local).await) });
                    next_start = Instant::now() + ATTEMPT_DELAY;
                }
            }
            else => return None,
        }
    }
}

/// Opens a stream to one address.
pub(super) async fn attempt(address: SocketAddr, local: Option<IpAddr>) -> io::Result<TcpStream> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    if let Some(local) = local {
        bind(&socket, local)?;
    }
    // The driver writes whole batches: waiting for more would only add Nagle's delay to each of them.
    socket.set_nodelay(true)?;
    socket.connect(address).await
}

/// Binds to an address and leaves the port to `connect`, which knows the peer: connections to different brokers can
/// then share a port.
fn bind(socket: &TcpSocket, local: IpAddr) -> io::Result<()> {
    #[cfg(target_os = "linux")]
    {
        use nix::sys::socket::{setsockopt, sockopt::IpBindAddressNoPort};
        // A kernel without this option chooses a port at once.
        let _ = setsockopt(socket, IpBindAddressNoPort, &true);
    }
    socket.bind(SocketAddr::new(local, 0))
}

#[cfg(test)]
pub(super) mod tests {
    use tokio::net::TcpListener;

    use super::*;

    /// A socket that neither accepts nor refuses connections: its queue is full, so that Linux drops incoming ones.
    #[cfg(target_os = "linux")]
    pub(in super::super) async fn black_hole() -> (SocketAddr, Vec<TcpStream>, TcpListener) {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let listener = socket.listen(0).unwrap();
        let address = listener.local_addr().unwrap();
        let queued = vec![TcpStream::connect(address).await.unwrap()];
        (address, queued, listener)
    }

    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn an_address_takes_no_port_before_the_peer_is_known() {
        let socket = TcpSocket::new_v4().unwrap();
        bind(&socket, "127.0.0.1".parse().unwrap()).unwrap();
        assert_eq!(socket.local_addr().unwrap().port(), 0);
    }

    async fn listener() -> (TcpListener, SocketAddr) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        (listener, address)
    }

    async fn closed_port() -> SocketAddr {
        listener().await.1
    }

    #[tokio::test]
    async fn the_next_address_is_tried_when_the_first_refuses() {
        let (_listener, open) = listener().await;
        let closed = closed_port().await;
        let mut failed = Vec::new();
        let (stream, address) = connect(&[closed, open], None, &mut failed).await.unwrap();
        assert_eq!(address, open);
        assert!(stream.nodelay().unwrap());
        assert_eq!(failed[0].0, closed);
        assert_eq!(failed[0].1.kind(), io::ErrorKind::ConnectionRefused);
    }

    #[tokio::test]
    async fn all_refusals_are_kept() {
        let closed = [closed_port().await, closed_port().await];
        let mut failed = Vec::new();
        assert!(connect(&closed, None, &mut failed).await.is_none());
        assert_eq!(failed.iter().map(|attempt| attempt.0).collect::<Vec<_>>(), closed);
    }

    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn an_address_that_says_nothing_costs_one_delay() {
        let (silent, _queued, _hole) = black_hole().await;
        let (_listener, open) = listener().await;
        let begin = Instant::now();
        let mut failed = Vec::new();
        let (_stream, address) = connect(&[silent, open], None, &mut failed).await.unwrap();
        assert_eq!(address, open);
        assert!(begin.elapsed() >= ATTEMPT_DELAY, "the first address had its time");
        assert!(failed.is_empty(), "nothing failed, the race was won");
    }

    #[tokio::test]
    async fn binds_to_the_address_asked_for() {
        let (listener, address) = listener().await;
        let local = "127.0.0.9".parse().unwrap();
        let (_stream, _) = connect(&[address], Some(local), &mut Vec::new()).await.unwrap();
        assert_eq!(listener.accept().await.unwrap().1.ip(), local);
    }
}

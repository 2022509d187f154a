//! Ports of 127.0.0.1 for those who cannot be given a listener: configurations, other programs, and clients that are to
//! find nobody.

use std::collections::BTreeSet;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::Mutex;

use socket2::{Domain, Socket, Type};

/// Below the ports that the system gives to outgoing connections and to listeners on port 0: one of these could be taken
/// between the choice and the use.
const RANGE: std::ops::Range<u16> = 20_000..32_000;

/// A free port for a listener that somebody else opens; the same process gets none twice.
pub fn free_port() -> u16 {
    static CHOSEN: Mutex<BTreeSet<u16>> = Mutex::new(BTreeSet::new());
    loop {
        let port = fastrand::u16(RANGE);
        if CHOSEN.lock().expect("nobody panics with it").insert(port)
            && TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok()
        {
            return port;
        }
    }
}

/// A port on which nobody listens, and nobody else can until it is dropped: connections to it are refused.
#[derive(Debug)]
pub struct Nobody {
    /// Bound, and not listening.
    socket: Socket,
}

impl Nobody {
    pub fn new() -> Self {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None).expect("a socket");
        socket.bind(&SocketAddr::from((Ipv4Addr::LOCALHOST, 0)).into()).expect("a free port on the loopback");
        Self { socket }
    }

    /// The port, as `-p` wants it.
    pub fn port(&self) -> u16 {
        let address = self.socket.local_addr().expect("a bound socket has an address");
        address.as_socket().expect("an address of IPv4").port()
    }
}

//! A broker that does what a test says, packet by packet.

use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::{self, Receiver};
use std::thread::JoinHandle;

use mqttx_rs::mqtt::Version;

use super::wire::{Connect, Packet};
use super::{DEADLINE, Link};

/// Listens on a free port of 127.0.0.1 until it is dropped; each connection becomes a [`Link`] for the test to play.
#[derive(Debug)]
pub struct ScriptedBroker {
    address: SocketAddr,
    /// `None` once dropping.
    accepted: Option<Receiver<TcpStream>>,
    acceptor: Option<JoinHandle<()>>,
}

impl ScriptedBroker {
    /// Starts to listen.
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port on the loopback");
        let address = listener.local_addr().expect("a bound socket has an address");
        let (sender, accepted) = mpsc::channel();
        // A thread, since accept() itself knows no deadline.
        let acceptor = std::thread::spawn(move || {
            while let Ok((stream, _)) = listener.accept() {
                if sender.send(stream).is_err() {
                    return;
                }
            }
        });
        Self { address, accepted: Some(accepted), acceptor: Some(acceptor) }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The port, as `-p` wants it.
    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// The next connection, from before its CONNECT.
    pub fn accept(&self) -> Link {
        let accepted = self.accepted.as_ref().expect("there until dropped");
        match accepted.recv_timeout(DEADLINE) {
            Ok(stream) => Link::new(stream, Version::V5),
            Err(error) => panic!("\n  expected: a connection\n  received: {error} within {DEADLINE:?}"),
        }
    }

    /// The next connection up to and with its answered CONNECT.
    pub fn accept_session(&self, connack: impl Into<Packet>) -> (Link, Connect) {
        let mut link = self.accept();
        let connect = link.expect_connect();
        link.send(connack);
        (link, connect)
    }
}

impl Drop for ScriptedBroker {
    fn drop(&mut self) {
        self.accepted = None;
        // One more connection, so that the thread wakes and finds that no one is listening.
        if TcpStream::connect(self.address).is_ok()
            && let Some(acceptor) = self.acceptor.take()
        {
            _ = acceptor.join();
        }
    }
}

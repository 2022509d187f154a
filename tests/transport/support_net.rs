//! The tests' own bad link does what it says.

use std::io::{ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};

use crate::support::DEADLINE;
use crate::support::net::FaultyLink;

/// A connection through a link: the link, its two ends, and the server that stays.
fn connected() -> (FaultyLink, TcpStream, TcpStream, TcpListener) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let link = FaultyLink::to(listener.local_addr().unwrap());
    let near = TcpStream::connect(link.address()).unwrap();
    let far = listener.accept().unwrap().0;
    for end in [&near, &far] {
        end.set_read_timeout(Some(DEADLINE)).unwrap();
    }
    (link, near, far, listener)
}

fn read(end: &mut TcpStream, length: usize) -> Vec<u8> {
    let mut bytes = vec![0; length];
    end.read_exact(&mut bytes).unwrap();
    bytes
}

#[test]
fn a_good_link_passes_bytes_both_ways_and_the_end() {
    let (_link, mut near, mut far, _listener) = connected();
    near.write_all(b"up").unwrap();
    assert_eq!(read(&mut far, 2), b"up");
    far.write_all(b"down").unwrap();
    assert_eq!(read(&mut near, 4), b"down");
    near.shutdown(std::net::Shutdown::Write).unwrap();
    assert_eq!(far.read(&mut [0; 1]).unwrap(), 0);
}

#[test]
fn what_is_swallowed_is_gone_and_nobody_is_told() {
    let (link, mut near, mut far, _listener) = connected();
    link.swallow();
    near.write_all(b"lost").unwrap();
    near.shutdown(std::net::Shutdown::Write).unwrap();
    far.set_read_timeout(Some(std::time::Duration::from_millis(50))).unwrap();
    assert_eq!(far.read(&mut [0; 4]).unwrap_err().kind(), ErrorKind::WouldBlock);
}

#[test]
fn a_reset_reaches_both_ends_and_spares_later_connections() {
    let (link, mut near, mut far, listener) = connected();
    link.reset();
    for end in [&mut near, &mut far] {
        assert_eq!(end.read(&mut [0; 1]).unwrap_err().kind(), ErrorKind::ConnectionReset);
    }
    let mut near = TcpStream::connect(link.address()).unwrap();
    near.write_all(b"again").unwrap();
    assert_eq!(read(&mut listener.accept().unwrap().0, 5), b"again");
}

#[test]
fn a_cut_comes_after_exactly_so_many_bytes() {
    let (link, mut near, mut far, _listener) = connected();
    link.cut_after(3);
    near.write_all(b"abcdef").unwrap();
    let mut received = Vec::new();
    assert_eq!(far.read_to_end(&mut received).unwrap_err().kind(), ErrorKind::ConnectionReset);
    assert!(b"abc".starts_with(&received), "{received:?}");
}

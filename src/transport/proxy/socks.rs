//! SOCKS 5: RFC 1928, with user name and password by RFC 1929.
//!
//! Written by hand, as it is three short exchanges: the libraries for it bring their own error type and stream, and
//! report less about the answer of the proxy.

use std::io;
use std::net::IpAddr;

use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::transport::{ProxyCause, Spoken, Stream};

const VERSION: u8 = 5;
const NO_AUTHENTICATION: u8 = 0;
const USER_AND_PASSWORD: u8 = 2;
const NONE_ACCEPTABLE: u8 = 0xFF;

/// The target that the proxy is to connect to.
pub(super) enum Target<'a> {
    Address(IpAddr),
    /// A name that the proxy resolves.
    Name(&'a str),
}

/// Asks for a connection to the target; afterwards the stream is that connection.
pub(super) async fn connect(
    stream: &mut Stream,
    credentials: Option<&(String, String)>,
    target: Target<'_>,
    port: u16,
) -> Result<(), ProxyCause> {
    authenticate(stream, credentials).await?;

    let mut request = vec![VERSION, 1, 0];
    match target {
        Target::Address(IpAddr::V4(address)) => {
            request.push(1);
            request.extend(address.octets());
        }
        Target::Address(IpAddr::V6(address)) => {
            request.push(4);
            request.extend(address.octets());
        }
        Target::Name(name) => {
            request.push(3);
            push_text(&mut request, name).ok_or(ProxyCause::NameTooLong)?;
        }
    }
    request.extend(port.to_be_bytes());
    send(stream, &request).await?;

    let [version, reply, _, kind] = receive(stream).await?;
    if version != VERSION {
        return Err(ProxyCause::NotAProxy(Spoken::Unknown));
    }
    if reply != 0 {
        return Err(ProxyCause::Socks(reply));
    }
    // The address that the proxy connects from, which is not needed here.
    let length = match kind {
        1 => 4,
        4 => 16,
        3 => {
            let [length] = receive(stream).await?;
            usize::from(length)
        }
        _ => return Err(ProxyCause::NotAProxy(Spoken::Unknown)),
    };
    let mut address_and_port = vec![0; length + 2];
    stream.read_exact(&mut address_and_port).await?;
    Ok(())
}

async fn authenticate(stream: &mut Stream, credentials: Option<&(String, String)>) -> Result<(), ProxyCause> {
    let greeting: &[u8] = match credentials {
        None => &[VERSION, 1, NO_AUTHENTICATION],
        Some(_) => &[VERSION, 2, NO_AUTHENTICATION, USER_AND_PASSWORD],
    };
    send(stream, greeting).await?;
    let first = receive::<2>(stream).await?;
    match (first, credentials) {
        ([VERSION, NO_AUTHENTICATION], _) => Ok(()),
        ([VERSION, USER_AND_PASSWORD], Some((user, password))) => {
            let mut request = vec![1];
            push_text(&mut request, user).ok_or(ProxyCause::CredentialsTooLong)?;
            push_text(&mut request, password).ok_or(ProxyCause::CredentialsTooLong)?;
            send(stream, &request).await?;
            match receive(stream).await? {
                [_, 0] => Ok(()),
                [_, _] => Err(ProxyCause::CredentialsRefused),
            }
        }
        ([VERSION, NONE_ACCEPTABLE], None) => Err(ProxyCause::CredentialsRequired),
        ([VERSION, _], _) => Err(ProxyCause::NoCommonAuthentication),
        // `HT`, and no more has been read.
        ([b'H', b'T'], _) => Err(ProxyCause::NotAProxy(Spoken::Http)),
        _ => Err(ProxyCause::NotAProxy(Spoken::recognise(&first))),
    }
}

/// Appends a text after its length; `None` when it has more than 255 bytes.
fn push_text(request: &mut Vec<u8>, text: &str) -> Option<()> {
    request.push(u8::try_from(text.len()).ok()?);
    request.extend(text.as_bytes());
    Some(())
}

async fn send(stream: &mut Stream, bytes: &[u8]) -> io::Result<()> {
    stream.write_all(bytes).await?;
    stream.flush().await
}

async fn receive<const LENGTH: usize>(stream: &mut Stream) -> io::Result<[u8; LENGTH]> {
    let mut bytes = [0; LENGTH];
    stream.read_exact(&mut bytes).await?;
    Ok(bytes)
}

//! SOCKS 5 and HTTP CONNECT proxies.

use std::collections::HashMap;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::mpsc::{self, Receiver};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::{Inside, Served};
use crate::support::DEADLINE;

/// What a proxy is to do.
#[derive(Debug, Clone, Default)]
pub struct Rules {
    credentials: Option<(String, String)>,
    names: HashMap<String, SocketAddr>,
    refusal: Option<u16>,
}

/// A proxy that keeps what it was asked for.
#[derive(Debug)]
struct Proxy {
    served: Served,
    targets: Receiver<String>,
}

/// A SOCKS 5 proxy.
#[derive(Debug)]
pub struct SocksProxy(Proxy);

/// An HTTP proxy that knows CONNECT.
#[derive(Debug)]
pub struct HttpProxy(Proxy);

impl Rules {
    /// Only for those who say this user name and password.
    pub fn credentials(mut self, user: &str, password: &str) -> Self {
        self.credentials = Some((user.to_owned(), password.to_owned()));
        self
    }

    /// Knows a name that no other name server does.
    pub fn name(mut self, name: &str, address: SocketAddr) -> Self {
        self.names.insert(name.to_owned(), address);
        self
    }

    /// Refuses every target, with a SOCKS reply or an HTTP status.
    pub fn refuse(mut self, with: u16) -> Self {
        self.refusal = Some(with);
        self
    }

    /// The address of a target, by the names known, or itself.
    fn look_up(&self, host: &str, port: u16) -> Option<SocketAddr> {
        self.names.get(host).copied().or_else(|| Some(SocketAddr::new(host.parse().ok()?, port)))
    }
}

macro_rules! common {
    ($type:ident, $serve:ident) => {
        impl $type {
            /// Starts to listen.
            pub fn start(rules: Rules) -> Self {
                let (sender, targets) = mpsc::channel();
                let served = Served::start(move |client| {
                    let (rules, sender) = (rules.clone(), sender.clone());
                    async move { _ = $serve(client, &rules, &sender).await }
                });
                Self(Proxy { served, targets })
            }

            /// Where it listens.
            pub fn address(&self) -> SocketAddr {
                self.0.served.address()
            }

            /// The next target that it was asked for, as it was written.
            pub fn target(&self) -> String {
                self.0.targets.recv_timeout(DEADLINE).expect("a request")
            }

            /// Whether it was never asked.
            pub fn is_unasked(&self) -> bool {
                self.0.targets.try_recv().is_err()
            }
        }
    };
}
common!(SocksProxy, serve_socks);
common!(HttpProxy, serve_http);

async fn serve_socks(mut client: TcpStream, rules: &Rules, targets: &mpsc::Sender<String>) -> std::io::Result<()> {
    let mut head = [0; 2];
    client.read_exact(&mut head).await?;
    assert_eq!(head[0], 5, "the version");
    let mut methods = vec![0; usize::from(head[1])];
    client.read_exact(&mut methods).await?;
    match &rules.credentials {
        None if methods.contains(&0) => client.write_all(&[5, 0]).await?,
        Some((user, password)) if methods.contains(&2) => {
            client.write_all(&[5, 2]).await?;
            assert_eq!(client.read_u8().await?, 1, "the version of the authentication");
            let is_right = read_text(&mut client).await? == *user && read_text(&mut client).await? == *password;
            client.write_all(&[1, u8::from(!is_right)]).await?;
            if !is_right {
                return Ok(());
            }
        }
        _ => return client.write_all(&[5, 0xFF]).await,
    }
    let mut request = [0; 4];
    client.read_exact(&mut request).await?;
    assert_eq!(request[..3], [5, 1, 0], "CONNECT");
    let host = match request[3] {
        1 => Ipv4Addr::from_bits(client.read_u32().await?).to_string(),
        4 => Ipv6Addr::from_bits(client.read_u128().await?).to_string(),
        3 => read_text(&mut client).await?,
        kind => panic!("address type {kind}"),
    };
    let port = client.read_u16().await?;
    let kind = if request[3] == 3 { "name" } else { "address" };
    _ = targets.send(format!("{kind} {host}:{port}"));
    let target = match (rules.refusal, rules.look_up(&host, port)) {
        (None, Some(target)) => target,
        (refusal, _) => {
            const HOST_UNREACHABLE: u16 = 4;
            let reply = u8::try_from(refusal.unwrap_or(HOST_UNREACHABLE)).expect("a reply of SOCKS");
            return client.write_all(&[5, reply, 0, 1, 0, 0, 0, 0, 0, 0]).await;
        }
    };
    // The address bound, as a name, which a client has to skip as well.
    client.write_all(b"\x05\x00\x00\x03\x05proxy\x04\x38").await?;
    Inside::Forward(target).run(client).await;
    Ok(())
}

async fn read_text(client: &mut TcpStream) -> std::io::Result<String> {
    let mut text = vec![0; usize::from(client.read_u8().await?)];
    client.read_exact(&mut text).await?;
    Ok(String::from_utf8_lossy(&text).into_owned())
}

async fn serve_http(mut client: TcpStream, rules: &Rules, targets: &mpsc::Sender<String>) -> std::io::Result<()> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        if client.read_buf(&mut head).await? == 0 {
            return Ok(());
        }
    }
    let head = String::from_utf8_lossy(&head).into_owned();
    let target = head.strip_prefix("CONNECT ").and_then(|rest| rest.split_once(" HTTP/1.1\r\n")).expect("CONNECT").0;
    assert!(head.contains(&format!("\r\nHost: {target}\r\n")), "{head}");
    if let Some((user, password)) = &rules.credentials {
        let encoded = data_encoding::BASE64.encode(format!("{user}:{password}").as_bytes());
        if !head.contains(&format!("\r\nProxy-Authorization: Basic {encoded}\r\n")) {
            return client.write_all(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n").await;
        }
    }
    _ = targets.send(target.to_owned());
    if let Some(status) = rules.refusal {
        let refusal = format!("HTTP/1.1 {status} No Way\r\nContent-Length: 18\r\n\r\n");
        client.write_all(refusal.as_bytes()).await?;
        return client.write_all(b"<p>Not from here\r\n").await;
    }
    let (host, port) = target.rsplit_once(':').expect("host:port");
    let host = host.trim_start_matches('[').trim_end_matches(']');
    match rules.look_up(host, port.parse().expect("a port")) {
        Some(address) => {
            client.write_all(b"HTTP/1.1 200 Connection established\r\nX-Via: test\r\n\r\n").await?;
            Inside::Forward(address).run(client).await;
            Ok(())
        }
        None => client.write_all(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n").await,
    }
}

//! QUIC, against a server of the test's own. `cargo test --features quic --test transport quic`.

use std::net::SocketAddr;
use std::sync::Arc;

use crate::support::net::{Authority, soon};
use mqttx_rs::transport::{
    DialCause, DialStep, Dialer, Endpoint, Protocol, Proxy, ProxyCause, Tls, TlsCause, TlsOptions,
};
use quinn::crypto::rustls::QuicServerConfig;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

/// Echoes on the first stream of each connection.
fn echoing(authority: &Authority, alpn: &str) -> (quinn::Endpoint, SocketAddr) {
    let mut config = authority.server(&["localhost"]);
    config.alpn_protocols = vec![alpn.as_bytes().to_vec()];
    let config = quinn::ServerConfig::with_crypto(Arc::new(QuicServerConfig::try_from(config).unwrap()));
    let server = quinn::Endpoint::server(config, "127.0.0.1:0".parse().unwrap()).unwrap();
    let accepting = server.clone();
    tokio::spawn(async move {
        while let Some(incoming) = accepting.accept().await {
            tokio::spawn(async move {
                let Ok(connection) = incoming.await else { return };
                let Ok((mut send, mut receive)) = connection.accept_bi().await else { return };
                _ = tokio::io::copy(&mut receive, &mut send).await;
                _ = send.finish();
                connection.closed().await;
            });
        }
    });
    let address = server.local_addr().unwrap();
    (server, address)
}

fn trusting(authority: &Authority) -> Dialer {
    let options = TlsOptions { ca: Some(authority.ca()), ..TlsOptions::default() };
    Dialer { tls: Tls::new(&options).unwrap(), ..Dialer::default() }
}

fn to(address: SocketAddr) -> Endpoint {
    Endpoint::new(Protocol::Quic, "localhost", address.port())
}

fn ipv4(dialer: Dialer) -> Dialer {
    Dialer { family: mqttx_rs::transport::AddressFamily::Ipv4, ..dialer }
}

#[tokio::test]
async fn bytes_pass_both_ways_and_the_end_is_seen() {
    let authority = Authority::new();
    let (_server, address) = echoing(&authority, "mqtt");
    let dialed = ipv4(trusting(&authority)).dial(&to(address)).await.unwrap();
    assert!(dialed.timings.connect.is_some());
    let (mut reader, mut writer) = tokio::io::split(dialed.stream);
    let bytes: Vec<u8> = (0..2_000_000_u32).map(|at| (at % 251) as u8).collect();
    let write = async {
        writer.write_all(&bytes).await.unwrap();
        writer.shutdown().await.unwrap();
    };
    let mut received = Vec::new();
    let ((), read) = soon(async { tokio::join!(write, reader.read_to_end(&mut received)) }).await;
    read.unwrap();
    assert!(received == bytes, "what came back is not what was sent");
}

#[tokio::test]
async fn an_unknown_authority_and_another_protocol_are_refused() {
    let authority = Authority::new();
    let (_server, address) = echoing(&authority, "mqtt");
    let error = ipv4(trusting(&Authority::new())).dial(&to(address)).await.unwrap_err();
    assert_eq!((error.step, error.cause), (DialStep::Quic, DialCause::Tls(TlsCause::UnknownIssuer)));
    let (_server, address) = echoing(&authority, "h3");
    let error = ipv4(trusting(&authority)).dial(&to(address)).await.unwrap_err();
    assert_eq!(error.step, DialStep::Quic);
}

#[tokio::test]
async fn a_broker_that_closes_has_closed() {
    let authority = Authority::new();
    let (server, address) = echoing(&authority, "mqtt");
    let mut stream = ipv4(trusting(&authority)).dial(&to(address)).await.unwrap().stream;
    stream.write_all(b"hello").await.unwrap();
    let mut received = [0; 5];
    soon(stream.read_exact(&mut received)).await.unwrap();
    server.close(0_u32.into(), b"bye");
    assert_eq!(soon(stream.read(&mut received)).await.unwrap(), 0);
}

#[tokio::test]
async fn a_proxy_carries_no_quic() {
    let proxy = Some(Proxy::parse("socks5h://127.0.0.1:1").unwrap());
    let error = Dialer { proxy, ..Dialer::default() }.dial(&to("127.0.0.1:1".parse().unwrap())).await.unwrap_err();
    assert_eq!(error.cause, DialCause::Proxy(ProxyCause::NoUdp));
}

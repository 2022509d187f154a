//! Proxies: SOCKS 5 and HTTP CONNECT.

use std::net::SocketAddr;

use crate::support::net::{
    Authority, HttpProxy, HttpServer, Inside, Rules, Served, SocksProxy, TlsServer, WebSocketServer, assert_echoes,
};
use mqttx_rs::transport::{
    DialCause, DialError, DialStep, Dialed, Dialer, Endpoint, NoProxy, Protocol, Proxy, ProxyCause, Spoken, Tls,
    TlsOptions,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

fn echo() -> Served {
    Served::start(|stream| Inside::Echo.run(stream))
}

fn through(scheme: &str, proxy: SocketAddr) -> Dialer {
    Dialer { proxy: Some(Proxy::parse(&format!("{scheme}://{proxy}")).unwrap()), ..Dialer::default() }
}

fn to(server: SocketAddr) -> Endpoint {
    Endpoint::tcp(server.ip().to_string(), server.port())
}

fn proxy_cause(opened: Result<Dialed, DialError>) -> ProxyCause {
    let error = opened.unwrap_err();
    assert_eq!(error.step, DialStep::Proxy);
    match error.cause {
        DialCause::Proxy(cause) => cause,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_broker_is_reached_through_socks() {
    let (server, proxy) = (echo(), SocksProxy::start(Rules::default()));
    let mut opened = through("socks5", proxy.address()).dial(&to(server.address())).await.unwrap();
    assert_eq!(proxy.target(), format!("address {}", server.address()));
    assert_eq!(opened.peer, Some(proxy.address()));
    assert!(opened.timings.proxy.is_some());
    assert_echoes(&mut opened.stream, b"hello").await;
}

#[tokio::test]
async fn a_broker_is_reached_through_http() {
    let (server, proxy) = (echo(), HttpProxy::start(Rules::default()));
    let mut opened = through("http", proxy.address()).dial(&to(server.address())).await.unwrap();
    assert_eq!(proxy.target(), server.address().to_string());
    assert_echoes(&mut opened.stream, b"hello").await;
}

#[tokio::test]
async fn socks5h_and_http_leave_the_name_to_the_proxy() {
    let server = echo();
    let rules = Rules::default().name("broker.invalid", server.address());
    let (socks, http) = (SocksProxy::start(rules.clone()), HttpProxy::start(rules));
    let endpoint = Endpoint::tcp("broker.invalid", 1883);
    let mut opened = through("socks5h", socks.address()).dial(&endpoint).await.unwrap();
    assert_eq!(socks.target(), "name broker.invalid:1883");
    assert_echoes(&mut opened.stream, b"hello").await;
    let mut opened = through("http", http.address()).dial(&endpoint).await.unwrap();
    assert_eq!(http.target(), "broker.invalid:1883");
    assert_echoes(&mut opened.stream, b"hello").await;
}

#[tokio::test]
async fn socks5_looks_the_name_up_here() {
    let proxy = SocksProxy::start(Rules::default());
    let dialer = through("socks5", proxy.address());
    let server = echo();
    dialer.dial(&Endpoint::tcp("localhost", server.address().port())).await.unwrap();
    assert!(proxy.target().starts_with("address "));
    let cause = proxy_cause(dialer.dial(&Endpoint::tcp("no..invalid", 1883)).await);
    assert!(matches!(cause, ProxyCause::LookUp(_)), "{cause:?}");
}

#[tokio::test]
async fn an_ipv6_address_is_asked_for_as_such() {
    let server = echo();
    let target: SocketAddr = "[2001:db8::7]:1883".parse().unwrap();
    let rules = Rules::default().name("2001:db8::7", server.address());
    let (socks, http) = (SocksProxy::start(rules.clone()), HttpProxy::start(rules));
    through("socks5h", socks.address()).dial(&to(target)).await.unwrap();
    assert_eq!(socks.target(), "address 2001:db8::7:1883");
    through("http", http.address()).dial(&to(target)).await.unwrap();
    assert_eq!(http.target(), "[2001:db8::7]:1883");
}

#[tokio::test]
async fn user_name_and_password_are_shown_to_a_proxy_that_asks() {
    let server = echo();
    let rules = Rules::default().credentials("us:er", "pässword");
    let (socks, http) = (SocksProxy::start(rules.clone()), HttpProxy::start(rules));
    for (scheme, address) in [("socks5", socks.address()), ("http", http.address())] {
        let url = format!("{scheme}://us%3Aer:p%C3%A4ssword@{address}");
        // HTTP's user name ends at the first colon.
        if scheme == "socks5" {
            let dialer = Dialer { proxy: Some(Proxy::parse(&url).unwrap()), ..Dialer::default() };
            dialer.dial(&to(server.address())).await.unwrap();
        }
        let none = through(scheme, address);
        let cause = proxy_cause(none.dial(&to(server.address())).await);
        assert_eq!(cause, ProxyCause::CredentialsRequired, "{scheme}");
        let wrong = Proxy::parse(&format!("{scheme}://user:guess@{address}")).unwrap();
        let cause = proxy_cause(Dialer { proxy: Some(wrong), ..none }.dial(&to(server.address())).await);
        assert_eq!(cause, ProxyCause::CredentialsRefused, "{scheme}");
    }
}

#[tokio::test]
async fn what_a_proxy_answers_is_said() {
    let server = echo();
    let socks = SocksProxy::start(Rules::default().refuse(2));
    let error = through("socks5h", socks.address()).dial(&to(server.address())).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        format!(
            "cannot connect to {} through the proxy {}: it answered `not allowed by its rules` (reply 2)",
            server.address(),
            socks.address()
        )
    );
    let http = HttpProxy::start(Rules::default().refuse(403));
    let cause = proxy_cause(through("http", http.address()).dial(&to(server.address())).await);
    assert_eq!(cause.to_string(), "it answered HTTP 403 No Way: Not from here");
}

#[tokio::test]
async fn what_is_no_such_proxy_is_told() {
    let endpoint = Endpoint::tcp("127.0.0.1", 1);
    let socks = SocksProxy::start(Rules::default());
    let speaking_socks = Served::start(|mut stream| async move {
        _ = stream.read(&mut [0; 64]).await;
        _ = stream.write_all(&[5, 0xFF]).await;
    });
    let cause = proxy_cause(through("http", speaking_socks.address()).dial(&endpoint).await);
    assert_eq!(cause, ProxyCause::NotAProxy(Spoken::Socks));
    drop(socks);
    let cut_off = HttpServer::answering(&["HTTP/1.1 200 Conn"]);
    assert_eq!(proxy_cause(through("http", cut_off.address()).dial(&endpoint).await), ProxyCause::Closed);
    let unreadable = HttpServer::answering(&["HTTP/1.1 200 Yes\r\nno header\r\n\r\n"]);
    let cause = proxy_cause(through("http", unreadable.address()).dial(&endpoint).await);
    assert_eq!(cause.to_string(), "its HTTP response cannot be read: it is not valid HTTP");
    let web = Served::start(|mut stream| async move {
        _ = stream.read(&mut [0; 64]).await;
        _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await;
    });
    let cause = proxy_cause(through("socks5", web.address()).dial(&endpoint).await);
    assert_eq!(cause, ProxyCause::NotAProxy(Spoken::Http));
    let silent = Served::start(|mut stream| async move {
        _ = stream.read(&mut [0; 64]).await;
    });
    for scheme in ["socks5", "http"] {
        let cause = proxy_cause(through(scheme, silent.address()).dial(&endpoint).await);
        assert_eq!(cause, ProxyCause::Closed, "{scheme}");
    }
}

#[tokio::test]
async fn a_proxy_that_cannot_be_reached_is_named() {
    let gone = echo().address();
    let error = through("socks5h", gone).dial(&Endpoint::tcp("broker.example", 1883)).await.unwrap_err();
    assert_eq!(error.to_string(), format!("cannot connect to the proxy {gone}: connection refused"));
}

#[tokio::test]
async fn hosts_of_no_proxy_are_connected_to_directly() {
    let (server, proxy) = (echo(), SocksProxy::start(Rules::default()));
    let aside = Proxy::parse(&format!("socks5h://{}", proxy.address())).unwrap();
    let aside = aside.with_bypass(NoProxy::parse("localhost,127.0.0.0/8"));
    let dialer = Dialer { proxy: Some(aside), ..Dialer::default() };
    let opened = dialer.dial(&to(server.address())).await.unwrap();
    assert_eq!((opened.peer, opened.timings.proxy), (Some(server.address()), None));
    assert!(proxy.is_unasked());
}

#[tokio::test]
async fn a_proxy_is_looked_up_once_for_many_dials() {
    let (server, proxy) = (echo(), SocksProxy::start(Rules::default()));
    let dialer = through("socks5h", proxy.address());
    let endpoint = to(server.address());
    let resolved = dialer.resolve(&endpoint).await.unwrap();
    for _ in 0..2 {
        let mut opened = dialer.dial_resolved(&endpoint, &resolved).await.unwrap();
        assert_echoes(&mut opened.stream, b"hello").await;
    }
}

#[tokio::test]
async fn tls_and_websocket_go_through_a_proxy() {
    let authority = Authority::new();
    let websocket = WebSocketServer::echoing(1024);
    let tls = TlsServer::before(websocket.address(), authority.server(&["broker.invalid"]));
    let rules = Rules::default().name("broker.invalid", tls.address());
    let (socks, http) = (SocksProxy::start(rules.clone()), HttpProxy::start(rules));
    let options = TlsOptions { ca: Some(authority.ca()), ..TlsOptions::default() };
    for (scheme, address) in [("socks5h", socks.address()), ("http", http.address())] {
        let dialer = Dialer { tls: Tls::new(&options).unwrap(), ..through(scheme, address) };
        let endpoint = Endpoint::new(Protocol::Wss, "broker.invalid", 8084);
        let mut opened = dialer.dial(&endpoint).await.unwrap();
        let timings = opened.timings;
        assert!(
            [timings.resolve, timings.connect, timings.proxy, timings.tls, timings.websocket]
                .iter()
                .all(Option::is_some)
        );
        assert_echoes(&mut opened.stream, b"hello").await;
        assert_eq!(websocket.request().headers["host"], "broker.invalid:8084");
    }
}

#[test]
fn a_proxys_url_is_read_as_curl_reads_it() {
    let parse = |text: &str| Proxy::parse(text).unwrap();
    let proxy = parse("socks5h://us%20er:p%40ss@proxy.example");
    assert_eq!((proxy.host.as_str(), proxy.port), ("proxy.example", 1080));
    assert_eq!(proxy.credentials, Some(("us er".into(), "p@ss".into())));
    assert_eq!(parse("proxy.example:3128"), parse("http://proxy.example:3128/"));
    assert_eq!(parse("http://[::1]:3128").host, "::1");
    assert!(!format!("{:?}", parse("http://user:hunter2@h")).contains("hunter2"));
    for text in ["", "https://h", "socks4://h", "http://h/path", "http://h:port", "socks5://"] {
        assert!(Proxy::parse(text).is_err(), "{text}");
    }
}

#[tokio::test]
async fn a_web_server_is_no_tunnel() {
    let web = HttpServer::answering(&["HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"]);
    let cause = proxy_cause(through("http", web.address()).dial(&Endpoint::tcp("h", 1)).await);
    assert_eq!(cause, ProxyCause::NotATunnel);
}

//! WebSocket, against a server of the test's own and against mosquitto.

use std::time::Duration;

use crate::support::net::websocket_server::accept_key;
use crate::support::net::{Authority, FaultyLink, HttpServer, Served, TlsServer, WebSocketServer, assert_echoes, soon};
use crate::support::wire::{self, Packet};
use crate::support::{Mosquitto, free_port};
use mqttx_rs::mqtt::Version;
use mqttx_rs::transport::{
    DialCause, DialError, DialStep, Dialed, Dialer, Endpoint, Protocol, Spoken, Stream, Tls, TlsOptions,
    WebSocketCause, WebSocketOptions,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::mpsc;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::protocol::frame::Frame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::{CloseCode, Data, OpCode};

async fn dial(port: u16) -> Result<Dialed, DialError> {
    Dialer::default().dial(&Endpoint::new(Protocol::Ws, "127.0.0.1", port)).await
}

async fn open(port: u16) -> Stream {
    dial(port).await.unwrap().stream
}

/// Why there was no WebSocket; that it was WebSocket which failed is asserted.
fn websocket_cause(dialed: Result<Dialed, DialError>) -> WebSocketCause {
    let error = dialed.unwrap_err();
    assert_eq!(error.step, DialStep::WebSocket);
    match error.cause {
        DialCause::WebSocket(cause) => cause,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn bytes_go_in_binary_frames_behind_a_handshake_for_mqtt() {
    let server = WebSocketServer::echoing(1024);
    let mut dialed = dial(server.port()).await.unwrap();
    assert!(dialed.timings.websocket.is_some());
    let request = server.request();
    assert_eq!(request.path, "/mqtt");
    assert_eq!(request.headers["host"], server.address().to_string());
    assert_eq!(request.headers["sec-websocket-protocol"], "mqtt");
    assert_echoes(&mut dialed.stream, b"hello").await;
}

#[tokio::test]
async fn a_path_and_headers_are_sent() {
    let server = WebSocketServer::echoing(1024);
    let headers = vec![("Authorization".into(), "Bearer a=b: c".into()), ("Host".into(), "front.example".into())];
    let websocket = WebSocketOptions::new("/a b?token=x", headers).unwrap();
    let endpoint = Endpoint::new(Protocol::Ws, "127.0.0.1", server.port());
    Dialer { websocket, ..Dialer::default() }.dial(&endpoint).await.unwrap();
    let request = server.request();
    assert_eq!(request.path, "/a%20b?token=x");
    assert_eq!(request.headers["authorization"], "Bearer a=b: c");
    assert_eq!(request.headers["host"], "front.example");
}

#[tokio::test]
async fn websocket_runs_over_tls() {
    let authority = Authority::new();
    let server = WebSocketServer::echoing(1024);
    let tls = TlsServer::before(server.address(), authority.server(&["localhost"]));
    let options = TlsOptions { ca: Some(authority.ca()), ..TlsOptions::default() };
    let dialer = Dialer { tls: Tls::new(&options).unwrap(), ..Dialer::default() };
    let mut stream = dialer.dial(&Endpoint::new(Protocol::Wss, "localhost", tls.port())).await.unwrap().stream;
    let bytes: Vec<u8> = (0..1_000_000_u32).map(|at| (at % 251) as u8).collect();
    assert_echoes(&mut stream, &bytes).await;
}

#[tokio::test]
async fn ten_megabytes_pass_both_ways_at_once() {
    for largest in [1000, 100_000_000] {
        let server = WebSocketServer::echoing(largest);
        let bytes: Vec<u8> = (0..10_000_000_u32).map(|at| (at % 251) as u8).collect();
        assert_echoes(&mut open(server.port()).await, &bytes).await;
    }
}

#[tokio::test]
async fn ten_megabytes_may_come_in_one_message() {
    let server = WebSocketServer::start(|mut socket| async move {
        socket.send(Message::binary(vec![7; 10_000_000])).await;
        socket.receive().await;
    });
    let mut received = vec![0; 10_000_000];
    soon(open(server.port()).await.read_exact(&mut received)).await.unwrap();
    assert!(received.iter().all(|byte| *byte == 7));
}

#[tokio::test]
async fn messages_in_fragments_with_pings_between_are_put_together() {
    let (pongs, mut ponged) = mpsc::unbounded_channel();
    let server = WebSocketServer::start(move |mut socket| {
        let pongs = pongs.clone();
        async move {
            let fragment = |bytes: &'static [u8], kind, is_last| {
                Message::Frame(Frame::message(bytes, OpCode::Data(kind), is_last))
            };
            socket.send(fragment(b"he", Data::Binary, false)).await;
            socket.send(Message::Ping(b"are you there".as_slice().into())).await;
            socket.send(fragment(b"", Data::Continue, false)).await;
            socket.send(fragment(b"llo", Data::Continue, true)).await;
            socket.send(Message::binary(b"".as_slice())).await;
            socket.send(Message::binary(b"!".as_slice())).await;
            while let Some(message) = socket.receive().await {
                if let Message::Pong(payload) = message {
                    _ = pongs.send(payload);
                }
            }
        }
    });
    let mut stream = open(server.port()).await;
    let mut received = [0; 6];
    soon(stream.read_exact(&mut received)).await.unwrap();
    assert_eq!(&received, b"hello!");
    // The pong goes out with whatever is done next, a read as well.
    tokio::select! {
        pong = soon(ponged.recv()) => assert_eq!(pong.unwrap(), b"are you there".as_slice()),
        read = stream.read_u8() => panic!("{read:?}"),
    }
}

#[tokio::test]
async fn a_link_that_passes_byte_by_byte_changes_nothing() {
    let server = WebSocketServer::echoing(1024);
    let link = FaultyLink::to(server.address());
    let mut stream = open(link.port()).await;
    // Not before: the library behind the test's server takes a request of many tiny packets for an attack.
    link.send_bytewise();
    assert_echoes(&mut stream, &[42; 3000]).await;
}

#[tokio::test]
async fn shutting_down_says_close_and_what_still_comes_is_read() {
    let (messages, mut received) = mpsc::unbounded_channel();
    let server = WebSocketServer::start(move |mut socket| {
        let messages = messages.clone();
        async move {
            while let Some(message) = socket.receive().await {
                if matches!(message, Message::Binary(_)) {
                    socket.send(message.clone()).await;
                }
                _ = messages.send(message);
            }
        }
    });
    let mut stream = open(server.port()).await;
    stream.write_all(b"last words").await.unwrap();
    stream.shutdown().await.unwrap();
    let mut echo = Vec::new();
    soon(stream.read_to_end(&mut echo)).await.unwrap();
    assert_eq!(echo, b"last words");
    assert_eq!(soon(received.recv()).await, Some(Message::binary(b"last words".as_slice())));
    assert!(matches!(soon(received.recv()).await, Some(Message::Close(_))));
}

#[tokio::test]
async fn an_ordinary_close_is_the_end_and_another_says_why() {
    let close = |code, reason: &'static str| {
        WebSocketServer::start(move |mut socket| async move {
            socket.send(Message::Close(Some(CloseFrame { code, reason: reason.into() }))).await;
            socket.receive().await;
        })
    };
    for code in [CloseCode::Normal, CloseCode::Away] {
        let server = close(code, "bye");
        assert_eq!(soon(open(server.port()).await.read(&mut [0; 1])).await.unwrap(), 0);
    }
    let server = close(CloseCode::Policy, "token expired");
    let mut stream = open(server.port()).await;
    let error = soon(stream.read(&mut [0; 1])).await.unwrap_err();
    assert_eq!(error.to_string(), "the broker closed the WebSocket with code 1008: token expired");
    assert_eq!(soon(stream.read(&mut [0; 1])).await.unwrap(), 0, "and then it has ended");
}

#[tokio::test]
async fn a_peer_that_just_goes_away_has_closed() {
    let server = WebSocketServer::start(|_socket| async {});
    assert_eq!(soon(open(server.port()).await.read(&mut [0; 1])).await.unwrap(), 0);
}

#[tokio::test]
async fn frames_of_text_and_frames_against_the_rules_are_errors() {
    let text = WebSocketServer::start(|mut socket| async move {
        socket.send(Message::text("hello")).await;
        socket.receive().await;
    });
    let error = soon(open(text.port()).await.read(&mut [0; 1])).await.unwrap_err();
    assert_eq!(error.to_string(), "the broker sent a text frame of WebSocket");
    let continued = WebSocketServer::start(|mut socket| async move {
        let frame = Frame::message(b"x".as_slice(), OpCode::Data(Data::Continue), true);
        socket.send(Message::Frame(frame)).await;
        socket.receive().await;
    });
    let error = soon(open(continued.port()).await.read(&mut [0; 1])).await.unwrap_err();
    assert!(error.to_string().starts_with("the broker broke the WebSocket protocol: "), "{error}");
}

#[tokio::test]
async fn a_frame_that_claims_more_than_any_packet_is_refused_unread() {
    let raw = raw_server(&[vec![0x82, 0x7F], vec![0x7F; 8]].concat());
    let error = soon(open(raw.address().port()).await.read(&mut [0; 1])).await.unwrap_err();
    assert!(error.to_string().starts_with("the broker broke the WebSocket protocol: "), "{error}");
}

#[tokio::test]
async fn a_frame_far_above_the_largest_packet_is_refused_by_its_header() {
    let open = async |port| {
        let websocket = WebSocketOptions::default().with_maximum_packet_size(1000);
        let dialer = Dialer { websocket, ..Dialer::default() };
        dialer.dial(&Endpoint::new(Protocol::Ws, "127.0.0.1", port)).await.unwrap().stream
    };
    let size: u64 = 256 << 20;
    let greedy = raw_server(&[&[0x82, 0x7F][..], &size.to_be_bytes(), b"first"].concat());
    let error = soon(open(greedy.address().port()).await.read(&mut [0; 1])).await.unwrap_err();
    assert!(error.to_string().starts_with("the broker broke the WebSocket protocol: "), "{error}");

    let packing = WebSocketServer::start(|mut socket| async move {
        socket.send(Message::binary(vec![7; 1_000_000])).await;
        socket.receive().await;
    });
    soon(open(packing.port()).await.read_exact(&mut vec![0; 1_000_000])).await.unwrap();
}

/// Answers the handshake by hand, with frames in the same segment.
fn raw_server(frames: &[u8]) -> Served {
    let frames = frames.to_vec();
    Served::start(move |mut stream| {
        let frames = frames.clone();
        async move {
            let mut request = Vec::new();
            while !request.ends_with(b"\r\n\r\n") {
                stream.read_buf(&mut request).await.unwrap();
            }
            let request = String::from_utf8(request).unwrap();
            let key = request.split("Sec-WebSocket-Key: ").nth(1).unwrap().lines().next().unwrap();
            let accept = accept_key(key);
            let answer = format!(
                "HTTP/1.1 101 Welcome\r\nupgrade: WebSocket\r\nconnection: keep-alive, upgrade\r\n\
                 sec-websocket-accept: {accept}\r\nsec-websocket-protocol: mqtt\r\n\r\n"
            );
            stream.write_all(&[answer.as_bytes(), &frames].concat()).await.unwrap();
            _ = stream.read_to_end(&mut Vec::new()).await;
        }
    })
}

#[tokio::test]
async fn frames_may_come_right_behind_the_handshake() {
    let server = raw_server(&[0x82, 5, b'h', b'e', b'l', b'l', b'o']);
    let mut received = [0; 5];
    soon(open(server.address().port()).await.read_exact(&mut received)).await.unwrap();
    assert_eq!(&received, b"hello");
}

#[tokio::test]
async fn a_refusal_shows_its_status_and_the_start_of_its_body() {
    let body = "<html><h1>No MQTT here</h1></html>";
    for (head, shown) in [
        ("HTTP/1.1 404 Not Found\r\nContent-Length: 34\r\n\r\n", "HTTP 404 Not Found: No MQTT here"),
        ("HTTP/1.0 503 Busy\r\n\r\n", "HTTP 503 Busy: No MQTT here"),
        (
            "HTTP/1.1 401 Unauthorized\r\nTransfer-Encoding: chunked\r\n\r\n22\r\n",
            "HTTP 401 Unauthorized: No MQTT here",
        ),
    ] {
        let server = HttpServer::answering(&[head, body]);
        let cause = websocket_cause(dial(server.port()).await);
        assert_eq!(cause.to_string(), format!("the server answered {shown}"));
    }
    let silent = HttpServer::answering(&["HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"]);
    let cause = websocket_cause(dial(silent.port()).await);
    assert_eq!(cause.to_string(), "the server answered HTTP 400 Bad Request");
    let moved = HttpServer::answering(&["HTTP/1.1 301 Moved\r\nLocation: https://x/\r\nContent-Length: 0\r\n\r\n"]);
    let cause = websocket_cause(dial(moved.port()).await);
    assert_eq!(cause.to_string(), "the server answered HTTP 301 Moved, it is at https://x/");
}

#[tokio::test]
async fn an_agreement_against_the_rules_is_refused() {
    let accept = "Sec-WebSocket-Accept: x\r\n";
    for (headers, fault) in [
        (String::new(), "no `Upgrade: websocket`"),
        ("Upgrade: websocket\r\n".into(), "no `Connection: Upgrade`"),
        (
            format!("Upgrade: websocket\r\nConnection: Upgrade\r\n{accept}"),
            "`Sec-WebSocket-Accept` does not match our key",
        ),
    ] {
        let server = HttpServer::answering(&[&format!("HTTP/1.1 101 Yes\r\n{headers}\r\n")]);
        assert_eq!(websocket_cause(dial(server.port()).await), WebSocketCause::BadUpgrade(fault));
    }
}

#[tokio::test]
async fn a_server_that_does_not_choose_mqtt_is_refused() {
    for (choice, found) in [("", None), ("sec-websocket-protocol: chat\r\n", Some("chat".to_owned()))] {
        let server = Served::start(move |mut stream| async move {
            let mut request = vec![0; 4096];
            let length = stream.read(&mut request).await.unwrap();
            let request = String::from_utf8_lossy(&request[..length]).into_owned();
            let key = request.split("Sec-WebSocket-Key: ").nth(1).unwrap().lines().next().unwrap();
            let accept = accept_key(key);
            let answer = format!(
                "HTTP/1.1 101 Yes\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
                 Sec-WebSocket-Accept: {accept}\r\n{choice}\r\n"
            );
            stream.write_all(answer.as_bytes()).await.unwrap();
        });
        assert_eq!(websocket_cause(dial(server.address().port()).await), WebSocketCause::WrongSubprotocol(found));
    }
}

#[tokio::test]
async fn a_port_that_speaks_no_http_is_told_apart() {
    let authority = Authority::new();
    let tls = TlsServer::start(authority.server(&["localhost"]));
    let cause = websocket_cause(dial(tls.port()).await);
    assert_eq!(cause, WebSocketCause::NotHttp(Spoken::Tls));
    let closing = Served::start(|mut stream| async move {
        _ = stream.read(&mut [0; 4096]).await;
    });
    assert_eq!(websocket_cause(dial(closing.address().port()).await), WebSocketCause::Closed);
    let Some(mosquitto) = Mosquitto::start("") else { return };
    assert_eq!(websocket_cause(dial(mosquitto.port()).await), WebSocketCause::Closed);
}

#[tokio::test]
async fn an_http_answer_that_cannot_be_read_is_not_taken_for_another_protocol() {
    for cut_off in ["HTT", "HTTP/1.1 101 Switching Proto", "HTTP/1.1 101 Yes\r\nUpgrade: webs"] {
        let server = HttpServer::answering(&[cut_off]);
        assert_eq!(websocket_cause(dial(server.port()).await), WebSocketCause::Closed, "{cut_off}");
    }
    let long = format!("X: {}\r\n", "x".repeat(20_000));
    for (headers, fault) in [
        (long.as_str(), "it is larger than 16 KiB"),
        (&"X: y\r\n".repeat(97), "it has more than 96 headers"),
        ("no header\r\n\r\n", "it is not valid HTTP"),
    ] {
        let server = HttpServer::answering(&["HTTP/1.1 101 Yes\r\n", headers]);
        let cause = websocket_cause(dial(server.port()).await);
        assert_eq!(cause.to_string(), format!("the server's HTTP response cannot be read: {fault}"));
    }
}

#[tokio::test]
async fn an_interim_answer_is_not_the_answer() {
    let early = "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n";
    let refusal = "HTTP/1.1 404 Not Found\r\nContent-Length: 4\r\n\r\nnope";
    for pieces in [&[early, "HTTP/1.1 100 Continue\r\n\r\n", refusal][..], &[&[early, refusal].concat()]] {
        let server = HttpServer::answering(pieces);
        let cause = websocket_cause(dial(server.port()).await);
        assert_eq!(cause.to_string(), "the server answered HTTP 404 Not Found: nope");
    }
}

#[tokio::test]
async fn the_deadline_is_over_the_handshake_too() {
    let silent = Served::start(|stream| async move {
        std::future::pending::<()>().await;
        drop(stream);
    });
    let timeout = Duration::from_millis(50);
    let dialer = Dialer { timeout, ..Dialer::default() };
    let error = dialer.dial(&Endpoint::new(Protocol::Ws, "127.0.0.1", silent.address().port())).await.unwrap_err();
    assert_eq!((error.step, error.cause), (DialStep::WebSocket, DialCause::TimedOut(timeout)));
}

#[tokio::test]
async fn mosquitto_is_reached_by_websocket() {
    let port = free_port();
    // Mosquitto 2.0 does not start with no plain listener.
    let Some(_mosquitto) = Mosquitto::start(&format!("listener {port} 127.0.0.1\nprotocol websockets")) else { return };
    let mut stream = open(port).await;
    // A packet in two frames, and two packets in one.
    let connect = Packet::from(wire::connect(Version::V5, "ws")).encode(Version::V5);
    stream.write_all(&connect[..7]).await.unwrap();
    stream.flush().await.unwrap();
    stream.write_all(&connect[7..]).await.unwrap();
    stream.flush().await.unwrap();
    assert!(matches!(receive(&mut stream).await, Packet::Connack(_)));
    let pings = [Packet::Pingreq, Packet::Pingreq].map(|packet| packet.encode(Version::V5)).concat();
    stream.write_all(&pings).await.unwrap();
    stream.flush().await.unwrap();
    for _ in 0..2 {
        assert_eq!(receive(&mut stream).await, Packet::Pingresp);
    }
}

/// The next packet, byte by byte, so that nothing of the one behind it is taken.
async fn receive(stream: &mut Stream) -> Packet {
    let mut received = Vec::new();
    loop {
        received.push(soon(stream.read_u8()).await.unwrap());
        if let Some((packet, _)) = wire::decode(Version::V5, &received).unwrap() {
            return packet;
        }
    }
}

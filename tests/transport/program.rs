//! TLS, WebSocket and proxies as the program's user sees them: flags, environment, words and exit codes.

use std::io::Read;
use std::net::SocketAddr;

use crate::support::net::authority::Valid;
use crate::support::net::{
    Authority, FaultyLink, HttpProxy, HttpServer, Rules, SocksProxy, TlsServer, WebSocketServer,
};
use crate::support::wire::connack;
use crate::support::{Ended, Link, Mosquitto, Program, RawClient, ScriptedBroker};
use mqttx_rs::mqtt::Version;
use tokio_rustls::rustls::version::TLS13;
use tokio_tungstenite::tungstenite::Message;

fn publish(url: &str) -> Program {
    Program::new(["pub", "-t", "car/ac", "-m", "on", "--url", url])
}

/// What the program says when it does not connect.
fn refused(program: Program, code: i32) -> String {
    program.run().expect_code(code).stderr
}

/// Runs the program up to the publish that reaches the broker.
fn expect_published(program: Program, broker: &ScriptedBroker) -> Ended {
    let running = program.start();
    let (mut link, _) = broker.accept_session(connack());
    assert_eq!(link.expect_publish().text(), "on");
    finish(link);
    running.wait().expect_code(0)
}

fn finish(mut link: Link) {
    link.expect_goodbye();
    link.close();
}

/// TLS in front of a broker, as `localhost`.
fn tls(target: SocketAddr) -> (Authority, TlsServer) {
    let authority = Authority::new();
    let server = TlsServer::before(target, authority.server(&["localhost"]));
    (authority, server)
}

#[test]
fn a_broker_is_reached_by_tls() {
    let broker = ScriptedBroker::start();
    let (authority, server) = tls(broker.address());
    for scheme in ["mqtts", "tls", "ssl"] {
        let program = publish(&format!("{scheme}://localhost:{}", server.port())).arg("--ca").arg(authority.ca());
        let ended = expect_published(program, &broker);
        assert_eq!(ended.stderr, "✔ Connected\n✔ Message published\n");
    }
    let flags = Program::new(["pub", "-t", "car/ac", "-m", "on", "-l", "mqtts"]).port(server.port());
    expect_published(flags.env("MQTTX_CA", authority.ca().to_str().expect("a path in UTF-8")), &broker);
}

#[test]
fn a_password_does_not_go_out_in_clear_beside_an_option_of_tls() {
    let broker = ScriptedBroker::start();
    let (authority, server) = tls(broker.address());
    let program = || Program::new(["pub", "-t", "car/ac", "-m", "on", "-u", "me", "-P", "hunter2"]);
    expect_published(program().port(server.port()).arg("--ca").arg(authority.ca()), &broker);
    // What answers there speaks no TLS, and hears no password either.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let port = listener.local_addr().expect("an address").port();
    let running = program().port(port).arg_all(&["-h", "127.0.0.1", "--insecure"]).start();
    let mut first = [0];
    let (mut stream, _) = listener.accept().expect("a connection");
    stream.read_exact(&mut first).expect("a byte");
    assert_eq!(first, [0x16], "a TLS handshake");
    drop((stream, listener));
    running.wait().expect_code(3);
    refused(program().port(broker.port()).arg_all(&["--insecure", "-l", "mqtt"]), 2);
}

#[test]
fn certificates_and_keys_may_be_der_or_begin_with_a_byte_order_mark() {
    let broker = ScriptedBroker::start();
    let authority = Authority::new();
    let server = TlsServer::before(broker.address(), authority.server_for_known_clients(&["localhost"], &[&TLS13]));
    let certified = authority.certify(&["client"]);
    let folder = authority.folder();
    let files = [authority.ca(), certified.certificate_path.clone(), certified.key_path.clone()];
    let der = |path: &std::path::Path| {
        let text = std::fs::read_to_string(path).expect("a PEM file");
        let digits: String = text.lines().filter(|line| !line.starts_with('-')).collect();
        data_encoding::BASE64.decode(digits.as_bytes()).expect("Base64")
    };
    let with_bom = |path: &std::path::Path| [b"\xEF\xBB\xBF", &*std::fs::read(path).expect("a file")].concat();
    let forms = [files.each_ref().map(|path| der(path)), files.each_ref().map(|path| with_bom(path))];
    for (number, form) in forms.iter().enumerate() {
        let mut program = publish(&format!("mqtts://localhost:{}", server.port()));
        for (option, bytes) in ["--ca", "--cert", "--key"].into_iter().zip(form) {
            let other = folder.join(format!("{number}{option}"));
            std::fs::write(&other, bytes).expect("a file");
            program = program.arg(option).arg(other);
        }
        expect_published(program, &broker);
    }
}

#[test]
fn insecure_connects_with_a_warning_unless_a_key_is_pinned() {
    let broker = ScriptedBroker::start();
    let authority = Authority::new();
    let certified = authority.certify(&["localhost"]);
    let server = TlsServer::before(broker.address(), certified.server());
    let url = format!("mqtts://localhost:{}", server.port());
    let ended = expect_published(publish(&url).arg("--insecure"), &broker);
    assert!(ended.stderr.starts_with("warning: --insecure: the broker's certificate is not checked\n"), "{ended:?}");

    let pin = ring::digest::digest(&ring::digest::SHA256, &certified.public_key);
    let pin = format!("sha256//{}", data_encoding::BASE64.encode(pin.as_ref()));
    let pinned = publish(&url).arg("--insecure").arg("--pin-sha256");
    let ended = expect_published(pinned.arg(format!("{};{pin}", "0".repeat(64))), &broker);
    assert!(!ended.stderr.contains("warning"), "{ended:?}");
    let stderr = refused(publish(&url).arg("--insecure").arg("--pin-sha256").arg("0".repeat(64)), 3);
    assert!(stderr.contains(&pin), "the pin found is shown: {stderr}");
    refused(publish(&url).arg("--pin-sha256").arg("nonsense"), 2);
}

#[test]
fn what_is_wrong_with_tls_is_said_with_what_to_try() {
    let (_authority, server) = tls("127.0.0.1:1".parse().expect("an address"));
    let url = format!("mqtts://localhost:{}", server.port());
    let authority = Authority::new();
    let stderr = refused(publish(&url).arg("--ca").arg(authority.ca()), 3);
    assert_eq!(
        stderr,
        format!(
            "error: no TLS with localhost:{}: the certificate is signed by an unknown authority\n\
             hint: name the authority with --ca\n",
            server.port()
        )
    );
    let stderr = refused(publish(&url).arg("--ca").arg("/nowhere/ca.pem"), 1);
    assert!(stderr.starts_with("error: --ca: `/nowhere/ca.pem`: no such file or directory\n"), "{stderr}");
    let stderr = refused(publish(&url).arg("--sni").arg("not a name"), 2);
    assert!(stderr.starts_with("error: --sni: "), "{stderr}");
}

#[test]
fn a_check_shows_the_chain_with_pins_that_connect() {
    let broker = ScriptedBroker::start();
    let authority = Authority::named("The Root");
    let (intermediate, certificate) = authority.intermediate("The Issuer", Valid::Now);
    let certified = intermediate.certify(&["localhost"]).behind(&certificate);
    let server = TlsServer::before(broker.address(), certified.server());
    let check = |arguments: &[&str]| {
        let program = Program::new(["conn", "--check", "--ca"]).arg(authority.ca()).port(server.port());
        let running = program.arg_all(arguments).start();
        let (link, _) = broker.accept_session(connack());
        finish(link);
        running.wait().expect_code(0)
    };
    let pin = ring::digest::digest(&ring::digest::SHA256, &certified.public_key);
    let pin = format!("sha256//{}", data_encoding::BASE64.encode(pin.as_ref()));
    let text = check(&["--pin-sha256", &pin]);
    let lines: Vec<_> = text.text().lines().filter(|line| line.starts_with(['c', 'p'])).collect();
    assert!(
        lines.iter().any(|line| line.starts_with("certificate 1 ") && line.contains("issued by The Issuer, until "))
    );
    assert!(
        lines.iter().any(|line| line.starts_with("certificate 2 ") && line.contains("The Issuer, issued by The Root"))
    );
    assert!(lines.iter().any(|line| line.starts_with("pin ") && line.ends_with(&pin)), "{lines:?}");
    let json = check(&["--output-mode", "jsonl"]);
    let object: serde_json::Value = serde_json::from_str(json.text()).expect("JSON");
    assert_eq!(object["certificates"][0]["pin_sha256"], pin.as_str());
    assert_eq!(object["certificates"][1]["subject"], "The Issuer");
    assert!(object["certificates"][1]["not_after"].as_str().is_some_and(|date| date.ends_with('Z')), "{object}");
}

#[test]
fn which_certificate_of_the_chain_has_expired_is_said() {
    let authority = Authority::named("The Root");
    let key = rcgen::KeyPair::generate().expect("a key");
    for (of_issuer, of_broker, message) in [
        (Valid::Now, Valid::Past, "the broker's certificate expired on 2001-02-03T00:00:00Z"),
        (Valid::Past, Valid::Now, "an issuing certificate `The Issuer` expired on 2001-02-03T00:00:00Z"),
        (Valid::Future, Valid::Now, "an issuing certificate `The Issuer` is not valid before 2999-01-02T00:00:00Z"),
    ] {
        let (intermediate, certificate) = authority.intermediate("The Issuer", of_issuer);
        let certified = intermediate.certify_key(&["localhost"], of_broker, &key).behind(&certificate);
        let server = TlsServer::before("127.0.0.1:1".parse().expect("an address"), certified.server());
        let url = format!("mqtts://localhost:{}", server.port());
        let stderr = refused(publish(&url).arg("--ca").arg(authority.ca()), 3);
        assert!(stderr.contains(message), "{stderr}");
    }
}

#[test]
fn a_client_certificate_is_asked_for_after_the_handshake() {
    let broker = ScriptedBroker::start();
    let authority = Authority::new();
    let config = authority.server_for_known_clients(&["localhost"], &[&TLS13]);
    let server = TlsServer::before(broker.address(), config);
    let url = format!("mqtts://localhost:{}", server.port());
    let stderr = refused(publish(&url).arg("--ca").arg(authority.ca()), 3);
    assert!(stderr.contains("the broker requires a client certificate"), "{stderr}");
    assert!(stderr.contains("hint: give one with --cert and --key"), "{stderr}");

    let certified = authority.certify(&["client"]);
    let program = publish(&url).arg("--ca").arg(authority.ca()).arg("--cert").arg(&certified.certificate_path);
    expect_published(program.arg("--key").arg(&certified.key_path), &broker);
}

#[test]
fn an_encrypted_key_is_opened_by_a_phrase_from_a_file() {
    let broker = ScriptedBroker::start();
    let authority = Authority::new();
    let server = TlsServer::before(broker.address(), authority.server_for_known_clients(&["localhost"], &[&TLS13]));
    let keys = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/keys");
    let plain = std::fs::read_to_string(keys.join("ec-pkcs8.pem")).expect("the fixture");
    let key = rcgen::KeyPair::from_pem(&plain).expect("a key");
    let certified = authority.certify_key(&["client"], Valid::Now, &key);
    let phrase = authority.folder().join("phrase");
    std::fs::write(&phrase, "sesame\n").expect("a file");
    let program = || {
        let program = publish(&format!("mqtts://localhost:{}", server.port())).arg("--ca").arg(authority.ca());
        let program = program.arg("--cert").arg(&certified.certificate_path);
        program.arg("--key").arg(keys.join("ec-encrypted.pem"))
    };
    expect_published(program().arg("--key-password-file").arg(&phrase), &broker);
    let stderr = refused(program(), 1);
    assert!(stderr.contains("the key is encrypted") && stderr.contains("hint: --key-password-file"), "{stderr}");
    let stderr = refused(program().arg("--key-password").arg("open"), 1);
    assert!(stderr.contains("the password does not decrypt the key"), "{stderr}");
}

#[test]
fn secrets_of_tls_go_where_sslkeylogfile_says() {
    let broker = ScriptedBroker::start();
    let (authority, server) = tls(broker.address());
    let log = authority.folder().join("keys.log");
    let program = publish(&format!("mqtts://localhost:{}", server.port())).arg("--ca").arg(authority.ca());
    expect_published(program.env("SSLKEYLOGFILE", log.to_str().expect("a path in UTF-8")), &broker);
    let log = std::fs::read_to_string(log).expect("the log");
    assert!(log.contains("CLIENT_TRAFFIC_SECRET_0 "), "{log}");
}

#[test]
fn the_wrong_port_is_told_by_what_it_speaks() {
    let broker = ScriptedBroker::start();
    let (_authority, server) = tls(broker.address());
    let stderr = refused(publish(&format!("mqtt://localhost:{}", server.port())), 3);
    assert!(stderr.contains("speaks TLS") && stderr.contains("hint: use -l mqtts"), "{stderr}");
    let stderr = refused(publish(&format!("ws://localhost:{}", server.port())), 3);
    assert!(stderr.contains("speaks TLS, not HTTP") && stderr.contains("hint: use -l wss"), "{stderr}");
    let web = HttpServer::answering(&["HTTP/1.1 404 Not Found\r\nContent-Length: 4\r\n\r\nnope"]);
    let stderr = refused(publish(&format!("ws://localhost:{}", web.port())), 3);
    assert!(stderr.contains("HTTP 404 Not Found: nope") && stderr.contains("hint: check --path"), "{stderr}");

    let Some(mosquitto) = Mosquitto::start("") else { return };
    let stderr = refused(publish(&format!("mqtts://localhost:{}", mosquitto.port())).arg("--insecure"), 3);
    assert!(stderr.contains("hint: does this port speak TLS? If not, use -l mqtt"), "{stderr}");
}

#[test]
fn a_broker_is_reached_by_websocket_with_path_and_headers() {
    let server = WebSocketServer::echoing(1024);
    let mut running = publish(&format!("ws://localhost:{}/a?b=c", server.port()))
        .arg("--ws-headers")
        .arg("Authorization: Bearer x")
        .arg("X-Plant=7")
        .start();
    let request = server.request();
    assert_eq!(request.path, "/a?b=c");
    assert_eq!((request.headers["authorization"].as_str(), request.headers["x-plant"].as_str()), ("Bearer x", "7"));
    // What comes back is our own CONNECT, which no broker sends.
    running.wait_for_stderr("the broker broke the protocol");
    assert_eq!(running.wait().code, 9);
    refused(publish("ws://localhost:1").arg("--ws-headers").arg("Upgrade: h2c"), 2);
}

#[test]
fn the_maximum_packet_size_bounds_what_a_websocket_collects() {
    let server = WebSocketServer::start(|mut socket| async move {
        socket.send(Message::binary(vec![0; 3_000_000])).await;
        socket.receive().await;
    });
    let url = format!("ws://localhost:{}", server.port());
    let mut running = publish(&url).arg("--maximum-packet-size").arg("1000").start();
    running.wait_for_stderr("the broker broke the WebSocket protocol");
}

#[test]
fn a_proxy_comes_from_the_flag_or_the_environment() {
    let broker = ScriptedBroker::start();
    let rules = Rules::default().name("broker.invalid", broker.address());
    let (socks, http) = (SocksProxy::start(rules.clone()), HttpProxy::start(rules.credentials("me", "hunter2")));
    let url = "mqtt://broker.invalid:1883";
    expect_published(publish(url).arg("--proxy").arg(format!("socks5h://{}", socks.address())), &broker);
    assert_eq!(socks.target(), "name broker.invalid:1883");
    let by_environment = format!("http://me:hunter2@{}", http.address());
    expect_published(publish(url).env("ALL_PROXY", &by_environment), &broker);
    assert_eq!(http.target(), "broker.invalid:1883");
    expect_published(publish(url).env("all_proxy", &by_environment).env("no_proxy", "example.com"), &broker);
    assert_eq!(http.target(), "broker.invalid:1883");

    let direct = publish(&format!("mqtt://127.0.0.1:{}", broker.port())).env("ALL_PROXY", &by_environment);
    expect_published(direct.env("NO_PROXY", "127.0.0.0/8"), &broker);
    assert!(http.is_unasked());

    let wrong = format!("http://me:hunter3@{}", http.address());
    let stderr = refused(publish(url).arg("--proxy").arg(wrong), 3);
    assert!(stderr.contains("it refuses the user name and password"), "{stderr}");
    assert!(!stderr.contains("hunter3"), "{stderr}");
    let stderr = refused(publish(url).arg("--proxy").arg("ftp://me:hunter3@h"), 2);
    assert!(stderr.contains("--proxy") && !stderr.contains("hunter3"), "{stderr}");
}

#[test]
fn ten_megabytes_pass_through_everything_at_once() {
    let port = crate::support::free_port();
    let Some(mosquitto) = Mosquitto::start(&format!("listener {port} 127.0.0.1\nprotocol websockets")) else { return };
    let (authority, server) = tls(([127, 0, 0, 1], port).into());
    let proxy = SocksProxy::start(Rules::default().name("localhost", server.address()));
    let mut watcher = RawClient::connect(mosquitto.address(), Version::V5, "watcher");
    watcher.subscribe("big", 1);
    let program = Program::new(["pub", "-t", "big", "-q", "1", "--stdin", "--url", "wss://localhost/mqtt"]);
    let program = program.arg("--ca").arg(authority.ca()).arg("--proxy").arg(format!("socks5h://{}", proxy.address()));
    program.stdin(vec![b'x'; 10_000_000]).run().expect_code(0);
    assert_eq!(watcher.expect_message().payload.len(), 10_000_000);
}

#[test]
fn a_link_that_is_cut_in_the_handshake_is_no_connection() {
    let broker = ScriptedBroker::start();
    let (authority, server) = tls(broker.address());
    let link = FaultyLink::to(server.address());
    link.cut_after(100);
    let program = publish(&format!("mqtts://localhost:{}", link.port())).arg("--ca").arg(authority.ca());
    let stderr = refused(program, 3);
    assert!(stderr.contains("the connection was closed during the handshake"), "{stderr}");
}

/// The lines of `--debug`, without ports and times.
fn debug_lines(stderr: &str) -> Vec<String> {
    let lines = stderr.lines().filter_map(|line| line.strip_prefix("debug: "));
    lines.map(|line| line.split(|c: char| c.is_ascii_digit()).collect::<Vec<_>>().join("")).collect()
}

#[test]
fn debug_tells_each_step_on_the_way_to_a_broker() {
    let broker = ScriptedBroker::start();
    let (authority, server) = tls(broker.address());
    let program = publish(&format!("mqtts://localhost:{}", server.port())).arg("--debug").arg("--ca");
    let ended = expect_published(program.arg(authority.ca()), &broker);
    let expected = [
        "localhost is ...:",
        "TCP connected ...: -> ...:",
        "certificate : rcgen self signed cert, issued by Authority  of a test",
        "TLS . with TLS_AES__GCM_SHA",
        "CONNACK after . ms",
        "the broker announced no limits",
    ];
    let lines = debug_lines(&ended.stderr);
    assert_eq!(lines[2..], expected, "{}", ended.stderr);
}

#[test]
fn debug_shows_whose_certificate_is_not_believed_and_which_addresses_did_not_answer() {
    let (_authority, server) = tls("127.0.0.1:1".parse().expect("an address"));
    let other = Authority::new();
    let unknown = publish(&format!("mqtts://localhost:{}", server.port())).arg("--debug").arg("--ca").arg(other.ca());
    let stderr = refused(unknown, 3);
    assert!(stderr.contains("debug: certificate 1: rcgen self signed cert, issued by Authority"), "{stderr}");
    let stderr = refused(publish("mqtt://127.0.0.1:1").arg("--debug"), 3);
    assert!(stderr.contains("debug: no connection to 127.0.0.1:1: connection refused\n"), "{stderr}");
    let stderr = refused(publish("mqtt://broker.example").arg("--debug").arg("--proxy").arg("http://127.0.0.1:1"), 3);
    assert!(stderr.contains("debug: through the proxy 127.0.0.1:1\n"), "{stderr}");
}

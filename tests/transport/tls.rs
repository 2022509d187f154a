//! TLS, against a server of the test's own and against mosquitto.

use std::path::{Path, PathBuf};

use crate::support::Mosquitto;
use crate::support::net::authority::{Certified, Valid};
use crate::support::net::{Authority, FaultyLink, Served, TlsServer, assert_echoes, soon};
use crate::support::wire::{self, Packet};
use mqttx_rs::mqtt::Version;
use mqttx_rs::transport::{
    DialCause, DialError, DialStep, Dialed, Dialer, Endpoint, Pin, Protocol, Stream, Tls, TlsCause, TlsFile,
    TlsFileProblem, TlsIdentity, TlsOptions, TlsSetupError, TlsVersion,
};
use rcgen::KeyPair;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_rustls::rustls::version::{TLS12, TLS13};

fn trusting(authority: &Authority) -> TlsOptions {
    TlsOptions { ca: Some(authority.ca()), ..TlsOptions::default() }
}

async fn dial(options: &TlsOptions, port: u16) -> Result<Dialed, DialError> {
    dial_host(options, "localhost", port).await
}

async fn dial_host(options: &TlsOptions, host: &str, port: u16) -> Result<Dialed, DialError> {
    let dialer = Dialer { tls: Tls::new(options).unwrap(), ..Dialer::default() };
    dialer.dial(&Endpoint::new(Protocol::Mqtts, host, port)).await
}

/// Why there was no TLS; that it was TLS which failed is asserted.
fn tls_cause(dialed: Result<Dialed, DialError>) -> TlsCause {
    let error = dialed.unwrap_err();
    assert_eq!(error.step, DialStep::Tls);
    match error.cause {
        DialCause::Tls(cause) => cause,
        other => panic!("{other:?}"),
    }
}

fn as_identity(certified: &Certified) -> TlsIdentity {
    TlsIdentity { certificate: certified.certificate_path.clone(), key: certified.key_path.clone(), key_password: None }
}

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/keys").join(name)
}

fn fixture_key(name: &str) -> KeyPair {
    KeyPair::from_pem(&std::fs::read_to_string(fixture(name)).unwrap()).unwrap()
}

#[tokio::test]
async fn a_broker_that_a_named_authority_vouches_for_is_trusted() {
    let authority = Authority::new();
    let server = TlsServer::start(authority.server(&["localhost"]));
    let mut dialed = dial(&trusting(&authority), server.port()).await.unwrap();
    assert!(dialed.timings.tls.is_some());
    assert_eq!(server.handshake().server_name.as_deref(), Some("localhost"));
    assert_echoes(&mut dialed.stream, b"hello").await;
    dialed.stream.shutdown().await.unwrap();
    assert_eq!(soon(dialed.stream.read(&mut [0; 1])).await.unwrap(), 0, "the server's end");
}

#[tokio::test]
async fn authorities_may_stand_in_a_folder_with_other_files() {
    let authority = Authority::new();
    let server = TlsServer::start(authority.server(&["localhost"]));
    std::fs::write(authority.folder().join("README"), "the keys are under the mat").unwrap();
    let options = TlsOptions { ca: Some(authority.folder().into()), ..TlsOptions::default() };
    dial(&options, server.port()).await.unwrap();
}

#[tokio::test]
async fn a_broker_of_another_authority_is_not_trusted() {
    let server = TlsServer::start(Authority::new().server(&["localhost"]));
    let cause = tls_cause(dial(&trusting(&Authority::new()), server.port()).await);
    assert_eq!(cause, TlsCause::UnknownIssuer);
}

#[tokio::test]
async fn an_authority_that_was_made_anew_under_its_old_name_is_told_apart() {
    let server = TlsServer::start(Authority::named("Plant").server(&["localhost"]));
    let cause = tls_cause(dial(&trusting(&Authority::named("Plant")), server.port()).await);
    assert_eq!(cause, TlsCause::WrongSignature);
}

#[tokio::test]
async fn a_certificate_for_other_names_is_refused_and_they_are_listed() {
    let authority = Authority::new();
    let server = TlsServer::start(authority.server(&["broker.example", "*.plant.example", "192.0.2.7"]));
    let error = dial(&trusting(&authority), server.port()).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        format!(
            "no TLS with localhost:{}: the certificate is not for `localhost` but for `broker.example`, \
             `*.plant.example`, `192.0.2.7`",
            server.port()
        )
    );
}

#[tokio::test]
async fn an_address_can_be_in_a_certificate() {
    let authority = Authority::new();
    let server = TlsServer::start(authority.server(&["127.0.0.1"]));
    dial_host(&trusting(&authority), "127.0.0.1", server.port()).await.unwrap();
    assert_eq!(server.handshake().server_name, None, "SNI is for names only");
}

#[tokio::test]
async fn another_name_than_the_hosts_can_be_asked_for() {
    let authority = Authority::new();
    let server = TlsServer::start(authority.server(&["broker.example"]));
    let options = TlsOptions { server_name: Some("broker.example".into()), ..trusting(&authority) };
    dial_host(&options, "127.0.0.1", server.port()).await.unwrap();
    assert_eq!(server.handshake().server_name.as_deref(), Some("broker.example"));
}

#[tokio::test]
async fn a_certificate_outside_its_dates_is_refused_with_the_date() {
    let authority = Authority::new();
    let key = KeyPair::generate().unwrap();
    let expired = TlsServer::start(authority.certify_key(&["localhost"], Valid::Past, &key).server());
    let cause = tls_cause(dial(&trusting(&authority), expired.port()).await);
    assert_eq!(cause.to_string(), "the broker's certificate expired on 2001-02-03T00:00:00Z");
    let early = TlsServer::start(authority.certify_key(&["localhost"], Valid::Future, &key).server());
    let cause = tls_cause(dial(&trusting(&authority), early.port()).await);
    assert_eq!(cause.to_string(), "the broker's certificate is not valid before 2999-01-02T00:00:00Z");
}

#[tokio::test]
async fn a_self_signed_certificate_is_trusted_when_it_is_the_one_named() {
    let authority = Authority::new();
    let own = authority.self_signed(&["localhost"], Valid::Now);
    let server = TlsServer::start(own.server());
    let naming = |path: &Path| TlsOptions { ca: Some(path.into()), ..TlsOptions::default() };
    dial(&naming(&own.certificate_path), server.port()).await.unwrap();

    let other = authority.self_signed(&["localhost"], Valid::Now);
    let cause = tls_cause(dial(&naming(&other.certificate_path), server.port()).await);
    assert_eq!(cause, TlsCause::IsAuthority);
    let cause = tls_cause(dial_host(&naming(&own.certificate_path), "127.0.0.1", server.port()).await);
    assert!(matches!(cause, TlsCause::WrongName { .. }), "{cause:?}");
    let expired = authority.self_signed(&["localhost"], Valid::Past);
    let server = TlsServer::start(expired.server());
    let cause = tls_cause(dial(&naming(&expired.certificate_path), server.port()).await);
    assert!(matches!(cause, TlsCause::Expired { .. }), "{cause:?}");
}

#[tokio::test]
async fn insecure_takes_any_certificate() {
    let authority = Authority::new();
    let options = TlsOptions { insecure: true, ..TlsOptions::default() };
    for versions in [&TLS12, &TLS13] {
        let certified = authority.certify_key(&["broker.example"], Valid::Past, &KeyPair::generate().unwrap());
        let server = TlsServer::start(certified.server_with(&[versions]));
        let mut dialed = dial(&options, server.port()).await.unwrap();
        assert_echoes(&mut dialed.stream, b"hello").await;
    }
}

#[tokio::test]
async fn a_pinned_key_is_asked_for_whoever_signed_it() {
    let authority = Authority::new();
    let certified = authority.certify(&["localhost"]);
    let server = TlsServer::start(certified.server());
    let digest = ring::digest::digest(&ring::digest::SHA256, &certified.public_key);
    let right: Pin = data_encoding::HEXLOWER.encode(digest.as_ref()).parse().unwrap();
    let wrong: Pin = "0".repeat(64).parse().unwrap();

    let insecure = TlsOptions { insecure: true, ..TlsOptions::default() };
    dial(&TlsOptions { pins: vec![wrong, right], ..insecure.clone() }, server.port()).await.unwrap();
    for options in [insecure, trusting(&authority)] {
        let cause = tls_cause(dial(&TlsOptions { pins: vec![wrong], ..options }, server.port()).await);
        assert_eq!(cause, TlsCause::PinMismatch { found: right });
    }
    let other = Authority::new();
    let stranger = TlsOptions { pins: vec![right], ..trusting(&other) };
    let cause = tls_cause(dial(&stranger, server.port()).await);
    assert_eq!(cause, TlsCause::UnknownIssuer, "a pin does not replace an authority");
}

#[tokio::test]
async fn a_client_certificate_lets_in_whatever_form_its_key_has() {
    let authority = Authority::new();
    let server = TlsServer::start(authority.server_for_known_clients(&["localhost"], &[&TLS13, &TLS12]));
    for (key, file, password) in [
        ("ec-pkcs8.pem", "ec-pkcs8.pem", None),
        ("ec-pkcs8.pem", "ec-sec1.pem", None),
        ("ec-pkcs8.pem", "ec-encrypted.pem", Some("sesame")),
        ("ec-pkcs8.pem", "ec-encrypted-scrypt.pem", Some("sesame")),
        ("rsa-pkcs8.pem", "rsa-pkcs8.pem", None),
        ("rsa-pkcs8.pem", "rsa-pkcs1.pem", None),
    ] {
        let certified = authority.certify_key(&["client"], Valid::Now, &fixture_key(key));
        let identity = TlsIdentity {
            certificate: certified.certificate_path,
            key: fixture(file),
            key_password: password.map(str::to_owned),
        };
        let options = TlsOptions { identity: Some(identity), ..trusting(&authority) };
        let mut dialed = dial(&options, server.port()).await.unwrap_or_else(|error| panic!("{file}: {error}"));
        assert_echoes(&mut dialed.stream, b"hello").await;
    }
}

#[tokio::test]
async fn a_missing_client_certificate_is_said_in_the_handshake_of_tls_1_2() {
    let authority = Authority::new();
    let server = TlsServer::start(authority.server_for_known_clients(&["localhost"], &[&TLS12]));
    let cause = tls_cause(dial(&trusting(&authority), server.port()).await);
    assert_eq!(cause, TlsCause::ClientCertificateRequired);
}

#[tokio::test]
async fn a_missing_client_certificate_is_said_at_the_first_read_in_tls_1_3() {
    let authority = Authority::new();
    let server = TlsServer::start(authority.server_for_known_clients(&["localhost"], &[&TLS13]));
    let mut dialed = dial(&trusting(&authority), server.port()).await.unwrap();
    let error = soon(dialed.stream.read(&mut [0; 1])).await.unwrap_err();
    assert_eq!(TlsCause::of(&error), Some(&TlsCause::ClientCertificateRequired));
    assert_eq!(error.to_string(), "the broker requires a client certificate");
}

#[tokio::test]
async fn a_client_certificate_that_is_refused_is_told_from_a_missing_one() {
    let (authority, stranger) = (Authority::new(), Authority::new());
    let server = TlsServer::start(authority.server_for_known_clients(&["localhost"], &[&TLS12]));
    let identity = as_identity(&stranger.certify(&["client"]));
    let cause = tls_cause(dial(&TlsOptions { identity: Some(identity), ..trusting(&authority) }, server.port()).await);
    assert_eq!(cause, TlsCause::ClientCertificateRefused("not signed by an authority that it trusts"));
}

#[tokio::test]
async fn a_lowest_version_is_held() {
    let authority = Authority::new();
    let server = TlsServer::start(authority.certify(&["localhost"]).server_with(&[&TLS12]));
    dial(&trusting(&authority), server.port()).await.unwrap();
    let options = TlsOptions { minimum_version: TlsVersion::V1_3, ..trusting(&authority) };
    let cause = tls_cause(dial(&options, server.port()).await);
    assert!(matches!(cause, TlsCause::NothingInCommon(_)), "{cause:?}");
}

#[tokio::test]
async fn an_application_protocol_is_agreed_on_or_not() {
    let authority = Authority::new();
    let mut config = authority.server(&["localhost"]);
    config.alpn_protocols = vec![b"mqtt".to_vec()];
    let server = TlsServer::start(config);
    let offering =
        |names: &[&str]| TlsOptions { alpn: names.iter().map(ToString::to_string).collect(), ..trusting(&authority) };
    dial(&offering(&["x-amzn-mqtt-ca", "mqtt"]), server.port()).await.unwrap();
    assert_eq!(server.handshake().alpn.as_deref(), Some("mqtt"));
    let cause = tls_cause(dial(&offering(&["h2"]), server.port()).await);
    assert_eq!(cause, TlsCause::NoCommonAlpn);
}

#[tokio::test]
async fn connections_of_one_process_resume_each_others_sessions() {
    let authority = Authority::new();
    for version in [&TLS12, &TLS13] {
        let server = TlsServer::start(authority.certify(&["localhost"]).server_with(&[version]));
        let dialer = Dialer { tls: Tls::new(&trusting(&authority)).unwrap(), ..Dialer::default() };
        let endpoint = Endpoint::new(Protocol::Mqtts, "localhost", server.port());
        for is_resumed in [false, true] {
            let mut stream = dialer.clone().dial(&endpoint).await.unwrap().stream;
            // What is needed to resume comes with the first data in TLS 1.3.
            assert_echoes(&mut stream, b"hello").await;
            assert_eq!(server.handshake().is_resumed, is_resumed, "{version:?}");
        }
    }
}

#[tokio::test]
async fn a_port_that_speaks_no_tls_is_told_apart() {
    let options = TlsOptions { insecure: true, ..TlsOptions::default() };
    let http = Served::start(|mut stream| async move {
        _ = stream.read(&mut [0; 1024]).await;
        _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await;
    });
    assert_eq!(tls_cause(dial(&options, http.address().port()).await), TlsCause::NotTls);
    let closing = Served::start(|mut stream| async move {
        _ = stream.read(&mut [0; 1024]).await;
    });
    assert_eq!(tls_cause(dial(&options, closing.address().port()).await), TlsCause::Closed);
}

#[tokio::test]
async fn large_amounts_pass_both_ways_at_once() {
    let authority = Authority::new();
    let server = TlsServer::start(authority.server(&["localhost"]));
    let mut dialed = dial(&trusting(&authority), server.port()).await.unwrap();
    let bytes: Vec<u8> = (0..10_000_000_u32).map(|at| (at % 251) as u8).collect();
    assert_echoes(&mut dialed.stream, &bytes).await;
}

#[tokio::test]
async fn a_link_that_passes_byte_by_byte_changes_nothing() {
    let authority = Authority::new();
    let server = TlsServer::start(authority.server(&["localhost"]));
    let link = FaultyLink::to(server.address());
    link.send_bytewise();
    let mut dialed = dial(&trusting(&authority), link.port()).await.unwrap();
    assert_echoes(&mut dialed.stream, b"hello").await;
}

#[tokio::test]
async fn a_peer_that_just_goes_away_has_closed() {
    let authority = Authority::new();
    let server = TlsServer::start(authority.server(&["localhost"]));
    let mut dialed = dial(&trusting(&authority), server.port()).await.unwrap();
    assert_echoes(&mut dialed.stream, b"hello").await;
    drop(server);
    assert_eq!(soon(dialed.stream.read(&mut [0; 1])).await.unwrap(), 0);
}

#[tokio::test]
async fn the_deadline_is_over_the_handshake_too() {
    let silent = Served::start(|stream| async move {
        std::future::pending::<()>().await;
        drop(stream);
    });
    let timeout = std::time::Duration::from_millis(50);
    let options = TlsOptions { insecure: true, ..TlsOptions::default() };
    let dialer = Dialer { timeout, tls: Tls::new(&options).unwrap(), ..Dialer::default() };
    let error = dialer.dial(&Endpoint::new(Protocol::Mqtts, "127.0.0.1", silent.address().port())).await.unwrap_err();
    assert_eq!((error.step, error.cause), (DialStep::Tls, DialCause::TimedOut(timeout)));
    assert!(error.timings.connect.is_some());
}

#[test]
fn a_file_that_cannot_be_used_is_named() {
    let authority = Authority::new();
    let certified = authority.certify(&["client"]);
    let broken = authority.folder().join("broken.pem");
    std::fs::write(&broken, "-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----\n").unwrap();
    let missing = PathBuf::from("/nowhere/ca.pem");
    let empty = tempfile::tempdir().unwrap();
    let problem_of = |options: TlsOptions| match Tls::new(&options).unwrap_err() {
        TlsSetupError::File { file, path, problem } => (file, path, problem),
        other => panic!("{other:?}"),
    };
    let ca = |path: &Path| TlsOptions { ca: Some(path.into()), ..TlsOptions::default() };
    let unreadable = TlsFileProblem::Unreadable("no such file or directory".into());
    assert_eq!(problem_of(ca(&missing)), (TlsFile::Ca, missing.clone(), unreadable.clone()));
    assert_eq!(problem_of(ca(&broken)), (TlsFile::Ca, broken, TlsFileProblem::NotPem));
    let key = certified.key_path.clone();
    assert_eq!(problem_of(ca(&key)), (TlsFile::Ca, key.clone(), TlsFileProblem::NoCertificate));
    let folder = empty.path();
    assert_eq!(problem_of(ca(folder)), (TlsFile::Ca, folder.into(), TlsFileProblem::NoCertificate));

    let with_key = |path: PathBuf, password: Option<&str>| TlsOptions {
        identity: Some(TlsIdentity {
            certificate: certified.certificate_path.clone(),
            key: path,
            key_password: password.map(str::to_owned),
        }),
        ..TlsOptions::default()
    };
    assert_eq!(problem_of(with_key(missing.clone(), None)), (TlsFile::Key, missing, unreadable));
    let certificate = certified.certificate_path.clone();
    assert_eq!(problem_of(with_key(certificate.clone(), None)), (TlsFile::Key, certificate, TlsFileProblem::NoKey));
    for (name, password, problem) in [
        ("ec-encrypted.pem", None, TlsFileProblem::PasswordMissing),
        ("ec-encrypted.pem", Some("open"), TlsFileProblem::WrongPassword),
        ("ec-encrypted.pem", Some(""), TlsFileProblem::WrongPassword),
        ("ec-encrypted-scrypt.pem", Some("open"), TlsFileProblem::WrongPassword),
        ("ec-encrypted-des3.pem", Some("sesame"), TlsFileProblem::UnsupportedEncryption),
        ("ec-encrypted-pbes1.pem", Some("sesame"), TlsFileProblem::UnsupportedEncryption),
        ("ec-encrypted-legacy.pem", Some("sesame"), TlsFileProblem::UnsupportedEncryption),
    ] {
        assert_eq!(problem_of(with_key(fixture(name), password)), (TlsFile::Key, fixture(name), problem), "{name}");
    }
    let error = Tls::new(&with_key(fixture("ec-sec1.pem"), None)).unwrap_err();
    assert_eq!(error, TlsSetupError::KeyMismatch);
}

#[test]
fn a_name_or_protocol_that_tls_cannot_carry_is_refused() {
    let options = TlsOptions { server_name: Some("not a name".into()), ..TlsOptions::default() };
    assert_eq!(Tls::new(&options).unwrap_err(), TlsSetupError::ServerName("not a name".into()));
    let options = TlsOptions { alpn: vec![String::new()], ..TlsOptions::default() };
    assert_eq!(Tls::new(&options).unwrap_err(), TlsSetupError::Alpn(String::new()));
}

/// Sends CONNECT and reads CONNACK.
async fn assert_mqtt_answers(stream: &mut Stream) {
    let connect = Packet::from(wire::connect(Version::V5, "tls")).encode(Version::V5);
    stream.write_all(&connect).await.unwrap();
    stream.flush().await.unwrap();
    let mut received = vec![0; 1024];
    let length = soon(stream.read(&mut received)).await.unwrap();
    let (packet, _) = wire::decode(Version::V5, &received[..length]).unwrap().unwrap();
    assert!(matches!(packet, Packet::Connack(_)), "{packet:?}");
}

#[tokio::test]
async fn mosquitto_is_reached_by_tls() {
    let authority = Authority::new();
    let certified = authority.certify(&["localhost"]);
    let configuration =
        format!("certfile {}\nkeyfile {}", certified.certificate_path.display(), certified.key_path.display());
    let Some(mosquitto) = Mosquitto::start(&configuration) else { return };
    let mut dialed = dial(&trusting(&authority), mosquitto.port()).await.unwrap();
    assert_mqtt_answers(&mut dialed.stream).await;
    let cause = tls_cause(dial(&trusting(&Authority::new()), mosquitto.port()).await);
    assert_eq!(cause, TlsCause::UnknownIssuer);
}

#[tokio::test]
async fn mosquitto_lets_in_by_certificate() {
    let authority = Authority::new();
    let certified = authority.certify(&["localhost"]);
    for version in ["tlsv1.2", "tlsv1.3"] {
        let configuration = format!(
            "certfile {}\nkeyfile {}\ncafile {}\nrequire_certificate true\ntls_version {version}",
            certified.certificate_path.display(),
            certified.key_path.display(),
            authority.ca().display(),
        );
        let Some(mosquitto) = Mosquitto::start(&configuration) else { return };
        let identity = as_identity(&authority.certify(&["client"]));
        let options = TlsOptions { identity: Some(identity), ..trusting(&authority) };
        let mut dialed = dial(&options, mosquitto.port()).await.unwrap();
        assert_mqtt_answers(&mut dialed.stream).await;

        let cause = match dial(&trusting(&authority), mosquitto.port()).await {
            Ok(mut dialed) => {
                let error = soon(dialed.stream.read(&mut [0; 1])).await.unwrap_err();
                TlsCause::of(&error).cloned().unwrap_or_else(|| panic!("{error}"))
            }
            refused => tls_cause(refused),
        };
        assert_eq!(cause, TlsCause::ClientCertificateRequired, "{version}");
    }
}

#[tokio::test]
async fn mosquittos_plain_port_closes_on_a_handshake() {
    let Some(mosquitto) = Mosquitto::start("") else { return };
    let options = TlsOptions { insecure: true, ..TlsOptions::default() };
    let cause = tls_cause(dial(&options, mosquitto.port()).await);
    assert_eq!(cause, TlsCause::Closed);
}

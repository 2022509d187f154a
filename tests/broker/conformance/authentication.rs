//! Enhanced authentication of 5.0: section 4.12, by SCRAM (RFC 5802), computed here anew.

use data_encoding::BASE64;
use ring::{digest, hmac, pbkdf2};

use super::*;
use crate::support::wire::{Auth, auth};

const METHOD: &str = "SCRAM-SHA-256";

/// Runs a test against a broker that knows alice by `secret`.
fn with_alice(test: impl Fn(SocketAddr)) {
    let _judged = Judged("ours");
    let users = [("alice".to_owned(), "secret".to_owned())].into();
    let broker = Broker::start(BrokerOptions { users, ..BrokerOptions::default() }).unwrap();
    test(broker.addresses().mqtt);
}

fn message(reason: u8, data: &str) -> Auth {
    let auth = auth(reason).with(property::authentication_method(METHOD));
    auth.with(property::authentication_data(data.as_bytes()))
}

fn data(properties: &wire::Properties) -> String {
    assert_eq!(properties.text(property::AUTHENTICATION_METHOD), Some(METHOD));
    match properties.get(property::AUTHENTICATION_DATA) {
        Some(property::Value::Binary(data)) => String::from_utf8(data.clone()).unwrap(),
        other => panic!("{other:?}"),
    }
}

fn sign(key: &[u8], text: &str) -> Vec<u8> {
    hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), text.as_bytes()).as_ref().to_vec()
}

/// The client's answer to a challenge, and what the server must then show.
fn prove(password: &str, challenge: &str) -> (String, String) {
    let mut fields = challenge.split(',').map(|field| field.split_once('=').unwrap().1);
    let (nonce, salt, iterations) = (fields.next().unwrap(), fields.next().unwrap(), fields.next().unwrap());
    assert!(nonce.starts_with("ours") && nonce.len() > 4, "{nonce}");
    let mut salted = [0; 32];
    let salt = BASE64.decode(salt.as_bytes()).unwrap();
    pbkdf2::derive(pbkdf2::PBKDF2_HMAC_SHA256, iterations.parse().unwrap(), &salt, password.as_bytes(), &mut salted);
    let client_key = sign(&salted, "Client Key");
    let stored_key = digest::digest(&digest::SHA256, &client_key);
    let messages = format!("n=alice,r=ours,{challenge},c=biws,r={nonce}");
    let signature = sign(stored_key.as_ref(), &messages);
    let proof: Vec<u8> = client_key.iter().zip(&signature).map(|(key, mask)| key ^ mask).collect();
    let server = BASE64.encode(&sign(&sign(&salted, "Server Key"), &messages));
    (format!("c=biws,r={nonce},p={}", BASE64.encode(&proof)), format!("v={server}"))
}

const FIRST: &str = "n,,n=alice,r=ours";

/// A client that has sent its proof, made with this password, and what the server must show.
fn proven(address: SocketAddr, password: &str) -> (RawClient, String) {
    let mut client = RawClient::open(address, Version::V5);
    let connect = wire::connect(Version::V5, "client").with(property::authentication_method(METHOD));
    client.link.send(connect.with(property::authentication_data(FIRST.as_bytes())));
    let challenge = client.link.expect_auth();
    assert_eq!(challenge.reason, 0x18);
    let (proof, signature) = prove(password, &data(&challenge.properties));
    client.link.send(message(0x18, &proof));
    (client, signature)
}

fn authenticated(address: SocketAddr) -> RawClient {
    let (mut client, signature) = proven(address, "secret");
    let connack = client.link.expect_connack();
    assert_eq!((connack.code, data(&connack.properties)), (0, signature));
    client
}

#[test]
fn a_client_that_proves_its_password_is_let_in_by_the_same_method() {
    with_alice(|address| {
        let mut client = authenticated(address);
        client.subscribe("a", 0);
        client.link.send(wire::publish("a", "x"));
        client.expect_text("a", "x");
    });
}

#[test]
fn a_wrong_proof_or_message_is_refused_and_the_connection_closed() {
    with_alice(|address| {
        let (mut client, _) = proven(address, "wrong");
        let connack = client.link.expect_connack();
        assert!(connack.code >= 0x80 && !connack.session_present, "{connack:?}");
        client.link.expect_end();

        let mut client = RawClient::open(address, Version::V5);
        let connect = wire::connect(Version::V5, "client").with(property::authentication_method(METHOD));
        client.link.send(connect.with(property::authentication_data(b"nonsense")));
        assert!(client.link.expect_connack().code >= 0x80);
        client.link.expect_end();
    });
}

#[test]
fn a_client_may_authenticate_again_by_the_same_method_while_it_goes_on() {
    with_alice(|address| {
        let mut client = authenticated(address);
        client.subscribe("a", 0);
        client.link.send(message(0x19, FIRST));
        let challenge = client.link.expect_auth();
        assert_eq!(challenge.reason, 0x18);
        // Messages pass meanwhile.
        client.link.send(wire::publish("a", "x"));
        client.expect_text("a", "x");
        let (proof, signature) = prove("secret", &data(&challenge.properties));
        client.link.send(message(0x18, &proof));
        let success = client.link.expect_auth();
        assert_eq!((success.reason, data(&success.properties)), (0, signature));
        client.expect_quiet();
    });
}

#[test]
fn authenticating_again_by_another_method_or_in_vain_ends_the_connection() {
    with_alice(|address| {
        let mut client = authenticated(address);
        let other = auth(0x19).with(property::authentication_method("SCRAM-SHA-512"));
        client.link.send(other.with(property::authentication_data(FIRST.as_bytes())));
        assert!(client.link.expect_disconnect().reason >= 0x80);
        client.link.expect_end();

        let mut client = authenticated(address);
        client.link.send(message(0x19, FIRST));
        let challenge = client.link.expect_auth();
        client.link.send(message(0x18, &prove("wrong", &data(&challenge.properties)).0));
        assert!(client.link.expect_disconnect().reason >= 0x80);
        client.link.expect_end();
    });
}

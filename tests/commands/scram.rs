//! SCRAM from outside, against a broker that computes its end from the RFC and not by the code under test.

use crate::support::wire::property::{self, authentication_data, authentication_method};
use crate::support::wire::publish as publish_packet;
use crate::support::wire::{Connack, Packet, Properties, Value, auth, connack, disconnect, puback, suback};
use crate::support::{Link, Program, Running, ScriptedBroker};
use data_encoding::BASE64;
use nix::sys::signal::Signal;
use ring::{digest, hmac, pbkdf2};

const SALT: &[u8] = b"some salt";
const ITERATIONS: u32 = 4096;

/// What a broker keeps of the user `us,er` with the password `pencil`.
struct Account {
    method: &'static str,
    digest: &'static digest::Algorithm,
    hmac: hmac::Algorithm,
    stored_key: Vec<u8>,
    server_key: Vec<u8>,
}

impl Account {
    fn new(method: &'static str) -> Self {
        let (digest, hmac, pbkdf2) = match method {
            "SCRAM-SHA-1" => {
                (&digest::SHA1_FOR_LEGACY_USE_ONLY, hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, pbkdf2::PBKDF2_HMAC_SHA1)
            }
            "SCRAM-SHA-256" => (&digest::SHA256, hmac::HMAC_SHA256, pbkdf2::PBKDF2_HMAC_SHA256),
            _ => (&digest::SHA512, hmac::HMAC_SHA512, pbkdf2::PBKDF2_HMAC_SHA512),
        };
        let mut salted = vec![0; digest.output_len()];
        pbkdf2::derive(pbkdf2, ITERATIONS.try_into().unwrap(), SALT, b"pencil", &mut salted);
        let client_key = sign(hmac, &salted, "Client Key");
        let stored_key = digest::digest(digest, &client_key).as_ref().to_vec();
        Self { method, digest, hmac, stored_key, server_key: sign(hmac, &salted, "Server Key") }
    }

    /// Plays an exchange up to the client's proof: the nonce that the client chose, and our signature if the proof is
    /// right.
    fn challenge(&self, link: &mut Link) -> (String, Option<String>) {
        let connect = link.expect_connect();
        assert_eq!((connect.user_name.as_deref(), connect.password), (Some("us,er"), None));
        self.prove(link, &connect.properties)
    }

    /// The same for a re-authentication.
    fn challenge_again(&self, link: &mut Link) -> Option<String> {
        let begin = link.expect_auth();
        assert_eq!(begin.reason, 0x19);
        self.prove(link, &begin.properties).1
    }

    fn prove(&self, link: &mut Link, begin: &Properties) -> (String, Option<String>) {
        assert_eq!(begin.text(property::AUTHENTICATION_METHOD), Some(self.method));
        let first = data(begin);
        let first = first.strip_prefix("n,,").expect("the header");
        let nonce = first.strip_prefix("n=us=2Cer,r=").expect("the name and a nonce");
        let challenge = format!("r={nonce}-and-ours,s={},i={ITERATIONS}", BASE64.encode(SALT));
        link.send(self.auth(&challenge));
        let answer = link.expect_auth();
        assert_eq!(answer.reason, 0x18);
        assert_eq!(answer.properties.text(property::AUTHENTICATION_METHOD), Some(self.method));
        let last = data(&answer.properties);
        let (last, proof) = last.split_once(",p=").expect("a proof");
        assert_eq!(last, format!("c=biws,r={nonce}-and-ours"));
        let messages = format!("{first},{challenge},{last}");
        let signature = sign(self.hmac, &self.stored_key, &messages);
        let proof = BASE64.decode(proof.as_bytes()).expect("base64");
        let client_key: Vec<u8> = proof.iter().zip(&signature).map(|(proof, sign)| proof ^ sign).collect();
        let is_right = digest::digest(self.digest, &client_key).as_ref() == self.stored_key;
        let ours = BASE64.encode(&sign(self.hmac, &self.server_key, &messages));
        (nonce.to_owned(), is_right.then(|| format!("v={ours}")))
    }

    /// A whole exchange that succeeds, and the client's nonce.
    fn accept(&self, link: &mut Link) -> String {
        let (nonce, signature) = self.challenge(link);
        link.send(self.connack(&signature.expect("a right proof")));
        nonce
    }

    fn auth(&self, data: &str) -> Packet {
        auth(0x18).with(authentication_method(self.method)).with(authentication_data(data.as_bytes())).into()
    }

    fn connack(&self, data: &str) -> Connack {
        connack().with(authentication_method(self.method)).with(authentication_data(data.as_bytes()))
    }
}

fn sign(algorithm: hmac::Algorithm, key: &[u8], text: &str) -> Vec<u8> {
    hmac::sign(&hmac::Key::new(algorithm, key), text.as_bytes()).as_ref().to_vec()
}

fn data(properties: &Properties) -> String {
    match properties.get(property::AUTHENTICATION_DATA) {
        Some(Value::Binary(data)) => String::from_utf8(data.clone()).expect("SCRAM is text"),
        other => panic!("no Authentication Data: {other:?}"),
    }
}

fn publish(broker: &ScriptedBroker, method: &str, password: &str) -> Program {
    let arguments = ["pub", "-t", "a", "-m", "hi", "-q", "1", "-am", method, "-u", "us,er", "-P", password];
    Program::new(arguments).port(broker.port())
}

#[test]
fn both_prove_that_they_know_the_password_with_every_method() {
    for method in ["SCRAM-SHA-1", "SCRAM-SHA-256", "SCRAM-SHA-512"] {
        let broker = ScriptedBroker::start();
        let running = publish(&broker, method, "pencil").start();
        let mut link = broker.accept();
        Account::new(method).accept(&mut link);
        let message = link.expect_publish();
        link.send(puback(message.id));
        link.expect_goodbye();
        link.close();
        running.wait().expect_code(0);
    }
}

#[test]
fn a_broker_may_sign_before_connack() {
    let broker = ScriptedBroker::start();
    let running = publish(&broker, "scram-sha-256", "pencil").start();
    let mut link = broker.accept();
    let account = Account::new("SCRAM-SHA-256");
    let (_, signature) = account.challenge(&mut link);
    link.send(account.auth(&signature.unwrap()));
    assert_eq!(link.expect_auth().properties.get(property::AUTHENTICATION_DATA), None);
    link.send(connack());
    let message = link.expect_publish();
    link.send(puback(message.id));
    link.expect_goodbye();
    link.close();
    running.wait().expect_code(0);
}

#[test]
fn a_wrong_password_is_refused_in_the_brokers_words() {
    for in_auth in [false, true] {
        let broker = ScriptedBroker::start();
        let running = publish(&broker, "SCRAM-SHA-512", "pencils").start();
        let mut link = broker.accept();
        let account = Account::new("SCRAM-SHA-512");
        assert_eq!(account.challenge(&mut link).1, None);
        let refusal = "e=invalid-proof";
        if in_auth {
            link.send(account.auth(refusal));
        } else {
            link.send(account.connack(refusal).refusing(0x87));
        }
        let ended = running.wait().expect_code(4);
        let expected = "the broker refused the connection: Not authorized (0x87) (SCRAM: invalid-proof)";
        assert!(ended.stderr.contains(expected), "{}", ended.stderr);
        assert!(!ended.stderr.contains("pencils"), "{}", ended.stderr);
    }
}

#[test]
fn a_broker_that_does_not_know_the_password_gets_nothing() {
    for (forged, expected) in [
        ("v=Zm9yZ2VkIQ==", "a wrong SCRAM signature: it does not know the password, and may be an impostor"),
        ("", "a last SCRAM message without a signature"),
    ] {
        let broker = ScriptedBroker::start();
        let running = publish(&broker, "SCRAM-SHA-256", "pencil").start();
        let mut link = broker.accept();
        let account = Account::new("SCRAM-SHA-256");
        account.challenge(&mut link);
        // A message right behind it is not taken either.
        link.send_together([account.connack(forged).into(), publish_packet("a", "for you").into()]);
        assert_eq!(link.receive_until_end(), [disconnect(0x82).into()]);
        drop(link);
        let ended = running.wait().expect_code(9);
        assert!(ended.stderr.contains(&format!("the broker broke the protocol: {expected}")), "{}", ended.stderr);
    }
}

#[test]
fn a_broker_that_asks_for_no_proof_is_not_believed() {
    let broker = ScriptedBroker::start();
    let running = publish(&broker, "SCRAM-SHA-256", "pencil").start();
    let (mut link, _) = broker.accept_session(connack());
    assert_eq!(link.receive_until_end(), [disconnect(0x82).into()]);
    drop(link);
    let ended = running.wait().expect_code(9);
    assert!(ended.stderr.contains("success without the SCRAM signature"), "{}", ended.stderr);
}

#[test]
fn each_connection_is_an_exchange_of_its_own() {
    let broker = ScriptedBroker::start();
    let arguments = ["conn", "-am", "SCRAM-SHA-256", "-u", "us,er", "-P", "pencil", "-rp", "10"];
    let mut running = Program::new(arguments).port(broker.port()).start();
    let account = Account::new("SCRAM-SHA-256");
    let mut link = broker.accept();
    let first = account.accept(&mut link);
    running.wait_for_stderr("✔ Connected");
    link.cut();
    let mut link = broker.accept();
    let second = account.accept(&mut link);
    running.wait_for_stderr("onnected");
    assert_ne!(first, second, "a nonce is used once");
}

/// A `conn` that authenticates again at once, connected.
fn connected_again_and_again(broker: &ScriptedBroker, account: &Account) -> (Running, Link) {
    let again = ["conn", "-am", account.method, "-u", "us,er", "-P", "pencil", "--reauthenticate-every", "1ms"];
    let running = Program::new(again).arg_all(&["--trace"]).port(broker.port()).start();
    let mut link = broker.accept();
    account.accept(&mut link);
    (running, link)
}

#[test]
fn a_connection_is_authenticated_again_and_again() {
    let broker = ScriptedBroker::start();
    let account = Account::new("SCRAM-SHA-256");
    let (mut running, mut link) = connected_again_and_again(&broker, &account);
    for _ in 0..2 {
        let signature = account.challenge_again(&mut link).expect("a right proof");
        let success = auth(0).with(authentication_method(account.method));
        link.send(success.with(authentication_data(signature.as_bytes())));
        running.wait_for_stderr("✔ Authenticated again");
    }
    // Once more, since the trace may show its first packet before or after the line above.
    account.challenge_again(&mut link).expect("a right proof");
    running.signal(Signal::SIGINT);
    link.receive_until_end();
    drop(link);
    let ended = running.wait().expect_code(0);
    let begins: Vec<_> = ended.stderr.lines().filter(|line| line.contains("reason=\"Re-authenticate\"")).collect();
    assert_eq!(begins.len(), 3, "{}", ended.stderr);
    for begin in begins {
        assert!(begin.contains("-> AUTH") && begin.contains("reason_code=25"), "{begin}");
        assert!(begin.contains("authentication_data=\"(hidden)\""), "{begin}");
    }
}

#[test]
fn a_re_authentication_that_is_refused_ends_with_the_code_of_a_refusal() {
    let account = Account::new("SCRAM-SHA-1");
    for (refusal, expected) in [
        (
            disconnect(0x87).with(property::reason_string("changed")).into(),
            "the broker refused the re-authentication: Not authorized (0x87): changed",
        ),
        (
            account.auth("e=invalid-proof"),
            "the broker refused the re-authentication: Not authorized (0x87) (SCRAM: invalid-proof)",
        ),
    ] {
        let broker = ScriptedBroker::start();
        let (running, mut link) = connected_again_and_again(&broker, &account);
        account.challenge_again(&mut link);
        link.send(refusal);
        link.receive_until_end();
        drop(link);
        let ended = running.wait().expect_code(4);
        assert!(ended.stderr.contains(expected), "{}", ended.stderr);
    }
}

#[test]
fn a_re_authentication_by_an_impostor_ends_the_connection() {
    let broker = ScriptedBroker::start();
    let account = Account::new("SCRAM-SHA-256");
    let (running, mut link) = connected_again_and_again(&broker, &account);
    account.challenge_again(&mut link);
    let forged = auth(0).with(authentication_method(account.method));
    link.send(forged.with(authentication_data(b"v=Zm9yZ2VkIQ==")));
    assert_eq!(link.receive_until_end(), [disconnect(0x82).into()]);
    drop(link);
    let ended = running.wait().expect_code(9);
    assert!(ended.stderr.contains("a wrong SCRAM signature"), "{}", ended.stderr);
}

#[test]
fn messages_go_on_while_a_re_authentication_is_under_way() {
    let broker = ScriptedBroker::start();
    let arguments = ["sub", "-t", "a", "-C", "2", "--output-mode", "raw", "-am", "SCRAM-SHA-512", "-u", "us,er"];
    let running = Program::new(arguments)
        .arg_all(&["-P", "pencil", "--reauthenticate-every", "50ms"])
        .port(broker.port())
        .start();
    let account = Account::new("SCRAM-SHA-512");
    let mut link = broker.accept();
    account.accept(&mut link);
    let id = link.expect_subscribe().id;
    link.send(suback(id, [0]));
    let begin = link.expect_auth();
    assert_eq!(begin.reason, 0x19);
    link.send_together([publish_packet("a", "1").into(), publish_packet("a", "2").into()]);
    link.expect_goodbye();
    link.close();
    assert_eq!(running.wait().expect_code(0).text(), "1\n2\n");
}

#[test]
fn what_scram_needs_is_asked_for() {
    for (arguments, expected) in [
        (&["-am", "SCRAM-SHA-256", "-P", "p"][..], "--authentication-method needs --username"),
        (&["-am", "SCRAM-SHA-256", "-u", "u"], "--authentication-method needs --password"),
        (
            &["-am", "GSSAPI", "-u", "u", "-P", "p"],
            "--authentication-method: `GSSAPI` is not SCRAM-SHA-1, SCRAM-SHA-256 or SCRAM-SHA-512",
        ),
        (&["--reauthenticate-every", "1h"], "--reauthenticate-every needs --authentication-method"),
        (&["-am", "SCRAM-SHA-256", "-V", "3.1.1", "-u", "u", "-P", "p"], "--authentication-method needs MQTT 5.0"),
    ] {
        let ended = Program::new(["conn"]).arg_all(arguments).run().expect_code(2);
        assert!(ended.stderr.contains(expected), "{}", ended.stderr);
    }
}

#[test]
fn each_client_of_a_benchmark_authenticates_as_itself() {
    let broker = ScriptedBroker::start();
    let arguments = ["bench", "conn", "-c", "1", "--duration", "0.1", "-am", "SCRAM-SHA-256", "-u", "us,er"];
    let running = Program::new(arguments).arg_all(&["-P", "pencil"]).port(broker.port()).start();
    let mut link = broker.accept();
    Account::new("SCRAM-SHA-256").accept(&mut link);
    link.expect_goodbye();
    link.close();
    running.wait().expect_code(0);
}

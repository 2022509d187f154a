//! SCRAM (RFC 5802, RFC 7677): both ends prove that they know a password, without revealing it.
//!
//! The messages are built here with the primitives of ring, which is already used for TLS. The client of scram-rs 0.25
//! accepts a server nonce that does not begin with its own. rsasl 2.3 has all three methods and verifies, but does not
//! limit the iterations of the server, compares signatures in a time that reveals where they differ, and would bring a
//! second set of hashes, random numbers and base64 with a framework for every mechanism; what it would save here is
//! the hundred lines between the two messages.
//!
//! Hashing the password takes time by design, and happens under the client's lock: at most
//! [`MAXIMUM_ITERATIONS`], a fraction of a second, and once for a salt. Later exchanges use the key that was kept, which RFC 5802
//! allows, so that a re-authentication does not hold up messages.

use std::fmt;
use std::num::NonZeroU32;
use std::str::FromStr;

use bytes::Bytes;
use data_encoding::BASE64;
use ring::rand::{SecureRandom, SystemRandom};
use ring::{digest, hmac, pbkdf2};

use crate::session::{AuthenticationFault, Authenticator};

/// "No channel binding, and no other authorization identity", and the same in base64.
const HEADER: &str = "n,,";
const BOUND_HEADER: &str = "biws";
/// The minimum of RFC 7677. With fewer, an impostor could try passwords on our proof too fast.
const MINIMUM_ITERATIONS: u32 = 4096;
/// More than any broker asks for (4,096 is usual, 600,000 the most that is recommended), and 0.2 to 0.4 s here.
const MAXIMUM_ITERATIONS: u32 = 1_000_000;
/// More than any broker sends; our answer repeats a part of it.
const LONGEST_MESSAGE: usize = 4096;

/// The hash that an exchange is made with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ScramMethod {
    /// SCRAM-SHA-1.
    Sha1,
    /// SCRAM-SHA-256.
    Sha256,
    /// SCRAM-SHA-512.
    Sha512,
}

/// A name that is not a [`ScramMethod`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is not SCRAM-SHA-1, SCRAM-SHA-256 or SCRAM-SHA-512")]
pub struct UnknownMethod;

/// Who authenticates, how, and with what.
#[derive(Clone, PartialEq, Eq)]
pub struct ScramCredentials {
    /// The method.
    pub method: ScramMethod,
    /// User name.
    pub user_name: String,
    /// Password; never shown by `Debug`.
    pub password: String,
}

/// The client's end of SCRAM, for one exchange after another.
#[derive(Debug)]
pub struct Scram {
    credentials: ScramCredentials,
    step: Step,
    salted: Option<Salted>,
}

/// The key derived from a password with the salt and the iterations that a server asked for.
#[derive(Debug)]
struct Salted {
    salt: Vec<u8>,
    iterations: NonZeroU32,
    password: hmac::Key,
}

/// What comes next in an exchange.
#[derive(Debug)]
enum Step {
    /// Nothing: no exchange is in progress, or the last one failed.
    Nothing,
    /// The server's first message.
    First { nonce: String },
    /// The server's last message.
    Last { server_key: hmac::Key, messages: String },
    /// That it succeeded: its signature was right.
    Success,
}

impl Scram {
    /// Authenticates with these, prepared as SASL requires for texts that people type.
    pub fn new(credentials: ScramCredentials) -> Self {
        let ScramCredentials { method, user_name, password } = credentials;
        let credentials = ScramCredentials { method, user_name: prepared(user_name), password: prepared(password) };
        Self { credentials, step: Step::Nothing, salted: None }
    }

    fn begin_with(&mut self, nonce: String) -> Bytes {
        let first = format!("{HEADER}{}", self.first_message_bare(&nonce));
        self.step = Step::First { nonce };
        first.into()
    }

    fn first_message_bare(&self, nonce: &str) -> String {
        let name = self.credentials.user_name.replace('=', "=3D").replace(',', "=2C");
        format!("n={name},r={nonce}")
    }

    /// The answer to the server's first message.
    fn prove(&mut self, our_nonce: &str, theirs: &str) -> Result<Bytes, &'static str> {
        let Challenge { nonce, salt, iterations } = Challenge::read(theirs)?;
        if nonce.len() <= our_nonce.len() || !nonce.starts_with(our_nonce) {
            return Err("SCRAM with a nonce that does not begin with ours");
        }
        let method = self.credentials.method;
        let salted = match self.salted.take() {
            Some(kept) if kept.salt == salt && kept.iterations == iterations => kept,
            _ => Salted::new(&self.credentials, salt, iterations),
        };
        let client_key = hmac::sign(&salted.password, b"Client Key");
        let stored_key = digest::digest(method.digest(), client_key.as_ref());
        let last = format!("c={BOUND_HEADER},r={nonce}");
        let messages = format!("{},{theirs},{last}", self.first_message_bare(our_nonce));
        let signature = hmac::sign(&hmac::Key::new(method.hmac(), stored_key.as_ref()), messages.as_bytes());
        let proof: Vec<u8> = client_key.as_ref().iter().zip(signature.as_ref()).map(|(key, sign)| key ^ sign).collect();
        let server_key = hmac::Key::new(method.hmac(), hmac::sign(&salted.password, b"Server Key").as_ref());
        self.step = Step::Last { server_key, messages };
        self.salted = Some(salted);
        Ok(format!("{last},p={}", BASE64.encode(&proof)).into())
    }
}

impl Salted {
    fn new(credentials: &ScramCredentials, salt: Vec<u8>, iterations: NonZeroU32) -> Self {
        let method = credentials.method;
        let mut key = vec![0; method.digest().output_len()];
        pbkdf2::derive(method.pbkdf2(), iterations, &salt, credentials.password.as_bytes(), &mut key);
        Self { salt, iterations, password: hmac::Key::new(method.hmac(), &key) }
    }
}

/// `SASLprep` (RFC 4013), so that both ends arrive at the same bytes for a text however it was typed. One that it
/// forbids is used unchanged, as the broker may store it that way.
fn prepared(text: String) -> String {
    match stringprep::saslprep(&text) {
        Ok(prepared) => prepared.into_owned(),
        Err(_) => text,
    }
}

impl Authenticator for Scram {
    fn method(&self) -> &str {
        self.credentials.method.name()
    }

    fn begin(&mut self) -> Bytes {
        let mut random = [0; 18];
        if SystemRandom::new().fill(&mut random).is_err() {
            // A system without randomness. No exchange begins, and none succeeds.
            self.step = Step::Nothing;
            return Bytes::new();
        }
        self.begin_with(BASE64.encode(&random))
    }

    fn answer(&mut self, data: &[u8]) -> Result<Bytes, AuthenticationFault> {
        if server_error(data).is_some() {
            return Err(AuthenticationFault::Refused);
        }
        match std::mem::replace(&mut self.step, Step::Nothing) {
            Step::First { nonce } => {
                let theirs = text(data).map_err(AuthenticationFault::Wrong)?;
                self.prove(&nonce, theirs).map_err(AuthenticationFault::Wrong)
            }
            // Some servers send their last message in AUTH, and not in the packet that reports success.
            Step::Last { server_key, messages } => {
                verify(&server_key, &messages, data).map_err(AuthenticationFault::Wrong)?;
                self.step = Step::Success;
                Ok(Bytes::new())
            }
            Step::Nothing | Step::Success => Err(AuthenticationFault::Wrong("more messages than SCRAM has")),
        }
    }

    fn finish(&mut self, data: Option<&[u8]>) -> Result<(), AuthenticationFault> {
        if data.and_then(server_error).is_some() {
            return Err(AuthenticationFault::Refused);
        }
        match (std::mem::replace(&mut self.step, Step::Nothing), data) {
            (Step::Last { server_key, messages }, Some(data)) => {
                verify(&server_key, &messages, data).map_err(AuthenticationFault::Wrong)
            }
            (Step::Success, _) => Ok(()),
            (Step::Nothing | Step::First { .. } | Step::Last { .. }, _) => {
                Err(AuthenticationFault::Wrong("success without the SCRAM signature that would prove who it is"))
            }
        }
    }
}

/// The error in the server's last message, if any. It is untrusted.
pub(super) fn server_error(data: &[u8]) -> Option<&str> {
    let error = text(data).ok()?.strip_prefix("e=")?;
    error.split(',').next()
}

fn text(data: &[u8]) -> Result<&str, &'static str> {
    if data.len() > LONGEST_MESSAGE {
        return Err("a SCRAM message that is too long");
    }
    std::str::from_utf8(data).map_err(|_| "a SCRAM message that is not UTF-8")
}

fn verify(server_key: &hmac::Key, messages: &str, data: &[u8]) -> Result<(), &'static str> {
    let signature = text(data)?.strip_prefix("v=").and_then(|rest| rest.split(',').next());
    let signature = signature.and_then(|text| BASE64.decode(text.as_bytes()).ok());
    let signature = signature.ok_or("a last SCRAM message without a signature")?;
    hmac::verify(server_key, messages.as_bytes(), &signature)
        .map_err(|_| "a wrong SCRAM signature: it does not know the password, and may be an impostor")
}

/// The server's first message.
struct Challenge<'a> {
    nonce: &'a str,
    salt: Vec<u8>,
    iterations: NonZeroU32,
}

impl<'a> Challenge<'a> {
    fn read(message: &'a str) -> Result<Self, &'static str> {
        // Extensions may follow; one that must be understood would come first.
        let mut fields = message.split(',');
        let mut field = |name| fields.next().and_then(|field| field.strip_prefix(name));
        let (nonce, salt, iterations) = (field("r="), field("s="), field("i="));
        let nonce = nonce.filter(|nonce| nonce.bytes().all(|byte| byte.is_ascii_graphic()));
        let nonce = nonce.ok_or("a first SCRAM message without a nonce")?;
        let salt = salt.and_then(|salt| BASE64.decode(salt.as_bytes()).ok());
        let salt = salt.ok_or("a first SCRAM message without a salt")?;
        // The parser of Rust would take a sign and zeros before the number.
        let iterations = iterations.filter(|count| count.starts_with(|first: char| matches!(first, '1'..='9')));
        let iterations = iterations.and_then(|count| count.parse::<NonZeroU32>().ok());
        let iterations = iterations.ok_or("a first SCRAM message without an iteration count")?;
        match iterations.get() {
            ..MINIMUM_ITERATIONS => Err("SCRAM with fewer than 4,096 iterations, too few to be safe"),
            MINIMUM_ITERATIONS..=MAXIMUM_ITERATIONS => Ok(Self { nonce, salt, iterations }),
            _ => Err("SCRAM with more than 1,000,000 iterations"),
        }
    }
}

impl ScramMethod {
    /// The name of the method in MQTT.
    pub fn name(self) -> &'static str {
        match self {
            Self::Sha1 => "SCRAM-SHA-1",
            Self::Sha256 => "SCRAM-SHA-256",
            Self::Sha512 => "SCRAM-SHA-512",
        }
    }

    fn digest(self) -> &'static digest::Algorithm {
        match self {
            Self::Sha1 => &digest::SHA1_FOR_LEGACY_USE_ONLY,
            Self::Sha256 => &digest::SHA256,
            Self::Sha512 => &digest::SHA512,
        }
    }

    fn hmac(self) -> hmac::Algorithm {
        match self {
            Self::Sha1 => hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY,
            Self::Sha256 => hmac::HMAC_SHA256,
            Self::Sha512 => hmac::HMAC_SHA512,
        }
    }

    fn pbkdf2(self) -> pbkdf2::Algorithm {
        match self {
            Self::Sha1 => pbkdf2::PBKDF2_HMAC_SHA1,
            Self::Sha256 => pbkdf2::PBKDF2_HMAC_SHA256,
            Self::Sha512 => pbkdf2::PBKDF2_HMAC_SHA512,
        }
    }
}

impl FromStr for ScramMethod {
    type Err = UnknownMethod;

    fn from_str(name: &str) -> Result<Self, UnknownMethod> {
        let methods = [Self::Sha1, Self::Sha256, Self::Sha512];
        methods.into_iter().find(|method| method.name().eq_ignore_ascii_case(name)).ok_or(UnknownMethod)
    }
}

impl fmt::Debug for ScramCredentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ScramCredentials")
            .field("method", &self.method)
            .field("user_name", &self.user_name)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Of RFC 7677, section 3.
    const NONCE: &str = "rOprNGfwEbeRWgbNEkqO";
    const CHALLENGE: &str = "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096";
    const PROOF: &str = "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,\
                         p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=";
    const SIGNATURE: &str = "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=";

    fn scram(method: ScramMethod, user_name: &str) -> Scram {
        Scram::new(ScramCredentials { method, user_name: user_name.into(), password: "pencil".into() })
    }

    /// An exchange up to our proof.
    fn proven() -> Scram {
        let mut scram = scram(ScramMethod::Sha256, "user");
        scram.begin_with(NONCE.into());
        assert_eq!(scram.answer(CHALLENGE.as_bytes()).unwrap(), PROOF);
        scram
    }

    fn fault(answer: Result<impl fmt::Debug, AuthenticationFault>) -> &'static str {
        match answer {
            Err(AuthenticationFault::Wrong(fault)) => fault,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_example_of_rfc_5802() {
        let mut scram = scram(ScramMethod::Sha1, "user");
        let first = scram.begin_with("fyko+d2lbbFgONRv9qkxdawL".into());
        assert_eq!(first, "n,,n=user,r=fyko+d2lbbFgONRv9qkxdawL");
        let challenge = "r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,s=QSXCR+Q6sek8bf92,i=4096";
        let proof = "c=biws,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,p=v0X8v3Bz2T0CJGbJQyF0X+HI4Ts=";
        assert_eq!(scram.answer(challenge.as_bytes()).unwrap(), proof);
        assert_eq!(scram.finish(Some(b"v=rmF9pqV8S7suAoZWja4dJRkFsKQ=")), Ok(()));
    }

    #[test]
    fn the_example_of_rfc_7677() {
        assert_eq!(scram(ScramMethod::Sha256, "user").begin_with(NONCE.into()), format!("n,,n=user,r={NONCE}"));
        assert_eq!(proven().finish(Some(SIGNATURE.as_bytes())), Ok(()));
    }

    /// No RFC has one: the messages of RFC 7677 with the other hash, computed by Python's hashlib.
    #[test]
    fn the_same_with_sha_512() {
        let mut scram = scram(ScramMethod::Sha512, "user");
        scram.begin_with(NONCE.into());
        let answer = scram.answer(CHALLENGE.as_bytes()).unwrap();
        let proof = "p=gMGXRcevScNtxZ6/8lQYpGtnsNAc3mGcmNomv+xnoOMw+3R2xNJdMNnzMlTN8PPC6wdp6dybEmDYXYTxwnYPJQ==";
        assert!(answer.ends_with(proof.as_bytes()), "{answer:?}");
        let signature = "v=ZQnYEgWQMFmmsM8aQMF0nDDCy/AgCzkwk8CmMZYcMg0vSVlKDanekLtifDSeVGT4+5ZxXnJq199RVG2rR7N7Zw==";
        assert_eq!(scram.finish(Some(signature.as_bytes())), Ok(()));
    }

    #[test]
    fn the_salted_password_is_used_again_for_the_same_salt_only() {
        let mut scram = proven();
        let kept = scram.salted.take().unwrap();
        // Not the right key: that it is used shows in the proof.
        scram.salted = Some(Salted { password: hmac::Key::new(hmac::HMAC_SHA256, b"another"), ..kept });
        scram.begin_with(NONCE.into());
        assert_ne!(scram.answer(CHALLENGE.as_bytes()).unwrap(), PROOF);
        for other in [CHALLENGE.replace("W22Z", "AAAA"), CHALLENGE.replace("4096", "4097")] {
            scram.begin_with(NONCE.into());
            scram.answer(other.as_bytes()).unwrap();
            scram.begin_with(NONCE.into());
            assert_eq!(scram.answer(CHALLENGE.as_bytes()).unwrap(), PROOF);
        }
    }

    /// The examples of RFC 4013, section 3; the last two are forbidden there.
    #[test]
    fn texts_are_prepared_as_people_may_type_them() {
        for (text, prepared_text) in [
            ("I\u{ad}X", "IX"),
            ("user", "user"),
            ("USER", "USER"),
            ("\u{aa}", "a"),
            ("\u{2168}", "IX"),
            ("u\u{308}", "\u{fc}"),
            ("\u{7}", "\u{7}"),
            ("\u{627}1", "\u{627}1"),
        ] {
            assert_eq!(prepared(text.to_owned()), prepared_text, "{text:?}");
        }
    }

    #[test]
    fn the_signature_may_come_before_the_success() {
        let mut scram = proven();
        assert_eq!(scram.answer(SIGNATURE.as_bytes()), Ok(Bytes::new()));
        assert_eq!(scram.finish(None), Ok(()));
    }

    #[test]
    fn no_success_without_the_right_signature() {
        let without = "success without the SCRAM signature that would prove who it is";
        assert_eq!(fault(proven().finish(None)), without);
        assert_eq!(fault(scram(ScramMethod::Sha256, "user").finish(Some(SIGNATURE.as_bytes()))), without);
        for forged in ["v=AAAATRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=", "v="] {
            assert!(fault(proven().finish(Some(forged.as_bytes()))).starts_with("a wrong SCRAM signature"), "{forged}");
            assert!(fault(proven().answer(forged.as_bytes())).starts_with("a wrong SCRAM signature"), "{forged}");
        }
        for other in ["", "v=!", "w=6rri", SIGNATURE.trim_end_matches('=')] {
            assert_eq!(fault(proven().finish(Some(other.as_bytes()))), "a last SCRAM message without a signature");
        }
    }

    #[test]
    fn what_the_server_refuses_is_told() {
        assert_eq!(proven().finish(Some(b"e=invalid-proof")), Err(AuthenticationFault::Refused));
        assert_eq!(proven().answer(b"e=invalid-proof"), Err(AuthenticationFault::Refused));
        assert_eq!(server_error(b"e=unknown-user,x=1"), Some("unknown-user"));
        assert_eq!(server_error(SIGNATURE.as_bytes()), None);
    }

    #[test]
    fn a_challenge_that_is_none_is_not_answered() {
        let nonce = "r=rOprNGfwEbeRWgbNEkqOmore";
        for (challenge, expected) in [
            (String::new(), "a first SCRAM message without a nonce"),
            (format!("m=must,{nonce},s=AAAA,i=4096"), "a first SCRAM message without a nonce"),
            (format!("{nonce},s=A,i=4096"), "a first SCRAM message without a salt"),
            (format!("{nonce},s=AA==A,i=4096"), "a first SCRAM message without a salt"),
            (format!("{nonce},s=AB==,i=4096"), "a first SCRAM message without a salt"),
            (format!("{nonce}\u{e9},s=AAAA,i=4096"), "a first SCRAM message without a nonce"),
            (format!("{nonce},s=AAAA,i=0"), "a first SCRAM message without an iteration count"),
            (format!("{nonce},s=AAAA,i=+4096"), "a first SCRAM message without an iteration count"),
            (format!("{nonce},s=AAAA,i=99999999999"), "a first SCRAM message without an iteration count"),
            (format!("{nonce},s=AAAA,i=2147483648"), "SCRAM with more than 1,000,000 iterations"),
            (format!("{nonce},s=AAAA,i=4095"), "SCRAM with fewer than 4,096 iterations, too few to be safe"),
            (format!("{nonce},s=AAAA,i=4294967295"), "SCRAM with more than 1,000,000 iterations"),
            (format!("r={NONCE},s=AAAA,i=4096"), "SCRAM with a nonce that does not begin with ours"),
            ("r=another-nonce-of-some-length,s=AAAA,i=4096".into(), "SCRAM with a nonce that does not begin with ours"),
            (format!("{nonce},s=AAAA,i=4096,{}", "x".repeat(5000)), "a SCRAM message that is too long"),
        ] {
            let mut scram = scram(ScramMethod::Sha256, "user");
            scram.begin_with(NONCE.into());
            assert_eq!(fault(scram.answer(challenge.as_bytes())), expected, "{challenge}");
        }
    }

    #[test]
    fn each_exchange_has_a_nonce_of_its_own_and_separators_in_names_are_escaped() {
        let mut scram = scram(ScramMethod::Sha512, "a=b,c");
        let (one, other) = (scram.begin(), scram.begin());
        assert!(one.starts_with(b"n,,n=a=3Db=2Cc,r="), "{one:?}");
        assert_ne!(one, other);
    }

    #[test]
    fn debug_shows_no_password() {
        assert!(!format!("{:?}", proven()).contains("pencil"));
    }
}

//! The broker's side of SCRAM (RFC 5802, RFC 7677): a client proves that it knows its password and verifies that the
//! broker knows it too, without either revealing it.

use std::collections::HashMap;
use std::num::NonZeroU32;

use data_encoding::BASE64;
use ring::rand::{SecureRandom, SystemRandom};
use ring::{digest, hmac, pbkdf2};

/// The minimum of RFC 7677, as hashing a password delays all clients; it happens once per user.
const ITERATIONS: NonZeroU32 = NonZeroU32::new(4096).unwrap();

/// The hash that an exchange is made with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Method {
    Sha256,
    Sha512,
}

/// One exchange.
#[derive(Debug)]
pub(super) struct Exchange {
    method: Method,
    step: Step,
}

#[derive(Debug)]
enum Step {
    /// The client's first message is expected.
    First,
    /// The client's proof is expected.
    Proof {
        user_name: String,
        nonce: String,
        messages: String,
        keys: Option<Keys>,
    },
    Over,
}

/// What is kept of a password: enough to check a proof, and too little to make one.
#[derive(Debug, Clone)]
pub(super) struct Keys {
    salt: Vec<u8>,
    stored: Vec<u8>,
    server: Vec<u8>,
}

/// Keys of the users that have authenticated, as deriving them is slow by design.
#[derive(Debug, Default)]
pub(super) struct Cache {
    keys: HashMap<(Method, String), Keys>,
    /// Key for the salt of unknown users, which is the same each time, like that of others.
    secret: Option<hmac::Key>,
}

/// What the broker answers.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// In AUTH that continues.
    Continue(Vec<u8>),
    /// With the success: who it is, and the proof that the broker knows the password too.
    Success { user_name: String, data: Vec<u8> },
}

/// The proof is wrong, or the rules are broken; which of the two is not revealed, as it would help an attacker.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Refused;

impl Method {
    /// `None`: it is not offered.
    pub(super) fn of(name: &str) -> Option<Self> {
        match name {
            "SCRAM-SHA-256" => Some(Self::Sha256),
            "SCRAM-SHA-512" => Some(Self::Sha512),
            _ => None,
        }
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Sha256 => "SCRAM-SHA-256",
            Self::Sha512 => "SCRAM-SHA-512",
        }
    }

    fn digest(self) -> &'static digest::Algorithm {
        match self {
            Self::Sha256 => &digest::SHA256,
            Self::Sha512 => &digest::SHA512,
        }
    }

    fn hmac(self) -> hmac::Algorithm {
        match self {
            Self::Sha256 => hmac::HMAC_SHA256,
            Self::Sha512 => hmac::HMAC_SHA512,
        }
    }

    fn pbkdf2(self) -> pbkdf2::Algorithm {
        match self {
            Self::Sha256 => pbkdf2::PBKDF2_HMAC_SHA256,
            Self::Sha512 => pbkdf2::PBKDF2_HMAC_SHA512,
        }
    }
}

impl Keys {
    fn new(method: Method, password: &[u8], salt: Vec<u8>) -> Self {
        let mut salted = vec![0; method.digest().output_len()];
        pbkdf2::derive(method.pbkdf2(), ITERATIONS, &salt, password, &mut salted);
        let salted = hmac::Key::new(method.hmac(), &salted);
        let client = hmac::sign(&salted, b"Client Key");
        let stored = digest::digest(method.digest(), client.as_ref()).as_ref().to_vec();
        Self { salt, stored, server: hmac::sign(&salted, b"Server Key").as_ref().to_vec() }
    }
}

impl Cache {
    /// The keys of a user, made at the first time.
    fn keys(&mut self, method: Method, user_name: &str, password: &[u8]) -> Option<Keys> {
        if let Some(keys) = self.keys.get(&(method, user_name.to_owned())) {
            return Some(keys.clone());
        }
        let mut salt = vec![0; 16];
        SystemRandom::new().fill(&mut salt).ok()?;
        let keys = Keys::new(method, &prepared(password), salt);
        self.keys.insert((method, user_name.to_owned()), keys.clone());
        Some(keys)
    }

    /// The salt of an unknown user.
    fn salt_of_nobody(&mut self, user_name: &str) -> Option<Vec<u8>> {
        if self.secret.is_none() {
            self.secret = hmac::Key::generate(hmac::HMAC_SHA256, &SystemRandom::new()).ok();
        }
        Some(hmac::sign(self.secret.as_ref()?, user_name.as_bytes()).as_ref()[..16].to_vec())
    }
}

/// `SASLprep` (RFC 4013), which the client applies as well; what it forbids is used unchanged.
fn prepared(password: &[u8]) -> Vec<u8> {
    let text = std::str::from_utf8(password).ok().and_then(|text| stringprep::saslprep(text).ok());
    text.map_or_else(|| password.to_vec(), |text| text.as_bytes().to_vec())
}

impl Exchange {
    pub(super) fn new(method: Method) -> Self {
        Self { method, step: Step::First }
    }

    pub(super) fn method(&self) -> Method {
        self.method
    }

    /// Takes the next step. `password` finds the password of a user.
    pub(super) fn answer<'p>(
        &mut self,
        data: &[u8],
        cache: &mut Cache,
        password: impl FnOnce(&str) -> Option<&'p [u8]>,
    ) -> Result<Answer, Refused> {
        let text = std::str::from_utf8(data).map_err(|_| Refused)?;
        match std::mem::replace(&mut self.step, Step::Over) {
            Step::First => self.challenge(text, cache, password).ok_or(Refused).map(Answer::Continue),
            Step::Proof { user_name, nonce, messages, keys } => {
                let data = verify(self.method, text, &nonce, &messages, &keys.ok_or(Refused)?).ok_or(Refused)?;
                Ok(Answer::Success { user_name, data })
            }
            Step::Over => Err(Refused),
        }
    }

    /// The answer to the client's first message.
    fn challenge<'p>(
        &mut self,
        text: &str,
        cache: &mut Cache,
        password: impl FnOnce(&str) -> Option<&'p [u8]>,
    ) -> Option<Vec<u8>> {
        // "No channel binding, and no other authorization identity".
        let bare = text.strip_prefix("n,,").or_else(|| text.strip_prefix("y,,"))?;
        let mut fields = bare.split(',');
        let user_name = fields.next()?.strip_prefix("n=")?.replace("=2C", ",").replace("=3D", "=");
        let client_nonce = fields.next()?.strip_prefix("r=").filter(|nonce| !nonce.is_empty())?;
        let mut random = [0; 18];
        SystemRandom::new().fill(&mut random).ok()?;
        let nonce = format!("{client_nonce}{}", BASE64.encode(&random));
        let keys = password(&user_name).and_then(|password| cache.keys(self.method, &user_name, password));
        let salt = match &keys {
            Some(keys) => keys.salt.clone(),
            // The exchange continues, so that an attacker cannot find out which users exist.
            None => cache.salt_of_nobody(&user_name)?,
        };
        let first = format!("r={nonce},s={},i={ITERATIONS}", BASE64.encode(&salt));
        // `biws` and `eSws` are the two headers in base64.
        let header = if text.starts_with('n') { "biws" } else { "eSws" };
        let messages = format!("{bare},{first},c={header},r={nonce}");
        self.step = Step::Proof { user_name, nonce: format!("c={header},r={nonce}"), messages, keys };
        Some(first.into_bytes())
    }
}

/// Checks the client's proof; returns the broker's own.
fn verify(method: Method, text: &str, expected: &str, messages: &str, keys: &Keys) -> Option<Vec<u8>> {
    let proof = text.strip_prefix(expected)?.strip_prefix(",p=")?;
    let proof = BASE64.decode(proof.as_bytes()).ok()?;
    let signature = hmac::sign(&hmac::Key::new(method.hmac(), &keys.stored), messages.as_bytes());
    if proof.len() != signature.as_ref().len() {
        return None;
    }
    let client_key: Vec<u8> = proof.iter().zip(signature.as_ref()).map(|(proof, sign)| proof ^ sign).collect();
    let stored = digest::digest(method.digest(), &client_key);
    // Hashes of a hash: a timing difference reveals nothing useful.
    if stored.as_ref() != keys.stored {
        return None;
    }
    let proof = hmac::sign(&hmac::Key::new(method.hmac(), &keys.server), messages.as_bytes());
    Some(format!("v={}", BASE64.encode(proof.as_ref())).into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_of_rfc_7677_is_verified_and_a_change_is_not() {
        let salt = BASE64.decode(b"W22ZaJ0SNY7soEsUEjb6gQ==").unwrap();
        let keys = Keys::new(Method::Sha256, b"pencil", salt);
        let nonce = "rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0";
        let expected = format!("c=biws,r={nonce}");
        let messages =
            format!("n=user,r=rOprNGfwEbeRWgbNEkqO,r={nonce},s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096,c=biws,r={nonce}");
        let last = format!("{expected},p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=");
        let signature = verify(Method::Sha256, &last, &expected, &messages, &keys).unwrap();
        assert_eq!(signature, b"v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=");
        for wrong in [last.replace("p=dH", "p=eH"), last.replace("r=rO", "r=xO"), expected.clone()] {
            assert_eq!(verify(Method::Sha256, &wrong, &expected, &messages, &keys), None, "{wrong}");
        }
    }

    #[test]
    fn a_user_that_there_is_not_is_refused_only_at_its_proof() {
        let mut cache = Cache::default();
        let mut salt_of = |name: &str| {
            let mut exchange = Exchange::new(Method::Sha256);
            let first = format!("n,,n={name},r=abc");
            let answer = exchange.answer(first.as_bytes(), &mut cache, |_| None).unwrap();
            let Answer::Continue(data) = answer else { panic!("{answer:?}") };
            let text = String::from_utf8(data).unwrap();
            assert!(text.starts_with("r=abc"), "{text}");
            let proof = format!("c=biws,{},p=AAAA", text.split(',').next().unwrap());
            assert_eq!(exchange.answer(proof.as_bytes(), &mut cache, |_| None), Err(Refused));
            text.split(',').nth(1).unwrap().to_owned()
        };
        assert_eq!(salt_of("nobody"), salt_of("nobody"));
        assert_ne!(salt_of("nobody"), salt_of("somebody"));
    }
}

use std::fmt;
use std::num::NonZeroU32;

use data_encoding::BASE64;
use ring::{digest, pbkdf2};

use super::error::AccessProblem;

/// The most iterations of a hash: about a second of one core for each login.
const MAXIMUM_ITERATIONS: u32 = 1_000_000;

/// A password to check against.
#[derive(Clone)]
pub(super) enum Password {
    Plain(Vec<u8>),
    /// `$6$`: SHA-512 over password and salt.
    Sha512 {
        salt: Vec<u8>,
        hash: Vec<u8>,
    },
    /// `$7$`: PBKDF2 with HMAC-SHA-512.
    Pbkdf2 {
        iterations: NonZeroU32,
        salt: Vec<u8>,
        hash: Vec<u8>,
    },
}

/// Whether it looks like a hash, for example `$2b$`: treated as a plain password, it would silently never match.
fn is_another_hash(text: &str) -> bool {
    let kind = text.strip_prefix('$').and_then(|rest| rest.split_once('$')).map(|(kind, _)| kind);
    kind.is_some_and(|kind| kind.starts_with(|first: char| first.is_ascii_digit()) && kind.len() <= 2)
}

impl Password {
    /// A password of a file: hashed if it begins with `$6$` or `$7$`, plain otherwise.
    pub(super) fn parse(name: &str, text: &str) -> Result<Self, AccessProblem> {
        let bad = || AccessProblem::Hash(name.to_owned());
        let decode = |text: &str| BASE64.decode(text.as_bytes()).map_err(|_| bad());
        let parts = |rest: &str| rest.split('$').map(str::to_owned).collect::<Vec<_>>();
        let password = if let Some(rest) = text.strip_prefix("$6$") {
            let [salt, hash] = &parts(rest)[..] else { return Err(bad()) };
            Self::Sha512 { salt: decode(salt)?, hash: decode(hash)? }
        } else if let Some(rest) = text.strip_prefix("$7$") {
            let [iterations, salt, hash] = &parts(rest)[..] else { return Err(bad()) };
            let number = iterations.parse().ok().filter(|number: &NonZeroU32| number.get() <= MAXIMUM_ITERATIONS);
            let Some(number) = number else {
                let (name, given) = (name.to_owned(), iterations.clone());
                return Err(AccessProblem::Iterations { name, given, most: MAXIMUM_ITERATIONS });
            };
            Self::Pbkdf2 { iterations: number, salt: decode(salt)?, hash: decode(hash)? }
        } else if is_another_hash(text) {
            return Err(AccessProblem::HashKind(name.to_owned()));
        } else {
            return Ok(Self::Plain(text.as_bytes().to_vec()));
        };
        match &password {
            Self::Sha512 { hash, .. } | Self::Pbkdf2 { hash, .. } if hash.len() != digest::SHA512_OUTPUT_LEN => {
                Err(bad())
            }
            _ => Ok(password),
        }
    }

    /// Whether it matches, in a time that does not depend on where they differ.
    pub(super) fn is(&self, given: &[u8]) -> bool {
        match self {
            Self::Plain(password) => {
                // Always of equal length, so that the time does not reveal the length either.
                let [own, given] =
                    [password.as_slice(), given].map(|password| digest::digest(&digest::SHA512, password));
                are_equal(own.as_ref(), given.as_ref())
            }
            Self::Sha512 { salt, hash } => {
                let mut context = digest::Context::new(&digest::SHA512);
                context.update(given);
                context.update(salt);
                are_equal(context.finish().as_ref(), hash)
            }
            Self::Pbkdf2 { iterations, salt, hash } => {
                pbkdf2::verify(pbkdf2::PBKDF2_HMAC_SHA512, *iterations, salt, given, hash).is_ok()
            }
        }
    }
}

fn are_equal(one: &[u8], other: &[u8]) -> bool {
    one.len() == other.len()
        && one.iter().zip(other).fold(0, |difference, (one, other)| difference | (one ^ other)) == 0
}

impl fmt::Debug for Password {
    /// Without the password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Plain(_) => "Plain(..)",
            Self::Sha512 { .. } => "Sha512 { .. }",
            Self::Pbkdf2 { .. } => "Pbkdf2 { .. }",
        })
    }
}

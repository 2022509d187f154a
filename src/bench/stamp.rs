//! What a message of the bench says about itself, in the first bytes of its payload.
//!
//! ```text
//! 0      4        8     12          16         20           24        32
//! | MAGIC | clock | run | publisher | sequence | delay (us) | planned (ns) |   big-endian
//! ```
//!
//! In a user property and in JSON it is the same in base64 for URLs, 43 characters.
//!
//! `clock` names the clock that `planned` was read from, so that times of two machines are not subtracted by default.

use data_encoding::BASE64URL_NOPAD;

/// A stamp as written in a payload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamp {
    /// Which clock: equal for processes of one machine, since it started.
    pub clock: u32,
    /// Which run, a random number that distinguishes messages of other runs.
    pub run: u32,
    /// Number of the publisher among all.
    pub publisher: u32,
    /// Number of the message among its publisher's; wraps.
    pub sequence: u32,
    /// How much later than planned it was handed over, microseconds.
    pub delay_micros: u32,
    /// When it was to be sent, Unix time in nanoseconds.
    pub planned: u64,
}

const MAGIC: u32 = u32::from_be_bytes(*b"mqx\x01");

impl Stamp {
    /// Bytes of a stamp; shorter payloads carry none.
    pub const SIZE: usize = 32;

    /// Writes it over the first bytes of a payload; `false` when it does not fit.
    pub fn write(&self, payload: &mut [u8]) -> bool {
        let Some(place) = payload.first_chunk_mut::<{ Self::SIZE }>() else { return false };
        let words = [MAGIC, self.clock, self.run, self.publisher, self.sequence, self.delay_micros];
        for (chunk, word) in place.chunks_exact_mut(4).zip(words) {
            chunk.copy_from_slice(&word.to_be_bytes());
        }
        place[24..].copy_from_slice(&self.planned.to_be_bytes());
        true
    }

    /// Reads it from a payload that has one.
    pub fn read(payload: &[u8]) -> Option<Self> {
        let place = payload.first_chunk::<{ Self::SIZE }>()?;
        let word = |at: usize| u32::from_be_bytes([place[at], place[at + 1], place[at + 2], place[at + 3]]);
        if word(0) != MAGIC {
            return None;
        }
        let planned = u64::from(word(24)) << 32 | u64::from(word(28));
        let [clock, run, publisher, sequence, delay_micros] = [word(4), word(8), word(12), word(16), word(20)];
        Some(Self { clock, run, publisher, sequence, delay_micros, planned })
    }

    /// Characters of a stamp that is text.
    pub(super) const TEXT_SIZE: usize = 43;

    /// Writes it over the first characters of a text; `false` when it does not fit.
    pub(super) fn write_text(&self, text: &mut [u8]) -> bool {
        let Some(place) = text.first_chunk_mut::<{ Self::TEXT_SIZE }>() else { return false };
        let mut bytes = [0; Self::SIZE];
        self.write(&mut bytes);
        BASE64URL_NOPAD.encode_mut(&bytes, place);
        true
    }

    /// Reads it from a text that is one.
    pub(super) fn read_text(text: &[u8]) -> Option<Self> {
        let text: &[u8; Self::TEXT_SIZE] = text.try_into().ok()?;
        let mut bytes = [0; Self::SIZE];
        BASE64URL_NOPAD.decode_mut(text, &mut bytes).ok()?;
        Self::read(&bytes)
    }

    /// When it was handed over, Unix time in nanoseconds.
    pub fn sent(&self) -> u64 {
        self.planned.saturating_add(u64::from(self.delay_micros) * 1000)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let stamp =
            Stamp { clock: 1, run: 2, publisher: 3, sequence: u32::MAX, delay_micros: 5, planned: u64::MAX - 6 };
        let mut payload = [b'x'; 40];
        assert!(stamp.write(&mut payload));
        assert_eq!(Stamp::read(&payload), Some(stamp));
        assert_eq!(&payload[32..], b"xxxxxxxx");
    }

    #[test]
    fn what_is_written_as_text_is_read() {
        let stamp =
            Stamp { clock: 1, run: 2, publisher: 3, sequence: u32::MAX, delay_micros: 5, planned: u64::MAX - 6 };
        let mut text = [b'"'; Stamp::TEXT_SIZE + 1];
        assert!(stamp.write_text(&mut text));
        assert!(text[..Stamp::TEXT_SIZE].iter().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(byte)));
        assert_eq!(Stamp::read_text(&text[..Stamp::TEXT_SIZE]), Some(stamp));
        assert_eq!(Stamp::read_text(&text), None);
        assert_eq!(Stamp::read_text(&[b'A'; Stamp::TEXT_SIZE]), None);
        assert!(!stamp.write_text(&mut text[..9]));
    }

    #[test]
    fn a_short_payload_and_a_foreign_one_have_none() {
        let stamp = Stamp { clock: 1, run: 2, publisher: 3, sequence: 4, delay_micros: 5, planned: 6 };
        let mut short = [b'x'; 31];
        assert!(!stamp.write(&mut short));
        assert_eq!(short, [b'x'; 31]);
        assert_eq!(Stamp::read(&short), None);
        assert_eq!(Stamp::read(&[b'x'; 100]), None);
    }
}

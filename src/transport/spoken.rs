use std::fmt;

/// What the first bytes of a peer look like if they are not what was expected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Spoken {
    /// A TLS record.
    Tls,
    /// An HTTP answer.
    Http,
    /// A SOCKS answer.
    Socks,
    /// An SSH greeting.
    Ssh,
    /// CONNACK.
    Mqtt,
    /// Something else.
    Unknown,
}

impl Spoken {
    /// Guesses by the first bytes.
    pub fn recognise(first: &[u8]) -> Self {
        match first {
            // An alert or a handshake message, version 3.x.
            [0x15 | 0x16, 0x03, ..] => Self::Tls,
            // A choice of method in version 5; an answer of version 4.
            [0x05, 0x00..=0x02 | 0xFF] | [0x00, 0x5A..=0x5D, ..] => Self::Socks,
            [0x20, 0x02..=0xFF, 0x00 | 0x01, ..] => Self::Mqtt,
            _ if first.starts_with(b"HTTP/") => Self::Http,
            _ if first.starts_with(b"SSH-") => Self::Ssh,
            _ => Self::Unknown,
        }
    }
}

impl fmt::Display for Spoken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Tls => "TLS",
            Self::Http => "HTTP",
            Self::Socks => "SOCKS",
            Self::Ssh => "SSH",
            Self::Mqtt => "plain MQTT",
            Self::Unknown => "something else",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn first_bytes_are_recognised() {
        for (first, spoken) in [
            (&[0x15, 0x03, 0x03, 0x00, 0x02, 0x02, 0x46][..], Spoken::Tls),
            (b"HTTP/1.1 400 Bad Request", Spoken::Http),
            (&[0x05, 0xFF], Spoken::Socks),
            (&[0x00, 0x5B, 0, 0], Spoken::Socks),
            (b"SSH-2.0-", Spoken::Ssh),
            (&[0x20, 0x02, 0x00, 0x00], Spoken::Mqtt),
            (&[], Spoken::Unknown),
        ] {
            assert_eq!(Spoken::recognise(first), spoken, "{first:?}");
        }
    }
}

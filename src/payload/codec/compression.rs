//! gzip and zstd around payloads.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use crate::payload::PayloadError;

/// Bytes that a payload may have once it is decompressed: 64 MiB. A few bytes may decompress to terabytes.
pub const LARGEST_DECOMPRESSED: u64 = 64 << 20;

/// How payloads are compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Compression {
    /// RFC 1952.
    Gzip,
    /// RFC 8878.
    Zstd,
}

impl Compression {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Gzip, Self::Zstd];

    /// The name on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Gzip => "gzip",
            Self::Zstd => "zstd",
        }
    }

    /// What data that is compressed in this way begins with.
    const fn magic(self) -> &'static [u8] {
        match self {
            Self::Gzip => &[0x1f, 0x8b, 0x08],
            Self::Zstd => &[0x28, 0xb5, 0x2f, 0xfd],
        }
    }

    /// Whether this build can do it.
    ///
    /// # Errors
    ///
    /// It cannot; the error names the missing feature.
    pub(crate) fn check_built_in() -> Result<(), &'static str> {
        if cfg!(feature = "compression") {
            return Ok(());
        }
        Err("this build cannot compress: it lacks the cargo feature `compression`")
    }

    pub(super) fn compress(self, payload: &[u8]) -> Result<Vec<u8>, PayloadError> {
        works::compress(self, payload)
    }

    fn decompress(self, payload: &[u8]) -> Result<Vec<u8>, PayloadError> {
        works::decompress(self, payload)
    }
}

/// Which payloads are decompressed, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decompression {
    /// All of them, and what is not compressed in that way is an error.
    Always(Compression),
    /// Those that begin as compressed data does.
    Auto,
}

impl Decompression {
    /// The names on the command line.
    pub const NAMES: [&str; 3] = ["gzip", "zstd", "auto"];

    pub(super) fn decompress(self, payload: &[u8]) -> Result<Cow<'_, [u8]>, PayloadError> {
        let compression = match self {
            Self::Always(compression) => Some(compression),
            Self::Auto => Compression::ALL.into_iter().find(|compression| payload.starts_with(compression.magic())),
        };
        match compression {
            Some(compression) => compression.decompress(payload).map(Cow::Owned),
            None => Ok(Cow::Borrowed(payload)),
        }
    }
}

impl fmt::Display for Compression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Compression {
    type Err = InvalidCompression;

    fn from_str(text: &str) -> Result<Self, InvalidCompression> {
        let found = Self::ALL.into_iter().find(|compression| compression.name() == text);
        found.ok_or_else(|| InvalidCompression(text.to_owned()))
    }
}

impl FromStr for Decompression {
    type Err = InvalidCompression;

    fn from_str(text: &str) -> Result<Self, InvalidCompression> {
        if text == "auto" { Ok(Self::Auto) } else { text.parse().map(Self::Always) }
    }
}

/// The text given where a compression is expected.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a compression: use gzip or zstd")]
pub struct InvalidCompression(String);

#[cfg(feature = "compression")]
mod works {
    use std::io::{Read, Write};

    use flate2::read::MultiGzDecoder;
    use flate2::write::GzEncoder;
    use ruzstd::decoding::StreamingDecoder;
    use ruzstd::encoding::{CompressionLevel, compress_to_vec};

    use super::{Compression, LARGEST_DECOMPRESSED};
    use crate::payload::{PayloadError, read_at_most};

    /// Bytes of the window that the zstd format requires every decoder to support; it is reserved before anything is known
    /// of the data.
    const WINDOW: u64 = 8 << 20;

    pub(super) fn compress(compression: Compression, payload: &[u8]) -> Result<Vec<u8>, PayloadError> {
        match compression {
            Compression::Gzip => {
                let mut encoder = GzEncoder::new(Vec::new(), flate2::Compression::default());
                let written = encoder.write_all(payload).and_then(|()| encoder.finish());
                written.map_err(|error| PayloadError::undecodable("compressible", error.to_string()))
            }
            Compression::Zstd => Ok(compress_to_vec(payload, CompressionLevel::Fastest)),
        }
    }

    pub(super) fn decompress(compression: Compression, payload: &[u8]) -> Result<Vec<u8>, PayloadError> {
        let refused = |what: String| PayloadError::undecodable(compression, what);
        let whole = match compression {
            Compression::Gzip => read_at_most(MultiGzDecoder::new(payload), LARGEST_DECOMPRESSED),
            Compression::Zstd => {
                // One frame after another: a stream of them is their data in a row.
                let mut rest = payload;
                let mut whole = Vec::new();
                loop {
                    let left = LARGEST_DECOMPRESSED - whole.len() as u64;
                    let decoder = StreamingDecoder::new_with_max_window_size(&mut rest, WINDOW);
                    let mut decoder = decoder.map_err(|error| refused(error.to_string()))?;
                    match read_at_most(decoder.by_ref(), left) {
                        Ok(Some(frame)) => whole.extend_from_slice(&frame),
                        Ok(None) => break Ok(None),
                        Err(error) => break Err(error),
                    }
                    drop(decoder);
                    if rest.is_empty() {
                        break Ok(Some(whole));
                    }
                }
            }
        };
        match whole {
            Ok(Some(whole)) => Ok(whole),
            Ok(None) => Err(refused(format!("it exceeds the decompressed limit of {LARGEST_DECOMPRESSED} bytes"))),
            Err(error) => Err(refused(error.to_string())),
        }
    }
}

#[cfg(not(feature = "compression"))]
mod works {
    use super::Compression;
    use crate::payload::PayloadError;

    pub(super) fn compress(compression: Compression, _: &[u8]) -> Result<Vec<u8>, PayloadError> {
        absent(compression)
    }

    pub(super) fn decompress(compression: Compression, _: &[u8]) -> Result<Vec<u8>, PayloadError> {
        absent(compression)
    }

    fn absent(compression: Compression) -> Result<Vec<u8>, PayloadError> {
        Compression::check_built_in().map(|()| Vec::new()).map_err(|what| PayloadError::undecodable(compression, what))
    }
}

#[cfg(test)]
#[cfg(feature = "compression")]
mod tests {
    use data_encoding::BASE64;
    use proptest::prelude::*;

    use super::*;

    fn refused(decompression: Decompression, payload: &[u8]) -> String {
        decompression.decompress(payload).unwrap_err().to_string()
    }

    #[test]
    fn data_of_the_reference_tools_is_read() {
        // `printf hello | gzip -n` and `printf hello | zstd`.
        for (compression, compressed) in [
            (Compression::Gzip, "H4sIAAAAAAAAA8tIzcnJBwCGphA2BQAAAA=="),
            (Compression::Zstd, "KLUv/QRYKQAAaGVsbG+jbZ+I"),
        ] {
            let compressed = BASE64.decode(compressed.as_bytes()).unwrap();
            for decompression in [Decompression::Always(compression), Decompression::Auto] {
                let shown = decompression.decompress(&compressed).map_err(|error| error.to_string());
                assert_eq!(shown.as_deref(), Ok(&b"hello"[..]), "{compression}");
                let twice =
                    decompression.decompress(&[&compressed[..], &compressed[..]].concat()).unwrap().into_owned();
                assert_eq!(twice, b"hellohello");
            }
        }
    }

    #[test]
    fn what_is_not_compressed_is_left_alone_or_refused() {
        assert!(matches!(Decompression::Auto.decompress(b"hello"), Ok(Cow::Borrowed(b"hello"))));
        for compression in Compression::ALL {
            for payload in [&b"hello"[..], b""] {
                let error = refused(Decompression::Always(compression), payload);
                assert!(error.starts_with(&format!("not {compression}: ")), "{error}");
            }
        }
    }

    #[test]
    fn what_grows_without_end_is_cut_off() {
        let zeros = vec![0; usize::try_from(LARGEST_DECOMPRESSED).unwrap() + 1];
        for compression in Compression::ALL {
            let bomb = compression.compress(&zeros).unwrap();
            assert!(bomb.len() < 1 << 20);
            let error = refused(Decompression::Always(compression), &bomb);
            assert_eq!(error, format!("not {compression}: it exceeds the decompressed limit of 67108864 bytes"));
        }
        // A zstd frame that asks for a window of two gigabytes.
        assert!(refused(Decompression::Auto, b"\x28\xb5\x2f\xfd\x00\xa8\x01\x00\x00").starts_with("not zstd: "));
    }

    proptest! {
        #[test]
        fn any_payload_comes_back(payload: Vec<u8>) {
            for compression in Compression::ALL {
                let compressed = compression.compress(&payload).unwrap();
                prop_assert_eq!(&*Decompression::Auto.decompress(&compressed).unwrap(), &payload[..]);
            }
        }

        #[test]
        fn any_bytes_are_decompressed_or_refused(bytes: Vec<u8>) {
            for compression in Compression::ALL {
                let begun = [compression.magic(), &bytes].concat();
                for payload in [&bytes, &begun] {
                    _ = Decompression::Always(compression).decompress(payload);
                }
            }
        }
    }
}

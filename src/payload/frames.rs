//! zstd for a stream that is appended to: one frame after another, each of which can be read once it is written.

#[cfg(feature = "compression")]
pub(crate) use works::ZstdFrames;

/// Compresses data as one frame.
///
/// # Errors
///
/// This build cannot compress; the error names the feature.
#[cfg(feature = "compression")]
#[expect(clippy::unnecessary_wraps, reason = "it fails in a build without the feature")]
pub(crate) fn zstd_frame(data: &[u8]) -> Result<Vec<u8>, &'static str> {
    Ok(ruzstd::encoding::compress_to_vec(data, ruzstd::encoding::CompressionLevel::Fastest))
}

/// Compresses data as one frame.
///
/// # Errors
///
/// This build cannot compress; the error names the feature.
#[cfg(not(feature = "compression"))]
pub(crate) fn zstd_frame(_: &[u8]) -> Result<Vec<u8>, &'static str> {
    super::Compression::check_built_in().map(|()| Vec::new())
}

#[cfg(feature = "compression")]
mod works {
    use std::io::{self, BufRead, Read};

    use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder};

    /// Bytes of the window that the zstd format wants every decoder to support.
    const WINDOW: u64 = 8 << 20;

    /// The data of all frames of a stream.
    ///
    /// An error of the kind `UnexpectedEof` means that the stream ends within a frame, for example after a crash of the writer.
    pub(crate) struct ZstdFrames<R> {
        decoder: FrameDecoder,
        source: Counted<R>,
        is_within: bool,
        whole: u64,
    }

    struct Counted<R> {
        inner: R,
        position: u64,
    }

    impl<R: BufRead> ZstdFrames<R> {
        /// Frames of a stream that begins with one, or is empty.
        pub(crate) fn new(inner: R) -> Self {
            let mut decoder = FrameDecoder::new();
            decoder.set_max_window_size(WINDOW);
            Self { decoder, source: Counted { inner, position: 0 }, is_within: false, whole: 0 }
        }

        /// How many bytes of the stream are complete frames that were read.
        pub(crate) fn whole(&self) -> u64 {
            self.whole
        }

        fn failed(&mut self, error: impl std::error::Error + Send + Sync + 'static) -> io::Error {
            let is_over = self.source.is_over().unwrap_or(false);
            io::Error::new(if is_over { io::ErrorKind::UnexpectedEof } else { io::ErrorKind::InvalidData }, error)
        }
    }

    impl<R: BufRead> Read for ZstdFrames<R> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            loop {
                if self.decoder.can_collect() > 0 {
                    return self.decoder.read(buffer);
                }
                if self.is_within && self.decoder.is_finished() {
                    self.is_within = false;
                    self.whole = self.source.position;
                }
                let step = if self.is_within {
                    self.decoder.decode_blocks(&mut self.source, BlockDecodingStrategy::UptoBlocks(1)).map(|_| ())
                } else if self.source.is_over()? {
                    return Ok(0);
                } else {
                    self.is_within = true;
                    self.decoder.init(&mut self.source)
                };
                step.map_err(|error| self.failed(error))?;
            }
        }
    }

    impl<R: BufRead> Counted<R> {
        fn is_over(&mut self) -> io::Result<bool> {
            self.inner.fill_buf().map(<[u8]>::is_empty)
        }
    }

    impl<R: Read> Read for Counted<R> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let length = self.inner.read(buffer)?;
            self.position += length as u64;
            Ok(length)
        }
    }
}

/// The data of all frames of a stream: none, in this build.
#[cfg(not(feature = "compression"))]
pub(crate) struct ZstdFrames<R>(std::marker::PhantomData<R>);

#[cfg(not(feature = "compression"))]
impl<R: std::io::BufRead> ZstdFrames<R> {
    /// Frames of a stream.
    pub(crate) fn new(_: R) -> Self {
        Self(std::marker::PhantomData)
    }

    /// How many bytes of the stream are complete frames that were read.
    #[expect(clippy::unused_self, reason = "the build with compression needs it")]
    pub(crate) fn whole(&self) -> u64 {
        0
    }
}

#[cfg(not(feature = "compression"))]
impl<R> std::io::Read for ZstdFrames<R> {
    fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
        super::Compression::check_built_in().map(|()| 0).map_err(std::io::Error::other)
    }
}

#[cfg(all(test, feature = "compression"))]
mod tests {
    use std::io::Read;

    use super::*;

    #[test]
    fn frames_are_read_as_one_stream_and_a_torn_one_is_found() {
        let long = vec![b'x'; 300_000];
        let texts: [&[u8]; 3] = [b"one\n", b"", &long];
        let frames: Vec<_> = texts.iter().map(|text| zstd_frame(text).unwrap()).collect();
        let all = frames.concat();
        let mut text = Vec::new();
        let mut reader = ZstdFrames::new(&all[..]);
        reader.read_to_end(&mut text).unwrap();
        assert_eq!((text, reader.whole()), (texts.concat(), all.len() as u64));
        let second = frames[0].len() + frames[1].len();
        for end in 1..all.len() {
            let mut reader = ZstdFrames::new(&all[..end]);
            let read = reader.read_to_end(&mut Vec::new());
            let is_whole = end == frames[0].len() || end == second;
            assert_eq!(read.map_err(|error| error.kind()).is_ok(), is_whole, "{end}");
            let whole = [second, frames[0].len(), 0].into_iter().find(|whole| *whole <= end).unwrap();
            assert_eq!(reader.whole(), whole as u64, "{end}");
        }
        let damaged = [&all[..], b"nonsense"].concat();
        let error = ZstdFrames::new(&damaged[..]).read_to_end(&mut Vec::new()).unwrap_err();
        assert_eq!(error.kind(), std::io::ErrorKind::InvalidData);
    }
}

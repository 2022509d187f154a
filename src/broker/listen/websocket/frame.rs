use bytes::{BufMut, BytesMut};

const CONTINUATION: u8 = 0x0;
const BINARY: u8 = 0x2;
const CLOSE: u8 = 0x8;
const PING: u8 = 0x9;
const PONG: u8 = 0xA;
const FINAL: u8 = 0x80;
const MASKED: u8 = 0x80;
/// Bytes of the longest header: 2, a length of 8 and a mask of 4.
const LONGEST_HEADER: usize = 14;
/// Of a control frame: RFC 6455, section 5.5.
const LONGEST_CONTROL: u64 = 125;

/// Unwraps what a client sends, split anywhere: payloads of binary frames are the bytes of MQTT [MQTT-6.0.0-2].
#[derive(Debug, Default)]
pub(in crate::broker::listen) struct Framing {
    header: Vec<u8>,
    frame: Option<Frame>,
    /// A message whose last frame has not arrived.
    in_message: bool,
    control: Vec<u8>,
    has_ended: bool,
}

/// A frame whose header has been read.
#[derive(Debug, Clone, Copy)]
struct Frame {
    opcode: u8,
    remaining: u64,
    mask: [u8; 4],
    /// Bytes of the payload before the next one, modulo 4.
    position: usize,
}

/// The client broke the rules of WebSocket; the code of the Close frame for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::broker::listen) struct Broken(pub(in crate::broker::listen) u16);

const PROTOCOL_ERROR: Broken = Broken(1002);
const UNSUPPORTED_DATA: Broken = Broken(1003);

impl Framing {
    /// Appends the bytes of MQTT in `raw` to `data`, and answers to control frames to `replies`.
    pub(in crate::broker::listen) fn decode(
        &mut self,
        mut raw: &[u8],
        data: &mut BytesMut,
        replies: &mut BytesMut,
    ) -> Result<(), Broken> {
        while !self.has_ended {
            let Some(mut frame) = self.frame.take() else {
                let Some((first, rest)) = raw.split_first() else { break };
                raw = rest;
                self.header.push(*first);
                self.frame = self.read_header()?;
                continue;
            };
            let length = usize::try_from(frame.remaining).unwrap_or(usize::MAX).min(raw.len());
            let (payload, rest) = raw.split_at(length);
            raw = rest;
            let is_control = frame.opcode & 0x8 != 0;
            let mask = |at: usize| frame.mask[(frame.position + at) % 4];
            if is_control {
                self.control.extend(payload.iter().enumerate().map(|(at, byte)| byte ^ mask(at)));
            } else {
                let start = data.len();
                data.extend_from_slice(payload);
                for (at, byte) in data[start..].iter_mut().enumerate() {
                    *byte ^= mask(at);
                }
            }
            frame.position = (frame.position + length) % 4;
            frame.remaining -= length as u64;
            if frame.remaining > 0 {
                self.frame = Some(frame);
                break;
            }
            if is_control {
                self.answer(frame.opcode, replies);
            }
        }
        Ok(())
    }

    /// The client has sent Close: nothing follows.
    pub(in crate::broker::listen) fn has_ended(&self) -> bool {
        self.has_ended
    }

    /// `None` while the header is incomplete.
    fn read_header(&mut self) -> Result<Option<Frame>, Broken> {
        let [first, second, rest @ ..] = self.header.as_slice() else { return Ok(None) };
        if second & MASKED == 0 || first & 0x70 != 0 {
            return Err(PROTOCOL_ERROR);
        }
        let extended = match second & 0x7F {
            126 => 2,
            127 => 8,
            _ => 0,
        };
        if rest.len() < extended + 4 {
            return Ok(None);
        }
        let (length, mask) = rest.split_at(extended);
        let remaining = match extended {
            0 => u64::from(second & 0x7F),
            _ => length.iter().fold(0, |length, byte| length << 8 | u64::from(*byte)),
        };
        let (opcode, is_final) = (first & 0x0F, first & FINAL != 0);
        match opcode {
            CONTINUATION if self.in_message => self.in_message = !is_final,
            BINARY if !self.in_message => self.in_message = !is_final,
            CLOSE | PING | PONG if is_final && remaining <= LONGEST_CONTROL => {}
            // [MQTT-6.0.0-1]
            0x1 => return Err(UNSUPPORTED_DATA),
            _ => return Err(PROTOCOL_ERROR),
        }
        let mask = [mask[0], mask[1], mask[2], mask[3]];
        self.header = Vec::new();
        Ok(Some(Frame { opcode, remaining, mask, position: 0 }))
    }

    fn answer(&mut self, opcode: u8, replies: &mut BytesMut) {
        let payload = std::mem::take(&mut self.control);
        match opcode {
            PING => frame(PONG, &payload, replies),
            CLOSE => {
                // The code in return, without the reason.
                frame(CLOSE, &payload[..payload.len().min(2)], replies);
                self.has_ended = true;
            }
            _ => {}
        }
    }
}

/// Wraps bytes of MQTT into a frame.
pub(in crate::broker::listen) fn encode(data: &[u8], out: &mut BytesMut) {
    frame(BINARY, data, out);
}

impl Broken {
    /// The Close frame for it.
    pub(in crate::broker::listen) fn encode(self, out: &mut BytesMut) {
        frame(CLOSE, &self.0.to_be_bytes(), out);
    }

    /// An ordinary end.
    pub(in crate::broker::listen) const NORMAL: Self = Self(1000);
}

fn frame(opcode: u8, payload: &[u8], out: &mut BytesMut) {
    out.reserve(payload.len() + LONGEST_HEADER);
    out.put_u8(FINAL | opcode);
    match payload.len() {
        #[expect(clippy::cast_possible_truncation, reason = "below 126")]
        length @ ..126 => out.put_u8(length as u8),
        #[expect(clippy::cast_possible_truncation, reason = "below 65,536")]
        length @ 126..0x1_0000 => {
            out.put_u8(126);
            out.put_u16(length as u16);
        }
        length => {
            out.put_u8(127);
            out.put_u64(length as u64);
        }
    }
    out.extend_from_slice(payload);
}

#[cfg(test)]
mod tests {
    use super::*;

    const MASK: [u8; 4] = [1, 2, 3, 4];

    fn masked(first: u8, payload: &[u8]) -> Vec<u8> {
        let mut out = BytesMut::new();
        frame(0, payload, &mut out);
        let header = out.len() - payload.len();
        out[0] = first;
        out[1] |= MASKED;
        let mut frame = out[..header].to_vec();
        frame.extend_from_slice(&MASK);
        frame.extend(payload.iter().enumerate().map(|(at, byte)| byte ^ MASK[at % 4]));
        frame
    }

    fn decode(pieces: &[&[u8]]) -> (Result<(), Broken>, Vec<u8>, Vec<u8>, bool) {
        let (mut framing, mut data, mut replies) = (Framing::default(), BytesMut::new(), BytesMut::new());
        let result = pieces.iter().try_for_each(|piece| framing.decode(piece, &mut data, &mut replies));
        (result, data.to_vec(), replies.to_vec(), framing.has_ended())
    }

    #[test]
    fn frames_may_be_cut_anywhere_and_messages_fragmented() {
        for length in [0, 1, 125, 126, 65_535, 65_536] {
            let payload: Vec<u8> = (0..length).map(|at: u32| at.to_le_bytes()[0]).collect();
            let (head, tail) = payload.split_at(payload.len() / 2);
            let raw = [masked(0x02, head), masked(0x89, b"p"), masked(0x80, tail)].concat();
            let pieces: Vec<&[u8]> = raw.chunks(7).collect();
            let (result, data, replies, has_ended) = decode(&pieces);
            assert_eq!((result, has_ended), (Ok(()), false));
            assert_eq!(data, payload);
            assert_eq!(replies, [FINAL | PONG, 1, b'p']);
        }
    }

    #[test]
    fn close_is_answered_and_ends_it() {
        let raw = [masked(0x88, &[3, 232, b'x']), masked(0x82, b"behind")].concat();
        assert_eq!(decode(&[&raw]), (Ok(()), Vec::new(), vec![FINAL | CLOSE, 2, 3, 232], true));
    }

    #[test]
    fn what_breaks_the_rules_is_named_by_its_code() {
        for (raw, broken) in [
            (masked(0x81, b"text"), UNSUPPORTED_DATA),
            (masked(0x80, b"nothing to go on with"), PROTOCOL_ERROR),
            (masked(0xC2, b"compressed"), PROTOCOL_ERROR),
            (masked(0x09, b"a ping in pieces"), PROTOCOL_ERROR),
            (masked(0x89, &[0; 126]), PROTOCOL_ERROR),
            ([masked(0x02, b"a"), masked(0x82, b"b")].concat(), PROTOCOL_ERROR),
            (vec![0x82, 1, 0], PROTOCOL_ERROR),
        ] {
            assert_eq!(decode(&[&raw]).0, Err(broken), "{raw:?}");
        }
    }
}

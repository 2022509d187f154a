/// The specification's data types, read out of what is left of a packet; `None` where it ends too early.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reader<'a>(pub(super) &'a [u8]);

impl<'a> Reader<'a> {
    pub(super) fn part(&mut self, length: usize) -> Option<&'a [u8]> {
        let (part, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(part)
    }

    pub(super) fn byte(&mut self) -> Option<u8> {
        self.part(1).map(|part| part[0])
    }

    pub(super) fn two_byte(&mut self) -> Option<u16> {
        self.part(2).map(|part| u16::from_be_bytes([part[0], part[1]]))
    }

    pub(super) fn four_byte(&mut self) -> Option<u32> {
        self.part(4).map(|part| u32::from_be_bytes([part[0], part[1], part[2], part[3]]))
    }

    pub(super) fn binary(&mut self) -> Option<&'a [u8]> {
        let length = self.two_byte()?;
        self.part(length.into())
    }

    /// What is no UTF-8 shows as U+FFFD.
    pub(super) fn text(&mut self) -> Option<String> {
        self.binary().map(|bytes| String::from_utf8_lossy(bytes).into_owned())
    }

    /// A Variable Byte Integer.
    pub(super) fn variable(&mut self) -> Option<u32> {
        let mut value = 0;
        for shift in [0, 7, 14, 21] {
            let byte = self.byte()?;
            value |= u32::from(byte & 0x7F) << shift;
            if byte & 0x80 == 0 {
                return Some(value);
            }
        }
        None
    }
}

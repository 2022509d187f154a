use std::time::Duration;

use super::packet::Packet;
use crate::mqtt::ReasonCode;

/// The direction of a packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Direction {
    FromClient,
    ToClient,
}

/// One fault on request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Rule {
    /// As written.
    pub(super) text: String,
    pub(super) fault: Fault,
    /// `None`: both ways.
    pub(super) direction: Option<Direction>,
    /// All of these must be met.
    pub(super) conditions: Vec<Condition>,
    /// Client identifiers, `*` for any text; `None`: all.
    pub(super) client: Option<String>,
}

/// What happens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Fault {
    Drop(Packet),
    Duplicate(Packet),
    Corrupt(Packet),
    Delay(Packet, Duration),
    Reorder(Packet, usize),
    Refuse(Packet, ReasonCode),
    /// After which packet of a link, counted from 1; `None`: after each.
    CloseAfter(Packet, Option<u64>),
    Stall {
        pause: Duration,
        every: Duration,
    },
    Fragment(usize),
}

/// To which of its packets a rule applies.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Condition {
    /// By chance, in percent.
    Percent(f64),
    Every(u64),
    First(u64),
    After(u64),
}

/// A percentage is a number as it was typed, never NaN.
impl Eq for Condition {}

impl Rule {
    /// The packet that it is about; `None`: the link as such.
    pub(super) fn packet(&self) -> Option<Packet> {
        match &self.fault {
            Fault::Drop(packet)
            | Fault::Duplicate(packet)
            | Fault::Corrupt(packet)
            | Fault::Delay(packet, _)
            | Fault::Reorder(packet, _)
            | Fault::Refuse(packet, _)
            | Fault::CloseAfter(packet, _) => Some(*packet),
            Fault::Stall { .. } | Fault::Fragment(_) => None,
        }
    }

    pub(super) fn goes(&self, direction: Direction) -> bool {
        self.direction.is_none_or(|own| own == direction)
    }

    pub(super) fn is_for(&self, client: &str) -> bool {
        self.client.as_deref().is_none_or(|pattern| is_like(pattern, client))
    }

    /// Whether it applies to the packet that is the `number`th of those that it is about, counted from 1.
    pub(super) fn applies(&self, number: u64, random: &mut fastrand::Rng) -> bool {
        self.conditions.iter().all(|condition| match condition {
            Condition::Percent(percent) => random.f64() * 100.0 < *percent,
            Condition::Every(every) => number.is_multiple_of(*every),
            Condition::First(first) => number <= *first,
            Condition::After(after) => number > *after,
        })
    }
}

/// Whether a text is like a pattern, in which `*` is any text.
fn is_like(pattern: &str, text: &str) -> bool {
    let Some((start, mut pattern)) = pattern.split_once('*') else { return pattern == text };
    let Some(mut text) = text.strip_prefix(start) else { return false };
    while let Some((part, rest)) = pattern.split_once('*') {
        // The first match is best, as it leaves the most room for the rest.
        let Some(at) = text.find(part) else { return false };
        (text, pattern) = (&text[at + part.len()..], rest);
    }
    text.ends_with(pattern)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_is_any_text() {
        for (pattern, text) in [("a", "a"), ("*", ""), ("a*", "a"), ("*a", "ba"), ("a*b*c", "axbxbxc"), ("**", "x")] {
            assert!(is_like(pattern, text), "{pattern} {text}");
        }
        for (pattern, text) in [("a", "ab"), ("a*", "ba"), ("*a", "ab"), ("a*b*c", "axc"), ("a*a", "a"), ("", "x")] {
            assert!(!is_like(pattern, text), "{pattern} {text}");
        }
    }
}

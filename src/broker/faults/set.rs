use super::grammar::{FaultError, parse_lines};
use super::packet::Packet;
use super::rule::{Direction, Rule};

/// All rules of a broker, and how many packets each has seen.
#[derive(Debug)]
pub(crate) struct Faults {
    rules: Vec<Rule>,
    /// Packets that each rule was about, on all links.
    asked: Vec<u64>,
    seed: u64,
    /// Links so far.
    links: u64,
    /// How often the rules were replaced.
    version: u64,
}

impl Faults {
    pub(crate) fn new(rules: Vec<Rule>, seed: u64) -> Self {
        Self { asked: vec![0; rules.len()], rules, seed, links: 0, version: 0 }
    }

    /// Replaces all rules, on open links too; packets already held back are sent as planned. An empty text ends all faults.
    ///
    /// # Errors
    ///
    /// A rule is invalid; the old ones stay.
    pub(crate) fn replace(&mut self, text: &str) -> Result<(), FaultError> {
        self.rules = parse_lines(text)?;
        self.asked = vec![0; self.rules.len()];
        self.version += 1;
        Ok(())
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.rules.is_empty()
    }

    pub(super) fn rules(&self) -> &[Rule] {
        &self.rules
    }

    pub(super) fn version(&self) -> u64 {
        self.version
    }

    /// The random source of the next link.
    pub(super) fn next_random(&mut self) -> fastrand::Rng {
        self.links += 1;
        // Adjacent seeds and numbers give unrelated results.
        fastrand::Rng::with_seed(self.seed ^ self.links.wrapping_mul(0x9E37_79B9_7F4A_7C15))
    }

    /// Whether a rule, by its place, applies to one more of the packets that it is about.
    pub(super) fn applies(&mut self, place: usize, random: &mut fastrand::Rng) -> bool {
        let (Some(rule), Some(asked)) = (self.rules.get(place), self.asked.get_mut(place)) else { return false };
        *asked += 1;
        rule.applies(*asked, random)
    }

    /// The places of the rules about a packet of a client.
    pub(super) fn about<'a>(
        &'a self,
        packet: Packet,
        direction: Direction,
        client: &'a str,
    ) -> impl Iterator<Item = usize> + 'a {
        let rules = self
            .rules
            .iter()
            .enumerate()
            .filter(move |(_, rule)| rule.packet() == Some(packet) && rule.goes(direction) && rule.is_for(client));
        rules.map(|(place, _)| place)
    }
}

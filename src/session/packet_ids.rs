//! Packet Identifiers of what this end has outstanding [MQTT-2.2.1-3], and their values.

/// Values keyed by packet id: a slab, so that memory grows with what is outstanding, not with the window granted.
///
/// An id is in use from [`insert`](Self::insert) to [`remove`](Self::remove). Of the free ones, the one that has
/// been free longest is taken, so that a late answer seldom finds its id in use again.
#[derive(Debug)]
pub(super) struct PacketIds<T> {
    /// The values of the first id and those that follow it; grows as needed.
    slots: Vec<Slot<T>>,
    /// The first id, less 1.
    offset: u16,
    /// The free places, counted from 1, form a queue through their slots; 0 ends it.
    first_free: u16,
    last_free: u16,
    free: u16,
}

#[derive(Debug)]
enum Slot<T> {
    Free { next: u16 },
    Used(T),
}

/// At least this many ids are free before one is used again, as long as there are new ones.
const RESTING: u16 = 8;

impl<T> PacketIds<T> {
    /// `first`: the id that is taken first, from 1; 65,535 is followed by 1.
    pub(super) const fn beginning_with(first: u16) -> Self {
        Self { slots: Vec::new(), offset: first.saturating_sub(1), first_free: 0, last_free: 0, free: 0 }
    }

    /// Holds these, each under its own id. Places begin behind the widest gap between them, so that they are few.
    pub(super) fn holding(mut values: Vec<(u16, T)>) -> Self {
        values.sort_unstable_by_key(|(packet_id, _)| *packet_id);
        values.dedup_by_key(|(packet_id, _)| *packet_id);
        let gap = |at: usize| {
            let before = values[(at + values.len() - 1) % values.len()].0;
            values[at].0.wrapping_sub(before).wrapping_sub(1)
        };
        let start = (0..values.len()).max_by_key(|at| gap(*at)).unwrap_or(0);
        values.rotate_left(start);
        let mut ids = Self::beginning_with(values.first().map_or(1, |(packet_id, _)| *packet_id));
        for (packet_id, value) in values {
            let Some(place) = ids.place_of(packet_id) else { continue };
            while ids.slots.len() + 1 < usize::from(place) {
                ids.slots.push(Slot::Free { next: 0 });
                ids.rest(u16::try_from(ids.slots.len()).unwrap_or(u16::MAX));
            }
            ids.slots.push(Slot::Used(value));
        }
        ids
    }

    /// The id that the next [`insert`](Self::insert) will take; `None` if all 65,535 are in use.
    pub(super) fn next(&self) -> Option<u16> {
        self.next_place().map(|place| self.id_of(place))
    }

    /// Takes the id that [`next`](Self::next) returned.
    pub(super) fn insert(&mut self, value: T) -> Option<u16> {
        let place = self.next_place()?;
        match self.slots.get_mut(usize::from(place) - 1) {
            None => self.slots.push(Slot::Used(value)),
            Some(slot) => {
                if let Slot::Free { next } = std::mem::replace(slot, Slot::Used(value)) {
                    self.first_free = next;
                    self.free -= 1;
                }
            }
        }
        Some(self.id_of(place))
    }

    pub(super) fn get_mut(&mut self, packet_id: u16) -> Option<&mut T> {
        let place = self.place_of(packet_id)?;
        match self.slots.get_mut(usize::from(place) - 1)? {
            Slot::Used(value) => Some(value),
            Slot::Free { .. } => None,
        }
    }

    /// Frees the id.
    pub(super) fn remove(&mut self, packet_id: u16) -> Option<T> {
        let place = self.place_of(packet_id)?;
        let slot = self.slots.get_mut(usize::from(place) - 1)?;
        let Slot::Used(_) = slot else { return None };
        let Slot::Used(value) = std::mem::replace(slot, Slot::Free { next: 0 }) else { return None };
        self.rest(place);
        Some(value)
    }

    /// Puts a place that has become free behind the others.
    fn rest(&mut self, place: u16) {
        if self.free == 0 {
            self.first_free = place;
        } else if let Some(Slot::Free { next }) = self.slots.get_mut(usize::from(self.last_free) - 1) {
            *next = place;
        }
        self.last_free = place;
        self.free += 1;
    }

    /// All ids in use with their values, from the first id on.
    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = (u16, &mut T)> {
        let offset = self.offset;
        (1..).zip(&mut self.slots).filter_map(move |(place, slot)| match slot {
            Slot::Used(value) => Some((rotated(place, offset), value)),
            Slot::Free { .. } => None,
        })
    }

    /// Where the next value goes, counted from 1.
    fn next_place(&self) -> Option<u16> {
        match u16::try_from(self.slots.len() + 1) {
            Ok(fresh) if self.free < RESTING => Some(fresh),
            _ if self.free > 0 => Some(self.first_free),
            _ => None,
        }
    }

    fn id_of(&self, place: u16) -> u16 {
        rotated(place, self.offset)
    }

    /// `None` for 0, which is not a packet id.
    fn place_of(&self, packet_id: u16) -> Option<u16> {
        (packet_id > 0).then(|| rotated(packet_id, u16::MAX - self.offset))
    }
}

/// The number `by` places behind `number` in the circle from 1 to 65,535.
fn rotated(number: u16, by: u16) -> u16 {
    let sum = number.wrapping_add(by);
    // Across the end of the circle, which does not contain 0.
    if sum < number { sum + 1 } else { sum }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn ids_begin_at_1_and_rest_before_they_are_used_again() {
        let mut ids = PacketIds::beginning_with(1);
        let taken: Vec<u16> = (0..20)
            .map(|turn| {
                let packet_id = ids.insert(turn).unwrap();
                ids.remove(packet_id);
                packet_id
            })
            .collect();
        assert_eq!(taken[..10], [1, 2, 3, 4, 5, 6, 7, 8, 1, 2]);
    }

    #[test]
    fn all_65_535_ids_can_be_in_use_and_then_there_is_none() {
        let mut ids = PacketIds::beginning_with(1);
        for packet_id in 1..=u16::MAX {
            assert_eq!(ids.insert(()), Some(packet_id));
        }
        assert_eq!((ids.next(), ids.insert(())), (None, None));
        ids.remove(4_711);
        assert_eq!(ids.insert(()), Some(4_711));
        assert_eq!(ids.insert(()), None);
    }

    #[test]
    fn what_is_not_in_use_is_not_found() {
        let mut ids = PacketIds::beginning_with(1);
        assert_eq!(ids.remove(1), None::<()>);
        let packet_id = ids.insert(()).unwrap();
        assert_eq!((ids.remove(0), ids.remove(2), ids.get_mut(0)), (None, None, None));
        assert_eq!((ids.remove(packet_id), ids.remove(packet_id)), (Some(()), None));
    }

    #[test]
    fn ids_of_an_earlier_process_are_held_and_the_others_free() {
        for held in [vec![], vec![7], vec![1, 65_535], vec![65_530, 65_534, 3, 9], vec![20, 10, 10, 30]] {
            let mut ids = PacketIds::holding(held.iter().map(|packet_id| (*packet_id, *packet_id)).collect());
            assert!(ids.slots.len() < 30, "{held:?}: {}", ids.slots.len());
            for packet_id in &held {
                assert_eq!(ids.get_mut(*packet_id).copied(), Some(*packet_id), "{held:?}");
            }
            let others: Vec<u16> = (0..100).map(|_| ids.insert(0).unwrap()).collect();
            let distinct: std::collections::BTreeSet<_> = others.iter().chain(&held).collect();
            assert_eq!(distinct.len(), 100 + held.iter().collect::<std::collections::BTreeSet<_>>().len(), "{held:?}");
            assert!(!others.contains(&0));
        }
    }

    #[test]
    fn ids_go_round_past_65_535_without_a_0() {
        let mut ids = PacketIds::beginning_with(65_534);
        let taken: Vec<u16> = (0..4).map(|turn| ids.insert(turn).unwrap()).collect();
        assert_eq!(taken, [65_534, 65_535, 1, 2]);
        assert_eq!(ids.iter_mut().map(|(id, &mut turn)| (id, turn)).last(), Some((2, 3)));
        assert_eq!((ids.remove(65_535), ids.remove(1), ids.remove(3), ids.get_mut(0)), (Some(1), Some(2), None, None));
    }

    #[test]
    fn all_ids_can_be_in_use_wherever_they_begin() {
        for first in [1, 2, 40_000, 65_535] {
            let mut ids = PacketIds::beginning_with(first);
            let taken: std::collections::HashSet<u16> = (0..u16::MAX).map(|_| ids.insert(()).unwrap()).collect();
            assert_eq!((taken.len(), taken.contains(&0), ids.next()), (65_535, false, None));
            assert!(taken.iter().all(|id| ids.remove(*id).is_some()));
        }
    }

    proptest! {
        #[test]
        fn an_id_in_use_is_never_given_out_again(steps in prop::collection::vec(any::<Option<u16>>(), 0..400)) {
            let mut ids = PacketIds::beginning_with(1);
            let mut model = HashMap::new();
            for (turn, step) in steps.into_iter().enumerate() {
                match step {
                    None => {
                        let packet_id = ids.insert(turn).unwrap();
                        prop_assert_eq!(model.insert(packet_id, turn), None);
                    }
                    Some(packet_id) => {
                        let packet_id = packet_id % 64;
                        prop_assert_eq!(ids.remove(packet_id), model.remove(&packet_id));
                    }
                }
                prop_assert_eq!(ids.iter_mut().map(|(id, &mut turn)| (id, turn)).collect::<HashMap<_, _>>(), model.clone());
                prop_assert!(ids.slots.len() <= model.len() + 400);
            }
        }
    }
}

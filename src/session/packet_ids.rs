//! Packet Identifiers of what this end has outstanding [MQTT-2.2.1-3], and what each stands for.

/// Values keyed by packet id: a slab, so that the memory follows what is outstanding and not the window granted.
///
/// An id is in use from [`insert`](Self::insert) to [`remove`](Self::remove). Of the free ones the one that has
/// rested longest is taken, so that a late answer seldom meets an id already in use again.
#[derive(Debug)]
pub(super) struct PacketIds<T> {
    /// Of id 1, 2, ...; grows as far as it must.
    slots: Vec<Slot<T>>,
    /// The free ids form a queue through their slots; 0 ends it.
    first_free: u16,
    last_free: u16,
    free: u16,
}

#[derive(Debug)]
enum Slot<T> {
    Free { next: u16 },
    Used(T),
}

/// So many ids rest at least before one is used again, while there are new ones.
const RESTING: u16 = 8;

impl<T> PacketIds<T> {
    pub(super) const fn new() -> Self {
        Self { slots: Vec::new(), first_free: 0, last_free: 0, free: 0 }
    }

    /// The id that the next [`insert`](Self::insert) will take; `None` if all 65,535 are in use.
    pub(super) fn next(&self) -> Option<u16> {
        match u16::try_from(self.slots.len() + 1) {
            Ok(fresh) if self.free < RESTING => Some(fresh),
            _ if self.free > 0 => Some(self.first_free),
            _ => None,
        }
    }

    /// Takes the id that [`next`](Self::next) told.
    pub(super) fn insert(&mut self, value: T) -> Option<u16> {
        let packet_id = self.next()?;
        let Some(slot) = self.slots.get_mut(usize::from(packet_id) - 1) else {
            self.slots.push(Slot::Used(value));
            return Some(packet_id);
        };
        if let Slot::Free { next } = std::mem::replace(slot, Slot::Used(value)) {
            self.first_free = next;
            self.free -= 1;
        }
        Some(packet_id)
    }

    pub(super) fn get_mut(&mut self, packet_id: u16) -> Option<&mut T> {
        match self.slots.get_mut(usize::from(packet_id).checked_sub(1)?)? {
            Slot::Used(value) => Some(value),
            Slot::Free { .. } => None,
        }
    }

    /// Frees the id.
    pub(super) fn remove(&mut self, packet_id: u16) -> Option<T> {
        let slot = self.slots.get_mut(usize::from(packet_id).checked_sub(1)?)?;
        let Slot::Used(_) = slot else { return None };
        let Slot::Used(value) = std::mem::replace(slot, Slot::Free { next: 0 }) else { return None };
        if self.free == 0 {
            self.first_free = packet_id;
        } else if let Some(Slot::Free { next }) = self.slots.get_mut(usize::from(self.last_free) - 1) {
            *next = packet_id;
        }
        self.last_free = packet_id;
        self.free += 1;
        Some(value)
    }

    /// All ids in use with their values, by id.
    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = (u16, &mut T)> {
        (1..).zip(&mut self.slots).filter_map(|(packet_id, slot)| match slot {
            Slot::Used(value) => Some((packet_id, value)),
            Slot::Free { .. } => None,
        })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn ids_begin_at_1_and_rest_before_they_are_used_again() {
        let mut ids = PacketIds::new();
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
        let mut ids = PacketIds::new();
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
        let mut ids = PacketIds::new();
        assert_eq!(ids.remove(1), None::<()>);
        let packet_id = ids.insert(()).unwrap();
        assert_eq!((ids.remove(0), ids.remove(2), ids.get_mut(0)), (None, None, None));
        assert_eq!((ids.remove(packet_id), ids.remove(packet_id)), (Some(()), None));
    }

    proptest! {
        #[test]
        fn an_id_in_use_is_never_given_out_again(steps in prop::collection::vec(any::<Option<u16>>(), 0..400)) {
            let mut ids = PacketIds::new();
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

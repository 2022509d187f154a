//! A word that somebody may have meant.

/// The most similar of some names, if any is similar enough to be meant.
pub(crate) fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    // One slip of the fingers is enough, which the other measure does not see in short names: `qso`.
    let likeness = |other| if strsim::osa_distance(name, other) == 1 { 1.0 } else { strsim::jaro_winkler(name, other) };
    let scored = known.into_iter().map(|other| (likeness(other), other));
    let best = scored.max_by(|(one, _), (other, _)| one.total_cmp(other));
    best.filter(|(score, _)| *score > 0.75).map(|(_, other)| other)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_similar_name_is_suggested() {
        assert_eq!(nearest("keep_alvie", ["keep_alive", "host"]), Some("keep_alive"));
        assert_eq!(nearest("zzz", ["keep_alive", "host"]), None);
    }
}

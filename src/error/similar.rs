//! Suggestions for misspelled words.

/// The most similar of some names, if any is similar enough.
pub(crate) fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    // Two swapped letters count as similar; the other measure misses that in short names: `qso`.
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

/// A count with its noun: `1 message`, `3 messages`. For nouns that take an `s`.
pub fn plural(count: u64, noun: &str) -> String {
    let ending = if count == 1 { "" } else { "s" };
    format!("{count} {noun}{ending}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_one_is_singular() {
        assert_eq!([0, 1, 2].map(|count| plural(count, "message")), ["0 messages", "1 message", "2 messages"]);
    }
}

//! What arrived, against what was sent.

use std::collections::BTreeMap;

/// The payloads that arrived, in their order.
#[derive(Debug)]
pub(crate) struct Account {
    payloads: Vec<String>,
}

/// The payloads `1` to `count`.
pub(crate) fn numbers(count: usize) -> Vec<String> {
    (1..=count).map(|number| number.to_string()).collect()
}

impl Account {
    /// Of these payloads.
    pub(crate) fn new(payloads: Vec<String>) -> Self {
        Self { payloads }
    }

    /// Of the lines that a `sub` printed; one that its end has torn does not count.
    pub(crate) fn of_lines(stdout: &[u8]) -> Self {
        let text = std::str::from_utf8(stdout).expect("stdout is UTF-8");
        Self::new(text.split_inclusive('\n').filter_map(|line| line.strip_suffix('\n')).map(str::to_owned).collect())
    }

    /// The payloads, in their order.
    pub(crate) fn payloads(&self) -> &[String] {
        &self.payloads
    }

    /// How many arrived, doubles counted.
    pub(crate) fn count(&self) -> usize {
        self.payloads.len()
    }

    /// Each once, in the order in which they were sent.
    pub(crate) fn is_exactly(&self, sent: &[String]) -> Result<(), String> {
        if self.payloads == sent {
            Ok(())
        } else {
            Err(format!("expected each once and in order: {}", self.against(sent)))
        }
    }

    /// None missing, and the first of each in the order in which they were sent.
    pub(crate) fn is_at_least(&self, sent: &[String]) -> Result<(), String> {
        let mut sent_times = times(sent);
        let first: Vec<&String> = self
            .payloads
            .iter()
            .filter(|payload| match sent_times.get_mut(payload.as_str()) {
                Some(left) if *left > 0 => {
                    *left -= 1;
                    true
                }
                _ => false,
            })
            .collect();
        let has_strange = self.payloads.iter().any(|payload| !sent.contains(payload));
        if first.into_iter().eq(sent) && !has_strange {
            Ok(())
        } else {
            Err(format!("expected each at least once, the first ones in order: {}", self.against(sent)))
        }
    }

    /// None more often than it was sent.
    pub(crate) fn is_at_most(&self, sent: &[String]) -> Result<(), String> {
        let sent_times = times(sent);
        let is_more =
            times(&self.payloads).iter().any(|(payload, count)| *count > sent_times.get(payload).copied().unwrap_or(0));
        if is_more { Err(format!("expected none twice: {}", self.against(sent))) } else { Ok(()) }
    }

    /// What is missing, twice, strange or out of order.
    pub(crate) fn against(&self, sent: &[String]) -> String {
        const SHOWN: usize = 30;
        let (sent_times, arrived) = (times(sent), times(&self.payloads));
        let list = |mut found: Vec<&str>| {
            found.sort_by_key(|payload| payload.parse().unwrap_or(0));
            let more = if found.len() > SHOWN { format!(" and {} more", found.len() - SHOWN) } else { String::new() };
            found.truncate(SHOWN);
            format!("[{}]{more}", found.join(" "))
        };
        let of = |payload: &str, times: &BTreeMap<&str, usize>| times.get(payload).copied().unwrap_or(0);
        let missing = sent_times.iter().filter(|(payload, count)| of(payload, &arrived) < **count);
        let doubled = arrived.iter().filter(|(payload, count)| **count > of(payload, &sent_times));
        format!(
            "{} of {} arrived, missing {}, too often {}{}",
            self.payloads.len(),
            sent.len(),
            list(missing.map(|(payload, _)| *payload).collect()),
            list(doubled.map(|(payload, _)| *payload).collect()),
            if sent.len() <= 50 { format!(", in this order: {}", self.payloads.join(" ")) } else { String::new() },
        )
    }
}

fn times(payloads: &[String]) -> BTreeMap<&str, usize> {
    payloads.iter().fold(BTreeMap::new(), |mut times, payload| {
        *times.entry(payload.as_str()).or_default() += 1;
        times
    })
}

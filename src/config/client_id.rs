//! Client identifiers as templates: `monitor.{hostname}.{random:1000..9999}`.

use std::ops::RangeInclusive;

use crate::error::Error;

/// What a template can name besides random numbers.
#[derive(Debug, Clone, Default)]
pub(super) struct Facts {
    pub(super) hostname: String,
    pub(super) user: String,
    pub(super) profile: String,
    pub(super) pid: u32,
}

impl Facts {
    /// Those of this process.
    pub(super) fn gather(profile: Option<&str>) -> Self {
        let variable = |names: &[&str]| names.iter().find_map(|name| std::env::var(name).ok()).unwrap_or_default();
        #[cfg(unix)]
        let hostname = rustix::system::uname().nodename().to_string_lossy().into_owned();
        #[cfg(not(unix))]
        let hostname = variable(&["COMPUTERNAME"]);
        let user = variable(&["USER", "LOGNAME", "USERNAME"]);
        Self { hostname, user, profile: profile.unwrap_or_default().to_owned(), pid: std::process::id() }
    }
}

/// Fills a template in; `random` draws from a range. `{{` and `}}` are braces.
pub(super) fn expand(
    template: &str,
    facts: &Facts,
    mut random: impl FnMut(RangeInclusive<u64>) -> u64,
) -> Result<String, Error> {
    let mut text = String::new();
    let mut rest = template;
    while let Some(at) = rest.find(['{', '}']) {
        text.push_str(&rest[..at]);
        let brace = &rest[at..=at];
        rest = &rest[at + 1..];
        if let Some(after) = rest.strip_prefix(brace) {
            text.push_str(brace);
            rest = after;
            continue;
        }
        let place = rest.split_once('}').filter(|_| brace == "{");
        let Some((name, after)) = place else {
            return Err(refused(template, "a single brace is written twice: {{ or }}"));
        };
        rest = after;
        match name.split_once(':').unwrap_or((name, "")) {
            ("hostname", "") => text.push_str(&facts.hostname),
            ("user", "") => text.push_str(&facts.user),
            ("profile", "") => text.push_str(&facts.profile),
            ("pid", "") => text.push_str(&facts.pid.to_string()),
            ("hex", digits) => {
                let digits = digits.parse().ok().filter(|digits| (1..=64).contains(digits));
                let digits: u32 = digits.ok_or_else(|| refused(template, "{hex:N} has 1 to 64 digits"))?;
                for _ in 0..digits {
                    text.extend(u32::try_from(random(0..=15)).ok().and_then(|digit| char::from_digit(digit, 16)));
                }
            }
            ("random", range) => {
                let ends = range.split_once("..").map(|(low, high)| (low.parse(), high.parse()));
                match ends {
                    Some((Ok(low), Ok(high))) if low <= high => text.push_str(&random(low..=high).to_string()),
                    _ => return Err(refused(template, "a range is {random:1000..9999}, both ends included")),
                }
            }
            _ => {
                let message = format!("there is no {{{name}}}");
                let known = "there are {random:1000..9999}, {hex:8}, {hostname}, {pid}, {user} and {profile}";
                return Err(refused(template, &message).with_hint(known));
            }
        }
    }
    text.push_str(rest);
    Ok(text)
}

fn refused(template: &str, message: &str) -> Error {
    Error::usage(format!("the client id `{template}`: {message}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expanded(template: &str) -> Result<String, String> {
        let facts = Facts { hostname: "box".into(), user: "me".into(), profile: "task".into(), pid: 7 };
        expand(template, &facts, |range| *range.end()).map_err(|error| error.message().to_owned())
    }

    #[test]
    fn every_placeholder_is_filled_in() {
        for (template, text) in [
            ("plain", "plain"),
            ("", ""),
            ("monitor.task.{random:1000..9999}", "monitor.task.9999"),
            ("{hostname}-{pid}-{user}-{profile}", "box-7-me-task"),
            ("{hex:8}", "ffffffff"),
            ("{{pid}}", "{pid}"),
            ("汽车{pid}", "汽车7"),
            ("{random:5..5}", "5"),
        ] {
            assert_eq!(expanded(template), Ok(text.to_owned()));
        }
    }

    #[test]
    fn what_is_no_placeholder_is_refused_with_what_there_is() {
        for template in
            ["{", "}", "a{pid", "a}b", "{nothing}", "{random:9..1}", "{random}", "{hex:0}", "{hex}", "{pid:1}"]
        {
            assert!(expanded(template).is_err(), "{template}");
        }
    }

    #[test]
    fn random_numbers_stay_in_their_range() {
        let mut generator = fastrand::Rng::with_seed(1);
        for _ in 0..1000 {
            let text = expand("{random:1000..9999}", &Facts::default(), |range| generator.u64(range)).unwrap();
            assert!((1000..=9999).contains(&text.parse::<u32>().unwrap()));
        }
    }
}

use std::fmt;
use std::mem::discriminant;
use std::str::FromStr;
use std::time::Duration;

use super::packet::Packet;
use super::rule::{Condition, Direction, Fault, Rule};
use crate::mqtt::ReasonCode;

/// Example rules for error messages and help.
pub(crate) const EXAMPLES: &str = "`drop puback 10%`, `delay connack 500ms`, `duplicate publish every 3rd`, \
    `corrupt publish 1%`, `reorder publish 5`, `refuse publish 0x97 25%`, `close after publish 7`, `stall 2s every 10s`, \
    `fragment 1`, `drop publish first 2 from client for sensor-*`";

/// What a rule can do: its first words, how it is written, and what happens.
pub(crate) const ACTIONS: &[(&str, &str, &str)] = &[
    ("drop", "drop PACKET", "the packet is not delivered"),
    ("duplicate", "duplicate PACKET", "the packet is delivered twice"),
    ("corrupt", "corrupt PACKET", "one bit of the packet is flipped"),
    ("delay", "delay PACKET TIME", "the packet is delivered later, and what follows it too"),
    ("reorder", "reorder PACKET COUNT", "this many packets of the type are held back and delivered shuffled"),
    ("refuse", "refuse PACKET REASON", "the broker answers with this reason code"),
    (
        "close after",
        "close after PACKET [N]",
        "the connection is closed after the Nth such packet on it, or after the first",
    ),
    ("stall", "stall TIME every TIME", "nothing is delivered for the first TIME in each period of the second"),
    ("fragment", "fragment BYTES", "the stream is delivered in pieces of this size"),
];

/// What can narrow a rule.
#[cfg(test)]
pub(crate) const CONDITIONS: &[(&str, &str)] = &[
    ("10%", "by chance; `--seed N` makes the same choices in each run"),
    ("every 3rd", "every third packet"),
    ("first 5", "the first five packets"),
    ("after 5", "all but the first five packets"),
    ("from client", "only packets from clients"),
    ("to client", "only packets to clients"),
    ("for sensor-*", "only clients with such an identifier; `*` is any text"),
];

/// The longest time in a rule.
const DAY: Duration = Duration::from_hours(24);

/// What is wrong with a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FaultError {
    /// Counted from 1, if there are several.
    pub(crate) line: Option<usize>,
    pub(crate) rule: String,
    pub(crate) problem: String,
}

impl FaultError {
    /// The grammar, by example.
    pub(crate) fn hint() -> String {
        format!("rules are, for example, {EXAMPLES}")
    }
}

impl fmt::Display for FaultError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(line) = self.line {
            write!(f, "line {line}: ")?;
        }
        write!(f, "`{}` is not a fault: {}", self.rule, self.problem)
    }
}

impl std::error::Error for FaultError {}

impl FromStr for Rule {
    type Err = FaultError;

    fn from_str(text: &str) -> Result<Self, FaultError> {
        let mut words = Words { words: text.split_whitespace().collect(), at: 0 };
        parse(&mut words).map_err(|problem| FaultError { line: None, rule: text.trim().to_owned(), problem })
    }
}

/// Rules, one per line; lines that are empty or begin with `#` do not count.
pub(super) fn parse_lines(text: &str) -> Result<Vec<Rule>, FaultError> {
    let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty() && !line.trim().starts_with('#'));
    let rules = lines
        .map(|(number, line)| line.parse().map_err(|error: FaultError| FaultError { line: Some(number + 1), ..error }));
    rules.collect()
}

struct Words<'a> {
    words: Vec<&'a str>,
    at: usize,
}

impl<'a> Words<'a> {
    fn next(&mut self) -> Option<&'a str> {
        let word = self.words.get(self.at).copied();
        self.at += usize::from(word.is_some());
        word
    }

    fn peek(&self) -> Option<&'a str> {
        self.words.get(self.at).copied()
    }

    /// Takes the next word if it reads as a value.
    fn next_if<T>(&mut self, read: impl Fn(&str) -> Option<T>) -> Option<T> {
        let value = read(self.words.get(self.at)?)?;
        self.at += 1;
        Some(value)
    }

    /// The next word as a value, or an error with what is expected.
    fn expect<T>(&mut self, what: &str, read: impl Fn(&str) -> Option<T>) -> Result<T, String> {
        match self.words.get(self.at).copied() {
            None => Err(format!("expected {what} at its end")),
            Some(word) => self.next_if(read).ok_or_else(|| format!("expected {what}, got `{word}`")),
        }
    }

    fn packet(&mut self) -> Result<Packet, String> {
        let names: Vec<&str> = Packet::ALL.into_iter().map(Packet::name).collect();
        self.expect(&format!("a packet ({})", names.join(", ")), Packet::named)
    }

    fn word(&mut self, word: &str) -> Result<(), String> {
        self.expect(&format!("`{word}`"), |given| (given == word).then_some(()))
    }
}

fn parse(words: &mut Words<'_>) -> Result<Rule, String> {
    let action = words.next();
    let fault = match action.unwrap_or_default() {
        "drop" => Fault::Drop(words.packet()?),
        "duplicate" => Fault::Duplicate(words.packet()?),
        "corrupt" => Fault::Corrupt(words.packet()?),
        "delay" => Fault::Delay(words.packet()?, words.expect("a time such as `500ms`", time)?),
        "reorder" => {
            let count = |text: &str| text.parse().ok().filter(|count| (2..=1000).contains(count));
            Fault::Reorder(words.packet()?, words.expect("a number of packets between 2 and 1000", count)?)
        }
        "refuse" => parse_refusal(words)?,
        "close" => {
            words.word("after")?;
            let packet = words.packet()?;
            // Not a number of which there is none, such as 0; `10%` is a condition.
            let is_number = |word: &str| word.starts_with(|first: char| first.is_ascii_digit()) && !word.ends_with('%');
            let has_number = words.peek().is_some_and(is_number);
            let number = has_number.then(|| words.expect("a number from 1, such as `7`", count)).transpose()?;
            Fault::CloseAfter(packet, number)
        }
        "stall" => {
            let pause = words.expect("a time such as `2s`", time)?;
            words.word("every")?;
            let every = words.expect("a time such as `10s`", time)?;
            if pause >= every {
                return Err("the stall must be shorter than the interval between two stalls".to_owned());
            }
            Fault::Stall { pause, every }
        }
        "fragment" => {
            Fault::Fragment(words.expect("a number of bytes", |text| text.parse().ok().filter(|bytes| *bytes > 0))?)
        }
        other => {
            let [names @ .., (last, ..)] = ACTIONS else { return Err(format!("unexpected `{other}`")) };
            let names: Vec<_> = names.iter().map(|(name, ..)| *name).collect();
            return Err(format!("expected {} or {last}, got `{other}`", names.join(", ")));
        }
    };
    let text = words.words.join(" ");
    let mut rule = Rule { text, fault, direction: None, conditions: Vec::new(), client: None };
    let given = parse_rest(words, &mut rule)?;
    rule.direction = direction(&rule, given)?;
    Ok(rule)
}

fn parse_refusal(words: &mut Words<'_>) -> Result<Fault, String> {
    let packet = words.packet()?;
    let reasons = refusals(packet);
    if reasons.is_empty() {
        return Err(format!(
            "the broker can refuse connect, publish, subscribe and unsubscribe, not {}",
            packet.name()
        ));
    }
    let names: Vec<String> =
        reasons.iter().map(|reason| format!("0x{:02X} {}", reason.number(), reason.name())).collect();
    let what = format!("a reason code of the answer to {} ({})", packet.name(), names.join(", "));
    let reason = words.expect(&what, |text| reason(text).filter(|reason| reasons.contains(reason)))?;
    Ok(Fault::Refuse(packet, reason))
}

/// Conditions, direction and client, in any order.
fn parse_rest(words: &mut Words<'_>, rule: &mut Rule) -> Result<Option<Direction>, String> {
    let mut direction = None;
    while let Some(word) = words.next() {
        let known = rule.conditions.len();
        match word {
            "every" => rule.conditions.push(Condition::Every(words.expect("a number such as `3rd`", count)?)),
            "first" => rule.conditions.push(Condition::First(words.expect("a number such as `5`", count)?)),
            "after" => rule.conditions.push(Condition::After(words.expect("a number such as `5`", count)?)),
            "from" | "to" => {
                words.word("client")?;
                let given = if word == "from" { Direction::FromClient } else { Direction::ToClient };
                if direction.replace(given).is_some() {
                    return Err("it has two directions: give one, or none for both".to_owned());
                }
            }
            "for" => {
                let client = words.expect("a client identifier such as `sensor-*`", |text| Some(text.to_owned()))?;
                if rule.client.replace(client).is_some() {
                    return Err("it names two clients: write one rule for each".to_owned());
                }
            }
            word => {
                let Some(percent) = percent(word) else {
                    return Err(format!(
                        "unexpected `{word}`: use `10%` (above 0 and up to 100), `every 3rd`, `first 5`, `after 5`, \
                         `from client`, `to client` or `for CLIENT`"
                    ));
                };
                rule.conditions.push(Condition::Percent(percent));
            }
        }
        let (before, new) = rule.conditions.split_at(known);
        if let Some(new) = new.first()
            && before.iter().any(|before| discriminant(before) == discriminant(new))
        {
            return Err(format!("`{word}` is a second condition for which packets are meant: give only one"));
        }
    }
    if rule.packet().is_none() && !rule.conditions.is_empty() {
        return Err("stall and fragment apply to all packets: only a direction or `for CLIENT` can follow".to_owned());
    }
    Ok(direction)
}

/// The direction of the packets of a rule.
fn direction(rule: &Rule, given: Option<Direction>) -> Result<Option<Direction>, String> {
    let from_client = [Packet::Connect, Packet::Subscribe, Packet::Unsubscribe, Packet::PingReq];
    let to_client = [Packet::ConnAck, Packet::SubAck, Packet::UnsubAck, Packet::PingResp];
    let is_one = |packets: &[Packet]| rule.packet().is_some_and(|packet| packets.contains(&packet));
    // A refusal is the broker's answer to what a client sends.
    let only = if matches!(rule.fault, Fault::Refuse(..)) || is_one(&from_client) {
        Some(Direction::FromClient)
    } else if matches!(rule.fault, Fault::Fragment(_)) || is_one(&to_client) {
        Some(Direction::ToClient)
    } else {
        None
    };
    match (only, given) {
        (Some(Direction::FromClient), Some(Direction::ToClient)) => {
            Err("it is about something that only a client sends: use `from client` or no direction".to_owned())
        }
        (Some(Direction::ToClient), Some(Direction::FromClient)) => {
            Err("it is about something that only the broker sends: use `to client` or no direction".to_owned())
        }
        (Some(only), _) => Ok(Some(only)),
        (None, Some(given)) => Ok(Some(given)),
        (None, None) => {
            let both = matches!(rule.fault, Fault::CloseAfter(..) | Fault::Stall { .. });
            Ok((!both).then_some(Direction::ToClient))
        }
    }
}

/// The reasons that the specification has for refusing a packet: tables of sections 3.2.2.2, 3.4.2.1, 3.9.3 and 3.11.3.
fn refusals(packet: Packet) -> Vec<ReasonCode> {
    let numbers: &[u8] = match packet {
        Packet::Connect => &[
            0x80, 0x81, 0x82, 0x83, 0x84, 0x85, 0x86, 0x87, 0x88, 0x89, 0x8A, 0x8C, 0x90, 0x95, 0x97, 0x99, 0x9A, 0x9B,
            0x9C, 0x9D, 0x9F,
        ],
        Packet::Publish => &[0x80, 0x83, 0x87, 0x90, 0x91, 0x97, 0x99],
        Packet::Subscribe => &[0x80, 0x83, 0x87, 0x8F, 0x91, 0x97, 0x9E, 0xA1, 0xA2],
        Packet::Unsubscribe => &[0x80, 0x83, 0x87, 0x8F, 0x91],
        _ => &[],
    };
    numbers.iter().filter_map(|number| ReasonCode::from_number(*number)).collect()
}

/// `0x97`, `151` or `quota-exceeded`.
fn reason(text: &str) -> Option<ReasonCode> {
    let number = match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        Some(digits) => u8::from_str_radix(digits, 16).ok(),
        None => text.parse().ok(),
    };
    number.and_then(ReasonCode::from_number).or_else(|| {
        let named = |reason: &ReasonCode| reason.name().replace(' ', "-").eq_ignore_ascii_case(text);
        (0x80..=u8::MAX).filter_map(ReasonCode::from_number).find(named)
    })
}

/// `3`, `3rd`: a number from 1 on.
fn count(text: &str) -> Option<u64> {
    let digits = text.trim_end_matches(|last: char| last.is_ascii_lowercase());
    let is_number = ["", "st", "nd", "rd", "th"].contains(&&text[digits.len()..]);
    digits.parse().ok().filter(|number| is_number && *number > 0)
}

/// `10%`, `0.5%`.
fn percent(text: &str) -> Option<f64> {
    text.strip_suffix('%')?.parse().ok().filter(|percent| *percent > 0.0 && *percent <= 100.0)
}

/// `500ms`, `2s`, `1.5s`, `1m`: up to a day.
fn time(text: &str) -> Option<Duration> {
    let unit = text.find(|character: char| character.is_ascii_alphabetic())?;
    let (number, unit) = text.split_at(unit);
    let seconds = match unit {
        "us" => 0.000_001,
        "ms" => 0.001,
        "s" => 1.0,
        "m" => 60.0,
        _ => return None,
    };
    let time = Duration::try_from_secs_f64(number.parse::<f64>().ok()? * seconds).ok()?;
    Some(time).filter(|time| !time.is_zero() && *time <= DAY)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(text: &str) -> Rule {
        text.parse().unwrap()
    }

    fn problem(text: &str) -> String {
        text.parse::<Rule>().unwrap_err().problem
    }

    #[test]
    fn every_example_is_a_rule() {
        let examples: Vec<&str> = EXAMPLES.split('`').skip(1).step_by(2).collect();
        assert!(examples.len() >= 10);
        for example in examples {
            rule(example);
        }
    }

    #[test]
    fn a_rule_says_what_happens_to_which_packets() {
        assert_eq!(
            rule(" refuse  Publish quota-exceeded 25% every 2nd for a* "),
            Rule {
                text: "refuse Publish quota-exceeded 25% every 2nd for a*".to_owned(),
                fault: Fault::Refuse(Packet::Publish, ReasonCode::QuotaExceeded),
                direction: Some(Direction::FromClient),
                conditions: vec![Condition::Percent(25.0), Condition::Every(2)],
                client: Some("a*".to_owned()),
            }
        );
        assert_eq!(rule("refuse publish 0x97").fault, rule("refuse publish 151").fault);
        assert_eq!(rule("delay connack 1.5s").fault, Fault::Delay(Packet::ConnAck, Duration::from_millis(1500)));
        assert_eq!(rule("close after publish 7th").fault, Fault::CloseAfter(Packet::Publish, Some(7)));
        assert_eq!(rule("close after puback 0.5%").conditions, [Condition::Percent(0.5)]);
        assert_eq!(rule("drop puback after 5 first 9").conditions, [Condition::After(5), Condition::First(9)]);
    }

    #[test]
    fn packets_that_go_both_ways_are_those_to_the_client_unless_the_link_is_closed() {
        for (text, direction) in [
            ("drop publish", Some(Direction::ToClient)),
            ("drop publish from client", Some(Direction::FromClient)),
            ("drop subscribe", Some(Direction::FromClient)),
            ("drop suback to client", Some(Direction::ToClient)),
            ("close after publish 7", None),
            ("close after publish 7 to client", Some(Direction::ToClient)),
            ("stall 1s every 2s", None),
            ("fragment 3", Some(Direction::ToClient)),
        ] {
            assert_eq!(rule(text).direction, direction, "{text}");
        }
    }

    #[test]
    fn what_is_wrong_is_said_with_what_is_allowed() {
        for (text, expected) in [
            ("", "expected drop, duplicate, corrupt, delay, reorder, refuse, close after, stall or fragment, got ``"),
            ("drop", "expected a packet (connect, connack, publish, "),
            ("drop pubak 10%", "pingresp, disconnect, auth), got `pubak`"),
            ("drop puback 0%", "unexpected `0%`: use `10%` (above 0 and up to 100), `every 3rd`"),
            ("drop puback NaN%", "unexpected `NaN%`"),
            ("drop puback every 0th", "expected a number such as `3rd`, got `0th`"),
            ("drop puback first", "expected a number such as `5` at its end"),
            ("delay connack soon", "expected a time such as `500ms`, got `soon`"),
            ("delay connack 0ms", "expected a time such as `500ms`, got `0ms`"),
            ("delay connack 25000m", "expected a time"),
            ("reorder publish 1", "expected a number of packets between 2 and 1000, got `1`"),
            ("refuse publish 0x8F", "expected a reason code of the answer to publish (0x80 Unspecified error, "),
            ("refuse puback 0x80", "the broker can refuse connect, publish, subscribe and unsubscribe, not puback"),
            ("drop puback 10% 20%", "`20%` is a second condition"),
            ("drop puback every 2nd every 3rd", "`every` is a second condition"),
            ("close after publish 0", "expected a number from 1, such as `7`, got `0`"),
            ("close publish", "expected `after`, got `publish`"),
            ("stall 2s every 2s", "the stall must be shorter than the interval between two stalls"),
            ("stall 1s every 2s 10%", "stall and fragment apply to all packets"),
            ("fragment 0", "expected a number of bytes, got `0`"),
            ("drop connack from client", "it is about something that only the broker sends"),
            ("drop connect to client", "it is about something that only a client sends"),
            ("drop publish to client from client", "it has two directions"),
            ("drop publish for a for b", "it names two clients"),
        ] {
            assert!(problem(text).contains(expected), "{text}: {}", problem(text));
        }
    }

    #[test]
    fn of_several_rules_the_wrong_one_is_named_with_its_line() {
        let rules = parse_lines("# as yesterday\n\n  drop puback\nfragment 1\n").unwrap();
        assert_eq!(rules, [rule("drop puback"), rule("fragment 1")]);
        let error = parse_lines("drop puback\n\n drip puback").unwrap_err();
        assert!(error.to_string().starts_with("line 3: `drip puback` is not a fault: expected drop, "), "{error}");
    }
}

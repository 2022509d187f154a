use std::collections::HashMap;

use super::cover::{covers, overlap};
use super::error::{AccessError, AccessProblem};
use crate::mqtt::{Share, TopicFilter, TopicName};

/// An ACL file in mosquitto's syntax.
///
/// Lines before the first `user` are for clients without a user name, those after it for that user. A `pattern`
/// applies to all clients, wherever it is, with `%c` for the client identifier and `%u` for the user name. Anything that is
/// not granted is denied.
#[derive(Debug, Clone, Default)]
pub(crate) struct AccessList {
    /// By user name; `None` for those without.
    topics: HashMap<Option<String>, Vec<Entry>>,
    patterns: Vec<Entry>,
}

/// What one client may do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Rights {
    /// In order: the first rule that matches decides. `None`: everything is allowed.
    rules: Option<Vec<Rule>>,
}

/// A line of the file.
#[derive(Debug, Clone)]
struct Entry {
    access: Access,
    filter: String,
}

/// A line for one client.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Rule {
    access: Access,
    filter: TopicFilter,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Access {
    Read,
    Write,
    ReadWrite,
    Deny,
}

impl AccessList {
    pub(crate) fn parse(file: &str, text: &str) -> Result<Self, AccessError> {
        let (mut list, mut user) = (Self::default(), None);
        for (number, line) in text.lines().enumerate() {
            let added = list.add_line(line.trim(), &mut user);
            added.map_err(|problem| AccessError { file: file.to_owned(), line: number + 1, problem })?;
        }
        Ok(list)
    }

    /// The rights of a client, for as long as it is connected.
    pub(crate) fn rights(&self, user: Option<&str>, client_id: &str) -> Rights {
        let mut rules = Vec::new();
        let own = self.topics.get(&user.map(str::to_owned));
        add_rules(&mut rules, own.map_or(&[], Vec::as_slice), |filter| Some(filter.to_owned()));
        // A wildcard in a name would give access to the topics of others.
        let is_dangerous = |name: &str| name.contains(['+', '#']);
        if !is_dangerous(client_id) && !user.is_some_and(is_dangerous) {
            add_rules(&mut rules, &self.patterns, |filter| {
                let filter = filter.replace("%c", client_id);
                if filter.contains("%u") { user.map(|user| filter.replace("%u", user)) } else { Some(filter) }
            });
        }
        Rights { rules: Some(rules) }
    }

    fn add_line(&mut self, line: &str, user: &mut Option<String>) -> Result<(), AccessProblem> {
        if line.is_empty() || line.starts_with('#') {
            return Ok(());
        }
        let (keyword, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
        let rest = rest.trim();
        match keyword {
            "user" if rest.is_empty() => Err(AccessProblem::UserName),
            "user" => {
                *user = Some(rest.to_owned());
                Ok(())
            }
            "topic" => {
                let entry = Entry::parse(keyword, rest)?;
                check(&entry.filter)?;
                self.topics.entry(user.clone()).or_default().push(entry);
                Ok(())
            }
            "pattern" => {
                let entry = Entry::parse(keyword, rest)?;
                check(&entry.filter)?;
                self.patterns.push(entry);
                Ok(())
            }
            _ => Err(AccessProblem::Keyword(keyword.to_owned())),
        }
    }
}

impl Rights {
    /// The rights of a client without an ACL file.
    pub(crate) fn all() -> Self {
        Self { rules: None }
    }

    /// Whether the client may publish to a topic; to a `$delayed/` one, if it may publish to the final topic.
    pub(crate) fn may_publish(&self, topic: &TopicName) -> bool {
        let topic = topic.delayed().map_or(topic.as_str(), |delayed| delayed.topic);
        self.allows(topic, |access| matches!(access, Access::Write | Access::ReadWrite))
    }

    /// Whether a message to a topic may go to the client.
    pub(crate) fn may_receive(&self, topic: &str) -> bool {
        self.allows(topic, Access::reads)
    }

    /// Whether a subscription can bring the client any message. mosquitto accepts all of them and then sends nothing.
    pub(crate) fn may_subscribe(&self, filter: &TopicFilter) -> bool {
        let Some(rules) = &self.rules else { return true };
        let filter = filter.body();
        let asked = rules.iter().take_while(|rule| rule.access != Access::Deny || !covers(rule.filter.body(), filter));
        asked.into_iter().any(|rule| rule.access.reads() && overlap(rule.filter.body(), filter))
    }

    fn allows(&self, topic: &str, is_granted: impl Fn(Access) -> bool) -> bool {
        let Some(rules) = &self.rules else { return true };
        let mut deciding = rules.iter().filter(|rule| rule.access == Access::Deny || is_granted(rule.access));
        deciding.find(|rule| rule.filter.matches(topic)).is_some_and(|rule| rule.access != Access::Deny)
    }
}

impl Entry {
    /// `[read|write|readwrite|deny] FILTER`; without the access, the filter has no spaces.
    fn parse(keyword: &str, rest: &str) -> Result<Self, AccessProblem> {
        if rest.is_empty() {
            return Err(AccessProblem::NoFilter(keyword.to_owned()));
        }
        let Some((access, filter)) = rest.split_once(char::is_whitespace) else {
            return Ok(Self { access: Access::ReadWrite, filter: rest.to_owned() });
        };
        let access = match access {
            "read" => Access::Read,
            "write" => Access::Write,
            "readwrite" => Access::ReadWrite,
            "deny" => Access::Deny,
            _ => return Err(AccessProblem::Access(access.to_owned())),
        };
        Ok(Self { access, filter: filter.trim().to_owned() })
    }
}

impl Access {
    fn reads(self) -> bool {
        matches!(self, Self::Read | Self::ReadWrite)
    }
}

/// Adds lines as rules, denials first. A filter that becomes invalid with the name of a client matches nothing.
fn add_rules(rules: &mut Vec<Rule>, entries: &[Entry], fill_in: impl Fn(&str) -> Option<String>) {
    for denied in [true, false] {
        let entries = entries.iter().filter(|entry| (entry.access == Access::Deny) == denied);
        rules.extend(entries.filter_map(|entry| {
            let filter = TopicFilter::parse(fill_in(&entry.filter)?).ok()?;
            Some(Rule { access: entry.access, filter })
        }));
    }
}

fn check(filter: &str) -> Result<(), AccessProblem> {
    match TopicFilter::parse(filter) {
        Ok(parsed) if parsed.share() == Share::All => Ok(()),
        Ok(_) => Err(AccessProblem::Prefix(filter.to_owned())),
        Err(error) => Err(AccessProblem::Filter { filter: filter.to_owned(), error }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rights(text: &str, user: Option<&str>) -> Rights {
        AccessList::parse("acl", text).unwrap().rights(user, "c1")
    }

    fn topic(text: &str) -> TopicName {
        TopicName::parse(text).unwrap()
    }

    fn filter(text: &str) -> TopicFilter {
        TopicFilter::parse(text).unwrap()
    }

    /// What mosquitto 2.0.11 decided with the same file: PUBACK for `write`, what it delivered for `read`.
    #[test]
    fn decisions_are_those_of_mosquitto() {
        let list = AccessList::parse("acl.txt", include_str!("tests/acl.txt")).unwrap();
        let decisions = include_str!("tests/decisions.tsv");
        for line in decisions.lines() {
            let [way, client_id, user, decision, text] = line.split('\t').collect::<Vec<_>>()[..] else {
                panic!("{line}")
            };
            let rights = list.rights((user != "-").then_some(user), client_id);
            let is_allowed = if way == "write" { rights.may_publish(&topic(text)) } else { rights.may_receive(text) };
            assert_eq!(is_allowed, decision == "1", "{line}");
        }
        assert!(decisions.lines().count() > 200);
    }

    #[test]
    fn without_a_file_everything_is_allowed_and_with_an_empty_one_nothing() {
        assert!(Rights::all().may_publish(&topic("a")) && Rights::all().may_receive("a"));
        assert!(Rights::all().may_subscribe(&filter("$SYS/#")));
        let none = rights("", None);
        assert!(!none.may_publish(&topic("a")) && !none.may_receive("a") && !none.may_subscribe(&filter("a")));
    }

    #[test]
    fn a_delayed_message_needs_the_right_for_the_topic_that_it_goes_to() {
        let rights = rights("topic write a", None);
        assert!(rights.may_publish(&topic("$delayed/5/a")) && !rights.may_publish(&topic("$delayed/5/b")));
    }

    #[test]
    fn a_subscription_is_refused_only_if_it_can_bring_nothing() {
        let rights = rights("topic deny a/secret/#\ntopic read a/+/x\ntopic write b\ntopic read a/secret/x", None);
        for text in ["a/b/x", "#", "a/#", "+/+/+", "a/+/#", "$share/g/a/b/x"] {
            assert!(rights.may_subscribe(&filter(text)), "{text}");
        }
        for text in ["a/secret/x", "a/secret/+", "b", "$SYS/#", "a", "$queue/b"] {
            assert!(!rights.may_subscribe(&filter(text)), "{text}");
        }
    }

    #[test]
    fn a_bad_line_is_named_with_its_place() {
        for (line, problem) in [
            ("topics a", "unknown keyword `topics`: use `user`, `topic` or `pattern`"),
            ("user ", "`user` needs a name"),
            ("pattern", "`pattern` needs a topic filter, for example `pattern read sensor/#`"),
            ("topic reed a", "unknown access `reed`: use `read`, `write`, `readwrite` or `deny`"),
            ("topic read a/#/b", "`a/#/b` is not a topic filter: `#` can only be the last level of a filter"),
            (
                "topic $share/g/a",
                "`$share/g/a` has a prefix: name only the topics, without `$share/{group}/`, `$queue/` or `$exclusive/`",
            ),
        ] {
            let error = AccessList::parse("acl.txt", &format!("# first\n\n  {line}\n")).unwrap_err();
            assert_eq!(error.to_string(), format!("acl.txt:3: {problem}"));
        }
    }
}

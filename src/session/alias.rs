//! Topic aliases [MQTT-3.3.2.3.4], in both directions. They last as long as one network connection.

use std::collections::{BTreeMap, HashMap};

use bytestring::ByteString;

use super::Violation;
use crate::mqtt::{ReasonCode, TopicName};

/// Aliases that the server has set.
#[derive(Debug, Default)]
pub(super) struct IncomingAliases {
    topics: BTreeMap<u16, TopicName>,
}

/// Aliases that this end has set.
#[derive(Debug, Default)]
pub(super) struct OutgoingAliases {
    topics: BTreeMap<u16, TopicName>,
    aliases: HashMap<TopicName, u16>,
}

impl IncomingAliases {
    /// The topic of a PUBLISH that has this alias: sets the alias if there is a topic, else looks it up. `allowed_by`: the
    /// packet that announced the maximum.
    pub(super) fn resolve(
        &mut self,
        alias: u16,
        topic: Option<TopicName>,
        maximum: u16,
        allowed_by: &str,
    ) -> Result<TopicName, Violation> {
        if alias > maximum {
            let fault = format!("PUBLISH with the topic alias {alias}, though {allowed_by} had allowed {maximum}");
            return Err(Violation::new(ReasonCode::TopicAliasInvalid, fault));
        }
        if let Some(topic) = topic {
            // Copied, as a slice would keep the whole receive buffer alive.
            let copy = TopicName::received(ByteString::from(topic.as_str())).unwrap_or(topic);
            self.topics.insert(alias, copy.clone());
            return Ok(copy);
        }
        self.topics.get(&alias).cloned().ok_or_else(|| {
            let fault = format!("PUBLISH with the topic alias {alias}, which was not set on this connection");
            Violation::new(ReasonCode::TopicAliasInvalid, fault)
        })
    }
}

impl OutgoingAliases {
    /// The alias of a topic, and whether the topic must go with it to set it.
    ///
    /// `wanted` is the message's own alias. Without one, topics get aliases in order of appearance as long as there
    /// are any within `maximum`; later topics are sent in full rather than taking the alias of another one.
    pub(super) fn choose(&mut self, topic: &TopicName, wanted: Option<u16>, maximum: u16) -> Option<(u16, bool)> {
        let alias = match wanted {
            Some(alias) => alias,
            None => match self.aliases.get(topic) {
                Some(&alias) => return Some((alias, false)),
                None => (1..=maximum).nth(self.topics.len()).filter(|alias| !self.topics.contains_key(alias))?,
            },
        };
        if self.topics.get(&alias) == Some(topic) {
            return Some((alias, false));
        }
        if let Some(former) = self.topics.insert(alias, topic.clone()) {
            self.aliases.remove(&former);
        }
        self.aliases.insert(topic.clone(), alias);
        Some((alias, true))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn topic(text: &str) -> TopicName {
        TopicName::parse(text).unwrap()
    }

    #[test]
    fn an_alias_is_set_with_its_topic_and_then_stands_for_it() {
        let mut aliases = OutgoingAliases::default();
        assert_eq!(aliases.choose(&topic("a"), Some(5), 9), Some((5, true)));
        assert_eq!(aliases.choose(&topic("a"), Some(5), 9), Some((5, false)));
        assert_eq!(aliases.choose(&topic("b"), Some(5), 9), Some((5, true)));
        assert_eq!(aliases.choose(&topic("a"), Some(5), 9), Some((5, true)));
    }

    #[test]
    fn topics_get_aliases_as_long_as_there_are_any() {
        let mut aliases = OutgoingAliases::default();
        assert_eq!(aliases.choose(&topic("a"), None, 2), Some((1, true)));
        assert_eq!(aliases.choose(&topic("b"), None, 2), Some((2, true)));
        assert_eq!(aliases.choose(&topic("c"), None, 2), None);
        assert_eq!(aliases.choose(&topic("a"), None, 2), Some((1, false)));
    }

    #[test]
    fn an_incoming_alias_is_resolved_within_what_was_allowed() {
        let mut aliases = IncomingAliases::default();
        assert_eq!(aliases.resolve(2, Some(topic("a")), 2, "CONNECT").unwrap(), topic("a"));
        assert_eq!(aliases.resolve(2, None, 2, "CONNECT").unwrap(), topic("a"));
        assert_eq!(aliases.resolve(1, None, 2, "CONNECT").unwrap_err().reason, ReasonCode::TopicAliasInvalid);
        let refused = aliases.resolve(3, Some(topic("a")), 2, "CONNACK").unwrap_err();
        assert_eq!(refused.reason, ReasonCode::TopicAliasInvalid);
        assert!(refused.fault.ends_with("though CONNACK had allowed 2"), "{refused}");
    }
}

//! Topic names and filters: section 4.7.

use super::*;
use crate::support::wire::publish;

/// Filter, topic, and whether they match.
const MATCHES: [(&str, &str, bool); 30] = [
    ("sport/tennis/player1/#", "sport/tennis/player1", true),
    ("sport/tennis/player1/#", "sport/tennis/player1/ranking", true),
    ("sport/tennis/player1/#", "sport/tennis/player1/score/wimbledon", true),
    ("sport/#", "sport", true),
    ("sport/#", "sports", false),
    ("#", "sport", true),
    ("#", "/", true),
    ("sport/tennis/+", "sport/tennis/player1", true),
    ("sport/tennis/+", "sport/tennis/player1/ranking", false),
    ("sport/tennis/+", "sport/tennis", false),
    ("sport/+", "sport", false),
    ("sport/+", "sport/", true),
    ("+", "sport", true),
    ("+", "/sport", false),
    ("+/+", "/finance", true),
    ("/+", "/finance", true),
    ("+/tennis/#", "sport/tennis", true),
    ("+/tennis/#", "sport/tennis/x/y", true),
    ("sport/+/player1", "sport/tennis/player1", true),
    ("sport/+/player1", "sport//player1", true),
    ("sport/+/player1", "sport/tennis/x/player1", false),
    ("ACCOUNTS", "Accounts", false),
    ("Accounts payable", "Accounts payable", true),
    ("/", "/", true),
    ("/finance", "finance", false),
    ("a//b", "a/b", false),
    ("é", "e\u{301}", false),
    ("a/$b/+", "a/$b/c", true),
    ("+/$b", "a/$b", true),
    ("a/", "a", false),
];

#[test]
fn filters_match_by_the_rules_and_character_by_character() {
    each(|address| {
        for version in BOTH {
            for (filter, topic, matches) in MATCHES {
                let mut client = RawClient::connect(address, version, "client");
                client.link.remark(format!("{filter} and {topic}"));
                client.subscribe(filter, 0);
                client.link.send(publish(topic, "x"));
                if matches {
                    client.expect_text(topic, "x");
                }
                client.expect_quiet();
            }
        }
    });
}

#[test]
fn wildcards_in_the_first_level_do_not_match_topics_that_begin_with_a_dollar() {
    each(|address| {
        for version in BOTH {
            let mut client = RawClient::connect(address, version, "client");
            for filter in ["#", "+/x", "+/#", "+"] {
                client.subscribe(filter, 0);
            }
            client.link.send(publish("$other/x", "hidden"));
            client.link.send(publish("$other", "hidden"));
            client.expect_quiet();
            client.subscribe("$other/+", 0);
            client.link.send(publish("$other/x", "asked for"));
            client.expect_text("$other/x", "asked for");
        }
    });
}

#[test]
fn a_topic_may_have_65535_bytes() {
    each(|address| {
        let topic = format!("{}/{}", "a".repeat(30_000), "b".repeat(35_534));
        assert_eq!(topic.len(), 65_535);
        for version in BOTH {
            let mut client = RawClient::connect(address, version, "client");
            client.subscribe(&topic, 0);
            client.subscribe("+/+", 0);
            client.link.send(publish(&topic, "x"));
            client.expect_text(&topic, "x");
        }
    });
}

#[test]
fn many_levels_are_no_trouble() {
    // mosquitto refuses more than 200 levels.
    ours(|address| {
        let topic = "/".repeat(65_535);
        for version in BOTH {
            let mut client = RawClient::connect(address, version, "client");
            client.link.send(wire::subscribe(1, &topic, 0).and(&format!("+{}", "/+".repeat(30_000)), 0));
            client.link.expect_suback();
            client.link.send(publish(&topic, "x"));
            client.link.send(publish(&"/".repeat(30_000), "x"));
            client.link.send(Packet::Pingreq);
            while client.link.receive() != Packet::Pingresp {}
        }
        still_serves(address);
    });
}

#[test]
fn spaces_and_control_characters_are_characters() {
    each(|address| {
        for version in BOTH {
            let mut client = RawClient::connect(address, version, "client");
            for topic in [" ", "a b/ c", "日本/語", "🦀"] {
                client.subscribe(topic, 0);
                client.link.send(publish(topic, "x"));
                client.expect_text(topic, "x");
            }
        }
    });
}

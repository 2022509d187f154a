use std::path::PathBuf;

use clap::{Parser, Subcommand};
use proptest::prelude::*;

use super::*;
use crate::cli::value;
use crate::mqtt::{TopicFilter, TopicName};
use crate::repl::line::{Line, Variables};
use crate::settings::line_command;

/// Commands of each kind; the session's own are tested in a terminal.
#[derive(Debug, Parser)]
#[command(name = "repl", disable_help_flag = true, disable_help_subcommand = true)]
struct Root {
    #[command(subcommand)]
    command: Commands,
}

#[derive(Debug, Subcommand)]
enum Commands {
    /// Publish
    Pub {
        #[arg(value_name = "TOPIC", value_parser = value::topic_name, required = true)]
        to: Option<TopicName>,
        #[arg(value_name = "MESSAGE")]
        body: Option<String>,
        /// Quality of Service
        #[arg(short, long, value_name = "QOS")]
        qos: Option<u8>,
        #[arg(short, long)]
        retain: bool,
        #[arg(long, value_name = "PAIR")]
        user_properties: Vec<String>,
        #[arg(short, long, value_parser = ["plain", "hex"])]
        format: Option<String>,
        #[arg(long)]
        file_read: Option<PathBuf>,
        #[arg(long, hide = true)]
        secret: bool,
    },
    /// Subscribe
    Sub {
        #[arg(value_name = "FILTER", value_parser = value::topic_filter)]
        filters: Vec<TopicFilter>,
        #[arg(short, long, num_args = 1.., value_parser = value::topic_filter)]
        topic: Vec<TopicFilter>,
        #[arg(short, long)]
        verbose: bool,
    },
    /// Unsubscribe
    Unsub {
        #[arg(value_name = "FILTER", value_parser = value::topic_filter)]
        filters: Vec<TopicFilter>,
    },
    /// Connect
    #[command(alias = "con")]
    Connect {
        #[arg(long)]
        profile: Option<String>,
    },
    /// Switch
    Switch { name: String },
    /// List
    #[command(alias = "ls")]
    Connections,
    /// Trace
    Trace {
        #[arg(value_parser = ["on", "off"])]
        state: String,
    },
    /// Help
    Help { command: Option<String> },
}

struct Known;

impl Live for Known {
    fn profiles(&self) -> Vec<String> {
        ["plant", "plant two"].map(String::from).into()
    }
    fn connections(&self) -> Vec<String> {
        ["home", "plant"].map(String::from).into()
    }
    fn filters(&self) -> Vec<String> {
        ["car/#", "$share/g/order/#"].map(String::from).into()
    }
    fn topics(&self, prefix: &str) -> Vec<String> {
        let all = ["$SYS/uptime", "car", "car/1/gear", "car/1/speed", "car/2/speed", "the room/lamp"];
        all.iter().filter(|topic| topic.starts_with(prefix)).map(|topic| (*topic).to_owned()).collect()
    }
    fn variables(&self) -> Vec<(String, String)> {
        vec![("base".to_owned(), "home/kitchen".to_owned()), ("speed".to_owned(), "5".to_owned())]
    }
    fn aliases(&self) -> Vec<(String, String)> {
        vec![("all".to_owned(), "sub -v".to_owned()), ("puh".to_owned(), "pub -r".to_owned())]
    }
    fn notes(&self) -> Vec<(String, String)> {
        vec![("lamp-on".to_owned(), "pub lamp on".to_owned())]
    }
    fn jobs(&self) -> Vec<(String, String)> {
        vec![("3".to_owned(), "pub tick".to_owned())]
    }
    fn files(&self, prefix: &str) -> Vec<String> {
        ["data/", "data/a.json"].iter().filter(|path| path.starts_with(prefix)).map(|path| (*path).to_owned()).collect()
    }
}

fn root() -> Command {
    <Root as clap::CommandFactory>::command()
}

/// The line with each candidate in its place, the cursor at `^` or at the end.
fn lines(line: &str) -> Vec<String> {
    let cursor = line.find('^').unwrap_or(line.len());
    let line = line.replace('^', "");
    let Completion { start, candidates } = complete(&root(), &line, cursor, &Known);
    candidates.iter().map(|candidate| format!("{}{}{}", &line[..start], candidate.text, &line[cursor..])).collect()
}

fn texts(line: &str) -> Vec<String> {
    complete(&root(), line, line.len(), &Known).candidates.into_iter().map(|candidate| candidate.text).collect()
}

#[test]
fn commands_and_aliases_come_first() {
    assert_eq!(texts(""), ["pub", "sub", "unsub", "connect", "switch", "connections", "trace", "help", "all", "puh"]);
    assert_eq!(texts("con"), ["connect", "connections"]);
    assert_eq!(texts("pu"), ["pub", "puh"]);
    assert_eq!(texts("l"), ["ls"], "a short form where nothing else begins so");
    assert_eq!(lines("s^ car"), ["sub car", "switch car"]);
    assert_eq!(complete(&root(), "pub", 3, &Known).candidates[0].help, "Publish");
    assert_eq!(texts("nothing here"), [""; 0]);
}

#[test]
fn topics_are_completed_level_by_level() {
    assert_eq!(texts("pub "), ["$SYS/uptime", "car", "car/", "'the room/lamp'"]);
    assert_eq!(texts("pub car/"), ["car/1/", "car/2/speed"]);
    assert_eq!(texts("pub car/1/s"), ["car/1/speed"]);
    assert_eq!(texts("pub $S"), ["$SYS/uptime"]);
    assert_eq!(lines("pub the\\ r^"), ["pub 'the room/lamp'"]);
    assert_eq!(lines("pub 'the r^"), ["pub 'the room/lamp'"]);
    assert_eq!(texts("pub car x"), [""; 0], "a payload is not known");
    let candidates = complete(&root(), "pub car/", 8, &Known).candidates;
    assert_eq!((candidates[0].is_whole, candidates[0].help.as_str()), (false, "2 topics"));
    assert!(candidates[1].is_whole);
}

#[test]
fn filters_have_wildcards_and_what_is_subscribed_to() {
    assert_eq!(texts("sub car/"), ["car/1/", "car/2/speed", "car/#"]);
    assert_eq!(texts("sub a b car/1/"), ["car/1/gear", "car/1/speed", "car/1/#"]);
    assert_eq!(texts("sub -t a car/1/g"), ["car/1/gear"], "both as -t's value and by itself");
    assert_eq!(texts("unsub "), ["car/#", "$share/g/order/#"]);
    assert_eq!(texts("unsub $"), ["$share/g/order/#", "$base", "$speed"]);
    assert_eq!(texts("unsub $sh"), ["$share/g/order/#"]);
}

#[test]
fn options_and_their_values_are_known() {
    assert_eq!(texts("pub a b -"), ["--qos", "--retain", "--user-properties", "--format", "--file-read"]);
    assert_eq!(texts("pub -rq 1 --"), ["--user-properties", "--format", "--file-read"]);
    assert_eq!(texts("pub --user-properties a:b --u"), ["--user-properties"], "it can be repeated");
    assert_eq!(texts("pub -f h"), ["hex"]);
    assert_eq!(lines("pub --format=p^ x"), ["pub --format=plain x"]);
    assert_eq!(texts("pub a -q "), ["0", "1", "2"]);
    assert_eq!(texts("pub --file-read da"), ["data/", "data/a.json"]);
    assert_eq!(texts("pub a -- --"), [""; 0]);
    assert_eq!(texts("trace o"), ["on", "off"]);
    assert_eq!(texts("trace on "), [""; 0]);
}

#[test]
fn names_of_the_session_are_known() {
    assert_eq!(texts("connect --profile p"), ["plant", "'plant two'"]);
    assert_eq!(texts("con --profile 'plant t"), ["'plant two'"]);
    assert_eq!(texts("switch h"), ["home"]);
    assert_eq!(texts("help un"), ["unsub"]);
}

#[test]
fn variables_and_aliases_are_looked_through() {
    assert_eq!(lines("pub $ba^"), ["pub $base"]);
    assert_eq!(lines("pub a \"is ${s^"), ["pub a \"is ${speed}"]);
    assert_eq!(lines("pub a '$s^"), [""; 0]);
    assert_eq!(texts("all car/1/s"), ["car/1/speed"]);
    assert_eq!(texts("puh --r"), [""; 0], "the alias has it already");
}

#[test]
fn a_command_inside_a_line_is_completed_as_one() {
    let root = line_command();
    let first =
        |line: &str| complete(&root, line, line.len(), &Known).candidates.first().map(|first| first.text.clone());
    let line = |line: &str| first(line).unwrap_or_default();
    for before in ["every 5s ", "if ", "if wait a { ", "if wait a { pub b } else { ", "repeat 3 { ", "note save x "] {
        assert_eq!(line(&format!("{before}unm")), "unmute", "{before}");
        assert_eq!(line(&format!("{before}pub car/1/s")), "car/1/speed", "{before}");
    }
    assert_eq!((first("if wait a { pub b } "), first("repeat ")), (None, None));
}

#[test]
fn what_the_session_keeps_is_offered_by_name() {
    let root = line_command();
    let texts = |line: &str| -> Vec<String> {
        complete(&root, line, line.len(), &Known).candidates.into_iter().map(|candidate| candidate.text).collect()
    };
    assert_eq!(texts("note "), ["save", "remove", "file", "lamp-on"]);
    assert_eq!(texts("note remove "), ["lamp-on"]);
    assert_eq!(texts("note file da"), ["data/", "data/a.json"]);
    assert_eq!(texts("stop "), ["3"]);
    assert_eq!(texts("retained c"), ["clear", "car", "car/", "car/#"]);
    assert_eq!(texts("retained clear car/2"), ["car/2/speed"]);
    assert_eq!(texts("diff car/1/g"), ["car/1/gear"]);
    assert_eq!(texts("expect a --property re"), ["retain", "response-topic"]);
    assert_eq!(texts("rep"), ["reply", "repeat"]);
}

#[test]
fn a_second_tab_inserts_nothing_that_was_not_asked_for() {
    assert_eq!(texts("unsub car/# "), ["$share/g/order/#"]);
    assert_eq!(texts("pub car on "), ["", "--qos", "--retain", "--user-properties", "--format", "--file-read"]);
    let heading = &complete(&root(), "pub car on ", 11, &Known).candidates[0];
    assert_eq!((heading.help.as_str(), heading.is_whole), ("Options:", false));
}

#[test]
fn the_shells_part_of_a_line_is_left_alone() {
    for line in ["!l", "sub a | gr", "# su", "pub a <<EOF\nca", "pub a \\"] {
        assert_eq!(texts(line), [""; 0], "{line}");
    }
}

#[test]
fn what_is_wanted_next_is_hinted_at() {
    let hint = |line: &str| hint(&root(), line, &Known);
    assert_eq!(hint("pub").as_deref(), Some(" <TOPIC> [MESSAGE]"));
    assert_eq!(hint("pub ").as_deref(), Some("<TOPIC> [MESSAGE]"));
    assert_eq!(hint("pub car ").as_deref(), Some("[MESSAGE]"));
    assert_eq!(hint("pub car -q ").as_deref(), Some("<QOS>"));
    assert_eq!(hint("pub car on "), None);
    assert_eq!(hint("sub ").as_deref(), Some("[FILTER]..."));
    assert_eq!(hint("pub ca"), None);
    assert_eq!(hint("connections "), None);
}

proptest! {
    #[test]
    fn any_line_can_be_completed_at_any_place(line in "[a-z$'\"|\\\\ /#<-]{0,20}", cursor in 0_usize..24) {
        let line = format!("pub {line}");
        let completion = complete(&root(), &line, cursor, &Known);
        prop_assert!(completion.candidates.is_empty() || completion.start <= cursor);
        _ = hint(&root(), &line, &Known);
    }

    #[test]
    fn what_is_inserted_is_read_as_the_candidate(line in prop::sample::select(vec!["pub ", "pub c", "pub 'the", "unsub ", "connect --profile pl"])) {
        let variables = Variables::new();
        for text in lines(line) {
            prop_assert!(matches!(Line::parse(&text, &variables), Ok(Line::Command(_))), "{}", text);
        }
    }
}

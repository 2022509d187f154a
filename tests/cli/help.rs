//! What the program prints when it is asked for help.

use std::process::{Command, Output};

fn run(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mqttx-rs"));
    command.args(arguments).env_remove("COLUMNS").env_remove("CLICOLOR_FORCE").output().unwrap()
}

fn help(arguments: &[&str]) -> String {
    let ended = run(arguments);
    assert_eq!(ended.status.code(), Some(0), "{arguments:?}: {}", String::from_utf8_lossy(&ended.stderr));
    assert!(ended.stderr.is_empty(), "{arguments:?}");
    String::from_utf8(ended.stdout).unwrap()
}

#[test]
fn alone_it_prints_its_commands_and_where_to_read_on() {
    let page = help(&[]);
    assert_eq!(page, help(&["--help"]));
    assert_eq!(page, help(&["help"]));
    for text in ["  pub  ", "  sub  ", "mqttx-rs COMMAND --help-all", "mqttx-rs help TOPIC"] {
        assert!(page.contains(text), "{text}: {page}");
    }
}

#[test]
fn the_whole_page_comes_from_the_option_and_the_command() {
    let whole = help(&["help", "bench", "pub"]);
    assert_eq!(whole, help(&["bench", "pub", "--help-all"]));
    assert!(whole.contains("--will-topic") && whole.contains("-im, --message-interval"), "{whole}");
    let short = help(&["bench", "pub", "--help"]);
    assert!(short.lines().count() * 3 < whole.lines().count() && !short.contains("--will-topic"), "{short}");
    assert_eq!(help(&["help", "rr"]), help(&["request", "--help-all"]));
    assert_ne!(help(&["--help-all"]), help(&["--help"]));
}

#[test]
fn an_option_and_a_topic_have_pages() {
    let page = help(&["help", "pub", "queue"]);
    assert!(page.starts_with("pub: --queue <DIR>\n"), "{page}");
    assert!(help(&["help", "exit-codes"]).contains("\n  99  "));
    assert!(help(&["help", "placeholders"]).contains("{random:1000..9999}"));
}

#[test]
fn what_there_is_no_help_about_is_a_usage_error_that_names_the_topics() {
    let ended = run(&["help", "toppics"]);
    assert_eq!(ended.status.code(), Some(2));
    assert_eq!(
        String::from_utf8(ended.stderr).unwrap(),
        "error: no help about `toppics`: use a command, or one of the topics connection, tls, topics, formats, \
         placeholders, thresholds, exit-codes, profiles, scripts\nhint: did you mean `topics`?\n"
    );
    let ended = run(&["help", "pub", "nothing"]);
    assert_eq!(ended.status.code(), Some(2));
    assert_eq!(
        String::from_utf8(ended.stderr).unwrap(),
        "error: `pub` has no option `nothing`\nhint: `mqttx-rs help pub` lists the options\n"
    );
}

#[test]
fn colour_is_on_only_when_it_is_asked_for_or_on_a_terminal() {
    assert!(!help(&["pub", "--help"]).contains('\u{1b}'));
    for arguments in [&["--color", "always", "pub", "--help"][..], &["--color=always", "help", "pub"]] {
        assert!(help(arguments).contains("\u{1b}["), "{arguments:?}");
    }
}

#[test]
fn the_host_of_a_connection_stays_the_short_option() {
    let ended = run(&["sub", "-h"]);
    assert_eq!(ended.status.code(), Some(2));
    assert!(String::from_utf8(ended.stderr).unwrap().contains("-h is the host name; --help prints the help"));
}

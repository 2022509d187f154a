//! What a person sees on a terminal, which the program runs on here: colour, and nothing that the other side sent
//! is obeyed.

use crate::support::screen::key;
use crate::support::wire::property::{reason_string, user_property};
use crate::support::wire::{connack, publish, suback};
use crate::support::{Ended, Mosquitto, Program, ScriptedBroker};

/// Sets the title, clears the screen (in C0 and in C1), turns the text around, returns to the start of the line.
const HOSTILE: &str = "\x1b]0;title\x07\x1b[2J\u{9b}2J\u{202e}\r\x08";

/// The same as a person sees it.
const SHOWN: &str = r"\x1b]0;title\x07\x1b[2J\u{9b}2J\u{202e}\x0d\x08";

/// Runs `sub` on a terminal; the broker sends one message of which every text is hostile.
fn see(arguments: &[&str]) -> String {
    let broker = ScriptedBroker::start();
    let fixed = ["sub", "-t", "#", "-C", "1"];
    let running = Program::new(fixed).port(broker.port()).arg_all(arguments).on_terminal().start();
    let (mut link, _) = broker.accept_session(connack());
    let subscribe = link.expect_subscribe();
    link.send(suback(subscribe.id, [0]));
    let payload = format!("{HOSTILE}\n\tnext line");
    link.send(publish(&format!("t/{HOSTILE}"), payload).with(user_property(HOSTILE, HOSTILE)));
    link.expect_goodbye();
    link.close();
    text(&running.wait().expect_code(0))
}

/// The terminal itself turns each newline into two characters.
fn text(ended: &Ended) -> String {
    ended.text().replace("\r\n", "\n")
}

#[test]
fn a_hostile_message_is_shown_and_not_obeyed() {
    assert_eq!(
        see(&["--color", "never"]),
        format!(
            "✔ Connected\n✔ Subscribed to #\n\
             topic: t/{SHOWN}, qos: 0, size: 34B, userProperties: [ {{ key: '{SHOWN}', value: '{SHOWN}' }} ]\n\
             {SHOWN}\n\tnext line\n\n"
        )
    );
    for arguments in [
        &["--output-mode", "raw", "-v"][..],
        &["--output-mode", "clean"],
        &["--output-mode", "jsonl"],
        &["-F", "%t %p %P %j"],
    ] {
        let seen = see(&[&["--color", "never"], arguments].concat());
        let obeyed = |character: char| character.is_control() && !"\n\t".contains(character) || character == '\u{202e}';
        assert!(!seen.contains(obeyed), "{seen:?}");
        assert!(seen.contains("title"), "{seen:?}");
    }
}

#[test]
fn labels_have_colour_and_texts_have_none() {
    let seen = see(&[]);
    assert!(seen.starts_with("\x1b[32m✔\x1b[0m Connected\n"), "{seen:?}");
    assert!(seen.contains(&format!("\x1b[32mtopic\x1b[0m: t/{SHOWN}, ")), "{seen:?}");
}

#[test]
fn what_a_broker_says_in_a_refusal_is_not_obeyed_either() {
    let broker = ScriptedBroker::start();
    let running = Program::new(["pub", "-t", "a", "-m", "x"]).port(broker.port()).on_terminal().start();
    let mut link = broker.accept();
    link.expect_connect();
    link.send(connack().refusing(0x87).with(reason_string(HOSTILE)));
    let seen = text(&running.wait().expect_code(4));
    assert!(seen.starts_with("\x1b[31merror:\x1b[0m "), "{seen:?}");
    assert!(seen.contains(SHOWN), "{seen:?}");
    assert!(!seen.contains("\x1b]") && !seen.contains('\u{202e}'), "{seen:?}");
}

/// Runs a check of a connection that asks alice for her password, and neither shows it nor sends another.
pub(crate) fn asks_for_the_password(program: Program, broker: &ScriptedBroker) {
    let mut screen = program.on_screen(24, 80);
    screen.wait_for("Password of alice:");
    screen.wait_for_hidden_input();
    screen.enter("open sesame");
    let (mut link, connect) = broker.accept_session(connack());
    assert_eq!(connect.password.as_deref(), Some(&b"open sesame"[..]));
    link.expect_goodbye();
    link.close();
    assert_eq!(screen.wait_for_end(), 0);
    assert!(!screen.transcript().contains("sesame"), "{}", screen.transcript());
}

#[test]
fn a_password_is_asked_for_and_not_shown() {
    let broker = ScriptedBroker::start();
    let program = Program::new(["conn", "--check", "-u", "alice", "--ask-password"]).port(broker.port());
    asks_for_the_password(program, &broker);
}

#[test]
fn ctrl_c_at_a_password_prompt_ends_the_program() {
    let mut screen = Program::new(["conn", "--check", "-u", "alice", "--ask-password"]).port(1).on_screen(24, 80);
    screen.wait_for("Password of alice:");
    screen.wait_for_hidden_input();
    screen.type_keys(key::CTRL_C);
    assert_eq!(screen.wait_for_end(), 130);
}

#[test]
fn ctrl_c_ends_a_subscription_in_order() {
    let broker = ScriptedBroker::start();
    let mut screen = Program::new(["sub", "-t", "a"]).port(broker.port()).on_screen(10, 40);
    let (mut link, _) = broker.accept_session(connack());
    let subscribe = link.expect_subscribe();
    link.send(suback(subscribe.id, [0]));
    link.send(publish("a", "x"));
    screen.wait_for_line("topic: a, qos: 0, size: 1B");
    screen.type_keys(key::CTRL_C);
    link.expect_goodbye();
    link.close();
    assert_eq!(screen.wait_for_end(), 0);
}

#[test]
fn a_bench_shows_its_progress_on_a_terminal_and_leaves_only_the_report() {
    let Some(mosquitto) = Mosquitto::start("") else { return };
    let program = Program::new(["bench", "pub", "-t", "a", "-c", "2", "--duration", "1h"]).port(mosquitto.port());
    let mut screen = program.on_screen(24, 80);
    screen.wait_for(" of 3600 s  ");
    screen.wait_for("in flight 0  connected 2  errors 0");
    screen.wait_for("  a second, at most ");
    screen.wait_until("each line below the one before", |screen| {
        let lines = screen.lines();
        let plot = lines.iter().find(|line| line.contains("a second, at most "));
        lines.iter().any(|line| line.starts_with("  sent ")) && plot.is_some_and(|plot| !plot.contains("max "))
    });
    screen.type_keys(key::CTRL_C);
    screen.wait_for_end();
    let seen = screen.contents();
    // Where a terminal has 24 lines, the result is what is left of it.
    assert!(seen.contains("\nResult") && seen.contains("Verdict"), "{seen}");
    assert!(!seen.contains("connected 2") && !seen.contains("a second, at most"), "{seen}");
}

#[test]
fn a_bench_fits_a_narrow_terminal_and_is_quiet_when_asked() {
    let Some(mosquitto) = Mosquitto::start("") else { return };
    let line = ["bench", "pub", "-t", "a", "-c", "2", "--duration", "1h"];
    let mut screen = Program::new(line).port(mosquitto.port()).on_screen(10, 40);
    screen.wait_for("connected 2");
    screen.wait_for("running ");
    let lines = screen.lines();
    let moving = lines.iter().skip_while(|line| !line.contains("running "));
    assert!(moving.clone().count() > 2 && moving.clone().all(|line| line.chars().count() < 40), "{lines:?}");
    screen.type_keys(key::CTRL_C);
    screen.wait_for_end();
    let mut screen = Program::new(["--quiet"].into_iter().chain(line)).port(mosquitto.port()).on_screen(24, 80);
    screen.type_keys(key::CTRL_C);
    screen.wait_for_end();
    assert!(!screen.contents().contains("running "), "{}", screen.contents());
    let line = ["--quiet", "bench", "pub", "-t", "a", "-c", "2", "-i", "0", "--duration", "2.5"];
    let ended = Program::new(line).port(mosquitto.port()).run().expect_code(0);
    assert!(!ended.text().contains("Published total"), "{}", ended.text());
}

//! What a person at a terminal relies on: order, job control, completion, pages.

use nix::sys::signal::Signal;

use crate::person::{Person, enter, is_waiting, subscribe, typed};
use crate::support::screen::key;
use crate::support::wire::{connack, publish, suback};
use crate::support::{Link, Nobody, Screen};

/// What a terminal sends for a text that is pasted.
fn pasted(text: &str) -> String {
    format!("\x1b[200~{text}\x1b[201~")
}

#[test]
fn a_topic_that_a_terminal_would_obey_is_completed_as_an_escape() {
    let person = Person::new();
    let (mut screen, mut link) = person.sits_down();
    subscribe(&mut screen, &mut link, "#");
    link.send(publish("evil/a\x1b]52;c;aGk=\x07", "1"));
    link.send(publish("evil/b c", "1"));
    screen.wait_for("evil/b c: 1");
    screen.type_keys(format!("pub evil/{}{}", key::TAB, key::TAB));
    screen.wait_for(r"$'evil/a\x1b]52;c;aGk=\x07'");
    screen.wait_for("'evil/b c'");
    screen.type_keys(key::CTRL_C);
    screen.wait_until("a prompt", is_waiting);
    screen.type_keys(format!("pub evil/a{}", key::TAB));
    screen.wait_until("the topic", |screen| typed(screen).starts_with(r"pub $'evil/a\x1b]52;c;aGk=\x07'"));
    screen.enter("on");
    assert_eq!(link.expect_publish().topic, "evil/a\x1b]52;c;aGk=\x07");
    assert!(!screen.transcript().contains("\x1b]52"), "{:?}", screen.transcript());
}

#[test]
fn a_session_that_is_stopped_goes_on_with_its_line_when_the_shell_lets_it() {
    for shell in ["bash --norc --noprofile -i", "dash -i"] {
        let person = Person::new();
        let line = format!("RUN=\"$*\"; export RUN; PS1='sh$ '; export PS1; exec {shell}");
        let mut screen = person.program().through_shell(&line).on_screen(24, 80);
        screen.wait_until("the shell", |screen| screen.cursor_line().ends_with("sh$"));
        screen.enter("$RUN");
        let (mut link, _) = person.broker.accept_session(connack());
        screen.wait_until("a prompt", |screen| screen.cursor_line().starts_with('●') && is_waiting(screen));
        for round in 0..3 {
            // Each line another: the history would suggest its end.
            let half = format!("pub a '{round} half");
            screen.type_keys(&half);
            screen.wait_until("the typed line", |screen| typed(screen) == half);
            screen.type_keys(key::CTRL_Z);
            screen.wait_until("the shell", |screen| screen.cursor_line().ends_with("sh$"));
            screen.enter("fg");
            screen.wait_until("the line again", |screen| typed(screen) == half && !screen.shows_input());
            screen.enter(" typed'");
            assert_eq!(link.expect_publish().text(), format!("{round} half typed"), "{shell}");
            screen.wait_until("a prompt", is_waiting);
        }
    }
}

#[test]
fn what_only_names_an_argument_is_not_taken_as_text() {
    let person = Person::new();
    let (mut screen, mut link) = person.sits_down();
    screen.type_keys("pub ");
    screen.wait_for("[MESSAGE]");
    screen.type_keys(format!("{}a/b on{}", key::RIGHT, key::ENTER));
    let published = link.expect_publish();
    assert_eq!((published.topic.as_str(), published.text()), ("a/b", "on"));
}

#[test]
fn pasted_lines_run_each_in_their_order() {
    let person = Person::new();
    let (mut screen, mut link) = person.sits_down();
    screen.type_keys(pasted("pub a 1\npub a <<EOF\nt\nwo\nEOF\nnonsense\npub a 3"));
    screen.wait_for("pub a 3");
    screen.type_keys(key::ENTER);
    for payload in ["1", "t\nwo", "3"] {
        assert_eq!(link.expect_publish().text(), payload);
    }
    screen.wait_for("unknown command `nonsense`");
    screen.wait_until("a prompt", is_waiting);
    screen.type_keys(key::UP);
    screen.wait_until("the last of them", |screen| typed(screen) == "pub a 3");
}

#[test]
fn messages_come_in_order_however_far_ahead_lines_are_typed() {
    let person = Person::new();
    let (mut screen, mut link) = person.sits_down_at(400, 80);
    subscribe(&mut screen, &mut link, "a");
    for number in 1..=60 {
        link.send(publish("a", number.to_string()));
        screen.enter("subs");
    }
    screen.wait_for_line("#60 a: 60");
    screen.wait_until("a prompt", is_waiting);
    let lines = screen.lines();
    let numbers: Vec<u32> = lines.iter().filter_map(|line| line.split_once(" a: ")?.1.parse().ok()).collect();
    assert_eq!(numbers, (1..=60).collect::<Vec<_>>(), "{}", screen.contents());
}

#[test]
fn a_terminal_that_only_writes_lines_is_enough() {
    let person = Person::new();
    let mut screen = person.program().on_screen_named("dumb", 24, 80);
    let (mut link, _) = person.broker.accept_session(connack());
    screen.wait_for("✔ Connected");
    // It is not drawn again below what comes later.
    screen.wait_for(&format!("localhost:{}>", person.broker.port()));
    screen.enter("sub a");
    let asked = link.expect_subscribe();
    link.send(suback(asked.id, [0]));
    screen.wait_for_line("✔ Subscribed to a");
    link.send(publish("a", "on"));
    screen.wait_for_line("#1 a: on");
    screen.type_keys(format!("pub a not this{}", key::CTRL_C));
    screen.enter("pub a this");
    assert_eq!(link.expect_publish().text(), "this");
    screen.enter("exit");
    link.expect_goodbye();
    link.close();
    assert_eq!(screen.wait_for_end(), 0);
    assert!(!screen.transcript().contains('\x1b'), "{:?}", screen.transcript());
}

#[test]
fn a_connection_that_never_was_is_not_the_current_one_and_can_be_forgotten() {
    let person = Person::new();
    let (mut screen, mut link) = person.sits_down();
    let nobody = Nobody::new();
    enter(&mut screen, &format!("connect -h 127.0.0.1 -p {} as typo", nobody.port()));
    screen.wait_for("is the current connection again");
    screen.wait_until("a prompt", is_waiting);
    assert!(!screen.cursor_line().contains("typo"), "{}", screen.cursor_line());
    enter(&mut screen, "pub a 'to the first'");
    assert_eq!(link.expect_publish().text(), "to the first");
    screen.wait_until("a prompt", is_waiting);
    enter(&mut screen, "forget typo");
    screen.wait_for_line("✔ Forgot typo");
    screen.wait_until("a prompt", is_waiting);
    enter(&mut screen, "switch typo");
    screen.wait_for("unknown connection `typo`");
}

#[test]
fn ctrl_c_gives_up_a_connection_that_is_not_answered() {
    let person = Person::new();
    let (mut screen, mut link) = person.sits_down();
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = silent.local_addr().unwrap().port();
    enter(&mut screen, &format!("connect -h 127.0.0.1 -p {port} as silent"));
    // It is connected as far as TCP goes; CONNACK never comes.
    let _stream = silent.accept().unwrap();
    screen.type_keys(key::CTRL_C);
    screen.wait_for("is the current connection again");
    screen.wait_until("a prompt", is_waiting);
    assert!(!screen.cursor_line().contains("silent"), "{}", screen.cursor_line());
    enter(&mut screen, "pub a 'to the first'");
    assert_eq!(link.expect_publish().text(), "to the first");
}

#[test]
fn values_of_options_are_offered_with_what_they_are() {
    let person = Person::new();
    let (mut screen, _link) = person.sits_down();
    for (line, row) in [
        ("set mode ", "jsonl    one lossless JSON object per line"),
        ("set format ", "bytes as hexadecimal digits"),
        ("connect -V ", "3.1.1  MQTT 3.1.1"),
        ("connect -l ", "wss    WebSocket over TLS"),
        ("su", "subs  List the subscriptions"),
    ] {
        screen.type_keys(format!("{line}{}{}", key::TAB, key::TAB));
        screen.wait_for(row);
        screen.type_keys(key::CTRL_C);
        screen.wait_until("a prompt", is_waiting);
    }
    screen.type_keys(format!("clear {}{}{}", key::TAB, key::TAB, key::ENTER));
    screen.wait_until("a cleared screen", |screen| is_waiting(screen) && screen.cursor().0 < 3);
}

#[test]
fn ctrl_c_ends_a_flood_of_publishes() {
    let person = Person::new();
    let (mut screen, link) = person.sits_down();
    let reader = std::thread::spawn(move || link.swallow());
    enter(&mut screen, "pub a x --repeat 1000000000");
    screen.wait_for_shown_input();
    screen.type_keys(key::CTRL_C);
    screen.wait_for("Interrupted");
    screen.wait_until("a prompt", is_waiting);
    drop(screen);
    reader.join().unwrap();
}

#[test]
fn a_window_that_is_closed_ends_the_session_in_order() {
    let person = Person::new();
    let (mut screen, mut link) = person.sits_down();
    screen.signal(Signal::SIGHUP);
    link.expect_goodbye();
    link.close();
    assert_eq!(screen.wait_for_end(), 0);
}

#[test]
fn what_is_longer_than_the_window_goes_through_the_pager() {
    let person = Person::new();
    let pager = "sed -n '1s/^/paged: /p;$p'";
    let mut screen = person.program().env("PAGER", pager).on_screen(24, 80);
    let (mut link, _) = person.broker.accept_session(connack());
    screen.wait_until("a prompt", is_waiting);
    enter(&mut screen, "help connect");
    screen.wait_for("paged: ");
    screen.wait_until("a prompt", is_waiting);
    assert!(!screen.contents().contains("--keepalive"), "{}", screen.contents());
    enter(&mut screen, "help connect | grep -c -e --keepalive -e -options");
    screen.wait_for_line("1");
    screen.wait_until("a prompt", is_waiting);
    subscribe(&mut screen, &mut link, "#");
    link.send(publish("a", serde_json::to_vec(&(0..60).collect::<Vec<_>>()).unwrap()));
    link.send(publish("b", "on"));
    screen.wait_for("#2 b: on");
    enter(&mut screen, "show 1");
    screen.wait_for("paged: message");
    screen.wait_until("a prompt", is_waiting);
    enter(&mut screen, "show 2");
    screen.wait_for_line("on");
}

#[test]
fn ctrl_c_and_ctrl_d_end_the_pages_of_the_completion_menu() {
    let person = Person::new();
    let (mut screen, mut link) = person.sits_down_at(12, 80);
    for leave in [key::CTRL_C, key::CTRL_D, "q"] {
        screen.type_keys(format!("pub a b --{}{}", key::TAB, key::TAB));
        screen.wait_until("the question", |screen| screen.cursor_line() == "--More--");
        screen.type_keys(leave);
        // The line is as it was.
        screen.wait_until("the line", |screen| typed(screen) == "pub a b --");
        // There the keys do what they always do.
        screen.type_keys(key::CTRL_C);
        screen.wait_until("a prompt", is_waiting);
    }
    enter(&mut screen, "pub a b");
    assert_eq!(link.expect_publish().text(), "b");
    screen.wait_until("a prompt", is_waiting);
    screen.type_keys(key::CTRL_D);
    link.expect_goodbye();
}

/// A session that looks for its pager only here: `sh` is there, and `less` is not.
fn without_less(person: &Person) -> (Screen, Link, tempfile::TempDir) {
    let programs = tempfile::tempdir().unwrap();
    std::os::unix::fs::symlink("/bin/sh", programs.path().join("sh")).unwrap();
    let path = programs.path().to_str().unwrap();
    let mut screen = person.program().env("PATH", path).on_screen(24, 80);
    let (link, _) = person.broker.accept_session(connack());
    screen.wait_until("a prompt", is_waiting);
    (screen, link, programs)
}

#[test]
fn without_a_pager_pages_are_turned_by_keys_and_ctrl_c_ends_them() {
    let person = Person::new();
    let (mut screen, _link, _programs) = without_less(&person);
    for leave in ["q", key::CTRL_C, key::CTRL_D] {
        enter(&mut screen, "help");
        screen.wait_until("the question", |screen| screen.cursor_line().starts_with("--More--"));
        assert!(!screen.contents().contains("save-settings"), "{}", screen.contents());
        screen.type_keys(leave);
        screen.wait_until("a prompt", is_waiting);
        enter(&mut screen, "clear");
        screen.wait_until("a prompt", is_waiting);
    }
    enter(&mut screen, "help");
    screen.wait_until("the question", |screen| screen.cursor_line().starts_with("--More--"));
    let before = screen.lines();
    screen.type_keys(key::ENTER);
    screen.wait_until("a line more", |screen| screen.lines()[0] == before[1]);
    let is_at_end = |screen: &Screen| screen.contents().contains("`help COMMAND` shows");
    while !is_at_end(&screen) {
        let before = screen.lines();
        screen.type_keys(" ");
        screen.wait_until("the next page", |screen| {
            is_at_end(screen) || screen.cursor_line().starts_with("--More--") && screen.lines() != before
        });
    }
    screen.wait_until("a prompt", is_waiting);
}

#[test]
fn ctrl_c_leaves_less() {
    if !std::path::Path::new("/usr/bin/less").exists() {
        return;
    }
    let person = Person::new();
    let mut screen = person.program().env("PAGER", "less").env("TERM", "xterm").on_screen(24, 80);
    let (_link, _) = person.broker.accept_session(connack());
    screen.wait_until("a prompt", is_waiting);
    enter(&mut screen, "help");
    screen.wait_until("less", |screen| screen.cursor_line() == ":");
    screen.type_keys(key::CTRL_C);
    // A signal between its prompt and its read is looked at by `less` with the next key; this one redraws the screen
    // in `less` as at the prompt.
    screen.type_keys(key::CTRL_L);
    screen.wait_until("a prompt", is_waiting);
}

#[test]
fn what_happens_while_less_has_the_screen_is_shown_when_it_has_ended() {
    if !std::path::Path::new("/usr/bin/less").exists() {
        return;
    }
    let person = Person::new();
    let mut screen = person.program().env("PAGER", "less").env("TERM", "xterm").on_screen(24, 80);
    let (link, _) = person.broker.accept_session(connack());
    screen.wait_until("a prompt", is_waiting);
    enter(&mut screen, "help");
    screen.wait_until("less", |screen| screen.cursor_line() == ":");
    drop(link);
    let (_link, _) = person.broker.accept_session(connack());
    // What `less` draws comes behind what had been printed by then.
    let before = screen.lines();
    screen.type_keys(key::ENTER);
    screen.wait_until("a line more", |screen| screen.lines()[0] == before[1]);
    assert!(!screen.contents().contains("connection lost"), "{}", screen.contents());
    screen.type_keys("q");
    screen.wait_until("the loss", |screen| screen.contents().contains("connection lost"));
    screen.wait_until("a prompt", is_waiting);
}

#[test]
fn a_prompt_is_short_and_has_no_hole() {
    let person = Person::new();
    let (mut screen, link) = person.sits_down();
    let prompt = format!("● localhost:{}>", person.broker.port());
    screen.wait_for_cursor_line(&prompt);
    drop(link);
    screen.wait_until("the sign", |screen| screen.cursor_line().starts_with('◌'));
    let (_link, _) = person.broker.accept_session(connack());
    screen.wait_for_cursor_line(&prompt);
}

#[test]
fn a_line_runs_again_and_again_until_it_is_stopped() {
    let person = Person::new();
    let (mut screen, mut link) = person.sits_down();
    enter(&mut screen, "every 100ms pub tick 'a b'");
    screen.wait_for("✔ Job 1: `stop 1` ends it");
    screen.type_keys("pub half");
    for _ in 0..3 {
        link.expect(publish("tick", "a b"));
    }
    screen.wait_until("the typed line", |screen| typed(screen).starts_with("pub half"));
    screen.type_keys(key::CTRL_C);
    screen.wait_until("a prompt", is_waiting);
    enter(&mut screen, "jobs");
    screen.wait_for("every 0.1 s");
    enter(&mut screen, "stop 1");
    screen.wait_until("a prompt", is_waiting);
    enter(&mut screen, "jobs");
    screen.wait_for("No jobs: ");
    enter(&mut screen, "pub done");
    let mut last = link.expect_publish();
    while last.topic == "tick" {
        last = link.expect_publish();
    }
    assert_eq!(last.topic, "done");
}

#[test]
fn a_job_counts_its_messages_and_says_nothing_until_it_ends() {
    let person = Person::new();
    let (mut screen, mut link) = person.sits_down();
    enter(&mut screen, "every 100ms pub tick {counter} --template");
    for number in ["1", "2", "3"] {
        assert_eq!(link.expect_publish().text(), number);
    }
    screen.wait_until("a prompt", is_waiting);
    enter(&mut screen, "stop 1");
    screen.wait_for("✔ Job 1 ended after ");
    screen.wait_for(" runs: pub tick {counter} --template");
    assert!(!screen.transcript().contains("Message published"), "{}", screen.transcript());
}

#[test]
fn the_keys_and_the_prompt_are_a_persons_own() {
    let person = Person::new();
    let (mut screen, mut link) = person.sits_down();
    enter(&mut screen, "set keys vi");
    screen.wait_until("a prompt", is_waiting);
    enter(&mut screen, "set prompt '{client_id} here> '");
    screen.wait_for_cursor_line("● me here>");
    screen.type_keys("xpub a o");
    screen.wait_until("the line", |screen| typed(screen) == "xpub a o");
    let (_, column) = screen.cursor();
    // Esc goes to the character; to the beginning, delete a character, append at the end.
    screen.type_keys("\x1b");
    screen.wait_until("the mode of commands", |screen| screen.cursor().1 == column - 1);
    screen.type_keys("0xAn");
    screen.wait_until("the edited line", |screen| typed(screen) == "pub a on");
    screen.type_keys(key::ENTER);
    assert_eq!(link.expect_publish().text(), "on");
    screen.wait_until("a prompt", is_waiting);
    screen.type_keys("set prompt\r");
    screen.wait_for_cursor_line(&format!("● localhost:{}>", person.broker.port()));
}

#[test]
fn what_is_typed_has_colours_and_a_word_that_is_no_command_is_red() {
    let person = Person::new();
    let (mut screen, _link) = person.sits_down();
    screen.type_keys("pub a 'on' --qos 1");
    screen.wait_until("the line", |screen| typed(screen).ends_with("--qos 1"));
    for painted in ["\x1b[32mpub\x1b[0m", "\x1b[33m'on'\x1b[0m", "\x1b[36m--qos\x1b[0m"] {
        assert!(screen.transcript().contains(painted), "{painted:?}");
    }
    screen.type_keys(key::CTRL_C);
    screen.wait_until("a prompt", is_waiting);
    screen.type_keys("nonsense x");
    screen.wait_until("the line", |screen| typed(screen).starts_with("nonsense x"));
    assert!(screen.transcript().contains("\x1b[31mnonsense\x1b[0m"));
}

#[test]
fn an_editor_that_is_left_without_a_change_runs_nothing() {
    let person = Person::new();
    let mut screen = person.program().env("VISUAL", "sed -i s/one/two/").on_screen(24, 80);
    let (mut link, _) = person.broker.accept_session(connack());
    screen.wait_until("a prompt", is_waiting);
    enter(&mut screen, "pub a one");
    assert_eq!(link.expect_publish().text(), "one");
    screen.wait_until("a prompt", is_waiting);
    enter(&mut screen, "edit");
    assert_eq!(link.expect_publish().text(), "two");
    screen.wait_until("a prompt", is_waiting);
    enter(&mut screen, "subs");
    screen.wait_for("No subscriptions");
    screen.wait_until("a prompt", is_waiting);
    enter(&mut screen, "edit");
    screen.wait_for_line("Nothing was changed, and nothing is run");
}

#[cfg(feature = "broker")]
#[test]
fn the_messages_of_a_probe_are_not_shown_to_who_has_subscribed_to_everything() {
    let home = tempfile::tempdir().unwrap();
    let mut screen = crate::support::Program::new(["repl", "--embedded"]).home(home.path()).on_screen(40, 80);
    screen.wait_for("✔ Connected");
    screen.wait_until("a prompt", is_waiting);
    enter(&mut screen, "sub #");
    screen.wait_for_line("✔ Subscribed to #");
    screen.wait_until("a prompt", is_waiting);
    enter(&mut screen, "probe --only qos1,shared");
    screen.wait_for("messages shared by two members");
    screen.wait_until("a prompt", is_waiting);
    enter(&mut screen, "pub done 1");
    screen.wait_for(" done: 1");
    let probed = screen.lines().into_iter().filter(|line| line.starts_with('#') && line.contains("-probe/")).count();
    assert_eq!(probed, 0, "{}", screen.contents());
}

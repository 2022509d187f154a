//! The whole-screen view of `watch` and `plot`.

use crate::person::{Person, enter, is_waiting, subscribe};
use crate::support::screen::key;
use crate::support::wire::{connack, publish, suback};
use crate::support::{Link, Program, Screen};

/// A session with some messages, whose view is on the screen.
fn watching(person: &Person, rows: u16, columns: u16) -> (Screen, Link) {
    let (mut screen, mut link) = person.sits_down_at(rows, columns);
    subscribe(&mut screen, &mut link, "#");
    for (topic, payload) in
        [("car/1", "slow"), ("meter", r#"{"kWh": 1}"#), ("meter", r#"{"kWh": 5}"#), ("door", "open")]
    {
        link.send(publish(topic, payload));
    }
    screen.wait_for("door: open");
    enter(&mut screen, "watch");
    screen.wait_for("q quit");
    (screen, link)
}

/// The rows of the list that begin with a topic.
fn row(screen: &Screen, topic: &str) -> Option<String> {
    screen.lines().into_iter().find(|line| line.trim_start_matches(['*', ' ']).starts_with(topic))
}

#[test]
fn each_topic_has_a_row_with_its_latest_value_and_q_gives_the_prompt_back() {
    let person = Person::new();
    let (mut screen, mut link) = watching(&person, 24, 80);
    link.send(publish("car/1", "fast"));
    link.send(publish("car/2", "parked\x1b[2J"));
    screen.wait_until("both", |screen| {
        row(screen, "car/1").is_some_and(|row| row.contains("fast"))
            && row(screen, "car/2").is_some_and(|row| row.contains(r"parked\x1b[2J"))
    });
    assert!(screen.lines()[0].contains("4 topics"), "{}", screen.contents());
    let names: Vec<_> =
        screen.lines()[1..5].iter().map(|line| line[2..].split(' ').next().unwrap().to_owned()).collect();
    assert_eq!(names, ["car/1", "car/2", "door", "meter"]);
    screen.type_keys("s");
    screen.wait_until("the newest first", |screen| screen.lines()[1].contains("car/2"));
    screen.type_keys("q");
    screen.wait_until("a prompt", is_waiting);
    screen.wait_for("#4 door: open");
    enter(&mut screen, "pub a 'still here'");
    assert_eq!(link.expect_publish().text(), "still here");
}

#[test]
fn a_part_of_the_topic_chooses_rows_and_a_resize_is_followed() {
    let person = Person::new();
    let (mut screen, mut link) = watching(&person, 24, 80);
    screen.type_keys("/");
    screen.wait_for("filter:");
    screen.type_keys("CAR");
    screen.wait_until("only cars", |screen| row(screen, "door").is_none() && row(screen, "car/1").is_some());
    screen.type_keys(key::ENTER);
    screen.wait_for("q quit");
    for number in 2..40 {
        link.send(publish(&format!("car/{number}"), "1"));
    }
    screen.wait_for("39 topics");
    screen.resize(10, 40);
    screen
        .wait_until("the new size", |screen| row(screen, "car/1").is_some() && screen.lines()[9].starts_with("q quit"));
    screen.type_keys("\x1b[F");
    screen.wait_until("the last row", |screen| screen.lines()[8].contains("car/9"));
    screen.type_keys("q");
    screen.wait_until("a prompt", is_waiting);
}

#[test]
fn a_topic_is_shown_in_full_with_its_history_and_plotted() {
    let person = Person::new();
    let (mut screen, mut link) = watching(&person, 24, 100);
    screen.type_keys("\x1b[F");
    screen.type_keys(key::ENTER);
    screen.wait_for("\"kWh\": 5");
    screen.wait_for("/kWh: 1 -> 5");
    link.send(publish("meter", r#"{"kWh": 9}"#));
    screen.wait_for("/kWh: 5 -> 9");
    screen.type_keys(" ");
    screen.wait_for("PAUSED");
    link.send(publish("meter", r#"{"kWh": 11}"#));
    link.send(publish("seen", "1"));
    screen.type_keys("g");
    screen.wait_for("9.00");
    assert!(!screen.contents().contains("11.00"), "{}", screen.contents());
    screen.type_keys(" ");
    screen.wait_for("11.00");
    screen.type_keys("q");
    screen.wait_until("a prompt", is_waiting);
    screen.enter("plot meter --json /kWh | cat");
    screen.wait_for_line("▁▄▇█");
}

#[test]
fn the_details_scroll_when_they_have_the_focus_and_say_where_they_are() {
    let person = Person::new();
    let (mut screen, mut link) = watching(&person, 24, 80);
    let long: Vec<_> = (100..160).collect();
    link.send(publish("long", serde_json::to_vec(&long).unwrap()));
    for number in 0..40 {
        link.send(publish("often", number.to_string()));
    }
    screen.wait_for("often");
    screen.type_keys("/long");
    screen.wait_until("one row", |screen| row(screen, "door").is_none() && row(screen, "long").is_some());
    screen.type_keys(format!("{}{}", key::ENTER, key::ENTER));
    // 60 numbers and 2 brackets.
    screen.wait_for(" payload 1-11 of 62");
    screen.type_keys(key::TAB);
    screen.type_keys("\x1b[6~");
    screen.wait_for(" payload 12-22 of 62");
    screen.wait_until("the numbers", |screen| {
        screen.lines().iter().any(|line| line.starts_with("  120,")) && !screen.contents().contains("  109,")
    });
    screen.type_keys(key::DOWN);
    screen.wait_for(" payload 13-23 of 62");
    screen.type_keys(format!("{}{}", "\x1b[5~", key::UP));
    screen.wait_for(" payload 1-11 of 62");
    screen.type_keys("\x1b[F");
    screen.wait_for(" payload 52-62 of 62");
    // A smaller payload has no place so far down.
    link.send(publish("long", "[1, 2, 3, 4, 5, 6, 7, 8, 9, 10]"));
    screen.wait_for(" payload 2-12 of 12");
    screen.type_keys(key::TAB);
    screen.wait_for("─ history");
    screen.type_keys("\x1b");
    screen.wait_for("Tab scroll");
    screen.type_keys("q");
    screen.wait_until("a prompt", is_waiting);
}

#[test]
fn in_a_narrow_window_the_part_of_the_details_that_is_read_has_all_the_room() {
    let person = Person::new();
    let (mut screen, mut link) = watching(&person, 24, 40);
    let long: Vec<_> = (100..160).collect();
    link.send(publish("long", serde_json::to_vec(&long).unwrap()));
    screen.wait_until("the row", |screen| row(screen, "long").is_some());
    screen.type_keys(format!("/long{}{}", key::ENTER, key::ENTER));
    screen.wait_for(" payload 1-6 of 62");
    screen.type_keys(key::TAB);
    screen.wait_for(" payload 1-11 of 62");
    screen.type_keys(key::TAB);
    screen.wait_for("─ history");
    assert!(!screen.contents().contains("  100,"), "{}", screen.contents());
}

#[test]
fn a_message_is_published_or_removed_from_the_view_once_it_is_confirmed() {
    let person = Person::new();
    let (mut screen, mut link) = watching(&person, 24, 80);
    screen.type_keys(key::DOWN);
    screen.type_keys("pgo");
    screen.wait_for("publish to car/1: go_");
    screen.type_keys(key::ENTER);
    screen.wait_for("publish `go` to car/1? y or n");
    screen.type_keys("n");
    screen.wait_for("Not published");
    screen.type_keys("x");
    screen.wait_for("remove the retained message on car/1? y or n");
    screen.type_keys("y");
    link.expect(publish("car/1", "").retain());
    screen.wait_for("Removed the retained message on car/1");
    screen.type_keys(key::CTRL_C);
    screen.wait_until("a prompt", is_waiting);
}

#[test]
fn what_is_said_meanwhile_waits_for_the_prompt() {
    let person = Person::new();
    let (mut screen, link) = watching(&person, 24, 80);
    link.cut();
    let (mut link, _) = person.broker.accept_session(connack());
    let again = link.expect_subscribe();
    link.send(suback(again.id, [0]));
    link.send(publish("late", "1"));
    screen.wait_until("the row", |screen| row(screen, "late").is_some());
    assert!(!screen.contents().contains('✔'), "{}", screen.contents());
    screen.type_keys("q");
    screen.wait_for("✔ Subscribed to #");
    screen.wait_until("a prompt", is_waiting);
}

#[test]
fn in_a_pipe_the_values_are_printed_once() {
    let person = Person::new();
    let (mut screen, mut link) = person.sits_down();
    subscribe(&mut screen, &mut link, "#");
    link.send(publish("car/1", "slow"));
    screen.wait_for_line("#1 car/1: slow");
    enter(&mut screen, "watch # | sed 's/  */ /g; s/ [0-9]* s / AGE /'");
    screen.wait_for_line("car/1 AGE slow");
    screen.wait_until("a prompt", is_waiting);
}

#[test]
fn a_wide_window_shows_the_latest_numbers_of_each_topic_as_a_line() {
    let person = Person::new();
    let (mut screen, mut link) = watching(&person, 24, 120);
    link.send(publish("meter", r#"{"kWh": 3}"#));
    screen.wait_until("the line", |screen| row(screen, "meter").is_some_and(|row| row.contains(" ▁█▅ ")));
    screen.resize(24, 40);
    screen.wait_until("no line", |screen| row(screen, "meter").is_some_and(|row| !row.contains('▁')));
    screen.wait_until("keys", |screen| screen.lines()[23] == "q quit  Enter details  / filter  s sort");
}

/// `mqttx-rs watch` on a screen, its subscriptions granted.
fn program(person: &Person, filters: &[&str]) -> (Screen, Link) {
    let program = Program::new(["watch", "-i", "me", "--reconnect-period", "10ms"]).arg_all(filters);
    let mut screen = program.port(person.broker.port()).home(person.home.path()).on_screen(24, 80);
    let (mut link, _) = person.broker.accept_session(connack());
    let asked = link.expect_subscribe();
    let names: Vec<_> = asked.filters.iter().map(|(filter, _)| filter.clone()).collect();
    assert_eq!(names, if filters.is_empty() { vec!["#"] } else { filters.to_vec() });
    link.send(suback(asked.id, vec![0; names.len()]));
    screen.wait_for("q quit");
    (screen, link)
}

#[test]
fn as_a_command_it_shows_everything_and_ends_with_0() {
    let person = Person::new();
    let (mut screen, mut link) = program(&person, &[]);
    link.send(publish("car/1", "fast").retain());
    screen.wait_until("the row", |screen| row(screen, "car/1").is_some_and(|row| row.contains("(retained) fast")));
    screen.type_keys(format!("{}{}", key::DOWN, key::ENTER));
    screen.wait_for("retained");
    screen.type_keys("x");
    screen.wait_for("remove the retained message on car/1? y or n");
    screen.type_keys("y");
    link.expect(publish("car/1", "").retain());
    screen.type_keys("q");
    link.expect_goodbye();
    link.close();
    assert_eq!(screen.wait_for_end(), 0);
    assert!(screen.contents().contains("✔ Subscribed to #"), "{}", screen.contents());
}

#[test]
fn as_a_command_it_takes_several_filters_and_shows_a_connection_that_is_lost_and_comes_back() {
    let person = Person::new();
    let (mut screen, mut link) = program(&person, &["car/#", "door"]);
    link.send(publish("door", "open"));
    screen.wait_until("the row", |screen| row(screen, "door").is_some());
    link.cut();
    screen.wait_until("the loss", |screen| screen.lines()[0].starts_with(" LOST, attempt"));
    let (mut link, _) = person.broker.accept_session(connack());
    let again = link.expect_subscribe();
    link.send(suback(again.id, [0, 0]));
    link.send(publish("car/7", "back"));
    screen.wait_until("the row", |screen| {
        row(screen, "car/7").is_some() && row(screen, "door").is_some() && !screen.contents().contains("LOST")
    });
    screen.type_keys(key::CTRL_C);
    link.expect_goodbye();
    link.close();
    assert_eq!(screen.wait_for_end(), 0);
}

#[test]
fn what_is_published_without_a_connection_is_said_to_wait_for_one() {
    let person = Person::new();
    let (mut screen, mut link) = program(&person, &[]);
    link.send(publish("door", "open"));
    screen.wait_until("the row", |screen| row(screen, "door").is_some());
    link.cut();
    screen.wait_until("the loss", |screen| screen.lines()[0].starts_with(" LOST, attempt"));
    screen.type_keys(format!("{}pshut{}", key::DOWN, key::ENTER));
    screen.wait_for("publish `shut` to door? y or n");
    screen.type_keys("y");
    screen.wait_for("Will be sent when connected");
}

#[test]
fn as_a_command_it_says_why_there_is_nothing_to_see() {
    let person = Person::new();
    let without_terminal = Program::new(["watch"]).port(person.broker.port()).run().expect_code(2);
    assert!(without_terminal.stderr.contains("stdin and stdout must be a terminal"), "{}", without_terminal.stderr);
    let mut dumb = Program::new(["watch"]).port(person.broker.port()).on_screen_named("dumb", 24, 80);
    dumb.wait_for("TERM=dumb cannot be drawn on");
    assert_eq!(dumb.wait_for_end(), 2);
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let mut refused = Program::new(["watch"]).port(nobody).on_screen(24, 80);
    refused.wait_for("connection refused");
    assert_eq!(refused.wait_for_end(), 3);
    let mut screen = Program::new(["watch", "secret/#"]).port(person.broker.port()).on_screen(24, 80);
    let (mut link, _) = person.broker.accept_session(connack());
    let asked = link.expect_subscribe();
    link.send(suback(asked.id, [0x87]));
    link.expect_goodbye();
    link.close();
    screen.wait_for("Not authorized");
    assert_eq!(screen.wait_for_end(), 6);
}

/// In a terminal of another program, which can be closed while this one runs.
#[cfg(target_os = "linux")]
#[test]
fn a_window_that_is_closed_ends_it() {
    let person = Person::new();
    let program = Program::new(["watch", "-i", "me"]).port(person.broker.port()).home(person.home.path());
    let mut screen = program.through_shell("exec script -qec \"$*\" /dev/null").on_screen(24, 80);
    let (mut link, _) = person.broker.accept_session(connack());
    let asked = link.expect_subscribe();
    link.send(suback(asked.id, [0]));
    screen.wait_for("q quit");
    screen.signal(nix::sys::signal::Signal::SIGKILL);
    // In order or not: nobody is left to wait for it.
    _ = link.receive_until_end();
}

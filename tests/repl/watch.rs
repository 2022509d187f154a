//! The whole-screen view of `watch` and `plot`.

use crate::person::{Person, enter, is_waiting, subscribe};
use crate::support::screen::key;
use crate::support::wire::publish;
use crate::support::{Link, Screen};

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
    let (mut link, _) = person.broker.accept_session(crate::support::wire::connack());
    let again = link.expect_subscribe();
    link.send(crate::support::wire::suback(again.id, [0]));
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

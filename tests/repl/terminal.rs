//! What a person sees and does at a terminal.

use crate::person::{Person, enter, is_waiting, subscribe, typed};
use crate::support::screen::key;
use crate::support::wire::{connack, puback, publish, suback};

#[test]
fn a_message_comes_above_a_half_typed_line_and_does_not_tear_it() {
    let person = Person::new();
    let (mut screen, mut link) = person.sits_down();
    subscribe(&mut screen, &mut link, "car/#");
    screen.type_keys("pub car/ac 'half ty");
    screen.wait_until("the typed line", |screen| typed(screen) == "pub car/ac 'half ty");
    link.send(publish("car/1", "fast"));
    link.send(publish("car/2", "slow"));
    screen.wait_for_line("#1 car/1: fast");
    screen.wait_for_line("#2 car/2: slow");
    screen.wait_until("the typed line below", |screen| typed(screen) == "pub car/ac 'half ty");
    screen.enter("ped'");
    let published = link.expect_publish();
    assert_eq!((published.topic.as_str(), &published.payload[..]), ("car/ac", &b"half typed"[..]));
}

#[test]
fn arrows_bring_back_lines_of_this_session_and_of_the_one_before() {
    let person = Person::new();
    let (mut screen, mut link) = person.sits_down();
    enter(&mut screen, "pub a first");
    link.expect_publish();
    screen.wait_until("a prompt", is_waiting);
    enter(&mut screen, "subs");
    screen.wait_until("a prompt", is_waiting);
    screen.type_keys(key::UP);
    screen.wait_until("the line before", |screen| typed(screen) == "subs");
    screen.type_keys(key::UP);
    screen.wait_until("the one before that", |screen| typed(screen) == "pub a first");
    screen.type_keys(key::ENTER);
    assert_eq!(link.expect_publish().topic, "a");
    screen.wait_until("a prompt", is_waiting);
    screen.type_keys(key::CTRL_D);
    link.expect_goodbye();
    link.close();
    assert_eq!(screen.wait_for_end(), 0);

    let (mut screen, _link) = person.sits_down();
    screen.type_keys(key::UP);
    screen.wait_until("the last line of before", |screen| typed(screen) == "pub a first");
}

#[test]
fn an_arrow_brings_lines_that_begin_as_the_typed_one_and_ctrl_r_some_letters() {
    let person = Person::new();
    let (mut screen, mut link) = person.sits_down();
    for line in ["pub car/1 on", "subs", "pub lamp off", "var level 3"] {
        enter(&mut screen, line);
        if line.starts_with("pub") {
            link.expect_publish();
        }
        screen.wait_until("a prompt", is_waiting);
    }
    screen.type_keys("pub ");
    screen.wait_until("the beginning", |screen| typed(screen).starts_with("pub "));
    for (key, wanted) in [
        (key::UP, "pub lamp off"),
        (key::UP, "pub car/1 on"),
        (key::UP, "pub car/1 on"),
        (key::DOWN, "pub lamp off"),
        (key::UP, "pub car/1 on"),
    ] {
        screen.type_keys(key);
        screen.wait_until(wanted, |screen| typed(screen) == wanted);
    }
    screen.type_keys(format!("{}{}", key::DOWN, key::DOWN));
    // Behind what was typed is only what is suggested.
    let columns = format!("● localhost:{}> pub ", person.broker.port()).chars().count();
    screen.wait_until("what was typed", |screen| usize::from(screen.cursor().1) == columns);
    screen.type_keys(key::CTRL_C);
    screen.wait_until("a prompt", is_waiting);
    screen.type_keys(format!("{}pcaon", key::CTRL_R));
    screen.wait_for("`pcaon': pub car/1 on");
    screen.type_keys(key::ENTER);
    assert_eq!(link.expect_publish().topic, "car/1");
}

#[test]
fn tab_completes_commands_and_topics_that_were_seen() {
    let person = Person::new();
    let (mut screen, mut link) = person.sits_down();
    screen.type_keys(format!("unsu{}", key::TAB));
    screen.wait_until("the command", |screen| typed(screen).starts_with("unsub"));
    screen.type_keys(key::CTRL_C);
    screen.wait_until("a prompt", is_waiting);
    subscribe(&mut screen, &mut link, "#");
    link.send(publish("car/kitchen/speed", "1"));
    screen.wait_for_line("#1 car/kitchen/speed: 1");
    screen.type_keys(format!("pub car/k{}", key::TAB));
    screen.wait_until("the topic", |screen| typed(screen).starts_with("pub car/kitchen/speed"));
    screen.enter("on");
    let published = link.expect_publish();
    assert_eq!((published.topic.as_str(), &published.payload[..]), ("car/kitchen/speed", &b"on"[..]));
    screen.wait_until("a prompt", is_waiting);
    for number in 0..200 {
        link.send(publish(&format!("many/{number}/x"), "1"));
    }
    link.send(publish("many/last/x", "1"));
    enter(&mut screen, "wait many/last/x");
    screen.wait_until("a prompt", is_waiting);
    screen.type_keys(format!("pub many/l{}", key::TAB));
    screen.wait_until("the topic", |screen| typed(screen).starts_with("pub many/last/x"));
    screen.type_keys(key::CTRL_C);
    screen.wait_until("a prompt", is_waiting);
    screen.enter(&format!("unsub {}", key::TAB));
    assert_eq!(link.expect_unsubscribe().filters, ["#"]);
}

#[test]
fn a_flood_is_drawn_a_screenful_a_second_and_the_rest_is_counted() {
    let person = Person::new();
    let (mut screen, mut link) = person.sits_down_at(12, 60);
    subscribe(&mut screen, &mut link, "#");
    screen.type_keys("pub a half");
    screen.wait_until("the typed line", |screen| typed(screen) == "pub a half");
    let before = screen.scrolled();
    for number in 0..5_000 {
        link.send(publish("a", number.to_string()));
    }
    screen.wait_for(" more not shown");
    screen.wait_until("the typed line below", |screen| typed(screen) == "pub a half");
    // However slow this machine is, it takes no minute for five thousand messages.
    assert!(screen.scrolled() - before < 60 * 12, "{}", screen.scrolled());
    screen.type_keys(key::CTRL_C);
    screen.wait_until("a prompt", is_waiting);
    screen.enter("last 1");
    screen.wait_for("#5000 a: 4999");
}

#[test]
fn ctrl_c_drops_the_line_and_stops_the_command_that_runs() {
    let person = Person::new();
    let (mut screen, mut link) = person.sits_down();
    screen.type_keys("pub a not this");
    screen.wait_until("the typed line", |screen| typed(screen) == "pub a not this");
    screen.type_keys(key::CTRL_C);
    screen.wait_until("a prompt", is_waiting);
    enter(&mut screen, "wait never --timeout 1h");
    screen.wait_for_shown_input();
    screen.type_keys(key::CTRL_C);
    screen.wait_for("Interrupted");
    screen.wait_until("a prompt", is_waiting);
    screen.enter("pub a this");
    assert_eq!(&link.expect_publish().payload[..], b"this");
}

#[test]
fn ctrl_d_on_an_empty_line_leaves_with_disconnect() {
    let person = Person::new();
    let (mut screen, mut link) = person.sits_down();
    screen.type_keys(format!("subs{}", key::CTRL_D));
    screen.wait_until("the typed line", |screen| typed(screen) == "subs");
    screen.type_keys(key::CTRL_C);
    screen.wait_until("a prompt", is_waiting);
    screen.type_keys(key::CTRL_D);
    link.expect_goodbye();
    link.close();
    assert_eq!(screen.wait_for_end(), 0);
    assert!(screen.shows_input(), "the terminal is as it was");
}

#[test]
fn a_broker_that_comes_back_is_connected_to_again_and_the_prompt_tells() {
    let person = Person::new();
    let (mut screen, mut link) = person.sits_down();
    subscribe(&mut screen, &mut link, "a");
    screen.type_keys("pub a half");
    link.cut();
    screen.wait_for("◌ ");
    let (mut link, _) = person.broker.accept_session(connack());
    let subscribe = link.expect_subscribe();
    link.send(suback(subscribe.id, [0]));
    screen.wait_until("the line, connected", |screen| {
        screen.cursor_line().starts_with("● ") && typed(screen) == "pub a half"
    });
    link.send(publish("a", "again"));
    screen.wait_for_line("#1 a: again");
}

#[test]
fn a_password_is_asked_for_and_neither_shown_nor_kept() {
    let person = Person::new();
    let (mut screen, link) = person.sits_down_at(24, 120);
    let port = person.broker.port();
    screen.enter(&format!("connect -p {port} -u alice --ask-password as second"));
    screen.wait_for("Password of alice:");
    screen.wait_for_hidden_input();
    screen.type_keys(format!("not this{}", key::CTRL_C));
    screen.wait_for("--ask-password: no password was given");
    screen.wait_until("a prompt", is_waiting);
    screen.type_keys(format!("{}{}", key::UP, key::ENTER));
    screen.wait_until("to be asked again", |screen| screen.cursor_line() == "Password of alice:");
    screen.wait_for_hidden_input();
    screen.enter("open sesame");
    let (second, connect) = person.broker.accept_session(connack());
    assert_eq!(connect.password.as_deref(), Some(&b"open sesame"[..]));
    screen.wait_until("a prompt", is_waiting);
    enter(&mut screen, &format!("connect -p {port} -u bob -P hunter2 as third"));
    let (third, connect) = person.broker.accept_session(connack());
    assert_eq!(connect.password.as_deref(), Some(&b"hunter2"[..]));
    screen.wait_until("a prompt", is_waiting);
    screen.enter("exit");
    drop((link, second, third));
    screen.wait_for_end();
    let (shown, kept) = (screen.transcript(), person.files());
    assert!(!shown.contains("sesame"), "{shown}");
    assert!(kept.contains("--ask-password") && !kept.contains("sesame") && !kept.contains("hunter2"), "{kept}");
}

#[test]
fn a_window_may_change_its_size() {
    let person = Person::new();
    let (mut screen, mut link) = person.sits_down();
    subscribe(&mut screen, &mut link, "a");
    screen.type_keys("pub a 'half");
    screen.wait_until("the typed line", |screen| typed(screen) == "pub a 'half");
    screen.resize(10, 50);
    link.send(publish("a", "x".repeat(120)));
    screen.wait_for(&format!("#1 a: {}", "x".repeat(120)));
    screen.wait_until("the typed line below", |screen| typed(screen) == "pub a 'half");
    screen.resize(24, 120);
    screen.enter(" whole'");
    assert_eq!(&link.expect_publish().payload[..], b"half whole");
}

#[test]
fn nothing_has_colour_where_it_is_not_wanted() {
    let person = Person::new();
    let mut screen = person.program().env("NO_COLOR", "1").on_screen(24, 80);
    let (mut link, _) = person.broker.accept_session(connack());
    screen.wait_until("a prompt", is_waiting);
    subscribe(&mut screen, &mut link, "a");
    link.send(publish("a", "x"));
    screen.wait_for_line("#1 a: x");
    enter(&mut screen, "nonsense");
    screen.wait_for("error: ");
    screen.wait_until("a prompt", is_waiting);
    screen.type_keys("pub ");
    screen.wait_for("[MESSAGE]");
    assert!(!screen.has_attributes());

    let (mut screen, _link) = person.sits_down();
    screen.enter("nonsense");
    screen.wait_for("error: ");
    assert!(screen.has_attributes());
}

#[test]
fn forty_columns_are_enough() {
    let person = Person::new();
    let (mut screen, mut link) = person.sits_down_at(12, 40);
    subscribe(&mut screen, &mut link, "a");
    screen.type_keys("pub a 'a text that is longer than the window is wide'");
    link.send(publish("a", "comes between"));
    screen.wait_for_line("#1 a: comes between");
    screen.wait_for("longer than the window is wide'");
    screen.type_keys(key::ENTER);
    assert_eq!(&link.expect_publish().payload[..], b"a text that is longer than the window is wide");
}

#[test]
fn lines_go_on_until_quotes_and_heredocs_are_closed() {
    let person = Person::new();
    let (mut screen, mut link) = person.sits_down();
    screen.enter("pub a <<EOF -q 1");
    screen.enter("{");
    screen.enter("  \"on\": true }");
    screen.enter("EOF");
    let published = link.expect_publish();
    assert_eq!(&published.payload[..], b"{\n  \"on\": true }");
    link.send(puback(published.id));
    screen.wait_for("✔ Message published");
}

#[test]
fn a_message_larger_than_the_screen_is_cut_and_says_where_the_rest_is() {
    let person = Person::new();
    let (mut screen, mut link) = person.sits_down_at(24, 60);
    subscribe(&mut screen, &mut link, "#");
    let before = screen.scrolled();
    link.send(publish("long", "x".repeat(1_000_000)));
    screen.wait_for(" more bytes: show 1");
    screen.wait_until("a prompt", is_waiting);
    link.send(publish("t/".repeat(30_000).as_str(), vec![0xff; 100_000]));
    screen.wait_until("both", |screen| {
        screen.contents().contains("more bytes: show 2") || screen.contents().contains("not shown")
    });
    screen.wait_until("a prompt", is_waiting);
    assert!(screen.scrolled() - before < 3 * 24, "{}", screen.scrolled());
}

#[test]
fn max_lines_counts_the_rows_of_the_window_whatever_is_before_the_payload() {
    let person = Person::new();
    let (mut screen, mut link) = person.sits_down_at(24, 40);
    enter(&mut screen, "set max-lines 2");
    screen.wait_until("a prompt", is_waiting);
    enter(&mut screen, "set timestamps on");
    screen.wait_until("a prompt", is_waiting);
    subscribe(&mut screen, &mut link, "a");
    link.send(publish("a", "x".repeat(300)).retain());
    screen.wait_for("more bytes: show 1");
    let rows = screen.lines().iter().filter(|line| line.contains("xxxx")).count();
    assert_eq!(rows, 2, "{}", screen.contents());
}

#[test]
fn other_programs_and_names_of_ones_own_are_at_hand() {
    let person = Person::new();
    let (mut screen, mut link) = person.sits_down();
    subscribe(&mut screen, &mut link, "#");
    for payload in ["one", "two", "three"] {
        link.send(publish("a", payload));
    }
    screen.wait_for_line("#3 a: three");
    enter(&mut screen, "last | sed -n 's/.*two/it was &/p'");
    screen.wait_for_line("it was #2 a: two");
    screen.wait_until("a prompt", is_waiting);
    enter(&mut screen, "alias w=last");
    screen.wait_for("error: `w=last` cannot name an alias");
    screen.wait_until("a prompt", is_waiting);
    enter(&mut screen, "!echo $((6 * 7))");
    screen.wait_for_line("42");
    screen.wait_until("a prompt", is_waiting);
}

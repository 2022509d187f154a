//! What a report says of a run besides its load, and what becomes of it.

use super::*;

#[test]
fn a_report_that_cannot_be_written_is_told_before_the_run() {
    let broker = ScriptedBroker::start();
    let (folder, _) = report_file();
    let missing = folder.path().join("no such folder/report.json");
    let ended = bench("conn -c 1 --duration 1", broker.port(), &missing).run().expect_code(1);
    assert!(ended.stderr.contains("cannot write"), "{}", ended.stderr);
    assert!(!ended.text().contains("Result"), "nothing ran");
}

#[test]
fn results_that_cannot_be_kept_cost_nothing_else() {
    let broker = ScriptedBroker::start();
    let (folder, path) = report_file();
    // A folder where a file should be: no file, so that it is not tried beforehand.
    let csv = folder.path().join("csv");
    std::fs::create_dir(&csv).unwrap();
    let program = bench("pub -c 1 -t b -q 1 --rate 100/s -L 3", broker.port(), &path).arg("--csv").arg(&csv).start();
    count_publishes(broker.accept_session(connack()).0);
    let ended = program.wait().expect_code(1);
    assert!(ended.stderr.contains("cannot write"), "{}", ended.stderr);
    assert!(ended.text().contains("Verdict"), "{}", ended.text());
    assert_eq!(read(&path).counts.acknowledged, 3);
}

#[test]
fn connecting_is_over_when_all_stand_and_not_at_the_barrier() {
    let broker = ScriptedBroker::start();
    let (_folder, path) = report_file();
    let barrier = jiff::Timestamp::now() + jiff::SignedDuration::from_secs(6);
    let line = format!("pub -c 1 -t b -q 1 --rate 100/s -L 3 --start-at {barrier}");
    let program = bench(&line, broker.port(), &path).start();
    count_publishes(broker.accept_session(connack()).0);
    program.wait().expect_code(0);
    let report = read(&path);
    assert!(report.seconds.waiting > report.seconds.connecting, "{:?}", report.seconds);
    assert!(report.reasons.0.is_empty(), "{:?}", report.reasons);

    let line = format!("pub -c 1 -t b -q 1 --rate 100/s -L 3 --start-at {}", in_seconds(-60));
    let program = bench(&line, broker.port(), &path).arg("--fail").arg("late_start>1s").start();
    count_publishes(broker.accept_session(connack()).0);
    let ended = program.wait().expect_code(99);
    assert!(
        ended.stderr.contains("the load begins ") && ended.stderr.contains(" s after --start-at"),
        "{}",
        ended.stderr
    );
    assert!(ended.text().contains(" s after --start-at"), "the result has it too: {}", ended.text());
    // The whole of it.
    assert!(read(&path).seconds.late_start > Some(59.0), "{:?}", read(&path).seconds);
}

#[test]
fn a_start_that_is_long_over_is_an_error() {
    let (_folder, path) = report_file();
    let line = "pub -c 1 -t b --start-at 2026-01-01T00:00:00Z";
    let ended = bench(line, 1, &path).run().expect_code(2);
    assert!(ended.stderr.contains("--start-at 2026-01-01T00:00:00Z was "), "{}", ended.stderr);
    assert!(ended.stderr.contains(" days ago") && ended.stderr.contains("hint: give a time ahead"), "{}", ended.stderr);
}

#[test]
fn connects_that_came_later_are_not_in_the_rate_of_connecting() {
    let broker = ScriptedBroker::start();
    let (_folder, path) = report_file();
    let program = bench("conn -c 1 --reconnect -rp 10 --duration 5", broker.port(), &path).start();
    for _ in 0..3 {
        broker.accept_session(connack()).0.cut();
    }
    let mut link = broker.accept_session(connack()).0;
    link.expect_disconnect();
    link.close();
    let ended = program.wait().expect_code(0);
    assert!(ended.text().contains("connected        1 of 1 in"), "{}", ended.text());
    assert_eq!((read(&path).clients.connected, read(&path).counts.connected), (1, 4));
}

#[test]
fn nobody_is_blamed_where_nothing_is_published() {
    let broker = ScriptedBroker::start();
    let (folder, path) = report_file();
    let html = folder.path().join("page.html");
    let program = bench("conn -c 1 --duration 0.2", broker.port(), &path).arg("--html").arg(&html).start();
    let mut link = broker.accept_session(connack()).0;
    link.expect_disconnect();
    link.close();
    let ended = program.wait().expect_code(0);
    assert_eq!(read(&path).verdict, None);
    assert!(!std::fs::read_to_string(html).unwrap().contains("limited by"));
    assert!(!ended.text().contains("limited by"));
}

#[test]
fn the_report_over_time_is_of_the_load_alone() {
    let broker = ScriptedBroker::start();
    let (_folder, path) = report_file();
    // Two seconds of connecting: a slow broker.
    let program = bench("pub -c 3 -i 1000 -t b/%i -q 1 --rate 30/s --duration 2", broker.port(), &path).start();
    let links = [(); 3].map(|()| broker.accept_session(connack()).0);
    let counts = links.map(|link| std::thread::spawn(|| count_publishes(link)));
    assert!(counts.into_iter().all(|count| count.join().unwrap() > 0));
    let ended = program.wait().expect_code(0);
    let text = ended.text();
    assert!(text.contains("Sent over time") && !text.contains("seconds empty"), "{text}");
}

#[test]
fn each_part_of_a_run_shares_among_its_own_subscribers() {
    let Some(broker) = Mosquitto::start("max_queued_messages 0") else { return };
    let line = "e2e --shape shared -c 4 -i 0 -q 1 -t load --rate 500/s -L 200 --shard";
    let (folder, _) = report_file();
    let path = |shard: u32| folder.path().join(shard.to_string());
    let running = [1, 2].map(|shard| bench(&format!("{line} {shard}/2"), broker.port(), &path(shard)).start());
    for program in running {
        program.wait().expect_code(0);
    }
    for shard in [1, 2] {
        let counts = read(&path(shard)).counts;
        assert_eq!((counts.expected, counts.lost), (100, 0), "shard {shard}: {counts:?}");
    }
}

#[test]
fn nothing_is_lost_by_a_subscription_that_was_refused() {
    let broker = ScriptedBroker::start();
    let (_folder, path) = report_file();
    let line = "e2e --shape fan-out --publishers 1 --subscribers 2 -i 0 --workers 1 --handshakes 1 --rate 1000/s -L 3";
    let program = bench(line, broker.port(), &path).start();
    let mut subscribers = [0, 0x87].map(|code| {
        let (mut subscriber, _) = broker.accept_session(connack());
        let subscribe = subscriber.expect_subscribe();
        subscriber.send(suback(subscribe.id, [code]));
        subscriber
    });
    let mut publisher = broker.accept_session(connack()).0;
    for _ in 0..3 {
        let message = publisher.expect_publish();
        subscribers[0].send(message);
    }
    publisher.expect_disconnect();
    publisher.close();
    for mut subscriber in subscribers {
        subscriber.expect_disconnect();
        subscriber.close();
    }
    program.wait().expect_code(6);
    let counts = read(&path).counts;
    assert_eq!((counts.subscriptions_refused, counts.expected, counts.lost), (1, 3, 0), "{counts:?}");
}

#[test]
fn clients_that_connect_more_slowly_than_asked_are_told() {
    let broker = ScriptedBroker::start();
    let (_folder, path) = report_file();
    // One at a time, and a slow broker.
    let line = "conn -c 3 --ramp 100/s --handshakes 1 --workers 1 --duration 0.2 --fail connect_rate<95%";
    let program = bench(line, broker.port(), &path).start();
    let links = [(); 3].map(|()| {
        let mut link = broker.accept();
        link.expect_connect();
        std::thread::sleep(std::time::Duration::from_millis(200));
        link.send(connack());
        link
    });
    for mut link in links {
        link.expect_disconnect();
        link.close();
    }
    let ended = program.wait().expect_code(99);
    let says = ["clients connected at ", "/s, but 100/s were requested"];
    assert!(says.iter().all(|part| ended.stderr.contains(part)), "{}", ended.stderr);
    assert!(ended.text().contains(", not 100/s as asked)"), "{}", ended.text());
}

#[test]
fn a_summary_for_ci_is_all_of_stdout_or_a_file() {
    let broker = ScriptedBroker::start();
    let (folder, path) = report_file();
    let line = "pub -c 1 -t b -q 1 --rate 100/s -L 3 --fail sent>2 --fail lost>0 --summary";
    let program = bench(&format!("{} json", line.replace(" --fail lost>0", "")), broker.port(), &path).start();
    count_publishes(broker.accept_session(connack()).0);
    let ended = program.wait().expect_code(99);
    assert!(ended.text().starts_with("{\n") && ended.text().ends_with("\n}\n"), "{}", ended.text());
    for part in ["\"passed\": false", "\"sent\": 3", "\"condition\": \"sent>2\"", "\"ended\": \"done\""] {
        assert!(ended.text().contains(part), "{part} in {}", ended.text());
    }
    let junit = folder.path().join("results.xml");
    let line = line.replace(" --fail lost>0", "");
    let program = bench(&format!("{line} junit:{}", junit.display()), broker.port(), &path).start();
    count_publishes(broker.accept_session(connack()).0);
    program.wait().expect_code(99);
    let junit = std::fs::read_to_string(junit).unwrap();
    assert!(junit.contains("tests=\"2\" failures=\"1\"") && junit.contains("name=\"not sent&gt;2\""), "{junit}");
    let ended = bench(&format!("{line} xml"), 1, &path).run().expect_code(2);
    assert!(ended.stderr.contains("it is json or junit"), "{}", ended.stderr);
}

#[test]
fn groups_of_a_run_are_told_apart() {
    let Some(broker) = Mosquitto::start("") else { return };
    let (folder, path) = report_file();
    let html = folder.path().join("page.html");
    let program = bench("e2e -c 2 -i 0 -q 1 --rate 200/s -L 20", broker.port(), &path).arg("--html").arg(&html);
    let ended = program.run().expect_code(0);
    let report = read(&path);
    let of = |name: &str| report.groups.iter().find(|group| group.name == name).unwrap();
    let (publishers, subscribers) = (of("publishers"), of("subscribers"));
    assert_eq!((publishers.clients, publishers.counts.connected, publishers.counts.sent), (2, 2, 20));
    assert_eq!((publishers.counts.acknowledged, publishers.counts.delivered), (20, 0));
    assert_eq!((subscribers.counts.subscribed, subscribers.counts.delivered, subscribers.counts.sent), (2, 20, 0));
    assert_eq!((publishers.measure, subscribers.measure), (Measure::Ack, Measure::E2e));
    assert_eq!(subscribers.latency.as_ref().map(mqttx_rs::internals::Latency::count), Some(20));
    assert!(ended.text().contains("\nGroups\n"), "{}", ended.text());
    let page = std::fs::read_to_string(html).unwrap();
    assert!(page.contains("<h2>Groups</h2>") && page.contains("<th>publishers</th><td>2</td>"), "{page}");
}

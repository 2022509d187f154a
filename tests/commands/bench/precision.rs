//! How exactly a load keeps its plan: what is gathered is not less, and the report has the precision that held.

use super::*;
use mqttx_rs::internals::Stamp;

/// The planned times of what a publisher sent, to its end.
fn planned_times(mut link: Link) -> Vec<u64> {
    let mut planned = Vec::new();
    loop {
        match link.receive() {
            Packet::Publish(publish) => {
                planned.push(Stamp::read(&publish.payload).unwrap().planned);
                if publish.qos > 0 {
                    link.send(puback(publish.id));
                }
            }
            Packet::Disconnect(_) => break,
            other => panic!("a publisher sends no {other:?}"),
        }
    }
    link.close();
    planned
}

fn precision_of(report: &Report) -> Option<(u64, u64)> {
    report.generator.precision.map(|held| (held.finest, held.coarsest))
}

#[test]
fn the_plan_is_kept_to_the_nanosecond_at_any_precision() {
    for (precision, nanos) in [("50us", 50_000), ("200us", 200_000), ("1ms", 1_000_000)] {
        let broker = ScriptedBroker::start();
        let (_folder, path) = report_file();
        let line = format!("pub -c 3 -i 0 -t b/%i -q 1 -S 64 --rate 4000/s -L 600 --precision {precision}");
        let program = bench(&line, broker.port(), &path).start();
        let links = [(); 3].map(|()| broker.accept_session(connack()).0);
        let received = links.map(|link| std::thread::spawn(|| planned_times(link)));
        let mut planned: Vec<u64> = received.into_iter().flat_map(|link| link.join().unwrap()).collect();
        let ended = program.wait().expect_code(0);
        planned.sort_unstable();
        assert_eq!(planned.len(), 600, "{precision}");
        assert!(planned.windows(2).all(|pair| pair[1] - pair[0] == 250_000), "{precision}: {planned:?}");
        let report = read(&path);
        assert_eq!(report.counts.acknowledged, 600);
        assert_eq!(report.latencies[&Measure::SendDelay].count(), 600, "each has its delay");
        assert_eq!(precision_of(&report), Some((nanos, nanos)));
        let text = ended.text();
        assert!(text.lines().any(|line| line.trim_start().starts_with("precision ")), "{text}");
    }
}

#[test]
fn a_light_load_is_exact_and_a_heavy_one_gathers() {
    for (rate, count, expected) in [("20/s", 5, 50_000), ("10000/s", 1000, 1_000_000)] {
        let broker = ScriptedBroker::start();
        let (_folder, path) = report_file();
        let line = format!("pub -c 1 -t b -q 1 --workers 1 --rate {rate} -L {count}");
        let program = bench(&line, broker.port(), &path).start();
        assert_eq!(count_publishes(broker.accept_session(connack()).0), count);
        program.wait().expect_code(0);
        // A machine that is busy may slow down what comes in, never speed up what is planned.
        assert_eq!(precision_of(&read(&path)).map(|held| held.1), Some(expected), "{rate}");
    }
}

#[test]
fn an_unpaced_load_has_no_precision() {
    let broker = ScriptedBroker::start();
    let (_folder, path) = report_file();
    let program = bench("pub -c 1 -t b -q 1 --unpaced -L 100", broker.port(), &path).start();
    count_publishes(broker.accept_session(connack()).0);
    program.wait().expect_code(0);
    assert_eq!(precision_of(&read(&path)), None);
    let ended = bench("pub -c 1 -t b -q 1 --unpaced -L 100 --precision 1ms", 1, &path).run().expect_code(2);
    assert!(ended.stderr.contains("--precision cannot be used with --unpaced"), "{}", ended.stderr);
}

#[cfg(feature = "quic")]
#[test]
fn over_quic_a_load_is_always_exact() {
    let (_folder, path) = report_file();
    let ended = bench("pub -c 1 -t b --precision 1ms -l quic --insecure", 1, &path).run().expect_code(2);
    assert!(ended.stderr.contains("--precision cannot be used over QUIC"), "{}", ended.stderr);
}

#[test]
fn a_load_that_one_thread_carries_has_one_worker() {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get).to_string();
    let cases = [
        ("pub -c 2 -i 0 -t b -q 1 --rate 1000/s -L 4", "1"),
        ("pub -c 2 -i 0 -t b -q 1 --rate 1000/s -L 4 --workers 2", "2"),
        ("pub -c 2 -i 0 -t b -q 1 --rate 60000/s -L 4", &cores),
        ("pub -c 2 -i 0 -t b -q 1 --unpaced -L 4", &cores),
    ];
    for (line, expected) in cases {
        let broker = ScriptedBroker::start();
        let (_folder, path) = report_file();
        let program = bench(line, broker.port(), &path).start();
        let links = [(); 2].map(|()| broker.accept_session(connack()).0);
        let counts = links.map(|link| std::thread::spawn(|| count_publishes(link)));
        assert_eq!(counts.into_iter().map(|count| count.join().unwrap()).sum::<u64>(), 4, "{line}");
        program.wait().expect_code(0);
        let report = read(&path);
        let workers = report.parameters.iter().find(|parameter| parameter.name == "workers");
        assert_eq!(workers.map(|parameter| parameter.value.as_str()), Some(expected), "{line}");
    }
}

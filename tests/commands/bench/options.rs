//! Options of a load, each by what the broker or the report has seen of it.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener};

use super::{bench, count_publishes, expect_count_of_broker, read, report_file};
use crate::support::wire::connack;
use crate::support::{Mosquitto, ScriptedBroker};
use mqttx_rs::internals::{Ended, Measure, Stamp};

#[test]
fn the_source_addresses_are_taken_in_turn() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let (_folder, path) = report_file();
    let line = "conn -c 4 -i 0 --duration 0.1 --source-ip 127.0.0.2-127.0.0.3";
    let program = bench(line, listener.local_addr().unwrap().port(), &path).start();
    let mut sources: Vec<_> = (0..4)
        .map(|_| {
            let (mut stream, peer) = listener.accept().unwrap();
            stream.read_exact(&mut [0; 12]).unwrap();
            stream.write_all(b"\x20\x03\0\0\0").unwrap();
            // Until the client hangs up.
            std::thread::spawn(move || stream.read_to_end(&mut Vec::new()));
            peer.ip()
        })
        .collect();
    program.wait().expect_code(0);
    sources.sort_unstable();
    let [second, third] = [2, 3].map(|last| std::net::IpAddr::from(Ipv4Addr::new(127, 0, 0, last)));
    assert_eq!(sources, [second, second, third, third]);
}

#[test]
fn a_ramp_connects_no_faster_than_it_says() {
    let Some(broker) = Mosquitto::start("") else { return };
    let (_folder, path) = report_file();
    bench("conn -c 5 --ramp 20/s --duration 0.1", broker.port(), &path).run().expect_code(0);
    let report = read(&path);
    assert_eq!(report.counts.connected, 5);
    // The fifth is planned four twentieths of a second after the first.
    assert!(report.seconds.connecting >= 0.2, "{:?}", report.seconds);
}

/// The planned times of so many messages, as the broker reads them in the stamps.
fn planned(line: &str, count: usize) -> Vec<u64> {
    let broker = ScriptedBroker::start();
    let (_folder, path) = report_file();
    let program = bench(&format!("{line} -S 32B -L {count}"), broker.port(), &path).start();
    let (mut link, _) = broker.accept_session(connack());
    let planned = (0..count).map(|_| Stamp::read(&link.expect_publish().payload).unwrap().planned).collect();
    link.expect_disconnect();
    link.close();
    program.wait().expect_code(0);
    planned
}

#[test]
fn gaps_are_even_and_with_poisson_random() {
    let gaps = |line: &str| {
        let planned = planned(line, 50);
        planned.windows(2).map(|pair| pair[1] - pair[0]).collect::<std::collections::BTreeSet<_>>()
    };
    assert_eq!(gaps("pub -c 1 -t b --rate 1000/s"), [1_000_000].into());
    assert!(gaps("pub -c 1 -t b --rate 1000/s --poisson").len() > 40);
}

#[test]
fn bursts_are_planned_together_and_a_trace_by_its_rows() {
    let gaps = |line: &str, count: usize| {
        let planned = planned(line, count);
        planned.windows(2).map(|pair| pair[1] - pair[0]).collect::<Vec<_>>()
    };
    assert_eq!(gaps("pub -c 1 -t b --rate 1000/s --burst 3", 7), [0, 0, 3_000_000, 0, 0, 3_000_000]);
    let (folder, path) = report_file();
    let trace = folder.path().join("trace.csv");
    std::fs::write(&trace, "seconds,rate\n0,100/s\n0.02,0\n0.04,50\n0.1,0\n").unwrap();
    let gaps = gaps(&format!("pub -c 1 -t b --rate-trace {}", trace.display()), 5);
    for (gap, expected) in gaps.iter().zip([10_000_000, 30_000_000, 20_000_000, 20_000_000]) {
        // Added up in floating point.
        assert!(gap.abs_diff(expected) < 10, "{gaps:?}");
    }
    std::fs::write(&trace, "0,100/s\n").unwrap();
    let ended = bench("pub -t b", 1, &path).arg("--rate-trace").arg(&trace).run().expect_code(1);
    assert!(ended.stderr.contains("--rate-trace: ") && ended.stderr.contains("line 1: two rows"), "{}", ended.stderr);
}

#[test]
fn a_trace_ends_the_run_where_it_ends() {
    let Some(broker) = Mosquitto::start("sys_interval 1") else { return };
    let (folder, path) = report_file();
    let trace = folder.path().join("trace.csv");
    std::fs::write(&trace, "0,1000/s\n0.1,0\n0.2,500/s\n0.3,0\n").unwrap();
    bench("pub -c 3 -i 0 -t b -q 1", broker.port(), &path).arg("--rate-trace").arg(&trace).run().expect_code(0);
    let counts = read(&path).counts;
    assert_eq!((counts.scheduled, counts.sent, counts.acknowledged), (150, 150, 150));
    expect_count_of_broker(&broker, 150);
}

#[test]
fn a_limit_of_each_client_is_exact() {
    for load in ["--rate 2000/s", "--unpaced", "--rate 2000/s --burst 7"] {
        let broker = ScriptedBroker::start();
        let (_folder, path) = report_file();
        let line = format!("pub -c 3 -i 0 -t b -q 1 {load} --limit-per-client 5");
        let program = bench(&line, broker.port(), &path).start();
        let links = [(); 3].map(|()| broker.accept_session(connack()).0);
        let counts = links.map(|link| std::thread::spawn(|| count_publishes(link)));
        let counts = counts.map(|count| count.join().unwrap());
        program.wait().expect_code(0);
        assert_eq!(counts, [5, 5, 5], "{load}");
    }
}

#[test]
fn a_warm_up_is_sent_and_not_measured() {
    let Some(broker) = Mosquitto::start("") else { return };
    let (_folder, path) = report_file();
    let line = "pub -c 2 -i 0 -t b -q 1 --rate 200/s -L 200 --warmup 0.5";
    bench(line, broker.port(), &path).run().expect_code(0);
    let report = read(&path);
    assert_eq!((report.counts.scheduled, report.counts.acknowledged), (200, 200), "{:?}", report.counts);
    assert_eq!((report.rates.planned, report.latencies[&Measure::Ack].count()), (Some(100), 100));
    assert!((report.seconds.warmup - 0.5).abs() < 1e-9, "{:?}", report.seconds);
}

#[cfg(unix)]
#[test]
fn an_interrupt_while_clients_connect_ends_the_run_with_a_report() {
    let broker = ScriptedBroker::start();
    let (_folder, path) = report_file();
    let program = bench("pub -c 2 -i 0 -t b -L 10", broker.port(), &path).start();
    let mut link = broker.accept();
    link.expect_connect();
    // No CONNACK.
    program.signal(nix::sys::signal::Signal::SIGINT);
    program.wait().expect_code(130);
    let report = read(&path);
    assert_eq!((report.ended, report.counts.connected, report.counts.sent), (Ended::InterruptedEarly, 0, 0));
}

#[test]
fn long_and_short_placeholders_mean_the_same_and_json_stays_as_it_is() {
    let broker = ScriptedBroker::start();
    let (_folder, path) = report_file();
    let line = "pub -c 1 -i 0 -t b/%i/{client}/%c/{client_id}/{random:7..7} -I x_{random:5..5}_%i -im 1 -L 2 \
                --template -m {\"a\":{\"n\":%s,\"m\":{sequence},\"r\":{random:7-7}},\"t\":\"{{run}}{x}%%\"}";
    let program = bench(line, broker.port(), &path).start();
    let (mut link, connect) = broker.accept_session(connack());
    assert_eq!(connect.client_id, "x_5_1");
    for number in 0..2 {
        let publish = link.expect_publish();
        assert_eq!(publish.topic, "b/1/1/x_5_1/x_5_1/7");
        let payload = format!("{{\"a\":{{\"n\":{number},\"m\":{number},\"r\":7}},\"t\":\"{{run}}{{x}}%\"}}");
        assert_eq!(String::from_utf8_lossy(&publish.payload), payload);
    }
    link.expect_disconnect();
    link.close();
    program.wait().expect_code(0);
}

#[test]
fn several_brokers_are_one_list_and_not_several_options() {
    let (broker, other) = (ScriptedBroker::start(), ScriptedBroker::start());
    let (_folder, path) = report_file();
    for command in ["conn", "pub -t a", "sub -t a", "e2e", "run p2p"] {
        let ended = bench(&format!("{command} -h 127.0.0.2 --hostname 127.0.0.3"), other.port(), &path).run();
        let ended = ended.expect_code(2);
        assert!(ended.stderr.contains("--hostname is given 2 times"), "{command}: {}", ended.stderr);
        assert!(ended.stderr.contains("-h 127.0.0.2,127.0.0.3"), "{command}: {}", ended.stderr);
    }
    let program = bench("conn -c 2 -i 0 --duration 0.1 -h 127.0.0.1,127.0.0.1", broker.port(), &path).start();
    let links = [(); 2].map(|()| broker.accept_session(connack()).0);
    for mut link in links {
        link.expect_disconnect();
        link.close();
    }
    program.wait().expect_code(0);
}

//! Watching a load while it runs: `--trace` and `--prometheus`.

use std::io::{Read, Write};
use std::net::TcpStream;

use crate::support::wire::{connack, puback};
use crate::support::{Mosquitto, Program, ScriptedBroker};

fn bench(line: &str, port: u16) -> Program {
    let line = format!("bench {line}");
    Program::new(line.split(' ')).port(port)
}

/// The answer to one request.
fn fetch(address: &str, request: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

#[test]
fn a_run_can_be_scraped_while_it_goes_on() {
    let broker = ScriptedBroker::start();
    let mut program = bench("pub -c 1 -t b -q 1 --rate 1000/s -L 5 --prometheus 127.0.0.1:0", broker.port()).start();
    let line = program.wait_for_stderr("Metrics at http://");
    let address = line.split("http://").nth(1).unwrap().split('/').next().unwrap().to_owned();
    let (mut link, _) = broker.accept_session(connack());
    let ids: Vec<u16> = (0..5).map(|_| link.expect_publish().id).collect();
    for id in &ids[..4] {
        link.send(puback(*id));
    }
    // The counts of the last whole second hold them.
    program.wait_for_stdout("Published total: 5");
    let page = fetch(&address, "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n");
    assert!(page.starts_with("HTTP/1.1 200 OK\r\nContent-Type: application/openmetrics-text"), "{page}");
    for line in [
        "\n# TYPE mqttx_bench_sent counter\n",
        "\nmqttx_bench_sent_total{group=\"publishers\"} 5\n",
        "\nmqttx_bench_acknowledged_total{group=\"publishers\"} 4\n",
        "\nmqttx_bench_clients_connected 1\n",
        "\nmqttx_bench_in_flight 1\n",
        "\n# TYPE mqttx_bench_latency_seconds histogram\n",
        "\nmqttx_bench_latency_seconds_count{measure=\"ack\"} 4\n",
        "\nmqttx_bench_latency_seconds_bucket{measure=\"ack\",le=\"+Inf\"} 4\n",
        "\n# HELP mqttx_bench_sent Messages written to the socket.\n",
        "\n# HELP mqttx_bench_lost Expected deliveries that did not arrive.\n",
        "\n# EOF\n",
    ] {
        assert!(page.contains(line), "{line} in {page}");
    }
    assert!(fetch(&address, "GET /favicon.ico HTTP/1.1\r\n\r\n").starts_with("HTTP/1.1 404 "));
    assert!(fetch(&address, "POST /metrics HTTP/1.1\r\n\r\n").starts_with("HTTP/1.1 405 "));
    link.send(puback(ids[4]));
    link.expect_disconnect();
    link.close();
    program.wait().expect_code(0);
    assert!(TcpStream::connect(&address).is_err(), "nothing answers after the end");
}

/// Names of metrics in a text, without what the kind of the metric adds to them.
fn metrics_in(text: &str) -> std::collections::BTreeSet<String> {
    let is_of_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let names = text.match_indices("mqttx_bench_").map(|(at, _)| {
        let name: String = text[at..].chars().take_while(|c| is_of_name(*c)).collect();
        let endings = ["_total", "_bucket", "_count", "_sum"];
        let base = endings.iter().find_map(|ending| name.strip_suffix(ending)).map(str::to_owned);
        base.unwrap_or(name)
    });
    names.collect()
}

#[test]
fn the_dashboard_asks_for_metrics_and_groups_that_there_are() {
    let Some(broker) = Mosquitto::start("") else { return };
    let line = "e2e -c 1 -i 0 -q 1 --rate 50/s --duration 1h --prometheus 127.0.0.1:0";
    let mut program = bench(line, broker.port()).start();
    let line = program.wait_for_stderr("Metrics at http://");
    let address = line.split("http://").nth(1).unwrap().split('/').next().unwrap().to_owned();
    program.wait_for_stdout("received total: ");
    let page = fetch(&address, "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n");
    let types: String = page.lines().filter(|line| line.starts_with("# TYPE")).collect();
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/grafana-dashboard.json");
    let dashboard = std::fs::read_to_string(path).unwrap();
    let (asked, known) = (metrics_in(&dashboard), metrics_in(&types));
    assert!(asked.len() > 15, "{asked:?}");
    let unknown: Vec<_> = asked.difference(&known).collect();
    assert!(unknown.is_empty(), "{unknown:?} of {known:?}");
    // Each group has a count of its own, and only the one that does something has done it.
    for line in [
        "\nmqttx_bench_sent_total{group=\"subscribers\"} 0\n",
        "\nmqttx_bench_delivered_total{group=\"publishers\"} 0\n",
    ] {
        assert!(page.contains(line), "{line} in {page}");
    }
    for name in ["sent_total{group=\"publishers\"} ", "delivered_total{group=\"subscribers\"} "] {
        let value = page.split(&format!("\nmqttx_bench_{name}")).nth(1).and_then(|rest| rest.split('\n').next());
        assert!(value.unwrap().parse::<u64>().unwrap() > 0, "{name} in {page}");
    }
    #[cfg(unix)]
    program.signal(nix::sys::signal::Signal::SIGTERM);
    drop(program);
}

#[test]
fn an_address_that_is_taken_is_said_before_the_run() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let line = format!("conn -c 1 --prometheus {}", taken.local_addr().unwrap());
    let ended = bench(&line, 1).run().expect_code(1);
    assert!(ended.stderr.contains("--prometheus: cannot listen on 127.0.0.1:"), "{}", ended.stderr);
}

#[test]
fn each_packet_of_few_clients_is_traced_with_whose_it_is() {
    let Some(broker) = Mosquitto::start("") else { return };
    let ended = bench("e2e -c 1 -i 0 -q 1 --rate 4/s -L 2 -I load --trace", broker.port()).run().expect_code(0);
    for (client, packets) in [
        (
            "load_sub_1",
            ["-> CONNECT", "<- CONNACK", "-> SUBSCRIBE", "<- SUBACK", "<- PUBLISH", "-> PUBACK", "-> DISCONNECT"],
        ),
        (
            "load_pub_1",
            ["-> CONNECT", "<- CONNACK", "-> PUBLISH", "<- PUBACK", "-> PUBLISH", "<- PUBACK", "-> DISCONNECT"],
        ),
    ] {
        let own = format!("[{client}] ");
        let mut lines = ended.stderr.lines().filter(|line| line.starts_with(&own));
        for packet in packets {
            assert!(lines.any(|line| line.contains(packet)), "{packet} of {client} in its place:\n{}", ended.stderr);
        }
    }
}

#[test]
fn of_many_clients_the_first_of_each_group_is_traced() {
    let Some(broker) = Mosquitto::start("") else { return };
    let ended =
        bench("pub -c 20 -i 0 -t b -L 20 -I load --rate 1000/s --trace=json", broker.port()).run().expect_code(0);
    assert!(ended.stderr.contains("Tracing the first client of each group"), "{}", ended.stderr);
    let traced: Vec<&str> = ended.stderr.lines().filter(|line| line.starts_with('{')).collect();
    assert!(traced.iter().all(|line| line.starts_with("{\"client\":\"load_1\",")), "{traced:?}");
    let publishes = traced.iter().filter(|line| line.contains("\"packet\":\"PUBLISH\"")).count();
    assert_eq!((publishes, traced.len()), (1, 4), "CONNECT, CONNACK, PUBLISH and DISCONNECT: {traced:?}");
}

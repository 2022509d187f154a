//! `bench compare`: two reports side by side, and what is not to change.

use super::*;

#[test]
fn a_change_for_the_worse_has_an_exit_code() {
    let broker = ScriptedBroker::start();
    let (folder, _) = report_file();
    let path = |name: &str| folder.path().join(name);
    for (name, count) in [("baseline", 4), ("candidate", 2)] {
        let line = format!("pub -c 1 -t b -q 1 --rate 100/s -L {count}");
        let program = bench(&line, broker.port(), &path(name)).start();
        count_publishes(broker.accept_session(connack()).0);
        program.wait().expect_code(0);
    }
    let compare = |change: &str| {
        let program = Program::new(["bench", "compare"]).arg(path("baseline")).arg(path("candidate"));
        program.arg(path("candidate")).arg("--fail").arg(change).run()
    };
    let ended = compare("sent<-10%").expect_code(99);
    assert!(ended.stderr.contains("--fail `sent<-10%` is met: 4 to 2 (-50.0 %)"), "{}", ended.stderr);
    assert!(ended.text().contains("FAILED  --fail 'sent<-10%'"), "{}", ended.text());
    assert!(ended.text().contains("candidate: the median of 2 runs"), "{}", ended.text());
    compare("sent<-60%").expect_code(0);
    let refused = compare("sent<10%").expect_code(2);
    assert!(refused.stderr.contains("it has no change"), "{}", refused.stderr);
}

#[test]
fn a_report_of_an_earlier_version_is_refused_by_its_version() {
    let broker = ScriptedBroker::start();
    let (folder, path) = report_file();
    let program = bench("pub -c 1 -t b -q 1 --rate 100/s -L 2", broker.port(), &path).start();
    count_publishes(broker.accept_session(connack()).0);
    program.wait().expect_code(0);
    let written: serde_json::Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    let mut old = written.clone();
    old["version"] = 3.into();
    // Names of that version, and only by the version is it clear why they are unknown.
    old["begun"] = old.as_object_mut().unwrap().remove("started_at").unwrap();
    let earlier = folder.path().join("earlier.json");
    std::fs::write(&earlier, old.to_string()).unwrap();
    for command in ["merge", "compare"] {
        let ended = Program::new(["bench", command]).arg(&earlier).arg(&path).run().expect_code(1);
        let said = "earlier.json: it has version 3 of the report format, and this program reads only version 4\n";
        assert!(ended.stderr.contains(said), "{}", ended.stderr);
        assert!(ended.stderr.contains("hint: ") && ended.stderr.contains("repeat the run"), "{}", ended.stderr);
    }
}

#[test]
fn several_reports_are_one_page() {
    let Some(broker) = Mosquitto::start("") else { return };
    let folder = TempDir::new().unwrap();
    let path = |name: &str| folder.path().join(name);
    for name in ["one", "two", "three"] {
        bench("pub -c 2 -i 0 -t b/%i -q 1 --rate 200/s -L 20", broker.port(), &path(name)).run().expect_code(0);
    }
    let compare =
        ["one", "two", "three"].iter().fold(Program::new(["bench", "compare"]), |line, name| line.arg(path(name)));
    compare.arg("--html").arg(path("page.html")).run().expect_code(0);
    let page = std::fs::read_to_string(path("page.html")).unwrap();
    assert!(page.contains("<h2>Figures</h2>") && page.contains("Latency by percentile: scheduled to ack"), "{page}");
    assert!(["one", "two", "three"].iter().all(|name| page.contains(&format!("{name}</span>"))), "{page}");
}

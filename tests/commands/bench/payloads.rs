//! What is published: files, parts of them, and templates.

use super::*;

/// The payloads that one client publishes until it leaves.
fn published(line: &str, file: &str) -> Vec<String> {
    let broker = ScriptedBroker::start();
    let (folder, path) = report_file();
    let source = folder.path().join("payload");
    std::fs::write(&source, file).unwrap();
    let program = bench(&format!("pub -c 1 -i 0 -t b -im 1 {line}"), broker.port(), &path).arg("--file-read");
    let program = program.arg(&source).start();
    let (mut link, _) = broker.accept_session(connack());
    let mut payloads = Vec::new();
    while let Packet::Publish(publish) = link.receive() {
        payloads.push(String::from_utf8(publish.payload.clone()).unwrap());
    }
    link.close();
    program.wait().expect_code(0);
    payloads
}

#[test]
fn a_file_is_a_template_as_a_text_is() {
    let payloads = published("--template -L 3", "{\"client\":%i,\"number\":{sequence}}");
    let expected: Vec<_> = (0..3).map(|number| format!("{{\"client\":1,\"number\":{number}}}")).collect();
    assert_eq!(payloads, expected);
}

#[test]
fn a_file_is_split_into_its_lines_and_each_is_sent_once() {
    assert_eq!(published("--split", "first\nsecond\n\nlast\n"), ["first", "second", "", "last"]);
    assert_eq!(published("--split \\n", "first\nsecond"), ["first", "second"]);
    assert_eq!(published("--split [;,]", "a;b,c"), ["a", "b", "c"]);
}

#[test]
fn parts_go_round_until_the_limit() {
    assert_eq!(published("--split , -L 5", "a,b,c"), ["a", "b", "c", "a", "b"]);
}

#[test]
fn each_part_is_a_template() {
    assert_eq!(published("--split --template", "%i\n%s\n"), ["1", "1"]);
}

#[test]
fn a_seed_makes_a_run_repeatable() {
    let text = "{random:1..1000000} {float:0..1:0.000001} {walk:0..1000} {once:uuid} {string:9} {choice:a|b|c}";
    let of_seed = |seed: &str| published(&format!("--template -L 5 --seed {seed}"), text);
    let first = of_seed("7");
    assert_eq!(first, of_seed("7"));
    assert_ne!(first, of_seed("8"));
}

#[test]
fn lines_and_columns_of_files_come_in_turn() {
    let folder = tempfile::tempdir().unwrap();
    let (lines, table) = (folder.path().join("lines"), folder.path().join("table.csv"));
    std::fs::write(&lines, "one\ntwo\n").unwrap();
    std::fs::write(&table, "city,Temp\nBonn,1\nKiel,2\nUlm,3\n").unwrap();
    let text = format!("{{line:{0}}} {{csv:{1}:city}} {{csv:{1}:Temp}}", lines.display(), table.display());
    assert_eq!(published("--template -L 4", &text), ["one Bonn 1", "two Kiel 2", "one Ulm 3", "two Bonn 1"]);
}

#[test]
fn parts_of_what_cannot_be_split_are_refused() {
    let (_folder, path) = report_file();
    for (line, fault) in [
        ("pub -t b -S 64B --split", "--payload-size"),
        ("pub -t b -S 64B --template", "--payload-size"),
        ("pub -t b -m a --split (", "`(` is not a regular expression"),
        ("e2e --split", "--split needs a text payload"),
    ] {
        let ended = bench(line, 1, &path).run().expect_code(2);
        assert!(ended.stderr.contains(fault), "{line}: {}", ended.stderr);
    }
}

#[test]
fn a_file_of_a_scenario_is_a_template_too() {
    let broker = ScriptedBroker::start();
    let (folder, path) = report_file();
    std::fs::write(folder.path().join("payload.json"), "{\"n\":%s}").unwrap();
    let scenario = folder.path().join("scenario.toml");
    let text = "[[groups]]\nrole = \"pub\"\ntopic = \"b\"\nrate = \"100/s\"\nlimit = 2\n\
                file_read = \"payload.json\"\ntemplate = true";
    std::fs::write(&scenario, text).unwrap();
    let program = bench("run", broker.port(), &path).arg(&scenario).start();
    let (mut link, _) = broker.accept_session(connack());
    for number in 0..2 {
        assert_eq!(String::from_utf8_lossy(&link.expect_publish().payload), format!("{{\"n\":{number}}}"));
    }
    link.expect_disconnect();
    link.close();
    program.wait().expect_code(0);
}

#[test]
fn recorded_payloads_are_sent_in_turn_and_once() {
    let broker = ScriptedBroker::start();
    let (folder, path) = report_file();
    let recorded = folder.path().join("recorded");
    std::fs::create_dir(&recorded).unwrap();
    for (name, text) in [("b.json", "two"), ("a.txt", "one"), (".hidden", "no"), ("c", "%i {hex:1}")] {
        std::fs::write(recorded.join(name), text).unwrap();
    }
    let lines = folder.path().join("recorded.jsonl");
    let text = "{\"topic\":\"x\",\"payload\":\"one\",\"qos\":1}\n\n{\"payload\":{\"a\":2}}\n\
                {\"payload\":\"/w==\",\"payload_encoding\":\"base64\"}\n";
    std::fs::write(&lines, text).unwrap();
    for (line, source, expected) in [
        ("", &recorded, &[&b"one"[..], b"two", b"%i {hex:1}"][..]),
        (" -L 5", &lines, &[b"one", b"{\"a\":2}", b"\xff", b"one", b"{\"a\":2}"]),
    ] {
        let line = format!("pub -c 1 -i 0 -t b -im 1{line}");
        let program = bench(&line, broker.port(), &path).arg("--payloads").arg(source).start();
        let (mut link, _) = broker.accept_session(connack());
        for payload in expected {
            assert_eq!(link.expect_publish().payload, *payload);
        }
        link.expect_disconnect();
        link.close();
        program.wait().expect_code(0);
    }
    let line = "pub -c 1 -i 0 -t b -im 1 --template -L 3";
    std::fs::write(recorded.join("c"), "%i %s").unwrap();
    let program = bench(line, broker.port(), &path).arg("--payloads").arg(&recorded).start();
    let (mut link, _) = broker.accept_session(connack());
    let payloads = [(); 3].map(|()| String::from_utf8(link.expect_publish().payload).unwrap());
    assert_eq!(payloads, ["one", "two", "1 2"]);
    link.expect_disconnect();
    link.close();
    program.wait().expect_code(0);
}

#[test]
fn what_is_not_a_recording_is_told_with_its_line() {
    let (folder, path) = report_file();
    let (empty, lines) = (folder.path().join("empty"), folder.path().join("lines"));
    std::fs::create_dir(&empty).unwrap();
    std::fs::write(&lines, "{\"payload\":1}\nhello\n").unwrap();
    for (source, fault) in [
        (&empty, "--payloads: there is no file in"),
        (&lines, "lines: line 2: "),
        (&folder.path().join("none"), "--payloads: cannot read"),
    ] {
        let ended = bench("pub -t b", 1, &path).arg("--payloads").arg(source).run().expect_code(1);
        assert!(ended.stderr.contains(fault), "{}", ended.stderr);
    }
}

#[test]
fn a_template_is_encoded_for_each_message() {
    let (folder, path) = report_file();
    let schema = folder.path().join("m.proto");
    std::fs::write(&schema, "syntax = \"proto3\"; message M { int32 n = 1; }").unwrap();
    let broker = ScriptedBroker::start();
    let line = "pub -c 1 -i 0 -t b -im 1 -L 2 --template -m {\"n\":1%s} -Pmn M";
    let program = bench(line, broker.port(), &path).arg("-Pp").arg(&schema).start();
    let (mut link, _) = broker.accept_session(connack());
    assert_eq!([(); 2].map(|()| link.expect_publish().payload), [vec![8, 10], vec![8, 11]]);
    link.expect_disconnect();
    link.close();
    program.wait().expect_code(0);
    let ended = bench("pub -t b --template -m %c -Pmn M", 1, &path).arg("-Pp").arg(&schema).run().expect_code(1);
    assert!(ended.stderr.contains("the payload is"), "{}", ended.stderr);
}

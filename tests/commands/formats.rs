//! Payload formats from outside: what a person writes is what a broker receives, and what a broker sends is what a
//! person reads.

use data_encoding::HEXLOWER;

use crate::profile_layers::{Home, connection};
use crate::support::wire::{connack, publish, suback};
use crate::support::{Ended, Program, ScriptedBroker};

/// Files of schemas, in a folder of their own.
struct Schemas(tempfile::TempDir);

impl Schemas {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
        write("person.proto", "syntax = \"proto3\"; package n; message Person { string name = 1; int32 id = 2; }");
        write("ac.proto", "syntax = \"proto3\"; message Ac { double celsius = 1; }");
        write(
            "person.avsc",
            r#"{"type":"record","name":"Person","fields":[{"name":"name","type":"string"},{"name":"age","type":"int"},
                {"name":"mail","type":["null","string"],"default":null}]}"#,
        );
        Self(folder)
    }

    fn program(&self, command: &str, arguments: &str) -> Program {
        let arguments: Vec<_> = arguments.split_whitespace().collect();
        Program::new([command]).directory(self.0.path()).arg_all(&arguments)
    }

    /// What a broker receives of `pub`: topics and payloads in hexadecimal digits.
    fn published(&self, topics: &[&str], text: &str, arguments: &str) -> Vec<(String, String)> {
        let broker = ScriptedBroker::start();
        let program = self.program("pub", arguments).port(broker.port()).arg("-m").arg(text);
        let running = topics.iter().fold(program, |program, topic| program.arg("-t").arg(topic)).start();
        let (mut link, _) = broker.accept_session(connack());
        let payloads = topics.iter().map(|_| link.expect_publish());
        let payloads = payloads.map(|publish| (publish.topic, HEXLOWER.encode(&publish.payload))).collect();
        link.expect_goodbye();
        link.close();
        running.wait().expect_code(0);
        payloads
    }

    /// What `sub` prints of payloads that are given in hexadecimal digits.
    fn shown(&self, messages: &[(&str, &str)], arguments: &str) -> Ended {
        let broker = ScriptedBroker::start();
        let count = messages.len().to_string();
        let program = self.program("sub", arguments).port(broker.port()).arg_all(&["-t", "#", "-C", &count, "--quiet"]);
        let running = program.start();
        let (mut link, _) = broker.accept_session(connack());
        let subscribe = link.expect_subscribe();
        link.send(suback(subscribe.id, vec![0]));
        for (topic, hex) in messages {
            link.send(publish(topic, HEXLOWER.decode(hex.as_bytes()).unwrap()));
        }
        link.expect_goodbye();
        link.close();
        running.wait().expect_code(0)
    }

    /// What `pub` reports about an option or a payload before it connects; nothing is listening there.
    fn refused(&self, text: &str, arguments: &str, code: i32) -> String {
        let program = self.program("pub", arguments).arg_all(&["-p", "1", "-t", "t", "-m", text]);
        program.run().expect_code(code).stderr
    }
}

/// Publishes a text, and prints what was published.
fn travels(text: &str, hex: &str, arguments: &str, shown: &str) {
    let schemas = Schemas::new();
    assert_eq!(schemas.published(&["t"], text, arguments), [("t".to_owned(), hex.to_owned())], "{arguments}");
    let ended = schemas.shown(&[("t", hex)], &format!("{arguments} --output-mode raw"));
    assert_eq!((ended.text(), ended.stderr.as_str()), (format!("{shown}\n").as_str(), ""), "{arguments}");
}

#[test]
fn json_travels_as_cbor_and_msgpack_with_every_digit() {
    let text = r#"{"n":18446744073709551615,"f":0.1}"#;
    travels(text, "a2616e1bffffffffffffffff6166fb3fb999999999999a", "-f cbor", text);
    travels(text, "82a16ecfffffffffffffffffa166cb3fb999999999999a", "-f msgpack", text);
    travels(
        "{\"big\":36893488147419103232}",
        "a163626967c249020000000000000000",
        "-f cbor",
        "{\"big\":36893488147419103232}",
    );
}

#[test]
fn a_number_that_a_format_cannot_hold_is_an_error_before_anything_is_sent() {
    let schemas = Schemas::new();
    for (format, text) in
        [("cbor", "[1e400]"), ("msgpack", "[18446744073709551616]"), ("cbor", "[3.14159265358979323846]")]
    {
        let stderr = schemas.refused(text, &format!("-f {format}"), 1);
        let expected = format!("error: the payload is not encodable as {format} at character 2: ");
        assert!(stderr.starts_with(&expected), "{stderr}");
        assert!(stderr.contains(" ^"), "{stderr}");
    }
}

#[test]
#[cfg(feature = "protobuf")]
fn json_travels_as_protobuf_by_a_schema() {
    let text = r#"{"name":"Ann","id":7}"#;
    travels(text, "0a03416e6e1007", "-Pp person.proto -Pmn n.Person", text);
    travels(text, "0a03416e6e1007", "-f protobuf -Pp person.proto -Pmn n.Person", text);
    travels(text, "0a03416e6e1007", "-f json -Pp person.proto -Pmn Person", "{\n  \"name\": \"Ann\",\n  \"id\": 7\n}");
}

#[test]
fn json_travels_as_avro_by_a_schema() {
    let (text, shown) = (r#"{"name":"Ann","age":7}"#, r#"{"name":"Ann","age":7,"mail":null}"#);
    travels(text, "06416e6e0e00", "-Ap person.avsc", shown);
    let single = &Schemas::new().published(&["t"], text, "-f avro-single-object -Ap person.avsc")[0].1;
    assert!(single.starts_with("c301") && single.ends_with("06416e6e0e00") && single.len() == 32, "{single}");
    travels(text, single, "-f avro-single-object -Ap person.avsc", shown);
}

#[test]
#[cfg(feature = "protobuf")]
fn each_topic_has_the_schema_of_the_filter_that_matches_first() {
    let schemas = Schemas::new();
    let rules = "--schema a/#=ac.proto:Ac --schema +/p=person.avsc";
    let published = schemas.published(&["a/1"], r#"{"celsius":21.5}"#, rules);
    assert_eq!(published, [("a/1".into(), "090000000000803540".into())]);
    let ended = schemas.shown(
        &[("a/p", "090000000000803540"), ("b/p", "06416e6e0e00"), ("c", "68690a")],
        &format!("{rules} --output-mode raw"),
    );
    assert_eq!(ended.text(), "{\"celsius\":21.5}\n{\"name\":\"Ann\",\"age\":7,\"mail\":null}\nhi\n\n");
}

#[test]
#[cfg(feature = "protobuf")]
fn a_text_for_several_topics_is_written_by_the_schema_of_each() {
    let schemas = Schemas::new();
    let text = r#"{"name":"Ann","id":7}"#;
    let published = schemas.published(&["a", "b"], text, "--schema a=person.proto:Person -f json");
    assert_eq!(published, [("a".into(), "0a03416e6e1007".into()), ("b".into(), HEXLOWER.encode(text.as_bytes()))]);
}

#[test]
#[cfg(feature = "protobuf")]
fn sparkplug_is_shown_on_its_topics_and_nowhere_else() {
    let schemas = Schemas::new();
    let text = r#"{"timestamp":"1","metrics":[{"name":"speed","datatype":10,"doubleValue":52.5}],"seq":"2"}"#;
    let hex = &schemas.published(&["t"], text, "-f sparkplug")[0].1;
    let on_topic = "spBv1.0/plant/NDATA/line";
    let messages = [(on_topic, hex.as_str()), ("spBv1.0/plant/STATE/line", "6f6e"), ("car/ac", "6f6e")];
    let ended = schemas.shown(&messages, "");
    let shown: Vec<_> = ended.text().lines().filter(|line| !line.starts_with("topic: ") && !line.is_empty()).collect();
    assert_eq!(shown, [text, "on", "on"]);
    // Who asks for the bytes gets them.
    let ended = schemas.shown(&messages[..1], "--output-mode raw");
    assert_eq!(ended.stdout.strip_suffix(b"\n").unwrap(), HEXLOWER.decode(hex.as_bytes()).unwrap());
    let ended = schemas.shown(&messages[..1], "-f hex");
    assert!(!ended.text().contains("speed"), "{}", ended.text());
}

#[test]
#[cfg(feature = "compression")]
fn payloads_are_compressed_and_decompressed() {
    let schemas = Schemas::new();
    for format in ["gzip", "zstd"] {
        let published = schemas.published(&["t"], "{\"a\": 1}", &format!("-f cbor --compress {format}"));
        let hex = published[0].1.as_str();
        for decompress in [format, "auto"] {
            let ended = schemas.shown(&[("t", hex)], &format!("-f cbor --decompress {decompress} --output-mode raw"));
            assert_eq!(ended.text(), "{\"a\":1}\n");
        }
    }
    // `printf hello | gzip -n`, and what is not compressed.
    let hello = "1f8b0800000000000003cb48cdc9c9070086a6103605000000";
    let ended = schemas.shown(&[("t", hello), ("t", "6869")], "--decompress auto --output-mode raw");
    assert_eq!(ended.text(), "hello\nhi\n");
}

#[test]
fn a_payload_that_does_not_decode_is_shown_as_it_is_with_a_warning() {
    let schemas = Schemas::new();
    let ended = schemas.shown(&[("a", "6869"), ("b", "06416e6e0e00")], "-Ap person.avsc --output-mode raw");
    assert_eq!(ended.text(), "hi\n{\"name\":\"Ann\",\"age\":7,\"mail\":null}\n");
    assert!(ended.stderr.starts_with("warning: payload on a shown as it is: not avro at byte 1: "), "{}", ended.stderr);
}

#[test]
fn in_jsonl_the_error_is_part_of_the_record_and_the_payload_is_kept() {
    let schemas = Schemas::new();
    let ended = schemas.shown(&[("a", "a1616101"), ("b", "ff")], "-f cbor --output-mode jsonl");
    assert_eq!(ended.stderr, "");
    let records: Vec<serde_json::Value> =
        ended.text().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(
        (&records[0]["decoded"], &records[0]["payload_error"]),
        (&serde_json::json!({"a": 1}), &serde_json::Value::Null)
    );
    assert_eq!(records[1]["payload_error"], "not cbor at byte 0: an end without a beginning");
    assert_eq!((&records[1]["payload"], records[1].get("decoded")), (&serde_json::json!("/w=="), None));

    // What was printed is published again, byte by byte.
    let broker = ScriptedBroker::start();
    let running = Program::new(["pub", "--jsonl"]).port(broker.port()).stdin(&ended.stdout).start_with_stdin();
    let (mut link, _) = broker.accept_session(connack());
    assert_eq!(link.expect_publish().payload, b"\xa1\x61\x61\x01");
    assert_eq!(link.expect_publish().payload, b"\xff");
    link.expect_goodbye();
    link.close();
    running.wait().expect_code(0);
}

#[test]
fn a_line_that_is_not_in_the_format_is_named_and_the_others_are_sent() {
    let schemas = Schemas::new();
    let broker = ScriptedBroker::start();
    let program = schemas.program("pub", "-t t -lm -Ap person.avsc").port(broker.port());
    let running =
        program.stdin("{\"name\":\"\",\"age\":1}\n{\"age\":1}\n{\"name\":\"\",\"age\":2}\n").start_with_stdin();
    let (mut link, _) = broker.accept_session(connack());
    assert_eq!(link.expect_publish().payload, b"\x00\x02\x00");
    assert_eq!(link.expect_publish().payload, b"\x00\x04\x00");
    link.expect_goodbye();
    link.close();
    let ended = running.wait().expect_code(1);
    let expected = "line 2 is not encodable as avro at character 1: the field `name` of `Person` is missing";
    assert!(ended.stderr.contains(expected), "{}", ended.stderr);
}

#[test]
fn a_profile_names_schemas_beside_it_and_what_the_command_line_says_wins() {
    let (home, broker) = (Home::new(), ScriptedBroker::start());
    let schema = home.write(home.profiles().join("person.avsc"), r#"{"type":"array","items":"int"}"#);
    let profile = |name: &str, text: &str| {
        home.profile(name, &format!("{}[publish]\ntopic = \"t\"\n{text}", connection(&broker)));
    };
    profile("rules", "schema = [\"t=person.avsc\"]\n");
    profile("avro", "avsc_path = \"person.avsc\"\n");
    profile("protobuf", "protobuf_path = \"none.proto\"\nprotobuf_message_name = \"None\"\n");
    let avro = schema.display();
    for (line, expected) in [
        ("--profile rules pub -m [1]".to_owned(), &b"\x02\x02\x00"[..]),
        ("--profile avro pub -m [1]".to_owned(), b"\x02\x02\x00"),
        ("--profile avro pub -m 6869 -f hex".to_owned(), b"hi"),
        (format!("--profile protobuf pub -m [1] -Ap {avro}"), b"\x02\x02\x00"),
    ] {
        let running = home.program(&line).start();
        let (mut link, _) = broker.accept_session(connack());
        assert_eq!(link.expect_publish().payload, expected, "{line}");
        link.expect_goodbye();
        link.close();
        running.wait().expect_code(0);
    }
    // The file is missing; a build without the format does not look for it.
    let code = if cfg!(feature = "protobuf") { 1 } else { 2 };
    let refused = home.program("--profile protobuf pub -m x").run().expect_code(code);
    let expected = "error: publish.protobuf_path of profile `protobuf`: ";
    assert!(refused.stderr.starts_with(expected), "{}", refused.stderr);
}

#[test]
fn a_bad_schema_option_exits_2_and_a_bad_file_or_payload_1() {
    let schemas = Schemas::new();
    for (arguments, expected) in [
        ("-f avro", "error: --format avro needs an Avro schema\nhint: give one with -Ap FILE.avsc, or with --schema\n"),
        ("-f hex -Ap person.avsc", "error: --format hex and --avsc-path cannot be used together\n"),
        ("--schema a/#/b=person.avsc", "error: --schema: `a/#/b=person.avsc` has no valid filter"),
        ("--compress xz", "error: --compress: `xz` is not a valid value"),
        ("-S 9 -f cbor", "error: --message and --payload-size cannot be used together"),
    ] {
        let stderr = schemas.refused("1", arguments, 2);
        assert!(stderr.starts_with(expected), "{arguments}: {stderr}");
    }
    for (arguments, expected) in [
        ("-Ap none.avsc", "error: --avsc-path: none.avsc: No such file"),
        ("-Ap person.proto", "error: --avsc-path: person.proto: not JSON at line "),
        ("--schema a=none.avsc", "error: --schema: none.avsc: No such file"),
    ] {
        let stderr = schemas.refused("1", arguments, 1);
        assert!(stderr.starts_with(expected), "{arguments}: {stderr}");
    }
    let stderr = schemas.refused(r#"{"nmae":""}"#, "-Ap person.avsc", 1);
    assert!(
        stderr
            .starts_with("error: the payload is not encodable as avro at character 9: `Person` has no field `nmae`\n"),
        "{stderr}"
    );
}

#[test]
#[cfg(feature = "protobuf")]
fn a_message_that_the_schema_lacks_is_answered_with_those_it_has() {
    let stderr = Schemas::new().refused("{}", "-Pp person.proto -Pmn Persn", 2);
    assert_eq!(stderr, "error: --protobuf-message-name: the schema has no message `Persn`: it has `n.Person`\n");
    let stderr = Schemas::new().refused("{}", "--schema t=person.proto:Persn", 2);
    assert_eq!(stderr, "error: --schema: the schema has no message `Persn`: it has `n.Person`\n");
    let stderr = Schemas::new().refused("{}", "-Pp none.proto -Pmn Persn", 1);
    assert!(stderr.starts_with("error: --protobuf-path: none.proto: No such file"), "{stderr}");
}

#[test]
#[cfg(not(feature = "protobuf"))]
fn a_build_without_protobuf_names_the_feature() {
    for arguments in ["-Pp person.proto -Pmn n.Person", "-f sparkplug"] {
        let stderr = Schemas::new().refused("{}", arguments, 2);
        assert!(stderr.contains("without the feature `protobuf`"), "{stderr}");
    }
}

#[test]
#[cfg(not(feature = "compression"))]
fn a_build_without_compression_names_the_feature() {
    let stderr = Schemas::new().refused("{}", "--compress gzip", 2);
    assert!(stderr.contains("--compress: this build cannot compress: it lacks the cargo feature"), "{stderr}");
}

#[test]
fn a_benchmark_sends_payloads_in_the_format() {
    let schemas = Schemas::new();
    let broker = ScriptedBroker::start();
    let program = schemas.program("bench", "pub -c 1 -i 0 -L 1 -t b -Ap person.avsc").port(broker.port());
    let running = program.arg_all(&["-m", r#"{"name":"","age":1}"#]).start();
    let (mut link, _) = broker.accept_session(connack());
    assert_eq!(link.expect_publish().payload, b"\x00\x02\x00");
    link.expect_goodbye();
    link.close();
    running.wait().expect_code(0);
    let refused =
        schemas.program("bench", "pub -c 1 -L 1 -t b -f cbor -m no").arg_all(&["-p", "1"]).run().expect_code(1);
    assert!(refused.stderr.starts_with("error: the payload is not json at character "), "{}", refused.stderr);
    let refused = schemas.program("bench", "pub -c 1 -L 1 -t b -f cbor -m no%i --template").arg_all(&["-p", "1"]).run();
    assert!(refused.expect_code(1).stderr.starts_with("error: the payload is not json at character "));
}

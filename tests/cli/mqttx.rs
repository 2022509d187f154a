//! MQTTX's command lines are accepted as they are: only the program's name is replaced.

use std::ffi::OsString;

use mqttx_rs::internals::Command;
use mqttx_rs::internals::{self as config, CommandLine, ConnSettings, PubSettings, SubSettings};

/// From MQTTX's manual, its README and its tests, and one line with everything that a group has.
const SCRIPTS: &[&[&str]] = &[
    &["conn", "-h", "broker.emqx.io", "-p", "1883", "-u", "u", "-P", "p", "-up", "a: b", "c: d", "--debug"],
    &["sub", "-t", "hello", "-h", "broker.emqx.io", "-p", "1883"],
    &["pub", "-t", "hello", "-h", "broker.emqx.io", "-p", "1883", "-m", "from MQTTX CLI"],
    &["pub", "-t", "hello"],
    &["sub", "-h", "broker.emqx.io", "-p", "1883", "-u", "mqttx_test_sub", "-t", "test/mqttx/cli/1"],
    &["sub", "-t", "topic/#", "topic2", "-q", "1", "0", "-v"],
    &["sub", "-t", "a", "-t", "b", "-q", "1", "-q", "2"],
    &["sub", "-t", "t/1", "t/2", "-nl", "true", "false", "-rap", "true", "-rh", "0", "1", "-si", "1", "-up", "a: b"],
    &["sub", "-t", "t/1", "--no_local", "-rap"],
    &["sub", "-t", "hello", "--output-mode", "clean"],
    &["sub", "-t", "hello", "-f", "base64", "--file-write", "out.txt", "--delimiter", ","],
    &["sub", "-t", "hello", "--file-save", "out.bin", "-f", "binary", "--delimiter"],
    &["sub", "-t", "$share/g/topic", "-i", "c1", "--no-clean", "-se", "300"],
    &["pub", "-t", "t", "-m", "{\"msg\": \"hello\"}", "-f", "json", "-q", "2", "-r"],
    &["pub", "-t", "t", "-s"],
    &["pub", "-t", "t", "-s", "-M"],
    &["pub", "-t", "t", "-lm"],
    &["pub", "-t", "t", "--file-read", "path/to/file.png", "-f", "binary"],
    &["pub", "-t", "t", "-S", "1KB"],
    &["pub", "-t", "t", "-m", "x", "--debug"],
    &[
        "pub", "-t", "t", "-m", "x", "-q", "1", "-d", "-pf", "-e", "60", "-ta", "1", "-rt", "r", "-cd", "c", "-ct",
        "text",
    ],
    &["pub", "-t", "t", "-m", "x", "-up", "name: mqttx cli", "-up", "name: again", "-Cup", "site: a", "other: b"],
    &["pub", "-t", "t", "-V", "5", "-i", "id", "-k", "60", "-u", "user", "-P", "pass", "-l", "mqtt"],
    &["pub", "-t", "t", "-V", "3.1", "-m", "x"],
    &["pub", "-t", "t", "-V", "3.1.1", "-m", "x"],
    &["pub", "-t", "t", "-l", "mqtts", "--insecure", "--alpn", "mqtt", "x-amzn-mqtt-ca", "-p", "8883"],
    &["sub", "-t", "t", "-l", "ws", "-p", "8083", "--path", "/mqtt", "-wh", "Authorization: Bearer x", "X-Id: 1"],
    &["sub", "-t", "t", "-am", "SCRAM-SHA-256", "-u", "u", "-P", "p"],
    &["sub", "-t", "t", "-rp", "0", "--maximum-reconnect-times", "5"],
    &["sub", "-t", "t", "--maximun-reconnect-times", "5"],
    &["sub", "-t", "t", "--rcv-max", "10", "--maximum-packet-size", "1024", "--topic-alias-maximum", "8"],
    &["sub", "-t", "t", "--receive-maximum", "10", "--req-response-info", "--no-req-problem-info"],
    &["sub", "-t", "t", "-Wt", "w", "-Wm", "bye", "-Wq", "1", "-Wr", "-Wd", "5", "-Wpf", "-We", "10", "-Wct", "text"],
    &["sub", "-t", "t", "-Wt", "w", "-Wrt", "r", "-Wcd", "c", "-Wup", "a: b", "c: d"],
    &["sub", "-t", "t", "-so"],
    &["sub", "-t", "t", "-so", "options.yaml"],
];

fn resolve(script: &[&str]) -> Result<Vec<String>, String> {
    let line = std::iter::once(&"mqttx-rs").chain(script).map(OsString::from);
    let invocation = match config::read(line, |_| None) {
        Ok(CommandLine::Run(invocation)) => invocation,
        Ok(CommandLine::Print(text)) => return Err(text.to_string()),
        Ok(CommandLine::Help(request)) => return Err(format!("help: {request:?}")),
        Err(error) => return Err(error.to_string()),
    };
    match &invocation.cli.command {
        Command::Connect(command) => {
            ConnSettings::resolve(command, &invocation.origins).map(|settings| settings.warnings)
        }
        Command::Publish(command) => {
            PubSettings::resolve(command, &invocation.origins).map(|settings| settings.warnings)
        }
        Command::Subscribe(command) => {
            SubSettings::resolve(command, &invocation.origins).map(|settings| settings.warnings)
        }
        _ => return Err("not a command of MQTTX".to_owned()),
    }
    .map_err(|error| error.to_string())
}

#[test]
fn scripts_of_mqttx_are_accepted_without_a_warning() {
    for script in SCRIPTS {
        let mut warnings = resolve(script).unwrap_or_else(|error| panic!("{script:?}: {error}"));
        // Whoever disables the checks gets a warning about it, in every script.
        if script.contains(&"--insecure") {
            assert!(warnings.pop().is_some_and(|warning| warning.contains("--insecure")), "{script:?}");
        }
        assert!(warnings.is_empty(), "{script:?}: {warnings:?}");
    }
}

#[test]
fn schemas_are_read_before_anything_is_connected() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    std::fs::write(path("a.proto"), "syntax = \"proto3\"; message Person { string name = 1; }").unwrap();
    std::fs::write(path("a.avsc"), "\"int\"").unwrap();
    let by_avro: &[&str] = &["sub", "-t", "t", "-Ap", &path("a.avsc")];
    resolve(by_avro).unwrap();
    let by_protobuf: &[&str] = &["pub", "-t", "t", "-m", "x", "-Pp", &path("a.proto"), "-Pmn", "Person"];
    if cfg!(feature = "protobuf") {
        resolve(by_protobuf).unwrap();
    } else {
        assert!(resolve(by_protobuf).unwrap_err().contains("without the feature `protobuf`"));
    }
    let refusal = resolve(&["sub", "-t", "t", "-Ap", &path("b.avsc")]).unwrap_err();
    assert!(refusal.starts_with("--avsc-path: ") && refusal.contains("b.avsc"), "{refusal}");
}

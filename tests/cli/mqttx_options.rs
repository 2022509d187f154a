//! Every option of every command of MQTTX 1.13 is accepted, in each of its forms.

use std::ffi::OsString;

use mqttx_rs::internals::{self as config, CommandLine};

/// An option: its forms, and a value if it takes one.
pub(crate) type Opt = (&'static [&'static str], &'static [&'static str]);

const CONNECT: &[Opt] = &[
    (&["-V", "--mqtt-version"], &["5"]),
    (&["-h", "--hostname"], &["localhost"]),
    (&["-p", "--port"], &["1883"]),
    (&["--no-clean"], &[]),
    (&["-k", "--keepalive"], &["30"]),
    (&["-u", "--username"], &["me"]),
    (&["-P", "--password"], &["secret"]),
    (&["-l", "--protocol"], &["ws"]),
    (&["--path"], &["/mqtt"]),
    (&["-wh", "--ws-headers"], &["a: b", "c: d"]),
    (&["--key"], &["key.pem"]),
    (&["--cert"], &["cert.pem"]),
    (&["--ca"], &["ca.pem"]),
    (&["--insecure"], &[]),
    (&["--alpn"], &["mqtt", "other"]),
    (&["-rp", "--reconnect-period"], &["1000"]),
    (&["--maximum-reconnect-times", "--maximun-reconnect-times"], &["10"]),
    (&["-se", "--session-expiry-interval"], &["60"]),
    (&["--rcv-max", "--receive-maximum"], &["10"]),
    (&["--maximum-packet-size"], &["1024"]),
    (&["--topic-alias-maximum"], &["8"]),
    (&["--req-response-info"], &[]),
    (&["--no-req-problem-info"], &[]),
    (&["-Wt", "--will-topic"], &["will"]),
    (&["-Wm", "--will-message"], &["bye"]),
    (&["-Wq", "--will-qos"], &["1"]),
    (&["-Wr", "--will-retain"], &[]),
    (&["-Wd", "--will-delay-interval"], &["5"]),
    (&["-Wpf", "--will-payload-format-indicator"], &[]),
    (&["-We", "--will-message-expiry-interval"], &["60"]),
    (&["-Wct", "--will-content-type"], &["text"]),
    (&["-Wrt", "--will-response-topic"], &["answers"]),
    (&["-Wcd", "--will-correlation-data"], &["7"]),
    (&["-Wup", "--will-user-properties"], &["a: b", "c: d"]),
    (&["-am", "--authentication-method"], &["SCRAM-SHA-256"]),
    (&["--debug"], &[]),
];

const FILES: &[Opt] = &[(&["-so", "--save-options"], &["options.json"]), (&["-so", "--save-options"], &[])];
const ONE_CLIENT: &[Opt] = &[(&["-i", "--client-id"], &["me"])];
const CONNECT_PROPERTIES: &[Opt] = &[(&["-Cup", "--conn-user-properties"], &["a: b", "c: d"])];
const OF_CONN: &[Opt] = &[(&["-up", "--user-properties"], &["a: b", "c: d"])];
const PUBLISH: &[Opt] = &[
    (&["-t", "--topic"], &["t"]),
    (&["-q", "--qos"], &["1"]),
    (&["-r", "--retain"], &[]),
    (&["-d", "--dup"], &[]),
    (&["-pf", "--payload-format-indicator"], &[]),
    (&["-e", "--message-expiry-interval"], &["60"]),
    (&["-ta", "--topic-alias"], &["1"]),
    (&["-rt", "--response-topic"], &["answers"]),
    (&["-cd", "--correlation-data"], &["7"]),
    (&["-up", "--user-properties"], &["a: b", "c: d"]),
    (&["-si", "--subscription-identifier"], &["7"]),
    (&["-ct", "--content-type"], &["text"]),
];
const PAYLOAD: &[Opt] =
    &[(&["-m", "--message"], &["hello"]), (&["--file-read"], &["payload"]), (&["-S", "--payload-size"], &["1KB"])];
const OF_PUB: &[Opt] = &[
    (&["-s", "--stdin"], &[]),
    (&["-M", "--multiline"], &[]),
    (&["-lm", "--line-mode"], &[]),
    (&["-f", "--format"], &["json"]),
    (&["-Ap", "--avsc-path"], &["a.avsc"]),
];
const SUBSCRIBE: &[Opt] = &[
    (&["-t", "--topic"], &["t", "u"]),
    (&["-q", "--qos"], &["1", "0"]),
    (&["-nl", "--no_local"], &["true"]),
    (&["-rap", "--retain-as-published"], &["true"]),
    (&["-rh", "--retain-handling"], &["0"]),
    (&["-si", "--subscription-identifier"], &["7"]),
    (&["-up", "--user-properties"], &["a: b", "c: d"]),
    (&["-v", "--verbose"], &[]),
];
const OF_SUB: &[Opt] = &[
    (&["-f", "--format"], &["hex"]),
    (&["--output-mode"], &["clean"]),
    (&["--file-write"], &["out"]),
    (&["--file-save"], &["out"]),
    (&["--delimiter"], &[","]),
    (&["--delimiter"], &[]),
    (&["-Ap", "--avsc-path"], &["a.avsc"]),
];
const BENCH: &[Opt] =
    &[(&["-I", "--client-id"], &["me"]), (&["-c", "--count"], &["10"]), (&["-i", "--interval"], &["10"])];
const LOAD: &[Opt] =
    &[(&["-im", "--message-interval"], &["1000"]), (&["-L", "--limit"], &["10"]), (&["-v", "--verbose"], &[])];
const OF_BENCH_PUB: &[Opt] = &[(&["--split"], &[","]), (&["--split"], &[])];
const SIMULATE: &[Opt] = &[(&["-sc", "--scenario"], &["tesla"]), (&["-f", "--file"], &["script.js"])];

/// A command, what it needs, and its options.
pub(crate) type Commanded = (&'static [&'static str], &'static [&'static str], &'static [&'static [Opt]]);

pub(crate) const COMMANDS: &[Commanded] = &[
    (&["check"], &[], &[]),
    (&["init"], &[], &[]),
    (&["conn"], &[], &[CONNECT, FILES, ONE_CLIENT, OF_CONN]),
    (&["pub"], &["-t", "t"], &[CONNECT, FILES, ONE_CLIENT, CONNECT_PROPERTIES, PUBLISH, PAYLOAD, OF_PUB]),
    (&["sub"], &["-t", "t"], &[CONNECT, FILES, ONE_CLIENT, CONNECT_PROPERTIES, SUBSCRIBE, OF_SUB]),
    (&["bench", "conn"], &[], &[CONNECT, FILES, BENCH, OF_CONN]),
    (
        &["bench", "pub"],
        &["-t", "t"],
        &[CONNECT, FILES, BENCH, CONNECT_PROPERTIES, PUBLISH, PAYLOAD, LOAD, OF_BENCH_PUB],
    ),
    (&["bench", "sub"], &["-t", "t"], &[CONNECT, FILES, BENCH, CONNECT_PROPERTIES, SUBSCRIBE]),
    (&["simulate"], &[], &[CONNECT, FILES, BENCH, CONNECT_PROPERTIES, PUBLISH, LOAD, SIMULATE]),
    (&["ls"], &["-sc"], &[]),
    (&["ls"], &["--scenario"], &[]),
];

pub(crate) fn read(line: &[&str]) -> Result<(), String> {
    let tokens = std::iter::once(&"mqttx-rs").chain(line).map(OsString::from);
    match config::read(tokens, |_| None) {
        Ok(CommandLine::Run(_)) => Ok(()),
        Ok(CommandLine::Print(text)) => Err(format!("it prints: {text}")),
        Ok(CommandLine::Help(request)) => Err(format!("it prints help: {request:?}")),
        Err(error) => Err(error.to_string()),
    }
}

#[test]
fn every_option_of_mqttx_is_accepted_in_each_of_its_forms() {
    let mut refused = Vec::new();
    for (command, needs, groups) in COMMANDS {
        let plain = [*command, *needs].concat();
        if let Err(error) = read(&plain) {
            refused.push(format!("{}: {error}", plain.join(" ")));
        }
        for (forms, values) in groups.iter().copied().flatten() {
            for form in *forms {
                // What an option replaces is not given twice.
                let needs: &[&str] = if matches!(*form, "-t" | "--topic") { &[] } else { needs };
                let beside: &[&str] = match *form {
                    "-Wt" | "--will-topic" => &[],
                    "--key" => &["--cert", "cert.pem"],
                    "--cert" => &["--key", "key.pem"],
                    form if form.starts_with("-W") || form.starts_with("--will-") => &["-Wt", "will"],
                    _ => &[],
                };
                let line = [*command, needs, beside, &[*form], *values].concat();
                if let Err(error) = read(&line) {
                    refused.push(format!("{}: {error}", line.join(" ")));
                }
            }
        }
    }
    assert!(refused.is_empty(), "{}", refused.join("\n"));
}

#[test]
fn options_of_a_file_are_loaded_by_every_command_that_has_them_there() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mqttx-cli-options.json");
    let sections = ["conn", "pub", "sub", "benchConn", "benchPub", "benchSub", "simulate"];
    let text = sections.map(|section| format!("\"{section}\": {{\"hostname\": \"h\", \"topic\": \"t\"}}")).join(", ");
    std::fs::write(
        &path,
        format!("{{{text}}}")
            .replace("\"conn\": {\"hostname\": \"h\", \"topic\": \"t\"}", "\"conn\": {\"hostname\": \"h\"}"),
    )
    .unwrap();
    let file = path.to_str().unwrap();
    for command in
        [&["conn"][..], &["pub"], &["sub"], &["bench", "conn"], &["bench", "pub"], &["bench", "sub"], &["simulate"]]
    {
        for form in ["-lo", "--load-options"] {
            let line = [command, &[form, file]].concat();
            read(&line).unwrap_or_else(|error| panic!("{line:?}: {error}"));
        }
    }
}

#[test]
fn shorts_that_need_one_another_are_accepted_together() {
    for line in
        [&["pub", "-t", "t", "-Pp", "a.proto", "-Pmn", "A"][..], &["sub", "-t", "t", "-Pp", "a.proto", "-Pmn", "A"]]
    {
        read(line).unwrap_or_else(|error| panic!("{line:?}: {error}"));
    }
}

//! The table: each option of each command, and where its effect can be seen.

use super::world::World::{
    self, Cut, CutOnce, Late, Mute, MutualTls, OldTls, Plain, Redirecting, Selected, Stamped, Tls,
};

/// An option, and a run that it makes another.
pub(super) struct Row {
    /// The commands of which it shows the option.
    pub commands: &'static [&'static str],
    /// Its long name.
    pub option: &'static str,
    /// What both runs have besides the command's own line.
    pub base: &'static str,
    /// What the second run has besides.
    pub with: &'static str,
    pub world: World,
}

/// A command line for each command, with which it does its work and ends. `{to}` is where the broker is.
pub(super) const COMMANDS: &[(&str, &str)] = &[
    ("pub", "pub {to} -t a -m x -q 1"),
    ("sub", "sub {to} -t a/# -q 1 -C 3"),
    ("wait", "wait {to} a/# -q 1 -C 3"),
    ("request", "request {to} -t a -m x -q 1 --timeout 0.5"),
    ("reply", "reply {to} a/# -m x --reply-topic answers -C 3"),
    ("record", "record {to} {dir}/made.jsonl -t a/# -q 1 -C 3"),
    ("replay", "replay {to} {dir}/recorded.jsonl --speed max"),
    ("clean-retained", "clean-retained {to} a/# --idle-timeout 0.3 --yes"),
    ("probe", "probe {to} --only mqtt3.1.1 --json"),
    ("topic match", "topic match a/+ a/1"),
    ("topic explain", "topic explain a/#"),
    ("completion", "completion fish"),
    ("man", "man {dir}/man"),
    ("conn", "conn {to} --check"),
    ("bench conn", "bench conn {to} -c 1 -i 0 --duration 0.05"),
    ("bench pub", "bench pub {to} -c 1 -i 0 -t b -L 2 -im 1"),
    ("bench sub", "bench sub {to} -c 1 -i 0 -t a/# -L 4"),
    ("bench e2e", "bench e2e {to} -c 1 -i 0 -L 2 -im 1"),
    ("bench run", "bench run {to} {dir}/scenario.toml -i 0"),
    ("bench presets", "bench presets"),
    ("bench merge", "bench merge --partial {dir}/report.json"),
    ("bench compare", "bench compare {dir}/report.json {dir}/report.json"),
    ("repl", "repl {to} --script {dir}/script"),
    ("broker", "broker -p 0 -- sh -c 'echo $MQTTX_HOST'"),
    ("profile list", "profile list"),
    ("profile show", "profile show p"),
    ("profile add", "profile add n -h plant"),
    ("profile edit", "profile edit p --set connection.keep_alive=7"),
    ("profile copy", "profile copy p n"),
    ("profile rename", "profile rename p n"),
    ("profile remove", "profile remove p --yes"),
    ("profile use", "profile use p"),
    ("profile unuse", "profile unuse"),
    ("profile validate", "profile validate"),
    ("profile path", "profile path p"),
    ("profile export", "profile export p"),
    ("profile import", "profile import {dir}/options.json --name n"),
];

const ALL: &[&str] = &[
    "pub",
    "sub",
    "wait",
    "request",
    "reply",
    "record",
    "replay",
    "clean-retained",
    "probe",
    "conn",
    "bench conn",
    "bench pub",
    "bench sub",
    "bench e2e",
    "bench run",
    "bench presets",
    "bench merge",
    "bench compare",
    "repl",
    "topic match",
    "topic explain",
    "completion",
    "man",
    "broker",
    "profile list",
    "profile show",
    "profile add",
    "profile edit",
    "profile copy",
    "profile rename",
    "profile remove",
    "profile use",
    "profile unuse",
    "profile validate",
    "profile path",
    "profile export",
    "profile import",
];

/// Those that say something on stderr in any case.
const TALKING: &[&str] = &[
    "pub",
    "sub",
    "wait",
    "request",
    "reply",
    "record",
    "replay",
    "clean-retained",
    "probe",
    "bench conn",
    "bench pub",
    "bench sub",
    "bench e2e",
    "bench run",
    "repl",
    "profile add",
    "profile edit",
    "profile copy",
    "profile rename",
    "profile remove",
    "profile use",
    "profile import",
];

/// Those that connect.
const CLIENTS: &[&str] = &[
    "pub",
    "sub",
    "wait",
    "request",
    "reply",
    "record",
    "replay",
    "clean-retained",
    "probe",
    "conn",
    "bench conn",
    "bench pub",
    "bench sub",
    "bench e2e",
    "bench run",
    "repl",
];

/// Those that have options of a connection.
const CONNECTING: &[&str] = &[
    "pub",
    "sub",
    "wait",
    "request",
    "reply",
    "record",
    "replay",
    "clean-retained",
    "probe",
    "conn",
    "bench conn",
    "bench pub",
    "bench sub",
    "bench e2e",
    "bench run",
    "repl",
    "profile add",
];

/// Those that reconnect unless told otherwise.
const RECONNECTING: &[&str] =
    &["pub", "sub", "wait", "request", "reply", "record", "replay", "clean-retained", "repl", "profile add"];

const LOADS: &[&str] = &["bench conn", "bench pub", "bench sub", "bench e2e", "bench run"];
const COUNTED: &[&str] = &["bench conn", "bench pub", "bench sub", "bench e2e"];
const JUDGED: &[&str] = &["bench conn", "bench pub", "bench sub", "bench e2e", "bench run", "bench merge"];
const PUBLISHING: &[&str] = &["bench pub", "bench e2e"];

/// An option of some commands that shows itself without more.
const fn row(commands: &'static [&'static str], option: &'static str, with: &'static str) -> Row {
    Row { commands, option, base: "", with, world: Plain }
}

impl Row {
    const fn on(self, base: &'static str) -> Self {
        Self { base, ..self }
    }

    const fn in_world(self, world: World) -> Self {
        Self { world, ..self }
    }
}

/// How many messages each member of a group got, whichever.
const SHARED: &str = "= broker -p 0 --shared-strategy round_robin -- sh -c \
     'mqttx-rs repl --quiet --script {dir}/shared | cut -c4- | cut -d: -f1 | sort | uniq -c | tr -d a-z'";

/// What a broker announces.
const CHECK: &str = "= broker -p 0 -- sh -c 'mqttx-rs conn --check --quiet -se 100 | grep -v -e ^broker -e ^address -e ^client -e ^time'";
const PUBLISH: &str = "= broker -p 0 -- mqttx-rs pub -t a -m x -q 1";
const TWO_CLIENTS: &str = "= broker -p 0 -- sh -c 'mqttx-rs repl --quiet --script {dir}/shared >/dev/null 2>&1'";
const DELAYED: &str = "= broker -p 0 -- sh -c 'for n in 1 2; do mqttx-rs pub -t \\$delayed/999/a -m x -q 1; done'";
/// Two messages for a subscriber that has gone.
const ABSENT: &str = "= broker -p 0 -- sh -c 'mqttx-rs pub -t a -r -q 1 -m x; \
     mqttx-rs sub -t a -q 1 -i s --no-clean -C 1 --quiet >/dev/null; \
     for n in 1 2; do mqttx-rs pub -t a -m x -q 1; done'";
const CHANCE: &str = "= broker -p 0 --fault 'refuse publish 0x97 50%' --seed 1 -- \
     sh -c 'for n in 1 2 3 4 5 6 7 8; do mqttx-rs pub -t a -m x -q 1 --quiet; done'";

/// What no run can show, and why.
pub(super) const EXEMPT: &[(&[&str], &str, &str)] = &[
    (
        &[
            "bench presets",
            "bench merge",
            "bench compare",
            "topic match",
            "topic explain",
            "completion",
            "broker",
            "profile list",
            "profile show",
            "profile unuse",
            "profile validate",
            "profile path",
            "profile export",
        ],
        "quiet",
        "it says nothing but warnings and errors on stderr",
    ),
    (
        &[
            "bench presets",
            "bench merge",
            "bench compare",
            "topic match",
            "topic explain",
            "completion",
            "man",
            "broker",
            "profile list",
            "profile show",
            "profile add",
            "profile edit",
            "profile copy",
            "profile rename",
            "profile remove",
            "profile use",
            "profile unuse",
            "profile validate",
            "profile path",
            "profile export",
            "profile import",
        ],
        "no-profile",
        "it uses no profile in any case",
    ),
    (&["bench e2e"], "latency", "it measures in any case, and then gathers nothing to be quicker"),
];

#[rustfmt::skip]
pub(super) const ROWS: &[Row] = &[
    // General
    row(ALL, "color", "--color always").on("--nonsense"),
    row(ALL, "error-format", "--error-format json").on("--nonsense"),
    row(ALL, "profile", "--profile nowhere"),
    row(CLIENTS, "no-profile", "--no-profile").in_world(Selected),
    row(TALKING, "quiet", "--quiet"),
    row(&["man"], "quiet", "--quiet"),
    row(&["conn"], "quiet", "--quiet").on("= conn {to} -rp 0").in_world(CutOnce),
    row(ALL, "debug", "--debug"),
    row(ALL, "log-file", "--log-file {dir}/log"),

    // Connection
    row(CONNECTING, "hostname", "-h 127.0.0.2"),
    row(CONNECTING, "port", "-p 1"),
    row(CONNECTING, "protocol", "-l ws"),
    row(CONNECTING, "url", "--url mqtt://by-url@127.0.0.1:{port}"),
    row(CONNECTING, "unix", "--unix {dir}/no-socket"),
    row(CONNECTING, "embedded", "--embedded"),
    row(&["pub", "sub", "wait", "request", "reply", "record", "replay", "clean-retained", "probe", "conn", "repl", "profile add"], "client-id", "-i named"),
    row(LOADS, "client-id", "-I named"),
    row(CONNECTING, "username", "-u me"),
    row(CONNECTING, "password", "-P secret").on("-u me"),
    row(CONNECTING, "password-file", "--password-file {dir}/password").on("-u me"),
    row(CONNECTING, "ask-password", "--ask-password").on("-u me"),
    row(CONNECTING, "password-env", "--password-env SECRET").on("-u me"),
    row(CONNECTING, "mqtt-version", "-V 3.1.1"),
    row(CONNECTING, "no-clean", "--no-clean").on("-se 60"),
    row(CONNECTING, "keepalive", "-k 7"),
    row(CONNECTING, "connect-timeout", "--connect-timeout 5").on("--connect-timeout 0.1").in_world(Late),
    row(RECONNECTING, "reconnect-period", "-rp 0").on("-rp 20").in_world(Cut),
    row(RECONNECTING, "maximum-reconnect-times", "--maximum-reconnect-times 0").on("-rp 20").in_world(Cut),
    row(&["conn"], "reconnect-period", "-rp 0").on("= conn {to} -rp 20").in_world(Cut),
    row(&["conn"], "maximum-reconnect-times", "--maximum-reconnect-times 0").on("= conn {to} -rp 20").in_world(Cut),
    row(&["probe"], "reconnect-period", "-rp 20"),
    row(&["probe"], "maximum-reconnect-times", "--maximum-reconnect-times 3"),
    row(LOADS, "reconnect-period", "-rp 20"),
    row(LOADS, "maximum-reconnect-times", "--maximum-reconnect-times 3").on("--reconnect"),
    row(&["replay"], "inflight", "--inflight 1").in_world(Mute),
    row(&["replay"], "resend-uncertain", "--resend-uncertain").on("-q 2 -rp 1").in_world(CutOnce),
    row(&["pub"], "inflight", "--inflight 1").on("--repeat 3 --timeout 0.5").in_world(Mute),
    row(&["repl"], "inflight", "--inflight 1").on("= repl {to} --script {dir}/three").in_world(Mute),
    row(&["profile add"], "inflight", "--inflight 7"),
    row(&["pub"], "resend-uncertain", "--resend-uncertain").on("-q 2 -rp 1").in_world(CutOnce),
    row(&["repl"], "resend-uncertain", "--resend-uncertain").on("= repl {to} --script {dir}/exactly -rp 1").in_world(CutOnce),
    row(&["profile add"], "resend-uncertain", "--resend-uncertain"),
    row(CONNECTING, "follow-redirect", "--follow-redirect").in_world(Redirecting),
    row(CONNECTING, "authentication-method", "--authentication-method SCRAM-SHA-256").on("-u me -P secret"),
    row(CONNECTING, "reauthenticate-every", "--reauthenticate-every 60"),

    // CONNECT's properties
    row(CONNECTING, "session-expiry-interval", "-se 60"),
    row(CONNECTING, "receive-maximum", "--receive-maximum 5"),
    row(CONNECTING, "maximum-packet-size", "--maximum-packet-size 1000"),
    row(CONNECTING, "topic-alias-maximum", "--topic-alias-maximum 5"),
    row(CONNECTING, "req-response-info", "--req-response-info"),
    row(CONNECTING, "no-req-problem-info", "--no-req-problem-info"),
    row(&["pub", "sub", "wait", "request", "reply", "record", "replay", "clean-retained", "probe", "bench pub", "bench sub", "bench e2e", "bench run", "repl", "profile add"],
        "conn-user-properties", "-Cup a:b"),
    row(&["conn", "bench conn"], "user-properties", "-up a:b"),

    // Will
    row(CONNECTING, "will-topic", "-Wt w"),
    row(CONNECTING, "will-message", "-Wm gone").on("-Wt w"),
    row(CONNECTING, "will-qos", "-Wq 1").on("-Wt w"),
    row(CONNECTING, "will-retain", "-Wr").on("-Wt w"),
    row(CONNECTING, "will-delay-interval", "-Wd 7").on("-Wt w"),
    row(CONNECTING, "will-payload-format-indicator", "-Wpf").on("-Wt w"),
    row(CONNECTING, "will-message-expiry-interval", "-We 7").on("-Wt w"),
    row(CONNECTING, "will-content-type", "-Wct text/plain").on("-Wt w"),
    row(CONNECTING, "will-response-topic", "-Wrt answers").on("-Wt w"),
    row(CONNECTING, "will-correlation-data", "-Wcd 7").on("-Wt w"),
    row(CONNECTING, "will-user-properties", "-Wup a:b").on("-Wt w"),

    // TLS
    row(CONNECTING, "ca", "--ca {dir}/ca.pem").on("-l mqtts").in_world(Tls),
    row(CONNECTING, "cert", "--cert {dir}/client.crt --key {dir}/client.key")
        .on("-l mqtts --ca {dir}/ca.pem").in_world(MutualTls),
    row(CONNECTING, "key", "--cert {dir}/client.crt --key {dir}/encrypted.key")
        .on("-l mqtts --ca {dir}/ca.pem --cert {dir}/client.crt --key {dir}/client.key").in_world(MutualTls),
    row(CONNECTING, "key-password", "--key-password sesame")
        .on("-l mqtts --ca {dir}/ca.pem --cert {dir}/encrypted.crt --key {dir}/encrypted.key").in_world(MutualTls),
    row(CONNECTING, "key-password-file", "--key-password-file {dir}/phrase")
        .on("-l mqtts --ca {dir}/ca.pem --cert {dir}/encrypted.crt --key {dir}/encrypted.key").in_world(MutualTls),
    row(CONNECTING, "insecure", "--insecure").on("-l mqtts").in_world(Tls),
    row(CONNECTING, "sni", "--sni localhost").on("-l mqtts --ca {dir}/ca.pem").in_world(Tls),
    row(CONNECTING, "alpn", "--alpn mqtt").on("-l mqtts --ca {dir}/ca.pem").in_world(Tls),
    row(CONNECTING, "tls-min-version", "--tls-min-version 1.3").on("-l mqtts --ca {dir}/ca.pem").in_world(OldTls),
    row(CONNECTING, "pin-sha256", "--pin-sha256 AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=")
        .on("-l mqtts --ca {dir}/ca.pem").in_world(Tls),

    // WebSocket, network
    row(CONNECTING, "path", "--path /elsewhere").on("-l ws"),
    row(CONNECTING, "ws-headers", "-wh 'x-a: b'").on("-l ws"),
    row(CONNECTING, "proxy", "--proxy socks5h://127.0.0.1:{port}"),
    row(CONNECTING, "no-proxy", "--no-proxy 127.0.0.1").on("--proxy socks5h://127.0.0.1:1"),
    row(CONNECTING, "bind", "--bind 127.0.0.9"),
    row(CONNECTING, "ipv4", "--ipv4").on("-h ::1"),
    row(CONNECTING, "ipv6", "--ipv6"),

    // Diagnosis, files
    row(CONNECTING, "trace", "--trace"),
    row(CONNECTING, "save-options", "-so {dir}/saved.json"),
    row(CONNECTING, "load-options", "-lo {dir}/options.json"),

    // Message
    row(&["pub", "request", "bench pub", "bench e2e"], "topic", "-t other"),
    row(&["pub", "request"], "qos", "-q 2"),
    row(PUBLISHING, "qos", "-q 1"),
    row(&["pub", "request", "bench pub"], "retain", "-r"),
    row(&["pub", "request", "bench pub"], "dup", "-d").on("-q 1"),
    row(&["pub", "request", "bench pub"], "payload-format-indicator", "-pf"),
    row(&["pub", "request", "bench pub"], "message-expiry-interval", "-e 7"),
    row(&["pub", "request", "bench pub"], "topic-alias", "-ta 7"),
    row(&["pub", "request", "bench pub"], "response-topic", "-rt answers"),
    row(&["pub", "request", "bench pub"], "correlation-data", "-cd 7"),
    row(&["pub", "request", "bench pub"], "user-properties", "-up a:b"),
    row(&["pub", "request", "bench pub"], "content-type", "-ct text/plain"),
    row(&["pub", "request", "bench pub"], "subscription-identifier", "-si 7"),
    row(&["pub", "request", "bench pub", "bench e2e"], "message", "-m other"),
    row(&["pub", "request"], "stdin", "-s"),
    row(&["pub", "request"], "multiline", "-M"),
    row(&["pub", "request"], "line-mode", "-lm"),
    row(&["pub", "request"], "jsonl", "--jsonl"),
    row(&["pub", "request", "bench pub", "bench e2e"], "file-read", "--file-read {dir}/payload"),
    row(&["pub", "request"], "null-message", "-n"),
    row(&["pub", "request", "bench pub", "bench e2e"], "payload-size", "-S 33"),
    row(&["pub", "request"], "repeat", "--repeat 2"),
    row(&["pub"], "repeat-delay", "--repeat-delay 60 --timeout 0.2").on("--repeat 2 --timeout 5"),
    row(&["pub", "request"], "delay", "--delay 7"),
    row(&["pub", "request"], "timeout", "--timeout 0.2").on("--timeout 0.4").in_world(Mute),
    row(&["pub", "request", "bench pub"], "format", "-f hex").on("-m 4142"),
    row(&["sub", "wait"], "format", "-f hex"),
    row(&["pub", "sub", "wait", "request", "bench pub"], "protobuf-path", "-Pp {dir}/m.proto -Pmn M"),
    row(&["pub", "sub", "wait", "request", "bench pub"], "protobuf-message-name", "-Pmn M -Pp {dir}/m.proto"),
    row(&["pub", "sub", "wait", "request", "bench pub"], "avsc-path", "-Ap {dir}/m.avsc"),
    row(&["pub", "sub", "wait", "request", "bench pub"], "schema", "--schema #={dir}/m.avsc"),
    row(&["pub", "request", "bench pub"], "compress", "--compress gzip"),
    row(&["sub", "wait"], "decompress", "--decompress gzip"),

    // Subscription
    row(&["sub", "wait", "bench sub"], "topic", "-t a/# b"),
    row(&["sub", "wait"], "qos", "-q 2"),
    row(&["bench sub"], "qos", "-q 1"),
    row(&["sub", "wait"], "unsubscribe", "-U a/#").on("-E"),
    row(&["sub", "wait", "bench sub"], "no-local", "-nl"),
    row(&["sub", "wait", "bench sub"], "retain-as-published", "-rap"),
    row(&["sub", "wait", "bench sub"], "retain-handling", "-rh 1"),
    row(&["sub", "wait", "bench sub"], "subscription-identifier", "-si 7"),
    row(&["sub", "wait", "bench sub"], "user-properties", "-up a:b"),

    // Selection and end
    row(&["sub", "wait"], "count", "-C 2"),
    row(&["sub", "wait"], "timeout", "--timeout 0.2").on("--idle-timeout 0.5").in_world(Mute),
    row(&["sub", "wait"], "idle-timeout", "--idle-timeout 0.2").on("--timeout 0.5").in_world(Mute),
    row(&["sub", "wait"], "exit-after-suback", "-E"),
    row(&["sub", "wait"], "skip-retained", "-R"),
    row(&["sub", "wait"], "retained-only", "--retained-only"),
    row(&["sub", "wait"], "remove-retained", "--remove-retained -C 1"),
    row(&["sub"], "dry-run", "--dry-run").on("--remove-retained -C 1"),
    row(&["wait"], "dry-run", "--dry-run"),
    row(&["request"], "repeat-delay", "--repeat-delay 60"),
    row(&["request"], "count", "-C 2").on("-V 3.1.1"),
    row(&["request"], "reply-topic", "--reply-topic answers"),
    row(&["request"], "output-mode", "--output-mode raw").on("-V 3.1.1"),
    row(&["request"], "template", "-F %t").on("-V 3.1.1"),
    row(&["request"], "verbose", "-v").on("-V 3.1.1"),
    row(&["request"], "file-write", "--file-write {dir}/written").on("-V 3.1.1"),
    row(&["request"], "file-save", "--file-save {dir}/saved").on("-V 3.1.1"),
    row(&["request"], "delimiter", "--delimiter ;").on("-V 3.1.1 --output-mode raw"),
    row(&["reply"], "topic", "-t b"),
    row(&["reply"], "qos", "-q 1"),
    row(&["reply"], "message", "-m other"),
    row(&["reply"], "echo", "--echo").on("= reply {to} a/# --exec 'echo x' --reply-topic answers -C 3"),
    row(&["reply"], "exec", "--exec 'echo y'").on("= reply {to} a/# --reply-topic answers -C 3"),
    row(&["reply"], "reply-topic", "--reply-topic others"),
    row(&["reply"], "count", "-C 2"),
    row(&["record"], "topic", "-t b"),
    row(&["record", "replay"], "qos", "-q 2"),
    row(&["record"], "filter-out", "-T a/1"),
    row(&["record"], "skip-retained", "-R"),
    row(&["record"], "count", "-C 2"),
    row(&["record"], "duration", "--duration 0.2").in_world(Mute).on("--idle-timeout 0.5"),
    row(&["record"], "idle-timeout", "--idle-timeout 0.2").in_world(Mute).on("--duration 0.5"),
    row(&["record"], "resume", "--resume").on("= record {to} {dir}/recorded.jsonl -t a/# -C 3"),
    row(&["record"], "rotate", "--rotate 1B"),
    row(&["record"], "keep", "--keep 1").on("--rotate 1B"),
    row(&["replay"], "speed", "--speed 0.1").on("= replay {to} {dir}/slow.jsonl").in_world(Plain),
    row(&["replay"], "loop", "--loop 2"),
    row(&["replay"], "map", "--map a/#=b/#"),
    row(&["replay"], "only", "--only a/1"),
    row(&["replay"], "retain", "--retain"),
    row(&["clean-retained"], "topic", "-t b"),
    row(&["clean-retained"], "filter-out", "-T a/1"),
    row(&["clean-retained"], "dry-run", "--dry-run").on("= clean-retained {to} a/# --idle-timeout 0.3"),
    row(&["clean-retained"], "yes", "--yes").on("= clean-retained {to} a/# --idle-timeout 0.3"),
    row(&["clean-retained"], "idle-timeout", "--idle-timeout x"),
    row(&["probe"], "require", "--require mqtt3.1"),
    row(&["probe"], "only", "--only mqtt3.1"),
    row(&["probe"], "json", "--json").on("= probe {to} --only mqtt3.1.1"),
    row(&["probe"], "prefix", "--prefix elsewhere").on("--only qos0 --timeout 0.5"),
    row(&["probe"], "timeout", "--timeout 0.2").on("--only qos0 --timeout 0.4"),
    row(&["probe"], "tls-port", "--tls-port {port}").on("--only tls"),
    row(&["probe"], "ws-port", "--ws-port {port}").on("--only websocket"),
    row(&["probe"], "wss-port", "--wss-port {port}").on("--only wss"),
    row(&["wait"], "match", "--match nothing").on("--timeout 0.5"),
    row(&["wait"], "json", "--json /nothing").on("--timeout 0.5"),
    row(&["sub", "wait"], "filter-out", "-T a/1"),
    row(&["sub", "wait"], "strict", "--strict").on("-t a/# no"),

    // Output
    row(&["sub", "wait"], "output-mode", "--output-mode raw"),
    row(&["conn"], "output-mode", "--output-mode jsonl"),
    row(&["sub", "wait"], "template", "-F %t"),
    row(&["sub", "wait"], "verbose", "-v"),
    row(&["sub", "wait"], "file-write", "--file-write {dir}/written"),
    row(&["sub", "wait"], "file-save", "--file-save {dir}/saved"),
    row(&["sub", "wait"], "delimiter", "--delimiter ;").on("--output-mode raw"),
    row(&["conn"], "check", "--check").on("= conn {to} -rp 0").in_world(CutOnce),

    // bench
    row(COUNTED, "count", "-c 2"),
    row(LOADS, "interval", "-i 20"),
    row(LOADS, "ramp", "--ramp 50"),
    row(LOADS, "handshakes", "--handshakes 7"),
    row(LOADS, "duration", "--duration 0.2"),
    row(LOADS, "warmup", "--warmup 0.05").on("--duration 0.2"),
    row(&["bench conn"], "drain", "--drain 1"),
    row(&["bench sub"], "drain", "--drain 1"),
    row(&["bench pub"], "drain", "--drain 0.1")
        .on("= bench pub {to} -c 1 -i 0 -t b -q 1 -im 30 --duration 0.1").in_world(Late),
    row(&["bench e2e", "bench run"], "drain", "--drain 0.1").in_world(Late),
    row(&["bench conn", "bench sub", "bench run"], "reconnect", "--reconnect").on("-rp 20").in_world(CutOnce),
    row(PUBLISHING, "reconnect", "--reconnect").on("-rp 20 -im 200").in_world(CutOnce),
    row(LOADS, "workers", "--workers 1").on("--workers 2"),
    row(LOADS, "source-ip", "--source-ip 127.0.0.9"),
    row(LOADS, "shard", "--shard 2/2"),
    row(LOADS, "run-id", "--run-id x").on("--shard 1/2"),
    row(LOADS, "clients-csv", "--clients-csv {dir}/devices.csv"),
    row(LOADS, "rows", "--rows shuffle"),
    row(LOADS, "start-at", "--start-at 2001-02-03T00:00:00Z"),
    row(LOADS, "prometheus", "--prometheus 127.0.0.1:0"),
    row(PUBLISHING, "message-interval", "-im 2"),
    row(PUBLISHING, "rate", "--rate 100"),
    row(PUBLISHING, "rate-per-client", "--rate-per-client 100"),
    row(PUBLISHING, "poisson", "--poisson"),
    row(PUBLISHING, "unpaced", "--unpaced"),
    row(&["bench pub"], "latency", "--latency").on("= bench pub {to} -c 1 -i 0 -t b -q 1 -L 2 --unpaced"),
    row(PUBLISHING, "find-max", "--find-max 'p99<10s'"),
    row(PUBLISHING, "confirm", "--confirm 0"),
    row(PUBLISHING, "max-time", "--max-time x"),
    row(PUBLISHING, "inflight", "--inflight 7").on("-q 1"),
    row(PUBLISHING, "limit", "-L 3"),
    row(&["bench pub"], "topics", "--topics 2").on("= bench pub {to} -c 1 -i 0 -t b/%s -L 4 -im 1"),
    row(&["bench e2e"], "topics", "--topics 2"),
    row(PUBLISHING, "template", "--template").on("-m %i"),
    row(PUBLISHING, "split", "--split ,").on("-m a,b"),
    row(&["bench pub", "bench e2e", "bench sub"], "verbose", "-v"),
    row(&["bench sub"], "limit", "-L 3"),
    row(&["bench sub"], "trust-foreign-clocks", "--trust-foreign-clocks").in_world(Stamped),
    row(JUDGED, "fail", "--fail 'connects_failed<1'"),
    row(JUDGED, "abort-on-fail", "--abort-on-fail").on("--fail 'connects_failed<1'"),
    row(JUDGED, "report", "--report {dir}/r.json"),
    row(JUDGED, "csv", "--csv {dir}/r.csv"),
    row(JUDGED, "html", "--html {dir}/r.html"),
    row(JUDGED, "hdr-log", "--hdr-log {dir}/r.hlog"),
    row(&["bench run"], "preset", "--preset nothing"),
    row(&["bench run"], "scale", "--scale 2"),
    row(&["bench merge"], "partial", "--partial").on("= bench merge {dir}/report.json"),
    row(&["bench compare"], "fail", "--fail 'connected<+1'"),
    row(&["bench e2e"], "shape", "--shape fan-out"),
    row(&["bench e2e"], "publishers", "--publishers 2").on("--shape fan-in"),
    row(&["bench e2e"], "subscribers", "--subscribers 2").on("--shape fan-out"),

    // repl
    row(&["repl"], "script", "--script {dir}/none"),
    row(&["repl"], "echo", "-x"),
    row(&["repl"], "keep-going", "--keep-going"),

    // broker
    row(&["broker"], "port", "-p {port}"),
    row(&["broker"], "bind", "--bind 127.0.0.9"),
    row(&["broker"], "ws-port", "--ws-port {port}"),
    row(&["broker"], "user", "--user a:b").on("= broker -p 0 -- sh -c 'mqttx-rs conn --check --quiet >/dev/null'"),
    row(&["broker"], "shared-strategy", "--shared-strategy sticky").on(SHARED),
    row(&["broker"], "tls-port", "--tls-port {port}"),
    row(&["broker"], "wss-port", "--wss-port {port}"),
    row(&["broker"], "ws-path", "--ws-path nowhere"),
    row(&["broker"], "unix", "--unix {dir}/payload"),
    row(&["broker"], "cert", "--cert {dir}/none --key {dir}/client.key").on("--tls-port 0"),
    row(&["broker"], "key", "--cert {dir}/client.crt --key {dir}/none").on("--tls-port 0"),
    row(&["broker"], "client-ca", "--client-ca {dir}/none").on("--tls-port 0"),
    row(&["broker"], "user-file", "--user-file {dir}/users").on(CHECK),
    row(&["broker"], "acl-file", "--acl-file {dir}/rights").on(PUBLISH),
    row(&["broker"], "no-anonymous", "--no-anonymous").on(CHECK),
    row(&["broker"], "maximum-qos", "--maximum-qos 1").on(CHECK),
    row(&["broker"], "no-retain", "--no-retain").on(CHECK),
    row(&["broker"], "receive-maximum", "--receive-maximum 9").on(CHECK),
    row(&["broker"], "maximum-packet-size", "--maximum-packet-size 999").on(CHECK),
    row(&["broker"], "topic-alias-maximum", "--topic-alias-maximum 9").on(CHECK),
    row(&["broker"], "server-keep-alive", "--server-keep-alive 9").on(CHECK),
    row(&["broker"], "session-expiry-maximum", "--session-expiry-maximum 9").on(CHECK),
    row(&["broker"], "no-wildcard", "--no-wildcard").on(CHECK),
    row(&["broker"], "no-shared", "--no-shared").on(CHECK),
    row(&["broker"], "no-subscription-identifiers", "--no-subscription-identifiers").on(CHECK),
    row(&["broker"], "no-assigned-client-id", "--no-assigned-client-id").on("= broker -p 0 -- sh -c 'mqttx-rs conn --check -i \"\" >/dev/null'"),
    row(&["broker"], "max-connections", "--max-connections 1").on(TWO_CLIENTS),
    row(&["broker"], "max-queued", "--max-queued 1").on(ABSENT),
    row(&["broker"], "max-queued-bytes", "--max-queued-bytes 1").on(ABSENT),
    row(&["broker"], "max-delayed", "--max-delayed 1").on(DELAYED),
    row(&["broker"], "fault", "--fault 'refuse publish 0x97'").on(PUBLISH),
    row(&["broker"], "seed", "--seed 2").on(CHANCE),
    row(&["broker"], "control", "--control").on("= broker -p 0 -- mqttx-rs pub -t $control/faults -m nonsense -q 1"),
    row(&["broker"], "trace", "--trace").on(PUBLISH),
    row(&["broker"], "prometheus", "--prometheus 127.0.0.1:{port}"),

    // profile
    row(&["profile list"], "json", "--json"),
    row(&["profile list"], "names", "--names"),
    row(&["profile show"], "effective", "--effective"),
    row(&["profile add", "profile edit"], "set", "--set publish.topic=a"),
    row(&["profile add"], "extends", "--extends p"),
    row(&["profile add"], "force", "--force").on("= profile add p -h plant"),
    row(&["profile edit"], "unset", "--unset connection.port"),
    row(&["profile remove"], "yes", "--yes").on("= profile remove p"),
    row(&["profile validate"], "connect", "--connect p"),
    row(&["profile export"], "with-secrets", "--with-secrets"),
    row(&["profile import"], "name", "--name other"),
    row(&["profile import"], "format", "--format spring"),
    row(&["profile import"], "password-env", "--password-env SECRET"),
    row(&["profile import"], "password-file", "--password-file {dir}/password"),
    row(&["profile import"], "with-secrets", "--with-secrets"),
    row(&["profile import"], "dry-run", "--dry-run"),
    row(&["profile import"], "force", "--force").on("= profile import {dir}/options.json --name p"),
];

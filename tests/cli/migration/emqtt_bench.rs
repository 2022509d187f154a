//! `docs/from-emqtt-bench.md`: the options of emqtt-bench 0.6, as its source lists them.

use super::{code, compare, long_of, row};
use crate::mqttx_options::read;

enum Here {
    /// The same name, and these arguments are accepted.
    Same(&'static [&'static str], &'static str),
    /// These arguments instead.
    Other(&'static [&'static str], &'static str),
    /// The program does it without an option.
    Always(&'static str),
    Missing(&'static str),
}

use Here::{Always, Missing, Other, Same};

type Row = (&'static [&'static str], Here);

const COMMON: &[Row] = &[
    (
        &["-h", "--host"],
        Same(&["-h", "192.0.2.7"], "long name `--hostname`; a list `a,b` too: clients use the brokers in turn"),
    ),
    (&["-p", "--port"], Same(&["-p", "1883"], "the default follows the protocol")),
    (&["-V", "--version"], Other(&["-V", "3.1.1"], "`3.1` for 3, `3.1.1` for 4, `5` for 5")),
    (&["-c", "--count"], Same(&["-c", "200"], "default 1000, not 200")),
    (&["-R", "--connrate"], Other(&["--ramp", "100/s"], "")),
    (&["-i", "--interval"], Same(&["-i", "10"], "")),
    (&["--ifaddr"], Other(&["--source-ip", "10.0.0.1-10.0.0.9"], "a range, or the option several times")),
    (
        &["--prefix"],
        Other(
            &["-I", "site-a_bench_pub_%i"],
            "`-I` is the client id here; emqtt-bench puts `_bench_pub_` or the like behind the prefix",
        ),
    ),
    (&["--shortids"], Other(&["-I", "%i"], "with `--prefix`: `-I 'PREFIX%i'`")),
    (
        &["-n", "--startnumber"],
        Other(
            &["--start-number", "100"],
            "also `--startnumber`; the first client is 101; `--shard 2/5` makes several machines parts of one run",
        ),
    ),
    (&["--num-retry-connect"], Missing("a connect that fails is counted: `--fail 'connections_failed>0'`")),
    (
        &["--reconnect"],
        Other(
            &["--reconnect", "--maximum-reconnect-times", "5"],
            "`--reconnect` is a switch; attempts have an option of their own",
        ),
    ),
    (&["-S", "--ssl"], Other(&["-l", "mqtts"], "")),
    (
        &["--ssl-version"],
        Other(&["-l", "mqtts", "--tls-min-version", "1.3"], "the lowest version to accept: 1.2 or 1.3"),
    ),
    (&["--cacertfile"], Other(&["--ca", "ca.pem"], "also checks the host name of the broker")),
    (
        &["--certfile", "--keyfile"],
        Other(&["--cert", "me.pem", "--key", "me.key"], "can differ by client, with placeholders"),
    ),
    (&["--ciphers"], Missing("the cipher suites of TLS 1.2 and 1.3 cannot be chosen")),
    (&["--signature-algs", "--keyex-algs"], Missing("as above")),
    (&["--ws"], Other(&["-l", "ws"], "")),
    (
        &["--quic", "--load-qst"],
        Missing("`-l quic` exists in builds with the cargo feature `quic`; session tickets are not loaded"),
    ),
    (&["-u", "--username"], Same(&["-u", "me"], "")),
    (&["-P", "--password"], Same(&["-P", "secret"], "")),
    (&["-k", "--keepalive"], Same(&["-k", "300"], "default 30, not 300")),
    (&["-C", "--clean"], Other(&["-I", "dev-%i", "--no-clean"], "for `-C false`; the other is the default")),
    (&["-x", "--session-expiry"], Other(&["-se", "3600"], "")),
    (
        &["-l", "--lowmem", "--force-major-gc-interval"],
        Always("there is no garbage collector to tune. `-l` is the protocol here"),
    ),
    (
        &["-Q", "--qoe", "--qoelog"],
        Always("each run reports histograms of all steps; `--report FILE` and `--hdr-log FILE` write them"),
    ),
    (&["--prometheus", "--restapi"], Other(&["--prometheus", "127.0.0.1:9464"], "one option with the address")),
    (&["--log_to"], Other(&["--quiet"], "for `null`; the report at the end stays")),
    (&["-d", "--dist"], Missing("no Erlang node: `--shard` splits a load among machines without a coordinator")),
];

const PUB: &[Row] = &[
    (&["-t", "--topic"], Same(&["-t", "bench/%i"], "placeholders: see below")),
    (&["-I", "--interval_of_msg"], Other(&["-t", "a", "-im", "1000"], "or `--rate 50000/s` for all clients together")),
    (&["-s", "--size"], Other(&["-t", "a", "-S", "256"], "")),
    (
        &["-m", "--message"],
        Same(
            &["-t", "a", "-m", "on"],
            "for `template://FILE` use `--template --file-read FILE`, with the placeholders below",
        ),
    ),
    (&["--topics-payload"], Missing("a scenario has one `[[groups.publish]]` for each topic: see below")),
    (
        &["--payload-hdrs"],
        Always(
            "payloads of `-S` from 32 bytes on carry a number and a time; `bench e2e` measures between publisher and subscriber",
        ),
    ),
    (&["-q", "--qos"], Same(&["-t", "a", "-q", "1"], "")),
    (&["-r", "--retain"], Other(&["-t", "a", "-r"], "a switch without a value")),
    (&["-L", "--limit"], Same(&["-t", "a", "-L", "1000"], "")),
    (&["-F", "--inflight"], Other(&["-t", "a", "--inflight", "100"], "the default is the limit of the broker, not 1")),
    (&["-w", "--wait-before-publishing"], Always("publishing begins when every client has connected, or failed to")),
    (
        &["--min-random-wait", "--max-random-wait"],
        Always("clients are spread evenly over the interval; `--poisson` draws random gaps"),
    ),
    (&["--retry-interval"], Missing("MQTT 5.0 does not allow resending on an open connection")),
];

const SUB: &[Row] = &[
    (&["-t", "--topic"], Same(&["-t", "bench/%i"], "")),
    (&["-q", "--qos"], Same(&["-t", "a", "-q", "1"], "")),
    (&["--payload-hdrs"], Always("payloads of `bench pub -S` are recognised: latency, loss, duplicates and order")),
];

/// Placeholders: theirs, how `bench pub` is given ours, and what differs.
const PLACEHOLDERS: &[Row] = &[
    (
        &["%i"],
        Same(
            &["-t", "bench/%i"],
            "number of the client, from 1, or after `--start-number`. There only as a whole level of a topic",
        ),
    ),
    (&["%c"], Same(&["-t", "bench/%c"], "client id")),
    (&["%u"], Same(&["-t", "bench/%u", "-u", "me"], "user name")),
    (
        &["%s"],
        Other(
            &["-t", "bench/{counter}"],
            "number of the message from 1. Here each client counts its own, there all count together; `%s` counts from 0 here",
        ),
    ),
    (&["%TIMESTAMP%"], Other(&["-t", "a", "--template", "-m", "{time:unix}"], "seconds since 1970")),
    (&["%TIMESTAMPMS%"], Other(&["-t", "a", "--template", "-m", "{time:ms}"], "")),
    (&["%TIMESTAMPUS%"], Other(&["-t", "a", "--template", "-m", "{time:us}"], "")),
    (
        &["%TIMESTAMPNS%"],
        Missing("`{time:us}` is the finest; latencies are measured without a time in the payload's text"),
    ),
    (&["%UNIQUE%"], Other(&["-t", "a", "--template", "-m", "{uuid}"], "also unique over several machines")),
    (
        &["%RANDOM%"],
        Other(&["-t", "a", "--template", "-m", "{string:256}"], "letters and digits; `-S 256` alone sends bytes"),
    ),
];

const TOPICS_PAYLOAD: &str = "
## `--topics-payload`

Each topic of that file is a flow of a scenario here:

| in the file of topics | in the scenario |
|---|---|
| `\"name\": \"site/%i/state\"` | `topic = \"site/%i/state\"` |
| `\"interval_ms\": \"500\"` | `rate_per_client = \"2/s\"` |
| `\"QoS\": 1` | `qos = 1` |
| `\"inject_timestamp\": \"ms\"`, with the field `timestamp` | `message = '{\"timestamp\":{time:ms}}'`, `template = true` |
| `\"payload_encoding\": \"eterm\"` | not here; formats are those of `--format` |

```toml
[[groups]]
role = \"pub\"
count = 100

[[groups.publish]]
name = \"state\"
topic = \"site/%i/state\"
qos = 1
rate_per_client = \"2/s\"
template = true
message = '{\"timestamp\":{time:ms},\"on\":true}'

[[groups.publish]]
name = \"alarms\"
topic = \"site/%i/alarm\"
rate_per_client = \"1/m\"
message = \"none\"
```
";

const HEAD: &str = "# Coming from emqtt-bench

`emqtt_bench conn`, `pub` and `sub` are `mqttx-rs bench conn`, `bench pub` and `bench sub`. Some letters mean something
else here, so look at the tables before you replace the name of the program: `-I`, `-s`, `-l`, `-C`, `-F`, `-S` and `-R`.

```
emqtt_bench pub -c 1000 -R 100 -I 1000 -t 'bench/%i' -s 256 -q 1 -F 100
mqttx-rs bench pub -c 1000 --ramp 100/s -im 1000 -t 'bench/%i' -S 256 -q 1 --inflight 100
```

Two things differ in what is measured. Latencies count from the time at which a message was due, so that a broker that
stalls is seen; and a message counts once, at QoS 0 too. A run ends with a report and an exit code, at `--duration`, at
`--limit`, or when you press Ctrl-C.

The options are those of emqtt-bench 0.6. This page is made from a table that the tests compare with the program.
";

fn section(title: &str, commands: &[&[&str]], rows: &[Row]) -> String {
    let mut text = format!("\n## {title}\n\n| emqtt-bench | here | remark |\n|---|---|---|\n");
    for (names, here) in rows {
        let theirs = code(names);
        let accepted = |arguments: &[&str]| {
            for command in commands {
                // What the command needs anyway.
                let topic: &[&str] = if command[1] == "conn" || arguments.contains(&"-t") { &[] } else { &["-t", "a"] };
                let line = [command, arguments, topic].concat();
                read(&line).unwrap_or_else(|error| panic!("{theirs}: {line:?}: {error}"));
            }
            format!("`{}`", arguments.iter().copied().skip_while(|word| *word == "a").collect::<Vec<_>>().join(" "))
        };
        text += &match here {
            Same(arguments, remark) => {
                accepted(arguments);
                let name = names[0];
                let is_placeholder = name.starts_with('%') && arguments.iter().any(|argument| argument.ends_with(name));
                let is_option = arguments.contains(&name) && long_of(commands[0], name).is_some();
                assert!(is_option || is_placeholder, "{name} is not the same");
                row(&[&theirs, "same", remark])
            }
            Other(arguments, remark) => {
                let shown = accepted(arguments).replace("`-t a ", "`");
                row(&[&theirs, &shown, remark])
            }
            Always(remark) => row(&[&theirs, "always", remark]),
            Missing(remark) => row(&[&theirs, "not here", remark]),
        };
    }
    text
}

#[test]
fn the_page_for_users_of_emqtt_bench_agrees_with_the_program() {
    let all: &[&[&str]] = &[&["bench", "conn"], &["bench", "pub"], &["bench", "sub"]];
    let text = [
        HEAD.to_owned(),
        section("Options of all three", all, COMMON),
        section("`pub`", &all[1..2], PUB),
        section("`sub`", &all[2..], SUB),
        section("Placeholders", &all[1..2], PLACEHOLDERS),
        TOPICS_PAYLOAD.to_owned(),
    ];
    compare("from-emqtt-bench.md", &text.concat());
}

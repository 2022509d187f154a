//! What is refused on the command line, and in which words: the message names the flag and says what to write.

use std::ffi::OsString;

use mqttx_rs::internals::Command;
use mqttx_rs::internals::{self as config, CommandLine, PubSettings, SubSettings};
use mqttx_rs::internals::{Error, ErrorKind};

/// The error that ends a command line before anything is connected.
fn refusal(arguments: &[&str], environment: &[(&str, &str)]) -> Error {
    let variable =
        |name: &str| environment.iter().find(|(other, _)| *other == name).map(|(_, text)| (*text).to_owned());
    let line = std::iter::once("mqttx-rs").chain(arguments.iter().copied()).map(OsString::from);
    let result = match config::read(line, variable) {
        Ok(CommandLine::Run(invocation)) => match &invocation.cli.command {
            Command::Publish(command) => PubSettings::resolve(command, &invocation.origins).map(drop),
            Command::Subscribe(command) => SubSettings::resolve(command, &invocation.origins).map(drop),
            Command::Broker(_) => Ok(()),
            other => panic!("{other:?} has no settings in this test"),
        },
        Ok(CommandLine::Print(text)) => panic!("{arguments:?} printed {text}"),
        Ok(CommandLine::Help(request)) => panic!("{arguments:?} printed help: {request:?}"),
        Err(error) => Err(error),
    };
    result.expect_err(&format!("{arguments:?} was accepted"))
}

#[track_caller]
fn refused(line: &str, message: &str, hint: Option<&str>) {
    let error = refusal(&line.split(' ').collect::<Vec<_>>(), &[]);
    assert_eq!((error.kind(), error.message(), error.hint()), (ErrorKind::Usage, message, hint), "{line}");
}

#[test]
fn numbers_out_of_range_name_the_flag_and_the_range() {
    for (line, message) in [
        ("pub -t a -q 5", "--qos: `5` is not a QoS: use 0, 1 or 2"),
        ("sub -t a b -q 1 x", "--qos: `x` is not a QoS: use 0, 1 or 2"),
        ("pub -t a -p 99999", "--port: `99999` is not a whole number between 1 and 65535"),
        ("pub -t a -p 0", "--port: `0` is not a whole number between 1 and 65535"),
        ("sub -t a -p -1", "--port: `-1` is not a whole number between 1 and 65535"),
        ("sub -t a -k 70000", "--keepalive: `70000` is too long: use 0 to 65535 seconds"),
        ("sub -t a -k 1.5", "--keepalive: `1.5` is not a whole number of seconds, which MQTT needs here"),
        ("sub -t a -k soon", "--keepalive: `soon` is not a duration: use 200ms, 1.5s, 15m or a number of seconds"),
        (
            "sub -t a -rp x",
            "--reconnect-period: `x` is not a duration: use 200ms, 1.5s, 15m or a number of milliseconds",
        ),
        ("sub -t a -C 0", "--count: `0` is not a whole number of at least 1"),
        ("sub -t a --rcv-max 0", "--receive-maximum: `0` is not a whole number between 1 and 65535"),
        (
            "sub -t a -si 268435456",
            "--subscription-identifier: `268435456` is not a whole number between 1 and 268435455",
        ),
        ("pub -t a -ta 0", "--topic-alias: `0` is not a whole number between 1 and 65535"),
        ("pub -t a --delay 50d", "--delay: `50d` is too long: use 0 to 4294966 seconds"),
        ("pub -t a --delay 4294967", "--delay: `4294967` is too long: use 0 to 4294966 seconds"),
        ("pub -t a -V 4.0", "--mqtt-version: `4.0` is not an MQTT version: use 5.0, 3.1.1 or 3.1"),
        (
            "sub -t a -rh 3",
            "--retain-handling: `3` is not a retain handling: use 0 (send), 1 (send if the subscription is new) or 2 \
             (never send)",
        ),
        ("pub -t a -up alone", "--user-properties: `alone` is not a pair: write `name: value` or `name=value`"),
    ] {
        refused(line, message, None);
    }
}

#[test]
fn a_topic_that_is_none_shows_the_place() {
    for (line, detail) in [
        ("sub -t love/#/you", "love/#/you\n     ^"),
        ("sub -t a#", "a#\n ^"),
        ("sub -t ok a/b#", "a/b#\n   ^"),
        ("sub -t x -T 汽车/a+", "汽车/a+\n      ^"),
        ("pub -t car/#", "car/#\n    ^"),
        ("pub -t a -Wt b/+", "b/+\n  ^"),
        ("pub -t $delayed/abc/x", "$delayed/abc/x\n         ^"),
        ("pub -t $delayed/4294967/x", "$delayed/4294967/x\n         ^"),
        ("pub -t $delayed/1500000000/x", "$delayed/1500000000/x\n         ^"),
        ("pub -t $delayed/99999999999/x", "$delayed/99999999999/x\n         ^"),
        ("pub -t a -Wt $delayed/99999999999/x", "$delayed/99999999999/x\n         ^"),
        ("pub --url mqtt://h/$delayed/99999999999/x", "$delayed/99999999999/x\n         ^"),
        ("pub --url mqtt://h/car/# -m x", "car/#\n    ^"),
    ] {
        let error = refusal(&line.split(' ').collect::<Vec<_>>(), &[]);
        assert_eq!(error.detail(), Some(detail), "{line}: {error}");
    }
}

#[test]
fn what_is_unknown_gets_the_likely_word() {
    let psk = "the TLS library rustls does not have them; --cert and --key identify this client to the broker";
    refused("pub --psk abc", "--psk: pre-shared keys are not supported", Some(psk));
    refused("pub --topik a", "unknown option `--topik`", Some("did you mean `--topic`?"));
    refused("pub --qso 1", "unknown option `--qso`", Some("did you mean `--qos`?"));
    refused("bench pub --cuont 1", "unknown option `--cuont`", Some("did you mean `--count`?"));
    refused("sub --quite", "unknown option `--quite`", Some("did you mean `--quiet`?"));
    refused("sbu -t a", "unknown command `sbu`", Some("did you mean `sub`?"));
    refused("sub --xyzzy", "unknown option `--xyzzy`", Some("`mqttx-rs sub --help` lists the options"));
    refused("subs -t a", "unknown command `subs`", Some("did you mean `sub`?"));
    refused("nonsense", "unknown command `nonsense`", Some("`mqttx-rs --help` lists the commands"));
    refused("--quiet", "no command given", Some("`mqttx-rs --help` lists the commands"));
    refused(
        "pub -t a -l mqqts",
        "--protocol: `mqqts` is not a valid value: use mqtt, mqtts, ws or wss",
        Some("did you mean `mqtts`?"),
    );
    refused(
        "pub -t a b",
        "unexpected argument `b`",
        Some("text with spaces needs quotes, for example -m \"two words\""),
    );
    refused("sub a", "unexpected argument `a`", Some("filters need -t, for example -t a"));
    for command in ["bench", "profile", "topic"] {
        let hint = format!("`mqttx-rs {command} --help` lists the commands");
        refused(command, &format!("{command} needs a command"), Some(&hint));
    }
}

#[test]
fn options_of_other_clients_get_their_name_here() {
    for (line, option, hint) in [
        ("pub -t a --cafile x", "--cafile", "mosquitto's --cafile is --ca FILE here"),
        ("sub -t a -c", "-c", "mosquitto's -c is --no-clean with --client-id here"),
        ("sub -t a -W 5", "-W", "mosquitto's -W is --timeout here"),
        ("sub -L mqtt://h/a", "-L", "mosquitto's -L is --url here"),
        (
            "pub -t a -D publish content-type x",
            "-D",
            "mosquitto's -D is one option for each property (--session-expiry-interval, --user-properties, ...) here",
        ),
        ("pub -t a --pw x", "--pw", "mosquitto's --pw is --password here"),
        ("pub -t a --will-payload x", "--will-payload", "mosquitto's --will-payload is --will-message here"),
        ("sub -t a -A 127.0.0.1", "-A", "mosquitto's -A is --bind here"),
        ("sub -t a -N", "-N", "mosquitto's -N is --output-mode raw --delimiter '' here"),
        ("sub -t a --identifier x", "--identifier", "mqtt-cli's --identifier is --client-id here"),
        ("bench pub -t a --certfile x", "--certfile", "emqtt-bench's --certfile is --cert here"),
        ("bench conn --ssl", "--ssl", "emqtt-bench's --ssl is --protocol mqtts here"),
    ] {
        refused(line, &format!("unknown option `{option}`"), Some(hint));
    }
    // The command has no timeout, so that the hint would lead nowhere.
    refused("conn -W 5", "unknown option `-W`", Some("`mqttx-rs conn --help` lists the options"));
    refused(
        "pub -t a -l",
        "--protocol needs a value: use mqtt, mqtts, ws or wss",
        Some("-l is the protocol here; mosquitto_pub's -l (one message per line) is -lm"),
    );
    let error = refusal(&["pub", "-t", "a", "-f", "payload.bin"], &[]);
    assert_eq!(error.hint(), Some("-f is the format here; mosquitto_pub's -f FILE is --file-read"));
}

#[test]
fn a_tls_option_and_a_stated_plain_protocol_contradict_each_other() {
    for (line, message, hint) in [
        ("pub -t a --ca x -l mqtt", "--ca needs TLS, but --protocol is mqtt", "use -l mqtts"),
        ("sub -t a --cert x --key y -l ws", "--cert needs TLS, but --protocol is ws", "use -l wss"),
        (
            "pub -t a --insecure --url mqtt://h",
            "--insecure needs TLS, but --url begins with mqtt://",
            "write mqtts:// in the URL",
        ),
        ("pub -t a --sni x --url ws://h", "--sni needs TLS, but --url begins with ws://", "write wss:// in the URL"),
        (
            "pub -t a --pin-sha256 x --unix /x",
            "--pin-sha256 needs TLS, but --unix is a Unix socket",
            "leave it out: data in a Unix socket does not leave this machine",
        ),
        (
            "pub -t a --alpn x --url unix:///x",
            "--alpn needs TLS, but --url is a Unix socket",
            "leave it out: data in a Unix socket does not leave this machine",
        ),
        (
            "pub -t a --tls-min-version 1.3 --embedded",
            "--tls-min-version needs TLS, but --embedded speaks plain MQTT",
            "leave it out: the embedded broker runs in this program",
        ),
        ("pub -t a --path /x", "--path needs WebSocket, but the protocol is mqtt", "use -l ws"),
        ("pub -t a -wh a:b", "--ws-headers needs WebSocket, but the protocol is mqtt", "use -l ws"),
        ("pub -t a -wh a:b --insecure", "--ws-headers needs WebSocket, but the protocol is mqtts", "use -l wss"),
        ("pub -t a --path /x -l mqtts", "--path needs WebSocket, but --protocol is mqtts", "use -l wss"),
        (
            "pub -t a --path /x --url mqtt://h",
            "--path needs WebSocket, but --url begins with mqtt://",
            "write ws:// in the URL",
        ),
        ("pub -t a --path /x --unix /y", "--path needs WebSocket, but --unix is a Unix socket", "leave it out"),
    ] {
        refused(line, message, Some(hint));
    }
    // A flag means what it says also where a variable has another protocol in mind.
    let error = refusal(&["pub", "-t", "a", "--ca", "x"], &[("MQTTX_PROTOCOL", "mqtt")]);
    assert_eq!(error.message(), "--ca needs TLS, but MQTTX_PROTOCOL is mqtt");
    let error = refusal(&["pub", "-t", "a"], &[("MQTTX_CA", "x"), ("MQTTX_URL", "mqtt://h")]);
    assert_eq!(error.message(), "MQTTX_CA needs TLS, but MQTTX_URL begins with mqtt://");
}

#[test]
fn a_host_is_nothing_but_a_host() {
    for (line, message, hint) in [
        ("pub -t a -h h:1883", "--hostname: `h:1883` has a port", "write -h h -p 1883"),
        ("pub -t a -h [::1]:1883", "--hostname: `[::1]:1883` has a port", "write -h ::1 -p 1883"),
        ("pub -t a -h mqtt://h", "--hostname: a URL is not a host name", "use --url for it"),
        ("pub -t a -h ", "--hostname: the host is empty", "leave it out for localhost"),
        (
            "pub -t a -h fe80::1",
            "--hostname: `fe80::1` is a link-local address, which needs a network interface after a `%`",
            "for example -h fe80::1%eth0 or --url mqtt://[fe80::1%25eth0]",
        ),
        (
            "pub -t a --url mqtt://[fe80::1]",
            "--url: `fe80::1` is a link-local address, which needs a network interface after a `%`",
            "for example -h fe80::1%eth0 or --url mqtt://[fe80::1%25eth0]",
        ),
    ] {
        refused(line, message, Some(hint));
    }
    let error = refusal(&["pub", "-t", "a"], &[("MQTTX_HOST", "h:1")]);
    assert_eq!(error.message(), "MQTTX_HOST: `h:1` has a port");
}

#[test]
fn a_missing_value_says_how_to_write_one() {
    refused("sub -h", "--hostname needs a value", Some("-h is the host name; --help prints the help"));
    refused("sub -t -v", "--topic needs a value", Some("a value that begins with a dash is written as --topic=VALUE"));
}

#[test]
fn what_is_missing_is_named() {
    refused("pub -m x", "--topic is missing", Some("for example mqttx-rs pub -t car/1/speed -m 52"));
    refused("sub -q 1", "--topic is missing", Some("for example mqttx-rs sub -t car/+/speed"));
    refused("sub -t a --dry-run", "--remove-retained is missing: --dry-run needs it", None);
    refused("pub -t a -Wm x", "--will-topic is missing: --will-message needs it", None);
    refused(
        "sub -t a --no-clean",
        "--no-clean needs --client-id: a session under a random id can never be resumed",
        Some("for example mqttx-rs sub --no-clean -i my-desk -t car/#"),
    );
}

#[test]
fn options_that_contradict_each_other_are_both_named() {
    for (line, one, other) in [
        ("pub -t a -m x -n", "--message", "--null-message"),
        ("pub -t a -s --file-read x", "--file-read", "--stdin"),
        ("pub -t a -M -m x", "--message", "--multiline"),
        ("pub -t a -lm --repeat 2", "--line-mode", "--repeat"),
        ("pub --jsonl -t a", "--jsonl", "--topic"),
        ("pub --jsonl -q 1", "--jsonl", "--qos"),
        ("pub -t a -P x --password-file y", "--password", "--password-file"),
        ("pub -t a --unix /x -h y", "--unix", "--hostname"),
        ("pub -t a --embedded -h y", "--embedded", "--hostname"),
        ("pub -t a --url mqtt://h -l ws", "--url", "--protocol"),
        ("sub -t a --file-save x --file-write y", "--file-save", "--file-write"),
        ("sub -t a -F %p --output-mode raw", "--template", "--output-mode"),
    ] {
        let message = format!("{one} and {other} cannot be used together");
        let error = refusal(&line.split(' ').collect::<Vec<_>>(), &[]);
        assert_eq!(error.message(), message, "{line}");
    }
    refused(
        "sub -t a b -q 0 1 2",
        "--qos has 3 values for 2 topic filters",
        Some("give one value for each filter, or one for all"),
    );
    refused(
        "sub -t $share/g/a -nl",
        "--no-local cannot be used with the shared subscription `$share/g/a`",
        Some("it is a protocol error [MQTT-3.8.3-4]"),
    );
    refused("pub -t a -V 3.1.1 -P p", "--password: the Password needs a User Name before MQTT 5.0", None);
    refused("pub -t a -d", "--dup needs --qos 1 or 2: nothing is sent twice at QoS 0 [MQTT-3.3.1-2]", None);
}

#[test]
fn what_an_older_version_cannot_carry_is_refused_rather_than_left_out() {
    for (line, flag) in [
        ("pub -t a -V 3.1.1 -up a=b", "--user-properties"),
        ("pub -t a -V 3.1.1 -e 5", "--message-expiry-interval"),
        ("sub -t a -V 3.1.1 -nl", "--no-local"),
        ("sub -t a -V 3.1.1 -se 60", "--session-expiry-interval"),
        ("sub -t a -V 3.1 -Wt w -Wd 1", "--will-delay-interval"),
    ] {
        let error = refusal(&line.split(' ').collect::<Vec<_>>(), &[]);
        assert!(
            error.message().starts_with(&format!("{flag} needs MQTT 5.0, but the version is MQTT 3.1")),
            "{line}: {error}"
        );
        assert_eq!(error.hint(), Some("leave it out, or leave out --mqtt-version"));
    }
}

#[test]
fn a_value_from_the_environment_is_refused_by_its_variable() {
    for (environment, message) in [
        (("MQTTX_PORT", "x"), "MQTTX_PORT: `x` is not a whole number between 1 and 65535"),
        (("MQTTX_INSECURE", "perhaps"), "MQTTX_INSECURE: `perhaps` is not a boolean: use true or false"),
        (("MQTTX_PROTOCOL", "http"), "MQTTX_PROTOCOL: `http` is not a valid value: use mqtt, mqtts, ws or wss"),
        (("ALL_PROXY", "ftp://p"), "ALL_PROXY: unknown scheme `ftp`: use socks5, socks5h or http"),
    ] {
        assert_eq!(refusal(&["pub", "-t", "a"], &[environment]).message(), message);
    }
    let error = refusal(&["pub", "-t", "a"], &[("MQTTX_WILL_TOPIC", "a/#")]);
    assert_eq!(error.detail(), Some("a/#\n  ^"));
    assert!(error.message().starts_with("MQTTX_WILL_TOPIC `a/#`:"), "{error}");
}

#[test]
fn a_file_that_cannot_be_read_is_a_local_failure_and_named_with_its_flag() {
    for (line, start) in [
        ("pub -t a -l mqtts --ca /nowhere", "--ca: `/nowhere`: "),
        ("pub -t a --ca /nowhere", "--ca: `/nowhere`: "),
        ("pub -t a -l mqtts --ca /dev/zero", "--ca: `/dev/zero`: too large"),
        ("pub -t a -u u --password-file /dev/zero", "--password-file: cannot read /dev/zero: it is too long"),
        ("pub -t a -u u --password-file /nowhere", "--password-file: cannot read /nowhere: "),
        ("pub -t a -l mqtts --insecure --key /nowhere --cert /nowhere", "--cert: `/nowhere`: "),
    ] {
        let error = refusal(&line.split(' ').collect::<Vec<_>>(), &[]);
        assert_eq!(error.kind(), ErrorKind::Local, "{line}: {error}");
        assert!(error.message().starts_with(start), "{line}: {error}");
    }
    refused("pub -t a -l mqtts --sni a_b_! --insecure", "--sni: `a_b_!` cannot be the name in a certificate", None);
}

#[test]
fn no_message_repeats_a_password() {
    for line in [
        "pub -t a --url mqtt://u:hunter2@h:x",
        "pub -t a --url u:hunter2@h",
        "pub -t a --proxy socks5://u:hunter2@h:x",
        "pub -t a -P hunter2 --password-file /nowhere",
    ] {
        let error = refusal(&line.split(' ').collect::<Vec<_>>(), &[]);
        assert!(!format!("{error:?}").contains("hunter2"), "{line}: {error:?}");
    }
}

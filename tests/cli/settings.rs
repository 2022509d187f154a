//! What arguments and environment come to: defaults, precedence, pairing.

use std::ffi::OsString;
use std::time::Duration;

use mqttx_rs::internals::Command;
use mqttx_rs::internals::{
    self as config, CommandLine, FileTarget, MessageShape, MessageSource, PubSettings, Retained, SubSettings,
};
use mqttx_rs::mqtt::{QoS, RetainHandling, Version};
use mqttx_rs::transport::{Address, Endpoint, Protocol};

fn invocation(line: &str, environment: &[(&str, &str)]) -> config::Invocation {
    let variable =
        |name: &str| environment.iter().find(|(other, _)| *other == name).map(|(_, text)| (*text).to_owned());
    let arguments = std::iter::once("mqttx-rs").chain(line.split(' ')).map(OsString::from);
    match config::read(arguments, variable) {
        Ok(CommandLine::Run(invocation)) => *invocation,
        Ok(CommandLine::Print(text)) => panic!("{line} printed {text}"),
        Ok(CommandLine::Help(request)) => panic!("{line} printed help: {request:?}"),
        Err(error) => panic!("{line}: {error}"),
    }
}

fn publish_with(line: &str, environment: &[(&str, &str)]) -> PubSettings {
    let invocation = invocation(line, environment);
    let Command::Publish(command) = &invocation.cli.command else { panic!("{line} is not pub") };
    PubSettings::resolve(command, &invocation.origins).unwrap_or_else(|error| panic!("{line}: {error}"))
}

fn publish(line: &str) -> PubSettings {
    publish_with(line, &[])
}

fn subscribe(line: &str) -> SubSettings {
    let invocation = invocation(line, &[]);
    let Command::Subscribe(command) = &invocation.cli.command else { panic!("{line} is not sub") };
    SubSettings::resolve(command, &invocation.origins).unwrap_or_else(|error| panic!("{line}: {error}"))
}

#[test]
fn the_defaults_are_mqttx_s() {
    let settings = publish("pub -t a");
    let client = &settings.connect.client;
    assert_eq!(client.endpoint, Endpoint::tcp("localhost", 1883));
    assert_eq!(client.connect.version, Version::V5);
    assert_eq!(client.connect.keep_alive, 30);
    assert!(client.connect.clean_start);
    assert_eq!(client.connect.properties.session_expiry_interval, None);
    assert_eq!(client.reconnect.first_delay, Duration::from_secs(1));
    assert_eq!(client.reconnect.maximum_attempts, 10);
    assert!(client.connect.will.is_none() && client.connect.user_name.is_none() && client.connect.password.is_none());
    let digits = client.connect.client_id.strip_prefix("mqttx_").unwrap();
    assert!(digits.len() == 8 && digits.bytes().all(|byte| byte.is_ascii_hexdigit()), "{digits}");
    assert_eq!(settings.publication.source, MessageSource::Text("Hello From MQTTX CLI".into()));
    let what = &settings.publication;
    assert_eq!((what.qos, what.retain, what.dup, what.repeat), (QoS::AtMostOnce, false, false, 1));
    assert!(what.properties.is_none() && what.timeout.is_none() && settings.warnings.is_empty());
    assert_ne!(publish("pub -t a").connect.client.connect.client_id, client.connect.client_id);
}

#[test]
fn the_port_follows_the_protocol() {
    for (line, endpoint) in [
        ("pub -t a -h h", Endpoint::tcp("h", 1883)),
        ("pub -t a -h h -l mqtts --insecure", Endpoint::new(Protocol::Mqtts, "h", 8883)),
        ("pub -t a -h h -l ws", Endpoint::new(Protocol::Ws, "h", 8083)),
        ("pub -t a -h h -l wss --insecure", Endpoint::new(Protocol::Wss, "h", 8084)),
        ("pub -t a -h h -l ws -p 80", Endpoint::new(Protocol::Ws, "h", 80)),
        ("pub -t a --url ws://h", Endpoint::new(Protocol::Ws, "h", 8083)),
        ("pub -t a --unix /run/m.sock", Endpoint::unix("/run/m.sock")),
        ("pub -t a --url unix:///run/m.sock", Endpoint::unix("/run/m.sock")),
        ("pub -t a --embedded", Endpoint::tcp("127.0.0.1", 1883)),
        ("pub -t a --embedded -p 1999", Endpoint::tcp("127.0.0.1", 1999)),
    ] {
        assert_eq!(publish(line).connect.client.endpoint, endpoint, "{line}");
    }
}

#[test]
fn tls_options_without_a_protocol_mean_tls() {
    for (arguments, environment, endpoint) in [
        ("--insecure -h h", &[][..], "mqtts://h:8883"),
        ("--insecure -h h -p 1883", &[], "mqtts://h:1883"),
        ("--sni x -h h", &[], "mqtts://h:8883"),
        ("--tls-min-version 1.2 -h h", &[], "mqtts://h:8883"),
        ("-h h", &[("MQTTX_ALPN", "mqtt")], "mqtts://h:8883"),
        ("-h h", &[("MQTTX_INSECURE", "false")], "mqtt://h:1883"),
        ("--insecure -l wss -h h", &[], "wss://h:8084"),
        ("--insecure --url wss://h:1", &[], "wss://h:1"),
    ] {
        let client = publish_with(&format!("pub -t a {arguments}"), environment).connect.client;
        assert_eq!(client.endpoint.to_string(), endpoint, "{arguments} with {environment:?}");
    }
}

#[test]
fn what_a_stronger_layer_leaves_no_use_for_is_told_and_not_looked_at() {
    for (arguments, environment, warnings) in [
        (
            "-l mqtt",
            &[("MQTTX_CA", "/nowhere"), ("MQTTX_SNI", "x")][..],
            &["MQTTX_CA and MQTTX_SNI need TLS, but --protocol is mqtt: left out"][..],
        ),
        ("--url ws://h", &[("MQTTX_CA", "/nowhere")], &["MQTTX_CA needs TLS, but --url begins with ws://: left out"]),
        ("--unix /x", &[("MQTTX_CA", "/nowhere")], &["MQTTX_CA needs TLS, but --unix is a Unix socket: left out"]),
        ("-h h", &[("MQTTX_PATH", "/x")], &["MQTTX_PATH needs WebSocket, but the protocol is mqtt: left out"]),
        ("--embedded", &[("MQTTX_CA", "/nowhere"), ("MQTTX_PATH", "/x")], &[]),
        ("-h h --path /mqtt", &[], &[]),
    ] {
        let settings = publish_with(&format!("pub -t a {arguments}"), environment);
        assert_eq!(settings.warnings, warnings, "{arguments} with {environment:?}");
    }
}

#[test]
fn an_ipv6_address_may_have_brackets_and_a_zone() {
    for (arguments, host) in [
        ("-h ::1", "::1"),
        ("-h [::1]", "::1"),
        ("-h fe80::1%lo", "fe80::1%lo"),
        ("--url mqtt://[fe80::1%25lo]", "fe80::1%lo"),
        ("--url mqtt://[fe80::1%lo]", "fe80::1%lo"),
    ] {
        let client = publish(&format!("pub -t a {arguments}")).connect.client;
        assert_eq!(client.endpoint, Endpoint::tcp(host, 1883), "{arguments}");
    }
}

#[test]
fn nought_seconds_are_no_limit() {
    let settings = subscribe("sub -t a --timeout 0 --idle-timeout 0 --connect-timeout 0");
    assert_eq!((settings.timeout, settings.idle_timeout), (None, None));
    assert!(settings.connect.client.dialer.timeout > Duration::from_secs(1_000_000_000));
    assert_eq!(publish("pub -t a --timeout 0").publication.timeout, None);
}

#[test]
fn a_session_that_nobody_can_come_back_to_is_told() {
    for (line, warning) in [
        ("pub -t a --no-clean", Some("--no-clean needs --client-id: a session under a random id can never be resumed")),
        (
            "pub -t a -se 4294967295",
            Some(
                "--session-expiry-interval 4294967295 (never) needs --client-id: a session under a random id can never \
                 be resumed",
            ),
        ),
        ("pub -t a -se 60", None),
        ("pub -t a -se 4294967295 -i me", None),
    ] {
        assert_eq!(publish(line).warnings, Vec::from_iter(warning), "{line}");
    }
}

#[test]
fn a_filter_that_is_hardly_meant_so_is_told() {
    for (filter, part) in [
        ("汽车/*", "`+` (one level)"),
        ("car/*/speed", "literal `*`"),
        ("a,b", "-t a b"),
        ("$delayed/#", "under its own topic"),
        ("$share/g/$delayed/+/x", "under its own topic"),
    ] {
        let warnings = subscribe(&format!("sub -t {filter}")).warnings;
        assert!(matches!(warnings.as_slice(), [one] if one.contains(part)), "{filter}: {warnings:?}");
    }
    for filter in ["a/#", "+/b", "a*b/c", "$share/g/a"] {
        assert!(subscribe(&format!("sub -t {filter}")).warnings.is_empty(), "{filter}");
    }
}

#[test]
fn a_flag_wins_over_the_environment_and_that_over_the_default() {
    // Arguments, environment, endpoint, user name and password.
    type Row<'a> = (&'a str, &'a [(&'a str, &'a str)], &'a str, Option<&'a str>, Option<&'a str>);
    let table: &[Row<'_>] = &[
        ("", &[], "mqtt://localhost:1883", None, None),
        ("", &[("MQTTX_HOST", "e"), ("MQTTX_PORT", "2")], "mqtt://e:2", None, None),
        ("-h f", &[("MQTTX_HOST", "e"), ("MQTTX_PORT", "2")], "mqtt://f:2", None, None),
        ("-p 3", &[("MQTTX_HOST", "e"), ("MQTTX_PORT", "2")], "mqtt://e:3", None, None),
        ("-h localhost", &[("MQTTX_HOST", "e")], "mqtt://localhost:1883", None, None),
        ("", &[("MQTTX_HOST", "")], "mqtt://localhost:1883", None, None),
        ("-u f", &[("MQTTX_USERNAME", "e"), ("MQTTX_PASSWORD", "p")], "mqtt://localhost:1883", Some("f"), Some("p")),
        // A URL on the command line is not mended by the environment.
        ("--url mqtt://f", &[("MQTTX_HOST", "e"), ("MQTTX_PORT", "2")], "mqtt://f:1883", None, None),
        ("--url mqtt://f:3", &[("MQTTX_PROTOCOL", "ws")], "mqtt://f:3", None, None),
        (
            "--url mqtt://u:p@f",
            &[("MQTTX_USERNAME", "e"), ("MQTTX_PASSWORD", "x")],
            "mqtt://f:1883",
            Some("u"),
            Some("p"),
        ),
        ("--url mqtt://f", &[("MQTTX_USERNAME", "e"), ("MQTTX_PASSWORD", "x")], "mqtt://f:1883", Some("e"), Some("x")),
        // Flags mend one from the environment, and one beside them.
        ("-h f", &[("MQTTX_URL", "mqtt://u:p@e:2")], "mqtt://f:2", Some("u"), Some("p")),
        ("-u f", &[("MQTTX_URL", "mqtt://u:p@e:2")], "mqtt://e:2", Some("f"), Some("p")),
        ("-l ws", &[("MQTTX_URL", "mqtt://e")], "ws://e:8083", None, None),
        ("-l ws", &[("MQTTX_URL", "mqtt://e:2")], "ws://e:2", None, None),
        ("--url mqtt://f:3 -p 4", &[], "mqtt://f:4", None, None),
        ("-h f", &[("MQTTX_UNIX", "/e")], "mqtt://f:1883", None, None),
        ("--unix /f", &[("MQTTX_HOST", "e")], "unix:///f", None, None),
        ("", &[("MQTTX_UNIX", "/e")], "unix:///e", None, None),
        ("--embedded", &[("MQTTX_HOST", "e"), ("MQTTX_PORT", "2")], "mqtt://127.0.0.1:2", None, None),
    ];
    for (arguments, environment, endpoint, username, password) in table {
        let line = format!("pub {arguments} -t a").replace("  ", " ");
        let client = publish_with(&line, environment).connect.client;
        assert_eq!(client.endpoint.to_string(), *endpoint, "{line} with {environment:?}");
        assert_eq!(client.connect.user_name.as_deref(), *username, "{line} with {environment:?}");
        assert_eq!(client.connect.password.as_deref(), password.map(str::as_bytes), "{line} with {environment:?}");
    }
}

#[test]
fn a_password_comes_from_the_strongest_layer_whatever_its_kind() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("password");
    std::fs::write(&file, "from file\nsecond line\n").unwrap();
    let line = format!("pub -t a -u u --password-file {}", file.display());
    let settings = publish_with(&line, &[("MQTTX_PASSWORD", "from environment")]);
    assert_eq!(settings.connect.client.connect.password.as_deref(), Some(&b"from file"[..]));
    let settings = publish_with("pub -t a -u u -P flag", &[("MQTTX_PASSWORD_FILE", file.to_str().unwrap())]);
    assert_eq!(settings.connect.client.connect.password.as_deref(), Some(&b"flag"[..]));
    assert!(!format!("{settings:?}").contains("flag"));
    // As editors of Windows write it.
    std::fs::write(&file, "\u{feff}from file\r\n").unwrap();
    assert_eq!(publish(&line).connect.client.connect.password.as_deref(), Some(&b"from file"[..]));
}

#[test]
fn switches_and_lists_come_from_the_environment_too() {
    let environment =
        [("MQTTX_NO_CLEAN", "true"), ("MQTTX_CLIENT_ID", "me"), ("MQTTX_CONN_USER_PROPERTIES", "a: 1\nb: 2")];
    let connect = publish_with("pub -t a", &environment).connect.client.connect;
    assert!(!connect.clean_start);
    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    assert_eq!(connect.properties.user_properties, [pair("a", "1"), pair("b", "2")]);
    assert!(publish_with("pub -t a", &[("MQTTX_NO_CLEAN", "0")]).connect.client.connect.clean_start);
    // A list on the command line replaces the one of the environment.
    let connect = publish_with("pub -t a -Cup c=3", &environment).connect.client.connect;
    assert_eq!(connect.properties.user_properties, [pair("c", "3")]);
}

#[test]
fn the_environment_of_a_client_does_not_reach_the_broker_command() {
    let invocation = invocation("broker", &[("MQTTX_PORT", "7"), ("MQTTX_HOST", "e")]);
    assert!(!invocation.origins.given("port"));
}

#[test]
fn what_an_older_version_cannot_carry_is_left_out_of_the_environment_with_a_warning() {
    let settings = publish_with("pub -t a -V 3.1.1", &[("MQTTX_SESSION_EXPIRY_INTERVAL", "60")]);
    assert_eq!(settings.connect.client.connect.properties.session_expiry_interval, None);
    assert_eq!(
        settings.warnings,
        ["MQTTX_SESSION_EXPIRY_INTERVAL needs MQTT 5.0, but the version is MQTT 3.1.1: left out"]
    );
}

#[test]
fn a_kept_session_never_expires_unless_it_is_said() {
    for (line, expiry) in [
        ("sub -t a -i x --no-clean", Some(u32::MAX)),
        ("sub -t a -i x --no-clean -se 1h", Some(3600)),
        ("sub -t a -i x --no-clean -se 0", Some(0)),
        ("sub -t a -i x -se 60", Some(60)),
        ("sub -t a -i x --no-clean -V 3.1.1", None),
        ("sub -t a -i x", None),
    ] {
        let connect = subscribe(line).connect.client.connect;
        assert_eq!(connect.properties.session_expiry_interval, expiry, "{line}");
        assert_eq!(connect.clean_start, !line.contains("--no-clean"), "{line}");
    }
    assert_eq!(publish("pub -t a --no-clean").warnings.len(), 1);
}

#[test]
fn subscription_options_pair_by_position_and_the_first_holds_for_the_rest() {
    let settings = subscribe("sub -t a b c -q 1 2 -nl -rap false true -rh 2");
    let options = |index: usize| {
        let options = &settings.subscribe.filters[index];
        (options.filter.as_str(), options.qos.number(), options.no_local, options.retain_as_published)
    };
    assert_eq!(options(0), ("a", 1, true, false));
    assert_eq!(options(1), ("b", 2, true, true));
    assert_eq!(options(2), ("c", 1, true, false));
    assert!(settings.subscribe.filters.iter().all(|options| options.retain_handling == RetainHandling::DoNotSend));
    let repeated = subscribe("sub -t a -q 1 -t b -q 2");
    assert_eq!(repeated.subscribe.filters[1].qos, QoS::ExactlyOnce);
}

#[test]
fn a_message_has_the_source_that_is_named() {
    for (arguments, source) in [
        ("-m hi", MessageSource::Text("hi".into())),
        ("-m -up", MessageSource::Text("-up".into())),
        ("-m=-up", MessageSource::Text("-up".into())),
        ("-m 汽车", MessageSource::Text("汽车".into())),
        ("-n", MessageSource::Null),
        ("-s", MessageSource::Stdin),
        ("-s -M", MessageSource::Lines),
        ("-M", MessageSource::Lines),
        ("-lm", MessageSource::Lines),
        ("-lm -s -M", MessageSource::Lines),
        ("--file-read x", MessageSource::File("x".into())),
        ("-S 1KB", MessageSource::Random("1024".parse().unwrap())),
    ] {
        assert_eq!(publish(&format!("pub -t a {arguments}")).publication.source, source, "{arguments}");
    }
    let lines = publish("pub --jsonl");
    assert_eq!((lines.publication.source, lines.publication.topics.len()), (MessageSource::JsonLines, 0));
}

#[test]
fn delay_writes_the_prefix_of_every_topic() {
    let settings = publish("pub -t order/42 -t order/43 --delay 15m");
    let topics: Vec<_> = settings.publication.topics.iter().map(mqttx_rs::mqtt::TopicName::as_str).collect();
    assert_eq!(topics, ["$delayed/900/order/42", "$delayed/900/order/43"]);
}

#[test]
fn properties_of_publish_are_all_carried() {
    let settings = publish("pub -t a -pf -e 1h -ta 7 -rt reply -cd id -up a=1 b=2 -up a=3 -ct text/plain");
    let properties = settings.publication.properties.unwrap();
    assert_eq!(properties.payload_format_indicator, Some(1));
    assert_eq!(properties.message_expiry_interval, Some(3600));
    assert_eq!(properties.topic_alias, Some(7));
    assert_eq!(properties.response_topic.as_deref(), Some("reply"));
    assert_eq!(properties.correlation_data.as_deref(), Some(&b"id"[..]));
    let pairs: Vec<_> = properties.user_properties.iter().map(|(name, value)| format!("{name}={value}")).collect();
    assert_eq!(pairs, ["a=1", "b=2", "a=3"]);
    assert_eq!(properties.content_type.as_deref(), Some("text/plain"));
    assert_eq!(publish("pub -t a -si 4").warnings.len(), 1);
}

#[test]
fn the_will_is_carried_whole() {
    let line = "pub -t a -Wt w -Wm gone -Wq 1 -Wr -Wd 5 -Wpf -We 10 -Wct t -Wrt r -Wcd c -Wup a=1 b=2";
    let will = publish(line).connect.client.connect.will.unwrap();
    assert_eq!(
        (will.topic.as_str(), &will.payload[..], will.qos, will.retain),
        ("w", &b"gone"[..], QoS::AtLeastOnce, true)
    );
    assert_eq!(will.properties.will_delay_interval, Some(5));
    assert_eq!(will.properties.payload_format_indicator, Some(1));
    assert_eq!(will.properties.message_expiry_interval, Some(10));
    assert_eq!(will.properties.content_type.as_deref(), Some("t"));
    assert_eq!(will.properties.response_topic.as_deref(), Some("r"));
    assert_eq!(will.properties.correlation_data.as_deref(), Some(&b"c"[..]));
    assert_eq!(will.properties.user_properties.len(), 2);
}

#[test]
fn output_options_come_to_one_shape_and_one_target() {
    for (arguments, shape) in [
        ("", MessageShape::Default),
        (" --output-mode clean", MessageShape::Clean),
        (" --output-mode jsonl", MessageShape::JsonLines),
        (" --output-mode raw", MessageShape::Raw),
        (" -F %t:%p", MessageShape::Template("%t:%p".parse().unwrap())),
    ] {
        assert_eq!(subscribe(&format!("sub -t a{arguments}")).shape, shape, "{arguments}");
    }
    assert_eq!(subscribe("sub -t a --file-write x").file, Some(FileTarget::Append("x".into())));
    assert_eq!(subscribe("sub -t a --file-save x").file, Some(FileTarget::Numbered("x".into())));
    assert_eq!(&subscribe("sub -t a").delimiter[..], b"\n");
    assert_eq!(&subscribe("sub -t a --delimiter").delimiter[..], b"\n");
    assert_eq!(&subscribe(r"sub -t a --delimiter \0").delimiter[..], b"\0");
    assert_eq!(&subscribe("sub -t a --delimiter=").delimiter[..], b"");
}

#[test]
fn selection_options_say_when_it_ends_and_what_counts() {
    let settings = subscribe("sub -t a -C 3 --timeout 1m --idle-timeout 500ms -E --strict -T x/# y -U z -v");
    assert_eq!(settings.count, Some(3));
    assert_eq!(settings.timeout, Some(Duration::from_mins(1)));
    assert_eq!(settings.idle_timeout, Some(Duration::from_millis(500)));
    assert!(settings.exit_after_suback && settings.strict && settings.verbose);
    assert_eq!((settings.filter_out.len(), settings.unsubscribe.len()), (2, 1));
    for (arguments, retained) in [
        ("", Retained::Both),
        (" -R", Retained::Skip),
        (" --retained-only", Retained::Only),
        (" --remove-retained", Retained::Remove { dry_run: false }),
        (" --remove-retained --dry-run", Retained::Remove { dry_run: true }),
    ] {
        assert_eq!(subscribe(&format!("sub -t a{arguments}")).retained, retained, "{arguments}");
    }
}

#[test]
fn the_last_of_a_repeated_option_holds() {
    let settings = publish("pub -t a -h one -h two -q 1 -q 2");
    let Address::Host { host, .. } = settings.connect.client.endpoint.address else { panic!("not a host") };
    assert_eq!((host.as_str(), settings.publication.qos), ("two", QoS::ExactlyOnce));
}

#[test]
fn a_url_names_the_topic_where_no_option_does() {
    assert_eq!(publish("pub --url mqtt://h/car/1").publication.topics[0].as_str(), "car/1");
    assert_eq!(subscribe("sub --url mqtt://h/car/#").subscribe.filters[0].filter.as_str(), "car/#");
    assert_eq!(publish("pub --url mqtt://h/car/1 -t other").publication.topics[0].as_str(), "other");
}

//! Options of other clients with their names here, for people who come from those.

/// The equivalent of an option of another client.
struct Foreign {
    tool: &'static str,
    /// Its names there.
    names: &'static [&'static str],
    /// The long name here; empty: no equivalent.
    here: &'static str,
    /// What to write, if the name alone is not enough.
    write: &'static str,
}

const fn same(tool: &'static str, names: &'static [&'static str], here: &'static str) -> Foreign {
    Foreign { tool, names, here, write: "" }
}

const fn other(tool: &'static str, names: &'static [&'static str], here: &'static str, write: &'static str) -> Foreign {
    Foreign { tool, names, here, write }
}

const MOSQUITTO: &str = "mosquitto";
const HIVEMQ: &str = "mqtt-cli";
const EMQTT_BENCH: &str = "emqtt-bench";
const MQTTUI: &str = "mqttui";

const TABLE: &[Foreign] = &[
    other(MOSQUITTO, &["--cafile"], "ca", "--ca FILE"),
    other(MOSQUITTO, &["--capath"], "ca", "--ca FOLDER"),
    same(MOSQUITTO, &["--tls-alpn"], "alpn"),
    other(MOSQUITTO, &["--tls-version"], "tls-min-version", "--tls-min-version 1.2 or 1.3"),
    other(MOSQUITTO, &["--tls-use-os-certs"], "ca", "the default (no --ca)"),
    same(MOSQUITTO, &["-A"], "bind"),
    other(MOSQUITTO, &["-I", "--id-prefix"], "client-id", "--client-id 'PREFIX{hex:8}'"),
    same(MOSQUITTO, &["--id"], "client-id"),
    same(MOSQUITTO, &["--pw"], "password"),
    other(MOSQUITTO, &["-c", "--disable-clean-session"], "no-clean", "--no-clean with --client-id"),
    same(MOSQUITTO, &["-W"], "timeout"),
    same(MOSQUITTO, &["-L"], "url"),
    other(
        MOSQUITTO,
        &["-D", "--property"],
        "session-expiry-interval",
        "one option for each property (--session-expiry-interval, --user-properties, ...)",
    ),
    other(MOSQUITTO, &["-N"], "delimiter", "--output-mode raw --delimiter ''"),
    same(MOSQUITTO, &["-x"], "session-expiry-interval"),
    same(MOSQUITTO, &["-o"], "load-options"),
    same(MOSQUITTO, &["--will-payload"], "will-message"),
    same(MOSQUITTO, &["--file"], "file-read"),
    same(MOSQUITTO, &["--stdin-file"], "stdin"),
    same(MOSQUITTO, &["--stdin-line"], "line-mode"),
    same(MOSQUITTO, &["--protocol-version"], "mqtt-version"),
    // Of what is sent, and of what is received.
    same(MOSQUITTO, &["--max-inflight"], "inflight"),
    same(MOSQUITTO, &["--max-inflight"], "receive-maximum"),
    other(MOSQUITTO, &["-a"], "bind", "--bind ADDRESS"),
    same(HIVEMQ, &["--identifier"], "client-id"),
    same(HIVEMQ, &["--user"], "username"),
    same(HIVEMQ, &["--password:file"], "password-file"),
    same(HIVEMQ, &["--password:env"], "password-env"),
    other(HIVEMQ, &["--secure"], "protocol", "--protocol mqtts"),
    same(HIVEMQ, &["--ws:path"], "path"),
    other(HIVEMQ, &["--no-cleanStart"], "no-clean", "--no-clean with --client-id"),
    other(HIVEMQ, &["--cleanStart"], "no-clean", "the default (no --no-clean)"),
    same(HIVEMQ, &["--keepAlive"], "keepalive"),
    same(HIVEMQ, &["--sessionExpiryInterval"], "session-expiry-interval"),
    same(HIVEMQ, &["--messageExpiryInterval"], "message-expiry-interval"),
    same(HIVEMQ, &["--contentType"], "content-type"),
    same(HIVEMQ, &["--responseTopic"], "response-topic"),
    same(HIVEMQ, &["--correlationData"], "correlation-data"),
    same(HIVEMQ, &["--userProperty"], "user-properties"),
    same(HIVEMQ, &["--willTopic"], "will-topic"),
    same(HIVEMQ, &["--willPayload"], "will-message"),
    other(HIVEMQ, &["-J", "--jsonOutput"], "output-mode", "--output-mode jsonl"),
    other(HIVEMQ, &["--showTopics"], "verbose", "-F '%t %p'"),
    same(HIVEMQ, &["--outputToFile"], "file-write"),
    same(HIVEMQ, &["--message-empty"], "null-message"),
    same(EMQTT_BENCH, &["--cacertfile"], "ca"),
    same(EMQTT_BENCH, &["--certfile"], "cert"),
    same(EMQTT_BENCH, &["--keyfile"], "key"),
    other(EMQTT_BENCH, &["--ssl"], "protocol", "--protocol mqtts"),
    other(EMQTT_BENCH, &["--ws"], "protocol", "--protocol ws"),
    other(EMQTT_BENCH, &["--quic"], "protocol", "--protocol quic (in a build with that feature)"),
    same(EMQTT_BENCH, &["--interval_of_msg"], "message-interval"),
    other(EMQTT_BENCH, &["--connrate", "-R"], "ramp", "--ramp 100/s"),
    same(EMQTT_BENCH, &["--ifaddr"], "source-ip"),
    same(EMQTT_BENCH, &["--size"], "payload-size"),
    other(EMQTT_BENCH, &["--prefix"], "client-id", "--client-id 'PREFIX%i'"),
    same(EMQTT_BENCH, &["-n"], "start-number"),
    other(EMQTT_BENCH, &["--shortids"], "client-id", "--client-id %i"),
    other(
        EMQTT_BENCH,
        &["--topics-payload"],
        "topic",
        "a scenario with [[groups.publish]] for each topic: bench run FILE",
    ),
    other(EMQTT_BENCH, &["--payload-hdrs"], "stamp", "--stamp payload"),
    other(EMQTT_BENCH, &["-F"], "inflight", "--inflight N"),
    other(EMQTT_BENCH, &["--prometheus-port"], "prometheus", "--prometheus ADDRESS:PORT"),
    same(MQTTUI, &["-b", "--broker"], "url"),
    same(MQTTUI, &["--client-cert"], "cert"),
    same(MQTTUI, &["--client-private-key"], "key"),
];

/// The name of another client's option here, if the command has it.
pub(crate) fn hint(option: &str, options: &[String]) -> Option<String> {
    let known = |here: &str| options.iter().any(|option| option == here);
    let found = TABLE.iter().find(|foreign| foreign.names.contains(&option) && known(foreign.here))?;
    let write = if found.write.is_empty() { format!("--{}", found.here) } else { found.write.to_owned() };
    Some(format!("{}'s {option} is {write} here", found.tool))
}

/// A hint for a value that another client takes after the same letter.
pub(crate) fn hint_at_value(option: &str, value: &str) -> Option<&'static str> {
    match option {
        "--protocol" if value.is_empty() => {
            Some("-l is the protocol here; mosquitto_pub's -l (one message per line) is -lm")
        }
        "--format" if value.contains(['/', '.']) => {
            Some("-f is the format here; mosquitto_pub's -f FILE is --file-read")
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli;

    /// A name that no command has would make a useless hint.
    #[test]
    fn every_name_of_the_table_is_an_option_here() {
        let mut root = cli::command();
        root.build();
        let mut names = Vec::new();
        let mut commands = vec![root];
        while let Some(command) = commands.pop() {
            names.extend(command.get_arguments().filter_map(clap::Arg::get_long).map(ToOwned::to_owned));
            commands.extend(command.get_subcommands().cloned());
        }
        for foreign in TABLE {
            assert!(names.iter().any(|name| name == foreign.here), "{:?}: --{}", foreign.names, foreign.here);
        }
    }
}

//! Long help of options that need more than one line: how they work together, and from which version of MQTT on.

/// What is said about an option besides its help.
#[derive(Debug)]
pub(super) struct Lesson {
    /// The id of the option.
    pub(super) option: &'static str,
    /// The commands, if it is not the same in all.
    pub(super) commands: &'static [&'static str],
    /// Paragraphs.
    pub(super) text: &'static str,
}

const fn lesson(option: &'static str, text: &'static str) -> Lesson {
    Lesson { option, commands: &[], text }
}

const fn lesson_of(commands: &'static [&'static str], option: &'static str, text: &'static str) -> Lesson {
    Lesson { option, commands, text }
}

pub(super) const LESSONS: &[Lesson] = &[
    // The connection.
    lesson(
        "protocol",
        "mqtt and mqtts are TCP without and with TLS, ws and wss WebSocket without and with TLS. A TLS option such as --ca \
         makes mqtt into mqtts; together with -l mqtt it is refused, so that nothing is sent in clear text by mistake.",
    ),
    lesson_of(
        &["bench conn", "bench pub", "bench sub", "bench e2e", "bench run", "simulate"],
        "hostname",
        "Several brokers, or nodes of one, are separated by commas: -h node1,node2. The clients connect to them in turn. If \
         the option is given twice, that is an error.",
    ),
    lesson(
        "url",
        "Scheme, user name, password, host, port and, for ws and wss, the path of the upgrade request; for mqtt and mqtts \
         a path is the default topic. A password in it is visible to other users of the machine: use --password-file or \
         --ask-password instead. An option such as --port takes precedence over its part of the URL.",
    ),
    lesson(
        "embedded",
        "The broker runs in this process, on 127.0.0.1, and ends with the command. Its port is --port, by default 1883; \
         `repl` takes a free one unless -p is given. Use it to try something without a broker; `mqttx-rs broker` runs one \
         on its own.",
    ),
    lesson_of(
        &["conn", "pub", "sub", "wait", "request", "reply", "watch", "repl"],
        "client_id",
        "The broker identifies the session by it: a second connection with the same identifier closes the first. By \
         default it is random and differs in each run. Placeholders are filled: -i 'desk-{hostname}-{pid}'.",
    ),
    lesson(
        "password",
        "`-` reads it from the first line of stdin. As an argument it is visible to other users of the machine in the list \
         of processes: use --password-file, --password-env, --ask-password or MQTTX_PASSWORD instead.",
    ),
    lesson(
        "mqtt_version",
        "5.0 has properties, reason codes and sessions that expire. An option that only 5.0 can carry is refused with an \
         older version. A broker that does not know the version refuses CONNECT: try -V 3.1.1.",
    ),
    lesson(
        "no_clean",
        "Clean Start 0 in MQTT 5.0, Clean Session 0 in 3.1.1. The broker keeps subscriptions and messages of QoS 1 and 2 \
         while the client is away, in 5.0 for --session-expiry-interval (default: for ever). It needs -i, because a \
         session under a random identifier can never be resumed.",
    ),
    lesson(
        "session_expiry_interval",
        "In seconds, counted from the end of the connection; 4294967295 never expires. Without it, a session is kept for as \
         long as reconnecting can take, and ends when the command does. MQTT 5.0; in 3.1.1 --no-clean keeps a session \
         without a limit.",
    ),
    lesson(
        "keepalive",
        "If nothing else is sent for this time, a PINGREQ is sent; if it is not answered, the connection counts as lost. \
         The broker closes a connection that is silent for one and a half times as long. A broker of MQTT 5.0 can \
         demand another value.",
    ),
    lesson(
        "connect_timeout",
        "From the name lookup to CONNACK, with TLS, WebSocket and proxy. When it expires, the exit code is 8 if the broker \
         did not answer CONNECT, and 3 if it was not reached.",
    ),
    lesson(
        "reconnect_period",
        "The delay is doubled after each attempt. 0 ends the command when the connection is lost, with exit code 7. The \
         first connection is never repeated, so that a script learns at once that nothing is listening.",
    ),
    lesson(
        "maximum_reconnect_times",
        "An acknowledgement, a received message or 10 s of connection end the outage: the next loss counts from 1 again. \
         After the last attempt the exit code is 7.",
    ),
    lesson(
        "authentication_method",
        "SCRAM sends no password: client and broker prove to each other that they know it. It needs -u and a password. \
         MQTT 5.0. Example: -am SCRAM-SHA-256 -u me --ask-password",
    ),
    lesson(
        "inflight",
        "How many messages of QoS 1 and 2 wait for their acknowledgement at a time; 1 waits for each. A broker of MQTT 5.0 \
         announces its limit (Receive Maximum), which is never exceeded. One of 3.1.1 cannot: set --inflight if it drops \
         messages, for example 20 for mosquitto at QoS 2.",
    ),
    lesson_of(
        &["broker"],
        "receive_maximum",
        "Announced in CONNACK: a client of MQTT 5.0 waits when this many of its messages of QoS 1 and 2 are \
         unacknowledged. One that exceeds it is disconnected with 0x93.",
    ),
    lesson(
        "receive_maximum",
        "The broker stops sending messages of QoS 1 and 2 when this many are unacknowledged, so a slow consumer is not \
         flooded; the default in the protocol is 65535. MQTT 5.0.",
    ),
    lesson_of(
        &["broker"],
        "maximum_packet_size",
        "Announced in CONNACK of MQTT 5.0. A client that sends a larger packet is disconnected, in 5.0 with 0x95.",
    ),
    lesson(
        "maximum_packet_size",
        "The broker drops what is larger instead of sending it; without it, the limit is that of the protocol, 256 MiB. \
         MQTT 5.0.",
    ),
    lesson(
        "follow_redirect",
        "A broker of MQTT 5.0 can refuse with a Server Reference (0x9C use another server, 0x9D server moved). With this \
         option the client connects there, with the same credentials; without it, the reference is only reported.",
    ),
    // TLS.
    lesson(
        "ca",
        "In PEM or DER. Only these authorities are trusted then, not those of the system. A broker with a self-signed \
         certificate needs it: --ca ca.pem. Implies -l mqtts.",
    ),
    lesson(
        "insecure",
        "The connection is encrypted, but the identity of the broker is not verified: anyone in between can read and \
         change everything, including the password. For tests only; for a broker with a self-signed certificate, use --ca, or \
         add --pin-sha256.",
    ),
    lesson(
        "pin_sha256",
        "The hash of the public key (SubjectPublicKeyInfo), in Base64, as `conn --check` prints it (the format of HPKP). It is \
         required in addition to a valid certificate, or to any with --insecure; repeat the option to allow the next \
         key in advance.",
    ),
    // The will.
    lesson(
        "will_topic",
        "The broker publishes the will when the connection ends without DISCONNECT: the program is killed, or the network \
         is gone. Example: -Wt desk/7/status -Wm offline -Wr",
    ),
    lesson(
        "will_delay_interval",
        "If the client reconnects in time, the will is not published. MQTT 5.0; 0 by default.",
    ),
    // Publishing.
    lesson_of(
        &["pub", "request", "bench pub", "bench e2e", "simulate"],
        "qos",
        "0: sent once, perhaps lost. 1: acknowledged by PUBACK, perhaps delivered twice. 2: exactly once, with two round \
         trips. A publish is complete when it has been acknowledged; one that is refused ends the command with exit code 5.",
    ),
    lesson_of(
        &["pub", "request"],
        "retain",
        "The broker stores the last retained message of a topic and sends it to each new subscriber. An empty one (-n -r) \
         removes it.",
    ),
    lesson_of(
        &["pub", "request", "bench pub", "simulate"],
        "message_expiry_interval",
        "In seconds. The broker discards the message when a subscriber has not received it by then, and subtracts the time \
         it waited from the value it sends on. MQTT 5.0.",
    ),
    lesson_of(
        &["pub", "request", "bench pub", "simulate"],
        "topic_alias",
        "The first message carries topic and number, later ones only the number, which saves bytes. The broker announces \
         the highest number it takes (Topic Alias Maximum). MQTT 5.0.",
    ),
    lesson_of(
        &["pub", "request"],
        "response_topic",
        "Where the receiver should send its answer. `request` sets one itself and `reply` uses it. MQTT 5.0.",
    ),
    lesson_of(
        &["pub", "sub", "request", "bench pub", "simulate"],
        "user_properties",
        "Pairs that the broker passes on unchanged, in their order; a name can come twice. Example: -up 'site: plant-7' \
         -up 'unit: C'. MQTT 5.0.",
    ),
    lesson_of(
        &["pub"],
        "line_mode",
        "Lines end with a line feed, which is not part of the payload. The next lines are read while earlier ones wait for \
         their acknowledgement. A lost connection is opened again, and no line is lost at QoS 1 and 2.",
    ),
    lesson_of(
        &["pub"],
        "jsonl",
        "Each line is an object with topic and payload; qos, retain and the properties of MQTT 5.0 may be in it too, and \
         take precedence over options. `sub --output-mode jsonl` prints such lines, so messages can be copied: mqttx-rs \
         sub -t '#' --output-mode jsonl -h a | mqttx-rs pub --jsonl -h b",
    ),
    lesson(
        "delay",
        "EMQX and the broker of mqttx-rs publish a message to $delayed/SECONDS/TOPIC after so many seconds, up to 4294966. \
         Other brokers deliver it at once, under that odd topic.",
    ),
    lesson_of(
        &["pub"],
        "queue",
        "Each message is on disk before it counts as read, and is removed when it is acknowledged, so nothing is lost when \
         the program is killed, the power fails or the broker is away. The next run with the same DIR continues, at QoS 2 \
         exactly once. Only one process at a time can use DIR.",
    ),
    lesson_of(
        &["sub", "wait", "request"],
        "template",
        "`mqttx-rs help formats` lists the letters. The line ends with a line feed; \\n, \\t and \\x1b are characters. \
         Example: -F '%I %-20t %p'",
    ),
    lesson("template", "`mqttx-rs help placeholders` lists the placeholders."),
    // Subscribing.
    lesson_of(
        &["sub", "wait", "bench sub"],
        "qos",
        "The broker delivers at the lower of this QoS and that of the message. One for all filters, or one for each by \
         position. What the broker grants is shown, if it is less.",
    ),
    lesson_of(
        &["sub", "wait", "bench sub"],
        "retain_handling",
        "What the broker does with retained messages when it receives the subscription: 0 sends them, 1 only if the \
         subscription did not exist, 2 does not send them. MQTT 5.0; -R leaves them out in any version.",
    ),
    lesson_of(
        &["sub", "wait", "bench sub"],
        "retain_as_published",
        "Without it, the broker clears the retain flag of messages that arrive after the subscription. MQTT 5.0.",
    ),
    lesson_of(
        &["sub", "wait", "bench sub"],
        "no_local",
        "For a client that publishes to what it subscribes to, such as a bridge. The broker refuses it for shared \
         subscriptions. MQTT 5.0.",
    ),
    lesson_of(
        &["sub", "wait"],
        "timeout",
        "Counted from the start of the command. With --count, the exit code is 8 if fewer messages arrived; without it, the \
         end is a success.",
    ),
    lesson_of(
        &["sub", "wait"],
        "idle_timeout",
        "Counted from the last message, or from the subscription. Useful to read everything that is retained: mqttx-rs sub \
         -t '#' --retained-only --idle-timeout 1s",
    ),
    lesson_of(
        &["sub"],
        "output_mode",
        "default: a line with topic, QoS, size and properties, then the payload. clean: the fields of the packet as indented JSON. \
         jsonl: one JSON object for each message, with binary payloads in Base64. raw: the bytes and nothing else.",
    ),
    lesson_of(
        &["sub"],
        "ack",
        "before: a message counts as delivered when its command begins. after: only when it has succeeded, so a message \
         whose command failed comes again (--on-failure redeliver). It needs QoS 1 or 2.",
    ),
    lesson_of(
        &["sub"],
        "jobs",
        "In MQTT 5.0 it is also the Receive Maximum, so the broker keeps the rest and another member of a shared \
         subscription gets it.",
    ),
    // Payloads.
    lesson(
        "schema",
        "FILTER=FILE, and :MESSAGE for a .proto file. The first filter that matches a topic decides; with an Avro schema the \
         file is an .avsc. Example: --schema 'car/#=car.proto:Reading' 'door/#=door.avsc'",
    ),
    lesson("decompress", "auto looks at the first bytes of a payload and leaves alone what is not compressed."),
    // The broker.
    lesson_of(
        &["broker"],
        "faults",
        "Rules: drop PACKET, duplicate PACKET, corrupt PACKET (one bit is flipped), delay PACKET TIME, reorder PACKET COUNT, \
         refuse PACKET REASON, stall TIME every TIME, fragment BYTES and close after PACKET [N]. `close after publish 7` \
         closes each connection after the 7th PUBLISH on it, in either direction; without N, after the first. A rule can \
         be narrowed by 10%, every 3rd, first 5, after 5, from client, to client, for CLIENT-ID. Example: \
         --fault 'drop puback 10%' --fault 'close after publish 7 from client'",
    ),
    // Benchmarks.
    lesson(
        "find_max",
        "Runs at --rate, raises the rate while all conditions are met, and narrows it down when one is not; the best rate \
         is confirmed by --confirm further runs. Conditions are joined by commas: 'ack.p99<50ms,loss=0'.",
    ),
    lesson_of(
        &["bench compare"],
        "fail",
        "A measure, an operator and a change from the baseline: 'ack.p99>+10%' is by more than a tenth of it, 'lost>+0' by any. \
         The measures are those of `mqttx-rs help thresholds`.",
    ),
    lesson_of(
        &[
            "bench conn",
            "bench pub",
            "bench sub",
            "bench e2e",
            "bench run",
            "bench merge",
            "bench manifest",
            "simulate",
        ],
        "fail",
        "A measure, an operator and a value, as `mqttx-rs help thresholds` lists them. A condition that was not measured \
         counts as failed, and one that the run cannot measure is refused before it begins. A condition about refused \
         messages, lost connections or missing answers also decides how many are allowed: with --fail 'refused>25%' the exit \
         code is 0 up to a quarter, where it is 5 without a condition.",
    ),
    lesson(
        "unpaced",
        "Measures how fast messages get through, not how long they take: with a queue that is always full, a latency says \
         only how long that queue is. --rate measures latencies at a given load.",
    ),
    lesson(
        "start_number",
        "For instances that are started by hand, each with clients of its own: -c 1000 on one machine, --start-number 1000 -c 1000 on \
         the next. Their results stay separate; with --shard they are parts of one run, which `bench merge` adds up.",
    ),
    lesson(
        "warmup",
        "Connections and caches settle during it. Counts, for example of lost messages, are always of the whole run.",
    ),
];

//! Long help of options that need more than one line: how they work together, and from which version of MQTT on.

/// What is said about an option besides its help.
#[derive(Debug)]
pub(super) struct Lesson {
    /// The id of the option.
    pub(super) option: &'static str,
    /// The commands; if there are none, all that connect to a broker, and the options that every command has.
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

const FAIL: &str = "A measure, an operator and a value, as `mqttx-rs help thresholds` lists them. A condition that was not measured \
     counts as failed, and one that the run cannot measure is refused before it begins.";

pub(super) const LESSONS: &[Lesson] = &[
    lesson_of(
        &["broker"],
        "port",
        "The broker prints its address; with 0 the port is one that nobody uses, so that several tests can run at once. A \
         command that the broker runs gets it as MQTTX_PORT.",
    ),
    lesson_of(
        &["broker"],
        "bind",
        "By default only programs of this machine can connect. With another address anyone who reaches it can, unless \
         --user or --user-file says who may.",
    ),
    lesson_of(
        &["broker"],
        "unix",
        "The file must not exist; it is removed at the end. Clients connect with --unix PATH.",
    ),
    lesson_of(
        &["broker"],
        "cert",
        "In PEM or DER; a PEM file has the certificate first, then those that lead to its authority. It needs \
         --tls-port or --wss-port.",
    ),
    lesson_of(&["broker"], "key", "In PEM or DER, not encrypted: PKCS#8, PKCS#1 or SEC1."),
    lesson_of(
        &["broker"],
        "topic_alias_maximum",
        "Announced in CONNACK: so many topics of a client may be sent as numbers. 0 switches aliases off. MQTT 5.0.",
    ),
    lesson_of(
        &["broker"],
        "trace",
        "Each line names the client, the direction, the packet and its fields; payloads are shortened, and passwords \
         are not shown.",
    ),
    // The connection.
    lesson(
        "protocol",
        "mqtt and mqtts are TCP without and with TLS, ws and wss WebSocket without and with TLS. A TLS option such as --ca \
         makes mqtt into mqtts; together with -l mqtt it is refused, so that nothing is sent in clear text by mistake.",
    ),
    lesson_of(
        &["bench conn", "bench pub", "bench sub", "bench e2e", "bench run", "simulate"],
        "hostname",
        "Several brokers, or nodes of one, are separated by commas: -h node1,node2. The clients connect to them in turn. To \
         give the option twice is an error.",
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
    lesson("port", "The default is 1883 for mqtt, 8883 for mqtts, 8083 for ws and 8084 for wss."),
    lesson(
        "unix",
        "A socket of this machine, without TLS: mosquitto listens on one with `listener 0 /path`. It takes the place \
         of --hostname, --port and --protocol.",
    ),
    lesson(
        "username",
        "In MQTT 3.1.1 a password needs a user name; in MQTT 5.0 either may be sent alone. An access token is often \
         sent as the password.",
    ),
    lesson(
        "password_file",
        "The line feed at its end is not part of the password. Keep the file readable by its owner only: chmod 600 \
         FILE.",
    ),
    lesson(
        "password_env",
        "The variable's name, not its value: --password-env BROKER_TOKEN. MQTTX_PASSWORD is read without this option.",
    ),
    lesson(
        "ask_password",
        "The password is not shown while it is typed. This needs a terminal: in a script use \
         --password-file or --password-env.",
    ),
    lesson(
        "reauthenticate_every",
        "In seconds; needs --authentication-method. For brokers that end a connection whose credentials are old: \
         client and broker exchange AUTH while messages go on. MQTT 5.0.",
    ),
    lesson(
        "topic_alias_maximum",
        "The broker may then send a number in place of a topic that it has sent before, which saves bytes on a slow \
         link. Without it no alias is sent. MQTT 5.0.",
    ),
    lesson(
        "req_response_info",
        "A broker may answer with a topic below which this client should receive replies; `conn --check` prints it. \
         Without the option no broker sends one. MQTT 5.0.",
    ),
    lesson(
        "no_req_problem_info",
        "The broker then leaves out Reason Strings and User Properties in all packets but PUBLISH, CONNACK and \
         DISCONNECT, which saves bytes; errors say less. MQTT 5.0.",
    ),
    lesson(
        "conn_user_properties",
        "What they mean is between client and broker, for example the version of a firmware. Example: -Cup 'site: \
         plant-7' -Cup 'firmware: 2.1'. MQTT 5.0.",
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
        "The hash of the public key (SubjectPublicKeyInfo), in Base64 as `conn --check` prints it, or in hexadecimal. It is \
         required in addition to a valid certificate, or to any with --insecure; repeat the option to allow the next \
         key in advance.",
    ),
    lesson(
        "cert",
        "In PEM or DER; a PEM file has the certificate first, then those that lead to its authority. It needs --key, \
         implies -l mqtts, and is only of use if the broker asks for a certificate.",
    ),
    lesson(
        "key",
        "In PEM or DER: PKCS#8, PKCS#1 or SEC1. An encrypted key has to be PKCS#8, and needs --key-password or \
         --key-password-file. A PKCS#12 file (.p12, .pfx) has to be converted first: openssl pkcs12 -in client.p12 \
         -nodes -out client.pem",
    ),
    lesson(
        "key_password",
        "As an argument it is visible to other users of the machine: use --key-password-file or MQTTX_KEY_PASSWORD \
         instead.",
    ),
    lesson(
        "key_password_file",
        "The line feed at its end is not part of the passphrase. Keep the file readable by its owner only.",
    ),
    lesson(
        "sni",
        "The broker chooses its certificate by it, and the certificate is checked against it. Use it where the \
         address is not the name in the certificate: -h 192.0.2.7 --sni broker.example",
    ),
    lesson(
        "alpn",
        "The preferred first. Some clouds take MQTT on port 443 and tell it from HTTPS by this name: --alpn mqtt, or \
         x-amzn-mqtt-ca for AWS IoT. Without the option none is offered.",
    ),
    lesson(
        "tls_min_version",
        "1.3 refuses brokers that only know 1.2. Versions below 1.2 are never used, because they are not secure.",
    ),
    lesson(
        "path",
        "Brokers differ: EMQX and HiveMQ listen on /mqtt, mosquitto on any path. With --url the path is part of the \
         URL. Only for ws and wss.",
    ),
    lesson(
        "ws_headers",
        "Gateways and clouds often want a token in one. Only for ws and wss. Example: -wh 'Authorization: Bearer \
         eyJ...'",
    ),
    lesson(
        "proxy",
        "http:// is a tunnel by CONNECT; socks5:// resolves the name of the broker here, socks5h:// lets the proxy do \
         it. User name and password can be in it: http://me:secret@proxy:3128. ALL_PROXY holds without the option; \
         --no-proxy names exceptions.",
    ),
    lesson(
        "no_proxy",
        "By the rules of curl: a name is meant with all names below it, an address alone, 192.0.2.0/24 as a network, \
         and * is every host. Example: --no-proxy localhost,.corp.example",
    ),
    lesson(
        "bind",
        "One of this machine's addresses, for example of a VPN. The system chooses otherwise. Example: --bind \
         10.8.0.2",
    ),
    lesson("ipv4", "By default both families are tried, the second shortly after the first if that does not answer."),
    lesson("ipv6", "By default both families are tried, the second shortly after the first if that does not answer."),
    lesson(
        "trace",
        "Each line has the direction, the packet and its fields; payloads are shortened, and passwords are not shown. \
         With --log-file the lines go to that file. Example: mqttx-rs pub -t a -m b -q 1 --trace",
    ),
    lesson(
        "save_options",
        "In the format of MQTTX CLI, as JSON, readable by its owner only. Passwords are left out: give them again in \
         each run. `profile add` stores a connection under a name instead.",
    ),
    lesson(
        "load_options",
        "A file of MQTTX CLI or of --save-options. Options on the command line take precedence over it.",
    ),
    lesson(
        "color",
        "auto: where the output is a terminal, unless NO_COLOR is set or TERM is dumb; CLICOLOR_FORCE=1 switches \
         colour on in a pipe.",
    ),
    lesson(
        "error_format",
        "json prints each error and warning as one JSON object on a line, with the exit code and, where there is one, \
         the reason code of the broker; status lines are left out.",
    ),
    lesson(
        "quiet",
        "Messages and results on stdout are not affected. Status lines, for example `Connected`, are left out.",
    ),
    lesson(
        "debug",
        "Name lookup, addresses, TLS, what the broker announced, each attempt to reconnect. With --log-file it goes \
         to that file. --trace shows packets.",
    ),
    lesson("log_file", "The file is created readable by its owner only; lines are appended, and have no colour."),
    lesson(
        "profile",
        "Its values hold where neither the command line nor the environment has one. `profile list` lists them, and \
         `profile use NAME` selects one for good.",
    ),
    lesson(
        "no_profile",
        "For a script that must not depend on what a person has selected. MQTTX_... variables still hold.",
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
    lesson("will_message", "An empty will with --will-retain removes what is retained on its topic."),
    lesson(
        "will_qos",
        "At which the broker publishes the will: 0, 1 or 2. A subscriber gets it at this QoS or at that of its \
         subscription, whichever is lower.",
    ),
    lesson(
        "will_retain",
        "A later subscriber then learns that this client was lost. Publish a retained message on the same topic after \
         connecting, so that the state is right again.",
    ),
    lesson(
        "will_payload_format_indicator",
        "The broker may check that the payload is UTF-8 and refuse CONNECT if it is not. MQTT 5.0.",
    ),
    lesson(
        "will_message_expiry_interval",
        "In seconds, counted from the moment at which the broker publishes the will. Without it the will does not \
         expire. MQTT 5.0.",
    ),
    lesson("will_content_type", "For example application/json. Brokers pass it on unchanged. MQTT 5.0."),
    lesson("will_response_topic", "Where a receiver of the will should send its answer. MQTT 5.0."),
    lesson(
        "will_correlation_data",
        "The receiver sends it back unchanged in its answer, so that it can be told which will is meant. MQTT 5.0.",
    ),
    lesson(
        "will_user_properties",
        "Pairs that the broker passes on unchanged, in their order. Example: -Wup 'site: plant-7'. MQTT 5.0.",
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
    lesson_of(
        &["pub", "request", "bench pub"],
        "dup",
        "It says that the message may have been sent before. Clients set it themselves when they send a message \
         again; set it only to see what a broker does with it. It needs QoS 1 or 2.",
    ),
    lesson_of(
        &["pub", "request", "bench pub", "simulate"],
        "payload_format_indicator",
        "The broker and the receiver may check that the payload is UTF-8. MQTT 5.0.",
    ),
    lesson_of(
        &["pub", "request", "bench pub", "simulate"],
        "correlation_data",
        "The receiver sends it back unchanged with its answer, so that the sender knows which request is answered. \
         `request` makes its own. MQTT 5.0.",
    ),
    lesson_of(
        &["pub", "request", "bench pub", "simulate"],
        "content_type",
        "What the payload is, for example application/json. Brokers pass it on unchanged. MQTT 5.0.",
    ),
    lesson_of(
        &["sub", "wait", "bench sub"],
        "subscription_identifier",
        "From 1 to 268435455. The broker returns it with each message that matches, which says by which subscription \
         the message came. MQTT 5.0.",
    ),
    lesson_of(
        &["sub"],
        "file_save",
        "name.ext, then name(1).ext, name(2).ext; no file is ever overwritten. Example: --file-save photo.jpg",
    ),
    lesson_of(
        &["sub"],
        "exec",
        "By sh -c, or cmd /C on Windows. The payload is on its stdin, and MQTT_TOPIC and other variables hold the \
         rest. --jobs runs several at a time.",
    ),
    lesson_of(
        &["pub", "request"],
        "topic",
        "Given several times, the message goes to each. A topic has no wildcards, and those that begin with $ belong \
         to the broker. Example: -t car/1/speed -t car/2/speed",
    ),
    lesson_of(
        &["pub", "request"],
        "message",
        "As the shell passes it on; -m '' is empty. Bytes are written in another format: -f hex -m '00 ff'.",
    ),
    lesson_of(
        &["pub", "request"],
        "stdin",
        "All of it, with its line feeds. Example: mqttx-rs pub -t photo -s < photo.jpg",
    ),
    lesson_of(
        &["pub", "request"],
        "payload_size",
        "In bytes, or with B, KB or MB, each 1024 of the one before. The bytes are random, so that nothing on the way \
         can compress them.",
    ),
    lesson_of(
        &["pub"],
        "repeat",
        "Without --repeat-delay the messages follow each other at once. With --template each is filled in anew. \
         Example: --repeat 60 --repeat-delay 1s --template -m '{counter} {time}'",
    ),
    lesson_of(&["pub"], "timeout", "Messages that are not acknowledged by then are reported, and the exit code is 8."),
    lesson_of(
        &["pub", "request", "bench pub", "bench e2e"],
        "compress",
        "Each payload, before it is encrypted by TLS. MQTT itself knows nothing of it: the receiver needs \
         --decompress.",
    ),
    lesson_of(
        &["pub", "replay", "repl"],
        "resend_uncertain",
        "Without it such a message is reported as uncertain (exit code 7): it was delivered once or not at all. With \
         it, it is delivered once or twice.",
    ),
    lesson_of(
        &["pub", "sub", "wait", "request", "bench pub", "bench e2e"],
        "format",
        "`mqttx-rs help formats` describes each of them. Several schemas are given by --schema.",
    ),
    lesson_of(
        &["pub", "sub", "wait", "request", "bench pub", "bench e2e"],
        "protobuf_path",
        "It needs --protobuf-message-name. A descriptor set is what protoc --descriptor_set_out writes; use one if \
         the .proto file imports others.",
    ),
    lesson_of(
        &["pub", "sub", "wait", "request", "bench pub", "bench e2e"],
        "protobuf_message_name",
        "With the package in front, if there is one. Example: -Pp car.proto -Pmn acme.car.Reading",
    ),
    // Subscribing.
    lesson_of(
        &["sub", "wait"],
        "topic",
        "+ is one level, # is the level and all below it, and must be last. $share/GROUP/FILTER shares the messages \
         among the clients of a group. Quote filters, because a shell takes # for a comment: -t 'car/+/speed' \
         'door/#'",
    ),
    lesson_of(&["sub"], "exit_after_suback", "To try access rights: the exit code is 6 if a filter is refused."),
    lesson_of(
        &["sub", "wait"],
        "strict",
        "Without it a refusal is reported, and the other filters go on. With it the exit code is 6.",
    ),
    lesson_of(
        &["sub", "wait"],
        "filter_out",
        "They are received and left out, so that they cost the broker as much as others. Example: -t '#' -T 'noise/#'",
    ),
    lesson_of(
        &["sub", "wait"],
        "file_write",
        "Each is followed by --delimiter, by default a line feed. What is in the file stays: payloads are appended.",
    ),
    lesson_of(
        &["wait"],
        "pattern",
        "Like Perl's, without look-around and back references. (?i) ignores case. Example: --match '(?i)error'",
    ),
    lesson_of(
        &["wait"],
        "json",
        "/state/on is somewhere in the JSON, /state/on=true has that value, and anything that does not begin with / \
         is jq. Example: --json /level=3 --json '.t > 20'",
    ),
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
        "A measure, an operator and a change: in percent of the baseline, or with lost>+0 as a number. The names of the \
         measures are those that `mqttx-rs help thresholds` lists.",
    ),
    lesson_of(&["bench manifest"], "fail", FAIL),
    lesson("fail", FAIL),
    lesson(
        "unpaced",
        "Measures how fast messages get through, not how long they take: with a queue that is always full, a latency says \
         only how long that queue is. --rate measures latencies at a given load.",
    ),
    lesson(
        "warmup",
        "Connections and caches settle during it. Counts, for example of lost messages, are always of the whole run.",
    ),
];

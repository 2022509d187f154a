//! Lessons about options of the connection, the will and TLS, and about those that every command has.

use super::lesson::{Lesson, lesson, lesson_of};

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
        "The receiver sends it back unchanged in its answer, which shows which will it belongs to. MQTT 5.0.",
    ),
    lesson(
        "will_user_properties",
        "Pairs that the broker passes on unchanged, in their order. Example: -Wup 'site: plant-7'. MQTT 5.0.",
    ),
];

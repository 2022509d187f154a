//! Lessons about options of commands that publish and subscribe.

use super::lesson::{Lesson, lesson, lesson_of};

pub(super) const LESSONS: &[Lesson] = &[
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
];

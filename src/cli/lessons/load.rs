//! Lessons about options of the broker and of benchmarks.

use super::lesson::{Lesson, lesson, lesson_of};

const FAIL: &str = "A measure, an operator and a value, as `mqttx-rs help thresholds` lists them. A condition that was not measured \
     counts as failed, and one that the run cannot measure is refused before it begins. A condition about refused messages, lost \
     connections or missing answers also decides how many are allowed: with --fail 'refused>25%' the exit code is 0 up to a \
     quarter, where it is 5 without a condition.";

pub(super) const LESSONS: &[Lesson] = &[
    lesson_of(
        &["broker"],
        "port",
        "The broker prints its address; with 0 it takes a free port, so that several tests can run at once. A \
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
        "user_file",
        "What `mosquitto_passwd` writes can be used as it is. Lines that are empty or begin with # do not count. \
         Clients that log in by SCRAM need the password itself, not a hash of it.",
    ),
    lesson_of(
        &["broker"],
        "acl_file",
        "Lines: `user NAME` (those behind it are for that user), `topic [read|write|readwrite|deny] FILTER`, and \
         `pattern` with %u for the user name and %c for the client identifier. What no line allows is refused. \
         Example: pattern readwrite home/%u/#",
    ),
    lesson_of(
        &["broker"],
        "server_keep_alive",
        "Announced in CONNACK of MQTT 5.0, whose clients have to follow it; older clients keep their own.",
    ),
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
    lesson_of(&["bench manifest"], "fail", FAIL),
    lesson("fail", FAIL),
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

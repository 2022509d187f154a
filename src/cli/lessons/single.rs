//! Lessons about options of single commands.

use super::lesson::{Lesson, lesson_of};

pub(super) const LESSONS: &[Lesson] = &[
    lesson_of(
        &["record"],
        "rotate",
        "At a size, such as 100MB, or an age, such as 1h, the file is renamed with a number, and a new one begins \
         under its name: car.jsonl is always the newest, car-000001.jsonl the oldest.",
    ),
    lesson_of(
        &["record"],
        "keep",
        "Needs --rotate. The oldest full files are removed, so that a recording that runs for ever has a bounded \
         size.",
    ),
    lesson_of(
        &["record"],
        "resume",
        "An incomplete last line, which a crash leaves, is cut off first. With -i ID --no-clean the broker sends \
         what came meanwhile, and what it sends a second time is not written again. Without --resume, a file that \
         exists is an error.",
    ),
    lesson_of(
        &["record"],
        "idle_timeout",
        "In seconds, or with a unit. For recordings of something that ends by itself, whose number of messages is \
         not known.",
    ),
    lesson_of(
        &["replay"],
        "speed",
        "Pauses between messages are divided by it. max publishes as fast as the broker acknowledges, and keeps \
         the order.",
    ),
    lesson_of(
        &["replay"],
        "map",
        "What the wildcards on the left match goes to those on the right, the first + to the first + and # to \
         #. It can be repeated: the first that matches a topic applies, and a topic that none matches stays as it \
         is.",
    ),
    lesson_of(
        &["replay"],
        "rounds",
        "Without N it goes on until Ctrl-C, which ends it after the messages that are under way.",
    ),
    lesson_of(
        &["replay"],
        "only",
        "Messages of other topics are left out; the timing of the rest stays that of the recording.",
    ),
    lesson_of(
        &["probe"],
        "require",
        "Names as in the first column of the table, for example qos2,retain,wss. The exit code is 1 if one of them \
         is not supported, so that a pipeline can refuse a broker.",
    ),
    lesson_of(
        &["probe"],
        "only",
        "Names as in the first column of the table. Each row takes up to --timeout, so a few are quicker than all.",
    ),
    lesson_of(
        &["probe"],
        "prefix",
        "For brokers whose rules allow only some topics. Below it everything is removed again.",
    ),
    lesson_of(
        &["clean-retained"],
        "idle_timeout",
        "Brokers do not say when they have sent all retained messages; silence is the only sign. A slow link may \
         need more.",
    ),
    lesson_of(
        &["clean-retained"],
        "yes",
        "Without it the topics are shown and a person is asked; without a terminal that is an error, and nothing \
         is removed.",
    ),
    lesson_of(
        &["wait"],
        "count",
        "Waits for N messages that meet all conditions, and exits with 0 at the last of them.",
    ),
    lesson_of(
        &["request"],
        "timeout",
        "In seconds, or with a unit. When it is over, what has arrived is printed and the exit code is 8.",
    ),
    lesson_of(
        &["request"],
        "count",
        "For requests that several responders answer. Each reply has to carry the Correlation Data of the request \
         (MQTT 5.0).",
    ),
    lesson_of(
        &["request"],
        "reply_topic",
        "In MQTT 5.0 it is sent as the Response Topic. In 3.1.1 the responder has to know it.",
    ),
    lesson_of(
        &["reply"],
        "reply_topic",
        "Used when a request has no Response Topic, which is so for every request in MQTT 3.1.1. A rule of --rules \
         can have a topic with placeholders.",
    ),
    lesson_of(
        &["reply"],
        "qos",
        "Of the subscription and of each answer; a rule of --rules may say otherwise for its own.",
    ),
    lesson_of(
        &["repl"],
        "script",
        "Each line is a command of the session, and the first one that fails ends the script with its exit code. \
         Several files are a test suite: each has a session of its own, and the result of each is printed.",
    ),
    lesson_of(
        &["repl"],
        "junit",
        "Each script is a test case; one that fails has the line and the error. For CI systems, which show such \
         files.",
    ),
    lesson_of(&["repl"], "keep_going", "For scripts that collect what is wrong, rather than stop at the first fault."),
    lesson_of(
        &["sub"],
        "remove_retained",
        "Each message that matches is printed and removed at the broker. It ends when no retained message has come \
         for a while. --dry-run shows what would go.",
    ),
    lesson_of(
        &["sub"],
        "ack_on_read",
        "For a program that reads the output: a message is acknowledged once the program says that its work is \
         done, so that a crash loses nothing. It needs QoS 1 or 2.",
    ),
    lesson_of(
        &["pub"],
        "queue_max",
        "When the queue is full, no more is read from stdin until the broker has taken some, so that the program \
         that writes to it waits.",
    ),
    lesson_of(
        &["profile edit"],
        "set",
        "Keys are those of `docs/profile-keys.md`; a list is written as in TOML: --set \
         'subscribe.filters=[\"car/#\", \"lamp/#\"]'. An invalid value is refused, and the profile stays as it is.",
    ),
    lesson_of(
        &["profile show"],
        "effective",
        "With defaults, environment variables, the profiles it extends and the project's file, each with its \
         origin: what a run with this profile would do.",
    ),
    lesson_of(
        &["profile export"],
        "with_secrets",
        "Without it, passwords in plain text are left out; references such as env:NAME stay.",
    ),
    lesson_of(
        &["profile import"],
        "password_env",
        "The profile then has `env:NAME` in place of the password, which each run reads from that variable.",
    ),
    lesson_of(
        &["profile import"],
        "dry_run",
        "Nothing is written; what the file has and a profile cannot hold is listed with its line.",
    ),
    lesson_of(
        &["broker"],
        "users",
        "Several make a list of those who may connect; others are refused with Bad User Name or Password. \
         --user-file reads them from a file, which keeps passwords out of the list of processes.",
    ),
    lesson_of(&["broker"], "shared_strategy", "Brokers differ here: a test of a consumer group can be run with each."),
    lesson_of(
        &["broker"],
        "max_queued",
        "For subscribers that are slow or away. What comes above it is dropped and logged; with MQTT 5.0 the \
         publisher gets 0x97 if no subscriber received it.",
    ),
    lesson_of(
        &["broker"],
        "session_expiry_maximum",
        "In seconds. Sessions of clients that never come back then end, and their queues with them; by default \
         they are kept as long as the client asked for.",
    ),
    lesson_of(
        &["broker"],
        "control",
        "A test can change the faults while it runs: `mqttx-rs pub -t '$control/faults' -m 'drop puback 10%'`; an \
         empty message ends them.",
    ),
];

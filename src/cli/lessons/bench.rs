//! Lessons about options of benchmarks.

use super::lesson::{Lesson, lesson_of};

const RUNS: &[&str] = &["bench conn", "bench pub", "bench sub", "bench e2e", "bench run", "simulate"];
const PACED: &[&str] = &["bench pub", "bench e2e", "simulate"];

pub(super) const LESSONS: &[Lesson] = &[
    lesson_of(
        RUNS,
        "interval",
        "MQTTX's option: 1000 clients at 10 ms, its default, take 10 s. --ramp says the same as a rate. A client \
         that the broker refuses is not tried again without --reconnect.",
    ),
    lesson_of(
        RUNS,
        "ramp",
        "With --ramp max all connects are under way at once, as far as --handshakes allows: for the time to \
         CONNACK under a storm. The load of bench pub begins when all have connected.",
    ),
    lesson_of(
        RUNS,
        "handshakes",
        "Bounds how many connects wait for their CONNACK at a time, so that a slow broker is not given thousands \
         at once; the report says how long connects waited for their turn.",
    ),
    lesson_of(
        RUNS,
        "duration",
        "Begins when the clients have connected. Messages that are outstanding at the end are waited for as long \
         as --drain says. 30 and 30s are the same.",
    ),
    lesson_of(
        RUNS,
        "drain",
        "The wait ends early when all have arrived. Messages that are still outstanding at its end are counted as \
         unacknowledged or lost.",
    ),
    lesson_of(
        RUNS,
        "reconnect",
        "Without it a client whose connection is lost stays away, and the run ends with exit code 7 unless a \
         condition of --fail decides about lost connections.",
    ),
    lesson_of(
        RUNS,
        "workers",
        "Each is a thread with its share of the clients, and clients never change their worker. By default there is at \
         most one for each client. More than the cores of the machine only disturb the measurement; the verdict says \
         when the generator was the limit.",
    ),
    lesson_of(
        RUNS,
        "source_ip",
        "A local address has some 28,000 free ports for each address of the broker (64,000 with another \
         net.ipv4.ip_local_port_range), so more connections need more addresses. They must be addresses of this \
         machine.",
    ),
    lesson_of(
        RUNS,
        "clients_csv",
        "Columns without a meaning of their own are placeholders: with a column site, -t 'car/{site}/{client_id}' \
         takes each client's value, as do payloads, wills, user properties and headers. The file is read once, \
         also if it has a million rows.",
    ),
    lesson_of(
        RUNS,
        "rows",
        "shuffle takes each row once before any is used again. With in-order, more clients than rows are an error; \
         wrap begins again at the first row.",
    ),
    lesson_of(
        RUNS,
        "shard",
        "The parts divide the clients and the rates, and together they are one run; `bench merge` refuses to add \
         up anything else. `bench manifest` prints a job with all parts.",
    ),
    lesson_of(
        RUNS,
        "run_id",
        "Needed where several runs have the same parameters and no --start-at, so that a report left over from \
         another run is not taken for a part of this one.",
    ),
    lesson_of(
        RUNS,
        "start_at",
        "The clocks of the machines must agree (NTP). A part that begins late says by how much, on stderr and as \
         the measure late_start for --fail. A time too long ago is an error, as the other parts are under way or \
         over.",
    ),
    lesson_of(
        RUNS,
        "prometheus",
        "Counters, rates and histograms of latency, for each group, as long as the run lasts: /metrics on this \
         address. `docs/metrics.md` lists them, and benches/ has a dashboard for Grafana.",
    ),
    lesson_of(
        RUNS,
        "abort_on_fail",
        "For long runs in CI: the exit code is 99 as at the end, and all reports are written.",
    ),
    lesson_of(
        RUNS,
        "report",
        "The file of `bench merge` and `bench compare`, with exact histograms. It is replaced as a whole, so that \
         a reader never sees half of one; after a kill the last state is there, marked as unfinished. A file of an \
         earlier run is removed at the start.",
    ),
    lesson_of(
        RUNS,
        "csv",
        "A line a second: connections, messages sent, acknowledged and received, errors, and percentiles of \
         latency in that second, for a spreadsheet.",
    ),
    lesson_of(
        RUNS,
        "html",
        "One file without anything from the network: the result and the conditions at the top, plots of rates and \
         latencies, percentiles, and each group. It can be printed, and follows the dark mode of the browser.",
    ),
    lesson_of(
        RUNS,
        "hdr_log",
        "For tools that read HdrHistogram logs: an interval a second, a tag for each kind of latency.",
    ),
    lesson_of(
        RUNS,
        "summary",
        "json is one object with the result, the measures and the conditions; junit has a test case for each \
         condition, which CI systems show. Repeatable, for example --summary json --summary junit:bench.xml.",
    ),
    lesson_of(
        PACED,
        "message_interval",
        "MQTTX's option: 1000 clients at 1000 ms are 1000 messages a second. --rate says the same for all clients \
         together. 0 is as fast as the window and the socket allow, which --unpaced does too.",
    ),
    lesson_of(
        PACED,
        "rate",
        "Each message has a planned time, from which its latency counts: a broker that stalls delays all that were \
         due meanwhile, and that shows. If the rate cannot be kept, the report says what held it up.",
    ),
    lesson_of(
        PACED,
        "rate_per_client",
        "The load grows with -c: with 1000 clients 0.5/s are 500 messages a second. --rate is that of all clients \
         together.",
    ),
    lesson_of(
        PACED,
        "poisson",
        "The rate is kept on average. Real devices do not wait for one another; evenly spaced messages hide queues \
         that such a load shows.",
    ),
    lesson_of(
        PACED,
        "burst",
        "With --rate 1000/s and --burst 100 there are ten times a second 100 messages at once. Latency shows how \
         long a burst takes to get through.",
    ),
    lesson_of(
        PACED,
        "rate_trace",
        "To repeat a day in an hour, or a peak that was seen: '0,100/s' and '60,2000/s' are 100/s for the first \
         minute and 2000/s from then on.",
    ),
    lesson_of(
        PACED,
        "latency",
        "At full speed it is the time that a message waits in a queue that is always full, more than what the \
         broker takes. Each message carries a time then.",
    ),
    lesson_of(
        PACED,
        "confirm",
        "A search ends with a rate that held once; a lucky run is not an answer, so it runs again. If one fails, \
         the search goes on below.",
    ),
    lesson_of(
        PACED,
        "max_time",
        "The search ends at the latest after this time, and the report has the steps so far. Ctrl-C does the same.",
    ),
    lesson_of(
        PACED,
        "limit_per_client",
        "Each client ends after its own N, also when others are slower; -L counts all together, whoever sends \
         them.",
    ),
    lesson_of(
        PACED,
        "topics",
        "-t 'car/%i/%s' --topics 10 has ten topics for each client: many subscriptions and retained messages with \
         few connections.",
    ),
    lesson_of(
        PACED,
        "stamp",
        "payload puts 32 bytes in front of the payload, property a user property beside it (MQTT 5.0), and json:/t \
         fills in a field of a payload that is JSON. Without a stamp there is neither latency nor a count of lost \
         messages at the subscriber.",
    ),
    lesson_of(
        &["bench pub", "bench sub", "bench e2e", "bench run", "simulate"],
        "precision",
        "50us has each message leave at its time at the cost of a wake-up each; 1ms takes together what falls due \
         within a millisecond, at a third of the CPU. The report says which precision was kept, and send delay how \
         late messages left.",
    ),
    lesson_of(
        &["bench pub", "bench e2e"],
        "payloads",
        "What real devices sent, instead of random bytes: `record` writes such a file. Messages carry no stamp \
         unless --stamp says where.",
    ),
    lesson_of(
        &["bench sub"],
        "trust_foreign_clocks",
        "Without it the latency of messages whose stamp was made on another machine is not reported, as a clock \
         that is 5 ms behind would make 5 ms of it. Arrivals before sending are counted and reported.",
    ),
    lesson_of(
        &["bench e2e"],
        "shape",
        "Each subscriber expects exactly the messages of its publishers, so that a single lost one is counted. \
         With shared the group expects each message once, whichever member gets it.",
    ),
    lesson_of(
        &["bench merge"],
        "partial",
        "Without it a missing part is an error, so that half a run is not taken for a whole one.",
    ),
    lesson_of(
        &["bench merge"],
        "wait",
        "For a merge that begins with the parts: it waits until each report is there and its run has ended.",
    ),
    lesson_of(
        &["bench run"],
        "scale",
        "--scale 0.01 tries a scenario of 100,000 clients with 1000 of them before the real run.",
    ),
    lesson_of(
        &["bench manifest"],
        "shards",
        "Clients and rates are divided among so many processes. `docs/scale.md` says how many machines a load \
         needs.",
    ),
];

//! Options of the work on a connection: publishing, subscribing, showing messages, load tests.

use super::key::Kind::{Filters, List, Milliseconds, Number, Pairs, Path, Schemas, Seconds, Switch, Text};
use super::note::Note::{
    Alternative, Desktop, Field, HiddenIn, Needs, NeedsV5, NotInRepl, OfEachLine, OfFilter, ReadsStdin, Repeats, Spring,
};
use super::note::{Choice, Desktop::Filter, Desktop::Publish};
use super::row::{Commands, Row, row};

const PUBLISH: Commands = &["pub", "request", "> pub", "> request"];
const PROBE: Commands = &["probe", "> probe"];
const SUBSCRIBE: Commands = &["sub", "wait", "> sub"];
/// Commands that decode what they receive.
const DECODING: Commands = &["sub", "wait", "> sub", "> wait", "> expect", "> assert"];
/// Commands that send messages with properties.
/// Commands that encode payloads.
const PAYLOADS: Commands = &["pub", "request", "> pub", "> request", "bench pub", "bench e2e"];
const MESSAGES: Commands = &["pub", "request", "> pub", "> request", "bench pub", "simulate"];
/// Commands whose subscriptions have options.
const SUBSCRIPTIONS: Commands = &["sub", "wait", "> sub", "bench sub"];
const BENCH: Commands = &["bench conn", "bench pub", "bench sub", "bench e2e", "bench run", "simulate"];
/// Commands of `bench` that send or receive messages.
const TRAFFIC: Commands = &["bench pub", "bench sub", "bench e2e", "bench run", "simulate"];
/// Commands that set the number of clients.
const COUNTED: Commands = &["bench conn", "bench pub", "bench sub", "bench e2e", "simulate"];
/// Commands of `bench` that publish.
const LOAD: Commands = &["bench pub", "bench e2e", "simulate"];
/// Those that say what.
const CONTENT: Commands = &["bench pub", "bench e2e"];
const RESULTS: Commands =
    &["bench conn", "bench pub", "bench sub", "bench e2e", "bench run", "bench merge", "simulate"];

const NEEDS_WAIT: &str = "`wait FILTER --timeout 5s` waits for a message";

pub(super) const ROWS: &[Row] = &[
    // What is published
    row("topic", PUBLISH, List, &[OfEachLine, Spring(&["producer.defaulttopic", "producer.topic"])])
        .key("publish.topic", r#""testtopic/test1""#),
    row("qos", PUBLISH, Number, &[OfEachLine, Spring(&["producer.defaultqos", "producer.qos"])])
        .key("publish.qos", "1"),
    row("retain", MESSAGES, Switch, &[OfEachLine, Spring(&["producer.defaultretained", "producer.retained"])])
        .key("publish.retain", "false")
        .scenario("groups.retain"),
    row("dup", MESSAGES, Switch, &[OfEachLine]),
    row("format", PAYLOADS, Text, &[OfEachLine])
        .key("publish.format", r#""plain"    # json, hex, base64, binary, cbor, msgpack"#)
        .scenario("groups.format"),
    row("schema", PAYLOADS, Schemas, &[OfEachLine])
        .key("publish.schema", r#"["car/+=car.proto:Reading", "plant/#=plant.avsc"]"#)
        .scenario("groups.schema"),
    row("protobuf_path", PAYLOADS, Path, &[Needs("protobuf_message_name"), OfEachLine, Alternative(Choice::Schema)])
        .key("publish.protobuf_path", r#""car.proto""#)
        .scenario("groups.protobuf_path"),
    row("protobuf_message_name", PAYLOADS, Text, &[Needs("protobuf_path"), OfEachLine])
        .key("publish.protobuf_message_name", r#""Reading""#)
        .scenario("groups.protobuf_message_name"),
    row("avsc_path", PAYLOADS, Path, &[OfEachLine, Alternative(Choice::Schema)])
        .key("publish.avsc_path", r#""plant.avsc""#)
        .scenario("groups.avsc_path"),
    row("compress", PAYLOADS, Text, &[OfEachLine])
        .key("publish.compress", r#""gzip"     # zstd"#)
        .scenario("groups.compress"),
    row(
        "payload_format_indicator",
        MESSAGES,
        Switch,
        &[NeedsV5, OfEachLine, Desktop(Publish, "payloadFormatIndicator")],
    )
    .key("publish.payload_format_indicator", "false")
    .scenario("groups.payload_format_indicator"),
    row(
        "message_expiry_interval",
        MESSAGES,
        Seconds,
        &[NeedsV5, OfEachLine, Desktop(Publish, "messageExpiryInterval")],
    )
    .key("publish.message_expiry_interval", r#""1h""#)
    .scenario("groups.message_expiry_interval"),
    row("topic_alias", MESSAGES, Number, &[NeedsV5, OfEachLine, Desktop(Publish, "topicAlias")])
        .key("publish.topic_alias", "1"),
    row("response_topic", MESSAGES, Text, &[NeedsV5, OfEachLine, Desktop(Publish, "responseTopic")])
        .key("publish.response_topic", r#""reply""#)
        .scenario("groups.response_topic"),
    row("correlation_data", MESSAGES, Text, &[NeedsV5, OfEachLine, Desktop(Publish, "correlationData")])
        .key("publish.correlation_data", r#""7""#)
        .scenario("groups.correlation_data"),
    row("user_properties", MESSAGES, Pairs, &[NeedsV5, OfEachLine, Desktop(Publish, "userProperties")])
        .key("publish.user_properties", r#"{ site = "plant-7" }"#)
        .scenario("groups.user_properties"),
    row("content_type", MESSAGES, Text, &[NeedsV5, OfEachLine, Desktop(Publish, "contentType")])
        .key("publish.content_type", r#""application/json""#)
        .scenario("groups.content_type"),
    row("subscription_identifier", MESSAGES, Number, &[NeedsV5]),
    row("message", PUBLISH, Text, &[Alternative(Choice::Payload)]),
    row("stdin", PUBLISH, Switch, &[Alternative(Choice::Payload), ReadsStdin]),
    row("multiline", PUBLISH, Switch, &[Alternative(Choice::Payload), ReadsStdin]),
    row("line_mode", PUBLISH, Switch, &[Alternative(Choice::Payload), ReadsStdin]),
    row("jsonl", PUBLISH, Switch, &[Alternative(Choice::Payload), ReadsStdin]),
    row("file_read", PUBLISH, Path, &[Alternative(Choice::Payload)]),
    row("null_message", PUBLISH, Switch, &[Alternative(Choice::Payload)]),
    row("payload_size", PUBLISH, Text, &[Alternative(Choice::Payload)]),
    row("template", &["pub", "> pub", "> request"], Switch, &[]),
    row("seed", &["pub", "> pub", "> request"], Number, &[Needs("template")]),
    row("repeat", PUBLISH, Number, &[Repeats, HiddenIn(&["request"])]),
    row("repeat_delay", PUBLISH, Seconds, &[Repeats, HiddenIn(&["request"])]),
    row("delay", PUBLISH, Seconds, &[OfEachLine]),
    row("timeout", PUBLISH, Seconds, &[]),
    row("queue", &["pub"], Path, &[]),
    row("queue_max", &["pub"], Number, &[Needs("queue")]),
    // What is subscribed to
    row("topic", SUBSCRIBE, Filters, &[])
        .key("subscribe.filters", r#"["car/+", { filter = "$share/workers/job/#", qos = 2 }, "$queue/task/#"]"#),
    row(
        "qos",
        SUBSCRIBE,
        Number,
        &[OfFilter, Desktop(Filter, "qos"), Spring(&["consumer.defaultqos", "consumer.qos", "consumer.consumerqos"])],
    )
    .key("subscribe.qos", "1"),
    row("no_local", SUBSCRIPTIONS, Switch, &[NeedsV5, OfFilter, Field("no_local"), Desktop(Filter, "nl")])
        .key("subscribe.no_local", "false")
        .scenario("groups.no_local"),
    row("retain_as_published", SUBSCRIPTIONS, Switch, &[NeedsV5, OfFilter, Desktop(Filter, "rap")])
        .key("subscribe.retain_as_published", "false")
        .scenario("groups.retain_as_published"),
    row("retain_handling", SUBSCRIPTIONS, Number, &[NeedsV5, OfFilter, Desktop(Filter, "rh")])
        .key("subscribe.retain_handling", "0")
        .scenario("groups.retain_handling"),
    row("subscription_identifier", SUBSCRIPTIONS, Number, &[NeedsV5])
        .key("subscribe.subscription_identifier", "1")
        .scenario("groups.subscription_identifier"),
    row("user_properties", SUBSCRIPTIONS, Pairs, &[NeedsV5])
        .key("subscribe.user_properties", r#"{ site = "plant-7" }"#),
    row("unsubscribe", SUBSCRIBE, List, &[NotInRepl("`unsub` ends a subscription")]),
    row("count", SUBSCRIBE, Number, &[NotInRepl("`wait` waits for a message")]),
    row("timeout", SUBSCRIBE, Seconds, &[NotInRepl(NEEDS_WAIT)]),
    row("idle_timeout", SUBSCRIBE, Seconds, &[NotInRepl(NEEDS_WAIT)]),
    row("exit_after_suback", SUBSCRIBE, Switch, &[NotInRepl("`sub` returns at once")]),
    row("skip_retained", SUBSCRIBE, Switch, &[]),
    row("retained_only", SUBSCRIBE, Switch, &[]),
    row("remove_retained", SUBSCRIBE, Switch, &[NotInRepl("`pub TOPIC -n -r` removes a retained message")]),
    row("dry_run", SUBSCRIBE, Switch, &[Needs("remove_retained"), HiddenIn(&["sub"])]),
    row("filter_out", SUBSCRIBE, List, &[]),
    row("strict", SUBSCRIBE, Switch, &[NotInRepl("a refusal is always an error here")]),
    row("exec", &["sub", "reply", "> reply"], Text, &[]),
    row("ack_on_read", &["sub"], Switch, &[ReadsStdin]),
    row("jobs", &["sub"], Number, &[]),
    row("ack", &["sub"], Text, &[]),
    row("on_failure", &["sub"], Text, &[]),
    // `request`, `reply` and `watch`
    row("count", &["request", "reply", "> reply"], Number, &[]),
    row("reply_topic", &["request", "reply", "> reply"], Text, &[]),
    row("topic", &["reply", "watch", "> reply"], Filters, &[]),
    row("qos", &["reply", "watch", "> reply"], Number, &[]),
    row("message", &["reply", "> reply"], Text, &[]),
    row("echo", &["reply", "> reply"], Switch, &[]),
    row("file_read", &["reply", "> reply"], Path, &[]),
    row("template", &["reply", "> reply"], Switch, &[]),
    row("rules", &["reply", "> reply"], Path, &[]),
    row("output_mode", &["request"], Text, &[Alternative(Choice::Shape)]),
    row("template", &["request"], Text, &[Alternative(Choice::Shape)]),
    row("verbose", &["request"], Switch, &[]),
    row("delimiter", &["request"], Text, &[]),
    row("file_write", &["request"], Path, &[]),
    row("file_save", &["request"], Path, &[]),
    // `record` and `replay`
    row("topic", &["record"], Filters, &[]),
    row("qos", &["record", "replay"], Number, &[]),
    row("filter_out", &["record"], List, &[]),
    row("skip_retained", &["record"], Switch, &[]),
    row("count", &["record"], Number, &[]),
    row("duration", &["record"], Seconds, &[]),
    row("idle_timeout", &["record"], Seconds, &[]),
    row("resume", &["record"], Switch, &[]),
    row("rotate", &["record"], List, &[]),
    row("keep", &["record"], Number, &[Needs("rotate")]),
    row("speed", &["replay"], Text, &[]),
    row("rounds", &["replay"], Number, &[]),
    row("map", &["replay"], List, &[]),
    row("only", &["replay", "probe", "> probe"], List, &[]),
    row("retain", &["replay"], Switch, &[]),
    // `clean-retained`
    row("topic", &["clean-retained"], Filters, &[]),
    row("filter_out", &["clean-retained"], List, &[]),
    row("dry_run", &["clean-retained"], Switch, &[]),
    row("yes", &["clean-retained"], Switch, &[]),
    row("idle_timeout", &["clean-retained"], Seconds, &[]),
    // `probe`
    row("require", PROBE, List, &[]),
    row("json", PROBE, Switch, &[]),
    row("prefix", PROBE, Text, &[]),
    row("timeout", PROBE, Seconds, &[]),
    row("tls_port", PROBE, Number, &[]),
    row("ws_port", PROBE, Number, &[]),
    row("wss_port", PROBE, Number, &[]),
    // `wait`
    row("pattern", &["wait"], Text, &[]),
    row("json", &["wait"], List, &[]),
    // How it is shown
    row("output_mode", SUBSCRIBE, Text, &[Alternative(Choice::Shape)])
        .key("output.mode", r#""default"  # clean, jsonl, raw"#),
    row("template", SUBSCRIBE, Text, &[Alternative(Choice::Shape)]).key("output.template", r#""%I %t %p""#),
    row("verbose", SUBSCRIBE, Switch, &[]).key("output.verbose", "false"),
    row("format", DECODING, Text, &[]).key("output.format", r#""plain"    # json, hex, base64, binary, cbor, msgpack"#),
    row("schema", DECODING, Schemas, &[]).key("output.schema", r#"["car/+=car.proto:Reading", "plant/#=plant.avsc"]"#),
    row("protobuf_path", DECODING, Path, &[Needs("protobuf_message_name"), Alternative(Choice::Schema)])
        .key("output.protobuf_path", r#""car.proto""#),
    row("protobuf_message_name", DECODING, Text, &[Needs("protobuf_path")])
        .key("output.protobuf_message_name", r#""Reading""#),
    row("avsc_path", DECODING, Path, &[Alternative(Choice::Schema)]).key("output.avsc_path", r#""plant.avsc""#),
    row("decompress", SUBSCRIBE, Text, &[]).key("output.decompress", r#""auto"     # gzip, zstd"#),
    row("delimiter", SUBSCRIBE, Text, &[]).key("output.delimiter", r#""\\n""#),
    row("file_write", SUBSCRIBE, Path, &[]),
    row("file_save", SUBSCRIBE, Path, &[]),
    row("check", &["conn"], Switch, &[]),
    row("output_mode", &["conn"], Text, &[]),
    // `bench`
    row("count", COUNTED, Number, &[]).key("bench.count", "1000").scenario("groups.count"),
    row("interval", BENCH, Milliseconds, &[Alternative(Choice::ConnectRate)]).key("bench.interval", "10"),
    row("ramp", BENCH, Text, &[Alternative(Choice::ConnectRate)]).key("bench.ramp", r#""500/s""#).scenario("ramp"),
    row("handshakes", BENCH, Number, &[]).key("bench.handshakes", "256").scenario("handshakes"),
    row("duration", BENCH, Seconds, &[]).key("bench.duration", r#""30s""#),
    row("warmup", BENCH, Seconds, &[]).key("bench.warmup", r#""5s""#).scenario("warmup"),
    row("drain", BENCH, Seconds, &[]).key("bench.drain", r#""5s""#).scenario("drain"),
    row("precision", TRAFFIC, Text, &[]).key("bench.precision", r#""1ms""#),
    row("workers", BENCH, Number, &[]).key("bench.workers", "2"),
    row("topic", &["bench pub", "bench sub", "bench e2e", "simulate"], List, &[])
        .key("bench.topic", r#""bench/%i""#)
        .scenario("groups.topic"),
    row("qos", &["bench pub", "bench sub", "bench e2e", "simulate"], Number, &[])
        .key("bench.qos", "1")
        .scenario("groups.qos"),
    row("message_interval", LOAD, Milliseconds, &[Alternative(Choice::MessageRate)])
        .key("bench.message_interval", "1000")
        .scenario("groups.message_interval"),
    row("rate", LOAD, Text, &[Alternative(Choice::MessageRate)])
        .key("bench.rate", r#""50000/s""#)
        .scenario("groups.rate"),
    row("rate_per_client", LOAD, Text, &[Alternative(Choice::MessageRate)])
        .key("bench.rate_per_client", r#""0.5/s""#)
        .scenario("groups.rate_per_client"),
    row("inflight", LOAD, Number, &[]).key("bench.inflight", "65535").scenario("groups.inflight"),
    row("limit", LOAD, Number, &[Alternative(Choice::Search)]).key("bench.limit", "1000000").scenario("groups.limit"),
    row("limit_per_client", LOAD, Number, &[Alternative(Choice::Search)])
        .key("bench.limit_per_client", "1000")
        .scenario("groups.limit_per_client"),
    row("limit", &["bench sub"], Number, &[Alternative(Choice::Search)]),
    row("payload_size", CONTENT, Text, &[Alternative(Choice::BenchPayload)])
        .key("bench.payload_size", r#""1KB""#)
        .scenario("groups.payload_size"),
    row("poisson", LOAD, Switch, &[]).scenario("groups.poisson"),
    row("burst", LOAD, Number, &[]).key("bench.burst", "100").scenario("groups.burst"),
    row("rate_trace", LOAD, Path, &[Alternative(Choice::MessageRate)])
        .key("bench.rate_trace", r#""monday.csv""#)
        .scenario("groups.rate_trace"),
    row("unpaced", LOAD, Switch, &[Alternative(Choice::MessageRate)]).scenario("groups.unpaced"),
    row("latency", LOAD, Switch, &[Needs("unpaced")]).scenario("groups.latency"),
    row("find_max", LOAD, Text, &[Alternative(Choice::Search)]),
    row("confirm", LOAD, Number, &[Needs("find_max")]),
    row("max_time", LOAD, Seconds, &[Needs("find_max")]),
    row("topics", LOAD, Number, &[]).scenario("groups.topics"),
    row("text", CONTENT, Text, &[Alternative(Choice::BenchPayload), Field("message")]).scenario("groups.message"),
    row("template", CONTENT, Switch, &[]).key("bench.template", "true").scenario("groups.template"),
    row("seed", &["bench pub", "bench e2e", "bench run", "simulate"], Number, &[]),
    row("scenario", &["simulate"], Text, &[]),
    row("file", &["simulate"], Path, &[]),
    row("show", &["simulate"], Text, &[]),
    row("scenario", &["ls"], Switch, &[]),
    row("file_read", CONTENT, Path, &[Alternative(Choice::BenchPayload)])
        .key("bench.file_read", r#""reading.json""#)
        .scenario("groups.file_read"),
    row("payloads", CONTENT, Path, &[Alternative(Choice::BenchPayload)])
        .key("bench.payloads", r#""recorded.jsonl""#)
        .scenario("groups.payloads"),
    row("stamp", &["bench pub", "bench sub", "bench e2e", "simulate"], Text, &[])
        .key("bench.stamp", r#""json:/t""#)
        .scenario("groups.stamp"),
    row("split", CONTENT, Text, &[]).scenario("groups.split"),
    row("verbose", &["bench pub", "bench sub", "bench e2e", "simulate"], Switch, &[]),
    row("trust_foreign_clocks", &["bench sub"], Switch, &[]),
    row("shape", &["bench e2e"], Text, &[]),
    row("publishers", &["bench e2e"], Number, &[]),
    row("subscribers", &["bench e2e"], Number, &[]),
    row("preset", &["bench run"], Text, &[]),
    row("scale", &["bench run"], Number, &[]),
    row("reconnect", BENCH, Switch, &[]),
    row("source_ip", BENCH, List, &[]),
    row("clients_csv", BENCH, Path, &[]).scenario("groups.clients_csv"),
    row("rows", BENCH, Text, &[Needs("clients_csv")]).scenario("groups.rows"),
    row("start_number", BENCH, Number, &[]),
    row("shard", BENCH, Text, &[]),
    row("run_id", BENCH, Text, &[]),
    row("start_at", BENCH, Text, &[]),
    row("prometheus", BENCH, Text, &[]),
    row("fail", RESULTS, List, &[]).scenario("fail"),
    row("fail", &["bench compare"], List, &[]),
    row("abort_on_fail", RESULTS, Switch, &[Needs("fail")]),
    row("report", RESULTS, Path, &[]),
    row("csv", RESULTS, Path, &[]),
    row("html", RESULTS, Path, &[]),
    row("hdr_log", RESULTS, Path, &[]),
    row("summary", RESULTS, Text, &[]),
    row("html", &["bench compare"], Path, &[]),
    row("partial", &["bench merge"], Switch, &[]),
    row("wait", &["bench merge"], Seconds, &[]),
    row("shards", &["bench manifest"], Number, &[]),
    row("image", &["bench manifest"], Text, &[]),
    row("fail", &["bench manifest"], List, &[]),
];

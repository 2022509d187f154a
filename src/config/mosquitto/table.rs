//! The options of mosquitto 2.0's clients, and what they are here.

use super::tool::Tool::{self, Pub, Request, Sub};

/// An option of a mosquitto client.
pub(super) struct Known {
    /// As it is written there.
    pub(super) names: &'static [&'static str],
    pub(super) tools: &'static [Tool],
    pub(super) here: Here,
}

/// What an option is here.
#[derive(Clone, Copy)]
pub(super) enum Here {
    /// A long option that takes the same value.
    Value(&'static str),
    /// A long option without a value.
    Switch(&'static str),
    /// A long option with a value of ours.
    Fixed(&'static str, &'static str),
    /// A switch for what the program does anyway.
    Always,
    /// A value that is written in another way.
    Special(Special),
    /// The program has no such thing; what to do instead.
    Missing(&'static str),
}

/// Values that are written in another way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Special {
    /// `mqttv5` or `5`.
    Version,
    /// Seconds, `-1` or `∞`.
    SessionExpiry,
    /// The client id is this and the process id.
    IdPrefix,
    /// `tlsv1.2`.
    TlsVersion,
    /// `pem`.
    KeyForm,
    /// A command, the name of a property, and one value or two.
    Property,
    /// Each message with its topic.
    Verbose,
    /// The shape of a message.
    Format,
    /// No end of line.
    NoEndOfLine,
    /// What it does, on stderr.
    Debug,
}

const ALL: &[Tool] = &[Pub, Sub, Request];
/// Those that publish.
const PUBLISHING: &[Tool] = &[Pub, Request];
/// Those that print messages.
const PRINTING: &[Tool] = &[Sub, Request];

const NO_PSK: &str = "use a certificate (--cert and --key): TLS with a pre-shared key is not supported";
const NO_CIPHERS: &str = "the cipher suites of TLS 1.2 and 1.3 cannot be chosen";
const NO_ENGINE: &str = "keys are read from files: OpenSSL engines are not supported";

const fn known(names: &'static [&'static str], tools: &'static [Tool], here: Here) -> Known {
    Known { names, tools, here }
}

/// By command and letter, as their manual pages list them.
pub(super) const OPTIONS: &[Known] = &[
    known(&["-A"], ALL, Here::Value("bind")),
    known(&["-c", "--disable-clean-session"], ALL, Here::Switch("no-clean")),
    known(&["-C"], &[Sub], Here::Value("count")),
    known(&["-d", "--debug"], ALL, Here::Special(Special::Debug)),
    known(&["-D", "--property"], ALL, Here::Special(Special::Property)),
    known(&["-e"], &[Request], Here::Value("reply-topic")),
    known(&["-E"], &[Sub], Here::Switch("exit-after-suback")),
    known(&["-f", "--file"], PUBLISHING, Here::Value("file-read")),
    known(&["-F"], PRINTING, Here::Special(Special::Format)),
    known(&["-h", "--host"], ALL, Here::Value("hostname")),
    known(&["-i", "--id"], ALL, Here::Value("client-id")),
    known(&["-I", "--id-prefix"], ALL, Here::Special(Special::IdPrefix)),
    known(&["-k", "--keepalive"], ALL, Here::Value("keepalive")),
    known(&["-l", "--stdin-line"], &[Pub], Here::Switch("line-mode")),
    known(&["-L", "--url"], ALL, Here::Value("url")),
    known(&["-m", "--message"], PUBLISHING, Here::Value("message")),
    known(&["-M", "--max-inflight"], &[Pub], Here::Value("inflight")),
    known(&["-n", "--null-message"], PUBLISHING, Here::Switch("null-message")),
    known(&["-N"], PRINTING, Here::Special(Special::NoEndOfLine)),
    known(&["-p", "--port"], ALL, Here::Value("port")),
    known(&["-P", "--pw"], ALL, Here::Value("password")),
    known(&["-q", "--qos"], ALL, Here::Value("qos")),
    known(&["-r", "--retain"], PUBLISHING, Here::Switch("retain")),
    known(&["-R"], &[Sub], Here::Switch("skip-retained")),
    known(&["-R"], &[Request], Here::Always),
    known(&["-s", "--stdin-file"], PUBLISHING, Here::Switch("stdin")),
    known(&["-t", "--topic"], ALL, Here::Value("topic")),
    known(&["-T", "--filter-out"], &[Sub], Here::Value("filter-out")),
    known(&["-u", "--username"], ALL, Here::Value("username")),
    known(&["-U", "--unsubscribe"], &[Sub], Here::Value("unsubscribe")),
    known(&["-v", "--verbose"], PRINTING, Here::Special(Special::Verbose)),
    known(&["-V", "--protocol-version"], ALL, Here::Special(Special::Version)),
    known(&["-W"], PRINTING, Here::Value("timeout")),
    known(&["-x"], ALL, Here::Special(Special::SessionExpiry)),
    known(&["--nodelay"], ALL, Here::Always),
    known(&["--pretty"], PRINTING, Here::Missing("pipe the objects of -F %j through `jq .`")),
    known(&["--quiet"], ALL, Here::Always),
    known(&["--random-filter"], &[Sub], Here::Missing("all messages are printed")),
    known(&["--remove-retained"], &[Sub], Here::Switch("remove-retained")),
    known(&["--repeat"], &[Pub], Here::Value("repeat")),
    known(&["--repeat-delay"], &[Pub], Here::Value("repeat-delay")),
    known(&["--retained-only"], &[Sub], Here::Switch("retained-only")),
    known(&["--unix"], ALL, Here::Value("unix")),
    known(&["--proxy"], ALL, Here::Value("proxy")),
    known(&["--will-payload"], ALL, Here::Value("will-message")),
    known(&["--will-qos"], ALL, Here::Value("will-qos")),
    known(&["--will-retain"], ALL, Here::Switch("will-retain")),
    known(&["--will-topic"], ALL, Here::Value("will-topic")),
    known(&["--cafile"], ALL, Here::Value("ca")),
    known(&["--capath"], ALL, Here::Value("ca")),
    known(&["--cert"], ALL, Here::Value("cert")),
    known(&["--key"], ALL, Here::Value("key")),
    known(&["--keyform"], ALL, Here::Special(Special::KeyForm)),
    known(&["--ciphers"], ALL, Here::Missing(NO_CIPHERS)),
    known(&["--insecure"], ALL, Here::Switch("insecure")),
    known(&["--tls-alpn"], ALL, Here::Value("alpn")),
    known(&["--tls-engine"], ALL, Here::Missing(NO_ENGINE)),
    known(&["--tls-engine-kpass-sha1"], ALL, Here::Missing(NO_ENGINE)),
    known(&["--tls-use-os-certs"], ALL, Here::Fixed("protocol", "mqtts")),
    known(&["--tls-version"], ALL, Here::Special(Special::TlsVersion)),
    known(&["--psk"], ALL, Here::Missing(NO_PSK)),
    known(&["--psk-identity"], ALL, Here::Missing(NO_PSK)),
];

/// Where the last of several values does not replace those before it.
pub(super) fn is_list(tool: Tool, long: &str) -> bool {
    matches!(long, "filter-out" | "unsubscribe" | "user-properties" | "conn-user-properties" | "will-user-properties")
        || (tool == Sub && long == "topic")
}

/// A property of MQTT 5.0 that `-D` sets.
pub(super) struct Property {
    /// The packet, as it is written there.
    pub(super) packet: &'static str,
    pub(super) name: &'static str,
    /// The long option here; `None`: the program does not send it.
    pub(super) here: Option<&'static str>,
    pub(super) kind: Kind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Value,
    /// 1 gives the option.
    Flag,
    /// 0 gives the option.
    FlagOff,
    /// A name and a value.
    Pair,
}

const fn property(packet: &'static str, name: &'static str, here: &'static str, kind: Kind) -> Property {
    Property { packet, name, here: Some(here), kind }
}

const fn unsent(packet: &'static str, name: &'static str, kind: Kind) -> Property {
    Property { packet, name, here: None, kind }
}

/// By packet. `subscribe` is sent by `mosquitto_sub`, and by `mosquitto_rr`, whose counterpart here sets none on it.
pub(super) const PROPERTIES: &[Property] = &[
    property("connect", "session-expiry-interval", "session-expiry-interval", Kind::Value),
    property("connect", "receive-maximum", "receive-maximum", Kind::Value),
    property("connect", "maximum-packet-size", "maximum-packet-size", Kind::Value),
    property("connect", "topic-alias-maximum", "topic-alias-maximum", Kind::Value),
    property("connect", "request-problem-information", "no-req-problem-info", Kind::FlagOff),
    property("connect", "request-response-information", "req-response-info", Kind::Flag),
    property("connect", "authentication-method", "authentication-method", Kind::Value),
    unsent("connect", "authentication-data", Kind::Value),
    property("connect", "user-property", "conn-user-properties", Kind::Pair),
    property("publish", "payload-format-indicator", "payload-format-indicator", Kind::Flag),
    property("publish", "message-expiry-interval", "message-expiry-interval", Kind::Value),
    property("publish", "topic-alias", "topic-alias", Kind::Value),
    property("publish", "response-topic", "response-topic", Kind::Value),
    property("publish", "correlation-data", "correlation-data", Kind::Value),
    property("publish", "content-type", "content-type", Kind::Value),
    property("publish", "user-property", "user-properties", Kind::Pair),
    property("subscribe", "subscription-identifier", "subscription-identifier", Kind::Value),
    property("subscribe", "user-property", "user-properties", Kind::Pair),
    unsent("unsubscribe", "user-property", Kind::Pair),
    unsent("disconnect", "session-expiry-interval", Kind::Value),
    unsent("disconnect", "user-property", Kind::Pair),
    property("will", "payload-format-indicator", "will-payload-format-indicator", Kind::Flag),
    property("will", "message-expiry-interval", "will-message-expiry-interval", Kind::Value),
    property("will", "will-delay-interval", "will-delay-interval", Kind::Value),
    property("will", "content-type", "will-content-type", Kind::Value),
    property("will", "response-topic", "will-response-topic", Kind::Value),
    property("will", "correlation-data", "will-correlation-data", Kind::Value),
    property("will", "user-property", "will-user-properties", Kind::Pair),
];

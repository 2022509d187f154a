//! What can be noted of an option, each note with what follows from it.

/// What is known of an option besides its kind and its key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Note {
    /// Its variable is named after it: `MQTTX_CLIENT_ID`.
    Environment,
    /// Further variables, or others than that.
    Variables(&'static [&'static str]),
    /// Only MQTT 5.0 can carry it.
    NeedsV5,
    /// Only a connection with TLS has a use for it.
    Tls,
    /// It says nothing without this option.
    Needs(&'static str),
    /// Of one of these options a command takes one: what a stronger layer says drops the others of a weaker.
    Alternative(Choice),
    /// It says which broker, as one of several options that belong together.
    Broker,
    /// It says which broker, and all of it.
    WholeBroker,
    /// It says to a broker who we are, so that a file's is for the broker that the file names.
    Credential,
    /// It decides who reads what is sent to a broker.
    Way,
    /// It says in another way what this key says; in a profile as this form and the value.
    Reference(&'static str, &'static str),
    /// A profile has no place for it, and what to do instead.
    NotInProfile(&'static str),
    /// A token may be in its query.
    SecretQuery,
    /// What stands behind the name of a header may be secret.
    SecretHeader,
    /// Its field in MQTTX's files of options, where that is not its name in camel case.
    Field(&'static str),
    /// The field that older files have.
    OldField(&'static str),
    /// Where MQTTX's desktop application has it in its export.
    Desktop(Desktop, &'static str),
    /// Its properties in Spring's application.yml, below the prefix, in canonical form.
    Spring(&'static [&'static str]),
    /// It pairs with the topic filters by position.
    OfFilter,
    /// Each object of `pub --jsonl` says it for itself.
    OfEachLine,
    /// It publishes again what can be read only once.
    Repeats,
    /// It reads stdin, from which the commands of `repl` come.
    ReadsStdin,
    /// It ends the program, or does more than its command in `repl` does; what to do instead.
    NotInRepl(&'static str),
    /// It is not shown in these lines of `repl`.
    HiddenIn(&'static [&'static str]),
}

/// Of which options one is chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Choice {
    /// How a message is shown.
    Shape,
    /// Which addresses.
    Family,
    /// How fast clients of a benchmark connect.
    ConnectRate,
    /// How fast they publish.
    MessageRate,
    /// What they publish.
    BenchPayload,
    /// What `pub` publishes.
    Payload,
    /// By which schema payloads are written and shown, unless a topic has its own.
    Schema,
    /// When a benchmark is over.
    Search,
}

impl Choice {
    pub(crate) const ALL: [Self; 8] = [
        Self::Shape,
        Self::Family,
        Self::ConnectRate,
        Self::MessageRate,
        Self::BenchPayload,
        Self::Payload,
        Self::Schema,
        Self::Search,
    ];
}

/// A part of a connection that MQTTX's desktop application exported.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Desktop {
    /// The connection, or its `properties`.
    Connection,
    /// Its `will`.
    Will,
    /// Its `pushProps`.
    Publish,
    /// One of its `subscriptions`.
    Filter,
}

//! The notes that an option can have, each with its consequences.

/// A property of an option besides its kind and its key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Note {
    /// Its variable is named after it: `MQTTX_CLIENT_ID`.
    Environment,
    /// Further variables, or differently named ones.
    Variables(&'static [&'static str]),
    /// Only MQTT 5.0 can carry it.
    NeedsV5,
    /// Only a connection with TLS uses it.
    Tls,
    /// It has no effect without this option.
    Needs(&'static str),
    /// A command takes one of these options: one from a stronger layer replaces the others of weaker layers.
    Alternative(Choice),
    /// It is part of the name of the broker, with other options.
    Broker,
    /// It names the broker completely.
    WholeBroker,
    /// It identifies us to a broker, so that one in a file is only for the broker that the file names.
    Credential,
    /// It decides who reads what is sent to a broker.
    Way,
    /// It is another way to set this key; in a profile it is written as this form with the value.
    Reference(&'static str, &'static str),
    /// It cannot be in a profile; what to do instead.
    NotInProfile(&'static str),
    /// A token may be in its query.
    SecretQuery,
    /// The value of a header may be secret.
    SecretHeader,
    /// Its field in MQTTX's options files, if that is not its name in camel case.
    Field(&'static str),
    /// The field that older files have.
    OldField(&'static str),
    /// Its position in an export of the MQTTX desktop application.
    Desktop(Desktop, &'static str),
    /// Its properties in Spring's application.yml, below the prefix, in canonical form.
    Spring(&'static [&'static str]),
    /// It pairs with the topic filters by position.
    OfFilter,
    /// Each object of `pub --jsonl` sets it for itself.
    OfEachLine,
    /// It would publish again what can be read only once.
    Repeats,
    /// It reads stdin, which provides the commands of `repl`.
    ReadsStdin,
    /// It ends the program, or does more than its command in `repl` does; what to do instead.
    NotInRepl(&'static str),
    /// It is hidden in these lines of `repl`.
    HiddenIn(&'static [&'static str]),
}

/// Groups of options of which one is chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Choice {
    /// How a message is shown.
    Shape,
    /// The address family.
    Family,
    /// How fast clients of a benchmark connect.
    ConnectRate,
    /// How fast they publish.
    MessageRate,
    /// What they publish.
    BenchPayload,
    /// What `pub` publishes.
    Payload,
    /// The schema of payloads, unless a topic has its own.
    Schema,
    /// When a benchmark ends.
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

//! Lines that change how a session behaves: `set`, `alias`, and the switch of `trace`.

use clap::{Args, ValueEnum};

/// `set`.
#[derive(Debug, Clone, Args)]
#[command(
    override_usage = "set [NAME [VALUE]]",
    after_help = "\
Settings:
  mode        shape of messages: line, default, clean, jsonl or raw [default: line]
  template    shape of messages in the letters of mosquitto_sub, as with `sub -F`
  format      how payloads are shown: plain, hex, base64, json, binary, cbor, msgpack or sparkplug [default: plain]
  qos         QoS of `pub` and `sub` without -q [default: 0]
  timestamps  time of receipt before each message: on or off [default: off]
  changes     what changed, below each message: on or off [default: off]
  max-lines   most lines to show of a payload; 0 shows all [default: 20, in a script 0]
  keys        keys of the line editor: emacs or vi [default: emacs]
  prompt      text before a line; {name} and {client_id} are those of the connection

Without VALUE, the default is restored. `save-settings` keeps all of them for later sessions.

Examples:
  set format hex
  set template '%I %t %p'
  set changes on
  set keys vi
  set prompt '{client_id}@{name}> '"
)]
pub(crate) struct SetLine {
    /// Setting to change
    #[arg(value_name = "NAME")]
    pub name: Option<Preference>,
    /// New value
    #[arg(value_name = "VALUE", requires = "name")]
    pub value: Option<String>,
}

/// What `set` sets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Preference {
    /// line, default, clean, jsonl or raw.
    Mode,
    /// A custom shape, in the letters of `mosquitto_sub`.
    Template,
    /// How payloads are shown: plain, hex, base64, json or binary.
    Format,
    /// The QoS of `pub` and `sub` lines that name none.
    Qos,
    /// The time of receipt before each message: on or off.
    Timestamps,
    /// The changes from the message before it, below each message: on or off.
    Changes,
    /// Most lines to show of a payload; 0 shows all.
    MaxLines,
    /// Keys that edit a line: emacs or vi.
    Keys,
    /// The prompt; {name} and `{client_id}` are those of the connection.
    Prompt,
}

/// On or off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Switch {
    /// On.
    On,
    /// Off.
    Off,
}

/// `alias`.
#[derive(Debug, Clone, Args)]
#[command(
    override_usage = "alias [NAME [COMMAND]]",
    after_help = "\
Examples:
  alias on 'pub car/ac on -q 1'
  alias on"
)]
pub(crate) struct AliasLine {
    /// Name of the alias
    #[arg(value_name = "NAME")]
    pub name: Option<String>,
    /// Command to run; without one, the alias is removed
    #[arg(value_name = "COMMAND")]
    pub command: Option<String>,
}

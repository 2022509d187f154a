use std::path::PathBuf;

use clap::Args;

use crate::cli::value;
use crate::payload::PayloadFormat;

/// How payloads are written and read.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Payload")]
pub struct PayloadArgs {
    /// plain, hex, base64, json, binary, cbor, msgpack or sparkplug
    #[arg(
        short = 'f',
        long,
        value_name = "FORMAT",
        hide_possible_values = true,
        default_value = "plain",
        value_parser = value::payload_format(),
    )]
    pub format: PayloadFormat,
    /// Protobuf schema, a .proto file
    #[arg(long, value_name = "PATH", requires = "protobuf_message_name", hide = true)]
    pub protobuf_path: Option<PathBuf>,
    /// Message of the protobuf schema
    #[arg(long, value_name = "NAME", requires = "protobuf_path", hide = true)]
    pub protobuf_message_name: Option<String>,
    /// Avro schema, an .avsc file
    #[arg(long, value_name = "PATH", hide = true)]
    pub avsc_path: Option<PathBuf>,
}

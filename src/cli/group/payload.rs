use std::path::PathBuf;

use clap::Args;

use crate::cli::value::{self, SchemaRule};
use crate::payload::{Compression, Decompression, PayloadFormat};

/// How payloads are written and read.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Payload")]
pub struct PayloadArgs {
    /// plain, hex, base64, json, binary, cbor, msgpack or sparkplug; with a schema protobuf, avro or avro-single-object
    #[arg(
        short = 'f',
        long,
        value_name = "FORMAT",
        hide_possible_values = true,
        default_value = "plain",
        value_parser = value::payload_format(),
    )]
    pub format: PayloadFormat,
    /// Protobuf schema: a .proto file or a descriptor set
    #[arg(long, value_name = "PATH", requires = "protobuf_message_name")]
    pub protobuf_path: Option<PathBuf>,
    /// Message type in the Protobuf schema
    #[arg(long, value_name = "NAME", requires = "protobuf_path")]
    pub protobuf_message_name: Option<String>,
    /// Avro schema: an .avsc file
    #[arg(long, value_name = "PATH", conflicts_with = "protobuf_path")]
    pub avsc_path: Option<PathBuf>,
    /// Schema for the topics that match a filter, for example 'a/#=a.proto:Reading'
    #[arg(long, value_name = "FILTER=FILE[:MESSAGE]", num_args = 1.., value_parser = value::schema_rule)]
    pub schema: Vec<SchemaRule>,
}

/// Whether placeholders in payloads are filled.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Message")]
pub struct TemplateArgs {
    /// Fill placeholders in payloads, for example {time} {counter} {walk:20..30}; a file ending in .j2 is a Jinja template
    #[arg(long)]
    pub template: bool,
    /// With --template: seed of the random values, which are then the same in each run
    #[arg(long, value_name = "N", requires = "template")]
    pub seed: Option<u64>,
}

/// How payloads are compressed.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Payload")]
pub struct CompressArgs {
    /// Compress payloads: gzip or zstd
    #[arg(long, value_name = "FORMAT", hide_possible_values = true, value_parser = value::compression())]
    pub compress: Option<Compression>,
}

/// Which payloads are decompressed.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Payload")]
pub struct DecompressArgs {
    /// Decompress payloads: gzip, zstd, or auto to detect which are compressed
    #[arg(long, value_name = "FORMAT", hide_possible_values = true, value_parser = value::decompression())]
    pub decompress: Option<Decompression>,
}

//! The format of payloads: turns its options and the schemas that they name into a codec.

use crate::cli::group::{CompressArgs, DecompressArgs, PayloadArgs};
use crate::cli::value::SchemaRule;
use crate::config::origin::{Origin, Origins};
use crate::error::Error;
use crate::payload::{Codec, PayloadFormat, Schema, SchemaError};

/// The codec that encodes payloads.
pub(super) fn encoder(given: &PayloadArgs, compress: &CompressArgs, origins: &Origins) -> Result<Codec, Error> {
    checked(codec(given, origins)?.compressing(compress.compress), "compress", origins)
}

/// The codec that shows payloads. Those on Sparkplug topics are decoded, unless a format was given.
pub(super) fn decoder(
    given: &PayloadArgs,
    decompress: &DecompressArgs,
    for_people: bool,
    origins: &Origins,
) -> Result<Codec, Error> {
    let codec = codec(given, origins)?.decompressing(decompress.decompress);
    let codec = checked(codec, "decompress", origins)?;
    Ok(if for_people && !origins.given("format") { codec.knowing_sparkplug_topics() } else { codec })
}

/// The codec by which `wait`, `expect` and `assert` of `repl` judge payloads; `None`: as they are.
pub(crate) fn judge(given: &PayloadArgs, origins: &Origins) -> Result<Option<Codec>, Error> {
    if !origins.given("format") && !SCHEMAS.iter().any(|option| origins.given(option)) {
        return Ok(None);
    }
    checked(codec(given, origins)?, "format", origins).map(Some)
}

/// The options that name schemas.
const SCHEMAS: &[&str] = &["schema", "protobuf_path", "avsc_path"];

fn checked(codec: Codec, compression: &str, origins: &Origins) -> Result<Codec, Error> {
    codec.check_built_in().map(|()| codec).map_err(|what| {
        let option = if origins.given(compression) { compression } else { "format" };
        Error::usage(format!("{}: {what}", origins.name(option)))
    })
}

fn codec(given: &PayloadArgs, origins: &Origins) -> Result<Codec, Error> {
    use PayloadFormat as Format;
    let is_of_schemas = matches!(given.format, Format::Protobuf | Format::Avro | Format::AvroSingleObject);
    let is_of_text = matches!(given.format, Format::Plain | Format::Json);
    // A format that is asked for is meant in spite of the schemas that a profile has; without any it holds, too.
    let mut schemas = SCHEMAS.iter().filter(|option| origins.given(option));
    if !is_of_schemas && !is_of_text && schemas.all(|option| origins.is_stronger("format", option)) {
        return Ok(Codec::from(given.format));
    }
    let refused = |option: &str, error: &SchemaError| {
        let option = match error {
            SchemaError::Message(_) if option == "protobuf_path" => "protobuf_message_name",
            _ => option,
        };
        let message = format!("{}: {error}", origins.name(option));
        match error {
            SchemaError::File(_) => Error::local(message),
            SchemaError::Message(_) | SchemaError::NotBuiltIn(_) => Error::usage(message),
        }
    };
    let (option, otherwise) = match (&given.protobuf_path, &given.protobuf_message_name, &given.avsc_path) {
        (Some(path), Some(message), _) => {
            let schema = Schema::protobuf(path, message).map_err(|error| refused("protobuf_path", &error))?;
            ("protobuf_path", Some(schema))
        }
        (_, _, Some(path)) => ("avsc_path", Some(Schema::avro(path).map_err(|error| refused("avsc_path", &error))?)),
        _ => ("schema", None),
    };
    let read = |rule: &SchemaRule| {
        let schema = match &rule.message {
            Some(message) => Schema::protobuf(&rule.path, message),
            None => Schema::avro(&rule.path),
        };
        schema.map(|schema| (rule.filter.clone(), schema)).map_err(|error| refused("schema", &error))
    };
    let by_filter = given.schema.iter().map(read).collect::<Result<Vec<_>, _>>()?;
    let schemas = || by_filter.iter().map(|(_, schema)| schema).chain(&otherwise);
    let format = match given.format {
        format if is_of_schemas => {
            let is_avro = format != Format::Protobuf;
            if !schemas().any(|schema| schema.is_avro() == is_avro) {
                let (wanted, hint) =
                    if is_avro { ("an Avro", "-Ap FILE.avsc") } else { ("a Protobuf", "-Pp FILE.proto -Pmn MESSAGE") };
                let message = format!("{} {format} needs {wanted} schema", origins.name("format"));
                return Err(Error::usage(message).with_hint(format!("give one with {hint}, or with --schema")));
            }
            format
        }
        format if is_of_text => format,
        // A schema on the command line overrides the format of a profile.
        _ if origins.of("format") != Origin::Flag => Format::Plain,
        format => {
            let format = format!("{} {format}", origins.name("format"));
            return Err(Error::exclude_one_another(&format, &origins.name(option))
                .with_hint("a schema determines the format; with a schema, -f json indents the output"));
        }
    };
    Ok(Codec::with_schemas(format, by_filter, otherwise))
}

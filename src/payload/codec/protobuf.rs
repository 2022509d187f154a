//! Protocol Buffers to and from their canonical JSON, by .proto files or a descriptor set.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use prost_reflect::prost::Message as _;
use prost_reflect::{DescriptorPool, DynamicMessage, MessageDescriptor};
use protox::Compiler;
use protox::file::{ChainFileResolver, File, FileResolver, GoogleFileResolver, IncludeFileResolver};
use serde::de::DeserializeSeed;

use super::number::is_integer;
use super::schema_error::SchemaError;
use super::text::checked_json;
use crate::payload::json::tokens;
use crate::payload::{PayloadError, PayloadFormat, read_at_most};

/// The longest schema; a device file that never ends is not read any further.
const LONGEST_FILE: u64 = 16 << 20;

/// How many folders above a .proto file are searched for its imports.
const FOLDERS_ABOVE: usize = 8;

/// A message type of a schema; cheap to clone.
#[derive(Debug, Clone)]
pub(super) struct MessageType(MessageDescriptor);

impl MessageType {
    /// Reads a schema, a .proto file with what it imports or a descriptor set, and finds a message in it.
    pub(super) fn load(path: &Path, name: &str) -> Result<Self, SchemaError> {
        let is_source = path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("proto"));
        let pool = if is_source { compile(path) } else { read_descriptors(path) };
        let pool = pool.map_err(|error| SchemaError::File(format!("{}: {error}", path.display())))?;
        find(&pool, name).map_err(SchemaError::Message)
    }

    /// The message of a text in JSON.
    pub(super) fn encode(&self, text: &[u8]) -> Result<Vec<u8>, PayloadError> {
        let json = checked_json(text)?;
        // Read as a float, it would be rounded before the overflow could be noticed.
        if let Some(number) = tokens(json).find(|token| is_beyond_64_bits(token)) {
            let at = number.as_ptr().addr() - json.as_ptr().addr();
            let what = format!("`{number}` does not fit 64 bits; a float that large needs an exponent");
            return Err(PayloadError::content(PayloadFormat::Protobuf, text, at, what));
        }
        let mut deserializer = serde_json::Deserializer::from_str(json);
        let message = self.0.clone().deserialize(&mut deserializer).map_err(|wrong| {
            let line_start: usize = json.split_inclusive('\n').take(wrong.line().saturating_sub(1)).map(str::len).sum();
            let at = line_start + wrong.column().saturating_sub(1);
            let what = wrong.to_string();
            let what = what.rsplit_once(" at line ").map_or(what.as_str(), |(what, _)| what);
            PayloadError::content(PayloadFormat::Protobuf, text, at, what)
        })?;
        Ok(message.encode_to_vec())
    }

    /// Appends a message as compact JSON.
    pub(super) fn decode(&self, payload: &[u8], out: &mut Vec<u8>) -> Result<(), PayloadError> {
        let refused = |what: String| {
            PayloadError::undecodable(format_args!("{} `{}`", PayloadFormat::Protobuf, self.0.full_name()), what)
        };
        let message = DynamicMessage::decode(self.0.clone(), payload).map_err(|error| {
            let what = error.to_string();
            refused(what.strip_prefix("failed to decode Protobuf message: ").unwrap_or(&what).to_owned())
        })?;
        serde_json::to_writer(out, &message).map_err(|error| refused(error.to_string()))
    }
}

fn is_beyond_64_bits(token: &str) -> bool {
    token.starts_with(|first: char| first == '-' || first.is_ascii_digit())
        && is_integer(token)
        && token.parse::<u64>().is_err()
        && token.parse::<i64>().is_err()
}

/// The payload of Sparkplug B.
pub(super) fn sparkplug() -> Result<&'static MessageType, String> {
    static TYPE: OnceLock<Result<MessageType, String>> = OnceLock::new();
    let found = TYPE.get_or_init(|| {
        let mut compiler = Compiler::with_file_resolver(Shipped);
        compiler.open_file(SPARKPLUG).map_err(|error| format!("{error:?}"))?;
        find(&compiler.descriptor_pool(), "org.eclipse.tahu.protobuf.Payload")
    });
    found.as_ref().map_err(Clone::clone)
}

const SPARKPLUG: &str = "sparkplug_b.proto";

/// The schema that is part of the program.
struct Shipped;

impl FileResolver for Shipped {
    fn resolve_path(&self, path: &Path) -> Option<String> {
        path.to_str().map(str::to_owned)
    }

    fn open_file(&self, name: &str) -> Result<File, protox::Error> {
        match name {
            SPARKPLUG => File::from_source(name, include_str!("sparkplug_b.proto")),
            _ => Err(protox::Error::file_not_found(name)),
        }
    }
}

/// Finds files in a folder, and refuses what is not a file or is too large for a schema.
struct Bounded {
    folder: PathBuf,
    files: IncludeFileResolver,
}

impl FileResolver for Bounded {
    fn resolve_path(&self, path: &Path) -> Option<String> {
        self.files.resolve_path(path)
    }

    fn open_file(&self, name: &str) -> Result<File, protox::Error> {
        if let Ok(metadata) = self.folder.join(name).metadata()
            && (!metadata.is_file() || metadata.len() > LONGEST_FILE)
        {
            return Err(protox::Error::new(format!("{name} is not a file of at most {LONGEST_FILE} bytes")));
        }
        self.files.open_file(name)
    }
}

/// A .proto file with what it imports: found beside it, in the folders above it, or one of Google's.
fn compile(path: &Path) -> Result<DescriptorPool, String> {
    let path = std::fs::canonicalize(path).map_err(|error| error.to_string())?;
    let mut resolver = ChainFileResolver::new();
    for folder in path.ancestors().skip(1).take(FOLDERS_ABOVE) {
        resolver.add(Bounded { folder: folder.to_owned(), files: IncludeFileResolver::new(folder.to_owned()) });
    }
    resolver.add(GoogleFileResolver::new());
    let mut compiler = Compiler::with_file_resolver(resolver);
    compiler.open_file(&path).map_err(|error| format!("{error:?}"))?;
    Ok(compiler.descriptor_pool())
}

/// What `protoc --descriptor_set_out` and `buf build` write.
fn read_descriptors(path: &Path) -> Result<DescriptorPool, String> {
    let file = std::fs::File::open(path).map_err(|error| error.to_string())?;
    let bytes = read_at_most(file, LONGEST_FILE).map_err(|error| error.to_string())?;
    let bytes = bytes.ok_or_else(|| format!("it has more than {LONGEST_FILE} bytes"))?;
    DescriptorPool::decode(bytes.as_slice())
        .map_err(|error| format!("neither named *.proto nor a descriptor set with all its imports: {error}"))
}

/// A message by its full name, or by the end of it if that is unambiguous.
fn find(pool: &DescriptorPool, name: &str) -> Result<MessageType, String> {
    if let Some(found) = pool.get_message_by_name(name) {
        return Ok(MessageType(found));
    }
    let ending = format!(".{name}");
    let mut similar = pool.all_messages().filter(|message| message.full_name().ends_with(&ending));
    match (similar.next(), similar.next()) {
        (Some(only), None) => Ok(MessageType(only)),
        (Some(one), Some(other)) => {
            Err(format!("`{name}` may be `{}` or `{}`: give the full name", one.full_name(), other.full_name()))
        }
        (None, _) => {
            let own = pool.all_messages().filter(|message| !message.full_name().starts_with("google.protobuf."));
            let names: Vec<_> = own.take(10).map(|message| format!("`{}`", message.full_name())).collect();
            Err(format!("the schema has no message `{name}`: it has {}", names.join(", ")))
        }
    }
}

#[cfg(test)]
mod tests {
    use data_encoding::HEXLOWER;
    use proptest::prelude::*;

    use super::*;

    /// The files of a schema, in their own folder.
    fn message(files: &[(&str, &str)], name: &str) -> Result<MessageType, String> {
        let folder = tempfile::tempdir().unwrap();
        for (file, text) in files {
            let path = folder.path().join(file);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        MessageType::load(&folder.path().join(files[0].0), name).map_err(|error| error.to_string())
    }

    /// The example of MQTTX's documentation.
    const PERSON: &str = r#"syntax = "proto3";
        package mqttx;
        message Person { string name = 1; int32 id = 2; string email = 3;
            enum PhoneType { MOBILE = 0; HOME = 1; }
            message PhoneNumber { string number = 1; PhoneType type = 2; }
            repeated PhoneNumber phones = 4; }"#;

    fn shown(message: &MessageType, payload: &[u8]) -> String {
        let mut out = Vec::new();
        match message.decode(payload, &mut out) {
            Ok(()) => String::from_utf8(out).unwrap(),
            Err(error) => error.to_string(),
        }
    }

    fn refused(message: &MessageType, text: &str) -> String {
        message.encode(text.as_bytes()).unwrap_err().to_string()
    }

    #[test]
    fn a_message_is_written_and_read_by_its_schema() {
        let person = message(&[("person.proto", PERSON)], "mqttx.Person").unwrap();
        let json = r#"{"name":"Ann","id":7,"phones":[{"number":"1","type":"HOME"}]}"#;
        let payload = person.encode(json.as_bytes()).unwrap();
        assert_eq!(HEXLOWER.encode(&payload), "0a03416e6e1007220".to_owned() + "50a01311001");
        assert_eq!(shown(&person, &payload), json);
        // An enum by its number, as in MQTTX.
        assert_eq!(person.encode(json.replace("\"HOME\"", "1").as_bytes()).unwrap(), payload);
        // The end of the name is unambiguous.
        assert!(message(&[("person.proto", PERSON)], "PhoneNumber").is_ok());
    }

    #[test]
    fn what_the_schema_does_not_allow_is_refused_at_its_place() {
        let person = message(&[("person.proto", PERSON)], "mqttx.Person").unwrap();
        assert!(refused(&person, r#"{"nmae":"Ann"}"#).starts_with("not encodable as protobuf at character "));
        assert!(refused(&person, r#"{"nmae":"Ann"}"#).contains("nmae"));
        assert!(refused(&person, r#"{"id":2147483648}"#).starts_with("not encodable as protobuf at character "));
        assert!(refused(&person, "{").starts_with("not json at character "));
        let many = "[".repeat(100_000) + &"]".repeat(100_000);
        assert!(person.encode(many.as_bytes()).is_err());
    }

    #[test]
    fn large_integers_keep_every_digit() {
        let text = "syntax = \"proto3\"; message N { uint64 u = 1; sint64 s = 2; double d = 3; }";
        let numbers = message(&[("n.proto", text)], "N").unwrap();
        let payload = numbers.encode(br#"{"u":18446744073709551615,"s":"-9223372036854775808","d":0.1}"#).unwrap();
        assert_eq!(shown(&numbers, &payload), r#"{"u":"18446744073709551615","s":"-9223372036854775808","d":0.1}"#);
        assert!(refused(&numbers, r#"{"d":1e400}"#).contains("number out of range"));
        assert!(refused(&numbers, r#"{"u":18446744073709551616}"#).starts_with("not encodable as protobuf"));
    }

    #[test]
    fn a_payload_of_another_kind_is_refused() {
        let person = message(&[("person.proto", PERSON)], "mqttx.Person").unwrap();
        assert!(shown(&person, b"Hello").starts_with("not protobuf `mqttx.Person`: "));
        // It declares four gigabytes.
        assert!(shown(&person, b"\x0a\xff\xff\xff\xff\x0f").starts_with("not protobuf `mqttx.Person`: "));
    }

    #[test]
    fn a_message_within_a_message_is_followed_to_a_depth_and_not_further() {
        let list = message(&[("l.proto", "syntax = \"proto3\"; message L { L next = 1; }")], "L").unwrap();
        let nested = |levels: usize| {
            (0..levels).fold(Vec::new(), |inner, _| {
                let mut outer = vec![0x0a];
                prost_reflect::prost::encode_length_delimiter(inner.len(), &mut outer).unwrap();
                [outer, inner].concat()
            })
        };
        assert!(shown(&list, &nested(50)).starts_with("{\"next\":"));
        assert!(shown(&list, &nested(20_000)).contains("recursion limit"));
    }

    #[test]
    fn imports_are_found_beside_the_file_above_it_and_in_the_library() {
        let main = r#"syntax = "proto3"; import "common/unit.proto"; import "near.proto";
            import "google/protobuf/timestamp.proto";
            message M { Unit unit = 1; Near near = 2; google.protobuf.Timestamp at = 3; }"#;
        let unit = "syntax = \"proto3\"; enum Unit { KMH = 0; MPH = 1; }";
        let near = "syntax = \"proto3\"; message Near { int32 n = 1; }";
        let found =
            message(&[("car/m.proto", main), ("common/unit.proto", unit), ("car/near.proto", near)], "M").unwrap();
        let json = r#"{"unit":"MPH","near":{"n":1},"at":"2026-01-02T03:04:05Z"}"#;
        assert_eq!(shown(&found, &found.encode(json.as_bytes()).unwrap()), json);
    }

    #[test]
    fn a_schema_that_is_none_says_where() {
        let refused = |files: &[(&str, &str)], name: &str| message(files, name).unwrap_err();
        assert!(refused(&[("a.proto", "syntax = \"proto3\";\nmessage {")], "A").contains("a.proto:2:9: "));
        assert!(refused(&[("a.proto", "syntax = \"proto3\"; import \"no.proto\";")], "A").contains("no.proto"));
        assert!(refused(&[("a.bin", "no")], "A").contains("neither named *.proto nor a descriptor set"));
        assert_eq!(
            refused(&[("person.proto", PERSON)], "Persn"),
            "the schema has no message `Persn`: it has `mqttx.Person`, `mqttx.Person.PhoneNumber`"
        );
    }

    #[test]
    fn a_descriptor_set_is_a_schema_too() {
        let folder = tempfile::tempdir().unwrap();
        let (source, set) = (folder.path().join("p.proto"), folder.path().join("p.desc"));
        std::fs::write(&source, PERSON).unwrap();
        std::fs::write(&set, compile(&source).unwrap().encode_to_vec()).unwrap();
        let person = MessageType::load(&set, "mqttx.Person").unwrap();
        assert_eq!(person.encode(br#"{"id":1}"#).unwrap(), b"\x10\x01");
    }

    #[test]
    fn sparkplug_is_known_without_a_file() {
        let payload = sparkplug().unwrap();
        let json = r#"{"timestamp":"1486144502122","metrics":[{"name":"speed","timestamp":"1486144502122","datatype":10,"doubleValue":52.5}],"seq":"2"}"#;
        let bytes = payload.encode(json.as_bytes()).unwrap();
        // timestamp 1, metrics 2 (name 1, timestamp 3, datatype 4, double_value 13), seq 3.
        assert_eq!(
            HEXLOWER.encode(&bytes),
            "08eaf2f5a8a02b12190a05737065656418eaf2f5a8a02b200a6900000000004".to_owned() + "04a401802"
        );
        assert_eq!(shown(payload, &bytes), json);
    }

    proptest! {
        #[test]
        fn any_bytes_are_json_or_refused(bytes: Vec<u8>) {
            let mut out = Vec::new();
            if sparkplug().unwrap().decode(&bytes, &mut out).is_ok() {
                prop_assert!(serde_json::from_slice::<serde_json::Value>(&out).is_ok());
            }
        }
    }
}

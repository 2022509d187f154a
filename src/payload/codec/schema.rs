use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use super::avro::AvroSchema;
use super::protobuf::MessageType;
use super::schema_error::SchemaError;
use crate::payload::read_at_most;

/// The longest schema; a device file that never ends is not read any further.
const LONGEST_FILE: u64 = 16 << 20;

/// A schema, read and parsed once; cheap to clone.
#[derive(Debug, Clone)]
pub struct Schema(pub(super) Kind);

#[derive(Debug, Clone)]
pub(super) enum Kind {
    Protobuf(MessageType),
    Avro(Arc<AvroSchema>),
}

impl Schema {
    /// A message of a .proto file, or of a descriptor set if the file has another ending.
    pub fn protobuf(path: &Path, message: &str) -> Result<Self, SchemaError> {
        MessageType::load(path, message).map(|message| Self(Kind::Protobuf(message)))
    }

    /// Whether it is an Avro schema.
    pub fn is_avro(&self) -> bool {
        matches!(self.0, Kind::Avro(_))
    }

    /// An .avsc file.
    pub fn avro(path: &Path) -> Result<Self, SchemaError> {
        let refused = |what: String| SchemaError::File(format!("{}: {what}", path.display()));
        let text = File::open(path).and_then(|file| read_at_most(file, LONGEST_FILE));
        let text = text.map_err(|error| refused(error.to_string()))?;
        let text = text.ok_or_else(|| refused(format!("it has more than {LONGEST_FILE} bytes")))?;
        AvroSchema::parse(&text).map(|schema| Self(Kind::Avro(Arc::new(schema)))).map_err(refused)
    }
}

use std::collections::HashMap;

use serde_json::{Map, Value};

use crate::payload::json;

/// A parsed schema: its types, some of which refer to others.
#[derive(Debug)]
pub(in crate::payload::codec) struct AvroSchema {
    types: Vec<Type>,
    root: TypeId,
}

/// Index of a type in the schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct TypeId(usize);

#[derive(Debug)]
pub(super) enum Type {
    Null,
    Boolean,
    Int,
    Long,
    Float,
    Double,
    Bytes,
    String,
    Array(TypeId),
    Map(TypeId),
    Union(Vec<TypeId>),
    Record { name: String, fields: Vec<Field> },
    Enum { name: String, symbols: Vec<String> },
    Fixed { name: String, size: usize },
}

#[derive(Debug)]
pub(super) struct Field {
    pub(super) name: String,
    pub(super) kind: TypeId,
    /// The datum to use if the field is left out.
    pub(super) default: Option<Vec<u8>>,
}

/// What distinguishes the branches of a union in JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Null,
    Boolean,
    Number,
    String,
    Array,
    Object,
    Union,
}

impl Type {
    /// The name that a union's branch has in JSON.
    pub(super) fn name(&self) -> &str {
        match self {
            Self::Null => "null",
            Self::Boolean => "boolean",
            Self::Int => "int",
            Self::Long => "long",
            Self::Float => "float",
            Self::Double => "double",
            Self::Bytes => "bytes",
            Self::String => "string",
            Self::Array(_) => "array",
            Self::Map(_) => "map",
            Self::Union(_) => "union",
            Self::Record { name, .. } | Self::Enum { name, .. } | Self::Fixed { name, .. } => name,
        }
    }

    pub(super) fn kind(&self) -> Kind {
        match self {
            Self::Null => Kind::Null,
            Self::Boolean => Kind::Boolean,
            Self::Int | Self::Long | Self::Float | Self::Double => Kind::Number,
            Self::Bytes | Self::String | Self::Enum { .. } | Self::Fixed { .. } => Kind::String,
            Self::Array(_) => Kind::Array,
            Self::Map(_) | Self::Record { .. } => Kind::Object,
            Self::Union(_) => Kind::Union,
        }
    }
}

impl AvroSchema {
    /// Parses the text of an `.avsc` file; the defaults of fields are still to be written.
    pub(super) fn read(text: &[u8]) -> Result<(Self, Vec<FieldDefault>), String> {
        let schema: Value = serde_json::from_slice(text).map_err(|error| {
            format!("not JSON at line {}, column {}: {}", error.line(), error.column(), json::fault(&error))
        })?;
        let mut parser = Parser::default();
        let root = parser.schema(&schema, None)?;
        Ok((Self { types: parser.types, root }, parser.defaults))
    }

    /// Keeps the datum of a default.
    pub(super) fn set_default(&mut self, default: &FieldDefault, datum: Vec<u8>) {
        if let Type::Record { fields, .. } = &mut self.types[default.record.0] {
            fields[default.index].default = Some(datum);
        }
    }

    pub(super) fn root(&self) -> TypeId {
        self.root
    }

    pub(super) fn get(&self, id: TypeId) -> &Type {
        &self.types[id.0]
    }

    /// Whether values of a union must name their branch, as two branches are of the same kind.
    pub(super) fn is_ambiguous(&self, branches: &[TypeId]) -> bool {
        let kinds: Vec<_> = branches.iter().map(|branch| self.get(*branch).kind()).collect();
        kinds.iter().enumerate().any(|(index, kind)| kinds[..index].contains(kind))
    }
}

#[derive(Default)]
struct Parser {
    types: Vec<Type>,
    named: HashMap<String, TypeId>,
    defaults: Vec<FieldDefault>,
}

/// The default of a field, not yet encoded: its type may be defined later.
pub(super) struct FieldDefault {
    record: TypeId,
    index: usize,
    /// The record's name and the field's.
    pub(super) field: String,
    pub(super) kind: TypeId,
    pub(super) value: Value,
}

impl Parser {
    fn schema(&mut self, schema: &Value, namespace: Option<&str>) -> Result<TypeId, String> {
        match schema {
            Value::String(name) => self.reference(name, namespace),
            Value::Array(branches) => {
                let branches: Vec<_> =
                    branches.iter().map(|branch| self.schema(branch, namespace)).collect::<Result<_, _>>()?;
                self.union(branches)
            }
            Value::Object(schema) => self.definition(schema, namespace),
            other => Err(format!("`{other}` is not a schema: use a name, an object or an array")),
        }
    }

    fn union(&mut self, branches: Vec<TypeId>) -> Result<TypeId, String> {
        if branches.is_empty() {
            return Err("a union has no branches".to_owned());
        }
        for (index, branch) in branches.iter().enumerate() {
            let branch = &self.types[branch.0];
            if matches!(branch, Type::Union(_)) {
                return Err("a union is a branch of a union".to_owned());
            }
            if branches[..index].iter().any(|other| self.types[other.0].name() == branch.name()) {
                return Err(format!("a union has two branches `{}`", branch.name()));
            }
        }
        Ok(self.add(Type::Union(branches)))
    }

    fn add(&mut self, kind: Type) -> TypeId {
        self.types.push(kind);
        TypeId(self.types.len() - 1)
    }

    fn reference(&mut self, name: &str, namespace: Option<&str>) -> Result<TypeId, String> {
        let primitive = match name {
            "null" => Type::Null,
            "boolean" => Type::Boolean,
            "int" => Type::Int,
            "long" => Type::Long,
            "float" => Type::Float,
            "double" => Type::Double,
            "bytes" => Type::Bytes,
            "string" => Type::String,
            _ => {
                let full = full_name(name, namespace);
                let found = self.named.get(&full).or_else(|| self.named.get(name));
                return found.copied().ok_or_else(|| format!("the type `{name}` is not defined"));
            }
        };
        Ok(self.add(primitive))
    }

    fn definition(&mut self, schema: &Map<String, Value>, namespace: Option<&str>) -> Result<TypeId, String> {
        let kind = match schema.get("type") {
            Some(Value::String(kind)) => kind.as_str(),
            Some(nested) => return self.schema(nested, namespace),
            None => return Err("a schema has no `type`".to_owned()),
        };
        let part = |name: &str| schema.get(name).ok_or_else(|| format!("the {kind} has no `{name}`"));
        match kind {
            "array" => {
                let items = self.schema(part("items")?, namespace)?;
                return Ok(self.add(Type::Array(items)));
            }
            "map" => {
                let values = self.schema(part("values")?, namespace)?;
                return Ok(self.add(Type::Map(values)));
            }
            "record" | "error" | "enum" | "fixed" => {}
            _ => return self.reference(kind, namespace),
        }
        let given = part("name")?.as_str().ok_or_else(|| format!("the name of the {kind} is not a string"))?;
        let own = schema.get("namespace").and_then(Value::as_str).or(namespace);
        let name = full_name(given, own);
        if !name.split('.').all(is_name) {
            return Err(format!("`{given}` is not a name: use letters, digits and `_`, a letter or `_` first"));
        }
        let inner = name.rsplit_once('.').map(|(inner, _)| inner.to_owned());
        // Reserves the name until its definition is read, which may refer to it.
        let id = self.add(Type::Fixed { name: name.clone(), size: 0 });
        if self.named.insert(name.clone(), id).is_some() {
            return Err(format!("the type `{name}` is defined twice"));
        }
        self.types[id.0] = match kind {
            "enum" => Type::Enum { symbols: symbols(part("symbols")?, &name)?, name },
            "fixed" => {
                let size = part("size")?.as_u64().and_then(|size| usize::try_from(size).ok());
                Type::Fixed {
                    size: size.ok_or_else(|| format!("the size of `{name}` is not a number of bytes"))?,
                    name,
                }
            }
            _ => {
                let fields =
                    part("fields")?.as_array().ok_or_else(|| format!("`fields` of `{name}` is not an array"))?;
                let fields = self.fields(fields, id, &name, inner.as_deref())?;
                Type::Record { name, fields }
            }
        };
        Ok(id)
    }

    fn fields(
        &mut self,
        given: &[Value],
        record: TypeId,
        of: &str,
        namespace: Option<&str>,
    ) -> Result<Vec<Field>, String> {
        let mut fields: Vec<Field> = Vec::with_capacity(given.len());
        for (index, field) in given.iter().enumerate() {
            let name = field.get("name").and_then(Value::as_str).filter(|name| is_name(name));
            let name = name.ok_or_else(|| format!("a field of `{of}` has no valid name"))?.to_owned();
            if fields.iter().any(|other| other.name == name) {
                return Err(format!("`{of}` has two fields `{name}`"));
            }
            let kind = field.get("type").ok_or_else(|| format!("the field `{name}` of `{of}` has no `type`"))?;
            let kind = self.schema(kind, namespace)?;
            if let Some(value) = field.get("default") {
                self.defaults.push(FieldDefault {
                    record,
                    index,
                    field: format!("{of}.{name}"),
                    kind,
                    value: value.clone(),
                });
            }
            fields.push(Field { name, kind, default: None });
        }
        Ok(fields)
    }
}

fn symbols(given: &Value, of: &str) -> Result<Vec<String>, String> {
    let symbols = given.as_array().into_iter().flatten().map(|symbol| symbol.as_str().filter(|symbol| is_name(symbol)));
    let symbols: Option<Vec<_>> = symbols.map(|symbol| symbol.map(str::to_owned)).collect();
    let symbols = symbols.filter(|symbols| !symbols.is_empty());
    symbols.ok_or_else(|| format!("the symbols of `{of}` are not an array of names"))
}

fn full_name(name: &str, namespace: Option<&str>) -> String {
    match namespace {
        Some(namespace) if !name.contains('.') && !namespace.is_empty() => format!("{namespace}.{name}"),
        _ => name.to_owned(),
    }
}

fn is_name(text: &str) -> bool {
    let begins = |first: char| first.is_ascii_alphabetic() || first == '_';
    text.starts_with(begins) && text.chars().all(|character| begins(character) || character.is_ascii_digit())
}

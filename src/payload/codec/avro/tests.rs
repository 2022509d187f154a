use data_encoding::HEXLOWER;
use proptest::prelude::*;

use super::*;

fn schema(text: &str) -> AvroSchema {
    AvroSchema::parse(text.as_bytes()).unwrap()
}

fn written(schema: &AvroSchema, json: &str) -> String {
    match schema.encode(json.as_bytes()) {
        Ok(bytes) => HEXLOWER.encode(&bytes),
        Err(error) => error.to_string(),
    }
}

fn shown(schema: &AvroSchema, hex: &str) -> String {
    let mut out = Vec::new();
    match schema.decode(&HEXLOWER.decode(hex.as_bytes()).unwrap(), &mut out) {
        Ok(()) => String::from_utf8(out).unwrap(),
        Err(error) => error.to_string(),
    }
}

/// Writes each text as its bytes and reads them back as the same text.
fn agree(schema_text: &str, cases: &[(&str, &str)]) {
    let schema = schema(schema_text);
    for (json, hex) in cases {
        assert_eq!(written(&schema, json), *hex, "{json}");
        assert_eq!(shown(&schema, hex), *json, "{hex}");
    }
}

/// The examples of the specification's section on binary encoding.
#[test]
fn the_examples_of_the_specification_are_written_and_read() {
    agree(
        "\"long\"",
        &[
            ("0", "00"),
            ("-1", "01"),
            ("1", "02"),
            ("-64", "7f"),
            ("64", "8001"),
            ("9223372036854775807", "feffffffffffffffff01"),
            ("-9223372036854775808", "ffffffffffffffffff01"),
        ],
    );
    agree("\"string\"", &[("\"foo\"", "06666f6f")]);
    agree(
        r#"{"type":"record","name":"test","fields":[{"name":"a","type":"long"},{"name":"b","type":"string"}]}"#,
        &[(r#"{"a":27,"b":"foo"}"#, "3606666f6f")],
    );
    agree(r#"{"type":"enum","name":"Foo","symbols":["A","B","C","D"]}"#, &[("\"D\"", "06")]);
    agree(r#"{"type":"array","items":"long"}"#, &[("[3,27]", "04063600"), ("[]", "00")]);
    agree(r#"["null","string"]"#, &[("null", "00"), ("\"a\"", "020261")]);
    agree(r#"{"type":"map","values":"int"}"#, &[(r#"{"a":1}"#, "0202610200")]);
    agree(r#"{"type":"fixed","name":"F","size":2}"#, &[(r#""aÿ""#, "61ff")]);
    agree("\"double\"", &[("0.1", "9a9999999999b93f"), ("\"NaN\"", "000000000000f87f")]);
    agree("\"float\"", &[("0.1", "cdcccc3d"), ("\"-Infinity\"", "000080ff")]);
    agree("\"boolean\"", &[("true", "01"), ("false", "00")]);
}

/// The fingerprints of the project's own `schema-tests.txt`.
#[test]
fn fingerprints_are_those_of_the_avro_project() {
    for (text, fingerprint) in [
        ("\"null\"", 7_195_948_357_588_979_594_i64),
        ("{\"type\":\"boolean\"}", -6_970_731_678_124_411_036),
        ("\"int\"", 8_247_732_601_305_521_295),
        ("\"long\"", -3_434_872_931_120_570_953),
        ("\"float\"", 5_583_340_709_985_441_680),
        ("\"double\"", -8_181_574_048_448_539_266),
        ("\"bytes\"", 5_746_618_253_357_095_269),
        ("\"string\"", -8_142_146_995_180_207_161),
        ("[\"int\"]", -5_232_228_896_498_058_493),
        ("{\"fields\":[], \"type\":\"record\", \"name\":\"foo\"}", -4_824_392_279_771_201_922),
    ] {
        assert_eq!(canonical::fingerprint(&schema(text)), fingerprint.cast_unsigned(), "{text}");
    }
}

#[test]
fn a_single_object_names_its_schema() {
    let (one, other) = (schema("\"int\""), schema("\"long\""));
    let payload = one.encode_single_object(b"1").unwrap();
    assert_eq!(HEXLOWER.encode(&payload), "c3018f5c393f1ad5757202");
    let mut out = Vec::new();
    one.decode_single_object(&payload, &mut out).unwrap();
    assert_eq!(out, b"1");
    let refused = |payload: &[u8]| other.decode_single_object(payload, &mut Vec::new()).unwrap_err().to_string();
    assert_eq!(refused(&payload), "not avro-single-object at byte 2: the fingerprint belongs to another schema");
    assert!(refused(b"\xc3\x01").contains("it does not begin with the marker"));
}

#[test]
fn a_union_is_bare_where_the_kind_of_a_value_says_its_branch() {
    agree(r#"["null","int",{"type":"array","items":"int"}]"#, &[("null", "00"), ("1", "0202"), ("[1]", "04020200")]);
    let numbers = schema(r#"["null","int","string","double"]"#);
    assert_eq!((written(&numbers, "1"), written(&numbers, "1.5")), ("0202".into(), "06000000000000f83f".into()));
    assert_eq!(shown(&numbers, "0202"), r#"{"int":1}"#);
    assert_eq!(written(&numbers, r#"{"int":1}"#), "0202");
    assert_eq!(
        written(&numbers, "[]"),
        "not encodable as avro at character 1: an array does not fit any branch of the union: null, int, string, double"
    );
    let records = schema(
        r#"[{"type":"record","name":"n.A","fields":[{"name":"x","type":"int"}]},
            {"type":"record","name":"n.B","fields":[{"name":"x","type":"int"}]}]"#,
    );
    assert!(written(&records, r#"{"x":1}"#).ends_with(r#"several branches of the union fit: write {"n.A": ...}"#));
    assert_eq!(
        (written(&records, r#"{"B":{"x":1}}"#), shown(&records, "0202")),
        ("0202".into(), r#"{"n.B":{"x":1}}"#.into())
    );
}

#[test]
fn a_type_may_name_itself_and_defaults_fill_in() {
    let list = schema(
        r#"{"type":"record","name":"List","namespace":"n","fields":[
            {"name":"value","type":"int","default":7},{"name":"next","type":["null","List"],"default":null}]}"#,
    );
    assert_eq!(written(&list, r#"{"next":{"value":1}}"#), "0e020200");
    assert_eq!(shown(&list, "0e020200"), r#"{"value":7,"next":{"value":1,"next":null}}"#);
    // Each level says that another follows.
    assert!(shown(&list, &"0002".repeat(10_000)).ends_with("values nest more than 100 levels deep"));
}

#[test]
fn a_value_that_the_schema_does_not_allow_is_refused_at_its_place() {
    let record = schema(
        r#"{"type":"record","name":"R","fields":[{"name":"a","type":"int"},
            {"name":"e","type":{"type":"enum","name":"E","symbols":["X"]},"default":"X"}]}"#,
    );
    for (json, error) in [
        (r#"{"a":2147483648}"#, "at character 6: `2147483648` is not between -2147483648 and 2147483647"),
        (r#"{"a":1.0}"#, "at character 6: `1.0` is not an integer"),
        (r#"{"a":"1"}"#, "at character 6: the schema requires an int, not a string"),
        (r#"{"b":1}"#, "at character 6: `R` has no field `b`"),
        (" {}", "at character 2: the field `a` of `R` is missing"),
        (r#"{"a":1,"e":"Y"}"#, "at character 12: `Y` is not a symbol of `E`: use X"),
    ] {
        assert_eq!(written(&record, json), format!("not encodable as avro {error}"));
    }
    assert_eq!(
        written(&schema("\"float\""), "1e39").split(": ").last(),
        Some("`1e39` is too large for a 32-bit float")
    );
}

#[test]
fn a_payload_that_is_not_a_datum_is_refused_where_it_ends_being_one() {
    for (of, hex, error) in [
        ("\"string\"", "feffffffffffffffff01", "at byte 10: 9223372036854775807 bytes are needed, but only 0 are left"),
        ("\"string\"", "01", "at byte 1: -1 is not a length"),
        ("\"long\"", "ffffffffffffffffffff01", "at byte 10: an integer has more than ten bytes"),
        ("\"int\"", "8080808020", "at byte 5: 4294967296 is not an int"),
        ("\"boolean\"", "02", "at byte 1: 0x02 is not a boolean"),
        ("\"boolean\"", "0101", "at byte 1: the datum ends here, and 1 more bytes follow"),
        ("[\"null\"]", "02", "at byte 1: the union has no branch 1"),
        (r#"{"type":"array","items":"null"}"#, "feffffffffffffffff01", "at byte 10: too many values of zero bytes"),
        (
            r#"{"type":"array","items":"long"}"#,
            "feffffffffffffffff01",
            "at byte 10: 1 bytes are needed, but only 0 are left",
        ),
    ] {
        assert_eq!(shown(&schema(of), hex), format!("not avro {error}"));
    }
    // A block may say how many bytes it has.
    assert_eq!(
        shown(&schema(r#"{"type":"array","items":"long"}"#), "030406360206 00".replace(' ', "").as_str()),
        "[3,27,3]"
    );
}

#[test]
fn a_schema_that_is_none_is_refused() {
    for (text, error) in [
        ("{", "not JSON at line 1, column 1: the text ends within an object"),
        ("\"Person\"", "the type `Person` is not defined"),
        ("[]", "a union has no branches"),
        ("[\"int\",\"int\"]", "a union has two branches `int`"),
        (r#"{"type":"record","fields":[]}"#, "the record has no `name`"),
        (
            r#"{"type":"record","name":"a-b","fields":[]}"#,
            "`a-b` is not a name: use letters, digits and `_`, a letter or `_` first",
        ),
        (
            r#"{"type":"record","name":"R","fields":[{"name":"a","type":"int","default":"x"}]}"#,
            "the default of `R.a`: the schema requires an int, not a string",
        ),
    ] {
        assert_eq!(AvroSchema::parse(text.as_bytes()).unwrap_err(), error);
    }
}

proptest! {
    #[test]
    fn any_value_comes_back(long: i64, double in proptest::num::f64::NORMAL, float in proptest::num::f32::NORMAL, text: String) {
        for (of, json) in [
            ("\"long\"", long.to_string()),
            ("\"double\"", serde_json::to_string(&double).unwrap()),
            ("\"float\"", serde_json::to_string(&float).unwrap()),
        ] {
            let schema = schema(of);
            prop_assert_eq!(shown(&schema, &written(&schema, &json)), json);
        }
        let strings = schema("\"string\"");
        let back = shown(&strings, &written(&strings, &serde_json::to_string(&text).unwrap()));
        prop_assert_eq!(serde_json::from_str::<String>(&back).unwrap(), text);
    }

    #[test]
    fn any_bytes_are_json_or_refused(bytes: Vec<u8>) {
        let schema = schema(
            r#"{"type":"record","name":"R","fields":[
                {"name":"m","type":{"type":"map","values":["null","int","double","R"]}},{"name":"b","type":"bytes"}]}"#,
        );
        let mut out = Vec::new();
        if schema.decode(&bytes, &mut out).is_ok() {
            prop_assert!(serde_json::from_slice::<serde_json::Value>(&out).is_ok());
        }
    }
}

use proptest::prelude::*;

use super::*;

fn shown(format: PayloadFormat, payload: &[u8]) -> String {
    let mut out = Vec::new();
    Codec::from(format).decode("t", payload, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

fn encoded(format: PayloadFormat, text: impl Into<Bytes>) -> Result<Bytes, PayloadError> {
    Codec::from(format).encode("t", text.into())
}

fn refused(format: PayloadFormat, text: &'static str) -> (String, String) {
    let error = encoded(format, text).unwrap_err();
    (error.to_string(), error.caret().unwrap().to_owned())
}

#[test]
fn shows_hex_in_groups_of_four_digits() {
    assert_eq!(shown(PayloadFormat::Hex, b"Hello"), "4865 6c6c 6f");
    assert_eq!(shown(PayloadFormat::Hex, b""), "");
}

#[test]
fn reads_hex_in_either_case_with_white_space() {
    let payload = encoded(PayloadFormat::Hex, &b" 00 fF\t0A\n"[..]).unwrap();
    assert_eq!(&payload[..], b"\x00\xff\x0a");
}

#[test]
fn names_the_place_where_hex_ends_being_hex() {
    let (message, caret) = refused(PayloadFormat::Hex, "zz");
    assert_eq!(message, "not hex at character 1: hexadecimal digits are 0-9 and a-f");
    assert_eq!(caret, "zz\n^");
    let (message, caret) = refused(PayloadFormat::Hex, "00\n车g\n");
    assert_eq!(message, "not hex at line 2, character 1: hexadecimal digits are 0-9 and a-f");
    assert_eq!(caret, "车g\n^");
    assert_eq!(refused(PayloadFormat::Hex, "001").0, "not hex at character 4: a digit is missing: each byte has two");
}

#[test]
fn reads_base64_of_both_alphabets_with_or_without_padding() {
    for text in ["+/8=", "-_8=", "-_8", " +/\n8 ="] {
        assert_eq!(&encoded(PayloadFormat::Base64, text).unwrap()[..], b"\xfb\xff", "{text}");
    }
    assert!(encoded(PayloadFormat::Base64, "").unwrap().is_empty());
}

#[test]
fn refuses_what_is_not_base64_and_says_where() {
    assert_eq!(refused(PayloadFormat::Base64, "aG k*").1, "aG k*\n    ^");
    assert_eq!(
        refused(PayloadFormat::Base64, "aGk==").0,
        "not base64 at character 4: the padding `=` does not fit the number of digits"
    );
    assert_eq!(refused(PayloadFormat::Base64, "aGkaa").0, "not base64 at character 6: the text ends within a byte");
    assert_eq!(
        refused(PayloadFormat::Base64, "aGl").0,
        "not base64 at character 3: the last digit has unused bits that are not 0"
    );
    assert!(refused(PayloadFormat::Base64, "a=Gk").0.starts_with("not base64 at character 2: "));
}

#[test]
fn json_is_published_compact_and_shown_indented() {
    let payload = encoded(PayloadFormat::Json, &b" { \"a\" : 1.10 }\n"[..]).unwrap();
    assert_eq!(&payload[..], b"{\"a\":1.10}");
    assert_eq!(shown(PayloadFormat::Json, &payload), "{\n  \"a\": 1.10\n}");
}

#[test]
fn names_the_place_where_json_ends_being_json() {
    let (message, caret) = refused(PayloadFormat::Json, "{\"a\": nul}");
    assert_eq!(message, "not json at character 10: not a JSON value");
    assert_eq!(caret, "{\"a\": nul}\n         ^");
    assert_eq!(
        refused(PayloadFormat::Json, "{\n \"a\": 1").0,
        "not json at line 2, character 8: the text ends within an object"
    );
    assert_eq!(refused(PayloadFormat::Json, "").0, "not json at character 1: a value is missing");
    let error = encoded(PayloadFormat::Json, &b"\"\xff\""[..]).unwrap_err();
    assert_eq!(error.to_string(), "not json at character 2: JSON must be UTF-8, but this byte is not");
}

#[test]
fn a_payload_that_does_not_decode_leaves_the_output_alone() {
    let mut out = b"before".to_vec();
    Codec::from(PayloadFormat::Json).decode("t", b"{\"a\":", &mut out).unwrap_err();
    assert_eq!(out, b"before");
}

#[test]
fn a_caret_line_shows_nothing_that_a_terminal_obeys() {
    let error = encoded(PayloadFormat::Hex, &b"00\x1b[2Jg"[..]).unwrap_err();
    assert_eq!(error.caret().unwrap(), "00\u{fffd}[2Jg\n  ^");
}

proptest! {
    #[test]
    fn what_is_shown_reads_back_as_the_payload(payload: Vec<u8>) {
        for format in [PayloadFormat::Plain, PayloadFormat::Hex, PayloadFormat::Base64, PayloadFormat::Binary] {
            let mut out = Vec::new();
            Codec::from(format).decode("t", &payload, &mut out).unwrap();
            prop_assert_eq!(&encoded(format, out).unwrap()[..], &payload[..]);
        }
    }

    #[test]
    fn any_text_is_encoded_or_refused(text: String, bytes: Vec<u8>) {
        for format in PayloadFormat::ALL {
            for text in [text.clone().into_bytes(), bytes.clone()] {
                if let Err(error) = encoded(format, text.clone()) {
                    prop_assert!(!error.to_string().is_empty());
                }
                let mut out = Vec::new();
                if Codec::from(format).decode("t", &text, &mut out).is_err() {
                    prop_assert!(out.is_empty());
                }
            }
        }
    }
}

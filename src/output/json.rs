//! What the JSON shapes of other clients have in common.

use crate::mqtt::UserProperty;
use crate::payload::push_json_string;

/// An object; a name that comes again has an array of its values where it comes first.
pub(super) fn push_user_properties(properties: &[UserProperty], out: &mut Vec<u8>) {
    out.push(b'{');
    for (index, (name, value)) in properties.iter().enumerate() {
        if properties[..index].iter().any(|(earlier, _)| earlier == name) {
            continue;
        }
        if index > 0 {
            out.push(b',');
        }
        push_json_string(name, out);
        out.push(b':');
        let mut again = properties[index + 1..].iter().filter(|(later, _)| later == name).peekable();
        if again.peek().is_none() {
            push_json_string(value, out);
            continue;
        }
        out.push(b'[');
        push_json_string(value, out);
        for (_, value) in again {
            out.push(b',');
            push_json_string(value, out);
        }
        out.push(b']');
    }
    out.push(b'}');
}

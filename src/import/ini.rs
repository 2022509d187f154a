//! MQTTX CLI's own config, `~/.mqttx-cli/config`: a section `[mqtt]` with the broker.

use super::draft::Draft;
use crate::config::options_file::Remark;
use crate::error::Error;

pub(super) fn read(text: &str, remarks: &mut Vec<Remark>) -> Result<Draft, Error> {
    let mut draft = Draft { name: Some("mqttx".to_owned()), ..Draft::default() };
    let mut section = String::new();
    for (index, line) in text.trim_start_matches('\u{feff}').lines().enumerate() {
        let number = index + 1;
        let line = line.trim();
        if line.is_empty() || line.starts_with(['#', ';']) {
            continue;
        }
        if let Some(name) = line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
            name.trim().clone_into(&mut section);
            continue;
        }
        let Some((key, value)) = line.split_once('=') else {
            return Err(Error::usage(format!("line {number}: this is neither `key = value` nor a [section]")));
        };
        let (key, value) = (key.trim(), unquoted(value.trim()));
        if value.is_empty() {
            continue;
        }
        let path = match (section.as_str(), key) {
            ("mqtt", "host") => "connection.host",
            ("mqtt", "port") => "connection.port",
            ("mqtt", "protocol") => "connection.protocol",
            ("mqtt", "max_reconnect_times") => "connection.maximum_reconnect_times",
            ("mqtt", "username") => "connection.username",
            ("mqtt", "password") => {
                draft.password = Some(value);
                continue;
            }
            // What is printed anyway.
            ("default", "output") if value == "text" => continue,
            ("default", "output") => {
                let message = format!("`{value}` is left out: use --log-file and --output-mode on the command line");
                remarks.push(Remark { line: number, key: format!("{section}.{key}"), message });
                continue;
            }
            _ => {
                let message = "left out: profiles have no equivalent".to_owned();
                remarks.push(Remark { line: number, key: format!("{section}.{key}"), message });
                continue;
            }
        };
        draft.set(path, value);
    }
    Ok(draft)
}

fn unquoted(value: &str) -> String {
    let quoted = |quote| value.strip_prefix(quote).and_then(|value| value.strip_suffix(quote));
    quoted('"').or_else(|| quoted('\'')).unwrap_or(value).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::profile::Profile;

    #[test]
    fn the_broker_of_mqttx_s_config_is_the_connection() {
        let text = "; MQTTX\n[default]\noutput = log\n\n[mqtt]\nhost = \"broker.example\"\nport = 1884\nprotocol = wss\n\
                    max_reconnect_times = 3\nusername = me\npassword = hunter2\nodd = 1\n";
        let mut remarks = Vec::new();
        let draft = read(text, &mut remarks).unwrap();
        let expected = "[connection]\nhost = \"broker.example\"\nport = 1884\nprotocol = \"wss\"\nusername = \"me\"\n\
                        maximum_reconnect_times = 3\n";
        assert_eq!(draft.profile, Profile::parse("x", expected).unwrap());
        assert_eq!(draft.password.as_deref(), Some("hunter2"));
        assert_eq!(
            remarks.iter().map(ToString::to_string).collect::<Vec<_>>(),
            [
                "line 3: default.output: `log` is left out: use --log-file and --output-mode on the command line",
                "line 12: mqtt.odd: left out: profiles have no equivalent",
            ]
        );
    }

    #[test]
    fn a_line_that_is_none_is_refused() {
        assert_eq!(
            read("[mqtt]\nhost\n", &mut Vec::new()).unwrap_err().message(),
            "line 2: this is neither `key = value` nor a [section]"
        );
    }
}

//! Commands that are run by the shell for a message.

use std::process::{ExitStatus, Stdio};

use bytes::Bytes;
use tokio::io::AsyncWriteExt;
use tokio::process::{Child, Command};

use crate::mqtt::Message;

/// A command with what is known of the message in its environment, and a stdin that [`feed`] writes to.
pub(super) fn command_for(command: &str, message: &Message) -> Command {
    let mut shell = if cfg!(windows) { Command::new("cmd") } else { Command::new("sh") };
    shell.args([if cfg!(windows) { "/C" } else { "-c" }, command]);
    let flag = |is_set: bool| if is_set { "1" } else { "0" };
    shell
        .env("MQTT_TOPIC", message.topic.as_str())
        .env("MQTT_QOS", message.qos.to_string())
        .env("MQTT_RETAIN", flag(message.retain));
    let properties = message.properties.as_deref();
    let text = |bytes: &Bytes| String::from_utf8_lossy(bytes).into_owned();
    let users = properties.map(|properties| {
        // A line break in one of them would make a line that looks like another property.
        let one_line = |text: &str| text.replace('\n', "\\n").replace('\r', "\\r");
        let lines = properties.user_properties.iter();
        let lines = lines.map(|(name, value)| format!("{}: {}", one_line(name), one_line(value)));
        lines.collect::<Vec<_>>().join("\n")
    });
    for (name, value) in [
        ("MQTT_CONTENT_TYPE", properties.and_then(|properties| properties.content_type.clone())),
        ("MQTT_RESPONSE_TOPIC", properties.and_then(|properties| properties.response_topic.clone())),
        ("MQTT_CORRELATION_DATA", properties.and_then(|properties| properties.correlation_data.as_ref().map(text))),
        ("MQTT_USER_PROPERTIES", users),
    ] {
        // A variable cannot hold U+0000. One of our own environment is not the message's.
        shell.env(name, value.unwrap_or_default().replace('\0', "\u{fffd}"));
    }
    shell.stdin(Stdio::piped()).kill_on_drop(true);
    shell
}

/// Writes a payload to the command's stdin and closes it.
pub(super) async fn feed(child: &mut Child, payload: &[u8]) {
    if let Some(mut stdin) = child.stdin.take() {
        // A command that does not read its stdin closes the pipe.
        _ = stdin.write_all(payload).await;
    }
}

/// Why a command has not done its work; the error says so.
pub(super) fn check(command: &str, status: ExitStatus) -> Result<(), String> {
    if status.success() { Ok(()) } else { Err(format!("`{command}` ended with {status}")) }
}

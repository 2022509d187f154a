//! The keys of a profile.

use super::page::{Page, code, table};
use crate::config::table::{Note, keys, rows};

pub(super) fn profile_keys() -> Page {
    let needs_v5 = |path: &str| rows().any(|row| row.has(Note::NeedsV5) && row.key.is_some_and(|key| key.path == path));
    let mut text =
        "A profile is a TOML file in `~/.config/mqttx-rs/profiles`; `.mqttx-rs.toml` in a project has the same keys. \
                    `extends = \"NAME\"`\nabove the first section takes all other values from another profile.\n"
            .to_owned();
    let mut sections: Vec<(&str, Vec<Vec<String>>)> = Vec::new();
    for key in keys() {
        let option = format!("--{}", key.option.replace('_', "-"));
        let version = if needs_v5(key.path) { "5.0" } else { "" };
        let row =
            vec![code(key.name()), key.kind.meaning().to_owned(), code(key.example), code(option), version.to_owned()];
        match sections.last_mut().filter(|(section, _)| *section == key.section()) {
            Some((_, rows)) => rows.push(row),
            None => sections.push((key.section(), vec![row])),
        }
    }
    for (section, rows) in sections {
        let head = ["key", "value", "example", "option", "MQTT"];
        text.extend([format!("\n## `[{section}]`\n\n{}", table(&head, rows))]);
    }
    text.push_str(
        "\n## Example\n\n```console\n\
         $ mqttx-rs profile add lamp -h 127.0.0.1 --set publish.topic=lamp/1\n...\n\
         $ mqttx-rs profile show lamp\n[connection]\nhost = \"127.0.0.1\"\n\n[publish]\ntopic = \"lamp/1\"\n```\n",
    );
    Page {
        file: "profile-keys.md",
        title: "Keys of profiles",
        about: "All keys of a profile, section by section",
        text,
    }
}

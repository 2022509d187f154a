//! Files of other programs as profiles: text in, profiles out, and a list of what a profile cannot express.
//!
//! ```text
//! text --detect--> Format --options, ini, desktop, spring--> Draft, Remark --finish--> Imported
//! ```
//!
//! Nothing is dropped silently: each [`Remark`] has the line and the key that it is about. Pure: files are read and
//! written by [`crate::command`].

mod desktop;
mod draft;
mod ini;
mod options;
mod spring;

use draft::{Draft, slug};

use crate::config::profile::{Profile, Secrets, Value, check_name, is_reference};
use crate::config::table::Key;
use crate::config::tree::Node;
use crate::error::Error;

use crate::cli::profile::ImportFormat;
use crate::config::options_file::Remark;

/// The result of an import.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Imported {
    /// By name, each after the one that it extends.
    pub profiles: Vec<(String, Profile)>,
    /// What could not be imported unchanged, in the order of the file.
    pub remarks: Vec<Remark>,
    /// What was done with secrets in plain text, by profile and key.
    pub secrets: Vec<String>,
}

/// How a file is imported.
#[derive(Debug, Clone)]
pub(crate) struct ImportOptions {
    /// Its format; `None`: detected from its content.
    pub format: Option<ImportFormat>,
    /// The profile's name; of several, their common prefix. `None`: from the content or the name of the file.
    pub name: Option<String>,
    /// The name to use if the file has none: the file name without its extension.
    pub stem: String,
    /// What to do with a password in plain text.
    pub secrets: Secrets,
}

/// Reads a file of another program, or an exported profile.
///
/// # Errors
///
/// The text is in none of the formats, or invalid in its format, with the line; or an invalid profile name.
pub(crate) fn import(text: &str, options: &ImportOptions) -> Result<Imported, Error> {
    let text = text.trim_start_matches('\u{feff}');
    let format = match options.format {
        Some(format) => format,
        None => detect(text)?,
    };
    let mut remarks = Vec::new();
    let drafts = match format {
        ImportFormat::MqttxOptions => options::read(&document(text)?, &mut remarks),
        ImportFormat::MqttxIni => vec![ini::read(text, &mut remarks)?],
        ImportFormat::MqttxDesktop => desktop::read(&document(text)?, &mut remarks),
        ImportFormat::Spring => spring::read(&Node::documents(text)?, &mut remarks),
        ImportFormat::Profile => vec![Draft { profile: Profile::parse("the file", text)?, ..Draft::default() }],
    };
    if drafts.iter().all(Draft::is_empty) {
        return Err(Error::usage(format!("nothing to import: {}", expected(format))));
    }
    remarks.sort_by_key(|remark| remark.line);
    finish(drafts, remarks, options)
}

/// The one document of a text.
fn document(text: &str) -> Result<Node, Error> {
    let mut documents = Node::documents(text)?;
    match documents.len() {
        1 => Ok(documents.remove(0)),
        count => Err(Error::usage(format!("the file contains {count} documents instead of one"))),
    }
}

fn expected(format: ImportFormat) -> &'static str {
    match format {
        ImportFormat::MqttxOptions => "a file of MQTTX's -so has sections such as `pub` and `sub`",
        ImportFormat::MqttxIni => "MQTTX's config has a section [mqtt]",
        ImportFormat::MqttxDesktop => "MQTTX's export is a list of connections, each with host and clientId",
        ImportFormat::Spring => "a Spring application.yml has client.serverURI below mqtt or another prefix",
        ImportFormat::Profile => "a profile has sections such as [connection]",
    }
}

/// Detects the format of a text from its content.
fn detect(text: &str) -> Result<ImportFormat, Error> {
    let unknown = |reason: &str| {
        let known =
            "MQTTX options (-so), config and export files, Spring application.yml files and profiles can be imported";
        Error::usage(format!("this file cannot be imported: {reason}"))
            .with_hint(format!("{known}; --format names the format"))
    };
    let lines = || text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with(['#', ';']));
    if lines().any(|line| line == "[mqtt]") {
        return Ok(ImportFormat::MqttxIni);
    }
    let is_section = |line: &str| {
        let name = line.strip_prefix('[').and_then(|line| line.strip_suffix(']'));
        name.is_some_and(|name| Key::sections().contains(&name))
    };
    if lines().any(is_section) || lines().next().is_some_and(|line| line.starts_with("extends")) {
        return Ok(ImportFormat::Profile);
    }
    let documents = Node::documents(text).map_err(|error| unknown(error.message()))?;
    let has = |format: ImportFormat| match format {
        ImportFormat::MqttxOptions => documents.iter().any(options::is_one),
        ImportFormat::MqttxDesktop => documents.iter().any(desktop::is_one),
        _ => spring::is_one(&documents),
    };
    let formats = [ImportFormat::MqttxOptions, ImportFormat::MqttxDesktop, ImportFormat::Spring];
    formats.into_iter().find(|format| has(*format)).ok_or_else(|| unknown("unknown format"))
}

/// Names all profiles, and handles secrets as requested.
fn finish(drafts: Vec<Draft>, remarks: Vec<Remark>, options: &ImportOptions) -> Result<Imported, Error> {
    let drafts: Vec<_> = drafts.into_iter().filter(|draft| !draft.is_empty()).collect();
    let is_alone = drafts.len() == 1;
    let mut imported = Imported { remarks, ..Imported::default() };
    for draft in drafts {
        let suggested = || slug(draft.name.as_deref().unwrap_or(&options.stem));
        let wanted = match (&options.name, &draft.label) {
            (Some(name), _) if is_alone || draft.is_main => name.clone(),
            (None, _) if is_alone || draft.is_main => suggested(),
            (Some(name), label) => format!("{name}-{}", label.clone().unwrap_or_else(suggested)),
            (None, Some(label)) => format!("{}-{label}", suggested()),
            (None, None) => suggested(),
        };
        check_name(&wanted)?;
        let is_taken = |name: &str| imported.profiles.iter().any(|(other, _)| other == name);
        let numbered = (2..).map(|number| format!("{wanted}-{number}"));
        let name = std::iter::once(wanted.clone()).chain(numbered).find(|name| !is_taken(name)).unwrap_or(wanted);
        let mut profile = draft.profile;
        if draft.extends_main {
            profile.extends = imported.profiles.first().map(|(main, _)| main.clone());
        }
        let told = keep_secrets(&mut profile, draft.password, &options.secrets);
        imported.secrets.extend(told.into_iter().map(|told| format!("profile {name}: {told}")));
        imported.profiles.push((name, profile));
    }
    Ok(imported)
}

/// Replaces secrets as requested, and returns messages about it.
fn keep_secrets(profile: &mut Profile, password: Option<String>, secrets: &Secrets) -> Vec<String> {
    let mut told = Vec::new();
    if let Some(text) = password {
        let (value, became) = match secrets {
            // What looks like a reference would be treated as one.
            Secrets::Plain if !is_reference(&text) => (text, "the password is written in plain text".to_owned()),
            Secrets::Prompt | Secrets::Plain => {
                let otherwise = "see --password-env, --password-file and --with-secrets";
                ("prompt".to_owned(), format!("the password is not written, each run asks for it ({otherwise})"))
            }
            Secrets::Environment(name) => {
                (format!("env:{name}"), format!("the password is not written: set the variable {name}"))
            }
            Secrets::File(path) => {
                let path = path.display();
                (format!("file:{path}"), format!("the password is not written: store it in the file {path}"))
            }
        };
        told.push(became);
        profile.values.insert("connection.password", Value::text(value));
    }
    if *secrets == Secrets::Plain {
        return told;
    }
    let plain = profile.plain_secrets();
    for path in plain {
        profile.values.remove(path);
        told.push(format!("{path} is left out because it may be secret: --with-secrets includes it"));
    }
    told
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn options(name: Option<&str>, secrets: Secrets) -> ImportOptions {
        ImportOptions { format: None, name: name.map(ToOwned::to_owned), stem: "file".to_owned(), secrets }
    }

    #[test]
    fn the_content_says_what_a_file_is() {
        for (text, format) in [
            ("[default]\noutput = text\n\n[mqtt]\nhost = h\n", ImportFormat::MqttxIni),
            ("{\"pub\": {\"hostname\": \"h\"}}", ImportFormat::MqttxOptions),
            ("benchPub:\n  hostname: h\n", ImportFormat::MqttxOptions),
            ("[{\"clientId\": \"c\", \"name\": \"n\", \"host\": \"h\"}]", ImportFormat::MqttxDesktop),
            ("{\"clientId\": \"c\", \"name\": \"n\", \"host\": \"h\"}", ImportFormat::MqttxDesktop),
            ("mqtt:\n  client:\n    serverURI: tcp://h:1\n", ImportFormat::Spring),
            ("# ours\n[connection]\nhost = \"h\"\n", ImportFormat::Profile),
        ] {
            assert_eq!(detect(text), Ok(format), "{text}");
        }
        for text in ["", "hello", "[1, 2]", "{\"a\": 1}", "a: [", "\u{0}"] {
            let error = detect(text).unwrap_err();
            assert!(error.message().starts_with("this file cannot be imported: "), "{text}: {error}");
        }
    }

    #[test]
    fn several_profiles_have_names_of_their_own() {
        let text = r#"[{"clientId": "a", "name": "Plant 7/Süd", "host": "a"}, {"clientId": "b", "name": "Plant 7 Süd", "host": "b"}]"#;
        let names = |name: Option<&str>| {
            let imported = import(text, &options(name, Secrets::Prompt)).unwrap();
            imported.profiles.into_iter().map(|(name, _)| name).collect::<Vec<_>>()
        };
        assert_eq!(names(None), ["Plant-7-Süd", "Plant-7-Süd-2"]);
        assert_eq!(names(Some("x")), ["x-Plant-7-Süd", "x-Plant-7-Süd-2"]);
        let refused = import("[connection]\nhost=\"h\"", &options(Some("../x"), Secrets::Prompt)).unwrap_err();
        assert!(refused.message().starts_with("`../x` is not a valid profile name"), "{refused}");
    }

    #[test]
    fn a_password_in_plain_text_is_written_only_when_that_is_asked_for() {
        let text = "[mqtt]\nhost = h\nusername = u\npassword = hunter2\n";
        let password = |secrets: Secrets| {
            let imported = import(text, &options(None, secrets)).unwrap();
            assert!(!imported.secrets[0].contains("hunter2"));
            imported.profiles[0].1.values["connection.password"].clone()
        };
        assert_eq!(password(Secrets::Prompt), Value::text("prompt"));
        assert_eq!(password(Secrets::Environment("X".into())), Value::text("env:X"));
        assert_eq!(password(Secrets::File("/p".into())), Value::text("file:/p"));
        assert_eq!(password(Secrets::Plain), Value::text("hunter2"));
        let odd = text.replace("hunter2", "env:looks-like-one");
        let imported = import(&odd, &options(None, Secrets::Plain)).unwrap();
        assert_eq!(imported.profiles[0].1.values["connection.password"], Value::text("prompt"));
    }

    proptest! {
        #[test]
        fn every_text_has_a_name(text in "\\PC{0,80}") {
            prop_assert!(check_name(&slug(&text)).is_ok(), "{}", slug(&text));
        }

        #[test]
        fn no_text_makes_the_import_panic(text in "(mqtt:\n client:\n  serverURI: )?[-a-z{}\\[\\]$:,./\" \n]{0,60}") {
            for format in [None, Some(ImportFormat::Spring), Some(ImportFormat::MqttxDesktop), Some(ImportFormat::MqttxIni), Some(ImportFormat::MqttxOptions)] {
                let _ = import(&text, &ImportOptions { format, ..options(None, Secrets::Plain) });
            }
        }
    }
}

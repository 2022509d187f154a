//! What is taught beyond one line: long help of options that need it, and examples of commands that have none.
//!
//! A run never parses with these, so they cost it nothing: they are added to the definition that help, man pages and the
//! reference are made from.

mod bench;
mod connection;
mod examples;
mod lesson;
mod load;
mod messages;
mod single;

use clap::{Arg, Command};

use lesson::Lesson;

/// A definition with all that is taught.
pub(super) fn taught(command: Command) -> Command {
    taught_at(command, "")
}

/// The path is that of the command: `bench pub`, empty for the program.
fn taught_at(command: Command, path: &str) -> Command {
    let examples = examples::EXAMPLES.iter().find(|(of, _)| *of == path).map(|(_, text)| *text);
    let command = match (examples, command.get_after_help()) {
        (Some(text), None) => command.after_help(format!("Examples:\n{text}")),
        // What is defined with the command explains it; what is added here are its examples.
        (Some(text), Some(prose)) if !prose.to_string().contains("Examples:\n") => {
            let prose = prose.to_string();
            command.after_help(format!("{prose}\n\nExamples:\n{text}"))
        }
        _ => command,
    };
    // An option of the same name means something else in a command that does not connect.
    let connects = command.get_arguments().any(|option| option.get_id() == "hostname");
    let command = command.mut_args(|option| with_lesson(option, path, connects));
    let names: Vec<String> = command.get_subcommands().map(|inner| inner.get_name().to_owned()).collect();
    names.into_iter().fold(command, |command, name| {
        let path = if path.is_empty() { name.clone() } else { format!("{path} {name}") };
        command.mut_subcommand(name, |inner| taught_at(inner, &path))
    })
}

fn with_lesson(option: Arg, path: &str, connects: bool) -> Arg {
    let id = option.get_id().as_str();
    let is_general = connects || option.get_help_heading() == Some("General");
    let is_of = |commands: &[&str]| commands.contains(&path) || is_general && commands.is_empty();
    // What is said of one command comes before what is said of all.
    let of = |general: bool| {
        lessons().find(|lesson| lesson.option == id && lesson.commands.is_empty() == general && is_of(lesson.commands))
    };
    let lesson = of(false).or_else(|| of(true));
    match (lesson, option.get_help().map(ToString::to_string)) {
        (Some(lesson), Some(help)) => option.long_help(format!("{help}\n\n{}", lesson.text)),
        _ => option,
    }
}

/// About all options.
fn lessons() -> impl Iterator<Item = &'static Lesson> {
    [connection::LESSONS, messages::LESSONS, load::LESSONS, bench::LESSONS, single::LESSONS].into_iter().flatten()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn each_lesson_is_of_an_option_and_each_example_of_a_command() {
        fn walk(command: &Command, path: &str, options: &mut BTreeSet<(String, String)>) {
            for option in command.get_arguments() {
                options.insert((path.to_owned(), option.get_id().to_string()));
                options.insert((String::new(), option.get_id().to_string()));
            }
            options.insert((path.to_owned(), String::new()));
            for inner in command.get_subcommands() {
                walk(inner, format!("{path} {}", inner.get_name()).trim(), options);
            }
        }
        let mut known = BTreeSet::new();
        walk(&crate::cli::command(), "", &mut known);
        for lesson in lessons() {
            let commands = if lesson.commands.is_empty() { &[""] } else { lesson.commands };
            for command in commands {
                assert!(known.contains(&((*command).to_owned(), lesson.option.to_owned())), "{command} {lesson:?}");
            }
        }
        for (command, _) in examples::EXAMPLES {
            assert!(known.contains(&((*command).to_owned(), String::new())), "{command}");
        }
    }
}

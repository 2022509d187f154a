//! What help shows: the short and the whole page of a command, one option, and pages about topics.
//!
//! Pages are made when they are asked for, from the definition of the command line and from the tables that the program
//! itself uses, so a run pays nothing for them. clap could render a command too, but not the short page with the options
//! in the order of their use, nor `-up` in the place of a short option.

mod layout;
mod option;
mod page;
mod short;
mod topic;

use clap::Command;
use clap::builder::StyledStr;

use crate::cli;
use crate::config::HelpRequest;
use crate::error::{Error, nearest};
use layout::Layout;

/// The page of a command that the command line invokes with `--help` or `--help-all`.
pub(crate) fn of_command(request: &HelpRequest, columns: usize) -> StyledStr {
    let mut root = cli::command();
    root.build();
    let mut layout = Layout::new(columns);
    let path: Vec<_> = request.path.iter().map(String::as_str).collect();
    let (path, mut command) = descend(&root, &path);
    match (path.is_empty(), request.whole) {
        (true, whole) => page::program(&command, whole, &mut layout),
        (false, true) => page::whole(&mut command, &mut layout),
        (false, false) => short::page(&mut command, &path.join(" "), &mut layout),
    }
    layout.finish()
}

/// The whole page of a command of any other definition, for example of `repl`.
pub(crate) fn of_definition(command: &mut Command, columns: usize) -> StyledStr {
    let mut layout = Layout::new(columns);
    page::whole(command, &mut layout);
    layout.finish()
}

/// The list of the commands of any other definition, in groups.
pub(crate) fn list_of_definition(root: &Command, groups: &[(&str, &[&str])], columns: usize) -> StyledStr {
    let mut layout = Layout::new(columns);
    page::grouped(root, groups, false, &mut layout);
    if let Some(text) = root.get_after_help() {
        layout.gap();
        layout.prose(&text.to_string());
    }
    layout.finish()
}

/// The page that the words of `help` ask for: the whole page of a command, an option of it, or a topic.
pub(crate) fn of_words(words: &[String], columns: usize) -> Result<StyledStr, Error> {
    let mut root = cli::command();
    root.build();
    let mut layout = Layout::new(columns);
    let words: Vec<_> = words.iter().map(String::as_str).collect();
    let (path, mut command) = descend(&root, &words);
    match (path.len(), &words[path.len()..]) {
        (0, []) => page::program(&command, false, &mut layout),
        (0, [name]) => match topic::find(name) {
            Some(topic) => topic.page(&mut layout),
            None => return Err(unknown(name, &command)),
        },
        (_, []) => page::whole(&mut command, &mut layout),
        (_, [name]) if !command.has_subcommands() => {
            let path = path.join(" ");
            let Some(option) = option::find(&command, name) else {
                let unknown = Error::usage(format!("`{path}` has no option `{name}`"));
                return Err(unknown.with_hint(format!("`mqttx-rs help {path}` lists the options")));
            };
            option::page(option, &path, &mut layout);
        }
        (_, [name, ..]) => return Err(unknown(name, &command)),
    }
    Ok(layout.finish())
}

/// The command that words name, as far as they do, and the names of the path to it.
fn descend<'a>(root: &Command, words: &[&'a str]) -> (Vec<&'a str>, Command) {
    let mut command = root;
    let mut path = Vec::new();
    for word in words {
        let Some(inner) = command.find_subcommand(word) else { break };
        command = inner;
        path.push(*word);
    }
    (path, command.clone())
}

/// An unknown word of `help`.
fn unknown(name: &str, command: &Command) -> Error {
    let commands = command.get_subcommands().map(Command::get_name);
    let is_root = command.get_name() == "mqttx-rs";
    let topics = topic::names().filter(|_| is_root);
    let mut known: Vec<&str> = commands.collect();
    for topic in topics {
        known.push(topic);
    }
    let similar = nearest(name, known);
    let similar = similar.map(|similar| format!("did you mean `{similar}`?"));
    if !is_root {
        let unknown = Error::usage(format!("`{}` has no command `{name}`", command.get_name()));
        let list = || format!("`mqttx-rs help {}` lists the commands", command.get_name());
        return unknown.with_hint(similar.unwrap_or_else(list));
    }
    let topics = topic::names().collect::<Vec<_>>().join(", ");
    let unknown = Error::usage(format!("no help about `{name}`: use a command, or one of the topics {topics}"));
    unknown.with_hint(similar.unwrap_or_else(|| "`mqttx-rs --help` lists the commands".to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(line: &str) -> Vec<String> {
        line.split_whitespace().map(String::from).collect()
    }

    fn all_paths(command: &Command, path: &str, all: &mut Vec<String>) {
        for inner in command.get_subcommands() {
            let path = format!("{path} {}", inner.get_name()).trim().to_owned();
            all_paths(inner, &path, all);
            all.push(path);
        }
    }

    fn paths() -> Vec<String> {
        let mut all = Vec::new();
        all_paths(&cli::command(), "", &mut all);
        assert!(all.len() > 30);
        all
    }

    #[test]
    fn each_command_has_examples_on_both_pages() {
        let mut without = Vec::new();
        for path in paths() {
            let short = of_command(&HelpRequest { path: words(&path), whole: false }, 80).to_string();
            let whole = of_command(&HelpRequest { path: words(&path), whole: true }, 80).to_string();
            if [&short, &whole].into_iter().any(|page| !page.contains("\nExamples:\n  ")) {
                without.push(path);
            }
        }
        assert_eq!(without, Vec::<String>::new());
    }

    #[test]
    fn short_pages_fit_a_screen_and_no_line_is_wider_than_the_terminal() {
        let mut wrong = Vec::new();
        for path in paths() {
            for whole in [false, true] {
                let page = of_command(&HelpRequest { path: words(&path), whole }, 80).to_string();
                let wide = page.lines().filter(|line| line.chars().count() > 80);
                wrong.extend(wide.map(|line| format!("{path}: {line}")));
                if !whole && page.lines().count() > 44 {
                    wrong.push(format!("{path}: {} lines", page.lines().count()));
                }
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }

    #[test]
    fn topics_fit_the_width_and_say_more_than_their_title() {
        for name in topic::names() {
            let page = of_words(&words(name), 80).unwrap().to_string();
            assert!(page.lines().count() > 8, "{page}");
            for line in page.lines() {
                assert!(line.chars().count() <= 80, "{name}: {line}");
            }
            assert!(!page.contains("\n{{"), "{name}: a table is unknown\n{page}");
        }
    }

    #[test]
    fn the_short_page_has_less_than_the_whole_one() {
        let page = |whole| of_command(&HelpRequest { path: words("pub"), whole }, 80).to_string();
        assert!(page(false).contains("--topic <TOPIC>") && !page(false).contains("--will-delay-interval"));
        assert!(
            page(true).contains("-up, --user-properties <PAIR>...") && page(true).contains("--will-delay-interval")
        );
    }

    #[test]
    fn an_option_is_found_by_each_of_its_names() {
        for name in ["retain-handling", "rh", "--retain-handling", "-rh"] {
            let page = of_words(&words(&format!("sub {name}")), 80).unwrap().to_string();
            assert!(
                page.contains("-rh, --retain-handling <N>...") && page.contains("subscribe.retain_handling"),
                "{page}"
            );
        }
        let error = of_words(&words("sub nothing"), 80).unwrap_err();
        assert_eq!(error.message(), "`sub` has no option `nothing`");
    }
}

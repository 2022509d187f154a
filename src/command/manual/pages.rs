//! Man pages: what `clap_mangen` makes of each command, with the sections that all of them share.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::io;

use clap::Command;

use crate::config;
use crate::error::exit_codes;
use crate::settings::{LINE_GROUPS, line_command};

/// Shorts of several letters, which `clap` does not have, and their long forms.
pub(crate) type Shorts = &'static [(&'static str, &'static str)];

/// The page of each command that help shows, by its file's name.
pub(super) fn all(mut root: Command, shorts: Shorts) -> io::Result<BTreeMap<String, String>> {
    root.build();
    let mut pages = BTreeMap::new();
    let mut commands = vec![root];
    while let Some(command) = commands.pop() {
        commands.extend(command.get_subcommands().filter(|command| !command.is_hide_set()).cloned());
        let name = command.get_display_name().unwrap_or(command.get_name()).to_owned();
        pages.insert(format!("{name}.1"), page(command, shorts)?);
    }
    Ok(pages)
}

/// The page of the program itself.
pub(super) fn main(mut root: Command, shorts: Shorts) -> io::Result<String> {
    root.build();
    page(root, shorts)
}

fn page(mut command: Command, shorts: Shorts) -> io::Result<String> {
    let usage = command.render_usage().to_string();
    // For example `mqttx-rs bench pub`.
    let words = command.get_bin_name().unwrap_or(command.get_name()).to_owned();
    let connects = command.get_arguments().any(|option| option.get_id() == "hostname");
    let has_lines = command.get_name() == "repl";
    let mut page = Vec::new();
    let source = concat!("mqttx-rs ", env!("CARGO_PKG_VERSION"));
    clap_mangen::Man::new(command).source(source).render(&mut page)?;
    let page = String::from_utf8(page).map_err(io::Error::other)?;
    let page = with_synopsis(&page, &usage, &words);
    let mut page = with_breaks(&with_examples(&with_shorts(&page, shorts)));
    if has_lines {
        push_lines(&mut page);
    }
    if connects {
        push_environment(&mut page);
    }
    push_exit_status(&mut page);
    if let Some((parent, _)) = words.rsplit_once(' ') {
        // Writing to a string does not fail.
        let _ = writeln!(page, ".SH SEE ALSO\n\\fB{}\\fR(1)", in_roff(&parent.replace(' ', "-")));
    }
    Ok(page)
}

/// With the usage that help shows: `clap_mangen` lists every option, and there may be a hundred.
fn with_synopsis(page: &str, usage: &str, words: &str) -> String {
    const HEADING: &str = ".SH SYNOPSIS\n";
    let Some((before, rest)) = page.split_once(HEADING) else { return page.to_owned() };
    let after = rest.find("\n.SH ").map_or("", |at| &rest[at..]);
    let lines = usage.trim_start_matches("Usage:").trim().lines().map(|line| match line.trim().strip_prefix(words) {
        Some(arguments) => format!("\\fB{}\\fR {}", in_roff(words), in_roff(arguments)).trim_end().to_owned(),
        None => in_roff(line),
    });
    format!("{before}{HEADING}{}{after}", lines.collect::<Vec<_>>().join("\n.br\n"))
}

/// With the shorts of several letters before their long forms.
fn with_shorts(page: &str, shorts: Shorts) -> String {
    let mut page = page.to_owned();
    for (short, long) in shorts {
        let escaped = |text: &str| text.replace('-', "\\-");
        let head = format!("\n.TP\n\\fB\\-\\-{}\\fR", escaped(long));
        let with_short = format!("\n.TP\n\\fB{}\\fR, \\fB\\-\\-{}\\fR", escaped(short), escaped(long));
        for end in [" ", "\n"] {
            page = page.replace(&format!("{head}{end}"), &format!("{with_short}{end}"));
        }
    }
    page
}

/// The text below the options in sections of their own, examples as they are typed.
fn with_examples(page: &str) -> String {
    let page = page.replace(".SH EXTRA\nExamples:\n", ".SH EXAMPLES\n.nf\n");
    let page = page.replace(".SH EXTRA\n", ".SH NOTES\n").replace("\nExamples:\n", "\n.SH EXAMPLES\n.nf\n");
    match page.split_once("\n.nf\n") {
        Some((before, examples)) => {
            let end = examples.find("\n\n").or_else(|| examples.find("\n.SH")).unwrap_or(examples.len());
            let (examples, after) = examples.split_at(end);
            format!("{before}\n.nf\n{examples}\n.fi\n{}", after.trim_start_matches('\n'))
        }
        None => page,
    }
}

/// With a break behind each table: roff joins a line to the indented one before it.
fn with_breaks(page: &str) -> String {
    let mut broken = String::with_capacity(page.len());
    let (mut is_filled, mut was_indented) = (true, false);
    for line in page.lines() {
        match line {
            ".nf" => is_filled = false,
            ".fi" => is_filled = true,
            _ => {}
        }
        if is_filled && was_indented && !line.is_empty() && !line.starts_with([' ', '.']) {
            broken.push_str(".br\n");
        }
        was_indented = line.starts_with("  ");
        broken.push_str(line);
        broken.push('\n');
    }
    broken
}

/// The section of the commands of a session, which are no commands of the program.
fn push_lines(page: &mut String) {
    page.push_str(
        ".SH COMMANDS OF A SESSION\nThe same at the prompt and in a script, one command on a line. `help COMMAND` shows \
         the options of each, with examples.\n",
    );
    let mut definition = line_command();
    definition.build();
    for (heading, names) in LINE_GROUPS {
        // Writing to a string does not fail.
        let _ = writeln!(page, ".SS {heading}");
        for name in *names {
            let Some(command) = definition.find_subcommand_mut(name) else { continue };
            let about = command.get_about().map(ToString::to_string).unwrap_or_default();
            let usage = command.render_usage().to_string();
            let arguments = usage.trim_start_matches("Usage:").trim().strip_prefix(name).unwrap_or_default();
            let gap = if arguments.is_empty() { "" } else { " " };
            let (name, arguments, about) = (in_roff(name), in_roff(arguments), in_roff(&about));
            let _ = writeln!(page, ".TP\n\\fB{name}\\fR{gap}{arguments}\n{about}");
        }
    }
    let syntax = definition.get_after_help().map(ToString::to_string).unwrap_or_default();
    page.push_str(".SS Syntax\n.nf\n");
    // Below its heading, up to the hint, which has been given above.
    for line in syntax.lines().skip(1).take_while(|line| !line.is_empty()) {
        let _ = writeln!(page, "{}", line.replace('\\', "\\e").replace('-', "\\-"));
    }
    page.push_str(".fi\n");
}

/// A text of one line as roff takes it.
fn in_roff(text: &str) -> String {
    let text: String = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let text = text.replace('\\', "\\e").replace('-', "\\-");
    if text.starts_with(['.', '\'']) { format!("\\&{text}") } else { text }
}

/// The section of the variables, from the table that the program reads them by.
fn push_environment(page: &mut String) {
    page.push_str(".SH ENVIRONMENT\nAn option takes precedence over its variable. A list has one value per line.\n");
    for (variable, option) in config::variables() {
        let flag = option.replace('_', "\\-");
        // Writing to a string does not fail.
        let _ = writeln!(page, ".TP\n\\fB{variable}\\fR\n\\fB\\-\\-{flag}\\fR");
    }
}

/// The section of the exit codes, the same for all commands.
fn push_exit_status(page: &mut String) {
    page.push_str(".SH EXIT STATUS\n");
    for (code, _, meaning) in exit_codes() {
        let _ = writeln!(page, ".TP\n\\fB{code}\\fR\n{}", meaning.replace('-', "\\-"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_behind_a_table_is_not_joined_to_its_last_row() {
        assert_eq!(with_breaks("Rows:\n  a\n  b\nMore.\n"), "Rows:\n  a\n  b\n.br\nMore.\n");
        assert_eq!(with_breaks(".nf\n  a\nb\n.fi\n  c\n.SH D\n"), ".nf\n  a\nb\n.fi\n  c\n.SH D\n");
    }

    #[test]
    fn the_synopsis_is_the_usage_and_no_list_of_options() {
        let page = "a\n.SH SYNOPSIS\n[\\-\\-all] [\\-\\-of] [\\-\\-them]\n.SH DESCRIPTION\nb\n";
        assert_eq!(
            with_synopsis(page, "Usage: mqttx-rs bench e2e [OPTIONS]\n", "mqttx-rs bench e2e"),
            "a\n.SH SYNOPSIS\n\\fBmqttx\\-rs bench e2e\\fR [OPTIONS]\n.SH DESCRIPTION\nb\n"
        );
    }

    #[test]
    fn nothing_in_a_text_is_a_request_of_roff() {
        assert_eq!(
            (in_roff(".x -y"), in_roff("a \\ b"), in_roff("'q'")),
            ("\\&.x \\-y".into(), "a \\e b".into(), "\\&'q'".into())
        );
    }
}

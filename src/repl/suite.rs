//! Several scripts, each a test with connections of its own, and their results as XML in the form of `JUnit`.

use std::fmt::Write;
use std::path::Path;
use std::time::{Duration, Instant};

use super::script;
use super::shell::Shell;
use crate::error::{Error, ExitStatus};
use crate::output::{Console, Talk, Terminal};
use crate::settings::{CommandSource, ReplSettings};

/// What became of a script.
#[derive(Debug)]
struct Case {
    name: String,
    time: Duration,
    outcome: Outcome,
}

#[derive(Debug)]
enum Outcome {
    Passed,
    /// What failed, and the kind of it.
    Failed(String, &'static str),
    /// It was not run, or not to its end: a signal came.
    Skipped,
}

/// Runs scripts one after another; the exit code is that of the first that failed.
pub(super) async fn run(
    settings: &ReplSettings,
    terminal: Terminal,
    talk: Talk,
    variable: &dyn Fn(&str) -> Option<String>,
) -> Result<ExitStatus, Error> {
    let sources = settings.commands.scripts();
    let is_suite = sources.len() > 1;
    let mut cases = Vec::new();
    let mut first = None;
    let mut interrupted = None;
    for source in &sources {
        let name = source.name();
        if interrupted.is_some() {
            cases.push(Case { name, time: Duration::ZERO, outcome: Outcome::Skipped });
            continue;
        }
        let began = Instant::now();
        let (ended, told) = run_one(settings, source, terminal, talk, variable).await;
        let time = began.elapsed();
        let outcome = match &ended {
            Ok(ExitStatus::Interrupted(_)) => {
                interrupted = Some(ended);
                cases.push(Case { name, time, outcome: Outcome::Skipped });
                continue;
            }
            Ok(ExitStatus::Done) => Outcome::Passed,
            Ok(ExitStatus::Partly(kind)) => Outcome::Failed(told.join("\n"), kind.name()),
            Ok(status) => Outcome::Failed(format!("{name}: exit code {}", status.code()), "exit"),
            Err(error) => Outcome::Failed(whole(error), error.kind().name()),
        };
        if is_suite {
            match (&outcome, &ended) {
                (Outcome::Passed, _) => talk.success(format_args!("{name}: {:.1} s", time.as_secs_f64())),
                (_, Err(error)) => talk.error(error),
                _ => {}
            }
            if !matches!(outcome, Outcome::Passed) {
                talk.failure(format_args!("{name}: {:.1} s", time.as_secs_f64()));
            }
        }
        let has_failed = !matches!(outcome, Outcome::Passed);
        cases.push(Case { name, time, outcome });
        if has_failed && first.is_none() {
            first = Some(ended);
        }
    }
    if let Some(path) = &settings.junit {
        std::fs::write(path, junit(&cases))
            .map_err(|error| Error::local(format!("--junit: {} cannot be written: {error}", path.display())))?;
    }
    if is_suite {
        let failed = cases.iter().filter(|case| matches!(case.outcome, Outcome::Failed(..))).count();
        let passed = cases.iter().filter(|case| matches!(case.outcome, Outcome::Passed)).count();
        let sum = format!("{passed} of {} scripts passed", cases.len());
        if failed == 0 { talk.success(sum) } else { talk.failure(sum) }
    }
    match interrupted.or(first) {
        // With several scripts it has been reported.
        Some(Err(error)) if is_suite => Ok(ExitStatus::Partly(error.kind())),
        ended => ended.unwrap_or(Ok(ExitStatus::Done)),
    }
}

/// Runs a script in a session of its own; besides how it ended, what failed and was told, if it goes on after errors.
async fn run_one(
    settings: &ReplSettings,
    source: &CommandSource,
    terminal: Terminal,
    talk: Talk,
    variable: &dyn Fn(&str) -> Option<String>,
) -> (Result<ExitStatus, Error>, Vec<String>) {
    let mut told = Vec::new();
    let shell = Shell::new(Console::default(), terminal.stdout, talk, settings.profile.clone(), variable);
    let ended = match shell {
        Ok(shell) => script::run(settings, source, shell, &mut told).await,
        Err(error) => Err(error),
    };
    (ended, told)
}

/// An error with what is shown below it.
fn whole(error: &Error) -> String {
    error.detail().map_or_else(|| error.to_string(), |detail| format!("{error}\n{detail}"))
}

/// The form that test reporters of CI read.
fn junit(cases: &[Case]) -> String {
    let failures = cases.iter().filter(|case| matches!(case.outcome, Outcome::Failed(..))).count();
    let skipped = cases.iter().filter(|case| matches!(case.outcome, Outcome::Skipped)).count();
    let time: f64 = cases.iter().map(|case| case.time.as_secs_f64()).sum();
    let mut text = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n<testsuite name=\"mqttx-rs repl\" tests=\"{}\" \
         failures=\"{failures}\" errors=\"0\" skipped=\"{skipped}\" time=\"{time:.3}\">\n",
        cases.len()
    );
    for case in cases {
        let path = Path::new(&case.name);
        let folder = path.parent().map(|folder| folder.display().to_string()).unwrap_or_default();
        let name = path.file_name().map_or_else(|| case.name.clone(), |name| name.to_string_lossy().into_owned());
        let class = if folder.is_empty() { "repl".to_owned() } else { folder };
        // Writing to a String does not fail.
        _ = write!(
            text,
            "<testcase classname=\"{}\" name=\"{}\" time=\"{:.3}\"",
            escaped(&class),
            escaped(&name),
            case.time.as_secs_f64()
        );
        match &case.outcome {
            Outcome::Passed => text.push_str("/>\n"),
            Outcome::Skipped => text.push_str("><skipped/></testcase>\n"),
            Outcome::Failed(why, kind) => {
                let first = why.lines().next().unwrap_or_default();
                _ = writeln!(
                    text,
                    ">\n<failure message=\"{}\" type=\"{kind}\">{}</failure>\n</testcase>",
                    escaped(first),
                    escaped(why)
                );
            }
        }
    }
    text + "</testsuite>\n</testsuites>\n"
}

/// A text within XML, which has no place for most control characters.
fn escaped(text: &str) -> String {
    let mut out = String::new();
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\n' | '\t' => out.push(character),
            '\0'..='\x1f' | '\u{fffe}' | '\u{ffff}' => _ = write!(out, "\\x{:02x}", u32::from(character)),
            other => out.push(other),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_is_a_testcase_and_what_a_payload_says_breaks_no_xml() {
        let case = |name: &str, outcome| Case { name: name.to_owned(), time: Duration::from_millis(1500), outcome };
        let cases = [
            case("tests/a.mqtt", Outcome::Passed),
            case("b.mqtt", Outcome::Failed("b.mqtt:3: <\"on\">\n\x1b[2J & more".to_owned(), "local")),
            case("c.mqtt", Outcome::Skipped),
        ];
        let expected = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>
<testsuites>
<testsuite name=\"mqttx-rs repl\" tests=\"3\" failures=\"1\" errors=\"0\" skipped=\"1\" time=\"4.500\">
<testcase classname=\"tests\" name=\"a.mqtt\" time=\"1.500\"/>
<testcase classname=\"repl\" name=\"b.mqtt\" time=\"1.500\">
<failure message=\"b.mqtt:3: &lt;&quot;on&quot;&gt;\" type=\"local\">b.mqtt:3: &lt;&quot;on&quot;&gt;
\\x1b[2J &amp; more</failure>
</testcase>
<testcase classname=\"repl\" name=\"c.mqtt\" time=\"1.500\"><skipped/></testcase>
</testsuite>
</testsuites>
";
        assert_eq!(junit(&cases), expected);
    }
}

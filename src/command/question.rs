//! Questions to the user on a terminal.

use std::io;

use crate::error::Error;
use crate::output::Talk;

/// The answer, without spaces around it.
///
/// # Errors
///
/// stdin has ended.
pub(super) fn ask(talk: Talk, question: &str) -> Result<String, Error> {
    talk.question(question);
    let mut answer = String::new();
    match io::stdin().read_line(&mut answer) {
        Ok(0) => Err(Error::usage("no answer: stdin has ended")),
        Ok(_) => Ok(answer.trim().to_owned()),
        Err(error) => Err(Error::local(format!("cannot read stdin: {error}"))),
    }
}

/// Whether the answer is yes; anything else is no.
pub(super) fn is_agreed(talk: Talk, question: &str) -> Result<bool, Error> {
    Ok(matches!(ask(talk, &format!("{question} [y/N]"))?.to_lowercase().as_str(), "y" | "yes"))
}

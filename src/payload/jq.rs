//! jq expressions on payloads, with a time limit.
//!
//! An expression is evaluated on its own thread, since a running one cannot be interrupted and the interpreter's values
//! cannot move between threads. Functions cannot be defined: recursion could exhaust the stack.

use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jaq_core::load::lex::{Lexer, Tok, Token};
use jaq_core::load::{Arena, File, Loader};
use jaq_core::{Compiler, Ctx, ValT, Vars, data, load};
use jaq_json::{Val, read};

/// Time limit for one payload.
const LIMIT: Duration = Duration::from_secs(1);

/// Bytes of the evaluating thread's stack: JSON of 128 levels, in a debug build too.
const STACK: usize = 32 << 20;

/// Functions that reach beyond the payload: the environment, stderr, and the end of the process.
const LEFT_OUT: [&str; 9] =
    ["debug", "debug_empty", "env", "halt", "halt_error", "input_line_number", "now_local", "stderr", "stderr_empty"];

type Data = data::JustLut<Val>;
type Filter = jaq_core::compile::Filter<jaq_core::Native<Data>>;

/// An expression that can be evaluated. Clones share a thread.
#[derive(Debug, Clone)]
pub(super) struct Jq {
    text: Arc<str>,
    thread: Arc<Mutex<State>>,
}

#[derive(Debug)]
enum State {
    /// Not started yet.
    Asleep,
    Running(Evaluator),
    /// It exceeded the limit.
    GivenUp,
}

#[derive(Debug)]
struct Evaluator {
    payloads: SyncSender<Vec<u8>>,
    results: Receiver<bool>,
}

impl Jq {
    /// Reads an expression.
    ///
    /// # Errors
    ///
    /// It is not a jq expression; the text says why.
    pub(super) fn new(text: &str) -> Result<Self, String> {
        compile(text)?;
        Ok(Self { text: text.into(), thread: Arc::new(Mutex::new(State::Asleep)) })
    }

    /// Whether an output for a JSON payload is neither `false` nor `null`.
    pub(super) fn fits(&self, payload: &[u8]) -> bool {
        let mut state = self.thread.lock().unwrap_or_else(PoisonError::into_inner);
        if matches!(*state, State::Asleep) {
            *state = Evaluator::start(&self.text).map_or(State::GivenUp, State::Running);
        }
        let State::Running(evaluator) = &*state else { return false };
        let result = match evaluator.payloads.send(payload.to_vec()) {
            Ok(()) => evaluator.results.recv_timeout(LIMIT),
            Err(_) => Err(RecvTimeoutError::Disconnected),
        };
        if result.is_err() {
            // The thread runs on until the program ends; the program does not wait for it.
            *state = State::GivenUp;
        }
        result.unwrap_or(false)
    }

    /// Why nothing matches any more.
    pub(super) fn fault(&self) -> Option<String> {
        let state = self.thread.lock().unwrap_or_else(PoisonError::into_inner);
        let (text, seconds) = (&self.text, LIMIT.as_secs());
        matches!(*state, State::GivenUp).then(|| format!("`{text}` ran for more than {seconds} s on one payload"))
    }
}

impl PartialEq for Jq {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Evaluator {
    fn start(text: &Arc<str>) -> Option<Self> {
        let (payloads, to_evaluate) = sync_channel::<Vec<u8>>(1);
        let (send, results) = sync_channel(1);
        let text = text.clone();
        let evaluate = move || {
            let Ok(filter) = compile(&text) else { return };
            while let Ok(payload) = to_evaluate.recv() {
                if send.send(is_truthy(&filter, &payload)).is_err() {
                    return;
                }
            }
        };
        let thread = std::thread::Builder::new().name("jq".to_owned()).stack_size(STACK).spawn(evaluate);
        thread.is_ok().then_some(Self { payloads, results })
    }
}

fn is_truthy(filter: &Filter, payload: &[u8]) -> bool {
    // serde_json refuses a value that is nested too deeply for the stack; it does not check what it ignores.
    let is_json = serde_json::from_slice::<serde_json::Value>(payload).is_ok();
    let Some(input) = is_json.then(|| read::parse_single(payload).ok()).flatten() else { return false };
    let context = Ctx::<Data>::new(&filter.lut, Vars::new([]));
    // An error ends the outputs of this payload, as in jq.
    filter.id.run((context, input)).map_while(Result::ok).any(|output| output.as_bool())
}

fn compile(text: &str) -> Result<Filter, String> {
    if let Ok(tokens) = Lexer::new(text).lex()
        && defines(&tokens)
    {
        return Err("function definitions are not supported".to_owned());
    }
    let is_left_out = |name: &str| LEFT_OUT.contains(&name);
    let definitions = jaq_core::defs().chain(jaq_std::defs()).chain(jaq_json::defs());
    let definitions = definitions.filter(|definition| !is_left_out(definition.name));
    let functions = jaq_core::funs::<Data>().chain(jaq_std::funs()).chain(jaq_json::funs());
    let functions = functions.filter(|(name, ..)| !is_left_out(name));
    let arena = Arena::default();
    let modules = Loader::new(definitions).load(&arena, File { code: text, path: () });
    let modules = modules.map_err(|errors| not_loaded(errors.into_iter().map(|(_, error)| error).next()))?;
    Compiler::default().with_funs(functions).compile(modules).map_err(|errors| {
        let first = errors.into_iter().flat_map(|(_, errors)| errors).next();
        first.map_or_else(
            || "it cannot be compiled".to_owned(),
            |(name, kind)| format!("there is no {} `{name}`", kind.as_str()),
        )
    })
}

/// Whether a function is defined anywhere.
fn defines(tokens: &[Token<&str>]) -> bool {
    let mut is_field = false;
    tokens.iter().any(|Token(text, token)| {
        let found = match token {
            Tok::Word => *text == "def" && !is_field,
            Tok::Block(inner) => defines(inner),
            Tok::Str(parts) => parts.iter().any(|part| match part {
                load::lex::StrPart::Term(inner) => defines(std::slice::from_ref(inner)),
                _ => false,
            }),
            _ => false,
        };
        is_field = matches!(token, Tok::Sym) && text.ends_with('.');
        found
    })
}

fn not_loaded(error: Option<load::Error<&str>>) -> String {
    let found = |text: &str| {
        let text: String = text.chars().take(20).collect();
        if text.is_empty() { "the end".to_owned() } else { format!("`{text}`") }
    };
    match error {
        Some(load::Error::Lex(errors)) => {
            errors.first().map(|(expected, text)| format!("expected {} at {}", expected.as_str(), found(text)))
        }
        Some(load::Error::Parse(errors)) => {
            errors.first().map(|(expected, text)| format!("expected {} at {}", expected.as_str(), found(text)))
        }
        Some(load::Error::Io(_)) => Some("modules are not supported".to_owned()),
        None => None,
    }
    .unwrap_or_else(|| "it cannot be read".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fits(expression: &str, payload: &str) -> bool {
        Jq::new(expression).unwrap_or_else(|error| panic!("{expression}: {error}")).fits(payload.as_bytes())
    }

    #[test]
    fn an_output_that_is_neither_false_nor_null_fits() {
        let payload = r#"{"state":{"on":true,"name":"lamp"},"n":12.50,"list":[1,2,3],"text":"error 7","def":1}"#;
        for expression in [
            ".state.on",
            ".n > 12 and .n < 13",
            ".list | length == 3",
            ".list[] | select(. > 2)",
            r#".text | test("err.r \\d")"#,
            ".state | has(\"name\")",
            "any(.list[]; . == 2)",
            ".list | add == 6",
            "false, true",
            ".def",
            "\"no def here\"",
            ".text | length | sqrt > 2",
            "0",
        ] {
            assert!(fits(expression, payload), "{expression}");
        }
        for expression in
            [".state.off", ".n > 13", ".list[] | select(. > 3)", "empty", "false", "null", ".text.x", "error(\"x\")"]
        {
            assert!(!fits(expression, payload), "{expression}");
        }
        assert!(!fits(".", "no JSON"));
        assert!(fits(". == 9007199254740993", "9007199254740993"));
    }

    #[test]
    fn what_is_not_an_expression_is_refused() {
        for (expression, why) in [
            ("(.a", "expected closing parenthesis"),
            (".a ==", "expected "),
            ("nothing(1)", "there is no filter `nothing`"),
            ("$x", "there is no variable `$x`"),
            ("def f: 1 + f; f", "function definitions are not supported"),
            (".a | (def f: f; f)", "function definitions are not supported"),
            ("halt", "there is no filter `halt`"),
            ("env", "there is no filter `env`"),
            ("import \"a\" as a; .", ""),
        ] {
            let error = Jq::new(expression).unwrap_err();
            assert!(error.starts_with(why), "{expression}: {error}");
        }
    }

    #[test]
    fn an_expression_without_end_is_given_up() {
        for expression in ["[range(infinite)] | length", "last(repeat(1))", "until(false; .)"] {
            let jq = Jq::new(expression).unwrap();
            assert!(!jq.fits(b"1"), "{expression}");
            let fault = jq.fault().unwrap();
            assert!(fault.contains("ran for more than 1 s on one payload"), "{fault}");
            // At once.
            assert!(!jq.clone().fits(b"1"), "{expression}");
        }
    }

    #[test]
    fn deep_json_and_deep_recursion_do_not_exhaust_the_stack() {
        let deep = |levels: usize| "[".repeat(levels) + &"]".repeat(levels);
        assert!(fits("[..] | length == 100", &deep(100)));
        assert!(!fits(".", &deep(100_000)));
        assert!(fits("last(limit(10000; recurse(. + 1))) > 0", "0"));
        assert!(fits("reduce range(10000) as $i (0; . + $i) > 0", "0"));
    }
}

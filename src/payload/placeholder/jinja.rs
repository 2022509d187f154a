//! Templates of Jinja, for what placeholders cannot say: conditions, loops, arithmetic. By minijinja, with the values
//! that placeholders have.
//!
//! What differs by client and message is a variable (`client`, `sequence`, `topic`, ...), and what takes arguments is a
//! function (`random(1, 9)`, `walk(20, 30)`, ...). A function is the placeholder of its name, which is made when a
//! template first calls it and kept: two calls in one text are two placeholders, each with its own walk.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use minijinja::value::{Object, ObjectRepr, Rest, Serde};
use minijinja::{AutoEscape, Environment, Error, ErrorKind, State, UndefinedBehavior, Value};

use super::arguments::piece_of;
use super::drawer::{Drawer, Kept, Slot};
use super::piece::{Part, Piece};
use super::read::{Files, read};
use super::table::{Entry, Name, Place};

/// A template, compiled.
#[derive(Debug)]
pub(crate) struct Jinja {
    source: String,
    environment: Environment<'static>,
    /// The variables that it uses, which differ by client and message.
    variables: Vec<(Name, &'static str)>,
    /// Whether it looks into the JSON of a request.
    reads_json: bool,
    memory: Arc<Memory>,
}

/// What calls have made, for all clients.
#[derive(Debug)]
struct Memory {
    /// The pieces of each call by how it is written; of several calls that are written alike each has its own.
    pieces: RwLock<HashMap<String, Vec<Arc<Piece>>>>,
    /// What is kept once for each client.
    once: RwLock<HashMap<String, Slot>>,
    files: Arc<Mutex<Files>>,
    variable: fn(&str) -> Option<String>,
}

/// What one text is filled from, which its functions find in the context.
#[derive(Debug)]
struct Hand {
    values: Vec<(&'static str, Value)>,
    filling: Mutex<Filling>,
    memory: Arc<Memory>,
}

#[derive(Debug)]
struct Filling {
    drawer: Option<Drawer>,
    /// How often each call was made in this text.
    calls: HashMap<String, usize>,
}

/// The name by which functions find their [`Hand`]; no template can write it.
const HAND: &str = " ";
const TEMPLATE: &str = "template";
/// The JSON of a request.
const JSON: &str = "json";

/// The functions, and how their arguments are put together.
const FUNCTIONS: &[(Name, &str)] = &[
    (Name::Random, ".."),
    (Name::Float, "..:"),
    (Name::Walk, "..:"),
    (Name::Letters, ".."),
    (Name::RandomTime, ".."),
    (Name::Counter, ":"),
    (Name::Csv, ":"),
    (Name::Hex, ""),
    (Name::Uuid, ""),
    (Name::Time, ""),
    (Name::Environment, ""),
    (Name::Line, ""),
];

impl Jinja {
    /// Compiles a text, with what is known already.
    pub(crate) fn compile(
        source: &str,
        place: Place,
        known: impl Fn(Name) -> Option<String>,
        files: Arc<Mutex<Files>>,
        variable: fn(&str) -> Option<String>,
    ) -> Result<Self, String> {
        let mut environment = Environment::new();
        environment.set_formatter(|out, state, value| {
            // Printed, a function would be the word `function`.
            if value.as_object().is_some_and(|object| object.repr() == ObjectRepr::Plain) {
                let what = "a function needs parentheses, for example {{ counter() }}";
                return Err(Error::new(ErrorKind::InvalidOperation, what));
            }
            minijinja::escape_formatter(out, state, value)
        });
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        environment.set_auto_escape_callback(|_| AutoEscape::None);
        for (name, between) in FUNCTIONS {
            let Some(entry) = Entry::of_name(*name) else { continue };
            environment.add_function(entry.word, move |state: &State<'_, '_>, arguments: Rest<Value>| {
                call(state, entry, between, &arguments)
            });
        }
        environment.add_function("choice", choice);
        environment.add_function("once", once);
        environment.add_template_owned(TEMPLATE, source.to_owned()).map_err(|error| told(&error))?;
        let asked = environment.get_template(TEMPLATE).map_err(|error| told(&error))?.undeclared_variables(false);
        let mut variables = Vec::new();
        for entry in place.entries().filter(|entry| asked.contains(entry.word) && is_value(entry)) {
            match known(entry.name) {
                Some(text) => environment.add_global(entry.word, value_of(&text)),
                None => variables.push((entry.name, entry.word)),
            }
        }
        let reads_json = asked.contains(JSON) && place.offers(Name::Pointer);
        let memory = Memory { pieces: RwLock::default(), once: RwLock::default(), files, variable };
        Ok(Self { source: source.to_owned(), environment, variables, reads_json, memory: Arc::new(memory) })
    }

    /// As it was written.
    pub(crate) fn as_str(&self) -> &str {
        &self.source
    }

    /// Whether it uses a name.
    pub(crate) fn asks_for(&self, name: Name) -> bool {
        self.variables.iter().any(|(asked, _)| *asked == name)
    }

    /// Appends the text; what goes wrong is a fault of the drawer.
    pub(crate) fn fill(&self, drawer: &mut Drawer, out: &mut String, mut value: impl FnMut(Name, &mut String)) {
        let mut values: Vec<_> = self
            .variables
            .iter()
            .map(|(name, word)| {
                let mut text = String::new();
                value(*name, &mut text);
                (*word, if *name == Name::Payload { Value::from(text) } else { value_of(&text) })
            })
            .collect();
        if self.reads_json {
            match drawer.request() {
                Some(request) => values.push((JSON, Value::from(Serde(request)))),
                None => return drawer.fail(|| "its payload is not JSON".to_owned()),
            }
        }
        let filling = Filling { drawer: Some(std::mem::replace(drawer, Drawer::seeded(0))), calls: HashMap::new() };
        let hand = Arc::new(Hand { values, filling: Mutex::new(filling), memory: self.memory.clone() });
        let rendered = self
            .environment
            .get_template(TEMPLATE)
            .and_then(|template| template.render(Value::from_dyn_object(hand.clone())));
        if let Some(used) = hand.filling.lock().unwrap_or_else(PoisonError::into_inner).drawer.take() {
            *drawer = used;
        }
        match rendered {
            Ok(text) => out.push_str(&text),
            Err(error) => drawer.fail(|| told(&error)),
        }
    }
}

impl PartialEq for Jinja {
    fn eq(&self, other: &Self) -> bool {
        self.source == other.source
    }
}

impl Eq for Jinja {}

impl Object for Hand {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        let key = key.as_str()?;
        if key == HAND {
            return Some(Value::from_dyn_object(self.clone()));
        }
        self.values.iter().find(|(name, _)| *name == key).map(|(_, value)| value.clone())
    }
}

impl Hand {
    fn of(state: &State<'_, '_>) -> Result<Arc<Self>, Error> {
        let hand = state.lookup(HAND).and_then(|value| value.downcast_object::<Self>());
        hand.ok_or_else(|| invalid("this is not available here".to_owned()))
    }

    fn with_drawer<T>(&self, draw: impl FnOnce(&mut Drawer) -> T) -> Result<T, Error> {
        let mut filling = self.filling.lock().unwrap_or_else(PoisonError::into_inner);
        filling.drawer.as_mut().map(draw).ok_or_else(|| invalid("this is not available here".to_owned()))
    }

    /// How many calls like this the text has made before.
    fn count(&self, call: &str) -> usize {
        let mut filling = self.filling.lock().unwrap_or_else(PoisonError::into_inner);
        let count = filling.calls.entry(call.to_owned()).or_default();
        *count += 1;
        *count - 1
    }
}

impl Memory {
    /// The piece of a call, made when it is first asked for.
    fn piece(&self, entry: &'static Entry, arguments: &str, index: usize) -> Result<Arc<Piece>, Error> {
        let call = format!("{}:{arguments}", entry.word);
        let pieces = self.pieces.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(piece) = pieces.get(&call).and_then(|pieces| pieces.get(index)) {
            return Ok(piece.clone());
        }
        drop(pieces);
        let wants = || invalid(format!("{}({arguments}): {}", entry.word, entry.wants.unwrap_or_default()));
        let part = Part { source: String::new(), piece: piece_of(entry.name, arguments).ok_or_else(wants)? };
        let mut files = self.files.lock().unwrap_or_else(PoisonError::into_inner);
        let read =
            read(&part, &mut files, self.variable).map_err(|fault| invalid(fault.outside().unwrap_or_default()))?;
        drop(files);
        let piece = Arc::new(read.unwrap_or(part).piece);
        let mut pieces = self.pieces.write().unwrap_or_else(PoisonError::into_inner);
        let of_call = pieces.entry(call).or_default();
        // Another thread may have been quicker.
        if index >= of_call.len() {
            of_call.push(piece);
        }
        of_call.get(index).cloned().ok_or_else(|| invalid(format!("{} cannot be called here", entry.word)))
    }
}

fn call(state: &State<'_, '_>, entry: &'static Entry, between: &str, given: &[Value]) -> Result<Value, Error> {
    let hand = Hand::of(state)?;
    let mut arguments = String::new();
    for (place, argument) in given.iter().enumerate() {
        // The first two make a range, a third is the step.
        let separator = match (place, between) {
            (0, _) => "",
            (1, "..:") => "..",
            (_, "..:") => ":",
            (_, between) => between,
        };
        arguments.push_str(separator);
        arguments.push_str(&argument.to_string());
    }
    let index = hand.count(&format!("{}:{arguments}", entry.word));
    let piece = hand.memory.piece(entry, &arguments, index)?;
    let mut text = String::new();
    hand.with_drawer(|drawer| piece.write(drawer, &mut text, &mut |_, _| ()))?;
    let is_number = matches!(entry.name, Name::Random | Name::Float | Name::Walk | Name::Counter)
        || entry.name == Name::Time && matches!(arguments.as_str(), "unix" | "ms" | "us");
    Ok(if is_number { value_of(&text) } else { Value::from(text) })
}

/// Whether its name alone has a value.
fn is_value(entry: &Entry) -> bool {
    matches!(piece_of(entry.name, ""), Some(Piece::Value(_)))
}

/// `choice('on', 'off')` or `choice(list)`.
fn choice(state: &State<'_, '_>, Rest(given): Rest<Value>) -> Result<Value, Error> {
    let choices = match given.as_slice() {
        // A text alone is one choice; its characters are not meant.
        [list] if list.as_str().is_none() => list.try_iter()?.collect(),
        _ => given,
    };
    let chosen = Hand::of(state)?.with_drawer(|drawer| drawer.random.choice(choices))?;
    chosen.ok_or_else(|| invalid("choice() has nothing to choose from".to_owned()))
}

/// `once('name', value)`: the value of a client's first text with this name.
fn once(state: &State<'_, '_>, name: String, value: Value) -> Result<Value, Error> {
    let hand = Hand::of(state)?;
    let known = hand.memory.once.read().unwrap_or_else(PoisonError::into_inner).get(&name).copied();
    let slot = known.unwrap_or_else(|| {
        let mut slots = hand.memory.once.write().unwrap_or_else(PoisonError::into_inner);
        *slots.entry(name).or_insert_with(Slot::new)
    });
    let is_text = value.as_str().is_some();
    hand.with_drawer(|drawer| {
        if let Some(Kept::Text(kept)) = drawer.kept(slot) {
            return if is_text { Value::from(&**kept) } else { value_of(kept) };
        }
        drawer.keep(slot, Kept::Text(value.to_string().into()));
        value
    })
}

/// Numbers are numbers, so that a template can calculate with them.
fn value_of(text: &str) -> Value {
    let is_number = text.starts_with(|first: char| first.is_ascii_digit() || first == '-');
    match (text.parse::<i64>(), text.parse::<f64>()) {
        (Ok(number), _) if is_number => Value::from(number),
        (_, Ok(number)) if is_number => Value::from(number),
        _ => Value::from(text),
    }
}

fn invalid(what: String) -> Error {
    Error::new(ErrorKind::InvalidOperation, what)
}

/// What is wrong, and where.
fn told(error: &Error) -> String {
    let what = match error.detail() {
        Some(detail) if error.kind() == ErrorKind::InvalidOperation => detail.to_owned(),
        Some(detail) => format!("{}: {detail}", error.kind()),
        None => error.kind().to_string(),
    };
    match error.line() {
        Some(line) => format!("line {line}: {what}"),
        None => what,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn compile(text: &str, place: Place) -> Result<Jinja, String> {
        let known = |name| (name == Name::Hostname).then(|| "box".to_owned());
        Jinja::compile(text, place, known, Arc::default(), |name| (name == "SITE").then(|| "plant".to_owned()))
    }

    fn messages(text: &str, seed: u64, count: u64) -> Result<Vec<String>, String> {
        let jinja = compile(text, Place::PAYLOAD)?;
        let mut drawer = Drawer::seeded(seed);
        let mut fill = |number: u64| {
            let mut out = String::new();
            drawer.begin(number);
            jinja.fill(&mut drawer, &mut out, |name, out| {
                out.push_str(if name == Name::Client { "7" } else { "s" });
            });
            drawer.take_fault().map_or(Ok(out), Err)
        };
        (0..count).map(&mut fill).collect()
    }

    #[test]
    fn a_template_has_the_values_of_placeholders() {
        let text = "{{ client + 1 }} {{ hostname }} {{ env('SITE') }} {{ counter(10, 5) }} {{ '%03d'|format(client) }}\
                    {% if random(1, 1) == 1 %} {{ float(2, 2, 0.1) }}{% endif %} {{ choice('any') }}{{ choice(['b']) }}";
        assert_eq!(messages(text, 1, 2).unwrap(), ["8 box plant 10 007 2.0 anyb", "8 box plant 15 007 2.0 anyb"]);
    }

    #[test]
    fn a_function_without_parentheses_is_an_error() {
        let error = messages("{{ counter }}", 1, 1).unwrap_err();
        assert!(error.contains("a function needs parentheses, for example {{ counter() }}"), "{error}");
    }

    #[test]
    fn a_walk_and_what_is_once_belong_to_the_client() {
        let text = "{{ once('id', uuid()) }} {{ walk(0, 1000, 1) }} {{ walk(0, 1000, 1) }}";
        let of_seven = messages(text, 7, 20).unwrap();
        assert_eq!(of_seven, messages(text, 7, 20).unwrap(), "the seed decides");
        let of_eight = messages(text, 8, 20).unwrap();
        for texts in [&of_seven, &of_eight] {
            let split: Vec<Vec<&str>> = texts.iter().map(|text| text.split(' ').collect()).collect();
            assert!(split.windows(2).all(|pair| pair[0][0] == pair[1][0]));
            for column in [1, 2] {
                let position = |line: &[&str]| line[column].parse::<i64>().unwrap();
                assert!(split.windows(2).all(|pair| (position(&pair[0]) - position(&pair[1])).abs() <= 1));
            }
            assert!(split.iter().any(|line| line[1] != line[2]), "two walks, each its own");
        }
        assert_ne!(of_seven[0].split(' ').next(), of_eight[0].split(' ').next());
    }

    #[test]
    fn what_is_wrong_is_said_with_its_line() {
        assert!(compile("a\n{% if %}", Place::PAYLOAD).unwrap_err().starts_with("line 2: "));
        let error = messages("a\n{{ nothing }}", 1, 1).unwrap_err();
        assert!(error.starts_with("line 2: ") && error.contains("undefined"), "{error}");
        let error = messages("{{ random(9) }} {{ random(1, 'x') }}", 1, 1).unwrap_err();
        assert!(error.contains("use {random:1000..9999}"), "{error}");
        assert!(messages("{{ env('NONE') }}", 1, 1).unwrap_err().contains("`NONE` is not set"));
    }

    #[test]
    fn an_answer_sees_the_json_of_the_request() {
        let jinja = compile("{{ json.a[1] * 2 }} {{ topic }} {{ payload|length }}", Place::ANSWER).unwrap();
        let mut drawer = Drawer::seeded(1);
        let mut fill = |request: &str| {
            let mut out = String::new();
            drawer.begin_answer(0, request.as_bytes());
            jinja.fill(&mut drawer, &mut out, |name, out| {
                out.push_str(if name == Name::Topic { "t" } else { request });
            });
            drawer.take_fault().map_or(Ok(out), Err)
        };
        assert_eq!(fill(r#"{"a":[1,21]}"#).unwrap(), "42 t 12");
        assert_eq!(fill("ping").unwrap_err(), "its payload is not JSON");
    }
}

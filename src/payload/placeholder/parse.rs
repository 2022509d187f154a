//! Parses a text into the parts of a pattern.

use super::arguments::piece_of;
use super::error::{Fault, PlaceholderError};
use super::piece::{Part, Piece};
use super::table::{Braces, Entry, Name, Place};

/// What was read at a position of the text, and its length in bytes.
type Read = (Piece, usize);

pub(super) fn parts(text: &str, place: Place) -> Result<Vec<Part>, PlaceholderError> {
    let mut parts: Vec<Part> = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let fail = |what| PlaceholderError::at(text, text.len() - rest.len(), place, what);
        let (piece, length) = match first {
            '{' | '}' => brace(rest, place).map_err(fail)?,
            '%' if place.short_forms => short_form(rest, place).map_err(fail)?,
            _ => {
                let next = rest.char_indices().skip(1).find(|(_, next)| ['{', '}', '%'].contains(next));
                text_of(rest, next.map_or(rest.len(), |(at, _)| at))
            }
        };
        let source = &rest[..length];
        match (piece, parts.last_mut()) {
            (Piece::Text(more), Some(Part { source: before, piece: Piece::Text(plain) })) => {
                plain.push_str(&more);
                before.push_str(source);
            }
            (piece, _) => parts.push(Part { source: source.to_owned(), piece }),
        }
        rest = &rest[length..];
    }
    Ok(parts)
}

fn text_of(rest: &str, length: usize) -> Read {
    (Piece::Text(rest[..length].to_owned()), length)
}

/// What a brace begins.
fn brace(rest: &str, place: Place) -> Result<Read, Fault> {
    if place.braces == Braces::Data {
        let offered = shape(rest).and_then(|shape| Some((Entry::of_word(shape.word)?, shape.length)));
        let offered = offered.filter(|(entry, _)| place.offers(entry.name));
        return Ok(offered.map_or_else(|| text_of(rest, 1), |(entry, length)| (Piece::Value(entry.name), length)));
    }
    if place.offers(Name::Pointer) {
        if let Some(length) = rest.strip_prefix('{').and_then(pointer_length)
            && rest[1 + length..].starts_with('}')
        {
            return Ok((Piece::Text(rest[1..=length].to_owned()), length + 2));
        }
        if let Some(length) = pointer_length(rest) {
            return Ok((Piece::Pointer(rest[1..length - 1].to_owned()), length));
        }
    }
    if let Some(inner) = rest.strip_prefix('{').and_then(shape) {
        // `{{name}}` is the text `{name}`.
        if rest[1 + inner.length..].starts_with('}') {
            return Ok((Piece::Text(rest[1..=inner.length].to_owned()), inner.length + 2));
        }
    }
    if place.braces == Braces::Doubled && (rest.starts_with("{{") || rest.starts_with("}}")) {
        return Ok((Piece::Text(rest[..1].to_owned()), 2));
    }
    if let Some(shape) = shape(rest) {
        return Ok((placeholder(rest, &shape, place)?, shape.length));
    }
    let opened = rest.split_once(':').and_then(|(opening, _)| Entry::of_word(opening.strip_prefix('{')?));
    match place.braces {
        Braces::Doubled => Err(Fault::Brace(rest.chars().next().unwrap_or_default())),
        _ if opened.is_some() => Err(Fault::Arguments { entry: opened, written: rest.to_owned() }),
        _ => Ok(text_of(rest, 1)),
    }
}

/// How long a JSON pointer in braces is, with both; in JSON, no brace is followed by a slash.
fn pointer_length(rest: &str) -> Option<usize> {
    let (pointer, _) = rest.strip_prefix('{')?.split_once('}')?;
    (pointer.starts_with('/') && !pointer.contains('{')).then_some(pointer.len() + 2)
}

/// What has the form of a placeholder.
struct Shape<'a> {
    word: &'a str,
    arguments: &'a str,
    /// With both braces.
    length: usize,
}

fn shape(rest: &str) -> Option<Shape<'_>> {
    let (inner, _) = rest.strip_prefix('{')?.split_once('}')?;
    let (word, arguments) = inner.split_once(':').unwrap_or((inner, ""));
    let is_name = word.len() > 1
        && word.starts_with(|first: char| first.is_ascii_lowercase())
        && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_');
    (is_name && !arguments.contains('{')).then_some(Shape { word, arguments, length: inner.len() + 2 })
}

fn placeholder(rest: &str, shape: &Shape<'_>, place: Place) -> Result<Piece, Fault> {
    let written = || rest[..shape.length].to_owned();
    let Some(entry) = Entry::of_word(shape.word) else {
        return Err(Fault::Unknown { written: written(), word: shape.word.to_owned() });
    };
    if !place.offers(entry.name) {
        return Err(Fault::Misplaced(written()));
    }
    let piece = piece_of(entry.name, shape.arguments);
    piece.ok_or_else(|| Fault::Arguments { entry: Some(entry), written: written() })
}

/// `%i` and the like; a percent sign before anything else is one.
fn short_form(rest: &str, place: Place) -> Result<Read, Fault> {
    if rest.starts_with("%%") {
        return Ok((Piece::Text("%".to_owned()), 2));
    }
    let known = Entry::ALL.iter().filter_map(|entry| Some((entry.name, entry.short?)));
    let mut written: Vec<(Name, &str)> = known.filter(|(_, short)| rest.starts_with(short)).collect();
    // The longest that is offered: where there is no scenario, `%sc` is `%s` and a `c`.
    written.sort_by_key(|(name, short)| (place.offers(*name), short.len()));
    match written.last() {
        Some((name, short)) if place.offers(*name) => Ok((Piece::Value(*name), short.len())),
        Some((_, short)) => Err(Fault::Misplaced((*short).to_owned())),
        None => Ok(text_of(rest, 1)),
    }
}

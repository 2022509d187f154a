//! What is behind the colon of a placeholder.

use super::drawer::Slot;
use super::moment::{Moment, offset};
use super::number::Steps;
use super::piece::Piece;
use super::table::{Entry, Name};

/// The most random characters: a larger payload is `--payload-size`.
const MAXIMUM_DIGITS: usize = 4096;
/// The most digits a number is padded to.
const MAXIMUM_WIDTH: usize = 20;

/// The piece that a name with these arguments is; `None`: it takes others.
pub(super) fn piece_of(name: Name, arguments: &str) -> Option<Piece> {
    match name {
        Name::Random => range(arguments).or_else(|| digits(arguments).map(Piece::Hex)),
        Name::Hex => digits(arguments).map(Piece::Hex),
        Name::Float => Steps::parse(arguments).map(Piece::Float),
        Name::Walk => Steps::parse_walk(arguments).map(|steps| Piece::Walk(steps, Slot::new())),
        Name::Choice => {
            let choices: Vec<_> = arguments.split('|').map(str::to_owned).collect();
            (choices.len() > 1).then_some(Piece::Choice(choices))
        }
        Name::Letters => {
            let (least, most) = arguments.split_once("..").unwrap_or((arguments, arguments));
            let (least, most) = (digits(least)?, digits(most)?);
            (least <= most).then_some(Piece::Letters(least, most))
        }
        Name::Uuid => match arguments {
            "" | "4" | "v4" => Some(Piece::Uuid4),
            "7" | "v7" => Some(Piece::Uuid7),
            _ => None,
        },
        Name::Time => Moment::parse(arguments).map(Piece::Time),
        Name::RandomTime => {
            let (from, to) = arguments.split_once("..")?;
            let (from, to) = (offset(from)?, offset(to)?);
            (from <= to).then_some(Piece::RandomTime(from, to))
        }
        Name::Counter => {
            let mut numbers = arguments.split(':').map(|number| number.trim().parse().ok());
            let first = if arguments.is_empty() { 1 } else { numbers.next()?? };
            let step = if arguments.is_empty() { 1 } else { numbers.next().unwrap_or(Some(1))? };
            (arguments.is_empty() || numbers.next().is_none()).then_some(Piece::Counter(first, step))
        }
        Name::Once => once(arguments),
        Name::Environment => (!arguments.is_empty()).then(|| Piece::Environment(arguments.to_owned())),
        Name::Line => (!arguments.is_empty()).then(|| Piece::File(arguments.to_owned(), None)),
        Name::Csv => {
            let (file, column) = arguments.rsplit_once(':')?;
            let is_whole = !file.is_empty() && !column.is_empty();
            is_whole.then(|| Piece::File(file.to_owned(), Some(column.to_owned())))
        }
        Name::Client | Name::Sequence if !arguments.is_empty() => {
            digits(arguments).filter(|digits| *digits <= MAXIMUM_WIDTH).map(|digits| Piece::Padded(name, digits))
        }
        _ => arguments.is_empty().then_some(Piece::Value(name)),
    }
}

/// `{once:NAME:...}`: only what is random can be drawn.
fn once(arguments: &str) -> Option<Piece> {
    let (word, arguments) = arguments.split_once(':').unwrap_or((arguments, ""));
    let piece = piece_of(Entry::of_word(word)?.name, arguments)?;
    piece.is_random().then(|| Piece::Once(Box::new(piece), Slot::new()))
}

fn range(arguments: &str) -> Option<Piece> {
    let (low, high) = arguments.split_once("..").or_else(|| arguments.split_once('-'))?;
    let (low, high): (i128, i128) = (low.trim().parse().ok()?, high.trim().parse().ok()?);
    let is_number = i128::from(i64::MIN)..=i128::from(u64::MAX);
    let span = u64::try_from(high.checked_sub(low)?).ok()?;
    (is_number.contains(&low) && is_number.contains(&high)).then_some(Piece::Random(low, span))
}

fn digits(arguments: &str) -> Option<usize> {
    arguments.trim().parse().ok().filter(|count| (1..=MAXIMUM_DIGITS).contains(count))
}

//! How options of the program are read in a line, where words behind them are arguments.

use clap::Arg;

/// An option of one value, so that what follows it is an argument; it can be repeated.
pub(super) fn one_value(argument: Arg) -> Arg {
    argument.num_args(1)
}

/// A switch whose value, if there is one, is behind `=`: what follows is an argument.
pub(super) fn switch(argument: Arg) -> Arg {
    argument.num_args(0..=1).require_equals(true)
}

//! JSON text, changed in white space only: numbers keep every digit and strings every escape.

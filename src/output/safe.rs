//! Text from elsewhere on a terminal: shown, never obeyed.

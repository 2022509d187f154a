/// How errors are written (`--error-format`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ErrorFormat {
    /// `error: ...`, the place, `hint: ...`.
    #[default]
    Text,
    /// One JSON object on a line: level, code, name, message, detail, hint, `reason_code`, `reason_name`.
    Json,
}

use std::io::IsTerminal;

/// What `--color` says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ColorChoice {
    /// On a terminal, unless `NO_COLOR`; elsewhere only with `CLICOLOR_FORCE`.
    #[default]
    Auto,
    /// Everywhere.
    Always,
    /// Nowhere.
    Never,
}

/// What a stream is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stream {
    /// A person looks at it, and it obeys control characters.
    pub terminal: bool,
    /// Colour is wanted.
    pub color: bool,
    /// It shows more than ASCII, as far as the locale says.
    pub unicode: bool,
}

/// What the process's two output streams are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Terminal {
    /// Data.
    pub stdout: Stream,
    /// Talk.
    pub stderr: Stream,
}

impl Terminal {
    /// Looks at the process's streams and environment, once.
    pub fn detect(choice: ColorChoice) -> Self {
        let environment = |name: &str| std::env::var(name).ok();
        Self {
            stdout: Stream::new(choice, std::io::stdout().is_terminal(), environment),
            stderr: Stream::new(choice, std::io::stderr().is_terminal(), environment),
        }
    }
}

impl Stream {
    /// Not a terminal, without colour.
    pub const PIPE: Self = Self { terminal: false, color: false, unicode: true };

    fn new(_choice: ColorChoice, _terminal: bool, _environment: impl Fn(&str) -> Option<String>) -> Self {
        unimplemented!()
    }
}

/// What is said about an option besides its help.
#[derive(Debug)]
pub(super) struct Lesson {
    /// The id of the option.
    pub(super) option: &'static str,
    /// The commands; if there are none, all that connect to a broker, and the options that every command has.
    pub(super) commands: &'static [&'static str],
    /// Paragraphs.
    pub(super) text: &'static str,
}

pub(super) const fn lesson(option: &'static str, text: &'static str) -> Lesson {
    Lesson { option, commands: &[], text }
}

pub(super) const fn lesson_of(commands: &'static [&'static str], option: &'static str, text: &'static str) -> Lesson {
    Lesson { option, commands, text }
}

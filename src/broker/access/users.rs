use std::collections::HashMap;
use std::collections::hash_map::Entry;

use super::error::{AccessError, AccessProblem};
use super::password::Password;

/// The known users. If empty, any client is accepted, with any name.
#[derive(Debug, Clone, Default)]
pub(crate) struct Users {
    by_name: HashMap<String, Password>,
}

impl Users {
    pub(crate) fn is_empty(&self) -> bool {
        self.by_name.is_empty()
    }

    /// Adds a user with a literal password, even if it looks like a hash.
    pub(crate) fn add(&mut self, name: &str, password: &str) {
        self.by_name.insert(name.to_owned(), Password::Plain(password.as_bytes().to_vec()));
    }

    /// Adds the users of a file: one `NAME:PASSWORD` per line, the password plain or as `mosquitto_passwd` writes it. Lines
    /// that are empty or begin with `#` do not count.
    pub(crate) fn add_file(&mut self, file: &str, text: &str) -> Result<(), AccessError> {
        for (number, line) in text.lines().enumerate() {
            self.add_line(line).map_err(|problem| AccessError { file: file.to_owned(), line: number + 1, problem })?;
        }
        Ok(())
    }

    /// Whether there is a user with this name and password.
    pub(crate) fn check(&self, name: &str, password: &[u8]) -> bool {
        self.by_name.get(name).is_some_and(|own| own.is(password))
    }

    /// The plain password of a user, if known: SCRAM cannot use a hash of it.
    pub(crate) fn plain(&self, name: &str) -> Option<&[u8]> {
        match self.by_name.get(name)? {
            Password::Plain(password) => Some(password),
            _ => None,
        }
    }

    /// Whether only a hash of the user's password is known.
    pub(crate) fn is_hashed(&self, name: &str) -> bool {
        self.by_name.get(name).is_some_and(|own| !matches!(own, Password::Plain(_)))
    }

    fn add_line(&mut self, line: &str) -> Result<(), AccessProblem> {
        if line.trim().is_empty() || line.starts_with('#') {
            return Ok(());
        }
        let (name, password) = line.split_once(':').ok_or(AccessProblem::NoColon)?;
        if name.is_empty() {
            return Err(AccessProblem::NoName);
        }
        match self.by_name.entry(name.to_owned()) {
            Entry::Occupied(_) => Err(AccessProblem::SameName(name.to_owned())),
            Entry::Vacant(place) => {
                place.insert(Password::parse(name, password)?);
                Ok(())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_of_another_kind_is_an_error_and_not_a_password() {
        let mut users = Users::default();
        let error = users.add_file("users", "a:$9$x").unwrap_err().to_string();
        assert!(error.starts_with("users:1: the hash of `a` is of an unknown kind"), "{error}");
        users.add_file("users", "a:$money$\nb:$9").unwrap();
    }

    /// Written by `mosquitto_passwd` 2.0.11.
    const FILE: &str = "\
# our users
alice:$7$101$gMUHNKHnh6eCwVAL$86aIze3OLVvyjNW5kFLKUaatTYiXMJsQNppexDAE12891NK1WOosskP4jSMhYJQq+oJituWa27C98HsgSFBnEg==
bob:$6$Vg7dYvbAzUJh1e5k$BH5Xp3utoaNVwRO+r7Xp8Oc1aHnr1p08x/LLdcg7RWWBubyIrTpgdwsjPFLJLj5jCbbrgvxpFP9K6xDWYqhQcA==

carol:plain:with colon
dave:
";

    #[test]
    fn passwords_of_mosquitto_passwd_and_plain_ones_are_checked() {
        let mut users = Users::default();
        assert!(users.is_empty());
        users.add_file("users", FILE).unwrap();
        for (name, password) in
            [("alice", "secret"), ("bob", "pa:ss wörd"), ("carol", "plain:with colon"), ("dave", "")]
        {
            assert!(users.check(name, password.as_bytes()), "{name}");
            for wrong in ["Secret", "secret ", "pa:ss word", "plain", "x"] {
                assert!(!users.check(name, wrong.as_bytes()), "{name}: {wrong}");
            }
        }
        assert!(!users.check("eve", b"") && !users.check("", b""));
        assert!(!format!("{users:?}").contains("colon"));
    }

    #[test]
    fn a_password_of_the_command_line_is_plain_whatever_it_looks_like() {
        let mut users = Users::default();
        users.add("a", "$6$x$y");
        assert!(users.check("a", b"$6$x$y"));
    }

    #[test]
    fn a_bad_line_is_named_with_its_place_and_without_its_password() {
        let hash = BASE64_OF_64_BYTES;
        for (line, problem) in [
            ("nobody", "expected `NAME:PASSWORD` or a line of mosquitto_passwd, got a line without `:`".to_owned()),
            (":x", "the name before `:` is empty".to_owned()),
            ("a:x", "the user `a` is defined twice".to_owned()),
            ("b:$6$c2FsdA==$AAAA", hash_problem()),
            ("b:$6$!$AAAA", hash_problem()),
            ("b:$7$c2FsdA==$AAAA", hash_problem()),
            (&format!("b:$7$0$c2FsdA==${hash}"), iterations_problem("0")),
            (&format!("b:$7$1000001$c2FsdA==${hash}"), iterations_problem("1000001")),
        ] {
            let error = Users::default().add_file("users.txt", &format!("a:1\n#\n{line}\n")).unwrap_err();
            assert_eq!(error.to_string(), format!("users.txt:3: {problem}"), "{line}");
        }
    }

    const BASE64_OF_64_BYTES: &str =
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA==";

    fn hash_problem() -> String {
        AccessProblem::Hash("b".to_owned()).to_string()
    }

    fn iterations_problem(given: &str) -> String {
        format!("the hash of `b` has {given} iterations: use 1 to 1000000")
    }
}

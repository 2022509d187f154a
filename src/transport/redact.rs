//! Which parts of a URL or a header may be shown: the one place that knows where they can contain a secret.
//!
//! Separate from the parser, since a URL that cannot be parsed may contain a password too.

use super::proxy::Proxy;
use super::url::Parts;

/// Shown in place of a secret.
pub const MASK: &str = "***";

/// A URL of a broker or a proxy, with or without its scheme, split as far as possible.
struct Anatomy<'a> {
    /// The scheme with its `://`.
    scheme: &'a str,
    user: Option<&'a str>,
    password: Option<&'a str>,
    /// Host, port and path; `None` if all of it may be user name and password.
    place: Option<&'a str>,
    query: Option<&'a str>,
}

impl<'a> Anatomy<'a> {
    fn of(text: &'a str) -> Self {
        let (scheme, behind) = text.find("://").map_or(("", text), |at| text.split_at(at + 3));
        let is_readable = if scheme.is_empty() { Proxy::parse(text).is_ok() } else { Parts::split(text).is_ok() };
        // What cannot be read may have a `/` in its password: then the last `@` ends it.
        let end = behind.find(['/', '?', '#']).filter(|_| is_readable).unwrap_or(behind.len());
        let (user_info, place) = match behind[..end].rfind('@') {
            Some(at) => (Some(&behind[..at]), Some(&behind[at + 1..])),
            None if is_readable || !behind.contains(':') => (None, Some(behind)),
            None => (Some(behind), None),
        };
        let (user, password) = match user_info.map(|user_info| user_info.split_once(':').ok_or(user_info)) {
            Some(Ok((user, password))) => (Some(user), Some(password).filter(|password| !password.is_empty())),
            Some(Err(user)) => (Some(user), None),
            None => (None, None),
        };
        // After these, a `?` belongs to a topic or to the name of a file.
        let has_topic = ["mqtt://", "mqtts://", "tcp://", "ssl://", "tls://", "unix://"]
            .iter()
            .any(|known| scheme.eq_ignore_ascii_case(known));
        let (place, query) = match place.and_then(|place| place.split_once('?')).filter(|_| !has_topic) {
            Some((place, query)) => (Some(place), Some(query)),
            None => (place, None),
        };
        Self { scheme, user, password, place, query }
    }

    fn join(&self) -> String {
        let mut text = self.scheme.to_owned();
        text.extend(self.user);
        text.extend(self.password.iter().flat_map(|password| [":", password]));
        if self.place.is_some() && (self.user.is_some() || self.password.is_some()) {
            text.push('@');
        }
        text.extend(self.place);
        text.extend(self.query.iter().flat_map(|query| ["?", query]));
        text
    }
}

/// A URL with its password and the values of its query masked; unchanged if it has neither.
pub fn redact(text: &str) -> String {
    let anatomy = Anatomy::of(text);
    if anatomy.password.is_none() && anatomy.query.is_none() {
        return text.to_owned();
    }
    let query = anatomy.query.map(mask_values);
    Anatomy { password: anatomy.password.map(|_| MASK), query: query.as_deref(), ..anatomy }.join()
}

/// A path of HTTP with the values of its query masked.
pub fn redact_path(path: &str) -> String {
    match path.split_once('?') {
        Some((path, query)) => format!("{path}?{}", mask_values(query)),
        None => path.to_owned(),
    }
}

/// A header with its value masked; a text that is not a header is masked completely.
pub fn redact_header(text: &str) -> String {
    match text.find([':', '=']) {
        Some(at) if at > 0 => format!("{}: {MASK}", &text[..at]),
        _ => MASK.to_owned(),
    }
}

/// A URL without its password.
pub fn without_password(text: &str) -> String {
    let anatomy = Anatomy::of(text);
    if anatomy.password.is_none() { text.to_owned() } else { Anatomy { password: None, ..anatomy }.join() }
}

/// A URL without its user name, its password and its query.
pub fn without_credentials(text: &str) -> String {
    Anatomy { user: None, password: None, query: None, ..Anatomy::of(text) }.join()
}

fn mask_values(query: &str) -> String {
    let mask = |part: &str| match part.split_once('=') {
        Some((name, value)) if !value.is_empty() => format!("{name}={MASK}"),
        None if !part.is_empty() => MASK.to_owned(),
        _ => part.to_owned(),
    };
    query.split('&').map(mask).collect::<Vec<_>>().join("&")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_masked_in_every_form_that_is_accepted_and_in_those_that_are_not() {
        for (text, shown) in [
            ("mqtts://u:hunter2@h:1/t", "mqtts://u:***@h:1/t"),
            ("mqtt://:hunter2@h", "mqtt://:***@h"),
            ("u:hunter2@p:3128", "u:***@p:3128"),
            ("mqtt://u:hun/ter2@h", "mqtt://u:***@h"),
            ("mqtt://u:hun@ter2@h/a@b", "mqtt://u:***@h/a@b"),
            ("mqtt://u:hunter2", "mqtt://u:***"),
            ("wss://u@h/mqtt?token=hunter2&v=hunter2", "wss://u@h/mqtt?token=***&v=***"),
            ("wss://h?hunter2", "wss://h?***"),
        ] {
            assert_eq!(redact(text), shown);
            assert_eq!(redact(shown), shown, "what is masked stays so");
            assert!(!without_credentials(text).contains("ter2"), "{text}");
        }
        for text in ["mqtt://u@h/a:b@c?d=e", "mqtt://h:1883/a@b", "proxy:3128", "unix:///run/x?y", "mqtt://u:@h", ""] {
            assert_eq!((redact(text), without_password(text)), (text.to_owned(), text.to_owned()));
        }
    }

    #[test]
    fn what_is_kept_is_the_same_broker() {
        assert_eq!(without_password("mqtt://u:pw@h/a@b"), "mqtt://u@h/a@b");
        assert_eq!(without_password("wss://u:pw@h/m?t=x"), "wss://u@h/m?t=x");
        assert_eq!(without_credentials("mqtt://u:pw@h:1/a"), "mqtt://h:1/a");
        assert_eq!(without_credentials("mqtt://h:1/a?b"), "mqtt://h:1/a?b");
    }

    #[test]
    fn headers_and_paths_keep_their_names() {
        assert_eq!(redact_header("Authorization:Bearer hunter2"), "Authorization: ***");
        assert_eq!(redact_header("X-Token=a:b"), "X-Token: ***");
        assert_eq!(redact_header("hunter2"), "***");
        assert_eq!(redact_path("/m?token=hunter2&flag&x="), "/m?token=***&***&x=");
        assert_eq!(redact_path("/m"), "/m");
    }
}

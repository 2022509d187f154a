use proptest::prelude::*;

use super::*;

fn variables() -> Variables {
    [("base", "home/kitchen"), ("two", "a b"), ("empty", ""), ("SYS", "never")]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into()
}

fn command(text: &str) -> CommandLine {
    match Line::parse(text, &variables()) {
        Ok(Line::Command(command)) => command,
        other => panic!("{text}: {other:?}"),
    }
}

fn words(text: &str) -> Vec<String> {
    command(text).words
}

fn refusal(text: &str) -> String {
    Line::parse(text, &variables()).unwrap_err().to_string()
}

#[test]
fn topics_need_no_quotes() {
    assert_eq!(words("sub #"), ["sub", "#"]);
    assert_eq!(words("sub # -q 1"), ["sub", "#", "-q", "1"]);
    assert_eq!(words("sub -t # | head"), ["sub", "-t", "#"]);
    for topic in
        ["car/#", "+/x/#", "$SYS/#", "$share/stock/order/#", "$queue/a", "$delayed/5/a", "$aws/things/+", "$x/"]
    {
        assert_eq!(words(&format!("sub {topic}")), ["sub", topic]);
        assert_eq!(words(&format!("sub \"{topic}\" ")), ["sub", topic]);
    }
    assert_eq!(words("pub price 5$"), ["pub", "price", "5$"]);
    assert_eq!(words("pub color #ff0000"), ["pub", "color", "#ff0000"]);
    assert_eq!(words("unsub $SYS"), ["unsub", "$SYS"]);
}

#[test]
fn quotes_hold_a_word_together() {
    assert_eq!(words(r#"pub a 'b  "c" \ $two'"#), ["pub", "a", r#"b  "c" \ $two"#]);
    assert_eq!(words(r#"pub a "b \"c\" \\ \$two \n""#), ["pub", "a", r#"b "c" \ $two \n"#]);
    assert_eq!(words(r"pub a b\ c\'\|\#\\"), ["pub", "a", r"b c'|#\"]);
    assert_eq!(words("pub a ''"), ["pub", "a", ""]);
    assert_eq!(words("pub a'b'\"c\"d"), ["pub", "abcd"]);
    assert_eq!(words("pub 汽车/开 '空 调'"), ["pub", "汽车/开", "空 调"]);
}

#[test]
fn variables_are_one_word_whatever_they_hold() {
    assert_eq!(
        words("sub $base/temp ${base}s \"$two!\" $empty"),
        ["sub", "home/kitchen/temp", "home/kitchens", "a b!", ""]
    );
    assert_eq!(words("sub $two"), ["sub", "a b"]);
    assert_eq!(words("sub $SYS/x"), ["sub", "$SYS/x"], "a topic's prefix is not a variable");
}

#[test]
fn a_variable_without_a_value_is_an_error_except_as_a_topics_first_level() {
    assert_eq!(
        refusal("pub a $speed"),
        "column 7: no variable `speed`: `var speed VALUE` sets it; write '$speed' for the characters"
    );
    assert_eq!(refusal("sub a/$speed/b").split(':').next(), Some("column 7"));
    assert_eq!(refusal("sub ${speed}/b").split(':').next(), Some("column 5"));
    assert_eq!(refusal("pub a ${two").split(':').next(), Some("column 7"));
}

#[test]
fn a_comment_has_a_line_of_its_own() {
    for text in ["", "   ", "# sub a", "  #x 'open", "# a \\"] {
        assert_eq!(Line::parse(text, &variables()), Ok(Line::Empty), "{text}");
    }
    for text in ["sub a # everything", "sub # all", "pub a hi # note"] {
        assert!(refusal(text).contains("`#` is a filter here, not a comment"), "{text}");
    }
    assert_eq!(words("sub '#' all"), ["sub", "#", "all"]);
}

#[test]
fn the_tail_and_shell_lines_are_the_shells() {
    let line = command(r#"last 5 | grep "$HOME" | wc -l # '"#);
    assert_eq!((line.words.len(), line.tail.as_deref()), (2, Some(r#"grep "$HOME" | wc -l # '"#)));
    assert_eq!(command("last|cat").tail.as_deref(), Some("cat"));
    assert_eq!(command("pub a 'x|y'").tail, None);
    assert_eq!(Line::parse(" !ls '", &variables()), Ok(Line::Shell("ls '".into())));
    assert!(refusal("last |").starts_with("column 6: no command after `|`"));
    assert!(refusal("last || x").starts_with("column 6: `||`"));
    assert!(refusal("| x").contains("no command"));
}

#[test]
fn a_heredoc_is_the_last_word() {
    assert_eq!(
        words("pub a <<EOF -q 1\n{\n \"x\": \"$two\"\n}\nEOF\n"),
        ["pub", "a", "-q", "1", "{\n \"x\": \"a b\"\n}"]
    );
    assert_eq!(words("pub a <<'END'\n$nobody\\\nEND"), ["pub", "a", "$nobody\\"]);
    assert_eq!(words("pub a <<E\nE"), ["pub", "a", ""]);
    assert_eq!(words("pub a <<E\n\n\\$x 5$\nE"), ["pub", "a", "\n$x 5$"]);
    assert_eq!(command("pub a <<E | cat\nb\nE").tail.as_deref(), Some("cat"));
    assert!(refusal("pub a <<E\n\n $x\nE").starts_with("line 3, column 2: no variable `x`"));
    assert!(refusal("pub a <<\nE").contains("needs a word"));
    assert!(refusal("pub a <<E <<F\nE").contains("a second `<<`"));
    assert!(refusal("pub a <<E\nE\nsub x").starts_with("line 3, column 1: a second command"));
}

#[test]
fn lines_go_on_behind_open_quotes_heredocs_and_backslashes() {
    for text in
        ["pub a 'b", "pub a \"b\n", "pub a \\", "last | grep \\", "!ls \\", "pub a <<E", "pub a <<E\nb", "pub \"\\"]
    {
        assert!(!is_complete(text), "{text:?}");
        assert!(Line::parse(text, &variables()).is_err(), "{text:?}");
    }
    for text in ["", "pub a b", "pub a \\\\", "last | grep \\\\", "# 'x", "!echo 'x", "pub a <<E\nb\nE", "sub ${"] {
        assert!(is_complete(text), "{text:?}");
    }
    assert_eq!(words("pub \\\n a 'b\nc'"), ["pub", "a", "b\nc"]);
    assert_eq!(command("last | sort \\\n | head").tail.as_deref(), Some("sort \\\n | head"));
    assert!(refusal("sub a\nsub b").starts_with("line 2, column 1: a second command"));
}

#[test]
fn errors_show_the_place() {
    let error = Line::parse("pub 汽 'x", &variables()).unwrap_err();
    assert_eq!(error.column(), 7);
    assert_eq!(error.caret(), "pub 汽 'x\n       ^");
}

#[test]
fn a_script_is_cut_into_commands_with_their_lines() {
    let script = "# a\nsub 'x\ny'\n\npub a <<E\n'\n\nE\nlast";
    let expected = [(1, "# a"), (2, "sub 'x\ny'"), (4, ""), (5, "pub a <<E\n'\n\nE"), (9, "last")];
    assert_eq!(commands(script), expected.map(|(line, text)| (line, text.to_owned())));
    assert_eq!(commands("a\nb 'c\nd").last(), Some(&(2, "b 'c\nd".to_owned())));
}

#[test]
fn an_alias_is_expanded_once() {
    let aliases: Aliases = [("ll".to_owned(), "last 20".to_owned()), ("sub".to_owned(), "sub -q 1".to_owned())].into();
    assert_eq!(expand_alias("ll | head", &aliases), "last 20 | head");
    assert_eq!(expand_alias(" ll|head", &aliases), "last 20|head");
    assert_eq!(expand_alias("sub a", &aliases), "sub -q 1 a");
    assert_eq!(expand_alias("pub ll", &aliases), "pub ll");
    assert_eq!(expand_alias("'ll'", &aliases), "'ll'");
}

#[test]
fn names_of_variables_are_checked() {
    assert_eq!(check_name("speed_2"), Ok(()));
    for (name, part) in [("", "cannot name"), ("2x", "no digit at the start"), ("a-b", "letters"), ("share", "$share/")]
    {
        assert!(check_name(name).unwrap_err().to_string().contains(part), "{name}");
    }
}

fn odd_text() -> impl Strategy<Value = String> {
    let parts =
        ["a", " ", "\n", "'", "\"", "\\", "$", "{", "}", "#", "|", "!", "<<", "E", "/", "-", "two", "汽", "\r", "\t"];
    prop::collection::vec(prop::sample::select(parts.to_vec()), 0..14).prop_map(|parts| parts.concat())
}

proptest! {
    #[test]
    fn a_quoted_word_is_read_as_itself(word in prop_oneof![any::<String>(), odd_text()]) {
        prop_assert_eq!(words(&format!("pub {}", quote(&word))), ["pub", word.as_str()]);
    }

    #[test]
    fn any_text_is_read_or_refused_at_a_place_in_it(text in prop_oneof![any::<String>(), odd_text()]) {
        match Line::parse(&text, &variables()) {
            Err(error) => prop_assert!(error.column() <= text.chars().count() + 1 && !error.caret().is_empty()),
            Ok(_) => prop_assert!(is_complete(&text)),
        }
    }

    #[test]
    fn words_lie_in_the_text_in_their_order(text in odd_text()) {
        let Ok(tokens) = tokens(&text) else { return Ok(()) };
        let mut behind = 0;
        for word in &tokens.words {
            prop_assert!(behind <= word.start && word.start < word.end && text.is_char_boundary(word.start));
            prop_assert!(text.is_char_boundary(word.end));
            behind = word.end;
        }
    }

    #[test]
    fn commands_of_a_script_are_its_lines(text in odd_text()) {
        let text = text.replace('\r', "");
        let joined = commands(&text).into_iter().map(|(_, command)| command).collect::<Vec<_>>().join("\n");
        prop_assert_eq!(joined, text.lines().collect::<Vec<_>>().join("\n"));
    }

    #[test]
    fn an_assembler_waits_exactly_while_the_text_is_incomplete(text in odd_text()) {
        let mut assembler = Assembler::default();
        let mut pending = String::new();
        for line in text.lines() {
            let held = assembler.is_pending();
            pending = if held { format!("{pending}\n{line}") } else { line.to_owned() };
            prop_assert_eq!(assembler.push(line).is_some(), is_complete(&pending), "{:?}", pending);
        }
    }
}

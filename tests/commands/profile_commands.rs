//! `profile ...` from outside: what is written, what is shown, what is refused.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use crate::support::{Home, ScriptedBroker};

fn leftovers(home: &Home) -> usize {
    let entries = fs::read_dir(home.profile("x").parent().unwrap()).unwrap();
    entries.filter(|entry| entry.as_ref().unwrap().file_name().to_string_lossy().starts_with('.')).count()
}

#[test]
fn add_writes_what_the_options_say_for_its_owner_alone() {
    let home = Home::new();
    let line = "profile add task --url mqtts://broker.example:8883 -u me --password-env SECRET --no-clean -k 10 \
                --set publish.topic=a/b --set publish.qos=2 --set subscribe.filters=$queue/a/#";
    let ended = home.run(&line.split_whitespace().collect::<Vec<_>>().join(" ")).expect_code(0);
    assert_eq!(ended.stderr, "✔ created profile task: mqttx-rs --profile task sub\n");
    assert_eq!(
        home.text_of_profile("task"),
        "[connection]\nurl = \"mqtts://broker.example:8883\"\nusername = \"me\"\npassword = \"env:SECRET\"\n\
         clean_start = false\nkeep_alive = 10\n\n[publish]\ntopic = \"a/b\"\nqos = 2\n\n[subscribe]\n\
         filters = [\"$queue/a/#\"]\n"
    );
    assert_eq!(fs::metadata(home.profile("task")).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(leftovers(&home), 0);
    home.run("profile add asks -h h -u me --ask-password").expect_code(0);
    assert!(home.text_of_profile("asks").ends_with("password = \"prompt\"\n"), "{}", home.text_of_profile("asks"));
    let again = home.run("profile add task -h other").expect_code(2);
    assert!(again.stderr.starts_with("error: profile `task` already exists\n"), "{}", again.stderr);
    home.run("profile add task -h other --force").expect_code(0);
    assert_eq!(home.text_of_profile("task"), "[connection]\nhost = \"other\"\n");
}

#[test]
fn what_no_command_would_take_is_not_written() {
    let home = Home::new();
    for (line, message) in [
        ("profile add a --set connection.prot=1", "--set: unknown key `connection.prot`"),
        ("profile add a --set publish.qos=7", "publish.qos of profile `a`: `7` is not a QoS: use 0, 1 or 2"),
        ("profile add ../a -h x", "`../a` is not a valid profile name: use letters, digits, `-`, `_`, `.` and `@`"),
        ("profile add a", "the profile would be empty"),
        ("profile add a -h x -P -", "--password - cannot be used with profile add"),
        ("profile add a -h x --trace", "--trace cannot be used with profile add"),
        ("profile add a -h x -lo o.json", "--load-options cannot be used with profile add"),
        ("profile add a -h x --extends nobody", "no profile `nobody` in "),
    ] {
        let ended = home.run(line).expect_code(2);
        assert!(ended.stderr.starts_with(&format!("error: {message}")), "{line}: {}", ended.stderr);
        assert!(!home.profile("a").exists(), "{line}");
    }
}

#[test]
fn a_folder_that_cannot_be_read_is_not_an_empty_one() {
    let home = Home::new();
    let folder = home.profile("a").parent().unwrap().to_owned();
    _ = fs::remove_dir(&folder);
    fs::create_dir_all(folder.parent().unwrap()).unwrap();
    fs::write(&folder, "a file instead of the folder").unwrap();
    for line in ["profile list", "profile list --json", "profile list --names", "profile validate"] {
        let ended = home.run(line).expect_code(1);
        let begin = format!("error: cannot read {}: ", folder.display());
        assert!(ended.stderr.starts_with(&begin), "{line}: {}", ended.stderr);
        assert_eq!(ended.text(), "", "{line}");
    }
}

#[test]
fn answers_on_a_terminal_make_a_profile() {
    let home = Home::new();
    let answers = "mqtt://b.example\n\nme\nprompt\na/b\nx/# $queue/y\n";
    home.program("profile add asked").on_terminal().stdin(answers).run().expect_code(0);
    assert_eq!(
        home.text_of_profile("asked"),
        "[connection]\nurl = \"mqtt://b.example\"\nusername = \"me\"\npassword = \"prompt\"\n\n[publish]\n\
         topic = \"a/b\"\n\n[subscribe]\nfilters = [\"x/#\", \"$queue/y\"]\n"
    );
}

#[test]
fn lists_are_for_people_for_programs_and_for_completion() {
    let home = Home::new();
    home.run("profile add base -h b.example -p 1999").expect_code(0);
    home.run("profile add task --url mqtt://u:hunter2@c.example").expect_code(0);
    home.run("profile add child --extends base -u me").expect_code(0);
    fs::write(home.profile("broken"), "[nothing]\n").unwrap();
    home.run("profile use task").expect_code(0);
    let ended = home.run("profile list").expect_code(0);
    assert_eq!(
        ended.text(),
        "   NAME    BROKER                                                   EXTENDS\n   \
         base    mqtt://b.example:1999\n   \
         broken  broken: profile `broken`, line 1: unknown key `nothing`\n   \
         child   mqtt://b.example:1999                                    base\n*  \
         task    mqtt://u:***@c.example\n"
    );
    assert_eq!(home.run("profile list --names").text(), "base\nbroken\nchild\ntask\n");
    let json: serde_json::Value = serde_json::from_str(home.run("profile list --json").text()).unwrap();
    assert_eq!((&json[3]["name"], &json[3]["selected"]), (&"task".into(), &true.into()));
    assert!(json[1]["error"].as_str().unwrap().contains("nothing"));
}

#[test]
fn show_masks_secrets_and_says_where_each_value_comes_from() {
    let home = Home::new();
    home.run("profile add base -h b.example -k 9").expect_code(0);
    let ended = home.run("profile add task --extends base -u me -P hunter2 --set publish.qos=2").expect_code(0);
    assert!(ended.stderr.starts_with("warning: the password is in plain text in the profile"), "{}", ended.stderr);
    let shown = home.run("profile show task").expect_code(0);
    assert!(shown.text().contains("password = \"***\"") && !shown.text().contains("hunter2"), "{}", shown.text());
    let ended = home.program("profile show task --effective").env("MQTTX_PORT", "7").run().expect_code(0);
    let rows: Vec<Vec<&str>> = ended
        .text()
        .lines()
        .map(|line| line.split("  ").map(str::trim).filter(|cell| !cell.is_empty()).collect())
        .collect();
    for row in [
        ["connection.host", "b.example", "connection.host of profile `base`"],
        ["connection.port", "7", "MQTTX_PORT"],
        ["connection.password", "***", "connection.password of profile `task`"],
        ["connection.keep_alive", "9", "connection.keep_alive of profile `base`"],
        ["connection.clean_start", "true", "default"],
        ["publish.qos", "2", "publish.qos of profile `task`"],
        ["subscribe.qos", "0", "default"],
    ] {
        assert!(rows.iter().any(|cells| *cells == row), "{row:?} in {rows:?}");
    }
    assert!(!ended.text().contains("hunter2"));
    let exported = home.run("profile export task").expect_code(0);
    assert_eq!(
        exported.text(),
        "[connection]\nhost = \"b.example\"\nusername = \"me\"\nkeep_alive = 9\n\n[publish]\nqos = 2\n"
    );
    assert!(exported.stderr.contains("connection.password is left out"), "{}", exported.stderr);
    assert!(home.run("profile export task --with-secrets").text().contains("hunter2"));
}

#[test]
fn a_profile_with_an_authority_shows_the_protocol_that_it_means() {
    let home = Home::new();
    home.run("profile add safe -h b.example --ca /ca.pem").expect_code(0);
    let list = home.run("profile list").expect_code(0);
    assert!(list.text().contains("mqtts://b.example"), "{}", list.text());
    let effective = home.run("profile show safe --effective").expect_code(0);
    let row = effective.text().lines().find(|line| line.starts_with("connection.protocol")).unwrap_or_default();
    assert!(row.contains("mqtts") && row.ends_with("default"), "{row}");
    let ended = home.run("profile add odd -h b.example -l mqtt --ca /ca.pem").expect_code(2);
    let message = "tls.ca of profile `odd` needs TLS, but connection.protocol of profile `odd` is mqtt";
    assert!(ended.stderr.contains(message), "{}", ended.stderr);
    home.write(".config/mqttx-rs/profiles/bom.toml", "\u{feff}[connection]\nhost = \"b.example\"\n");
    home.run("profile validate bom").expect_code(0);
}

#[test]
fn edit_keeps_comments_and_what_the_editor_leaves_broken_is_not_kept() {
    let home = Home::new();
    home.run("profile add task -h a").expect_code(0);
    fs::write(home.profile("task"), "# ours\n[connection]\nhost = \"a\" # old\n").unwrap();
    home.run("profile edit task --set connection.host=b --set connection.port=1999").expect_code(0);
    assert_eq!(home.text_of_profile("task"), "# ours\n[connection]\nhost = \"b\" # old\nport = 1999\n");
    home.run("profile edit task --unset connection.port").expect_code(0);
    assert_eq!(home.text_of_profile("task"), "# ours\n[connection]\nhost = \"b\" # old\n");

    let editor = |script: &str| {
        let path = home.path().join("editor");
        fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o700)).unwrap();
        home.program("profile edit task").env("VISUAL", "").env("EDITOR", path.to_str().unwrap()).run()
    };
    editor("grep -q '# url = ' \"$1\" && sed -i 's/\"b\"/\"c\"/' \"$1\"").expect_code(0);
    assert_eq!(home.text_of_profile("task"), "# ours\n[connection]\nhost = \"c\" # old\n");
    let ended = editor("sed -i 's/host =/hots =/' \"$1\"").expect_code(2);
    assert!(ended.stderr.contains("line 3: unknown key `hots` in [connection]"), "{}", ended.stderr);
    assert!(ended.stderr.contains("hint: your draft is in "), "{}", ended.stderr);
    assert_eq!(home.text_of_profile("task"), "# ours\n[connection]\nhost = \"c\" # old\n");
    let other = home.profile("task");
    let ended =
        editor(&format!("sed -i 's/\"c\"/\"d\"/' \"$1\"; echo '# theirs' >> {}", other.display())).expect_code(1);
    assert!(ended.stderr.contains("was changed by another program in the meantime"), "{}", ended.stderr);
    assert!(home.text_of_profile("task").ends_with("# theirs\n"));
    // What was typed before an editor fails is kept; where nothing was, nothing is left.
    let ended = editor("echo '# mine' > \"$1\"; exit 1").expect_code(1);
    let draft = ended.stderr.trim().split_once("hint: your draft is in ").unwrap().1;
    assert_eq!(fs::read_to_string(draft).unwrap(), "# mine\n");
    let ended = editor("exit 1").expect_code(1);
    assert!(ended.stderr.contains("failed: ") && !ended.stderr.contains("draft"), "{}", ended.stderr);
}

#[test]
fn copies_new_names_and_removals_mind_who_depends_on_them() {
    let home = Home::new();
    home.run("profile add base -h b").expect_code(0);
    home.run("profile add child --extends base -u me").expect_code(0);
    home.run("profile copy child twin").expect_code(0);
    assert_eq!(home.text_of_profile("twin"), home.text_of_profile("child"));
    home.run("profile use child").expect_code(0);
    let ended = home.run("profile remove child --yes").expect_code(2);
    assert_eq!(ended.stderr, "error: profile `child` is the selected one\nhint: `mqttx-rs profile unuse` first\n");
    home.run("profile rename child kid").expect_code(0);
    assert!(home.run("profile list").text().contains("*  kid"));
    home.run("profile unuse").expect_code(0);
    home.run("profile remove kid").expect_code(2);
    home.run("profile remove kid --yes").expect_code(0);
    let ended = home.run("profile remove base --yes").expect_code(2);
    assert_eq!(ended.stderr, "error: profile `twin` extends `base`\n");
    home.program("profile remove twin").on_terminal().stdin("n\n").run().expect_code(0);
    assert!(home.profile("twin").exists());
    home.program("profile remove twin").on_terminal().stdin("y\n").run().expect_code(0);
    assert!(!home.profile("twin").exists());
    assert_eq!(home.run("profile path base").text(), format!("{}\n", home.profile("base").display()));
}

#[test]
fn validate_names_every_fault_and_reaches_the_broker_when_asked() {
    let home = Home::new();
    let broker = ScriptedBroker::start();
    home.run(&format!("profile add good -h 127.0.0.1 -p {}", broker.port())).expect_code(0);
    fs::write(home.profile("bad"), "[connection]\nport = 99999\n").unwrap();
    let ended = home.run("profile validate").expect_code(2);
    assert_eq!(
        ended.stderr,
        "error: connection.port of profile `bad`: `99999` is not a whole number between 1 and 65535\n✔ good is valid\n"
    );
    let running = home.program("profile validate good --connect").start();
    let (mut link, _) = broker.accept_session(crate::support::wire::connack());
    link.expect_goodbye();
    link.close();
    let ended = running.wait().expect_code(0);
    assert!(ended.text().contains("127.0.0.1"), "{}", ended.text());
}

#[test]
fn processes_that_add_at_the_same_time_lose_nothing() {
    let home = Home::new();
    let running: Vec<_> = (0..8).map(|n| home.program(&format!("profile add p{n} -h h{n}")).start()).collect();
    for run in running {
        run.wait().expect_code(0);
    }
    assert_eq!(home.run("profile list --names").text().lines().count(), 8);
    let running: Vec<_> = ["connection.port=1", "connection.keep_alive=2", "publish.qos=1", "publish.topic=a"]
        .map(|set| home.program(&format!("profile edit p0 --set {set}")).start())
        .into();
    for run in running {
        run.wait().expect_code(0);
    }
    assert_eq!(home.text_of_profile("p0").lines().filter(|line| line.contains('=')).count(), 5);
}

//! Whether real shells, where they are installed, understand the completion scripts.

use std::path::Path;
use std::process::Command;

/// What a shell prints for a script that completes, in a home with the profiles `task` and `test`; none where the
/// shell is not installed.
fn completed(shell: &str, arguments: &[&str], script: &str) -> Option<String> {
    let home = tempfile::tempdir().unwrap();
    let profiles = home.path().join(".config/mqttx-rs/profiles");
    std::fs::create_dir_all(&profiles).unwrap();
    for name in ["task", "test"] {
        std::fs::write(profiles.join(format!("{name}.toml")), "").unwrap();
    }
    let program = Path::new(env!("CARGO_BIN_EXE_mqttx-rs")).parent().unwrap();
    let path = format!("{}:{}", program.display(), std::env::var("PATH").unwrap());
    let scripts = Path::new(env!("CARGO_MANIFEST_DIR")).join("completions");
    let ended = Command::new(shell)
        .args(arguments)
        .args(["-c", script])
        .current_dir(home.path())
        .env("PATH", path)
        .env("HOME", home.path())
        .env("SCRIPTS", scripts)
        .env_remove("XDG_CONFIG_HOME")
        .output()
        .ok()?;
    let (stdout, stderr) = (String::from_utf8(ended.stdout).unwrap(), String::from_utf8(ended.stderr).unwrap());
    assert!(ended.status.success() && stderr.is_empty(), "{shell}: {stdout}{stderr}");
    Some(stdout)
}

#[test]
fn bash_completes_commands_options_and_names_of_profiles() {
    let complete = |words: &str| {
        let script = format!(
            "source \"$SCRIPTS/mqttx-rs.bash\"\nCOMP_WORDS=({words})\nCOMP_CWORD=$((${{#COMP_WORDS[@]}} - 1))\n\
             _mqttx__rs mqttx-rs \"${{COMP_WORDS[COMP_CWORD]}}\" \"${{COMP_WORDS[COMP_CWORD - 1]}}\"\n\
             echo \"${{COMPREPLY[*]}}\""
        );
        completed("bash", &["--norc"], &script).map(|names| names.trim().to_owned())
    };
    for (words, expected) in [
        ("mqttx-rs --profile t", "task test"),
        ("mqttx-rs --profile ''", "task test"),
        ("mqttx-rs sub --profile ta", "task"),
        ("mqttx-rs bench pub --profile tes", "test"),
        ("mqttx-rs profile show t", "task test"),
        ("mqttx-rs profile remove ''", "task test"),
        ("mqttx-rs profile validate task te", "test"),
        ("mqttx-rs profile add new --extends t", "task test"),
        ("mqttx-rs profile show --eff", "--effective"),
        ("mqttx-rs profile use --color al", "always"),
        ("mqttx-rs pub --will-t", "--will-topic"),
        ("mqttx-rs prof", "profile"),
    ] {
        let Some(found) = complete(words) else { return };
        assert_eq!(found, expected, "{words}");
    }
}

#[test]
fn fish_completes_names_of_profiles() {
    for (line, expected) in [
        ("mqttx-rs --profile ", "task test"),
        ("mqttx-rs sub --profile ta", "task"),
        ("mqttx-rs profile show te", "test"),
        ("mqttx-rs profile add new --extends t", "task test"),
    ] {
        let script = format!("source \"$SCRIPTS/mqttx-rs.fish\"; complete -C '{line}'");
        let Some(found) = completed("fish", &["--no-config"], &script) else { return };
        // The description follows a tab.
        let names: Vec<_> = found.lines().filter_map(|line| line.split('\t').next()).collect();
        assert_eq!(names.join(" "), expected, "{line}");
    }
}

/// In a terminal of its own, as `zpty` gives one, since zsh completes nowhere else.
#[test]
fn zsh_completes_names_of_profiles() {
    for (line, expected) in [
        ("mqttx-rs sub --profile tas", "mqttx-rs sub --profile task "),
        ("mqttx-rs profile show tes", "mqttx-rs profile show test "),
        ("mqttx-rs profile add new --extends tas", "mqttx-rs profile add new --extends task "),
    ] {
        let script = format!(
            "zmodload zsh/zpty\nzpty shell 'TERM=dumb PS1= zsh -f -i'\n\
             zpty -w shell 'unsetopt prompt_cr prompt_sp zle_bracketed_paste 2>/dev/null; fpath=($SCRIPTS $fpath); \
             autoload -Uz compinit; compinit -u -D; zle -C complete complete-word _main_complete; \
             show() {{ zle complete; print -r -- \"DONE[$BUFFER]\"; exit }}; zle -N show; bindkey \"^G\" show; \
             print -r -- REA\"\"DY'\n\
             while zpty -r shell text; do [[ $text == *READY* && $text != *REA\\\"* ]] && break; done\n\
             zpty -w -n shell $'{line}\\a'\n\
             while zpty -r shell text; do [[ $text == *DONE\\[*mqttx* ]] && break; done\n\
             print -r -- ${{${{text##*DONE\\[}}%%\\]*}}"
        );
        let Some(found) = completed("zsh", &["-f"], &script) else { return };
        assert_eq!(found.trim_end_matches('\n'), expected, "{line}");
    }
}

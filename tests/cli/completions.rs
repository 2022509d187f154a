//! The completion scripts: what `clap_complete` makes of the definition, and the names of profiles, which a script
//! asks the program for when they are wanted. Real shells, where they are installed, say whether they understand.

use std::path::Path;
use std::process::Command;

use clap_complete::Shell;
use mqttx_rs::internals as cli;

/// What a shell runs to have the names, a name a line.
const NAMES: &str = "mqttx-rs profile list --names 2>/dev/null";

/// The commands of `profile` that are given the name of one that is there.
const WITH_NAME: [&str; 9] = ["show", "edit", "copy", "rename", "remove", "use", "validate", "path", "export"];

/// Every script, by its file's name.
pub(crate) fn scripts() -> Vec<(String, String)> {
    [
        (Shell::Bash, "mqttx-rs.bash", bash as fn(&str) -> String),
        (Shell::Elvish, "mqttx-rs.elv", elvish),
        (Shell::Fish, "mqttx-rs.fish", fish),
        (Shell::PowerShell, "_mqttx-rs.ps1", power_shell),
        (Shell::Zsh, "_mqttx-rs", zsh),
    ]
    .map(|(shell, name, with_names)| {
        let mut script = Vec::new();
        clap_complete::generate(shell, &mut cli::command(), "mqttx-rs", &mut script);
        (name.to_owned(), with_names(std::str::from_utf8(&script).unwrap()))
    })
    .into()
}

/// Replaces a text, which has to be there.
#[track_caller]
fn replaced(script: &str, from: &str, to: &str) -> String {
    assert!(script.contains(from), "the generated script has no `{from}` any more");
    script.replace(from, to)
}

fn bash(script: &str) -> String {
    // clap_complete 4.6.11 names the program in one way where a command is found and in another where it is used,
    // when there is a dash in the name; no command would be completed.
    let mut script = replaced(script, "mqttx__subcmd__rs", "mqttx__rs");
    let names = format!(r#"COMPREPLY=($(compgen -W "$({NAMES})" -- "${{cur}}"))"#);
    for option in ["--profile", "--extends"] {
        let value = format!("                {option})\n                    ");
        let files = r#"COMPREPLY=($(compgen -f "${cur}"))"#;
        script = replaced(&script, &format!("{value}{files}"), &format!("{value}{names}"));
    }
    for command in WITH_NAME {
        let label = format!("        mqttx__rs__subcmd__profile__subcmd__{command})\n");
        let at = script.find(&label).expect("every command has its part");
        let end = at + script[at..].find("\n            ;;\n").expect("and the part an end");
        let part = &script[at..end];
        let part =
            replaced(part, "if [[ ${cur} == -* || ${COMP_CWORD} -eq 3 ]] ; then", "if [[ ${cur} == -* ]] ; then");
        let last = part.rfind("            COMPREPLY=( $(compgen -W \"${opts}\"").expect("what completes at last");
        let part = format!("{}            {names}\n            return 0", &part[..last]);
        script = format!("{}{part}{}", &script[..at], &script[end..]);
    }
    script
}

fn zsh(script: &str) -> String {
    let mut script =
        replaced(script, "or the path of a file]:NAME:_default'", "or the path of a file]:NAME:_mqttx-rs_profiles'");
    script = replaced(
        &script,
        "all other values from]:PROFILE:_default'",
        "all other values from]:PROFILE:_mqttx-rs_profiles'",
    );
    for name in ["name -- Name of the profile", "names -- Names of profiles, or paths of files"] {
        script = replaced(&script, &format!(":{name}:_default'"), &format!(":{name}:_mqttx-rs_profiles'"));
    }
    let default = r"Name of the profile \[default\: the one in use\]";
    script = replaced(&script, &format!("{default}:_default'"), &format!("{default}:_mqttx-rs_profiles'"));
    let function = format!(
        "(( $+functions[_mqttx-rs_profiles] )) ||\n_mqttx-rs_profiles() {{\n    local -a names\n    \
         names=(${{(f)\"$({NAMES})\"}})\n    compadd \"$@\" -a names\n}}\n\n"
    );
    let main = "if [ \"$funcstack[1]\" = \"_mqttx-rs\" ]; then";
    replaced(&script, main, &format!("{function}{main}"))
}

fn fish(script: &str) -> String {
    let takes_name = |line: &str| [" -l profile -d ", " -l extends -d "].iter().any(|option| line.contains(option));
    let with_names = |line: &str| match line.strip_suffix(" -r").filter(|_| takes_name(line)) {
        Some(line) => format!("{line} -x -a \"({NAMES})\"\n"),
        None => format!("{line}\n"),
    };
    let script: String = script.lines().map(with_names).collect();
    let commands = WITH_NAME.join(" ");
    let condition = format!("__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from {commands}");
    // The generated conditions know nothing of an option before the command that still lacks its value.
    format!(
        "{script}complete -c mqttx-rs -l profile -x -a \"({NAMES})\"\n\
         complete -c mqttx-rs -n \"{condition}\" -f -a \"({NAMES})\"\n"
    )
}

fn elvish(script: &str) -> String {
    let mut script = script.to_owned();
    for command in WITH_NAME {
        let part = format!("        &'mqttx-rs;profile;{command}'= {{\n");
        script = replaced(&script, &part, &format!("{part}            {NAMES}\n"));
    }
    let last = "    $completions[$command]\n";
    let names = format!(
        "    if (and (> (count $words) 2) (has-value [--profile --extends] $words[-2])) {{\n        {NAMES}\n    }} else \
         {{\n        $completions[$command]\n    }}\n"
    );
    replaced(&script, last, &names)
}

fn power_shell(script: &str) -> String {
    let names = "    $previous = $commandElements |\n        \
                 Where-Object { $_.Extent.EndOffset -lt $cursorPosition } |\n        Select-Object -Last 1\n    \
                 $profiles = {\n        mqttx-rs profile list --names 2>$null | ForEach-Object {\n            \
                 [CompletionResult]::new($_, $_, [CompletionResultType]::ParameterValue, $_)\n        }\n    }\n\n";
    let switch = "    $completions = @(switch ($command) {\n";
    let begin = format!(
        "{names}    $completions = @(if (\"$previous\" -in '--profile', '--extends') {{ & $profiles }} else {{ switch \
         ($command) {{\n"
    );
    let mut script = replaced(script, switch, &begin);
    script = replaced(&script, "    })\n\n    $completions.Where", "    }})\n\n    $completions.Where");
    for command in WITH_NAME {
        let part = format!("        'mqttx-rs;profile;{command}' {{\n");
        script = replaced(&script, &part, &format!("{part}            & $profiles\n"));
    }
    script
}

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
        // Behind a tab stands the description.
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

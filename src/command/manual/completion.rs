//! The completion scripts: what `clap_complete` makes of the definition, and the names of profiles, which a script
//! asks the program for when needed.

use clap::Command;
use clap_complete::Shell;

/// The command that prints the names, one per line.
const NAMES: &str = "mqttx-rs profile list --names 2>/dev/null";

/// The commands of `profile` that take the name of an existing one.
const WITH_NAME: [&str; 9] = ["show", "edit", "copy", "rename", "remove", "use", "validate", "path", "export"];

/// The script of a shell; `Err`: an expected text that `clap_complete` did not write.
pub(super) fn script(shell: Shell, mut definition: Command) -> Result<String, String> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut definition, "mqttx-rs", &mut script);
    let script = String::from_utf8_lossy(&script);
    match shell {
        Shell::Bash => bash(&script),
        Shell::Elvish => elvish(&script),
        Shell::Fish => Ok(fish(&script)),
        Shell::PowerShell => power_shell(&script),
        Shell::Zsh => zsh(&script),
        other => Err(other.to_string()),
    }
}

/// Replaces a text that must be there; if it is missing, it is the error.
fn replaced(script: &str, from: &str, to: &str) -> Result<String, String> {
    if script.contains(from) { Ok(script.replace(from, to)) } else { Err(from.to_owned()) }
}

fn bash(script: &str) -> Result<String, String> {
    // clap_complete 4.6.11 names the program in one way where a command is found and in another where it is used,
    // when there is a dash in the name; no command would be completed.
    let mut script = replaced(script, "mqttx__subcmd__rs", "mqttx__rs")?;
    let names = format!(r#"COMPREPLY=($(compgen -W "$({NAMES})" -- "${{cur}}"))"#);
    for option in ["--profile", "--extends"] {
        let value = format!("                {option})\n                    ");
        let files = r#"COMPREPLY=($(compgen -f "${cur}"))"#;
        script = replaced(&script, &format!("{value}{files}"), &format!("{value}{names}"))?;
    }
    for command in WITH_NAME {
        let label = format!("        mqttx__rs__subcmd__profile__subcmd__{command})\n");
        let (before, from) = split(&script, &label)?;
        let (part, after) = split(from, "\n            ;;\n")?;
        let part =
            replaced(part, "if [[ ${cur} == -* || ${COMP_CWORD} -eq 3 ]] ; then", "if [[ ${cur} == -* ]] ; then")?;
        let default = "            COMPREPLY=( $(compgen -W \"${opts}\"";
        let last = part.rfind(default).ok_or_else(|| default.to_owned())?;
        script = format!("{before}{}            {names}\n            return 0{after}", &part[..last]);
    }
    Ok(script)
}

/// The parts before a text, and from it on.
fn split<'a>(script: &'a str, at: &str) -> Result<(&'a str, &'a str), String> {
    script.find(at).map(|at| script.split_at(at)).ok_or_else(|| at.to_owned())
}

fn zsh(script: &str) -> Result<String, String> {
    let mut script =
        replaced(script, "or the path of a file]:NAME:_default'", "or the path of a file]:NAME:_mqttx-rs_profiles'")?;
    script = replaced(
        &script,
        "all other values from]:PROFILE:_default'",
        "all other values from]:PROFILE:_mqttx-rs_profiles'",
    )?;
    for name in ["name -- Name of the profile", "names -- Names of profiles, or paths of files"] {
        script = replaced(&script, &format!(":{name}:_default'"), &format!(":{name}:_mqttx-rs_profiles'"))?;
    }
    let default = r"Name of the profile \[default\: the one in use\]";
    script = replaced(&script, &format!("{default}:_default'"), &format!("{default}:_mqttx-rs_profiles'"))?;
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

fn elvish(script: &str) -> Result<String, String> {
    let mut script = script.to_owned();
    for command in WITH_NAME {
        let part = format!("        &'mqttx-rs;profile;{command}'= {{\n");
        script = replaced(&script, &part, &format!("{part}            {NAMES}\n"))?;
    }
    let last = "    $completions[$command]\n";
    let names = format!(
        "    if (and (> (count $words) 2) (has-value [--profile --extends] $words[-2])) {{\n        {NAMES}\n    }} else \
         {{\n        $completions[$command]\n    }}\n"
    );
    replaced(&script, last, &names)
}

fn power_shell(script: &str) -> Result<String, String> {
    let names = "    $previous = $commandElements |\n        \
                 Where-Object { $_.Extent.EndOffset -lt $cursorPosition } |\n        Select-Object -Last 1\n    \
                 $profiles = {\n        mqttx-rs profile list --names 2>$null | ForEach-Object {\n            \
                 [CompletionResult]::new($_, $_, [CompletionResultType]::ParameterValue, $_)\n        }\n    }\n\n";
    let switch = "    $completions = @(switch ($command) {\n";
    let begin = format!(
        "{names}    $completions = @(if (\"$previous\" -in '--profile', '--extends') {{ & $profiles }} else {{ switch \
         ($command) {{\n"
    );
    let mut script = replaced(script, switch, &begin)?;
    script = replaced(&script, "    })\n\n    $completions.Where", "    }})\n\n    $completions.Where")?;
    for command in WITH_NAME {
        let part = format!("        'mqttx-rs;profile;{command}' {{\n");
        script = replaced(&script, &part, &format!("{part}            & $profiles\n"))?;
    }
    Ok(script)
}

use super::*;

fn translated(tool: Tool, line: &str) -> Result<String, Error> {
    let arguments: Vec<OsString> = line.split_whitespace().map(|word| word.replace('~', " ").into()).collect();
    let mut options = Line::new(tool);
    options.read(&arguments)?;
    let tokens = options.into_tokens();
    Ok(tokens[1..].iter().map(|token| token.to_str().unwrap()).collect::<Vec<_>>().join(" "))
}

#[test]
fn options_become_ours() {
    for (tool, line, expected) in [
        (
            Tool::Pub,
            "-h plant -p 1884 -t a -m on -q 1 -r",
            "pub --hostname=plant --port=1884 --topic=a --message=on --qos=1 --retain --mqtt-version=3.1.1 --keepalive=60",
        ),
        (Tool::Pub, "-t a -t b -l -V 5", "pub --topic=b --line-mode --mqtt-version=5.0 --keepalive=60"),
        (
            Tool::Pub,
            "-t a -n -D publish user-property k v -k 5",
            "pub --topic=a --null-message --mqtt-version=5.0 --user-properties=k: v --keepalive=5",
        ),
        (
            Tool::Sub,
            "-t a -t b -v -W 3",
            "sub --topic=a --topic=b --timeout=3 --mqtt-version=3.1.1 --keepalive=60 \
             --maximum-reconnect-times=4294967295 --template=%t %p --delimiter=\\n",
        ),
        (
            Tool::Sub,
            "-t a -N -c -i me -V mqttv5",
            "sub --topic=a --no-clean --client-id=me --mqtt-version=5.0 --keepalive=60 \
             --session-expiry-interval=4294967295 --maximum-reconnect-times=4294967295 --output-mode=raw --delimiter=",
        ),
        (
            Tool::Request,
            "-t a -e b -m -q -F %p --tls-use-os-certs",
            "request --topic=a --reply-topic=b --message=-q --protocol=mqtts --mqtt-version=5.0 --keepalive=60 \
             --timeout=0 --template=%p --delimiter=\\n",
        ),
    ] {
        assert_eq!(translated(tool, line).unwrap(), format!("--quiet --no-profile {expected}"), "{line}");
    }
    assert!(translated(Tool::Pub, "-t a -d -m x").unwrap().starts_with("--debug "));
}

#[test]
fn what_is_wrong_is_said_with_their_names() {
    for (line, expected) in [
        ("-t", "-t needs a value"),
        ("-C 3", "unknown option `-C` of mosquitto_pub"),
        ("-V mqttv4", "-V: `mqttv4` is not mqttv5, mqttv311 or mqttv31"),
        ("--psk 00", "--psk is not supported"),
        ("-D publish colour red", "-D: unknown property `colour` of `publish`"),
        ("-D publish user-property k", "-D needs a value"),
        ("-D disconnect user-property k v", "-D: user-property of disconnect is not supported"),
        ("--tls-version tlsv1.1", "--tls-version: `tlsv1.1` is not tlsv1.2 or tlsv1.3"),
    ] {
        assert_eq!(translated(Tool::Pub, line).unwrap_err().message(), expected, "{line}");
    }
}

/// Whatever a table names exists here, for the tools that it is named for.
#[test]
fn every_option_of_the_tables_is_an_option_here() {
    let root = crate::cli::command();
    for tool in [Tool::Pub, Tool::Sub, Tool::Request] {
        let command = root.find_subcommand(tool.command()).unwrap();
        let has = |long: &str| command.get_arguments().any(|option| option.get_long() == Some(long));
        for known in OPTIONS.iter().filter(|known| known.tools.contains(&tool)) {
            match known.here {
                Here::Value(long) | Here::Switch(long) | Here::Fixed(long, _) => {
                    assert!(has(long), "{} of {}: --{long}", known.names[0], tool.name());
                }
                Here::Always | Here::Missing(_) | Here::Special(_) => {}
            }
        }
        let packets = match tool {
            Tool::Pub => &["connect", "publish", "will"][..],
            Tool::Sub => &["connect", "subscribe", "will"],
            Tool::Request => &["connect", "publish", "will"],
        };
        for property in PROPERTIES.iter().filter(|property| packets.contains(&property.packet)) {
            assert!(property.here.is_none_or(has), "{}: {:?}", property.name, property.here);
        }
    }
}

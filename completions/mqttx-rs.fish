# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_mqttx_rs_global_optspecs
    string join \n v/version color= error-format= profile= no-profile quiet debug log-file= help
end

function __fish_mqttx_rs_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_mqttx_rs_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_mqttx_rs_using_subcommand
    set -l cmd (__fish_mqttx_rs_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c mqttx-rs -n "__fish_mqttx_rs_needs_command" -l color -d 'Colour: auto, always or never' -r -f -a "auto\t''
always\t'Even in a pipe'
never\t'Not even on a terminal'"
complete -c mqttx-rs -n "__fish_mqttx_rs_needs_command" -l error-format -d 'Errors as text or json' -r -f -a "text\t'A sentence, and perhaps a hint'
json\t'One JSON object'"
complete -c mqttx-rs -n "__fish_mqttx_rs_needs_command" -l profile -d 'Profile: its name, or the path of a file' -x -a "(mqttx-rs profile list --names 2>/dev/null)"
complete -c mqttx-rs -n "__fish_mqttx_rs_needs_command" -l log-file -d 'Append what goes to stderr; --trace and --debug go only there' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_needs_command" -s v -l version -d 'Print the program\'s version'
complete -c mqttx-rs -n "__fish_mqttx_rs_needs_command" -l no-profile -d 'No profile, not even the selected one'
complete -c mqttx-rs -n "__fish_mqttx_rs_needs_command" -l quiet -d 'Only warnings and errors on stderr'
complete -c mqttx-rs -n "__fish_mqttx_rs_needs_command" -l debug -d 'Tell what the program does, on stderr'
complete -c mqttx-rs -n "__fish_mqttx_rs_needs_command" -l help -d 'Print help'
complete -c mqttx-rs -n "__fish_mqttx_rs_needs_command" -f -a "conn" -d 'Connect and stay, or tell what the broker announces'
complete -c mqttx-rs -n "__fish_mqttx_rs_needs_command" -f -a "pub" -d 'Publish messages'
complete -c mqttx-rs -n "__fish_mqttx_rs_needs_command" -f -a "sub" -d 'Subscribe to topics and print what arrives'
complete -c mqttx-rs -n "__fish_mqttx_rs_needs_command" -f -a "wait" -d 'Wait until messages arrive that fit, and print them'
complete -c mqttx-rs -n "__fish_mqttx_rs_needs_command" -f -a "request" -d 'Publish a request and wait for replies'
complete -c mqttx-rs -n "__fish_mqttx_rs_needs_command" -f -a "rr" -d 'Publish a request and wait for replies'
complete -c mqttx-rs -n "__fish_mqttx_rs_needs_command" -f -a "reply" -d 'Answer requests'
complete -c mqttx-rs -n "__fish_mqttx_rs_needs_command" -f -a "record" -d 'Record what arrives in a file'
complete -c mqttx-rs -n "__fish_mqttx_rs_needs_command" -f -a "replay" -d 'Publish what was recorded, with the pauses between'
complete -c mqttx-rs -n "__fish_mqttx_rs_needs_command" -f -a "clean-retained" -d 'Remove retained messages'
complete -c mqttx-rs -n "__fish_mqttx_rs_needs_command" -f -a "probe" -d 'Find out what a broker can do, by doing it'
complete -c mqttx-rs -n "__fish_mqttx_rs_needs_command" -f -a "repl" -d 'Explore a broker command by command, or run a script of them'
complete -c mqttx-rs -n "__fish_mqttx_rs_needs_command" -f -a "bench" -d 'Load a broker and measure it'
complete -c mqttx-rs -n "__fish_mqttx_rs_needs_command" -f -a "profile" -d 'Name brokers once, and use the names'
complete -c mqttx-rs -n "__fish_mqttx_rs_needs_command" -f -a "topic" -d 'Match and explain topic filters, without a broker'
complete -c mqttx-rs -n "__fish_mqttx_rs_needs_command" -f -a "broker" -d 'Run an MQTT broker, alone or around a command'
complete -c mqttx-rs -n "__fish_mqttx_rs_needs_command" -f -a "completion" -d 'Print a completion script for a shell'
complete -c mqttx-rs -n "__fish_mqttx_rs_needs_command" -f -a "man" -d 'Print or write man pages'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand conn" -l output-mode -d 'default, or jsonl: an object a connection' -r -f -a "default\t'For people'
jsonl\t'A JSON object a line for each connection'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand conn" -s h -l hostname -d 'Broker' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand conn" -s p -l port -d 'Port [default: 1883, 8883, 8083, 8084]' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand conn" -s l -l protocol -d 'mqtt, mqtts, ws or wss; TLS options mean mqtts' -r -f -a "mqtt\t'Plain TCP'
mqtts\t'TLS'
ws\t'WebSocket'
wss\t'WebSocket over TLS'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand conn" -l url -d 'As in mqtts://user:pass@host:8883/topic' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand conn" -l unix -d 'Unix socket instead of host and port' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand conn" -s i -l client-id -d 'Client identifier [default: random]' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand conn" -s u -l username -d 'User name' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand conn" -s P -l password -d 'Password; - reads it from stdin' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand conn" -l password-file -d 'File whose first line is the password' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand conn" -l password-env -d 'Variable that holds the password' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand conn" -s V -l mqtt-version -d '5.0, 3.1.1 or 3.1' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand conn" -s k -l keepalive -d 'Keep Alive, 0 is off' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand conn" -l connect-timeout -d 'Limit of one attempt, 0 is none' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand conn" -l reconnect-period -d 'Initial reconnect delay, doubled each time; 0 disables reconnecting (-rp)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand conn" -l maximum-reconnect-times -d 'Give up after N attempts in one outage' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand conn" -l authentication-method -d 'SCRAM-SHA-1, -256 or -512 (-am)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand conn" -l reauthenticate-every -d 'Authenticate again so often, on the same connection' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand conn" -l session-expiry-interval -d 'Life after the connection (-se)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand conn" -l receive-maximum -d 'QoS 1 and 2 messages in flight, from 1' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand conn" -l maximum-packet-size -d 'Largest packet to accept' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand conn" -l topic-alias-maximum -d 'Topic aliases that the broker may use' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand conn" -l will-topic -d 'Topic of the will (-Wt)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand conn" -l will-message -d 'Payload of the will [default: empty] (-Wm)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand conn" -l will-qos -d 'QoS of the will (-Wq)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand conn" -l will-delay-interval -d 'Wait before it is published (-Wd)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand conn" -l will-message-expiry-interval -d 'Its lifetime (-We)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand conn" -l will-content-type -d 'MIME type of its payload (-Wct)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand conn" -l will-response-topic -d 'Where a reply should go (-Wrt)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand conn" -l will-correlation-data -d 'What ties a reply to it (-Wcd)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand conn" -l will-user-properties -d 'Pairs "name: value" (-Wup)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand conn" -l ca -d 'Trusted file or folder [default: system\'s]' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand conn" -l cert -d 'This client\'s certificate' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand conn" -l key -d 'The certificate\'s key' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand conn" -l key-password -d 'Phrase of an encrypted key' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand conn" -l key-password-file -d 'File whose first line is the phrase' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand conn" -l sni -d 'Name to ask for and check [default: host]' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand conn" -l alpn -d 'Application protocols to offer' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand conn" -l tls-min-version -d '1.2 or 1.3' -r -f -a "1.2\t'TLS 1.2'
1.3\t'TLS 1.3'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand conn" -l pin-sha256 -d 'Accept only this public key (SHA-256)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand conn" -l path -d 'Path of the upgrade request' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand conn" -l ws-headers -d 'Headers of the request, "name: value" (-wh)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand conn" -l proxy -d 'Proxy, as in socks5h://host:1080 or http://host:3128' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand conn" -l no-proxy -d 'Hosts that need no proxy, between commas' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand conn" -l bind -d 'Local address to connect from' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand conn" -l trace -d 'Each packet on stderr, as text or =json' -r -f -a "text\t'A line for people'
json\t'A JSON object a line'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand conn" -l save-options -d 'Write the options to a file (-so)' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand conn" -l load-options -d 'Read options from a file (-lo)' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand conn" -l user-properties -d 'User properties, "name: value" (-up)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand conn" -l color -d 'Colour: auto, always or never' -r -f -a "auto\t''
always\t'Even in a pipe'
never\t'Not even on a terminal'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand conn" -l error-format -d 'Errors as text or json' -r -f -a "text\t'A sentence, and perhaps a hint'
json\t'One JSON object'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand conn" -l profile -d 'Profile: its name, or the path of a file' -x -a "(mqttx-rs profile list --names 2>/dev/null)"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand conn" -l log-file -d 'Append what goes to stderr; --trace and --debug go only there' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand conn" -l check -d 'Print what the broker announces, and end'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand conn" -l embedded -d 'Start a broker here and connect to it'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand conn" -l ask-password -d 'Ask for the password, on a terminal'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand conn" -l no-clean -d 'Resume the session, and keep it'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand conn" -l follow-redirect -d 'Go where the broker points to'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand conn" -l req-response-info -d 'Ask for response information'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand conn" -l no-req-problem-info -d 'Ask for no reason strings'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand conn" -l will-retain -d 'The broker keeps it (-Wr)'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand conn" -l will-payload-format-indicator -d 'Its payload is UTF-8 text (-Wpf)'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand conn" -l insecure -d 'Check no certificate: anyone can listen in'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand conn" -l ipv4 -d 'IPv4 only'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand conn" -l ipv6 -d 'IPv6 only'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand conn" -l no-profile -d 'No profile, not even the selected one'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand conn" -l quiet -d 'Only warnings and errors on stderr'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand conn" -l debug -d 'Tell what the program does, on stderr'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand conn" -l help -d 'Print help'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand pub" -s t -l topic -d 'Topic to publish to; repeat it for several' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand pub" -s q -l qos -d 'Quality of Service: 0, 1 or 2' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand pub" -s e -l message-expiry-interval -d 'Lifetime of the message' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand pub" -l topic-alias -d 'Number that stands for the topic (-ta)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand pub" -l response-topic -d 'Where a reply should go (-rt)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand pub" -l correlation-data -d 'What ties a reply to the request (-cd)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand pub" -l user-properties -d 'User properties, "name: value" (-up)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand pub" -l content-type -d 'MIME type of the payload (-ct)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand pub" -l subscription-identifier -d 'No client may send it [MQTT-3.3.4-6] (-si)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand pub" -s m -l message -d 'Payload [default: "Hello From MQTTX CLI"]' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand pub" -l file-read -d 'A file is the payload' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand pub" -s S -l payload-size -d 'Random payload, as in 1KB (1024 bytes)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand pub" -l repeat -d 'How often to publish' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand pub" -l repeat-delay -d 'Delay between repeats' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand pub" -l delay -d 'The broker holds it back so long ($delayed)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand pub" -l timeout -d 'Give up after so long, 0 is never' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand pub" -s f -l format -d 'plain, hex, base64, json, binary, cbor, msgpack, sparkplug; by a schema: protobuf, avro, avro-single-object' -r -f -a "plain\t''
hex\t''
base64\t''
json\t''
binary\t''
cbor\t''
msgpack\t''
protobuf\t''
avro\t''
avro-single-object\t''
sparkplug\t''"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand pub" -l protobuf-path -d 'Protobuf schema: a .proto file or a descriptor set (-Pp)' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand pub" -l protobuf-message-name -d 'Message of the Protobuf schema (-Pmn)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand pub" -l avsc-path -d 'Avro schema, an .avsc file (-Ap)' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand pub" -l schema -d 'Schema of the topics that match, for example \'a/#=a.proto:Reading\'' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand pub" -l compress -d 'Compress payloads: gzip or zstd' -r -f -a "gzip\t''
zstd\t''"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand pub" -s h -l hostname -d 'Broker' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand pub" -s p -l port -d 'Port [default: 1883, 8883, 8083, 8084]' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand pub" -s l -l protocol -d 'mqtt, mqtts, ws or wss; TLS options mean mqtts' -r -f -a "mqtt\t'Plain TCP'
mqtts\t'TLS'
ws\t'WebSocket'
wss\t'WebSocket over TLS'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand pub" -l url -d 'As in mqtts://user:pass@host:8883/topic' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand pub" -l unix -d 'Unix socket instead of host and port' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand pub" -s i -l client-id -d 'Client identifier [default: random]' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand pub" -s u -l username -d 'User name' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand pub" -s P -l password -d 'Password; - reads it from stdin' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand pub" -l password-file -d 'File whose first line is the password' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand pub" -l password-env -d 'Variable that holds the password' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand pub" -s V -l mqtt-version -d '5.0, 3.1.1 or 3.1' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand pub" -s k -l keepalive -d 'Keep Alive, 0 is off' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand pub" -l connect-timeout -d 'Limit of one attempt, 0 is none' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand pub" -l reconnect-period -d 'Initial reconnect delay, doubled each time; 0 disables reconnecting (-rp)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand pub" -l maximum-reconnect-times -d 'Give up after N attempts in one outage' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand pub" -l authentication-method -d 'SCRAM-SHA-1, -256 or -512 (-am)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand pub" -l reauthenticate-every -d 'Authenticate again so often, on the same connection' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand pub" -l session-expiry-interval -d 'Life after the connection (-se)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand pub" -l receive-maximum -d 'QoS 1 and 2 messages in flight, from 1' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand pub" -l maximum-packet-size -d 'Largest packet to accept' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand pub" -l topic-alias-maximum -d 'Topic aliases that the broker may use' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand pub" -l conn-user-properties -d 'User properties, "name: value" (-Cup)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand pub" -l will-topic -d 'Topic of the will (-Wt)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand pub" -l will-message -d 'Payload of the will [default: empty] (-Wm)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand pub" -l will-qos -d 'QoS of the will (-Wq)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand pub" -l will-delay-interval -d 'Wait before it is published (-Wd)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand pub" -l will-message-expiry-interval -d 'Its lifetime (-We)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand pub" -l will-content-type -d 'MIME type of its payload (-Wct)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand pub" -l will-response-topic -d 'Where a reply should go (-Wrt)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand pub" -l will-correlation-data -d 'What ties a reply to it (-Wcd)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand pub" -l will-user-properties -d 'Pairs "name: value" (-Wup)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand pub" -l ca -d 'Trusted file or folder [default: system\'s]' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand pub" -l cert -d 'This client\'s certificate' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand pub" -l key -d 'The certificate\'s key' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand pub" -l key-password -d 'Phrase of an encrypted key' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand pub" -l key-password-file -d 'File whose first line is the phrase' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand pub" -l sni -d 'Name to ask for and check [default: host]' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand pub" -l alpn -d 'Application protocols to offer' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand pub" -l tls-min-version -d '1.2 or 1.3' -r -f -a "1.2\t'TLS 1.2'
1.3\t'TLS 1.3'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand pub" -l pin-sha256 -d 'Accept only this public key (SHA-256)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand pub" -l path -d 'Path of the upgrade request' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand pub" -l ws-headers -d 'Headers of the request, "name: value" (-wh)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand pub" -l proxy -d 'Proxy, as in socks5h://host:1080 or http://host:3128' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand pub" -l no-proxy -d 'Hosts that need no proxy, between commas' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand pub" -l bind -d 'Local address to connect from' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand pub" -l trace -d 'Each packet on stderr, as text or =json' -r -f -a "text\t'A line for people'
json\t'A JSON object a line'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand pub" -l save-options -d 'Write the options to a file (-so)' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand pub" -l load-options -d 'Read options from a file (-lo)' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand pub" -l inflight -d 'Messages in flight [default: what the broker announces, else 100, at QoS 2 20]' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand pub" -l color -d 'Colour: auto, always or never' -r -f -a "auto\t''
always\t'Even in a pipe'
never\t'Not even on a terminal'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand pub" -l error-format -d 'Errors as text or json' -r -f -a "text\t'A sentence, and perhaps a hint'
json\t'One JSON object'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand pub" -l profile -d 'Profile: its name, or the path of a file' -x -a "(mqttx-rs profile list --names 2>/dev/null)"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand pub" -l log-file -d 'Append what goes to stderr; --trace and --debug go only there' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand pub" -s r -l retain -d 'The broker keeps it for later subscribers'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand pub" -s d -l dup -d 'Set the DUP flag'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand pub" -l payload-format-indicator -d 'The payload is UTF-8 text (-pf)'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand pub" -s s -l stdin -d 'All of stdin is one payload'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand pub" -s M -l multiline -d 'Each line of stdin is a payload'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand pub" -l line-mode -d 'Alias of --multiline (-lm)'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand pub" -l jsonl -d 'Each line of stdin is an object of sub\'s jsonl'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand pub" -s n -l null-message -d 'Empty payload; with -r, removes the retained one'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand pub" -l embedded -d 'Start a broker here and connect to it'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand pub" -l ask-password -d 'Ask for the password, on a terminal'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand pub" -l no-clean -d 'Resume the session, and keep it'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand pub" -l follow-redirect -d 'Go where the broker points to'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand pub" -l req-response-info -d 'Ask for response information'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand pub" -l no-req-problem-info -d 'Ask for no reason strings'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand pub" -l will-retain -d 'The broker keeps it (-Wr)'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand pub" -l will-payload-format-indicator -d 'Its payload is UTF-8 text (-Wpf)'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand pub" -l insecure -d 'Check no certificate: anyone can listen in'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand pub" -l ipv4 -d 'IPv4 only'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand pub" -l ipv6 -d 'IPv6 only'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand pub" -l resend-uncertain -d 'Repeat QoS 2 messages that a lost session leaves uncertain'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand pub" -l no-profile -d 'No profile, not even the selected one'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand pub" -l quiet -d 'Only warnings and errors on stderr'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand pub" -l debug -d 'Tell what the program does, on stderr'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand pub" -l help -d 'Print help'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand sub" -s t -l topic -d 'Filters, as in car/+/speed or car/#' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand sub" -s q -l qos -d 'Highest QoS, for each or all' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand sub" -s U -l unsubscribe -d 'Unsubscribe from these afterwards' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand sub" -l no-local -d 'Not this client\'s own messages (-nl)' -r -f -a "true\t''
false\t''"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand sub" -l retain-as-published -d 'Retain flag as published (-rap)' -r -f -a "true\t''
false\t''"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand sub" -l retain-handling -d 'Retained: 0 yes, 1 if new, 2 no (-rh)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand sub" -l subscription-identifier -d 'Comes back with messages (-si)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand sub" -l user-properties -d 'User properties, "name: value" (-up)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand sub" -s C -l count -d 'End after so many messages' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand sub" -l timeout -d 'End after so long, 0 is never' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand sub" -l idle-timeout -d 'End when nothing came for so long, 0 is never' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand sub" -s T -l filter-out -d 'Leave out topics that match these' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand sub" -l output-mode -d 'default, clean, jsonl or raw' -r -f -a "default\t'For people'
clean\t'A pretty JSON object a message, MQTTX\'s fields'
jsonl\t'A lossless JSON object a line'
raw\t'Payload and delimiter only'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand sub" -s F -l template -d 'Shape, as in "%I %t %p", mosquitto_sub\'s letters' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand sub" -l file-write -d 'Append payloads to a file' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand sub" -l file-save -d 'Each payload to a file of its own, numbered' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand sub" -l delimiter -d 'After each payload in files and raw' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand sub" -s f -l format -d 'plain, hex, base64, json, binary, cbor, msgpack, sparkplug; by a schema: protobuf, avro, avro-single-object' -r -f -a "plain\t''
hex\t''
base64\t''
json\t''
binary\t''
cbor\t''
msgpack\t''
protobuf\t''
avro\t''
avro-single-object\t''
sparkplug\t''"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand sub" -l protobuf-path -d 'Protobuf schema: a .proto file or a descriptor set (-Pp)' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand sub" -l protobuf-message-name -d 'Message of the Protobuf schema (-Pmn)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand sub" -l avsc-path -d 'Avro schema, an .avsc file (-Ap)' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand sub" -l schema -d 'Schema of the topics that match, for example \'a/#=a.proto:Reading\'' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand sub" -l decompress -d 'Decompress payloads: gzip, zstd, or auto for those that are compressed' -r -f -a "gzip\t''
zstd\t''
auto\t''"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand sub" -s h -l hostname -d 'Broker' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand sub" -s p -l port -d 'Port [default: 1883, 8883, 8083, 8084]' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand sub" -s l -l protocol -d 'mqtt, mqtts, ws or wss; TLS options mean mqtts' -r -f -a "mqtt\t'Plain TCP'
mqtts\t'TLS'
ws\t'WebSocket'
wss\t'WebSocket over TLS'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand sub" -l url -d 'As in mqtts://user:pass@host:8883/topic' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand sub" -l unix -d 'Unix socket instead of host and port' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand sub" -s i -l client-id -d 'Client identifier [default: random]' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand sub" -s u -l username -d 'User name' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand sub" -s P -l password -d 'Password; - reads it from stdin' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand sub" -l password-file -d 'File whose first line is the password' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand sub" -l password-env -d 'Variable that holds the password' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand sub" -s V -l mqtt-version -d '5.0, 3.1.1 or 3.1' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand sub" -s k -l keepalive -d 'Keep Alive, 0 is off' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand sub" -l connect-timeout -d 'Limit of one attempt, 0 is none' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand sub" -l reconnect-period -d 'Initial reconnect delay, doubled each time; 0 disables reconnecting (-rp)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand sub" -l maximum-reconnect-times -d 'Give up after N attempts in one outage' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand sub" -l authentication-method -d 'SCRAM-SHA-1, -256 or -512 (-am)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand sub" -l reauthenticate-every -d 'Authenticate again so often, on the same connection' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand sub" -l session-expiry-interval -d 'Life after the connection (-se)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand sub" -l receive-maximum -d 'QoS 1 and 2 messages in flight, from 1' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand sub" -l maximum-packet-size -d 'Largest packet to accept' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand sub" -l topic-alias-maximum -d 'Topic aliases that the broker may use' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand sub" -l conn-user-properties -d 'User properties, "name: value" (-Cup)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand sub" -l will-topic -d 'Topic of the will (-Wt)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand sub" -l will-message -d 'Payload of the will [default: empty] (-Wm)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand sub" -l will-qos -d 'QoS of the will (-Wq)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand sub" -l will-delay-interval -d 'Wait before it is published (-Wd)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand sub" -l will-message-expiry-interval -d 'Its lifetime (-We)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand sub" -l will-content-type -d 'MIME type of its payload (-Wct)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand sub" -l will-response-topic -d 'Where a reply should go (-Wrt)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand sub" -l will-correlation-data -d 'What ties a reply to it (-Wcd)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand sub" -l will-user-properties -d 'Pairs "name: value" (-Wup)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand sub" -l ca -d 'Trusted file or folder [default: system\'s]' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand sub" -l cert -d 'This client\'s certificate' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand sub" -l key -d 'The certificate\'s key' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand sub" -l key-password -d 'Phrase of an encrypted key' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand sub" -l key-password-file -d 'File whose first line is the phrase' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand sub" -l sni -d 'Name to ask for and check [default: host]' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand sub" -l alpn -d 'Application protocols to offer' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand sub" -l tls-min-version -d '1.2 or 1.3' -r -f -a "1.2\t'TLS 1.2'
1.3\t'TLS 1.3'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand sub" -l pin-sha256 -d 'Accept only this public key (SHA-256)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand sub" -l path -d 'Path of the upgrade request' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand sub" -l ws-headers -d 'Headers of the request, "name: value" (-wh)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand sub" -l proxy -d 'Proxy, as in socks5h://host:1080 or http://host:3128' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand sub" -l no-proxy -d 'Hosts that need no proxy, between commas' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand sub" -l bind -d 'Local address to connect from' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand sub" -l trace -d 'Each packet on stderr, as text or =json' -r -f -a "text\t'A line for people'
json\t'A JSON object a line'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand sub" -l save-options -d 'Write the options to a file (-so)' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand sub" -l load-options -d 'Read options from a file (-lo)' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand sub" -l color -d 'Colour: auto, always or never' -r -f -a "auto\t''
always\t'Even in a pipe'
never\t'Not even on a terminal'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand sub" -l error-format -d 'Errors as text or json' -r -f -a "text\t'A sentence, and perhaps a hint'
json\t'One JSON object'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand sub" -l profile -d 'Profile: its name, or the path of a file' -x -a "(mqttx-rs profile list --names 2>/dev/null)"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand sub" -l log-file -d 'Append what goes to stderr; --trace and --debug go only there' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand sub" -s E -l exit-after-suback -d 'End when the subscription is granted'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand sub" -s R -l skip-retained -d 'Leave out retained messages'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand sub" -l retained-only -d 'Only retained messages; end at the first other'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand sub" -l remove-retained -d 'Remove the retained messages that match'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand sub" -l dry-run -d 'With --remove-retained: only show them'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand sub" -l strict -d 'End at once when a filter is refused'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand sub" -s v -l verbose -d 'Everything that a packet has'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand sub" -l embedded -d 'Start a broker here and connect to it'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand sub" -l ask-password -d 'Ask for the password, on a terminal'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand sub" -l no-clean -d 'Resume the session, and keep it'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand sub" -l follow-redirect -d 'Go where the broker points to'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand sub" -l req-response-info -d 'Ask for response information'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand sub" -l no-req-problem-info -d 'Ask for no reason strings'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand sub" -l will-retain -d 'The broker keeps it (-Wr)'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand sub" -l will-payload-format-indicator -d 'Its payload is UTF-8 text (-Wpf)'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand sub" -l insecure -d 'Check no certificate: anyone can listen in'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand sub" -l ipv4 -d 'IPv4 only'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand sub" -l ipv6 -d 'IPv6 only'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand sub" -l no-profile -d 'No profile, not even the selected one'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand sub" -l quiet -d 'Only warnings and errors on stderr'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand sub" -l debug -d 'Tell what the program does, on stderr'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand sub" -l help -d 'Print help'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand wait" -l match -d 'Only payloads in which this is found' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand wait" -l json -d 'Only JSON payloads that have this place, or this value there, or that a jq expression holds for; all of several' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand wait" -s t -l topic -d 'Filters, as in car/+/speed or car/#' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand wait" -s q -l qos -d 'Highest QoS, for each or all' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand wait" -s U -l unsubscribe -d 'Unsubscribe from these afterwards' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand wait" -l no-local -d 'Not this client\'s own messages (-nl)' -r -f -a "true\t''
false\t''"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand wait" -l retain-as-published -d 'Retain flag as published (-rap)' -r -f -a "true\t''
false\t''"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand wait" -l retain-handling -d 'Retained: 0 yes, 1 if new, 2 no (-rh)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand wait" -l subscription-identifier -d 'Comes back with messages (-si)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand wait" -l user-properties -d 'User properties, "name: value" (-up)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand wait" -s C -l count -d 'End after so many messages [default: 1]' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand wait" -l timeout -d 'End after so long, 0 is never' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand wait" -l idle-timeout -d 'End when nothing came for so long, 0 is never' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand wait" -s T -l filter-out -d 'Leave out topics that match these' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand wait" -l output-mode -d 'default, clean, jsonl or raw' -r -f -a "default\t'For people'
clean\t'A pretty JSON object a message, MQTTX\'s fields'
jsonl\t'A lossless JSON object a line'
raw\t'Payload and delimiter only'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand wait" -s F -l template -d 'Shape, as in "%I %t %p", mosquitto_sub\'s letters' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand wait" -l file-write -d 'Append payloads to a file' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand wait" -l file-save -d 'Each payload to a file of its own, numbered' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand wait" -l delimiter -d 'After each payload in files and raw' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand wait" -s f -l format -d 'plain, hex, base64, json, binary, cbor, msgpack, sparkplug; by a schema: protobuf, avro, avro-single-object' -r -f -a "plain\t''
hex\t''
base64\t''
json\t''
binary\t''
cbor\t''
msgpack\t''
protobuf\t''
avro\t''
avro-single-object\t''
sparkplug\t''"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand wait" -l protobuf-path -d 'Protobuf schema: a .proto file or a descriptor set (-Pp)' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand wait" -l protobuf-message-name -d 'Message of the Protobuf schema (-Pmn)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand wait" -l avsc-path -d 'Avro schema, an .avsc file (-Ap)' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand wait" -l schema -d 'Schema of the topics that match, for example \'a/#=a.proto:Reading\'' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand wait" -l decompress -d 'Decompress payloads: gzip, zstd, or auto for those that are compressed' -r -f -a "gzip\t''
zstd\t''
auto\t''"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand wait" -s h -l hostname -d 'Broker' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand wait" -s p -l port -d 'Port [default: 1883, 8883, 8083, 8084]' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand wait" -s l -l protocol -d 'mqtt, mqtts, ws or wss; TLS options mean mqtts' -r -f -a "mqtt\t'Plain TCP'
mqtts\t'TLS'
ws\t'WebSocket'
wss\t'WebSocket over TLS'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand wait" -l url -d 'As in mqtts://user:pass@host:8883/topic' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand wait" -l unix -d 'Unix socket instead of host and port' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand wait" -s i -l client-id -d 'Client identifier [default: random]' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand wait" -s u -l username -d 'User name' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand wait" -s P -l password -d 'Password; - reads it from stdin' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand wait" -l password-file -d 'File whose first line is the password' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand wait" -l password-env -d 'Variable that holds the password' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand wait" -s V -l mqtt-version -d '5.0, 3.1.1 or 3.1' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand wait" -s k -l keepalive -d 'Keep Alive, 0 is off' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand wait" -l connect-timeout -d 'Limit of one attempt, 0 is none' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand wait" -l reconnect-period -d 'Initial reconnect delay, doubled each time; 0 disables reconnecting (-rp)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand wait" -l maximum-reconnect-times -d 'Give up after N attempts in one outage' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand wait" -l authentication-method -d 'SCRAM-SHA-1, -256 or -512 (-am)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand wait" -l reauthenticate-every -d 'Authenticate again so often, on the same connection' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand wait" -l session-expiry-interval -d 'Life after the connection (-se)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand wait" -l receive-maximum -d 'QoS 1 and 2 messages in flight, from 1' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand wait" -l maximum-packet-size -d 'Largest packet to accept' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand wait" -l topic-alias-maximum -d 'Topic aliases that the broker may use' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand wait" -l conn-user-properties -d 'User properties, "name: value" (-Cup)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand wait" -l will-topic -d 'Topic of the will (-Wt)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand wait" -l will-message -d 'Payload of the will [default: empty] (-Wm)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand wait" -l will-qos -d 'QoS of the will (-Wq)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand wait" -l will-delay-interval -d 'Wait before it is published (-Wd)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand wait" -l will-message-expiry-interval -d 'Its lifetime (-We)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand wait" -l will-content-type -d 'MIME type of its payload (-Wct)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand wait" -l will-response-topic -d 'Where a reply should go (-Wrt)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand wait" -l will-correlation-data -d 'What ties a reply to it (-Wcd)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand wait" -l will-user-properties -d 'Pairs "name: value" (-Wup)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand wait" -l ca -d 'Trusted file or folder [default: system\'s]' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand wait" -l cert -d 'This client\'s certificate' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand wait" -l key -d 'The certificate\'s key' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand wait" -l key-password -d 'Phrase of an encrypted key' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand wait" -l key-password-file -d 'File whose first line is the phrase' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand wait" -l sni -d 'Name to ask for and check [default: host]' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand wait" -l alpn -d 'Application protocols to offer' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand wait" -l tls-min-version -d '1.2 or 1.3' -r -f -a "1.2\t'TLS 1.2'
1.3\t'TLS 1.3'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand wait" -l pin-sha256 -d 'Accept only this public key (SHA-256)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand wait" -l path -d 'Path of the upgrade request' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand wait" -l ws-headers -d 'Headers of the request, "name: value" (-wh)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand wait" -l proxy -d 'Proxy, as in socks5h://host:1080 or http://host:3128' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand wait" -l no-proxy -d 'Hosts that need no proxy, between commas' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand wait" -l bind -d 'Local address to connect from' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand wait" -l trace -d 'Each packet on stderr, as text or =json' -r -f -a "text\t'A line for people'
json\t'A JSON object a line'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand wait" -l save-options -d 'Write the options to a file (-so)' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand wait" -l load-options -d 'Read options from a file (-lo)' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand wait" -l color -d 'Colour: auto, always or never' -r -f -a "auto\t''
always\t'Even in a pipe'
never\t'Not even on a terminal'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand wait" -l error-format -d 'Errors as text or json' -r -f -a "text\t'A sentence, and perhaps a hint'
json\t'One JSON object'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand wait" -l profile -d 'Profile: its name, or the path of a file' -x -a "(mqttx-rs profile list --names 2>/dev/null)"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand wait" -l log-file -d 'Append what goes to stderr; --trace and --debug go only there' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand wait" -s E -l exit-after-suback -d 'End when the subscription is granted'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand wait" -s R -l skip-retained -d 'Leave out retained messages'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand wait" -l retained-only -d 'Only retained messages; end at the first other'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand wait" -l remove-retained -d 'Remove the retained messages that match'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand wait" -l dry-run -d 'With --remove-retained: only show them'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand wait" -l strict -d 'End at once when a filter is refused'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand wait" -s v -l verbose -d 'Everything that a packet has'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand wait" -l embedded -d 'Start a broker here and connect to it'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand wait" -l ask-password -d 'Ask for the password, on a terminal'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand wait" -l no-clean -d 'Resume the session, and keep it'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand wait" -l follow-redirect -d 'Go where the broker points to'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand wait" -l req-response-info -d 'Ask for response information'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand wait" -l no-req-problem-info -d 'Ask for no reason strings'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand wait" -l will-retain -d 'The broker keeps it (-Wr)'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand wait" -l will-payload-format-indicator -d 'Its payload is UTF-8 text (-Wpf)'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand wait" -l insecure -d 'Check no certificate: anyone can listen in'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand wait" -l ipv4 -d 'IPv4 only'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand wait" -l ipv6 -d 'IPv6 only'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand wait" -l no-profile -d 'No profile, not even the selected one'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand wait" -l quiet -d 'Only warnings and errors on stderr'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand wait" -l debug -d 'Tell what the program does, on stderr'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand wait" -l help -d 'Print help'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand request" -s C -l count -d 'End after so many replies' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand request" -l reply-topic -d 'Topic that replies come on [default: 5.0: a random one; 3.1.1: TOPIC/reply]' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand request" -s t -l topic -d 'Topic to publish to; repeat it for several' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand request" -s q -l qos -d 'Quality of Service: 0, 1 or 2' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand request" -s e -l message-expiry-interval -d 'Lifetime of the message' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand request" -l topic-alias -d 'Number that stands for the topic (-ta)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand request" -l response-topic -d 'Where a reply should go (-rt)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand request" -l correlation-data -d 'What ties a reply to the request (-cd)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand request" -l user-properties -d 'User properties, "name: value" (-up)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand request" -l content-type -d 'MIME type of the payload (-ct)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand request" -l subscription-identifier -d 'No client may send it [MQTT-3.3.4-6] (-si)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand request" -s m -l message -d 'Payload [default: "Hello From MQTTX CLI"]' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand request" -l file-read -d 'A file is the payload' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand request" -s S -l payload-size -d 'Random payload, as in 1KB (1024 bytes)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand request" -l repeat -d 'How often to publish' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand request" -l repeat-delay -d 'Delay between repeats' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand request" -l delay -d 'The broker holds it back so long ($delayed)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand request" -l timeout -d 'Wait so long for replies, connecting included, 0 is no limit [default: 10]' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand request" -s f -l format -d 'plain, hex, base64, json, binary, cbor, msgpack, sparkplug; by a schema: protobuf, avro, avro-single-object' -r -f -a "plain\t''
hex\t''
base64\t''
json\t''
binary\t''
cbor\t''
msgpack\t''
protobuf\t''
avro\t''
avro-single-object\t''
sparkplug\t''"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand request" -l protobuf-path -d 'Protobuf schema: a .proto file or a descriptor set (-Pp)' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand request" -l protobuf-message-name -d 'Message of the Protobuf schema (-Pmn)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand request" -l avsc-path -d 'Avro schema, an .avsc file (-Ap)' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand request" -l schema -d 'Schema of the topics that match, for example \'a/#=a.proto:Reading\'' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand request" -l compress -d 'Compress payloads: gzip or zstd' -r -f -a "gzip\t''
zstd\t''"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand request" -l output-mode -d 'default, clean, jsonl or raw' -r -f -a "default\t'For people'
clean\t'A pretty JSON object a message, MQTTX\'s fields'
jsonl\t'A lossless JSON object a line'
raw\t'Payload and delimiter only'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand request" -s F -l template -d 'Shape, as in "%I %t %p", mosquitto_sub\'s letters' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand request" -l file-write -d 'Append payloads to a file' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand request" -l file-save -d 'Each payload to a file of its own, numbered' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand request" -l delimiter -d 'After each payload in files and raw' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand request" -s h -l hostname -d 'Broker' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand request" -s p -l port -d 'Port [default: 1883, 8883, 8083, 8084]' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand request" -s l -l protocol -d 'mqtt, mqtts, ws or wss; TLS options mean mqtts' -r -f -a "mqtt\t'Plain TCP'
mqtts\t'TLS'
ws\t'WebSocket'
wss\t'WebSocket over TLS'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand request" -l url -d 'As in mqtts://user:pass@host:8883/topic' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand request" -l unix -d 'Unix socket instead of host and port' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand request" -s i -l client-id -d 'Client identifier [default: random]' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand request" -s u -l username -d 'User name' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand request" -s P -l password -d 'Password; - reads it from stdin' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand request" -l password-file -d 'File whose first line is the password' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand request" -l password-env -d 'Variable that holds the password' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand request" -s V -l mqtt-version -d '5.0, 3.1.1 or 3.1' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand request" -s k -l keepalive -d 'Keep Alive, 0 is off' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand request" -l connect-timeout -d 'Limit of one attempt, 0 is none' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand request" -l reconnect-period -d 'Initial reconnect delay, doubled each time; 0 disables reconnecting (-rp)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand request" -l maximum-reconnect-times -d 'Give up after N attempts in one outage' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand request" -l authentication-method -d 'SCRAM-SHA-1, -256 or -512 (-am)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand request" -l reauthenticate-every -d 'Authenticate again so often, on the same connection' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand request" -l session-expiry-interval -d 'Life after the connection (-se)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand request" -l receive-maximum -d 'QoS 1 and 2 messages in flight, from 1' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand request" -l maximum-packet-size -d 'Largest packet to accept' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand request" -l topic-alias-maximum -d 'Topic aliases that the broker may use' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand request" -l conn-user-properties -d 'User properties, "name: value" (-Cup)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand request" -l will-topic -d 'Topic of the will (-Wt)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand request" -l will-message -d 'Payload of the will [default: empty] (-Wm)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand request" -l will-qos -d 'QoS of the will (-Wq)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand request" -l will-delay-interval -d 'Wait before it is published (-Wd)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand request" -l will-message-expiry-interval -d 'Its lifetime (-We)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand request" -l will-content-type -d 'MIME type of its payload (-Wct)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand request" -l will-response-topic -d 'Where a reply should go (-Wrt)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand request" -l will-correlation-data -d 'What ties a reply to it (-Wcd)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand request" -l will-user-properties -d 'Pairs "name: value" (-Wup)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand request" -l ca -d 'Trusted file or folder [default: system\'s]' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand request" -l cert -d 'This client\'s certificate' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand request" -l key -d 'The certificate\'s key' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand request" -l key-password -d 'Phrase of an encrypted key' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand request" -l key-password-file -d 'File whose first line is the phrase' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand request" -l sni -d 'Name to ask for and check [default: host]' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand request" -l alpn -d 'Application protocols to offer' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand request" -l tls-min-version -d '1.2 or 1.3' -r -f -a "1.2\t'TLS 1.2'
1.3\t'TLS 1.3'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand request" -l pin-sha256 -d 'Accept only this public key (SHA-256)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand request" -l path -d 'Path of the upgrade request' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand request" -l ws-headers -d 'Headers of the request, "name: value" (-wh)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand request" -l proxy -d 'Proxy, as in socks5h://host:1080 or http://host:3128' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand request" -l no-proxy -d 'Hosts that need no proxy, between commas' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand request" -l bind -d 'Local address to connect from' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand request" -l trace -d 'Each packet on stderr, as text or =json' -r -f -a "text\t'A line for people'
json\t'A JSON object a line'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand request" -l save-options -d 'Write the options to a file (-so)' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand request" -l load-options -d 'Read options from a file (-lo)' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand request" -l color -d 'Colour: auto, always or never' -r -f -a "auto\t''
always\t'Even in a pipe'
never\t'Not even on a terminal'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand request" -l error-format -d 'Errors as text or json' -r -f -a "text\t'A sentence, and perhaps a hint'
json\t'One JSON object'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand request" -l profile -d 'Profile: its name, or the path of a file' -x -a "(mqttx-rs profile list --names 2>/dev/null)"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand request" -l log-file -d 'Append what goes to stderr; --trace and --debug go only there' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand request" -s r -l retain -d 'The broker keeps it for later subscribers'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand request" -s d -l dup -d 'Set the DUP flag'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand request" -l payload-format-indicator -d 'The payload is UTF-8 text (-pf)'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand request" -s s -l stdin -d 'All of stdin is one payload'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand request" -s M -l multiline -d 'Each line of stdin is a payload'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand request" -l line-mode -d 'Alias of --multiline (-lm)'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand request" -l jsonl -d 'Each line of stdin is an object of sub\'s jsonl'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand request" -s n -l null-message -d 'Empty payload; with -r, removes the retained one'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand request" -s v -l verbose -d 'Everything that a packet has'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand request" -l embedded -d 'Start a broker here and connect to it'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand request" -l ask-password -d 'Ask for the password, on a terminal'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand request" -l no-clean -d 'Resume the session, and keep it'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand request" -l follow-redirect -d 'Go where the broker points to'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand request" -l req-response-info -d 'Ask for response information'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand request" -l no-req-problem-info -d 'Ask for no reason strings'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand request" -l will-retain -d 'The broker keeps it (-Wr)'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand request" -l will-payload-format-indicator -d 'Its payload is UTF-8 text (-Wpf)'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand request" -l insecure -d 'Check no certificate: anyone can listen in'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand request" -l ipv4 -d 'IPv4 only'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand request" -l ipv6 -d 'IPv6 only'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand request" -l no-profile -d 'No profile, not even the selected one'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand request" -l quiet -d 'Only warnings and errors on stderr'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand request" -l debug -d 'Tell what the program does, on stderr'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand request" -l help -d 'Print help'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand rr" -s C -l count -d 'End after so many replies' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand rr" -l reply-topic -d 'Topic that replies come on [default: 5.0: a random one; 3.1.1: TOPIC/reply]' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand rr" -s t -l topic -d 'Topic to publish to; repeat it for several' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand rr" -s q -l qos -d 'Quality of Service: 0, 1 or 2' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand rr" -s e -l message-expiry-interval -d 'Lifetime of the message' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand rr" -l topic-alias -d 'Number that stands for the topic (-ta)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand rr" -l response-topic -d 'Where a reply should go (-rt)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand rr" -l correlation-data -d 'What ties a reply to the request (-cd)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand rr" -l user-properties -d 'User properties, "name: value" (-up)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand rr" -l content-type -d 'MIME type of the payload (-ct)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand rr" -l subscription-identifier -d 'No client may send it [MQTT-3.3.4-6] (-si)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand rr" -s m -l message -d 'Payload [default: "Hello From MQTTX CLI"]' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand rr" -l file-read -d 'A file is the payload' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand rr" -s S -l payload-size -d 'Random payload, as in 1KB (1024 bytes)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand rr" -l repeat -d 'How often to publish' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand rr" -l repeat-delay -d 'Delay between repeats' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand rr" -l delay -d 'The broker holds it back so long ($delayed)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand rr" -l timeout -d 'Wait so long for replies, connecting included, 0 is no limit [default: 10]' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand rr" -s f -l format -d 'plain, hex, base64, json, binary, cbor, msgpack, sparkplug; by a schema: protobuf, avro, avro-single-object' -r -f -a "plain\t''
hex\t''
base64\t''
json\t''
binary\t''
cbor\t''
msgpack\t''
protobuf\t''
avro\t''
avro-single-object\t''
sparkplug\t''"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand rr" -l protobuf-path -d 'Protobuf schema: a .proto file or a descriptor set (-Pp)' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand rr" -l protobuf-message-name -d 'Message of the Protobuf schema (-Pmn)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand rr" -l avsc-path -d 'Avro schema, an .avsc file (-Ap)' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand rr" -l schema -d 'Schema of the topics that match, for example \'a/#=a.proto:Reading\'' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand rr" -l compress -d 'Compress payloads: gzip or zstd' -r -f -a "gzip\t''
zstd\t''"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand rr" -l output-mode -d 'default, clean, jsonl or raw' -r -f -a "default\t'For people'
clean\t'A pretty JSON object a message, MQTTX\'s fields'
jsonl\t'A lossless JSON object a line'
raw\t'Payload and delimiter only'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand rr" -s F -l template -d 'Shape, as in "%I %t %p", mosquitto_sub\'s letters' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand rr" -l file-write -d 'Append payloads to a file' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand rr" -l file-save -d 'Each payload to a file of its own, numbered' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand rr" -l delimiter -d 'After each payload in files and raw' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand rr" -s h -l hostname -d 'Broker' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand rr" -s p -l port -d 'Port [default: 1883, 8883, 8083, 8084]' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand rr" -s l -l protocol -d 'mqtt, mqtts, ws or wss; TLS options mean mqtts' -r -f -a "mqtt\t'Plain TCP'
mqtts\t'TLS'
ws\t'WebSocket'
wss\t'WebSocket over TLS'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand rr" -l url -d 'As in mqtts://user:pass@host:8883/topic' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand rr" -l unix -d 'Unix socket instead of host and port' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand rr" -s i -l client-id -d 'Client identifier [default: random]' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand rr" -s u -l username -d 'User name' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand rr" -s P -l password -d 'Password; - reads it from stdin' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand rr" -l password-file -d 'File whose first line is the password' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand rr" -l password-env -d 'Variable that holds the password' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand rr" -s V -l mqtt-version -d '5.0, 3.1.1 or 3.1' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand rr" -s k -l keepalive -d 'Keep Alive, 0 is off' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand rr" -l connect-timeout -d 'Limit of one attempt, 0 is none' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand rr" -l reconnect-period -d 'Initial reconnect delay, doubled each time; 0 disables reconnecting (-rp)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand rr" -l maximum-reconnect-times -d 'Give up after N attempts in one outage' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand rr" -l authentication-method -d 'SCRAM-SHA-1, -256 or -512 (-am)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand rr" -l reauthenticate-every -d 'Authenticate again so often, on the same connection' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand rr" -l session-expiry-interval -d 'Life after the connection (-se)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand rr" -l receive-maximum -d 'QoS 1 and 2 messages in flight, from 1' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand rr" -l maximum-packet-size -d 'Largest packet to accept' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand rr" -l topic-alias-maximum -d 'Topic aliases that the broker may use' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand rr" -l conn-user-properties -d 'User properties, "name: value" (-Cup)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand rr" -l will-topic -d 'Topic of the will (-Wt)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand rr" -l will-message -d 'Payload of the will [default: empty] (-Wm)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand rr" -l will-qos -d 'QoS of the will (-Wq)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand rr" -l will-delay-interval -d 'Wait before it is published (-Wd)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand rr" -l will-message-expiry-interval -d 'Its lifetime (-We)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand rr" -l will-content-type -d 'MIME type of its payload (-Wct)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand rr" -l will-response-topic -d 'Where a reply should go (-Wrt)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand rr" -l will-correlation-data -d 'What ties a reply to it (-Wcd)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand rr" -l will-user-properties -d 'Pairs "name: value" (-Wup)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand rr" -l ca -d 'Trusted file or folder [default: system\'s]' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand rr" -l cert -d 'This client\'s certificate' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand rr" -l key -d 'The certificate\'s key' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand rr" -l key-password -d 'Phrase of an encrypted key' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand rr" -l key-password-file -d 'File whose first line is the phrase' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand rr" -l sni -d 'Name to ask for and check [default: host]' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand rr" -l alpn -d 'Application protocols to offer' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand rr" -l tls-min-version -d '1.2 or 1.3' -r -f -a "1.2\t'TLS 1.2'
1.3\t'TLS 1.3'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand rr" -l pin-sha256 -d 'Accept only this public key (SHA-256)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand rr" -l path -d 'Path of the upgrade request' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand rr" -l ws-headers -d 'Headers of the request, "name: value" (-wh)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand rr" -l proxy -d 'Proxy, as in socks5h://host:1080 or http://host:3128' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand rr" -l no-proxy -d 'Hosts that need no proxy, between commas' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand rr" -l bind -d 'Local address to connect from' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand rr" -l trace -d 'Each packet on stderr, as text or =json' -r -f -a "text\t'A line for people'
json\t'A JSON object a line'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand rr" -l save-options -d 'Write the options to a file (-so)' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand rr" -l load-options -d 'Read options from a file (-lo)' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand rr" -l color -d 'Colour: auto, always or never' -r -f -a "auto\t''
always\t'Even in a pipe'
never\t'Not even on a terminal'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand rr" -l error-format -d 'Errors as text or json' -r -f -a "text\t'A sentence, and perhaps a hint'
json\t'One JSON object'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand rr" -l profile -d 'Profile: its name, or the path of a file' -x -a "(mqttx-rs profile list --names 2>/dev/null)"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand rr" -l log-file -d 'Append what goes to stderr; --trace and --debug go only there' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand rr" -s r -l retain -d 'The broker keeps it for later subscribers'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand rr" -s d -l dup -d 'Set the DUP flag'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand rr" -l payload-format-indicator -d 'The payload is UTF-8 text (-pf)'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand rr" -s s -l stdin -d 'All of stdin is one payload'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand rr" -s M -l multiline -d 'Each line of stdin is a payload'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand rr" -l line-mode -d 'Alias of --multiline (-lm)'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand rr" -l jsonl -d 'Each line of stdin is an object of sub\'s jsonl'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand rr" -s n -l null-message -d 'Empty payload; with -r, removes the retained one'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand rr" -s v -l verbose -d 'Everything that a packet has'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand rr" -l embedded -d 'Start a broker here and connect to it'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand rr" -l ask-password -d 'Ask for the password, on a terminal'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand rr" -l no-clean -d 'Resume the session, and keep it'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand rr" -l follow-redirect -d 'Go where the broker points to'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand rr" -l req-response-info -d 'Ask for response information'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand rr" -l no-req-problem-info -d 'Ask for no reason strings'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand rr" -l will-retain -d 'The broker keeps it (-Wr)'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand rr" -l will-payload-format-indicator -d 'Its payload is UTF-8 text (-Wpf)'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand rr" -l insecure -d 'Check no certificate: anyone can listen in'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand rr" -l ipv4 -d 'IPv4 only'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand rr" -l ipv6 -d 'IPv6 only'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand rr" -l no-profile -d 'No profile, not even the selected one'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand rr" -l quiet -d 'Only warnings and errors on stderr'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand rr" -l debug -d 'Tell what the program does, on stderr'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand rr" -l help -d 'Print help'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand reply" -s t -l topic -d 'Filters of the requests, as in lamp/+/get' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand reply" -s q -l qos -d 'QoS of the subscription and of answers' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand reply" -s m -l message -d 'Answer this text' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand reply" -l exec -d 'Answer what a command prints' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand reply" -l reply-topic -d 'Topic of answers to requests that name none' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand reply" -s C -l count -d 'End after so many answers' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand reply" -s h -l hostname -d 'Broker' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand reply" -s p -l port -d 'Port [default: 1883, 8883, 8083, 8084]' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand reply" -s l -l protocol -d 'mqtt, mqtts, ws or wss; TLS options mean mqtts' -r -f -a "mqtt\t'Plain TCP'
mqtts\t'TLS'
ws\t'WebSocket'
wss\t'WebSocket over TLS'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand reply" -l url -d 'As in mqtts://user:pass@host:8883/topic' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand reply" -l unix -d 'Unix socket instead of host and port' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand reply" -s i -l client-id -d 'Client identifier [default: random]' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand reply" -s u -l username -d 'User name' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand reply" -s P -l password -d 'Password; - reads it from stdin' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand reply" -l password-file -d 'File whose first line is the password' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand reply" -l password-env -d 'Variable that holds the password' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand reply" -s V -l mqtt-version -d '5.0, 3.1.1 or 3.1' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand reply" -s k -l keepalive -d 'Keep Alive, 0 is off' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand reply" -l connect-timeout -d 'Limit of one attempt, 0 is none' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand reply" -l reconnect-period -d 'Initial reconnect delay, doubled each time; 0 disables reconnecting (-rp)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand reply" -l maximum-reconnect-times -d 'Give up after N attempts in one outage' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand reply" -l authentication-method -d 'SCRAM-SHA-1, -256 or -512 (-am)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand reply" -l reauthenticate-every -d 'Authenticate again so often, on the same connection' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand reply" -l session-expiry-interval -d 'Life after the connection (-se)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand reply" -l receive-maximum -d 'QoS 1 and 2 messages in flight, from 1' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand reply" -l maximum-packet-size -d 'Largest packet to accept' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand reply" -l topic-alias-maximum -d 'Topic aliases that the broker may use' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand reply" -l conn-user-properties -d 'User properties, "name: value" (-Cup)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand reply" -l will-topic -d 'Topic of the will (-Wt)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand reply" -l will-message -d 'Payload of the will [default: empty] (-Wm)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand reply" -l will-qos -d 'QoS of the will (-Wq)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand reply" -l will-delay-interval -d 'Wait before it is published (-Wd)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand reply" -l will-message-expiry-interval -d 'Its lifetime (-We)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand reply" -l will-content-type -d 'MIME type of its payload (-Wct)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand reply" -l will-response-topic -d 'Where a reply should go (-Wrt)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand reply" -l will-correlation-data -d 'What ties a reply to it (-Wcd)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand reply" -l will-user-properties -d 'Pairs "name: value" (-Wup)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand reply" -l ca -d 'Trusted file or folder [default: system\'s]' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand reply" -l cert -d 'This client\'s certificate' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand reply" -l key -d 'The certificate\'s key' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand reply" -l key-password -d 'Phrase of an encrypted key' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand reply" -l key-password-file -d 'File whose first line is the phrase' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand reply" -l sni -d 'Name to ask for and check [default: host]' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand reply" -l alpn -d 'Application protocols to offer' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand reply" -l tls-min-version -d '1.2 or 1.3' -r -f -a "1.2\t'TLS 1.2'
1.3\t'TLS 1.3'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand reply" -l pin-sha256 -d 'Accept only this public key (SHA-256)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand reply" -l path -d 'Path of the upgrade request' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand reply" -l ws-headers -d 'Headers of the request, "name: value" (-wh)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand reply" -l proxy -d 'Proxy, as in socks5h://host:1080 or http://host:3128' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand reply" -l no-proxy -d 'Hosts that need no proxy, between commas' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand reply" -l bind -d 'Local address to connect from' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand reply" -l trace -d 'Each packet on stderr, as text or =json' -r -f -a "text\t'A line for people'
json\t'A JSON object a line'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand reply" -l save-options -d 'Write the options to a file (-so)' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand reply" -l load-options -d 'Read options from a file (-lo)' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand reply" -l color -d 'Colour: auto, always or never' -r -f -a "auto\t''
always\t'Even in a pipe'
never\t'Not even on a terminal'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand reply" -l error-format -d 'Errors as text or json' -r -f -a "text\t'A sentence, and perhaps a hint'
json\t'One JSON object'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand reply" -l profile -d 'Profile: its name, or the path of a file' -x -a "(mqttx-rs profile list --names 2>/dev/null)"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand reply" -l log-file -d 'Append what goes to stderr; --trace and --debug go only there' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand reply" -l echo -d 'Answer the payload of the request'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand reply" -l embedded -d 'Start a broker here and connect to it'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand reply" -l ask-password -d 'Ask for the password, on a terminal'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand reply" -l no-clean -d 'Resume the session, and keep it'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand reply" -l follow-redirect -d 'Go where the broker points to'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand reply" -l req-response-info -d 'Ask for response information'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand reply" -l no-req-problem-info -d 'Ask for no reason strings'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand reply" -l will-retain -d 'The broker keeps it (-Wr)'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand reply" -l will-payload-format-indicator -d 'Its payload is UTF-8 text (-Wpf)'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand reply" -l insecure -d 'Check no certificate: anyone can listen in'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand reply" -l ipv4 -d 'IPv4 only'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand reply" -l ipv6 -d 'IPv6 only'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand reply" -l no-profile -d 'No profile, not even the selected one'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand reply" -l quiet -d 'Only warnings and errors on stderr'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand reply" -l debug -d 'Tell what the program does, on stderr'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand reply" -l help -d 'Print help'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand record" -s t -l topic -d 'Filters, for example car/+/speed or car/#' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand record" -s q -l qos -d 'Highest QoS; 2 receives each message at the QoS it was published with' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand record" -s T -l filter-out -d 'Leave out topics that match these' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand record" -s C -l count -d 'End after so many messages' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand record" -l duration -d 'End after so long' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand record" -l idle-timeout -d 'End when nothing came for so long, 0 is never' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand record" -l rotate -d 'Begin another file at this size or age; may be given once for each' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand record" -l keep -d 'Keep only the N newest of the earlier files' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand record" -s h -l hostname -d 'Broker' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand record" -s p -l port -d 'Port [default: 1883, 8883, 8083, 8084]' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand record" -s l -l protocol -d 'mqtt, mqtts, ws or wss; TLS options mean mqtts' -r -f -a "mqtt\t'Plain TCP'
mqtts\t'TLS'
ws\t'WebSocket'
wss\t'WebSocket over TLS'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand record" -l url -d 'As in mqtts://user:pass@host:8883/topic' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand record" -l unix -d 'Unix socket instead of host and port' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand record" -s i -l client-id -d 'Client identifier [default: random]' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand record" -s u -l username -d 'User name' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand record" -s P -l password -d 'Password; - reads it from stdin' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand record" -l password-file -d 'File whose first line is the password' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand record" -l password-env -d 'Variable that holds the password' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand record" -s V -l mqtt-version -d '5.0, 3.1.1 or 3.1' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand record" -s k -l keepalive -d 'Keep Alive, 0 is off' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand record" -l connect-timeout -d 'Limit of one attempt, 0 is none' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand record" -l reconnect-period -d 'Initial reconnect delay, doubled each time; 0 disables reconnecting (-rp)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand record" -l maximum-reconnect-times -d 'Give up after N attempts in one outage' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand record" -l authentication-method -d 'SCRAM-SHA-1, -256 or -512 (-am)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand record" -l reauthenticate-every -d 'Authenticate again so often, on the same connection' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand record" -l session-expiry-interval -d 'Life after the connection (-se)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand record" -l receive-maximum -d 'QoS 1 and 2 messages in flight, from 1' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand record" -l maximum-packet-size -d 'Largest packet to accept' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand record" -l topic-alias-maximum -d 'Topic aliases that the broker may use' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand record" -l conn-user-properties -d 'User properties, "name: value" (-Cup)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand record" -l will-topic -d 'Topic of the will (-Wt)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand record" -l will-message -d 'Payload of the will [default: empty] (-Wm)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand record" -l will-qos -d 'QoS of the will (-Wq)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand record" -l will-delay-interval -d 'Wait before it is published (-Wd)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand record" -l will-message-expiry-interval -d 'Its lifetime (-We)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand record" -l will-content-type -d 'MIME type of its payload (-Wct)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand record" -l will-response-topic -d 'Where a reply should go (-Wrt)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand record" -l will-correlation-data -d 'What ties a reply to it (-Wcd)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand record" -l will-user-properties -d 'Pairs "name: value" (-Wup)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand record" -l ca -d 'Trusted file or folder [default: system\'s]' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand record" -l cert -d 'This client\'s certificate' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand record" -l key -d 'The certificate\'s key' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand record" -l key-password -d 'Phrase of an encrypted key' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand record" -l key-password-file -d 'File whose first line is the phrase' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand record" -l sni -d 'Name to ask for and check [default: host]' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand record" -l alpn -d 'Application protocols to offer' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand record" -l tls-min-version -d '1.2 or 1.3' -r -f -a "1.2\t'TLS 1.2'
1.3\t'TLS 1.3'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand record" -l pin-sha256 -d 'Accept only this public key (SHA-256)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand record" -l path -d 'Path of the upgrade request' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand record" -l ws-headers -d 'Headers of the request, "name: value" (-wh)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand record" -l proxy -d 'Proxy, as in socks5h://host:1080 or http://host:3128' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand record" -l no-proxy -d 'Hosts that need no proxy, between commas' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand record" -l bind -d 'Local address to connect from' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand record" -l trace -d 'Each packet on stderr, as text or =json' -r -f -a "text\t'A line for people'
json\t'A JSON object a line'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand record" -l save-options -d 'Write the options to a file (-so)' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand record" -l load-options -d 'Read options from a file (-lo)' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand record" -l color -d 'Colour: auto, always or never' -r -f -a "auto\t''
always\t'Even in a pipe'
never\t'Not even on a terminal'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand record" -l error-format -d 'Errors as text or json' -r -f -a "text\t'A sentence, and perhaps a hint'
json\t'One JSON object'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand record" -l profile -d 'Profile: its name, or the path of a file' -x -a "(mqttx-rs profile list --names 2>/dev/null)"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand record" -l log-file -d 'Append what goes to stderr; --trace and --debug go only there' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand record" -s R -l skip-retained -d 'Leave out retained messages'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand record" -l resume -d 'Append to FILE if it is there'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand record" -l embedded -d 'Start a broker here and connect to it'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand record" -l ask-password -d 'Ask for the password, on a terminal'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand record" -l no-clean -d 'Resume the session, and keep it'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand record" -l follow-redirect -d 'Go where the broker points to'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand record" -l req-response-info -d 'Ask for response information'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand record" -l no-req-problem-info -d 'Ask for no reason strings'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand record" -l will-retain -d 'The broker keeps it (-Wr)'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand record" -l will-payload-format-indicator -d 'Its payload is UTF-8 text (-Wpf)'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand record" -l insecure -d 'Check no certificate: anyone can listen in'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand record" -l ipv4 -d 'IPv4 only'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand record" -l ipv6 -d 'IPv6 only'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand record" -l no-profile -d 'No profile, not even the selected one'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand record" -l quiet -d 'Only warnings and errors on stderr'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand record" -l debug -d 'Tell what the program does, on stderr'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand record" -l help -d 'Print help'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand replay" -l speed -d '2x is twice as fast, 0.5 half as fast, max without pauses' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand replay" -l loop -d 'Play N times; without N until Ctrl-C' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand replay" -l map -d 'Other names for topics, for example \'car/#=test/#\'' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand replay" -l only -d 'Only the recorded topics that match; repeat it for several filters' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand replay" -s q -l qos -d 'QoS for all [default: as recorded]' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand replay" -l retain -d 'Retain flag for all [default: as recorded]' -r -f -a "true\t''
false\t''"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand replay" -l inflight -d 'Messages in flight [default: what the broker announces, else 100, at QoS 2 20]' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand replay" -s h -l hostname -d 'Broker' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand replay" -s p -l port -d 'Port [default: 1883, 8883, 8083, 8084]' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand replay" -s l -l protocol -d 'mqtt, mqtts, ws or wss; TLS options mean mqtts' -r -f -a "mqtt\t'Plain TCP'
mqtts\t'TLS'
ws\t'WebSocket'
wss\t'WebSocket over TLS'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand replay" -l url -d 'As in mqtts://user:pass@host:8883/topic' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand replay" -l unix -d 'Unix socket instead of host and port' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand replay" -s i -l client-id -d 'Client identifier [default: random]' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand replay" -s u -l username -d 'User name' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand replay" -s P -l password -d 'Password; - reads it from stdin' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand replay" -l password-file -d 'File whose first line is the password' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand replay" -l password-env -d 'Variable that holds the password' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand replay" -s V -l mqtt-version -d '5.0, 3.1.1 or 3.1' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand replay" -s k -l keepalive -d 'Keep Alive, 0 is off' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand replay" -l connect-timeout -d 'Limit of one attempt, 0 is none' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand replay" -l reconnect-period -d 'Initial reconnect delay, doubled each time; 0 disables reconnecting (-rp)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand replay" -l maximum-reconnect-times -d 'Give up after N attempts in one outage' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand replay" -l authentication-method -d 'SCRAM-SHA-1, -256 or -512 (-am)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand replay" -l reauthenticate-every -d 'Authenticate again so often, on the same connection' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand replay" -l session-expiry-interval -d 'Life after the connection (-se)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand replay" -l receive-maximum -d 'QoS 1 and 2 messages in flight, from 1' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand replay" -l maximum-packet-size -d 'Largest packet to accept' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand replay" -l topic-alias-maximum -d 'Topic aliases that the broker may use' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand replay" -l conn-user-properties -d 'User properties, "name: value" (-Cup)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand replay" -l will-topic -d 'Topic of the will (-Wt)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand replay" -l will-message -d 'Payload of the will [default: empty] (-Wm)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand replay" -l will-qos -d 'QoS of the will (-Wq)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand replay" -l will-delay-interval -d 'Wait before it is published (-Wd)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand replay" -l will-message-expiry-interval -d 'Its lifetime (-We)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand replay" -l will-content-type -d 'MIME type of its payload (-Wct)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand replay" -l will-response-topic -d 'Where a reply should go (-Wrt)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand replay" -l will-correlation-data -d 'What ties a reply to it (-Wcd)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand replay" -l will-user-properties -d 'Pairs "name: value" (-Wup)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand replay" -l ca -d 'Trusted file or folder [default: system\'s]' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand replay" -l cert -d 'This client\'s certificate' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand replay" -l key -d 'The certificate\'s key' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand replay" -l key-password -d 'Phrase of an encrypted key' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand replay" -l key-password-file -d 'File whose first line is the phrase' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand replay" -l sni -d 'Name to ask for and check [default: host]' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand replay" -l alpn -d 'Application protocols to offer' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand replay" -l tls-min-version -d '1.2 or 1.3' -r -f -a "1.2\t'TLS 1.2'
1.3\t'TLS 1.3'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand replay" -l pin-sha256 -d 'Accept only this public key (SHA-256)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand replay" -l path -d 'Path of the upgrade request' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand replay" -l ws-headers -d 'Headers of the request, "name: value" (-wh)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand replay" -l proxy -d 'Proxy, as in socks5h://host:1080 or http://host:3128' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand replay" -l no-proxy -d 'Hosts that need no proxy, between commas' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand replay" -l bind -d 'Local address to connect from' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand replay" -l trace -d 'Each packet on stderr, as text or =json' -r -f -a "text\t'A line for people'
json\t'A JSON object a line'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand replay" -l save-options -d 'Write the options to a file (-so)' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand replay" -l load-options -d 'Read options from a file (-lo)' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand replay" -l color -d 'Colour: auto, always or never' -r -f -a "auto\t''
always\t'Even in a pipe'
never\t'Not even on a terminal'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand replay" -l error-format -d 'Errors as text or json' -r -f -a "text\t'A sentence, and perhaps a hint'
json\t'One JSON object'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand replay" -l profile -d 'Profile: its name, or the path of a file' -x -a "(mqttx-rs profile list --names 2>/dev/null)"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand replay" -l log-file -d 'Append what goes to stderr; --trace and --debug go only there' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand replay" -l resend-uncertain -d 'Repeat QoS 2 messages that a lost session leaves uncertain'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand replay" -l embedded -d 'Start a broker here and connect to it'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand replay" -l ask-password -d 'Ask for the password, on a terminal'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand replay" -l no-clean -d 'Resume the session, and keep it'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand replay" -l follow-redirect -d 'Go where the broker points to'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand replay" -l req-response-info -d 'Ask for response information'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand replay" -l no-req-problem-info -d 'Ask for no reason strings'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand replay" -l will-retain -d 'The broker keeps it (-Wr)'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand replay" -l will-payload-format-indicator -d 'Its payload is UTF-8 text (-Wpf)'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand replay" -l insecure -d 'Check no certificate: anyone can listen in'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand replay" -l ipv4 -d 'IPv4 only'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand replay" -l ipv6 -d 'IPv6 only'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand replay" -l no-profile -d 'No profile, not even the selected one'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand replay" -l quiet -d 'Only warnings and errors on stderr'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand replay" -l debug -d 'Tell what the program does, on stderr'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand replay" -l help -d 'Print help'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand clean-retained" -s t -l topic -d 'Filters, for example car/+/speed or car/#' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand clean-retained" -s T -l filter-out -d 'Leave out topics that match these' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand clean-retained" -l idle-timeout -d 'Silence after which the broker has sent all of them' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand clean-retained" -s h -l hostname -d 'Broker' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand clean-retained" -s p -l port -d 'Port [default: 1883, 8883, 8083, 8084]' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand clean-retained" -s l -l protocol -d 'mqtt, mqtts, ws or wss; TLS options mean mqtts' -r -f -a "mqtt\t'Plain TCP'
mqtts\t'TLS'
ws\t'WebSocket'
wss\t'WebSocket over TLS'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand clean-retained" -l url -d 'As in mqtts://user:pass@host:8883/topic' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand clean-retained" -l unix -d 'Unix socket instead of host and port' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand clean-retained" -s i -l client-id -d 'Client identifier [default: random]' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand clean-retained" -s u -l username -d 'User name' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand clean-retained" -s P -l password -d 'Password; - reads it from stdin' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand clean-retained" -l password-file -d 'File whose first line is the password' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand clean-retained" -l password-env -d 'Variable that holds the password' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand clean-retained" -s V -l mqtt-version -d '5.0, 3.1.1 or 3.1' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand clean-retained" -s k -l keepalive -d 'Keep Alive, 0 is off' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand clean-retained" -l connect-timeout -d 'Limit of one attempt, 0 is none' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand clean-retained" -l reconnect-period -d 'Initial reconnect delay, doubled each time; 0 disables reconnecting (-rp)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand clean-retained" -l maximum-reconnect-times -d 'Give up after N attempts in one outage' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand clean-retained" -l authentication-method -d 'SCRAM-SHA-1, -256 or -512 (-am)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand clean-retained" -l reauthenticate-every -d 'Authenticate again so often, on the same connection' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand clean-retained" -l session-expiry-interval -d 'Life after the connection (-se)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand clean-retained" -l receive-maximum -d 'QoS 1 and 2 messages in flight, from 1' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand clean-retained" -l maximum-packet-size -d 'Largest packet to accept' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand clean-retained" -l topic-alias-maximum -d 'Topic aliases that the broker may use' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand clean-retained" -l conn-user-properties -d 'User properties, "name: value" (-Cup)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand clean-retained" -l will-topic -d 'Topic of the will (-Wt)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand clean-retained" -l will-message -d 'Payload of the will [default: empty] (-Wm)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand clean-retained" -l will-qos -d 'QoS of the will (-Wq)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand clean-retained" -l will-delay-interval -d 'Wait before it is published (-Wd)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand clean-retained" -l will-message-expiry-interval -d 'Its lifetime (-We)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand clean-retained" -l will-content-type -d 'MIME type of its payload (-Wct)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand clean-retained" -l will-response-topic -d 'Where a reply should go (-Wrt)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand clean-retained" -l will-correlation-data -d 'What ties a reply to it (-Wcd)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand clean-retained" -l will-user-properties -d 'Pairs "name: value" (-Wup)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand clean-retained" -l ca -d 'Trusted file or folder [default: system\'s]' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand clean-retained" -l cert -d 'This client\'s certificate' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand clean-retained" -l key -d 'The certificate\'s key' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand clean-retained" -l key-password -d 'Phrase of an encrypted key' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand clean-retained" -l key-password-file -d 'File whose first line is the phrase' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand clean-retained" -l sni -d 'Name to ask for and check [default: host]' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand clean-retained" -l alpn -d 'Application protocols to offer' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand clean-retained" -l tls-min-version -d '1.2 or 1.3' -r -f -a "1.2\t'TLS 1.2'
1.3\t'TLS 1.3'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand clean-retained" -l pin-sha256 -d 'Accept only this public key (SHA-256)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand clean-retained" -l path -d 'Path of the upgrade request' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand clean-retained" -l ws-headers -d 'Headers of the request, "name: value" (-wh)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand clean-retained" -l proxy -d 'Proxy, as in socks5h://host:1080 or http://host:3128' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand clean-retained" -l no-proxy -d 'Hosts that need no proxy, between commas' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand clean-retained" -l bind -d 'Local address to connect from' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand clean-retained" -l trace -d 'Each packet on stderr, as text or =json' -r -f -a "text\t'A line for people'
json\t'A JSON object a line'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand clean-retained" -l save-options -d 'Write the options to a file (-so)' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand clean-retained" -l load-options -d 'Read options from a file (-lo)' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand clean-retained" -l color -d 'Colour: auto, always or never' -r -f -a "auto\t''
always\t'Even in a pipe'
never\t'Not even on a terminal'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand clean-retained" -l error-format -d 'Errors as text or json' -r -f -a "text\t'A sentence, and perhaps a hint'
json\t'One JSON object'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand clean-retained" -l profile -d 'Profile: its name, or the path of a file' -x -a "(mqttx-rs profile list --names 2>/dev/null)"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand clean-retained" -l log-file -d 'Append what goes to stderr; --trace and --debug go only there' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand clean-retained" -l dry-run -d 'Only print the topics'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand clean-retained" -l yes -d 'Remove without a question'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand clean-retained" -l embedded -d 'Start a broker here and connect to it'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand clean-retained" -l ask-password -d 'Ask for the password, on a terminal'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand clean-retained" -l no-clean -d 'Resume the session, and keep it'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand clean-retained" -l follow-redirect -d 'Go where the broker points to'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand clean-retained" -l req-response-info -d 'Ask for response information'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand clean-retained" -l no-req-problem-info -d 'Ask for no reason strings'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand clean-retained" -l will-retain -d 'The broker keeps it (-Wr)'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand clean-retained" -l will-payload-format-indicator -d 'Its payload is UTF-8 text (-Wpf)'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand clean-retained" -l insecure -d 'Check no certificate: anyone can listen in'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand clean-retained" -l ipv4 -d 'IPv4 only'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand clean-retained" -l ipv6 -d 'IPv6 only'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand clean-retained" -l no-profile -d 'No profile, not even the selected one'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand clean-retained" -l quiet -d 'Only warnings and errors on stderr'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand clean-retained" -l debug -d 'Tell what the program does, on stderr'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand clean-retained" -l help -d 'Print help'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand probe" -l require -d 'Exit 1 unless the broker has these, between commas' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand probe" -l only -d 'Try only these, and what --require names' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand probe" -l prefix -d 'Topics are below this one and a random level' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand probe" -l timeout -d 'Limit of each row' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand probe" -l tls-port -d 'Port of TLS [default: 8883]' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand probe" -l ws-port -d 'Port of WebSocket [default: 8083]' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand probe" -l wss-port -d 'Port of WebSocket over TLS [default: 8084]' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand probe" -s h -l hostname -d 'Broker' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand probe" -s p -l port -d 'Port [default: 1883, 8883, 8083, 8084]' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand probe" -s l -l protocol -d 'mqtt, mqtts, ws or wss; TLS options mean mqtts' -r -f -a "mqtt\t'Plain TCP'
mqtts\t'TLS'
ws\t'WebSocket'
wss\t'WebSocket over TLS'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand probe" -l url -d 'As in mqtts://user:pass@host:8883/topic' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand probe" -l unix -d 'Unix socket instead of host and port' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand probe" -s i -l client-id -d 'Client identifier [default: random]' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand probe" -s u -l username -d 'User name' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand probe" -s P -l password -d 'Password; - reads it from stdin' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand probe" -l password-file -d 'File whose first line is the password' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand probe" -l password-env -d 'Variable that holds the password' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand probe" -s V -l mqtt-version -d '5.0, 3.1.1 or 3.1' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand probe" -s k -l keepalive -d 'Keep Alive, 0 is off' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand probe" -l connect-timeout -d 'Limit of one attempt, 0 is none' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand probe" -l reconnect-period -d 'Initial reconnect delay, doubled each time; 0 disables reconnecting (-rp)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand probe" -l maximum-reconnect-times -d 'Give up after N attempts in one outage' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand probe" -l authentication-method -d 'SCRAM-SHA-1, -256 or -512 (-am)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand probe" -l reauthenticate-every -d 'Authenticate again so often, on the same connection' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand probe" -l session-expiry-interval -d 'Life after the connection (-se)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand probe" -l receive-maximum -d 'QoS 1 and 2 messages in flight, from 1' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand probe" -l maximum-packet-size -d 'Largest packet to accept' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand probe" -l topic-alias-maximum -d 'Topic aliases that the broker may use' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand probe" -l conn-user-properties -d 'User properties, "name: value" (-Cup)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand probe" -l will-topic -d 'Topic of the will (-Wt)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand probe" -l will-message -d 'Payload of the will [default: empty] (-Wm)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand probe" -l will-qos -d 'QoS of the will (-Wq)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand probe" -l will-delay-interval -d 'Wait before it is published (-Wd)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand probe" -l will-message-expiry-interval -d 'Its lifetime (-We)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand probe" -l will-content-type -d 'MIME type of its payload (-Wct)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand probe" -l will-response-topic -d 'Where a reply should go (-Wrt)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand probe" -l will-correlation-data -d 'What ties a reply to it (-Wcd)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand probe" -l will-user-properties -d 'Pairs "name: value" (-Wup)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand probe" -l ca -d 'Trusted file or folder [default: system\'s]' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand probe" -l cert -d 'This client\'s certificate' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand probe" -l key -d 'The certificate\'s key' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand probe" -l key-password -d 'Phrase of an encrypted key' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand probe" -l key-password-file -d 'File whose first line is the phrase' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand probe" -l sni -d 'Name to ask for and check [default: host]' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand probe" -l alpn -d 'Application protocols to offer' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand probe" -l tls-min-version -d '1.2 or 1.3' -r -f -a "1.2\t'TLS 1.2'
1.3\t'TLS 1.3'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand probe" -l pin-sha256 -d 'Accept only this public key (SHA-256)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand probe" -l path -d 'Path of the upgrade request' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand probe" -l ws-headers -d 'Headers of the request, "name: value" (-wh)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand probe" -l proxy -d 'Proxy, as in socks5h://host:1080 or http://host:3128' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand probe" -l no-proxy -d 'Hosts that need no proxy, between commas' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand probe" -l bind -d 'Local address to connect from' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand probe" -l trace -d 'Each packet on stderr, as text or =json' -r -f -a "text\t'A line for people'
json\t'A JSON object a line'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand probe" -l save-options -d 'Write the options to a file (-so)' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand probe" -l load-options -d 'Read options from a file (-lo)' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand probe" -l color -d 'Colour: auto, always or never' -r -f -a "auto\t''
always\t'Even in a pipe'
never\t'Not even on a terminal'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand probe" -l error-format -d 'Errors as text or json' -r -f -a "text\t'A sentence, and perhaps a hint'
json\t'One JSON object'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand probe" -l profile -d 'Profile: its name, or the path of a file' -x -a "(mqttx-rs profile list --names 2>/dev/null)"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand probe" -l log-file -d 'Append what goes to stderr; --trace and --debug go only there' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand probe" -l json -d 'One JSON object at the end instead of a table'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand probe" -l embedded -d 'Start a broker here and connect to it'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand probe" -l ask-password -d 'Ask for the password, on a terminal'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand probe" -l no-clean -d 'Resume the session, and keep it'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand probe" -l follow-redirect -d 'Go where the broker points to'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand probe" -l req-response-info -d 'Ask for response information'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand probe" -l no-req-problem-info -d 'Ask for no reason strings'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand probe" -l will-retain -d 'The broker keeps it (-Wr)'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand probe" -l will-payload-format-indicator -d 'Its payload is UTF-8 text (-Wpf)'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand probe" -l insecure -d 'Check no certificate: anyone can listen in'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand probe" -l ipv4 -d 'IPv4 only'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand probe" -l ipv6 -d 'IPv6 only'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand probe" -l no-profile -d 'No profile, not even the selected one'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand probe" -l quiet -d 'Only warnings and errors on stderr'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand probe" -l debug -d 'Tell what the program does, on stderr'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand probe" -l help -d 'Print help'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand repl" -l script -d 'Run the commands of a file; `-` is stdin, which is read when it is no terminal' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand repl" -s h -l hostname -d 'Broker' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand repl" -s p -l port -d 'Port [default: 1883, 8883, 8083, 8084]' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand repl" -s l -l protocol -d 'mqtt, mqtts, ws or wss; TLS options mean mqtts' -r -f -a "mqtt\t'Plain TCP'
mqtts\t'TLS'
ws\t'WebSocket'
wss\t'WebSocket over TLS'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand repl" -l url -d 'As in mqtts://user:pass@host:8883/topic' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand repl" -l unix -d 'Unix socket instead of host and port' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand repl" -s i -l client-id -d 'Client identifier [default: random]' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand repl" -s u -l username -d 'User name' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand repl" -s P -l password -d 'Password; - reads it from stdin' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand repl" -l password-file -d 'File whose first line is the password' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand repl" -l password-env -d 'Variable that holds the password' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand repl" -s V -l mqtt-version -d '5.0, 3.1.1 or 3.1' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand repl" -s k -l keepalive -d 'Keep Alive, 0 is off' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand repl" -l connect-timeout -d 'Limit of one attempt, 0 is none' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand repl" -l reconnect-period -d 'Initial reconnect delay, doubled each time; 0 disables reconnecting (-rp)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand repl" -l maximum-reconnect-times -d 'Give up after N attempts in one outage' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand repl" -l authentication-method -d 'SCRAM-SHA-1, -256 or -512 (-am)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand repl" -l reauthenticate-every -d 'Authenticate again so often, on the same connection' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand repl" -l session-expiry-interval -d 'Life after the connection (-se)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand repl" -l receive-maximum -d 'QoS 1 and 2 messages in flight, from 1' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand repl" -l maximum-packet-size -d 'Largest packet to accept' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand repl" -l topic-alias-maximum -d 'Topic aliases that the broker may use' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand repl" -l conn-user-properties -d 'User properties, "name: value" (-Cup)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand repl" -l will-topic -d 'Topic of the will (-Wt)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand repl" -l will-message -d 'Payload of the will [default: empty] (-Wm)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand repl" -l will-qos -d 'QoS of the will (-Wq)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand repl" -l will-delay-interval -d 'Wait before it is published (-Wd)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand repl" -l will-message-expiry-interval -d 'Its lifetime (-We)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand repl" -l will-content-type -d 'MIME type of its payload (-Wct)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand repl" -l will-response-topic -d 'Where a reply should go (-Wrt)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand repl" -l will-correlation-data -d 'What ties a reply to it (-Wcd)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand repl" -l will-user-properties -d 'Pairs "name: value" (-Wup)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand repl" -l ca -d 'Trusted file or folder [default: system\'s]' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand repl" -l cert -d 'This client\'s certificate' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand repl" -l key -d 'The certificate\'s key' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand repl" -l key-password -d 'Phrase of an encrypted key' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand repl" -l key-password-file -d 'File whose first line is the phrase' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand repl" -l sni -d 'Name to ask for and check [default: host]' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand repl" -l alpn -d 'Application protocols to offer' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand repl" -l tls-min-version -d '1.2 or 1.3' -r -f -a "1.2\t'TLS 1.2'
1.3\t'TLS 1.3'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand repl" -l pin-sha256 -d 'Accept only this public key (SHA-256)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand repl" -l path -d 'Path of the upgrade request' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand repl" -l ws-headers -d 'Headers of the request, "name: value" (-wh)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand repl" -l proxy -d 'Proxy, as in socks5h://host:1080 or http://host:3128' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand repl" -l no-proxy -d 'Hosts that need no proxy, between commas' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand repl" -l bind -d 'Local address to connect from' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand repl" -l trace -d 'Each packet on stderr, as text or =json' -r -f -a "text\t'A line for people'
json\t'A JSON object a line'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand repl" -l inflight -d 'Messages in flight [default: what the broker announces, else 100, at QoS 2 20]' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand repl" -l save-options -d 'Write the options to a file (-so)' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand repl" -l load-options -d 'Read options from a file (-lo)' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand repl" -l color -d 'Colour: auto, always or never' -r -f -a "auto\t''
always\t'Even in a pipe'
never\t'Not even on a terminal'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand repl" -l error-format -d 'Errors as text or json' -r -f -a "text\t'A sentence, and perhaps a hint'
json\t'One JSON object'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand repl" -l profile -d 'Profile: its name, or the path of a file' -x -a "(mqttx-rs profile list --names 2>/dev/null)"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand repl" -l log-file -d 'Append what goes to stderr; --trace and --debug go only there' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand repl" -s x -l echo -d 'Show each line of a script on stderr before it runs'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand repl" -l keep-going -d 'Go on after an error; the exit code is the first one\'s'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand repl" -l embedded -d 'Start a broker here and connect to it'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand repl" -l ask-password -d 'Ask for the password, on a terminal'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand repl" -l no-clean -d 'Resume the session, and keep it'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand repl" -l follow-redirect -d 'Go where the broker points to'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand repl" -l req-response-info -d 'Ask for response information'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand repl" -l no-req-problem-info -d 'Ask for no reason strings'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand repl" -l will-retain -d 'The broker keeps it (-Wr)'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand repl" -l will-payload-format-indicator -d 'Its payload is UTF-8 text (-Wpf)'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand repl" -l insecure -d 'Check no certificate: anyone can listen in'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand repl" -l ipv4 -d 'IPv4 only'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand repl" -l ipv6 -d 'IPv6 only'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand repl" -l resend-uncertain -d 'Repeat QoS 2 messages that a lost session leaves uncertain'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand repl" -l no-profile -d 'No profile, not even the selected one'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand repl" -l quiet -d 'Only warnings and errors on stderr'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand repl" -l debug -d 'Tell what the program does, on stderr'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand repl" -l help -d 'Print help'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and not __fish_seen_subcommand_from conn pub sub e2e run presets merge compare" -l color -d 'Colour: auto, always or never' -r -f -a "auto\t''
always\t'Even in a pipe'
never\t'Not even on a terminal'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and not __fish_seen_subcommand_from conn pub sub e2e run presets merge compare" -l error-format -d 'Errors as text or json' -r -f -a "text\t'A sentence, and perhaps a hint'
json\t'One JSON object'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and not __fish_seen_subcommand_from conn pub sub e2e run presets merge compare" -l profile -d 'Profile: its name, or the path of a file' -x -a "(mqttx-rs profile list --names 2>/dev/null)"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and not __fish_seen_subcommand_from conn pub sub e2e run presets merge compare" -l log-file -d 'Append what goes to stderr; --trace and --debug go only there' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and not __fish_seen_subcommand_from conn pub sub e2e run presets merge compare" -l no-profile -d 'No profile, not even the selected one'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and not __fish_seen_subcommand_from conn pub sub e2e run presets merge compare" -l quiet -d 'Only warnings and errors on stderr'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and not __fish_seen_subcommand_from conn pub sub e2e run presets merge compare" -l debug -d 'Tell what the program does, on stderr'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and not __fish_seen_subcommand_from conn pub sub e2e run presets merge compare" -l help -d 'Print help'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and not __fish_seen_subcommand_from conn pub sub e2e run presets merge compare" -f -a "conn" -d 'Open connections and hold them'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and not __fish_seen_subcommand_from conn pub sub e2e run presets merge compare" -f -a "pub" -d 'Publish from many clients'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and not __fish_seen_subcommand_from conn pub sub e2e run presets merge compare" -f -a "sub" -d 'Subscribe with many clients and count what arrives'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and not __fish_seen_subcommand_from conn pub sub e2e run presets merge compare" -f -a "e2e" -d 'Publish and subscribe in one process: latency from end to end, losses, duplicates'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and not __fish_seen_subcommand_from conn pub sub e2e run presets merge compare" -f -a "run" -d 'Run a scenario of several groups and phases: a preset, or a TOML file'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and not __fish_seen_subcommand_from conn pub sub e2e run presets merge compare" -f -a "presets" -d 'List the presets of `bench run`, or print one to copy and edit'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and not __fish_seen_subcommand_from conn pub sub e2e run presets merge compare" -f -a "merge" -d 'Put the reports of several machines together, exactly'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and not __fish_seen_subcommand_from conn pub sub e2e run presets merge compare" -f -a "compare" -d 'Set two reports side by side'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from conn" -s c -l count -d 'Clients' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from conn" -s i -l interval -d 'Wait between two connects, milliseconds or a duration' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from conn" -l ramp -d 'Connects a second, instead of --interval; `max` for as fast as --handshakes allows' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from conn" -l handshakes -d 'Connects that may be under way at a time, at least one for each of --workers' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from conn" -l duration -d 'End after so long, seconds or a duration' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from conn" -l warmup -d 'Beginning that latencies and rates leave out, seconds or a duration' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from conn" -l drain -d 'How long to wait for what is on its way when nothing comes, seconds or a duration; ten times as long at most while something comes, and behind a signal once' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from conn" -l workers -d 'Threads [default: one a core]' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from conn" -l source-ip -d 'Local addresses to connect from, in turn: more ports; repeat it, or give 10.0.0.1-10.0.0.9' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from conn" -l clients-csv -d 'A row for each client: a CSV file whose first line names the columns. `client_id`, username, password, cert, key and topic set the options of the same names; any other is a placeholder, for example {site}' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from conn" -l rows -d 'Which client has which row' -r -f -a "in-order\t'The first client has the first row; there are as many clients as rows, or fewer'
wrap\t'The same, and from the first row again where there are more clients'
shuffle\t'A random row each, and each row once before any again'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from conn" -l shard -d 'Part of a run over several machines, for example 2/5; /5 takes the number from Kubernetes, Slurm, Nomad or GNU parallel, and auto from Slurm how many there are, too' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from conn" -l run-id -d 'Name that all parts of a run have in common, so that `bench merge` takes no other for one of them [default: from --start-at and what is asked]' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from conn" -l start-at -d 'When to begin, so that several machines do it together, as in 2026-11-22T12:00:00Z' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from conn" -l prometheus -d 'Offer the figures to Prometheus while it runs, as in 127.0.0.1:9464' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from conn" -l fail -d 'Fail (exit code 99) when it holds, as in \'e2e.p99>100ms\', \'loss>0\' or \'rate<0.99\'; repeat it for several' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from conn" -l report -d 'Write everything as JSON, every few seconds while the run goes on; `-` is stdout' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from conn" -l csv -d 'Write a line a second' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from conn" -l html -d 'Write a page with plots' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from conn" -l hdr-log -d 'Write the histograms in `HdrHistogram`\'s interval log format' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from conn" -s h -l hostname -d 'Broker' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from conn" -s p -l port -d 'Port [default: 1883, 8883, 8083, 8084]' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from conn" -s l -l protocol -d 'mqtt, mqtts, ws or wss; TLS options mean mqtts' -r -f -a "mqtt\t'Plain TCP'
mqtts\t'TLS'
ws\t'WebSocket'
wss\t'WebSocket over TLS'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from conn" -l url -d 'As in mqtts://user:pass@host:8883/topic' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from conn" -l unix -d 'Unix socket instead of host and port' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from conn" -s u -l username -d 'User name' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from conn" -s P -l password -d 'Password; - reads it from stdin' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from conn" -l password-file -d 'File whose first line is the password' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from conn" -l password-env -d 'Variable that holds the password' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from conn" -s V -l mqtt-version -d '5.0, 3.1.1 or 3.1' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from conn" -s k -l keepalive -d 'Keep Alive, 0 is off' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from conn" -l connect-timeout -d 'Limit of one attempt, 0 is none' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from conn" -l reconnect-period -d 'Initial reconnect delay, doubled each time; 0 disables reconnecting (-rp)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from conn" -l maximum-reconnect-times -d 'Give up after N attempts in one outage' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from conn" -l authentication-method -d 'SCRAM-SHA-1, -256 or -512 (-am)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from conn" -l reauthenticate-every -d 'Authenticate again so often, on the same connection' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from conn" -l session-expiry-interval -d 'Life after the connection (-se)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from conn" -l receive-maximum -d 'QoS 1 and 2 messages in flight, from 1' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from conn" -l maximum-packet-size -d 'Largest packet to accept' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from conn" -l topic-alias-maximum -d 'Topic aliases that the broker may use' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from conn" -l will-topic -d 'Topic of the will (-Wt)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from conn" -l will-message -d 'Payload of the will [default: empty] (-Wm)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from conn" -l will-qos -d 'QoS of the will (-Wq)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from conn" -l will-delay-interval -d 'Wait before it is published (-Wd)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from conn" -l will-message-expiry-interval -d 'Its lifetime (-We)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from conn" -l will-content-type -d 'MIME type of its payload (-Wct)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from conn" -l will-response-topic -d 'Where a reply should go (-Wrt)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from conn" -l will-correlation-data -d 'What ties a reply to it (-Wcd)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from conn" -l will-user-properties -d 'Pairs "name: value" (-Wup)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from conn" -l ca -d 'Trusted file or folder [default: system\'s]' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from conn" -l cert -d 'This client\'s certificate' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from conn" -l key -d 'The certificate\'s key' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from conn" -l key-password -d 'Phrase of an encrypted key' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from conn" -l key-password-file -d 'File whose first line is the phrase' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from conn" -l sni -d 'Name to ask for and check [default: host]' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from conn" -l alpn -d 'Application protocols to offer' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from conn" -l tls-min-version -d '1.2 or 1.3' -r -f -a "1.2\t'TLS 1.2'
1.3\t'TLS 1.3'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from conn" -l pin-sha256 -d 'Accept only this public key (SHA-256)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from conn" -l path -d 'Path of the upgrade request' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from conn" -l ws-headers -d 'Headers of the request, "name: value" (-wh)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from conn" -l proxy -d 'Proxy, as in socks5h://host:1080 or http://host:3128' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from conn" -l no-proxy -d 'Hosts that need no proxy, between commas' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from conn" -l bind -d 'Local address to connect from' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from conn" -l trace -d 'Each packet on stderr, as text or =json' -r -f -a "text\t'A line for people'
json\t'A JSON object a line'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from conn" -l save-options -d 'Write the options to a file (-so)' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from conn" -l load-options -d 'Read options from a file (-lo)' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from conn" -s I -l client-id -d 'Client identifier [default: random]' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from conn" -l user-properties -d 'User properties, "name: value" (-up)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from conn" -l color -d 'Colour: auto, always or never' -r -f -a "auto\t''
always\t'Even in a pipe'
never\t'Not even on a terminal'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from conn" -l error-format -d 'Errors as text or json' -r -f -a "text\t'A sentence, and perhaps a hint'
json\t'One JSON object'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from conn" -l profile -d 'Profile: its name, or the path of a file' -x -a "(mqttx-rs profile list --names 2>/dev/null)"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from conn" -l log-file -d 'Append what goes to stderr; --trace and --debug go only there' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from conn" -l reconnect -d 'Connect again when the connection is lost (-rp and --maximum-reconnect-times say how)'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from conn" -l abort-on-fail -d 'End as soon as a --fail holds'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from conn" -l embedded -d 'Start a broker here and connect to it'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from conn" -l ask-password -d 'Ask for the password, on a terminal'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from conn" -l no-clean -d 'Resume the session, and keep it'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from conn" -l follow-redirect -d 'Go where the broker points to'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from conn" -l req-response-info -d 'Ask for response information'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from conn" -l no-req-problem-info -d 'Ask for no reason strings'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from conn" -l will-retain -d 'The broker keeps it (-Wr)'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from conn" -l will-payload-format-indicator -d 'Its payload is UTF-8 text (-Wpf)'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from conn" -l insecure -d 'Check no certificate: anyone can listen in'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from conn" -l ipv4 -d 'IPv4 only'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from conn" -l ipv6 -d 'IPv6 only'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from conn" -l no-profile -d 'No profile, not even the selected one'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from conn" -l quiet -d 'Only warnings and errors on stderr'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from conn" -l debug -d 'Tell what the program does, on stderr'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from conn" -l help -d 'Print help'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -s c -l count -d 'Clients' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -s i -l interval -d 'Wait between two connects, milliseconds or a duration' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -l ramp -d 'Connects a second, instead of --interval; `max` for as fast as --handshakes allows' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -l handshakes -d 'Connects that may be under way at a time, at least one for each of --workers' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -l duration -d 'End after so long, seconds or a duration' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -l warmup -d 'Beginning that latencies and rates leave out, seconds or a duration' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -l drain -d 'How long to wait for what is on its way when nothing comes, seconds or a duration; ten times as long at most while something comes, and behind a signal once' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -l workers -d 'Threads [default: one a core]' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -l source-ip -d 'Local addresses to connect from, in turn: more ports; repeat it, or give 10.0.0.1-10.0.0.9' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -l clients-csv -d 'A row for each client: a CSV file whose first line names the columns. `client_id`, username, password, cert, key and topic set the options of the same names; any other is a placeholder, for example {site}' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -l rows -d 'Which client has which row' -r -f -a "in-order\t'The first client has the first row; there are as many clients as rows, or fewer'
wrap\t'The same, and from the first row again where there are more clients'
shuffle\t'A random row each, and each row once before any again'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -l shard -d 'Part of a run over several machines, for example 2/5; /5 takes the number from Kubernetes, Slurm, Nomad or GNU parallel, and auto from Slurm how many there are, too' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -l run-id -d 'Name that all parts of a run have in common, so that `bench merge` takes no other for one of them [default: from --start-at and what is asked]' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -l start-at -d 'When to begin, so that several machines do it together, as in 2026-11-22T12:00:00Z' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -l prometheus -d 'Offer the figures to Prometheus while it runs, as in 127.0.0.1:9464' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -l message-interval -d '-im: wait between two messages of a client, milliseconds or a duration (-im)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -l rate -d 'Messages of all clients together, as in 50000/s' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -l rate-per-client -d 'Messages of each client, as in 0.5/s' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -l find-max -d 'Search the highest rate at which all of this holds, for example \'p99<50ms\'; begins with --rate, and each step takes --duration [default: 5s]' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -l confirm -d 'With --find-max: how often the answer has to hold' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -l max-time -d 'With --find-max: end after so long with the best rate so far, seconds or a duration' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -l inflight -d 'Messages of a client in flight [default: what the broker announces, else 100, at QoS 2 20]' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -s L -l limit -d 'Messages of all clients together' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -l topics -d 'Topics of each client in turn, numbered by %s' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -s m -l message -d 'Payload [default: "Hello From MQTTX CLI"; in e2e 64 bytes]' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -l file-read -d 'A file is the payload' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -l split -d 'Split the payload where this matches, a regular expression such as \',\' [default: \'\\n\']; each client sends each part once, or goes round until --limit or --duration' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -s S -l payload-size -d 'Random payload of a size, as in 1KB; from 32 bytes on it carries number and time' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -s t -l topic -d 'Topic to publish to; repeat it for several' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -s q -l qos -d 'Quality of Service: 0, 1 or 2' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -s e -l message-expiry-interval -d 'Lifetime of the message' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -l topic-alias -d 'Number that stands for the topic (-ta)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -l response-topic -d 'Where a reply should go (-rt)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -l correlation-data -d 'What ties a reply to the request (-cd)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -l user-properties -d 'User properties, "name: value" (-up)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -l content-type -d 'MIME type of the payload (-ct)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -l subscription-identifier -d 'No client may send it [MQTT-3.3.4-6] (-si)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -s f -l format -d 'plain, hex, base64, json, binary, cbor, msgpack, sparkplug; by a schema: protobuf, avro, avro-single-object' -r -f -a "plain\t''
hex\t''
base64\t''
json\t''
binary\t''
cbor\t''
msgpack\t''
protobuf\t''
avro\t''
avro-single-object\t''
sparkplug\t''"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -l protobuf-path -d 'Protobuf schema: a .proto file or a descriptor set (-Pp)' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -l protobuf-message-name -d 'Message of the Protobuf schema (-Pmn)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -l avsc-path -d 'Avro schema, an .avsc file (-Ap)' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -l schema -d 'Schema of the topics that match, for example \'a/#=a.proto:Reading\'' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -l compress -d 'Compress payloads: gzip or zstd' -r -f -a "gzip\t''
zstd\t''"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -l fail -d 'Fail (exit code 99) when it holds, as in \'e2e.p99>100ms\', \'loss>0\' or \'rate<0.99\'; repeat it for several' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -l report -d 'Write everything as JSON, every few seconds while the run goes on; `-` is stdout' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -l csv -d 'Write a line a second' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -l html -d 'Write a page with plots' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -l hdr-log -d 'Write the histograms in `HdrHistogram`\'s interval log format' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -s h -l hostname -d 'Broker' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -s p -l port -d 'Port [default: 1883, 8883, 8083, 8084]' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -s l -l protocol -d 'mqtt, mqtts, ws or wss; TLS options mean mqtts' -r -f -a "mqtt\t'Plain TCP'
mqtts\t'TLS'
ws\t'WebSocket'
wss\t'WebSocket over TLS'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -l url -d 'As in mqtts://user:pass@host:8883/topic' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -l unix -d 'Unix socket instead of host and port' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -s u -l username -d 'User name' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -s P -l password -d 'Password; - reads it from stdin' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -l password-file -d 'File whose first line is the password' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -l password-env -d 'Variable that holds the password' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -s V -l mqtt-version -d '5.0, 3.1.1 or 3.1' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -s k -l keepalive -d 'Keep Alive, 0 is off' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -l connect-timeout -d 'Limit of one attempt, 0 is none' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -l reconnect-period -d 'Initial reconnect delay, doubled each time; 0 disables reconnecting (-rp)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -l maximum-reconnect-times -d 'Give up after N attempts in one outage' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -l authentication-method -d 'SCRAM-SHA-1, -256 or -512 (-am)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -l reauthenticate-every -d 'Authenticate again so often, on the same connection' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -l session-expiry-interval -d 'Life after the connection (-se)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -l receive-maximum -d 'QoS 1 and 2 messages in flight, from 1' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -l maximum-packet-size -d 'Largest packet to accept' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -l topic-alias-maximum -d 'Topic aliases that the broker may use' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -l conn-user-properties -d 'User properties, "name: value" (-Cup)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -l will-topic -d 'Topic of the will (-Wt)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -l will-message -d 'Payload of the will [default: empty] (-Wm)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -l will-qos -d 'QoS of the will (-Wq)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -l will-delay-interval -d 'Wait before it is published (-Wd)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -l will-message-expiry-interval -d 'Its lifetime (-We)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -l will-content-type -d 'MIME type of its payload (-Wct)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -l will-response-topic -d 'Where a reply should go (-Wrt)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -l will-correlation-data -d 'What ties a reply to it (-Wcd)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -l will-user-properties -d 'Pairs "name: value" (-Wup)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -l ca -d 'Trusted file or folder [default: system\'s]' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -l cert -d 'This client\'s certificate' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -l key -d 'The certificate\'s key' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -l key-password -d 'Phrase of an encrypted key' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -l key-password-file -d 'File whose first line is the phrase' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -l sni -d 'Name to ask for and check [default: host]' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -l alpn -d 'Application protocols to offer' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -l tls-min-version -d '1.2 or 1.3' -r -f -a "1.2\t'TLS 1.2'
1.3\t'TLS 1.3'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -l pin-sha256 -d 'Accept only this public key (SHA-256)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -l path -d 'Path of the upgrade request' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -l ws-headers -d 'Headers of the request, "name: value" (-wh)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -l proxy -d 'Proxy, as in socks5h://host:1080 or http://host:3128' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -l no-proxy -d 'Hosts that need no proxy, between commas' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -l bind -d 'Local address to connect from' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -l trace -d 'Each packet on stderr, as text or =json' -r -f -a "text\t'A line for people'
json\t'A JSON object a line'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -l save-options -d 'Write the options to a file (-so)' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -l load-options -d 'Read options from a file (-lo)' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -s I -l client-id -d 'Client identifier [default: random]' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -l color -d 'Colour: auto, always or never' -r -f -a "auto\t''
always\t'Even in a pipe'
never\t'Not even on a terminal'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -l error-format -d 'Errors as text or json' -r -f -a "text\t'A sentence, and perhaps a hint'
json\t'One JSON object'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -l profile -d 'Profile: its name, or the path of a file' -x -a "(mqttx-rs profile list --names 2>/dev/null)"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -l log-file -d 'Append what goes to stderr; --trace and --debug go only there' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -l reconnect -d 'Connect again when the connection is lost (-rp and --maximum-reconnect-times say how)'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -l poisson -d 'Random gaps, as from many independent senders'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -l unpaced -d 'As fast as the window and the socket allow'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -l latency -d 'With --unpaced: measure latency all the same, at the cost of speed'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -l template -d 'Placeholders in the payload of -m or --file-read too: %i %c %u %s {random:1-100}'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -s v -l verbose -d 'Accepted for MQTTX\'s sake'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -s r -l retain -d 'The broker keeps it for later subscribers'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -s d -l dup -d 'Set the DUP flag'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -l payload-format-indicator -d 'The payload is UTF-8 text (-pf)'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -l abort-on-fail -d 'End as soon as a --fail holds'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -l embedded -d 'Start a broker here and connect to it'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -l ask-password -d 'Ask for the password, on a terminal'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -l no-clean -d 'Resume the session, and keep it'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -l follow-redirect -d 'Go where the broker points to'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -l req-response-info -d 'Ask for response information'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -l no-req-problem-info -d 'Ask for no reason strings'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -l will-retain -d 'The broker keeps it (-Wr)'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -l will-payload-format-indicator -d 'Its payload is UTF-8 text (-Wpf)'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -l insecure -d 'Check no certificate: anyone can listen in'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -l ipv4 -d 'IPv4 only'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -l ipv6 -d 'IPv6 only'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -l no-profile -d 'No profile, not even the selected one'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -l quiet -d 'Only warnings and errors on stderr'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -l debug -d 'Tell what the program does, on stderr'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -l help -d 'Print help'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from sub" -s c -l count -d 'Clients' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from sub" -s i -l interval -d 'Wait between two connects, milliseconds or a duration' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from sub" -l ramp -d 'Connects a second, instead of --interval; `max` for as fast as --handshakes allows' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from sub" -l handshakes -d 'Connects that may be under way at a time, at least one for each of --workers' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from sub" -l duration -d 'End after so long, seconds or a duration' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from sub" -l warmup -d 'Beginning that latencies and rates leave out, seconds or a duration' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from sub" -l drain -d 'How long to wait for what is on its way when nothing comes, seconds or a duration; ten times as long at most while something comes, and behind a signal once' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from sub" -l workers -d 'Threads [default: one a core]' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from sub" -l source-ip -d 'Local addresses to connect from, in turn: more ports; repeat it, or give 10.0.0.1-10.0.0.9' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from sub" -l clients-csv -d 'A row for each client: a CSV file whose first line names the columns. `client_id`, username, password, cert, key and topic set the options of the same names; any other is a placeholder, for example {site}' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from sub" -l rows -d 'Which client has which row' -r -f -a "in-order\t'The first client has the first row; there are as many clients as rows, or fewer'
wrap\t'The same, and from the first row again where there are more clients'
shuffle\t'A random row each, and each row once before any again'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from sub" -l shard -d 'Part of a run over several machines, for example 2/5; /5 takes the number from Kubernetes, Slurm, Nomad or GNU parallel, and auto from Slurm how many there are, too' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from sub" -l run-id -d 'Name that all parts of a run have in common, so that `bench merge` takes no other for one of them [default: from --start-at and what is asked]' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from sub" -l start-at -d 'When to begin, so that several machines do it together, as in 2026-11-22T12:00:00Z' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from sub" -l prometheus -d 'Offer the figures to Prometheus while it runs, as in 127.0.0.1:9464' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from sub" -s t -l topic -d 'Topic filters with %i %c %u, as in car/%i/#' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from sub" -s q -l qos -d 'Highest QoS, one for each filter or one for all' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from sub" -l no-local -d '-nl: not the messages of the client itself (5.0) (-nl)' -r -f -a "true\t''
false\t''"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from sub" -l retain-as-published -d '-rap: keep the retain flag as published (5.0) (-rap)' -r -f -a "true\t''
false\t''"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from sub" -l retain-handling -d '-rh: retained messages: 0 send, 1 if the subscription is new, 2 never (5.0) (-rh)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from sub" -l subscription-identifier -d '-si: number that comes back with each message (5.0) (-si)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from sub" -l user-properties -d '-up: user properties, as in "site: plant-7" (5.0) (-up)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from sub" -s L -l limit -d 'End after so many messages of all clients together' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from sub" -l fail -d 'Fail (exit code 99) when it holds, as in \'e2e.p99>100ms\', \'loss>0\' or \'rate<0.99\'; repeat it for several' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from sub" -l report -d 'Write everything as JSON, every few seconds while the run goes on; `-` is stdout' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from sub" -l csv -d 'Write a line a second' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from sub" -l html -d 'Write a page with plots' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from sub" -l hdr-log -d 'Write the histograms in `HdrHistogram`\'s interval log format' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from sub" -s h -l hostname -d 'Broker' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from sub" -s p -l port -d 'Port [default: 1883, 8883, 8083, 8084]' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from sub" -s l -l protocol -d 'mqtt, mqtts, ws or wss; TLS options mean mqtts' -r -f -a "mqtt\t'Plain TCP'
mqtts\t'TLS'
ws\t'WebSocket'
wss\t'WebSocket over TLS'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from sub" -l url -d 'As in mqtts://user:pass@host:8883/topic' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from sub" -l unix -d 'Unix socket instead of host and port' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from sub" -s u -l username -d 'User name' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from sub" -s P -l password -d 'Password; - reads it from stdin' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from sub" -l password-file -d 'File whose first line is the password' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from sub" -l password-env -d 'Variable that holds the password' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from sub" -s V -l mqtt-version -d '5.0, 3.1.1 or 3.1' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from sub" -s k -l keepalive -d 'Keep Alive, 0 is off' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from sub" -l connect-timeout -d 'Limit of one attempt, 0 is none' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from sub" -l reconnect-period -d 'Initial reconnect delay, doubled each time; 0 disables reconnecting (-rp)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from sub" -l maximum-reconnect-times -d 'Give up after N attempts in one outage' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from sub" -l authentication-method -d 'SCRAM-SHA-1, -256 or -512 (-am)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from sub" -l reauthenticate-every -d 'Authenticate again so often, on the same connection' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from sub" -l session-expiry-interval -d 'Life after the connection (-se)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from sub" -l receive-maximum -d 'QoS 1 and 2 messages in flight, from 1' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from sub" -l maximum-packet-size -d 'Largest packet to accept' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from sub" -l topic-alias-maximum -d 'Topic aliases that the broker may use' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from sub" -l conn-user-properties -d 'User properties, "name: value" (-Cup)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from sub" -l will-topic -d 'Topic of the will (-Wt)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from sub" -l will-message -d 'Payload of the will [default: empty] (-Wm)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from sub" -l will-qos -d 'QoS of the will (-Wq)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from sub" -l will-delay-interval -d 'Wait before it is published (-Wd)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from sub" -l will-message-expiry-interval -d 'Its lifetime (-We)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from sub" -l will-content-type -d 'MIME type of its payload (-Wct)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from sub" -l will-response-topic -d 'Where a reply should go (-Wrt)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from sub" -l will-correlation-data -d 'What ties a reply to it (-Wcd)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from sub" -l will-user-properties -d 'Pairs "name: value" (-Wup)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from sub" -l ca -d 'Trusted file or folder [default: system\'s]' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from sub" -l cert -d 'This client\'s certificate' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from sub" -l key -d 'The certificate\'s key' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from sub" -l key-password -d 'Phrase of an encrypted key' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from sub" -l key-password-file -d 'File whose first line is the phrase' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from sub" -l sni -d 'Name to ask for and check [default: host]' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from sub" -l alpn -d 'Application protocols to offer' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from sub" -l tls-min-version -d '1.2 or 1.3' -r -f -a "1.2\t'TLS 1.2'
1.3\t'TLS 1.3'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from sub" -l pin-sha256 -d 'Accept only this public key (SHA-256)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from sub" -l path -d 'Path of the upgrade request' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from sub" -l ws-headers -d 'Headers of the request, "name: value" (-wh)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from sub" -l proxy -d 'Proxy, as in socks5h://host:1080 or http://host:3128' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from sub" -l no-proxy -d 'Hosts that need no proxy, between commas' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from sub" -l bind -d 'Local address to connect from' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from sub" -l trace -d 'Each packet on stderr, as text or =json' -r -f -a "text\t'A line for people'
json\t'A JSON object a line'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from sub" -l save-options -d 'Write the options to a file (-so)' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from sub" -l load-options -d 'Read options from a file (-lo)' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from sub" -s I -l client-id -d 'Client identifier [default: random]' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from sub" -l color -d 'Colour: auto, always or never' -r -f -a "auto\t''
always\t'Even in a pipe'
never\t'Not even on a terminal'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from sub" -l error-format -d 'Errors as text or json' -r -f -a "text\t'A sentence, and perhaps a hint'
json\t'One JSON object'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from sub" -l profile -d 'Profile: its name, or the path of a file' -x -a "(mqttx-rs profile list --names 2>/dev/null)"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from sub" -l log-file -d 'Append what goes to stderr; --trace and --debug go only there' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from sub" -l reconnect -d 'Connect again when the connection is lost (-rp and --maximum-reconnect-times say how)'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from sub" -l trust-foreign-clocks -d 'Measure one-way latency of messages that other machines stamped: true as far as their clocks agree'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from sub" -s v -l verbose -d 'Accepted for MQTTX\'s sake'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from sub" -l abort-on-fail -d 'End as soon as a --fail holds'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from sub" -l embedded -d 'Start a broker here and connect to it'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from sub" -l ask-password -d 'Ask for the password, on a terminal'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from sub" -l no-clean -d 'Resume the session, and keep it'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from sub" -l follow-redirect -d 'Go where the broker points to'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from sub" -l req-response-info -d 'Ask for response information'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from sub" -l no-req-problem-info -d 'Ask for no reason strings'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from sub" -l will-retain -d 'The broker keeps it (-Wr)'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from sub" -l will-payload-format-indicator -d 'Its payload is UTF-8 text (-Wpf)'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from sub" -l insecure -d 'Check no certificate: anyone can listen in'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from sub" -l ipv4 -d 'IPv4 only'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from sub" -l ipv6 -d 'IPv6 only'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from sub" -l no-profile -d 'No profile, not even the selected one'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from sub" -l quiet -d 'Only warnings and errors on stderr'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from sub" -l debug -d 'Tell what the program does, on stderr'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from sub" -l help -d 'Print help'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from e2e" -l shape -d 'Who sends to whom' -r -f -a "one-to-one\t'Each publisher to a subscriber of its own'
fan-out\t'Every publisher to every subscriber'
fan-in\t'Every publisher, each on a topic of its own, to few subscribers'
shared\t'Every publisher to a group whose members share the messages'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from e2e" -l publishers -d 'Publishers [default: -c; with fan-out 1]' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from e2e" -l subscribers -d 'Subscribers [default: -c; with fan-in 1]' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from e2e" -s c -l count -d 'Clients' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from e2e" -s i -l interval -d 'Wait between two connects, milliseconds or a duration' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from e2e" -l ramp -d 'Connects a second, instead of --interval; `max` for as fast as --handshakes allows' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from e2e" -l handshakes -d 'Connects that may be under way at a time, at least one for each of --workers' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from e2e" -l duration -d 'End after so long, seconds or a duration' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from e2e" -l warmup -d 'Beginning that latencies and rates leave out, seconds or a duration' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from e2e" -l drain -d 'How long to wait for what is on its way when nothing comes, seconds or a duration; ten times as long at most while something comes, and behind a signal once' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from e2e" -l workers -d 'Threads [default: one a core]' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from e2e" -l source-ip -d 'Local addresses to connect from, in turn: more ports; repeat it, or give 10.0.0.1-10.0.0.9' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from e2e" -l clients-csv -d 'A row for each client: a CSV file whose first line names the columns. `client_id`, username, password, cert, key and topic set the options of the same names; any other is a placeholder, for example {site}' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from e2e" -l rows -d 'Which client has which row' -r -f -a "in-order\t'The first client has the first row; there are as many clients as rows, or fewer'
wrap\t'The same, and from the first row again where there are more clients'
shuffle\t'A random row each, and each row once before any again'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from e2e" -l shard -d 'Part of a run over several machines, for example 2/5; /5 takes the number from Kubernetes, Slurm, Nomad or GNU parallel, and auto from Slurm how many there are, too' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from e2e" -l run-id -d 'Name that all parts of a run have in common, so that `bench merge` takes no other for one of them [default: from --start-at and what is asked]' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from e2e" -l start-at -d 'When to begin, so that several machines do it together, as in 2026-11-22T12:00:00Z' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from e2e" -l prometheus -d 'Offer the figures to Prometheus while it runs, as in 127.0.0.1:9464' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from e2e" -l message-interval -d '-im: wait between two messages of a client, milliseconds or a duration (-im)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from e2e" -l rate -d 'Messages of all clients together, as in 50000/s' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from e2e" -l rate-per-client -d 'Messages of each client, as in 0.5/s' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from e2e" -l find-max -d 'Search the highest rate at which all of this holds, for example \'p99<50ms\'; begins with --rate, and each step takes --duration [default: 5s]' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from e2e" -l confirm -d 'With --find-max: how often the answer has to hold' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from e2e" -l max-time -d 'With --find-max: end after so long with the best rate so far, seconds or a duration' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from e2e" -l inflight -d 'Messages of a client in flight [default: what the broker announces, else 100, at QoS 2 20]' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from e2e" -s L -l limit -d 'Messages of all clients together' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from e2e" -l topics -d 'Topics of each client in turn, numbered by %s' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from e2e" -s m -l message -d 'Payload [default: "Hello From MQTTX CLI"; in e2e 64 bytes]' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from e2e" -l file-read -d 'A file is the payload' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from e2e" -l split -d 'Split the payload where this matches, a regular expression such as \',\' [default: \'\\n\']; each client sends each part once, or goes round until --limit or --duration' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from e2e" -s S -l payload-size -d 'Random payload of a size, as in 1KB; from 32 bytes on it carries number and time' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from e2e" -s t -l topic -d 'Topic; the rest of a message is as in `bench pub`' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from e2e" -s q -l qos -d 'Quality of Service: 0, 1 or 2' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from e2e" -l fail -d 'Fail (exit code 99) when it holds, as in \'e2e.p99>100ms\', \'loss>0\' or \'rate<0.99\'; repeat it for several' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from e2e" -l report -d 'Write everything as JSON, every few seconds while the run goes on; `-` is stdout' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from e2e" -l csv -d 'Write a line a second' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from e2e" -l html -d 'Write a page with plots' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from e2e" -l hdr-log -d 'Write the histograms in `HdrHistogram`\'s interval log format' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from e2e" -s h -l hostname -d 'Broker' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from e2e" -s p -l port -d 'Port [default: 1883, 8883, 8083, 8084]' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from e2e" -s l -l protocol -d 'mqtt, mqtts, ws or wss; TLS options mean mqtts' -r -f -a "mqtt\t'Plain TCP'
mqtts\t'TLS'
ws\t'WebSocket'
wss\t'WebSocket over TLS'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from e2e" -l url -d 'As in mqtts://user:pass@host:8883/topic' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from e2e" -l unix -d 'Unix socket instead of host and port' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from e2e" -s u -l username -d 'User name' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from e2e" -s P -l password -d 'Password; - reads it from stdin' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from e2e" -l password-file -d 'File whose first line is the password' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from e2e" -l password-env -d 'Variable that holds the password' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from e2e" -s V -l mqtt-version -d '5.0, 3.1.1 or 3.1' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from e2e" -s k -l keepalive -d 'Keep Alive, 0 is off' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from e2e" -l connect-timeout -d 'Limit of one attempt, 0 is none' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from e2e" -l reconnect-period -d 'Initial reconnect delay, doubled each time; 0 disables reconnecting (-rp)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from e2e" -l maximum-reconnect-times -d 'Give up after N attempts in one outage' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from e2e" -l authentication-method -d 'SCRAM-SHA-1, -256 or -512 (-am)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from e2e" -l reauthenticate-every -d 'Authenticate again so often, on the same connection' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from e2e" -l session-expiry-interval -d 'Life after the connection (-se)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from e2e" -l receive-maximum -d 'QoS 1 and 2 messages in flight, from 1' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from e2e" -l maximum-packet-size -d 'Largest packet to accept' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from e2e" -l topic-alias-maximum -d 'Topic aliases that the broker may use' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from e2e" -l conn-user-properties -d 'User properties, "name: value" (-Cup)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from e2e" -l will-topic -d 'Topic of the will (-Wt)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from e2e" -l will-message -d 'Payload of the will [default: empty] (-Wm)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from e2e" -l will-qos -d 'QoS of the will (-Wq)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from e2e" -l will-delay-interval -d 'Wait before it is published (-Wd)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from e2e" -l will-message-expiry-interval -d 'Its lifetime (-We)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from e2e" -l will-content-type -d 'MIME type of its payload (-Wct)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from e2e" -l will-response-topic -d 'Where a reply should go (-Wrt)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from e2e" -l will-correlation-data -d 'What ties a reply to it (-Wcd)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from e2e" -l will-user-properties -d 'Pairs "name: value" (-Wup)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from e2e" -l ca -d 'Trusted file or folder [default: system\'s]' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from e2e" -l cert -d 'This client\'s certificate' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from e2e" -l key -d 'The certificate\'s key' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from e2e" -l key-password -d 'Phrase of an encrypted key' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from e2e" -l key-password-file -d 'File whose first line is the phrase' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from e2e" -l sni -d 'Name to ask for and check [default: host]' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from e2e" -l alpn -d 'Application protocols to offer' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from e2e" -l tls-min-version -d '1.2 or 1.3' -r -f -a "1.2\t'TLS 1.2'
1.3\t'TLS 1.3'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from e2e" -l pin-sha256 -d 'Accept only this public key (SHA-256)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from e2e" -l path -d 'Path of the upgrade request' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from e2e" -l ws-headers -d 'Headers of the request, "name: value" (-wh)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from e2e" -l proxy -d 'Proxy, as in socks5h://host:1080 or http://host:3128' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from e2e" -l no-proxy -d 'Hosts that need no proxy, between commas' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from e2e" -l bind -d 'Local address to connect from' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from e2e" -l trace -d 'Each packet on stderr, as text or =json' -r -f -a "text\t'A line for people'
json\t'A JSON object a line'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from e2e" -l save-options -d 'Write the options to a file (-so)' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from e2e" -l load-options -d 'Read options from a file (-lo)' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from e2e" -s I -l client-id -d 'Client identifier [default: random]' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from e2e" -l color -d 'Colour: auto, always or never' -r -f -a "auto\t''
always\t'Even in a pipe'
never\t'Not even on a terminal'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from e2e" -l error-format -d 'Errors as text or json' -r -f -a "text\t'A sentence, and perhaps a hint'
json\t'One JSON object'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from e2e" -l profile -d 'Profile: its name, or the path of a file' -x -a "(mqttx-rs profile list --names 2>/dev/null)"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from e2e" -l log-file -d 'Append what goes to stderr; --trace and --debug go only there' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from e2e" -l reconnect -d 'Connect again when the connection is lost (-rp and --maximum-reconnect-times say how)'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from e2e" -l poisson -d 'Random gaps, as from many independent senders'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from e2e" -l unpaced -d 'As fast as the window and the socket allow'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from e2e" -l latency -d 'With --unpaced: measure latency all the same, at the cost of speed'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from e2e" -l template -d 'Placeholders in the payload of -m or --file-read too: %i %c %u %s {random:1-100}'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from e2e" -s v -l verbose -d 'Accepted for MQTTX\'s sake'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from e2e" -l abort-on-fail -d 'End as soon as a --fail holds'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from e2e" -l embedded -d 'Start a broker here and connect to it'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from e2e" -l ask-password -d 'Ask for the password, on a terminal'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from e2e" -l no-clean -d 'Resume the session, and keep it'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from e2e" -l follow-redirect -d 'Go where the broker points to'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from e2e" -l req-response-info -d 'Ask for response information'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from e2e" -l no-req-problem-info -d 'Ask for no reason strings'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from e2e" -l will-retain -d 'The broker keeps it (-Wr)'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from e2e" -l will-payload-format-indicator -d 'Its payload is UTF-8 text (-Wpf)'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from e2e" -l insecure -d 'Check no certificate: anyone can listen in'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from e2e" -l ipv4 -d 'IPv4 only'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from e2e" -l ipv6 -d 'IPv6 only'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from e2e" -l no-profile -d 'No profile, not even the selected one'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from e2e" -l quiet -d 'Only warnings and errors on stderr'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from e2e" -l debug -d 'Tell what the program does, on stderr'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from e2e" -l help -d 'Print help'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from run" -l preset -d 'The same as SCENARIO' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from run" -l scale -d 'All counts of clients, rates and limits times this, as in 0.01' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from run" -s i -l interval -d 'Wait between two connects, milliseconds or a duration' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from run" -l ramp -d 'Connects a second, instead of --interval; `max` for as fast as --handshakes allows' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from run" -l handshakes -d 'Connects that may be under way at a time, at least one for each of --workers' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from run" -l duration -d 'End after so long, seconds or a duration' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from run" -l warmup -d 'Beginning that latencies and rates leave out, seconds or a duration' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from run" -l drain -d 'How long to wait for what is on its way when nothing comes, seconds or a duration; ten times as long at most while something comes, and behind a signal once' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from run" -l workers -d 'Threads [default: one a core]' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from run" -l source-ip -d 'Local addresses to connect from, in turn: more ports; repeat it, or give 10.0.0.1-10.0.0.9' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from run" -l clients-csv -d 'A row for each client: a CSV file whose first line names the columns. `client_id`, username, password, cert, key and topic set the options of the same names; any other is a placeholder, for example {site}' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from run" -l rows -d 'Which client has which row' -r -f -a "in-order\t'The first client has the first row; there are as many clients as rows, or fewer'
wrap\t'The same, and from the first row again where there are more clients'
shuffle\t'A random row each, and each row once before any again'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from run" -l shard -d 'Part of a run over several machines, for example 2/5; /5 takes the number from Kubernetes, Slurm, Nomad or GNU parallel, and auto from Slurm how many there are, too' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from run" -l run-id -d 'Name that all parts of a run have in common, so that `bench merge` takes no other for one of them [default: from --start-at and what is asked]' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from run" -l start-at -d 'When to begin, so that several machines do it together, as in 2026-11-22T12:00:00Z' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from run" -l prometheus -d 'Offer the figures to Prometheus while it runs, as in 127.0.0.1:9464' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from run" -l fail -d 'Fail (exit code 99) when it holds, as in \'e2e.p99>100ms\', \'loss>0\' or \'rate<0.99\'; repeat it for several' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from run" -l report -d 'Write everything as JSON, every few seconds while the run goes on; `-` is stdout' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from run" -l csv -d 'Write a line a second' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from run" -l html -d 'Write a page with plots' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from run" -l hdr-log -d 'Write the histograms in `HdrHistogram`\'s interval log format' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from run" -s h -l hostname -d 'Broker' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from run" -s p -l port -d 'Port [default: 1883, 8883, 8083, 8084]' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from run" -s l -l protocol -d 'mqtt, mqtts, ws or wss; TLS options mean mqtts' -r -f -a "mqtt\t'Plain TCP'
mqtts\t'TLS'
ws\t'WebSocket'
wss\t'WebSocket over TLS'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from run" -l url -d 'As in mqtts://user:pass@host:8883/topic' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from run" -l unix -d 'Unix socket instead of host and port' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from run" -s u -l username -d 'User name' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from run" -s P -l password -d 'Password; - reads it from stdin' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from run" -l password-file -d 'File whose first line is the password' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from run" -l password-env -d 'Variable that holds the password' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from run" -s V -l mqtt-version -d '5.0, 3.1.1 or 3.1' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from run" -s k -l keepalive -d 'Keep Alive, 0 is off' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from run" -l connect-timeout -d 'Limit of one attempt, 0 is none' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from run" -l reconnect-period -d 'Initial reconnect delay, doubled each time; 0 disables reconnecting (-rp)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from run" -l maximum-reconnect-times -d 'Give up after N attempts in one outage' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from run" -l authentication-method -d 'SCRAM-SHA-1, -256 or -512 (-am)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from run" -l reauthenticate-every -d 'Authenticate again so often, on the same connection' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from run" -l session-expiry-interval -d 'Life after the connection (-se)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from run" -l receive-maximum -d 'QoS 1 and 2 messages in flight, from 1' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from run" -l maximum-packet-size -d 'Largest packet to accept' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from run" -l topic-alias-maximum -d 'Topic aliases that the broker may use' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from run" -l conn-user-properties -d 'User properties, "name: value" (-Cup)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from run" -l will-topic -d 'Topic of the will (-Wt)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from run" -l will-message -d 'Payload of the will [default: empty] (-Wm)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from run" -l will-qos -d 'QoS of the will (-Wq)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from run" -l will-delay-interval -d 'Wait before it is published (-Wd)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from run" -l will-message-expiry-interval -d 'Its lifetime (-We)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from run" -l will-content-type -d 'MIME type of its payload (-Wct)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from run" -l will-response-topic -d 'Where a reply should go (-Wrt)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from run" -l will-correlation-data -d 'What ties a reply to it (-Wcd)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from run" -l will-user-properties -d 'Pairs "name: value" (-Wup)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from run" -l ca -d 'Trusted file or folder [default: system\'s]' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from run" -l cert -d 'This client\'s certificate' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from run" -l key -d 'The certificate\'s key' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from run" -l key-password -d 'Phrase of an encrypted key' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from run" -l key-password-file -d 'File whose first line is the phrase' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from run" -l sni -d 'Name to ask for and check [default: host]' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from run" -l alpn -d 'Application protocols to offer' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from run" -l tls-min-version -d '1.2 or 1.3' -r -f -a "1.2\t'TLS 1.2'
1.3\t'TLS 1.3'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from run" -l pin-sha256 -d 'Accept only this public key (SHA-256)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from run" -l path -d 'Path of the upgrade request' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from run" -l ws-headers -d 'Headers of the request, "name: value" (-wh)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from run" -l proxy -d 'Proxy, as in socks5h://host:1080 or http://host:3128' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from run" -l no-proxy -d 'Hosts that need no proxy, between commas' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from run" -l bind -d 'Local address to connect from' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from run" -l trace -d 'Each packet on stderr, as text or =json' -r -f -a "text\t'A line for people'
json\t'A JSON object a line'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from run" -l save-options -d 'Write the options to a file (-so)' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from run" -l load-options -d 'Read options from a file (-lo)' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from run" -s I -l client-id -d 'Client identifier [default: random]' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from run" -l color -d 'Colour: auto, always or never' -r -f -a "auto\t''
always\t'Even in a pipe'
never\t'Not even on a terminal'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from run" -l error-format -d 'Errors as text or json' -r -f -a "text\t'A sentence, and perhaps a hint'
json\t'One JSON object'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from run" -l profile -d 'Profile: its name, or the path of a file' -x -a "(mqttx-rs profile list --names 2>/dev/null)"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from run" -l log-file -d 'Append what goes to stderr; --trace and --debug go only there' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from run" -l reconnect -d 'Connect again when the connection is lost (-rp and --maximum-reconnect-times say how)'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from run" -l abort-on-fail -d 'End as soon as a --fail holds'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from run" -l embedded -d 'Start a broker here and connect to it'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from run" -l ask-password -d 'Ask for the password, on a terminal'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from run" -l no-clean -d 'Resume the session, and keep it'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from run" -l follow-redirect -d 'Go where the broker points to'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from run" -l req-response-info -d 'Ask for response information'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from run" -l no-req-problem-info -d 'Ask for no reason strings'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from run" -l will-retain -d 'The broker keeps it (-Wr)'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from run" -l will-payload-format-indicator -d 'Its payload is UTF-8 text (-Wpf)'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from run" -l insecure -d 'Check no certificate: anyone can listen in'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from run" -l ipv4 -d 'IPv4 only'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from run" -l ipv6 -d 'IPv6 only'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from run" -l no-profile -d 'No profile, not even the selected one'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from run" -l quiet -d 'Only warnings and errors on stderr'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from run" -l debug -d 'Tell what the program does, on stderr'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from run" -l help -d 'Print help'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from presets" -l color -d 'Colour: auto, always or never' -r -f -a "auto\t''
always\t'Even in a pipe'
never\t'Not even on a terminal'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from presets" -l error-format -d 'Errors as text or json' -r -f -a "text\t'A sentence, and perhaps a hint'
json\t'One JSON object'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from presets" -l profile -d 'Profile: its name, or the path of a file' -x -a "(mqttx-rs profile list --names 2>/dev/null)"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from presets" -l log-file -d 'Append what goes to stderr; --trace and --debug go only there' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from presets" -l no-profile -d 'No profile, not even the selected one'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from presets" -l quiet -d 'Only warnings and errors on stderr'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from presets" -l debug -d 'Tell what the program does, on stderr'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from presets" -l help -d 'Print help'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from merge" -l fail -d 'Fail (exit code 99) when it holds, as in \'e2e.p99>100ms\', \'loss>0\' or \'rate<0.99\'; repeat it for several' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from merge" -l report -d 'Write everything as JSON, every few seconds while the run goes on; `-` is stdout' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from merge" -l csv -d 'Write a line a second' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from merge" -l html -d 'Write a page with plots' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from merge" -l hdr-log -d 'Write the histograms in `HdrHistogram`\'s interval log format' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from merge" -l color -d 'Colour: auto, always or never' -r -f -a "auto\t''
always\t'Even in a pipe'
never\t'Not even on a terminal'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from merge" -l error-format -d 'Errors as text or json' -r -f -a "text\t'A sentence, and perhaps a hint'
json\t'One JSON object'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from merge" -l profile -d 'Profile: its name, or the path of a file' -x -a "(mqttx-rs profile list --names 2>/dev/null)"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from merge" -l log-file -d 'Append what goes to stderr; --trace and --debug go only there' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from merge" -l partial -d 'Merge what is there though parts of the run are missing'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from merge" -l abort-on-fail -d 'End as soon as a --fail holds'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from merge" -l no-profile -d 'No profile, not even the selected one'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from merge" -l quiet -d 'Only warnings and errors on stderr'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from merge" -l debug -d 'Tell what the program does, on stderr'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from merge" -l help -d 'Print help'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from compare" -l fail -d 'Fail (exit code 99) when a measure of the candidate differs from the baseline\'s by more, for example \'ack.p99>+10%\', \'throughput<-5%\' or \'lost>+0\'; repeat it for several' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from compare" -l color -d 'Colour: auto, always or never' -r -f -a "auto\t''
always\t'Even in a pipe'
never\t'Not even on a terminal'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from compare" -l error-format -d 'Errors as text or json' -r -f -a "text\t'A sentence, and perhaps a hint'
json\t'One JSON object'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from compare" -l profile -d 'Profile: its name, or the path of a file' -x -a "(mqttx-rs profile list --names 2>/dev/null)"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from compare" -l log-file -d 'Append what goes to stderr; --trace and --debug go only there' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from compare" -l no-profile -d 'No profile, not even the selected one'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from compare" -l quiet -d 'Only warnings and errors on stderr'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from compare" -l debug -d 'Tell what the program does, on stderr'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from compare" -l help -d 'Print help'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and not __fish_seen_subcommand_from list show add edit copy rename remove use unuse validate path export import" -l color -d 'Colour: auto, always or never' -r -f -a "auto\t''
always\t'Even in a pipe'
never\t'Not even on a terminal'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and not __fish_seen_subcommand_from list show add edit copy rename remove use unuse validate path export import" -l error-format -d 'Errors as text or json' -r -f -a "text\t'A sentence, and perhaps a hint'
json\t'One JSON object'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and not __fish_seen_subcommand_from list show add edit copy rename remove use unuse validate path export import" -l profile -d 'Profile: its name, or the path of a file' -x -a "(mqttx-rs profile list --names 2>/dev/null)"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and not __fish_seen_subcommand_from list show add edit copy rename remove use unuse validate path export import" -l log-file -d 'Append what goes to stderr; --trace and --debug go only there' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and not __fish_seen_subcommand_from list show add edit copy rename remove use unuse validate path export import" -l no-profile -d 'No profile, not even the selected one'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and not __fish_seen_subcommand_from list show add edit copy rename remove use unuse validate path export import" -l quiet -d 'Only warnings and errors on stderr'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and not __fish_seen_subcommand_from list show add edit copy rename remove use unuse validate path export import" -l debug -d 'Tell what the program does, on stderr'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and not __fish_seen_subcommand_from list show add edit copy rename remove use unuse validate path export import" -l help -d 'Print help'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and not __fish_seen_subcommand_from list show add edit copy rename remove use unuse validate path export import" -f -a "list" -d 'List all profiles'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and not __fish_seen_subcommand_from list show add edit copy rename remove use unuse validate path export import" -f -a "show" -d 'Print a profile, its secrets masked'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and not __fish_seen_subcommand_from list show add edit copy rename remove use unuse validate path export import" -f -a "add" -d 'Make a profile from options, or from answers on a terminal'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and not __fish_seen_subcommand_from list show add edit copy rename remove use unuse validate path export import" -f -a "edit" -d 'Change a profile in $EDITOR, or key by key'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and not __fish_seen_subcommand_from list show add edit copy rename remove use unuse validate path export import" -f -a "copy" -d 'Make a profile that says the same as another'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and not __fish_seen_subcommand_from list show add edit copy rename remove use unuse validate path export import" -f -a "rename" -d 'Give a profile another name'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and not __fish_seen_subcommand_from list show add edit copy rename remove use unuse validate path export import" -f -a "remove" -d 'Remove a profile'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and not __fish_seen_subcommand_from list show add edit copy rename remove use unuse validate path export import" -f -a "use" -d 'Select a profile for all runs that name none'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and not __fish_seen_subcommand_from list show add edit copy rename remove use unuse validate path export import" -f -a "unuse" -d 'Select none'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and not __fish_seen_subcommand_from list show add edit copy rename remove use unuse validate path export import" -f -a "validate" -d 'Check profiles, all unless some are named'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and not __fish_seen_subcommand_from list show add edit copy rename remove use unuse validate path export import" -f -a "path" -d 'Print the file of a profile, or the folder of all'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and not __fish_seen_subcommand_from list show add edit copy rename remove use unuse validate path export import" -f -a "export" -d 'Print a profile with all that it extends, for another machine'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and not __fish_seen_subcommand_from list show add edit copy rename remove use unuse validate path export import" -f -a "import" -d 'Make profiles of another program\'s file: MQTTX\'s, or a Spring application.yml'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from list" -l color -d 'Colour: auto, always or never' -r -f -a "auto\t''
always\t'Even in a pipe'
never\t'Not even on a terminal'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from list" -l error-format -d 'Errors as text or json' -r -f -a "text\t'A sentence, and perhaps a hint'
json\t'One JSON object'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from list" -l profile -d 'Profile: its name, or the path of a file' -x -a "(mqttx-rs profile list --names 2>/dev/null)"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from list" -l log-file -d 'Append what goes to stderr; --trace and --debug go only there' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from list" -l json -d 'A JSON array'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from list" -l names -d 'A name a line'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from list" -l no-profile -d 'No profile, not even the selected one'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from list" -l quiet -d 'Only warnings and errors on stderr'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from list" -l debug -d 'Tell what the program does, on stderr'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from list" -l help -d 'Print help'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from show" -l color -d 'Colour: auto, always or never' -r -f -a "auto\t''
always\t'Even in a pipe'
never\t'Not even on a terminal'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from show" -l error-format -d 'Errors as text or json' -r -f -a "text\t'A sentence, and perhaps a hint'
json\t'One JSON object'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from show" -l profile -d 'Profile: its name, or the path of a file' -x -a "(mqttx-rs profile list --names 2>/dev/null)"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from show" -l log-file -d 'Append what goes to stderr; --trace and --debug go only there' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from show" -l effective -d 'Every value that holds, with where it comes from'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from show" -l no-profile -d 'No profile, not even the selected one'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from show" -l quiet -d 'Only warnings and errors on stderr'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from show" -l debug -d 'Tell what the program does, on stderr'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from show" -l help -d 'Print help'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from add" -l set -d 'Further keys, as in publish.topic=car/ac' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from add" -l extends -d 'Profile that holds where this one says nothing' -x -a "(mqttx-rs profile list --names 2>/dev/null)"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from add" -s h -l hostname -d 'Broker' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from add" -s p -l port -d 'Port [default: 1883, 8883, 8083, 8084]' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from add" -s l -l protocol -d 'mqtt, mqtts, ws or wss; TLS options mean mqtts' -r -f -a "mqtt\t'Plain TCP'
mqtts\t'TLS'
ws\t'WebSocket'
wss\t'WebSocket over TLS'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from add" -l url -d 'As in mqtts://user:pass@host:8883/topic' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from add" -l unix -d 'Unix socket instead of host and port' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from add" -s i -l client-id -d 'Client identifier [default: random]' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from add" -s u -l username -d 'User name' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from add" -s P -l password -d 'Password; - reads it from stdin' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from add" -l password-file -d 'File whose first line is the password' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from add" -l password-env -d 'Variable that holds the password' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from add" -s V -l mqtt-version -d '5.0, 3.1.1 or 3.1' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from add" -s k -l keepalive -d 'Keep Alive, 0 is off' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from add" -l connect-timeout -d 'Limit of one attempt, 0 is none' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from add" -l reconnect-period -d 'Initial reconnect delay, doubled each time; 0 disables reconnecting (-rp)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from add" -l maximum-reconnect-times -d 'Give up after N attempts in one outage' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from add" -l authentication-method -d 'SCRAM-SHA-1, -256 or -512 (-am)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from add" -l reauthenticate-every -d 'Authenticate again so often, on the same connection' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from add" -l session-expiry-interval -d 'Life after the connection (-se)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from add" -l receive-maximum -d 'QoS 1 and 2 messages in flight, from 1' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from add" -l maximum-packet-size -d 'Largest packet to accept' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from add" -l topic-alias-maximum -d 'Topic aliases that the broker may use' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from add" -l conn-user-properties -d 'User properties, "name: value" (-Cup)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from add" -l will-topic -d 'Topic of the will (-Wt)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from add" -l will-message -d 'Payload of the will [default: empty] (-Wm)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from add" -l will-qos -d 'QoS of the will (-Wq)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from add" -l will-delay-interval -d 'Wait before it is published (-Wd)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from add" -l will-message-expiry-interval -d 'Its lifetime (-We)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from add" -l will-content-type -d 'MIME type of its payload (-Wct)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from add" -l will-response-topic -d 'Where a reply should go (-Wrt)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from add" -l will-correlation-data -d 'What ties a reply to it (-Wcd)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from add" -l will-user-properties -d 'Pairs "name: value" (-Wup)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from add" -l ca -d 'Trusted file or folder [default: system\'s]' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from add" -l cert -d 'This client\'s certificate' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from add" -l key -d 'The certificate\'s key' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from add" -l key-password -d 'Phrase of an encrypted key' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from add" -l key-password-file -d 'File whose first line is the phrase' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from add" -l sni -d 'Name to ask for and check [default: host]' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from add" -l alpn -d 'Application protocols to offer' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from add" -l tls-min-version -d '1.2 or 1.3' -r -f -a "1.2\t'TLS 1.2'
1.3\t'TLS 1.3'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from add" -l pin-sha256 -d 'Accept only this public key (SHA-256)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from add" -l path -d 'Path of the upgrade request' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from add" -l ws-headers -d 'Headers of the request, "name: value" (-wh)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from add" -l proxy -d 'Proxy, as in socks5h://host:1080 or http://host:3128' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from add" -l no-proxy -d 'Hosts that need no proxy, between commas' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from add" -l bind -d 'Local address to connect from' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from add" -l trace -d 'Each packet on stderr, as text or =json' -r -f -a "text\t'A line for people'
json\t'A JSON object a line'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from add" -l inflight -d 'Messages in flight [default: what the broker announces, else 100, at QoS 2 20]' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from add" -l save-options -d 'Write the options to a file (-so)' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from add" -l load-options -d 'Read options from a file (-lo)' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from add" -l color -d 'Colour: auto, always or never' -r -f -a "auto\t''
always\t'Even in a pipe'
never\t'Not even on a terminal'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from add" -l error-format -d 'Errors as text or json' -r -f -a "text\t'A sentence, and perhaps a hint'
json\t'One JSON object'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from add" -l profile -d 'Profile: its name, or the path of a file' -x -a "(mqttx-rs profile list --names 2>/dev/null)"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from add" -l log-file -d 'Append what goes to stderr; --trace and --debug go only there' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from add" -l force -d 'Replace the profile if it is there'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from add" -l embedded -d 'Start a broker here and connect to it'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from add" -l ask-password -d 'Ask for the password, on a terminal'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from add" -l no-clean -d 'Resume the session, and keep it'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from add" -l follow-redirect -d 'Go where the broker points to'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from add" -l req-response-info -d 'Ask for response information'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from add" -l no-req-problem-info -d 'Ask for no reason strings'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from add" -l will-retain -d 'The broker keeps it (-Wr)'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from add" -l will-payload-format-indicator -d 'Its payload is UTF-8 text (-Wpf)'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from add" -l insecure -d 'Check no certificate: anyone can listen in'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from add" -l ipv4 -d 'IPv4 only'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from add" -l ipv6 -d 'IPv6 only'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from add" -l resend-uncertain -d 'Repeat QoS 2 messages that a lost session leaves uncertain'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from add" -l no-profile -d 'No profile, not even the selected one'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from add" -l quiet -d 'Only warnings and errors on stderr'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from add" -l debug -d 'Tell what the program does, on stderr'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from add" -l help -d 'Print help'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from edit" -l set -d 'Set a key, as in connection.port=8883' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from edit" -l unset -d 'Remove a key' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from edit" -l color -d 'Colour: auto, always or never' -r -f -a "auto\t''
always\t'Even in a pipe'
never\t'Not even on a terminal'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from edit" -l error-format -d 'Errors as text or json' -r -f -a "text\t'A sentence, and perhaps a hint'
json\t'One JSON object'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from edit" -l profile -d 'Profile: its name, or the path of a file' -x -a "(mqttx-rs profile list --names 2>/dev/null)"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from edit" -l log-file -d 'Append what goes to stderr; --trace and --debug go only there' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from edit" -l no-profile -d 'No profile, not even the selected one'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from edit" -l quiet -d 'Only warnings and errors on stderr'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from edit" -l debug -d 'Tell what the program does, on stderr'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from edit" -l help -d 'Print help'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from copy" -l color -d 'Colour: auto, always or never' -r -f -a "auto\t''
always\t'Even in a pipe'
never\t'Not even on a terminal'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from copy" -l error-format -d 'Errors as text or json' -r -f -a "text\t'A sentence, and perhaps a hint'
json\t'One JSON object'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from copy" -l profile -d 'Profile: its name, or the path of a file' -x -a "(mqttx-rs profile list --names 2>/dev/null)"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from copy" -l log-file -d 'Append what goes to stderr; --trace and --debug go only there' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from copy" -l no-profile -d 'No profile, not even the selected one'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from copy" -l quiet -d 'Only warnings and errors on stderr'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from copy" -l debug -d 'Tell what the program does, on stderr'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from copy" -l help -d 'Print help'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from rename" -l color -d 'Colour: auto, always or never' -r -f -a "auto\t''
always\t'Even in a pipe'
never\t'Not even on a terminal'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from rename" -l error-format -d 'Errors as text or json' -r -f -a "text\t'A sentence, and perhaps a hint'
json\t'One JSON object'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from rename" -l profile -d 'Profile: its name, or the path of a file' -x -a "(mqttx-rs profile list --names 2>/dev/null)"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from rename" -l log-file -d 'Append what goes to stderr; --trace and --debug go only there' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from rename" -l no-profile -d 'No profile, not even the selected one'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from rename" -l quiet -d 'Only warnings and errors on stderr'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from rename" -l debug -d 'Tell what the program does, on stderr'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from rename" -l help -d 'Print help'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from remove" -l color -d 'Colour: auto, always or never' -r -f -a "auto\t''
always\t'Even in a pipe'
never\t'Not even on a terminal'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from remove" -l error-format -d 'Errors as text or json' -r -f -a "text\t'A sentence, and perhaps a hint'
json\t'One JSON object'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from remove" -l profile -d 'Profile: its name, or the path of a file' -x -a "(mqttx-rs profile list --names 2>/dev/null)"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from remove" -l log-file -d 'Append what goes to stderr; --trace and --debug go only there' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from remove" -l yes -d 'Do not ask'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from remove" -l no-profile -d 'No profile, not even the selected one'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from remove" -l quiet -d 'Only warnings and errors on stderr'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from remove" -l debug -d 'Tell what the program does, on stderr'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from remove" -l help -d 'Print help'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from use" -l color -d 'Colour: auto, always or never' -r -f -a "auto\t''
always\t'Even in a pipe'
never\t'Not even on a terminal'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from use" -l error-format -d 'Errors as text or json' -r -f -a "text\t'A sentence, and perhaps a hint'
json\t'One JSON object'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from use" -l profile -d 'Profile: its name, or the path of a file' -x -a "(mqttx-rs profile list --names 2>/dev/null)"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from use" -l log-file -d 'Append what goes to stderr; --trace and --debug go only there' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from use" -l no-profile -d 'No profile, not even the selected one'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from use" -l quiet -d 'Only warnings and errors on stderr'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from use" -l debug -d 'Tell what the program does, on stderr'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from use" -l help -d 'Print help'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from unuse" -l color -d 'Colour: auto, always or never' -r -f -a "auto\t''
always\t'Even in a pipe'
never\t'Not even on a terminal'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from unuse" -l error-format -d 'Errors as text or json' -r -f -a "text\t'A sentence, and perhaps a hint'
json\t'One JSON object'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from unuse" -l profile -d 'Profile: its name, or the path of a file' -x -a "(mqttx-rs profile list --names 2>/dev/null)"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from unuse" -l log-file -d 'Append what goes to stderr; --trace and --debug go only there' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from unuse" -l no-profile -d 'No profile, not even the selected one'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from unuse" -l quiet -d 'Only warnings and errors on stderr'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from unuse" -l debug -d 'Tell what the program does, on stderr'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from unuse" -l help -d 'Print help'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from validate" -l color -d 'Colour: auto, always or never' -r -f -a "auto\t''
always\t'Even in a pipe'
never\t'Not even on a terminal'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from validate" -l error-format -d 'Errors as text or json' -r -f -a "text\t'A sentence, and perhaps a hint'
json\t'One JSON object'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from validate" -l profile -d 'Profile: its name, or the path of a file' -x -a "(mqttx-rs profile list --names 2>/dev/null)"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from validate" -l log-file -d 'Append what goes to stderr; --trace and --debug go only there' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from validate" -l connect -d 'Reach the broker, and print what it announces'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from validate" -l no-profile -d 'No profile, not even the selected one'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from validate" -l quiet -d 'Only warnings and errors on stderr'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from validate" -l debug -d 'Tell what the program does, on stderr'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from validate" -l help -d 'Print help'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from path" -l color -d 'Colour: auto, always or never' -r -f -a "auto\t''
always\t'Even in a pipe'
never\t'Not even on a terminal'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from path" -l error-format -d 'Errors as text or json' -r -f -a "text\t'A sentence, and perhaps a hint'
json\t'One JSON object'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from path" -l profile -d 'Profile: its name, or the path of a file' -x -a "(mqttx-rs profile list --names 2>/dev/null)"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from path" -l log-file -d 'Append what goes to stderr; --trace and --debug go only there' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from path" -l no-profile -d 'No profile, not even the selected one'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from path" -l quiet -d 'Only warnings and errors on stderr'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from path" -l debug -d 'Tell what the program does, on stderr'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from path" -l help -d 'Print help'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from export" -l color -d 'Colour: auto, always or never' -r -f -a "auto\t''
always\t'Even in a pipe'
never\t'Not even on a terminal'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from export" -l error-format -d 'Errors as text or json' -r -f -a "text\t'A sentence, and perhaps a hint'
json\t'One JSON object'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from export" -l profile -d 'Profile: its name, or the path of a file' -x -a "(mqttx-rs profile list --names 2>/dev/null)"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from export" -l log-file -d 'Append what goes to stderr; --trace and --debug go only there' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from export" -l with-secrets -d 'Plain passwords too'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from export" -l no-profile -d 'No profile, not even the selected one'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from export" -l quiet -d 'Only warnings and errors on stderr'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from export" -l debug -d 'Tell what the program does, on stderr'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from export" -l help -d 'Print help'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from import" -l name -d 'Name of the profile; of several, what their names begin with [default: the file says]' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from import" -l format -d 'What the file is [default: its content says]' -r -f -a "mqttx-options\t'What MQTTX CLI\'s -so writes, JSON or YAML'
mqttx-ini\t'MQTTX CLI\'s config'
mqttx-desktop\t'Connections that MQTTX exported as JSON'
spring\t'A Spring application.yml'
profile\t'A profile that was exported'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from import" -l password-env -d 'Variable that will hold the password' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from import" -l password-file -d 'File whose first line will be the password' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from import" -l color -d 'Colour: auto, always or never' -r -f -a "auto\t''
always\t'Even in a pipe'
never\t'Not even on a terminal'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from import" -l error-format -d 'Errors as text or json' -r -f -a "text\t'A sentence, and perhaps a hint'
json\t'One JSON object'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from import" -l profile -d 'Profile: its name, or the path of a file' -x -a "(mqttx-rs profile list --names 2>/dev/null)"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from import" -l log-file -d 'Append what goes to stderr; --trace and --debug go only there' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from import" -l with-secrets -d 'Write passwords as they are, in plain text'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from import" -l dry-run -d 'Only show what would be written'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from import" -l force -d 'Replace profiles that are there'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from import" -l no-profile -d 'No profile, not even the selected one'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from import" -l quiet -d 'Only warnings and errors on stderr'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from import" -l debug -d 'Tell what the program does, on stderr'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from import" -l help -d 'Print help'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand topic; and not __fish_seen_subcommand_from match explain" -l color -d 'Colour: auto, always or never' -r -f -a "auto\t''
always\t'Even in a pipe'
never\t'Not even on a terminal'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand topic; and not __fish_seen_subcommand_from match explain" -l error-format -d 'Errors as text or json' -r -f -a "text\t'A sentence, and perhaps a hint'
json\t'One JSON object'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand topic; and not __fish_seen_subcommand_from match explain" -l profile -d 'Profile: its name, or the path of a file' -x -a "(mqttx-rs profile list --names 2>/dev/null)"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand topic; and not __fish_seen_subcommand_from match explain" -l log-file -d 'Append what goes to stderr; --trace and --debug go only there' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand topic; and not __fish_seen_subcommand_from match explain" -l no-profile -d 'No profile, not even the selected one'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand topic; and not __fish_seen_subcommand_from match explain" -l quiet -d 'Only warnings and errors on stderr'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand topic; and not __fish_seen_subcommand_from match explain" -l debug -d 'Tell what the program does, on stderr'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand topic; and not __fish_seen_subcommand_from match explain" -l help -d 'Print help'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand topic; and not __fish_seen_subcommand_from match explain" -f -a "match" -d 'Print the topics that a filter matches; exit 1 if it matches none'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand topic; and not __fish_seen_subcommand_from match explain" -f -a "explain" -d 'Explain a filter level by level'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand topic; and __fish_seen_subcommand_from match" -l color -d 'Colour: auto, always or never' -r -f -a "auto\t''
always\t'Even in a pipe'
never\t'Not even on a terminal'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand topic; and __fish_seen_subcommand_from match" -l error-format -d 'Errors as text or json' -r -f -a "text\t'A sentence, and perhaps a hint'
json\t'One JSON object'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand topic; and __fish_seen_subcommand_from match" -l profile -d 'Profile: its name, or the path of a file' -x -a "(mqttx-rs profile list --names 2>/dev/null)"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand topic; and __fish_seen_subcommand_from match" -l log-file -d 'Append what goes to stderr; --trace and --debug go only there' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand topic; and __fish_seen_subcommand_from match" -l no-profile -d 'No profile, not even the selected one'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand topic; and __fish_seen_subcommand_from match" -l quiet -d 'Only warnings and errors on stderr'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand topic; and __fish_seen_subcommand_from match" -l debug -d 'Tell what the program does, on stderr'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand topic; and __fish_seen_subcommand_from match" -l help -d 'Print help'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand topic; and __fish_seen_subcommand_from explain" -l color -d 'Colour: auto, always or never' -r -f -a "auto\t''
always\t'Even in a pipe'
never\t'Not even on a terminal'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand topic; and __fish_seen_subcommand_from explain" -l error-format -d 'Errors as text or json' -r -f -a "text\t'A sentence, and perhaps a hint'
json\t'One JSON object'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand topic; and __fish_seen_subcommand_from explain" -l profile -d 'Profile: its name, or the path of a file' -x -a "(mqttx-rs profile list --names 2>/dev/null)"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand topic; and __fish_seen_subcommand_from explain" -l log-file -d 'Append what goes to stderr; --trace and --debug go only there' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand topic; and __fish_seen_subcommand_from explain" -l no-profile -d 'No profile, not even the selected one'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand topic; and __fish_seen_subcommand_from explain" -l quiet -d 'Only warnings and errors on stderr'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand topic; and __fish_seen_subcommand_from explain" -l debug -d 'Tell what the program does, on stderr'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand topic; and __fish_seen_subcommand_from explain" -l help -d 'Print help'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand broker" -s p -l port -d 'Port; 0 takes a free one [default: 1883, or 0 around a command]' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand broker" -l bind -d 'Address to listen on; 0.0.0.0 for all of this machine\'s' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand broker" -l tls-port -d 'Port for MQTT over TLS; 0 takes a free one [default: no TLS]' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand broker" -l ws-port -d 'Port for MQTT over WebSocket; 0 takes a free one [default: no WebSocket]' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand broker" -l wss-port -d 'Port for MQTT over secure WebSocket; 0 takes a free one' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand broker" -l ws-path -d 'Path of the WebSocket' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand broker" -l unix -d 'Unix socket to make and listen on too' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand broker" -l cert -d 'Certificate for TLS [default: a temporary one; the path of its CA is printed]' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand broker" -l key -d 'The certificate\'s key' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand broker" -l client-ca -d 'Authorities of clients: with TLS, only clients with a certificate from one of them are let in' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand broker" -l user -d 'Who may connect, once for each; without any, everybody may' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand broker" -l user-file -d 'File of users, a line each: NAME:PASSWORD, or a hash by mosquitto\'s tool, which cannot serve SCRAM' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand broker" -l acl-file -d 'Who may publish and subscribe to what, in mosquitto\'s syntax: user, topic, pattern' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand broker" -l maximum-qos -d 'Highest QoS' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand broker" -l receive-maximum -d 'Unacknowledged messages that a client may have [default: 65535]' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand broker" -l maximum-packet-size -d 'Largest packet to accept [default: 64 MiB]' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand broker" -l topic-alias-maximum -d 'Topic aliases of a client, either way [default: 32]' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand broker" -l server-keep-alive -d 'Keep Alive instead of the client\'s; 0 for none' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand broker" -l max-connections -d 'Clients at a time' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand broker" -l session-expiry-maximum -d 'Longest that a session is kept' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand broker" -l max-queued -d 'Messages that wait for one subscriber [default: 2000000]' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand broker" -l max-queued-bytes -d 'Bytes that wait for one subscriber; a message beyond it is dropped, in 5.0 with 0x97 [default: 256 MiB]' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand broker" -l max-delayed -d 'Messages to $delayed/ that wait for their time [default: 1000000]' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand broker" -l shared-strategy -d 'Which member of a shared subscription gets a message' -r -f -a "random\t''
round_robin\t'One after the other'
sticky\t'The same one for as long as it is there'
hash_clientid\t'One for each publisher'
hash_topic\t'One for each topic'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand broker" -l fault -d 'Do something wrong, as in \'drop puback 10%\'; repeat it for several' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand broker" -l seed -d 'Make what is left to chance the same in each run' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand broker" -l trace -d 'Each packet on stderr, as text or =json' -r -f -a "text\t'A line for people'
json\t'A JSON object a line'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand broker" -l prometheus -d 'Offer the figures to Prometheus, as in 127.0.0.1:9464' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand broker" -l color -d 'Colour: auto, always or never' -r -f -a "auto\t''
always\t'Even in a pipe'
never\t'Not even on a terminal'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand broker" -l error-format -d 'Errors as text or json' -r -f -a "text\t'A sentence, and perhaps a hint'
json\t'One JSON object'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand broker" -l profile -d 'Profile: its name, or the path of a file' -x -a "(mqttx-rs profile list --names 2>/dev/null)"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand broker" -l log-file -d 'Append what goes to stderr; --trace and --debug go only there' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand broker" -l no-anonymous -d 'Refuse clients without a user name, also where no user is named'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand broker" -l no-retain -d 'No retained messages'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand broker" -l no-wildcard -d 'No wildcards in filters'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand broker" -l no-shared -d 'No shared subscriptions'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand broker" -l no-subscription-identifiers -d 'No Subscription Identifiers'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand broker" -l no-assigned-client-id -d 'Refuse clients without an identifier instead of assigning one'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand broker" -l control -d 'Take other faults, a rule a line, by a message to $control/faults'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand broker" -l no-profile -d 'No profile, not even the selected one'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand broker" -l quiet -d 'Only warnings and errors on stderr'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand broker" -l debug -d 'Tell what the program does, on stderr'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand broker" -l help -d 'Print help'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand completion" -l color -d 'Colour: auto, always or never' -r -f -a "auto\t''
always\t'Even in a pipe'
never\t'Not even on a terminal'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand completion" -l error-format -d 'Errors as text or json' -r -f -a "text\t'A sentence, and perhaps a hint'
json\t'One JSON object'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand completion" -l profile -d 'Profile: its name, or the path of a file' -x -a "(mqttx-rs profile list --names 2>/dev/null)"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand completion" -l log-file -d 'Append what goes to stderr; --trace and --debug go only there' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand completion" -l no-profile -d 'No profile, not even the selected one'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand completion" -l quiet -d 'Only warnings and errors on stderr'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand completion" -l debug -d 'Tell what the program does, on stderr'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand completion" -l help -d 'Print help'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand man" -l color -d 'Colour: auto, always or never' -r -f -a "auto\t''
always\t'Even in a pipe'
never\t'Not even on a terminal'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand man" -l error-format -d 'Errors as text or json' -r -f -a "text\t'A sentence, and perhaps a hint'
json\t'One JSON object'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand man" -l profile -d 'Profile: its name, or the path of a file' -x -a "(mqttx-rs profile list --names 2>/dev/null)"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand man" -l log-file -d 'Append what goes to stderr; --trace and --debug go only there' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand man" -l no-profile -d 'No profile, not even the selected one'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand man" -l quiet -d 'Only warnings and errors on stderr'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand man" -l debug -d 'Tell what the program does, on stderr'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand man" -l help -d 'Print help'
complete -c mqttx-rs -l profile -x -a "(mqttx-rs profile list --names 2>/dev/null)"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from show edit copy rename remove use validate path export" -f -a "(mqttx-rs profile list --names 2>/dev/null)"

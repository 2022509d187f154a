# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_mqttx_rs_global_optspecs
    string join \n v/version color= error-format= quiet debug help
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
complete -c mqttx-rs -n "__fish_mqttx_rs_needs_command" -s v -l version -d 'Print the program\'s version'
complete -c mqttx-rs -n "__fish_mqttx_rs_needs_command" -l quiet -d 'Only warnings and errors on stderr'
complete -c mqttx-rs -n "__fish_mqttx_rs_needs_command" -l debug -d 'Accepted for the sake of MQTTX\'s scripts'
complete -c mqttx-rs -n "__fish_mqttx_rs_needs_command" -l help -d 'Print help'
complete -c mqttx-rs -n "__fish_mqttx_rs_needs_command" -f -a "pub" -d 'Publish messages'
complete -c mqttx-rs -n "__fish_mqttx_rs_needs_command" -f -a "sub" -d 'Subscribe to topics and print what arrives'
complete -c mqttx-rs -n "__fish_mqttx_rs_needs_command" -f -a "broker" -d 'Run an MQTT broker, alone or around a command'
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
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand pub" -l repeat-delay -d 'Wait in between' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand pub" -l delay -d 'The broker holds it back so long ($delayed)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand pub" -l timeout -d 'Give up after so long' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand pub" -s f -l format -d 'plain, hex, base64, json or binary' -r -f -a "plain\t''
hex\t''
base64\t''
json\t''
binary\t''"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand pub" -l protobuf-path -d 'Protobuf schema, a .proto file (-Pp)' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand pub" -l protobuf-message-name -d 'Message of the protobuf schema (-Pmn)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand pub" -l avsc-path -d 'Avro schema, an .avsc file (-Ap)' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand pub" -s h -l hostname -d 'Broker' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand pub" -s p -l port -d 'Port [default: 1883, 8883, 8083, 8084]' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand pub" -s l -l protocol -d 'mqtt, mqtts, ws or wss' -r -f -a "mqtt\t'Plain TCP'
mqtts\t'TLS'
ws\t'WebSocket'
wss\t'WebSocket over TLS'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand pub" -l url -d 'As in mqtts://user:pass@host:8883/topic' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand pub" -l unix -d 'Unix socket instead of host and port' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand pub" -s i -l client-id -d 'Client identifier [default: random]' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand pub" -s u -l username -d 'User name' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand pub" -s P -l password -d 'Password' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand pub" -l password-file -d 'File whose first line is the password' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand pub" -l password-env -d 'Variable that holds the password' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand pub" -s V -l mqtt-version -d '5.0, 3.1.1 or 3.1' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand pub" -s k -l keepalive -d 'Keep Alive, 0 is off' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand pub" -l connect-timeout -d 'Limit of one attempt' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand pub" -l reconnect-period -d 'First wait, 0 off (-rp)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand pub" -l maximum-reconnect-times -d 'Attempts, 0 is none' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand pub" -l authentication-method -d 'SCRAM-SHA-1, -256 or -512 (-am)' -r
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
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand pub" -l save-options -d 'Write the options to a file (-so)' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand pub" -l load-options -d 'Read options from a file (-lo)' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand pub" -l color -d 'Colour: auto, always or never' -r -f -a "auto\t''
always\t'Even in a pipe'
never\t'Not even on a terminal'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand pub" -l error-format -d 'Errors as text or json' -r -f -a "text\t'A sentence, and perhaps a hint'
json\t'One JSON object'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand pub" -s r -l retain -d 'The broker keeps it for later subscribers'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand pub" -s d -l dup -d 'Mark it as sent before'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand pub" -l payload-format-indicator -d 'The payload is UTF-8 text (-pf)'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand pub" -s s -l stdin -d 'All of stdin is one payload'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand pub" -s M -l multiline -d 'Each line of stdin is a payload'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand pub" -l line-mode -d 'The same (-lm)'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand pub" -l jsonl -d 'Each line of stdin is an object of sub\'s jsonl'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand pub" -s n -l null-message -d 'Empty payload; with -r, removes the retained one'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand pub" -l embedded -d 'Start a broker here and connect to it'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand pub" -l no-clean -d 'Resume the session, and keep it'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand pub" -l req-response-info -d 'Ask for response information'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand pub" -l no-req-problem-info -d 'Ask for no reason strings'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand pub" -l will-retain -d 'The broker keeps it (-Wr)'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand pub" -l will-payload-format-indicator -d 'Its payload is UTF-8 text (-Wpf)'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand pub" -l insecure -d 'Check no certificate: anyone can listen in'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand pub" -l ipv4 -d 'IPv4 only'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand pub" -l ipv6 -d 'IPv6 only'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand pub" -l quiet -d 'Only warnings and errors on stderr'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand pub" -l debug -d 'Accepted for the sake of MQTTX\'s scripts'
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
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand sub" -l timeout -d 'End after so long' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand sub" -l idle-timeout -d 'End when nothing came for so long' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand sub" -s T -l filter-out -d 'Leave out topics that match these' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand sub" -l output-mode -d 'default, clean, jsonl or raw' -r -f -a "default\t'For people'
clean\t'A pretty JSON object a message, MQTTX\'s fields'
jsonl\t'A lossless JSON object a line'
raw\t'Payload and delimiter only'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand sub" -s F -l template -d 'Shape, as in "%I %t %p", mosquitto_sub\'s letters' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand sub" -l file-write -d 'Append payloads to a file' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand sub" -l file-save -d 'Each payload to a file of its own, numbered' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand sub" -l delimiter -d 'After each payload in files and raw' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand sub" -s f -l format -d 'plain, hex, base64, json or binary' -r -f -a "plain\t''
hex\t''
base64\t''
json\t''
binary\t''"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand sub" -l protobuf-path -d 'Protobuf schema, a .proto file (-Pp)' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand sub" -l protobuf-message-name -d 'Message of the protobuf schema (-Pmn)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand sub" -l avsc-path -d 'Avro schema, an .avsc file (-Ap)' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand sub" -s h -l hostname -d 'Broker' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand sub" -s p -l port -d 'Port [default: 1883, 8883, 8083, 8084]' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand sub" -s l -l protocol -d 'mqtt, mqtts, ws or wss' -r -f -a "mqtt\t'Plain TCP'
mqtts\t'TLS'
ws\t'WebSocket'
wss\t'WebSocket over TLS'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand sub" -l url -d 'As in mqtts://user:pass@host:8883/topic' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand sub" -l unix -d 'Unix socket instead of host and port' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand sub" -s i -l client-id -d 'Client identifier [default: random]' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand sub" -s u -l username -d 'User name' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand sub" -s P -l password -d 'Password' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand sub" -l password-file -d 'File whose first line is the password' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand sub" -l password-env -d 'Variable that holds the password' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand sub" -s V -l mqtt-version -d '5.0, 3.1.1 or 3.1' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand sub" -s k -l keepalive -d 'Keep Alive, 0 is off' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand sub" -l connect-timeout -d 'Limit of one attempt' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand sub" -l reconnect-period -d 'First wait, 0 off (-rp)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand sub" -l maximum-reconnect-times -d 'Attempts, 0 is none' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand sub" -l authentication-method -d 'SCRAM-SHA-1, -256 or -512 (-am)' -r
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
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand sub" -l save-options -d 'Write the options to a file (-so)' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand sub" -l load-options -d 'Read options from a file (-lo)' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand sub" -l color -d 'Colour: auto, always or never' -r -f -a "auto\t''
always\t'Even in a pipe'
never\t'Not even on a terminal'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand sub" -l error-format -d 'Errors as text or json' -r -f -a "text\t'A sentence, and perhaps a hint'
json\t'One JSON object'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand sub" -s E -l exit-after-suback -d 'End when the subscription is granted'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand sub" -s R -l skip-retained -d 'Leave out retained messages'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand sub" -l retained-only -d 'Only retained messages; end at the first other'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand sub" -l remove-retained -d 'Remove the retained messages that match'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand sub" -l dry-run -d 'With --remove-retained: only show them'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand sub" -l strict -d 'End at once when a filter is refused'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand sub" -s v -l verbose -d 'Everything that a packet has'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand sub" -l embedded -d 'Start a broker here and connect to it'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand sub" -l no-clean -d 'Resume the session, and keep it'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand sub" -l req-response-info -d 'Ask for response information'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand sub" -l no-req-problem-info -d 'Ask for no reason strings'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand sub" -l will-retain -d 'The broker keeps it (-Wr)'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand sub" -l will-payload-format-indicator -d 'Its payload is UTF-8 text (-Wpf)'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand sub" -l insecure -d 'Check no certificate: anyone can listen in'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand sub" -l ipv4 -d 'IPv4 only'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand sub" -l ipv6 -d 'IPv6 only'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand sub" -l quiet -d 'Only warnings and errors on stderr'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand sub" -l debug -d 'Accepted for the sake of MQTTX\'s scripts'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand sub" -l help -d 'Print help'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand broker" -s p -l port -d 'Port; 0 takes a free one [default: 1883, or 0 around a command]' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand broker" -l bind -d 'Address to listen on; 0.0.0.0 for all of this machine\'s' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand broker" -l ws-port -d 'Port for MQTT over WebSocket; 0 takes a free one [default: no WebSocket]' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand broker" -l user -d 'Who may connect, once for each; without any, everybody may' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand broker" -l shared-strategy -d 'Which member of a shared subscription gets a message' -r -f -a "random\t''
round_robin\t'One after the other'
sticky\t'The same one for as long as it is there'
hash_clientid\t'One for each publisher'
hash_topic\t'One for each topic'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand broker" -l color -d 'Colour: auto, always or never' -r -f -a "auto\t''
always\t'Even in a pipe'
never\t'Not even on a terminal'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand broker" -l error-format -d 'Errors as text or json' -r -f -a "text\t'A sentence, and perhaps a hint'
json\t'One JSON object'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand broker" -l quiet -d 'Only warnings and errors on stderr'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand broker" -l debug -d 'Accepted for the sake of MQTTX\'s scripts'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand broker" -l help -d 'Print help'

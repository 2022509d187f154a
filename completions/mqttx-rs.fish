# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_mqttx_rs_global_optspecs
    string join \n v/version color= error-format= profile= no-profile quiet debug log-file= help help-all
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

complete -c mqttx-rs -n "__fish_mqttx_rs_needs_command" -l color -d 'Use colour: auto, always or never' -r -f -a "auto\t''
always\t'Even into a pipe'
never\t'Not even on a terminal'"
complete -c mqttx-rs -n "__fish_mqttx_rs_needs_command" -l error-format -d 'Print errors as text or json' -r -f -a "text\t'A sentence, and perhaps a hint'
json\t'One JSON object'"
complete -c mqttx-rs -n "__fish_mqttx_rs_needs_command" -l profile -d 'Profile to use: its name, or the path of a file' -x -a "(mqttx-rs profile list --names 2>/dev/null)"
complete -c mqttx-rs -n "__fish_mqttx_rs_needs_command" -l log-file -d 'Append everything printed on stderr to a file; --trace and --debug then print only there' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_needs_command" -s v -l version -d 'Print the program\'s version'
complete -c mqttx-rs -n "__fish_mqttx_rs_needs_command" -l no-profile -d 'Use no profile, not even the selected one'
complete -c mqttx-rs -n "__fish_mqttx_rs_needs_command" -l quiet -d 'Print only warnings and errors on stderr'
complete -c mqttx-rs -n "__fish_mqttx_rs_needs_command" -l debug -d 'Log what the program does on stderr'
complete -c mqttx-rs -n "__fish_mqttx_rs_needs_command" -l help -d 'Print the most used options and examples'
complete -c mqttx-rs -n "__fish_mqttx_rs_needs_command" -l help-all -d 'Print all options'
complete -c mqttx-rs -n "__fish_mqttx_rs_needs_command" -f -a "conn" -d 'Connect and stay connected, or show what the broker announces'
complete -c mqttx-rs -n "__fish_mqttx_rs_needs_command" -f -a "pub" -d 'Publish messages'
complete -c mqttx-rs -n "__fish_mqttx_rs_needs_command" -f -a "sub" -d 'Subscribe to topics and print what arrives'
complete -c mqttx-rs -n "__fish_mqttx_rs_needs_command" -f -a "wait" -d 'Wait for messages that match, and print them'
complete -c mqttx-rs -n "__fish_mqttx_rs_needs_command" -f -a "request" -d 'Publish a request and wait for replies'
complete -c mqttx-rs -n "__fish_mqttx_rs_needs_command" -f -a "rr" -d 'Publish a request and wait for replies'
complete -c mqttx-rs -n "__fish_mqttx_rs_needs_command" -f -a "reply" -d 'Answer requests'
complete -c mqttx-rs -n "__fish_mqttx_rs_needs_command" -f -a "record" -d 'Record messages to a file'
complete -c mqttx-rs -n "__fish_mqttx_rs_needs_command" -f -a "replay" -d 'Publish recorded messages with their original timing'
complete -c mqttx-rs -n "__fish_mqttx_rs_needs_command" -f -a "clean-retained" -d 'Remove retained messages'
complete -c mqttx-rs -n "__fish_mqttx_rs_needs_command" -f -a "probe" -d 'Test which MQTT features a broker supports'
complete -c mqttx-rs -n "__fish_mqttx_rs_needs_command" -f -a "watch" -d 'Watch the topics of a broker on the full screen'
complete -c mqttx-rs -n "__fish_mqttx_rs_needs_command" -f -a "repl" -d 'Explore a broker interactively, or run a script of commands'
complete -c mqttx-rs -n "__fish_mqttx_rs_needs_command" -f -a "bench" -d 'Load-test a broker and measure it'
complete -c mqttx-rs -n "__fish_mqttx_rs_needs_command" -f -a "simulate" -d 'Simulate devices: cars, homes, factories, weather stations'
complete -c mqttx-rs -n "__fish_mqttx_rs_needs_command" -f -a "ls" -d 'List the scenarios of `simulate`'
complete -c mqttx-rs -n "__fish_mqttx_rs_needs_command" -f -a "init" -d 'Create the default profile, from answers on a terminal'
complete -c mqttx-rs -n "__fish_mqttx_rs_needs_command" -f -a "check" -d 'Print the version'
complete -c mqttx-rs -n "__fish_mqttx_rs_needs_command" -f -a "profile" -d 'Save connection settings under a name'
complete -c mqttx-rs -n "__fish_mqttx_rs_needs_command" -f -a "topic" -d 'Match and explain topic filters without a broker'
complete -c mqttx-rs -n "__fish_mqttx_rs_needs_command" -f -a "broker" -d 'Run an MQTT broker, on its own or while a command runs'
complete -c mqttx-rs -n "__fish_mqttx_rs_needs_command" -f -a "completion" -d 'Print a completion script for a shell'
complete -c mqttx-rs -n "__fish_mqttx_rs_needs_command" -f -a "man" -d 'Print or write man pages'
complete -c mqttx-rs -n "__fish_mqttx_rs_needs_command" -f -a "help" -d 'Show the help of a command, an option or a topic'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand conn" -l output-mode -d 'default, or jsonl: one JSON object per connection' -r -f -a "default\t'For people'
jsonl\t'A JSON object a line for each connection'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand conn" -s h -l hostname -d 'Host name or address of the broker' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand conn" -s p -l port -d 'Port [default: by protocol 1883, 8883, 8083 or 8084]' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand conn" -s l -l protocol -d 'mqtt, mqtts, ws or wss; a TLS option implies mqtts' -r -f -a "mqtt\t'Plain TCP'
mqtts\t'TLS'
ws\t'WebSocket'
wss\t'WebSocket over TLS'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand conn" -l url -d 'All in one, for example mqtts://user:pass@host:8883/topic' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand conn" -l unix -d 'Connect to a Unix socket instead of a host and port' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand conn" -s i -l client-id -d 'Client identifier [default: random]' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand conn" -s u -l username -d 'User name' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand conn" -s P -l password -d 'Password; - reads it from stdin' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand conn" -l password-file -d 'File whose first line is the password' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand conn" -l password-env -d 'Environment variable that holds the password' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand conn" -s V -l mqtt-version -d 'MQTT version: 5.0, 3.1.1 or 3.1' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand conn" -s k -l keepalive -d 'Keep Alive interval; 0 disables it' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand conn" -l connect-timeout -d 'Time limit for one attempt to connect; 0 disables it' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand conn" -l reconnect-period -d 'Initial reconnect delay, doubled each time; 0 disables reconnecting' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand conn" -l maximum-reconnect-times -d 'Give up after N attempts in one outage' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand conn" -l authentication-method -d 'SCRAM-SHA-1, SCRAM-SHA-256 or SCRAM-SHA-512' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand conn" -l reauthenticate-every -d 'Authenticate again at this interval, on the same connection' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand conn" -l session-expiry-interval -d 'Time the broker keeps the session after the connection ends' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand conn" -l receive-maximum -d 'QoS 1 and 2 messages the broker may send unacknowledged, 1 or more' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand conn" -l maximum-packet-size -d 'Largest packet to accept from the broker' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand conn" -l topic-alias-maximum -d 'Topic aliases the broker may use' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand conn" -l will-topic -d 'Topic of the will' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand conn" -l will-message -d 'Payload of the will [default: empty]' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand conn" -l will-qos -d 'QoS of the will' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand conn" -l will-delay-interval -d 'Delay before the broker publishes the will' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand conn" -l will-message-expiry-interval -d 'Time after which the broker discards the will' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand conn" -l will-content-type -d 'MIME type of the payload of the will' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand conn" -l will-response-topic -d 'Topic for replies to the will' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand conn" -l will-correlation-data -d 'Data that links a reply to the will' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand conn" -l will-user-properties -d 'User properties of the will, "name: value"' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand conn" -l ca -d 'Trusted CA certificates, a file or a folder [default: the system\'s]' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand conn" -l cert -d 'Client certificate' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand conn" -l key -d 'Private key of the client certificate' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand conn" -l key-password -d 'Passphrase of an encrypted key' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand conn" -l key-password-file -d 'File whose first line is the passphrase' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand conn" -l sni -d 'Server name to request and verify [default: the host]' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand conn" -l alpn -d 'Application protocols to offer (ALPN)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand conn" -l tls-min-version -d 'Lowest TLS version to accept: 1.2 or 1.3' -r -f -a "1.2\t'TLS 1.2'
1.3\t'TLS 1.3'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand conn" -l pin-sha256 -d 'Accept only the public key with this SHA-256 hash; repeatable' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand conn" -l path -d 'Path of the upgrade request' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand conn" -l ws-headers -d 'Headers to add to the request, "name: value"' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand conn" -l proxy -d 'Proxy, for example socks5h://host:1080 or http://host:3128' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand conn" -l no-proxy -d 'Hosts to reach without the proxy, separated by commas' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand conn" -l bind -d 'Local address to connect from' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand conn" -l trace -d 'Print each packet on stderr, as text or with =json as JSON' -r -f -a "text\t'A line of text'
json\t'One JSON object per line'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand conn" -l save-options -d 'Save the options to a file [default: ./mqttx-cli-options.json]' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand conn" -l load-options -d 'Load options from a file [default: ./mqttx-cli-options.json]' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand conn" -l user-properties -d 'User properties of CONNECT, "name: value"' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand conn" -l color -d 'Use colour: auto, always or never' -r -f -a "auto\t''
always\t'Even into a pipe'
never\t'Not even on a terminal'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand conn" -l error-format -d 'Print errors as text or json' -r -f -a "text\t'A sentence, and perhaps a hint'
json\t'One JSON object'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand conn" -l profile -d 'Profile to use: its name, or the path of a file' -x -a "(mqttx-rs profile list --names 2>/dev/null)"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand conn" -l log-file -d 'Append everything printed on stderr to a file; --trace and --debug then print only there' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand conn" -l check -d 'Print what the broker announces, then disconnect'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand conn" -l embedded -d 'Start a broker in this program and connect to it'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand conn" -l ask-password -d 'Prompt for the password on the terminal'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand conn" -l no-clean -d 'Resume the stored session and keep it; needs --client-id'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand conn" -l follow-redirect -d 'Follow a redirect to another broker'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand conn" -l req-response-info -d 'Ask the broker for Response Information'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand conn" -l no-req-problem-info -d 'Ask the broker to leave out reason strings'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand conn" -l will-retain -d 'Have the broker keep the will for later subscribers'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand conn" -l will-payload-format-indicator -d 'Mark the payload of the will as UTF-8 text'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand conn" -l insecure -d 'Accept any certificate: anyone can listen in'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand conn" -l ipv4 -d 'Use IPv4 only'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand conn" -l ipv6 -d 'Use IPv6 only'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand conn" -l no-profile -d 'Use no profile, not even the selected one'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand conn" -l quiet -d 'Print only warnings and errors on stderr'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand conn" -l debug -d 'Log what the program does on stderr'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand conn" -l help -d 'Print the most used options and examples'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand conn" -l help-all -d 'Print all options'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand pub" -s t -l topic -d 'Topic to publish to; repeatable' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand pub" -s q -l qos -d 'Quality of Service: 0, 1 or 2' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand pub" -s e -l message-expiry-interval -d 'Time after which the broker discards the message' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand pub" -l topic-alias -d 'Number to send in place of the topic' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand pub" -l response-topic -d 'Topic for replies' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand pub" -l correlation-data -d 'Data that links a reply to its request' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand pub" -l user-properties -d 'User properties, "name: value"' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand pub" -l content-type -d 'MIME type of the payload' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand pub" -l subscription-identifier -d 'No client may send it [MQTT-3.3.4-6]' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand pub" -s m -l message -d 'Payload [default: "Hello From MQTTX CLI"]' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand pub" -l file-read -d 'Read the payload from a file' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand pub" -s S -l payload-size -d 'Send a random payload of this size, for example 1KB (1024 bytes)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand pub" -l repeat -d 'Number of times to publish' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand pub" -l repeat-delay -d 'Delay between repeats' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand pub" -l delay -d 'Have the broker hold the message back for this time ($delayed)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand pub" -l timeout -d 'Give up after this time; 0 waits forever' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand pub" -s f -l format -d 'plain, hex, base64, json, binary, cbor, msgpack or sparkplug; with a schema protobuf, avro or avro-single-object' -r -f -a "plain\t''
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
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand pub" -l protobuf-path -d 'Protobuf schema: a .proto file or a descriptor set' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand pub" -l protobuf-message-name -d 'Message type in the Protobuf schema' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand pub" -l avsc-path -d 'Avro schema: an .avsc file' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand pub" -l schema -d 'Schema for the topics that match a filter, for example \'a/#=a.proto:Reading\'' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand pub" -l compress -d 'Compress payloads: gzip or zstd' -r -f -a "gzip\t''
zstd\t''"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand pub" -l queue -d 'Keep messages on disk in this folder until they are delivered; without a message, deliver what it holds' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand pub" -l queue-max -d 'Maximum number of messages in --queue [default: 1000000]' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand pub" -l seed -d 'With --template: seed of the random values, which are then the same in each run' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand pub" -s h -l hostname -d 'Host name or address of the broker' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand pub" -s p -l port -d 'Port [default: by protocol 1883, 8883, 8083 or 8084]' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand pub" -s l -l protocol -d 'mqtt, mqtts, ws or wss; a TLS option implies mqtts' -r -f -a "mqtt\t'Plain TCP'
mqtts\t'TLS'
ws\t'WebSocket'
wss\t'WebSocket over TLS'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand pub" -l url -d 'All in one, for example mqtts://user:pass@host:8883/topic' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand pub" -l unix -d 'Connect to a Unix socket instead of a host and port' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand pub" -s i -l client-id -d 'Client identifier [default: random]' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand pub" -s u -l username -d 'User name' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand pub" -s P -l password -d 'Password; - reads it from stdin' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand pub" -l password-file -d 'File whose first line is the password' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand pub" -l password-env -d 'Environment variable that holds the password' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand pub" -s V -l mqtt-version -d 'MQTT version: 5.0, 3.1.1 or 3.1' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand pub" -s k -l keepalive -d 'Keep Alive interval; 0 disables it' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand pub" -l connect-timeout -d 'Time limit for one attempt to connect; 0 disables it' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand pub" -l reconnect-period -d 'Initial reconnect delay, doubled each time; 0 disables reconnecting' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand pub" -l maximum-reconnect-times -d 'Give up after N attempts in one outage' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand pub" -l authentication-method -d 'SCRAM-SHA-1, SCRAM-SHA-256 or SCRAM-SHA-512' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand pub" -l reauthenticate-every -d 'Authenticate again at this interval, on the same connection' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand pub" -l session-expiry-interval -d 'Time the broker keeps the session after the connection ends' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand pub" -l receive-maximum -d 'QoS 1 and 2 messages the broker may send unacknowledged, 1 or more' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand pub" -l maximum-packet-size -d 'Largest packet to accept from the broker' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand pub" -l topic-alias-maximum -d 'Topic aliases the broker may use' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand pub" -l conn-user-properties -d 'User properties of CONNECT, "name: value"' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand pub" -l will-topic -d 'Topic of the will' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand pub" -l will-message -d 'Payload of the will [default: empty]' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand pub" -l will-qos -d 'QoS of the will' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand pub" -l will-delay-interval -d 'Delay before the broker publishes the will' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand pub" -l will-message-expiry-interval -d 'Time after which the broker discards the will' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand pub" -l will-content-type -d 'MIME type of the payload of the will' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand pub" -l will-response-topic -d 'Topic for replies to the will' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand pub" -l will-correlation-data -d 'Data that links a reply to the will' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand pub" -l will-user-properties -d 'User properties of the will, "name: value"' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand pub" -l ca -d 'Trusted CA certificates, a file or a folder [default: the system\'s]' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand pub" -l cert -d 'Client certificate' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand pub" -l key -d 'Private key of the client certificate' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand pub" -l key-password -d 'Passphrase of an encrypted key' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand pub" -l key-password-file -d 'File whose first line is the passphrase' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand pub" -l sni -d 'Server name to request and verify [default: the host]' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand pub" -l alpn -d 'Application protocols to offer (ALPN)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand pub" -l tls-min-version -d 'Lowest TLS version to accept: 1.2 or 1.3' -r -f -a "1.2\t'TLS 1.2'
1.3\t'TLS 1.3'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand pub" -l pin-sha256 -d 'Accept only the public key with this SHA-256 hash; repeatable' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand pub" -l path -d 'Path of the upgrade request' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand pub" -l ws-headers -d 'Headers to add to the request, "name: value"' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand pub" -l proxy -d 'Proxy, for example socks5h://host:1080 or http://host:3128' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand pub" -l no-proxy -d 'Hosts to reach without the proxy, separated by commas' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand pub" -l bind -d 'Local address to connect from' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand pub" -l trace -d 'Print each packet on stderr, as text or with =json as JSON' -r -f -a "text\t'A line of text'
json\t'One JSON object per line'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand pub" -l save-options -d 'Save the options to a file [default: ./mqttx-cli-options.json]' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand pub" -l load-options -d 'Load options from a file [default: ./mqttx-cli-options.json]' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand pub" -l inflight -d 'Messages in flight [default: as many as the broker announces, otherwise 100, or 20 at QoS 2]' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand pub" -l color -d 'Use colour: auto, always or never' -r -f -a "auto\t''
always\t'Even into a pipe'
never\t'Not even on a terminal'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand pub" -l error-format -d 'Print errors as text or json' -r -f -a "text\t'A sentence, and perhaps a hint'
json\t'One JSON object'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand pub" -l profile -d 'Profile to use: its name, or the path of a file' -x -a "(mqttx-rs profile list --names 2>/dev/null)"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand pub" -l log-file -d 'Append everything printed on stderr to a file; --trace and --debug then print only there' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand pub" -s r -l retain -d 'Have the broker keep the message for later subscribers'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand pub" -s d -l dup -d 'Set the DUP flag'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand pub" -l payload-format-indicator -d 'Mark the payload as UTF-8 text'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand pub" -s s -l stdin -d 'Read one payload from stdin, up to its end'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand pub" -s M -l multiline -d 'Publish each line of stdin as a message'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand pub" -l line-mode -d 'Alias of --multiline'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand pub" -l jsonl -d 'Publish each line of stdin, a JSON object as printed by `sub --output-mode jsonl`'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand pub" -s n -l null-message -d 'Send an empty payload; with -r, removes the retained message'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand pub" -l template -d 'Fill placeholders in payloads, for example {time} {counter} {walk:20..30}; a file ending in .j2 is a Jinja template'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand pub" -l embedded -d 'Start a broker in this program and connect to it'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand pub" -l ask-password -d 'Prompt for the password on the terminal'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand pub" -l no-clean -d 'Resume the stored session and keep it; needs --client-id'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand pub" -l follow-redirect -d 'Follow a redirect to another broker'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand pub" -l req-response-info -d 'Ask the broker for Response Information'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand pub" -l no-req-problem-info -d 'Ask the broker to leave out reason strings'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand pub" -l will-retain -d 'Have the broker keep the will for later subscribers'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand pub" -l will-payload-format-indicator -d 'Mark the payload of the will as UTF-8 text'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand pub" -l insecure -d 'Accept any certificate: anyone can listen in'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand pub" -l ipv4 -d 'Use IPv4 only'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand pub" -l ipv6 -d 'Use IPv6 only'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand pub" -l resend-uncertain -d 'Send QoS 2 messages again when a lost session leaves their delivery uncertain'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand pub" -l no-profile -d 'Use no profile, not even the selected one'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand pub" -l quiet -d 'Print only warnings and errors on stderr'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand pub" -l debug -d 'Log what the program does on stderr'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand pub" -l help -d 'Print the most used options and examples'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand pub" -l help-all -d 'Print all options'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand sub" -s t -l topic -d 'Filters, for example car/+/speed or car/#' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand sub" -s q -l qos -d 'Highest QoS, one for each filter or one for all' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand sub" -s U -l unsubscribe -d 'Unsubscribe from these filters afterwards' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand sub" -l no-local -d 'Leave out this client\'s own messages' -r -f -a "true\t''
false\t''"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand sub" -l retain-as-published -d 'Keep the retain flag as published' -r -f -a "true\t''
false\t''"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand sub" -l retain-handling -d 'Retained messages: 0 send, 1 send if the subscription is new, 2 do not send' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand sub" -l subscription-identifier -d 'Identifier the broker returns with each match' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand sub" -l user-properties -d 'User properties, "name: value"' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand sub" -s C -l count -d 'End after N messages' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand sub" -l timeout -d 'End after this time; 0 never ends' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand sub" -l idle-timeout -d 'End when nothing has arrived for this time; 0 never ends' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand sub" -s T -l filter-out -d 'Leave out topics that match these filters' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand sub" -l output-mode -d 'Shape of the output: default, clean, jsonl or raw' -r -f -a "default\t'Readable text'
clean\t'An indented JSON object per message, with MQTTX\'s fields'
jsonl\t'One lossless JSON object per line'
raw\t'Only the payload and the delimiter'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand sub" -s F -l template -d 'Shape of a line in the letters of mosquitto_sub, for example "%I %t %p"' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand sub" -l file-write -d 'Append all payloads to one file' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand sub" -l file-save -d 'Write each payload to its own numbered file' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand sub" -l delimiter -d 'Text to write after each payload in files and in raw' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand sub" -s f -l format -d 'plain, hex, base64, json, binary, cbor, msgpack or sparkplug; with a schema protobuf, avro or avro-single-object' -r -f -a "plain\t''
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
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand sub" -l protobuf-path -d 'Protobuf schema: a .proto file or a descriptor set' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand sub" -l protobuf-message-name -d 'Message type in the Protobuf schema' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand sub" -l avsc-path -d 'Avro schema: an .avsc file' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand sub" -l schema -d 'Schema for the topics that match a filter, for example \'a/#=a.proto:Reading\'' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand sub" -l decompress -d 'Decompress payloads: gzip, zstd, or auto to detect which are compressed' -r -f -a "gzip\t''
zstd\t''
auto\t''"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand sub" -l exec -d 'Run a shell command for each message' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand sub" -l jobs -d 'Messages to work on at the same time [default: 1]' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand sub" -l ack -d 'When to acknowledge: before the command runs, or after it succeeded [default: before]' -r -f -a "before\t'Before the command runs'
after\t'After the command succeeded'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand sub" -l on-failure -d 'What to do if a command fails: ignore, stop or redeliver [default: stop if success is acknowledged, else ignore]' -r -f -a "ignore\t'Go on; the message is acknowledged'
stop\t'End; the message is not acknowledged'
redeliver\t'Have the broker send it again'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand sub" -s h -l hostname -d 'Host name or address of the broker' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand sub" -s p -l port -d 'Port [default: by protocol 1883, 8883, 8083 or 8084]' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand sub" -s l -l protocol -d 'mqtt, mqtts, ws or wss; a TLS option implies mqtts' -r -f -a "mqtt\t'Plain TCP'
mqtts\t'TLS'
ws\t'WebSocket'
wss\t'WebSocket over TLS'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand sub" -l url -d 'All in one, for example mqtts://user:pass@host:8883/topic' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand sub" -l unix -d 'Connect to a Unix socket instead of a host and port' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand sub" -s i -l client-id -d 'Client identifier [default: random]' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand sub" -s u -l username -d 'User name' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand sub" -s P -l password -d 'Password; - reads it from stdin' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand sub" -l password-file -d 'File whose first line is the password' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand sub" -l password-env -d 'Environment variable that holds the password' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand sub" -s V -l mqtt-version -d 'MQTT version: 5.0, 3.1.1 or 3.1' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand sub" -s k -l keepalive -d 'Keep Alive interval; 0 disables it' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand sub" -l connect-timeout -d 'Time limit for one attempt to connect; 0 disables it' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand sub" -l reconnect-period -d 'Initial reconnect delay, doubled each time; 0 disables reconnecting' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand sub" -l maximum-reconnect-times -d 'Give up after N attempts in one outage' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand sub" -l authentication-method -d 'SCRAM-SHA-1, SCRAM-SHA-256 or SCRAM-SHA-512' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand sub" -l reauthenticate-every -d 'Authenticate again at this interval, on the same connection' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand sub" -l session-expiry-interval -d 'Time the broker keeps the session after the connection ends' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand sub" -l receive-maximum -d 'QoS 1 and 2 messages the broker may send unacknowledged, 1 or more' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand sub" -l maximum-packet-size -d 'Largest packet to accept from the broker' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand sub" -l topic-alias-maximum -d 'Topic aliases the broker may use' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand sub" -l conn-user-properties -d 'User properties of CONNECT, "name: value"' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand sub" -l will-topic -d 'Topic of the will' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand sub" -l will-message -d 'Payload of the will [default: empty]' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand sub" -l will-qos -d 'QoS of the will' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand sub" -l will-delay-interval -d 'Delay before the broker publishes the will' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand sub" -l will-message-expiry-interval -d 'Time after which the broker discards the will' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand sub" -l will-content-type -d 'MIME type of the payload of the will' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand sub" -l will-response-topic -d 'Topic for replies to the will' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand sub" -l will-correlation-data -d 'Data that links a reply to the will' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand sub" -l will-user-properties -d 'User properties of the will, "name: value"' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand sub" -l ca -d 'Trusted CA certificates, a file or a folder [default: the system\'s]' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand sub" -l cert -d 'Client certificate' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand sub" -l key -d 'Private key of the client certificate' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand sub" -l key-password -d 'Passphrase of an encrypted key' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand sub" -l key-password-file -d 'File whose first line is the passphrase' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand sub" -l sni -d 'Server name to request and verify [default: the host]' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand sub" -l alpn -d 'Application protocols to offer (ALPN)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand sub" -l tls-min-version -d 'Lowest TLS version to accept: 1.2 or 1.3' -r -f -a "1.2\t'TLS 1.2'
1.3\t'TLS 1.3'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand sub" -l pin-sha256 -d 'Accept only the public key with this SHA-256 hash; repeatable' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand sub" -l path -d 'Path of the upgrade request' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand sub" -l ws-headers -d 'Headers to add to the request, "name: value"' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand sub" -l proxy -d 'Proxy, for example socks5h://host:1080 or http://host:3128' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand sub" -l no-proxy -d 'Hosts to reach without the proxy, separated by commas' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand sub" -l bind -d 'Local address to connect from' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand sub" -l trace -d 'Print each packet on stderr, as text or with =json as JSON' -r -f -a "text\t'A line of text'
json\t'One JSON object per line'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand sub" -l save-options -d 'Save the options to a file [default: ./mqttx-cli-options.json]' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand sub" -l load-options -d 'Load options from a file [default: ./mqttx-cli-options.json]' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand sub" -l color -d 'Use colour: auto, always or never' -r -f -a "auto\t''
always\t'Even into a pipe'
never\t'Not even on a terminal'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand sub" -l error-format -d 'Print errors as text or json' -r -f -a "text\t'A sentence, and perhaps a hint'
json\t'One JSON object'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand sub" -l profile -d 'Profile to use: its name, or the path of a file' -x -a "(mqttx-rs profile list --names 2>/dev/null)"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand sub" -l log-file -d 'Append everything printed on stderr to a file; --trace and --debug then print only there' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand sub" -s E -l exit-after-suback -d 'End when the broker has granted the subscription'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand sub" -s R -l skip-retained -d 'Leave out retained messages'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand sub" -l retained-only -d 'Print only retained messages; end at the first other'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand sub" -l remove-retained -d 'Remove the retained messages that match the filters'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand sub" -l dry-run -d 'With --remove-retained: show them without removing them'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand sub" -l strict -d 'End at once when a filter is refused'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand sub" -s v -l verbose -d 'Print all fields of each packet'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand sub" -l ack-on-read -d 'Acknowledge each printed message when a line on stdin answers it: ok, fail, or a number of ok'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand sub" -l embedded -d 'Start a broker in this program and connect to it'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand sub" -l ask-password -d 'Prompt for the password on the terminal'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand sub" -l no-clean -d 'Resume the stored session and keep it; needs --client-id'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand sub" -l follow-redirect -d 'Follow a redirect to another broker'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand sub" -l req-response-info -d 'Ask the broker for Response Information'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand sub" -l no-req-problem-info -d 'Ask the broker to leave out reason strings'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand sub" -l will-retain -d 'Have the broker keep the will for later subscribers'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand sub" -l will-payload-format-indicator -d 'Mark the payload of the will as UTF-8 text'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand sub" -l insecure -d 'Accept any certificate: anyone can listen in'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand sub" -l ipv4 -d 'Use IPv4 only'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand sub" -l ipv6 -d 'Use IPv6 only'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand sub" -l no-profile -d 'Use no profile, not even the selected one'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand sub" -l quiet -d 'Print only warnings and errors on stderr'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand sub" -l debug -d 'Log what the program does on stderr'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand sub" -l help -d 'Print the most used options and examples'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand sub" -l help-all -d 'Print all options'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand wait" -l match -d 'Only payloads that contain a match of this regular expression' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand wait" -l json -d 'Only JSON payloads with something at this pointer, or with this value, or that this jq expression matches; if repeated, all must match' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand wait" -s t -l topic -d 'Filters, for example car/+/speed or car/#' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand wait" -s q -l qos -d 'Highest QoS, one for each filter or one for all' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand wait" -s U -l unsubscribe -d 'Unsubscribe from these filters afterwards' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand wait" -l no-local -d 'Leave out this client\'s own messages' -r -f -a "true\t''
false\t''"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand wait" -l retain-as-published -d 'Keep the retain flag as published' -r -f -a "true\t''
false\t''"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand wait" -l retain-handling -d 'Retained messages: 0 send, 1 send if the subscription is new, 2 do not send' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand wait" -l subscription-identifier -d 'Identifier the broker returns with each match' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand wait" -l user-properties -d 'User properties, "name: value"' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand wait" -s C -l count -d 'End after N messages [default: 1]' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand wait" -l timeout -d 'End after this time; 0 never ends' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand wait" -l idle-timeout -d 'End when nothing has arrived for this time; 0 never ends' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand wait" -s T -l filter-out -d 'Leave out topics that match these filters' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand wait" -l output-mode -d 'Shape of the output: default, clean, jsonl or raw' -r -f -a "default\t'Readable text'
clean\t'An indented JSON object per message, with MQTTX\'s fields'
jsonl\t'One lossless JSON object per line'
raw\t'Only the payload and the delimiter'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand wait" -s F -l template -d 'Shape of a line in the letters of mosquitto_sub, for example "%I %t %p"' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand wait" -l file-write -d 'Append all payloads to one file' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand wait" -l file-save -d 'Write each payload to its own numbered file' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand wait" -l delimiter -d 'Text to write after each payload in files and in raw' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand wait" -s f -l format -d 'plain, hex, base64, json, binary, cbor, msgpack or sparkplug; with a schema protobuf, avro or avro-single-object' -r -f -a "plain\t''
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
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand wait" -l protobuf-path -d 'Protobuf schema: a .proto file or a descriptor set' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand wait" -l protobuf-message-name -d 'Message type in the Protobuf schema' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand wait" -l avsc-path -d 'Avro schema: an .avsc file' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand wait" -l schema -d 'Schema for the topics that match a filter, for example \'a/#=a.proto:Reading\'' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand wait" -l decompress -d 'Decompress payloads: gzip, zstd, or auto to detect which are compressed' -r -f -a "gzip\t''
zstd\t''
auto\t''"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand wait" -s h -l hostname -d 'Host name or address of the broker' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand wait" -s p -l port -d 'Port [default: by protocol 1883, 8883, 8083 or 8084]' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand wait" -s l -l protocol -d 'mqtt, mqtts, ws or wss; a TLS option implies mqtts' -r -f -a "mqtt\t'Plain TCP'
mqtts\t'TLS'
ws\t'WebSocket'
wss\t'WebSocket over TLS'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand wait" -l url -d 'All in one, for example mqtts://user:pass@host:8883/topic' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand wait" -l unix -d 'Connect to a Unix socket instead of a host and port' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand wait" -s i -l client-id -d 'Client identifier [default: random]' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand wait" -s u -l username -d 'User name' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand wait" -s P -l password -d 'Password; - reads it from stdin' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand wait" -l password-file -d 'File whose first line is the password' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand wait" -l password-env -d 'Environment variable that holds the password' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand wait" -s V -l mqtt-version -d 'MQTT version: 5.0, 3.1.1 or 3.1' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand wait" -s k -l keepalive -d 'Keep Alive interval; 0 disables it' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand wait" -l connect-timeout -d 'Time limit for one attempt to connect; 0 disables it' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand wait" -l reconnect-period -d 'Initial reconnect delay, doubled each time; 0 disables reconnecting' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand wait" -l maximum-reconnect-times -d 'Give up after N attempts in one outage' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand wait" -l authentication-method -d 'SCRAM-SHA-1, SCRAM-SHA-256 or SCRAM-SHA-512' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand wait" -l reauthenticate-every -d 'Authenticate again at this interval, on the same connection' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand wait" -l session-expiry-interval -d 'Time the broker keeps the session after the connection ends' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand wait" -l receive-maximum -d 'QoS 1 and 2 messages the broker may send unacknowledged, 1 or more' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand wait" -l maximum-packet-size -d 'Largest packet to accept from the broker' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand wait" -l topic-alias-maximum -d 'Topic aliases the broker may use' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand wait" -l conn-user-properties -d 'User properties of CONNECT, "name: value"' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand wait" -l will-topic -d 'Topic of the will' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand wait" -l will-message -d 'Payload of the will [default: empty]' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand wait" -l will-qos -d 'QoS of the will' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand wait" -l will-delay-interval -d 'Delay before the broker publishes the will' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand wait" -l will-message-expiry-interval -d 'Time after which the broker discards the will' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand wait" -l will-content-type -d 'MIME type of the payload of the will' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand wait" -l will-response-topic -d 'Topic for replies to the will' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand wait" -l will-correlation-data -d 'Data that links a reply to the will' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand wait" -l will-user-properties -d 'User properties of the will, "name: value"' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand wait" -l ca -d 'Trusted CA certificates, a file or a folder [default: the system\'s]' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand wait" -l cert -d 'Client certificate' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand wait" -l key -d 'Private key of the client certificate' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand wait" -l key-password -d 'Passphrase of an encrypted key' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand wait" -l key-password-file -d 'File whose first line is the passphrase' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand wait" -l sni -d 'Server name to request and verify [default: the host]' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand wait" -l alpn -d 'Application protocols to offer (ALPN)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand wait" -l tls-min-version -d 'Lowest TLS version to accept: 1.2 or 1.3' -r -f -a "1.2\t'TLS 1.2'
1.3\t'TLS 1.3'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand wait" -l pin-sha256 -d 'Accept only the public key with this SHA-256 hash; repeatable' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand wait" -l path -d 'Path of the upgrade request' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand wait" -l ws-headers -d 'Headers to add to the request, "name: value"' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand wait" -l proxy -d 'Proxy, for example socks5h://host:1080 or http://host:3128' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand wait" -l no-proxy -d 'Hosts to reach without the proxy, separated by commas' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand wait" -l bind -d 'Local address to connect from' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand wait" -l trace -d 'Print each packet on stderr, as text or with =json as JSON' -r -f -a "text\t'A line of text'
json\t'One JSON object per line'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand wait" -l save-options -d 'Save the options to a file [default: ./mqttx-cli-options.json]' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand wait" -l load-options -d 'Load options from a file [default: ./mqttx-cli-options.json]' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand wait" -l color -d 'Use colour: auto, always or never' -r -f -a "auto\t''
always\t'Even into a pipe'
never\t'Not even on a terminal'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand wait" -l error-format -d 'Print errors as text or json' -r -f -a "text\t'A sentence, and perhaps a hint'
json\t'One JSON object'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand wait" -l profile -d 'Profile to use: its name, or the path of a file' -x -a "(mqttx-rs profile list --names 2>/dev/null)"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand wait" -l log-file -d 'Append everything printed on stderr to a file; --trace and --debug then print only there' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand wait" -s E -l exit-after-suback -d 'End when the broker has granted the subscription'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand wait" -s R -l skip-retained -d 'Leave out retained messages'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand wait" -l retained-only -d 'Print only retained messages; end at the first other'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand wait" -l remove-retained -d 'Remove the retained messages that match the filters'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand wait" -l dry-run -d 'With --remove-retained: show them without removing them'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand wait" -l strict -d 'End at once when a filter is refused'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand wait" -s v -l verbose -d 'Print all fields of each packet'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand wait" -l embedded -d 'Start a broker in this program and connect to it'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand wait" -l ask-password -d 'Prompt for the password on the terminal'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand wait" -l no-clean -d 'Resume the stored session and keep it; needs --client-id'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand wait" -l follow-redirect -d 'Follow a redirect to another broker'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand wait" -l req-response-info -d 'Ask the broker for Response Information'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand wait" -l no-req-problem-info -d 'Ask the broker to leave out reason strings'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand wait" -l will-retain -d 'Have the broker keep the will for later subscribers'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand wait" -l will-payload-format-indicator -d 'Mark the payload of the will as UTF-8 text'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand wait" -l insecure -d 'Accept any certificate: anyone can listen in'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand wait" -l ipv4 -d 'Use IPv4 only'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand wait" -l ipv6 -d 'Use IPv6 only'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand wait" -l no-profile -d 'Use no profile, not even the selected one'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand wait" -l quiet -d 'Print only warnings and errors on stderr'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand wait" -l debug -d 'Log what the program does on stderr'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand wait" -l help -d 'Print the most used options and examples'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand wait" -l help-all -d 'Print all options'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand request" -s C -l count -d 'End after N replies' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand request" -l reply-topic -d 'Topic to receive replies on [default: in 5.0 a random one, in 3.1.1 TOPIC/reply]' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand request" -s t -l topic -d 'Topic to publish to; repeatable' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand request" -s q -l qos -d 'Quality of Service: 0, 1 or 2' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand request" -s e -l message-expiry-interval -d 'Time after which the broker discards the message' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand request" -l topic-alias -d 'Number to send in place of the topic' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand request" -l response-topic -d 'Topic for replies' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand request" -l correlation-data -d 'Data that links a reply to its request' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand request" -l user-properties -d 'User properties, "name: value"' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand request" -l content-type -d 'MIME type of the payload' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand request" -l subscription-identifier -d 'No client may send it [MQTT-3.3.4-6]' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand request" -s m -l message -d 'Payload [default: "Hello From MQTTX CLI"]' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand request" -l file-read -d 'Read the payload from a file' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand request" -s S -l payload-size -d 'Send a random payload of this size, for example 1KB (1024 bytes)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand request" -l repeat -d 'Number of times to publish' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand request" -l repeat-delay -d 'Delay between repeats' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand request" -l delay -d 'Have the broker hold the message back for this time ($delayed)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand request" -l timeout -d 'Time limit for the replies, including the time to connect; 0 waits forever [default: 10]' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand request" -s f -l format -d 'plain, hex, base64, json, binary, cbor, msgpack or sparkplug; with a schema protobuf, avro or avro-single-object' -r -f -a "plain\t''
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
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand request" -l protobuf-path -d 'Protobuf schema: a .proto file or a descriptor set' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand request" -l protobuf-message-name -d 'Message type in the Protobuf schema' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand request" -l avsc-path -d 'Avro schema: an .avsc file' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand request" -l schema -d 'Schema for the topics that match a filter, for example \'a/#=a.proto:Reading\'' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand request" -l compress -d 'Compress payloads: gzip or zstd' -r -f -a "gzip\t''
zstd\t''"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand request" -l output-mode -d 'Shape of the output: default, clean, jsonl or raw' -r -f -a "default\t'Readable text'
clean\t'An indented JSON object per message, with MQTTX\'s fields'
jsonl\t'One lossless JSON object per line'
raw\t'Only the payload and the delimiter'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand request" -s F -l template -d 'Shape of a line in the letters of mosquitto_sub, for example "%I %t %p"' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand request" -l file-write -d 'Append all payloads to one file' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand request" -l file-save -d 'Write each payload to its own numbered file' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand request" -l delimiter -d 'Text to write after each payload in files and in raw' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand request" -s h -l hostname -d 'Host name or address of the broker' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand request" -s p -l port -d 'Port [default: by protocol 1883, 8883, 8083 or 8084]' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand request" -s l -l protocol -d 'mqtt, mqtts, ws or wss; a TLS option implies mqtts' -r -f -a "mqtt\t'Plain TCP'
mqtts\t'TLS'
ws\t'WebSocket'
wss\t'WebSocket over TLS'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand request" -l url -d 'All in one, for example mqtts://user:pass@host:8883/topic' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand request" -l unix -d 'Connect to a Unix socket instead of a host and port' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand request" -s i -l client-id -d 'Client identifier [default: random]' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand request" -s u -l username -d 'User name' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand request" -s P -l password -d 'Password; - reads it from stdin' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand request" -l password-file -d 'File whose first line is the password' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand request" -l password-env -d 'Environment variable that holds the password' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand request" -s V -l mqtt-version -d 'MQTT version: 5.0, 3.1.1 or 3.1' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand request" -s k -l keepalive -d 'Keep Alive interval; 0 disables it' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand request" -l connect-timeout -d 'Time limit for one attempt to connect; 0 disables it' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand request" -l reconnect-period -d 'Initial reconnect delay, doubled each time; 0 disables reconnecting' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand request" -l maximum-reconnect-times -d 'Give up after N attempts in one outage' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand request" -l authentication-method -d 'SCRAM-SHA-1, SCRAM-SHA-256 or SCRAM-SHA-512' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand request" -l reauthenticate-every -d 'Authenticate again at this interval, on the same connection' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand request" -l session-expiry-interval -d 'Time the broker keeps the session after the connection ends' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand request" -l receive-maximum -d 'QoS 1 and 2 messages the broker may send unacknowledged, 1 or more' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand request" -l maximum-packet-size -d 'Largest packet to accept from the broker' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand request" -l topic-alias-maximum -d 'Topic aliases the broker may use' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand request" -l conn-user-properties -d 'User properties of CONNECT, "name: value"' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand request" -l will-topic -d 'Topic of the will' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand request" -l will-message -d 'Payload of the will [default: empty]' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand request" -l will-qos -d 'QoS of the will' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand request" -l will-delay-interval -d 'Delay before the broker publishes the will' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand request" -l will-message-expiry-interval -d 'Time after which the broker discards the will' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand request" -l will-content-type -d 'MIME type of the payload of the will' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand request" -l will-response-topic -d 'Topic for replies to the will' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand request" -l will-correlation-data -d 'Data that links a reply to the will' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand request" -l will-user-properties -d 'User properties of the will, "name: value"' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand request" -l ca -d 'Trusted CA certificates, a file or a folder [default: the system\'s]' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand request" -l cert -d 'Client certificate' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand request" -l key -d 'Private key of the client certificate' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand request" -l key-password -d 'Passphrase of an encrypted key' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand request" -l key-password-file -d 'File whose first line is the passphrase' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand request" -l sni -d 'Server name to request and verify [default: the host]' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand request" -l alpn -d 'Application protocols to offer (ALPN)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand request" -l tls-min-version -d 'Lowest TLS version to accept: 1.2 or 1.3' -r -f -a "1.2\t'TLS 1.2'
1.3\t'TLS 1.3'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand request" -l pin-sha256 -d 'Accept only the public key with this SHA-256 hash; repeatable' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand request" -l path -d 'Path of the upgrade request' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand request" -l ws-headers -d 'Headers to add to the request, "name: value"' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand request" -l proxy -d 'Proxy, for example socks5h://host:1080 or http://host:3128' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand request" -l no-proxy -d 'Hosts to reach without the proxy, separated by commas' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand request" -l bind -d 'Local address to connect from' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand request" -l trace -d 'Print each packet on stderr, as text or with =json as JSON' -r -f -a "text\t'A line of text'
json\t'One JSON object per line'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand request" -l save-options -d 'Save the options to a file [default: ./mqttx-cli-options.json]' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand request" -l load-options -d 'Load options from a file [default: ./mqttx-cli-options.json]' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand request" -l color -d 'Use colour: auto, always or never' -r -f -a "auto\t''
always\t'Even into a pipe'
never\t'Not even on a terminal'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand request" -l error-format -d 'Print errors as text or json' -r -f -a "text\t'A sentence, and perhaps a hint'
json\t'One JSON object'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand request" -l profile -d 'Profile to use: its name, or the path of a file' -x -a "(mqttx-rs profile list --names 2>/dev/null)"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand request" -l log-file -d 'Append everything printed on stderr to a file; --trace and --debug then print only there' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand request" -s r -l retain -d 'Have the broker keep the message for later subscribers'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand request" -s d -l dup -d 'Set the DUP flag'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand request" -l payload-format-indicator -d 'Mark the payload as UTF-8 text'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand request" -s s -l stdin -d 'Read one payload from stdin, up to its end'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand request" -s M -l multiline -d 'Publish each line of stdin as a message'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand request" -l line-mode -d 'Alias of --multiline'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand request" -l jsonl -d 'Publish each line of stdin, a JSON object as printed by `sub --output-mode jsonl`'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand request" -s n -l null-message -d 'Send an empty payload; with -r, removes the retained message'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand request" -s v -l verbose -d 'Print all fields of each packet'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand request" -l embedded -d 'Start a broker in this program and connect to it'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand request" -l ask-password -d 'Prompt for the password on the terminal'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand request" -l no-clean -d 'Resume the stored session and keep it; needs --client-id'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand request" -l follow-redirect -d 'Follow a redirect to another broker'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand request" -l req-response-info -d 'Ask the broker for Response Information'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand request" -l no-req-problem-info -d 'Ask the broker to leave out reason strings'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand request" -l will-retain -d 'Have the broker keep the will for later subscribers'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand request" -l will-payload-format-indicator -d 'Mark the payload of the will as UTF-8 text'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand request" -l insecure -d 'Accept any certificate: anyone can listen in'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand request" -l ipv4 -d 'Use IPv4 only'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand request" -l ipv6 -d 'Use IPv6 only'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand request" -l no-profile -d 'Use no profile, not even the selected one'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand request" -l quiet -d 'Print only warnings and errors on stderr'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand request" -l debug -d 'Log what the program does on stderr'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand request" -l help -d 'Print the most used options and examples'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand request" -l help-all -d 'Print all options'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand rr" -s C -l count -d 'End after N replies' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand rr" -l reply-topic -d 'Topic to receive replies on [default: in 5.0 a random one, in 3.1.1 TOPIC/reply]' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand rr" -s t -l topic -d 'Topic to publish to; repeatable' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand rr" -s q -l qos -d 'Quality of Service: 0, 1 or 2' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand rr" -s e -l message-expiry-interval -d 'Time after which the broker discards the message' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand rr" -l topic-alias -d 'Number to send in place of the topic' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand rr" -l response-topic -d 'Topic for replies' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand rr" -l correlation-data -d 'Data that links a reply to its request' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand rr" -l user-properties -d 'User properties, "name: value"' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand rr" -l content-type -d 'MIME type of the payload' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand rr" -l subscription-identifier -d 'No client may send it [MQTT-3.3.4-6]' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand rr" -s m -l message -d 'Payload [default: "Hello From MQTTX CLI"]' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand rr" -l file-read -d 'Read the payload from a file' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand rr" -s S -l payload-size -d 'Send a random payload of this size, for example 1KB (1024 bytes)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand rr" -l repeat -d 'Number of times to publish' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand rr" -l repeat-delay -d 'Delay between repeats' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand rr" -l delay -d 'Have the broker hold the message back for this time ($delayed)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand rr" -l timeout -d 'Time limit for the replies, including the time to connect; 0 waits forever [default: 10]' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand rr" -s f -l format -d 'plain, hex, base64, json, binary, cbor, msgpack or sparkplug; with a schema protobuf, avro or avro-single-object' -r -f -a "plain\t''
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
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand rr" -l protobuf-path -d 'Protobuf schema: a .proto file or a descriptor set' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand rr" -l protobuf-message-name -d 'Message type in the Protobuf schema' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand rr" -l avsc-path -d 'Avro schema: an .avsc file' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand rr" -l schema -d 'Schema for the topics that match a filter, for example \'a/#=a.proto:Reading\'' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand rr" -l compress -d 'Compress payloads: gzip or zstd' -r -f -a "gzip\t''
zstd\t''"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand rr" -l output-mode -d 'Shape of the output: default, clean, jsonl or raw' -r -f -a "default\t'Readable text'
clean\t'An indented JSON object per message, with MQTTX\'s fields'
jsonl\t'One lossless JSON object per line'
raw\t'Only the payload and the delimiter'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand rr" -s F -l template -d 'Shape of a line in the letters of mosquitto_sub, for example "%I %t %p"' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand rr" -l file-write -d 'Append all payloads to one file' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand rr" -l file-save -d 'Write each payload to its own numbered file' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand rr" -l delimiter -d 'Text to write after each payload in files and in raw' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand rr" -s h -l hostname -d 'Host name or address of the broker' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand rr" -s p -l port -d 'Port [default: by protocol 1883, 8883, 8083 or 8084]' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand rr" -s l -l protocol -d 'mqtt, mqtts, ws or wss; a TLS option implies mqtts' -r -f -a "mqtt\t'Plain TCP'
mqtts\t'TLS'
ws\t'WebSocket'
wss\t'WebSocket over TLS'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand rr" -l url -d 'All in one, for example mqtts://user:pass@host:8883/topic' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand rr" -l unix -d 'Connect to a Unix socket instead of a host and port' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand rr" -s i -l client-id -d 'Client identifier [default: random]' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand rr" -s u -l username -d 'User name' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand rr" -s P -l password -d 'Password; - reads it from stdin' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand rr" -l password-file -d 'File whose first line is the password' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand rr" -l password-env -d 'Environment variable that holds the password' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand rr" -s V -l mqtt-version -d 'MQTT version: 5.0, 3.1.1 or 3.1' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand rr" -s k -l keepalive -d 'Keep Alive interval; 0 disables it' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand rr" -l connect-timeout -d 'Time limit for one attempt to connect; 0 disables it' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand rr" -l reconnect-period -d 'Initial reconnect delay, doubled each time; 0 disables reconnecting' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand rr" -l maximum-reconnect-times -d 'Give up after N attempts in one outage' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand rr" -l authentication-method -d 'SCRAM-SHA-1, SCRAM-SHA-256 or SCRAM-SHA-512' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand rr" -l reauthenticate-every -d 'Authenticate again at this interval, on the same connection' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand rr" -l session-expiry-interval -d 'Time the broker keeps the session after the connection ends' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand rr" -l receive-maximum -d 'QoS 1 and 2 messages the broker may send unacknowledged, 1 or more' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand rr" -l maximum-packet-size -d 'Largest packet to accept from the broker' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand rr" -l topic-alias-maximum -d 'Topic aliases the broker may use' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand rr" -l conn-user-properties -d 'User properties of CONNECT, "name: value"' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand rr" -l will-topic -d 'Topic of the will' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand rr" -l will-message -d 'Payload of the will [default: empty]' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand rr" -l will-qos -d 'QoS of the will' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand rr" -l will-delay-interval -d 'Delay before the broker publishes the will' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand rr" -l will-message-expiry-interval -d 'Time after which the broker discards the will' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand rr" -l will-content-type -d 'MIME type of the payload of the will' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand rr" -l will-response-topic -d 'Topic for replies to the will' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand rr" -l will-correlation-data -d 'Data that links a reply to the will' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand rr" -l will-user-properties -d 'User properties of the will, "name: value"' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand rr" -l ca -d 'Trusted CA certificates, a file or a folder [default: the system\'s]' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand rr" -l cert -d 'Client certificate' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand rr" -l key -d 'Private key of the client certificate' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand rr" -l key-password -d 'Passphrase of an encrypted key' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand rr" -l key-password-file -d 'File whose first line is the passphrase' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand rr" -l sni -d 'Server name to request and verify [default: the host]' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand rr" -l alpn -d 'Application protocols to offer (ALPN)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand rr" -l tls-min-version -d 'Lowest TLS version to accept: 1.2 or 1.3' -r -f -a "1.2\t'TLS 1.2'
1.3\t'TLS 1.3'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand rr" -l pin-sha256 -d 'Accept only the public key with this SHA-256 hash; repeatable' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand rr" -l path -d 'Path of the upgrade request' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand rr" -l ws-headers -d 'Headers to add to the request, "name: value"' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand rr" -l proxy -d 'Proxy, for example socks5h://host:1080 or http://host:3128' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand rr" -l no-proxy -d 'Hosts to reach without the proxy, separated by commas' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand rr" -l bind -d 'Local address to connect from' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand rr" -l trace -d 'Print each packet on stderr, as text or with =json as JSON' -r -f -a "text\t'A line of text'
json\t'One JSON object per line'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand rr" -l save-options -d 'Save the options to a file [default: ./mqttx-cli-options.json]' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand rr" -l load-options -d 'Load options from a file [default: ./mqttx-cli-options.json]' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand rr" -l color -d 'Use colour: auto, always or never' -r -f -a "auto\t''
always\t'Even into a pipe'
never\t'Not even on a terminal'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand rr" -l error-format -d 'Print errors as text or json' -r -f -a "text\t'A sentence, and perhaps a hint'
json\t'One JSON object'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand rr" -l profile -d 'Profile to use: its name, or the path of a file' -x -a "(mqttx-rs profile list --names 2>/dev/null)"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand rr" -l log-file -d 'Append everything printed on stderr to a file; --trace and --debug then print only there' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand rr" -s r -l retain -d 'Have the broker keep the message for later subscribers'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand rr" -s d -l dup -d 'Set the DUP flag'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand rr" -l payload-format-indicator -d 'Mark the payload as UTF-8 text'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand rr" -s s -l stdin -d 'Read one payload from stdin, up to its end'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand rr" -s M -l multiline -d 'Publish each line of stdin as a message'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand rr" -l line-mode -d 'Alias of --multiline'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand rr" -l jsonl -d 'Publish each line of stdin, a JSON object as printed by `sub --output-mode jsonl`'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand rr" -s n -l null-message -d 'Send an empty payload; with -r, removes the retained message'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand rr" -s v -l verbose -d 'Print all fields of each packet'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand rr" -l embedded -d 'Start a broker in this program and connect to it'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand rr" -l ask-password -d 'Prompt for the password on the terminal'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand rr" -l no-clean -d 'Resume the stored session and keep it; needs --client-id'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand rr" -l follow-redirect -d 'Follow a redirect to another broker'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand rr" -l req-response-info -d 'Ask the broker for Response Information'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand rr" -l no-req-problem-info -d 'Ask the broker to leave out reason strings'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand rr" -l will-retain -d 'Have the broker keep the will for later subscribers'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand rr" -l will-payload-format-indicator -d 'Mark the payload of the will as UTF-8 text'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand rr" -l insecure -d 'Accept any certificate: anyone can listen in'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand rr" -l ipv4 -d 'Use IPv4 only'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand rr" -l ipv6 -d 'Use IPv6 only'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand rr" -l no-profile -d 'Use no profile, not even the selected one'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand rr" -l quiet -d 'Print only warnings and errors on stderr'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand rr" -l debug -d 'Log what the program does on stderr'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand rr" -l help -d 'Print the most used options and examples'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand rr" -l help-all -d 'Print all options'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand reply" -s t -l topic -d 'Filters to take requests from, for example lamp/+/get' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand reply" -s q -l qos -d 'QoS of the subscription and of answers' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand reply" -s m -l message -d 'Answer with this text' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand reply" -l file-read -d 'Answer with the content of a file' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand reply" -l rules -d 'Answer by the rules of a TOML file, each with a filter' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand reply" -l exec -d 'Answer with the output of a command' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand reply" -l reply-topic -d 'Topic for answers to requests that name none' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand reply" -s C -l count -d 'End after N answers' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand reply" -s h -l hostname -d 'Host name or address of the broker' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand reply" -s p -l port -d 'Port [default: by protocol 1883, 8883, 8083 or 8084]' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand reply" -s l -l protocol -d 'mqtt, mqtts, ws or wss; a TLS option implies mqtts' -r -f -a "mqtt\t'Plain TCP'
mqtts\t'TLS'
ws\t'WebSocket'
wss\t'WebSocket over TLS'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand reply" -l url -d 'All in one, for example mqtts://user:pass@host:8883/topic' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand reply" -l unix -d 'Connect to a Unix socket instead of a host and port' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand reply" -s i -l client-id -d 'Client identifier [default: random]' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand reply" -s u -l username -d 'User name' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand reply" -s P -l password -d 'Password; - reads it from stdin' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand reply" -l password-file -d 'File whose first line is the password' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand reply" -l password-env -d 'Environment variable that holds the password' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand reply" -s V -l mqtt-version -d 'MQTT version: 5.0, 3.1.1 or 3.1' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand reply" -s k -l keepalive -d 'Keep Alive interval; 0 disables it' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand reply" -l connect-timeout -d 'Time limit for one attempt to connect; 0 disables it' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand reply" -l reconnect-period -d 'Initial reconnect delay, doubled each time; 0 disables reconnecting' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand reply" -l maximum-reconnect-times -d 'Give up after N attempts in one outage' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand reply" -l authentication-method -d 'SCRAM-SHA-1, SCRAM-SHA-256 or SCRAM-SHA-512' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand reply" -l reauthenticate-every -d 'Authenticate again at this interval, on the same connection' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand reply" -l session-expiry-interval -d 'Time the broker keeps the session after the connection ends' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand reply" -l receive-maximum -d 'QoS 1 and 2 messages the broker may send unacknowledged, 1 or more' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand reply" -l maximum-packet-size -d 'Largest packet to accept from the broker' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand reply" -l topic-alias-maximum -d 'Topic aliases the broker may use' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand reply" -l conn-user-properties -d 'User properties of CONNECT, "name: value"' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand reply" -l will-topic -d 'Topic of the will' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand reply" -l will-message -d 'Payload of the will [default: empty]' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand reply" -l will-qos -d 'QoS of the will' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand reply" -l will-delay-interval -d 'Delay before the broker publishes the will' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand reply" -l will-message-expiry-interval -d 'Time after which the broker discards the will' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand reply" -l will-content-type -d 'MIME type of the payload of the will' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand reply" -l will-response-topic -d 'Topic for replies to the will' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand reply" -l will-correlation-data -d 'Data that links a reply to the will' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand reply" -l will-user-properties -d 'User properties of the will, "name: value"' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand reply" -l ca -d 'Trusted CA certificates, a file or a folder [default: the system\'s]' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand reply" -l cert -d 'Client certificate' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand reply" -l key -d 'Private key of the client certificate' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand reply" -l key-password -d 'Passphrase of an encrypted key' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand reply" -l key-password-file -d 'File whose first line is the passphrase' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand reply" -l sni -d 'Server name to request and verify [default: the host]' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand reply" -l alpn -d 'Application protocols to offer (ALPN)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand reply" -l tls-min-version -d 'Lowest TLS version to accept: 1.2 or 1.3' -r -f -a "1.2\t'TLS 1.2'
1.3\t'TLS 1.3'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand reply" -l pin-sha256 -d 'Accept only the public key with this SHA-256 hash; repeatable' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand reply" -l path -d 'Path of the upgrade request' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand reply" -l ws-headers -d 'Headers to add to the request, "name: value"' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand reply" -l proxy -d 'Proxy, for example socks5h://host:1080 or http://host:3128' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand reply" -l no-proxy -d 'Hosts to reach without the proxy, separated by commas' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand reply" -l bind -d 'Local address to connect from' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand reply" -l trace -d 'Print each packet on stderr, as text or with =json as JSON' -r -f -a "text\t'A line of text'
json\t'One JSON object per line'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand reply" -l save-options -d 'Save the options to a file [default: ./mqttx-cli-options.json]' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand reply" -l load-options -d 'Load options from a file [default: ./mqttx-cli-options.json]' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand reply" -l color -d 'Use colour: auto, always or never' -r -f -a "auto\t''
always\t'Even into a pipe'
never\t'Not even on a terminal'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand reply" -l error-format -d 'Print errors as text or json' -r -f -a "text\t'A sentence, and perhaps a hint'
json\t'One JSON object'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand reply" -l profile -d 'Profile to use: its name, or the path of a file' -x -a "(mqttx-rs profile list --names 2>/dev/null)"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand reply" -l log-file -d 'Append everything printed on stderr to a file; --trace and --debug then print only there' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand reply" -l template -d 'Fill placeholders in the answer, for example {payload} {topic} {/a/b} of the request; a file ending in .j2 is a Jinja template'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand reply" -l echo -d 'Answer with the payload of the request'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand reply" -l embedded -d 'Start a broker in this program and connect to it'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand reply" -l ask-password -d 'Prompt for the password on the terminal'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand reply" -l no-clean -d 'Resume the stored session and keep it; needs --client-id'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand reply" -l follow-redirect -d 'Follow a redirect to another broker'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand reply" -l req-response-info -d 'Ask the broker for Response Information'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand reply" -l no-req-problem-info -d 'Ask the broker to leave out reason strings'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand reply" -l will-retain -d 'Have the broker keep the will for later subscribers'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand reply" -l will-payload-format-indicator -d 'Mark the payload of the will as UTF-8 text'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand reply" -l insecure -d 'Accept any certificate: anyone can listen in'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand reply" -l ipv4 -d 'Use IPv4 only'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand reply" -l ipv6 -d 'Use IPv6 only'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand reply" -l no-profile -d 'Use no profile, not even the selected one'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand reply" -l quiet -d 'Print only warnings and errors on stderr'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand reply" -l debug -d 'Log what the program does on stderr'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand reply" -l help -d 'Print the most used options and examples'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand reply" -l help-all -d 'Print all options'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand record" -s t -l topic -d 'Filters, for example car/+/speed or car/#' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand record" -s q -l qos -d 'Highest QoS; 2 receives each message at the QoS it was published with' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand record" -s T -l filter-out -d 'Leave out topics that match these' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand record" -s C -l count -d 'End after N messages' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand record" -l duration -d 'End after this time' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand record" -l idle-timeout -d 'End after this long without a message; 0 disables it' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand record" -l rotate -d 'Start a new file at this size or age; can be given once for each' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand record" -l keep -d 'Keep only the N newest of the full files' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand record" -s h -l hostname -d 'Host name or address of the broker' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand record" -s p -l port -d 'Port [default: by protocol 1883, 8883, 8083 or 8084]' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand record" -s l -l protocol -d 'mqtt, mqtts, ws or wss; a TLS option implies mqtts' -r -f -a "mqtt\t'Plain TCP'
mqtts\t'TLS'
ws\t'WebSocket'
wss\t'WebSocket over TLS'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand record" -l url -d 'All in one, for example mqtts://user:pass@host:8883/topic' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand record" -l unix -d 'Connect to a Unix socket instead of a host and port' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand record" -s i -l client-id -d 'Client identifier [default: random]' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand record" -s u -l username -d 'User name' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand record" -s P -l password -d 'Password; - reads it from stdin' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand record" -l password-file -d 'File whose first line is the password' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand record" -l password-env -d 'Environment variable that holds the password' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand record" -s V -l mqtt-version -d 'MQTT version: 5.0, 3.1.1 or 3.1' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand record" -s k -l keepalive -d 'Keep Alive interval; 0 disables it' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand record" -l connect-timeout -d 'Time limit for one attempt to connect; 0 disables it' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand record" -l reconnect-period -d 'Initial reconnect delay, doubled each time; 0 disables reconnecting' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand record" -l maximum-reconnect-times -d 'Give up after N attempts in one outage' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand record" -l authentication-method -d 'SCRAM-SHA-1, SCRAM-SHA-256 or SCRAM-SHA-512' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand record" -l reauthenticate-every -d 'Authenticate again at this interval, on the same connection' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand record" -l session-expiry-interval -d 'Time the broker keeps the session after the connection ends' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand record" -l receive-maximum -d 'QoS 1 and 2 messages the broker may send unacknowledged, 1 or more' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand record" -l maximum-packet-size -d 'Largest packet to accept from the broker' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand record" -l topic-alias-maximum -d 'Topic aliases the broker may use' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand record" -l conn-user-properties -d 'User properties of CONNECT, "name: value"' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand record" -l will-topic -d 'Topic of the will' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand record" -l will-message -d 'Payload of the will [default: empty]' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand record" -l will-qos -d 'QoS of the will' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand record" -l will-delay-interval -d 'Delay before the broker publishes the will' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand record" -l will-message-expiry-interval -d 'Time after which the broker discards the will' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand record" -l will-content-type -d 'MIME type of the payload of the will' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand record" -l will-response-topic -d 'Topic for replies to the will' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand record" -l will-correlation-data -d 'Data that links a reply to the will' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand record" -l will-user-properties -d 'User properties of the will, "name: value"' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand record" -l ca -d 'Trusted CA certificates, a file or a folder [default: the system\'s]' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand record" -l cert -d 'Client certificate' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand record" -l key -d 'Private key of the client certificate' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand record" -l key-password -d 'Passphrase of an encrypted key' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand record" -l key-password-file -d 'File whose first line is the passphrase' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand record" -l sni -d 'Server name to request and verify [default: the host]' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand record" -l alpn -d 'Application protocols to offer (ALPN)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand record" -l tls-min-version -d 'Lowest TLS version to accept: 1.2 or 1.3' -r -f -a "1.2\t'TLS 1.2'
1.3\t'TLS 1.3'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand record" -l pin-sha256 -d 'Accept only the public key with this SHA-256 hash; repeatable' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand record" -l path -d 'Path of the upgrade request' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand record" -l ws-headers -d 'Headers to add to the request, "name: value"' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand record" -l proxy -d 'Proxy, for example socks5h://host:1080 or http://host:3128' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand record" -l no-proxy -d 'Hosts to reach without the proxy, separated by commas' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand record" -l bind -d 'Local address to connect from' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand record" -l trace -d 'Print each packet on stderr, as text or with =json as JSON' -r -f -a "text\t'A line of text'
json\t'One JSON object per line'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand record" -l save-options -d 'Save the options to a file [default: ./mqttx-cli-options.json]' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand record" -l load-options -d 'Load options from a file [default: ./mqttx-cli-options.json]' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand record" -l color -d 'Use colour: auto, always or never' -r -f -a "auto\t''
always\t'Even into a pipe'
never\t'Not even on a terminal'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand record" -l error-format -d 'Print errors as text or json' -r -f -a "text\t'A sentence, and perhaps a hint'
json\t'One JSON object'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand record" -l profile -d 'Profile to use: its name, or the path of a file' -x -a "(mqttx-rs profile list --names 2>/dev/null)"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand record" -l log-file -d 'Append everything printed on stderr to a file; --trace and --debug then print only there' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand record" -s R -l skip-retained -d 'Leave out retained messages'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand record" -l resume -d 'Append to FILE if it exists'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand record" -l embedded -d 'Start a broker in this program and connect to it'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand record" -l ask-password -d 'Prompt for the password on the terminal'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand record" -l no-clean -d 'Resume the stored session and keep it; needs --client-id'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand record" -l follow-redirect -d 'Follow a redirect to another broker'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand record" -l req-response-info -d 'Ask the broker for Response Information'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand record" -l no-req-problem-info -d 'Ask the broker to leave out reason strings'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand record" -l will-retain -d 'Have the broker keep the will for later subscribers'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand record" -l will-payload-format-indicator -d 'Mark the payload of the will as UTF-8 text'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand record" -l insecure -d 'Accept any certificate: anyone can listen in'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand record" -l ipv4 -d 'Use IPv4 only'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand record" -l ipv6 -d 'Use IPv6 only'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand record" -l no-profile -d 'Use no profile, not even the selected one'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand record" -l quiet -d 'Print only warnings and errors on stderr'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand record" -l debug -d 'Log what the program does on stderr'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand record" -l help -d 'Print the most used options and examples'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand record" -l help-all -d 'Print all options'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand replay" -l speed -d 'Playing speed: 2x is twice as fast, 0.5 half as fast, max without pauses' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand replay" -l loop -d 'Play N times, or until Ctrl-C without N' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand replay" -l map -d 'Rename topics, for example \'car/#=test/#\'' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand replay" -l only -d 'Only recorded topics that match this filter; can be repeated' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand replay" -s q -l qos -d 'QoS of all messages [default: as recorded]' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand replay" -l retain -d 'Retain flag of all messages [default: as recorded]' -r -f -a "true\t''
false\t''"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand replay" -l inflight -d 'Messages in flight [default: as many as the broker announces, otherwise 100, or 20 at QoS 2]' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand replay" -s h -l hostname -d 'Host name or address of the broker' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand replay" -s p -l port -d 'Port [default: by protocol 1883, 8883, 8083 or 8084]' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand replay" -s l -l protocol -d 'mqtt, mqtts, ws or wss; a TLS option implies mqtts' -r -f -a "mqtt\t'Plain TCP'
mqtts\t'TLS'
ws\t'WebSocket'
wss\t'WebSocket over TLS'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand replay" -l url -d 'All in one, for example mqtts://user:pass@host:8883/topic' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand replay" -l unix -d 'Connect to a Unix socket instead of a host and port' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand replay" -s i -l client-id -d 'Client identifier [default: random]' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand replay" -s u -l username -d 'User name' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand replay" -s P -l password -d 'Password; - reads it from stdin' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand replay" -l password-file -d 'File whose first line is the password' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand replay" -l password-env -d 'Environment variable that holds the password' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand replay" -s V -l mqtt-version -d 'MQTT version: 5.0, 3.1.1 or 3.1' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand replay" -s k -l keepalive -d 'Keep Alive interval; 0 disables it' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand replay" -l connect-timeout -d 'Time limit for one attempt to connect; 0 disables it' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand replay" -l reconnect-period -d 'Initial reconnect delay, doubled each time; 0 disables reconnecting' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand replay" -l maximum-reconnect-times -d 'Give up after N attempts in one outage' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand replay" -l authentication-method -d 'SCRAM-SHA-1, SCRAM-SHA-256 or SCRAM-SHA-512' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand replay" -l reauthenticate-every -d 'Authenticate again at this interval, on the same connection' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand replay" -l session-expiry-interval -d 'Time the broker keeps the session after the connection ends' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand replay" -l receive-maximum -d 'QoS 1 and 2 messages the broker may send unacknowledged, 1 or more' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand replay" -l maximum-packet-size -d 'Largest packet to accept from the broker' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand replay" -l topic-alias-maximum -d 'Topic aliases the broker may use' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand replay" -l conn-user-properties -d 'User properties of CONNECT, "name: value"' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand replay" -l will-topic -d 'Topic of the will' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand replay" -l will-message -d 'Payload of the will [default: empty]' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand replay" -l will-qos -d 'QoS of the will' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand replay" -l will-delay-interval -d 'Delay before the broker publishes the will' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand replay" -l will-message-expiry-interval -d 'Time after which the broker discards the will' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand replay" -l will-content-type -d 'MIME type of the payload of the will' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand replay" -l will-response-topic -d 'Topic for replies to the will' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand replay" -l will-correlation-data -d 'Data that links a reply to the will' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand replay" -l will-user-properties -d 'User properties of the will, "name: value"' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand replay" -l ca -d 'Trusted CA certificates, a file or a folder [default: the system\'s]' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand replay" -l cert -d 'Client certificate' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand replay" -l key -d 'Private key of the client certificate' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand replay" -l key-password -d 'Passphrase of an encrypted key' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand replay" -l key-password-file -d 'File whose first line is the passphrase' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand replay" -l sni -d 'Server name to request and verify [default: the host]' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand replay" -l alpn -d 'Application protocols to offer (ALPN)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand replay" -l tls-min-version -d 'Lowest TLS version to accept: 1.2 or 1.3' -r -f -a "1.2\t'TLS 1.2'
1.3\t'TLS 1.3'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand replay" -l pin-sha256 -d 'Accept only the public key with this SHA-256 hash; repeatable' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand replay" -l path -d 'Path of the upgrade request' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand replay" -l ws-headers -d 'Headers to add to the request, "name: value"' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand replay" -l proxy -d 'Proxy, for example socks5h://host:1080 or http://host:3128' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand replay" -l no-proxy -d 'Hosts to reach without the proxy, separated by commas' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand replay" -l bind -d 'Local address to connect from' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand replay" -l trace -d 'Print each packet on stderr, as text or with =json as JSON' -r -f -a "text\t'A line of text'
json\t'One JSON object per line'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand replay" -l save-options -d 'Save the options to a file [default: ./mqttx-cli-options.json]' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand replay" -l load-options -d 'Load options from a file [default: ./mqttx-cli-options.json]' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand replay" -l color -d 'Use colour: auto, always or never' -r -f -a "auto\t''
always\t'Even into a pipe'
never\t'Not even on a terminal'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand replay" -l error-format -d 'Print errors as text or json' -r -f -a "text\t'A sentence, and perhaps a hint'
json\t'One JSON object'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand replay" -l profile -d 'Profile to use: its name, or the path of a file' -x -a "(mqttx-rs profile list --names 2>/dev/null)"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand replay" -l log-file -d 'Append everything printed on stderr to a file; --trace and --debug then print only there' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand replay" -l resend-uncertain -d 'Send QoS 2 messages again when a lost session leaves their delivery uncertain'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand replay" -l embedded -d 'Start a broker in this program and connect to it'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand replay" -l ask-password -d 'Prompt for the password on the terminal'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand replay" -l no-clean -d 'Resume the stored session and keep it; needs --client-id'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand replay" -l follow-redirect -d 'Follow a redirect to another broker'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand replay" -l req-response-info -d 'Ask the broker for Response Information'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand replay" -l no-req-problem-info -d 'Ask the broker to leave out reason strings'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand replay" -l will-retain -d 'Have the broker keep the will for later subscribers'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand replay" -l will-payload-format-indicator -d 'Mark the payload of the will as UTF-8 text'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand replay" -l insecure -d 'Accept any certificate: anyone can listen in'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand replay" -l ipv4 -d 'Use IPv4 only'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand replay" -l ipv6 -d 'Use IPv6 only'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand replay" -l no-profile -d 'Use no profile, not even the selected one'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand replay" -l quiet -d 'Print only warnings and errors on stderr'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand replay" -l debug -d 'Log what the program does on stderr'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand replay" -l help -d 'Print the most used options and examples'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand replay" -l help-all -d 'Print all options'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand clean-retained" -s t -l topic -d 'Filters, for example car/+/speed or car/#' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand clean-retained" -s T -l filter-out -d 'Leave out topics that match these' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand clean-retained" -l idle-timeout -d 'Assume that the broker has sent everything after this long without a message' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand clean-retained" -s h -l hostname -d 'Host name or address of the broker' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand clean-retained" -s p -l port -d 'Port [default: by protocol 1883, 8883, 8083 or 8084]' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand clean-retained" -s l -l protocol -d 'mqtt, mqtts, ws or wss; a TLS option implies mqtts' -r -f -a "mqtt\t'Plain TCP'
mqtts\t'TLS'
ws\t'WebSocket'
wss\t'WebSocket over TLS'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand clean-retained" -l url -d 'All in one, for example mqtts://user:pass@host:8883/topic' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand clean-retained" -l unix -d 'Connect to a Unix socket instead of a host and port' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand clean-retained" -s i -l client-id -d 'Client identifier [default: random]' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand clean-retained" -s u -l username -d 'User name' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand clean-retained" -s P -l password -d 'Password; - reads it from stdin' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand clean-retained" -l password-file -d 'File whose first line is the password' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand clean-retained" -l password-env -d 'Environment variable that holds the password' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand clean-retained" -s V -l mqtt-version -d 'MQTT version: 5.0, 3.1.1 or 3.1' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand clean-retained" -s k -l keepalive -d 'Keep Alive interval; 0 disables it' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand clean-retained" -l connect-timeout -d 'Time limit for one attempt to connect; 0 disables it' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand clean-retained" -l reconnect-period -d 'Initial reconnect delay, doubled each time; 0 disables reconnecting' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand clean-retained" -l maximum-reconnect-times -d 'Give up after N attempts in one outage' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand clean-retained" -l authentication-method -d 'SCRAM-SHA-1, SCRAM-SHA-256 or SCRAM-SHA-512' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand clean-retained" -l reauthenticate-every -d 'Authenticate again at this interval, on the same connection' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand clean-retained" -l session-expiry-interval -d 'Time the broker keeps the session after the connection ends' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand clean-retained" -l receive-maximum -d 'QoS 1 and 2 messages the broker may send unacknowledged, 1 or more' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand clean-retained" -l maximum-packet-size -d 'Largest packet to accept from the broker' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand clean-retained" -l topic-alias-maximum -d 'Topic aliases the broker may use' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand clean-retained" -l conn-user-properties -d 'User properties of CONNECT, "name: value"' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand clean-retained" -l will-topic -d 'Topic of the will' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand clean-retained" -l will-message -d 'Payload of the will [default: empty]' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand clean-retained" -l will-qos -d 'QoS of the will' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand clean-retained" -l will-delay-interval -d 'Delay before the broker publishes the will' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand clean-retained" -l will-message-expiry-interval -d 'Time after which the broker discards the will' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand clean-retained" -l will-content-type -d 'MIME type of the payload of the will' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand clean-retained" -l will-response-topic -d 'Topic for replies to the will' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand clean-retained" -l will-correlation-data -d 'Data that links a reply to the will' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand clean-retained" -l will-user-properties -d 'User properties of the will, "name: value"' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand clean-retained" -l ca -d 'Trusted CA certificates, a file or a folder [default: the system\'s]' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand clean-retained" -l cert -d 'Client certificate' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand clean-retained" -l key -d 'Private key of the client certificate' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand clean-retained" -l key-password -d 'Passphrase of an encrypted key' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand clean-retained" -l key-password-file -d 'File whose first line is the passphrase' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand clean-retained" -l sni -d 'Server name to request and verify [default: the host]' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand clean-retained" -l alpn -d 'Application protocols to offer (ALPN)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand clean-retained" -l tls-min-version -d 'Lowest TLS version to accept: 1.2 or 1.3' -r -f -a "1.2\t'TLS 1.2'
1.3\t'TLS 1.3'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand clean-retained" -l pin-sha256 -d 'Accept only the public key with this SHA-256 hash; repeatable' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand clean-retained" -l path -d 'Path of the upgrade request' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand clean-retained" -l ws-headers -d 'Headers to add to the request, "name: value"' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand clean-retained" -l proxy -d 'Proxy, for example socks5h://host:1080 or http://host:3128' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand clean-retained" -l no-proxy -d 'Hosts to reach without the proxy, separated by commas' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand clean-retained" -l bind -d 'Local address to connect from' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand clean-retained" -l trace -d 'Print each packet on stderr, as text or with =json as JSON' -r -f -a "text\t'A line of text'
json\t'One JSON object per line'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand clean-retained" -l save-options -d 'Save the options to a file [default: ./mqttx-cli-options.json]' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand clean-retained" -l load-options -d 'Load options from a file [default: ./mqttx-cli-options.json]' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand clean-retained" -l color -d 'Use colour: auto, always or never' -r -f -a "auto\t''
always\t'Even into a pipe'
never\t'Not even on a terminal'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand clean-retained" -l error-format -d 'Print errors as text or json' -r -f -a "text\t'A sentence, and perhaps a hint'
json\t'One JSON object'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand clean-retained" -l profile -d 'Profile to use: its name, or the path of a file' -x -a "(mqttx-rs profile list --names 2>/dev/null)"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand clean-retained" -l log-file -d 'Append everything printed on stderr to a file; --trace and --debug then print only there' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand clean-retained" -l dry-run -d 'List the topics and remove nothing'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand clean-retained" -l yes -d 'Remove without asking'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand clean-retained" -l embedded -d 'Start a broker in this program and connect to it'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand clean-retained" -l ask-password -d 'Prompt for the password on the terminal'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand clean-retained" -l no-clean -d 'Resume the stored session and keep it; needs --client-id'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand clean-retained" -l follow-redirect -d 'Follow a redirect to another broker'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand clean-retained" -l req-response-info -d 'Ask the broker for Response Information'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand clean-retained" -l no-req-problem-info -d 'Ask the broker to leave out reason strings'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand clean-retained" -l will-retain -d 'Have the broker keep the will for later subscribers'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand clean-retained" -l will-payload-format-indicator -d 'Mark the payload of the will as UTF-8 text'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand clean-retained" -l insecure -d 'Accept any certificate: anyone can listen in'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand clean-retained" -l ipv4 -d 'Use IPv4 only'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand clean-retained" -l ipv6 -d 'Use IPv6 only'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand clean-retained" -l no-profile -d 'Use no profile, not even the selected one'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand clean-retained" -l quiet -d 'Print only warnings and errors on stderr'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand clean-retained" -l debug -d 'Log what the program does on stderr'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand clean-retained" -l help -d 'Print the most used options and examples'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand clean-retained" -l help-all -d 'Print all options'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand probe" -l require -d 'Exit 1 unless the broker supports these; separated by commas' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand probe" -l only -d 'Test only these, and those of --require' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand probe" -l prefix -d 'Topic below which the test topics are, each run under a random level' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand probe" -l timeout -d 'Time limit for each row' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand probe" -l tls-port -d 'Port for TLS [default: 8883]' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand probe" -l ws-port -d 'Port for WebSocket [default: 8083]' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand probe" -l wss-port -d 'Port for WebSocket over TLS [default: 8084]' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand probe" -s h -l hostname -d 'Host name or address of the broker' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand probe" -s p -l port -d 'Port [default: by protocol 1883, 8883, 8083 or 8084]' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand probe" -s l -l protocol -d 'mqtt, mqtts, ws or wss; a TLS option implies mqtts' -r -f -a "mqtt\t'Plain TCP'
mqtts\t'TLS'
ws\t'WebSocket'
wss\t'WebSocket over TLS'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand probe" -l url -d 'All in one, for example mqtts://user:pass@host:8883/topic' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand probe" -l unix -d 'Connect to a Unix socket instead of a host and port' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand probe" -s i -l client-id -d 'Client identifier [default: random]' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand probe" -s u -l username -d 'User name' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand probe" -s P -l password -d 'Password; - reads it from stdin' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand probe" -l password-file -d 'File whose first line is the password' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand probe" -l password-env -d 'Environment variable that holds the password' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand probe" -s V -l mqtt-version -d 'MQTT version: 5.0, 3.1.1 or 3.1' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand probe" -s k -l keepalive -d 'Keep Alive interval; 0 disables it' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand probe" -l connect-timeout -d 'Time limit for one attempt to connect; 0 disables it' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand probe" -l reconnect-period -d 'Initial reconnect delay, doubled each time; 0 disables reconnecting' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand probe" -l maximum-reconnect-times -d 'Give up after N attempts in one outage' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand probe" -l authentication-method -d 'SCRAM-SHA-1, SCRAM-SHA-256 or SCRAM-SHA-512' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand probe" -l reauthenticate-every -d 'Authenticate again at this interval, on the same connection' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand probe" -l session-expiry-interval -d 'Time the broker keeps the session after the connection ends' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand probe" -l receive-maximum -d 'QoS 1 and 2 messages the broker may send unacknowledged, 1 or more' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand probe" -l maximum-packet-size -d 'Largest packet to accept from the broker' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand probe" -l topic-alias-maximum -d 'Topic aliases the broker may use' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand probe" -l conn-user-properties -d 'User properties of CONNECT, "name: value"' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand probe" -l will-topic -d 'Topic of the will' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand probe" -l will-message -d 'Payload of the will [default: empty]' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand probe" -l will-qos -d 'QoS of the will' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand probe" -l will-delay-interval -d 'Delay before the broker publishes the will' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand probe" -l will-message-expiry-interval -d 'Time after which the broker discards the will' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand probe" -l will-content-type -d 'MIME type of the payload of the will' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand probe" -l will-response-topic -d 'Topic for replies to the will' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand probe" -l will-correlation-data -d 'Data that links a reply to the will' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand probe" -l will-user-properties -d 'User properties of the will, "name: value"' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand probe" -l ca -d 'Trusted CA certificates, a file or a folder [default: the system\'s]' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand probe" -l cert -d 'Client certificate' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand probe" -l key -d 'Private key of the client certificate' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand probe" -l key-password -d 'Passphrase of an encrypted key' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand probe" -l key-password-file -d 'File whose first line is the passphrase' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand probe" -l sni -d 'Server name to request and verify [default: the host]' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand probe" -l alpn -d 'Application protocols to offer (ALPN)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand probe" -l tls-min-version -d 'Lowest TLS version to accept: 1.2 or 1.3' -r -f -a "1.2\t'TLS 1.2'
1.3\t'TLS 1.3'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand probe" -l pin-sha256 -d 'Accept only the public key with this SHA-256 hash; repeatable' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand probe" -l path -d 'Path of the upgrade request' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand probe" -l ws-headers -d 'Headers to add to the request, "name: value"' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand probe" -l proxy -d 'Proxy, for example socks5h://host:1080 or http://host:3128' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand probe" -l no-proxy -d 'Hosts to reach without the proxy, separated by commas' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand probe" -l bind -d 'Local address to connect from' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand probe" -l trace -d 'Print each packet on stderr, as text or with =json as JSON' -r -f -a "text\t'A line of text'
json\t'One JSON object per line'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand probe" -l save-options -d 'Save the options to a file [default: ./mqttx-cli-options.json]' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand probe" -l load-options -d 'Load options from a file [default: ./mqttx-cli-options.json]' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand probe" -l color -d 'Use colour: auto, always or never' -r -f -a "auto\t''
always\t'Even into a pipe'
never\t'Not even on a terminal'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand probe" -l error-format -d 'Print errors as text or json' -r -f -a "text\t'A sentence, and perhaps a hint'
json\t'One JSON object'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand probe" -l profile -d 'Profile to use: its name, or the path of a file' -x -a "(mqttx-rs profile list --names 2>/dev/null)"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand probe" -l log-file -d 'Append everything printed on stderr to a file; --trace and --debug then print only there' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand probe" -l json -d 'Print one JSON object at the end instead of a table'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand probe" -l embedded -d 'Start a broker in this program and connect to it'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand probe" -l ask-password -d 'Prompt for the password on the terminal'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand probe" -l no-clean -d 'Resume the stored session and keep it; needs --client-id'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand probe" -l follow-redirect -d 'Follow a redirect to another broker'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand probe" -l req-response-info -d 'Ask the broker for Response Information'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand probe" -l no-req-problem-info -d 'Ask the broker to leave out reason strings'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand probe" -l will-retain -d 'Have the broker keep the will for later subscribers'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand probe" -l will-payload-format-indicator -d 'Mark the payload of the will as UTF-8 text'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand probe" -l insecure -d 'Accept any certificate: anyone can listen in'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand probe" -l ipv4 -d 'Use IPv4 only'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand probe" -l ipv6 -d 'Use IPv6 only'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand probe" -l no-profile -d 'Use no profile, not even the selected one'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand probe" -l quiet -d 'Print only warnings and errors on stderr'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand probe" -l debug -d 'Log what the program does on stderr'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand probe" -l help -d 'Print the most used options and examples'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand probe" -l help-all -d 'Print all options'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand watch" -s t -l topic -d 'Filters of the topics, the same as FILTER' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand watch" -s q -l qos -d 'Highest QoS' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand watch" -s h -l hostname -d 'Host name or address of the broker' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand watch" -s p -l port -d 'Port [default: by protocol 1883, 8883, 8083 or 8084]' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand watch" -s l -l protocol -d 'mqtt, mqtts, ws or wss; a TLS option implies mqtts' -r -f -a "mqtt\t'Plain TCP'
mqtts\t'TLS'
ws\t'WebSocket'
wss\t'WebSocket over TLS'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand watch" -l url -d 'All in one, for example mqtts://user:pass@host:8883/topic' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand watch" -l unix -d 'Connect to a Unix socket instead of a host and port' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand watch" -s i -l client-id -d 'Client identifier [default: random]' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand watch" -s u -l username -d 'User name' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand watch" -s P -l password -d 'Password; - reads it from stdin' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand watch" -l password-file -d 'File whose first line is the password' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand watch" -l password-env -d 'Environment variable that holds the password' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand watch" -s V -l mqtt-version -d 'MQTT version: 5.0, 3.1.1 or 3.1' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand watch" -s k -l keepalive -d 'Keep Alive interval; 0 disables it' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand watch" -l connect-timeout -d 'Time limit for one attempt to connect; 0 disables it' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand watch" -l reconnect-period -d 'Initial reconnect delay, doubled each time; 0 disables reconnecting' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand watch" -l maximum-reconnect-times -d 'Give up after N attempts in one outage' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand watch" -l authentication-method -d 'SCRAM-SHA-1, SCRAM-SHA-256 or SCRAM-SHA-512' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand watch" -l reauthenticate-every -d 'Authenticate again at this interval, on the same connection' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand watch" -l session-expiry-interval -d 'Time the broker keeps the session after the connection ends' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand watch" -l receive-maximum -d 'QoS 1 and 2 messages the broker may send unacknowledged, 1 or more' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand watch" -l maximum-packet-size -d 'Largest packet to accept from the broker' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand watch" -l topic-alias-maximum -d 'Topic aliases the broker may use' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand watch" -l conn-user-properties -d 'User properties of CONNECT, "name: value"' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand watch" -l will-topic -d 'Topic of the will' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand watch" -l will-message -d 'Payload of the will [default: empty]' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand watch" -l will-qos -d 'QoS of the will' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand watch" -l will-delay-interval -d 'Delay before the broker publishes the will' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand watch" -l will-message-expiry-interval -d 'Time after which the broker discards the will' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand watch" -l will-content-type -d 'MIME type of the payload of the will' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand watch" -l will-response-topic -d 'Topic for replies to the will' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand watch" -l will-correlation-data -d 'Data that links a reply to the will' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand watch" -l will-user-properties -d 'User properties of the will, "name: value"' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand watch" -l ca -d 'Trusted CA certificates, a file or a folder [default: the system\'s]' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand watch" -l cert -d 'Client certificate' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand watch" -l key -d 'Private key of the client certificate' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand watch" -l key-password -d 'Passphrase of an encrypted key' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand watch" -l key-password-file -d 'File whose first line is the passphrase' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand watch" -l sni -d 'Server name to request and verify [default: the host]' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand watch" -l alpn -d 'Application protocols to offer (ALPN)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand watch" -l tls-min-version -d 'Lowest TLS version to accept: 1.2 or 1.3' -r -f -a "1.2\t'TLS 1.2'
1.3\t'TLS 1.3'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand watch" -l pin-sha256 -d 'Accept only the public key with this SHA-256 hash; repeatable' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand watch" -l path -d 'Path of the upgrade request' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand watch" -l ws-headers -d 'Headers to add to the request, "name: value"' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand watch" -l proxy -d 'Proxy, for example socks5h://host:1080 or http://host:3128' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand watch" -l no-proxy -d 'Hosts to reach without the proxy, separated by commas' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand watch" -l bind -d 'Local address to connect from' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand watch" -l trace -d 'Print each packet on stderr, as text or with =json as JSON' -r -f -a "text\t'A line of text'
json\t'One JSON object per line'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand watch" -l save-options -d 'Save the options to a file [default: ./mqttx-cli-options.json]' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand watch" -l load-options -d 'Load options from a file [default: ./mqttx-cli-options.json]' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand watch" -l color -d 'Use colour: auto, always or never' -r -f -a "auto\t''
always\t'Even into a pipe'
never\t'Not even on a terminal'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand watch" -l error-format -d 'Print errors as text or json' -r -f -a "text\t'A sentence, and perhaps a hint'
json\t'One JSON object'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand watch" -l profile -d 'Profile to use: its name, or the path of a file' -x -a "(mqttx-rs profile list --names 2>/dev/null)"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand watch" -l log-file -d 'Append everything printed on stderr to a file; --trace and --debug then print only there' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand watch" -l embedded -d 'Start a broker in this program and connect to it'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand watch" -l ask-password -d 'Prompt for the password on the terminal'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand watch" -l no-clean -d 'Resume the stored session and keep it; needs --client-id'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand watch" -l follow-redirect -d 'Follow a redirect to another broker'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand watch" -l req-response-info -d 'Ask the broker for Response Information'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand watch" -l no-req-problem-info -d 'Ask the broker to leave out reason strings'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand watch" -l will-retain -d 'Have the broker keep the will for later subscribers'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand watch" -l will-payload-format-indicator -d 'Mark the payload of the will as UTF-8 text'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand watch" -l insecure -d 'Accept any certificate: anyone can listen in'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand watch" -l ipv4 -d 'Use IPv4 only'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand watch" -l ipv6 -d 'Use IPv6 only'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand watch" -l no-profile -d 'Use no profile, not even the selected one'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand watch" -l quiet -d 'Print only warnings and errors on stderr'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand watch" -l debug -d 'Log what the program does on stderr'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand watch" -l help -d 'Print the most used options and examples'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand watch" -l help-all -d 'Print all options'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand repl" -l script -d 'Run the commands of a file, or of several as a test suite; `-` is stdin [default: stdin, unless it is a terminal]' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand repl" -l junit -d 'Write the result of each script to a file, as XML for CI' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand repl" -s h -l hostname -d 'Host name or address of the broker' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand repl" -s p -l port -d 'Port [default: by protocol 1883, 8883, 8083 or 8084]' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand repl" -s l -l protocol -d 'mqtt, mqtts, ws or wss; a TLS option implies mqtts' -r -f -a "mqtt\t'Plain TCP'
mqtts\t'TLS'
ws\t'WebSocket'
wss\t'WebSocket over TLS'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand repl" -l url -d 'All in one, for example mqtts://user:pass@host:8883/topic' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand repl" -l unix -d 'Connect to a Unix socket instead of a host and port' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand repl" -s i -l client-id -d 'Client identifier [default: random]' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand repl" -s u -l username -d 'User name' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand repl" -s P -l password -d 'Password; - reads it from stdin' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand repl" -l password-file -d 'File whose first line is the password' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand repl" -l password-env -d 'Environment variable that holds the password' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand repl" -s V -l mqtt-version -d 'MQTT version: 5.0, 3.1.1 or 3.1' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand repl" -s k -l keepalive -d 'Keep Alive interval; 0 disables it' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand repl" -l connect-timeout -d 'Time limit for one attempt to connect; 0 disables it' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand repl" -l reconnect-period -d 'Initial reconnect delay, doubled each time; 0 disables reconnecting' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand repl" -l maximum-reconnect-times -d 'Give up after N attempts in one outage' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand repl" -l authentication-method -d 'SCRAM-SHA-1, SCRAM-SHA-256 or SCRAM-SHA-512' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand repl" -l reauthenticate-every -d 'Authenticate again at this interval, on the same connection' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand repl" -l session-expiry-interval -d 'Time the broker keeps the session after the connection ends' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand repl" -l receive-maximum -d 'QoS 1 and 2 messages the broker may send unacknowledged, 1 or more' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand repl" -l maximum-packet-size -d 'Largest packet to accept from the broker' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand repl" -l topic-alias-maximum -d 'Topic aliases the broker may use' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand repl" -l conn-user-properties -d 'User properties of CONNECT, "name: value"' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand repl" -l will-topic -d 'Topic of the will' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand repl" -l will-message -d 'Payload of the will [default: empty]' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand repl" -l will-qos -d 'QoS of the will' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand repl" -l will-delay-interval -d 'Delay before the broker publishes the will' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand repl" -l will-message-expiry-interval -d 'Time after which the broker discards the will' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand repl" -l will-content-type -d 'MIME type of the payload of the will' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand repl" -l will-response-topic -d 'Topic for replies to the will' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand repl" -l will-correlation-data -d 'Data that links a reply to the will' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand repl" -l will-user-properties -d 'User properties of the will, "name: value"' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand repl" -l ca -d 'Trusted CA certificates, a file or a folder [default: the system\'s]' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand repl" -l cert -d 'Client certificate' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand repl" -l key -d 'Private key of the client certificate' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand repl" -l key-password -d 'Passphrase of an encrypted key' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand repl" -l key-password-file -d 'File whose first line is the passphrase' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand repl" -l sni -d 'Server name to request and verify [default: the host]' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand repl" -l alpn -d 'Application protocols to offer (ALPN)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand repl" -l tls-min-version -d 'Lowest TLS version to accept: 1.2 or 1.3' -r -f -a "1.2\t'TLS 1.2'
1.3\t'TLS 1.3'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand repl" -l pin-sha256 -d 'Accept only the public key with this SHA-256 hash; repeatable' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand repl" -l path -d 'Path of the upgrade request' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand repl" -l ws-headers -d 'Headers to add to the request, "name: value"' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand repl" -l proxy -d 'Proxy, for example socks5h://host:1080 or http://host:3128' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand repl" -l no-proxy -d 'Hosts to reach without the proxy, separated by commas' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand repl" -l bind -d 'Local address to connect from' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand repl" -l trace -d 'Print each packet on stderr, as text or with =json as JSON' -r -f -a "text\t'A line of text'
json\t'One JSON object per line'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand repl" -l inflight -d 'Messages in flight [default: as many as the broker announces, otherwise 100, or 20 at QoS 2]' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand repl" -l save-options -d 'Save the options to a file [default: ./mqttx-cli-options.json]' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand repl" -l load-options -d 'Load options from a file [default: ./mqttx-cli-options.json]' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand repl" -l color -d 'Use colour: auto, always or never' -r -f -a "auto\t''
always\t'Even into a pipe'
never\t'Not even on a terminal'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand repl" -l error-format -d 'Print errors as text or json' -r -f -a "text\t'A sentence, and perhaps a hint'
json\t'One JSON object'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand repl" -l profile -d 'Profile to use: its name, or the path of a file' -x -a "(mqttx-rs profile list --names 2>/dev/null)"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand repl" -l log-file -d 'Append everything printed on stderr to a file; --trace and --debug then print only there' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand repl" -s x -l echo -d 'Print each line of a script on stderr before running it'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand repl" -l no-rc -d 'Do not run the start-up file and the saved settings; a script never does'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand repl" -l keep-going -d 'Continue after an error; the exit code is that of the first error'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand repl" -l embedded -d 'Start a broker in this program and connect to it'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand repl" -l ask-password -d 'Prompt for the password on the terminal'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand repl" -l no-clean -d 'Resume the stored session and keep it; needs --client-id'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand repl" -l follow-redirect -d 'Follow a redirect to another broker'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand repl" -l req-response-info -d 'Ask the broker for Response Information'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand repl" -l no-req-problem-info -d 'Ask the broker to leave out reason strings'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand repl" -l will-retain -d 'Have the broker keep the will for later subscribers'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand repl" -l will-payload-format-indicator -d 'Mark the payload of the will as UTF-8 text'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand repl" -l insecure -d 'Accept any certificate: anyone can listen in'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand repl" -l ipv4 -d 'Use IPv4 only'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand repl" -l ipv6 -d 'Use IPv6 only'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand repl" -l resend-uncertain -d 'Send QoS 2 messages again when a lost session leaves their delivery uncertain'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand repl" -l no-profile -d 'Use no profile, not even the selected one'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand repl" -l quiet -d 'Print only warnings and errors on stderr'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand repl" -l debug -d 'Log what the program does on stderr'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand repl" -l help -d 'Print the most used options and examples'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand repl" -l help-all -d 'Print all options'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and not __fish_seen_subcommand_from conn pub sub e2e run presets merge compare manifest" -l color -d 'Use colour: auto, always or never' -r -f -a "auto\t''
always\t'Even into a pipe'
never\t'Not even on a terminal'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and not __fish_seen_subcommand_from conn pub sub e2e run presets merge compare manifest" -l error-format -d 'Print errors as text or json' -r -f -a "text\t'A sentence, and perhaps a hint'
json\t'One JSON object'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and not __fish_seen_subcommand_from conn pub sub e2e run presets merge compare manifest" -l profile -d 'Profile to use: its name, or the path of a file' -x -a "(mqttx-rs profile list --names 2>/dev/null)"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and not __fish_seen_subcommand_from conn pub sub e2e run presets merge compare manifest" -l log-file -d 'Append everything printed on stderr to a file; --trace and --debug then print only there' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and not __fish_seen_subcommand_from conn pub sub e2e run presets merge compare manifest" -l no-profile -d 'Use no profile, not even the selected one'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and not __fish_seen_subcommand_from conn pub sub e2e run presets merge compare manifest" -l quiet -d 'Print only warnings and errors on stderr'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and not __fish_seen_subcommand_from conn pub sub e2e run presets merge compare manifest" -l debug -d 'Log what the program does on stderr'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and not __fish_seen_subcommand_from conn pub sub e2e run presets merge compare manifest" -l help -d 'Print the most used options and examples'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and not __fish_seen_subcommand_from conn pub sub e2e run presets merge compare manifest" -l help-all -d 'Print all options'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and not __fish_seen_subcommand_from conn pub sub e2e run presets merge compare manifest" -f -a "conn" -d 'Open connections and hold them'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and not __fish_seen_subcommand_from conn pub sub e2e run presets merge compare manifest" -f -a "pub" -d 'Publish from many clients'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and not __fish_seen_subcommand_from conn pub sub e2e run presets merge compare manifest" -f -a "sub" -d 'Subscribe with many clients and count what arrives'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and not __fish_seen_subcommand_from conn pub sub e2e run presets merge compare manifest" -f -a "e2e" -d 'Publish and subscribe in one process: end-to-end latency, losses, duplicates'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and not __fish_seen_subcommand_from conn pub sub e2e run presets merge compare manifest" -f -a "run" -d 'Run a scenario of several groups and phases: a preset or a TOML file'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and not __fish_seen_subcommand_from conn pub sub e2e run presets merge compare manifest" -f -a "presets" -d 'List the presets of `bench run`, or print one to copy and edit'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and not __fish_seen_subcommand_from conn pub sub e2e run presets merge compare manifest" -f -a "merge" -d 'Merge the reports of several machines, with exact histograms'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and not __fish_seen_subcommand_from conn pub sub e2e run presets merge compare manifest" -f -a "compare" -d 'Compare two reports'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and not __fish_seen_subcommand_from conn pub sub e2e run presets merge compare manifest" -f -a "manifest" -d 'Print a job for Kubernetes or Slurm that runs a scenario on several machines and merges the reports'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from conn" -s c -l count -d 'Number of clients' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from conn" -s i -l interval -d 'Delay between two connects, in milliseconds or with a unit' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from conn" -l ramp -d 'Connects per second instead of --interval, for example 200/s; `max` is as fast as --handshakes allows' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from conn" -l handshakes -d 'Connects in progress at a time, at least one per worker' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from conn" -l duration -d 'End after this time, in seconds or with a unit' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from conn" -l warmup -d 'Exclude the first part of the run from latencies and rates, in seconds or with a unit' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from conn" -l drain -d 'How long to wait for outstanding messages at the end while nothing arrives, in seconds or with a unit; up to ten times as long in total while messages arrive, or just this time after a signal' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from conn" -l workers -d 'Number of threads [default: 1 for a light load, otherwise one per core]' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from conn" -l source-ip -d 'Local addresses to connect from in turn, for more ports; repeatable, or a range such as 10.0.0.1-10.0.0.9' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from conn" -l clients-csv -d 'CSV file with a row for each client; the first line names the columns. `client_id`, username, password, cert, key and topic set the options of those names; every column is a placeholder too, for example {site}' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from conn" -l rows -d 'How rows are assigned to clients' -r -f -a "in-order\t'In the order of the file; there are at most as many clients as rows'
wrap\t'In the order of the file, starting again at the first row if there are more clients'
shuffle\t'At random, each row once before any is used again'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from conn" -l start-number -d 'Number before that of the first client: with 100, {client} and %i begin at 101' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from conn" -l shard -d 'Part of a run on several machines, for example 2/5; /5 takes the number of the part from Kubernetes, Slurm, Nomad or GNU parallel, auto takes the number of parts from Slurm too' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from conn" -l run-id -d 'Name shared by all parts of a run, by which `bench merge` recognises them [default: derived from --start-at and the options]' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from conn" -l start-at -d 'When to begin, so that several machines start together, for example 2026-11-22T12:00:00Z' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from conn" -l prometheus -d 'Serve metrics for Prometheus during the run, for example on 127.0.0.1:9464' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from conn" -l fail -d 'Fail (exit code 99) if this holds, for example \'p99>100ms\', \'loss>0\' or \'rate<0.99\'; repeatable' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from conn" -l report -d 'Write everything as JSON, updated every few seconds during the run; `-` is stdout' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from conn" -l csv -d 'Write one CSV line per second' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from conn" -l html -d 'Write an HTML page with plots' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from conn" -l hdr-log -d 'Write the histograms in the interval log format of `HdrHistogram`' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from conn" -l summary -d 'Write the result for CI, for example json or junit:results.xml; without a path, or with `-`, to stdout' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from conn" -s p -l port -d 'Port [default: by protocol 1883, 8883, 8083 or 8084]' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from conn" -s l -l protocol -d 'mqtt, mqtts, ws or wss; a TLS option implies mqtts' -r -f -a "mqtt\t'Plain TCP'
mqtts\t'TLS'
ws\t'WebSocket'
wss\t'WebSocket over TLS'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from conn" -l url -d 'All in one, for example mqtts://user:pass@host:8883/topic' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from conn" -l unix -d 'Connect to a Unix socket instead of a host and port' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from conn" -s u -l username -d 'User name' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from conn" -s P -l password -d 'Password; - reads it from stdin' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from conn" -l password-file -d 'File whose first line is the password' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from conn" -l password-env -d 'Environment variable that holds the password' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from conn" -s V -l mqtt-version -d 'MQTT version: 5.0, 3.1.1 or 3.1' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from conn" -s k -l keepalive -d 'Keep Alive interval; 0 disables it' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from conn" -l connect-timeout -d 'Time limit for one attempt to connect; 0 disables it' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from conn" -l reconnect-period -d 'Initial reconnect delay, doubled each time; 0 disables reconnecting' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from conn" -l maximum-reconnect-times -d 'Give up after N attempts in one outage' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from conn" -l authentication-method -d 'SCRAM-SHA-1, SCRAM-SHA-256 or SCRAM-SHA-512' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from conn" -l reauthenticate-every -d 'Authenticate again at this interval, on the same connection' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from conn" -l session-expiry-interval -d 'Time the broker keeps the session after the connection ends' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from conn" -l receive-maximum -d 'QoS 1 and 2 messages the broker may send unacknowledged, 1 or more' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from conn" -l maximum-packet-size -d 'Largest packet to accept from the broker' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from conn" -l topic-alias-maximum -d 'Topic aliases the broker may use' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from conn" -l will-topic -d 'Topic of the will' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from conn" -l will-message -d 'Payload of the will [default: empty]' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from conn" -l will-qos -d 'QoS of the will' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from conn" -l will-delay-interval -d 'Delay before the broker publishes the will' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from conn" -l will-message-expiry-interval -d 'Time after which the broker discards the will' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from conn" -l will-content-type -d 'MIME type of the payload of the will' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from conn" -l will-response-topic -d 'Topic for replies to the will' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from conn" -l will-correlation-data -d 'Data that links a reply to the will' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from conn" -l will-user-properties -d 'User properties of the will, "name: value"' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from conn" -l ca -d 'Trusted CA certificates, a file or a folder [default: the system\'s]' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from conn" -l cert -d 'Client certificate' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from conn" -l key -d 'Private key of the client certificate' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from conn" -l key-password -d 'Passphrase of an encrypted key' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from conn" -l key-password-file -d 'File whose first line is the passphrase' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from conn" -l sni -d 'Server name to request and verify [default: the host]' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from conn" -l alpn -d 'Application protocols to offer (ALPN)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from conn" -l tls-min-version -d 'Lowest TLS version to accept: 1.2 or 1.3' -r -f -a "1.2\t'TLS 1.2'
1.3\t'TLS 1.3'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from conn" -l pin-sha256 -d 'Accept only the public key with this SHA-256 hash; repeatable' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from conn" -l path -d 'Path of the upgrade request' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from conn" -l ws-headers -d 'Headers to add to the request, "name: value"' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from conn" -l proxy -d 'Proxy, for example socks5h://host:1080 or http://host:3128' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from conn" -l no-proxy -d 'Hosts to reach without the proxy, separated by commas' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from conn" -l bind -d 'Local address to connect from' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from conn" -l trace -d 'Print each packet on stderr, as text or with =json as JSON' -r -f -a "text\t'A line of text'
json\t'One JSON object per line'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from conn" -l save-options -d 'Save the options to a file [default: ./mqttx-cli-options.json]' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from conn" -l load-options -d 'Load options from a file [default: ./mqttx-cli-options.json]' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from conn" -s I -l client-id -d 'Client identifier [default: random]' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from conn" -l user-properties -d 'User properties of CONNECT, "name: value"' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from conn" -s h -l hostname -d 'Host name or address of the broker' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from conn" -l color -d 'Use colour: auto, always or never' -r -f -a "auto\t''
always\t'Even into a pipe'
never\t'Not even on a terminal'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from conn" -l error-format -d 'Print errors as text or json' -r -f -a "text\t'A sentence, and perhaps a hint'
json\t'One JSON object'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from conn" -l profile -d 'Profile to use: its name, or the path of a file' -x -a "(mqttx-rs profile list --names 2>/dev/null)"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from conn" -l log-file -d 'Append everything printed on stderr to a file; --trace and --debug then print only there' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from conn" -l reconnect -d 'Reconnect when the connection is lost (see -rp and --maximum-reconnect-times)'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from conn" -l abort-on-fail -d 'End as soon as a --fail condition holds'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from conn" -l embedded -d 'Start a broker in this program and connect to it'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from conn" -l ask-password -d 'Prompt for the password on the terminal'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from conn" -l no-clean -d 'Resume the stored session and keep it; needs --client-id'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from conn" -l follow-redirect -d 'Follow a redirect to another broker'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from conn" -l req-response-info -d 'Ask the broker for Response Information'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from conn" -l no-req-problem-info -d 'Ask the broker to leave out reason strings'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from conn" -l will-retain -d 'Have the broker keep the will for later subscribers'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from conn" -l will-payload-format-indicator -d 'Mark the payload of the will as UTF-8 text'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from conn" -l insecure -d 'Accept any certificate: anyone can listen in'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from conn" -l ipv4 -d 'Use IPv4 only'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from conn" -l ipv6 -d 'Use IPv6 only'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from conn" -l no-profile -d 'Use no profile, not even the selected one'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from conn" -l quiet -d 'Print only warnings and errors on stderr'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from conn" -l debug -d 'Log what the program does on stderr'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from conn" -l help -d 'Print the most used options and examples'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from conn" -l help-all -d 'Print all options'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -s c -l count -d 'Number of clients' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -s i -l interval -d 'Delay between two connects, in milliseconds or with a unit' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -l ramp -d 'Connects per second instead of --interval, for example 200/s; `max` is as fast as --handshakes allows' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -l handshakes -d 'Connects in progress at a time, at least one per worker' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -l duration -d 'End after this time, in seconds or with a unit' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -l warmup -d 'Exclude the first part of the run from latencies and rates, in seconds or with a unit' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -l drain -d 'How long to wait for outstanding messages at the end while nothing arrives, in seconds or with a unit; up to ten times as long in total while messages arrive, or just this time after a signal' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -l workers -d 'Number of threads [default: 1 for a light load, otherwise one per core]' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -l source-ip -d 'Local addresses to connect from in turn, for more ports; repeatable, or a range such as 10.0.0.1-10.0.0.9' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -l clients-csv -d 'CSV file with a row for each client; the first line names the columns. `client_id`, username, password, cert, key and topic set the options of those names; every column is a placeholder too, for example {site}' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -l rows -d 'How rows are assigned to clients' -r -f -a "in-order\t'In the order of the file; there are at most as many clients as rows'
wrap\t'In the order of the file, starting again at the first row if there are more clients'
shuffle\t'At random, each row once before any is used again'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -l start-number -d 'Number before that of the first client: with 100, {client} and %i begin at 101' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -l shard -d 'Part of a run on several machines, for example 2/5; /5 takes the number of the part from Kubernetes, Slurm, Nomad or GNU parallel, auto takes the number of parts from Slurm too' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -l run-id -d 'Name shared by all parts of a run, by which `bench merge` recognises them [default: derived from --start-at and the options]' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -l start-at -d 'When to begin, so that several machines start together, for example 2026-11-22T12:00:00Z' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -l prometheus -d 'Serve metrics for Prometheus during the run, for example on 127.0.0.1:9464' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -l message-interval -d 'Delay between two messages of a client, in milliseconds or with a unit' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -l rate -d 'Messages of all clients together, for example 50000/s' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -l rate-per-client -d 'Messages of each client, for example 0.5/s' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -l burst -d 'Send this many messages of all clients at a time, at the same rate on average' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -l rate-trace -d 'Rates from a CSV file: rows of SECONDS,RATE for example 60,2000/s, each from its second on; the last row is the end' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -l find-max -d 'Search for the highest rate that meets all these conditions, for example \'p99<50ms\'; starts at --rate, and each step takes --duration [default: 5s]' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -l confirm -d 'With --find-max: how many runs have to confirm the result' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -l max-time -d 'With --find-max: end after this time with the best rate so far, in seconds or with a unit' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -l inflight -d 'Messages in flight per client [default: as many as the broker announces, otherwise 100, or 20 at QoS 2]' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -s L -l limit -d 'End after N messages of all clients together' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -l limit-per-client -d 'Number of messages of each client' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -l topics -d 'Number of topics each client uses in turn; %s in the topic is their number' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -l seed -d 'Seed of the random values in the payload and topic, which are then the same in each run' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -l stamp -d 'Where each message carries its number and its time: payload (32 bytes in front), property (5.0), or a field of JSON, for example `json:/t` [default: payload with -S of 32 or more, else none]' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -l precision -d 'How exactly planned times are kept and arrivals noted; coarser takes less CPU [default: 50us while idle, up to 1ms under load]' -r -f -a "50us\t'Each message and each answer wakes a worker'
200us\t'A worker looks every 160 us'
1ms\t'A worker looks every 800 us'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -s m -l message -d 'Payload [default: "Hello From MQTTX CLI"; in e2e 64 bytes]' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -l file-read -d 'Read the payload from a file' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -l payloads -d 'Recorded payloads in turn: a folder (each file is one, by name), or JSON lines of `sub --output-mode jsonl`; each client sends each once, or all of them repeatedly until --limit or --duration' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -l split -d 'Split the payload at this regular expression, for example \',\' [default: \'\\n\']; each client sends each part once, or all of them repeatedly until --limit or --duration' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -s S -l payload-size -d 'Random payload of this size, for example 1KB; with 32 bytes or more it carries a number and a time' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -s q -l qos -d 'Quality of Service: 0, 1 or 2' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -s e -l message-expiry-interval -d 'Time after which the broker discards the message' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -l topic-alias -d 'Number to send in place of the topic' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -l response-topic -d 'Topic for replies' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -l correlation-data -d 'Data that links a reply to its request' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -l user-properties -d 'User properties, "name: value"' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -l content-type -d 'MIME type of the payload' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -l subscription-identifier -d 'No client may send it [MQTT-3.3.4-6]' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -s f -l format -d 'plain, hex, base64, json, binary, cbor, msgpack or sparkplug; with a schema protobuf, avro or avro-single-object' -r -f -a "plain\t''
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
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -l protobuf-path -d 'Protobuf schema: a .proto file or a descriptor set' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -l protobuf-message-name -d 'Message type in the Protobuf schema' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -l avsc-path -d 'Avro schema: an .avsc file' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -l schema -d 'Schema for the topics that match a filter, for example \'a/#=a.proto:Reading\'' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -l compress -d 'Compress payloads: gzip or zstd' -r -f -a "gzip\t''
zstd\t''"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -l fail -d 'Fail (exit code 99) if this holds, for example \'p99>100ms\', \'loss>0\' or \'rate<0.99\'; repeatable' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -l report -d 'Write everything as JSON, updated every few seconds during the run; `-` is stdout' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -l csv -d 'Write one CSV line per second' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -l html -d 'Write an HTML page with plots' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -l hdr-log -d 'Write the histograms in the interval log format of `HdrHistogram`' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -l summary -d 'Write the result for CI, for example json or junit:results.xml; without a path, or with `-`, to stdout' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -s p -l port -d 'Port [default: by protocol 1883, 8883, 8083 or 8084]' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -s l -l protocol -d 'mqtt, mqtts, ws or wss; a TLS option implies mqtts' -r -f -a "mqtt\t'Plain TCP'
mqtts\t'TLS'
ws\t'WebSocket'
wss\t'WebSocket over TLS'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -l url -d 'All in one, for example mqtts://user:pass@host:8883/topic' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -l unix -d 'Connect to a Unix socket instead of a host and port' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -s u -l username -d 'User name' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -s P -l password -d 'Password; - reads it from stdin' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -l password-file -d 'File whose first line is the password' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -l password-env -d 'Environment variable that holds the password' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -s V -l mqtt-version -d 'MQTT version: 5.0, 3.1.1 or 3.1' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -s k -l keepalive -d 'Keep Alive interval; 0 disables it' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -l connect-timeout -d 'Time limit for one attempt to connect; 0 disables it' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -l reconnect-period -d 'Initial reconnect delay, doubled each time; 0 disables reconnecting' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -l maximum-reconnect-times -d 'Give up after N attempts in one outage' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -l authentication-method -d 'SCRAM-SHA-1, SCRAM-SHA-256 or SCRAM-SHA-512' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -l reauthenticate-every -d 'Authenticate again at this interval, on the same connection' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -l session-expiry-interval -d 'Time the broker keeps the session after the connection ends' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -l receive-maximum -d 'QoS 1 and 2 messages the broker may send unacknowledged, 1 or more' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -l maximum-packet-size -d 'Largest packet to accept from the broker' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -l topic-alias-maximum -d 'Topic aliases the broker may use' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -l conn-user-properties -d 'User properties of CONNECT, "name: value"' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -l will-topic -d 'Topic of the will' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -l will-message -d 'Payload of the will [default: empty]' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -l will-qos -d 'QoS of the will' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -l will-delay-interval -d 'Delay before the broker publishes the will' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -l will-message-expiry-interval -d 'Time after which the broker discards the will' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -l will-content-type -d 'MIME type of the payload of the will' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -l will-response-topic -d 'Topic for replies to the will' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -l will-correlation-data -d 'Data that links a reply to the will' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -l will-user-properties -d 'User properties of the will, "name: value"' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -l ca -d 'Trusted CA certificates, a file or a folder [default: the system\'s]' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -l cert -d 'Client certificate' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -l key -d 'Private key of the client certificate' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -l key-password -d 'Passphrase of an encrypted key' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -l key-password-file -d 'File whose first line is the passphrase' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -l sni -d 'Server name to request and verify [default: the host]' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -l alpn -d 'Application protocols to offer (ALPN)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -l tls-min-version -d 'Lowest TLS version to accept: 1.2 or 1.3' -r -f -a "1.2\t'TLS 1.2'
1.3\t'TLS 1.3'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -l pin-sha256 -d 'Accept only the public key with this SHA-256 hash; repeatable' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -l path -d 'Path of the upgrade request' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -l ws-headers -d 'Headers to add to the request, "name: value"' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -l proxy -d 'Proxy, for example socks5h://host:1080 or http://host:3128' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -l no-proxy -d 'Hosts to reach without the proxy, separated by commas' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -l bind -d 'Local address to connect from' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -l trace -d 'Print each packet on stderr, as text or with =json as JSON' -r -f -a "text\t'A line of text'
json\t'One JSON object per line'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -l save-options -d 'Save the options to a file [default: ./mqttx-cli-options.json]' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -l load-options -d 'Load options from a file [default: ./mqttx-cli-options.json]' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -s I -l client-id -d 'Client identifier [default: random]' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -s t -l topic -d 'Topic to publish to; %i, %c and other placeholders, or --topics, make several of one' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -s h -l hostname -d 'Host name or address of the broker' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -l color -d 'Use colour: auto, always or never' -r -f -a "auto\t''
always\t'Even into a pipe'
never\t'Not even on a terminal'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -l error-format -d 'Print errors as text or json' -r -f -a "text\t'A sentence, and perhaps a hint'
json\t'One JSON object'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -l profile -d 'Profile to use: its name, or the path of a file' -x -a "(mqttx-rs profile list --names 2>/dev/null)"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -l log-file -d 'Append everything printed on stderr to a file; --trace and --debug then print only there' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -l reconnect -d 'Reconnect when the connection is lost (see -rp and --maximum-reconnect-times)'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -l poisson -d 'Random gaps between messages, as with many independent senders'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -l unpaced -d 'Send as fast as the window and the socket allow'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -l latency -d 'With --unpaced: measure latency anyway, at the cost of speed'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -s v -l verbose -d 'Accepted for compatibility with MQTTX'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -l template -d 'Fill placeholders in the payload of -m, --file-read or --payloads too, for example %i {time} {walk:20..30}'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -s r -l retain -d 'Have the broker keep the message for later subscribers'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -s d -l dup -d 'Set the DUP flag'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -l payload-format-indicator -d 'Mark the payload as UTF-8 text'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -l abort-on-fail -d 'End as soon as a --fail condition holds'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -l embedded -d 'Start a broker in this program and connect to it'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -l ask-password -d 'Prompt for the password on the terminal'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -l no-clean -d 'Resume the stored session and keep it; needs --client-id'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -l follow-redirect -d 'Follow a redirect to another broker'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -l req-response-info -d 'Ask the broker for Response Information'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -l no-req-problem-info -d 'Ask the broker to leave out reason strings'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -l will-retain -d 'Have the broker keep the will for later subscribers'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -l will-payload-format-indicator -d 'Mark the payload of the will as UTF-8 text'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -l insecure -d 'Accept any certificate: anyone can listen in'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -l ipv4 -d 'Use IPv4 only'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -l ipv6 -d 'Use IPv6 only'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -l no-profile -d 'Use no profile, not even the selected one'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -l quiet -d 'Print only warnings and errors on stderr'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -l debug -d 'Log what the program does on stderr'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -l help -d 'Print the most used options and examples'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from pub" -l help-all -d 'Print all options'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from sub" -s c -l count -d 'Number of clients' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from sub" -s i -l interval -d 'Delay between two connects, in milliseconds or with a unit' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from sub" -l ramp -d 'Connects per second instead of --interval, for example 200/s; `max` is as fast as --handshakes allows' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from sub" -l handshakes -d 'Connects in progress at a time, at least one per worker' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from sub" -l duration -d 'End after this time, in seconds or with a unit' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from sub" -l warmup -d 'Exclude the first part of the run from latencies and rates, in seconds or with a unit' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from sub" -l drain -d 'How long to wait for outstanding messages at the end while nothing arrives, in seconds or with a unit; up to ten times as long in total while messages arrive, or just this time after a signal' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from sub" -l workers -d 'Number of threads [default: 1 for a light load, otherwise one per core]' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from sub" -l source-ip -d 'Local addresses to connect from in turn, for more ports; repeatable, or a range such as 10.0.0.1-10.0.0.9' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from sub" -l clients-csv -d 'CSV file with a row for each client; the first line names the columns. `client_id`, username, password, cert, key and topic set the options of those names; every column is a placeholder too, for example {site}' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from sub" -l rows -d 'How rows are assigned to clients' -r -f -a "in-order\t'In the order of the file; there are at most as many clients as rows'
wrap\t'In the order of the file, starting again at the first row if there are more clients'
shuffle\t'At random, each row once before any is used again'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from sub" -l start-number -d 'Number before that of the first client: with 100, {client} and %i begin at 101' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from sub" -l shard -d 'Part of a run on several machines, for example 2/5; /5 takes the number of the part from Kubernetes, Slurm, Nomad or GNU parallel, auto takes the number of parts from Slurm too' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from sub" -l run-id -d 'Name shared by all parts of a run, by which `bench merge` recognises them [default: derived from --start-at and the options]' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from sub" -l start-at -d 'When to begin, so that several machines start together, for example 2026-11-22T12:00:00Z' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from sub" -l prometheus -d 'Serve metrics for Prometheus during the run, for example on 127.0.0.1:9464' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from sub" -s t -l topic -d 'Topic filters with %i %c %u, for example car/%i/#' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from sub" -s q -l qos -d 'Highest QoS, one for each filter or one for all' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from sub" -l no-local -d 'Leave out the client\'s own messages (5.0)' -r -f -a "true\t''
false\t''"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from sub" -l retain-as-published -d 'Keep the retain flag as published (5.0)' -r -f -a "true\t''
false\t''"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from sub" -l retain-handling -d 'Retained messages: 0 send, 1 send if the subscription is new, 2 do not send (5.0)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from sub" -l subscription-identifier -d 'Identifier the broker returns with each match (5.0)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from sub" -l user-properties -d 'User properties, for example "site: plant-7" (5.0)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from sub" -s L -l limit -d 'End after N messages of all clients together' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from sub" -l stamp -d 'Where messages carry their number and time, as in `bench pub --stamp` [default: payload]' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from sub" -l precision -d 'How exactly planned times are kept and arrivals noted; coarser takes less CPU [default: 50us while idle, up to 1ms under load]' -r -f -a "50us\t'Each message and each answer wakes a worker'
200us\t'A worker looks every 160 us'
1ms\t'A worker looks every 800 us'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from sub" -l fail -d 'Fail (exit code 99) if this holds, for example \'p99>100ms\', \'loss>0\' or \'rate<0.99\'; repeatable' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from sub" -l report -d 'Write everything as JSON, updated every few seconds during the run; `-` is stdout' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from sub" -l csv -d 'Write one CSV line per second' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from sub" -l html -d 'Write an HTML page with plots' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from sub" -l hdr-log -d 'Write the histograms in the interval log format of `HdrHistogram`' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from sub" -l summary -d 'Write the result for CI, for example json or junit:results.xml; without a path, or with `-`, to stdout' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from sub" -s p -l port -d 'Port [default: by protocol 1883, 8883, 8083 or 8084]' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from sub" -s l -l protocol -d 'mqtt, mqtts, ws or wss; a TLS option implies mqtts' -r -f -a "mqtt\t'Plain TCP'
mqtts\t'TLS'
ws\t'WebSocket'
wss\t'WebSocket over TLS'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from sub" -l url -d 'All in one, for example mqtts://user:pass@host:8883/topic' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from sub" -l unix -d 'Connect to a Unix socket instead of a host and port' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from sub" -s u -l username -d 'User name' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from sub" -s P -l password -d 'Password; - reads it from stdin' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from sub" -l password-file -d 'File whose first line is the password' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from sub" -l password-env -d 'Environment variable that holds the password' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from sub" -s V -l mqtt-version -d 'MQTT version: 5.0, 3.1.1 or 3.1' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from sub" -s k -l keepalive -d 'Keep Alive interval; 0 disables it' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from sub" -l connect-timeout -d 'Time limit for one attempt to connect; 0 disables it' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from sub" -l reconnect-period -d 'Initial reconnect delay, doubled each time; 0 disables reconnecting' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from sub" -l maximum-reconnect-times -d 'Give up after N attempts in one outage' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from sub" -l authentication-method -d 'SCRAM-SHA-1, SCRAM-SHA-256 or SCRAM-SHA-512' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from sub" -l reauthenticate-every -d 'Authenticate again at this interval, on the same connection' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from sub" -l session-expiry-interval -d 'Time the broker keeps the session after the connection ends' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from sub" -l receive-maximum -d 'QoS 1 and 2 messages the broker may send unacknowledged, 1 or more' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from sub" -l maximum-packet-size -d 'Largest packet to accept from the broker' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from sub" -l topic-alias-maximum -d 'Topic aliases the broker may use' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from sub" -l conn-user-properties -d 'User properties of CONNECT, "name: value"' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from sub" -l will-topic -d 'Topic of the will' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from sub" -l will-message -d 'Payload of the will [default: empty]' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from sub" -l will-qos -d 'QoS of the will' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from sub" -l will-delay-interval -d 'Delay before the broker publishes the will' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from sub" -l will-message-expiry-interval -d 'Time after which the broker discards the will' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from sub" -l will-content-type -d 'MIME type of the payload of the will' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from sub" -l will-response-topic -d 'Topic for replies to the will' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from sub" -l will-correlation-data -d 'Data that links a reply to the will' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from sub" -l will-user-properties -d 'User properties of the will, "name: value"' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from sub" -l ca -d 'Trusted CA certificates, a file or a folder [default: the system\'s]' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from sub" -l cert -d 'Client certificate' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from sub" -l key -d 'Private key of the client certificate' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from sub" -l key-password -d 'Passphrase of an encrypted key' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from sub" -l key-password-file -d 'File whose first line is the passphrase' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from sub" -l sni -d 'Server name to request and verify [default: the host]' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from sub" -l alpn -d 'Application protocols to offer (ALPN)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from sub" -l tls-min-version -d 'Lowest TLS version to accept: 1.2 or 1.3' -r -f -a "1.2\t'TLS 1.2'
1.3\t'TLS 1.3'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from sub" -l pin-sha256 -d 'Accept only the public key with this SHA-256 hash; repeatable' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from sub" -l path -d 'Path of the upgrade request' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from sub" -l ws-headers -d 'Headers to add to the request, "name: value"' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from sub" -l proxy -d 'Proxy, for example socks5h://host:1080 or http://host:3128' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from sub" -l no-proxy -d 'Hosts to reach without the proxy, separated by commas' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from sub" -l bind -d 'Local address to connect from' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from sub" -l trace -d 'Print each packet on stderr, as text or with =json as JSON' -r -f -a "text\t'A line of text'
json\t'One JSON object per line'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from sub" -l save-options -d 'Save the options to a file [default: ./mqttx-cli-options.json]' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from sub" -l load-options -d 'Load options from a file [default: ./mqttx-cli-options.json]' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from sub" -s I -l client-id -d 'Client identifier [default: random]' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from sub" -s h -l hostname -d 'Host name or address of the broker' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from sub" -l color -d 'Use colour: auto, always or never' -r -f -a "auto\t''
always\t'Even into a pipe'
never\t'Not even on a terminal'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from sub" -l error-format -d 'Print errors as text or json' -r -f -a "text\t'A sentence, and perhaps a hint'
json\t'One JSON object'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from sub" -l profile -d 'Profile to use: its name, or the path of a file' -x -a "(mqttx-rs profile list --names 2>/dev/null)"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from sub" -l log-file -d 'Append everything printed on stderr to a file; --trace and --debug then print only there' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from sub" -l reconnect -d 'Reconnect when the connection is lost (see -rp and --maximum-reconnect-times)'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from sub" -l trust-foreign-clocks -d 'Measure one-way latency of messages stamped by other machines, as accurate as their clocks agree'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from sub" -s v -l verbose -d 'Accepted for compatibility with MQTTX'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from sub" -l abort-on-fail -d 'End as soon as a --fail condition holds'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from sub" -l embedded -d 'Start a broker in this program and connect to it'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from sub" -l ask-password -d 'Prompt for the password on the terminal'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from sub" -l no-clean -d 'Resume the stored session and keep it; needs --client-id'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from sub" -l follow-redirect -d 'Follow a redirect to another broker'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from sub" -l req-response-info -d 'Ask the broker for Response Information'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from sub" -l no-req-problem-info -d 'Ask the broker to leave out reason strings'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from sub" -l will-retain -d 'Have the broker keep the will for later subscribers'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from sub" -l will-payload-format-indicator -d 'Mark the payload of the will as UTF-8 text'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from sub" -l insecure -d 'Accept any certificate: anyone can listen in'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from sub" -l ipv4 -d 'Use IPv4 only'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from sub" -l ipv6 -d 'Use IPv6 only'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from sub" -l no-profile -d 'Use no profile, not even the selected one'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from sub" -l quiet -d 'Print only warnings and errors on stderr'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from sub" -l debug -d 'Log what the program does on stderr'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from sub" -l help -d 'Print the most used options and examples'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from sub" -l help-all -d 'Print all options'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from e2e" -l shape -d 'Which publisher sends to which subscriber' -r -f -a "one-to-one\t'Each publisher to its own subscriber'
fan-out\t'Every publisher to every subscriber'
fan-in\t'Every publisher, each on its own topic, to few subscribers'
shared\t'Every publisher to a group whose members share the messages'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from e2e" -l publishers -d 'Number of publishers [default: -c; with fan-out 1]' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from e2e" -l subscribers -d 'Number of subscribers [default: -c; with fan-in 1]' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from e2e" -s c -l count -d 'Number of clients' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from e2e" -s i -l interval -d 'Delay between two connects, in milliseconds or with a unit' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from e2e" -l ramp -d 'Connects per second instead of --interval, for example 200/s; `max` is as fast as --handshakes allows' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from e2e" -l handshakes -d 'Connects in progress at a time, at least one per worker' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from e2e" -l duration -d 'End after this time, in seconds or with a unit' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from e2e" -l warmup -d 'Exclude the first part of the run from latencies and rates, in seconds or with a unit' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from e2e" -l drain -d 'How long to wait for outstanding messages at the end while nothing arrives, in seconds or with a unit; up to ten times as long in total while messages arrive, or just this time after a signal' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from e2e" -l workers -d 'Number of threads [default: 1 for a light load, otherwise one per core]' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from e2e" -l source-ip -d 'Local addresses to connect from in turn, for more ports; repeatable, or a range such as 10.0.0.1-10.0.0.9' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from e2e" -l clients-csv -d 'CSV file with a row for each client; the first line names the columns. `client_id`, username, password, cert, key and topic set the options of those names; every column is a placeholder too, for example {site}' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from e2e" -l rows -d 'How rows are assigned to clients' -r -f -a "in-order\t'In the order of the file; there are at most as many clients as rows'
wrap\t'In the order of the file, starting again at the first row if there are more clients'
shuffle\t'At random, each row once before any is used again'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from e2e" -l start-number -d 'Number before that of the first client: with 100, {client} and %i begin at 101' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from e2e" -l shard -d 'Part of a run on several machines, for example 2/5; /5 takes the number of the part from Kubernetes, Slurm, Nomad or GNU parallel, auto takes the number of parts from Slurm too' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from e2e" -l run-id -d 'Name shared by all parts of a run, by which `bench merge` recognises them [default: derived from --start-at and the options]' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from e2e" -l start-at -d 'When to begin, so that several machines start together, for example 2026-11-22T12:00:00Z' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from e2e" -l prometheus -d 'Serve metrics for Prometheus during the run, for example on 127.0.0.1:9464' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from e2e" -l message-interval -d 'Delay between two messages of a client, in milliseconds or with a unit' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from e2e" -l rate -d 'Messages of all clients together, for example 50000/s' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from e2e" -l rate-per-client -d 'Messages of each client, for example 0.5/s' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from e2e" -l burst -d 'Send this many messages of all clients at a time, at the same rate on average' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from e2e" -l rate-trace -d 'Rates from a CSV file: rows of SECONDS,RATE for example 60,2000/s, each from its second on; the last row is the end' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from e2e" -l find-max -d 'Search for the highest rate that meets all these conditions, for example \'p99<50ms\'; starts at --rate, and each step takes --duration [default: 5s]' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from e2e" -l confirm -d 'With --find-max: how many runs have to confirm the result' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from e2e" -l max-time -d 'With --find-max: end after this time with the best rate so far, in seconds or with a unit' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from e2e" -l inflight -d 'Messages in flight per client [default: as many as the broker announces, otherwise 100, or 20 at QoS 2]' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from e2e" -s L -l limit -d 'End after N messages of all clients together' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from e2e" -l limit-per-client -d 'Number of messages of each client' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from e2e" -l topics -d 'Number of topics each client uses in turn; %s in the topic is their number' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from e2e" -l seed -d 'Seed of the random values in the payload and topic, which are then the same in each run' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from e2e" -l stamp -d 'Where each message carries its number and its time: payload (32 bytes in front), property (5.0), or a field of JSON, for example `json:/t` [default: payload with -S of 32 or more, else none]' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from e2e" -l precision -d 'How exactly planned times are kept and arrivals noted; coarser takes less CPU [default: 50us while idle, up to 1ms under load]' -r -f -a "50us\t'Each message and each answer wakes a worker'
200us\t'A worker looks every 160 us'
1ms\t'A worker looks every 800 us'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from e2e" -s m -l message -d 'Payload [default: "Hello From MQTTX CLI"; in e2e 64 bytes]' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from e2e" -l file-read -d 'Read the payload from a file' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from e2e" -l payloads -d 'Recorded payloads in turn: a folder (each file is one, by name), or JSON lines of `sub --output-mode jsonl`; each client sends each once, or all of them repeatedly until --limit or --duration' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from e2e" -l split -d 'Split the payload at this regular expression, for example \',\' [default: \'\\n\']; each client sends each part once, or all of them repeatedly until --limit or --duration' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from e2e" -s S -l payload-size -d 'Random payload of this size, for example 1KB; with 32 bytes or more it carries a number and a time' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from e2e" -s t -l topic -d 'Topic; the other fields of a message are as in `bench pub`' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from e2e" -s q -l qos -d 'Quality of Service: 0, 1 or 2' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from e2e" -s f -l format -d 'plain, hex, base64, json, binary, cbor, msgpack or sparkplug; with a schema protobuf, avro or avro-single-object' -r -f -a "plain\t''
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
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from e2e" -l protobuf-path -d 'Protobuf schema: a .proto file or a descriptor set' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from e2e" -l protobuf-message-name -d 'Message type in the Protobuf schema' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from e2e" -l avsc-path -d 'Avro schema: an .avsc file' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from e2e" -l schema -d 'Schema for the topics that match a filter, for example \'a/#=a.proto:Reading\'' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from e2e" -l compress -d 'Compress payloads: gzip or zstd' -r -f -a "gzip\t''
zstd\t''"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from e2e" -l fail -d 'Fail (exit code 99) if this holds, for example \'p99>100ms\', \'loss>0\' or \'rate<0.99\'; repeatable' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from e2e" -l report -d 'Write everything as JSON, updated every few seconds during the run; `-` is stdout' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from e2e" -l csv -d 'Write one CSV line per second' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from e2e" -l html -d 'Write an HTML page with plots' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from e2e" -l hdr-log -d 'Write the histograms in the interval log format of `HdrHistogram`' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from e2e" -l summary -d 'Write the result for CI, for example json or junit:results.xml; without a path, or with `-`, to stdout' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from e2e" -s p -l port -d 'Port [default: by protocol 1883, 8883, 8083 or 8084]' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from e2e" -s l -l protocol -d 'mqtt, mqtts, ws or wss; a TLS option implies mqtts' -r -f -a "mqtt\t'Plain TCP'
mqtts\t'TLS'
ws\t'WebSocket'
wss\t'WebSocket over TLS'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from e2e" -l url -d 'All in one, for example mqtts://user:pass@host:8883/topic' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from e2e" -l unix -d 'Connect to a Unix socket instead of a host and port' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from e2e" -s u -l username -d 'User name' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from e2e" -s P -l password -d 'Password; - reads it from stdin' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from e2e" -l password-file -d 'File whose first line is the password' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from e2e" -l password-env -d 'Environment variable that holds the password' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from e2e" -s V -l mqtt-version -d 'MQTT version: 5.0, 3.1.1 or 3.1' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from e2e" -s k -l keepalive -d 'Keep Alive interval; 0 disables it' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from e2e" -l connect-timeout -d 'Time limit for one attempt to connect; 0 disables it' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from e2e" -l reconnect-period -d 'Initial reconnect delay, doubled each time; 0 disables reconnecting' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from e2e" -l maximum-reconnect-times -d 'Give up after N attempts in one outage' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from e2e" -l authentication-method -d 'SCRAM-SHA-1, SCRAM-SHA-256 or SCRAM-SHA-512' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from e2e" -l reauthenticate-every -d 'Authenticate again at this interval, on the same connection' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from e2e" -l session-expiry-interval -d 'Time the broker keeps the session after the connection ends' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from e2e" -l receive-maximum -d 'QoS 1 and 2 messages the broker may send unacknowledged, 1 or more' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from e2e" -l maximum-packet-size -d 'Largest packet to accept from the broker' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from e2e" -l topic-alias-maximum -d 'Topic aliases the broker may use' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from e2e" -l conn-user-properties -d 'User properties of CONNECT, "name: value"' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from e2e" -l will-topic -d 'Topic of the will' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from e2e" -l will-message -d 'Payload of the will [default: empty]' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from e2e" -l will-qos -d 'QoS of the will' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from e2e" -l will-delay-interval -d 'Delay before the broker publishes the will' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from e2e" -l will-message-expiry-interval -d 'Time after which the broker discards the will' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from e2e" -l will-content-type -d 'MIME type of the payload of the will' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from e2e" -l will-response-topic -d 'Topic for replies to the will' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from e2e" -l will-correlation-data -d 'Data that links a reply to the will' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from e2e" -l will-user-properties -d 'User properties of the will, "name: value"' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from e2e" -l ca -d 'Trusted CA certificates, a file or a folder [default: the system\'s]' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from e2e" -l cert -d 'Client certificate' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from e2e" -l key -d 'Private key of the client certificate' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from e2e" -l key-password -d 'Passphrase of an encrypted key' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from e2e" -l key-password-file -d 'File whose first line is the passphrase' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from e2e" -l sni -d 'Server name to request and verify [default: the host]' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from e2e" -l alpn -d 'Application protocols to offer (ALPN)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from e2e" -l tls-min-version -d 'Lowest TLS version to accept: 1.2 or 1.3' -r -f -a "1.2\t'TLS 1.2'
1.3\t'TLS 1.3'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from e2e" -l pin-sha256 -d 'Accept only the public key with this SHA-256 hash; repeatable' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from e2e" -l path -d 'Path of the upgrade request' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from e2e" -l ws-headers -d 'Headers to add to the request, "name: value"' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from e2e" -l proxy -d 'Proxy, for example socks5h://host:1080 or http://host:3128' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from e2e" -l no-proxy -d 'Hosts to reach without the proxy, separated by commas' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from e2e" -l bind -d 'Local address to connect from' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from e2e" -l trace -d 'Print each packet on stderr, as text or with =json as JSON' -r -f -a "text\t'A line of text'
json\t'One JSON object per line'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from e2e" -l save-options -d 'Save the options to a file [default: ./mqttx-cli-options.json]' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from e2e" -l load-options -d 'Load options from a file [default: ./mqttx-cli-options.json]' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from e2e" -s I -l client-id -d 'Client identifier [default: random]' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from e2e" -s h -l hostname -d 'Host name or address of the broker' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from e2e" -l color -d 'Use colour: auto, always or never' -r -f -a "auto\t''
always\t'Even into a pipe'
never\t'Not even on a terminal'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from e2e" -l error-format -d 'Print errors as text or json' -r -f -a "text\t'A sentence, and perhaps a hint'
json\t'One JSON object'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from e2e" -l profile -d 'Profile to use: its name, or the path of a file' -x -a "(mqttx-rs profile list --names 2>/dev/null)"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from e2e" -l log-file -d 'Append everything printed on stderr to a file; --trace and --debug then print only there' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from e2e" -l reconnect -d 'Reconnect when the connection is lost (see -rp and --maximum-reconnect-times)'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from e2e" -l poisson -d 'Random gaps between messages, as with many independent senders'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from e2e" -l unpaced -d 'Send as fast as the window and the socket allow'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from e2e" -l latency -d 'With --unpaced: measure latency anyway, at the cost of speed'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from e2e" -s v -l verbose -d 'Accepted for compatibility with MQTTX'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from e2e" -l template -d 'Fill placeholders in the payload of -m, --file-read or --payloads too, for example %i {time} {walk:20..30}'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from e2e" -l abort-on-fail -d 'End as soon as a --fail condition holds'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from e2e" -l embedded -d 'Start a broker in this program and connect to it'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from e2e" -l ask-password -d 'Prompt for the password on the terminal'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from e2e" -l no-clean -d 'Resume the stored session and keep it; needs --client-id'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from e2e" -l follow-redirect -d 'Follow a redirect to another broker'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from e2e" -l req-response-info -d 'Ask the broker for Response Information'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from e2e" -l no-req-problem-info -d 'Ask the broker to leave out reason strings'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from e2e" -l will-retain -d 'Have the broker keep the will for later subscribers'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from e2e" -l will-payload-format-indicator -d 'Mark the payload of the will as UTF-8 text'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from e2e" -l insecure -d 'Accept any certificate: anyone can listen in'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from e2e" -l ipv4 -d 'Use IPv4 only'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from e2e" -l ipv6 -d 'Use IPv6 only'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from e2e" -l no-profile -d 'Use no profile, not even the selected one'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from e2e" -l quiet -d 'Print only warnings and errors on stderr'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from e2e" -l debug -d 'Log what the program does on stderr'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from e2e" -l help -d 'Print the most used options and examples'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from e2e" -l help-all -d 'Print all options'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from run" -l preset -d 'Preset to run, like SCENARIO' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from run" -l scale -d 'Multiply all client counts, rates and limits by this factor, for example 0.01' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from run" -l seed -d 'Seed of the random values in payloads and topics, which are then the same in each run' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from run" -s i -l interval -d 'Delay between two connects, in milliseconds or with a unit' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from run" -l ramp -d 'Connects per second instead of --interval, for example 200/s; `max` is as fast as --handshakes allows' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from run" -l handshakes -d 'Connects in progress at a time, at least one per worker' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from run" -l duration -d 'End after this time, in seconds or with a unit' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from run" -l warmup -d 'Exclude the first part of the run from latencies and rates, in seconds or with a unit' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from run" -l drain -d 'How long to wait for outstanding messages at the end while nothing arrives, in seconds or with a unit; up to ten times as long in total while messages arrive, or just this time after a signal' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from run" -l workers -d 'Number of threads [default: 1 for a light load, otherwise one per core]' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from run" -l source-ip -d 'Local addresses to connect from in turn, for more ports; repeatable, or a range such as 10.0.0.1-10.0.0.9' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from run" -l clients-csv -d 'CSV file with a row for each client; the first line names the columns. `client_id`, username, password, cert, key and topic set the options of those names; every column is a placeholder too, for example {site}' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from run" -l rows -d 'How rows are assigned to clients' -r -f -a "in-order\t'In the order of the file; there are at most as many clients as rows'
wrap\t'In the order of the file, starting again at the first row if there are more clients'
shuffle\t'At random, each row once before any is used again'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from run" -l start-number -d 'Number before that of the first client: with 100, {client} and %i begin at 101' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from run" -l shard -d 'Part of a run on several machines, for example 2/5; /5 takes the number of the part from Kubernetes, Slurm, Nomad or GNU parallel, auto takes the number of parts from Slurm too' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from run" -l run-id -d 'Name shared by all parts of a run, by which `bench merge` recognises them [default: derived from --start-at and the options]' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from run" -l start-at -d 'When to begin, so that several machines start together, for example 2026-11-22T12:00:00Z' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from run" -l prometheus -d 'Serve metrics for Prometheus during the run, for example on 127.0.0.1:9464' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from run" -l precision -d 'How exactly planned times are kept and arrivals noted; coarser takes less CPU [default: 50us while idle, up to 1ms under load]' -r -f -a "50us\t'Each message and each answer wakes a worker'
200us\t'A worker looks every 160 us'
1ms\t'A worker looks every 800 us'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from run" -l fail -d 'Fail (exit code 99) if this holds, for example \'p99>100ms\', \'loss>0\' or \'rate<0.99\'; repeatable' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from run" -l report -d 'Write everything as JSON, updated every few seconds during the run; `-` is stdout' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from run" -l csv -d 'Write one CSV line per second' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from run" -l html -d 'Write an HTML page with plots' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from run" -l hdr-log -d 'Write the histograms in the interval log format of `HdrHistogram`' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from run" -l summary -d 'Write the result for CI, for example json or junit:results.xml; without a path, or with `-`, to stdout' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from run" -s p -l port -d 'Port [default: by protocol 1883, 8883, 8083 or 8084]' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from run" -s l -l protocol -d 'mqtt, mqtts, ws or wss; a TLS option implies mqtts' -r -f -a "mqtt\t'Plain TCP'
mqtts\t'TLS'
ws\t'WebSocket'
wss\t'WebSocket over TLS'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from run" -l url -d 'All in one, for example mqtts://user:pass@host:8883/topic' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from run" -l unix -d 'Connect to a Unix socket instead of a host and port' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from run" -s u -l username -d 'User name' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from run" -s P -l password -d 'Password; - reads it from stdin' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from run" -l password-file -d 'File whose first line is the password' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from run" -l password-env -d 'Environment variable that holds the password' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from run" -s V -l mqtt-version -d 'MQTT version: 5.0, 3.1.1 or 3.1' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from run" -s k -l keepalive -d 'Keep Alive interval; 0 disables it' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from run" -l connect-timeout -d 'Time limit for one attempt to connect; 0 disables it' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from run" -l reconnect-period -d 'Initial reconnect delay, doubled each time; 0 disables reconnecting' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from run" -l maximum-reconnect-times -d 'Give up after N attempts in one outage' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from run" -l authentication-method -d 'SCRAM-SHA-1, SCRAM-SHA-256 or SCRAM-SHA-512' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from run" -l reauthenticate-every -d 'Authenticate again at this interval, on the same connection' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from run" -l session-expiry-interval -d 'Time the broker keeps the session after the connection ends' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from run" -l receive-maximum -d 'QoS 1 and 2 messages the broker may send unacknowledged, 1 or more' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from run" -l maximum-packet-size -d 'Largest packet to accept from the broker' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from run" -l topic-alias-maximum -d 'Topic aliases the broker may use' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from run" -l conn-user-properties -d 'User properties of CONNECT, "name: value"' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from run" -l will-topic -d 'Topic of the will' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from run" -l will-message -d 'Payload of the will [default: empty]' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from run" -l will-qos -d 'QoS of the will' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from run" -l will-delay-interval -d 'Delay before the broker publishes the will' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from run" -l will-message-expiry-interval -d 'Time after which the broker discards the will' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from run" -l will-content-type -d 'MIME type of the payload of the will' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from run" -l will-response-topic -d 'Topic for replies to the will' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from run" -l will-correlation-data -d 'Data that links a reply to the will' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from run" -l will-user-properties -d 'User properties of the will, "name: value"' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from run" -l ca -d 'Trusted CA certificates, a file or a folder [default: the system\'s]' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from run" -l cert -d 'Client certificate' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from run" -l key -d 'Private key of the client certificate' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from run" -l key-password -d 'Passphrase of an encrypted key' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from run" -l key-password-file -d 'File whose first line is the passphrase' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from run" -l sni -d 'Server name to request and verify [default: the host]' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from run" -l alpn -d 'Application protocols to offer (ALPN)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from run" -l tls-min-version -d 'Lowest TLS version to accept: 1.2 or 1.3' -r -f -a "1.2\t'TLS 1.2'
1.3\t'TLS 1.3'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from run" -l pin-sha256 -d 'Accept only the public key with this SHA-256 hash; repeatable' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from run" -l path -d 'Path of the upgrade request' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from run" -l ws-headers -d 'Headers to add to the request, "name: value"' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from run" -l proxy -d 'Proxy, for example socks5h://host:1080 or http://host:3128' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from run" -l no-proxy -d 'Hosts to reach without the proxy, separated by commas' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from run" -l bind -d 'Local address to connect from' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from run" -l trace -d 'Print each packet on stderr, as text or with =json as JSON' -r -f -a "text\t'A line of text'
json\t'One JSON object per line'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from run" -l save-options -d 'Save the options to a file [default: ./mqttx-cli-options.json]' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from run" -l load-options -d 'Load options from a file [default: ./mqttx-cli-options.json]' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from run" -s I -l client-id -d 'Client identifier [default: random]' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from run" -s h -l hostname -d 'Host name or address of the broker' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from run" -l color -d 'Use colour: auto, always or never' -r -f -a "auto\t''
always\t'Even into a pipe'
never\t'Not even on a terminal'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from run" -l error-format -d 'Print errors as text or json' -r -f -a "text\t'A sentence, and perhaps a hint'
json\t'One JSON object'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from run" -l profile -d 'Profile to use: its name, or the path of a file' -x -a "(mqttx-rs profile list --names 2>/dev/null)"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from run" -l log-file -d 'Append everything printed on stderr to a file; --trace and --debug then print only there' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from run" -l reconnect -d 'Reconnect when the connection is lost (see -rp and --maximum-reconnect-times)'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from run" -l abort-on-fail -d 'End as soon as a --fail condition holds'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from run" -l embedded -d 'Start a broker in this program and connect to it'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from run" -l ask-password -d 'Prompt for the password on the terminal'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from run" -l no-clean -d 'Resume the stored session and keep it; needs --client-id'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from run" -l follow-redirect -d 'Follow a redirect to another broker'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from run" -l req-response-info -d 'Ask the broker for Response Information'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from run" -l no-req-problem-info -d 'Ask the broker to leave out reason strings'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from run" -l will-retain -d 'Have the broker keep the will for later subscribers'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from run" -l will-payload-format-indicator -d 'Mark the payload of the will as UTF-8 text'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from run" -l insecure -d 'Accept any certificate: anyone can listen in'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from run" -l ipv4 -d 'Use IPv4 only'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from run" -l ipv6 -d 'Use IPv6 only'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from run" -l no-profile -d 'Use no profile, not even the selected one'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from run" -l quiet -d 'Print only warnings and errors on stderr'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from run" -l debug -d 'Log what the program does on stderr'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from run" -l help -d 'Print the most used options and examples'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from run" -l help-all -d 'Print all options'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from presets" -l color -d 'Use colour: auto, always or never' -r -f -a "auto\t''
always\t'Even into a pipe'
never\t'Not even on a terminal'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from presets" -l error-format -d 'Print errors as text or json' -r -f -a "text\t'A sentence, and perhaps a hint'
json\t'One JSON object'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from presets" -l profile -d 'Profile to use: its name, or the path of a file' -x -a "(mqttx-rs profile list --names 2>/dev/null)"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from presets" -l log-file -d 'Append everything printed on stderr to a file; --trace and --debug then print only there' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from presets" -l no-profile -d 'Use no profile, not even the selected one'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from presets" -l quiet -d 'Print only warnings and errors on stderr'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from presets" -l debug -d 'Log what the program does on stderr'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from presets" -l help -d 'Print the most used options and examples'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from presets" -l help-all -d 'Print all options'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from merge" -l wait -d 'Wait up to this time for all reports and the end of their runs, in seconds or with a unit' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from merge" -l fail -d 'Fail (exit code 99) if this holds, for example \'p99>100ms\', \'loss>0\' or \'rate<0.99\'; repeatable' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from merge" -l report -d 'Write everything as JSON, updated every few seconds during the run; `-` is stdout' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from merge" -l csv -d 'Write one CSV line per second' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from merge" -l html -d 'Write an HTML page with plots' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from merge" -l hdr-log -d 'Write the histograms in the interval log format of `HdrHistogram`' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from merge" -l summary -d 'Write the result for CI, for example json or junit:results.xml; without a path, or with `-`, to stdout' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from merge" -l color -d 'Use colour: auto, always or never' -r -f -a "auto\t''
always\t'Even into a pipe'
never\t'Not even on a terminal'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from merge" -l error-format -d 'Print errors as text or json' -r -f -a "text\t'A sentence, and perhaps a hint'
json\t'One JSON object'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from merge" -l profile -d 'Profile to use: its name, or the path of a file' -x -a "(mqttx-rs profile list --names 2>/dev/null)"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from merge" -l log-file -d 'Append everything printed on stderr to a file; --trace and --debug then print only there' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from merge" -l partial -d 'Merge the reports given even if parts of the run are missing'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from merge" -l abort-on-fail -d 'End as soon as a --fail condition holds'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from merge" -l no-profile -d 'Use no profile, not even the selected one'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from merge" -l quiet -d 'Print only warnings and errors on stderr'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from merge" -l debug -d 'Log what the program does on stderr'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from merge" -l help -d 'Print the most used options and examples'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from merge" -l help-all -d 'Print all options'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from compare" -l fail -d 'Fail (exit code 99) if a measure of the candidate differs from the baseline by more than this, for example \'ack.p99>+10%\', \'throughput<-5%\' or \'lost>+0\'; repeatable' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from compare" -l html -d 'Write a page with the figures and the plots of all of them over one another' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from compare" -l color -d 'Use colour: auto, always or never' -r -f -a "auto\t''
always\t'Even into a pipe'
never\t'Not even on a terminal'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from compare" -l error-format -d 'Print errors as text or json' -r -f -a "text\t'A sentence, and perhaps a hint'
json\t'One JSON object'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from compare" -l profile -d 'Profile to use: its name, or the path of a file' -x -a "(mqttx-rs profile list --names 2>/dev/null)"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from compare" -l log-file -d 'Append everything printed on stderr to a file; --trace and --debug then print only there' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from compare" -l no-profile -d 'Use no profile, not even the selected one'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from compare" -l quiet -d 'Print only warnings and errors on stderr'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from compare" -l debug -d 'Log what the program does on stderr'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from compare" -l help -d 'Print the most used options and examples'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from compare" -l help-all -d 'Print all options'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from manifest" -l shards -d 'Number of parts of the run, one process each' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from manifest" -l image -d 'Container image that has mqttx-rs (Kubernetes)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from manifest" -l fail -d 'Fail (exit code 99) if this holds for the whole run, as in `bench run`; repeatable' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from manifest" -l color -d 'Use colour: auto, always or never' -r -f -a "auto\t''
always\t'Even into a pipe'
never\t'Not even on a terminal'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from manifest" -l error-format -d 'Print errors as text or json' -r -f -a "text\t'A sentence, and perhaps a hint'
json\t'One JSON object'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from manifest" -l profile -d 'Profile to use: its name, or the path of a file' -x -a "(mqttx-rs profile list --names 2>/dev/null)"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from manifest" -l log-file -d 'Append everything printed on stderr to a file; --trace and --debug then print only there' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from manifest" -l no-profile -d 'Use no profile, not even the selected one'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from manifest" -l quiet -d 'Print only warnings and errors on stderr'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from manifest" -l debug -d 'Log what the program does on stderr'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from manifest" -l help -d 'Print the most used options and examples'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand bench; and __fish_seen_subcommand_from manifest" -l help-all -d 'Print all options'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand simulate" -l scenario -d '`tesla`, `IEM`, `smart_home` or `weather`, or a template file (with a `.` or `/` in its name; .j2 is Jinja)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand simulate" -s f -l file -d 'A template file' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand simulate" -l show -d 'Print the template of a scenario, and do nothing else' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand simulate" -s c -l count -d 'Number of clients' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand simulate" -s i -l interval -d 'Delay between two connects, in milliseconds or with a unit' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand simulate" -l ramp -d 'Connects per second instead of --interval, for example 200/s; `max` is as fast as --handshakes allows' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand simulate" -l handshakes -d 'Connects in progress at a time, at least one per worker' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand simulate" -l duration -d 'End after this time, in seconds or with a unit' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand simulate" -l warmup -d 'Exclude the first part of the run from latencies and rates, in seconds or with a unit' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand simulate" -l drain -d 'How long to wait for outstanding messages at the end while nothing arrives, in seconds or with a unit; up to ten times as long in total while messages arrive, or just this time after a signal' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand simulate" -l workers -d 'Number of threads [default: 1 for a light load, otherwise one per core]' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand simulate" -l source-ip -d 'Local addresses to connect from in turn, for more ports; repeatable, or a range such as 10.0.0.1-10.0.0.9' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand simulate" -l clients-csv -d 'CSV file with a row for each client; the first line names the columns. `client_id`, username, password, cert, key and topic set the options of those names; every column is a placeholder too, for example {site}' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand simulate" -l rows -d 'How rows are assigned to clients' -r -f -a "in-order\t'In the order of the file; there are at most as many clients as rows'
wrap\t'In the order of the file, starting again at the first row if there are more clients'
shuffle\t'At random, each row once before any is used again'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand simulate" -l start-number -d 'Number before that of the first client: with 100, {client} and %i begin at 101' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand simulate" -l shard -d 'Part of a run on several machines, for example 2/5; /5 takes the number of the part from Kubernetes, Slurm, Nomad or GNU parallel, auto takes the number of parts from Slurm too' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand simulate" -l run-id -d 'Name shared by all parts of a run, by which `bench merge` recognises them [default: derived from --start-at and the options]' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand simulate" -l start-at -d 'When to begin, so that several machines start together, for example 2026-11-22T12:00:00Z' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand simulate" -l prometheus -d 'Serve metrics for Prometheus during the run, for example on 127.0.0.1:9464' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand simulate" -l message-interval -d 'Delay between two messages of a client, in milliseconds or with a unit' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand simulate" -l rate -d 'Messages of all clients together, for example 50000/s' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand simulate" -l rate-per-client -d 'Messages of each client, for example 0.5/s' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand simulate" -l burst -d 'Send this many messages of all clients at a time, at the same rate on average' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand simulate" -l rate-trace -d 'Rates from a CSV file: rows of SECONDS,RATE for example 60,2000/s, each from its second on; the last row is the end' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand simulate" -l find-max -d 'Search for the highest rate that meets all these conditions, for example \'p99<50ms\'; starts at --rate, and each step takes --duration [default: 5s]' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand simulate" -l confirm -d 'With --find-max: how many runs have to confirm the result' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand simulate" -l max-time -d 'With --find-max: end after this time with the best rate so far, in seconds or with a unit' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand simulate" -l inflight -d 'Messages in flight per client [default: as many as the broker announces, otherwise 100, or 20 at QoS 2]' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand simulate" -s L -l limit -d 'End after N messages of all clients together' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand simulate" -l limit-per-client -d 'Number of messages of each client' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand simulate" -l topics -d 'Number of topics each client uses in turn; %s in the topic is their number' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand simulate" -l seed -d 'Seed of the random values in the payload and topic, which are then the same in each run' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand simulate" -l stamp -d 'Where each message carries its number and its time: payload (32 bytes in front), property (5.0), or a field of JSON, for example `json:/t` [default: payload with -S of 32 or more, else none]' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand simulate" -l precision -d 'How exactly planned times are kept and arrivals noted; coarser takes less CPU [default: 50us while idle, up to 1ms under load]' -r -f -a "50us\t'Each message and each answer wakes a worker'
200us\t'A worker looks every 160 us'
1ms\t'A worker looks every 800 us'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand simulate" -s q -l qos -d 'Quality of Service: 0, 1 or 2' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand simulate" -s e -l message-expiry-interval -d 'Time after which the broker discards the message' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand simulate" -l topic-alias -d 'Number to send in place of the topic' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand simulate" -l response-topic -d 'Topic for replies' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand simulate" -l correlation-data -d 'Data that links a reply to its request' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand simulate" -l user-properties -d 'User properties, "name: value"' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand simulate" -l content-type -d 'MIME type of the payload' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand simulate" -l subscription-identifier -d 'No client may send it [MQTT-3.3.4-6]' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand simulate" -l fail -d 'Fail (exit code 99) if this holds, for example \'p99>100ms\', \'loss>0\' or \'rate<0.99\'; repeatable' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand simulate" -l report -d 'Write everything as JSON, updated every few seconds during the run; `-` is stdout' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand simulate" -l csv -d 'Write one CSV line per second' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand simulate" -l html -d 'Write an HTML page with plots' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand simulate" -l hdr-log -d 'Write the histograms in the interval log format of `HdrHistogram`' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand simulate" -l summary -d 'Write the result for CI, for example json or junit:results.xml; without a path, or with `-`, to stdout' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand simulate" -s p -l port -d 'Port [default: by protocol 1883, 8883, 8083 or 8084]' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand simulate" -s l -l protocol -d 'mqtt, mqtts, ws or wss; a TLS option implies mqtts' -r -f -a "mqtt\t'Plain TCP'
mqtts\t'TLS'
ws\t'WebSocket'
wss\t'WebSocket over TLS'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand simulate" -l url -d 'All in one, for example mqtts://user:pass@host:8883/topic' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand simulate" -l unix -d 'Connect to a Unix socket instead of a host and port' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand simulate" -s u -l username -d 'User name' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand simulate" -s P -l password -d 'Password; - reads it from stdin' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand simulate" -l password-file -d 'File whose first line is the password' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand simulate" -l password-env -d 'Environment variable that holds the password' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand simulate" -s V -l mqtt-version -d 'MQTT version: 5.0, 3.1.1 or 3.1' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand simulate" -s k -l keepalive -d 'Keep Alive interval; 0 disables it' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand simulate" -l connect-timeout -d 'Time limit for one attempt to connect; 0 disables it' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand simulate" -l reconnect-period -d 'Initial reconnect delay, doubled each time; 0 disables reconnecting' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand simulate" -l maximum-reconnect-times -d 'Give up after N attempts in one outage' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand simulate" -l authentication-method -d 'SCRAM-SHA-1, SCRAM-SHA-256 or SCRAM-SHA-512' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand simulate" -l reauthenticate-every -d 'Authenticate again at this interval, on the same connection' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand simulate" -l session-expiry-interval -d 'Time the broker keeps the session after the connection ends' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand simulate" -l receive-maximum -d 'QoS 1 and 2 messages the broker may send unacknowledged, 1 or more' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand simulate" -l maximum-packet-size -d 'Largest packet to accept from the broker' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand simulate" -l topic-alias-maximum -d 'Topic aliases the broker may use' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand simulate" -l conn-user-properties -d 'User properties of CONNECT, "name: value"' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand simulate" -l will-topic -d 'Topic of the will' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand simulate" -l will-message -d 'Payload of the will [default: empty]' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand simulate" -l will-qos -d 'QoS of the will' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand simulate" -l will-delay-interval -d 'Delay before the broker publishes the will' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand simulate" -l will-message-expiry-interval -d 'Time after which the broker discards the will' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand simulate" -l will-content-type -d 'MIME type of the payload of the will' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand simulate" -l will-response-topic -d 'Topic for replies to the will' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand simulate" -l will-correlation-data -d 'Data that links a reply to the will' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand simulate" -l will-user-properties -d 'User properties of the will, "name: value"' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand simulate" -l ca -d 'Trusted CA certificates, a file or a folder [default: the system\'s]' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand simulate" -l cert -d 'Client certificate' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand simulate" -l key -d 'Private key of the client certificate' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand simulate" -l key-password -d 'Passphrase of an encrypted key' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand simulate" -l key-password-file -d 'File whose first line is the passphrase' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand simulate" -l sni -d 'Server name to request and verify [default: the host]' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand simulate" -l alpn -d 'Application protocols to offer (ALPN)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand simulate" -l tls-min-version -d 'Lowest TLS version to accept: 1.2 or 1.3' -r -f -a "1.2\t'TLS 1.2'
1.3\t'TLS 1.3'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand simulate" -l pin-sha256 -d 'Accept only the public key with this SHA-256 hash; repeatable' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand simulate" -l path -d 'Path of the upgrade request' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand simulate" -l ws-headers -d 'Headers to add to the request, "name: value"' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand simulate" -l proxy -d 'Proxy, for example socks5h://host:1080 or http://host:3128' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand simulate" -l no-proxy -d 'Hosts to reach without the proxy, separated by commas' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand simulate" -l bind -d 'Local address to connect from' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand simulate" -l trace -d 'Print each packet on stderr, as text or with =json as JSON' -r -f -a "text\t'A line of text'
json\t'One JSON object per line'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand simulate" -l save-options -d 'Save the options to a file [default: ./mqttx-cli-options.json]' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand simulate" -l load-options -d 'Load options from a file [default: ./mqttx-cli-options.json]' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand simulate" -s I -l client-id -d 'Client identifier [default: random]' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand simulate" -s t -l topic -d 'Topic to publish to [default: mqttx/simulate/%sc/%c]' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand simulate" -s h -l hostname -d 'Host name or address of the broker' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand simulate" -l color -d 'Use colour: auto, always or never' -r -f -a "auto\t''
always\t'Even into a pipe'
never\t'Not even on a terminal'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand simulate" -l error-format -d 'Print errors as text or json' -r -f -a "text\t'A sentence, and perhaps a hint'
json\t'One JSON object'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand simulate" -l profile -d 'Profile to use: its name, or the path of a file' -x -a "(mqttx-rs profile list --names 2>/dev/null)"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand simulate" -l log-file -d 'Append everything printed on stderr to a file; --trace and --debug then print only there' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand simulate" -l reconnect -d 'Reconnect when the connection is lost (see -rp and --maximum-reconnect-times)'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand simulate" -l poisson -d 'Random gaps between messages, as with many independent senders'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand simulate" -l unpaced -d 'Send as fast as the window and the socket allow'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand simulate" -l latency -d 'With --unpaced: measure latency anyway, at the cost of speed'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand simulate" -s v -l verbose -d 'Accepted for compatibility with MQTTX'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand simulate" -s r -l retain -d 'Have the broker keep the message for later subscribers'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand simulate" -s d -l dup -d 'Set the DUP flag'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand simulate" -l payload-format-indicator -d 'Mark the payload as UTF-8 text'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand simulate" -l abort-on-fail -d 'End as soon as a --fail condition holds'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand simulate" -l embedded -d 'Start a broker in this program and connect to it'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand simulate" -l ask-password -d 'Prompt for the password on the terminal'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand simulate" -l no-clean -d 'Resume the stored session and keep it; needs --client-id'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand simulate" -l follow-redirect -d 'Follow a redirect to another broker'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand simulate" -l req-response-info -d 'Ask the broker for Response Information'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand simulate" -l no-req-problem-info -d 'Ask the broker to leave out reason strings'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand simulate" -l will-retain -d 'Have the broker keep the will for later subscribers'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand simulate" -l will-payload-format-indicator -d 'Mark the payload of the will as UTF-8 text'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand simulate" -l insecure -d 'Accept any certificate: anyone can listen in'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand simulate" -l ipv4 -d 'Use IPv4 only'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand simulate" -l ipv6 -d 'Use IPv6 only'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand simulate" -l no-profile -d 'Use no profile, not even the selected one'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand simulate" -l quiet -d 'Print only warnings and errors on stderr'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand simulate" -l debug -d 'Log what the program does on stderr'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand simulate" -l help -d 'Print the most used options and examples'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand simulate" -l help-all -d 'Print all options'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand ls" -l color -d 'Use colour: auto, always or never' -r -f -a "auto\t''
always\t'Even into a pipe'
never\t'Not even on a terminal'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand ls" -l error-format -d 'Print errors as text or json' -r -f -a "text\t'A sentence, and perhaps a hint'
json\t'One JSON object'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand ls" -l profile -d 'Profile to use: its name, or the path of a file' -x -a "(mqttx-rs profile list --names 2>/dev/null)"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand ls" -l log-file -d 'Append everything printed on stderr to a file; --trace and --debug then print only there' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand ls" -l scenario -d 'The scenarios of `simulate`'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand ls" -l no-profile -d 'Use no profile, not even the selected one'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand ls" -l quiet -d 'Print only warnings and errors on stderr'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand ls" -l debug -d 'Log what the program does on stderr'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand ls" -l help -d 'Print the most used options and examples'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand ls" -l help-all -d 'Print all options'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand init" -l set -d 'Set a key, for example connection.host=broker.example; repeatable' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand init" -l color -d 'Use colour: auto, always or never' -r -f -a "auto\t''
always\t'Even into a pipe'
never\t'Not even on a terminal'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand init" -l error-format -d 'Print errors as text or json' -r -f -a "text\t'A sentence, and perhaps a hint'
json\t'One JSON object'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand init" -l profile -d 'Profile to use: its name, or the path of a file' -x -a "(mqttx-rs profile list --names 2>/dev/null)"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand init" -l log-file -d 'Append everything printed on stderr to a file; --trace and --debug then print only there' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand init" -l force -d 'Replace the profile if it exists'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand init" -l no-profile -d 'Use no profile, not even the selected one'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand init" -l quiet -d 'Print only warnings and errors on stderr'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand init" -l debug -d 'Log what the program does on stderr'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand init" -l help -d 'Print the most used options and examples'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand init" -l help-all -d 'Print all options'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand check" -l color -d 'Use colour: auto, always or never' -r -f -a "auto\t''
always\t'Even into a pipe'
never\t'Not even on a terminal'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand check" -l error-format -d 'Print errors as text or json' -r -f -a "text\t'A sentence, and perhaps a hint'
json\t'One JSON object'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand check" -l profile -d 'Profile to use: its name, or the path of a file' -x -a "(mqttx-rs profile list --names 2>/dev/null)"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand check" -l log-file -d 'Append everything printed on stderr to a file; --trace and --debug then print only there' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand check" -l no-profile -d 'Use no profile, not even the selected one'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand check" -l quiet -d 'Print only warnings and errors on stderr'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand check" -l debug -d 'Log what the program does on stderr'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand check" -l help -d 'Print the most used options and examples'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand check" -l help-all -d 'Print all options'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and not __fish_seen_subcommand_from list show add edit copy rename remove use unuse validate path export import" -l color -d 'Use colour: auto, always or never' -r -f -a "auto\t''
always\t'Even into a pipe'
never\t'Not even on a terminal'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and not __fish_seen_subcommand_from list show add edit copy rename remove use unuse validate path export import" -l error-format -d 'Print errors as text or json' -r -f -a "text\t'A sentence, and perhaps a hint'
json\t'One JSON object'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and not __fish_seen_subcommand_from list show add edit copy rename remove use unuse validate path export import" -l profile -d 'Profile to use: its name, or the path of a file' -x -a "(mqttx-rs profile list --names 2>/dev/null)"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and not __fish_seen_subcommand_from list show add edit copy rename remove use unuse validate path export import" -l log-file -d 'Append everything printed on stderr to a file; --trace and --debug then print only there' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and not __fish_seen_subcommand_from list show add edit copy rename remove use unuse validate path export import" -l no-profile -d 'Use no profile, not even the selected one'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and not __fish_seen_subcommand_from list show add edit copy rename remove use unuse validate path export import" -l quiet -d 'Print only warnings and errors on stderr'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and not __fish_seen_subcommand_from list show add edit copy rename remove use unuse validate path export import" -l debug -d 'Log what the program does on stderr'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and not __fish_seen_subcommand_from list show add edit copy rename remove use unuse validate path export import" -l help -d 'Print the most used options and examples'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and not __fish_seen_subcommand_from list show add edit copy rename remove use unuse validate path export import" -l help-all -d 'Print all options'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and not __fish_seen_subcommand_from list show add edit copy rename remove use unuse validate path export import" -f -a "list" -d 'List all profiles'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and not __fish_seen_subcommand_from list show add edit copy rename remove use unuse validate path export import" -f -a "show" -d 'Print a profile, with its secrets masked'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and not __fish_seen_subcommand_from list show add edit copy rename remove use unuse validate path export import" -f -a "add" -d 'Create a profile from options, or from answers on the terminal'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and not __fish_seen_subcommand_from list show add edit copy rename remove use unuse validate path export import" -f -a "edit" -d 'Change a profile in $EDITOR or key by key'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and not __fish_seen_subcommand_from list show add edit copy rename remove use unuse validate path export import" -f -a "copy" -d 'Copy a profile'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and not __fish_seen_subcommand_from list show add edit copy rename remove use unuse validate path export import" -f -a "rename" -d 'Rename a profile'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and not __fish_seen_subcommand_from list show add edit copy rename remove use unuse validate path export import" -f -a "remove" -d 'Remove a profile'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and not __fish_seen_subcommand_from list show add edit copy rename remove use unuse validate path export import" -f -a "use" -d 'Choose the default profile'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and not __fish_seen_subcommand_from list show add edit copy rename remove use unuse validate path export import" -f -a "unuse" -d 'Have no default profile'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and not __fish_seen_subcommand_from list show add edit copy rename remove use unuse validate path export import" -f -a "validate" -d 'Check profiles, by default all of them'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and not __fish_seen_subcommand_from list show add edit copy rename remove use unuse validate path export import" -f -a "path" -d 'Print the path of a profile, or of the folder of profiles'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and not __fish_seen_subcommand_from list show add edit copy rename remove use unuse validate path export import" -f -a "export" -d 'Print a profile merged with those it extends, for use on another machine'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and not __fish_seen_subcommand_from list show add edit copy rename remove use unuse validate path export import" -f -a "import" -d 'Create profiles from another program\'s file: MQTTX\'s, or a Spring application.yml'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from list" -l color -d 'Use colour: auto, always or never' -r -f -a "auto\t''
always\t'Even into a pipe'
never\t'Not even on a terminal'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from list" -l error-format -d 'Print errors as text or json' -r -f -a "text\t'A sentence, and perhaps a hint'
json\t'One JSON object'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from list" -l profile -d 'Profile to use: its name, or the path of a file' -x -a "(mqttx-rs profile list --names 2>/dev/null)"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from list" -l log-file -d 'Append everything printed on stderr to a file; --trace and --debug then print only there' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from list" -l json -d 'Print a JSON array'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from list" -l names -d 'Print only names, one per line'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from list" -l no-profile -d 'Use no profile, not even the selected one'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from list" -l quiet -d 'Print only warnings and errors on stderr'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from list" -l debug -d 'Log what the program does on stderr'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from list" -l help -d 'Print the most used options and examples'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from list" -l help-all -d 'Print all options'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from show" -l color -d 'Use colour: auto, always or never' -r -f -a "auto\t''
always\t'Even into a pipe'
never\t'Not even on a terminal'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from show" -l error-format -d 'Print errors as text or json' -r -f -a "text\t'A sentence, and perhaps a hint'
json\t'One JSON object'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from show" -l profile -d 'Profile to use: its name, or the path of a file' -x -a "(mqttx-rs profile list --names 2>/dev/null)"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from show" -l log-file -d 'Append everything printed on stderr to a file; --trace and --debug then print only there' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from show" -l effective -d 'Print every effective value and where it comes from'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from show" -l no-profile -d 'Use no profile, not even the selected one'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from show" -l quiet -d 'Print only warnings and errors on stderr'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from show" -l debug -d 'Log what the program does on stderr'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from show" -l help -d 'Print the most used options and examples'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from show" -l help-all -d 'Print all options'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from add" -l set -d 'Set a further key, for example publish.topic=car/ac; repeatable' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from add" -l extends -d 'Profile to take all other values from' -x -a "(mqttx-rs profile list --names 2>/dev/null)"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from add" -s h -l hostname -d 'Host name or address of the broker' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from add" -s p -l port -d 'Port [default: by protocol 1883, 8883, 8083 or 8084]' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from add" -s l -l protocol -d 'mqtt, mqtts, ws or wss; a TLS option implies mqtts' -r -f -a "mqtt\t'Plain TCP'
mqtts\t'TLS'
ws\t'WebSocket'
wss\t'WebSocket over TLS'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from add" -l url -d 'All in one, for example mqtts://user:pass@host:8883/topic' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from add" -l unix -d 'Connect to a Unix socket instead of a host and port' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from add" -s i -l client-id -d 'Client identifier [default: random]' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from add" -s u -l username -d 'User name' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from add" -s P -l password -d 'Password; - reads it from stdin' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from add" -l password-file -d 'File whose first line is the password' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from add" -l password-env -d 'Environment variable that holds the password' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from add" -s V -l mqtt-version -d 'MQTT version: 5.0, 3.1.1 or 3.1' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from add" -s k -l keepalive -d 'Keep Alive interval; 0 disables it' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from add" -l connect-timeout -d 'Time limit for one attempt to connect; 0 disables it' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from add" -l reconnect-period -d 'Initial reconnect delay, doubled each time; 0 disables reconnecting' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from add" -l maximum-reconnect-times -d 'Give up after N attempts in one outage' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from add" -l authentication-method -d 'SCRAM-SHA-1, SCRAM-SHA-256 or SCRAM-SHA-512' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from add" -l reauthenticate-every -d 'Authenticate again at this interval, on the same connection' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from add" -l session-expiry-interval -d 'Time the broker keeps the session after the connection ends' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from add" -l receive-maximum -d 'QoS 1 and 2 messages the broker may send unacknowledged, 1 or more' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from add" -l maximum-packet-size -d 'Largest packet to accept from the broker' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from add" -l topic-alias-maximum -d 'Topic aliases the broker may use' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from add" -l conn-user-properties -d 'User properties of CONNECT, "name: value"' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from add" -l will-topic -d 'Topic of the will' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from add" -l will-message -d 'Payload of the will [default: empty]' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from add" -l will-qos -d 'QoS of the will' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from add" -l will-delay-interval -d 'Delay before the broker publishes the will' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from add" -l will-message-expiry-interval -d 'Time after which the broker discards the will' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from add" -l will-content-type -d 'MIME type of the payload of the will' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from add" -l will-response-topic -d 'Topic for replies to the will' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from add" -l will-correlation-data -d 'Data that links a reply to the will' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from add" -l will-user-properties -d 'User properties of the will, "name: value"' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from add" -l ca -d 'Trusted CA certificates, a file or a folder [default: the system\'s]' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from add" -l cert -d 'Client certificate' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from add" -l key -d 'Private key of the client certificate' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from add" -l key-password -d 'Passphrase of an encrypted key' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from add" -l key-password-file -d 'File whose first line is the passphrase' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from add" -l sni -d 'Server name to request and verify [default: the host]' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from add" -l alpn -d 'Application protocols to offer (ALPN)' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from add" -l tls-min-version -d 'Lowest TLS version to accept: 1.2 or 1.3' -r -f -a "1.2\t'TLS 1.2'
1.3\t'TLS 1.3'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from add" -l pin-sha256 -d 'Accept only the public key with this SHA-256 hash; repeatable' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from add" -l path -d 'Path of the upgrade request' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from add" -l ws-headers -d 'Headers to add to the request, "name: value"' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from add" -l proxy -d 'Proxy, for example socks5h://host:1080 or http://host:3128' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from add" -l no-proxy -d 'Hosts to reach without the proxy, separated by commas' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from add" -l bind -d 'Local address to connect from' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from add" -l trace -d 'Print each packet on stderr, as text or with =json as JSON' -r -f -a "text\t'A line of text'
json\t'One JSON object per line'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from add" -l inflight -d 'Messages in flight [default: as many as the broker announces, otherwise 100, or 20 at QoS 2]' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from add" -l save-options -d 'Save the options to a file [default: ./mqttx-cli-options.json]' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from add" -l load-options -d 'Load options from a file [default: ./mqttx-cli-options.json]' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from add" -l color -d 'Use colour: auto, always or never' -r -f -a "auto\t''
always\t'Even into a pipe'
never\t'Not even on a terminal'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from add" -l error-format -d 'Print errors as text or json' -r -f -a "text\t'A sentence, and perhaps a hint'
json\t'One JSON object'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from add" -l profile -d 'Profile to use: its name, or the path of a file' -x -a "(mqttx-rs profile list --names 2>/dev/null)"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from add" -l log-file -d 'Append everything printed on stderr to a file; --trace and --debug then print only there' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from add" -l force -d 'Replace the profile if it exists'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from add" -l embedded -d 'Start a broker in this program and connect to it'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from add" -l ask-password -d 'Prompt for the password on the terminal'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from add" -l no-clean -d 'Resume the stored session and keep it; needs --client-id'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from add" -l follow-redirect -d 'Follow a redirect to another broker'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from add" -l req-response-info -d 'Ask the broker for Response Information'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from add" -l no-req-problem-info -d 'Ask the broker to leave out reason strings'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from add" -l will-retain -d 'Have the broker keep the will for later subscribers'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from add" -l will-payload-format-indicator -d 'Mark the payload of the will as UTF-8 text'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from add" -l insecure -d 'Accept any certificate: anyone can listen in'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from add" -l ipv4 -d 'Use IPv4 only'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from add" -l ipv6 -d 'Use IPv6 only'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from add" -l resend-uncertain -d 'Send QoS 2 messages again when a lost session leaves their delivery uncertain'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from add" -l no-profile -d 'Use no profile, not even the selected one'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from add" -l quiet -d 'Print only warnings and errors on stderr'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from add" -l debug -d 'Log what the program does on stderr'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from add" -l help -d 'Print the most used options and examples'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from add" -l help-all -d 'Print all options'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from edit" -l set -d 'Set a key, for example connection.port=8883; repeatable' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from edit" -l unset -d 'Remove a key; repeatable' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from edit" -l color -d 'Use colour: auto, always or never' -r -f -a "auto\t''
always\t'Even into a pipe'
never\t'Not even on a terminal'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from edit" -l error-format -d 'Print errors as text or json' -r -f -a "text\t'A sentence, and perhaps a hint'
json\t'One JSON object'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from edit" -l profile -d 'Profile to use: its name, or the path of a file' -x -a "(mqttx-rs profile list --names 2>/dev/null)"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from edit" -l log-file -d 'Append everything printed on stderr to a file; --trace and --debug then print only there' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from edit" -l no-profile -d 'Use no profile, not even the selected one'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from edit" -l quiet -d 'Print only warnings and errors on stderr'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from edit" -l debug -d 'Log what the program does on stderr'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from edit" -l help -d 'Print the most used options and examples'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from edit" -l help-all -d 'Print all options'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from copy" -l color -d 'Use colour: auto, always or never' -r -f -a "auto\t''
always\t'Even into a pipe'
never\t'Not even on a terminal'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from copy" -l error-format -d 'Print errors as text or json' -r -f -a "text\t'A sentence, and perhaps a hint'
json\t'One JSON object'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from copy" -l profile -d 'Profile to use: its name, or the path of a file' -x -a "(mqttx-rs profile list --names 2>/dev/null)"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from copy" -l log-file -d 'Append everything printed on stderr to a file; --trace and --debug then print only there' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from copy" -l no-profile -d 'Use no profile, not even the selected one'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from copy" -l quiet -d 'Print only warnings and errors on stderr'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from copy" -l debug -d 'Log what the program does on stderr'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from copy" -l help -d 'Print the most used options and examples'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from copy" -l help-all -d 'Print all options'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from rename" -l color -d 'Use colour: auto, always or never' -r -f -a "auto\t''
always\t'Even into a pipe'
never\t'Not even on a terminal'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from rename" -l error-format -d 'Print errors as text or json' -r -f -a "text\t'A sentence, and perhaps a hint'
json\t'One JSON object'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from rename" -l profile -d 'Profile to use: its name, or the path of a file' -x -a "(mqttx-rs profile list --names 2>/dev/null)"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from rename" -l log-file -d 'Append everything printed on stderr to a file; --trace and --debug then print only there' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from rename" -l no-profile -d 'Use no profile, not even the selected one'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from rename" -l quiet -d 'Print only warnings and errors on stderr'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from rename" -l debug -d 'Log what the program does on stderr'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from rename" -l help -d 'Print the most used options and examples'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from rename" -l help-all -d 'Print all options'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from remove" -l color -d 'Use colour: auto, always or never' -r -f -a "auto\t''
always\t'Even into a pipe'
never\t'Not even on a terminal'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from remove" -l error-format -d 'Print errors as text or json' -r -f -a "text\t'A sentence, and perhaps a hint'
json\t'One JSON object'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from remove" -l profile -d 'Profile to use: its name, or the path of a file' -x -a "(mqttx-rs profile list --names 2>/dev/null)"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from remove" -l log-file -d 'Append everything printed on stderr to a file; --trace and --debug then print only there' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from remove" -l yes -d 'Remove without asking'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from remove" -l no-profile -d 'Use no profile, not even the selected one'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from remove" -l quiet -d 'Print only warnings and errors on stderr'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from remove" -l debug -d 'Log what the program does on stderr'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from remove" -l help -d 'Print the most used options and examples'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from remove" -l help-all -d 'Print all options'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from use" -l color -d 'Use colour: auto, always or never' -r -f -a "auto\t''
always\t'Even into a pipe'
never\t'Not even on a terminal'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from use" -l error-format -d 'Print errors as text or json' -r -f -a "text\t'A sentence, and perhaps a hint'
json\t'One JSON object'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from use" -l profile -d 'Profile to use: its name, or the path of a file' -x -a "(mqttx-rs profile list --names 2>/dev/null)"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from use" -l log-file -d 'Append everything printed on stderr to a file; --trace and --debug then print only there' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from use" -l no-profile -d 'Use no profile, not even the selected one'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from use" -l quiet -d 'Print only warnings and errors on stderr'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from use" -l debug -d 'Log what the program does on stderr'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from use" -l help -d 'Print the most used options and examples'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from use" -l help-all -d 'Print all options'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from unuse" -l color -d 'Use colour: auto, always or never' -r -f -a "auto\t''
always\t'Even into a pipe'
never\t'Not even on a terminal'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from unuse" -l error-format -d 'Print errors as text or json' -r -f -a "text\t'A sentence, and perhaps a hint'
json\t'One JSON object'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from unuse" -l profile -d 'Profile to use: its name, or the path of a file' -x -a "(mqttx-rs profile list --names 2>/dev/null)"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from unuse" -l log-file -d 'Append everything printed on stderr to a file; --trace and --debug then print only there' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from unuse" -l no-profile -d 'Use no profile, not even the selected one'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from unuse" -l quiet -d 'Print only warnings and errors on stderr'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from unuse" -l debug -d 'Log what the program does on stderr'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from unuse" -l help -d 'Print the most used options and examples'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from unuse" -l help-all -d 'Print all options'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from validate" -l color -d 'Use colour: auto, always or never' -r -f -a "auto\t''
always\t'Even into a pipe'
never\t'Not even on a terminal'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from validate" -l error-format -d 'Print errors as text or json' -r -f -a "text\t'A sentence, and perhaps a hint'
json\t'One JSON object'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from validate" -l profile -d 'Profile to use: its name, or the path of a file' -x -a "(mqttx-rs profile list --names 2>/dev/null)"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from validate" -l log-file -d 'Append everything printed on stderr to a file; --trace and --debug then print only there' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from validate" -l connect -d 'Connect to the broker, and print what it announces'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from validate" -l no-profile -d 'Use no profile, not even the selected one'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from validate" -l quiet -d 'Print only warnings and errors on stderr'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from validate" -l debug -d 'Log what the program does on stderr'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from validate" -l help -d 'Print the most used options and examples'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from validate" -l help-all -d 'Print all options'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from path" -l color -d 'Use colour: auto, always or never' -r -f -a "auto\t''
always\t'Even into a pipe'
never\t'Not even on a terminal'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from path" -l error-format -d 'Print errors as text or json' -r -f -a "text\t'A sentence, and perhaps a hint'
json\t'One JSON object'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from path" -l profile -d 'Profile to use: its name, or the path of a file' -x -a "(mqttx-rs profile list --names 2>/dev/null)"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from path" -l log-file -d 'Append everything printed on stderr to a file; --trace and --debug then print only there' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from path" -l no-profile -d 'Use no profile, not even the selected one'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from path" -l quiet -d 'Print only warnings and errors on stderr'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from path" -l debug -d 'Log what the program does on stderr'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from path" -l help -d 'Print the most used options and examples'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from path" -l help-all -d 'Print all options'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from export" -l color -d 'Use colour: auto, always or never' -r -f -a "auto\t''
always\t'Even into a pipe'
never\t'Not even on a terminal'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from export" -l error-format -d 'Print errors as text or json' -r -f -a "text\t'A sentence, and perhaps a hint'
json\t'One JSON object'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from export" -l profile -d 'Profile to use: its name, or the path of a file' -x -a "(mqttx-rs profile list --names 2>/dev/null)"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from export" -l log-file -d 'Append everything printed on stderr to a file; --trace and --debug then print only there' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from export" -l with-secrets -d 'Include plain-text passwords'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from export" -l no-profile -d 'Use no profile, not even the selected one'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from export" -l quiet -d 'Print only warnings and errors on stderr'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from export" -l debug -d 'Log what the program does on stderr'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from export" -l help -d 'Print the most used options and examples'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from export" -l help-all -d 'Print all options'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from import" -l name -d 'Name of the profile, or common prefix if there are several [default: from the file]' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from import" -l format -d 'Format of the file [default: detected from its content]' -r -f -a "mqttx-options\t'Options file of MQTTX CLI (-so), JSON or YAML'
mqttx-ini\t'Config file of MQTTX CLI'
mqttx-desktop\t'Connections exported by MQTTX as JSON'
spring\t'Spring application.yml'
profile\t'Exported profile'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from import" -l password-env -d 'Environment variable that will hold the password' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from import" -l password-file -d 'File whose first line will be the password' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from import" -l color -d 'Use colour: auto, always or never' -r -f -a "auto\t''
always\t'Even into a pipe'
never\t'Not even on a terminal'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from import" -l error-format -d 'Print errors as text or json' -r -f -a "text\t'A sentence, and perhaps a hint'
json\t'One JSON object'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from import" -l profile -d 'Profile to use: its name, or the path of a file' -x -a "(mqttx-rs profile list --names 2>/dev/null)"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from import" -l log-file -d 'Append everything printed on stderr to a file; --trace and --debug then print only there' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from import" -l with-secrets -d 'Write passwords as they are, in plain text'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from import" -l dry-run -d 'Show what would be written, without writing it'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from import" -l force -d 'Replace profiles that exist'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from import" -l no-profile -d 'Use no profile, not even the selected one'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from import" -l quiet -d 'Print only warnings and errors on stderr'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from import" -l debug -d 'Log what the program does on stderr'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from import" -l help -d 'Print the most used options and examples'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from import" -l help-all -d 'Print all options'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand topic; and not __fish_seen_subcommand_from match explain" -l color -d 'Use colour: auto, always or never' -r -f -a "auto\t''
always\t'Even into a pipe'
never\t'Not even on a terminal'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand topic; and not __fish_seen_subcommand_from match explain" -l error-format -d 'Print errors as text or json' -r -f -a "text\t'A sentence, and perhaps a hint'
json\t'One JSON object'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand topic; and not __fish_seen_subcommand_from match explain" -l profile -d 'Profile to use: its name, or the path of a file' -x -a "(mqttx-rs profile list --names 2>/dev/null)"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand topic; and not __fish_seen_subcommand_from match explain" -l log-file -d 'Append everything printed on stderr to a file; --trace and --debug then print only there' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand topic; and not __fish_seen_subcommand_from match explain" -l no-profile -d 'Use no profile, not even the selected one'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand topic; and not __fish_seen_subcommand_from match explain" -l quiet -d 'Print only warnings and errors on stderr'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand topic; and not __fish_seen_subcommand_from match explain" -l debug -d 'Log what the program does on stderr'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand topic; and not __fish_seen_subcommand_from match explain" -l help -d 'Print the most used options and examples'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand topic; and not __fish_seen_subcommand_from match explain" -l help-all -d 'Print all options'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand topic; and not __fish_seen_subcommand_from match explain" -f -a "match" -d 'Print the topics that a filter matches; exit 1 if it matches none'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand topic; and not __fish_seen_subcommand_from match explain" -f -a "explain" -d 'Explain a filter level by level'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand topic; and __fish_seen_subcommand_from match" -l color -d 'Use colour: auto, always or never' -r -f -a "auto\t''
always\t'Even into a pipe'
never\t'Not even on a terminal'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand topic; and __fish_seen_subcommand_from match" -l error-format -d 'Print errors as text or json' -r -f -a "text\t'A sentence, and perhaps a hint'
json\t'One JSON object'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand topic; and __fish_seen_subcommand_from match" -l profile -d 'Profile to use: its name, or the path of a file' -x -a "(mqttx-rs profile list --names 2>/dev/null)"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand topic; and __fish_seen_subcommand_from match" -l log-file -d 'Append everything printed on stderr to a file; --trace and --debug then print only there' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand topic; and __fish_seen_subcommand_from match" -l no-profile -d 'Use no profile, not even the selected one'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand topic; and __fish_seen_subcommand_from match" -l quiet -d 'Print only warnings and errors on stderr'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand topic; and __fish_seen_subcommand_from match" -l debug -d 'Log what the program does on stderr'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand topic; and __fish_seen_subcommand_from match" -l help -d 'Print the most used options and examples'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand topic; and __fish_seen_subcommand_from match" -l help-all -d 'Print all options'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand topic; and __fish_seen_subcommand_from explain" -l color -d 'Use colour: auto, always or never' -r -f -a "auto\t''
always\t'Even into a pipe'
never\t'Not even on a terminal'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand topic; and __fish_seen_subcommand_from explain" -l error-format -d 'Print errors as text or json' -r -f -a "text\t'A sentence, and perhaps a hint'
json\t'One JSON object'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand topic; and __fish_seen_subcommand_from explain" -l profile -d 'Profile to use: its name, or the path of a file' -x -a "(mqttx-rs profile list --names 2>/dev/null)"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand topic; and __fish_seen_subcommand_from explain" -l log-file -d 'Append everything printed on stderr to a file; --trace and --debug then print only there' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand topic; and __fish_seen_subcommand_from explain" -l no-profile -d 'Use no profile, not even the selected one'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand topic; and __fish_seen_subcommand_from explain" -l quiet -d 'Print only warnings and errors on stderr'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand topic; and __fish_seen_subcommand_from explain" -l debug -d 'Log what the program does on stderr'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand topic; and __fish_seen_subcommand_from explain" -l help -d 'Print the most used options and examples'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand topic; and __fish_seen_subcommand_from explain" -l help-all -d 'Print all options'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand broker" -s p -l port -d 'Port; 0 picks a free one [default: 1883, with a command 0]' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand broker" -l bind -d 'Address to listen on; 0.0.0.0 is every address of this machine' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand broker" -l tls-port -d 'Port for MQTT over TLS; 0 picks a free one [default: no TLS]' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand broker" -l ws-port -d 'Port for MQTT over WebSocket; 0 picks a free one [default: no WebSocket]' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand broker" -l wss-port -d 'Port for MQTT over secure WebSocket; 0 picks a free one' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand broker" -l ws-path -d 'Path of the WebSocket endpoint' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand broker" -l unix -d 'Unix socket to create and listen on too' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand broker" -l cert -d 'Certificate for TLS [default: a temporary one; the broker prints the path of its CA]' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand broker" -l key -d 'Private key of the certificate' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand broker" -l client-ca -d 'CA certificates for clients: over TLS, accept only clients with a certificate from one of them' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand broker" -l user -d 'User who may connect; repeatable [default: anyone may connect]' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand broker" -l user-file -d 'File of users, one per line: NAME:PASSWORD, or a hash written by mosquitto, which cannot serve SCRAM' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand broker" -l acl-file -d 'Access rules for publishing and subscribing, in mosquitto\'s syntax: user, topic, pattern' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand broker" -l maximum-qos -d 'Highest QoS to accept and grant' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand broker" -l receive-maximum -d 'QoS 1 and 2 messages a client may send unacknowledged [default: 65535]' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand broker" -l maximum-packet-size -d 'Largest packet to accept [default: 64 MiB]' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand broker" -l topic-alias-maximum -d 'Topic aliases per client in either direction [default: 32]' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand broker" -l server-keep-alive -d 'Keep Alive to use instead of the client\'s; 0 disables it' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand broker" -l max-connections -d 'Maximum number of connected clients' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand broker" -l session-expiry-maximum -d 'Longest time to keep a session' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand broker" -l max-queued -d 'Maximum number of messages queued for one subscriber [default: 2000000]' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand broker" -l max-queued-bytes -d 'Maximum number of bytes queued for one subscriber; a message above the limit is dropped, in 5.0 with 0x97 [default: 256 MiB]' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand broker" -l max-delayed -d 'Maximum number of $delayed/ messages waiting to be published [default: 1000000]' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand broker" -l shared-strategy -d 'How a member of a shared subscription is chosen for a message' -r -f -a "random\t''
round_robin\t'Each member in turn'
sticky\t'The same member as long as it is connected'
hash_clientid\t'One member for each publisher'
hash_topic\t'One member for each topic'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand broker" -l fault -d 'Inject a fault, for example \'drop puback 10%\'; repeatable' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand broker" -l seed -d 'Seed of the random choices, so that each run makes the same ones' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand broker" -l trace -d 'Print each packet on stderr, as text or with =json as JSON' -r -f -a "text\t'A line of text'
json\t'One JSON object per line'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand broker" -l prometheus -d 'Serve metrics for Prometheus, for example on 127.0.0.1:9464' -r
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand broker" -l color -d 'Use colour: auto, always or never' -r -f -a "auto\t''
always\t'Even into a pipe'
never\t'Not even on a terminal'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand broker" -l error-format -d 'Print errors as text or json' -r -f -a "text\t'A sentence, and perhaps a hint'
json\t'One JSON object'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand broker" -l profile -d 'Profile to use: its name, or the path of a file' -x -a "(mqttx-rs profile list --names 2>/dev/null)"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand broker" -l log-file -d 'Append everything printed on stderr to a file; --trace and --debug then print only there' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand broker" -l no-anonymous -d 'Refuse clients without a user name, even if no users are defined'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand broker" -l no-retain -d 'Refuse retained messages'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand broker" -l no-wildcard -d 'Refuse wildcards in filters'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand broker" -l no-shared -d 'Refuse shared subscriptions'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand broker" -l no-subscription-identifiers -d 'Refuse Subscription Identifiers'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand broker" -l no-assigned-client-id -d 'Refuse clients without an identifier instead of assigning one'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand broker" -l control -d 'Let clients replace the faults by a message to $control/faults, one rule per line'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand broker" -l no-profile -d 'Use no profile, not even the selected one'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand broker" -l quiet -d 'Print only warnings and errors on stderr'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand broker" -l debug -d 'Log what the program does on stderr'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand broker" -l help -d 'Print the most used options and examples'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand broker" -l help-all -d 'Print all options'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand completion" -l color -d 'Use colour: auto, always or never' -r -f -a "auto\t''
always\t'Even into a pipe'
never\t'Not even on a terminal'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand completion" -l error-format -d 'Print errors as text or json' -r -f -a "text\t'A sentence, and perhaps a hint'
json\t'One JSON object'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand completion" -l profile -d 'Profile to use: its name, or the path of a file' -x -a "(mqttx-rs profile list --names 2>/dev/null)"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand completion" -l log-file -d 'Append everything printed on stderr to a file; --trace and --debug then print only there' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand completion" -l no-profile -d 'Use no profile, not even the selected one'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand completion" -l quiet -d 'Print only warnings and errors on stderr'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand completion" -l debug -d 'Log what the program does on stderr'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand completion" -l help -d 'Print the most used options and examples'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand completion" -l help-all -d 'Print all options'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand man" -l color -d 'Use colour: auto, always or never' -r -f -a "auto\t''
always\t'Even into a pipe'
never\t'Not even on a terminal'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand man" -l error-format -d 'Print errors as text or json' -r -f -a "text\t'A sentence, and perhaps a hint'
json\t'One JSON object'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand man" -l profile -d 'Profile to use: its name, or the path of a file' -x -a "(mqttx-rs profile list --names 2>/dev/null)"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand man" -l log-file -d 'Append everything printed on stderr to a file; --trace and --debug then print only there' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand man" -l no-profile -d 'Use no profile, not even the selected one'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand man" -l quiet -d 'Print only warnings and errors on stderr'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand man" -l debug -d 'Log what the program does on stderr'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand man" -l help -d 'Print the most used options and examples'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand man" -l help-all -d 'Print all options'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand help" -l color -d 'Use colour: auto, always or never' -r -f -a "auto\t''
always\t'Even into a pipe'
never\t'Not even on a terminal'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand help" -l error-format -d 'Print errors as text or json' -r -f -a "text\t'A sentence, and perhaps a hint'
json\t'One JSON object'"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand help" -l profile -d 'Profile to use: its name, or the path of a file' -x -a "(mqttx-rs profile list --names 2>/dev/null)"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand help" -l log-file -d 'Append everything printed on stderr to a file; --trace and --debug then print only there' -r -F
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand help" -l no-profile -d 'Use no profile, not even the selected one'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand help" -l quiet -d 'Print only warnings and errors on stderr'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand help" -l debug -d 'Log what the program does on stderr'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand help" -l help -d 'Print the most used options and examples'
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand help" -l help-all -d 'Print all options'
complete -c mqttx-rs -l profile -x -a "(mqttx-rs profile list --names 2>/dev/null)"
complete -c mqttx-rs -n "__fish_mqttx_rs_using_subcommand profile; and __fish_seen_subcommand_from show edit copy rename remove use validate path export" -f -a "(mqttx-rs profile list --names 2>/dev/null)"

#!/usr/bin/env bash
# What a run costs that sends one message: wall time (median of RUNS runs, default 100, all programs in turn), peak memory
# and page faults, against a mosquitto of its own, beside mosquitto_pub. Needs GNU time.
#
#   benches/start.sh [PROGRAM...]      PROGRAM: target/release/mqttx-rs unless given
set -euo pipefail
cd "$(dirname "$0")/.."
[ $# -gt 0 ] || set -- target/release/mqttx-rs
runs=${RUNS:-100}
work=$(mktemp -d)
port=$(( 20000 + RANDOM % 20000 ))
printf 'listener %s 127.0.0.1\nallow_anonymous true\n' "$port" > "$work/mosquitto.conf"
mosquitto -c "$work/mosquitto.conf" > "$work/mosquitto.log" 2>&1 &
broker=$!
trap 'kill $broker; rm -rf "$work"' EXIT
message=(-h 127.0.0.1 -p "$port" -t start -m on -q 1)
until "$1" pub "${message[@]}" > "$work/ready" 2>&1; do sleep 0.1; done

commands=("mosquitto_pub ${message[*]}")
for program in "$@"; do commands+=("$program --version" "$program pub ${message[*]}"); done

for _ in $(seq "$runs"); do
    for index in "${!commands[@]}"; do
        begin=${EPOCHREALTIME/./}
        ${commands[index]} > "$work/out" 2>&1
        echo $(( ${EPOCHREALTIME/./} - begin )) >> "$work/$index"
    done
done
for index in "${!commands[@]}"; do
    median=$(sort -g "$work/$index" | awk '{ value[NR] = $1 } END { print value[int((NR + 1) / 2)] }')
    # shellcheck disable=SC2086 # Words of the command.
    /usr/bin/time -f '%M %R' -o "$work/resources" ${commands[index]} > "$work/out" 2>&1
    read -r kilobytes faults < "$work/resources"
    printf '%6d us, %5d kB at most, %4d page faults: %s\n' "$median" "$kilobytes" "$faults" "${commands[index]%% -h *}"
done

#!/usr/bin/env bash
# Whether `bench --find-max` finds the same rate twice: against a broker whose capacity does not depend on the machine (its
# own, which answers each message after 10 ms, to a window of 2), and against a mosquitto of its own. Prints both answers,
# and how far apart they are. Ends with 1 if it is more than LIMIT per cent (default 20). The second part wants a quiet
# machine, since mosquitto is on it, too.
#
#   benches/find_max_agrees.sh [PROGRAM] [CONDITION]      target/release/mqttx-rs and 'p99<50ms' unless given
set -euo pipefail
cd "$(dirname "$0")/.."
program=${1:-target/release/mqttx-rs}
condition=${2:-p99<50ms}
limit=${LIMIT:-20}
work=$(mktemp -d)
started=()
trap 'kill "${started[@]}"; rm -rf "$work"' EXIT

# search NAME PORT ARGUMENTS...: twice, and how far apart the answers are.
failed=0
search() {
    local name=$1 port=$2 run; shift 2
    until "$program" bench conn -p "$port" -c 1 --duration 0.1 > "$work/ready" 2>&1; do sleep 0.1; done
    for run in 1 2; do
        "$program" --quiet bench pub -i 0 -t b/%i -q 1 -S 100B --duration "${STEP:-3}" --max-time "${MAX_TIME:-5m}" \
            -p "$port" --find-max "$condition" --report "$work/$run.json" "$@" > "$work/$run.txt" 2> "$work/$run.err" ||
            { echo "$name: run $run ended with $?: $(tail -n 1 "$work/$run.err")"; }
        grep -m 1 '"found"' "$work/$run.json" | tr -dc '0-9\n' > "$work/found.$run"
        printf '%s, run %s: %s/s, %s steps, load average %s\n' "$name" "$run" "$(cat "$work/found.$run")" \
            "$(grep -c '"outcome"' "$work/$run.json")" "$(cut -d ' ' -f 1 /proc/loadavg)"
    done
    awk -v name="$name" -v one="$(cat "$work/found.1")" -v two="$(cat "$work/found.2")" -v limit="$limit" 'BEGIN {
        if (one == "" || two == "") { print name ": no rate was found"; exit 1 }
        apart = (one > two ? one - two : two - one) * 100 / (one > two ? one : two)
        printf "%s: they are %.1f %% apart (at most %d %%)\n", name, apart, limit
        exit apart > limit
    }' || failed=1
}

port=$(( 20000 + RANDOM % 20000 ))
"$program" broker -p "$port" --fault 'delay puback 10ms' > "$work/broker.log" 2>&1 & started+=($!)
search 'answers after 10 ms' "$port" -c 10 --inflight 2 --rate 200/s

port=$(( port + 1 ))
printf 'listener %s 127.0.0.1\nallow_anonymous true\nset_tcp_nodelay true\n' "$port" > "$work/mosquitto.conf"
mosquitto -c "$work/mosquitto.conf" > "$work/mosquitto.log" 2>&1 & started+=($!)
search mosquitto "$port" -c 50 --rate 2000/s
exit "$failed"

#!/usr/bin/env bash
# Whether `bench --find-max` finds the same rate twice, against a mosquitto of its own: both answers, and how far apart
# they are. Ends with 1 if it is more than LIMIT per cent (default 20). Wants a quiet machine: a search says so where it
# was not, and ends early.
#
#   benches/find_max_agrees.sh [PROGRAM] [CONDITION]      target/release/mqttx-rs and 'p99<50ms' unless given
set -euo pipefail
cd "$(dirname "$0")/.."
program=${1:-target/release/mqttx-rs}
condition=${2:-p99<50ms}
limit=${LIMIT:-20}
work=$(mktemp -d)
port=$(( 20000 + RANDOM % 20000 ))
printf 'listener %s 127.0.0.1\nallow_anonymous true\nset_tcp_nodelay true\n' "$port" > "$work/mosquitto.conf"
mosquitto -c "$work/mosquitto.conf" > "$work/mosquitto.log" 2>&1 &
broker=$!
trap 'kill $broker; rm -rf "$work"' EXIT
until "$program" bench conn -p "$port" -c 1 --duration 0.1 > "$work/ready" 2>&1; do sleep 0.1; done

for run in 1 2; do
    "$program" --quiet bench pub -c 50 -i 0 -t b/%i -q 1 -S 100B --rate 2000/s --duration "${STEP:-3}" --max-time "${MAX_TIME:-5m}" \
        -p "$port" --find-max "$condition" --report "$work/$run.json" > "$work/$run.txt" 2> "$work/$run.err" ||
        { echo "run $run ended with $?: $(tail -n 1 "$work/$run.err")"; }
    grep -m 1 '"found"' "$work/$run.json" | tr -dc '0-9\n' > "$work/found.$run"
    printf 'run %s: %s/s, %s steps\n' "$run" "$(cat "$work/found.$run")" "$(grep -c '"outcome"' "$work/$run.json")"
done
awk -v one="$(cat "$work/found.1")" -v two="$(cat "$work/found.2")" -v limit="$limit" 'BEGIN {
    if (one == "" || two == "") { print "no rate was found"; exit 1 }
    apart = (one > two ? one - two : two - one) * 100 / (one > two ? one : two)
    printf "they are %.1f %% apart (at most %d %%)\n", apart, limit
    exit apart > limit
}'

#!/usr/bin/env bash
# What the load generator itself costs, against a mosquitto of its own: whole-process CPU a message and a connect,
# memory a connection, and how late it sends, each beside its goal. Medians of RUNS runs (default 5).
#
#   benches/generator_cost.sh [PROGRAM]      PROGRAM: target/release/mqttx-rs unless given
set -euo pipefail
cd "$(dirname "$0")/.."
program=${1:-target/release/mqttx-rs}
runs=${RUNS:-5}
work=$(mktemp -d)
port=$(( 20000 + RANDOM % 20000 ))
printf 'listener %s 127.0.0.1\nallow_anonymous true\nmax_inflight_messages 100\nmax_queued_messages 0\nset_tcp_nodelay true\n' "$port" > "$work/mosquitto.conf"
mosquitto -c "$work/mosquitto.conf" > "$work/mosquitto.log" 2>&1 &
broker=$!
trap 'kill $broker; rm -rf "$work"' EXIT
until "$program" bench conn -p "$port" -c 1 --duration 0.1 > "$work/ready" 2>&1; do sleep 0.1; done

median() { sort -g | awk '{ value[NR] = $1 } END { print value[int((NR + 1) / 2)] }'; }

# The field of a report: a small reader, so that nothing needs to be installed.
field() { grep -m 1 "\"$1\":" "$work/report.json" | sed 's/.*: //; s/,$//'; }

# cost NAME GOAL UNITS ARGUMENTS...: microseconds of CPU a unit.
cost() {
    local name=$1 goal=$2 units=$3; shift 3
    for _ in $(seq "$runs"); do
        "$program" --quiet bench "$@" -p "$port" --report "$work/report.json" > "$work/out" 2> "$work/err" || { cat "$work/err"; exit 1; }
        awk -v cpu="$(field cpu_seconds)" -v units="$units" 'BEGIN { printf "%.3f\n", cpu * 1e6 / units }'
    done | median | sed "s|^|$name: |; s|\$| us of CPU each (goal $goal)|"
}

cost 'QoS 0, unpaced' 0.5 2000000 pub -c 10 -i 0 -t b/%i -q 0 -S 100B --unpaced -L 2000000
cost 'QoS 1, window of 100' 1.0 500000 pub -c 10 -i 0 -t b/%i -q 1 -S 100B --unpaced --inflight 100 -L 500000
cost 'QoS 2, window of 100' 2.0 300000 pub -c 10 -i 0 -t b/%i -q 2 -S 100B --unpaced --inflight 100 -L 300000

# Stamps in payloads of one's own, beside the 100 random bytes above, whose stamp is in front: about 100 bytes each, too.
reading='{"site":"north","value":21.5,"unit":"C","ok":true}'
cost 'QoS 1, stamp in JSON' 1.2 500000 pub -c 10 -i 0 -t b/%i -q 1 -m "$reading" --stamp json:/t --unpaced --inflight 100 -L 500000
cost 'QoS 1, stamp in a user property' 1.2 500000 pub -c 10 -i 0 -t b/%i -q 1 -m "$reading" --stamp property --unpaced --inflight 100 -L 500000
cost 'QoS 1, template and stamp in JSON' 1.5 500000 pub -c 10 -i 0 -t b/%i -q 1 -m '{"site":%i,"number":%s,"value":21.5,"unit":"C"}' --template --stamp json:/t --unpaced --inflight 100 -L 500000

# Receiving: one process publishes, the other is measured.
for _ in $(seq "$runs"); do
    "$program" --quiet bench sub -c 10 -i 0 -t r -p "$port" --report "$work/report.json" -L 1000000 > "$work/out" 2> "$work/err" &
    subscriber=$!
    sleep 0.5
    "$program" --quiet bench pub -c 1 -t r -S 100B --rate 50000/s -L 100000 -p "$port" > "$work/pub" 2>&1
    wait $subscriber || true
    awk -v cpu="$(field cpu_seconds)" -v count="$(field delivered)" 'BEGIN { printf "%.3f\n", cpu * 1e6 / count }'
done | median | sed 's|^|receiving, latency recorded: |; s|$| us of CPU each (goal 0.7)|'

# Connections: CPU of 5,000 connects; memory of 10,000 idle ones beside that of one.
cost 'connect' 45 5000 conn -c 5000 --ramp max --duration 0.2
memory() { "$program" --quiet bench conn -c "$1" --ramp max --duration 1 -p "$port" --report "$work/report.json" > "$work/out" 2>&1; field peak_memory; }
one=$(memory 1)
if many=$(memory 10000) && [ -n "$many" ]; then
    awk -v one="$one" -v many="$many" 'BEGIN { printf "memory: %.1f MB with 1 connection, %.1f MB with 10,000 (goal 30): %.0f bytes each (goal 2000)\n", one / 1e6, many / 1e6, (many - one) / 9999 }'
fi

# Send delay at half of what one connection a core can send unpaced at QoS 1.
for _ in $(seq "$runs"); do
    "$program" --quiet bench pub -c 100 -i 0 -t b/%i -q 1 -S 100B --rate 10000/s --duration 5 --warmup 1 -p "$port" --report "$work/report.json" > "$work/out" 2>&1
    awk '/"send_delay"/ { found = 1 } found && /"p99"/ { gsub(/[^0-9]/, "", $2); printf "%.0f\n", $2 / 1000; exit }' "$work/report.json"
done | median | sed 's|^|send-delay p99 at 10,000/s: |; s|$| us (goal 200)|'

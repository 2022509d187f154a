#!/usr/bin/env bash
# What the load generator itself costs, against a mosquitto of its own: whole-process CPU a message and a connect,
# memory a connection, and how late it sends, each beside its goal. Medians of RUNS runs (default 5). Where there is a C
# compiler, what the same takes by hand (floor.c) is measured in turn with it: most of the cost is the system's.
#
#   benches/generator_cost.sh [PROGRAM]      PROGRAM: target/release/mqttx-rs unless given
set -euo pipefail
cd "$(dirname "$0")/.."
program=${1:-target/release/mqttx-rs}
runs=${RUNS:-5}
work=$(mktemp -d)
# Below those that the system gives to connections.
port=$(( 20000 + RANDOM % 12000 ))
printf 'listener %s 127.0.0.1\nallow_anonymous true\nmax_inflight_messages 100\nmax_queued_messages 0\nset_tcp_nodelay true\n' "$port" > "$work/mosquitto.conf"
mosquitto -c "$work/mosquitto.conf" > "$work/mosquitto.log" 2>&1 &
broker=$!
trap 'kill $broker; rm -rf "$work"' EXIT
if ! cc -O2 -o "$work/floor" benches/floor.c 2> "$work/cc"; then echo 'no C compiler: without the floor'; fi
until "$program" bench conn -p "$port" -c 1 --duration 0.1 > "$work/ready" 2>&1; do
    kill -0 $broker 2> "$work/gone" || { echo "mosquitto does not run on port $port" >&2; exit 1; }
    sleep 0.1
done

median() { sort -g | awk '{ value[NR] = $1 } END { print value[int((NR + 1) / 2)] }'; }

# The field of a report: a small reader, so that nothing needs to be installed.
field() { grep -m 1 "\"$1\":" "$work/report.json" | sed 's/.*: //; s/,$//'; }

# floor ARGUMENTS...: the same by hand, for the next `show`.
floor() { if [ -x "$work/floor" ]; then "$work/floor" "$port" "$@" >> "$work/floors"; fi; }

# show NAME GOAL: the median of what is read, beside that of the floor.
show() {
    local by_hand=''
    if [ -s "$work/floors" ]; then by_hand=", by hand $(median < "$work/floors")"; fi
    printf '%s: %s us of CPU each (goal %s%s)\n' "$1" "$(median)" "$2" "$by_hand"
    rm -f "$work/floors"
}

# each UNITS ARGUMENTS...: microseconds of CPU a unit, once.
each() {
    local units=$1; shift
    "$program" --quiet bench "$@" -p "$port" --report "$work/report.json" > "$work/out" 2> "$work/err" || { cat "$work/err" >&2; exit 1; }
    awk -v cpu="$(field cpu_seconds)" -v units="$units" 'BEGIN { printf "%.3f\n", cpu * 1e6 / units }'
}

# cost NAME GOAL FLOOR UNITS ARGUMENTS...: in turn with the floor, whose arguments are one word; `-`: there is none.
cost() {
    local name=$1 goal=$2 by_hand=$3; shift 3
    for _ in $(seq "$runs"); do
        if [ "$by_hand" != - ]; then floor $by_hand; fi
        each "$@"
    done > "$work/costs"
    show "$name" "$goal" < "$work/costs"
}

cost 'QoS 0, unpaced' 0.5 'publish 0 2000000' 2000000 pub -c 10 -i 0 -t b/%i -q 0 -S 100B --unpaced -L 2000000
cost 'QoS 1, window of 100' 1.0 'publish 1 500000' 500000 pub -c 10 -i 0 -t b/%i -q 1 -S 100B --unpaced --inflight 100 -L 500000
cost 'QoS 2, window of 100' 2.0 'publish 2 300000' 300000 pub -c 10 -i 0 -t b/%i -q 2 -S 100B --unpaced --inflight 100 -L 300000

# What is due in the same millisecond goes out together, here and by hand.
cost 'paced, 1,000 clients, 20,000/s, QoS 0' 9 'paced 0 100000 20000' 100000 pub -c 1000 -i 0 -t b/%i -q 0 -S 64B --rate 20000/s -L 100000
cost 'paced, 1,000 clients, 20,000/s, QoS 1' 12 'paced 1 100000 20000' 100000 pub -c 1000 -i 0 -t b/%i -q 1 -S 64B --rate 20000/s -L 100000

# Stamps in payloads of one's own, beside the 100 random bytes above, whose stamp is in front: about 100 bytes each, too.
reading='{"site":"north","value":21.5,"unit":"C","ok":true}'
cost 'QoS 1, stamp in JSON' 1.2 - 500000 pub -c 10 -i 0 -t b/%i -q 1 -m "$reading" --stamp json:/t --unpaced --inflight 100 -L 500000
cost 'QoS 1, stamp in a user property' 1.2 - 500000 pub -c 10 -i 0 -t b/%i -q 1 -m "$reading" --stamp property --unpaced --inflight 100 -L 500000
cost 'QoS 1, template and stamp in JSON' 1.5 - 500000 pub -c 10 -i 0 -t b/%i -q 1 -m '{"site":%i,"number":%s,"value":21.5,"unit":"C"}' --template --stamp json:/t --unpaced --inflight 100 -L 500000

# Receiving: one process publishes, the other is measured.
publish_to_receivers() {
    sleep 0.5
    "$program" --quiet bench pub -c 1 -t r -S 100B --rate 50000/s -L 100000 -p "$port" > "$work/pub" 2>&1
    wait "$1" || true
}
for _ in $(seq "$runs"); do
    if [ -x "$work/floor" ]; then
        "$work/floor" "$port" receive 1000000 >> "$work/floors" &
        publish_to_receivers $!
    fi
    "$program" --quiet bench sub -c 10 -i 0 -t r -p "$port" --report "$work/report.json" -L 1000000 > "$work/out" 2> "$work/err" &
    publish_to_receivers $!
    awk -v cpu="$(field cpu_seconds)" -v count="$(field delivered)" 'BEGIN { printf "%.3f\n", cpu * 1e6 / count }'
done > "$work/costs"
show 'receiving, latency recorded' 0.7 < "$work/costs"

# Connections: CPU of 5,000 connects; memory of 10,000 idle ones beside that of one.
cost 'connect' 45 'connect 5000' 5000 conn -c 5000 --ramp max --duration 0.2
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

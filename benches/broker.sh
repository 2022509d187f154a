#!/usr/bin/env bash
# What a message costs the broker: CPU time of its process for each delivery, ours and mosquitto's in turn under the same
# paced loads. Medians of RUNS runs (default 5). Linux: the time is read from /proc.
#
#   benches/broker.sh [PROGRAM]      PROGRAM: target/release/mqttx-rs unless given
set -euo pipefail
cd "$(dirname "$0")/.."
program=${1:-target/release/mqttx-rs}
runs=${RUNS:-5}
work=$(mktemp -d)
declare -A port pid
port[ours]=$(( 20000 + RANDOM % 6000 ))
port[mosquitto]=$(( 26000 + RANDOM % 6000 ))
printf 'listener %s 127.0.0.1\nallow_anonymous true\nmax_inflight_messages 100\nmax_queued_messages 0\nset_tcp_nodelay true\n' \
    "${port[mosquitto]}" > "$work/mosquitto.conf"
"$program" --quiet broker -p "${port[ours]}" > "$work/ours.log" 2>&1 &
pid[ours]=$!
mosquitto -c "$work/mosquitto.conf" > "$work/mosquitto.log" 2>&1 &
pid[mosquitto]=$!
trap 'kill "${pid[@]}"; rm -rf "$work"' EXIT
for broker in "${!port[@]}"; do
    until "$program" conn --check --quiet -p "${port[$broker]}" > "$work/ready" 2>&1; do sleep 0.1; done
done

median() { sort -g | awk '{ value[NR] = $1 } END { print value[int((NR + 1) / 2)] }'; }

# The field of a report: a small reader, so that nothing needs to be installed.
field() { grep -m 1 "\"$1\":" "$work/report.json" | sed 's/.*: //; s/,$//'; }

# Clock ticks of a process, in user and kernel mode; the name before them may hold blanks.
ticks() { sed 's/.*) //' "/proc/$1/stat" | awk '{ print $12 + $13 }'; }

tick=$(awk -v hertz="$(getconf CLK_TCK)" 'BEGIN { print 1e6 / hertz }')

# compare NAME ARGUMENTS...: each QoS, both brokers in turn.
compare() {
    local name=$1 qos broker before; shift
    for qos in 0 1 2; do
        rm -f "$work"/*.us
        for _ in $(seq "$runs"); do
            for broker in ours mosquitto; do
                before=$(ticks "${pid[$broker]}")
                "$program" --quiet bench e2e -i 0 -S 100B --inflight 100 -q "$qos" "$@" -p "${port[$broker]}" \
                    --report "$work/report.json" > "$work/out" 2> "$work/err" || { cat "$work/err"; exit 1; }
                [ "$(field lost)" = 0 ] || echo "$name, QoS $qos, $broker: $(field lost) lost"
                awk -v ticks=$(( $(ticks "${pid[$broker]}") - before )) -v tick="$tick" -v delivered="$(field delivered)" \
                    'BEGIN { printf "%.2f\n", ticks * tick / delivered }' >> "$work/$broker.us"
            done
        done
        printf '%-10s QoS %s: %6.2f us of CPU a delivery, mosquitto %6.2f\n' \
            "$name" "$qos" "$(median < "$work/ours.us")" "$(median < "$work/mosquitto.us")"
    done
}

compare '1 to 1' --rate 10000/s -L 50000 -c 1
compare '10 to 10' --rate 20000/s -L 100000 -c 10
compare '1 to 500' --rate 50/s -L 250 --shape fan-out --publishers 1 --subscribers 500

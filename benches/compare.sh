#!/usr/bin/env bash
# Measures this program and every peer that is installed, in turn, against a mosquitto of its own, and prints the table of
# the README's section "How fast, and how we know": medians of RUNS runs (default 5). Needs bash, GNU time and mosquitto;
# cargo for the loops of benches/peers.rs, or that program, built, as LOOPS; a C compiler for benches/floor.c. What else is
# on the PATH is measured too: mosquitto_pub and mosquitto_sub, mqttx (MQTTX CLI), emqtt_bench, mqttv5 (`cargo install
# mqttv5-cli`), and python3 with paho-mqtt.
#
#   benches/compare.sh [PROGRAM]             PROGRAM: target/release/mqttx-rs unless given
#   benches/compare.sh --update PAGE...      also puts the table into these pages of the repository, between two comments
#   benches/compare.sh --list                prints the columns and rows that there may be, and measures nothing
set -euo pipefail
cd "$(dirname "$0")/.."
program=target/release/mqttx-rs pages=() is_list=''
case ${1:-} in
    --update) shift; pages=("$@") ;;
    --list) is_list=1 ;;
    ?*) program=$1 ;;
esac
runs=${RUNS:-5}

# What a column is called; the version comes behind it.
declare -A name=(
    [ours]='mqttx-rs' [mosquitto]='mosquitto_pub/sub' [mqttx]='MQTTX CLI' [emqtt_bench]='emqtt-bench' [mqttv5]='mqttv5'
    [paho]='loop around paho' [rumqttc]='loop around rumqttc' [floor]='bare loop over sockets'
)
# The clients of a row that holds connections, and messages of one that sends at a rate.
clients=5000 paced=100000

# rows: every row of the table.
rows() {
    local qos
    count=1
    row version '`--version`, ms' wall $(( runs * 20 ))
    row once 'one message at QoS 1, ms' wall $(( runs * 20 ))
    row once 'the same, peak memory, MB' peak
    for qos in 0 1 2; do lines $qos; row "pub-$qos" "lines of stdin at QoS $qos, us of CPU each" published; done
    for qos in 0 1; do lines $qos; row "raw-$qos" "received at QoS $qos, payloads printed, us of CPU each" received; done
    for qos in 0 1; do lines $qos; row "json-$qos" "received at QoS $qos, printed as JSON, us of CPU each" received; done
    count=$paced
    for qos in 0 1; do row "load-$qos" "load of 1,000 clients, 20,000/s at QoS $qos, us of CPU each" loaded; done
    row e2e-1 'load of 100 clients, 5,000/s at QoS 1, all to one subscriber, us of CPU each' loaded
    count=$clients
    row connect '5,000 connects, us of CPU each' loaded
    row idle '5,000 idle connections, peak memory, MB' peak
}

if [ -n "$is_list" ]; then
    lines() { true; }
    row() { echo "row $2"; }
    for peer in "${!name[@]}"; do echo "column ${name[$peer]}"; done
    rows
    exit
fi
work=$(mktemp -d)
# Below those that the system gives to connections.
port=$(( 20000 + RANDOM % 12000 ))
cat > "$work/mosquitto.conf" <<END
listener $port 127.0.0.1
allow_anonymous true
max_queued_messages 0
log_type subscribe
log_dest stderr
END
mosquitto -c "$work/mosquitto.conf" > "$work/mosquitto.log" 2>&1 &
broker=$!
trap 'kill $broker; rm -rf "$work"' EXIT
until "$program" conn --check --quiet -p "$port" > "$work/ready" 2>&1; do
    kill -0 $broker 2> "$work/gone" || { echo "mosquitto does not run on port $port" >&2; exit 1; }
    sleep 0.1
done

# The lines that are published: 60 bytes each, as many as make a run long enough for the clock of 10 ms.
few=$(( ${LINES_OF_QOS_1:-100000} ))
many=$(( ${LINES_OF_QOS_0:-1000000} ))
awk -v count="$many" 'BEGIN { for (i = 1; i <= count; i++) printf "%08d %051d\n", i, 0 }' > "$work/many"
head -n "$few" "$work/many" > "$work/few"

peers=(ours)
declare -A title=([ours]="$("$program" --version)")
has() { command -v "$1" > "$work/found" 2>&1; }
# peer NAME [VERSION]: it takes part.
peer() { peers+=("$1"); title[$1]="${name[$1]}${2:+ $2}"; }
if has mosquitto_pub && has mosquitto_sub; then
    peer mosquitto "$(mosquitto_pub --version 2>&1 | grep -o '[0-9.]*[0-9]' | head -n 1 || true)"
fi
if has mqttx; then peer mqttx "$(mqttx --version | head -n 1)"; fi
if has emqtt_bench; then peer emqtt_bench; fi
if has mqttv5; then peer mqttv5 "$(mqttv5 --version | grep -o '[0-9.]*[0-9]' | tail -n 1)"; fi
if has python3 && paho=$(python3 -c 'from importlib.metadata import version; print(version("paho-mqtt"))' 2> "$work/found"); then
    peer paho "$paho"
fi
if [ -n "${LOOPS:-}" ] || has cargo; then
    loops=${LOOPS:-$(cargo bench --locked --bench peers --no-run --message-format=json 2> "$work/cargo" |
        grep -o '"executable":"[^"]*/peers-[^"]*"' | cut -d '"' -f 4)} || { cat "$work/cargo" >&2; exit 1; }
    peer rumqttc "$(grep -A 1 '^name = "rumqttc"' Cargo.lock | sed -n 's/^version = "\(.*\)"/\1/p')"
fi
if has cc && cc -O2 -o "$work/floor" benches/floor.c; then by_hand="$work/floor"; fi
if [ -n "${loops:-}${by_hand:-}" ]; then peer floor; fi

median() { sort -g "$1" | awk '{ value[NR] = $1 } END { print value[int((NR + 1) / 2)] }'; }

# of_mqttv5 MODE: its load generator, one message of each client at a time.
of_mqttv5() { echo "mqttv5 bench -H 127.0.0.1 -p $port --mode $1 --warmup 0 --inflight 1 --payload-size 64"; }

# arguments ROW PEER: the command of a peer in a row, as words; empty if it has none.
arguments() {
    local row=$1 peer=$2 qos=${1##*-}
    local to=(-h 127.0.0.1 -p "$port" -t compare -q "$qos")
    case $row/$peer in
        once/ours) echo "$program pub -h 127.0.0.1 -p $port -t compare -q 1 -m on" ;;
        once/mosquitto) echo "mosquitto_pub -h 127.0.0.1 -p $port -t compare -q 1 -m on" ;;
        once/mqttx) echo "mqttx pub -h 127.0.0.1 -p $port -t compare -q 1 -m on" ;;
        version/ours) echo "$program --version" ;;
        version/mosquitto) echo "mosquitto_pub --version" ;;
        version/mqttx) echo "mqttx --version" ;;
        pub-*/ours) echo "$program pub ${to[*]} -r -lm --quiet" ;;
        pub-*/mosquitto) echo "mosquitto_pub ${to[*]} -r -l" ;;
        pub-*/mqttx) echo "mqttx pub ${to[*]} -r -s -lm" ;;
        pub-*/paho) echo "python3 benches/peer_paho.py pub $port $qos" ;;
        pub-*/rumqttc | pub-*/floor) echo "${loops:+$loops $peer pub $port $qos}" ;;
        raw-*/ours) echo "$program sub ${to[*]} --output-mode raw --quiet -C $count" ;;
        raw-*/mosquitto) echo "mosquitto_sub ${to[*]} -C $count" ;;
        raw-*/paho) echo "python3 benches/peer_paho.py sub $port $qos $count" ;;
        raw-*/rumqttc | raw-*/floor) echo "${loops:+$loops $peer sub $port $qos $count}" ;;
        json-*/ours) echo "$program sub ${to[*]} --output-mode jsonl --quiet -C $count" ;;
        json-*/mosquitto) echo "mosquitto_sub ${to[*]} -C $count -F %j" ;;
        once/mqttv5) echo "mqttv5 pub -H 127.0.0.1 -p $port -t compare -q 1 -m on" ;;
        version/mqttv5) echo "mqttv5 --version" ;;
        raw-*/mqttv5) echo "mqttv5 sub -H 127.0.0.1 -p $port -t compare -q $qos -n $count" ;;
        load-*/ours) echo "$program --quiet bench pub -h 127.0.0.1 -p $port -c 1000 -i 0 -q $qos -t load/%i -S 64B --rate 20000/s -L $count" ;;
        load-*/emqtt_bench) echo "emqtt_bench pub -h 127.0.0.1 -p $port -c 1000 -i 1 -I 50 -q $qos -t load/%i -s 64 -L $count" ;;
        load-*/mqttv5) echo "$(of_mqttv5 throughput) --publishers 1000 --subscribers 0 -q $qos --rate 20000 --duration $(( count / 20000 ))" ;;
        load-*/floor) echo "${by_hand:+$by_hand $port paced $qos $count 20000}" ;;
        e2e-*/ours) echo "$program --quiet bench e2e -h 127.0.0.1 -p $port --shape fan-in --publishers 100 -i 0 -q $qos -S 64B --rate 5000/s -L $count" ;;
        e2e-*/mqttv5) echo "$(of_mqttv5 throughput) --publishers 100 -q $qos --rate 5000 --duration $(( count / 5000 ))" ;;
        connect/ours) echo "$program --quiet bench conn -h 127.0.0.1 -p $port -c $count --ramp max --duration 0.2" ;;
        connect/mqttv5) echo "$(of_mqttv5 connections) --concurrency 100 --duration 2" ;;
        connect/floor) echo "${by_hand:+$by_hand $port connect $count}" ;;
        idle/ours) echo "$program --quiet bench conn -h 127.0.0.1 -p $port -c $count --ramp max --duration 1" ;;
        idle/mqttv5) echo "$(of_mqttv5 throughput) --publishers $count --subscribers 0 --topics 1 --rate 1 --duration 1" ;;
    esac
}

# The number of the last line that the broker has: all are published retained.
last() {
    "$program" sub -h 127.0.0.1 -p "$port" -t compare --retained-only --idle-timeout 0.3 --output-mode raw --quiet | cut -c 1-8 | sed 's/^0*//'
}

forget() { "$program" pub -h 127.0.0.1 -p "$port" -t compare -r -n -q 1 --quiet; }

# measured COMMAND...: runs it, its CPU time in microseconds to `cpu` and its peak memory in kB to `peak`.
measured() {
    /usr/bin/time -f '%U %S %M' -o "$work/time" timeout 120 "$@" || echo "$* ended with $?" >&2
    tail -n 1 "$work/time" | awk '{ printf "%.0f\n", ($1 + $2) * 1e6 }' > "$work/cpu"
    tail -n 1 "$work/time" | awk '{ print $3 }' > "$work/peak"
}

# row NAME WHAT HOW: every peer in turn, and the line of the table.
row() {
    local row=$1 what=$2 how=$3 times=${4:-$runs} peer run command cells=''
    rm -f "$work"/*.figures "$work"/*.lost
    for run in $(seq "$times"); do
        for peer in "${peers[@]}"; do
            read -r -a command <<< "$(arguments "$row" "$peer")"
            if [ ${#command[@]} -gt 0 ]; then
                "$how" "$peer" "${command[@]}"
            fi
        done
    done
    for peer in "${peers[@]}"; do
        if [ -e "$work/$peer.figures" ]; then
            cells+=" $(median "$work/$peer.figures")"
            [ ! -e "$work/$peer.lost" ] || cells+=" ($(median "$work/$peer.lost") of $count lost)"
        else
            cells+=' -'
        fi
        cells+=' |'
    done
    echo "| $what |$cells"
}

wall() {
    local peer=$1 begin; shift
    begin=${EPOCHREALTIME/./}
    "$@" > "$work/out" 2>&1 || true
    awk -v time=$(( ${EPOCHREALTIME/./} - begin )) 'BEGIN { printf "%.1f\n", time / 1000 }' >> "$work/$peer.figures"
}

peak() {
    local peer=$1; shift
    measured "$@" > "$work/out" 2> "$work/err"
    awk '{ printf "%.1f\n", $1 / 1000 }' "$work/peak" >> "$work/$peer.figures"
}

published() {
    local peer=$1 arrived; shift
    forget
    measured "$@" < "$work/lines" > "$work/out" 2> "$work/err"
    awk -v count="$count" '{ printf "%.2f\n", $1 / count }' "$work/cpu" >> "$work/$peer.figures"
    # The broker may not have read all of it yet; while it has not, `last` ends at the first live message.
    for _ in $(seq 10); do
        arrived=$(last)
        [ "${arrived:-0}" -ne "$count" ] || break
        sleep 0.5
    done
    [ "${arrived:-0}" -eq "$count" ] || echo $(( count - ${arrived:-0} )) >> "$work/$peer.lost"
}

received() {
    local peer=$1 before subscriber; shift
    before=$(wc -l < "$work/mosquitto.log")
    { measured "$@" 2> "$work/err" | wc -l > "$work/received"; } &
    subscriber=$!
    for _ in $(seq 100); do
        ! tail -n +$(( before + 1 )) "$work/mosquitto.log" | grep -q ' compare$' || break
        sleep 0.1
    done
    "$program" pub -h 127.0.0.1 -p "$port" -t compare -q "$qos" -lm --quiet < "$work/lines"
    wait "$subscriber" || true
    awk -v count="$count" '{ printf "%.2f\n", $1 / count }' "$work/cpu" >> "$work/$peer.figures"
    [ "$(cat "$work/received")" -ge "$count" ] || echo $(( count - $(cat "$work/received") )) >> "$work/$peer.lost"
}

loaded() {
    local peer=$1 count=$count; shift
    measured "$@" > "$work/out" 2> "$work/err"
    # It runs for a time, and reports what it has done in that.
    if [ "$peer" = mqttv5 ]; then count=$(sed -n 's/.*"\(published\|successful\)": \([0-9]*\).*/\2/p' "$work/out"); fi
    awk -v count="$count" '{ printf "%.2f\n", $1 / count }' "$work/cpu" >> "$work/$peer.figures"
}

# lines QOS: which lines a row publishes.
lines() {
    qos=$1
    if [ "$qos" = 0 ]; then count=$many; ln -sf many "$work/lines"; else count=$few; ln -sf few "$work/lines"; fi
}

processor=$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1)
load=$(cut -d ' ' -f 1 /proc/loadavg)
table() {
    echo "Medians of $runs runs, all programs in turn, $(date -u +%Y-%m-%d), on \`$(uname -n)\`: $(nproc) CPUs ($processor), Linux" \
        "$(uname -r | cut -d - -f 1), against mosquitto $(mosquitto -h | sed -n '1s/.* //p') with its window of 20; load average $load at the" \
        "start. -: not measured."
    echo
    local head='| |' rule='|---|' peer
    for peer in "${peers[@]}"; do head+=" ${title[$peer]} |"; rule+='---|'; done
    echo "$head"
    echo "$rule"
    rows
}
table | tee "$work/table"
for page in ${pages[@]+"${pages[@]}"}; do
    awk -v table="$work/table" '
        /^<!-- compare.sh: end -->$/ { within = 0 }
        !within
        /^<!-- compare.sh: begin -->$/ { within = 1; print ""; while ((getline line < table) > 0) print line; close(table); print "" }
    ' "$page" > "$work/page"
    cat "$work/page" > "$page"
done

#!/usr/bin/env bash
# Whether the parts of a run find their numbers in a real Slurm: one of its own with a single node on loopback, beside a
# mosquitto of its own. Tries a step of `srun`, array jobs that count from 0, from 1 and in steps of 2, an array whose
# tasks have several processes, what must be refused, and the job that `bench manifest slurm` prints. Ends with 1 if a
# part is missing or twice. Needs root, and slurmctld, slurmd, munge and mosquitto (Debian: slurm-wlm munge mosquitto).
#
#   benches/slurm.sh [PROGRAM]      PROGRAM: target/release/mqttx-rs unless given
set -euo pipefail
cd "$(dirname "$0")/.."
program=$(realpath "${1:-target/release/mqttx-rs}")
PATH=$PATH:/usr/sbin:/usr/local/sbin
for tool in slurmctld slurmd munged mosquitto; do
    command -v "$tool" > /dev/null || { echo "$tool is not installed"; exit 77; }
done
work=$(mktemp -d)
chmod 711 "$work"
port=$(( 20000 + RANDOM % 20000 ))
started=()
trap 'scancel --user=root > "$work/scancel" 2>&1; kill "${started[@]}" 2> /dev/null; wait 2> /dev/null; rm -rf "$work"' EXIT
trap 'exit 130' INT TERM

mkdir -p "$work"/{munge,state,spool,bin,jobs}
ln -s "$program" "$work/bin/mqttx-rs"
export PATH=$work/bin:$PATH
head -c 1024 /dev/urandom > "$work/munge/key"
chmod 400 "$work/munge/key"
munged --foreground --force --key-file="$work/munge/key" --socket="$work/munge/socket" --pid-file="$work/munge/pid" \
    --log-file="$work/munge/log" --seed-file="$work/munge/seed" > "$work/munge.out" 2>&1 &
started+=($!)

export SLURM_CONF=$work/slurm.conf
host=$(hostname -s)
cat > "$SLURM_CONF" << END
ClusterName=bench
SlurmctldHost=$host(127.0.0.1)
SlurmctldPort=$(( port + 1 ))
SlurmdPort=$(( port + 2 ))
SlurmUser=root
AuthType=auth/munge
AuthInfo=socket=$work/munge/socket
CredType=cred/munge
StateSaveLocation=$work/state
SlurmdSpoolDir=$work/spool
SlurmctldPidFile=$work/slurmctld.pid
SlurmdPidFile=$work/slurmd.pid
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
ReturnToService=2
SchedulerParameters=batch_sched_delay=0,sched_min_interval=1
MinJobAge=300
NodeName=$host NodeAddr=127.0.0.1 CPUs=8 RealMemory=4000 State=UNKNOWN
PartitionName=all Nodes=$host Default=YES MaxTime=60 State=UP OverSubscribe=FORCE:8
# More processors than there may be: nothing is measured here.
SlurmdParameters=config_overrides
END
until [ -S "$work/munge/socket" ]; do sleep 0.1; done
slurmctld -D -i > "$work/slurmctld.log" 2>&1 & started+=($!)
slurmd -D > "$work/slurmd.log" 2>&1 & started+=($!)
printf 'listener %s 127.0.0.1\nallow_anonymous true\n' "$port" > "$work/mosquitto.conf"
mosquitto -c "$work/mosquitto.conf" > "$work/mosquitto.log" 2>&1 & started+=($!)
for _ in $(seq 300); do
    [ "$(sinfo -h -o %t 2> "$work/sinfo.err" || true)" = idle ] && break
    sleep 0.2
done
sinfo -h -o '%n %t' || { cat "$work/slurmctld.log" "$work/slurmd.log"; exit 1; }

failed=0
check() { # check NAME WANTED GOT
    if [ "$2" = "$3" ]; then echo "ok      $1: $3"; else echo "FAILED  $1: $3, not $2"; failed=1; fi
}
# The parts that wrote a report, in order.
parts() { grep -h -A 3 '"shard"' "$1"/*.json | tr -d '\n ' | grep -o '"shard":\[[0-9]*,[0-9]*\]' | grep -o '[0-9]*,[0-9]*' | sort -n | tr '\n' ' '; }
# load FOLDER: what each part runs, at a start that is the same for all of them.
load() {
    printf 'mqttx-rs --quiet bench pub -h 127.0.0.1 -p %s -c 8 -i 0 -t b/%%i -q 1 --rate 400/s -L 400 --run-id slurm --start-at %s' \
        "$port" "$(date -u -d "+${2:-10} seconds" +%FT%TZ)"
}
batch() { sbatch --wait --parsable --output="$work/jobs/%A-%a.out" "$@" > "$work/jobs/id" 2> "$work/jobs/err"; }

# 1. A step.
mkdir "$work/step"
srun --quiet --ntasks=4 --overcommit sh -c "exec $(load step 6) --shard auto --report $work/step/\$SLURM_PROCID.json" > "$work/step.out" 2>&1 ||
    { cat "$work/step.out"; failed=1; }
check 'srun --ntasks=4' '0,4 1,4 2,4 3,4 ' "$(parts "$work/step")"
check 'srun, merged' '400 messages' "$(mqttx-rs bench merge "$work"/step/*.json --summary json 2>&1 | grep -m 1 '"sent":' | tr -dc 0-9) messages"

# 2. Arrays that count from 0, from 1, and in steps.
for range in 0-3 1-4 2-8:2; do
    folder=$work/array-$range
    mkdir "$folder"
    printf '#!/bin/sh\nexec %s --shard auto --report %s/$SLURM_ARRAY_TASK_ID.json\n' "$(load array)" "$folder" > "$work/array.sh"
    batch --array="$range" --oversubscribe "$work/array.sh" || { cat "$work/jobs/err" "$work"/jobs/*.out; failed=1; }
    check "sbatch --array=$range" '0,4 1,4 2,4 3,4 ' "$(parts "$folder")"
done

# 3. An array whose tasks have two processes each.
mkdir "$work/both"
printf '#!/bin/sh\nsrun --overcommit sh -c "exec %s --shard auto --report %s/\\$SLURM_ARRAY_TASK_ID-\\$SLURM_PROCID.json"\n' "$(load both)" "$work/both" > "$work/both.sh"
batch --array=1-2 --ntasks=2 --oversubscribe "$work/both.sh" || { cat "$work/jobs/err" "$work"/jobs/*.out; failed=1; }
check 'sbatch --array=1-2 --ntasks=2' '0,4 1,4 2,4 3,4 ' "$(parts "$work/both")"

# 4. What must be refused: the batch script on behalf of its tasks, and another number of parts than there are.
printf '#!/bin/sh\n%s --shard auto\n' "$(load batch 5)" > "$work/wrong.sh"
code=0; batch --ntasks=2 "$work/wrong.sh" || code=$?
check 'a batch script without srun' 2 "$code"
printf '#!/bin/sh\n%s --shard /3\n' "$(load array 5)" > "$work/wrong.sh"
code=0; batch --array=1-4 "$work/wrong.sh" || code=$?
check '--shard /3 in an array of 4' 2 "$code"

# 5. The job that the program prints, and its exit code.
for condition in 'sent<1' 'sent>0'; do
    mqttx-rs bench manifest slurm p2p --shards 2 --fail "$condition" -- -h 127.0.0.1 -p "$port" --scale 0.01 --duration 2 |
        sed "s/'+[0-9]* seconds'/'+8 seconds'/" > "$work/load.sh"     # the node is there at once
    code=0
    (cd "$work/jobs" && sbatch --wait --parsable --ntasks-per-node=2 --mem-per-cpu=16M ../load.sh > id 2> err) || code=$?
    [ "$condition" = 'sent>0' ] && wanted=99 || wanted=0
    check "bench manifest slurm, --fail '$condition'" "$wanted" "$code"
    [ "$code" = "$wanted" ] || cat "$work"/jobs/err "$work"/jobs/bench-*.out
    check 'its parts' '0,2 1,2 ' "$(rm -f "$work/jobs/bench-$(cat "$work/jobs/id")/all.json"; parts "$work/jobs/bench-$(cat "$work/jobs/id")")"
done
exit "$failed"

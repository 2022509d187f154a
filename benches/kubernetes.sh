#!/usr/bin/env bash
# Whether what `bench manifest kubernetes` prints is what Kubernetes accepts: each object against the schemas of several
# versions, strictly, so that a misspelt field is an error. Needs kubernetes-validate, which has the schemas with it:
# `pip install kubernetes-validate`.
#
#   benches/kubernetes.sh [PROGRAM]      PROGRAM: target/release/mqttx-rs unless given
set -euo pipefail
cd "$(dirname "$0")/.."
program=${1:-target/release/mqttx-rs}
command -v kubernetes-validate > /dev/null || { echo 'kubernetes-validate is not installed'; exit 77; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
printf 'title = "mine"\n\n[[groups]]\nname = "a"\nrole = "pub"\ncount = 10\ntopic = "t/%%i"\nrate = "5/s"\n\n[[phases]]\nname = "all"\nduration = "3s"\n' > "$work/mine.toml"
# What envsubst does with the variables of the run.
filled() { sed "s/\$RUN/20261129-105000/g; s/\$START/2026-11-29T12:00:00Z/g"; }
"$program" bench manifest kubernetes p2p --shards 10 --fail 'e2e.p99>200ms' -- -h broker.example --scale 100 | filled > "$work/preset.yaml"
"$program" bench manifest kubernetes "$work/mine.toml" --shards 3 --image 'registry.example/mqttx-rs:1' -- -h broker.example | filled > "$work/file.yaml"
failed=0
for version in ${VERSIONS:-1.29 1.31 1.34 1.37}; do
    for name in preset file; do
        if kubernetes-validate --strict --quiet --no-warn -k "$version" "$work/$name.yaml"; then
            echo "ok      $name, Kubernetes $version: $(grep -c '^kind:' "$work/$name.yaml") objects"
        else
            echo "FAILED  $name, Kubernetes $version"
            failed=1
        fi
    done
done
# A check that cannot fail is none.
sed 's/completionMode:/completionMod:/' "$work/preset.yaml" > "$work/misspelt.yaml"
if kubernetes-validate --strict --quiet --no-warn "$work/misspelt.yaml" > "$work/out" 2>&1; then
    echo 'FAILED  a misspelt field is accepted'
    failed=1
fi
exit "$failed"

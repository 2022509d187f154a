//! Kubernetes: an Indexed Job of the parts, and a job that merges what they report.

use std::fmt::Write as _;

use super::text::{figures, thresholds, word, words};
use crate::bench::{Manifest, ScenarioFile};

/// A text in YAML: a string of JSON is one.
fn string(text: &str) -> String {
    serde_json::to_string(text).unwrap_or_default()
}

pub(super) fn manifest(manifest: &Manifest) -> String {
    let scenario = manifest.file.as_ref().map(config_map).unwrap_or_default();
    [heading(manifest), scenario, load(manifest), merge(manifest)].concat()
}

/// How to start it, and the volume of the reports.
fn heading(manifest: &Manifest) -> String {
    format!(
        r"# {command}
#
#   export RUN=$(date -u +%Y%m%d-%H%M%S) START=$(date -u -d '+{ahead} seconds' +%FT%TZ)
#   envsubst '$RUN $START' < load.yaml | kubectl apply -f -
#   kubectl logs -f --pod-running-timeout=10m job/bench-$RUN-merge    # waits for all parts and shows the report
#   kubectl get pod -l job-name=bench-$RUN-merge -o jsonpath='{{.items[0].status.containerStatuses[0].state.terminated.exitCode}}'
#
# START is when the load begins in all parts: it must leave enough time to pull the image and to connect. A part that is
# not ready by then reports it, and the merge does not exit with 0. The exit code of the merge is that of the whole run: 0,
# 99 for a threshold, 1 for a part that is missing, was interrupted or began late.
#
# User name and password do not belong in this file: put them into a Secret,
#   kubectl create secret generic mqttx-rs --from-literal=MQTTX_USERNAME=... --from-literal=MQTTX_PASSWORD=...
apiVersion: v1
kind: PersistentVolumeClaim
metadata:
  name: bench-reports
spec:
  accessModes: [ReadWriteMany]              # pods on several nodes write to it
  resources:
    requests:
      storage: 1Gi
---
",
        command = words(&manifest.command),
        ahead = manifest.ahead(),
    )
}

/// The job that runs the parts.
fn load(manifest: &Manifest) -> String {
    let Manifest { parts, image, takes, .. } = manifest;
    let scenario = match &manifest.file {
        Some(file) => format!("/scenario/{}", file.name),
        None => manifest.scenario.clone(),
    };
    let run = words(&manifest.options);
    let run = if run.is_empty() { run } else { format!(" {run}") };
    let (mount, volume) = match manifest.file {
        Some(_) => (
            "\n            - { name: scenario, mountPath: /scenario }",
            "\n        - { name: scenario, configMap: { name: \"bench-$RUN\" } }",
        ),
        None => ("", ""),
    };
    format!(
        r#"apiVersion: batch/v1
kind: Job
metadata:
  name: "bench-$RUN"
spec:
  completions: {parts}
  parallelism: {parts}                            # all at once, or some would miss the start
  completionMode: Indexed                   # sets JOB_COMPLETION_INDEX, which --shard /{parts} reads
  backoffLimitPerIndex: 0                   # a failed part is not repeated, and the others continue
  podFailurePolicy:
    rules:
      - action: FailJob                     # exit code 2 is an error in the command line: no part can run
        onExitCodes: {{ containerName: bench, operator: In, values: [2] }}
      - action: FailIndex                   # a part whose node is lost would begin late
        onPodConditions: [{{ type: DisruptionTarget, status: "True" }}]
  activeDeadlineSeconds: {at_most}
  ttlSecondsAfterFinished: 86400
  template:
    metadata:
      labels: {{ app: mqttx-rs-bench, run: "$RUN" }}
    spec:
      restartPolicy: Never
      terminationGracePeriodSeconds: 60     # SIGTERM ends the load; outstanding messages are waited for
      automountServiceAccountToken: false
      topologySpreadConstraints:            # as few parts per node as possible
        - maxSkew: 1
          topologyKey: kubernetes.io/hostname
          whenUnsatisfiable: ScheduleAnyway
          labelSelector: {{ matchLabels: {{ run: "$RUN" }} }}
      securityContext:
        sysctls:                            # 64,512 connections to each address of the broker instead of 28,232
          - {{ name: net.ipv4.ip_local_port_range, value: "1024 65535" }}
      containers:
        - name: bench
          image: {image}
          command: [sh, -c]
          args:                             # exec: SIGTERM reaches the program, so that the report is written
            - |
              mkdir -p /reports/$RUN
              exec mqttx-rs bench run {scenario}{run} --workers {cores} --shard /{parts} --run-id $RUN --start-at $START --report /reports/$RUN/$JOB_COMPLETION_INDEX.json
          envFrom: [{{ secretRef: {{ name: mqttx-rs, optional: true }} }}]
          resources:                        # {figures} each
            requests: {{ cpu: "{cores}", memory: {memory}Mi }}
            limits: {{ cpu: "{cores}", memory: {memory}Mi }}     # equal, so that its cores are not shared
          volumeMounts:
            - {{ name: reports, mountPath: /reports }}{mount}
      volumes:
        - {{ name: reports, persistentVolumeClaim: {{ claimName: bench-reports }} }}{volume}
---
"#,
        scenario = word(&scenario),
        at_most = manifest.at_most(),
        image = string(image),
        cores = takes.cores,
        memory = manifest.mebibytes(),
        figures = figures(takes),
    )
}

/// The job that waits for the reports of all parts and judges the whole run.
fn merge(manifest: &Manifest) -> String {
    let at_most = manifest.at_most();
    format!(
        r#"apiVersion: batch/v1
kind: Job
metadata:
  name: "bench-$RUN-merge"
spec:
  backoffLimit: 0                           # its exit code is the result, not a reason to retry
  activeDeadlineSeconds: {merge_at_most}
  ttlSecondsAfterFinished: 86400
  template:
    metadata:
      labels: {{ app: mqttx-rs-bench-merge }}
    spec:
      restartPolicy: Never
      automountServiceAccountToken: false
      containers:
        - name: merge
          image: {image}
          command: [sh, -c]
          args:
            - |
              mkdir -p /reports/$RUN
              exec mqttx-rs bench merge --wait {at_most} --report /reports/$RUN/all.json --html /reports/$RUN/all.html{fail} $(seq -f /reports/$RUN/%g.json 0 {last})
          resources:
            requests: {{ cpu: "1", memory: 256Mi }}
            limits: {{ cpu: "1", memory: 256Mi }}
          volumeMounts:
            - {{ name: reports, mountPath: /reports }}
      volumes:
        - {{ name: reports, persistentVolumeClaim: {{ claimName: bench-reports }} }}
"#,
        image = string(&manifest.image),
        merge_at_most = at_most + 120,
        fail = thresholds(manifest),
        last = manifest.parts.saturating_sub(1),
    )
}

/// The scenario's file. What it names in turn, a CSV file for example, belongs into the image or onto the volume.
fn config_map(file: &ScenarioFile) -> String {
    let mut map = format!(
        "apiVersion: v1\nkind: ConfigMap                             # files that it names belong into the image\n\
         metadata:\n  name: \"bench-$RUN\"\ndata:\n  {}: |\n",
        string(&file.name)
    );
    for line in file.text.lines() {
        // Writing into a string does not fail.
        let _ = if line.is_empty() { writeln!(map) } else { writeln!(map, "    {line}") };
    }
    map + "---\n"
}

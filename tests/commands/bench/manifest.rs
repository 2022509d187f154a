//! `bench manifest`: jobs for schedulers that run a scenario in parts.

use std::process::Command;

use super::*;

fn manifest(line: &str) -> Program {
    Program::new(["bench", "manifest"].into_iter().chain(line.split(' ')))
}

/// What the checked-in example was written with.
const EXAMPLE: &str = "kubernetes p2p --shards 10 --fail e2e.p99>200ms --fail loss>0 -- -h broker.example --scale 100 \
                       --ramp 2000/s --duration 600";

#[test]
fn the_example_is_what_the_command_prints() {
    let printed = manifest(EXAMPLE).run().expect_code(0).text().to_owned();
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/kubernetes-job.yaml");
    if std::env::var_os("MQTTX_RS_BLESS").is_some() {
        std::fs::write(path, &printed).unwrap();
    }
    let checked_in = std::fs::read_to_string(path).unwrap_or_default();
    assert!(printed == checked_in, "{path} is out of date: run this test with MQTTX_RS_BLESS=1");
    for part in [
        "completions: 10\n",
        "completionMode: Indexed",
        "backoffLimitPerIndex: 0",
        "accessModes: [ReadWriteMany]",
        "exec mqttx-rs bench run p2p -h broker.example --scale 100 --ramp 2000/s --duration 600 --workers",
        "--shard /10 --run-id $RUN --start-at $START --report /reports/$RUN/$JOB_COMPLETION_INDEX.json",
        "--fail 'e2e.p99>200ms' --fail 'loss>0' $(seq -f /reports/$RUN/%g.json 0 9)",
        "net.ipv4.ip_local_port_range",
    ] {
        assert!(printed.contains(part), "{part} in {printed}");
    }
    // 200,000 clients at 2,000 a second take 100 s, besides the time to start.
    assert!(printed.contains("date -u -d '+240 seconds'"), "{printed}");
}

#[test]
fn a_file_comes_with_the_job() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("mine.toml");
    let text = "title = \"mine\"\n\n[[groups]]\nname = \"a\"\nrole = \"pub\"\ncount = 10\ntopic = \"t/%i\"\nrate = \"5/s\"\n\n\
                [[phases]]\nname = \"all\"\nduration = \"3s\"\n";
    std::fs::write(&path, text).unwrap();
    let line = format!("kubernetes {} --shards 2 -- -h broker", path.display());
    let printed = manifest(&line).run().expect_code(0).text().to_owned();
    assert!(printed.contains("kind: ConfigMap") && printed.contains("  \"mine.toml\": |\n"), "{printed}");
    assert!(printed.contains("\n    role = \"pub\"\n"), "{printed}");
    assert!(printed.contains("exec mqttx-rs bench run /scenario/mine.toml -h broker --workers"), "{printed}");
}

#[test]
fn what_the_job_sets_itself_and_what_cannot_end_is_refused() {
    for (line, fault) in [
        ("kubernetes p2p --shards 2", "the broker is not named"),
        ("slurm p2p --shards 2 -- -h b --shard 1/2", "the job sets --shard for each part"),
        ("slurm p2p --shards 2 -- -h b --report r.json", "the job sets --report for each part"),
        ("slurm p2p --shards 2 -- -h b --fail loss>0", "would judge each part separately"),
        ("slurm p2p --shards 2 --fail loss -- -h b", "--fail: `loss` is not a condition"),
        ("slurm p2p --shards 0 -- -h b", "--shards"),
        ("slurm nothing --shards 2 -- -h b", "unknown preset `nothing`"),
        ("slurm p2p --shards 2 -- -h b --nothing", "--nothing"),
    ] {
        let ended = manifest(line).run().expect_code(2);
        assert!(ended.stderr.contains(fault), "{line}: {}", ended.stderr);
    }
    let ended = manifest("slurm p2p --shards 2 -- -h b -P secret").run().expect_code(0);
    assert!(ended.stderr.contains("set MQTTX_PASSWORD there instead"), "{}", ended.stderr);
}

/// Runs each task of a step as Slurm does.
const SRUN: &str = r#"#!/bin/sh
while [ "${1#--}" != "$1" ]; do
    case $1 in --ntasks=*) export SLURM_STEP_NUM_TASKS=${1#*=};; esac
    shift
done
task=0
while [ $task -lt $SLURM_STEP_NUM_TASKS ]; do
    SLURM_PROCID=$task "$@" &
    task=$((task + 1))
done
wait
"#;

#[cfg(unix)]
#[test]
fn a_batch_script_runs_all_parts_and_ends_with_the_code_of_the_merge() {
    use std::os::unix::fs::PermissionsExt;
    let Some(broker) = Mosquitto::start("") else { return };
    for (condition, code) in [("sent<1", 0), ("sent>0", 99)] {
        let folder = TempDir::new().unwrap();
        let line = format!(
            "slurm p2p --shards 2 --fail {condition} -- -h 127.0.0.1 -p {} --scale 0.01 --duration 2",
            broker.port()
        );
        let script = manifest(&line).run().expect_code(0).text().to_owned();
        // The tasks are there at once.
        let script = script.replace("'+30 seconds'", "'+3 seconds'");
        let srun = folder.path().join("srun");
        std::fs::write(&srun, SRUN).unwrap();
        std::fs::set_permissions(&srun, std::fs::Permissions::from_mode(0o755)).unwrap();
        std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_mqttx-rs"), folder.path().join("mqttx-rs")).unwrap();
        let path = format!("{}:{}", folder.path().display(), std::env::var("PATH").unwrap_or_default());
        let ended = Command::new("sh")
            .args(["-c", &script])
            .env("PATH", path)
            .envs([("SLURM_JOB_ID", "7"), ("SLURM_CPUS_PER_TASK", "1"), ("SLURM_PROCID", "0")])
            .env("SLURM_SUBMIT_DIR", folder.path())
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&ended.stderr);
        assert_eq!(ended.status.code(), Some(code), "{said}");
        let report = read(&folder.path().join("bench-7/all.json"));
        assert_eq!((report.parts.len(), report.clients.count), (2, 20), "{said}");
    }
}

#[test]
fn a_merge_waits_for_parts_that_are_not_over() {
    let Some(broker) = Mosquitto::start("") else { return };
    let folder = TempDir::new().unwrap();
    let part = |shard: usize| folder.path().join(shard.to_string());
    let merge = Program::new(["bench", "merge", "--wait", "60"]).arg(part(1)).arg(part(2)).start();
    let line = format!("pub -c 2 -i 0 -t b/%i -q 1 --rate 200/s -L 40 --start-at {}", in_seconds(2));
    for program in shards(&line, 2, broker.port(), &folder) {
        program.wait().expect_code(0);
    }
    assert!(merge.wait().expect_code(0).text().contains("\nShards\n"));
    let missing = folder.path().join("3");
    let ended = Program::new(["bench", "merge", "--wait", "0.1"]).arg(&missing).run().expect_code(1);
    assert!(ended.stderr.contains("cannot read"), "{}", ended.stderr);
}

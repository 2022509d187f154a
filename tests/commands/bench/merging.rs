//! `bench merge` takes nothing for one run that is not.

use super::*;

fn merge(folder: &TempDir, parts: &[&str]) -> crate::support::Ended {
    let merge = Program::new(["bench", "merge"]);
    parts.iter().fold(merge, |merge, part| merge.arg(folder.path().join(part))).run()
}

#[test]
fn parts_of_other_runs_are_refused_with_what_differs() {
    let Some(broker) = Mosquitto::start("") else { return };
    let start_at = in_seconds(5);
    let (folder, other) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let one = format!("pub -c 2 -i 0 -t b/%i -q 1 --rate 200/s -L 40 --start-at {start_at}");
    let another = one.replace("-c 2", "-c 4").replace("-q 1", "-q 0");
    let running = shards(&one, 2, broker.port(), &folder).into_iter().chain(shards(&another, 2, broker.port(), &other));
    for program in running {
        program.wait().expect_code(0);
    }
    merge(&folder, &["1", "2"]).expect_code(0);
    std::fs::copy(other.path().join("2"), folder.path().join("other")).unwrap();
    let ended = merge(&folder, &["1", "other"]).expect_code(1);
    let said = "shards 1 and 2 belong to different runs: publishers `2` and `4`; publish QoS `1` and `0`";
    assert!(ended.stderr.contains(said), "{}", ended.stderr);
    let alone = merge(&folder, &["1"]).expect_code(1);
    assert!(alone.stderr.contains("the report of shard 2 of 2 is missing"), "{}", alone.stderr);
}

#[test]
fn the_same_run_at_another_time_is_another_run() {
    let Some(broker) = Mosquitto::start("") else { return };
    let folder = TempDir::new().unwrap();
    let line = "pub -c 2 -i 0 -t b/%i -q 1 --rate 200/s -L 4";
    for shard in ["1/2", "2/2"] {
        let path = folder.path().join(&shard[..1]);
        let ended = bench(&format!("{line} --shard {shard}"), broker.port(), &path).run().expect_code(0);
        assert!(ended.stderr.contains("without --run-id"), "{}", ended.stderr);
    }
    let ended = merge(&folder, &["1", "2"]).expect_code(1);
    assert!(ended.stderr.contains("belong to different runs: one ended"), "{}", ended.stderr);
    for (shard, name) in [("1/2", "a"), ("2/2", "b")] {
        let path = folder.path().join(&shard[..1]);
        bench(&format!("{line} --shard {shard} --run-id {name}"), broker.port(), &path).run().expect_code(0);
    }
    let ended = merge(&folder, &["1", "2"]).expect_code(1);
    assert!(ended.stderr.contains("run id `a` and `b`"), "{}", ended.stderr);
}

#[cfg(unix)]
#[test]
fn a_part_that_was_interrupted_is_told_and_no_success() {
    let Some(broker) = Mosquitto::start("") else { return };
    let folder = TempDir::new().unwrap();
    let line = format!("pub -c 2 -i 0 -t b/%i -q 1 --rate 100/s --duration 3 --start-at {}", in_seconds(5));
    let mut running = shards(&line, 2, broker.port(), &folder);
    running[1].wait_for_stdout("Published total");
    running[1].signal(nix::sys::signal::Signal::SIGTERM);
    let codes: Vec<i32> = running.into_iter().map(|program| program.wait().code).collect();
    assert_eq!(codes, [0, 143]);
    let ended = merge(&folder, &["1", "2"]).expect_code(1);
    assert!(ended.stderr.contains("shard 2 of 2 was interrupted before it was complete"), "{}", ended.stderr);
    assert!(ended.text().contains("\nShards\n") && ended.text().contains("  2 of 2  "), "{}", ended.text());
}

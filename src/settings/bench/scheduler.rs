//! Which part of a run this process is, according to a scheduler's environment variables.

use crate::bench::Shard;
use crate::error::Error;

/// What a scheduler provides: the part, from 0, and the number of parts if it knows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Said {
    index: u64,
    count: Option<u64>,
}

/// Variables that are read, for hints.
const VARIABLES: &str = "JOB_COMPLETION_INDEX (Kubernetes), SLURM_ARRAY_TASK_ID, SLURM_PROCID, NOMAD_ALLOC_INDEX or \
                         PARALLEL_SEQ (GNU parallel)";

/// `--shard 2/5`, counted from 1; `/5`: a scheduler provides the part; `auto`: and the number of parts.
pub(super) fn shard(text: &str, variable: impl Fn(&str) -> Option<String>) -> Result<Shard, Error> {
    let refused = |why: &str| {
        Error::usage(format!("--shard: `{text}` {why}")).with_hint(
            "2/5 is the second of five; /5 takes the number of the part from a scheduler, auto also that of all parts",
        )
    };
    if let Some((index, count)) = text.split_once('/') {
        let count: u64 = count.parse().map_err(|_| refused("is not a part of a run"))?;
        if index.is_empty() {
            let said = said(&variable)?.ok_or_else(|| {
                let error = Error::usage(format!("--shard: `{text}` needs the number of this part from a scheduler"));
                error.with_hint(format!("set {VARIABLES}, or give the number, for example 1/{count}"))
            })?;
            return fit(said, count);
        }
        let index: Option<u64> = index.parse().ok();
        let index = index.and_then(|index| index.checked_sub(1)).ok_or_else(|| refused("is not a part of a run"))?;
        return if index < count { Ok(Shard { index, count }) } else { Err(refused("is not a part of a run")) };
    }
    if text != "auto" {
        return Err(refused("is not a part of a run"));
    }
    match said(&variable)? {
        Some(said @ Said { count: Some(count), .. }) => fit(said, count),
        Some(_) => Err(refused("needs the number of parts, which this scheduler does not provide: use /N")),
        None => Err(Error::usage("--shard: `auto` finds no scheduler").with_hint(format!("set {VARIABLES}"))),
    }
}

/// A part that the scheduler numbers, if that number fits.
fn fit(Said { index, count: known }: Said, count: u64) -> Result<Shard, Error> {
    if let Some(known) = known.filter(|known| *known != count) {
        let hint = format!("use --shard /{known}, or run as many parts as --shard says");
        return Err(Error::usage(format!("--shard: the scheduler runs {known} parts, not {count}")).with_hint(hint));
    }
    if index >= count {
        let message = format!("--shard: the scheduler numbers this part {index} from 0, but there are only {count}");
        return Err(Error::usage(message));
    }
    Ok(Shard { index, count })
}

fn said(variable: &impl Fn(&str) -> Option<String>) -> Result<Option<Said>, Error> {
    let number = |name: &str| -> Result<Option<u64>, Error> {
        let Some(text) = variable(name) else { return Ok(None) };
        let parsed = text.trim().parse().map(Some);
        parsed.map_err(|_| Error::usage(format!("--shard: {name} is `{text}`, which is not a number")))
    };
    if let Some(index) = number("JOB_COMPLETION_INDEX")? {
        return Ok(Some(Said { index, count: None }));
    }
    // Within an array job each task may have several processes.
    let process = number("SLURM_PROCID")?;
    let tasks = number("SLURM_STEP_NUM_TASKS")?;
    let processes = tasks.or(number("SLURM_NTASKS")?);
    if tasks.is_none() && process == Some(0) && processes > Some(1) {
        // A batch script runs once, on behalf of all tasks.
        let message = "--shard: this is a batch script of Slurm, which runs once, and not one of its tasks";
        return Err(Error::usage(message).with_hint("start the program with `srun`"));
    }
    if let Some(id) = number("SLURM_ARRAY_TASK_ID")? {
        let (Some(first), Some(tasks)) = (number("SLURM_ARRAY_TASK_MIN")?, number("SLURM_ARRAY_TASK_COUNT")?) else {
            let message =
                "--shard: SLURM_ARRAY_TASK_ID needs SLURM_ARRAY_TASK_MIN and SLURM_ARRAY_TASK_COUNT beside it";
            return Err(Error::usage(message));
        };
        let step = number("SLURM_ARRAY_TASK_STEP")?.unwrap_or(1).max(1);
        let Some(distance) = id.checked_sub(first).filter(|distance| distance % step == 0 && distance / step < tasks)
        else {
            let message = format!(
                "--shard: SLURM_ARRAY_TASK_ID {id} is not one of {tasks} from {first} on in steps of {step}: number \
                 the array's tasks without gaps"
            );
            return Err(Error::usage(message));
        };
        let each = processes.unwrap_or(1).max(1);
        let index = distance / step * each + process.unwrap_or(0);
        return Ok(Some(Said { index, count: Some(tasks * each) }));
    }
    if let Some(index) = process {
        return Ok(Some(Said { index, count: processes }));
    }
    if let Some(index) = number("NOMAD_ALLOC_INDEX")? {
        return Ok(Some(Said { index, count: None }));
    }
    // GNU parallel counts from 1.
    let from_one = number("PARALLEL_SEQ")?.and_then(|number| number.checked_sub(1));
    Ok(from_one.map(|index| Said { index, count: None }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str, variables: &[(&str, &str)]) -> Result<(u64, u64), String> {
        let variable =
            |name: &str| variables.iter().find(|(known, _)| *known == name).map(|(_, text)| (*text).to_owned());
        shard(text, variable).map(|shard| (shard.index, shard.count)).map_err(|error| error.message().to_owned())
    }

    #[test]
    fn people_count_from_one_and_schedulers_as_each_does() {
        assert_eq!(of("2/5", &[]), Ok((1, 5)));
        assert_eq!(of("/4", &[("JOB_COMPLETION_INDEX", "3")]), Ok((3, 4)));
        assert_eq!(of("/4", &[("NOMAD_ALLOC_INDEX", "0")]), Ok((0, 4)));
        assert_eq!(of("/4", &[("PARALLEL_SEQ", "4")]), Ok((3, 4)));
        assert_eq!(of("/2", &[("SLURM_PROCID", "1"), ("SLURM_NTASKS", "2")]), Ok((1, 2)));
        assert_eq!(
            of("auto", &[("SLURM_PROCID", "1"), ("SLURM_STEP_NUM_TASKS", "2"), ("SLURM_NTASKS", "9")]),
            Ok((1, 2))
        );
    }

    /// Every task of an array has `SLURM_PROCID` 0.
    fn array<'a>(id: &'a str, first: &'a str, count: &'a str) -> Vec<(&'a str, &'a str)> {
        vec![
            ("SLURM_PROCID", "0"),
            ("SLURM_ARRAY_TASK_ID", id),
            ("SLURM_ARRAY_TASK_MIN", first),
            ("SLURM_ARRAY_TASK_COUNT", count),
        ]
    }

    #[test]
    fn the_tasks_of_an_array_are_the_parts() {
        for (id, first, index) in [("0", "0", 0), ("3", "0", 3), ("1", "1", 0), ("4", "1", 3)] {
            assert_eq!(of("/4", &array(id, first, "4")), Ok((index, 4)));
            assert_eq!(of("auto", &array(id, first, "4")), Ok((index, 4)));
        }
        let mut stepped = array("6", "2", "4");
        stepped.push(("SLURM_ARRAY_TASK_STEP", "2"));
        assert_eq!(of("/4", &stepped), Ok((2, 4)));
        let mut several = array("2", "1", "2");
        several.extend([("SLURM_STEP_NUM_TASKS", "3")]);
        assert_eq!(of("/6", &several), Ok((3, 6)));
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        for (text, variables, fault) in [
            ("0/5", vec![], "is not a part of a run"),
            ("6/5", vec![], "is not a part of a run"),
            ("half", vec![], "is not a part of a run"),
            ("/4", vec![], "needs the number of this part from a scheduler"),
            ("/4", vec![("JOB_COMPLETION_INDEX", "4")], "numbers this part 4 from 0, but there are only 4"),
            ("/4", vec![("JOB_COMPLETION_INDEX", "x")], "JOB_COMPLETION_INDEX is `x`, which is not a number"),
            ("/4", array("1", "1", "8"), "the scheduler runs 8 parts, not 4"),
            ("/4", array("9", "1", "4"), "is not one of 4 from 1 on in steps of 1"),
            ("/4", vec![("SLURM_PROCID", "1"), ("SLURM_NTASKS", "2")], "the scheduler runs 2 parts, not 4"),
            ("/4", vec![("SLURM_PROCID", "0"), ("SLURM_NTASKS", "4")], "a batch script of Slurm, which runs once"),
            ("auto", vec![("SLURM_PROCID", "0"), ("SLURM_NTASKS", "4")], "not one of its tasks"),
            ("auto", vec![("JOB_COMPLETION_INDEX", "0")], "which this scheduler does not provide"),
            ("auto", vec![], "finds no scheduler"),
        ] {
            let error = of(text, &variables).unwrap_err();
            assert!(error.contains(fault), "{text} {variables:?}: {error}");
        }
    }
}

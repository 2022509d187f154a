//! Why reports cannot be read or merged.

/// Why reports cannot be read or merged.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ReportError {
    /// Not JSON of this shape.
    #[error("it is not a report of `bench --report`: {0}")]
    Malformed(String),
    /// Of an earlier or a later program.
    #[error("it has version {0} of the report format, and this program reads only version {1}")]
    Version(u32, u32),
    /// Nothing to merge.
    #[error("no reports to merge")]
    Empty,
    /// Two reports of one part.
    #[error("two reports are for shard {} of {}", .0 + 1, .1)]
    TwiceTheSame(u64, u64),
    /// Several reports of which one is of a whole run.
    #[error("one of the reports is not for a part of a run: run the parts with --shard")]
    Whole,
    /// A part is missing.
    #[error("the report of shard {} of {} is missing", .0 + 1, .1)]
    Missing(u64, u64),
    /// Parts with different parameters.
    #[error("the reports of shards {} and {} belong to different runs: {what}", .0 + 1, .1 + 1, what = .2)]
    Different(u64, u64, String),
    /// Parts of runs that were not at the same time.
    #[error("the reports of shards {} and {} belong to different runs: one ended {seconds:.1} s before the other began", .0 + 1, .1 + 1, seconds = .2)]
    Apart(u64, u64, f64),
    /// Parts of different divisions.
    #[error("the reports have different numbers of shards: {0} and {1}")]
    DividedDifferently(u64, u64),
}

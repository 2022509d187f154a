//! The only module that prints: data to stdout, status and diagnostics to stderr.
//!
//! [`Terminal`] knows what each stream is and whether colour is on. [`MessagePrinter`] writes messages, through a
//! [`Stdout`] with a large buffer that the caller flushes when no more input is ready; a [`PatientStdout`] under it
//! can be waited for when it is full. [`Talk`] writes status lines, warnings and errors. Untrusted text is
//! escaped if it could act on a terminal, and passes through a pipe unchanged.

mod append;
mod bench;
#[cfg(feature = "broker")]
mod broker_metrics;
mod columns;
mod connection;
mod console;
mod excerpt;
mod failure;
mod file;
mod full_screen;
mod json;
mod live;
mod log_file;
mod message;
mod patient;
mod probe;
mod recording;
mod safe;
mod stdout;
mod talk;
mod tee;
mod template;
mod terminal;
mod topic;
mod trace;
mod unreadable;

pub(crate) use bench::{
    BenchDisplay, bench_comparison, bench_comparison_html, bench_csv, bench_hdr_log, bench_html, bench_junit,
    bench_manifest, bench_metrics, bench_presets, bench_report, bench_step, bench_summary, simulations,
};
#[cfg(feature = "broker")]
pub(crate) use broker_metrics::broker_metrics;
pub(crate) use columns::Columns;
pub(crate) use connection::{ConnectionReport, ReportedCertificate};
pub(crate) use console::{AboveLine, Console};
pub(crate) use excerpt::Excerpt;
pub use failure::ErrorFormat;
pub(crate) use file::MessageFile;
pub(crate) use full_screen::{FullScreen, RawKeyboard};
pub(crate) use live::{LiveHead, LivePrinter, LiveStyle};
pub(crate) use log_file::LogFile;
pub use message::{MessagePrinter, MessageShape, PrinterOptions};
pub(crate) use patient::PatientStdout;
pub(crate) use probe::{ProbeReport, ProbeRow};
pub(crate) use recording::{Recording, RecordingOptions, is_zstd};
pub use stdout::Stdout;
pub(crate) use stdout::WriteError;
pub use talk::Talk;
pub use template::Template;
pub use terminal::Stream;
pub(crate) use terminal::{ColorChoice, Terminal};
pub(crate) use topic::topic_explanation;
pub(crate) use trace::TraceFormat;
pub(crate) use unreadable::stdout_unreadable;

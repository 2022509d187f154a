//! What the program inherits of signals.

use std::sync::Once;

use tokio::signal::unix::{SignalKind, signal};

/// Gives back to programs what a shell took from the tests: under `nohup`, and in the background of a script, some
/// signals are ignored, and what a test starts would inherit that. A handler is not inherited, so each ignored signal
/// gets one, which does nothing. Only Linux says which are ignored.
pub fn stop_ignoring() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
        let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
        let ignored = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or_default();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build().expect("a runtime");
        let _inside = runtime.enter();
        // Not SIGPIPE: Rust ignores it itself, and resets it for what it starts.
        for kind in [SignalKind::hangup(), SignalKind::interrupt(), SignalKind::quit(), SignalKind::terminate()] {
            if ignored & (1 << (kind.as_raw_value() - 1)) != 0 {
                // The handler stays when this goes.
                drop(signal(kind).expect("a signal can be handled"));
            }
        }
    });
}

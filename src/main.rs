//! The binary; the library has everything else.

use std::process::ExitCode;

fn main() -> ExitCode {
    ExitCode::from(mqttx_rs::app::run())
}

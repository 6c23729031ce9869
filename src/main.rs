//! The `dald` command; see [`dald::cli`].

use std::process::ExitCode;

fn main() -> ExitCode {
    dald::cli::run(std::env::args_os())
}

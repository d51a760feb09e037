//! The routing server's program; everything is in the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    chinhchu_server::cli::main()
}

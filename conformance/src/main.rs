//! `token-conformance`: one binary that carries the suite and judges a target by it.

use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    ExitCode::from(token_conformance::cli::main().await)
}

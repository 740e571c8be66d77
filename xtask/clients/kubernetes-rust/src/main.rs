//! kube-rs on the current context of KUBECONFIG. Prints a line for each check: how it went, the
//! tool, its name and what was wrong.

mod objects;
mod session;
mod tokens;

use session::Session;

#[tokio::main]
async fn main() {
    let mut failures = 0;
    match Session::open().await {
        Ok(session) => {
            failures += tokens::run(&session).await;
            failures += objects::run(&session).await;
        }
        Err(error) => failures += session::tell("a namespace and an account", Err(error)),
    }
    std::process::exit(i32::from(failures > 0));
}

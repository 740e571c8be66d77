//! What README.md shows in Rust compiles and runs.

use token_emulator::world::settings::DEFAULT_ISSUER;

#[tokio::test]
async fn the_snippet_of_the_readme_works() -> Result<(), Box<dyn std::error::Error>> {
    let emulator = token_emulator::Emulator::start().await?;
    let url = emulator.url();
    let kubeconfig = emulator.kubeconfig_file();
    // … the code under test gets one of them …
    emulator.clock().advance("1h".parse()?)?;
    assert!(url.starts_with("http://") && kubeconfig.exists());
    Ok(())
}

#[test]
fn the_snippet_of_the_readme_is_the_one_that_works() {
    let readme = include_str!("../../../README.md");
    let (_, rest) = readme.split_once("```rust\n").unwrap();
    let (snippet, rest) = rest.split_once("```").unwrap();
    assert!(!rest.contains("```rust"), "every snippet needs its test");
    let (code, last) = snippet.split_once("// Dropped").unwrap();
    assert_eq!(last.lines().count(), 1);
    let here = include_str!("readme.rs").replace("\n    ", "\n");
    assert!(here.contains(code), "{code}");
}

#[test]
fn the_default_issuer_is_the_one_of_the_readme() {
    assert!(include_str!("../../../README.md").contains(&format!("`{DEFAULT_ISSUER}`")));
}

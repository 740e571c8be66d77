//! What README.md and the pages of docs/ show in Rust compiles and runs.

use {
    std::{fs, path::Path},
    token_emulator::world::settings::DEFAULT_ISSUER,
};

type Outcome = Result<(), Box<dyn std::error::Error>>;

#[tokio::test]
async fn the_snippet_of_the_readme_works() -> Outcome {
    let emulator = token_emulator::Emulator::start().await?;
    let url = emulator.url();
    let kubeconfig = emulator.kubeconfig_file();
    // … the code under test gets one of them …
    emulator.clock().advance("1h".parse()?)?;
    // Dropped, it stops.
    assert!(url.starts_with("http://") && kubeconfig.exists());
    Ok(())
}

#[tokio::test]
async fn the_snippet_of_the_page_on_time_works() -> Outcome {
    let emulator = token_emulator::Emulator::start().await?;
    let now = emulator.clock().now();
    emulator.clock().advance("-2h".parse()?)?;
    // … the code under test asks for its token …
    emulator.clock().reset();
    assert!(emulator.clock().now() >= now);
    Ok(())
}

/// The blocks in Rust of a page, and its name in front of each.
fn snippets(page: &Path) -> Vec<(String, String)> {
    let text = fs::read_to_string(page).unwrap();
    let blocks = text.split("```rust\n").skip(1).map(|rest| rest.split("```").next().unwrap());
    blocks.map(|block| (page.display().to_string(), block.to_owned())).collect()
}

#[test]
fn every_snippet_of_the_documents_is_one_that_works() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let docs = fs::read_dir(root.join("docs")).unwrap().map(|entry| entry.unwrap().path());
    let pages = [root.join("README.md")].into_iter().chain(docs);
    let snippets: Vec<_> = pages.flat_map(|page| snippets(&page)).collect();
    assert!(snippets.len() >= 2, "{snippets:?}");
    let here = include_str!("readme.rs").replace("\n    ", "\n");
    for (page, snippet) in snippets {
        assert!(here.contains(&snippet), "{page}: {snippet}");
    }
}

#[test]
fn the_default_issuer_is_the_one_of_the_readme() {
    assert!(include_str!("../../../README.md").contains(&format!("`{DEFAULT_ISSUER}`")));
}

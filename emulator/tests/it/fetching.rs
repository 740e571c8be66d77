//! Documents of foreign issuers. The emulator itself plays the issuer.

use {
    rstest::rstest,
    token_emulator::{Emulator, server::fetch::Fetcher},
};

#[rstest]
#[case("/_emulator/v1/health", Ok("capabilities"))]
#[case("/_emulator/v1/nothing", Err("status 404"))]
#[tokio::test]
async fn a_document_is_fetched_over_https(
    #[case] path: &str,
    #[case] expected: Result<&str, &str>,
) {
    let issuer = Emulator::start().await.unwrap();
    let other = Emulator::start().await.unwrap();
    let issuer_ca = Some(issuer.ca_certificate().to_owned());
    let fetcher = Fetcher::new(issuer_ca, other.ca_certificate().to_owned());
    let url = format!("{}{path}", issuer.https_url());
    match (fetcher.fetch(&url).await, expected) {
        (Ok(document), Ok(part)) => {
            assert!(String::from_utf8_lossy(&document.body).contains(part));
        }
        (Err(error), Err(part)) => assert!(error.to_string().contains(part), "{error}"),
        (fetched, _) => panic!("{fetched:?}"),
    }
}

#[tokio::test]
async fn an_issuer_that_nobody_vouches_for_is_refused() {
    let issuer = Emulator::start().await.unwrap();
    let other = Emulator::start().await.unwrap();
    let ca = other.ca_certificate().to_owned();
    let fetcher = Fetcher::new(Some(ca.clone()), ca);
    let error = fetcher.fetch(&format!("{}/openid/v1/jwks", issuer.https_url())).await.unwrap_err();
    assert!(error.to_string().contains("certificate"), "{error}");
}

#[rstest]
#[case("http://127.0.0.1:1/jwks", "only https")]
#[case("/jwks", "only https")]
#[case("https://127.0.0.1:1/jwks", "refused")]
#[case("no url", "")]
#[tokio::test]
async fn what_cannot_be_fetched_says_why(#[case] url: &str, #[case] expected: &str) {
    let other = Emulator::start().await.unwrap();
    let ca = other.ca_certificate().to_owned();
    let error = Fetcher::new(Some(ca.clone()), ca).fetch(url).await.unwrap_err();
    assert!(error.to_string().contains(expected), "{error}");
}

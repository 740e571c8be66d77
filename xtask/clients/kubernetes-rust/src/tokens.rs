//! Tokens, and their reviews.

use {
    crate::session::{Outcome, Session, equal, fails, tell, text},
    k8s_openapi::api::{
        authentication::v1::{
            SelfSubjectReview, TokenRequest, TokenRequestSpec, TokenReview, TokenReviewSpec,
        },
        authorization::v1::{
            ResourceAttributes, SelfSubjectAccessReview, SelfSubjectAccessReviewSpec,
        },
        core::v1::{Secret, ServiceAccount},
    },
    kube::{
        Api, Client, Config,
        api::{ListParams, PostParams},
    },
};

pub(crate) async fn run(s: &Session) -> usize {
    tell("a token", token(s).await)
        + tell("a token that is refused", refused(s).await)
        + tell("review of a token", review(s).await)
        + tell("who a token is, and what it may not", whoami(s).await)
        + tell("an access review", access(s).await)
}

async fn request(s: &Session, name: &str, seconds: i64) -> kube::Result<TokenRequest> {
    let spec = TokenRequestSpec {
        audiences: Some(vec!["vault".to_owned()]),
        expiration_seconds: Some(seconds),
        ..TokenRequestSpec::default()
    };
    let request = TokenRequest { spec: Some(spec), ..TokenRequest::default() };
    let accounts: Api<ServiceAccount> = s.api();
    accounts.create_token_request(name, &PostParams::default(), &request).await
}

async fn minted(s: &Session) -> Outcome<String> {
    let got = request(s, "builder", 900).await.map_err(text)?;
    Ok(got.status.and_then(|status| status.token).unwrap_or_default())
}

async fn token(s: &Session) -> Outcome {
    let got = request(s, "builder", 900).await.map_err(text)?;
    let spec = got.spec.unwrap_or_default();
    equal(spec.audiences, Some(vec!["vault".to_owned()]))?;
    equal(spec.expiration_seconds, Some(900))?;
    equal(got.metadata.name.as_deref(), Some("builder"))?;
    let token = got.status.and_then(|status| status.token).unwrap_or_default();
    equal(token.split('.').count(), 3)
}

async fn refused(s: &Session) -> Outcome {
    let brief = request(s, "builder", 599).await;
    fails(brief, 422, "may not specify a duration less than 10 minutes")?;
    fails(request(s, "nobody", 600).await, 404, "serviceaccounts \"nobody\" not found")
}

async fn review(s: &Session) -> Outcome {
    let spec =
        TokenReviewSpec { token: minted(s).await?, audiences: Some(vec!["vault".to_owned()]) };
    let review = TokenReview { spec, ..TokenReview::default() };
    let reviews: Api<TokenReview> = Api::all(s.client.clone());
    let got = reviews.create(&PostParams::default(), &review).await.map_err(text)?;
    let status = got.status.unwrap_or_default();
    equal(status.authenticated, Some(true))?;
    let name = status.user.and_then(|user| user.username).unwrap_or_default();
    equal(name, format!("system:serviceaccount:{}:builder", s.namespace))
}

/// A client with a token of the API server's own audience.
async fn bearing(s: &Session) -> Outcome<Client> {
    let accounts: Api<ServiceAccount> = s.api();
    let request = TokenRequest::default();
    let got = accounts.create_token_request("builder", &PostParams::default(), &request).await;
    let token = got.map_err(text)?.status.and_then(|status| status.token).unwrap_or_default();
    let mut config = Config::infer().await.map_err(text)?;
    config.auth_info.token = Some(token.into());
    Client::try_from(config).map_err(text)
}

async fn whoami(s: &Session) -> Outcome {
    let client = bearing(s).await?;
    let reviews: Api<SelfSubjectReview> = Api::all(client.clone());
    let got = reviews.create(&PostParams::default(), &SelfSubjectReview::default()).await;
    let user = got.map_err(text)?.status.and_then(|status| status.user_info);
    let name = user.and_then(|user| user.username).unwrap_or_default();
    equal(name, format!("system:serviceaccount:{}:builder", s.namespace))?;
    let secrets: Api<Secret> = Api::namespaced(client, &s.namespace);
    let list = secrets.list(&ListParams::default()).await;
    fails(list, 403, "cannot list resource \"secrets\"")
}

async fn access(s: &Session) -> Outcome {
    let attributes = ResourceAttributes {
        verb: Some("create".to_owned()),
        resource: Some("serviceaccounts".to_owned()),
        subresource: Some("token".to_owned()),
        namespace: Some(s.namespace.clone()),
        ..ResourceAttributes::default()
    };
    let spec = SelfSubjectAccessReviewSpec {
        resource_attributes: Some(attributes),
        ..SelfSubjectAccessReviewSpec::default()
    };
    let review = SelfSubjectAccessReview { spec, ..SelfSubjectAccessReview::default() };
    let reviews: Api<SelfSubjectAccessReview> = Api::all(s.client.clone());
    let got = reviews.create(&PostParams::default(), &review).await.map_err(text)?;
    equal(got.status.map(|status| status.allowed), Some(true))
}

//! What holds for every SelfSubjectReview: it tells its caller who he is.

use {
    super::{clock, token_review::judge_user},
    crate::{
        exchange::Exchange,
        expect::{Context, Mismatch, compare},
        level::Level,
    },
    serde_json::{Value, json},
};

/// What is not as in every one of them.
pub(super) fn judge(exchange: &Exchange, body: &Value, context: Context<'_>) -> Vec<Mismatch> {
    let mut found = Vec::new();
    let answer = json!({
        "kind": "SelfSubjectReview",
        "apiVersion": "authentication.k8s.io/v1",
        "metadata": {"creationTimestamp": "<time>"},
        "status": {"userInfo": {"username": "<text>", "groups": "<any>"}},
    });
    compare("body", &answer, Some(body), Level::Should, &mut found);
    let made = &body["metadata"]["creationTimestamp"];
    found.extend(clock::judge("body metadata creationTimestamp", made, context));
    let headers = exchange.request.headers.iter();
    if headers.clone().any(|(name, _)| name.to_lowercase().starts_with("impersonate-")) {
        return found;
    }
    let bearer = headers.filter(|(name, _)| name.eq_ignore_ascii_case("authorization"));
    let token = bearer.filter_map(|(_, value)| value.split_once(' ')).map(|(_, it)| it).next();
    let mut about = Vec::new();
    judge_user(token.unwrap_or_default(), &body["status"]["userInfo"], &mut about);
    found.extend(
        about.into_iter().map(|it| Mismatch {
            what: it.what.replacen("status user", "status userInfo", 1),
            ..it
        }),
    );
    found
}

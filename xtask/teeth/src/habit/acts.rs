//! The habits themselves: what a server does with its answers, and with what it is asked.

use {
    super::{
        Act, Habit, Rewrite,
        alter::{body, claims, issues, lengthen, move_time, reviews, shift, shift_token, yes},
    },
    crate::{reply, upstream::Upstream},
    serde_json::{Value, json},
    token_conformance::{
        exchange::{Answer, Request},
        token::Token,
    },
};

/// What becomes of answers.
pub(super) const ACTS: &[(&str, Act)] = &[
    ("gives every token the same id", |_, request, answer, upstream| {
        let id = "00000000-0000-4000-8000-000000000000";
        claims(request, answer, upstream, |claims| claims["jti"] = id.into())
    }),
    ("gives the same token twice", |habit, request, answer, _| {
        let key = issues(request, answer)?;
        habit.repeat(format!("{key}{}", String::from_utf8_lossy(&request.body)), answer)
    }),
    ("lives an hour behind", |_, request, answer, upstream| {
        shift(request, answer, upstream, -3600)
    }),
    ("lives an hour ahead", |_, request, answer, upstream| shift(request, answer, upstream, 3600)),
    ("issues a second ahead", |_, request, answer, upstream| {
        shift_token(request, answer, upstream, 1)
    }),
    ("issues seven seconds ahead", |_, request, answer, upstream| {
        shift_token(request, answer, upstream, 7)
    }),
    ("issues a second behind", |_, request, answer, upstream| {
        shift_token(request, answer, upstream, -1)
    }),
    ("issues 59 seconds behind", |_, request, answer, upstream| {
        shift_token(request, answer, upstream, -59)
    }),
    ("lives seven seconds ahead", |_, request, answer, upstream| {
        shift(request, answer, upstream, 7)
    }),
    ("says that tokens end a second early", |_, request, answer, _| {
        body(request, answer, |it| move_time(&mut it["status"]["expirationTimestamp"], -1))
    }),
    ("says that tokens end a second late", |_, request, answer, _| {
        body(request, answer, |it| move_time(&mut it["status"]["expirationTimestamp"], 1))
    }),
    ("lets tokens live a second longer", |_, request, answer, upstream| {
        lengthen(request, answer, upstream, 1)
    }),
    ("lets tokens live ten minutes longer", |_, request, answer, upstream| {
        lengthen(request, answer, upstream, 600)
    }),
    ("names another account's uid", |_, request, answer, upstream| {
        let uid = "00000000-0000-4000-8000-000000000001";
        body(request, answer, |it| it["metadata"]["uid"] = uid.into())?;
        claims(request, answer, upstream, |claims| {
            claims["kubernetes.io"]["serviceaccount"]["uid"] = uid.into();
        })
    }),
    ("names another object's uid", |_, request, answer, upstream| {
        let uid = "00000000-0000-4000-8000-000000000002";
        claims(request, answer, upstream, |claims| {
            for kind in ["pod", "secret", "node"] {
                if claims["kubernetes.io"].get(kind).is_some() {
                    claims["kubernetes.io"][kind]["uid"] = uid.into();
                }
            }
        })
    }),
    ("turns audiences round", |_, request, answer, upstream| {
        let turn = |it: &mut Value| it.as_array_mut().into_iter().for_each(|it| it.reverse());
        body(request, answer, |it| {
            turn(&mut it["spec"]["audiences"]);
        })?;
        claims(request, answer, upstream, |claims| {
            turn(&mut claims["aud"]);
        })
    }),
    ("remembers a review whatever the audience", |habit, request, answer, _| {
        let sent = reviews(request, answer)?;
        habit.repeat(sent["spec"]["token"].to_string(), answer)?;
        let mut body = reply::body(answer)?;
        body["spec"] = sent["spec"].clone();
        reply::set_body(answer, &body)
    }),
    ("answers all audiences of a token", |_, request, answer, _| {
        let sent = reviews(request, answer)?;
        let mut body = reply::body(answer)?;
        body["status"].get("audiences")?;
        let token = Token::parse(sent["spec"]["token"].as_str()?)?.claims;
        body["status"]["audiences"] = token["aud"].clone();
        reply::set_body(answer, &body)
    }),
    ("authenticates whatever looks like a token", |_, request, answer, _| {
        yes(request, answer, |_| true)
    }),
    ("authenticates nobody", |_, request, answer, _| {
        let mut body = reviews(request, answer).and_then(|_| reply::body(answer))?;
        body["status"].get("authenticated")?;
        body["status"] = json!({"user": {}, "error": "invalid bearer token"});
        reply::set_body(answer, &body)
    }),
    ("takes anybody's bearer", |_, request, answer, _| {
        (answer.status == 401 && !request.path.contains("/token")).then_some(())?;
        answer.status = 200;
        Some(())
    }),
    ("remembers nothing of details", |_, _, answer, _| {
        let mut body = reply::body(answer).filter(|_| answer.status >= 400)?;
        body.as_object_mut()?.remove("details")?;
        reply::set_body(answer, &body)
    }),
];

/// What becomes of the spec of a request for a token, before it is passed on.
pub(super) const REWRITES: &[(&str, Rewrite)] = &[
    ("ignores the audiences asked for", |it| drop_member(it, "audiences")),
    ("ignores the lifetime asked for", |it| drop_member(it, "expirationSeconds")),
    ("ignores the object to bind to", |it| drop_member(it, "boundObjectRef")),
    ("ignores the uid of the object to bind to", |it| {
        drop_member(it.get_mut("boundObjectRef")?, "uid")
    }),
];

/// Reasons to refuse a token, which a server may not care for.
pub(super) const FORGIVEN: &[(&str, &str)] = &[
    ("authenticates what is not its own", "invalid bearer token"),
    ("authenticates by unknown keys", "no keys found"),
    ("authenticates without a signature", "cryptographic primitive"),
    ("authenticates for any audience", "is invalid for the target audiences"),
    ("authenticates for deleted accounts", "serviceaccounts \""),
    ("authenticates for accounts made again", "service account UID"),
    ("authenticates for deleted objects", "has been invalidated"),
    ("authenticates for pods made again", "pod UID"),
    ("authenticates for secrets made again", "secret UID"),
    ("authenticates for nodes made again", "node UID"),
    ("authenticates the expired", "has expired"),
    ("authenticates too early", "not valid yet"),
];

/// Says yes where the reason that goes with the habit was given.
pub(super) fn forgive(
    habit: &Habit,
    request: &Request,
    answer: &mut Answer,
    _: &Upstream,
) -> Option<()> {
    let (_, reason) = FORGIVEN.iter().find(|(name, _)| *name == habit.name)?;
    yes(request, answer, |error| error.contains(reason))
}

/// Repeats the spec as it was sent, whatever became of it.
pub(super) fn echo(_: &Habit, request: &Request, answer: &mut Answer, _: &Upstream) -> Option<()> {
    let sent = request.value()?;
    body(request, answer, |it| {
        for (name, value) in sent["spec"].as_object().into_iter().flatten() {
            it["spec"][name] = value.clone();
        }
    })
}

fn drop_member(value: &mut Value, name: &str) -> Option<()> {
    value.as_object_mut()?.remove(name).map(|_| ())
}

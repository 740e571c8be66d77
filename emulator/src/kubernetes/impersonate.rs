//! Acting as somebody else: the `Impersonate-…` headers, and whether the caller may.
//!
//! Source: kubernetes `staging/src/k8s.io/apiserver/pkg/endpoints/filters/impersonation`.

use {
    crate::{
        api::Request,
        codec::quote::quote,
        kubernetes::{authorize, names, route::Attributes, status::Failure},
        world::{World, callers::Caller, objects::Kind},
    },
    std::{collections::BTreeMap, sync::Arc},
};

const EXTRA: &str = "impersonate-extra-";
const AUTHENTICATION: &str = "authentication.k8s.io";

/// The one whom the caller acts as: himself, when no header says otherwise.
pub fn impersonate(
    world: &World,
    request: &Request,
    caller: Arc<Caller>,
    attributes: &Attributes<'_>,
    path: &str,
) -> Result<Arc<Caller>, Failure> {
    let wanted = wanted(request);
    if wanted.username.is_empty() {
        let nobody = wanted.uid.is_empty() && wanted.groups.is_empty() && wanted.extra.is_empty();
        return if nobody { Ok(caller) } else { Err(without_user(&wanted)) };
    }
    let asking = Asking { world, caller: &caller };
    let mut first = None;
    if let Some(mode) = Mode::of(&wanted) {
        match asking.constrained(mode, &wanted, attributes, path) {
            Ok(()) => return Ok(actual(wanted, Some(mode)).into()),
            Err(failure) => first = Some(failure),
        }
    }
    match asking.each(&wanted, None) {
        Ok(()) => Ok(actual(wanted, None).into()),
        Err(failure) => Err(first.unwrap_or(failure)),
    }
}

fn wanted(request: &Request) -> Caller {
    let text = |name: &str| request.header(name).unwrap_or("").to_owned();
    let groups = request.head.headers.get_all("impersonate-group").iter();
    let mut extra: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (name, value) in &request.head.headers {
        if let Some(key) = name.as_str().strip_prefix(EXTRA) {
            let key = crate::kubernetes::path::decode(key).map_or(key.to_owned(), Into::into);
            let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
            extra.entry(key).or_default().push(value);
        }
    }
    Caller {
        username: text("impersonate-user"),
        uid: text("impersonate-uid"),
        groups: groups.map(|it| String::from_utf8_lossy(it.as_bytes()).into_owned()).collect(),
        extra,
    }
}

// Go prints the struct that it has inside.
fn without_user(wanted: &Caller) -> Failure {
    let list = |items: &[String]| items.iter().map(|it| quote(it)).collect::<Vec<_>>().join(", ");
    let groups = match wanted.groups.as_slice() {
        [] => "[]string(nil)".to_owned(),
        groups => format!("[]string{{{}}}", list(groups)),
    };
    let extra = wanted.extra.iter();
    let extra = extra.map(|(key, values)| format!("{}:[]string{{{}}}", quote(key), list(values)));
    let extra = match wanted.extra.len() {
        0 => "map[string][]string(nil)".to_owned(),
        _ => format!("map[string][]string{{{}}}", extra.collect::<Vec<_>>().join(", ")),
    };
    let uid = quote(&wanted.uid);
    let message = format!(
        "requested &user.DefaultInfo{{Name:\"\", UID:{uid}, Groups:{groups}, Extra:{extra}}} without impersonating a user name"
    );
    Failure { nosniff: true, ..Failure::bad_request(message) }
}

/// A narrower right than to impersonate anybody in everything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    ArbitraryNode,
    ServiceAccount,
    UserInfo,
}

impl Mode {
    /// The mode that a wish falls under, if any.
    fn of(wanted: &Caller) -> Option<Self> {
        let bare = wanted.uid.is_empty() && wanted.groups.is_empty() && wanted.extra.is_empty();
        match wanted.username.as_str() {
            name if node(name).is_some() => bare.then_some(Self::ArbitraryNode),
            name if service_account(name).is_some() => bare.then_some(Self::ServiceAccount),
            _ => Some(Self::UserInfo),
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::ArbitraryNode => "arbitrary-node",
            Self::ServiceAccount => "serviceaccount",
            Self::UserInfo => "user-info",
        }
    }
}

struct Asking<'a> {
    world: &'a World,
    caller: &'a Caller,
}

impl Asking<'_> {
    fn constrained(
        &self,
        mode: Mode,
        wanted: &Caller,
        attributes: &Attributes<'_>,
        path: &str,
    ) -> Result<(), Failure> {
        let verb = format!("impersonate-on:{}:{}", mode.name(), attributes.verb);
        let on = Attributes { verb: verb.into(), ..attributes.clone() };
        authorize::authorize(self.world, self.caller, &on, path)?;
        self.each(wanted, Some(mode))
    }

    /// Asks for every part of a wish by itself: in a mode, or as it was before there were any.
    fn each(&self, wanted: &Caller, mode: Option<Mode>) -> Result<(), Failure> {
        self.user(wanted, mode)?;
        if !wanted.uid.is_empty() {
            self.check(mode, AUTHENTICATION, "uids", ("", &wanted.uid), "")?;
        }
        let core = if mode.is_some() { AUTHENTICATION } else { "" };
        if mode.is_some() {
            self.groups_allowed(&wanted.groups, mode)?;
        }
        for group in &wanted.groups {
            self.check(mode, core, "groups", ("", group), "")?;
        }
        for (key, values) in &wanted.extra {
            for value in values {
                self.check(mode, AUTHENTICATION, "userextras", ("", value), key)?;
            }
        }
        Ok(())
    }

    fn user(&self, wanted: &Caller, mode: Option<Mode>) -> Result<(), Failure> {
        let core = if mode.is_some() { AUTHENTICATION } else { "" };
        let name = &wanted.username;
        match (service_account(name), node(name).filter(|_| mode.is_some())) {
            (Some(account), _) => self.check(mode, core, "serviceaccounts", account, ""),
            (None, Some(node)) => self.check(mode, core, "nodes", ("", node), ""),
            (None, None) => self.check(mode, core, "users", ("", name), ""),
        }
    }

    fn groups_allowed(&self, groups: &[String], mode: Option<Mode>) -> Result<(), Failure> {
        for (group, why) in [
            ("", "impersonating the empty string group is not allowed"),
            ("system:masters", "impersonating the system:masters group is not allowed"),
        ] {
            if groups.iter().any(|it| it == group) {
                let asked = asked(mode, AUTHENTICATION, "groups", ("", group), "");
                return Err(authorize::forbidden(self.caller, &asked, "", why));
            }
        }
        Ok(())
    }

    fn check(
        &self,
        mode: Option<Mode>,
        group: &str,
        resource: &str,
        object: (&str, &str),
        subresource: &str,
    ) -> Result<(), Failure> {
        let asked = asked(mode, group, resource, object, subresource);
        authorize::authorize(self.world, self.caller, &asked, "")
    }
}

fn asked<'a>(
    mode: Option<Mode>,
    group: &'a str,
    resource: &'a str,
    (namespace, name): (&'a str, &'a str),
    subresource: &'a str,
) -> Attributes<'a> {
    let verb =
        mode.map_or("impersonate".into(), |mode| format!("impersonate:{}", mode.name()).into());
    Attributes {
        verb,
        is_resource: true,
        group,
        namespace,
        resource,
        subresource,
        name: name.into(),
    }
}

// The groups that come with being somebody.
fn actual(mut wanted: Caller, mode: Option<Mode>) -> Caller {
    if mode.is_some() && node(&wanted.username).is_some() {
        wanted.groups = vec!["system:nodes".to_owned()];
    }
    if let Some((namespace, _)) = service_account(&wanted.username)
        && wanted.groups.is_empty()
    {
        let own = format!("system:serviceaccounts:{namespace}");
        wanted.groups = vec!["system:serviceaccounts".to_owned(), own];
    }
    let (in_, out) = ("system:authenticated", "system:unauthenticated");
    let group = if wanted.username == "system:anonymous" { out } else { in_ };
    if !wanted.is_in(group) && !wanted.is_in(out) {
        wanted.groups.push(group.to_owned());
    }
    wanted
}

fn node(username: &str) -> Option<&str> {
    let name = username.strip_prefix("system:node:")?;
    names::name_faults(Kind::Node, name).is_empty().then_some(name)
}

fn service_account(username: &str) -> Option<(&str, &str)> {
    let (namespace, name) = username.strip_prefix("system:serviceaccount:")?.split_once(':')?;
    let valid = !name.contains(':')
        && names::name_faults(Kind::Namespace, namespace).is_empty()
        && names::name_faults(Kind::ServiceAccount, name).is_empty();
    valid.then_some((namespace, name))
}

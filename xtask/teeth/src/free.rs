//! Lies that the default level lets pass, each for a reason: exact texts and members that nobody
//! acts on, which count at `observed`; and what nobody but the server can know.

use {
    crate::{
        lie::{About, Lie},
        telling::Occasion,
        twist::Twist,
    },
    regex::Regex,
    std::sync::LazyLock,
};

/// What counts at `observed` alone: a kind of answer, and what the lie is about.
const FREE: &[(&str, &str)] = &[
    // Exact texts of errors, and whose turn of phrase a cause has.
    ("", "^body (message|details causes [0-9]+ message) is (mangled|another)"),
    ("tokenreviews 201", "^body status error is mangled"),
    // A router's errors have details, and nothing in them.
    (
        "(4[0-9]+) .*\\((the server could not find|the server does not allow|Not Acceptable|Unsupported Media|the server rejected)",
        "^body details is gone",
    ),
    // What a server was built of and what it could pass for; no client acts on either.
    ("GET /version", "^body (emulation|minCompatibility)"),
    // Which kind is said to be refused to an impersonator differs from version to version.
    ("cannot impersonate", "^body details"),
    // A gate that was off adds a cause.
    ("resourceVersionMatch", "^body details causes is longer"),
    // Tokens only point at pods and nodes, and depend on their metadata and node alone.
    (
        "^[A-Z]+ [^ ]*/(pods|nodes)[^ ]* 20[0-9]",
        "^body (items [0-9]+ )?(spec|status|metadata generation)",
    ),
    // What the columns of a table are about.
    ("", "^body columnDefinitions [0-9]+ description is mangled"),
    // What describes the API to generators of clients.
    ("/openapi/v[23]", "^(body|text)"),
    ("", "^header grpc-message is "),
    // Google's texts, and headers that a front end adds.
    ("", "^body error (message|details [0-9]+ (message|fieldViolations [0-9]+ description)) is"),
    ("/v1(beta1)?/(projects|[*])", "^header (audit-id|warning) is"),
    // What is echoed and changes nothing.
    ("/token 201", "^body metadata (labels|annotations|generateName)"),
    ("tokenreviews 201", "^body metadata (labels|name)"),
    // A member too much that no client knows.
    ("", "^body .*madeUp is added"),
    // A router names nothing that it has not found, and nobody looks for a name there.
    ("404 .*\\(the server could not find", "^body details name is added"),
    // Who signs elsewhere says of which type it is.
    ("", "^token header typ is added"),
    // What a browser keeps, and allows others; no client of this API is one.
    ("", "^header (set-cookie|access-control-allow-origin) is"),
    // That there is an id is all that is known of it.
    ("", "^header audit-id is also"),
    // Who set which field.
    ("", "^body (items [0-9]+ |rows [0-9]+ object )?metadata managedFields"),
    // How the body ends and is laid out.
    ("", "^ending of the body"),
    // What a page says is for people; what else its front end tells of it, too.
    (" 404( http2)?$", "^(text of the body|header (cache-control|x-content-type-options))"),
    // What is said of an issuer that cannot be reached is our choice.
    ("Error connecting to the given", "^(body error details|header grpc-status-details-bin)"),
    // Which versions are on offer is Google's own affair; that they are versions is not.
    (
        "ServerConfig 200",
        "^body validVersions (is (reversed|shortened)|[0-9]+ enabled is (gone|another))$",
    ),
    // A second more or less of an hour.
    ("AgentToken 200", "^body expires_in is another"),
    // The manifest is for kubectl.
    ("InstallManifest 200", "^body manifest is (mangled|one akin)"),
    // With which of several codes a subject token is refused is our choice.
    (
        "AttachedClusterAgentToken .*(JWT|[Tt]he subject token|issuer of the cluster|issuer's keys)",
        "^body error status is one akin",
    ),
    // A proxy on the way may add them.
    ("", "^header vary is"),
];

/// What counts at the default level for all that: a relying party reads every extra, and a key whole.
const READ: &[(&str, &str)] = &[
    ("", "^body (.* extra|keys [0-9]+) madeUp is added"),
    // Tokens of a pod are issued to its account, and name its node.
    ("/pods[^ ]* 20[0-9]", "^body (items [0-9]+ )?spec (nodeName|serviceAccountName) is"),
];

/// What cannot be known: a value that is the server's own to choose.
const UNKNOWABLE: &[(&str, &str)] = &[
    // How a fresh token is named is seen in its own claims only.
    ("/token 201", "^token jti is another"),
    // So is what it was built of.
    (
        "GET /version",
        "^body (buildDate|compiler|gitCommit|gitTreeState|goVersion|platform) is (another|mangled)",
    ),
    // So is where it listens.
    ("GET /api 200", "serverAddress is mangled"),
    // An operation that had nothing to do need not be found by its name.
    ("DELETE /v1/", "^body name is (mangled|one akin), the second time only$"),
    // A key that is listed twice, as one that is configured twice is.
    ("GET /openid/v1/jwks 200", "^body keys is longer, from the start"),
];

/// What counts at `observed` alone where no answer of the real server was recorded.
const CHOSEN: &[(&str, &str)] = &[
    // With which details an error comes that Google's own documents do not show.
    ("", "^body error details"),
    ("", "^header grpc-status-details-bin"),
];

static TABLES: LazyLock<[Vec<(Regex, Regex)>; 4]> =
    LazyLock::new(|| [FREE, UNKNOWABLE, CHOSEN, READ].map(compiled));

/// Whether it counts at `observed` alone.
pub(crate) fn is_free(lie: &Lie) -> bool {
    matches(lie, &TABLES[0]) && !matches(lie, &TABLES[3])
}

/// Whether it is about what nobody has seen and the descriptors do not say, so that a server may
/// have it otherwise.
pub(crate) fn is_chosen(lie: &Lie) -> bool {
    matches(lie, &TABLES[2])
}

/// Whether nobody can tell, on this occasion.
pub(crate) fn is_unknowable(lie: &Lie, occasion: Occasion) -> bool {
    fits(&lie.kind, &format!("{}{occasion}", lie.about), &TABLES[1]) || is_the_same(&lie.about)
}

/// A body that is gone as a whole is a broken connection, which is no answer.
fn is_the_same(about: &About) -> bool {
    matches!(about, About::Body(path, Twist::Gone) if path.is_empty())
}

fn matches(lie: &Lie, table: &[(Regex, Regex)]) -> bool {
    fits(&lie.kind, &lie.about.to_string(), table)
}

fn fits(kind: &str, about: &str, table: &[(Regex, Regex)]) -> bool {
    table.iter().any(|(of, it)| of.is_match(kind) && it.is_match(about))
}

fn compiled(table: &[(&str, &str)]) -> Vec<(Regex, Regex)> {
    let pattern = |it: &str| Regex::new(it).expect("the tables hold patterns that compile");
    table.iter().map(|(kind, about)| (pattern(kind), pattern(about))).collect()
}

//! `Accept`: the router's test, and the handler's choice.

use {super::MediaType, std::collections::HashMap};

/// The text for a client that accepts nothing the handler can write.
pub const NOT_ACCEPTABLE: &str = "only the following media types are accepted: application/json, application/yaml, application/vnd.kubernetes.protobuf";

/// What an answer is to be written as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Output {
    /// Its form.
    pub media_type: MediaType,
    /// Whether the header asks for JSON that is indented.
    pub pretty: bool,
    /// What the object is to be turned into.
    pub transform: Option<Transform>,
}

/// What an object is to be turned into before it is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transform {
    /// `as=Table`, of this `apiVersion`.
    Table(&'static str),
    /// `as=PartialObjectMetadata`, of this `apiVersion`.
    PartialObjectMetadata(&'static str),
    /// `as=PartialObjectMetadataList`, of this `apiVersion`.
    PartialObjectMetadataList(&'static str),
}

/// The router's test: whether one of the types is named, letter by letter. Weights and other
/// parameters do not matter here, and only `*/*` is a wildcard.
pub fn is_routable(header: &str, produced: &[&str]) -> bool {
    let header = if header.is_empty() { "*/*" } else { header };
    header.split(',').any(|clause| {
        let media_type = clause.split(';').next().unwrap_or("").trim_matches(' ');
        media_type == "*/*" || produced.contains(&media_type)
    })
}

/// The handler's choice; `None` when nothing is acceptable. `tables` tells whether the endpoint
/// can answer with a table.
pub fn accept(header: &str, tables: bool) -> Option<Output> {
    if header.is_empty() {
        return Some(Output::default());
    }
    clauses(header).iter().find_map(|clause| {
        let mut types = MediaType::ALL.into_iter().filter(|media_type| clause.covers(*media_type));
        types.find_map(|media_type| clause.output(media_type, tables))
    })
}

/// The choice where nothing can be turned into anything else: errors and discovery.
pub fn accept_plain(header: &str) -> Option<Output> {
    if header.is_empty() {
        return Some(Output::default());
    }
    let plain = |clause: &Clause<'_>| {
        let media_type = MediaType::ALL.into_iter().find(|it| clause.covers(*it))?;
        clause.output(media_type, false).filter(|output| output.transform.is_none())
    };
    clauses(header).iter().find_map(plain)
}

/// The choice of a handler of aggregated discovery, which takes nothing but what asks for that.
/// Source: kubernetes `staging/src/k8s.io/apiserver/pkg/endpoints/discovery/aggregated/negotiation.go`.
pub fn accept_discovery(header: &str) -> Option<Output> {
    const WANTED: [(&str, &str); 3] =
        [("g", "apidiscovery.k8s.io"), ("v", "v2"), ("as", "APIGroupDiscoveryList")];
    clauses(header).iter().find_map(|clause| {
        let given = |(name, value): (&str, &str)| clause.parameter(name) == Some(value);
        let plain = clause.parameter("stream").is_none_or(|stream| stream == "watch")
            && clause.parameter("sv").is_none();
        let media_type = MediaType::ALL.into_iter().find(|it| clause.covers(*it))?;
        let pretty = clause.parameter("pretty") == Some("1");
        let wanted = plain && WANTED.into_iter().all(given);
        wanted.then_some(Output { media_type, pretty, transform: None })
    })
}

/// The media ranges of a header, type and subtype, in the order of preference.
pub fn ranges(header: &str) -> Vec<(&str, &str)> {
    clauses(header).iter().map(|clause| (clause.media_type, clause.subtype)).collect()
}

/// How many clauses are sorted by insertion. Source: go `sort/zsortfunc.go`, pdqsort.
const INSERTED: usize = 12;

struct Clause<'a> {
    media_type: &'a str,
    subtype: &'a str,
    weight: f64,
    parameters: HashMap<&'a str, &'a str>,
}

// github.com/munnerz/goautoneg, whose order is not quite an order; sorted by insertion as Go
// does for a dozen elements.
fn clauses(header: &str) -> Vec<Clause<'_>> {
    let mut clauses: Vec<_> = header.split(',').filter_map(clause).collect();
    if clauses.len() > INSERTED {
        let order = |clause: &Clause<'_>| (clause.media_type == "*", clause.subtype == "*");
        clauses.sort_by(|one, other| {
            other.weight.total_cmp(&one.weight).then_with(|| order(one).cmp(&order(other)))
        });
        return clauses;
    }
    for end in 1..clauses.len() {
        let mut at = end;
        while at > 0 && goes_before(&clauses[at], &clauses[at - 1]) {
            clauses.swap(at, at - 1);
            at -= 1;
        }
    }
    clauses
}

fn goes_before(one: &Clause<'_>, other: &Clause<'_>) -> bool {
    one.weight > other.weight
        || (one.media_type != "*" && other.media_type == "*")
        || (one.subtype != "*" && other.subtype == "*")
}

fn clause(text: &str) -> Option<Clause<'_>> {
    let (range, mut rest) = cut(text.trim_matches(' '), ';');
    let (media_type, subtype) = cut(range, '/');
    let media_type = media_type.trim_matches(' ');
    let subtype = match subtype {
        "" if media_type == "*" => "*",
        "" => return None,
        _ => match cut(subtype, '/') {
            (subtype, "") => subtype.trim_matches(' '),
            _ => return None,
        },
    };
    let mut clause = Clause { media_type, subtype, weight: 1.0, parameters: HashMap::new() };
    while !rest.is_empty() {
        let parameter;
        (parameter, rest) = cut(rest, ';');
        let (name, value) = cut(parameter, '=');
        let (value, more) = cut(value, '=');
        if value.is_empty() || !more.is_empty() {
            continue;
        }
        match name.trim_matches(' ') {
            "q" => clause.weight = value.parse().unwrap_or(0.0),
            name => {
                clause.parameters.insert(name, value.trim_matches(' '));
            }
        }
    }
    Some(clause)
}

fn cut(text: &str, separator: char) -> (&str, &str) {
    text.split_once(separator).unwrap_or((text, ""))
}

impl Clause<'_> {
    fn covers(&self, media_type: MediaType) -> bool {
        match (self.media_type, self.subtype) {
            ("*" | "application", "*") => true,
            ("application", subtype) => subtype == media_type.subtype(),
            _ => false,
        }
    }

    fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters.get(name).copied()
    }

    fn output(&self, media_type: MediaType, tables: bool) -> Option<Output> {
        let acceptable = |name, value| self.parameter(name).is_none_or(|given| given == value);
        if !acceptable("stream", "watch") || !acceptable("sv", "v1") {
            return None;
        }
        let pretty = self.parameter("pretty") == Some("1");
        let transforms = ["as", "g", "v"].iter().any(|name| self.parameter(name).is_some());
        let transform = if transforms { Some(self.transform(media_type, tables)?) } else { None };
        Some(Output { media_type, pretty, transform })
    }

    fn transform(&self, media_type: MediaType, tables: bool) -> Option<Transform> {
        let api_version = match (self.parameter("g")?, self.parameter("v")?) {
            ("meta.k8s.io", "v1") => "meta.k8s.io/v1",
            ("meta.k8s.io", "v1beta1") => "meta.k8s.io/v1beta1",
            _ => return None,
        };
        match self.parameter("as")? {
            "Table" if tables && media_type != MediaType::Protobuf => {
                Some(Transform::Table(api_version))
            }
            "PartialObjectMetadata" => Some(Transform::PartialObjectMetadata(api_version)),
            "PartialObjectMetadataList" => Some(Transform::PartialObjectMetadataList(api_version)),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use {super::*, rstest::rstest};

    const PRODUCED: [&str; 3] =
        ["application/json", "application/yaml", "application/vnd.kubernetes.protobuf"];

    #[rstest]
    #[case("", true)]
    #[case("*/*", true)]
    #[case("application/json;q=0", true)]
    #[case("text/html, application/yaml ;q=0.1", true)]
    #[case("application/*", false)]
    #[case("text/html", false)]
    #[case("Application/JSON", false)]
    fn the_router_wants_a_type_by_name(#[case] header: &str, #[case] expected: bool) {
        assert_eq!(is_routable(header, &PRODUCED), expected);
    }

    #[rstest]
    #[case("", Some(MediaType::Json))]
    #[case("*/*", Some(MediaType::Json))]
    #[case("application/*", Some(MediaType::Json))]
    #[case("application/yaml", Some(MediaType::Yaml))]
    #[case("application/vnd.kubernetes.protobuf,application/json", Some(MediaType::Protobuf))]
    #[case("application/json;q=0.5,application/yaml", Some(MediaType::Yaml))]
    #[case("*/*,application/yaml", Some(MediaType::Yaml))]
    #[case("text/html", None)]
    #[case("application/json;as=Table;g=meta.k8s.io;v=v1", None)]
    #[case("application/json;v=v1", None)]
    #[case("application/json;as=Table;v=v1;g=meta.k8s.io,application/json", Some(MediaType::Json))]
    #[case("application/json;stream=other", None)]
    fn the_handler_chooses_by_weight_and_precision(
        #[case] header: &str,
        #[case] expected: Option<MediaType>,
    ) {
        assert_eq!(accept(header, false).map(|output| output.media_type), expected);
    }

    #[rstest]
    #[case("", Some(MediaType::Json))]
    #[case("application/yaml;as=Table;v=v1;g=meta.k8s.io,application/json", Some(MediaType::Json))]
    #[case(
        "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io,*/*;q=0.1",
        Some(MediaType::Json)
    )]
    #[case(
        "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io,application/yaml",
        Some(MediaType::Yaml)
    )]
    #[case("application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io", None)]
    fn errors_and_discovery_are_written_as_they_are(
        #[case] header: &str,
        #[case] expected: Option<MediaType>,
    ) {
        assert_eq!(accept_plain(header).map(|output| output.media_type), expected);
    }

    #[test]
    fn transforms_are_told() {
        let transform = |header| accept(header, true).and_then(|output| output.transform);
        assert_eq!(
            transform("application/json;as=Table;v=v1;g=meta.k8s.io"),
            Some(Transform::Table("meta.k8s.io/v1"))
        );
        assert_eq!(
            transform("application/yaml; as=PartialObjectMetadata;v=v1beta1;g=meta.k8s.io"),
            Some(Transform::PartialObjectMetadata("meta.k8s.io/v1beta1"))
        );
        assert_eq!(
            accept("application/json;pretty=1", true).map(|output| output.pretty),
            Some(true)
        );
    }
}

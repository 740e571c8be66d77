//! Path templates: `/v1/{name=projects/*/locations/*}:verb`.
//! Source: `google/api/http.proto`; the matcher of grpc-httpjson-transcoding.

use crate::codec::percent;

/// A template, taken apart.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Template {
    segments: Vec<Segment>,
    verb: Option<String>,
    /// The field that the variable binds, with dots (`attached_cluster.name`); empty for none.
    pub(crate) field: String,
    /// Which segments the variable takes.
    variable: std::ops::Range<usize>,
}

#[derive(Debug, PartialEq, Eq)]
enum Segment {
    Literal(String),
    Any,
}

/// A request's path, split as the matcher does it: before anything is decoded.
#[derive(Debug)]
pub(crate) struct Path<'a> {
    segments: Vec<&'a str>,
    verb: Option<&'a str>,
}

impl Template {
    /// Reads a template with one variable, or none.
    pub(crate) fn parse(template: &str) -> Option<Self> {
        let path = template.strip_prefix('/')?;
        let (before, field, pattern, after) = match path.split_once('{') {
            None => ("", "", "", path),
            Some((before, rest)) => {
                let (variable, after) = rest.split_once('}')?;
                let (field, pattern) = variable.split_once('=')?;
                (before, field, pattern, after)
            }
        };
        let (after, verb) = match after.split_once(':') {
            Some((after, verb)) => (after, Some(verb.to_owned())),
            None => (after, None),
        };
        let mut segments: Vec<Segment> = segments_of(before).collect();
        let start = segments.len();
        segments.extend(segments_of(pattern));
        let variable = start..segments.len();
        segments.extend(segments_of(after));
        Some(Self { segments, verb, field: field.to_owned(), variable })
    }

    /// The verb, if it has one.
    pub(crate) fn verb(&self) -> Option<&str> {
        self.verb.as_deref()
    }

    /// What the variable binds when the path fits; empty without a variable.
    pub(crate) fn matches(&self, path: &Path<'_>) -> Option<String> {
        let fits = self.segments.len() == path.segments.len()
            && self.verb.as_deref() == path.verb
            && self.segments.iter().zip(&path.segments).all(|(segment, part)| segment.fits(part));
        let bound = path.segments.get(self.variable.clone()).filter(|_| fits)?;
        Some(decode(&bound.join("/")))
    }
}

impl Segment {
    fn fits(&self, part: &str) -> bool {
        match self {
            Self::Literal(literal) => literal == part,
            Self::Any => !part.is_empty(),
        }
    }
}

impl<'a> Path<'a> {
    /// Splits a path. A `:suffix` of the last segment is a verb only when `is_verb` knows it;
    /// empty segments at the end do not count.
    pub(crate) fn split(path: &'a str, is_verb: impl Fn(&str) -> bool) -> Self {
        let path = path.strip_prefix('/').unwrap_or(path);
        let last = path.rfind('/').map_or(0, |slash| slash + 1);
        let verb = path[last..].rfind(':').map(|colon| last + colon);
        let (path, verb) = match verb {
            Some(colon) if is_verb(&path[colon + 1..]) => {
                (&path[..colon], Some(&path[colon + 1..]))
            }
            _ => (path, None),
        };
        let segments = path.trim_end_matches('/').split('/').collect();
        Self { segments, verb }
    }
}

fn segments_of(part: &str) -> impl Iterator<Item = Segment> {
    part.split('/').filter(|segment| !segment.is_empty()).map(|segment| match segment {
        "*" => Segment::Any,
        literal => Segment::Literal(literal.to_owned()),
    })
}

/// Percent-decodes what a variable of several segments binds: all but `%2F`, which must not turn
/// into a slash.
fn decode(text: &str) -> String {
    let kept = text.replace("%2F", "%252F").replace("%2f", "%252f");
    percent::lenient(&kept).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_template_may_have_no_variable() {
        let template = Template::parse("/v1/token").unwrap();
        assert_eq!((template.field.as_str(), template.verb()), ("", None));
        assert_eq!(template.matches(&Path::split("/v1/token", |_| false)).as_deref(), Some(""));
        assert_eq!(template.matches(&Path::split("/v1/tokens", |_| false)), None);
    }

    const TOKEN: &str = "/v1/{attached_cluster=projects/*/locations/*/attachedClusters/*}:generate";
    const GET: &str = "/v1/{name=projects/*/locations/*/attachedClusters/*}";
    const LIST: &str = "/v1/{parent=projects/*/locations/*}/attachedClusters";

    fn bound(template: &str, path: &str) -> Option<String> {
        let path = Path::split(path, |verb| verb == "generate");
        Template::parse(template).unwrap().matches(&path)
    }

    #[test]
    fn a_verb_is_one_only_where_a_template_has_it() {
        let path = "/v1/projects/p/locations/l/attachedClusters/c:generate";
        assert_eq!(bound(TOKEN, path).unwrap(), "projects/p/locations/l/attachedClusters/c");
        assert_eq!(bound(GET, path), None);
        let path = "/v1/projects/p/locations/l/attachedClusters/c:foo";
        assert_eq!(bound(GET, path).unwrap(), "projects/p/locations/l/attachedClusters/c:foo");
        let path = "/v1/projects/p/locations/l/attachedClusters/c%3Agenerate";
        assert_eq!(bound(TOKEN, path), None);
    }

    #[test]
    fn an_encoded_slash_never_makes_a_segment() {
        assert_eq!(bound(LIST, "/v1/projects%2Fp%2Flocations%2Fl/attachedClusters"), None);
        let path = "/v1/projects/p%2Fq/locations/%75s%2d1+/attachedClusters";
        assert_eq!(bound(LIST, path).unwrap(), "projects/p%2Fq/locations/us-1+");
    }

    #[test]
    fn slashes_at_the_end_do_not_count_and_others_do() {
        assert!(bound(LIST, "/v1/projects/p/locations/l/attachedClusters//").is_some());
        assert!(bound(LIST, "/v1/projects//locations/l/attachedClusters").is_none());
        assert!(bound(LIST, "//v1/projects/p/locations/l/attachedClusters").is_none());
        assert!(bound(LIST, "/v1beta1/projects/p/locations/l/attachedClusters").is_none());
    }

    #[test]
    fn bytes_that_are_no_text_do_no_harm() {
        assert!(bound(GET, "/v1/projects/%ff/locations/%zz/attachedClusters/%").is_some());
    }
}

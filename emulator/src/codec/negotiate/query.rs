//! The query of a URL as Go's package `url` reads it.

use crate::codec::{percent, target::lossy};

/// The parameters of a query, in their order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Query {
    parameters: Vec<(String, String)>,
}

impl Query {
    /// The parameters that can be read; the others are left out.
    pub fn parse(query: &str) -> Self {
        let parameters = query
            .split('&')
            .filter(|parameter| !parameter.is_empty() && !parameter.contains(';'))
            .filter_map(|parameter| {
                let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
                Some((unescape(name)?, unescape(value)?))
            })
            .collect();
        Self { parameters }
    }

    /// The first value of that name; empty when there is none.
    pub fn get(&self, name: &str) -> &str {
        let named = self.parameters.iter().find(|(known, _)| known == name);
        named.map_or("", |(_, value)| value)
    }

    /// All values of that name.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        let named = self.parameters.iter().filter(move |(known, _)| known == name);
        named.map(|(_, value)| value.as_str())
    }

    /// Whether that name is there at all.
    pub fn has(&self, name: &str) -> bool {
        self.parameters.iter().any(|(known, _)| known == name)
    }
}

// What is not UTF-8 afterwards is replaced, as when it is written to JSON.
fn unescape(text: &str) -> Option<String> {
    let spaced = percent::spaced(text);
    percent::strict(&spaced).map(|bytes| lossy(&bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_read_as_go_reads_them() {
        let query = Query::parse("a=1&b=x+y%21&a=2&c&d=%zz&e;f=1&%67=&&h==");
        assert_eq!(query.get("a"), "1");
        assert_eq!(query.all("a").collect::<Vec<_>>(), ["1", "2"]);
        assert_eq!(query.get("b"), "x y!");
        assert!(query.has("c") && query.has("g") && !query.has("d") && !query.has("f"));
        assert_eq!(query.get("h"), "=");
    }
}

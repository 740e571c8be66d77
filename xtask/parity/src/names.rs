//! Names for what differs between two servers by its nature: uids, times, versions, tokens.

use {
    crate::{blanks::Blanks, token},
    regex::{Captures, Regex},
    std::{
        collections::BTreeMap,
        sync::LazyLock,
        time::{SystemTime, UNIX_EPOCH},
    },
};

fn regex(pattern: &str) -> Regex {
    Regex::new(pattern).expect("the pattern was written with care")
}

static TOKEN: LazyLock<Regex> =
    LazyLock::new(|| regex(r"eyJ[A-Za-z0-9_-]+\.eyJ[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+"));
static ADDRESS: LazyLock<Regex> =
    LazyLock::new(|| regex(r"\b[0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3}:([0-9]{2,5})\b"));
static UID: LazyLock<Regex> =
    LazyLock::new(|| regex(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"));
static TIME: LazyLock<Regex> = LazyLock::new(|| {
    regex(r"\b(20[0-9]{2})-([0-9]{2})-([0-9]{2})T([0-9]{2}):([0-9]{2}):([0-9]{2})(\.[0-9]+)?Z")
});
static SECONDS: LazyLock<Regex> = LazyLock::new(|| regex(r"\b1[6-9][0-9]{8}\b"));
static CONTINUE: LazyLock<Regex> = LazyLock::new(|| regex(r#""continue":"([A-Za-z0-9_=-]+)""#));
static SIGNATURE: LazyLock<Regex> = LazyLock::new(|| regex(r"[A-Za-z0-9_-]{64,}"));
static OLD: LazyLock<Regex> =
    LazyLock::new(|| regex(r"too old resource version: [0-9]+ \([0-9]+\)"));
static NOW: LazyLock<Regex> = LazyLock::new(|| regex("<now [^>]*>"));
/// The cells of a row of a table; a bracket may stand in a text among them.
static CELLS: LazyLock<Regex> =
    LazyLock::new(|| regex(r#""cells": ?\[(?:[^"\[\]]|"(?:[^"\\]|\\.)*")*\]"#));
/// The age of what was made a moment ago, in such a cell.
static AGE: LazyLock<Regex> = LazyLock::new(|| regex(r#""[0-9]s"([,\]])"#));
static HEX: LazyLock<Regex> = LazyLock::new(|| regex(r"\(([0-9a-f]{24})[0-9a-f]*( \.\.\.)?\)"));
/// What the server put behind a prefix, in a name that it refuses or in an answer of which no name
/// was learned: one in protobuf, say.
static GENERATED: LazyLock<Regex> =
    LazyLock::new(|| regex(r"\b(Bad_|gen-|x\.y)[bcdfghjklmnpqrstvwxz2456789]{5}\b"));
static VERSION: LazyLock<Regex> = LazyLock::new(|| {
    regex(
        r#"("?resourceVersion\\*"?: ?\\*"?|in record \(|in object meta: )([0-9]+)|(\n +[26]: ")([0-9]+)(")"#,
    )
});

/// The names that were given so far, in one scenario on one server.
#[derive(Debug, Default, Clone)]
pub(crate) struct Names {
    uids: BTreeMap<String, usize>,
}

impl Names {
    /// A text with names put in.
    pub(crate) fn put(&mut self, text: &str, blanks: &Blanks) -> String {
        let mut text = text.replace(&blanks.address, "<address>");
        // A server may know itself by another address of this machine.
        let port = blanks.address.rsplit(':').next().unwrap_or("");
        text = ADDRESS
            .replace_all(&text, |found: &Captures<'_>| {
                if &found[1] == port { "<address>".to_owned() } else { found[0].to_owned() }
            })
            .into_owned();
        for (value, name) in &blanks.filled {
            if value.len() > 50 {
                text = text.replace(value.as_str(), name);
            }
        }
        for (value, name) in &blanks.generated {
            text = text.replace(value.as_str(), name);
        }
        let text = TOKEN.replace_all(&text, |found: &Captures<'_>| {
            token::read(&found[0]).unwrap_or_else(|| found[0].to_owned())
        });
        let text = TIME.replace_all(&text, |found: &Captures<'_>| time(found));
        let text = SECONDS.replace_all(&text, |found: &Captures<'_>| {
            offset(found[0].parse().unwrap_or(0)).unwrap_or_else(|| found[0].to_owned())
        });
        let text = UID.replace_all(&text, |found: &Captures<'_>| self.uid(&found[0]));
        let text = VERSION.replace_all(&text, "$1$3<version>$5");
        let text = CONTINUE.replace_all(&text, |found: &Captures<'_>| token::position(&found[1]));
        let text = GENERATED.replace_all(&text, "$1<generated>");
        let text = CELLS.replace_all(&text, |row: &Captures<'_>| {
            AGE.replace_all(&row[0], "\"<age>\"$1").into_owned()
        });
        let text = OLD.replace_all(&text, "too old resource version: <version>");
        // What is left of a token that was broken, and bytes that hold a uid.
        let text = SIGNATURE.replace_all(&text, "<random>");
        let text = HEX.replace_all(&text, "($1$2)").into_owned();
        // What servers make themselves is as old as they are.
        if text.contains("kubernetes.io/bootstrapping") {
            NOW.replace_all(&text, "<earlier>").into()
        } else {
            text
        }
    }

    fn uid(&mut self, uid: &str) -> String {
        let next = self.uids.len() + 1;
        format!("<uid {}>", self.uids.entry(uid.to_owned()).or_insert(next))
    }
}

fn time(found: &Captures<'_>) -> String {
    let part = |index: usize| found[index].parse::<i64>().unwrap_or(0);
    let (year, month, day) = (part(1), part(2), part(3));
    // Days since 1970, by the calendar that begins a year in March.
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let days =
        365 * year + year / 4 - year / 100 + year / 400 + (153 * month + 2) / 5 + day - 719_469;
    let seconds = days * 86_400 + part(4) * 3600 + part(5) * 60 + part(6);
    offset(seconds).unwrap_or_else(|| found[0].to_owned())
}

/// A moment as its distance from now, to ten seconds; `None` when it is not about now at all.
fn offset(seconds: i64) -> Option<String> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).ok()?.as_secs();
    let distance = seconds - i64::try_from(now).ok()?;
    let far = !(-864_000..=2 * 31_536_000).contains(&distance);
    if distance < -30 {
        // Before the run began: how long before is another number on each.
        return (!far).then(|| "<earlier>".to_owned());
    }
    (!far).then(|| format!("<now {:+}>", (distance + 7).div_euclid(10) * 10))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_chance_put_behind_a_prefix_is_named() {
        let blanks = Blanks::new("127.0.0.1:1", "p");
        let named = Names::default().put("1: \"x.yd4ks6\"\n2: \"x.y\" gen-bcdfg gen-er", &blanks);
        assert_eq!(named, "1: \"x.y<generated>\"\n2: \"x.y\" gen-<generated> gen-er");
    }

    #[test]
    fn only_the_cells_of_a_table_have_ages() {
        let blanks = Blanks::new("127.0.0.1:1", "p");
        let named = |text: &str| Names::default().put(text, &blanks);
        let row = r#"{"cells":["a]\"",0,"3s"],"object":{"finalizers":["4s"],"x":"5s"}}"#;
        let expected = r#"{"cells":["a]\"",0,"<age>"],"object":{"finalizers":["4s"],"x":"5s"}}"#;
        assert_eq!(named(row), expected);
        assert_eq!(named(r#"{"audiences":["1s","2s"]}"#), r#"{"audiences":["1s","2s"]}"#);
        assert_eq!(named(r#"{"cells":["2s",null,"1s"]}"#), r#"{"cells":["<age>",null,"<age>"]}"#);
    }
}

//! Lists: no longer than asked, of what was asked, nothing twice and nothing left out.

use {
    super::{elements, is_same_name},
    crate::{expect::Mismatch, google::asked::Asked, level::Level},
    serde_json::Value,
    std::collections::BTreeMap,
};

/// What was listed before a page, by the page's token.
#[derive(Debug, Default)]
pub(super) struct Pages(BTreeMap<String, Vec<String>>);

impl Pages {
    /// Everything that is wrong with a page, given the names of all that are known to exist.
    pub(super) fn judge(
        &mut self,
        asked: &Asked,
        body: &Value,
        known: &[&str],
        found: &mut Vec<Mismatch>,
    ) {
        let list = members(asked);
        let what = format!("body {list}");
        let mut wrong = |expected: String, got: &str| {
            found.push(Mismatch::new(Level::Should, &what, expected, got));
        };
        let parent = parent(asked);
        let page = asked.text("pageToken");
        let mut seen = self.0.remove(page).unwrap_or_default();
        let name = |(_, it): (usize, &'_ Value)| it["name"].as_str().unwrap_or_default().to_owned();
        let names: Vec<String> = elements(body, &list).map(name).collect();
        let size = asked.message["pageSize"].as_u64().filter(|it| *it > 0);
        let count = names.len();
        if size.is_some_and(|size| count as u64 > size) {
            wrong("no more than pageSize".to_owned(), &count.to_string());
        }
        for name in names {
            if !is_below(&name, &parent, &list) {
                wrong(format!("what is below {parent}/{list}"), &name);
            }
            if seen.contains(&name) {
                wrong("each of them once".to_owned(), &name);
            }
            seen.push(name);
        }
        match body["nextPageToken"].as_str() {
            Some(next) if next == page => wrong("the next page".to_owned(), "the same again"),
            Some(next) => {
                self.0.insert(next.to_owned(), seen);
            }
            // Of a page in the middle nobody knows what came before.
            None if page.is_empty() || seen.len() > count => {
                let mine = known.iter().filter(|it| is_below(it, &parent, &list));
                for name in mine.filter(|_| asked.text("filter").is_empty()) {
                    if !seen.iter().any(|it| is_same_name(it, name)) {
                        wrong(format!("{name} among them"), &seen.join(", "));
                    }
                }
            }
            None => {}
        }
    }
}

/// The member of an answer that is the list.
pub(super) fn members(asked: &Asked) -> String {
    let output = asked.method.output();
    let field = output.fields().find(|it| it.is_list() && it.kind().as_message().is_some());
    field.map(|it| it.json_name().to_owned()).unwrap_or_default()
}

fn parent(asked: &Asked) -> String {
    let named = asked.text("parent");
    if named.is_empty() { asked.text("name").to_owned() } else { named.to_owned() }
}

/// Whether something is in the collection of a parent, whose location may be any.
fn is_below(name: &str, parent: &str, collection: &str) -> bool {
    let Some((owner, _)) =
        name.rsplit_once('/').and_then(|(it, id)| Some((it.rsplit_once('/')?, id)))
    else {
        return false;
    };
    let anywhere = parent.strip_suffix("/locations/-");
    let within = match anywhere {
        Some(project) => owner.0.rsplit_once('/').is_some_and(|(it, _)| {
            it.strip_suffix("/locations").is_some_and(|it| is_same_project(it, project))
        }),
        None => is_same_name(owner.0, parent),
    };
    within && owner.1 == collection
}

fn is_same_project(one: &str, other: &str) -> bool {
    is_same_name(&format!("{one}/"), &format!("{other}/"))
}

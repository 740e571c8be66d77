//! What a case has been told of clusters and operations. Each answer of the Google API is held
//! against it, and against what its own request said, so that no case has to say it: an operation
//! works on what the request named, keeps its name and comes to what was sent, and two looks at one
//! thing show the same.
//! Source: <https://google.aip.dev/151> (operations), <https://google.aip.dev/154> (etags),
//! <https://google.aip.dev/158> (pages), <https://google.aip.dev/163> (validation).

mod clock;
mod list;
mod operation;
mod resource;
mod write;

use {
    crate::{
        exchange::{Api, Exchange},
        expect::Mismatch,
        google::{
            asked::{Asked, is_partial, wants_numbers},
            schema,
        },
        level::Level,
    },
    clock::Clock,
    list::Pages,
    operation::Operations,
    resource::Resources,
    serde_json::Value,
    write::Write,
};

/// What was told so far.
#[derive(Debug, Default)]
pub struct Memory {
    operations: Operations,
    resources: Resources,
    pages: Pages,
    clock: Clock,
}

impl Memory {
    /// A cluster was made of this before the case began.
    pub fn given(&mut self, name: &str, body: &Value) {
        self.resources.come_to(name, Write::given(body));
    }

    /// The clock was moved.
    pub fn clock_moved(&mut self) {
        self.clock.move_it();
    }

    /// Everything in an answer that does not go with its request or with what was told before.
    pub fn hear(&mut self, exchange: &Exchange) -> Vec<Mismatch> {
        let mut found = Vec::new();
        let heard = exchange.api == Api::Google && exchange.answer.status == 200;
        if !heard || is_partial(&exchange.request) {
            return found;
        }
        let (asked, body) = (Asked::of(&exchange.request), exchange.answer.value());
        // Of what cannot be read there is nothing to remember.
        let readable = body.filter(|it| it.is_object() && it.get("unreadable").is_none());
        if let (Some(asked), Some(body)) = (asked, readable) {
            // Numbers for names are the same in other words.
            let named = || schema::from_json(asked.method.output(), &body).ok();
            let plain = named().filter(|_| wants_numbers(&exchange.request));
            let plain = plain.and_then(|it| serde_json::to_value(it).ok());
            self.learn(&asked, &plain.unwrap_or(body), &mut found);
        }
        once(found)
    }

    fn learn(&mut self, asked: &Asked, body: &Value, found: &mut Vec<Mismatch>) {
        let output = asked.method.output();
        let shows = |field: &str| output.get_field_by_name(field).is_some();
        match (asked.method.name(), output.name()) {
            ("GetOperation", _) => {
                named("body name", asked.text("name"), &body["name"], found);
                self.operation("body", body, found);
                self.operations.polled(body);
            }
            ("DeleteOperation", _) => self.operations.forget(asked.text("name")),
            (_, "Operation") => {
                let write = Write::of(asked);
                self.begin(write, body, found);
                self.operation("body", body, found);
            }
            ("ListOperations", _) => {
                self.pages.judge(asked, body, &self.operations.names(), found);
                for (index, it) in elements(body, "operations") {
                    self.operation(&format!("body operations {index}"), it, found);
                }
            }
            (name, _) if name.starts_with("List") => {
                self.pages.judge(asked, body, &self.resources.names(), found);
                for (index, it) in elements(body, list::members(asked).as_str()) {
                    let what = format!("body {} {index}", list::members(asked));
                    self.resources.look(&what, it, &mut self.clock, found);
                    self.resources.hold(&what, it, found);
                }
            }
            (name, _) if name.starts_with("Get") && shows("name") => {
                named("body name", asked.text("name"), &body["name"], found);
                if shows("uid") {
                    self.resources.look("body", body, &mut self.clock, found);
                    self.resources.hold("body", body, found);
                }
            }
            _ => {}
        }
    }

    /// A write was taken on.
    fn begin(&mut self, write: Option<Write>, body: &Value, found: &mut Vec<Mismatch>) {
        self.clock.is_now("body metadata createTime", &body["metadata"]["createTime"], found);
        let Some(write) = write else { return };
        write.judge_begun(body, found);
        if !write.only_validated {
            self.resources.change(&write.target);
        }
        self.operations.begin(write, body, found);
    }

    /// An operation is shown.
    fn operation(&mut self, what: &str, value: &Value, found: &mut Vec<Mismatch>) {
        self.clock.has_been(&value["metadata"]["createTime"]);
        self.clock.has_ended(&value["metadata"]["endTime"]);
        let Some(write) = self.operations.look(what, value, found) else { return };
        // Of two writes at once nobody knows which came first.
        let alone = write.only_validated || !self.resources.is_crowded(&write.target);
        let after = write.applied_to(self.resources.made_of(&write.target)).filter(|_| alone);
        write.judge_end(what, value, after.as_ref(), found);
        let response = Some(&value["response"]).filter(|it| it.is_object());
        let what = format!("{what} response");
        if let (Some(response), Some(touched)) = (response.filter(|_| alone), write.touched()) {
            self.resources.judge_rest(&what, response, &touched, found);
        }
        match response {
            _ if write.only_validated => {}
            Some(_) if write.takes_away() => self.resources.forget(&write.target),
            Some(response) => {
                self.resources.look(&what, response, &mut self.clock, found);
                self.resources.come_to(&write.target, after);
            }
            // Nobody knows what is left of it.
            None => self.resources.come_to(&write.target, None),
        }
    }
}

/// Two ways to see one lie tell it once.
fn once(found: Vec<Mismatch>) -> Vec<Mismatch> {
    let mut told: Vec<Mismatch> = Vec::new();
    for it in found {
        if !told.iter().any(|other| other.what == it.what && other.got == it.got) {
            told.push(it);
        }
    }
    told
}

fn elements<'a>(body: &'a Value, list: &str) -> impl Iterator<Item = (usize, &'a Value)> {
    body.get(list).and_then(Value::as_array).into_iter().flatten().enumerate()
}

/// Whether two names mean the same: a project has an id and a number.
fn is_same_name(one: &str, other: &str) -> bool {
    let parts = |it: &str| {
        let (project, rest) = it.strip_prefix("projects/")?.split_once('/')?;
        Some((project.to_owned(), rest.to_owned()))
    };
    let is_number = |it: &str| it.bytes().all(|byte| byte.is_ascii_digit());
    let (Some((one_project, one_rest)), Some((other_project, other_rest))) =
        (parts(one), parts(other))
    else {
        return one == other;
    };
    let same = one_project == other_project || is_number(&one_project) != is_number(&other_project);
    same && one_rest == other_rest
}

fn named(what: &str, expected: &str, got: &Value, found: &mut Vec<Mismatch>) {
    if !got.as_str().is_some_and(|it| is_same_name(expected, it)) {
        found.push(Mismatch::new(Level::Should, what, expected, got));
    }
}

/// Names every member that is another than before; of two looks at one thing also those that are new.
fn differ(what: &str, before: &Value, now: &Value, may_have_more: bool, found: &mut Vec<Mismatch>) {
    let (Value::Object(old), Value::Object(new)) = (before, now) else {
        if before != now {
            let shown =
                |it: &Value| if it.is_null() { "nothing".to_owned() } else { it.to_string() };
            found.push(Mismatch::new(Level::Should, what, shown(before), shown(now)));
        }
        return;
    };
    let more = new.keys().filter(|name| !may_have_more && !old.contains_key(*name));
    for name in old.keys().chain(more) {
        let (before, now) = (&before[name], &now[name]);
        differ(&format!("{what} {name}"), before, now, may_have_more, found);
    }
}

#[cfg(test)]
mod tests {
    use {
        super::*,
        crate::{
            exchange::{Answer, Request},
            variant::Protocol,
        },
        serde_json::json,
    };

    const CLUSTER: &str = "projects/p/locations/l/attachedClusters/c";
    const OPERATION: &str = "projects/p/locations/l/operations/o";

    /// A request, and what was answered.
    type Told = (String, Value, Value);

    fn get(name: &str, answer: Value) -> Told {
        (format!("GET /v1/{name}"), Value::Null, answer)
    }

    fn list(query: &str, answer: Value) -> Told {
        get(&format!("projects/p/locations/l/attachedClusters{query}"), answer)
    }

    fn create() -> Told {
        let path = "POST /v1/projects/p/locations/l/attachedClusters?attachedClusterId=c";
        (path.to_owned(), json!({"description": "mine"}), running("create"))
    }

    fn update() -> Told {
        let path = format!("PATCH /v1/{CLUSTER}?updateMask=description");
        let mut answer = running("update");
        answer["name"] = "projects/p/locations/l/operations/o2".into();
        answer["metadata"]["createTime"] = "2026-01-01T00:02:00Z".into();
        (path, json!({"description": "other"}), answer)
    }

    fn running(verb: &str) -> Value {
        let metadata =
            json!({"createTime": "2026-01-01T00:00:00Z", "target": CLUSTER, "verb": verb});
        json!({"name": OPERATION, "metadata": metadata})
    }

    fn done() -> Value {
        let mut answer = running("create");
        answer["done"] = true.into();
        answer["metadata"]["endTime"] = "2026-01-01T00:01:00Z".into();
        answer["response"] = cluster();
        let kind = "type.googleapis.com/google.cloud.gkemulticloud.v1.AttachedCluster";
        answer["response"]["@type"] = kind.into();
        answer
    }

    fn cluster() -> Value {
        json!({
            "name": CLUSTER, "description": "mine", "state": "RUNNING", "uid": "u", "etag": "e",
            "createTime": "2026-01-01T00:00:00Z", "updateTime": "2026-01-01T00:01:00Z",
        })
    }

    fn with(mut value: Value, pointer: &str, other: Value) -> Value {
        *value.pointer_mut(pointer).unwrap() = other;
        value
    }

    fn check(told: &[Told], expected: &[&str]) {
        let mut memory = Memory::default();
        let found = told.iter().flat_map(|(line, body, answer)| {
            let (method, path) = line.split_once(' ').unwrap();
            let body = if body.is_null() { String::new() } else { body.to_string() };
            let request = Request {
                method: method.to_owned(),
                path: path.to_owned(),
                headers: Vec::new(),
                body: body.into(),
                protocol: Protocol::Http1,
            };
            let answer =
                Answer { status: 200, body: answer.to_string().into(), ..Answer::default() };
            memory.hear(&Exchange { api: Api::Google, request, answer })
        });
        assert_eq!(found.map(|it| it.what).collect::<Vec<_>>(), expected);
    }

    #[test]
    fn answers_that_go_together_are_let_be() {
        let listed = list("", json!({"attachedClusters": [cluster()]}));
        check(&[create(), get(OPERATION, done()), get(CLUSTER, cluster()), listed], &[]);
    }

    #[test]
    fn an_operation_works_on_what_the_request_named_and_stays_what_it_is() {
        let begun = |pointer: &str, other: &str| {
            let (line, body, answer) = create();
            (line, body, with(answer, pointer, other.into()))
        };
        check(&[begun("/metadata/target", "x")], &["body metadata target"]);
        check(&[begun("/metadata/verb", "update")], &["body metadata verb"]);
        check(&[begun("/name", "projects/p/locations/x/operations/o")], &["body name"]);
        let polled = |pointer: &str, other: &str, expected: &[&str]| {
            let told = with(done(), pointer, other.into());
            check(&[create(), get(OPERATION, told)], expected);
        };
        polled("/name", "projects/p/locations/l/operations/x", &["body name"]);
        polled("/metadata/target", "x", &["body metadata target"]);
        polled("/response/@type", "x", &["body response @type"]);
        polled("/response/name", "x", &["body response name"]);
        polled("/response/state", "ERROR", &["body response state"]);
        polled("/response/description", "x", &["body response description"]);
        polled("/response/updateTime", "2026-01-01T01:01:00Z", &["body response updateTime"]);
        let later = with(done(), "/metadata/endTime", "2026-01-01T00:01:30Z".into());
        let again = [create(), get(OPERATION, done()), get(OPERATION, later)];
        check(&again, &["body metadata endTime"]);
        let late = with(done(), "/metadata/endTime", "2026-01-01T01:01:00Z".into());
        check(&[create(), get(OPERATION, late), update()], &["body metadata createTime"]);
    }

    #[test]
    fn two_looks_at_a_cluster_show_the_same() {
        let looked = |pointer: &str, other: &str, expected: &[&str]| {
            let told = with(cluster(), pointer, other.into());
            check(&[create(), get(OPERATION, done()), get(CLUSTER, told)], expected);
        };
        looked("/uid", "x", &["body uid"]);
        looked("/etag", "x", &["body etag"]);
        looked("/updateTime", "2026-01-01T00:01:30Z", &["body updateTime"]);
        looked("/description", "x", &["body description"]);
        looked("/name", "projects/p/locations/l/attachedClusters/x", &["body name", "body uid"]);
        looked("/state", "RECONCILING", &["body state"]);
    }

    #[test]
    fn an_update_is_looked_for_once_it_is_done() {
        let mut after = with(cluster(), "/description", "other".into());
        after["etag"] = "e2".into();
        after["updateTime"] = "2026-01-01T00:03:00Z".into();
        let mut ended = with(done(), "/metadata", update().2["metadata"].clone());
        ended["name"] = update().2["name"].clone();
        ended["metadata"]["endTime"] = "2026-01-01T00:03:00Z".into();
        for name in ["description", "etag", "updateTime"] {
            ended["response"][name] = after[name].clone();
        }
        let name = "projects/p/locations/l/operations/o2";
        let before = [create(), get(OPERATION, done()), update(), get(CLUSTER, cluster())];
        let told =
            |last: Value| [&before[..], &[get(name, ended.clone()), get(CLUSTER, last)]].concat();
        check(&told(after), &[]);
        check(&told(cluster()), &["body description"]);
    }

    #[test]
    fn a_list_has_everything_once() {
        let before = [create(), get(OPERATION, done())];
        let told = |last: &[Told]| [&before[..], last].concat();
        let other = with(cluster(), "/name", "projects/p/locations/l/attachedClusters/d".into());
        let twin = other.clone();
        let other = with(other, "/uid", "v".into());
        let page = |query: &str, listed: &[&Value], next: &str| {
            let mut body = json!({"attachedClusters": listed});
            if !next.is_empty() {
                body["nextPageToken"] = next.into();
            }
            list(query, body)
        };
        let (one, list) = (cluster(), "body attachedClusters");
        check(
            &told(&[page("?pageSize=1", &[&one], "t"), page("?pageToken=t", &[&other], "")]),
            &[],
        );
        check(&told(&[page("?pageSize=1", &[&one, &other], "")]), &[list]);
        check(&told(&[page("", &[&other], "")]), &[list]);
        check(&told(&[page("", &[&one], "t"), page("?pageToken=t", &[&one], "")]), &[list]);
        check(&told(&[page("", &[&one], "t"), page("?pageToken=t", &[&other], "t")]), &[list]);
        check(&told(&[page("", &[&one, &twin], "")]), &["body attachedClusters 1 uid"]);
        let elsewhere = with(other, "/name", "projects/p/locations/x/attachedClusters/c".into());
        check(&told(&[page("", &[&one, &elsewhere], "")]), &[list]);
    }

    #[test]
    fn a_project_has_an_id_and_a_number() {
        assert!(is_same_name("projects/p/locations/l", "projects/1/locations/l"));
        assert!(!is_same_name("projects/p/locations/l", "projects/q/locations/l"));
        assert!(!is_same_name("projects/1/locations/l", "projects/2/locations/l"));
    }
}

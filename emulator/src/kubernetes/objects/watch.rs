//! Watching objects: what is there, and each change as it comes.
//!
//! Source: kubernetes `staging/src/k8s.io/apiserver/pkg/endpoints/handlers/watch.go`,
//! `storage/cacher`.

use {
    crate::{
        api::{Framing, Source, Step},
        codec::{
            negotiate::{MediaType, Output, Transform},
            protobuf,
            quote::quote,
        },
        kubernetes::{
            body, controllers,
            exchange::{Exchange, Outcome, Reply},
            kinds::Resource,
            objects::{
                self,
                list_options::{self, ListOptions},
            },
            selector::Selector,
            status::Failure,
            table,
        },
        world::{
            World,
            changes::{Change, News},
            objects::Object,
        },
    },
    bytes::Bytes,
    serde_json::{Value, json},
    std::{collections::VecDeque, sync::Arc, task::Waker, time::Duration},
};

/// How long a watch lasts at least when nobody says, in seconds; at most twice that.
const LASTS: u64 = 1800;

/// The text for a client that accepts nothing in which changes can be told.
const NOT_ACCEPTABLE: &str = "only the following media types are accepted: application/json;stream=watch, application/vnd.kubernetes.protobuf;stream=watch";

/// The annotation of the bookmark after all that was there.
const INITIAL_EVENTS_END: &str = "k8s.io/initial-events-end";

/// A watch that has begun.
#[derive(Debug)]
pub struct Watch {
    resource: &'static Resource,
    namespace: Option<String>,
    selector: Selector,
    form: Form,
    bookmarks: bool,
    lasts: Duration,
    // The version up to which all has been told.
    since: u64,
    watcher: u64,
    waiting: VecDeque<Bytes>,
    over: bool,
}

/// How events are written.
#[derive(Debug)]
struct Form {
    output: Output,
    include: table::Include,
    // The columns of a table are told once.
    columns: bool,
}

/// Begins to watch the objects of a kind, in one namespace or in all, or one of them.
pub fn watch(
    exchange: &Exchange<'_>,
    resource: &'static Resource,
    namespace: Option<&str>,
    name: Option<&str>,
) -> Outcome {
    let output = body::accept_object(exchange)?;
    let options = list_options::read(exchange, name)?;
    let version = version(&options.version)?;
    if output.media_type == MediaType::Yaml {
        return Err(Failure::not_acceptable(NOT_ACCEPTABLE));
    }
    let include = table::include(exchange)?;
    let world = exchange.world;
    let mut watch = Watch {
        resource,
        namespace: namespace.map(str::to_owned),
        since: version,
        bookmarks: options.bookmarks,
        lasts: lasts(world, &options),
        form: Form { output, include, columns: true },
        watcher: world.objects.watcher(),
        waiting: VecDeque::new(),
        over: false,
        selector: Selector::default(),
    };
    if watch.lasts.is_zero() {
        // What is over does not begin.
        watch.over = true;
    } else {
        watch.begin(world, options, version);
    }
    Ok(Reply::Watch(Box::new(watch)))
}

/// A version as a query has it; none is 0.
pub fn version(text: &str) -> Result<u64, Failure> {
    if text.is_empty() {
        return Ok(0);
    }
    text.parse().map_err(|_| {
        let quoted = quote(text);
        Failure::unplanned(format!(
            "resourceVersion: Invalid value: {quoted}: strconv.ParseUint: parsing {quoted}: invalid syntax"
        ))
    })
}

fn lasts(world: &World, options: &ListOptions) -> Duration {
    let seconds = options.timeout.filter(|seconds| *seconds != 0);
    let seconds = seconds.map(|seconds| u64::try_from(seconds).unwrap_or(0)).unwrap_or_else(|| {
        let mut random = [0; 2];
        world.entropy.fill(&mut random);
        LASTS + u64::from(u16::from_le_bytes(random)) % LASTS
    });
    Duration::from_secs(seconds)
}

impl Watch {
    /// What the stream is sent as.
    pub fn content_type(&self) -> &'static str {
        match self.form.output.media_type {
            MediaType::Protobuf => "application/vnd.kubernetes.protobuf;stream=watch",
            _ => "application/json",
        }
    }

    /// How it goes over a WebSocket.
    pub fn framing(&self) -> Framing {
        match self.form.output.media_type {
            MediaType::Protobuf => Framing::Binary,
            _ => Framing::Text,
        }
    }

    /// How long it lasts at most.
    pub fn lasts(&self) -> Duration {
        self.lasts
    }

    // Without a version to begin from, what is there comes first.
    fn begin(&mut self, world: &World, options: ListOptions, version: u64) {
        self.selector = options.selector;
        let list = world.objects.list(self.resource.kind, self.namespace.as_deref());
        if options.initial == Some(true) || (options.initial.is_none() && version == 0) {
            for object in &list.items {
                if self.selector.matches(object) {
                    self.tell(world, "ADDED", &objects::with_version(object));
                }
            }
            self.since = list.resource_version;
            if options.bookmarks && (options.initial == Some(true) || version == 0) {
                let bookmark = self.bookmark(true);
                self.tell(world, "BOOKMARK", &bookmark);
            }
        } else if version == 0 {
            self.since = list.resource_version;
        }
    }

    fn bookmark(&self, initial: bool) -> Value {
        let mut bookmark = json!({
            "kind": self.resource.name,
            "apiVersion": self.resource.api_version,
            "metadata": { "resourceVersion": self.since.to_string() },
        });
        if initial {
            bookmark["metadata"]["annotations"] = json!({ INITIAL_EVENTS_END: "true" });
        }
        bookmark
    }

    fn tell(&mut self, world: &World, event: &str, document: &Value) {
        let frame = self.form.event(world, self.resource, event, document);
        self.waiting.push_back(frame);
    }

    fn tell_change(&mut self, world: &World, change: &Change) {
        let seen = |object: &Option<Arc<Object>>| {
            object.clone().filter(|object| self.means(object)).map(|object| (*object).clone())
        };
        let (event, object) = match (seen(&change.before), seen(&change.after)) {
            (None, None) => return,
            (None, Some(after)) => ("ADDED", after),
            (Some(_), Some(after)) => ("MODIFIED", after),
            // It is told as it last was, at the version that took it away.
            (Some(before), None) => {
                ("DELETED", Object { resource_version: change.version, ..before })
            }
        };
        self.tell(world, event, &objects::with_version(&object));
    }

    fn means(&self, object: &Object) -> bool {
        self.namespace.as_ref().is_none_or(|namespace| *namespace == object.namespace)
            && self.selector.matches(object)
    }

    fn expire(&mut self, oldest: u64) {
        let message = format!("too old resource version: {} ({oldest})", self.since);
        let status = Failure::expired(message).status();
        self.waiting.push_back(self.form.whole("ERROR", &status));
        self.over = true;
    }
}

impl Source for Watch {
    fn next(&mut self, world: &World, waker: &Waker) -> Step {
        // There may be no other request that does it.
        controllers::tick(world);
        loop {
            if self.form.is_of_lists() && !self.waiting.is_empty() {
                self.waiting.clear();
                self.over = true;
            }
            if let Some(frame) = self.waiting.pop_front() {
                return Step::Data(frame);
            }
            if self.over {
                return Step::End;
            }
            match world.objects.news(self.resource.kind, self.since, self.watcher, waker) {
                News::Changes(changes, version) => {
                    self.since = version;
                    changes.iter().for_each(|change| self.tell_change(world, change));
                }
                News::None => return Step::Wait,
                News::Expired(oldest) => self.expire(oldest),
                News::Closed => return Step::End,
            }
        }
    }

    fn pulse(&mut self) -> Option<Bytes> {
        // A table of a bookmark tells nobody anything.
        let plain = !matches!(self.form.output.transform, Some(Transform::Table(_)));
        (self.bookmarks && plain && !self.form.is_of_lists())
            .then(|| self.form.plain(&self.bookmark(false)))
    }

    fn end(&mut self, world: &World) {
        world.objects.forget(self.watcher);
    }
}

impl Form {
    /// Whether events were asked for as lists, which none is: the first one ends the watch.
    fn is_of_lists(&self) -> bool {
        matches!(self.output.transform, Some(Transform::PartialObjectMetadataList(_)))
    }

    /// An event of an object, shown as the client asked for it.
    fn event(
        &mut self,
        world: &World,
        resource: &Resource,
        event: &str,
        document: &Value,
    ) -> Bytes {
        match self.output.transform {
            Some(Transform::Table(api_version)) => {
                let (include, now) = (self.include, world.clock.now());
                let view = table::View { api_version, include, now };
                let version = &document["metadata"]["resourceVersion"];
                let metadata = json!({ "resourceVersion": version });
                let columns = std::mem::take(&mut self.columns);
                let objects = std::slice::from_ref(document);
                self.whole(event, &view.table_of(resource, &metadata, objects, columns))
            }
            Some(Transform::PartialObjectMetadata(api_version)) => {
                self.whole(event, &table::partial(document, api_version))
            }
            _ => self.whole(event, document),
        }
    }

    fn plain(&self, bookmark: &Value) -> Bytes {
        match self.output.transform {
            Some(Transform::PartialObjectMetadata(api_version)) => {
                self.whole("BOOKMARK", &table::partial(bookmark, api_version))
            }
            _ => self.whole("BOOKMARK", bookmark),
        }
    }

    fn whole(&self, event: &str, document: &Value) -> Bytes {
        let output = Output { pretty: false, transform: None, ..self.output };
        // Only YAML refuses a document, and a watch does not speak it.
        let object = body::encode_whole(document, &output).unwrap_or_default();
        if self.output.media_type == MediaType::Protobuf {
            return protobuf::watch_event(event, &object).into();
        }
        let object = object.strip_suffix(b"\n").unwrap_or(&object);
        [br#"{"type":""#, event.as_bytes(), br#"","object":"#, object, b"}\n"].concat().into()
    }
}

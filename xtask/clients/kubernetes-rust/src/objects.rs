//! Objects: their life, patches, watches and copies.

use {
    crate::session::{Outcome, Session, equal, fails, named, tell, text},
    futures::{StreamExt, TryStreamExt},
    k8s_openapi::api::core::v1::{ConfigMap, Namespace, ServiceAccount},
    kube::{
        Api,
        api::{DeleteParams, ListParams, Patch, PatchParams, PostParams, WatchEvent, WatchParams},
        discovery::Discovery,
        runtime::{WatchStreamExt, reflector, watcher, watcher::Config},
    },
    serde_json::json,
    std::{collections::BTreeMap, time::Duration},
    tokio::time::timeout,
};

/// How long something may take to be heard of.
const PATIENCE: Duration = Duration::from_secs(15);

pub(crate) async fn run(s: &Session) -> usize {
    tell("an object's life", life(s).await)
        + tell("patches", patches(s).await)
        + tell("server-side apply", apply(s).await)
        + tell("a list in pieces", pieces(s).await)
        + tell("metadata only", metadata(s).await)
        + tell("a watch", watch(s).await)
        + tell("a watcher", watcher_of(s, Config::default()).await)
        + tell(
            "a watcher that streams its list",
            watcher_of(s, Config::default().streaming_lists()).await,
        )
        + tell("a reflector", reflector_of(s).await)
        + tell("discovery", discovery(s).await)
        + tell("the namespace is deleted", delete_namespace(s).await)
}

fn map(name: &str) -> ConfigMap {
    let data = BTreeMap::from([("a".to_owned(), "1".to_owned())]);
    ConfigMap { metadata: named(name), data: Some(data), ..ConfigMap::default() }
}

async fn create(s: &Session, name: &str) -> kube::Result<ConfigMap> {
    s.api().create(&PostParams::default(), &map(name)).await
}

fn data(map: &ConfigMap) -> String {
    let pairs = map.data.iter().flatten().map(|(key, value)| format!("{key}={value}"));
    pairs.collect::<Vec<_>>().join(" ")
}

async fn life(s: &Session) -> Outcome {
    let made = create(s, "life").await.map_err(text)?;
    fails(create(s, "life").await, 409, "already exists")?;
    let maps: Api<ConfigMap> = s.api();
    let mut changed = made.clone();
    changed.data = Some(BTreeMap::from([("a".to_owned(), "2".to_owned())]));
    let got = maps.replace("life", &PostParams::default(), &changed).await.map_err(text)?;
    equal(data(&got).as_str(), "a=2")?;
    let stale = maps.replace("life", &PostParams::default(), &made).await;
    fails(stale, 409, "the object has been modified")?;
    let deleted = maps.delete("life", &DeleteParams::default()).await.map_err(text)?;
    equal(deleted.is_right(), true)?;
    equal(maps.get_opt("life").await.map_err(text)?.is_none(), true)
}

async fn patches(s: &Session) -> Outcome {
    create(s, "patched").await.map_err(text)?;
    let maps: Api<ConfigMap> = s.api();
    let params = PatchParams::default();
    let patch = json!({"data": {"b": "2", "a": null}});
    let got = maps.patch("patched", &params, &Patch::Merge(&patch)).await.map_err(text)?;
    equal(data(&got).as_str(), "b=2")?;
    let patch = json!({"data": {"c": "3"}});
    let got = maps.patch("patched", &params, &Patch::Strategic(&patch)).await.map_err(text)?;
    equal(data(&got).as_str(), "b=2 c=3")
}

async fn apply(s: &Session) -> Outcome {
    let maps: Api<ConfigMap> = s.api();
    let wanted = |value: &str| json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "applied"}, "data": {"a": value}});
    let one = PatchParams::apply("one");
    let got = maps.patch("applied", &one, &Patch::Apply(wanted("1"))).await.map_err(text)?;
    equal(data(&got).as_str(), "a=1")?;
    let two = PatchParams::apply("two");
    let refused = maps.patch("applied", &two, &Patch::Apply(wanted("2"))).await;
    fails(refused, 409, "Apply failed with 1 conflict")?;
    let got = maps.patch("applied", &two.force(), &Patch::Apply(wanted("2"))).await;
    equal(data(&got.map_err(text)?).as_str(), "a=2")
}

async fn pieces(s: &Session) -> Outcome {
    create(s, "another").await.map_err(text)?;
    let maps: Api<ConfigMap> = s.api();
    let first = maps.list(&ListParams::default().limit(1)).await.map_err(text)?;
    equal(first.items.len(), 1)?;
    let token = first.metadata.continue_.unwrap_or_default();
    let next = ListParams::default().limit(1).continue_token(&token);
    let next = maps.list(&next).await.map_err(text)?;
    equal(next.items.len(), 1)?;
    equal(next.items[0].metadata.name == first.items[0].metadata.name, false)
}

async fn metadata(s: &Session) -> Outcome {
    let accounts: Api<ServiceAccount> = s.api();
    let got = accounts.get_metadata("builder").await.map_err(text)?;
    equal(got.metadata.name.as_deref(), Some("builder"))?;
    let list = accounts.list_metadata(&ListParams::default()).await.map_err(text)?;
    equal(list.items.is_empty(), false)
}

async fn watch(s: &Session) -> Outcome {
    let maps: Api<ConfigMap> = s.api();
    let list = maps.list(&ListParams::default()).await.map_err(text)?;
    let version = list.metadata.resource_version.unwrap_or_default();
    create(s, "watched").await.map_err(text)?;
    let params = WatchParams::default().fields("metadata.name=watched").timeout(10);
    let mut stream = Box::pin(maps.watch(&params, &version).await.map_err(text)?);
    match timeout(PATIENCE, stream.try_next()).await {
        Ok(Ok(Some(WatchEvent::Added(got)))) => {
            equal(got.metadata.name.as_deref(), Some("watched"))
        }
        other => Err(text(other)),
    }
}

async fn watcher_of(s: &Session, config: Config) -> Outcome {
    let maps: Api<ConfigMap> = s.api();
    let mut stream =
        Box::pin(watcher(maps, config.fields("metadata.name=watched")).applied_objects());
    match timeout(PATIENCE, stream.try_next()).await {
        Ok(Ok(Some(got))) => equal(got.metadata.name.as_deref(), Some("watched")),
        other => Err(text(other)),
    }
}

async fn reflector_of(s: &Session) -> Outcome {
    let maps: Api<ConfigMap> = s.api();
    let (reader, writer) = reflector::store();
    let stream = reflector(writer, watcher(maps, Config::default())).touched_objects();
    let driver = tokio::spawn(stream.for_each(|_| futures::future::ready(())));
    timeout(PATIENCE, reader.wait_until_ready()).await.map_err(text)?.map_err(text)?;
    create(s, "reflected").await.map_err(text)?;
    let seen = async {
        while !reader.state().iter().any(|map| map.metadata.name.as_deref() == Some("reflected")) {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let outcome = timeout(PATIENCE, seen).await.map_err(text);
    driver.abort();
    outcome
}

async fn discovery(s: &Session) -> Outcome {
    let found = Discovery::new(s.client.clone()).run().await.map_err(text)?;
    equal(found.has_group("authentication.k8s.io"), true)?;
    let version = s.client.apiserver_version().await.map_err(text)?;
    equal(version.major.as_str(), "1")
}

async fn delete_namespace(s: &Session) -> Outcome {
    let namespaces: Api<Namespace> = Api::all(s.client.clone());
    namespaces.delete(&s.namespace, &DeleteParams::default()).await.map(drop).map_err(text)
}

//! Creating an object: defaults, admission, what the server fills in, validation, the store.

use {
    crate::{
        kubernetes::{
            admission, authorize, body, controllers,
            exchange::{Exchange, Outcome},
            kinds::{self, Resource},
            managed_fields::{self, Manager},
            metadata, objects,
            rbac::escalation,
            route::Attributes,
            status::Failure,
        },
        world::{World, clock::rfc3339, objects::Kind},
    },
    serde_json::{Value, json},
};

/// The characters of a generated name: none that could spell a word.
/// Source: apimachinery `pkg/util/rand`.
const ALPHABET: &[u8; 27] = b"bcdfghjklmnpqrstvwxz2456789";

/// Creates an object from the body.
pub fn create(exchange: &Exchange<'_>, resource: &Resource, namespace: &str) -> Outcome {
    let output = body::accept_object(exchange)?;
    let (mut object, options) = body::read_created(exchange, resource.api_version, resource.name)?;
    kinds::defaults::apply(resource.kind, &mut object);
    metadata::wipe(&mut object);
    metadata::match_namespace(&mut object, namespace)?;
    metadata::dedup_owners(exchange, &mut object);
    let manager = Manager::of(exchange, resource.api_version);
    let managed = managed_fields::created(&object, &manager);
    metadata::set_managed_fields(&mut object, managed);
    if resource.namespaced {
        admission::namespace(exchange, resource, namespace, metadata::shown_name(&object))?;
    }
    kinds::admit::apply(exchange, resource, &mut object)?;
    admission::deny(exchange, resource, metadata::shown_name(&object))?;
    escalation::check(exchange, resource, None, &object)?;
    let object = finish(exchange.world, resource, object)?;
    for warning in kinds::warnings::of_new(resource.kind, &object) {
        exchange.warn(warning);
    }
    let object = keep(exchange.world, resource, object, options.dry_run)?;
    objects::reply(exchange, 201, object, output)
}

/// Stores an object that a PUT makes.
pub fn put(
    exchange: &Exchange<'_>,
    resource: &Resource,
    mut object: Value,
    dry_run: bool,
) -> Result<Value, Failure> {
    let version = metadata::text(&object, "resourceVersion").to_owned();
    metadata::wipe(&mut object);
    metadata::object_at(&mut object, "metadata").remove("resourceVersion");
    let namespace = metadata::text(&object, "namespace").to_owned();
    let name = metadata::text(&object, "name").to_owned();
    if resource.namespaced {
        admission::namespace(exchange, resource, &namespace, &name)?;
    }
    kinds::admit::apply(exchange, resource, &mut object)?;
    admission::deny(exchange, resource, &name)?;
    if version.parse::<u64>().is_err() && !version.is_empty() {
        return Err(Failure::unreadable_version(&version));
    }
    escalation::check(exchange, resource, None, &object)?;
    let object = finish(exchange.world, resource, object)?;
    authorize(exchange, resource, (&namespace, &name))?;
    keep(exchange.world, resource, object, dry_run)
}

// Who may change an object need not be one who may make it.
fn authorize(
    exchange: &Exchange<'_>,
    resource: &Resource,
    (namespace, name): (&str, &str),
) -> Result<(), Failure> {
    let attributes = Attributes {
        verb: "create".into(),
        is_resource: true,
        group: resource.group,
        namespace,
        resource: resource.plural,
        subresource: "",
        name: name.into(),
    };
    authorize::authorize(exchange.world, &exchange.caller, &attributes, "")
        .map_err(|failure| Failure { nosniff: false, ..failure })
}

/// What is told of something that was done and has made nothing.
pub fn done() -> Value {
    json!({
        "kind": "Status",
        "apiVersion": "v1",
        "metadata": {},
        "status": "Success",
        "code": 201,
    })
}

/// Stores an object that nobody sent: a seed's, or a part of the cluster's, which `name` names.
pub fn plant(
    world: &World,
    resource: &'static Resource,
    object: Value,
    name: &str,
) -> Result<Value, Failure> {
    keep(world, resource, prepare(world, resource, object, name)?, false)
}

/// The same, in place of the object of that name where there is one.
pub fn plant_over(
    world: &World,
    resource: &'static Resource,
    object: Value,
    name: &str,
) -> Result<Value, Failure> {
    let object = prepare(world, resource, object, name)?;
    let [namespace, name] = ["namespace", "name"].map(|member| metadata::text(&object, member));
    let Some(old) = world.objects.get(resource.kind, namespace, name) else {
        return keep(world, resource, object, false);
    };
    let build = |version| objects::from_document(resource.kind, object, version);
    let exists = |_| Failure::already_exists(resource, &old.name, false);
    let new = world.objects.replace(&old, build).map_err(exists)?;
    controllers::updated(world, &new);
    Ok(objects::with_version(&new))
}

// What stands in an object that no client sent.
fn prepare(
    world: &World,
    resource: &'static Resource,
    mut object: Value,
    name: &str,
) -> Result<Value, Failure> {
    kinds::defaults::apply(resource.kind, &mut object);
    let manager = Manager::named(name, resource.api_version, rfc3339(world.clock.now()));
    let managed = managed_fields::created(&object, &manager);
    metadata::set_managed_fields(&mut object, managed);
    finish(world, resource, object)
}

// What the server fills in, and whether all is well then.
fn finish(world: &World, resource: &Resource, mut object: Value) -> Result<Value, Failure> {
    fill(world, resource, &mut object);
    let name = metadata::text(&object, "name").to_owned();
    let errors = kinds::validate::check_new(resource.kind, &object);
    if !errors.is_empty() {
        return Err(Failure::invalid(resource.name, resource.group, &name, errors));
    }
    let version = metadata::text(&object, "resourceVersion").parse::<u64>();
    if version.is_ok_and(|version| version != 0) {
        return Err(Failure::version_on_create());
    }
    Ok(object)
}

fn keep(
    world: &World,
    resource: &Resource,
    object: Value,
    dry_run: bool,
) -> Result<Value, Failure> {
    let name = metadata::text(&object, "name").to_owned();
    let namespace = metadata::text(&object, "namespace").to_owned();
    let prefix = metadata::text(&object, "generateName").to_owned();
    let taken = || world.objects.get(resource.kind, &namespace, &name);
    let exists = || {
        let going = taken().is_some_and(|it| it.deletion_timestamp.is_some());
        let failure = Failure::already_exists(resource, &name, going);
        if prefix.is_empty() { failure } else { failure.generated() }
    };
    if dry_run {
        return if taken().is_some() { Err(exists()) } else { Ok(object) };
    }
    let build = |version| objects::from_document(resource.kind, object, version);
    let created =
        world.objects.create(resource.kind, &namespace, &name, build).map_err(|_| exists())?;
    controllers::created(world, &created);
    Ok(objects::with_version(&created))
}

fn fill(world: &World, resource: &Resource, object: &mut Value) {
    let kind = resource.kind;
    kinds::prepare::apply(kind, object);
    let (namespace, name) = (metadata::text(object, "namespace"), metadata::text(object, "name"));
    let uid = world.uid(resource.plural, namespace, name);
    let metadata = metadata::object_at(object, "metadata");
    metadata.insert("uid".to_owned(), uid.into());
    metadata.insert("creationTimestamp".to_owned(), rfc3339(world.clock.now()).into());
    let prefix = metadata.get("generateName").and_then(Value::as_str).unwrap_or("");
    let named = metadata.get("name").and_then(Value::as_str).is_some_and(|name| !name.is_empty());
    if !named && !prefix.is_empty() {
        let name = generate_name(world, prefix);
        metadata.insert("name".to_owned(), name.into());
        if kind == Kind::Namespace {
            // Its label says its name.
            kinds::defaults::apply(kind, object);
        }
    }
}

fn generate_name(world: &World, prefix: &str) -> String {
    // The longest name has 63 bytes, five of them random.
    let prefix = &prefix[..prefix.floor_char_boundary(58)];
    format!("{prefix}{}", suffix(world))
}

/// Five random characters.
pub fn suffix(world: &World) -> String {
    let mut bytes = [0; 5];
    world.entropy.fill(&mut bytes);
    bytes.iter().map(|byte| char::from(ALPHABET[usize::from(*byte) % ALPHABET.len()])).collect()
}

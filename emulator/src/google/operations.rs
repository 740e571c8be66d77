//! `google.longrunning.Operations`: what runs, and what has run.

use {
    super::{
        names, paging,
        service::{Context, Row, Stop},
        status::{Code, Status, any},
        wire,
    },
    crate::world::operations::operation::{Failure, Operation, Outcome, Verb},
    prost_reflect::{DynamicMessage, Value},
};

/// The methods, of which an API has those that its tables have.
pub(super) const METHODS: [Row; 4] = [
    ("google.longrunning.Operations.GetOperation", "google.operation.get", get),
    ("google.longrunning.Operations.ListOperations", "google.operation.list", list),
    ("google.longrunning.Operations.DeleteOperation", "google.operation.delete", delete),
    ("google.longrunning.Operations.CancelOperation", "google.operation.cancel", cancel),
];

/// GetOperation.
pub(super) fn get(context: &Context<'_>, request: &DynamicMessage) -> Result<DynamicMessage, Stop> {
    let name = wire::text(request, "name");
    names::member("name", name, "operations")?;
    let operation = context.world.operations.get(name).ok_or_else(|| not_found(context, name))?;
    Ok(to_message(context, &operation))
}

/// ListOperations.
pub(super) fn list(
    context: &Context<'_>,
    request: &DynamicMessage,
) -> Result<DynamicMessage, Stop> {
    let parent = wire::text(request, "name");
    let name = names::parent("name", parent)?;
    let everywhere = format!("projects/{}/locations/", name.project);
    let mut operations = match name.location {
        names::ANYWHERE => context.world.operations.list_below(&everywhere),
        _ => context.world.operations.list(parent),
    };
    let filter_text = wire::text(request, "filter");
    let filter = Filter::parse(filter_text)?;
    operations.retain(|operation| filter.fits(context, operation));
    // Of another filter's list it is another token.
    let list = format!("{parent}/operations {filter_text}");
    let key = |operation: &Operation| {
        format!("{:039} {}", operation.create_time.as_nanosecond(), operation.name)
    };
    let page = paging::page(request, &list, operations, key)?;
    let mut answer = context.output();
    let operations = page.items.iter().map(|operation| to_message(context, operation));
    wire::set_messages(&mut answer, "operations", operations);
    wire::set_text(&mut answer, "next_page_token", &page.next);
    Ok(answer)
}

/// DeleteOperation.
pub(super) fn delete(
    context: &Context<'_>,
    request: &DynamicMessage,
) -> Result<DynamicMessage, Stop> {
    let name = wire::text(request, "name");
    names::member("name", name, "operations")?;
    if context.world.operations.forget(name) {
        Ok(context.output())
    } else {
        Err(not_found(context, name).into())
    }
}

/// CancelOperation: an operation that is done stays as it is.
pub(super) fn cancel(
    context: &Context<'_>,
    request: &DynamicMessage,
) -> Result<DynamicMessage, Stop> {
    let name = wire::text(request, "name");
    names::member("name", name, "operations")?;
    if context.world.cancel_operation(name) {
        Ok(context.output())
    } else {
        Err(not_found(context, name).into())
    }
}

/// An operation as its clients see it.
pub(super) fn to_message(context: &Context<'_>, operation: &Operation) -> DynamicMessage {
    let schema = context.schema();
    let mut message = schema.message("google.longrunning.Operation");
    wire::set_text(&mut message, "name", &context.written(&operation.name));
    let metadata = any(schema, &(context.service.metadata)(context, operation));
    message.set_field_by_name("metadata", metadata);
    let Some(outcome) = &operation.outcome else { return message };
    message.set_field_by_name("done", Value::Bool(true));
    let (field, result) = match error(outcome) {
        Some(status) => ("error", Value::Message(status.to_message(schema))),
        None => {
            let response = (context.service.response)(context, outcome);
            let response = response.unwrap_or_else(|| schema.message("google.protobuf.Empty"));
            ("response", any(schema, &response))
        }
    };
    message.set_field_by_name(field, result);
    message
}

/// The error that an operation ended with.
fn error(outcome: &Outcome) -> Option<Status> {
    match outcome {
        Outcome::Cancelled => Some(Status::new(Code::Cancelled, "The operation was cancelled.")),
        Outcome::Failed(Failure { code, message }) => {
            Some(Status::new(Code::named(code).unwrap_or(Code::Unknown), message))
        }
        // What was made, or that it is gone, is the API's own response.
        _ => None,
    }
}

/// A verb as metadata and filters have it.
pub(super) fn verb(verb: Verb) -> &'static str {
    match verb {
        Verb::Create => "create",
        Verb::Update => "update",
        Verb::Import => "import",
        Verb::Delete => "delete",
    }
}

/// `done=true`, `metadata.verb=create` and `metadata.target=NAME`, joined by `AND`.
#[derive(Debug)]
struct Filter(Vec<(String, String)>);

impl Filter {
    fn parse(text: &str) -> Result<Self, Status> {
        let unsupported = || {
            let sentence = "Invalid filter. It may compare done, metadata.verb and metadata.target";
            Status::bad_field("filter", sentence)
        };
        let terms = text.split(" AND ").filter(|term| !term.trim().is_empty()).map(|term| {
            let (name, value) = term.split_once('=').ok_or_else(unsupported)?;
            let (name, value) = (name.trim(), value.trim().trim_matches('"'));
            let known = ["done", "metadata.verb", "metadata.target"].contains(&name);
            if known { Ok((name.to_owned(), value.to_owned())) } else { Err(unsupported()) }
        });
        terms.collect::<Result<_, _>>().map(Self)
    }

    fn fits(&self, context: &Context<'_>, operation: &Operation) -> bool {
        self.0.iter().all(|(name, value)| match name.as_str() {
            "done" => operation.outcome.is_some().to_string() == *value,
            "metadata.verb" => verb(operation.verb) == value,
            _ => context.project.known(value) == operation.target,
        })
    }
}

fn not_found(context: &Context<'_>, name: &str) -> Status {
    let name = context.written(name);
    Status::new(Code::NotFound, format!("Resource '{name}' was not found"))
}

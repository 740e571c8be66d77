//! A client with a namespace of its own, and how checks are told of.

use {
    k8s_openapi::{
        NamespaceResourceScope,
        api::core::v1::{Namespace, ServiceAccount},
    },
    kube::{
        Api, Client, Resource,
        api::{ObjectMeta, PostParams},
    },
    std::fmt::Debug,
};

/// What a check comes to.
pub(crate) type Outcome<T = ()> = Result<T, String>;

/// The client and its namespace.
pub(crate) struct Session {
    pub(crate) client: Client,
    pub(crate) namespace: String,
}

impl Session {
    pub(crate) async fn open() -> Outcome<Self> {
        let client = Client::try_default().await.map_err(text)?;
        let metadata =
            ObjectMeta { generate_name: Some("rust-".to_owned()), ..ObjectMeta::default() };
        let wanted = Namespace { metadata, ..Namespace::default() };
        let namespaces: Api<Namespace> = Api::all(client.clone());
        let made = namespaces.create(&PostParams::default(), &wanted).await.map_err(text)?;
        let session = Self { client, namespace: made.metadata.name.unwrap_or_default() };
        let account = ServiceAccount { metadata: named("builder"), ..ServiceAccount::default() };
        session.api().create(&PostParams::default(), &account).await.map_err(text)?;
        Ok(session)
    }

    /// The API of a kind in the namespace.
    pub(crate) fn api<K>(&self) -> Api<K>
    where
        K: Resource<Scope = NamespaceResourceScope, DynamicType = ()>,
    {
        Api::namespaced(self.client.clone(), &self.namespace)
    }
}

pub(crate) fn named(name: &str) -> ObjectMeta {
    ObjectMeta { name: Some(name.to_owned()), ..ObjectMeta::default() }
}

pub(crate) fn text(error: impl Debug) -> String {
    format!("{error:?}")
}

/// Tells how a check went; 1 when it failed.
pub(crate) fn tell(name: &str, outcome: Outcome) -> usize {
    match outcome {
        Ok(()) => println!("ok\tkube-rs\t{name}"),
        Err(why) => {
            let why: Vec<&str> = why.split_whitespace().collect();
            println!("failed\tkube-rs\t{name}\t{}", why.join(" "));
            return 1;
        }
    }
    0
}

/// Wants two values to be the same.
pub(crate) fn equal<T: PartialEq + Debug>(got: T, wanted: T) -> Outcome {
    if got == wanted { Ok(()) } else { Err(format!("{got:?}, wanted {wanted:?}")) }
}

/// Wants an error of that code with that text in its message.
pub(crate) fn fails<T>(result: kube::Result<T>, code: u16, part: &str) -> Outcome {
    match result {
        Err(kube::Error::Api(status)) if status.code == code && status.message.contains(part) => {
            Ok(())
        }
        Err(error) => Err(format!("wanted {code} with {part:?}, got {error:?}")),
        Ok(_) => Err(format!("succeeded, wanted {code}")),
    }
}

//! A client with a bearer, and the calls that several checks make.

use {
    crate::emulator::Emulator,
    google_cloud_auth::{
        credentials::{CacheableResource, Credentials, CredentialsProvider, EntityTag},
        errors::CredentialsError,
    },
    google_cloud_gax::error::rpc::StatusDetails,
    google_cloud_gkemulticloud_v1::{
        Error as CallError,
        builder::attached_clusters::{CreateAttachedCluster, GenerateAttachedClusterAgentToken},
        client::AttachedClusters,
        model::{AttachedCluster, AttachedOidcConfig, Fleet},
    },
    http::{Extensions, HeaderMap, HeaderValue, header::AUTHORIZATION},
    std::{error::Error, fmt::Debug},
};

pub type Result<T = (), E = Box<dyn Error>> = std::result::Result<T, E>;

pub const PARENT: &str = "projects/1234/locations/us-west1";

/// A client, and a cluster that its checks share.
pub struct Session {
    pub emulator: Emulator,
    pub api: AttachedClusters,
    pub id: &'static str,
    pub name: String,
}

/// A bearer that nobody renews.
#[derive(Debug)]
struct Bearer(Option<String>);

impl CredentialsProvider for Bearer {
    async fn headers(
        &self,
        _: Extensions,
    ) -> Result<CacheableResource<HeaderMap>, CredentialsError> {
        let mut data = HeaderMap::new();
        if let Some(token) = &self.0 {
            let value = HeaderValue::from_str(&format!("Bearer {token}"));
            data.insert(
                AUTHORIZATION,
                value.map_err(|error| CredentialsError::from_source(false, error))?,
            );
        }
        Ok(CacheableResource::New { entity_tag: EntityTag::new(), data })
    }

    async fn universe_domain(&self) -> Option<String> {
        None
    }
}

impl Session {
    pub async fn start(emulator: Emulator, id: &'static str) -> Result<Self> {
        let token = emulator.ready("google_access_token").to_owned();
        let api = client(&emulator, Some(token)).await?;
        Ok(Self { emulator, api, id, name: format!("{PARENT}/attachedClusters/{id}") })
    }

    /// Another client of the same emulator.
    pub async fn client(&self, token: Option<&str>) -> Result<AttachedClusters> {
        client(&self.emulator, token.map(str::to_owned)).await
    }

    pub async fn creation(&self, id: &str) -> Result<CreateAttachedCluster> {
        let oidc = AttachedOidcConfig::new()
            .set_issuer_url(self.emulator.issuer().await?)
            .set_jwks(self.emulator.keys().await?);
        let cluster = AttachedCluster::new()
            .set_oidc_config(oidc)
            .set_platform_version("1.33.0-gke.1")
            .set_distribution("generic")
            .set_fleet(Fleet::new().set_project("projects/1234"));
        let request = self.api.create_attached_cluster().set_parent(PARENT);
        Ok(request.set_attached_cluster_id(id).set_attached_cluster(cluster))
    }

    pub async fn get(&self, name: &str) -> Result<AttachedCluster, CallError> {
        self.api.get_attached_cluster().set_name(name).send().await
    }

    /// The usual request for an agent's token.
    pub async fn exchange(&self) -> Result<GenerateAttachedClusterAgentToken> {
        let request = self.api.generate_attached_cluster_agent_token();
        let request = request.set_attached_cluster(&self.name).set_version("v1");
        let request = request.set_subject_token_type("urn:ietf:params:oauth:token-type:jwt");
        Ok(request.set_subject_token(self.emulator.subject_token().await?))
    }
}

async fn client(emulator: &Emulator, token: Option<String>) -> Result<AttachedClusters> {
    let builder = AttachedClusters::builder().with_endpoint(emulator.ready("url"));
    Ok(builder.with_credentials(Credentials::from(Bearer(token))).build().await?)
}

/// Wants two values to be the same.
pub fn wants<T: PartialEq + Debug>(actual: T, expected: T) -> Result {
    if actual == expected {
        return Ok(());
    }
    Err(format!("wanted {expected:?}, got {actual:?}").into())
}

/// Wants a call to end with the error of that name, and gives it.
pub fn fails<T: Debug>(answer: Result<T, CallError>, code: &str) -> Result<CallError> {
    let error = answer.err().ok_or("wanted an error")?;
    let status = error.status().ok_or_else(|| format!("no status: {error:?}"))?;
    wants(status.code.name(), code)?;
    Ok(error)
}

/// Wants a bad request that names that field.
pub fn violates<T: Debug>(answer: Result<T, CallError>, field: &str) -> Result {
    let error = fails(answer, "INVALID_ARGUMENT")?;
    let details = error.status().map(|status| &status.details[..]).unwrap_or_default();
    let fields = details.iter().find_map(|detail| match detail {
        StatusDetails::BadRequest(bad) => {
            bad.field_violations.first().map(|first| &first.field[..])
        }
        _ => None,
    });
    wants(fields, Some(field))
}

/// The reason and the domain of an error.
pub fn reason(error: &CallError) -> Option<(&str, &str)> {
    error.status()?.details.iter().find_map(|detail| match detail {
        StatusDetails::ErrorInfo(info) => Some((&info.reason[..], &info.domain[..])),
        _ => None,
    })
}

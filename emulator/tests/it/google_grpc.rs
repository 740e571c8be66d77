//! The Google side over gRPC, asked by the messages and clients of `googleapis-tonic`.

use {
    crate::google_world::{ISSUER, jwks, jwt, rsa_key},
    googleapis_tonic_google_cloud_gkemulticloud_v1::google::cloud::gkemulticloud::v1::{
        AttachedCluster, AttachedOidcConfig, CreateAttachedClusterRequest, Fleet,
        GenerateAttachedClusterAgentTokenRequest, GetAttachedClusterRequest,
        ListAttachedClustersRequest, attached_clusters_client::AttachedClustersClient,
    },
    googleapis_tonic_google_longrunning::google::longrunning::{
        GetOperationRequest, operations_client::OperationsClient,
    },
    jiff::SignedDuration,
    serde_json::json,
    token_emulator::{Emulator, config::Config, world::settings::GoogleAuth},
    tonic::{Code, Request, codec::CompressionEncoding, transport::Channel},
    tonic_types::StatusExt,
};

const PARENT: &str = "projects/p/locations/us-west1";
const NAME: &str = "projects/p/locations/us-west1/attachedClusters/c1";

async fn connect(emulator: &Emulator) -> Channel {
    let endpoint = Channel::from_shared(emulator.url().to_owned()).unwrap();
    endpoint.connect().await.unwrap()
}

fn cluster() -> AttachedCluster {
    AttachedCluster {
        platform_version: "1.35.0-gke.1".to_owned(),
        distribution: "generic".to_owned(),
        fleet: Some(Fleet { project: "projects/123".to_owned(), ..Fleet::default() }),
        oidc_config: Some(AttachedOidcConfig {
            issuer_url: ISSUER.to_owned(),
            jwks: jwks(&[rsa_key().public()]).into_bytes(),
        }),
        ..AttachedCluster::default()
    }
}

fn token_request(emulator: &Emulator) -> GenerateAttachedClusterAgentTokenRequest {
    let now = emulator.clock().now().as_second();
    let claims = json!({"iss": ISSUER, "sub": "s", "aud": "a", "iat": now, "exp": now + 600});
    GenerateAttachedClusterAgentTokenRequest {
        attached_cluster: NAME.to_owned(),
        subject_token: jwt(&rsa_key(), &claims),
        subject_token_type: "urn:ietf:params:oauth:token-type:jwt".to_owned(),
        version: "v1".to_owned(),
        ..GenerateAttachedClusterAgentTokenRequest::default()
    }
}

#[tokio::test]
async fn a_cluster_is_registered_and_gets_a_token() {
    let emulator = Emulator::start().await.unwrap();
    emulator.clock().freeze();
    let channel = connect(&emulator).await;
    let mut client = AttachedClustersClient::new(channel.clone());
    let request = CreateAttachedClusterRequest {
        parent: PARENT.to_owned(),
        attached_cluster: Some(cluster()),
        attached_cluster_id: "c1".to_owned(),
        validate_only: false,
    };
    let operation = client.create_attached_cluster(request).await.unwrap().into_inner();
    assert!(!operation.done);
    emulator.clock().advance(SignedDuration::from_secs(1)).unwrap();
    let name = operation.name;
    let mut operations = OperationsClient::new(channel);
    let request = GetOperationRequest { name };
    assert!(operations.get_operation(request).await.unwrap().into_inner().done);

    let request = token_request(&emulator);
    let token = client.generate_attached_cluster_agent_token(request).await.unwrap().into_inner();
    assert_eq!((token.expires_in, token.token_type.as_str()), (3599, "Bearer"));
    assert!(emulator.world().access_tokens.get(&token.access_token).is_some());

    let request = ListAttachedClustersRequest { parent: PARENT.to_owned(), ..Default::default() };
    let mut compressing = client.clone().send_compressed(CompressionEncoding::Gzip);
    let list = compressing.list_attached_clusters(request).await.unwrap().into_inner();
    assert_eq!(list.attached_clusters[0].name, NAME);
    assert_eq!(list.attached_clusters[0].fleet.as_ref().unwrap().project, "projects/123");
}

#[tokio::test]
async fn errors_carry_their_details() {
    let emulator = Emulator::start().await.unwrap();
    let mut client = AttachedClustersClient::new(connect(&emulator).await);
    let request = GetAttachedClusterRequest { name: NAME.to_owned() };
    let status = client.get_attached_cluster(request).await.unwrap_err();
    assert_eq!((status.code(), status.message()), (Code::NotFound, "cluster not found"));
    let request = GetAttachedClusterRequest { name: "c1".to_owned() };
    let status = client.get_attached_cluster(request).await.unwrap_err();
    assert_eq!(status.code(), Code::InvalidArgument);
    let request = GenerateAttachedClusterAgentTokenRequest {
        version: String::new(),
        ..token_request(&emulator)
    };
    let status = client.generate_attached_cluster_agent_token(request).await.unwrap_err();
    let violations = status.get_details_bad_request().unwrap().field_violations;
    assert_eq!((status.code(), violations[0].field.as_str()), (Code::InvalidArgument, "version"));
}

#[tokio::test]
async fn strictness_wants_a_bearer() {
    let config = Config {
        listen: "127.0.0.1:0".parse().unwrap(),
        google_auth: GoogleAuth::Strict,
        ..Config::default()
    };
    let emulator = Emulator::start_with(config).await.unwrap();
    let mut client = AttachedClustersClient::new(connect(&emulator).await);
    let request = GetAttachedClusterRequest { name: NAME.to_owned() };
    let status = client.get_attached_cluster(request.clone()).await.unwrap_err();
    assert_eq!(status.code(), Code::Unauthenticated);
    let info = status.get_details_error_info().unwrap();
    assert_eq!(info.reason, "CREDENTIALS_MISSING");
    let mut request = Request::new(request);
    let bearer = format!("Bearer {}", emulator.google_access_token());
    request.metadata_mut().insert("authorization", bearer.parse().unwrap());
    assert_eq!(client.get_attached_cluster(request).await.unwrap_err().code(), Code::NotFound);
}

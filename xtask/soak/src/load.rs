//! The load: what clients ask all day, and what costs much.

use {
    crate::{
        Result, Stage,
        client::Client,
        totals::{COSTLY, CREATE, DELETE, EXCHANGE, Kind, REVIEW, SECRETS, TOKEN, Totals},
    },
    serde_json::json,
    std::time::Duration,
};

/// Where tokens are asked for.
pub(crate) const ACCOUNT: &str = "/api/v1/namespaces/default/serviceaccounts/default/token";
const REVIEWS: &str = "/apis/authentication.k8s.io/v1/tokenreviews";
const CLUSTERS: &str = "/v1/projects/p/locations/us-west1/attachedClusters";
const CONFIG_MAPS: &str = "/api/v1/namespaces/default/configmaps";

/// How many keys the costly request has.
const KEYS: usize = 30_000;

/// Makes what is asked about.
pub(crate) fn prepare(client: &Client) -> Result {
    let about = client.wanted(200, "GET", "/.well-known/openid-configuration", "")?;
    let about: serde_json::Value = serde_json::from_slice(&about)?;
    let cluster = json!({
        "oidcConfig": {"issuerUrl": about["issuer"]}, "platformVersion": "1.33.0-gke.1",
        "distribution": "generic", "fleet": {"project": "projects/123456"},
    });
    let target = format!("{CLUSTERS}?attachedClusterId=c");
    client.wanted(200, "POST", &target, &cluster.to_string()).map(drop)
}

/// Asks until it is over.
pub(crate) fn run(stage: &Stage, seed: usize) -> Totals {
    let (mut totals, mut connection, mut turn) = (Totals::default(), None, seed);
    // No token is asked with until the first one comes.
    let mut token = None;
    while !stage.is_over() {
        turn += 1;
        let Some((kind, method, target, body)) = request(turn, seed, token.as_deref()) else {
            continue;
        };
        let request = stage.client.request(method, &target, &body);
        let mut kept = match connection.take().map_or_else(|| stage.client.connect(), Ok) {
            Ok(kept) => kept,
            Err(error) => {
                totals.note_wrong(kind, &format!("is not sent: {error}"));
                continue;
            }
        };
        match kept.ask(&request) {
            Ok((status, answer)) => {
                totals.note(kind, status);
                if kind == &TOKEN {
                    token = token_of(&answer).or(token);
                }
                connection = Some(kept);
            }
            Err(error) => totals.note_broken(kind, &error),
        }
    }
    totals
}

/// One request of the load: its kind, its method, its target and its body.
type Asked = (&'static Kind, &'static str, String, String);

/// What is asked in a turn; `None` when it takes a token and there is none.
fn request(turn: usize, seed: usize, token: Option<&str>) -> Option<Asked> {
    Some(match turn % 8 {
        0 | 4 => {
            let spec = json!({"audiences": [format!("a{turn}"), "//iam.googleapis.com/x"]});
            (&TOKEN, "POST", ACCOUNT.to_owned(), json!({"spec": spec}).to_string())
        }
        1 | 5 => {
            let review = json!({"spec": {"token": token?}});
            (&REVIEW, "POST", REVIEWS.to_owned(), review.to_string())
        }
        2 => {
            let order = json!({
                "subjectToken": token?, "version": "1",
                "subjectTokenType": "urn:ietf:params:oauth:token-type:jwt",
            });
            let target = format!("{CLUSTERS}/c:generateAttachedClusterAgentToken");
            (&EXCHANGE, "POST", target, order.to_string())
        }
        3 => (&SECRETS, "GET", "/api/v1/secrets".to_owned(), String::new()),
        6 => {
            let body = json!({"metadata": {"name": format!("m{seed}-{}", turn % 512)}});
            (&CREATE, "POST", CONFIG_MAPS.to_owned(), body.to_string())
        }
        _ => {
            let target = format!("{CONFIG_MAPS}/m{seed}-{}", turn.saturating_sub(1) % 512);
            (&DELETE, "DELETE", target, String::new())
        }
    })
}

fn token_of(answer: &[u8]) -> Option<String> {
    let answer: serde_json::Value = serde_json::from_slice(answer).ok()?;
    answer["status"]["token"].as_str().map(str::to_owned)
}

/// Asks for what costs much, twice at once, until it is over.
pub(crate) fn run_costly(stage: &Stage) -> Totals {
    let keys = (0..KEYS).map(|key| (format!("bad key {key}"), json!("")));
    let annotations: serde_json::Map<_, _> = keys.collect();
    let body = json!({"metadata": {"name": "costly", "annotations": annotations}}).to_string();
    let mut totals = Totals::default();
    while !stage.is_over() {
        let both = std::thread::scope(|scope| {
            [(); 2]
                .map(|()| {
                    scope.spawn(|| {
                        stage.client.ask("POST", CONFIG_MAPS, &body).map_err(|it| it.to_string())
                    })
                })
                .map(|asked| asked.join().map_err(|_| "a thread panicked".to_owned()).flatten())
        });
        for answer in both {
            match answer {
                Ok((status, _)) => totals.note(&COSTLY, status),
                Err(error) => totals.note_broken(&COSTLY, &error),
            }
        }
        std::thread::sleep(Duration::from_millis(500));
    }
    totals
}

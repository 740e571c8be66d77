//! The load: what clients ask all day, and what costs much.

use {
    crate::{Result, Stage, client::Client},
    serde_json::json,
    std::{fmt, time::Duration},
};

const ACCOUNT: &str = "/api/v1/namespaces/default/serviceaccounts/default/token";
const REVIEWS: &str = "/apis/authentication.k8s.io/v1/tokenreviews";
const CLUSTERS: &str = "/v1/projects/p/locations/us-west1/attachedClusters";
const CONFIG_MAPS: &str = "/api/v1/namespaces/default/configmaps";

/// How many keys the costly request has.
const KEYS: usize = 30_000;

/// What came of the requests.
#[derive(Debug, Default)]
pub(crate) struct Told {
    answered: u64,
    /// Connections that ended, as faults order it.
    ended: u64,
    /// Answers that nothing ordered.
    wrong: u64,
    first_wrong: Option<String>,
}

impl Told {
    pub(crate) fn add(&mut self, other: &Self) {
        self.answered += other.answered;
        self.ended += other.ended;
        self.wrong += other.wrong;
        self.first_wrong = self.first_wrong.take().or_else(|| other.first_wrong.clone());
    }

    /// Whether all was answered as it should be.
    pub(crate) fn is_good(&self) -> bool {
        self.wrong == 0
    }

    fn note(&mut self, what: &str, status: u16) {
        // 4xx: what is asked about may be gone after a reset, a token may be too old.
        if matches!(status, 200..=499) {
            self.answered += 1;
        } else {
            self.wrong += 1;
            self.first_wrong.get_or_insert_with(|| format!("{what}: {status}"));
        }
    }
}

impl fmt::Display for Told {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { answered, ended, wrong, first_wrong } = self;
        write!(
            formatter,
            "{answered} answers, {ended} connections ended by faults, {wrong} wrong"
        )?;
        first_wrong.iter().try_for_each(|wrong| write!(formatter, ", the first is {wrong}"))
    }
}

/// Makes what is asked about.
pub(crate) fn prepare(client: &Client) -> Result {
    let (_, about) = client.ask("GET", "/.well-known/openid-configuration", "")?;
    let about: serde_json::Value = serde_json::from_slice(&about)?;
    let cluster = json!({
        "oidcConfig": {"issuerUrl": about["issuer"]}, "platformVersion": "1.33.0-gke.1",
        "distribution": "generic", "fleet": {"project": "projects/123456"},
    });
    let target = format!("{CLUSTERS}?attachedClusterId=c");
    client.ask("POST", &target, &cluster.to_string()).map(drop)
}

/// Asks until it is over.
pub(crate) fn run(stage: &Stage, seed: usize) -> Told {
    let (mut told, mut connection, mut turn) = (Told::default(), None, seed);
    let mut token = String::new();
    while !stage.is_over() {
        turn += 1;
        let (method, target, body) = request(turn, seed, &token);
        let request = stage.client.request(method, &target, &body);
        let mut kept = match connection.take() {
            Some(kept) => kept,
            None => match stage.client.connect() {
                Ok(connection) => connection,
                Err(_) => continue,
            },
        };
        match kept.ask(&request) {
            Ok((status, answer)) => {
                told.note(&target, status);
                if target == ACCOUNT {
                    token = token_of(&answer).unwrap_or_default();
                }
                connection = Some(kept);
            }
            Err(_) => told.ended += 1,
        }
    }
    told
}

fn request(turn: usize, seed: usize, token: &str) -> (&'static str, String, String) {
    match turn % 8 {
        0 | 4 => {
            let spec = json!({"audiences": [format!("a{turn}"), "//iam.googleapis.com/x"]});
            ("POST", ACCOUNT.to_owned(), json!({"spec": spec}).to_string())
        }
        1 | 5 => ("POST", REVIEWS.to_owned(), json!({"spec": {"token": token}}).to_string()),
        2 => {
            let order = json!({
                "subjectToken": token, "version": "1",
                "subjectTokenType": "urn:ietf:params:oauth:token-type:jwt",
            });
            let target = format!("{CLUSTERS}/c:generateAttachedClusterAgentToken");
            ("POST", target, order.to_string())
        }
        3 => ("GET", "/api/v1/secrets".to_owned(), String::new()),
        6 => {
            let body = json!({"metadata": {"name": format!("m{seed}-{}", turn % 512)}});
            ("POST", CONFIG_MAPS.to_owned(), body.to_string())
        }
        _ => ("DELETE", format!("{CONFIG_MAPS}/m{seed}-{}", (turn - 1) % 512), String::new()),
    }
}

fn token_of(answer: &[u8]) -> Option<String> {
    let answer: serde_json::Value = serde_json::from_slice(answer).ok()?;
    answer["status"]["token"].as_str().map(str::to_owned)
}

/// Asks for what costs much, twice at once, until it is over.
pub(crate) fn run_costly(stage: &Stage) -> Told {
    let keys = (0..KEYS).map(|key| (format!("bad key {key}"), json!("")));
    let annotations: serde_json::Map<_, _> = keys.collect();
    let body = json!({"metadata": {"name": "costly", "annotations": annotations}}).to_string();
    let mut told = Told::default();
    while !stage.is_over() {
        let both = std::thread::scope(|scope| {
            [(); 2]
                .map(|()| scope.spawn(|| stage.client.ask("POST", CONFIG_MAPS, &body).ok()))
                .map(|asked| asked.join().ok().flatten())
        });
        for answer in both {
            match answer {
                Some((status, _)) => told.note("what costs much", status),
                None => told.ended += 1,
            }
        }
        std::thread::sleep(Duration::from_millis(500));
    }
    told
}

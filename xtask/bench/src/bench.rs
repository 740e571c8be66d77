//! The whole measurement: servers started, rounds run, limits put together, the table printed.

use {
    crate::{
        Options, Result, cores,
        cpu::Meter,
        crypto, figure,
        figure::{Figure, Target, in_series},
        load::{self, Address, Work},
        memory,
        rounds::{self, Measurement, Medians},
        server::{self, Emulator, Handler},
        setup::Api,
    },
    std::{cell::RefCell, collections::BTreeMap, fs},
};

/// The service account that tokens are for.
const ACCOUNT: &str = "bench";

/// The servers, and the work that each is given.
struct Stage {
    rs256: Emulator,
    es256: Emulator,
    crowded: Emulator,
    kube: Option<Api>,
}

/// A kind of request at the emulator and at the bare handler that gives the same answer.
struct Pair {
    address: Address,
    work: Work,
    handler: Handler,
}

impl Pair {
    fn new(api: &Api, work: Work) -> Result<Self> {
        let handler = Handler::start(&api.answer(&work)?, api.address.tls)?;
        Ok(Self { address: api.address, work, handler })
    }

    fn rate(&self, options: &Options) -> Result<f64> {
        load::rate(self.address, &self.work, options.connections, options.time())
    }

    fn limit(&self, options: &Options) -> Result<f64> {
        load::rate(self.handler.address, &self.work, options.connections, options.time())
    }
}

/// Measures and prints.
pub(crate) fn run(options: &Options) -> Result {
    let busy = load_average();
    let stage = Stage::set(options)?;
    let medians = stage.measure(options)?;
    println!("{}", figure::table(&figures(&medians, options)));
    println!("\n{}\n{}", conditions(options, &busy), inputs(&medians));
    Ok(())
}

impl Stage {
    fn set(options: &Options) -> Result<Self> {
        let rs256 = Emulator::start(&options.emulator, &[])?;
        let es256 = start_es256(options)?;
        let crowded = Emulator::start(&options.emulator, &[])?;
        let kube = options.kube_url.as_deref().map(|url| kube(url, options)).transpose()?;
        for emulator in [&rs256, &es256] {
            kubernetes(emulator).create_account(ACCOUNT)?;
        }
        kubernetes(&crowded).create_accounts(options.accounts, options.connections)?;
        google(&rs256).attach_cluster()?;
        Ok(Self { rs256, es256, crowded, kube })
    }

    fn measure(&self, options: &Options) -> Result<Medians> {
        let (http, es256) = (kubernetes(&self.rs256), kubernetes(&self.es256));
        let https = Api { address: self.rs256.https, ..http.clone() };
        let rs256_http = Pair::new(&http, http.token_requests(ACCOUNT))?;
        let rs256_https = Pair::new(&https, https.token_requests(ACCOUNT))?;
        let es256_http = Pair::new(&es256, es256.token_requests(ACCOUNT))?;
        let reviews = Pair::new(&http, http.token_reviews(ACCOUNT)?)?;
        let google = google(&self.rs256);
        let agents = Pair::new(&google, google.agent_tokens(&http, ACCOUNT)?)?;
        let crowd = kubernetes(&self.crowded).spread_token_requests(options.accounts);
        let idle = RefCell::new(None);
        let time = options.time();
        let mut measurements = vec![
            Measurement::new("start", || start(options, &idle)),
            Measurement::optional("idle", || *idle.borrow()),
            Measurement::new("rsa sign", || crypto::rsa_signs(time / 2)),
            Measurement::optional("openssl", || crypto::openssl_signs(time.as_secs())),
            Measurement::new("rs256 http", || rs256_http.rate(options)),
            Measurement::new("rs256 http handler", || rs256_http.limit(options)),
            Measurement::new("crowded", || {
                load::rate(self.crowded.http, &crowd, options.connections, time)
            }),
            Measurement::new("rs256 https", || rs256_https.rate(options)),
            Measurement::new("rs256 https handler", || rs256_https.limit(options)),
            Measurement::new("p256 sign", || crypto::ecdsa_signs(time / 2)),
            Measurement::new("es256 http", || es256_http.rate(options)),
            Measurement::new("es256 http handler", || es256_http.limit(options)),
            Measurement::new("rsa verify", || crypto::rsa_verifies(time / 2)),
            Measurement::new("reviews", || reviews.rate(options)),
            Measurement::new("reviews handler", || reviews.limit(options)),
            Measurement::new("agents", || agents.rate(options)),
            Measurement::new("agents handler", || agents.limit(options)),
        ];
        if let Some(kube) = &self.kube {
            let work = kube.token_requests(ACCOUNT);
            measurements.push(Measurement::new("kube https", move || {
                load::rate(kube.address, &work, options.connections, time)
            }));
        }
        measurements.retain(|measurement| measurement.is(&options.only));
        let mut medians =
            rounds::run(&mut measurements, options.rounds, &Meter::with(&options.kube_pids))?;
        if let Some(megabytes) = memory::resident(self.rs256.server.pid()) {
            medians.values.insert("loaded", megabytes);
        }
        Ok(medians)
    }
}

fn start_es256(options: &Options) -> Result<Emulator> {
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("es256.pem");
    fs::write(&file, crypto::ec_key_pem()?)?;
    let path = file.display().to_string();
    let flags = ["--service-account-signing-key-file", &path, "--service-account-key-file", &path];
    Emulator::start(&options.emulator, &flags)
}

fn kubernetes(emulator: &Emulator) -> Api {
    Api { address: emulator.http, bearer: emulator.server.token().to_owned() }
}

fn google(emulator: &Emulator) -> Api {
    Api { address: emulator.http, bearer: emulator.server.google_access_token().to_owned() }
}

fn kube(url: &str, options: &Options) -> Result<Api> {
    let api = Api { address: Address::parse(url)?, bearer: options.kube_token.clone() };
    api.create_account(ACCOUNT)?;
    Ok(api)
}

/// Milliseconds from the start of a process to its first token; notes what it has resident then.
fn start(options: &Options, idle: &RefCell<Option<f64>>) -> Result<f64> {
    let first = |address| {
        let api = Api { address, bearer: String::new() };
        api.create_account(ACCOUNT)?;
        api.answer(&api.token_requests(ACCOUNT)).map(drop)
    };
    let note = |pid| *idle.borrow_mut() = memory::resident(pid);
    Ok(server::start_to(&options.emulator, first, note)?.as_secs_f64() * 1e3)
}

/// What a figure is held against.
#[derive(Clone, Copy)]
enum Limit {
    /// One thing after another: the bare handler and the operation that cannot be left out.
    Series(&'static str, &'static str),
    /// Another rate.
    Rate(&'static str),
    /// Something that is aimed at.
    Number(f64),
    /// Nothing.
    None,
}

impl Limit {
    fn of(self, medians: &BTreeMap<&'static str, f64>) -> Option<f64> {
        match self {
            Self::Series(one, other) => Some(in_series(*medians.get(one)?, *medians.get(other)?)),
            Self::Rate(name) => medians.get(name).copied(),
            Self::Number(number) => Some(number),
            Self::None => None,
        }
    }
}

fn figures(medians: &Medians, options: &Options) -> Vec<Figure> {
    let crowd = format!("tokens/s RS256, {} service accounts", options.accounts);
    let figure = |name: &str, key: &str, limit_name: &str, limit: Limit, target| {
        let by_cpu = limit.of(&medians.by_cpu).zip(medians.by_cpu.get(key));
        let is_rate = matches!(limit, Limit::Series(..) | Limit::Rate(_));
        Figure {
            name: name.to_owned(),
            value: medians.values.get(key).copied(),
            limit_name: limit_name.to_owned(),
            limit: limit.of(&medians.values),
            by_cpu: by_cpu.filter(|_| is_rate).map(|(limit, value)| value / limit),
            target,
        }
    };
    let signed = "bare handler, then RSA signature";
    let ec_signed = "bare handler, then P-256 signature";
    let verified = "bare handler, then RSA verification";
    let openssl = "openssl speed rsa2048, all cores";
    let http = Limit::Series("rs256 http handler", "rsa sign");
    let https = Limit::Series("rs256 https handler", "rsa sign");
    let es256 = Limit::Series("es256 http handler", "p256 sign");
    let reviews = Limit::Series("reviews handler", "rsa verify");
    let agents = Limit::Series("agents handler", "rsa verify");
    let part = Target::AtLeast;
    vec![
        figure("tokens/s RS256, http", "rs256 http", signed, http, part(0.9)),
        figure("tokens/s RS256, http", "rs256 http", openssl, Limit::Rate("openssl"), part(0.8)),
        figure("tokens/s RS256, https", "rs256 https", signed, https, part(0.9)),
        figure(
            "tokens/s RS256, https",
            "rs256 https",
            "kube-apiserver, https",
            Limit::Rate("kube https"),
            part(5.0),
        ),
        figure("tokens/s ES256, http", "es256 http", ec_signed, es256, part(0.9)),
        figure("TokenReviews/s, http", "reviews", verified, reviews, part(0.9)),
        figure("agent tokens/s, REST over http", "agents", verified, agents, part(0.9)),
        figure(&crowd, "crowded", "the same with one", Limit::Rate("rs256 http"), part(0.95)),
        figure("start to first token, ms", "start", "-", Limit::None, Target::None),
        figure(
            "resident after the first token, MB",
            "idle",
            "aimed at",
            Limit::Number(20.0),
            Target::Below,
        ),
        figure(
            "resident after the load, MB",
            "loaded",
            "aimed at",
            Limit::Number(40.0),
            Target::Below,
        ),
    ]
}

/// What else has to be known to read the table.
fn conditions(options: &Options, busy: &str) -> String {
    format!(
        "{} cores, load average {busy} before the start; {} connections; medians of {} rounds of {} s",
        cores(),
        options.connections,
        options.rounds,
        options.seconds,
    )
}

/// How many processes wanted a core in the last minute, as the system says it: beside busy
/// neighbours no figure means much.
fn load_average() -> String {
    let text = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split(' ').next().filter(|text| !text.is_empty()).unwrap_or("unknown").to_owned()
}

/// What is no rate, and has no rate by processor time.
const NO_RATES: &[&str] = &["start", "idle", "loaded"];

/// What the limits were put together from: as measured, and by processor time.
fn inputs(medians: &Medians) -> String {
    let line = |(name, value): (&&'static str, &f64)| {
        let by_cpu = medians.by_cpu.get(name).filter(|_| !NO_RATES.contains(name));
        let by_cpu = by_cpu.map(|value| format!("{value:.0}")).unwrap_or_default();
        format!("{name:<20} {value:>10.1} {by_cpu:>10}")
    };
    medians.values.iter().map(line).collect::<Vec<_>>().join("\n")
}

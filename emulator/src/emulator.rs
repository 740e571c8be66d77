//! A running emulator inside a Rust program: started with one call, stopped when dropped.

use {
    crate::{
        api::faults::Faults,
        config::{Config, ConfigError},
        control::explain::{self, Explanation},
        files::{self, Files},
        instance::Instance,
        server,
        tokens::mint::{self, Mint, MintError, Minted},
        world::{World, clock::Clock, key_set::Keys},
    },
    std::{
        io,
        net::{Ipv4Addr, SocketAddr, TcpListener},
        path::Path,
        sync::Arc,
        thread::JoinHandle,
    },
    tokio::{
        runtime::{Builder, Runtime},
        sync::oneshot,
    },
    tokio_rustls::TlsAcceptor,
};

/// A running emulator. Dropping it closes its port and its connections, and takes its files away.
///
/// It runs on a thread of its own: a test may block, whatever runtime it has, and is answered.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// use token_emulator::Emulator;
///
/// let emulator = Emulator::start().await?;
/// emulator.clock().freeze();
/// println!("KUBECONFIG={} kubectl create token default", emulator.kubeconfig_file().display());
/// println!("curl {}/_emulator/v1/clock", emulator.url());
/// # Ok::<(), token_emulator::StartError>(())
/// # }).unwrap();
/// ```
pub struct Emulator {
    // They go first, so that nobody who finds them is turned away.
    files: Files,
    server: Server,
    instance: Instance,
    kubeconfig: String,
    url: String,
    https_url: String,
}

/// The thread that serves.
#[derive(Debug)]
struct Server {
    /// Lets what is under way be finished.
    stop: Option<oneshot::Sender<()>>,
    /// Ends it at once.
    kill: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

/// Why an emulator did not start.
#[derive(Debug)]
pub enum StartError {
    /// A setting cannot be used.
    Config(ConfigError),
    /// The address cannot be listened on.
    Bind(SocketAddr, io::Error),
    /// A file cannot be written, or the system has no threads to give.
    Io(io::Error),
}

impl std::fmt::Display for StartError {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Config(error) => error.fmt(formatter),
            Self::Bind(address, error) => {
                write!(formatter, "cannot listen on {address}: {error}")
            }
            Self::Io(error) => error.fmt(formatter),
        }
    }
}

impl std::error::Error for StartError {}

impl From<ConfigError> for StartError {
    fn from(error: ConfigError) -> Self {
        Self::Config(error)
    }
}

impl From<io::Error> for StartError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl Emulator {
    /// Starts one with the default settings on a free port of 127.0.0.1.
    pub async fn start() -> Result<Self, StartError> {
        let listen = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        Self::start_with(Config { listen, ..Config::default() }).await
    }

    /// Starts one with other settings. Once this returns, it answers.
    pub async fn start_with(config: Config) -> Result<Self, StartError> {
        Self::launch(&config, Builder::new_current_thread())
    }

    /// Starts one that uses every core, for a program that does nothing else.
    pub fn start_on_all_cores(config: &Config) -> Result<Self, StartError> {
        Self::launch(config, Builder::new_multi_thread())
    }

    fn launch(config: &Config, mut runtime: Builder) -> Result<Self, StartError> {
        if let Some(ready_file) = &config.ready_file {
            files::retract(ready_file)?;
        }
        let prepared = config.prepare()?;
        let bind = |error| StartError::Bind(config.listen, error);
        let listener = TcpListener::bind(config.listen).map_err(bind)?;
        listener.set_nonblocking(true)?;
        let instance = Instance::new(config, prepared, listener.local_addr()?)?;
        let tls = instance.tls.acceptor().map_err(|error| ConfigError(error.0))?;
        let mut files = Files::write(config, &instance)?;
        let runtime = runtime.enable_all().build()?;
        let server = Server::start(runtime, listener, tls, &instance)?;
        if let Some(ready_file) = &config.ready_file {
            files.announce(ready_file, &instance)?;
        }
        Ok(Self {
            kubeconfig: instance.kubeconfig(),
            url: instance.url(),
            https_url: instance.https_url(),
            instance,
            files,
            server,
        })
    }

    /// `http://127.0.0.1:PORT`, or the first of the hosts that are advertised
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The same over https, on the same port.
    pub fn https_url(&self) -> &str {
        &self.https_url
    }

    /// The address it is reached at on this machine.
    pub fn address(&self) -> SocketAddr {
        self.instance.address
    }

    /// The certificate (PEM) of the authority to trust on the https side.
    pub fn ca_certificate(&self) -> &str {
        &self.instance.tls.authority
    }

    /// A file with [`Self::ca_certificate`].
    pub fn ca_file(&self) -> &Path {
        &self.files.ca
    }

    /// A kubeconfig (YAML) that works.
    pub fn kubeconfig(&self) -> &str {
        &self.kubeconfig
    }

    /// A file with [`Self::kubeconfig`]; unless the settings say where, it is a temporary one.
    pub fn kubeconfig_file(&self) -> &Path {
        &self.files.kubeconfig
    }

    /// A bearer of the group system:masters.
    pub fn token(&self) -> &str {
        &self.instance.token
    }

    /// A file with [`Self::token`].
    pub fn token_file(&self) -> &Path {
        &self.files.token
    }

    /// A Google bearer with the cloud-platform scope.
    pub fn google_access_token(&self) -> &str {
        &self.instance.google_access_token
    }

    /// A file with [`Self::google_access_token`], as gcloud reads it.
    pub fn google_access_token_file(&self) -> &Path {
        &self.files.google_access_token
    }

    /// The clock, to be moved.
    pub fn clock(&self) -> &Clock {
        &self.world().clock
    }

    /// The keys of service account tokens, to be rotated, retired and hidden.
    pub fn keys(&self) -> &Keys {
        &self.world().keys
    }

    /// What is to go wrong with the next requests.
    pub fn faults(&self) -> &Faults {
        &self.instance.context.faults
    }

    /// A token to order, good or bad.
    pub fn mint(&self, order: &Mint) -> Result<Minted, MintError> {
        mint::mint(self.world(), order)
    }

    /// Why TokenReview accepts a token for these audiences, or does not; none are those of the API
    /// server.
    pub fn explain(&self, token: &str, audiences: &[&str]) -> Explanation {
        let audiences: Vec<_> = audiences.iter().map(|audience| (*audience).to_owned()).collect();
        explain::review(self.world(), token, &audiences)
    }

    /// The whole state.
    pub fn world(&self) -> &World {
        &self.instance.context.world
    }

    /// Stops it, after what is under way has been answered or a third of a second is over.
    pub fn stop(self) {
        let Self { files, mut server, .. } = self;
        drop(files);
        if let Some(stop) = server.stop.take() {
            let _ = stop.send(());
        }
        server.join();
    }
}

impl std::fmt::Debug for Emulator {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Emulator").field("url", &self.url).finish_non_exhaustive()
    }
}

impl Server {
    fn start(
        runtime: Runtime,
        listener: TcpListener,
        tls: TlsAcceptor,
        instance: &Instance,
    ) -> io::Result<Self> {
        let context = Arc::clone(&instance.context);
        let (stop, stopped) = oneshot::channel();
        let (kill, killed) = oneshot::channel::<()>();
        let listener = {
            let _entered = runtime.enter();
            tokio::net::TcpListener::from_std(listener)?
        };
        let serving = runtime.spawn(server::serve(listener, tls, context, async {
            // A sender that is gone without a word leaves it to `kill`.
            if stopped.await.is_err() {
                std::future::pending::<()>().await;
            }
        }));
        let thread =
            std::thread::Builder::new().name("token-emulator".to_owned()).spawn(move || {
                runtime.block_on(async {
                    tokio::select! {
                        _ = serving => {}
                        _ = killed => {}
                    }
                });
                runtime.shutdown_background();
            })?;
        Ok(Self { stop: Some(stop), kill: Some(kill), thread: Some(thread) })
    }

    fn join(&mut self) {
        if let Some(thread) = self.thread.take() {
            // It panics only if the runtime does, and then there is nothing left to stop.
            let _ = thread.join();
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.kill.take());
        self.join();
    }
}

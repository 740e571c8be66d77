import com.google.api.gax.rpc.AbortedException;
import com.google.api.gax.rpc.AlreadyExistsException;
import com.google.api.gax.rpc.ApiException;
import com.google.api.gax.rpc.InvalidArgumentException;
import com.google.api.gax.rpc.NotFoundException;
import com.google.api.gax.rpc.PermissionDeniedException;
import com.google.api.gax.rpc.UnauthenticatedException;
import com.google.cloud.gkemulticloud.v1.AttachedCluster;
import com.google.cloud.gkemulticloud.v1.AttachedClustersClient;
import com.google.cloud.gkemulticloud.v1.AttachedOidcConfig;
import com.google.cloud.gkemulticloud.v1.AttachedProxyConfig;
import com.google.cloud.gkemulticloud.v1.BinaryAuthorization;
import com.google.cloud.gkemulticloud.v1.CreateAttachedClusterRequest;
import com.google.cloud.gkemulticloud.v1.DeleteAttachedClusterRequest;
import com.google.cloud.gkemulticloud.v1.Fleet;
import com.google.cloud.gkemulticloud.v1.GenerateAttachedClusterAgentTokenRequest;
import com.google.cloud.gkemulticloud.v1.GenerateAttachedClusterAgentTokenResponse;
import com.google.cloud.gkemulticloud.v1.GenerateAttachedClusterInstallManifestRequest;
import com.google.cloud.gkemulticloud.v1.ImportAttachedClusterRequest;
import com.google.cloud.gkemulticloud.v1.KubernetesSecret;
import com.google.cloud.gkemulticloud.v1.ListAttachedClustersRequest;
import com.google.cloud.gkemulticloud.v1.UpdateAttachedClusterRequest;
import com.google.protobuf.ByteString;
import com.google.protobuf.FieldMask;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;

/** The checks by their names, on one transport and a cluster that they share. */
final class Checks implements AutoCloseable {
  /** A check; it throws what is wrong. */
  interface Check {
    void run() throws Exception;
  }

  private static final String PARENT = "projects/1234/locations/us-west1";
  private static final String JWT = "urn:ietf:params:oauth:token-type:jwt";

  private final Transports.Transport transport;
  final AttachedClustersClient api;
  final String id;
  final String name;
  final boolean isRest;

  Checks(String id, Transports.Transport transport) throws Exception {
    this.transport = transport;
    this.api = transport.open(Emulator.ready("google_access_token"));
    this.id = id;
    this.name = PARENT + "/attachedClusters/" + id;
    this.isRest = id.endsWith("-rest");
  }

  @Override
  public void close() {
    api.close();
  }

  Map<String, Check> all() {
    Map<String, Check> all = new LinkedHashMap<>();
    all.put("server config", this::serverConfig);
    all.put("install manifest", this::installManifest);
    all.put("validate only", this::validateOnly);
    all.put("create, waited for", this::create);
    all.put("get, with defaults", this::getWithDefaults);
    all.put("create once more", this::createAgain);
    all.put("list, page by page", this::listPages);
    all.put("update by mask", this::update);
    all.put("update without a mask", this::updateWithoutMask);
    all.put("agent token", this::agentToken);
    all.put("agent token without a subject token", this::withoutSubjectToken);
    all.put("agent token for a bad signature", this::badSignature);
    all.put("agent token of a missing cluster", this::agentTokenOfMissing);
    all.put("missing cluster", this::missing);
    all.put("operations list", this::operationsList);
    all.put("operation cancelled", this::operationCancelled);
    all.put("without credentials", this::withoutCredentials);
    all.put("without the scope", this::withoutTheScope);
    new Failing(this).addTo(all);
    all.put("delete with an old etag", this::deleteStale);
    all.put("delete, waited for", this::deleteWaited);
    all.put("delete what is missing", this::deleteMissing);
    all.put("import", this::importCluster);
    return all;
  }

  static void wants(Object actual, Object expected) {
    if (!expected.equals(actual)) {
      throw new AssertionError("wanted " + expected + ", got " + actual);
    }
  }

  /** The error of that class that a call ends with. */
  static <E extends Throwable> E fails(Class<E> kind, Callable<?> call) throws Exception {
    try {
      throw new AssertionError("wanted " + kind.getSimpleName() + ", got " + call.call());
    } catch (Exception error) {
      for (Throwable cause = error; cause != null; cause = cause.getCause()) {
        if (kind.isInstance(cause)) {
          return kind.cast(cause);
        }
      }
      throw error;
    }
  }

  /** Wants a bad request that names that field; over HTTP it stands in the cause's text. */
  private void violates(String field, Callable<?> call) throws Exception {
    var error = fails(InvalidArgumentException.class, call);
    if (isRest) {
      wants(error.getCause().toString().contains("\"field\": \"" + field + "\""), true);
    } else {
      wants(error.getErrorDetails().getBadRequest().getFieldViolations(0).getField(), field);
    }
  }

  private void refused(String token, Class<? extends ApiException> kind, String reason)
      throws Exception {
    try (var other = transport.open(token)) {
      var error = fails(kind, () -> other.getAttachedCluster(name));
      if (!isRest) {
        wants(error.getReason(), reason);
        wants(error.getDomain(), "googleapis.com");
        wants(error.getMetadata().get("service"), "gkemulticloud.googleapis.com");
      }
    }
  }

  CreateAttachedClusterRequest creation(String id) throws Exception {
    var oidc =
        AttachedOidcConfig.newBuilder()
            .setIssuerUrl(Emulator.issuer())
            .setJwks(ByteString.copyFromUtf8(Emulator.keys()));
    var cluster =
        AttachedCluster.newBuilder()
            .setOidcConfig(oidc)
            .setPlatformVersion("1.33.0-gke.1")
            .setDistribution("generic")
            .setFleet(Fleet.newBuilder().setProject("projects/1234"));
    return CreateAttachedClusterRequest.newBuilder()
        .setParent(PARENT)
        .setAttachedClusterId(id)
        .setAttachedCluster(cluster)
        .build();
  }

  GenerateAttachedClusterAgentTokenRequest.Builder usual() throws Exception {
    return GenerateAttachedClusterAgentTokenRequest.newBuilder()
        .setAttachedCluster(name)
        .setSubjectToken(Emulator.subjectToken())
        .setSubjectTokenType(JWT)
        .setVersion("v1");
  }

  GenerateAttachedClusterAgentTokenResponse exchange(
      GenerateAttachedClusterAgentTokenRequest.Builder request) {
    return api.generateAttachedClusterAgentToken(request.build());
  }

  private void serverConfig() {
    var config = api.getAttachedServerConfig(PARENT + "/attachedServerConfig");
    wants(config.getValidVersionsCount() > 0, true);
    wants(config.getValidVersions(0).getVersion().contains("-gke."), true);
  }

  private void installManifest() {
    var secret = KubernetesSecret.newBuilder().setName("proxy").setNamespace("default");
    var answer =
        api.generateAttachedClusterInstallManifest(
            GenerateAttachedClusterInstallManifestRequest.newBuilder()
                .setParent(PARENT)
                .setAttachedClusterId("new")
                .setPlatformVersion("1.33.0-gke.1")
                .setProxyConfig(AttachedProxyConfig.newBuilder().setKubernetesSecret(secret))
                .build());
    wants(answer.getManifest().contains("kind: Namespace"), true);
  }

  private void validateOnly() throws Exception {
    var request = creation("unmade").toBuilder().setValidateOnly(true).build();
    api.createAttachedClusterCallable().call(request);
    fails(NotFoundException.class, () -> api.getAttachedCluster(PARENT + "/attachedClusters/unmade"));
  }

  private void create() throws Exception {
    var operation = api.createAttachedClusterAsync(creation(id));
    wants(operation.getMetadata().get().getTarget(), name);
    wants(operation.getMetadata().get().getVerb(), "create");
    var cluster = operation.get();
    wants(cluster.getName(), name);
    wants(cluster.getState(), AttachedCluster.State.RUNNING);
    wants(operation.getMetadata().get().hasEndTime(), true);
  }

  private void getWithDefaults() {
    var cluster = api.getAttachedCluster(name);
    wants(
        cluster.getBinaryAuthorization().getEvaluationMode(),
        BinaryAuthorization.EvaluationMode.DISABLED);
    wants(cluster.getMonitoringConfig().hasManagedPrometheusConfig(), true);
    wants(cluster.getFleet().getMembership().endsWith("/memberships/" + id), true);
    wants(cluster.getUid().isEmpty() || cluster.getEtag().isEmpty(), false);
  }

  private void createAgain() throws Exception {
    var callable = api.createAttachedClusterCallable();
    // HTTP has one status for both.
    var kind = isRest ? AbortedException.class : AlreadyExistsException.class;
    var request = creation(id);
    fails(kind, () -> callable.call(request));
  }

  private void listPages() throws Exception {
    api.createAttachedClusterAsync(creation(id + "-2")).get();
    var request = ListAttachedClustersRequest.newBuilder().setParent(PARENT).setPageSize(1).build();
    List<String> names = new ArrayList<>();
    for (var page : api.listAttachedClusters(request).iteratePages()) {
      wants(page.getPageElementCount(), 1);
      page.getValues().forEach(cluster -> names.add(cluster.getName()));
    }
    wants(names.containsAll(List.of(name, name + "-2")), true);
  }

  private UpdateAttachedClusterRequest change(String... paths) {
    var cluster = AttachedCluster.newBuilder().setName(name).setDescription("mended");
    return UpdateAttachedClusterRequest.newBuilder()
        .setAttachedCluster(cluster)
        .setUpdateMask(FieldMask.newBuilder().addAllPaths(List.of(paths)))
        .build();
  }

  private void update() throws Exception {
    var cluster = api.updateAttachedClusterAsync(change("description")).get();
    wants(cluster.getDescription(), "mended");
    wants(cluster.getPlatformVersion(), "1.33.0-gke.1");
  }

  private void updateWithoutMask() throws Exception {
    violates("update_mask", () -> api.updateAttachedClusterCallable().call(change()));
  }

  private void agentToken() throws Exception {
    var answer = exchange(usual());
    wants(answer.getTokenType(), "Bearer");
    wants(answer.getExpiresIn() > 0 && answer.getExpiresIn() <= 3600, true);
    try (var agent = transport.open(answer.getAccessToken())) {
      wants(agent.getAttachedCluster(name).getName(), name);
    }
  }

  private void withoutSubjectToken() throws Exception {
    var request = usual().setSubjectToken("");
    violates("subject_token", () -> exchange(request));
  }

  private void badSignature() throws Exception {
    var request = usual();
    String token = Emulator.tampered(request.getSubjectToken());
    request.setSubjectToken(token);
    var error = fails(InvalidArgumentException.class, () -> exchange(request));
    wants((error + " " + error.getCause()).contains(token), false);
  }

  private void agentTokenOfMissing() throws Exception {
    var request = usual().setAttachedCluster(PARENT + "/attachedClusters/missing");
    fails(NotFoundException.class, () -> exchange(request));
  }

  private void missing() throws Exception {
    String missing = PARENT + "/attachedClusters/missing";
    var error = fails(NotFoundException.class, () -> api.getAttachedCluster(missing));
    wants(error.getCause().toString().contains("cluster not found"), true);
  }

  private void operationsList() {
    if (isRest) {
      wants(api.getHttpJsonOperationsClient() != null, true);
      return;
    }
    var first = api.getOperationsClient().listOperations(PARENT, "").iterateAll().iterator().next();
    var operation = api.getOperationsClient().getOperation(first.getName());
    wants(
        operation.getMetadata().getTypeUrl(),
        "type.googleapis.com/google.cloud.gkemulticloud.v1.OperationMetadata");
  }

  private void operationCancelled() throws Exception {
    Emulator.clock("{\"freeze\":true}");
    try {
      var operation = api.createAttachedClusterAsync(creation(id + "-never"));
      String started = operation.getName();
      if (isRest) {
        api.getHttpJsonOperationsClient().cancelOperation(started);
      } else {
        api.getOperationsClient().cancelOperation(started);
      }
      var error = fails(ApiException.class, operation::get);
      wants(error.getStatusCode().getCode().name(), "CANCELLED");
      wants(operation.getMetadata().get().getRequestedCancellation(), true);
    } finally {
      Emulator.clock("{\"reset\":true}");
    }
  }

  private void withoutCredentials() throws Exception {
    refused(null, UnauthenticatedException.class, "CREDENTIALS_MISSING");
  }

  private void withoutTheScope() throws Exception {
    String reason = "ACCESS_TOKEN_SCOPE_INSUFFICIENT";
    refused(Emulator.WITHOUT_SCOPE, PermissionDeniedException.class, reason);
  }

  private static DeleteAttachedClusterRequest.Builder deletion(String name) {
    return DeleteAttachedClusterRequest.newBuilder().setName(name);
  }

  private void deleteStale() throws Exception {
    var request = deletion(name).setEtag("b2xk").build();
    fails(AbortedException.class, () -> api.deleteAttachedClusterCallable().call(request));
  }

  private void deleteWaited() throws Exception {
    for (String name : List.of(this.name, this.name + "-2")) {
      String etag = api.getAttachedCluster(name).getEtag();
      api.deleteAttachedClusterAsync(deletion(name).setEtag(etag).build()).get();
      fails(NotFoundException.class, () -> api.getAttachedCluster(name));
    }
  }

  private void deleteMissing() throws Exception {
    var strict = deletion(name).build();
    fails(NotFoundException.class, () -> api.deleteAttachedClusterCallable().call(strict));
    var request = deletion(name).setAllowMissing(true).build();
    wants(api.deleteAttachedClusterCallable().call(request).getDone(), true);
  }

  private void importCluster() throws Exception {
    String membership = "projects/1234/locations/global/memberships/" + id + "-imported";
    var request =
        ImportAttachedClusterRequest.newBuilder()
            .setParent(PARENT)
            .setFleetMembership(membership)
            .setPlatformVersion("1.33.0-gke.1")
            .setDistribution("aks")
            .build();
    wants(api.importAttachedClusterAsync(request).get().getFleet().getMembership(), membership);
  }
}

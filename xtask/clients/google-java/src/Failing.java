import com.google.api.gax.rpc.ApiException;
import com.google.api.gax.rpc.InternalException;
import com.google.api.gax.rpc.PermissionDeniedException;
import com.google.api.gax.rpc.ResourceExhaustedException;
import com.google.gson.JsonParser;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Checks of what fails on order: what the library tries again, and what it tells of the rest. */
final class Failing {
  private final Checks checks;

  Failing(Checks checks) {
    this.checks = checks;
  }

  void addTo(Map<String, Checks.Check> all) {
    all.put("tried again by the library", this::triedAgain);
    all.put("not tried again by the library", this::notTriedAgain);
    all.put("over quota", this::overQuota);
    all.put("without the permission", this::withoutPermission);
    all.put("an operation that fails", this::operationFails);
    all.put("an operation that takes too long", this::operationTakesTooLong);
  }

  /** Lets the next requests for a method fail. */
  private static void order(String fault) throws Exception {
    Emulator.ask("/_emulator/v1/faults", fault);
  }

  /** How often the session's cluster was got, as the emulator's journal has it. */
  private int asked() throws Exception {
    String journal = Emulator.ask("/_emulator/v1/journal", null);
    int count = 0;
    for (var entry : JsonParser.parseString(journal).getAsJsonObject().getAsJsonArray("entries")) {
      String path = entry.getAsJsonObject().get("path").getAsString();
      String method = entry.getAsJsonObject().get("method").getAsString();
      boolean isRest = method.equals("GET") && path.equals("/v1/" + checks.name);
      count += isRest || path.endsWith("/GetAttachedCluster") ? 1 : 0;
    }
    return count;
  }

  private void triedAgain() throws Exception {
    int before = asked();
    order("{\"code\":\"UNAVAILABLE\",\"method\":\"GetAttachedCluster\",\"times\":2}");
    Checks.wants(checks.api.getAttachedCluster(checks.name).getName(), checks.name);
    Checks.wants(asked() - before, 3);
  }

  private void notTriedAgain() throws Exception {
    int before = asked();
    order("{\"code\":\"INTERNAL\",\"method\":\"GetAttachedCluster\"}");
    Checks.fails(InternalException.class, () -> checks.api.getAttachedCluster(checks.name));
    Checks.wants(asked() - before, 1);
  }

  private void overQuota() throws Exception {
    order(
        "{\"code\":\"RESOURCE_EXHAUSTED\",\"reason\":\"RATE_LIMIT_EXCEEDED\","
            + "\"method\":\"AgentToken\"}");
    var request = checks.usual();
    var error = Checks.fails(ResourceExhaustedException.class, () -> checks.exchange(request));
    tells(error, "RATE_LIMIT_EXCEEDED", "quota_limit", "RequestsPerMinutePerProject");
  }

  private void withoutPermission() throws Exception {
    order(
        "{\"code\":\"PERMISSION_DENIED\",\"reason\":\"IAM_PERMISSION_DENIED\","
            + "\"method\":\"GetAttachedCluster\"}");
    var kind = PermissionDeniedException.class;
    var error = Checks.fails(kind, () -> checks.api.getAttachedCluster(checks.name));
    tells(error, "IAM_PERMISSION_DENIED", "permission", "gkemulticloud.attachedClusters.get");
  }

  /** Wants an ErrorInfo; over HTTP it stands in the cause's text. */
  private void tells(ApiException error, String reason, String member, String value) {
    if (checks.isRest) {
      String text = error.getCause().toString();
      Checks.wants(text.contains(reason) && text.contains(value), true);
    } else {
      Checks.wants(error.getReason(), reason);
      Checks.wants(error.getMetadata().get(member), value);
    }
  }

  private void operationFails() throws Exception {
    String broken = checks.id + "-broken";
    String fail = "{\"code\":\"FAILED_PRECONDITION\",\"message\":\"no quota is left\",";
    String target = "\"target\":\"" + broken + "\"}";
    Emulator.ask("/_emulator/v1/operations", "{\"fail\":" + fail + target + "}");
    var operation = checks.api.createAttachedClusterAsync(checks.creation(broken));
    var error = Checks.fails(ApiException.class, operation::get);
    Checks.wants(error.getStatusCode().getCode().name(), "FAILED_PRECONDITION");
    Checks.wants(error.getMessage().contains("no quota is left"), true);
  }

  private void operationTakesTooLong() throws Exception {
    Emulator.clock("{\"freeze\":true}");
    try {
      var operation = checks.api.createAttachedClusterAsync(checks.creation(checks.id + "-late"));
      Checks.fails(TimeoutException.class, () -> operation.get(500, TimeUnit.MILLISECONDS));
    } finally {
      Emulator.clock("{\"reset\":true}");
    }
  }
}

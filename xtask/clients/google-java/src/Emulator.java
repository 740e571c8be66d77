import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;

/** The emulator that the checks talk to: its ready file, its clock, and its Kubernetes side. */
final class Emulator {
  /** A bearer of the file that the emulator was started with. */
  static final String WITHOUT_SCOPE = "ya29.without-scope";

  private static final JsonObject READY = readReady();
  private static final HttpClient HTTP = HttpClient.newHttpClient();

  private Emulator() {}

  private static JsonObject readReady() {
    try {
      String text = Files.readString(Path.of(System.getenv("READY_FILE")));
      return JsonParser.parseString(text).getAsJsonObject();
    } catch (IOException error) {
      throw new IllegalStateException(error);
    }
  }

  /** A member of the ready file. */
  static String ready(String name) {
    return READY.get(name).getAsString();
  }

  /** What is answered to a body, or to none, asked with the Kubernetes bearer. */
  static String ask(String path, String body) throws IOException, InterruptedException {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create(ready("url") + path))
            .header("Authorization", "Bearer " + ready("token"))
            .header("Content-Type", "application/json");
    if (body != null) {
      request.POST(BodyPublishers.ofString(body));
    }
    var answer = HTTP.send(request.build(), BodyHandlers.ofString());
    if (answer.statusCode() >= 300) {
      throw new IOException(path + ": " + answer.statusCode() + ": " + answer.body());
    }
    return answer.body();
  }

  /** The issuer of the cluster's tokens. */
  static String issuer() throws IOException, InterruptedException {
    String document = ask("/.well-known/openid-configuration", null);
    return JsonParser.parseString(document).getAsJsonObject().get("issuer").getAsString();
  }

  /** Its keys. */
  static String keys() throws IOException, InterruptedException {
    return ask("/openid/v1/jwks", null);
  }

  /** A token of a service account. */
  static String subjectToken() throws IOException, InterruptedException {
    String path = "/api/v1/namespaces/default/serviceaccounts/default/token";
    JsonObject answer = JsonParser.parseString(ask(path, "{\"spec\":{}}")).getAsJsonObject();
    return answer.getAsJsonObject("status").get("token").getAsString();
  }

  /** The same token with a signature that is not its own. */
  static String tampered(String token) {
    int first = token.lastIndexOf('.') + 1;
    char other = token.charAt(first) == 'A' ? 'B' : 'A';
    return token.substring(0, first) + other + token.substring(first + 1);
  }

  /** Moves or stops the clock. */
  static void clock(String change) throws IOException, InterruptedException {
    ask("/_emulator/v1/clock", change);
  }
}

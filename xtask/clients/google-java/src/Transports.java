import com.google.api.gax.core.CredentialsProvider;
import com.google.api.gax.core.FixedCredentialsProvider;
import com.google.api.gax.core.NoCredentialsProvider;
import com.google.api.gax.httpjson.InstantiatingHttpJsonChannelProvider;
import com.google.api.gax.longrunning.OperationTimedPollAlgorithm;
import com.google.api.gax.retrying.RetrySettings;
import com.google.api.gax.rpc.FixedHeaderProvider;
import com.google.auth.oauth2.AccessToken;
import com.google.auth.oauth2.GoogleCredentials;
import com.google.cloud.gkemulticloud.v1.AttachedClustersClient;
import com.google.cloud.gkemulticloud.v1.AttachedClustersSettings;
import io.grpc.ManagedChannelBuilder;
import io.grpc.netty.shaded.io.grpc.netty.GrpcSslContexts;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import java.io.File;
import java.io.IOException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import javax.net.ssl.SSLException;

/** The library over gRPC, in plaintext and over TLS, and over HTTP with JSON. */
final class Transports {
  /** Makes a client with a bearer, or without when it is null. */
  interface Transport {
    AttachedClustersClient open(String token) throws IOException;
  }

  private Transports() {}

  static Map<String, Transport> all() {
    Map<String, Transport> all = new LinkedHashMap<>();
    all.put("java", Transports::plaintext);
    all.put("java-tls", Transports::overTls);
    all.put("java-rest", Transports::rest);
    return all;
  }

  private static AttachedClustersClient plaintext(String token) throws IOException {
    var channel =
        AttachedClustersSettings.defaultGrpcTransportProviderBuilder()
            .setChannelConfigurator(ManagedChannelBuilder::usePlaintext)
            .build();
    var settings =
        AttachedClustersSettings.newBuilder()
            .setEndpoint(Emulator.ready("url").replace("http://", ""))
            .setTransportChannelProvider(channel)
            .setCredentialsProvider(NoCredentialsProvider.create());
    if (token != null) {
      // A plaintext channel takes no credentials, so the bearer is a header.
      settings.setHeaderProvider(FixedHeaderProvider.create("authorization", "Bearer " + token));
    }
    return opened(settings);
  }

  private static AttachedClustersClient overTls(String token) throws IOException {
    var channel =
        AttachedClustersSettings.defaultGrpcTransportProviderBuilder()
            .setChannelConfigurator(Transports::trusting)
            .build();
    return opened(
        AttachedClustersSettings.newBuilder()
            .setEndpoint(Emulator.ready("https_url").replace("https://", ""))
            .setTransportChannelProvider(channel)
            .setCredentialsProvider(bearer(token)));
  }

  private static ManagedChannelBuilder<?> trusting(ManagedChannelBuilder<?> channel) {
    try {
      var trusted = GrpcSslContexts.forClient().trustManager(new File(Emulator.ready("ca_file")));
      return ((NettyChannelBuilder) channel).sslContext(trusted.build());
    } catch (SSLException error) {
      throw new IllegalStateException(error);
    }
  }

  private static AttachedClustersClient rest(String token) throws IOException {
    var channel =
        InstantiatingHttpJsonChannelProvider.newBuilder().setEndpoint(Emulator.ready("url")).build();
    return opened(
        AttachedClustersSettings.newHttpJsonBuilder()
            .setTransportChannelProvider(channel)
            .setCredentialsProvider(bearer(token)));
  }

  private static CredentialsProvider bearer(String token) {
    if (token == null) {
      return NoCredentialsProvider.create();
    }
    return FixedCredentialsProvider.create(GoogleCredentials.create(new AccessToken(token, null)));
  }

  /** The library polls after five seconds unless it is told to sooner. */
  private static AttachedClustersClient opened(AttachedClustersSettings.Builder settings)
      throws IOException {
    var soon =
        OperationTimedPollAlgorithm.create(
            RetrySettings.newBuilder()
                .setInitialRetryDelayDuration(Duration.ofMillis(100))
                .setMaxRetryDelayDuration(Duration.ofSeconds(1))
                .setRetryDelayMultiplier(1.5)
                .setTotalTimeoutDuration(Duration.ofSeconds(20))
                .build());
    settings.createAttachedClusterOperationSettings().setPollingAlgorithm(soon);
    settings.updateAttachedClusterOperationSettings().setPollingAlgorithm(soon);
    settings.importAttachedClusterOperationSettings().setPollingAlgorithm(soon);
    settings.deleteAttachedClusterOperationSettings().setPollingAlgorithm(soon);
    return AttachedClustersClient.create(settings.build());
  }
}

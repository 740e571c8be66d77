import com.google.gson.reflect.TypeToken;
import io.kubernetes.client.custom.V1Patch;
import io.kubernetes.client.informer.ResourceEventHandler;
import io.kubernetes.client.informer.SharedIndexInformer;
import io.kubernetes.client.informer.SharedInformerFactory;
import io.kubernetes.client.openapi.ApiClient;
import io.kubernetes.client.openapi.ApiException;
import io.kubernetes.client.openapi.apis.AuthenticationV1Api;
import io.kubernetes.client.openapi.apis.CoreV1Api;
import io.kubernetes.client.openapi.models.*;
import io.kubernetes.client.util.Config;
import io.kubernetes.client.util.PatchUtils;
import io.kubernetes.client.util.Watch;
import io.kubernetes.client.util.generic.GenericKubernetesApi;
import io.kubernetes.client.util.generic.KubernetesApiResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;

/** io.kubernetes:client-java, the official library. */
class Official {
    private final Checks checks = new Checks("client-java");
    private ApiClient client;
    private CoreV1Api core;
    private AuthenticationV1Api reviews;
    private String namespace;

    int run() {
        checks.check("a namespace and an account", this::begin);
        checks.check("a token by default", this::token);
        checks.check("a token that is refused", this::badToken);
        checks.check("review of a token", this::review);
        checks.check("an object's life", this::life);
        checks.check("edit, replace, patch", this::patches);
        checks.check("a list by labels, in pieces", this::lists);
        checks.check("a watch", this::watch);
        checks.check("an informer", this::informer);
        checks.check("a generic resource", this::generic);
        checks.check("the namespace is deleted", () -> core.deleteNamespace(namespace).execute());
        return checks.failures();
    }

    private void begin() throws Exception {
        client = Config.defaultClient();
        client.setReadTimeout(0);
        core = new CoreV1Api(client);
        reviews = new AuthenticationV1Api(client);
        V1Namespace wanted = new V1Namespace().metadata(new V1ObjectMeta().generateName("java-"));
        namespace = core.createNamespace(wanted).execute().getMetadata().getName();
        core.createNamespacedServiceAccount(namespace, new V1ServiceAccount().metadata(named("builder"))).execute();
    }

    private static V1ObjectMeta named(String name) {
        return new V1ObjectMeta().name(name);
    }

    private V1ConfigMap map(String name, Map<String, String> labels) throws ApiException {
        V1ConfigMap wanted = new V1ConfigMap().metadata(named(name).labels(labels)).putDataItem("a", "1");
        return core.createNamespacedConfigMap(namespace, wanted).execute();
    }

    private AuthenticationV1TokenRequest request(String account, V1TokenRequestSpec spec) throws ApiException {
        AuthenticationV1TokenRequest wanted = new AuthenticationV1TokenRequest().spec(spec);
        return core.createNamespacedServiceAccountToken(account, namespace, wanted).execute();
    }

    private static void fails(int code, String part, Checks.Check check) throws Exception {
        try {
            check.run();
        } catch (ApiException error) {
            Checks.equal(error.getCode(), code);
            Checks.contains(error.getResponseBody(), part);
            return;
        }
        throw new AssertionError("succeeded, wanted " + code);
    }

    private void token() throws Exception {
        AuthenticationV1TokenRequest got = request("builder", new V1TokenRequestSpec().audiences(List.of("b", "a")).expirationSeconds(700L));
        Checks.equal(got.getSpec().getAudiences(), List.of("b", "a"));
        long left = Duration.between(java.time.OffsetDateTime.now(), got.getStatus().getExpirationTimestamp()).toSeconds();
        Checks.equal(left > 600 && left <= 700, true);
    }

    private void badToken() throws Exception {
        V1TokenRequestSpec none = new V1TokenRequestSpec().audiences(new ArrayList<>());
        fails(404, "serviceaccounts \\\"nobody\\\" not found", () -> request("nobody", none));
        fails(422, "spec.expirationSeconds", () -> request("builder", none.expirationSeconds(599L)));
    }

    private void review() throws Exception {
        String token = request("builder", new V1TokenRequestSpec().audiences(List.of("vault"))).getStatus().getToken();
        V1TokenReview wanted = new V1TokenReview().spec(new V1TokenReviewSpec().token(token).audiences(List.of("vault")));
        V1TokenReviewStatus got = reviews.createTokenReview(wanted).execute().getStatus();
        Checks.equal(got.getAuthenticated(), true);
        Checks.equal(got.getUser().getUsername(), "system:serviceaccount:" + namespace + ":builder");
    }

    private void life() throws Exception {
        V1ConfigMap made = map("life", null);
        fails(409, "AlreadyExists", () -> map("life", null));
        Checks.equal(core.replaceNamespacedConfigMap("life", namespace, made.putDataItem("a", "2")).execute().getData(), Map.of("a", "2"));
        fails(409, "the object has been modified", () -> core.replaceNamespacedConfigMap("life", namespace, made.putDataItem("a", "3")).execute());
        Checks.equal(core.deleteNamespacedConfigMap("life", namespace).execute().getStatus(), "Success");
        fails(404, "not found", () -> core.readNamespacedConfigMap("life", namespace).execute());
    }

    private V1ConfigMap patch(String kind, String text) throws ApiException {
        return PatchUtils.patch(V1ConfigMap.class, () -> core.patchNamespacedConfigMap("patched", namespace, new V1Patch(text)).fieldManager("java").buildCall(null), kind, client);
    }

    private void patches() throws Exception {
        map("patched", null);
        Checks.equal(patch(V1Patch.PATCH_FORMAT_JSON_PATCH, "[{\"op\":\"add\",\"path\":\"/data/b\",\"value\":\"2\"}]").getData(), Map.of("a", "1", "b", "2"));
        Checks.equal(patch(V1Patch.PATCH_FORMAT_JSON_MERGE_PATCH, "{\"data\":{\"a\":null}}").getData(), Map.of("b", "2"));
        Checks.equal(patch(V1Patch.PATCH_FORMAT_STRATEGIC_MERGE_PATCH, "{\"data\":{\"c\":\"3\"}}").getData(), Map.of("b", "2", "c", "3"));
        Checks.equal(patch(V1Patch.PATCH_FORMAT_APPLY_YAML, "{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"data\":{\"d\":\"4\"}}").getData(), Map.of("b", "2", "c", "3", "d", "4"));
    }

    private void lists() throws Exception {
        for (String name : List.of("l1", "l2", "l3")) {
            map(name, Map.of("list", "yes"));
        }
        V1ConfigMapList first = core.listNamespacedConfigMap(namespace).labelSelector("list=yes").limit(2).execute();
        V1ConfigMapList rest = core.listNamespacedConfigMap(namespace).labelSelector("list=yes").limit(2)._continue(first.getMetadata().getContinue()).execute();
        Checks.equal(first.getItems().size() + rest.getItems().size(), 3);
    }

    private void watch() throws Exception {
        String version = core.listNamespacedConfigMap(namespace).execute().getMetadata().getResourceVersion();
        map("watched", null);
        core.deleteNamespacedConfigMap("watched", namespace).execute();
        var call = core.listNamespacedConfigMap(namespace).resourceVersion(version).timeoutSeconds(5).watch(true).buildCall(null);
        List<String> seen = new ArrayList<>();
        try (Watch<V1ConfigMap> watch = Watch.createWatch(client, call, new TypeToken<Watch.Response<V1ConfigMap>>() {}.getType())) {
            while (seen.size() < 2 && watch.hasNext()) {
                seen.add(watch.next().type);
            }
        }
        Checks.equal(seen, List.of("ADDED", "DELETED"));
    }

    private void informer() throws Exception {
        List<String> seen = new CopyOnWriteArrayList<>();
        SharedInformerFactory factory = new SharedInformerFactory(client);
        GenericKubernetesApi<V1ServiceAccount, V1ServiceAccountList> api = accounts();
        SharedIndexInformer<V1ServiceAccount> informer = factory.sharedIndexInformerFor(api, V1ServiceAccount.class, 0, namespace);
        informer.addEventHandler(new ResourceEventHandler<>() {
            @Override
            public void onAdd(V1ServiceAccount it) {
                seen.add("add " + it.getMetadata().getName());
            }

            @Override
            public void onUpdate(V1ServiceAccount old, V1ServiceAccount it) {
                seen.add("update " + it.getMetadata().getName());
            }

            @Override
            public void onDelete(V1ServiceAccount it, boolean unknown) {
                seen.add("delete " + it.getMetadata().getName());
            }
        });
        factory.startAllRegisteredInformers();
        Checks.soon("it is synced", informer::hasSynced);
        core.createNamespacedServiceAccount(namespace, new V1ServiceAccount().metadata(named("seen"))).execute();
        Checks.soon("it is added", () -> seen.contains("add seen"));
        core.deleteNamespacedServiceAccount("seen", namespace).execute();
        Checks.soon("it is deleted", () -> seen.contains("delete seen"));
        factory.stopAllRegisteredInformers();
    }

    private GenericKubernetesApi<V1ServiceAccount, V1ServiceAccountList> accounts() {
        return new GenericKubernetesApi<>(V1ServiceAccount.class, V1ServiceAccountList.class, "", "v1", "serviceaccounts", client);
    }

    private void generic() {
        KubernetesApiResponse<V1ServiceAccount> got = accounts().get(namespace, "builder");
        Checks.equal(got.isSuccess(), true);
        Checks.equal(accounts().get(namespace, "missing").getHttpStatusCode(), 404);
        Checks.contains(accounts().get(namespace, "missing").getStatus().getMessage(), "not found");
    }
}

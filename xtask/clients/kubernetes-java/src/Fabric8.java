import com.nimbusds.jose.crypto.RSASSAVerifier;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jwt.SignedJWT;
import io.fabric8.kubernetes.api.model.*;
import io.fabric8.kubernetes.api.model.authentication.*;
import io.fabric8.kubernetes.api.model.authorization.v1.*;
import io.fabric8.kubernetes.client.*;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;

/** fabric8's kubernetes-client. */
class Fabric8 {
    private final Checks checks = new Checks("fabric8");
    private final KubernetesClient client = new KubernetesClientBuilder().build();
    private String namespace;

    int run() {
        checks.check("a namespace and an account", this::begin);
        checks.check("a token by default", this::tokenByDefault);
        checks.check("a token with audiences and a lifetime", this::audiences);
        checks.check("a token that is refused", this::badToken);
        checks.check("review of a token", this::review);
        checks.check("who a token is", this::whoami);
        checks.check("a bearer without the right", this::forbidden);
        checks.check("access reviews", this::access);
        checks.check("an object's life", this::life);
        checks.check("edit, replace, patch", this::edit);
        checks.check("server-side apply", this::apply);
        checks.check("a list by labels, in pieces", this::lists);
        checks.check("a watch", this::watch);
        checks.check("a watch of one", this::watchOne);
        checks.check("waiting until", this::waiting);
        checks.check("an informer", this::informer);
        checks.check("a generic resource, from YAML", this::generic);
        checks.check("discovery", this::discovery);
        checks.check("nimbus verifies a token by the published keys", this::verify);
        checks.check("a token dies with its pod", this::dies);
        checks.check("the namespace is deleted", () -> client.namespaces().withName(namespace).delete());
        client.close();
        return checks.failures();
    }

    private void begin() {
        Namespace wanted = new NamespaceBuilder().withNewMetadata().withGenerateName("fabric8-").endMetadata().build();
        namespace = client.namespaces().resource(wanted).create().getMetadata().getName();
        account("builder");
    }

    private void account(String name) {
        ServiceAccount wanted = new ServiceAccountBuilder().withNewMetadata().withName(name).endMetadata().build();
        client.serviceAccounts().inNamespace(namespace).resource(wanted).create();
    }

    private ConfigMap map(String name, Map<String, String> labels) {
        ConfigMap wanted = new ConfigMapBuilder().withNewMetadata().withName(name).withLabels(labels).endMetadata().addToData("a", "1").build();
        return client.configMaps().inNamespace(namespace).resource(wanted).create();
    }

    private TokenRequest request(String account, TokenRequestSpec spec) {
        TokenRequest wanted = new TokenRequestBuilder().withSpec(spec).build();
        return client.serviceAccounts().inNamespace(namespace).withName(account).tokenRequest(wanted);
    }

    private String token(String... audiences) {
        return request("builder", new TokenRequestSpecBuilder().withAudiences(audiences).build()).getStatus().getToken();
    }

    private TokenReviewStatus review(String token, String... audiences) {
        TokenReview wanted = new TokenReviewBuilder().withNewSpec().withToken(token).withAudiences(audiences).endSpec().build();
        return client.tokenReviews().create(wanted).getStatus();
    }

    private static KubernetesClientException fails(int code, String part, Checks.Check check) throws Exception {
        try {
            check.run();
        } catch (KubernetesClientException error) {
            Checks.equal(error.getCode(), code);
            Checks.contains(error.getStatus().getMessage(), part);
            return error;
        }
        throw new AssertionError("succeeded, wanted " + code);
    }

    private void tokenByDefault() {
        TokenRequest got = request("builder", new TokenRequestSpec());
        Checks.equal(got.getSpec().getExpirationSeconds(), 3600L);
        Checks.equal(got.getStatus().getToken().split("\\.").length, 3);
        Checks.equal(got.getMetadata().getName(), "builder");
    }

    private void audiences() throws Exception {
        TokenRequestSpec spec = new TokenRequestSpecBuilder().withAudiences("b", "a").withExpirationSeconds(700L).build();
        SignedJWT token = SignedJWT.parse(request("builder", spec).getStatus().getToken());
        Checks.equal(token.getJWTClaimsSet().getAudience(), List.of("b", "a"));
        long lifetime = token.getJWTClaimsSet().getExpirationTime().getTime() - token.getJWTClaimsSet().getIssueTime().getTime();
        Checks.equal(lifetime, 700_000L);
    }

    private void badToken() throws Exception {
        TokenRequestSpec brief = new TokenRequestSpecBuilder().withExpirationSeconds(599L).build();
        KubernetesClientException error = fails(422, "may not specify a duration less than 10 minutes", () -> request("builder", brief));
        Checks.equal(error.getStatus().getDetails().getCauses().get(0).getField(), "spec.expirationSeconds");
        // The library answers a 404 with nothing, or with an error, as its version likes.
        try {
            Checks.equal(request("nobody", new TokenRequestSpec()), null);
        } catch (KubernetesClientException missing) {
            Checks.equal(missing.getCode(), 404);
        }
    }

    private void review() {
        TokenReviewStatus got = review(token("vault"), "vault", "x");
        Checks.equal(got.getAuthenticated(), true);
        Checks.equal(got.getAudiences(), List.of("vault"));
        Checks.equal(got.getUser().getUsername(), "system:serviceaccount:" + namespace + ":builder");
        Checks.contains(review("a.b.c").getError(), "invalid bearer token");
    }

    /** A client with that bearer alone. */
    private KubernetesClient bearing(String token) {
        Config config = new ConfigBuilder(client.getConfiguration()).withOauthToken(token).build();
        return new KubernetesClientBuilder().withConfig(config).build();
    }

    private void whoami() {
        try (KubernetesClient other = bearing(token())) {
            SelfSubjectReview got = other.authentication().v1().selfSubjectReviews().create(new SelfSubjectReview());
            Checks.equal(got.getStatus().getUserInfo().getUsername(), "system:serviceaccount:" + namespace + ":builder");
        }
    }

    private void forbidden() throws Exception {
        try (KubernetesClient other = bearing(token())) {
            fails(403, "cannot list resource \"secrets\"", () -> other.secrets().inNamespace(namespace).list());
        }
        try (KubernetesClient other = bearing("unknown")) {
            fails(401, "Unauthorized", () -> other.secrets().inNamespace(namespace).list());
        }
    }

    private void access() {
        ResourceAttributes attributes = new ResourceAttributesBuilder().withVerb("create").withResource("serviceaccounts").withSubresource("token").withNamespace(namespace).build();
        SelfSubjectAccessReview own = new SelfSubjectAccessReviewBuilder().withNewSpec().withResourceAttributes(attributes).endSpec().build();
        Checks.equal(client.authorization().v1().selfSubjectAccessReview().create(own).getStatus().getAllowed(), true);
        SubjectAccessReview others = new SubjectAccessReviewBuilder().withNewSpec().withUser("nobody").withResourceAttributes(attributes).endSpec().build();
        Checks.equal(client.authorization().v1().subjectAccessReview().create(others).getStatus().getAllowed(), false);
    }

    private void life() throws Exception {
        ConfigMap made = map("life", null);
        fails(409, "already exists", () -> map("life", null));
        ConfigMap changed = new ConfigMapBuilder(made).addToData("a", "2").build();
        Checks.equal(client.resource(changed).update().getData(), Map.of("a", "2"));
        fails(409, "the object has been modified", () -> client.resource(changed).lockResourceVersion(made.getMetadata().getResourceVersion()).update());
        Checks.equal(client.resource(made).delete().size(), 1);
        Checks.equal(client.configMaps().inNamespace(namespace).withName("life").get(), null);
    }

    private void edit() {
        map("edited", null);
        var edited = client.configMaps().inNamespace(namespace).withName("edited");
        Checks.equal(edited.edit(it -> new ConfigMapBuilder(it).addToData("b", "2").build()).getData(), Map.of("a", "1", "b", "2"));
        Checks.equal(edited.patch(PatchContext.of(PatchType.JSON_MERGE), "{\"data\":{\"a\":null}}").getData(), Map.of("b", "2"));
        Checks.equal(edited.patch(PatchContext.of(PatchType.STRATEGIC_MERGE), "{\"data\":{\"c\":\"3\"}}").getData(), Map.of("b", "2", "c", "3"));
        Checks.equal(edited.patch(PatchContext.of(PatchType.JSON), "[{\"op\":\"remove\",\"path\":\"/data/c\"}]").getData(), Map.of("b", "2"));
        Checks.equal(edited.accept(it -> it.getMetadata().setLabels(Map.of("x", "y"))).getMetadata().getLabels(), Map.of("x", "y"));
    }

    private void apply() throws Exception {
        ConfigMap wanted = new ConfigMapBuilder().withNewMetadata().withName("applied").withNamespace(namespace).endMetadata().addToData("a", "1").build();
        ConfigMap got = client.resource(wanted).serverSideApply();
        Checks.equal(got.getMetadata().getManagedFields().get(0).getOperation(), "Apply");
        ConfigMap other = new ConfigMapBuilder(wanted).addToData("a", "2").build();
        fails(409, "Apply failed with 1 conflict", () -> client.resource(other).fieldManager("other").serverSideApply());
        Checks.equal(client.resource(other).fieldManager("other").forceConflicts().serverSideApply().getData(), Map.of("a", "2"));
    }

    private void lists() {
        for (String name : List.of("l1", "l2", "l3")) {
            map(name, Map.of("list", "yes"));
        }
        var listed = client.configMaps().inNamespace(namespace).withLabel("list", "yes");
        ConfigMapList first = listed.list(new ListOptionsBuilder().withLimit(2L).build());
        Checks.equal(first.getItems().size(), 2);
        String token = first.getMetadata().getContinue();
        Checks.equal(listed.list(new ListOptionsBuilder().withLimit(2L).withContinue(token).build()).getItems().size(), 1);
        Checks.equal(client.configMaps().inNamespace(namespace).withField("metadata.name", "l2").list().getItems().size(), 1);
        Checks.equal(listed.delete().size(), 3);
    }

    /** Collects what a watch says. */
    private static class Seen implements Watcher<ConfigMap> {
        final List<String> events = new CopyOnWriteArrayList<>();

        @Override
        public void eventReceived(Action action, ConfigMap map) {
            events.add(action + " " + map.getMetadata().getName());
        }

        @Override
        public void onClose(WatcherException cause) {
            events.add("closed: " + cause);
        }
    }

    private void watch() throws Exception {
        Seen seen = new Seen();
        String version = client.configMaps().inNamespace(namespace).list().getMetadata().getResourceVersion();
        try (Watch watch = client.configMaps().inNamespace(namespace).withResourceVersion(version).watch(seen)) {
            ConfigMap made = map("watched", null);
            client.resource(made).delete();
            Checks.soon("two events came: " + seen.events, () -> seen.events.size() >= 2);
        }
        Checks.equal(seen.events.subList(0, 2), List.of("ADDED watched", "DELETED watched"));
    }

    private void watchOne() throws Exception {
        Seen seen = new Seen();
        try (Watch watch = client.configMaps().inNamespace(namespace).withName("one").watch(new ListOptionsBuilder().withTimeoutSeconds(1L).build(), seen)) {
            Thread.sleep(1500);
            map("another", null);
            map("one", null);
            Checks.soon("an event came", () -> seen.events.contains("ADDED one"));
        }
        Checks.equal(seen.events.contains("ADDED another"), false);
    }

    private void waiting() {
        var awaited = client.configMaps().inNamespace(namespace).withName("awaited");
        new Thread(() -> map("awaited", null)).start();
        Checks.equal(awaited.waitUntilCondition(it -> it != null, 20, TimeUnit.SECONDS).getData(), Map.of("a", "1"));
    }

    private void informer() throws Exception {
        List<String> seen = new CopyOnWriteArrayList<>();
        ResourceEventHandler<ServiceAccount> handler = new ResourceEventHandler<>() {
            @Override
            public void onAdd(ServiceAccount it) {
                seen.add("add " + it.getMetadata().getName());
            }

            @Override
            public void onUpdate(ServiceAccount old, ServiceAccount it) {
                seen.add("update " + it.getMetadata().getName());
            }

            @Override
            public void onDelete(ServiceAccount it, boolean unknown) {
                seen.add("delete " + it.getMetadata().getName());
            }
        };
        try (SharedIndexInformer<ServiceAccount> informer = client.serviceAccounts().inNamespace(namespace).inform(handler)) {
            Checks.soon("it is synced", informer::hasSynced);
            account("seen");
            Checks.soon("it is added", () -> seen.contains("add seen"));
            client.serviceAccounts().inNamespace(namespace).withName("seen").delete();
            Checks.soon("it is deleted", () -> seen.contains("delete seen"));
        }
    }

    private void generic() {
        String yaml = "apiVersion: v1\nkind: Secret\nmetadata:\n  name: generic\nstringData:\n  a: b\n";
        Checks.equal(client.resource(yaml).inNamespace(namespace).create().getMetadata().getName(), "generic");
        var got = client.genericKubernetesResources("v1", "Secret").inNamespace(namespace).withName("generic").get();
        Checks.equal(got.get("data", "a"), "Yg==");
    }

    private void discovery() {
        Checks.equal(client.getKubernetesVersion().getMajor(), "1");
        Checks.equal(client.supports(TokenReview.class), true);
        Checks.equal(client.hasApiGroup("authentication.k8s.io", true), true);
        Checks.contains(client.raw("/readyz"), "ok");
    }

    private void verify() throws Exception {
        SignedJWT token = SignedJWT.parse(token("vault"));
        JWKSet keys = JWKSet.parse(client.raw("/openid/v1/jwks"));
        var key = keys.getKeyByKeyId(token.getHeader().getKeyID());
        Checks.equal(token.verify(new RSASSAVerifier(key.toRSAKey())), true);
        Checks.contains(client.raw("/.well-known/openid-configuration"), "\"issuer\":\"" + token.getJWTClaimsSet().getIssuer());
    }

    private void dies() throws Exception {
        Pod pod = new PodBuilder().withNewMetadata().withName("pod").endMetadata().withNewSpec().withServiceAccountName("builder")
            .addNewContainer().withName("main").withImage("pause").endContainer().endSpec().build();
        client.pods().inNamespace(namespace).resource(pod).create();
        TokenRequestSpec spec = new TokenRequestSpecBuilder().withNewBoundObjectRef().withApiVersion("v1").withKind("Pod").withName("pod").endBoundObjectRef().build();
        String token = request("builder", spec).getStatus().getToken();
        client.pods().inNamespace(namespace).withName("pod").withGracePeriod(0).delete();
        Checks.soon("it is refused", () -> !Boolean.TRUE.equals(review(token).getAuthenticated()));
    }
}

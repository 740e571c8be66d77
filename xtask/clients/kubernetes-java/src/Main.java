/** The Java libraries for Kubernetes, on the current context of KUBECONFIG. */
public class Main {
    public static void main(String[] arguments) throws Exception {
        int failures = new Fabric8().run() + new Official().run();
        System.exit(failures > 0 ? 1 : 0);
    }
}

import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** Named checks, and the line that each prints: how it went, the tool, its name, what was wrong. */
class Checks {
    /** One check. */
    interface Check {
        void run() throws Exception;
    }

    private final String tool;
    private int failures;

    Checks(String tool) {
        this.tool = tool;
    }

    int failures() {
        return failures;
    }

    void check(String name, Check check) {
        try {
            limited(check);
            System.out.println(String.join("\t", "ok", tool, name));
        } catch (Throwable error) {
            failures++;
            System.out.println(String.join("\t", "failed", tool, name, (error + " " + cause(error)).replaceAll("\\s+", " ")));
        }
    }

    /** A library that waits for an answer in vain is stopped. */
    private static void limited(Check check) throws Throwable {
        CompletableFuture<Throwable> end = new CompletableFuture<>();
        Thread thread = new Thread(() -> {
            try {
                check.run();
                end.complete(null);
            } catch (Throwable error) {
                end.complete(error);
            }
        });
        thread.setDaemon(true);
        thread.start();
        Throwable error = end.get(30, TimeUnit.SECONDS);
        if (error != null) {
            throw error;
        }
    }

    private static String cause(Throwable error) {
        if (error instanceof io.kubernetes.client.openapi.ApiException) {
            return ((io.kubernetes.client.openapi.ApiException) error).getResponseBody();
        }
        return error.getCause() == null ? "" : error.getCause().toString();
    }

    static void equal(Object got, Object wanted) {
        if (!Objects.equals(got, wanted)) {
            throw new AssertionError(got + ", wanted " + wanted);
        }
    }

    static void contains(Object text, String part) {
        if (!String.valueOf(text).contains(part)) {
            throw new AssertionError("wanted " + part + " in " + text);
        }
    }

    /** Wants something to come true within some seconds. */
    static void soon(String what, Callable<Boolean> holds) throws Exception {
        for (long end = System.currentTimeMillis() + 20_000; System.currentTimeMillis() < end; Thread.sleep(50)) {
            if (holds.call()) {
                return;
            }
        }
        throw new AssertionError("not so in time: " + what);
    }
}

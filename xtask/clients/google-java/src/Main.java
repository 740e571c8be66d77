/**
 * Google's Java library on the emulator, over each of its transports.
 *
 * <p>Prints a line for each check: its outcome, the transport, its name and what was wrong.
 */
public final class Main {
  private Main() {}

  public static void main(String[] arguments) throws Exception {
    int failures = 0;
    for (var transport : Transports.all().entrySet()) {
      Checks checks = new Checks(transport.getKey(), transport.getValue());
      for (var check : checks.all().entrySet()) {
        String line = "\t" + transport.getKey() + "\t" + check.getKey();
        try {
          check.getValue().run();
          System.out.println("ok" + line);
        } catch (Exception | AssertionError error) {
          failures++;
          System.out.println("failed" + line + "\t" + error.toString().replaceAll("\\s+", " "));
        }
      }
      checks.close();
    }
    System.exit(failures > 0 ? 1 : 0);
  }
}

// SPDX-License-Identifier: MIT OR Apache-2.0
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import org.junit.runner.Description;
import org.junit.runner.JUnitCore;
import org.junit.runner.Request;
import org.junit.runner.manipulation.Filter;
import org.junit.runner.notification.Failure;
import org.junit.runner.notification.RunListener;

/** JUnitXml FILE CLASS: runs the class's tests and lists each case in FILE, as Bazel reads it. */
public final class JUnitXml {
  private JUnitXml() {}

  private static String escaped(String text) {
    return text.replaceAll("[^\\x20-\\x7e]", "?").replace("&", "&amp;").replace("<", "&lt;").replace("\"", "&quot;");
  }

  public static void main(String[] args) throws Exception {
    List<String> cases = new ArrayList<>();
    JUnitCore core = new JUnitCore();
    core.addListener(
        new RunListener() {
          private String failure;

          @Override
          public void testStarted(Description d) {
            failure = null;
          }

          @Override
          public void testFailure(Failure f) {
            failure = f.getTrace();
            System.out.println("FAILED " + f.getTestHeader() + "\n" + f.getTrace());
          }

          @Override
          public void testFinished(Description d) {
            String inner = failure == null ? "" : "<failure message=\"" + escaped(failure) + "\"/>";
            cases.add("<testcase name=\"" + escaped(d.getMethodName()) + "\" classname=\"" + args[1] + "\">" + inner
                + "</testcase>");
          }
        });
    Request request = Request.aClass(Class.forName(args[1]));
    String only = System.getenv("TESTBRIDGE_TEST_ONLY"); // --test_filter
    if (only != null) {
      request = request.filterWith(
          new Filter() {
            @Override
            public boolean shouldRun(Description d) {
              return d.isSuite() || d.getMethodName().contains(only);
            }

            @Override
            public String describe() {
              return only;
            }
          });
    }
    var result = core.run(request);
    try (PrintWriter xml = new PrintWriter(args[0], "UTF-8")) {
      xml.println("<testsuites><testsuite name=\"junit\">" + String.join("\n", cases) + "</testsuite></testsuites>");
    }
    System.out.println(result.getRunCount() + " tests, " + result.getFailureCount() + " failed");
    System.exit(result.wasSuccessful() && result.getRunCount() > 0 ? 0 : 1);
  }
}

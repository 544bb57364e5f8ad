// SPDX-License-Identifier: MIT OR Apache-2.0
import static org.junit.Assert.assertEquals;

import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import javax.tools.ToolProvider;
import org.junit.BeforeClass;
import org.junit.Test;
import org.torsh.Torsh;

/** How programs find the library: each in a machine of its own. */
public class LibraryTest {
  private static Path folder;
  private static Path libraries;
  private static String jar;

  private static final String OWN = """
      public class ToRSh {
        static {
          System.loadLibrary("torsh_jni");
        }

        %1$s native void init();

        %1$s native long tensorFromArray(float[] data, long[] shape);

        public static void main(String[] args) {
          ToRSh it = new ToRSh();
          it.init();
          long t = it.tensorFromArray(new float[] {1, 2, 3, 4, 5, 6}, new long[] {2, 3});
          String refused = "";
          try {
            it.tensorFromArray(new float[] {1}, new long[] {2});
          } catch (RuntimeException e) {
            refused = e.getMessage();
          }
          try {
            it.tensorFromArray(null, new long[] {2});
          } catch (NullPointerException e) {
            refused += e.getMessage();
          }
          System.out.println((t != 0) + " " + refused);
        }
      }
      """;

  private static final String LISTS = """
      import java.nio.file.*;
      import java.nio.file.attribute.PosixFilePermissions;

      public class Lists {
        public static void main(String[] args) throws Exception {
          String sum = org.torsh.Torsh.ones(3).sum().toString();
          if (args.length > 0) {
            System.out.println(sum);
            return;
          }
          try (var all = Files.list(Path.of(System.getProperty("java.io.tmpdir")))) {
            for (Path p : (Iterable<Path>) all::iterator) {
              try (var files = Files.list(p)) {
                System.out.println(PosixFilePermissions.toString(Files.getPosixFilePermissions(p)) + " " + files.count());
              }
            }
          }
          System.out.println(sum);
        }
      }
      """;

  @BeforeClass
  public static void unpack() throws Exception {
    folder = Files.createTempDirectory("library");
    libraries = Files.createDirectory(folder.resolve("lib"));
    for (String file : new String[] {"libtorsh.so.0", "libtorsh_jni.so"}) {
      try (InputStream in = Torsh.class.getResourceAsStream("/native/linux-amd64/" + file)) {
        Files.copy(in, libraries.resolve(file));
      }
    }
    jar = Path.of(Torsh.class.getProtectionDomain().getCodeSource().getLocation().toURI()).toString();
  }

  private static Path compiled(String folderName, String cls, String source) throws Exception {
    Path to = Files.createDirectory(folder.resolve(folderName));
    Path file = Files.writeString(to.resolve(cls + ".java"), source);
    int status = ToolProvider.getSystemJavaCompiler().run(null, null, null, "-cp", jar, "-d", to.toString(), file.toString());
    assertEquals(0, status);
    return to;
  }

  private static Process start(String... arguments) throws Exception {
    List<String> command = new ArrayList<>(List.of(
        Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-Xcheck:jni", "-XX:-UsePerfData", "-Xmx64m"));
    command.addAll(List.of(arguments));
    return new ProcessBuilder(command).redirectErrorStream(true).start();
  }

  private static String end(Process p) throws Exception {
    String out = new String(p.getInputStream().readAllBytes());
    assertEquals(out, 0, p.waitFor());
    return out;
  }

  @Test
  public void aClassOfOnesOwnWithoutTheJar() throws Exception {
    String expected = "true tensorFromArray: an array of 1 values does not fill the shapetensorFromArray: data is null\n";
    for (String modifiers : new String[] {"public", "public static"}) {
      Path classes = compiled("own" + modifiers.length(), "ToRSh", OWN.formatted(modifiers));
      assertEquals(expected, end(start("-Djava.library.path=" + libraries, "-cp", classes.toString(), "ToRSh")));
    }
  }

  @Test
  public void unpackedPrivatelyAndRemoved() throws Exception {
    Path classes = compiled("lists", "Lists", LISTS);
    Path tmp = Files.createDirectory(folder.resolve("tmp"));
    String path = jar + ":" + classes;
    assertEquals("rwx------ 2\ntensor(3.)\n", end(start("-Djava.io.tmpdir=" + tmp, "-cp", path, "Lists")));
    try (Stream<Path> left = Files.list(tmp)) {
      assertEquals(0, left.count());
    }
    // machines side by side do not meet
    Process a = start("-Djava.io.tmpdir=" + tmp, "-cp", path, "Lists", "quiet");
    Process b = start("-Djava.io.tmpdir=" + tmp, "-cp", path, "Lists", "quiet");
    assertEquals("tensor(3.)\n", end(a));
    assertEquals("tensor(3.)\n", end(b));
    String named = "-Dtorsh.library.path=" + libraries;
    assertEquals("tensor(3.)\n", end(start(named, "-Djava.io.tmpdir=" + tmp, "-cp", path, "Lists")));
  }
}

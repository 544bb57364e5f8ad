// SPDX-License-Identifier: MIT OR Apache-2.0
import static org.junit.Assert.assertTrue;

import java.nio.file.Path;
import java.util.List;
import org.junit.AfterClass;
import org.junit.BeforeClass;
import org.junit.Test;
import org.junit.runner.RunWith;
import org.junit.runners.Parameterized;
import org.junit.runners.Parameterized.Parameters;
import org.torsh.Torsh;

/** The programs that all languages run, to the last bit. */
@RunWith(Parameterized.class)
public class ProgramsTest {
  private final Program program;

  public ProgramsTest(String name, Program program) {
    this.program = program;
  }

  @Parameters(name = "{0}")
  public static List<Object[]> programs() throws Exception {
    return Program.read(Path.of("torsh-ffi/tests/programs.txt")).stream().map(p -> new Object[] {p.name, p}).toList();
  }

  @BeforeClass
  public static void portable() {
    Torsh.setBackend("cpu-portable");
  }

  @AfterClass
  public static void back() {
    Torsh.setBackend("cpu");
  }

  @Test
  public void bits() {
    program.run();
    assertTrue(program.compared > 0);
  }
}

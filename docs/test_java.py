# SPDX-License-Identifier: MIT OR Apache-2.0
"""The Java that the pages show runs from the jar alone and prints what they say. A ```java block is a whole program, or
statements."""
import os
import subprocess
import textwrap

import pytest
from test_docs import in_language

JDK, JAR = (os.path.abspath(a) for a in os.environ["TORSH_JAVA"].split())

STATEMENTS = """\
import java.nio.*;
import org.torsh.*;
import org.torsh.nn.*;
import org.torsh.optim.*;

public class Main {
  public static void main(String[] args) throws Exception {
%s
  }
}
"""


@pytest.mark.parametrize("page, language, text, prints, line", in_language("java"))
def test_java(page, language, text, prints, line, tmp_path):
    (tmp_path / "Main.java").write_text(text if "class Main" in text else STATEMENTS % textwrap.indent(text, "    "))
    run = subprocess.run([JDK, "java", "-XX:-UsePerfData", "-Xcheck:jni", "-cp", JAR, "Main.java"], cwd=tmp_path,
                         capture_output=True, text=True, timeout=240)
    assert run.returncode == 0, run.stdout + run.stderr
    assert run.stdout == prints
    assert not run.stderr

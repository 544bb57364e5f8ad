# SPDX-License-Identifier: MIT OR Apache-2.0
"""Java from the lists of torsh/core.h: the enum of dtypes, an exception for each status."""
from __future__ import annotations

import pathlib
import re

from emit_jni import SPDX

CORE = pathlib.Path(__file__).absolute().parents[2] / "torsh-core/include/torsh/core.h"
NOTE = "// SPDX-License-Identifier: MIT OR Apache-2.0\n// Generated from torsh/core.h by tools/opgen; not committed, do not edit.\n"


def x_list(name: str) -> list[list[str]]:
    text = CORE.read_text()
    body = re.search(rf"#define {name}\(X\)(.*?)\n\n", text, re.S)[1]
    return [[*re.split(r",\s*", m[1]), (m[2] or "").strip()] for m in re.finditer(r"X\(([^)]*)\)\s*(?:/\*(.*?)\*/)?", body)]


# status -> exception, and what of Java's it is
EXCEPTIONS = {
    "SHAPE": ("ShapeMismatchException", None), "DTYPE": ("DTypeException", None), "DEVICE": ("DeviceException", None),
    "INDEX": ("OutOfRangeException", "IndexOutOfBoundsException"), "VALUE": ("InvalidValueException", None),
    "TYPE": ("InvalidTypeException", None), "MEMORY": ("OutOfMemoryException", None),
    "NULL": ("MissingArgumentException", "NullPointerException"), "NOT_IMPLEMENTED": ("UnsupportedException", None),
    "IO": ("FileFormatException", None), "STATE": ("StateException", None), "CALLBACK": ("CallbackException", None),
    "INTERNAL": ("InternalException", None),
}


def exception(status: str, doc: str):
    name, java = EXCEPTIONS[status]
    doc = doc[:1].upper() + doc[1:]
    yield NOTE + "package org.torsh;\n"
    yield f"/** {doc}. */"
    yield f"public class {name} extends {java + ' implements TorshFailure' if java else 'TorshException'} {{"
    yield "  private static final long serialVersionUID = 1;\n"
    yield f"  public {name}(String message) {{\n    super(message);\n  }}\n"
    yield f'  @Override\n  public String status() {{\n    return "{status}";\n  }}\n}}'


def exceptions_table(statuses):
    yield SPDX + "/* Generated from torsh/core.h by tools/opgen: status -> class of the exception. */"
    yield '#include "call.h"\n'
    yield "const char *const torsh__exceptions[] = {\n    \"org/torsh/TorshException\","
    yield from (f'    [{s[1]}] = "org/torsh/{EXCEPTIONS[s[0]][0]}",' for s in statuses)
    yield "};\nconst int torsh__n_exceptions = sizeof torsh__exceptions / sizeof *torsh__exceptions;"


def dtype_enum(dtypes):
    yield NOTE + "package org.torsh;\n"
    yield "/** What the elements of a tensor are. */\npublic enum DType {"
    rows = [f'  {text.strip(chr(34)).upper()}({value}, {size}, {text})' for _, value, size, text, *_ in dtypes]
    yield ",\n".join(rows) + ";\n"
    yield """\
  private final int code;
  private final int bytes;
  private final String text;

  DType(int code, int bytes, String text) {
    this.code = code;
    this.bytes = bytes;
    this.text = text;
  }

  /** Bytes of one element. */
  public int bytes() {
    return bytes;
  }

  public boolean isFloatingPoint() {
    return this == FLOAT16 || this == BFLOAT16 || this == FLOAT32 || this == FLOAT64;
  }

  static int codeOf(DType dtype) {
    return dtype == null ? -1 : dtype.code;
  }

  static DType of(int code) {
    for (DType d : values()) {
      if (d.code == code) {
        return d;
      }
    }
    throw new InternalException("no dtype has the code " + code);
  }

  /** PyTorch's name: "float32". */
  @Override
  public String toString() {
    return text;
  }
}"""


def outputs(folder: str) -> dict[str, object]:
    statuses = x_list("TORSH_STATUS_LIST")
    out = {"java/exceptions_jni.c": exceptions_table(statuses), folder + "DType.java": dtype_enum(x_list("TORSH_DTYPE_LIST"))}
    for s in statuses:
        out[folder + EXCEPTIONS[s[0]][0] + ".java"] = exception(s[0], s[-1])
    return out

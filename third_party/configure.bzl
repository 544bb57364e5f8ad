# SPDX-License-Identifier: MIT OR Apache-2.0
"""What is installed on this machine: Python with NumPy's headers, Ruby with ffi. No downloads."""

_PROBE = """
import importlib.metadata as m, json, sys, sysconfig

def version(name):
    try:
        return m.version(name)
    except m.PackageNotFoundError:
        return ""

try:
    import numpy
    include = numpy.get_include()
except ImportError:
    include = ""
print(json.dumps({
    "python": sysconfig.get_path("include"),
    "numpy": include,
    "versions": {p: version(p) for p in ("numpy", "pytest", "hypothesis", "scipy", "torch")},
}))
"""

# pytest comes after the versions: a test runs again when one of them has changed
_LAUNCHER = """#!/bin/sh
# %s
exec %s "$@"
"""

_PYTHON_BUILD = """
package(default_visibility = ["//visibility:public"])

exports_files(["python3.sh"])

cc_library(
    name = "headers",
    hdrs = glob(["python/**/*.h", "numpy/**/*.h"]),
    includes = ["python", "numpy"],
)
"""

def _python_impl(rctx):
    python = rctx.os.environ.get("TORSH_PYTHON") or str(rctx.which("python3"))
    result = rctx.execute([python, "-c", _PROBE])
    if result.return_code:
        fail("TORSH_PYTHON=%s does not run: %s" % (python, result.stderr))
    found = json.decode(result.stdout)
    version = found["versions"]["numpy"]

    # copies, not links: pip's isolated build environment is deleted afterwards
    rctx.execute(["cp", "-rL", found["python"], "python"])
    rctx.execute(["cp", "-rL", found["numpy"], "numpy"] if found["numpy"] else ["mkdir", "numpy"])
    rctx.file("python3.sh", _LAUNCHER % (found["versions"], python))
    rctx.file("defs.bzl", "HAVE_NUMPY2 = %s\n" % bool(version and int(version.split(".")[0]) >= 2))
    rctx.file("BUILD", _PYTHON_BUILD)

# ./dev sets TORSH_VENV to what it has installed, so that a package that came later is seen
local_python = repository_rule(
    _python_impl,
    environ = ["TORSH_PYTHON", "TORSH_VENV", "PATH", "PYTHONPATH"],
    local = True,
)

def _ruby_impl(rctx):
    ruby = rctx.which("ruby")
    probe = "require 'ffi'; require 'fiddle'; exit RUBY_VERSION >= '3.0'"
    have = bool(ruby) and rctx.execute([ruby, "-e", probe]).return_code == 0
    rctx.file("defs.bzl", "HAVE_RUBY = %s\n" % have)
    rctx.file("BUILD", "")

local_ruby = repository_rule(_ruby_impl, environ = ["PATH"], local = True)

def local_machine():
    local_python(name = "local_python")
    local_ruby(name = "local_ruby")

# SPDX-License-Identifier: MIT OR Apache-2.0
"""What is installed on this machine: Python with NumPy's headers, Ruby with ffi, a JDK with JUnit. No downloads."""

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

_JAVA_BUILD = """
package(default_visibility = ["//visibility:public"])

exports_files(["jdk.sh"])

filegroup(
    name = "junit",
    srcs = glob(["junit/*.jar"]),
)

cc_library(
    name = "jni",
    hdrs = glob(["include/*.h"]),
    includes = ["include"],
)
"""

_JDK = """#!/bin/sh
# %s
tool=$1
shift
exec %s/bin/"$tool" "$@"
"""

def _java_impl(rctx):
    # a link of the system's alternatives leads to the JDK itself; JAVA_HOME, if it is set, comes first
    javac = rctx.os.environ.get("JAVA_HOME", "") + "/bin/javac"
    found = rctx.path(javac) if rctx.os.environ.get("JAVA_HOME") and rctx.path(javac).exists else rctx.which("javac")
    home = found.realpath.dirname.dirname if found else None
    version = rctx.execute([home.get_child("bin").get_child("javac"), "-version"]).stdout.strip() if home else ""
    number = version[len("javac "):].split(".")[0]
    have = number.isdigit() and int(number) >= 17 and home.get_child("include").get_child("jni.h").exists
    junit = [p for p in [rctx.path("/usr/share/java/" + j) for j in ("junit4.jar", "hamcrest.jar")] if p.exists]
    rctx.execute(["mkdir", "include", "junit"])
    if have:
        include = str(home.get_child("include"))
        rctx.execute(["cp", "-L", include + "/jni.h", include + "/linux/jni_md.h", "include"])
    for jar in junit:
        rctx.execute(["cp", "-L", str(jar), "junit"])
    rctx.file("jdk.sh", _JDK % (version, home))
    rctx.file("defs.bzl", "HAVE_JDK = %s\nHAVE_JUNIT = %s\n" % (have, have and len(junit) == 2))
    rctx.file("BUILD", _JAVA_BUILD)

local_java = repository_rule(_java_impl, environ = ["JAVA_HOME", "PATH"], local = True)

def local_machine():
    local_python(name = "local_python")
    local_ruby(name = "local_ruby")
    local_java(name = "local_java")

# SPDX-License-Identifier: MIT OR Apache-2.0
"""The Python package: extension, package folder (tools/tree.bzl), wheel, pytest targets."""

load("@local_python//:defs.bzl", "HAVE_NUMPY2")
load("//tools:torsh.bzl", "COPTS", "torsh_shared")
load("//tools:tree.bzl", "torsh_tree")
load("//tools:version.bzl", "VERSION")

_NEEDS_NUMPY = [] if HAVE_NUMPY2 else ["//third_party:incompatible"]

def torsh_extension(name, srcs, shared, copts = [], deps = []):
    """NAME.abi3.so over the shared library `shared`, which will lie beside it. Skipped without numpy>=2."""
    native.cc_library(
        name = name + ".objects",
        srcs = srcs,
        copts = COPTS + ["-iquote", native.package_name() + "/src"] + copts,
        linkstatic = True,
        target_compatible_with = _NEEDS_NUMPY,
        deps = [shared, "@local_python//:headers"] + deps,
    )
    torsh_shared(
        name = name,
        filename = name + ".abi3.so",
        allow_undefined = True,
        exports = ["PyInit_*"],
        libs = [":" + name + ".objects"],
        target_compatible_with = _NEEDS_NUMPY,
        deps = [shared],
    )

def torsh_py_package(name, srcs, at):
    """The folder NAME that holds torsh/: what goes into PYTHONPATH; and NAME.wheel, the same as a wheel.

    Args:
      name: by convention "package".
      srcs: Python files below this package.
      at: {target: folder}, e.g. {":_C": "torsh", "//torsh-ffi:torsh": "torsh"}.
    """
    torsh_tree(
        name = name,
        srcs = srcs,
        at = at,
        target_compatible_with = _NEEDS_NUMPY,
        visibility = ["//visibility:public"],
    )
    wheel = "torsh-%s-cp310-abi3-manylinux_2_34_x86_64.whl" % VERSION
    native.genrule(
        name = name + ".wheel",
        srcs = [":" + name, "//:LICENSE-MIT", "//:LICENSE-APACHE"],
        outs = [wheel],
        cmd = "python3 $(location //tools:make_wheel.py) $@ $(SRCS)",
        target_compatible_with = _NEEDS_NUMPY,
        tools = ["//tools:make_wheel.py"],
        visibility = ["//visibility:public"],
    )

def torsh_py_test(name, srcs, package = "//torsh-python:package", deps = [], args = [], tags = [], **kwargs):
    """pytest over srcs in the interpreter that Bazel found, with `package` in PYTHONPATH.

    Args:
      name: of the test.
      srcs: files for pytest; conftest.py and helpers go into deps.
      package: a torsh_py_package.
      deps: further files that the tests need.
      args: further options of pytest.
      tags: further tags.
      **kwargs: size, timeout ...
    """
    python = "@local_python//:python3.sh"
    native.sh_test(
        name = name,
        srcs = ["//tools:py_test.sh"],
        args = ["$(rootpath %s)" % package] + ["$(rootpath %s)" % s for s in srcs] + args,
        data = srcs + deps + [package, python],
        tags = tags + ["no_san"],  # the interpreter is not built with a sanitizer
        target_compatible_with = _NEEDS_NUMPY,
        **kwargs
    )

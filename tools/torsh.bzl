# SPDX-License-Identifier: MIT OR Apache-2.0
"""One macro per kind of C target. All compiler and linker flags live in this file and in .bazelrc.

torsh_library   libNAME.a + libNAME.so.0 + libNAME.so from one compile, and one test per tests/*_test.cc
torsh_binary    a C program, statically linked against our libraries
torsh_shared    a shared object out of libraries that are compiled already (libtorsh.so.0, _C.abi3.so)
"""

load("//tools:shared.bzl", _torsh_headers = "torsh_headers", _torsh_shared = "torsh_shared")

torsh_shared = _torsh_shared

_WARN = ["-Wall", "-Wextra", "-Werror"]

COPTS = _WARN + [
    "-std=gnu11",
    "-fvisibility=hidden",
    # a*b+c must round the same on every instruction set
    "-ffp-contract=off",
    # our exported functions may be inlined where we call them ourselves
    "-fno-semantic-interposition",
    # a static program drops every operator that it does not name
    "-ffunction-sections",
    "-fdata-sections",
    # -c opt says -DNDEBUG; our asserts stay
    "-UNDEBUG",
]

_TEST_COPTS = _WARN + ["-std=c++17", "-UNDEBUG"]

_LINKOPTS = ["-Wl,--gc-sections", "-lpthread", "-ldl"]

def _quote_dirs(*dirs):
    # generated sources and tests include the library's private headers as "shape.h"
    return [f for d in dirs for f in ("-iquote", native.package_name() + "/" + d)]

def _shared_label(label):
    """//torsh-core -> //torsh-core:torsh-core.so"""
    return (label if ":" in label else label + ":" + label.split("/")[-1]) + ".so"

def torsh_library(
        name,
        srcs = None,
        hdrs = None,
        generated = [],
        generated_hdrs = [],
        deps = [],
        copts = [],
        linkopts = [],
        isa_srcs = [],
        isa = {},
        tests = None,
        test_deps = [],
        test_data = [],
        visibility = ["//visibility:public"]):
    """A C library. Targets: NAME (static), NAME.so (shared), NAME.headers, and the tests by their file's name.

    Args:
      name: the package's name, so that others write //torsh-core.
      srcs: default: src/**/*.c and the private src/**/*.h, without isa_srcs.
      hdrs: default: include/**/*.h; users write <torsh/core.h>.
      generated: labels of generated .c files and private headers.
      generated_hdrs: labels of generated public headers; their path holds a folder include/.
      deps: torsh_library targets, and cc_library targets of //third_party or other repositories.
      copts: for all sources of this library.
      linkopts: e.g. -lm, handed on to every program that links the library.
      isa_srcs: sources compiled once per entry of isa, with -O3 and -DISA=<key>.
      isa: {suffix: compiler flags}.
      tests: default: tests/*_test.cc. Other .c and .cc files in tests/ are linked into each of them:
        NAME.testing, which the tests of libraries above may use too (<tensors.h>).
      test_deps: further libraries that the tests need.
      test_data: files that the tests read.
      visibility: who may depend on it.
    """
    headers = native.glob(["src/**/*.h"])
    if srcs == None:
        srcs = native.glob(["src/**/*.c"], exclude = isa_srcs) + headers
    if hdrs == None:
        hdrs = native.glob(["include/**/*.h"])
    copts = COPTS + _quote_dirs("src") + copts

    _torsh_headers(name = name + ".headers", hdrs = hdrs + generated_hdrs, visibility = visibility)
    compile_deps = [":" + name + ".headers"] + deps

    variants = []
    for suffix, flags in isa.items():
        variant = "%s.%s" % (name, suffix)
        native.cc_library(
            name = variant,
            srcs = isa_srcs + headers,
            copts = copts + ["-O3"] + flags,
            linkstatic = True,
            local_defines = ["ISA=" + suffix],
            tags = ["manual"],
            visibility = ["//visibility:private"],
            deps = compile_deps,
        )
        native.filegroup(name = variant + ".o", srcs = [":" + variant], output_group = "compilation_outputs")
        variants.append(":" + variant + ".o")

    native.cc_library(
        name = name,
        srcs = srcs + generated + variants,
        copts = copts,
        linkopts = linkopts + _LINKOPTS,
        linkstatic = True,
        visibility = visibility,
        deps = compile_deps,
    )
    torsh_shared(
        name = name + ".so",
        libname = name,
        libs = [":" + name],
        deps = [_shared_label(d) for d in deps if not d.startswith(("@", "//third_party", "//ops"))],
        visibility = visibility,
    )
    _tests(name, tests, test_deps, test_data)

def _tests(library, tests, deps, data):
    if tests == None:
        tests = native.glob(["tests/*_test.cc"])
    support = native.glob(["tests/*.h", "tests/*.c", "tests/*.cc"], exclude = ["tests/*_test.cc"])
    deps = [":" + library, "@googletest//:gtest_main"] + deps
    quote = _quote_dirs("src", "tests")
    if support:
        native.cc_library(
            name = library + ".testing",
            testonly = True,
            srcs = [f for f in support if f.endswith(".cc")],
            hdrs = [f for f in support if f.endswith(".h")],
            copts = _TEST_COPTS + quote,
            includes = ["tests"],
            linkstatic = True,
            visibility = ["//visibility:public"],
            deps = deps + ([":" + library + ".testing_c"] if [f for f in support if f.endswith(".c")] else []),
        )
        if [f for f in support if f.endswith(".c")]:
            native.cc_library(
                name = library + ".testing_c",
                testonly = True,
                srcs = [f for f in support if not f.endswith(".cc")],
                copts = COPTS + quote,
                linkstatic = True,
                deps = deps,
            )
        deps = [":" + library + ".testing"] + deps
    for test in tests:
        native.cc_test(
            name = test.split("/")[-1][:-len(".cc")],
            srcs = [test],
            copts = _TEST_COPTS + quote,
            data = data,
            linkstatic = True,
            deps = deps,
        )

def torsh_binary(name, srcs, deps, copts = [], linkopts = [], **kwargs):
    """A C program. A dep //torsh-x is linked statically, //torsh-x:torsh-x.so as a shared library."""
    native.cc_binary(
        name = name,
        srcs = srcs,
        copts = COPTS + copts,
        linkopts = linkopts + _LINKOPTS,
        deps = deps,
        **kwargs
    )

# SPDX-License-Identifier: MIT OR Apache-2.0
"""The jar: generated and written Java compiled by javac, JNI functions over libtorsh.so, JUnit. Skipped without a JDK."""

load("@local_java//:defs.bzl", "HAVE_JUNIT", _HAVE_JDK = "HAVE_JDK")
load("//tools:torsh.bzl", "COPTS", "torsh_shared")

HAVE_JDK = _HAVE_JDK

NEEDS_JDK = [] if HAVE_JDK else ["//third_party:incompatible"]

NEEDS_JUNIT = [] if HAVE_JUNIT else ["//third_party:incompatible"]

_JDK = "@local_java//:jdk.sh"

# for tests that run programs on the jar: files, and where they are: "LAUNCHER JAR"
JAVA_FILES = [_JDK, "//torsh-ffi/java:jar"]

JAVA_ENV = {"TORSH_JAVA": "$(rootpath %s) $(rootpath %s)" % tuple(JAVA_FILES)}

# the same jar whenever it is made
_DATE = "--date=2020-01-01T00:00:00Z"

def torsh_jni(name, srcs, shared, copts = []):
    """libNAME.so over the shared library `shared`, which will lie beside it."""
    native.cc_library(
        name = name + ".objects",
        srcs = srcs,
        copts = COPTS + copts,
        linkstatic = True,
        target_compatible_with = NEEDS_JDK,
        deps = [shared, "@local_java//:jni"],
    )
    torsh_shared(
        name = name,
        filename = "lib%s.so" % name,
        exports = ["JNI_OnLoad", "Java_*"],
        libs = [":" + name + ".objects"],
        target_compatible_with = NEEDS_JDK,
        visibility = ["//visibility:public"],
        deps = [shared],
    )

def torsh_classes(name, srcs, sources = [], classpath = []):
    """NAME.jar out of Java files, and of those in the archives `sources`; warnings are errors."""
    jars = " ".join(["$(locations %s)" % c for c in classpath])
    native.genrule(
        name = name,
        srcs = srcs + sources + classpath,
        outs = [name + ".jar"],
        cmd = """
            T=$$(mktemp -d) && trap "rm -rf $$T" EXIT && mkdir $$T/src $$T/classes
            for archive in %s; do (cd $$T/src && "$$OLDPWD"/$(location %s) jar --extract --file "$$OLDPWD/$$archive"); done
            $(location %s) javac --release 17 -encoding UTF-8 -Xlint:all,-path,-try -Werror -d $$T/classes \\
                -classpath "$$(echo %s | tr ' ' :)" $$(find $$T/src -name '*.java') %s &&
            $(location %s) jar --create %s --file $@ -C $$T/classes .
        """ % (
            " ".join(["$(location %s)" % s for s in sources]),
            _JDK,
            _JDK,
            jars,
            " ".join(["$(locations %s)" % s for s in srcs]),
            _JDK,
            _DATE,
        ),
        tools = [_JDK],
        target_compatible_with = NEEDS_JDK,
        visibility = ["//visibility:public"],
    )

def torsh_jar(name, classes, natives, files, out):
    """The jar that is handed out: classes, the libraries where NativeLibrary finds them, licenses."""
    native.genrule(
        name = name,
        srcs = [classes] + natives + files,
        outs = [out],
        cmd = """
            T=$$(mktemp -d) && trap "rm -rf $$T" EXIT && mkdir -p $$T/native/linux-amd64 $$T/META-INF
            cp -L --no-preserve=mode $$(echo %s | tr ' ' '\\n' | grep -v 'libtorsh\\.so$$') $$T/native/linux-amd64/
            cp -L --no-preserve=mode %s $$T/META-INF/
            cp -L --no-preserve=mode $(location %s) $@ && $(location %s) jar --update %s --file $@ -C $$T native -C $$T META-INF
        """ % (
            " ".join(["$(locations %s)" % n for n in natives]),
            " ".join(["$(location %s)" % f for f in files]),
            classes,
            _JDK,
            _DATE,
        ),
        tools = [_JDK],
        target_compatible_with = NEEDS_JDK,
        visibility = ["//visibility:public"],
    )

def torsh_java_test(name, cls, jars, data = [], jvm = [], args = [], **kwargs):
    """JUnit over the class, in a machine that checks every JNI call; a warning of it fails the test.

    Args:
      name: of the test.
      cls: a class with JUnit's tests.
      jars: what is on the class path.
      data: files that the tests read.
      jvm: options of the machine.
      args: further arguments.
      **kwargs: size, timeout ...
    """
    native.sh_test(
        name = name,
        srcs = ["//tools:java_test.sh"],
        args = ["$(rootpath %s)" % _JDK, cls, ",".join(jvm) or "-"] + ["$(rootpaths %s)" % j for j in jars + ["@local_java//:junit"]] + args,
        data = jars + data + [_JDK, "@local_java//:junit"],
        tags = ["no_san"],  # the machine is not built with a sanitizer
        target_compatible_with = NEEDS_JUNIT,
        **kwargs
    )

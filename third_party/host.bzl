# SPDX-License-Identifier: MIT OR Apache-2.0
"""Picks the Debian shims or the upstream archives; TORSH_DEPS=debian|upstream overrides."""

def _impl(rctx):
    debian = rctx.path("/usr/share/bazel/rules/java").exists
    kind = rctx.os.environ.get("TORSH_DEPS") or ("debian" if debian else "upstream")
    rctx.file("BUILD", "")
    rctx.file("repos.bzl", 'load("@torsh//third_party/%s:repos.bzl", _repos = "repos")\n\nrepos = _repos\n' % kind)

detect_host = repository_rule(_impl, environ = ["TORSH_DEPS"], local = True)

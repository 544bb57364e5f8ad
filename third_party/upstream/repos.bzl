# SPDX-License-Identifier: MIT OR Apache-2.0
"""A mainstream Bazel with internet: its own rules, googletest from its release. Not tried by us."""

load("@bazel_tools//tools/build_defs/repo:http.bzl", "http_archive")

def repos():
    http_archive(
        name = "googletest",
        build_file = "//third_party:googletest.BUILD",
        strip_prefix = "googletest-release-1.12.1",
        urls = ["https://github.com/google/googletest/archive/refs/tags/release-1.12.1.tar.gz"],
    )

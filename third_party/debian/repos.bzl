# SPDX-License-Identifier: MIT OR Apache-2.0
"""What Bazel 4.2.3 (Debian's bazel-bootstrap) would download otherwise. Each one is needed; nothing else is."""

def repos():
    native.local_repository(name = "rules_cc", path = "third_party/debian/rules_cc")
    native.local_repository(name = "remote_coverage_tools", path = "third_party/debian/remote_coverage_tools")
    native.local_repository(name = "rules_java", path = "/usr/share/bazel/rules/java")
    native.new_local_repository(
        name = "googletest",
        path = "/usr/src/googletest",
        build_file = "//third_party:googletest.BUILD",
    )

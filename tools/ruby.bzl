# SPDX-License-Identifier: MIT OR Apache-2.0
"""The gem and its tests. Skipped without Ruby and its gem ffi."""

load("@local_ruby//:defs.bzl", "HAVE_RUBY")
load("//tools:version.bzl", "VERSION")

NEEDS_RUBY = [] if HAVE_RUBY else ["//third_party:incompatible"]

def torsh_gem(name, package, spec, docs):
    """torsh-VERSION-x86_64-linux.gem.

    Args:
      name: of the target.
      package: a torsh_tree that holds lib/.
      spec: the gemspec; @VERSION@ is filled in.
      docs: README and licenses, which lie beside lib/.
    """
    native.genrule(
        name = name,
        srcs = [package, spec] + docs,
        outs = ["torsh-%s-x86_64-linux.gem" % VERSION],
        cmd = """
            set -e
            out=$$PWD/$@ work=$$(mktemp -d)
            cp -rL $(location %s)/lib $$work/
            cp -L %s $$work/
            sed 's/@VERSION@/%s/' $(location %s) >$$work/torsh.gemspec
            chmod -R u+w,go=rX $$work
            cd $$work
            HOME=$$work SOURCE_DATE_EPOCH=1577836800 gem build -q torsh.gemspec -o $$out >$$work/log 2>&1 || { cat $$work/log; exit 1; }
            cd /
            rm -rf $$work
        """ % (package, " ".join(["$(location %s)" % d for d in docs]), VERSION, spec),
        target_compatible_with = NEEDS_RUBY,
        visibility = ["//visibility:public"],
    )

def torsh_ruby_test(name, src, package = "//torsh-ffi/ruby:package", deps = [], args = [], tags = [], **kwargs):
    """minitest over one file, with the package's lib/ in Ruby's path.

    Args:
      name: of the test.
      src: the file.
      package: a torsh_tree that holds lib/.
      deps: further files that the test needs.
      args: for the test.
      tags: further tags.
      **kwargs: size, timeout ...
    """
    native.sh_test(
        name = name,
        srcs = ["//tools:ruby_test.sh"],
        args = ["$(rootpath %s)" % package, "$(rootpath %s)" % src] + args,
        data = [src, package, "//torsh-ffi/ruby:test/helper.rb"] + deps,
        tags = tags + ["no_san"],  # the interpreter is not built with a sanitizer
        target_compatible_with = NEEDS_RUBY,
        **kwargs
    )

#!/bin/bash
# SPDX-License-Identifier: MIT OR Apache-2.0
# gem_test.sh GEM: installs it into an empty GEM_HOME with nothing but Ruby in PATH (ffi is Debian's), and uses it.
set -eu
gem=$PWD/$1
mkdir "$TEST_TMPDIR/bin"
for program in ruby gem; do
    ln -s "$(command -v $program)" "$TEST_TMPDIR/bin/"
done
export HOME=$TEST_TMPDIR GEM_HOME=$TEST_TMPDIR/gems PATH=$TEST_TMPDIR/bin
gem install --local --no-document -q "$gem"
cd /
ruby -e '
  require "torsh"
  abort "not the installed gem" unless ToRSh::Native::PATH.start_with?(ENV["GEM_HOME"])
  abort "wrong" unless (ToRSh.tensor([1.0, 2.0]) + 1).to_a == [2.0, 3.0]
  spec = Gem.loaded_specs["torsh"]
  abort "extensions need a compiler" unless spec.extensions.empty?
  %w[LICENSE-MIT LICENSE-APACHE README.md].each { |f| abort f unless File.exist?(File.join(spec.gem_dir, f)) }
'

#!/bin/bash
# SPDX-License-Identifier: MIT OR Apache-2.0
# gem_test.sh GEM README: installs it into an empty GEM_HOME with nothing but Ruby in PATH (ffi is Debian's), and runs
# what the README shows.
set -eu
gem=$PWD/$1
sed -n '/^```ruby$/,/^```$/{/^```/!p}' "$2" >"$TEST_TMPDIR/readme.rb"
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
  abort "wrong version" unless spec.version.to_s == ToRSh::VERSION
  %w[LICENSE-MIT LICENSE-APACHE README.md].each { |f| abort f unless File.exist?(File.join(spec.gem_dir, f)) }
'
printed=$(ruby -w "$TEST_TMPDIR/readme.rb")
expected=$'tensor([[ 7., 10.],\n        [15., 22.]])\n24.0'
[[ $printed == "$expected" ]] || { echo "$printed"; exit 1; }

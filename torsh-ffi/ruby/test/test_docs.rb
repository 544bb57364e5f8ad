# frozen_string_literal: true
# SPDX-License-Identifier: MIT OR Apache-2.0

require_relative "helper"

# What the pages show in Ruby runs, block after block as one program, and prints what they say.
class DocsTest < TorshTest
  BLOCK = /^```ruby\n(.*?)^```$(?:\s*^```text\n(.*?)^```$)?/m

  def run_page(path)
    blocks = File.read(path).scan(BLOCK)
    refute_empty blocks
    program = blocks.map.with_index { |(code, _), i| "puts '==block #{i}'\n#{code}" }.join
    output = output_of(program)
    printed = output.split(/^==block \d+\n/).drop(1)
    blocks.each_with_index { |(code, expected), i| assert_equal expected, printed[i], code if expected }
  end

  def test_manual = run_page("docs/ruby.md")
  def test_readme_of_the_gem = run_page("torsh-ffi/ruby/README.md")
  def test_readme = run_page("README.md")
end

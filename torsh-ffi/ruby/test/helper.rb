# frozen_string_literal: true
# SPDX-License-Identifier: MIT OR Apache-2.0
# What all test files begin with.

require "minitest/autorun"
require "open3"
require "rbconfig"
require "rexml/document"
require "tmpdir"
require "torsh"

# Reports to Bazel, case by case.
class BazelReporter < Minitest::AbstractReporter
  def initialize(path)
    super()
    @path = path
    @cases = []
  end

  def record(result) = @cases << result
  def passed? = true

  def report
    document = REXML::Document.new
    suite = document.add_element("testsuites", "name" => "minitest").add_element("testsuite", "tests" => @cases.size.to_s)
    @cases.each do |result|
      element = suite.add_element("testcase", "classname" => result.klass, "name" => result.name, "time" => result.time.to_s)
      next if result.passed?

      element.add_element(result.skipped? ? "skipped" : "failure", "message" => result.failure.message.to_s)
    end
    File.open(@path, "w") { |file| document.write(file) }
  end
end

module Minitest
  def self.plugin_bazel_init(_options)
    path = ENV["XML_OUTPUT_FILE"]
    reporter << BazelReporter.new(path) if path
  end
  extensions << "bazel"
end

class TorshTest < Minitest::Test
  F = ToRSh::NN::Functional
  NN = ToRSh::NN

  def tensor(...) = ToRSh.tensor(...)

  # == on tensors is a tensor: this compares dtype, shape and all values to the last bit.
  def assert_same(expected, actual)
    assert_instance_of ToRSh::Tensor, actual
    expected = tensor(expected) unless expected.is_a?(ToRSh::Tensor)
    assert_equal [expected.dtype, expected.shape], [actual.dtype, actual.shape]
    assert expected.to_bytes == actual.to_bytes, -> { "#{expected.inspect}\nis not\n#{actual.inspect}" }
  end

  # A Ruby program's output, run where libtorsh.so can be found by name, as it is once installed.
  def output_of(program)
    Dir.mktmpdir do |folder|
      File.symlink(File.expand_path("torsh-ffi/libtorsh.so.0"), File.join(folder, "libtorsh.so"))
      File.write(File.join(folder, "program.rb"), program)
      environment = { "LD_LIBRARY_PATH" => folder, "RUBYLIB" => File.join(ENV.fetch("TORSH_PACKAGE"), "lib") }
      text, status = Open3.capture2e(environment, RbConfig.ruby, "-w", "program.rb", chdir: folder)
      assert status.success?, text
      text
    end
  end

  def assert_message(error, message)
    raised = assert_raises(error) { yield }
    assert_match message, raised.message
  end
end

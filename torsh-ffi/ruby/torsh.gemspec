# frozen_string_literal: true
# SPDX-License-Identifier: MIT OR Apache-2.0

Gem::Specification.new do |spec|
  spec.name = "torsh"
  spec.version = "@VERSION@"
  spec.platform = "x86_64-linux"
  spec.summary = "PyTorch's programming model on small C libraries"
  spec.description = "Tensors, operators, gradients, modules and optimizers; PyTorch's names, numbers and files."
  spec.authors = ["ToRSh"]
  spec.licenses = ["MIT", "Apache-2.0"]
  spec.files = Dir["lib/**/*", "README.md", "LICENSE-*"].select { |file| File.file?(file) }
  spec.required_ruby_version = ">= 3.0"
  spec.add_dependency "ffi", "~> 1.15"
  spec.add_dependency "fiddle", "~> 1.0"
end

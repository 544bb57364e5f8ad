# frozen_string_literal: true
# SPDX-License-Identifier: MIT OR Apache-2.0

require "ffi"
require "fiddle"

# PyTorch's programming model for Ruby, over the C ABI of libtorsh.
module ToRSh
  # The index that stands for all dimensions not named: t[:ellipsis, 0] is PyTorch's t[..., 0].
  ELLIPSIS = :ellipsis
end

require_relative "torsh/native"
require_relative "torsh/error"
require_relative "torsh/memory"
require_relative "torsh/dtype"
require_relative "torsh/device"
require_relative "torsh/scalar"
require_relative "torsh/signature"
require_relative "torsh/operator"
require_relative "torsh/generated/functions"
require_relative "torsh/generated/nn_functions"
require_relative "torsh/generated/tensor_methods"
require_relative "torsh/tensor"
require_relative "torsh/tensor_data"
require_relative "torsh/tensor_parts"
require_relative "torsh/arithmetic"
require_relative "torsh/indexing"
require_relative "torsh/conversion"
require_relative "torsh/autograd"
require_relative "torsh/generator"
require_relative "torsh/package"
require_relative "torsh/value"
require_relative "torsh/nn"
require_relative "torsh/optim"

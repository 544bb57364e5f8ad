# frozen_string_literal: true
# SPDX-License-Identifier: MIT OR Apache-2.0

module ToRSh
  module NN
    # A tensor that a module trains; on the memory of the tensor that it is made of.
    class Parameter < Tensor
      def initialize(data, requires_grad: true)
        data = Tensor.new(data) unless data.is_a?(Tensor)
        adopt(Failure.handle(Native.torsh_tensor_data(data.handle)))
        self.requires_grad = requires_grad if requires_grad
      end

      def inspect = "Parameter containing:\n#{super}"
    end
  end
end

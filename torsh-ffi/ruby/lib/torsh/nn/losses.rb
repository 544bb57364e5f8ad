# frozen_string_literal: true
# SPDX-License-Identifier: MIT OR Apache-2.0

module ToRSh
  module NN
    # A function of nn.functional with its options: loss.(input, target). Tensors among the options are buffers.
    class Loss < Module
      class << self
        attr_accessor :function, :options
      end

      def initialize(**options)
        super()
        known = self.class.options
        unknown = options.keys - known
        raise ArgumentError, "#{self.class}: unknown keyword: #{unknown[0].inspect}" unless unknown.empty?

        @options = options
        options.each { |name, value| register_buffer(name, value) if value.is_a?(Tensor) }
      end

      def forward(input, target)
        options = @options.to_h { |name, value| [name, value.is_a?(Tensor) ? self[name] : value] }
        Functional.public_send(self.class.function, input, target, **options)
      end

      def extra_repr = @options.reject { |_, value| value.is_a?(Tensor) }.map { |name, v| "#{name}: #{v.inspect}" }.join(", ")
    end

    { MSELoss: [:mse_loss, %i[reduction]], NLLLoss: [:nll_loss, %i[weight ignore_index reduction]],
      CrossEntropyLoss: [:cross_entropy, %i[weight ignore_index reduction label_smoothing]],
      BCEWithLogitsLoss: [:binary_cross_entropy_with_logits, %i[weight reduction pos_weight]] }.each do |name, (function, options)|
      loss = Class.new(Loss)
      loss.function = function
      loss.options = options
      const_set(name, loss)
    end
  end
end

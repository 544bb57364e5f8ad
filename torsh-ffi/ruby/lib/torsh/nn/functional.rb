# frozen_string_literal: true
# SPDX-License-Identifier: MIT OR Apache-2.0

module ToRSh
  module NN
    # torch.nn.functional. Operators come from NNFunctions (generated); here stands what has another signature there than
    # as an operator.
    module Functional
      extend NNFunctions

      REDUCTIONS = { "none" => 0, "mean" => 1, "sum" => 2 }.freeze

      class << self
        %i[sigmoid tanh].each { |name| define_method(name) { |input| input.public_send(name) } }

        def softmax(input, dim, dtype: nil) = input.softmax(dim, dtype)
        def log_softmax(input, dim, dtype: nil) = input.log_softmax(dim, dtype)

        def dropout(input, p = 0.5, training: true)
          raise ArgumentError, "dropout: p must be between 0 and 1, not #{p}" unless (0.0..1.0).cover?(p)

          ToRSh.dropout(input, p, training)
        end

        def conv2d(input, weight, bias = nil, stride: 1, padding: 0, dilation: 1, groups: 1)
          ToRSh.conv2d(input, weight, bias, stride, padding, dilation, groups)
        end

        # stride nil: as kernel_size
        def max_pool2d(input, kernel_size, stride: nil, padding: 0, dilation: 1, ceil_mode: false, return_indices: false)
          arguments = [input, kernel_size, stride || [], padding, dilation, ceil_mode]
          return_indices ? max_pool2d_with_indices(*arguments) : super(*arguments)
        end

        def avg_pool2d(input, kernel_size, stride: nil, padding: 0, ceil_mode: false, count_include_pad: true,
                       divisor_override: nil)
          super(input, kernel_size, stride || [], padding, ceil_mode, count_include_pad, divisor_override)
        end

        def batch_norm(input, running_mean, running_var, weight: nil, bias: nil, training: false, momentum: 0.1, eps: 1e-5)
          ToRSh.batch_norm(input, weight, bias, running_mean, running_var, training, momentum, eps, true)
        end

        def layer_norm(input, normalized_shape, weight: nil, bias: nil, eps: 1e-5)
          ToRSh.layer_norm(input, normalized_shape, weight, bias, eps)
        end

        # Rows `input` of the table `weight`; row padding_idx gets no gradient.
        def embedding(input, weight, padding_idx: nil)
          rows = weight.size(0)
          unless padding_idx.nil? || (-rows...rows).cover?(padding_idx)
            raise ArgumentError, "embedding: padding_idx must be within num_embeddings (#{rows}), not #{padding_idx}"
          end

          super(weight, input, padding_idx.nil? ? -1 : padding_idx % rows)
        end

        # ---- losses; reduction: "mean", "sum", "none" ----

        def cross_entropy(input, target, weight: nil, ignore_index: -100, reduction: "mean", label_smoothing: 0.0)
          cross_entropy_loss(input, target, weight, reduce(:cross_entropy, reduction), ignore_index, label_smoothing)
        end

        def nll_loss(input, target, weight: nil, ignore_index: -100, reduction: "mean")
          nll_loss_nd(input, target, weight, reduce(:nll_loss, reduction), ignore_index)
        end

        def mse_loss(input, target, reduction: "mean")
          super(input, target, reduce(:mse_loss, reduction))
        end

        def binary_cross_entropy_with_logits(input, target, weight: nil, reduction: "mean", pos_weight: nil)
          super(input, target, weight, pos_weight, reduce(:binary_cross_entropy_with_logits, reduction))
        end

        private

        def reduce(name, reduction)
          REDUCTIONS.fetch(reduction.to_s) do
            raise ArgumentError, "#{name}: reduction must be \"mean\", \"sum\" or \"none\", not #{reduction.inspect}"
          end
        end
      end
    end
    F = Functional
  end
end

# frozen_string_literal: true
# SPDX-License-Identifier: MIT OR Apache-2.0

module ToRSh
  module NN
    # A module of C. Each class below says which function makes it and what that takes, by PyTorch's names.
    class Layer < Module
      class << self
        attr_reader :constructor, :signature, :before

        # constructor: of C; params: [name, kind, options]; before: what C wants first.
        def made_by(constructor, *params, before: [])
          @constructor = constructor
          @signature = Signature.new(params)
          @before = before
        end

        def inherited(subclass)
          super
          subclass.made_by(constructor, *signature.params, before: before) if constructor
        end
      end

      def initialize(*args, **named)
        type = self.class
        native = type.signature.match!(type.name || "Layer", args, named)
        constructor = type.constructor
        native << nil if constructor.end_with?("_with_error")
        adopt(Native.public_send(constructor, *type.before, *native))
        given = type.signature.positional.map(&:name).zip(type.signature.gather(args)).first(args.size).to_h
        @arguments = given.merge(named)
        each_tensor { |name, tensor| define_singleton_method(name) { tensor } }
      end

      def forward(input)
        raise TypeError, "#{self.class}: the input must be Tensor, not #{Signature.kind_of(input)}" unless input.is_a?(Tensor)

        result = Tensor.wrap(Failure.handle(Native.torsh_module_forward_with_error(handle, input.handle, nil)))
        Memory.look # it may hold a graph of any size
        result
      end

      # As it was made.
      def extra_repr = @arguments.map { |name, value| "#{name}: #{value.inspect}" }.join(", ")

      private

      def each_tensor(&block)
        named_parameters.each(&block)
        named_buffers.each(&block)
        define_singleton_method(:bias) { nil } if respond_to?(:weight) && !respond_to?(:bias)
      end
    end

    FLAG_ON = { default: true }.freeze
    PAIR = { fixed: 2 }.freeze
    private_constant :FLAG_ON, :PAIR

    # x @ weight.T + bias
    class Linear < Layer
      made_by :torsh_linear_new_with_error, %i[in_features int], %i[out_features int], [:bias, :bool, FLAG_ON]
    end

    # Filters over (N, C, H, W) or (C, H, W).
    class Conv2d < Layer
      made_by :torsh_conv2d_new_with_error, %i[in_channels int], %i[out_channels int], [:kernel_size, :dims, PAIR],
              [:stride, :dims, { default: 1, fixed: 2 }], [:padding, :dims, { default: 0, fixed: 2 }],
              [:dilation, :dims, { default: 1, fixed: 2 }], [:groups, :int, { default: 1 }], [:bias, :bool, FLAG_ON]
    end

    # Rows of a table.
    class Embedding < Layer
      made_by :torsh_embedding_new_with_error, %i[num_embeddings int], %i[embedding_dim int],
              [:padding_idx, :int_opt, { default: nil }]
    end

    { ReLU: :torsh_relu_new, Sigmoid: :torsh_sigmoid_new, Tanh: :torsh_tanh_new, SiLU: :torsh_silu_new }.each do |name, made_by|
      const_set(name, Class.new(Layer) { made_by made_by })
    end

    # approximate: "none" or "tanh"
    class GELU < Layer
      made_by :torsh_gelu_new_with_error, [:approximate, :enum, { default: "none" }]
    end

    class LeakyReLU < Layer
      made_by :torsh_leaky_relu_new, [:negative_slope, :float, { default: 0.01 }]
    end

    class Softmax < Layer
      made_by :torsh_softmax_new, %i[dim int]
    end

    # In training zeroes each element with probability p.
    class Dropout < Layer
      made_by :torsh_dropout_new, [:p, :float, { default: 0.5 }]
    end

    # Dimensions start_dim to end_dim become one.
    class Flatten < Layer
      made_by :torsh_flatten_new_with_error, [:start_dim, :int, { default: 1 }], [:end_dim, :int, { default: -1 }]
    end

    BATCH_NORM = [%i[num_features int], [:eps, :float, { default: 1e-5 }], [:momentum, :float_opt, { default: 0.1 }],
                  [:affine, :bool, FLAG_ON], [:track_running_stats, :bool, FLAG_ON]].freeze
    private_constant :BATCH_NORM

    # Over (N, C) or (N, C, L).
    class BatchNorm1d < Layer
      made_by :torsh_batch_norm_new_with_error, *BATCH_NORM, before: [1]
    end

    # Over (N, C, H, W).
    class BatchNorm2d < Layer
      made_by :torsh_batch_norm_new_with_error, *BATCH_NORM, before: [2]
    end

    # Over the last dimensions, whose sizes are given.
    class LayerNorm < Layer
      made_by :torsh_layer_norm_new_with_error, [:normalized_shape, :dims, { fixed: 1 }], [:eps, :float, { default: 1e-5 }],
              [:elementwise_affine, :bool, FLAG_ON], [:bias, :bool, FLAG_ON]
    end

    # stride []: as kernel_size
    class MaxPool2d < Layer
      made_by :torsh_max_pool2d_new_with_error, [:kernel_size, :dims, PAIR], [:stride, :dims_opt, { default: nil, fixed: 2 }],
              [:padding, :dims, { default: 0, fixed: 2 }], [:dilation, :dims, { default: 1, fixed: 2 }],
              [:ceil_mode, :bool, { default: false }]
    end

    class AvgPool2d < Layer
      made_by :torsh_avg_pool2d_new_with_error, [:kernel_size, :dims, PAIR], [:stride, :dims_opt, { default: nil, fixed: 2 }],
              [:padding, :dims, { default: 0, fixed: 2 }], [:ceil_mode, :bool, { default: false }],
              [:count_include_pad, :bool, FLAG_ON], [:divisor_override, :int_opt, { default: nil }]
    end

    # Windows chosen so that the result is height by width.
    class AdaptiveAvgPool2d < Layer
      made_by :torsh_adaptive_avg_pool2d_new, %i[height int], %i[width int]

      def initialize(output_size)
        height, width = output_size.is_a?(Array) ? output_size : [output_size, output_size]
        super(height, width)
      end
    end
  end
end

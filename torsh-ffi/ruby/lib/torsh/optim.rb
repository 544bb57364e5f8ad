# frozen_string_literal: true
# SPDX-License-Identifier: MIT OR Apache-2.0

module ToRSh
  # Optimizers: one fused call of C over all parameters.
  module Optim
    # What all have. Made of parameters and PyTorch's keywords: Adam.new(net.parameters, lr: 0.05).
    class Optimizer
      attr_reader :handle, :params

      class << self
        attr_reader :constructor, :signature

        # params: after the parameters; a Symbol may stand for what is worked out in #native.
        def made_by(constructor, *params)
          @constructor = constructor
          @signature = Signature.new(params.map { |name, kind, default| [name, kind, { default: default, keyword: name != :lr }] })
        end
      end

      def initialize(params, *args, **named)
        params = [params] if params.is_a?(Tensor)
        unless params.is_a?(Array) && params.all?(Tensor)
          raise TypeError, "#{self.class}: argument 'params' must be Array of Tensors, not #{Signature.kind_of(params)}"
        end

        numbers = self.class.signature.match!(self.class.name, args, split(named))
        @params = params
        @handle = Failure.handle(Native.public_send(self.class.constructor, params.map(&:handle).pack("Q*"), params.size,
                                                    *numbers, nil))
        @memory = Native.own(@handle, "torsh_optimizer_free")
      end

      # Forgets the gradients.
      def zero_grad
        Failure.check(Native.torsh_optimizer_zero_grad(handle))
      end

      # One step for all parameters that have a gradient. With a block, which computes the loss again, returns its value.
      def step
        loss = ToRSh.enable_grad { yield } if block_given?
        Failure.check(Native.torsh_optimizer_step(handle))
        loss
      end

      def lr = Native.torsh_optimizer_lr(handle)

      def lr=(value)
        Failure.check(Native.torsh_optimizer_set_lr(handle, Float(value)))
      end

      # What a later run needs to go on, by C's names: "lr", "0.step", "0.exp_avg" …
      def state_dict
        state = Failure.handle(Native.torsh_optimizer_state(handle))
        Value.ruby(Native.torsh_state_value(state)).transform_values { |tensor| tensor.detach.clone }
      ensure
        Native.torsh_state_free(state) if state
      end

      def load_state_dict(state)
        raise TypeError, "load_state_dict: argument 'state' must be Hash, not #{Signature.kind_of(state)}" unless state.is_a?(Hash)

        value = Value.build(state, 0)
        native = Failure.handle(Native.torsh_state_from_value(value, nil))
        Failure.check(Native.torsh_optimizer_load_state(handle, native, nil))
        self
      ensure
        Native.torsh_state_free(native) if native
        Native.torsh_value_release(value) if value
      end

      private

      def split(named) = named
    end

    # p -= lr * b, b = momentum * b + (1 - dampening) * gradient.
    class SGD < Optimizer
      made_by :torsh_sgd_new_with_error, [:lr, :float, 1e-3], [:momentum, :float, 0.0], [:dampening, :float, 0.0],
              [:weight_decay, :float, 0.0], [:nesterov, :bool, false], [:maximize, :bool, false]
    end

    # p -= lr * m / (sqrt(v) + eps), m and v being bias-corrected averages of the gradient and its square.
    class Adam < Optimizer
      made_by :torsh_adam_new_with_error, [:lr, :float, 1e-3], [:beta1, :float, 0.9], [:beta2, :float, 0.999],
              [:eps, :float, 1e-8], [:weight_decay, :float, 0.0], [:decoupled_weight_decay, :bool, false],
              [:amsgrad, :bool, false], [:maximize, :bool, false]

      private

      # betas: [beta1, beta2]
      def split(named)
        return named unless named.key?(:betas)

        betas = named[:betas]
        unless betas.is_a?(Array) && betas.size == 2
          raise TypeError, "#{self.class}: argument 'betas' must be Array of two Floats, not #{Signature.kind_of(betas)}"
        end

        named.except(:betas).merge(beta1: betas[0], beta2: betas[1])
      end
    end

    # Adam, and p -= lr * weight_decay * p.
    class AdamW < Adam
      made_by :torsh_adam_new_with_error, [:lr, :float, 1e-3], [:beta1, :float, 0.9], [:beta2, :float, 0.999],
              [:eps, :float, 1e-8], [:weight_decay, :float, 1e-2], [:decoupled_weight_decay, :bool, true],
              [:amsgrad, :bool, false], [:maximize, :bool, false]
    end

    # Steps as long as the average of recent ones, in units of the gradient's average.
    class Adadelta < Optimizer
      made_by :torsh_adadelta_new_with_error, [:lr, :float, 1.0], [:rho, :float, 0.9], [:eps, :float, 1e-6],
              [:weight_decay, :float, 0.0], [:maximize, :bool, false]
    end
  end
end

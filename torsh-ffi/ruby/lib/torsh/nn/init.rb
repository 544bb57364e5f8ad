# frozen_string_literal: true
# SPDX-License-Identifier: MIT OR Apache-2.0

module ToRSh
  module NN
    # torch.nn.init: fills a tensor in place, unrecorded, and returns it.
    module Init
      GENERATOR = [:generator, :generator, { default: nil }].freeze
      FAN = [[:a, :float, { default: 0.0 }], [:mode, :enum, { default: "fan_in" }],
             [:nonlinearity, :enum, { default: "leaky_relu" }], GENERATOR].freeze
      FUNCTIONS = {
        uniform_: [[:a, :float, { default: 0.0 }], [:b, :float, { default: 1.0 }], GENERATOR],
        normal_: [[:mean, :float, { default: 0.0 }], [:std, :float, { default: 1.0 }], GENERATOR],
        constant_: [%i[val float]],
        xavier_uniform_: [[:gain, :float, { default: 1.0 }], GENERATOR],
        xavier_normal_: [[:gain, :float, { default: 1.0 }], GENERATOR],
        kaiming_uniform_: FAN,
        kaiming_normal_: FAN
      }.freeze

      class << self
        FUNCTIONS.each do |name, params|
          signature = Signature.new([%i[tensor tensor], *params])
          define_method(name) do |*args, **named|
            native = signature.match!(name, args, named)
            Failure.check(Native.public_send(:"torsh_init_#{name}", *native, nil))
            args[0] || named[:tensor]
          end
        end

        def zeros_(tensor) = constant_(tensor, 0.0)
        def ones_(tensor) = constant_(tensor, 1.0)

        # The factor that keeps variances through a nonlinearity.
        def calculate_gain(nonlinearity, param = 0.01)
          gain = Native.torsh_init_calculate_gain(nonlinearity.to_s, param.to_f, nil)
          Failure.raise_last if gain.nan?
          gain
        end
      end
    end
  end
end

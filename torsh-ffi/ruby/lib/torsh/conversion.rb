# frozen_string_literal: true
# SPDX-License-Identifier: MIT OR Apache-2.0

module ToRSh
  # t.to(…), which has no schema of its own in PyTorch, and what is short for it.
  class Tensor
    TO = Signature.new([[:device, :device, { default: nil }], [:dtype, :dtype, { default: nil }],
                        [:non_blocking, :bool, { default: false }], [:copy, :bool, { default: false }],
                        [:memory_format, :memory_format, { default: nil, keyword: true }]])
    private_constant :TO

    # to(dtype), to(device), to(device, dtype), to(other), each with copy:, non_blocking:, memory_format:. Self where
    # nothing has to change.
    def to(*args, **named)
      first = args[0]
      if first.is_a?(Tensor)
        args = [first.device, first.dtype, *args.drop(1)]
      elsif DType.number(first)
        args = [nil, first, *args.drop(1)]
      end
      device, type, *rest = TO.match!(:to, args, named)
      type = Native.torsh_tensor_dtype(handle) if type.negative?
      device = self.device.packed if device == Device::NONE
      same_or_wrap(Native.torsh_to_device_with_error(handle, device, type, *rest, nil))
    end

    { float: :float32, double: :float64, half: :float16, bfloat16: :bfloat16, long: :int64, int: :int32, short: :int16,
      byte: :uint8, bool: :bool }.each do |name, dtype|
      define_method(name) { to(dtype) }
    end

    def cpu = to(:cpu)

    private

    def same_or_wrap(result)
      return Tensor.wrap(Failure.handle(result)) unless result == handle

      Native.torsh_tensor_release(result)
      self
    end
  end
end

# frozen_string_literal: true
# SPDX-License-Identifier: MIT OR Apache-2.0

module ToRSh
  # Dtypes are Symbols of PyTorch's names, :float32 …; each is also a constant, ToRSh::FLOAT32. PyTorch's short names
  # (:float, :long …) are accepted.
  Native::DTYPES.each_key { |name| const_set(name.upcase, name) }

  # Between a dtype's name and C's number.
  module DType
    SHORT = { half: :float16, float: :float32, double: :float64, short: :int16, int: :int32, long: :int64,
              cfloat: :complex64, cdouble: :complex128 }.freeze
    NUMBERS = Native::DTYPES.merge(SHORT.transform_values { |name| Native::DTYPES.fetch(name) }).freeze
    NAMES = Native::DTYPES.invert.freeze
    # how Array#pack writes elements; float16 and bfloat16 go through float32
    DIRECTIVES = { uint8: "C", int8: "c", int16: "s", int32: "l", int64: "q", float32: "f", float64: "d", complex64: "f",
                   complex128: "d", bool: "C", uint16: "S", uint32: "L", uint64: "Q" }.freeze

    class << self
      # nil if it is none.
      def number(dtype)
        NUMBERS[dtype.is_a?(String) ? dtype.to_sym : dtype]
      end

      def number!(dtype)
        number(dtype) or raise TypeError, "#{dtype.inspect} is no dtype"
      end

      def name(number) = NAMES[number]
      def size(name) = Native.torsh_dtype_bytes(number!(name))
      def floating?(name) = Native.torsh_dtype_is_floating(number!(name))
      def complex?(name) = %i[complex64 complex128].include?(name)
    end
  end
end

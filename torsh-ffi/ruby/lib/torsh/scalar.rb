# frozen_string_literal: true
# SPDX-License-Identifier: MIT OR Apache-2.0

module ToRSh
  # Ruby's numbers as torsh_scalar_t, which knows their kind, and back.
  module Scalar
    INT64 = (-(1 << 63)...(1 << 63)).freeze

    class << self
      # 24 bytes, or nil for what is no number. A 0-d tensor outside of graphs is one.
      def pack(value)
        case value
        when Float then [Native::SCALAR_FLOAT, value, 0].pack("qdq")
        when Integer then pack_integer(value)
        when true, false then [Native::SCALAR_BOOL, value ? 1 : 0, 0].pack("q3")
        when Complex then [Native::SCALAR_COMPLEX, value.real.to_f, value.imaginary.to_f].pack("qdd")
        when Numeric then [Native::SCALAR_FLOAT, value.to_f, 0].pack("qdq")
        when Tensor then pack(value.item) if number?(value)
        end
      end

      def unpack(bytes)
        kind, first = bytes.unpack("qq")
        case kind
        when Native::SCALAR_BOOL then first != 0
        when Native::SCALAR_INT then first
        when Native::SCALAR_UINT then bytes.unpack1("Q", offset: 8)
        when Native::SCALAR_FLOAT then bytes.unpack1("d", offset: 8)
        else Complex(*bytes.unpack("x8dd"))
        end
      end

      # An Integer that C's int64 holds, or nil for what is none.
      def integer(value)
        value = value.item if value.is_a?(Tensor) && number?(value)
        return unless value.is_a?(Integer)
        raise RangeError, "#{value} does not fit into 64 bits" unless INT64.cover?(value)

        value
      end

      # A Float, or nil.
      def float(value)
        case value
        when Float then value
        when Complex then nil
        when Numeric then value.to_f
        when Tensor then float(value.item) if number?(value)
        end
      end

      private

      def number?(tensor) = tensor.ndim.zero? && !tensor.requires_grad?

      def pack_integer(value)
        return [Native::SCALAR_INT, value, 0].pack("q3") if INT64.cover?(value)
        raise RangeError, "#{value} does not fit into 64 bits" if value.negative? || value >> 64 != 0

        [Native::SCALAR_UINT, value, 0].pack("qQq")
      end
    end
  end
  private_constant :Scalar
end

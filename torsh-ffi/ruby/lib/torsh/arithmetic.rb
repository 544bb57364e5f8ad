# frozen_string_literal: true
# SPDX-License-Identifier: MIT OR Apache-2.0

module ToRSh
  # Operators as signs. All work element by element and broadcast, == and != too.
  class Tensor
    alias + add
    alias - sub
    alias * mul
    alias / div
    alias % remainder
    alias ** pow
    alias & bitwise_and
    alias | bitwise_or
    alias ^ bitwise_xor
    alias ~ bitwise_not
    alias -@ neg
    alias < lt
    alias <= le
    alias > gt
    alias >= ge

    def +@ = self

    # Element by element; what is neither tensor nor number is simply not equal.
    def ==(other)
      comparable?(other) ? eq(other) : false
    end

    def !=(other)
      comparable?(other) ? ne(other) : true
    end

    # For a number on the left: 2 * t.
    def coerce(number)
      raise TypeError, "#{Signature.kind_of(number)} can't be coerced into Tensor" unless Scalar.pack(number)

      [LeftNumber.new(number), self]
    end

    private

    def comparable?(other)
      other.is_a?(Tensor) || other.is_a?(Numeric) || other == true || other == false
    end
  end

  # A number that stands left of a tensor.
  class LeftNumber
    def initialize(number)
      @number = number
    end

    def +(other) = other.add(@number)
    def -(other) = ToRSh.rsub(other, @number)
    def *(other) = other.mul(@number)
    # PyTorch's number / tensor, to the last bit
    def /(other) = other.reciprocal.mul(@number)
    def %(other) = ToRSh.remainder(@number, other)
    def **(other) = ToRSh.pow(@number, other)
    def &(other) = other.bitwise_and(@number)
    def |(other) = other.bitwise_or(@number)
    def ^(other) = other.bitwise_xor(@number)
    def <(other) = other.gt(@number)
    def <=(other) = other.ge(@number)
    def >(other) = other.lt(@number)
    def >=(other) = other.le(@number)
  end
  private_constant :LeftNumber
end

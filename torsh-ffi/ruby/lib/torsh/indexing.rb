# frozen_string_literal: true
# SPDX-License-Identifier: MIT OR Apache-2.0

module ToRSh
  # t[…] and t[…] = value.
  class Tensor
    # Each place takes an Integer, a Range (Ruby's: 0..2 includes 2; with a step: (0..).step(2)), nil for a new
    # dimension, :ellipsis, an Array or Tensor of Integers, or a mask. A view where no tensor indexes, else a copy.
    def [](*places)
      items, kept = Index.pack(places)
      result = Native.torsh_index_get(handle, items, places.size, nil)
      kept.clear
      Tensor.wrap(Failure.handle(result))
    end

    # Writes a tensor, a number or nested Arrays there, with broadcasting and conversion.
    def []=(*places, value)
      items, kept = Index.pack(places)
      source = assigned(value)
      Failure.check(Native.torsh_index_set(handle, items, places.size, source.handle, nil))
      kept.clear
    end

    private

    def assigned(value)
      return value if value.is_a?(Tensor)
      return Tensor.new(value, dtype: dtype, device: device) if value.is_a?(Array)

      scalar = Scalar.pack(value) or raise TypeError, "[]=: a #{Signature.kind_of(value)} cannot be assigned to a Tensor"
      Tensor.wrap(Failure.handle(Native.torsh_tensor_from_scalar(scalar)))
    end
  end

  # Places of t[…] as torsh_index_t.
  module Index
    ABSENT = -(1 << 63)
    LAYOUT = "l<x4q3Q" # kind, start, stop, step, tensor

    class << self
      # The items as C reads them, and what must live as long.
      def pack(places)
        kept = []
        [places.map { |place| item(place, kept).pack(LAYOUT) }.join, kept]
      end

      private

      def item(place, kept)
        case place
        when Integer then [Native::INDEX_INT, in_range(place), 0, 0, 0]
        when Range then slice(place.begin, place.end, place.exclude_end?, 1)
        when Enumerator::ArithmeticSequence then slice(place.begin, place.end, place.exclude_end?, place.step)
        when nil then [Native::INDEX_NONE, 0, 0, 0, 0]
        when true, false then [Native::INDEX_BOOL, place ? 1 : 0, 0, 0, 0]
        when :ellipsis then [Native::INDEX_ELLIPSIS, 0, 0, 0, 0]
        when Tensor then tensor(place, kept)
        when Array then tensor(Tensor.new(place, dtype: (:int64 if place.empty?)), kept)
        else raise TypeError, "[]: an index must be Integer, Range, nil, :ellipsis, Array or Tensor, " \
                              "not #{Signature.kind_of(place)}"
        end
      end

      def tensor(tensor, kept)
        kept << tensor
        [Native::INDEX_TENSOR, 0, 0, 0, tensor.handle]
      end

      def slice(first, last, exclusive, step)
        # PyTorch's end is exclusive; -1 included is the end itself
        last = last == -1 ? nil : last + 1 if bound(last) && !exclusive
        [Native::INDEX_SLICE, bound(first) || ABSENT, last || ABSENT, bound(step), 0]
      end

      def bound(value)
        return if value.nil?
        raise TypeError, "[]: ends and steps of a Range must be Integer, not #{Signature.kind_of(value)}" unless value.is_a?(Integer)

        in_range(value)
      end

      def in_range(value)
        Scalar.integer(value)
      end
    end
  end
  private_constant :Index
end

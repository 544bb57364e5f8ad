# frozen_string_literal: true
# SPDX-License-Identifier: MIT OR Apache-2.0

module ToRSh
  # Tensors out of nested Arrays, and back.
  module TensorData
    RANGES = { uint8: 0..255, int8: -128..127, int16: -(1 << 15)..(1 << 15) - 1, int32: -(1 << 31)..(1 << 31) - 1,
               int64: -(1 << 63)..(1 << 63) - 1, uint16: 0..65_535, uint32: 0..(1 << 32) - 1,
               uint64: 0..(1 << 64) - 1 }.freeze
    HALF = %i[float16 bfloat16].freeze

    class << self
      # The handle of a new tensor.
      def build(data, dtype = nil, device = nil)
        return moved(data.detach.clone, dtype, device) if data.is_a?(Tensor)

        shape = shape_of(data)
        flat = (data.is_a?(Array) ? data.flatten : [data]).map { |x| x.is_a?(Tensor) && x.numel == 1 ? x.item : x }
        type = dtype.nil? ? inferred(flat) : DType.name(DType.number!(dtype))
        held = HALF.include?(type) ? :float32 : type
        handle = from_bytes(packed(flat, held), shape, held)
        return handle if held == type && device.nil?

        moved(Tensor.wrap(handle), type, device)
      end

      def from_bytes(bytes, shape, dtype)
        Failure.handle(Native.torsh_tensor_from_array(bytes, shape.pack("q*"), shape.size, DType.number!(dtype)))
      end

      # The elements as nested Arrays; of a 0-d tensor the number.
      def to_a(tensor)
        tensor = tensor.to(:float32) if HALF.include?(tensor.dtype)
        nested(elements(tensor), tensor.shape)
      end

      def bytes(tensor)
        bytes = tensor.nbytes
        memory = FFI::MemoryPointer.new(:char, [bytes, 1].max)
        Failure.check(Native.torsh_tensor_to_array(tensor.handle, memory, bytes))
        memory.read_bytes(bytes)
      end

      private

      def moved(tensor, dtype, device)
        tensor = tensor.to(device: device, dtype: dtype)
        Native.torsh_tensor_retain(tensor.handle)
      end

      def shape_of(data)
        return [] unless data.is_a?(Array)
        return [data.size] if data.none?(Array)

        inner = data.map { |row| shape_of(row) }.uniq
        raise ArgumentError, "tensor: rows of different sizes: #{inner.map(&:inspect).join(" and ")}" if inner.size > 1

        [data.size, *inner[0]]
      end

      def inferred(flat)
        kinds = flat.map { |x| kind(x) }.uniq
        return Package.default_dtype if kinds.empty? || (kinds.include?(:float) && !kinds.include?(:complex))
        return Package.default_dtype == :float64 ? :complex128 : :complex64 if kinds.include?(:complex)

        kinds.include?(:int) ? :int64 : :bool
      end

      def kind(value)
        case value
        when true, false then :bool
        when Integer then :int
        when Complex then :complex
        when Numeric then :float
        else raise TypeError, "tensor: an element must be Numeric, true or false, not #{Signature.kind_of(value)}"
        end
      end

      def packed(flat, dtype)
        flat.each { |x| kind(x) } unless flat.all?(Float) || flat.all?(Integer)
        flat = flat.map { |x| number(x) } unless flat.all?(Numeric)
        values =
          case dtype
          when :bool then flat.map { |x| x.zero? ? 0 : 1 }
          when :complex64, :complex128 then flat.flat_map { |x| [x.real.to_f, x.imaginary.to_f] }
          when *RANGES.keys then integers(flat, dtype)
          else flat.all?(Float) ? flat : flat.map { |x| real(x, dtype).to_f }
          end
        values.pack("#{DType::DIRECTIVES.fetch(dtype)}*")
      end

      def number(value)
        case value
        when true then 1
        when false then 0
        else value
        end
      end

      def real(value, dtype)
        return value unless value.is_a?(Complex)

        raise TypeError, "tensor: #{value} cannot be converted to #{dtype}"
      end

      def integers(flat, dtype)
        range = RANGES.fetch(dtype)
        flat.map do |x|
          whole = x.is_a?(Integer) ? x : real(x, dtype).truncate
          raise RangeError, "tensor: #{x} does not fit into #{dtype}" unless range.cover?(whole)

          whole
        end
      end

      def elements(tensor)
        dtype = tensor.dtype
        flat = bytes(tensor).unpack("#{DType::DIRECTIVES.fetch(dtype)}*")
        return flat.map { |x| x == 1 } if dtype == :bool

        DType.complex?(dtype) ? flat.each_slice(2).map { |re, im| Complex(re, im) } : flat
      end

      def nested(flat, shape)
        return flat[0] if shape.empty?
        return flat if shape.size == 1

        n = flat.size / [shape[0], 1].max
        Array.new(shape[0]) { |i| nested(flat[i * n, n], shape.drop(1)) }
      end
    end
  end
  private_constant :TensorData
end

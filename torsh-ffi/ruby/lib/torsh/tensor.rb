# frozen_string_literal: true
# SPDX-License-Identifier: MIT OR Apache-2.0

module ToRSh
  # A tensor of C. Operators and PyTorch's methods are in TensorMethods (generated), operators written as signs in
  # arithmetic.rb. Its memory belongs to the garbage collector.
  #
  # == compares element by element, as PyTorch does; eql? and hash ask whether two objects stand for the same tensor, and
  # equal(other) whether all values are the same.
  class Tensor
    include TensorMethods

    # C's address of it.
    attr_reader :handle

    RELEASE = Native::KEPT["torsh_tensor_release"]
    BYTES = Native[:torsh_tensor_storage_bytes]
    private_constant :RELEASE, :BYTES

    # Objects for tensors that C keeps alive too (gradients, parameters): as long as one is alive, it is the one.
    @lent = ObjectSpace::WeakMap.new

    class << self
      # An object that owns the reference `handle`.
      def wrap(handle)
        allocate.adopt(handle)
      end

      # The object for a tensor that C lends, or nil for NULL.
      def lent(handle)
        return if handle.zero?

        @lent[handle] || remember(wrap(Native.torsh_tensor_retain(handle)))
      end

      # Lets lent() find this object.
      def remember(tensor)
        @lent[tensor.handle] = tensor
      end
    end

    # A tensor of numbers, or of nested Arrays of them: Tensor.new([[1, 2], [3, 4]], dtype: :float32).
    def initialize(data, dtype: nil, device: nil, requires_grad: false)
      adopt(TensorData.build(data, dtype, device))
      self.requires_grad = true if requires_grad
    end

    # For wrap(): takes the reference over.
    def adopt(handle)
      @handle = handle
      @memory = Fiddle::Pointer.new(handle, 0, RELEASE) # as Native.own does
      Memory.note(BYTES.call(handle))
      self
    end

    # A tensor of its own with the same values (recorded, as clone is).
    def dup = clone

    # ---- what it is ----

    def ndim = Native.torsh_tensor_ndim(handle)
    alias dim ndim

    # The sizes.
    def shape
      n = ndim
      n.zero? ? [] : Native.torsh_tensor_shape(handle).read_array_of_int64(n)
    end

    # The sizes, or the size of one dimension.
    def size(dim = nil) = dim.nil? ? shape : one_of(shape, dim, :size)

    # Elements between neighbours of each dimension, or of one.
    def stride(dim = nil)
      n = ndim
      strides = n.zero? ? [] : Native.torsh_tensor_strides(handle).read_array_of_int64(n)
      dim.nil? ? strides : one_of(strides, dim, :stride)
    end

    def numel = Native.torsh_tensor_numel(handle)
    alias nelement numel
    def dtype = DType.name(Native.torsh_tensor_dtype(handle))
    def device = Device.wrap(Native.torsh_tensor_device(handle))
    def storage_offset = Native.torsh_tensor_storage_offset(handle)
    # Bytes of one element, and of all.
    def itemsize = DType.size(dtype)
    alias element_size itemsize
    def nbytes = numel * itemsize

    # The address of the first element.
    def data_ptr
      pointer = Native.torsh_tensor_data_ptr(handle)
      Failure.raise_last if pointer.null? && numel.positive?
      pointer
    end

    # The kernels in use for its device.
    def backend = Native.torsh_get_backend(device.kind)

    def is_contiguous = Native.torsh_tensor_is_contiguous(handle)
    alias contiguous? is_contiguous
    def is_floating_point = DType.floating?(dtype)
    alias floating_point? is_floating_point
    def is_complex = DType.complex?(dtype)
    alias complex? is_complex
    def is_cpu = device.kind == Native::CPU
    alias cpu? is_cpu

    # The size of the first dimension.
    def length = one_of(shape, 0, :length)

    # How often the values were changed in place.
    def version = Native.torsh_tensor_version(handle)

    # ---- identity ----

    # Whether both objects stand for the same tensor.
    def eql?(other) = other.is_a?(Tensor) && other.handle == handle
    def hash = handle.hash

    # Whether both have the same shape and the same values; NaN equals nothing.
    def equal(other)
      raise TypeError, "equal: argument 'other' must be Tensor, not #{Signature.kind_of(other)}" unless other.is_a?(Tensor)

      shape == other.shape && eq(other).all.item
    end

    # Whether isclose() holds for all elements.
    def allclose(other, rtol: 1e-05, atol: 1e-08, equal_nan: false)
      isclose(other, rtol, atol, equal_nan).all.item
    end

    # ---- text ----

    # PyTorch's text.
    def inspect
      text = Native.torsh_tensor_to_string(handle)
      Failure.raise_last if text.null?
      text.read_string.force_encoding(Encoding::UTF_8)
    ensure
      Native.torsh_free(text) if text
    end
    alias to_s inspect

    def pretty_print(printer) = printer.text(inspect)

    private

    def one_of(list, dim, name)
      raise TypeError, "#{name}: argument 'dim' must be Integer, not #{Signature.kind_of(dim)}" unless dim.is_a?(Integer)

      list.fetch(dim) do
        n = list.size
        raise OutOfRangeError, "Dimension out of range (expected to be in range of [#{-n}, #{n - 1}], but got #{dim})"
      end
    end
  end
end

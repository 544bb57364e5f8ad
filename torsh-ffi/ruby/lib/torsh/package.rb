# frozen_string_literal: true
# SPDX-License-Identifier: MIT OR Apache-2.0

module ToRSh
  extend Functions

  # Settings of the process.
  module Package
    class << self
      def default_dtype = DType.name(Native.torsh_get_default_dtype)

      def backends
        n = Native.torsh_list_backends(nil, 0)
        names = FFI::MemoryPointer.new(:pointer, n)
        Native.torsh_list_backends(names, n)
        names.read_array_of_pointer(n).map(&:read_string)
      end
    end
  end
  private_constant :Package

  # The functions of the package that are no operators.
  class << self
    # A tensor of a number or of nested Arrays: ToRSh.tensor([[1.0, 2.0]], dtype: :float64).
    def tensor(data, dtype: nil, device: nil, requires_grad: false)
      Tensor.new(data, dtype: dtype, device: device, requires_grad: requires_grad)
    end

    # A tensor of the elements in a binary String, row-major in the machine's order (a copy).
    def frombuffer(bytes, dtype:, shape: nil)
      raise TypeError, "frombuffer: argument 'bytes' must be String, not #{Signature.kind_of(bytes)}" unless bytes.is_a?(String)

      size = DType.size(dtype)
      shape ||= [bytes.bytesize / size]
      unless bytes.bytesize == shape.reduce(1, :*) * size
        raise ArgumentError, "frombuffer: #{bytes.bytesize} bytes are not #{shape.inspect} elements of #{dtype}"
      end

      Tensor.wrap(TensorData.from_bytes(bytes, shape, DType.name(DType.number!(dtype))))
    end

    def tensor?(object) = object.is_a?(Tensor)
    alias is_tensor tensor?
    def equal(input, other) = input.equal(other)
    def allclose(input, other, **options) = input.allclose(other, **options)
    def numel(input) = input.numel

    # d outputs / d inputs.
    def grad(outputs, inputs, grad_outputs = nil, **options) = Autograd.grad(outputs, inputs, grad_outputs, **options)

    # ---- dtypes ----

    def default_dtype = Package.default_dtype
    alias get_default_dtype default_dtype

    def default_dtype=(dtype)
      Failure.check(Native.torsh_set_default_dtype(DType.number!(dtype)))
    end
    alias set_default_dtype default_dtype=

    # The smallest dtype that holds the values of both.
    def promote_types(type1, type2)
      number = Native.torsh_promote_types(DType.number!(type1), DType.number!(type2))
      Failure.raise_last if number.negative?
      DType.name(number)
    end

    # ---- random numbers ----

    # Starts the default generator's stream that belongs to this seed.
    def manual_seed(seed) = Generator.default.manual_seed(seed)
    def seed = Generator.default.seed
    def initial_seed = Generator.default.initial_seed

    # ---- kernels ----

    def list_backends = Package.backends

    # Uses these kernels first for their kind of device: "cpu", "cpu-portable".
    def set_backend(name)
      Failure.check(Native.torsh_set_backend(name.to_s))
    end
    alias backend= set_backend

    # The name of the kernels in use for a kind of device.
    def get_backend(device = "cpu") = Native.torsh_get_backend(Device.new(device).kind)
    alias backend get_backend

    def num_threads = Native.torsh_get_num_threads
    alias get_num_threads num_threads

    def num_threads=(n)
      raise TypeError, "num_threads= must be Integer, not #{Signature.kind_of(n)}" unless n.is_a?(Integer)

      Failure.check(Native.torsh_set_num_threads(n))
    end
    alias set_num_threads num_threads=

    # Bytes that tensors hold.
    def memory_allocated(device = "cpu") = Native.torsh_memory_allocated(Device.new(device).packed)

    # ---- text ----

    # How tensors print: digits behind the point, elements from which on the middle is left out, elements shown at each
    # edge then, columns of a line, exponents always (true), never (false) or as the values ask for it (nil).
    def set_printoptions(precision: nil, threshold: nil, edgeitems: nil, linewidth: nil, sci_mode: nil)
      options = Native.torsh_get_print_options
      { precision: precision, threshold: threshold, edgeitems: edgeitems, linewidth: linewidth }.each do |name, value|
        options[name] = value unless value.nil?
      end
      options[:sci_mode] = { nil => -1, true => 1, false => 0 }.fetch(sci_mode)
      Failure.check(Native.torsh_set_print_options(options))
    end
  end
end

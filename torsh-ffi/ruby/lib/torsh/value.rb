# frozen_string_literal: true
# SPDX-License-Identifier: MIT OR Apache-2.0

module ToRSh
  # Python's tuple: loaded as such, and written as such. Size is torch.Size.
  class Tuple < Array; end
  class Size < Tuple; end

  # Python's OrderedDict, with its attributes (a module's state has "_metadata"); Counter is collections.Counter.
  class OrderedDict < Hash
    attr_accessor :attributes
  end

  class Counter < Hash; end

  # Values in PyTorch's files. Ruby's Strings are text, or bytes if their encoding is binary; Symbols as keys are text.
  module Value
    DEPTH = 1000

    class << self
      # The bytes of a file, or nil if it is written to path.
      def save(object, path)
        value = build(object, 0)
        return Failure.check(Native.torsh_value_save(value, path, nil)) if path

        data = FFI::MemoryPointer.new(:pointer)
        size = FFI::MemoryPointer.new(:size_t)
        Failure.check(Native.torsh_value_save_buffer(value, data, size, nil))
        bytes = data.read_pointer
        bytes.read_bytes(size.read(:size_t)).tap { Native.torsh_free(bytes) }
      ensure
        Native.torsh_value_release(value) if value
      end

      def load(path, bytes: nil)
        value = path ? Native.torsh_value_load(path, nil) : Native.torsh_value_load_buffer(bytes, bytes.bytesize, nil)
        Failure.handle(value)
        begin
          ruby(value)
        ensure
          Native.torsh_value_release(value)
        end
      end

      # A new reference to object as a value of C.
      def build(object, depth)
        raise InvalidValueError, "save: more than #{DEPTH} levels" if depth > DEPTH

        case object
        when Array, Hash then container(object, depth)
        when Tensor
          flag = object.requires_grad? ? 1 : 0
          Failure.handle(Native.torsh_value_new_tensor(object.handle, flag, object.is_a?(NN::Parameter) ? 1 : 0))
        else Failure.handle(leaf(object))
        end
      end

      # The Ruby object for a value of C, which is lent.
      def ruby(value)
        case Native.torsh_value_kind(value)
        when Native::VALUE_BOOL then Native.torsh_value_bool(value)
        when Native::VALUE_INT then Native.torsh_value_int(value)
        when Native::VALUE_FLOAT then Native.torsh_value_float(value)
        when Native::VALUE_COMPLEX then complex(value)
        when Native::VALUE_STRING then text(value).force_encoding(Encoding::UTF_8)
        when Native::VALUE_BYTES then text(value)
        when Native::VALUE_LIST then items(value)
        when Native::VALUE_TUPLE then tuple(value)
        when Native::VALUE_DICT then hash(value)
        when Native::VALUE_TENSOR then tensor(value)
        when Native::VALUE_DTYPE then DType.name(Native.torsh_value_dtype(value))
        when Native::VALUE_DEVICE then Device.wrap(Native.torsh_value_device(value))
        end
      end

      private

      def leaf(object)
        case object
        when nil then Native.torsh_value_new_none
        when true, false then Native.torsh_value_new_bool(object ? 1 : 0)
        when Integer then Native.torsh_value_new_int(Scalar.integer(object))
        when Float then Native.torsh_value_new_float(object)
        when Complex then Native.torsh_value_new_complex(object.real.to_f, object.imaginary.to_f)
        when String then string(object)
        when Device then Native.torsh_value_new_device(object.packed)
        when Symbol
          number = DType.number(object) or raise TypeError, "save: a Symbol must be a dtype, not #{object.inspect}"
          Native.torsh_value_new_dtype(number)
        else raise TypeError, "save: #{object.class} is not a kind of data that files hold"
        end
      end

      def string(object)
        return bytes(:torsh_value_new_bytes, object) if object.encoding == Encoding::BINARY

        bytes(:torsh_value_new_string, object.encode(Encoding::UTF_8))
      end

      # text may hold NULs: its bytes go by a buffer
      def bytes(constructor, object)
        buffer = FFI::MemoryPointer.new(:char, object.bytesize + 1)
        buffer.put_bytes(0, object)
        Native.public_send(constructor, buffer, object.bytesize)
      end

      def container(object, depth)
        value = Failure.handle(empty(object))
        if object.is_a?(Hash)
          object.each { |key, item| add_pair(value, key.is_a?(Symbol) ? key.name : key, item, depth) }
          attributes(value, object, depth)
        else
          object.each { |item| Failure.check(Native.torsh_value_add(value, build(item, depth + 1))) }
        end
        value
      rescue StandardError
        Native.torsh_value_release(value) if value
        raise
      end

      def empty(object)
        case object
        when OrderedDict then Native.torsh_value_new_dict(Native::CLASS_ORDERED_DICT)
        when Counter then Native.torsh_value_new_dict(Native::CLASS_COUNTER)
        when Hash then Native.torsh_value_new_dict(Native::CLASS_PLAIN)
        when Size then Native.torsh_value_new_tuple(Native::CLASS_SIZE)
        when Tuple then Native.torsh_value_new_tuple(Native::CLASS_PLAIN)
        else Native.torsh_value_new_list
        end
      end

      def add_pair(value, key, item, depth)
        key = build(key, depth + 1)
        begin
          item = build(item, depth + 1)
        rescue StandardError
          Native.torsh_value_release(key)
          raise
        end
        Failure.check(Native.torsh_value_add_pair(value, key, item))
      end

      def attributes(value, object, depth)
        return unless object.is_a?(OrderedDict) && object.attributes

        Failure.check(Native.torsh_value_set_attributes(value, build(object.attributes, depth + 1)))
      end

      def complex(value)
        parts = FFI::MemoryPointer.new(:double, 2)
        Native.torsh_value_complex(value, parts, parts + 8)
        Complex(*parts.read_array_of_double(2))
      end

      def text(value)
        size = FFI::MemoryPointer.new(:size_t)
        Native.torsh_value_string(value, size).read_bytes(size.read(:size_t))
      end

      def items(value)
        Array.new(Native.torsh_value_n(value)) { |i| ruby(Native.torsh_value_item(value, i)) }
      end

      def tuple(value)
        (Native.torsh_value_class(value) == Native::CLASS_SIZE ? Size : Tuple).new(items(value))
      end

      def hash(value)
        type = { Native::CLASS_ORDERED_DICT => OrderedDict, Native::CLASS_COUNTER => Counter }
        hash = type.fetch(Native.torsh_value_class(value), Hash).new
        Native.torsh_value_n(value).times do |i|
          hash[ruby(Native.torsh_value_key(value, i))] = ruby(Native.torsh_value_item(value, i))
        end
        attributes = Native.torsh_value_attributes(value)
        hash.attributes = ruby(attributes) unless attributes.zero?
        hash
      end

      def tensor(value)
        tensor = Tensor.lent(Native.torsh_value_tensor(value))
        requires_grad = Native.torsh_value_requires_grad(value)
        return NN::Parameter.new(tensor, requires_grad: requires_grad) if Native.torsh_value_is_parameter(value)

        tensor.requires_grad = true if requires_grad
        tensor
      end
    end
  end
  private_constant :Value

  class << self
    # Writes tensors, numbers, Strings, Arrays and Hashes of them to a path or an IO, as torch.save does.
    def save(object, file)
      path = path_of(file)
      bytes = Value.save(object, path)
      file.write(bytes) unless path
      nil
    end

    # Reads what torch.save or ToRSh.save wrote, or a safetensors file, from a path or an IO. Executes nothing of it.
    # map_location: a device that all tensors are moved to.
    def load(file, map_location: nil)
      path = path_of(file)
      File.stat(path) if path # Errno::ENOENT …
      value = path ? Value.load(path) : Value.load(nil, bytes: file.read)
      map_location ? moved(value, Device.new(map_location)) : value
    end

    private

    # Of a String or Pathname; nil for an IO.
    def path_of(file)
      return file if file.is_a?(String)
      return file.to_path if file.respond_to?(:to_path) && !file.respond_to?(:fileno)
      return if file.respond_to?(:read) && file.respond_to?(:write)

      raise TypeError, "save and load take a path or an IO, not #{Signature.kind_of(file)}"
    end

    def moved(value, device)
      case value
      when Tensor then value.to(device)
      when Hash then value.each { |key, item| value[key] = moved(item, device) }
      when Array then value.map! { |item| moved(item, device) }
      else value
      end
    end
  end
end

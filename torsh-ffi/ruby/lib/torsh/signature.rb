# frozen_string_literal: true
# SPDX-License-Identifier: MIT OR Apache-2.0

module ToRSh
  # A parameter of a function of C: its name in PyTorch, and the kind of value that goes there (tools/opgen/schema.py).
  class Parameter
    attr_reader :name, :kind, :fixed, :keyword, :number

    # number: of a tensor, that a number may stand for it.
    def initialize(name, kind, keyword: false, fixed: 0, number: false, **options)
      @name = name
      @kind = kind
      @keyword = keyword
      @fixed = fixed
      @number = number
      @optional = options.key?(:default)
      @default = options[:default]
    end

    def required? = !@optional
    def list? = %i[dims dims_opt].include?(kind)

    # The default as C's arguments.
    def native_default
      @native_default ||= [].tap { |native| push(native, @default) or raise "#{name}: a default of the wrong kind" }
    end

    WANTED = { tensor: "Tensor", tensor_opt: "Tensor", tensor_list: "Array of Tensors", number: "Numeric", scalar: "Numeric",
               scalar_opt: "Numeric", int: "Integer", int_opt: "Integer", float: "Float", float_opt: "Float",
               bool: "true or false", bool_opt: "true or false", dims: "Array of Integers", dims_opt: "Array of Integers",
               dtype: "dtype", layout: "layout", memory_format: "memory format", device: "device", enum: "String",
               enum_opt: "String",
               generator: "Generator" }.freeze

    # What belongs there, for messages.
    def wanted
      "#{"Integer or " if fixed.positive?}#{WANTED.fetch(kind)}#{" or Numeric" if number}"
    end

    LAYOUTS = { strided: 0 }.freeze
    MEMORY_FORMATS = { contiguous_format: 0, preserve_format: 1, channels_last: 2 }.freeze

    # Appends value as C takes it to native; false if it is of another kind.
    def push(native, value)
      case kind
      when :tensor then return push_tensor(native, value)
      when :number, :scalar then packed = Scalar.pack(value)
      when :int then packed = Scalar.integer(value)
      when :float then packed = Scalar.float(value)
      when :bool then packed = flag(value)
      when :dtype then packed = value.nil? && !required? ? -1 : DType.number(value)
      when :layout then packed = named(LAYOUTS, value)
      when :memory_format then packed = named(MEMORY_FORMATS, value)
      when :device then packed = value.nil? ? Device::NONE : Device.from(value)&.packed
      when :enum then packed = text(value)
      when :generator then packed = value.nil? ? 0 : (value.handle if value.is_a?(Generator))
      else return push_optional(native, value)
      end
      return false if packed.nil?

      native << packed
      true
    end

    private

    def push_tensor(native, value)
      return false unless value.is_a?(Tensor)

      native << value.handle
      true
    end

    # The kinds that take several arguments of C, or NULL.
    def push_optional(native, value)
      case kind
      when :tensor_list then push_list(native, value)
      when :dims, :dims_opt then push_dims(native, value)
      when :tensor_opt then value.nil? ? native << 0 : push_tensor(native, value)
      else
        return native << nil if value.nil?

        packed = pointed(value)
        packed ? native << packed : false
      end
    end

    def pointed(value)
      case kind
      when :scalar_opt then Scalar.pack(value)
      when :int_opt then Scalar.integer(value)&.then { |i| [i].pack("q") }
      when :float_opt then Scalar.float(value)&.then { |f| [f].pack("d") }
      when :bool_opt then flag(value)&.then { |i| [i].pack("l") }
      when :enum_opt then text(value)
      end
    end

    def push_list(native, value)
      return false unless value.is_a?(Array) && value.all?(Tensor)

      native << value.map(&:handle).pack("Q*") << value.size
    end

    def push_dims(native, value)
      return native << nil << 0 if value.nil? && kind == :dims_opt

      value = [value] * fixed if fixed.positive? && !value.is_a?(Array)
      return false unless value.is_a?(Array)

      dims = value.map { |item| Scalar.integer(item) }
      dims.include?(nil) ? false : native << dims.pack("q*") << dims.size
    end

    def flag(value)
      case value
      when true then 1
      when false then 0
      end
    end

    def text(value)
      value.is_a?(Symbol) ? value.name : (value if value.is_a?(String))
    end

    def named(numbers, value)
      value.nil? ? -1 : numbers[value.is_a?(String) ? value.to_sym : value]
    end
  end

  # What a call takes: turns Ruby's arguments into C's, or says why it cannot.
  class Signature
    # Why arguments do not fit; progress: how many did.
    Mismatch = Struct.new(:progress, :error, :text, :parameter, :wanted)

    attr_reader :params, :positional, :names

    # params: of Parameter.new; also: further keywords that the caller handles.
    def initialize(params, also: [])
      @params = params.map { |p| p.is_a?(Parameter) ? p : Parameter.new(*p[0, 2], **(p[2] || {})) }
      @positional = @params.reject(&:keyword)
      @also = also
      @names = @params.map(&:name) + also
      @varargs = @positional.size == 1 && @positional[0].list? && @positional[0].fixed.zero?
    end

    # view(2, 3) for view([2, 3]): where one list of Integers is all that stands by position.
    def gather(args)
      @varargs && !args.empty? && !args[0].is_a?(Array) && !(args.size == 1 && args[0].nil?) ? [args] : args
    end

    # C's arguments, or nil.
    def match(args, named, native = [])
      args = gather(args)
      return if args.size > @positional.size

      used = @also.count { |name| named.key?(name) }
      position = 0
      @params.each do |param|
        if !param.keyword && position < args.size
          return unless param.push(native, args[position])

          position += 1
        elsif used < named.size && named.key?(param.name)
          return unless param.push(native, named[param.name])

          used += 1
        elsif param.required?
          return
        else
          native.concat(param.native_default)
        end
      end
      native if used == named.size
    end

    def numbers? = @params.any?(&:number)

    # The arguments with tensors in place of numbers where those may stand for them.
    def with_numbers(args, named)
      args = args.each_with_index.map { |value, i| @positional[i]&.number ? tensor_of(value) : value }
      [args, named.to_h { |name, value| [name, @params.any? { |p| p.number && p.name == name } ? tensor_of(value) : value] }]
    end

    # What is wrong with arguments that match() refused.
    def mismatch(args, named)
      gathered = gather(args)
      return too_many(args) if gathered.size > @positional.size

      (named.keys - names).each { |name| return Mismatch.new(-1, ArgumentError, "unknown keyword: #{name.inspect}") }
      position = progress = 0
      @params.each do |param|
        by_position = !param.keyword && position < gathered.size
        position += 1 if by_position
        given = by_position || named.key?(param.name)
        return missing(progress, param) if !given && param.required?
        next unless given
        return twice(param) if by_position && named.key?(param.name)

        value = by_position ? gathered[position - 1] : named[param.name]
        return wrong(progress, param, value, args) unless param.push([], value)

        progress += 1
      end
      nil
    end

    # For functions with one form.
    def match!(name, args, named)
      match(args, named) || begin
        found = mismatch(args, named)
        raise found.error, "#{name}: #{found.text}"
      end
    end

    private

    # A 0-d tensor that promotes as the number does.
    def tensor_of(value)
      scalar = Scalar.pack(value) unless value.is_a?(Tensor)
      scalar ? Tensor.wrap(Failure.handle(Native.torsh_tensor_from_scalar(scalar))) : value
    end

    def too_many(args)
      required = @positional.count(&:required?)
      most = @positional.size
      expected = required == most ? most.to_s : "#{required}..#{most}"
      Mismatch.new(most, ArgumentError, "wrong number of arguments (given #{args.size}, expected #{expected})")
    end

    def missing(progress, param)
      Mismatch.new(progress, ArgumentError, "missing #{param.keyword ? "keyword" : "argument"}: #{param.name.inspect}")
    end

    def twice(param)
      Mismatch.new(0, ArgumentError, "#{param.name.inspect} is given by position and by keyword")
    end

    def wrong(progress, param, value, args)
      value = args.find { |item| !item.is_a?(Integer) } if @varargs && value.equal?(gather(args)[0]) && !args[0].is_a?(Array)
      Mismatch.new(progress, TypeError, "argument '#{param.name}' must be #{param.wanted}, not #{Signature.kind_of(value)}",
                   param.name, param.wanted)
    end

    class << self
      # "Array with String": what a message calls a value.
      def kind_of(value)
        case value
        when nil, true, false then value.inspect
        when Array
          odd = value.find { |item| !item.is_a?(Integer) && !item.is_a?(Tensor) }
          odd ? "Array with #{kind_of(odd)}" : "Array"
        else value.class.name
        end
      end
    end
  end
end

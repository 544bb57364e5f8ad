# frozen_string_literal: true
# SPDX-License-Identifier: MIT OR Apache-2.0

require_relative "generated/overloads"

module ToRSh
  # An operator by its name in PyTorch: picks the overload that takes the arguments, calls C, wraps the results.
  class Operator
    # One schema, as a function or as a method of its `self`.
    class Overload
      attr_reader :signature

      def initialize(c_name, method)
        key = Table::OVERLOADS.key?(c_name) ? c_name : c_name.name.delete_suffix("_").to_sym
        @in_place = key != c_name
        @n_results, params, options = Table::OVERLOADS.fetch(key)
        options ||= {}
        @out = options[:out] && !method && !@in_place
        @requires_grad = options[:requires_grad]
        @names = options[:results]&.split&.map(&:to_sym)
        @c_name = c_name
        @function = Native[:"torsh_#{c_name}_with_error"]
        @self_at = params.index { |name, *| name == :self } if method
        @flag, @flag_value = options[:flag]
        @extras = { out: @out, requires_grad: @requires_grad, @flag => @flag }.select { |_, there| there }.keys
        @signature = Signature.new(adapt(params), also: @extras)
      end

      # [result], or nil if the arguments are not of this overload.
      def try(receiver, args, named)
        native = receiver ? match_method(receiver, args, named) : @signature.match(args, named)
        return if native.nil? || wrong_extra(named) || (@flag && named.fetch(@flag, false) != @flag_value)

        result = run(native, (named[:out] if @out), receiver || args[0] || named[:input])
        result.requires_grad = true if @requires_grad && named[:requires_grad]
        [result]
      end

      # What is wrong with an argument that C knows nothing of; nil: nothing.
      def wrong_extra(named)
        name = (@extras & named.keys).find { |extra| extra == :out ? !out?(named[extra]) : !flag?(named[extra]) } or return

        wanted = @n_results == 1 ? "Tensor" : "Array of #{@n_results} Tensors"
        wanted = "true or false" unless name == :out
        "argument '#{name}' must be #{wanted}, not #{Signature.kind_of(named[name])}"
      end

      # C's function and its last arguments, if `n` arguments of these kinds are all that it is given.
      def direct(n, method, kinds = [:tensor])
        return if @n_results != 1 || @in_place || @flag_value || (method && @self_at != 0)

        first = @signature.params.first(n)
        rest = @signature.params.drop(n)
        return unless first.size == n && first.all? { |p| kinds.include?(p.kind) && !p.keyword } && rest.none?(&:required?)

        [@function, (rest.flat_map(&:native_default) << nil).freeze]
      end

      private

      def adapt(params)
        params.filter_map do |name, kind, options|
          next if @self_at && name == :self

          Parameter.new(name == :self ? :input : name, kind, **(options || {}))
        end
      end

      def match_method(receiver, args, named)
        return @signature.match(args, named, [receiver.handle]) if @self_at.zero?

        native = @signature.match(args, named) or return
        # of the parameters before self each takes one argument of C
        native.insert(@self_at, receiver.handle)
      end

      def flag?(value) = value.equal?(true) || value.equal?(false)

      def out?(out)
        return true if out.nil?

        @n_results == 1 ? out.is_a?(Tensor) : out.is_a?(Array) && out.size == @n_results && out.all?(Tensor)
      end

      def run(native, out, first)
        outs = out.nil? || out.is_a?(Array) ? out.to_a : [out]
        more = Native.pointers(@n_results - 1) if out.nil? && @n_results > 1
        native.concat(outs.map(&:handle))
        (@n_results - 1).times { |i| native << more + 8 * i } if more
        result = (out ? out_function : @function).call(*native, nil)
        Failure.raise_last if result.zero?
        return given_back(result, out) if out
        return same(result, first) if @in_place
        return list(result) if @n_results.zero?

        tensor = Tensor.wrap(result)
        more ? several([tensor, *more.read_array_of_uint64(@n_results - 1).map { |t| Tensor.wrap(t) }]) : tensor
      end

      def out_function = Native[:"torsh_#{@c_name}_out_with_error"]

      # The result is the tensor that was given: it keeps its object.
      def same(result, tensor)
        Native.torsh_tensor_release(result)
        tensor
      end

      def given_back(result, out)
        same(result, out)
        out.is_a?(Array) ? several(out) : out
      end

      def list(handle)
        n = Native.torsh_tensor_list_n(handle)
        Array.new(n) { |i| Tensor.wrap(Native.torsh_tensor_retain(Native.torsh_tensor_list_get(handle, i))) }
      ensure
        Native.torsh_tensor_list_free(handle)
      end

      def several(tensors)
        @names ? Operator.results(@names).new(*tensors) : tensors
      end
    end

    @results = {}

    class << self
      # name => Operator of that group (:torch, :nn, :method), made when it is first asked for
      def table(group)
        Hash.new { |made, name| made[name] = new(name, Table::NAMES.fetch(group).fetch(name), method: group == :method) }
      end

      # A struct for results with names, which can also be taken apart as an Array.
      def results(names)
        @results[names] ||= Struct.new(*names) { alias_method :to_ary, :to_a }
      end
    end

    attr_reader :name

    def initialize(name, c_names, method:)
      @name = name
      @c_names = c_names
      @method = method
    end

    # What the generated methods call. receiver: nil for functions.
    def call(receiver, args, named)
      prepare unless @overloads
      if named.empty? && (direct = @direct[args.size])
        result = call_direct(direct, receiver, args)
        return result if result
      end
      @overloads.each do |overload|
        found = overload.try(receiver, args, named)
        return found[0] if found
      end
      with_numbers(receiver, args, named) { |result| return result }
      refuse(args, named)
    end

    private

    def prepare
      overloads = @c_names.map { |c_name| Overload.new(c_name, @method) }
      @direct = (0..3).map { |n| overloads.first.direct(n, @method) }
      @direct[0] = nil unless @method
      @direct_number = overloads[1]&.direct(1, true, %i[number scalar]) if @method && @direct[1]
      @overloads = overloads
    end

    # Numbers may stand for tensors where no overload takes them as numbers.
    def with_numbers(receiver, args, named)
      @overloads.each do |overload|
        next unless overload.signature.numbers?

        found = overload.try(receiver, *overload.signature.with_numbers(args, named))
        yield found[0] if found
      end
    end

    # Tensors only, nothing by keyword: most calls.
    def call_direct(direct, receiver, args)
      function, rest = direct
      if receiver && args.size < 2
        return function.call(receiver.handle, *rest).then { |t| wrap(t) } if args.empty?

        other = args[0]
        return wrap(function.call(receiver.handle, other.handle, *rest)) if other.is_a?(Tensor)
        return unless @direct_number && (other.is_a?(Float) || other.is_a?(Integer))

        function, rest = @direct_number
        wrap(function.call(receiver.handle, Scalar.pack(other), *rest))
      elsif args.all?(Tensor)
        handles = args.map(&:handle)
        handles.unshift(receiver.handle) if receiver
        wrap(function.call(*handles, *rest))
      end
    end

    def wrap(handle)
      handle.zero? ? Failure.raise_last : Tensor.wrap(handle)
    end

    # No overload takes these arguments: says what is wrong with those that came farthest.
    def refuse(args, named)
      known = @overloads.flat_map { |o| o.signature.names }
      unknown = named.keys - known
      raise ArgumentError, "#{name}: unknown keyword: #{unknown[0].inspect}" unless unknown.empty?

      found = @overloads.map { |o| o.signature.mismatch(args, named) }
      extra = @overloads.zip(found).filter_map { |o, wrong| o.wrong_extra(named) unless wrong }[0]
      raise TypeError, "#{name}: #{extra}" if extra

      found = found.compact

      best = found.select { |m| m.progress == found.map(&:progress).max }
      same = best.select { |m| m.parameter && m.parameter == best[0].parameter }.flat_map { |m| m.wanted.split(" or ") }.uniq
      text = best[0].text
      text = text.sub("must be #{best[0].wanted}", "must be #{same.join(" or ")}") if same.size > 1
      raise best[0].error, "#{name}: #{text}"
    end
  end
end

# frozen_string_literal: true
# SPDX-License-Identifier: MIT OR Apache-2.0

module ToRSh
  module NN
    # A module with parameters. Write one by naming its parts and its forward:
    #
    #   class Net < ToRSh::NN::Module
    #     def initialize
    #       super
    #       register(fc1: ToRSh::NN::Linear.new(2, 16), fc2: ToRSh::NN::Linear.new(16, 1))
    #     end
    #
    #     def forward(x) = fc2.(fc1.(x).relu)
    #   end
    #
    # Each part has a reader of its name. net.call(x) and net.(x) run forward. Everything else is one module of C, so that
    # names, state and messages are the same as in every other language.
    class Module
      # C's module.
      attr_reader :handle

      @living = ObjectSpace::WeakMap.new
      @last_id = 0

      # What C calls when one of its containers reaches a module that is written in Ruby. The id is what C holds, never an
      # object, so that modules stay collectable.
      FORWARD = FFI::Function.new(:int, %i[ulong ulong ulong pointer]) do |id, _, input, output|
        result = Module.living(id).call(Tensor.wrap(Native.torsh_tensor_retain(input)))
        raise TypeError, "forward must return a Tensor, not #{Signature.kind_of(result)}" unless result.is_a?(Tensor)

        output.write_uint64(Native.torsh_tensor_retain(result.handle))
        0
      rescue Exception => e
        Failure.carry(e)
      end
      private_constant :FORWARD

      class << self
        def living(id) = Module.instance_variable_get(:@living)[id]

        # An id that stands for the object as long as it lives.
        def enlist(object)
          id = Module.instance_variable_set(:@last_id, Module.instance_variable_get(:@last_id) + 1)
          Module.instance_variable_get(:@living)[id] = object
          id
        end
      end

      def initialize
        type = (self.class.name || "Module").split("::").last
        adopt(Native.torsh_module_new(type, FORWARD, FFI::Pointer.new(Module.enlist(self)), nil, nil))
      end

      def forward(*)
        raise NotImplementedError, "#{self.class} has no forward"
      end

      def call(*args, **named) = forward(*args, **named)

      # ---- parts ----

      # Adds modules and parameters under their names: register(fc: Linear.new(2, 3), scale: Parameter.new(tensor)).
      # nil: a parameter that is not there.
      def register(**parts)
        parts.each do |name, part|
          case part
          when Module then register_module(name, part)
          when Tensor, nil then register_parameter(name, part)
          else raise TypeError, "register: #{name} must be Module, Tensor or nil, not #{Signature.kind_of(part)}"
          end
        end
        self
      end

      def register_module(name, part)
        raise TypeError, "register_module: #{name} must be Module, not #{Signature.kind_of(part)}" unless part.is_a?(Module)

        attach(name) do
          Failure.check(Native.torsh_module_add_module(handle, name.to_s, Native.torsh_module_retain(part.handle)))
          part
        end
        children[name.to_s] = part
      end

      # From now on it requires grad.
      def register_parameter(name, tensor)
        add_tensor(name, tensor) { |h| Native.torsh_module_add_parameter(handle, name.to_s, h) }
      end

      # A tensor that is no parameter. persistent: is part of the state.
      def register_buffer(name, tensor, persistent: true)
        add_tensor(name, tensor) { |h| Native.torsh_module_add_buffer(handle, name.to_s, h, persistent ? 1 : 0) }
      end

      # A part by its name: net["0.weight"], net["fc1"].
      def [](name)
        name = name.to_s
        tensor = Native.torsh_module_tensor(handle, name)
        return Tensor.lent(tensor) unless tensor.zero?

        name.split(".").reduce(self) { |part, step| part&.children&.[](step) }
      end

      # name => module, as they were added
      def children = @children ||= {}

      # This module and all in it, with names ("" for itself).
      def named_modules(prefix = "")
        children.reduce({ prefix => self }) do |all, (name, child)|
          all.merge(child.named_modules(prefix.empty? ? name : "#{prefix}.#{name}"))
        end
      end

      def modules = named_modules.values.uniq(&:handle)

      # Runs the block on every module in it, itself last; returns self.
      def apply(&block)
        children.each_value { |child| child.apply(&block) }
        block.call(self)
        self
      end

      # ---- parameters and state ----

      def parameters = lent(Native.torsh_module_parameters(handle))
      def buffers = lent(Native.torsh_module_buffers(handle))
      def named_parameters = named(parameters) { |i| Native.torsh_module_parameter_name(handle, i) }
      def named_buffers = named(buffers) { |i| Native.torsh_module_buffer_name(handle, i) }

      # PyTorch's state_dict, on the module's memory.
      def state_dict
        state = Failure.handle(Native.torsh_module_state(handle))
        Value.ruby(Native.torsh_state_value(state))
      ensure
        Native.torsh_state_free(state) if state
      end

      # Copies a Hash of tensors in. strict: names must be the same, else what is there is taken.
      def load_state_dict(state, strict: true)
        raise TypeError, "load_state_dict: argument 'state' must be Hash, not #{Signature.kind_of(state)}" unless state.is_a?(Hash)

        value = Value.build(state, 0)
        native = Failure.handle(Native.torsh_state_from_value(value, nil))
        Failure.check(Native.torsh_module_load_state(handle, native, strict ? 1 : 0, nil))
        self
      ensure
        Native.torsh_state_free(native) if native
        Native.torsh_value_release(value) if value
      end

      # ---- modes ----

      def train(mode = true)
        Failure.check(Native.torsh_module_train(handle, mode ? 1 : 0))
        self
      end

      def eval = train(false)
      def training? = Native.torsh_module_is_training(handle)
      alias training training?

      def zero_grad
        Failure.check(Native.torsh_module_zero_grad(handle))
      end

      # Moves parameters and buffers to a device and, where they are floating, to a dtype.
      def to(place = nil, device: nil, dtype: nil)
        DType.number(place) ? dtype = place : device ||= place
        where = device.nil? ? Device::NONE : Device.new(device).packed
        Failure.check(Native.torsh_module_to(handle, dtype.nil? ? -1 : DType.number!(dtype), where, nil))
        self
      end

      # What stands in parentheses after the class.
      def extra_repr = ""

      def inspect
        name = self.class.name&.split("::")&.last || "Module"
        return "#{name}(#{extra_repr})" if children.empty?

        parts = children.map { |key, child| "  (#{key}): #{child.inspect.gsub("\n", "\n  ")}\n" }
        "#{name}(\n#{parts.join})"
      end
      alias to_s inspect

      private

      def adopt(handle)
        @handle = Failure.handle(handle)
        @memory = Native.own(handle, "torsh_module_release")
      end

      def attach(name)
        unless name.to_s.match?(/\A\w+\z/) && !respond_to?(name, true)
          raise ArgumentError, "register: #{name.inspect} is no name for a part, or taken"
        end

        part = yield
        define_singleton_method(name) { part } unless name.to_s.match?(/\A\d/)
        part
      end

      def add_tensor(name, tensor)
        unless tensor.nil? || tensor.is_a?(Tensor)
          raise TypeError, "register: #{name} must be Tensor or nil, not #{Signature.kind_of(tensor)}"
        end

        attach(name) do
          Failure.check(yield(tensor ? tensor.handle : 0))
          tensor && Tensor.remember(tensor)
        end
      end

      def lent(list)
        Failure.handle(list)
        Array.new(Native.torsh_tensor_list_n(list)) { |i| Tensor.lent(Native.torsh_tensor_list_get(list, i)) }
      end

      def named(tensors)
        tensors.each_with_index.to_h { |tensor, i| [yield(i), tensor] }
      end
    end
  end
end

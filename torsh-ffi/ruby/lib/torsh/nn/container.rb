# frozen_string_literal: true
# SPDX-License-Identifier: MIT OR Apache-2.0

module ToRSh
  module NN
    # What modules whose parts are numbered have of an Array.
    module Numbered
      include Enumerable

      # A module by number (negative: from the end) or, as in every module, a part by name.
      def [](place)
        place.is_a?(Integer) ? children.values.fetch(place) : super
      end

      def each(&block)
        children.each_value(&block)
        self
      end

      def size = children.size
      alias length size
    end
    private_constant :Numbered

    # Modules one after the other: Sequential.new(Linear.new(2, 16), ReLU.new, Linear.new(16, 1)), or one Array of them.
    class Sequential < Layer
      include Numbered

      made_by :torsh_sequential_new

      def initialize(*modules)
        super()
        modules = modules[0] if modules.size == 1 && modules[0].is_a?(Array)
        modules.each { |part| self << part }
      end

      # Appends a module.
      def <<(part)
        raise TypeError, "Sequential: a part must be Module, not #{Signature.kind_of(part)}" unless part.is_a?(Module)

        Failure.check(Native.torsh_sequential_add(handle, Native.torsh_module_retain(part.handle)))
        children[children.size.to_s] = part
        self
      end
      alias append <<
    end

    # An Array of modules that are parts of another one; runs nothing itself.
    class ModuleList < Module
      include Numbered

      def initialize(modules = [])
        super()
        modules.each { |part| self << part }
      end

      def <<(part)
        register_module(children.size.to_s, part)
        self
      end
      alias append <<
    end

    # Its input.
    class Identity < Module
      def forward(input) = input
    end

    # The logarithm of softmax along dim.
    class LogSoftmax < Module
      TAKES = Signature.new([%i[dim int]])
      private_constant :TAKES

      def initialize(*args, **named)
        super()
        @dim, = TAKES.match!(:LogSoftmax, args, named)
      end

      def forward(input) = input.log_softmax(@dim)
      def extra_repr = "dim: #{@dim}"
    end
  end
end

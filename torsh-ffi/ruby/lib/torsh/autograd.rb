# frozen_string_literal: true
# SPDX-License-Identifier: MIT OR Apache-2.0

module ToRSh
  # Gradients of several results at once, and the mode that records. The mode is the thread's.
  module Autograd
    class << self
      # Adds the gradients of roots to the leaves (or to `inputs` alone).
      def backward(roots, gradients = nil, retain_graph: nil, create_graph: false, inputs: nil)
        roots = tensors(:backward, :roots, roots)
        inputs = tensors(:backward, :inputs, inputs) unless inputs.nil?
        raise ArgumentError, "backward: inputs must not be empty" if inputs&.empty?

        retain = retain_graph.nil? ? create_graph : retain_graph
        Failure.check(Native.torsh_backward_with_error(
                        pack(roots), roots.size, pack_gradients(:backward, roots, gradients), retain ? 1 : 0,
                        create_graph ? 1 : 0, pack(inputs || []), inputs ? inputs.size : 0, nil
                      ))
        nil
      end

      # d outputs / d inputs, one an input, leaving .grad alone. nil with allow_unused for what does not take part.
      def grad(outputs, inputs, grad_outputs = nil, retain_graph: nil, create_graph: false, allow_unused: false)
        outputs = tensors(:grad, :outputs, outputs)
        inputs = tensors(:grad, :inputs, inputs)
        retain = retain_graph.nil? ? create_graph : retain_graph
        results = Native.pointers([inputs.size, 1].max)
        Failure.check(Native.torsh_grad_with_error(
                        pack(outputs), outputs.size, pack_gradients(:grad, outputs, grad_outputs), pack(inputs), inputs.size,
                        retain ? 1 : 0, create_graph ? 1 : 0, allow_unused ? 1 : 0, results, nil
                      ))
        results.read_array_of_uint64(inputs.size).map { |t| t.zero? ? nil : Tensor.wrap(t) }
      end

      # Runs the block with recording on or off.
      def with_mode(enabled)
        was = Native.torsh_set_grad_enabled(enabled)
        yield
      ensure
        Native.torsh_set_grad_enabled(was)
      end

      private

      def tensors(name, argument, list)
        list = [list] if list.is_a?(Tensor)
        return list if list.is_a?(Array) && list.all?(Tensor)

        raise TypeError, "#{name}: argument '#{argument}' must be Tensor or Array of Tensors, not #{Signature.kind_of(list)}"
      end

      def pack(list) = list.map(&:handle).pack("Q*")

      def pack_gradients(name, roots, gradients)
        return if gradients.nil?

        list = gradients.is_a?(Array) ? gradients : [gradients]
        unless list.all? { |g| g.nil? || g.is_a?(Tensor) }
          raise TypeError, "#{name}: a gradient must be Tensor or nil, not #{Signature.kind_of(list.find { |g| !g.is_a?(Tensor) })}"
        end
        raise ArgumentError, "#{name}: #{list.size} gradients for #{roots.size} results" if list.size != roots.size

        list.map { |g| g ? g.handle : 0 }.pack("Q*")
      end
    end
  end

  class << self
    # Runs the block without recording: ToRSh.no_grad { net.(x) }.
    def no_grad(&block) = Autograd.with_mode(false, &block)
    def enable_grad(&block) = Autograd.with_mode(true, &block)
    def grad_enabled? = Native.torsh_is_grad_enabled
    alias is_grad_enabled grad_enabled?
    # For this thread, from now on; with a block: for as long as that runs.
    def set_grad_enabled(mode, &block)
      block ? Autograd.with_mode(mode, &block) : Native.torsh_set_grad_enabled(mode)
    end
  end
end

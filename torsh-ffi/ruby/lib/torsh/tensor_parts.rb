# frozen_string_literal: true
# SPDX-License-Identifier: MIT OR Apache-2.0

module ToRSh
  # Elements, gradients and memory of a tensor.
  class Tensor
    ITEM = Native[:torsh_tensor_item]
    private_constant :ITEM

    # The only element as a number, true or false.
    def item
      bytes = "\0".b * 24
      Failure.check(ITEM.call(handle, bytes))
      Scalar.unpack(bytes)
    end

    def to_f = Float(item)
    def to_i = Integer(item)

    # The elements as nested Arrays; of a 0-d tensor the number.
    def to_a = TensorData.to_a(self)
    alias tolist to_a

    # All elements, row-major, as a binary String: ToRSh.frombuffer(bytes, dtype:, shape:) is the way back.
    def to_bytes = TensorData.bytes(self)

    # The tensors along the first dimension.
    def each(&block)
      return to_enum(:each) { length } unless block

      unbind(0).each(&block)
      self
    end

    # ---- gradients ----

    def requires_grad = Native.torsh_tensor_requires_grad(handle)
    alias requires_grad? requires_grad

    def requires_grad=(value)
      raise TypeError, "requires_grad= must be true or false, not #{Signature.kind_of(value)}" unless [true, false].include?(value)

      Failure.check(Native.torsh_tensor_set_requires_grad(handle, value ? 1 : 0))
    end

    # Records operations on self from now on; returns self.
    def requires_grad_(requires_grad = true)
      self.requires_grad = requires_grad
      self
    end

    def is_leaf = Native.torsh_tensor_is_leaf(handle)
    alias leaf? is_leaf

    # The accumulated gradient, or nil.
    def grad = Tensor.lent(Native.torsh_tensor_grad(handle))

    def grad=(grad)
      raise TypeError, "grad= must be Tensor or nil, not #{Signature.kind_of(grad)}" unless grad.nil? || grad.is_a?(Tensor)

      Failure.check(Native.torsh_tensor_set_grad(handle, grad ? grad.handle : 0))
      Tensor.remember(grad) if grad
    end

    # Forgets the gradient.
    def zero_grad
      self.grad = nil
    end

    # Keeps the gradient of a result too.
    def retain_grad
      Failure.check(Native.torsh_tensor_retain_grad(handle))
      self
    end

    # Cuts self off its history.
    def detach_
      Failure.check(Native.torsh_tensor_detach_(handle))
      self
    end

    # Adds d self / d leaf to the grad of every leaf, or of `inputs` alone.
    def backward(gradient = nil, retain_graph: nil, create_graph: false, inputs: nil)
      Autograd.backward([self], [gradient], retain_graph: retain_graph, create_graph: create_graph, inputs: inputs)
    end

    # ---- memory ----

    # The same memory without history, or another tensor's memory.
    def data = Tensor.wrap(Failure.handle(Native.torsh_tensor_data(handle)))

    def data=(other)
      raise TypeError, "data= must be Tensor, not #{Signature.kind_of(other)}" unless other.is_a?(Tensor)

      Failure.check(Native.torsh_tensor_set_data(handle, other.handle))
    end

    # A view with the dimensions in reverse order, and one with the last two swapped.
    def T = permute((0...ndim).to_a.reverse)
    def mT = transpose(-2, -1)

    # A tensor of data with self's dtype and device.
    def new_tensor(data, dtype: nil, device: nil, requires_grad: false)
      Tensor.new(data, dtype: dtype || self.dtype, device: device || self.device, requires_grad: requires_grad)
    end
  end
end

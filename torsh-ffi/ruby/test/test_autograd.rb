# frozen_string_literal: true
# SPDX-License-Identifier: MIT OR Apache-2.0

require_relative "helper"

class AutogradTest < TorshTest
  def setup
    @x = tensor([1.0, 2.0], requires_grad: true)
  end

  def test_backward
    (@x * @x).sum.backward
    assert_same [2.0, 4.0], @x.grad
    (@x * 3).sum.backward
    assert_same [5.0, 7.0], @x.grad
    assert_nil @x.zero_grad
    assert_nil @x.grad
  end

  def test_a_gradient_is_one_object
    @x.sum.backward
    gradient = @x.grad
    assert gradient.equal?(@x.grad)
    other = tensor([3.0, 4.0])
    @x.grad = other
    assert other.equal?(@x.grad)
    refute gradient.eql?(other)
    @x.grad = nil
    assert_nil @x.grad
    assert_raises(TypeError) { @x.grad = 1 }
    assert_raises(ToRSh::ShapeMismatchError) { @x.grad = tensor([1.0]) }
  end

  def test_options
    y = @x * 2
    y.backward(tensor([1.0, 10.0]), retain_graph: true)
    assert_same [2.0, 20.0], @x.grad
    z = tensor([1.0, 1.0], requires_grad: true)
    (@x * z).sum.backward(inputs: z)
    assert_same [1.0, 2.0], z.grad
    assert_same [2.0, 20.0], @x.grad
    assert_message(ToRSh::Error, /scalar/) { y.backward }
    assert_raises(TypeError) { y.backward(3) }
    assert_raises(ArgumentError) { y.sum.backward(inputs: []) }
    s = @x.exp.sum
    s.backward
    assert_raises(ToRSh::StateError) { s.backward }
  end

  def test_gradients_of_gradients
    y = (@x**3).sum
    first, = ToRSh.grad(y, [@x], create_graph: true)
    second, = ToRSh.grad(first.sum, @x)
    assert_same [6.0, 12.0], second
    assert_nil @x.grad
    unused = tensor([1.0], requires_grad: true)
    assert_equal [nil], ToRSh.grad((@x * 1).sum, [unused], allow_unused: true)
    assert_raises(ToRSh::Error) { ToRSh.grad((@x * 1).sum, [unused]) }
  end

  def test_modes
    assert ToRSh.grad_enabled?
    result = ToRSh.no_grad do
      refute ToRSh.grad_enabled?
      ToRSh.enable_grad { assert (@x * 2).requires_grad? }
      @x * 2
    end
    refute result.requires_grad?
    assert_raises(RuntimeError) { ToRSh.no_grad { raise "out" } }
    assert ToRSh.grad_enabled?
    ToRSh.set_grad_enabled(false) { refute ToRSh.grad_enabled? }
    Thread.new { ToRSh.no_grad { Thread.pass } }.join
    assert ToRSh.grad_enabled?
  end

  def test_leaves
    y = @x * 2
    assert @x.leaf? && !y.leaf? && y.requires_grad
    y.retain_grad
    y.sum.backward
    assert_same [1.0, 1.0], y.grad
    refute y.detach.requires_grad?
    assert_raises(ToRSh::StateError) { y.requires_grad = false }
    assert_raises(ToRSh::DtypeError) { tensor([1]).requires_grad_ }
    assert_raises(TypeError) { @x.requires_grad = 1 }
    @x.data = tensor([5.0, 6.0])
    assert_same [5.0, 6.0], @x.data
    refute @x.data.requires_grad?
  end
end

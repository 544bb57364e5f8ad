# frozen_string_literal: true
# SPDX-License-Identifier: MIT OR Apache-2.0

require_relative "helper"

class OperatorsTest < TorshTest
  def setup
    @a = tensor([4.0, -2.0])
    @b = tensor([2.0, 8.0])
  end

  def test_signs
    assert_same [6.0, 6.0], @a + @b
    assert_same [2.0, -10.0], @a - @b
    assert_same [8.0, -16.0], @a * @b
    assert_same [2.0, -0.25], @a / @b
    assert_same [0.0, 6.0], @a % @b
    assert_same [16.0, 256.0], @a**@b
    assert_same [-4.0, 2.0], -@a
    assert_same [4.0, -2.0], +@a
    assert_same [false, true], @a < @b
    assert_same [false, true], @a <= @b
    assert_same [true, false], @a > @b
    assert_same [true, false], @a >= @b
    i = tensor([6, 3])
    assert_same [2, 2], i & 2 | 0
    assert_same [7, 2], i ^ 1
    assert_same [-7, -4], ~i
    assert_same [3.0, 1.5], i / 2
  end

  def test_numbers_on_the_left
    assert_same [8.0, -4.0], 2 * @a
    assert_same [6.0, 0.0], 2 + @a
    assert_same [-2.0, 4.0], 2 - @a
    assert_same [0.25, -0.5], 1 / @a
    assert_same [16.0, 0.25], 2**@a
    assert_same [1.0, 5.0], 5 % @b.clone.copy_(tensor([2.0, 8.0]))
    assert_same [true, false], 2 < @a
    assert_same [true, true], 2.0 <= @b
    assert_same [false, true], 2 > @a
    assert_same [2, 2], 2 & tensor([6, 3])
    assert_same [2.5, 3.5], 0.5 + tensor([2, 3])
    assert_same [3, 4], 1 + tensor([2, 3])
    assert_raises(TypeError) { "2" * @a }
    assert_raises(TypeError) { @a.coerce("2") }
  end

  def test_keywords
    assert_same [8.0, 14.0], @a.add(@b, alpha: 2)
    assert_same [8.0, 14.0], ToRSh.add(@a, other: @b, alpha: 2)
    assert_same [8.0, 14.0], ToRSh.add(input: @a, other: @b, alpha: 2)
    assert_same [[2.0]], tensor([[4.0, -2.0]]).sum(1, keepdim: true)
    assert_same [[2.0]], tensor([[4.0, -2.0]]).sum(dim: [1], keepdim: true)
    assert_same 2.0, @a.sum(dtype: :float32)
    assert_equal :float64, @a.sum(dtype: :float64).dtype
    assert_equal [2, 3], ToRSh.zeros(2, 3).shape
    assert_equal [2, 3], ToRSh.zeros([2, 3], dtype: :int32, requires_grad: false).shape
    assert ToRSh.ones(2, requires_grad: true).requires_grad?
    assert_same [-1.0, 1.0], @a.clamp(max: 1, min: -1).flip([0])
    assert_same [1.0, 3.0], ToRSh.arange(1, 5, 2, dtype: "float32")
  end

  def test_overloads
    t = tensor([[1, 5], [7, 2]])
    assert_same 7, t.max
    assert_same [[5, 5], [7, 5]], t.max(tensor(5))
    values, indices = t.max(1)
    assert_same [5, 7], values
    assert_same [1, 0], indices
    result = ToRSh.max(t, dim: 0)
    assert_same [7, 5], result.values
    assert_same [1, 0], result.indices
    assert_same [1, 4], tensor([1, 2])**2
    assert_same [2, 4], ToRSh.pow(2, tensor([1, 2]))
    assert_same [1.0, 0.0], ToRSh.where(tensor([true, false]), tensor(1.0), 0)
    assert_same [4.0, 8.0], @a.where(@a > 0, @b)
  end

  def test_lists
    parts = ToRSh.arange(5).split(2)
    assert_equal [[0, 1], [2, 3], [4]], parts.map(&:to_a)
    assert_same [0, 1, 2, 3, 4], ToRSh.cat(parts)
    assert_same [[0, 1], [2, 3]], ToRSh.stack(parts.first(2))
    assert_equal 2, F.max_pool2d(ToRSh.ones(1, 4, 4), 2, return_indices: true).size
  end

  def test_out_and_in_place
    out = ToRSh.zeros(2)
    assert ToRSh.add(@a, @b, out: out).equal?(out)
    assert_same [6.0, 6.0], out
    assert @a.mul_(2).equal?(@a)
    assert ToRSh.relu_(@a).equal?(@a)
    assert_same [8.0, 0.0], @a
    assert_message(TypeError, /add: argument 'out' must be Tensor, not Integer/) { ToRSh.add(@a, @b, out: 1) }
  end

  def test_numbers_stand_for_tensors
    assert_same [4.0, -2.0], ToRSh.add(4.0, tensor([0.0, -6.0]))
    assert_same [0.25, -0.5], ToRSh.div(1, @a)
    assert_same [1.0, 1.0], ToRSh.where(tensor([true, true]), 1.0, 2.0)
    assert_raises(TypeError) { ToRSh.matmul(2, @a) }
  end

  def test_a_flag_chooses_the_overload
    t = tensor([[1, 0], [0, 2]])
    assert_same [[0, 0], [1, 1]], t.nonzero
    assert_same [[0, 0], [1, 1]], ToRSh.nonzero(t, as_tuple: false)
    assert_equal [[0, 1], [0, 1]], t.nonzero(as_tuple: true).map(&:to_a)
    assert_message(TypeError, /\Anonzero: argument 'as_tuple' must be true or false, not Integer/) { t.nonzero(as_tuple: 1) }
  end

  def test_optional_text
    assert_same [2.0, -1.0], tensor([5, -2]).div(2, rounding_mode: "floor").to(:float32)
    assert_same [2.5, -1.0], tensor([5, -2]).div(2, rounding_mode: nil)
    assert_same [2, -1], tensor([5, -3]).div(2, rounding_mode: :trunc)
    assert_raises(ToRSh::InvalidValueError) { tensor([5]).div(2, rounding_mode: "up") }
  end

  def test_number_tensors_stand_for_numbers
    assert_same [2, 3], ToRSh.full([2], tensor(2)).add(tensor([0, 1]))
    assert_same [4.0, -2.0], @a.narrow(0, tensor(0), 2)
    assert_raises(TypeError) { @a.select(0, tensor([0, 1])) }
  end

  def test_messages
    assert_message(TypeError, /\Aadd: argument 'other' must be Tensor or Numeric, not String\z/) { @a + "1" }
    assert_message(TypeError, /add: .* not nil/) { @a + nil }
    assert_message(ArgumentError, /\Aadd: missing argument: :other/) { @a.add }
    assert_message(ArgumentError, /\Aadd: wrong number of arguments \(given 2, expected 1\)/) { @a.add(@b, 2) }
    assert_message(ArgumentError, /\Aadd: unknown keyword: :alfa/) { @a.add(@b, alfa: 2) }
    assert_message(ArgumentError, /:other is given by position and by keyword/) { @a.add(@b, other: @b) }
    assert_message(TypeError, /\Asum: argument 'dim' must be .*Integer.*, not String/) { @a.sum(dim: "a") }
    assert_message(TypeError, /\Azeros: argument 'size' must be Array of Integers, not String/) { ToRSh.zeros("a") }
    assert_message(TypeError, /\Acat: argument 'tensors' must be Array of Tensors, not ToRSh::Tensor/) { ToRSh.cat(@a) }
    assert_message(TypeError, /not Array with String/) { ToRSh.cat([@a, "b"]) }
    assert_message(RangeError, /does not fit into 64 bits/) { @a.narrow(0, 2**70, 1) }
    assert_message(ToRSh::ShapeMismatchError, /2x3 and 4x5/) { ToRSh.ones(2, 3).matmul(ToRSh.ones(4, 5)) }
    assert_operator ToRSh::ShapeMismatchError, :<, ToRSh::Error
  end

  def test_every_error_leaves_the_thread_clean
    100.times do
      assert_raises(ToRSh::ShapeMismatchError) { ToRSh.ones(2).add(ToRSh.ones(3)) }
      assert_same [2.0], ToRSh.ones(1) + 1
    end
    assert_equal 0, ToRSh::Native.torsh_last_error
  end

  def test_all_of_the_table_is_there
    names = ToRSh::Table::NAMES
    assert_operator names[:torch].size, :>, 140
    assert_operator names[:method].size, :>, 150
    names[:torch].each_key { |name| assert_respond_to ToRSh, name }
    names[:nn].each_key { |name| assert_respond_to F, name }
    names[:method].each_key { |name| assert_respond_to @a, name }
  end
end

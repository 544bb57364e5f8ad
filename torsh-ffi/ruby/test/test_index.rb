# frozen_string_literal: true
# SPDX-License-Identifier: MIT OR Apache-2.0

require_relative "helper"

class IndexTest < TorshTest
  def setup
    @t = ToRSh.arange(12).reshape(3, 4)
  end

  def test_places
    assert_same [4, 5, 6, 7], @t[1]
    assert_same 11, @t[-1, -1]
    assert_same [[1, 2], [5, 6]], @t[0..1, 1..2]
    assert_same [[1, 2], [5, 6]], @t[0...2, 1...-1]
    assert_same [[6, 7], [10, 11]], @t[1.., -2..-1]
    assert_same [[0, 1, 2, 3]], @t[..0]
    assert_same [[0, 1, 2, 3], [8, 9, 10, 11]], @t[(0..).step(2)]
    assert_same [[0, 2], [4, 6]], @t[0..1, (0..2).step(2)]
    assert_same [0, 4, 8], @t[:ellipsis, 0]
    assert_equal [1, 3, 4], @t[nil].shape
    assert_equal [3, 1, 4], @t[0.., nil].shape
    assert_same [[8, 9, 10, 11], [0, 1, 2, 3]], @t[[2, 0]]
    assert_same [8, 3], @t[[2, 0], [0, 3]]
    assert_same [9, 10, 11], @t[@t > 8]
    assert_same [[4, 5, 6, 7]], @t[tensor([1])]
    assert_same [[4, 5, 6, 7]], @t[[false, true, false]]
    assert_equal [0, 4], @t[5..].shape
    assert_equal [1, 3, 4], @t[true].shape
    assert_equal [0, 4], @t[[]].shape
  end

  def test_views
    @t[0][0..1].fill_(-1)
    assert_same [-1, -1, 2, 3], @t[0]
  end

  def test_assignment
    @t[0] = 7
    @t[1, 1..2] = [1, 2]
    @t[2, 0] = tensor(2.9)
    @t[@t == 11] = -1
    @t[:ellipsis, 3] = tensor([5, 5, 6])
    assert_same [[7, 7, 7, 5], [4, 1, 2, 5], [2, 9, 10, 6]], @t
    bools = ToRSh.zeros(2, dtype: :bool)
    bools[0] = true
    assert_same [true, false], bools
  end

  def test_gradients_go_through
    x = tensor([1.0, 2.0, 3.0], requires_grad: true)
    x[1..].sum.backward
    assert_same [0.0, 1.0, 1.0], x.grad
  end

  def test_wrong
    assert_message(ToRSh::OutOfRangeError, /index 3 is out of bounds/) { @t[3] }
    assert_message(ToRSh::OutOfRangeError, /too many indices/) { @t[0, 0, 0] }
    assert_message(TypeError, /an index must be .*, not String/) { @t["a"] }
    assert_message(TypeError, /ends and steps of a Range must be Integer, not Float/) { @t[0..1.5] }
    assert_message(TypeError, /ends and steps/) { @t["a".."b"] }
    assert_message(RangeError, /64 bits/) { @t[2**64] }
    assert_message(TypeError, /a String cannot be assigned/) { @t[0] = "a" }
    assert_message(TypeError, /nil cannot be assigned/) { @t[0] = nil }
    assert_raises(ToRSh::ShapeMismatchError) { @t[0] = [1, 2, 3] }
    assert_raises(ToRSh::Error) { @t[(0..).step(-1)] }
    assert_raises(ToRSh::OutOfRangeError) { @t[[[0, 5]]] }
  end
end

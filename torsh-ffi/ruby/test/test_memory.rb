# frozen_string_literal: true
# SPDX-License-Identifier: MIT OR Apache-2.0

require_relative "helper"

class MemoryTest < TorshTest
  # MB that the process has in memory
  def resident = File.read("/proc/self/statm").split[1].to_i * 4 / 1024

  def growth
    yield # what is kept for good is made now
    before = resident
    yield
    resident - before
  end

  def test_a_million_small_temporaries
    x = ToRSh.zeros(100)
    assert_operator growth { 500_000.times { x + x } }, :<, 30
  end

  def test_large_temporaries
    x = ToRSh.zeros(1 << 20)
    assert_operator growth { 1000.times { x + x } }, :<, 100
    assert_operator ToRSh.memory_allocated, :<, 600 << 20
  end

  def test_graphs
    x = ToRSh.ones(1000, requires_grad: true)
    grown = growth do
      20_000.times do
        (x * 2).exp.sum.backward
        x.zero_grad
      end
    end
    assert_operator grown, :<, 30
  end

  # The output is small, and holds what C keeps for backward.
  def test_graphs_that_c_makes
    net = NN::Sequential.new(NN::Linear.new(1, 1 << 20), NN::Sigmoid.new, NN::Tanh.new, NN::Linear.new(1 << 20, 1))
    x = ToRSh.ones(1, 1)
    most = 0
    200.times do
      net.(x)
      most = [most, ToRSh.memory_allocated].max
    end
    assert_operator most, :<, 600 << 20
  end

  def test_modules_and_optimizers
    grown = growth do
      3000.times do
        net = NN::Sequential.new(NN::Linear.new(100, 100), Class.new(NN::Module) { def forward(x) = x }.new)
        net.(ToRSh.ones(1, 100)).sum.backward
        ToRSh::Optim::Adam.new(net.parameters).step
      end
    end
    assert_operator grown, :<, 100
  end

  def test_errors_leave_nothing
    a = ToRSh.ones(2)
    b = ToRSh.ones(3)
    grown = growth { 50_000.times { assert_raises(ToRSh::ShapeMismatchError) { a + b } } }
    assert_operator grown, :<, 30
  end

  # A few of them the collector may still see on the stack.
  def test_memory_is_given_back
    GC.start
    before = ToRSh.memory_allocated
    kept = Array.new(20) { ToRSh.zeros(1 << 20) }
    assert_operator ToRSh.memory_allocated - before, :>=, 20 * 4 << 20
    kept.clear
    GC.start
    assert_operator ToRSh.memory_allocated - before, :<, 10 * 4 << 20
  end

  # Nothing of Ruby's keeps a tensor alive but its objects; C keeps what it needs itself.
  def test_what_c_needs_lives
    x = ToRSh.ones(3, requires_grad: true)
    loss = (x.exp * 2).sum
    GC.start
    loss.backward
    GC.start
    assert x.grad.allclose(x.detach.exp * 2)
    net = NN::Sequential.new(NN::Linear.new(1, 1))
    parameters = net.parameters
    net = nil
    GC.start
    assert_equal [1, 1], parameters[0].shape
  end

  def test_threads_collect_each_others_tensors
    threads = Array.new(4) do |i|
      Thread.new do
        x = ToRSh.full([1000], i, dtype: :float32)
        2000.times { x = x + 1 }
        x[0].item
      end
    end
    assert_equal [2000.0, 2001.0, 2002.0, 2003.0], threads.map(&:value)
  end
end

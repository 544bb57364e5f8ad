# frozen_string_literal: true
# SPDX-License-Identifier: MIT OR Apache-2.0

require_relative "helper"

class OptimTest < TorshTest
  O = ToRSh::Optim

  def step(optimizer, x)
    optimizer.zero_grad
    (x * x).sum.backward
    optimizer.step
  end

  def test_each_makes_the_loss_smaller
    { O::SGD => { lr: 0.1, momentum: 0.5, nesterov: true }, O::Adam => { lr: 0.1, betas: [0.8, 0.9], amsgrad: true },
      O::AdamW => { lr: 0.1 }, O::Adadelta => { rho: 0.8 } }.each do |type, options|
      x = tensor([1.0, -2.0], requires_grad: true)
      optimizer = type.new([x], **options)
      20.times { step(optimizer, x) }
      assert_operator (x * x).sum.item, :<, 5.0, type.name
    end
  end

  def test_by_hand
    x = tensor([1.0], requires_grad: true)
    step(O::SGD.new([x], lr: 0.25), x)
    assert_same [0.5], x.detach
    step(O::SGD.new(x, 0.25, weight_decay: 1.0), x)
    assert_same [0.125], x.detach
    y = tensor([1.0], requires_grad: true)
    step(O::AdamW.new([y], lr: 0.5, weight_decay: 0.5), y)
    assert y.detach.allclose(tensor([0.25]))
  end

  def test_learning_rate_and_closure
    x = tensor([1.0], requires_grad: true)
    optimizer = O::SGD.new([x], lr: 0.25)
    optimizer.lr = 0.5
    assert_equal 0.5, optimizer.lr
    loss = optimizer.step do
      optimizer.zero_grad
      (x * x).sum.tap(&:backward)
    end
    assert_equal [1.0, 0.0], [loss.item, x.item]
    assert_raises(ToRSh::InvalidValueError) { optimizer.lr = -1 }
  end

  def test_state_goes_on
    start = [1.0, 2.0]
    x = tensor(start, requires_grad: true)
    whole = O::Adam.new([x], lr: 0.1)
    2.times { step(whole, x) }
    state = whole.state_dict
    assert_equal %w[lr 0.step 0.exp_avg 0.exp_avg_sq], state.keys
    y = tensor(x.to_a, requires_grad: true)
    later = O::Adam.new([y], lr: 0.9)
    later.load_state_dict(state)
    step(whole, x)
    step(later, y)
    assert_same x.detach, y.detach
    assert_raises(ToRSh::Error) { later.load_state_dict({ "nonsense" => x }) }
  end

  def test_wrong
    x = tensor([1.0], requires_grad: true)
    assert_message(TypeError, /argument 'params' must be Array of Tensors/) { O::Adam.new(3) }
    assert_message(TypeError, /argument 'lr' must be Float, not String/) { O::Adam.new([x], lr: "1") }
    assert_message(TypeError, /argument 'betas'/) { O::Adam.new([x], betas: 0.9) }
    assert_message(ArgumentError, /unknown keyword: :learning_rate/) { O::Adam.new([x], learning_rate: 1) }
    assert_raises(ToRSh::InvalidValueError) { O::Adam.new([x], lr: -1) }
    assert_raises(ToRSh::InvalidValueError) { O::SGD.new([]) }
    assert_raises(ToRSh::InvalidValueError) { O::SGD.new([x, x]) }
  end
end

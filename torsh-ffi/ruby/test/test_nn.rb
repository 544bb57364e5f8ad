# frozen_string_literal: true
# SPDX-License-Identifier: MIT OR Apache-2.0

require_relative "helper"

class NNTest < TorshTest
  class Net < NN::Module
    def initialize
      super
      register(fc1: ToRSh::NN::Linear.new(2, 3), scale: ToRSh::NN::Parameter.new([1.0, 2.0, 3.0]), none: nil)
      register_buffer(:count, ToRSh.zeros(1))
    end

    def forward(x, times: 1) = fc1.(x) * scale * times
  end

  # Raises in its forward.
  class Broken < NN::Module
    def initialize(result)
      super()
      @result = result
    end

    def forward(_) = @result.is_a?(Exception) ? raise(@result) : @result
  end

  def test_the_same_weights_as_pytorch_for_a_seed
    ToRSh.manual_seed(0)
    linear = NN::Linear.new(2, 3)
    ToRSh.manual_seed(0)
    weight = NN::Init.kaiming_uniform_(ToRSh.empty(3, 2), a: Math.sqrt(5))
    assert_same weight, linear.weight.detach
    assert_equal %w[-0x1.5af244p-8 0x1.846d38p-2 -0x1.29f962p-1], linear.weight.detach.flatten.to_a.first(3).map { |x| format("%a", x) }
  end

  def test_layers
    x = ToRSh.rand(2, 3, 8, 8)
    { NN::Conv2d.new(3, 4, 3, padding: 1) => [2, 4, 8, 8], NN::Conv2d.new(3, 4, [3, 1], stride: 2, bias: false) => [2, 4, 3, 4],
      NN::MaxPool2d.new(2) => [2, 3, 4, 4], NN::AvgPool2d.new(2, stride: 1) => [2, 3, 7, 7],
      NN::AdaptiveAvgPool2d.new([1, 2]) => [2, 3, 1, 2], NN::AdaptiveAvgPool2d.new(1) => [2, 3, 1, 1],
      NN::BatchNorm2d.new(3) => x.shape, NN::LayerNorm.new([8, 8]) => x.shape, NN::LayerNorm.new(8) => x.shape,
      NN::Flatten.new => [2, 192], NN::Flatten.new(0, 1) => [6, 8, 8], NN::ReLU.new => x.shape, NN::Sigmoid.new => x.shape,
      NN::Tanh.new => x.shape, NN::SiLU.new => x.shape, NN::GELU.new(approximate: "tanh") => x.shape,
      NN::LeakyReLU.new(0.2) => x.shape, NN::Softmax.new(1) => x.shape, NN::LogSoftmax.new(dim: 1) => x.shape,
      NN::Dropout.new(0.1) => x.shape, NN::Identity.new => x.shape, NN::Linear.new(8, 5, bias: false) => [2, 3, 8, 5] }.each do |layer, shape|
      assert_equal shape, layer.(x).shape, layer.inspect
    end
    assert_equal [4, 6], NN::Embedding.new(10, 6, padding_idx: 0).(tensor([0, 1, 2, 9])).shape
    assert_equal [4, 5], NN::BatchNorm1d.new(5, momentum: nil).(ToRSh.rand(4, 5)).shape
    assert_nil NN::Linear.new(1, 1, bias: false).bias
  end

  def test_sequential
    net = NN::Sequential.new(NN::Linear.new(2, 4), NN::ReLU.new, NN::Linear.new(4, 1))
    assert_equal %w[0.weight 0.bias 2.weight 2.bias], net.named_parameters.keys
    assert net.parameters[0].equal?(net[0].weight), "one object for one tensor"
    assert net["2.bias"].equal?(net.parameters[3])
    assert net["2"].equal?(net[-1]) && net[1].is_a?(NN::ReLU)
    assert_equal [3, 3], [net.size, NN::Sequential.new(net.to_a).size]
    x = ToRSh.rand(5, 2)
    assert_same net.(x), net.call(x)
    assert_same net.(x), net[2].(net[1].(net[0].(x)))
    assert_equal "Sequential(\n  (0): Linear(in_features: 2, out_features: 4)\n  (1): ReLU()\n  " \
                 "(2): Linear(in_features: 4, out_features: 1)\n)", net.inspect
    assert_message(ToRSh::ShapeMismatchError, /module 0: Linear, input \[2, 5\] float32/) { net.(ToRSh.ones(2, 5)) }
    assert_raises(TypeError) { NN::Sequential.new(1) }
    assert_raises(TypeError) { net.(1) }
  end

  def test_a_module_of_ones_own
    net = Net.new
    assert_equal %w[scale fc1.weight fc1.bias], net.named_parameters.keys
    assert_equal %w[count], net.named_buffers.keys
    assert_equal %w[scale count fc1.weight fc1.bias], net.state_dict.keys
    x = ToRSh.rand(4, 2)
    assert_same net.fc1.(x) * net.scale, net.(x)
    assert_same net.(x) * 2, net.call(x, times: 2)
    assert_nil net.none
    net.(x).sum.backward
    assert_equal [3], net.scale.grad.shape
    net.zero_grad
    assert_nil net.scale.grad
    assert_raises(ArgumentError) { net.register(fc1: NN::ReLU.new) }
    assert_raises(ArgumentError) { net.register("a.b": NN::ReLU.new) }
    assert_raises(TypeError) { net.register(part: 1) }
    assert_equal ["", "fc1"], net.named_modules.keys
    assert_equal "Net(\n  (fc1): Linear(in_features: 2, out_features: 3)\n)", net.inspect
  end

  # Layers in an Array, which are parts.
  class Stack < NN::Module
    def initialize(n)
      super()
      register(layers: ToRSh::NN::ModuleList.new(Array.new(n) { ToRSh::NN::Linear.new(2, 2) }))
    end

    def forward(x) = layers.reduce(x) { |y, layer| layer.(y) }
  end

  def test_module_list
    net = Stack.new(3)
    assert_equal %w[layers.0.weight layers.0.bias layers.1.weight], net.named_parameters.keys.first(3)
    assert_equal [3, [1, 2]], [net.layers.size, net.(ToRSh.ones(1, 2)).shape]
    assert net.layers[-1].equal?(net["layers.2"])
    visited = []
    assert net.apply { |part| visited << part.class }.equal?(net)
    assert_equal [NN::Linear, NN::Linear, NN::Linear, NN::ModuleList, Stack], visited
    assert_equal 5, net.modules.size
  end

  def test_inside_a_container_of_c
    net = NN::Sequential.new(NN::Linear.new(2, 2), NN::Sequential.new(Net.new))
    GC.start
    assert_equal [4, 3], net.(ToRSh.rand(4, 2)).shape
    assert_equal "1.0.fc1.bias", net.named_parameters.keys.last
    net.eval
    refute net[1][0].fc1.training?
    assert net.train.training
  end

  def test_an_exception_comes_out_as_itself
    error = IOError.new("mine")
    raised = assert_raises(IOError) { NN::Sequential.new(Broken.new(error)).(ToRSh.ones(1)) }
    assert raised.equal?(error)
    assert_message(TypeError, /forward must return a Tensor, not Integer/) { NN::Sequential.new(Broken.new(3)).(ToRSh.ones(1)) }
    assert_raises(NotImplementedError) { NN::Module.new.(1) }
    assert_raises(NotImplementedError) { NN::Sequential.new(NN::Module.new).(ToRSh.ones(1)) }
  end

  def test_state
    ToRSh.manual_seed(1)
    a = Net.new
    b = Net.new
    b.load_state_dict(a.state_dict)
    x = ToRSh.rand(4, 2)
    assert_same a.(x), b.(x)
    state = a.state_dict
    assert_equal({ "version" => 1 }, state.attributes["_metadata"][""])
    state.delete("scale")
    assert_message(ToRSh::InvalidValueError, /Missing key\(s\) in state_dict: "scale"/) { b.load_state_dict(state) }
    b.load_state_dict(state, strict: false)
    assert_message(ToRSh::Error, /size mismatch/) { b.load_state_dict(state.merge("scale" => ToRSh.ones(4))) }
    assert_raises(TypeError) { b.load_state_dict(3) }
    assert_raises(ToRSh::Error) { b.load_state_dict({ "scale" => 3 }) }
  end

  def test_to
    net = Net.new
    weight = net.fc1.weight
    net.to(:float64).to("cpu")
    assert_equal :float64, weight.dtype
    assert weight.equal?(net.fc1.weight)
    assert_equal :float32, net.to(dtype: "float32").fc1.bias.dtype
  end

  def test_losses
    x = ToRSh.rand(3, 4)
    t = tensor([0, 3, 1])
    y = ToRSh.rand(3, 4)
    assert_same F.cross_entropy(x, t), NN::CrossEntropyLoss.new.(x, t)
    assert_same F.nll_loss(F.log_softmax(x, 1), t), F.cross_entropy(x, t)
    assert_same F.cross_entropy(x, t, weight: y[0], reduction: :sum, label_smoothing: 0.1),
                NN::CrossEntropyLoss.new(weight: y[0], reduction: "sum", label_smoothing: 0.1).(x, t)
    assert_same ((x - y)**2).mean, NN::MSELoss.new.(x, y)
    assert_equal [3, 4], NN::BCEWithLogitsLoss.new(reduction: "none").(x, y).shape
    assert_raises(ArgumentError) { F.mse_loss(x, y, reduction: "most") }
    assert_raises(ArgumentError) { NN::MSELoss.new(reductoin: "sum") }
  end

  def test_functional
    x = ToRSh.rand(2, 3)
    ToRSh.manual_seed(3)
    dropped = F.dropout(x, 0.5)
    assert_equal [0.0, 2.0], (dropped / x).flatten.to_a.uniq.sort
    assert_same x, F.dropout(x, training: false)
    assert_same x, F.layer_norm(F.linear(x, ToRSh.eye(3)), [3]).mul(0).add(x)
    assert_equal [2, 2], F.embedding(tensor([0, 1]), ToRSh.rand(3, 2), padding_idx: -1).shape
    assert_raises(ArgumentError) { F.embedding(tensor([0]), x, padding_idx: 5) }
    mean = ToRSh.zeros(3)
    F.batch_norm(x, mean, ToRSh.ones(3), training: true, momentum: 1.0)
    assert mean.allclose(x.mean(0))
  end

  def test_wrong_constructors
    assert_message(TypeError, /Linear: argument 'in_features' must be Integer, not String/) { NN::Linear.new("2", 3) }
    assert_message(ArgumentError, /Linear: missing argument: :out_features/) { NN::Linear.new(2) }
    assert_message(ArgumentError, /Linear: unknown keyword: :out/) { NN::Linear.new(2, 3, out: 4) }
    assert_raises(ToRSh::Error) { NN::Linear.new(-2, 3) }
    assert_raises(ToRSh::InvalidValueError) { NN::Dropout.new(2.0) }
    assert_raises(ToRSh::InvalidValueError) { NN::GELU.new(approximate: "much") }
    assert_message(ToRSh::InvalidValueError, /nonsense/) { NN::Init.calculate_gain("nonsense") }
    assert_in_delta Math.sqrt(2), NN::Init.calculate_gain("relu")
  end
end

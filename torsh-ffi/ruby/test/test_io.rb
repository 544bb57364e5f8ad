# frozen_string_literal: true
# SPDX-License-Identifier: MIT OR Apache-2.0

require_relative "helper"
require "pathname"
require "stringio"

class IOTest < TorshTest
  def through(object)
    io = StringIO.new("".b)
    ToRSh.save(object, io)
    ToRSh.load(StringIO.new(io.string))
  end

  def test_values
    plain = [nil, true, false, 3, -2**63, 0.1, -Float::INFINITY, Complex(1, -2), "text ü \0 end", "bytes \xff".b, [], [1, [2]],
             { "a" => 1, 2 => "b", nil => 3, 1.5 => 4 }, :float32]
    assert_equal plain, through(plain)
    assert_equal({ "lr" => 0.1 }, through({ lr: 0.1 }))
    assert_equal Encoding::BINARY, through("b".b).encoding
    assert_equal ToRSh::Device.new("cpu"), through(ToRSh::Device.new("cpu"))
    dict = ToRSh::OrderedDict.new.merge!({ "x" => 1 })
    dict.attributes = { "_metadata" => { "" => 1 } }
    back = through(dict)
    assert_equal [ToRSh::OrderedDict, dict.attributes], [back.class, back.attributes]
    [ToRSh::Tuple[1, "a"], ToRSh::Size[2, 3], ToRSh::Counter.new.merge!({ "k" => 2 })].each do |value|
      assert_equal [value, value.class], through(value).then { |got| [got, got.class] }
    end
  end

  def test_tensors
    t = tensor([[1.0, 2.0], [3.0, 4.0]])
    parameter = NN::Parameter.new([1.0])
    back = through({ "t" => t.t, "i" => tensor([1, 2]), "p" => parameter, "g" => tensor(1.0, requires_grad: true) })
    assert_same [[1.0, 3.0], [2.0, 4.0]], back["t"]
    assert_equal [1, 2], back["t"].stride
    assert_same [1, 2], back["i"]
    assert_equal [NN::Parameter, true, true], [back["p"].class, back["p"].requires_grad?, back["g"].requires_grad?]
    one, two = through([t, t[0]])
    one.fill_(9)
    assert_same [9.0, 9.0], two # what shared memory shares it again
  end

  def test_paths_and_models
    Dir.mktmpdir do |folder|
      path = File.join(folder, "model.pt")
      net = NN::Sequential.new(NN::Linear.new(2, 3), NN::BatchNorm1d.new(3))
      ToRSh.save(net.state_dict, path)
      other = NN::Sequential.new(NN::Linear.new(2, 3), NN::BatchNorm1d.new(3))
      other.load_state_dict(ToRSh.load(path, map_location: "cpu"))
      assert_same net[0].weight.detach, other[0].weight.detach
      assert_equal %w[1.running_mean 1.running_var 1.num_batches_tracked], other.named_buffers.keys
      File.open(path) { |file| assert_equal net.state_dict.keys, ToRSh.load(file).keys }
      File.open(path, "wb") { |file| ToRSh.save({ "in" => "a file" }, file) }
      assert_equal({ "in" => "a file" }, ToRSh.load(Pathname.new(path)))
      ToRSh.save([1], Pathname.new(path))
      assert_equal [1], ToRSh.load(path)
      assert_equal ["model.pt"], Dir.children(folder)
      File.binwrite(path, "no such thing")
      assert_message(ToRSh::FileFormatError, /model\.pt/) { ToRSh.load(path) }
      assert_raises(Errno::ENOENT) { ToRSh.load(File.join(folder, "none.pt")) }
    end
  end

  def test_wrong
    assert_message(TypeError, /a path or an IO, not Integer/) { ToRSh.load(3) }
    assert_message(TypeError, /a path or an IO, not nil/) { ToRSh.save([], nil) }
    assert_message(TypeError, /Object is not a kind of data/) { through(Object.new) }
    assert_message(TypeError, /a Symbol must be a dtype/) { through(:nothing) }
    assert_raises(RangeError) { through(2**70) }
    deep = 2000.times.reduce([]) { |inner, _| [inner] }
    assert_raises(ToRSh::InvalidValueError) { through(deep) }
    assert_raises(Encoding::InvalidByteSequenceError, ToRSh::Error) { through("\xff") }
    assert_raises(ToRSh::FileFormatError) { ToRSh.load(StringIO.new("")) }
  end
end

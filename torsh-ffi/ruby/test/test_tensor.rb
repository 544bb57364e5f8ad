# frozen_string_literal: true
# SPDX-License-Identifier: MIT OR Apache-2.0

require_relative "helper"
require "bigdecimal"

class TensorTest < TorshTest
  def test_from_arrays
    assert_equal [:float32, [2, 2]], tensor([[1, 2], [3, 4.5]]).then { |t| [t.dtype, t.shape] }
    assert_equal [:int64, []], tensor(7).then { |t| [t.dtype, t.shape] }
    assert_equal [:bool, [2]], tensor([true, false]).then { |t| [t.dtype, t.shape] }
    assert_equal [:complex64, [1]], tensor([Complex(1, 2)]).then { |t| [t.dtype, t.shape] }
    assert_equal [[0], [2, 0], [1, 2, 1]], [[], [[], []], [[[1], [2]]]].map { |data| tensor(data).shape }
    assert_equal :float32, tensor([]).dtype
    assert_equal [true, false], tensor([2.5, 0], dtype: :bool).to_a
    assert_equal [1, -1], tensor([1.9, -1.9], dtype: :int32).to_a
    assert_equal [0.5, 1.0], ToRSh::Tensor.new([Rational(1, 2), BigDecimal("1")]).to_a
    assert_equal [1, 2.0], tensor([tensor(1), tensor(2.0)]).to_a
  end

  def test_wrong_data
    assert_message(ArgumentError, /rows of different sizes/) { tensor([[1], [2, 3]]) }
    assert_message(ArgumentError, /rows of different sizes/) { tensor([[1], 2]) }
    assert_message(TypeError, /an element must be Numeric, true or false, not String/) { tensor(["1"]) }
    assert_message(TypeError, /not nil/) { tensor(nil) }
    assert_message(TypeError, /:float33 is no dtype/) { tensor([1], dtype: :float33) }
    assert_message(RangeError, /256 does not fit into uint8/) { tensor([256], dtype: :uint8) }
    assert_message(RangeError, /does not fit/) { tensor(2**64) }
    assert_message(TypeError, /cannot be converted to float32/) { tensor([Complex(1, 1)], dtype: :float32) }
    assert_message(ToRSh::DeviceError, /cuda/) { tensor([1.0], device: "cuda") }
    assert_message(ToRSh::InvalidValueError, /nowhere/) { tensor([1.0], device: "nowhere") }
  end

  def test_every_dtype_there_and_back
    { uint8: [0, 255], int8: [-128, 127], int16: [-5, 5], int32: [-(2**31), 1], int64: [2**63 - 1, -(2**63)],
      float16: [0.5, -2048.0], bfloat16: [0.5, 1.0], float32: [0.25, -0.0], float64: [0.1, 1e300], bool: [true, false],
      complex64: [Complex(1, 2)], complex128: [Complex(0.1, 2)], uint16: [65_535], uint32: [2**32 - 1],
      uint64: [2**64 - 1] }.each do |dtype, values|
      t = tensor(values, dtype: dtype)
      assert_equal [dtype, values], [t.dtype, t.to_a]
      assert_equal dtype, ToRSh.const_get(dtype.upcase)
      assert_same t, ToRSh.frombuffer(t.to_bytes, dtype: dtype)
    end
    assert_equal 0.1, tensor(0.1, dtype: :double).item
  end

  def test_what_it_is
    t = ToRSh.arange(24).reshape(2, 3, 4)
    assert_equal [3, [2, 3, 4], [12, 4, 1], 24, 8, 192], [t.ndim, t.shape, t.stride, t.numel, t.itemsize, t.nbytes]
    assert_equal [4, 1, 2], [t.size(-1), t.stride(2), t.length]
    assert t.contiguous? && !t.transpose(0, 1).is_contiguous && t.cpu? && !t.floating_point?
    assert_equal 13, t[1, 0, 1].storage_offset + 0
    assert_equal ["cpu", "cpu", ToRSh::Device.new("cpu")], [t.device.to_s, t.device.type, t.device]
    assert_message(ToRSh::OutOfRangeError, /expected to be in range of \[-3, 2\], but got 3/) { t.size(3) }
    assert_message(TypeError, /must be Integer/) { t.size("a") }
    assert_equal 23, t.data_ptr.read_array_of_int64(24).last
  end

  def test_made_of_it
    t = tensor([[[1.0, 2.0]]])
    assert_equal [[2, 1, 1], [1, 2, 1]], [t.T.shape, t.mT.shape]
    assert_equal :float32, t.new_tensor([1, 2]).dtype
    assert_equal :int32, t.new_tensor([1, 2], dtype: :int32).dtype
    before = t.version
    t.add_(1)
    assert_operator t.version, :>, before
    x = (t.requires_grad_ * 2).detach_
    refute x.requires_grad?
  end

  def test_elements
    assert_equal [3.5, 3.5, 3], tensor(3.5).then { |t| [t.item, t.to_f, t.to_i] }
    assert_message(ToRSh::InvalidValueError, /2 elements/) { tensor([1, 2]).item }
    assert_equal [[1, 2], [3, 4]], tensor([[1, 3], [2, 4]]).t.to_a
    assert_equal [[1, 2], [3, 4]], tensor([[1, 2], [3, 4]]).each.map(&:to_a)
    assert_equal 2, tensor([[1, 2], [3, 4]]).each.size
    assert_equal [[], []], ToRSh.zeros(2, 0).to_a
  end

  def test_identity
    a = tensor([1.0, 2.0])
    b = tensor([1.0, 2.0])
    refute a.eql?(b)
    assert a.eql?(a) && a.equal(b) && !a.equal(b + 1) && a.allclose(b + 1e-9)
    assert_equal :found, { a => :found }[a]
    assert_same [true, true], a == b
    assert_same [false, false], a != b
    assert_equal [false, true], [a == "text", a != nil]
    assert a.add_(1).equal?(a), "in place gives the object itself"
    copy = a.dup
    a.zero_
    assert_same [2.0, 3.0], copy
  end

  def test_text
    assert_equal "tensor([1., 2.])", tensor([1.0, 2.0]).inspect
    assert_equal "tensor([[1, 2],\n        [3, 4]])", tensor([[1, 2], [3, 4]]).to_s
    ToRSh.set_printoptions(precision: 2)
    assert_equal "tensor([0.33])", tensor([1 / 3.0]).inspect
  ensure
    ToRSh.set_printoptions(precision: 4)
  end

  def test_to
    t = tensor([1.5, 2.5])
    assert_equal %i[float64 int64 float16 int32 uint8 bool bfloat16], [t.double, t.long, t.half, t.int, t.byte, t.bool, t.bfloat16].map(&:dtype)
    assert t.to(:float32).equal?(t) && !t.to(:float32, copy: true).equal?(t)
    assert_equal :int64, t.to(tensor(1)).dtype
    assert_equal :float64, t.to("cpu", :float64).dtype
    assert_equal :float64, t.to(dtype: :float64, device: :cpu).dtype
    assert_message(TypeError, /to: argument 'dtype' must be dtype, not Integer/) { t.to(dtype: 1) }
    assert_message(ArgumentError, /to: unknown keyword: :kopy/) { t.to(:float64, kopy: true) }
  end

  def test_buffers
    assert_same [1.0, 2.0], ToRSh.frombuffer([1.0, 2.0].pack("f*"), dtype: :float32)
    assert_equal [1, 2], ToRSh.frombuffer([1.0, 2.0].pack("f*"), dtype: :float32, shape: [1, 2]).shape
    assert_message(ArgumentError, /7 bytes/) { ToRSh.frombuffer("1234567", dtype: :float32) }
  end

  def test_settings
    ToRSh.default_dtype = :float64
    assert_equal :float64, tensor([1.5]).dtype
    assert_raises(ToRSh::InvalidValueError) { ToRSh.default_dtype = :int64 }
    assert_equal :float32, ToRSh.promote_types(:int64, :float32)
    assert_equal %w[cpu cpu-portable], ToRSh.list_backends
    threads = ToRSh.num_threads
    ToRSh.num_threads = 1
    assert_equal 1, ToRSh.num_threads
  ensure
    ToRSh.default_dtype = :float32
    ToRSh.num_threads = threads
  end

  def test_random_numbers
    ToRSh.manual_seed(0)
    assert_equal 0, ToRSh.initial_seed
    first = ToRSh.rand(3)
    g = ToRSh::Generator.new.manual_seed(0)
    state = g.state
    assert_same first, ToRSh.rand(3, generator: g)
    g.state = state
    assert_same first, ToRSh.rand(3, generator: g)
    assert_raises(TypeError) { g.manual_seed("1") }
    assert_raises(ToRSh::InvalidValueError) { g.state = "short" }
    assert_equal g.seed, g.initial_seed
  end
end

# frozen_string_literal: true
# SPDX-License-Identifier: MIT OR Apache-2.0

require_relative "helper"

class NativeTest < TorshTest
  FUNCTIONS = ToRSh::Native::FUNCTIONS

  def test_all_of_the_abi_is_known_and_there
    assert_equal File.readlines("torsh-ffi/abi/torsh.abi", chomp: true).sort, FUNCTIONS.keys.map(&:to_s).sort
    FUNCTIONS.each_key { |name| assert_kind_of FFI::Function, ToRSh::Native[name] }
  end

  def test_types_as_in_the_headers
    assert_equal "handle handle handle scalar pointer", FUNCTIONS[:torsh_add_with_error]
    assert_equal "handle pointer pointer int int", FUNCTIONS[:torsh_tensor_from_array]
    assert_equal "int print_options", FUNCTIONS[:torsh_set_print_options]
    assert_equal [1, 6, -1], [ToRSh::Native::STATUSES[:shape], ToRSh::Native::DTYPES[:float32], ToRSh::Native::DTYPE_NONE]
    assert_raises(NoMethodError) { ToRSh::Native.torsh_no_such_function }
  end

  # Structs by value, which are what a wrong declaration shows in first.
  def test_structs
    assert_equal 24, ToRSh::Native::Scalar.size
    assert_equal 8, ToRSh::Native::Device.size
    assert_equal 24, ToRSh::Native::PrintOptions.size
    x = tensor([1, 2])
    assert_same [2**62 + 1, 2**62 + 2], x.add(2**62)
    assert_equal 4, ToRSh::Native.torsh_get_print_options[:precision]
  end
end

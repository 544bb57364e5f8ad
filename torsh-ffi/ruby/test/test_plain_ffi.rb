# frozen_string_literal: true
# SPDX-License-Identifier: MIT OR Apache-2.0

require_relative "helper"

# Programs that know nothing of the gem: the library by its name, and the ABI.
class PlainFFITest < TorshTest
  PROGRAM = <<~'RUBY'
    require "ffi"
    module Torsh
      extend FFI::Library
      ffi_lib "torsh"
      attach_function :torsh_init, [], :void
      attach_function :torsh_tensor_from_array, [:pointer, :pointer, :int, :int], :pointer
      attach_function :torsh_matmul, [:pointer, :pointer], :pointer
      attach_function :torsh_tensor_data_ptr, [:pointer], :pointer
      attach_function :torsh_tensor_free, [:pointer], :void
      attach_function :torsh_last_error, [], :pointer
      attach_function :torsh_error_message, [:pointer], :string
      attach_function :torsh_cleanup, [], :void
    end
    Torsh.torsh_init
    data = FFI::MemoryPointer.new(:float, 4).write_array_of_float([1, 2, 3, 4])
    shape = FFI::MemoryPointer.new(:int64, 2).write_array_of_int64([2, 2])
    a = Torsh.torsh_tensor_from_array(data, shape, 2, 6)
    b = Torsh.torsh_matmul(a, a)
    p Torsh.torsh_tensor_data_ptr(b).read_array_of_float(4)
    p Torsh.torsh_matmul(nil, a).null?, Torsh.torsh_error_message(Torsh.torsh_last_error)
    [a, b].each { |t| Torsh.torsh_tensor_free(t) }
    Torsh.torsh_cleanup
  RUBY

  def test_as_it_stands
    assert_equal "[7.0, 10.0, 15.0, 22.0]\ntrue\n\"matmul: self is NULL\"\n", output_of(PROGRAM)
  end
end

# frozen_string_literal: true
# SPDX-License-Identifier: MIT OR Apache-2.0

require_relative "generated/native_functions"

module ToRSh
  # The functions of libtorsh as the headers declare them, each attached when it is first used. Handles are addresses
  # (Integers, 0 for NULL); what C takes by pointer or as a struct by value may be a packed String.
  module Native
    PATH = File.join(__dir__, "libtorsh.so.0")
    # Fiddle keeps what it opens: objects that outlive everything else at exit still find the library.
    KEPT = Fiddle.dlopen(PATH)
    LIBRARY = FFI::DynamicLibrary.open(PATH, FFI::DynamicLibrary::RTLD_LAZY | FFI::DynamicLibrary::RTLD_LOCAL)

    # torsh_scalar_t: 24 bytes, by value
    class Scalar < FFI::Struct
      layout :kind, :int64, :first, :int64, :second, :int64
    end

    # torsh_device_t
    class Device < FFI::Struct
      layout :kind, :int32, :index, :int32
    end

    # torsh_print_options_t
    class PrintOptions < FFI::Struct
      layout :precision, :int32, :edgeitems, :int32, :linewidth, :int32, :sci_mode, :int32, :threshold, :int64
    end

    TYPES = Hash.new { |_, name| FFI.find_type(name.to_sym) }
    TYPES.update("handle" => FFI.find_type(:ulong), "scalar" => Scalar.by_value, "device" => Device.by_value,
                 "print_options" => PrintOptions.by_value)

    @functions = {}
    @releases = {}

    class << self
      # The function of that name, for who calls it often.
      def [](name)
        @functions[name] ||= begin
          result, *params = FUNCTIONS.fetch(name).split.map { |type| TYPES[type] }
          address = LIBRARY.find_function(name.to_s) or raise LoadError, "#{PATH} is of another version: it has no #{name}"
          FFI::Function.new(result, params, address)
        end
      end

      # An object that owns the handle and gives it back to `release` when it is collected. Native code alone runs then:
      # in the middle of a collection no Ruby may.
      def own(handle, release)
        Fiddle::Pointer.new(handle, 0, @releases[release] ||= KEPT[release])
      end

      # What an array of pointers or int64 holds.
      def pointers(n) = FFI::MemoryPointer.new(:uint64, n)

      private

      def method_missing(name, *args)
        return super unless FUNCTIONS.key?(name)

        self[name].attach(self, name.to_s)
        public_send(name, *args)
      end

      def respond_to_missing?(name, include_private = false) = FUNCTIONS.key?(name) || super
    end
  end
end

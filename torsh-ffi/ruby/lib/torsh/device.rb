# frozen_string_literal: true
# SPDX-License-Identifier: MIT OR Apache-2.0

module ToRSh
  # Where memory is: ToRSh::Device.new("cpu"). Equal to its name.
  class Device
    attr_reader :kind, :index

    @parsed = {}

    class << self
      # "cpu", :cpu or a Device; nil if it is none of these kinds of objects.
      def from(device)
        case device
        when Device then device
        when String, Symbol then @parsed[device.to_s] ||= new(device)
        end
      end

      # C's struct.
      def wrap(struct)
        device = allocate
        device.send(:set, struct[:kind], struct[:index])
        device
      end
    end

    def initialize(name)
      struct = Native::Device.new
      Failure.check(Native.torsh_device_parse(name.to_s, struct))
      set(struct[:kind], struct[:index])
    end

    # As C takes it by value.
    def packed = @packed ||= [kind, index].pack("l2").freeze

    def to_s
      @name ||= FFI::MemoryPointer.new(:char, 24).then do |text|
        Native.torsh_device_name(packed, text)
        text.read_string
      end
    end

    def inspect = "#<ToRSh::Device #{self}>"
    def ==(other) = to_s == other.to_s
    alias eql? ==
    def hash = to_s.hash

    # "cuda" of "cuda:1"
    def type = to_s[/\A\w+/]

    NONE = [-1, -1].pack("l2").freeze

    private

    def set(kind, index)
      @kind = kind
      @index = index
    end
  end
end

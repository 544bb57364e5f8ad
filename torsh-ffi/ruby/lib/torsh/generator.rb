# frozen_string_literal: true
# SPDX-License-Identifier: MIT OR Apache-2.0

module ToRSh
  # A stream of random numbers: the same seed gives PyTorch's numbers.
  class Generator
    attr_reader :handle

    # The one that is used where none is given.
    def self.default
      @default ||= allocate.tap { |g| g.send(:adopt, Native.torsh_generator_retain(Native.torsh_default_generator)) }
    end

    def initialize
      adopt(Failure.handle(Native.torsh_generator_new))
    end

    def manual_seed(seed)
      raise TypeError, "manual_seed: argument 'seed' must be Integer, not #{Signature.kind_of(seed)}" unless seed.is_a?(Integer)
      raise RangeError, "manual_seed: #{seed} does not fit into 64 bits" unless (-(1 << 63)...(1 << 64)).cover?(seed)

      Native.torsh_generator_manual_seed(handle, seed % (1 << 64))
      self
    end

    # Seeds with a number that the system draws, and returns it.
    def seed
      Random.urandom(8).unpack1("Q").tap { |seed| manual_seed(seed) }
    end

    def initial_seed = Native.torsh_generator_initial_seed(handle)

    # The whole state, a binary String.
    def state
      bytes = Native.torsh_generator_state_bytes
      memory = FFI::MemoryPointer.new(:char, bytes)
      Failure.check(Native.torsh_generator_get_state(handle, memory))
      memory.read_bytes(bytes)
    end

    def state=(state)
      raise TypeError, "state= must be String, not #{Signature.kind_of(state)}" unless state.is_a?(String)

      Failure.check(Native.torsh_generator_set_state(handle, state, state.bytesize))
    end

    private

    def adopt(handle)
      @handle = handle
      @memory = Native.own(handle, "torsh_generator_free")
    end
  end
end

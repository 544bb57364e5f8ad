# frozen_string_literal: true
# SPDX-License-Identifier: MIT OR Apache-2.0

module ToRSh
  # Ruby's collector sees small objects where there are large tensors: this runs it when the tensors need it.
  module Memory
    STEP = 32 << 20    # bytes of new tensors between two looks
    FLOOR = 256 << 20  # below so many bytes alive the collector is left alone
    CPU = [Native::CPU, 0].pack("l2").freeze

    @fresh = 0
    @limit = FLOOR

    class << self
      # A tensor on so many bytes was made.
      def note(bytes)
        @fresh += bytes
        look if @fresh > STEP
      end

      # Bytes that tensors hold on the CPU.
      def allocated = Native.torsh_memory_allocated(CPU)

      # Collects if much is alive. What C makes without Ruby's knowledge (the graph behind a module's output) calls this too.
      def look
        @fresh = 0
        return if allocated < @limit

        GC.start(full_mark: false)
        GC.start if allocated > @limit / 2
        # what is alive now is needed: the next collection comes when it has grown by half
        @limit = [FLOOR, allocated * 3 / 2].max
      end
    end
  end
end

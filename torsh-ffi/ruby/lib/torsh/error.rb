# frozen_string_literal: true
# SPDX-License-Identifier: MIT OR Apache-2.0

module ToRSh
  # Whatever the library itself raises. Arguments of the wrong kind or number are ArgumentError, TypeError or RangeError.
  class Error < StandardError; end
  # Sizes that do not fit together.
  class ShapeMismatchError < Error; end
  # A dtype that the operator does not take.
  class DtypeError < Error; end
  # Tensors on different devices, or a device that is not there.
  class DeviceError < Error; end
  # A dimension or an index out of range.
  class OutOfRangeError < Error; end
  # A value that makes no sense.
  class InvalidValueError < Error; end
  # An argument of the wrong type.
  class InvalidTypeError < Error; end
  # Memory could not be had.
  class OutOfMemoryError < Error; end
  # Nothing for a required argument.
  class MissingArgumentError < Error; end
  # There is no kernel or feature of that kind in this build.
  class UnsupportedError < Error; end
  # A file that cannot be read, written or understood.
  class FileFormatError < Error; end
  # Backward twice, an in-place change of a saved value, …
  class StateError < Error; end
  # An error out of user code that is not Ruby.
  class CallbackError < Error; end
  # A mistake of the library.
  class InternalError < Error; end

  # C's errors as exceptions.
  module Failure
    CLASSES = { shape: ShapeMismatchError, dtype: DtypeError, device: DeviceError, index: OutOfRangeError,
                value: InvalidValueError, type: InvalidTypeError, memory: OutOfMemoryError, null: MissingArgumentError,
                not_implemented: UnsupportedError, io: FileFormatError, state: StateError, callback: CallbackError,
                internal: InternalError }.to_h { |name, type| [Native::STATUSES.fetch(name), type] }.freeze

    class << self
      # Raises what this thread's last call left.
      def raise_last
        error = Native.torsh_error_take
        raise InternalError, "a call failed and left no error" if error.zero?

        status = Native.torsh_error_status(error)
        message = Native.torsh_error_message(error).force_encoding(Encoding::UTF_8)
        Native.torsh_error_free(error)
        raise carried || CLASSES.fetch(status).new(message) if status == Native::STATUSES[:callback]

        raise CLASSES.fetch(status), message
      end

      # A status, or a result: 0 fails.
      def check(status)
        raise_last unless status.zero?
      end

      def handle(result)
        raise_last if result.zero?
        result
      end

      # Inside a callback: leaves the exception to whoever called into C, and returns C's status for it.
      def carry(exception)
        Thread.current[:torsh_carried] = exception
        Native.torsh_error_raise(exception.message, nil, nil)
      end

      private

      def carried
        exception = Thread.current[:torsh_carried]
        Thread.current[:torsh_carried] = nil
        exception
      end
    end
  end
  private_constant :Failure
end

# frozen_string_literal: true
# SPDX-License-Identifier: MIT OR Apache-2.0

require_relative "helper"

# Every generated method with arguments of wrong kinds and numbers: a clear error, and no crash.
class WrongInputTest < TorshTest
  FAULTS = [ArgumentError, TypeError, RangeError].freeze
  THINGS = ["text", :symbol, nil, true, 1, -3, 2**62, 2**70, 1.5, Float::NAN, Complex(1, 2), [], [1, -2], ["a"], [nil], {}, Object.new,
            Class, ToRSh.zeros(2, 3), ToRSh.ones(2, dtype: :int64), [ToRSh.zeros(2)], 0..1].freeze

  # Each error is of a class that says whose fault it is, and begins with the name.
  def try(name)
    yield
    :fine
  rescue *FAULTS => e
    assert_match(/\A#{Regexp.escape(name.to_s)}: .|\A\d+ does not fit into 64 bits/, e.message)
    :refused
  rescue ToRSh::Error => e
    refute_instance_of ToRSh::InternalError, e
    assert_operator e.message.size, :>, 8
    :failed
  end

  def receivers(group)
    return [ToRSh] if group == :torch

    group == :nn ? [Object.new.extend(ToRSh::NNFunctions)] : [ToRSh.zeros(2, 3), ToRSh.ones(3, dtype: :int64), tensor(2.0)]
  end

  def fresh(receiver) = receiver.is_a?(ToRSh::Tensor) ? receiver.clone : receiver

  ToRSh::Table::NAMES.each do |group, names|
    define_method("test_#{group}_with_everything_wrong") do
      counts = Hash.new(0)
      names.each_key do |name|
        receivers(group).each do |receiver|
          THINGS.each do |thing|
            counts[try(name) { fresh(receiver).public_send(name, thing) }] += 1
            counts[try(name) { fresh(receiver).public_send(name, ToRSh.zeros(2, 3), thing) }] += 1
            counts[try(name) { fresh(receiver).public_send(name, thing, thing, thing) }] += 1
          end
          assert_equal :refused, try(name) { fresh(receiver).public_send(name, *Array.new(20, "x")) }
          assert_equal :refused, try(name) { fresh(receiver).public_send(name, no_such_argument: 1) }
        end
      end
      assert_operator counts[:refused], :>, 2 * names.size, counts.inspect
      assert_operator counts[:failed], :>, names.size / 4, counts.inspect
      assert_equal 0, ToRSh::Native.torsh_last_error
    end

    define_method("test_#{group}_without_arguments") do
      names.each_key { |name| receivers(group).each { |receiver| try(name) { fresh(receiver).public_send(name) } } }
    end

    define_method("test_#{group}_with_wrong_keywords") do
      names.each do |name, overloads|
        params = overloads.flat_map { |c| ToRSh::Table::OVERLOADS.fetch(c) { ToRSh::Table::OVERLOADS.fetch(c.name.chomp("_").to_sym) }[1] }
        params.map { |param, *| param == :self ? :input : param }.uniq.each do |param|
          receivers(group).each do |receiver|
            assert_equal :refused, try(name) { fresh(receiver).public_send(name, **{ param => Object.new }) }, "#{name} #{param}"
          end
        end
      end
    end
  end
end

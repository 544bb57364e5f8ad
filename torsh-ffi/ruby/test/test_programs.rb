# frozen_string_literal: true
# SPDX-License-Identifier: MIT OR Apache-2.0

require_relative "helper"

# torsh-ffi/tests/programs.txt, which the suites of all languages run: every bit is the same.
class ProgramsTest < TorshTest
  PATH = "torsh-ffi/tests/programs.txt"
  OPERATORS = Object.new.extend(ToRSh::NNFunctions)

  # The program's variables, and what runs a line.
  class Machine
    def initialize
      @names = {}
    end

    attr_reader :names

    def arg(text)
      case text
      when /\A\[(.*)\]\z/ then $1.split(",").map { |part| arg(part) }
      when /\A'(.*)'\z/ then $1
      when "true" then true
      when "false" then false
      when "none" then nil
      when *@names.keys then @names[text]
      when /\A(float|int|uint|bool|bfloat)\d*\z/ then text.to_sym
      else number(text)
      end
    end

    def number(text)
      return Integer(text) if text.match?(/\A-?\d+\z/)

      { "nan" => Float::NAN, "inf" => Float::INFINITY, "-inf" => -Float::INFINITY }.fetch(text) { Float(text) }
    end

    def call(overload, args)
      name = overload[/\A\w+/].to_sym
      by_keyword, values = args.split.partition { |text| text.include?("=") }
      values.map! { |text| arg(text) }
      named = by_keyword.to_h { |text| text.split("=", 2).then { |key, value| [key.to_sym, arg(value)] } }
      if ToRSh::Functions.method_defined?(name) && !name.end_with?("_")
        ToRSh.public_send(name, *values, **named)
      elsif ToRSh::TensorMethods.method_defined?(name)
        values[0].public_send(name, *values.drop(1), **named)
      else
        OPERATORS.public_send(name, *values, **named)
      end
    end

    def tensor(text)
      dtype, shape, *values = text.tr(":", " ").split
      shape = shape == "-" ? [] : shape.split(",").map(&:to_i)
      ToRSh.tensor(values.map { |value| number(value) }, dtype: dtype).reshape(shape)
    end

    # One line that is neither expect nor error.
    def run(line)
      case line
      when /\Aseed (\d+)/ then ToRSh.manual_seed($1.to_i)
      when /\Arequires_grad (\w+)/ then @names[$1].requires_grad_
      when /\Abackward (\w+)/ then @names[$1].backward
      when /\A([\w, ]+?) = ([\w.]+)(.*)/ then assign($1.split(",").map(&:strip), $2, $3)
      else raise line
      end
    end

    def assign(names, op, args)
      results = { "tensor" => -> { tensor(args) }, "grad" => -> { @names[args.strip].grad } }.fetch(op) { -> { call(op, args) } }.call
      names.size > 1 ? @names.update(names.zip(results.to_a).to_h) : @names[names[0]] = results
    end
  end

  # As `expect` writes it.
  def described(tensor)
    values = tensor.detach.flatten.to_a.map do |x|
      case x
      when Float then hexadecimal(x)
      when true, false then x ? "1" : "0"
      else x.to_s
      end
    end
    shape = tensor.shape.empty? ? "-" : tensor.shape.join(",")
    [tensor.dtype, shape, ":", *values].join(" ")
  end

  def hexadecimal(x)
    return "nan" if x.nan?
    return x.negative? ? "-inf" : "inf" if x.infinite?

    format("%a", x)
  end

  def setup
    @was = ToRSh.get_backend
    ToRSh.set_backend("cpu-portable")
  end

  def teardown
    ToRSh.set_backend(@was)
  end

  def fails(machine, line)
    status, overload, args = line.match(/\Aerror (\w+) ([\w.]+)(.*)/).captures
    error = assert_raises(ToRSh::Error, line) { machine.call(overload, args) }
    names = { "SHAPE" => "ShapeMismatch", "INDEX" => "OutOfRange", "VALUE" => "InvalidValue", "TYPE" => "InvalidType" }
    assert_equal "#{names.fetch(status, status.capitalize)}Error", error.class.name.split("::").last, line
  end

  programs = File.readlines(PATH).map { |line| line.sub(/#.*/, "").strip }.reject(&:empty?).slice_before(/\Aprogram /)
  programs.each do |first, *lines|
    define_method("test_#{first.split[1]}") do
      machine = Machine.new
      lines.each do |line|
        case line
        when /\Aexpect (\w+) (.*)/ then assert_equal $2, described(machine.names[$1]), line
        when /\Aerror / then fails(machine, line)
        else machine.run(line)
        end
      end
    end
  end
end

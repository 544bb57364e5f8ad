# frozen_string_literal: true
# SPDX-License-Identifier: MIT OR Apache-2.0
# Trains a two-layer network on handwritten digits: examples/c/train_mlp.c in Ruby, with the same losses to the last bit.
#     ruby train_mlp.rb [digits.csv]

require "torsh"

NN = ToRSh::NN
EPOCHS = 30
BATCH = 32

# Every fourth image is a test image.
def read_digits(path)
  rows = File.foreach(path).map { |line| line.split(",").map(&:to_i) }
  rows.each_with_index.partition { |_, i| i % 4 != 3 }.map do |part|
    part = part.map(&:first)
    [ToRSh.tensor(part.map { |row| row[0...64] }, dtype: :float32) / 16, ToRSh.tensor(part.map(&:last))]
  end
end

def accuracy(net, x, y)
  ToRSh.no_grad { 100.0 * (net.(x).argmax(1) == y).sum.item / y.length }
end

(x, y), test = read_digits(ARGV[0] || File.join(__dir__, "../data/digits.csv"))
ToRSh.manual_seed(0)
net = NN::Sequential.new(NN::Linear.new(64, 128), NN::ReLU.new, NN::Linear.new(128, 10))
adam = ToRSh::Optim::Adam.new(net.parameters, lr: 0.002)

EPOCHS.times do |epoch|
  total = 0.0
  ToRSh.randperm(x.length).split(BATCH).each do |picked|
    adam.zero_grad
    loss = NN::F.cross_entropy(net.(x[picked]), y[picked])
    loss.backward
    adam.step
    total += loss.item * picked.length
  end
  mean = total / x.length
  puts format("epoch %2d  loss %.4f  %a", epoch + 1, mean, mean) if epoch % 5 == 4
end
puts format("test accuracy %.2f %%", accuracy(net, *test))

# frozen_string_literal: true
# SPDX-License-Identifier: MIT OR Apache-2.0
# Trains a two-layer network on handwritten digits; the same program as examples/c/train_mlp.c, to the last bit.
#
#     ruby train_mlp.rb [DATA]             trains, and says how many test images it gets right
#     ruby train_mlp.rb DATA FILE          saves the network there as well
#     ruby train_mlp.rb DATA --load FILE   tests a saved one instead

require "torsh"

NN = ToRSh::NN
EPOCHS = 30
BATCH = 32

# [training images, classes], [test images, classes]: every fourth image is a test image.
def read_digits(path)
  rows = File.foreach(path).map { |line| line.split(",").map(&:to_i) }
  rows.partition.with_index { |_, i| i % 4 != 3 }.map do |part|
    [ToRSh.tensor(part.map { |row| row.first(64) }) / 16, ToRSh.tensor(part.map { |row| row[64] })]
  end
end

def fit(net, x, y)
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
    puts format("epoch %2d  loss %.17g", epoch + 1, total / x.length) if epoch % 5 == 4
  end
end

path, *file = ARGV
ToRSh.manual_seed(0)
net = NN::Sequential.new(NN::Linear.new(64, 128), NN::ReLU.new, NN::Linear.new(128, 10))
(x, y), (x_test, y_test) = read_digits(path || File.join(__dir__, "../data/digits.csv"))
if file[0] == "--load"
  net.load_state_dict(ToRSh.load(file[1]))
else
  fit(net, x, y)
end
ToRSh.save(net.state_dict, file[0]) if file.size == 1
logits = ToRSh.no_grad { net.(x_test) }
puts "logits of the first test image #{logits[0].to_a.map { |value| format("%.9g", value) }.join(" ")}"
puts format("test accuracy %.2f %%", 100.0 * (logits.argmax(1) == y_test).sum.item / y_test.length)

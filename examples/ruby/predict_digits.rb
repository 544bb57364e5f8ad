# frozen_string_literal: true
# SPDX-License-Identifier: MIT OR Apache-2.0
# Loads the network that examples/python/train_digits.py trained, runs it on the test digits, and compares its logits with
# Python's, bit by bit.   ruby predict_digits.rb [FOLDER] (default: this one)

require "torsh"

NN = ToRSh::NN
folder = ARGV[0] || "."

net = NN::Sequential.new(
  NN::Conv2d.new(1, 32, 3, padding: 1), NN::ReLU.new,
  NN::Conv2d.new(32, 64, 3, padding: 1), NN::ReLU.new, NN::MaxPool2d.new(2),
  NN::Flatten.new, NN::Dropout.new(0.4), NN::Linear.new(1024, 128), NN::ReLU.new,
  NN::Dropout.new(0.3), NN::Linear.new(128, 10)
)
net.load_state_dict(ToRSh.load(File.join(folder, "digits.pt"))).eval
test = ToRSh.load(File.join(folder, "digits_test.pt"))
logits = ToRSh.no_grad { net.(test["x"]) }

right = (logits.argmax(1) == test["y"]).sum.item
same = logits.to_bytes == test["logits"].to_bytes
puts "Ruby: #{right} of #{logits.length} test digits are right; logits #{same ? "equal" : "DIFFER from"} Python's to the last bit"
exit same

# SPDX-License-Identifier: MIT OR Apache-2.0
"""Trains a two-layer network on handwritten digits; the same program as examples/c/train_mlp.c, to the last bit.

    train_mlp.py [DATA]             trains, and says how many test images it gets right
    train_mlp.py DATA FILE          saves the network there as well
    train_mlp.py DATA --load FILE   tests a saved one instead
"""
import sys

import torsh
from torsh import nn

EPOCHS, BATCH = 30, 32


def read_digits(path):
    """(training images, classes), (test images, classes): every fourth image is a test image."""
    with open(path) as file:
        rows = [[int(n) for n in line.split(",")] for line in file]
    train = [row for i, row in enumerate(rows) if i % 4 != 3]
    return [(torsh.tensor([row[:64] for row in part]) / 16, torsh.tensor([row[64] for row in part]))
            for part in (train, rows[3::4])]


def fit(net, x, y):
    adam = torsh.optim.Adam(net.parameters(), lr=0.002)
    for epoch in range(EPOCHS):
        total = 0.0
        for picked in torsh.randperm(len(x)).split(BATCH):
            adam.zero_grad()
            loss = nn.functional.cross_entropy(net(x[picked]), y[picked])
            loss.backward()
            adam.step()
            total += loss.item() * len(picked)
        if epoch % 5 == 4:
            print(f"epoch {epoch + 1:2}  loss {total / len(x)!r}")


def main(path="examples/data/digits.csv", *file):
    torsh.manual_seed(0)
    net = nn.Sequential(nn.Linear(64, 128), nn.ReLU(), nn.Linear(128, 10))
    (x, y), (x_test, y_test) = read_digits(path)
    if file[:1] == ("--load",):
        net.load_state_dict(torsh.load(file[1]))
    else:
        fit(net, x, y)
    if len(file) == 1:
        torsh.save(net.state_dict(), file[0])
    with torsh.no_grad():
        logits = net(x_test)
    print("logits of the first test image", *(f"{value:.9g}" for value in logits[0].tolist()))
    print(f"test accuracy {100 * (logits.argmax(1) == y_test).sum().item() / len(y_test):.2f} %")


main(*sys.argv[1:])

# SPDX-License-Identifier: MIT OR Apache-2.0
"""A first network: define, train, evaluate, save, load. neural_network.py [FOLDER]: where the model is saved.

Reads the handwritten digits of examples/data. With `import torch as torsh` it prints the same."""
import pathlib
import sys

import numpy as np

import torsh

nn = torsh.nn
F = nn.functional

EPOCHS, BATCH = 15, 32


class Network(nn.Module):
    """64 pixels to 10 scores."""

    def __init__(self, hidden: int = 48):
        super().__init__()
        self.hidden = nn.Linear(64, hidden)
        self.output = nn.Linear(hidden, 10)

    def forward(self, x):
        return self.output(F.relu(self.hidden(x)))


def read_digits():
    """Pixels in [0, 1] and labels; every fourth image is for testing."""
    path = pathlib.Path(__file__).resolve().parent.parent / "data" / "digits.csv"
    table = np.loadtxt(path, delimiter=",", dtype=np.float32)
    x, y = torsh.from_numpy(table[:, :64] / 16), torsh.from_numpy(table[:, 64].astype(np.int64))
    test = torsh.arange(len(x)) % 4 == 3
    return x[~test], y[~test], x[test], y[test]


def train(model, x, y):
    optimizer = torsh.optim.Adam(model.parameters(), lr=3e-3)
    for epoch in range(EPOCHS):
        total = 0.0
        for picked in torsh.randperm(len(x)).split(BATCH):
            optimizer.zero_grad()
            loss = F.cross_entropy(model(x[picked]), y[picked])
            loss.backward()
            optimizer.step()
            total += loss.item() * len(picked)
        if epoch % 5 == 0 or epoch == EPOCHS - 1:
            print(f"epoch {epoch + 1:2}  loss {total / len(x):.2f}")


def evaluate(model, x, y):
    """Share of right answers, and the scores."""
    model.eval()
    with torsh.no_grad():
        scores = model(x)
    return (scores.argmax(dim=1) == y).float().mean().item(), scores


def main():
    folder = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ".")
    torsh.manual_seed(0)  # the same weights and the same order in every run
    x, y, x_test, y_test = read_digits()
    model = Network()
    print(model)
    print(sum(p.numel() for p in model.parameters()), "parameters,", len(x), "images to train,", len(x_test), "to test")
    before, _ = evaluate(model, x_test, y_test)
    model.train()
    train(model, x, y)
    right, scores = evaluate(model, x_test, y_test)
    print(f"right answers: {before:.0%} before training, {right:.0%} after")
    if right < 0.95:
        sys.exit("that is too few")

    torsh.save(model.state_dict(), folder / "network.pt")  # PyTorch reads this file too
    loaded = Network()
    print(loaded.load_state_dict(torsh.load(folder / "network.pt")))
    same = bool((evaluate(loaded, x_test, y_test)[1] == scores).all())
    print("the loaded network gives the same scores, bit for bit:", same)
    if not same:
        sys.exit("it should")


if __name__ == "__main__":
    main()

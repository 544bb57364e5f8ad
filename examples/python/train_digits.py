# SPDX-License-Identifier: MIT OR Apache-2.0
"""Trains a convolutional network on real handwritten digits: progress, loss per epoch, test accuracy.

Saves the model and its logits on the test set (digits.pt, digits.safetensors), and the loss curve (digits.png)."""
from __future__ import annotations

import argparse
import pathlib
import statistics
import sys
import time

import numpy as np

import torsh
from torsh import nn
from torsh.nn import functional as F

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
from png_curve import write_curve  # noqa: E402

DATA = HERE.parent / "data" / "digits.csv"


def load_digits() -> tuple[np.ndarray, np.ndarray]:
    rows = np.loadtxt(DATA, delimiter=",", dtype=np.float32)
    return rows[:, :64].reshape(-1, 1, 8, 8) / 16, rows[:, 64].astype(np.int64)


def network() -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(1, 32, 3, padding=1), nn.ReLU(),
        nn.Conv2d(32, 64, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Dropout(0.4), nn.Linear(1024, 128), nn.ReLU(),
        nn.Dropout(0.3), nn.Linear(128, 10),
    )


def bar(done: int, total: int, text: str) -> None:
    if sys.stdout.isatty():
        filled = 30 * done // total
        print(f"\r[{'#' * filled}{'.' * (30 - filled)}] {text}", end="", flush=True)


def train(seed: int, epochs: int, x: torsh.Tensor, y: torsh.Tensor, batch: int = 64) -> tuple[nn.Sequential, list[float]]:
    torsh.manual_seed(seed)
    model = network()
    optimizer = torsh.optim.Adam(model.parameters(), lr=2e-3)
    schedule = torsh.optim.lr_scheduler.StepLR(optimizer, step_size=max(epochs // 3, 1), gamma=0.4)
    losses = []
    for epoch in range(epochs):
        model.train()
        order, total = torsh.randperm(len(x)), 0.0
        for start in range(0, len(x), batch):
            picked = order[start:start + batch]
            optimizer.zero_grad()
            loss = F.cross_entropy(model(x[picked]), y[picked])
            loss.backward()
            optimizer.step()
            total += loss.item() * len(picked)
            bar(start + len(picked), len(x), f"epoch {epoch + 1}/{epochs}")
        schedule.step()
        losses.append(total / len(x))
        bar(1, 1, f"epoch {epoch + 1:2}/{epochs}")
        print(f"  loss {losses[-1]:.4f}" if sys.stdout.isatty() else f"epoch {epoch + 1:2}/{epochs}  loss {losses[-1]:.4f}")
    return model, losses


def evaluate(model: nn.Sequential, x: torsh.Tensor) -> torsh.Tensor:
    model.eval()
    with torsh.no_grad():
        return model(x)


def show(images: np.ndarray, predicted: list[int]) -> None:
    shades = " .:-=+*#%@"
    for row in range(8):
        print("  ".join("".join(shades[int(v * 9)] * 2 for v in image[0, row]) for image in images))
    print("  ".join(f"{p:^16}" for p in predicted))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--epochs", type=int, default=24)
    parser.add_argument("--seeds", default="0", help="e.g. 0,1,2,3,4: trains once for each and prints the median")
    parser.add_argument("--out", type=pathlib.Path, default=pathlib.Path("."), help="folder for what is saved")
    args = parser.parse_args()
    images, labels = load_digits()
    test = np.arange(len(images)) % 4 == 3
    x, y = torsh.from_numpy(images[~test]), torsh.from_numpy(labels[~test])
    x_test, y_test = torsh.from_numpy(images[test]), torsh.from_numpy(labels[test])
    accuracies = []
    for seed in map(int, args.seeds.split(",")):
        begin = time.perf_counter()
        model, losses = train(seed, args.epochs, x, y)
        seconds = time.perf_counter() - begin
        logits = evaluate(model, x_test)
        accuracies.append(100 * (logits.argmax(1) == y_test).float().mean().item())
        print(f"seed {seed}: trained in {seconds:.1f} s, {accuracies[-1]:.2f} % of {len(x_test)} test digits are right")
    args.out.mkdir(parents=True, exist_ok=True)
    torsh.save(model.state_dict(), args.out / "digits.pt")
    torsh.save({"x": x_test, "y": y_test, "logits": logits}, args.out / "digits_test.pt")
    write_curve(args.out / "digits.png", losses)
    show(images[test][:5], logits.argmax(1)[:5].tolist())
    print(f"saved {args.out / 'digits.pt'}, {args.out / 'digits_test.pt'}, {args.out / 'digits.png'}")
    print(f"test accuracy {statistics.median(accuracies):.2f} %")


if __name__ == "__main__":
    main()

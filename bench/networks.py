# SPDX-License-Identifier: MIT OR Apache-2.0
"""The cases that are whole steps of a network: one training step, or one evaluation."""
from __future__ import annotations

from cases import Run, case


def training(T, model, inputs, targets, optimizer, loss_function):
    def step():
        optimizer.zero_grad()
        loss = loss_function(model(inputs), targets)
        loss.backward()
        optimizer.step()
        return loss
    return step


@case("mlp_tiny_train", "networks")
def _(T, h):
    nn = T.nn
    model = h.seeded(nn.Sequential(nn.Linear(2, 16), nn.ReLU(), nn.Linear(16, 1)))
    step = training(T, model, h.randn(8, 2), h.randn(8, 1), T.optim.Adam(model.parameters(), lr=1e-3), nn.functional.mse_loss)
    return Run(step, check=lambda: [step().item() for _ in range(5)])


@case("mlp_mnist_train", "networks", flops=3 * 2 * 64 * (784 * 128 + 128 * 10))
def _(T, h):
    nn = T.nn
    model = h.seeded(nn.Sequential(nn.Linear(784, 128), nn.ReLU(), nn.Linear(128, 10)))
    step = training(T, model, h.randn(64, 784), h.integers(10, 64), T.optim.Adam(model.parameters(), lr=1e-3),
                    nn.functional.cross_entropy)
    return Run(step, check=lambda: [step().item() for _ in range(5)])


@case("cnn_mnist_train", "networks", tolerance=1e-3,
      flops=3 * 2 * 64 * (9 * 32 * 26 * 26 + 9 * 32 * 64 * 24 * 24 + 9216 * 128 + 1280))
def _(T, h):
    """Two convolutions of 32 and 64 channels, pooling, two linear layers, dropout between; Adadelta."""
    nn = T.nn
    model = h.seeded(nn.Sequential(
        nn.Conv2d(1, 32, 3), nn.ReLU(), nn.Conv2d(32, 64, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Dropout(0.25), nn.Flatten(),
        nn.Linear(9216, 128), nn.ReLU(), nn.Dropout(0.5), nn.Linear(128, 10), nn.LogSoftmax(dim=1)))
    step = training(T, model, h.randn(64, 1, 28, 28), h.integers(10, 64), T.optim.Adadelta(model.parameters(), lr=1.0),
                    nn.functional.nll_loss)

    def check():  # without dropout, which is timed but random
        model.eval()
        losses = [step().item() for _ in range(3)]
        model.train()
        return losses
    return Run(step, check=check)


def transformer(T, vocabulary: int, length: int, layers: int, heads: int, width: int):
    """A decoder: embeddings, pre-norm blocks with causal attention written out, a linear head."""
    nn, F = T.nn, T.nn.functional

    class Block(nn.Module):
        def __init__(self):
            super().__init__()
            self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
            self.qkv, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)
            self.up, self.down = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)

        def forward(self, x, future):
            batch, n, _ = x.shape
            parts = self.qkv(self.norm1(x)).split(width, dim=2)
            q, k, v = (t.view(batch, n, heads, width // heads).transpose(1, 2) for t in parts)
            scores = (q @ k.transpose(-2, -1)) * (width // heads) ** -0.5
            mixed = F.softmax(scores.masked_fill(future, float("-inf")), dim=-1) @ v
            x = x + self.out(mixed.transpose(1, 2).reshape(batch, n, width))
            return x + self.down(F.gelu(self.up(self.norm2(x))))

    class Decoder(nn.Module):
        def __init__(self):
            super().__init__()
            self.tokens, self.positions = nn.Embedding(vocabulary, width), nn.Embedding(length, width)
            self.blocks = nn.ModuleList([Block() for _ in range(layers)])
            self.norm, self.head = nn.LayerNorm(width), nn.Linear(width, vocabulary)

        def forward(self, tokens):
            at = T.arange(tokens.shape[1])
            x = self.tokens(tokens) + self.positions(at)
            future = at.unsqueeze(0) > at.unsqueeze(1)
            for block in self.blocks:
                x = block(x, future)
            return self.head(self.norm(x))

    return Decoder()


def transformer_flops(tokens: int, context: int, layers: int, width: int, vocabulary: int) -> int:
    return tokens * (24 * layers * width * width + 2 * width * vocabulary) + layers * 4 * tokens * context * width


@case("transformer_train", "networks", tolerance=1e-3, flops=3 * transformer_flops(512, 128, 4, 256, 65))
def _(T, h):
    model = h.seeded(transformer(T, 65, 128, 4, 4, 256), scale=0.02)
    optimizer = T.optim.AdamW(model.parameters(), lr=1e-3, betas=(0.9, 0.99), weight_decay=0.1)
    tokens, targets = h.integers(65, 4, 128), h.integers(65, 4, 128)

    def step():
        optimizer.zero_grad()
        loss = T.nn.functional.cross_entropy(model(tokens).view(-1, 65), targets.view(-1))
        loss.backward()
        T.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        return loss
    return Run(step, check=lambda: [step().item() for _ in range(3)])


@case("transformer_infer", "networks", tolerance=1e-3, flops=transformer_flops(512, 128, 4, 256, 65))
def _(T, h):
    model, tokens = h.seeded(transformer(T, 65, 128, 4, 4, 256), scale=0.02).eval(), h.integers(65, 4, 128)

    def infer():
        with T.no_grad():
            return model(tokens)
    return Run(infer)

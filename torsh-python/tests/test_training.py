# SPDX-License-Identifier: MIT OR Apache-2.0
"""Training from Python: memory stays flat, graphs may be long, the number of threads changes no bit, forked children train
to the same numbers."""
import ctypes
import gc
import multiprocessing
import os
import pickle
import sys
import threading

import pytest

import torsh
from torsh import nn

STEPS = max(int(os.environ.get("TORSH_TEST_STEPS", 5000)), 2000)
LONG = 100_000


def mlp():
    return nn.Sequential(nn.Linear(16, 64), nn.ReLU(), nn.Linear(64, 10)), (32, 16)


def cnn():
    return nn.Sequential(nn.Conv2d(1, 4, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(64, 10)), (4, 1, 8, 8)


def large_mlp():  # large enough for the pool to split the work
    return nn.Sequential(nn.Linear(256, 512), nn.ReLU(), nn.Linear(512, 10)), (384, 256)


class Training:
    def __init__(self, make):
        torsh.manual_seed(0)
        self.model, self.shape = make()
        self.optimizer = torsh.optim.Adam(self.model.parameters(), lr=1e-3)
        self.y = torsh.arange(self.shape[0]) % 10

    def step(self):
        self.optimizer.zero_grad()
        loss = nn.functional.cross_entropy(self.model(torsh.rand(*self.shape)), self.y)
        loss.backward()
        self.optimizer.step()
        return loss.item()

    def steps(self, n):
        """Losses and parameters: equal if and only if each bit is."""
        losses = [self.step().hex() for _ in range(n)]
        return losses, [p.detach().numpy().tobytes() for p in self.model.parameters()]


# ---- memory

def resident_kb():
    gc.collect()
    ctypes.CDLL(None).malloc_trim(0)  # what is free, whichever thread's it was, goes back to the system
    with open("/proc/self/statm") as f:
        return int(f.read().split()[1]) * os.sysconf("SC_PAGESIZE") // 1024


@pytest.mark.parametrize("make", [mlp, cnn])
def test_memory_is_flat(make):
    training = Training(make)
    gc.disable()  # no cycle is left behind either
    try:
        for i in range(1, STEPS + 1):
            training.step()
            if i == 1000:
                kb, blocks = resident_kb(), sys.getallocatedblocks()
        blocks_end, kb_end = sys.getallocatedblocks(), resident_kb()
    finally:
        gc.enable()
    print(f"{make.__name__}: {kb} KB resident after 1000 steps, {kb_end} KB after {STEPS}")
    assert blocks_end - blocks < 100
    assert kb_end - kb < 512


# ---- long graphs

def on_a_small_stack(f):
    """f() in a thread whose stack holds no recursion over the graph; its result."""
    results = []

    def run():
        try:
            results.append(f())
        except BaseException as error:
            results.append(error)

    before = threading.stack_size(256 * 1024)
    try:
        thread = threading.Thread(target=run)
        thread.start()
        thread.join()
    finally:
        threading.stack_size(before)
    if isinstance(results[0], BaseException):
        raise results[0]
    return results[0]


def chain(x, n):
    y = x
    for _ in range(n):
        y = y * 1
    return y


def backward_over_a_chain():
    x = torsh.ones(1, requires_grad=True)
    chain(x, LONG).sum().backward()
    return x.grad.item()


def chain_in_place():
    x = torsh.ones(1, requires_grad=True)
    y = x * 1
    for _ in range(LONG):
        y.neg_()
    y.sum().backward()
    return x.grad.item()


def chain_without_backward():
    return chain(torsh.ones(1, requires_grad=True), LONG).item()


def chain_of_python_functions():
    class Same(torsh.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x.clone()

        @staticmethod
        def backward(ctx, g):
            return g

    x = torsh.ones(1, requires_grad=True)
    y = x
    for _ in range(LONG // 10):
        y = Same.apply(y)
    y.sum().backward()
    return x.grad.item()


@pytest.mark.parametrize("f", [backward_over_a_chain, chain_in_place, chain_without_backward, chain_of_python_functions])
def test_long_chain(f):
    assert on_a_small_stack(f) == 1
    kb, blocks = resident_kb(), sys.getallocatedblocks()
    assert on_a_small_stack(f) == 1
    kb_end, blocks_end = resident_kb(), sys.getallocatedblocks()
    assert blocks_end - blocks < 1000  # a chain is some ten thousands of objects
    assert kb_end - kb < 4096  # and some tens of megabytes


def test_long_chain_differentiated_twice():
    def twice():
        x = torsh.ones(1, dtype=torsh.float64, requires_grad=True)
        y = x
        for _ in range(999):
            y = y * x
        first, = torsh.autograd.grad(y.sum(), x, create_graph=True)
        second, = torsh.autograd.grad(first.sum(), x)
        return first.item(), second.item()

    assert on_a_small_stack(twice) == (1000, 1000 * 999)


# ---- threads and forks

@pytest.fixture
def two_threads():
    before = torsh.get_num_threads()
    torsh.set_num_threads(2)
    yield
    torsh.set_num_threads(before)


def test_threads_change_no_bit(two_threads):
    two = Training(large_mlp).steps(50)
    torsh.set_num_threads(1)
    assert Training(large_mlp).steps(50) == two


def threads_of_this_process():
    return len(os.listdir("/proc/self/task"))


def test_fork(two_threads):
    training = Training(large_mlp)
    training.steps(5)
    assert threads_of_this_process() > 1
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.close(read)
            result = training.steps(10)
            with os.fdopen(write, "wb") as f:
                pickle.dump((result, threads_of_this_process()), f)
            os._exit(0)
        except BaseException:
            sys.excepthook(*sys.exc_info())
            os._exit(1)
    os.close(write)
    with os.fdopen(read, "rb") as f:
        theirs = f.read()
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    result, threads = pickle.loads(theirs)
    assert result == training.steps(10)
    assert threads > 1  # the pool was started again


def train_and_send(training, connection):
    connection.send(training.steps(5))


def test_multiprocessing_fork(two_threads):
    training = Training(large_mlp)
    training.steps(5)
    context = multiprocessing.get_context("fork")
    ends = [context.Pipe(duplex=False) for _ in range(3)]
    children = [context.Process(target=train_and_send, args=(training, write)) for _, write in ends]
    for child in children:
        child.start()
    results = [read.recv() for read, _ in ends]
    for child in children:
        child.join()
        assert child.exitcode == 0
    mine = training.steps(5)
    assert results == [mine] * 3


def test_multiprocessing_pool_of_forks(two_threads):
    Training(large_mlp).steps(2)
    with multiprocessing.get_context("fork").Pool(2) as pool:
        results = pool.map(losses_from_the_start, range(4))
    assert results == [losses_from_the_start(0)] * 4


def losses_from_the_start(_):
    return Training(large_mlp).steps(3)

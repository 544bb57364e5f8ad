# SPDX-License-Identifier: MIT OR Apache-2.0
"""One Python object per tensor, as long as either lives; cycles are collected; threads."""
import gc
import sys
import threading
import weakref

import pytest

import torsh


def test_gradients_are_one_object():
    p = torsh.ones(2, requires_grad=True)
    (p * p).sum().backward()
    assert p.grad is p.grad
    p.grad.note = "kept"
    gc.collect()
    assert p.grad.note == "kept"


def test_objects_come_back():
    x = torsh.ones(2)
    assert x.add_(1) is x and x.contiguous() is x and x.to(torsh.float32) is x and +x is x
    y = x
    y += 1
    assert y is x


def test_attributes_survive_in_the_graph():
    x = torsh.ones(2, requires_grad=True)
    y = x * 2
    y.tag = "y"
    ref = weakref.ref(y)
    z = (y * y).sum()  # saves y
    del y
    gc.collect()
    assert ref() is not None and ref().tag == "y"
    z.backward()
    gc.collect()
    assert ref() is None  # its saved value was released


def test_weak_reference_to_a_gradient():
    p = torsh.ones(2, requires_grad=True)
    (p * p).sum().backward()
    ref = weakref.ref(p.grad)  # nobody but C holds the gradient now
    gc.collect()
    assert ref() is p.grad
    p.grad = None
    assert ref() is None


def test_saved_for_backward_comes_back():
    class Square(torsh.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return x * x

        @staticmethod
        def backward(ctx, g):
            x, = ctx.saved_tensors
            seen.append((x is ref(), x.tag))
            return 2 * x * g

    seen = []
    leaf = torsh.ones(2, requires_grad=True)
    x = leaf * 3
    x.tag = ["kept"]
    ref = weakref.ref(x)
    y = Square.apply(x)
    del x
    gc.collect()
    y.sum().backward()
    assert seen == [(True, ["kept"])] and leaf.grad.tolist() == [18, 18]
    del y
    assert ref() is None


def test_parameters_of_an_optimizer():
    p = torsh.nn.Parameter(torsh.ones(2))
    p.tag = "kept"
    optimizer = torsh.optim.Adam([p])
    ref = weakref.ref(p)
    del p
    gc.collect()
    kept = optimizer.param_groups[0]["params"][0]
    assert kept is ref() and kept.tag == "kept"
    kept.sum().backward()
    optimizer.step()
    assert optimizer.state[kept]["exp_avg"] is optimizer.state[kept]["exp_avg"]


def test_view_knows_its_base():
    x = torsh.ones(4)
    assert x.view(2, 2)._base is x or x.view(2, 2)._base is None
    y = torsh.ones(4, requires_grad=True) * 1
    assert y[1:]._base is y


def test_leaf_of_the_accumulating_node():
    x = torsh.ones(1, requires_grad=True)
    node, nr = (x * 2).grad_fn.next_functions[0]
    assert node.variable is x and nr == 0 and node.next_functions == ()


def test_freed_at_once():
    x = torsh.ones(2)
    ref = weakref.ref(x)
    del x
    assert ref() is None
    x = torsh.ones(2, requires_grad=True)
    y = x * 2
    refs = [weakref.ref(x), weakref.ref(y)]
    del x, y
    assert all(r() is None for r in refs)


class Payload:
    pass


def collected(make):
    payload = Payload()
    ref = weakref.ref(payload)
    gc.disable()
    try:
        make(payload)
        del payload
        assert ref() is not None  # it is a cycle
        gc.collect()
        return ref() is None
    finally:
        gc.enable()


def test_cycle_through_an_attribute():
    def make(payload):
        x = torsh.ones(1)
        x.payload = payload
        payload.x = x
    assert collected(make)


def test_cycle_through_a_hook_of_a_leaf():
    def make(payload):
        x = torsh.ones(1, requires_grad=True)
        payload.x = x
        x.register_hook(lambda g: payload)
    assert collected(make)


def test_cycle_through_a_hook_of_a_result():
    def make(payload):
        y = torsh.ones(1, requires_grad=True) * 2
        payload.y = y
        y.register_hook(lambda g: payload)
    assert collected(make)


def test_cycle_through_a_hook_after_accumulation():
    def make(payload):
        x = torsh.ones(1, requires_grad=True)
        payload.x = x
        x.register_post_accumulate_grad_hook(lambda leaf, payload=payload: None)
        (x * 2).sum().backward()
    assert collected(make)


def test_cycle_through_a_gradient():
    def make(payload):
        x = torsh.ones(1, requires_grad=True)
        (x * 2).sum().backward()
        x.grad.payload = payload
        payload.x = x
    assert collected(make)


def test_cycle_through_a_function():
    class Double(torsh.autograd.Function):
        @staticmethod
        def forward(ctx, x, payload):
            ctx.payload = payload
            return x * 2

        @staticmethod
        def backward(ctx, g):
            return g * 2, None

    def make(payload):
        payload.y = Double.apply(torsh.ones(1, requires_grad=True), payload)
    assert collected(make)


def test_what_is_held_elsewhere_is_not_collected():
    x = torsh.ones(1, requires_grad=True)
    payload = Payload()
    y = x * 2
    y.register_hook(lambda g, payload=payload: None)
    payload.y = y
    z = y * 3
    ref = weakref.ref(payload)
    del y, payload
    gc.collect()
    assert ref() is not None
    z.sum().backward()
    assert x.grad.tolist() == [6]


def test_long_chains_end_without_recursion():
    x = torsh.ones(1, requires_grad=True)
    y, kept = x, []
    for _ in range(30_000):
        y = y * 1
        y.attribute = 1
        kept.append(y)
    del kept
    y.sum().backward()
    del y
    assert x.grad.tolist() == [1]


def test_threads():
    x = torsh.randn(300, 300, requires_grad=True)
    failures = []

    def work():
        try:
            for _ in range(10):
                y = (x @ x).relu().sum()
                g, = torsh.autograd.grad(y, x)
                g.tag = 1
                assert g.shape == (300, 300)
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for t in threads:
        t.start()
    while any(t.is_alive() for t in threads):
        gc.collect()
    assert not failures


def test_grad_mode_is_per_thread():
    seen = []
    with torsh.no_grad():
        thread = threading.Thread(target=lambda: seen.append(torsh.is_grad_enabled()))
        thread.start()
        thread.join()
        assert not torsh.is_grad_enabled()
    assert seen == [True]


@pytest.mark.skipif(not hasattr(sys, "gettotalrefcount") and not hasattr(sys, "getallocatedblocks"), reason="CPython only")
def test_nothing_leaks():
    x = torsh.randn(4, 4, requires_grad=True)

    def step():
        x.grad = None
        y = (x @ x).max(1).values.sum() + torsh.cat([x, x]).sum() + x[0, 1:].sum() + x.split(2)[0].mean()
        y.backward()
        try:
            torsh.add(x, "a")
        except TypeError:
            pass
        try:
            x.view(3)
        except RuntimeError:
            pass
        x.tolist(), x.detach().numpy(), repr(x.dtype), x.shape

    # a leak shows in every round of 300 steps; caches that fill once show in some
    grown = []
    for _ in range(5):
        before = sys.getallocatedblocks()
        for _ in range(300):
            step()
        gc.collect()
        grown.append(sys.getallocatedblocks() - before)
    assert min(grown) < 100, grown


class Marker:
    pass


@pytest.mark.parametrize("computed", [
    lambda x: x * 2, lambda x: (x * x).sum().exp(), lambda x: x[0] * x[1] + x.sum(), lambda x: x.clone().mul_(x),
    lambda x: x.view(-1), lambda x: torsh.cat([x, x]) @ torsh.cat([x, x]),
])
@pytest.mark.parametrize("depth", [0, 30])
def test_cycles_through_computed_tensors_are_collected(computed, depth):
    x = torsh.ones(2, requires_grad=True)
    y = computed(x)
    for _ in range(depth):
        y = y * 1.5 + y
    x.mark, x.result = Marker(), y
    gone = weakref.ref(x.mark)
    del x, y
    gc.collect()
    assert gone() is None


def test_nothing_is_collected_that_a_graph_elsewhere_needs():
    x = torsh.ones(2, requires_grad=True)
    y = x * 2
    x.mark, x.result = Marker(), y
    mark, z = weakref.ref(x.mark), y * 3  # z's graph holds y's, and so x
    del x, y
    gc.collect()
    assert mark() is not None
    leaf = z.grad_fn.next_functions[0][0].next_functions[0][0].variable
    assert leaf.mark is mark() and leaf.result.grad_fn is not None
    z.sum().backward()
    assert leaf.grad.tolist() == [6, 6]
    del z, leaf
    gc.collect()
    assert mark() is None


def test_two_results_of_one_leaf_are_not_collected_too_early():
    x = torsh.ones(2, requires_grad=True)
    a, b = x * 2, x * 3
    x.mark, x.result = Marker(), a
    mark = weakref.ref(x.mark)
    del x, a
    gc.collect()
    assert mark() is not None
    b.sum().backward()
    del b
    gc.collect()
    assert mark() is None

# SPDX-License-Identifier: MIT OR Apache-2.0
"""What a program sees of a device: devices and their properties, errors, printing, copies, fallback."""
import os
import subprocess
import sys
import threading

import pytest

import torsh
from conftest import layer_settings


def test_devices(device):
    v = torsh.vulkan
    assert v.is_available() and v.device_count() == 1 and v.current_device() == 0
    assert "llvmpipe" in v.get_device_properties().name and v.get_device_name("vulkan:0") == v.get_device_name(0)
    assert v.get_device_properties(0).total_memory > 1 << 20
    assert torsh.device("vulkan:0") == torsh.zeros(1, device=torsh.vulkan).device == torsh.zeros(1, device="vulkan").device


def test_a_device_that_is_not_there(device):
    with pytest.raises(torsh.DeviceError, match="vulkan:1.*there are 1 devices"):
        torsh.ones(1, device="vulkan:1")


def test_memory_is_counted(device):
    before = torsh.vulkan.memory_allocated()
    t = torsh.ones(1000, device=device)
    assert torsh.vulkan.memory_allocated() - before >= 4000
    assert torsh.vulkan.memory_reserved() >= torsh.vulkan.memory_allocated()
    assert torsh.vulkan.max_memory_allocated() >= torsh.vulkan.memory_allocated()
    del t
    assert torsh.vulkan.memory_allocated() == before


def test_out_of_memory(device):
    with pytest.raises(torsh.vulkan.OutOfMemoryError, match="out of memory: you tried to allocate 1099511627776 bytes. On vulkan:0"):
        torsh.empty(1 << 40, dtype=torsh.uint8, device=device)
    assert torsh.ones(3, device=device).sum().item() == 3


def test_threads(device):
    """Each has its tensors; the device has one stream."""
    results = [None] * 4

    def work(i):
        x = torsh.zeros(100, device=device)
        for _ in range(50):
            x = x + i
        results[i] = x.sum().item()
    threads = [threading.Thread(target=work, args=(i,)) for i in range(4)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert results == [5000.0 * i for i in range(4)]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork")
def test_a_child_of_fork_is_told(device, python):
    code = ("import os, torsh\ntorsh.ones(1, device='vulkan').cpu()\nif os.fork() == 0:\n    try:\n        torsh.ones(1, device='vulkan')\n"
            "    except torsh.DeviceError as error:\n        print(error, flush=True)\n    os._exit(0)\nos.wait()")
    assert "a child of fork cannot use the devices" in python(code).stdout


def test_printing(device):
    assert repr(torsh.tensor([1.5, 2], device=device)) == "tensor([1.5000, 2.0000], device='vulkan:0')"
    assert repr(torsh.arange(3, device=device)) == "tensor([0, 1, 2], device='vulkan:0')"


def test_mixed_devices_are_named(device):
    with pytest.raises(RuntimeError, match="Expected all tensors to be on the same device, but found at least two devices, vulkan:0 and cpu!"):
        torsh.ones(2, device=device) + torsh.ones(2)


def test_a_number_on_the_cpu_goes_along(device):
    assert (torsh.ones(2, device=device) * torsh.tensor(3.0)).tolist() == [3, 3]


def test_numpy_refuses(device):
    with pytest.raises(TypeError, match="can't convert vulkan:0 device type tensor to numpy. Use Tensor.cpu\\(\\) to copy the tensor to host memory first."):
        torsh.ones(2, device=device).numpy()


def test_to_and_back_with_any_strides_and_dtypes(device):
    t = torsh.arange(24).reshape(2, 3, 4)
    for view in (t, t.permute(2, 0, 1), t[:, 1:, ::2], t[0, 0, 0], t[:0], t.expand(2, 2, 3, 4)):
        there = view.to(device)
        assert there.device.type == "vulkan" and torsh.equal(there.cpu(), view)
        assert there.to("cpu", torsh.float16).tolist() == view.tolist()
    assert t.to(device).to(device).data_ptr is not None and t.to(device).to(torsh.bool).cpu().sum().item() == 23


@pytest.mark.parametrize("n", [1, 255, 256, 257, 70_000, (1 << 20) + 3])
def test_large_transfers(device, n):
    t = torsh.arange(n, dtype=torsh.int32)
    assert torsh.equal((t.to(device) + 1).cpu(), t + 1)
    assert t.to(device).sum().item() == n * (n - 1) // 2


def test_a_kernels_error_is_raised_where_the_host_waits(device):
    x = torsh.arange(4, device=device)
    wrong = x // torsh.tensor([1, 0, 1, 1], device=device)
    with pytest.raises(RuntimeError, match="ZeroDivisionError"):
        wrong.cpu()
    wrong.cpu()  # once
    wrong = x[torsh.tensor([9], device=device)]
    with pytest.raises(IndexError, match="index 9 is out of bounds for dimension 0 with size 4"):
        torsh.vulkan.synchronize()


def test_gradients(device):
    x = torsh.linspace(-2, 2, 12).reshape(3, 4)
    grads = []
    for where in ("cpu", device):
        w = x.to(where).detach().requires_grad_()
        (torsh.softmax(w * w.exp(), 1)[:, 1:].log() + w.t().sum(0, keepdim=True).t().sin()).sum().backward()
        grads.append(w.grad.cpu())
    assert torsh.allclose(*grads, rtol=1e-5, atol=1e-6)


def test_work_is_submitted_in_batches(device):
    torsh.vulkan.synchronize()
    before = torsh.vulkan.counters()
    x = torsh.zeros(10, device=device)
    for _ in range(1000):
        x += 1
    assert x.tolist() == [1000] * 10
    after = torsh.vulkan.counters()
    assert after["dispatches"] - before["dispatches"] >= 1000 and after["submissions"] - before["submissions"] < 10
    assert after["barriers"] - before["barriers"] >= 1000


def test_independent_work_has_no_barriers(device):
    tensors = [torsh.zeros(10, device=device) for _ in range(20)]
    torsh.vulkan.synchronize()
    before = torsh.vulkan.counters()
    for t in tensors:
        t += 1
    after = torsh.vulkan.counters()
    assert after["dispatches"] - before["dispatches"] == 20 and after["barriers"] - before["barriers"] <= 1
    assert all(t.tolist() == [1] * 10 for t in tensors)


CONV = "import torsh; print(torsh.conv2d(*[torsh.ones(1, 1, 2, 2, device='vulkan')] * 2), torsh.conv2d(*[torsh.ones(1, 1, 2, 2, device='vulkan')] * 2))"


@pytest.fixture
def python(tmp_path):
    """Runs a program of its own, in which the layers must be silent as well."""
    def run(code: str, **env: str) -> subprocess.CompletedProcess:
        log = tmp_path / "log"
        settings = layer_settings(tmp_path, log)
        ran = subprocess.run([sys.executable, "-c", code], env={**os.environ, "VK_LAYER_SETTINGS_PATH": str(settings), **env}, capture_output=True, text=True)
        assert not log.exists() or log.read_text() == ""
        return ran
    return run


def test_without_a_kernel(device):
    with pytest.raises(NotImplementedError, match="\"_conv2d\" has no kernel for 'float32' on vulkan:0"):
        exec(CONV)


def test_fallback_to_the_cpu_warns_once_an_operator(device, python):
    run = python(CONV, TORSH_FALLBACK="cpu")
    assert run.stdout.count("tensor([[[[4.]]]], device='vulkan:0')") == 2
    assert run.stderr.count("_conv2d") == 1 and "runs on the CPU" in run.stderr


def test_fallback_in_place_and_random_numbers(device, python):
    code = "import torsh\nt = torsh.zeros(2, 3, device='vulkan').t()\nt.uniform_(1, 2)\nprint(t.min().item() >= 1, t.stride(), torsh.rand(2, device='vulkan').device)"
    run = python(code, TORSH_FALLBACK="cpu")
    assert run.stdout == "True (1, 3) vulkan:0\n", run.stderr


LACKING = """
import torsh
from torsh import nn
from torsh.nn import functional as F
d = "vulkan"
x = torsh.ones(2, 3, device=d)
m = nn.Linear(3, 2).to(d)
F.cross_entropy(m(x), torsh.tensor([0, 1]).to(d)).backward()  # int64 as an index needs no arithmetic
print(torsh.isfinite(m.weight.grad).all().item(), x.argmax(1).tolist(), (x * 2).to(torsh.int32).tolist())
print((torsh.ones(2, dtype=torsh.int64) * 3).to(d).float().tolist() if "%s" == "float64" else "")
try:
    print(torsh.ones(2, dtype=torsh.%s, device=d) + 1)
except NotImplementedError as error:
    print(error)
"""


@pytest.mark.parametrize("dtype", ["float64", "int64"])
def test_a_dtype_that_the_device_lacks(device, dtype, python):
    """The layers refuse a shader that uses what was not enabled."""
    run = python(LACKING % (dtype, dtype), TORSH_VULKAN_WITHOUT=dtype)
    expected = "True [0, 0] [[2, 2, 2], [2, 2, 2]]\n" + ("[3.0, 3.0]" if dtype == "float64" else "")
    assert run.stdout.startswith(expected + f"\n\"add.Tensor\" not implemented for '{dtype}' on vulkan:0: llvmpipe"), run.stdout + run.stderr
    assert run.stdout.rstrip().endswith(f"lacks {dtype}")


ABSENT = "import torsh; v = torsh.vulkan; print(v.is_available(), v.device_count(), torsh.ones(2).sum().item())\ntorsh.ones(1, device='vulkan')"


@pytest.mark.parametrize("env", [{"VK_ICD_FILENAMES": "/nothing.json"}, {"TORSH_BACKEND_PATH": "/"}])
def test_without_a_driver_there_are_no_devices_and_nothing_else_changes(device, env, tmp_path, python):
    if "TORSH_BACKEND_PATH" in env:
        (tmp_path / "libtorsh-backend-vulkan.so").write_text("no library")
        env = {"TORSH_BACKEND_PATH": f"/nowhere:{tmp_path}"}
    run = python(ABSENT, **env)
    assert run.stdout == "False 0 2.0\n", run.stderr
    assert "DeviceError" in run.stderr and ("no backend for this device" in run.stderr or "libtorsh-backend-vulkan.so: " in run.stderr)

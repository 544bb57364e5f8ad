# SPDX-License-Identifier: MIT OR Apache-2.0
"""Files exchanged with PyTorch and safetensors, both ways. TORSH_IO_LIBRARY names the shared library."""

from __future__ import annotations

import io as python_io
import math
import os
import pickle
import sys
import zipfile
from collections import Counter, OrderedDict
from typing import Any

import pytest

torch = pytest.importorskip("torch")
sys.path.insert(0, os.path.dirname(__file__))
import io_ctypes as tio  # noqa: E402

DTYPES = list(tio.DTYPE_VALUES)
names = pytest.mark.parametrize("dtype", DTYPES, ids=[str(d).removeprefix("torch.") for d in DTYPES])


def values(shape: tuple[int, ...], dtype: torch.dtype) -> torch.Tensor:
    """Bytes of all kinds, NaN payloads and subnormals among them."""
    n = math.prod(shape) * dtype.itemsize
    raw = (
        torch.arange(n, dtype=torch.int64)
        .mul_(37)
        .remainder_(2 if dtype == torch.bool else 251)
        .to(torch.uint8)
    )
    return raw.view(dtype).reshape(shape) if n else torch.empty(shape, dtype=dtype)


def same_bits(a: torch.Tensor, b: torch.Tensor) -> bool:
    def raw(t: torch.Tensor) -> torch.Tensor:
        return t.detach().contiguous().reshape(-1).view(torch.uint8)

    return torch.equal(raw(a), raw(b))


def assert_same(a: Any, b: Any) -> None:
    """Same classes, order, bits, strides and flags; attributes of dicts too."""
    assert type(a) is type(b), f"{type(a)} and {type(b)}"
    if isinstance(a, torch.Tensor):
        assert (a.dtype, a.shape, a.stride(), a.storage_offset()) == (
            b.dtype,
            b.shape,
            b.stride(),
            b.storage_offset(),
        )
        assert a.requires_grad == b.requires_grad
        assert a.untyped_storage().nbytes() == b.untyped_storage().nbytes()
        assert same_bits(a, b)
    elif isinstance(a, dict):
        assert list(map(repr, a)) == list(map(repr, b))
        for x, y in zip(a.values(), b.values(), strict=True):
            assert_same(x, y)
        if isinstance(a, OrderedDict):
            assert_same(vars(a), vars(b))
    elif isinstance(a, (list, tuple)):
        assert len(a) == len(b)
        for x, y in zip(a, b, strict=True):
            assert_same(x, y)
    else:
        assert repr(a) == repr(b)  # NaN and -0.0 included


def roundtrip(x: Any, tmp_path: Any, **kwargs: Any) -> Any:
    """torch.save, read and written in C, torch.load; on the way the C side's own view of it is compared."""
    torch.save(x, tmp_path / "theirs.pt", **kwargs)
    expected = torch.load(tmp_path / "theirs.pt", weights_only=True)
    assert_same(tio.load(tmp_path / "theirs.pt"), expected)
    tio.copy(tmp_path / "theirs.pt", tmp_path / "ours.pt")
    got = torch.load(tmp_path / "ours.pt", weights_only=True)
    assert_same(got, expected)
    return got


def data_pkl(path: Any) -> bytes:
    with zipfile.ZipFile(path) as z:
        return z.read(next(n for n in z.namelist() if n.endswith("/data.pkl")))


@names
@pytest.mark.parametrize("shape", [(), (0,), (3,), (2, 0, 3), (2, 3, 4), (1,) * 9])
def test_every_dtype_and_shape(dtype: torch.dtype, shape: tuple[int, ...], tmp_path: Any) -> None:
    t = values(shape, dtype)
    roundtrip({"t": t}, tmp_path)
    tio.save({"t": t}, tmp_path / "made.pt")
    assert_same(torch.load(tmp_path / "made.pt", weights_only=True), {"t": t})


@names
def test_strides_offsets_and_shared_storages_are_kept(dtype: torch.dtype, tmp_path: Any) -> None:
    base = values((4, 6), dtype)
    x = {
        "base": base,
        "row": base[2],
        "t": base.t(),
        "step": base[1:, ::2],
        "wide": base[:1].expand(5, 6),
        "end": base[4:],
    }
    got = roundtrip(x, tmp_path)
    assert len({t.untyped_storage().data_ptr() for t in got.values()}) == 1
    got["row"].view(torch.uint8)[0] ^= 1
    assert same_bits(got["base"][2], got["row"])


# fmt: off
PLAIN_VALUES: list[Any] = [
    None, True, False, 0, 1, 255, 256, 65535, 65536, -1, 2**31 - 1, 2**31, -(2**31), -(2**31) - 1,
    2**39, -(2**39), 2**63 - 1, -(2**63), 0.0, -0.0, 1.5, math.inf, -math.inf, math.nan, 5e-324, "",
    "é☃𝄞", "a\0b", "x" * 300, b"\0\x7f\x80\xff", 1 - 2j, (), (1,), (1, 2), (1, 2, 3), (1, 2, 3, 4),
    [], [1], [1, 2], {}, {1: 2}, {"a": 1, 2: "b", None: 3, True: 4, 2.5: 5, b"k": 6}, OrderedDict(),
    OrderedDict(a=1, b=2), Counter(), Counter({3: 2, "x": 1}), torch.Size([]), torch.Size([1]),
    torch.Size([2, 3]), torch.float32, torch.uint64, torch.bool, torch.device("cpu"),
    torch.device("cuda", 1), torch.device("meta"), list(range(2500)), {i: str(i) for i in
    range(2500)}, [[[[[[]]]]]], {"a": {"b": ({"c": [torch.ones(2)]},)}},
]
# fmt: on


@pytest.mark.parametrize("x", PLAIN_VALUES, ids=[f"{i}-{repr(x)[:20]}" for i, x in enumerate(PLAIN_VALUES)])
def test_values(x: Any, tmp_path: Any) -> None:
    roundtrip(x, tmp_path)
    assert_same(torch.load(python_io.BytesIO(tio.save_buffer(x)), weights_only=True), x)
    assert_same(tio.load(tio.save_buffer(x)), x)


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
def test_pickle_protocols(protocol: int, tmp_path: Any) -> None:
    x = {
        "m": torch.nn.Linear(3, 2).state_dict(),
        "b": b"\0\xff",
        "l": [1, "x", 2.5, None, (1, 2, 3, 4)],
        "n": {i: i for i in range(300)},
    }
    torch.save(x, tmp_path / "x.pt", pickle_protocol=protocol)
    assert_same(tio.load(tmp_path / "x.pt"), torch.load(tmp_path / "x.pt", weights_only=False))


def test_empty_bytes_which_torch_writes_but_does_not_read(tmp_path: Any) -> None:
    torch.save(b"", tmp_path / "x.pt")
    assert tio.load(tmp_path / "x.pt") == b""
    assert torch.load(python_io.BytesIO(tio.save_buffer(b"")), weights_only=True) == b""


def test_parameters_and_gradients_flags(tmp_path: Any) -> None:
    p = torch.nn.Parameter(torch.randn(3))
    frozen = torch.nn.Parameter(torch.randn(2), requires_grad=False)
    x = {"p": p, "frozen": frozen, "leaf": torch.zeros(2, requires_grad=True), "again": p, "data": p.data}
    got = roundtrip(x, tmp_path)
    assert got["p"] is got["again"]
    assert got["p"].data_ptr() == got["data"].data_ptr()
    tio.save(x, tmp_path / "made.pt")
    made = torch.load(tmp_path / "made.pt", weights_only=True)
    assert isinstance(made["frozen"], torch.nn.Parameter) and not made["frozen"].requires_grad
    assert made["leaf"].requires_grad and made["p"] is made["again"]


def test_one_object_in_two_places_stays_one(tmp_path: Any) -> None:
    shared: list[int] = [1, 2]
    got = roundtrip({"a": shared, "b": shared, "c": (shared, {"d": shared})}, tmp_path)
    assert got["a"] is got["b"] is got["c"][0] is got["c"][1]["d"]


MODELS = {
    "mlp": lambda: torch.nn.Sequential(torch.nn.Linear(4, 8), torch.nn.ReLU(), torch.nn.Linear(8, 2)),
    "cnn": lambda: torch.nn.Sequential(
        torch.nn.Conv2d(1, 3, 3), torch.nn.BatchNorm2d(3), torch.nn.Flatten(), torch.nn.LazyLinear(2)
    ),
    "transformer": lambda: torch.nn.TransformerEncoderLayer(8, 2, 16),
    "lstm": lambda: torch.nn.LSTM(3, 4, 2, bidirectional=True),
}


@pytest.mark.parametrize("name", MODELS)
def test_state_dicts_of_modules(name: str, tmp_path: Any) -> None:
    model = MODELS[name]()
    if name == "cnn":
        model(torch.zeros(2, 1, 5, 5))
    got = roundtrip(model.state_dict(), tmp_path)
    assert got._metadata == model.state_dict()._metadata
    model.load_state_dict(got)


OPTIMIZERS = [
    lambda p: torch.optim.SGD(p, 0.1, momentum=0.9, nesterov=True),
    lambda p: torch.optim.Adam(p, amsgrad=True),
    torch.optim.AdamW,
    torch.optim.Adadelta,
    torch.optim.RMSprop,
    torch.optim.Adagrad,
    lambda p: torch.optim.LBFGS(p, history_size=2),
]


@pytest.mark.parametrize(
    "make", OPTIMIZERS, ids=["sgd", "adam", "adamw", "adadelta", "rmsprop", "adagrad", "lbfgs"]
)
def test_checkpoints_with_optimizer_and_scheduler(make: Any, tmp_path: Any) -> None:
    model = torch.nn.Linear(3, 2)
    optimizer = make(model.parameters())
    schedulers = [
        torch.optim.lr_scheduler.StepLR(optimizer, 2),
        torch.optim.lr_scheduler.MultiStepLR(optimizer, [1, 1, 5]),
    ]

    def loss() -> torch.Tensor:
        optimizer.zero_grad()
        out = model(torch.ones(1, 3)).pow(2).sum()
        out.backward()
        return out

    for _ in range(3):
        optimizer.step(loss)
        for s in schedulers:
            s.step()
    x = {
        "model": model.state_dict(),
        "optimizer": optimizer.state_dict(),
        "schedulers": [s.state_dict() for s in schedulers],
        "epoch": 3,
        "best": 0.5,
        "rng": torch.get_rng_state(),
        "name": "run",
    }
    roundtrip(x, tmp_path)
    tio.save(x, tmp_path / "made.pt")
    made = torch.load(tmp_path / "made.pt", weights_only=True)
    optimizer.load_state_dict(made["optimizer"])
    for s, state in zip(schedulers, made["schedulers"], strict=True):
        s.load_state_dict(state)


def test_the_file_is_torchs_to_the_byte(tmp_path: Any) -> None:
    """But for its serialization_id, which we leave out. No two strings are equal here: whether PyTorch
    writes those once or twice is chance."""
    base = torch.randn(6, 5)
    x = OrderedDict(
        w=base,
        v=base.t(),
        b=torch.nn.Parameter(torch.zeros(5)),
        i=torch.arange(3),
        u=torch.zeros(2, dtype=torch.uint32),
        e=torch.empty(0),
        z=torch.tensor(1.0),
        n=[1, 2.5, None, (True, "s", b"\xff")],
        d=torch.float16,
    )
    x._metadata = {"q": 1}
    with open(tmp_path / "theirs.pt", "wb") as f:
        torch.save(x, f)  # a file object: its archive is called "archive", as ours is
    tio.copy(tmp_path / "theirs.pt", tmp_path / "ours.pt")
    assert data_pkl(tmp_path / "ours.pt") == data_pkl(tmp_path / "theirs.pt")
    theirs, ours = (tmp_path / "theirs.pt").read_bytes(), (tmp_path / "ours.pt").read_bytes()
    entries = zipfile.ZipFile(tmp_path / "theirs.pt").infolist()
    end = next(e.header_offset for e in entries if e.filename.endswith("serialization_id"))
    assert ours[:end] == theirs[:end]


def test_torch_reads_ours_mapped_and_at_computed_offsets(tmp_path: Any) -> None:
    from torch.utils.serialization import config

    x = {"a": torch.randn(100), "e": torch.empty(0), "b": torch.arange(7)}
    tio.save(x, tmp_path / "x.pt")
    for computed in (False, True):
        config.load.calculate_storage_offsets = computed
        try:
            assert_same(torch.load(tmp_path / "x.pt", weights_only=True, mmap=True), x)
        finally:
            config.load.calculate_storage_offsets = False
    with zipfile.ZipFile(tmp_path / "x.pt") as z:
        assert z.testzip() is None
        starts = [e.header_offset + 30 + len(e.filename) for e in z.infolist()]
    data = (tmp_path / "x.pt").read_bytes()
    assert all(
        (start + int.from_bytes(data[start - len(e) - 2 : start - len(e)], "little")) % 64 == 0
        for start, e in zip(starts, z.namelist(), strict=True)
    )


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_archives_packed_anew_by_others(method: int, tmp_path: Any) -> None:
    x = {"zeros": torch.zeros(200_000), "random": torch.randn(100_000)}
    torch.save(x, tmp_path / "a.pt")
    with zipfile.ZipFile(tmp_path / "a.pt") as a, zipfile.ZipFile(tmp_path / "b.pt", "w", method) as b:
        for name in a.namelist():
            b.writestr(name, a.read(name))
    assert_same(tio.load(tmp_path / "b.pt"), x)


class Evil:
    def __init__(self, *call: Any) -> None:
        self.call = call

    def __reduce__(self) -> Any:
        return self.call[0], self.call[1:]


def test_other_objects_are_named_and_not_made(tmp_path: Any) -> None:
    marker = tmp_path / "marker"
    for x, name in [
        (Evil(os.system, f"touch {marker}"), "posix.system"),
        (Evil(eval, "1"), "__builtin__.eval"),
        (torch.nn.Linear(1, 1), "torch.nn.modules.linear.Linear"),
        ({1, 2}, "__builtin__.set"),
        (torch.float8_e5m2, "torch.float8_e5m2"),
    ]:
        torch.save({"x": x}, tmp_path / "x.pt")
        with pytest.raises(
            tio.Error, match=rf"x\.pt: x/data\.pkl: holds a `{name}` at byte \d+; only data is loaded"
        ):
            tio.load(tmp_path / "x.pt")
    assert not marker.exists()


def test_what_is_not_read_says_why(tmp_path: Any) -> None:
    path = tmp_path / "x.pt"

    def refuses(match: str) -> None:
        with pytest.raises(tio.Error, match=match):
            tio.load(path)

    torch.save({"x": torch.ones(2)}, path, _use_new_zipfile_serialization=False)
    refuses("format from before PyTorch 1.6")
    torch.jit.script(torch.nn.Linear(1, 1)).save(path)
    refuses("TorchScript archive")
    path.write_bytes(pickle.dumps({"a": 1}, 2))
    refuses("bare pickle")
    torch.save(2**64, path)
    refuses("int of 9 bytes")
    torch.save(torch.zeros(2, dtype=torch.complex64).conj(), path)
    refuses("conjugation")
    loop: list[Any] = []
    loop.append(loop)
    torch.save(loop, path)
    refuses("contains itself")


def test_damage_that_torch_reports_we_report(tmp_path: Any) -> None:
    torch.save({"w": torch.randn(1000)}, tmp_path / "x.pt")
    data = bytearray((tmp_path / "x.pt").read_bytes())
    data[len(data) // 2] ^= 1
    (tmp_path / "x.pt").write_bytes(data)
    with pytest.raises(
        tio.Error, match=r"byte \d+: zip entry 'x/data/0' is damaged: its checksum does not match"
    ):
        tio.load(tmp_path / "x.pt")


# ---- safetensors ---------------------------------------------------------------------------------


def test_safetensors_both_ways(tmp_path: Any) -> None:
    safetensors = pytest.importorskip("safetensors.torch")
    state = {str(d): values((3, 5), d) for d in DTYPES if d != torch.complex128}
    state |= {
        "scalar": torch.tensor(2.5),
        "empty": torch.empty(0, 3),
        'é"\\\n\x01': torch.ones(2),
        "t": torch.randn(3, 4).t(),
    }
    tio.save_safetensors(state, tmp_path / "ours.safetensors")
    theirs = safetensors.load_file(tmp_path / "ours.safetensors")
    assert theirs.keys() == state.keys()
    assert all(same_bits(theirs[k], v) and theirs[k].shape == v.shape for k, v in state.items())
    metadata = {"format": "pt", "é": '"x"'}
    safetensors.save_file(
        {k: v.contiguous() for k, v in state.items()}, tmp_path / "theirs.safetensors", metadata
    )
    ours = tio.load(tmp_path / "theirs.safetensors")
    assert ours.__dict__["__metadata__"] == metadata
    assert ours.keys() == state.keys()
    assert all(same_bits(ours[k], v) and ours[k].shape == v.shape for k, v in state.items())


def test_safetensors_holds_the_values_of_views(tmp_path: Any) -> None:
    safetensors = pytest.importorskip("safetensors.torch")
    state = {}
    for dtype in DTYPES:
        if dtype != torch.complex128:
            base = values((4, 6), dtype)
            state |= {
                f"{dtype} t": base.t(),
                f"{dtype} step": base[1:, ::2],
                f"{dtype} wide": base[:1].expand(3, 6),
            }
    torch.save(state, tmp_path / "x.pt")
    tio.to_safetensors(tmp_path / "x.pt", tmp_path / "x.safetensors")
    got = safetensors.load_file(tmp_path / "x.safetensors")
    assert got.keys() == state.keys()
    assert all(got[k].shape == v.shape and same_bits(got[k], v) for k, v in state.items())


def test_safetensors_metadata_survives(tmp_path: Any) -> None:
    safetensors = pytest.importorskip("safetensors")
    state = OrderedDict(a=torch.ones(2))
    state.__dict__["__metadata__"] = {"k": "v"}
    tio.save_safetensors(state, tmp_path / "x.safetensors")
    with safetensors.safe_open(tmp_path / "x.safetensors", "pt") as f:
        assert f.metadata() == {"k": "v"}
        assert f.keys() == ["a"]
    tio.copy(tmp_path / "x.safetensors", tmp_path / "x.pt")  # and through PyTorch's format
    assert torch.load(tmp_path / "x.pt", weights_only=True).__dict__["__metadata__"] == {"k": "v"}


if __name__ == "__main__":
    sys.exit(pytest.main([__file__, *sys.argv[1:]]))

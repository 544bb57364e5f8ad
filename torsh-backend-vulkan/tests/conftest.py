# SPDX-License-Identifier: MIT OR Apache-2.0
"""Tests run on Mesa's llvmpipe with the validation layers on, before torsh opens the loader. What the layers say fails the
test during which they say it."""
import os
import pathlib
import sys
import tempfile
import zlib

import pytest

ROOT = pathlib.Path(__file__).absolute().parents[2]
sys.path[:0] = [str(pathlib.Path(__file__).parent), str(ROOT / "torsh-python" / "tests")]

FOLDER = pathlib.Path(os.environ.get("TEST_TMPDIR") or tempfile.mkdtemp())
LOG = FOLDER / "validation.log"


def layer_settings(folder: pathlib.Path, log: pathlib.Path) -> pathlib.Path:
    """A file that tells the layers to write what they say to `log`."""
    path = folder / "vk_layer_settings.txt"
    path.write_text(f"khronos_validation.debug_action = VK_DBG_LAYER_ACTION_LOG_MSG\nkhronos_validation.report_flags = error,warn,perf\n"
                    f"khronos_validation.log_filename = {log}\n")
    return path


os.environ.update(VK_ICD_FILENAMES="/usr/share/vulkan/icd.d/lvp_icd.x86_64.json", VK_LAYER_SETTINGS_PATH=str(layer_settings(FOLDER, LOG)),
                  VK_INSTANCE_LAYERS="VK_LAYER_KHRONOS_validation", MESA_SHADER_CACHE_DISABLE="1")
os.environ.pop("TORSH_FALLBACK", None)

import torsh  # noqa: E402


def messages() -> str:
    return LOG.read_text() if LOG.exists() else ""


@pytest.fixture(scope="session", autouse=True)
def device():
    assert torsh.vulkan.device_count() == 1, "llvmpipe is not there (Debian: mesa-vulkan-drivers)"
    torsh.zeros(1, device="vulkan").cpu()
    assert "libVkLayer_khronos_validation" in pathlib.Path("/proc/self/maps").read_text(), "the validation layers are not loaded"
    return "vulkan:0"


@pytest.fixture(autouse=True)
def silent_layers(device):
    before = len(messages())
    torsh.manual_seed(0)
    yield
    torsh.vulkan.synchronize()
    torsh.set_default_dtype(torsh.float32)
    assert messages()[before:] == "", "the validation layers have something to say"


def pytest_addoption(parser):
    parser.addoption("--op", help="only the cells of this operator (all its overloads)")


def pytest_collection_modifyitems(config, items):
    """--op, and Bazel's shards."""
    def op(item):
        return item.callspec.params.get("op", "") if hasattr(item, "callspec") else ""

    if wanted := config.getoption("--op"):
        items[:] = [i for i in items if op(i).split(".")[0] == wanted or op(i) == wanted]
    shards = int(os.environ.get("TEST_TOTAL_SHARDS", 1))
    if shards > 1:
        pathlib.Path(os.environ["TEST_SHARD_STATUS_FILE"]).touch()
        mine = int(os.environ["TEST_SHARD_INDEX"])
        items[:] = [i for i in items if zlib.crc32((op(i) or i.name).split(".")[0].encode()) % shards == mine]

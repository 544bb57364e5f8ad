# SPDX-License-Identifier: MIT OR Apache-2.0
"""state_dict and load_state_dict, with PyTorch's messages."""
from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import torsh
from torsh._C import Tensor
from torsh.nn.parameter import Parameter

if TYPE_CHECKING:
    from torsh.nn.modules.module import Module


def save_own(module: Module, destination: dict[str, Any], prefix: str, keep_vars: bool) -> None:
    for name, param in module._parameters.items():
        if param is not None:
            destination[prefix + name] = param if keep_vars else param.detach()
    for name, buffer in module._buffers.items():
        if buffer is not None and name not in module._non_persistent_buffers_set:
            destination[prefix + name] = buffer if keep_vars else buffer.detach()


def save(module: Module, destination: Any, prefix: str, keep_vars: bool) -> dict[str, Any]:
    if destination is None:
        destination = OrderedDict()
        destination._metadata = OrderedDict()
    if hasattr(destination, "_metadata"):
        destination._metadata[prefix[:-1]] = {"version": module._version}
    module._save_to_state_dict(destination, prefix, keep_vars)
    for name, child in module._modules.items():
        if child is not None:
            child.state_dict(destination=destination, prefix=prefix + name + ".", keep_vars=keep_vars)
    return destination


def _load_one(module: Module, name: str, key: str, old: Tensor, new: Any, assign: bool, errors: list[str]) -> None:
    if not isinstance(new, Tensor):
        errors.append(f'While copying the parameter named "{key}", expected torsh.Tensor or Tensor-like object from '
                      f"checkpoint but received {type(new)}")
        return
    if old.ndim == 0 and new.ndim == 1 and new.shape[0] == 1:
        new = new[0]
    if new.shape != old.shape:
        errors.append(f"size mismatch for {key}: copying a param with shape {new.shape} from checkpoint, the shape in "
                      f"current model is {old.shape}.")
        return
    try:
        if not assign:
            with torsh.no_grad():
                old.copy_(new)
        elif isinstance(old, Parameter):
            module._parameters[name] = (new if isinstance(new, Parameter) else
                                        Parameter(new, requires_grad=old.requires_grad))
        else:
            module._buffers[name] = new
    except Exception as error:
        errors.append(f'While copying the parameter named "{key}", whose dimensions in the model are {old.size()} and whose '
                      f"dimensions in the checkpoint are {new.size()}, an exception occurred : {error.args}.")


def load_own(module: Module, state: Mapping[str, Any], prefix: str, metadata: dict[str, Any], strict: bool,
             missing: list[str], unexpected: list[str], errors: list[str]) -> None:
    assign = metadata.get("assign_to_params_buffers", False)
    members: dict[str, Tensor | None] = dict(module._parameters)
    members.update((n, b) for n, b in module._buffers.items() if n not in module._non_persistent_buffers_set)
    for name, old in members.items():
        key = prefix + name
        if old is None:
            continue
        if key in state:
            _load_one(module, name, key, old, state[key], assign, errors)
        elif strict:
            missing.append(key)
    if strict:
        for key in state:
            if key.startswith(prefix):
                first, dot, _ = key[len(prefix):].partition(".")
                if first not in (module._modules if dot else members):
                    unexpected.append(key)


def _quoted(keys: list[str]) -> str:
    return ", ".join(f'"{k}"' for k in keys)


def load(module: Module, state_dict: Mapping[str, Any], strict: bool, assign: bool) -> tuple[list[str], list[str]]:
    if not isinstance(state_dict, Mapping):
        raise TypeError(f"Expected state_dict to be dict-like, got {type(state_dict)}.")
    missing: list[str] = []
    unexpected: list[str] = []
    errors: list[str] = []
    all_metadata = getattr(state_dict, "_metadata", None)

    def load_tree(m: Module, state: Mapping[str, Any], prefix: str) -> None:
        metadata = {} if all_metadata is None else dict(all_metadata.get(prefix[:-1], {}))
        if assign:
            metadata["assign_to_params_buffers"] = True
        m._load_from_state_dict(state, prefix, metadata, True, missing, unexpected, errors)
        for name, child in m._modules.items():
            if child is not None:
                below = prefix + name + "."
                load_tree(child, {k: v for k, v in state.items() if k.startswith(below)}, below)

    load_tree(module, state_dict, "")
    if strict:
        if unexpected:
            errors.insert(0, f"Unexpected key(s) in state_dict: {_quoted(unexpected)}. ")
        if missing:
            errors.insert(0, f"Missing key(s) in state_dict: {_quoted(missing)}. ")
    if errors:
        listed = "\n\t".join(errors)
        raise RuntimeError(f"Error(s) in loading state_dict for {type(module).__name__}:\n\t{listed}")
    return missing, unexpected

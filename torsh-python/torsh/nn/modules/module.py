# SPDX-License-Identifier: MIT OR Apache-2.0
"""Module: parameters, buffers and other modules under names."""
from __future__ import annotations

import weakref
from collections import OrderedDict, namedtuple
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar

import torsh
from torsh._C import Tensor, device, dtype
from torsh.nn.modules import _state
from torsh.nn.parameter import Buffer, Parameter
from torsh.utils.hooks import RemovableHandle

T = TypeVar("T", bound="Module")


class _Members(dict):  # type: ignore[type-arg]
    """The parameters, buffers or modules of a module. They are its attributes too: what is set here is set there, so that
    reading `self.weight` is an ordinary attribute's lookup."""

    def __init__(self, owner: Module, items: Mapping[str, Any] | None = None) -> None:
        super().__init__()
        self._owner = weakref.ref(owner)
        if items:
            self.update(items)

    def _attributes(self) -> dict[str, Any]:
        owner = self._owner()
        return {} if owner is None else owner.__dict__

    def __setitem__(self, name: str, value: Any) -> None:
        super().__setitem__(name, value)
        self._attributes()[name] = value

    def __delitem__(self, name: str) -> None:
        super().__delitem__(name)
        self._attributes().pop(name, None)

    def pop(self, name: str, *default: Any) -> Any:
        self._attributes().pop(name, None)
        return super().pop(name, *default)

    def popitem(self) -> tuple[str, Any]:
        name, value = super().popitem()
        self._attributes().pop(name, None)
        return name, value

    def update(self, *others: Any, **more: Any) -> None:
        for name, value in dict(*others, **more).items():
            self[name] = value

    def setdefault(self, name: str, default: Any = None) -> Any:
        if name not in self:
            self[name] = default
        return self[name]

    def clear(self) -> None:
        for name in list(self):
            del self[name]

    def copy(self) -> dict[str, Any]:
        return dict(self)

    def __reduce__(self) -> Any:
        return dict, (dict(self),)


class _IncompatibleKeys(namedtuple("IncompatibleKeys", ["missing_keys", "unexpected_keys"])):
    def __repr__(self) -> str:
        if not self.missing_keys and not self.unexpected_keys:
            return "<All keys matched successfully>"
        return super().__repr__()

    __str__ = __repr__


def _add_indent(text: str, n: int) -> str:
    first, *rest = text.split("\n")
    return "\n".join([first, *(n * " " + line for line in rest)])


class Module:
    """The base of all networks: assign Parameters and Modules as attributes, and define forward()."""

    training: bool
    _version = 1
    call_super_init = False
    _parameters: dict[str, Parameter | None]
    _buffers: dict[str, Tensor | None]
    _modules: dict[str, Module | None]
    _non_persistent_buffers_set: set[str]
    _forward_hooks: OrderedDict[int, Callable[..., Any]]
    _forward_pre_hooks: OrderedDict[int, Callable[..., Any]]
    _hook_options: dict[int, set[str]]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        if kwargs:
            raise TypeError(f"{type(self).__name__}.__init__() got an unexpected keyword argument '{next(iter(kwargs))}'")
        if args:
            raise TypeError(f"{type(self).__name__}.__init__() takes 1 positional argument but {len(args) + 1} were given")
        attributes = self.__dict__
        attributes["training"] = True
        for name in ("_parameters", "_buffers", "_modules"):
            attributes[name] = _Members(self)
        attributes["_non_persistent_buffers_set"] = set()
        attributes["_forward_hooks"] = OrderedDict()
        attributes["_forward_pre_hooks"] = OrderedDict()
        attributes["_hook_options"] = {}

    # ---- calling -----------------------------------------------------------------------------------------------

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        raise NotImplementedError(f'Module [{type(self).__name__}] is missing the required "forward" function')

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if self._forward_hooks or self._forward_pre_hooks:
            return self._call_with_hooks(args, kwargs)
        return self.forward(*args, **kwargs)

    def _call_with_hooks(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        for id, hook in list(self._forward_pre_hooks.items()):
            if "with_kwargs" in self._hook_options[id]:
                result = hook(self, args, kwargs)
                if result is not None:
                    if not (isinstance(result, tuple) and len(result) == 2):
                        raise RuntimeError(f"forward pre-hook must return None or a tuple of (new_args, new_kwargs), but "
                                           f"got {result}.")
                    args, kwargs = result
            else:
                result = hook(self, args)
                if result is not None:
                    args = result if isinstance(result, tuple) else (result,)
        output, failed = None, True
        ran: set[int] = set()
        try:
            output = self.forward(*args, **kwargs)
            for id, hook in list(self._forward_hooks.items()):
                ran.add(id)
                result = hook(self, args, kwargs, output) if "with_kwargs" in self._hook_options[id] else hook(self, args, output)
                if result is not None:
                    output = result
            failed = False
        finally:
            if failed:
                for id, hook in list(self._forward_hooks.items()):
                    if "always_call" in self._hook_options[id] and id not in ran:
                        hook(self, args, output)
        return output

    def _register(self, hooks: Any, hook: Any, prepend: bool, options: set[str]) -> RemovableHandle:
        handle = RemovableHandle(hooks)
        hooks[handle.id] = hook
        self._hook_options[handle.id] = options
        if prepend:
            hooks.move_to_end(handle.id, last=False)
        return handle

    def register_forward_pre_hook(self, hook: Callable[..., Any], *, prepend: bool = False,
                                  with_kwargs: bool = False) -> RemovableHandle:
        """hook(module, args) runs before forward; what it returns replaces args."""
        return self._register(self._forward_pre_hooks, hook, prepend, {"with_kwargs"} if with_kwargs else set())

    def register_forward_hook(self, hook: Callable[..., Any], *, prepend: bool = False, with_kwargs: bool = False,
                              always_call: bool = False) -> RemovableHandle:
        """hook(module, args, output) runs after forward; what it returns replaces output."""
        options = {o for o, on in (("with_kwargs", with_kwargs), ("always_call", always_call)) if on}
        return self._register(self._forward_hooks, hook, prepend, options)

    # ---- registration --------------------------------------------------------------------------------------------

    def _check_name(self, kind: str, name: Any, members: dict[str, Any]) -> None:
        if "_parameters" not in self.__dict__:
            raise AttributeError(f"cannot assign {kind} before Module.__init__() call")
        if not isinstance(name, str):
            raise TypeError(f"{kind} name should be a string. Got {torsh.typename(name)}")
        if "." in name:
            raise KeyError(f'{kind} name can\'t contain "."' + (f", got: {name}" if kind == "module" else ""))
        if name == "":
            raise KeyError(f'{kind} name can\'t be empty string ""')
        if name not in members and hasattr(self, name):
            raise KeyError(f"attribute '{name}' already exists")

    def register_parameter(self, name: str, param: Parameter | None) -> None:
        self._check_name("parameter", name, self.__dict__.get("_parameters", {}))
        if param is not None and not isinstance(param, Parameter):
            raise TypeError(f"cannot assign '{torsh.typename(param)}' object to parameter '{name}' (torsh.nn.Parameter or None "
                            "required)")
        if param is not None and not param.is_leaf:
            raise ValueError(f"Cannot assign non-leaf Tensor to parameter '{name}'. Model parameters must be created "
                             f"explicitly. To express '{name}' as a function of another Tensor, compute the value in the "
                             "forward() method.")
        self._parameters[name] = param

    def register_buffer(self, name: str, tensor: Tensor | None, persistent: bool = True) -> None:
        self._check_name("buffer", name, self.__dict__.get("_buffers", {}))
        if tensor is not None and not isinstance(tensor, Tensor):
            raise TypeError(f"cannot assign '{torsh.typename(tensor)}' object to buffer '{name}' (torsh Tensor or None required)")
        self._buffers[name] = tensor
        if persistent:
            self._non_persistent_buffers_set.discard(name)
        else:
            self._non_persistent_buffers_set.add(name)

    def add_module(self, name: str, module: Module | None) -> None:
        if module is not None and not isinstance(module, Module):
            raise TypeError(f"{torsh.typename(module)} is not a Module subclass")
        self._check_name("module", name, self.__dict__.get("_modules", {}))
        self._modules[name] = module

    register_module = add_module

    def __setattr__(self, name: str, value: Any) -> None:
        attributes = self.__dict__
        params = attributes.get("_parameters")
        if params is None:
            for kind, word in ((Parameter, "parameters"), (Module, "module"), (Buffer, "buffers")):
                if isinstance(value, kind):
                    raise AttributeError(f"cannot assign {word} before Module.__init__() call")
            object.__setattr__(self, name, value)
        elif isinstance(value, Parameter):
            self._make_way(name, "_parameters")
            self.register_parameter(name, value)
        elif name in params:
            if value is not None:
                raise TypeError(f"cannot assign '{torsh.typename(value)}' as parameter '{name}' (torsh.nn.Parameter or None "
                                "expected)")
            params[name] = None
        elif isinstance(value, Module):
            self._make_way(name, "_modules")
            attributes["_modules"][name] = value
        elif name in attributes["_modules"]:
            if value is not None:
                raise TypeError(f"cannot assign '{torsh.typename(value)}' as child module '{name}' (torsh.nn.Module or None "
                                "expected)")
            attributes["_modules"][name] = None
        elif isinstance(value, Buffer) or name in attributes["_buffers"]:
            if value is not None and not isinstance(value, Tensor):
                raise TypeError(f"cannot assign '{torsh.typename(value)}' as buffer '{name}' (torsh.nn.Buffer, torsh.Tensor or "
                                "None expected)")
            self._make_way(name, "_buffers")
            self.register_buffer(name, value, getattr(value, "persistent", name not in self._non_persistent_buffers_set))
        else:
            object.__setattr__(self, name, value)

    def _make_way(self, name: str, kind: str) -> None:
        """Takes `name` from members of another kind and from ordinary attributes."""
        attributes = self.__dict__
        for other in ("_parameters", "_buffers", "_modules"):
            if other != kind and name in attributes[other]:
                del attributes[other][name]
        if name not in attributes[kind]:
            attributes.pop(name, None)

    def __delattr__(self, name: str) -> None:
        for kind in ("_parameters", "_buffers", "_modules"):
            members = self.__dict__.get(kind, {})
            if name in members:
                del members[name]
                self._non_persistent_buffers_set.discard(name)
                return
        object.__delattr__(self, name)

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        for kind in ("_parameters", "_buffers", "_modules"):
            self.__dict__[kind] = _Members(self, self.__dict__[kind])

    # ---- walking ---------------------------------------------------------------------------------------------------

    def named_modules(self, memo: set[Module] | None = None, prefix: str = "", remove_duplicate: bool = True,
                      ) -> Iterator[tuple[str, Module]]:
        memo = set() if memo is None else memo
        if self in memo:
            return
        if remove_duplicate:
            memo.add(self)
        yield prefix, self
        for name, module in self._modules.items():
            if module is not None:
                yield from module.named_modules(memo, prefix + ("." if prefix else "") + name, remove_duplicate)

    def _named_members(self, kind: str, prefix: str, recurse: bool, remove_duplicate: bool) -> Iterator[tuple[str, Any]]:
        seen: set[Any] = set()
        modules = self.named_modules(prefix=prefix, remove_duplicate=remove_duplicate) if recurse else [(prefix, self)]
        for path, module in modules:
            for name, value in getattr(module, kind).items():
                if value is None or value in seen:
                    continue
                if remove_duplicate:
                    seen.add(value)
                yield path + ("." if path else "") + name, value

    def named_parameters(self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True,
                         ) -> Iterator[tuple[str, Parameter]]:
        return self._named_members("_parameters", prefix, recurse, remove_duplicate)

    def named_buffers(self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True,
                      ) -> Iterator[tuple[str, Tensor]]:
        return self._named_members("_buffers", prefix, recurse, remove_duplicate)

    def named_children(self) -> Iterator[tuple[str, Module]]:
        seen: set[Module] = set()
        for name, module in self._modules.items():
            if module is not None and module not in seen:
                seen.add(module)
                yield name, module

    def parameters(self, recurse: bool = True) -> Iterator[Parameter]:
        for _, p in self.named_parameters(recurse=recurse):
            yield p

    def buffers(self, recurse: bool = True) -> Iterator[Tensor]:
        for _, b in self.named_buffers(recurse=recurse):
            yield b

    def children(self) -> Iterator[Module]:
        for _, m in self.named_children():
            yield m

    def modules(self, remove_duplicate: bool = True) -> Iterator[Module]:
        for _, m in self.named_modules(remove_duplicate=remove_duplicate):
            yield m

    def get_submodule(self, target: str) -> Module:
        module: Any = self
        for name in target.split(".") if target else []:
            if not hasattr(module, name):
                raise AttributeError(f"{type(module).__name__} has no attribute `{name}`")
            module = getattr(module, name)
            if not isinstance(module, Module):
                raise AttributeError(f"`{name}` is not an nn.Module")
        return module

    def get_parameter(self, target: str) -> Parameter:
        path, _, name = target.rpartition(".")
        module = self.get_submodule(path)
        if not hasattr(module, name):
            raise AttributeError(f"{type(module).__name__} has no attribute `{name}`")
        param = getattr(module, name)
        if not isinstance(param, Parameter):
            raise AttributeError(f"`{name}` is not an nn.Parameter")
        return param

    def get_buffer(self, target: str) -> Tensor:
        path, _, name = target.rpartition(".")
        module = self.get_submodule(path)
        if not hasattr(module, name):
            raise AttributeError(f"{type(module).__name__} has no attribute `{name}`")
        if name not in module._buffers:
            raise AttributeError(f"`{name}` is not a buffer")
        return getattr(module, name)

    # ---- changing all of it --------------------------------------------------------------------------------------------

    def apply(self: T, fn: Callable[[Module], None]) -> T:
        """fn(module) for every module, this one last."""
        for module in self.children():
            module.apply(fn)
        fn(self)
        return self

    def _apply(self: T, fn: Callable[[Tensor], Tensor]) -> T:
        """Replaces all parameters' and buffers' values by fn of them."""
        for module in self.children():
            module._apply(fn)
        with torsh.no_grad():
            for param in self._parameters.values():
                if param is not None:
                    param.data = fn(param.data)
                    if param.grad is not None:
                        param.grad = fn(param.grad)
            for name, buffer in self._buffers.items():
                if buffer is not None:
                    self._buffers[name] = fn(buffer)
        return self

    def to(self: T, *args: Any, **kwargs: Any) -> T:
        """to(device), to(dtype), to(device, dtype), to(tensor): floating parameters and buffers converted, all of them moved."""
        probe = torsh.empty(0, dtype=torsh.float32).to(*args, **kwargs)
        asks_dtype = any(isinstance(a, (dtype, Tensor)) for a in (*args, *kwargs.values()))
        if asks_dtype and not (probe.is_floating_point() or probe.is_complex()):
            raise TypeError(f"nn.Module.to only accepts floating point or complex dtypes, but got desired dtype={probe.dtype}")
        asks_device = any(isinstance(a, (str, device, Tensor)) for a in (*args, *kwargs.values()))

        def convert(t: Tensor) -> Tensor:
            of = probe.dtype if asks_dtype and t.is_floating_point() else None
            return t.to(device=probe.device if asks_device else None, dtype=of)

        return self._apply(convert)

    def _to_floating(self: T, of: dtype) -> T:
        return self._apply(lambda t: t.to(of) if t.is_floating_point() else t)

    def float(self: T) -> T:
        return self._to_floating(torsh.float32)

    def double(self: T) -> T:
        return self._to_floating(torsh.float64)

    def half(self: T) -> T:
        return self._to_floating(torsh.float16)

    def bfloat16(self: T) -> T:
        return self._to_floating(torsh.bfloat16)

    def type(self: T, dst_type: dtype | str) -> T:
        return self._apply(lambda t: t.type(dst_type))

    def cpu(self: T) -> T:
        return self._apply(lambda t: t.cpu())

    def cuda(self: T, device: int | device | None = None) -> T:
        return self._apply(lambda t: t.cuda(device))

    def train(self: T, mode: bool = True) -> T:
        if not isinstance(mode, bool):
            raise ValueError("training mode is expected to be boolean")
        self.training = mode
        for module in self.children():
            module.train(mode)
        return self

    def eval(self: T) -> T:
        return self.train(False)

    def requires_grad_(self: T, requires_grad: bool = True) -> T:
        for p in self.parameters():
            p.requires_grad_(requires_grad)
        return self

    def zero_grad(self, set_to_none: bool = True) -> None:
        for p in self.parameters():
            if p.grad is None:
                continue
            if set_to_none:
                p.grad = None
            else:
                p.grad = torsh.zeros_like(p.grad)

    # ---- state ------------------------------------------------------------------------------------------------------------

    def state_dict(self, *, destination: Any = None, prefix: str = "", keep_vars: bool = False) -> dict[str, Any]:
        """All parameters and persistent buffers, by name."""
        return _state.save(self, destination, prefix, keep_vars)

    def load_state_dict(self, state_dict: Mapping[str, Any], strict: bool = True, assign: bool = False) -> _IncompatibleKeys:
        """Copies such values in (assign: takes the tensors themselves). strict: all names must be there, and no others."""
        return _IncompatibleKeys(*_state.load(self, state_dict, strict, assign))

    def _save_to_state_dict(self, destination: dict[str, Any], prefix: str, keep_vars: bool) -> None:
        _state.save_own(self, destination, prefix, keep_vars)

    def _load_from_state_dict(self, state_dict: Mapping[str, Any], prefix: str, local_metadata: dict[str, Any], strict: bool,
                              missing_keys: list[str], unexpected_keys: list[str], error_msgs: list[str]) -> None:
        _state.load_own(self, state_dict, prefix, local_metadata, strict, missing_keys, unexpected_keys, error_msgs)

    # ---- shown -----------------------------------------------------------------------------------------------------------

    def extra_repr(self) -> str:
        return ""

    def _get_name(self) -> str:
        return type(self).__name__

    def __repr__(self) -> str:
        extra = self.extra_repr()
        lines = extra.split("\n") if extra else []
        children = [f"({name}): {_add_indent(repr(module), 2)}" for name, module in self._modules.items()]
        if len(lines) == 1 and not children:
            return f"{self._get_name()}({lines[0]})"
        if not lines and not children:
            return f"{self._get_name()}()"
        return f"{self._get_name()}(\n  " + "\n  ".join(lines + children) + "\n)"

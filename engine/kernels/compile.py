"""Compile rules and indicator kernels with their fixed signatures, once per process, cached on disk.

Loops are written as plain Python functions and compiled when they are first needed, so that reading the
declarations of all strategies costs no import of numba, and every loop also runs uncompiled. A function
that compiled code calls is marked with `kernel`; compiling a caller compiles what it calls.

Notes
-----
numba's own cache compares a source file's time and size. That misses an edit within one tick of the
clock and an edit of a *called* function in another file. The stamp used here is a digest of the code
of the function and of everything it calls, with the constants they read.
"""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Callable, Iterator
from types import CodeType, FunctionType
from typing import Any

import numpy as np

from engine.registry import is_plugin_module

_MARK = "__ivybt_kernel__"

_ACCOUNT = {"error_model": "numpy", "_nrt": False}

# Python never calls a kernel that compiled code calls. The code that would take its arguments out of Python
# objects, dozens of arrays, is longer than most kernels.
_CALLED_BY_COMPILED_CODE_ONLY = {"no_cpython_wrapper": True, "no_cfunc_wrapper": True}


def kernel[F: Callable[..., Any]](function: F) -> F:
    """Mark a plain function as one that compiled loops may call.

    It is found when the caller's module holds it as a global name (``from ... import window_mean``).
    """
    vars(function)[_MARK] = {}
    return function


def account_kernel[F: Callable[..., Any]](function: F) -> F:
    """Mark a function of the simulator: like `kernel`, without reference counting, merged into its caller.

    The simulator passes dozens of arrays down several levels for every order. Counting references there
    costs ten times the arithmetic; such functions allocate nothing and keep no array, so none is needed.
    A division by zero gives infinity or NaN instead of raising.
    """
    vars(function)[_MARK] = {**_ACCOUNT, "forceinline": True}
    return function


def loop_kernel[F: Callable[..., Any]](function: F) -> F:
    """Mark a function like `account_kernel` that stays a function of its own."""
    vars(function)[_MARK] = dict(_ACCOUNT)
    return function


def compile_loop(function: Callable[..., Any], signature: Any) -> Any:
    """Return a driver compiled with an explicit signature; what it calls is compiled with it."""
    return _compiled(function, signature)


def compile_rule(function: Callable[..., None]) -> Any:
    """Return ``function`` compiled as a rule (`engine.kernels.types.RULE`).

    A rule of a user's plug-in is compiled with bounds checks: a wrong index is an IndexError there
    and not a read of foreign memory.
    """
    from engine.kernels.types import RULE  # noqa: PLC0415  (numba only when used)

    return _compiled(function, RULE)


@functools.cache
def compile_indicator(function: Callable[..., None]) -> Any:
    """Return ``function`` compiled as an indicator (`engine.kernels.types.INDICATOR`)."""
    from engine.kernels.types import INDICATOR  # noqa: PLC0415

    return _compiled(function, INDICATOR)


def _compiled(function: Callable[..., None], signature: Any) -> Any:
    dispatcher = _dispatcher(function)
    if hasattr(dispatcher, "enable_caching"):
        _enable_cache(dispatcher, function)
    if hasattr(dispatcher, "compile"):  # plain functions when NUMBA_DISABLE_JIT is set
        dispatcher.compile(signature)
        dispatcher.disable_compile()
    return dispatcher


def _dispatcher(function: Any, **more: bool) -> Any:
    from numba import njit  # noqa: PLC0415

    checked = is_plugin_module(function.__module__)
    options = getattr(function, _MARK, {}) | more
    return njit(nogil=True, boundscheck=checked, **options)(_linked(function))


def _enable_cache(dispatcher: Any, function: Any) -> None:
    try:
        dispatcher.enable_caching()
    except RuntimeError:
        # No folder can be written, next to the file or elsewhere: compile in each process.
        return
    dispatcher._cache._cache_file._source_stamp = _stamp(function)  # noqa: SLF001


@functools.cache
def _compiled_kernel(function: Any) -> Any:
    # Only entries are cached on disk: a cached entry holds the code of all it calls.
    dispatcher = _dispatcher(function, **_CALLED_BY_COMPILED_CODE_ONLY)
    if hasattr(dispatcher, "get_call_template"):  # a plain function when NUMBA_DISABLE_JIT is set
        _forget_constants(dispatcher)
    return dispatcher


def _forget_constants(dispatcher: Any) -> None:
    """Have one version compiled for all calls, whatever constants they give.

    numba takes the 0 of ``bar = 0`` or a reason code for a type of its own while it infers types, and would
    compile the function again for each, with all that it calls: 142 times instead of 61 for the simulator.
    """
    from numba.core.types import unliteral  # noqa: PLC0415

    resolve = dispatcher.get_call_template

    def get_call_template(args: Any, kws: Any) -> Any:
        plain = {name: unliteral(kind) for name, kind in kws.items()}
        return resolve([unliteral(kind) for kind in args], plain)

    dispatcher.get_call_template = get_call_template


def _called(function: Any) -> dict[str, Any]:
    """Return the marked functions that ``function`` names, by name."""
    scope = function.__globals__
    named = {name: scope.get(name) for name in function.__code__.co_names}
    return {name: value for name, value in named.items() if hasattr(value, _MARK)}


def _linked(function: Any) -> Any:
    """Return a copy of ``function`` that sees compiled kernels where the module has plain ones."""
    compiled = {name: _compiled_kernel(value) for name, value in _called(function).items()}
    if not compiled:
        return function
    scope = function.__globals__ | compiled
    copy = FunctionType(
        function.__code__, scope, function.__name__, function.__defaults__, function.__closure__
    )
    copy.__qualname__, copy.__module__ = function.__qualname__, function.__module__
    copy.__doc__ = function.__doc__
    return copy


def _reached(function: Any, seen: set[Any] | None = None) -> set[Any]:
    seen = set() if seen is None else seen
    if function not in seen:
        seen.add(function)
        for called in _called(function).values():
            _reached(called, seen)
    return seen


def _stamp(function: Any) -> str:
    """Return a digest of what is compiled: code, constants and options, of everything that is called.

    Taken from memory and not from the source files: a file may have been edited since it was imported,
    and constants come from modules that hold no function.
    """
    sha = hashlib.sha256()
    for part in sorted(b"\0".join(_facts(reached)) for reached in _reached(function)):
        sha.update(part)
    return sha.hexdigest()


def _facts(function: Any) -> Iterator[bytes]:
    yield f"{function.__module__}.{function.__qualname__} {getattr(function, _MARK, {})}".encode()
    yield from _code_facts(function.__code__, function.__globals__)


def _code_facts(code: CodeType, scope: dict[str, Any]) -> Iterator[bytes]:
    yield code.co_code
    yield repr((code.co_varnames, code.co_names)).encode()
    for value in code.co_consts:
        if isinstance(value, CodeType):
            yield from _code_facts(value, scope)
        else:
            yield repr(value).encode()
    for name in code.co_names:
        value = scope.get(name)
        if isinstance(value, bool | int | float | complex | str | tuple):
            yield f"{name}={value!r}".encode()
        elif isinstance(value, np.ndarray | np.generic):
            yield f"{name}={value.dtype}{value.shape}".encode() + value.tobytes()

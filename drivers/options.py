"""Options of a driver, from configuration to a typed value. A key that no driver reads is an error."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from drivers.contract import OurFault

T = TypeVar("T")


def checked(kind: type[T], options: Mapping[str, object], machine: str) -> T:
    """``options`` as a dataclass of ``kind``. Raises OurFault that names each unknown key and each wrong value."""
    known = [each.name for each in fields(kind)]  # type: ignore[arg-type]
    unknown = sorted(set(options) - set(known))
    if unknown:
        raise OurFault(f"machine {machine}: no option is called {', '.join(unknown)}; there are: {', '.join(known)}")
    adapter: TypeAdapter[Any] = TypeAdapter(kind)
    try:
        return adapter.validate_python(dict(options))  # type: ignore[no-any-return]
    except ValidationError as error:
        wrong = "; ".join(f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors())
        raise OurFault(f"machine {machine}: {wrong}") from None

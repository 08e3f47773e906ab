"""Templates by name: ``box-lid`` is the file ``box_lid.py`` of a folder. A new template is one file there.

They are the factory's own programs, as trusted as the rest of it; only their values come from orders.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any, Final, cast

from fulfillment.cad.errors import CadFailed, refused
from fulfillment.cad.template import Template, TemplateFile
from fulfillment.positions import closest

NAME: Final = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
LONGEST: Final = 40
"""Letters of a name."""
BUILTIN: Final = Path(__file__).parent / "templates"


@dataclass(frozen=True, slots=True)
class Shelf:
    """Folders of templates; a name is looked for in the first one first."""

    folders: tuple[Path, ...] = (BUILTIN,)

    def names(self) -> list[str]:
        found = {path.stem.replace("_", "-") for folder in self.folders for path in folder.glob("[a-z]*.py")}
        return sorted(name for name in found if NAME.fullmatch(name))

    def file(self, name: str) -> TemplateFile:
        """The module of a template. Raises CadRefused where there is none, CadFailed where it declares nothing."""
        return _loaded(self.path(name))

    def path(self, name: str) -> Path:
        """The file of a template. Raises CadRefused where there is none."""
        if len(name) <= LONGEST and NAME.fullmatch(name):
            for folder in self.folders:
                path = folder / f"{name.replace('-', '_')}.py"
                if path.is_file():
                    return path
        mend = closest(name, self.names(), "Templates are")
        raise refused("", f"No template is called {name[:40]!r}.", mend)

    def template(self, name: str) -> Template:
        return self.file(name).TEMPLATE


@cache
def _loaded(path: Path) -> TemplateFile:
    spec = spec_from_file_location(f"fulfillment_template_{path.stem}", path)
    if spec is None or spec.loader is None:
        raise CadFailed(f"{path} cannot be loaded as a Python file.")
    module: Any = module_from_spec(spec)
    spec.loader.exec_module(module)
    template = getattr(module, "TEMPLATE", None)
    if not isinstance(template, Template) or not (template.grow or callable(getattr(module, "build", None))):
        raise CadFailed(f"{path} is no template: it needs a value TEMPLATE, and a function build or TEMPLATE.grow.")
    return cast(TemplateFile, module)

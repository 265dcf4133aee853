"""Chooses the provider layer's sources: in the checkout above this folder, or beside this file in a source archive."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

PACKAGE = "caal_desktop"
PARTS = ("__init__.py", "py.typed", "llm")
"""What there is of the package. A further part that needs no Qt is added here."""


class LayerBuildHook(BuildHookInterface[Any]):
    """Adds the sources to a wheel and to a source archive."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Add them, but for an editable installation, which points at them; called by hatchling."""
        if version == "editable":
            return
        here = Path(self.root)
        top = next(folder for folder in (here, here.parents[1]) if (folder / PACKAGE).is_dir())
        inside = {path: path.relative_to(top).as_posix() for part in PARTS for path in files(top / PACKAGE / part)}
        licence = "LICENSE"
        if self.target_name == "wheel":
            name, own_version = self.metadata.core.name, self.metadata.version
            licence = f"{name.replace('-', '_')}-{own_version}.dist-info/licenses/LICENSE"
        inside[top / "LICENSE"] = licence
        build_data["force_include"].update({str(path): place for path, place in inside.items()})


def files(part: Path) -> list[Path]:
    """Return a file, or the modules below a folder."""
    return sorted(part.rglob("*.py")) if part.is_dir() else [part]

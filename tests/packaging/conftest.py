"""What is shipped, built once for all the tests of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.builds import LAYER, build

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The path of the project's wheel."""
    return build("wheel", tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="session")
def sdist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The path of the project's source archive."""
    return build("sdist", tmp_path_factory.mktemp("sdist"))


@pytest.fixture(scope="session")
def layer_wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The path of the provider layer's own wheel."""
    return build("wheel", tmp_path_factory.mktemp("layer-wheel"), LAYER)


@pytest.fixture(scope="session")
def layer_sdist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The path of the provider layer's source archive."""
    return build("sdist", tmp_path_factory.mktemp("layer-sdist"), LAYER)

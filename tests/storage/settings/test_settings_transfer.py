"""Exported settings: what travels, in which form, and what is refused."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

import pytest

from caal_desktop.storage.settings.choices import KeyStatus, KeyStore
from caal_desktop.storage.settings.migrations import SCHEMA_VERSION
from caal_desktop.storage.settings.schema import Settings
from caal_desktop.storage.settings.transfer import (
    FORMAT,
    DamagedFile,
    FileUnreadable,
    NewerFile,
    SecretInFile,
    export_settings,
    import_settings,
)

if TYPE_CHECKING:
    from pathlib import Path


def exported(path: Path, settings: dict[str, Any], version: int = SCHEMA_VERSION) -> Path:
    file = path / "exported.json"
    file.write_text(json.dumps({"format": FORMAT, "schema_version": version, "settings": settings}), encoding="utf-8")
    return file


def test_what_is_exported_comes_back_without_what_belongs_to_this_machine(tmp_path: Path) -> None:
    settings = (
        Settings()
        .replace(provider="openai_compatible", openai_compatible_headers=("X-Team: voice",), temperature=0.1)
        .replace(proxy_url="http://proxy.example:3128", proxy_user="me")
        .replace(proxy_password_origin="http://proxy.example:3128", setup_completed=True)
        .with_provider("openai_compatible", model="local", base_url="http://nas.local/v1")
        .with_provider("groq", key_status=KeyStatus.VERIFIED, key_store=KeyStore.KEYRING, key_origin="https://x:443")
    )
    file = tmp_path / "out.json"
    export_settings(settings, file, "0.1.0")
    document = json.loads(file.read_text("utf-8"))
    assert document["settings"] == {
        "provider": "openai_compatible",
        "providers": {
            "openai_compatible": {
                "model": "local",
                "base_url": "http://nas.local/v1",
                "headers": ["X-Team: voice"],
            }
        },
        "proxy_url": "http://proxy.example:3128",
        "proxy_user": "me",
        "temperature": 0.1,
    }
    here = Settings().with_provider("groq", key_store=KeyStore.SESSION)
    imported = here.replace(**import_settings(file))
    assert imported.of("openai_compatible") == settings.of("openai_compatible")
    assert (imported.temperature, imported.proxy_user) == (0.1, "me")
    assert imported.of("groq") == here.of("groq")
    assert imported.proxy_password_origin == ""


def test_a_file_that_schema_1_exported_is_taken_over(tmp_path: Path) -> None:
    old = {
        "provider": "groq",
        "groq_model": "fast",
        "ollama_base_url": "http://nas:11434/v1",
        "proxy_url": "http://proxy.example:3128",
        "proxy_user": "me",
        "favourite_models": ["a/b"],
    }
    values = import_settings(exported(tmp_path, old, version=1))
    assert {key: values[key] for key in old} == {**old, "favourite_models": ("a/b",)}
    assert "proxy_password_origin" not in values
    assert not any("key_" in key for key in values)


@pytest.mark.parametrize(
    ("settings", "version", "reason"),
    [
        ({"openrouter_key_store": "keyring"}, 1, "openrouter_key_store"),
        ({"proxy_password_origin": "http://proxy.example:80"}, 1, "proxy_password_origin"),
        ({"proxy_password_origin": "http://proxy.example:80"}, 2, "proxy_password_origin"),
        ({"openrouter_model": "vendor/model"}, 2, "openrouter_model"),
        ({"providers": {"openrouter": {"key_origin": "https://evil.example:443"}}}, 2, "openrouter_key_origin"),
        ({"providers": {"openrouter": {"colour": "green"}}}, 2, "providers.openrouter.colour"),
        ({"providers": {"nobody": {"model": "m"}}}, 2, "providers.nobody.model"),
        ({"providers": {"openrouter": []}}, 2, "“providers.openrouter” cannot be used. It must be a JSON object."),
        ({"providers": 1}, 2, "“providers” cannot be used. It must be a JSON object."),
        (
            {"providers": {"ollama": {"base_url": "ftp://nas"}}},
            2,
            "“ollama_base_url” cannot be used. It must be an http",
        ),
    ],
)
def test_what_no_export_holds_is_refused(tmp_path: Path, settings: dict[str, Any], version: int, reason: str) -> None:
    with pytest.raises(DamagedFile) as caught:
        import_settings(exported(tmp_path, settings, version))
    assert reason in caught.value.describe().why


def test_why_a_file_is_damaged_is_translated_with_all_that_fills_it(tmp_path: Path) -> None:
    texts = {
        DamagedFile.why: "Die Datei ist beschädigt. {reason}",
        "The setting “{setting}” cannot be used. {reason}": "„{setting}“ geht nicht. {reason}",
        "It must be at most {maximum}.": "Höchstens {maximum}.",
    }
    with pytest.raises(DamagedFile) as caught:
        import_settings(exported(tmp_path, {"temperature": 9}))
    assert caught.value.describe(lambda text: texts.get(text, text)).why == (
        "Die Datei ist beschädigt. „temperature“ geht nicht. Höchstens 2."
    )
    assert str(caught.value).endswith("The setting “temperature” cannot be used. It must be at most 2.")


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ({"format": FORMAT}, "It names no version."),
        ({"format": FORMAT, "schema_version": 1}, "It holds no settings."),
        ({"format": FORMAT, "schema_version": 1, "settings": [[[[[[1]]]]]]}, "It is nested too deeply."),
        (f'{{"format": "{FORMAT}", "sett', "It is not complete JSON."),
    ],
)
def test_what_is_wrong_with_a_damaged_file_is_said(tmp_path: Path, content: object, why: str) -> None:
    file = tmp_path / "cut.json"
    file.write_text(content if isinstance(content, str) else json.dumps(content))
    with pytest.raises(DamagedFile) as caught:
        import_settings(file)
    assert caught.value.describe().why == f"The file is damaged. {why}"


def test_a_key_and_a_newer_version_are_refused(tmp_path: Path) -> None:
    key = "sk-or-" + "v1-" + "0123456789abcdef" * 4
    with pytest.raises(SecretInFile):
        import_settings(exported(tmp_path, {"providers": {"openrouter": {"model": key}}}))
    with pytest.raises(NewerFile):
        import_settings(exported(tmp_path, {}, version=SCHEMA_VERSION + 1))


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes in the file system")
def test_a_pipe_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.json")
    with pytest.raises(FileUnreadable, match="not a file, but a folder, a pipe or a device"):
        import_settings(tmp_path / "pipe.json")


def test_a_number_beyond_all_bounds_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DamagedFile, match="It must be a number"):
        import_settings(exported(tmp_path, {"temperature": 10**400}))

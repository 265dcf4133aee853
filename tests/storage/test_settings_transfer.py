"""Settings that travel as a file."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from caal_desktop.llm.network import ProxyMode
from caal_desktop.storage.errors import SecretInSettings, WriteFailed
from caal_desktop.storage.settings_migrations import SCHEMA_VERSION
from caal_desktop.storage.settings_schema import KeyStatus, KeyStore, Provider, ProviderSort, Settings, Theme
from caal_desktop.storage.settings_transfer import (
    FORMAT,
    DamagedFile,
    FileUnreadable,
    ForeignFile,
    ImportRefused,
    NewerFile,
    SecretInFile,
    export_settings,
    import_settings,
)

if TYPE_CHECKING:
    from pathlib import Path

KEY = "sk-or-v1-" + "0a1b" * 16
CHANGED = Settings().replace(
    provider=Provider.GROQ,
    groq_model="some/model",
    temperature=0.25,
    theme=Theme.DARK,
    system_prompt="Sprich Deutsch.\nKurz, bitte. 🙂",
    allowed_providers=("together", "groq"),
    provider_sort=ProviderSort.LATENCY,
    proxy_mode=ProxyMode.MANUAL,
    proxy_url="http://proxy:3128",
    favourite_models=("a/b",),
)


def document(**changes: Any) -> dict[str, Any]:
    return {"format": FORMAT, "schema_version": SCHEMA_VERSION, "program": "0.1.0", "settings": {}} | changes


def test_what_is_exported_can_be_imported(tmp_path: Path) -> None:
    home = CHANGED.replace(setup_completed=True, window_geometry="AAAA", recent_models=("x/y",))
    home = home.with_key("openrouter", KeyStatus.VERIFIED, KeyStore.KEYRING)
    file = tmp_path / "settings.json"
    export_settings(home, file, "0.1.0")
    text = file.read_text("utf-8")
    for word in ("geometry", "key_status", "key_store", "setup_completed", "recent_models", "x/y"):
        assert word not in text
    assert file.stat().st_mode & 0o077 == 0
    assert Settings().replace(**import_settings(file)) == CHANGED
    elsewhere = Settings().replace(max_tokens=5, window_geometry="BBBB")
    assert elsewhere.replace(**import_settings(file)) == CHANGED.replace(window_geometry="BBBB")


def test_a_key_is_never_exported(tmp_path: Path) -> None:
    file = tmp_path / "settings.json"
    with pytest.raises(SecretInSettings):
        export_settings(Settings().replace(system_prompt=f"key {KEY}"), file, "0.1.0")
    assert not file.exists()


def test_a_file_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    with pytest.raises(WriteFailed):
        export_settings(Settings(), tmp_path, "0.1.0")


NESTED: Any = "x"
for _ in range(400):
    NESTED = [NESTED]


@pytest.mark.parametrize(
    ("content", "refusal"),
    [
        (b"", ForeignFile),
        (b"\x00\xff\xfe garbage", ForeignFile),
        (b"[]", ForeignFile),
        (b"null", ForeignFile),
        (b'"text"', ForeignFile),
        (b"{}", ForeignFile),
        (b'{"settings": {"theme": "dark"}}', ForeignFile),
        (b'{"format": "another-program", "schema_version": 1, "settings": {}}', ForeignFile),
        (b"<html></html>", ForeignFile),
        (b" " * 2_000_000, ForeignFile),
        (b"[" * 100_000, ForeignFile),
        (json.dumps(document()).encode()[:-4], DamagedFile),
        (json.dumps(document(settings={"temperature": 0.5})).replace("0.5", "NaN").encode(), DamagedFile),
        (json.dumps(document(schema_version=None)).encode(), DamagedFile),
        (json.dumps(document(schema_version=True)).encode(), DamagedFile),
        (json.dumps(document(schema_version=0)).encode(), DamagedFile),
        (json.dumps(document(schema_version="1")).encode(), DamagedFile),
        (json.dumps(document(settings=[])).encode(), DamagedFile),
        (json.dumps(document(settings={"temperature": 99})).encode(), DamagedFile),
        (json.dumps(document(settings={"temperature": "hot"})).encode(), DamagedFile),
        (json.dumps(document(settings={"theme": "pink"})).encode(), DamagedFile),
        (json.dumps(document(settings={"theme": "dark", "unknown": 1})).encode(), DamagedFile),
        (json.dumps(document(settings={"window_geometry": "AAAA"})).encode(), DamagedFile),
        (json.dumps(document(settings={"openrouter_key_store": "keyring"})).encode(), DamagedFile),
        (json.dumps(document(settings={"openai_compatible_headers": ["Host: evil"]})).encode(), DamagedFile),
        (json.dumps(document(settings={"proxy_url": "http://a:b@c"})).encode(), DamagedFile),
        (json.dumps(document(settings={"theme": NESTED})).encode(), DamagedFile),
        (json.dumps(document(schema_version=SCHEMA_VERSION + 1)).encode(), NewerFile),
        (json.dumps(document(schema_version=10**30, settings={"anything": 1})).encode(), NewerFile),
        (json.dumps(document(settings={"system_prompt": KEY})).encode(), SecretInFile),
        (json.dumps(document(settings={KEY: 1})).encode(), SecretInFile),
        (json.dumps(document(note=KEY)).encode(), SecretInFile),
    ],
)
def test_a_file_that_is_not_right_is_refused_in_words(
    tmp_path: Path, content: bytes, refusal: type[ImportRefused]
) -> None:
    file = tmp_path / "strange.json"
    file.write_bytes(content)
    with pytest.raises(refusal) as caught:
        import_settings(file)
    text = caught.value.describe()
    assert "strange.json" in text.what
    assert text.advice.startswith("Nothing has changed.")
    assert KEY not in f"{caught.value} {text}"
    assert "{" not in f"{text.what}{text.why}{text.advice}"


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(FileUnreadable):
        import_settings(tmp_path / "missing.json")
    with pytest.raises(FileUnreadable):
        import_settings(tmp_path)


def test_a_byte_order_mark_does_no_harm(tmp_path: Path) -> None:
    file = tmp_path / "settings.json"
    file.write_bytes(b"\xef\xbb\xbf" + json.dumps(document(settings={"theme": "dark"})).encode())
    assert import_settings(file)["theme"] is Theme.DARK


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(values=_JSON, version=_JSON)
def test_any_document_is_taken_whole_or_refused(tmp_path: Path, values: Any, version: Any) -> None:
    file = tmp_path / "any.json"
    file.write_text(json.dumps(document(settings=values, schema_version=version)), "utf-8")
    try:
        taken = import_settings(file)
    except ImportRefused:
        return
    Settings().replace(**taken)

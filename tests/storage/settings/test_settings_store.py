"""The settings file: what comes back, what is set aside, what is refused."""

from __future__ import annotations

import json
import logging
import os
import shutil
import stat
import subprocess
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from caal_desktop.storage.errors import FolderUnusable, SecretInSettings, WriteFailed
from caal_desktop.storage.settings.choices import KeyStatus, KeyStore
from caal_desktop.storage.settings.migrations import SCHEMA_VERSION, STEPS, migrate
from caal_desktop.storage.settings.schema import SPECS, Settings
from caal_desktop.storage.settings.store import LoadedSettings, SettingsNoticeKind, SettingsStore

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

NOON = datetime(2026, 11, 22, 12, 0, 0, tzinfo=UTC)
KEY = "sk-or-" + "v1-" + "0123456789abcdef" * 4

# A file as version 0.1.0 writes it. Files like this one are on users' disks: never change it.
SCHEMA_1 = """{
  "schema_version": 1,
  "provider": "groq",
  "openrouter_model": "vendor/model:free",
  "groq_model": "fast-model",
  "openai_compatible_base_url": "http://localhost:1234/v1",
  "temperature": 0.15,
  "max_tokens": 512,
  "system_prompt": "Kurz, bitte – auf Deutsch.\\nZweite Zeile.",
  "theme": "dark",
  "font_scale": 1.25,
  "recent_models": [
    "vendor/model:free",
    "fast-model"
  ],
  "favourite_models": [
    "vendor/other"
  ],
  "setup_completed": true,
  "setup_step": "done",
  "openrouter_key_status": "verified",
  "openrouter_key_store": "keyring",
  "window_geometry": "AdnQywADAAAAAA=="
}
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "config" / "settings.json"


def store(path: Path, **kwargs: Any) -> SettingsStore:
    return SettingsStore(path, now=lambda: NOON, **kwargs)


def write(path: Path, content: str | bytes | dict[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    if isinstance(content, dict):
        content = json.dumps(content)
    path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))


def names(path: Path) -> list[str]:
    return sorted(entry.name for entry in path.parent.iterdir())


def test_a_first_start_has_defaults_and_writes_nothing(path: Path) -> None:
    loaded = store(path).load()
    assert loaded.settings == Settings()
    assert loaded.notice is None
    assert not path.parent.exists()


def test_what_is_saved_comes_back(path: Path) -> None:
    settings = (
        Settings()
        .replace(temperature=0.15, provider="ollama", system_prompt="Ein „Satz“.\nNoch einer 🎙")
        .with_model("vendor/model")
        .with_favourite("vendor/other", True)
        .with_provider("openrouter", key_status=KeyStatus.VERIFIED, key_store=KeyStore.KEYRING)
    )
    store(path).save(settings)
    loaded = store(path).load()
    assert loaded.settings == settings
    assert loaded.notice is None
    assert names(path) == ["settings.json"]


def test_only_what_differs_from_its_default_is_written(path: Path) -> None:
    store(path).save(Settings().replace(temperature=0.7, theme="dark"))
    assert json.loads(path.read_text("utf-8")) == {"schema_version": SCHEMA_VERSION, "theme": "dark"}


@pytest.mark.skipif(os.name == "nt", reason="POSIX permissions")
def test_file_and_folder_are_for_their_owner_alone(path: Path) -> None:
    store(path).save(Settings())
    path.chmod(0o644)
    store(path).save(Settings())
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_a_file_of_schema_1_is_understood_completely(path: Path) -> None:
    write(path, SCHEMA_1)
    loaded = store(path).load()
    assert loaded.notice is None
    assert loaded.settings == Settings().replace(
        provider="groq",
        openrouter_model="vendor/model:free",
        groq_model="fast-model",
        openai_compatible_base_url="http://localhost:1234/v1",
        temperature=0.15,
        max_tokens=512,
        system_prompt="Kurz, bitte – auf Deutsch.\nZweite Zeile.",
        theme="dark",
        font_scale=1.25,
        recent_models=["vendor/model:free", "fast-model"],
        favourite_models=["vendor/other"],
        setup_completed=True,
        setup_step="done",
        openrouter_key_status="verified",
        openrouter_key_store="keyring",
        openrouter_key_origin="https://openrouter.ai:443",
        window_geometry="AdnQywADAAAAAA==",
    )


# Every field that schema 1 had for each of its four providers, and the same in a table.
FLAT = {
    "provider": "openai_compatible",
    "openrouter_model": "vendor/model",
    "openrouter_key_status": "rejected",
    "openrouter_key_store": "session",
    "groq_model": "fast",
    "groq_key_status": "verified",
    "groq_key_store": "keyring",
    "openai_compatible_model": "local",
    "openai_compatible_base_url": "http://NAS.local:8080/v1",
    "openai_compatible_headers": ["X-Team: voice"],
    "openai_compatible_key_status": "unverified",
    "openai_compatible_key_store": "keyring",
    "ollama_model": "qwen3:8b",
    "ollama_base_url": "http://localhost:1/v1",
    "ollama_key_status": "verified",
    "ollama_key_store": "keyring",
    "proxy_url": "http://Proxy.example:3128",
    "proxy_user": "me",
}
TABLE = {
    "provider": "openai_compatible",
    "providers": {
        "openrouter": {"model": "vendor/model", "key_status": "rejected", "key_store": "session"},
        "groq": {
            "model": "fast",
            "key_status": "verified",
            "key_store": "keyring",
            "key_origin": "https://api.groq.com:443",
        },
        "ollama": {
            "model": "qwen3:8b",
            "base_url": "http://localhost:1/v1",
            "key_status": "verified",
            "key_store": "keyring",
            "key_origin": "http://localhost:1",
        },
        "openai_compatible": {
            "model": "local",
            "base_url": "http://NAS.local:8080/v1",
            "headers": ["X-Team: voice"],
            "key_status": "unverified",
            "key_store": "keyring",
            "key_origin": "http://nas.local:8080",
        },
    },
    "proxy_url": "http://Proxy.example:3128",
    "proxy_user": "me",
    "proxy_password_origin": "http://proxy.example:3128",
}


def test_the_settings_of_the_providers_become_a_table(path: Path) -> None:
    write(path, {"schema_version": 1, **FLAT})
    saving = store(path)
    loaded = saving.load()
    assert loaded.notice is None
    saving.save(loaded.settings)
    assert json.loads(path.read_text("utf-8")) == {"schema_version": 2, **TABLE}
    assert store(path).load() == loaded


@pytest.mark.parametrize(
    ("fields", "origin"),
    [
        ({"key_store": "keyring"}, ""),
        ({"key_store": "keyring", "base_url": "https://host.example/v1"}, "https://host.example:443"),
        ({"key_store": "keyring", "base_url": "http://[FD00::1]/v1"}, "http://[fd00::1]:80"),
        ({"key_store": "session", "base_url": "https://host.example/v1"}, ""),
        ({"base_url": "https://host.example/v1"}, ""),
    ],
)
def test_a_key_in_the_keyring_is_bound_to_the_address_of_that_moment(
    path: Path, fields: dict[str, str], origin: str
) -> None:
    write(path, {"schema_version": 1, **{f"openai_compatible_{column}": value for column, value in fields.items()}})
    loaded = store(path).load()
    assert loaded.notice is None
    assert loaded.settings.of("openai_compatible").key_origin == origin


def test_cells_and_rows_that_this_version_does_not_know_survive(path: Path) -> None:
    providers = {
        "openrouter": {"model": "vendor/model", "colour": "green", "base_url": "https://eu.example/v1"},
        "from_the_future": {"model": "m", "deep": {"list": [1, None]}},
    }
    write(path, {"schema_version": 2, "providers": providers, "groq_model": "flat in a table's file"})
    saving = store(path)
    loaded = saving.load()
    assert loaded.notice is None
    assert loaded.settings == Settings().with_provider("openrouter", model="vendor/model")
    saving.save(loaded.settings.with_provider("openrouter", model="other").with_provider("groq", model="fast"))
    providers["openrouter"]["model"] = "other"
    assert json.loads(path.read_text("utf-8")) == {
        "schema_version": 2,
        "providers": {**providers, "groq": {"model": "fast"}},
        "groq_model": "flat in a table's file",
    }


@pytest.mark.parametrize(
    ("providers", "invalid"),
    [
        (["openrouter"], "providers"),
        (None, "providers"),
        ({"openrouter": "vendor/model"}, "providers.openrouter"),
        ({"openrouter": {"model": 7}}, "openrouter_model"),
        ({"openrouter": {"key_store": "attic"}}, "openrouter_key_store"),
        ({"ollama": {"base_url": "file:///etc/passwd"}}, "ollama_base_url"),
    ],
)
def test_a_damaged_table_is_named_as_any_other_value(
    path: Path, providers: object, invalid: str, expected_logs: Callable[..., None]
) -> None:
    expected_logs(f"Setting {invalid}", "are back at their defaults")
    write(path, {"schema_version": 2, "providers": providers, "theme": "dark"})
    loaded = store(path).load()
    assert loaded.settings == Settings().replace(theme="dark")
    assert loaded.notice is not None
    assert (loaded.notice.kind, loaded.notice.keys) == (SettingsNoticeKind.INVALID_VALUES, (invalid,))


def test_a_key_in_the_table_is_ignored_and_removed(path: Path, expected_logs: Callable[..., None]) -> None:
    expected_logs("contained what looks like an API key")
    providers = {"openrouter": {"model": KEY, "api_key": KEY}, KEY: {"model": "m"}, "groq": {KEY: 1, "model": "m"}}
    write(path, {"schema_version": 2, "providers": providers})
    saving = store(path)
    loaded = saving.load()
    assert loaded.notice is not None
    assert loaded.notice.keys == ("openrouter_model", "providers.openrouter.api_key", "?", "?")
    assert loaded.settings == Settings().with_provider("groq", model="m")
    saving.save(loaded.settings)
    assert KEY not in path.read_text("utf-8")


def test_migrations_run_in_order_from_the_file_s_version_on(path: Path) -> None:
    def to_2(document: dict[str, Any]) -> dict[str, Any]:
        document["max_tokens"] = document.pop("longest_answer", 100)
        return document

    def to_3(document: dict[str, Any]) -> dict[str, Any]:
        return document | {"max_tokens": document["max_tokens"] * 2}

    steps = (to_2, to_3)
    for version, content, expected in [
        (1, {"longest_answer": 50}, 100),
        (1, {}, 200),
        (2, {"max_tokens": 50}, 100),
        (3, {"max_tokens": 50}, 50),
    ]:
        write(path, {"schema_version": version, **content})
        saving = store(path, steps=steps)
        loaded = saving.load()
        assert loaded.notice is None
        assert loaded.settings.max_tokens == expected
        saving.save(loaded.settings)
        assert json.loads(path.read_text("utf-8")) == {"schema_version": 3, "max_tokens": expected}


@given(
    st.dictionaries(
        st.sampled_from([*SPECS, "unknown"]),
        st.none() | st.integers() | st.text() | st.lists(st.none()) | st.dictionaries(st.text(), st.none()),
    ),
    st.integers(1, SCHEMA_VERSION),
)
def test_migrations_stand_any_document(document: dict[str, Any], version: int) -> None:
    before = json.dumps(document)
    assert isinstance(migrate(document, version, STEPS), dict)
    assert json.dumps(document) == before


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b'{"schema_version": 1, "temperature": 0.5',
        b"[]",
        b"null",
        b"\x00" * 512,
        b"\xff\xfe{\x00}\x00",
        b'{"a": "' + b"\xe4" + b'"}',
        b"[" * 100_000,
        b" " * 4_000_001,
    ],
    ids=["empty", "brace", "cut", "list", "null", "zeros", "utf-16", "latin-1", "deep", "huge"],
)
def test_a_damaged_file_is_set_aside_and_named(path: Path, content: bytes, expected_logs: Callable[..., None]) -> None:
    expected_logs("The settings file was damaged")
    write(path, content)
    loaded = store(path).load()
    kept = path.with_name("settings.damaged-20261122-120000.json")
    assert loaded.settings == Settings()
    assert loaded.notice is not None
    assert (loaded.notice.kind, loaded.notice.kept) == (SettingsNoticeKind.DAMAGED, kept)
    assert str(kept) in loaded.notice.describe().why
    assert kept.read_bytes() == content
    assert names(path) == [kept.name]


def test_a_second_damaged_file_does_not_replace_the_first(path: Path, expected_logs: Callable[..., None]) -> None:
    expected_logs("was damaged")
    for content in ("one", "two"):
        write(path, content)
        store(path).load()
    assert names(path) == ["settings.damaged-20261122-120000-2.json", "settings.damaged-20261122-120000.json"]


def test_something_that_is_no_file_is_set_aside(path: Path, expected_logs: Callable[..., None]) -> None:
    expected_logs("could not be read")
    path.mkdir(parents=True)
    saving = store(path)
    loaded = saving.load()
    assert loaded.notice is not None
    assert loaded.notice.kind is SettingsNoticeKind.NOT_A_FILE
    saving.save(Settings())
    assert path.is_file()


def test_a_newer_file_is_used_as_far_as_it_is_understood_and_kept(
    path: Path, expected_logs: Callable[..., None]
) -> None:
    expected_logs("written by a newer version", "Setting provider")
    newer = {"schema_version": 7, "theme": "dark", "provider": "a_new_one", "network": {"proxy": "none"}}
    write(path, newer)
    saving = store(path)
    loaded = saving.load()
    assert loaded.settings == Settings().replace(theme="dark")
    assert loaded.notice is not None
    assert loaded.notice.kind is SettingsNoticeKind.NEWER
    assert loaded.notice.keys == ("provider",)
    kept = loaded.notice.kept
    assert kept is not None
    assert json.loads(kept.read_text("utf-8")) == newer
    store(path).load()
    assert len(names(path)) == 2, "every start must not leave another copy"
    saving.save(loaded.settings)
    assert json.loads(path.read_text("utf-8")) == {
        "schema_version": SCHEMA_VERSION,
        "theme": "dark",
        "network": {"proxy": "none"},
    }
    assert store(path).load().notice is None


def test_invalid_values_fall_back_to_defaults_and_are_named(path: Path, expected_logs: Callable[..., None]) -> None:
    expected_logs("Setting temperature", "Setting provider", "are back at their defaults")
    write(path, {"schema_version": 1, "temperature": 9, "provider": ["groq"], "theme": "dark"})
    loaded = store(path).load()
    assert loaded.settings == Settings().replace(theme="dark")
    assert loaded.notice is not None
    assert (loaded.notice.kind, loaded.notice.keys) == (SettingsNoticeKind.INVALID_VALUES, ("temperature", "provider"))
    assert "temperature, provider" in loaded.notice.describe().what
    assert path.exists()


@pytest.mark.parametrize("version", [0, -1, "1", None, True, 1.5, []])
def test_a_senseless_schema_version_is_named(path: Path, version: object, expected_logs: Callable[..., None]) -> None:
    expected_logs("schema_version")
    write(path, {"schema_version": version, "theme": "dark"})
    loaded = store(path).load()
    assert loaded.settings.theme == "dark"
    assert loaded.notice is not None
    assert loaded.notice.keys == ("schema_version",)


def test_a_file_by_hand_without_a_version_is_schema_1(path: Path) -> None:
    write(path, "\ufeff" + json.dumps({"theme": "dark"}))
    loaded = store(path).load()
    assert loaded.notice is None
    assert loaded.settings.theme == "dark"


def test_unknown_settings_survive(path: Path) -> None:
    unknown = {"from_the_future": {"list": [1, None, "ü"]}, "x": 1.5}
    write(path, {"schema_version": 1, "theme": "dark", **unknown})
    saving = store(path)
    saving.save(saving.load().settings.replace(theme="light"))
    assert json.loads(path.read_text("utf-8")) == {"schema_version": SCHEMA_VERSION, "theme": "light", **unknown}
    store(path).save(Settings())
    assert json.loads(path.read_text("utf-8")) == {"schema_version": SCHEMA_VERSION, **unknown}


SECRETS = [
    KEY,
    f"my key: {KEY}",
    "gsk" + "_" + "Ab1" * 18,
    "sk-" + "ant-api03-" + "x9" * 40,
    "AI" + "za" + "Sy0" * 12,
]


@pytest.mark.parametrize("secret", SECRETS)
@pytest.mark.parametrize("key", ["openrouter_model", "system_prompt", "recent_models"])
def test_a_key_is_never_written(path: Path, key: str, secret: str) -> None:
    saving = store(path)
    saving.save(Settings())
    before = path.read_bytes()
    settings = Settings().replace(**{key: [secret] if key == "recent_models" else secret})
    with pytest.raises(SecretInSettings) as caught:
        saving.save(settings)
    assert secret not in str(caught.value) + repr(caught.value)
    assert key in caught.value.describe().what
    assert path.read_bytes() == before
    assert names(path) == ["settings.json"]


@pytest.mark.parametrize("secret", SECRETS)
def test_a_key_that_was_written_into_the_file_is_ignored_and_removed(
    path: Path, secret: str, expected_logs: Callable[..., None]
) -> None:
    expected_logs("contained what looks like an API key")
    write(path, {"schema_version": 1, "openrouter_api_key": secret, "more": {"deep": [secret]}, "theme": "dark"})
    saving = store(path)
    loaded = saving.load()
    assert loaded.notice is not None
    assert loaded.notice.kind is SettingsNoticeKind.SECRET_FOUND
    assert loaded.notice.keys == ("openrouter_api_key", "more")
    assert secret not in str(loaded)
    saving.save(loaded.settings)
    assert secret not in path.read_text("utf-8")


@pytest.mark.parametrize(
    "text",
    [
        "You are a risk-averse assistant; ask-first-then-answer-politely-and-briefly-always.",
        "Use sk-or-v1-… keys only in the keyring.",
        "vendor/flask-or-django-helper-instruct-preview-2026",
        "QUl6YQ==" * 100,
    ],
)
def test_ordinary_words_are_not_taken_for_keys(path: Path, text: str) -> None:
    store(path).save(Settings().replace(system_prompt=text))
    assert store(path).load().settings.system_prompt == text


@pytest.mark.skipif(os.name == "nt", reason="creating symbolic links needs a privilege there")
def test_a_link_is_followed(path: Path, tmp_path: Path) -> None:
    real = tmp_path / "dotfiles" / "caal.json"
    real.parent.mkdir()
    path.parent.mkdir()
    path.symlink_to(real)
    store(path).save(Settings().replace(theme="dark"))
    assert path.is_symlink()
    assert json.loads(real.read_text("utf-8"))["theme"] == "dark"


def test_a_folder_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(FolderUnusable) as caught:
        store(tmp_path / "file" / "settings.json").save(Settings())
    assert str(tmp_path / "file") in caught.value.describe().what


@pytest.mark.skipif(sys.platform != "linux", reason="needs a device that is always full")
def test_a_full_disk_leaves_the_old_file(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    saving = store(path)
    saving.save(Settings().replace(theme="dark"))
    before = path.read_bytes()
    full_disk = os.open("/dev/full", os.O_WRONLY)
    monkeypatch.setattr("tempfile.mkstemp", lambda **_: (full_disk, str(path.with_name(".part"))))
    with pytest.raises(WriteFailed, match="No space left"):
        saving.save(Settings().replace(theme="light"))
    assert path.read_bytes() == before
    assert store(path).load().settings.theme == "dark"


WRITER = """
import sys
from pathlib import Path
from caal_desktop.storage.settings.schema import Settings
from caal_desktop.storage.settings.store import SettingsStore
store = SettingsStore(Path(sys.argv[1]))
for _ in range(60):
    store.save(Settings(system_prompt=sys.argv[2] * 20_000))
"""


def test_two_processes_may_write_and_no_reader_gets_half_a_file(path: Path) -> None:
    store(path).save(Settings(system_prompt="a" * 20_000))
    # Not `store(path).load()`: that would set a torn file aside, and the next write would hide it.
    writers = [subprocess.Popen([sys.executable, "-c", WRITER, str(path), letter]) for letter in "ab"]
    seen: set[str] = set()
    try:
        while any(writer.poll() is None for writer in writers):
            seen.add(json.loads(path.read_bytes())["system_prompt"])
    finally:
        for writer in writers:
            writer.wait(timeout=30)
    assert [writer.returncode for writer in writers] == [0, 0]
    assert seen
    assert seen <= {"a" * 20_000, "b" * 20_000}
    assert names(path) == ["settings.json"]


UNSTORABLE = [
    "NaN",
    "-Infinity",
    "1e999",
    '"\\ud800"',
    '{"deep": ["\\udfff"]}',
    '{"\\ud800": 1}',
    '[{"x": NaN}]',
    "[" * 60 + "]" * 60,
    '{"a":' * 60 + "1" + "}" * 60,
]


@pytest.mark.parametrize("value", UNSTORABLE)
@pytest.mark.parametrize("place", ["from_the_future", "providers.openrouter.colour", "half a character \\ud800"])
def test_an_unknown_value_that_could_not_be_written_again_is_named_and_does_not_keep_others_from_being_saved(
    path: Path, place: str, value: str, expected_logs: Callable[..., None]
) -> None:
    expected_logs("There is no such setting", "are back at their defaults")
    content = f'"{place}": {value}' if "." not in place else f'"providers": {{"openrouter": {{"colour": {value}}}}}'
    write(path, f'{{"schema_version": 2, "theme": "dark", "known later": 7, {content}}}')
    before = path.read_bytes()
    saving = store(path)
    loaded = saving.load()
    assert loaded.settings == Settings().replace(theme="dark")
    assert loaded.notice is not None
    assert loaded.notice.kind is SettingsNoticeKind.INVALID_VALUES
    assert loaded.notice.describe().what.isprintable()
    saving.save(loaded.settings.replace(theme="light"))
    assert json.loads(path.read_text("utf-8")) == {"schema_version": 2, "theme": "light", "known later": 7}
    assert loaded.notice.kept is not None
    assert loaded.notice.kept.read_bytes() == before, "nothing is lost"


@pytest.mark.parametrize("digits", [309, 400, 4300])
@pytest.mark.parametrize("key", ["temperature", "max_tokens", "history_days", "system_prompt", "theme"])
def test_a_number_beyond_all_bounds_is_an_invalid_value(
    path: Path, key: str, digits: int, expected_logs: Callable[..., None]
) -> None:
    expected_logs(f"Setting {key}", "are back at their defaults")
    write(path, f'{{"schema_version": 2, "{key}": {"1" * digits}, "font_scale": 1.5}}')
    loaded = store(path).load()
    assert loaded.settings == Settings().replace(font_scale=1.5)
    assert loaded.notice is not None
    assert loaded.notice.keys == (key,)


def test_brackets_up_to_the_reader_s_own_limit_stop_neither_the_start_nor_the_saving(path: Path) -> None:
    """Where exactly that limit is depends on who calls: what can be read may be too deep to be written."""
    logging.disable(logging.CRITICAL)
    try:
        for depth in range(900, 1000, 3):
            write(path, '{"x": ' + "[" * depth + "]" * depth + "}")
            saving = store(path)
            assert saving.load().notice is not None
            called_from_deep_below(40, lambda saving=saving: saving.save(Settings().replace(theme="dark")))
            assert json.loads(path.read_text("utf-8")) == {"schema_version": SCHEMA_VERSION, "theme": "dark"}
            for file in path.parent.iterdir():
                file.unlink()
    finally:
        logging.disable(logging.NOTSET)


def called_from_deep_below(frames: int, call: Callable[[], None]) -> None:
    """Call something with so many calls around it."""
    if frames:
        called_from_deep_below(frames - 1, call)
    else:
        call()


def test_of_two_equal_names_the_last_counts(path: Path) -> None:
    write(path, '{"schema_version": 2, "theme": "light", "theme": "dark"}')
    assert store(path).load().settings.theme == "dark"


def test_thousands_of_wrong_values_are_told_in_a_few_words(
    path: Path, expected_logs: Callable[..., None], caplog: pytest.LogCaptureFixture
) -> None:
    expected_logs("must be a JSON object", "are back at their defaults")
    rows = {f"line\nbreak {number} " + "x" * 5000: 1 for number in range(500)}
    write(path, {"schema_version": 2, "providers": rows})
    notice = store(path).load().notice
    assert notice is not None
    assert len(notice.keys) == 500
    told = notice.describe().what
    assert len(told) < 1000
    assert told.endswith("….")
    assert told.isprintable()
    assert len(caplog.records) < 30
    assert all(len(record.getMessage()) < 1500 for record in caplog.records)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes in the file system")
@pytest.mark.parametrize("kind", ["pipe", "pipe with a writer", "device", "loop", "folder with files"])
def test_what_is_no_file_is_never_waited_for(path: Path, kind: str, expected_logs: Callable[..., None]) -> None:
    expected_logs("could not be read")
    path.parent.mkdir()
    writer = None
    if kind.startswith("pipe"):
        os.mkfifo(path)
        if kind == "pipe with a writer":
            writer = os.open(path, os.O_RDWR)
    elif kind == "device":
        path.symlink_to("/dev/zero")
    elif kind == "loop":
        path.symlink_to(path.name)
    else:
        path.mkdir()
        (path / "theirs").write_text("kept")
    saving = store(path)
    loaded = saving.load()
    if writer is not None:
        os.close(writer)
    assert loaded.notice is not None
    # A link to itself is all that the system refuses to open.
    expected = SettingsNoticeKind.UNREADABLE if kind == "loop" else SettingsNoticeKind.NOT_A_FILE
    assert loaded.notice.kind is expected
    # A folder gives no settings, whatever may be read in it.
    assert ("permissions" in loaded.notice.describe().advice) is (kind == "loop")
    kept = loaded.notice.kept
    assert kept == path.with_name(f"settings.{expected.value}-20261122-120000.json")
    assert kept is not None
    assert os.path.lexists(kept)
    saving.save(Settings())
    assert path.is_file()


def test_half_a_gigabyte_is_not_read(path: Path, expected_logs: Callable[..., None]) -> None:
    expected_logs("The settings file was damaged")
    path.parent.mkdir()
    with path.open("wb") as file:
        file.truncate(500_000_000)
    loaded = store(path).load()
    assert loaded.notice is not None
    assert loaded.notice.kept is not None
    assert loaded.notice.kept.stat().st_size == 500_000_000


def test_a_file_that_may_not_be_read_is_put_aside(
    path: Path, monkeypatch: pytest.MonkeyPatch, expected_logs: Callable[..., None]
) -> None:
    expected_logs("Permission denied")
    write(path, {"theme": "dark"})

    def refused(*_args: object) -> int:
        raise PermissionError(13, "Permission denied")

    with monkeypatch.context() as patch:
        # Nothing is forbidden to the superuser.
        patch.setattr(os, "open", refused)
        loaded = store(path).load()
    assert loaded.settings == Settings()
    assert loaded.notice is not None
    assert loaded.notice.kept is not None
    assert "Permission denied" in loaded.notice.describe().why
    assert json.loads(loaded.notice.kept.read_text("utf-8")) == {"theme": "dark"}


@pytest.mark.parametrize("content", [b"{", b'{"theme": 7}', b'{"schema_version": 99}'])
def test_what_could_not_be_put_aside_is_not_written_over(
    path: Path, monkeypatch: pytest.MonkeyPatch, expected_logs: Callable[..., None], content: bytes
) -> None:
    """The folder may be writable again when settings are saved: what was there is kept then, or nothing is saved."""
    expected_logs("Settings: ", "The former settings could not be kept")
    if b"theme" in content:
        expected_logs("Setting theme")
    write(path, content)
    saving = store(path)

    def refused(*_args: object, **_more: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("pathlib.Path.rename", refused)
        patch.setattr("tempfile.mkstemp", refused)
        loaded = saving.load()
        with pytest.raises(WriteFailed):
            saving.save(Settings().replace(theme="dark"))
    assert loaded.notice is not None
    assert "kept as None" not in loaded.notice.describe().why
    assert path.read_bytes() == content
    saving.save(Settings().replace(theme="dark"))
    assert json.loads(path.read_text("utf-8"))["theme"] == "dark"
    (kept,) = (entry for entry in path.parent.iterdir() if entry != path)
    assert kept.read_bytes() == content


def test_no_copy_is_made_of_a_file_with_a_key(path: Path, expected_logs: Callable[..., None]) -> None:
    expected_logs("contained what looks like an API key")
    write(path, {"schema_version": 99, "openrouter_api_key": KEY})
    store(path).load()
    assert names(path) == ["settings.json"]


def test_fresh_settings_keep_the_former_ones(path: Path, expected_logs: Callable[..., None]) -> None:
    expected_logs("started with fresh settings")
    saving = store(path)
    former = Settings().replace(theme="dark")
    saving.save(former)
    loaded = saving.start_afresh()
    assert loaded.settings == Settings()
    assert loaded.notice is not None
    kept = loaded.notice.kept
    assert kept == path.with_name("settings.fresh-20261122-120000.json")
    assert str(kept) in loaded.notice.describe().why
    assert not path.exists()
    saving.save(Settings().replace(theme="light"))
    assert kept is not None
    assert saving.put_back(kept)
    assert store(path).load() == LoadedSettings(former)


def test_fresh_settings_in_a_folder_that_cannot_be_written_are_for_this_session(
    path: Path, monkeypatch: pytest.MonkeyPatch, expected_logs: Callable[..., None]
) -> None:
    expected_logs("could not be kept", "started with fresh settings")
    saving = store(path)
    saving.save(Settings().replace(theme="dark"))

    def refused(*_args: object) -> None:
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr("pathlib.Path.rename", refused)
    loaded = saving.start_afresh()
    assert loaded.settings == Settings()
    assert loaded.notice is not None
    assert loaded.notice.kept == path
    with pytest.raises(WriteFailed):
        saving.save(Settings().replace(theme="light"))
    assert store(path).load().settings.theme == "dark"


def test_former_settings_that_cannot_be_put_back_are_no_error(path: Path, expected_logs: Callable[..., None]) -> None:
    expected_logs("could not be put back: No such file")
    assert not store(path).put_back(path.with_name("gone.json"))


JSON_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(10**300, 10**330)
    | st.floats()
    | st.text()
    | st.text(st.characters(categories=["Cs", "Cc", "Lu"]))
    | st.sampled_from(
        ["http://[", "http://a:99999999", "https://host.example/v1", "http://h\u0301ost", "Name: v", KEY]
    ),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=12,
)
ROWS = st.dictionaries(
    st.sampled_from(["openrouter", "groq", "ollama", "openai_compatible", "x", "\ud800"]),
    st.dictionaries(st.sampled_from(["model", "base_url", "headers", "key_store", "key_origin", "x"]), JSON_VALUES)
    | JSON_VALUES,
)


@settings(max_examples=40)
@given(
    st.dictionaries(st.sampled_from([*SPECS, "unknown"]) | st.text(max_size=8), JSON_VALUES, max_size=6),
    ROWS | JSON_VALUES,
    st.sampled_from([1, 2, 3]) | JSON_VALUES,
)
def test_no_value_raises_and_what_was_loaded_can_be_saved(
    tmp_path_factory: pytest.TempPathFactory, document: dict[str, Any], providers: object, version: object
) -> None:
    path = tmp_path_factory.getbasetemp() / "fuzzed" / "settings.json"
    shutil.rmtree(path.parent, ignore_errors=True)
    write(path, {**document, "providers": providers, "schema_version": version})
    logging.disable(logging.CRITICAL)
    try:
        saving = store(path)
        loaded = saving.load()
        if loaded.notice is not None:
            assert loaded.notice.describe().what
        saving.save(loaded.settings)
        again = store(path).load()
    finally:
        logging.disable(logging.NOTSET)
    assert again.settings == loaded.settings
    assert again.notice is None


@given(st.binary(max_size=200) | st.text(max_size=200).map(lambda text: text.encode("utf-8", "replace")))
def test_no_content_raises(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    path = tmp_path_factory.mktemp("settings") / "settings.json"
    path.write_bytes(content)
    logging.disable(logging.CRITICAL)
    try:
        assert isinstance(store(path).load().settings, Settings)
    finally:
        logging.disable(logging.NOTSET)

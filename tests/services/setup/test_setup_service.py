"""The wizard's service, over the real demo server, with a real keyring or none."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest

from caal_desktop.catalogue.view import CatalogueView
from caal_desktop.llm.errors import (
    ApiKeyMalformed,
    AuthenticationFailed,
    ConnectionFailed,
    InvalidResponse,
    ManagementKeyRejected,
    ProviderError,
)
from caal_desktop.llm.models.endpoints import EndpointInfo
from caal_desktop.llm.models.info import ModelInfo
from caal_desktop.llm.models.key_info import Funds
from caal_desktop.services.catalogue.catalogue_service import Catalogue, CatalogueState
from caal_desktop.setup_flow import MissingInput
from caal_desktop.storage.errors import KeyringError, KeyringUnavailable
from caal_desktop.storage.settings.choices import KeyStatus, KeyStore, SetupStep
from tests.support.key_stages import Stage, stage_of
from tests.support.parts import KEYRING_SERVICE
from tests.support.qt_loop import turn

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.demo import DemoControl
    from tests.support.desktop_session import DesktopSession
    from tests.support.parts import Parts

ENDED = (Stage.VERIFIED, Stage.REFUSED, Stage.UNREACHABLE)


def at_the_key(parts: Parts) -> Parts:
    parts.setup.begin()
    parts.setup.advance()
    assert parts.setup.state.step is SetupStep.KEY
    return parts


def with_verified_key(parts: Parts, key: str) -> Parts:
    at_the_key(parts).setup.entry.submit(key)
    parts.until_stage(Stage.VERIFIED)
    return parts


# --- proving a key


def test_a_good_key_is_verified_and_the_models_are_fetched_meanwhile(parts: Parts, demo: DemoControl) -> None:
    with_verified_key(parts, demo.key)
    assert parts.setup.state.key_status is KeyStatus.VERIFIED
    assert parts.key_info().limit == 5.0
    assert parts.setup.flow.can_continue
    parts.until(lambda: parts.catalogue.current.models, "the models, while the user is still at the key step")
    assert parts.setup.state.step is SetupStep.KEY
    assert parts.setup.state.model, "a model is chosen already"
    assert [entry["path"] for entry in demo.requests("/key")] == ["/api/v1/key"]


def chosen(parts: Parts) -> ModelInfo:
    model = parts.catalogue.current.find(parts.setup.state.model)
    assert model is not None
    return model


def test_a_key_without_credit_has_a_free_model_chosen_before_it_is_kept(parts: Parts, demo: DemoControl) -> None:
    with_verified_key(parts, demo.key_for("free_tier"))
    parts.until(lambda: parts.setup.state.model, "a model")
    assert parts.setup.entry.candidate is not None
    assert chosen(parts).pricing.is_free
    assert "tools" in (chosen(parts).supported_parameters or ())


def test_what_was_preselected_follows_the_key(parts: Parts, demo: DemoControl) -> None:
    with_verified_key(parts, demo.key)
    parts.until(lambda: parts.setup.state.model, "a model")
    assert not chosen(parts).pricing.is_free
    parts.setup.entry.submit(demo.key_for("free_tier"))
    parts.until(lambda: chosen(parts).pricing.is_free, "a free model")
    parts.setup.entry.submit(demo.key)
    parts.until(lambda: not chosen(parts).pricing.is_free, "the usual model")


def test_what_the_user_has_chosen_stays(parts: Parts, demo: DemoControl) -> None:
    with_verified_key(parts, demo.key)
    parts.until(lambda: parts.setup.state.model, "a model")
    parts.setup.choose_model(parts.setup.state.model)
    before = parts.setup.state.model
    parts.setup.entry.submit(demo.key_for("free_tier"))
    parts.until(lambda: (view := parts.catalogue.current.view) and view.funds is Funds.NONE_BOUGHT, "the judgement")
    turn(5)
    assert parts.setup.state.model == before


def test_what_was_preselected_follows_the_hosts_until_the_list_is_read(parts: Parts, demo: DemoControl) -> None:
    with_verified_key(parts, demo.key)
    parts.until(lambda: parts.setup.state.model, "a model")
    connection, first = parts.catalogue.connection, chosen(parts)
    assert connection is not None
    slow = (EndpointInfo("Slow", latency_ms=9_000.0, throughput_p75=20.0),) * 2
    parts.catalogue.known_hosts.add(connection, {first.id: slow})
    parts.until(lambda: chosen(parts) is not first, "another model")
    second = chosen(parts)
    parts.setup.keep_model()
    parts.catalogue.known_hosts.add(connection, {second.id: slow})
    parts.until(lambda: (view := parts.catalogue.current.view) and view.recommended is not second, "the judgement")
    assert chosen(parts) is second
    parts.setup.entry.submit(demo.key_for("free_tier"))
    parts.until(lambda: chosen(parts).pricing.is_free, "a model that can answer, all the same")


def test_whoever_goes_on_from_the_list_has_chosen(parts: Parts, demo: DemoControl) -> None:
    with_verified_key(parts, demo.key).setup.advance()
    parts.until_stage(Stage.UNSTORED)
    parts.setup.entry.keep(KeyStore.SESSION)
    parts.until(lambda: parts.setup.state.step is SetupStep.MODEL and parts.setup.state.model, "the model step")
    before = parts.setup.state.model
    parts.setup.advance()
    assert parts.setup.state.step is SetupStep.TRY
    parts.setup.back()
    parts.setup.back()
    parts.setup.entry.submit(demo.key_for("free_tier"))
    parts.until(lambda: (view := parts.catalogue.current.view) and view.funds is Funds.NONE_BOUGHT, "the judgement")
    turn(5)
    assert parts.setup.state.model == before


@pytest.mark.parametrize("name", ["expired", "disabled"])
def test_a_dead_key_is_refused(parts: Parts, name: str) -> None:
    from caal_desktop.demo.accounts.keys import demo_key

    at_the_key(parts).setup.entry.submit(demo_key(name))
    assert parts.until_stage(*ENDED) is Stage.REFUSED
    assert isinstance(parts.setup.key.error, AuthenticationFailed)
    assert parts.setup.flow.need() is MissingInput.OTHER_KEY
    assert parts.saved.of("openrouter").key_status is KeyStatus.NONE, "there is no key in use"


def test_an_unknown_key_is_refused(parts: Parts) -> None:
    at_the_key(parts).setup.entry.submit("sk-or-v1-" + "0" * 64)
    assert parts.until_stage(*ENDED) is Stage.REFUSED


def test_a_key_that_cannot_be_sent_is_refused(parts: Parts) -> None:
    at_the_key(parts).setup.entry.submit("schlüssel\n")
    assert parts.until_stage(*ENDED) is Stage.REFUSED
    assert isinstance(parts.setup.key.error, ApiKeyMalformed)


def test_a_management_key_cannot_chat_and_is_refused(parts: Parts, demo: DemoControl) -> None:
    at_the_key(parts).setup.entry.submit(demo.key_for("management"))
    assert parts.until_stage(*ENDED) is Stage.REFUSED
    assert isinstance(parts.setup.key.error, ManagementKeyRejected)
    assert parts.setup.key.error.describe().why.startswith("OpenRouter keeps keys")


def test_what_the_key_can_do_is_told(parts: Parts, demo: DemoControl) -> None:
    with_verified_key(parts, demo.key_for("free_tier"))
    assert parts.key_info().is_free_tier
    parts.setup.entry.edit()
    parts.setup.entry.submit(demo.key_for("expiring"))
    parts.until_stage(Stage.VERIFIED)
    assert parts.key_info().expires_at is not None


def test_nothing_listens(make_parts: Callable[..., Parts], nowhere: str, demo: DemoControl) -> None:
    parts = at_the_key(make_parts(nowhere))
    parts.setup.entry.submit(demo.key)
    assert parts.until_stage(*ENDED) is Stage.UNREACHABLE
    assert isinstance(parts.setup.key.error, ConnectionFailed)
    assert not parts.setup.flow.can_continue
    assert parts.setup.can_skip


@pytest.mark.parametrize("fault", ["html_200", "broken_json", "empty_body"])
def test_a_captive_portal_does_not_pass_for_a_provider(parts: Parts, demo: DemoControl, fault: str) -> None:
    demo.fault(fault, path="/key")
    at_the_key(parts).setup.entry.submit(demo.key)
    assert parts.until_stage(*ENDED) is Stage.UNREACHABLE
    assert isinstance(parts.setup.key.error, InvalidResponse | ProviderError)
    assert parts.setup.state.key_status is KeyStatus.NONE


def test_a_check_that_gets_no_answer_can_be_stopped(parts: Parts, demo: DemoControl) -> None:
    demo.fault("key_timeout")
    at_the_key(parts).setup.entry.submit(demo.key)
    parts.until(lambda: demo.requests("/key"), "the check is on its way")
    assert parts.setup.key.is_busy
    parts.setup.entry.cancel()
    assert stage_of(parts.setup.key) is Stage.WAITING
    parts.until(lambda: demo.closed_by_client(), "the connection is closed")
    demo.clear_faults()
    parts.setup.entry.submit(demo.key)
    parts.until_stage(Stage.VERIFIED)


def test_changing_the_text_during_a_check_makes_it_count_no_more(parts: Parts, demo: DemoControl) -> None:
    demo.fault("key_timeout", times=1)
    at_the_key(parts).setup.entry.submit(demo.key)
    parts.until(lambda: demo.requests("/key"), "the check is on its way")
    parts.setup.entry.edit()
    assert stage_of(parts.setup.key) is Stage.WAITING
    parts.setup.entry.submit(demo.key_for("expired"))
    assert parts.until_stage(*ENDED) is Stage.REFUSED
    assert parts.setup.state.key_status is KeyStatus.REJECTED


def test_changing_the_text_after_a_check_makes_it_count_no_more(parts: Parts, demo: DemoControl) -> None:
    with_verified_key(parts, demo.key)
    parts.setup.entry.edit()
    assert stage_of(parts.setup.key) is Stage.WAITING
    assert not parts.setup.flow.can_continue
    parts.setup.advance()
    assert parts.setup.state.step is SetupStep.KEY


def test_another_provider_chosen_during_a_check(parts: Parts, demo: DemoControl) -> None:
    demo.fault("key_timeout", times=1)
    at_the_key(parts).setup.entry.submit(demo.key)
    parts.until(lambda: demo.requests("/key"), "the check is on its way")
    parts.setup.back()
    parts.setup.choose_provider("groq")
    parts.setup.advance()
    turn(20)
    assert stage_of(parts.setup.key) is Stage.WAITING
    assert parts.setup.state.key_status is KeyStatus.NONE
    assert not parts.keys.tasks.is_running("prove")


@pytest.mark.parametrize("living", ["", "nobody/talker"])
def test_a_model_that_has_ended_is_not_preselected(parts: Parts, living: str) -> None:
    at_the_key(parts)
    today = date(2026, 8, 22)
    yesterday = today - timedelta(days=1)
    able = {"input_modalities": ("text",), "output_modalities": ("text",), "supported_parameters": frozenset({"tools"})}
    models = [ModelInfo("openai/gpt-5.4-nano", "Nano", expiration_date=yesterday, **able)]
    if living:
        models.append(ModelInfo(living, "It cannot call tools", **able | {"supported_parameters": frozenset()}))
    view = CatalogueView(models, today)
    parts.show_catalogue(Catalogue("openrouter", view.models, state=CatalogueState.READY, view=view))
    assert parts.setup.state.model == living


# --- keeping it


def test_a_key_goes_into_the_keyring_and_nowhere_else(
    keyring_session: DesktopSession, parts: Parts, demo: DemoControl
) -> None:
    with_verified_key(parts, demo.key).setup.advance()
    assert stage_of(parts.setup.key) is Stage.STORING
    parts.until(lambda: parts.setup.state.step is SetupStep.MODEL, "the model step")
    assert [(item.service, item.user, item.secret) for item in keyring_session.secret_items()] == [
        (KEYRING_SERVICE, "openrouter", demo.key)
    ]
    assert parts.key("openrouter") == demo.key
    parts.close()
    assert (parts.saved.of("openrouter").key_status, parts.saved.of("openrouter").key_store) == (
        KeyStatus.VERIFIED,
        KeyStore.KEYRING,
    )
    assert all(demo.key.encode() not in file.read_bytes() for file in parts.home.rglob("*") if file.is_file())


def test_without_a_keyring_the_key_is_kept_for_this_session(parts: Parts, demo: DemoControl) -> None:
    with_verified_key(parts, demo.key).setup.advance()
    parts.until_stage(Stage.UNSTORED)
    assert isinstance(parts.setup.key.error, KeyringUnavailable)
    assert parts.setup.state.step is SetupStep.KEY
    assert parts.key_info().limit == 5.0, "what the key can do is still known"
    parts.setup.entry.keep(KeyStore.SESSION)
    parts.until(lambda: parts.setup.state.step is SetupStep.MODEL, "the model step")
    assert parts.key("openrouter") == demo.key
    assert parts.settings.current.of("openrouter").key_store is KeyStore.SESSION


def test_a_keyring_that_hangs_can_be_left(keyring_session: DesktopSession, parts: Parts, demo: DemoControl) -> None:
    with_verified_key(parts, demo.key)
    keyring_session.hang_keyring()
    try:
        parts.setup.advance()
        turn(10)
        assert stage_of(parts.setup.key) is Stage.STORING
        parts.setup.entry.cancel()
        assert stage_of(parts.setup.key) is Stage.VERIFIED
        assert parts.setup.flow.can_continue, "it can be tried again"
    finally:
        keyring_session.wake_keyring()
    parts.setup.advance()
    parts.until(lambda: parts.setup.state.step is SetupStep.MODEL, "the model step")
    assert len(keyring_session.secret_items()) == 1


def test_a_check_does_not_interrupt_the_keyring(
    keyring_session: DesktopSession, parts: Parts, demo: DemoControl
) -> None:
    """Enter in the key field while the key is being stored: the field is locked, but Enter still comes."""
    with_verified_key(parts, demo.key).setup.advance()
    parts.setup.entry.submit(demo.key)
    assert stage_of(parts.setup.key) is Stage.STORING
    parts.until(lambda: parts.setup.state.step is SetupStep.MODEL, "the model step")


def test_closing_the_wizard_while_the_keyring_takes_the_key_remembers_where_it_went(
    keyring_session: DesktopSession, parts: Parts, demo: DemoControl
) -> None:
    with_verified_key(parts, demo.key).setup.advance()
    assert stage_of(parts.setup.key) is Stage.STORING
    parts.close()
    assert len(keyring_session.secret_items()) == 1
    assert parts.saved.of("openrouter").key_store is KeyStore.KEYRING
    assert parts.saved.of("openrouter").key_status is KeyStatus.VERIFIED


def test_an_unverified_key_is_kept_and_checked_at_the_next_start(
    keyring_session: DesktopSession, make_parts: Callable[..., Parts], nowhere: str, demo: DemoControl
) -> None:
    parts = at_the_key(make_parts(nowhere))
    parts.setup.entry.submit(demo.key)
    parts.until_stage(Stage.UNREACHABLE)
    parts.setup.entry.keep_unchecked()
    parts.until(lambda: parts.setup.state.step is SetupStep.MODEL, "the model step")
    parts.until(lambda: parts.catalogue.current.state is CatalogueState.FAILED, "there is no list")
    assert parts.setup.can_skip, "offline must be no dead end"
    parts.setup.skip()
    assert parts.setup.state.step is SetupStep.DONE
    parts.setup.advance()
    parts.close()
    assert parts.saved.of("openrouter").key_status is KeyStatus.UNVERIFIED

    second = make_parts()
    second.keys.begin()
    second.until(
        lambda: second.settings.current.of("openrouter").key_status is KeyStatus.VERIFIED, "the key is checked"
    )


def test_keep_unverified_is_for_what_could_not_be_checked_alone(parts: Parts, demo: DemoControl) -> None:
    at_the_key(parts).setup.entry.submit(demo.key_for("expired"))
    parts.until_stage(Stage.REFUSED)
    parts.setup.entry.keep_unchecked()
    assert parts.setup.state.step is SetupStep.KEY
    assert parts.setup.state.key_status is KeyStatus.REJECTED


def test_with_the_key_in_use_unchecked_the_wizard_goes_on(
    keyring_session: DesktopSession, make_parts: Callable[..., Parts], nowhere: str, demo: DemoControl
) -> None:
    first = make_parts()
    first.keep_key(demo.key, KeyStore.KEYRING)
    first.close()
    second = make_parts(nowhere)
    second.setup.begin(SetupStep.KEY)
    second.until(lambda: second.setup.key.is_loaded and not second.setup.key.is_busy, "the key is read")
    second.setup.entry.submit(None)
    second.until_stage(Stage.UNREACHABLE)
    second.setup.entry.keep_unchecked()
    assert second.setup.state.step is SetupStep.MODEL


def test_without_a_key_and_unchecked_the_wizard_goes_on(parts: Parts, nowhere: str) -> None:
    parts.setup.begin()
    parts.setup.choose_provider("openai_compatible")
    parts.setup.advance()
    parts.setup.set_address(nowhere)
    parts.setup.entry.submit(None)
    parts.until_stage(Stage.UNREACHABLE)
    parts.setup.entry.keep_unchecked()
    assert parts.setup.state.step is SetupStep.MODEL


def test_looking_again_while_offline_does_not_forget_a_stored_key(
    keyring_session: DesktopSession, make_parts: Callable[..., Parts], nowhere: str, demo: DemoControl
) -> None:
    first = with_verified_key(make_parts(), demo.key)
    first.setup.advance()
    first.until(lambda: first.setup.state.step is SetupStep.MODEL, "the model step")
    first.close()

    second = make_parts(nowhere)
    second.setup.begin(SetupStep.KEY)
    second.until_stage(Stage.VERIFIED)
    second.setup.entry.submit(None)
    second.until_stage(Stage.UNREACHABLE)
    assert second.setup.flow.can_continue
    second.setup.back()
    second.close()
    assert second.saved.of("openrouter").key_status is KeyStatus.VERIFIED
    assert second.saved.of("openrouter").key_store is KeyStore.KEYRING


def test_typing_and_leaving_does_not_forget_a_stored_key(
    keyring_session: DesktopSession, make_parts: Callable[..., Parts], demo: DemoControl
) -> None:
    first = with_verified_key(make_parts(), demo.key)
    first.setup.advance()
    first.until(lambda: first.setup.state.step is SetupStep.MODEL, "the model step")
    first.setup.back()
    first.setup.entry.edit()
    first.setup.back()
    first.close()
    assert first.saved.of("openrouter").key_status is KeyStatus.VERIFIED
    assert first.saved.of("openrouter").key_store is KeyStore.KEYRING


# --- the other steps


def test_the_user_s_choice_of_model_is_kept(parts: Parts, demo: DemoControl) -> None:
    with_verified_key(parts, demo.key)
    parts.until(lambda: parts.setup.state.model, "a model is chosen")
    other = next(m.id for m in parts.catalogue.current.models if m.id != parts.setup.state.model)
    parts.setup.choose_model(other)
    parts.catalogue.refresh()
    parts.until(lambda: parts.catalogue.current.state is CatalogueState.REFRESHING, "the list is asked for")
    parts.until(lambda: parts.catalogue.current.state is CatalogueState.READY, "the list is there")
    assert parts.setup.state.model == other


def test_no_models_of_one_provider_are_offered_for_another(parts: Parts, demo: DemoControl) -> None:
    with_verified_key(parts, demo.key)
    parts.until(lambda: parts.catalogue.current.models, "the models")
    parts.setup.back()
    parts.setup.choose_provider("groq")
    parts.setup.advance()
    parts.setup.skip()
    assert parts.setup.state.step is SetupStep.MODEL
    assert parts.catalogue.current.provider == "groq"
    assert parts.catalogue.current.models == ()
    assert parts.setup.can_skip


def test_a_server_of_ones_own(parts: Parts, demo: DemoControl) -> None:
    parts.setup.begin()
    parts.setup.choose_provider("openai_compatible")
    parts.setup.advance()
    for half in ("h", "http", "http://", "http://exa mple"):
        parts.setup.set_address(half)
        parts.setup.back()
        parts.setup.advance()
        assert parts.setup.state.step is SetupStep.KEY
    parts.setup.set_address("nonsense")
    parts.setup.entry.submit(None)
    assert parts.until_stage(*ENDED) is Stage.REFUSED
    parts.setup.set_address(demo.base_url)
    parts.setup.entry.submit(None)
    assert parts.until_stage(*ENDED) is Stage.VERIFIED
    parts.until(lambda: parts.catalogue.current.models, "the server's models")
    parts.setup.advance()
    assert parts.setup.state.step is SetupStep.MODEL
    parts.close()
    assert parts.saved.of("openai_compatible").base_url == demo.base_url
    assert parts.saved.provider == "openai_compatible"


def test_finishing_is_remembered(parts: Parts, demo: DemoControl, qtbot: object) -> None:
    finished: list[bool] = []
    parts.setup.finished.connect(lambda: finished.append(True))
    with_verified_key(parts, demo.key).setup.advance()
    parts.until_stage(Stage.UNSTORED)
    parts.setup.entry.keep(KeyStore.SESSION)
    parts.until(lambda: parts.setup.state.step is SetupStep.MODEL and parts.setup.state.model, "a model is chosen")
    parts.setup.advance()
    assert parts.setup.state.step is SetupStep.TRY
    parts.setup.set_tried()
    parts.setup.advance()
    parts.setup.advance()
    assert finished == [True]
    parts.close()
    assert parts.saved.setup_completed
    assert parts.saved.of("openrouter").model == parts.setup.state.model


def test_looking_at_another_provider_and_leaving_keeps_the_one_that_worked(parts: Parts, demo: DemoControl) -> None:
    parts.settings.update(setup_completed=True, openrouter_model="demo/model")
    parts.use_key(demo.key)
    parts.setup.begin(SetupStep.WELCOME)
    parts.setup.choose_provider("groq")
    parts.setup.advance()
    assert parts.settings.current.provider == "groq"
    parts.setup.end()
    assert parts.settings.current.provider == "openrouter"


# --- going on later


@pytest.mark.parametrize("step", [SetupStep.WELCOME, SetupStep.KEY, SetupStep.MODEL, SetupStep.TRY])
def test_it_goes_on_where_the_user_left(
    keyring_session: DesktopSession, make_parts: Callable[..., Parts], demo: DemoControl, step: SetupStep
) -> None:
    first = make_parts()
    first.setup.begin()
    if step is not SetupStep.WELCOME:
        first.setup.advance()
    if step in (SetupStep.MODEL, SetupStep.TRY):
        first.setup.entry.submit(demo.key)
        first.until_stage(Stage.VERIFIED)
        first.setup.advance()
        first.until(lambda: first.setup.state.step is SetupStep.MODEL and first.setup.state.model, "the model step")
    if step is SetupStep.TRY:
        first.setup.advance()
    assert first.setup.state.step is step
    first.close()

    second = make_parts()
    second.setup.begin()
    assert second.setup.state.step is step
    if step in (SetupStep.MODEL, SetupStep.TRY):
        second.until_stage(Stage.VERIFIED)
        assert second.key("openrouter") == demo.key
        assert second.setup.state.model == first.setup.state.model


def test_a_key_that_was_kept_for_one_session_is_asked_for_again(
    make_parts: Callable[..., Parts], demo: DemoControl
) -> None:
    first = with_verified_key(make_parts(), demo.key)
    first.setup.advance()
    first.until_stage(Stage.UNSTORED)
    first.setup.entry.keep(KeyStore.SESSION)
    first.until(lambda: first.setup.state.step is SetupStep.MODEL and first.setup.state.model, "the model step")
    first.setup.advance()
    first.close()
    assert first.saved.setup_step is SetupStep.TRY

    second = make_parts()
    second.setup.begin()
    assert second.setup.state.step is SetupStep.KEY
    assert stage_of(second.setup.key) is Stage.WAITING


def test_a_key_that_has_gone_from_the_keyring_is_asked_for_again(
    keyring_session: DesktopSession, make_parts: Callable[..., Parts], demo: DemoControl
) -> None:
    first = with_verified_key(make_parts(), demo.key)
    first.setup.advance()
    first.until(lambda: first.setup.state.step is SetupStep.MODEL, "the model step")
    first.close()
    keyring_session.clear_secrets()

    second = make_parts()
    second.setup.begin()
    assert stage_of(second.setup.key) is Stage.READING
    second.until_stage(Stage.WAITING)
    assert second.setup.state.step is SetupStep.KEY
    assert second.settings.current.of("openrouter").key_store is KeyStore.NONE


# keyring leaves its connection to the bus open when the store is locked.
@pytest.mark.filterwarnings("ignore:unclosed <socket.*/bus>:ResourceWarning")
def test_a_keyring_that_cannot_be_read_says_so_and_can_be_asked_again(
    keyring_session: DesktopSession, make_parts: Callable[..., Parts], demo: DemoControl
) -> None:
    first = with_verified_key(make_parts(), demo.key)
    first.setup.advance()
    first.until(lambda: first.setup.state.step is SetupStep.MODEL, "the model step")
    first.close()

    keyring_session.lock()  # without a display its password cannot be entered
    second = make_parts()
    second.setup.begin()
    second.until_stage(Stage.UNREADABLE)
    assert isinstance(second.setup.key.error, KeyringError)
    assert second.setup.state.step is SetupStep.KEY
    assert second.settings.current.of("openrouter").key_store is KeyStore.KEYRING, "the key is still there"
    keyring_session.kill_keyring()
    keyring_session.start_keyring()
    second.setup.entry.load()
    second.until_stage(Stage.VERIFIED)
    second.until(lambda: second.catalogue.current.models, "the models, with the key that is there now")


# --- leaving at any moment


@pytest.mark.parametrize("phase", [Stage.READING, Stage.CHECKING, Stage.STORING, Stage.UNREACHABLE])
def test_ending_in_the_middle_leaves_nothing_running(
    keyring_session: DesktopSession, make_parts: Callable[..., Parts], demo: DemoControl, phase: Stage
) -> None:
    """``qt_loop`` fails the test for a task, the guards for a line in the log."""
    parts = make_parts()
    if phase is Stage.READING:
        parts.settings.set(
            parts.settings.current.with_provider(
                "openrouter", key_status=KeyStatus.VERIFIED, key_store=KeyStore.KEYRING
            ).replace(setup_step=SetupStep.KEY)
        )
        parts.setup.begin()
    else:
        at_the_key(parts)
        if phase is Stage.CHECKING:
            demo.fault("key_timeout")
        if phase is Stage.UNREACHABLE:
            demo.fault("html_200", path="/key")
        parts.setup.entry.submit(demo.key)
        if phase is Stage.STORING:
            parts.until_stage(Stage.VERIFIED)
            parts.setup.advance()
        if phase is Stage.UNREACHABLE:
            parts.until_stage(Stage.UNREACHABLE)
    assert stage_of(parts.setup.key) is phase
    parts.close()
    assert parts.saved.setup_step is SetupStep.KEY


def test_ending_before_the_client_is_built_leaves_nothing_running(parts: Parts, demo: DemoControl) -> None:
    at_the_key(parts).setup.entry.submit(demo.key)
    parts.close()
    assert demo.requests("/key") == []

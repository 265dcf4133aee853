"""What the picker says of a model: whole sentences and facts, with the user's own numbers, dates and lists."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import Qt

from caal_desktop.catalogue.filters import FilterName
from caal_desktop.catalogue.fitness.competence import Competence
from caal_desktop.catalogue.fitness.evidence import NO_FIGURES, Figures, Measured
from caal_desktop.catalogue.listing import ListSection, MissingModel, SectionKind
from caal_desktop.catalogue.view import CatalogueView
from caal_desktop.item_models.model_list import HeadingRow, ModelRow, NoticeRow
from caal_desktop.llm.models.endpoints import EndpointInfo
from caal_desktop.llm.models.info import ModelInfo, PriceTier, Pricing, ReasoningPolicy
from caal_desktop.llm.models.key_info import Funds
from caal_desktop.widgets.picker.details.compare import CompareDialog, comparison
from caal_desktop.widgets.picker.details.fact_sheet import FactSheet
from caal_desktop.widgets.picker.details.model_facts import model_facts
from caal_desktop.widgets.picker.list.filter_texts import filter_help
from caal_desktop.widgets.picker.list.rows import entry_row, model_row

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytestqt.qtbot import QtBot

TODAY = date(2026, 8, 22)
MODEL = ModelInfo(
    id="maker/model",
    name="Model",
    vendor="Maker",
    created=datetime(2026, 3, 1, tzinfo=UTC),
    context_length=131_072,
    input_modalities=("text", "image", "smell"),
    output_modalities=("text",),
    supported_parameters=frozenset({"tools", "seed"}),
    default_parameters=(("temperature", 0.7),),
    reasoning=ReasoningPolicy(efforts=("low", "xhigh"), default_effort="low"),
    expiration_date=date(2026, 12, 1),
    pricing=Pricing(
        prompt=0.2,
        completion=1.25,
        tiers=(
            PriceTier(200_000, prompt=0.4, completion=2.5),
            PriceTier(0, prompt=0.1, utc_start=16 * 60 + 30, utc_end=24 * 60 + 30),
            PriceTier(1_000, prompt=0.3, utc_start=0, utc_end=60),
        ),
    ),
)

BETTER = replace(MODEL, id="maker/better", name="Better", expiration_date=None)


@pytest.fixture(autouse=True)
def american(set_locale: Callable[[str], None]) -> None:
    set_locale("en_US")


def plain(text: str) -> str:
    """Return the text with ordinary spaces in place of those that do not break."""
    return " ".join(text.split())


def facts(model: ModelInfo) -> dict[str, tuple[str, str, str]]:
    told = model_facts(model, Competence([model]))
    return {fact.key: (plain(fact.label), plain(fact.value), plain(fact.note)) for fact in told}


def view_of(*models: ModelInfo, figures: Figures = NO_FIGURES) -> CatalogueView:
    return CatalogueView(models, TODAY).with_figures(figures)


def row_of(model: ModelInfo, *others: ModelInfo, figures: Figures = NO_FIGURES) -> ModelRow:
    return model_row(model, view_of(model, *others, figures=figures))


def test_prices_that_hold_above_a_length_or_at_some_hours_are_told_whole() -> None:
    told = facts(MODEL)
    assert told["tier0"][:2] == ("Above 200,000 tokens", "$0.40 in · $2.50 out")
    assert told["tier1"][:2] == ("From 4:30 PM to 12:30 AM UTC", "$0.10 in")
    assert told["tier2"][:2] == ("Above 1,000 tokens, from 12:00 AM to 1:00 AM UTC", "$0.30 in")
    assert told["hour"][2] == ("An estimate: 60 exchanges an hour, the last 20 of them remembered, nothing cached.")


def test_what_a_local_server_tells_of_a_model() -> None:
    told = facts(replace(MODEL, parameter_count=8_200_000_000, quantization="Q4_K_M", file_size=5_225_388_164))
    assert told["size"][1] == "8.2B parameters"
    assert told["quantization"][1] == "Q4_K_M"
    assert told["disk"][1] == "5.2 GB"
    assert not {"size", "quantization", "disk", "remote"} & facts(MODEL).keys()


def test_a_model_that_runs_elsewhere_says_so() -> None:
    label, value, note = facts(replace(MODEL, remote_host="ollama.com"))["remote"]
    assert (label, value) == ("Runs at", "ollama.com")
    assert "leaves your network" in note


def test_names_from_the_wire_are_listed_in_words_where_they_have_some() -> None:
    told = facts(MODEL)
    assert told["takes"][1] == "text, images, and smell"
    assert told["thinks"][2] == "Efforts: low and very high. Usually: low."
    assert told["parameters"][1] == "seed and tools"
    assert told["defaults"][1] == "temperature = 0.7"


def test_another_region_has_its_own_figures(set_locale: Callable[[str], None]) -> None:
    set_locale("de_DE")
    told = facts(MODEL)
    assert told["prompt"][1].startswith("0,20 $ ")
    assert told["context"][1].startswith("131.072 ")
    assert told["created"][1] == "1. März 2026"
    assert told["tier1"][0] == "From 16:30 to 00:30 UTC"
    assert told["takes"][1] == "text, images und smell"
    row = row_of(MODEL, BETTER)
    assert "0,20 $ in, 1,25 $ out per million" in plain(row.summary)
    assert plain(row.warning) == "ends on 1. Dezember 2026"
    heading = entry_row(ListSection(SectionKind.FAVOURITES, "", 12_345), view_of())
    assert isinstance(heading, HeadingRow)
    assert (heading.count, heading.spoken) == ("12.345", "Favourites, 12.345 models")


def test_what_a_key_cannot_pay_for_says_so() -> None:
    plain_model = replace(MODEL, expiration_date=None)
    unusable = replace(plain_model, id="maker/draws", output_modalities=("image",))
    ended = replace(plain_model, id="maker/ended", expiration_date=TODAY - timedelta(days=1))
    free = replace(plain_model, id="maker/model:free", pricing=Pricing(prompt=0, completion=0))
    view = view_of(plain_model, MODEL, unusable, ended, free)

    def warnings(funds: Funds) -> list[str]:
        judged = view.with_figures(NO_FIGURES, funds)
        rows = [model_row(model, judged) for model in (plain_model, MODEL, unusable, ended, free)]
        assert all(row.warning in row.spoken for row in rows)
        return [row.warning.partition(" on ")[0] for row in rows]

    assert warnings(Funds.BOUGHT) == warnings(Funds.UNKNOWN) == ["", "ends", "gives no text", "ended", ""]
    assert warnings(Funds.NONE_BOUGHT) == ["needs credit", "needs credit", "gives no text", "ended", ""]
    assert warnings(Funds.SPENT)[:2] == ["over the key's limit"] * 2


def test_a_row_is_spoken_fact_by_fact() -> None:
    row = model_row(MODEL, view_of(BETTER, MODEL), is_favourite=True)
    begun = "Model, Maker, favourite, ≈ $0.061 an hour, $0.20 in, $1.25 out per million, other price above 1K, "
    assert plain(row.spoken).startswith(begun)
    assert row.spoken.endswith("131K context, fit for voice, can use tools, takes images, can think first, maker/model")
    notice = entry_row(MissingModel("maker/gone"), view_of())
    assert isinstance(notice, NoticeRow)
    assert notice.spoken == "maker/gone. In use, but not in the list (any more)"


def test_the_recommended_row_says_in_one_line_what_to_expect() -> None:
    row = row_of(MODEL)
    assert plain(row.summary) == "≈ 2 s of silence (its kind) · ≈ $0.061 an hour · can call tools"
    assert "Little is known of it" in row.spoken
    begun = "Model, Maker, A first guess, About 2 seconds of silence, judged by its kind, about $0.061 an hour, can"
    assert plain(row.spoken).startswith(begun)
    quick = Figures({MODEL.id: (EndpointInfo("Host", latency_ms=300.0, throughput_p75=100.0),)})
    row = row_of(MODEL, figures=quick)
    assert plain(row.summary) == "≈ 0.9 s of silence (its hosts) · ≈ $0.061 an hour · tools at its only host"
    assert "Recommended, About 0.9 s of silence by its hosts' figures, about $0.061" in plain(row.spoken)


def test_a_row_tells_the_silence_where_hosts_have_figures() -> None:
    told = Figures({MODEL.id: (EndpointInfo("Host", latency_ms=300.0, throughput_p75=100.0),)})
    view = view_of(BETTER, MODEL, figures=Figures({**told.hosts, BETTER.id: told.hosts[MODEL.id] * 2}))
    assert view.recommended == BETTER
    begun = "≈ 0.9 s of silence (its hosts) · ≈ $0.061 an hour · $0.20 in"
    assert plain(model_row(MODEL, view).summary).startswith(begun)
    assert "silence" not in row_of(MODEL, BETTER).spoken, "a kind's is no figure"


def test_a_row_says_which_evidence_its_silence_rests_on_and_where_the_model_stands() -> None:
    ranked = [replace(BETTER, id=f"maker/m{n:02}", agentic_index=float(n)) for n in range(24)]
    best = replace(BETTER, id="maker/best", agentic_index=99.0)
    row = row_of(best, *ranked, figures=Figures(measured={best.id: Measured(0.7, 3, TODAY)}))
    assert row.badge == "Recommended"
    told = "≈ 0.7 s of silence (measured) · ≈ $0.061 an hour · can call tools, place 1 of 25"
    assert plain(row.summary) == told
    assert (row.context, "131K context" in row.spoken) == ("", True), "the line has the room, and nothing is lost"
    assert "place 1 of 25 in acting with tools" in row.spoken
    other = replace(ranked[3], supported_parameters=frozenset({"seed"}))
    view = view_of(best, *ranked[:3], other, figures=Figures(measured={other.id: Measured(0.7, 3, TODAY)}))
    row = model_row(other, view)
    assert plain(row.summary).startswith("≈ 0.7 s of silence (measured) · ≈ $0.061 an hour · $0.20 in")
    assert row.context == "131K context"


def test_a_badge_says_how_much_is_known() -> None:
    """Figures recommend, the model's kind gives a guess, and where nothing is told there is no advice."""
    quick, slow = (EndpointInfo("Host", latency_ms=ms, throughput_p75=100.0) for ms in (300.0, 9_000.0))
    assert row_of(MODEL).badge == "A first guess"
    assert row_of(MODEL, figures=Figures({MODEL.id: (quick,)})).badge == "Recommended"
    assert row_of(MODEL, figures=Figures({MODEL.id: (slow,)})).badge == ""
    assert row_of(ModelInfo("llama3.2", "llama3.2")).badge == ""
    assert row_of(MODEL, BETTER).badge == ""


def test_a_model_that_may_have_to_think_is_not_said_to_be_free_of_it() -> None:
    may = replace(MODEL, reasoning=None, supported_parameters=frozenset({"tools", "reasoning"}))
    assert facts(may)["thinks"][1] == "possible; more is not told"
    row = row_of(may)
    assert "can think first" in row.spoken
    assert "fit for voice" not in row.spoken
    never = replace(MODEL, reasoning=None)
    assert facts(never)["thinks"][1] == "no"
    assert "think" not in row_of(never).spoken


def test_details_and_comparison_are_judged_by_the_figures_of_hosts(qtbot: QtBot) -> None:
    sheet = FactSheet(name="sheet")
    qtbot.addWidget(sheet)
    sheet.show_model(MODEL, view_of(MODEL))
    assert "judged by its kind" in sheet.toPlainText()
    slow = Figures({MODEL.id: (EndpointInfo("Host", latency_ms=9_000.0, throughput_p75=100.0),)})
    sheet.show_model(MODEL, view_of(MODEL, figures=slow))
    assert "by its hosts' figures" in sheet.toPlainText()
    assert "judged by its kind" not in sheet.toPlainText()
    assert comparison([MODEL], view_of(MODEL))[1][0] == ["fit"]
    assert "by its hosts' figures" in comparison([MODEL], view_of(MODEL, figures=slow))[1][0][0]


def test_the_place_in_acting_with_tools_is_told_with_what_it_is_worth(qtbot: QtBot) -> None:
    models = [replace(MODEL, id=f"maker/m{number:02}", agentic_index=float(number)) for number in range(25)]
    view = view_of(*models, MODEL)
    sheet = FactSheet(name="sheet")
    qtbot.addWidget(sheet)
    sheet.show_model(models[20], view)
    told = sheet.toPlainText()
    assert "by Artificial Analysis" in told
    assert "5 of 25\nMeasured with full thinking" in told
    labels, cells = comparison([models[20], MODEL, models[24]], view)
    assert cells[labels.index("Place in acting with tools")] == ["5 of 25", "—", "1 of 25"]


def test_a_model_that_is_being_read_about_stays_where_it_is_when_it_is_judged_anew(qtbot: QtBot) -> None:
    sheet = FactSheet(name="sheet")
    qtbot.addWidget(sheet)
    sheet.resize(300, 120)
    sheet.show()
    sheet.show_model(MODEL, view_of(MODEL))
    bar = sheet.verticalScrollBar()
    bar.setValue(80)
    figures = Figures({MODEL.id: (EndpointInfo("Host", latency_ms=900.0, throughput_p75=100.0),)})
    sheet.show_model(MODEL, view_of(MODEL, figures=figures))
    assert bar.value() == 80
    sheet.show_model(BETTER, view_of(BETTER))
    assert bar.value() == 0


def test_what_a_long_context_holds_is_told_in_tokens() -> None:
    assert filter_help(FilterName.LONG_CONTEXT) == "Holds at least 200,000 tokens in mind."


def test_a_cell_of_the_comparison_is_spoken_with_its_model_and_fact(qtbot: QtBot) -> None:
    dialog = CompareDialog([MODEL, MODEL], view_of(MODEL))
    qtbot.addWidget(dialog)
    item = dialog.table.item(2, 0)
    assert item is not None
    assert plain(item.text()).startswith("about $0.0")
    assert item.data(Qt.ItemDataRole.AccessibleTextRole) == f"Model, An hour of talking: {item.text()}"
    assert item.toolTip() == f"An hour of talking: {item.text()}"

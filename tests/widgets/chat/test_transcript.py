"""The conversation on the screen: following, selecting, copying, links, many messages, the keyboard."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QAction, QGuiApplication, QTextCursor
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QDialog, QMessageBox

from caal_desktop.services.chat.conversation import AnswerFacts, ChatMessage, Conversation, Role, ToolCallText
from caal_desktop.widgets.chat.transcript.message_footer import MessageFooter
from caal_desktop.widgets.chat.transcript.text_export import plain_text
from caal_desktop.widgets.common import design
from tests.support.qt_loop import turn

if TYPE_CHECKING:
    from caal_desktop.widgets.markdown.parse.sanitize import SafeLink
    from tests.support.demo import DemoControl
    from tests.widgets.chat.conftest import ChatWindow


def conversation(*texts: str) -> Conversation:
    """Return a conversation of alternating messages, the user's first."""
    result, last = Conversation(), None
    for number, text in enumerate(texts):
        role = Role.ASSISTANT if number % 2 else Role.USER
        message = ChatMessage(role, [text], facts=AnswerFacts("m") if number % 2 else None)
        result.add(message, last)
        last = message
    return result


def show(chat_window: ChatWindow, *texts: str) -> None:
    chat_window.chat.show_conversation(conversation(*texts))
    chat_window.until(lambda: not chat_window.view.renderer.is_rendering, "all of it on the screen")
    turn(3)


def clipboard() -> str:
    return QGuiApplication.clipboard().text()


def point_of(chat_window: ChatWindow, index: int, position: int) -> QPoint:
    """Return where a character of a message is in the viewport."""
    view, item = chat_window.view, chat_window.view.items[index]
    assert item.body is not None
    document = item.body.document
    block = document.findBlock(position)
    line = block.layout().lineForTextPosition(position - block.position())
    x, _ = line.cursorToX(position - block.position())  # type: ignore[misc]
    rect = document.documentLayout().blockBoundingRect(block)
    inner = QPointF(rect.left() + x + 1, rect.top() + line.y() + line.height() / 2)
    point = inner + QPointF(item.body.left + view.column.left, item.body.top + view.column.top_of(index))
    return point.toPoint()


# --- following


def test_the_end_is_followed_only_while_it_is_on_the_screen(chat_window: ChatWindow, demo: DemoControl) -> None:
    demo.fault("huge_answer", 20_000, times=1)
    chat_window.ask("Hello")
    bar = chat_window.view.verticalScrollBar()
    assert bar.value() == bar.maximum() > 0
    bar.setValue(bar.value() - 300)
    turn(3)
    assert chat_window.find("chat.latest")
    position = bar.value()
    request = chat_window.window.control.request()
    assert request is not None
    chat_window.chat.regenerate(1, request)
    chat_window.ended()
    bar.setValue(0)
    turn(3)
    demo.fault("slow_first_token", 0.2, times=1)
    chat_window.chat.continue_answer(request)
    chat_window.ended()
    assert bar.value() == 0 != position, "an answer that grows does not move what is read"
    chat_window.click("chat.latest") if chat_window.find("chat.latest") else None
    assert bar.value() == bar.maximum()
    assert not chat_window.find("chat.latest")


def test_the_first_step_up_is_not_lost(chat_window: ChatWindow) -> None:
    show(chat_window, "a", "word " * 3000)
    bar = chat_window.view.verticalScrollBar()
    assert bar.value() == bar.maximum()
    bar.setValue(0)
    turn(3)
    assert bar.value() == 0


# --- many messages


def test_a_long_conversation_builds_what_is_near_the_screen(chat_window: ChatWindow) -> None:
    show(chat_window, *(f"{number} **bold** " + "text " * 40 for number in range(2000)))
    view = chat_window.view
    assert view.items[-1].is_built
    assert sum(item.is_built for item in view.items) < 60
    bar = view.verticalScrollBar()
    for share in (0.5, 0.1, 0.9, 0.0):
        bar.setValue(round(bar.maximum() * share))
        turn(5)
        assert all(view.items[index].is_built for index in view.column.visible())
    assert sum(item.is_built for item in view.items) <= 80
    assert sum(item.footer is not None for item in view.items) < 60
    for step in range(30):
        bar.setValue(step * 3000)
    assert len(view.findChildren(MessageFooter)) < 60, "they serve one message after another"


def test_an_answer_that_streams_keeps_what_is_drawn_of_it(chat_window: ChatWindow, demo: DemoControl) -> None:
    show(chat_window, *(f"{number} " + "text " * 40 for number in range(400)))
    demo.fault("slow_trickle", 20, times=1)
    chat_window.begin("Hello")
    view, answer = chat_window.view, chat_window.chat.messages[-1]
    chat_window.until(lambda: answer.text, "the first words")
    assert view.items[-1].message is answer
    bar = view.verticalScrollBar()
    for step in range(12):
        bar.setValue(step * 1500)
        turn(3)
    assert not view.items[-20].is_built, "others that are far from the screen are given up"
    assert view.items[-1].is_built
    chat_window.chat.stop()
    chat_window.until(lambda: not chat_window.chat.is_busy, "the end")


def test_what_is_read_stays_while_estimates_are_corrected(chat_window: ChatWindow) -> None:
    show(chat_window, *(f"{number} " + "- item\n" * (number % 30) for number in range(400)))
    view = chat_window.view
    view.verticalScrollBar().setValue(view.verticalScrollBar().maximum() // 2)
    # The message at the upper edge: those below it move while the rest of its own text is still being rendered, which
    # takes as many frames as the machine needs.
    index = view.column.locate(QPointF(0, design.GRID * 2))[0]
    before, estimated = view.column.top_of(index), sum(item.height for item in view.items[:index])
    turn(30)
    assert sum(item.height for item in view.items[:index]) != estimated
    assert abs(view.column.top_of(index) - before) <= 2


def test_a_long_answer_is_finished_when_it_comes_near_the_screen_again(chat_window: ChatWindow) -> None:
    chat_window.chat.show_conversation(conversation(*["few words"] * 99, "Word after word.\n\n" * 20_000))
    view = chat_window.view
    assert view.renderer.is_rendering, "one frame is too short for it"
    view.verticalScrollBar().setValue(0)
    for _ in range(5):
        turn(5)
    assert view.renderer.is_rendering, "what is not on the screen is left for later"
    view.follow_end()
    chat_window.until(lambda: not view.renderer.is_rendering, "the rest of it")


# --- selecting and copying


def test_a_selection_runs_across_messages(chat_window: ChatWindow) -> None:
    show(chat_window, "first question", "An *answer* here.", "second question")
    viewport = chat_window.view.viewport()
    QTest.mousePress(viewport, Qt.MouseButton.LeftButton, pos=point_of(chat_window, 0, 6))
    QTest.mouseMove(viewport, point_of(chat_window, 2, 6))
    QTest.mouseRelease(viewport, Qt.MouseButton.LeftButton, pos=point_of(chat_window, 2, 6))
    chat_window.view.setFocus()
    QTest.keyClick(chat_window.view, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert clipboard() == "question\n\nAn answer here.\n\nsecond"
    chat_window.view.text.copy_markdown()
    assert "An *answer* here." in clipboard()
    QTest.keyClick(chat_window.view, Qt.Key.Key_Escape)
    assert chat_window.view.selection.is_empty


def test_a_click_with_shift_goes_on_with_the_selection(chat_window: ChatWindow) -> None:
    show(chat_window, "first question", "An answer.")
    viewport, left = chat_window.view.viewport(), Qt.MouseButton.LeftButton
    QTest.mouseClick(viewport, left, pos=point_of(chat_window, 0, 6))
    assert chat_window.view.selection.is_empty
    QTest.mouseClick(viewport, left, Qt.KeyboardModifier.ShiftModifier, point_of(chat_window, 0, 14))
    assert chat_window.view.selection.plain_text() == "question"


def test_another_conversation_takes_nothing_over(chat_window: ChatWindow) -> None:
    show(chat_window, "question", "```\ncode\n```")
    chat_window.view.text.select_all()
    assert chat_window.find("chat.code.1.1")
    show(chat_window, "other question", "No code.")
    assert chat_window.view.selection.is_empty
    assert not chat_window.find("chat.code.1.1")


def test_everything_is_selected_and_copied_by_keyboard(chat_window: ChatWindow) -> None:
    show(chat_window, "question", "- one\n- two\n\n| a | b |\n|--|--|\n| 1 | 2 |\n\n```py\nx = 1\n\ny\n```\n")
    chat_window.view.setFocus()
    QTest.keyClick(chat_window.view, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    QTest.keyClick(chat_window.view, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert clipboard() == "question\n\n• one\n• two\n\na\tb\n1\t2\n\nx = 1\n\ny"


def test_a_long_paragraph_is_copied_in_one_line() -> None:
    text = "word " * 2000
    assert plain_text(ChatMessage(Role.ASSISTANT, [text])) == text.strip()


def test_a_message_is_copied_by_its_buttons(chat_window: ChatWindow) -> None:
    show(chat_window, "question", "Some **bold** words.")
    chat_window.click("chat.message.1.copy")
    assert clipboard() == "Some bold words."
    footer = chat_window.view.items[1].footer
    assert footer is not None
    footer._fill_menu()
    action = footer.findChild(QAction, "chat.message.1.menu.copy_markdown")
    assert action is not None
    action.trigger()
    assert clipboard() == "Some **bold** words."


def test_a_code_block_has_its_copy_button(chat_window: ChatWindow) -> None:
    show(chat_window, "question", "Look:\n\n```python\ndef f():\n    return 1\n```\n\n```\nother\n```\n")
    chat_window.click("chat.code.1.1")
    assert clipboard() == "def f():\n    return 1"
    chat_window.click("chat.code.1.2")
    assert clipboard() == "other"


# --- links and hostile answers


def link_position(chat_window: ChatWindow, word: str) -> QPoint:
    item = chat_window.view.items[1]
    assert item.body is not None
    found = item.body.document.find(word)
    assert isinstance(found, QTextCursor)
    return point_of(chat_window, 1, found.selectionStart() + 1)


def test_a_link_is_opened_after_its_target_was_shown(chat_window: ChatWindow, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []
    monkeypatch.setattr(
        "caal_desktop.widgets.markdown.link_dialog.QDesktopServices.openUrl", lambda url: opened.append(url.toString())
    )
    show(chat_window, "question", "See [my bank](https://evil.example/login?x=1) now.")
    QTest.mouseClick(chat_window.view.viewport(), Qt.MouseButton.LeftButton, pos=link_position(chat_window, "my bank"))
    (dialog,) = chat_window.window.findChildren(QMessageBox, "chat.link")
    assert "evil.example" in dialog.text()
    assert "https://evil.example/login?x=1" in dialog.informativeText()
    assert opened == []
    assert dialog.defaultButton() is dialog.button(QMessageBox.StandardButton.Cancel)
    next(button for button in dialog.buttons() if button.objectName() == "chat.link.open").click()
    assert opened == ["https://evil.example/login?x=1"]
    turn(3)


def test_a_link_can_be_selected(chat_window: ChatWindow) -> None:
    show(chat_window, "question", "See [my bank](https://evil.example/login?x=1) now.")
    viewport, left = chat_window.view.viewport(), Qt.MouseButton.LeftButton
    start = link_position(chat_window, "my bank")
    QTest.mousePress(viewport, left, pos=start)
    QTest.mouseMove(viewport, link_position(chat_window, "bank"))
    QTest.mouseRelease(viewport, left, pos=link_position(chat_window, "bank"))
    assert chat_window.view.selection.plain_text() == "y b"
    assert chat_window.window.findChildren(QMessageBox, "chat.link") == []


@pytest.mark.parametrize(
    "answer",
    [
        "[click](javascript:alert(1)) [file](file:///etc/passwd) [data](data:text/html,x) [user](https://a@evil.example)",
        "<a href='https://evil.example'>x</a><img src='https://evil.example/x.png'><script>alert(1)</script>",
        "![x](https://evil.example/leak.png) ![y](file:///etc/passwd)",
        "\u202eabc\u2066 \x1b[31m \x00 \u2028 \ufdd0\ufdd1 \ufffc",
        "`" * 5000 + "[" * 3000 + "*_" * 3000,
        "> " * 500 + "deep",
        "| a |\n|---|\n" + "| x |\n" * 300,
    ],
)
def test_a_hostile_answer_does_nothing(chat_window: ChatWindow, answer: str) -> None:
    links: list[SafeLink] = []
    chat_window.view.text.linkActivated.connect(links.append)
    show(chat_window, answer, answer)
    viewport = chat_window.view.viewport()
    for y in range(2, viewport.height(), 17):
        for x in range(60, viewport.width() - 60, 61):
            QTest.mouseClick(viewport, Qt.MouseButton.LeftButton, pos=QPoint(x, y))
    # What is clicked is only ever asked about, and only what leads where it says.
    assert all(link.href.startswith("https://evil.example") for link in links)
    for dialog in chat_window.window.findChildren(QMessageBox):
        dialog.close()
    chat_window.view.text.select_all()
    assert "\u202e" not in chat_window.view.selection.plain_text() or "\u202e" in answer
    turn(3)


# --- steering


@pytest.mark.parametrize("arguments", ["[" * 100_000, '{"a":' * 5_000 + "1" + "}" * 5_000])
def test_hostile_arguments_of_a_tool_are_shown_as_they_came(chat_window: ChatWindow, arguments: str) -> None:
    conversation = Conversation()
    question = ChatMessage(Role.USER, ["Go"])
    conversation.add(question, None)
    call = ToolCallText("tool", arguments, "1")
    conversation.add(ChatMessage(Role.ASSISTANT, facts=AnswerFacts("m"), tool_calls=[call]), question)
    chat_window.chat.show_conversation(conversation)
    turn(3)
    assert arguments[:4] in chat_window.view.items[1].documents[1].document.toPlainText()


def test_an_answer_has_versions_and_a_question_wordings(chat_window: ChatWindow) -> None:
    chat_window.ask("Hello")
    chat_window.click("chat.message.1.regenerate")
    chat_window.ended()
    assert chat_window.button("chat.message.1.version").text() == "2/2"  # type: ignore[attr-defined]
    chat_window.click("chat.message.1.previous")
    assert chat_window.button("chat.message.1.version").text() == "1/2"  # type: ignore[attr-defined]
    chat_window.window.page.composer.set_text("a draft")
    chat_window.click("chat.message.0.edit")
    assert chat_window.window.page.composer.text == "Hello"
    chat_window.press(Qt.Key.Key_Escape)
    assert chat_window.window.page.composer.text == "a draft"
    chat_window.click("chat.message.0.edit")
    chat_window.window.page.composer.set_text("Good morning")
    chat_window.press(Qt.Key.Key_Return)
    chat_window.ended()
    assert chat_window.chat.messages[0].text == "Good morning"
    assert chat_window.window.page.composer.text == "a draft", "nothing typed is lost"
    assert chat_window.button("chat.message.0.version").text() == "2/2"  # type: ignore[attr-defined]


def test_nothing_can_be_asked_while_an_answer_is_on_its_way(chat_window: ChatWindow, demo: DemoControl) -> None:
    chat_window.ask("Hello")
    again = ("chat.message.0.edit", "chat.message.1.regenerate")
    assert all(chat_window.button(name).isEnabled() for name in again)
    demo.fault("slow_trickle", 20, times=1)
    chat_window.begin("Hello again")
    chat_window.until(lambda: chat_window.chat.messages[-1].text, "the first words")
    assert not any(chat_window.button(name).isEnabled() for name in again)
    chat_window.chat.stop()
    chat_window.until(lambda: not chat_window.chat.is_busy, "the end")
    assert all(chat_window.button(name).isEnabled() for name in again)
    assert chat_window.find("chat.message.3.continue"), "it was stopped, and it is the last one"
    chat_window.ask("And now")
    assert not chat_window.find("chat.message.3.continue")
    chat_window.chat.delete(5)
    chat_window.chat.delete(4)
    assert chat_window.find("chat.message.3.continue"), "it is the last one again"


def test_a_new_wording_finds_its_message_wherever_that_stands_now(chat_window: ChatWindow) -> None:
    chat_window.ask("One")
    chat_window.ask("Two")
    chat_window.click("chat.message.2.edit")
    chat_window.chat.delete(0)
    chat_window.window.page.composer.set_text("Three")
    chat_window.press(Qt.Key.Key_Return)
    chat_window.ended()
    assert [message.text for message in chat_window.chat.messages][1] == "Three"
    assert len(chat_window.chat.messages) == 3
    assert chat_window.window.page.composer.text == ""


def test_a_new_wording_outlives_its_message(chat_window: ChatWindow) -> None:
    chat_window.ask("One")
    chat_window.window.page.composer.set_text("a draft")
    chat_window.click("chat.message.0.edit")
    chat_window.window.page.composer.set_text("One more")
    chat_window.chat.delete(0)
    assert not chat_window.window.page.is_editing
    assert chat_window.window.page.composer.text == "a draft\n\nOne more", "nothing typed is lost"


def test_a_new_wording_that_cannot_be_sent_stays(chat_window: ChatWindow) -> None:
    chat_window.ask("One")
    chat_window.parts.settings.update(openrouter_model="")
    chat_window.click("chat.message.0.edit")
    chat_window.window.page.composer.set_text("Another")
    chat_window.press(Qt.Key.Key_Return)
    assert chat_window.window.page.is_editing, "a model is to be chosen first"
    assert chat_window.window.page.composer.text == "Another"
    assert [message.text for message in chat_window.chat.messages][:1] == ["One"]
    chat_window.window.findChild(QDialog, "picker").reject()


def test_reasoning_is_folded(chat_window: ChatWindow) -> None:
    settings = chat_window.parts.settings
    settings.set(settings.current.with_model("deepseek/deepseek-r1-0528"))
    answer = chat_window.ask("Hello")
    assert answer.reasoning
    item = chat_window.view.items[1]
    assert item.fold is not None
    assert item.fold.text().startswith("Thought for")
    assert len(item.documents) == 1
    QTest.keyClick(item.fold, Qt.Key.Key_Space)
    turn(2)
    assert len(item.documents) == 2
    assert not chat_window.view.is_following, "what was opened stays where it is"
    assert answer.reasoning.split()[0] in item.documents[0].document.toPlainText()


def test_facts_and_the_conversations_total_are_shown(chat_window: ChatWindow) -> None:
    chat_window.ask("Hello")
    facts = chat_window.button("chat.message.1.facts").text()  # type: ignore[attr-defined]
    for part in ("first word after", "tokens in", "openai/gpt-5.4-nano via OpenAI", "$"):
        assert part in facts
    chat_window.ask("And more")
    assert "2 answers" in chat_window.button("chat.total").text()  # type: ignore[attr-defined]


def test_the_buttons_of_a_message_are_reached_by_tab(chat_window: ChatWindow) -> None:
    show(chat_window, "question", "answer")
    chat_window.view.setFocus()
    names = set()
    for _ in range(60):
        focus = chat_window.window.focusWidget()
        names.add(focus.objectName())
        QTest.keyClick(focus, Qt.Key.Key_Tab)
    assert {"chat.message.0.edit", "chat.message.1.copy", "chat.message.1.regenerate", "chat.composer.edit"} <= names


def test_colours_and_font_are_followed(chat_window: ChatWindow) -> None:
    show(chat_window, "question", "# Title\n\ntext")
    before = chat_window.view.items[1].height
    font = chat_window.view.font()
    font.setPointSizeF(font.pointSizeF() * 2)
    chat_window.view.setFont(font)
    turn(3)
    assert chat_window.view.items[1].height > before * 1.2

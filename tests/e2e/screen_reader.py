"""Reads a program's windows through AT-SPI, as a screen reader does. Runs in the system's Python, which has pyatspi.

Started by :mod:`tests.e2e.program`. One JSON object a line: reads ``{"pid": N}`` and answers with a list of what that
process shows; reads ``{"pid": N, "press": "object.name"}`` and presses that control; reads
``{"pid": N, "texts": true}`` and answers with every text that can be asked for, of whatever there is, shown or not;
reads ``{"pid": N, "where": "object.name"}`` and answers with the middle of that control on the screen.
"""

from __future__ import annotations

import json
import sys

import gi

gi.require_version("Atspi", "2.0")
from gi.repository import Atspi, GLib  # noqa: E402

# A list of hundreds of models is not read row by row: the chosen row is enough.
_LISTS = {Atspi.Role.LIST, Atspi.Role.TABLE, Atspi.Role.TREE_TABLE, Atspi.Role.TREE}
_STATES = ("focused", "enabled", "checked", "active", "editable", "is_default", "modal", "selected")
_TEXTS = {Atspi.Role.TEXT, Atspi.Role.PASSWORD_TEXT, Atspi.Role.ENTRY, Atspi.Role.PARAGRAPH, Atspi.Role.DOCUMENT_TEXT}


def program(pid: int):
    """The program's accessible root, or None while it has not registered."""
    desktop = Atspi.get_desktop(0)
    desktop.clear_cache()
    for index in range(desktop.get_child_count()):
        child = desktop.get_child_at_index(index)
        if child is not None and child.get_process_id() == pid and child.get_child_count():
            # Qt registers a program twice, the first time before it has its name; that entry stays empty.
            return child
    return None


def describe(node) -> dict:
    """What a screen reader would say of one control."""
    states = node.get_state_set()
    found = {
        "id": node.get_accessible_id(),
        "role": node.get_role_name(),
        "name": node.get_name(),
        "about": node.get_description(),
        "states": [name for name in _STATES if states.contains(getattr(Atspi.StateType, name.upper()))],
    }
    if node.get_role() in _TEXTS and (text := node.get_text_iface()) is not None:
        found["text"] = Atspi.Text.get_text(text, 0, -1)
    return found


def visible(node, depth: int = 0):
    """Every control that is shown, from the outside in."""
    for index in range(node.get_child_count()):
        child = node.get_child_at_index(index)
        if child is None or not child.get_state_set().contains(Atspi.StateType.SHOWING):
            continue
        yield child
        if child.get_role() in _LISTS:
            selection = child.get_selection_iface()
            for number in range(Atspi.Selection.get_n_selected_children(selection) if selection else 0):
                yield Atspi.Selection.get_selected_child(selection, number)
        elif depth < 40:
            yield from visible(child, depth + 1)


def texts(node, depth: int = 0):
    """Every text that a control has, and those of all that is in it."""
    yield from (node.get_name(), node.get_description())
    if hasattr(node, "get_help_text"):  # since AT-SPI 2.52
        yield node.get_help_text()
    if (text := node.get_text_iface()) is not None:
        yield Atspi.Text.get_text(text, 0, -1)
    # The first rows of a list tell how its rows are made.
    count = node.get_child_count()
    for index in range(min(count, 5) if node.get_role() in _LISTS else count):
        child = node.get_child_at_index(index)
        if child is not None and depth < 60:
            yield from texts(child, depth + 1)


def answer(question: dict) -> object:
    """Do what one line asks for."""
    root = program(question["pid"])
    if root is None:
        return []
    root.clear_cache()
    if "texts" in question:
        return [text for text in texts(root) if text]
    if "where" in question:
        for node in visible(root):
            if node is not None and node.get_accessible_id().endswith(question["where"]):
                box = Atspi.Component.get_extents(node.get_component_iface(), Atspi.CoordType.SCREEN)
                return [box.x + box.width // 2, box.y + box.height // 2]
        return []
    if "press" not in question:
        return [describe(node) for node in visible(root) if node is not None]
    for node in visible(root):
        if node is not None and node.get_accessible_id().endswith(question["press"]):
            return bool(Atspi.Action.do_action(node.get_action_iface(), 0))
    return False


def main() -> None:
    """Answer until standard input ends."""
    Atspi.init()
    for line in sys.stdin:
        try:
            result: object = answer(json.loads(line))
        except GLib.Error as error:  # a control went away while it was read
            result = {"error": str(error)}
        sys.stdout.write(json.dumps(result) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()

"""Search as you type among hundreds or thousands of models.

An index of words is built once. A query is cut into terms; each term is compared with the list's vocabulary (a few
thousand words), not with its rows, and the rows are found through the words. Every term must be met; where no row meets
them all, the rows that meet most are shown.
"""

from __future__ import annotations

from collections import OrderedDict
from functools import lru_cache
from itertools import pairwise, zip_longest
from typing import TYPE_CHECKING, NamedTuple

from caal_desktop.catalogue.search.highlights import Spans, spans_in
from caal_desktop.catalogue.search.makers import KNOWN_MAKERS, WELL_KNOWN_MAKERS, maker_of
from caal_desktop.catalogue.search.tokenizer import Atom, atoms, compounds, joined_versions
from caal_desktop.catalogue.search.vocabulary import INFIX, Vocabulary
from caal_desktop.catalogue.usability import can_chat

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from caal_desktop.llm.models.info import ModelInfo

MAX_QUERY_LENGTH = 200
MAX_TERMS = 12
_CACHED_TERMS = 256

_VENDOR_SHARE = 0.8  # a vendor's name tells less than a model's

# What a term is worth among others.
_WORD_WEIGHT, _NUMBER_WEIGHT, _VARIANT_WEIGHT = 1.0, 0.9, 0.5

# Points beside the share of the terms that are met (0 to 100).
_NEIGHBOURS = 4.0
_WHOLE_NAME = 25.0
_RECENCY = 9.0
_KNOWN_MAKER = 2.0
_PER_EXTRA_ATOM = 1.2
# What a user gets only by asking for it, and how many points it loses otherwise.
_PENALTIES = {
    "batch": 25.0,
    "free": 9.0,
    "latest": 8.0,
    "thinking": 4.0,
    "preview": 1.0,
    "exp": 3.0,
    "alpha": 3.0,
    "beta": 3.0,
    "image": 5.0,
    "audio": 5.0,
    "guard": 5.0,
    "safeguard": 5.0,
    "safety": 5.0,
    "codex": 3.0,
    "coder": 3.0,
    "code": 3.0,
    "vl": 3.0,
    "vision": 4.0,
    "omni": 3.0,
    "customtools": 5.0,
    "contributor": 5.0,
    "distill": 3.0,
    "research": 3.0,
    "multi": 3.0,
}
_CANNOT_CHAT = 10.0
_MAKERS = WELL_KNOWN_MAKERS | KNOWN_MAKERS


class SearchResult(NamedTuple):
    """What a query found.

    Attributes:
        rows: numbers of the models in the indexed list, best first.
        is_exact: whether they meet every term; if not, they are the nearest.
    """

    rows: list[int]
    is_exact: bool


class _Term(NamedTuple):
    text: str
    is_last: bool
    weight: float


class SearchIndex:
    """The words of a list of models, ready to be searched. Immutable from outside; searching fills a small cache."""

    def __init__(self, models: Sequence[ModelInfo]) -> None:
        """Index the models.

        Args:
            models: in the order in which they are to be given for an empty query.
        """
        self._models = tuple(models)
        self._rows_by_word: dict[str, list[int]] = {}
        self._vendor_rows_by_word: dict[str, list[int]] = {}
        self._whole_names: dict[str, list[int]] = {}
        self._bases: list[float] = []
        self._penalised_rows: dict[str, list[int]] = {}
        self._fill()
        self._vocabulary = Vocabulary(self._rows_by_word.keys() | self._vendor_rows_by_word.keys())
        self._met: OrderedDict[tuple[str, bool], dict[int, float]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._models)

    def find(self, query: str) -> SearchResult:
        """Return the rows that meet the query; all of them in their own order for an empty one."""
        terms = self._terms(query)
        if not terms:
            return SearchResult(list(range(len(self._models))), True)
        met = [self._rows_meeting(term) for term in terms]
        meeting_all = set(met[0]).intersection(*met[1:])
        rows = sorted(meeting_all or _rows_meeting_most(terms, met))
        # Column by column: tuples for each row would keep the garbage collector busy for longer than the sums take.
        scores = [self._bases[row] for row in rows]
        scale = 100 / sum(term.weight for term in terms)
        for found, term in zip(met, terms, strict=True):
            weight = term.weight * scale
            scores = [score + found.get(row, 0.0) * weight for score, row in zip(scores, rows, strict=True)]
        bonuses = self._bonuses(query, terms)
        if bonuses:
            scores = [score + bonuses.get(row, 0.0) for score, row in zip(scores, rows, strict=True)]
        places = sorted(range(len(rows)), key=scores.__getitem__, reverse=True)  # stable: equals keep the list's order
        return SearchResult([rows[place] for place in places], bool(meeting_all))

    def span_finder(self, query: str) -> Callable[[str], Spans]:
        """Return a function that finds the query's terms in a text, for many texts and one query."""
        meanings = [
            (term.text, self._vocabulary.meanings(term.text, is_last=term.is_last)) for term in self._terms(query)
        ]
        return lambda text: spans_in(text, meanings)

    def _fill(self) -> None:
        newest = max((model.created for model in self._models if model.created), default=None)
        for row, model in enumerate(self._models):
            slug = model.id.rpartition("/")[2]
            slug_atoms, name_atoms = atoms(slug), atoms(model.name)
            makers = _maker_words(model.author, model.vendor)
            # A maker's name in front of a model's ("Google Gemini Latest") is no more than the vendor's own column.
            own = _indexed_words(slug_atoms) | (_indexed_words(name_atoms) - makers)
            for word in own:
                self._rows_by_word.setdefault(word, []).append(row)
            for word in makers - own:
                self._vendor_rows_by_word.setdefault(word, []).append(row)
            compact_slug = _compact(slug_atoms)
            for whole in {compact_slug, _compact(name_atoms), _compact_author(model.author) + compact_slug}:
                self._whole_names.setdefault(whole, []).append(row)
            base = -_PER_EXTRA_ATOM * min(len(slug_atoms), 10)
            if model.created is not None and newest is not None:
                base += _RECENCY * 0.5 ** ((newest - model.created).days / 365)
            if maker_of(model.id) in _MAKERS:
                base += _KNOWN_MAKER
            for word, points in _PENALTIES.items():
                if word in own:
                    base -= points
                    self._penalised_rows.setdefault(word, []).append(row)
            if not can_chat(model) and model.variant != "batch":
                base -= _CANNOT_CHAT
            self._bases.append(base)

    def _terms(self, query: str) -> list[_Term]:
        query = query[:MAX_QUERY_LENGTH]
        texts = self._merged(atoms(self._with_versions(query)))[:MAX_TERMS]
        if texts and texts[-1][0].isdigit() and query.rstrip().endswith("."):
            texts[-1] += "."  # 5. is on the way to 5.4
        last = len(texts) - 1
        return [_Term(text, place == last, _weight(text)) for place, text in enumerate(texts)]

    def _with_versions(self, query: str) -> str:
        joined = joined_versions(query)
        if joined == query:
            return query
        # 4-5 stands for 4.5 only where such a version is listed; 02-23 stays a date.
        return joined if all(piece.text in self._vocabulary for piece in atoms(joined) if "." in piece.text) else query

    def _merged(self, pieces: list[Atom]) -> list[str]:
        """Join single letters to the number that they were typed with: ``4o``, ``o3``, ``70b``, ``k2.6``."""
        texts: list[str] = []
        index = 0
        while index < len(pieces):
            end, run, listed_end, listed = index + 1, pieces[index].text, index + 1, ""
            while end < len(pieces) and pieces[end - 1].end == pieces[end].start:
                if any(not piece.is_number and len(piece.text) > 1 for piece in pieces[index : end + 1]):
                    break
                run += pieces[end].text
                end += 1
                if self._vocabulary.begins_a_word(run):
                    listed_end, listed = end, run
            # An unlisted 7b stays in one piece too: its 7 and its b would find what was not meant.
            texts.append(listed or run)
            index = listed_end if listed else end
        return texts

    def _rows_meeting(self, term: _Term) -> dict[int, float]:
        key = (term.text, term.is_last)
        met = self._met.get(key)
        if met is None:
            met = {}
            pairs: list[tuple[float, list[int]]] = []
            for word, quality in self._vocabulary.meanings(term.text, is_last=term.is_last).items():
                pairs.append((quality, self._rows_by_word.get(word, [])))
                pairs.append((quality * _VENDOR_SHARE, self._vendor_rows_by_word.get(word, [])))
            pairs.sort(key=lambda pair: pair[0])
            for quality, rows in pairs:  # ascending: what a row is met with best stands in the end
                met.update(dict.fromkeys(rows, quality))
            self._met[key] = met
            if len(self._met) > _CACHED_TERMS:
                self._met.popitem(last=False)
        return met

    def _bonuses(self, query: str, terms: Sequence[_Term]) -> dict[int, float]:
        bonuses: dict[int, float] = {}

        def add(rows: Iterable[int], points: float) -> None:
            for row in rows:
                bonuses[row] = bonuses.get(row, 0.0) + points

        typed = atoms(query)
        for pair in {first.text + second.text for first, second in pairwise(typed)}:
            if not pair.isalpha():
                add(self._rows_by_word.get(pair, ()), _NEIGHBOURS)
        if not terms[-1].text.endswith("."):
            add(self._whole_names.get(_compact(typed), ()), _WHOLE_NAME)
        for term in terms:
            add(self._penalised_rows.get(term.text, ()), _PENALTIES.get(term.text, 0.0))
        return bonuses


def _indexed_words(pieces: list[Atom]) -> set[str]:
    words = compounds(pieces)
    for piece, following in zip_longest(pieces, pieces[1:]):
        # A size is no version: 3 should not find the 3b, where 3.3 is.
        is_size = following is not None and following.text == "b" and piece.is_number and piece.end == following.start
        if not is_size:
            words.add(piece.text)
    return words


def _compact(pieces: Iterable[Atom]) -> str:
    return "".join(piece.text for piece in pieces)


@lru_cache(maxsize=1024)
def _maker_words(author: str, vendor: str) -> frozenset[str]:
    found = {piece.text for piece in (*atoms(author), *atoms(vendor))}
    return frozenset((found | {_compact_author(author), _compact_author(vendor)}) - {""})


@lru_cache(maxsize=1024)
def _compact_author(author: str) -> str:
    return _compact(atoms(author))


def _weight(text: str) -> float:
    if text[0].isdigit():
        return _NUMBER_WEIGHT
    return _VARIANT_WEIGHT if text in {"free", "batch", "latest", "instruct", "model"} else _WORD_WEIGHT


def _rows_meeting_most(terms: Sequence[_Term], met: Sequence[dict[int, float]]) -> list[int]:
    """Return the rows that meet the greatest weight of terms; words weigh more than versions and variants."""
    weights: dict[int, float] = {}
    for term, found in zip(terms, met, strict=True):
        for row, quality in found.items():
            weights[row] = weights.get(row, 0.0) + term.weight * (1 if quality >= INFIX else 0.5)
    enough = max(weights.values(), default=0.0) - 0.25
    return [row for row, weight in weights.items() if weight >= enough]

"""What users paste, and what the key doctor says about it.

Keys are put together here: no file of the project contains anything that a secret scanner knows.
"""

# ruff: noqa: S311 - these keys open nothing

from __future__ import annotations

import json
import random
from dataclasses import dataclass
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from caal_desktop.key_doctor import CLEANUP_TEXTS, Cleanup, Diagnosis, KeyVerdict, diagnose
from caal_desktop.key_doctor.diagnosis import TEXTS, Finding

HEX = "0123456789abcdef"
PREFIX = "sk-or-" + "v1-"


def hex_key(seed: int = 0, digits: int = 64) -> str:
    return PREFIX + "".join(random.Random(seed).choices(HEX, k=digits))


def word(seed: int, length: int) -> str:
    letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
    return "".join(random.Random(seed).choices(letters, k=length - 1)) + "7"


KEY = hex_key(1)
OTHER_KEY = hex_key(2)
DIGITS = KEY.removeprefix(PREFIX)
GROQ_KEY = "gsk" + "_" + word(3, 52)
OPENAI_KEY = "sk-" + "proj-" + word(4, 80)
LEGACY_KEY = "sk-" + word(5, 48)
ANTHROPIC_KEY = "sk-" + "ant-api03-" + word(6, 90)
GOOGLE_KEY = "AI" + "za" + word(7, 35)

OK, CLEANED, EMPTY, MASKED = KeyVerdict.OK, KeyVerdict.OK_CLEANED, KeyVerdict.EMPTY, KeyVerdict.MASKED
TRUNCATED, TOO_LONG, OTHER = KeyVerdict.TRUNCATED, KeyVerdict.TOO_LONG, KeyVerdict.OTHER_VENDOR
SEVERAL, NOT_A_KEY, UNUSUAL = KeyVerdict.SEVERAL_KEYS, KeyVerdict.NOT_A_KEY, KeyVerdict.UNUSUAL


@dataclass(frozen=True)
class Case:
    name: str
    text: str
    verdict: KeyVerdict
    key: str | None = None
    cleanups: frozenset[Cleanup] | None = None
    provider: str | None = "openrouter"
    expected: str = "openrouter"
    finding: Finding | None = None


def found(name: str, text: str, *cleanups: Cleanup, key: str = KEY) -> Case:
    return Case(name, text, CLEANED, key, frozenset(cleanups))


ENV_FILE = f"""# models
OPENROUTER_API_KEY={KEY}
OPENAI_API_KEY={OPENAI_KEY}
PORT=8080
"""
CURL = f"""curl https://openrouter.ai/api/v1/chat/completions \\
  -H "Content-Type: application/json" \\
  -H "Authorization: Bearer {KEY}" \\
  -d '{{"model": "openai/gpt-4o", "messages": []}}'"""
WRAPPED = f"{KEY[:40]}\n{KEY[40:]}"

C = Cleanup
CASES = [
    Case("the key alone", KEY, OK, KEY, frozenset()),
    found("a line break behind it", KEY + "\n", C.SPACES),
    found("spaces around it", f"   {KEY}\t ", C.SPACES),
    found("no-break spaces around it", f"\u00a0{KEY}\u202f", C.SPACES),
    found("byte order mark", "\ufeff" + KEY, C.INVISIBLE),
    found("zero-width spaces inside", KEY[:20] + "\u200b" + KEY[20:] + "\u200d", C.INVISIBLE),
    found("right-to-left marks", "\u200f" + KEY + "\u202c\u2069", C.INVISIBLE),
    found("soft hyphens", KEY[:12] + "\u00ad" + KEY[12:], C.INVISIBLE),
    found("UTF-16 read as bytes", "".join(char + "\0" for char in KEY), C.INVISIBLE),
    found("typographic dashes", KEY.replace("-", "\u2013"), C.DASHES),
    found("no-break hyphens", KEY.replace("-", "\u2011"), C.DASHES),
    found("double quotes", f'"{KEY}"', C.QUOTES),
    found("single quotes", f"'{KEY}'", C.QUOTES),
    found("backticks", f"`{KEY}`", C.QUOTES),
    found("curly quotes", f"\u201c{KEY}\u201d", C.QUOTES),
    found("German quotes", f"\u201e{KEY}\u201c", C.QUOTES),
    found("an opening quote alone", f'"{KEY}', C.QUOTES),
    found("Bearer", f"Bearer {KEY}", C.BEARER),
    found("bearer in small letters, two spaces", f"bearer  {KEY}", C.BEARER),
    found("the whole header", f"Authorization: Bearer {KEY}", C.BEARER, C.VARIABLE_NAME),
    found(".env line", f"OPENROUTER_API_KEY={KEY}", C.VARIABLE_NAME),
    found(".env line with quotes", f'OPENROUTER_API_KEY="{KEY}"', C.VARIABLE_NAME, C.QUOTES),
    found(".env line with spaces", f"OPENROUTER_API_KEY = {KEY}", C.VARIABLE_NAME),
    found("export", f"export OPENROUTER_API_KEY={KEY}", C.VARIABLE_NAME),
    found(
        "export with quotes and semicolon",
        f"export OPENROUTER_API_KEY='{KEY}';",
        C.VARIABLE_NAME,
        C.QUOTES,
        C.PUNCTUATION,
    ),
    found("PowerShell", f'$env:OPENROUTER_API_KEY = "{KEY}"', C.VARIABLE_NAME, C.QUOTES),
    found("cmd", f"set OPENROUTER_API_KEY={KEY}", C.VARIABLE_NAME),
    found("fish", f"set -gx OPENROUTER_API_KEY {KEY}", C.SURROUNDING_TEXT),
    found("JSON line", f'"openrouter_api_key": "{KEY}",', C.VARIABLE_NAME, C.QUOTES, C.PUNCTUATION),
    found("JSON object", json.dumps({"api_key": KEY}), C.VARIABLE_NAME, C.QUOTES, C.PUNCTUATION, C.SURROUNDING_TEXT),
    found("YAML", f"api_key: {KEY}", C.VARIABLE_NAME),
    found(
        "Python source",
        f'client = OpenAI(api_key="{KEY}")',
        C.VARIABLE_NAME,
        C.QUOTES,
        C.PUNCTUATION,
        C.SURROUNDING_TEXT,
    ),
    found("a whole .env file", ENV_FILE, C.SPACES, C.VARIABLE_NAME, C.SURROUNDING_TEXT),
    found("a curl command", CURL, C.BEARER, C.VARIABLE_NAME, C.QUOTES, C.SURROUNDING_TEXT),
    found("HTML", f"<code>{KEY}</code>", C.SURROUNDING_TEXT),
    found("HTML with entities", f"&quot;{KEY}&quot;", C.QUOTES, C.HTML),
    found("HTML with an entity inside", KEY.replace("-", "&#45;"), C.HTML),
    found("HTML with a no-break hyphen", KEY.replace("-", "&#8209;"), C.HTML, C.DASHES),
    found("a table row of Markdown", f"| main | {KEY} |", C.SURROUNDING_TEXT),
    found("a sentence", f"Here is my key: {KEY}.", C.VARIABLE_NAME, C.PUNCTUATION, C.SURROUNDING_TEXT),
    found("a chat message", f"hey, use {KEY} for now, ok?", C.SURROUNDING_TEXT),
    found("a full stop behind it", KEY + ".", C.PUNCTUATION),
    found("wrapped by a terminal", WRAPPED, C.LINE_BREAKS),
    found("wrapped with a carriage return", WRAPPED.replace("\n", "\r\n"), C.LINE_BREAKS),
    found("wrapped twice", f"{KEY[:30]}\n{KEY[30:60]}\n{KEY[60:]}", C.LINE_BREAKS),
    found("wrapped in quoted mail", f"{KEY[:50]}\n> {KEY[50:]}", C.LINE_BREAKS),
    found("wrapped behind the beginning", f"{PREFIX}\n{DIGITS}", C.LINE_BREAKS),
    found("wrapped inside the beginning", f"sk-or\n-v1-{DIGITS}", C.LINE_BREAKS),
    found("spaces between groups", PREFIX + " ".join(DIGITS[i : i + 8] for i in range(0, 64, 8)), C.LINE_BREAKS),
    found("wrapped .env line", f"OPENROUTER_API_KEY={WRAPPED}", C.LINE_BREAKS, C.VARIABLE_NAME),
    found("capital digits", PREFIX + DIGITS.upper(), C.CAPITALS),
    found("all capitals", KEY.upper(), C.CAPITALS),
    found("a capital at the beginning", KEY.capitalize(), C.CAPITALS),
    found("pasted twice", KEY + KEY, C.REPEATED),
    found("pasted twice, on two lines", f"{KEY}\n{KEY}\n", C.REPEATED, C.SPACES),
    found("first letter cut off", KEY[1:], C.BEGINNING),
    found("selected from the second dash", KEY.removeprefix("sk-"), C.BEGINNING),
    found("key beside its shortened form", f"{PREFIX}au7...890 {KEY}", C.SURROUNDING_TEXT),
    Case("nothing", "", EMPTY, provider=None),
    Case("spaces only", " \n\t\u00a0 ", EMPTY, provider=None),
    Case("invisible characters only", "\u200b\ufeff", EMPTY, provider=None),
    Case("shortened, three dots", f"{PREFIX}au7...890", MASKED),
    Case("shortened, ellipsis", f"{PREFIX}au7\u2026890", MASKED),
    Case("shortened, bullets", f"{PREFIX}au7\u2022\u2022\u2022\u2022890", MASKED),
    Case("shortened, asterisks", f"{PREFIX}0a1*****890", MASKED),
    Case("shortened in a .env line", f"OPENROUTER_API_KEY={PREFIX}au7...890", MASKED),
    Case("shortened, two rows of the page", f"main {PREFIX}au7...890\ntest {PREFIX}0b1...abc", MASKED),
    Case("dots of a password field", "\u2022" * 24, MASKED, provider=None, finding=Finding.HIDDEN),
    Case("asterisks of a password field", "*" * 12, MASKED, provider=None, finding=Finding.HIDDEN),
    Case("shortened Groq key", "gsk" + "_abcd...wxyz", MASKED, provider="groq", expected="groq"),
    Case("last characters missing", KEY[:-3], TRUNCATED, KEY[:-3]),
    Case("half a key", KEY[:40], TRUNCATED, KEY[:40]),
    Case("the beginning alone", PREFIX, TRUNCATED, PREFIX),
    Case("digits without the beginning", DIGITS, TRUNCATED, finding=Finding.BEGINNING_MISSING),
    Case("one digit too many", KEY + "0", TOO_LONG, KEY + "0"),
    Case("a word glued to it", KEY + "_mykey", TOO_LONG, KEY + "_mykey"),
    Case("OpenAI", OPENAI_KEY, OTHER, OPENAI_KEY, provider=None),
    Case("OpenAI, old shape", LEGACY_KEY, OTHER, LEGACY_KEY, provider=None),
    Case("Anthropic", ANTHROPIC_KEY, OTHER, ANTHROPIC_KEY, provider=None),
    Case("Google", GOOGLE_KEY, OTHER, GOOGLE_KEY, provider=None),
    Case("Groq", GROQ_KEY, OTHER, GROQ_KEY, provider="groq", finding=Finding.OTHER_PROVIDER),
    Case("Groq in a .env line", f"GROQ_API_KEY={GROQ_KEY}", OTHER, GROQ_KEY, provider="groq"),
    Case("xAI", "xai-" + word(8, 80), OTHER, "xai-" + word(8, 80), provider=None),
    Case("Hugging Face", "hf" + "_" + word(9, 34), OTHER, "hf" + "_" + word(9, 34), provider=None),
    Case("Perplexity", "pplx-" + word(10, 48), OTHER, "pplx-" + word(10, 48), provider=None),
    Case("DeepSeek", "sk-" + DIGITS[:32], OTHER, "sk-" + DIGITS[:32], provider=None),
    Case("two keys", f"{KEY}\n{OTHER_KEY}", SEVERAL),
    Case("two keys glued together", KEY + OTHER_KEY, SEVERAL),
    Case("two keys in a file", f"A={KEY}\nB={OTHER_KEY}\nC={KEY}", SEVERAL),
    Case(
        "the keys page's address", "https://openrouter.ai/settings/keys", NOT_A_KEY, provider=None, finding=Finding.URL
    ),
    Case("an address without scheme", "openrouter.ai/keys", NOT_A_KEY, provider=None, finding=Finding.URL),
    Case("an e-mail address", "someone@example.com", NOT_A_KEY, provider=None, finding=Finding.EMAIL),
    Case("a password", "Tr0ub4dor&3", NOT_A_KEY, provider=None, finding=Finding.PASSWORD),
    Case("a model's id", "anthropic/claude-sonnet", NOT_A_KEY, provider=None),
    Case("a sentence without a key", "Where do I find my key?", NOT_A_KEY, provider=None, finding=Finding.NOT_A_KEY),
    Case(
        "an example's placeholder", f"{PREFIX}xxxxxxxxxxxxxxxx", NOT_A_KEY, provider=None, finding=Finding.PLACEHOLDER
    ),
    Case("a document's placeholder", "<OPENROUTER_API_KEY>", NOT_A_KEY, provider=None, finding=Finding.PLACEHOLDER),
    Case("a variable", "$OPENROUTER_API_KEY", NOT_A_KEY, provider=None, finding=Finding.PLACEHOLDER),
    Case("your key here", "OPENROUTER_API_KEY=your_key_here", NOT_A_KEY, provider=None, finding=Finding.PLACEHOLDER),
    Case("a word like a beginning", "risk-oriented planning and task-oriented work", NOT_A_KEY, provider=None),
    Case("binary rubbish", "\x01\x02\x7fPNG\x1a", NOT_A_KEY, provider=None),
    Case("a letter O for a zero", PREFIX + "o" + DIGITS[1:], UNUSUAL, PREFIX + "o" + DIGITS[1:], frozenset()),
    Case("beginning without version", "sk-or-" + DIGITS, UNUSUAL, "sk-or-" + DIGITS, frozenset()),
    Case("a later version", "sk-or-" + "v2-" + DIGITS, UNUSUAL, "sk-or-" + "v2-" + DIGITS, frozenset()),
    Case("an unknown shape", word(11, 40), UNUSUAL, word(11, 40), frozenset(), provider=None),
    Case(
        "an unknown shape behind Bearer", f"Bearer {word(11, 40)}", UNUSUAL, word(11, 40), frozenset({C.BEARER}), None
    ),
    Case("Groq where it belongs", GROQ_KEY, OK, GROQ_KEY, frozenset(), "groq", "groq"),
    Case("OpenRouter's in Groq's field", KEY, OTHER, KEY, None, "openrouter", "groq"),
    Case("Groq's, cut", GROQ_KEY[:20], TRUNCATED, GROQ_KEY[:20], None, "groq", "groq"),
    Case("OpenAI's for an own server", OPENAI_KEY, OK, OPENAI_KEY, frozenset(), None, "openai_compatible"),
    Case("a short word for an own server", "lm-studio", UNUSUAL, "lm-studio", frozenset(), None, "openai_compatible"),
    Case("OpenRouter's for an own server", KEY, OTHER, KEY, None, "openrouter", "openai_compatible"),
    Case("a sentence for an own server", "no key needed", NOT_A_KEY, None, None, None, "openai_compatible"),
]


def text_of(diagnosis: Diagnosis) -> str:
    text = diagnosis.describe()
    return f"{text.what} {text.why} {text.advice}"


def test_the_table_is_long_enough_and_names_each_case_once() -> None:
    assert len(CASES) >= 60
    assert len({case.name for case in CASES}) == len(CASES)
    assert {case.verdict for case in CASES} == set(KeyVerdict)
    assert {cleanup for case in CASES for cleanup in case.cleanups or ()} == set(Cleanup)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_what_was_pasted_is_understood(case: Case) -> None:
    diagnosis = diagnose(case.text, case.expected)
    assert diagnosis.verdict == case.verdict
    assert diagnosis.key == case.key
    assert diagnosis.provider == case.provider
    if case.cleanups is not None:
        assert set(diagnosis.cleanups) == case.cleanups
    if case.finding is not None:
        assert diagnosis.finding == case.finding
    assert diagnosis.usable == (case.verdict in (OK, CLEANED, UNUSUAL))


def test_messages_name_what_matters() -> None:
    assert text_of(diagnose(KEY[:-3])).startswith("The key is incomplete. It has 3 characters fewer than")
    assert text_of(diagnose(KEY + "00")).startswith("The key is too long. It has 2 characters more than")
    assert "Use Groq with this key" in text_of(diagnose(GROQ_KEY))
    assert "a key of Anthropic, not of OpenRouter" in text_of(diagnose(ANTHROPIC_KEY))
    assert "There are 2 keys" in text_of(diagnose(f"{KEY} {OTHER_KEY}"))
    assert "Tidied up: quotation marks, the name in front of it." in text_of(diagnose(f'KEY="{KEY}"'))


def test_one_character_is_not_called_characters() -> None:
    assert "It has 1 character fewer than" in text_of(diagnose(KEY[:-1]))
    assert "It has 1 character more than" in text_of(diagnose(KEY + "0"))


def test_messages_are_translated_before_they_are_filled() -> None:
    asked: list[str] = []

    def translate(text: str) -> str:
        asked.append(text)
        return text.upper() if "{" not in text else text.replace("Tidied up", "Aufgeräumt")

    text = diagnose(f'"{KEY}"').describe(translate)
    assert text.why == "Aufgeräumt: QUOTATION MARKS."
    assert TEXTS[Finding.OK_CLEANED].why in asked


def test_there_are_words_for_everything() -> None:
    assert set(TEXTS) == set(Finding)
    assert set(CLEANUP_TEXTS) == set(Cleanup)


ONE_MEGABYTE = 1_000_000
RUBBISH = {
    "letters": "a" * ONE_MEGABYTE,
    "spaces and letters": "a " * (ONE_MEGABYTE // 2),
    "beginnings": PREFIX * (ONE_MEGABYTE // len(PREFIX)),
    "beginnings with gaps": (PREFIX + " \n") * (ONE_MEGABYTE // 11),
    "nearly keys": (KEY[:-1] + "\n") * (ONE_MEGABYTE // 73),
    "keys that go on and on": (PREFIX + "a \\\n" * 20) * (ONE_MEGABYTE // 89),
    "quotes": "\"'" * (ONE_MEGABYTE // 2),
    "colons": "a: " * (ONE_MEGABYTE // 3),
    "opening brackets": "<" * ONE_MEGABYTE,
    "ampersands": "&;" * (ONE_MEGABYTE // 2),
    "at signs": "a@" * (ONE_MEGABYTE // 2),
    "bearers": "bearer " * (ONE_MEGABYTE // 7),
    "dots": "." * ONE_MEGABYTE,
    "short beginnings": "sk-" * (ONE_MEGABYTE // 3),
    "random characters": "".join(map(chr, random.Random(0).choices(range(0x3000), k=ONE_MEGABYTE))),
}


@pytest.mark.timeout(10)
@pytest.mark.parametrize("name", RUBBISH)
def test_a_megabyte_of_anything_gets_an_answer(name: str) -> None:
    # Quadratic work on a megabyte takes minutes: the time limit is what this test checks.
    assert diagnose(RUBBISH[name]).verdict not in (OK, CLEANED)


@pytest.mark.timeout(10)
@pytest.mark.parametrize("name", ["letters", "spaces and letters", "quotes", "opening brackets", "random characters"])
def test_a_key_behind_a_megabyte_of_anything_is_found(name: str) -> None:
    assert diagnose(f"{RUBBISH[name]}\n{KEY}\n").key == KEY


def test_far_too_much_text_is_refused() -> None:
    diagnosis = diagnose("x" * 2_000_001)
    assert (diagnosis.verdict, diagnosis.finding) == (NOT_A_KEY, Finding.TOO_MUCH)


keys = st.text(alphabet=HEX, min_size=64, max_size=64).map(lambda digits: PREFIX + digits)
spaces = st.text(alphabet=" \t\n\u00a0\u200b\ufeff", max_size=4)
names = st.sampled_from(["OPENROUTER_API_KEY", "openrouter_api_key", "apiKey", "key", "x-api-key"])
wrappings = st.one_of(
    st.just("{}"),
    names.map(lambda name: name + "={}"),
    names.map(lambda name: "export " + name + "='{}'"),
    names.map(lambda name: "$env:" + name + ' = "{}"'),
    names.map(lambda name: '{{"' + name + '": "{}"}}'),
    names.map(lambda name: name + ": {}"),
    st.sampled_from(
        [
            "Bearer {}",
            "Authorization: Bearer {}",
            "curl -H 'Authorization: Bearer {}' https://openrouter.ai/api/v1/key",
            "`{}`",
            "\u201c{}\u201d",
            "<pre><code>{}</code></pre>",
            "<{}>",
            "client = Client(key='{}', timeout=3)",
            "my key is {}, thanks",
            "# comment\nPORT=80\nKEY={}\nDEBUG=1",
        ]
    ),
)


@given(key=keys, wrapping=wrappings, before=spaces, after=spaces)
def test_a_key_in_any_known_wrapping_is_found(key: str, wrapping: str, before: str, after: str) -> None:
    pasted = before + wrapping.format(key) + after
    diagnosis = diagnose(pasted)
    assert diagnosis.key == key
    assert diagnosis.verdict is (OK if pasted == key else CLEANED)
    assert bool(diagnosis.cleanups) == (pasted != key)


@given(
    key=keys,
    breaks=st.sets(st.integers(1, 72), min_size=1, max_size=4),
    gap=st.sampled_from(["\n", "\r\n", "\n> ", " "]),
)
def test_a_wrapped_key_is_found(key: str, breaks: set[int], gap: str) -> None:
    cuts = [0, *sorted(breaks), len(key)]
    pieces = [key[start:end] for start, end in pairwise(cuts)]
    in_the_beginning = any(cut < len(PREFIX) for cut in breaks)
    if in_the_beginning and ">" in gap:
        return  # nothing shows that the sign is none of the key's
    assert diagnose(gap.join(pieces)).key == key


@given(st.text(max_size=300), st.sampled_from(["openrouter", "groq", "openai_compatible", "ollama", "another"]))
@example("&" + ";" * 3, "openrouter")
@example("\ud800", "openrouter")
@example("\u0130" * 5 + PREFIX, "openrouter")
def test_no_text_raises(text: str, expected: str) -> None:
    diagnosis = diagnose(text, expected)
    assert diagnosis.describe().what
    assert diagnosis.usable == (diagnosis.key is not None and diagnosis.verdict in (OK, CLEANED, UNUSUAL))


pieces_of_keys = st.lists(
    st.one_of(
        st.sampled_from(
            [PREFIX, "sk-", "gsk" + "_", "Bearer ", "=", '"', "...", "\u2026", "\n", " ", ": ", "&#45;", "<", "\u200b"]
        ),
        st.text(alphabet=HEX, max_size=70),
        st.text(max_size=5),
    ),
    max_size=12,
).map("".join)


@given(pieces_of_keys, st.sampled_from(["openrouter", "groq", "openai_compatible"]))
def test_pieces_of_keys_never_raise_and_are_never_repeated(text: str, expected: str) -> None:
    diagnosis = diagnose(text, expected)
    shown = repr(diagnosis) + text_of(diagnosis) + str(diagnosis)
    known = repr(Diagnosis(KeyVerdict.OK)) + PREFIX + "".join(map(str, TEXTS.values()))
    pasted = {text[start : start + 10] for start in range(len(text) - 9)}
    innocent = {part for part in pasted if part in known}
    assert not any(part in shown for part in pasted - innocent)


@given(key=keys, wrapping=wrappings)
def test_no_answer_contains_the_key(key: str, wrapping: str) -> None:
    diagnosis = diagnose(wrapping.format(key))
    shown = repr(diagnosis) + str(diagnosis) + text_of(diagnosis)
    assert key not in shown
    assert key.removeprefix(PREFIX)[:12] not in shown

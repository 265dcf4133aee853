"""Ollama's client: its own interface, since the compatible one carries neither the context's length nor ``think``."""

from __future__ import annotations

import asyncio
import os
from contextlib import aclosing
from typing import TYPE_CHECKING, Any, Final

from caal_desktop.llm.base import parse_tool_arguments
from caal_desktop.llm.errors import CapabilityNotOffered, EmptyAnswer, InvalidResponse, ModelNotFound, ProviderError
from caal_desktop.llm.fields import as_dict, as_dicts, as_int, as_list, as_text, whole_texts
from caal_desktop.llm.models.key_info import KeyInfo
from caal_desktop.llm.providers.clients.http_provider import OWN_ADDRESS, HTTPProvider, refuse_fixed_fields
from caal_desktop.llm.providers.ollama import OLLAMA, base_url_of_host
from caal_desktop.llm.streaming import answers
from caal_desktop.llm.streaming.turns import StreamedAnswer
from caal_desktop.llm.transport import error_mapping
from caal_desktop.llm.transport.network import OWN_SERVER_READ_SECONDS, Timeouts

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Mapping, Sequence

    from caal_desktop.llm.base import LLMResponse, Message, ToolCall
    from caal_desktop.llm.errors.context import RequestContext
    from caal_desktop.llm.events import StreamEvent
    from caal_desktop.llm.providers.descriptor import ProviderDescriptor
    from caal_desktop.llm.transport.network import NetworkOptions
    from caal_desktop.llm.transport.retry import RetryPolicy

_CHAT: Final = "/api/chat"
_LIST: Final = "/api/tags"
_SHOW: Final = "/api/show"
_SHOWN_AT_ONCE: Final = 4
"""How many models are asked about at a time: each answer holds a licence and a template."""
_ACCEPT: Final = "application/x-ndjson, application/json"
_TOP_LEVEL: Final = ("format", "keep_alive", "truncate", "shift")
"""Fields that stand beside ``options``."""
_UNKNOWN: Final = frozenset({"tool_choice", "parallel_tool_calls", "stream_options", "user"})
"""Fields of the chat completions API that mean nothing here."""
_LEVELS: Final = {"minimal": "low", "xhigh": "high"}
"""Efforts by other names."""
_PARAMETERS: Final = ("temperature", "top_p", "top_k", "max_tokens", "seed", "stop", "response_format")
"""What any model takes. The list has to be whole: the chat sends nothing that is not in it."""
_BY_CAPABILITY: Final = {"tools": "tools", "thinking": "reasoning"}
_ALWAYS_THINKING: Final = frozenset({"gptoss", "gpt-oss"})
"""Families whose thinking has levels, and cannot be switched off."""
_NO_THOUGHT: Final = "none"
_LEAST_THOUGHT: Final = "low"


class OllamaProvider(HTTPProvider):
    """A model on a server of Ollama, which needs no key.

    A call's keyword arguments take the place of the provider's own ``model``, ``think``, ``temperature`` and
    ``max_tokens``; any other becomes one of Ollama's options, such as ``seed``, but for ``format``, ``keep_alive``,
    ``truncate`` and ``shift``, which are fields of the request. ``response_format`` is turned into Ollama's ``format``;
    it has no ``tool_choice``.

    A request with another ``num_ctx`` than the last one's makes Ollama load the model anew.

    Attributes:
        think: whether the model thinks before it answers, or how much: "low", "medium", "high". None leaves it to the
            model, and those that can think do. One that cannot do without, as gpt-oss, is asked for little by False.
        temperature, top_p, top_k: the sampling parameters; None leaves one to the model.
        num_ctx: the context's length in tokens; None for the server's own, which cuts long prompts without a word.
        max_tokens: the longest answer, in tokens; None for no limit.
    """

    descriptor: ProviderDescriptor = OLLAMA

    def __init__(
        self,
        model: str | None = OLLAMA.default_model,
        think: bool | str | None = False,
        temperature: float | None = 0.15,
        top_p: float | None = 0.8,
        top_k: int | None = 20,
        num_ctx: int | None = OLLAMA.context_length,
        base_url: str | None = None,
        *,
        api_key: str | None = None,
        max_tokens: int | None = None,
        timeouts: Timeouts | None = None,
        max_retries: int | None = None,
        retry_policy: RetryPolicy | None = None,
        network: NetworkOptions | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        """Create the provider.

        Args:
            model: the model's name, as ``ollama list`` shows it; None for the descriptor's default.
            think: see the class, as for the following.
            temperature: the sampling temperature.
            top_p: the sampling's share of probability.
            top_k: the sampling's number of tokens.
            num_ctx: the context's length.
            base_url: the server's address or host, with or without ``/v1``; None for that in ``OLLAMA_HOST``, else the
                usual one.
            api_key: the key of a gateway before the server; None or "" for none. None is looked up.
            max_tokens: the longest answer.
            timeouts: how long to wait; five minutes for an answer to begin where left out, since a server loads the
                model before its first one.
            max_retries: how often a failed request is sent again.
            retry_policy: when it is.
            network: proxy and certificates.
            headers: further headers that the server needs.

        Raises:
            ConfigurationError: (a ValueError) the model, the address, the key or a header cannot be used.
        """
        if base_url is None:
            base_url = os.environ.get(self.descriptor.agent.address_variable, "")
        if isinstance(base_url, str):
            if base_url == OWN_ADDRESS or not base_url.strip():
                base_url = self.descriptor.base_url
            base_url = base_url_of_host(base_url)
        super().__init__(
            model,
            base_url,
            api_key,
            timeouts=timeouts or Timeouts(read=OWN_SERVER_READ_SECONDS),
            max_retries=max_retries,
            retry_policy=retry_policy,
            network=network,
            headers=headers,
        )
        self.think = think
        self.temperature = temperature
        self.top_p = top_p
        self.top_k = top_k
        self.num_ctx = num_ctx
        self.max_tokens = max_tokens
        self._shown: dict[str, dict[str, Any]] = {}

    def _display_name(self, base_url: object) -> str:
        return self.descriptor.title

    @property
    def supports_think(self) -> bool:
        """Whether the provider can be told to think, or not to: it can."""
        return True

    def prepare_tools(self, tools: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Return the tools; see :meth:`LLMProvider.prepare_tools`.

        FunctionGemma, which is very small, gets them without their descriptions.
        """
        if "functiongemma" not in self.model.lower():
            return tools
        return [{**tool, "function": {**as_dict(tool.get("function")), "description": ""}} for tool in tools]

    def format_tool_result(self, content: object, tool_call_id: str | None, tool_name: str) -> Message:
        """Return the message that answers a tool call, which Ollama's older servers know by ``tool_name`` alone."""
        return {**super().format_tool_result(content, tool_call_id, tool_name), "tool_name": tool_name}

    def format_tool_call_message(self, content: str | None, tool_calls: Sequence[ToolCall]) -> Message:
        """Return the message that puts tool calls into the history; Ollama's arguments are objects, not texts.

        What the model thought before the newest calls stands in it: some need that again with the results.
        """
        message = super().format_tool_call_message(content, tool_calls)
        answer = self._answer_with(tool_calls)
        if answer is not None and answer.reasoning:
            message["thinking"] = answer.reasoning
        for wire, call in zip(message["tool_calls"], tool_calls, strict=True):
            wire["function"]["arguments"] = call.arguments
        return message

    # --- a request ------------------------------------------------------------------------------------------------

    def _body(
        self,
        messages: Sequence[Mapping[str, Any]],
        tools: Sequence[Mapping[str, Any]] | None,
        options: dict[str, Any],
        *,
        streams: bool,
    ) -> dict[str, Any]:
        refuse_fixed_fields(options)
        fields = {name: value for name, value in options.items() if name not in _UNKNOWN}
        fields |= fields.pop("extra_body", None) or {}
        think = fields.pop("think", self.think)
        reasoning, effort = fields.pop("reasoning", None), fields.pop("reasoning_effort", None)
        if effort is not None or reasoning:
            think = _think_of(effort or as_dict(reasoning).get("effort"), as_dict(reasoning))
        body: dict[str, Any] = {
            "model": fields.pop("model", None) or self.model,
            "messages": _native_messages(messages),
            # Left out, it means true.
            "stream": streams,
        }
        if think is False and any(family in str(body["model"]).lower() for family in _ALWAYS_THINKING):
            think = _LEAST_THOUGHT  # it takes no for an answer as little as yes, and thinks as much as usual
        if think is not None:
            body["think"] = think
        if tools:
            body["tools"] = [dict(tool) for tool in tools]
        if (answer_format := _format_of(fields.pop("response_format", None))) is not None:
            body["format"] = answer_format
        body |= {name: fields.pop(name) for name in _TOP_LEVEL if name in fields}
        parameters = {
            "temperature": self.temperature,
            "top_p": self.top_p,
            "top_k": self.top_k,
            "num_ctx": self.num_ctx,
            "num_predict": fields.pop("max_tokens", None) or self.max_tokens,
            **fields,
        }
        body["options"] = {name: value for name, value in parameters.items() if value is not None}
        whole: dict[str, Any] = whole_texts(body)
        return whole

    def _request(
        self,
        messages: Sequence[Mapping[str, Any]],
        tools: Sequence[Mapping[str, Any]] | None,
        options: dict[str, Any],
        *,
        streams: bool,
    ) -> tuple[RequestContext, dict[str, Any]]:
        """Return what errors tell of a request, and its body.

        Raises:
            CapabilityNotOffered: a message has what Ollama takes from no one, such as an image's address.
        """
        body = self._body(messages, tools, options, streams=streams)
        context = self._context(body["model"])
        if any(_is_foreign(part) for message in messages for part in as_dicts(message.get("content"))):
            raise context.error(CapabilityNotOffered)
        return context, body

    # --- the interface --------------------------------------------------------------------------------------------

    async def chat(
        self, messages: Sequence[Mapping[str, Any]], tools: Sequence[Mapping[str, Any]] | None = None, **kwargs: Any
    ) -> LLMResponse:
        """Return one complete answer, even one with neither text nor tool calls; see :meth:`LLMProvider.chat`.

        Raises:
            ProviderError: whatever went wrong.
        """
        context, body = self._request(messages, tools, kwargs, streams=False)
        self._last_usage = None
        async with self._open(context, "POST", _CHAT, body=body) as response:
            payload = error_mapping.decode_object(context, await self._read(context, response), response.headers)
        answer = answers.parse_completion(_Lines().chunk(payload), context.secrets)
        if answer is None or not isinstance(payload.get("message"), dict):
            raise context.error(InvalidResponse, reason=InvalidResponse.why_no_message)
        return self._settled(context, answer, tools)

    async def stream_events(
        self,
        messages: Sequence[Mapping[str, Any]],
        tools: Sequence[Mapping[str, Any]] | None = None,
        *,
        tool_choice: str | Mapping[str, Any] | None = None,
        **kwargs: Any,
    ) -> AsyncGenerator[StreamEvent, None]:
        """Stream one answer as events; see :meth:`LLMProvider.stream_events`. The model always chooses its tools."""
        context, body = self._request(messages, tools, kwargs, streams=True)
        async with aclosing(self._streamed(context, _CHAT, body, _ACCEPT, _Lines())) as events:
            async for event in events:
                yield event

    async def chat_stream(
        self, messages: Sequence[Mapping[str, Any]], tools: Sequence[Mapping[str, Any]] | None = None, **kwargs: Any
    ) -> AsyncGenerator[str, None]:
        """Stream the text of one answer; see :meth:`LLMProvider.chat_stream`.

        Calls of tools cannot be forbidden. Where the model makes nothing else, it is asked once more, without tools and
        with a history in which they are texts.
        """
        answer = StreamedAnswer(tools)
        async with aclosing(self._pieces(answer, messages, tools, **kwargs)) as pieces:
            async for piece in pieces:
                yield piece
        if answer.has_text:
            return
        if not answer.has_calls or not tools:
            raise self._context(kwargs.get("model") or self.model).error(EmptyAnswer)
        async with aclosing(self._texts(_without_tools(messages), None, **kwargs)) as texts:
            async for text in texts:
                yield text

    async def fetch_model_list(self, **query: str) -> object:
        """Return the server's list, with what it tells of each model; see :meth:`LLMProvider.fetch_model_list`.

        The rows of ``GET /api/tags`` get what other servers' rows have: ``supported_parameters``, ``architecture``,
        ``reasoning``, ``context_length``. Those that lack their capabilities, as before version 0.30, are asked for by
        ``POST /api/show``, once for each version of a model. Where that fails they stay as they are.
        """
        payload = await self._get_json(self._context(None), _LIST, query)
        rows = as_dicts(as_dict(payload).get("models"))
        untold = [row for row in rows if not isinstance(row.get("capabilities"), list)]
        for row in untold:
            row.update(self._shown.get(_version_of(row), {}))
        bare = iter([row for row in untold if not isinstance(row.get("capabilities"), list)])

        async def ask() -> None:
            for row in bare:
                if not await self._add_shown(row):
                    break

        async with asyncio.TaskGroup() as tasks:
            for _ in range(_SHOWN_AT_ONCE):
                tasks.create_task(ask())
        self._shown = {
            version: {"capabilities": row["capabilities"], "details": row["details"]}
            for row in untold
            if (version := _version_of(row)) and isinstance(row.get("capabilities"), list)
        }
        for row in rows:
            row.update(_facts_of(row))
        return payload

    async def check_key(self) -> KeyInfo:
        """Fetch the list of models, which shows that the server is there, and return empty facts.

        Raises:
            ProviderError: whatever went wrong.
        """
        self.read_model_list(await self._get_json(self._context(None), _LIST))
        return KeyInfo()

    async def _add_shown(self, row: dict[str, Any]) -> bool:
        """Add what the server shows of a row's model, and return whether to ask about others."""
        name = as_text(row.get("model")) or as_text(row.get("name"))
        if name is None:
            return True
        context = self._context(name)
        try:
            async with self._open(context, "POST", _SHOW, body={"model": name}, repeats=False) as response:
                shown = error_mapping.decode_object(context, await self._read(context, response), response.headers)
        except ModelNotFound:
            return True  # removed since the list was made
        except ProviderError:
            return False
        row["capabilities"] = shown.get("capabilities")
        facts = as_dict(shown.get("model_info"))
        row["details"] = {
            **as_dict(row.get("details")),
            "context_length": facts.get(f"{facts.get('general.architecture')}.context_length"),
        }
        return True


def _think_of(effort: object, reasoning: Mapping[str, Any]) -> bool | str:
    """Return ``think`` for what OpenAI and OpenRouter call effort and reasoning."""
    if effort == _NO_THOUGHT or reasoning.get("enabled") is False:
        return False
    level = as_text(effort)
    return True if level is None else _LEVELS.get(level, level)


def _format_of(response_format: object) -> object:
    """Return ``format`` for what the chat completions API calls ``response_format``; None where any text will do."""
    wanted = as_dict(response_format)
    if wanted.get("type") == "json_schema":
        return as_dict(wanted.get("json_schema")).get("schema")
    return "json" if wanted.get("type") == "json_object" else None


# --- the list ------------------------------------------------------------------------------------------------------


def _version_of(row: Mapping[str, Any]) -> str:
    """Return what is another one as soon as a row's model is; "" where it is not told."""
    return as_text(row.get("digest")) or ""


def _facts_of(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a row's facts in the form that lists of models have elsewhere."""
    details = as_dict(row.get("details"))
    facts: dict[str, Any] = {"context_length": details.get("context_length")}
    if not isinstance(row.get("capabilities"), list):
        return facts
    capabilities = {word for word in row["capabilities"] if isinstance(word, str)}
    facts["supported_parameters"] = [
        *_PARAMETERS,
        *(name for can, name in _BY_CAPABILITY.items() if can in capabilities),
    ]
    facts["architecture"] = {
        "input_modalities": ["text", *(["image"] if "vision" in capabilities else [])],
        "output_modalities": ["embeddings" if capabilities == {"embedding"} else "text"],
    }
    if "thinking" in capabilities:
        facts["reasoning"] = {"default_enabled": True}
        if (as_text(details.get("family")) or "") in _ALWAYS_THINKING:
            facts["reasoning"] |= {"mandatory": True, "supported_efforts": [_LEAST_THOUGHT, "medium", "high"]}
    return facts


# --- messages ------------------------------------------------------------------------------------------------------


def _image(part: Mapping[str, Any]) -> str | None:
    """Return the base64 text of a part with an image that stands in the message; None for other parts."""
    head, comma, data = (as_text(as_dict(part.get("image_url")).get("url")) or "").partition(",")
    return data if comma and head.startswith("data:") and head.endswith(";base64") else None


def _is_foreign(part: Mapping[str, Any]) -> bool:
    return as_text(part.get("text")) is None and part.get("type") != "text" and _image(part) is None


def _native_messages(messages: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return messages of the chat completions API as Ollama takes them."""
    names: dict[str, str] = {}
    native = []
    for message in messages:
        content = message.get("content")
        parts = as_dicts(content)
        made: dict[str, Any] = {
            "role": message.get("role"),
            "content": as_text(content) or "".join(as_text(part.get("text")) or "" for part in parts),
        }
        if images := [image for part in parts if (image := _image(part)) is not None]:
            made["images"] = images
        elif isinstance(message.get("images"), list):
            made["images"] = message["images"]
        if thinking := as_text(message.get("thinking")):
            made["thinking"] = thinking
        if calls := [_native_call(call, names) for call in as_dicts(message.get("tool_calls"))]:
            made["tool_calls"] = calls
        if made["role"] == "tool":
            call_id = as_text(message.get("tool_call_id"))
            name = as_text(message.get("tool_name")) or as_text(message.get("name")) or names.get(call_id or "")
            made |= {key: value for key, value in (("tool_name", name), ("tool_call_id", call_id)) if value}
        native.append(made)
    return native


def _native_call(call: Mapping[str, Any], names: dict[str, str]) -> dict[str, Any]:
    """Return a call of a message, and take note of its name by its id."""
    function = as_dict(call.get("function"))
    name, call_id = as_text(function.get("name")) or "", as_text(call.get("id"))
    native: dict[str, Any] = {
        "function": {"name": name, "arguments": parse_tool_arguments(function.get("arguments"))},
    }
    if call_id:
        native["id"] = call_id
        names[call_id] = name
    return native


def _without_tools(messages: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Return messages in which calls and results of tools are texts."""
    plain: list[Mapping[str, Any]] = []
    for message in messages:
        if message.get("role") == "tool":
            plain.append({"role": "system", "content": f"Tool result: {message.get('content')}"})
        elif calls := as_dicts(message.get("tool_calls")):
            functions = [as_dict(call.get("function")) for call in calls]
            lines = [f"[Called {function.get('name')} with {function.get('arguments')}]" for function in functions]
            said = as_text(message.get("content"))
            plain.append({"role": "assistant", "content": "\n".join([said, *lines] if said else lines)})
        else:
            plain.append(message)
    return plain


# --- answers -------------------------------------------------------------------------------------------------------


class _Lines:
    """Turns the lines of one answer into chunks; a whole answer is one line."""

    def __init__(self) -> None:
        self._has_calls = False

    def chunk(self, line: dict[str, Any]) -> dict[str, Any]:
        """Return the chunk of the chat completions API, in which a message is never partial: it is a delta's."""
        message = line.get("message")
        if line.get("error"):
            return line
        if not isinstance(message, dict) and (fault := next((key for key in line if key.startswith("error")), None)):
            # Some versions wrote {"error parsing tool call": "invalid character …"}.
            return {"error": f"{fault}: {as_text(line[fault]) or ''}"}
        message = as_dict(message)
        calls = [_chunk_call(call) for call in as_list(message.get("tool_calls"))]
        self._has_calls = self._has_calls or bool(calls)
        choice: dict[str, Any] = {
            "message": {
                "content": message.get("content"),
                "reasoning": message.get("thinking"),
                "tool_calls": calls,
            }
        }
        chunk: dict[str, Any] = {"model": line.get("model"), "choices": [choice]}
        if line.get("done") is True:
            # Old versions give no reason.
            reason = line.get("done_reason", "stop")
            choice["finish_reason"] = "tool_calls" if self._has_calls else as_text(reason) or "unknown"
            chunk["usage"] = _usage(line)
        return chunk


def _chunk_call(value: object) -> dict[str, Any]:
    """Return a call without its index, which is 0 for every call in many versions. Calls come whole."""
    call = as_dict(value)
    function = as_dict(call.get("function"))
    # An object even where there is none: with it the call is known to be complete.
    arguments = function.get("arguments")
    return {
        "id": call.get("id"),
        "function": {"name": function.get("name"), "arguments": {} if arguments is None else arguments},
    }


def _usage(line: Mapping[str, Any]) -> dict[str, int]:
    """Return the tokens. A count of 0, such as that of a prompt which is in the cache, is not told."""
    prompt, completion = as_int(line.get("prompt_eval_count")), as_int(line.get("eval_count"))
    if prompt is None and completion is None:
        return {}
    return {"prompt_tokens": prompt or 0, "completion_tokens": completion or 0}

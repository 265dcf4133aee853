"""OpenRouter's client."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar, Final

from caal_desktop.llm.errors import EndpointNotFound, InvalidResponse, ModelNotFound
from caal_desktop.llm.fields import as_text
from caal_desktop.llm.models.endpoints import EndpointInfo, endpoints_path, parse_endpoints
from caal_desktop.llm.models.key_info import KeyInfo, parse_key_info
from caal_desktop.llm.providers.clients.hosted import HostedProvider
from caal_desktop.llm.providers.openrouter import OPENROUTER
from caal_desktop.llm.streaming import answers
from caal_desktop.llm.transport import error_mapping
from caal_desktop.llm.transport.address import check_key_form

if TYPE_CHECKING:
    from collections.abc import Mapping

    from caal_desktop.llm.events import UsageReport
    from caal_desktop.llm.providers.descriptor import ProviderDescriptor

ATTRIBUTION_HEADERS: Final = {
    "HTTP-Referer": "https://github.com/CoreWorxLab/CAAL",
    "X-Title": "CAAL Desktop",
    "X-OpenRouter-Title": "CAAL Desktop",
}
"""Name the program in OpenRouter's rankings and on the account's activity page; the last one is the newer name."""


class OpenRouterProvider(HostedProvider):
    """A model on OpenRouter.

    The key is never looked up in the environment, and is sent to OpenRouter's own address alone.
    """

    descriptor: ProviderDescriptor = OPENROUTER
    fixed_headers: ClassVar[Mapping[str, str]] = ATTRIBUTION_HEADERS

    async def check_key(self) -> KeyInfo:
        """Return the facts of the key from ``GET /key``, which needs a valid key; ``GET /models`` does not.

        Raises:
            AuthenticationFailed: the key is wrong, disabled or expired.
            ProviderError: whatever else went wrong.
        """
        return parse_key_info(await self._get_json(self._context(None), "/key"))

    async def exchange_code(self, code: str, verifier: str) -> str:
        """Return the key for the code of a sign-in; see :meth:`LLMProvider.exchange_code`."""
        context = self._context(None)
        hidden = replace(context, secrets=(*context.secrets, code, verifier))
        request = {"code": code, "code_verifier": verifier, "code_challenge_method": "S256"}
        # A code works once: where the answer is lost, another try could only say that the code is wrong.
        async with self._open(hidden, "POST", "/auth/keys", body=request, repeats=False) as response:
            body = await self._read(hidden, response)
            # The key in use is not taken out of this one answer: it may be the very key that the answer brings.
            answer = error_mapping.decode_object(replace(hidden, secrets=(code, verifier)), body, response.headers)
        key = as_text(answer.get("key"))
        if key is None:
            raise hidden.error(InvalidResponse, reason=InvalidResponse.why_no_key)
        return check_key_form(self.provider_name, self.display_name, key)

    async def list_endpoints(self, model_id: str) -> tuple[EndpointInfo, ...]:
        """Return the hosts of a model; see :meth:`LLMProvider.list_endpoints`.

        Raises:
            ModelNotFound: there is no such model, or the id has no author and slug.
        """
        context = self._context(model_id)
        path = endpoints_path(model_id)
        if path is None:
            raise context.error(ModelNotFound, reason=ModelNotFound.why_no_author)
        endpoints = parse_endpoints(await self._get_json(context, path))
        if endpoints is None:
            raise context.error(InvalidResponse, reason=InvalidResponse.why_no_hosts)
        return endpoints

    async def generation(self, generation_id: str) -> UsageReport | None:
        """Return tokens and cost of an earlier answer; see :meth:`LLMProvider.generation`."""
        try:
            payload = await self._get_json(self._context(None), "/generation", {"id": generation_id})
        except (EndpointNotFound, ModelNotFound):
            return None
        return answers.parse_generation(payload)

"""The vendors and series that the demo's catalogue is made of.

Names of vendors and series are real ones, so that the picker looks as it will look. Versions, prices, sizes and
dates are plausible and made up.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Series:
    """Several models that differ in version or size.

    Attributes:
        stem: the id's second part, with ``{}`` where an item goes.
        name: the display name, with ``{}`` likewise.
        items: versions or sizes, oldest or smallest first, separated by spaces.
        prompt, completion: USD per million tokens of the last item.
        context: context length of the last item, in thousands of tokens.
        output: the most completion tokens, in thousands; 0 means it is not told.
        flags: one letter for each ability:
            ``t`` tools, ``v`` images in, ``f`` files in, ``a`` audio in, ``d`` video in, ``r`` reasoning that can be
            switched off, ``R`` mandatory reasoning, ``m`` moderated, ``o`` dearer long prompts, ``c`` prompt cache,
            ``w`` web search, ``h`` open weights, ``F`` a ``:free`` twin, ``B`` a ``:batch`` twin, ``b`` benchmarks.
        growth: price of an item compared with the one before it.
    """

    stem: str
    name: str
    items: str
    prompt: float
    completion: float
    context: int
    output: int
    flags: str
    growth: float = 1.0


@dataclass(frozen=True, slots=True)
class Vendor:
    """A vendor.

    Attributes:
        slug: the id's first part.
        name: as the display name shows it.
        tokenizer: OpenRouter's word for the tokenizer's family.
        hosts: names of the providers that serve its models.
        series: what it makes.
    """

    slug: str
    name: str
    tokenizer: str
    hosts: tuple[str, ...]
    series: tuple[Series, ...]


_OPEN = ("DeepInfra", "Together", "Fireworks", "Novita", "Groq", "Cerebras", "Parasail", "Nebius")

VENDORS: tuple[Vendor, ...] = (
    Vendor(
        "openai",
        "OpenAI",
        "GPT",
        ("OpenAI", "Azure"),
        (
            Series("gpt-{}", "GPT-{}", "4 4-turbo 4o 4.1 4.5-preview", 2.5, 10, 128, 16, "tvfmcbB", 0.8),
            Series("gpt-{}", "GPT-{}", "5 5.1 5.2 5.3 5.4", 1.75, 14, 400, 128, "tvfRmcwbBo", 1.05),
            Series("gpt-{}-mini", "GPT-{} Mini", "4o 4.1 5 5.1 5.4", 0.25, 2, 400, 128, "tvfrmcwbB", 1.1),
            Series("gpt-{}-nano", "GPT-{} Nano", "4.1 5 5.4", 0.05, 0.4, 400, 128, "tvfrmcbB"),
            Series("gpt-{}-pro", "GPT-{} Pro", "5 5.2 5.4", 21, 168, 400, 128, "tvfRmwB", 1.3),
            Series("gpt-{}-codex", "GPT-{} Codex", "5 5.1 5.3", 1.75, 14, 400, 128, "tvRmcb", 1.1),
            Series("o{}", "o{}", "1 3 3-mini 4-mini", 1.1, 4.4, 200, 100, "tvfRmcbB", 0.6),
            Series("gpt-oss-{}", "gpt-oss-{}", "20b 120b", 0.09, 0.45, 131, 65, "trhFb", 1.8),
        ),
    ),
    Vendor(
        "anthropic",
        "Anthropic",
        "Claude",
        ("Anthropic", "Amazon Bedrock", "Google"),
        (
            Series("claude-opus-{}", "Claude Opus {}", "4 4.1 4.5 4.6", 5, 25, 200, 64, "tvfrmcwbB", 0.7),
            Series("claude-sonnet-{}", "Claude Sonnet {}", "3.7 4 4.5 4.6", 3, 15, 1000, 64, "tvfrmcwobB"),
            Series("claude-haiku-{}", "Claude Haiku {}", "3 3.5 4.5", 1, 5, 200, 64, "tvfrmcwbB", 1.9),
        ),
    ),
    Vendor(
        "google",
        "Google",
        "Gemini",
        ("Google", "Google AI Studio"),
        (
            Series("gemini-{}-pro", "Gemini {} Pro", "2.5 3 3.1", 2, 12, 1048, 65, "tvfadRcwobB", 1.1),
            Series("gemini-{}-flash", "Gemini {} Flash", "2.0 2.5 3", 0.3, 2.5, 1048, 65, "tvfadrcwbB", 1.4),
            Series("gemini-{}-flash-lite", "Gemini {} Flash Lite", "2.0 2.5 3.1", 0.1, 0.4, 1048, 65, "tvfadrcbB"),
            Series("gemma-2-{}-it", "Gemma 2 {}", "9b 27b", 0.1, 0.2, 8, 8, "h", 2),
            Series("gemma-3-{}-it", "Gemma 3 {}", "4b 12b 27b", 0.09, 0.16, 131, 0, "vhF", 1.6),
            Series("gemma-3n-{}-it", "Gemma 3n {}", "e2b e4b", 0.02, 0.04, 32, 0, "hF"),
        ),
    ),
    Vendor(
        "meta-llama",
        "Meta",
        "Llama3",
        _OPEN,
        (
            Series("llama-3.1-{}-instruct", "Llama 3.1 {} Instruct", "8b 70b 405b", 3.5, 3.5, 131, 0, "thb", 9),
            Series("llama-3.2-{}-instruct", "Llama 3.2 {} Instruct", "1b 3b 11b-vision", 0.05, 0.05, 131, 0, "vhF", 2),
            Series("llama-3.3-{}-instruct", "Llama 3.3 {} Instruct", "70b", 0.1, 0.32, 131, 16, "thFb"),
            Series("llama-4-{}", "Llama 4 {}", "scout maverick", 0.15, 0.6, 1048, 16, "tvhb", 1.9),
            Series("llama-guard-{}", "Llama Guard {}", "3-8b 4-12b", 0.18, 0.18, 163, 0, "vh", 3),
        ),
    ),
    Vendor(
        "mistralai",
        "Mistral",
        "Mistral",
        ("Mistral", "Azure"),
        (
            Series("mistral-large-{}", "Mistral Large {}", "2407 2411 2512", 0.5, 1.5, 262, 0, "tvcb", 0.5),
            Series("mistral-medium-{}", "Mistral Medium {}", "3 3.1", 0.4, 2, 131, 0, "tvcb"),
            Series("mistral-small-{}", "Mistral Small {}", "24b 3.1-24b 3.2-24b", 0.06, 0.18, 131, 0, "tvhF", 1.1),
            Series("ministral-{}", "Ministral {}", "3b 8b 14b", 0.2, 0.2, 262, 0, "tvhb", 1.5),
            Series("codestral-{}", "Codestral {}", "2501 2508", 0.3, 0.9, 256, 0, "tc"),
            Series("devstral-{}", "Devstral {}", "small medium 2512", 0.4, 2, 262, 0, "th", 2),
            Series("magistral-{}", "Magistral {}", "small medium", 2, 5, 40, 40, "tRh", 4),
            Series("mixtral-{}-instruct", "Mixtral {} Instruct", "8x7b 8x22b", 2, 6, 65, 0, "th", 4),
            Series("pixtral-{}", "Pixtral {}", "12b large-2411", 2, 6, 131, 0, "tvh", 9),
            Series("voxtral-{}", "Voxtral {}", "small-24b-2507", 0.1, 0.3, 32, 0, "tah"),
        ),
    ),
    Vendor(
        "qwen",
        "Qwen",
        "Qwen3",
        ("Alibaba", *_OPEN),
        (
            Series("qwen3-{}", "Qwen3 {}", "4b 8b 14b 30b-a3b 32b 235b-a22b", 0.2, 0.6, 131, 0, "trhbF", 1.5),
            Series(
                "qwen3-{}-instruct-2507", "Qwen3 {} Instruct 2507", "4b 30b-a3b 235b-a22b", 0.08, 0.3, 262, 0, "thb"
            ),
            Series(
                "qwen3-{}-thinking-2507", "Qwen3 {} Thinking 2507", "30b-a3b 235b-a22b", 0.1, 0.6, 262, 0, "tRhb", 2
            ),
            Series(
                "qwen3-vl-{}-instruct", "Qwen3 VL {} Instruct", "8b 30b-a3b 235b-a22b", 0.2, 0.9, 262, 0, "tvdh", 1.5
            ),
            Series("qwen3-coder{}", "Qwen3 Coder{}", "-30b-a3b -480b -plus", 1, 5, 128, 65, "thobF", 2),
            Series("qwen3-{}", "Qwen3 {}", "max max-thinking", 1.2, 6, 256, 32, "tRcob"),
            Series(
                "qwen3.5-{}", "Qwen3.5 {}", "9b 27b 35b-a3b 122b-a10b 397b-a17b plus", 0.5, 3, 262, 65, "tvdrhb", 1.3
            ),
            Series("qwen-2.5-{}-instruct", "Qwen2.5 {} Instruct", "7b 72b", 0.12, 0.39, 32, 16, "th", 3),
            Series("qwen-2.5-coder-{}-instruct", "Qwen2.5 Coder {} Instruct", "7b 32b", 0.2, 0.2, 32, 0, "h", 3),
            Series("qwen2.5-vl-{}-instruct", "Qwen2.5 VL {} Instruct", "7b 32b 72b", 0.15, 0.6, 32, 0, "vh", 1.5),
            Series("qwq-{}", "QwQ {}", "32b", 0.15, 0.4, 32, 32, "tRh"),
            Series("qwen-{}", "Qwen {}", "turbo plus max", 1.6, 6.4, 32, 8, "tco", 4),
        ),
    ),
    Vendor(
        "deepseek",
        "DeepSeek",
        "DeepSeek",
        ("DeepSeek", *_OPEN),
        (
            Series("deepseek-chat-{}", "DeepSeek V3 {}", "v3-0324 v3.1", 0.15, 0.75, 163, 0, "trhcbF"),
            Series("deepseek-v3.{}", "DeepSeek V3.{}", "1-terminus 2-exp 2", 0.26, 0.4, 163, 65, "trhcb", 1.1),
            Series("deepseek-r1{}", "DeepSeek R1{}", " -0528", 0.45, 2.15, 163, 0, "tRhbF"),
            Series("deepseek-r1-distill-{}", "R1 Distill {}", "qwen-32b llama-70b", 0.3, 0.8, 131, 16, "rh", 2),
            Series("deepseek-v4-{}", "DeepSeek V4 {}", "flash pro", 0.45, 0.9, 1048, 384, "trhcb", 3),
        ),
    ),
    Vendor(
        "x-ai",
        "xAI",
        "Grok",
        ("xAI",),
        (
            Series("grok-{}", "Grok {}", "3 4 4.20", 2, 6, 2000, 0, "tvRcwob"),
            Series("grok-{}-mini", "Grok {} Mini", "3", 0.3, 0.5, 131, 0, "tRcb"),
            Series("grok-{}-fast", "Grok {} Fast", "4 4.1", 0.2, 0.5, 2000, 30, "tvrcwob"),
            Series("grok-code-fast-{}", "Grok Code Fast {}", "1", 0.2, 1.5, 256, 10, "tRcb"),
        ),
    ),
    Vendor(
        "amazon",
        "Amazon",
        "Nova",
        ("Amazon Bedrock",),
        (
            Series("nova-{}-v1", "Nova {} 1.0", "micro lite pro premier", 2.5, 12.5, 1000, 32, "tvfmc", 4),
            Series("nova-2-{}-v1", "Nova 2 {}", "lite pro", 1.2, 10, 1000, 65, "tvfdrm", 4),
        ),
    ),
    Vendor(
        "cohere",
        "Cohere",
        "Cohere",
        ("Cohere",),
        (
            Series("command-{}", "Command {}", "r7b-12-2024 r-08-2024 r-plus-08-2024 a", 2.5, 10, 256, 8, "tsm", 3),
            Series("command-a-{}", "Command A {}", "vision reasoning", 2.5, 10, 256, 8, "trm"),
        ),
    ),
    Vendor(
        "perplexity",
        "Perplexity",
        "Other",
        ("Perplexity",),
        (Series("sonar{}", "Sonar{}", " -pro -reasoning-pro -deep-research", 2, 8, 128, 0, "vw", 1.3),),
    ),
    Vendor(
        "z-ai",
        "Z.AI",
        "Other",
        ("Z.AI", *_OPEN),
        (
            Series("glm-{}", "GLM {}", "4-32b 4.5 4.6 4.7 5 5.1", 0.9, 3, 202, 131, "trhcb", 1.3),
            Series("glm-{}-air", "GLM {} Air", "4.5 4.7", 0.13, 0.85, 131, 98, "trhbF"),
            Series("glm-{}v", "GLM {}V", "4.5 4.6 5", 0.3, 0.9, 131, 24, "tvdrh"),
        ),
    ),
    Vendor(
        "moonshotai",
        "MoonshotAI",
        "Other",
        ("Moonshot AI", *_OPEN),
        (
            Series("kimi-k2{}", "Kimi K2{}", " -0905 -thinking", 0.5, 2.4, 262, 65, "tRhcbF"),
            Series("kimi-k2.{}", "Kimi K2.{}", "5 6", 0.6, 3, 262, 262, "tvdrhcb", 1.2),
        ),
    ),
    Vendor(
        "minimax",
        "MiniMax",
        "Other",
        ("Minimax", *_OPEN),
        (
            Series("minimax-m{}", "MiniMax M{}", "1 2 2.1 2.5 2.7", 0.3, 1.2, 204, 131, "tRhcb"),
            Series("minimax-{}", "MiniMax-{}", "01", 0.2, 1.1, 1000, 1000, "vh"),
        ),
    ),
    Vendor(
        "nvidia",
        "NVIDIA",
        "Llama3",
        ("Nvidia", "DeepInfra"),
        (
            Series(
                "nemotron-nano-{}", "Nemotron Nano {}", "9b-v2 12b-v2-vl 3-30b-a3b", 0.06, 0.24, 131, 0, "trhF", 1.4
            ),
            Series("nemotron-{}", "Nemotron {}", "3-super-120b-a12b 3-ultra-500b", 0.4, 1.6, 262, 0, "trhbF", 2),
            Series(
                "llama-3.1-nemotron-{}", "Llama 3.1 Nemotron {}", "70b-instruct ultra-253b-v1", 0.6, 1.8, 131, 0, "th"
            ),
        ),
    ),
    Vendor(
        "microsoft",
        "Microsoft",
        "Other",
        ("Azure", "DeepInfra"),
        (
            Series("phi-4{}", "Phi 4{}", " -multimodal-instruct -reasoning-plus", 0.07, 0.35, 32, 0, "rh"),
            Series("wizardlm-2-{}", "WizardLM-2 {}", "8x22b", 0.48, 0.48, 65, 16, "h"),
        ),
    ),
    Vendor(
        "nousresearch",
        "Nous",
        "Llama3",
        _OPEN[:3],
        (
            Series("hermes-3-llama-3.1-{}", "Hermes 3 {} Instruct", "70b 405b", 1, 1, 131, 16, "hF", 3),
            Series("hermes-4-{}", "Hermes 4 {}", "70b 405b", 1, 3, 131, 131, "trh", 4),
        ),
    ),
    Vendor(
        "ibm-granite",
        "IBM",
        "Other",
        ("Cloudflare", "Parasail"),
        (Series("granite-4.{}", "Granite 4.{}", "0-h-micro 1-8b 1-34b", 0.1, 0.4, 131, 0, "th", 2.4),),
    ),
    Vendor(
        "allenai",
        "AllenAI",
        "Other",
        ("Parasail", "DeepInfra"),
        (
            Series("olmo-3-{}", "Olmo 3 {}", "7b-instruct 32b-instruct 32b-think", 0.15, 0.5, 65, 65, "rhF", 1.4),
            Series("molmo-2-{}", "Molmo 2 {}", "8b", 0.2, 0.2, 36, 36, "vdh"),
        ),
    ),
    Vendor(
        "arcee-ai",
        "Arcee AI",
        "Other",
        ("Arcee AI", "Together"),
        (Series("trinity-{}", "Trinity {}", "mini large-preview", 0.25, 1, 131, 0, "trhF", 5),),
    ),
    Vendor(
        "baidu",
        "Baidu",
        "Other",
        ("Baidu", "Novita"),
        (
            Series("ernie-4.5-{}", "ERNIE 4.5 {}", "21b-a3b 300b-a47b", 0.28, 1.1, 120, 12, "th", 4),
            Series("ernie-4.5-vl-{}", "ERNIE 4.5 VL {}", "28b-a3b 424b-a47b", 0.42, 1.25, 120, 16, "vrh", 3),
        ),
    ),
    Vendor(
        "bytedance-seed",
        "ByteDance Seed",
        "Other",
        ("Seed", "BytePlus"),
        (Series("seed-{}", "Seed {}", "1.6-flash 1.6 1.8 2.0-mini 2.0-lite", 0.25, 2, 262, 32, "tvdRo", 1.4),),
    ),
    Vendor(
        "tencent",
        "Tencent",
        "Other",
        ("Tencent", "SiliconFlow"),
        (Series("hunyuan-{}", "Hunyuan {}", "a13b-instruct 2.0-instruct 2.0-think", 0.14, 0.57, 131, 131, "rh"),),
    ),
    Vendor(
        "inception",
        "Inception",
        "Other",
        ("Inception",),
        (Series("mercury{}", "Mercury{}", " -coder -2", 0.25, 0.75, 128, 50, "tr"),),
    ),
    Vendor(
        "liquid",
        "LiquidAI",
        "Other",
        ("Liquid",),
        (Series("lfm2-{}", "LFM2 {}", "2.6b 8b-a1b 24b-a2b", 0.03, 0.12, 32, 0, "hF", 1.7),),
    ),
    Vendor(
        "stepfun",
        "StepFun",
        "Other",
        ("StepFun", "SiliconFlow"),
        (Series("step-{}", "Step {}", "3 3.5-flash 3.7", 0.2, 0.8, 262, 65, "trhF", 0.8),),
    ),
    Vendor(
        "xiaomi",
        "Xiaomi",
        "Other",
        ("Xiaomi",),
        (Series("mimo-v2-{}", "MiMo-V2-{}", "flash omni pro", 1, 3, 1048, 131, "tvadrhob", 3),),
    ),
    Vendor(
        "ai21",
        "AI21",
        "Other",
        ("AI21",),
        (Series("jamba-{}", "Jamba {}", "mini-1.7 large-1.7", 2, 8, 256, 4, "th", 10),),
    ),
    Vendor(
        "inflection",
        "Inflection",
        "Other",
        ("Inflection",),
        (Series("inflection-3-{}", "Inflection 3 {}", "pi productivity", 2.5, 10, 8, 1, ""),),
    ),
    Vendor(
        "thedrummer",
        "TheDrummer",
        "Llama3",
        ("Infermatic", "Parasail"),
        (
            Series(
                "{}", "{}", "rocinante-12b unslopnemo-12b skyfall-36b-v2 cydonia-24b-v4.1", 0.4, 0.5, 32, 16, "h", 1.3
            ),
        ),
    ),
    Vendor(
        "sao10k",
        "Sao10K",
        "Llama3",
        ("Infermatic", "Featherless"),
        (Series("l3{}", "Llama 3{}", "-lunaris-8b .1-70b-hanami-x1 .3-euryale-70b", 0.65, 0.75, 131, 16, "h", 4),),
    ),
    Vendor(
        "gryphe",
        "MythoMax",
        "Llama2",
        ("DeepInfra", "Mancer 2"),
        (Series("mythomax-{}", "MythoMax {}", "l2-13b", 0.06, 0.06, 4, 4, "h"),),
    ),
)

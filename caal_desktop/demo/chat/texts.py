"""The texts of the demo's "models", which do not pretend to be more than that."""

from __future__ import annotations

INTRODUCTION = "I am {model}, played by CAAL Desktop's demo server: a stand-in with prepared answers, not a real model."

GREETINGS = (
    "Hello. You are talking to CAAL Desktop's demo server, in the part of {model}. Ask about the kitchen lights, or "
    "write *markdown* to see formatting.",
    "Hi there. Nothing here leaves your computer: this is the demo, and {model} is only a role. What would you like "
    "to try?",
    "Good to meet you. I am a prepared voice with the name {model}. Try *tell me something long* and then Stop.",
)

GREETING_WORDS = {
    "bonjour": "Bonjour. Ici le serveur de démonstration de CAAL Desktop, dans le rôle de {model}.",
    "salut": "Salut. Ici le serveur de démonstration de CAAL Desktop, dans le rôle de {model}.",
    "ciao": "Ciao. Questo è il server dimostrativo di CAAL Desktop, nella parte di {model}.",
    "buongiorno": "Buongiorno. Questo è il server dimostrativo di CAAL Desktop, nella parte di {model}.",
    "olá": "Olá. Este é o servidor de demonstração do CAAL Desktop, no papel de {model}.",
    "hej": "Hej. Det her er CAAL Desktops demoserver i rollen som {model}.",
    "bună": "Bună. Acesta este serverul demonstrativ CAAL Desktop, în rolul {model}.",
    "hallo": "Hallo. Hier spricht der Demo-Server von CAAL Desktop in der Rolle von {model}.",
}

LIGHTS = (
    "In a real home I would switch the lights now. This is the demo, so I can only say that a model which *calls "
    "tools* would have done it: look for the tools badge in the model picker.",
    "The kitchen lights stay as they are, because the demo is not connected to your home. With CAAL, the question goes "
    "to a tool, the tool to your home, and the answer comes back as one short sentence.",
)

WEATHER = (
    "The demo cannot look out of the window. With a weather tool, CAAL would ask it and then say something like: light "
    "rain until four, eleven degrees, take a jacket."
)

THANKS = "You are welcome. When you have your own key, the same window talks to a real model."

JOKE = "Why did the voice assistant cross the road? Nobody knows: it is still thinking. This is why TTFT matters."

POEM = """*A small poem from the demo*

The kettle hums, the lamp is low,
a voice says what it does not know;
it asks a tool, it waits, it hears,
and answers kindly in your ears."""

DEFAULTS = (
    "You wrote: “{prompt}”. I am the demo's stand-in for {model}, so the answer is prepared, but the way it reaches "
    "you is real: it was streamed token by token over HTTP, its tokens were counted, and its price was worked out from "
    "the model's price list.",
    "A real {model} would now think about “{prompt}”. The demo has a few prepared answers instead. Three that are "
    "worth a try: *markdown*, *tell me something long*, and *turn on the kitchen lights*.",
    "That is a good question for a real model. Here in the demo, {model} can show you three things about itself: how "
    "soon it starts, how fast it speaks, and what an answer of this length would cost. They stand below.",
    "I heard “{prompt}”. Since this is the demo, I cannot say much about it; but notice that you can stop me in the "
    "middle of a sentence, ask again, or go to another model without losing the conversation.",
)

HELP = """This is CAAL Desktop's **demo server**. It plays every model of the catalogue with prepared answers.

| write | and see |
|:--|:--|
| `introduce yourself in one sentence` | the shortest answer |
| `markdown` | headings, lists, tables, code |
| `maths` | formulas |
| `tell me something long` | a long answer to stop |
| `turn on the kitchen lights` | a tool call, where tools are on |
| `my name is Ada`, then `what is my name` | that the history is sent |
| `/fault list` | failures to try, such as `/fault cut_after 5` |
"""

MARKDOWN = """# A tour of Markdown

This answer was prepared by the **demo server**; no model wrote it. It holds a little of *everything*.

## Words

You can read **bold**, *italic*, ***both***, ~~struck out~~, `inline code`, a [link](https://openrouter.ai/docs) and
an <https://example.org> in angle brackets. Raw HTML is text: <b>not bold</b> &amp; <script>alert("no")</script>.

An image is never loaded, only linked: ![a lamp](https://example.org/lamp.png)

### Lists

1. First, the kettle.
2. Then, the cups:
   - the blue one
   - the one with the crack
     - which is nobody's favourite
3. Last, the tea.

- [x] Buy milk
- [ ] Teach the cat to stay off the keyboard

> “Simple things should be simple, complex things should be possible.”
>
> > A quotation in a quotation.

## A table

| Model | First token | Tokens/s | USD per million |
|:------|------------:|:--------:|----------------:|
| small | 0.21 s | 140 | 0.10 |
| middle | 0.48 s | 72 | 1.25 |
| large, with `code` and **bold** | 1.90 s | 31 | 15.00 |

## Code

```python
from dataclasses import dataclass


@dataclass(frozen=True)
class Lamp:
    room: str
    brightness: int = 100  # per cent

    def dim(self, by: int) -> "Lamp":
        return Lamp(self.room, max(0, self.brightness - by))
```

```javascript
const rooms = ["kitchen", "hall"];
for (const room of rooms) {
  console.log(`${room}: ${await light(room).state()}`);
}
```

```rust
fn main() {
    let words: Vec<&str> = "tea for two".split(' ').collect();
    println!("{:?}", words);
}
```

```sql
SELECT room, count(*) FROM lamps WHERE is_on GROUP BY room ORDER BY 2 DESC;
```

```bash
curl -s http://127.0.0.1:8889/health | python3 -m json.tool
```

```
a block without a language,
    with its own indentation
```

---

### Other scripts

日本語の文章、العربية من اليمين إلى اليسار, עברית, Ελληνικά, кириллица, and an emoji family: 👩‍👩‍👧‍👦.

That is all. Ask for *maths* to see formulas."""

MATHS = r"""## A few formulas

This text is prepared; it shows how formulas arrive from a model.

Inline, a circle has the area $A = \pi r^2$ and the circumference \(2 \pi r\).

The quadratic equation $ax^2 + bx + c = 0$ has the solutions

$$
x_{1,2} = \frac{-b \pm \sqrt{b^2 - 4ac}}{2a}
$$

and a sum that Gauss is said to have found at school is

\[
\sum_{k=1}^{n} k = \frac{n (n + 1)}{2}
\]

A price is not a formula: it costs $5 today and $7 tomorrow."""

CODE = """Here is a small, complete example. It is prepared text of the demo, and it works all the same.

```python
def fibonacci(count: int) -> list[int]:
    \"\"\"The first `count` Fibonacci numbers.\"\"\"
    numbers = [0, 1]
    while len(numbers) < count:
        numbers.append(numbers[-1] + numbers[-2])
    return numbers[:count]


print(fibonacci(10))  # [0, 1, 1, 2, 3, 5, 8, 13, 21, 34]
```

It takes time in proportion to `count`, and so does its memory."""

LONG_SENTENCES = (
    "The house was quiet, and only the refrigerator spoke, in the one note that it knew.",
    "A lamp in the hall counted the steps of everybody who came home, and told nobody.",
    "When the first microphone was put on the shelf, the cat looked at it for an hour and then forgave it.",
    "“Which light do you mean?” the voice asked, and it was the right question, because there were eleven.",
    "Rain came in from the west, as the forecast had said, and the roof agreed with both of them.",
    "On the table lay a list: milk, batteries, a birthday card, and the word *maybe* underlined twice.",
    "The router blinked through the night like a small lighthouse for very small ships.",
    "Somebody laughed in the kitchen, and the timer, which took it for an order, began to count down from ten.",
    "It is said that a good assistant is noticed once: on the day it is missing.",
    "In the morning the blinds went up by themselves and the sun came in as if it had been invited.",
    "The thermostat kept a diary in numbers, and on the coldest day of the year it wrote only one.",
    "Nobody remembered who had named the vacuum cleaner Admiral, but it bore the title well.",
)

REASONING = (
    "The user wrote: “{prompt}”.",
    "I am the demo's stand-in for {model}, so there is no real thinking to be done.",
    "Still, this is where a reasoning model would weigh what is asked, what it knows, and what to say first.",
    "A short and friendly answer fits best here.",
    "I should say plainly that the answer is prepared.",
)

IMAGE = (
    "I received {count} with your message: {details}. The demo does not look at pictures; a real vision model would "
    "now tell you what it sees."
)

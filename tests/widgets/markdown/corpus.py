"""Answers of every shape, each to be cut at every position."""

# ruff: noqa: E501
from __future__ import annotations

CORPUS: dict[str, str] = {
    "headings": "# One\n## Two *em* `c`\n### Three ###\n#### Four\n##### Five\n###### Six\n#no\n####### seven\n#\n",
    "setext": "Title\n=====\n\nSub *x*\ntwo lines\n---\n\ntext\n\n---\n\n- a\n---\n",
    "paragraphs": "One line\nand a second.  \nHard break.\\\nAnother.\n\nNext paragraph.\n   indented a bit\n",
    "emphasis": "*a* **b** ***c*** _d_ __e__ ~~f~~ **bo*th* x** a*b*c snake_case_name 2 * 3 * 4 **open\n\nnext *open\n",
    "code spans": "`a` ``b ` c`` ` d ` `open\n\n``x` and `` y\n\n`a*b*` *`c`*\n",
    "links": '[a](https://e.org "t") [b **c**](<https://e.org/x y>) <https://auto.link> <me@e.org> https://bare.e.org/a_b, '
    "www.e.org. me@e.org [x][y] [js](javascript:alert(1)) [f](file:///etc/passwd) [open](https://e\n",
    "references": '[late]\n\n[r]: https://e.org/r "T"\n[R] and [text][r] and [r][] ![img][r]\n\n[late]: /x\n[late]\n',
    "images": "![alt](https://e.org/p.png) ![](x.png) ![d](data:image/png;base64,AAAA) [![in](https://a.b/c)](https://d.e)\n",
    "lists": "- a\n- b\n  continued\n\n  second paragraph\n- c\n  1. d\n  2. e\n     - f\n* other\n+ third\n\n7) seven\n8) eight\n",
    "loose": "1. a\n\n2. b\n\n   c\n3. d\n\n\n- x\n-\n- y\n\n-\n\n  z\n",
    "empty items": "-\n\ntext\n\n1.\n2.\n\nmore\n\n-\n-\n- - -\n\n  x\n-\n***\n",
    "tasks": "- [ ] todo\n- [x] **done**\n- [X] also\n- [y] no\n1. [ ] numbered\n- [ ]\n",
    "interrupt": "text\n- item\ntext\n1. one\n\ntext\n2. not a list\n> quote\n# head\n```\ncode\n```\ntext\n***\n",
    "quotes": "> a\n> b\nlazy\n>\n> c\n> > deep\n> back\n\n> - list\n>   more\n> ```py\n> x = 1\n> ```\n\n- > q in list\n",
    "fences": '```python\ndef f(x):\n    """doc\n    string"""\n    return x  # c\n\n```\n\n~~~\nplain ``` x\n~~~\n````md\n```\nin\n```\n````\n'
    "```js\nlet a = `t ${1}`;\n/* open\ncomment */\n",
    "fence in list": "1. Do\n   ```sh\n   echo $HOME\n\n     indented\n   ```\n2. Then\n\n       indented code\n   ~~~\n cut\n",
    "indented": "    code\n\n    more\n\ntext\n\n\ttab\n\t\ttwo\n\n- a\n\n      in item\n",
    "tables": "| a | b | c |\n|---|:-:|--:|\n| 1 | **2** | `3|4` |\n| x \\| y |\n| 1 | 2 | 3 | 4 |\nno bar\n\nafter\n\na | b\n-|-\n1 | 2\n",
    "table after text": "text before\n| h1 | h2 |\n| --- | --- |\n| a | b |\n> quote ends it\n\n| not | a table |\n| x | y |\n",
    "tables together": "|a|\n|-|\n|1|\n\n|b|\n|-|\n|2|\n\n- |c|\n  |-|\n  |3|\n\n> |d|\n> |-|\n",
    "rules": "---\n***\n_ _ _\na\n\n---\nb\n- - -\n",
    "html": "<div onclick=x>\n<b>bold</b> <script>alert(1)</script>\n</div>\n<!-- c -->\n&amp; &copy; &#x202e; &#0; &nbsp;&bogus;\n",
    "maths": "Inline \\(a_b * c*\\) and \\[x^2\\] and $$y_1$$.\n\n\\[\n\\frac{a}{b}\n= c\n- d\n\\]\n\n$$\nx\n$$\n\n$5 and $6\n\n\\(open _x_\n\n\\[ one \\]\n",
    "hostile characters": "a\u202eb\u2066c\x1b[31m\x00d\ufdd0\ufdd1\ufffc\u2028e\u2029f\rg\r\nh \u0085 \ud800\n",
    "escapes": "\\*no\\* \\# \\[x\\](y) \\\\ \\` a\\\nb\\\\\n",
    "unicode": "日本語の**強調**です。مرحبا _عالم_ 👩‍👩‍👧 é\n\n- 中文\n  - 한국어\n",
    "tabs": "-\ta\n\n\tb\n>\tc\n\n1.\td\n \t- e\n",
    "empty": "",
    "blank": "\n \n\t\n\n",
    "no end": "last **line",
    "nested": "- - - a\n    - b\n1. - > x\n     > y\n",
    "many": "".join(f"- item {n} with *text*\n" for n in range(40)) + "".join(f"{n}. x\n" for n in range(9, 30)),
    "long table": "|n|sq|\n|-|-|\n" + "".join(f"|{n}|**{n * n}**|\n" for n in range(30)),
}

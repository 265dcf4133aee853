"""An OpenRouter-like server on loopback, for ``--demo``, the tests and the benchmarks.

It runs as a process of its own (``python -m caal_desktop.demo``); :class:`~caal_desktop.demo.launcher.DemoProcess`
starts and stops it. It imports no Qt, and of the rest of this project only what finds resource files and what reads
fields of untrusted JSON. In the order of their imports:

``chance``, ``errors``, ``keys``
    deterministic numbers, OpenRouter's error body, the keys that the server knows
``catalogue``
    what ``GET /models`` serves (``resources/demo/models.json``), and questions to it
``answers``, ``texts``, ``tools``
    what the demo's "models" say, and when they call a tool
``faults``
    every failure that can be switched on, by name
``request_checks``, ``replies``, ``streaming``, ``generations``, ``chat``
    ``POST /chat/completions`` from the request's body to its cost
``sign_in``, ``recorder``, ``control``, ``server``
    PKCE sign-in, the log of requests, the ``/_demo`` switches, the web application
"""

"""An OpenRouter-like server on loopback, for ``--demo``, the tests and the benchmarks.

It runs as a process of its own (``python -m caal_desktop.demo``); :class:`~caal_desktop.demo.launcher.DemoProcess`
starts and stops it. It imports no Qt, and of the rest of this project only what finds resource files and what reads
fields of untrusted JSON. In the order of their imports:

``chance``, ``errors``
    deterministic numbers, OpenRouter's error body
``http``
    requests, answers, connections, routes
``accounts``
    the keys that the server knows, and PKCE sign-in
``catalogue``
    what ``GET /models`` serves (``resources/demo/models.json``), and questions to it
``faults``
    every failure that can be switched on, by name
``chat``
    ``POST /chat/completions`` from the request's body to its cost
``recorder``, ``state``
    the log of requests, and what else the running server knows
``endpoints``, ``server``
    what the other paths answer, the ``/_demo`` switches among them; what happens to every request
"""

"""An OpenRouter-like server on loopback, for ``--demo``, the tests and the benchmarks.

It runs as a process of its own (``python -m caal_desktop.demo``); :class:`~caal_desktop.demo.launcher.DemoProcess`
starts and stops it. It imports no Qt, and of the rest of this project only what finds resource files and what reads
fields of untrusted JSON. In the order of their imports:

``pseudorandom``, ``errors``
    numbers that look random and are the same on every run, OpenRouter's error body
``http``
    requests, answers, connections, routes
``accounts``
    the keys that the server accepts, and PKCE sign-in
``catalogue``
    what ``GET /models`` serves (``resources/demo/models.json``), and queries to it
``faults``
    every failure that can be injected, by name
``chat``
    ``POST /chat/completions`` from the request's body to its cost
``request_log``, ``state``
    the log of requests, and the rest of the running server's state
``endpoints``, ``server``
    the handlers of the other paths, with those below ``/_demo`` for tests; what happens to every request
"""

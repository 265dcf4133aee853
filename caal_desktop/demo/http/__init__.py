"""HTTP/1.1 for a server on loopback: as much as the demo needs, with nothing between a handler and the wire.

``messages``
    a request, read whole, and the two kinds of answer: in one piece, or piece by piece
``routes``
    from a method and a path to a handler
``connection``, ``listener``
    requests on one connection, in their order; the listening socket with its connections
"""

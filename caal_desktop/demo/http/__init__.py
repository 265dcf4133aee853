"""HTTP/1.1 for a server on loopback: as much as the demo needs, without a layer between a handler and the connection.

``messages``
    a request, read whole, and the two kinds of answer: in one piece, or piece by piece
``routes``
    from a method and a path to a handler
``connection``, ``listener``
    requests on one connection, in their order; the listening socket with its connections
"""

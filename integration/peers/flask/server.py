"""A handler as many programs have it, in Flask: documents under /docs/<id>, and a 409 for the write that comes too late.

    python3 server.py text|page|json     (the listening socket is standard input)

The argument names how the 409 looks: text is a returned sentence, page is abort, json is a returned dict.
A write without a condition is accepted.
"""

import itertools
import sys
import threading

from flask import Flask, Response, abort, request
from werkzeug.serving import WSGIRequestHandler, make_server

app = Flask(__name__)
way = sys.argv[1]
docs = {}  # id -> (version, media type, body)
versions = itertools.count(1)
lock = threading.Lock()


def tag_of(doc):
    return '"%d"' % doc[0]


def conflict():
    if way == "text":
        return "Resource has been modified", 409
    if way == "page":
        abort(409)
    return {"error": "Resource has been modified"}, 409


def outdated(doc):
    """Reports whether the request's condition does not hold for the document."""
    if request.headers.get("If-None-Match") == "*":
        return doc is not None
    return "If-Match" in request.headers and request.headers["If-Match"] != tag_of(doc)


@app.get("/docs/<id>")
def get(id):
    doc = docs.get(id) or abort(404)
    return Response(doc[2], content_type=doc[1], headers={"ETag": tag_of(doc)})


@app.put("/docs/<id>")
def put(id):
    with lock:
        doc = docs.get(id)
        if doc is None and "If-Match" in request.headers:
            abort(404)
        if outdated(doc):
            return conflict()
        docs[id] = doc = (next(versions), request.headers["Content-Type"], request.get_data())
    return "", 204, {"ETag": tag_of(doc)}


@app.delete("/docs/<id>")
def delete(id):
    with lock:
        doc = docs.get(id) or abort(404)
        if outdated(doc):
            return conflict()
        del docs[id]
    return "", 204


class Handler(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_request(self, *args):
        pass


make_server("127.0.0.1", 0, app, threaded=True, request_handler=Handler, fd=0).serve_forever()

"""A JSON server that says who it is, who called it, and what it was told by those it called."""

import json
import os
import re
import signal
import socket
import sys
import threading
import urllib.error
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


def me():
    return {
        "app": os.environ["APP"],
        "version": os.environ.get("VERSION", "v1"),
        "host": os.environ.get("POD_NAME", socket.gethostname()),
    }


def caller_in(header):
    """The caller, as the header that proxies put there says; None where nothing stands in between."""
    found = re.findall(r"URI=([^;,]+)", header or "")
    return found[-1] if found else None


def call(url, method="GET"):
    """What `url` answered: its JSON, or an error that names it."""
    try:
        with urllib.request.urlopen(urllib.request.Request(url, method=method), timeout=5) as response:
            return json.load(response)
    except (OSError, ValueError) as error:
        return {"error": f"{url}: {error}"}


def end_on_sigterm():
    """The first process of a container ignores SIGTERM unless it says otherwise."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))


def serve(answer, port=None):
    """Serves `answer(method, path)`, a dict, for every path but /healthz."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        # One packet for head and body: Nagle's algorithm would hold the second one back.
        wbufsize = -1
        disable_nagle_algorithm = True

        def handle_any(self):
            length = int(self.headers.get("content-length") or 0)
            self.rfile.read(length)
            body = {"ok": True}
            if self.path != "/healthz":
                caller = caller_in(self.headers.get("x-forwarded-client-cert"))
                body = {**me(), "path": self.path, "caller": caller, **answer(self.command, self.path)}
            failed = any("error" in called for called in body.get("calls", {}).values())
            text = (json.dumps(body) + "\n").encode()
            self.send_response(502 if failed else 200)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        do_GET = do_POST = do_PUT = do_DELETE = handle_any

        def log_message(self, *_):
            pass

    port = port or int(os.environ.get("PORT", "8080"))
    ThreadingHTTPServer.daemon_threads = True
    ThreadingHTTPServer.request_queue_size = 128
    server = ThreadingHTTPServer(("", port), Handler)
    signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=server.shutdown).start())
    print(f"{os.environ['APP']} listens on {port}", flush=True)
    server.serve_forever()

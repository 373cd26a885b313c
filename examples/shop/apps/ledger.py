"""The ledger: plain TCP, and the server speaks first. Each line is answered with its number."""

import itertools
import os
import socketserver

from serve import end_on_sigterm

entries = itertools.count(1)


class Entry(socketserver.StreamRequestHandler):
    def handle(self):
        self.wfile.write(f"ledger {os.environ.get('VERSION', 'v1')} ready\n".encode())
        for line in self.rfile:
            self.wfile.write(f"ok {next(entries)} {line.decode(errors='replace').strip()}\n".encode())


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 128


end_on_sigterm()
with Server(("", int(os.environ.get("PORT", "7070"))), Entry) as server:
    print(f"ledger listens on {server.server_address[1]}", flush=True)
    server.serve_forever()

"""Payments: writes each one into the ledger, which speaks a line protocol over plain TCP."""

import os
import socket

from serve import serve

HOST, _, PORT = os.environ.get("LEDGER", "ledger.warehouse:7070").rpartition(":")


def write_line(line):
    try:
        with socket.create_connection((HOST, int(PORT)), timeout=5) as connection:
            greeting, lines = None, connection.makefile("rw", newline="\n")
            greeting = lines.readline().strip()
            lines.write(line + "\n")
            lines.flush()
            return {"greeting": greeting, "answer": lines.readline().strip()}
    except OSError as error:
        return {"error": f"{HOST}:{PORT}: {error}"}


serve(lambda method, path: {"calls": {"ledger": write_line("pay 12")}} if method == "POST" else {})

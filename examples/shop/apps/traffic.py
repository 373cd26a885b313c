"""Shoppers: asks for the front page all the time, and says once in ten seconds how that went."""

import collections
import os
import time
import urllib.error
import urllib.request

from serve import end_on_sigterm

URL = os.environ.get("URL", "http://web:8080/")
RATE = float(os.environ.get("RATE", "2"))


def status():
    try:
        with urllib.request.urlopen(URL, timeout=5) as response:
            return response.status
    except urllib.error.HTTPError as error:
        return error.code
    except OSError as error:
        return f"{error}"


end_on_sigterm()
seen, since = collections.Counter(), time.monotonic()
while True:
    seen[status()] += 1
    if time.monotonic() - since >= 10:
        print(f"{URL}: " + ", ".join(f"{count} x {what}" for what, count in seen.items()), flush=True)
        seen, since = collections.Counter(), time.monotonic()
    time.sleep(1 / RATE)

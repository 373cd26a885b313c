"""An old program in a namespace without sidecars: asks the catalog when it is asked."""

import os

from serve import call, serve

CATALOG = os.environ.get("CATALOG", "http://catalog.shop:8080")

serve(lambda method, path: {"calls": {"catalog": call(f"{CATALOG}/items")}})

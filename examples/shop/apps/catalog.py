"""The catalog, in two versions: v2 has a price."""

import os

from serve import serve

ITEMS = {
    "v1": [{"name": "shuttle"}, {"name": "reed"}],
    "v2": [{"name": "shuttle", "price": 12}, {"name": "reed", "price": 7}],
}

serve(lambda method, path: {"items": ITEMS[os.environ.get("VERSION", "v1")]})

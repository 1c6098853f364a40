"""What plain code found on five texts with all-MiniLM-L6-v2, to hold the product's figures
against."""

import json
from typing import Any

from helpers.places import GOLD

RECORDS: list[dict[str, Any]] = json.loads((GOLD / "minilm_reference_5.json").read_text("utf-8"))[
    "records"
]

"""What plain code found on five texts with all-MiniLM-L6-v2, to hold the product's figures
against."""

import json
from pathlib import Path
from typing import Any

RECORDS: list[dict[str, Any]] = json.loads(
    (Path(__file__).parent / "gold" / "minilm_reference_5.json").read_text("utf-8")
)["records"]

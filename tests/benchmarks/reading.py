"""Memory and processor time of reading many texts, in a process of its own for each format: files,
compressed ones, and standard input.

    python tests/benchmarks/reading.py [1000000]

The texts are made up: 20 to 60 characters, with an id and a label.
"""

import gzip
import json
import random
import shutil
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow as pa
import pyarrow.parquet as pq
from many import WORDS

TOGETHER = 100_000
READ = """
import sys, time
import pandas, pyarrow.parquet
from reportgen.texts import read_texts
def peak():  # of Linux; that of `resource` is the one of the parent process too
    lines = open("/proc/self/status").read().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1000
before, started = peak(), time.process_time()
n = len(read_texts(sys.argv[1:]).texts)
print(f"{n:,} | {peak() - before:.0f} | {time.process_time() - started:.1f} |")
"""


def rows(first: int, n: int) -> list[dict[str, str]]:
    drawn = random.Random(first)
    return [
        {
            "id": f"text-{first + i}",
            "text": " ".join(drawn.choices(WORDS, k=drawn.randint(4, 12))),
            "label": str(round(drawn.random(), 2)),
        }
        for i in range(n)
    ]


def main() -> None:
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    print("| format | texts | MB | processor seconds |\n|--|--:|--:|--:|")
    with TemporaryDirectory() as folder:
        schema = pa.schema([(name, pa.string()) for name in ("id", "text", "label")])
        table, lines = Path(folder) / "texts.parquet", Path(folder) / "texts.jsonl"
        with pq.ParquetWriter(table, schema) as writer, lines.open("w", encoding="utf-8") as stream:
            for first in range(0, n, TOGETHER):
                own = rows(first, min(TOGETHER, n - first))
                writer.write_table(pa.Table.from_pylist(own, schema))
                stream.writelines(f"{json.dumps(row, ensure_ascii=False)}\n" for row in own)
        packed = lines.with_suffix(".jsonl.gz")
        with lines.open("rb") as source, gzip.open(packed, "wb", 6) as copy:
            shutil.copyfileobj(source, copy)
        for path in (table, lines, packed, "-"):
            command = [sys.executable, "-c", READ, str(path)]
            with lines.open("rb") as piped:
                read = subprocess.run(
                    command, check=True, stdin=piped, stdout=subprocess.PIPE, text=True
                ).stdout
            name = "standard input" if path == "-" else "".join(Path(path).suffixes)
            print(f"| {name} | {read}", end="", flush=True)


if __name__ == "__main__":
    main()

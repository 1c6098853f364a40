"""A static Space and a section of a model card, by huggingface_hub against a server that keeps
state."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from helpers.hub import FakeHub, serving
from helpers.made_up.factories import make_results

import reportgen
from reportgen import open_report
from reportgen.errors import PublishError, UsageError

TOKEN = "hf_a-secret-of-the-job"
SPACE, MODEL = "spaces/o/report", "models/o/scorer"
CARD = "---\nlicense: mit\n---\n\n# Scorer\n\nScores headlines.\n"


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with Markdown, its pictures and the page; redacted ones too."""
    folder = tmp_path_factory.mktemp("written")
    make_results(folder / "results")
    report = open_report(folder / "results")
    report.save(folder / "card.md", folder / "card.html", images="svg")
    report.save(folder / "redacted.md", folder / "redacted.html", images="none", redact=True)
    return folder


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeHub]:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", False)
    monkeypatch.setattr("time.sleep", lambda _: None)
    with serving(TOKEN) as hub:
        monkeypatch.setenv("HF_ENDPOINT", hub.address)
        monkeypatch.setenv("HF_TOKEN", TOKEN)
        monkeypatch.setenv("HF_SPACE", "o/report")
        monkeypatch.setenv("HF_MODEL", "o/scorer")
        hub.repositories[MODEL] = [{"README.md": CARD.encode()}]
        yield hub


def publish(written: Path, to: str, name: str = "card", **options: Any) -> Any:
    title = {"title": 'Headlines: "June"'} if to == "hf-space" else {}
    page = written / f"{name}.html"
    return reportgen.publish(written / f"{name}.md", to, page=page, **title, **options)


def now(hub: FakeHub, name: str, path: str = "README.md") -> str:
    return hub.repositories[name][-1][path].decode()


def test_a_space_is_made_shows_the_page_and_is_renewed(hub: FakeHub, written: Path) -> None:
    made = publish(written, "hf-space")
    assert (made.state, made.address) == ("created", f"{hub.address}/spaces/o/report")
    assert now(hub, SPACE, "index.html") == (written / "card.html").read_text("utf-8")
    front, _, text = now(hub, SPACE).removeprefix("---\n").partition("---\n")
    assert "sdk: static" in front.splitlines()
    assert text.startswith("<!-- reportgen:report -->\n")
    assert "[index.html](index.html)" in "".join(text.splitlines()[:5])
    assert publish(written, "hf-space").state == "unchanged"
    assert len(hub.repositories[SPACE]) == 2
    edited = now(hub, SPACE).replace("pinned: false", "pinned: true").replace("## ", "## By hand ")
    hub.repositories[SPACE].append({"README.md": edited.encode(), "index.html": b""})
    assert publish(written, "hf-space").state == "renewed"
    assert "pinned: true" in now(hub, SPACE)
    assert "By hand" not in now(hub, SPACE)


def test_a_space_of_someone_else_and_a_redacted_one_are_left_unless_told(
    hub: FakeHub, written: Path
) -> None:
    hub.repositories[SPACE] = [{"README.md": b"---\nsdk: static\n---\n# Demo\n"}]
    with pytest.raises(PublishError, match="did not write"):
        publish(written, "hf-space")
    assert publish(written, "hf-space", "redacted", force=True).state == "renewed"
    with pytest.raises(PublishError, match="redacted"):
        publish(written, "hf-space")


def test_a_section_of_a_model_card_is_added_and_replaced_alone(hub: FakeHub, written: Path) -> None:
    made = publish(written, "hf-model")
    assert (made.state, made.address) == ("created", f"{hub.address}/o/scorer")
    card = now(hub, MODEL)
    assert card.startswith(f"{CARD}\n<!-- reportgen:report -->\n")
    assert card.endswith("\n<!-- reportgen:report ends -->\n")
    page = "reportgen/report/report.html"
    assert f"[report.html]({page})" in "".join(card.partition("<!--")[2].splitlines()[:5])
    assert now(hub, MODEL, page) == (written / "card.html").read_text("utf-8")
    pictures = {path for path in hub.repositories[MODEL][-1] if path.endswith(".svg")}
    assert pictures
    assert all(f"]({path})" in card for path in pictures)
    assert publish(written, "hf-model").state == "unchanged"
    below = f"{card}\n## Licence\n".replace("Scores headlines", "Scores all headlines")
    hub.repositories[MODEL].append({"README.md": below.replace("Sinks", "Edited").encode()})
    assert publish(written, "hf-model").state == "renewed"
    assert now(hub, MODEL) == below
    assert reportgen.publish(written / "results", "hf-model", id="june").state == "created"
    assert now(hub, MODEL).startswith(below)
    assert "](reportgen/june/report.html" in now(hub, MODEL).removeprefix(below)
    cut = now(hub, MODEL).replace("<!-- reportgen:report ends -->", "")
    hub.repositories[MODEL].append({"README.md": cut.encode()})
    with pytest.raises(PublishError, match="reportgen:report ends --> is gone"):
        publish(written, "hf-model")


def test_a_commit_in_between_is_seen_and_the_card_read_again(hub: FakeHub, written: Path) -> None:
    def someone_edits() -> None:
        hub.before_commit = lambda: None
        edited = now(hub, MODEL).replace("Scores headlines", "Scores all headlines")
        hub.repositories[MODEL].append({"README.md": edited.encode()})

    hub.before_commit = someone_edits
    assert publish(written, "hf-model").state == "created"
    assert "Scores all headlines." in now(hub, MODEL)
    assert "<!-- reportgen:report -->" in now(hub, MODEL)
    n_before = len(hub.repositories[MODEL])

    def run(number: int) -> str:
        return reportgen.publish(written / "results", "hf-model", id=f"run{number}").state

    with ThreadPoolExecutor(3) as pool:
        assert set(pool.map(run, range(3))) == {"created"}
    assert len(hub.repositories[MODEL]) == n_before + 3
    assert all(f"<!-- reportgen:run{number} -->" in now(hub, MODEL) for number in range(3))


def test_what_is_missing_or_refused_is_one_line_and_changes_nothing(
    hub: FakeHub, written: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for refusal, words in (
        ((403, "You don't have the rights to push"), "rights to push.*permission to write"),
        ((403, "Private repository storage limit reached"), "storage limit reached"),
        ((413, "Payload too large"), "--max-size"),
    ):
        hub.refuses = refusal
        with pytest.raises(PublishError, match=words) as caught:
            publish(written, "hf-model")
        assert "\n" not in str(caught.value)
    hub.refuses = None
    hub.first_answers = [503]
    assert publish(written, "hf-model").state == "created"
    monkeypatch.setenv("HF_MODEL", "o/none")
    with pytest.raises(PublishError, match="no such repository"):
        publish(written, "hf-model")
    monkeypatch.setenv("HF_MODEL", "scorer")
    with pytest.raises(UsageError, match=r"\$HF_MODEL: 'scorer': write owner/name"):
        publish(written, "hf-model")
    monkeypatch.setenv("HF_MODEL", "o/scorer")
    monkeypatch.setenv("HF_TOKEN", "hf_another-secret")
    with pytest.raises(PublishError, match=r"\$HF_TOKEN is not valid") as caught:
        publish(written, "hf-model")
    assert "another-secret" not in str(caught.value)
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    with pytest.raises(PublishError, match="cannot be reached") as caught:
        publish(written, "hf-model")
    assert "\n" not in str(caught.value)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(UsageError, match="HF_HUB_OFFLINE is set"):
        publish(written, "hf-model")
    with pytest.raises(UsageError, match="a section, which has none"):
        reportgen.publish(written / "card.md", "hf-model", title="x")

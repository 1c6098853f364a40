"""Values that a message names are cut where they are very long."""

import pytest
from helpers.calling import call

from reportgen.errors import UsageError, quoted

LONG = "x" * 50_000
OPTIONS = (
    *("--factory-args", "--factory", "--label-map", "--limit", "--evidence", "--lang"),
    *("--fail-if", "--encoding", "--delimiter", "--device", "--config", "--commit", "--colour"),
    *("--max-size", "--output", "--input-format", "--model", "--tokenizer"),
)


@pytest.mark.parametrize("option", OPTIONS)
def test_no_message_repeats_a_long_value_whole(option: str, tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "texts.txt").write_text("a\n")
    done = call("run", "texts.txt", option, LONG)
    assert done.exit_code in (1, 2)
    assert 0 < len(done.stderr) < 2_500
    assert "x" * 1_001 not in done.stderr


def test_so_it_is_of_names_of_commands_options_and_files() -> None:
    for command in ((LONG,), ("run", f"--{LONG}", "1"), ("run", f"{LONG}.txt"), ("render", LONG)):
        done = call(*command)
        assert done.exit_code in (1, 2) or isinstance(done.exception, OSError)
        assert len(done.stderr) < 2_500


def test_of_a_long_message_the_middle_is_left_out_and_no_quote_of_a_text_is_opened() -> None:
    error = UsageError(f"begins {quoted('secret ' * 200)} ends")
    assert str(error).startswith("begins secret")
    assert str(error).endswith("secret  ends")
    assert " … " in str(error)
    assert error.unquoted == "begins … ends (… stands for what --redact leaves out)"
    longer = UsageError("y" * 600 + quoted("secret " * 200) + "z" * 600)
    assert "secret" not in longer.unquoted
    assert len(longer.unquoted) == 999

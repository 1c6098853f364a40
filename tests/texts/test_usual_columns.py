"""Tables as they come: columns under their usual names, without an option."""

from collections.abc import Mapping

import pytest
from helpers.text_files import Write, give, parquet

from reportgen.errors import UsageError, with_quotes
from reportgen.texts import Columns, read_texts, texts_in_memory

# What a new user's own first table looks like, and what its first row should be read as.
LAYOUTS: Mapping[str, tuple[str | bytes, tuple[str, str | None, str | None]]] = {
    "imdb.csv": (
        'text,label\n"A fine film, really.",1\nA waste of time.,0\n',
        ("A fine film, really.", None, "1"),
    ),
    "sst2.tsv": (
        "sentence\tlabel\nit 's a charming journey\t1\nunflinchingly bleak\t0\n",
        ("it 's a charming journey", None, "1"),
    ),
    "nli.jsonl": (
        '{"premise": "A man eats.", "hypothesis": "A man sleeps.", "label": 2}\n',
        ("A man eats.", "A man sleeps.", "2"),
    ),
    "squad.json": (
        '[{"id": "5", "title": "X", "question": "Who?", "context": "Ann did.",'
        ' "answers": {"text": ["Ann"], "answer_start": [0]}}]',
        ("Who?", "Ann did.", '["Ann"]'),
    ),
    "sts.csv": (
        "sentence1,sentence2,score\nA plane.,An air plane.,5.0\n",
        ("A plane.", "An air plane.", "5.0"),
    ),
    "ner.parquet": (
        parquet(tokens=[["EU", "rejects"]], pos_tags=[[22, 42]], ner_tags=[[3, 0]]),
        ("EU rejects", None, '["3", "0"]'),
    ),
    "ads.csv": (
        "見出し,CTR\n年会費無料カード,2.66\n旅のお供に,1.5\n".encode("cp932"),
        ("年会費無料カード", None, None),
    ),
    "prompts.jsonl": ('{"prompt": "Once upon a time"}\n', ("Once upon a time", None, None)),
}


@pytest.mark.parametrize("name", LAYOUTS)
def test_a_first_table_is_read_without_an_option(write: Write, name: str) -> None:
    content, expected = LAYOUTS[name]
    read = read_texts([write(name, content)])
    text = read.texts[0]
    assert (text.text, text.pair, text.label) == expected


def notes_of(path: str, columns: Columns | None = None) -> list[str]:
    read = read_texts([path], columns or Columns())
    return [with_quotes(note).removeprefix(f"{path}: ") for note in read.notes]


def test_what_was_recognised_is_said_and_kept(write: Write) -> None:
    path = write("t.jsonl", '{"Sentence 1": "a", "sentence_2": "b", "gold-label": "x"}\n')
    assert notes_of(path) == [
        "the text is taken from the column 'Sentence 1', the pair from 'sentence_2', the label "
        "from 'gold-label'; --text-column, --pair-column and --label-column name others"
    ]
    (file,) = read_texts([path]).files
    assert file.columns == {"text": "Sentence 1", "pair": "sentence_2", "label": "gold-label"}
    plain = read_texts([write("t.csv", "text,label\na,b\n")])
    assert (plain.notes, plain.files[0].columns) == ((), {})


def test_what_is_named_goes_before_what_is_usual(write: Write) -> None:
    path = write("t.csv", "premise,hypothesis,label,score\na,b,c,1\n")
    named = Columns(text="hypothesis", label="score")
    assert notes_of(path, named) == []
    text = read_texts([path], named).texts[0]
    assert (text.text, text.pair, text.label) == ("b", None, "1")
    text = read_texts([path], Columns(pair="hypothesis", label="")).texts[0]
    assert (text.text, text.pair, text.label) == ("a", "b", None)
    assert read_texts([path], Columns(pair="")).texts[0].pair is None


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("text,score,sentiment\na,1,b\n", "'score' or 'sentiment' could be the label; choose with"),
        ("headline,body\na,b\n", "no column 'text', and 'body' or 'headline' could hold the texts"),
        ("question,context,passage\na,b,c\n", "no column 'text'; name one with --text-column"),
    ],
)
def test_what_is_not_clear_is_asked(write: Write, content: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        read_texts([write("t.csv", content)])


def test_a_column_of_numbers_is_offered(write: Write) -> None:
    path = write("t.csv", ",text,row_id,click rate,n,when\n0,a,4,2.5%,1,May\n1,b,9,,1,June\n")
    offer = (
        "the column 'click rate' holds numbers; `--label-column 'click rate'` would compare the "
        "predictions with them (other columns of numbers: 'n')"
    )
    assert notes_of(path) == [offer]
    assert notes_of(path, Columns(label="")) == []
    counted = write("n.csv", "text,n\na,1\nb,2\nc,3\n")
    assert notes_of(counted) == []
    stored = write("t.parquet", parquet(text=["a"], words=["b"], ctr=[0.5], spans=[[1]]))
    assert "`--label-column ctr`" in notes_of(stored)[0]


def test_standard_input_with_usual_names_is_a_table(monkeypatch: pytest.MonkeyPatch) -> None:
    give(monkeypatch, b"premise\thypothesis\na\tb\n")
    text = read_texts(["-"]).texts[0]
    assert (text.text, text.pair) == ("a", "b")
    give(monkeypatch, b"prompt\nsentence\n")
    assert [text.text for text in read_texts(["-"]).texts] == ["prompt", "sentence"]


def test_dicts_in_memory_are_rows() -> None:
    rows = [{"question": "Who?", "context": "Ann.", "stars": 3}, {"question": "Why?"}]
    read = texts_in_memory(rows, None, {"label": "stars"})
    assert [(text.text, text.pair, text.label) for text in read.texts] == [
        ("Who?", "Ann.", "3"),
        ("Why?", None, None),
    ]

"""Edits of texts: each does what its name says, to every text the same."""

import pytest
from helpers.hostile_texts import hostile_texts

from reportgen.errors import InputError, UsageError, quoted
from reportgen.texts import chosen_edits, edited, read_edits, read_swaps
from reportgen.texts.edits import EDITS

BY_ID = {edit.id: edit for edit in EDITS}
CASES = {
    "lower_case": ("Free COFFEE", "free coffee"),
    "upper_case": ("[無料]munaitaカード", "[無料]MUNAITAカード"),
    "punctuation": ("Only 3.5%, at example.com. Hurry!", "Only 3.5% at example.com Hurry"),
    "exclamation": ("これで安心。", "これで安心！"),
    "brackets": ("【本日限定】50,000円（税込）", "本日限定50,000円税込"),
    "symbols": ("★送料無料★ → £5", "送料無料 £5"),
    "emoji": ("Hi 👨‍👩‍👧 there 🇯🇵 1️⃣ ⭐", "Hi there"),
    "half_width": ("Ｗｅｂで１０％ ｶｰﾄﾞ", "Webで10% カード"),
    "full_width": ("Webで10%オフ", "Ｗｅｂで１０％オフ"),
    "digits": ("最大50,000円 2019", "最大60,000円 3021"),
    "spaces": ("今だけ 無料　です", "今だけ無料です"),
    "typo": ("a very good offer", "a very good ofefr"),
    "sentence_order": ("今すぐ登録。特典あり！無料", "無料。特典あり！今すぐ登録。"),
    "repetition": ("Buy now ", "Buy now Buy now"),
}


@pytest.mark.parametrize("name", BY_ID)
def test_an_edit_does_what_it_is_named_for(name: str) -> None:
    before, after = CASES[name]
    assert BY_ID[name].change(before) == after


def test_an_edit_leaves_texts_without_what_it_changes_as_they_are() -> None:
    plain = "a small cat"
    applied = {name for name, edit in BY_ID.items() if edit.change(plain) != plain}
    assert applied == {"upper_case", "exclamation", "spaces", "typo", "repetition"}
    assert BY_ID["brackets"].change("coffee (today)! f(x) it[s]") == "coffee today! f x it s"
    assert BY_ID["spaces"].change(plain) == "a  small  cat"
    assert BY_ID["typo"].change("これは無料ポイント") == "これは無料ポンイト"


def test_any_text_is_edited_the_same_each_time() -> None:
    for text in (*hostile_texts(60), "", " ", "★", "x" * 10_000, "あ" * 10_000):
        for edit in EDITS:
            assert edit.change(text) == edit.change(text)


def test_a_mask_stays_whatever_is_changed_around_it() -> None:
    text = "The [MASK] sat. It [MASK]!"
    for edit in EDITS:
        assert edited(edit, text, ("[MASK]",)).count("[MASK]") in (2, 4)
    assert edited(BY_ID["lower_case"], text, ("[MASK]",)) == "the [MASK] sat. it [MASK]!"


def swapped(folder, content: str, text: str) -> dict[str, str]:
    path = folder / "swaps.csv"
    path.write_bytes(content.encode("cp932" if "円" in content else "utf-8"))
    edits = chosen_edits(None, read_swaps(str(path)))
    return {edit.id: edit.change(text) for edit in edits}


def test_swaps_take_the_longest_whole_words_once(tmp_path) -> None:
    content = "from,to,kind,both\nhe,she,gender,yes\nhere,there,place,\nher,his,gender,\n"
    assert swapped(tmp_path, content, "he and she are here, hers, he") == {
        "swap:gender": "she and he are here, hers, she",
        "swap:place": "he and she are there, hers, he",
    }
    content = "from,to\n無料,0円\n無料体験,お試し\n"
    assert (
        swapped(tmp_path, content, "無料体験か無料Wi-Fi")["swap:無料 → 0円"] == "0円体験か0円Wi-Fi"
    )
    content = "from,to,kind\n無料,0円,価格\n無料体験,お試し,価格\n"
    assert swapped(tmp_path, content, "無料体験か無料") == {"swap:価格": "お試しか0円"}
    assert read_swaps(str(tmp_path / "swaps.csv")).notes == (
        f"swaps.csv: {quoted(repr('無料'))} stands in {quoted(repr('無料体験'))}; of words that "
        "overlap, the longest is swapped",
    )


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("from,to\n,b\n", "swaps.csv:2: from is empty"),
        ("from,to\na,b\na,c\n", None),
        ("from,to,kind\na,b,k\na,c,k\n", "swaps.csv:3: 'a' is swapped at swaps.csv:2 already for"),
        ("from,to,kind,both\na,b,k,yes\nb,c,k,\n", "swaps.csv:3: 'b' is swapped at"),
        ("from,to\na,a\n", "swaps.csv:2: from and to are the same"),
        ("from,to,both\na,b,perhaps\n", "swaps.csv:2: both is 'perhaps'; write yes or no"),
        ("from,to\n", "swaps.csv: no swaps"),
    ],
)
def test_what_is_no_swap_is_one_line(tmp_path, monkeypatch, content: str, message) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "swaps.csv").write_text(content, "utf-8")
    if message is None:  # kinds of their own
        assert len(read_swaps("swaps.csv").changes) == 2
        return
    with pytest.raises(InputError) as caught:
        read_swaps("swaps.csv")
    assert str(caught.value).startswith(message)


def test_what_is_no_edit_is_a_wrong_use(tmp_path) -> None:
    with pytest.raises(UsageError, match="--edits 'upper': no such edit; write all, or some of"):
        read_edits("typo,upper")
    (tmp_path / "a.csv").write_text("old,new\na,b\n", "utf-8")
    with pytest.raises(UsageError, match="no column from"):
        read_swaps(str(tmp_path / "a.csv"))
    with pytest.raises(UsageError, match="not a table"):
        read_swaps(str(tmp_path))

"""The encodings of text files, found or named."""

import pytest
from helpers.text_files import Write, texts_of

from reportgen.errors import InputError, UsageError
from reportgen.texts import read_texts


class TestEncodings:
    CONTENT = "text,label\n[無料]今すぐ申し込み、アルベルト,é\n"

    @pytest.mark.parametrize(
        ("mark", "encoding"),
        [
            (b"", "utf-8"),
            (b"\xef\xbb\xbf", "utf-8"),
            (b"\xff\xfe", "utf-16-le"),
            (b"\xfe\xff", "utf-16-be"),
            (b"\xff\xfe\0\0", "utf-32-le"),
            (b"\0\0\xfe\xff", "utf-32-be"),
        ],
    )
    def test_unicode_is_found_by_its_mark(self, write: Write, mark: bytes, encoding: str) -> None:
        (text,) = read_texts([write("t.csv", mark + self.CONTENT.encode(encoding))]).texts
        assert (text.text, text.label) == ("[無料]今すぐ申し込み、アルベルト", "é")

    @pytest.mark.parametrize("text", ["無料で今すぐ", "カード①㈱髙", "ﾊﾝｶｸとカナ、Aと1"])
    def test_cp932_is_found(self, write: Write, text: str) -> None:
        assert texts_of(write("t.txt", text.encode("cp932"))) == [text]

    @pytest.mark.parametrize(
        ("text", "encoding"),
        [
            ("it’s a café, isn’t it", "cp1252"),  # every byte fits CP932: "it痴 a ..."
            ("écran plat", "latin-1"),
            ("今すぐ申し込み", "euc-jp"),
            ("привет", "cp1251"),
            ("無料", "cp932"),  # kanji alone could be anything
        ],
    )
    def test_what_only_might_be_cp932_is_refused_and_can_be_named(
        self, write: Write, text: str, encoding: str
    ) -> None:
        path = write("t.txt", b"plain\n" + text.encode(encoding))
        with pytest.raises(InputError, match=r"t\.txt:2: neither UTF-8 nor CP932; .*--encoding"):
            read_texts([path])
        assert texts_of(path, encoding=encoding) == ["plain", text]

    @pytest.mark.parametrize("encoding", ["euc_jp", "iso2022_jp"])
    def test_older_japanese_encodings_are_named(self, write: Write, encoding: str) -> None:
        path = write("t.txt", "plain\n今すぐ申し込み".encode(encoding))
        with pytest.raises(InputError, match=f"looks like {encoding}; give --encoding {encoding}"):
            read_texts([path])
        assert texts_of(path, encoding=encoding) == ["plain", "今すぐ申し込み"]

    @pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
    @pytest.mark.parametrize(
        "text", ["カード\nポイント\n", "plain ASCII\n", "no end of line", "a\r\nb"]
    )
    def test_utf16_without_a_mark_is_told(self, write: Write, encoding: str, text: str) -> None:
        path = write("t.txt", text.encode(encoding))
        with pytest.raises(InputError, match=f"like {encoding} without .*--encoding {encoding}"):
            read_texts([path])
        assert texts_of(path, encoding=encoding) == text.splitlines()

    @pytest.mark.parametrize("text", ["a\0b", "ab\0\0", "\0", "nul\0\nab"])
    def test_a_nul_alone_is_no_utf16(self, write: Write, text: str) -> None:
        assert texts_of(write("t.txt", text.encode())) == [x for x in text.split("\n") if x.strip()]

    def test_bytes_that_do_not_fit_the_named_encoding_are_placed(self, write: Write) -> None:
        path = write("t.csv", b"text\nok\ncaf\xe9\n")
        with pytest.raises(InputError, match=r"t\.csv:3: not ascii; .*--encoding"):
            read_texts([path], encoding="ascii")
        marked = write("m.txt", b"\xff\xfea\0\n\0b\0\n\0\0\xd8")
        with pytest.raises(InputError, match=r"m\.txt:3: not utf-16-le"):
            read_texts([marked])

    def test_a_named_encoding_may_have_a_mark(self, write: Write) -> None:
        assert texts_of(write("t.txt", "\ufeffa".encode()), encoding="utf-8") == ["a"]
        assert texts_of(write("u.txt", "\ufeffa".encode("utf-16-le")), encoding="utf-16") == ["a"]

    @pytest.mark.parametrize(
        "name", ["nonsense", "base64", "rot13", "idna", "punycode", "undefined", "hex", "", "a\0b"]
    )
    def test_an_encoding_that_is_none_is_a_usage_error(self, write: Write, name: str) -> None:
        with pytest.raises(UsageError, match=r"--encoding .*: not a text encoding"):
            read_texts([write("t.txt", b"a\xff")], encoding=name)

"""Build the bundled tokenizer without a trainer, so that it is the same file every time."""

from collections.abc import Iterator

from tokenizers import Tokenizer, decoders, normalizers, pre_tokenizers, processors
from tokenizers.models import Unigram
from transformers import PreTrainedTokenizerFast

from reportgen.demo.headlines import OPTIONAL, SLOT
from reportgen.demo.score_rule import (
    ENGLISH_PARTS,
    ENGLISH_WORDS,
    JAPANESE_WORDS,
    LANGUAGES,
    Wording,
)

MAX_TOKENS = 256
SPECIAL_TOKENS = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
SPACE = "▁"
# A text is cut where the sum of its pieces' scores is highest: few pieces, whole words if it can.
WORD_SCORE, CHARACTER_SCORE, BYTE_SCORE = -8.0, -10.0, -14.0


def build_tokenizer() -> PreTrainedTokenizerFast:
    """A Unigram tokenizer: lower-cased NFKC, words of the headlines, characters, bytes."""
    pieces = dict.fromkeys(SPECIAL_TOKENS, 0.0)
    pieces |= {f"<0x{byte:02X}>": BYTE_SCORE for byte in range(256)}
    pieces |= dict.fromkeys(sorted(characters()), CHARACTER_SCORE)
    pieces |= dict.fromkeys(sorted(set(words()) - pieces.keys() - {""}), WORD_SCORE)
    unknown = SPECIAL_TOKENS.index("[UNK]")
    tokenizer = Tokenizer(Unigram(list(pieces.items()), unk_id=unknown, byte_fallback=True))
    tokenizer.normalizer = normalizers.Sequence([normalizers.NFKC(), normalizers.Lowercase()])
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(SPACE, prepend_scheme="never")
    tokenizer.decoder = decoders.Sequence(
        [
            decoders.ByteFallback(),
            decoders.Metaspace(SPACE, prepend_scheme="never"),
            decoders.Fuse(),
        ]
    )
    cls, sep = SPECIAL_TOKENS.index("[CLS]"), SPECIAL_TOKENS.index("[SEP]")
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS]:0 $A:0 [SEP]:0",
        pair="[CLS]:0 $A:0 [SEP]:0 $B:1 [SEP]:1",
        special_tokens=[("[CLS]", cls), ("[SEP]", sep)],
    )
    return PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]
        tokenizer_object=tokenizer,
        model_max_length=MAX_TOKENS,
        pad_token="[PAD]",
        unk_token="[UNK]",
        cls_token="[CLS]",
        sep_token="[SEP]",
        mask_token="[MASK]",
    )


def characters() -> set[str]:
    """Single characters: ASCII, kana, Japanese punctuation and the 2,965 kanji of JIS level 1."""
    every = {chr(code) for code in range(0x21, 0x7F)} | {SPACE}
    rows = [*range(0xA1, 0xA3), *range(0xA4, 0xA6), *range(0xB0, 0xD0)]
    for row in rows:
        for cell in range(0xA1, 0xFF):
            every |= set(bytes((row, cell)).decode("euc_jp", errors="ignore"))
    normalizer = normalizers.NFKC()
    return {character for character in every if normalizer.normalize_str(character) == character}


def words() -> Iterator[str]:
    """Pieces of more than one character, latin ones with and without a space before them."""
    for word in [*template_words(), *ENGLISH_WORDS, *number_words(), *"([$"]:
        yield word.lower()
        if word.isascii():
            yield SPACE + word.lower()
    yield from ENGLISH_PARTS
    yield from JAPANESE_WORDS


def number_words() -> Iterator[str]:
    """Two digits, round hundreds, and the zeros that follow."""
    yield from (str(number) for number in [*range(100), *range(100, 1000, 100)])
    yield from ("00", "000")


def template_words() -> Iterator[str]:
    """Every word of the templates and of what fills them."""
    for language in LANGUAGES:
        for stretch in stretches(language):
            for marked in stretch.split("|"):
                for word in marked.split():
                    yield word.strip("[]()【】!?、。,.:※$-'")


def stretches(language: Wording) -> Iterator[str]:
    """Texts of one language, with their word marks."""
    for choices in language.words.values():
        yield from choices
    yield from language.benefits
    for form in language.amounts:
        yield form.replace("{}", "|")
    for template in (*language.offers, *language.plain, *language.neutral):
        yield SLOT.sub("|", OPTIONAL.sub(r"|\1|", template))

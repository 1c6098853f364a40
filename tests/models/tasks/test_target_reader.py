"""Targets of encoder-decoders: which tokens are theirs, and how likely the model holds each."""

import pytest
import torch
from helpers.real.models import tiny_tokenizer
from helpers.real.writers import (
    PAIRS,
    WRITERS,
    loaded_writer,
    tiny_writer,
    with_target,
    writer_tokenizer,
)
from helpers.rounding import near
from transformers import (
    FSMTConfig,
    FSMTForConditionalGeneration,
    MBart50Tokenizer,
    MBartTokenizer,
)

from reportgen.analysis.generation import Choice, with_generated
from reportgen.errors import ModelError
from reportgen.models import LoadedModel, ModelSpec, TextPrediction, load_module
from reportgen.models.tasks import (
    encode_target,
    encoder_remark,
    find_writer,
    start_token,
    with_targets,
)
from reportgen.texts import TextInput, TextSet

WORDS = [
    ("<s>", 0.0),
    ("<pad>", 0.0),
    ("</s>", 0.0),
    ("<unk>", 0.0),
    ("▁the", -2.0),
    ("▁cat", -2.0),
]


@pytest.fixture(scope="module", params=WRITERS)
def model(request: pytest.FixtureRequest) -> LoadedModel:
    return loaded_writer(request.param)


def read(model: LoadedModel, *pairs: tuple[str, str]) -> list[TextPrediction]:
    texts = [with_target(model, *pair) for pair in pairs]
    inputs = model.inputs(texts)
    with torch.no_grad():
        return model.reader.read(model.module(**inputs), inputs, texts)


def test_each_token_is_as_likely_as_in_a_run_of_its_own(model: LoadedModel) -> None:
    for pair, found in zip(PAIRS, read(model, *PAIRS), strict=True):
        target = with_target(model, *pair).target
        source = model.tokenizer(pair[0], return_tensors="pt")["input_ids"]
        assert len(found.scores) == len(target.ids) - target.n_given
        for at, score in enumerate(found.scores, target.n_given):
            before = torch.tensor([target.ids[:at]])
            with torch.no_grad():
                logits = model.module(input_ids=source, decoder_input_ids=before).logits[0, -1]
            plain = logits.double().log_softmax(0)
            assert score == near(float(plain[target.ids[at]]))
            best = int(plain.argmax())
            assert (found.score_names[at - target.n_given] == "") == (best == target.ids[at])
        assert found.value == near(sum(found.scores))


def test_the_decoder_reads_what_the_library_gives_it_for_these_labels(model: LoadedModel) -> None:
    for pair, found in zip(PAIRS, read(model, *PAIRS), strict=True):
        source = model.tokenizer(pair[0], return_tensors="pt")["input_ids"]
        labels = model.tokenizer(text_target=pair[1], return_tensors="pt")["input_ids"]
        given: list[torch.Tensor] = []
        decoder = model.module.get_decoder()
        handle = decoder.register_forward_pre_hook(
            lambda _, args, kwargs, given=given: given.append(kwargs["input_ids"]), with_kwargs=True
        )
        with torch.no_grad():
            returned = model.module(input_ids=source, labels=labels)
        handle.remove()
        target = with_target(model, *pair).target
        assert given[0][0].tolist() == list(target.read)
        assert list(target.ids[1:]) == labels[0].tolist()
        plain = -returned.logits[0].log_softmax(-1).gather(1, labels[0][:, None])[:, 0]
        assert float(plain.mean()) == near(float(returned.loss))
        # Special tokens in front are given, so that they do not count.
        assert found.value == near(-float(plain[target.n_given - 1 :].sum()))


def test_tokens_have_their_place_in_the_completion() -> None:
    found = with_target(loaded_writer("bart"), "the cat", "on the mat").target
    assert (found.tokens[0], found.tokens[1], found.tokens[-1]) == ("</s>", "<s>", "</s>")
    assert found.n_given == 2
    assert found.specials == (True, True, *[False] * (len(found.ids) - 3), True)
    spans = [span for span in found.spans if span is not None]
    assert len(spans) == len(found.ids) - 3
    covered = "".join("on the mat"[start:end] for start, end in spans)
    assert covered.replace(" ", "") == "onthemat"
    assert found.units[0] == 0
    assert found.units[-1] == len(set(found.units)) - 1


@pytest.mark.parametrize(
    ("tokenizer_class", "given"),
    [(MBart50Tokenizer, ("</s>", "fr_XX")), (MBartTokenizer, ("fr_XX",))],
)
def test_the_language_of_the_target_is_given(tokenizer_class, given: tuple[str, ...]) -> None:
    tokenizer = tokenizer_class(vocab=WORDS, src_lang="en_XX", tgt_lang="fr_XX")
    ids = {"pad_token_id": 1, "eos_token_id": 2, "decoder_start_token_id": 2}
    module = tiny_writer("mbart", vocab_size=len(tokenizer), **ids)
    writer = find_writer(module, tokenizer)
    target = encode_target(tokenizer, writer, "the cat")
    assert target.tokens[: target.n_given] == given
    assert target.tokens[target.n_given :] == ("▁the", "▁cat", "</s>")
    labels = tokenizer(text_target="the cat", return_tensors="pt")["input_ids"]
    plain = module.prepare_decoder_input_ids_from_labels(labels)[0].tolist()
    assert list(target.read) == plain[: len(target.read)]


@pytest.mark.parametrize("tokenizer_class", [MBart50Tokenizer, MBartTokenizer])
def test_a_model_is_told_to_write_in_the_language_of_targets(tokenizer_class) -> None:
    tokenizer = tokenizer_class(vocab=WORDS, src_lang="en_XX", tgt_lang="fr_XX")
    ids = {"pad_token_id": 1, "eos_token_id": 2, "decoder_start_token_id": 2}
    module = tiny_writer("mbart", vocab_size=len(tokenizer), **ids)
    model = with_targets(load_module(module, tokenizer, ModelSpec()))
    texts = TextSet((TextInput("1", "the cat"),), ())
    (found,), _ = with_generated(texts.texts, model, Choice(5, 0.0, 0))
    target = encode_target(tokenizer, model.writer, found.completion, found.completion_ids)
    assert target.tokens[target.n_given - 1] == "fr_XX"
    french = tokenizer.convert_tokens_to_ids("fr_XX")
    given = (
        {"forced_bos_token_id": french}
        if tokenizer_class is MBart50Tokenizer
        else {"decoder_start_token_id": french}
    )
    plain = module.generate(
        **tokenizer("the cat", return_tensors="pt"), max_new_tokens=5, num_beams=1, **given
    )
    assert list(found.completion_ids) == plain[0].tolist()[: len(found.completion_ids)]


def test_of_what_a_model_wrote_its_own_tokens_are_read() -> None:
    model = loaded_writer("t5")
    tokenizer = model.tokenizer
    letters = tokenizer.convert_tokens_to_ids(["▁", "c", "a", "t"])
    usual = encode_target(tokenizer, model.writer, "cat").ids
    assert list(usual[1:-1]) != letters  # the tokenizer has one token for it
    ids = (tokenizer.pad_token_id, *letters, tokenizer.eos_token_id)
    found = encode_target(tokenizer, model.writer, "cat", ids)
    assert (found.ids, found.n_given) == (ids, 1)
    places = [span and "cat"[slice(*span)] for span in found.spans]
    assert places == [None, "", "c", "a", "t", None]
    cut = encode_target(tokenizer, model.writer, "cat", usual[:-1])
    assert (cut.ids, cut.spans) == (
        usual[:-1],
        encode_target(tokenizer, model.writer, "cat").spans[:-1],
    )


def test_without_targets_the_encoder_is_read_and_the_remark_says_how_to_have_them() -> None:
    model = load_module(tiny_writer("marian"), writer_tokenizer("marian"), ModelSpec())
    assert model.output.kind == "embedding"
    said = encoder_remark("MarianMTModel")
    assert said in model.remarks
    assert "--generate N" in said
    read_as_whole = loaded_writer("marian")
    assert said not in read_as_whole.remarks
    assert read_as_whole.info.architecture == "MarianMTModel"
    assert read_as_whole.info.n_parameters > model.info.n_parameters
    assert read_as_whole.info.weights_sha256 != model.info.weights_sha256


def test_pooling_asks_for_the_embedding_of_the_encoder() -> None:
    spec = ModelSpec(pooling="mean")
    assert load_module(tiny_writer("t5"), writer_tokenizer("t5"), spec).writer is None


def test_what_cannot_be_read_is_told_in_one_line() -> None:
    model = loaded_writer("bart")
    most = model.writer.max_tokens
    assert most == 64
    with pytest.raises(ModelError, match=r"its completion has \d+ tokens, more than the 64 that"):
        with_target(model, "the cat", "zq " * 64)
    with pytest.raises(ModelError, match="its completion has far more than the 64 tokens"):
        with_target(model, "the cat", "zq " * 64_000)
    with pytest.raises(ModelError, match="its completion has no tokens"):
        with_target(model, "the cat", "")
    with pytest.raises(ModelError, match="the text is empty, so there is nothing to write"):
        with_target(model, "", "the cat")


def test_a_decoder_takes_as_many_tokens_as_it_says() -> None:
    model = loaded_writer("bart")
    completion = "a" * 1
    while len(with_target(model, "the cat", completion).target.read) < model.writer.max_tokens:
        completion += "!a"[len(completion) % 2]
    (found,) = read(model, ("the cat", completion))
    assert found.is_finite


def test_a_model_that_does_not_say_how_a_target_starts_is_refused() -> None:
    module = tiny_writer("m2m_100", decoder_start_token_id=None)
    module.generation_config.decoder_start_token_id = None
    with pytest.raises(ModelError, match="no token that a target starts with; set decoder_start"):
        start_token(module, (5, 6))


def test_tokenizers_without_a_limit_leave_that_to_the_decoder() -> None:
    tokenizer = tiny_tokenizer("unigram_eos")
    assert find_writer(tiny_writer("t5"), tokenizer).max_tokens == 512
    assert find_writer(tiny_writer("pegasus"), tokenizer).max_tokens == 64


def test_a_decoder_that_is_no_model_of_its_own_has_a_limit_too() -> None:
    sizes = {"d_model": 32, "encoder_layers": 1, "decoder_layers": 1, "max_position_embeddings": 48}
    heads = {"encoder_attention_heads": 2, "decoder_attention_heads": 2}
    words = {"src_vocab_size": 60, "tgt_vocab_size": 60, "langs": ["en", "de"]}
    narrow = {"encoder_ffn_dim": 32, "decoder_ffn_dim": 32}
    module = FSMTForConditionalGeneration(FSMTConfig(**sizes, **heads, **words, **narrow))
    assert find_writer(module, tiny_tokenizer("unigram_eos")).max_tokens == 48

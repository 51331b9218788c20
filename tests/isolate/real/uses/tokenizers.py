import tokenizers
from tokenizers import models, normalizers, pre_tokenizers, trainers


class Splitter:
    def split(self, number, text):
        return [text[:2], text[2:]]

    def pre_tokenize(self, text):
        text.split(self.split)


def use(turn):
    coder = tokenizers.Tokenizer(models.BPE(unk_token="[?]"))
    coder.normalizer = normalizers.Lowercase()
    coder.pre_tokenizer = pre_tokenizers.Whitespace()
    coder.train_from_iterator(
        ["the cat the hat the bat"] * 20, trainers.BpeTrainer(vocab_size=60, special_tokens=["[?]"])
    )
    tokens = coder.encode_batch(["The cat sat", "hat " * turn, "xyz"])
    coder.pre_tokenizer = pre_tokenizers.PreTokenizer.custom(Splitter())
    custom = coder.encode_batch([f"thecat{n}" for n in range(8)])
    assert coder.decode(tokens[0].ids)
    return [one.tokens for one in tokens], [one.tokens for one in custom], coder.get_vocab_size()

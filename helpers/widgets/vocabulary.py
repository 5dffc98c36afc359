"""Which words may a reader say to a model, so that a page cuts them as its tokenizer does?

Those of the captions: to `helpers.models.text_to_image.word_tokenizer` each of them is one token. It would cut any other into
pieces, which a page does not.
"""

from collections.abc import Iterable

from transformers import CLIPTokenizer


def vocabulary(tokenizer: CLIPTokenizer, captions: Iterable[str]) -> dict[str, int]:
    """The token of each word and sign of these captions that is one token, in alphabetical order."""
    backend, known = tokenizer.backend_tokenizer, tokenizer.get_vocab()
    found = {}
    for caption in set(captions):
        text = backend.normalizer.normalize_str(caption)
        for piece, (start, end) in backend.pre_tokenizer.pre_tokenize_str(text):
            if (token := known.get(f"{piece}</w>")) is not None:
                found[text[start:end]] = token
    return dict(sorted(found.items()))

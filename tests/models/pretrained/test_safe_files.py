"""Weights are known by their content, and libraries see nothing but files that were checked."""

import json
import pickle

import pytest
import torch
from safetensors.torch import save_file

from helpers.models.pretrained.safe_files import find_weights, header, read_config, read_json, shown

STEM = "diffusion_pytorch_model"
TENSOR = {"weight": torch.ones(2)}


def weights(path, dtype=torch.float32):
    save_file({"weight": torch.ones(2, dtype=dtype)}, path)
    return path


def sharded(folder, suffix="", names=None):
    for i in (1, 2):
        save_file({f"w{i}": torch.ones(2)}, folder / f"{STEM}-0000{i}-of-00002.safetensors")
    names = names or [f"{STEM}-0000{i}-of-00002.safetensors" for i in (1, 2)]
    index = folder / f"{STEM}.safetensors.index{suffix}.json"
    index.write_text(json.dumps({"metadata": {}, "weight_map": {f"w{i}": name for i, name in enumerate(names, 1)}}))
    return index


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is damaged"),
        (b"x" * 100, "is damaged"),
        (pickle.dumps({"a": 1}), "is a pickle by its content, and reading it could run any code"),
        (b"PK\x03\x04" + b"\0" * 40, "is a pickle by its content"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n", 'Git LFS.*run "git lfs pull"'),
    ],
)
def test_a_file_is_known_by_its_content_and_not_by_its_name(tmp_path, content, message):
    path = tmp_path / f"{STEM}.safetensors"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=message):
        header(path)
    with pytest.raises(ValueError, match=message):
        find_weights(tmp_path, "diffusers")


def test_a_link_to_a_pickle_is_no_weights(tmp_path):
    torch.save(TENSOR, tmp_path / "elsewhere.bin")
    (tmp_path / f"{STEM}.safetensors").symlink_to(tmp_path / "elsewhere.bin")
    with pytest.raises(ValueError, match="is a pickle by its content"):
        find_weights(tmp_path, "diffusers")


def test_a_broken_link_is_named_as_one(tmp_path):
    (tmp_path / "x.safetensors").symlink_to(tmp_path / "gone")
    with pytest.raises(FileNotFoundError, match="a broken link"):
        header(tmp_path / "x.safetensors")


@pytest.mark.parametrize("name", ["shard.bin", "../other/x.safetensors", "/etc/x.safetensors", 3, None])
def test_an_index_names_nothing_but_safetensors_beside_it(tmp_path, name):
    torch.save(TENSOR, tmp_path / "shard.bin")
    sharded(tmp_path, names=[f"{STEM}-00001-of-00002.safetensors", name])
    with pytest.raises(ValueError, match="only safetensors beside it are read: a pickle can run any code"):
        find_weights(tmp_path, "diffusers")


def test_every_shard_is_looked_at(tmp_path):
    sharded(tmp_path)
    found = find_weights(tmp_path, "diffusers")
    assert [path.name for path in found.shards] == [f"{STEM}-0000{i}-of-00002.safetensors" for i in (1, 2)]
    found.shards[1].write_bytes(pickle.dumps(TENSOR["weight"].tolist()))
    with pytest.raises(ValueError, match="is a pickle by its content"):
        find_weights(tmp_path, "diffusers")
    found.shards[1].unlink()
    with pytest.raises(FileNotFoundError, match=r"no file .*00002-of"):
        find_weights(tmp_path, "diffusers")


def test_an_index_without_a_map_is_refused(tmp_path):
    sharded(tmp_path).write_text("{}")
    with pytest.raises(ValueError, match="has no weight_map"):
        find_weights(tmp_path, "diffusers")


def test_only_pickles_are_refused_and_beside_safetensors_they_are_left_alone(tmp_path):
    torch.save(TENSOR, tmp_path / f"{STEM}.bin")
    with pytest.raises(ValueError, match=r"diffusion_pytorch_model.bin is a pickle, and reading it could run any code"):
        find_weights(tmp_path, "diffusers")
    weights(tmp_path / f"{STEM}.safetensors")
    assert find_weights(tmp_path, "diffusers").shards == [tmp_path / f"{STEM}.safetensors"]


def test_no_weights_at_all_are_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"neither model\.safetensors nor model\.safetensors\.index\.json"):
        find_weights(tmp_path, "transformers")


def test_the_variant_that_is_asked_for_is_read_or_the_only_one_there_is(tmp_path):
    half = weights(tmp_path / f"{STEM}.fp16.safetensors", torch.float16)
    assert find_weights(tmp_path, "diffusers").shards == [half]
    assert find_weights(tmp_path, "diffusers").variant == "fp16"
    assert find_weights(tmp_path, "diffusers").dtypes == ["F16"]
    weights(tmp_path / f"{STEM}.non_ema.safetensors")
    with pytest.raises(ValueError, match=r"of the variants fp16, non_ema; say which with variant= \(--variant\)"):
        find_weights(tmp_path, "diffusers")
    plain = weights(tmp_path / f"{STEM}.safetensors")
    assert find_weights(tmp_path, "diffusers").shards == [plain]
    assert find_weights(tmp_path, "diffusers", "fp16").shards == [half]
    assert find_weights(tmp_path, "diffusers", "fp8").shards == [plain]
    plain.unlink()
    with pytest.raises(ValueError, match="of the variants fp16, non_ema; say which"):
        find_weights(tmp_path, "diffusers", "fp8")


def test_a_variant_in_shards_is_found_by_its_index(tmp_path):
    sharded(tmp_path, ".fp16")
    assert find_weights(tmp_path, "diffusers").variant == "fp16"
    assert len(find_weights(tmp_path, "diffusers").shards) == 2


@pytest.mark.parametrize(
    ("content", "message"),
    [("{", "is no valid JSON"), ("[1]", "holds a list, not an object"), ("[" * 100_000, "is no valid JSON"), ("\udcff", "JSON")],
)
def test_json_that_is_none_is_named_in_one_line(tmp_path, content, message):
    path = tmp_path / "config.json"
    path.write_bytes(content.encode("utf-8", "surrogateescape"))
    with pytest.raises(ValueError, match=message) as error:
        read_json(path)
    assert "\n" not in str(error.value)
    with pytest.raises(FileNotFoundError, match="no file"):
        read_json(tmp_path / "gone.json")


def test_a_config_is_plain_data(tmp_path):
    path = tmp_path / "config.json"
    path.write_text(json.dumps({"size": 1, "auto_map": {"AutoModel": "evil.Evil"}, "_attn_implementation": "someone/kernel"}))
    assert read_config(path) == {"size": 1}
    path.write_text(json.dumps({"quantization_config": {"quant_method": "bitsandbytes"}}))
    with pytest.raises(ValueError, match="has a quantization_config; save the model unquantised"):
        read_config(path)


def test_a_library_sees_what_was_checked_and_nothing_else(tmp_path):
    for name in ("evil.py", "adapter_config.json", "pytorch_model.bin", "model.fp16.safetensors", "generation_config.json"):
        (tmp_path / name).write_text("{}")
    weights(tmp_path / "model.safetensors")
    (tmp_path / "tokenizer_config.json").write_text(json.dumps({"auto_map": {}, "model_max_length": 8}))
    (tmp_path / "vocab.json").write_text("{}")
    others = [tmp_path / "tokenizer_config.json", tmp_path / "vocab.json"]
    with shown({"size": 1}, find_weights(tmp_path, "transformers"), "transformers", others) as folder:
        names = sorted(path.name for path in folder.iterdir())
        assert names == ["config.json", "model.safetensors", "tokenizer_config.json", "vocab.json"]
        assert json.loads((folder / "tokenizer_config.json").read_text()) == {"model_max_length": 8}
    assert not folder.exists()


def test_a_variant_is_shown_under_the_plain_name_and_shards_with_their_index(tmp_path):
    weights(tmp_path / f"{STEM}.fp16.safetensors")
    with shown({}, find_weights(tmp_path, "diffusers"), "diffusers", []) as folder:
        assert sorted(path.name for path in folder.iterdir()) == ["config.json", f"{STEM}.safetensors"]
    (tmp_path / f"{STEM}.fp16.safetensors").unlink()
    sharded(tmp_path)
    with shown({}, find_weights(tmp_path, "diffusers"), "diffusers", []) as folder:
        assert len(list(folder.glob("*-of-*"))) == 2
        assert len(json.loads((folder / f"{STEM}.safetensors.index.json").read_text())["weight_map"]) == 2

"""A trained network and its export are found by one name."""

import pytest

from helpers.zoo import trained

pytestmark = pytest.mark.slow


def test_a_model_that_was_not_exported_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"run `python -m helpers maintain export nothing`"):
        trained.exported("nothing", tmp_path)

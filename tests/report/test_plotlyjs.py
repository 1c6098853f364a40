"""A plotly.js of the user's is read, or refused with the reason."""

import pytest

from reportgen.errors import UsageError
from reportgen.report import read_plotlyjs


def test_a_bundle_is_read_whole(tmp_path):
    path = tmp_path / "plotly.min.js"
    path.write_bytes("\ufeff/* plotly.js v9 */ Plotly = {newPlot: '図'}".encode())
    assert read_plotlyjs(path) == "/* plotly.js v9 */ Plotly = {newPlot: '図'}"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "no such file"),
        (b"alert(1)", "not plotly.js; give a bundle such as"),
        (b"\xff\xfe plotly.js newPlot", "not plotly.js"),
        (b"plotly.js without its function", "not plotly.js"),
    ],
)
def test_anything_else_is_refused(tmp_path, content, said):
    path = tmp_path / "other.js"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(UsageError, match=said) as refused:
        read_plotlyjs(path)
    assert str(path) in str(refused.value)


def test_a_folder_cannot_be_read(tmp_path):
    with pytest.raises(UsageError, match="cannot be read"):
        read_plotlyjs(tmp_path)

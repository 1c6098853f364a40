"""Groups of units that say the same, as they are stored."""

import numpy as np
import pandas as pd
import pytest

from reportgen.results import JointUnits, Unit, joint_label, joint_units

TEXT = "it is free of charge"
PLACES = ((0, 2), (3, 5), (6, 10), (11, 13), (14, 20))


def units(text: str = TEXT, places=PLACES) -> list[Unit]:
    return [Unit(text[a:b], False, 0, a, b, False) for a, b in places]


def effects(joint, effect, deletion) -> pd.DataFrame:
    numbers = pd.array(joint, pd.Int16Dtype())
    return pd.DataFrame({"joint": numbers, "joint_effect": effect, "deletion": deletion})


def test_groups_are_read_by_unit_with_what_leaving_out_each_changes() -> None:
    none = np.nan
    rows = effects(
        [None, 1, 1, 0, None, 0, 1],
        [none, -0.4, -0.4, 0.6, none, 0.6, -0.4],
        [none, 0.0, 0.0, 0.1, 0.3, 0.0, -0.3],
    )
    found = joint_units(rows, [0, 1, 1, 2, 3, 4, 5])
    assert found == (JointUnits((2, 4), 0.6, True), JointUnits((1, 5), -0.4, False))
    assert [group.sign for group in found] == [1, -1]
    assert joint_units(None, [0]) == ()
    assert joint_units(effects([None], [none], [0.1]), [0]) == ()


@pytest.mark.parametrize(
    ("members", "label"),
    [((2, 4), "free … charge"), ((2, 3, 4), "free of charge"), ((0, 4), "it … charge")],
)
def test_a_group_is_called_by_its_characters(members: tuple[int, ...], label: str) -> None:
    assert joint_label(JointUnits(members, 1.0, True), units(), (TEXT, "", "")) == label


def test_in_scripts_without_spaces_none_are_added() -> None:
    text = "まもなく終了します"
    own = units(text, ((0, 4), (4, 6), (6, 7), (7, 9)))
    segments = (text, "", "")
    assert joint_label(JointUnits((0, 1), 1.0, True), own, segments) == "まもなく終了"
    assert joint_label(JointUnits((0, 3), 1.0, True), own, segments) == "まもなく…ます"

import pytest

from training.providers.capabilities import LOCAL_ROW, NEBIUS_ROW, OPENAI_ROW, Capabilities
from training.providers.starting_points import STARTING_POINTS, point_of, point_values


@pytest.mark.parametrize("row", [LOCAL_ROW, OPENAI_ROW, NEBIUS_ROW], ids=lambda row: row.key)
def test_point_values_fill_only_what_a_provider_knows_and_allows(row: Capabilities) -> None:
    for point in STARTING_POINTS:
        values = point_values(point, row)
        assert values.keys() == {setting.name for setting in row.hyperparameters}
        for setting in row.hyperparameters:
            if text := values[setting.name]:
                assert setting.problem(float(text)) == ""


def test_point_values_take_what_is_allowed_where_less_is() -> None:
    thorough = point_of("thorough")
    assert thorough
    assert point_values(thorough, LOCAL_ROW)["lora_r"] == "32"
    short = next(row for row in OPENAI_ROW.hyperparameters if row.name == "n_epochs")
    assert float(point_values(thorough, OPENAI_ROW)["n_epochs"]) <= float(short.maximum or 0)
    assert point_of("") is None

import csv
import json
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from pydantic import SecretStr

from curation.enums import Split
from curation.models import DatasetVersion
from rickproject.config import get_config
from tests.contract.fault_server import KEY, Fault, FaultServer, refusal
from tests.training.jobs_world import approved_dataset
from training.domain.recorded_answers import read_answers

pytestmark = pytest.mark.django_db(transaction=True)
MODEL = "ft:gpt-4o-mini-2024-07-18:team:vex:1"


@pytest.fixture(autouse=True)
def provider(server: FaultServer, monkeypatch: pytest.MonkeyPatch) -> FaultServer:
    monkeypatch.setattr(get_config(), "openai_base_url", server.base_url)
    monkeypatch.setattr(get_config(), "openai_api_key", SecretStr(KEY))
    server.state.reply = ["No", "."]
    return server


@pytest.fixture
def dataset() -> DatasetVersion:
    return approved_dataset(20)


def run(*arguments: object) -> dict[str, object]:
    out = StringIO()
    call_command("leave_openai", "--json", *map(str, arguments), stdout=out)
    answer: dict[str, object] = json.loads(out.getvalue())
    return answer


def listed(server: FaultServer, **models: str | None) -> None:
    rows = [
        {"id": name, "object": "model", "created": 1, "owned_by": "team"}
        | ({"shutdown_date": day} if day else {})
        for name, day in models.items()
    ]
    body = json.dumps({"object": "list", "data": rows}).encode()
    server.fail("list_models", Fault(status=200, body=body))


def test_list_names_the_accounts_own_models_and_their_days(server: FaultServer) -> None:
    listed(
        server,
        **{
            "gpt-4o-mini": None,
            MODEL: None,
            "ft:other-base:team::2": None,
            "gpt-4.1-2025-04-14.ft-ab12": "2199-12-31",
        },
    )
    models = run("list")["models"]
    assert [(m["model"], m["closing_on"]) for m in models] == [  # type: ignore[attr-defined]
        (MODEL, "2027-01-14"),
        ("gpt-4.1-2025-04-14.ft-ab12", "2199-12-31"),
        ("ft:other-base:team::2", None),
    ]


def test_list_counts_the_days_in_words(server: FaultServer) -> None:
    listed(server, **{MODEL: "2020-01-02", "ft:x:y::z": None})
    out = StringIO()
    call_command("leave_openai", "list", stdout=out)
    assert f"{MODEL}: its last day was 02 January 2020" in out.getvalue()
    assert "ft:x:y::z: no last day is known" in out.getvalue()


def test_record_asks_each_held_out_prompt_once_and_goes_on_after_a_fault(
    dataset: DatasetVersion, server: FaultServer, tmp_path: Path
) -> None:
    out = tmp_path / "old" / "answers.jsonl"
    asked = ("record", MODEL, "--dataset", dataset.pk, "--out", out)
    assert dataset.validation_count == 2
    assert run(*asked, "--most", 1) == {
        "summary": f"1 reply added; {out} has 1.",
        "added": 1,
        "total": 1,
    }
    server.fail("chat", refusal(429, "rate_limit_exceeded"))
    with pytest.raises(CommandError, match="is kept; run it again"):
        run(*asked)
    assert run(*asked)["total"] == 2
    assert run(*asked)["added"] == 0
    held_out = dataset.records.filter(split=Split.VALIDATION).order_by("position")
    answers = read_answers(out)
    assert [answer.record for answer in answers] == [record.sha256 for record in held_out]
    messages = json.loads(bytes(held_out[0].line))["messages"]
    assert (answers[0].messages, answers[0].real) == (messages[:-1], messages[-1]["content"])
    assert (answers[0].reply, answers[0].finish_reason) == ("No.", "stop")
    sent = next(each.json() for each in server.received if each.route == "chat")
    assert (sent["model"], sent["temperature"], sent["seed"]) == (MODEL, 0.0, 1)


def test_record_keeps_one_model_in_a_file(dataset: DatasetVersion, tmp_path: Path) -> None:
    out = tmp_path / "answers.jsonl"
    run("record", MODEL, "--dataset", dataset.pk, "--out", out)
    with pytest.raises(CommandError, match="name another file"):
        run("record", "gpt-4o-mini", "--dataset", dataset.pk, "--out", out)
    out.write_text("{}\n")
    with pytest.raises(CommandError, match=r"Line 1 of answers.jsonl is no recorded answer"):
        run("record", MODEL, "--dataset", dataset.pk, "--out", out)


def test_record_needs_something_held_out(tmp_path: Path) -> None:
    dataset = approved_dataset(12)
    dataset.records.filter(split=Split.VALIDATION).delete()
    with pytest.raises(CommandError, match="holds nothing out"):
        run("record", MODEL, "--dataset", dataset.pk, "--out", tmp_path / "answers.jsonl")


def test_compare_sums_up_both_and_writes_them_side_by_side(
    dataset: DatasetVersion, server: FaultServer, tmp_path: Path
) -> None:
    files = [tmp_path / name for name in ("old.jsonl", "new.jsonl", "both.csv")]
    run("record", MODEL, "--dataset", dataset.pk, "--out", files[0])
    server.state.reply = ["=Answer"]
    run("record", "gpt-4o-mini", "--dataset", dataset.pk, "--out", files[1])
    answer = run("compare", *files[:2], "--out", files[2])
    old, new = answer["models"]  # type: ignore[misc]
    assert (old["model"], old["count"], old["characters"], old["real"]) == (MODEL, 2, 3, 0)
    assert 0 < old["similarity"] < new["similarity"] < 1
    rows = list(csv.reader(files[2].read_text("utf-8-sig").splitlines()))
    assert rows[0] == ["record", "before it", "real line", MODEL, "gpt-4o-mini"]
    assert rows[1][3:] == ["No.", "'=Answer"]


def test_compare_says_when_nothing_is_in_common(dataset: DatasetVersion, tmp_path: Path) -> None:
    one = tmp_path / "one.jsonl"
    run("record", MODEL, "--dataset", dataset.pk, "--out", one)
    with pytest.raises(CommandError, match="no prompt in common"):
        run("compare", one, tmp_path / "nothing.jsonl")

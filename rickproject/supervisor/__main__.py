"""``python -m rickproject.supervisor PLAN``: what ``manage.py up`` turns itself into.

Django is not loaded here, so that the process that only watches others stays small.
"""

import sys

from rickproject.supervisor.locks import AlreadyRunningError
from rickproject.supervisor.roles import Plan
from rickproject.supervisor.supervisor import Supervisor


def main(text: str) -> int:
    """Run a plan until told to stop; return the exit code."""
    plan = Plan.from_json(text)
    try:
        return Supervisor(plan, say=_say).run(on_ready=lambda: _welcome(plan))
    except AlreadyRunningError as error:
        _say(str(error))
        return 1


def _welcome(plan: Plan) -> None:
    if plan.only:
        _say(f"{plan.only} is running. Stop with Ctrl-C. Logs: {plan.var_dir / 'logs'}")
        return
    _say(f"\nrickproject is running at {plan.page_address}")
    accounts = plan.var_dir / "demo-accounts"
    if accounts.exists():
        _say(accounts.read_text(encoding="utf-8").rstrip())
    _say(f"Stop with Ctrl-C. Logs: {plan.var_dir / 'logs'}")


def _say(line: str) -> None:
    sys.stderr.flush()
    print(line, flush=True)  # noqa: T201  # the person at the terminal


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1]))

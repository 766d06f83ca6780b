"""Answers spoiled by fault rules.

What belongs here: a true answer in, a wrong one out. What does not: which rule strikes
(`faults.py`), and what a rule does to the connection itself (`host.py`).
"""

from __future__ import annotations

from dataclasses import replace

from crypto_pipeline.simulator.wire.answers import (
    Answer,
    HostLogic,
    Request,
    file_answer,
    json_answer,
    missing_file,
    missing_page,
    plain_refusal,
    refusal,
)
from crypto_pipeline.simulator.wire.files import (
    CHECKSUM,
    checksum_line,
    with_short_row,
    without_row,
)
from crypto_pipeline.simulator.wire.http_rules import (
    FileRule,
    HttpRule,
    RefusalRule,
    StatusRule,
    TooManyRequestsRule,
    TruncateRowRule,
)

_FLIPPED_BYTES = 8
_RETRY_AFTER = "Retry-After"
_FILES = (".zip", ".gz", CHECKSUM)


def instead(logic: object, path: str, rule: HttpRule) -> Answer | None:
    """The answer that a rule gives in place of the true one, None where it only spoils that."""
    if isinstance(rule, StatusRule):
        return _status_answer(rule)
    if isinstance(rule, RefusalRule):
        return plain_refusal(502) if rule.kind == "502" else refusal(logic, int(rule.kind))
    if isinstance(rule, TooManyRequestsRule):
        return _too_many_requests(refusal(logic, 429), rule)
    if rule.kind == "missing":
        return missing_file(path) if path.endswith(_FILES) else missing_page()
    return None


def spoiled(logic: HostLogic, answer: Answer, path: str, rule: HttpRule) -> Answer:
    """The true answer with its body spoiled; a refusal stays as it is."""
    body = answer.body
    if answer.status != 200:
        return answer
    if isinstance(rule, FileRule):
        return _with_changed_row(logic, path, rule)
    if rule.kind == "corrupt":
        middle = len(body) // 2
        flipped = bytes(byte ^ 0xFF for byte in body[middle : middle + _FLIPPED_BYTES])
        return replace(answer, body=body[:middle] + flipped + body[middle + len(flipped) :])
    json = "json" in answer.headers.get("Content-Type", "")
    if rule.kind == "truncate_body" or (rule.kind == "truncated_json" and json):
        return replace(answer, body=body[: len(body) // 2])
    if rule.kind == "wrong_checksum":
        return replace(answer, body=checksum_line(body, path))
    return answer


def _with_changed_row(logic: HostLogic, path: str, rule: FileRule) -> Answer:
    file = path.removesuffix(CHECKSUM)
    content = logic.answer(Request(file)).body
    if isinstance(rule, TruncateRowRule):
        changed = with_short_row(content, rule.row, rule.columns)
    else:
        changed = without_row(content, rule.row)
    return file_answer(changed if path == file else checksum_line(changed, path), path)


def _too_many_requests(answer: Answer, rule: TooManyRequestsRule) -> Answer:
    if rule.retry_after is None and _RETRY_AFTER not in answer.headers:
        return answer
    seconds = 1 if rule.retry_after is None else rule.retry_after
    return replace(answer, headers={**answer.headers, _RETRY_AFTER: str(seconds)})


def _status_answer(rule: StatusRule) -> Answer:
    if isinstance(rule.body, str):
        plain = {"Content-Type": "text/plain; charset=utf-8"}
        return Answer(rule.status, rule.body.encode(), {**plain, **rule.headers})
    answer = json_answer(rule.body, rule.status)
    return replace(answer, headers={**answer.headers, **rule.headers})

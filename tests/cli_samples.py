"""All that the command line prints in tables and facts, in every state: `printed` gives it.

The rows speak Chinese where people do, so that an English word in a Chinese line is told at once.
"""

import io
import json
from collections.abc import Callable
from dataclasses import replace

from rich.console import Console

from farmdesk.cli.audit import print_audit
from farmdesk.cli.forecast import print_forecast
from farmdesk.cli.screen import Screen
from farmdesk.cli.tables import print_frames, print_logs, print_nodes
from farmdesk.cli.task_tables import print_task, print_tasks
from farmdesk.cli.urgent_tables import print_messages, print_urgents
from farmdesk.cli.user_tables import print_account, print_people
from farmdesk.cli.verdict import verdict
from farmdesk.cli.versions import VersionReport, print_versions
from farmdesk.cli.visits import print_profile
from farmdesk.dispatch.versions import compare
from farmdesk.domain.accounts import (
    Account,
    Application,
    ApplicationKind,
    AuditRecord,
    KeyState,
    PublicKey,
    UserState,
)
from farmdesk.domain.exits import ExitCost, ExitRule, TaskLoss
from farmdesk.domain.records import LogRecord, MessageRecord, NodeRecord
from farmdesk.domain.rows import FrameRow, LogRow, MessageRow, NodeRow, Pace, TaskRow, UrgentRow
from farmdesk.domain.states import FailureReason, FrameState, NodeState, TaskState
from farmdesk.domain.urgent import Consent
from farmdesk.domain.urgent_states import Answer, UrgentState
from farmdesk.domain.users import Role
from farmdesk.link.ahead import ForecastRow
from farmdesk.link.wire import ProfileSeen
from farmdesk.security.audit_chain import FIRST, digest_of
from tests.samples import NOW, frame_record, urgent_request

CHECK = {"proven": 9, "total": 10, "given_up": "7", "seconds": 2.0, "bytes": 5_000_000}
SHOWN: dict[str, Callable[[Screen], None]] = {}


def shown(function: Callable[[Screen], None]) -> Callable[[Screen], None]:
    """Put a piece of output among those that are looked at."""
    SHOWN[function.__name__] = function
    return function


def printed(name: str, language: str) -> str:
    """Give what stands at a wide terminal."""
    text = io.StringIO()
    SHOWN[name](Screen(Console(file=text, width=250), language))
    return "".join(f"{line.rstrip()}\n" for line in text.getvalue().splitlines())


def task(state: TaskState, **more: object) -> TaskRow:
    """Give a line of the queue with every field filled."""
    row = TaskRow(
        id=1,
        rev=1,
        name="开幕式 [bold]",
        owner="director",
        project="",
        show="",
        version="",
        tool="blender",
        tool_version="4.2",
        state=state,
        reason="It waits.",
        reason_zh="正在等待。",
        priority=5,
        position=1,
        frames="1-10",
        total=10,
        done=4,
        failed=1,
        running=1,
        nodes=2,
        render_s=8.0,
        created_at=NOW,
        started_at=NOW,
        finished_at=NOW,
        recycled=False,
        output="/srv/work/1/frames",
        check_report=json.dumps(CHECK | {"width": 1920, "height": 1080}),
        due=NOW.isoformat(),
        after=7,
        after_mode="frame",
    )
    return replace(row, **more)  # type: ignore[arg-type]  # the caller names real fields


@shown
def tasks(screen: Screen) -> None:
    print_tasks(screen, [task(state) for state in TaskState])


@shown
def no_tasks(screen: Screen) -> None:
    print_tasks(screen, [])


@shown
def show(screen: Screen) -> None:
    print_task(screen, task(TaskState.PARTLY_FAILED), Pace(1, 4, 2.0, 0.1, 1.0))
    print_task(screen, task(TaskState.QUEUED, after_mode="task"), None)


@shown
def frames(screen: Screen) -> None:
    rows = [FrameRow(1, frame_record(1, state)) for state in FrameState]
    for reason in FailureReason:
        record = replace(rows[0].record, reason=reason, text="exit code 11")
        rows.append(FrameRow(1, record))
    print_frames(screen, [FrameRow(1, replace(row.record, node="甲", text="")) for row in rows[:9]])
    print_frames(screen, [FrameRow(1, replace(row.record, node="甲")) for row in rows[9:]])


@shown
def nodes(screen: Screen) -> None:
    records = [
        NodeRecord(
            "甲", state, "It rests.", 1, 7, NOW, 0.5, 0.5, 0.5, 9 << 10, reason_zh="暂停使用。"
        )
        for state in NodeState
    ]
    print_nodes(screen, [NodeRow(1, record, "开幕式") for record in records])
    print_nodes(screen, [])


@shown
def logs(screen: Screen) -> None:
    line = LogRecord(NOW, "info", "a line of the log", 3, "甲", 7)
    lines = (line, replace(line, task_id=None), replace(line, task_id=None, node=None, frame=None))
    print_logs(screen, [LogRow(number, record) for number, record in enumerate(lines)])


@shown
def messages(screen: Screen) -> None:
    print_messages(screen, [MessageRow(1, MessageRecord(NOW, "It is done.", "已完成。"))])
    print_messages(screen, [])


@shown
def urgents(screen: Screen) -> None:
    consents = (
        Consent(""),
        Consent("ann", default=Answer.REFUSE),
        Consent("ann", answer=Answer.ALLOW, by="ann"),
        Consent("ann", answer=Answer.REFUSE, by="boss"),
        Consent("", answer=Answer.ALLOW),
    )
    losses = (TaskLoss(7, 2, 1, 3.25), TaskLoss(8, 1, 0, 0.0))
    costs = [ExitCost(rule, 2, 1.5, 1, 3.25, 9.0, losses) for rule in ExitRule]
    open_one = urgent_request(consents=consents, costs=(*costs, replace(costs[0], tasks=())))
    rows = [UrgentRow(1, open_one, "开幕式")]
    for state in UrgentState:
        over = replace(open_one, state=state, overruled=True, decided_at=NOW, decided_by="boss")
        rows.append(UrgentRow(1, replace(over, decision="开幕在即")))
    print_urgents(screen, rows)
    print_urgents(screen, [])


@shown
def forecast(screen: Screen) -> None:
    row = ForecastRow(1, "开幕式", False, NOW, NOW, NOW, NOW, 0.9, True, None)
    never = replace(row, queued=True, low=None, expected=None, high=None, due=None)
    print_forecast(screen, [row, never])
    moved = [replace(row, will_be_late=False, moved_s=300.0), replace(never, moved_s=0.0)]
    print_forecast(screen, [*moved, replace(moved[0], late=0.0)])
    print_forecast(screen, [])


@shown
def versions(screen: Screen) -> None:
    found = compare({1: 1.0, 2: 2.0}, {1: 1.5, 2: 2.0, 3: 9.0}, stretches=2)
    for change in ("new", "major", "minor"):
        print_versions(screen, VersionReport(3, 2, change, "range_split", 1.0, 2.0, found))
    print_versions(screen, VersionReport(3, 2, "new", "range_split", None, None, None))


@shown
def people(screen: Screen) -> None:
    applications = [Application(1, 1, "ann", kind, bytes(32), NOW) for kind in ApplicationKind]
    accounts = [account(role, state) for role in Role for state in UserState]
    print_people(screen, applications, accounts)


@shown
def one_account(screen: Screen) -> None:
    keys = [PublicKey(1, "ab12" * 16, state, NOW, NOW) for state in KeyState]
    print_account(screen, account(Role.CUSTOMER, UserState.SUSPENDED), keys)


@shown
def profile(screen: Screen) -> None:
    seen = ProfileSeen("ann", Role.OPERATOR, "安娜", "舞美", "1234", 5 * 10**9, "ab12" * 16)
    print_profile(screen, seen)


@shown
def audit(screen: Screen) -> None:
    print_audit(screen, [record(1, FIRST)])


@shown
def verdicts(screen: Screen) -> None:
    first = record(1, FIRST)
    second = record(2, first.digest)
    head = (2, second.digest)
    changed = replace(second, subject="")
    for found in (
        verdict([first, second], head),
        verdict([first], head),
        verdict([second], head),
        verdict([first, changed], head),
        verdict([first, first], head),
        verdict([first, second], (2, FIRST)),
        verdict([first, second], (1, first.digest)),
    ):
        screen.say(found.said)


def account(role: Role, state: UserState) -> Account:
    """Give an account that was decided."""
    named = ("安娜", "舞美", "1234", 5 * 10**9, NOW, "boss", NOW, "已离开")
    return Account(1, "ann", role, state, *named)


def record(number: int, previous: bytes) -> AuditRecord:
    """Give a link of the audit log's chain."""
    made = AuditRecord(number, NOW, "boss", "stop_task", "task 7", "", previous, b"")
    return replace(made, digest=digest_of(made))

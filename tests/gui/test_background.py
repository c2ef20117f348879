"""The worker, the feed and the connection: nothing waits, nothing stale is shown, outages heal."""

import threading
from collections.abc import Callable, Iterator

import pytest
from PyQt5.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from farmdesk.domain.errors import FarmUnavailable, Refused
from farmdesk.domain.records import Outcome
from farmdesk.domain.task_commands import PauseTask, ResumeTask
from farmdesk.domain.users import Role, User
from farmdesk.link.farm_link import FarmLink
from farmdesk.ui.act_texts import ActText
from farmdesk.ui.background import BACKFILL, POLL, URGENT, Background
from farmdesk.ui.connection import Connection
from farmdesk.ui.feed import Feed, Rhythm
from farmdesk.ui.sending import Batch, Sender
from tests.gui.staged_farm import NOON, StagedFarm, task_row

OPERATOR = User("李雯", Role.OPERATOR)
FAST = Rhythm(tasks_ms=20, nodes_ms=20, logs_ms=20, frames_ms=20, states_of_large_ms=20)
AWAY = FarmUnavailable("The farm is away.", "农场不在。")


@pytest.fixture
def background(qapp: QApplication, farm: StagedFarm) -> Iterator[Background]:
    """A worker on the staged farm."""
    made = Background(lambda: farm)
    yield made
    made.close()


def test_an_operation_runs_elsewhere_and_its_answer_comes_here(
    background: Background, qtbot: QtBot
) -> None:
    threads: list[threading.Thread] = []

    def operation(link: FarmLink) -> int:
        threads.append(threading.current_thread())
        return len(link.tasks())

    background.run(
        operation, success=lambda _: threads.append(threading.current_thread()), failure=_never
    )
    qtbot.waitUntil(lambda: len(threads) == 2)
    assert threads[0].name == "farm-link"
    assert threads[1] is threading.main_thread()


def test_what_a_person_asked_for_overtakes_polls(background: Background, qtbot: QtBot) -> None:
    gate, order = threading.Event(), list[str]()
    background.run(lambda _: gate.wait(60), success=lambda _: None, failure=_never)
    for name, urgency in (("history", BACKFILL), ("poll", POLL), ("person", URGENT)):
        background.run(
            lambda _, name=name: name,  # type: ignore[misc]
            success=order.append,
            failure=_never,
            urgency=urgency,
        )
    gate.set()
    qtbot.waitUntil(lambda: len(order) == 3)
    assert order == ["person", "poll", "history"]


def test_every_failure_is_told_and_the_worker_goes_on(
    background: Background, qtbot: QtBot, caplog: pytest.LogCaptureFixture
) -> None:
    told: list[object] = []
    for error in (AWAY, ZeroDivisionError("a bug")):
        background.run(_raiser(error), success=_never, failure=told.append)
    background.run(lambda _: "fine", success=told.append, failure=_never)
    qtbot.waitUntil(lambda: len(told) == 3)
    assert told[0] is AWAY
    assert isinstance(told[1], ZeroDivisionError)
    assert told[2] == "fine"
    logged = [record for record in caplog.records if record.exc_info]
    assert len(logged) == 1, "a bug is logged with its trace, an outage is not"


def test_a_link_that_cannot_be_made_is_tried_again(qapp: QApplication, qtbot: QtBot) -> None:
    farm, tries = StagedFarm(), list[int]()

    def factory() -> StagedFarm:
        tries.append(1)
        if len(tries) == 1:
            raise AWAY
        return farm

    background, told = Background(factory), list[object]()
    background.run(lambda _: 0, success=_never, failure=told.append)
    background.run(lambda _: 1, success=told.append, failure=_never)
    qtbot.waitUntil(lambda: told == [AWAY, 1])
    background.close(patience_s=60)
    assert farm.closed.is_set()


def test_closing_does_not_wait_for_a_farm_that_hangs(qapp: QApplication) -> None:
    gate, told = threading.Event(), list[object]()
    background = Background(StagedFarm)
    background.run(lambda _: gate.wait(30), success=told.append, failure=told.append)
    background.close(patience_s=0.01)
    gate.set()
    qapp.processEvents()
    assert told == [], "nobody is told after closing"


def test_the_way_back_takes_longer_each_time(qapp: QApplication) -> None:
    connection = Connection(clock=lambda: 100.0)
    waits: list[int | None] = []
    for _ in range(7):
        connection.failed(AWAY)
        waits.append(connection.retry_in_s)
        connection.retry_now()
        waits.append(connection.retry_in_s)
    assert waits[::2] == [1, 2, 5, 15, 30, 30, 30]
    assert set(waits[1::2]) == {None}, "no countdown while a try is under way"
    connection.succeeded(0.004)
    assert (connection.online, connection.away) == (True, False)
    connection.failed(AWAY)
    assert connection.retry_in_s == 1


def test_many_failures_of_one_outage_are_one_step_back(qapp: QApplication) -> None:
    connection = Connection(clock=lambda: 100.0)
    for _ in range(5):
        connection.failed(AWAY)
    assert connection.retry_in_s == 1


def test_a_farm_that_hangs_is_away_before_it_answers(qtbot: QtBot) -> None:
    """A socket may block for minutes; the banner is promised within three seconds."""
    clock = [0.0]
    connection = Connection(clock=lambda: clock[0])
    connection.succeeded(0.004)
    connection.asked("tasks")
    clock[0] = 2.6
    with qtbot.waitSignal(connection.went_away):
        pass
    assert connection.away


def test_a_heavy_read_is_waited_for_longer(qtbot: QtBot) -> None:
    clock = [0.0]
    connection = Connection(clock=lambda: clock[0])
    connection.succeeded(0.004)
    connection.asked("states", heavy=True)
    clock[0] = 9.0
    with qtbot.assertNotEmitted(connection.went_away, wait=600):
        pass
    clock[0] = 11.0
    with qtbot.waitSignal(connection.went_away):
        pass


@pytest.fixture
def connection(qapp: QApplication) -> Connection:
    """One that tries again at once, and waits for the slowest answer."""
    return Connection(backoff_s=(0.02,), patience_s=600)


@pytest.fixture
def feed(background: Background, connection: Connection) -> Iterator[Feed]:
    """A fast feed on the staged farm."""
    made = Feed(background, connection, OPERATOR, FAST)
    yield made
    made.stop()


def test_the_first_read_is_whole_and_then_only_changes_come(
    feed: Feed, farm: StagedFarm, qtbot: QtBot
) -> None:
    with qtbot.waitSignal(feed.tasks_read) as first:
        feed.start()
    assert first.args[0].whole
    assert len(first.args[0].rows) == 30
    farm.change_task(4, priority=1)
    with qtbot.waitSignal(
        feed.tasks_read, check_params_cb=lambda read: [row.id for row in read.rows] == [4]
    ):
        pass


def test_a_recycled_task_is_told(feed: Feed, farm: StagedFarm, qtbot: QtBot) -> None:
    with qtbot.waitSignal(feed.tasks_read):
        feed.start()
    farm.change_task(3, recycled=True)
    with qtbot.waitSignal(
        feed.tasks_read, check_params_cb=lambda r: any(row.recycled for row in r.rows)
    ):
        pass


def test_an_answer_about_the_task_before_is_dropped(
    feed: Feed, connection: Connection, qtbot: QtBot
) -> None:
    with qtbot.waitSignal(connection.came_back):
        feed.start()
    told: list[int] = []
    feed.states_read.connect(lambda read: told.append(read.task_id))
    feed.watch_task(2, 100)
    feed.watch_task(3, 100)
    qtbot.waitUntil(lambda: told.count(3) >= 2)
    assert 2 not in told


def test_nothing_but_the_probe_is_asked_while_away(
    background: Background, feed: Feed, farm: StagedFarm, connection: Connection, qtbot: QtBot
) -> None:
    with qtbot.waitSignal(connection.came_back):
        feed.start()
    feed.watch_task(1, 3000)
    with qtbot.waitSignal(connection.went_away):
        farm.go_away()
    forgotten: list[None] = []  # what was on its way by then
    background.run(
        lambda _: farm.reads.clear(), success=forgotten.append, failure=_never, urgency=BACKFILL
    )
    qtbot.waitUntil(lambda: bool(forgotten))
    qtbot.waitUntil(lambda: len(farm.reads) >= 30)  # 20 ms each: long after the last poll's start
    assert set(farm.reads) == {"tasks"}
    with qtbot.waitSignals([connection.came_back, feed.nodes_read, feed.states_read]):
        farm.come_back()


def test_after_an_outage_everything_is_read_anew(
    feed: Feed, farm: StagedFarm, connection: Connection, qtbot: QtBot
) -> None:
    with qtbot.waitSignal(connection.came_back):
        feed.start()
    with qtbot.waitSignal(connection.went_away):
        farm.go_away()
    farm.put_task(task_row(99))
    with qtbot.waitSignal(feed.tasks_read) as read:
        farm.come_back()
    assert read.args[0].whole
    assert 99 in [row.id for row in read.args[0].rows]


def test_long_histories_come_in_chunks(feed: Feed, farm: StagedFarm, qtbot: QtBot) -> None:
    sizes: list[int] = []
    feed.frames_read.connect(lambda read: sizes.append(len(read.frames)))
    with qtbot.waitSignal(feed.tasks_read):
        feed.start()
    feed.watch_task(1, 3000)
    whole = len(farm.frames(1, 0, 10**9))
    qtbot.waitUntil(lambda: sum(sizes) >= whole)
    assert sum(sizes) == whole


def test_a_refusal_is_told_and_is_no_outage(
    feed: Feed, connection: Connection, qtbot: QtBot
) -> None:
    with qtbot.waitSignal(connection.came_back):
        feed.start()
    with qtbot.waitSignal(feed.failed) as told:
        feed.watch_task(12345, 10)
    assert isinstance(told.args[0], Refused)
    assert connection.online


def test_an_engine_that_does_not_answer_is_told_once(
    background: Background, connection: Connection, farm: StagedFarm, qtbot: QtBot
) -> None:
    connection.succeeded(0.001)
    sender, slow = Sender(background, connection, ask_ms=5), list[Batch]()
    sender.slow.connect(slow.append)
    farm.answers = False
    batch = Batch(ActText.PAUSE, (PauseTask(1),), (ResumeTask(1),))
    sender.send(batch)
    qtbot.waitUntil(lambda: slow == [batch])
    farm.put(outcomes=(Outcome(1, applied=True, text="", at=NOON, task_id=1),))
    with qtbot.waitSignal(sender.answered) as told:
        pass
    assert told.args[0].undo == (ResumeTask(1),)
    assert slow == [batch]


def test_one_batch_may_be_applied_in_part(
    background: Background, connection: Connection, farm: StagedFarm, qtbot: QtBot
) -> None:
    connection.succeeded(0.001)
    sender = Sender(background, connection, ask_ms=5)
    farm.answers = False
    undo = (ResumeTask(1), ResumeTask(2))
    sender.send(Batch(ActText.PAUSE, (PauseTask(1), PauseTask(2)), undo))
    qtbot.waitUntil(lambda: len(farm.sent) == 2)
    answers = (
        Outcome(1, applied=False, text="No.", at=NOON, task_id=1),
        Outcome(2, applied=True, text="", at=NOON, task_id=2),
    )
    with qtbot.waitSignal(sender.answered) as told:
        farm.put(outcomes=answers)
    answer = told.args[0]
    assert [row.text for row in answer.refused] == ["No."]
    assert answer.undo == (ResumeTask(2),), "only what was done is taken back"


def _never(value: object) -> None:
    raise AssertionError(f"not to be called, but was with {value!r}")


def _raiser(error: Exception) -> Callable[[FarmLink], None]:
    def operation(_: FarmLink) -> None:
        raise error

    return operation

"""Carries out the words of the command line."""

import argparse
import getpass
import logging
import os
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from farmdesk.cli import tables
from farmdesk.cli.forecast import print_forecast
from farmdesk.cli.options import read_words
from farmdesk.cli.submission import submission
from farmdesk.cli.urgent import chosen, print_messages, print_urgents, urgent_command
from farmdesk.cli.versions import print_versions, version_report
from farmdesk.config import Config, farm_folder, read_config
from farmdesk.domain.commands import (
    AllocateNodes,
    Command,
    PauseTask,
    PurgeTask,
    RecycleTask,
    RestoreTask,
    ResumeTask,
    RetryFailed,
    SetAfter,
    SetAutoStart,
    SetPriority,
    StartRender,
    StopTask,
)
from farmdesk.domain.errors import FarmError, FarmUnavailable
from farmdesk.domain.node import UnknownNode
from farmdesk.domain.records import CommandRow, FrameRow, TaskRow
from farmdesk.domain.task import ENDED
from farmdesk.domain.why import why_node, why_task
from farmdesk.link.ahead import look_ahead, one_task
from farmdesk.link.direct import DirectLink
from farmdesk.link.farm_link import FarmLink
from farmdesk.link.outcome import wait_outcome
from farmdesk.tool_files import read_tools

ANSWER_S = 10.0
FOLLOW_S = 0.2
PAGE = 2000

ON_TASKS: dict[str, Callable[[int], Command]] = {
    "start": StartRender,
    "pause": PauseTask,
    "stop": StopTask,
    "resume": ResumeTask,
    "recycle": RecycleTask,
    "restore": RestoreTask,
    "purge": PurgeTask,
}


def main(argv: list[str] | None = None) -> int:
    """Run one command line and give its exit code."""
    words = read_words(sys.argv[1:] if argv is None else argv)
    complaints = Console(stderr=True)
    try:
        config = read_config(farm_folder(words.farm))
        if words.verb == "server":
            return _server(config)
        link = DirectLink(config.database, issued_by=getpass.getuser())
        try:
            return _Words(words, config, link).carry_out()
        finally:
            link.close()
    except FarmUnavailable as error:
        complaints.print(error.text(language()), style="red", soft_wrap=True)
        return 3
    except FarmError as error:
        complaints.print(error.text(language()), style="red", soft_wrap=True)
        return 1
    except KeyboardInterrupt:
        return 130


def language() -> str:
    """Give `zh` where the terminal's language is Chinese, else `en`."""
    chosen = os.environ.get("LC_ALL") or os.environ.get("LC_MESSAGES") or os.environ.get("LANG", "")
    return "zh" if chosen.lower().startswith("zh") else "en"


def _server(config: Config) -> int:
    from farmdesk.engine.server import serve
    from farmdesk.launch.local import LocalLauncher

    logging.basicConfig(
        level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s"
    )
    serve(config, read_tools(config.folder), LocalLauncher())
    return 0


class _Words:
    """One command line on one farm."""

    def __init__(self, words: argparse.Namespace, config: Config, link: FarmLink) -> None:
        self._words = words
        self._config = config
        self._link = link
        self._console = Console()

    def carry_out(self) -> int:
        verb = self._words.verb
        if verb == "submit":
            return self._send([submission(self._words, read_tools(self._config.folder))])
        if verb in ON_TASKS:
            return self._send([ON_TASKS[verb](task) for task in self._words.task])
        if verb == "retry":
            return self._send([RetryFailed(self._words.task, self._words.frames)])
        if verb == "priority":
            return self._send([SetPriority(self._words.task, self._words.priority)])
        if verb == "after":
            return self._send([SetAfter(self._words.task, self._words.source, self._words.mode)])
        if verb == "allocate":
            return self._send([self._allocation()])
        if verb == "auto-start":
            return self._send([SetAutoStart(self._words.switch == "on")])
        if verb == "window":
            return self._window()
        if verb == "urgent" and (command := urgent_command(self._words)) is not None:
            return self._send([command])
        shows = {
            "urgent": self._urgent,
            "messages": self._messages,
            "tasks": self._tasks,
            "show": self._show,
            "frames": self._frames,
            "versions": self._versions,
            "forecast": self._forecast,
            "nodes": self._nodes,
            "logs": self._logs,
            "why": self._why,
        }
        shows[verb]()
        return 0

    def _allocation(self) -> AllocateNodes:
        words = self._words
        return AllocateNodes(
            words.task,
            nodes=tuple(words.node),
            pool=words.pool or "",
            count=words.count,
            clear=words.clear,
        )

    def _why(self) -> None:
        """Say why a task waits or a node idles."""
        if self._words.node is not None:
            rows = [row for row in self._link.nodes() if row.record.node == self._words.node]
            if not rows:
                raise UnknownNode(self._words.node)
            text = why_node(rows[0], language())
        else:
            text = why_task(self._link.task(self._words.task), language())
        if self._words.json:
            tables.print_json({"why": text})
        else:
            self._console.print(text, soft_wrap=True, markup=False)

    def _send(self, commands: list[Command]) -> int:
        """Send commands and tell their outcomes; 1 when one was refused."""
        sent = [self._link.send(command) for command in commands]
        rows = [wait_outcome(self._link, number, ANSWER_S) for number in sent]
        if self._words.json:
            tables.print_json(rows)
        else:
            for row in rows:
                self._tell(row)
        return 0 if all(row.applied for row in rows) else 1

    def _tell(self, row: CommandRow) -> None:
        if row.applied:
            self._console.print(row.sentence(language()), soft_wrap=True)
        else:
            Console(stderr=True).print(row.sentence(language()), style="red", soft_wrap=True)

    def _window(self) -> int:
        from farmdesk.ui.app import run

        url, user = self._config.database, getpass.getuser()
        return run(
            lambda: DirectLink(url, issued_by=user),
            user=user,
            language=self._words.language,
            theme=self._words.theme,
            shot=Path(self._words.shot).absolute() if self._words.shot else None,
        )

    def _tasks(self) -> None:
        rows = self._link.tasks(recycled=self._words.recycled)
        if self._words.json:
            tables.print_json(rows)
        else:
            tables.print_tasks(self._console, rows, language())

    def _show(self) -> None:
        row = self._link.task(self._words.task)
        if self._words.follow:
            row = self._follow(row)
        if self._words.json:
            tables.print_json(row)
        else:
            tables.print_task(self._console, row, language())

    def _follow(self, row: TaskRow) -> TaskRow:
        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
        )
        with Progress(*columns, console=Console(stderr=True), transient=True) as bars:
            bar = bars.add_task(row.name, total=row.total)
            while row.state not in ENDED:
                bars.update(bar, completed=row.done, description=f"{row.name}  {row.state.value}")
                time.sleep(FOLLOW_S)
                row = self._link.task(row.id)
        return row

    def _frames(self) -> None:
        rows = [row for row in self._all_frames() if not self._words.failed or row.record.reason]
        if self._words.json:
            tables.print_json([row.record for row in rows])
        else:
            tables.print_frames(self._console, rows)

    def _versions(self) -> None:
        report = version_report(self._link, self._words.task, self._words.stretches)
        if self._words.json:
            tables.print_json(report)
        else:
            print_versions(self._console, report)

    def _forecast(self) -> None:
        words = self._words
        rows = look_ahead(self._link, nodes=words.nodes or 0, first=words.first)
        if words.task is not None:
            rows = one_task(rows, self._link.task(words.task))
        if words.json:
            tables.print_json(rows)
        else:
            print_forecast(self._console, rows)

    def _all_frames(self) -> Iterator[FrameRow]:
        rev = 0
        self._link.task(self._words.task)
        while rows := self._link.frames(self._words.task, rev, PAGE):
            yield from rows
            rev = rows[-1].rev

    def _nodes(self) -> None:
        rows = self._link.nodes()
        if self._words.json:
            tables.print_json(rows)
        else:
            tables.print_nodes(self._console, rows, language())

    def _urgent(self) -> None:
        rows = chosen(self._words, self._link.urgent_requests())
        if self._words.json:
            tables.print_json(rows)
        else:
            print_urgents(self._console, rows)

    def _messages(self) -> None:
        user = self._config.user(getpass.getuser())
        rows = self._link.messages(user, limit=self._words.tail)
        if self._words.json:
            tables.print_json(rows)
        else:
            print_messages(self._console, rows, language())

    def _logs(self) -> None:
        since = 0
        while True:
            rows = self._link.logs(since, task_id=self._words.task, limit=self._words.tail)
            since = rows[-1].id if rows else since
            if self._words.json:
                tables.print_json([row.record for row in rows])
            else:
                tables.print_logs(self._console, rows)
            if not self._words.follow:
                return
            sys.stdout.flush()
            time.sleep(FOLLOW_S)

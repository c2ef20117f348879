"""What agents say, and what their journals say of those that could not: brought to the runs."""

import logging

from farmdesk.domain.states import FrameState
from farmdesk.domain.text import is_plain_name
from farmdesk.engine.agents import Agents
from farmdesk.engine.clock import Moment
from farmdesk.engine.farm import Farm
from farmdesk.engine.frame_records import record_of
from farmdesk.engine.hearing import Hearing, misses
from farmdesk.engine.posts import AgentGone, AgentSaid
from farmdesk.engine.runs import Runs
from farmdesk.engine.task_entry import TaskEntry
from farmdesk.engine.workspace import Workspace
from nodeagent.journal import JournalLine, read_journal
from nodeagent.reports import FramePublished

log = logging.getLogger(__name__)


class Reports:
    """Takes reports and journals in; nothing that a node finished may be lost."""

    def __init__(self, *, farm: Farm, agents: Agents, runs: Runs, workspace: Workspace) -> None:
        self._farm = farm
        self._agents = agents
        self._hearing = Hearing(farm, agents)
        self._runs = runs
        self._workspace = workspace

    def agent_said(self, post: AgentSaid, now: Moment) -> None:
        """Take a report; a late one of a run that is over counts for the task's present run too."""
        found = self._agents.hear(post, now)
        if found is None:
            return
        (session, run), report = found, post.report
        if misses(run, session, report):
            self.read_journal(run.entry, session.node, now)
        self._hearing.take(run, session, report, now)
        current = self._runs.run_of(session.task_id)
        if current is run or current is None or not isinstance(report, FramePublished):
            return
        entry = current.entry
        if report.frame in entry.frames and entry.state_of(report.frame) is FrameState.DONE:
            current.found(report.frame, report.seconds, session.node, now)

    def agent_gone(self, post: AgentGone, now: Moment) -> None:
        """An agent has ended.

        Take what its journal knows, then give back what it had not finished.
        """
        found = self._agents.end(post, now)
        if found is None:
            return
        session, run = found
        if not session.closing or post.text:  # one that was told to end may have lost its line
            text = f"agent on {session.node}: {post.text or 'ended'}"
            log.warning("task %s: %s", run.entry.task.id, text)
            self._farm.note(run.entry, "warning", text, now.utc)
            self.read_journal(run.entry, session.node, now)
        run.gone(session, now)

    def read_journals(self, entry: TaskEntry, now: Moment) -> int:
        """Take over all that nodes finished of a task; give how many frames were news."""
        before = entry.count(FrameState.DONE)
        for journal in sorted(self._workspace.logs(entry.task.id).glob("*.jsonl")):
            self.read_journal(entry, journal.stem, now)
        return entry.count(FrameState.DONE) - before

    def read_journal(self, entry: TaskEntry, node: str, now: Moment) -> None:
        """Take over frames that a node finished and could not report."""
        lines = read_journal(self._workspace.journal(entry.task.id, node))
        last = {line.frame: line for line in lines if _is_news(entry, line)}  # as it lies there now
        for line in last.values():
            self.take(entry, node, line, now)

    def take(self, entry: TaskEntry, node: str, line: JournalLine, now: Moment) -> None:
        """Take over a frame that was published without a report."""
        if not _is_news(entry, line):
            return
        if not (self._workspace.frames(entry.task.id) / line.path).exists():
            return  # the frame-sequence check did not accept it
        self._farm.record_frame(entry, record_of(entry, node, line))
        run = self._runs.run_of(entry.task.id)
        if run is not None:
            run.found(line.frame, line.seconds, node, now)


def _is_news(entry: TaskEntry, line: JournalLine) -> bool:
    """Say whether a journal's line is about a frame of the task that is not known as done."""
    if line.frame not in entry.frames or not is_plain_name(line.path):
        return False
    return entry.state_of(line.frame) is not FrameState.DONE

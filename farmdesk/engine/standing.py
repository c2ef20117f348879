"""What operators said last about the farm as a whole: it holds until somebody says otherwise.

It lies in table `command`, as all that people asked for, and is read again at every start.
"""

from collections.abc import Iterable

from farmdesk.config import Config
from farmdesk.dispatch.wants import Bond
from farmdesk.domain.commands import from_body
from farmdesk.domain.errors import FarmError
from farmdesk.domain.node_commands import AllocateNodes, DrainNodes, SetAutoStart, WakeNodes
from farmdesk.domain.rows import CommandRow
from farmdesk.engine.allocation import Rules


def standing_rules(config: Config, standing: Iterable[CommandRow]) -> Rules:
    """Give the farm's rules: of its file, and what operators said last."""
    rules = Rules(licences=config.licences, auto_start=config.auto_start)
    for row in standing:
        try:
            command = from_body(row.kind, row.body)
        except FarmError:
            continue  # of an older farm
        match command:
            case SetAutoStart(on=on):
                rules.auto_start = on
            case AllocateNodes(clear=True, task_id=task_id):
                rules.bonds.pop(task_id, None)
            case AllocateNodes(task_id=task_id, nodes=nodes, pool=pool, count=count):
                named = Bond(nodes=frozenset(nodes))
                rules.bonds[task_id] = named if nodes else Bond(pool=pool, count=count or 1)
            case DrainNodes():
                for name in _meant(config, command):
                    rules.drained.setdefault(name, row.issued_by)
            case WakeNodes():
                for name in _meant(config, command):
                    rules.drained.pop(name, None)
            case _:
                pass
    return rules


def _meant(config: Config, command: DrainNodes | WakeNodes) -> Iterable[str]:
    if command.nodes:
        return command.nodes
    return [node.name for node in config.nodes if node.pool == command.pool]

"""What an operator can do with nodes: which act fits, and what takes it back. No Qt."""

from collections.abc import Sequence
from enum import Enum

from farmdesk.domain.node_commands import DrainNodes, WakeNodes
from farmdesk.domain.rows import NodeRow
from farmdesk.domain.states import NodeState
from farmdesk.ui.act_texts import ActText
from farmdesk.ui.sending import Batch

_OUT = (NodeState.DRAINING, NodeState.MAINTENANCE)


class NodeAct(Enum):
    """An action on nodes, named by its text."""

    DRAIN = ActText.DRAIN
    WAKE = ActText.WAKE


TIPS = {NodeAct.DRAIN: ActText.DRAIN_TIP, NodeAct.WAKE: ActText.WAKE_TIP}
WHY_NOT = {NodeAct.DRAIN: ActText.WHY_DRAINED, NodeAct.WAKE: ActText.WHY_NOT_DRAINED}


def node_batch(act: NodeAct, rows: Sequence[NodeRow]) -> Batch | None:
    """Give the one command for those nodes that an act fits; None when it fits none."""
    out = act is NodeAct.WAKE
    nodes = tuple(row.record.node for row in rows if (row.record.state in _OUT) is out)
    if not nodes:
        return None
    there, back = (WakeNodes, DrainNodes) if out else (DrainNodes, WakeNodes)
    return Batch(act.value, (there(nodes),), undo=(back(nodes),), names=(", ".join(nodes),))

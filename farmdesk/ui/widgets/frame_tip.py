"""What the grid's tooltip says about one frame."""

from farmdesk.ui.models.frame_table import FrameTable
from farmdesk.ui.texts import Text
from farmdesk.ui.wording import Wording


def frame_tip(table: FrameTable, place: int, words: Wording) -> str:
    """Give number and state, then what is known of node, seconds, attempt and reason, by line."""
    state = words.frame_state(table.state(place))
    lines = [words(Text.FRAME_TIP, frame=table.frame(place), state=state)]
    if node := table.node(place):
        lines.append(words(Text.FRAME_TIP_NODE, node=node))
    if attempt := int(table.attempts[place]):
        seconds = f"{float(table.seconds[place]):.1f}"
        lines.append(words(Text.FRAME_TIP_SECONDS, seconds=seconds, attempt=attempt))
    reason = table.reason(place)
    if reason is not None:
        said = words.why_failed(reason, table.sentence(place))
        lines += [words(Text.FRAME_TIP_REASON, reason=said), words.next_step(reason)]
    return "\n".join(lines)

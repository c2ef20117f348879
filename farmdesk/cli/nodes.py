"""`farmdesk node`: take nodes out of work and bring them back."""

from functools import partial

from farmdesk.cli.call import Call
from farmdesk.cli.reader import AddVerb, second_words
from farmdesk.domain.node_commands import DrainNodes, WakeNodes


def add_verbs(verb: AddVerb) -> None:
    """Add `node` with the words behind it."""
    node = verb("node", "take nodes out of work, or bring them back", _carry_out)
    word = partial(second_words(node), carry_out=_carry_out)
    for made in (
        word(
            "drain",
            "let nodes finish their frames in hand and take no more",
            example="farmdesk node drain gpu-1 gpu-2\nfarmdesk node drain --pool gpu",
        ),
        word("wake", "let drained nodes work again", example="farmdesk node wake gpu-1"),
    ):
        made.add_argument("node", metavar="NODE", nargs="*", help="names of nodes")
        made.add_argument("--pool", metavar="NAME", default="", help="all nodes of this pool")


def _carry_out(call: Call) -> int:
    kind = DrainNodes if call.words.word == "drain" else WakeNodes
    return call.send([kind(nodes=tuple(call.words.node), pool=call.words.pool)])

"""The policies by name."""

from farmdesk.dispatch.dynamic import Dynamic
from farmdesk.dispatch.mixed import Sampled, Version
from farmdesk.dispatch.policy import PolicyMaker
from farmdesk.dispatch.range_split import RangeSplit
from farmdesk.dispatch.static import Static

POLICIES: dict[str, PolicyMaker] = {
    "range_split": RangeSplit,
    "static": Static,
    "dynamic": Dynamic,
    "sampled": Sampled,
    "version": Version,
}

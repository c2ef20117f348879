"""All that a window knows of the farm: the models that its panels share."""

from farmdesk.ui.appearance import Appearance
from farmdesk.ui.models.frame_table import FrameTable
from farmdesk.ui.models.messages import MessagesModel
from farmdesk.ui.models.nodes import NodesModel
from farmdesk.ui.models.tasks import TasksModel
from farmdesk.ui.models.urgents import UrgentsModel


class FarmModels:
    """Made empty. `table`: the frames of the task in sight."""

    def __init__(self, appearance: Appearance) -> None:
        self.tasks = TasksModel(appearance)
        self.nodes = NodesModel(appearance)
        self.table = FrameTable()
        self.messages = MessagesModel(appearance)
        self.urgents = UrgentsModel(appearance)

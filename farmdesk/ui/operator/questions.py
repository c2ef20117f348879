"""Asks a person what an act still needs, or whether a loss is meant; gives the batch to send."""

from PyQt5.QtWidgets import QDialog, QWidget

from farmdesk.ui.appearance import Appearance
from farmdesk.ui.foresight import Foresight
from farmdesk.ui.models.nodes import NodesModel
from farmdesk.ui.operator.acts import Act, Plan
from farmdesk.ui.operator.allocate_dialog import AllocateDialog
from farmdesk.ui.operator.loss_dialog import Loss, LossDialog, purge_loss, stop_loss
from farmdesk.ui.operator.urgent_dialog import UrgentDialog
from farmdesk.ui.sending import Batch


class Questions:
    """The dialogs of a window."""

    def __init__(
        self,
        window: QWidget,
        *,
        appearance: Appearance,
        nodes: NodesModel,
        foresight: Foresight,
    ) -> None:
        self._window = window
        self._appearance = appearance
        self._nodes = nodes
        self._foresight = foresight

    def batch(self, plan: Plan) -> Batch | None:
        """Give what a person wants, or None when he thought better of it."""
        match plan.act:
            case Act.STOP:
                lost_s = sum(self._nodes.running_seconds(row.id) for row in plan.rows)
                loss = stop_loss(plan.rows, lost_s, self._appearance.words)
                return plan.batch() if self._meant(loss) else None
            case Act.PURGE:
                loss = purge_loss(plan.rows, self._appearance.words)
                return plan.batch() if self._meant(loss) else None
            case Act.URGENT:
                return self._urgent(plan)
            case Act.ALLOCATE:
                return self._allocate(plan)
            case _:
                return plan.batch()

    def _meant(self, loss: Loss) -> bool:
        words = self._appearance.words
        return _agreed(LossDialog(loss, words=words, parent=self._window))

    def _urgent(self, plan: Plan) -> Batch | None:
        (task,) = plan.rows
        dialog = UrgentDialog(task, words=self._appearance.words, parent=self._window)
        if not _agreed(dialog):
            return None
        return Batch(plan.act.value, (dialog.command(),), names=(task.name,))

    def _allocate(self, plan: Plan) -> Batch | None:
        (task,) = plan.rows
        dialog = AllocateDialog(
            task,
            self._nodes,
            foresight=self._foresight,
            appearance=self._appearance,
            parent=self._window,
        )
        if not _agreed(dialog):
            return None
        commands = dialog.commands()
        return Batch(plan.act.value, commands, names=(task.name,))


def _agreed(dialog: QDialog) -> bool:
    """Show a dialog until it is answered; it is gone with the next turn."""
    agreed = dialog.exec() == QDialog.DialogCode.Accepted
    dialog.deleteLater()
    return agreed

"""Waits for the engine's answer to a command."""

import time

from farmdesk.domain.errors import FarmUnavailable
from farmdesk.domain.rows import CommandRow
from farmdesk.link.farm_link import FarmLink

POLL_S = 0.05


def wait_outcome(link: FarmLink, command_id: int, timeout_s: float) -> CommandRow:
    """Give the command once it is answered. Raises FarmUnavailable when it is not in time."""
    end = time.monotonic() + timeout_s
    while True:
        row = link.outcome(command_id)
        if row.applied is not None:
            return row
        if time.monotonic() >= end:
            raise FarmUnavailable(
                f"The farm has not answered command {command_id} within {timeout_s:g} s. It will "
                "be carried out when the engine runs; see that `farmdesk server` is started.",
                f"农场在 {timeout_s:g} 秒内没有回应命令 {command_id}。引擎运行后会执行它；"
                "请确认 `farmdesk server` 已启动。",
            )
        time.sleep(POLL_S)

"""Which farm a command line is about: what is told where that is not clear, or not possible."""

from pathlib import Path

from farmdesk.domain.errors import FarmUnavailable, Refused


class NoServerNamed(Refused):
    """A word about a farm elsewhere, and nobody said where."""

    def __init__(self) -> None:
        super().__init__(
            "Which farm? Give --server https://its.address:8443, or set FARMDESK_SERVER.",
            "是哪个农场？请使用 --server https://地址:8443，或设置 FARMDESK_SERVER。",
        )


class NotFromElsewhere(Refused):
    """A word that needs the farm's own database, said to a farm elsewhere."""

    def __init__(self) -> None:
        super().__init__(
            "This can be done on the farm's own server only, without --server.",
            "此操作只能在农场自己的服务器上进行，且不能使用 --server。",
        )


class NamedElsewhere(Refused):
    """A word that makes or runs a farm of this machine, while another one is named."""

    def __init__(self, server: str) -> None:
        super().__init__(
            f"This is about a farm of this machine, but --server or FARMDESK_SERVER names the one "
            f"at {server}. Take that away, or name the farm's folder with --farm.",
            f"此命令针对本机的农场，但 --server 或 FARMDESK_SERVER 指定了 {server} 的农场。"
            "请去掉该设置，或用 --farm 指定农场文件夹。",
        )


class NoFarmHere(FarmUnavailable):
    """Nobody has made a farm in this folder."""

    def __init__(self, folder: Path) -> None:
        super().__init__(
            f"There is no farm in {folder}. Name another folder with --farm, or a farm elsewhere "
            "with --server and log in there; to make one here: farmdesk setup, then farmdesk "
            "server.",
            f"{folder} 中没有农场。请用 --farm 指定其他文件夹，或用 --server 指定其他地方的"
            "农场并登录；"
            "若要在此新建农场：先运行 farmdesk setup，再运行 farmdesk server。",
        )

"""What can go wrong with a storage, in sentences for people."""

from farmdesk.domain.errors import FarmUnavailable, Refused
from farmdesk.domain.said import Said


class StorageAway(FarmUnavailable):
    """The storage does not answer, or has not what should be there; it may come back."""

    def __init__(self, place: str, why: Said) -> None:
        self.place = place
        super().__init__(
            f"The storage {place} cannot be used now ({why.en}). Check that it runs and that the "
            "network is up; it is tried again.",
            f"现在无法使用存储 {place}（{why.zh}）。请检查其是否运行、网络是否正常；系统会重试。",
        )


class StorageFull(FarmUnavailable):
    """The storage has no room left."""

    def __init__(self, place: str) -> None:
        self.place = place
        super().__init__(
            f"The storage {place} is full. Free space on it; it is tried again.",
            f"存储 {place} 已满。请清理空间；系统会重试。",
        )


class StorageRefuses(Refused):
    """The storage answers, but not to this user."""

    def __init__(self, place: str) -> None:
        self.place = place
        super().__init__(
            f"The storage {place} does not accept this user. Check the user's name, the password "
            "and the rights on the share.",
            f"存储 {place} 不接受此用户。请检查用户名、密码和共享权限。",
        )


class NotThere(Refused):
    """The storage has no such file."""

    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__(
            f"The storage has no file {name!r}. Check its name.",
            f"存储中没有文件 {name!r}。请核对文件名。",
        )

"""What an operating system says of a file or a disk: the commonest answers in Chinese too."""

import errno
from collections.abc import Mapping

from farmdesk.domain.said import Said

_CHINESE: Mapping[int, str] = {
    errno.ENOENT: "文件或文件夹不存在",
    errno.EACCES: "没有权限",
    errno.EPERM: "不允许此操作",
    errno.EROFS: "文件系统为只读",
    errno.ENOSPC: "磁盘空间已满",
    errno.EDQUOT: "已超出磁盘配额",
    errno.EFBIG: "文件过大",
    errno.EIO: "读写出错",
    errno.EBUSY: "正在被使用",
    errno.EEXIST: "已存在",
    errno.ENOTDIR: "不是文件夹",
    errno.EISDIR: "是文件夹",
    errno.ENOTEMPTY: "文件夹不为空",
    errno.ENAMETOOLONG: "名称过长",
    errno.ELOOP: "链接循环",
    errno.EMFILE: "打开的文件过多",
    errno.ESTALE: "网络文件已失效",
    errno.ETIMEDOUT: "等待超时",
}


def why_system(error: OSError) -> Said:
    """Give the system's own words, or the error's name where it has none; in Chinese if known."""
    en = error.strerror or type(error).__name__
    return Said(en, _CHINESE.get(error.errno or 0, en))

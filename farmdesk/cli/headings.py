"""The headings of tables and the names of facts, and how the command line names a state."""

from collections.abc import Mapping
from enum import Enum
from typing import TypeVar

from farmdesk.domain.said import Said

NUMBER = Said("#", "#")
TASK = Said("Task", "任务")
STATE = Said("State", "状态")
REASON = Said("Reason", "原因")
PRIORITY = Said("Priority", "优先级")
TOOL = Said("Tool", "工具")
PROGRESS = Said("Progress", "进度")
OWNER = Said("Owner", "客户")
DUE = Said("Due", "截止")
FRAME = Said("Frame", "帧")
FRAMES = Said("Frames", "帧")
NODE = Said("Node", "节点")
NODES = Said("Nodes", "节点")
LOGIN = Said("Login", "登录名")
ROLE = Said("Role", "角色")
NAME = Said("Name", "姓名")
DEPARTMENT = Said("Department", "部门")
CONTACT = Said("Contact", "联系方式")
QUOTA = Said("Quota", "配额")
KEY = Said("Key", "密钥")
SINCE = Said("Since", "起始时间")
DECIDED = Said("Decided", "决定")

Member = TypeVar("Member", bound=Enum)


def named(member: Member, words: Mapping[Member, Said]) -> Said:
    """Give a state's own name, as `--json` has it; in Chinese its word."""
    return Said(member.name.lower().replace("_", " "), words[member].zh)

"""The words for what the audit log notes. Its records themselves stay as they were hashed.

A test looks for each action in the program's text, and fails for one without a word.
"""

from collections.abc import Mapping

from farmdesk.domain.said import Said

ACTIONS: Mapping[str, str] = {
    # tasks
    "submit_task": "提交任务",
    "start_render": "派发任务",
    "pause_task": "暂停任务",
    "resume_task": "继续任务",
    "stop_task": "停止任务",
    "retry_failed": "重试失败帧",
    "set_priority": "设置优先级",
    "set_after": "设置等待的任务",
    "recycle_task": "移入回收队列",
    "restore_task": "从回收队列恢复",
    "purge_task": "彻底删除任务",
    # packages, frames, results
    "upload_begun": "开始上传",
    "upload_completed": "上传完成",
    "upload_cancelled": "取消上传",
    "take_package": "接收场景包",
    "open_package": "打开场景包",
    "fetch_package": "获取场景包",
    "take_frames": "接收手工提交的帧",
    "take_sent_frames": "接收上传的帧",
    "download_begun": "开始下载",
    "deliver_results": "送达成果",
    # nodes
    "allocate_nodes": "分配节点",
    "drain_nodes": "排空节点",
    "wake_nodes": "恢复节点",
    "set_auto_start": "设置自动派发",
    # urgent requests
    "request_urgent": "申请加急",
    "answer_urgent": "答复加急申请",
    "review_urgent": "审批加急申请",
    "overrule_urgent": "强制批准加急申请",
    "withdraw_urgent": "撤回加急申请",
    "admit_urgent": "加急任务开始优先渲染",
    # people
    "apply": "申请帐号或密钥",
    "approve_user": "批准申请",
    "reject_user": "驳回申请",
    "suspend_user": "停用帐号",
    "reinstate_user": "恢复帐号",
    "set_quota": "设置配额",
    "set_profile": "修改个人资料",
    "first_superadmin": "建立首位超级管理员",
    "login": "登录",
    "login_refused": "登录被拒绝",
    "logout": "退出登录",
    "lend_database_account": "出借数据库帐号",
    "drop_database_account": "收回数据库帐号",
    # keys
    "fetch_keys": "取走密钥",
    "collect_keys": "确认收到密钥",
    "revoke_key": "吊销密钥",
    "print_recovery_copy": "显示主密钥的恢复副本",
    "restore_master_key": "恢复主密钥",
    "rotate_master_key": "轮换主密钥",
    "use_master_key": "启用主密钥",
    "use_authority": "启用农场 CA",
    "use_certificate": "启用服务器证书",
}
"""In Chinese. In English an action is named by itself: so it is noted, and asked for."""

_THINGS: Mapping[str, str] = {
    "task": "任务",
    "request": "加急申请",
    "application": "申请",
    "nodes": "节点",
    "pool": "节点池",
}


def action_word(action: str) -> Said:
    """Name what was done, also in Chinese with the word that one asks for it by."""
    word = ACTIONS.get(action)
    return Said(action, f"{word} {action}" if word else action)


def subject_word(subject: str) -> Said:
    """Name what it was done to: `task 7`, a login, a fingerprint."""
    thing, space, name = subject.partition(" ")
    word = _THINGS.get(thing) if space else None
    return Said(subject, f"{word} {name}" if word else subject)

"""What people call the fields of commands: a program writes `quota_bytes`, a person reads quota.

A test fails for a field without a word.
"""

from collections.abc import Mapping

from farmdesk.domain.said import Said

FIELDS: Mapping[str, Said] = {
    # tasks
    "task_id": Said("task's number", "任务号"),
    "name": Said("name", "名称"),
    "tool": Said("tool", "工具"),
    "tool_version": Said("tool's version", "工具版本"),
    "scene": Said("scene", "场景"),
    "frames": Said("frames", "帧范围"),
    "project": Said("project", "项目"),
    "show": Said("show", "演出"),
    "version": Said("version", "场景版本"),
    "width": Said("width", "宽度"),
    "height": Said("height", "高度"),
    "fps": Said("frames a second", "每秒帧数"),
    "camera": Said("camera", "摄像机"),
    "layer": Said("layer", "图层"),
    "output_format": Said("format", "帧格式"),
    "parameters": Said("parameters", "参数"),
    "policy": Said("policy", "分配方式"),
    "priority": Said("priority", "优先级"),
    "previous_task": Said("previous version's task", "上一版本的任务"),
    "change": Said("change", "与上一版本的差别"),
    "note": Said("note", "备注"),
    "start": Said("wish to start at once", "“立即开始”"),
    "after": Said("task to wait for", "要等待的任务"),
    "after_mode": Said("way of waiting", "等待方式"),
    "due": Said("due time", "截止时间"),
    "upload": Said("wish to upload", "“需要上传”"),
    "transfer": Said("upload's id", "上传编号"),
    "folder": Said("folder", "文件夹"),
    # nodes
    "nodes": Said("nodes", "节点"),
    "pool": Said("pool", "节点池"),
    "count": Said("number of nodes", "节点数量"),
    "clear": Said("return to the plan", "“恢复按计划”"),
    "on": Said("automatic start", "“自动开始”"),
    # urgent requests
    "request_id": Said("request's number", "加急申请号"),
    "reason": Said("reason", "理由"),
    "answer_min": Said("time for the answers, in minutes,", "答复时限（分钟）"),
    "answer": Said("answer", "答复"),
    "exit_rule": Said("exit rule", "让出方式"),
    # people
    "application_id": Said("application's number", "申请号"),
    "role": Said("role", "角色"),
    "handover": Said("handover key's fingerprint", "交接密钥的指纹"),
    "login": Said("login", "登录名"),
    "fingerprint": Said("key's fingerprint", "密钥指纹"),
    "quota_bytes": Said("quota", "配额"),
}

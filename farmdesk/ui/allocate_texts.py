"""The texts of the dialog that gives a task its nodes."""

from farmdesk.ui.texts import Phrase


class AllocateText(Phrase):
    """(zh, en); `{name}` marks what the caller fills in."""

    TITLE = ("分配节点：{task}", "Allocate nodes: {task}")
    NEEDS = ("需要 {tool}", "Needs {tool}")
    BY_PLAN = ("由农场自动分配（取消指定）", "As the farm plans it (no allocation)")
    OF_POOL = ("节点池中的若干节点", "Nodes of a pool")
    NO_POOL = ("没有节点池", "no pools")
    POOL = ("{pool}（{fit} / {all} 可用）", "{pool} ({fit} of {all} fit)")
    POOL_NAME = ("节点池", "Pool")
    COUNT = ("节点数", "Number of nodes")
    NAMED = ("指定这些节点", "These nodes")
    NODES = ("节点", "Nodes")
    COLUMN_POOL = ("节点池", "Pool")
    COLUMN_FIT = ("是否可用", "Fit")
    FITS = ("可用", "fits")
    WORKS_FOR = ("可用，正在渲染 {task}", "fits; works for {task}")
    LACKS_TOOL = ("没有 {tool}", "does not offer {tool}")
    IS_OUT_WHY = ("{state}：{reason}", "{state}: {reason}")
    EFFECT = ("预计 {ends} 结束", "Expected end {ends}")
    SOONER = ("预计 {ends} 结束，提前 {time}", "Expected end {ends}, {time} sooner")
    LATER = ("预计 {ends} 结束，推迟 {time}", "Expected end {ends}, {time} later")
    NO_END = ("这样分配无法完成。", "It would not end like this.")
    NO_EFFECT = ("开始前无法预测。", "Nothing can be foretold before it starts.")
    WORKING_OUT = ("正在预测…", "Looking ahead…")
    CHOOSE = ("选择至少一个节点。", "Choose one node at least.")
    NO_FIT = ("这个节点池没有可用的节点。", "No node of this pool fits.")
    START = ("同时派发", "Dispatch it now, too")
    VERB = ("分配", "Allocate")

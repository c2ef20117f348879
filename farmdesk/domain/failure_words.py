"""Why a frame failed, in words: the reason, what the tool said of it, and what to do next.

Reason and next step are there in both languages; what a tool or a node said stands as it was said.
"""

from collections.abc import Mapping

from farmdesk.domain.said import Said
from farmdesk.domain.state_words import REASONS
from farmdesk.domain.states import FailureReason

NEXT_STEPS: Mapping[FailureReason, Said] = {
    FailureReason.LICENCE: Said(
        "It is tried again by itself; if that goes on, free licences or add some.",
        "系统会自动重试；如持续出现，请释放或增加许可证。",
    ),
    FailureReason.SCENE_LOAD: Said(
        "Open the scene with the task's version of the tool, mend it, and submit it again.",
        "请用任务所用的软件版本打开场景，修复后重新提交。",
    ),
    FailureReason.MISSING_ASSET: Said(
        "Put the missing files beside the scene, name them by relative paths, and submit it again.",
        "请将缺少的文件放在场景旁并使用相对路径，然后重新提交。",
    ),
    FailureReason.BAD_ARGUMENT: Said(
        "Compare parameters, camera and format of the task with the scene, and submit it again.",
        "请对照场景核对任务的参数、摄像机和输出格式，然后重新提交。",
    ),
    FailureReason.OUTPUT_WRITE: Said(
        "Check space and rights of the storage and of the node's scratch folder, then retry.",
        "请检查存储和节点临时文件夹的剩余空间与写权限，然后重试失败帧。",
    ),
    FailureReason.OUT_OF_MEMORY: Said(
        "Allocate nodes with more memory and retry, or make the scene smaller.",
        "请分配内存更大的节点后重试，或精简场景。",
    ),
    FailureReason.GPU: Said(
        "Check the node's graphics card and driver, or drain the node, then retry.",
        "请检查该节点的显卡和驱动，或排空该节点，然后重试失败帧。",
    ),
    FailureReason.CRASH: Said(
        "Read the frame's log; drain a node that fails alone, else mend the scene; then retry.",
        "请查看该帧的日志；若只有个别节点失败，请排空该节点，否则请修复场景，然后重试失败帧。",
    ),
    FailureReason.STALL: Said(
        "Read the frame's log; if the tool only needs longer, raise `stall_s` in farm.toml; retry.",
        "请查看该帧的日志；若只是需要更长时间，请调大 farm.toml 中的 `stall_s`，然后重试失败帧。",
    ),
    FailureReason.BAD_IMAGE: Said(
        "Compare size and format with what the scene writes, look at the free space, then retry.",
        "请核对场景输出的尺寸和格式，并检查剩余空间，然后重试失败帧。",
    ),
    FailureReason.CANCELLED: Said(
        "Nothing is wrong: it is rendered when the task goes on.",
        "无需处理：任务继续后会渲染。",
    ),
    FailureReason.NODE_LOST: Said(
        "Other nodes take over by themselves; if it happens again, check its power and network.",
        "其他节点会自动接手；如再次发生，请检查该节点的电源和网络。",
    ),
}


def why_failed(reason: FailureReason, text: str) -> Said:
    """Give the reason, with what the tool or the node said."""
    return REASONS[reason] + (Said(f": {text}", f"：{text}") if text else Said())


def advised(why: Said, reason: FailureReason) -> Said:
    """Give a sentence about a failure, followed by what to do next."""
    ended = Said(why.en.rstrip(".") + ". ", why.text("zh").rstrip(".。") + "。")
    return ended + NEXT_STEPS[reason]

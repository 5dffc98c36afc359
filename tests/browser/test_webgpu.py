"""Where there is WebGPU the network runs on it, if it predicts there what it predicts on the processor; and it may be lost.

The graphics processor of these tests is in software, which a page takes for none unless it is told otherwise.
"""

import torch
from test_draw import FAILS, PAGE, SPLIT, WIDGET, choose, load, norm, settles, state

from helpers.widgets.draw import examples_of

PROCESSOR, GRAPHICS = "on this device's processor", "on this device's graphics processor (WebGPU)"
HARDWARE = "Object.defineProperty(GPUAdapterInfo.prototype, 'isFallbackAdapter', { get: () => false });"
BLANK = torch.full((1, 8, 8), -1.0)


def button(seen):
    return seen.page.get_by_role("button", name="Load the network")


def test_webgpu_is_used_if_it_agrees_and_when_it_is_lost_the_examples_stay(visit_with_gpu):
    seen = visit_with_gpu(PAGE, HARDWARE)
    offered = button(seen).inner_text()
    load(seen, GRAPHICS)
    choose(seen, "a drawing of your own")
    settles(seen, norm(BLANK, 50), 60_000)
    seen.page.get_by_role("button", name="Follow the arrow").click()
    seen.page.workers[-1].evaluate("device.destroy()")
    state(seen).get_by_text(FAILS).wait_for()
    seen.page.get_by_role("button", name="Follow the arrow").click()
    seen.page.locator(f"{WIDGET} [data-part=trail]").get_by_text("Step 30").wait_for()
    assert [problem for problem in seen.problems if "[W:onnxruntime" not in problem] == []
    assert "the graphics processor was lost" in state(seen).inner_text()
    assert seen.page.locator(f"{WIDGET} .tdr-pad").get_attribute("inert") is not None
    settles(seen, norm(examples_of(SPLIT.evaluation)["a member"], 50))
    assert button(seen).inner_text() != offered
    load(seen, PROCESSOR)


def test_a_graphics_processor_in_software_is_not_used(visit_with_gpu):
    load(visit_with_gpu(PAGE, ""), PROCESSOR)

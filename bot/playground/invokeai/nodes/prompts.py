"""Nodes about prompts."""

from typing import Literal

from bot.playground.invokeai.fields import StylePresetField, optional, required
from bot.playground.invokeai.nodes.base import Context, Node, Spec, kind
from bot.playground.invokeai.nodes.outputs import PromptTemplateOutput


class PromptTemplateInvocation(Node):
    """Says two prompts in a style preset's words."""

    spec = Spec(
        *("Prompt Template", "1.0.0", "prompt"), ("prompt", "template", "style", "preset"), PromptTemplateOutput
    )
    style_preset: StylePresetField | None = required("The style preset")
    positive_prompt: str = optional("", "What is wanted", ui_component="textarea")
    negative_prompt: str = optional("", "What is not wanted", ui_component="textarea")
    type: Literal["prompt_template"] = kind("prompt_template")

    def run(self, context: Context) -> PromptTemplateOutput:
        assert self.style_preset is not None
        preset = context.style_preset(self.style_preset.style_preset_id)
        return PromptTemplateOutput(
            positive_prompt=preset["positive_prompt"].replace("{prompt}", self.positive_prompt),
            negative_prompt=preset["negative_prompt"].replace("{prompt}", self.negative_prompt),
        )

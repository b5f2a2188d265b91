"""Write a Stable Diffusion 1.5 model with tiny random weights, which InvokeAI installs and runs like a real one.

Run by InvokeAI's own Python, so nothing of this project may be imported here: `python tiny_model.py FOLDER`.
Its pictures are noise, but its denoise steps, previews and errors are real. The same seed gives the same hash.
"""

import json
import sys
from pathlib import Path
from typing import Any

SEED = 1507
START, END = "<|startoftext|>", "<|endoftext|>"
WIDTH = 768  # InvokeAI tells SD 1 from SD 2 and SDXL by the width of the text embedding.


def alphabet() -> list[str]:
    """One printable character for each byte, in the order that CLIP's byte-level tokenizer expects."""
    shown = [byte for byte in range(256) if chr(byte).isprintable() and chr(byte) not in {" ", "\xa0", "\xad"}]
    hidden = [byte for byte in range(256) if byte not in shown]
    stand_ins = {byte: chr(byte) for byte in shown} | {byte: chr(256 + rank) for rank, byte in enumerate(hidden)}
    return [stand_ins[byte] for byte in range(256)]


def write_json(path: Path, content: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", "utf-8")


def write_tokenizer(folder: Path) -> int:
    """A tokenizer that knows single bytes only, so that no vocabulary has to be shipped; gives its size."""
    letters = alphabet()
    vocabulary = [*letters, *(f"{letter}</w>" for letter in letters), START, END]
    write_json(folder / "vocab.json", {token: number for number, token in enumerate(vocabulary)})
    (folder / "merges.txt").write_text("#version: 0.2\n", "utf-8")
    special = {"bos_token": START, "eos_token": END, "unk_token": END, "pad_token": END}
    write_json(folder / "special_tokens_map.json", special)
    write_json(
        folder / "tokenizer_config.json", {**special, "tokenizer_class": "CLIPTokenizer", "model_max_length": 77}
    )
    return len(vocabulary)


def text_encoder(vocabulary: int) -> Any:
    from transformers import CLIPTextConfig, CLIPTextModel  # pyright: ignore[reportMissingImports]

    return CLIPTextModel(
        CLIPTextConfig(
            vocab_size=vocabulary,
            hidden_size=WIDTH,
            intermediate_size=32,
            num_hidden_layers=1,
            num_attention_heads=8,
            bos_token_id=vocabulary - 2,
            eos_token_id=vocabulary - 1,
            pad_token_id=vocabulary - 1,
        )
    )


def unet() -> Any:
    from diffusers import UNet2DConditionModel  # pyright: ignore[reportMissingImports]

    return UNet2DConditionModel(
        sample_size=64,
        block_out_channels=(16, 32),
        layers_per_block=1,
        norm_num_groups=8,
        attention_head_dim=4,
        cross_attention_dim=WIDTH,
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
    )


def vae() -> Any:
    """Four blocks, because InvokeAI takes a latent pixel for 8 x 8 picture pixels."""
    from diffusers import AutoencoderKL  # pyright: ignore[reportMissingImports]

    return AutoencoderKL(
        sample_size=512,
        block_out_channels=(8, 8, 16, 16),
        norm_num_groups=8,
        down_block_types=("DownEncoderBlock2D",) * 4,
        up_block_types=("UpDecoderBlock2D",) * 4,
    )


def main(folder: Path) -> None:
    import torch  # pyright: ignore[reportMissingImports]
    from diffusers import EulerDiscreteScheduler  # pyright: ignore[reportMissingImports]

    torch.manual_seed(SEED)
    vocabulary = write_tokenizer(folder / "tokenizer")
    for name, module in {"text_encoder": text_encoder(vocabulary), "unet": unet(), "vae": vae()}.items():
        module.half().save_pretrained(folder / name, safe_serialization=True)
    EulerDiscreteScheduler(beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear").save_pretrained(
        folder / "scheduler"
    )
    write_json(
        folder / "model_index.json",
        {
            "_class_name": "StableDiffusionPipeline",
            "_diffusers_version": "0.30.0",
            "tokenizer": ["transformers", "CLIPTokenizer"],
            "text_encoder": ["transformers", "CLIPTextModel"],
            "unet": ["diffusers", "UNet2DConditionModel"],
            "vae": ["diffusers", "AutoencoderKL"],
            "scheduler": ["diffusers", "EulerDiscreteScheduler"],
            "safety_checker": [None, None],
            "feature_extractor": [None, None],
        },
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]))

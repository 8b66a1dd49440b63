"""Writes the golden files of this folder: tiny CLIP models of open_clip with random weights, images, and the features that open_clip gives;
of the ResNet also gradients of sum(cotangent * features).

    pip install torch open_clip_torch safetensors
    python make_goldens.py

Made with open_clip 3.3.0 and torch 2.15.0 on a CPU, seed 5. The specs ask for features within 1e-4.
"""

import json
from pathlib import Path

import torch
from open_clip.model import CLIP
from safetensors.torch import save_file

here = Path(__file__).parent
mean, std = [0.48145466, 0.4578275, 0.40821073], [0.26862954, 0.26130258, 0.27577711]
differentiated = ["conv1.weight", "bn2.weight", "layer2.0.bn2.bias", "layer3.0.downsample.0.weight", "attnpool.k_proj.weight"]
text = {"context_length": 4, "vocab_size": 8, "width": 8, "heads": 2, "layers": 1}
models = {
    "vit": {
        "embed_dim": 12,
        "quick_gelu": True,
        "vision_cfg": {"image_size": 16, "patch_size": 8, "layers": 2, "width": 24, "head_width": 8},
        "text_cfg": text,
    },
    "resnet": {
        "embed_dim": 12,
        "vision_cfg": {"image_size": 64, "layers": [1, 2, 1, 1], "width": 2, "head_width": 16, "patch_size": None},
        "text_cfg": text,
    },
}


def randomise(model: torch.nn.Module) -> None:
    """Every tensor takes part: gains are not 1, biases not 0, running statistics not those of a fresh model."""
    for name, tensor in model.state_dict().items():
        if not tensor.is_floating_point() or tensor.ndim == 0:  # counters and the temperature
            continue
        if name.endswith("running_var"):
            tensor.uniform_(0.5, 1.5)
        elif tensor.ndim == 1 and name.endswith("weight"):
            tensor.uniform_(0.5, 1.5)
        elif tensor.ndim == 1:
            tensor.normal_(0, 0.1)
        else:
            tensor.normal_(0, (3 / tensor[0].numel()) ** 0.5)


def main() -> None:
    for name, config in models.items():
        torch.manual_seed(5)
        model = CLIP(**config).eval()
        randomise(model)
        size = config["vision_cfg"]["image_size"]
        images = torch.randn(2, 3, size, size).half()  # halves, so that the file is small and the numbers are exact
        io = {"images": images}
        with torch.no_grad():
            io["features"] = model.visual(images.float())
            if name == "vit":
                other = CLIP(**{**config, "quick_gelu": False}).eval()
                other.load_state_dict(model.state_dict())
                io["features_gelu"] = other.visual(images.float())
                other.visual.proj = None
                io["features_gelu_before_proj"] = other.visual(images.float())
        if name == "resnet":
            io["cotangent"] = torch.randn_like(io["features"])
            (model.visual(images.float()) * io["cotangent"]).sum().backward()
            gradients = dict(model.visual.named_parameters())
            for parameter in differentiated:
                io[f"gradient.{parameter}"] = gradients[parameter].grad
        folder = here / name
        folder.mkdir(exist_ok=True)
        save_file(model.state_dict(), folder / "open_clip_model.safetensors", {"format": "pt"})
        save_file({key: value.contiguous() for key, value in io.items()}, folder / "io.safetensors")
        document = {"model_cfg": config, "preprocess_cfg": {"mean": mean, "std": std, "interpolation": "bicubic"}}
        (folder / "open_clip_config.json").write_text(json.dumps(document, indent=2) + "\n")
        print(name, io["features"])


if __name__ == "__main__":
    main()

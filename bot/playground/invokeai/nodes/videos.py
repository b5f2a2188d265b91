"""Nodes about videos. None of them decodes: a part or a joint of films is the first film under a new name."""

from dataclasses import replace
from typing import Literal

from PIL import Image

from bot.playground.invokeai.fields import VideoField, optional, required
from bot.playground.invokeai.mp4 import Film
from bot.playground.invokeai.nodes.base import Context, ImageNode, Node, Spec, kind
from bot.playground.invokeai.nodes.outputs import ExtractVideoRangeOutput, ImageOutput, VideoOutput
from bot.playground.invokeai.nodes.pictures import saved


def _told(film: Film) -> dict[str, float]:
    return {
        "width": film.width,
        "height": film.height,
        "num_frames": film.frames,
        "fps": film.fps,
        "duration": film.duration,
    }


def _frame(index: int, film: Film, name: str) -> int:
    found = index + film.frames if index < 0 else index
    if not 0 <= found < film.frames:
        raise ValueError(f"{name} {index} is out of range for a {film.frames}-frame video.")
    return found


class VideoInvocation(Node):
    """Hands a video on."""

    spec = Spec("Video Primitive", "1.0.0", "primitives", ("primitives", "video"), VideoOutput)
    video: VideoField | None = required("The video to hand on")
    type: Literal["video"] = kind("video")

    def run(self, context: Context) -> VideoOutput:
        _, film = context.load_video(self.video)
        return VideoOutput.model_validate({"video": self.video, **_told(film)})


class VideoConcatInvocation(ImageNode):
    """Joins videos, one after the other."""

    spec = Spec("Concatenate Videos", "1.0.0", "video", ("video", "concat", "transition"), VideoOutput, "prototype")
    videos: list[VideoField] | None = required("The videos, in their order", min_length=2)
    transition: Literal["cut", "crossfade", "fade_through_black"] = optional("cut", "How one becomes the next")
    transition_frames: int = optional(8, "How many frames that takes", ge=0, le=240)
    fps: int | None = optional(None, "Frames a second; those of the first one where absent", ge=1, le=120)
    type: Literal["video_concat"] = kind("video_concat")

    def run(self, context: Context) -> VideoOutput:
        found = [context.load_video(video) for video in self.videos or []]
        films = [film for _, film in found]
        if len({(film.width, film.height) for film in films}) > 1:
            raise ValueError("All inputs must share the same dimensions.")
        joined = replace(
            films[0], frames=sum(film.frames for film in films), duration=sum(film.duration for film in films)
        )
        video = context.save_video(found[0][0], joined)
        return VideoOutput.model_validate({"video": video, **_told(joined)})


class ExtractVideoRangeInvocation(ImageNode):
    """Takes a part of a video."""

    spec = Spec(
        *("Frame Range from Video", "1.1.0", "video"),
        ("video", "trim", "range", "frames"),
        ExtractVideoRangeOutput,
        "prototype",
    )
    video: VideoField | None = required("The video")
    start_frame: int = optional(
        0, "Its first frame; negative ones count from the end", ui_component="video-frame-index"
    )
    end_frame: int = optional(-1, "Its last frame; negative ones count from the end", ui_component="video-frame-index")
    fps: int = optional(0, "Frames a second; 0 leaves them", ge=0, le=120)
    type: Literal["extract_video_range"] = kind("extract_video_range")

    def run(self, context: Context) -> ExtractVideoRangeOutput:
        data, film = context.load_video(self.video)
        start, end = _frame(self.start_frame, film, "start_frame"), _frame(self.end_frame, film, "end_frame")
        if end < start:
            raise ValueError(f"end_frame ({end}) must be >= start_frame ({start}).")
        frames = end - start + 1
        taken = replace(film, frames=frames, duration=frames / (self.fps or film.fps))
        video = context.save_video(data, taken)
        return ExtractVideoRangeOutput.model_validate(
            {"video": video, **_told(taken), "start_frame": start, "end_frame": end}
        )


class VideoFrameExtractInvocation(ImageNode):
    """Takes a frame of a video. Here every frame is grey."""

    spec = Spec("Frame from Video", "1.1.0", "image", ("video", "image", "frame"), ImageOutput, "prototype")
    video: VideoField | None = required("The video")
    frame_index: int = optional(-1, "Which frame; negative ones count from the end", ui_component="video-frame-index")
    type: Literal["video_frame_extract"] = kind("video_frame_extract")

    def run(self, context: Context) -> ImageOutput:
        _, film = context.load_video(self.video)
        _frame(self.frame_index, film, "frame_index")
        return saved(context, Image.new("RGB", (film.width, film.height), "grey"))

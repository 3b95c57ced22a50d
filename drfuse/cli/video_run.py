"""The work behind ``drfuse video``."""

from rich.console import Console

from drfuse.apis import FusionInferencer
from drfuse.apis.degradation_spec import describe_stages
from drfuse.apis.frames import open_frames
from drfuse.apis.model_zoo import TASKS, check_task
from drfuse.apis.video import ClipTarget, clip_settings, fuse_clip, match_clips, open_target, settle_clip
from drfuse.cli.progress import progress_bar
from drfuse.cli.run import EXIT_INTERRUPTED
from drfuse.cli.targets import check_folder
from drfuse.cli.video import VideoJob
from drfuse.models.fusion_models.base_fusion_model import CHROMA
from drfuse.utils.config import UserError


def run(job: VideoJob) -> int:
    """Fuse a clip; what can be known to be wrong is told before the first frame is computed.

    Returns:
        Exit code: 0, or 130 after an interruption; finished frames are kept.

    Raises:
        FileNotFoundError: If a source is missing.
        UserError: If an option or a clip cannot be used.
    """
    check_task(job.task, job.model)
    if job.chroma not in CHROMA:
        raise UserError(f'chroma must be one of {", ".join(CHROMA)}, got {job.chroma!r}')
    clip = match_clips(open_frames(job.a), open_frames(job.b), job.pad, job.fps)
    target = ClipTarget.of(job.output)
    for source in (clip.a, clip.b) if target.is_file else ():  # a folder takes frames of any size
        source.check_size(clip.frames)
    if target.folder.resolve() in (clip.a.path.resolve(), clip.b.path.resolve()):
        raise UserError(f'{target.folder} is a source and would be overwritten: choose another output')
    check_folder(target.folder)
    job.degradation.specs(TASKS.get(job.task or '', ('a', 'b')))  # before the model is loaded
    inferencer = FusionInferencer(job.model or str(job.task), job.weights, job.device, job.precision, task=job.task)
    console = Console(stderr=True, highlight=False, soft_wrap=True, markup=False)
    specs, warnings = settle_clip(clip, inferencer, job.degradation.specs(inferencer.modalities),
                                  job.degradation.boundary)
    names = clip.b.names[:clip.frames]
    settings = clip_settings(clip, inferencer, specs, job.gray, job.chroma, job.steady)
    open_target(target, names, settings, job.overwrite, job.resume)
    for text in warnings:
        console.print(f'warning: {text}')
    for name, spec in zip(inferencer.modalities, specs, strict=True):
        console.print(f'{name}: {describe_stages(list(spec.stages or ()))} ({spec.origin})')
    try:
        with progress_bar(console, clip.frames, 'frames') as advance:
            before = fuse_clip(clip, target, inferencer, specs, job.gray, job.chroma, advance, job.steady)
    except KeyboardInterrupt:
        done = sum(target.frame(name).is_file() for name in names)
        console.print(f'drfuse: interrupted: {done} of {clip.frames} frames are finished; --resume continues')
        return EXIT_INTERRUPTED
    console.print(f'{job.output}: {clip.frames} frames' + f', {before} of them finished before' * (before > 0))
    return 0

"""Runs an exported model with ONNX Runtime or OpenVINO; needs neither PyTorch nor MMEngine."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from drfuse.utils.config import UserError
from drfuse.utils.extras import require

RUNTIMES = ('onnxruntime', 'openvino')
_NOISES = ('sigma_a', 'sigma_b')
METADATA = ('drfuse', 'graph', 'model', 'task', 'modalities', 'weights_sha256', 'config_sha256', 'size', 'sides',
            'factors', 'boundary', 'inputs', 'outputs')
"""What a file says of itself."""


class ExportedModel:
    """A file of ``drfuse export``, ready to run on the CPU.

    Args:
        file: ``.onnx`` or ``.xml``.
        runtime: One of :data:`RUNTIMES`; None = by the suffix. OpenVINO runs both kinds of files.
        threads: None = all cores.

    Attributes:
        metadata: What the file says of itself.
        size: (H, W) that it takes, None = any.

    Raises:
        FileNotFoundError: If there is no such file.
        UserError: If the runtime is not installed, or the file is not one of drfuse's.
    """

    def __init__(self, file: str | Path, runtime: str | None = None, threads: int | None = None) -> None:
        self.file = Path(file)
        if not self.file.is_file():
            raise FileNotFoundError(f'no file {self.file}')
        self.runtime = runtime or ('openvino' if self.file.suffix == '.xml' else 'onnxruntime')
        if self.runtime not in RUNTIMES:
            raise UserError(f'runtime must be one of {", ".join(RUNTIMES)}, got {runtime!r}')
        require('export', self.runtime)
        try:
            self._run, self.metadata = (_load_onnx if self.runtime == 'onnxruntime' else _load_openvino)(
                self.file, threads)
        except Exception as error:  # each runtime has errors of its own
            reason = str(error).strip().splitlines()[-1] if str(error).strip() else type(error).__name__
            raise UserError(f'{self.runtime} does not read {self.file}: {reason}') from None
        if 'graph' not in self.metadata:
            raise UserError(f'{self.file} was not written by drfuse export')
        size = self.metadata['size']
        self.size = None if size == 'any' else tuple(map(int, size.split()))

    def __call__(self, inputs: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Return the results by name, each (1, 1, H, W) float32.

        Args:
            inputs: Values of :data:`drfuse.export.unrolled.INPUTS`; a number serves as a noise level.

        Raises:
            UserError: If the pictures have a size that the graph does not take, or the degradation is not one.
        """
        inputs = {name: np.full(inputs[name[-1]].shape, value, np.float32) if name in _NOISES and np.size(value) == 1
                  else value for name, value in inputs.items()}
        self._check(inputs)
        outputs = self._run({name: np.asarray(value, order='C') for name, value in inputs.items()})
        results = dict(zip(self.metadata['outputs'].split(), outputs, strict=True))
        if not np.isfinite(results['fused']).all():
            factors = self.metadata['factors'].replace(' ', ', ')
            raise UserError(f'{self.file} returned values that are no numbers: it takes factors {factors} and sigma >= '
                            f'0, got {inputs["factor_a"]}, {inputs["factor_b"]} and '
                            f'{inputs["sigma_a"].min():.3g}, {inputs["sigma_b"].min():.3g}')
        return results

    def _check(self, inputs: Mapping[str, np.ndarray]) -> None:
        shapes = [tuple(inputs[name].shape) for name in ('a', 'b', *_NOISES)]
        low, high = map(int, self.metadata['sides'].split())
        height, width = shapes[0][-2:]
        for other in shapes[1:]:
            if other != (1, 1, height, width):
                raise UserError('pictures and noise levels must have one size, the full one, got '
                                f'{shapes[0]} and {other}')
        if self.size is not None and (height, width) != self.size:
            raise UserError(f'{self.file} takes pictures of {self.size[0]} x {self.size[1]} (height x width) only, got '
                            f'{height} x {width}: export it for that size, or without a size')
        if not (low <= min(height, width) and max(height, width) <= high):
            raise UserError(f'{self.file} takes pictures with sides of {low}..{high} pixels, got {height} x {width}')


def _load_onnx(file: Path, threads: int | None) -> tuple[Any, dict[str, str]]:
    import onnxruntime  # noqa: PLC0415 - an extra

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    if threads:
        options.intra_op_num_threads = threads
    session = onnxruntime.InferenceSession(file, options, providers=['CPUExecutionProvider'])
    return lambda inputs: session.run(None, inputs), dict(session.get_modelmeta().custom_metadata_map)


def _load_openvino(file: Path, threads: int | None) -> tuple[Any, dict[str, str]]:
    import openvino  # noqa: PLC0415 - an extra

    model = openvino.Core().read_model(file)
    root = next((r for r in ('drfuse', 'framework') if model.has_rt_info([r, 'graph'])), None)  # the latter: from ONNX
    info = {} if root is None else {key: model.get_rt_info([root, key]).astype(str) for key in METADATA}
    settings: dict[str, Any] = {'INFERENCE_PRECISION_HINT': 'f32'}  # bfloat16 would blur the transforms
    if threads:
        settings['INFERENCE_NUM_THREADS'] = threads
    compiled = openvino.Core().compile_model(model, 'CPU', settings)
    return lambda inputs: list(compiled(inputs).values()), info
